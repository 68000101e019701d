/* health.c - may this weir be sent to, and how is what it depends on?
 *
 *   /health, /health/live   the process runs its loop: it answers
 *   /health/ready           503 while it would refuse what it is sent
 *   /health/detailed        each dependency: the spool, each destination, what
 *                           health_checks names
 *
 * A destination that is down does not make weir unready: what is sent is
 * spooled meanwhile. Only when the last share of the spool is full there is
 * nowhere to put it. */
#include "admin_parts.h"
#include "series.h"

#include "weir/clock.h"

/* Health answers are read by machines that look at the status and by people
 * with curl: plain objects without the envelope. */
static void answer_json(const struct weir_http_request *r, int status, json_t *value_take,
                        struct weir_http_answer *answer)
{
    if (weir_json_print(r->arena, value_take, &answer->body) != 0) {
        weir_http_error(r, WEIR_ROUTE_HEALTH, 500, "out of memory", answer);
        return;
    }
    answer->status = status;
    answer->content_type = "application/json";
}

void weir_admin_live(void *self, const struct weir_http_request *r, struct weir_http_answer *answer)
{
    (void)self;
    answer_json(r, 200, json_pack("{s:s}", "status", "ok"), answer);
}

static bool every_share_is_full(const struct weir_spool *s, const struct weir_config *c)
{
    for (size_t i = 0; i < c->n_destinations; i++) {
        if (!weir_spool_full(s, c->destinations[i].slot))
            return false;
    }
    return c->n_destinations > 0;
}

/* Why no request is to be sent here, as a constant text; NULL: it is ready. */
static const char *not_ready(const struct weir_admin *a, const struct weir_http_request *r)
{
    if (atomic_load(&a->starting))
        return "starting";
    if (atomic_load(&a->draining))
        return "draining";
    if (a->spool != NULL && !weir_spool_writable(a->spool))
        return "spool unwritable";
    if (a->spool != NULL && r->snapshot != NULL &&
        every_share_is_full(a->spool, &r->snapshot->config))
        return "spool full";
    return NULL;
}

void weir_admin_ready(void *self, const struct weir_http_request *r,
                      struct weir_http_answer *answer)
{
    const char *why = not_ready(self, r);

    if (why == NULL)
        answer_json(r, 200, json_pack("{s:s}", "status", "ok"), answer);
    else
        answer_json(r, 503, json_pack("{s:s,s:s}", "status", "unavailable", "reason", why), answer);
}

/* ---- /health/detailed -------------------------------------------------- */

/* Mean time of the attempts to forward so far, in ms; null without any. */
static json_t *mean_latency(struct weir_series *const *list, size_t n, struct weir_str destination)
{
    uint64_t buckets[WEIR_MAX_BOUNDS + 1], count = 0;
    double sum = 0;

    for (size_t i = 0; i < n; i++) {
        if (list[i]->metric != WEIR_M_FORWARD || !weir_str_eq(list[i]->values[0], destination))
            continue;
        sum += weir_series_histogram(list[i], buckets);
        for (size_t b = 0; b <= weir_metric_family(WEIR_M_FORWARD)->bounds->n; b++)
            count += buckets[b];
    }
    return count > 0 ? json_real(sum * 1000 / (double)count) : json_null();
}

static unsigned count_open(const struct weir_forward_view *v)
{
    unsigned n = 0;

    for (unsigned i = 0; i < v->n_endpoints && i < 16; i++)
        n += v->breakers[i] == WEIR_BREAKER_OPEN;
    return n;
}

/* ok, degraded (it goes, but not as it should), down (nothing goes). */
static const char *judge(const struct weir_forward_view *v, bool full)
{
    unsigned open = count_open(v);

    if (v->blocked || full || (open > 0 && open >= v->n_endpoints))
        return "down";
    if (open > 0 || v->no_dsn || v->limited_until_ms > weir_mono_ms())
        return "degraded";
    return "ok";
}

