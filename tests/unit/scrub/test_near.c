/* test_near.c - which words tell of a match, and which do not. */
#include "unit.h"

#include "scrubbers/near.h"

static const struct weir_str terms[] = {WEIR_STR("bsn"), WEIR_STR("tax number"),
                                        WEIR_STR("steuer*")};
static const struct weir_words words = {terms, COUNT(terms), NULL, 0, NULL, 0};

struct c {
    const char *key, *text; /* the match is at the first 1 */
    bool near;
};

static void words_before_and_keys_tell_of_a_number(void **state)
{
    static const struct c cases[] = {
        {"", "BSN 111222333", true},
        {"", "bsn=111222333", true},
        {"", "{\"bsn\": \"111222333\"}", true},
        {"", "bsn%3D111222333", true},
        {"", "Your tax number, please: 111222333", true},
        {"", "taxNumber 111222333", true},
        {"", "Steuernummer Nr. 111222333", true},
        {"", "BSN\n111222333", true},
        {"customerBsn", "111222333", true},
        {"", "bsns 111222333", false},
        {"", "111222333 bsn", false},
        {"", "the tax went up, and the number is 111222333", false},
        {"", "bsn one two three four five six 111222333", false},
        {"", "bsn is missing\nid 111222333", false},
        {"", "bsn of order 111222333", false},
        {"", "bsn=x,order=111222333", false},
        {"", "bsn=x&qty=111222333", false},
        {"", "{\"bsn\":null,\"qty\":111222333}", false},
        {"orderId", "111222333", false},
        {"", "111222333", false},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct weir_subject s = {
            .p = cases[i].text, .n = strlen(cases[i].text), .key = weir_str_of(cases[i].key)};
        size_t at = (size_t)(strchr(cases[i].text, '1') - cases[i].text);

        if (weir_near(&s, at, &words) != cases[i].near)
            fail_msg("%s: %s", cases[i].key, cases[i].text);
    }
}

static void what_is_before_ends_with_its_line_and_its_pair(void **state)
{
    struct weir_subject s = {.p = "a\nb c;d e=1", .n = 11};

    (void)state;
    assert_str_equal(weir_near_before(&s, 10, 6), "d e=");
    assert_str_equal(weir_near_before(&s, 9, 6), "b c;d e");
    assert_str_equal(weir_near_before(&s, 9, 1), " e");
    assert_str_equal(weir_near_before(&s, 0, 6), "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_before_and_keys_tell_of_a_number),
        cmocka_unit_test(what_is_before_ends_with_its_line_and_its_pair),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
