/* zipkin.c - Zipkin's v2 JSON: a list of spans.
 *
 *   [{"traceId":"5af7183fb1d4cf5f","id":"352bff9a74ca9ad2","kind":"CLIENT",
 *     "name":"get /api","timestamp":1556604172355737,"duration":1431,
 *     "localEndpoint":{"serviceName":"backend","ipv4":"192.168.99.1"},
 *     "remoteEndpoint":{"serviceName":"db","port":3306},
 *     "annotations":[{"timestamp":1556604172355800,"value":"retry"}],
 *     "tags":{"http.method":"GET","error":"timeout"}}]
 *
 * Times are microseconds; 64-bit trace ids are padded, as are ids whose zeros
 * at the front a sender left out (Zipkin's own server does so). A server's span may
 * share its id with the client's ("shared"): it gets one of its own, below the
 * client's (weir_shared_span_id). Spans come in the order
 * in which they ended, of many traces in turn: two rounds, as in otlp_spans.c,
 * so that each trace is one fragment. A tag `error` makes the status an error,
 * its text the message.
 *
 * https://zipkin.io/zipkin-api/ */
#include "loose_log.h"

#include "span_record.h"
#include "weir/text.h"

#include <stdlib.h>

enum { SPANS_MAX = 64 * 1024, ATTRIBUTES_MAX = 512, EVENTS_MAX = 1024 };

struct view {
    struct weir_str raw, trace_id;
    size_t index;
};

/* What one span is read into; used again for the next. */
struct reading {
    struct weir_decoder *d;
    struct weir_span_record s;
    struct weir_attribute *list; /* ATTRIBUTES_MAX */
    size_t n;
    struct weir_span_event *events; /* EVENTS_MAX */
    struct weir_origin origin;      /* of service_name, kept for the next span */
    struct weir_attribute service_name;
    struct weir_str origin_json, service;
};

static int refuse(struct weir_decoder *d, size_t index, const char *title)
{
    struct weir_decode_reject *r = weir_arena_zalloc(d->in->arena, 1, sizeof *r), **end;

    if (r == NULL)
        return WEIR_ENOMEM;
    *r = (struct weir_decode_reject){
        .index = index, .pointer = weir_arena_printf(d->in->arena, "/%zu", index), .title = title};
    for (end = &d->result.rejects; *end != NULL && (*end)->index < index; end = &(*end)->next)
        ;
    r->next = *end;
    *end = r;
    d->result.n_rejects++;
    d->result.error = NULL;
    return 0;
}

/* The id of this name, as `width` digits; empty: there is none. */
static struct weir_str id_of(struct weir_arena *a, const struct weir_json_doc *doc,
                             const char *name, size_t width)
{
    struct weir_str s = weir_str_trim(weir_json_doc_text(doc, a, weir_str_of(name)));
    char padded[32];

    if (s.n == 0 || s.n > width)
        return (struct weir_str){NULL, 0};
    memset(padded, '0', width - s.n);
    memcpy(padded + width - s.n, s.p, s.n);
    return weir_hex_id(a, (struct weir_str){padded, width}, width);
}

/* ---- attributes ------------------------------------------------------------------------ */

static void add(struct reading *g, struct weir_str key, struct weir_str text)
{
    if (text.n > 0 && g->n < ATTRIBUTES_MAX)
        g->list[g->n++] = (struct weir_attribute){key, WEIR_ATTRIBUTE_TEXT, text};
}

static int members_of(struct reading *g, const struct weir_json_doc *doc, const char *name,
                      struct weir_json_doc *ret_doc)
{
    const struct weir_json_member *m = weir_json_doc_get(doc, weir_str_of(name));

    ret_doc->n_members = 0;
    if (m == NULL || m->kind != WEIR_JSON_OBJECT)
        return 0;
    return weir_json_members(g->d->in->reader, g->d->in->arena, weir_json_doc_raw(doc, m), ret_doc);
}

static struct weir_str scalar(struct reading *g, const struct weir_json_doc *doc, const char *name)
{
    const struct weir_json_member *m = weir_json_doc_get(doc, weir_str_of(name));

    if (m == NULL || m->kind == WEIR_JSON_NULL)
        return (struct weir_str){NULL, 0};
    return m->kind == WEIR_JSON_STRING ? weir_json_member_text(doc, g->d->in->arena, m)
                                       : weir_json_doc_raw(doc, m);
}

static int read_tags(struct reading *g, const struct weir_json_doc *span)
{
    struct weir_json_doc tags;
    int err = members_of(g, span, "tags", &tags);

    for (size_t i = 0; err == 0 && i < tags.n_members; i++) {
        const struct weir_json_member *m = &tags.members[i];
        struct weir_str text = m->kind == WEIR_JSON_STRING
                                   ? weir_json_member_text(&tags, g->d->in->arena, m)
                                   : weir_json_doc_raw(&tags, m);

        if (m->kind == WEIR_JSON_NULL)
            continue;
        if (weir_str_eq(m->name, WEIR_S("error")) && !weir_str_eq(text, WEIR_S("false"))) {
            g->s.status = WEIR_SPAN_ERROR;
            g->s.status_message =
                weir_str_eq(text, WEIR_S("true")) ? (struct weir_str){NULL, 0} : text;
        } else {
            add(g, m->name, text);
        }
    }
    return err;
}

