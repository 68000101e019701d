/* breaker.h - stop calling an endpoint that keeps failing.
 *
 *   CLOSED --too many failures--> OPEN --open_ms--> HALF_OPEN
 *     ^                            ^                  |   |
 *     |                            +----- failure ----+   |
 *     +------------- `successes` in a row ----------------+
 *
 * Too many is either of two forms, both over the last `window_ms`:
 *   - `failures` of them, whatever succeeded in between (0: form unused);
 *   - a share of `error_rate` among at least `min_calls` (0: form unused).
 *
 * Plain data: it never sleeps, logs, locks or reads a clock. The caller
 * passes `now_ms` (mono), so tests cross an hour without waiting. The window
 * is kept in 16 slices, so its end is exact to one sixteenth.
 *
 * While HALF_OPEN one request is out at a time. Whoever was let through owes
 * the breaker one weir_breaker_record() with the ticket it got: an answer to
 * a request sent before the state last changed says nothing new about it.
 *
 * Threads: owned by the forwarder. Only weir_breaker_state() may be called
 * from elsewhere (/metrics); it is one relaxed atomic load. */
#ifndef WEIR_FORWARD_BREAKER_H
#define WEIR_FORWARD_BREAKER_H

#include "weir/config.h"
#include "weir/forward.h"

enum { WEIR_BREAKER_SLICES = 16 };

struct weir_breaker_slice {
    uint64_t number; /* now_ms / slice_ms when it was last used */
    uint32_t calls, failures;
};

struct weir_breaker {
    struct weir_breaker_config config;
    atomic_int state; /* enum weir_breaker_state */
    uint32_t ticket;  /* changes with every change of state */
    bool probing;     /* HALF_OPEN: one request is out */
    uint32_t wins;    /* HALF_OPEN: successes so far */
    uint64_t opened_at_ms;
    struct weir_breaker_slice slices[WEIR_BREAKER_SLICES];
};

/* What became of a request, as far as the endpoint is concerned. */
enum weir_breaker_result {
    WEIR_BREAKER_SUCCESS,
    WEIR_BREAKER_FAILURE,
    WEIR_BREAKER_NEUTRAL /* never sent, or an answer that says neither */
};

void weir_breaker_init(struct weir_breaker *b, const struct weir_breaker_config *config);
/* New settings after a reload; state and counts stay. */
void weir_breaker_configure(struct weir_breaker *b, const struct weir_breaker_config *config);
/* Could a request go out now? Changes nothing. */
bool weir_breaker_ready(const struct weir_breaker *b, uint64_t now_ms);
/* May a request go out now? True takes a place: answer it with one
 * weir_breaker_record(). */
bool weir_breaker_allow(struct weir_breaker *b, uint64_t now_ms, uint32_t *ret_ticket);
void weir_breaker_record(struct weir_breaker *b, uint32_t ticket, enum weir_breaker_result result,
                         uint64_t now_ms);
/* When an OPEN breaker lets a probe through (mono ms); 0 when it is not
 * OPEN. */
uint64_t weir_breaker_opens_at(const struct weir_breaker *b);
/* Would a request sent now be a probe? */
bool weir_breaker_is_probe(const struct weir_breaker *b);
/* Any thread. */
enum weir_breaker_state weir_breaker_state(const struct weir_breaker *b);

#endif
