/* lanes.h - the values behind the series, one lane a thread. Private to
 * observe/; the counting itself is in weir/metrics.h. */
#ifndef WEIR_OBSERVE_LANES_H
#define WEIR_OBSERVE_LANES_H

#include "series.h"

/* Of a series that counts nowhere. */
#define WEIR_NO_ID UINT32_MAX

/* Empties all lanes, for series of ids below `ids`; 0: nothing is counted.
 * No other thread may be counting. */
void weir_metric_lanes_reset(size_t ids);
/* Before a reset: frees the cells of a histogram. */
void weir_lanes_free_cells(const struct weir_series *s);
/* Changes with each reset. */
uint64_t weir_lanes_generation(void);

#endif
