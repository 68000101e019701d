/* Tests of str.h. */
#include "unit.h"
#include "weir/str.h"

static void trim_takes_white_space_at_both_ends_only(void **state)
{
    (void)state;
    assert_true(weir_str_eq(weir_str_trim(WEIR_S(" \t a b\r\n")), WEIR_S("a b")));
    assert_int_equal(weir_str_trim(WEIR_S(" \n\t ")).n, 0);
    assert_int_equal(weir_str_trim(WEIR_S("")).n, 0);
}

static void comparison_without_case_folds_ascii_only(void **state)
{
    (void)state;
    assert_true(weir_str_eq_nocase(WEIR_S("Content-TYPE"), WEIR_S("content-type")));
    assert_false(weir_str_eq_nocase(WEIR_S("a"), WEIR_S("ab")));
    assert_false(weir_str_eq_nocase(WEIR_S("@["), WEIR_S("`{")));
    assert_false(weir_str_eq_nocase(WEIR_S("\xc3\x84"), WEIR_S("\xc3\xa4")));
}

static void find_starts_and_ends_agree_with_their_names(void **state)
{
    (void)state;
    assert_int_equal(weir_str_find(WEIR_S("hello"), WEIR_S("lo")), 3);
    assert_true(weir_str_find(WEIR_S("hello"), WEIR_S("low")) == SIZE_MAX);
    assert_int_equal(weir_str_find(WEIR_S(""), WEIR_S("")), 0);
    assert_true(weir_str_starts(WEIR_S("hello"), WEIR_S("he")));
    assert_false(weir_str_starts(WEIR_S("h"), WEIR_S("he")));
    assert_true(weir_str_ends(WEIR_S("hello"), WEIR_S("lo")));
    assert_false(weir_str_ends(WEIR_S("o"), WEIR_S("lo")));
}

static void sub_stays_inside(void **state)
{
    (void)state;
    assert_true(weir_str_eq(weir_str_sub(WEIR_S("hello"), 1, 3), WEIR_S("ell")));
    assert_true(weir_str_eq(weir_str_sub(WEIR_S("hello"), 3, SIZE_MAX), WEIR_S("lo")));
    assert_int_equal(weir_str_sub(WEIR_S("hello"), 9, 1).n, 0);
}

static void cut_splits_at_the_first_separator(void **state)
{
    struct weir_str head, tail;

    (void)state;
    assert_true(weir_str_cut(WEIR_S("a=b=c"), '=', &head, &tail));
    assert_true(weir_str_eq(head, WEIR_S("a")) && weir_str_eq(tail, WEIR_S("b=c")));
    assert_false(weir_str_cut(WEIR_S("abc"), '=', &head, &tail));
    assert_true(weir_str_eq(head, WEIR_S("abc")) && tail.n == 0);
    assert_true(weir_str_cut(WEIR_S("="), '=', &head, &tail));
    assert_true(head.n == 0 && tail.n == 0);
}

static void numbers_are_read_whole_or_not_at_all(void **state)
{
    uint64_t v = 7;

    (void)state;
    assert_true(weir_str_u64(WEIR_S("18446744073709551615"), &v) && v == UINT64_MAX);
    assert_true(weir_str_u64(WEIR_S("0010"), &v) && v == 10);
    static const char *bad[] = {"", "18446744073709551616", "-1", "+1", " 1", "1 ", "0x1", "1e3"};
    for (size_t i = 0; i < COUNT(bad); i++)
        assert_false(weir_str_u64(weir_str_of(bad[i]), &v));
    assert_int_equal(v, 10);
}

static void globs_match_all_of_the_text(void **state)
{
    static const struct {
        const char *pattern, *text;
        bool match;
    } cases[] = {
        {"*", "", true},
        {"", "", true},
        {"", "a", false},
        {"a*b", "ab", true},
        {"a*b", "aXXb", true},
        {"a*b", "aXXbc", false},
        {"?", "x", true},
        {"?", "", false},
        {"*Timeout*", "a TIMEOUT b", true},
        {"a*b*c", "aXbXbXc", true},
        {"*a", "bbba", true},
        {"shop@*", "shop@1.2", true},
        {"**x**", "x", true},
        {"a?c", "abbc", false},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        if (weir_str_glob(weir_str_of(cases[i].pattern), weir_str_of(cases[i].text)) !=
            cases[i].match)
            fail_msg("%s on %s", cases[i].pattern, cases[i].text);
    }
}

static void a_glob_of_many_stars_ends_in_time(void **state)
{
    char text[10001], pattern[201];

    (void)state;
    memset(text, 'a', sizeof text);
    for (size_t i = 0; i < 200; i += 2)
        memcpy(pattern + i, "a*", 2);
    pattern[200] = 'b';
    assert_false(weir_str_glob((struct weir_str){pattern, 201}, (struct weir_str){text, 10001}));
}

static void hashes_differ_where_texts_differ(void **state)
{
    char text[64] = {0};
    uint64_t seen[128];
    size_t n = 0;

    (void)state;
    for (size_t len = 0; len <= 40; len++) /* all-zero texts of different lengths */
        seen[n++] = weir_str_hash((struct weir_str){text, len});
    for (size_t at = 0; at < 40; at++) {
        text[at] = 1;
        seen[n++] = weir_str_hash((struct weir_str){text, 40});
        text[at] = 0;
    }
    for (size_t i = 0; i < n; i++)
        for (size_t j = i + 1; j < n; j++)
            assert_true(seen[i] != seen[j]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(trim_takes_white_space_at_both_ends_only),
        cmocka_unit_test(comparison_without_case_folds_ascii_only),
        cmocka_unit_test(find_starts_and_ends_agree_with_their_names),
        cmocka_unit_test(sub_stays_inside),
        cmocka_unit_test(cut_splits_at_the_first_separator),
        cmocka_unit_test(numbers_are_read_whole_or_not_at_all),
        cmocka_unit_test(globs_match_all_of_the_text),
        cmocka_unit_test(a_glob_of_many_stars_ends_in_time),
        cmocka_unit_test(hashes_differ_where_texts_differ),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
