/* sqlite.c - the database file of the spool.
 *
 * What is in it, and why it is laid out so:
 *
 *   destination  a row each, with the counters of its ledger
 *   delivery     items once, whoever they go to; `home` is the destination
 *                of a delivery that goes to one only, so that recovery finds it
 *   shared       how many destinations still hold a delivery; only those that
 *                go to several have a row, which keeps the common case cheap
 *   queue        (destination, id): ready and never tried. Appended at its
 *                end, read and deleted at its head
 *   held         all other rows: staged, waiting for a retry, dead, ready again.
 *                Staged ones, by far the most, are found by id alone: of their
 *                indexes only the one for their age is theirs too
 *   blob         deliveries with items too large for a row
 *
 * held.trace is always NULL: nothing looks staged rows up by it, and files that
 * have the column and its index stay as they are.
 *
 * queue and held carry a card (bytes, kind, spans, logs), so that the accounts
 * are kept without reading the delivery. kind = flags | type << 8 |
 * category << 16 | riders << 24; the numbers of enum weir_item_type and
 * weir_category, and the places in core/riders.c, are on disk by that.
 *
 * WAL with synchronous=FULL: a commit is one append to the log and one fsync.
 * The log is copied into the file by us, after the replies, never within a
 * commit.
 *
 * A full disk must not keep deliveries from leaving, and to delete a row is a
 * write too. So the file grows before the commit (weir_db_reserve), such that
 * the log can always be copied into it and begin anew; and the log is given a
 * MiB at the start, which is what deletions then use. It keeps what it has
 * grown to, up to LOG_BYTES: to write over blocks is much cheaper than to
 * allocate them anew.
 *
 * Pages of 16 KiB: a delivery of 2 KB then costs a third less to commit than
 * with 4 KiB, of which it would fill half. */
#include "sqlite.h"

#include <stdio.h>

enum {
    CHUNK_BYTES = 1 << 20,       /* by which the file grows, and what the log keeps */
    APPLICATION_ID = 0x77656972, /* "weir" */
    SCHEMA_VERSION = 1
};

/* As text, for the PRAGMAs. */
#define PAGE_SIZE "16384"
#define LOG_BYTES "16777216"

static const char schema[] =
    "CREATE TABLE IF NOT EXISTS meta(key TEXT PRIMARY KEY, value) WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS destination(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE,"
    " accepted INT, forwarded INT, filtered INT, sampled INT, collapsed INT, expired INT,"
    " dropped INT);"
    "CREATE TABLE IF NOT EXISTS delivery(id INTEGER PRIMARY KEY, home INT, kind INT, spans INT,"
    " logs INT, received_ms INT, encoding INT, raw_bytes INT, crc INT, project TEXT, key TEXT,"
    " event_id TEXT, trace_id TEXT, header TEXT, items BLOB);"
    "CREATE TABLE IF NOT EXISTS blob(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE,"
    " encoded_bytes INT, raw_bytes INT, crc INT);"
    "CREATE TABLE IF NOT EXISTS shared(id INTEGER PRIMARY KEY, targets INT NOT NULL);"
    "CREATE TABLE IF NOT EXISTS queue(destination INT, id INT, bytes INT, kind INT, spans INT,"
    " logs INT, PRIMARY KEY(destination, id)) WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS held(destination INT, id INT, bytes INT, kind INT, spans INT,"
    " logs INT, state INT NOT NULL, due_ms INT, since_ms INT, attempts INT, status INT,"
    " reason TEXT, trace TEXT, answer BLOB, PRIMARY KEY(destination, id)) WITHOUT ROWID;";

/* The first four are those of earlier versions. */
static const char indexes[] =
    "DROP INDEX IF EXISTS held_due; DROP INDEX IF EXISTS held_id;"
    "DROP INDEX IF EXISTS held_since; DROP INDEX IF EXISTS held_trace;"
    "CREATE INDEX IF NOT EXISTS held_next ON held(destination, state, due_ms) WHERE state <> 0;"
    "CREATE INDEX IF NOT EXISTS held_list ON held(destination, state, id) WHERE state <> 0;"
    "CREATE INDEX IF NOT EXISTS held_age ON held(destination, since_ms) WHERE state <> 3;";

