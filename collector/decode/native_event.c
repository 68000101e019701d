/* native_event.c - native errors and messages to Sentry events.
 *
 *   {"type":"error","service":"shop","message":"charge failed",
 *    "exception":{"type":"TimeoutError","value":"...","frames":[...]},
 *    "trace_id":"...","span_id":"...","tags":{},"order":17}
 *
 * becomes an event of platform `other` (`native` would have backends look for
 * machine addresses): frames move to exception.values[].stacktrace, the trace
 * to contexts.trace, the service to a tag, and members that the contract does
 * not name to `extra`, so that nothing is lost. Values are copied raw; the
 * scrubber mends and scrubs them like any event.
 *
 * https://develop.sentry.dev/sdk/data-model/event-payloads/ */
#include "member.h"
#include "native.h"

#include "weir/text.h"

enum { EVENT_ROOM = 4 * 1024 * 1024, TEXT_MAX = 1024 * 1024, NAME_MAX_BYTES = 200 };

/* Members that go to the event as they are. */
static const struct {
    const char *name;
    enum weir_json_kind kind;
} copied[] = {
    {"environment", WEIR_JSON_STRING}, {"release", WEIR_JSON_STRING},
    {"dist", WEIR_JSON_STRING},        {"server_name", WEIR_JSON_STRING},
    {"transaction", WEIR_JSON_STRING}, {"logger", WEIR_JSON_STRING},
    {"message", WEIR_JSON_STRING},     {"fingerprint", WEIR_JSON_ARRAY},
    {"user", WEIR_JSON_OBJECT},        {"request", WEIR_JSON_OBJECT},
    {"breadcrumbs", WEIR_JSON_ARRAY},  {"modules", WEIR_JSON_OBJECT},
};

/* Those and the members that are read otherwise, by their length. */
enum { LONGEST = 14, MOST_OF_LENGTH = 8 };
static const char *const known[LONGEST + 1][MOST_OF_LENGTH] = {
    [3] = {"seq"},
    [4] = {"type", "tags", "dist", "user"},
    [5] = {"level", "extra"},
    [6] = {"source", "logger"},
    [7] = {"project", "service", "span_id", "message", "release", "request", "modules"},
    [8] = {"trace_id", "contexts", "event_id", "platform"},
    [9] = {"exception", "timestamp"},
    [11] = {"environment", "server_name", "transaction", "fingerprint", "breadcrumbs"},
    [14] = {"parent_span_id"},
};

static bool is_known(struct weir_str name)
{
    if (name.n > LONGEST)
        return false;
    for (size_t i = 0; known[name.n][i] != NULL; i++) /* the last one is NULL */
        if (memcmp(known[name.n][i], name.p, name.n) == 0)
            return true;
    return false;
}

/* The inside of a raw object or array, without its brackets. */
static struct weir_str inside(struct weir_str raw)
{
    return weir_str_trim(weir_str_sub(raw, 1, raw.n - 2));
}

static struct weir_str raw_of(const struct weir_native *o, const struct weir_json_member *m)
{
    return weir_json_doc_raw(&o->doc, m);
}

/* ---- what is put together ---------------------------------------------- */

/* The sender's tags, and its service as one more. */
static int tags(struct weir_native *o, struct weir_buf *out)
{
    const struct weir_json_member *m = weir_native_get(o, "tags");
    struct weir_str service, sent = {0};
    bool object = m == NULL || m->kind == WEIR_JSON_OBJECT;
    int err = weir_native_text(o, "service", NAME_MAX_BYTES, &service);

    if (err != 0)
        return err;
    if (m != NULL && !object && m->kind != WEIR_JSON_ARRAY)
        return weir_native_refuse(o, "/tags", "must be an object");
    if (m != NULL)
        sent = inside(raw_of(o, m));
    if (sent.n == 0 && service.n == 0)
        return 0;
    weir_buf_add(out, object ? WEIR_S(",\"tags\":{") : WEIR_S(",\"tags\":["));
    /* First, so that a tag of theirs with that name wins. */
    if (service.n > 0) {
        weir_buf_add(out, object ? WEIR_S("\"service\":") : WEIR_S("[\"service\","));
        weir_buf_json(out, service);
        weir_buf_add(out, object ? WEIR_S("") : WEIR_S("]"));
        weir_buf_add(out, sent.n > 0 ? WEIR_S(",") : WEIR_S(""));
    }
    weir_buf_add(out, sent);
    weir_buf_char(out, object ? '}' : ']');
    return 0;
}

/* The trace of the object, else that of the request's headers. */
static int trace(struct weir_native *o, struct weir_str *ret_json, bool *ret_own,
                 struct weir_str *ret_trace)
{
    const struct weir_decode_input *in = o->d->in;
    struct weir_str id, span, parent;
    struct weir_buf out;
    int err = weir_native_id(o, "trace_id", 32, &id);

    if (err == 0)
        err = weir_native_id(o, "span_id", 16, &span);
    if (err == 0)
        err = weir_native_id(o, "parent_span_id", 16, &parent);
    if (err != 0)
        return err;
    *ret_own = id.n > 0;
    if (id.n == 0) {
        id = in->trace_id;
        span = span.n > 0 ? span : in->span_id;
        parent = parent.n > 0 ? parent : in->parent_span_id;
    }
    *ret_trace = id;
    *ret_json = (struct weir_str){0};
    if (id.n == 0)
        return 0;
    weir_buf_init(&out, in->arena, 512);
    weir_buf_text(&out, "\"trace\":{");
    weir_member_text(&out, "trace_id", id);
    weir_member_text(&out, "span_id", span);
    weir_member_text(&out, "parent_span_id", parent);
    weir_buf_char(&out, '}');
    return weir_buf_str(&out, ret_json);
}

