/* checks.c - see checks.h: the thread, its timers, its results.
 *
 * A check is due at once and then each interval; one that is still under way
 * then is not begun a second time. Results are written under the lock, since
 * health answers copy them from other threads; all else is the thread's own. */
#include "weir/checks.h"

#include "probe.h"
#include "series.h"

#include "weir/clock.h"
#include "weir/log.h"

#include <pthread.h>
#include <stdlib.h>

enum { LEDGER_MS = 10000, LONGEST_WAIT_MS = 1000 };

struct check {
    const struct weir_health_check *config; /* in the snapshot held */
    struct weir_probe probe;                /* easy != NULL: under way */
    uint64_t due_ms;                        /* mono */
    struct weir_check_view view;            /* under the lock; its name is the snapshot's */
};

struct weir_checks {
    struct weir_current *current;
    struct weir_spool *spool;
    CURLM *multi;
    pthread_t thread;
    bool started;
    atomic_bool stop;
    struct weir_snapshot *snapshot; /* that `list` is made of */
    struct check *list;             /* replaced under the lock */
    size_t n;
    pthread_mutex_t lock;
    struct weir_spool_reader *reader; /* for the ledgers */
    uint64_t ledger_due_ms;
};

/* ---- results ------------------------------------------------------------ */

static void show(const struct weir_check_view *v)
{
    struct weir_str labels[] = {weir_str_of(weir_check_kind_name(v->kind)), v->name};

    if (!v->known)
        return;
    weir_gauge_set(weir_metric(WEIR_M_DEPENDENCY_UP, labels, 2), v->up ? 1 : 0);
    weir_gauge_set(weir_metric(WEIR_M_DEPENDENCY_SECONDS, labels, 2), v->seconds);
}

/* A line when it changes, not one a check. */
static void tell(const struct weir_check_view *before, const char *error)
{
    const char *kind = weir_check_kind_name(before->kind);

    if (error != NULL && (before->up || !before->known))
        weir_log(WEIR_WARN, "dependency is down", "kind", kind, "name", weir_log_str(before->name),
                 "error", error, NULL);
    else if (error == NULL && before->known && !before->up)
        weir_log(WEIR_INFO, "dependency is up again", "kind", kind, "name",
                 weir_log_str(before->name), NULL);
}

/* `error` NULL: it is well. */
static void note(struct weir_checks *c, struct check *k, const char *error, double seconds)
{
    tell(&k->view, error);
    pthread_mutex_lock(&c->lock);
    k->view.known = true;
    k->view.up = error == NULL;
    k->view.seconds = seconds;
    k->view.checked_ms = weir_wall_ms();
    if (error != NULL) {
        k->view.last_error = error;
        k->view.error_ms = k->view.checked_ms;
    }
    pthread_mutex_unlock(&c->lock);
    show(&k->view);
}

int weir_checks_list(struct weir_checks *c, struct weir_arena *a, struct weir_check_view **ret_list,
                     size_t *ret_n)
{
    struct weir_check_view *list;
    int err = 0;

    pthread_mutex_lock(&c->lock);
    list = weir_arena_zalloc(a, c->n + 1, sizeof *list);
    for (size_t i = 0; list != NULL && i < c->n; i++) {
        list[i] = c->list[i].view;
        list[i].name = weir_arena_copy(a, list[i].name);
        err = list[i].name.p == NULL ? WEIR_ENOMEM : err;
    }
    if (list != NULL && err == 0) {
        *ret_list = list;
        *ret_n = c->n;
    }
    pthread_mutex_unlock(&c->lock);
    return list != NULL ? err : WEIR_ENOMEM;
}

/* ---- URLs --------------------------------------------------------------- */

static void begin_url(struct weir_checks *c, struct check *k)
{
    if (weir_probe_begin(&k->probe, k->config, k) != 0) {
        note(c, k, "other", 0);
    } else if (curl_multi_add_handle(c->multi, k->probe.easy) != CURLM_OK) {
        weir_probe_end(&k->probe);
        note(c, k, "other", 0);
    }
}

static void drop_url(struct weir_checks *c, struct check *k)
{
    if (k->probe.easy == NULL)
        return;
    curl_multi_remove_handle(c->multi, k->probe.easy);
    weir_probe_end(&k->probe);
}

