/* test_encodings.c - what real text does to values: JSON inside strings,
 * percent-encoding, HTML entities, escapes, other scripts around, separators
 * of print. Whatever is found goes as a whole, and nothing else. */
#include "scrub/helper.h"

#include <string.h>

struct c {
    const char *in;
    const char *out; /* NULL: stays */
};

static void run(const char *rule, const struct c *cases, size_t n)
{
    struct bench b;
    char yaml[256];
    unsigned wrong = 0;

    snprintf(yaml, sizeof yaml, "applications: {'**': ['%s']}", rule);
    bench_open(&b, yaml);
    for (size_t i = 0; i < n; i++) {
        const char *want = cases[i].out != NULL ? cases[i].out : cases[i].in;
        const char *out = bench_text(&b, cases[i].in);
        const char *again = bench_text(&b, out);

        if (strcmp(out, want) != 0 || strcmp(again, out) != 0) {
            fprintf(stderr, "%s\n  in    %s\n  out   %s\n  want  %s\n  twice %s\n", rule,
                    cases[i].in, out, want, again);
            wrong++;
        }
    }
    bench_close(&b);
    assert_int_equal(wrong, 0);
}

#define RUN(rule, cases) run(rule, cases, sizeof cases / sizeof *cases)

static void e_mail(void **state)
{
    static const struct c cases[] = {
        /* percent-encoded, once and twice, as a whole or in part */
        {"to=bob%40example.org&x=1", "to=[email]&x=1"},
        {"to=bob%2540example.org", "to=[email]"},
        {"to=bob%2Btag%40example.org", "to=[email]"},
        {"to=bob%252Btag%2540example.org", "to=[email]"},
        {"%22bob%40example.org%22", "%22[email]%22"},
        {"%2522bob%2540example.org%2522", "%2522[email]%2522"},
        {"%7B%22mail%22%3A%22bob%40example%2Eorg%22%7D", "%7B%22mail%22%3A%22[email]%22%7D"},
        {"u=BOB%40EXAMPLE.ORG", "u=[email]"},
        /* entities */
        {"bob&#64;example.org", "[email]"},
        {"bob&#x40;example.org", "[email]"},
        {"bob&#X40;example.org", "[email]"},
        {"bob&commat;example.org", "[email]"},
        {"bob&#064;example.org", "[email]"},
        {"&lt;bob@example.org&gt;", "&lt;[email]&gt;"},
        {"&quot;bob@example.org&quot;", "&quot;[email]&quot;"},
        {"bob&#64;example&#46;org", "[email]"},
        /* escapes */
        {"{\\\"mail\\\":\\\"bob@example.org\\\"}", "{\\\"mail\\\":\\\"[email]\\\"}"},
        {"\\nbob@example.org\\r\\n", "\\n[email]\\r\\n"},
        {"\\\\nbob@example.org\\\\n", "\\\\n[email]\\\\n"},
        {"bob\\u0040example.org", "[email]"},
        {"bob\\\\u0040example.org", "[email]"},
        {"\\u003cbob@example.org\\u003e", "\\u003c[email]\\u003e"},
        {"\\u0022bob@example.org\\u0022", "\\u0022[email]\\u0022"},
        {"bob\\x40example.org", "[email]"},
        {"\\tbob@example.org\\t", "\\t[email]\\t"},
        {"user\\bob@example.org", "user\\[email]"},
        /* quoted-printable */
        {"From: a@b.io\r\nX-To: bob=40example.org", "From: [email]\r\nX-To: [email]"},
        {"a@b.io timeout=40ms.foo", "[email] timeout=40ms.foo"},
        {"bob@exam=\r\nple.org", "[email]"},
        {"mail=bob@example.org", "mail=[email]"},
        /* other scripts around, marks of full width */
        {"请联系bob@example.org谢谢", "请联系[email]谢谢"},
        {"メール：bob@example.org。", "メール：[email]。"},
        {"（bob@example.org）", "（[email]）"},
        {"почта bob@example.org,", "почта [email],"},
        {"bob\xEF\xBC\xA0"
         "example.org",
         "[email]"},
        {"«bob@example.org»", "«[email]»"},
        {"“bob@example.org”", "“[email]”"},
        {"联系人:bob@example.org;", "联系人:[email];"},
        {"بريد bob@example.org", "بريد [email]"},
        /* names beyond ASCII */
        {"jörg@müller.de", "[email]"},
        {"用户@例子.广告", "[email]"},
        {"почта@пример.рф", "[email]"},
        {"δοκιμή@παράδειγμα.ελ", "[email]"},
        {"bob@xn--mller-kva.xn--p1ai", "[email]"},
        {"josé.garcía@correo.es", "[email]"},
        /* zero width inside */
        {"bob\xE2\x80\x8B@example.org", "[email]"},
        {"bob@example\xE2\x80\x8B.org", "[email]"},
        {"\xEF\xBB\xBF"
         "bob@example.org",
         "\xEF\xBB\xBF[email]"},
        {"\xE2\x80\x8B"
         "bob@example.org\xE2\x80\x8B",
         "\xE2\x80\x8B[email]\xE2\x80\x8B"},
        /* around */
        {"<bob@example.org>", "<[email]>"},
        {"mailto:bob@example.org?subject=x", "mailto:[email]?subject=x"},
        {"[bob](mailto:bob@example.org)", "[bob](mailto:[email])"},
        {"\"John Doe\" <john.doe@example.org>", "\"John Doe\" <[email]>"},
        {"\"john doe\"@example.org", "[email]"},
        {"\\\"john doe\\\"@example.org", "[email]"},
        {"bob@[192.0.2.1]", "[email]"},
        {"a@b.io,c@d.io;e@f.io", "[email],[email];[email]"},
        {"cc: bob@example.org.", "cc: [email]."},
        {"bob.@example.org is odd", "[email] is odd"},
        {"x!#$%&'*/=?^`{|}~bob@example.org", "x!#$%&'*/=?^`{|}~[email]"},
        {"o'brien@example.ie", "[email]"},
        {"'bob@example.org'", "'[email]'"},
        {"bob@sub-domain.example.museum:25", "[email]:25"},
        {"user/bob@example.org/x", "user/[email]/x"},
        {"bob@example.org/resource", "[email]/resource"},
        {"_bob_@example.org", "[email]"},
        {"bob@EXAMPLE.CO.UK", "[email]"},
        {"xmpp:bob@example.org", "xmpp:[email]"},
        {"sip:bob@example.org;transport=tcp", "sip:[email];transport=tcp"},
        /* near misses */
        {"@Override public", NULL},
        {"a @ b.io", NULL},
        {"bob%20example.org", NULL},
        {"100%40 off", NULL},
        {"@sentry/node@16.14.7", NULL},
        {"lodash@7.32.15", NULL},
        {"icon@2x.png", NULL},
        {"user@host", NULL},
        {"com.foo.Bar@1f2e3d", NULL},
        {"x=40y", NULL},
        {"git@github.com:org/repo.git", NULL},
        {"@media (max-width: 600px) .language", NULL},
        {"root@localhost:~#", NULL},
        {"nginx@sha256:2a29bacd4a", NULL},
        {"[email]", NULL},
    };

    (void)state;
    RUN("@email", cases);
}

