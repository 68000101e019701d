/* settle.h - tells the spool what became of deliveries, many at a time.
 *
 *   add, add, ...  --64 rows or 20 ms--> [batch] --spool--> mailbox --> settled()
 *
 * A batch is one transaction of the spool, which fsyncs: settling each row by
 * itself would cost more than sending it. Batches are pooled; there are never
 * more than the windows hold rows. One that the spool could not write (disk
 * full) is handed in again until it can: its deliveries are known to have
 * arrived and must not be sent twice.
 *
 * Threads: the forwarder. */
#ifndef WEIR_FORWARD_SETTLE_H
#define WEIR_FORWARD_SETTLE_H

#include "window.h"

enum { WEIR_SETTLE_ROWS = 64, WEIR_SETTLE_MS = 20 };

struct weir_batch;

struct weir_settler {
    struct weir_spool *spool;
    struct weir_mailbox box;  /* its event_fd wakes the loop */
    struct weir_batch *open;  /* being filled */
    struct weir_batch *idle;  /* pool */
    struct weir_batch *stuck; /* to be handed in again at stuck_ms */
    uint64_t open_ms;         /* mono: when the first row came in */
    uint64_t stuck_ms;
    size_t n_out; /* batches the spool has */
};

int weir_settler_init(struct weir_settler *s, struct weir_spool *spool) WEIR_MUST_CHECK;
/* Frees the pool. Batches that the spool still has are left alone. */
void weir_settler_destroy(struct weir_settler *s);
/* `row` is held by `window`, in state SETTLING. The answer is copied. */
void weir_settler_add(struct weir_settler *s, struct weir_window *window, struct weir_held_row *row,
                      const struct weir_settle_row *what, uint64_t now_ms);
/* Hands in what is full, old enough, or stuck; with `all` everything. */
void weir_settler_flush(struct weir_settler *s, bool all, uint64_t now_ms);
/* Takes replies and releases their rows. */
void weir_settler_take(struct weir_settler *s, uint64_t now_ms);
/* When flush must be called next (mono ms); 0: need not. */
uint64_t weir_settler_wake_ms(const struct weir_settler *s);
/* Is everything that was added committed? */
bool weir_settler_done(const struct weir_settler *s);

#endif
