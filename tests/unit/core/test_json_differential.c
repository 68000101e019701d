/* test_json_differential.c - generated documents through the pass and through
 * jansson, the oracle.
 *
 * Each document is written twice: `raw` as an odd sender would write it (NaN,
 * lone surrogates, broken UTF-8, keys twice, nested too deep, white space
 * anywhere) and `clean` as it is to be understood. The pass over `raw`, in
 * windows of any size, must gather to what jansson reads from `clean`. */
#include "tests/unit/core/json_run.h"

#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

enum { FLAGS = JSON_DECODE_ANY | JSON_ALLOW_NUL | JSON_DECODE_INT_AS_REAL };

struct gen {
    struct rng rng;
    struct weir_buf raw, clean;
    bool odd; /* may it be odd? */
    unsigned left;
};

static bool chance(struct gen *g, uint32_t one_in)
{
    return rng_below(&g->rng, one_in) == 0;
}

static void both(struct gen *g, const char *text)
{
    weir_buf_add(&g->raw, weir_str_of(text));
    weir_buf_add(&g->clean, weir_str_of(text));
}

static void space(struct gen *g)
{
    static const char *const some[] = {" ", "\n", "\t", "\r\n", "    "};

    if (chance(g, 6))
        weir_buf_add(&g->raw, weir_str_of(some[rng_below(&g->rng, 5)]));
}

static void text_part(struct gen *g)
{
    static const char *const sound[] = {
        "a",
        "hello world",
        "\\n",
        "\\\"",
        "\\\\",
        "\\/",
        "\\u00e9",
        "\\ud83d\\ude00",
        "\xC3\xA9",
        "\xE2\x82\xAC",
        "\xF0\x9F\x98\x80",
        "/path/to",
        "0123456789abcdefghij",
        "\\u0001",
        "\x7f",
        "</script>",
    };
    static const char *const odd[] = {"\\ud800",  "\\udfff",  "\xff",
                                      "\xC0\x80", "\xE2\x82", "\xED\xA0\x80"};
    static const unsigned becomes[] = {1, 1, 1, 2, 1, 3};
    uint32_t i;

    if (!g->odd || !chance(g, 8)) {
        both(g, sound[rng_below(&g->rng, 16)]);
        return;
    }
    i = rng_below(&g->rng, 6);
    weir_buf_add(&g->raw, weir_str_of(odd[i]));
    for (unsigned k = 0; k < becomes[i]; k++)
        weir_buf_add(&g->clean, WEIR_S("\xEF\xBF\xBD"));
    both(g, "."); /* keeps neighbours from completing it */
}

static void string(struct gen *g)
{
    both(g, "\"");
    for (uint32_t n = rng_below(&g->rng, 6); n > 0; n--)
        text_part(g);
    both(g, "\"");
}

static void key(struct gen *g)
{
    static const char *const names[] = {"a", "b",  "message", "type", "long_name_of_a_member",
                                        "",  "id", "x"};

    if (chance(g, 8)) {
        string(g);
        return;
    }
    both(g, "\"");
    if (chance(g, 10)) { /* another spelling of the same name */
        weir_buf_add(&g->raw, WEIR_S("\\u0061"));
        weir_buf_add(&g->clean, WEIR_S("a"));
    } else {
        both(g, names[rng_below(&g->rng, 8)]);
    }
    both(g, "\"");
}

static void value(struct gen *g, unsigned depth);

static void container(struct gen *g, unsigned depth)
{
    bool object = chance(g, 2);
    uint32_t n = rng_below(&g->rng, chance(g, 20) ? 60 : 7);

    both(g, object ? "{" : "[");
    for (uint32_t i = 0; i < n; i++) {
        if (i > 0)
            both(g, ",");
        space(g);
        if (object) {
            key(g);
            space(g);
            both(g, ":");
            space(g);
        }
        value(g, depth + 1);
        space(g);
    }
    both(g, object ? "}" : "]");
}

