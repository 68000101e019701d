/* internal.h - what the files of spool/ share: the spool itself.
 *
 * Everything here belongs to the spool thread (or to open and close, while it
 * does not run) but what is marked otherwise. */
#ifndef WEIR_SPOOL_INTERNAL_H
#define WEIR_SPOOL_INTERNAL_H

#include "sqlite.h"

#include "weir/metrics.h"
#include "weir/spool.h"

#include <pthread.h>

enum {
    /* One transaction takes at most so much; what is queued meanwhile makes
     * the next one, so batches grow with load. */
    WEIR_BATCH_OPS = 512,
    WEIR_BATCH_BYTES = 4 << 20,
    WEIR_QUEUE_OPS = 1 << 14,
    WEIR_DEAD_CHUNK = 2048,   /* dead letters moved in one transaction */
    WEIR_EXPIRE_CHUNK = 256,  /* rows expired in one transaction */
    WEIR_ROW_OVERHEAD = 256,  /* counted for a row beside its bytes */
    WEIR_ANSWER_BYTES = 1024, /* of a destination's answer that are kept */
    WEIR_MAX_DB_DESTINATIONS = 4 * WEIR_MAX_DESTINATIONS
};

/* Flags of a card. */
enum { WEIR_CARD_SHARED = 1, WEIR_CARD_BLOB = 2 };

/* What the accounts need to know of a delivery. */
struct weir_card {
    uint64_t bytes;
    uint8_t flags, type, category;
    uint64_t riders; /* riders.h */
    uint32_t spans, logs;
};

/* A delivery for one destination, as found. */
struct weir_target {
    int64_t id;
    enum weir_stored_state state;
    struct weir_card card;
    uint64_t since_ms;   /* held rows: their age counts from here */
    size_t answer_bytes; /* included in card.bytes */
};

/* The ledger of one destination: counters, and what rows there are. */
struct weir_tally {
    uint64_t count[WEIR_OUTCOMES]; /* WEIR_DEAD stays 0: those are rows */
    uint64_t rows[4], bytes[4];    /* by enum weir_row_state */
    bool changed;                  /* since the last commit */
};

/* A destination that the database knows; `configured` or not. */
struct weir_account {
    int64_t number; /* in the database, from 1 */
    struct weir_str name;
    int slot; /* negative: there were too many names */
    bool configured;
    bool named; /* its name stands in `meta` too */
    uint64_t max_bytes;
    struct weir_tally tally, saved; /* saved: as of the last commit */
};

/* Counts of one kind that wait for their commit, then go to the metrics. */
struct weir_count {
    const struct weir_account *account;
    uint8_t type, category;
    enum weir_outcome outcome;
    const char *reason; /* constant */
    uint64_t n, spans, logs, bytes;
    uint64_t riders[WEIR_CATEGORIES];
    struct weir_series *series;
};

/* What reload may change, handed over whole. */
struct weir_spool_settings {
    uint64_t ttl_ms;                       /* 0: never */
    uint64_t max_bytes;                    /* for destinations not configured */
    uint64_t share[WEIR_MAX_DESTINATIONS]; /* by slot; 0: not configured */
    bool drop_oldest;
};

/* Readable by any thread, relaxed: each number is right by itself. */
struct weir_published {
    _Atomic int64_t number; /* of the account; 0: none yet */
    _Atomic uint64_t rows[4], bytes[4], oldest_ms, gone;
    atomic_bool full;
};

struct weir_memory_blob;

struct weir_spool {
    struct weir_db db;
    char *path;    /* directory; NULL in memory */
    char *db_path; /* path/weir.db */
    int dir_fd, blobs_fd, lock_fd;
    bool memory, full_sync;
    pthread_mutex_t memory_lock; /* see struct weir_db */
    pthread_mutex_t blob_lock;   /* memory_blobs: any thread */
    struct weir_memory_blob *memory_blobs;

    struct weir_queue queue; /* struct weir_op */
    pthread_t thread;
    bool running;
    atomic_bool stopping;
    struct weir_op *batch[WEIR_BATCH_OPS];
    size_t n_batch, n_patient;
    uint64_t batch_bytes;
    size_t last_batch;          /* operations that somebody waited for, of the last one */
    uint64_t batch_ms;          /* mono, when that was taken */
    struct weir_op *unfinished; /* dead letter operations with more to do */

    struct weir_account *accounts; /* room for WEIR_MAX_DB_DESTINATIONS */
    size_t n_accounts;
    int16_t account_of[WEIR_MAX_DESTINATIONS]; /* by slot; negative: none */
    struct weir_spool_settings settings;
    _Atomic(struct weir_spool_settings *) next_settings;

    int64_t next_id, id_limit; /* ids below id_limit are reserved on disk */
    uint64_t now_ms;           /* wall, of this batch */
    uint64_t (*wall_ms)(void); /* tests set it */
    int64_t changes;           /* of the connection, when this transaction began */
    uint64_t swept_ms;         /* mono, last look at what is old */
    uint64_t recovered_ms;     /* mono, last recovery while running */
    uint32_t recover_pause_ms; /* least time between two of them */

    struct weir_count *counts; /* known kinds, with what is pending */
    size_t n_counts, counts_room, last_count;
    char (*unlinks)[40]; /* blobs to delete after the commit */
    size_t n_unlinks, unlinks_room;
    bool blobs_unsynced;        /* their directory waits for its fsync */
    struct weir_staged *staged; /* of this transaction */
    size_t n_staged, staged_room;
    uint64_t ready; /* slots with new rows in this transaction */
    struct weir_series *commit_series;

    struct weir_published published[WEIR_MAX_DESTINATIONS];
    atomic_bool writable;
    uint64_t failed_ms;     /* when it last could not be written */
    bool told_unwritable;   /* in the log */
    atomic_bool suspect;    /* a reader met damage */
    atomic_uint generation; /* readers reopen when it changes */
    _Atomic uint64_t last_commit_ms;

    void (*on_ready)(void *self, uint64_t slots);
    void (*on_staged)(void *self, const struct weir_staged *rows, size_t n);
    void *self;
};

#endif
