/* delivery.h - the unit of everything downstream: what one envelope upstream
 * holds, one row of the spool, one count in the ledger (contract 5).
 *
 * Made by the pipeline in the request's arena, scrubbed and encoded; handed
 * to the spool in a batch, which is committed in one transaction and comes
 * back to its worker.
 *
 * `items` is everything of the envelope but its header line: item header,
 * payload, newline, for each item. It is encoded once. For WEIR_GZIP it is a
 * raw deflate stream: `items` ends with a final block unless a blob follows,
 * then it ends byte-aligned without one and the blob brings the final block.
 * An attempt puts the header before it as a stored block, and closes the
 * gzip member with CRC32s combined and lengths added. For WEIR_ZSTD header,
 * items and blob are frames; for WEIR_NO_COMPRESSION plain bytes. */
#ifndef WEIR_DELIVERY_H
#define WEIR_DELIVERY_H

#include "weir/config.h"
#include "weir/queue.h"
#include "weir/riders.h"

/* Items too large for a row, in a file of the spool directory. */
struct weir_blob {
    char name[40];          /* empty: none. File below <spool>/blobs/ */
    uint64_t encoded_bytes; /* its size */
    uint64_t raw_bytes;
    uint32_t crc; /* CRC32 of the raw bytes */
};

/* What becomes of a delivery at ingest. All but SPOOL only count. */
enum weir_fate {
    WEIR_FATE_SPOOL,
    WEIR_FATE_STAGE,
    WEIR_FATE_FILTERED,
    WEIR_FATE_SAMPLED,
    WEIR_FATE_DROPPED
};

/* What join wants to know of a staged error without reading its body. Kept
 * with the row, so it outlives a restart. */
struct weir_mark {
    uint64_t same;              /* of item.h: the same exception rising; 0: none */
    uint64_t run;               /* of what makes errors identical (collapse); 0: none */
    uint64_t count;             /* identical ones that it stands for, itself included; 0: only it */
    uint64_t first_ms, last_ms; /* wall; when the first and the last of them came */
};

struct weir_delivery {
    enum weir_fate fate;
    const char *reason;       /* constant; of a fate that only counts */
    enum weir_item_type type; /* of its first item */
    enum weir_category category;
    struct weir_str project, key; /* of the sender */
    struct weir_str event_id;     /* 32 hex or empty */
    struct weir_str trace_id;     /* 32 hex or empty: staged ones are joined by it */
    struct weir_str header;       /* envelope header JSON without dsn and sent_at, scrubbed */
    enum weir_compression encoding;
    struct weir_str items; /* encoded */
    uint64_t raw_bytes;    /* of items, decoded */
    uint32_t crc;          /* CRC32 of them */
    struct weir_blob blob;
    uint32_t n_spans, n_logs; /* inside, counted beside it */
    uint64_t riders;          /* what goes with the first item (riders.h) */
    uint64_t received_ms;     /* wall */
    struct weir_mark mark;    /* of a staged event */
    /* A bit for each destination slot it goes to. */
    uint64_t destinations;
    /* Set by the spool at the commit: those among them that were full. */
    uint64_t dropped;
};

/* Encodes items (memory only): fills encoding, items, raw_bytes, crc. `more`:
 * a blob will follow, so no final block. Worker's thread; keeps its codec
 * states by thread. */
int weir_delivery_encode(struct weir_delivery *d, struct weir_arena *a, enum weir_compression how,
                         struct weir_str items, bool more) WEIR_MUST_CHECK;
/* Undoes it: the items as plain bytes; blob not included. */
int weir_delivery_decode(const struct weir_delivery *d, struct weir_arena *a, uint64_t max_bytes,
                         struct weir_str *ret_items) WEIR_MUST_CHECK;

#endif
