/* spool.c - the spool thread: operations in, one commit for all of them, replies
 * out.
 *
 *   take    everything queued, up to a bound in operations and bytes. What
 *           arrives during the commit is the next batch, so batches are as
 *           large as the disk is slow and a lone request waits for nobody.
 *           Under load those that were just answered are about to come back,
 *           and a quarter of a millisecond gathers them: a commit costs as
 *           much as ten rows. Where nobody waits for an answer (datagrams),
 *           there is one commit in 5 ms, unless somebody else brings one.
 *   run     each operation on the rows, in one transaction
 *   sync    blobs that the rows name, then their directory
 *   commit  one fsync
 *   tell    join of staged rows, every owner of an operation, the forwarder
 *
 * When that fails, nothing of it was written. Why decides what follows:
 *   a row was refused    each operation gets a transaction of its own, so one
 *                        bad one does not fail the others
 *   the disk             what brings rows is answered WEIR_EIO (its sender
 *                        keeps it); what takes rows away is tried once more
 *                        by itself, since that needs no room
 *   the file is damaged  it is replaced (recover.c) and all is tried again
 *
 * A request gives up after 2 s by withdrawing its operation. Taking and
 * withdrawing are the two sides of one compare-and-swap, so it is answered
 * exactly once. */
#include "weir/spool.h"

#include "blobs.h"
#include "ledger.h"
#include "ops.h"
#include "recover.h"
#include "rows.h"
#include "sweep.h"

#include "weir/clock.h"
#include "weir/log.h"

#include <stdlib.h>
#include <sys/eventfd.h>
#include <time.h>

enum {
    IDLE_MS = 1000,
    /* From this many operations in the last batch on it is worth a wait. */
    COMPANY_OPS = 8,
    COMPANY_NS = 250 * 1000,
    LINGER_MS = 5,
    /* So many operations in the queue are worth a commit at once: whoever sent
     * them cannot have many more under way. */
    CROWD_OPS = 8
};

/* ---- any thread ---------------------------------------------------------- */

int weir_spool_submit(struct weir_spool *s, struct weir_op *op)
{
    bool waits = op->patient && weir_queue_depth(&s->queue) < CROWD_OPS;

    op->result = 0;
    atomic_store_explicit(&op->state, WEIR_OP_QUEUED, memory_order_relaxed);
    return (waits ? weir_queue_push_patient(&s->queue, op) : weir_queue_push(&s->queue, op))
               ? 0
               : WEIR_EFULL;
}

size_t weir_spool_queue(const struct weir_spool *s, size_t *ret_most)
{
    *ret_most = s->queue.mask + 1;
    return weir_queue_depth(&s->queue);
}

bool weir_spool_withdraw(struct weir_op *op)
{
    int queued = WEIR_OP_QUEUED;

    /* Pairs with take(): whoever changes it first decides. */
    return atomic_compare_exchange_strong(&op->state, &queued, WEIR_OP_WITHDRAWN);
}

bool weir_spool_full(const struct weir_spool *s, unsigned slot)
{
    return slot < WEIR_MAX_DESTINATIONS &&
           atomic_load_explicit(&s->published[slot].full, memory_order_relaxed);
}

bool weir_spool_writable(const struct weir_spool *s)
{
    return atomic_load_explicit(&s->writable, memory_order_relaxed);
}

uint64_t weir_spool_last_commit_ms(const struct weir_spool *s)
{
    return atomic_load_explicit(&s->last_commit_ms, memory_order_relaxed);
}

void weir_spool_gauges(const struct weir_spool *s, unsigned slot,
                       struct weir_spool_gauges *ret_gauges)
{
    const struct weir_published *p;

    *ret_gauges = (struct weir_spool_gauges){0};
    if (slot >= WEIR_MAX_DESTINATIONS)
        return;
    p = &s->published[slot];
    for (int i = 0; i < 4; i++) {
        ret_gauges->rows[i] = atomic_load_explicit(&p->rows[i], memory_order_relaxed);
        ret_gauges->bytes[i] = atomic_load_explicit(&p->bytes[i], memory_order_relaxed);
    }
    ret_gauges->oldest_ms = atomic_load_explicit(&p->oldest_ms, memory_order_relaxed);
}

uint64_t weir_spool_gone(const struct weir_spool *s, unsigned slot)
{
    return slot < WEIR_MAX_DESTINATIONS
               ? atomic_load_explicit(&s->published[slot].gone, memory_order_relaxed)
               : 0;
}

/* ---- settings ------------------------------------------------------------ */

