/* logstash.c - log events as logstash's JSON codec has them, v0 and v1.
 *
 *   v0: {"@timestamp":"...","@source_host":"web-1","@message":"charge failed",
 *        "@tags":[],"@type":"logstash","@fields":{"levelname":"ERROR",...}}
 *   v1: {"@timestamp":"...","@version":"1","host":"web-1","message":"...",
 *        "level":"ERROR","logger_name":"shop","stack_trace":"..."}
 *
 * ECS: {"@timestamp":"...","log":{"level":"error","logger":"shop"},"message":
 *      "...","error":{"type":"E","message":"...","stack_trace":"..."},...}
 *
 * Names of the Elastic Common Schema come with dots or nested, which is the
 * same. A text of @fields does not stand in for one beside @fields, wherever it is.
 * One object, or one a line. */
#include "loose_log.h"

/* The fields that the sender added, as v0 has them. */
static int fields_of(struct weir_loose_log *l, const struct weir_json_doc *doc,
                     const struct weir_json_member *m)
{
    struct weir_json_doc inner;
    int err =
        weir_json_members(l->d->in->reader, l->d->in->arena, weir_json_doc_raw(doc, m), &inner);

    for (size_t i = 0; err == 0 && i < inner.n_members; i++)
        err = weir_loose_log_member(l, &inner, &inner.members[i], inner.members[i].name);
    return err;
}

/* Objects of the Elastic Common Schema that hold what an event has a place for. */
static bool is_ecs(const struct weir_json_member *m)
{
    static const char *const names[] = {"error", "log", "service", "host", "trace", "span"};

    for (size_t i = 0; m->kind == WEIR_JSON_OBJECT && i < sizeof names / sizeof names[0]; i++)
        if (weir_str_eq(m->name, weir_str_of(names[i])))
            return true;
    return false;
}

/* {"error":{"type":"E"}} is {"error.type":"E"}. */
static int ecs_of(struct weir_loose_log *l, const struct weir_json_doc *doc,
                  const struct weir_json_member *m)
{
    struct weir_arena *a = l->d->in->arena;
    struct weir_json_doc inner;
    int err = weir_json_members(l->d->in->reader, a, weir_json_doc_raw(doc, m), &inner);

    for (size_t i = 0; err == 0 && i < inner.n_members; i++) {
        struct weir_str key = inner.members[i].name;
        char between = weir_attribute_separator(m->name, key, '.');

        key = weir_arena_printf(a, "%.*s%c%.*s", WEIR_FMT(m->name), between, WEIR_FMT(key));
        err = weir_loose_log_member(l, &inner, &inner.members[i], key);
    }
    return err;
}

static bool has_fields(const struct weir_json_member *m)
{
    return weir_str_eq(m->name, WEIR_S("@fields")) && m->kind == WEIR_JSON_OBJECT;
}

static int take(struct weir_loose_log *l, const struct weir_json_doc *doc,
                const struct weir_json_member *m)
{
    struct weir_str name = m->name;

    if (weir_str_eq(name, WEIR_S("message")) || weir_str_eq(name, WEIR_S("@message"))) {
        struct weir_str text = weir_loose_log_any(l, doc, m);

        if (l->message.n > 0)
            return weir_loose_log_attribute(l, WEIR_S("message"), WEIR_ATTRIBUTE_TEXT, text);
        l->message = text;
        return 0;
    }
    if (is_ecs(m))
        return ecs_of(l, doc, m);
    if (name.n < 2 || name.p[0] != '@')
        return weir_loose_log_member(l, doc, m, name);
    name = weir_str_sub(name, 1, SIZE_MAX);
    if (weir_str_eq(name, WEIR_S("version")))
        return 0;
    if (weir_str_eq(name, WEIR_S("timestamp"))) {
        l->timestamp = weir_loose_log_time(doc, l->d->in->arena, m);
        return 0;
    }
    if (weir_str_eq(name, WEIR_S("source_host")))
        name = WEIR_S("host");
    return weir_loose_log_member(l, doc, m, name);
}

static int take_all(struct weir_loose_log *l, const struct weir_json_doc *doc)
{
    int err = 0;

    for (size_t i = 0; i < doc->n_members && err == 0; i++)
        if (!has_fields(&doc->members[i]))
            err = take(l, doc, &doc->members[i]);
    for (size_t i = 0; i < doc->n_members && err == 0; i++)
        if (has_fields(&doc->members[i]))
            err = fields_of(l, doc, &doc->members[i]);
    return err;
}

static int event(struct weir_decoder *d, const struct weir_json_doc *doc, size_t offset)
{
    struct weir_loose_log l;
    int err;

    weir_loose_log_begin(&l, d);
    err = take_all(&l, doc);
    if (err == 0 && l.message.n == 0 && l.exception_message.n + l.stacktrace.n == 0)
        return weir_decode_fail(d, WEIR_EINVAL, "a log event needs its message", offset);
    return err != 0 ? err : weir_loose_log_end(&l);
}

static int whole(struct weir_decoder *d, struct weir_str body)
{
    return weir_loose_logs(d, body, false, "a log event is a JSON object", event);
}

const struct weir_format_ops weir_format_logstash = {.whole = whole};
