/* recover.h - a database that cannot be used does not stop anybody. */
#ifndef WEIR_SPOOL_RECOVER_H
#define WEIR_SPOOL_RECOVER_H

#include "internal.h"

/* Opens s->db at s->db_path and loads the ledger; what is damaged or not ours
 * is set aside and read as far as it goes. WEIR_EIO only when the directory
 * does not let us. */
int weir_recover_open(struct weir_spool *s) WEIR_MUST_CHECK;
/* The same while running, after damage was met; readers reopen. Without
 * success s->db stays closed and weir_rows_begin() tries again. */
void weir_recover_now(struct weir_spool *s);
/* Opens s->db again after that failed. */
int weir_recover_reopen(struct weir_spool *s) WEIR_MUST_CHECK;

/* open.c: opens what is there and loads the ledger. */
int weir_open_database(struct weir_spool *s) WEIR_MUST_CHECK;

/* salvage.c: copies what can be read of the file at `from` (not opened yet;
 * damaged, or anything) into the empty database `to`, and balances the
 * accounts (now_ms: wall): what was accepted and is not found counts
 * dropped{reason="damaged"}. WEIR_EIO when `to` cannot be written. */
int weir_salvage(const char *from, struct weir_db *to, uint64_t now_ms) WEIR_MUST_CHECK;

#endif
