/* serve.c - from the head of a request to who answers it. */
#include "answer.h"
#include "cors.h"
#include "request.h"
#include "routes.h"

#include "weir/clock.h"
#include "weir/text.h"

/* ---- refusals ---------------------------------------------------------------- */

static void add_cors(struct weir_request *r)
{
    const struct weir_project *p = r->ingest.who.project;

    if (weir_class_has_cors(r->class))
        weir_cors_answer(p != NULL ? &p->origins : NULL, r->headers[WEIR_H_ORIGIN], &r->answer);
}

void weir_refuse(struct weir_request *r, int status, const char *reason, const char *detail,
                 const char *cause)
{
    weir_count(weir_metric_of(WEIR_M_REJECTED, "http", reason, NULL), 1);
    r->answer = (struct weir_http_answer){0};
    weir_answer_error(&r->pub, r->class, status, detail, cause, NULL, &r->answer);
    add_cors(r);
    r->state = WEIR_REQUEST_DISCARD;
}

/* ---- who may ------------------------------------------------------------------ */

static bool token_fits(struct weir_request *r, struct weir_str token)
{
    struct weir_str given = r->headers[WEIR_H_AUTHORIZATION];

    if (weir_bearer_is(given, token))
        return true;
    if (given.n == 0) {
        weir_refuse(r, 401, "no_token", "a bearer token is needed", NULL);
        weir_answer_header(&r->answer, "WWW-Authenticate", WEIR_S("Bearer"));
    } else {
        weir_refuse(r, 403, "wrong_token", "this bearer token is not the one", NULL);
    }
    return false;
}

static bool admitted(struct weir_request *r)
{
    const struct weir_config *c = &r->pub.snapshot->config;

    if (r->class == WEIR_ROUTE_METRICS)
        return c->metrics_token.n == 0 || token_fits(r, c->metrics_token);
    if (r->class != WEIR_ROUTE_ADMIN)
        return true;
    if (c->admin_token.n > 0)
        return token_fits(r, c->admin_token);
    if (r->server->loopback)
        return true;
    weir_refuse(r, 403, "no_admin_token",
                "the admin API is off on an address that is not loopback as long as "
                "auth.admin_token is not set",
                NULL);
    return false;
}

/* ---- the route ----------------------------------------------------------------- */

static bool find_route(struct weir_request *r)
{
    struct weir_routed found = {0};
    bool ok = r->server->ingest &&
              weir_routes_find(r->server->otlp ? weir_otlp_routes() : weir_ingest_routes(),
                               r->pub.method, r->pub.path, &found);

    if (!ok && r->server->admin)
        ok = weir_routes_find(weir_admin_routes(), r->pub.method, r->pub.path, &found);
    r->route = found.route;
    r->class = ok ? found.route->class : weir_routes_class(r->pub.path);
    if (!ok && found.allow[0] != '\0') {
        weir_refuse(r, 405, "method", "this path does not take that method", NULL);
        weir_answer_header(&r->answer, "Allow",
                           weir_arena_copy(&r->arena, weir_str_of(found.allow)));
    } else if (!ok) {
        weir_refuse(r, 404, "path", "there is nothing at this path", NULL);
    }
    for (size_t i = 0; ok && i < 4; i++)
        if (weir_percent_decode(&r->arena, found.params[i], false, &r->pub.params[i]) != 0)
            r->pub.params[i] = found.params[i];
    return ok;
}

static void preflight(struct weir_request *r)
{
    const struct weir_project *p = NULL;

    if (r->pub.params[0].n > 0)
        p = weir_config_project(&r->pub.snapshot->config, r->pub.params[0]);
    weir_cors_preflight(&r->arena, p != NULL ? &p->origins : NULL, r->headers[WEIR_H_ORIGIN],
                        r->headers[WEIR_H_ACCESS_CONTROL_REQUEST_HEADERS], r->route->methods,
                        &r->answer);
    r->state = WEIR_REQUEST_DISCARD;
}

