/* join.c - the wall, the thread, and what it takes in; see room.h. */
#include "recent.h"
#include "storms.h"
#include "weir/clock.h"
#include "weir/log.h"

#include <poll.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum { PAGE = 512, SCRATCH_BYTES = 64 << 20, STOP_MS = 2000 };

/* ---- groups ------------------------------------------------------------------ */

struct weir_str weir_join_group(const struct weir_across *across, struct weir_str project)
{
    const char *id = across != NULL ? across->ids : NULL;

    for (size_t i = 0; across != NULL && i < across->n; i++, id += strlen(id) + 1)
        if (weir_str_eq(weir_str_of(id), project))
            return WEIR_S("*");
    return project;
}

static struct weir_across *across_new(const struct weir_strs *ids)
{
    size_t bytes = 1;
    struct weir_across *across = calloc(1, sizeof *across);
    char *to;

    for (size_t i = 0; i < ids->n; i++)
        bytes += ids->list[i].n + 1;
    if (across == NULL || (to = across->ids = calloc(1, bytes)) == NULL) {
        free(across);
        return NULL;
    }
    for (size_t i = 0; i < ids->n; i++) {
        if (ids->list[i].n > 0)
            memcpy(to, ids->list[i].p, ids->list[i].n);
        to += ids->list[i].n + 1;
    }
    across->n = ids->n;
    return across;
}

static bool across_same(const struct weir_across *across, const struct weir_strs *ids)
{
    const char *id = across->ids;

    if (across->n != ids->n)
        return false;
    for (size_t i = 0; i < ids->n; i++, id += strlen(id) + 1)
        if (!weir_str_eq(weir_str_of(id), ids->list[i]))
            return false;
    return true;
}

/* ---- other threads ------------------------------------------------------------ */

static uint64_t hash_of(struct weir_join *j, struct weir_str project, struct weir_str trace_id)
{
    struct weir_str group =
        weir_join_group(atomic_load_explicit(&j->across, memory_order_acquire), project);

    return weir_trace_hash(group, trace_id);
}

bool weir_join_staged(void *self, struct weir_str project, struct weir_str trace_id)
{
    struct weir_join *j = self;

    if (trace_id.n == 0)
        return false;
    return weir_filter_may(&j->filter, hash_of(j, project, trace_id), weir_mono_ms()) ||
           atomic_load_explicit(&j->lost, memory_order_relaxed);
}

void weir_join_expect(void *self, struct weir_str project, struct weir_str trace_id)
{
    struct weir_join *j = self;

    weir_filter_expect(&j->filter, hash_of(j, project, trace_id), weir_mono_ms());
}

static struct weir_fragment *fragment_of(struct weir_join *j, const struct weir_staged *row,
                                         uint64_t now_ms)
{
    const struct weir_delivery *d = row->delivery;
    struct weir_fragment *f = weir_fragment_new(d, row->id);

    if (f == NULL) {
        /* The row is safe; join reads again what is staged. Until then every
         * event makes the detour. */
        atomic_store(&j->lost, true);
        return NULL;
    }
    f->born_ms = now_ms;
    if (f->type == WEIR_ITEM_BREADCRUMB ||
        (f->type == WEIR_ITEM_NATIVE_SPAN &&
         atomic_load_explicit(&j->from_spans, memory_order_relaxed))) {
        f->hash = hash_of(j, d->project, d->trace_id);
        f->raised = true;
        weir_filter_raise(&j->filter, f->hash);
    }
    return f;
}

void weir_join_note(void *self, const struct weir_staged *rows, size_t n)
{
    struct weir_join *j = self;
    struct weir_link *newest = NULL, *oldest = NULL;
    uint64_t now_ms = weir_mono_ms();

    for (size_t i = 0; i < n; i++) {
        struct weir_fragment *f = fragment_of(j, &rows[i], now_ms);

        if (f == NULL)
            continue;
        f->link.next = newest;
        newest = &f->link;
        oldest = oldest != NULL ? oldest : newest;
    }
    if (newest != NULL)
        weir_mailbox_post_all(&j->inbox, newest, oldest);
}

