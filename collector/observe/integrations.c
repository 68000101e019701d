/* integrations.c - what services say about the services they call.
 *
 * Calls become a histogram and a count of errors; their status is made in
 * call_status.c. Those that are read off spans come from spans.c.
 *
 * Breakers. Several instances report on one service; what counts is the worst
 * state that one of them reported within the last minute. A service has a
 * record with a few places for reporters; a place is found by the hash of the
 * reporter's name, and a silent reporter's place is taken over. With all
 * places taken by reporters that are alive, a worse state presses out a
 * better one, so that the worst is never lost. No locks: records are
 * published by compare and swap and live until the reset. */
#include "call_status.h"
#include "endpoint.h"
#include "series.h"

#include <math.h>
#include <stdlib.h>

/* ---- calls ------------------------------------------------------------- */

static struct weir_str service_of(struct weir_str s)
{
    s = weir_str_trim(s);
    return s.n > 0 ? s : WEIR_S("unknown");
}

void weir_call_count(struct weir_str service, struct weir_str endpoint,
                     const struct weir_call_status *status, double latency_ms,
                     struct weir_str trace_id)
{
    struct weir_str labels[3] = {service, endpoint, status->label};

    if (latency_ms >= 0)
        weir_observe(weir_metric(WEIR_M_INTEGRATION_LATENCY, labels, 3), latency_ms, trace_id);
    if (status->error_type != NULL) {
        labels[1] = weir_str_of(status->error_type);
        weir_count(weir_metric(WEIR_M_INTEGRATION_ERRORS, labels, 2), 1);
    }
}

void weir_integration_call(struct weir_str service, struct weir_str endpoint,
                           struct weir_str status, double latency_ms, bool has_latency,
                           struct weir_str error_type, struct weir_str trace_id)
{
    char room[WEIR_ENDPOINT_BYTES];
    struct weir_call_status st = weir_call_status(status);

    st.error_type = weir_call_error(error_type, &st);
    if (status.n == 0 && st.error_type != NULL) /* a kind of failure alone is no success */
        st.label = WEIR_S("error");
    weir_call_count(service_of(service), weir_endpoint(endpoint, room), &st,
                    has_latency ? latency_ms : -1, trace_id);
}

void weir_integration_forwarded(struct weir_str destination, struct weir_str status,
                                double latency_ms, struct weir_str error_type,
                                struct weir_str trace_id)
{
    struct weir_call_status st = weir_call_status(status);
    struct weir_str labels[] = {destination, WEIR_S("envelope"), st.label};

    st.error_type = weir_call_error(error_type, &st);
    (void)weir_metric_own(WEIR_M_INTEGRATION_LATENCY, labels, 3);
    if (st.error_type != NULL) {
        labels[1] = weir_str_of(st.error_type);
        (void)weir_metric_own(WEIR_M_INTEGRATION_ERRORS, labels, 2);
    }
    weir_call_count(destination, WEIR_S("envelope"), &st, latency_ms, trace_id);
}

/* ---- breakers ---------------------------------------------------------- */

enum { SERVICES = 1024, REPORTERS = 16, SILENT_MS = 60000 };
enum { STATES = 3 }; /* from harmless to bad: its index is the severity */
static const char *const states[STATES] = {"closed", "half_open", "open"};

struct reporter {
    atomic_uint_fast64_t key;  /* hash of its name; 0: free */
    atomic_uint_fast64_t seen; /* mono ms << 2 | severity */
};

struct service {
    struct weir_series *gauges[STATES];
    struct reporter reporters[REPORTERS];
};

static _Atomic(struct service *) services[SERVICES];

void weir_integrations_reset(void)
{
    for (size_t i = 0; i < SERVICES; i++) {
        free(atomic_load(&services[i]));
        atomic_store(&services[i], NULL);
    }
}

static struct service *service_new(struct weir_str name, struct weir_series *closed)
{
    struct service *s = calloc(1, sizeof *s);

    if (s == NULL)
        return NULL;
    s->gauges[0] = closed;
    for (size_t i = 1; i < STATES; i++) {
        struct weir_str labels[] = {name, weir_str_of(states[i])};

        s->gauges[i] = weir_metric(WEIR_M_CIRCUIT_BREAKER, labels, 2);
    }
    return s;
}

