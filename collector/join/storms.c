/* storms.c - the runs of identical errors, and what each window sends. */
#include "storms.h"

#include <stdlib.h>

enum { BUCKETS = 256 };

struct weir_run {
    struct weir_run *chain;
    uint64_t hash;
    uint64_t started_ms, flushed_ms; /* of the window; last time it shrank */
    uint32_t window_ms;              /* as configured when it was last looked at */
    struct weir_list held;           /* by arrival; the first may stand for many */
    bool busy;                       /* a job of it is under way */
};

struct weir_runs {
    struct weir_run *buckets[BUCKETS];
    size_t n;
};

static uint64_t hash_of(const struct weir_fragment *f)
{
    return weir_trace_hash(weir_fragment_project(f), (struct weir_str){NULL, 0}) ^ f->mark.run;
}

static uint32_t window_of(const struct weir_join *j, const struct weir_fragment *f)
{
    const struct weir_project *p = weir_config_project(j->config, weir_fragment_project(f));

    return p != NULL ? p->collapse_ms : 0;
}

static struct weir_run *find(const struct weir_runs *runs, uint64_t hash)
{
    struct weir_run *run = runs->buckets[hash % BUCKETS];

    while (run != NULL && run->hash != hash)
        run = run->chain;
    return run;
}

/* NULL: there are too many already, or no memory. */
static struct weir_run *run_new(struct weir_runs *runs, uint64_t hash, uint32_t window_ms,
                                uint64_t now_ms)
{
    struct weir_run *run = runs->n < WEIR_RUNS ? calloc(1, sizeof *run) : NULL;

    if (run == NULL)
        return NULL;
    *run = (struct weir_run){.chain = runs->buckets[hash % BUCKETS],
                             .hash = hash,
                             .window_ms = window_ms,
                             .started_ms = now_ms,
                             .flushed_ms = now_ms};
    runs->buckets[hash % BUCKETS] = run;
    runs->n++;
    return run;
}

bool weir_storms_hold(struct weir_join *j, struct weir_fragment *f, uint64_t now_ms)
{
    uint64_t hash = hash_of(f), behind;
    struct weir_run *run;

    if (f->mark.run == 0)
        return false;
    if (j->runs == NULL && (j->runs = calloc(1, sizeof *j->runs)) == NULL)
        return false;
    run = find(j->runs, hash);
    if (run == NULL && f->mark.count == 0) {
        if (window_of(j, f) > 0)
            (void)run_new(j->runs, hash, window_of(j, f), now_ms);
        return false; /* the first of a run goes */
    }
    if (run == NULL) { /* from before a restart; it began when its first came */
        behind = f->mark.last_ms - f->mark.first_ms;
        run =
            run_new(j->runs, hash, window_of(j, f), f->born_ms > behind ? f->born_ms - behind : 0);
    }
    if (run == NULL)
        return false;
    weir_list_add(&run->held, f);
    return true;
}

/* Adds what `f` stands for. */
static void add_to(struct weir_mark *sum, const struct weir_fragment *f)
{
    const struct weir_mark *m = &f->mark;
    uint64_t first_ms = m->count > 0 ? m->first_ms : f->received_ms;
    uint64_t last_ms = m->count > 0 ? m->last_ms : f->received_ms;

    sum->first_ms = sum->count == 0 || first_ms < sum->first_ms ? first_ms : sum->first_ms;
    sum->last_ms = last_ms > sum->last_ms ? last_ms : sum->last_ms;
    sum->count += m->count > 0 ? m->count : 1;
}

/* The latest of the held ones, as many as one job may take, into `last`; the
 * others leave. */
static struct weir_mark gather(struct weir_job *job, struct weir_run *run, struct weir_list *last)
{
    struct weir_mark sum = {.run = run->held.first->mark.run};
    struct weir_fragment *f;

    while (job->leaving.n < WEIR_JOIN_BATCH && (f = weir_list_take(&run->held)) != NULL) {
        struct weir_fragment *before = weir_list_take(last);

        if (before != NULL)
            weir_job_leave(job, before, WEIR_COLLAPSED, "storm");
        add_to(&sum, f);
        weir_list_add(last, f);
    }
    return sum;
}

/* False: no further jobs now. */
static bool send_latest(struct weir_join *j, struct weir_run *run, uint64_t now_ms)
{
    struct weir_job *job = weir_job_new(j);
    struct weir_mark sum;

    if (job == NULL)
        return false;
    sum = gather(job, run, &job->carrier);
    run->started_ms = now_ms;
    run->busy = true;
    job->run = run;
    weir_event_pass(j, job, &sum, now_ms);
    return true;
}

static bool shrink(struct weir_join *j, struct weir_run *run, uint64_t now_ms)
{
    struct weir_job *job = weir_job_new(j);

    if (job == NULL)
        return false;
    job->op.mark = gather(job, run, &job->kept);
    run->flushed_ms = now_ms;
    run->busy = true;
    job->run = run;
    weir_job_submit(j, job, now_ms);
    return true;
}

static bool work(struct weir_join *j, struct weir_run *run, uint64_t now_ms)
{
    run->window_ms = window_of(j, run->held.first);
    if (weir_join_age(now_ms, run->started_ms) >= run->window_ms && run->held.n <= WEIR_JOIN_BATCH)
        return send_latest(j, run, now_ms);
    if (run->held.n > 1 && (run->held.n >= WEIR_RUN_FLUSH ||
                            weir_join_age(now_ms, run->flushed_ms) >= WEIR_RUN_FLUSH_MS))
        return shrink(j, run, now_ms);
    return true;
}

void weir_storms_work(struct weir_join *j, uint64_t now_ms)
{
    for (size_t i = 0; j->runs != NULL && j->runs->n > 0 && i < BUCKETS; i++) {
        struct weir_run **at = &j->runs->buckets[i];

        while (*at != NULL) {
            struct weir_run *run = *at;

            if (!run->busy && run->held.n > 0 && !work(j, run, now_ms))
                return;
            /* None came for a window. */
            if (!run->busy && run->held.n == 0 &&
                weir_join_age(now_ms, run->started_ms) >= run->window_ms) {
                *at = run->chain;
                j->runs->n--;
                free(run);
                continue;
            }
            at = &run->chain;
        }
    }
}

void weir_run_done(struct weir_run *run, struct weir_fragment *kept, const struct weir_mark *mark)
{
    run->busy = false;
    if (kept == NULL)
        return;
    kept->mark = *mark;
    kept->after = run->held.first; /* it came before those that came meanwhile */
    run->held.first = kept;
    if (run->held.last == NULL)
        run->held.last = kept;
    run->held.n++;
}

void weir_storms_forget(struct weir_join *j)
{
    struct weir_fragment *f;

    for (size_t i = 0; j->runs != NULL && i < BUCKETS; i++)
        for (struct weir_run *run = j->runs->buckets[i]; run != NULL; run = run->chain)
            while ((f = weir_list_take(&run->held)) != NULL)
                weir_join_forget(j, f);
}

bool weir_storms_any(const struct weir_join *j)
{
    return j->runs != NULL && j->runs->n > 0;
}

void weir_storms_destroy(struct weir_join *j)
{
    struct weir_run *run;

    weir_storms_forget(j);
    for (size_t i = 0; j->runs != NULL && i < BUCKETS; i++)
        while ((run = j->runs->buckets[i]) != NULL) {
            j->runs->buckets[i] = run->chain;
            free(run);
        }
    free(j->runs);
    j->runs = NULL;
}
