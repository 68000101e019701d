/* test_golden.c - golden cases: tests/cases/FORMAT-NAME/ holds
 *
 *   in      the body, as a client sends it (FORMAT: envelope, store, native,
 *           security)
 *   config  YAML, optional; its first project (or any) takes the body
 *   out     what leaves: each delivery with its header and items, then what
 *           was refused
 *
 * through the real decoder, scrubber and pipeline. Ids that weir makes stand
 * there as <id>. Adding a case needs no C: make the folder, run this program
 * with WEIR_UPDATE=1, and read `out`. */
#include "unit.h"

#include "weir/metrics.h"
#include "weir/stage.h"
#include "weir/text.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

static const char root[] = WEIR_SOURCE_DIR "/tests/cases";

static const struct {
    const char *prefix;
    enum weir_format format;
} formats[] = {
    {"envelope-", WEIR_FORMAT_ENVELOPE},      {"store-", WEIR_FORMAT_STORE},
    {"native-", WEIR_FORMAT_NATIVE},          {"security-", WEIR_FORMAT_SECURITY},
    {"otlp-traces", WEIR_FORMAT_OTLP_TRACES}, {"otlp-logs", WEIR_FORMAT_OTLP_LOGS},
};

struct golden {
    char name[256];
    enum weir_format format;
};

static struct weir_str read_file(struct weir_arena *a, const char *name, const char *part,
                                 bool *ret_there)
{
    char path[1024];
    struct weir_str s = {"", 0};
    char *p;
    FILE *f;

    snprintf(path, sizeof path, "%s/%s/%s", root, name, part);
    f = fopen(path, "rb");
    *ret_there = f != NULL;
    if (f == NULL)
        return s;
    p = weir_arena_alloc(a, 1 << 20);
    assert_non_null(p);
    s = (struct weir_str){p, fread(p, 1, 1 << 20, f)};
    fclose(f);
    return s;
}

static struct weir_snapshot *load_config(struct weir_arena *a, const char *name)
{
    struct weir_errors errors;
    struct weir_snapshot *snapshot = NULL;
    bool there;
    struct weir_str yaml = read_file(a, name, "config", &there);

    weir_errors_init(&errors, a);
    if (weir_snapshot_parse(yaml, weir_str_of("config"), &errors, &snapshot) != 0)
        fail_msg("%s: config: %.*s", name, WEIR_FMT(errors.list[0].message));
    return snapshot;
}

/* Appends `text`, with ids that do not stand in `in` as <id>. */
static void add_masked(struct weir_buf *out, struct weir_str text, struct weir_str in,
                       struct weir_str id)
{
    size_t at;

    if (id.n == 0 || weir_str_find(in, id) != SIZE_MAX) {
        weir_buf_add(out, text);
        return;
    }
    while ((at = weir_str_find(text, id)) != SIZE_MAX) {
        weir_buf_add(out, weir_str_sub(text, 0, at));
        weir_buf_add(out, WEIR_S("<id>"));
        text = weir_str_sub(text, at + id.n, SIZE_MAX);
    }
    weir_buf_add(out, text);
}

static void add_delivery(struct weir_buf *out, struct weir_arena *a, const struct weir_delivery *d,
                         struct weir_str in)
{
    static const char *const fates[] = {"spool", "stage", "filtered", "sampled", "dropped"};
    struct weir_str items = {"", 0};

    weir_buf_printf(out, "-- %s %s project=%.*s category=%s spans=%u logs=%u", fates[d->fate],
                    weir_item_type_name(d->type), WEIR_FMT(d->project),
                    weir_category_name(d->category), d->n_spans, d->n_logs);
    if (d->reason != NULL)
        weir_buf_printf(out, " reason=%s", d->reason);
    if (d->trace_id.n > 0)
        weir_buf_printf(out, " trace=%.*s", WEIR_FMT(d->trace_id));
    weir_buf_char(out, '\n');
    if (d->fate > WEIR_FATE_STAGE)
        return;
    assert_int_equal(weir_delivery_decode(d, a, 16 << 20, &items), 0);
    add_masked(out, d->header, in, d->event_id);
    weir_buf_char(out, '\n');
    add_masked(out, items, in, d->event_id);
}

