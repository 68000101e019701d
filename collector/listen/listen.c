/* listen.c - start and stop of the workers. */
#include "worker.h"

#include "weir/log.h"

#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    COMMIT_WAIT_MS = 2000,
    WORKERS_MAX = 64,
    OTHER_FILES = 1024 /* spool, blobs, forwarder, epoll */
};

/* Each connection is a descriptor; the usual soft limit of 1024 is too few.
 * Returns for how many connections it is enough now. */
static uint32_t raise_file_limit(uint64_t connections)
{
    struct rlimit r;
    uint64_t want = connections + OTHER_FILES;

    if (getrlimit(RLIMIT_NOFILE, &r) != 0)
        return UINT32_MAX;
    if (r.rlim_cur < want) {
        r.rlim_cur = r.rlim_max < want ? r.rlim_max : want;
        if (setrlimit(RLIMIT_NOFILE, &r) != 0)
            getrlimit(RLIMIT_NOFILE, &r);
    }
    if (r.rlim_cur < connections)
        weir_log(WEIR_WARN, "fewer file descriptors than limits.connections", "descriptors",
                 weir_log_num((int64_t)r.rlim_cur), NULL);
    if (r.rlim_cur >= want)
        return UINT32_MAX;
    return (uint32_t)(r.rlim_cur > 2 * OTHER_FILES ? r.rlim_cur - OTHER_FILES : r.rlim_cur / 2);
}

static unsigned count_workers(unsigned asked)
{
    long cores = asked > 0 ? (long)asked : sysconf(_SC_NPROCESSORS_ONLN);

    if (cores < 1)
        return 1;
    return cores < WORKERS_MAX ? (unsigned)cores : WORKERS_MAX;
}

struct binding {
    struct weir_listen *l;
    const struct weir_config *config;
    struct weir_arena *arena;
    struct weir_str *why;
};

static int open_http(struct binding *b, struct weir_worker *w)
{
    const struct weir_config *c = b->config;
    struct weir_server *s = &w->servers[0];
    int fd, err;

    if (c->listen_http.text.n == 0)
        return 0;
    err = weir_bind(&c->listen_http, SOCK_STREAM, b->l->http_port, b->arena, b->why, &fd);
    if (err != 0)
        return err;
    b->l->http_port = weir_bound_port(fd);
    s->ingest = true;
    s->admin = c->listen_admin.text.n == 0;
    s->loopback = c->listen_http.loopback;
    return weir_server_open(s, w, fd);
}

static int open_admin(struct binding *b, struct weir_worker *w)
{
    const struct weir_config *c = b->config;
    struct weir_server *s = &w->servers[1];
    int fd, err;

    if (c->listen_admin.text.n == 0 || w->index > 0)
        return 0;
    err = weir_bind(&c->listen_admin, SOCK_STREAM, 0, b->arena, b->why, &fd);
    if (err != 0)
        return err;
    b->l->admin_port = weir_bound_port(fd);
    s->admin = true;
    s->loopback = c->listen_admin.loopback;
    return weir_server_open(s, w, fd);
}

static int open_otlp(struct binding *b, struct weir_worker *w)
{
    const struct weir_config *c = b->config;
    struct weir_server *s = &w->servers[2];
    int fd, err;

    if (c->listen_otlp.text.n == 0)
        return 0;
    err = weir_bind(&c->listen_otlp, SOCK_STREAM, b->l->otlp_port, b->arena, b->why, &fd);
    if (err != 0)
        return err;
    b->l->otlp_port = weir_bound_port(fd);
    s->ingest = s->otlp = true;
    s->loopback = c->listen_otlp.loopback;
    return weir_server_open(s, w, fd);
}

/* `port`: 0 for the first worker, then the one that it got. */
static int open_datagrams(struct binding *b, struct weir_worker *w, const struct weir_address *at,
                          uint16_t *port, bool syslog)
{
    int fd, err;

    if (at->text.n == 0)
        return 0;
    err = weir_bind(at, SOCK_DGRAM, *port, b->arena, b->why, &fd);
    if (err != 0)
        return err;
    *port = weir_bound_port(fd);
    return weir_udp_open(w, fd, syslog);
}

static int open_udp(struct binding *b, struct weir_worker *w)
{
    int err = open_datagrams(b, w, &b->config->listen_udp, &b->l->udp_port, false);

    return err != 0 ? err
                    : open_datagrams(b, w, &b->config->listen_syslog, &b->l->syslog_port, true);
}

