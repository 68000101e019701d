/* rows.h - the single steps on rows, each keeping the accounts: within a
 * transaction of the spool thread. All return 0 or WEIR_EIO (see db.fault). */
#ifndef WEIR_SPOOL_ROWS_H
#define WEIR_SPOOL_ROWS_H

#include "internal.h"

/* What a held row knows beside its card. Texts are copied to the row. */
struct weir_hold {
    enum weir_stored_state state;
    uint64_t due_ms; /* WAITING: not before; DEAD: when it died */
    uint32_t attempts;
    int status;
    struct weir_str reason, answer;
};

/* Stores the items, once for all its `n_targets` destinations, under a new
 * id. `home`: the number of the only one. ret_card is what each row of it
 * carries. */
int weir_rows_store(struct weir_spool *s, const struct weir_delivery *d, unsigned n_targets,
                    int64_t home, int64_t *ret_id, struct weir_card *ret_card) WEIR_MUST_CHECK;
/* Replaces items, header and what follows from them. The blob stays. */
int weir_rows_restore(struct weir_spool *s, int64_t id, const struct weir_delivery *d,
                      const struct weir_card *card) WEIR_MUST_CHECK;
/* What the card of `d` is. */
struct weir_card weir_rows_card(const struct weir_delivery *d, bool shared);

/* A row in the queue: ready. */
int weir_rows_enqueue(struct weir_spool *s, struct weir_account *a, int64_t id,
                      const struct weir_card *card) WEIR_MUST_CHECK;
/* A row held from the start. */
int weir_rows_hold_new(struct weir_spool *s, struct weir_account *a, const struct weir_target *t,
                       const struct weir_hold *h) WEIR_MUST_CHECK;
/* WEIR_ENOTFOUND: not there (settled before, or pressed out meanwhile). */
int weir_rows_find(struct weir_spool *s, const struct weir_account *a, int64_t id,
                   struct weir_target *ret_target) WEIR_MUST_CHECK;
/* The same for a row that is staged; WEIR_ENOTFOUND when it no longer is. */
int weir_rows_find_staged(struct weir_spool *s, const struct weir_account *a, int64_t id,
                          struct weir_target *ret_target) WEIR_MUST_CHECK;
/* The row at the head of the queue, or the first by due_ms of a held state.
 * WEIR_ENOTFOUND: none. */
int weir_rows_first(struct weir_spool *s, const struct weir_account *a,
                    enum weir_stored_state state, struct weir_target *ret_target) WEIR_MUST_CHECK;
/* The oldest row, not dead, that is held since before `before_ms`.
 * WEIR_ENOTFOUND: none. */
int weir_rows_old(struct weir_spool *s, const struct weir_account *a, uint64_t before_ms,
                  struct weir_target *ret_target) WEIR_MUST_CHECK;
/* When the oldest spooled delivery came, 0: none. No transaction needed. */
int weir_rows_oldest(struct weir_spool *s, const struct weir_account *a,
                     uint64_t *ret_ms) WEIR_MUST_CHECK;
/* Writes something that changes nothing. */
int weir_rows_probe(struct weir_spool *s) WEIR_MUST_CHECK;
/* Puts a row that was found into another state; with `card`, its body is
 * another now, with a blob of `blob_bytes` beside it. */
int weir_rows_hold(struct weir_spool *s, struct weir_account *a, const struct weir_target *t,
                   const struct weir_hold *h, const struct weir_card *card,
                   uint64_t blob_bytes) WEIR_MUST_CHECK;
/* Takes a row away and counts what became of it; the delivery goes with its
 * last row. */
int weir_rows_finish(struct weir_spool *s, struct weir_account *a, const struct weir_target *t,
                     enum weir_outcome outcome, const char *reason) WEIR_MUST_CHECK;
/* received_ms of a delivery; WEIR_ENOTFOUND when it is missing (damage). */
int weir_rows_received(struct weir_spool *s, int64_t id, uint64_t *ret_ms) WEIR_MUST_CHECK;

/* Size of a delivery's blob, 0 without one. */
int weir_rows_blob_bytes(struct weir_spool *s, int64_t id, uint64_t *ret_bytes) WEIR_MUST_CHECK;
/* Keeps in mind that `d` was staged, for on_staged after the commit. */
int weir_rows_note_staged(struct weir_spool *s, const struct weir_delivery *d,
                          int64_t id) WEIR_MUST_CHECK;

/* Transaction around the steps: begin remembers the accounts, end saves and
 * commits, abandon puts everything back. */
int weir_rows_begin(struct weir_spool *s) WEIR_MUST_CHECK;
int weir_rows_commit(struct weir_spool *s) WEIR_MUST_CHECK;
void weir_rows_abandon(struct weir_spool *s);

#endif
