/* record_event.c - a record as a Sentry event.
 *
 *   attributes with a place of their own ---> user, request, contexts.response
 *   a bounded few of record and resource ---> tags
 *   all other attributes -------------------> extra
 *   the resource, whole, and the scope -----> contexts.otel
 *
 * So nothing is lost, and all of it stands where rule sets look. Of two
 * attributes for one place the stable convention's goes there and the other
 * one to `extra`.
 *
 * https://develop.sentry.dev/sdk/data-model/event-payloads/,
 * https://opentelemetry.io/docs/specs/semconv/ */
#include "record_parts.h"

#include "member.h"

enum { EVENT_ROOM = 8 * 1024 * 1024, TAG_MAX_BYTES = 200, FIRST_LINE_MAX = 1024 };

/* What is being written, and which attributes have found their place. */
struct writer {
    const struct weir_decode_input *in;
    const struct weir_record *r;
    const struct weir_stacktrace *trace;
    struct weir_buf *out;
    bool *placed; /* by attribute */
};

static const struct place {
    const char *section, *name;
    const char *keys[3]; /* the stable convention's first */
} places[] = {
    {"user", "id", {"user.id", "enduser.id"}},
    {"user", "email", {"user.email"}},
    {"user", "username", {"user.name"}},
    {"user", "name", {"user.full_name"}},
    {"user", "ip_address", {"client.address", "http.client_ip"}},
    {"request", "method", {"http.request.method", "http.method"}},
    {"request", "url", {"url.full", "http.url"}},
    {"request", "query_string", {"url.query"}},
    {"headers", "User-Agent", {"user_agent.original", "http.user_agent"}},
    {"response", "status_code", {"http.response.status_code", "http.status_code"}},
    {"response", "body_size", {"http.response.body.size"}},
};

static const char *const record_tags[] = {"http.route", "error.type", "messaging.system",
                                          "db.system.name", "rpc.system"};
static const char request_header[] = "http.request.header.";

/* ---- places ------------------------------------------------------------ */

/* The number of the attribute that goes to `p`, or SIZE_MAX. */
static size_t find(const struct writer *w, const struct place *p)
{
    const struct weir_attributes *list = &w->r->attributes;

    for (size_t k = 0; k < sizeof p->keys / sizeof p->keys[0] && p->keys[k] != NULL; k++) {
        const struct weir_attribute *a = weir_attributes_get(list, p->keys[k]);

        if (a != NULL && a->text.n > 0)
            return (size_t)(a - list->list);
    }
    return SIZE_MAX;
}

static void add_places(struct writer *w, const char *section)
{
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        size_t at = strcmp(places[i].section, section) == 0 ? find(w, &places[i]) : SIZE_MAX;

        if (at == SIZE_MAX)
            continue;
        weir_member(w->out, weir_str_of(places[i].name));
        weir_attribute_write(w->out, &w->r->attributes.list[at]);
        w->placed[at] = true;
    }
}

static void add_section(struct writer *w, const char *section)
{
    size_t opened = weir_member_open(w->out, section);

    add_places(w, section);
    weir_member_close(w->out, opened);
}

/* http.request.header.NAME, whose values are lists. */
static void add_headers(struct writer *w)
{
    const struct weir_str prefix = WEIR_S(request_header);
    size_t opened = weir_member_open(w->out, "headers");

    add_places(w, "headers");
    for (size_t i = 0; i < w->r->attributes.n; i++) {
        const struct weir_attribute *a = &w->r->attributes.list[i];

        if (!weir_str_starts(a->key, prefix) || a->key.n == prefix.n)
            continue;
        weir_member(w->out, weir_str_sub(a->key, prefix.n, a->key.n));
        weir_attribute_write(w->out, a);
        w->placed[i] = true;
    }
    weir_member_close(w->out, opened);
}