static int keep_body(void *self, struct weir_str bytes, bool last)
{
    struct weir_request *r = self;

    if (!last)
        return WEIR_ELIMIT; /* handlers take small documents only */
    r->pub.body = bytes;
    return 0;
}

static void open_body(struct weir_request *r)
{
    const struct weir_limits *l = &r->pub.snapshot->config.limits;
    int err =
        weir_content_open(&r->content, &r->arena, r->headers[WEIR_H_CONTENT_ENCODING],
                          r->declared_bytes, WEIR_STREAM_OVER, l->decompressed_ratio, keep_body, r);

    r->state = WEIR_REQUEST_BODY;
    if (err != 0)
        weir_refuse(r, err == WEIR_EUNSUPPORTED ? 415 : 503, "encoding",
                    "this Content-Encoding is not supported", NULL);
}

static void prepare(struct weir_request *r)
{
    const uint64_t random[2] = {weir_random(), weir_random()};
    char *id = weir_arena_alloc(&r->arena, 32);

    r->lease = weir_lease_take(r->worker);
    r->pub.snapshot = r->lease->snapshot;
    if (id != NULL) {
        weir_hex((const uint8_t *)random, sizeof random, id);
        r->pub.request_id = (struct weir_str){id, 32};
    }
}

void weir_serve_head(struct weir_request *r)
{
    prepare(r);
    if (!find_route(r))
        return;
    if (r->ambiguous) {
        weir_refuse(r, 400, "malformed", "the request has two lengths", NULL);
        weir_answer_header(&r->answer, "Connection", WEIR_S("close"));
        return;
    }
    if (r->worker->draining && r->class != WEIR_ROUTE_HEALTH) {
        weir_refuse(r, 503, "draining", "weir is shutting down", NULL);
        weir_answer_retry(&r->arena, 1000, &r->answer);
    } else if (weir_str_eq(r->pub.method, WEIR_S("OPTIONS"))) {
        preflight(r);
    } else if (r->route->handle == NULL) {
        weir_ingest_head(r);
    } else if (admitted(r)) {
        open_body(r);
    }
}

/* ---- body and end ---------------------------------------------------------------- */

static void body_failed(struct weir_request *r, int err)
{
    weir_content_close(&r->content);
    if (err == WEIR_ELIMIT)
        weir_refuse(r, 413, "too_large", "the body is too large", NULL);
    else if (err == WEIR_EINVAL)
        weir_refuse(r, 400, "malformed", "the body does not fit its Content-Encoding", NULL);
    else
        weir_refuse(r, 503, "memory", "out of memory", NULL);
}

void weir_serve_body(struct weir_request *r, struct weir_str bytes)
{
    int err;

    if (r->route->handle == NULL) {
        weir_ingest_body(r, bytes);
        return;
    }
    err = weir_content_feed(&r->content, bytes);
    if (err != 0)
        body_failed(r, err);
}

/* What handlers are given as `self`: that of their table. */
static void *self_of(const struct weir_request *r)
{
    return r->worker->listen->options.admin;
}

static void wait_or_answer(struct weir_request *r)
{
    struct weir_op *op = r->answer.wait;

    r->state = WEIR_REQUEST_ANSWERED;
    if (op == NULL)
        return;
    if (!weir_request_submit(r, op)) {
        weir_refuse(r, 503, "queue_full", "too much is waiting for the spool", NULL);
        weir_answer_retry(&r->arena, 1000, &r->answer);
    }
}

void weir_serve_end(struct weir_request *r)
{
    int err;

    if (r->route->handle == NULL) {
        weir_ingest_end(r);
        return;
    }
    err = weir_content_end(&r->content);
    if (err != 0) {
        body_failed(r, err);
        return;
    }
    r->route->handle(self_of(r), &r->pub, &r->answer);
    wait_or_answer(r);
}

