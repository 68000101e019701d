/* test_auth.c - the table of keys, projects and verdicts. */
#include "collector/listen/auth.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static struct weir_str one_key[] = {{"aaa", 3}, {"aab", 3}}, two_key[] = {{"bbb", 3}};
static struct weir_project projects[] = {
    {.id = {"42", 2}, .keys = {one_key, 2}},
    {.id = {"43", 2}, .keys = {two_key, 1}},
};
static struct weir_project any;
static const struct weir_config listed = {
    .projects = projects, .n_projects = 2, .default_project = {"42", 2}};
static const struct weir_config open_to_all = {.any_project = &any, .default_project = {"1", 1}};

static struct weir_arena arena;

static struct weir_credentials with(const char *key)
{
    struct weir_credentials k = {0};

    weir_credentials_add(&k, weir_str_of(key));
    return k;
}

static void keys_are_found_in_every_place(void **state)
{
    static const struct {
        const char *x_sentry_auth, *authorization, *query;
        bool bearer;
        const char *key;
        bool conflict;
    } cases[] = {
        {"Sentry sentry_version=7, sentry_key=aaa, sentry_client=x/1", "", "", false, "aaa", false},
        {"Sentry sentry_version=7,sentry_key=aaa", "", "", false, "aaa", false},
        {"sentry sentry_key=aaa sentry_version=7", "", "", false, "aaa", false},
        {"sentry_key=aaa", "", "", false, "aaa", false},
        {"Sentry sentry_key=\"aaa\"", "", "", false, "aaa", false},
        {"Sentry  sentry_key=aaa ,, sentry_secret=zzz", "", "", false, "aaa", false},
        {"Sentry", "", "", false, "", false},
        {"Sentry sentry_key", "", "", false, "", false},
        {"Sentry sentry_key=", "", "", false, "", false},
        {"Sentry not_sentry_key=aaa", "", "", false, "", false},
        {"", "Sentry sentry_key=aaa", "", false, "aaa", false},
        {"", "Sentrysentry_key=aaa", "", false, "", false},
        {"", "Basic YWFhOg==", "", false, "aaa", false},
        {"", "basic YWFhOnNlY3JldA==", "", false, "aaa", false},
        {"", "Basic YWFh", "", false, "aaa", false},
        {"", "Basic !!!", "", false, "", false},
        {"", "Bearer aaa", "", true, "aaa", false},
        {"", "Bearer aaa", "", false, "", false},
        {"", "", "sentry_version=7&sentry_key=aaa", false, "aaa", false},
        {"", "", "sentry_key=a%61a", false, "aaa", false},
        {"", "", "xsentry_key=aaa", false, "", false},
        {"Sentry sentry_key=aaa", "Basic YWFhOg==", "sentry_key=aaa", false, "aaa", false},
        {"Sentry sentry_key=aaa", "", "sentry_key=bbb", false, "aaa", true},
        {"Sentry sentry_key=aaa, sentry_key=bbb", "", "", false, "aaa", true},
        {"", "Bearer aaa", "sentry_key=bbb", true, "aaa", true},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct weir_auth_input in = {weir_str_of(cases[i].x_sentry_auth),
                                     weir_str_of(cases[i].authorization),
                                     weir_str_of(cases[i].query), cases[i].bearer};
        struct weir_credentials k = {0};

        assert_int_equal(weir_credentials_read(&k, &arena, &in), 0);
        if (!weir_str_eq(k.key, weir_str_of(cases[i].key)) || k.conflict != cases[i].conflict)
            fail_msg("case %zu: key '%.*s' conflict %d", i, WEIR_FMT(k.key), k.conflict);
    }
}

