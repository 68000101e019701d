/* span_list.h - the spans of a request, by trace: as few fragments as may be.
 *
 *   span a1, span b1, span a2, span a3  ->  {"items":[a1,a2,a3]}  {"items":[b1]}
 *
 * A fragment is one row of the spool, so what a request says of a trace should
 * be one. A few traces are open at a time; one that comes when they are all
 * taken closes the one opened first. A container over 256 KiB is closed, so
 * that no fragment outgrows limits.item unless a single span does.
 *
 * Threads and memory as in weir/decode.h. */
#ifndef WEIR_DECODE_SPAN_LIST_H
#define WEIR_DECODE_SPAN_LIST_H

#include "decoder.h"

enum { WEIR_SPAN_LIST_OPEN = 16, WEIR_SPAN_LIST_BYTES = 256 * 1024 };

struct weir_span_container {
    struct weir_str project, trace_id; /* both of the request, project may be empty */
    struct weir_buf json;
    size_t *indices; /* of the objects in it, as they were added */
    size_t n, room;
    bool unsampled; /* as weir_item has it */
};

/* Zeroed, then `d` and `refused` set. */
struct weir_span_list {
    struct weir_decoder *d;
    /* The sink refused (with `err`) the container that object `index` is in.
     * The result ends the decoding unless it is 0. */
    int (*refused)(struct weir_decoder *d, size_t index, int err);
    struct weir_span_container open[WEIR_SPAN_LIST_OPEN];
    size_t n, next;
};

/* Adds the span `json` (contract 4's object). WEIR_ENOMEM, or what the sink or
 * `refused` returned for a container that had to be closed. */
int weir_span_list_add(struct weir_span_list *l, struct weir_str project, struct weir_str trace_id,
                       bool unsampled, struct weir_str json, size_t index) WEIR_MUST_CHECK;
/* Emits what is open. */
int weir_span_list_end(struct weir_span_list *l) WEIR_MUST_CHECK;

#endif
