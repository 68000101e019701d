/* run.h - what makes errors identical, as a hash (collapse).
 *
 *   fingerprint of the sender, if it gave one, else
 *   of each exception its type, its frames (module or file, function, line)
 *   and its message, or the event's message where there is no exception;
 *   and level, release, environment and platform in any case.
 *
 * Of messages what tells one occurrence from another is taken out: each word
 * with a digit in it, and each of eight or more hex letters, reads as one and
 * the same: "order 4711 of user-9f3a failed" is "order 0 of user-0 failed".
 *
 * Pure; any thread. */
#ifndef WEIR_PIPELINE_RUN_H
#define WEIR_PIPELINE_RUN_H

#include "weir/str.h"

/* Of an event as it leaves; `seed` keeps others from preparing collisions.
 * Never 0. */
uint64_t weir_run_hash(struct weir_str event, uint64_t seed);
/* Is it an error, or a message of less weight (level info, debug, warning)? */
bool weir_run_is_error(struct weir_str event);

#endif
