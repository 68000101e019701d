/* process.h - the process_* metrics that every Prometheus client shows.
 * Private to observe/. */
#ifndef WEIR_OBSERVE_PROCESS_H
#define WEIR_OBSERVE_PROCESS_H

/* Reads /proc/self and sets the gauges; what cannot be read is not shown.
 * Any thread. */
void weir_process_collect(void);

#endif
