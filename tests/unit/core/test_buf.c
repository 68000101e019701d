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

/* RFC 8259, byte by byte. */
static size_t escaped(char *to, const char *s, size_t n)
{
    size_t at = 0;

    to[at++] = '"';
    for (size_t i = 0; i < n; i++) {
        static const char letters[] = "btnvfr";
        unsigned char c = (unsigned char)s[i];

        if (c == '"' || c == '\\')
            at += (size_t)sprintf(to + at, "\\%c", c);
        else if (c >= 8 && c <= 13 && c != 11)
            at += (size_t)sprintf(to + at, "\\%c", letters[c - 8]);
        else if (c < 32)
            at += (size_t)sprintf(to + at, "\\u%04x", c);
        else
            to[at++] = (char)c;
    }
    to[at++] = '"';
    return at;
}

static void what_json_escapes_is_escaped_wherever_it_stands(void **state)
{
    struct weir_arena a;

    (void)state;
    weir_arena_init(&a, 1 << 20);
    for (unsigned c = 0; c < 256; c++) {
        for (size_t n = 1; n <= 20; n++) {
            for (size_t i = 0; i < n; i++) {
                char text[20], expected[64];
                struct weir_buf b;
                struct weir_str json;

                memset(text, c % 3 == 0 ? 0x80 : '!', sizeof text);
                text[i] = (char)c;
                text[(i * 7 + c) % n] = (char)(c ^ 0x15);
                weir_buf_init(&b, &a, 64);
                weir_buf_json(&b, (struct weir_str){text, n});
                assert_int_equal(weir_buf_str(&b, &json), 0);
                assert_int_equal(json.n, escaped(expected, text, n));
                assert_memory_equal(json.p, expected, json.n);
                weir_arena_reset(&a);
            }
        }
    }
    weir_arena_destroy(&a);
}

static void a_buffer_never_passes_its_maximum(void **state)
{
    struct weir_arena a;
    struct weir_buf b;
    struct weir_str text;

    (void)state;
    weir_arena_init(&a, 1 << 20);
    weir_buf_init(&b, &a, 300);
    for (int i = 0; i < 300; i++)
        weir_buf_char(&b, 'x');
    assert_int_equal(weir_buf_str(&b, &text), 0);
    assert_int_equal(text.n, 300);
    weir_buf_add(&b, (struct weir_str){NULL, 0});
    assert_int_equal(weir_buf_str(&b, &text), 0);
    weir_buf_char(&b, 'x');
    assert_int_equal(weir_buf_str(&b, &text), WEIR_ELIMIT);
    weir_buf_add(&b, WEIR_S("y"));
    assert_int_equal(b.n, 300);
    weir_arena_destroy(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(seconds_are_written_as_printf_does),
        cmocka_unit_test(numbers_are_written_whole),
        cmocka_unit_test(what_json_escapes_is_escaped_wherever_it_stands),
        cmocka_unit_test(a_buffer_never_passes_its_maximum),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
