/* http.c - libmicrohttpd's side of a request.
 *
 * The daemon runs in external mode: MHD_USE_EPOLL without an internal
 * thread, its epoll descriptor watched by the worker's, MHD_run() when that
 * is readable or something was resumed. (With its own thread, 0.9.75 stalls
 * for good when exactly 128 events come at once; and in external mode
 * MHD_resume_connection() does not make the descriptor readable.)
 *
 * Calls of libmicrohttpd for one request:
 *
 *   on_uri        request line       -> a request from the pool
 *   on_request    head               -> route, keys, gates
 *   on_request    pieces of the body -> decoder
 *   on_request    end                -> suspended until the commit
 *   on_request    again, resumed     -> the answer is queued
 *   on_completed                     -> back to the pool
 *
 * A refusal known at the head is answered after the body was thrown away, so
 * that the connection lives on and the client, who may not read before it
 * has written, gets to see it. It goes out at once when the client asked
 * first (Expect: 100-continue) or announced more than SWALLOW bytes; then
 * the connection closes, and lingers (linger.c). */
#include "request.h"

#include "weir/clock.h"
#include "weir/log.h"

#include <malloc.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    SWALLOW = 1024 * 1024,
    /* Of one connection, in libmicrohttpd; the head must fit, a Cookie twice (it
     * is parsed in a copy), and the head of the answer: a line may have the
     * 8 KiB that servers commonly allow. It clears all of it after each
     * request, so more costs time and memory of idle ones. */
    CONNECTION_MEMORY = 20 * 1024,
    ANSWER_HEAD = 1024,
    CROWD = 128,
    CONNECTIONS_EVER = 1 << 20 /* the cap is ours, by closing the idlest */
};

struct weir_http_conn {
    struct weir_conn base; /* first */
    struct weir_server *server;
    struct weir_request *request;
    int fd;
};

/* ---- connections ------------------------------------------------------------ */

/* Makes libmicrohttpd see the end of the connection; it closes it. */
static void cut(struct weir_conn *base)
{
    static const char too_slow[] = "HTTP/1.1 408 Request Timeout\r\nConnection: close\r\n"
                                   "Content-Length: 0\r\n\r\n";
    struct weir_http_conn *c = (struct weir_http_conn *)base;
    struct weir_worker *w = c->server->worker;

    if (base->phase == WEIR_CONN_HEAD || base->phase == WEIR_CONN_BODY)
        (void)!send(c->fd, too_slow, sizeof too_slow - 1, MSG_DONTWAIT | MSG_NOSIGNAL);
    weir_conns_move(&w->conns, base, WEIR_CONN_CUT, w->now_ms);
    shutdown(c->fd, SHUT_RDWR);
}

static void conn_opened(struct weir_server *s, struct MHD_Connection *mhd, void **ret_context)
{
    struct weir_worker *w = s->worker;
    const union MHD_ConnectionInfo *fd =
        MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CONNECTION_FD);
    struct weir_http_conn *c = calloc(1, sizeof *c);
    uint32_t most = w->lease->snapshot->config.limits.connections;
    uint32_t possible = w->listen->connections_possible;
    struct weir_conn *oldest;

    *ret_context = c;
    if (c == NULL || fd == NULL) {
        if (fd != NULL)
            shutdown(fd->connect_fd, SHUT_RDWR);
        return;
    }
    c->server = s;
    c->fd = fd->connect_fd;
    oldest = weir_conns_oldest(&w->conns);
    weir_conns_add(&w->conns, &c->base, w->now_ms);
    if (w->crowd < w->conns.n)
        w->crowd = w->conns.n;
    if (atomic_fetch_add_explicit(&w->listen->connections, 1, memory_order_relaxed) >=
        (most < possible ? most : possible))
        cut(oldest != NULL ? oldest : &c->base);
}

/* What a crowd of connections took is given back when most of them are gone:
 * malloc keeps it otherwise, since something small always lies behind it. */
