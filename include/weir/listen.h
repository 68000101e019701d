/* listen.h - the wall of listen/: the workers.
 *
 *   worker thread x N: epoll { libmicrohttpd's epoll, UDP socket, mailbox }
 *
 * One libmicrohttpd daemon a worker in external mode (MHD_USE_EPOLL without
 * internal thread), sharing the port by SO_REUSEPORT; its own UDP socket;
 * one mailbox by which the spool says "committed". A request is suspended
 * while its deliveries wait and resumed here. With listen.admin set, the
 * first worker serves that address too and the admin routes move there.
 *
 * Threads: start and stop from the main thread. */
#ifndef WEIR_LISTEN_H
#define WEIR_LISTEN_H

#include "weir/admin.h"
#include "weir/stage.h"

struct weir_listen;

struct weir_listen_options {
    struct weir_current *current;
    struct weir_spool *spool;
    struct weir_join *join; /* may be NULL */
    struct weir_admin *admin;
    unsigned workers; /* 0: one a core */
};

/* Binds; WEIR_EIO with `why` naming address and cause ("address in use"). */
int weir_listen_new(const struct weir_listen_options *o, struct weir_str *why,
                    struct weir_arena *why_arena, struct weir_listen **ret_listen) WEIR_MUST_CHECK;
/* Starts the worker threads; WEIR_ENOMEM, and none runs. */
int weir_listen_start(struct weir_listen *l) WEIR_MUST_CHECK;
/* Closes the listeners, finishes what is in flight within `drain_ms`, joins
 * the threads. */
void weir_listen_stop(struct weir_listen *l, uint32_t drain_ms);
/* After the spool's thread has ended: takes what replies came late. Accepts
 * NULL. */
void weir_listen_free(struct weir_listen *l);
/* Ports really bound (listen on port 0 in tests); 0: none. */
uint16_t weir_listen_http_port(const struct weir_listen *l);
uint16_t weir_listen_otlp_port(const struct weir_listen *l);
uint16_t weir_listen_udp_port(const struct weir_listen *l);
uint16_t weir_listen_syslog_port(const struct weir_listen *l);

#endif
