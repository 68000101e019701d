/* record_parts.h - what record.c has others write of a record.
 *
 * Threads and memory as in weir/decode.h. */
#ifndef WEIR_DECODE_RECORD_PARTS_H
#define WEIR_DECODE_RECORD_PARTS_H

#include "record.h"
#include "stacktrace.h"

/* The time of a record in seconds since 1970. */
double weir_record_time(const struct weir_decoder *d, const struct weir_record *r);
/* The event as JSON. `trace` is empty (n of 0) when the stack trace could not
 * be read, or there is none; it is then kept as text. */
int weir_record_event(struct weir_decoder *d, const struct weir_record *r, const char *id,
                      bool exception, const struct weir_stacktrace *trace,
                      struct weir_str *ret_json) WEIR_MUST_CHECK;
/* Appends the entry of a log item. */
void weir_record_log(const struct weir_decoder *d, const struct weir_record *r,
                     struct weir_buf *out);
/* Appends the record as a breadcrumb of its trace. */
void weir_record_breadcrumb(const struct weir_decoder *d, const struct weir_record *r,
                            struct weir_buf *out);

#endif
