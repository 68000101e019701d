/* test_detect_pair.c - values under sensitive keys in the forms that real text
 * writes pairs in; the value goes alone. */
#include "scrub/helper.h"

#include <string.h>

/* The keys of the built-in set, by which the sets of the room go. */
static const char rules[] =
    "rules:\n"
    "  s: {type: password, redaction: {method: replace, text: '[x]'}, keys: ['*password*', "
    "'*passwd*', '*passwort*', passphrase, pwd, pass, '*secret', '*token', api key, '*apikey*', "
    "auth, '*authorization', cookie, '*cookie', session id, '*sessionid', sid, private key], "
    "unless: [count, length, expired, policy, reset, must, required, url, type]}\n"
    "applications: {'**': [s]}\n";

struct c {
    const char *in;
    const char *out; /* NULL: stays */
};

static void run(const struct c *cases, size_t n)
{
    struct bench b;
    unsigned wrong = 0;

    bench_open(&b, rules);
    for (size_t i = 0; i < n; i++) {
        const char *want = cases[i].out != NULL ? cases[i].out : cases[i].in;
        const char *out = bench_text(&b, cases[i].in);
        const char *again = bench_text(&b, out);

        if (strcmp(out, want) != 0 || strcmp(again, out) != 0) {
            fprintf(stderr, "in    %s\nout   %s\nwant  %s\ntwice %s\n\n", cases[i].in, out, want,
                    again);
            wrong++;
        }
    }
    bench_close(&b);
    assert_int_equal(wrong, 0);
}

#define RUN(cases) run(cases, sizeof cases / sizeof *cases)

static void keys_are_words(void **state)
{
    static const struct c cases[] = {
        {"authToken=abc1", "authToken=[x]"},
        {"auth_token=abc1", "auth_token=[x]"},
        {"AUTH-TOKEN: abc1", "AUTH-TOKEN: [x]"},
        {"auth.token=abc1", "auth.token=[x]"},
        {"DB_PASSWORD=hunter2", "DB_PASSWORD=[x]"},
        {"X-Api-Key: abc1", "X-Api-Key: [x]"},
        {"apiKey=abc1", "apiKey=[x]"},
        {"APIKEY=abc1", "APIKEY=[x]"},
        {"user[password]=abc1", "user[password]=[x]"},
        {"password2=abc1", "password2=[x]"},
        {"author=Tom", NULL},
        {"keyboard=qwerty monkey=1 tokenizer=bpe", NULL},
        {"passenger=7 compass=north bypass=1", NULL},
        {"authority=x.io authored=1", NULL},
        {"token_count=5", NULL},
        {"side=left sidecar=1", NULL},
    };

    (void)state;
    RUN(cases);
}

static void in_the_languages_of_programs(void **state)
{
    static const struct c cases[] = {
        /* JSON in a string, escaped once and more */
        {"{\"password\":\"x y\",\"n\":1}", "{\"password\":\"[x]\",\"n\":1}"},
        {"{\"password\": 12345}", "{\"password\": [x]}"},
        {"{\\\"password\\\":\\\"x y\\\",\\\"n\\\":1}",
         "{\\\"password\\\":\\\"[x]\\\",\\\"n\\\":1}"},
        {"{\\\\\\\"password\\\\\\\":\\\\\\\"x y\\\\\\\"}",
         "{\\\\\\\"password\\\\\\\":\\\\\\\"[x]\\\\\\\"}"},
        {"{\"password\":\"a\\\"b\",\"n\":1}", "{\"password\":\"[x]\",\"n\":1}"},
        /* Python, Ruby, PHP, Java, Go, C#, Rust, Perl */
        {"{'password': 'x y', 'n': 1}", "{'password': '[x]', 'n': 1}"},
        {"{'password': u'x', b'token': b'y'}", "{'password': u'[x]', b'token': b'[x]'}"},
        {"login(password='x', n=1)", "login(password='[x]', n=1)"},
        {"{:password=>\"x\", :n=>1}", "{:password=>\"[x]\", :n=>1}"},
        {"{\"password\" => \"x\", \"n\" => 1}", "{\"password\" => \"[x]\", \"n\" => 1}"},
        {"{password: \"x\", n: 1}", "{password: \"[x]\", n: 1}"},
        {"array ( 'password' => 'x', 'n' => 1, )", "array ( 'password' => '[x]', 'n' => 1, )"},
        {"[password] => hunter2\n    [n] => 1", "[password] => [x]\n    [n] => 1"},
        {"[\"password\"]=>\n  string(7) \"hunter2\"", "[\"password\"]=>\n  string(7) \"[x]\""},
        {"Foo{password=x1, b=y}", "Foo{password=[x], b=y}"},
        {"Foo(user=a, password=x1)", "Foo(user=a, password=[x])"},
        {"Foo [user=a, password=x1]", "Foo [user=a, password=[x]]"},
        {"{User:bob Password:x1 Token:y2}", "{User:bob Password:[x] Token:[x]}"},
        {"&main.Config{User:\"bob\", Password:\"x1\"}",
         "&main.Config{User:\"bob\", Password:\"[x]\"}"},
        {"Config { user: \"bob\", password: \"x1\" }",
         "Config { user: \"bob\", password: \"[x]\" }"},
        {"Config { password: Some(\"x1\") }", "Config { password: Some(\"[x]\") }"},
        {"User { Name = bob, Password = x1 }", "User { Name = bob, Password = [x] }"},
        {"$VAR1 = { 'password' => 'x1' };", "$VAR1 = { 'password' => '[x]' };"},
        {"%{password: \"x1\", n: 1}", "%{password: \"[x]\", n: 1}"},
        {"a:1:{s:8:\"password\";s:7:\"hunter2\";}", "a:1:{s:8:\"password\";s:7:\"[x]\";}"},
        {"const password = `x1`;", "const password = `[x]`;"},
        {"password := \"x1\"", "password := \"[x]\""},
    };

    (void)state;
    RUN(cases);
}

