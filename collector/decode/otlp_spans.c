/* otlp_spans.c - OTLP's spans, put together by trace.
 *
 *   Span { trace id 1, span id 2, trace state 3, parent 4, name 5, kind 6,
 *          start 7, end 8 (ns), attributes 9, events 11, links 13, status 15 }
 *   Event { time 1, name 2, attributes 3 }   Status { message 2, code 3 }
 *   Link { trace id 1, span id 2, trace state 3, attributes 4 }
 *
 * An exporter's batch holds the spans that ended lately, of many traces in
 * turn; a trace should be one row of the spool. So there are two rounds: one
 * that reads the ids and notes where each span is, and one that goes trace by
 * trace, reads its spans and writes them. Exceptions come behind the spans of
 * their trace.
 *
 * Which spans carry what the resource says (span_record.h): those that may
 * become local roots, as their parent is not among the spans of the same
 * resource in this request. */
#include "otlp.h"

#include "weir/text.h"

struct view {
    struct weir_str bytes;
    const struct weir_origin *origin;
    struct view *next;      /* of its trace */
    struct view *same_slot; /* of the table of ids */
    uint64_t id, parent;    /* as they stand in memory; parent 0: none */
    bool serves;            /* kind server or consumer */
};

struct trace {
    struct weir_str id; /* 32 hex */
    uint64_t raw[2];
    struct view *first, **end;
    struct trace *next, *same_slot;
};

struct spans {
    struct weir_decoder *d;
    struct trace *first, **end;
    struct trace **traces; /* hash tables of 2^(64 - shift) slots */
    struct view **ids;
    uint64_t factors[2]; /* random and odd: nobody can aim at one slot */
    unsigned shift;
    size_t n;
    struct weir_otlp_attributes attributes; /* of the span at hand */
    struct weir_str origin_json;            /* of this resource: */
    const struct weir_attribute *origin_of;
};

/* ---- first round: where they are --------------------------------------------------- */

/* Multiply-shift: the upper bits of the product. */
static size_t slot_of(const struct spans *s, uint64_t first, uint64_t second)
{
    return (size_t)((first * s->factors[0] + second * s->factors[1]) >> s->shift);
}

static struct trace *trace_of(struct spans *s, struct weir_str bytes)
{
    struct trace *t, **slot;
    uint64_t raw[2];

    memcpy(raw, bytes.p, sizeof raw);
    slot = &s->traces[slot_of(s, raw[0], raw[1])];
    for (t = *slot; t != NULL; t = t->same_slot)
        if (t->raw[0] == raw[0] && t->raw[1] == raw[1])
            return t;
    t = weir_arena_zalloc(s->d->in->arena, 1, sizeof *t);
    if (t == NULL)
        return NULL;
    t->id = weir_otlp_id(s->d->in->arena, bytes, 16);
    memcpy(t->raw, raw, sizeof raw);
    t->end = &t->first;
    t->same_slot = *slot;
    *slot = t;
    *s->end = t;
    s->end = &t->next;
    return t;
}

static bool is_id(struct weir_str bytes, size_t n)
{
    unsigned any = 0;

    if (bytes.n != n)
        return false;
    for (size_t i = 0; i < n; i++)
        any |= (unsigned char)bytes.p[i];
    return any != 0;
}

static int note(struct spans *s, const struct view *found, struct weir_str trace_id)
{
    struct view *v = weir_arena_alloc(s->d->in->arena, sizeof *v);
    struct trace *t = trace_of(s, trace_id);
    struct view **slot = &s->ids[slot_of(s, found->id, 0)];

    if (v == NULL || t == NULL || t->id.n == 0)
        return WEIR_ENOMEM;
    *v = *found;
    v->same_slot = *slot;
    *slot = v;
    *t->end = v;
    t->end = &v->next;
    s->d->result.accepted++;
    return 0;
}

