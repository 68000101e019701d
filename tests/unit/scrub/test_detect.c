/* test_detect.c - each detector on what it is for, and on near misses. */
#include "scrub/helper.h"

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

static void e_mail_addresses_in_any_company(void **state)
{
    static const struct c cases[] = {
        {"bob@example.org", "[email]"},
        {"<bob.b+tag_1%x@sub.example.co.uk>", "<[email]>"},
        {"to='bob@x.io',", "to='[email]',"},
        {"a=bob@x.io&b", "a=[email]&b"},
        {"mailto:bob@x.io?subject=1", "mailto:[email]?subject=1"},
        {"bob%40x.io", "[email]"},
        {"q=%22bob%40x.io%22", "q=%22[email]%22"},
        {"bob&#64;x.io", "[email]"},
        {"sent to bob@x.io.", "sent to [email]."},
        {"o'brien@x.ie", "[email]"},
        {"mail=o%27brien%40x.ie&a", "mail=[email]&a"},
        {"'%27bob%40x.io%27", "'%27[email]%27"},
        {"jörg@müller.de", "[email]"},
        {"请联系bob@x.io谢谢", "请联系[email]谢谢"},
        {"line\\nbob@x.io", "line\\n[email]"},
        {"иван@почта.рф, ок", "[email], ок"},
        {"bob@xn--mller-kva.xn--p1ai", "[email]"},
        {"a@b.io,c@d.io", "[email],[email]"},
        /* near misses */
        {"@Override public", NULL},
        {"bob@localhost", NULL},
        {"@sentry/node@16.14.7", NULL},
        {"pkg golang.org/x/net@v0.17.0/http2", NULL},
        {"icon@2x.png", NULL},
        {"git@github.com:org/repo.git", NULL},
        {"java.lang.Object@1f2e3d", NULL},
        {"a @ b.io", NULL},
        {"bob@.io", NULL},
        {"shop@1.4.2", NULL},
    };

    (void)state;
    RUN("@email", cases);
}

static void addresses_of_the_network(void **state)
{
    static const struct c cases[] = {
        {"from 203.0.113.77:443", "from [ip]:443"},
        {"ip=10.0.0.1.", "ip=[ip]."},
        {"http://10.20.30.40/x", "http://[ip]/x"},
        {"host/10.1.2.3:80", "host/[ip]:80"},
        {"2001:db8:41f::9c7e says", "[ip] says"},
        {"[fe80::1]:443", "[[ip]]:443"},
        {"2001:db8::1: refused", "[ip]: refused"},
        {"::ffff:167.20.121.140", "[ip]"},
        {"0260:6470:0000:0000:1060:9616:6527:e46b", "[ip]"},
        {"1.2.3.4,5.6.7.8", "[ip],[ip]"},
        /* near misses */
        {"127.0.0.1:80", NULL},
        {"0.0.0.0", NULL},
        {"::1", NULL},
        {"::", NULL},
        {"255.255.255.0", NULL},
        {"1.2.3", NULL},
        {"1.2.3.4.5", NULL},
        {"256.1.1.1", NULL},
        {"01.2.3.4", NULL},
        {"Version=7.31.35.0, Culture", NULL},
        {"from server 203.0.113.7", "from server [ip]"},
        {"version 1.2.3.4", NULL},
        {"Chrome/120.0.0.0 Safari", NULL},
        {"12.5.3.1-alpha", NULL},
        {"foo-1.2.3.87.el8_9.x86_64.rpm", NULL},
        {"app 4.19.0.7-rc2", NULL},
        {"oldVersion=\"0.0.0.0-13.0.0.0\"", NULL},
        {"redirect 4.1.0.0-13.0.0.0 used", NULL},
        {"10.0.0.0-10.0.0.255", "[ip]-[ip]"},
        {"203.0.113.7-eth0", "[ip]-eth0"},
        {"12:34:56", NULL},
        {"4d:d2:fb:6d:e0:54", NULL},
        {"std::fmt::Debug", NULL},
        {"a::b", NULL},
        {"v1.2.3.4", NULL},
        {"52:36:42 in 28/55/18", NULL},
    };

    (void)state;
    RUN("@ip", cases);
}

