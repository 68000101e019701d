/* fakes.h - the rooms around listen/, played by the test: a spool thread
 * that replies when told to, a pipeline that makes one delivery of each
 * item, counters by name, and rules that change nothing.
 *
 * All are weak, so that they give way where the real object is linked. */
#ifndef WEIR_TEST_LISTEN_FAKES_H
#define WEIR_TEST_LISTEN_FAKES_H

#include "collector/listen/worker.h"
#include "weir/clock.h"
#include "weir/decode.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FAKE __attribute__((weak))

/* ---- spool ------------------------------------------------------------------ */

struct weir_spool {
    struct weir_queue queue;
    pthread_t thread;
    atomic_bool stop;
    atomic_bool hold;       /* take nothing from the queue */
    atomic_bool hold_taken; /* take one, and keep it */
    atomic_int result;
    atomic_bool full, refuse;
    atomic_uint submitted, committed, withdrawn, deliveries, appends;
    char last_project[64], last_key[64]; /* read after the reply */
};

static void *fake_spool_run(void *self)
{
    struct weir_spool *s = self;
    struct weir_op *op;

    for (;;) {
        if (atomic_load(&s->hold) && !atomic_load(&s->stop)) {
            usleep(1000);
            continue;
        }
        op = weir_queue_pop(&s->queue);
        if (op == NULL) {
            if (atomic_load(&s->stop))
                return NULL;
            weir_queue_wait(&s->queue, 20);
            continue;
        }
        int queued = WEIR_OP_QUEUED;

        if (!atomic_compare_exchange_strong(&op->state, &queued, WEIR_OP_TAKEN)) {
            op->result = WEIR_EWITHDRAWN;
            atomic_fetch_add(&s->withdrawn, 1);
        } else {
            while (atomic_load(&s->hold_taken) && !atomic_load(&s->stop))
                usleep(1000);
            op->result = atomic_load(&s->result);
            if (op->kind == WEIR_OP_APPEND && op->result == 0) {
                const struct weir_append *a = (const struct weir_append *)op;

                atomic_fetch_add(&s->deliveries, (unsigned)a->n);
                atomic_fetch_add(&s->appends, 1);
                snprintf(s->last_project, sizeof s->last_project, "%.*s",
                         WEIR_FMT(a->deliveries[0].project));
                snprintf(s->last_key, sizeof s->last_key, "%.*s", WEIR_FMT(a->deliveries[0].key));
            }
            atomic_fetch_add(&s->committed, 1);
        }
        weir_mailbox_post(op->reply, &op->link);
    }
}

FAKE int weir_spool_submit(struct weir_spool *s, struct weir_op *op)
{
    if (atomic_load(&s->refuse))
        return WEIR_EFULL;
    atomic_store(&op->state, WEIR_OP_QUEUED);
    atomic_fetch_add(&s->submitted, 1);
    return weir_queue_push(&s->queue, op) ? 0 : WEIR_EFULL;
}

FAKE bool weir_spool_withdraw(struct weir_op *op)
{
    int queued = WEIR_OP_QUEUED;

    return atomic_compare_exchange_strong(&op->state, &queued, WEIR_OP_WITHDRAWN);
}

FAKE bool weir_spool_full(const struct weir_spool *s, unsigned slot)
{
    (void)slot;
    return atomic_load(&s->full);
}

/* ---- pipeline ----------------------------------------------------------------- */

struct weir_intake_state {
    struct weir_delivery *list;
    size_t n;
    const char *error;
};

static atomic_int fake_begun, fake_ended, fake_aborted;

static int fake_header(void *self, const struct weir_envelope_header *h)
{
    (void)h;
    return ((struct weir_intake *)self)->project != NULL ? 0 : WEIR_EAUTH;
}

static int fake_item(void *self, const struct weir_item *it)
{
    struct weir_intake *in = self;
    struct weir_intake_state *s = in->state;

    if (weir_str_find(it->payload, WEIR_S("not-json")) != SIZE_MAX) {
        s->error = "fake says no";
        return WEIR_EINVAL;
    }
    s->list =
        weir_arena_grow(in->arena, s->list, s->n * sizeof *s->list, (s->n + 1) * sizeof *s->list);
    memset(&s->list[s->n], 0, sizeof *s->list);
    s->list[s->n].type = it->type;
    s->list[s->n].project = in->project_id;
    s->list[s->n++].key = in->key;
    return 0;
}

static atomic_size_t fake_streamed;

static int fake_begin(void *self, const struct weir_item *it)
{
    return fake_item(self, it);
}

static int fake_data(void *self, struct weir_str bytes)
{
    (void)self;
    atomic_fetch_add(&fake_streamed, bytes.n);
    return 0;
}

