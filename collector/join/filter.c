/* filter.c - counters by two hashes of the trace, read without a lock. */
#include "filter.h"

#include <stdlib.h>

static uint32_t place(uint64_t hash, unsigned i)
{
    return (uint32_t)(hash >> (i * 32)) % WEIR_FILTER_COUNTERS;
}

bool weir_filter_init(struct weir_filter *f)
{
    /* Zeroed pages of calloc() cost memory only once they are touched. */
    f->counters = calloc(WEIR_FILTER_COUNTERS, sizeof *f->counters);
    f->expected_ms = calloc(WEIR_FILTER_COUNTERS, sizeof *f->expected_ms);
    return f->counters != NULL && f->expected_ms != NULL;
}

void weir_filter_destroy(struct weir_filter *f)
{
    free(f->counters);
    free(f->expected_ms);
    *f = (struct weir_filter){0};
}

void weir_filter_raise(struct weir_filter *f, uint64_t hash)
{
    for (unsigned i = 0; i < 2; i++)
        atomic_fetch_add_explicit(&f->counters[place(hash, i)], 1, memory_order_relaxed);
}

void weir_filter_lower(struct weir_filter *f, uint64_t hash)
{
    for (unsigned i = 0; i < 2; i++)
        atomic_fetch_sub_explicit(&f->counters[place(hash, i)], 1, memory_order_relaxed);
}

void weir_filter_expect(struct weir_filter *f, uint64_t hash, uint64_t now_ms)
{
    for (unsigned i = 0; i < 2; i++)
        atomic_store_explicit(&f->expected_ms[place(hash, i)], now_ms, memory_order_relaxed);
}

static bool is_expected(const struct weir_filter *f, uint32_t at, uint64_t now_ms, uint64_t within)
{
    uint64_t ms = atomic_load_explicit(&f->expected_ms[at], memory_order_relaxed);

    return ms != 0 && now_ms < ms + within;
}

bool weir_filter_expected(const struct weir_filter *f, uint64_t hash, uint64_t now_ms, uint64_t ms)
{
    return is_expected(f, place(hash, 0), now_ms, ms) && is_expected(f, place(hash, 1), now_ms, ms);
}

bool weir_filter_may(const struct weir_filter *f, uint64_t hash, uint64_t now_ms)
{
    for (unsigned i = 0; i < 2; i++) {
        uint32_t at = place(hash, i);

        if (atomic_load_explicit(&f->counters[at], memory_order_relaxed) == 0 &&
            !is_expected(f, at, now_ms, WEIR_FILTER_EXPECT_MS))
            return false;
    }
    return true;
}