static void cards_by_issuer_and_checksum(void **state)
{
    static const struct c cases[] = {
        {"4539148803436467", "[creditcard]"},
        {"card 4539 1488 0343 6467 paid", "card [creditcard] paid"},
        {"4539-1488-0343-6467", "[creditcard]"},
        {"4539%201488%200343%206467", "[creditcard]"},
        {"4539+1488+0343+6467", "[creditcard]"},
        {"4539\xC2\xA0"
         "1488\xC2\xA0"
         "0343\xC2\xA0"
         "6467",
         "[creditcard]"},
        {"PAN=378282246310005;exp", "PAN=[creditcard];exp"},
        {"3782 822463 10005", "[creditcard]"},
        {"5555555555554444", "[creditcard]"},
        {"2223003122003222", "[creditcard]"},
        {"6011111111111117", "[creditcard]"},
        {"3056 930902 5904", "[creditcard]"},
        {"3530111333300000", "[creditcard]"},
        {"6759649826438453", "[creditcard]"},
        {"4222222222222", "[creditcard]"},
        {"2024-01-01 4111 1111 1111 1111", "2024-01-01 [creditcard]"},
        {"4111 1111 1111 1111 12/29", "[creditcard] 12/29"},
        /* near misses */
        {"4539148803436468", NULL},    /* checksum */
        {"1753282944000000005", NULL}, /* no issuer */
        {"45391488034364670", NULL},   /* too long for Visa */
        {"a4539148803436467", NULL},   /* part of a word */
        {"0.4539148803436467", NULL},  /* a fraction */
        {"0x4539148803436467", NULL},
        {"45 39148803436467", NULL}, /* not how cards are grouped */
        {"45391488-0343-6467-8888-123456789012", NULL},
        {"batch 6355175527470340 done", NULL},
        {"12345", NULL},
    };

    (void)state;
    RUN("@creditcard", cases);
}

static void ibans_by_country_and_remainder(void **state)
{
    static const struct c cases[] = {
        {"DE89370400440532013000", "[iban]"},
        {"iban=DE89 3704 0044 0532 0130 00 bic", "iban=[iban] bic"},
        {"GB29-NWBK-6016-1331-9268-19", "[iban]"},
        {"FR1420041010050500013M02606", "[iban]"},
        {"nl91abna0417164300", "[iban]"},
        {"NO9386011117947", "[iban]"},
        {"MT84MALT011000012345MTLCAST001S", "[iban]"},
        /* near misses */
        {"DE88370400440532013000", NULL},
        {"DE8937040044053201300", NULL},
        {"XX89370400440532013000", NULL},
        {"DE893704004405320130001", NULL},
        {"ADE89370400440532013000", NULL},
    };

    (void)state;
    RUN("@iban", cases);
}

static void social_security_numbers(void **state)
{
    static const struct c cases[] = {
        {"ssn 536-48-9217 again", "ssn [us-ssn] again"},
        {"ref 078-05-1120.", "ref [us-ssn]."},
        {"{\"ssn\": \"475 08 2791\"}", "{\"ssn\": \"[us-ssn]\"}"},
        {"SSN=536489217", "SSN=[us-ssn]"},
        /* near misses */
        {"code 000-68-0166", NULL},
        {"666-68-0166", NULL},
        {"936-48-9217", NULL},
        {"536-00-9217", NULL},
        {"536-48-0000", NULL},
        {"99100-9219", NULL},
        {"475 08 2791", NULL}, /* no context */
        {"1536-48-9217", NULL},
        {"536-48-92171", NULL},
        {"ab-536-48-9217", NULL},
    };

    (void)state;
    RUN("@usssn:replace", cases);
}

