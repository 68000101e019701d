/* recent.h - breadcrumbs made of a trace's spans (breadcrumbs.from_spans).
 *
 *   span http.client "POST /charge", 0.3 s, ok
 *     -> {"timestamp":END,"type":"http","category":"http.client","level":"info",
 *         "message":"POST /charge","data":{"service":"shop","duration_ms":300,"status":"ok"}}
 *
 * Calls of others only: HTTP, database, messages, RPC. While the spans are
 * staged they are read from the spool; when they have gone as a transaction,
 * what they make is kept here for breadcrumbs.ttl, within breadcrumbs.traces,
 * breadcrumbs.per_trace and 16 MiB, for an error that comes later. That is
 * memory only: a restart forgets it.
 *
 * Plain data of the join thread. */
#ifndef WEIR_JOIN_RECENT_H
#define WEIR_JOIN_RECENT_H

#include "room.h"
#include "spans.h"
#include "splice.h"

/* False: the span is no call, or there is no memory. */
bool weir_span_crumb(struct weir_arena *a, const struct weir_span *s, struct weir_crumb *ret_crumb);
/* Spans of a trace that leave the spool: keeps what they make. `hash` is that
 * of the trace for breadcrumbs. */
void weir_recent_add(struct weir_join *j, uint64_t hash, const struct weir_span *spans, size_t n,
                     uint64_t now_ms);
/* What is kept for a trace, at most `most`, the newest; copied to the arena.
 * 0: nothing. */
size_t weir_recent_get(struct weir_join *j, uint64_t hash, struct weir_arena *a, size_t most,
                       struct weir_crumb *ret_crumbs);
void weir_recent_expire(struct weir_join *j, uint64_t now_ms);
void weir_recent_destroy(struct weir_join *j);

#endif
