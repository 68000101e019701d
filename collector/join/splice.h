/* splice.h - breadcrumbs into the event that they led to.
 *
 *   native    {"type":"breadcrumb","trace_id":…,"service":"cart","category":"http",
 *              "message":"GET /items 200","timestamp":1700000000.5}
 *   becomes   {"category":"http","message":"GET /items 200",
 *              "timestamp":1700000000.5,"data":{"service":"cart"}}
 *
 * and stands among the event's own breadcrumbs in time order
 * (https://develop.sentry.dev/sdk/data-model/event-payloads/breadcrumbs/).
 * The event's JSON is edited, not rebuilt: all else in it stays byte for
 * byte. Pure functions of the join thread. */
#ifndef WEIR_JOIN_SPLICE_H
#define WEIR_JOIN_SPLICE_H

#include "weir/delivery.h"
#include "weir/json.h"

struct weir_crumb {
    struct weir_str json; /* of a Sentry breadcrumb */
    double seconds;       /* since 1970 */
    size_t order;         /* among those of the same time */
};

/* Makes a Sentry breadcrumb of a native one. `received_ms` (wall) stands in
 * for a missing timestamp. WEIR_EINVAL: no JSON object. */
int weir_crumb_read(struct weir_json_reader *r, struct weir_arena *a, struct weir_str native,
                    uint64_t received_ms, struct weir_crumb *ret_crumb) WEIR_MUST_CHECK;
/* The event with `crumbs` among its breadcrumbs, in the form in which it had
 * them ({"values":[…]} or a bare array); and, when it stands for others
 * (`stands_for`, NULL: not), with how many they are and when they came as
 * contexts.collapse {count, first_seen, last_seen}. */
int weir_splice(struct weir_json_reader *r, struct weir_arena *a, struct weir_str event,
                const struct weir_crumb *crumbs, size_t n, const struct weir_mark *stands_for,
                struct weir_str *ret_event) WEIR_MUST_CHECK;
/* The same on a delivery's body: its first event item is replaced, the other
 * items stay as they are. */
int weir_splice_body(struct weir_json_reader *r, struct weir_arena *a, struct weir_str body,
                     const struct weir_crumb *crumbs, size_t n, const struct weir_mark *stands_for,
                     struct weir_str *ret_body) WEIR_MUST_CHECK;

#endif