/* Servers' spans have the URL in pieces only; these stay in `extra` too. */
static void add_composed_url(struct writer *w)
{
    static const char *const path_keys[] = {"url.path", "http.target", NULL};
    static const char *const scheme_keys[] = {"url.scheme", "http.scheme", NULL};
    static const char *const host_keys[] = {"server.address", "http.host", "net.host.name", NULL};
    const struct weir_attributes *a = &w->r->attributes;
    struct weir_str path = weir_attributes_text(a, path_keys);
    struct weir_str scheme = weir_attributes_text(a, scheme_keys);
    struct weir_str host = weir_attributes_text(a, host_keys);
    struct weir_str url;

    if (path.n == 0 || host.n == 0 || weir_attributes_get(a, "url.full") != NULL ||
        weir_attributes_get(a, "http.url") != NULL)
        return;
    if (scheme.n == 0)
        scheme = WEIR_S("http");
    url = weir_arena_printf(w->in->arena, "%.*s://%.*s%.*s", WEIR_FMT(scheme), WEIR_FMT(host),
                            WEIR_FMT(path));
    weir_member_text(w->out, "url", url);
}

static void add_request(struct writer *w)
{
    size_t opened = weir_member_open(w->out, "request");

    add_composed_url(w);
    add_places(w, "request");
    add_headers(w);
    weir_member_close(w->out, opened);
}

/* ---- tags, contexts, extra --------------------------------------------- */

/* Backends refuse tags that are long or have line breaks. */
static void add_tag(struct weir_buf *out, const char *name, struct weir_str value)
{
    if (value.n <= TAG_MAX_BYTES && memchr(value.n > 0 ? value.p : "", '\n', value.n) == NULL)
        weir_member_text(out, name, value);
}

static void add_tags_of(struct weir_buf *out, const struct weir_attributes *from,
                        const char *const *names, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const struct weir_attribute *a = weir_attributes_get(from, names[i]);

        if (a != NULL)
            add_tag(out, names[i], a->text);
    }
}

static void add_tags(struct writer *w)
{
    size_t opened = weir_member_open(w->out, "tags");

    add_tag(w->out, "service", w->r->origin->service);
    add_tags_of(w->out, &w->r->origin->resource, weir_origin_tags, WEIR_ORIGIN_TAGS);
    add_tags_of(w->out, &w->r->attributes, record_tags, sizeof record_tags / sizeof record_tags[0]);
    weir_member_close(w->out, opened);
}

static void add_otel(struct writer *w)
{
    const struct weir_origin *o = w->r->origin;
    size_t opened = weir_member_open(w->out, "otel"), inner;

    weir_member_text(w->out, "scope", o->scope);
    weir_member_text(w->out, "severity_text", w->r->severity_text);
    inner = weir_member_open(w->out, "resource");
    for (size_t i = 0; i < o->resource.n; i++) {
        weir_member(w->out, o->resource.list[i].key);
        weir_attribute_write(w->out, &o->resource.list[i]);
    }
    weir_member_close(w->out, inner);
    weir_member_close(w->out, opened);
}

static void add_contexts(struct writer *w)
{
    const struct weir_record *r = w->r;
    size_t opened = weir_member_open(w->out, "contexts"), inner;

    if (r->trace_id.n > 0) {
        inner = weir_member_open(w->out, "trace");
        weir_member_text(w->out, "trace_id", r->trace_id);
        weir_member_text(w->out, "span_id", r->span_id);
        weir_member_close(w->out, inner);
    }
    inner = weir_member_open(w->out, "runtime");
    weir_member_text(w->out, "name", r->origin->runtime_name);
    weir_member_text(w->out, "version", r->origin->runtime_version);
    weir_member_close(w->out, inner);
    add_section(w, "response");
    add_otel(w);
    weir_member_close(w->out, opened);
}

/* Is it among the fields of the record already? */
static bool is_exception_key(struct weir_str key)
{
    static const char *const keys[] = {"exception.type", "exception.message",
                                       "exception.stacktrace", "exception.escaped"};

    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
        if (weir_str_eq(key, weir_str_of(keys[i])))
            return true;
    return false;
}