/* ---- taking in ------------------------------------------------------------------ */

void weir_join_forget(struct weir_join *j, struct weir_fragment *f)
{
    if (f->raised)
        weir_filter_lower(&j->filter, f->hash);
    free(f);
}

void weir_join_doom(struct weir_join *j, struct weir_fragment *f, enum weir_outcome outcome,
                    const char *reason)
{
    f->outcome = outcome;
    f->reason = reason;
    weir_list_add(&j->doomed, f);
}

void weir_join_take_in(struct weir_join *j, struct weir_fragment *f)
{
    switch (f->type) {
    case WEIR_ITEM_BREADCRUMB:
        weir_crumbs_take_in(j, f);
        break;
    case WEIR_ITEM_NATIVE_SPAN:
    case WEIR_ITEM_TRANSACTION:
        weir_traces_take_in(j, f);
        break;
    case WEIR_ITEM_NATIVE_LOG:
        weir_logs_take_in(j, f);
        break;
    default:
        weir_events_take_in(j, f);
        break;
    }
}

static void settle_doomed(struct weir_join *j, uint64_t now_ms)
{
    while (j->doomed.n > 0) {
        struct weir_job *job = weir_job_new(j);

        if (job == NULL)
            return;
        while (job->leaving.n < WEIR_JOIN_BATCH && j->doomed.n > 0)
            weir_list_add(&job->leaving, weir_list_take(&j->doomed));
        weir_job_submit(j, job, now_ms);
    }
}

/* ---- what is staged -------------------------------------------------------------- */

static void forget_list(struct weir_join *j, struct weir_list *l)
{
    struct weir_fragment *f;

    while ((f = weir_list_take(l)) != NULL)
        weir_join_forget(j, f);
}

static void forget_index(struct weir_join *j, struct weir_index *x)
{
    while (x->first != NULL) {
        struct weir_fragment *f = x->first;

        weir_index_remove(x, f);
        weir_join_forget(j, f);
    }
}

static int take_in_row(struct weir_join *j, const struct weir_spool_row *row, uint64_t now_ms,
                       uint64_t wall_ms)
{
    const struct weir_delivery *d = &row->delivery;
    struct weir_fragment *f = weir_fragment_new(d, row->id);
    uint64_t age = wall_ms > d->received_ms ? wall_ms - d->received_ms : 0;

    if (f == NULL)
        return WEIR_ENOMEM;
    f->born_ms = now_ms > age ? now_ms - age : 0;
    j->listed_to = row->id;
    weir_join_take_in(j, f);
    return 0;
}

/* Reads all staged rows anew. Notes of rows up to `listed_to` are then old
 * news: ids are given by the only writer, in the order of its commits. */
static int list_staged(struct weir_join *j, uint64_t now_ms)
{
    uint64_t wall_ms = weir_wall_ms();
    size_t n = 1;
    int err = 0;

    forget_index(j, &j->crumbs);
    forget_index(j, &j->spans);
    forget_index(j, &j->logs);
    forget_list(j, &j->events);
    forget_list(j, &j->waiting);
    weir_storms_forget(j);
    forget_list(j, &j->doomed);
    j->listed_to = 0;
    while (err == 0 && n > 0) {
        struct weir_spool_row *rows;

        weir_arena_reset(&j->scratch);
        err = weir_spool_list(j->reader, WEIR_ROW_STAGED, -1, j->listed_to, PAGE, &j->scratch,
                              &rows, &n);
        /* A delivery has a row for each destination. */
        for (size_t i = 0; err == 0 && i < n; i++)
            if (rows[i].id > j->listed_to)
                err = take_in_row(j, &rows[i], now_ms, wall_ms);
    }
    weir_arena_reset(&j->scratch);
    return err;
}

/* Until that has succeeded every event makes the detour. With jobs under way
 * their rows would be listed again, so it waits for them. */
