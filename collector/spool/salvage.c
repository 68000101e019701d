/* salvage.c - reads what can be read of a damaged database.
 *
 * Deliveries are walked by id. Where SQLite reports damage, ids are skipped
 * in doubling steps until reading works again, and the gap is then narrowed
 * from its far end, so that a bad page costs its own rows only. A delivery
 * that goes to one destination says so itself (`home`), so it needs no other
 * table; what `held` knows about it (attempts, an answer) comes along when it
 * can be read. One that goes to several needs their rows.
 *
 * Should the first page be bad, which holds the header and the schema, an
 * empty database made by us has the same one: tables are made in the same
 * order at the same places, and SQLite never moves the roots of tables. It is
 * put in its place; the original page is kept beside the file.
 *
 * Names and counters of destinations come from `destination`; names also from
 * `meta`, where they are written a second time. When counters are lost, the
 * ledger begins anew with the rows that were found. */
#include "recover.h"

#include "weir/log.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    CHUNK = 256,            /* rows in one transaction */
    MOST_BYTES = 256 << 20, /* of a column */
    NAME_BYTES = 255,
    MOST_WAIT_MS = 3600 * 1000
};

static const int64_t MOST_BLOB_BYTES = ((int64_t)1 << 36) - 1; /* a mask */

struct salvage {
    sqlite3 *from;
    sqlite3_stmt *walk, *held, *queue, *blob;
    struct weir_db *to;
    int64_t numbers[WEIR_MAX_DB_DESTINATIONS];
    size_t n_numbers;
    uint64_t rows, now_ms;
};

/* ---- opening what is damaged -------------------------------------------------- */

static bool prepare(struct salvage *v, sqlite3_stmt **st, const char *sql)
{
    return sqlite3_prepare_v2(v->from, sql, -1, st, NULL) == SQLITE_OK;
}

static void close_source(struct salvage *v)
{
    sqlite3_finalize(v->walk);
    sqlite3_finalize(v->held);
    sqlite3_finalize(v->queue);
    sqlite3_finalize(v->blob);
    v->walk = v->held = v->queue = v->blob = NULL;
    sqlite3_close_v2(v->from);
    v->from = NULL;
}

/* True when it is a database with our tables, as far as the schema tells. */
static bool open_source(struct salvage *v, const char *path)
{
    static const char walk[] =
        "SELECT id, home, kind, spans, logs, received_ms, encoding, raw_bytes, crc, project, key,"
        " event_id, trace_id, header, items FROM delivery WHERE id > ?1 ORDER BY id LIMIT 1";
    static const char held[] = "SELECT * FROM held WHERE destination=?1 AND id=?2";

    if (sqlite3_open_v2(path, &v->from, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL) ==
        SQLITE_OK) {
        /* writable_schema: else a file that was cut short is not read at all.
         * A damaged length must not make us ask for a gigabyte. */
        sqlite3_limit(v->from, SQLITE_LIMIT_LENGTH, MOST_BYTES);
        (void)sqlite3_exec(
            v->from, "PRAGMA writable_schema=ON; PRAGMA query_only=ON; PRAGMA cell_size_check=ON",
            NULL, NULL, NULL);
        if (prepare(v, &v->walk, walk) && prepare(v, &v->held, held) &&
            prepare(v, &v->queue, "SELECT bytes FROM queue WHERE destination=?1 AND id=?2") &&
            prepare(v, &v->blob, "SELECT * FROM blob WHERE id=?1"))
            return true;
    }
    close_source(v);
    return false;
}

/* The first page of a database without rows. */
static bool read_page(const char *path, char *page, size_t n)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    bool whole = fd >= 0 && pread(fd, page, n, 0) == (ssize_t)n;

    if (fd >= 0)
        close(fd);
    return whole;
}

static bool write_page(const char *path, int flags, const char *page, size_t n)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC | flags, 0600);
    bool whole = fd >= 0 && pwrite(fd, page, n, 0) == (ssize_t)n && fsync(fd) == 0;

    if (fd >= 0)
        close(fd);
    return whole;
}

/* Was it once ours? One of the marks of the header suffices: that it is
 * SQLite's with our page size, or that it carries our id. */
static bool was_ours(const char *page)
{
    static const char magic[] = "SQLite format 3";
    bool sqlite = memcmp(page, magic, sizeof magic) == 0 && page[16] == WEIR_DB_PAGE_BYTES >> 8 &&
                  page[17] == 0;

    return sqlite || memcmp(page + 68, "weir", 4) == 0;
}

