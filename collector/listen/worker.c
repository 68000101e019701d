/* worker.c - the loop of one worker.
 *
 *   epoll { libmicrohttpd's epoll of each server, UDP socket, mailbox, stop }
 *
 *   turn: wait -> mailbox (replies, resumes) -> one UDP batch -> servers -> clock
 *
 * Each turn gives each source a bounded share, so that a flood of datagrams
 * does not starve HTTP nor the other way round: libmicrohttpd handles what
 * its epoll reported, UDP one batch of 64; what is left makes the next turn
 * start without waiting. */
#include "request.h"

#include "weir/clock.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

/* ---- leases ---------------------------------------------------------------- */

struct weir_lease *weir_lease_take(struct weir_worker *w)
{
    w->lease->users++;
    return w->lease;
}

void weir_lease_put(struct weir_lease *l)
{
    if (--l->users > 0)
        return;
    weir_snapshot_put(l->snapshot);
    free(l);
}

/* Between events: after a reload the next one sees the new snapshot, what is
 * under way keeps the old. Out of memory: the old one stays for a while. */
static void renew_lease(struct weir_worker *w)
{
    struct weir_current *current = w->listen->options.current;
    struct weir_lease *next;

    if (w->lease != NULL && w->lease->snapshot->generation == weir_current_generation(current))
        return;
    next = calloc(1, sizeof *next);
    if (next == NULL)
        return;
    next->snapshot = weir_current_get(current);
    next->users = 1;
    if (w->lease != NULL)
        weir_lease_put(w->lease);
    w->lease = next;
}

/* ---- tools ------------------------------------------------------------------- */

int weir_tools_new(struct weir_worker *w, struct weir_tools *ret_tools)
{
    struct weir_join *join = w->listen->options.join;
    struct weir_tools t = {.scrubber = weir_scrubber_new(),
                           .reader = weir_json_reader_new(),
                           .spool = w->listen->options.spool,
                           .staged = join != NULL ? weir_join_staged : NULL,
                           .expect = join != NULL ? weir_join_expect : NULL,
                           .failed = join != NULL ? weir_join_failed : NULL,
                           .self = join};

    if (t.scrubber == NULL || t.reader == NULL) {
        weir_tools_free(&t);
        return WEIR_ENOMEM;
    }
    *ret_tools = t;
    return 0;
}

void weir_tools_free(struct weir_tools *t)
{
    if (t->scrubber != NULL)
        weir_scrubber_free(t->scrubber);
    if (t->reader != NULL)
        weir_json_reader_free(t->reader);
    t->scrubber = NULL;
    t->reader = NULL;
}

/* ---- sources ------------------------------------------------------------------- */

int weir_worker_watch(struct weir_worker *w, int fd, struct weir_watch *watch)
{
    struct epoll_event e = {.events = EPOLLIN, .data = {.ptr = watch}};

    return epoll_ctl(w->epoll_fd, EPOLL_CTL_ADD, fd, &e) == 0 ? 0 : WEIR_EIO;
}

static void mail_ready(struct weir_watch *watch)
{
    struct weir_worker *w =
        (struct weir_worker *)((char *)watch - offsetof(struct weir_worker, mail_watch));

    w->mail_ready = true;
}

static void stop_ready(struct weir_watch *watch)
{
    struct weir_worker *w =
        (struct weir_worker *)((char *)watch - offsetof(struct weir_worker, stop_watch));

    w->stopping = true;
}

static void take_mail(struct weir_worker *w)
{
    struct weir_link *next;

    w->mail_ready = false;
    for (struct weir_link *l = weir_mailbox_take(&w->mail); l != NULL; l = next) {
        struct weir_op *op = (struct weir_op *)l;
        struct weir_waiter *waiter = op->owner;

        next = l->next; /* the operation may be gone after the reply */
        waiter->reply(waiter, op);
    }
}

/* ---- the loop -------------------------------------------------------------------- */

static int wait_ms(const struct weir_worker *w, bool more, uint64_t until_ms)
{
    uint64_t next = weir_http_next_ms(w);

    if (more)
        return 0;
    if (until_ms < next)
        next = until_ms;
    for (size_t i = 0; i < 2; i++) {
        uint64_t due = weir_udp_next_ms(w->udp[i]);

        next = due < next ? due : next;
    }
    if (next == UINT64_MAX)
        return -1;
    if (next <= w->now_ms)
        return 0;
    return next - w->now_ms < 60000 ? (int)(next - w->now_ms) : 60000;
}

/* One turn; true when there is more to do at once. `until_ms` bounds the
 * wait. */