static void list_again(struct weir_join *j, uint64_t now_ms)
{
    if (j->n_jobs > 0)
        return;
    atomic_store(&j->lost, false); /* first: a note may be lost meanwhile */
    if (list_staged(j, now_ms) != 0)
        atomic_store(&j->lost, true);
}

/* ---- configuration ---------------------------------------------------------------- */

static int use_across(struct weir_join *j, const struct weir_strs *ids)
{
    struct weir_across *old = atomic_load(&j->across), *across;

    if (old != NULL && across_same(old, ids))
        return 0;
    across = across_new(ids);
    if (across == NULL)
        return WEIR_ENOMEM;
    across->before = old;
    atomic_store_explicit(&j->across, across, memory_order_release);
    if (old != NULL)
        atomic_store(&j->lost, true); /* traces are grouped anew */
    return 0;
}

static int follow_configuration(struct weir_join *j)
{
    struct weir_snapshot *s;

    if (j->snapshot != NULL && weir_current_generation(j->current) == j->snapshot->generation)
        return 0;
    s = weir_current_get(j->current);
    weir_snapshot_put(j->snapshot);
    j->snapshot = s;
    j->config = &s->config;
    atomic_store_explicit(&j->from_spans, s->config.breadcrumbs_from_spans, memory_order_relaxed);
    return use_across(j, &s->config.breadcrumbs_across);
}

/* ---- the thread --------------------------------------------------------------------- */

static void take_notes(struct weir_join *j)
{
    struct weir_link *link = weir_mailbox_take(&j->inbox);

    while (link != NULL) {
        struct weir_fragment *f = (struct weir_fragment *)(void *)link;

        link = link->next;
        if (f->id <= j->listed_to)
            weir_join_forget(j, f);
        else
            weir_join_take_in(j, f);
    }
}

static void work(struct weir_join *j, uint64_t now_ms)
{
    weir_storms_work(j, now_ms);
    weir_events_work(j, now_ms);
    weir_traces_work(j, now_ms);
    weir_logs_work(j, now_ms);
    weir_crumbs_expire(j, now_ms);
    weir_recent_expire(j, now_ms);
    settle_doomed(j, now_ms);
}

void weir_join_step(struct weir_join *j, uint64_t now_ms)
{
    (void)follow_configuration(j); /* no memory: at the next step */
    take_notes(j);
    weir_jobs_replies(j, now_ms);
    weir_jobs_retry(j, now_ms, false);
    if (atomic_load(&j->lost))
        list_again(j, now_ms);
    else
        work(j, now_ms);
    weir_gauge_set(j->held, (double)j->crumbs.n_fragments);
}

/* How long the thread may sleep. */
static int patience_ms(const struct weir_join *j)
{
    bool busy = j->spans.n_traces > 0 || j->logs.n_traces > 0 || j->waiting.n > 0 ||
                j->retries != NULL || j->doomed.n > 0 || weir_storms_any(j);

    return busy ? WEIR_JOIN_TICK_MS : 4 * WEIR_JOIN_TICK_MS;
}

static void wait_for_something(struct weir_join *j)
{
    struct pollfd fds[] = {{.fd = j->inbox.event_fd, .events = POLLIN},
                           {.fd = j->replies.event_fd, .events = POLLIN}};

    (void)poll(fds, 2, patience_ms(j));
}

/* What is under way must come back, since the spool holds our memory. What
 * waits stays staged. */
static void finish(struct weir_join *j)
{
    uint64_t until_ms = weir_mono_ms() + STOP_MS;

    weir_join_step(j, weir_mono_ms());
    for (;;) {
        struct pollfd fd = {.fd = j->replies.event_fd, .events = POLLIN};
        size_t waiting = 0;

        for (const struct weir_job *job = j->retries; job != NULL; job = job->next)
            waiting++;
        if (j->n_jobs == waiting || weir_mono_ms() > until_ms)
            return;
        (void)poll(&fd, 1, WEIR_JOIN_TICK_MS);
        weir_jobs_replies(j, weir_mono_ms());
    }
}

