/* sweep.c - what the spool thread does beside the operations. */
#include "sweep.h"

#include "ledger.h"
#include "ops.h"
#include "recover.h"
#include "rows.h"

#include "weir/clock.h"

enum {
    SWEEP_MS = 1000,
    /* Pages of 16 KiB. The log is copied into the file from here on; a reader
     * may be in the way, and from the second bound on it is waited for. */
    LOG_PAGES = 512,
    LOG_PAGES_MOST = 2048,
    /* Free pages are given back when they are more than half of the file: to
     * move pages for less costs more than the disk is worth. */
    FREE_PAGES = 256,
    VACUUM_PAGES = 256 /* in one step */
};

/* ---- expiry -------------------------------------------------------------- */

/* Is the row at the head of the queue too old? Ids follow the order of
 * arrival, so the first that is not ends the search. */
static int head_expired(struct weir_spool *s, const struct weir_account *a, uint64_t before_ms,
                        struct weir_target *ret_target)
{
    uint64_t received_ms;
    int err = weir_rows_first(s, a, WEIR_STORED_READY, ret_target);

    if (err != 0)
        return err;
    err = weir_rows_received(s, ret_target->id, &received_ms);
    if (err == WEIR_ENOTFOUND) /* a row without its delivery */
        return weir_db_note(&s->db, SQLITE_CORRUPT);
    return err == 0 && received_ms >= before_ms ? WEIR_ENOTFOUND : err;
}

static int expire_queue(struct weir_spool *s, struct weir_account *a, uint64_t before_ms,
                        size_t *left)
{
    while (*left > 0) {
        struct weir_target t;
        int err = head_expired(s, a, before_ms, &t);

        if (err == WEIR_ENOTFOUND)
            return 0;
        if (err != 0 || weir_rows_finish(s, a, &t, WEIR_EXPIRED, "ttl") != 0)
            return WEIR_EIO;
        (*left)--;
    }
    return 0;
}

static int expire_held(struct weir_spool *s, struct weir_account *a, uint64_t before_ms,
                       size_t *left)
{
    while (*left > 0) {
        struct weir_target t;
        int err = weir_rows_old(s, a, before_ms, &t);

        if (err == WEIR_ENOTFOUND)
            return 0;
        if (err != 0 || weir_rows_finish(s, a, &t, WEIR_EXPIRED, "ttl") != 0)
            return WEIR_EIO;
        (*left)--;
    }
    return 0;
}

/* One transaction; ret_left: how much of the chunk was not needed. */
static int expire(struct weir_spool *s, size_t *ret_left)
{
    uint64_t before_ms;
    size_t left = WEIR_EXPIRE_CHUNK;
    int err = weir_rows_begin(s);

    if (err != 0)
        return err;
    before_ms = s->settings.ttl_ms > 0 && s->now_ms > s->settings.ttl_ms
                    ? s->now_ms - s->settings.ttl_ms
                    : 0;
    for (size_t i = 0; err == 0 && i < s->n_accounts; i++) {
        err = expire_queue(s, &s->accounts[i], before_ms, &left);
        if (err == 0)
            err = expire_held(s, &s->accounts[i], before_ms, &left);
        if (err == 0)
            err = weir_ops_press_out_dead(s, &s->accounts[i]); /* the share may have shrunk */
    }
    if (err == 0)
        err = weir_rows_commit(s);
    if (err != 0)
        weir_rows_abandon(s);
    *ret_left = left;
    return err;
}

/* ---- the rest ------------------------------------------------------------ */

/* While the disk refuses writes and nobody asks for one, try by ourselves:
 * health must turn when there is room again. */
static void probe_disk(struct weir_spool *s)
{
    int err;

    if (atomic_load_explicit(&s->writable, memory_order_relaxed))
        return;
    weir_db_checkpoint(&s->db, true);
    if (weir_rows_begin(s) != 0)
        return;
    err = weir_rows_probe(s);
    if (err == 0)
        err = weir_rows_commit(s);
    if (err != 0)
        weir_rows_abandon(s);
}

static void look_at_age(struct weir_spool *s)
{
    if (weir_db_read_begin(&s->db) != 0)
        return;
    for (size_t i = 0; i < s->n_accounts; i++) {
        const struct weir_account *a = &s->accounts[i];
        uint64_t oldest_ms = 0;

        if (a->slot >= 0 && weir_rows_oldest(s, a, &oldest_ms) == 0)
            atomic_store_explicit(&s->published[a->slot].oldest_ms, oldest_ms,
                                  memory_order_relaxed);
    }
    weir_db_read_end(&s->db);
}

/* Gives free pages back to the file system, a piece at a time. */
static bool give_back(struct weir_spool *s)
{
    int64_t pages, free_pages;
    bool more = false;

    if (s->db.handle == NULL || weir_db_read_begin(&s->db) != 0)
        return false;
    pages = weir_db_number(&s->db, "PRAGMA page_count", 0);
    free_pages = weir_db_number(&s->db, "PRAGMA freelist_count", 0);
    weir_db_read_end(&s->db);
    if (free_pages < FREE_PAGES || free_pages < pages / 2)
        return false;
    if (s->memory)
        pthread_mutex_lock(&s->memory_lock);
    more = weir_db_vacuum(&s->db, VACUUM_PAGES) == 0;
    if (s->memory)
        pthread_mutex_unlock(&s->memory_lock);
    return more;
}

void weir_sweep_log(struct weir_spool *s, bool idle)
{
    if (s->db.wal_pages >= LOG_PAGES_MOST)
        weir_db_checkpoint(&s->db, true);
    else if (s->db.wal_pages >= LOG_PAGES || (idle && s->db.wal_pages > 0))
        weir_db_checkpoint(&s->db, false);
}

bool weir_sweep(struct weir_spool *s, bool idle)
{
    uint64_t now_ms = weir_mono_ms();
    size_t left = WEIR_EXPIRE_CHUNK;
    bool more = false;

    if (atomic_exchange_explicit(&s->suspect, false, memory_order_relaxed))
        weir_recover_now(s);
    if (now_ms - s->swept_ms < SWEEP_MS && s->swept_ms != 0)
        return false;
    probe_disk(s);
    if (expire(s, &left) != 0 && s->db.fault == WEIR_DB_DAMAGED)
        weir_recover_now(s);
    look_at_age(s);
    if (idle) {
        more = give_back(s);
        weir_sweep_log(s, true);
    }
    /* A full chunk: go on at once, else in a second. */
    s->swept_ms = left == 0 || more ? 0 : now_ms;
    return left == 0 || more;
}
