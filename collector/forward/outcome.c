/* outcome.c - from an answer to what the spool is told (contract 6).
 *
 *   answer -> metrics -> limits -> policy (one answer) -> breaker
 *                                    |
 *                                    +-> gate (several answers) -> settlement
 *
 * The decisions are pure functions (policy.h, blocked.h, backoff.h); this
 * file only carries them out. */
#include "forwarder.h"

#include "backoff.h"

#include "weir/limits.h"
#include "weir/log.h"
#include "weir/metrics.h"
#include "weir/text.h"

#include <stdio.h>

enum { DEAD_LOG_MS = 10000 };

/* An answer and what it is about. */
struct answered {
    struct weir_dest *d;
    struct weir_transfer *t;
    struct weir_held_row *row;
    struct weir_lane *lane;
    struct weir_transfer_result result;
    struct weir_judgement judgement;
    uint64_t now_ms, wall_ms;
};

void weir_settle(struct weir_dest *d, struct weir_held_row *row, struct weir_settle_row what,
                 uint64_t now_ms)
{
    if (row->state == WEIR_HELD_READY)
        weir_window_take(&d->window, row, WEIR_HELD_SETTLING);
    row->state = WEIR_HELD_SETTLING;
    what.id = row->id;
    what.slot = d->slot;
    weir_settler_add(&d->forward->settler, &d->window, row, &what, now_ms);
}

/* ---- metrics ---------------------------------------------------------------- */

static struct weir_str code_name(const struct weir_transfer_result *r, char text[16])
{
    int n;

    if (r->failure != WEIR_FAILURE_NONE)
        return weir_attempt_error(r->failure, 0);
    n = snprintf(text, 16, "%d", r->status);
    return (struct weir_str){text, n > 0 ? (size_t)n : 0};
}

static void count(const struct answered *a)
{
    const struct weir_transfer_result *r = &a->result;
    struct weir_str trace_id = a->row->body.trace_id;
    char text[16];
    struct weir_str labels[2] = {a->d->name, code_name(r, text)};

    weir_observe(weir_metric(WEIR_M_FORWARD, labels, 2), r->ms / 1000, trace_id);
    weir_integration_forwarded(a->d->name, labels[1], r->ms,
                               weir_attempt_error(r->failure, r->status), trace_id);
}

static void show(const struct answered *a)
{
    struct weir_dest_view *v = &a->d->view;

    if (a->result.status != 0)
        atomic_store_explicit(&v->last_status, a->result.status, memory_order_relaxed);
    if (a->judgement.decision == WEIR_DECIDE_FORWARDED)
        atomic_store_explicit(&v->last_success_ms, a->wall_ms, memory_order_relaxed);
}

/* ---- limits, breaker --------------------------------------------------------- */

static void tell_clients(const struct weir_dest *d, const struct weir_rate_limits *l)
{
    for (int c = 0; c < WEIR_CATEGORIES; c++) {
        if (l->until_ms[c] != 0)
            weir_limit_set(d->slot, (enum weir_category)c, l->until_ms[c]);
    }
}

static void take_limits(const struct answered *a)
{
    struct weir_dest *d = a->d;

    if (a->result.status == 0 ||
        !weir_rate_limits_update(&a->lane->limits, a->result.status, a->row->body.category,
                                 &a->result.limits, a->now_ms, a->wall_ms))
        return;
    weir_log(WEIR_INFO, "a destination limits us", "destination", weir_log_str(d->name), "status",
             weir_log_num(a->result.status), NULL);
    /* With senders' keys the limit is one sender's, not everybody's. */
    if (d->config != NULL && d->config->pass_on && weir_dest_single(d))
        tell_clients(d, &a->lane->limits);
}

static void tell_breaker(const struct answered *a)
{
    struct weir_upstream *up = a->t->upstream;
    enum weir_breaker_state before = weir_breaker_state(&up->breaker), after;

    weir_breaker_record(&up->breaker, a->t->breaker_ticket, a->judgement.breaker, a->now_ms);
    after = weir_breaker_state(&up->breaker);
    if (before != after)
        weir_log(after == WEIR_BREAKER_OPEN ? WEIR_WARN : WEIR_INFO, "breaker changed",
                 "destination", weir_log_str(a->d->name), "endpoint", weir_log_str(up->origin),
                 "state", weir_breaker_state_name(after), "error",
                 a->result.error != NULL ? a->result.error : weir_log_num(a->result.status), NULL);
}

