/* backoff.c - the exponential ceiling and its jitter. */
#include "backoff.h"

static uint64_t ceiling_ms(const struct weir_retry *r, uint32_t attempts)
{
    double ms = r->initial_ms;

    for (uint32_t i = 1; i < attempts && ms < r->max_ms; i++) {
        ms *= r->factor;
        if (r->factor <= 1)
            break; /* it never grows: attempts may be many */
    }
    return ms < r->max_ms ? (uint64_t)ms : r->max_ms;
}

uint64_t weir_backoff_ms(const struct weir_retry *r, uint32_t attempts, uint64_t random)
{
    uint64_t ms = ceiling_ms(r, attempts);

    if (r->jitter)
        ms = random % (ms + 1);
    return ms > 0 ? ms : 1;
}
