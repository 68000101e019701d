/* forward.h - the wall of forward/: ready rows to destinations.
 *
 *   spool reader --window--> queue of one destination --> breaker, limits -->
 *   curl multi --> answer --> settle (forwarded, retry, dead, expired)
 *
 * One thread, the only one that touches curl. Each destination has its own
 * window, limits, breakers (one for each endpoint) and connections, so that
 * one that hangs costs the others nothing. The policy is contract 6.
 *
 * Threads: its own; weir_forward_wake() from any. */
#ifndef WEIR_FORWARD_H
#define WEIR_FORWARD_H

#include "weir/spool.h"

struct weir_forward;

/* Both are referenced and outlive it; curl_global_init() comes before.
 * WEIR_ENOMEM, WEIR_EIO. Here and in the next three: the main thread. */
int weir_forward_new(struct weir_spool *spool, struct weir_current *current,
                     struct weir_forward **ret_forward) WEIR_MUST_CHECK;
/* Starts the thread. WEIR_ENOMEM. */
int weir_forward_start(struct weir_forward *f) WEIR_MUST_CHECK;
/* Stops taking new rows, lets what is in flight finish for at most
 * `drain_ms`, settles, ends. What is left stays spooled. */
void weir_forward_stop(struct weir_forward *f, uint32_t drain_ms);
/* After weir_forward_stop() and the end of the spool's thread. Accepts NULL. */
void weir_forward_free(struct weir_forward *f);
/* New rows for these slots, or a new snapshot. The spool's on_ready. */
void weir_forward_wake(void *self, uint64_t slots);

enum weir_breaker_state { WEIR_BREAKER_CLOSED, WEIR_BREAKER_OPEN, WEIR_BREAKER_HALF_OPEN };
/* "closed", "open", "half_open": as in metrics and answers. */
const char *weir_breaker_state_name(enum weir_breaker_state s);

/* For health, status and metrics; atomic loads. Any thread. */
struct weir_forward_view {
    bool blocked;
    bool no_dsn;
    unsigned n_endpoints;
    enum weir_breaker_state breakers[16]; /* of the first endpoints */
    uint64_t limited_until_ms;            /* mono; any category; 0 */
    uint32_t sending;
    uint64_t last_success_ms; /* wall; 0: never */
    int last_status;          /* of the last answer; 0: none */
};
/* Of the destination with that slot; all zero when there is none. */
void weir_forward_look(const struct weir_forward *f, unsigned slot,
                       struct weir_forward_view *ret_view);

#endif