/* The record of a service. Its series `closed` is its identity: so services
 * over metrics.max_series share one record, as they share a series. NULL:
 * no room. */
static struct service *service_get(struct weir_str name)
{
    struct weir_str labels[] = {name, WEIR_S("closed")};
    struct weir_series *closed = weir_metric(WEIR_M_CIRCUIT_BREAKER, labels, 2);
    struct service *made = NULL;
    size_t at = (uintptr_t)closed >> 6;

    for (size_t i = 0; i < SERVICES; i++, at++) {
        _Atomic(struct service *) *slot = &services[at % SERVICES];
        /* acquire: pairs with the exchange below */
        struct service *s = atomic_load_explicit(slot, memory_order_acquire);

        if (s == NULL) {
            made = made != NULL ? made : service_new(name, closed);
            if (made == NULL || atomic_compare_exchange_strong(slot, &s, made))
                return made;
        }
        if (s->gauges[0] == closed) {
            free(made); /* another thread was faster */
            return s;
        }
    }
    free(made);
    return NULL;
}

/* The place of a reporter: its own, a free one, one that fell silent, or one
 * that says something less bad. NULL: all others are worse. */
static struct reporter *place_of(struct service *s, uint64_t key, unsigned severity,
                                 uint64_t now_ms)
{
    struct reporter *best = NULL;
    uint64_t best_rank = UINT64_MAX, key_there;

    for (size_t i = 0; i < REPORTERS; i++) {
        struct reporter *r = &s->reporters[i];
        uint64_t seen = atomic_load_explicit(&r->seen, memory_order_relaxed), rank;

        key_there = atomic_load_explicit(&r->key, memory_order_relaxed);
        if (key_there == key)
            return r;
        if (key_there == 0 || now_ms > (seen >> 2) + SILENT_MS)
            rank = 0;
        else if ((seen & 3) <= severity)
            rank = 1 + (seen & 3);
        else
            continue;
        if (rank < best_rank) {
            best_rank = rank;
            best = r;
        }
    }
    if (best != NULL)
        atomic_store_explicit(&best->key, key, memory_order_relaxed);
    return best;
}

int weir_integration_breaker(struct weir_str service, struct weir_str state,
                             struct weir_str reporter, uint64_t now_ms)
{
    uint64_t key = weir_str_hash(reporter) | 1; /* never 0 */
    struct reporter *r;
    struct service *s;
    unsigned severity = 0;

    while (severity < STATES && !weir_str_eq_nocase(state, weir_str_of(states[severity])))
        severity++;
    if (severity == STATES)
        return WEIR_EINVAL;
    s = service_get(service_of(service));
    if (s == NULL)
        return WEIR_ENOMEM;
    r = place_of(s, key, severity, now_ms);
    if (r != NULL)
        atomic_store_explicit(&r->seen, now_ms << 2 | severity, memory_order_relaxed);
    return 0;
}

/* The worst that somebody alive says; STATES when nobody is. */
static unsigned worst_of(const struct service *s, uint64_t now_ms)
{
    unsigned worst = STATES;

    for (size_t i = 0; i < REPORTERS; i++) {
        uint64_t seen = atomic_load_explicit(&s->reporters[i].seen, memory_order_relaxed);
        unsigned severity = (unsigned)(seen & 3);

        if (atomic_load_explicit(&s->reporters[i].key, memory_order_relaxed) == 0 ||
            now_ms > (seen >> 2) + SILENT_MS)
            continue;
        if (worst == STATES || severity > worst)
            worst = severity;
    }
    return worst;
}

void weir_integrations_collect(uint64_t now_ms)
{
    for (size_t i = 0; i < SERVICES; i++) {
        const struct service *s = atomic_load_explicit(&services[i], memory_order_acquire);
        unsigned worst;

        if (s == NULL)
            continue;
        worst = worst_of(s, now_ms);
        for (unsigned k = 0; k < STATES; k++)
            weir_gauge_set(s->gauges[k], worst == STATES ? (double)NAN : k == worst ? 1.0 : 0.0);
    }
}
