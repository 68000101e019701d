/* What holds for any document, tried on thousands made by chance (the seed is
 * fixed): scrubbing twice equals once; the output has the shape of the input;
 * nothing changed outside of what the matches say; no canary comes out,
 * wherever it was planted; a stream gives what a whole document gives,
 * wherever its bytes are cut. */
#include "helper.h"

#include "scrubbers/stream.h"

#include "weir/text.h"

enum { DOCUMENTS = 500, LEAVES = 512 };

static uint64_t seed;

static uint32_t pick(uint32_t n)
{
    seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(seed >> 33) % n;
}

/* ---- documents by chance ------------------------------------------------------------ */

#define CANARY "maria.okafor@exampel-mail.org"

static const char *const pieces[] = {
    "a",
    " ",
    "order 4711",
    "\"",
    "'",
    "`",
    "\\",
    "\\\"",
    "=",
    ":",
    "&",
    ";",
    ",",
    "%20",
    "%3D",
    "%22",
    "\n",
    "\t",
    "[",
    "]",
    "{",
    "}",
    "(",
    ")",
    "<",
    ">",
    "/",
    "//",
    "@",
    ".",
    "-",
    "--",
    "+",
    "|",
    "\xC3\xA9",
    "\xE4\xB8\xAD",
    "\xF0\x9F\x98\x80",
    "password=",
    "password: ",
    "\"password\":\"",
    "token ",
    "token=",
    "secret 'x1y2z3' ",
    "api key: ",
    "'api_key' => ",
    "hunter2",
    "x1y2z3q4",
    "cookie: ",
    "sid=",
    "Authorization: Bearer ",
    "Basic dXNlcjpodW50ZXIy",
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl",
    "user bob77 ",
    "user=",
    "bob@example.org",
    "a@b",
    "203.0.113.9",
    "2001:db8::17",
    "::1",
    "1.2.3.4.5",
    "4539148803436467",
    "4539 1488 0343 6467",
    "4111-1111",
    "DE89370400440532013000",
    "123-45-6789",
    "+49 170 1234567",
    "https://u:pw1234@host/x?token=abc123&x=1",
    "http://example.com/a",
    "/home/maria/x",
    "C:\\Users\\maria\\x",
    "00:11:22:33:44:55",
    "550e8400-e29b-41d4-a716-446655440000",
    "AKIAIOSFODNN7EXAMPLE",
    "-----BEGIN PRIVATE KEY-----\nMIIB\n-----END PRIVATE KEY-----",
    "[Filtered]",
    "[email]",
    "[token]",
    "null",
    "true",
    "12",
    "0.5",
    "Dear Maria Lopez, ",
    "born 1990-01-02",
    "session ",
    "{{auto}}",
};

static const char *const keys[] = {
    "a",
    "b",
    "name",
    "value",
    "key",
    "password",
    "author",
    "token_count",
    "apiToken",
    "user",
    "email",
    "id",
    "data",
    "url",
    "message",
    "headers",
    "Cookie",
    "Authorization",
    "phone",
    "session",
    "values",
    "ip",
    "query",
    "vars",
    "x-y",
    "",
    "bob@example.org",
    "203.0.113.9",
};

static const char *const tops[] = {"extra",    "message",    "tags",      "user",
                                   "request",  "contexts",   "exception", "breadcrumbs",
                                   "logentry", "transaction"};

static void put_text(struct weir_buf *b, struct weir_arena *a, bool canary)
{
    struct weir_buf text;
    struct weir_str s;
    uint32_t n = pick(3) == 0 ? pick(12) : pick(4), at = n > 0 ? pick(n) : 0;

    weir_buf_init(&text, a, 1 << 20);
    for (uint32_t i = 0; i < n; i++) {
        if (canary && i == at)
            weir_buf_text(&text, " " CANARY " ");
        weir_buf_text(&text, pieces[pick(sizeof pieces / sizeof *pieces)]);
    }
    if (canary && n == 0)
        weir_buf_text(&text, CANARY);
    assert_int_equal(weir_buf_str(&text, &s), 0);
    if (pick(12) == 0) { /* JSON in a string */
        struct weir_buf inner;

        weir_buf_init(&inner, a, 1 << 20);
        weir_buf_text(&inner, "{\"k\":");
        weir_buf_json(&inner, s);
        weir_buf_char(&inner, '}');
        assert_int_equal(weir_buf_str(&inner, &s), 0);
    }
    weir_buf_json(b, s);
}

