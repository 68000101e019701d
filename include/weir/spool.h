/* spool.h - the wall of spool/: append, read, ack; the ledger.
 *
 *   workers  --append-->  \                        /--> reply to the worker's mailbox
 *   forwarder --settle-->  [queue] -> spool thread ---> on_ready(): the forwarder wakes
 *   join     --replace-->  /          one writer   \--> SQLite (WAL, FULL) or memory
 *   admin    --redrive-->
 *
 * The spool thread takes what is queued, writes it in one transaction,
 * commits (fsync), then replies to all of it. Whoever submits an operation
 * keeps its memory until the reply.
 *
 * States of a delivery for one destination:
 *
 *   staged --join--> ready <--> waiting (retry at next_ms)   [sending: in the
 *                      |           |     forwarder's hands, not on disk]
 *                      +--> dead --redrive--> ready
 *                      +--> gone: forwarded, expired, dropped
 *
 * The ledger counts, for each destination, at every commit:
 * accepted = forwarded + filtered + sampled + collapsed + expired + dropped +
 * dead + spooled. dead and spooled are rows; the others are counters that
 * change in the same transaction as the rows do. */
#ifndef WEIR_SPOOL_H
#define WEIR_SPOOL_H

#include "weir/delivery.h"

struct weir_spool;

/* ---- operations -------------------------------------------------------- */

enum weir_op_kind {
    WEIR_OP_APPEND,
    WEIR_OP_SETTLE,
    WEIR_OP_REPLACE,
    WEIR_OP_REDRIVE,
    WEIR_OP_DROP
};
enum weir_op_state { WEIR_OP_QUEUED, WEIR_OP_TAKEN, WEIR_OP_WITHDRAWN };

/* Head of every operation. After weir_spool_submit() it belongs to the spool
 * until it comes back through `reply` with `result`. */
struct weir_op {
    struct weir_link link; /* for the mailbox */
    enum weir_op_kind kind;
    bool patient;      /* nobody waits for it: may be committed some ms later, with others */
    _Atomic int state; /* enum weir_op_state */
    int result;        /* 0: committed; WEIR_EFULL: every destination of every
                          delivery was full, nothing was written; WEIR_EIO;
                          WEIR_EWITHDRAWN */
    struct weir_mailbox *reply;       /* NULL: nobody waits; then done() is called */
    void (*done)(struct weir_op *op); /* on the spool thread, when reply is NULL */
    void *owner;
};

/* A request's or datagram batch's deliveries, in one transaction. With
 * `when_full: reject`, a destination that is full is left out of a delivery
 * and counted dropped{reason="full"} as long as another one takes it. */
struct weir_append {
    struct weir_op op;
    struct weir_delivery *deliveries;
    size_t n;
};

enum weir_outcome {
    WEIR_ACCEPTED,
    WEIR_FORWARDED,
    WEIR_FILTERED,
    WEIR_SAMPLED,
    WEIR_COLLAPSED,
    WEIR_EXPIRED,
    WEIR_DROPPED,
    WEIR_DEAD,
    WEIR_OUTCOMES
};
/* "accepted", "forwarded", ...: as in metrics. */
const char *weir_outcome_name(enum weir_outcome o);

/* What the forwarder learned of deliveries it sent. */
enum weir_settlement {
    WEIR_SETTLE_FORWARDED,
    WEIR_SETTLE_RETRY,
    WEIR_SETTLE_DEAD,
    WEIR_SETTLE_EXPIRED
};
struct weir_settle_row {
    int64_t id;    /* delivery */
    unsigned slot; /* destination */
    enum weir_settlement what;
    uint32_t attempts;  /* spent so far */
    uint64_t next_ms;   /* wall; RETRY: not before */
    int status;         /* HTTP status, 0 none */
    const char *reason; /* constant, for the ledger and metrics: "rejected", "attempts", "ttl" */
    struct weir_str answer; /* of the destination, cut at 1 KiB; RETRY and DEAD */
};
struct weir_settle {
    struct weir_op op;
    struct weir_settle_row *rows;
    size_t n;
};

/* A staged row that leaves otherwise than by becoming ready. */
struct weir_leaving {
    int64_t id;
    enum weir_outcome outcome; /* SAMPLED, COLLAPSED, EXPIRED */
    const char *reason;        /* constant */
};

/* What join made: fragments into one delivery. `carrier` is the staged row that
 * becomes ready (with `body` instead of its items when has_body); the others
 * are `leaving`, as collapsed and the like. What the fragments
 * make beside it is `further`: new ready rows, for the destinations that have
 * the carrier or a part of what it is made of, each one more `accepted`; so is
 * the body for a destination that has a part but not the carrier. Without a carrier (0)
 * rows only leave. WEIR_ENOTFOUND: the carrier, or the row that is `kept`, is
 * no longer staged, and nothing was changed. Rows that are no longer staged
 * are left as they are. */
