/* call_status.h - what a call's status is called, and what kind of failure it
 * means. Private to observe/. Pure. */
#ifndef WEIR_OBSERVE_CALL_STATUS_H
#define WEIR_OBSERVE_CALL_STATUS_H

#include "weir/metrics.h"

/* What a span is a call of. */
enum weir_call_kind {
    WEIR_CALL_NONE, /* nothing: a transaction, or work of its own */
    WEIR_CALL_HTTP,
    WEIR_CALL_DB,
    WEIR_CALL_CACHE,
    WEIR_CALL_QUEUE,
    WEIR_CALL_RPC
};

struct weir_call_status {
    struct weir_str label;  /* a number from 100 to 599, or a constant */
    const char *error_type; /* NULL: none */
};

/* Of a message: an HTTP status, a gRPC one as number or word, or another of
 * the known words; what is none of these is `other`. Empty: ok. */
struct weir_call_status weir_call_status(struct weir_str s);
/* The kind of failure that the sender names, or that the status means. */
const char *weir_call_error(struct weir_str said, const struct weir_call_status *status);
/* Of a span: its HTTP or gRPC status where it has one, else ok or error. */
struct weir_call_status weir_span_status(const struct weir_span_facts *f, enum weir_call_kind kind);

/* Counts a call whose labels are made. `error_type` may be NULL. */
void weir_call_count(struct weir_str service, struct weir_str endpoint,
                     const struct weir_call_status *status, double latency_ms,
                     struct weir_str trace_id);

#endif
