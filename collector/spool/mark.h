/* mark.h - a staged row's mark as it is stored: five numbers in decimal, in
 * `held.answer`, which a row that was never sent has no other use for. Empty
 * when all are 0. */
#ifndef WEIR_SPOOL_MARK_H
#define WEIR_SPOOL_MARK_H

#include "weir/delivery.h"

enum { WEIR_MARK_BYTES = 5 * 21 };

/* The text points into `room`. */
struct weir_str weir_mark_write(const struct weir_mark *m, char room[WEIR_MARK_BYTES]);
/* What is no mark reads as zeros. */
struct weir_mark weir_mark_read(struct weir_str text);

#endif