struct weir_replace {
    struct weir_op op;
    int64_t carrier;
    struct weir_delivery
        body; /* of the carrier: items, header, type, category, n_spans, n_logs are taken */
    bool has_body;
    const struct weir_delivery *further; /* destinations are not looked at */
    size_t n_further;
    const struct weir_leaving *leaving;
    size_t n_leaving;
    int64_t kept; /* stays staged, with another mark; 0: none */
    struct weir_mark mark;
};

/* Dead letters: back to ready (attempts 0), or dropped{reason="operator"}.
 * n == 0: all dead letters (of `slot`, or of all when slot < 0). */
struct weir_dead_op {
    struct weir_op op;
    const int64_t *ids;
    size_t n;
    int slot;
    size_t done;      /* how many were: a delivery counts for each destination */
    size_t unknown;   /* of the ids: those that no dead letter had */
    size_t committed; /* the spool's own: `done` as of the last commit */
};

/* ---- life -------------------------------------------------------------- */

/* A row that a commit has staged. */
struct weir_staged {
    const struct weir_delivery *delivery; /* its sender's, until that is answered */
    int64_t id;
};

struct weir_spool_options {
    bool memory;      /* spool.type */
    const char *path; /* directory; made with mode 0700 */
    bool durability_commit;
    uint64_t max_bytes, ttl_ms;
    bool drop_oldest;
    const struct weir_config *config; /* destinations and shares */
    /* On the spool thread, after a commit: rows became ready (or staged). */
    void (*on_ready)(void *self, uint64_t slots);
    void (*on_staged)(void *self, const struct weir_staged *rows, size_t n);
    void *self;
};

/* Opens or creates. WEIR_EBUSY: another process holds it. A damaged file is
 * set aside (weir.db.damaged-TIME), readable rows are carried over, the rest
 * is counted dropped{reason="damaged"}. Finds and removes orphaned blobs. */
int weir_spool_open(const struct weir_spool_options *o,
                    struct weir_spool **ret_spool) WEIR_MUST_CHECK;
/* Starts the spool thread. WEIR_ENOMEM. */
int weir_spool_start(struct weir_spool *s) WEIR_MUST_CHECK;
/* Commits what is queued, then ends the thread. */
void weir_spool_stop(struct weir_spool *s);
/* Stops it if need be, closes the files and gives up the lock. Readers and
 * writers are freed before. Accepts NULL. */
void weir_spool_close(struct weir_spool *s);
/* New sizes, shares, ttl and destinations after a reload. Main thread. */
void weir_spool_reconfigure(struct weir_spool *s, const struct weir_config *c);

/* ---- any thread -------------------------------------------------------- */

/* WEIR_EFULL when the queue is; then the operation stays the caller's. */
int weir_spool_submit(struct weir_spool *s, struct weir_op *op) WEIR_MUST_CHECK;
/* True when the operation was still queued: its owner answers now, and it
 * comes back later with WEIR_EWITHDRAWN, unwritten. False: it is being
 * committed; wait for the reply. */
bool weir_spool_withdraw(struct weir_op *op);
/* Is the destination's share used up (and when_full reject)? One atomic load. */
bool weir_spool_full(const struct weir_spool *s, unsigned slot);
/* How many spooled rows of the destination left without being settled
 * (pressed out, expired, dropped), ever. Who holds rows of it looks again
 * before using one when this changed. One atomic load. */
uint64_t weir_spool_gone(const struct weir_spool *s, unsigned slot);
/* False while the disk refuses writes. */
bool weir_spool_writable(const struct weir_spool *s);
/* Operations that wait for the spool thread, about; and how many may. */
size_t weir_spool_queue(const struct weir_spool *s, size_t *ret_most);
/* Commits that took longer than they should, for status: last commit's ms. */
uint64_t weir_spool_last_commit_ms(const struct weir_spool *s);

/* ---- blobs: workers ---------------------------------------------------- */

struct weir_blob_writer;
/* Starts a file that takes items as they are scrubbed. `how` as the
 * delivery's encoding. */
int weir_blob_open(struct weir_spool *s, enum weir_compression how,
                   struct weir_blob_writer **ret_writer) WEIR_MUST_CHECK;
/* One item: its header may carry "length", which becomes known at the end:
 * the writer leaves room and fills it in. `header` is the item header's JSON
 * object without "length". */
int weir_blob_item_begin(struct weir_blob_writer *w, struct weir_str header) WEIR_MUST_CHECK;
/* Bytes of the item's payload. An error (WEIR_EIO, WEIR_ENOMEM) stays: every
 * later call returns it. */