static struct weir_str run(struct weir_arena *a, const struct golden *g, struct weir_str body)
{
    struct weir_snapshot *s = load_config(a, g->name);
    const struct weir_project *p =
        s->config.n_projects > 0 ? &s->config.projects[0] : s->config.any_project;
    struct weir_tools tools = {.scrubber = weir_scrubber_new(), .reader = weir_json_reader_new()};
    struct weir_intake in = {.arena = a,
                             .snapshot = s,
                             .project = p,
                             .project_id = p->id.n > 0 ? p->id : WEIR_S("42"),
                             .key = p->keys.n > 0 ? p->keys.list[0] : WEIR_S("k"),
                             .client_ip = WEIR_S("192.0.2.9"),
                             .received_ms = 1700000000123,
                             .tools = &tools};
    struct weir_decode_input input = {.content_type = WEIR_S("application/json"),
                                      .arena = a,
                                      .reader = tools.reader,
                                      .default_project = WEIR_S("1"),
                                      .received_ms = 1700000000123,
                                      .max_items = s->config.limits.items};
    struct weir_delivery *list = NULL;
    struct weir_decoder *d;
    struct weir_sink sink;
    struct weir_buf out;
    struct weir_str text;
    size_t n = 0, offset = 0;
    int err;

    weir_buf_init(&out, a, 16 << 20);
    assert_int_equal(weir_intake_begin(&in, &sink), 0);
    d = weir_decoder_new(g->format, &input, &sink);
    assert_non_null(d);
    err = weir_decoder_feed(d, body, true);
    if (err == 0)
        err = weir_intake_finish(&in, &list, &n);
    if (err != 0) {
        const char *why = weir_decoder_result(d)->error;

        offset = weir_decoder_result(d)->error_offset;
        if (why == NULL)
            why = weir_intake_error(&in, &offset);
        weir_buf_printf(&out, "error %s: %s at %zu\n", weir_strerror(err), why, offset);
        weir_intake_abort(&in);
    }
    for (size_t i = 0; i < n; i++)
        add_delivery(&out, a, &list[i], body);
    for (const struct weir_decode_reject *r = weir_decoder_result(d)->rejects; r != NULL;
         r = r->next)
        weir_buf_printf(&out, "-- refused %.*s: %s\n", WEIR_FMT(r->pointer), r->title);
    assert_int_equal(weir_buf_str(&out, &text), 0);
    weir_scrubber_free(tools.scrubber);
    weir_json_reader_free(tools.reader);
    weir_snapshot_put(s);
    return text;
}

static void write_out(const char *name, struct weir_str text)
{
    char path[1024];
    FILE *f;

    snprintf(path, sizeof path, "%s/%s/out", root, name);
    f = fopen(path, "wb");
    assert_non_null(f);
    fwrite(text.p, 1, text.n, f);
    fclose(f);
}

static void check(void **state)
{
    const struct golden *g = *state;
    struct weir_arena a;
    struct weir_str body, out, got;
    bool there;

    weir_arena_init(&a, 256 << 20);
    body = read_file(&a, g->name, "in", &there);
    assert_true(there);
    got = run(&a, g, body);
    out = read_file(&a, g->name, "out", &there);
    if (getenv("WEIR_UPDATE") != NULL)
        write_out(g->name, got);
    else if (!weir_str_eq(got, out))
        fail_msg("%s: got\n%.*s\nexpected\n%.*s", g->name, WEIR_FMT(got), WEIR_FMT(out));
    weir_arena_destroy(&a);
}

static size_t find_cases(struct golden *list, size_t most)
{
    DIR *dir = opendir(root);
    struct dirent *entry;
    size_t n = 0;

    assert_non_null(dir);
    while ((entry = readdir(dir)) != NULL && n < most)
        for (size_t i = 0; i < COUNT(formats); i++)
            if (strncmp(entry->d_name, formats[i].prefix, strlen(formats[i].prefix)) == 0) {
                snprintf(list[n].name, sizeof list[n].name, "%s", entry->d_name);
                list[n++].format = formats[i].format;
            }
    closedir(dir);
    return n;
}

int main(void)
{
    static struct golden list[256];
    static struct CMUnitTest tests[256];
    static const double bounds[] = {1, 10};
    size_t n;
    int failed;

    if (weir_metrics_init(1000, bounds, 2) != 0)
        return 1;
    weir_metrics_thread();
    n = find_cases(list, 256);
    for (size_t i = 0; i < n; i++)
        tests[i] = (struct CMUnitTest){list[i].name, check, NULL, NULL, &list[i]};
    failed = n > 0 ? _cmocka_run_group_tests("golden", tests, n, NULL, NULL) : 1;
    weir_metrics_thread_end();
    weir_metrics_destroy();
    return failed;
}
