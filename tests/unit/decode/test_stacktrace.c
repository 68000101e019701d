/* test_stacktrace.c - the cases of tests/stacktraces: what runtimes print, and
 * the exceptions and frames that become of it. Each directory is named as
 * OpenTelemetry names the language, which is the hint; the text alone must
 * lead to the same. WEIR_UPDATE=1 writes the .json files anew. */
#include "unit.h"

#include "collector/decode/stacktrace.h"
#include "weir/json.h"
#include "weir/text.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define ROOT WEIR_SOURCE_DIR "/tests/stacktraces"

static char *read_file(const char *path, size_t *ret_n)
{
    FILE *f = fopen(path, "rb");
    char *text;
    long n;

    if (f == NULL)
        return NULL;
    fseek(f, 0, SEEK_END);
    n = ftell(f);
    rewind(f);
    text = malloc((size_t)n + 1);
    *ret_n = fread(text, 1, (size_t)n, f);
    text[*ret_n] = '\0';
    fclose(f);
    return text;
}

/* JSON as it is, one frame or exception a line. */
static char *in_lines(struct weir_str json)
{
    char *out = malloc(json.n * 2 + 2);
    size_t n = 0;
    bool text = false;

    for (size_t i = 0; i < json.n; i++) {
        char c = json.p[i], before = i > 0 ? json.p[i - 1] : '\0';

        if (!text && c == '{' && (before == '[' || before == ','))
            out[n++] = '\n';
        out[n++] = c;
        if (text && c == '\\')
            out[n++] = json.p[++i];
        else if (c == '"')
            text = !text;
    }
    out[n++] = '\n';
    out[n] = '\0';
    return out;
}

/* What a text becomes; the caller frees it. */
static char *become(struct weir_str text, const char *hint)
{
    struct weir_arena a;
    struct weir_stacktrace trace;
    struct weir_str none = {NULL, 0}, json;
    struct weir_buf out;
    char *result;

    weir_arena_init(&a, 64 << 20);
    weir_buf_init(&out, &a, 32 << 20);
    if (weir_stacktrace_parse(&a, text, weir_str_of(hint), &trace) == 0) {
        weir_buf_printf(&out, "{\"platform\":\"%s\",\"exception\":", trace.platform);
        weir_stacktrace_write(&trace, NULL, none, none, "test", -1, &out);
        weir_buf_char(&out, '}');
    }
    assert_int_equal(weir_buf_str(&out, &json), 0);
    result = in_lines(json);
    weir_arena_destroy(&a);
    return result;
}

static unsigned check_case(const char *language, const char *name)
{
    char path[512], *text, *got, *unhinted, *want;
    size_t n, n_want = 0;
    unsigned bad = 0;

    snprintf(path, sizeof path, ROOT "/%s/%s", language, name);
    text = read_file(path, &n);
    assert_non_null(text);
    got = become((struct weir_str){text, n}, language);
    unhinted = become((struct weir_str){text, n}, "");
    snprintf(path, sizeof path, ROOT "/%s/%.*s.json", language, (int)strlen(name) - 4, name);
    if (getenv("WEIR_UPDATE") != NULL) {
        FILE *f = fopen(path, "wb");

        assert_non_null(f);
        fputs(got, f);
        fclose(f);
    }
    want = read_file(path, &n_want);
    if (want == NULL || strcmp(want, got) != 0) {
        print_error("%s: expected\n%sgot\n%s", path, want != NULL ? want : "(no file)\n", got);
        bad++;
    } else if (strcmp(want, unhinted) != 0 && strcmp(language, "webjs") != 0) {
        print_error("%s: without the hint\n%s", path, unhinted);
        bad++;
    }
    free(text);
    free(got);
    free(unhinted);
    free(want);
    return bad;
}

static unsigned check_language(const char *language)
{
    char path[512];
    struct dirent *entry;
    unsigned bad = 0, cases = 0;
    DIR *dir;

    snprintf(path, sizeof path, ROOT "/%s", language);
    dir = opendir(path);
    assert_non_null(dir);
    while ((entry = readdir(dir)) != NULL) {
        if (!weir_str_ends(weir_str_of(entry->d_name), WEIR_S(".txt")))
            continue;
        bad += check_case(language, entry->d_name);
        cases++;
    }
    closedir(dir);
    assert_true(cases >= (strcmp(language, "webjs") == 0 ? 4 : 6));
    return bad;
}

