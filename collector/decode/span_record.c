/* span_record.c - writing a native span, and the events of its exceptions. */
#include "span_record.h"

#include "record.h"
#include "span_semantics.h"

enum {
    FRAGMENT_BYTES = 256 * 1024, /* above it is cut in two */
    FRAGMENT_ROOM = 32 * 1024 * 1024,
    ORIGIN_ROOM = 4 * 1024 * 1024,
    SEVERITY_ERROR = 17
};

/* ---- parts -------------------------------------------------------------------------- */

/* ,"name":"text" for a text that is not empty; `name` with all around it. */
static void add_text(struct weir_buf *out, struct weir_str name, struct weir_str text)
{
    if (text.n == 0)
        return;
    weir_buf_add(out, name);
    weir_buf_json(out, text);
}

/* Members of an object; `first`: nothing stands before them. */
static void add_members(struct weir_buf *out, const struct weir_attributes *a, bool first)
{
    for (size_t i = 0; i < a->n; i++) {
        if (!first || i > 0)
            weir_buf_char(out, ',');
        weir_buf_json(out, a->list[i].key);
        weir_buf_char(out, ':');
        weir_attribute_write(out, &a->list[i]);
    }
}

/* Seconds with six digits after the point. */
static void add_time(struct weir_buf *out, struct weir_str name, uint64_t ns)
{
    uint64_t micros = ns / 1000 % 1000000;
    char digits[7] = {'.'};

    for (size_t i = 6; i > 0; i--, micros /= 10)
        digits[i] = (char)('0' + micros % 10);
    weir_buf_add(out, name);
    weir_buf_u64(out, ns / 1000000000);
    weir_buf_add(out, (struct weir_str){digits, sizeof digits});
}

/* ---- the origin ------------------------------------------------------------------------ */

static void add_tags(struct weir_buf *out, const struct weir_origin *o)
{
    bool any = false;

    for (size_t i = 0; i < WEIR_ORIGIN_TAGS; i++) {
        const struct weir_attribute *a = weir_attributes_get(&o->resource, weir_origin_tags[i]);

        if (a == NULL || a->kind != WEIR_ATTRIBUTE_TEXT || a->text.n == 0)
            continue;
        weir_buf_text(out, any ? "," : ",\"tags\":{");
        weir_buf_json(out, a->key);
        weir_buf_char(out, ':');
        weir_buf_json(out, a->text);
        any = true;
    }
    if (any)
        weir_buf_char(out, '}');
}

static void add_contexts(struct weir_buf *out, const struct weir_origin *o)
{
    bool runtime = o->runtime_name.n + o->runtime_version.n > 0;

    if (!runtime && o->resource.n == 0)
        return;
    weir_buf_text(out, ",\"contexts\":{");
    if (runtime) {
        weir_buf_text(out, "\"runtime\":{\"type\":\"runtime\"");
        add_text(out, WEIR_S(",\"name\":"), o->runtime_name);
        add_text(out, WEIR_S(",\"version\":"), o->runtime_version);
        weir_buf_char(out, '}');
    }
    if (o->resource.n > 0) {
        weir_buf_text(out, runtime ? ",\"otel\":{\"resource\":{" : "\"otel\":{\"resource\":{");
        add_members(out, &o->resource, true);
        weir_buf_text(out, "}}");
    }
    weir_buf_char(out, '}');
}

struct weir_str weir_span_origin(struct weir_arena *a, const struct weir_origin *o)
{
    struct weir_str json = {NULL, 0};
    struct weir_buf out;

    weir_buf_init(&out, a, ORIGIN_ROOM);
    weir_buf_text(&out, ",\"platform\":\"");
    weir_buf_text(&out, weir_origin_platform(o));
    weir_buf_char(&out, '"');
    add_text(&out, WEIR_S(",\"environment\":"), o->environment);
    add_text(&out, WEIR_S(",\"release\":"), o->release);
    add_text(&out, WEIR_S(",\"server_name\":"), o->server_name);
    add_tags(&out, o);
    add_contexts(&out, o);
    if (weir_buf_str(&out, &json) != 0)
        json.n = 0;
    return json;
}

