/* Tests of text.h. */
#include "unit.h"
#include "weir/text.h"

static struct weir_arena arena;

static int setup(void **state)
{
    (void)state;
    weir_arena_init(&arena, 1 << 20);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    weir_arena_destroy(&arena);
    return 0;
}

static void hex_goes_both_ways(void **state)
{
    uint8_t bytes[3] = {0};
    char hex[6];

    (void)state;
    assert_true(weir_unhex(WEIR_S("00fFa5"), bytes));
    weir_hex(bytes, 3, hex);
    assert_memory_equal(hex, "00ffa5", 6);
    assert_false(weir_unhex(WEIR_S("0"), bytes));
    assert_false(weir_unhex(WEIR_S("0g"), bytes));
    assert_int_equal(bytes[1], 0xff);
}

static void base64_reads_what_clients_write(void **state)
{
    static const struct {
        const char *in, *out; /* out NULL: refused */
    } cases[] = {
        {"", ""},
        {"Zg==", "f"},
        {"Zg", "f"},
        {"Zm8=", "fo"},
        {"Zm8", "fo"},
        {"Zm9v", "foo"},
        {"Zm9vYmFy", "foobar"},
        {" Zm9v\r\nYmFy \t", "foobar"},
        {"_-8=", "\xff\xef"},
        {"/+8=", "\xff\xef"},
        {"Z", NULL},
        {"Zg=", NULL},
        {"Zg===", NULL},
        {"Zm9v=", NULL},
        {"Zg==Zg==", NULL},
        {"Zm%v", NULL},
        {"=", NULL},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct weir_str out;
        int rc = weir_base64_decode(&arena, weir_str_of(cases[i].in), &out);

        if (cases[i].out == NULL) {
            if (rc != WEIR_EINVAL)
                fail_msg("'%s' was taken", cases[i].in);
            continue;
        }
        assert_int_equal(rc, 0);
        assert_str_equal(out, cases[i].out);
    }
}

static void base64_round_trips_every_length(void **state)
{
    char bytes[70];

    (void)state;
    for (size_t n = 0; n < sizeof bytes; n++) {
        struct weir_str out, back;

        for (size_t i = 0; i < n; i++)
            bytes[i] = (char)(i * 37 + n);
        assert_int_equal(weir_base64_encode(&arena, (struct weir_str){bytes, n}, &out), 0);
        assert_int_equal(out.n, (n + 2) / 3 * 4);
        assert_int_equal(weir_base64_decode(&arena, out, &back), 0);
        assert_true(weir_str_eq(back, (struct weir_str){bytes, n}));
    }
}

static void percent_escapes_are_undone_and_bad_ones_stay(void **state)
{
    struct weir_str out;

    (void)state;
    assert_int_equal(weir_percent_decode(&arena, WEIR_S("a%20b+c%2"), true, &out), 0);
    assert_str_equal(out, "a b c%2");
    assert_int_equal(weir_percent_decode(&arena, WEIR_S("+%zz%41%"), false, &out), 0);
    assert_str_equal(out, "+%zzA%");
}

static void query_values_are_found_by_decoded_name(void **state)
{
    struct weir_str q = WEIR_S("a=1&sentry%5Fkey=x%2By&&b&c=&a=2"), v;

    (void)state;
    assert_true(weir_query_get(&arena, q, WEIR_S("sentry_key"), &v));
    assert_str_equal(v, "x+y");
    assert_true(weir_query_get(&arena, q, WEIR_S("a"), &v));
    assert_str_equal(v, "1");
    assert_true(weir_query_get(&arena, q, WEIR_S("b"), &v) && v.n == 0);
    assert_true(weir_query_get(&arena, q, WEIR_S("c"), &v) && v.n == 0);
    assert_false(weir_query_get(&arena, q, WEIR_S("entry_key"), &v));
}

static void utf8_is_judged_by_the_standard(void **state)
{
    static const struct {
        const char *s;
        bool valid;
        size_t count;
    } cases[] = {
        {"plain ascii of some length", true, 26},
        {"\xc3\xa4", true, 1},
        {"\xe2\x82\xac", true, 1},
        {"\xf0\x9f\x98\x80", true, 1},
        {"12345678\xe2\x82\xac"
         "12345678",
         true, 17},
        {"\xed\x9f\xbf", true, 1},
        {"\xf4\x8f\xbf\xbf", true, 1},
        {"\xc0\xaf", false, 0},
        {"\xc1\xbf", false, 0},
        {"\xe0\x9f\xbf", false, 0},
        {"\xed\xa0\x80", false, 0},
        {"\xf0\x8f\xbf\xbf", false, 0},
        {"\xf4\x90\x80\x80", false, 0},
        {"\xf5\x80\x80\x80", false, 0},
        {"\x80", false, 0},
        {"\xc3", false, 0},
        {"1234567\xc3", false, 0},
        {"\xe2\x82", false, 0},
        {"\xe2\x28\xa1", false, 0},
        {"\xf0\x9f\x98", false, 0},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct weir_str s = weir_str_of(cases[i].s);

        if (weir_utf8_valid(s) != cases[i].valid)
            fail_msg("case %zu", i);
        if (cases[i].valid)
            assert_int_equal(weir_utf8_count(s), cases[i].count);
    }
}

static void event_ids_are_version_4_and_new_each_time(void **state)
{
    char seen[100][33];

    (void)state;
    for (size_t i = 0; i < COUNT(seen); i++) {
        weir_new_event_id(seen[i]);
        assert_int_equal(strlen(seen[i]), 32);
        assert_int_equal(strspn(seen[i], "0123456789abcdef"), 32);
        assert_int_equal(seen[i][12], '4');
        assert_non_null(strchr("89ab", seen[i][16]));
        for (size_t k = 0; k < i; k++)
            assert_string_not_equal(seen[i], seen[k]);
    }
    assert_true(weir_random() != weir_random());
}

static void ids_are_read_with_and_without_dashes(void **state)
{
    char id[33] = "old";

    (void)state;
    assert_false(weir_parse_id(WEIR_S("9ec79c33-ec99-42ab-8353-589fcb2e04d"), id));
    assert_false(weir_parse_id(WEIR_S("9ec79c33ec9942ab8353589fcb2e04dc0"), id));
    assert_false(weir_parse_id(WEIR_S("xec79c33ec9942ab8353589fcb2e04dc"), id));
    assert_false(weir_parse_id(WEIR_S(""), id));
    assert_string_equal(id, "old");
    assert_true(weir_parse_id(WEIR_S("9EC79C33-ec99-42ab-8353-589fcb2e04dc"), id));
    assert_string_equal(id, "9ec79c33ec9942ab8353589fcb2e04dc");
    assert_true(weir_parse_id(WEIR_S("9ec79c33ec9942ab8353589fcb2e04dc"), id));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hex_goes_both_ways),
        cmocka_unit_test(base64_reads_what_clients_write),
        cmocka_unit_test(base64_round_trips_every_length),
        cmocka_unit_test(percent_escapes_are_undone_and_bad_ones_stay),
        cmocka_unit_test(query_values_are_found_by_decoded_name),
        cmocka_unit_test(utf8_is_judged_by_the_standard),
        cmocka_unit_test(event_ids_are_version_4_and_new_each_time),
        cmocka_unit_test(ids_are_read_with_and_without_dashes),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