static void stack_traces_become_the_frames_that_an_sdk_sends(void **state)
{
    static const char *const languages[] = {"python", "java", "nodejs", "webjs", "go",
                                            "dotnet", "ruby", "php",    "rust"};
    unsigned bad = 0;

    (void)state;
    for (size_t i = 0; i < COUNT(languages); i++)
        bad += check_language(languages[i]);
    assert_int_equal(bad, 0);
}

/* ---- bounds ------------------------------------------------------------ */

/* `head`, then `piece` (with its number) until `n` bytes are full, then `tail`. */
static char *repeated(const char *head, const char *piece, const char *tail, size_t n)
{
    char *text = malloc(n + 4096);
    size_t used = (size_t)snprintf(text, n, "%s", head);

    for (unsigned i = 0; used < n; i++)
        used += (size_t)snprintf(text + used, 2048, piece, i);
    memcpy(text + used, tail, strlen(tail) + 1);
    return text;
}

struct hostile {
    const char *head, *piece, *tail;
};

static const struct hostile hostile[] = {
    {"a.A: x\n\tat a.A.b(A.java:1)\n", "Caused by: a.B%u: x\n\t... 99999 more\n", ""},
    {"a.A: x\n\tat a.A.b(A.java:1)\n", "\tSuppressed: a.B: x\n\t\tat a.A.b(A.java:%u)\n", ""},
    {"a.A: x\n", "more of it %u\n", "\tat a.A.b(A.java:1)\n"},
    {"", "\tat a.A.b(A.java:%u)\n", ""},
    {"Traceback (most recent call last):\n  File \"a.py\", line 1, in f\n    x\n",
     "  [Previous line repeated 999999 more times]\n", "E: x\n"},
    {"",
     "Traceback (most recent call last):\n  File \"a.py\", line %u, in f\nE: x\n\nDuring handling "
     "of the above exception, another exception occurred:\n\n",
     ""},
    {"  + Exception Group Traceback (most recent call last):\n",
     "    +---------------- %u ----------------\n    | E: x\n", ""},
    {"Traceback (most recent call last):\n  File \"a.py\", line 1, in f\nE: ", "%u\n", ""},
    {"Error: x\n", "    at f (/app/node_modules/a/node_modules/b/%u.js:1:2)\n", ""},
    {"Error: x\n", "    at eval (eval at eval (eval at %u\n", "    at f (/a.js:1:2)\n"},
    {"Error: x\n    at f (/a.js:1:2)\n", "  [cause]: Error: %u\n      at f (/a.js:1:2)\n", ""},
    {"", "@@@@@@@@@ > eval > eval line https://%u\n", "f@https://a/b.js:1:2\n"},
    {"", "panic: x%u [recovered]\n", "goroutine 1 [running]:\nmain.main()\n\t/a.go:1 +0x1\n"},
    {"x\n", "main.f%u\n\t/a.go:1\n", ""},
    {"goroutine 1 [running]:\n", "main.f%%2e%%2e%%2e%u(((((\n\t/a.go:1 +0x1\n", ""},
    {"A.B: x\n", " ---> A.C%u: y", "\n   at A.B.C()\n"},
    {"A.B: x\n", "   at A.B.C(String %u) in C:\\a.cs:line 3\n   --- End of inner exception ---\n",
     ""},
    {"A.B: x\n", "---> (Inner Exception #0) A.C: %u\n", "   at A.B.C()\n"},
    {"", "a.rb:1:in `b': x%u (E)\n", ""},
    {"a.rb:1:in `b': ", "a.rb:%u:in `", "\n"},
    {"", "E: x in /a.php:%u\nStack trace:\n#0 /a.php(1): f()\n#1 {main}\n\nNext ", ""},
    {"E: x\n", "Next E: %u in in in in\n", "Stack trace:\n#0 {main}\n"},
    {"thread 'main' panicked at a.rs:1:2:\nx\nstack backtrace:\n",
     "  %u: core::panicking::x\n  1: core::a[0123456789abcdef]::b\n", "  2: shop::main\n"},
    {"x\n\nCaused by:\n", "  %u: y\n", "Stack backtrace:\n  0: a::b\n"},
};

/* Quadratic readers would need minutes for these; the bound is far above what
 * a busy machine with sanitizers needs. */