static bool turn(struct weir_worker *w, bool more, uint64_t until_ms)
{
    struct epoll_event events[32];
    int n = epoll_wait(w->epoll_fd, events, 32, wait_ms(w, more, until_ms));
    bool http = false;

    w->now_ms = weir_mono_ms();
    renew_lease(w);
    for (int i = 0; i < n; i++) {
        struct weir_watch *watch = events[i].data.ptr;

        watch->ready(watch);
    }
    if (w->mail_ready)
        take_mail(w);
    weir_http_tick(w);
    more = false;
    for (size_t i = 0; i < WEIR_SERVERS; i++)
        http |= w->servers[i].ready;
    /* First: a breadcrumb that was sent before an error is there before it. */
    for (size_t i = 0; i < 2; i++)
        more |= weir_udp_run(w->udp[i], http);
    for (size_t i = 0; i < WEIR_SERVERS; i++)
        more |= weir_server_run(&w->servers[i]);
    return more;
}

static bool at_rest(const struct weir_worker *w)
{
    return w->requests == 0 && w->conns.n == 0 &&
           weir_udp_pending(w->udp[0]) + weir_udp_pending(w->udp[1]) == 0;
}

static void drain(struct weir_worker *w)
{
    uint64_t until_ms = w->now_ms + w->listen->drain_ms;
    bool more = true;

    w->draining = true;
    for (size_t i = 0; i < WEIR_SERVERS; i++)
        weir_server_quiesce(&w->servers[i]);
    weir_udp_quiesce(w->udp[0]);
    weir_udp_quiesce(w->udp[1]);
    while (!at_rest(w) && w->now_ms < until_ms) {
        weir_http_drop_idle(w);
        more = turn(w, more, until_ms);
    }
    weir_http_give_up(w);
    for (size_t i = 0; i < 2 && !at_rest(w); i++)
        turn(w, true, 0); /* the answers go out */
    for (size_t i = 0; i < WEIR_SERVERS; i++)
        weir_server_close(&w->servers[i]);
}

void *weir_worker_run(void *worker)
{
    struct weir_worker *w = worker;
    bool more = false;

    pthread_setname_np(pthread_self(), "weir-worker");
    weir_metrics_thread();
    while (!w->stopping)
        more = turn(w, more, UINT64_MAX);
    drain(w);
    weir_metrics_thread_end();
    return NULL;
}

/* ---- life ---------------------------------------------------------------------------- */

static void find_series(struct weir_listen_series *s)
{
    static const char *const transports[] = {[WEIR_HTTP] = "http", [WEIR_UDP] = "udp"};

    for (size_t i = 0; i < 2; i++) {
        s->decode[i] = weir_metric_of(WEIR_M_INGEST, transports[i], "decode", NULL);
        s->commit[i] = weir_metric_of(WEIR_M_INGEST, transports[i], "commit", NULL);
    }
    s->udp_accepted = weir_metric_of(WEIR_M_UDP_DATAGRAMS, "accepted", NULL);
    s->udp_malformed = weir_metric_of(WEIR_M_UDP_DATAGRAMS, "malformed", NULL);
    s->udp_refused = weir_metric_of(WEIR_M_UDP_DATAGRAMS, "refused", NULL);
    s->udp_dropped = weir_metric_of(WEIR_M_UDP_DATAGRAMS, "dropped", NULL);
    s->kernel_drops = weir_metric_of(WEIR_M_UDP_KERNEL_DROPS, NULL);
}

int weir_worker_open(struct weir_worker *w)
{
    int err;

    w->mail_watch.ready = mail_ready;
    w->stop_watch.ready = stop_ready;
    w->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    w->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    w->now_ms = weir_mono_ms();
    renew_lease(w);
    if (w->epoll_fd < 0 || w->stop_fd < 0 || w->lease == NULL)
        return WEIR_EIO;
    err = weir_mailbox_init(&w->mail);
    if (err != 0)
        return err;
    w->has_mail = true;
    if (weir_worker_watch(w, w->mail.event_fd, &w->mail_watch) != 0 ||
        weir_worker_watch(w, w->stop_fd, &w->stop_watch) != 0)
        return WEIR_EIO;
    find_series(&w->series);
    return weir_tools_new(w, &w->tools);
}

void weir_worker_close(struct weir_worker *w)
{
    for (size_t i = 0; i < WEIR_SERVERS; i++)
        weir_server_close(&w->servers[i]);
    /* Late replies of the spool, which has stopped by now. */
    if (w->has_mail) {
        take_mail(w);
        weir_mailbox_destroy(&w->mail);
    }
    weir_udp_close(w->udp[0]);
    weir_udp_close(w->udp[1]);
    weir_linger_sweep(w, UINT64_MAX);
    weir_requests_free(w);
    weir_tools_free(&w->tools);
    if (w->lease != NULL)
        weir_lease_put(w->lease);
    if (w->epoll_fd >= 0)
        close(w->epoll_fd);
    if (w->stop_fd >= 0)
        close(w->stop_fd);
}