static void a_project_in_the_path_takes_its_own_keys_only(void **state)
{
    static const struct {
        const char *project, *key;
        enum weir_auth verdict;
    } cases[] = {
        {"42", "aaa", WEIR_AUTH_OK},          {"42", "aab", WEIR_AUTH_OK},
        {"43", "bbb", WEIR_AUTH_OK},          {"42", "", WEIR_AUTH_MISSING},
        {"44", "", WEIR_AUTH_MISSING}, /* says nothing about which projects there are */
        {"42", "bbb", WEIR_AUTH_WRONG_KEY},   {"42", "aa", WEIR_AUTH_WRONG_KEY},
        {"42", "AAA", WEIR_AUTH_WRONG_KEY},   {"44", "aaa", WEIR_AUTH_WRONG_PROJECT},
        {"", "aaa", WEIR_AUTH_WRONG_PROJECT}, {"../42", "aaa", WEIR_AUTH_WRONG_PROJECT},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct weir_credentials k = with(cases[i].key);
        struct weir_identity who = {0};

        if (weir_auth_project(&listed, weir_str_of(cases[i].project), &k, &who) != cases[i].verdict)
            fail_msg("%s with %s", cases[i].project, cases[i].key);
    }
}

static void with_none_listed_any_project_and_key_will_do(void **state)
{
    struct weir_credentials none = {0}, key = with("whatever"), two = with("a");
    struct weir_identity who = {0};

    (void)state;
    assert_int_equal(weir_auth_project(&open_to_all, WEIR_S("7"), &none, &who), WEIR_AUTH_OK);
    assert_true(who.project == &any && weir_str_eq(who.project_id, WEIR_S("7")));
    assert_int_equal(weir_auth_project(&open_to_all, WEIR_S("7"), &key, &who), WEIR_AUTH_OK);
    assert_true(weir_str_eq(who.key, WEIR_S("whatever")));
    weir_credentials_add(&two, WEIR_S("b"));
    assert_int_equal(weir_auth_project(&open_to_all, WEIR_S("7"), &two, &who), WEIR_AUTH_CONFLICT);
    assert_int_equal(weir_auth_project(&open_to_all, WEIR_S("a/b"), &none, &who),
                     WEIR_AUTH_WRONG_PROJECT);
    assert_int_equal(weir_auth_native(&open_to_all, WEIR_S(""), &none, &who), WEIR_AUTH_OK);
    assert_true(weir_str_eq(who.project_id, WEIR_S("1")));
    assert_int_equal(weir_auth_datagram(&open_to_all, WEIR_S("9"), &who), WEIR_AUTH_OK);
    assert_true(weir_str_eq(who.project_id, WEIR_S("9")));
}

static void native_input_goes_to_the_project_of_its_key(void **state)
{
    static const struct {
        const char *wanted, *key, *project;
        enum weir_auth verdict;
    } cases[] = {
        {"", "aaa", "42", WEIR_AUTH_OK},
        {"", "bbb", "43", WEIR_AUTH_OK},
        {"43", "bbb", "43", WEIR_AUTH_OK},
        {"42", "bbb", "", WEIR_AUTH_WRONG_KEY},
        {"44", "bbb", "", WEIR_AUTH_WRONG_PROJECT},
        {"", "zzz", "", WEIR_AUTH_WRONG_KEY},
        {"", "", "", WEIR_AUTH_MISSING},
        {"42", "", "", WEIR_AUTH_MISSING},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct weir_credentials k = with(cases[i].key);
        struct weir_identity who = {0};

        if (weir_auth_native(&listed, weir_str_of(cases[i].wanted), &k, &who) != cases[i].verdict ||
            !weir_str_eq(who.project_id, weir_str_of(cases[i].project)))
            fail_msg("case %zu", i);
    }
}