static void conn_closed(struct weir_worker *w, struct weir_http_conn *c)
{
    weir_conns_remove(&w->conns, &c->base);
    atomic_fetch_sub_explicit(&w->listen->connections, 1, memory_order_relaxed);
    free(c);
    if (w->crowd >= CROWD && w->conns.n <= w->crowd / 4) {
        malloc_trim(0);
        w->crowd = w->conns.n;
    }
}

static void on_connection(void *self, struct MHD_Connection *mhd, void **context,
                          enum MHD_ConnectionNotificationCode what)
{
    struct weir_server *s = self;
    struct weir_http_conn *c = *context;

    if (what == MHD_CONNECTION_NOTIFY_STARTED) {
        conn_opened(s, mhd, context);
    } else if (c != NULL) {
        conn_closed(s->worker, c);
        *context = NULL;
    }
}

static void enter(struct weir_request *r, enum weir_conn_phase phase)
{
    struct weir_worker *w = r->worker;

    if (r->conn->base.phase != WEIR_CONN_CUT)
        weir_conns_move(&w->conns, &r->conn->base, phase, w->now_ms);
}

/* ---- a request -------------------------------------------------------------- */

/* "/path?query", also out of the absolute form that proxies send. */
static int take_uri(struct weir_request *r, struct weir_str uri)
{
    size_t at = uri.n > 0 && uri.p[0] != '/' ? weir_str_find(uri, WEIR_S("://")) : SIZE_MAX;

    if (at != SIZE_MAX) {
        uri = weir_str_sub(uri, at + 3, SIZE_MAX);
        at = weir_str_find(uri, WEIR_S("/"));
        uri = at != SIZE_MAX ? weir_str_sub(uri, at, SIZE_MAX) : WEIR_S("/");
    }
    uri = weir_arena_copy(&r->arena, uri);
    if (uri.p == NULL)
        return WEIR_ENOMEM;
    weir_str_cut(uri, '?', &r->pub.path, &r->pub.query);
    return 0;
}

static void *on_uri(void *self, const char *uri, struct MHD_Connection *mhd)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    struct weir_http_conn *c = info != NULL ? info->socket_context : NULL;
    struct weir_request *r;

    if (c == NULL)
        return NULL;
    r = weir_request_new(self);
    if (r == NULL)
        return NULL;
    if (take_uri(r, weir_str_of(uri)) != 0) {
        weir_request_drop_http(r);
        return NULL;
    }
    r->conn = c;
    r->mhd = mhd;
    c->request = r;
    enter(r, WEIR_CONN_HEAD);
    return r;
}

/* Header values go through libmicrohttpd as C strings. */
static void add_header(struct weir_request *r, struct MHD_Response *response, const char *name,
                       struct weir_str value)
{
    struct weir_str z = weir_arena_copy(&r->arena, value);

    if (z.p != NULL)
        MHD_add_response_header(response, name, z.p);
}

static enum MHD_Result send_answer(struct weir_request *r)
{
    const struct weir_http_answer *a = &r->answer;
    struct MHD_Response *response;
    enum MHD_Result result;

    /* The body stays in the arena, which the request holds until
     * on_completed. */
    response = MHD_create_response_from_buffer(a->body.n, (void *)(uintptr_t)a->body.p,
                                               MHD_RESPMEM_PERSISTENT);
    if (response == NULL)
        return MHD_NO;
    if (a->content_type != NULL) /* an empty protobuf message has a type, too */
        MHD_add_response_header(response, "Content-Type", a->content_type);
    for (size_t i = 0; i < a->n_headers; i++)
        add_header(r, response, a->headers[i].name, a->headers[i].value);
    if (r->worker->draining)
        MHD_add_response_header(response, "Connection", "close");
    enter(r, WEIR_CONN_ANSWER);
    result = MHD_queue_response(r->mhd, (unsigned)(a->status > 0 ? a->status : 500), response);
    MHD_destroy_response(response);
    return result;
}

