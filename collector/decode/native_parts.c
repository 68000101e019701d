/* native_parts.c - native objects that are no events of their own:
 * breadcrumbs and spans, which wait for their trace, and what services say
 * of their integrations and breakers, which only /metrics wants. */
#include "member.h"
#include "native.h"

#include "weir/text.h"

enum { PART_ROOM = 2 * 1024 * 1024, NAME_MAX_BYTES = 200, TEXT_MAX = 1024 * 1024 };

/* Fragments are joined by their trace; the request's headers may name it. */
static int trace_of(struct weir_native *o, struct weir_str *ret_trace)
{
    int err = weir_native_id(o, "trace_id", 32, ret_trace);

    if (err == 0 && ret_trace->n == 0)
        *ret_trace = o->d->in->trace_id;
    if (err == 0 && ret_trace->n == 0)
        return weir_native_refuse(
            o, "/trace_id", "is missing: give it here or in a trace header such as traceparent");
    return err;
}

/* The object's data with the service added, unless data has one. */
static int data_with_service(struct weir_native *o, struct weir_buf *out)
{
    const struct weir_json_member *m = weir_native_get(o, "data");
    struct weir_str service, sent = {0};
    int err = weir_native_text(o, "service", NAME_MAX_BYTES, &service);

    if (err != 0)
        return err;
    if (m != NULL && m->kind != WEIR_JSON_OBJECT)
        return weir_native_refuse(o, "/data", "must be an object");
    if (m != NULL) {
        sent = weir_json_doc_raw(&o->doc, m);
        sent = weir_str_trim(weir_str_sub(sent, 1, sent.n - 2));
    }
    if (sent.n == 0 && service.n == 0)
        return 0;
    weir_buf_add(out, WEIR_S(",\"data\":{"));
    if (service.n > 0) {
        weir_buf_add(out, WEIR_S("\"service\":"));
        weir_buf_json(out, service);
        if (sent.n > 0)
            weir_buf_char(out, ',');
    }
    weir_buf_add(out, sent);
    weir_buf_char(out, '}');
    return 0;
}

static int emit_fragment(struct weir_native *o, enum weir_item_type type, struct weir_buf *out,
                         struct weir_str trace_id)
{
    struct weir_item it = weir_decode_blank(type);
    int err = weir_buf_str(out, &it.payload);

    if (err != 0)
        return err;
    it.trace_id = trace_id;
    it.project = o->project;
    return weir_native_emit(o, "", &it);
}

/* A breadcrumb as it will stand in an event. */
int weir_native_breadcrumb(struct weir_native *o)
{
    bool own_type = !weir_str_eq(o->type, WEIR_S("breadcrumb")) && o->type.n > 0;
    struct weir_str trace_id;
    const char *level;
    struct weir_buf out;
    double seconds;
    int err = trace_of(o, &trace_id);

    if (err == 0)
        err = weir_native_time(o, "timestamp", (double)o->d->in->received_ms / 1000, &seconds);
    if (err == 0)
        err = weir_native_level(o, "info", &level);
    if (err != 0)
        return err;
    weir_buf_init(&out, o->d->in->arena, PART_ROOM);
    weir_buf_text(&out, "{\"timestamp\":");
    weir_buf_seconds(&out, seconds);
    weir_member_text(&out, "type", own_type ? o->type : WEIR_S("default"));
    err = weir_native_copy(o, "category", WEIR_JSON_STRING, &out);
    if (err == 0)
        err = weir_native_copy(o, "message", WEIR_JSON_STRING, &out);
    weir_member_text(&out, "level", weir_str_of(level));
    if (err == 0)
        err = data_with_service(o, &out);
    weir_buf_char(&out, '}');
    return err != 0 ? err : emit_fragment(o, WEIR_ITEM_BREADCRUMB, &out, trace_id);
}

static int span_times(struct weir_native *o, double *ret_start, double *ret_end)
{
    int err = weir_native_time(o, "start", -1, ret_start);

    if (err == 0)
        err = weir_native_time(o, "end", -1, ret_end);
    if (err != 0)
        return err;
    if (*ret_start < 0)
        return weir_native_refuse(o, "/start", "is missing: a span needs its start");
    if (*ret_end < 0)
        return weir_native_refuse(o, "/end", "is missing: a span needs its end");
    return *ret_end < *ret_start ? weir_native_refuse(o, "/end", "must not lie before the start")
                                 : 0;
}

static int span_ids(struct weir_native *o, struct weir_str *ret_trace, struct weir_str *ret_span,
                    struct weir_str *ret_parent)
{
    int err = trace_of(o, ret_trace);

    if (err == 0)
        err = weir_native_id(o, "span_id", 16, ret_span);
    if (err == 0)
        err = weir_native_id(o, "parent_span_id", 16, ret_parent);
    if (err == 0 && ret_span->n == 0)
        return weir_native_refuse(o, "/span_id", "is missing: a span needs its id");
    return err;
}

/* Whether the sender's sampling left the trace out: the object says it, or for
 * its trace the request's header. */
static int span_unsampled(struct weir_native *o, struct weir_str trace_id, bool *ret_unsampled)
{
    const struct weir_json_member *m = weir_native_get(o, "sampled");

    *ret_unsampled = o->d->in->unsampled && weir_str_eq(trace_id, o->d->in->trace_id);
    if (m == NULL)
        return 0;
    if (m->kind != WEIR_JSON_TRUE && m->kind != WEIR_JSON_FALSE)
        return weir_native_refuse(o, "/sampled", "must be true or false");
    *ret_unsampled = m->kind == WEIR_JSON_FALSE;
    return 0;
}

