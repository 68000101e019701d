/* test_methods.c - what is put in the place of what was found: truncate and
 * encrypt, and that neither is touched by a second pass. */
#include "scrub/helper.h"

#include "weir/seal.h"

static void truncate_keeps_the_first_characters(void **state)
{
    static const struct {
        const char *in, *out;
    } cases[] = {
        {"{\"extra\":{\"note\":\"0123456789abc\"}}", "{\"extra\":{\"note\":\"0123...\"}}"},
        {"{\"extra\":{\"note\":"
         "\"\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\"}}",
         "{\"extra\":{\"note\":\"\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9...\"}}"},
        {"{\"extra\":{\"note\":\"0123...\"}}", "{\"extra\":{\"note\":\"0123...\"}}"},
        {"{\"extra\":{\"other\":\"0123456789abc\"}}", "{\"extra\":{\"other\":\"0123456789abc\"}}"},
    };
    struct bench b;

    (void)state;
    bench_open(&b, "rules:\n"
                   "  short: {type: anything, redaction: {method: truncate, length: 4}}\n"
                   "applications:\n"
                   "  extra.note: [short]\n");
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_string_equal(bench_json(&b, WEIR_SCRUB_EVENT, cases[i].in, false), cases[i].out);
    bench_close(&b);
}

static void what_is_encrypted_can_be_revealed_and_stays_as_it_is(void **state)
{
    uint8_t private_key[WEIR_SEAL_KEY], public_key[WEIR_SEAL_KEY];
    char text[48], yaml[512];
    const char *once, *twice;
    struct weir_str out, revealed;
    size_t start, end;
    struct bench b;

    (void)state;
    weir_seal_new(private_key);
    weir_seal_public(private_key, public_key);
    weir_seal_key_text(public_key, text);
    (void)snprintf(yaml, sizeof yaml,
                   "rules:\n"
                   "  mail: {type: email, redaction: {method: encrypt, publicKey: \"%s\"}}\n"
                   "  all: {type: pattern, pattern: '[A-Za-z0-9]{20,}'}\n"
                   "applications:\n"
                   "  \"**\": [mail, all]\n",
                   text);
    bench_open(&b, yaml);
    once = bench_json(&b, WEIR_SCRUB_EVENT, "{\"message\":\"to anna@example.org now\"}", true);
    out = weir_str_of(once);
    assert_null(strstr(once, "anna"));
    assert_non_null(strstr(once, "[\"mail\",\"e\",3,"));
    assert_true(weir_seal_find(out, 0, &start, &end));
    assert_int_equal(
        weir_seal_open(private_key, &b.arena, weir_str_sub(out, start, end - start), &revealed), 0);
    assert_true(weir_str_eq(revealed, WEIR_S("anna@example.org")));
    twice = bench_json(&b, WEIR_SCRUB_EVENT, once, true);
    assert_string_equal(twice, once);
    bench_close(&b);
}

static void numbers_and_containers_are_encrypted_as_their_json(void **state)
{
    static const char *const json[] = {"4711", "{\"a\":[1,2],\"b\":\"x\"}"};
    uint8_t private_key[WEIR_SEAL_KEY], public_key[WEIR_SEAL_KEY];
    char text[48], yaml[512], event[256];
    size_t start, end;
    struct bench b;

    (void)state;
    weir_seal_new(private_key);
    weir_seal_public(private_key, public_key);
    weir_seal_key_text(public_key, text);
    (void)snprintf(yaml, sizeof yaml,
                   "rules:\n"
                   "  all: {type: anything, redaction: {method: encrypt, publicKey: \"%s\"}}\n"
                   "applications: {extra.box: [all]}\n",
                   text);
    bench_open(&b, yaml);
    for (size_t i = 0; i < sizeof json / sizeof *json; i++) {
        struct weir_str out, revealed;
        const char *once;

        (void)snprintf(event, sizeof event, "{\"extra\":{\"box\":%s}}", json[i]);
        once = bench_json(&b, WEIR_SCRUB_EVENT, event, true);
        out = weir_str_of(once);
        assert_null(strstr(once, json[i]));
        assert_true(weir_seal_find(out, 0, &start, &end));
        assert_int_equal(
            weir_seal_open(private_key, &b.arena, weir_str_sub(out, start, end - start), &revealed),
            0);
        assert_true(weir_str_eq(revealed, weir_str_of(json[i])));
        assert_string_equal(bench_json(&b, WEIR_SCRUB_EVENT, once, true), once);
    }
    bench_close(&b);
}

static void mistakes_are_told_with_their_place(void **state)
{
    static const struct {
        const char *redaction, *why;
    } cases[] = {
        {"{method: truncate}", "truncate needs a length: how many characters stay"},
        {
            "{method: truncate, length: many}",
            "truncate needs a length: how many characters stay",
        },
        {"{method: encrypt}",
         "encrypt needs a publicKey, as `weir reveal --new-key FILE` prints it"},
        {"{method: encrypt, publicKey: abc}",
         "encrypt needs a publicKey, as `weir reveal --new-key FILE` prints it"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct weir_ruleset *set = NULL;
        struct weir_arena arena;
        struct weir_errors errors;
        struct weir_str text;

        weir_arena_init(&arena, 1 << 20);
        weir_errors_init(&errors, &arena);
        text = weir_arena_printf(&arena,
                                 "rules:\n  r: {type: email, redaction: %s}\n"
                                 "applications: {\"**\": [r]}\n",
                                 cases[i].redaction);
        assert_int_equal(weir_ruleset_parse(WEIR_S("t"), text, WEIR_S("t.yaml"), &errors, &set),
                         WEIR_EINVAL);
        assert_int_equal(errors.n, 1);
        assert_int_equal(errors.list[0].line, 2);
        assert_true(weir_str_eq(errors.list[0].message, weir_str_of(cases[i].why)));
        weir_arena_destroy(&arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(truncate_keeps_the_first_characters),
        cmocka_unit_test(what_is_encrypted_can_be_revealed_and_stays_as_it_is),
        cmocka_unit_test(numbers_and_containers_are_encrypted_as_their_json),
        cmocka_unit_test(mistakes_are_told_with_their_place),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