static void phone_numbers_with_a_plus(void **state)
{
    static const struct c cases[] = {
        {"call +1 415-555-2671 now", "call [phone] now"},
        {"+17045186135", "[phone]"},
        {"tel:+49 (0)30 1234567", "tel:[phone]"},
        {"phone=%2B14155552671", "phone=[phone]"},
        {"+33 6 79 79 68 44", "[phone]"},
        /* near misses */
        {"2026-11-21T05:30:00+01:00", NULL},
        {"a+12345678901", NULL},
        {"+1234567", NULL},
        {"+0123456789", NULL},
        {"1 + 2345678", NULL},
    };

    (void)state;
    RUN("@phone", cases);
}

static void credentials_of_http(void **state)
{
    static const struct c bearer[] = {
        {"Authorization: Bearer mK6MqHPNDuIT.t-_~+/=", "Authorization: Bearer [token]"},
        {"bearer%20abc123def", "bearer%20[token]"},
        {"bearer of bad news", NULL},
        {"forbearer abc12345", NULL},
    };
    static const struct c basic[] = {
        {"Authorization: Basic dXNlcjpwYXNz", "Authorization: Basic [token]"},
        {"basic understanding of", NULL},
        {"Basic auth failed", NULL},
    };
    static const struct c jwt[] = {
        {"jwt=eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJtYXJpYSJ9.dBjftJeZ4CVP x", "jwt=[jwt] x"},
        {"eyJhbGciOiJIUzI1NiJ9.eyJzdWI", "[jwt]"},
        {"eyJ.x", NULL},
        {"beyJhbGciOiJIUzI1NiJ9.eyJzdWI", NULL},
    };

    (void)state;
    RUN("@bearer", bearer);
    RUN("@basic", basic);
    RUN("@jwt", jwt);
}

static void keys_of_vendors(void **state)
{
    static const struct c cases[] = {
        {"key sk_live_4eC39HqLyjWDarjtT1zdp7dc.", "key [apikey]."},
        {"AKIAITCWQCMSCOWSXIGI", "[apikey]"},
        {"ghp_1yyIazsNKfZoUUnOdet0g7JR9hYvspj7CnFh", "[apikey]"},
        {"xoxb-903833639706-155558474439-L3yA0HJbJcnc0KDPbCT25vpH", "[apikey]"},
        {"AIzaBYG-X4l4bLoPYwMT4R9HSFdWblQHlVFVvYO", "[apikey]"},
        /* near misses */
        {"api key rotation scheduled in 78 days", NULL},
        {"sk_live_short", NULL},
        {"risk_live_4eC39HqLyjWDarjtT1zdp7dc", NULL},
        {"AKIAIOGRAK2TRY42SGKDX", NULL}, /* one too long */
        {"sk-learn", NULL},
        {"npm_lifecycle_event_is_not_a_secret_word_at_all", NULL},
    };

    (void)state;
    RUN("@apikey", cases);
}

static void user_information_of_urls(void **state)
{
    static const struct c cases[] = {
        {"postgres://shop:pg-s3cr3t-991@db.internal/shop", "postgres://[auth]@db.internal/shop"},
        {"redis://:pw@127.0.0.1:6379/0", "redis://[auth]@127.0.0.1:6379/0"},
        {"https://tok@host/x", "https://[auth]@host/x"},
        {"amqp://u:p@ss@host", "amqp://[auth]@host"},
        {"db://u:p/w@host/x", "db://[auth]@host/x"},
        {"db://u:p#w?x@host/x", "db://[auth]@host/x"},
        /* near misses */
        {"https://example.com:8443/users/bob@x.io", NULL},
        {"https://example.com/@scope/pkg", NULL},
        {"ssh://git@github.com/x", NULL},
        {"postgres://u:%s@db/x", NULL},
        {"mysql://root:${PASS}@db/x", NULL},
        {"http://x.io and a@b.io", NULL},
    };

    (void)state;
    RUN("@urlauth", cases);
}

