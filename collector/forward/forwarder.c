/* forwarder.c - the thread that sends.
 *
 *   loop: new snapshot? -> replies of the spool -> answers of curl
 *         -> pump each destination that has a reason -> hand in settlements
 *         -> sleep until a socket, a reply, a wake-up or a time
 *
 * One curl multi handle carries all destinations; connections are kept alive
 * between them. Nothing here waits: a destination that hangs holds its own
 * transfers and nothing else. */
#include "forwarder.h"

#include "weir/clock.h"
#include "weir/metrics.h"

#include <stdlib.h>

enum {
    REPORTS_MS = 60 * 1000,
    LONGEST_SLEEP_MS = 1000,
    SCRATCH_CAP = 64 << 20,
    CONNECTIONS_KEPT = 64,
    /* After the drain: how long the spool may take for the last commits. */
    SETTLE_WAIT_MS = 2000
};

static struct weir_dest *dest_at(const struct weir_forward *f, unsigned slot)
{
    /* Acquire: pairs with the release in take_snapshot(); the struct behind
     * the pointer is complete. */
    return atomic_load_explicit(&f->dests[slot], memory_order_acquire);
}

/* ---- snapshot ---------------------------------------------------------------- */

static const struct weir_destination *config_of(const struct weir_config *c, unsigned slot)
{
    for (size_t i = 0; i < c->n_destinations; i++) {
        if (c->destinations[i].slot == slot)
            return &c->destinations[i];
    }
    return NULL;
}

static void take_snapshot(struct weir_forward *f, struct weir_snapshot *next_take)
{
    const struct weir_config *c = &next_take->config;
    struct weir_snapshot *old = f->snapshot;

    f->snapshot = next_take;
    for (unsigned slot = 0; slot < WEIR_MAX_DESTINATIONS; slot++) {
        const struct weir_destination *config = config_of(c, slot);
        struct weir_dest *d = dest_at(f, slot);

        if (d == NULL && config != NULL && (d = weir_dest_new(f, slot)) != NULL)
            atomic_store_explicit(&f->dests[slot], d, memory_order_release);
        if (d == NULL)
            continue;
        weir_dest_configure(d, config);
        weir_dest_publish(d, weir_mono_ms());
    }
    weir_snapshot_put(old);
}

static void look_for_snapshot(struct weir_forward *f)
{
    if (weir_current_generation(f->current) != f->snapshot->generation)
        take_snapshot(f, weir_current_get(f->current));
}

/* ---- the loop ---------------------------------------------------------------- */

/* A number without a unit: what curl still has to do. */
static void take_answers(struct weir_forward *f, uint64_t now_ms, uint64_t wall_ms)
{
    CURLMsg *msg;
    int left;

    while ((msg = curl_multi_info_read(f->multi, &left)) != NULL) {
        struct weir_transfer *t;
        CURL *easy = msg->easy_handle;
        CURLcode code = msg->data.result;

        if (msg->msg != CURLMSG_DONE)
            continue;
        curl_easy_getinfo(easy, CURLINFO_PRIVATE, (char **)&t);
        curl_multi_remove_handle(f->multi, easy); /* msg is gone after this */
        weir_outcome(t, code, now_ms, wall_ms);
    }
}

static void pump_all(struct weir_forward *f, uint64_t slots, uint64_t now_ms, uint64_t wall_ms)
{
    for (unsigned slot = 0; slot < WEIR_MAX_DESTINATIONS; slot++) {
        struct weir_dest *d = dest_at(f, slot);

        if (d == NULL)
            continue;
        if ((slots >> slot & 1) != 0)
            weir_window_wake(&d->window);
        else if (!d->window.released && (d->wake_ms == 0 || now_ms < d->wake_ms))
            continue;
        weir_pump(d, now_ms, wall_ms);
    }
}

static void send_reports(struct weir_forward *f, bool now, uint64_t now_ms, uint64_t wall_ms)
{
    if (!now && now_ms < f->reports_ms)
        return;
    f->reports_ms = now_ms + REPORTS_MS;
    for (unsigned slot = 0; slot < WEIR_MAX_DESTINATIONS; slot++) {
        if (dest_at(f, slot) != NULL)
            weir_client_reports_send(dest_at(f, slot), now_ms, wall_ms);
    }
}