static int index_one(void *self, const struct weir_origin *origin, struct weir_str span)
{
    struct spans *s = self;
    struct view v = {.bytes = span, .origin = origin};
    struct weir_str trace_id = {"", 0}, id = {"", 0}, parent = {"", 0};
    struct weir_pb_field f;
    struct weir_pb r;

    if (s->n++ == WEIR_OTLP_RECORDS_MAX)
        return weir_decode_too_many(s->d, 0);
    weir_pb_begin(&r, span);
    while (weir_pb_next(&r, &f)) {
        if (weir_pb_is(&f, 1, WEIR_PB_BYTES))
            trace_id = f.bytes;
        else if (weir_pb_is(&f, 2, WEIR_PB_BYTES))
            id = f.bytes;
        else if (weir_pb_is(&f, 4, WEIR_PB_BYTES))
            parent = f.bytes;
        else if (weir_pb_is(&f, 6, WEIR_PB_VARINT))
            v.serves = f.value == WEIR_SPAN_SERVER || f.value == WEIR_SPAN_CONSUMER;
    }
    if (r.error != NULL)
        return weir_otlp_broken(s->d, &r);
    if (!is_id(trace_id, 16))
        return weir_otlp_reject(s->d, "a trace_id must have 16 bytes that are not all zero");
    if (!is_id(id, 8))
        return weir_otlp_reject(s->d, "a span_id must have 8 bytes that are not all zero");
    memcpy(&v.id, id.p, sizeof v.id);
    if (parent.n == sizeof v.parent)
        memcpy(&v.parent, parent.p, sizeof v.parent);
    return note(s, &v, trace_id);
}

static int build_index(struct spans *s, struct weir_str request)
{
    size_t slots = 16;

    s->shift = 60;
    for (; slots < request.n / 128 && slots < WEIR_OTLP_RECORDS_MAX; slots *= 2)
        s->shift--;
    s->factors[0] = weir_random() | 1;
    s->factors[1] = weir_random() | 1;
    s->end = &s->first;
    s->traces = weir_arena_zalloc(s->d->in->arena, slots, sizeof *s->traces);
    s->ids = weir_arena_zalloc(s->d->in->arena, slots, sizeof *s->ids);
    if (s->traces == NULL || s->ids == NULL)
        return WEIR_ENOMEM;
    return weir_otlp_walk(s->d, request, index_one, s);
}

/* ---- second round: reading --------------------------------------------------------- */

static int read_event(struct weir_decoder *d, struct weir_str bytes, struct weir_span_event *e)
{
    struct weir_otlp_attributes list = {.room = 0};
    struct weir_pb_field f;
    struct weir_pb r;
    int err = 0;

    weir_pb_begin(&r, bytes);
    while (err == 0 && weir_pb_next(&r, &f)) {
        if (weir_pb_is(&f, 1, WEIR_PB_FIXED64))
            e->time_ns = f.value;
        else if (weir_pb_is(&f, 2, WEIR_PB_BYTES))
            e->name = f.bytes;
        else if (weir_pb_is(&f, 3, WEIR_PB_BYTES))
            err = weir_otlp_attribute(d, f.bytes, &list);
    }
    e->attributes = list.of;
    return err == 0 && r.error != NULL ? weir_otlp_broken(d, &r) : err;
}

static int read_link(struct weir_decoder *d, struct weir_str bytes, struct weir_span_link *l)
{
    struct weir_otlp_attributes list = {.room = 0};
    struct weir_pb_field f;
    struct weir_pb r;
    int err = 0;

    weir_pb_begin(&r, bytes);
    while (err == 0 && weir_pb_next(&r, &f)) {
        if (weir_pb_is(&f, 1, WEIR_PB_BYTES))
            l->trace_id = weir_otlp_id(d->in->arena, f.bytes, 16);
        else if (weir_pb_is(&f, 2, WEIR_PB_BYTES))
            l->span_id = weir_otlp_id(d->in->arena, f.bytes, 8);
        else if (weir_pb_is(&f, 3, WEIR_PB_BYTES))
            l->trace_state = f.bytes;
        else if (weir_pb_is(&f, 4, WEIR_PB_BYTES))
            err = weir_otlp_attribute(d, f.bytes, &list);
    }
    l->attributes = list.of;
    return err == 0 && r.error != NULL ? weir_otlp_broken(d, &r) : err;
}