static json_t *destination_json(const struct weir_admin *a, const struct weir_destination *d,
                                struct weir_series *const *list, size_t n, const char **ret_status)
{
    struct weir_forward_view view = {.n_endpoints = 0};
    bool full = a->spool != NULL && weir_spool_full(a->spool, d->slot);
    json_t *o = json_object();

    if (a->forward != NULL)
        weir_forward_look(a->forward, d->slot, &view);
    *ret_status = judge(&view, full);
    json_object_set_new(o, "kind", json_string("destination"));
    weir_json_set_text(o, "name", d->name);
    json_object_set_new(o, "status", json_string(*ret_status));
    json_object_set_new(o, "latency_ms", mean_latency(list, n, d->name));
    json_object_set_new(o, "spool_full", json_boolean(full));
    json_object_set_new(o, "forward", weir_admin_forward_json(a, d));
    return o;
}

static json_t *spool_json(const struct weir_admin *a, const char **ret_status)
{
    bool writable = a->spool == NULL || weir_spool_writable(a->spool);
    uint64_t ms = a->spool != NULL ? weir_spool_last_commit_ms(a->spool) : 0;

    *ret_status = writable ? "ok" : "down";
    return json_pack("{s:s,s:s,s:s,s:I,s:b}", "kind", "spool", "name", "spool", "status",
                     *ret_status, "latency_ms", (json_int_t)ms, "writable", (int)writable);
}

/* Adds what the health checks found; is one of them down? */
static bool add_dependencies(const struct weir_admin *a, struct weir_arena *arena, json_t *checks)
{
    struct weir_check_view *list;
    bool down = false;
    size_t n;

    if (a->checks == NULL || weir_checks_list(a->checks, arena, &list, &n) != 0)
        return false;
    for (size_t i = 0; i < n; i++) {
        const struct weir_check_view *v = &list[i];
        json_t *o = json_object();

        json_object_set_new(o, "kind", json_string(weir_check_kind_name(v->kind)));
        weir_json_set_text(o, "name", v->name);
        json_object_set_new(o, "status",
                            json_string(!v->known ? "unknown"
                                        : v->up   ? "ok"
                                                  : "down"));
        json_object_set_new(o, "latency_ms", v->known ? json_real(v->seconds * 1e3) : json_null());
        weir_json_set_time(o, "last_check", v->checked_ms);
        json_object_set_new(o, "last_error",
                            v->last_error != NULL ? json_string(v->last_error) : json_null());
        weir_json_set_time(o, "last_error_at", v->error_ms);
        json_array_append_new(checks, o);
        down = down || (v->known && !v->up);
    }
    return down;
}

void weir_admin_detailed(void *self, const struct weir_http_request *r,
                         struct weir_http_answer *answer)
{
    const struct weir_admin *a = self;
    const char *why = not_ready(a, r), *status;
    json_t *checks = json_array(), *o;
    struct weir_series **list = NULL;
    bool degraded = false;
    size_t n = 0;

    if (weir_metrics_list(r->arena, &list, &n) != 0)
        n = 0;
    json_array_append_new(checks, spool_json(a, &status));
    for (size_t i = 0; r->snapshot != NULL && i < r->snapshot->config.n_destinations; i++) {
        json_array_append_new(
            checks, destination_json(a, &r->snapshot->config.destinations[i], list, n, &status));
        degraded = degraded || strcmp(status, "ok") != 0;
    }
    degraded = add_dependencies(a, r->arena, checks) || degraded;
    o = json_object();
    json_object_set_new(o, "status",
                        json_string(why != NULL ? "unavailable"
                                    : degraded  ? "degraded"
                                                : "ok"));
    if (why != NULL)
        json_object_set_new(o, "reason", json_string(why));
    weir_json_set_number(o, "uptime_seconds",
                         a->started_ms > 0 ? (weir_wall_ms() - a->started_ms) / 1000 : 0);
    json_object_set_new(o, "checks", checks);
    answer_json(r, why != NULL ? 503 : 200, o, answer);
}
