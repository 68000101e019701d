/* test_json_reader.c - the pull parser: what it takes, refuses and mends. */
#include "tests/unit/core/json_run.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

struct fixture {
    struct weir_json_reader *reader;
    struct weir_arena arena;
};

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);

    f->reader = weir_json_reader_new();
    weir_arena_init(&f->arena, 256u << 20);
    *state = f;
    return f->reader == NULL;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    weir_json_reader_free(f->reader);
    weir_arena_destroy(&f->arena);
    free(f);
    return 0;
}

/* Text with NUL bytes inside. */
#define T(lit)               \
    {                        \
        lit, sizeof(lit) - 1 \
    }

/* In one window and, the same result demanded, in windows that end at every
 * possible byte. */
static struct run read_all(struct fixture *f, struct weir_str body)
{
    struct run whole;
    struct rng each = {.state = body.n};

    weir_arena_reset(&f->arena);
    whole = run_pass(f->reader, &f->arena, body, true, NULL, 0);
    for (uint32_t most = 1; most < 4 && body.n < 5000; most++) {
        struct run split = run_pass(f->reader, &f->arena, body, true, &each, most);

        assert_int_equal(split.end, whole.end);
        if (whole.end != WEIR_JSON_END)
            continue;
        assert_int_equal(split.tokens, whole.tokens);
        assert_true(split.hash == whole.hash);
        assert_int_equal(split.mended, whole.mended);
        assert_int_equal(split.edits.n, whole.edits.n);
    }
    return whole;
}

static void what_rfc_8259_refuses_is_an_error(void **state)
{
    static const struct weir_str bad[] = {
        T(""),
        T(" "),
        T("\xEF\xBB\xBF"),
        T("\0"),
        T("{"),
        T("["),
        T("[1"),
        T("[1,"),
        T("{\"a\""),
        T("{\"a\":"),
        T("{\"a\":1"),
        T("{\"a\":1,"),
        T("[1,]"),
        T("{\"a\":1,}"),
        T("[,1]"),
        T("{,}"),
        T("[1 2]"),
        T("{\"a\" 1}"),
        T("{\"a\":1 \"b\":2}"),
        T("{a:1}"),
        T("{'a':1}"),
        T("{1:1}"),
        T("]"),
        T("}"),
        T("[}"),
        T("{]"),
        T("[1}"),
        T("{\"a\":1]"),
        T("{\"a\":}"),
        T("1 2"),
        T("[] []"),
        T("{}x"),
        T("null\0"),
        T("nul"),
        T("nullx"),
        T("tru"),
        T("truE"),
        T("True"),
        T("nan"),
        T("NaN1"),
        T("Nan"),
        T("Infinit"),
        T("-Inf"),
        T("+1"),
        T("+Infinity"),
        T("- 1"),
        T("-"),
        T("01"),
        T("-01"),
        T("1."),
        T(".5"),
        T("1.e1"),
        T("1e"),
        T("1e+"),
        T("1E-"),
        T("0x10"),
        T("1_000"),
        T("--1"),
        T("-NaN"),
        T("\""),
        T("\"a"),
        T("\"\\"),
        T("\"\\\""),
        T("\"\\x41\""),
        T("\"\\u12\""),
        T("\"\\u123g\""),
        T("\"\\u 123\""),
        T("\"\\\0\""),
        T("\"\t\""),
        T("\"a\nb\""),
        T("\"\0\""),
        T("\"\x1f\""),
        T("'a'"),
        T("[\"a\",\v1]"),
        T("[1]\f"),
        T("\xC2\xA0[]"),
        T("[\xEF\xBB\xBF]"),
        T(" \xEF\xBB\xBF[]"),
        T("// c\n1"),
        T("/**/1"),
        T("[1]//"),
        T("\"\\ud800\\u12\""),
        T("\"\\ud800\\uZZZZ\""),
        T("{\"a\":1,,\"b\":2}"),
        T("{:1}"),
        T("[:]"),
        T("{\"a\"::1}"),
        T("\xff"),
        T("[\xff]"),
    };

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct run run = read_all(*state, bad[i]);

        if (run.end != WEIR_JSON_ERROR)
            fail_msg("accepted: %.*s", WEIR_FMT(bad[i]));
        assert_true(run.error_at <= bad[i].n);
        assert_true(strlen(run.error) > 5);
    }
}

