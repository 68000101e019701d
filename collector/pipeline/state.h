/* state.h - what an intake keeps between its first and its last call.
 *
 *   group: one envelope as sent        piece: one item, done with
 *   +- header, event id                +- scrubbed header and payload, or
 *   +- pieces, in order                   a place in a blob, or only a fate
 *
 * Threads and memory: the worker's, in the request's arena; blob writers are
 * the exception and are closed or aborted in every way out. */
#ifndef WEIR_PIPELINE_STATE_H
#define WEIR_PIPELINE_STATE_H

#include "weir/stage.h"

/* How the bytes of an item type are read. */
enum weir_shape { WEIR_SHAPE_JSON, WEIR_SHAPE_ATTACHMENT, WEIR_SHAPE_RECORDING };

/* One row of the table in items.c. */
struct weir_item_rule {
    enum weir_shape shape;
    enum weir_scrub_kind kind;
    size_t limit;   /* offset of its limit in struct weir_limits */
    bool essential; /* broken or too large refuses the request */
    bool unknown;   /* may be anything: judged by content, policy unknown_items */
    bool counted;   /* a container: holds elements counted beside deliveries */
    bool fragment;  /* staged for join, never leaves as such */
};

const struct weir_item_rule *weir_item_rule(enum weir_item_type t);
uint64_t weir_item_limit(enum weir_item_type t, const struct weir_limits *l);

struct weir_piece {
    struct weir_piece *next;
    enum weir_item_type type;
    enum weir_fate fate;
    const char *reason;              /* constant; of a fate that only counts */
    struct weir_str header, payload; /* as they leave; header empty: in a blob or gone */
    struct weir_blob blob;           /* of an item alone */
    bool in_blob;
    const struct weir_project *project;
    struct weir_str project_id, key, trace_id;
    uint64_t same, run; /* of an event, see struct weir_mark */
    bool failed;        /* an event of level error or fatal */
    uint32_t n_spans, n_logs;
    uint32_t n_sampled; /* spans cut out of a container that goes on */
    uint64_t received;  /* bytes of the payload as it came */
    bool unreported;    /* not weir's loss to report: the sender's own mistake */
};

struct weir_group {
    struct weir_group *next;
    struct weir_str members; /* of the header, scrubbed, without event_id, dsn, sent_at */
    char event_id[33];
    int64_t drift_ms; /* to add to the sender's times; 0: its clock is right */
    bool unsampled;   /* by its trace header the sender's sampling left the trace out */
    struct weir_piece *first, **end;
    size_t n;
    struct weir_blob_writer *writer; /* of what is bound and too large for memory */
    struct weir_blob blob;           /* once it is closed */
};

enum weir_stream_mode { WEIR_STREAM_SKIP, WEIR_STREAM_GATHER, WEIR_STREAM_BLOB };

/* The item between begin() and end(). */
struct weir_intake_stream {
    enum weir_stream_mode mode;
    struct weir_item item;
    struct weir_piece *piece;
    uint64_t bytes, limit;
    struct weir_buf gathered;
    struct weir_scrub_stream *scrub;
    struct weir_blob_writer *writer; /* the group's, or its own */
    bool own_writer;
};

struct weir_intake_state {
    struct weir_group *first, **end, *current;
    struct weir_intake_stream stream;
    bool streaming;
    const char *error;
    size_t error_offset;
};

/* ---- headers.c --------------------------------------------------------- */

/* Starts a group: scrubs the envelope header. */
int weir_headers_envelope(struct weir_intake *in, const struct weir_envelope_header *h,
                          struct weir_group *g) WEIR_MUST_CHECK;
/* The envelope header of a delivery; `event_id` may be empty. */
struct weir_str weir_headers_delivery(struct weir_arena *a, const struct weir_group *g,
                                      struct weir_str event_id);
/* An item's header, scrubbed; with "length" unless `length` is negative. */
int weir_headers_item(struct weir_intake *in, const struct weir_project *project,
                      const struct weir_item *it, int64_t length, uint64_t item_count,
                      struct weir_str *ret_header) WEIR_MUST_CHECK;

/* ---- pipeline.c -------------------------------------------------------- */

/* Runs the stages on a JSON item and fills the piece's payload or fate.
 * WEIR_EINVAL: no JSON. */
int weir_pipeline_json(struct weir_intake *in, struct weir_group *g, const struct weir_item *it,
                       struct weir_piece *p) WEIR_MUST_CHECK;

/* ---- stream.c: items that come in pieces ------------------------------- */

int weir_intake_stream_begin(struct weir_intake *in, const struct weir_item *it);
int weir_intake_stream_data(struct weir_intake *in, struct weir_str bytes);
int weir_intake_stream_end(struct weir_intake *in);
void weir_intake_stream_abort(struct weir_intake *in);

/* ---- intake.c ---------------------------------------------------------- */

/* A new piece at the end of the current group. NULL: out of memory. */
struct weir_piece *weir_intake_piece(struct weir_intake *in, const struct weir_item *it);
/* Processes a whole item into `p`. */
int weir_intake_process(struct weir_intake *in, const struct weir_item *it, struct weir_piece *p);
int weir_intake_fail(struct weir_intake *in, int err, const char *why, size_t offset);
/* The project does not want items of this kind. */
extern const char weir_reason_policy[];
/* The item is not wanted or cannot be judged: it stays behind, counted. */
void weir_intake_drop(struct weir_piece *p, const char *reason);

/* ---- account.c: what is counted ---------------------------------------- */

/* How much a piece is in its own category, as client reports count; at least 1. */
uint64_t weir_account_quantity(const struct weir_piece *p);
/* A piece that has found its fate. `leads`: its delivery is named by it. */
void weir_account_piece(const struct weir_intake *in, const struct weir_piece *p, bool leads);

/* ---- split.c ----------------------------------------------------------- */

enum weir_compression weir_split_compression(const struct weir_project *p);

#endif
