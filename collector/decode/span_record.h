/* span_record.h - a span of whatever tracing format, to what weir has.
 *
 *   OTLP span, Zipkin span --> weir_span_record --+--> native span (contract 4)
 *                                                 +--> weir_record_add() for each
 *                                                      recorded exception
 *
 * op, description, status and the name of a transaction are read off the
 * attributes by the semantic conventions, the stable ones and those before
 * them (span_semantics.c). A native span has these members:
 *
 *   trace_id span_id parent_span_id start end service op description status
 *   data   {attributes..., sentry.kind, otel.name (where the description is
 *           another), otel.status_description, otel.scope.name,
 *           otel.scope.version, otel.trace_state, otel.events: [{name,
 *           timestamp, attributes}]}; events that are exceptions are not there
 *   links  [{trace_id, span_id, attributes}]
 *
 * and one that may be a local root, for the transaction that it becomes:
 *
 *   transaction_info {"source":"route"}, platform, environment, release,
 *   server_name, tags {service.namespace, ...}; service is one already,
 *   contexts {runtime: {name, version}, otel: {resource: {...}}}
 *
 * Spans of one trace go out together, as a fragment {"items":[span,...]}.
 *
 * Threads and memory as in weir/decode.h. */
#ifndef WEIR_DECODE_SPAN_RECORD_H
#define WEIR_DECODE_SPAN_RECORD_H

#include "decoder.h"
#include "origin.h"

enum weir_span_kind { /* OTLP's numbers */
                      WEIR_SPAN_UNSPECIFIED,
                      WEIR_SPAN_INTERNAL,
                      WEIR_SPAN_SERVER,
                      WEIR_SPAN_CLIENT,
                      WEIR_SPAN_PRODUCER,
                      WEIR_SPAN_CONSUMER
};

enum weir_span_status { /* OTLP's numbers */
                        WEIR_SPAN_UNSET,
                        WEIR_SPAN_OK,
                        WEIR_SPAN_ERROR
};

struct weir_span_event {
    uint64_t time_ns; /* since 1970; 0: that of the span's end */
    struct weir_str name;
    struct weir_attributes attributes;
};

struct weir_span_link {
    struct weir_str trace_id, span_id; /* 32/16 lower-case hex */
    struct weir_str trace_state;
    struct weir_attributes attributes;
};

struct weir_span_record {
    const struct weir_origin *origin;
    struct weir_str origin_json; /* weir_span_origin()'s, for a possible local root; else empty */
    struct weir_str trace_id, span_id; /* 32/16 lower-case hex */
    struct weir_str parent_id;         /* or empty */
    struct weir_str name, trace_state;
    enum weir_span_kind kind;
    uint64_t start_ns, end_ns; /* since 1970; 0: not known */
    enum weir_span_status status;
    struct weir_str status_message;
    struct weir_attributes attributes;
    const struct weir_span_event *events;
    size_t n_events;
    const struct weir_span_link *links;
    size_t n_links;
};

/* The members of a local root that its origin tells, each with a comma before
 * it; made once for all spans of one origin. Empty when out of memory. */
struct weir_str weir_span_origin(struct weir_arena *a, const struct weir_origin *o);

/* Spans of one trace on their way out. */
struct weir_span_fragment {
    struct weir_decoder *d;
    struct weir_str trace_id; /* outlives it */
    struct weir_buf out;
    uint32_t n;       /* spans in `out` */
    uint32_t refused; /* spans that the sink refused for themselves (too large, no project) */
};

/* `room`: about as many bytes as there will be, or 0. */
void weir_span_fragment_begin(struct weir_span_fragment *f, struct weir_decoder *d,
                              struct weir_str trace_id, size_t room);
/* Appends one span; emits what was gathered when it would pass 256 KiB. */
int weir_span_fragment_add(struct weir_span_fragment *f,
                           const struct weir_span_record *s) WEIR_MUST_CHECK;
/* Emits the rest. */
int weir_span_fragment_end(struct weir_span_fragment *f) WEIR_MUST_CHECK;

/* Hands each recorded exception of the span to weir_record_add(). Adds to
 * *ret_refused those that the sink refused for themselves; the rest go on. */
int weir_span_exceptions(struct weir_decoder *d, const struct weir_span_record *s,
                         size_t *ret_refused) WEIR_MUST_CHECK;
/* Is it one: does its name or an attribute say so? */
bool weir_span_event_is_exception(const struct weir_span_event *e);

#endif
