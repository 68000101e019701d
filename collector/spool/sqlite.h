/* sqlite.h - the spool's database: connections, schema, statements.
 *
 * One connection writes (spool thread), each reader has its own. With
 * spool.type memory all share one connection to an in-memory database, and
 * `lock` is held from begin to commit and while a reader reads.
 *
 * Threads: one owner at a time for each struct weir_db. */
#ifndef WEIR_SPOOL_SQLITE_H
#define WEIR_SPOOL_SQLITE_H

#include "weir/err.h"
#include "weir/str.h"

#include <pthread.h>
#include <sqlite3.h>

enum { WEIR_DB_PAGE_BYTES = 16384 };

/* Where a row stands, as stored. READY rows live in `queue`, all others in
 * `held`. AGAIN is ready too: redriven dead letters and joined carriers,
 * whose id is older than what the forwarder has read, so that they are given
 * whatever its position. The first four equal enum weir_row_state. */
enum weir_stored_state {
    WEIR_STORED_STAGED,
    WEIR_STORED_READY,
    WEIR_STORED_WAITING,
    WEIR_STORED_DEAD,
    WEIR_STORED_AGAIN
};

enum weir_db_statement {
    WEIR_DB_BEGIN,
    WEIR_DB_PAGES,
    WEIR_DB_COMMIT,
    WEIR_DB_ROLLBACK,
    WEIR_DB_META_SET,
    WEIR_DB_DESTINATION_SAVE,
    WEIR_DB_DELIVERY_ADD,
    WEIR_DB_DELIVERY_DELETE,
    WEIR_DB_DELIVERY_REPLACE,
    WEIR_DB_DELIVERY_TOUCH,
    WEIR_DB_DELIVERY_RECEIVED,
    WEIR_DB_BLOB_ADD,
    WEIR_DB_BLOB_DELETE,
    WEIR_DB_BLOB_NAME,
    WEIR_DB_SHARED_ADD,
    WEIR_DB_SHARED_LESS,
    WEIR_DB_SHARED_GET,
    WEIR_DB_SHARED_DELETE,
    WEIR_DB_QUEUE_ADD,
    WEIR_DB_QUEUE_FIND,
    WEIR_DB_QUEUE_DELETE,
    WEIR_DB_QUEUE_HEAD,
    WEIR_DB_HELD_ADD,
    WEIR_DB_HELD_FIND,
    WEIR_DB_HELD_SET,
    WEIR_DB_HELD_DELETE,
    WEIR_DB_HELD_FIRST,
    WEIR_DB_HELD_OLD,
    WEIR_DB_HELD_OLDEST,
    /* Readers. */
    WEIR_DB_READ,
    WEIR_DB_READY_AFTER,
    WEIR_DB_DUE,
    WEIR_DB_NEXT_DUE,
    WEIR_DB_HELD_AFTER,
    WEIR_DB_STAGED_AFTER,
    WEIR_DB_HELD_ONE,
    WEIR_DB_DELIVERY_GET,
    WEIR_DB_DELIVERY_BODY,
    WEIR_DB_BLOB_GET,
    WEIR_DB_DESTINATIONS,
    WEIR_DB_QUEUE_SUMS,
    WEIR_DB_HELD_SUMS,
    WEIR_DB_OLDEST,
    WEIR_DB_STATEMENTS
};

enum weir_db_fault {
    WEIR_DB_FINE,
    WEIR_DB_DISK,    /* full, failing, read-only, out of memory: may pass */
    WEIR_DB_DAMAGED, /* what is in the file is no database of ours */
    WEIR_DB_REFUSED  /* this row only: a constraint, too big */
};

struct weir_db {
    sqlite3 *handle;
    sqlite3_stmt *statements[WEIR_DB_STATEMENTS]; /* prepared at first use */
    pthread_mutex_t *lock;                        /* in memory only, else NULL */
    bool shared;                                  /* handle is another's */
    bool open;                                    /* opened well: the tables are ours */
    enum weir_db_fault fault;                     /* of the last failure */
    int rc;                                       /* SQLite's extended code of it */
    int64_t reserved_pages;                       /* of the file, known to have room */
    unsigned wal_pages;                           /* in the log after the last commit */
};

