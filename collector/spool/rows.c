/* rows.c - the single steps on rows.
 *
 * A delivery's rows: one in `delivery` (and `blob`), one for each destination
 * in `queue` or `held`, and, when they are several, their number in `shared`.
 * Whoever takes the last destination's row away takes the delivery too. */
#include "rows.h"

#include "blobs.h"
#include "ledger.h"
#include "recover.h"

#include "weir/clock.h"
#include "weir/log.h"

#include <stdlib.h>

enum {
    /* Ids are never used twice, also when the table was empty at a restart:
     * the forwarder and blob names rely on it. They are reserved on disk in
     * blocks, so that this costs nothing for each row. */
    ID_BLOCK = 1 << 20
};

static const uint64_t RIDERS = ((uint64_t)1 << WEIR_RIDER_BITS) - 1;

/* ---- deliveries --------------------------------------------------------- */

struct weir_card weir_rows_card(const struct weir_delivery *d, bool shared)
{
    uint8_t flags =
        (uint8_t)((shared ? WEIR_CARD_SHARED : 0) | (d->blob.name[0] != '\0' ? WEIR_CARD_BLOB : 0));

    return (struct weir_card){
        .bytes = d->header.n + d->items.n + WEIR_ROW_OVERHEAD +
                 (flags & WEIR_CARD_BLOB ? d->blob.encoded_bytes : 0),
        .flags = flags,
        .type = (uint8_t)d->type,
        .category = (uint8_t)d->category,
        .riders = d->riders,
        .spans = d->n_spans,
        .logs = d->n_logs,
    };
}

static int64_t kind_of(const struct weir_card *c)
{
    return c->flags | (int64_t)c->type << 8 | (int64_t)c->category << 16 |
           (int64_t)(c->riders & RIDERS) << 24;
}

static int reserve_ids(struct weir_spool *s)
{
    sqlite3_stmt *st;

    if (s->next_id < s->id_limit)
        return 0;
    if ((st = weir_db_get(&s->db, WEIR_DB_META_SET)) == NULL)
        return WEIR_EIO;
    weir_db_bind_text(st, 1, WEIR_S("next_id"));
    sqlite3_bind_int64(st, 2, s->next_id + ID_BLOCK);
    if (weir_db_run(&s->db, st) != 0)
        return WEIR_EIO;
    s->id_limit = s->next_id + ID_BLOCK;
    return 0;
}

static int store_blob(struct weir_spool *s, int64_t id, const struct weir_blob *b)
{
    sqlite3_stmt *st = weir_db_get(&s->db, WEIR_DB_BLOB_ADD);

    if (st == NULL)
        return WEIR_EIO;
    sqlite3_bind_int64(st, 1, id);
    weir_db_bind_text(st, 2, (struct weir_str){b->name, strnlen(b->name, sizeof b->name)});
    sqlite3_bind_int64(st, 3, (int64_t)b->encoded_bytes);
    sqlite3_bind_int64(st, 4, (int64_t)b->raw_bytes);
    sqlite3_bind_int64(st, 5, b->crc);
    return weir_db_run(&s->db, st);
}

int weir_rows_store(struct weir_spool *s, const struct weir_delivery *d, unsigned n_targets,
                    int64_t home, int64_t *ret_id, struct weir_card *ret_card)
{
    struct weir_card card = weir_rows_card(d, n_targets > 1);
    sqlite3_stmt *st;

    if (reserve_ids(s) != 0 || (st = weir_db_get(&s->db, WEIR_DB_DELIVERY_ADD)) == NULL)
        return WEIR_EIO;
    sqlite3_bind_int64(st, 1, s->next_id);
    sqlite3_bind_int64(st, 2, n_targets > 1 ? 0 : home);
    sqlite3_bind_int64(st, 3, kind_of(&card));
    sqlite3_bind_int64(st, 4, card.spans);
    sqlite3_bind_int64(st, 5, card.logs);
    sqlite3_bind_int64(st, 6, (int64_t)d->received_ms);
    sqlite3_bind_int(st, 7, (int)d->encoding);
    sqlite3_bind_int64(st, 8, (int64_t)d->raw_bytes);
    sqlite3_bind_int64(st, 9, d->crc);
    weir_db_bind_text(st, 10, d->project);
    weir_db_bind_text(st, 11, d->key);
    weir_db_bind_text(st, 12, d->event_id);
    weir_db_bind_text(st, 13, d->trace_id);
    weir_db_bind_text(st, 14, d->header);
    weir_db_bind_blob(st, 15, d->items);
    if (weir_db_run(&s->db, st) != 0)
        return WEIR_EIO;
    if ((card.flags & WEIR_CARD_BLOB) && store_blob(s, s->next_id, &d->blob) != 0)
        return WEIR_EIO;
    if (card.flags & WEIR_CARD_SHARED) {
        if ((st = weir_db_get(&s->db, WEIR_DB_SHARED_ADD)) == NULL)
            return WEIR_EIO;
        sqlite3_bind_int64(st, 1, s->next_id);
        sqlite3_bind_int64(st, 2, n_targets);
        if (weir_db_run(&s->db, st) != 0)
            return WEIR_EIO;
    }
    *ret_id = s->next_id++;
    *ret_card = card;
    return 0;
}

