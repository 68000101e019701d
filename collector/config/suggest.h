/* suggest.h - did you mean ...? The nearest of the names that would be right, for mistakes in keys.
 */
#ifndef WEIR_CONFIG_SUGGEST_H
#define WEIR_CONFIG_SUGGEST_H

#include "weir/str.h"

/* Looks for the candidate nearest to what was written. */
struct weir_suggestion {
    struct weir_str wrong;
    struct weir_str best; /* empty: none is near enough */
    unsigned distance;
};

void weir_suggest_init(struct weir_suggestion *s, struct weir_str wrong);
/* Offers a candidate; `candidate` must outlive `s`. */
void weir_suggest(struct weir_suggestion *s, struct weir_str candidate);
/* Insertions, deletions, changes, and swaps of neighbours that turn `a` into
 * `b`, case folded; UINT_MAX when either is longer than 63 bytes. */
unsigned weir_edit_distance(struct weir_str a, struct weir_str b);

#endif
