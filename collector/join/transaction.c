/* transaction.c - writes a transaction event from native spans; see spans.h.
 *
 * Values are taken over as raw JSON: they were validated and scrubbed before
 * they were staged. */
#include "spans.h"
#include "weir/scan.h"
#include "weir/text.h"

enum { SLACK = 1024 };

/* `"name":` after a comma where one is due. */
static void name(struct weir_buf *out, const char *text)
{
    if (out->n > 0 && out->p[out->n - 1] != '{')
        weir_buf_char(out, ',');
    weir_buf_char(out, '"');
    weir_buf_text(out, text);
    weir_buf_add(out, WEIR_S("\":"));
}

static void add_raw(struct weir_buf *out, const char *as, struct weir_str raw)
{
    if (raw.n == 0)
        return;
    name(out, as);
    weir_buf_add(out, raw);
}

static void add_text(struct weir_buf *out, const char *as, struct weir_str text)
{
    if (text.n == 0)
        return;
    name(out, as);
    weir_buf_json(out, text);
}

static void add_time(struct weir_buf *out, struct weir_str raw, const char *as, double seconds)
{
    if (raw.n > 0 && (raw.p[0] == '"' || raw.p[0] == '-' || (raw.p[0] >= '0' && raw.p[0] <= '9'))) {
        add_raw(out, as, raw);
        return;
    }
    name(out, as);
    weir_buf_seconds(out, seconds);
}

/* Ids of a span; of one that stands in for the root of a further piece, a new
 * one below that root. */
static void add_ids(struct weir_buf *out, const struct weir_span *s, struct weir_str trace_id,
                    bool below)
{
    add_text(out, "trace_id", trace_id);
    if (!below && s->span_id.n > 0) {
        add_text(out, "span_id", s->span_id);
    } else {
        name(out, "span_id");
        weir_buf_printf(out, "\"%016llx\"", (unsigned long long)weir_random());
    }
    add_text(out, "parent_span_id", below ? s->span_id : s->parent_id);
}

static void add_rest(struct weir_buf *out, const struct weir_span *s)
{
    add_text(out, "op", s->op);
    add_raw(out, "status", s->raw[WEIR_SPAN_STATUS]);
    add_raw(out, "data", s->raw[WEIR_SPAN_DATA]);
    add_raw(out, "links", s->raw[WEIR_SPAN_LINKS]);
}

static void add_child(struct weir_buf *out, const struct weir_span *s, struct weir_str trace_id)
{
    if (out->p[out->n - 1] == '}')
        weir_buf_char(out, ',');
    weir_buf_char(out, '{');
    add_ids(out, s, trace_id, false);
    add_rest(out, s);
    add_raw(out, "description", s->raw[WEIR_SPAN_DESCRIPTION]);
    add_raw(out, "tags", s->raw[WEIR_SPAN_TAGS]);
    add_time(out, s->raw[WEIR_SPAN_START], "start_timestamp", s->start);
    add_time(out, s->raw[WEIR_SPAN_END], "timestamp", s->end);
    weir_buf_char(out, '}');
}

/* The root's tags, its service, and those of the configuration. Tags in
 * another form than an object stay as they are. */
static int add_tags(struct weir_json_reader *r, struct weir_arena *a, struct weir_buf *out,
                    const struct weir_span *s, const struct weir_tagging *tagging)
{
    struct weir_str tags = s->raw[WEIR_SPAN_TAGS];
    struct weir_json_doc d;
    size_t bytes = tags.n + s->service.n * 6 + SLACK;
    int err;

    if (tags.n == 0)
        tags = WEIR_S("{}");
    if (weir_json_members(r, a, tags, &d) == 0) {
        for (size_t i = 0; tagging != NULL && i < tagging->n_tags; i++) {
            const struct weir_tag *t = &tagging->tags[i];
            struct weir_buf value;
            struct weir_str json;

            bytes += 6 * (t->key.n + t->value.n) + 8;
            weir_buf_init(&value, a, 6 * t->value.n + 2);
            weir_buf_json(&value, t->value);
            err = weir_buf_str(&value, &json);
            if (err != 0)
                return err;
            if (weir_json_doc_get(&d, t->key) == NULL)
                weir_json_doc_set(&d, t->key, json);
        }
        if (s->service.n > 0 && weir_json_doc_get(&d, WEIR_S("service")) == NULL)
            weir_json_doc_set(&d, WEIR_S("service"), s->raw[WEIR_SPAN_SERVICE]);
        err = weir_json_doc_write(&d, a, bytes, &tags);
        if (err != 0)
            return err;
    }
    if (tags.n > 2)
        add_raw(out, "tags", tags);
    return 0;
}

static void add_tagged(struct weir_buf *out, struct weir_str raw, const char *as,
                       struct weir_str otherwise)
{
    if (raw.n > 0)
        add_raw(out, as, raw);
    else
        add_text(out, as, otherwise);
}