static void put_u32(char *at, uint32_t value)
{
    for (int i = 0; i < 4; i++)
        at[i] = (char)(value >> (24 - 8 * i));
}

/* The header of an empty database, made fit for one of `pages` (file format,
 * 1.3): their number, and no free pages, which is all the same to a reader. */
static void fit_header(char *page, off_t pages)
{
    put_u32(page + 28, (uint32_t)pages);
    put_u32(page + 32, 0);
    put_u32(page + 36, 0);
}

/* Puts the first page of `to`, still empty, in the place of the damaged one. */
static bool graft(const char *path, struct weir_db *to)
{
    enum { PAGE = WEIR_DB_PAGE_BYTES };
    static char page[PAGE];
    char beside[4300];
    struct stat st;

    if (!read_page(path, page, PAGE) || !was_ours(page))
        return false;
    snprintf(beside, sizeof beside, "%s.first-page", path);
    if (!write_page(beside, O_CREAT | O_TRUNC, page, PAGE))
        return false;
    weir_db_checkpoint(to, true);
    if (stat(path, &st) != 0 || !read_page(sqlite3_db_filename(to->handle, "main"), page, PAGE))
        return false;
    fit_header(page, st.st_size / PAGE);
    return write_page(path, 0, page, PAGE);
}

/* ---- destinations --------------------------------------------------------------- */

static bool known(const struct salvage *v, int64_t number)
{
    for (size_t i = 0; i < v->n_numbers; i++) {
        if (v->numbers[i] == number)
            return true;
    }
    return false;
}

/* `counters`: the columns from 2 on, when the statement has them. */
static int add_destination(struct salvage *v, sqlite3_stmt *row, bool counters)
{
    sqlite3_stmt *st = weir_db_get(v->to, WEIR_DB_DESTINATION_SAVE);
    struct weir_str name = weir_db_text(row, 1);
    int64_t number = sqlite3_column_int64(row, 0);

    if (st == NULL)
        return WEIR_EIO;
    if (number <= 0 || known(v, number) || name.n == 0 || name.n > NAME_BYTES ||
        v->n_numbers == WEIR_MAX_DB_DESTINATIONS)
        return 0;
    sqlite3_bind_int64(st, 1, number);
    weir_db_bind_text(st, 2, name);
    for (int i = 0; i < 7; i++) {
        int64_t count = counters ? sqlite3_column_int64(row, 2 + i) : 0;

        sqlite3_bind_int64(st, 3 + i, count > 0 ? count : 0);
    }
    if (weir_db_run(v->to, st) != 0)
        return v->to->fault == WEIR_DB_REFUSED ? 0 : WEIR_EIO; /* a name twice */
    v->numbers[v->n_numbers++] = number;
    return weir_db_name_destination(v->to, number, name);
}

static int copy_destinations(struct salvage *v)
{
    static const char *const queries[] = {
        "SELECT * FROM destination",
        "SELECT CAST(substr(key, 13) AS INT), value FROM meta WHERE key LIKE 'destination %'"};
    int err = 0;

    for (int i = 0; i < 2 && err == 0; i++) {
        sqlite3_stmt *row = NULL;

        if (!prepare(v, &row, queries[i]))
            continue;
        while (err == 0 && sqlite3_step(row) == SQLITE_ROW)
            err = add_destination(v, row, i == 0);
        sqlite3_finalize(row);
    }
    return err;
}

/* Ids go on above all that were given out. */
static int copy_next_id(struct salvage *v)
{
    sqlite3_stmt *row = NULL, *st = weir_db_get(v->to, WEIR_DB_META_SET);
    int err = st != NULL ? 0 : WEIR_EIO;

    if (err == 0 && prepare(v, &row, "SELECT key, value FROM meta WHERE key='next_id'") &&
        sqlite3_step(row) == SQLITE_ROW) {
        sqlite3_bind_value(st, 1, sqlite3_column_value(row, 0));
        sqlite3_bind_int64(st, 2, sqlite3_column_int64(row, 1));
        err = weir_db_run(v->to, st);
    }
    sqlite3_finalize(row);
    return err;
}

/* ---- rows ------------------------------------------------------------------------- */

/* Columns of the walk. */
enum {
    ID,
    HOME,
    KIND,
    SPANS,
    LOGS,
    RECEIVED,
    ENCODING,
    RAW,
    CRC,
    PROJECT,
    KEY,
    EVENT,
    TRACE,
    HEADER,
    ITEMS
};

