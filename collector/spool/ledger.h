/* ledger.h - the accounts of the destinations (contract 6).
 *
 *   accepted = forwarded + filtered + sampled + collapsed + expired + dropped
 *              + dead + spooled
 *
 * dead and spooled are rows, the others counters in the same database, saved
 * by the transaction that changes the rows. A copy in memory serves limits
 * and gauges; it is put back when a transaction fails. Metrics and client
 * reports are given out only after the commit. Spool thread. */
#ifndef WEIR_SPOOL_LEDGER_H
#define WEIR_SPOOL_LEDGER_H

#include "internal.h"

/* Reads the accounts and counts the rows of the database just opened. */
int weir_ledger_load(struct weir_spool *s) WEIR_MUST_CHECK;
void weir_ledger_free(struct weir_spool *s);
/* The account of a slot, made when new; NULL when nothing has that slot. */
struct weir_account *weir_ledger_account(struct weir_spool *s, unsigned slot);
/* By its number in the database; NULL. */
struct weir_account *weir_ledger_numbered(struct weir_spool *s, int64_t number);
/* Fills settings->share by the destinations of `c` (may be NULL). */
void weir_ledger_shares(struct weir_spool_settings *settings, const struct weir_config *c);
/* Takes over settings.share and so on. */
void weir_ledger_configure(struct weir_spool *s);

/* `n` deliveries like `card` had this outcome. `reason` is constant text, ""
 * for none. */
void weir_ledger_count(struct weir_spool *s, struct weir_account *a, enum weir_outcome outcome,
                       const char *reason, const struct weir_card *card);
/* A row came or went. */
void weir_ledger_add(struct weir_account *a, enum weir_stored_state state, uint64_t bytes);
void weir_ledger_remove(struct weir_account *a, enum weir_stored_state state, uint64_t bytes);
/* Bytes of a destination: spooled and dead. */
uint64_t weir_ledger_used(const struct weir_account *a);

/* Do all accounts balance? They do, unless the file was damaged. */
bool weir_ledger_balanced(const struct weir_spool *s);

/* Before the commit: writes counters that changed. */
int weir_ledger_save(struct weir_spool *s) WEIR_MUST_CHECK;
/* After it: metrics, reports, gauges. */
void weir_ledger_committed(struct weir_spool *s);
void weir_ledger_rolled_back(struct weir_spool *s);

#endif