static int read_endpoints(struct reading *g, const struct weir_json_doc *span)
{
    struct weir_json_doc local, remote;
    int err = members_of(g, span, "localEndpoint", &local);

    if (err == 0)
        err = members_of(g, span, "remoteEndpoint", &remote);
    if (err != 0)
        return err;
    if (local.n_members > 0) {
        g->service = scalar(g, &local, "serviceName");
        add(g, WEIR_S("network.local.address"), scalar(g, &local, "ipv4"));
        add(g, WEIR_S("network.local.address"), scalar(g, &local, "ipv6"));
        add(g, WEIR_S("network.local.port"), scalar(g, &local, "port"));
    }
    if (remote.n_members > 0) {
        add(g, WEIR_S("peer.service"), scalar(g, &remote, "serviceName"));
        add(g, WEIR_S("network.peer.address"), scalar(g, &remote, "ipv4"));
        add(g, WEIR_S("network.peer.address"), scalar(g, &remote, "ipv6"));
        add(g, WEIR_S("network.peer.port"), scalar(g, &remote, "port"));
    }
    return 0;
}

/* ---- times ------------------------------------------------------------------------------- */

/* Microseconds as nanoseconds; 0: none. What is behind a point is not asked. */
static uint64_t micros(struct reading *g, const struct weir_json_doc *doc, const char *name)
{
    struct weir_str whole, rest;
    uint64_t n;

    weir_str_cut(scalar(g, doc, name), '.', &whole, &rest);
    if (!weir_str_u64(whole, &n) || n > UINT64_MAX / 2000)
        return 0;
    return n * 1000;
}

static int read_annotations(struct reading *g, const struct weir_json_doc *span)
{
    const struct weir_json_member *m = weir_json_doc_get(span, WEIR_S("annotations"));
    struct weir_str *list;
    size_t n = 0;
    int err = 0;

    g->s.n_events = 0;
    if (m == NULL || m->kind != WEIR_JSON_ARRAY)
        return 0;
    err = weir_decode_elements(g->d, weir_json_doc_raw(span, m), SPANS_MAX, &list, &n);
    for (size_t i = 0; err == 0 && i < n && g->s.n_events < EVENTS_MAX; i++) {
        struct weir_json_doc event;

        if (list[i].p[0] != '{') /* no annotation, whatever it is */
            continue;
        err = weir_json_members(g->d->in->reader, g->d->in->arena, list[i], &event);
        if (err == 0)
            g->events[g->s.n_events++] = (struct weir_span_event){
                .time_ns = micros(g, &event, "timestamp"), .name = scalar(g, &event, "value")};
    }
    g->s.events = g->events;
    return err;
}

/* ---- spans ---------------------------------------------------------------------------------- */

static enum weir_span_kind kind_of(struct weir_str text)
{
    static const char *const kinds[] = {[WEIR_SPAN_SERVER] = "SERVER",
                                        [WEIR_SPAN_CLIENT] = "CLIENT",
                                        [WEIR_SPAN_PRODUCER] = "PRODUCER",
                                        [WEIR_SPAN_CONSUMER] = "CONSUMER"};

    for (size_t i = WEIR_SPAN_SERVER; i <= WEIR_SPAN_CONSUMER; i++)
        if (weir_str_eq_nocase(text, weir_str_of(kinds[i])))
            return (enum weir_span_kind)i;
    return WEIR_SPAN_INTERNAL;
}

static bool is_true(const struct weir_json_doc *doc, const char *name)
{
    const struct weir_json_member *m = weir_json_doc_get(doc, weir_str_of(name));

    return m != NULL && m->kind == WEIR_JSON_TRUE;
}

/* The server's half of a span that two share: with an id of its own, the
 * client's half is its parent. */
static int part(struct reading *g)
{
    char id[17];

    weir_shared_span_id(g->s.span_id, id);
    g->s.parent_id = g->s.span_id;
    g->s.span_id = weir_arena_copy(g->d->in->arena, (struct weir_str){id, 16});
    return g->s.span_id.p != NULL ? 0 : WEIR_ENOMEM;
}

static void use_origin(struct reading *g)
{
    struct weir_attributes resource = {&g->service_name, g->service.n > 0};

    g->s.origin = &g->origin;
    g->s.origin_json = g->origin_json;
    if (g->origin_json.n > 0 && weir_str_eq(g->service, g->service_name.text))
        return;
    g->service_name =
        (struct weir_attribute){WEIR_S("service.name"), WEIR_ATTRIBUTE_TEXT, g->service};
    weir_origin_of(g->d->in->arena, &resource, &g->origin);
    g->origin_json = weir_span_origin(g->d->in->arena, &g->origin);
    g->s.origin_json = g->origin_json;
}