static void hostile_texts_are_read_in_linear_time_and_bounded_memory(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(hostile); i++) {
        const struct hostile *h = &hostile[i];
        char *text = repeated(h->head, h->piece, h->tail, 500 * 1024);
        struct weir_stacktrace trace;
        struct weir_arena a;
        clock_t before = clock();
        int err;

        weir_arena_init(&a, 24 << 20);
        err = weir_stacktrace_parse(&a, weir_str_of(text), WEIR_S(""), &trace);
        if (err != 0 && err != WEIR_ENOTFOUND)
            fail_msg("hostile text %zu: error %d", i, err);
        if (clock() - before > 3 * CLOCKS_PER_SEC)
            fail_msg("hostile text %zu took too long", i);
        for (size_t k = 0; err == 0 && k < trace.n; k++)
            assert_true(trace.thrown[k].n_frames <= WEIR_FRAMES_MAX);
        assert_true(err != 0 || trace.n <= WEIR_EXCEPTIONS_MAX);
        weir_arena_destroy(&a);
        free(text);
    }
}

static void of_too_many_frames_the_middle_is_dropped_and_counted(void **state)
{
    char *text = repeated("a.A: x\n", "\tat a.A.b(A.java:%u)\n", "", 20 * 1000);
    struct weir_stacktrace trace;
    struct weir_arena a;
    const struct weir_thrown *t;
    uint32_t most;

    (void)state;
    weir_arena_init(&a, 8 << 20);
    assert_int_equal(weir_stacktrace_parse(&a, weir_str_of(text), WEIR_S(""), &trace), 0);
    t = &trace.thrown[0];
    assert_int_equal(t->n_frames, WEIR_FRAMES_MAX);
    most = t->frames[0].line; /* outermost, last in the text */
    assert_int_equal(t->omitted, most + 1 - WEIR_FRAMES_MAX);
    for (uint32_t i = 0; i < WEIR_FRAMES_MAX; i++)
        assert_int_equal(t->frames[i].line,
                         i < WEIR_FRAMES_MAX / 2 ? most - i : WEIR_FRAMES_MAX - 1 - i);
    weir_arena_destroy(&a);
    free(text);
}

/* 30 causes that share 249 frames each, and names of 100 KiB in all of them. */
static void what_causes_share_does_not_make_an_event_too_large(void **state)
{
    static char name[100 * 1024];
    struct weir_str none = {NULL, 0}, json;
    struct weir_stacktrace trace;
    struct weir_arena a;
    struct weir_buf text, out;
    size_t total = 0;

    (void)state;
    memset(name, 'n', sizeof name);
    memcpy(name + 511, "\xc3\xa4", 2);
    weir_arena_init(&a, 64 << 20);
    weir_buf_init(&text, &a, 1 << 20);
    weir_buf_init(&out, &a, 16 << 20);
    weir_buf_text(&text, "a.A: x\n\tat a.A.");
    weir_buf_add(&text, (struct weir_str){name, sizeof name});
    weir_buf_text(&text, "(A.java:1)\n");
    for (unsigned i = 0; i < 300; i++)
        weir_buf_printf(&text, "\tat a.A.b(A.java:%u)\n", i);
    for (unsigned i = 0; i < 30; i++)
        weir_buf_printf(&text, "Caused by: a.B%u: x\n\t... 999 more\n", i);
    assert_int_equal(weir_stacktrace_parse(&a, (struct weir_str){text.p, text.n}, none, &trace), 0);
    assert_int_equal(trace.n, 31);
    for (size_t i = 0; i < trace.n; i++)
        total += trace.thrown[i].n_frames;
    assert_true(total > 1900 && total <= 2000);
    assert_int_equal(trace.thrown[30].omitted + trace.thrown[30].n_frames, 301);
    assert_int_equal(trace.thrown[30].frames[0].line, 299);
    weir_stacktrace_write(&trace, NULL, none, none, "log", -1, &out);
    assert_int_equal(weir_buf_str(&out, &json), 0);
    assert_true(json.n < 512 * 1024 && weir_utf8_valid(json));
    weir_arena_destroy(&a);
}

/* ---- what is none, and how it is written ------------------------------- */

static void what_is_no_stack_trace_stays_a_text(void **state)
{
    static const char *const texts[] = {
        "",
        "\n",
        "charge failed",
        "at home (today)",
        "at noon",
        "Error: x",
        "from here to there",
        "Meet at 10:30:15",
        "mail bob@example.com:1:2",
        "GET /a.php(1): x",
        "  File \"a.py\" is gone",
        "Caused by: rain\n\tat the sea (12)",
        "in a.go:12 something is wrong",
        "panic: no trace",
        "a.rb:12: warning: x",
        "--- End of story ---",
        "key: value\nother: at (here)",
    };

    (void)state;
    for (size_t i = 0; i < COUNT(texts); i++) {
        struct weir_stacktrace trace;
        struct weir_arena a;

        weir_arena_init(&a, 1 << 20);
        if (weir_stacktrace_parse(&a, weir_str_of(texts[i]), WEIR_S(""), &trace) != WEIR_ENOTFOUND)
            fail_msg("taken for %s: %s", trace.platform, texts[i]);
        weir_arena_destroy(&a);
    }
}

