/* request.c - a request's two holders, its way to the spool and back. */
#include "request.h"

#include "weir/clock.h"

#include <microhttpd.h>
#include <stdlib.h>

enum {
    /* What one request may take: 1 MiB of body, what the decoder gathers of
     * items up to 1 MiB each, and their encoded forms. */
    ARENA_CAP = 64 * 1024 * 1024,
    ARENA_KEEP = 128 * 1024,
    POOL_MAX = 128
};

/* libmicrohttpd's epoll does not announce it. */
void weir_request_resume(struct weir_request *r)
{
    r->server->ready = true;
    MHD_resume_connection(r->mhd);
}

static void let_go(struct weir_request *r)
{
    struct weir_worker *w = r->worker;

    if (r->held_by_http || r->held_by_spool)
        return;
    weir_ingest_close(r);
    weir_content_close(&r->content);
    if (r->lease != NULL)
        weir_lease_put(r->lease);
    weir_arena_reset(&r->arena);
    w->requests--;
    if (w->pooled < POOL_MAX) {
        r->next = w->pool;
        w->pool = r;
        w->pooled++;
    } else {
        weir_arena_destroy(&r->arena);
        free(r);
    }
}

static void replied(struct weir_waiter *waiter, struct weir_op *op)
{
    struct weir_request *r =
        (struct weir_request *)((char *)waiter - offsetof(struct weir_request, waiter));

    weir_request_unlist(r);
    r->op = NULL;
    if (r->withdrawn) {
        if (op->result != 0)
            weir_ingest_abort(r);
    } else {
        weir_serve_reply(r, op);
        weir_request_resume(r);
    }
    r->held_by_spool = false;
    let_go(r);
}

struct weir_request *weir_request_new(struct weir_server *s)
{
    struct weir_worker *w = s->worker;
    struct weir_request *r = w->pool;
    struct weir_arena arena;

    if (r != NULL) {
        w->pool = r->next;
        w->pooled--;
        arena = r->arena;
        memset(r, 0, sizeof *r);
        r->arena = arena;
    } else {
        r = calloc(1, sizeof *r);
        if (r == NULL)
            return NULL;
        weir_arena_init(&r->arena, ARENA_CAP);
        r->arena.keep_bytes = ARENA_KEEP;
    }
    w->requests++;
    r->worker = w;
    r->server = s;
    r->pub.arena = &r->arena;
    r->pub.connection = r;
    r->waiter.reply = replied;
    r->held_by_http = true;
    return r;
}

void weir_request_drop_http(struct weir_request *r)
{
    r->held_by_http = false;
    r->conn = NULL;
    r->mhd = NULL;
    let_go(r);
}

void weir_requests_free(struct weir_worker *w)
{
    struct weir_request *next;

    for (struct weir_request *r = w->pool; r != NULL; r = next) {
        next = r->next;
        weir_arena_destroy(&r->arena);
        free(r);
    }
    w->pool = NULL;
    w->pooled = 0;
}

/* ---- those that wait for a commit ----------------------------------------- */

static void enlist(struct weir_request_list *list, struct weir_request *r)
{
    r->list = list;
    r->next = NULL;
    r->prev = list->last;
    *(list->last != NULL ? &list->last->next : &list->first) = r;
    list->last = r;
}

void weir_request_unlist(struct weir_request *r)
{
    if (r->list == NULL)
        return;
    *(r->prev != NULL ? &r->prev->next : &r->list->first) = r->next;
    *(r->next != NULL ? &r->next->prev : &r->list->last) = r->prev;
    r->list = NULL;
}

void weir_request_await_commit(struct weir_request *r)
{
    weir_request_unlist(r);
    enlist(&r->worker->committing, r);
}

bool weir_request_submit(struct weir_request *r, struct weir_op *op)
{
    struct weir_worker *w = r->worker;

    op->reply = &w->mail;
    op->owner = &r->waiter;
    r->submitted_us = weir_mono_us();
    if (weir_spool_submit(w->listen->options.spool, op) != 0)
        return false;
    r->op = op;
    r->held_by_spool = true;
    r->state = WEIR_REQUEST_WAITING;
    r->deadline_ms = w->now_ms + w->listen->commit_wait_ms;
    enlist(&w->waiting, r);
    return true;
}

/* ---- headers ---------------------------------------------------------------- */

