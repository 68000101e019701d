/* read.c - how the forwarder, join and admin requests see the spool.
 *
 * Each reader has a connection of its own; what it reads in one call is one
 * moment of the database, and no view stays open between calls, for that
 * would keep the write-ahead log from beginning anew. Everything returned is
 * copied into the caller's arena.
 *
 * A window is two runs over small index rows: those that are due again
 * (retries, redriven, joined: whatever their id) and those of the queue past
 * `after_id`. When both are plenty, each gets half of it, so that deliveries
 * that fail for ever do not keep new ones from their turn. */
#include "reader.h"

#include "mark.h"

#include <stdlib.h>
#include <sys/eventfd.h>

/* ---- life ---------------------------------------------------------------- */

static int connect_reader(struct weir_spool_reader *r)
{
    r->generation = atomic_load_explicit(&r->spool->generation, memory_order_acquire);
    if (r->spool->memory) {
        weir_db_share(&r->db, &r->spool->db);
        return 0;
    }
    return weir_db_open_reader(&r->db, r->spool->db_path);
}

int weir_spool_reader_new(struct weir_spool *s, struct weir_spool_reader **ret_reader)
{
    struct weir_spool_reader *r = calloc(1, sizeof *r);
    int err;

    if (r == NULL)
        return WEIR_ENOMEM;
    r->spool = s;
    err = connect_reader(r);
    if (err != 0)
        free(r);
    else
        *ret_reader = r;
    return err;
}

void weir_spool_reader_free(struct weir_spool_reader *r)
{
    if (r == NULL)
        return;
    weir_db_close(&r->db);
    free(r);
}

/* The file may have been replaced since the last call. */
int weir_reader_begin(struct weir_spool_reader *r)
{
    if (r->generation != atomic_load_explicit(&r->spool->generation, memory_order_acquire) ||
        r->db.handle == NULL) {
        weir_db_close(&r->db);
        if (connect_reader(r) != 0)
            return WEIR_EIO;
    }
    return weir_db_read_begin(&r->db);
}

int weir_reader_end(struct weir_spool_reader *r, int err)
{
    weir_db_read_end(&r->db);
    if (err == WEIR_EIO && r->db.fault == WEIR_DB_DAMAGED) {
        /* The spool thread sees to it. */
        atomic_store_explicit(&r->spool->suspect, true, memory_order_relaxed);
        (void)eventfd_write(r->spool->queue.event_fd, 1);
    }
    return err;
}

static int64_t number_of(const struct weir_spool_reader *r, unsigned slot)
{
    return slot < WEIR_MAX_DESTINATIONS
               ? atomic_load_explicit(&r->spool->published[slot].number, memory_order_relaxed)
               : 0;
}

/* ---- rows ---------------------------------------------------------------- */

struct weir_str weir_reader_copy(struct weir_arena *a, sqlite3_stmt *st, int column, bool *failed)
{
    struct weir_str s = weir_db_text(st, column), c;

    if (s.n == 0)
        return (struct weir_str){NULL, 0};
    c = weir_arena_copy(a, s);
    if (c.p == NULL)
        *failed = true;
    return c;
}

/* The columns that queue and held begin with. */
static void read_card(sqlite3_stmt *st, unsigned slot, struct weir_spool_row *row)
{
    int64_t kind = sqlite3_column_int64(st, 2);
    unsigned type = (unsigned)(kind >> 8) & 0xff, category = (unsigned)(kind >> 16) & 0xff;

    *row = (struct weir_spool_row){
        .id = sqlite3_column_int64(st, 0),
        .slot = slot,
        .state = WEIR_ROW_READY,
        .stored_bytes = (uint64_t)sqlite3_column_int64(st, 1),
    };
    /* What a later or damaged version wrote must not index tables. */
    row->delivery.type = type < WEIR_ITEM_TYPES ? (enum weir_item_type)type : WEIR_ITEM_UNKNOWN;
    row->delivery.category =
        category < WEIR_CATEGORIES ? (enum weir_category)category : WEIR_CAT_DEFAULT;
    row->delivery.n_spans = (uint32_t)sqlite3_column_int64(st, 3);
    row->delivery.n_logs = (uint32_t)sqlite3_column_int64(st, 4);
    row->delivery.destinations = (uint64_t)1 << slot;
    /* Stands for "has a blob" until fill() reads its name. */
    row->delivery.blob.name[0] = kind & WEIR_CARD_BLOB ? '?' : '\0';
}