/* Where the answer's head has no room libmicrohttpd closes without a word. */
static enum MHD_Result head_too_large(struct weir_request *r)
{
    static const char answer[] = "HTTP/1.1 431 Request Header Fields Too Large\r\n"
                                 "Connection: close\r\nContent-Length: 0\r\n\r\n";

    weir_count(weir_metric_of(WEIR_M_REJECTED, "http", "head", NULL), 1);
    (void)!send(r->conn->fd, answer, sizeof answer - 1, MSG_DONTWAIT | MSG_NOSIGNAL);
    return MHD_NO;
}

static enum MHD_Result take_head(struct weir_request *r, const char *method)
{
    r->pub.method = weir_str_of(method);
    r->began_us = weir_mono_us();
    weir_request_headers(r);
    if (r->pub.path.n + r->pub.query.n + r->head_bytes > CONNECTION_MEMORY - ANSWER_HEAD)
        return head_too_large(r);
    enter(r, WEIR_CONN_BODY);
    weir_serve_head(r);
    if (r->state != WEIR_REQUEST_DISCARD)
        return MHD_YES;
    if (r->headers[WEIR_H_EXPECT].n == 0 && r->declared_bytes <= SWALLOW)
        return MHD_YES;
    if (!r->has_body)
        return MHD_YES;
    weir_linger_add(r->worker, r->conn->fd);
    r->state = WEIR_REQUEST_ANSWERED;
    return send_answer(r);
}

static enum MHD_Result on_request(void *self, struct MHD_Connection *mhd, const char *url,
                                  const char *method, const char *version, const char *upload,
                                  size_t *upload_n, void **context)
{
    struct weir_request *r = *context;

    (void)self, (void)mhd, (void)url, (void)version;
    if (r == NULL)
        return MHD_NO;
    if (r->state == WEIR_REQUEST_HEAD)
        return take_head(r, method);
    if (*upload_n > 0) {
        /* What is thrown away buys no time: that would have no end. */
        if (r->state == WEIR_REQUEST_BODY) {
            r->conn->base.bytes += *upload_n;
            weir_serve_body(r, (struct weir_str){upload, *upload_n});
        }
        *upload_n = 0;
        return MHD_YES;
    }
    if (r->state == WEIR_REQUEST_BODY)
        weir_serve_end(r);
    if (r->state == WEIR_REQUEST_WAITING) {
        enter(r, WEIR_CONN_WAIT);
        MHD_suspend_connection(r->mhd);
        return MHD_YES;
    }
    r->state = WEIR_REQUEST_ANSWERED;
    return send_answer(r);
}

static void on_completed(void *self, struct MHD_Connection *mhd, void **context,
                         enum MHD_RequestTerminationCode how)
{
    struct weir_request *r = *context;

    (void)self, (void)mhd, (void)how;
    *context = NULL;
    if (r == NULL)
        return;
    r->conn->request = NULL;
    enter(r, WEIR_CONN_IDLE);
    if (r->held_by_spool)
        r->withdrawn = true; /* nobody is there to be answered */
    else if (r->state == WEIR_REQUEST_BODY)
        weir_ingest_abort(r);
    weir_request_drop_http(r);
}

/* ---- what the clock brings --------------------------------------------------- */

static void give_up(struct weir_request *r)
{
    r->withdrawn = true;
    weir_request_unlist(r);
    weir_serve_reply(r, NULL);
    weir_request_resume(r);
}

static void check_commits(struct weir_worker *w)
{
    struct weir_request *r;

    while ((r = w->waiting.first) != NULL && r->deadline_ms <= w->now_ms) {
        if (weir_spool_withdraw(r->op))
            give_up(r);
        else
            weir_request_await_commit(r);
    }
}

static struct weir_conn_timeouts timeouts(const struct weir_worker *w)
{
    const struct weir_limits *l = &w->lease->snapshot->config.limits;

    return (struct weir_conn_timeouts){l->header_timeout_ms, l->body_timeout_ms};
}

