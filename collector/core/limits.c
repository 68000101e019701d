/* limits.c - two tables of atomics shared by rooms that do not know each other. */
#include "weir/limits.h"
#include "weir/config.h"

#include <stdatomic.h>

static atomic_uint_fast64_t until[WEIR_MAX_DESTINATIONS][WEIR_CATEGORIES];
static atomic_uint_fast64_t dropped[WEIR_MAX_DESTINATIONS][WEIR_REPORT_REASONS][WEIR_CATEGORIES];

void weir_limit_set(unsigned slot, enum weir_category category, uint64_t until_ms)
{
    if (slot < WEIR_MAX_DESTINATIONS && category < WEIR_CATEGORIES)
        atomic_store_explicit(&until[slot][category], until_ms, memory_order_relaxed);
}

uint64_t weir_limit_until(unsigned slot, enum weir_category category)
{
    if (slot >= WEIR_MAX_DESTINATIONS || category >= WEIR_CATEGORIES)
        return 0;
    return atomic_load_explicit(&until[slot][category], memory_order_relaxed);
}

const char *weir_report_reason_name(enum weir_report_reason r)
{
    static const char *const names[WEIR_REPORT_REASONS] = {
        [WEIR_REPORT_SAMPLE_RATE] = "sample_rate",
        [WEIR_REPORT_EVENT_PROCESSOR] = "event_processor",
        [WEIR_REPORT_CACHE_OVERFLOW] = "cache_overflow",
        [WEIR_REPORT_INTERNAL_SDK_ERROR] = "internal_sdk_error",
    };

    return r < WEIR_REPORT_REASONS ? names[r] : "";
}

void weir_report_add(unsigned slot, enum weir_report_reason reason, enum weir_category category,
                     uint64_t quantity)
{
    if (slot < WEIR_MAX_DESTINATIONS && reason < WEIR_REPORT_REASONS && category < WEIR_CATEGORIES)
        atomic_fetch_add_explicit(&dropped[slot][reason][category], quantity, memory_order_relaxed);
}

uint64_t weir_report_take(unsigned slot, enum weir_report_reason reason,
                          enum weir_category category)
{
    if (slot >= WEIR_MAX_DESTINATIONS || reason >= WEIR_REPORT_REASONS ||
        category >= WEIR_CATEGORIES)
        return 0;
    return atomic_exchange_explicit(&dropped[slot][reason][category], 0, memory_order_relaxed);
}