static void scalar(struct gen *g)
{
    static const char *const plain[] = {
        "0", "-1", "1.5e3", "true", "false", "null", "-0.0", "12345678901234567890", "1e-7"};
    static const char *const odd[] = {"NaN", "Infinity", "-Infinity"};

    if (g->odd && chance(g, 12)) {
        weir_buf_add(&g->raw, weir_str_of(odd[rng_below(&g->rng, 3)]));
        weir_buf_add(&g->clean, WEIR_S("null"));
    } else if (chance(g, 2)) {
        string(g);
    } else {
        both(g, plain[rng_below(&g->rng, 9)]);
    }
}

/* A value far below where the pass is at, and null for jansson. */
static void too_deep(struct gen *g, unsigned depth)
{
    struct weir_buf clean = g->clean;
    unsigned levels = WEIR_JSON_DEPTH - depth;

    for (unsigned i = 0; i < levels; i++)
        both(g, i % 3 == 0 ? "[" : "{\"k\":");
    clean = g->clean;
    both(g, "{\"deep\":[");
    scalar(g);
    both(g, ",{},[[]]]}");
    g->clean = clean; /* drops what was written to it meanwhile */
    weir_buf_add(&g->clean, WEIR_S("null"));
    for (unsigned i = levels; i-- > 0;)
        both(g, i % 3 == 0 ? "]" : "}");
}

static void value(struct gen *g, unsigned depth)
{
    if (g->left > 0)
        g->left--;
    if (g->odd && depth < 20 && chance(g, 400))
        too_deep(g, depth);
    else if (g->left > 0 && depth < 30 && chance(g, 3))
        container(g, depth);
    else
        scalar(g);
}

/* A document; both texts in the arena. */
static void document(struct gen *g, struct weir_arena *a, uint64_t seed, bool odd)
{
    *g = (struct gen){.rng = {seed * 7919 + 1}, .odd = odd, .left = 1 + (unsigned)(seed % 200)};
    weir_buf_init(&g->raw, a, 16u << 20);
    weir_buf_init(&g->clean, a, 16u << 20);
    space(g);
    if (chance(g, 10))
        value(g, 0);
    else
        container(g, 0);
    space(g);
}

static json_t *oracle(struct weir_str text, size_t flags)
{
    json_error_t error;

    return json_loadb(text.p, text.n, flags, &error);
}

static struct weir_str str_of(const struct weir_buf *b)
{
    struct weir_str s = {NULL, 0};

    assert_int_equal(weir_buf_str(b, &s), 0);
    return s;
}

static void what_is_gathered_is_what_jansson_reads_from_the_mended_text(void **state)
{
    struct weir_json_reader *r = weir_json_reader_new();
    struct weir_arena a;
    (void)state;

    weir_arena_init(&a, 256u << 20);
    for (uint64_t seed = 0; seed < 4000; seed++) {
        struct gen g;
        struct weir_str raw, out;
        struct run run;
        struct rng windows = {seed};
        json_t *want, *got;

        document(&g, &a, seed, seed % 2 == 1);
        raw = str_of(&g.raw);
        run = run_pass(r, &a, raw, true, seed % 3 == 0 ? NULL : &windows,
                       1 + rng_below(&windows, 100));
        assert_int_equal(run.end, WEIR_JSON_END);
        out = run_gather(&run, &a, raw);
        want = oracle(str_of(&g.clean), FLAGS);
        got = oracle(out, FLAGS | JSON_REJECT_DUPLICATES);
        if (want == NULL || got == NULL || !json_equal(want, got))
            fail_msg("seed %u", (unsigned)seed);
        if (run.mended == 0)
            assert_true(weir_str_eq(raw, out));
        json_decref(want);
        json_decref(got);
        weir_arena_reset(&a);
    }
    weir_arena_destroy(&a);
    weir_json_reader_free(r);
}

