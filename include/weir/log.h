/* log.h - one line each on stderr, logfmt or JSON.
 *
 *   time=2026-11-21T05:30:00.123Z level=info msg="listening" http=127.0.0.1:8137
 *
 * Never pass payload bytes: values here are configuration, counts, codes and
 * names that weir chose. Process-wide; any thread; a line is one write(2). */
#ifndef WEIR_LOG_H
#define WEIR_LOG_H

#include "weir/err.h"
#include "weir/str.h"

enum weir_log_level { WEIR_DEBUG, WEIR_INFO, WEIR_WARN, WEIR_ERROR };
enum weir_log_format { WEIR_LOG_LOGFMT, WEIR_LOG_JSON };

/* To begin with: logfmt, WEIR_INFO. */
void weir_log_setup(enum weir_log_format format, enum weir_log_level least);

/* `msg` is a constant text; then pairs made by the macros below, ended by
 * NULL:  weir_log(WEIR_WARN, "spool full", "destination", name, NULL)
 * where keys and values are `const char *` (values may be any text; they are
 * quoted as needed and cut at 512 bytes). */
void weir_log(enum weir_log_level level, const char *msg, ...) __attribute__((sentinel));
/* A number as a value for weir_log(): a static buffer per thread and call
 * slot, good until eight further calls on this thread. */
const char *weir_log_num(int64_t value);
/* A text as a value for weir_log(): the same buffers, cut likewise. */
const char *weir_log_str(struct weir_str s);

/* "debug", "info", "warn", "error". */
const char *weir_log_level_name(enum weir_log_level level);
/* How many lines of `level` were written so far; for /metrics. */
uint64_t weir_log_lines(enum weir_log_level level);

#endif