static const char *const texts[WEIR_DB_STATEMENTS] = {
    [WEIR_DB_BEGIN] = "BEGIN IMMEDIATE",
    [WEIR_DB_PAGES] = "PRAGMA page_count",
    [WEIR_DB_COMMIT] = "COMMIT",
    [WEIR_DB_ROLLBACK] = "ROLLBACK",
    [WEIR_DB_META_SET] = "REPLACE INTO meta VALUES(?1, ?2)",
    [WEIR_DB_DESTINATION_SAVE] =
        "INSERT INTO destination VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) ON CONFLICT(id) DO"
        " UPDATE SET accepted=?3, forwarded=?4, filtered=?5, sampled=?6, collapsed=?7,"
        " expired=?8, dropped=?9",
    [WEIR_DB_DELIVERY_ADD] = "INSERT INTO delivery VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10,"
                             " ?11, ?12, ?13, ?14, ?15)",
    [WEIR_DB_DELIVERY_DELETE] = "DELETE FROM delivery WHERE id=?1",
    [WEIR_DB_DELIVERY_REPLACE] =
        "UPDATE delivery SET kind=?2, spans=?3, logs=?4, encoding=?5,"
        " raw_bytes=?6, crc=?7, header=coalesce(?8, header), items=?9 WHERE id=?1",
    [WEIR_DB_DELIVERY_TOUCH] = "UPDATE delivery SET received_ms=?2 WHERE id=?1",
    [WEIR_DB_DELIVERY_RECEIVED] = "SELECT received_ms FROM delivery WHERE id=?1",
    [WEIR_DB_BLOB_ADD] = "INSERT INTO blob VALUES(?1, ?2, ?3, ?4, ?5)",
    [WEIR_DB_BLOB_DELETE] = "DELETE FROM blob WHERE id=?1",
    [WEIR_DB_BLOB_NAME] = "SELECT name FROM blob WHERE id=?1",
    [WEIR_DB_SHARED_ADD] = "INSERT INTO shared VALUES(?1, ?2)",
    [WEIR_DB_SHARED_LESS] = "UPDATE shared SET targets=targets-1 WHERE id=?1",
    [WEIR_DB_SHARED_GET] = "SELECT targets FROM shared WHERE id=?1",
    [WEIR_DB_SHARED_DELETE] = "DELETE FROM shared WHERE id=?1",
    [WEIR_DB_QUEUE_ADD] = "INSERT INTO queue VALUES(?1, ?2, ?3, ?4, ?5, ?6)",
    [WEIR_DB_QUEUE_FIND] = "SELECT id, bytes, kind, spans, logs FROM queue WHERE destination=?1"
                           " AND id=?2",
    [WEIR_DB_QUEUE_DELETE] = "DELETE FROM queue WHERE destination=?1 AND id=?2",
    [WEIR_DB_QUEUE_HEAD] = "SELECT id, bytes, kind, spans, logs FROM queue WHERE destination=?1"
                           " ORDER BY id LIMIT 1",
    [WEIR_DB_HELD_ADD] = "INSERT INTO held VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11,"
                         " ?12, NULL, ?13)",
    [WEIR_DB_HELD_FIND] = "SELECT id, bytes, kind, spans, logs, state, since_ms, length(answer)"
                          " FROM held WHERE destination=?1 AND id=?2",
    [WEIR_DB_HELD_SET] = "UPDATE held SET bytes=?3, kind=?4, spans=?5, logs=?6, state=?7,"
                         " due_ms=?8, since_ms=?9, attempts=?10, status=?11, reason=?12,"
                         " trace=NULL, answer=?13 WHERE destination=?1 AND id=?2",
    [WEIR_DB_HELD_DELETE] = "DELETE FROM held WHERE destination=?1 AND id=?2",
    /* The oldest of a state: by due_ms, which is dead_ms for dead ones. */
    [WEIR_DB_HELD_FIRST] = "SELECT id, bytes, kind, spans, logs, state, since_ms, length(answer)"
                           " FROM held WHERE destination=?1 AND state=?2 AND state <> 0"
                           " ORDER BY due_ms LIMIT 1",
    [WEIR_DB_HELD_OLD] = "SELECT id, bytes, kind, spans, logs, state, since_ms, length(answer)"
                         " FROM held WHERE destination=?1 AND state <> 3 AND since_ms < ?2"
                         " ORDER BY since_ms LIMIT 1",
    [WEIR_DB_HELD_OLDEST] = "SELECT since_ms FROM held WHERE destination=?1 AND state <> 3"
                            " ORDER BY since_ms LIMIT 1",
    [WEIR_DB_READ] = "BEGIN",
    [WEIR_DB_READY_AFTER] = "SELECT id, bytes, kind, spans, logs FROM queue WHERE destination=?1"
                            " AND id > ?2 ORDER BY id LIMIT ?3",
#define HELD_COLUMNS \
    "id, bytes, kind, spans, logs, state, attempts, due_ms, status, reason, answer, destination"
    /* "state <> 0" is what an index says of itself: without it it is not used. */
    [WEIR_DB_DUE] = "SELECT " HELD_COLUMNS " FROM held WHERE destination=?1 AND state=?2"
                    " AND state <> 0 AND due_ms <= ?3 ORDER BY due_ms LIMIT ?4",
    [WEIR_DB_NEXT_DUE] = "SELECT min(due_ms) FROM held WHERE destination=?1 AND state=2"
                         " AND state <> 0 AND due_ms > ?2",
    [WEIR_DB_HELD_AFTER] = "SELECT " HELD_COLUMNS " FROM held WHERE destination=?1 AND state=?2"
                           " AND state <> 0 AND id > ?3 ORDER BY id LIMIT ?4",
    [WEIR_DB_STAGED_AFTER] = "SELECT " HELD_COLUMNS " FROM held WHERE destination=?1 AND state=?2"
                             " AND id > ?3 ORDER BY id LIMIT ?4",
    [WEIR_DB_HELD_ONE] = "SELECT " HELD_COLUMNS " FROM held WHERE destination=?1 AND id=?2",
/* Two, because naming `items` reads them. */
#define DELIVERY_COLUMNS "received_ms, encoding, raw_bytes, crc, project, key, event_id, trace_id"
    [WEIR_DB_DELIVERY_GET] = "SELECT " DELIVERY_COLUMNS " FROM delivery WHERE id=?1",
    [WEIR_DB_DELIVERY_BODY] = "SELECT " DELIVERY_COLUMNS ", header, items FROM delivery"
                              " WHERE id=?1",
    [WEIR_DB_BLOB_GET] = "SELECT name, encoded_bytes, raw_bytes, crc FROM blob WHERE id=?1",
    [WEIR_DB_DESTINATIONS] = "SELECT id, name, accepted, forwarded, filtered, sampled, collapsed,"
                             " expired, dropped FROM destination ORDER BY id",
    [WEIR_DB_QUEUE_SUMS] = "SELECT destination, count(*), sum(bytes) FROM queue"
                           " GROUP BY destination",
    [WEIR_DB_HELD_SUMS] = "SELECT destination, state, count(*), sum(bytes) FROM held"
                          " GROUP BY destination, state",
    [WEIR_DB_OLDEST] =
        "SELECT min(ms) FROM (SELECT since_ms AS ms FROM (SELECT since_ms FROM held WHERE"
        " destination=?1 AND state <> 3 ORDER BY since_ms LIMIT 1) UNION ALL SELECT received_ms"
        " FROM delivery WHERE id=(SELECT min(id) FROM queue WHERE destination=?1))",
};

