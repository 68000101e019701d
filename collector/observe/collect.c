/* collect.c - gauges whose truth is in other rooms, read at each scrape.
 *
 * When a reload takes a destination or an endpoint away, its gauges would go
 * on showing their last value; so the first scrape after a reload hides them
 * all before it sets those that there are. */
#include "process.h"
#include "series.h"

#include "weir/admin.h"
#include "weir/clock.h"
#include "weir/log.h"

#include <unistd.h>

static void set_state(enum weir_metric m, struct weir_str destination, const char *state,
                      uint64_t value)
{
    struct weir_str labels[] = {destination, weir_str_of(state)};

    weir_gauge_set(weir_metric(m, labels, 2), (double)value);
}

/* Rows in the forwarder's hands are ready or waiting ones on disk: they are
 * shown as sending only, so that the states add up to what is spooled. */
static void collect_spool(const struct weir_admin *a, unsigned slot, struct weir_str name,
                          uint64_t sending)
{
    struct weir_spool_gauges g;
    uint64_t now_ms = weir_wall_ms(), ready, waiting;
    double age;

    weir_spool_gauges(a->spool, slot, &g);
    ready = g.rows[WEIR_ROW_READY] > sending ? g.rows[WEIR_ROW_READY] - sending : 0;
    waiting = sending > g.rows[WEIR_ROW_READY] ? sending - g.rows[WEIR_ROW_READY] : 0;
    waiting = g.rows[WEIR_ROW_WAITING] > waiting ? g.rows[WEIR_ROW_WAITING] - waiting : 0;
    set_state(WEIR_M_SPOOL_EVENTS, name, "staged", g.rows[WEIR_ROW_STAGED]);
    set_state(WEIR_M_SPOOL_EVENTS, name, "ready", ready);
    set_state(WEIR_M_SPOOL_EVENTS, name, "waiting", waiting);
    set_state(WEIR_M_SPOOL_EVENTS, name, "sending", sending);
    set_state(WEIR_M_SPOOL_EVENTS, name, "dead", g.rows[WEIR_ROW_DEAD]);
    set_state(WEIR_M_SPOOL_BYTES, name, "staged", g.bytes[WEIR_ROW_STAGED]);
    set_state(WEIR_M_SPOOL_BYTES, name, "ready", g.bytes[WEIR_ROW_READY]);
    set_state(WEIR_M_SPOOL_BYTES, name, "waiting", g.bytes[WEIR_ROW_WAITING]);
    set_state(WEIR_M_SPOOL_BYTES, name, "dead", g.bytes[WEIR_ROW_DEAD]);
    age = g.oldest_ms > 0 && now_ms > g.oldest_ms ? (double)(now_ms - g.oldest_ms) / 1000 : 0;
    weir_gauge_set(weir_metric(WEIR_M_SPOOL_OLDEST, &name, 1), age);
}

static void collect_breakers(const struct weir_destination *d, const struct weir_forward_view *v)
{
    uint64_t now_ms = weir_mono_ms();

    for (int k = WEIR_BREAKER_CLOSED; k <= WEIR_BREAKER_HALF_OPEN; k++) {
        struct weir_str labels[] = {
            d->name, weir_str_of(weir_breaker_state_name((enum weir_breaker_state)k))};

        (void)weir_metric_own(WEIR_M_CIRCUIT_BREAKER, labels, 2);
    }
    for (unsigned i = 0; i < v->n_endpoints && i < d->n_endpoints && i < 16; i++) {
        for (int k = WEIR_BREAKER_CLOSED; k <= WEIR_BREAKER_HALF_OPEN; k++) {
            struct weir_str labels[] = {
                d->name, d->endpoints[i].origin,
                weir_str_of(weir_breaker_state_name((enum weir_breaker_state)k))};

            weir_gauge_set(weir_metric(WEIR_M_BREAKER, labels, 3), v->breakers[i] == (unsigned)k);
        }
        /* weir is an integration too: each endpoint reports on the service
         * that bears the destination's name. */
        (void)!weir_integration_breaker(d->name,
                                        weir_str_of(weir_breaker_state_name(v->breakers[i])),
                                        d->endpoints[i].origin, now_ms);
    }
}

