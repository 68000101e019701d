/* clock.h - time, read in one place and passed on as a parameter.
 *
 * Modules that decide by time take `now_ms`, so that tests cross an hour
 * without waiting. "mono" counts from an unspecified start and never steps;
 * "wall" is UTC since 1970. Any thread. */
#ifndef WEIR_CLOCK_H
#define WEIR_CLOCK_H

#include "weir/str.h"

/* The monotonic clock, in milliseconds and in microseconds; wall time in
 * milliseconds. They cannot fail. */
uint64_t weir_mono_ms(void);
uint64_t weir_mono_us(void);
uint64_t weir_wall_ms(void);

/* RFC 3339 with milliseconds and Z, e.g. 2026-11-21T05:30:00.123Z: 24 bytes
 * and NUL. */
void weir_rfc3339(uint64_t wall_ms, char ret_text[25]);
/* Reads RFC 3339 (any number of fraction digits, Z or offset, or none: UTC)
 * or seconds since 1970 as a decimal, with or without fraction. Years 1970
 * to 9999. False on anything else. */
bool weir_parse_time(struct weir_str s, double *ret_seconds);

#endif
