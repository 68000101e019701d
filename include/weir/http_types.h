/* http_types.h - an HTTP request as handlers see it, and their answer.
 *
 * A route's handler fills the answer at once, or gives an operation that the
 * spool is to carry out first; then `resume` makes the answer of its result.
 * Threads: the worker that owns the connection. Memory: the request's arena. */
#ifndef WEIR_HTTP_TYPES_H
#define WEIR_HTTP_TYPES_H

#include "weir/arena.h"
#include "weir/spool.h"

struct weir_http_request {
    struct weir_arena *arena;
    struct weir_str method, path, query; /* path as sent, query without '?' */
    struct weir_str params[4];           /* what matched {..} in the route, decoded */
    struct weir_str body;                /* decoded; whole */
    const struct weir_snapshot *snapshot;
    struct weir_str request_id;
    void *connection; /* listen's own */
};

/* A header of the request (case-insensitive), or empty. */
struct weir_str weir_http_header(const struct weir_http_request *r, const char *name);

struct weir_http_answer {
    int status;
    const char *content_type;
    struct weir_str body;
    struct {
        const char *name;
        struct weir_str value;
    } headers[12];
    size_t n_headers;
    struct weir_op *wait; /* submit this first, then call resume, which finds it here */
    void (*resume)(void *self, const struct weir_http_request *r, struct weir_http_answer *answer);
};

enum weir_route_class {
    WEIR_ROUTE_SENTRY,  /* errors as {"detail","causes"}; CORS */
    WEIR_ROUTE_NATIVE,  /* errors as {"errors":[...]} */
    WEIR_ROUTE_OTLP,    /* errors as google.rpc.Status in the request's encoding; CORS */
    WEIR_ROUTE_ADMIN,   /* native form; admin token */
    WEIR_ROUTE_METRICS, /* metrics token */
    WEIR_ROUTE_HEALTH   /* open */
};

struct weir_route {
    const char *methods; /* "POST" or "GET POST" */
    const char *path;    /* "/api/{}/envelope"; trailing slash optional */
    enum weir_route_class class;
    void (*handle)(void *self, const struct weir_http_request *r, struct weir_http_answer *answer);
    int format;         /* ingest routes: enum weir_format; else -1 */
    const char *native; /* native ingest: default "type" */
};

/* Fills `answer` with a JSON body in the class's form. `detail` is a
 * constant text. */
void weir_http_error(const struct weir_http_request *r, enum weir_route_class class, int status,
                     const char *detail, struct weir_http_answer *answer);
/* {"data":<data>,"meta":{timestamp,requestId,version,<meta>},"links":{"self":path}};
 * `data` and `meta` (members without braces, may be empty) are raw JSON. */
void weir_http_data(const struct weir_http_request *r, int status, struct weir_str data,
                    struct weir_str meta, struct weir_http_answer *answer);

/* The same, 200, for one page of a list: `next` (path and query, URL-encoded)
 * becomes links.next; empty: there is no more. */
void weir_http_page(const struct weir_http_request *r, struct weir_str data, struct weir_str meta,
                    struct weir_str next, struct weir_http_answer *answer);

#endif
