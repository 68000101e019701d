/* request.h - one HTTP request from its request line to the end of its
 * answer, and the pool from which a worker takes them.
 *
 *   HEAD -> BODY ----> WAITING ----> ANSWERED      WAITING: suspended until
 *      \      \-> DISCARD ----------^              the spool replied
 *       \--------------------------/
 *
 * Two may hold it: libmicrohttpd until the answer is sent or the client is
 * gone, and the spool until its operation has come back. Whoever lets go
 * last returns it to the pool.
 *
 * Memory: everything of a request is in its arena, reset on return. */
#ifndef WEIR_LISTEN_REQUEST_H
#define WEIR_LISTEN_REQUEST_H

#include "auth.h"
#include "content.h"
#include "weir/decode.h"
#include "worker.h"

struct MHD_Connection;

/* Headers that weir reads, each with all its lines joined by ", ". */
enum weir_header {
    WEIR_H_X_SENTRY_AUTH,
    WEIR_H_AUTHORIZATION,
    WEIR_H_ORIGIN,
    WEIR_H_CONTENT_TYPE,
    WEIR_H_CONTENT_LENGTH,
    WEIR_H_CONTENT_ENCODING,
    WEIR_H_TRANSFER_ENCODING,
    WEIR_H_EXPECT,
    WEIR_H_USER_AGENT,
    WEIR_H_X_FORWARDED_FOR,
    WEIR_H_FORWARDED,
    WEIR_H_ACCESS_CONTROL_REQUEST_METHOD,
    WEIR_H_ACCESS_CONTROL_REQUEST_HEADERS,
    WEIR_H_SENTRY_TRACE,
    WEIR_H_BAGGAGE,
    WEIR_H_TRACEPARENT,
    WEIR_H_B3,
    WEIR_H_X_B3_TRACEID,
    WEIR_H_X_B3_SPANID,
    WEIR_H_X_B3_PARENTSPANID,
    WEIR_H_X_B3_SAMPLED,
    WEIR_H_X_TRACE_ID,
    WEIR_H_X_SPAN_ID,
    WEIR_H_X_PARENT_SPAN_ID,
    WEIR_H_X_SAMPLED,
    WEIR_HEADERS
};

enum weir_request_state {
    WEIR_REQUEST_HEAD,
    WEIR_REQUEST_BODY,
    WEIR_REQUEST_DISCARD, /* answered in mind; the rest of the body is thrown away */
    WEIR_REQUEST_WAITING,
    WEIR_REQUEST_ANSWERED
};

/* An ingest request on its way to the spool. */
struct weir_ingest {
    enum weir_format format;
    struct weir_credentials keys;
    struct weir_str path_project; /* empty: tunnel and native */
    struct weir_identity who;     /* project NULL: not known yet */
    struct weir_intake intake;
    struct weir_sink inner; /* the pipeline's */
    struct weir_sink outer; /* ours around it */
    struct weir_decode_input input;
    struct weir_decoder *decoder; /* NULL: nothing fed yet */
    struct weir_tools own_tools;  /* of a body in pieces */
    struct weir_observed observed;
    struct weir_append append;
    unsigned items, items_limited;
    bool event_limited; /* and with it what is nothing without it */
    bool skipping;      /* between begin and end of an item that is limited */
    bool refused;       /* by us, the answer is set */
};

struct weir_request {
    struct weir_http_request pub; /* first: handlers get its address */
    struct weir_waiter waiter;
    struct weir_worker *worker;
    struct weir_server *server;
    struct weir_http_conn *conn; /* NULL: the client is gone */
    struct MHD_Connection *mhd;
    struct weir_request *prev, *next;
    struct weir_request_list *list; /* NULL: in none */
    struct weir_arena arena;
    struct weir_lease *lease; /* NULL until the head is read */
    enum weir_request_state state;
    bool held_by_http, held_by_spool;
    bool withdrawn; /* answered without waiting for the commit */
    const struct weir_route *route;
    enum weir_route_class class;
    struct weir_str headers[WEIR_HEADERS];
    uint64_t declared_bytes; /* Content-Length; 0: none or unknown */
    size_t head_bytes;       /* what the head takes of the connection's memory, about */
    bool has_body;
    bool ambiguous; /* about where its body ends */
    struct weir_content content;
    struct weir_http_answer answer;
    struct weir_op *op; /* with the spool */
    uint64_t began_us, submitted_us, deadline_ms;
    struct weir_ingest ingest;
};

/* ---- request.c ----------------------------------------------------------- */

/* NULL: out of memory. Held by http. */
struct weir_request *weir_request_new(struct weir_server *s);
void weir_request_drop_http(struct weir_request *r);
/* Reads the headers. */
void weir_request_headers(struct weir_request *r);
/* Ends the pool. */
void weir_requests_free(struct weir_worker *w);
/* Gives `op` to the spool and waits. False: the queue is full. */
bool weir_request_submit(struct weir_request *r, struct weir_op *op);
/* Its answer is there: lets libmicrohttpd ask for it. */
void weir_request_resume(struct weir_request *r);
/* It may no longer be withdrawn: waits without a bound. */
void weir_request_await_commit(struct weir_request *r);
/* Out of the list of those that wait (it may be in none). */
void weir_request_unlist(struct weir_request *r);

/* ---- serve.c ------------------------------------------------------------- */

/* The head is there: finds the route; may answer at once. */
void weir_serve_head(struct weir_request *r);
void weir_serve_body(struct weir_request *r, struct weir_str bytes);
/* The request is whole. Afterwards it is ANSWERED or WAITING. */
void weir_serve_end(struct weir_request *r);
/* Its operation came back, or (`op` NULL) is not waited for any longer. */
void weir_serve_reply(struct weir_request *r, struct weir_op *op);

/* Counts the refusal and makes it the answer. `reason` is a label, `detail`
 * and `cause` (may be NULL) are constants. */
void weir_refuse(struct weir_request *r, int status, const char *reason, const char *detail,
                 const char *cause);

/* ---- ingest.c ------------------------------------------------------------ */

void weir_ingest_head(struct weir_request *r);
void weir_ingest_body(struct weir_request *r, struct weir_str bytes);
void weir_ingest_end(struct weir_request *r);
void weir_ingest_reply(struct weir_request *r, int result);
/* Lets go of what is not in the arena: codecs, blobs, tools. */
void weir_ingest_close(struct weir_request *r);
void weir_ingest_abort(struct weir_request *r);

#endif