static void collect_destination(const struct weir_admin *a, const struct weir_destination *d)
{
    struct weir_forward_view v = {.n_endpoints = 0};

    if (a->forward != NULL)
        weir_forward_look(a->forward, d->slot, &v);
    if (a->spool != NULL)
        collect_spool(a, d->slot, d->name, v.sending);
    collect_breakers(d, &v);
    weir_gauge_set(weir_metric(WEIR_M_SPOOL_MAX_BYTES, &d->name, 1), (double)d->max_bytes);
    weir_gauge_set(weir_metric(WEIR_M_BLOCKED, &d->name, 1), v.blocked ? 1 : 0);
}

/* Destinations that are configured no more but still have rows. */
static void collect_left_over(const struct weir_admin *a, const struct weir_config *c)
{
    for (unsigned slot = 0; a->spool != NULL && slot < WEIR_MAX_DESTINATIONS; slot++) {
        struct weir_str name = weir_destination_name(slot);
        struct weir_spool_gauges g;
        uint64_t rows = 0;

        if (name.n == 0 || weir_config_destination(c, name) != NULL)
            continue;
        weir_spool_gauges(a->spool, slot, &g);
        for (size_t i = 0; i < sizeof g.rows / sizeof g.rows[0]; i++)
            rows += g.rows[i];
        if (rows > 0)
            collect_spool(a, slot, name, 0);
    }
}

static void set_target(enum weir_metric m, struct weir_str service, const char *objective,
                       double value)
{
    struct weir_str labels[] = {service, weir_str_of(objective)};

    if (value > 0)
        weir_gauge_set(weir_metric(m, labels, 2), value);
}

static void collect_sla(const struct weir_sla *s)
{
    set_target(WEIR_M_SLA_RATIO, s->service, "availability", s->availability);
    set_target(WEIR_M_SLA_RATIO, s->service, "error_rate", s->error_rate);
    set_target(WEIR_M_SLA_LATENCY, s->service, "p99", s->p99_ms);
}

/* How much of what there is is used: its upper ends. */
static void collect_bounds(const struct weir_admin *a, const struct weir_config *c)
{
    size_t most, waiting;

    if (a->spool != NULL) {
        waiting = weir_spool_queue(a->spool, &most);
        weir_gauge_set(weir_metric_of(WEIR_M_SPOOL_QUEUE, NULL), (double)waiting);
        weir_gauge_set(weir_metric_of(WEIR_M_SPOOL_QUEUE_MAX, NULL), (double)most);
    }
    weir_gauge_set(weir_metric_of(WEIR_M_CONNECTIONS_MAX, NULL), c->limits.connections);
    weir_gauge_set(weir_metric_of(WEIR_M_CORES, NULL), (double)sysconf(_SC_NPROCESSORS_ONLN));
}

static void hide_after_reload(uint64_t generation)
{
    static const enum weir_metric by_destination[] = {
        WEIR_M_SPOOL_EVENTS, WEIR_M_SPOOL_BYTES, WEIR_M_SPOOL_MAX_BYTES, WEIR_M_SPOOL_OLDEST,
        WEIR_M_BREAKER,      WEIR_M_BLOCKED,     WEIR_M_SLA_RATIO,       WEIR_M_SLA_LATENCY};
    static atomic_uint_fast64_t shown;

    if (atomic_exchange(&shown, generation) == generation)
        return;
    for (size_t i = 0; i < sizeof by_destination / sizeof by_destination[0]; i++)
        weir_metrics_hide(by_destination[i]);
}

static void collect(void *self)
{
    const struct weir_admin *a = self;
    struct weir_snapshot *snapshot = a->current != NULL ? weir_current_get(a->current) : NULL;

    weir_process_collect();
    for (int level = WEIR_DEBUG; level <= WEIR_ERROR; level++)
        weir_gauge_set(
            weir_metric_of(WEIR_M_LOG_LINES, weir_log_level_name((enum weir_log_level)level), NULL),
            (double)weir_log_lines((enum weir_log_level)level));
    if (snapshot == NULL)
        return;
    hide_after_reload(snapshot->generation);
    for (size_t i = 0; i < snapshot->config.n_destinations; i++)
        collect_destination(a, &snapshot->config.destinations[i]);
    for (size_t i = 0; i < snapshot->config.n_slas; i++)
        collect_sla(&snapshot->config.slas[i]);
    collect_bounds(a, &snapshot->config);
    collect_left_over(a, &snapshot->config);
    weir_snapshot_put(snapshot);
}

void weir_admin_collect(struct weir_admin *a)
{
    weir_metrics_collector(collect, a);
}