/* With `canary` one of the values in it holds one. */
static void put_value(struct weir_buf *b, struct weir_arena *a, unsigned depth, bool canary)
{
    uint32_t what = depth > 4 ? pick(5) : pick(8);
    uint32_t n = 1 + pick(4), at = pick(n), first = pick(sizeof keys / sizeof *keys);

    if (what >= 5) {
        bool list = what == 7;

        weir_buf_char(b, list ? '[' : '{');
        for (uint32_t i = 0; i < n; i++) {
            weir_buf_text(b, i > 0 ? "," : "");
            if (!list) {
                weir_buf_json(b, weir_str_of(keys[(first + i) % (sizeof keys / sizeof *keys)]));
                weir_buf_char(b, ':');
            }
            put_value(b, a, depth + 1, canary && i == at);
        }
        weir_buf_char(b, list ? ']' : '}');
    } else if (what == 0 && !canary) {
        static const char *const scalars[] = {
            "null", "true", "false", "12", "4539148803436467", "-1.5e3", "12345678901234567890"};

        weir_buf_text(b, scalars[pick(sizeof scalars / sizeof *scalars)]);
    } else {
        put_text(b, a, canary);
    }
}

/* An event; members have names of their own, so that none is dropped. */
static struct weir_str document(struct weir_arena *a, bool canary)
{
    uint32_t n = 1 + pick(3), first = pick(sizeof tops / sizeof *tops), at = pick(n);
    struct weir_buf b;
    struct weir_str s;

    weir_buf_init(&b, a, 1 << 20);
    weir_buf_char(&b, '{');
    for (uint32_t i = 0; i < n; i++) {
        weir_buf_text(&b, i > 0 ? "," : "");
        weir_buf_json(&b, weir_str_of(tops[(first + i) % (sizeof tops / sizeof *tops)]));
        weir_buf_char(&b, ':');
        put_value(&b, a, 1, canary && i == at);
    }
    weir_buf_char(&b, '}');
    assert_int_equal(weir_buf_str(&b, &s), 0);
    return s;
}

/* ---- what came out ------------------------------------------------------------------- */

static struct weir_str scrub(struct bench *b, enum weir_scrub_kind kind, struct weir_str in)
{
    struct weir_json_doc doc;
    struct weir_str out;

    if (weir_scrub_json(b->scrubber, b->plan, kind, &b->arena, in, &doc) != 0)
        fail_msg("no JSON: %.*s", WEIR_FMT(in));
    assert_int_equal(weir_json_doc_write(&doc, &b->arena, 1 << 26, &out), 0);
    return out;
}

struct leaf {
    enum weir_json_kind kind;
    size_t start;
    struct weir_str text; /* unescaped, of strings */
};

/* Tokens but keys, in order. */
static size_t leaves(struct bench *b, struct weir_str body, struct leaf *list)
{
    struct weir_json_reader *r = weir_json_reader_new();
    size_t n = 0;

    assert_non_null(r);
    weir_json_begin(r, NULL, false);
    weir_json_window(r, body, 0, true);
    for (;;) {
        struct weir_json_token t;
        enum weir_json_kind kind = weir_json_next(r, &t);

        if (kind == WEIR_JSON_END)
            break;
        if (kind == WEIR_JSON_ERROR || kind == WEIR_JSON_MORE)
            fail_msg("no JSON: %.*s", WEIR_FMT(body));
        if (kind == WEIR_JSON_KEY)
            continue;
        assert_true(n < LEAVES);
        list[n] = (struct leaf){.kind = kind, .start = t.start};
        if (kind == WEIR_JSON_STRING)
            assert_int_equal(weir_json_text(&b->arena, body, 0, &t, &list[n].text), 0);
        n++;
    }
    weir_json_reader_free(r);
    return n;
}

/* ---- properties ------------------------------------------------------------------------ */

static void each(struct bench *b, const char *set, bool canary,
                 void (*check)(struct bench *b, struct weir_str in))
{
    const struct weir_ruleset *sets[1];

    bench_open(b, NULL);
    if (set != NULL) {
        weir_scrub_plan_free(b->plan);
        weir_ruleset_free(b->set);
        assert_int_equal(weir_ruleset_builtin(weir_str_of(set), &b->set), 0);
        sets[0] = b->set;
        assert_int_equal(weir_scrub_plan_new(sets, 1, NULL, 0, WEIR_S("key"), &b->plan), 0);
    }
    seed = 7777;
    for (unsigned i = 0; i < DOCUMENTS; i++) {
        check(b, document(&b->arena, canary));
        weir_arena_reset(&b->arena);
    }
    bench_close(b);
}