int weir_blob_write(struct weir_blob_writer *w, struct weir_str bytes) WEIR_MUST_CHECK;
/* Ends the item and fills in its length. WEIR_ELIMIT: it has too many digits. */
int weir_blob_item_end(struct weir_blob_writer *w) WEIR_MUST_CHECK;
/* Undoes the item begun (it turned out to be unwanted). */
int weir_blob_item_cancel(struct weir_blob_writer *w) WEIR_MUST_CHECK;
/* Ends the file; it stays until the delivery that names it is gone, or until
 * weir_blob_discard(). The spool thread fsyncs it before the commit. */
int weir_blob_close(struct weir_blob_writer *w, struct weir_blob *ret_blob) WEIR_MUST_CHECK;
/* Closes and deletes. Accepts NULL. */
void weir_blob_abort(struct weir_blob_writer *w);
/* Deletes a closed blob that no delivery names. */
void weir_blob_discard(struct weir_spool *s, const struct weir_blob *b);

/* ---- readers ----------------------------------------------------------- */

/* Own read transaction; one for each reading thread (forwarder, join, admin
 * requests). */
struct weir_spool_reader;
/* Of an open spool, which outlives it. WEIR_ENOMEM, WEIR_EIO. */
int weir_spool_reader_new(struct weir_spool *s,
                          struct weir_spool_reader **ret_reader) WEIR_MUST_CHECK;
/* Accepts NULL. */
void weir_spool_reader_free(struct weir_spool_reader *r);

enum weir_row_state { WEIR_ROW_STAGED, WEIR_ROW_READY, WEIR_ROW_WAITING, WEIR_ROW_DEAD };

struct weir_spool_row {
    int64_t id;
    unsigned slot;
    enum weir_row_state state;
    uint32_t attempts;
    uint64_t next_ms;
    uint64_t stored_bytes; /* row and blob */
    int last_status;
    struct weir_str last_answer, reason;
    uint64_t dead_ms;
    struct weir_delivery delivery; /* header and items filled when asked */
};

/* Up to `max` rows of `slot`, oldest first, that are ready with an id above
 * `after_id`, or waiting with next_ms <= now_ms. `with_body`
 * copies header and items into the arena, at most `max_bytes` together.
 * ret_n rows; ret_next_ms: when the earliest waiting one is due (0: none). */
int weir_spool_window(struct weir_spool_reader *r, unsigned slot, int64_t after_id, uint64_t now_ms,
                      size_t max, uint64_t max_bytes, bool with_body, struct weir_arena *a,
                      struct weir_spool_row **ret_rows, size_t *ret_n,
                      uint64_t *ret_next_ms) WEIR_MUST_CHECK;
/* One row with its body. WEIR_ENOTFOUND. slot < 0: any. */
int weir_spool_get(struct weir_spool_reader *r, int64_t id, int slot, struct weir_arena *a,
                   struct weir_spool_row *ret_row) WEIR_MUST_CHECK;
/* Is the row still spooled for that destination? */
bool weir_spool_holds(struct weir_spool_reader *r, int64_t id, unsigned slot);
/* Up to `max` rows in `state` after id, oldest first; no bodies. slot < 0: all;
 * those of a delivery come together, though they alone be more than `max`. */
int weir_spool_list(struct weir_spool_reader *r, enum weir_row_state state, int slot,
                    int64_t after_id, size_t max, struct weir_arena *a,
                    struct weir_spool_row **ret_rows, size_t *ret_n) WEIR_MUST_CHECK;
/* Opens a blob for reading (position 0). */
int weir_spool_blob_fd(struct weir_spool *s, const struct weir_blob *b,
                       int *ret_fd) WEIR_MUST_CHECK;

struct weir_ledger {
    struct weir_str destination;
    uint64_t count[WEIR_OUTCOMES]; /* WEIR_DEAD: rows that are dead now */
    uint64_t spooled;              /* rows staged, ready, waiting */
    uint64_t staged, ready, waiting;
    uint64_t bytes, dead_bytes;
    uint64_t oldest_ms; /* received_ms of the oldest spooled one; 0: none */
    int64_t difference; /* accepted minus the right side; 0 */
};
/* Counted in one read transaction, rows and counters alike. */
int weir_spool_ledger(struct weir_spool_reader *r, struct weir_arena *a,
                      struct weir_ledger **ret_ledgers, size_t *ret_n) WEIR_MUST_CHECK;
/* The same from counters kept in memory: for /metrics. */
struct weir_spool_gauges {
    uint64_t rows[4], bytes[4]; /* by enum weir_row_state */
    uint64_t oldest_ms;
};
/* Of the destination with that slot; all zero when it has no account. */
void weir_spool_gauges(const struct weir_spool *s, unsigned slot,
                       struct weir_spool_gauges *ret_gauges);

#endif