static void finish_urls(struct weir_checks *c)
{
    CURLMsg *m;
    int left;

    while ((m = curl_multi_info_read(c->multi, &left)) != NULL) {
        struct check *k = NULL;
        CURLcode result = m->data.result;
        curl_off_t us = 0;
        long status = 0;

        if (m->msg != CURLMSG_DONE)
            continue;
        curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, (char **)&k);
        curl_easy_getinfo(m->easy_handle, CURLINFO_RESPONSE_CODE, &status);
        curl_easy_getinfo(m->easy_handle, CURLINFO_TOTAL_TIME_T, &us);
        drop_url(c, k);
        note(c, k, weir_probe_judge(result, status), (double)us / 1e6);
    }
}

/* ---- queues ------------------------------------------------------------- */

/* Sums over the slots of "spool", or that of "spool:NAME"; the age is that of
 * the oldest. */
static void measure(const struct weir_spool *spool, struct weir_str queue,
                    uint64_t ret[WEIR_QUEUE_MEASURES])
{
    struct weir_str only = weir_str_sub(queue, sizeof "spool:" - 1, queue.n);
    uint64_t now_ms = weir_wall_ms();

    memset(ret, 0, WEIR_QUEUE_MEASURES * sizeof *ret);
    for (unsigned slot = 0; spool != NULL && slot < WEIR_MAX_DESTINATIONS; slot++) {
        struct weir_str name = weir_destination_name(slot);
        struct weir_spool_gauges g;
        uint64_t age_ms;

        if (name.n == 0 || (only.n > 0 && !weir_str_eq(only, name)))
            continue;
        weir_spool_gauges(spool, slot, &g);
        for (int state = WEIR_ROW_STAGED; state < WEIR_ROW_DEAD; state++) {
            ret[WEIR_QUEUE_DEPTH] += g.rows[state];
            ret[WEIR_QUEUE_BYTES] += g.bytes[state];
        }
        ret[WEIR_QUEUE_DEAD] += g.rows[WEIR_ROW_DEAD];
        age_ms = g.oldest_ms > 0 && now_ms > g.oldest_ms ? now_ms - g.oldest_ms : 0;
        ret[WEIR_QUEUE_AGE] = age_ms > ret[WEIR_QUEUE_AGE] ? age_ms : ret[WEIR_QUEUE_AGE];
    }
}

static void check_queue(struct weir_checks *c, struct check *k)
{
    uint64_t measures[WEIR_QUEUE_MEASURES], began_us = weir_mono_us();
    bool holds;

    measure(c->spool, k->config->queue, measures);
    holds = weir_queue_check_holds(&k->config->condition, measures);
    note(c, k, holds ? NULL : "condition", (double)(weir_mono_us() - began_us) / 1e6);
}

/* ---- ledgers ------------------------------------------------------------ */

/* Destinations that nothing was sent to yet have no ledger: 0. */
static void show_unused(const struct weir_config *config, const struct weir_ledger *ledgers,
                        size_t n)
{
    for (size_t i = 0; i < config->n_destinations; i++) {
        struct weir_str name = config->destinations[i].name;
        bool used = false;

        for (size_t k = 0; k < n; k++)
            used = used || weir_str_eq(ledgers[k].destination, name);
        if (!used)
            weir_gauge_set(weir_metric(WEIR_M_LEDGER_DIFFERENCE, &name, 1), 0);
    }
}

/* Counts rows, which takes time with a long backlog: hence here, and not at
 * each scrape. */
static void count_ledgers(struct weir_checks *c)
{
    struct weir_ledger *ledgers;
    struct weir_arena arena;
    size_t n = 0;

    if (c->spool == NULL || c->snapshot == NULL)
        return;
    if (c->reader == NULL && weir_spool_reader_new(c->spool, &c->reader) != 0) {
        c->reader = NULL;
        return;
    }
    weir_arena_init(&arena, 1 << 20);
    if (weir_spool_ledger(c->reader, &arena, &ledgers, &n) == 0)
        show_unused(&c->snapshot->config, ledgers, n);
    else
        n = 0;
    for (size_t i = 0; i < n; i++)
        weir_gauge_set(weir_metric(WEIR_M_LEDGER_DIFFERENCE, &ledgers[i].destination, 1),
                       (double)ledgers[i].difference);
    weir_arena_destroy(&arena);
}

/* ---- reloads ------------------------------------------------------------ */

/* A check of the same kind and name goes on from its last result. */
static void take_result(struct check *k, const struct check *old, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (old[i].view.kind == k->view.kind && weir_str_eq(old[i].view.name, k->view.name)) {
            struct weir_str name = k->view.name;

            k->view = old[i].view;
            k->view.name = name;
        }
    }
}

static struct check *make_list(const struct weir_checks *c, const struct weir_config *config)
{
    struct check *list = calloc(config->n_health_checks + 1, sizeof *list);