static void check_twice(struct bench *b, struct weir_str in)
{
    struct weir_str once = scrub(b, WEIR_SCRUB_EVENT, in), twice;

    once = weir_arena_copy(&b->arena, once);
    twice = scrub(b, WEIR_SCRUB_EVENT, once);
    if (!weir_str_eq(once, twice)) {
        size_t at = 0;

        while (at < once.n && at < twice.n && once.p[at] == twice.p[at])
            at++;
        at = at > 60 ? at - 60 : 0;
        fail_msg("of %.*s\nonce  ...%.*s\ntwice ...%.*s", WEIR_FMT(in),
                 WEIR_FMT(weir_str_sub(once, at, 160)), WEIR_FMT(weir_str_sub(twice, at, 160)));
    }
}

/* A value keeps its kind, or is null. */
static void check_shape(struct bench *b, struct weir_str in)
{
    static struct leaf before[LEAVES], after[LEAVES];
    struct weir_str out = weir_arena_copy(&b->arena, scrub(b, WEIR_SCRUB_EVENT, in));
    size_t n = leaves(b, in, before), m = leaves(b, out, after), k = 0;

    for (size_t i = 0; i < n; i++, k++) {
        if (k >= m)
            fail_msg("%.*s\n%.*s", WEIR_FMT(in), WEIR_FMT(out));
        if (after[k].kind == before[i].kind)
            continue;
        if (after[k].kind != WEIR_JSON_NULL)
            fail_msg("kind of value %zu: %.*s\n%.*s", i, WEIR_FMT(in), WEIR_FMT(out));
        for (size_t depth = 0; i < n; i++) { /* a container that went as a whole */
            depth += before[i].kind == WEIR_JSON_OBJECT || before[i].kind == WEIR_JSON_ARRAY;
            depth -=
                before[i].kind == WEIR_JSON_OBJECT_END || before[i].kind == WEIR_JSON_ARRAY_END;
            if (depth == 0)
                break;
        }
    }
    assert_int_equal(k, m);
}

/* Of each text: what stands before, between and behind its matches is as it
 * was, `original_len` are the code points of the old one. */
static void check_ranges(struct bench *b, struct weir_str in)
{
    static struct leaf before[LEAVES], after[LEAVES];
    const struct weir_match *m;
    struct weir_str out;
    size_t n, n_matches;

    weir_scrubber_explain(b->scrubber, true);
    out = weir_arena_copy(&b->arena, scrub(b, WEIR_SCRUB_EVENT, in));
    m = weir_scrubber_matches(b->scrubber, &n_matches);
    n = leaves(b, in, before);
    if (leaves(b, out, after) != n)
        return; /* a container went: nothing of it is left to compare */
    for (size_t i = 0; i < n; i++) {
        size_t from = 0, at = 0;

        if (before[i].kind != WEIR_JSON_STRING || after[i].kind != WEIR_JSON_STRING)
            continue;
        for (size_t k = 0; k < n_matches; k++) {
            if (m[k].at != before[i].start || m[k].end == 0)
                continue;
            if (m[k].from < from || m[k].start < at || m[k].to > before[i].text.n ||
                m[k].end > after[i].text.n ||
                !weir_str_eq(weir_str_sub(before[i].text, from, m[k].from - from),
                             weir_str_sub(after[i].text, at, m[k].start - at)) ||
                m[k].original_len != weir_utf8_count(before[i].text))
                fail_msg("%.*s at %.*s %zu-%zu of %.*s\n%.*s", WEIR_FMT(m[k].rule),
                         WEIR_FMT(m[k].path), m[k].from, m[k].to, WEIR_FMT(in), WEIR_FMT(out));
            from = m[k].to;
            at = m[k].end;
        }
        if (!weir_str_eq(weir_str_sub(before[i].text, from, SIZE_MAX),
                         weir_str_sub(after[i].text, at, SIZE_MAX)))
            fail_msg("behind the matches: %.*s\n%.*s", WEIR_FMT(in), WEIR_FMT(out));
    }
}

/* A scrubber that saw the texts before does to them what a new one does. */
static void check_memory(struct bench *b, struct weir_str in)
{
    struct weir_str warm = weir_arena_copy(&b->arena, scrub(b, WEIR_SCRUB_EVENT, in)), cold;

    assert_true(weir_str_eq(warm, scrub(b, WEIR_SCRUB_EVENT, in)));
    weir_scrubber_forget(b->scrubber);
    cold = weir_arena_copy(&b->arena, scrub(b, WEIR_SCRUB_EVENT, in));
    if (!weir_str_eq(warm, cold))
        fail_msg("of %.*s\nwarm %.*s\ncold %.*s", WEIR_FMT(in), WEIR_FMT(warm), WEIR_FMT(cold));
    /* warm again for the next, of what other documents may share */
    for (unsigned i = 0; i < 3; i++)
        (void)scrub(b, WEIR_SCRUB_EVENT, document(&b->arena, false));
}

