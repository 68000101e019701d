/* Tests of buf.h. */
#include "unit.h"
#include "weir/buf.h"

#include <stdio.h>

static void check_seconds(double seconds)
{
    struct weir_arena a;
    struct weir_buf b;
    struct weir_str text;
    char expected[512];

    snprintf(expected, sizeof expected, "%.6f", seconds);
    weir_arena_init(&a, 1 << 20);
    weir_buf_init(&b, &a, 4096);
    weir_buf_seconds(&b, seconds);
    assert_int_equal(weir_buf_str(&b, &text), 0);
    assert_true(weir_str_eq(text, weir_str_of(expected)));
    weir_arena_destroy(&a);
}

static void seconds_are_written_as_printf_does(void **state)
{
    static const double odd[] = {0,   0.000001, 0.1,  59.999999, 1e9,         8999999999.999999,
                                 9e9, 1e300,    -1.5, -0.000001, 1.9999995001};

    (void)state;
    for (size_t i = 0; i < sizeof odd / sizeof odd[0]; i++)
        check_seconds(odd[i]);
    for (uint64_t us = 0; us < 20000000; us += 9973)
        check_seconds(1763700000 + (double)us / 1e6);
}

static void numbers_are_written_whole(void **state)
{
    struct weir_arena a;
    struct weir_buf b;
    struct weir_str text;

    (void)state;
    weir_arena_init(&a, 1 << 20);
    weir_buf_init(&b, &a, 4096);
    weir_buf_u64(&b, 0);
    weir_buf_char(&b, ' ');
    weir_buf_u64(&b, UINT64_MAX);
    assert_int_equal(weir_buf_str(&b, &text), 0);
    assert_true(weir_str_eq(text, WEIR_S("0 18446744073709551615")));
    weir_arena_destroy(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(seconds_are_written_as_printf_does),
        cmocka_unit_test(numbers_are_written_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