/* ---- failures ---------------------------------------------------------- */

int weir_db_note(struct weir_db *db, int rc)
{
    switch (rc & 0xff) {
    case SQLITE_OK:
    case SQLITE_ROW:
    case SQLITE_DONE:
        return 0;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_FORMAT:
        db->fault = WEIR_DB_DAMAGED;
        break;
    case SQLITE_ERROR: /* before that: "no such column", so another's tables */
        db->fault = db->open ? WEIR_DB_DISK : WEIR_DB_DAMAGED;
        break;
    case SQLITE_CONSTRAINT:
    case SQLITE_TOOBIG:
    case SQLITE_RANGE:
    case SQLITE_MISUSE:
        db->fault = WEIR_DB_REFUSED;
        break;
    default:
        db->fault = WEIR_DB_DISK;
        break;
    }
    db->rc = rc;
    return WEIR_EIO;
}

/* ---- statements -------------------------------------------------------- */

sqlite3_stmt *weir_db_get(struct weir_db *db, enum weir_db_statement which)
{
    sqlite3_stmt *st = db->statements[which];

    if (db->handle == NULL) { /* a recovery that failed */
        weir_db_note(db, SQLITE_CANTOPEN);
        return NULL;
    }
    if (st == NULL && weir_db_note(db, sqlite3_prepare_v3(db->handle, texts[which], -1,
                                                          SQLITE_PREPARE_PERSISTENT, &st, NULL)))
        return NULL;
    db->statements[which] = st;
    sqlite3_reset(st);
    return st;
}