static void what_rfc_8259_allows_comes_out_byte_for_byte(void **state)
{
    static const struct weir_str good[] = {
        T("{}"),
        T("[]"),
        T(" \t\r\n[ \n] \n"),
        T("null"),
        T("true"),
        T("false"),
        T("0"),
        T("-0"),
        T("1e5"),
        T("1E+5"),
        T("-0.0e-0"),
        T("123456789012345678901234567890"),
        T("1e999"),
        T("0.1234567890123456789"),
        T("\"\""),
        T("\"a\""),
        T("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\""),
        T("\"\\u0000\\uABCD\\uabcd\""),
        T("\"\\ud83d\\ude00\""),
        T("\"\x7f\""),
        T("\"\xC2\x80\xDF\xBF\xE0\xA0\x80\xED\x9F\xBF\xEE\x80\x80\xEF\xBF\xBF\""),
        T("\"\xF0\x90\x80\x80\xF4\x8F\xBF\xBF\""),
        T("[1,2.5,\"x\",null,true,false,{},[]]"),
        T("{\"a\":{\"b\":{\"c\":[1,[2,[3]]]}},\"d\":\"e\"}"),
        T("{ \"a\" : 1 , \"b\" : 2 }"),
        T("{\"\":1}"),
        T("{\"a\":1,\"A\":2,\"a \":3,\"\\u0061b\":4}"),
        T("[\"0123456789abcde\",\"0123456789abcdef\",\"0123456789abcdef0\"]"),
        T("[{\"a\":1},{\"a\":2}]"),
        T("{\"a\":{\"a\":{\"a\":1}}}"),
    };
    struct fixture *f = *state;

    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        struct run run = read_all(f, good[i]);
        struct weir_str out;

        if (run.end != WEIR_JSON_END)
            fail_msg("refused: %.*s", WEIR_FMT(good[i]));
        assert_int_equal(run.mended, 0);
        assert_int_equal(run.edits.n, 0);
        out = run_gather(&run, &f->arena, good[i]);
        assert_true(weir_str_eq(out, good[i]));
    }
}

static void what_is_only_odd_is_mended(void **state)
{
    static const struct {
        struct weir_str in, out;
        unsigned bits;
    } odd[] = {
        {T("NaN"), T("null"), WEIR_MEND_NUMBER},
        {T("[NaN,Infinity,-Infinity]"), T("[null,null,null]"), WEIR_MEND_NUMBER},
        {T("{\"a\":-Infinity}"), T("{\"a\":null}"), WEIR_MEND_NUMBER},
        {T("\"\\ud800\""), T("\"\xEF\xBF\xBD\""), WEIR_MEND_SURROGATE},
        {T("\"\\udc00x\""), T("\"\xEF\xBF\xBDx\""), WEIR_MEND_SURROGATE},
        {T("\"\\ud800\\ud83d\\ude00\""), T("\"\xEF\xBF\xBD\\ud83d\\ude00\""), WEIR_MEND_SURROGATE},
        {T("\"\\ud800\\n\""), T("\"\xEF\xBF\xBD\\n\""), WEIR_MEND_SURROGATE},
        {T("\"\\uD800\\u0041\""), T("\"\xEF\xBF\xBD\\u0041\""), WEIR_MEND_SURROGATE},
        {T("\"\\\\ud800\""), T("\"\\\\ud800\""), 0},
        {T("\"\xff\""), T("\"\xEF\xBF\xBD\""), WEIR_MEND_UTF8},
        {T("\"a\xC3\""), T("\"a\xEF\xBF\xBD\""), WEIR_MEND_UTF8},
        /* overlong, surrogate, above U+10FFFF: by maximal subparts */
        {T("\"\xC0\xAF\""), T("\"\xEF\xBF\xBD\xEF\xBF\xBD\""), WEIR_MEND_UTF8},
        {T("\"\xE0\x80\xAF\""), T("\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\""), WEIR_MEND_UTF8},
        {T("\"\xED\xA0\x80\""), T("\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\""), WEIR_MEND_UTF8},
        {T("\"\xF4\x90\x80\x80\""), T("\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\""),
         WEIR_MEND_UTF8},
        {T("\"\xE2\x82x\""), T("\"\xEF\xBF\xBDx\""), WEIR_MEND_UTF8},
        {T("\"\\\"\xff\\u0041\""), T("\"\\\"\xEF\xBF\xBD\\u0041\""), WEIR_MEND_UTF8},
        {T("{\"\xff\":1}"), T("{\"\xEF\xBF\xBD\":1}"), WEIR_MEND_UTF8},
        {T("\xEF\xBB\xBF{\"a\":1}"), T("{\"a\":1}"), 0},
        {T("{\"a\":1,\"a\":2}"), T("{\"a\":2}"), WEIR_MEND_DUPLICATE},
        {T("{\"a\":1,\"a\":2,\"a\":3}"), T("{\"a\":3}"), WEIR_MEND_DUPLICATE},
        {T("{\"a\":1,\"b\":2,\"a\":3}"), T("{\"b\":2,\"a\":3}"), WEIR_MEND_DUPLICATE},
        {T("{\"b\":2 , \"a\" : 1 , \"c\":3, \"a\":4}"), T("{\"b\":2 , \"c\":3, \"a\":4}"),
         WEIR_MEND_DUPLICATE},
        {T("{\"a\":1,\"b\":2,\"a\":3,\"b\":4,\"a\":5}"), T("{\"b\":4,\"a\":5}"),
         WEIR_MEND_DUPLICATE},
        {T("{\"a\":1,\"\\u0061\":2}"), T("{\"\\u0061\":2}"), WEIR_MEND_DUPLICATE},
        {T("{\"\\ud800\":1,\"\xff\":2}"), T("{\"\xEF\xBF\xBD\":2}"),
         WEIR_MEND_DUPLICATE | WEIR_MEND_SURROGATE | WEIR_MEND_UTF8},
        {T("{\"a\":{\"x\":1,\"x\":NaN},\"a\":{\"x\":1,\"x\":NaN}}"), T("{\"a\":{\"x\":null}}"),
         WEIR_MEND_DUPLICATE | WEIR_MEND_NUMBER},
        {T("{\"a\":{\"b\":1},\"c\":{\"b\":1,\"b\":2}}"), T("{\"a\":{\"b\":1},\"c\":{\"b\":2}}"),
         WEIR_MEND_DUPLICATE},
        {T("[{\"k\":1,\"k\":2},{\"k\":1}]"), T("[{\"k\":2},{\"k\":1}]"), WEIR_MEND_DUPLICATE},
    };
    struct fixture *f = *state;

    for (size_t i = 0; i < sizeof odd / sizeof odd[0]; i++) {
        struct run run = read_all(f, odd[i].in);
        struct weir_str out;

        if (run.end != WEIR_JSON_END)
            fail_msg("refused: %.*s", WEIR_FMT(odd[i].in));
        out = run_gather(&run, &f->arena, odd[i].in);
        if (!weir_str_eq(out, odd[i].out))
            fail_msg("%.*s became %.*s", WEIR_FMT(odd[i].in), WEIR_FMT(out));
        assert_int_equal(run.mended, odd[i].bits);
    }
}

