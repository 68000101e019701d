/* lane.c - finding, making and resetting lanes within their bound. */
#include "lane.h"

#include <stdlib.h>

static bool is_idle(const struct weir_lane *l, uint64_t now_ms)
{
    return l->rows == 0 && l->gate.state == WEIR_GATE_FINE &&
           weir_rate_limits_until_any(&l->limits, now_ms) == 0;
}

static void forget(struct weir_lane *l, uint64_t hash)
{
    char *refused = l->refused;

    *l = (struct weir_lane){.hash = hash, .refused = refused};
}

static struct weir_lane *find_or_make(struct weir_lanes *l, uint64_t hash, uint64_t now_ms)
{
    struct weir_lane *idle = NULL;

    for (size_t i = 0; i < l->n; i++) {
        if (l->list[i]->hash == hash)
            return l->list[i];
    }
    if (l->n < WEIR_MAX_LANES) {
        struct weir_lane *made = calloc(1, sizeof *made);

        if (made == NULL)
            return &l->shared;
        made->hash = hash;
        l->list[l->n++] = made;
        return made;
    }
    for (size_t i = 0; i < l->n && idle == NULL; i++)
        idle = is_idle(l->list[i], now_ms) ? l->list[i] : NULL;
    if (idle == NULL)
        return &l->shared;
    forget(idle, hash);
    return idle;
}

struct weir_lane *weir_lanes_take(struct weir_lanes *l, uint64_t hash, uint64_t now_ms)
{
    struct weir_lane *lane = find_or_make(l, hash, now_ms);

    lane->rows++;
    return lane;
}

void weir_lane_drop(struct weir_lane *lane)
{
    lane->rows--;
}

void weir_lane_keep_answer(struct weir_lane *lane, int status, struct weir_str answer)
{
    lane->refused_status = status;
    lane->n_refused = 0;
    if (lane->refused == NULL)
        lane->refused = malloc(WEIR_ANSWER_MAX);
    if (lane->refused == NULL || answer.n == 0)
        return; /* the dead letter does without */
    lane->n_refused = answer.n < WEIR_ANSWER_MAX ? answer.n : WEIR_ANSWER_MAX;
    memcpy(lane->refused, answer.p, lane->n_refused);
}

static void reset(struct weir_lane *lane, bool limits)
{
    weir_gate_reset(&lane->gate);
    if (limits)
        lane->limits = (struct weir_rate_limits){{0}};
}

void weir_lanes_reset(struct weir_lanes *l, bool limits)
{
    for (size_t i = 0; i < l->n; i++)
        reset(l->list[i], limits);
    reset(&l->shared, limits);
}

bool weir_lanes_blocked(const struct weir_lanes *l)
{
    for (size_t i = 0; i < l->n; i++) {
        if (weir_gate_blocked(&l->list[i]->gate))
            return true;
    }
    return weir_gate_blocked(&l->shared.gate);
}

uint64_t weir_lanes_limited_until(const struct weir_lanes *l, uint64_t now_ms)
{
    uint64_t most = weir_rate_limits_until_any(&l->shared.limits, now_ms);

    for (size_t i = 0; i < l->n; i++) {
        uint64_t until_ms = weir_rate_limits_until_any(&l->list[i]->limits, now_ms);

        most = until_ms > most ? until_ms : most;
    }
    return most;
}

void weir_lanes_destroy(struct weir_lanes *l)
{
    for (size_t i = 0; i < l->n; i++) {
        free(l->list[i]->refused);
        free(l->list[i]);
    }
    free(l->shared.refused);
    memset(l, 0, sizeof *l);
}
