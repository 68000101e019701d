/* filter.c - events that a project does not want, by globs over what was
 * sent: messages, exceptions ("Type: value", and the type alone), releases,
 * names of transactions. */
#include "stages.h"
#include "weir/scan.h"

static bool any_glob(const struct weir_strs *globs, struct weir_str text)
{
    for (size_t i = 0; i < globs->n; i++)
        if (weir_str_glob(globs->list[i], text))
            return true;
    return false;
}

static struct weir_str member_raw(const struct weir_event *ev, struct weir_str name)
{
    const struct weir_json_member *m = weir_json_doc_get(&ev->doc, name);

    return m != NULL ? weir_json_doc_raw(&ev->doc, m) : (struct weir_str){0};
}

static bool text_matches(const struct weir_event *ev, const struct weir_strs *globs,
                         struct weir_str raw)
{
    return weir_scan_is_string(raw) && any_glob(globs, weir_scan_text(ev->arena, raw));
}

static bool message_matches(const struct weir_event *ev, const struct weir_strs *globs)
{
    struct weir_str message = member_raw(ev, WEIR_S("message"));
    struct weir_str entry = member_raw(ev, WEIR_S("logentry"));

    /* Some SDKs send {"message":{"formatted":...}} for logentry. */
    return text_matches(ev, globs, message) ||
           text_matches(ev, globs, weir_scan_get(message, WEIR_S("formatted"))) ||
           text_matches(ev, globs, weir_scan_get(entry, WEIR_S("formatted"))) ||
           text_matches(ev, globs, weir_scan_get(entry, WEIR_S("message")));
}

static bool exception_matches(const struct weir_event *ev, struct weir_str exception)
{
    const struct weir_strs *globs = &ev->project->filters.exceptions;
    struct weir_str type = weir_scan_text(ev->arena, weir_scan_get(exception, WEIR_S("type")));
    struct weir_str value = weir_scan_text(ev->arena, weir_scan_get(exception, WEIR_S("value")));
    struct weir_str both;

    if (type.n == 0 && value.n == 0)
        return false;
    both = weir_arena_printf(ev->arena, "%.*s: %.*s", WEIR_FMT(type), WEIR_FMT(value));
    return any_glob(globs, type) || any_glob(globs, both);
}

/* {"values":[...]}, [...] or a single one. */
static bool exceptions_match(const struct weir_event *ev)
{
    struct weir_str list = member_raw(ev, WEIR_S("exception")), key, one;
    struct weir_str values = weir_scan_get(list, WEIR_S("values"));
    struct weir_scan s;

    if (values.n > 0)
        list = values;
    if (!weir_scan_begin(&s, list))
        return false;
    if (s.object)
        return exception_matches(ev, list);
    while (weir_scan_next(&s, &key, &one))
        if (exception_matches(ev, one))
            return true;
    return false;
}

static bool release_matches(const struct weir_event *ev)
{
    struct weir_str sent = weir_scan_text(ev->arena, member_raw(ev, WEIR_S("release")));

    return any_glob(&ev->project->filters.releases,
                    sent.n > 0 ? sent : ev->project->tagging.release);
}

enum weir_verdict weir_stage_filter(struct weir_event *ev)
{
    const struct weir_filters *f = &ev->project->filters;
    bool event = ev->item->type == WEIR_ITEM_EVENT;

    if (f->releases.n > 0 && release_matches(ev))
        return WEIR_VERDICT_FILTERED;
    if (event && f->messages.n > 0 && message_matches(ev, &f->messages))
        return WEIR_VERDICT_FILTERED;
    if (event && f->exceptions.n > 0 && exceptions_match(ev))
        return WEIR_VERDICT_FILTERED;
    if (!event && f->transactions.n > 0 &&
        text_matches(ev, &f->transactions, member_raw(ev, WEIR_S("transaction"))))
        return WEIR_VERDICT_FILTERED;
    return WEIR_PASS;
}