/* `n` times `open`, then `middle`, then `n` times `close`. */
static struct weir_str nested(struct weir_arena *a, size_t n, const char *open, const char *middle,
                              const char *close)
{
    struct weir_buf b;
    struct weir_str s = {NULL, 0};

    weir_buf_init(&b, a, SIZE_MAX / 2);
    for (size_t i = 0; i < n; i++)
        weir_buf_add(&b, weir_str_of(open));
    weir_buf_add(&b, weir_str_of(middle));
    for (size_t i = 0; i < n; i++)
        weir_buf_add(&b, weir_str_of(close));
    assert_int_equal(weir_buf_str(&b, &s), 0);
    return s;
}

static void a_container_below_the_256th_level_becomes_null(void **state)
{
    struct fixture *f = *state;
    struct weir_arena texts;
    static const char *const deep[] = {"[]", "{}", "[[[[]]]]", "{\"a\":[1,{\"b\":NaN}],\"a\":2}",
                                       "[\"\\ud800\xff\"]"};
    static const char *const broken[] = {"[}",         "[1 2]",   "{\"a\"}",
                                         "[\"\x01\"]", "[[[[]]]", "[tru]"};

    weir_arena_init(&texts, 64u << 20);
    for (size_t i = 0; i < sizeof deep / sizeof deep[0]; i++) {
        struct weir_str at = nested(&texts, WEIR_JSON_DEPTH, "[", deep[i], "]");
        struct weir_str want = nested(&texts, WEIR_JSON_DEPTH, "[", "null", "]");
        struct weir_str above = nested(&texts, WEIR_JSON_DEPTH - 1, "[", "[]", "]");
        struct run run = read_all(f, at);

        assert_int_equal(run.end, WEIR_JSON_END);
        assert_int_equal(run.mended, WEIR_MEND_DEPTH);
        assert_true(weir_str_eq(run_gather(&run, &f->arena, at), want));
        run = read_all(f, above);
        assert_int_equal(run.mended, 0);
    }
    for (size_t i = 0; i < sizeof broken / sizeof broken[0]; i++) {
        struct weir_str at = nested(&texts, WEIR_JSON_DEPTH, "{\"k\":", broken[i], "}");

        assert_int_equal(read_all(f, at).end, WEIR_JSON_ERROR);
    }
    weir_arena_destroy(&texts);
}