int weir_rows_restore(struct weir_spool *s, int64_t id, const struct weir_delivery *d,
                      const struct weir_card *card)
{
    sqlite3_stmt *st = weir_db_get(&s->db, WEIR_DB_DELIVERY_REPLACE);

    if (st == NULL)
        return WEIR_EIO;
    sqlite3_bind_int64(st, 1, id);
    sqlite3_bind_int64(st, 2, kind_of(card));
    sqlite3_bind_int64(st, 3, card->spans);
    sqlite3_bind_int64(st, 4, card->logs);
    sqlite3_bind_int(st, 5, (int)d->encoding);
    sqlite3_bind_int64(st, 6, (int64_t)d->raw_bytes);
    sqlite3_bind_int64(st, 7, d->crc);
    weir_db_bind_text(st, 8, d->header);
    weir_db_bind_blob(st, 9, d->items);
    return weir_db_run(&s->db, st);
}

/* Runs what must change just one row that was seen a moment ago: if it does
 * not, an index does not fit its table. */
static int run_for_one(struct weir_spool *s, sqlite3_stmt *st)
{
    int err = weir_db_run(&s->db, st);

    return err == 0 && sqlite3_changes(s->db.handle) != 1 ? weir_db_note(&s->db, SQLITE_CORRUPT)
                                                          : err;
}

static int delete_by_id(struct weir_spool *s, enum weir_db_statement which, int64_t id)
{
    sqlite3_stmt *st = weir_db_get(&s->db, which);

    if (st == NULL)
        return WEIR_EIO;
    sqlite3_bind_int64(st, 1, id);
    return run_for_one(s, st);
}

static int delete_delivery(struct weir_spool *s, int64_t id, uint8_t flags)
{
    if (flags & WEIR_CARD_BLOB) {
        sqlite3_stmt *st = weir_db_get(&s->db, WEIR_DB_BLOB_NAME);

        if (st == NULL)
            return WEIR_EIO;
        sqlite3_bind_int64(st, 1, id);
        if (weir_db_step(&s->db, st) == SQLITE_ROW)
            weir_blobs_unlink_later(s, weir_db_text(st, 0));
        sqlite3_reset(st);
        if (delete_by_id(s, WEIR_DB_BLOB_DELETE, id) != 0)
            return WEIR_EIO;
    }
    return delete_by_id(s, WEIR_DB_DELIVERY_DELETE, id);
}

/* One destination fewer holds it; the last one takes it away. */
static int release(struct weir_spool *s, int64_t id, uint8_t flags)
{
    sqlite3_stmt *st;
    int rc;
    bool last;

    if (!(flags & WEIR_CARD_SHARED))
        return delete_delivery(s, id, flags);
    if (delete_by_id(s, WEIR_DB_SHARED_LESS, id) != 0 ||
        (st = weir_db_get(&s->db, WEIR_DB_SHARED_GET)) == NULL)
        return WEIR_EIO;
    sqlite3_bind_int64(st, 1, id);
    rc = weir_db_step(&s->db, st);
    last = rc == SQLITE_DONE || (rc == SQLITE_ROW && sqlite3_column_int64(st, 0) <= 0);
    sqlite3_reset(st);
    if (rc != SQLITE_DONE && rc != SQLITE_ROW)
        return WEIR_EIO;
    if (!last)
        return 0;
    return delete_by_id(s, WEIR_DB_SHARED_DELETE, id) != 0 ? WEIR_EIO
                                                           : delete_delivery(s, id, flags);
}