void weir_spool_reconfigure(struct weir_spool *s, const struct weir_config *c)
{
    struct weir_spool_settings *next = calloc(1, sizeof *next);

    if (next == NULL)
        return;
    next->ttl_ms = c->spool_ttl_ms;
    next->max_bytes = c->spool_max_bytes;
    next->drop_oldest = c->drop_oldest;
    weir_ledger_shares(next, c);
    /* Pairs with adopt_settings(): the fields are written before. */
    free(atomic_exchange_explicit(&s->next_settings, next, memory_order_acq_rel));
}

static void adopt_settings(struct weir_spool *s)
{
    struct weir_spool_settings *next;

    if (atomic_load_explicit(&s->next_settings, memory_order_relaxed) == NULL)
        return;
    next = atomic_exchange_explicit(&s->next_settings, NULL, memory_order_acq_rel);
    if (next == NULL)
        return;
    s->settings = *next;
    free(next);
    weir_ledger_configure(s);
}

/* ---- one batch ------------------------------------------------------------ */

static void answer(struct weir_op *op, int result)
{
    op->result = result;
    if (op->reply != NULL)
        weir_mailbox_post(op->reply, &op->link);
    else if (op->done != NULL)
        op->done(op);
}

/* Waits a moment when some are queued and more are to be expected. */
static void await_company(const struct weir_spool *s)
{
    const struct timespec moment = {.tv_nsec = COMPANY_NS};
    size_t queued = weir_queue_depth(&s->queue);

    if (s->last_batch >= COMPANY_OPS && queued > 0 && queued < s->last_batch)
        (void)nanosleep(&moment, NULL);
}

static void take(struct weir_spool *s)
{
    while (s->n_batch < WEIR_BATCH_OPS && s->batch_bytes < WEIR_BATCH_BYTES) {
        struct weir_op *op = weir_queue_pop(&s->queue);
        int queued = WEIR_OP_QUEUED;

        if (op == NULL)
            break;
        if (!atomic_compare_exchange_strong(&op->state, &queued, WEIR_OP_TAKEN)) {
            answer(op, WEIR_EWITHDRAWN);
            continue;
        }
        s->batch_bytes += weir_ops_bytes(op);
        s->n_patient += op->patient;
        s->batch[s->n_batch++] = op;
    }
}

/* Waits for more while all that was taken can wait. What cannot ends the nap
 * and is committed with it, so the order of arrival is kept. */
static void linger(struct weir_spool *s)
{
    uint64_t now_ms = weir_mono_ms(), until_ms = s->batch_ms + LINGER_MS;

    while (s->n_batch > 0 && s->n_batch == s->n_patient && s->n_batch < CROWD_OPS &&
           s->batch_bytes < WEIR_BATCH_BYTES && s->unfinished == NULL && now_ms < until_ms) {
        weir_queue_nap(&s->queue, (int)(until_ms - now_ms));
        take(s);
        now_ms = weir_mono_ms();
    }
    if (s->n_batch > 0)
        s->batch_ms = now_ms;
}

/* Operations with more to do come back in the next transaction: they are
 * chained by their link, which nobody else uses before the reply. */
static void put_off(struct weir_spool *s, struct weir_op *op)
{
    struct weir_dead_op *dead = (struct weir_dead_op *)op; /* no others are put off */

    dead->committed = dead->done;
    op->link.next = s->unfinished != NULL ? &s->unfinished->link : NULL;
    s->unfinished = op;
}

static void take_unfinished(struct weir_spool *s)
{
    while (s->unfinished != NULL && s->n_batch < WEIR_BATCH_OPS) {
        struct weir_op *op = s->unfinished;

        s->unfinished = (struct weir_op *)(void *)op->link.next;
        s->batch[s->n_batch++] = op;
    }
}

/* Runs and commits `n` operations. ret_more[i]: the i-th has more to do. */
static int transact(struct weir_spool *s, struct weir_op **ops, size_t n, bool *ret_more)
{
    int err = weir_rows_begin(s);

    if (err != 0)
        return err;
    for (size_t i = 0; err == 0 && i < n; i++)
        err = weir_ops_run(s, ops[i], &ret_more[i]);
    if (err == 0)
        err = weir_blobs_sync_dir(s);
    if (err == 0)
        err = weir_rows_commit(s);
    if (err != 0)
        weir_rows_abandon(s);
    return err;
}

/* Answers the first one and all that go to the same mailbox, at once: whoever
 * reads it wakes once. They leave the list. */
static void answer_alike(struct weir_op **ops, size_t n)
{
    struct weir_mailbox *box = ops[0]->reply;
    struct weir_link *newest = NULL, *oldest = &ops[0]->link;

    for (size_t i = 0; i < n; i++) {
        if (ops[i] == NULL || ops[i]->reply != box)
            continue;
        ops[i]->link.next = newest;
        newest = &ops[i]->link;
        ops[i] = NULL;
    }
    weir_mailbox_post_all(box, newest, oldest);
}

