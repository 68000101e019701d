/* filter.h - does a trace hold breadcrumbs? A counting Bloom filter.
 *
 *   workers:      expect (a breadcrumb is on its way to the spool), and
 *                 may (two relaxed loads each for an event)
 *   spool thread: raise (before the sender of the breadcrumb is answered)
 *   join thread:  lower (after the breadcrumb was joined or expired)
 *
 * What is expected counts for some seconds, because an error that comes right
 * behind its breadcrumbs, in the same datagram even, must wait for them; it is
 * never lowered, so that a breadcrumb that fails to be committed needs no care.
 *
 * 2^17 counters: with 10,000 traces an event of another one is taken for
 * theirs in 2 % of cases, and then only makes a small detour over join.
 * Relaxed order will do: whoever sends the event after the answer to the
 * breadcrumb did so behind several system calls and a commit. */
#ifndef WEIR_JOIN_FILTER_H
#define WEIR_JOIN_FILTER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

enum { WEIR_FILTER_COUNTERS = 1 << 17, WEIR_FILTER_EXPECT_MS = 5000 };

struct weir_filter {
    _Atomic uint32_t *counters;
    _Atomic uint64_t *expected_ms; /* mono; when one was last expected */
};

/* False: out of memory. */
bool weir_filter_init(struct weir_filter *f);
void weir_filter_destroy(struct weir_filter *f);
void weir_filter_raise(struct weir_filter *f, uint64_t hash);
void weir_filter_lower(struct weir_filter *f, uint64_t hash);
void weir_filter_expect(struct weir_filter *f, uint64_t hash, uint64_t now_ms);
/* Was it expected within `ms`? */
bool weir_filter_expected(const struct weir_filter *f, uint64_t hash, uint64_t now_ms, uint64_t ms);
bool weir_filter_may(const struct weir_filter *f, uint64_t hash, uint64_t now_ms);

#endif
