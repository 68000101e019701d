/* Tests of what a pattern needs to match at all, and of the automaton. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "scrubbers/literals.h"

#include "weir/text.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

/* The literals of a pattern, joined by |. */
static const char *literals(const char *pattern)
{
    static char text[WEIR_LITERALS * (WEIR_LITERAL_MOST + 1) + 1];
    struct weir_literals l;
    size_t n = 0;

    weir_literals_of(weir_str_of(pattern), &l);
    for (unsigned i = 0; i < l.n; i++) {
        if (i > 0)
            text[n++] = '|';
        memcpy(text + n, l.list[i].text, l.list[i].n);
        n += l.list[i].n;
    }
    text[n] = '\0';
    return text;
}

static const struct {
    const char *pattern, *literals;
} cases[] = {
    {"ORD-([0-9]+)", "ord-"},
    {"\\bcustomer[ _-]?id\\b", "customer"},
    {"ab\\d+xyz", "xyz"},
    {"ab", ""},
    {"[a-z]+", ""},
    {"", ""},
    /* a quantifier that allows none takes its character back */
    {"abcd?", "abc"},
    {"abcd*", "abc"},
    {"abcd{0,3}", "abc"},
    {"abc?", ""},
    {"abcd+e", "abcd"},
    {"abcd{2}e", "abcd"},
    {"abc??", ""},
    {"abcd*+", "abc"},
    /* alternatives: one of them, each long enough */
    {"foo|bar", "foo|bar"},
    {"foo|ba", ""},
    {"foo|", ""},
    {"(sk|pk)_(live|test)_[A-Za-z0-9]{24}", "live|test"},
    {"(?:foo|bar)?x", ""},
    {"(?:foo|bar)+x", "foo|bar"},
    {"(?:foo|bar){0,2}", ""},
    {"(?<name>employee)-\\d", "employee"},
    {"(?P<name>employee)-\\d", "employee"},
    {"(?'name'employee)-\\d", "employee"},
    {"(?>employee)", "employee"},
    {"(a(b(hello)?c)d)(hel+o)", "hel"},
    /* what stands around is no part of the match */
    {"(?=secret)\\w+", ""},
    {"(?<!secret)\\w+", ""},
    {"(?<=id: )\\d+tail", "tail"},
    /* escapes and classes */
    {"a\\.b\\.c", "a.b.c"},
    {"\\d\\d\\dfoo", "foo"},
    {"foo\\\\d", "foo\\d"},
    {"[]abc]def", "def"},
    {"[^]abc]def", "def"},
    {"[[:alpha:]]def", "def"},
    {"[[:]def", "def"},
    {"[\\]abc]def", "def"},
    {"\\p{L}name", "name"},
    {"\\pLname", "name"},
    {"a\\tb", "a\tb"},
    {"^start", "start"},
    {"end$", "end"},
    {"x.yz.abc", "abc"},
    {"caf\xC3\xA9 au lait", " au lait"},
    {"\\{\"id\":", "{\"id\":"},
    {"a{b}cde", "cde"},
    {"(?i)Hello", "hello"},
    {"(?i:Hello) you", "hello"},
    {"averylongliteralindeed", "averylonglit"},
    /* beyond us: tried on every text */
    {"(?x) foo bar", ""},
    {"foo(?#comment)bar", ""},
    {"(foo)(?1)bar", ""},
    {"(?(1)foo|bar)", ""},
    {"(*UTF)foo", ""},
    {"\\Qfoo\\E", ""},
    {"(foo)\\1bar", ""},
    {"\\x41foo", ""},
    {"foo(?R)?bar", ""},
};

static void the_literal_of_a_pattern_is_in_every_match(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (strcmp(literals(cases[i].pattern), cases[i].literals) != 0)
            fail_msg("%s: %s, not %s", cases[i].pattern, literals(cases[i].pattern),
                     cases[i].literals);
}

/* ---- the gate -------------------------------------------------------------------- */

enum { PATTERNS = 200 };

static uint32_t seed = 1;

static uint32_t pick(uint32_t n)
{
    seed = seed * 1664525 + 1013904223;
    return (seed >> 8) % n;
}

