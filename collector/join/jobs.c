/* jobs.c - operations in the spool's hands.
 *
 * A job holds its fragments until the spool has committed it. When the spool
 * could not (queue full, disk), the same operation is tried again later; when
 * the carrier is gone meanwhile, the other fragments return to their index. */
#include "room.h"
#include "storms.h"

#include <stdlib.h>

enum { ARENA_BYTES = 64 << 20, KEEP_IDLE = 4 };

struct weir_job *weir_job_new(struct weir_join *j)
{
    struct weir_job *job = j->idle;

    if (j->n_jobs == WEIR_JOIN_JOBS)
        return NULL;
    if (job != NULL) {
        j->idle = job->next;
        j->n_idle--;
    } else {
        job = calloc(1, sizeof *job);
        if (job == NULL)
            return NULL;
        weir_arena_init(&job->arena, ARENA_BYTES);
    }
    memset(&job->op, 0, sizeof job->op);
    job->op.op.kind = WEIR_OP_REPLACE;
    job->op.op.reply = &j->replies;
    job->op.op.owner = job;
    job->carrier = job->leaving = job->kept = (struct weir_list){0};
    job->run = NULL;
    job->further = NULL;
    job->n_further = job->further_room = 0;
    job->next = NULL;
    j->n_jobs++;
    return job;
}

static void job_free(struct weir_job *job)
{
    weir_arena_destroy(&job->arena);
    free(job);
}

void weir_job_drop(struct weir_join *j, struct weir_job *job)
{
    j->n_jobs--;
    if (j->n_idle == KEEP_IDLE) {
        job_free(job);
        return;
    }
    weir_arena_reset(&job->arena);
    job->next = j->idle;
    j->idle = job;
    j->n_idle++;
}

static void retry_later(struct weir_join *j, struct weir_job *job, uint64_t due_ms)
{
    job->due_ms = due_ms;
    job->next = j->retries;
    j->retries = job;
}

static void hand_over(struct weir_join *j, struct weir_job *job, uint64_t now_ms)
{
    atomic_store_explicit(&job->op.op.state, WEIR_OP_QUEUED, memory_order_relaxed);
    if (weir_spool_submit(j->spool, &job->op.op) != 0)
        retry_later(j, job, now_ms + WEIR_JOIN_RETRY_MS / 10);
}

void weir_job_leave(struct weir_job *job, struct weir_fragment *f, enum weir_outcome outcome,
                    const char *reason)
{
    f->outcome = outcome;
    f->reason = reason;
    weir_list_add(&job->leaving, f);
}

int weir_job_further(struct weir_job *job, const struct weir_delivery *d)
{
    if (job->n_further == job->further_room) {
        size_t room = job->further_room == 0 ? 8 : 2 * job->further_room;
        void *more = weir_arena_grow(&job->arena, job->further, job->further_room * sizeof *d,
                                     room * sizeof *d);

        if (more == NULL)
            return WEIR_ENOMEM;
        job->further = more;
        job->further_room = room;
    }
    job->further[job->n_further++] = *d;
    return 0;
}

/* In the job's arena. NULL and none: out of memory; what then stays staged is
 * found at the next rescan. */
static const struct weir_leaving *leaving_of(struct weir_job *job, size_t *ret_n)
{
    struct weir_leaving *list = weir_arena_zalloc(&job->arena, job->leaving.n, sizeof *list);
    size_t n = 0;

    for (const struct weir_fragment *f = job->leaving.first; list != NULL && f != NULL;
         f = f->after)
        list[n++] = (struct weir_leaving){f->id, f->outcome, f->reason};
    *ret_n = n;
    return list;
}

void weir_job_submit(struct weir_join *j, struct weir_job *job, uint64_t now_ms)
{
    struct weir_replace *op = &job->op;

    op->carrier = job->carrier.first != NULL ? job->carrier.first->id : 0;
    op->kept = job->kept.first != NULL ? job->kept.first->id : 0;
    op->op.patient = op->carrier == 0 && op->kept == 0; /* rows only leave */
    op->leaving = leaving_of(job, &op->n_leaving);
    op->further = job->further;
    op->n_further = job->n_further;
    hand_over(j, job, now_ms);
}

