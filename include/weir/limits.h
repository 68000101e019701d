/* limits.h - what the forwarder tells the workers, and both tell upstream.
 *
 * Two small process-wide tables of atomics, so that rooms need not know each
 * other:
 *   - rate limits of destinations with `rate_limits: pass_on`: written by the
 *     forwarder, read by workers, who answer 429;
 *   - client reports: what weir itself dropped, added by anyone, taken by the
 *     forwarder each minute (outside the ledger; contract 5).
 * Slots are those of weir_destination_slot(). Any thread. */
#ifndef WEIR_LIMITS_H
#define WEIR_LIMITS_H

#include "weir/item.h"

#include <stdint.h>

/* Notes until when (mono ms) `slot` is limited for `category`; 0: it is not. */
void weir_limit_set(unsigned slot, enum weir_category category, uint64_t until_ms);
/* What was last set. Its end may have passed already. */
uint64_t weir_limit_until(unsigned slot, enum weir_category category);

enum weir_report_reason { /* names of https://develop.sentry.dev/sdk/telemetry/client-reports/ */
                          WEIR_REPORT_SAMPLE_RATE,
                          WEIR_REPORT_EVENT_PROCESSOR,
                          WEIR_REPORT_CACHE_OVERFLOW,
                          WEIR_REPORT_INTERNAL_SDK_ERROR,
                          WEIR_REPORT_REASONS
};
/* As client reports spell it; a constant. */
const char *weir_report_reason_name(enum weir_report_reason r);
/* Adds to the count of what weir itself left out. */
void weir_report_add(unsigned slot, enum weir_report_reason reason, enum weir_category category,
                     uint64_t quantity);
/* The count so far, reset to 0. */
uint64_t weir_report_take(unsigned slot, enum weir_report_reason reason,
                          enum weir_category category);

#endif