static void add_extra(struct writer *w)
{
    size_t opened = weir_member_open(w->out, "extra");

    for (size_t i = 0; i < w->r->attributes.n; i++) {
        const struct weir_attribute *a = &w->r->attributes.list[i];

        if (w->placed[i] || is_exception_key(a->key))
            continue;
        weir_member(w->out, a->key);
        weir_attribute_write(w->out, a);
    }
    if (w->trace->n == 0)
        weir_member_text(w->out, "exception.stacktrace", w->r->stacktrace);
    weir_member_close(w->out, opened);
}

/* ---- the event --------------------------------------------------------- */

/* What is logged beside an exception is often only its message again. */
static void add_message(struct writer *w, bool exception)
{
    const struct weir_record *r = w->r;
    size_t opened;

    if (exception && weir_str_eq(r->message, r->exception_message))
        return;
    opened = weir_member_open(w->out, "logentry");
    weir_member_text(w->out, "formatted", r->message);
    weir_member_text(w->out, "message", r->template);
    weir_member_close(w->out, opened);
}

/* What escaped its span was not handled. That it did not says nothing: SDKs
 * write so before they know. */
static int handled_of(const struct weir_record *r)
{
    const struct weir_attribute *a = weir_attributes_get(&r->attributes, "exception.escaped");

    return a != NULL && weir_str_eq_nocase(a->text, WEIR_S("true")) ? 0 : r->handled;
}

static void add_exception(struct writer *w)
{
    const struct weir_record *r = w->r;
    struct weir_str value = r->exception_message, head, tail;

    /* Backends want a type or a value. */
    if (w->trace->n == 0 && r->exception_type.n == 0 && value.n == 0) {
        weir_str_cut(r->stacktrace.n > 0 ? r->stacktrace : r->message, '\n', &head, &tail);
        value = weir_str_sub(weir_str_trim(head), 0, FIRST_LINE_MAX);
        value = value.n > 0 ? value : WEIR_S("exception");
    }
    weir_member(w->out, WEIR_S("exception"));
    weir_stacktrace_write(w->trace, w->in->in_app, r->exception_type, value,
                          r->from_span ? "otel.span" : "log", handled_of(r), w->out);
}

static void add_head(struct writer *w, const struct weir_decoder *d, const char *id, bool exception)
{
    const struct weir_record *r = w->r;
    int severity = exception && r->severity == 0 ? 17 : r->severity;

    weir_buf_char(w->out, '{');
    weir_member_text(w->out, "event_id", weir_str_of(id));
    weir_buf_text(w->out, ",\"timestamp\":");
    weir_buf_seconds(w->out, weir_record_time(d, r));
    weir_member_text(w->out, "level", weir_str_of(weir_severity_level(severity)));
    weir_member_text(w->out, "platform",
                     weir_str_of(w->trace->n > 0 ? w->trace->platform
                                                 : weir_stacktrace_platform(r->origin->language)));
    weir_member_text(w->out, "logger", r->logger);
    weir_member_text(w->out, "transaction", r->transaction);
    weir_member_text(w->out, "environment", r->origin->environment);
    weir_member_text(w->out, "release", r->origin->release);
    weir_member_text(w->out, "server_name", r->origin->server_name);
}

int weir_record_event(struct weir_decoder *d, const struct weir_record *r, const char *id,
                      bool exception, const struct weir_stacktrace *trace,
                      struct weir_str *ret_json)
{
    struct weir_buf out;
    struct writer w = {.in = d->in, .r = r, .trace = trace, .out = &out};

    w.placed = weir_arena_zalloc(d->in->arena, r->attributes.n + 1, sizeof *w.placed);
    if (w.placed == NULL)
        return WEIR_ENOMEM;
    weir_buf_init(&out, d->in->arena, EVENT_ROOM);
    add_head(&w, d, id, exception);
    add_message(&w, exception);
    if (exception)
        add_exception(&w);
    add_section(&w, "user");
    add_request(&w);
    add_tags(&w);
    add_contexts(&w);
    add_extra(&w);
    weir_buf_char(&out, '}');
    return weir_buf_str(&out, ret_json);
}