static int read_held(sqlite3_stmt *st, unsigned slot, struct weir_arena *a,
                     struct weir_spool_row *row)
{
    bool failed = false;
    uint64_t due_ms = (uint64_t)sqlite3_column_int64(st, 7);

    read_card(st, slot, row);
    switch (sqlite3_column_int(st, 5)) {
    case WEIR_STORED_STAGED:
        row->state = WEIR_ROW_STAGED;
        break;
    case WEIR_STORED_WAITING:
        row->state = WEIR_ROW_WAITING;
        row->next_ms = due_ms;
        break;
    case WEIR_STORED_DEAD:
        row->state = WEIR_ROW_DEAD;
        row->dead_ms = due_ms;
        break;
    default:
        break;
    }
    row->attempts = (uint32_t)sqlite3_column_int64(st, 6);
    row->last_status = sqlite3_column_int(st, 8);
    row->reason = weir_reader_copy(a, st, 9, &failed);
    row->last_answer = weir_reader_copy(a, st, 10, &failed);
    if (row->state == WEIR_ROW_STAGED)
        row->delivery.mark = weir_mark_read(row->last_answer);
    return failed ? WEIR_ENOMEM : 0;
}

static int fill_blob(struct weir_spool_reader *r, struct weir_spool_row *row)
{
    sqlite3_stmt *st = weir_db_get(&r->db, WEIR_DB_BLOB_GET);
    struct weir_blob *b = &row->delivery.blob;
    struct weir_str name;

    if (st == NULL)
        return WEIR_EIO;
    sqlite3_bind_int64(st, 1, row->id);
    if (weir_db_step(&r->db, st) != SQLITE_ROW)
        return weir_db_note(&r->db, SQLITE_CORRUPT);
    name = weir_db_text(st, 0);
    memset(b, 0, sizeof *b);
    if (name.n < sizeof b->name && name.n > 0)
        memcpy(b->name, name.p, name.n);
    b->encoded_bytes = (uint64_t)sqlite3_column_int64(st, 1);
    b->raw_bytes = (uint64_t)sqlite3_column_int64(st, 2);
    b->crc = (uint32_t)sqlite3_column_int64(st, 3);
    sqlite3_reset(st);
    return 0;
}

/* What stands in `delivery`; with header and items when asked. A row without
 * it is damage, not "not found". */
static int fill(struct weir_spool_reader *r, struct weir_arena *a, bool with_body,
                struct weir_spool_row *row)
{
    sqlite3_stmt *st =
        weir_db_get(&r->db, with_body ? WEIR_DB_DELIVERY_BODY : WEIR_DB_DELIVERY_GET);
    struct weir_delivery *d = &row->delivery;
    bool failed = false;
    int rc, encoding;

    if (st == NULL)
        return WEIR_EIO;
    sqlite3_bind_int64(st, 1, row->id);
    rc = weir_db_step(&r->db, st);
    if (rc != SQLITE_ROW)
        return rc == SQLITE_DONE ? weir_db_note(&r->db, SQLITE_CORRUPT) : WEIR_EIO;
    d->received_ms = (uint64_t)sqlite3_column_int64(st, 0);
    encoding = sqlite3_column_int(st, 1);
    d->encoding = encoding == WEIR_GZIP || encoding == WEIR_ZSTD ? (enum weir_compression)encoding
                                                                 : WEIR_NO_COMPRESSION;
    d->raw_bytes = (uint64_t)sqlite3_column_int64(st, 2);
    d->crc = (uint32_t)sqlite3_column_int64(st, 3);
    d->project = weir_reader_copy(a, st, 4, &failed);
    d->key = weir_reader_copy(a, st, 5, &failed);
    d->event_id = weir_reader_copy(a, st, 6, &failed);
    d->trace_id = weir_reader_copy(a, st, 7, &failed);
    if (with_body) {
        d->header = weir_reader_copy(a, st, 8, &failed);
        d->items = weir_reader_copy(a, st, 9, &failed);
    }
    sqlite3_reset(st);
    if (failed)
        return WEIR_ENOMEM;
    return d->blob.name[0] != '\0' ? fill_blob(r, row) : 0;
}

