/* balance.h - which endpoint of a destination takes the next delivery.
 *
 *   round_robin        the next one in turn
 *   least_connections  the one with the fewest requests out for its weight
 *   weighted           smooth weighted round robin: {5,1,1} gives a a b a c a a
 *
 * Only seats that may be used (their breaker lets through) are looked at, so
 * failover needs no code of its own. Pure but for the turn kept in `b` and
 * `seat->turn`. Threads: the forwarder. */
#ifndef WEIR_FORWARD_BALANCE_H
#define WEIR_FORWARD_BALANCE_H

#include "weir/config.h"

struct weir_seat {
    unsigned weight;  /* 1 to 1000 */
    unsigned sending; /* requests out */
    int64_t turn;     /* weighted: its running balance; from 0 */
    bool usable;
};

struct weir_balancer {
    size_t next; /* round_robin: whose turn it is */
};

/* Index of the seat that takes the next request; SIZE_MAX when none may. */
size_t weir_balance_pick(struct weir_balancer *b, enum weir_balance how, struct weir_seat *seats,
                         size_t n);

#endif
