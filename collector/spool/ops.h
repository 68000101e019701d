/* ops.h - what each kind of operation does to the rows. Spool thread, within
 * a transaction. */
#ifndef WEIR_SPOOL_OPS_H
#define WEIR_SPOOL_OPS_H

#include "internal.h"

/* Carries out one operation and sets op->result (0, WEIR_EFULL,
 * WEIR_ENOTFOUND). WEIR_EIO: the transaction is to be abandoned (db.fault
 * says why). *ret_more: there is more to do in a further transaction. */
int weir_ops_run(struct weir_spool *s, struct weir_op *op, bool *ret_more) WEIR_MUST_CHECK;
/* Bytes that it brings, to bound a batch. */
uint64_t weir_ops_bytes(const struct weir_op *op);

/* Dead letters beyond a quarter of the share: the oldest go. */
int weir_ops_press_out_dead(struct weir_spool *s, struct weir_account *a) WEIR_MUST_CHECK;

#endif
