/* spans.h - native spans of a trace into transactions.
 *
 *   service shop:     POST /checkout          (no parent: a local root)
 *                       +- http.client POST /charge
 *   service payment:      +- http.server /charge  (parent of another service:
 *                              +- db INSERT            a local root)
 *
 *   -> one transaction "POST /checkout" of shop with one child span, one
 *      transaction "/charge" of payment with one
 *
 * A transaction is a local root with its descendants of the same service. A
 * local root has no parent, or is a server's or consumer's span, or has a
 * parent of another service, or one that is not here while its op says that
 * it serves a request. What remains without a root after the wait goes along
 * with the earliest of its service, which acts as root. So each span is in
 * exactly one transaction. Halves of a span that client and server share
 * (Zipkin) are two spans: decode/ gives the server's an id of its own, and
 * what the server's service puts below that span is moved below its half
 * (weir_shared_span_id)
 * (https://develop.sentry.dev/sdk/data-model/event-payloads/transaction/).
 *
 * A transaction with more spans than may be in one goes in pieces. The first
 * has the root; each further one has a span of its own in the root's place,
 * named like it and its child, so that all stand together in the trace.
 *
 * A span is read once, without a tree: where its members are. Their values
 * were validated and scrubbed before they were staged, and are taken over raw.
 *
 * Pure functions of the join thread; all memory is in the arena given. */
#ifndef WEIR_JOIN_SPANS_H
#define WEIR_JOIN_SPANS_H

#include "weir/config.h"
#include "weir/json.h"

/* Members of a native span (contract 4, and decode/span_record.h). */
enum weir_span_member {
    WEIR_SPAN_ID,
    WEIR_SPAN_PARENT,
    WEIR_SPAN_SERVICE,
    WEIR_SPAN_OP,
    WEIR_SPAN_DESCRIPTION,
    WEIR_SPAN_START,
    WEIR_SPAN_END,
    WEIR_SPAN_STATUS,
    WEIR_SPAN_KIND,
    WEIR_SPAN_DATA,
    WEIR_SPAN_LINKS,
    WEIR_SPAN_TAGS,
    WEIR_SPAN_ENVIRONMENT,
    WEIR_SPAN_RELEASE,
    WEIR_SPAN_SERVER_NAME,
    WEIR_SPAN_PLATFORM,
    WEIR_SPAN_INFO,
    WEIR_SPAN_CONTEXTS,
    WEIR_SPAN_MEMBERS
};

struct weir_span {
    size_t row; /* the caller's own */
    struct weir_str json;
    struct weir_str raw[WEIR_SPAN_MEMBERS]; /* JSON; empty: absent, null or "" */
    struct weir_str span_id, parent_id, service, op;
    double start, end; /* seconds since 1970 */
    bool serves;       /* of kind server or consumer */
    bool root;         /* a local root for certain */
    bool again;        /* went in an earlier piece: here only for its context */
    size_t under;      /* number of the span that is the root of its transaction */
};

/* `received_ms` (wall) stands in for missing times. WEIR_EINVAL: no JSON
 * object. */
int weir_span_read(struct weir_arena *a, struct weir_str native, uint64_t received_ms,
                   struct weir_span *ret_span) WEIR_MUST_CHECK;
/* Is the status one of an error? (Sentry's: all but ok, cancelled, unknown) */
bool weir_span_failed(struct weir_str raw_status);
/* Finds the transaction of each span: fills `root` and `under`. WEIR_ENOMEM. */
int weir_spans_arrange(struct weir_arena *a, struct weir_span *spans, size_t n) WEIR_MUST_CHECK;
/* Is all there? After weir_spans_arrange(), spans in order of arrival; those
 * from `newest` on came last. A span is sent when it ends, a root ends last:
 * so when a root without parent is among the newest, has company, and no span
 * misses its parent. */
bool weir_spans_complete(const struct weir_span *spans, size_t n, size_t newest);

struct weir_transaction {
    struct weir_str payload; /* of the transaction item */
    char event_id[33];
    uint32_t n_spans; /* children */
};

/* The transaction of spans[root] with those that are `under` it: without the
 * first `skip` children, which went in earlier pieces, and at most `most`
 * spans, the root included. `tagging` (NULL: none) fills in what the root's
 * sender left out. */
int weir_transaction_write(struct weir_json_reader *r, struct weir_arena *a,
                           const struct weir_span *spans, size_t n, size_t root, size_t skip,
                           size_t most, struct weir_str trace_id,
                           const struct weir_tagging *tagging,
                           struct weir_transaction *ret_transaction) WEIR_MUST_CHECK;

#endif
