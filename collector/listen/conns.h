/* conns.h - the open connections of one worker: what each waits for, and
 * which is to be closed.
 *
 *   accepted -> FRESH --request line--> HEAD --> BODY --> WAIT --> ANSWER
 *                                        ^                            |
 *                                       IDLE <------------------------+
 *
 * libmicrohttpd's own timeout counts from the last byte, so that a client
 * that trickles is never cut; these deadlines count from the start of a
 * phase. FRESH and IDLE connections hang in lists by age: the cap's victim
 * is at the head of one of them. Phases in which a request is going on are
 * looked at one by one, a few times in each timeout.
 *
 * Plain data, time is a parameter. Threads: the worker. Memory: the entries
 * are the caller's. */
#ifndef WEIR_LISTEN_CONNS_H
#define WEIR_LISTEN_CONNS_H

#include <stddef.h>
#include <stdint.h>

enum weir_conn_phase {
    WEIR_CONN_FRESH,  /* nothing of the first request yet: header_timeout */
    WEIR_CONN_IDLE,   /* between requests: WEIR_KEEP_ALIVE_MS */
    WEIR_CONN_HEAD,   /* within the head: header_timeout */
    WEIR_CONN_BODY,   /* body_timeout, and longer for what keeps coming */
    WEIR_CONN_WAIT,   /* on us: no deadline here */
    WEIR_CONN_ANSWER, /* the client reads: body_timeout */
    WEIR_CONN_CUT     /* told to close */
};

enum {
    WEIR_KEEP_ALIVE_MS = 75 * 1000,
    WEIR_BODY_LEAST_RATE = 16 /* bytes a ms that buy a body more time */
};

struct weir_conn {
    struct weir_conn *prev, *next;
    enum weir_conn_phase phase;
    uint64_t since_ms; /* when the phase began */
    uint64_t bytes;    /* of the body, so far */
};

struct weir_conn_list {
    struct weir_conn *first, *last;
};

struct weir_conns {
    struct weir_conn_list fresh, idle, busy;
    size_t n;
    uint64_t swept_ms;
};

struct weir_conn_timeouts {
    uint32_t header_ms, body_ms;
};

void weir_conns_add(struct weir_conns *l, struct weir_conn *c, uint64_t now_ms);
void weir_conns_remove(struct weir_conns *l, struct weir_conn *c);
/* Into another phase, which begins now. */
void weir_conns_move(struct weir_conns *l, struct weir_conn *c, enum weir_conn_phase phase,
                     uint64_t now_ms);
/* The one that has been without a request for longest, or NULL. */
struct weir_conn *weir_conns_oldest(const struct weir_conns *l);
/* When the next sweep is due; UINT64_MAX without connections. */
uint64_t weir_conns_next_ms(const struct weir_conns *l, const struct weir_conn_timeouts *t);
/* Calls `cut` for each connection whose deadline has passed; it moves it to
 * WEIR_CONN_CUT (and nothing else of the lists). */
void weir_conns_sweep(struct weir_conns *l, const struct weir_conn_timeouts *t, uint64_t now_ms,
                      void (*cut)(struct weir_conn *c));

#endif