int weir_db_step(struct weir_db *db, sqlite3_stmt *st)
{
    int rc = st != NULL ? sqlite3_step(st) : db->rc;

    weir_db_note(db, rc);
    return rc;
}

int weir_db_run(struct weir_db *db, sqlite3_stmt *st)
{
    int rc;

    if (st == NULL)
        return WEIR_EIO;
    rc = sqlite3_step(st);
    sqlite3_reset(st);
    return weir_db_note(db, rc);
}

int weir_db_exec(struct weir_db *db, const char *sql)
{
    return weir_db_note(db, sqlite3_exec(db->handle, sql, NULL, NULL, NULL));
}

int64_t weir_db_number(struct weir_db *db, const char *sql, int64_t otherwise)
{
    sqlite3_stmt *st = NULL;
    int64_t n = otherwise;

    if (weir_db_note(db, sqlite3_prepare_v2(db->handle, sql, -1, &st, NULL)) == 0 &&
        weir_db_step(db, st) == SQLITE_ROW && sqlite3_column_type(st, 0) != SQLITE_NULL)
        n = sqlite3_column_int64(st, 0);
    sqlite3_finalize(st);
    return n;
}

static void lock(struct weir_db *db)
{
    if (db->lock != NULL)
        pthread_mutex_lock(db->lock);
}

static void unlock(struct weir_db *db)
{
    if (db->lock != NULL)
        pthread_mutex_unlock(db->lock);
}

/* Asks the file system for room up to `bytes`, in whole chunks. */
static int grow(sqlite3_file *file, int64_t bytes)
{
    int chunk = CHUNK_BYTES;

    if (file == NULL || file->pMethods == NULL)
        return SQLITE_OK;
    file->pMethods->xFileControl(file, SQLITE_FCNTL_CHUNK_SIZE, &chunk);
    return file->pMethods->xFileControl(file, SQLITE_FCNTL_SIZE_HINT, &bytes);
}

static sqlite3_file *file_of(struct weir_db *db, int which)
{
    sqlite3_file *file = NULL;

    return sqlite3_file_control(db->handle, "main", which, &file) == SQLITE_OK ? file : NULL;
}

/* ---- opening ----------------------------------------------------------- */

static int on_wal(void *self, sqlite3 *handle, const char *name, int pages)
{
    struct weir_db *db = self;

    (void)handle;
    (void)name;
    db->wal_pages = (unsigned)pages;
    return SQLITE_OK;
}

/* A file that carries another's mark, or none but has tables, is not ours. */
static int check_mark(struct weir_db *db)
{
    int64_t mark = weir_db_number(db, "PRAGMA application_id", -1);
    int64_t version = weir_db_number(db, "PRAGMA user_version", -1);
    int64_t tables = weir_db_number(db, "SELECT count(*) FROM sqlite_master", -1);

    if (tables < 0)
        return WEIR_EIO; /* noted by the query */
    if (tables > 0 && (mark != APPLICATION_ID || version != SCHEMA_VERSION))
        return weir_db_note(db, SQLITE_NOTADB);
    return 0;
}

static int lay_out(struct weir_db *db)
{
    char mark[96];

    snprintf(mark, sizeof mark, "PRAGMA application_id=%d; PRAGMA user_version=%d;", APPLICATION_ID,
             SCHEMA_VERSION);
    if (weir_db_number(db, "PRAGMA application_id", 0) == APPLICATION_ID)
        mark[0] = '\0';
    if (weir_db_exec(db, "BEGIN IMMEDIATE") != 0 || weir_db_exec(db, schema) != 0 ||
        weir_db_exec(db, mark) != 0 || weir_db_exec(db, "COMMIT") != 0)
        return WEIR_EIO;
    /* Other indexes only make it slow: a full disk is no reason not to start. */
    if (weir_db_exec(db, "BEGIN IMMEDIATE") == 0 && weir_db_exec(db, indexes) == 0 &&
        weir_db_exec(db, "COMMIT") == 0)
        return 0;
    if (!sqlite3_get_autocommit(db->handle))
        sqlite3_exec(db->handle, "ROLLBACK", NULL, NULL, NULL);
    return db->fault == WEIR_DB_DISK ? 0 : WEIR_EIO;
}

