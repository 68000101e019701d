/* stage.h - the wall of pipeline/: items to deliveries.
 *
 *   decoder --header, items--> weir_intake --stages on each item--> deliveries
 *
 *   JSON item:  scrub (the one read) -> time -> filter -> sample -> user -> tag -> gather
 *   other item: limits -> scrub_attachment / recording / stream -> blob
 *
 * An intake is one request (or one object of a datagram): it implements the
 * decoder's sink, runs the stages, groups what is bound to the event id
 * (contract 5) and encodes deliveries. The order of the stages is a table in
 * pipeline.c. It never blocks and writes nothing but blob files.
 *
 * Threads: the worker. Memory: the request's arena; the snapshot is held by
 * whoever owns the intake until the deliveries are committed. */
#ifndef WEIR_STAGE_H
#define WEIR_STAGE_H

#include "weir/decode.h"
#include "weir/delivery.h"
#include "weir/spool.h"

enum weir_verdict {
    WEIR_PASS,
    WEIR_VERDICT_FILTERED,
    WEIR_VERDICT_SAMPLED,
    WEIR_VERDICT_UNSAMPLED, /* by its sender's decision */
    WEIR_VERDICT_REFUSED
};

/* An event-like item on its way: a JSON document with its edits. */
struct weir_event {
    struct weir_arena *arena;
    const struct weir_config *config;
    const struct weir_project *project;
    const struct weir_intake *intake;
    const struct weir_item *item;
    struct weir_json_reader *reader;
    struct weir_json_doc doc; /* scrubbed; the stages add edits */
    struct weir_str trace_id; /* of contexts.trace, 32 hex or empty */
    struct weir_str event_id; /* of the envelope, 32 hex or empty */
    bool unsampled;           /* the sender's sampling left its trace out */
    int64_t drift_ms;         /* to add to the sender's times; 0: its clock is right */
    uint32_t elements;        /* of a container; spans of a transaction */
    uint32_t removed;         /* of them, by a stage */
};

struct weir_stage {
    const char *name;
    /* Looks at `ev`, edits it, says whether it goes on. Must not block. */
    enum weir_verdict (*run)(struct weir_event *ev);
    uint32_t types; /* bit for each enum weir_item_type it is for */
};

/* What a worker owns and lends to each intake. */
struct weir_tools {
    struct weir_scrubber *scrubber;
    struct weir_json_reader *reader;
    struct weir_spool *spool;
    /* Is anything staged for that trace? Set by join; NULL: never. Atomic
     * loads only. */
    bool (*staged)(void *self, struct weir_str project, struct weir_str trace_id);
    /* A breadcrumb of that trace (or a span that may make one) is about to be
     * staged. NULL as above. */
    void (*expect)(void *self, struct weir_str project, struct weir_str trace_id);
    /* An error of that trace goes by: tail sampling wants to know. NULL as above. */
    void (*failed)(void *self, struct weir_str trace_id);
    void *self;
};

/* Filled by listen before decoding; project, key once they are known (at the
 * latest in the sink's header). */
struct weir_intake {
    struct weir_arena *arena;
    const struct weir_snapshot *snapshot;
    const struct weir_project *project;
    struct weir_str project_id, key;
    struct weir_str client_ip; /* text; resolves "{{auto}}" */
    struct weir_str user_agent;
    enum weir_transport transport;
    uint64_t received_ms;
    struct weir_tools *tools;
    struct weir_intake_state *state; /* pipeline's own */
};

/* Prepares `in` (its public fields are filled) and gives the sink for its
 * decoder. WEIR_ENOMEM. */
int weir_intake_begin(struct weir_intake *in, struct weir_sink *ret_sink) WEIR_MUST_CHECK;
/* After the decoder ended well: the deliveries, in the arena. With n == 0
 * there was nothing to deliver (all items dropped and counted, or none). */
int weir_intake_finish(struct weir_intake *in, struct weir_delivery **ret_deliveries,
                       size_t *ret_n) WEIR_MUST_CHECK;
/* Discards blobs. After an error, or when the commit failed. */
void weir_intake_abort(struct weir_intake *in);
/* What the request is to be told when a sink function returned an error:
 * constant text, no input bytes. */
const char *weir_intake_error(const struct weir_intake *in, size_t *ret_offset);

#endif