/* What every row of a delivery gets. Numbers are taken from one place and
 * worked out anew where they can be: a card that does not fit its delivery
 * would be damage again. */
struct card {
    int64_t id, kind, bytes, received_ms;
};

/* Short texts that become part of a request upstream. */
static bool text_is_clean(sqlite3_stmt *row, int column)
{
    struct weir_str s = weir_db_text(row, column);

    for (size_t i = 0; i < s.n; i++) {
        if ((unsigned char)s.p[i] < 0x20 || s.p[i] == 0x7f)
            return false;
    }
    return true;
}

/* False: its blob is not known, or a text cannot be right. */
static bool read_card(struct salvage *v, sqlite3_stmt *row, struct card *ret)
{
    bool shared = sqlite3_column_int64(row, HOME) == 0;
    int64_t received_ms = sqlite3_column_int64(row, RECEIVED), now_ms = (int64_t)v->now_ms;

    *ret = (struct card){
        .id = sqlite3_column_int64(row, ID),
        .kind = (sqlite3_column_int64(row, KIND) & ~(int64_t)WEIR_CARD_SHARED) |
                (shared ? WEIR_CARD_SHARED : 0),
        .bytes = sqlite3_column_bytes(row, HEADER) + sqlite3_column_bytes(row, ITEMS) +
                 WEIR_ROW_OVERHEAD,
        .received_ms = received_ms > 0 && received_ms <= now_ms ? received_ms : now_ms,
    };
    for (int i = PROJECT; i <= TRACE; i++) {
        if (!text_is_clean(row, i))
            return false;
    }
    sqlite3_reset(v->blob);
    if (!(ret->kind & WEIR_CARD_BLOB))
        return true;
    sqlite3_bind_int64(v->blob, 1, ret->id);
    if (sqlite3_step(v->blob) != SQLITE_ROW)
        return false;
    ret->bytes += sqlite3_column_int64(v->blob, 2) & MOST_BLOB_BYTES;
    return true;
}

/* (destination, id) and the card, at the same places in queue and held. */
static void bind_card(sqlite3_stmt *st, int64_t destination, const struct card *c,
                      sqlite3_stmt *row, int64_t more_bytes)
{
    sqlite3_bind_int64(st, 1, destination);
    sqlite3_bind_int64(st, 2, c->id);
    sqlite3_bind_int64(st, 3, c->bytes + more_bytes);
    sqlite3_bind_int64(st, 4, c->kind);
    sqlite3_bind_value(st, 5, sqlite3_column_value(row, SPANS));
    sqlite3_bind_value(st, 6, sqlite3_column_value(row, LOGS));
}

static int enqueue(struct salvage *v, int64_t destination, const struct card *c, sqlite3_stmt *row)
{
    sqlite3_stmt *st = weir_db_get(v->to, WEIR_DB_QUEUE_ADD);

    if (st == NULL)
        return WEIR_EIO;
    bind_card(st, destination, c, row, 0);
    return weir_db_run(v->to, st);
}

/* A wait that lies further ahead than any we grant is none. */
static int64_t clamp_due(const struct salvage *v, int64_t due_ms)
{
    int64_t most_ms = (int64_t)v->now_ms + MOST_WAIT_MS;

    return due_ms < 0 || due_ms > most_ms ? (int64_t)v->now_ms : due_ms;
}

static int hold(struct salvage *v, int64_t destination, const struct card *c, sqlite3_stmt *row)
{
    sqlite3_stmt *st = weir_db_get(v->to, WEIR_DB_HELD_ADD);
    int64_t since_ms = sqlite3_column_int64(v->held, 8);

    if (st == NULL)
        return WEIR_EIO;
    bind_card(st, destination, c, row, sqlite3_column_bytes(v->held, 13));
    sqlite3_bind_value(st, 7, sqlite3_column_value(v->held, 6));
    sqlite3_bind_int64(st, 8, clamp_due(v, sqlite3_column_int64(v->held, 7)));
    sqlite3_bind_int64(st, 9,
                       since_ms > 0 && since_ms <= (int64_t)v->now_ms ? since_ms : c->received_ms);
    for (int i = 9; i < 12; i++)
        sqlite3_bind_value(st, i + 1, sqlite3_column_value(v->held, i));
    sqlite3_bind_value(st, 13, sqlite3_column_value(v->held, 13));
    return weir_db_run(v->to, st);
}