static void what_is_cut_or_changed_is_refused_when_jansson_refuses_it(void **state)
{
    static const char inserted[] = "{}[],:\"\\0x-eE.tn \x01\xff";
    struct weir_json_reader *r = weir_json_reader_new();
    struct weir_arena a;
    unsigned refused = 0;
    (void)state;

    weir_arena_init(&a, 256u << 20);
    for (uint64_t seed = 0; seed < 20000; seed++) {
        struct gen g;
        struct weir_str raw;
        struct run run;
        char *text;
        json_error_t error;
        json_t *want;

        document(&g, &a, seed, false);
        raw = str_of(&g.raw);
        if (raw.n == 0)
            continue;
        text = (char *)raw.p;
        if (seed % 3 == 0)
            raw.n = rng_below(&g.rng, (uint32_t)raw.n);
        else
            text[rng_below(&g.rng, (uint32_t)raw.n)] =
                inserted[rng_below(&g.rng, sizeof inserted - 1)];
        run = run_pass(r, &a, raw, true, NULL, 0);
        want = json_loadb(raw.p, raw.n, FLAGS, &error);
        refused += want == NULL;
        if (want != NULL && run.end != WEIR_JSON_END)
            fail_msg("seed %u is refused, jansson takes it", (unsigned)seed);
        /* 1e999 is JSON, but more than jansson can hold. */
        if (want == NULL && run.end == WEIR_JSON_END && run.mended == 0 &&
            json_error_code(&error) != json_error_numeric_overflow &&
            json_error_code(&error) != json_error_null_byte_in_key)
            fail_msg("seed %u is taken, jansson refuses it", (unsigned)seed);
        json_decref(want);
        weir_arena_reset(&a);
    }
    assert_true(refused > 5000);
    weir_arena_destroy(&a);
    weir_json_reader_free(r);
}

/* Edits drawn at random on the tokens of a document, as a scrubber makes
 * them: any scalar replaced, in any order of adding; and whole containers. */
static void random_edits_of_values_give_valid_json(void **state)
{
    struct weir_json_reader *r = weir_json_reader_new();
    struct weir_arena a;
    (void)state;

    weir_arena_init(&a, 256u << 20);
    for (uint64_t seed = 0; seed < 3000; seed++) {
        struct gen g;
        struct weir_str raw, out;
        struct run run;
        struct weir_json_token t;
        struct weir_edits edits;
        size_t marks = 0, found = 0;
        json_t *got;

        document(&g, &a, seed, seed % 2 == 1);
        raw = str_of(&g.raw);
        weir_edits_init(&edits, &a);
        weir_json_begin(r, &edits, true);
        weir_json_window(r, raw, 0, true);
        while (weir_json_next(r, &t) > WEIR_JSON_END) {
            if (t.kind == WEIR_JSON_KEY || t.kind == WEIR_JSON_STRING)
                weir_json_mend_string(&edits, raw, 0, &t);
            if ((t.kind == WEIR_JSON_OBJECT || t.kind == WEIR_JSON_ARRAY) && chance(&g, 10)) {
                size_t start = t.start, end;

                assert_true(weir_json_skip(r, &t, &end) > WEIR_JSON_END);
                weir_edits_add(&edits, start, end, WEIR_S("\"gone\""));
            } else if (t.kind >= WEIR_JSON_STRING && chance(&g, 4)) {
                weir_edits_add(&edits, t.start, t.end, WEIR_S("\"[x]\""));
                marks++;
            }
        }
        /* Out of order: swap some neighbours' places. */
        for (size_t i = 0; i + 1 < edits.n; i++)
            if (chance(&g, 3) && edits.list[i].start != edits.list[i + 1].start) {
                struct weir_edit swap = edits.list[i];

                edits.list[i] = edits.list[i + 1];
                edits.list[i + 1] = swap;
                edits.sorted = false;
            }
        run = (struct run){.edits = edits};
        out = run_gather(&run, &a, raw);
        got = oracle(out, FLAGS | JSON_REJECT_DUPLICATES);
        if (got == NULL)
            fail_msg("seed %u", (unsigned)seed);
        for (size_t at = 0; (at = weir_str_find(out, WEIR_S("\"[x]\""))) != SIZE_MAX; found++)
            out = weir_str_sub(out, at + 1, SIZE_MAX);
        assert_true(found <= marks);
        json_decref(got);
        weir_arena_reset(&a);
    }
    weir_arena_destroy(&a);
    weir_json_reader_free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_gathered_is_what_jansson_reads_from_the_mended_text),
        cmocka_unit_test(what_is_cut_or_changed_is_refused_when_jansson_refuses_it),
        cmocka_unit_test(random_edits_of_values_give_valid_json),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
