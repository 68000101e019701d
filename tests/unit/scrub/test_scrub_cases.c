/* test_scrub_cases.c - golden cases: each directory tests/cases/scrub-NAME has
 * `in` (an event, or whatever `kind` says), `out`, and perhaps `config` (a
 * rule set; else the default one) and `kind` (the name of a kind below).
 * Adding one needs no C. Both files end in a line break that is not theirs. */
#include "scrub/helper.h"

#include <dirent.h>

static struct weir_str load(struct bench *b, const char *dir, const char *name)
{
    struct weir_str path =
        weir_arena_printf(&b->arena, WEIR_SOURCE_DIR "/tests/cases/%s/%s", dir, name);
    struct weir_buf buf;
    FILE *f = fopen(path.p, "rb");
    struct weir_str s = {NULL, 0};

    if (f == NULL)
        return s;
    weir_buf_init(&buf, &b->arena, 1 << 24);
    for (int c; (c = fgetc(f)) != EOF;)
        weir_buf_char(&buf, (char)c);
    fclose(f);
    assert_int_equal(weir_buf_str(&buf, &s), 0);
    if (s.n > 0 && s.p[s.n - 1] == '\n')
        s.n--;
    return s;
}

static enum weir_scrub_kind kind_of(struct weir_str name)
{
    static const struct {
        const char *name;
        enum weir_scrub_kind kind;
    } kinds[] = {{"transaction", WEIR_SCRUB_TRANSACTION},
                 {"spans", WEIR_SCRUB_SPANS},
                 {"logs", WEIR_SCRUB_LOGS},
                 {"metrics", WEIR_SCRUB_METRICS},
                 {"session", WEIR_SCRUB_SESSION},
                 {"check_in", WEIR_SCRUB_CHECK_IN},
                 {"profile", WEIR_SCRUB_PROFILE},
                 {"replay", WEIR_SCRUB_REPLAY},
                 {"header", WEIR_SCRUB_HEADER},
                 {"feedback", WEIR_SCRUB_FEEDBACK}};

    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (weir_str_eq(name, weir_str_of(kinds[i].name)))
            return kinds[i].kind;
    return WEIR_SCRUB_EVENT;
}

/* Opens with the case's rule set. */
static void open_case(struct bench *b, const char *dir)
{
    struct weir_str config;

    bench_open(b, NULL);
    config = weir_arena_copy(&b->arena, load(b, dir, "config"));
    if (config.n > 0) {
        struct weir_arena text;

        weir_arena_init(&text, 1 << 24);
        config = weir_arena_copy(&text, config);
        bench_close(b);
        bench_open(b, config.p);
        weir_arena_destroy(&text);
    }
}

static bool check(const char *dir)
{
    struct bench b;
    struct weir_str in, want;
    enum weir_scrub_kind kind;
    const char *once, *twice;
    bool good;

    open_case(&b, dir);
    in = load(&b, dir, "in");
    want = load(&b, dir, "out");
    kind = kind_of(load(&b, dir, "kind"));
    once = bench_json(&b, kind, weir_arena_copy(&b.arena, in).p, true);
    twice = bench_json(&b, kind, once, true);
    good = weir_str_eq(weir_str_of(once), want);
    if (!good)
        fprintf(stderr, "%s\n  out  %s\n  want %.*s\n", dir, once, WEIR_FMT(want));
    if (strcmp(once, twice) != 0) {
        fprintf(stderr, "%s\n  once  %s\n  twice %s\n", dir, once, twice);
        good = false;
    }
    bench_close(&b);
    return good;
}

static void every_golden_case_comes_out_as_written(void **state)
{
    DIR *dir = opendir(WEIR_SOURCE_DIR "/tests/cases");
    struct dirent *entry;
    unsigned wrong = 0, seen = 0;

    (void)state;
    assert_non_null(dir);
    while ((entry = readdir(dir)) != NULL) {
        if (strncmp(entry->d_name, "scrub-", 6) != 0)
            continue;
        wrong += !check(entry->d_name);
        seen++;
    }
    closedir(dir);
    assert_int_equal(wrong, 0);
    assert_true(seen >= 10);
}

static void a_field_is_scrubbed_by_where_it_stands(void **state)
{
    static const struct {
        enum weir_scrub_kind kind;
        const char *path, *in, *out;
    } cases[] = {
        {WEIR_SCRUB_HEADER, "trace.user_id", "bob@x.io", "[email]"},
        {WEIR_SCRUB_HEADER, "event_id", "fc6d8c0c43fc4630ad850ee518f1b9d0",
         "fc6d8c0c43fc4630ad850ee518f1b9d0"},
        {WEIR_SCRUB_HEADER, "event_id", "bob@x.io", "[email]"},
        {WEIR_SCRUB_HEADER, "dsn", "https://key@host/42", "https://key@host/42"},
        {WEIR_SCRUB_HEADER, "trace.release", "shop@1.4.2", "shop@1.4.2"},
        {WEIR_SCRUB_EVENT, "tags.password", "x", "[Filtered]"},
        {WEIR_SCRUB_EVENT, "user.username", "bob", "[user]"},
        {WEIR_SCRUB_EVENT, "user.ip_address", "10.0.0.1", ""},
        {WEIR_SCRUB_EVENT, "transaction", "/u/1", "/u/1"},
    };
    struct bench b;

    (void)state;
    bench_open(&b, NULL);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct weir_str out;

        assert_int_equal(weir_scrub_field(b.scrubber, b.plan, cases[i].kind, cases[i].path,
                                          &b.arena, weir_str_of(cases[i].in), &out),
                         0);
        if (!weir_str_eq(out, weir_str_of(cases[i].out)))
            fail_msg("%s: %.*s", cases[i].path, WEIR_FMT(out));
    }
    bench_close(&b);
}

static void matches_are_counted_by_rule(void **state)
{
    struct weir_str text;
    struct weir_buf out;
    struct bench b;

    (void)state;
    bench_open(&b, NULL);
    (void)bench_json(&b, WEIR_SCRUB_EVENT,
                     "{\"message\":\"a@b.io c@d.io 10.0.0.1\",\"user\":{\"username\":\"mok77x\"},"
                     "\"extra\":{\"x\":\"by mok77x\"}}",
                     true);
    weir_buf_init(&out, &b.arena, 1 << 20);
    assert_int_equal(weir_metrics_write(&out, false), 0);
    assert_int_equal(weir_buf_str(&out, &text), 0);
    assert_true(weir_str_find(text, WEIR_S("weir_scrub_matches_total{ruleset=\"default\",rule="
                                           "\"@email\",method=\"replace\",mode=\"enforce\"} 2")) !=
                SIZE_MAX);
    /* the second pass over the document counts once */
    assert_true(weir_str_find(text, WEIR_S("rule=\"person\",method=\"replace\",mode=\"enforce\"} "
                                           "2")) != SIZE_MAX);
    assert_true(weir_str_find(text, WEIR_S("weir_scrub_bytes_total 91")) != SIZE_MAX);
    bench_close(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_golden_case_comes_out_as_written),
        cmocka_unit_test(a_field_is_scrubbed_by_where_it_stands),
        cmocka_unit_test(matches_are_counted_by_rule),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