int weir_rows_received(struct weir_spool *s, int64_t id, uint64_t *ret_ms)
{
    sqlite3_stmt *st = weir_db_get(&s->db, WEIR_DB_DELIVERY_RECEIVED);
    int rc;

    if (st == NULL)
        return WEIR_EIO;
    sqlite3_bind_int64(st, 1, id);
    rc = weir_db_step(&s->db, st);
    if (rc == SQLITE_ROW)
        *ret_ms = (uint64_t)sqlite3_column_int64(st, 0);
    sqlite3_reset(st);
    return rc == SQLITE_ROW ? 0 : rc == SQLITE_DONE ? WEIR_ENOTFOUND : WEIR_EIO;
}

int weir_rows_blob_bytes(struct weir_spool *s, int64_t id, uint64_t *ret_bytes)
{
    sqlite3_stmt *st = weir_db_get(&s->db, WEIR_DB_BLOB_GET);
    int rc;

    if (st == NULL)
        return WEIR_EIO;
    sqlite3_bind_int64(st, 1, id);
    rc = weir_db_step(&s->db, st);
    *ret_bytes = rc == SQLITE_ROW ? (uint64_t)sqlite3_column_int64(st, 1) : 0;
    sqlite3_reset(st);
    return rc == SQLITE_ROW || rc == SQLITE_DONE ? 0 : WEIR_EIO;
}

int weir_rows_note_staged(struct weir_spool *s, const struct weir_delivery *d, int64_t id)
{
    if (s->n_staged == s->staged_room) {
        size_t room = s->staged_room > 0 ? 2 * s->staged_room : 64;
        struct weir_staged *more = realloc(s->staged, room * sizeof *more);

        if (more == NULL)
            return weir_db_note(&s->db, SQLITE_NOMEM);
        s->staged = more;
        s->staged_room = room;
    }
    s->staged[s->n_staged++] = (struct weir_staged){d, id};
    return 0;
}

/* ---- targets ------------------------------------------------------------ */

/* (destination, id) and the card, at the same places in queue and held. */
static void bind_target(sqlite3_stmt *st, const struct weir_account *a, int64_t id,
                        const struct weir_card *card)
{
    sqlite3_bind_int64(st, 1, a->number);
    sqlite3_bind_int64(st, 2, id);
    if (card == NULL)
        return;
    sqlite3_bind_int64(st, 3, (int64_t)card->bytes);
    sqlite3_bind_int64(st, 4, kind_of(card));
    sqlite3_bind_int64(st, 5, card->spans);
    sqlite3_bind_int64(st, 6, card->logs);
}

int weir_rows_enqueue(struct weir_spool *s, struct weir_account *a, int64_t id,
                      const struct weir_card *card)
{
    sqlite3_stmt *st = weir_db_get(&s->db, WEIR_DB_QUEUE_ADD);

    if (st == NULL)
        return WEIR_EIO;
    bind_target(st, a, id, card);
    if (weir_db_run(&s->db, st) != 0)
        return WEIR_EIO;
    weir_ledger_add(a, WEIR_STORED_READY, card->bytes);
    return 0;
}

static int write_held(struct weir_spool *s, enum weir_db_statement which,
                      const struct weir_account *a, const struct weir_target *t,
                      const struct weir_hold *h, const struct weir_card *card)
{
    sqlite3_stmt *st = weir_db_get(&s->db, which);

    if (st == NULL)
        return WEIR_EIO;
    bind_target(st, a, t->id, card);
    sqlite3_bind_int(st, 7, (int)h->state);
    sqlite3_bind_int64(st, 8, (int64_t)h->due_ms);
    sqlite3_bind_int64(st, 9, (int64_t)t->since_ms);
    sqlite3_bind_int64(st, 10, h->attempts);
    sqlite3_bind_int(st, 11, h->status);
    weir_db_bind_text(st, 12, h->reason);
    weir_db_bind_blob(st, 13, h->answer);
    return run_for_one(s, st);
}

int weir_rows_hold_new(struct weir_spool *s, struct weir_account *a, const struct weir_target *t,
                       const struct weir_hold *h)
{
    if (write_held(s, WEIR_DB_HELD_ADD, a, t, h, &t->card) != 0)
        return WEIR_EIO;
    weir_ledger_add(a, h->state, t->card.bytes);
    return 0;
}

