/* backoff.h - how long a delivery waits before its next attempt.
 *
 * min(max, initial * factor^(attempt - 1)), of which full jitter takes a
 * random part between none and all of it, so that the deliveries of an
 * outage do not come back as one wave. Pure; the randomness is a
 * parameter. Any thread. */
#ifndef WEIR_FORWARD_BACKOFF_H
#define WEIR_FORWARD_BACKOFF_H

#include "weir/config.h"

/* `attempts` spent so far, from 1; `random` any 64 random bits. At least
 * 1 ms: a retry at once would be a busy loop against a broken upstream. */
uint64_t weir_backoff_ms(const struct weir_retry *r, uint32_t attempts, uint64_t random);

#endif