static void in_files_and_shells(void **state)
{
    static const struct c cases[] = {
        {"password: x1\nuser: bob", "password: [x]\nuser: bob"},
        {"  - password: 'x1'", "  - password: '[x]'"},
        {"password = x1", "password = [x]"},
        {"password=x1;user=bob", "password=[x];user=bob"},
        {"<password>x1</password>", "<password>[x]</password>"},
        {"<ns:Password type=\"text\">x 1</ns:Password>",
         "<ns:Password type=\"text\">[x]</ns:Password>"},
        {"<user password=\"x1\" id=\"4\"/>", "<user password=\"[x]\" id=\"4\"/>"},
        {"<input type=\"password\" name=\"pw\">", NULL},
        {"<add key=\"password\" value=\"x1\"/>", "<add key=\"password\" value=\"[x]\"/>"},
        {"<input name=\"csrf_token\" value=\"x1y2\">", "<input name=\"csrf_token\" value=\"[x]\">"},
        {"&lt;password&gt;x1&lt;/password&gt;", "&lt;password&gt;[x]&lt;/password&gt;"},
        {"{&quot;password&quot;:&quot;x1&quot;}", "{&quot;password&quot;:&quot;[x]&quot;}"},
        {"tool --password x1 --verbose", "tool --password [x] --verbose"},
        {"tool --password=x1 --verbose", "tool --password=[x] --verbose"},
        {"tool --password 'x 1' -v", "tool --password '[x]' -v"},
        {"tool --token \"x1\"", "tool --token \"[x]\""},
        {"tool --password --verbose", NULL},
        {"mysql -u root -phunter2 db", "mysql -u root -p[x] db"},
        {"mysqldump -uroot -p'hunter2' db", "mysqldump -uroot -p'[x]' db"},
        {"ssh -p2222 host", NULL},
        {"mkdir -pv a", NULL},
        {"sshpass -p hunter2 ssh host", "sshpass -p [x] ssh host"},
        {"curl -u bob:hunter2 https://x.io", "curl -u bob:[x] https://x.io"},
        {"curl --user 'bob:hunter2' https://x.io", "curl --user 'bob:[x]' https://x.io"},
        {"curl -u bob https://x.io:443", NULL},
        {"export DB_PASSWORD=hunter2", "export DB_PASSWORD=[x]"},
        {"DB_PASSWORD='hunter 2' ./run", "DB_PASSWORD='[x]' ./run"},
        {"set PGPASSWORD=hunter2&&psql", "set PGPASSWORD=[x]&&psql"},
        {"Server=db;User Id=sa;Password=x1;Pwd=y2;Timeout=3",
         "Server=db;User Id=sa;Password=[x];Pwd=[x];Timeout=3"},
        {"host=db user=app password=x1 dbname=y", "host=db user=app password=[x] dbname=y"},
        {"jdbc:mysql://db/x?user=a&password=x1", "jdbc:mysql://db/x?user=a&password=[x]"},
        {"AccountKey=abc==;AuthToken=x1==", "AccountKey=abc==;AuthToken=[x]"},
        {"SELECT 1 WHERE password = 'x1' AND a = 1", "SELECT 1 WHERE password = '[x]' AND a = 1"},
        {"UPDATE u SET password='x''1', n=1", "UPDATE u SET password='[x]', n=1"},
        {"CREATE USER a IDENTIFIED BY 'x1'", "CREATE USER a IDENTIFIED BY '[x]'"},
        {"ALTER ROLE a WITH PASSWORD 'x1';", "ALTER ROLE a WITH PASSWORD '[x]';"},
        {"INSERT INTO u (name, password, n) VALUES ('bob', 'x1', 3)",
         "INSERT INTO u (name, password, n) VALUES ('bob', '[x]', 3)"},
        {"GET /login?u=1&password=x1&next=/ 401", "GET /login?u=1&password=[x]&next=/ 401"},
        {"q=a%26password%3Dx1%26n%3D1", "q=a%26password%3D[x]%26n%3D1"},
        {"Cookie: a=1; sid=x1y2; b=2", "Cookie: a=1; sid=[x]; b=2"},
        {"Authorization: Digest abc123", "Authorization: Digest [x]"},
        {"authorization: \"Token abc123\"", "authorization: \"Token [x]\""},
        {"password：x1", "password：[x]"},
    };

    (void)state;
    RUN(cases);
}