static int fake_end(void *self)
{
    (void)self;
    return 0;
}

FAKE int weir_intake_begin(struct weir_intake *in, struct weir_sink *ret_sink)
{
    in->state = weir_arena_zalloc(in->arena, 1, sizeof *in->state);
    if (in->state == NULL)
        return WEIR_ENOMEM;
    atomic_fetch_add(&fake_begun, 1);
    *ret_sink = (struct weir_sink){fake_header, fake_item, fake_begin, fake_data, fake_end, in};
    return 0;
}

FAKE int weir_intake_finish(struct weir_intake *in, struct weir_delivery **ret_list, size_t *ret_n)
{
    *ret_list = in->state->list;
    *ret_n = in->state->n;
    atomic_fetch_add(&fake_ended, 1);
    return 0;
}

FAKE void weir_intake_abort(struct weir_intake *in)
{
    (void)in;
    atomic_fetch_add(&fake_aborted, 1);
}

FAKE const char *weir_intake_error(const struct weir_intake *in, size_t *ret_offset)
{
    *ret_offset = 0;
    return in->state->error;
}

FAKE bool weir_join_staged(void *self, struct weir_str project, struct weir_str trace_id)
{
    (void)self, (void)project, (void)trace_id;
    return false;
}

FAKE void weir_join_expect(void *self, struct weir_str project, struct weir_str trace_id)
{
    (void)self, (void)project, (void)trace_id;
}
FAKE void weir_join_failed(void *self, struct weir_str trace_id)
{
    (void)self, (void)trace_id;
}

/* ---- metrics: counters by "id value value" --------------------------------------- */

struct weir_series {
    char name[128];
    atomic_ullong count;
};

static struct weir_series fake_series[256];
static size_t fake_series_n;
static pthread_mutex_t fake_series_lock = PTHREAD_MUTEX_INITIALIZER;

static struct weir_series *fake_find(const char *name)
{
    struct weir_series *s = NULL;

    pthread_mutex_lock(&fake_series_lock);
    for (size_t i = 0; i < fake_series_n && s == NULL; i++)
        if (strcmp(fake_series[i].name, name) == 0)
            s = &fake_series[i];
    if (s == NULL) {
        s = &fake_series[fake_series_n < 255 ? fake_series_n++ : 255];
        snprintf(s->name, sizeof s->name, "%s", name);
    }
    pthread_mutex_unlock(&fake_series_lock);
    return s;
}

FAKE struct weir_series *weir_metric(enum weir_metric m, const struct weir_str *values, size_t n)
{
    char name[128];
    int used = snprintf(name, sizeof name, "%d", (int)m);

    for (size_t i = 0; i < n; i++)
        used += snprintf(name + used, sizeof name - (size_t)used, " %.*s", WEIR_FMT(values[i]));
    return fake_find(name);
}

FAKE struct weir_series *weir_metric_of(enum weir_metric m, ...)
{
    struct weir_str values[4];
    const char *value;
    size_t n = 0;
    va_list ap;

    va_start(ap, m);
    while ((value = va_arg(ap, const char *)) != NULL)
        values[n++] = weir_str_of(value);
    va_end(ap);
    return weir_metric(m, values, n);
}

static inline unsigned long long fake_count(enum weir_metric m, const char *a, const char *b)
{
    struct weir_str values[2] = {weir_str_of(a), weir_str_of(b)};

    return atomic_load(&weir_metric(m, values, b != NULL ? 2 : 1)->count);
}

FAKE void weir_count(struct weir_series *s, uint64_t by)
{
    atomic_fetch_add(&s->count, by);
}

FAKE void weir_gauge_set(struct weir_series *s, double value)
{
    (void)s, (void)value;
}

FAKE void weir_observe(struct weir_series *s, double value, struct weir_str trace_id)
{
    (void)value, (void)trace_id;
    atomic_fetch_add(&s->count, 1);
}

static void (*fake_collect)(void *self);
static void *fake_collect_self;

FAKE void weir_metrics_collector(void (*collect)(void *self), void *self)
{
    fake_collect = collect;
    fake_collect_self = self;
}

FAKE void weir_metrics_thread(void)
{
}

FAKE void weir_metrics_thread_end(void)
{
}

static atomic_int fake_integrations, fake_breakers;

FAKE void weir_integration_call(struct weir_str service, struct weir_str endpoint,
                                struct weir_str status, double latency_ms, bool has_latency,
                                struct weir_str error_type, struct weir_str trace_id)
{
    (void)service, (void)endpoint, (void)status, (void)latency_ms;
    (void)has_latency, (void)error_type, (void)trace_id;
    atomic_fetch_add(&fake_integrations, 1);
}