static void a_code_of_node_is_not_the_type(void **state)
{
    struct weir_stacktrace trace;
    struct weir_str json;
    struct weir_arena a;
    struct weir_buf out;

    (void)state;
    weir_arena_init(&a, 1 << 20);
    weir_buf_init(&out, &a, 1 << 20);
    assert_int_equal(weir_stacktrace_parse(&a, WEIR_S("Error: gone\n    at f (/app/a.js:1:2)"),
                                           WEIR_S("nodejs"), &trace),
                     0);
    weir_stacktrace_write(&trace, NULL, WEIR_S("ENOENT"), WEIR_S("gone"), "log", -1, &out);
    assert_int_equal(weir_buf_str(&out, &json), 0);
    assert_true(weir_str_starts(json, WEIR_S("{\"values\":[{\"type\":\"Error\",\"value\":\"gone\","
                                             "\"mechanism\":{\"type\":\"log\",\"data\":{\"code\":"
                                             "\"ENOENT\"}},\"stacktrace\"")));
    weir_arena_destroy(&a);
}

struct row {
    const char *type, *value, *include, *exclude, *want; /* want: a part of the JSON */
};

static void the_record_and_the_configuration_have_their_say(void **state)
{
    static const char text[] = "shop.Main$Refused: no\n\tat shop.Main.a(Main.java:1)\n"
                               "\tat org.apache.x.Y.b(Y.java:2)\n";
    static const struct row rows[] = {
        {"", "", "", "", "{\"type\":\"Main$Refused\",\"value\":\"no\",\"module\":\"shop\","},
        {"shop.Main.Refused", "really", "", "",
         "{\"type\":\"Main$Refused\",\"value\":\"really\",\"module\":\"shop\","},
        {"Other", "", "", "", "{\"type\":\"Other\",\"value\":\"no\",\"mechanism\":"},
        {"", "", "", "",
         "\"module\":\"org.apache.x.Y\",\"function\":\"b\",\"lineno\":2,\"in_app\":false"},
        {"", "", "org.apache.x", "", "\"lineno\":2,\"in_app\":true"},
        {"", "", "org.", "org.apache.", "\"lineno\":2,\"in_app\":false"},
        {"", "", "org.apache.x", "org.apache.", "\"lineno\":2,\"in_app\":true"},
        {"", "", "", "shop.", "\"lineno\":1,\"in_app\":false"},
        {"", "", "", "", "\"mechanism\":{\"type\":\"log\",\"handled\":false}"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct weir_str include = weir_str_of(rows[i].include), json;
        struct weir_str exclude = weir_str_of(rows[i].exclude);
        struct weir_in_app in_app = {&include, &exclude, include.n > 0, exclude.n > 0};
        struct weir_stacktrace trace;
        struct weir_arena a;
        struct weir_buf out;

        weir_arena_init(&a, 1 << 20);
        weir_buf_init(&out, &a, 1 << 20);
        assert_int_equal(weir_stacktrace_parse(&a, weir_str_of(text), WEIR_S("java"), &trace), 0);
        weir_stacktrace_write(&trace, &in_app, weir_str_of(rows[i].type),
                              weir_str_of(rows[i].value), "log", 0, &out);
        assert_int_equal(weir_buf_str(&out, &json), 0);
        if (weir_str_find(json, weir_str_of(rows[i].want)) == SIZE_MAX)
            fail_msg("row %zu: %.*s", i, WEIR_FMT(json));
        weir_arena_destroy(&a);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stack_traces_become_the_frames_that_an_sdk_sends),
        cmocka_unit_test(hostile_texts_are_read_in_linear_time_and_bounded_memory),
        cmocka_unit_test(of_too_many_frames_the_middle_is_dropped_and_counted),
        cmocka_unit_test(what_causes_share_does_not_make_an_event_too_large),
        cmocka_unit_test(what_is_no_stack_trace_stays_a_text),
        cmocka_unit_test(a_code_of_node_is_not_the_type),
        cmocka_unit_test(the_record_and_the_configuration_have_their_say),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
