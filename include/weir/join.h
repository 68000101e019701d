/* join.h - the wall of join/: what needs several requests at once.
 *
 *   worker: breadcrumb, spans, log entries; an event whose trace has something
 *           staged, or that may be one of many; a transaction of a project
 *           with tail sampling  --commit as `staged`-->  spool --on_staged--> join
 *   join thread: breadcrumbs + next error of the trace -> that error, spliced
 *                the same exception, recorded again     -> left out
 *                a storm of identical errors            -> one a window
 *                spans + their local root, in time      -> a transaction
 *                a trace that is not kept               -> left out
 *                log entries                            -> a `log` item
 *           --weir_replace, one transaction--> spool
 *
 * A fragment belongs to a project and a trace (log entries: a project and a
 * key). Fragments are durable rows; join keeps only an index of them, rebuilt
 * from the spool at start, and bounded by breadcrumbs.{per_trace,traces,ttl}
 * and traces.{wait,max_spans}. Breadcrumbs over a bound or older than the ttl
 * expire (counted).
 *
 * The ledger. Fragments that become part of another delivery leave it as
 * collapsed{reason="joined"}, so that one row stays one count; the carrier is
 * the event, the root span's row, the first log fragment's. What fragments
 * make beside their carrier (several transactions of one row, pieces of a
 * large one) is added as ready rows, each one more `accepted`, in the same
 * commit. Other ways out: collapsed{same_exception}, collapsed{storm},
 * sampled{tail}, expired{ttl}. So accepted = forwarded + ... + spooled holds
 * at each commit.
 *
 * Threads: its own; weir_join_staged(), weir_join_expect() and
 * weir_join_failed() from workers, weir_join_note() from the spool thread. */
#ifndef WEIR_JOIN_H
#define WEIR_JOIN_H

#include "weir/spool.h"

struct weir_join;

/* Both are referenced and outlive it. WEIR_ENOMEM. */
int weir_join_new(struct weir_spool *spool, struct weir_current *current,
                  struct weir_join **ret_join) WEIR_MUST_CHECK;
/* Reads what is staged, then runs until stop. After weir_spool_start(), before
 * workers ask weir_join_staged(). */
int weir_join_start(struct weir_join *j) WEIR_MUST_CHECK;
/* Waits for its operations in the spool's hands (at most 2 s); the rest stays
 * staged. Before weir_spool_stop(). */
void weir_join_stop(struct weir_join *j);
/* After weir_spool_stop(). Accepts NULL. */
void weir_join_free(struct weir_join *j);
/* Are breadcrumbs (or spans that make some) there for this trace of this project (or of one that is
 * joined `across` with it)? A few relaxed loads; it may say true wrongly (then
 * join passes the event on at once), never false for a breadcrumb whose
 * commit was answered. `self` is the weir_join. */
bool weir_join_staged(void *self, struct weir_str project, struct weir_str trace_id);
/* A breadcrumb of this trace is on its way to the spool: from now on
 * weir_join_staged() says true for some seconds, so that an error right behind
 * it, in the same datagram even, waits for it. Two relaxed stores. */
void weir_join_expect(void *self, struct weir_str project, struct weir_str trace_id);
/* An error of this trace came by: tail sampling keeps the trace. Two relaxed
 * stores. */
void weir_join_failed(void *self, struct weir_str trace_id);
/* The spool's on_staged. `self` is the weir_join. */
void weir_join_note(void *self, const struct weir_staged *rows, size_t n);

#endif
