/* balance.c - the three ways to choose among the seats. */
#include "balance.h"

static size_t pick_in_turn(struct weir_balancer *b, const struct weir_seat *seats, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        size_t at = (b->next + i) % n;

        if (seats[at].usable) {
            b->next = at + 1;
            return at;
        }
    }
    return SIZE_MAX;
}

/* Among equals the next in turn, else an idle destination would send all its
 * traffic to the first endpoint. */
static size_t pick_least(struct weir_balancer *b, const struct weir_seat *seats, size_t n)
{
    size_t best = SIZE_MAX;

    for (size_t i = 0; i < n; i++) {
        size_t at = (b->next + i) % n;

        if (seats[at].usable &&
            (best == SIZE_MAX || (uint64_t)seats[at].sending * seats[best].weight <
                                     (uint64_t)seats[best].sending * seats[at].weight))
            best = at;
    }
    if (best != SIZE_MAX)
        b->next = best + 1;
    return best;
}

/* Each usable seat earns its weight, the richest goes and pays the sum. */
static size_t pick_weighted(struct weir_seat *seats, size_t n)
{
    size_t best = SIZE_MAX;
    int64_t sum = 0;

    for (size_t i = 0; i < n; i++) {
        if (!seats[i].usable)
            continue;
        seats[i].turn += seats[i].weight;
        sum += seats[i].weight;
        if (best == SIZE_MAX || seats[i].turn > seats[best].turn)
            best = i;
    }
    if (best != SIZE_MAX)
        seats[best].turn -= sum;
    return best;
}

size_t weir_balance_pick(struct weir_balancer *b, enum weir_balance how, struct weir_seat *seats,
                         size_t n)
{
    switch (how) {
    case WEIR_LEAST_CONNECTIONS:
        return pick_least(b, seats, n);
    case WEIR_WEIGHTED:
        return pick_weighted(seats, n);
    case WEIR_ROUND_ROBIN:
    default:
        return pick_in_turn(b, seats, n);
    }
}
