/* lane.h - what is known of one credential of a destination: its rate limits
 * and whether it is refused.
 *
 * An ordinary DSN has one lane. One with {key} or {project} has a lane for
 * each pair that senders bring, so that a sender with a wrong key, or over
 * its quota, holds up nobody else. Their number is bounded: when all places
 * are taken by lanes that are limited or refused, further pairs share one.
 *
 * Threads: the forwarder. */
#ifndef WEIR_FORWARD_LANE_H
#define WEIR_FORWARD_LANE_H

#include "blocked.h"
#include "rate_limits.h"

enum { WEIR_MAX_LANES = 256, WEIR_ANSWER_MAX = 1024 };

struct weir_lane {
    uint64_t hash;
    unsigned rows; /* deliveries in the window that point here */
    struct weir_gate gate;
    struct weir_rate_limits limits;
    /* What the suspect of `gate` was answered, for its dead letter. */
    int refused_status;
    size_t n_refused;
    char *refused; /* WEIR_ANSWER_MAX bytes, made when first needed */
};

struct weir_lanes {
    struct weir_lane *list[WEIR_MAX_LANES];
    size_t n;
    struct weir_lane shared;
};

/* The lane of this credential; counts one more row on it. */
struct weir_lane *weir_lanes_take(struct weir_lanes *l, uint64_t hash, uint64_t now_ms);
void weir_lane_drop(struct weir_lane *lane);
/* Keeps the answer that made a delivery the suspect. */
void weir_lane_keep_answer(struct weir_lane *lane, int status, struct weir_str answer);
/* Credentials changed: no lane is refused any more; with `limits`, nor
 * limited. */
void weir_lanes_reset(struct weir_lanes *l, bool limits);
/* Is any lane blocked? */
bool weir_lanes_blocked(const struct weir_lanes *l);
/* The latest end of any limit (mono ms); 0: none. */
uint64_t weir_lanes_limited_until(const struct weir_lanes *l, uint64_t now_ms);
void weir_lanes_destroy(struct weir_lanes *l);

#endif
