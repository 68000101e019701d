/* pump.c - which delivery goes where now.
 *
 * The oldest ready one, unless
 *   - its credential is refused or in doubt (blocked.h): it waits, and with
 *     several lanes it is put aside in the spool so that the window does not
 *     fill with what cannot go;
 *   - its category is limited: it waits; where other categories may go it is
 *     put aside likewise;
 *   - every endpoint's breaker is open: all wait;
 *   - it would be a probe (of a breaker or of the credentials): then the one
 *     that failed least goes, and never the one that failed last while
 *     another is ready.
 * Waiting spends no attempt. */
#include "forwarder.h"

#include "weir/clock.h"
#include "weir/log.h"

/* What `d` should be woken for, the earliest. */
static void wake_at(struct weir_dest *d, uint64_t at_ms)
{
    if (at_ms != 0 && (d->wake_ms == 0 || at_ms < d->wake_ms))
        d->wake_ms = at_ms;
}

/* ---- may this one go? -------------------------------------------------------- */

enum verdict {
    GO,
    HOLD,  /* stays in the window */
    ASIDE, /* back to the spool until `until_ms` */
    LATE   /* its time to live is over */
};

static enum verdict judge_limits(const struct weir_dest *d, const struct weir_held_row *row,
                                 uint64_t now_ms, uint64_t *until_ms)
{
    const struct weir_rate_limits *l = &row->lane->limits;

    *until_ms = weir_rate_limits_until(l, row->body.category, now_ms);
    if (*until_ms == 0)
        return GO;
    if (weir_dest_single(d) && weir_rate_limits_until_all(l, now_ms) != 0)
        return HOLD;
    return ASIDE;
}

static enum verdict judge_gate(const struct weir_dest *d, const struct weir_held_row *row,
                               uint64_t now_ms, uint64_t *until_ms)
{
    const struct weir_gate *g = &row->lane->gate;

    if (weir_gate_may(g, row->id, now_ms))
        return GO;
    *until_ms = weir_gate_again(g);
    /* Only while it is blocked: a doubt is soon settled. */
    return weir_dest_single(d) || g->state != WEIR_GATE_BLOCKED || *until_ms == 0 ? HOLD : ASIDE;
}

static enum verdict judge(const struct weir_dest *d, const struct weir_held_row *row,
                          uint64_t now_ms, uint64_t wall_ms, uint64_t *until_ms)
{
    uint64_t ttl_ms = d->forward->snapshot->config.spool_ttl_ms;
    enum verdict v;

    *until_ms = 0;
    if (ttl_ms > 0 && wall_ms >= row->body.received_ms + ttl_ms)
        return LATE;
    v = judge_gate(d, row, now_ms, until_ms);
    return v == GO ? judge_limits(d, row, now_ms, until_ms) : v;
}

static void put_aside(struct weir_dest *d, struct weir_held_row *row, uint64_t until_ms,
                      uint64_t now_ms, uint64_t wall_ms)
{
    weir_settle(d, row,
                (struct weir_settle_row){.what = WEIR_SETTLE_RETRY,
                                         .attempts = row->attempts,
                                         .next_ms = wall_ms + (until_ms - now_ms),
                                         .reason = "limited"},
                now_ms);
}

static void expire(struct weir_dest *d, struct weir_held_row *row, uint64_t now_ms)
{
    weir_gate_forget(&row->lane->gate, row->id);
    weir_failing_forget(&d->failing, row->id);
    weir_settle(d, row,
                (struct weir_settle_row){
                    .what = WEIR_SETTLE_EXPIRED, .attempts = row->attempts, .reason = "ttl"},
                now_ms);
}

/* How little this one should be a probe; 0 is best. */
static uint64_t reluctance(const struct weir_dest *d, const struct weir_held_row *row)
{
    bool last = row->id == d->last_failed || row->id == row->lane->gate.last_refused;
    uint64_t n = (uint64_t)row->attempts + row->refusals;

    return n | (last ? UINT64_C(1) << 62 : 0);
}

