/* status.c - GET /api/v1/status: both sides of every destination's ledger,
 * counted in one read transaction, and what goes on beside it. */
#include "admin_parts.h"

#include "weir/clock.h"
#include "weir/version.h"

json_t *weir_admin_forward_json(const struct weir_admin *a, const struct weir_destination *d)
{
    struct weir_forward_view v = {.n_endpoints = 0};
    json_t *o = json_object(), *breakers = json_array();
    uint64_t now_ms = weir_mono_ms();

    if (a->forward != NULL)
        weir_forward_look(a->forward, d->slot, &v);
    for (unsigned i = 0; i < v.n_endpoints && i < d->n_endpoints && i < 16; i++) {
        json_t *b = json_object();

        weir_json_set_text(b, "endpoint", d->endpoints[i].origin);
        json_object_set_new(b, "state", json_string(weir_breaker_state_name(v.breakers[i])));
        json_array_append_new(breakers, b);
    }
    json_object_set_new(o, "breakers", breakers);
    json_object_set_new(o, "blocked", json_boolean(v.blocked));
    json_object_set_new(o, "has_dsn", json_boolean(d->has_dsn && !v.no_dsn));
    weir_json_set_number(o, "limited_ms",
                         v.limited_until_ms > now_ms ? v.limited_until_ms - now_ms : 0);
    weir_json_set_number(o, "sending", v.sending);
    json_object_set_new(o, "last_status",
                        v.last_status != 0 ? json_integer(v.last_status) : json_null());
    weir_json_set_time(o, "last_success", v.last_success_ms);
    return o;
}

static json_t *ledger_json(const struct weir_ledger *l)
{
    json_t *o = json_object();

    for (int i = 0; i < WEIR_OUTCOMES; i++)
        weir_json_set_number(o, weir_outcome_name((enum weir_outcome)i), l->count[i]);
    weir_json_set_number(o, "spooled", l->spooled);
    json_object_set_new(o, "difference", json_integer(l->difference));
    return o;
}

static json_t *share_json(const struct weir_admin *a, const struct weir_ledger *l,
                          const struct weir_destination *d)
{
    uint64_t now_ms = weir_wall_ms();
    json_t *o = json_object();

    weir_json_set_number(o, "staged", l->staged);
    weir_json_set_number(o, "ready", l->ready);
    weir_json_set_number(o, "waiting", l->waiting);
    weir_json_set_number(o, "bytes", l->bytes);
    weir_json_set_number(o, "dead_bytes", l->dead_bytes);
    weir_json_set_number(o, "oldest_seconds",
                         l->oldest_ms > 0 && now_ms > l->oldest_ms ? (now_ms - l->oldest_ms) / 1000
                                                                   : 0);
    if (d != NULL) {
        weir_json_set_number(o, "max_bytes", d->max_bytes);
        json_object_set_new(o, "full", json_boolean(weir_spool_full(a->spool, d->slot)));
    }
    return o;
}

/* `d` is NULL for one that is configured no more. */
static json_t *destination_json(const struct weir_admin *a, const struct weir_ledger *l,
                                const struct weir_destination *d)
{
    json_t *o = json_object();

    weir_json_set_text(o, "name", l->destination);
    json_object_set_new(o, "configured", json_boolean(d != NULL));
    json_object_set_new(o, "ledger", ledger_json(l));
    json_object_set_new(o, "spool", share_json(a, l, d));
    if (d != NULL)
        json_object_set_new(o, "forward", weir_admin_forward_json(a, d));
    return o;
}

static bool has_ledger(const struct weir_ledger *l, size_t n, struct weir_str name)
{
    for (size_t i = 0; i < n; i++) {
        if (weir_str_eq(l[i].destination, name))
            return true;
    }
    return false;
}

/* Those with a ledger first, then those that nothing was sent to yet. */
static json_t *destinations_json(const struct weir_admin *a, const struct weir_http_request *r,
                                 const struct weir_ledger *l, size_t n)
{
    const struct weir_config *c = &r->snapshot->config;
    json_t *list = json_array();

    for (size_t i = 0; i < n; i++)
        json_array_append_new(
            list, destination_json(a, &l[i], weir_config_destination(c, l[i].destination)));
    for (size_t i = 0; i < c->n_destinations; i++) {
        struct weir_ledger none = {.destination = c->destinations[i].name};

        if (!has_ledger(l, n, none.destination))
            json_array_append_new(list, destination_json(a, &none, &c->destinations[i]));
    }
    return list;
}

static const char *state_of(const struct weir_admin *a)
{
    return atomic_load(&a->starting)   ? "starting"
           : atomic_load(&a->draining) ? "draining"
                                       : "running";
}

static int read_ledgers(const struct weir_admin *a, const struct weir_http_request *r,
                        struct weir_ledger **ret_ledgers, size_t *ret_n)
{
    struct weir_spool_reader *reader;
    int rc = weir_spool_reader_new(a->spool, &reader);

    if (rc != 0)
        return rc;
    rc = weir_spool_ledger(reader, r->arena, ret_ledgers, ret_n);
    weir_spool_reader_free(reader);
    return rc;
}

void weir_admin_status(void *self, const struct weir_http_request *r,
                       struct weir_http_answer *answer)
{
    const struct weir_admin *a = self;
    const struct weir_config *c = &r->snapshot->config;
    struct weir_ledger *ledgers;
    json_t *o;
    size_t n;

    if (read_ledgers(a, r, &ledgers, &n) != 0) {
        weir_http_error(r, WEIR_ROUTE_ADMIN, 503, "the spool cannot be read", answer);
        return;
    }
    o = json_object();
    json_object_set_new(o, "version", json_string(weir_version));
    json_object_set_new(o, "commit", json_string(weir_commit));
    json_object_set_new(o, "state", json_string(state_of(a)));
    weir_json_set_time(o, "started", a->started_ms);
    weir_json_set_number(o, "uptime_seconds", (weir_wall_ms() - a->started_ms) / 1000);
    weir_json_set_number(o, "config_generation", r->snapshot->generation);
    json_object_set_new(o, "spool",
                        json_pack("{s:s,s:b,s:I,s:I}", "type",
                                  c->spool_memory ? "memory" : "sqlite", "writable",
                                  (int)weir_spool_writable(a->spool), "last_commit_ms",
                                  (json_int_t)weir_spool_last_commit_ms(a->spool), "max_bytes",
                                  (json_int_t)c->spool_max_bytes));
    json_object_set_new(o, "destinations", destinations_json(a, r, ledgers, n));
    weir_admin_data(r, o, answer);
}