static void the_dsn_of_an_envelope_is_one_more_key(void **state)
{
    static const struct {
        const char *path, *dsn, *key;
        enum weir_auth verdict;
    } cases[] = {
        {"42", "https://aaa@o1.ingest.example/42", "", WEIR_AUTH_OK},
        {"42", "https://aaa@o1.ingest.example/42", "aaa", WEIR_AUTH_OK},
        {"42", "", "aaa", WEIR_AUTH_OK},
        {"42", "", "", WEIR_AUTH_MISSING},
        {"42", "https://bbb@o1.ingest.example/42", "aaa", WEIR_AUTH_CONFLICT},
        {"42", "https://bbb@o1.ingest.example/42", "", WEIR_AUTH_WRONG_KEY},
        {"42", "https://aaa@o1.ingest.example/43", "", WEIR_AUTH_WRONG_PROJECT},
        {"42", "nonsense", "aaa", WEIR_AUTH_BAD_DSN},
        {"", "https://aaa@o1.ingest.example/42", "", WEIR_AUTH_OK},
        {"", "https://aaa@o1.ingest.example/44", "", WEIR_AUTH_WRONG_PROJECT},
        {"", "https://bbb@o1.ingest.example/42", "", WEIR_AUTH_WRONG_KEY},
        {"", "https://aaa@o1.ingest.example/42", "bbb", WEIR_AUTH_CONFLICT},
        {"", "", "aaa", WEIR_AUTH_MISSING},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct weir_credentials k = with(cases[i].key);
        struct weir_identity who = {0};

        if (weir_auth_envelope(&listed, weir_str_of(cases[i].path), weir_str_of(cases[i].dsn), &k,
                               &who) != cases[i].verdict)
            fail_msg("case %zu", i);
    }
}

static void datagrams_bring_no_key_but_leave_with_one(void **state)
{
    struct weir_identity who = {0};

    (void)state;
    assert_int_equal(weir_auth_datagram(&listed, WEIR_S(""), &who), WEIR_AUTH_OK);
    assert_true(who.project == &projects[0] && weir_str_eq(who.key, WEIR_S("aaa")));
    assert_int_equal(weir_auth_datagram(&listed, WEIR_S("43"), &who), WEIR_AUTH_OK);
    assert_true(who.project == &projects[1] && weir_str_eq(who.key, WEIR_S("bbb")));
    assert_int_equal(weir_auth_datagram(&listed, WEIR_S("44"), &who), WEIR_AUTH_WRONG_PROJECT);
}

static void a_bearer_token_fits_whole_or_not_at_all(void **state)
{
    (void)state;
    assert_true(weir_bearer_is(WEIR_S("Bearer s3cret"), WEIR_S("s3cret")));
    assert_true(weir_bearer_is(WEIR_S("bearer   s3cret "), WEIR_S("s3cret")));
    assert_false(weir_bearer_is(WEIR_S("Bearer s3cre"), WEIR_S("s3cret")));
    assert_false(weir_bearer_is(WEIR_S("Bearer s3cret2"), WEIR_S("s3cret")));
    assert_false(weir_bearer_is(WEIR_S("Basic s3cret"), WEIR_S("s3cret")));
    assert_false(weir_bearer_is(WEIR_S("s3cret"), WEIR_S("s3cret")));
    assert_false(weir_bearer_is(WEIR_S("Bearer "), WEIR_S("")));
    assert_false(weir_bearer_is(WEIR_S(""), WEIR_S("")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_are_found_in_every_place),
        cmocka_unit_test(a_project_in_the_path_takes_its_own_keys_only),
        cmocka_unit_test(with_none_listed_any_project_and_key_will_do),
        cmocka_unit_test(native_input_goes_to_the_project_of_its_key),
        cmocka_unit_test(the_dsn_of_an_envelope_is_one_more_key),
        cmocka_unit_test(datagrams_bring_no_key_but_leave_with_one),
        cmocka_unit_test(a_bearer_token_fits_whole_or_not_at_all),
    };
    int failed;

    weir_arena_init(&arena, 1 << 20);
    failed = cmocka_run_group_tests(tests, NULL, NULL);
    weir_arena_destroy(&arena);
    return failed;
}
