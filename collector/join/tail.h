/* tail.h - which traces are kept, decided when they are there (tail sampling).
 *
 *   an error in it          errors sent by anybody, spans whose status is one
 *   slower than             from its first start to its last end
 *   a share of the rest     drawn by the trace's id: the same everywhere
 *
 * On when traces.keep.share is below 1. What the sender's own sampling left
 * out never came, and what it chose is drawn from here: shares multiply. A
 * decision holds for what comes late, unless that has an error or is slow
 * itself. Errors are known for a minute beyond the wait; a restart forgets
 * decisions and errors, and draws alike.
 *
 * Plain data of the join thread, but weir_join_failed() (join.h). */
#ifndef WEIR_JOIN_TAIL_H
#define WEIR_JOIN_TAIL_H

#include "room.h"
#include "spans.h"

/* What was seen of a trace. Zeroed at first. */
struct weir_tail_facts {
    bool any, failed;
    double start, end; /* seconds since 1970; when any */
};

void weir_tail_see_span(struct weir_tail_facts *f, const struct weir_span *s);
void weir_tail_see_transaction(struct weir_tail_facts *f, struct weir_arena *a,
                               struct weir_str payload);
bool weir_tail_keep(struct weir_join *j, const struct weir_traces *how, struct weir_str trace_id,
                    const struct weir_tail_facts *f, uint64_t now_ms);
/* Tells the project's destinations what was left out. NULL: none. */
void weir_tail_report(const struct weir_project *p, uint64_t transactions, uint64_t spans);

#endif
