/* otlp_value.c - OTLP's AnyValue and KeyValue to attributes.
 *
 *   AnyValue { string 1 | bool 2 | int 3 | double 4 | array 5 | kvlist 6 | bytes 7 }
 *   KeyValue { key 1, value 2 }      ArrayValue, KeyValueList { values 1 }
 *
 * Plain values stay where they are in the body; arrays and lists are written
 * as JSON, nested 32 deep at most.
 *
 * Bytes. A value of bytes that is text is handed on as text, so that the
 * rules see what it holds. Others become base64, in which no rule would find
 * anything: runs of six and more printable characters are overwritten first,
 * as in minidumps. */
#include "otlp.h"

#include "weir/text.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { DEPTH_MAX = 32, RUN_LEAST = 6, FIRST_ROOM = 16 };

int weir_otlp_broken(struct weir_decoder *d, const struct weir_pb *r)
{
    return weir_decode_fail(d, WEIR_EINVAL, r->error, 0);
}

/* ---- plain values ------------------------------------------------------------- */

static struct weir_str integer(struct weir_arena *a, int64_t value)
{
    uint64_t n = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    char *p = weir_arena_alloc(a, 21);
    size_t at = 21;

    if (p == NULL)
        return (struct weir_str){NULL, 0};
    do
        p[--at] = (char)('0' + n % 10);
    while ((n /= 10) > 0);
    if (value < 0)
        p[--at] = '-';
    return (struct weir_str){p + at, 21 - at};
}

/* The shortest of two that reads back as the same; JSON has no NaN. */
static int floating(struct weir_arena *a, double value, struct weir_attribute *ret_value)
{
    char *p = weir_arena_alloc(a, 40);
    int n;

    if (p == NULL)
        return WEIR_ENOMEM;
    if (!isfinite(value)) {
        ret_value->kind = WEIR_ATTRIBUTE_TEXT;
        ret_value->text = isnan(value) ? WEIR_S("NaN")
                          : value > 0  ? WEIR_S("Infinity")
                                       : WEIR_S("-Infinity");
        return 0;
    }
    n = snprintf(p, 40, "%.15g", value);
    if (strtod(p, NULL) != value)
        n = snprintf(p, 40, "%.17g", value);
    if (strpbrk(p, ".e") == NULL)
        n += snprintf(p + n, 40 - (size_t)n, ".0");
    ret_value->kind = WEIR_ATTRIBUTE_DOUBLE;
    ret_value->text = (struct weir_str){p, (size_t)n};
    return 0;
}

static bool is_text(struct weir_str s)
{
    for (size_t i = 0; i < s.n; i++)
        if ((unsigned char)s.p[i] < ' ' && s.p[i] != '\n' && s.p[i] != '\r' && s.p[i] != '\t')
            return false;
    return weir_utf8_valid(s);
}

/* A copy in which nothing can be read. */
static struct weir_str masked(struct weir_arena *a, struct weir_str s)
{
    char *p = weir_arena_alloc(a, s.n);
    size_t run = 0;

    if (p == NULL)
        return (struct weir_str){NULL, 0};
    for (size_t i = 0; i < s.n; i++) {
        p[i] = s.p[i];
        run = s.p[i] >= ' ' && s.p[i] <= '~' ? run + 1 : 0;
        if (run == RUN_LEAST)
            memset(p + i + 1 - RUN_LEAST, '*', RUN_LEAST);
        else if (run > RUN_LEAST)
            p[i] = '*';
    }
    return (struct weir_str){p, s.n};
}

static int bytes_value(struct weir_arena *a, struct weir_str bytes, struct weir_str *ret_text)
{
    if (is_text(bytes)) {
        *ret_text = bytes;
        return 0;
    }
    bytes = masked(a, bytes);
    return bytes.p != NULL ? weir_base64_encode(a, bytes, ret_text) : WEIR_ENOMEM;
}

/* ---- containers ------------------------------------------------------------------ */

