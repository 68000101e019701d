/* gelf.c - GELF 1.0 and 1.1, one object or one a line.
 *
 *   {"version":"1.1","host":"web-1","short_message":"charge failed",
 *    "full_message":"charge failed\nTraceback ...","timestamp":1700000000.1,
 *    "level":3,"_order":17}
 *
 * Levels are syslog's. A full_message that is a stack trace makes the record
 * an exception; any other is kept as an attribute. Chunks and compression of
 * datagrams are undone by listen/.
 *
 * https://go2docs.graylog.org/current/getting_in_log_data/gelf.html */
#include "loose_log.h"

static int full_message(struct weir_loose_log *l, struct weir_str text)
{
    if (text.n == 0 || weir_str_eq(text, l->message) || weir_loose_log_trace(l, text))
        return 0;
    return weir_loose_log_attribute(l, WEIR_S("full_message"), WEIR_ATTRIBUTE_TEXT, text);
}

/* Members that GELF itself defines, and those that it lets senders add. */
static int take(struct weir_loose_log *l, const struct weir_json_doc *doc,
                const struct weir_json_member *m, struct weir_str *full)
{
    struct weir_arena *a = l->d->in->arena;
    struct weir_str raw = weir_json_doc_raw(doc, m);
    uint64_t level;

    if (weir_str_eq(m->name, WEIR_S("version")))
        return 0;
    if (weir_str_eq(m->name, WEIR_S("short_message"))) {
        l->message = weir_json_member_text(doc, a, m);
    } else if (weir_str_eq(m->name, WEIR_S("full_message"))) {
        *full = weir_json_member_text(doc, a, m);
    } else if (weir_str_eq(m->name, WEIR_S("timestamp"))) {
        l->timestamp = weir_loose_log_time(doc, a, m);
    } else if (weir_str_eq(m->name, WEIR_S("level")) && weir_str_u64(raw, &level)) {
        l->severity = weir_severity_of_syslog(level <= 7 ? (unsigned)level : 7);
    } else {
        bool added = m->name.n > 1 && m->name.p[0] == '_';

        return weir_loose_log_member(l, doc, m,
                                     added ? weir_str_sub(m->name, 1, SIZE_MAX) : m->name);
    }
    return 0;
}

static int one(struct weir_decoder *d, struct weir_str raw, size_t offset)
{
    struct weir_str full = {NULL, 0};
    struct weir_json_doc doc;
    struct weir_loose_log l;
    int err = weir_decode_members(d, raw, offset, "a GELF message is a JSON object", &doc);

    if (err != 0)
        return err;
    weir_loose_log_begin(&l, d);
    for (size_t i = 0; i < doc.n_members && err == 0; i++)
        err = take(&l, &doc, &doc.members[i], &full);
    if (err == 0 && l.message.n == 0 && full.n > 0)
        weir_str_cut(full, '\n', &l.message, &(struct weir_str){NULL, 0});
    if (err == 0 && l.message.n == 0)
        return weir_decode_fail(d, WEIR_EINVAL, "a GELF message needs its short_message", offset);
    if (err == 0)
        err = full_message(&l, full);
    return err != 0 ? err : weir_loose_log_end(&l);
}

/* One document, else one a line (and NUL between, as over TCP). */
static int whole(struct weir_decoder *d, struct weir_str body)
{
    struct weir_str line, rest = body;
    size_t n = 0;
    int err = 0;

    while (err == 0 && rest.n > 0) {
        weir_str_cut(rest, '\n', &line, &rest);
        while (line.n > 0 && line.p[line.n - 1] == '\0')
            line.n--;
        line = weir_str_trim(line);
        if (line.n == 0)
            continue;
        if (n++ == d->in->max_items)
            return weir_decode_too_many(d, (size_t)(line.p - body.p));
        if (n == 1 && line.p[line.n - 1] != '}') { /* it goes over several lines */
            line = weir_str_trim(body);
            rest.n = 0;
        }
        err = one(d, line, (size_t)(line.p - body.p));
    }
    if (err == 0 && n == 0)
        return weir_decode_fail(d, WEIR_EINVAL, "the body is empty", 0);
    return err != 0 ? err : weir_records_end(d);
}

const struct weir_format_ops weir_format_gelf = {.whole = whole};