/* The span object of contract 4, with ids and times in one form. It goes with
 * others of its trace at the end of the request. */
int weir_native_span(struct weir_native *o)
{
    static const struct {
        const char *name;
        enum weir_json_kind kind;
    } copied[] = {
        {"service", WEIR_JSON_STRING},     {"op", WEIR_JSON_STRING},
        {"description", WEIR_JSON_STRING}, {"status", WEIR_JSON_STRING},
        {"environment", WEIR_JSON_STRING}, {"release", WEIR_JSON_STRING},
        {"server_name", WEIR_JSON_STRING}, {"data", WEIR_JSON_OBJECT},
        {"tags", WEIR_JSON_OBJECT},        {"kind", WEIR_JSON_STRING},
    };
    struct weir_str trace_id, span_id, parent_id, json;
    struct weir_buf out;
    double start, end;
    bool unsampled;
    int err = span_ids(o, &trace_id, &span_id, &parent_id);

    if (err == 0)
        err = span_times(o, &start, &end);
    if (err == 0)
        err = span_unsampled(o, trace_id, &unsampled);
    if (err != 0)
        return err;
    weir_buf_init(&out, o->d->in->arena, PART_ROOM);
    weir_buf_char(&out, '{');
    weir_member_text(&out, "trace_id", trace_id);
    weir_member_text(&out, "span_id", span_id);
    weir_member_text(&out, "parent_span_id", parent_id);
    weir_buf_text(&out, ",\"start\":");
    weir_buf_seconds(&out, start);
    weir_buf_text(&out, ",\"end\":");
    weir_buf_seconds(&out, end);
    for (size_t i = 0; i < sizeof copied / sizeof copied[0] && err == 0; i++)
        err = weir_native_copy(o, copied[i].name, copied[i].kind, &out);
    weir_buf_char(&out, '}');
    if (err == 0)
        err = weir_buf_str(&out, &json);
    if (err != 0)
        return err;
    return weir_span_list_add(&o->state->spans, o->project, trace_id, unsampled, json, o->index);
}

/* ---- integrations ------------------------------------------------------ */

/* A status is a text or a number (200). */
static int status_text(struct weir_native *o, struct weir_str *ret_status)
{
    const struct weir_json_member *m = weir_native_get(o, "status");

    if (m == NULL || m->kind != WEIR_JSON_NUMBER)
        return weir_native_text(o, "status", NAME_MAX_BYTES, ret_status);
    *ret_status = weir_str_sub(weir_json_doc_raw(&o->doc, m), 0, NAME_MAX_BYTES);
    return 0;
}

static int service_of(struct weir_native *o, struct weir_str *ret_service)
{
    int err = weir_native_text(o, "service", NAME_MAX_BYTES, ret_service);

    if (err == 0 && ret_service->n == 0)
        return weir_native_refuse(o, "/service", "is missing: name the service");
    return err;
}

int weir_native_integration(struct weir_native *o)
{
    const struct weir_decode_input *in = o->d->in;
    struct weir_str service, endpoint, status, error_type, trace_id;
    double latency_ms = 0;
    bool has_latency;
    int err = service_of(o, &service);

    if (in->integration == NULL)
        return weir_native_refuse(o, "/type", "integrations are not taken here");
    if (err == 0)
        err = weir_native_text(o, "endpoint", 2048, &endpoint);
    if (err == 0)
        err = status_text(o, &status);
    if (err == 0)
        err = weir_native_number(o, "latency_ms", &has_latency, &latency_ms);
    if (err == 0)
        err = weir_native_text(o, "error_type", NAME_MAX_BYTES, &error_type);
    if (err == 0)
        err = weir_native_id(o, "trace_id", 32, &trace_id);
    if (err != 0)
        return err;
    if (has_latency && latency_ms < 0)
        return weir_native_refuse(o, "/latency_ms", "must not be negative");
    in->integration(in->self, service, endpoint, status, latency_ms, has_latency, error_type,
                    trace_id.n > 0 ? trace_id : in->trace_id);
    return 0;
}

/* Libraries write HALF_OPEN, half-open and Half_Open. Empty: none of the three. */
static struct weir_str breaker_state(struct weir_str s)
{
    if (weir_str_eq_nocase(s, WEIR_S("closed")))
        return WEIR_S("closed");
    if (weir_str_eq_nocase(s, WEIR_S("open")))
        return WEIR_S("open");
    if (weir_str_eq_nocase(s, WEIR_S("half_open")) || weir_str_eq_nocase(s, WEIR_S("half-open")))
        return WEIR_S("half_open");
    return (struct weir_str){NULL, 0};
}

int weir_native_breaker(struct weir_native *o)
{
    const struct weir_decode_input *in = o->d->in;
    struct weir_str service, state, reporter;
    int err = service_of(o, &service);

    if (in->breaker == NULL)
        return weir_native_refuse(o, "/type", "breakers are not taken here");
    if (err == 0)
        err = weir_native_text(o, "state", NAME_MAX_BYTES, &state);
    if (err == 0)
        err = weir_native_text(o, "reporter", NAME_MAX_BYTES, &reporter);
    if (err != 0)
        return err;
    state = breaker_state(state);
    if (state.n == 0)
        return weir_native_refuse(o, "/state", "must be closed, open or half_open");
    in->breaker(in->self, service, state, reporter);
    return 0;
}