static uint64_t earlier(uint64_t a_ms, uint64_t b_ms)
{
    return b_ms != 0 && b_ms < a_ms ? b_ms : a_ms;
}

static int sleep_ms(const struct weir_forward *f)
{
    uint64_t now_ms = weir_mono_ms(), at_ms = now_ms + LONGEST_SLEEP_MS;

    at_ms = earlier(at_ms, weir_settler_wake_ms(&f->settler));
    at_ms = earlier(at_ms, f->reports_ms);
    for (unsigned slot = 0; slot < WEIR_MAX_DESTINATIONS; slot++) {
        if (dest_at(f, slot) != NULL)
            at_ms = earlier(at_ms, dest_at(f, slot)->wake_ms);
    }
    return at_ms > now_ms ? (int)(at_ms - now_ms) : 0;
}

static void sleep_until_something(struct weir_forward *f)
{
    struct curl_waitfd reply = {.fd = f->settler.box.event_fd, .events = CURL_WAIT_POLLIN};

    curl_multi_poll(f->multi, &reply, 1, sleep_ms(f), NULL);
}

/* Which slots were woken. The flag goes first: a wake-up in between costs
 * one round, not a lost one. */
static uint64_t take_woken(struct weir_forward *f)
{
    atomic_store(&f->signalled, false);
    return atomic_exchange(&f->woken, 0);
}

/* What every round does, draining or not. */
static void turn(struct weir_forward *f, uint64_t now_ms, uint64_t wall_ms)
{
    int running;

    weir_settler_take(&f->settler, now_ms);
    curl_multi_perform(f->multi, &running);
    take_answers(f, now_ms, wall_ms);
}

static unsigned sending(const struct weir_forward *f)
{
    unsigned n = 0;

    for (unsigned slot = 0; slot < WEIR_MAX_DESTINATIONS; slot++)
        n += dest_at(f, slot) != NULL ? dest_at(f, slot)->sending : 0;
    return n;
}

static void cancel_all(struct weir_forward *f)
{
    for (unsigned slot = 0; slot < WEIR_MAX_DESTINATIONS; slot++) {
        struct weir_dest *d = dest_at(f, slot);

        while (d != NULL && d->out != NULL) {
            curl_multi_remove_handle(f->multi, d->out->easy);
            weir_outcome_cancel(d->out, weir_mono_ms());
        }
    }
}

static void drain(struct weir_forward *f)
{
    uint64_t until_ms = weir_mono_ms() + atomic_load(&f->drain_ms), now_ms;

    send_reports(f, true, weir_mono_ms(), weir_wall_ms());
    while (sending(f) > 0 && (now_ms = weir_mono_ms()) < until_ms) {
        turn(f, now_ms, weir_wall_ms());
        weir_settler_flush(&f->settler, false, now_ms);
        if (sending(f) > 0) {
            struct curl_waitfd reply = {.fd = f->settler.box.event_fd, .events = CURL_WAIT_POLLIN};

            curl_multi_poll(f->multi, &reply, 1,
                            (int)(until_ms - now_ms < 100 ? until_ms - now_ms : 100), NULL);
        }
    }
    cancel_all(f);
    until_ms = weir_mono_ms() + SETTLE_WAIT_MS;
    weir_settler_flush(&f->settler, true, weir_mono_ms());
    while (!weir_settler_done(&f->settler) && (now_ms = weir_mono_ms()) < until_ms) {
        struct curl_waitfd reply = {.fd = f->settler.box.event_fd, .events = CURL_WAIT_POLLIN};

        curl_multi_poll(f->multi, &reply, 1, 50, NULL);
        weir_settler_take(&f->settler, now_ms);
        weir_settler_flush(&f->settler, false, now_ms);
    }
}

