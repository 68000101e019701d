/* fakes.h - the pipeline's neighbours, small enough to see through: a
 * scrubber that turns SECRET into ******, blobs in memory, counters in a
 * list, two projects. Included once by each test program. */
#ifndef WEIR_TESTS_FAKES_H
#define WEIR_TESTS_FAKES_H

#include "weir/limits.h"
#include "weir/metrics.h"
#include "weir/stage.h"
#include "weir/text.h"

#include <stdio.h>
#include <stdlib.h>

/* ---- scrubber ---------------------------------------------------------- */

struct weir_scrubber {
    struct weir_json_reader *reader;
    bool ip_rule;
};

static void fake_edits(struct weir_json_doc *doc)
{
    size_t at = 0, found;

    while ((found = weir_str_find(weir_str_sub(doc->body, at, SIZE_MAX), WEIR_S("SECRET"))) !=
           SIZE_MAX) {
        weir_edits_add(&doc->edits, at + found, at + found + 6, WEIR_S("******"));
        at += found + 6;
    }
}

int weir_scrub_json(struct weir_scrubber *s, const struct weir_scrub_plan *plan,
                    enum weir_scrub_kind kind, struct weir_arena *a, struct weir_str body,
                    struct weir_json_doc *ret_doc)
{
    int err = weir_json_members(s->reader, a, body, ret_doc);

    (void)plan;
    (void)kind;
    if (err == 0)
        fake_edits(ret_doc);
    return err;
}

int weir_scrub_finish(struct weir_scrubber *s, struct weir_json_doc *doc)
{
    (void)s;
    (void)doc;
    return 0;
}

const char *weir_scrubber_error(const struct weir_scrubber *s, size_t *ret_offset)
{
    *ret_offset = weir_json_pos(s->reader);
    return weir_json_error(s->reader);
}

static struct weir_str fake_text(struct weir_arena *a, struct weir_str in)
{
    struct weir_str copy = weir_arena_copy(a, in);
    char *p = (char *)copy.p;

    for (size_t i = 0; i + 6 <= copy.n; i++)
        if (memcmp(p + i, "SECRET", 6) == 0)
            memcpy(p + i, "******", 6);
    return copy;
}

int weir_scrub_field(struct weir_scrubber *s, const struct weir_scrub_plan *plan,
                     enum weir_scrub_kind kind, const char *path, struct weir_arena *a,
                     struct weir_str in, struct weir_str *ret_out)
{
    (void)plan;
    (void)kind;
    (void)path;
    *ret_out = s->ip_rule ? (struct weir_str){"", 0} : fake_text(a, in);
    return 0;
}

int weir_scrub_attachment(struct weir_scrubber *s, const struct weir_scrub_plan *plan,
                          struct weir_arena *a, struct weir_str name, struct weir_str in,
                          struct weir_str *ret_out)
{
    (void)s;
    (void)plan;
    (void)name;
    if (in.n > 0 && memchr(in.p, '\0', in.n) != NULL)
        return WEIR_EUNSUPPORTED;
    *ret_out = fake_text(a, in);
    return 0;
}

int weir_scrub_recording(struct weir_scrubber *s, const struct weir_scrub_plan *plan,
                         struct weir_arena *a, struct weir_str in, struct weir_str *ret_out)
{
    return weir_scrub_attachment(s, plan, a, in, in, ret_out);
}

struct weir_scrub_stream {
    weir_scrub_out_fn *out;
    void *self;
    bool binary_ok, began;
};

int weir_scrub_stream_new(struct weir_scrubber *s, const struct weir_scrub_plan *plan,
                          enum weir_stream_kind what, enum weir_scrub_kind kind, bool binary_ok,
                          weir_scrub_out_fn *out, void *self, struct weir_scrub_stream **ret_stream)
{
    struct weir_scrub_stream *t = calloc(1, sizeof *t);

    (void)s;
    (void)plan;
    (void)what;
    (void)kind;
    *t = (struct weir_scrub_stream){out, self, binary_ok, false};
    *ret_stream = t;
    return 0;
}

int weir_scrub_stream_feed(struct weir_scrub_stream *t, struct weir_str bytes)
{
    if (!t->began && bytes.n > 0 && bytes.p[0] == '\0' && !t->binary_ok)
        return WEIR_EUNSUPPORTED;
    if (weir_str_find(bytes, WEIR_S("BROKEN")) != SIZE_MAX)
        return WEIR_EINVAL;
    t->began = true;
    return t->out(t->self, bytes);
}

int weir_scrub_stream_end(struct weir_scrub_stream *t)
{
    (void)t;
    return 0;
}

