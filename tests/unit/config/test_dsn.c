/* test_dsn.c - what is a DSN, what is none, and why. */
#include "support.h"

#include "fake_scrub.h"

#include "collector/config/values.h"

static void a_dsn_is_taken_apart(void **state)
{
    static const struct {
        const char *text, *scheme, *key, *host, *prefix, *project;
    } rows[] = {
        {"https://abc@sentry.example.com/42", "https", "abc", "sentry.example.com", "", "42"},
        {"http://abc:def@h:9000/42", "http", "abc", "h:9000", "", "42"},
        {"HTTPS://abc@h/42/", "https", "abc", "h", "", "42"},
        {"https://a-b_c@h/pre/fix/shop", "https", "a-b_c", "h", "/pre/fix", "shop"},
        {"https://k@h//pre//1", "https", "k", "h", "//pre", "1"},
        {"http://k@[::1]:8000/1", "http", "k", "[::1]:8000", "", "1"},
        {"http://k@[2001:db8::1]/1", "http", "k", "[2001:db8::1]", "", "1"},
        {"https://{key}@h/{project}", "https", "{key}", "h", "", "{project}"},
        {"https://k:p@ss@h/1", "https", "k", "h", "", "1"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct weir_dsn d;
        const char *why;

        assert_int_equal(weir_parse_dsn(weir_str_of(rows[i].text), &d, &why), 0);
        assert_str(d.scheme, rows[i].scheme);
        assert_str(d.key, rows[i].key);
        assert_str(d.host, rows[i].host);
        assert_str(d.prefix, rows[i].prefix);
        assert_str(d.project, rows[i].project);
    }
}

static void a_reason_says_what_is_wrong_and_quotes_nothing(void **state)
{
    static const struct {
        const char *text, *part;
    } rows[] = {
        {"", "begin with https://"},
        {"sentry.example.com", "begin with https://"},
        {"ftp://k@h/1", "begin with https://"},
        {"https://h/1", "public key is missing"},
        {"https://@h/1", "key before @"},
        {"https://k y@h/1", "key before @"},
        {"https://{kee}@h/1", "key before @"},
        {"https://k@/1", "host is missing"},
        {"https://k@h ost/1", "host has a character"},
        {"https://k@h:0/1", "port"},
        {"https://k@h:/1", "port"},
        {"https://k@h:99999/1", "port"},
        {"https://k@[::g]/1", "no IPv6 address"},
        {"https://k@[::1/1", "no IPv6 address"},
        {"https://k@[::1]x/1", "after [HOST]"},
        {"https://k@h", "project is missing"},
        {"https://k@h/", "project is missing"},
        {"https://k@h/..", "project at its end"},
        {"https://k@h/1?x=y", "project at its end"},
        {"https://k@h/{projekt}", "project at its end"},
        {"https://k@h/a b/1", "path has a character"},
        {"https://k@h/a#b/1", "path has a character"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct weir_dsn d;
        const char *why = "";

        assert_int_equal(weir_parse_dsn(weir_str_of(rows[i].text), &d, &why), WEIR_EINVAL);
        if (strstr(why, rows[i].part) == NULL)
            fail_msg("%s: %s", rows[i].text, why);
    }
}

static void endpoints_are_origins_with_an_optional_weight(void **state)
{
    static const struct {
        const char *text, *origin; /* NULL: refused */
        unsigned weight;
    } rows[] = {
        {"https://h", "https://h", 1},
        {"https://h/", "https://h", 1},
        {"http://h:9000/pre weight=3", "http://h:9000/pre", 3},
        {" https://[::1]:80  weight=1000 ", "https://[::1]:80", 1000},
        {"https://h weight=0", NULL, 0},
        {"https://h weight=1001", NULL, 0},
        {"https://h heavy", NULL, 0},
        {"https://k@h", NULL, 0},
        {"h:80", NULL, 0},
        {"https://", NULL, 0},
        {"https:///x", NULL, 0},
        {"https://h/a b", NULL, 0},
        {"https://h/a?b", NULL, 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct weir_endpoint e;
        const char *why;
        bool good = weir_parse_endpoint(weir_str_of(rows[i].text), &e, &why);

        if (good != (rows[i].origin != NULL))
            fail_msg("%s", rows[i].text);
        if (!good)
            continue;
        assert_str(e.origin, rows[i].origin);
        assert_int_equal(e.weight, rows[i].weight);
    }
}

static void a_rotated_secret_is_found_where_it_was(void **state)
{
    char dir[] = "/tmp/weir-dsn-XXXXXX", config[64], secret[64];
    struct weir_destination d = {.name = WEIR_S("main")};
    struct weir_arena a;
    struct weir_dsn dsn;
    FILE *f;

    (void)state;
    weir_arena_init(&a, 1 << 20);
    assert_non_null(mkdtemp(dir));
    snprintf(config, sizeof config, "%s/weir.yaml", dir);
    snprintf(secret, sizeof secret, "%s/key", dir);
    d.dsn_directory = weir_str_of(dir);
    d.dsn_source = WEIR_S("https://${file:key}@h/1");
    assert_int_equal(weir_destination_reread(&d, &a, &dsn), WEIR_EIO);
    f = fopen(secret, "w");
    assert_non_null(f);
    fputs("rotated\n", f);
    fclose(f);
    assert_int_equal(weir_destination_reread(&d, &a, &dsn), 0);
    assert_str(dsn.key, "rotated");
    d.dsn_source = WEIR_S("https://k@h/1");
    assert_int_equal(weir_destination_reread(&d, &a, &dsn), WEIR_ENOTFOUND);
    d.dsn_source = WEIR_S("${file:key}");
    assert_int_equal(weir_destination_reread(&d, &a, &dsn), WEIR_EINVAL);
    unlink(secret);
    rmdir(dir);
    weir_arena_destroy(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_dsn_is_taken_apart),
        cmocka_unit_test(a_reason_says_what_is_wrong_and_quotes_nothing),
        cmocka_unit_test(endpoints_are_origins_with_an_optional_weight),
        cmocka_unit_test(a_rotated_secret_is_found_where_it_was),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
