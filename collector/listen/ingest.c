/* ingest.c - an ingest request from its head to the spool and back.
 *
 *   head:  keys of the head, project when the path names it   401 403
 *          origin, spool full, rate                           403 503 429
 *   body:  decoder -> gate (below) -> pipeline -> deliveries  400 413 415
 *   end:   one append to the spool, suspended                 503
 *   reply: the answer                                         200 202 503
 *
 * Between decoder and pipeline stands a sink of ours. It sees the envelope
 * header, where the last key may be (`dsn`), before any item; and it keeps
 * back items of categories that no destination takes now. */
#include "answer.h"
#include "cors.h"
#include "peer.h"
#include "request.h"
#include "routes.h"

#include "weir/clock.h"
#include "weir/text.h"

#include <microhttpd.h>

enum { RETRY_FULL_MS = 10 * 1000, RETRY_SOON_MS = 1000 };

static void refuse(struct weir_request *r, int status, const char *reason, const char *detail)
{
    r->ingest.refused = true;
    weir_refuse(r, status, reason, detail, NULL);
}

static void refuse_for_now(struct weir_request *r, int status, const char *reason,
                           const char *detail, uint64_t wait_ms)
{
    refuse(r, status, reason, detail);
    weir_answer_retry(&r->arena, wait_ms, &r->answer);
}

/* ---- who it is, and may it come in ---------------------------------------------- */

/* The gates that need the project, each once. False: refused. */
static bool admit(struct weir_request *r)
{
    struct weir_listen *l = r->worker->listen;
    const struct weir_project *p = r->ingest.who.project;
    struct weir_str origin = r->headers[WEIR_H_ORIGIN];
    uint64_t wait_ms;

    if (weir_class_has_cors(r->class) && origin.n > 0 && !weir_cors_allows(&p->origins, origin)) {
        refuse(r, 403, "origin", "this origin is not one of the project's");
    } else if (weir_gate_full(l->options.spool, p)) {
        refuse_for_now(r, 503, "spool_full", "the spool is full", RETRY_FULL_MS);
    } else if (!weir_gate_rate(l->buckets, p, weir_mono_us() * 1000, &wait_ms)) {
        refuse_for_now(r, 429, "rate_limit", "the project's rate limit is used up", wait_ms);
        weir_answer_header(&r->answer, "X-Sentry-Rate-Limits",
                           weir_arena_printf(&r->arena, "%llu::project:rate_limit",
                                             (unsigned long long)(wait_ms + 999) / 1000));
    }
    return !r->ingest.refused;
}

static bool settle_auth(struct weir_request *r, enum weir_auth verdict)
{
    struct weir_auth_text t = weir_auth_text(verdict);

    if (verdict == WEIR_AUTH_OK)
        return true;
    refuse(r, t.status, t.reason, t.detail);
    if (t.status == 401)
        weir_answer_header(&r->answer, "WWW-Authenticate", WEIR_S("Sentry"));
    return false;
}

/* What the head alone can say. With an envelope the key may still come. */
static bool identify(struct weir_request *r)
{
    struct weir_ingest *i = &r->ingest;
    const struct weir_config *c = &r->pub.snapshot->config;
    struct weir_str wanted = {NULL, 0};
    enum weir_auth verdict;

    if (i->keys.conflict)
        return settle_auth(r, WEIR_AUTH_CONFLICT);
    if (r->class != WEIR_ROUTE_SENTRY && i->path_project.n == 0) {
        weir_query_get(&r->arena, r->pub.query, WEIR_S("project"), &wanted);
        verdict = weir_auth_native(c, wanted, &i->keys, &i->who);
    } else if (i->format == WEIR_FORMAT_ENVELOPE &&
               (i->path_project.n == 0 || (i->keys.key.n == 0 && c->any_project == NULL))) {
        return true;
    } else {
        verdict = weir_auth_project(c, i->path_project, &i->keys, &i->who);
    }
    return settle_auth(r, verdict) && admit(r);
}

