/* decoder.h - what the formats of this room share: the decoder's body, and
 * the small helpers by which a format reports and emits.
 *
 * Threads and memory as in weir/decode.h. */
#ifndef WEIR_DECODE_DECODER_H
#define WEIR_DECODE_DECODER_H

#include "weir/decode.h"

/* The largest body of a format that is read as a whole; base64 and old
 * clients' compression included. Items within have their own limits. */
enum { WEIR_WHOLE_MAX = 8 * 1024 * 1024 };

struct weir_decoder;
struct weir_records; /* record.c */

/* One row of the table in decode.c. A format either takes the whole body
 * (`whole`), or pieces as they come (`open` once, then `feed`). */
struct weir_format_ops {
    int (*whole)(struct weir_decoder *d, struct weir_str body);
    int (*open)(struct weir_decoder *d);
    int (*feed)(struct weir_decoder *d, struct weir_str bytes, bool last);
    void (*close)(struct weir_decoder *d); /* NULL: all is in the arena; may be called twice */
};

struct weir_decoder {
    const struct weir_format_ops *ops;
    const struct weir_decode_input *in;
    const struct weir_sink *sink;
    struct weir_decode_result result;
    struct weir_buf gathered; /* of a `whole` format that is fed in pieces */
    bool began;
    bool stable;                  /* the bytes fed live as long as the request */
    int failed;                   /* a decoder that failed stays so */
    size_t kept;                  /* bytes of items handed over whole */
    void *state;                  /* the format's own, in the arena */
    struct weir_records *records; /* log entries that wait to be an item; NULL: none yet */
};

extern const struct weir_format_ops weir_format_envelope, weir_format_store, weir_format_security,
    weir_format_minidump, weir_format_cron, weir_format_native, weir_format_otlp_traces,
    weir_format_otlp_logs, weir_format_zipkin, weir_format_gelf, weir_format_logstash,
    weir_format_syslog;

/* How large an item may be now to be handed over whole. */
size_t weir_decode_whole_item_max(const struct weir_decoder *d);
/* Notes what is wrong (a constant text) and returns `err`. */
int weir_decode_fail(struct weir_decoder *d, int err, const char *why, size_t offset);
/* The members of `json`; on failure the result says why, with `offset` added
 * to the error's place. */
int weir_decode_members(struct weir_decoder *d, struct weir_str json, size_t offset,
                        const char *why, struct weir_json_doc *ret_doc) WEIR_MUST_CHECK;
/* Reads the whole array `body` and gives where its elements are (in the
 * arena). WEIR_EINVAL: broken anywhere; WEIR_ELIMIT: more than `most`. */
int weir_decode_elements(struct weir_decoder *d, struct weir_str body, size_t most,
                         struct weir_str **ret_list, size_t *ret_n) WEIR_MUST_CHECK;
int weir_decode_too_many(struct weir_decoder *d, size_t offset);
/* An event id as 32 hex: what `sent` says when it is one, else a new one. */
void weir_decode_event_id(struct weir_str sent, char ret_id[33]);
/* The envelope header of a format that has none: {"event_id":"<id>"}, or {}
 * with an empty id. Sets result.event_id unless one is set already. */
int weir_decode_header(struct weir_decoder *d, const char *event_id) WEIR_MUST_CHECK;
/* One item that weir made, header "{}". */
int weir_decode_item(struct weir_decoder *d, enum weir_item_type type,
                     struct weir_str payload) WEIR_MUST_CHECK;
/* An item of this type with empty fields and header "{}". */
struct weir_item weir_decode_blank(enum weir_item_type type);
/* `s` as `width` (32 or 16) lower-case hex digits in the arena: dashes
 * dropped, 64-bit trace ids padded. Empty when it is no id, or all zeros. */
struct weir_str weir_hex_id(struct weir_arena *a, struct weir_str s, size_t width);
/* Media type of a Content-Type, without parameters, white space trimmed. */
struct weir_str weir_media_type(struct weir_str content_type);

#endif