static int write_value(struct weir_decoder *d, struct weir_buf *out, struct weir_str any_value,
                       unsigned depth);

static int split_pair(struct weir_decoder *d, struct weir_str bytes, struct weir_str *ret_key,
                      struct weir_str *ret_value)
{
    struct weir_pb_field f;
    struct weir_pb r;

    *ret_key = *ret_value = (struct weir_str){"", 0};
    weir_pb_begin(&r, bytes);
    while (weir_pb_next(&r, &f)) {
        if (weir_pb_is(&f, 1, WEIR_PB_BYTES))
            *ret_key = f.bytes;
        else if (weir_pb_is(&f, 2, WEIR_PB_BYTES))
            *ret_value = f.bytes;
    }
    return r.error != NULL ? weir_otlp_broken(d, &r) : 0;
}

/* KeyValue to a member. */
static int write_member(struct weir_decoder *d, struct weir_buf *out, struct weir_str pair,
                        unsigned depth)
{
    struct weir_str key, value;
    int err = split_pair(d, pair, &key, &value);

    weir_buf_json(out, key);
    weir_buf_char(out, ':');
    return err != 0 ? err : write_value(d, out, value, depth);
}

/* ArrayValue to a list, KeyValueList to an object: `one` writes an element. */
static int write_elements(struct weir_decoder *d, struct weir_buf *out, struct weir_str list,
                          unsigned depth, const char *brackets,
                          int (*one)(struct weir_decoder *d, struct weir_buf *out,
                                     struct weir_str element, unsigned depth))
{
    struct weir_pb_field f;
    struct weir_pb r;
    bool first = true;
    int err = 0;

    weir_pb_begin(&r, list);
    weir_buf_char(out, brackets[0]);
    while (err == 0 && weir_pb_next(&r, &f)) {
        if (!weir_pb_is(&f, 1, WEIR_PB_BYTES))
            continue;
        if (!first)
            weir_buf_char(out, ',');
        first = false;
        err = one(d, out, f.bytes, depth);
    }
    weir_buf_char(out, brackets[1]);
    return r.error != NULL ? weir_otlp_broken(d, &r) : err;
}

/* The field of an AnyValue that counts: of a oneof the last. */
static int choose(struct weir_decoder *d, struct weir_str any_value, struct weir_pb_field *ret_f)
{
    static const enum weir_pb_wire wires[] = {
        [1] = WEIR_PB_BYTES, [2] = WEIR_PB_VARINT, [3] = WEIR_PB_VARINT, [4] = WEIR_PB_FIXED64,
        [5] = WEIR_PB_BYTES, [6] = WEIR_PB_BYTES,  [7] = WEIR_PB_BYTES};
    struct weir_pb_field f;
    struct weir_pb r;

    *ret_f = (struct weir_pb_field){0};
    weir_pb_begin(&r, any_value);
    while (weir_pb_next(&r, &f))
        if (f.number < sizeof wires / sizeof wires[0] && wires[f.number] == f.wire)
            *ret_f = f;
    return r.error != NULL ? weir_otlp_broken(d, &r) : 0;
}

static int container(struct weir_decoder *d, const struct weir_pb_field *f, unsigned depth,
                     struct weir_buf *out)
{
    if (depth == DEPTH_MAX) {
        weir_buf_add(out, WEIR_S("null"));
        return 0;
    }
    return f->number == 5 ? write_elements(d, out, f->bytes, depth + 1, "[]", write_value)
                          : write_elements(d, out, f->bytes, depth + 1, "{}", write_member);
}

static int plain(struct weir_decoder *d, const struct weir_pb_field *f,
                 struct weir_attribute *ret_value)
{
    struct weir_arena *a = d->in->arena;