/* After a commit. Join hears of staged rows before their sender is answered,
 * because then the deliveries are the sender's again. */
static void tell(struct weir_spool *s, struct weir_op **ops, size_t n, const bool *more)
{
    if (s->on_staged != NULL && s->n_staged > 0)
        s->on_staged(s->self, s->staged, s->n_staged);
    for (size_t i = 0; i < n; i++) {
        if (more[i]) {
            put_off(s, ops[i]);
            ops[i] = NULL;
        }
    }
    for (size_t i = 0; i < n; i++) {
        if (ops[i] != NULL && ops[i]->reply != NULL)
            answer_alike(ops + i, n - i);
        else if (ops[i] != NULL)
            answer(ops[i], ops[i]->result);
    }
    if (s->ready != 0 && s->on_ready != NULL)
        s->on_ready(s->self, s->ready);
}

static int attempt(struct weir_spool *s, struct weir_op **ops, size_t n)
{
    bool more[WEIR_BATCH_OPS] = {false};
    int err = transact(s, ops, n, more);

    if (err == 0)
        tell(s, ops, n, more);
    return err;
}

static void refuse(struct weir_spool *s, struct weir_op *op)
{
    answer(op, s->db.fault == WEIR_DB_REFUSED ? WEIR_EINVAL : WEIR_EIO);
}

static void one_by_one(struct weir_spool *s, struct weir_op **ops, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (attempt(s, &ops[i], 1) != 0)
            refuse(s, ops[i]);
    }
}

static void disk_failed(struct weir_spool *s, struct weir_op **ops, size_t n)
{
    size_t kept = 0;

    atomic_store_explicit(&s->writable, false, memory_order_relaxed);
    s->failed_ms = s->now_ms;
    if (!s->told_unwritable)
        weir_log(WEIR_ERROR, "the spool cannot be written", "error", sqlite3_errstr(s->db.rc),
                 NULL);
    s->told_unwritable = true;
    /* What is in the log goes to the file, so that the log's own room can be
     * used again for taking rows away. */
    weir_db_checkpoint(&s->db, true);
    for (size_t i = 0; i < n; i++) {
        if (ops[i]->kind == WEIR_OP_APPEND)
            answer(ops[i], WEIR_EIO);
        else
            ops[kept++] = ops[i];
    }
    if (kept > 0 && attempt(s, ops, kept) != 0)
        one_by_one(s, ops, kept);
}

static void run_batch(struct weir_spool *s)
{
    struct weir_op **ops = s->batch;
    size_t n = s->n_batch;

    if (attempt(s, ops, n) == 0)
        return;
    if (s->db.fault == WEIR_DB_DAMAGED) {
        weir_recover_now(s);
        if (attempt(s, ops, n) == 0)
            return;
    }
    if (s->db.fault == WEIR_DB_REFUSED)
        one_by_one(s, ops, n);
    else
        disk_failed(s, ops, n);
}

/* ---- the thread ------------------------------------------------------------ */

static void *spool_main(void *self)
{
    struct weir_spool *s = self;

    pthread_setname_np(pthread_self(), "weir-spool");
    weir_metrics_thread();
    for (;;) {
        /* Read before the queue: what was submitted before stop is taken. */
        bool stopping = atomic_load_explicit(&s->stopping, memory_order_acquire), more;

        adopt_settings(s);
        s->n_batch = s->n_patient = 0;
        s->batch_bytes = 0;
        if (!stopping)
            await_company(s);
        take(s);
        if (!stopping)
            linger(s);
        take_unfinished(s);
        if (s->n_batch > 0) {
            s->last_batch = s->n_batch - s->n_patient;
            run_batch(s);
            weir_sweep_log(s, false);
        }
        more = weir_sweep(s, s->n_batch == 0);
        if (s->n_batch > 0 || s->unfinished != NULL)
            continue;
        if (stopping)
            break;
        if (!more)
            weir_queue_wait(&s->queue, IDLE_MS);
    }
    weir_metrics_thread_end();
    return NULL;
}

int weir_spool_start(struct weir_spool *s)
{
    if (pthread_create(&s->thread, NULL, spool_main, s) != 0)
        return WEIR_ENOMEM;
    s->running = true;
    return 0;
}

void weir_spool_stop(struct weir_spool *s)
{
    if (!s->running)
        return;
    atomic_store_explicit(&s->stopping, true, memory_order_release);
    (void)eventfd_write(s->queue.event_fd, 1);
    pthread_join(s->thread, NULL);
    s->running = false;
}