static int open_worker(struct binding *b, struct weir_worker *w)
{
    int err = weir_worker_open(w);

    if (err == 0)
        err = open_http(b, w);
    if (err == 0)
        err = open_admin(b, w);
    if (err == 0)
        err = open_otlp(b, w);
    return err == 0 ? open_udp(b, w) : err;
}

static void report_lost(void *series, uint64_t lost)
{
    weir_count(series, lost);
}

/* At each scrape. */
static void collect(void *self)
{
    const struct weir_listen *l = self;

    weir_seq_publish(l->seqs);

    weir_gauge_set(weir_metric_of(WEIR_M_CONNECTIONS, NULL),
                   atomic_load_explicit(&l->connections, memory_order_relaxed));
}

static struct weir_listen *make(const struct weir_listen_options *o)
{
    struct weir_listen *l = calloc(1, sizeof *l);

    if (l == NULL)
        return NULL;
    l->options = *o;
    l->commit_wait_ms = COMMIT_WAIT_MS;
    l->n_workers = count_workers(o->workers);
    l->workers = calloc(l->n_workers, sizeof *l->workers);
    l->buckets = calloc(WEIR_BUCKETS, sizeof *l->buckets);
    l->seqs = calloc(1, sizeof *l->seqs);
    if (l->seqs != NULL)
        l->seqs->report = report_lost;
    for (unsigned i = 0; l->workers != NULL && i < l->n_workers; i++) {
        struct weir_worker *w = &l->workers[i];

        w->listen = l;
        w->index = i;
        w->epoll_fd = w->stop_fd = -1;
        for (size_t k = 0; k < WEIR_SERVERS; k++)
            w->servers[k].fd = -1;
    }
    if (l->workers != NULL && l->buckets != NULL && l->seqs != NULL)
        return l;
    weir_listen_free(l);
    return NULL;
}

int weir_listen_new(const struct weir_listen_options *o, struct weir_str *why,
                    struct weir_arena *why_arena, struct weir_listen **ret_listen)
{
    struct weir_listen *l = make(o);
    struct weir_snapshot *s;
    struct binding b;
    int err = 0;

    if (l == NULL)
        return WEIR_ENOMEM;
    s = weir_current_get(o->current);
    l->connections_possible = raise_file_limit(s->config.limits.connections);
    b = (struct binding){l, &s->config, why_arena, why};
    for (unsigned i = 0; i < l->n_workers && err == 0; i++)
        err = open_worker(&b, &l->workers[i]);
    weir_snapshot_put(s);
    if (err != 0) {
        weir_listen_free(l);
        return err;
    }
    weir_metrics_collector(collect, l);
    *ret_listen = l;
    return 0;
}

int weir_listen_start(struct weir_listen *l)
{
    for (unsigned i = 0; i < l->n_workers; i++) {
        struct weir_worker *w = &l->workers[i];

        if (pthread_create(&w->thread, NULL, weir_worker_run, w) != 0) {
            weir_listen_stop(l, 0);
            return WEIR_ENOMEM;
        }
        w->running = true;
    }
    return 0;
}

void weir_listen_stop(struct weir_listen *l, uint32_t drain_ms)
{
    l->drain_ms = drain_ms;
    for (unsigned i = 0; i < l->n_workers; i++)
        if (l->workers[i].running)
            eventfd_write(l->workers[i].stop_fd, 1);
    for (unsigned i = 0; i < l->n_workers; i++) {
        struct weir_worker *w = &l->workers[i];

        if (w->running)
            pthread_join(w->thread, NULL);
        w->running = false;
    }
}

void weir_listen_free(struct weir_listen *l)
{
    if (l == NULL)
        return;
    for (unsigned i = 0; l->workers != NULL && i < l->n_workers; i++)
        weir_worker_close(&l->workers[i]);
    free(l->workers);
    free(l->buckets);
    free(l->seqs);
    free(l);
}

uint16_t weir_listen_http_port(const struct weir_listen *l)
{
    return l->http_port;
}

uint16_t weir_listen_otlp_port(const struct weir_listen *l)
{
    return l->otlp_port;
}

uint16_t weir_listen_udp_port(const struct weir_listen *l)
{
    return l->udp_port;
}

uint16_t weir_listen_syslog_port(const struct weir_listen *l)
{
    return l->syslog_port;
}