/* ---- events and links ------------------------------------------------------------------- */

bool weir_span_event_is_exception(const struct weir_span_event *e)
{
    return weir_str_eq(e->name, WEIR_S("exception")) ||
           weir_attributes_get(&e->attributes, "exception.type") != NULL ||
           weir_attributes_get(&e->attributes, "exception.stacktrace") != NULL;
}

static uint64_t time_of(const struct weir_span_record *s, const struct weir_span_event *e)
{
    return e->time_ns > 0 ? e->time_ns : s->end_ns;
}

static void add_events(struct weir_buf *out, const struct weir_span_record *s)
{
    bool any = false;

    for (size_t i = 0; i < s->n_events; i++) {
        const struct weir_span_event *e = &s->events[i];

        if (weir_span_event_is_exception(e))
            continue;
        weir_buf_text(out, any ? ",{\"name\":" : ",\"otel.events\":[{\"name\":");
        weir_buf_json(out, e->name);
        add_time(out, WEIR_S(",\"timestamp\":"), time_of(s, e));
        if (e->attributes.n > 0) {
            weir_buf_text(out, ",\"attributes\":{");
            add_members(out, &e->attributes, true);
            weir_buf_char(out, '}');
        }
        weir_buf_char(out, '}');
        any = true;
    }
    if (any)
        weir_buf_char(out, ']');
}

static void add_link(struct weir_buf *out, const struct weir_span_link *l)
{
    weir_buf_text(out, "{\"trace_id\":");
    weir_buf_json(out, l->trace_id);
    add_text(out, WEIR_S(",\"span_id\":"), l->span_id);
    if (l->attributes.n > 0 || l->trace_state.n > 0) {
        weir_buf_text(out, ",\"attributes\":{");
        add_members(out, &l->attributes, true);
        add_text(out,
                 l->attributes.n > 0 ? WEIR_S(",\"otel.trace_state\":")
                                     : WEIR_S("\"otel.trace_state\":"),
                 l->trace_state);
        weir_buf_char(out, '}');
    }
    weir_buf_char(out, '}');
}

static void add_links(struct weir_buf *out, const struct weir_span_record *s)
{
    if (s->n_links == 0)
        return;
    weir_buf_text(out, ",\"links\":[");
    for (size_t i = 0; i < s->n_links; i++) {
        if (i > 0)
            weir_buf_char(out, ',');
        add_link(out, &s->links[i]);
    }
    weir_buf_char(out, ']');
}

/* ---- the span ---------------------------------------------------------------------------- */

static void add_kind(struct weir_buf *out, enum weir_span_kind kind)
{
    static const char *const kinds[] = {
        [WEIR_SPAN_UNSPECIFIED] = "internal", [WEIR_SPAN_INTERNAL] = "internal",
        [WEIR_SPAN_SERVER] = "server",        [WEIR_SPAN_CLIENT] = "client",
        [WEIR_SPAN_PRODUCER] = "producer",    [WEIR_SPAN_CONSUMER] = "consumer"};

    weir_buf_add(out, WEIR_S(",\"data\":{\"sentry.kind\":\""));
    weir_buf_text(out, kinds[kind]);
    weir_buf_char(out, '"');
}

static void add_data(struct weir_buf *out, const struct weir_span_record *s,
                     const struct weir_span_meaning *m)
{
    add_kind(out, s->kind);
    add_members(out, &s->attributes, false);
    if (!weir_str_eq(s->name, m->description))
        add_text(out, WEIR_S(",\"otel.name\":"), s->name);
    add_text(out, WEIR_S(",\"otel.status_description\":"), s->status_message);
    add_text(out, WEIR_S(",\"otel.scope.name\":"), s->origin->scope);
    add_text(out, WEIR_S(",\"otel.scope.version\":"), s->origin->scope_version);
    add_text(out, WEIR_S(",\"otel.trace_state\":"), s->trace_state);
    if (s->n_events > 0)
        add_events(out, s);
    weir_buf_char(out, '}');
}