void weir_serve_reply(struct weir_request *r, struct weir_op *op)
{
    int result = op != NULL ? op->result : WEIR_EWITHDRAWN;

    if (r->route->handle == NULL) {
        weir_ingest_reply(r, result);
    } else if (result == 0 && r->answer.resume != NULL) {
        r->answer.resume(self_of(r), &r->pub, &r->answer);
    } else if (result != 0) {
        weir_refuse(r, 503, result == WEIR_EWITHDRAWN ? "no_commit" : "io",
                    "the spool did not take it", NULL);
        weir_answer_retry(&r->arena, 1000, &r->answer);
    }
    r->state = WEIR_REQUEST_ANSWERED;
}

/* ---- native objects that are no events --------------------------------------------- */

/* Text of the sender as a label: scrubbed; what cannot be judged is not shown. */
static struct weir_str label(const struct weir_observed *o, const char *path, struct weir_str text)
{
    struct weir_str out;

    if (text.n == 0 || o->named == NULL)
        return (struct weir_str){NULL, 0};
    if (weir_scrub_field(o->tools->scrubber, o->named->plan, WEIR_SCRUB_JSON, path, o->arena, text,
                         &out) != 0)
        return WEIR_S("[filtered]");
    return out;
}

/* The name that integrations.names has for it, as for the services of spans. */
static struct weir_str service_label(const struct weir_observed *o, struct weir_str text)
{
    const struct weir_config *c = o->config;
    struct weir_str name =
        weir_integration_name(c->integration_names, c->n_integration_names, text);

    return name.p != text.p ? name : label(o, "service", text);
}

static void integration(void *self, struct weir_str service, struct weir_str endpoint,
                        struct weir_str status, double latency_ms, bool has_latency,
                        struct weir_str error_type, struct weir_str trace_id)
{
    const struct weir_observed *o = self;

    weir_integration_call(service_label(o, service), label(o, "endpoint", endpoint),
                          label(o, "status", status), latency_ms, has_latency,
                          label(o, "error_type", error_type), trace_id);
}

static void breaker(void *self, struct weir_str service, struct weir_str state,
                    struct weir_str reporter)
{
    const struct weir_observed *o = self;

    (void)!weir_integration_breaker(service_label(o, service), state,
                                    label(o, "reporter", reporter), o->worker->now_ms);
}

static void sequence(void *self, struct weir_str source, uint64_t seq)
{
    const struct weir_observed *o = self;
    struct weir_str name = label(o, "source", source);
    struct weir_seq_entry *e = weir_seq_note(o->worker->listen->seqs, name, seq, o->worker->now_ms);

    /* A source gets a series when it loses something, not before. */
    if (atomic_load_explicit(&e->lost, memory_order_relaxed) > 0 &&
        atomic_load_explicit(&e->tag, memory_order_relaxed) == NULL)
        atomic_store_explicit(&e->tag, weir_metric(WEIR_M_UDP_LOST, &name, 1),
                              memory_order_relaxed);
}

static void settle(struct weir_observed *o, const struct weir_project *p)
{
    o->named = p;
    if (p != NULL)
        o->in_app = (struct weir_in_app){p->in_app_include.list, p->in_app_exclude.list,
                                         p->in_app_include.n, p->in_app_exclude.n};
}

static bool is_number(struct weir_str id)
{
    uint64_t n;

    return weir_str_u64(id, &n);
}

/* Where no project is listed any name would do; log records of other systems
 * have words there, and only Sentry's numbers are believed. */
static bool project_named(void *self, struct weir_str id)
{
    struct weir_observed *o = self;
    const struct weir_project *p =
        weir_project_id_valid(id) ? weir_config_project(o->config, id) : NULL;

    if (p != NULL && o->keyed && !weir_project_accepts(p, o->key))
        p = NULL;
    settle(o, p != NULL ? p : o->project);
    return p != NULL && (o->config->any_project == NULL || is_number(id));
}

void weir_observe_into(struct weir_observed *o, struct weir_decode_input *in)
{
    in->integration = integration;
    in->breaker = breaker;
    in->sequence = sequence;
    in->self = o;
    in->event_severity = weir_event_severity(o->config->event_level);
    in->breadcrumbs_from_logs = o->config->breadcrumbs_from_logs;
    in->project = project_named;
    in->in_app = &o->in_app;
    settle(o, o->project);
}
