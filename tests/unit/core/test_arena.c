/* Tests of arena.h and buf.h. */
#include "unit.h"
#include "weir/buf.h"

static void pieces_are_aligned_distinct_and_writable(void **state)
{
    struct weir_arena a;
    char *piece[2000];

    (void)state;
    weir_arena_init(&a, 1 << 22);
    for (size_t i = 0; i < COUNT(piece); i++) {
        piece[i] = weir_arena_alloc(&a, i);
        assert_non_null(piece[i]);
        assert_int_equal((uintptr_t)piece[i] % 16, 0);
        memset(piece[i], (int)(i & 0xff), i);
    }
    for (size_t i = 0; i < COUNT(piece); i++)
        for (size_t k = 0; k < i; k++)
            assert_int_equal((unsigned char)piece[i][k], i & 0xff);
    assert_true(weir_arena_alloc(&a, 0) != weir_arena_alloc(&a, 0));
    weir_arena_destroy(&a);
}

static void the_cap_refuses_and_the_arena_lives_on(void **state)
{
    struct weir_arena a;

    (void)state;
    weir_arena_init(&a, 10000);
    assert_non_null(weir_arena_alloc(&a, 6000));
    assert_null(weir_arena_alloc(&a, 6000));
    assert_null(weir_arena_alloc(&a, SIZE_MAX));
    assert_null(weir_arena_alloc(&a, SIZE_MAX - 8));
    assert_null(weir_arena_zalloc(&a, SIZE_MAX / 2, 4));
    assert_non_null(weir_arena_alloc(&a, 4000));
    assert_null(weir_arena_alloc(&a, 1));
    weir_arena_reset(&a);
    assert_non_null(weir_arena_alloc(&a, 10000));
    weir_arena_destroy(&a);
}

static void a_reset_keeps_usual_blocks_and_gives_large_ones_back(void **state)
{
    struct weir_arena a;

    (void)state;
    weir_arena_init(&a, 64 << 20);
    assert_non_null(weir_arena_alloc(&a, 100));
    assert_non_null(weir_arena_alloc(&a, 8 << 20));
    for (int i = 0; i < 1000; i++)
        assert_non_null(weir_arena_alloc(&a, 10000));
    weir_arena_reset(&a);
    assert_null(a.blocks);
    assert_non_null(a.spare);
    assert_int_equal(a.used_bytes, 0);
    struct weir_arena_block *kept = a.spare;
    assert_non_null(weir_arena_alloc(&a, 1));
    assert_ptr_equal(a.blocks, kept);
    weir_arena_destroy(&a);
    weir_arena_destroy(&(struct weir_arena){0});
}

static void growing_stays_in_place_only_for_the_newest_piece(void **state)
{
    struct weir_arena a;
    char *p, *q;

    (void)state;
    weir_arena_init(&a, 1 << 20);
    p = weir_arena_alloc(&a, 10);
    memcpy(p, "0123456789", 10);
    assert_ptr_equal(weir_arena_grow(&a, p, 10, 500), p);
    assert_non_null(weir_arena_alloc(&a, 1));
    q = weir_arena_grow(&a, p, 500, 600);
    assert_true(q != NULL && q != p);
    assert_memory_equal(q, "0123456789", 10);
    assert_null(weir_arena_grow(&a, q, 600, 2 << 20));
    assert_memory_equal(q, "0123456789", 10);
    assert_non_null(weir_arena_grow(&a, NULL, 0, 5));
    weir_arena_destroy(&a);
}

static void copies_and_prints_end_in_nul(void **state)
{
    struct weir_arena a;
    struct weir_str s;

    (void)state;
    weir_arena_init(&a, 4096);
    s = weir_arena_copy(&a, WEIR_S("abc"));
    assert_string_equal(s.p, "abc");
    s = weir_arena_printf(&a, "%d-%s", 7, "x");
    assert_string_equal(s.p, "7-x");
    assert_int_equal(s.n, 3);
    assert_null(weir_arena_printf(&a, "%9000d", 1).p);
    weir_arena_destroy(&a);
}