static void *run(void *self)
{
    struct weir_join *j = self;

    pthread_setname_np(pthread_self(), "weir-join");
    weir_metrics_thread();
    while (!atomic_load(&j->stopping)) {
        weir_join_step(j, weir_mono_ms());
        wait_for_something(j);
    }
    finish(j);
    weir_metrics_thread_end();
    return NULL;
}

/* ---- life ------------------------------------------------------------------------------ */

int weir_join_new(struct weir_spool *spool, struct weir_current *current,
                  struct weir_join **ret_join)
{
    struct weir_join *j = calloc(1, sizeof *j);

    if (j == NULL)
        return WEIR_ENOMEM;
    j->spool = spool;
    j->current = current;
    j->inbox.event_fd = j->replies.event_fd = -1;
    weir_arena_init(&j->scratch, SCRATCH_BYTES);
    j->json = weir_json_reader_new();
    if (j->json == NULL || !weir_filter_init(&j->filter) || !weir_filter_init(&j->failed) ||
        weir_mailbox_init(&j->inbox) != 0 || weir_mailbox_init(&j->replies) != 0 ||
        follow_configuration(j) != 0) {
        weir_join_free(j);
        return WEIR_ENOMEM;
    }
    *ret_join = j;
    return 0;
}

int weir_join_open(struct weir_join *j, uint64_t now_ms)
{
    int err = weir_spool_reader_new(j->spool, &j->reader);

    j->held = weir_metric_of(WEIR_M_BREADCRUMBS_HELD, NULL);
    j->joined = weir_metric_of(WEIR_M_BREADCRUMBS, "joined", NULL);
    j->expired = weir_metric_of(WEIR_M_BREADCRUMBS, "expired", NULL);
    j->dropped = weir_metric_of(WEIR_M_BREADCRUMBS, "dropped", NULL);
    return err != 0 ? err : list_staged(j, now_ms);
}

int weir_join_start(struct weir_join *j)
{
    int err = weir_join_open(j, weir_mono_ms());

    if (err == 0 && pthread_create(&j->thread, NULL, run, j) != 0)
        err = WEIR_ENOMEM;
    j->started = err == 0;
    return err;
}

void weir_join_stop(struct weir_join *j)
{
    uint64_t one = 1;

    if (!j->started)
        return;
    atomic_store(&j->stopping, true);
    /* Wakes the thread; a note would do the same. */
    (void)!write(j->inbox.event_fd, &one, sizeof one);
    pthread_join(j->thread, NULL);
    j->started = false;
}

static void free_notes(struct weir_join *j)
{
    struct weir_link *link = j->inbox.event_fd >= 0 ? weir_mailbox_take(&j->inbox) : NULL;

    while (link != NULL) {
        struct weir_link *next = link->next;

        free(link); /* the first member of its fragment */
        link = next;
    }
}

void weir_join_free(struct weir_join *j)
{
    struct weir_across *across;

    if (j == NULL)
        return;
    free_notes(j);
    forget_list(j, &j->events);
    forget_list(j, &j->waiting);
    forget_list(j, &j->doomed);
    weir_index_destroy(&j->crumbs);
    weir_index_destroy(&j->spans);
    weir_index_destroy(&j->logs);
    weir_jobs_destroy(j);
    weir_recent_destroy(j);
    weir_storms_destroy(j);
    weir_seen_destroy(&j->same);
    weir_seen_destroy(&j->decided);
    while ((across = atomic_load(&j->across)) != NULL) {
        atomic_store(&j->across, across->before);
        free(across->ids);
        free(across);
    }
    weir_spool_reader_free(j->reader);
    weir_json_reader_free(j->json);
    weir_filter_destroy(&j->filter);
    weir_filter_destroy(&j->failed);
    if (j->inbox.event_fd >= 0)
        weir_mailbox_destroy(&j->inbox);
    if (j->replies.event_fd >= 0)
        weir_mailbox_destroy(&j->replies);
    weir_arena_destroy(&j->scratch);
    weir_snapshot_put(j->snapshot);
    free(j);
}