static int open_handle(struct weir_db *db, const char *path, int flags)
{
    int rc;

    /* Else every malloc takes a lock, for sums that nobody reads. Refused, and
     * needless, but for the first time. */
    (void)sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
    rc = sqlite3_open_v2(path, &db->handle, flags | SQLITE_OPEN_NOMUTEX, NULL);
    if (weir_db_note(db, rc) != 0)
        return WEIR_EIO;
    sqlite3_extended_result_codes(db->handle, 1);
    return 0;
}

int weir_db_open(struct weir_db *db, const char *path, bool full)
{
    int err;

    *db = (struct weir_db){0};
    if ((err = open_handle(db, path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE)) != 0 ||
        (err = check_mark(db)) != 0 ||
        /* Before the first table: these cannot be changed later. */
        (err = weir_db_exec(db, "PRAGMA page_size=" PAGE_SIZE "; PRAGMA auto_vacuum=INCREMENTAL;"
                                "PRAGMA journal_mode=WAL; PRAGMA cache_size=-2048;"
                                "PRAGMA mmap_size=0; PRAGMA temp_store=MEMORY;"
                                "PRAGMA secure_delete=OFF; PRAGMA wal_autocheckpoint=0;"
                                "PRAGMA journal_size_limit=" LOG_BYTES ";")) != 0 ||
        (err = weir_db_exec(db, full ? "PRAGMA synchronous=FULL" : "PRAGMA synchronous=NORMAL")) !=
            0 ||
        (err = lay_out(db)) != 0) {
        weir_db_close(db);
        return err;
    }
    sqlite3_wal_hook(db->handle, on_wal, db);
    /* With a full disk it is as it is. */
    (void)grow(file_of(db, SQLITE_FCNTL_JOURNAL_POINTER), CHUNK_BYTES);
    db->open = true;
    return 0;
}

int weir_db_open_memory(struct weir_db *db, pthread_mutex_t *lock)
{
    int err;

    *db = (struct weir_db){.lock = lock};
    if ((err = open_handle(db, ":memory:", SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE)) != 0 ||
        (err = weir_db_exec(db, "PRAGMA page_size=" PAGE_SIZE "; PRAGMA auto_vacuum=INCREMENTAL;"
                                "PRAGMA secure_delete=OFF")) != 0 ||
        (err = lay_out(db)) != 0)
        weir_db_close(db);
    db->open = err == 0;
    return err;
}

int weir_db_open_reader(struct weir_db *db, const char *path)
{
    int err;

    *db = (struct weir_db){0};
    /* Not READONLY: a reader that comes first must be able to make the
     * shared memory of the log. */
    if ((err = open_handle(db, path, SQLITE_OPEN_READWRITE)) != 0 ||
        (err = weir_db_exec(db, "PRAGMA query_only=ON; PRAGMA cache_size=-512;"
                                "PRAGMA mmap_size=0; PRAGMA wal_autocheckpoint=0;")) != 0)
        weir_db_close(db);
    else
        sqlite3_busy_timeout(db->handle, 1000);
    return err;
}

void weir_db_share(struct weir_db *db, const struct weir_db *owner)
{
    *db = (struct weir_db){.handle = owner->handle, .lock = owner->lock, .shared = true};
}

void weir_db_close(struct weir_db *db)
{
    lock(db);
    for (size_t i = 0; i < WEIR_DB_STATEMENTS; i++) {
        sqlite3_finalize(db->statements[i]);
        db->statements[i] = NULL;
    }
    if (!db->shared)
        sqlite3_close_v2(db->handle);
    db->handle = NULL;
    db->open = false;
    unlock(db);
}

/* ---- transactions ------------------------------------------------------ */

int weir_db_begin(struct weir_db *db)
{
    int err;

    lock(db);
    err = weir_db_run(db, weir_db_get(db, WEIR_DB_BEGIN));
    if (err != 0)
        unlock(db);
    return err;
}

int weir_db_commit(struct weir_db *db)
{
    int err = weir_db_run(db, weir_db_get(db, WEIR_DB_COMMIT));

    if (err == 0)
        unlock(db);
    return err;
}