/* Events and links: rare, so they are counted first and get exact lists. */
static int read_lists(struct weir_decoder *d, struct weir_str span, struct weir_span_record *s)
{
    struct weir_span_event *events = NULL;
    struct weir_span_link *links = NULL;
    size_t n_events = 0, n_links = 0;
    struct weir_pb_field f;
    struct weir_pb r;
    int err = 0;

    if (s->n_events > 0)
        events = weir_arena_zalloc(d->in->arena, s->n_events, sizeof *events);
    if (s->n_links > 0)
        links = weir_arena_zalloc(d->in->arena, s->n_links, sizeof *links);
    if ((s->n_events > 0 && events == NULL) || (s->n_links > 0 && links == NULL))
        return WEIR_ENOMEM;
    weir_pb_begin(&r, span);
    while (err == 0 && weir_pb_next(&r, &f)) {
        if (events != NULL && weir_pb_is(&f, 11, WEIR_PB_BYTES))
            err = read_event(d, f.bytes, &events[n_events++]);
        else if (links != NULL && weir_pb_is(&f, 13, WEIR_PB_BYTES))
            err = read_link(d, f.bytes, &links[n_links++]);
    }
    s->events = events;
    s->links = links;
    return err;
}

static int read_status(struct weir_decoder *d, struct weir_str bytes, struct weir_span_record *s)
{
    struct weir_pb_field f;
    struct weir_pb r;

    weir_pb_begin(&r, bytes);
    while (weir_pb_next(&r, &f)) {
        if (weir_pb_is(&f, 2, WEIR_PB_BYTES))
            s->status_message = f.bytes;
        else if (weir_pb_is(&f, 3, WEIR_PB_VARINT))
            s->status =
                f.value <= WEIR_SPAN_ERROR ? (enum weir_span_status)f.value : WEIR_SPAN_UNSET;
    }
    return r.error != NULL ? weir_otlp_broken(d, &r) : 0;
}

static int read_bytes(struct spans *p, const struct weir_pb_field *f, struct weir_span_record *s)
{
    switch (f->number) {
    case 3:
        s->trace_state = f->bytes;
        return 0;
    case 5:
        s->name = f->bytes;
        return 0;
    case 9:
        return weir_otlp_attribute(p->d, f->bytes, &p->attributes);
    case 11:
        s->n_events++;
        return 0;
    case 13:
        s->n_links++;
        return 0;
    case 15:
        return read_status(p->d, f->bytes, s);
    default:
        return 0;
    }
}

static int read_fields(struct spans *p, struct weir_str span, struct weir_span_record *s)
{
    struct weir_pb_field f;
    struct weir_pb r;
    int err = 0;

    weir_pb_begin(&r, span);
    while (err == 0 && weir_pb_next(&r, &f)) {
        if (f.wire == WEIR_PB_BYTES)
            err = read_bytes(p, &f, s);
        else if (weir_pb_is(&f, 6, WEIR_PB_VARINT))
            s->kind = f.value <= WEIR_SPAN_CONSUMER ? (enum weir_span_kind)f.value
                                                    : WEIR_SPAN_UNSPECIFIED;
        else if (weir_pb_is(&f, 7, WEIR_PB_FIXED64))
            s->start_ns = f.value;
        else if (weir_pb_is(&f, 8, WEIR_PB_FIXED64))
            s->end_ns = f.value;
    }
    return err == 0 && r.error != NULL ? weir_otlp_broken(p->d, &r) : err;
}