static int contexts(struct weir_native *o, struct weir_buf *out, struct weir_str *ret_trace)
{
    const struct weir_json_member *m = weir_native_get(o, "contexts");
    struct weir_str ours, sent = {0};
    bool own;
    int err = trace(o, &ours, &own, ret_trace);

    if (err != 0)
        return err;
    if (m != NULL && m->kind != WEIR_JSON_OBJECT)
        return weir_native_refuse(o, "/contexts", "must be an object");
    if (m != NULL)
        sent = inside(raw_of(o, m));
    if (sent.n == 0 && ours.n == 0)
        return 0;
    /* Of two of a name the last wins: a trace that the object names beats
     * one in its contexts, which beats the request's headers. */
    weir_buf_add(out, WEIR_S(",\"contexts\":{"));
    weir_buf_add(out, own ? sent : ours);
    if (sent.n > 0 && ours.n > 0)
        weir_buf_char(out, ',');
    weir_buf_add(out, own ? ours : sent);
    weir_buf_char(out, '}');
    return 0;
}

static int extra(struct weir_native *o, struct weir_buf *out)
{
    const struct weir_json_member *m = weir_native_get(o, "extra");
    struct weir_str sent = {0};
    const char *before = ",\"extra\":{";

    if (m != NULL && m->kind != WEIR_JSON_OBJECT)
        return weir_native_refuse(o, "/extra", "must be an object");
    for (size_t i = 0; i < o->doc.n_members; i++) {
        const struct weir_json_member *other = &o->doc.members[i];

        if (is_known(other->name))
            continue;
        weir_buf_add(out, weir_str_of(before));
        weir_buf_add(out, weir_str_sub(o->doc.body, other->key, other->end - other->key));
        before = ",";
    }
    if (m != NULL)
        sent = inside(raw_of(o, m));
    if (sent.n > 0) {
        weir_buf_add(out, weir_str_of(before));
        weir_buf_add(out, sent);
        before = ",";
    }
    if (before[1] == '\0')
        weir_buf_char(out, '}');
    return 0;
}

/* ---- the event --------------------------------------------------------- */

static int head(struct weir_native *o, const char *level, const char *id, struct weir_buf *out)
{
    struct weir_str platform;
    double seconds;
    int err = weir_native_time(o, "timestamp", (double)o->d->in->received_ms / 1000, &seconds);

    if (err == 0)
        err = weir_native_level(o, level, &level);
    if (err == 0)
        err = weir_native_text(o, "platform", NAME_MAX_BYTES, &platform);
    if (err != 0)
        return err;
    if (platform.n == 0)
        platform = o->platform != NULL ? weir_str_of(o->platform) : WEIR_S("other");
    weir_buf_char(out, '{');
    weir_member_text(out, "event_id", weir_str_of(id));
    weir_buf_text(out, ",\"timestamp\":");
    weir_buf_seconds(out, seconds);
    weir_member_text(out, "level", weir_str_of(level));
    weir_member_text(out, "platform", platform);
    return 0;
}

static int body(struct weir_native *o, struct weir_buf *out, struct weir_str *ret_trace)
{
    int err = 0;

    for (size_t i = 0; i < sizeof copied / sizeof copied[0] && err == 0; i++)
        err = weir_native_copy(o, copied[i].name, copied[i].kind, out);
    if (err == 0)
        err = tags(o, out);
    if (err == 0)
        err = contexts(o, out, ret_trace);
    if (err == 0)
        err = extra(o, out);
    weir_buf_char(out, '}');
    return err;
}

static int event(struct weir_native *o, const char *level)
{
    struct weir_item it = weir_decode_blank(WEIR_ITEM_EVENT);
    struct weir_str sent, trace_id, exception = {NULL, 0};
    struct weir_buf out, exceptions;
    char id[33];
    int err = weir_native_text(o, "event_id", NAME_MAX_BYTES, &sent);

    if (err != 0)
        return err;
    weir_decode_event_id(sent, id);
    /* First, as a stack trace tells the platform, which stands in the head. */
    weir_buf_init(&exceptions, o->d->in->arena, EVENT_ROOM);
    err = weir_native_exception(o, &exceptions);
    if (err == 0)
        err = weir_buf_str(&exceptions, &exception);
    weir_buf_init(&out, o->d->in->arena, EVENT_ROOM);
    if (err == 0)
        err = head(o, level, id, &out);
    weir_buf_add(&out, exception);
    if (err == 0)
        err = body(o, &out, &trace_id);
    if (err == 0)
        err = weir_buf_str(&out, &it.payload);
    if (err != 0)
        return err;
    it.project = o->project;
    return weir_native_emit(o, id, &it);
}

int weir_native_error(struct weir_native *o)
{
    if (weir_native_get(o, "exception") == NULL && weir_native_get(o, "message") == NULL)
        return weir_native_refuse(o, "/message", "an error needs a message or an exception");
    return event(o, "error");
}

int weir_native_message(struct weir_native *o)
{
    if (weir_native_get(o, "message") == NULL)
        return weir_native_refuse(o, "/message", "a message needs its text");
    return event(o, "info");
}