/* The oldest that may go; a probe wants the one that failed least. */
static struct weir_held_row *choose(struct weir_dest *d, bool probe, uint64_t now_ms,
                                    uint64_t wall_ms)
{
    struct weir_held_row *row = d->window.first, *best = NULL;

    while (row != NULL) {
        struct weir_held_row *next = row->next;
        uint64_t until_ms;

        switch (judge(d, row, now_ms, wall_ms, &until_ms)) {
        case GO:
            if (!probe && row->lane->gate.state == WEIR_GATE_FINE)
                return best != NULL ? best : row;
            if (best == NULL || reluctance(d, row) < reluctance(d, best))
                best = row;
            break;
        case HOLD:
            wake_at(d, until_ms);
            break;
        case ASIDE:
            put_aside(d, row, until_ms, now_ms, wall_ms);
            break;
        case LATE:
            expire(d, row, now_ms);
            break;
        }
        row = next;
    }
    return best;
}

/* With one lane for all, often nothing may go: known without looking at any
 * row. */
static bool all_wait(struct weir_dest *d, uint64_t now_ms)
{
    const struct weir_lane *lane;
    uint64_t until_ms;

    if (!weir_dest_single(d) || d->window.first == NULL)
        return false;
    lane = d->window.first->lane;
    if (lane->gate.out != 0)
        return true; /* the witness's answer wakes us */
    if (lane->gate.state == WEIR_GATE_BLOCKED && now_ms < lane->gate.again_ms) {
        wake_at(d, lane->gate.again_ms);
        return true;
    }
    until_ms = weir_rate_limits_until_all(&lane->limits, now_ms);
    wake_at(d, until_ms);
    return until_ms != 0;
}

/* ---- sending ----------------------------------------------------------------- */

/* A delivery that cannot be put into a request. */
static void give_up(struct weir_dest *d, struct weir_held_row *row, const char *reason,
                    uint64_t now_ms)
{
    weir_log(WEIR_WARN, "a delivery cannot be sent and is a dead letter", "destination",
             weir_log_str(d->name), "reason", reason, NULL);
    weir_settle(d, row,
                (struct weir_settle_row){
                    .what = WEIR_SETTLE_DEAD, .attempts = row->attempts, .reason = reason},
                now_ms);
}

/* Puts the request together. WEIR_ENOTFOUND: its blob is gone; WEIR_EINVAL:
 * it can never be sent. */
static int prepare(struct weir_dest *d, struct weir_transfer *t, struct weir_held_row *row,
                   struct weir_upstream *up, uint64_t wall_ms)
{
    struct weir_route_out route;
    struct weir_outgoing out;
    struct weir_str line;
    int fd = -1, err;

    if (!weir_route_resolve(&d->dsn, &row->body, &route))
        return WEIR_EINVAL;
    err = weir_envelope_line(&t->arena, &route, &row->body, wall_ms, &line);
    if (err == 0)
        err = weir_envelope_out(&t->arena, line, &row->body, d->config->compression, &out);
    if (err == 0 && out.has_blob)
        err = weir_spool_blob_fd(d->forward->spool, &row->body.blob, &fd);
    if (err == 0)
        err = weir_transfer_prepare(t, up, &route, !d->by_project, &out, row->body.encoding, fd,
                                    d->config->timeout_ms);
    return err;
}

static void put_transfer_back(struct weir_dest *d, struct weir_transfer *t)
{
    weir_transfer_end(t);
    t->next = d->idle;
    d->idle = t;
}