/* Is its parent here, and of the same resource? */
static bool has_parent(const struct spans *p, const struct view *v)
{
    const struct view *at = v->parent != 0 ? p->ids[slot_of(p, v->parent, 0)] : NULL;

    while (at != NULL && (at->id != v->parent ||
                          at->origin->resource.list != v->origin->resource.list || at == v))
        at = at->same_slot;
    return at != NULL;
}

static struct weir_str json_of(struct spans *p, const struct weir_origin *origin)
{
    if (p->origin_json.n == 0 || p->origin_of != origin->resource.list) {
        p->origin_json = weir_span_origin(p->d->in->arena, origin);
        p->origin_of = origin->resource.list;
    }
    return p->origin_json;
}

static struct weir_str hex_of(struct weir_arena *a, uint64_t id)
{
    return id != 0 ? weir_otlp_id(a, (struct weir_str){(const char *)&id, sizeof id}, sizeof id)
                   : (struct weir_str){NULL, 0};
}

static int read_span(struct spans *p, const struct trace *t, const struct view *v,
                     struct weir_span_record *s)
{
    struct weir_arena *a = p->d->in->arena;
    int err;

    *s = (struct weir_span_record){.origin = v->origin,
                                   .trace_id = t->id,
                                   .span_id = hex_of(a, v->id),
                                   .parent_id = hex_of(a, v->parent)};
    if (v->serves || !has_parent(p, v))
        s->origin_json = json_of(p, v->origin);
    p->attributes.of.n = 0;
    err = read_fields(p, v->bytes, s);
    s->attributes = p->attributes.of;
    if (err == 0 && s->n_events + s->n_links > 0)
        err = read_lists(p->d, v->bytes, s);
    return err;
}

/* ---- second round: writing --------------------------------------------------------- */

static size_t exceptions_of(const struct weir_span_record *s)
{
    size_t n = 0;

    for (size_t i = 0; i < s->n_events; i++)
        n += weir_span_event_is_exception(&s->events[i]);
    return n;
}

static int write_exceptions(struct spans *p, const struct trace *t)
{
    struct weir_span_record s;
    size_t refused = 0;
    int err = 0;

    for (const struct view *v = t->first; v != NULL && err == 0; v = v->next) {
        err = read_span(p, t, v, &s);
        if (err == 0 && exceptions_of(&s) > 0)
            err = weir_span_exceptions(p->d, &s, &refused);
    }
    for (size_t i = 0; i < refused && err == 0; i++)
        err = weir_otlp_reject(p->d, "an exception of a span is too large");
    return err;
}

/* As much as the trace's spans will take as JSON, so that they are not moved
 * while they are written. */
static size_t room_for(const struct spans *p, const struct trace *t)
{
    size_t bytes = p->origin_json.n;

    for (const struct view *v = t->first; v != NULL; v = v->next)
        bytes += v->bytes.n * 3 / 2 + 200;
    return bytes;
}

static int write_trace(struct spans *p, const struct trace *t)
{
    struct weir_span_fragment f;
    struct weir_span_record s;
    size_t exceptions = 0;
    int err = 0;

    weir_span_fragment_begin(&f, p->d, t->id, room_for(p, t));
    for (const struct view *v = t->first; v != NULL && err == 0; v = v->next) {
        err = read_span(p, t, v, &s);
        if (err == 0)
            err = weir_span_fragment_add(&f, &s);
        exceptions += err == 0 ? exceptions_of(&s) : 0;
    }
    if (err == 0)
        err = weir_span_fragment_end(&f);
    for (uint32_t i = 0; i < f.refused && err == 0; i++) {
        err = weir_otlp_reject(p->d, "a span is too large");
        p->d->result.accepted--;
    }
    return err == 0 && exceptions > 0 ? write_exceptions(p, t) : err;
}

int weir_otlp_traces(struct weir_decoder *d, struct weir_str request)
{
    struct spans p = {.d = d};
    int err = build_index(&p, request);

    for (const struct trace *t = p.first; t != NULL && err == 0; t = t->next)
        err = write_trace(&p, t);
    return err;
}