static bool read_keys(struct weir_request *r)
{
    struct weir_auth_input in = {.x_sentry_auth = r->headers[WEIR_H_X_SENTRY_AUTH],
                                 .authorization = r->headers[WEIR_H_AUTHORIZATION],
                                 .query = r->pub.query,
                                 .bearer = r->class != WEIR_ROUTE_SENTRY};
    struct weir_credentials *k = &r->ingest.keys;

    if (r->ingest.format == WEIR_FORMAT_CRON)
        weir_credentials_add(k, r->pub.params[2]);
    if (weir_credentials_read(k, &r->arena, &in) != 0) {
        refuse_for_now(r, 503, "memory", "out of memory", RETRY_SOON_MS);
        return false;
    }
    /* The head is libmicrohttpd's; the spool may hold the key longer. */
    k->key = weir_arena_copy(&r->arena, k->key);
    return true;
}

static int take_bytes(void *self, struct weir_str bytes, bool last);

static bool open_body(struct weir_request *r)
{
    const struct weir_limits *l = &r->pub.snapshot->config.limits;
    int err;

    if (r->declared_bytes > l->envelope) {
        refuse(r, 413, "too_large", "the request is larger than limits.envelope");
        return false;
    }
    err = weir_content_open(&r->content, &r->arena, r->headers[WEIR_H_CONTENT_ENCODING],
                            r->declared_bytes, l->envelope, l->decompressed_ratio, take_bytes, r);
    if (err == WEIR_EUNSUPPORTED)
        refuse(r, 415, "encoding", "this Content-Encoding is not supported");
    else if (err != 0)
        refuse_for_now(r, 503, "memory", "out of memory", RETRY_SOON_MS);
    return err == 0;
}

/* Browsers of old send an event as an image's URL; a GET without is none. */
static bool nothing_to_get(struct weir_request *r)
{
    struct weir_str data;

    if (r->ingest.format != WEIR_FORMAT_STORE || weir_str_eq(r->pub.method, WEIR_S("POST")) ||
        weir_query_get(&r->arena, r->pub.query, WEIR_S("sentry_data"), &data))
        return false;
    refuse(r, 405, "method", "this path does not take that method");
    weir_answer_header(&r->answer, "Allow", WEIR_S("POST, OPTIONS"));
    return true;
}

void weir_ingest_head(struct weir_request *r)
{
    struct weir_ingest *i = &r->ingest;
    struct weir_str type, rest;

    i->format = (enum weir_format)r->route->format;
    /* Where envelopes began, and some clients never left. */
    weir_str_cut(r->headers[WEIR_H_CONTENT_TYPE], ';', &type, &rest);
    if (i->format == WEIR_FORMAT_STORE &&
        weir_str_eq_nocase(weir_str_trim(type), WEIR_S("application/x-sentry-envelope")))
        i->format = WEIR_FORMAT_ENVELOPE;
    if (weir_class_has_cors(r->class))
        i->path_project = r->pub.params[0];
    r->state = WEIR_REQUEST_BODY;
    if (!nothing_to_get(r) && read_keys(r) && identify(r))
        open_body(r);
}

/* ---- our sink around the pipeline's ----------------------------------------------- */

static int sink_header(void *self, const struct weir_envelope_header *h)
{
    struct weir_request *r = self;
    struct weir_ingest *i = &r->ingest;
    bool known = i->who.project != NULL;

    if (i->format == WEIR_FORMAT_ENVELOPE && (!known || h->dsn.n > 0)) {
        if (!settle_auth(r, weir_auth_envelope(&r->pub.snapshot->config, i->path_project, h->dsn,
                                               &i->keys, &i->who)) ||
            (!known && !admit(r)))
            return WEIR_EAUTH;
        i->intake.project = i->who.project;
        i->intake.project_id = weir_arena_copy(&r->arena, i->who.project_id);
        i->intake.key = weir_arena_copy(&r->arena, i->who.key);
    }
    return i->inner.header(i->inner.self, h);
}