    for (size_t i = 0; list != NULL && i < config->n_health_checks; i++) {
        list[i].config = &config->health_checks[i];
        list[i].view.kind = list[i].config->kind;
        list[i].view.name = list[i].config->name;
        take_result(&list[i], c->list, c->n);
    }
    return list;
}

/* Takes over `next_take` and its list; the old ones go. */
static void swap(struct weir_checks *c, struct weir_snapshot *next_take, struct check *list,
                 size_t n)
{
    struct weir_snapshot *old = c->snapshot;
    struct check *old_list = c->list;

    for (size_t i = 0; i < c->n; i++)
        drop_url(c, &c->list[i]);
    pthread_mutex_lock(&c->lock);
    c->snapshot = next_take;
    c->list = list;
    c->n = n;
    pthread_mutex_unlock(&c->lock);
    free(old_list);
    weir_snapshot_put(old);
}

static void follow(struct weir_checks *c)
{
    struct weir_snapshot *s = weir_current_get(c->current);
    struct check *list;

    if (c->snapshot != NULL && c->snapshot->generation == s->generation) {
        weir_snapshot_put(s);
        return;
    }
    list = make_list(c, &s->config);
    if (list == NULL) { /* the old ones go on; tried again with the next wait */
        weir_snapshot_put(s);
        return;
    }
    swap(c, s, list, s->config.n_health_checks);
    weir_metrics_hide(WEIR_M_DEPENDENCY_UP);
    weir_metrics_hide(WEIR_M_DEPENDENCY_SECONDS);
    for (size_t i = 0; i < c->n; i++)
        show(&c->list[i].view);
}

/* ---- the thread --------------------------------------------------------- */

/* Begins what is due; when the next one is, mono. */
static uint64_t begin_due(struct weir_checks *c, uint64_t now_ms)
{
    uint64_t next_ms = now_ms + LONGEST_WAIT_MS;

    for (size_t i = 0; i < c->n; i++) {
        struct check *k = &c->list[i];

        if (now_ms >= k->due_ms) {
            k->due_ms = now_ms + k->config->interval_ms;
            if (k->config->kind == WEIR_CHECK_QUEUE)
                check_queue(c, k);
            else if (k->probe.easy == NULL)
                begin_url(c, k);
        }
        next_ms = k->due_ms < next_ms ? k->due_ms : next_ms;
    }
    if (now_ms >= c->ledger_due_ms) {
        c->ledger_due_ms = now_ms + LEDGER_MS;
        count_ledgers(c);
    }
    return next_ms;
}

static void *run(void *self)
{
    struct weir_checks *c = self;

    pthread_setname_np(pthread_self(), "weir-checks");
    weir_metrics_thread();
    while (!atomic_load(&c->stop)) {
        uint64_t now_ms = weir_mono_ms(), next_ms;
        int running;

        follow(c);
        next_ms = begin_due(c, now_ms);
        curl_multi_perform(c->multi, &running);
        finish_urls(c);
        now_ms = weir_mono_ms();
        curl_multi_poll(c->multi, NULL, 0, next_ms > now_ms ? (int)(next_ms - now_ms) : 0, NULL);
    }
    weir_metrics_thread_end();
    return NULL;
}

/* ---- life --------------------------------------------------------------- */

int weir_checks_new(struct weir_current *current, struct weir_spool *spool,
                    struct weir_checks **ret_checks)
{
    struct weir_checks *c = calloc(1, sizeof *c);

    if (c == NULL)
        return WEIR_ENOMEM;
    c->current = current;
    c->spool = spool;
    c->multi = curl_multi_init();
    pthread_mutex_init(&c->lock, NULL);
    if (c->multi == NULL) {
        weir_checks_free(c);
        return WEIR_ENOMEM;
    }
    *ret_checks = c;
    return 0;
}

int weir_checks_start(struct weir_checks *c)
{
    if (pthread_create(&c->thread, NULL, run, c) != 0)
        return WEIR_ENOMEM;
    c->started = true;
    return 0;
}

void weir_checks_wake(struct weir_checks *c)
{
    curl_multi_wakeup(c->multi);
}

void weir_checks_stop(struct weir_checks *c)
{
    if (!c->started)
        return;
    atomic_store(&c->stop, true);
    weir_checks_wake(c);
    pthread_join(c->thread, NULL);
    c->started = false;
}

void weir_checks_free(struct weir_checks *c)
{
    if (c == NULL)
        return;
    weir_checks_stop(c);
    swap(c, NULL, NULL, 0);
    weir_spool_reader_free(c->reader);
    curl_multi_cleanup(c->multi);
    pthread_mutex_destroy(&c->lock);
    free(c);
}
