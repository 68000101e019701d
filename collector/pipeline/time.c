/* time.c - times of a sender whose clock is wrong.
 *
 * The sender stamps an envelope when it sends it. Where that is 55 minutes or
 * more off the arrival, its clock is wrong (or the envelope lay in an offline
 * queue, which the same arithmetic mends), and all times in the item are moved
 * by the difference, as backends do. They no longer can: weir stamps sent_at
 * anew at each attempt.
 *
 *   timestamp, start_timestamp     of the event; started of a session
 *   spans[], items[]               timestamp, start_timestamp, end_timestamp
 *   breadcrumbs[], .values[]       timestamp
 *
 * Rare, so this is a second read of the document. */
#include "stages.h"
#include "weir/scan.h"
#include "weir/clock.h"

#include <inttypes.h>

static bool time_key(struct weir_str key)
{
    return weir_str_eq(key, WEIR_S("\"timestamp\"")) ||
           weir_str_eq(key, WEIR_S("\"start_timestamp\"")) ||
           weir_str_eq(key, WEIR_S("\"end_timestamp\"")) || weir_str_eq(key, WEIR_S("\"started\""));
}

/* In the form it came in: a number of seconds, or RFC 3339 in UTC. */
static struct weir_str moved(const struct weir_event *ev, struct weir_str raw)
{
    bool text = weir_scan_is_string(raw);
    struct weir_str time = text ? weir_scan_text(ev->arena, raw) : raw;
    double seconds;
    uint64_t us;
    char day[25];

    if (!weir_parse_time(time, &seconds))
        return (struct weir_str){0};
    seconds += (double)ev->drift_ms / 1000;
    if (seconds < 0)
        return (struct weir_str){0};
    us = (uint64_t)(seconds * 1e6 + 0.5);
    if (!text)
        return weir_arena_printf(ev->arena, "%" PRIu64 ".%06" PRIu64, us / 1000000, us % 1000000);
    weir_rfc3339(us / 1000, day);
    return weir_arena_printf(ev->arena, "\"%.19s.%06" PRIu64 "Z\"", day, us % 1000000);
}

static void move(struct weir_event *ev, struct weir_str raw)
{
    size_t at = (size_t)(raw.p - ev->doc.body.p);
    struct weir_str with = moved(ev, raw);

    if (with.n > 0 && !weir_edits_covers(&ev->doc.edits, at))
        weir_edits_add(&ev->doc.edits, at, at + raw.n, with);
}

static void move_members(struct weir_event *ev, struct weir_str object)
{
    struct weir_scan s;
    struct weir_str key, value;

    if (!weir_scan_begin(&s, object) || !s.object)
        return;
    while (weir_scan_next(&s, &key, &value))
        if (time_key(key))
            move(ev, value);
}

static void move_list(struct weir_event *ev, struct weir_str list)
{
    struct weir_scan s;
    struct weir_str key, value;

    if (!weir_scan_begin(&s, list))
        return;
    if (s.object) {
        list = weir_scan_get(list, WEIR_S("values"));
        if (!weir_scan_begin(&s, list) || s.object)
            return;
    }
    while (weir_scan_next(&s, &key, &value))
        move_members(ev, value);
}

enum weir_verdict weir_stage_time(struct weir_event *ev)
{
    static const char *const lists[] = {"spans", "items", "breadcrumbs"};

    /* Sorted, since we ask for covers often; a failure there is sticky. */
    if (ev->drift_ms == 0 || weir_edits_sort(&ev->doc.edits) != 0)
        return WEIR_PASS;
    move_members(ev, ev->doc.body);
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
        const struct weir_json_member *m = weir_json_doc_get(&ev->doc, weir_str_of(lists[i]));

        if (m != NULL)
            move_list(ev, weir_json_doc_raw(&ev->doc, m));
    }
    return WEIR_PASS;
}