/* True when no destination takes this category for now. */
static bool kept_back(struct weir_request *r, const struct weir_item *it)
{
    struct weir_ingest *i = &r->ingest;
    bool follows = it->type == WEIR_ITEM_ATTACHMENT || it->type == WEIR_ITEM_PROFILE;

    i->items++;
    if (!(follows && i->event_limited) &&
        weir_gate_limited(i->who.project, weir_item_category(it->type), r->worker->now_ms) == 0)
        return false;
    i->event_limited |= it->type == WEIR_ITEM_EVENT || it->type == WEIR_ITEM_TRANSACTION;
    i->items_limited++;
    return true;
}

static int sink_item(void *self, const struct weir_item *it)
{
    struct weir_request *r = self;

    if (kept_back(r, it))
        return 0;
    return r->ingest.inner.item(r->ingest.inner.self, it);
}

static int sink_begin(void *self, const struct weir_item *it)
{
    struct weir_request *r = self;

    r->ingest.skipping = kept_back(r, it);
    return r->ingest.skipping ? 0 : r->ingest.inner.begin(r->ingest.inner.self, it);
}

static int sink_data(void *self, struct weir_str bytes)
{
    struct weir_ingest *i = &((struct weir_request *)self)->ingest;

    return i->skipping ? 0 : i->inner.data(i->inner.self, bytes);
}

static int sink_end(void *self)
{
    struct weir_ingest *i = &((struct weir_request *)self)->ingest;

    if (!i->skipping)
        return i->inner.end(i->inner.self);
    i->skipping = false;
    return 0;
}

/* ---- decoding ------------------------------------------------------------------------ */

static void read_trace(struct weir_request *r)
{
    const struct weir_str *h = r->headers;
    struct weir_trace_headers in = {h[WEIR_H_SENTRY_TRACE],      h[WEIR_H_BAGGAGE],
                                    h[WEIR_H_TRACEPARENT],       h[WEIR_H_B3],
                                    h[WEIR_H_X_B3_TRACEID],      h[WEIR_H_X_B3_SPANID],
                                    h[WEIR_H_X_B3_PARENTSPANID], h[WEIR_H_X_B3_SAMPLED],
                                    h[WEIR_H_X_TRACE_ID],        h[WEIR_H_X_SPAN_ID],
                                    h[WEIR_H_X_PARENT_SPAN_ID],  h[WEIR_H_X_SAMPLED]};
    struct weir_trace_context t = {.sampled = -1};

    weir_trace_context(&r->arena, &in, &t);
    r->ingest.input.trace_id = t.trace_id;
    r->ingest.input.unsampled = t.sampled == 0;
    r->ingest.input.span_id = t.span_id;
    r->ingest.input.parent_span_id = t.parent_span_id;
}

static struct weir_str client_ip(struct weir_request *r)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(r->mhd, MHD_CONNECTION_INFO_CLIENT_ADDRESS);

    if (info == NULL || info->client_addr == NULL)
        return (struct weir_str){NULL, 0};
    return weir_client_ip(&r->arena, &r->pub.snapshot->config.trusted_proxies, info->client_addr,
                          r->headers[WEIR_H_X_FORWARDED_FOR], r->headers[WEIR_H_FORWARDED]);
}

static void fill_input(struct weir_request *r, struct weir_tools *tools)
{
    struct weir_ingest *i = &r->ingest;
    const struct weir_config *c = &r->pub.snapshot->config;

    i->input = (struct weir_decode_input){
        .arena = &r->arena,
        .reader = tools->reader,
        .content_type = r->headers[WEIR_H_CONTENT_TYPE],
        .query = r->pub.query,
        .user_agent = i->intake.user_agent,
        .slug = r->pub.params[1],
        .native = weir_str_of(r->route->native),
        .default_project = i->who.project_id.n > 0 ? i->who.project_id : c->default_project,
        .received_ms = i->intake.received_ms,
        .max_items = c->limits.items,
        .inflated_max = c->limits.envelope,
        .inflated_ratio = c->limits.decompressed_ratio};
    i->observed = (struct weir_observed){.worker = r->worker,
                                         .tools = tools,
                                         .arena = &r->arena,
                                         .project = i->who.project,
                                         .config = c,
                                         .key = i->who.key,
                                         .keyed = true};
    weir_observe_into(&i->observed, &i->input);
    read_trace(r);
}