static void in_prose(void **state)
{
    static const struct c cases[] = {
        {"password is hunter2", "password is [x]"},
        {"the password was 'hunter 2'", "the password was '[x]'"},
        {"your new password is: Abc12345", "your new password is: [x]"},
        {"the token was abc123XYZ", "the token was [x]"},
        {"api key: abc123", "api key: [x]"},
        {"token abc123XYZ is invalid", "token [x] is invalid"},
        {"with password \"hunter2\"", "with password \"[x]\""},
        {"password hunter2!", "password [x]!"},
        {"private_key=\"-----BEGIN PRIVATE KEY-----\\n[pemkey]\\n-----END PRIVATE KEY-----\"",
         NULL},
        {"password=\"-----BEGIN hunter2\"", "password=\"[x]\""},
        {"password=\"-----BEGIN X-----\\n[pemkey]hunter2\"", "password=\"[x]\""},
        {"AUTH hunter22 failed", "AUTH [x] failed"},
        {"AUTH PLAIN AGJvYgBodW50ZXIy", "AUTH PLAIN [x]"},
        {"echo 'hunter 2' | sudo -S id", "echo '[x]' | sudo -S id"},
        {"echo hunter2|docker login -u a --password-stdin",
         "echo [x]|docker login -u a --password-stdin"},
        {"echo 'hunter2' | sort -S 1", NULL},
        {"echo 'done' && sudo -S id", NULL},
        {"auth service2 failed", NULL},
        {"AUTH failed for client", NULL},
        {"AUTH LOGIN not supported", NULL},
        {"password reset completed", NULL},
        {"invalid password for user", NULL},
        {"password must be 8 characters", NULL},
        {"password is too short", NULL},
        {"password is required", NULL},
        {"password is not correct", NULL},
        {"the password was changed", NULL},
        {"token expired", NULL},
        {"token is invalid", NULL},
        {"token was revoked by admin", NULL},
        {"token expired at 2026-01-01", NULL},
        {"passwd: 53 entries checked", NULL},
        {"wrong password (attempt 3)", NULL},
        {"token: unexpected end of input", NULL},
        {"token bucket exhausted after 93", NULL},
        {"api key rotation scheduled in 78 days", NULL},
        {"bearer of 84 gifts", NULL},
        {"invalid credentials, 51 tries left", NULL},
        {"password=null", NULL},
        {"token = jwt.encode(claims, key)", NULL},
        {"passwd = read_input(prompt)", NULL},
        {"password = abc1(x", "password = [x]"},
        {"password: ********", NULL},
        {"password=${DB_PASSWORD}", NULL},
        {"password=%s", NULL},
        {"password=[Filtered]&x=1", NULL},
        {"password == other", NULL},
        {"Unexpected token < in JSON at position 0", NULL},
        {"Unexpected token 'x1', \"x1 is\" is not valid", NULL},
        {"syntax error near token 12", NULL},
        {"token type Bearer", NULL},
        {"session id missing", NULL},
        {"pass 2 of 3", NULL},
        {"password policy requires 12 characters", NULL},
        {"Enter password for key '/home/x'", NULL},
    };

    (void)state;
    RUN(cases);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_are_words),
        cmocka_unit_test(in_the_languages_of_programs),
        cmocka_unit_test(in_files_and_shells),
        cmocka_unit_test(in_prose),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