static void names_in_home_directories(void **state)
{
    static const struct c cases[] = {
        {"open /home/mlong/.config: denied", "open /home/[user]/.config: denied"},
        {"/Users/bob", "/Users/[user]"},
        {"C:\\Users\\bob\\x", "C:\\Users\\[user]\\x"},
        {"C:\\\\Users\\\\John Doe\\\\x", "C:\\\\Users\\\\[user]\\\\x"},
        {"file:///home/bob/x", "file:///home/[user]/x"},
        /* near misses */
        {"/var/log/benefit/48.log", NULL},
        {"https://example.com/home/page", NULL},
        {"GET /users/17", NULL},
        {"C:\\Users\\Public\\x", NULL},
        {"/home/%s/x", NULL},
        {"/home/", NULL},
    };

    (void)state;
    RUN("@userpath", cases);
}

static void private_keys_but_not_their_frames(void **state)
{
    static const struct c cases[] = {
        {"k: -----BEGIN RSA PRIVATE KEY-----\nMIIE\now==\n-----END RSA PRIVATE KEY-----\nx",
         "k: -----BEGIN RSA PRIVATE KEY-----\n[pemkey]\n-----END RSA PRIVATE KEY-----\nx"},
        {"-----BEGIN PRIVATE KEY-----\\nMIIE\\n-----END PRIVATE KEY-----",
         "-----BEGIN PRIVATE KEY-----\\n[pemkey]\\n-----END PRIVATE KEY-----"},
        {"-----BEGIN PRIVATE KEY-----\nMIIEcut", "-----BEGIN PRIVATE KEY-----\n[pemkey]"},
        {"-----BEGIN CERTIFICATE-----\nMIIE\n-----END CERTIFICATE-----", NULL},
        {"----- BEGIN -----", NULL},
    };

    (void)state;
    RUN("@pemkey", cases);
}

static void accounts_by_context(void **state)
{
    static const struct c cases[] = {
        {"user mokafor77 from", "user [user] from"},
        {"User 'jane.doe2' logged in", "User '[user]' logged in"},
        {"login: mlong1985", "login: [user]"},
        {"user agent from", NULL},
        {"user 062f2ce2-85df-4c71-a58c-0acedd9297a3 expired", NULL},
        {"user v1.2.3", NULL},
        {"superuser mokafor77", NULL},
        {"user 12345", NULL},
    };

    (void)state;
    RUN("@username", cases);
}

static void other_numbers(void **state)
{
    static const struct c mac[] = {{"mac=4d:d2:fb:6d:e0:54", "mac=[mac]"},
                                   {"02-60-2B-5A-98-44 joined", "[mac] joined"},
                                   {"4d:d2:fb:6d:e0:54:01", NULL},
                                   {"addr:4d:d2:fb:6d:e0:54: lost", "addr:[mac]: lost"},
                                   {"mac=4d%3Ad2%3Afb%3A6d%3Ae0%3A54&x", "mac=[mac]&x"},
                                   {"port 5032.72b5.ec57 down", "port [mac] down"},
                                   {"brd ff:ff:ff:ff:ff:ff", NULL},
                                   {"00-00-00-00-00-00 unset", NULL},
                                   {"build 5032.7215.1257", NULL},
                                   {"5032.72b5.ec57.0001", NULL},
                                   {"4d:d2-fb:6d:e0:54", NULL}};
    static const struct c imei[] = {{"imei 356938035643809", "imei [imei]"},
                                    {"35-693803-564380-9", "[imei]"},
                                    {"356938035643808", NULL}};
    static const struct c uuid[] = {
        {"id 062f2ce2-85df-4c71-a58c-0acedd9297a3", "id [uuid]"},
        {"user_062f2ce2-85df-4c71-a58c-0acedd9297a3_x", "user_[uuid]_x"},
        {"%2F062f2ce2-85df-4c71-a58c-0acedd9297a3%2F", "%2F[uuid]%2F"},
        {"parent 00000000-0000-0000-0000-000000000000", NULL},
        {"062f2ce2-85df-4c71-a58c-0acedd9297a", NULL}};

    (void)state;
    RUN("@mac:replace", mac);
    RUN("@imei", imei);
    RUN("@uuid:replace", uuid);
}