/* ---- settlements ------------------------------------------------------------- */

static void log_dead(const struct answered *a, int status, const char *reason)
{
    struct weir_dest *d = a->d;

    if (d->dead_logged_ms != 0 && a->now_ms < d->dead_logged_ms + DEAD_LOG_MS)
        return; /* there may be many; the metrics count them */
    d->dead_logged_ms = a->now_ms;
    weir_log(WEIR_WARN, "dead letter; see `weir spool list`", "destination", weir_log_str(d->name),
             "reason", reason, "status", weir_log_num(status), NULL);
}

static void settle_forwarded(const struct answered *a)
{
    a->d->taken++;
    weir_failing_forget(&a->d->failing, a->row->id);
    weir_settle(a->d, a->row,
                (struct weir_settle_row){.what = WEIR_SETTLE_FORWARDED,
                                         .attempts = a->judgement.attempts,
                                         .status = a->result.status},
                a->now_ms);
}

static void settle_dead(const struct answered *a)
{
    weir_failing_forget(&a->d->failing, a->row->id);
    log_dead(a, a->result.status, a->judgement.reason);
    weir_settle(a->d, a->row,
                (struct weir_settle_row){.what = WEIR_SETTLE_DEAD,
                                         .attempts = a->judgement.attempts,
                                         .status = a->result.status,
                                         .reason = a->judgement.reason,
                                         .answer = a->result.answer},
                a->now_ms);
}

static void settle_retry(const struct answered *a)
{
    static const struct weir_retry when_gone = {1000, 30000, 2, true};
    const struct weir_retry *retry = a->d->config != NULL ? &a->d->config->retry : &when_gone;
    uint64_t wait_ms = weir_backoff_ms(retry, a->judgement.attempts, weir_random());
    uint64_t limited_ms =
        weir_rate_limits_until(&a->lane->limits, a->row->body.category, a->now_ms);

    /* Retry-After of a 503: no use in coming earlier. */
    if (limited_ms > a->now_ms + wait_ms)
        wait_ms = limited_ms - a->now_ms;
    a->d->last_failed = a->row->id;
    weir_settle(a->d, a->row,
                (struct weir_settle_row){.what = WEIR_SETTLE_RETRY,
                                         .attempts = a->judgement.attempts,
                                         .next_ms = a->wall_ms + wait_ms,
                                         .status = a->result.status,
                                         .reason = "failed",
                                         .answer = a->result.answer},
                a->now_ms);
}

/* ---- credentials ------------------------------------------------------------- */

/* A witness was taken: so it was not the credentials. */
static void bury_suspect(const struct answered *a, int64_t id)
{
    struct weir_held_row *row = weir_window_find(&a->d->window, id);
    const struct weir_lane *lane = a->lane;

    if (row == NULL || row->state != WEIR_HELD_READY)
        return; /* expired meanwhile */
    log_dead(a, lane->refused_status, "refused");
    weir_settle(a->d, row,
                (struct weir_settle_row){.what = WEIR_SETTLE_DEAD,
                                         .attempts = row->attempts + 1,
                                         .status = lane->refused_status,
                                         .reason = "refused",
                                         .answer = {lane->refused, lane->n_refused}},
                a->now_ms);
}