static int read_span(struct reading *g, const struct view *v)
{
    struct weir_arena *a = g->d->in->arena;
    struct weir_json_doc doc;
    int err = weir_json_members(g->d->in->reader, a, v->raw, &doc);

    if (err != 0)
        return err;
    g->n = 0;
    g->service = (struct weir_str){NULL, 0};
    g->s = (struct weir_span_record){.trace_id = v->trace_id,
                                     .span_id = id_of(a, &doc, "id", 16),
                                     .parent_id = id_of(a, &doc, "parentId", 16),
                                     .name = scalar(g, &doc, "name"),
                                     .kind = kind_of(scalar(g, &doc, "kind")),
                                     .start_ns = micros(g, &doc, "timestamp")};
    g->s.end_ns = g->s.start_ns + (g->s.start_ns > 0 ? micros(g, &doc, "duration") : 0);
    if (is_true(&doc, "debug"))
        g->list[g->n++] =
            (struct weir_attribute){WEIR_S("zipkin.debug"), WEIR_ATTRIBUTE_BOOLEAN, WEIR_S("true")};
    if (is_true(&doc, "shared"))
        err = part(g);
    if (err == 0)
        err = read_endpoints(g, &doc);
    if (err == 0)
        err = read_tags(g, &doc);
    if (err == 0)
        err = read_annotations(g, &doc);
    if (err != 0)
        return err;
    g->s.attributes = (struct weir_attributes){g->list, g->n};
    use_origin(g);
    return 0;
}

/* Reads where the spans are and of which traces; bad ones are refused. */
static int find_views(struct weir_decoder *d, struct weir_str body, struct view **ret_views,
                      size_t *ret_n)
{
    struct weir_str *list;
    struct view *views;
    size_t n = 0, kept = 0;
    int err = weir_decode_elements(d, body, SPANS_MAX, &list, &n);

    views = err == 0 ? weir_arena_zalloc(d->in->arena, n + 1, sizeof *views) : NULL;
    if (views == NULL)
        return err != 0 ? err : WEIR_ENOMEM;
    for (size_t i = 0; err == 0 && i < n; i++) {
        struct weir_json_doc doc;
        struct weir_str trace_id = {NULL, 0}, id = {NULL, 0};

        err = weir_json_members(d->in->reader, d->in->arena, list[i], &doc);
        if (err == 0) {
            trace_id = id_of(d->in->arena, &doc, "traceId", 32);
            id = id_of(d->in->arena, &doc, "id", 16);
        }
        if (err == WEIR_EINVAL)
            err = refuse(d, i, "must be a JSON object");
        else if (err == 0 && (trace_id.n == 0 || id.n == 0))
            err = refuse(d, i, "needs a traceId of up to 32 hex digits and an id of up to 16");
        else if (err == 0)
            views[kept++] = (struct view){list[i], trace_id, i};
    }
    *ret_views = views;
    *ret_n = kept;
    return err;
}

static int by_trace(const void *left, const void *right)
{
    const struct view *a = left, *b = right;
    int order = memcmp(a->trace_id.p, b->trace_id.p, 32);

    return order != 0 ? order : (a->index > b->index) - (a->index < b->index);
}

/* The spans of one trace: views[0, n). */
static int write_trace(struct reading *g, const struct view *views, size_t n)
{
    struct weir_span_fragment f;
    int err = 0;

    weir_span_fragment_begin(&f, g->d, views[0].trace_id, 0);
    for (size_t i = 0; err == 0 && i < n; i++) {
        err = read_span(g, &views[i]);
        if (err == WEIR_EINVAL) {
            err = refuse(g->d, views[i].index, "must be a span of Zipkin's v2 format");
        } else if (err == 0) {
            err = weir_span_fragment_add(&f, &g->s);
            g->d->result.accepted++;
        }
    }
    if (err == 0)
        err = weir_span_fragment_end(&f);
    g->d->result.accepted -= f.refused;
    for (uint32_t i = 0; i < f.refused && err == 0; i++)
        err = refuse(g->d, views[0].index, "a span of this one's trace is too large");
    return err;
}

static int whole(struct weir_decoder *d, struct weir_str body)
{
    struct reading g = {.d = d};
    struct view *views;
    size_t n = 0, end;
    int err;

    body = weir_str_trim(body);
    if (body.n == 0 || body.p[0] != '[')
        return weir_decode_fail(d, WEIR_EINVAL, "Zipkin's v2 format is a JSON array of spans", 0);
    err = find_views(d, body, &views, &n);
    g.list = weir_arena_zalloc(d->in->arena, ATTRIBUTES_MAX, sizeof *g.list);
    g.events = weir_arena_zalloc(d->in->arena, EVENTS_MAX, sizeof *g.events);
    if (err == 0 && (g.list == NULL || g.events == NULL))
        err = WEIR_ENOMEM;
    if (err == 0 && n > 1)
        qsort(views, n, sizeof *views, by_trace);
    for (size_t i = 0; err == 0 && i < n; i = end) {
        for (end = i + 1; end < n && weir_str_eq(views[end].trace_id, views[i].trace_id); end++)
            ;
        err = write_trace(&g, &views[i], end - i);
    }
    return err;
}

const struct weir_format_ops weir_format_zipkin = {.whole = whole};