void weir_http_tick(struct weir_worker *w)
{
    struct weir_conn_timeouts t = timeouts(w);

    check_commits(w);
    weir_conns_sweep(&w->conns, &t, w->now_ms, cut);
    weir_linger_sweep(w, w->now_ms);
}

uint64_t weir_http_next_ms(const struct weir_worker *w)
{
    struct weir_conn_timeouts t = timeouts(w);
    uint64_t next = weir_conns_next_ms(&w->conns, &t);

    if (w->waiting.first != NULL && w->waiting.first->deadline_ms < next)
        next = w->waiting.first->deadline_ms;
    if (w->n_lingering > 0 && next > w->now_ms + 1000)
        next = w->now_ms + 1000;
    return next;
}

void weir_http_drop_idle(struct weir_worker *w)
{
    struct weir_conn *c;

    while ((c = weir_conns_oldest(&w->conns)) != NULL)
        cut(c);
}

void weir_http_give_up(struct weir_worker *w)
{
    while (w->waiting.first != NULL) {
        (void)weir_spool_withdraw(w->waiting.first->op);
        give_up(w->waiting.first);
    }
    while (w->committing.first != NULL)
        give_up(w->committing.first);
}

/* ---- the daemon --------------------------------------------------------------- */

static void watch_ready(struct weir_watch *watch)
{
    ((struct weir_server *)watch)->ready = true;
}

int weir_server_open(struct weir_server *s, struct weir_worker *w, int fd)
{
    const union MHD_DaemonInfo *info;

    s->worker = w;
    s->fd = fd;
    s->watch.ready = watch_ready;
    s->daemon = MHD_start_daemon(
        MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME, 0, NULL, NULL, on_request, s,
        MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_URI_LOG_CALLBACK, on_uri, s,
        MHD_OPTION_NOTIFY_COMPLETED, on_completed, s, MHD_OPTION_NOTIFY_CONNECTION, on_connection,
        s, MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_MEMORY,
        MHD_OPTION_CONNECTION_LIMIT, (unsigned)CONNECTIONS_EVER, MHD_OPTION_CONNECTION_TIMEOUT, 0u,
        MHD_OPTION_END);
    if (s->daemon == NULL) {
        close(fd);
        s->fd = -1;
        return WEIR_EIO;
    }
    info = MHD_get_daemon_info(s->daemon, MHD_DAEMON_INFO_EPOLL_FD);
    return info != NULL ? weir_worker_watch(w, info->epoll_fd, &s->watch) : WEIR_EIO;
}

bool weir_server_run(struct weir_server *s)
{
    MHD_UNSIGNED_LONG_LONG wait_ms;

    if (s->daemon == NULL)
        return false;
    if (s->ready) {
        s->ready = false;
        MHD_run(s->daemon);
    }
    /* No timeout is set there, so what it has to say is "now" or nothing. */
    if (MHD_get_timeout(s->daemon, &wait_ms) == MHD_YES && wait_ms == 0)
        s->ready = true;
    return s->ready;
}

void weir_server_quiesce(struct weir_server *s)
{
    int fd;

    if (s->daemon == NULL || s->fd < 0)
        return;
    MHD_quiesce_daemon(s->daemon);
    /* Whoever has connected already is let in, for closing the socket would
     * reset them. */
    for (;;) {
        struct sockaddr_storage sa;
        socklen_t n = sizeof sa;

        fd = accept4(s->fd, (struct sockaddr *)&sa, &n, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd < 0)
            break;
        MHD_add_connection(s->daemon, fd, (struct sockaddr *)&sa, n);
    }
    close(s->fd);
    s->fd = -1;
    s->ready = true;
}

void weir_server_close(struct weir_server *s)
{
    if (s->daemon == NULL)
        return;
    if (s->fd >= 0) {
        MHD_quiesce_daemon(s->daemon);
        close(s->fd);
        s->fd = -1;
    }
    MHD_stop_daemon(s->daemon);
    s->daemon = NULL;
}