static void addresses_of_the_network(void **state)
{
    static const struct c cases[] = {
        {"ip=203.0.113.77%3A443", "ip=[ip]%3A443"},
        {"http%3A%2F%2F203.0.113.77%2Fx", "http%3A%2F%2F[ip]%2Fx"},
        {"%22203.0.113.77%22", "%22[ip]%22"},
        {"\\n203.0.113.77\\n", "\\n[ip]\\n"},
        {"{\\\"ip\\\":\\\"203.0.113.77\\\"}", "{\\\"ip\\\":\\\"[ip]\\\"}"},
        {"来自203.0.113.77的请求", "来自[ip]的请求"},
        {"IP：203.0.113.77。", "IP：[ip]。"},
        {"&quot;203.0.113.77&quot;", "&quot;[ip]&quot;"},
        {"x-forwarded-for: 203.0.113.77, 10.0.0.1", "x-forwarded-for: [ip], [ip]"},
        {"203.0.113.77/24", "[ip]/24"},
        {"203.0.113.77-203.0.113.99", "[ip]-[ip]"},
        {"from=203.0.113.77;by=x", "from=[ip];by=x"},
        {"ip-10-0-0-1", NULL},
        {"addr 203.0.113.77.", "addr [ip]."},
        {"v=spf1 ip4:203.0.113.77 -all", "v=spf1 ip4:[ip] -all"},
        {"tcp://203.0.113.77:5432", "tcp://[ip]:5432"},
        {"/203.0.113.77:443", "/[ip]:443"},
        {"user@203.0.113.77", "user@[ip]"},
        /* IPv6 */
        {"[2001:db8::1]:443", "[[ip]]:443"},
        {"http://[2001:db8::1]/x", "http://[[ip]]/x"},
        {"2001:db8::1", "[ip]"},
        {"2001:DB8::1", "[ip]"},
        {"fe80::1%eth0", "[ip]"},
        {"fe80::b28b:6a68:ea39:42ce%en0 up", "[ip] up"},
        {"fe80::1%25eth0", "[ip]"},
        {"::ffff:203.0.113.77", "[ip]"},
        {"::ffff:cb00:714d", "[ip]"},
        {"64:ff9b::203.0.113.77", "[ip]"},
        {"2001:db8::/32", "[ip]/32"},
        {"2001%3Adb8%3A%3A1", "[ip]"},
        {"ip=2001%3Adb8%3A0%3A0%3A0%3A0%3A0%3A1&x", "ip=[ip]&x"},
        {"\\n2001:db8::1\\n", "\\n[ip]\\n"},
        {"来自2001:db8::1的", "来自[ip]的"},
        {"ip:2001:db8::1", "ip:[ip]"},
        {"ip6:2001:db8::1 -all", "ip6:[ip] -all"},
        {"\"2001:db8::1\"", "\"[ip]\""},
        {"2001:db8::1.", "[ip]."},
        {"2001:db8::1, 2001:db8::2", "[ip], [ip]"},
        {"1:2:3:4:5:6:7:8", "[ip]"},
        /* near misses */
        {"127.0.0.1:80", NULL},
        {"0.0.0.0:80", NULL},
        {"255.255.255.255", NULL},
        {"::1", NULL},
        {"[::]:80", NULL},
        {"version 1.2.3.4", NULL},
        {"v1.2.3.4", NULL},
        {"lib 10.35.12.927-build", NULL},
        {"Chrome/105.0.35.845 Safari", NULL},
        {"3405803853", NULL},
        {"0xCB00714D", NULL},
        {"12:34:56.789", NULL},
        {"std::vector::end", NULL},
        {"a::b::c", NULL},
        {"Foo::Bar", NULL},
        {"1.2.3.4.5", NULL},
        {"999.1.2.3", NULL},
        {"04:05:06", NULL},
        {"4d:d2:fb:6d:e0:54", NULL},
        {"key:::value", NULL},
        {"2026:11:21 10:20:30", NULL},
    };

    (void)state;
    RUN("@ip", cases);
}