static void very_deep_nesting_needs_no_stack(void **state)
{
    struct fixture *f = *state;
    struct weir_arena texts;
    struct weir_str text;
    struct run run;

    weir_arena_init(&texts, 64u << 20);
    text = nested(&texts, 100000, "{\"a\":[", "1", "]}");
    run = read_all(f, text);
    assert_int_equal(run.end, WEIR_JSON_END);
    assert_int_equal(run.mended, WEIR_MEND_DEPTH);
    text = nested(&texts, 500000, "[", "", "");
    assert_int_equal(read_all(f, text).end, WEIR_JSON_ERROR);
    text = nested(&texts, 2000000, "[", "", "]");
    run = read_all(f, text);
    assert_int_equal(run.end, WEIR_JSON_ERROR);
    assert_string_equal(run.error, "nested far too deep");
    weir_arena_destroy(&texts);
}

/* `n` members, names by `format` with the member's number modulo `distinct`. */
static struct weir_str many_members(struct weir_arena *a, unsigned n, unsigned distinct)
{
    struct weir_buf b;
    struct weir_str s = {NULL, 0};

    weir_buf_init(&b, a, SIZE_MAX / 2);
    weir_buf_char(&b, '{');
    for (unsigned i = 0; i < n; i++)
        weir_buf_printf(&b, "%s\"key-%u\":{\"id\":%u}", i > 0 ? "," : "", i % distinct, i);
    weir_buf_char(&b, '}');
    assert_int_equal(weir_buf_str(&b, &s), 0);
    return s;
}

static void every_duplicate_among_many_keys_is_found(void **state)
{
    static const struct {
        unsigned n, distinct;
    } cases[] = {{2, 1},   {17, 16},  {16, 16},    {17, 17},         {18, 9},         {40, 20},
                 {300, 7}, {1000, 1}, {1000, 999}, {100000, 100000}, {100000, 50000}, {100000, 1}};
    struct fixture *f = *state;
    struct weir_arena texts;

    weir_arena_init(&texts, 256u << 20);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct weir_str text = many_members(&texts, cases[i].n, cases[i].distinct);
        struct run run = read_all(f, text);

        assert_int_equal(run.end, WEIR_JSON_END);
        assert_int_equal(run.edits.n, cases[i].n - cases[i].distinct);
        text = run_gather(&run, &texts, text);
        run = run_pass(f->reader, &texts, text, true, NULL, 0);
        assert_int_equal(run.end, WEIR_JSON_END);
        assert_int_equal(run.mended, 0);
        assert_int_equal(run.tokens, 2 + 5 * cases[i].distinct);
        weir_arena_reset(&texts);
    }
    weir_arena_destroy(&texts);
}

static void large_objects_inside_one_another_keep_their_keys_apart(void **state)
{
    struct fixture *f = *state;
    struct weir_arena texts;
    struct weir_buf b;
    struct weir_str text;
    struct run run;

    weir_arena_init(&texts, 256u << 20);
    weir_buf_init(&b, &texts, 64u << 20);
    /* Each level: 30 keys, then an inner object (in an array), then the keys
     * 20 to 39: ten of them a second time. */
    for (unsigned level = 0; level < 50; level++) {
        weir_buf_char(&b, '{');
        for (unsigned i = 0; i < 30; i++)
            weir_buf_printf(&b, "\"k%u\":%u,", i, i);
        weir_buf_add(&b, WEIR_S("\"in\":[{},"));
    }
    weir_buf_char(&b, '0');
    for (unsigned level = 0; level < 50; level++) {
        weir_buf_char(&b, ']');
        for (unsigned i = 20; i < 40; i++)
            weir_buf_printf(&b, ",\"k%u\":%u", i, i);
        weir_buf_char(&b, '}');
    }
    assert_int_equal(weir_buf_str(&b, &text), 0);
    run = read_all(f, text);
    assert_int_equal(run.end, WEIR_JSON_END);
    assert_int_equal(run.edits.n, 50 * 10);
    /* An error in between leaves the table clean for the next document. */
    (void)read_all(f, weir_str_sub(text, 0, text.n / 2));
    assert_int_equal(read_all(f, text).edits.n, 50 * 10);
    weir_arena_destroy(&texts);
}