/* A span without times took none, now; an end before the start is one. */
static void add_times(struct weir_buf *out, const struct weir_decoder *d,
                      const struct weir_span_record *s)
{
    uint64_t start = s->start_ns, end = s->end_ns;

    if (start == 0)
        start = end > 0 ? end : d->in->received_ms * 1000000;
    add_time(out, WEIR_S(",\"start\":"), start);
    add_time(out, WEIR_S(",\"end\":"), end > start ? end : start);
}

static void add_id(struct weir_buf *out, struct weir_str name, struct weir_str hex)
{
    if (hex.n == 0)
        return;
    weir_buf_add(out, name);
    weir_buf_add(out, hex);
    weir_buf_char(out, '"');
}

static void add_span(struct weir_buf *out, const struct weir_decoder *d,
                     const struct weir_span_record *s)
{
    struct weir_span_meaning m;

    weir_span_means(d->in->arena, s, &m);
    add_id(out, WEIR_S("{\"trace_id\":\""), s->trace_id);
    add_id(out, WEIR_S(",\"span_id\":\""), s->span_id);
    add_id(out, WEIR_S(",\"parent_span_id\":\""), s->parent_id);
    add_times(out, d, s);
    add_text(out, WEIR_S(",\"service\":"), s->origin->service);
    add_text(out, WEIR_S(",\"op\":"), m.op);
    add_text(out, WEIR_S(",\"description\":"), m.description);
    weir_buf_add(out, WEIR_S(",\"status\":\""));
    weir_buf_text(out, m.status);
    weir_buf_char(out, '"');
    if (s->origin_json.n > 0) {
        weir_buf_add(out, WEIR_S(",\"transaction_info\":{\"source\":\""));
        weir_buf_text(out, m.source);
        weir_buf_add(out, WEIR_S("\"}"));
        weir_buf_add(out, s->origin_json);
    }
    add_links(out, s);
    add_data(out, s, &m);
    weir_buf_char(out, '}');
}

/* ---- fragments ---------------------------------------------------------------------------- */

void weir_span_fragment_begin(struct weir_span_fragment *f, struct weir_decoder *d,
                              struct weir_str trace_id, size_t room)
{
    *f = (struct weir_span_fragment){.d = d, .trace_id = trace_id};
    weir_buf_init(&f->out, d->in->arena, FRAGMENT_ROOM);
    if (room > 0)
        weir_buf_reserve(&f->out, room < FRAGMENT_BYTES ? room : FRAGMENT_BYTES);
}

/* What the sink refuses for itself is counted; the request goes on. */
int weir_span_fragment_end(struct weir_span_fragment *f)
{
    struct weir_item it = weir_decode_blank(WEIR_ITEM_NATIVE_SPAN);
    uint32_t n = f->n;
    int err;

    if (n == 0)
        return 0;
    weir_buf_add(&f->out, WEIR_S("]}"));
    err = weir_buf_str(&f->out, &it.payload);
    f->n = 0;
    it.trace_id = f->trace_id;
    it.item_count = n;
    if (err == 0)
        err = weir_decode_header(f->d, "");
    if (err == 0)
        err = f->d->sink->item(f->d->sink->self, &it);
    if (err != WEIR_EINVAL && err != WEIR_ELIMIT)
        return err;
    f->refused += n;
    return 0;
}

/* The last span, which begins at `mark`, goes into a fragment of its own. */
static int cut_off(struct weir_span_fragment *f, size_t mark)
{
    struct weir_str last = {NULL, 0};
    int err = weir_buf_str(&f->out, &last);

    if (err == 0)
        last = weir_arena_copy(f->d->in->arena, weir_str_sub(last, mark, SIZE_MAX));
    if (err == 0 && last.p == NULL)
        err = WEIR_ENOMEM;
    f->out.n = mark;
    if (err == 0)
        err = weir_span_fragment_end(f);
    weir_buf_init(&f->out, f->d->in->arena, FRAGMENT_ROOM);
    weir_buf_add(&f->out, WEIR_S("{\"items\":["));
    weir_buf_add(&f->out, weir_str_sub(last, 1, SIZE_MAX)); /* without its comma */
    f->n = 1;
    return err;
}

