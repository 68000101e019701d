/* bucket.c - see bucket.h.
 *
 * Generic cell rate algorithm: each token costs `step` nanoseconds, and the
 * bucket may be in debt of at most `burst` steps.
 *
 *   debt after taking = max(full_at, now) + step - now
 *   taken when debt <= burst * step */
#include "bucket.h"

bool weir_bucket_take(struct weir_bucket *b, double per_second, double burst, uint64_t now_ns,
                      uint64_t *ret_wait_ms)
{
    const double most = 1e15; /* eleven days: no overflow whatever is configured */
    double step = 1e9 / per_second;
    uint64_t step_ns, debt_ns, full_at, next;
    bool taken;

    if (burst < 1)
        burst = per_second > 1 ? per_second : 1;
    step_ns = step < 1 ? 1 : (uint64_t)(step < most ? step : most);
    debt_ns = (uint64_t)(step * burst < most ? step * burst : most);
    if (debt_ns < step_ns)
        debt_ns = step_ns;
    full_at = atomic_load_explicit(&b->full_at_ns, memory_order_relaxed);
    do {
        uint64_t from = full_at > now_ns ? full_at : now_ns;
        bool owes_too_much = from > now_ns + debt_ns; /* under an older, slower configuration */

        taken = from + step_ns <= now_ns + debt_ns;
        next = taken ? from + step_ns : from;
        if (owes_too_much)
            next = now_ns + debt_ns;
        else if (!taken)
            break;
    } while (!atomic_compare_exchange_weak_explicit(&b->full_at_ns, &full_at, next,
                                                    memory_order_relaxed, memory_order_relaxed));
    if (!taken)
        *ret_wait_ms = (next + step_ns - now_ns - debt_ns + 999999) / 1000000;
    return taken;
}
