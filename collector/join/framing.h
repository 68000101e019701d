/* framing.h - the items of a delivery as they stand in its body:
 *
 *   {"type":"event","length":1234}\n  payload  \n  {"type":...
 *
 * Without "length" the payload ends at the line's end. Written by weir's own
 * pipeline, so what is not like that is a damaged row. */
#ifndef WEIR_JOIN_FRAMING_H
#define WEIR_JOIN_FRAMING_H

#include "weir/item.h"
#include "weir/json.h"

struct weir_framed {
    enum weir_item_type type;
    struct weir_str header;  /* the JSON line, without its newline */
    struct weir_str payload; /* lives as long as the body */
    struct weir_str whole;   /* header, payload and newlines */
};

/* Cuts the first item off `rest`. WEIR_ENOTFOUND at the end, WEIR_EINVAL,
 * WEIR_ENOMEM. */
int weir_framing_next(struct weir_json_reader *r, struct weir_arena *a, struct weir_str *rest,
                      struct weir_framed *ret_item) WEIR_MUST_CHECK;
/* The first item of `type`. */
int weir_framing_find(struct weir_json_reader *r, struct weir_arena *a, struct weir_str body,
                      enum weir_item_type type, struct weir_framed *ret_item) WEIR_MUST_CHECK;
/* Writes an item: `header` with its "length" made that of `payload`. */
int weir_framing_write(struct weir_json_reader *r, struct weir_arena *a, struct weir_str header,
                       struct weir_str payload, struct weir_buf *out) WEIR_MUST_CHECK;

#endif