/* ---- lists --------------------------------------------------------------- */

/* Rows in the arena, growing up to `max`. */
struct rows {
    struct weir_spool_row *list;
    size_t n, room, max;
};

static struct weir_spool_row *next_row(struct weir_arena *a, struct rows *rows)
{
    if (rows->n == rows->room) {
        size_t size = sizeof *rows->list, room = rows->room > 0 ? 2 * rows->room : 16;
        struct weir_spool_row *more;

        if (room > rows->max)
            room = rows->max;
        more = weir_arena_grow(a, rows->list, rows->room * size, room * size);
        if (more == NULL)
            return NULL;
        rows->list = more;
        rows->room = room;
    }
    return &rows->list[rows->n++];
}

/* Steps a bound statement over queue or held to its end. */
static int collect(struct weir_spool_reader *r, sqlite3_stmt *st, bool held, unsigned slot,
                   struct weir_arena *a, struct rows *rows)
{
    int rc, err = 0;

    while (err == 0 && rows->n < rows->max && (rc = weir_db_step(&r->db, st)) != SQLITE_DONE) {
        struct weir_spool_row *row = rc == SQLITE_ROW ? next_row(a, rows) : NULL;

        if (row == NULL)
            err = rc == SQLITE_ROW ? WEIR_ENOMEM : WEIR_EIO;
        else if (held)
            err = read_held(st, slot, a, row);
        else
            read_card(st, slot, row);
    }
    sqlite3_reset(st);
    return err;
}

/* Those that are ready again, then those that have waited long enough. */
static int collect_due(struct weir_spool_reader *r, unsigned slot, uint64_t now_ms, size_t max,
                       struct weir_arena *a, struct rows *rows)
{
    static const enum weir_stored_state states[] = {WEIR_STORED_AGAIN, WEIR_STORED_WAITING};
    int err = 0;

    for (int i = 0; i < 2 && err == 0 && rows->n < max; i++) {
        sqlite3_stmt *st = weir_db_get(&r->db, WEIR_DB_DUE);

        if (st == NULL)
            return WEIR_EIO;
        sqlite3_bind_int64(st, 1, number_of(r, slot));
        sqlite3_bind_int(st, 2, (int)states[i]);
        sqlite3_bind_int64(st, 3, (int64_t)now_ms);
        sqlite3_bind_int64(st, 4, (int64_t)max);
        err = collect(r, st, true, slot, a, rows);
    }
    return err;
}

static int collect_ready(struct weir_spool_reader *r, unsigned slot, int64_t after_id, size_t max,
                         struct weir_arena *a, struct rows *rows)
{
    sqlite3_stmt *st = weir_db_get(&r->db, WEIR_DB_READY_AFTER);

    if (st == NULL)
        return WEIR_EIO;
    sqlite3_bind_int64(st, 1, number_of(r, slot));
    sqlite3_bind_int64(st, 2, after_id);
    sqlite3_bind_int64(st, 3, (int64_t)max);
    return collect(r, st, false, slot, a, rows);
}

static int by_id(const void *left, const void *right)
{
    const struct weir_spool_row *l = left, *r = right;

    if (l->id != r->id)
        return l->id < r->id ? -1 : 1;
    return l->slot < r->slot ? -1 : l->slot > r->slot;
}

/* ---- window -------------------------------------------------------------- */

/* Due rows and ready ones, `max` together. */
static int choose(struct weir_spool_reader *r, unsigned slot, int64_t after_id, uint64_t now_ms,
                  size_t max, struct weir_arena *a, struct rows *rows)
{
    struct rows due = {.max = max}, ready = {.max = max};
    size_t n_due;
    int err = collect_due(r, slot, now_ms, max, a, &due);

    if (err == 0)
        err = collect_ready(r, slot, after_id, due.n < max - max / 2 ? max - due.n : max / 2, a,
                            &ready);
    if (err != 0)
        return err;
    n_due = due.n < max - ready.n ? due.n : max - ready.n;
    *rows = ready;
    rows->max = max;
    for (size_t i = 0; i < n_due; i++) {
        struct weir_spool_row *row = next_row(a, rows);

        if (row == NULL)
            return WEIR_ENOMEM;
        *row = due.list[i];
    }
    if (n_due > 0)
        qsort(rows->list, rows->n, sizeof *rows->list, by_id);
    return 0;
}