static const struct weir_str names[WEIR_HEADERS] = {
#define NAME(id, text) [id] = {(text), sizeof(text) - 1}
    NAME(WEIR_H_X_SENTRY_AUTH, "X-Sentry-Auth"),
    NAME(WEIR_H_AUTHORIZATION, "Authorization"),
    NAME(WEIR_H_ORIGIN, "Origin"),
    NAME(WEIR_H_CONTENT_TYPE, "Content-Type"),
    NAME(WEIR_H_CONTENT_LENGTH, "Content-Length"),
    NAME(WEIR_H_CONTENT_ENCODING, "Content-Encoding"),
    NAME(WEIR_H_TRANSFER_ENCODING, "Transfer-Encoding"),
    NAME(WEIR_H_EXPECT, "Expect"),
    NAME(WEIR_H_USER_AGENT, "User-Agent"),
    NAME(WEIR_H_X_FORWARDED_FOR, "X-Forwarded-For"),
    NAME(WEIR_H_FORWARDED, "Forwarded"),
    NAME(WEIR_H_ACCESS_CONTROL_REQUEST_METHOD, "Access-Control-Request-Method"),
    NAME(WEIR_H_ACCESS_CONTROL_REQUEST_HEADERS, "Access-Control-Request-Headers"),
    NAME(WEIR_H_SENTRY_TRACE, "Sentry-Trace"),
    NAME(WEIR_H_BAGGAGE, "Baggage"),
    NAME(WEIR_H_TRACEPARENT, "Traceparent"),
    NAME(WEIR_H_B3, "B3"),
    NAME(WEIR_H_X_B3_TRACEID, "X-B3-TraceId"),
    NAME(WEIR_H_X_B3_SPANID, "X-B3-SpanId"),
    NAME(WEIR_H_X_B3_PARENTSPANID, "X-B3-ParentSpanId"),
    NAME(WEIR_H_X_B3_SAMPLED, "X-B3-Sampled"),
    NAME(WEIR_H_X_TRACE_ID, "X-Trace-Id"),
    NAME(WEIR_H_X_SPAN_ID, "X-Span-Id"),
    NAME(WEIR_H_X_PARENT_SPAN_ID, "X-Parent-Span-Id"),
    NAME(WEIR_H_X_SAMPLED, "X-Sampled"),
#undef NAME
};

/* Of libmicrohttpd for each line, beside its text. */
enum { HEADER_BYTES = 64 };

/* A second line of a header is joined to the first: a client must not be
 * able to hide what a trusted proxy appended behind a line of its own. */
static enum MHD_Result take_header(void *self, enum MHD_ValueKind kind, const char *key, size_t nk,
                                   const char *value, size_t nv)
{
    struct weir_request *r = self;
    struct weir_str name = {key, nk}, text = {value != NULL ? value : "", value != NULL ? nv : 0};

    (void)kind;
    r->head_bytes += nk + nv + HEADER_BYTES;
    if (weir_str_eq_nocase(name, WEIR_S("Cookie")))
        r->head_bytes += nv; /* parsed in a copy */
    for (unsigned i = 0; i < WEIR_HEADERS; i++) {
        if (names[i].n != nk || !weir_str_eq_nocase(names[i], name))
            continue;
        if (r->headers[i].p == NULL)
            r->headers[i] = text;
        else
            r->headers[i] =
                weir_arena_printf(&r->arena, "%.*s, %.*s", WEIR_FMT(r->headers[i]), WEIR_FMT(text));
        return MHD_YES;
    }
    return MHD_YES;
}

void weir_request_headers(struct weir_request *r)
{
    MHD_get_connection_values_n(r->mhd, MHD_HEADER_KIND, take_header, r);
    if (!weir_str_u64(r->headers[WEIR_H_CONTENT_LENGTH], &r->declared_bytes))
        r->declared_bytes = 0;
    /* Two lengths, or a length beside chunks: whoever stands before us may have
     * believed the other one, and see another request in the body. */
    r->ambiguous = r->headers[WEIR_H_CONTENT_LENGTH].n > 0 &&
                   (r->headers[WEIR_H_TRANSFER_ENCODING].n > 0 ||
                    weir_str_find(r->headers[WEIR_H_CONTENT_LENGTH], WEIR_S(",")) != SIZE_MAX);
    r->has_body = r->declared_bytes > 0 || r->headers[WEIR_H_TRANSFER_ENCODING].n > 0;
}

struct weir_str weir_http_header(const struct weir_http_request *r, const char *name)
{
    const struct weir_request *own = r->connection;

    if (own == NULL || own->mhd == NULL)
        return (struct weir_str){NULL, 0};
    return weir_str_of(MHD_lookup_connection_value(own->mhd, MHD_HEADER_KIND, name));
}
