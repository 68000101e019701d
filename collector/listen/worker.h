/* worker.h - what the files of listen/ share: a worker and what it owns.
 *
 *   worker.c  the loop            http.c     libmicrohttpd's side of a request
 *   listen.c  start and stop      ingest.c   a body's way to the spool
 *   bind.c    sockets             request.c  requests, their pool, headers
 *   udp.c     socket and batches  gram.c     one datagram to deliveries
 *   serve.c   routes to answers
 *
 * Threads: everything here belongs to its worker, but for what struct
 * weir_listen says. */
#ifndef WEIR_LISTEN_WORKER_H
#define WEIR_LISTEN_WORKER_H

#include "conns.h"
#include "gate.h"
#include "seq.h"
#include "weir/decode.h"
#include "weir/listen.h"

#include <pthread.h>

struct weir_request;
struct weir_linger;
struct weir_udp;
struct weir_worker;
struct MHD_Daemon;

/* A snapshot in use by this worker, counted here so that an event costs no
 * atomic operation. */
struct weir_lease {
    struct weir_snapshot *snapshot;
    unsigned users; /* requests and batches; the worker itself counts as one */
};

/* Data of an epoll entry. */
struct weir_watch {
    void (*ready)(struct weir_watch *w);
};

/* Owner of an operation: told when the spool has replied. */
struct weir_waiter {
    void (*reply)(struct weir_waiter *w, struct weir_op *op);
};

struct weir_request_list {
    struct weir_request *first, *last;
};

enum { WEIR_SERVERS = 3 };

/* A libmicrohttpd daemon and the address that it serves. */
struct weir_server {
    struct weir_watch watch;
    struct weir_worker *worker;
    struct MHD_Daemon *daemon; /* NULL: not in use */
    int fd;                    /* listening; -1: closed */
    bool ingest, admin;        /* which routes it has */
    bool otlp;                 /* of those for ingest only these */
    bool loopback;
    bool ready;
};

/* Series that each request counts in. */
struct weir_listen_series {
    struct weir_series *decode[2], *commit[2]; /* by enum weir_transport */
    struct weir_series *udp_accepted, *udp_malformed, *udp_refused, *udp_dropped, *kernel_drops;
};

struct weir_worker {
    struct weir_listen *listen;
    unsigned index;
    pthread_t thread;
    bool running;
    int epoll_fd, stop_fd;
    struct weir_watch mail_watch, stop_watch;
    struct weir_mailbox mail;
    bool has_mail, mail_ready, stopping;
    struct weir_lease *lease;                 /* in force */
    struct weir_tools tools;                  /* for what is decoded in one go */
    struct weir_server servers[WEIR_SERVERS]; /* listen.http, listen.admin, listen.otlp */
    struct weir_udp *udp[2];                  /* datagrams of all kinds, syslog; NULL: none */
    uint64_t now_ms;                          /* mono, once a turn of the loop */
    struct weir_conns conns;
    size_t crowd;              /* most connections since memory was given back */
    struct weir_request *pool; /* free ones */
    size_t pooled;
    /* For a commit, oldest first; and those that are past the bound but may
     * no longer be withdrawn. */
    struct weir_request_list waiting, committing;
    size_t requests;               /* not yet back in the pool */
    struct weir_linger *lingering; /* oldest first */
    size_t n_lingering;
    bool draining;
    struct weir_listen_series series;
};

struct weir_listen {
    struct weir_listen_options options;
    struct weir_worker *workers;
    unsigned n_workers;
    uint16_t http_port, otlp_port, udp_port, syslog_port, admin_port;
    _Atomic uint32_t drain_ms;     /* set before the stop eventfds are written */
    uint32_t commit_wait_ms;       /* contract 6: 2 s; tests shorten it */
    uint32_t connections_possible; /* with the descriptors that we may have */
    atomic_uint connections;       /* of all workers */
    struct weir_bucket *buckets;   /* WEIR_BUCKETS; atomic */
    struct weir_seqs *seqs;        /* atomic */
};

/* ---- worker.c ----------------------------------------------------------- */

