/* protobuf.c - see protobuf.h.
 *
 * A message is a sequence of fields, each a tag and a value. The tag is a
 * varint: number << 3 | wire type. A varint has seven bits a byte, the lowest
 * first; the high bit says that more follow; ten bytes at most. Wire types:
 * 0 varint, 1 eight bytes, 2 varint length and bytes, 3 and 4 begin and end of
 * a group (obsolete, but allowed as an unknown field), 5 four bytes; the
 * latter two little-endian. */
#include "protobuf.h"

enum { VARINT_MOST = 10, GROUPS_MOST = 64, END_GROUP = 4, LENGTH_BYTES = 5 };

void weir_pb_begin(struct weir_pb *r, struct weir_str message)
{
    const char *p = message.n > 0 ? message.p : "";

    *r = (struct weir_pb){.at = p, .end = p + message.n};
}

static bool broken(struct weir_pb *r, const char *why)
{
    if (r->error == NULL)
        r->error = why;
    r->at = r->end;
    return false;
}

static bool long_varint(struct weir_pb *r, uint64_t *ret_value)
{
    uint64_t value = 0;

    for (unsigned i = 0; i < VARINT_MOST; i++) {
        unsigned char c;

        if (r->at == r->end)
            return broken(r, "protobuf: a number is cut off");
        c = (unsigned char)*r->at++;
        value |= (uint64_t)(c & 0x7f) << (7 * i);
        if (c < 0x80) {
            *ret_value = value;
            return true;
        }
    }
    return broken(r, "protobuf: a number has more than ten bytes");
}

/* Most tags and lengths have one byte. */
static inline bool varint(struct weir_pb *r, uint64_t *ret_value)
{
    if (r->at < r->end && (unsigned char)*r->at < 0x80) {
        *ret_value = (unsigned char)*r->at++;
        return true;
    }
    return long_varint(r, ret_value);
}

static bool fixed(struct weir_pb *r, unsigned bytes, uint64_t *ret_value)
{
    uint64_t value = 0;

    if ((size_t)(r->end - r->at) < bytes)
        return broken(r, "protobuf: a number is cut off");
    for (unsigned i = bytes; i-- > 0;)
        value = value << 8 | (unsigned char)r->at[i];
    r->at += bytes;
    *ret_value = value;
    return true;
}

static bool bytes_of(struct weir_pb *r, struct weir_str *ret_bytes)
{
    uint64_t n = 0;

    if (!varint(r, &n))
        return false;
    if (n > (uint64_t)(r->end - r->at))
        return broken(r, "protobuf: a length reaches past the end");
    *ret_bytes = (struct weir_str){r->at, (size_t)n};
    r->at += n;
    return true;
}

static bool tag_of(struct weir_pb *r, uint32_t *ret_number, unsigned *ret_wire)
{
    uint64_t tag = 0;

    if (!varint(r, &tag))
        return false;
    if (tag >> 3 == 0 || tag > UINT32_MAX)
        return broken(r, "protobuf: a field's number is out of range");
    *ret_number = (uint32_t)(tag >> 3);
    *ret_wire = (unsigned)(tag & 7);
    return true;
}

static bool plain_value(struct weir_pb *r, unsigned wire, struct weir_pb_field *f)
{
    switch (wire) {
    case WEIR_PB_VARINT:
        return varint(r, &f->value);
    case WEIR_PB_FIXED64:
        return fixed(r, 8, &f->value);
    case WEIR_PB_BYTES:
        return bytes_of(r, &f->bytes);
    case WEIR_PB_FIXED32:
        return fixed(r, 4, &f->value);
    default:
        return broken(r, "protobuf: a field has an unknown wire type");
    }
}

/* To the end of the group `number`, past all that is in it. */
static bool skip_group(struct weir_pb *r, uint32_t number)
{
    uint32_t open[GROUPS_MOST];
    size_t depth = 1;

    open[0] = number;
    while (depth > 0) {
        struct weir_pb_field f = {0};
        unsigned wire;

        if (r->at == r->end)
            return broken(r, "protobuf: a group has no end");
        if (!tag_of(r, &f.number, &wire))
            return false;
        if (wire == END_GROUP) {
            if (f.number != open[--depth])
                return broken(r, "protobuf: a group ends that is not open");
        } else if (wire == WEIR_PB_GROUP) {
            if (depth == GROUPS_MOST)
                return broken(r, "protobuf: groups are nested too deep");
            open[depth++] = f.number;
        } else if (!plain_value(r, wire, &f)) {
            return false;
        }
    }
    return true;
}

bool weir_pb_next_any(struct weir_pb *r, struct weir_pb_field *ret_field)
{
    struct weir_pb_field f = {0};
    unsigned wire;

    if (r->at == r->end || !tag_of(r, &f.number, &wire))
        return false;
    if (wire == WEIR_PB_GROUP ? !skip_group(r, f.number) : !plain_value(r, wire, &f))
        return false;
    f.wire = (enum weir_pb_wire)wire;
    *ret_field = f;
    return true;
}

double weir_pb_double(uint64_t value)
{
    double d;

    memcpy(&d, &value, sizeof d);
    return d;
}

/* ---- writing -------------------------------------------------------------------- */

static void put_varint(struct weir_buf *out, uint64_t value)
{
    for (; value >= 0x80; value >>= 7)
        weir_buf_char(out, (char)(value | 0x80));
    weir_buf_char(out, (char)value);
}

static void put_tag(struct weir_buf *out, uint32_t number, enum weir_pb_wire wire)
{
    put_varint(out, (uint64_t)number << 3 | (uint64_t)wire);
}

static void put_fixed(struct weir_buf *out, uint64_t value, unsigned bytes)
{
    for (unsigned i = 0; i < bytes; i++)
        weir_buf_char(out, (char)(value >> (8 * i)));
}

void weir_pb_put_varint(struct weir_buf *out, uint32_t number, uint64_t value)
{
    put_tag(out, number, WEIR_PB_VARINT);
    put_varint(out, value);
}

void weir_pb_put_fixed64(struct weir_buf *out, uint32_t number, uint64_t value)
{
    put_tag(out, number, WEIR_PB_FIXED64);
    put_fixed(out, value, 8);
}

void weir_pb_put_fixed32(struct weir_buf *out, uint32_t number, uint32_t value)
{
    put_tag(out, number, WEIR_PB_FIXED32);
    put_fixed(out, value, 4);
}

void weir_pb_put_bytes(struct weir_buf *out, uint32_t number, struct weir_str bytes)
{
    put_tag(out, number, WEIR_PB_BYTES);
    put_varint(out, bytes.n);
    weir_buf_add(out, bytes);
}

size_t weir_pb_open(struct weir_buf *out, uint32_t number)
{
    put_tag(out, number, WEIR_PB_BYTES);
    put_fixed(out, 0, LENGTH_BYTES);
    return out->n;
}

void weir_pb_close(struct weir_buf *out, size_t mark)
{
    size_t n = out->n - mark;

    if (out->failed != 0)
        return;
    for (unsigned i = 0; i < LENGTH_BYTES; i++)
        out->p[mark - LENGTH_BYTES + i] =
            (char)((n >> (7 * i) & 0x7f) | (i + 1 < LENGTH_BYTES ? 0x80 : 0));
}