static void check_canary(struct bench *b, struct weir_str in)
{
    for (int kind = 0; kind <= WEIR_SCRUB_JSON; kind++) {
        struct weir_str out = scrub(b, (enum weir_scrub_kind)kind, in);

        if (weir_str_find(out, WEIR_S("okafor@exampel")) != SIZE_MAX)
            fail_msg("kind %d: the canary lives: %.*s\n%.*s", kind, WEIR_FMT(in), WEIR_FMT(out));
    }
}

static int collect(void *self, struct weir_str bytes)
{
    weir_buf_add(self, bytes);
    return 0;
}

/* Through a stream of small windows, cut at `at`. */
static struct weir_str streamed(struct bench *b, struct weir_str in, size_t at, size_t window)
{
    struct weir_scrub_stream *t;
    struct weir_buf out;
    struct weir_str s;

    weir_buf_init(&out, &b->arena, 1 << 24);
    assert_int_equal(weir_scrub_stream_sized(b->plan, WEIR_STREAM_JSON, WEIR_SCRUB_JSON, false,
                                             window, collect, &out, &t),
                     0);
    assert_int_equal(weir_scrub_stream_feed(t, weir_str_sub(in, 0, at)), 0);
    if (at < in.n)
        assert_int_equal(weir_scrub_stream_feed(t, weir_str_sub(in, at, SIZE_MAX)), 0);
    assert_int_equal(weir_scrub_stream_end(t), 0);
    weir_scrub_stream_free(t);
    assert_int_equal(weir_buf_str(&out, &s), 0);
    return s;
}

/* Streams neither drop duplicates nor carry what they learnt elsewhere: sets
 * without `everywhere`, and documents without two members of one name. */
static const char simple[] =
    "rules:\n"
    "  order: {type: pattern, pattern: 'ORD-([0-9]+)', replaceGroups: [1]}\n"
    "applications:\n"
    "  '**': ['@email', '@ip', '@creditcard', '@bearer', order, '@urlauth']\n";

static void a_stream_gives_what_a_document_gives_wherever_it_is_cut(void **state)
{
    struct bench b;
    unsigned compared = 0;

    (void)state;
    bench_open(&b, simple);
    seed = 11;
    for (unsigned i = 0; i < 120; i++) {
        struct weir_str in = document(&b.arena, i % 2 == 0), out;
        struct weir_json_doc doc;

        assert_int_equal(weir_scrub_json(b.scrubber, b.plan, WEIR_SCRUB_JSON, &b.arena, in, &doc),
                         0);
        assert_int_equal(weir_json_doc_write(&doc, &b.arena, 1 << 26, &out), 0);
        out = weir_arena_copy(&b.arena, out);
        if (!doc.mended && in.n < 3000) {
            size_t step = in.n < 200 ? 1 : in.n / 40;

            compared++;
            for (size_t at = 1; at < in.n; at += step) {
                struct weir_str got = streamed(&b, in, at, 4096);

                if (!weir_str_eq(got, out))
                    fail_msg("cut at %zu: %.*s\n%.*s\n%.*s", at, WEIR_FMT(in), WEIR_FMT(out),
                             WEIR_FMT(got));
            }
        }
        weir_arena_reset(&b.arena);
    }
    assert_true(compared > 20);
    bench_close(&b);
}

static void scrubbing_twice_equals_once(void **state)
{
    struct bench b;

    (void)state;
    each(&b, NULL, false, check_twice);
    each(&b, "strict", false, check_twice);
}

static void what_was_seen_before_changes_nothing(void **state)
{
    struct bench b;

    (void)state;
    each(&b, NULL, false, check_memory);
    each(&b, "strict", false, check_memory);
}

static void the_output_has_the_shape_of_the_input(void **state)
{
    struct bench b;

    (void)state;
    each(&b, NULL, false, check_shape);
    each(&b, "strict", false, check_shape);
}

static void nothing_changes_outside_of_the_matches(void **state)
{
    struct bench b;

    (void)state;
    each(&b, NULL, false, check_ranges);
    each(&b, "strict", false, check_ranges);
}

static void no_canary_comes_out_wherever_it_stands(void **state)
{
    struct bench b;

    (void)state;
    each(&b, NULL, true, check_canary);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scrubbing_twice_equals_once),
        cmocka_unit_test(what_was_seen_before_changes_nothing),
        cmocka_unit_test(the_output_has_the_shape_of_the_input),
        cmocka_unit_test(nothing_changes_outside_of_the_matches),
        cmocka_unit_test(no_canary_comes_out_wherever_it_stands),
        cmocka_unit_test(a_stream_gives_what_a_document_gives_wherever_it_is_cut),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