static void addresses_of_cards(void **state)
{
    static const struct c cases[] = {
        {"00:1A:2B:3C:4D:5E", "[mac]"},
        {"00-1a-2b-3c-4d-5e", "[mac]"},
        {"001A.2B3C.4D5E", "[mac]"},
        {"mac=00%3A1A%3A2B%3A3C%3A4D%3A5E&x", "mac=[mac]&x"},
        {"\\n00:1A:2B:3C:4D:5E\\n", "\\n[mac]\\n"},
        {"设备00:1A:2B:3C:4D:5E离线", "设备[mac]离线"},
        {"ether 00:1a:2b:3c:4d:5e brd", "ether [mac] brd"},
        {"{\\\"mac\\\":\\\"00:1a:2b:3c:4d:5e\\\"}", "{\\\"mac\\\":\\\"[mac]\\\"}"},
        {"00:1A:2B:3C:4D", NULL},
        {"00:1A:2B:3C:4D:5E:6F", NULL},
        {"00:1A-2B:3C-4D:5E", NULL},
        {"12:34:56:78", NULL},
        {"g0:1A:2B:3C:4D:5E", NULL},
    };

    (void)state;
    RUN("@mac:replace", cases);
}

static void user_information_of_urls(void **state)
{
    static const struct c cases[] = {
        {"https://bob:hunter2@x.io/a", "https://[auth]@x.io/a"},
        {"https://bob:p@ss@x.io/a", "https://[auth]@x.io/a"},
        {"https://bob:p:s:s@x.io/a", "https://[auth]@x.io/a"},
        {"https://bob:p/s/s@x.io/a", "https://[auth]@x.io/a"},
        {"https://bob:p#ss@x.io/a", "https://[auth]@x.io/a"},
        {"https://bob:p?ss@x.io/a", "https://[auth]@x.io/a"},
        {"https://bob:p%40ss@x.io/a", "https://[auth]@x.io/a"},
        {"https://bob:p'ss@x.io/a", "https://[auth]@x.io/a"},
        {"https://bob:p\"ss@x.io/a", "https://[auth]@x.io/a"},
        {"https://bob:p!$&*()+,;=ss@x.io/a", "https://[auth]@x.io/a"},
        {"https://bob:p[s]{s}@x.io/a", "https://[auth]@x.io/a"},
        {"https://:hunter2@x.io/", "https://[auth]@x.io/"},
        {"redis://:hunter2@cache:6379/0", "redis://[auth]@cache:6379/0"},
        {"https://token@x.io/", "https://[auth]@x.io/"},
        {"https%3A%2F%2Fbob%3Ahunter2%40x.io%2Fa", "https%3A%2F%2F[auth]%40x.io%2Fa"},
        {"u=https://bob:hunter2%40x.io/a", "u=https://[auth]%40x.io/a"},
        {"https:\\/\\/bob:hunter2@x.io\\/a", "https:\\/\\/[auth]@x.io\\/a"},
        {"postgres://bob:hun/ter2@db:5432/app", "postgres://[auth]@db:5432/app"},
        {"mongodb+srv://bob:p%2Fss@c0.mongodb.net/x?y=1",
         "mongodb+srv://[auth]@c0.mongodb.net/x?y=1"},
        {"amqp://guest:guest@mq//", "amqp://[auth]@mq//"},
        {"jdbc:postgresql://bob:x1@db/app", "jdbc:postgresql://[auth]@db/app"},
        {"(https://bob:x1@x.io)", "(https://[auth]@x.io)"},
        {"'https://bob:x1@x.io','https://x.io'", "'https://[auth]@x.io','https://x.io'"},
        {"\\\"https://bob:x1@x.io\\\"", "\\\"https://[auth]@x.io\\\""},
        {"ftp://bob:x1@[2001:db8::1]/a", "ftp://[auth]@[2001:db8::1]/a"},
        /* near misses */
        {"https://x.io/@bob", NULL},
        {"https://x.io/a?to=bob@x.io", NULL},
        {"https://x.io:443/a@b", NULL},
        {"https://x.io/#a@b", NULL},
        {"https://medium.com/@bob/post", NULL},
        {"ssh://git@github.com/org/repo", NULL},
        {"https://x.io, bob@x.io", NULL},
        {"https://%s:%s@x.io", NULL},
        {"https://${USER}:${PASS}@x.io", NULL},
        {"https://unpkg.com/react@18.2.0/umd", NULL},
        {"webpack:///./node_modules/@babel/x", NULL},
        {"https://x.io/path:with@at", NULL},
    };

    (void)state;
    RUN("@urlauth", cases);
}