/* Ends the transaction by `how`, unless a full disk has ended it already. */
static void end_if_open(struct weir_db *db, enum weir_db_statement how)
{
    sqlite3_stmt *st = sqlite3_get_autocommit(db->handle) ? NULL : weir_db_get(db, how);

    if (st != NULL) {
        sqlite3_step(st);
        sqlite3_reset(st);
    }
}

void weir_db_rollback(struct weir_db *db)
{
    /* A statement halfway through its rows would keep the read lock. */
    for (size_t i = 0; i < WEIR_DB_STATEMENTS; i++)
        sqlite3_reset(db->statements[i]);
    end_if_open(db, WEIR_DB_ROLLBACK);
    unlock(db);
}

/* In memory the lock alone makes a consistent view: the connection is the
 * writer's own. */
int weir_db_read_begin(struct weir_db *db)
{
    lock(db);
    return db->shared ? 0 : weir_db_run(db, weir_db_get(db, WEIR_DB_READ));
}

void weir_db_read_end(struct weir_db *db)
{
    /* A view that stays open would keep the log from beginning anew. */
    for (size_t i = WEIR_DB_READ; i < WEIR_DB_STATEMENTS; i++)
        sqlite3_reset(db->statements[i]);
    if (!db->shared)
        end_if_open(db, WEIR_DB_COMMIT);
    unlock(db);
}

int weir_db_reserve(struct weir_db *db)
{
    sqlite3_stmt *st;
    int64_t pages = 0;

    if (db->lock != NULL)
        return 0;
    st = weir_db_get(db, WEIR_DB_PAGES);
    if (weir_db_step(db, st) != SQLITE_ROW)
        return WEIR_EIO;
    pages = sqlite3_column_int64(st, 0);
    sqlite3_reset(st);
    if (pages <= db->reserved_pages)
        return 0;
    if (weir_db_note(db,
                     grow(file_of(db, SQLITE_FCNTL_FILE_POINTER), pages * WEIR_DB_PAGE_BYTES)) != 0)
        return WEIR_EIO;
    db->reserved_pages = (pages * WEIR_DB_PAGE_BYTES + CHUNK_BYTES - 1) / CHUNK_BYTES *
                         (CHUNK_BYTES / WEIR_DB_PAGE_BYTES);
    return 0;
}

bool weir_db_is_whole(struct weir_db *db)
{
    sqlite3_stmt *st = NULL;
    bool whole = false;

    if (weir_db_note(db, sqlite3_prepare_v2(db->handle, "PRAGMA quick_check(1)", -1, &st, NULL)) ==
            0 &&
        weir_db_step(db, st) == SQLITE_ROW)
        whole = weir_str_eq(weir_db_text(st, 0), WEIR_S("ok"));
    sqlite3_finalize(st);
    return whole;
}

int weir_db_name_destination(struct weir_db *db, int64_t number, struct weir_str name)
{
    sqlite3_stmt *st = weir_db_get(db, WEIR_DB_META_SET);
    char key[40];

    if (st == NULL)
        return WEIR_EIO;
    snprintf(key, sizeof key, "destination %lld", (long long)number);
    weir_db_bind_text(st, 1, weir_str_of(key));
    weir_db_bind_text(st, 2, name);
    return weir_db_run(db, st);
}

int weir_db_vacuum(struct weir_db *db, int pages)
{
    char sql[64];

    snprintf(sql, sizeof sql, "PRAGMA incremental_vacuum(%d)", pages);
    db->reserved_pages = 0;
    return weir_db_exec(db, sql);
}

void weir_db_checkpoint(struct weir_db *db, bool restart)
{
    int rc;

    if (db->lock != NULL || db->handle == NULL)
        return;
    sqlite3_busy_timeout(db->handle, restart ? 50 : 0);
    rc = sqlite3_wal_checkpoint_v2(db->handle, NULL,
                                   restart ? SQLITE_CHECKPOINT_RESTART : SQLITE_CHECKPOINT_PASSIVE,
                                   NULL, NULL);
    sqlite3_busy_timeout(db->handle, 0);
    /* A reader in the way is no failure: it is tried again. */
    if ((rc & 0xff) != SQLITE_BUSY && weir_db_note(db, rc) == 0)
        db->wal_pages = 0;
}