int weir_span_fragment_add(struct weir_span_fragment *f, const struct weir_span_record *s)
{
    size_t mark = f->out.n;

    weir_buf_add(&f->out, f->n == 0 ? WEIR_S("{\"items\":[") : WEIR_S(","));
    add_span(&f->out, f->d, s);
    if (f->n > 0 && f->out.n > FRAGMENT_BYTES)
        return cut_off(f, mark);
    f->n++;
    return f->out.failed;
}

/* ---- exceptions ----------------------------------------------------------------------------- */

/* The attributes of span and event, but for those that the record has fields for. */
static int all_attributes(struct weir_arena *a, const struct weir_span_record *s,
                          const struct weir_span_event *e, struct weir_attributes *ret_all)
{
    static const char *const apart[] = {"exception.type", "exception.message",
                                        "exception.stacktrace", "exception.escaped"};
    size_t n = s->attributes.n;
    struct weir_attribute *list = weir_arena_zalloc(a, n + e->attributes.n + 1, sizeof *list);

    if (list == NULL)
        return WEIR_ENOMEM;
    if (n > 0)
        memcpy(list, s->attributes.list, n * sizeof *list);
    for (size_t i = 0; i < e->attributes.n; i++) {
        size_t k = 0;

        while (k < 4 && !weir_str_eq(e->attributes.list[i].key, weir_str_of(apart[k])))
            k++;
        if (k == 4)
            list[n++] = e->attributes.list[i];
    }
    *ret_all = (struct weir_attributes){list, n};
    return 0;
}

static struct weir_str text_of(const struct weir_span_event *e, const char *key)
{
    const struct weir_attribute *a = weir_attributes_get(&e->attributes, key);

    return a != NULL ? a->text : (struct weir_str){NULL, 0};
}

/* An exception that left its span was not handled there. */
static int handled(const struct weir_span_event *e)
{
    struct weir_str escaped = text_of(e, "exception.escaped");

    if (weir_str_eq_nocase(escaped, WEIR_S("true")))
        return 0;
    return weir_str_eq_nocase(escaped, WEIR_S("false")) ? 1 : -1;
}

static int add_exception(struct weir_decoder *d, const struct weir_span_record *s,
                         const struct weir_span_event *e, struct weir_str transaction)
{
    struct weir_record r = {.origin = s->origin,
                            .timestamp = (double)time_of(s, e) / 1e9,
                            .severity = SEVERITY_ERROR,
                            .message = text_of(e, "exception.message"),
                            .trace_id = s->trace_id,
                            .span_id = s->span_id,
                            .exception_type = text_of(e, "exception.type"),
                            .exception_message = text_of(e, "exception.message"),
                            .stacktrace = text_of(e, "exception.stacktrace"),
                            .handled = handled(e),
                            .transaction = transaction,
                            .from_span = true};
    int err = all_attributes(d->in->arena, s, e, &r.attributes);

    return err != 0 ? err : weir_record_add(d, &r);
}

int weir_span_exceptions(struct weir_decoder *d, const struct weir_span_record *s,
                         size_t *ret_refused)
{
    struct weir_span_meaning m;
    int err = 0;

    weir_span_means(d->in->arena, s, &m);
    for (size_t i = 0; i < s->n_events && err == 0; i++) {
        if (weir_span_event_is_exception(&s->events[i]))
            err = add_exception(d, s, &s->events[i], m.description);
        /* One that is too large does not take the others with it. */
        if (err == WEIR_ELIMIT && d->result.error == NULL) {
            err = 0;
            ++*ret_refused;
        }
    }
    return err;
}