static int next_due(struct weir_spool_reader *r, unsigned slot, uint64_t now_ms,
                    uint64_t *ret_next_ms)
{
    sqlite3_stmt *st = weir_db_get(&r->db, WEIR_DB_NEXT_DUE);
    int rc;

    if (st == NULL)
        return WEIR_EIO;
    sqlite3_bind_int64(st, 1, number_of(r, slot));
    sqlite3_bind_int64(st, 2, (int64_t)now_ms);
    rc = weir_db_step(&r->db, st);
    *ret_next_ms = rc == SQLITE_ROW ? (uint64_t)sqlite3_column_int64(st, 0) : 0;
    sqlite3_reset(st);
    return rc == SQLITE_ROW || rc == SQLITE_DONE ? 0 : WEIR_EIO;
}

/* Fills rows until the bodies pass `max_bytes`; the first one always comes,
 * and the rest is cut off. */
static int fill_bounded(struct weir_spool_reader *r, struct weir_arena *a, uint64_t max_bytes,
                        bool with_body, struct rows *rows)
{
    uint64_t bytes = 0;

    for (size_t i = 0; i < rows->n; i++) {
        struct weir_spool_row *row = &rows->list[i];
        int err;

        /* A blob stays in its file. */
        if (with_body && i > 0 && row->delivery.blob.name[0] == '\0' &&
            bytes + row->stored_bytes > max_bytes) {
            rows->n = i;
            break;
        }
        err = fill(r, a, with_body, row);
        if (err == WEIR_ENOMEM && i > 0) {
            rows->n = i;
            break;
        }
        if (err != 0)
            return err;
        bytes += row->delivery.items.n + row->delivery.header.n;
    }
    return 0;
}

int weir_spool_window(struct weir_spool_reader *r, unsigned slot, int64_t after_id, uint64_t now_ms,
                      size_t max, uint64_t max_bytes, bool with_body, struct weir_arena *a,
                      struct weir_spool_row **ret_rows, size_t *ret_n, uint64_t *ret_next_ms)
{
    struct rows rows = {.max = max};
    uint64_t next_ms = 0;
    int err = weir_reader_begin(r);

    if (err != 0)
        return err;
    if (max > 0 && number_of(r, slot) > 0) {
        err = choose(r, slot, after_id, now_ms, max, a, &rows);
        if (err == 0)
            err = fill_bounded(r, a, max_bytes, with_body, &rows);
    }
    if (err == 0)
        err = next_due(r, slot, now_ms, &next_ms);
    if (err == 0) {
        *ret_rows = rows.list;
        *ret_n = rows.n;
        *ret_next_ms = next_ms;
    }
    return weir_reader_end(r, err);
}

/* ---- single rows and lists ------------------------------------------------ */

static int get_one(struct weir_spool_reader *r, int64_t id, unsigned slot, struct weir_arena *a,
                   struct weir_spool_row *row)
{
    struct rows rows = {.max = 1};
    sqlite3_stmt *st;
    int err = collect_ready(r, slot, id - 1, 1, a, &rows);

    if (err == 0 && (rows.n == 0 || rows.list[0].id != id)) {
        rows = (struct rows){.max = 1};
        if ((st = weir_db_get(&r->db, WEIR_DB_HELD_ONE)) == NULL)
            return WEIR_EIO;
        sqlite3_bind_int64(st, 1, number_of(r, slot));
        sqlite3_bind_int64(st, 2, id);
        err = collect(r, st, true, slot, a, &rows);
        if (err == 0 && rows.n == 0)
            return WEIR_ENOTFOUND;
    }
    if (err == 0)
        err = fill(r, a, true, &rows.list[0]);
    if (err == 0)
        *row = rows.list[0];
    return err;
}

int weir_spool_get(struct weir_spool_reader *r, int64_t id, int slot, struct weir_arena *a,
                   struct weir_spool_row *ret_row)
{
    int err = weir_reader_begin(r);

