/* test_seen.c - what was clean once is clean again, and nothing else is. */
#include "scrub/helper.h"

#include "scrubbers/seen.h"

static bool clean(struct weir_seen *seen, struct weir_seen_as as, const char *key, const char *text)
{
    return weir_seen_clean(seen, &as, weir_str_of(key), weir_str_of(text));
}

static void note(struct weir_seen *seen, struct weir_seen_as as, const char *key, const char *text)
{
    assert_false(weir_seen_clean(seen, &as, weir_str_of(key), weir_str_of(text)));
    weir_seen_note(seen, &as, weir_str_of(key), weir_str_of(text));
}

static void only_the_same_text_in_the_same_place_is_known(void **state)
{
    const struct weir_seen_as as = {.menu = 1};
    struct weir_seen *seen = weir_seen_new();
    struct weir_seen_as other;

    (void)state;
    assert_non_null(seen);
    note(seen, as, "key", "a text of some words");
    assert_true(clean(seen, as, "key", "a text of some words"));
    assert_false(clean(seen, as, "key", "a text of some wordz"));
    assert_false(clean(seen, as, "kez", "a text of some words"));
    assert_false(clean(seen, as, "", "keya text of some words"));
    assert_false(clean(seen, as, "keya", " text of some words"));
    for (unsigned i = 0; i < 4; i++) {
        other = as;
        if (i == 0)
            other.menu = 2;
        else if (i == 1)
            other.under = 1;
        else if (i == 2)
            other.classes = 1;
        else
            other.code = 1;
        assert_false(clean(seen, other, "key", "a text of some words"));
    }
    weir_seen_reset(seen);
    assert_false(clean(seen, as, "key", "a text of some words"));
    weir_seen_free(seen);
}

/* Far more than there is room for: what is still known is right, and the
 * last ones are known. */
static void old_texts_are_overwritten(void **state)
{
    const struct weir_seen_as as = {.menu = 1};
    struct weir_seen *seen = weir_seen_new();
    char text[2100];
    unsigned known = 0;

    (void)state;
    assert_non_null(seen);
    for (unsigned i = 0; i < 20000; i++) {
        size_t n = (size_t)snprintf(text, sizeof text, "%u ", i);

        memset(text + n, 'a' + (int)(i % 26), i % 2040);
        text[n + i % 2040] = '\0';
        note(seen, as, "", text);
        if (n + i % 2040 >= 4 && n + i % 2040 <= 2048)
            assert_true(clean(seen, as, "", text));
    }
    for (unsigned i = 0; i < 20000; i++) {
        size_t n = (size_t)snprintf(text, sizeof text, "%u ", i);

        memset(text + n, 'a' + (int)(i % 26), i % 2040);
        text[n + i % 2040] = '\0';
        known += clean(seen, as, "", text);
    }
    assert_in_range(known, 100, 4096);
    weir_seen_free(seen);
}

static void the_key_tells_although_the_text_was_clean(void **state)
{
    struct bench b;

    (void)state;
    bench_open(&b, NULL);
    for (unsigned i = 0; i < 3; i++) {
        assert_string_equal(
            bench_json(&b, WEIR_SCRUB_EVENT, "{\"extra\":{\"note\":\"sesame open\"}}", false),
            "{\"extra\":{\"note\":\"sesame open\"}}");
        assert_string_equal(
            bench_json(&b, WEIR_SCRUB_EVENT, "{\"extra\":{\"password\":\"sesame open\"}}", false),
            "{\"extra\":{\"password\":\"[Filtered]\"}}");
    }
    bench_close(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_the_same_text_in_the_same_place_is_known),
        cmocka_unit_test(old_texts_are_overwritten),
        cmocka_unit_test(the_key_tells_although_the_text_was_clean),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