static void ask_gate(const struct answered *a, enum weir_gate_answer answer)
{
    uint32_t open_ms = a->d->config != NULL ? a->d->config->breaker.open_ms : 30000;
    int64_t suspect = 0;

    switch (weir_gate_answer(&a->lane->gate, a->t->gate_ticket, a->row->id, answer, a->now_ms,
                             open_ms, &suspect)) {
    case WEIR_GATE_SUSPECT_DEAD:
        bury_suspect(a, suspect);
        break;
    case WEIR_GATE_NOW_BLOCKED:
        weir_log(WEIR_ERROR, "destination blocked: it refuses our credentials", "destination",
                 weir_log_str(a->d->name), "status", weir_log_num(a->result.status), NULL);
        break;
    case WEIR_GATE_NOW_OPEN:
        weir_log(WEIR_INFO, "destination no longer blocked", "destination",
                 weir_log_str(a->d->name), NULL);
        break;
    case WEIR_GATE_AGAIN:
    case WEIR_GATE_NOTHING:
        break;
    }
}

/* 401 and its kin: the delivery stays, the gate decides when it goes. */
static void refused(const struct answered *a)
{
    struct weir_gate *g = &a->lane->gate;
    bool current = a->t->gate_ticket == g->epoch;

    /* Asked once for what was sent together: the rest finds it changed. */
    if (current && weir_dest_reread(a->d)) {
        weir_gate_reset(g);
    } else {
        bool fine = g->state == WEIR_GATE_FINE;

        ask_gate(a, WEIR_GATE_REFUSED);
        if (fine && g->state == WEIR_GATE_DOUBTED)
            weir_lane_keep_answer(a->lane, a->result.status, a->result.answer);
        a->row->refusals++;
    }
    weir_window_put_back(&a->d->window, a->row);
}

/* ---- all of it --------------------------------------------------------------- */

static void carry_out(const struct answered *a)
{
    switch (a->judgement.decision) {
    case WEIR_DECIDE_FORWARDED:
        ask_gate(a, WEIR_GATE_TAKEN);
        settle_forwarded(a);
        break;
    case WEIR_DECIDE_DOUBT:
        refused(a);
        break;
    case WEIR_DECIDE_WAIT:
        ask_gate(a, WEIR_GATE_OTHER);
        weir_window_put_back(&a->d->window, a->row);
        break;
    case WEIR_DECIDE_DEAD:
        ask_gate(a, WEIR_GATE_OTHER);
        settle_dead(a);
        break;
    case WEIR_DECIDE_RETRY:
        ask_gate(a, WEIR_GATE_OTHER);
        settle_retry(a);
        break;
    }
}

static void judge(struct answered *a)
{
    struct weir_attempt attempt = {
        .failure = a->result.failure,
        .status = a->result.status,
        .attempts = a->row->attempts,
        .dead_letter_after = a->d->config != NULL ? a->d->config->dead_letter_after : UINT32_MAX,
        .probe = a->t->probe};

    if (weir_answer_of(attempt.failure, attempt.status) == WEIR_ANSWER_FAILED)
        attempt.others_taken = weir_failing_note(&a->d->failing, a->row->id, a->d->taken);
    a->judgement = weir_judge(&attempt);
}

void weir_outcome(struct weir_transfer *t, CURLcode code, uint64_t now_ms, uint64_t wall_ms)
{
    struct answered a = {.d = t->dest, .t = t, .row = t->row, .now_ms = now_ms, .wall_ms = wall_ms};

    if (t->row != NULL) { /* client reports: best effort */
        a.lane = t->row->lane;
        weir_transfer_result(t, code, &a.result);
        judge(&a);
        count(&a);
        show(&a);
        take_limits(&a);
        tell_breaker(&a);
        carry_out(&a);
    } else {
        weir_breaker_record(&t->upstream->breaker, t->breaker_ticket, WEIR_BREAKER_NEUTRAL, now_ms);
    }
    weir_dest_ended(a.d, t);
    a.d->wake_ms = now_ms;
}

void weir_outcome_cancel(struct weir_transfer *t, uint64_t now_ms)
{
    int64_t suspect;

    weir_breaker_record(&t->upstream->breaker, t->breaker_ticket, WEIR_BREAKER_NEUTRAL, now_ms);
    if (t->row != NULL) {
        weir_gate_answer(&t->row->lane->gate, t->gate_ticket, t->row->id, WEIR_GATE_OTHER, now_ms,
                         0, &suspect);
        weir_window_put_back(&t->dest->window, t->row);
    }
    weir_dest_ended(t->dest, t);
}
