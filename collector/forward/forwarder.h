/* forwarder.h - what the files of the forwarder's thread share.
 *
 *   forwarder.c  the thread: wait, take replies, pump every destination
 *   dest.c       one destination: settings, reload, what is shown of it
 *   pump.c       which delivery goes where now, and sends it
 *   outcome.c    what an answer means, and tells the spool
 *   client_reports.c  once a minute
 *
 * Everything belongs to the forwarder's thread but what is atomic. */
#ifndef WEIR_FORWARD_FORWARDER_H
#define WEIR_FORWARD_FORWARDER_H

#include "failing.h"
#include "settle.h"
#include "transfer.h"

#include "weir/forward.h"

#include <pthread.h>

enum { WEIR_VIEW_BREAKERS = 16 };

/* What weir_forward_look() reads; each number is right by itself. */
struct weir_dest_view {
    atomic_bool blocked, no_dsn;
    atomic_uint n_endpoints, sending;
    atomic_int breakers[WEIR_VIEW_BREAKERS], last_status;
    atomic_uint_fast64_t limited_until_ms, last_success_ms;
};

struct weir_dest {
    struct weir_forward *forward;
    unsigned slot;
    struct weir_str name;                  /* lives for ever */
    const struct weir_destination *config; /* in forward->snapshot; NULL: no longer configured */
    struct weir_arena dsn_arena;
    struct weir_dsn dsn;     /* in force; after a re-read not config's */
    bool by_key, by_project; /* it has {key}, {project} */
    struct weir_upstreams upstreams;
    struct weir_lanes lanes;
    struct weir_window window;
    struct weir_failing failing;
    struct weir_transfer *idle;
    struct weir_transfer *out; /* under way */
    unsigned sending;
    uint64_t setup;      /* counts changes of settings */
    uint64_t taken;      /* deliveries so far */
    int64_t last_failed; /* not the next half-open probe */
    uint64_t wake_ms;    /* mono: pump again then; 0: need not */
    uint64_t dead_logged_ms;
    struct weir_dest_view view;
};

struct weir_forward {
    struct weir_spool *spool;
    struct weir_current *current;
    struct weir_snapshot *snapshot;
    struct weir_spool_reader *reader;
    struct weir_settler settler;
    struct weir_arena scratch;
    CURLM *multi;
    pthread_t thread;
    bool running;
    atomic_bool stopping;
    atomic_uint drain_ms;
    atomic_uint_fast64_t woken; /* slots */
    atomic_bool signalled;      /* curl_multi_wakeup was called */
    uint64_t reports_ms;        /* mono: when client reports go next */
    _Atomic(struct weir_dest *) dests[WEIR_MAX_DESTINATIONS]; /* by slot; made, never taken away */
};

/* ---- dest.c ---- */

struct weir_dest *weir_dest_new(struct weir_forward *f, unsigned slot);
void weir_dest_free(struct weir_dest *d);
/* Takes over settings; `config` NULL: it is configured no longer. */
void weir_dest_configure(struct weir_dest *d, const struct weir_destination *config);
/* Reads the credentials again. True when they changed and are in force. */
bool weir_dest_reread(struct weir_dest *d);
/* May anything be sent at all? */
bool weir_dest_active(const struct weir_dest *d);
/* Are all its deliveries under one credential? */
bool weir_dest_single(const struct weir_dest *d);
/* An idle transfer with the settings in force, or NULL. */
struct weir_transfer *weir_dest_transfer(struct weir_dest *d);
/* Puts it among those under way, and back. */
void weir_dest_started(struct weir_dest *d, struct weir_transfer *t);
void weir_dest_ended(struct weir_dest *d, struct weir_transfer *t);
void weir_dest_publish(struct weir_dest *d, uint64_t now_ms);

/* ---- pump.c ---- */

/* Sends whatever may go now; sets d->wake_ms. */
void weir_pump(struct weir_dest *d, uint64_t now_ms, uint64_t wall_ms);

/* ---- outcome.c ---- */

/* `t` ended with `code`; it is idle afterwards. */
void weir_outcome(struct weir_transfer *t, CURLcode code, uint64_t now_ms, uint64_t wall_ms);
/* It never came to sending: back to the window. */
void weir_outcome_cancel(struct weir_transfer *t, uint64_t now_ms);
/* Settles a row that is READY or SENDING. Fields of `what` but id and slot
 * are filled by the caller. */
void weir_settle(struct weir_dest *d, struct weir_held_row *row, struct weir_settle_row what,
                 uint64_t now_ms);

/* ---- client_reports.c ---- */

/* Sends what weir itself dropped for `d`, if it can; best effort. */
void weir_client_reports_send(struct weir_dest *d, uint64_t now_ms, uint64_t wall_ms);

#endif