/* The decoder and what it needs. A body in pieces gets tools of its own:
 * other requests are decoded between its pieces. */
static int start_decoding(struct weir_request *r, bool whole)
{
    struct weir_ingest *i = &r->ingest;
    struct weir_tools *tools = whole ? &r->worker->tools : &i->own_tools;
    int err = whole ? 0 : weir_tools_new(r->worker, tools);

    if (err != 0)
        return err;
    i->intake = (struct weir_intake){.arena = &r->arena,
                                     .snapshot = r->pub.snapshot,
                                     .project = i->who.project,
                                     .project_id = i->who.project_id,
                                     .key = i->who.key,
                                     .client_ip = client_ip(r),
                                     .user_agent =
                                         weir_arena_copy(&r->arena, r->headers[WEIR_H_USER_AGENT]),
                                     .transport = WEIR_HTTP,
                                     .received_ms = weir_wall_ms(),
                                     .tools = tools};
    fill_input(r, tools);
    err = weir_intake_begin(&i->intake, &i->inner);
    if (err != 0)
        return err;
    i->outer = (struct weir_sink){sink_header, sink_item, sink_begin, sink_data, sink_end, r};
    i->decoder = weir_decoder_new(i->format, &i->input, &i->outer);
    return i->decoder != NULL ? 0 : WEIR_ENOMEM;
}

static int take_bytes(void *self, struct weir_str bytes, bool last)
{
    struct weir_request *r = self;
    int err = r->ingest.decoder == NULL ? start_decoding(r, last) : 0;

    return err != 0 ? err : weir_decoder_feed(r->ingest.decoder, bytes, last);
}

/* ---- ends ------------------------------------------------------------------------------ */

/* What decoder, pipeline or body codec have to say, most exact first. */
static const char *cause_of(const struct weir_request *r, const char *otherwise)
{
    const struct weir_ingest *i = &r->ingest;
    const char *why = i->decoder != NULL ? weir_decoder_result(i->decoder)->error : NULL;
    size_t offset;

    if (why == NULL && i->intake.state != NULL)
        why = weir_intake_error(&i->intake, &offset);
    return why != NULL && why[0] != '\0' ? why : otherwise;
}

static void failed(struct weir_request *r, int err)
{
    const char *cause;

    if (r->ingest.refused)
        goto out; /* by our own sink: the answer is made */
    switch (err) {
    case WEIR_EINVAL:
        cause = cause_of(r, "the body does not fit its Content-Encoding");
        weir_refuse(r, 400, "malformed", "the request is malformed", cause);
        break;
    case WEIR_ELIMIT:
        cause = cause_of(r, "the body is larger than limits.envelope, or inflates too much");
        weir_refuse(r, 413, "too_large", "the request is too large", cause);
        break;
    case WEIR_EUNSUPPORTED:
        cause = cause_of(r, "this Content-Type is not supported");
        weir_refuse(r, 415, "type", "the request is of an unsupported type", cause);
        break;
    case WEIR_EAUTH:
        weir_refuse(r, 403, "wrong_project", "no such project, or not that of the key", NULL);
        break;
    case WEIR_EFULL:
        refuse_for_now(r, 503, "spool_full", "the spool is full", RETRY_FULL_MS);
        break;
    case WEIR_ENOMEM:
        if (r->arena.used_bytes > r->arena.cap_bytes / 2) { /* so it would be next time */
            weir_refuse(r, 413, "too_large", "the request is too large to be held", NULL);
            break;
        }
        /* fallthrough */
    default:
        refuse_for_now(r, 503, err == WEIR_ENOMEM ? "memory" : "io", weir_strerror(err),
                       RETRY_SOON_MS);
    }
out:
    weir_ingest_abort(r);
}

void weir_ingest_body(struct weir_request *r, struct weir_str bytes)
{
    int err = weir_content_feed(&r->content, bytes);

    if (err != 0)
        failed(r, err);
}

/* The id of the event, where only the payload named it or weir made it. */
static struct weir_str made_id(const struct weir_append *a)
{
    for (size_t i = 0; i < a->n; i++)
        if (weir_item_bound(a->deliveries[i].type))
            return a->deliveries[i].event_id;
    return (struct weir_str){NULL, 0};
}

