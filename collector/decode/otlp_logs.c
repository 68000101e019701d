/* otlp_logs.c - OTLP's log records.
 *
 *   LogRecord { time 1, observed time 11 (ns), severity number 2, text 3,
 *               body 5 (AnyValue), attributes 6, trace id 9, span id 10,
 *               event name 12 }
 *
 * https://opentelemetry.io/docs/specs/otel/logs/data-model/,
 * https://opentelemetry.io/docs/specs/semconv/exceptions/exceptions-logs/ */
#include "otlp.h"

#include "record.h"

struct logs {
    struct weir_decoder *d;
    struct weir_otlp_attributes attributes; /* of the record at hand */
    size_t n;
};

/* One record while its fields are read. */
struct reading {
    struct weir_record r;
    struct weir_attribute body;
    struct weir_str event_name;
    uint64_t time_ns, observed_ns;
};

static int read_bytes(struct logs *l, struct reading *g, const struct weir_pb_field *f)
{
    struct weir_arena *a = l->d->in->arena;

    switch (f->number) {
    case 3:
        g->r.severity_text = f->bytes;
        return 0;
    case 5:
        return weir_otlp_value(l->d, f->bytes, &g->body);
    case 6:
        return weir_otlp_attribute(l->d, f->bytes, &l->attributes);
    case 9:
        g->r.trace_id = weir_otlp_id(a, f->bytes, 16);
        return 0;
    case 10:
        g->r.span_id = weir_otlp_id(a, f->bytes, 8);
        return 0;
    case 12:
        g->event_name = f->bytes;
        return 0;
    default:
        return 0;
    }
}

static int read_fields(struct logs *l, struct weir_str record, struct reading *g)
{
    struct weir_pb_field f;
    struct weir_pb r;
    int err = 0;

    weir_pb_begin(&r, record);
    while (err == 0 && weir_pb_next(&r, &f)) {
        if (f.wire == WEIR_PB_BYTES)
            err = read_bytes(l, g, &f);
        else if (weir_pb_is(&f, 1, WEIR_PB_FIXED64))
            g->time_ns = f.value;
        else if (weir_pb_is(&f, 11, WEIR_PB_FIXED64))
            g->observed_ns = f.value;
        else if (weir_pb_is(&f, 2, WEIR_PB_VARINT))
            g->r.severity = f.value >= 1 && f.value <= 24 ? (int)f.value : 0;
    }
    return err == 0 && r.error != NULL ? weir_otlp_broken(l->d, &r) : err;
}

/* Takes what is of the exception, and the template, out of the attributes. */
static void take_known(struct reading *g, struct weir_attributes *list)
{
    static const struct weir_str names[] = {
        {"exception.type", 14},   {"exception.message", 17}, {"exception.stacktrace", 20},
        {"message.template", 16}, {"log.template", 12},
    };
    struct weir_str *const to[] = {&g->r.exception_type, &g->r.exception_message, &g->r.stacktrace,
                                   &g->r.template, &g->r.template};
    size_t kept = 0;

    for (size_t i = 0; i < list->n; i++) {
        size_t k = 0;

        while (k < sizeof to / sizeof to[0] && !weir_str_eq(list->list[i].key, names[k]))
            k++;
        if (k < sizeof to / sizeof to[0])
            *to[k] = list->list[i].text;
        else
            list->list[kept++] = list->list[i];
    }
    list->n = kept;
}

/* An event's name is an attribute of it, as it was before it got a field. */
static int name_event(struct logs *l, struct weir_str name)
{
    struct weir_attribute *to;

    if (name.n == 0 || weir_attributes_get(&l->attributes.of, "event.name") != NULL)
        return 0;
    to = weir_otlp_next_attribute(l->d->in->arena, &l->attributes);
    if (to == NULL)
        return WEIR_ENOMEM;
    *to = (struct weir_attribute){WEIR_S("event.name"), WEIR_ATTRIBUTE_TEXT, name};
    return 0;
}

static int each(void *self, const struct weir_origin *origin, struct weir_str record)
{
    struct logs *l = self;
    struct reading g = {.r = {.origin = origin, .handled = -1}};
    int err;

    if (l->n++ == WEIR_OTLP_RECORDS_MAX)
        return weir_decode_too_many(l->d, 0);
    l->attributes.of.n = 0;
    err = read_fields(l, record, &g);
    if (err == 0)
        err = name_event(l, g.event_name);
    if (err != 0)
        return err;
    take_known(&g, &l->attributes.of);
    g.r.attributes = l->attributes.of;
    if (weir_is_name(origin->scope))
        g.r.logger = origin->scope;
    g.r.message = g.body.text;
    g.r.timestamp = (double)(g.time_ns > 0 ? g.time_ns : g.observed_ns) / 1e9;
    err = weir_record_add(l->d, &g.r);
    if (err == WEIR_ELIMIT && l->d->result.error == NULL)
        return weir_otlp_reject(l->d, "a record is too large");
    if (err == 0)
        l->d->result.accepted++;
    return err;
}

int weir_otlp_logs(struct weir_decoder *d, struct weir_str request)
{
    struct logs l = {.d = d};
    int err = weir_otlp_walk(d, request, each, &l);

    return err != 0 ? err : weir_records_end(d);
}
