/* upstream.h - the endpoints of one destination with their breakers.
 *
 * The DSN's origin is the first, then those of `endpoints`. A reload keeps
 * the breaker of every origin that stays. An endpoint that went away lives
 * on until its last answer is in.
 *
 * Threads: the forwarder. */
#ifndef WEIR_FORWARD_UPSTREAM_H
#define WEIR_FORWARD_UPSTREAM_H

#include "balance.h"
#include "breaker.h"

enum { WEIR_MAX_UPSTREAMS = 64 };

struct weir_upstream {
    struct weir_str origin; /* owned, NUL-terminated */
    uint64_t serial;        /* never the same for two */
    unsigned sending;
    bool retired; /* no longer configured: freed with its last answer */
    struct weir_breaker breaker;
};

struct weir_upstreams {
    struct weir_upstream *list[WEIR_MAX_UPSTREAMS];
    struct weir_seat seats[WEIR_MAX_UPSTREAMS]; /* of the same places */
    size_t n;
    struct weir_balancer balancer;
};

/* Takes over the origins of `d`, the first from `dsn`. WEIR_ENOMEM: as
 * before. */
int weir_upstreams_configure(struct weir_upstreams *u, const struct weir_destination *d,
                             const struct weir_dsn *dsn) WEIR_MUST_CHECK;
/* Whose turn it is among those whose breaker lets through; NULL when none
 * does. Takes no place in the breaker. */
struct weir_upstream *weir_upstreams_pick(struct weir_upstreams *u, enum weir_balance how,
                                          uint64_t now_ms);
/* When the first open breaker lets a probe through (mono ms); 0: never, or
 * it waits for a probe's answer. */
uint64_t weir_upstreams_again(const struct weir_upstreams *u);
/* An answer is in (or it was never sent). */
void weir_upstream_done(struct weir_upstream *up);
void weir_upstreams_destroy(struct weir_upstreams *u);

#endif