/* A random pattern over few letters, so that it matches now and then. */
static size_t make_pattern(char *p)
{
    static const char *const atoms[] = {
        "a",    "b",   "k",       "s",   "abc",   "bca",          "cab",    "ks",
        "[ab]", ".",   "a?",      "b*",  "c+",    "(?:abc|cbaa)", "(ab|c)", "a{0,1}",
        "b{2}", "\\.", "(bcab)?", "\\w", "(?=a)", "(?i)",         "|",      "(?<x>ksa)"};
    size_t n = 0;
    bool named = false;

    for (unsigned i = 0, m = 2 + pick(6); i < m; i++) {
        const char *atom = atoms[pick(sizeof atoms / sizeof *atoms)];

        if (atom[0] == '(' && atom[2] == '<') {
            if (named)
                continue;
            named = true;
        }
        memcpy(p + n, atom, strlen(atom));
        n += strlen(atom);
    }
    p[n] = '\0';
    return n;
}

static size_t make_text(char *p)
{
    static const char *const pieces[] = {"a",       "b",  "c",  "A",  "B",
                                         "C",       "k",  "s",  "S",  "K",
                                         ".",       "ab", "ca", "bc", "\xE2\x84\xAA",
                                         "\xC5\xBF"};
    size_t n = 0;

    for (unsigned i = 0, m = 3 + pick(12); i < m; i++) {
        const char *piece = pieces[pick(sizeof pieces / sizeof *pieces)];

        memcpy(p + n, piece, strlen(piece));
        n += strlen(piece);
    }
    return n;
}

static void the_gate_is_open_wherever_a_pattern_matches(void **state)
{
    static struct weir_literals l[PATTERNS];
    const struct weir_literals *list[PATTERNS];
    pcre2_code *code[PATTERNS];
    pcre2_match_data *match = pcre2_match_data_create(8, NULL);
    uint64_t open[PATTERNS / 64 + 1];
    bool gated[PATTERNS];
    struct weir_arena a;
    struct weir_gate *g;
    unsigned matches = 0, closed = 0, n_gated = 0;

    (void)state;
    weir_arena_init(&a, 1 << 24);
    for (size_t i = 0; i < PATTERNS; i++) {
        char p[128];
        size_t n = make_pattern(p), at;
        int error;

        code[i] = pcre2_compile((PCRE2_SPTR)p, n, PCRE2_CASELESS | PCRE2_UTF | PCRE2_DUPNAMES,
                                &error, &at, NULL);
        assert_non_null(code[i]);
        weir_literals_of((struct weir_str){p, n}, &l[i]);
        list[i] = &l[i];
    }
    g = weir_gate_new(&a, list, PATTERNS, gated);
    assert_non_null(g);
    for (size_t i = 0; i < PATTERNS; i++)
        n_gated += gated[i];
    assert_true(n_gated > PATTERNS / 8);
    for (unsigned k = 0; k < 5000; k++) {
        char text[128];
        size_t n = make_text(text);
        bool any = weir_gate_scan(g, (struct weir_str){text, n}, open);

        for (size_t i = 0; i < PATTERNS; i++) {
            bool is_open = !gated[i] || (any && (open[i / 64] >> i % 64 & 1) != 0);
            bool matched = pcre2_match(code[i], (PCRE2_SPTR)text, n, 0, 0, match, NULL) >= 0;

            matches += matched && gated[i];
            closed += !is_open;
            if (matched && !is_open)
                fail_msg("pattern %zu matches %.*s, but its gate is shut", i, (int)n, text);
        }
    }
    assert_true(matches > 1000);
    assert_true(closed > 1000);
    for (size_t i = 0; i < PATTERNS; i++)
        pcre2_code_free(code[i]);
    pcre2_match_data_free(match);
    weir_arena_destroy(&a);
}

static void a_gate_of_nothing_is_shut(void **state)
{
    const struct weir_literals *none[1] = {NULL};
    bool gated[1] = {true};
    uint64_t open[1] = {0};
    struct weir_arena a;
    struct weir_gate *g;

    (void)state;
    weir_arena_init(&a, 1 << 20);
    g = weir_gate_new(&a, none, 1, gated);
    assert_non_null(g);
    assert_false(gated[0]);
    assert_false(weir_gate_scan(g, WEIR_S("anything \xE2\x84\xAA"), open));
    weir_arena_destroy(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_literal_of_a_pattern_is_in_every_match),
        cmocka_unit_test(the_gate_is_open_wherever_a_pattern_matches),
        cmocka_unit_test(a_gate_of_nothing_is_shut),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