FAKE int weir_integration_breaker(struct weir_str service, struct weir_str state,
                                  struct weir_str reporter, uint64_t now_ms)
{
    (void)service, (void)state, (void)reporter, (void)now_ms;
    atomic_fetch_add(&fake_breakers, 1);
    return 0;
}

FAKE struct weir_str weir_integration_name(const struct weir_tag *names, size_t n_names,
                                           struct weir_str service)
{
    (void)names, (void)n_names;
    return service;
}

/* ---- rules ------------------------------------------------------------------------- */

struct weir_scrubber {
    int unused;
};

FAKE struct weir_scrubber *weir_scrubber_new(void)
{
    return calloc(1, sizeof(struct weir_scrubber));
}

FAKE void weir_scrubber_free(struct weir_scrubber *s)
{
    free(s);
}

FAKE int weir_scrub_field(struct weir_scrubber *s, const struct weir_scrub_plan *plan,
                          enum weir_scrub_kind kind, const char *path, struct weir_arena *a,
                          struct weir_str in, struct weir_str *ret_out)
{
    (void)s, (void)plan, (void)kind, (void)path, (void)a;
    *ret_out = in;
    return 0;
}

struct weir_ruleset {
    int unused;
};
struct weir_scrub_plan {
    int unused;
};
static struct weir_ruleset fake_ruleset;
static struct weir_scrub_plan fake_plan;

FAKE int weir_ruleset_parse(struct weir_str name, struct weir_str text, struct weir_str file,
                            struct weir_errors *errors, struct weir_ruleset **ret_ruleset)
{
    (void)name, (void)text, (void)file, (void)errors;
    *ret_ruleset = &fake_ruleset;
    return 0;
}

FAKE int weir_ruleset_builtin(struct weir_str name, struct weir_ruleset **ret_ruleset)
{
    (void)name;
    *ret_ruleset = &fake_ruleset;
    return 0;
}

FAKE const char *const *weir_ruleset_names(void)
{
    static const char *const names[] = {"default", NULL};
    return names;
}

FAKE void weir_ruleset_free(struct weir_ruleset *r)
{
    (void)r;
}

FAKE int weir_scrub_plan_new(const struct weir_ruleset *const *enforced, size_t n_enforced,
                             const struct weir_ruleset *const *shadow, size_t n_shadow,
                             struct weir_str hash_key, struct weir_scrub_plan **ret_plan)
{
    (void)enforced, (void)n_enforced, (void)shadow, (void)n_shadow, (void)hash_key;
    *ret_plan = &fake_plan;
    return 0;
}

FAKE void weir_scrub_plan_free(struct weir_scrub_plan *p)
{
    (void)p;
}

/* ---- admin --------------------------------------------------------------------------- */

static struct weir_op fake_admin_op;

static void fake_health(void *self, const struct weir_http_request *r, struct weir_http_answer *a)
{
    (void)self, (void)r;
    a->status = 200;
    a->content_type = "text/plain";
    a->body = WEIR_S("ok");
}

static void fake_redriven(void *self, const struct weir_http_request *r, struct weir_http_answer *a)
{
    (void)self;
    weir_http_data(r, 200, WEIR_S("{\"redriven\":1}"), WEIR_S(""), a);
}

static void fake_redrive(void *self, const struct weir_http_request *r, struct weir_http_answer *a)
{
    (void)self, (void)r;
    memset(&fake_admin_op, 0, sizeof fake_admin_op);
    fake_admin_op.kind = WEIR_OP_REDRIVE;
    a->wait = &fake_admin_op;
    a->resume = fake_redriven;
}

static void fake_echo(void *self, const struct weir_http_request *r, struct weir_http_answer *a)
{
    (void)self;
    a->status = 200;
    a->content_type = "text/plain";
    a->body = weir_arena_printf(r->arena, "%.*s|%.*s|%.*s|%.*s", WEIR_FMT(r->params[0]),
                                WEIR_FMT(r->query), WEIR_FMT(r->body),
                                WEIR_FMT(weir_http_header(r, "x-mine")));
}

FAKE const struct weir_route *weir_admin_routes(void)
{
    static const struct weir_route routes[] = {
        {"GET", "/health", WEIR_ROUTE_HEALTH, fake_health, -1, NULL},
        {"GET", "/metrics", WEIR_ROUTE_METRICS, fake_health, -1, NULL},
        {"POST", "/api/v1/redrive", WEIR_ROUTE_ADMIN, fake_redrive, -1, NULL},
        {"POST", "/api/v1/echo/{}", WEIR_ROUTE_ADMIN, fake_echo, -1, NULL},
        {NULL, NULL, WEIR_ROUTE_ADMIN, NULL, -1, NULL},
    };
    return routes;
}

#endif