static bool find(sqlite3_stmt *st, int64_t destination, int64_t id)
{
    sqlite3_reset(st);
    sqlite3_bind_int64(st, 1, destination);
    sqlite3_bind_int64(st, 2, id);
    return sqlite3_step(st) == SQLITE_ROW;
}

static bool state_is_known(int64_t state)
{
    return state == WEIR_STORED_STAGED || state == WEIR_STORED_WAITING ||
           state == WEIR_STORED_DEAD || state == WEIR_STORED_AGAIN;
}

/* The row of one destination. `sure`: the delivery says that it is there. */
static int copy_target(struct salvage *v, int64_t destination, const struct card *c,
                       sqlite3_stmt *row, bool sure, unsigned *n)
{
    int err = 0;

    if (find(v->held, destination, c->id) && state_is_known(sqlite3_column_int64(v->held, 6))) {
        err = hold(v, destination, c, row);
        (*n)++;
    } else if (sure || find(v->queue, destination, c->id)) {
        err = enqueue(v, destination, c, row);
        (*n)++;
    }
    sqlite3_reset(v->held);
    sqlite3_reset(v->queue);
    return err;
}

static int copy_targets(struct salvage *v, const struct card *c, sqlite3_stmt *row, unsigned *ret_n)
{
    int64_t home = sqlite3_column_int64(row, HOME);
    int err = 0;

    if (home != 0)
        return known(v, home) ? copy_target(v, home, c, row, true, ret_n) : 0;
    for (size_t i = 0; i < v->n_numbers && err == 0; i++)
        err = copy_target(v, v->numbers[i], c, row, false, ret_n);
    return err;
}

static int copy_columns(struct salvage *v, enum weir_db_statement into, sqlite3_stmt *row,
                        const struct card *c)
{
    sqlite3_stmt *st = weir_db_get(v->to, into);

    if (st == NULL)
        return WEIR_EIO;
    for (int i = 0; i < sqlite3_column_count(row); i++)
        sqlite3_bind_value(st, i + 1, sqlite3_column_value(row, i));
    if (into == WEIR_DB_DELIVERY_ADD) {
        sqlite3_bind_int64(st, KIND + 1, c->kind);
        sqlite3_bind_int64(st, RECEIVED + 1, c->received_ms);
    }
    return weir_db_run(v->to, st);
}

static int copy_shared(struct salvage *v, int64_t id, unsigned targets)
{
    sqlite3_stmt *st = weir_db_get(v->to, WEIR_DB_SHARED_ADD);

    if (st == NULL)
        return WEIR_EIO;
    sqlite3_bind_int64(st, 1, id);
    sqlite3_bind_int64(st, 2, targets);
    return weir_db_run(v->to, st);
}

/* The delivery with all that belongs to it. */
static int copy_whole(struct salvage *v, const struct card *c, sqlite3_stmt *row,
                      unsigned *ret_targets)
{
    int err = copy_targets(v, c, row, ret_targets);

    if (err != 0 || *ret_targets == 0)
        return err;
    err = copy_columns(v, WEIR_DB_DELIVERY_ADD, row, c);
    if (err == 0 && (c->kind & WEIR_CARD_BLOB))
        err = copy_columns(v, WEIR_DB_BLOB_ADD, v->blob, c);
    if (err == 0 && (c->kind & WEIR_CARD_SHARED))
        err = copy_shared(v, c->id, *ret_targets);
    return err;
}

/* All of it or nothing. */
static int copy_delivery(struct salvage *v, sqlite3_stmt *row)
{
    struct card c;
    unsigned targets = 0;
    int err;

    if (!read_card(v, row, &c))
        return 0;
    if (weir_db_exec(v->to, "SAVEPOINT delivery") != 0)
        return WEIR_EIO;
    err = copy_whole(v, &c, row, &targets);
    sqlite3_reset(v->blob);
    if (err != 0 && v->to->fault != WEIR_DB_REFUSED)
        return err;
    if (err != 0 || targets == 0)
        return weir_db_exec(v->to, "ROLLBACK TO delivery; RELEASE delivery");
    v->rows++;
    return weir_db_exec(v->to, "RELEASE delivery");
}

/* ---- the walk ------------------------------------------------------------------------ */

