/* sample.h - shares of traces, drawn by their ids.
 *
 * A draw depends on the id alone, not on the process, so every host that sees
 * a part of a trace decides alike. Pure; any thread. */
#ifndef WEIR_SAMPLE_H
#define WEIR_SAMPLE_H

#include "weir/str.h"

/* Is `draw`, evenly spread over 64 bits, within `rate` (0 to 1)? */
bool weir_sample_keep(double rate, uint64_t draw);
/* For sample.traces. 0, which any rate above 0 keeps, for what is no id. */
uint64_t weir_sample_draw(struct weir_str trace_id);
/* For traces.keep.share: independent of the other, so that shares multiply. */
uint64_t weir_sample_draw_tail(struct weir_str trace_id);

#endif
