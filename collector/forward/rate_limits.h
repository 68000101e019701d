/* rate_limits.h - until when a destination wants nothing of a category.
 *
 *   X-Sentry-Rate-Limits: 60:transaction;error:organization:quota, 2700::key
 *   Retry-After: 120            or  Sat, 21 Nov 2026 05:30:00 GMT
 *
 * Limits only grow: the latest end among all that were said holds. One set
 * is kept for each key of a destination (lane.h). No end is further away
 * than a day, so that a nonsensical header cannot stop a destination until
 * the next restart.
 *
 * Pure: clocks are parameters. Threads: the forwarder. */
#ifndef WEIR_FORWARD_RATE_LIMITS_H
#define WEIR_FORWARD_RATE_LIMITS_H

#include "weir/item.h"

enum {
    WEIR_LIMIT_SOON_MS = 1000,
    WEIR_LIMIT_DEFAULT_MS = 60 * 1000,
    WEIR_LIMIT_MAX_MS = 24 * 60 * 60 * 1000
};

struct weir_rate_limits {
    uint64_t until_ms[WEIR_CATEGORIES]; /* mono; 0: none */
};

/* The headers of an answer that speak of limits; empty when absent. */
struct weir_limit_headers {
    struct weir_str retry_after;
    struct weir_str rate_limits; /* several headers joined by commas */
};

/* Takes in what an answer with `status` to a delivery of `category` says.
 * After a 429 `category` is limited in any case, by 60 s when nothing better
 * was said. True when a limit was set. */
bool weir_rate_limits_update(struct weir_rate_limits *l, int status, enum weir_category category,
                             const struct weir_limit_headers *h, uint64_t now_ms, uint64_t wall_ms);
/* Until when `category` is limited (mono ms); 0: it is not. */
uint64_t weir_rate_limits_until(const struct weir_rate_limits *l, enum weir_category category,
                                uint64_t now_ms);
/* Until when every category is; 0: some may go. */
uint64_t weir_rate_limits_until_all(const struct weir_rate_limits *l, uint64_t now_ms);
/* The latest end of any; 0: none. */
uint64_t weir_rate_limits_until_any(const struct weir_rate_limits *l, uint64_t now_ms);

#endif