static void values_under_sensitive_keys_go_alone(void **state)
{
    static const struct c cases[] = {
        {"password=hunter2&x=1", "password=[Filtered]&x=1"},
        {"login user=x password=whatever4455", "login user=x password=[Filtered]"},
        {"{\"password\":\"S1I\\\"lDK#XjQG\",\"n\":157}", "{\"password\":\"[Filtered]\",\"n\":157}"},
        {"{'passwd': 'x', 'n': 1}", "{'passwd': '[Filtered]', 'n': 1}"},
        {"{\\\"api_key\\\":\\\"x\\\",\\\"n\\\":1}",
         "{\\\"api_key\\\":\\\"[Filtered]\\\",\\\"n\\\":1}"},
        {"'secret' => \"x\"", "'secret' => \"[Filtered]\""},
        {"bad password 'hunter2-Tr0' for", "bad password '[Filtered]' for"},
        {"user[password]=x&y", "user[password]=[Filtered]&y"},
        {"next=%2Flogin%3Ftoken%3Dabc%26x", "next=%2Flogin%3Ftoken%3D[Filtered]%26x"},
        {"Authorization: Digest abc", "Authorization: Digest [Filtered]"},
        {"Server=db;Password=a,b;Timeout=3", "Server=db;Password=[Filtered];Timeout=3"},
        {"authToken: abc123", "authToken: [Filtered]"},
        {"AUTH-TOKEN=abc123", "AUTH-TOKEN=[Filtered]"},
        {"api key: abc123", "api key: [Filtered]"},
        {"password: hunter", "password: [Filtered]"},
        {"const password = getPassword();", NULL},
        {"def login(name: str, password: str) -> bool:", NULL},
        {"{\"q\":\"a=1&token=\",\"n\":1}", NULL},
        {"{\"m\":\"[\\\"password\\\"]=> string(9) \\\"hunter2-x\\\" }\"}",
         "{\"m\":\"[\\\"password\\\"]=> string(9) \\\"[Filtered]\\\" }\"}"},
        {"self.token = token", NULL},
        {"token = tokenx1", "token = [Filtered]"},
        {"password=password", "password=[Filtered]"},
        {"UPDATE u SET pw='x'", NULL}, /* pw is in default's list only */
        /* near misses */
        {"password reset completed", NULL},
        {"author=bob", NULL},
        {"token: unexpected end of input", NULL},
        {"passwd: 53 entries checked", NULL},
        {"password=%s", NULL},
        {"password=", NULL},
        {"password=null", NULL},
        {"password == other", NULL},
        {"password=****", NULL},
        {"token_count=5", NULL},
        {"the secret is out", NULL},
        {"token foo: bar", NULL},
    };

    (void)state;
    RUN("@password:filter", cases);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(e_mail_addresses_in_any_company),
        cmocka_unit_test(addresses_of_the_network),
        cmocka_unit_test(cards_by_issuer_and_checksum),
        cmocka_unit_test(ibans_by_country_and_remainder),
        cmocka_unit_test(social_security_numbers),
        cmocka_unit_test(phone_numbers_with_a_plus),
        cmocka_unit_test(credentials_of_http),
        cmocka_unit_test(keys_of_vendors),
        cmocka_unit_test(user_information_of_urls),
        cmocka_unit_test(names_in_home_directories),
        cmocka_unit_test(private_keys_but_not_their_frames),
        cmocka_unit_test(accounts_by_context),
        cmocka_unit_test(other_numbers),
        cmocka_unit_test(values_under_sensitive_keys_go_alone),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
