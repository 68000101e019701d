/* protobuf.h - reading the protobuf wire format, field by field.
 *
 *   bytes:  tag varint | tag length bytes | tag 8 bytes | ...
 *   next(): one field a call; a message within is read by a reader of its own
 *
 * No schema and no tree: the caller knows which number means what, and skips
 * what it does not know by asking for the next one. Nothing is copied.
 * Fields may come in any order and more than once (the last one counts).
 * https://protobuf.dev/programming-guides/encoding/
 *
 * Pure; any thread. Any bytes are fine as input. */
#ifndef WEIR_DECODE_PROTOBUF_H
#define WEIR_DECODE_PROTOBUF_H

#include "weir/buf.h"

enum weir_pb_wire {
    WEIR_PB_VARINT = 0,
    WEIR_PB_FIXED64 = 1,
    WEIR_PB_BYTES = 2, /* text, bytes, a message, packed numbers */
    WEIR_PB_GROUP = 3, /* told as one field without content */
    WEIR_PB_FIXED32 = 5
};

struct weir_pb {
    const char *at, *end;
    const char *error; /* constant text; NULL: fine so far */
};

struct weir_pb_field {
    uint32_t number;
    enum weir_pb_wire wire;
    uint64_t value;        /* of numbers, as on the wire */
    struct weir_str bytes; /* within the message */
};

void weir_pb_begin(struct weir_pb *r, struct weir_str message);
bool weir_pb_next_any(struct weir_pb *r, struct weir_pb_field *ret_field);
/* The next field. False at the end, or when the bytes are broken: then `error`
 * says how, and every further call is false too. Groups nest 64 deep at most. */
static inline bool weir_pb_next(struct weir_pb *r, struct weir_pb_field *ret_field)
{
    /* Most fields: short bytes with a low number. */
    if (r->end - r->at >= 2) {
        unsigned char tag = (unsigned char)r->at[0], n = (unsigned char)r->at[1];

        if ((tag & 0x87) == WEIR_PB_BYTES && tag >= 8 && n < 0x80 && n <= r->end - r->at - 2) {
            *ret_field = (struct weir_pb_field){
                .number = (uint32_t)(tag >> 3), .wire = WEIR_PB_BYTES, .bytes = {r->at + 2, n}};
            r->at += 2 + n;
            return true;
        }
    }
    return weir_pb_next_any(r, ret_field);
}
/* Is it this field, encoded as a length and bytes? What has another wire type
 * than its schema says is an unknown field. */
static inline bool weir_pb_is(const struct weir_pb_field *f, uint32_t number,
                              enum weir_pb_wire wire)
{
    return f->number == number && f->wire == wire;
}
/* A fixed64 as double. */
double weir_pb_double(uint64_t value);

/* ---- writing: what answers are made of ---------------------------------------- */

void weir_pb_put_varint(struct weir_buf *out, uint32_t number, uint64_t value);
void weir_pb_put_fixed64(struct weir_buf *out, uint32_t number, uint64_t value);
void weir_pb_put_fixed32(struct weir_buf *out, uint32_t number, uint32_t value);
void weir_pb_put_bytes(struct weir_buf *out, uint32_t number, struct weir_str bytes);
/* A message within, of a length that is not known yet: returns a mark for the
 * end. The length is written in five bytes, its first ones padded. */
size_t weir_pb_open(struct weir_buf *out, uint32_t number);
void weir_pb_close(struct weir_buf *out, size_t mark);

#endif