static void accepted(struct weir_request *r)
{
    struct weir_ingest *i = &r->ingest;
    const struct weir_project *p = i->who.project;

    r->answer = (struct weir_http_answer){0};
    weir_answer_accepted(&r->pub, i->format, weir_decoder_result(i->decoder), made_id(&i->append),
                         &r->answer);
    if (p != NULL) {
        if (weir_class_has_cors(r->class))
            weir_cors_answer(&p->origins, r->headers[WEIR_H_ORIGIN], &r->answer);
        weir_answer_header(&r->answer, "X-Sentry-Rate-Limits",
                           weir_gate_header(&r->arena, p, r->worker->now_ms));
    }
    r->state = WEIR_REQUEST_ANSWERED;
}

static void all_limited(struct weir_request *r)
{
    const struct weir_project *p = r->ingest.who.project;
    uint64_t now_ms = r->worker->now_ms, wait_ms = RETRY_SOON_MS;

    for (unsigned c = 0; c < WEIR_CATEGORIES; c++) {
        uint64_t ms = weir_gate_limited(p, (enum weir_category)c, now_ms);

        wait_ms = ms > wait_ms ? ms : wait_ms;
    }
    refuse_for_now(r, 429, "destination_limit", "the destinations take none of this now", wait_ms);
    weir_answer_header(&r->answer, "X-Sentry-Rate-Limits", weir_gate_header(&r->arena, p, now_ms));
    weir_ingest_abort(r);
}

static void submit(struct weir_request *r, struct weir_delivery *deliveries, size_t n)
{
    struct weir_append *a = &r->ingest.append;

    a->op.kind = WEIR_OP_APPEND;
    a->deliveries = deliveries;
    a->n = n;
    weir_observe(r->worker->series.decode[WEIR_HTTP], (double)(weir_mono_us() - r->began_us) / 1e6,
                 r->ingest.input.trace_id);
    if (!weir_request_submit(r, &a->op)) {
        refuse_for_now(r, 503, "queue_full", "too much is waiting for the spool", RETRY_SOON_MS);
        weir_ingest_abort(r);
    }
}

void weir_ingest_end(struct weir_request *r)
{
    struct weir_ingest *i = &r->ingest;
    struct weir_delivery *deliveries = NULL;
    size_t n = 0;
    int err = weir_content_end(&r->content);

    if (err == 0 && (i->items == 0 || i->items_limited < i->items))
        err = weir_intake_finish(&i->intake, &deliveries, &n);
    weir_content_close(&r->content);
    if (err != 0)
        failed(r, err);
    else if (i->items > 0 && i->items_limited == i->items)
        all_limited(r);
    else if (n == 0)
        accepted(r);
    else
        submit(r, deliveries, n);
}

void weir_ingest_reply(struct weir_request *r, int result)
{
    if (result == 0) {
        weir_observe(r->worker->series.commit[WEIR_HTTP],
                     (double)(weir_mono_us() - r->submitted_us) / 1e6, r->ingest.input.trace_id);
        accepted(r);
    } else if (result == WEIR_EFULL) {
        refuse_for_now(r, 503, "spool_full", "the spool is full", RETRY_FULL_MS);
    } else if (result == WEIR_EWITHDRAWN) {
        refuse_for_now(r, 503, "no_commit", "the spool did not commit in time", RETRY_SOON_MS);
    } else {
        refuse_for_now(r, 503, "io", "the spool cannot write", RETRY_SOON_MS);
    }
    /* Blobs of one that is still with the spool are kept until it is back. */
    if (result != 0 && !r->withdrawn)
        weir_ingest_abort(r);
}

void weir_ingest_abort(struct weir_request *r)
{
    if (r->ingest.intake.state != NULL)
        weir_intake_abort(&r->ingest.intake);
    r->ingest.intake.state = NULL;
    weir_decoder_close(r->ingest.decoder);
    weir_content_close(&r->content);
}

void weir_ingest_close(struct weir_request *r)
{
    weir_tools_free(&r->ingest.own_tools);
}