/* The first delivery after `id`: SQLITE_ROW, SQLITE_DONE, or damage. */
static int step_after(struct salvage *v, int64_t id)
{
    int rc;

    sqlite3_reset(v->walk);
    sqlite3_bind_int64(v->walk, 1, id);
    rc = sqlite3_step(v->walk);
    if (rc == SQLITE_ROW && sqlite3_column_int64(v->walk, 0) <= id)
        return SQLITE_CORRUPT; /* a page that is not where it belongs */
    return rc;
}

static bool readable_after(struct salvage *v, int64_t id)
{
    int rc = step_after(v, id);

    return rc == SQLITE_ROW || rc == SQLITE_DONE;
}

/* Nothing can be read right after `id`: the least one after which it works
 * again, or -1. */
static int64_t skip_damage(struct salvage *v, int64_t id)
{
    int64_t bad = id, good = -1;

    for (int64_t step = 1; step < (int64_t)1 << 40 && id < INT64_MAX - step; step *= 2) {
        if (readable_after(v, id + step)) {
            good = id + step;
            break;
        }
        bad = id + step;
    }
    while (good > 0 && good - bad > 1) {
        int64_t middle = bad + (good - bad) / 2;

        if (readable_after(v, middle))
            good = middle;
        else
            bad = middle;
    }
    return good;
}

static int walk(struct salvage *v)
{
    int64_t id = 0;
    int rc;

    while ((rc = step_after(v, id)) != SQLITE_DONE) {
        if (rc != SQLITE_ROW) {
            if ((id = skip_damage(v, id)) < 0)
                break;
            continue;
        }
        id = sqlite3_column_int64(v->walk, 0);
        if (copy_delivery(v, v->walk) != 0)
            return WEIR_EIO;
        if (v->rows % CHUNK == CHUNK - 1 &&
            (weir_db_exec(v->to, "COMMIT") != 0 || weir_db_exec(v->to, "BEGIN") != 0))
            return WEIR_EIO;
    }
    sqlite3_reset(v->walk);
    return 0;
}

/* ---- accounts ------------------------------------------------------------------------- */

/* accepted minus all that is known of it. */
#define LOST                                                                     \
    "(accepted - forwarded - filtered - sampled - collapsed - expired - dropped" \
    " - (SELECT count(*) FROM queue WHERE destination=destination.id)"           \
    " - (SELECT count(*) FROM held WHERE destination=destination.id))"

static void tell_lost(struct weir_db *to)
{
    sqlite3_stmt *st = NULL;

    if (sqlite3_prepare_v2(to->handle, "SELECT name, " LOST " FROM destination", -1, &st, NULL) !=
        SQLITE_OK)
        return;
    while (sqlite3_step(st) == SQLITE_ROW) {
        struct weir_str name = weir_db_text(st, 0);
        int64_t lost = sqlite3_column_int64(st, 1);
        struct weir_str labels[] = {name, WEIR_S("unknown"), WEIR_S("dropped"), WEIR_S("damaged")};

        if (lost <= 0)
            continue;
        weir_count(weir_metric(WEIR_M_EVENTS, labels, 4), (uint64_t)lost);
        weir_log(WEIR_ERROR, "deliveries in a damaged part of the spool are lost", "destination",
                 weir_log_str(name), "count", weir_log_num(lost), NULL);
    }
    sqlite3_finalize(st);
}

static int balance(struct weir_db *to)
{
    /* One statement, so one transaction. A negative rest: more rows than were
     * accepted, so that counter is older than they are. */
    tell_lost(to);
    return weir_db_exec(to, "UPDATE destination SET accepted = accepted - min(0, " LOST "),"
                            " dropped = dropped + max(0, " LOST ") WHERE " LOST " <> 0");
}

int weir_salvage(const char *from, struct weir_db *to, uint64_t now_ms)
{
    struct salvage *v = calloc(1, sizeof *v);
    int err = 0;

    if (v == NULL)
        return WEIR_ENOMEM;
    v->to = to;
    v->now_ms = now_ms;
    if (open_source(v, from) || (graft(from, to) && open_source(v, from))) {
        err = weir_db_exec(to, "BEGIN");
        if (err == 0 && (err = copy_destinations(v)) == 0 && (err = copy_next_id(v)) == 0 &&
            (err = walk(v)) == 0 && (err = balance(to)) == 0)
            err = weir_db_exec(to, "COMMIT");
        weir_log(WEIR_WARN, "deliveries were carried over from the damaged spool", "count",
                 weir_log_num((int64_t)v->rows), NULL);
    }
    close_source(v);
    free(v);
    return err;
}