int weir_worker_open(struct weir_worker *w) WEIR_MUST_CHECK;
void *weir_worker_run(void *worker);
/* After the thread and the spool have ended. */
void weir_worker_close(struct weir_worker *w);
/* Watches `fd` for input; `ready` of `watch` is called in the loop. */
int weir_worker_watch(struct weir_worker *w, int fd, struct weir_watch *watch) WEIR_MUST_CHECK;
struct weir_lease *weir_lease_take(struct weir_worker *w);
void weir_lease_put(struct weir_lease *l);
/* Scrubber and reader of their own, for what is decoded in pieces between
 * which others are decoded. WEIR_ENOMEM. */
int weir_tools_new(struct weir_worker *w, struct weir_tools *ret_tools) WEIR_MUST_CHECK;
void weir_tools_free(struct weir_tools *t);

/* ---- bind.c -------------------------------------------------------------- */

/* A bound, non-blocking socket; listening when `type` is SOCK_STREAM. `port`
 * is 0 for the first socket of an address, which must be nobody else's; for
 * the further ones it is the port that the first got. WEIR_EIO with `why`. */
int weir_bind(const struct weir_address *a, int type, uint16_t port, struct weir_arena *arena,
              struct weir_str *why, int *ret_fd) WEIR_MUST_CHECK;
uint16_t weir_bound_port(int fd);

/* ---- http.c -------------------------------------------------------------- */

/* Takes over `fd`, also on failure. */
int weir_server_open(struct weir_server *s, struct weir_worker *w, int fd) WEIR_MUST_CHECK;
/* Lets libmicrohttpd do what is there to do; true when there is more. */
bool weir_server_run(struct weir_server *s);
/* No new connections; those that wait to be accepted still are. */
void weir_server_quiesce(struct weir_server *s);
void weir_server_close(struct weir_server *s);
/* Cuts connections that are past their deadline, answers requests whose
 * commit took too long. */
void weir_http_tick(struct weir_worker *w);
/* When to tick next, mono ms. */
uint64_t weir_http_next_ms(const struct weir_worker *w);
/* Closes connections without a request. */
void weir_http_drop_idle(struct weir_worker *w);
/* Answers all that wait for a commit with 503, committed or not. */
void weir_http_give_up(struct weir_worker *w);

/* ---- linger.c ------------------------------------------------------------ */

/* An answer goes out on `fd` before the client has sent everything. Closing
 * then would reset the connection and take the answer from the client's
 * hands, so a duplicate is kept open and read empty until the client closes,
 * for at most WEIR_LINGER_MS. */
enum { WEIR_LINGER_MS = 30 * 1000, WEIR_LINGER_MAX = 64 };
void weir_linger_add(struct weir_worker *w, int fd);
/* Ends those that are overdue; all of them when `now_ms` is UINT64_MAX. */
void weir_linger_sweep(struct weir_worker *w, uint64_t now_ms);

/* ---- udp.c --------------------------------------------------------------- */

/* Takes over `fd`, also on failure. `syslog`: all that comes is that. */
int weir_udp_open(struct weir_worker *w, int fd, bool syslog) WEIR_MUST_CHECK;
/* Those that follow accept NULL: a worker without the socket. */
/* Takes in at most one batch; true when more may be there. `hurry`: also what
 * is left to gather for a moment. */
bool weir_udp_run(struct weir_udp *u, bool hurry);
/* When to run next though nothing is reported, mono ms; UINT64_MAX: never. */
uint64_t weir_udp_next_ms(const struct weir_udp *u);
/* Batches not yet replied to. */
size_t weir_udp_pending(const struct weir_udp *u);
/* Hears no more, but keeps what is pending. */
void weir_udp_quiesce(struct weir_udp *u);
void weir_udp_close(struct weir_udp *u);

/* ---- serve.c ------------------------------------------------------------- */

/* Native "integration" and "breaker" objects to metrics: label texts are
 * scrubbed by the rules of the project that the object names, else `project`. */
struct weir_observed {
    struct weir_worker *worker;
    struct weir_tools *tools;
    struct weir_arena *arena;
    const struct weir_project *project;
    const struct weir_config *config;
    struct weir_str key;              /* HTTP: another project named must accept it */
    bool keyed;                       /* there is one */
    const struct weir_project *named; /* that of the object, else `project`; set below */
    struct weir_in_app in_app;        /* its; set below */
};
/* Sets the callbacks of `in`, and what the configuration says of records and
 * stack traces. `o` outlives the decoding. */
void weir_observe_into(struct weir_observed *o, struct weir_decode_input *in);

#endif