static void without_edits_nothing_is_noted_but_the_token_tells(void **state)
{
    struct fixture *f = *state;
    struct weir_json_token t;

    weir_json_begin(f->reader, NULL, true);
    weir_json_window(f->reader, WEIR_S("{\"a\":NaN,\"a\":2}"), 0, true);
    assert_int_equal(weir_json_next(f->reader, &t), WEIR_JSON_OBJECT);
    assert_int_equal(weir_json_next(f->reader, &t), WEIR_JSON_KEY);
    assert_int_equal(weir_json_next(f->reader, &t), WEIR_JSON_NULL);
    assert_int_equal(t.mend, WEIR_MEND_NUMBER);
    assert_int_equal(weir_json_next(f->reader, &t), WEIR_JSON_KEY);
    assert_int_equal(t.mend, 0);
}

static void offsets_are_those_of_the_document(void **state)
{
    static const struct {
        enum weir_json_kind kind;
        size_t start, end;
    } want[] = {
        {WEIR_JSON_OBJECT, 1, 2},       {WEIR_JSON_KEY, 2, 5},      {WEIR_JSON_ARRAY, 6, 7},
        {WEIR_JSON_NUMBER, 7, 9},       {WEIR_JSON_STRING, 10, 14}, {WEIR_JSON_ARRAY_END, 14, 15},
        {WEIR_JSON_KEY, 16, 19},        {WEIR_JSON_OBJECT, 20, 21}, {WEIR_JSON_OBJECT_END, 21, 22},
        {WEIR_JSON_OBJECT_END, 22, 23}, {WEIR_JSON_END, 0, 0},
    };
    struct fixture *f = *state;
    struct weir_json_token t;

    weir_json_begin(f->reader, NULL, false);
    weir_json_window(f->reader, WEIR_S(" {\"a\":[12,\"\\n\"],\"b\":{}}"), 0, true);
    for (size_t i = 0; i < sizeof want / sizeof want[0]; i++) {
        assert_int_equal(weir_json_next(f->reader, &t), want[i].kind);
        if (want[i].kind == WEIR_JSON_END)
            break;
        assert_int_equal(t.start, want[i].start);
        assert_int_equal(t.end, want[i].end);
        assert_int_equal(weir_json_pos(f->reader), t.end);
    }
}

static void skip_reads_to_the_end_of_a_value_over_any_windows(void **state)
{
    static const struct weir_str text =
        T("{\"a\":{\"x\":[1,{\"y\":\"\\ud800\"}],\"z\":2},\"b\":[[],[]],\"c\":\"s\",\"d\":5}");
    static const size_t ends[] = {35, 47, 55, 61};
    struct fixture *f = *state;
    struct weir_edits edits;

    for (size_t step = 1; step <= text.n; step++) {
        struct weir_json_token t;
        size_t window = step, end = 0, members = 0;
        enum weir_json_kind kind;

        weir_arena_reset(&f->arena);
        weir_edits_init(&edits, &f->arena);
        weir_json_begin(f->reader, &edits, true);
        weir_json_window(f->reader, (struct weir_str){text.p, window}, 0, window == text.n);
        for (;;) {
            kind = weir_json_next(f->reader, &t);
            if (kind == WEIR_JSON_KEY) {
                while ((kind = weir_json_skip(f->reader, &t, &end)) == WEIR_JSON_MORE) {
                    window = window + step < text.n ? window + step : text.n;
                    weir_json_window(f->reader, (struct weir_str){text.p, window}, 0,
                                     window == text.n);
                }
                assert_int_equal(end, ends[members++]);
            } else if (kind == WEIR_JSON_MORE) {
                window = window + step < text.n ? window + step : text.n;
                weir_json_window(f->reader, (struct weir_str){text.p, window}, 0, window == text.n);
            } else if (kind <= WEIR_JSON_END) {
                break;
            }
        }
        assert_int_equal(kind, WEIR_JSON_END);
        assert_int_equal(members, 4);
        assert_int_equal(edits.n, 1); /* the surrogate */
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_rfc_8259_refuses_is_an_error, setup, teardown),
        cmocka_unit_test_setup_teardown(what_rfc_8259_allows_comes_out_byte_for_byte, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(what_is_only_odd_is_mended, setup, teardown),
        cmocka_unit_test_setup_teardown(a_container_below_the_256th_level_becomes_null, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(very_deep_nesting_needs_no_stack, setup, teardown),
        cmocka_unit_test_setup_teardown(every_duplicate_among_many_keys_is_found, setup, teardown),
        cmocka_unit_test_setup_teardown(large_objects_inside_one_another_keep_their_keys_apart,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(without_edits_nothing_is_noted_but_the_token_tells, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(offsets_are_those_of_the_document, setup, teardown),
        cmocka_unit_test_setup_teardown(skip_reads_to_the_end_of_a_value_over_any_windows, setup,
                                        teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