static void home_directories(void **state)
{
    static const struct c cases[] = {
        {"/home/bob/.ssh/id", "/home/[user]/.ssh/id"},
        {"/Users/bob/src/x.py", "/Users/[user]/src/x.py"},
        {"C:\\Users\\bob\\x", "C:\\Users\\[user]\\x"},
        {"C:\\\\Users\\\\bob\\\\x", "C:\\\\Users\\\\[user]\\\\x"},
        {"C:\\\\\\\\Users\\\\\\\\bob\\\\\\\\x", "C:\\\\\\\\Users\\\\\\\\[user]\\\\\\\\x"},
        {"c:/users/bob/x", "c:/users/[user]/x"},
        {"C:\\Users\\Bob Smith\\x", "C:\\Users\\[user]\\x"},
        {"C:\\Documents and Settings\\bob\\x", "C:\\Documents and Settings\\[user]\\x"},
        {"/var/home/bob/x", "/var/home/[user]/x"},
        {"/export/home/bob/x", "/export/home/[user]/x"},
        {"file:///Users/bob/x", "file:///Users/[user]/x"},
        {"file:///C:/Users/bob/x", "file:///C:/Users/[user]/x"},
        {"file:///C:/Users/bob%20smith/x", "file:///C:/Users/[user]/x"},
        {"%2FUsers%2Fbob%2Fx", "%2FUsers%2F[user]%2Fx"},
        {"%2Fhome%2Fbob%2Fx", "%2Fhome%2F[user]%2Fx"},
        {"C%3A%5CUsers%5Cbob%5Cx", "C%3A%5CUsers%5C[user]%5Cx"},
        {"\\/home\\/bob\\/x", "\\/home\\/[user]\\/x"},
        {"\\/Users\\/bob\\/x", "\\/Users\\/[user]\\/x"},
        {"\\\\server\\Users\\bob\\x", "\\\\server\\Users\\[user]\\x"},
        {"/mnt/c/Users/bob/x", "/mnt/c/Users/[user]/x"},
        {"/c/Users/bob/x", "/c/Users/[user]/x"},
        {"HOME=/home/bob", "HOME=/home/[user]"},
        {"cwd: /Users/bob", "cwd: /Users/[user]"},
        {"~/x at /home/müller/x", "~/x at /home/[user]/x"},
        {"(/home/bob/x.js:1:2)", "(/home/[user]/x.js:1:2)"},
        {"\"/home/bob\"", "\"/home/[user]\""},
        {"/home/bob:/bin/sh", "/home/[user]:/bin/sh"},
        {"/home/bob.smith/x", "/home/[user]/x"},
        {"\\nat /home/bob/x\\n", "\\nat /home/[user]/x\\n"},
        /* near misses */
        {"/root/x", NULL},
        {"/home", NULL},
        {"/home/", NULL},
        {"C:\\Users\\Public\\x", NULL},
        {"/Users/Shared/x", NULL},
        {"/api/users/17", NULL},
        {"/var/log/x.log", NULL},
        {"https://x.io/home/page", NULL},
        {"https://x.io/Users/42", NULL},
        {"/homepage/bob", NULL},
        {"/home/${USER}/x", NULL},
        {"/home/[user]/x", NULL},
    };

    (void)state;
    RUN("@userpath", cases);
}

