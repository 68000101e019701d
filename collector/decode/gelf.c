/* gelf.c - GELF 1.0 and 1.1, one object or one a line.
 *
 *   {"version":"1.1","host":"web-1","short_message":"charge failed",
 *    "full_message":"charge failed\nTraceback ...","timestamp":1700000000.1,
 *    "level":3,"_order":17}
 *
 * Levels are syslog's. A full_message that is a stack trace makes the record
 * an exception; any other is kept as an attribute. `_id` is Graylog's own, who
 * omits one that was sent: so do we. Chunks and compression of datagrams are
 * undone by listen/.
 *
 * https://go2docs.graylog.org/current/getting_in_log_data/gelf.html */
#include "loose_log.h"

static int full_message(struct weir_loose_log *l, struct weir_str text)
{
    if (text.n == 0 || weir_str_eq(text, l->message) || weir_loose_log_trace(l, text))
        return 0;
    return weir_loose_log_attribute(l, WEIR_S("full_message"), WEIR_ATTRIBUTE_TEXT, text);
}

static bool is_added(const struct weir_json_member *m)
{
    return m->name.n > 1 && m->name.p[0] == '_';
}

/* A member without underscore: one that GELF itself defines, or nearly. */
static int take_own(struct weir_loose_log *l, const struct weir_json_doc *doc,
                    const struct weir_json_member *m, struct weir_str *full)
{
    struct weir_arena *a = l->d->in->arena;
    uint64_t level;

    if (weir_str_eq(m->name, WEIR_S("version")))
        return 0;
    if (weir_str_eq(m->name, WEIR_S("short_message"))) {
        l->message = weir_loose_log_any(l, doc, m);
    } else if (weir_str_eq(m->name, WEIR_S("full_message"))) {
        *full = weir_loose_log_any(l, doc, m);
    } else if (weir_str_eq(m->name, WEIR_S("timestamp"))) {
        l->timestamp = weir_loose_log_time(doc, a, m);
    } else if (weir_str_eq(m->name, WEIR_S("level")) &&
               weir_str_u64(weir_json_doc_raw(doc, m), &level) && level <= 7) {
        l->severity = weir_severity_of_syslog((unsigned)level);
    } else {
        return weir_loose_log_member(l, doc, m, m->name);
    }
    return 0;
}

/* GELF's own first, wherever they stand: `_message`, `_host` and the like are
 * the sender's and must not take their place. */
static int take_all(struct weir_loose_log *l, const struct weir_json_doc *doc,
                    struct weir_str *full)
{
    int err = 0;

    for (size_t i = 0; i < doc->n_members && err == 0; i++)
        if (!is_added(&doc->members[i]))
            err = take_own(l, doc, &doc->members[i], full);
    for (size_t i = 0; i < doc->n_members && err == 0; i++) {
        const struct weir_json_member *m = &doc->members[i];

        if (is_added(m) && !weir_str_eq(m->name, WEIR_S("_id")))
            err = weir_loose_log_member(l, doc, m, weir_str_sub(m->name, 1, SIZE_MAX));
    }
    return err;
}

static int message(struct weir_decoder *d, const struct weir_json_doc *doc, size_t offset)
{
    struct weir_str full = {NULL, 0};
    struct weir_loose_log l;
    int err;

    weir_loose_log_begin(&l, d);
    err = take_all(&l, doc, &full);
    if (err == 0 && l.message.n == 0 && full.n > 0)
        weir_str_cut(full, '\n', &l.message, &(struct weir_str){NULL, 0});
    if (err == 0 && l.message.n == 0)
        return weir_decode_fail(d, WEIR_EINVAL, "a GELF message needs its short_message", offset);
    if (err == 0)
        err = full_message(&l, full);
    return err != 0 ? err : weir_loose_log_end(&l);
}

static int whole(struct weir_decoder *d, struct weir_str body)
{
    return weir_loose_logs(d, body, true, "a GELF message is a JSON object", message);
}

const struct weir_format_ops weir_format_gelf = {.whole = whole};