static void read_target(sqlite3_stmt *st, bool held, struct weir_target *ret_target)
{
    int64_t kind = sqlite3_column_int64(st, 2);

    *ret_target = (struct weir_target){
        .id = sqlite3_column_int64(st, 0),
        .state = WEIR_STORED_READY,
        .card = {.bytes = (uint64_t)sqlite3_column_int64(st, 1),
                 .flags = (uint8_t)kind,
                 .type = (uint8_t)(kind >> 8),
                 .category = (uint8_t)(kind >> 16),
                 .riders = (uint64_t)(kind >> 24) & RIDERS,
                 .spans = (uint32_t)sqlite3_column_int64(st, 3),
                 .logs = (uint32_t)sqlite3_column_int64(st, 4)},
    };
    if (!held)
        return;
    ret_target->state = (enum weir_stored_state)sqlite3_column_int(st, 5);
    ret_target->since_ms = (uint64_t)sqlite3_column_int64(st, 6);
    ret_target->answer_bytes = (size_t)sqlite3_column_int64(st, 7);
}

/* Runs a look-up whose parameters are bound. */
static int find_one(struct weir_spool *s, sqlite3_stmt *st, bool held,
                    struct weir_target *ret_target)
{
    int rc = weir_db_step(&s->db, st);

    if (rc == SQLITE_ROW)
        read_target(st, held, ret_target);
    sqlite3_reset(st);
    return rc == SQLITE_ROW ? 0 : rc == SQLITE_DONE ? WEIR_ENOTFOUND : WEIR_EIO;
}

static int find_in(struct weir_spool *s, enum weir_db_statement which, const struct weir_account *a,
                   int64_t id, struct weir_target *ret_target)
{
    sqlite3_stmt *st = weir_db_get(&s->db, which);

    if (st == NULL)
        return WEIR_EIO;
    bind_target(st, a, id, NULL);
    return find_one(s, st, which == WEIR_DB_HELD_FIND, ret_target);
}

int weir_rows_find(struct weir_spool *s, const struct weir_account *a, int64_t id,
                   struct weir_target *ret_target)
{
    int err = find_in(s, WEIR_DB_QUEUE_FIND, a, id, ret_target);

    return err == WEIR_ENOTFOUND ? find_in(s, WEIR_DB_HELD_FIND, a, id, ret_target) : err;
}

int weir_rows_find_staged(struct weir_spool *s, const struct weir_account *a, int64_t id,
                          struct weir_target *ret_target)
{
    int err = find_in(s, WEIR_DB_HELD_FIND, a, id, ret_target);

    return err == 0 && ret_target->state != WEIR_STORED_STAGED ? WEIR_ENOTFOUND : err;
}

int weir_rows_first(struct weir_spool *s, const struct weir_account *a,
                    enum weir_stored_state state, struct weir_target *ret_target)
{
    bool held = state != WEIR_STORED_READY;
    sqlite3_stmt *st = weir_db_get(&s->db, held ? WEIR_DB_HELD_FIRST : WEIR_DB_QUEUE_HEAD);

    if (st == NULL)
        return WEIR_EIO;
    sqlite3_bind_int64(st, 1, a->number);
    if (held)
        sqlite3_bind_int(st, 2, (int)state);
    return find_one(s, st, held, ret_target);
}

int weir_rows_old(struct weir_spool *s, const struct weir_account *a, uint64_t before_ms,
                  struct weir_target *ret_target)
{
    sqlite3_stmt *st = weir_db_get(&s->db, WEIR_DB_HELD_OLD);

    if (st == NULL)
        return WEIR_EIO;
    sqlite3_bind_int64(st, 1, a->number);
    sqlite3_bind_int64(st, 2, (int64_t)before_ms);
    return find_one(s, st, true, ret_target);
}

int weir_rows_oldest(struct weir_spool *s, const struct weir_account *a, uint64_t *ret_ms)
{
    sqlite3_stmt *st = weir_db_get(&s->db, WEIR_DB_HELD_OLDEST);
    uint64_t held_ms = 0, queued_ms = 0;
    struct weir_target head;
    int err;

    if (st == NULL)
        return WEIR_EIO;
    sqlite3_bind_int64(st, 1, a->number);
    if (weir_db_step(&s->db, st) == SQLITE_ROW)
        held_ms = (uint64_t)sqlite3_column_int64(st, 0);
    sqlite3_reset(st);
    err = weir_rows_first(s, a, WEIR_STORED_READY, &head);
    if (err == 0)
        err = weir_rows_received(s, head.id, &queued_ms);
    if (err == WEIR_EIO)
        return err;
    *ret_ms = held_ms == 0 || (queued_ms > 0 && queued_ms < held_ms) ? queued_ms : held_ms;
    return 0;
}