/* A transaction needs a name. */
static void add_name(struct weir_buf *out, const struct weir_span *s)
{
    struct weir_str raw = s->raw[WEIR_SPAN_DESCRIPTION], info = s->raw[WEIR_SPAN_INFO];

    if (raw.n > 0 && raw.p[0] == '"')
        add_raw(out, "transaction", raw);
    else
        add_text(out, "transaction",
                 s->op.n > 0        ? s->op
                 : s->service.n > 0 ? s->service
                                    : WEIR_S("unnamed"));
    add_raw(out, "transaction_info", info.n > 0 ? info : WEIR_S("{\"source\":\"custom\"}"));
}

/* contexts: the trace's, and those that the root's sender gave it. */
static void add_contexts(struct weir_buf *out, const struct weir_span *s, struct weir_str trace_id,
                         bool below)
{
    struct weir_str key, value;
    struct weir_scan scan;

    name(out, "contexts");
    weir_buf_add(out, WEIR_S("{\"trace\":{"));
    add_ids(out, s, trace_id, below);
    add_rest(out, s);
    weir_buf_char(out, '}');
    if (weir_scan_begin(&scan, s->raw[WEIR_SPAN_CONTEXTS]) && scan.object)
        while (weir_scan_next(&scan, &key, &value)) {
            if (weir_str_eq(key, WEIR_S("\"trace\"")))
                continue;
            weir_buf_char(out, ',');
            weir_buf_add(out, key);
            weir_buf_char(out, ':');
            weir_buf_add(out, value);
        }
    weir_buf_char(out, '}');
}

static int write_root(struct weir_json_reader *r, struct weir_arena *a, struct weir_buf *out,
                      const struct weir_span *s, bool below, struct weir_str trace_id,
                      const struct weir_tagging *tagging)
{
    struct weir_str platform = s->raw[WEIR_SPAN_PLATFORM];
    static const struct weir_tagging none;
    const struct weir_tagging *t = tagging != NULL ? tagging : &none;

    add_raw(out, "type", WEIR_S("\"transaction\""));
    add_raw(out, "platform", platform.n > 0 ? platform : WEIR_S("\"other\""));
    add_name(out, s);
    add_time(out, s->raw[WEIR_SPAN_START], "start_timestamp", s->start);
    add_time(out, s->raw[WEIR_SPAN_END], "timestamp", s->end);
    add_tagged(out, s->raw[WEIR_SPAN_ENVIRONMENT], "environment", t->environment);
    add_tagged(out, s->raw[WEIR_SPAN_RELEASE], "release", t->release);
    add_tagged(out, s->raw[WEIR_SPAN_SERVER_NAME], "server_name", t->server_name);
    add_contexts(out, s, trace_id, below);
    return add_tags(r, a, out, s, tagging);
}

/* Bytes that the transaction takes at most: names are added, and text that is
 * written anew may be escaped. */
static size_t most_bytes(const struct weir_span *spans, size_t n, size_t root,
                         const struct weir_tagging *t)
{
    size_t bytes = SLACK;

    for (size_t i = 0; i < n; i++)
        if (spans[i].under == root)
            bytes += spans[i].json.n * 6 + SLACK;
    if (t != NULL)
        bytes += 6 * (t->environment.n + t->release.n + t->server_name.n);
    for (size_t i = 0; t != NULL && i < t->n_tags; i++)
        bytes += 6 * (t->tags[i].key.n + t->tags[i].value.n) + 8;
    return bytes;
}

static void write_children(struct weir_buf *out, const struct weir_span *spans, size_t n,
                           size_t root, size_t skip, size_t most, struct weir_str trace_id,
                           uint32_t *ret_n)
{
    size_t child = 0;

    name(out, "spans");
    weir_buf_char(out, '[');
    for (size_t i = 0; i < n && *ret_n + 1 < most && !out->failed; i++)
        if (i != root && spans[i].under == root && child++ >= skip) {
            add_child(out, &spans[i], trace_id);
            ++*ret_n;
        }
    weir_buf_add(out, WEIR_S("]}"));
}

int weir_transaction_write(struct weir_json_reader *r, struct weir_arena *a,
                           const struct weir_span *spans, size_t n, size_t root, size_t skip,
                           size_t most, struct weir_str trace_id,
                           const struct weir_tagging *tagging,
                           struct weir_transaction *ret_transaction)
{
    struct weir_transaction t = {.n_spans = 0};
    bool below = skip > 0 || spans[root].again;
    struct weir_buf out;
    char made_trace_id[33];
    int err;

    if (trace_id.n == 0) {
        weir_new_event_id(made_trace_id);
        trace_id = (struct weir_str){made_trace_id, 32};
    }
    weir_new_event_id(t.event_id);
    weir_buf_init(&out, a, most_bytes(spans, n, root, tagging));
    weir_buf_char(&out, '{');
    add_text(&out, "event_id", (struct weir_str){t.event_id, 32});
    err = write_root(r, a, &out, &spans[root], below, trace_id, tagging);
    if (err != 0)
        return err;
    /* A piece that took no child would never come to an end. */
    write_children(&out, spans, n, root, skip, most < 2 ? 2 : most, trace_id, &t.n_spans);
    err = weir_buf_str(&out, &t.payload);
    if (err == 0)
        *ret_transaction = t;
    return err;
}