static void *run(void *self)
{
    struct weir_forward *f = self;

    pthread_setname_np(pthread_self(), "weir-forward");
    weir_metrics_thread();
    f->reports_ms = weir_mono_ms() + REPORTS_MS;
    while (!atomic_load(&f->stopping)) {
        uint64_t slots = take_woken(f);
        uint64_t now_ms = weir_mono_ms(), wall_ms = weir_wall_ms();
        int running;

        look_for_snapshot(f);
        turn(f, now_ms, wall_ms);
        send_reports(f, false, now_ms, wall_ms);
        pump_all(f, slots, now_ms, wall_ms);
        weir_settler_flush(&f->settler, false, now_ms);
        /* What was just added starts now, not after the sleep. */
        curl_multi_perform(f->multi, &running);
        sleep_until_something(f);
    }
    drain(f);
    weir_metrics_thread_end();
    return NULL;
}

/* ---- the wall ---------------------------------------------------------------- */

int weir_forward_new(struct weir_spool *spool, struct weir_current *current,
                     struct weir_forward **ret_forward)
{
    struct weir_forward *f = calloc(1, sizeof *f);
    int err = WEIR_ENOMEM;

    if (f == NULL)
        return WEIR_ENOMEM;
    f->spool = spool;
    f->current = current;
    weir_arena_init(&f->scratch, SCRATCH_CAP);
    f->multi = curl_multi_init();
    if (f->multi == NULL)
        goto fail_multi;
    curl_multi_setopt(f->multi, CURLMOPT_MAXCONNECTS, (long)CONNECTIONS_KEPT);
    if ((err = weir_settler_init(&f->settler, spool)) != 0)
        goto fail_settler;
    if ((err = weir_spool_reader_new(spool, &f->reader)) != 0)
        goto fail_reader;
    take_snapshot(f, weir_current_get(current));
    *ret_forward = f;
    return 0;
fail_reader:
    weir_settler_destroy(&f->settler);
fail_settler:
    curl_multi_cleanup(f->multi);
fail_multi:
    weir_arena_destroy(&f->scratch);
    free(f);
    return err;
}

int weir_forward_start(struct weir_forward *f)
{
    if (pthread_create(&f->thread, NULL, run, f) != 0)
        return WEIR_ENOMEM;
    f->running = true;
    return 0;
}

void weir_forward_stop(struct weir_forward *f, uint32_t drain_ms)
{
    if (!f->running)
        return;
    atomic_store(&f->drain_ms, drain_ms);
    atomic_store(&f->stopping, true);
    curl_multi_wakeup(f->multi);
    pthread_join(f->thread, NULL);
    f->running = false;
}

void weir_forward_free(struct weir_forward *f)
{
    if (f == NULL)
        return;
    weir_settler_take(&f->settler, 0);
    for (unsigned slot = 0; slot < WEIR_MAX_DESTINATIONS; slot++)
        weir_dest_free(dest_at(f, slot));
    curl_multi_cleanup(f->multi);
    weir_settler_destroy(&f->settler);
    weir_spool_reader_free(f->reader);
    weir_snapshot_put(f->snapshot);
    weir_arena_destroy(&f->scratch);
    free(f);
}

void weir_forward_wake(void *self, uint64_t slots)
{
    struct weir_forward *f = self;

    atomic_fetch_or(&f->woken, slots);
    if (!atomic_exchange(&f->signalled, true))
        curl_multi_wakeup(f->multi);
}

#define LOAD(place) atomic_load_explicit(&(place), memory_order_relaxed)

void weir_forward_look(const struct weir_forward *f, unsigned slot,
                       struct weir_forward_view *ret_view)
{
    const struct weir_dest *d = slot < WEIR_MAX_DESTINATIONS ? dest_at(f, slot) : NULL;
    const struct weir_dest_view *v;

    memset(ret_view, 0, sizeof *ret_view);
    if (d == NULL)
        return;
    v = &d->view;
    ret_view->blocked = LOAD(v->blocked);
    ret_view->no_dsn = LOAD(v->no_dsn);
    ret_view->n_endpoints = LOAD(v->n_endpoints);
    for (unsigned i = 0; i < ret_view->n_endpoints && i < WEIR_VIEW_BREAKERS; i++)
        ret_view->breakers[i] = (enum weir_breaker_state)LOAD(v->breakers[i]);
    ret_view->limited_until_ms = LOAD(v->limited_until_ms);
    ret_view->sending = LOAD(v->sending);
    ret_view->last_success_ms = LOAD(v->last_success_ms);
    ret_view->last_status = LOAD(v->last_status);
}
