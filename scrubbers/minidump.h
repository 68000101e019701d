/* minidump.h - personal data out of a crash dump, at equal length. */
#ifndef WEIR_SCRUB_MINIDUMP_H
#define WEIR_SCRUB_MINIDUMP_H

#include "scrubber.h"

/* A copy of the dump `in` in which memory, environment and command line are
 * overwritten; the plan is the one in use. WEIR_EUNSUPPORTED: its directory
 * points outside of it, so nobody can say what is where. */
int weir_minidump_scrub(struct weir_scrubber *s, struct weir_arena *a, struct weir_str in,
                        struct weir_str *ret_out) WEIR_MUST_CHECK;

/* Memory for dumps that arrive as streams, one budget for the process: takes
 * `n` more bytes for one that holds `has`. Any thread. */
enum { WEIR_DUMP_BYTES = 16 * 1024 * 1024, WEIR_DUMPS_BYTES = 32 * 1024 * 1024 };
bool weir_minidump_reserve(size_t has, size_t n);
void weir_minidump_release(size_t n);

#endif