static void json_strings_are_escaped(void **state)
{
    static const struct {
        struct weir_str in;
        const char *out;
    } cases[] = {
        {{"", 0}, "\"\""},
        {{"a\"b\\c", 5}, "\"a\\\"b\\\\c\""},
        {{"\b\f\n\r\t", 5}, "\"\\b\\f\\n\\r\\t\""},
        {{"\0x\x1f\x7f", 4}, "\"\\u0000x\\u001f\x7f\""},
        {{"\xc3\xa4/", 3}, "\"\xc3\xa4/\""},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct weir_arena a;
        struct weir_buf b;
        struct weir_str got;

        weir_arena_init(&a, 4096);
        weir_buf_init(&b, &a, 100);
        weir_buf_json(&b, cases[i].in);
        assert_int_equal(weir_buf_str(&b, &got), 0);
        assert_str_equal(got, cases[i].out);
        weir_arena_destroy(&a);
    }
}

static void a_buffer_grows_to_its_maximum_and_not_past_it(void **state)
{
    struct weir_arena a;
    struct weir_buf b;
    struct weir_str got = {NULL, 99};

    (void)state;
    weir_arena_init(&a, 1 << 20);
    weir_buf_init(&b, &a, 1000);
    for (int i = 0; i < 1000; i++)
        weir_buf_char(&b, (char)('a' + i % 26));
    assert_int_equal(weir_buf_str(&b, &got), 0);
    assert_int_equal(got.n, 1000);
    for (size_t i = 0; i < 1000; i++)
        assert_int_equal(got.p[i], 'a' + i % 26);
    weir_buf_char(&b, 'x');
    weir_buf_add(&b, WEIR_S(""));
    assert_int_equal(weir_buf_str(&b, &got), WEIR_ELIMIT);
    assert_int_equal(b.n, 1000);
    assert_null(weir_buf_reserve(&b, 1));
    weir_arena_destroy(&a);
}

static void printf_fits_exactly_at_the_maximum(void **state)
{
    struct weir_arena a;
    struct weir_buf b;
    struct weir_str got;

    (void)state;
    weir_arena_init(&a, 1 << 20);
    weir_buf_init(&b, &a, 600);
    weir_buf_printf(&b, "%0300d", 1);
    weir_buf_printf(&b, "%0300d", 2);
    assert_int_equal(weir_buf_str(&b, &got), 0);
    assert_int_equal(got.n, 600);
    weir_buf_printf(&b, "%d", 3);
    assert_int_equal(weir_buf_str(&b, &got), WEIR_ELIMIT);
    weir_arena_destroy(&a);
}

static void a_buffer_reports_its_arena_running_out(void **state)
{
    struct weir_arena a;
    struct weir_buf b;
    struct weir_str got;

    (void)state;
    weir_arena_init(&a, 4096);
    weir_buf_init(&b, &a, 1 << 20);
    for (int i = 0; i < 9000; i++)
        weir_buf_char(&b, 'x');
    assert_int_equal(weir_buf_str(&b, &got), WEIR_ENOMEM);
    weir_arena_destroy(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pieces_are_aligned_distinct_and_writable),
        cmocka_unit_test(the_cap_refuses_and_the_arena_lives_on),
        cmocka_unit_test(a_reset_keeps_usual_blocks_and_gives_large_ones_back),
        cmocka_unit_test(growing_stays_in_place_only_for_the_newest_piece),
        cmocka_unit_test(copies_and_prints_end_in_nul),
        cmocka_unit_test(json_strings_are_escaped),
        cmocka_unit_test(a_buffer_grows_to_its_maximum_and_not_past_it),
        cmocka_unit_test(printf_fits_exactly_at_the_maximum),
        cmocka_unit_test(a_buffer_reports_its_arena_running_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
