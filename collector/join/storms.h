/* storms.h - runs of identical errors, of which one a window is sent.
 *
 *   t 0s    1s    2s ...        60s             120s   (window 60s)
 *     e     e e e e e e e        e e e            |
 *     |     '--- held back ----' |                |
 *   sent                       sent: the latest, with how many there were and
 *                              when the first and the last of them came
 *
 * The first of a run goes at once; what follows is held back, staged, until
 * the window ends; then the latest goes and stands for all of them. A window
 * in which none came ends the run.
 *
 * So that a storm does not fill the spool, what is held back shrinks each
 * second to its latest row: the others leave the ledger, each counted as
 * collapsed{reason="storm"}, and in the same commit the latest row's mark
 * (weir/delivery.h) takes over their number. So nothing is counted twice or
 * lost, whenever the process ends: at the next start the mark is read again.
 *
 * At most 1024 runs; errors of further ones are sent as they are.
 *
 * Plain data of the join thread. */
#ifndef WEIR_JOIN_STORMS_H
#define WEIR_JOIN_STORMS_H

#include "room.h"

enum { WEIR_RUNS = 1024, WEIR_RUN_FLUSH = 64, WEIR_RUN_FLUSH_MS = 1000 };

/* Is the event held back? Then it is the run's. */
bool weir_storms_hold(struct weir_join *j, struct weir_fragment *f, uint64_t now_ms);
/* Shrinks, and sends what a window's end is due for. */
void weir_storms_work(struct weir_join *j, uint64_t now_ms);
/* The run's job is over; what it kept (may be NULL) stands for `mark` now. */
void weir_run_done(struct weir_run *run, struct weir_fragment *kept_take,
                   const struct weir_mark *mark);
/* Forgets what is held, not the runs: their rows are about to be listed anew. */
void weir_storms_forget(struct weir_join *j);
/* Is there any run, so that time matters? */
bool weir_storms_any(const struct weir_join *j);
void weir_storms_destroy(struct weir_join *j);

#endif
