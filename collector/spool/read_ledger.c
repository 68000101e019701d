/* read_ledger.c - both sides of the ledger, counted in one view of the
 * database: counters as they stand, rows one by one. */
#include "reader.h"

static int read_counters(struct weir_spool_reader *r, struct weir_arena *a,
                         struct weir_ledger *list, int64_t *numbers, size_t *n)
{
    sqlite3_stmt *st = weir_db_get(&r->db, WEIR_DB_DESTINATIONS);
    bool failed = false;
    int rc;

    while ((rc = weir_db_step(&r->db, st)) == SQLITE_ROW && *n < WEIR_MAX_DB_DESTINATIONS) {
        struct weir_ledger *l = &list[*n];

        numbers[(*n)++] = sqlite3_column_int64(st, 0);
        l->destination = weir_reader_copy(a, st, 1, &failed);
        for (int o = 0; o < WEIR_DEAD; o++)
            l->count[o] = (uint64_t)sqlite3_column_int64(st, 2 + o);
    }
    sqlite3_reset(st);
    if (failed)
        return WEIR_ENOMEM;
    return rc == SQLITE_ROW || rc == SQLITE_DONE ? 0 : WEIR_EIO;
}

static void add_sums(struct weir_ledger *l, int state, uint64_t rows, uint64_t bytes)
{
    if (state == WEIR_STORED_DEAD) {
        l->count[WEIR_DEAD] += rows;
        l->dead_bytes += bytes;
        return;
    }
    l->spooled += rows;
    l->bytes += bytes;
    if (state == WEIR_STORED_STAGED)
        l->staged += rows;
    else if (state == WEIR_STORED_WAITING)
        l->waiting += rows;
    else
        l->ready += rows;
}

static int read_sums(struct weir_spool_reader *r, enum weir_db_statement which,
                     struct weir_ledger *list, const int64_t *numbers, size_t n)
{
    bool held = which == WEIR_DB_HELD_SUMS;
    sqlite3_stmt *st = weir_db_get(&r->db, which);
    int rc;

    while ((rc = weir_db_step(&r->db, st)) == SQLITE_ROW) {
        int64_t number = sqlite3_column_int64(st, 0);
        int state = held ? sqlite3_column_int(st, 1) : WEIR_STORED_READY;

        for (size_t i = 0; i < n; i++) {
            if (numbers[i] == number)
                add_sums(&list[i], state, (uint64_t)sqlite3_column_int64(st, held ? 2 : 1),
                         (uint64_t)sqlite3_column_int64(st, held ? 3 : 2));
        }
    }
    sqlite3_reset(st);
    return rc == SQLITE_DONE ? 0 : WEIR_EIO;
}

static void read_oldest(struct weir_spool_reader *r, int64_t number, struct weir_ledger *l)
{
    sqlite3_stmt *st = weir_db_get(&r->db, WEIR_DB_OLDEST);

    if (st == NULL)
        return;
    sqlite3_bind_int64(st, 1, number);
    if (weir_db_step(&r->db, st) == SQLITE_ROW)
        l->oldest_ms = (uint64_t)sqlite3_column_int64(st, 0);
    sqlite3_reset(st);
}

static void balance(struct weir_ledger *l)
{
    uint64_t right = l->spooled;

    for (int o = WEIR_FORWARDED; o < WEIR_OUTCOMES; o++)
        right += l->count[o];
    l->difference = (int64_t)(l->count[WEIR_ACCEPTED] - right);
}

int weir_spool_ledger(struct weir_spool_reader *r, struct weir_arena *a,
                      struct weir_ledger **ret_ledgers, size_t *ret_n)
{
    struct weir_ledger *list = weir_arena_zalloc(a, WEIR_MAX_DB_DESTINATIONS, sizeof *list);
    int64_t *numbers = weir_arena_zalloc(a, WEIR_MAX_DB_DESTINATIONS, sizeof *numbers);
    size_t n = 0;
    int err;

    if (list == NULL || numbers == NULL)
        return WEIR_ENOMEM;
    if ((err = weir_reader_begin(r)) != 0)
        return err;
    err = read_counters(r, a, list, numbers, &n);
    if (err == 0)
        err = read_sums(r, WEIR_DB_QUEUE_SUMS, list, numbers, n);
    if (err == 0)
        err = read_sums(r, WEIR_DB_HELD_SUMS, list, numbers, n);
    for (size_t i = 0; err == 0 && i < n; i++) {
        if (list[i].spooled > 0)
            read_oldest(r, numbers[i], &list[i]);
        balance(&list[i]);
    }
    if (err == 0) {
        *ret_ledgers = list;
        *ret_n = n;
    }
    return weir_reader_end(r, err);
}