/* Opens or creates for writing and lays out the schema. `full`: a commit
 * waits for the disk. WEIR_EIO, with db->fault saying why; the struct is then
 * closed. */
int weir_db_open(struct weir_db *db, const char *path, bool full) WEIR_MUST_CHECK;
/* An empty database in memory (memory.c). */
int weir_db_open_memory(struct weir_db *db, pthread_mutex_t *lock) WEIR_MUST_CHECK;
/* A connection that only reads. */
int weir_db_open_reader(struct weir_db *db, const char *path) WEIR_MUST_CHECK;
/* A reader on the connection of `owner`, which lives longer (memory.c). */
void weir_db_share(struct weir_db *db, const struct weir_db *owner);
/* Accepts a zeroed or half-opened struct. */
void weir_db_close(struct weir_db *db);

/* The statement, reset and ready to be bound; NULL after a failure. */
sqlite3_stmt *weir_db_get(struct weir_db *db, enum weir_db_statement which);
/* Steps once: SQLITE_ROW, SQLITE_DONE, or an error that was noted. */
int weir_db_step(struct weir_db *db, sqlite3_stmt *st);
/* Runs a statement without rows and resets it. 0 or WEIR_EIO. Accepts NULL. */
int weir_db_run(struct weir_db *db, sqlite3_stmt *st) WEIR_MUST_CHECK;
/* Runs constant SQL. */
int weir_db_exec(struct weir_db *db, const char *sql) WEIR_MUST_CHECK;
/* Notes and classifies SQLite's code; returns 0 or WEIR_EIO. */
int weir_db_note(struct weir_db *db, int rc);

/* Transactions. In memory, begin takes the lock, commit and rollback give it
 * back; a commit that failed is to be rolled back. */
int weir_db_begin(struct weir_db *db) WEIR_MUST_CHECK;
int weir_db_commit(struct weir_db *db) WEIR_MUST_CHECK;
void weir_db_rollback(struct weir_db *db);
int weir_db_read_begin(struct weir_db *db) WEIR_MUST_CHECK;
void weir_db_read_end(struct weir_db *db);

/* An integer of a PRAGMA or query; `otherwise` on failure. */
int64_t weir_db_number(struct weir_db *db, const char *sql, int64_t otherwise);
/* Makes sure that the disk has room for the pages this transaction brings, so
 * that a commit that succeeded can always be copied out of the log. */
int weir_db_reserve(struct weir_db *db) WEIR_MUST_CHECK;
/* False: SQLite finds damage. Reads the whole file. */
bool weir_db_is_whole(struct weir_db *db);
/* Writes a destination's name a second time, for recovery. */
int weir_db_name_destination(struct weir_db *db, int64_t number,
                             struct weir_str name) WEIR_MUST_CHECK;
/* Moves up to `pages` free pages to the end of the file and cuts them off. */
int weir_db_vacuum(struct weir_db *db, int pages) WEIR_MUST_CHECK;
/* Copies the log into the file. `restart`: waits a little for readers and
 * makes the log begin anew. */
void weir_db_checkpoint(struct weir_db *db, bool restart);

/* Binds text, or NULL for the empty one; not copied. */
static inline void weir_db_bind_text(sqlite3_stmt *st, int at, struct weir_str s)
{
    if (s.n > 0)
        sqlite3_bind_text64(st, at, s.p, s.n, SQLITE_STATIC, SQLITE_UTF8);
    else
        sqlite3_bind_null(st, at);
}

static inline void weir_db_bind_blob(sqlite3_stmt *st, int at, struct weir_str s)
{
    sqlite3_bind_blob64(st, at, s.n > 0 ? s.p : "", s.n, SQLITE_STATIC);
}

/* Good until the statement moves on. */
static inline struct weir_str weir_db_text(sqlite3_stmt *st, int column)
{
    const void *p = sqlite3_column_blob(st, column);

    return (struct weir_str){p, (size_t)sqlite3_column_bytes(st, column)};
}

#endif