static void keys_of_several_lines(void **state)
{
#define BODY1 "MIIEpAIBAAKCAQEAx7Kd93jfLa2CuWhl6PRuArrTnuOq1w2e3r4t5y6u7i8o9p0aA"
#define BODY2 "ZxCvBn12345emex15cV9o7GLpQFF0DYswXfwvg2tDzpABCDEFGHIJKLMNOPQRSTU"
#define BEGIN "-----BEGIN RSA PRIVATE KEY-----"
#define END "-----END RSA PRIVATE KEY-----"
    static const struct c cases[] = {
        {BEGIN "\n" BODY1 "\n" BODY2 "\n" END, BEGIN "\n[pemkey]\n" END},
        {BEGIN "\r\n" BODY1 "\r\n" BODY2 "\r\n" END, BEGIN "\r\n[pemkey]\r\n" END},
        {BEGIN "\\n" BODY1 "\\n" BODY2 "\\n" END, BEGIN "\\n[pemkey]\\n" END},
        {BEGIN "\\\\n" BODY1 "\\\\n" BODY2 "\\\\n" END, BEGIN "\\\\n[pemkey]\\\\n" END},
        {BEGIN " " BODY1 " " BODY2 " " END, BEGIN " [pemkey] " END},
        {BEGIN BODY1 BODY2 END, BEGIN "[pemkey]" END},
        {BEGIN "\n  " BODY1 "\n  " BODY2 "\n  " END, BEGIN "\n  [pemkey]\n  " END},
        {BEGIN "%0A" BODY1 "%0A" BODY2 "%0A" END, BEGIN "%0A[pemkey]%0A" END},
    };

    (void)state;
    RUN("@pemkey", cases);
}

static void basic_credentials(void **state)
{
    static const struct c cases[] = {
        {"Authorization: Basic Ym9iOmh1bnRlcjI=", "Authorization: Basic [token]"},
        {"authorization: basic Ym9iOmh1bnRlcjI=", "authorization: basic [token]"},
        {"Authorization%3A%20Basic%20Ym9iOmh1bnRlcjI%3D", "Authorization%3A%20Basic%20[token]"},
        {"\\\"Basic Ym9iOmh1bnRlcjI=\\\"", "\\\"Basic [token]\\\""},
        {"Basic+Ym9iOmh1bnRlcjI=", "Basic+[token]"},
        {"Basic information about it", NULL},
        {"Basic Settings", NULL},
    };

    (void)state;
    RUN("@basic", cases);
}

static void account_names(void **state)
{
    static const struct c cases[] = {
        {"user mokafor77 logged in", "user [user] logged in"},
        {"username: mokafor77", "username: [user]"},
        {"login mokafor_77 failed", "login [user] failed"},
        {"user 'mokafor77'", "user '[user]'"},
        {"user login2fa()", NULL},
        {"user 1234", NULL},
    };

    (void)state;
    RUN("@username", cases);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(e_mail),
        cmocka_unit_test(addresses_of_the_network),
        cmocka_unit_test(addresses_of_cards),
        cmocka_unit_test(user_information_of_urls),
        cmocka_unit_test(home_directories),
        cmocka_unit_test(keys_of_several_lines),
        cmocka_unit_test(basic_credentials),
        cmocka_unit_test(account_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