    switch (f->number) {
    case 1:
        ret_value->kind = WEIR_ATTRIBUTE_TEXT;
        ret_value->text = f->bytes;
        return 0;
    case 2:
        ret_value->kind = WEIR_ATTRIBUTE_BOOLEAN;
        ret_value->text = f->value != 0 ? WEIR_S("true") : WEIR_S("false");
        return 0;
    case 3:
        ret_value->kind = WEIR_ATTRIBUTE_INTEGER;
        ret_value->text = integer(a, (int64_t)f->value);
        return ret_value->text.p != NULL ? 0 : WEIR_ENOMEM;
    case 4:
        return floating(a, weir_pb_double(f->value), ret_value);
    case 7:
        ret_value->kind = WEIR_ATTRIBUTE_TEXT;
        return bytes_value(a, f->bytes, &ret_value->text);
    default:
        ret_value->kind = WEIR_ATTRIBUTE_JSON;
        ret_value->text = WEIR_S("null");
        return 0;
    }
}

static int write_value(struct weir_decoder *d, struct weir_buf *out, struct weir_str any_value,
                       unsigned depth)
{
    struct weir_attribute value = {0};
    struct weir_pb_field f;
    int err = choose(d, any_value, &f);

    if (err == 0 && (f.number == 5 || f.number == 6))
        return container(d, &f, depth, out);
    if (err == 0)
        err = plain(d, &f, &value);
    if (err == 0)
        weir_attribute_write(out, &value);
    return err;
}

int weir_otlp_value(struct weir_decoder *d, struct weir_str any_value,
                    struct weir_attribute *ret_value)
{
    struct weir_pb_field f;
    struct weir_buf out;
    int err = choose(d, any_value, &f);

    if (err != 0)
        return err;
    if (f.number != 5 && f.number != 6)
        return plain(d, &f, ret_value);
    weir_buf_init(&out, d->in->arena, WEIR_OTLP_TEXT_MAX);
    err = container(d, &f, 0, &out);
    ret_value->kind = WEIR_ATTRIBUTE_JSON;
    return err != 0 ? err : weir_buf_str(&out, &ret_value->text);
}

/* ---- attributes ------------------------------------------------------------------- */

struct weir_attribute *weir_otlp_next_attribute(struct weir_arena *a,
                                                struct weir_otlp_attributes *l)
{
    size_t room = l->room > 0 ? 2 * l->room : FIRST_ROOM;
    struct weir_attribute *list = l->of.list;

    if (l->of.n == l->room) {
        list = weir_arena_grow(a, list, l->room * sizeof *list, room * sizeof *list);
        if (list == NULL)
            return NULL;
        l->of.list = list;
        l->room = room;
    }
    return &list[l->of.n++];
}

int weir_otlp_attribute(struct weir_decoder *d, struct weir_str key_value,
                        struct weir_otlp_attributes *list)
{
    struct weir_attribute *to = weir_otlp_next_attribute(d->in->arena, list);
    struct weir_str value;
    int err = to != NULL ? split_pair(d, key_value, &to->key, &value) : WEIR_ENOMEM;

    return err != 0 ? err : weir_otlp_value(d, value, to);
}

int weir_otlp_attributes(struct weir_decoder *d, struct weir_str message, uint32_t number,
                         struct weir_otlp_attributes *list)
{
    struct weir_pb_field f;
    struct weir_pb r;
    int err = 0;

    weir_pb_begin(&r, message);
    while (err == 0 && weir_pb_next(&r, &f))
        if (weir_pb_is(&f, number, WEIR_PB_BYTES))
            err = weir_otlp_attribute(d, f.bytes, list);
    return r.error != NULL ? weir_otlp_broken(d, &r) : err;
}

struct weir_str weir_otlp_id(struct weir_arena *a, struct weir_str bytes, size_t n)
{
    unsigned any = 0;
    char *hex;

    if (bytes.n != n)
        return (struct weir_str){NULL, 0};
    for (size_t i = 0; i < n; i++)
        any |= (unsigned char)bytes.p[i];
    hex = any != 0 ? weir_arena_alloc(a, 2 * n) : NULL;
    if (hex == NULL)
        return (struct weir_str){NULL, 0};
    weir_hex((const uint8_t *)bytes.p, n, hex);
    return (struct weir_str){hex, 2 * n};
}