void weir_scrub_stream_free(struct weir_scrub_stream *t)
{
    free(t);
}

/* ---- blobs ------------------------------------------------------------- */

struct weir_blob_writer {
    char header[256];
    uint64_t bytes, items, cancelled;
    uint64_t item_bytes;
    bool in_item;
};

static struct {
    int open, closed, aborted, discarded;
    char headers[1024];
    uint64_t bytes;
} fake_blobs;

int weir_blob_open(struct weir_spool *s, enum weir_compression how,
                   struct weir_blob_writer **ret_writer)
{
    (void)s;
    (void)how;
    fake_blobs.open++;
    *ret_writer = calloc(1, sizeof **ret_writer);
    return 0;
}

int weir_blob_item_begin(struct weir_blob_writer *w, struct weir_str header)
{
    snprintf(w->header, sizeof w->header, "%.*s", WEIR_FMT(header));
    w->item_bytes = 0;
    w->in_item = true;
    return 0;
}

int weir_blob_write(struct weir_blob_writer *w, struct weir_str bytes)
{
    w->item_bytes += bytes.n;
    return 0;
}

int weir_blob_item_end(struct weir_blob_writer *w)
{
    strncat(fake_blobs.headers, w->header, sizeof fake_blobs.headers / 4);
    w->bytes += w->item_bytes;
    w->items++;
    return 0;
}

int weir_blob_item_cancel(struct weir_blob_writer *w)
{
    w->cancelled++;
    return 0;
}

int weir_blob_close(struct weir_blob_writer *w, struct weir_blob *ret_blob)
{
    fake_blobs.closed++;
    fake_blobs.bytes = w->bytes;
    *ret_blob = (struct weir_blob){.name = "blob", .raw_bytes = w->bytes};
    free(w);
    return 0;
}

void weir_blob_abort(struct weir_blob_writer *w)
{
    if (w != NULL)
        fake_blobs.aborted++;
    free(w);
}

void weir_blob_discard(struct weir_spool *s, const struct weir_blob *b)
{
    (void)s;
    (void)b;
    fake_blobs.discarded++;
}

/* ---- metrics: "3/event/http" -> count ---------------------------------- */

struct weir_series {
    char key[128];
    uint64_t count;
};

static struct weir_series fake_series[64];

struct weir_series *weir_metric(enum weir_metric m, const struct weir_str *values, size_t n)
{
    char key[128] = "";
    size_t at = (size_t)snprintf(key, sizeof key, "%d", m == WEIR_M_RECEIVED ? 0 : 1), i;

    for (i = 0; i < n; i++)
        at += (size_t)snprintf(key + at, sizeof key - at, "/%.*s", WEIR_FMT(values[i]));
    for (i = 0; fake_series[i].key[0] != '\0' && strcmp(fake_series[i].key, key) != 0; i++)
        ;
    memcpy(fake_series[i].key, key, sizeof key);
    return &fake_series[i];
}

void weir_count(struct weir_series *s, uint64_t by)
{
    s->count += by;
}

/* ---- spans: what the stage told of the last ones, one line each ---------- */

static char fake_spans[4096];

void weir_span_observe(const struct weir_span_facts *f, const struct weir_span_labels *l)
{
    size_t at = strlen(fake_spans);

    at += (size_t)snprintf(fake_spans + at, sizeof fake_spans - at, "%s %.0fms %.*s",
                           f->segment ? "segment" : "span", f->duration_ms,
                           WEIR_FMT(weir_str_sub(f->trace_id, 0, 4)));
    for (int i = 0; i < WEIR_FACTS && at < sizeof fake_spans; i++) {
        if (f->text[i].n > 0)
            at += (size_t)snprintf(fake_spans + at, sizeof fake_spans - at, " %d=%.*s", i,
                                   WEIR_FMT(l->scrub(l->self, "endpoint", f->text[i])));
        if (f->raw[i].n > 0)
            at += (size_t)snprintf(fake_spans + at, sizeof fake_spans - at, " %d~%.*s", i,
                                   WEIR_FMT(f->raw[i]));
    }
    snprintf(fake_spans + at, sizeof fake_spans - at, "\n");
}

/* WEIR_M_RECEIVED is "0/project/type/transport", items "1/type/outcome". */
__attribute__((unused)) static uint64_t fake_count(const char *key)
{
    for (size_t i = 0; i < 64; i++)
        if (strcmp(fake_series[i].key, key) == 0)
            return fake_series[i].count;
    return 0;
}

/* ---- configuration ----------------------------------------------------- */

static struct weir_project fake_projects[2];

