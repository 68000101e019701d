/* bucket.h - rate limits that weir sets itself: one token bucket a project.
 *
 * Kept as the time at which the bucket would be full again (GCRA): one
 * atomic word, shared by all workers, so that a client on one connection
 * gets the same rate as one on many. It is touched for projects with a
 * rate_limit only.
 *
 * Any thread, lock-free. */
#ifndef WEIR_LISTEN_BUCKET_H
#define WEIR_LISTEN_BUCKET_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct weir_bucket {
    _Atomic uint64_t full_at_ns; /* mono; 0: full */
};

/* Takes one token. `per_second` above 0; `burst` below 1 means
 * max(1, per_second). When false, ret_wait_ms (at least 1) says when the
 * next token is there. */
bool weir_bucket_take(struct weir_bucket *b, double per_second, double burst, uint64_t now_ns,
                      uint64_t *ret_wait_ms);

#endif