    if (err != 0)
        return err;
    err = WEIR_ENOTFOUND;
    for (unsigned i = 0; i < WEIR_MAX_DESTINATIONS && err == WEIR_ENOTFOUND; i++) {
        if ((slot < 0 || (unsigned)slot == i) && number_of(r, i) > 0)
            err = get_one(r, id, i, a, ret_row);
    }
    return weir_reader_end(r, err);
}

bool weir_spool_holds(struct weir_spool_reader *r, int64_t id, unsigned slot)
{
    static const enum weir_db_statement places[] = {WEIR_DB_QUEUE_FIND, WEIR_DB_HELD_FIND};
    bool found = false;

    if (weir_reader_begin(r) != 0)
        return false;
    for (int i = 0; i < 2 && !found; i++) {
        sqlite3_stmt *st = weir_db_get(&r->db, places[i]);

        if (st == NULL)
            break;
        sqlite3_bind_int64(st, 1, number_of(r, slot));
        sqlite3_bind_int64(st, 2, id);
        found = weir_db_step(&r->db, st) == SQLITE_ROW &&
                (i == 0 || sqlite3_column_int(st, 5) != WEIR_STORED_DEAD);
        sqlite3_reset(st);
    }
    return weir_reader_end(r, 0) == 0 && found;
}

static int collect_state(struct weir_spool_reader *r, enum weir_stored_state state, unsigned slot,
                         int64_t after_id, size_t max, struct weir_arena *a, struct rows *rows)
{
    sqlite3_stmt *st = weir_db_get(&r->db, state == WEIR_STORED_STAGED ? WEIR_DB_STAGED_AFTER
                                                                       : WEIR_DB_HELD_AFTER);

    if (st == NULL)
        return WEIR_EIO;
    sqlite3_bind_int64(st, 1, number_of(r, slot));
    sqlite3_bind_int(st, 2, (int)state);
    sqlite3_bind_int64(st, 3, after_id);
    sqlite3_bind_int64(st, 4, (int64_t)max);
    return collect(r, st, true, slot, a, rows);
}

/* Up to `max` of one destination; READY ones are in two places. */
static int list_slot(struct weir_spool_reader *r, enum weir_row_state state, unsigned slot,
                     int64_t after_id, size_t max, struct weir_arena *a, struct rows *rows)
{
    size_t from = rows->n;
    int err;

    rows->max = from + max;
    if (state != WEIR_ROW_READY)
        return collect_state(r, (enum weir_stored_state)state, slot, after_id, max, a, rows);
    rows->max += max;
    err = collect_state(r, WEIR_STORED_AGAIN, slot, after_id, max, a, rows);
    return err != 0 ? err : collect_ready(r, slot, after_id, max, a, rows);
}

/* The first `max`, but a delivery's rows for several destinations stay
 * together, because the next page begins after its id; those of the first one
 * may be more than `max`. */
static size_t page_end(const struct rows *rows, size_t max)
{
    size_t n = max;

    if (rows->n <= max)
        return rows->n;
    while (n > 0 && rows->list[n - 1].id == rows->list[max].id)
        n--;
    if (n > 0)
        return n;
    while (n < rows->n && rows->list[n].id == rows->list[0].id)
        n++;
    return n;
}

int weir_spool_list(struct weir_spool_reader *r, enum weir_row_state state, int slot,
                    int64_t after_id, size_t max, struct weir_arena *a,
                    struct weir_spool_row **ret_rows, size_t *ret_n)
{
    struct rows rows = {0};
    int err = weir_reader_begin(r);

    if (err != 0)
        return err;
    for (unsigned i = 0; err == 0 && i < WEIR_MAX_DESTINATIONS; i++) {
        if ((slot < 0 || (unsigned)slot == i) && number_of(r, i) > 0)
            err = list_slot(r, state, i, after_id, max + 1, a, &rows);
    }
    if (err == 0 && rows.n > 0) {
        qsort(rows.list, rows.n, sizeof *rows.list, by_id);
        rows.n = page_end(&rows, max);
        err = fill_bounded(r, a, UINT64_MAX, false, &rows);
    }
    if (err == 0) {
        *ret_rows = rows.list;
        *ret_n = rows.n;
    }
    return weir_reader_end(r, err);
}