const struct weir_project *weir_config_project(const struct weir_config *c, struct weir_str id)
{
    (void)c;
    for (size_t i = 0; i < 2; i++)
        if (weir_str_eq(fake_projects[i].id, id))
            return &fake_projects[i];
    return NULL;
}

bool weir_project_accepts(const struct weir_project *p, struct weir_str key)
{
    for (size_t i = 0; i < p->keys.n; i++)
        if (weir_str_eq(p->keys.list[i], key))
            return true;
    return false;
}

/* ---- an intake with all of this ---------------------------------------- */

struct stand {
    struct weir_arena arena;
    struct weir_scrubber scrubber;
    struct weir_tools tools;
    struct weir_snapshot snapshot;
    struct weir_project *project;
    struct weir_intake in;
    struct weir_sink sink;
    struct weir_decode_input input;
    struct weir_delivery *list;
    size_t n;
};

static struct weir_str fake_keys[2] = {{"k1", 2}, {"k2", 2}};
static struct weir_destination fake_destinations[2] = {{.slot = 3}, {.slot = 5}};
static const struct weir_destination *fake_pointers[2] = {&fake_destinations[0],
                                                          &fake_destinations[1]};

static void stand_open(struct stand *s)
{
    memset(s, 0, sizeof *s);
    memset(fake_series, 0, sizeof fake_series);
    memset(&fake_blobs, 0, sizeof fake_blobs);
    fake_spans[0] = '\0';
    for (int why = 0; why < WEIR_REPORT_REASONS; why++)
        for (int c = 0; c < WEIR_CATEGORIES; c++)
            for (unsigned slot = 3; slot <= 5; slot += 2)
                (void)weir_report_take(slot, why, c);
    for (size_t i = 0; i < 2; i++)
        fake_projects[i] = (struct weir_project){.id = i == 0 ? WEIR_S("42") : WEIR_S("7"),
                                                 .keys = {&fake_keys[i], 1},
                                                 .destinations = fake_pointers,
                                                 .n_destinations = 2,
                                                 .sample_errors = 1,
                                                 .sample_traces = 1,
                                                 .traces.keep_share = 1};
    s->project = &fake_projects[0];
    fake_destinations[0].compression = WEIR_NO_COMPRESSION;
    s->snapshot.config.traces.keep_share = 1;
    s->snapshot.config.limits = (struct weir_limits){.envelope = 200 << 20,
                                                     .event = 1 << 20,
                                                     .container = 12 << 20,
                                                     .profile = 50 << 20,
                                                     .replay = 100 << 20,
                                                     .check_in = 100 << 10,
                                                     .attachment = 100 << 20,
                                                     .item = 1 << 20,
                                                     .items = 500};
    weir_arena_init(&s->arena, 64 << 20);
    s->scrubber.reader = weir_json_reader_new();
    s->tools.scrubber = &s->scrubber;
    s->tools.reader = weir_json_reader_new();
    s->in = (struct weir_intake){.arena = &s->arena,
                                 .snapshot = &s->snapshot,
                                 .project = s->project,
                                 .project_id = WEIR_S("42"),
                                 .key = WEIR_S("k1"),
                                 .client_ip = WEIR_S("192.0.2.9"),
                                 .received_ms = 1700000000000,
                                 .tools = &s->tools};
    s->input = (struct weir_decode_input){.arena = &s->arena,
                                          .reader = s->tools.reader,
                                          .max_items = 500,
                                          .received_ms = 1700000000000};
    assert_int_equal(weir_intake_begin(&s->in, &s->sink), 0);
}

static void stand_close(struct stand *s)
{
    weir_intake_abort(&s->in);
    weir_json_reader_free(s->scrubber.reader);
    weir_json_reader_free(s->tools.reader);
    weir_arena_destroy(&s->arena);
}

/* Decodes and finishes; there may be no memory even for the decoder. */
static int stand_run(struct stand *s, enum weir_format f, struct weir_str body)
{
    struct weir_decoder *d = weir_decoder_new(f, &s->input, &s->sink);
    int err = d != NULL ? weir_decoder_feed(d, body, true) : WEIR_ENOMEM;

    return err != 0 ? err : weir_intake_finish(&s->in, &s->list, &s->n);
}

__attribute__((unused)) static const char *stand_items(struct stand *s, size_t i)
{
    struct weir_str items = {0}, copy;

    assert_true(i < s->n);
    if (s->list[i].items.n > 0 || s->list[i].raw_bytes > 0)
        assert_int_equal(weir_delivery_decode(&s->list[i], &s->arena, 64 << 20, &items), 0);
    copy = weir_arena_copy(&s->arena, items);
    assert_non_null(copy.p);
    return copy.p;
}

#endif
