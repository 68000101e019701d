/* logstash.c - log events as logstash's JSON codec has them, v0 and v1.
 *
 *   v0: {"@timestamp":"...","@source_host":"web-1","@message":"charge failed",
 *        "@tags":[],"@type":"logstash","@fields":{"levelname":"ERROR",...}}
 *   v1: {"@timestamp":"...","@version":"1","host":"web-1","message":"...",
 *        "level":"ERROR","logger_name":"shop","stack_trace":"..."}
 *
 * One object, or one a line. */
#include "loose_log.h"

static int take_all(struct weir_loose_log *l, const struct weir_json_doc *doc, bool top);

static int fields_of(struct weir_loose_log *l, const struct weir_json_doc *doc,
                     const struct weir_json_member *m)
{
    struct weir_json_doc inner;
    int err =
        weir_json_members(l->d->in->reader, l->d->in->arena, weir_json_doc_raw(doc, m), &inner);

    return err != 0 ? err : take_all(l, &inner, false);
}

static int take(struct weir_loose_log *l, const struct weir_json_doc *doc,
                const struct weir_json_member *m, bool top)
{
    struct weir_str name = m->name;

    if (!top || name.n < 2 || name.p[0] != '@')
        return weir_loose_log_member(l, doc, m, name);
    name = weir_str_sub(name, 1, SIZE_MAX);
    if (weir_str_eq(name, WEIR_S("version")))
        return 0;
    if (weir_str_eq(name, WEIR_S("timestamp"))) {
        l->timestamp = weir_loose_log_time(doc, l->d->in->arena, m);
        return 0;
    }
    if (weir_str_eq(name, WEIR_S("fields")) && m->kind == WEIR_JSON_OBJECT)
        return fields_of(l, doc, m);
    if (weir_str_eq(name, WEIR_S("source_host")))
        name = WEIR_S("host");
    return weir_loose_log_member(l, doc, m, name);
}

static int take_all(struct weir_loose_log *l, const struct weir_json_doc *doc, bool top)
{
    int err = 0;

    for (size_t i = 0; i < doc->n_members && err == 0; i++)
        err = take(l, doc, &doc->members[i], top);
    return err;
}

static int one(struct weir_decoder *d, struct weir_str raw, size_t offset)
{
    struct weir_json_doc doc;
    struct weir_loose_log l;
    int err = weir_decode_members(d, raw, offset, "a log event is a JSON object", &doc);

    if (err != 0)
        return err;
    weir_loose_log_begin(&l, d);
    err = take_all(&l, &doc, true);
    if (err == 0 && l.message.n == 0 && l.exception_message.n + l.stacktrace.n == 0)
        return weir_decode_fail(d, WEIR_EINVAL, "a log event needs its message", offset);
    return err != 0 ? err : weir_loose_log_end(&l);
}

static int whole(struct weir_decoder *d, struct weir_str body)
{
    struct weir_str line, rest = body;
    int err = 0;

    while (err == 0 && rest.n > 0) {
        weir_str_cut(rest, '\n', &line, &rest);
        line = weir_str_trim(line);
        if (line.n > 0 && d->result.accepted == d->in->max_items)
            return weir_decode_too_many(d, (size_t)(line.p - body.p));
        if (line.n > 0)
            err = one(d, line, (size_t)(line.p - body.p));
    }
    if (err == 0 && d->result.accepted == 0)
        return weir_decode_fail(d, WEIR_EINVAL, "the body is empty", 0);
    return err != 0 ? err : weir_records_end(d);
}

const struct weir_format_ops weir_format_logstash = {.whole = whole};
