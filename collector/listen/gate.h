/* gate.h - may a request of a known project come in now?
 *
 *   all its destinations' spool full?            503
 *   its own rate_limit used up?                  429
 *   all its destinations limited, with pass_on?  429 for those categories
 *
 * What the gate refuses was never accepted: it is in no ledger and in no
 * client report, the client knows. Any thread; reads atomics. */
#ifndef WEIR_LISTEN_GATE_H
#define WEIR_LISTEN_GATE_H

#include "bucket.h"
#include "weir/arena.h"
#include "weir/limits.h"
#include "weir/spool.h"

enum { WEIR_BUCKETS = 1024 };

/* Is the spool full for every destination of the project? A project without
 * any destination is never full. */
bool weir_gate_full(const struct weir_spool *s, const struct weir_project *p);
/* Takes a token of the project's bucket (by p->slot, modulo WEIR_BUCKETS).
 * When false, ret_wait_ms says for how long. */
bool weir_gate_rate(struct weir_bucket *buckets, const struct weir_project *p, uint64_t now_ns,
                    uint64_t *ret_wait_ms);
/* For how many ms from `now_ms` (mono) nobody takes this category: 0 unless
 * every destination of the project passes its limits on and is limited. */
uint64_t weir_gate_limited(const struct weir_project *p, enum weir_category category,
                           uint64_t now_ms);
/* X-Sentry-Rate-Limits for what weir_gate_limited() says now:
 * "12:error;transaction:key, 60:span:key"; empty when nothing is. */
struct weir_str weir_gate_header(struct weir_arena *a, const struct weir_project *p,
                                 uint64_t now_ms);

#endif
