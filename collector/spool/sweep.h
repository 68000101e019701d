/* sweep.h - what the spool thread does once a second or when it is idle:
 * expiry, dead letters beyond their share, free pages, the log. */
#ifndef WEIR_SPOOL_SWEEP_H
#define WEIR_SPOOL_SWEEP_H

#include "internal.h"

/* A bounded piece of work; true when more of it waits. `idle`: nothing is
 * queued, so that there is time to give pages back. */
bool weir_sweep(struct weir_spool *s, bool idle);
/* After each batch: keeps the write-ahead log short. */
void weir_sweep_log(struct weir_spool *s, bool idle);

#endif