/* False: nothing more can be sent for now. */
static bool start(struct weir_dest *d, struct weir_transfer *t, struct weir_held_row *row,
                  struct weir_upstream *up, uint64_t now_ms)
{
    weir_window_take(&d->window, row, WEIR_HELD_SENDING);
    t->row = row;
    t->upstream = up;
    t->probe = weir_breaker_is_probe(&up->breaker);
    t->gate_ticket = weir_gate_sent(&row->lane->gate, row->id);
    if (!weir_breaker_allow(&up->breaker, now_ms, &t->breaker_ticket))
        t->breaker_ticket = up->breaker.ticket - 1; /* no place taken: none given back */
    weir_dest_started(d, t);
    if (curl_multi_add_handle(d->forward->multi, t->easy) == CURLM_OK)
        return true;
    weir_outcome_cancel(t, now_ms);
    return false;
}

static bool send_row(struct weir_dest *d, struct weir_held_row *row, struct weir_upstream *up,
                     uint64_t now_ms, uint64_t wall_ms)
{
    struct weir_transfer *t = weir_dest_transfer(d);
    int err;

    if (t == NULL) {
        wake_at(d, now_ms + 1000);
        return false;
    }
    err = prepare(d, t, row, up, wall_ms);
    if (err == 0)
        return start(d, t, row, up, now_ms);
    put_transfer_back(d, t);
    if (err == WEIR_ENOMEM || err == WEIR_EIO) { /* may pass */
        wake_at(d, now_ms + 1000);
        return false;
    }
    give_up(d, row,
            err == WEIR_EINVAL      ? "no_key"
            : err == WEIR_ENOTFOUND ? "damaged"
                                    : "unsendable",
            now_ms);
    return true;
}

/* The spool presses out, expires and drops rows by itself, and has counted
 * them so: what it no longer holds is not sent. */
static bool is_gone(struct weir_dest *d, struct weir_held_row *row)
{
    uint64_t gone = weir_spool_gone(d->forward->spool, d->slot);

    if (row->gone == gone)
        return false;
    row->gone = gone;
    if (weir_spool_holds(d->forward->reader, row->id, d->slot))
        return false;
    weir_window_take(&d->window, row, WEIR_HELD_SETTLING);
    weir_window_release(&d->window, row);
    return true;
}

/* Sends one, or finds that it must look again; false when none may go. */
static bool send_next(struct weir_dest *d, uint64_t now_ms, uint64_t wall_ms)
{
    struct weir_held_row *row;
    struct weir_upstream *up;

    if (all_wait(d, now_ms))
        return false;
    row = choose(d, false, now_ms, wall_ms);
    if (row == NULL)
        return false;
    up = weir_upstreams_pick(&d->upstreams, d->config->balance, now_ms);
    if (up == NULL) {
        wake_at(d, weir_upstreams_again(&d->upstreams));
        return false;
    }
    if (weir_breaker_is_probe(&up->breaker))
        row = choose(d, true, now_ms, wall_ms);
    if (is_gone(d, row))
        return true; /* chooses anew */
    return send_row(d, row, up, now_ms, wall_ms);
}

/* A probe of blocked credentials asks their source first: a new key may be
 * there already. */
static void refresh_blocked(struct weir_dest *d, uint64_t now_ms)
{
    const struct weir_held_row *first = d->window.first;

    if (first != NULL && first->lane->gate.state == WEIR_GATE_BLOCKED &&
        first->lane->gate.out == 0 && now_ms >= first->lane->gate.again_ms)
        weir_dest_reread(d);
}

void weir_pump(struct weir_dest *d, uint64_t now_ms, uint64_t wall_ms)
{
    struct weir_window_source from = {d->forward->reader,
                                      d->slot,
                                      &d->forward->scratch,
                                      &d->lanes,
                                      d->by_key,
                                      d->by_project,
                                      weir_spool_gone(d->forward->spool, d->slot)};

    d->wake_ms = 0;
    d->window.released = false;
    if (weir_dest_active(d)) {
        refresh_blocked(d, now_ms);
        do
            weir_window_load(&d->window, &from, now_ms, wall_ms);
        while (d->config != NULL && d->sending < d->config->connections &&
               send_next(d, now_ms, wall_ms));
        wake_at(d, weir_window_wake_ms(&d->window, now_ms, wall_ms));
    }
    weir_dest_publish(d, now_ms);
}