/* ---- what came of it --------------------------------------------------------- */

static void forget_all(struct weir_join *j, struct weir_list *l)
{
    struct weir_fragment *f;

    while ((f = weir_list_take(l)) != NULL)
        weir_join_forget(j, f);
}

static void count(struct weir_join *j, const struct weir_job *job)
{
    uint64_t joined = 0, expired = 0, dropped = 0;

    for (const struct weir_fragment *f = job->leaving.first; f != NULL; f = f->after) {
        if (f->type != WEIR_ITEM_BREADCRUMB)
            continue;
        joined += f->outcome == WEIR_COLLAPSED;
        dropped += f->outcome == WEIR_EXPIRED && f->dropped;
        expired += f->outcome == WEIR_EXPIRED && !f->dropped;
    }
    weir_count(j->joined, joined);
    weir_count(j->expired, expired);
    weir_count(j->dropped, dropped);
}

static void done(struct weir_join *j, struct weir_job *job)
{
    count(j, job);
    if (job->run != NULL)
        weir_run_done(job->run, weir_list_take(&job->kept), &job->op.mark);
    forget_all(j, &job->carrier);
    forget_all(j, &job->leaving);
    weir_job_drop(j, job);
}

/* The carrier, or what was to be kept, expired or was dropped; the spool
 * changed nothing. Breadcrumbs and spans wait for the next one; what was to
 * leave leaves by itself. */
static void carrier_gone(struct weir_join *j, struct weir_job *job)
{
    struct weir_fragment *f;

    if (job->run != NULL)
        weir_run_done(job->run, NULL, NULL);
    forget_all(j, &job->carrier);
    forget_all(j, &job->kept);
    while ((f = weir_list_take(&job->leaving)) != NULL)
        if (f->outcome == WEIR_COLLAPSED)
            weir_join_take_in(j, f);
        else
            weir_list_add(&j->doomed, f);
    weir_job_drop(j, job);
}

void weir_jobs_replies(struct weir_join *j, uint64_t now_ms)
{
    struct weir_link *link = weir_mailbox_take(&j->replies);

    while (link != NULL) {
        struct weir_job *job = (struct weir_job *)(void *)link;

        link = link->next;
        if (job->op.op.result == 0)
            done(j, job);
        else if (job->op.op.result == WEIR_ENOTFOUND)
            carrier_gone(j, job);
        else
            retry_later(j, job, now_ms + WEIR_JOIN_RETRY_MS);
    }
}

void weir_jobs_retry(struct weir_join *j, uint64_t now_ms, bool all)
{
    struct weir_job *job = j->retries;

    j->retries = NULL;
    while (job != NULL) {
        struct weir_job *next = job->next;

        if (all || now_ms >= job->due_ms)
            hand_over(j, job, now_ms);
        else
            retry_later(j, job, job->due_ms);
        job = next;
    }
}

static void free_list(struct weir_list *l)
{
    struct weir_fragment *f;

    while ((f = weir_list_take(l)) != NULL)
        free(f);
}

void weir_jobs_destroy(struct weir_join *j)
{
    struct weir_link *link = j->replies.event_fd >= 0 ? weir_mailbox_take(&j->replies) : NULL;
    struct weir_job *job;

    while (link != NULL) { /* answered after the thread had ended */
        job = (struct weir_job *)(void *)link;
        link = link->next;
        retry_later(j, job, 0);
    }
    while ((job = j->retries) != NULL) {
        j->retries = job->next;
        free_list(&job->carrier);
        free_list(&job->leaving);
        free_list(&job->kept);
        job_free(job);
    }
    while ((job = j->idle) != NULL) {
        j->idle = job->next;
        job_free(job);
    }
}