int weir_rows_probe(struct weir_spool *s)
{
    s->id_limit = 0;
    return reserve_ids(s);
}

static int delete_target(struct weir_spool *s, const struct weir_account *a,
                         const struct weir_target *t)
{
    sqlite3_stmt *st = weir_db_get(&s->db, t->state == WEIR_STORED_READY ? WEIR_DB_QUEUE_DELETE
                                                                         : WEIR_DB_HELD_DELETE);

    if (st == NULL)
        return WEIR_EIO;
    bind_target(st, a, t->id, NULL);
    return run_for_one(s, st);
}

int weir_rows_hold(struct weir_spool *s, struct weir_account *a, const struct weir_target *t,
                   const struct weir_hold *h, const struct weir_card *card, uint64_t blob_bytes)
{
    struct weir_target to = *t;
    enum weir_db_statement how = WEIR_DB_HELD_SET;

    to.card.bytes = t->card.bytes - t->answer_bytes;
    if (card != NULL) {
        to.card = *card;
        to.card.bytes += blob_bytes;
    }
    to.card.bytes += h->answer.n;
    if (t->state == WEIR_STORED_READY) {
        how = WEIR_DB_HELD_ADD;
        if (weir_rows_received(s, t->id, &to.since_ms) == WEIR_EIO || delete_target(s, a, t) != 0)
            return WEIR_EIO;
    }
    if (write_held(s, how, a, &to, h, &to.card) != 0)
        return WEIR_EIO;
    weir_ledger_remove(a, t->state, t->card.bytes);
    weir_ledger_add(a, h->state, to.card.bytes);
    return 0;
}

/* Takes a row away; the delivery goes with its last one. */
static int remove_row(struct weir_spool *s, struct weir_account *a, const struct weir_target *t)
{
    if (delete_target(s, a, t) != 0 || release(s, t->id, t->card.flags) != 0)
        return WEIR_EIO;
    weir_ledger_remove(a, t->state, t->card.bytes);
    return 0;
}

int weir_rows_finish(struct weir_spool *s, struct weir_account *a, const struct weir_target *t,
                     enum weir_outcome outcome, const char *reason)
{
    int err = remove_row(s, a, t);

    if (err == 0)
        weir_ledger_count(s, a, outcome, reason, &t->card);
    return err;
}

/* ---- transaction --------------------------------------------------------- */

int weir_rows_begin(struct weir_spool *s)
{
    s->n_unlinks = s->n_staged = 0;
    s->ready = 0;
    s->now_ms = s->wall_ms();
    if (s->db.handle == NULL && weir_recover_reopen(s) != 0)
        return WEIR_EIO;
    s->changes = sqlite3_total_changes64(s->db.handle);
    return weir_db_begin(&s->db);
}

enum { CALM_MS = 1000 };

/* A commit that wrote nothing says nothing about the disk. */
static void note_commit(struct weir_spool *s, uint64_t took_us)
{
    if (sqlite3_total_changes64(s->db.handle) == s->changes)
        return;
    atomic_store_explicit(&s->last_commit_ms, took_us / 1000, memory_order_relaxed);
    weir_observe(s->commit_series, (double)took_us / 1e6, (struct weir_str){NULL, 0});
    atomic_store_explicit(&s->writable, true, memory_order_relaxed);
    /* On a full disk small commits still succeed between those that fail: two
     * lines for each request would only fill it more. */
    if (s->told_unwritable && (s->now_ms < s->failed_ms || s->now_ms - s->failed_ms > CALM_MS)) {
        weir_log(WEIR_INFO, "the spool can be written again", NULL);
        s->told_unwritable = false;
    }
}

int weir_rows_commit(struct weir_spool *s)
{
    uint64_t start_us = weir_mono_us();

    if (weir_ledger_save(s) != 0 || weir_db_reserve(&s->db) != 0 || weir_db_commit(&s->db) != 0)
        return WEIR_EIO;
    note_commit(s, weir_mono_us() - start_us);
    weir_ledger_committed(s);
    weir_blobs_unlink_now(s);
    return 0;
}

void weir_rows_abandon(struct weir_spool *s)
{
    weir_db_rollback(&s->db);
    weir_ledger_rolled_back(s);
    s->n_unlinks = s->n_staged = 0;
    s->ready = 0;
    s->id_limit = 0; /* it may not have reached the disk */
}
