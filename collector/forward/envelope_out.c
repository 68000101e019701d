/* envelope_out.c - puts a header line before bytes that are compressed already.
 *
 * gzip (RFC 1952) is a 10-byte header, a deflate stream, CRC32 and length of
 * the plain bytes. A deflate stream (RFC 1951) is a row of blocks, and a
 * block may be "stored": one byte 0 (not the last; type 00; padding to the
 * byte), LEN and its complement, 16 bits each, little endian, and LEN plain
 * bytes. It ends on a byte, where the stored stream of the items begins:
 *
 *   1f 8b 08 .. | 00 LEN ~LEN line | items ... [blob ...] | CRC32 ISIZE
 *
 * The items' CRC32 was kept when they were compressed; that of line, items
 * and blob one after the other follows from their three (crc32_combine), so
 * no attempt reads what it sends.
 *
 * zstd (RFC 8878): a file is a row of frames, so the line gets one of its
 * own, of raw blocks:
 *
 *   28 b5 2f fd | a0 SIZE(4) | (last | 0 << 1 | LEN << 3)(3) line | items | blob
 *
 * where a0 says: single segment, 4 bytes of size, no checksum. */
#include "envelope_out.h"

#include "weir/clock.h"

#include <zlib.h>

enum {
    MAX_HEADER = 4 << 20,
    MAX_TRANSCODED = 64 << 20,
    STORED_MAX = 65535,     /* bytes of one stored block */
    RAW_BLOCK_MAX = 1 << 17 /* of one raw zstd block */
};

/* ---- where to ---------------------------------------------------------- */

static bool is_word(struct weir_str s)
{
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];

        if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
              c == '-' || c == '_' || c == '.'))
            return false;
    }
    /* "." and ".." would be taken for path segments. */
    return s.n > 0 && s.n <= 128 && s.p[0] != '.';
}

bool weir_route_resolve(const struct weir_dsn *dsn, const struct weir_delivery *d,
                        struct weir_route_out *ret_route)
{
    struct weir_str key = dsn->key, project = dsn->project;

    if (weir_str_eq(key, WEIR_S("{key}")))
        key = d->key;
    if (weir_str_eq(project, WEIR_S("{project}")))
        project = d->project;
    if (!is_word(key) || !is_word(project))
        return false;
    *ret_route = (struct weir_route_out){dsn->scheme, dsn->host, dsn->prefix, key, project};
    return true;
}

/* ---- the header line --------------------------------------------------- */

/* The members of the sender's header, without its braces. */
static struct weir_str members_of(struct weir_str header)
{
    struct weir_str s = weir_str_trim(header);

    if (s.n < 2 || s.p[0] != '{' || s.p[s.n - 1] != '}')
        return (struct weir_str){NULL, 0};
    return weir_str_trim(weir_str_sub(s, 1, s.n - 2));
}

int weir_envelope_line(struct weir_arena *a, const struct weir_route_out *r,
                       const struct weir_delivery *d, uint64_t wall_ms, struct weir_str *ret_line)
{
    struct weir_str members = members_of(d->header);
    char sent_at[25];
    struct weir_buf b;

    weir_rfc3339(wall_ms, sent_at);
    weir_buf_init(&b, a, MAX_HEADER);
    /* Room for all of it at once: growing by steps would copy. */
    if (weir_buf_reserve(&b, members.n + r->host.n + r->prefix.n + 512) == NULL)
        return WEIR_ENOMEM;
    weir_buf_char(&b, '{');
    if (d->event_id.n > 0 && weir_str_find(members, WEIR_S("\"event_id\"")) == SIZE_MAX) {
        weir_buf_add(&b, WEIR_S("\"event_id\":\""));
        weir_buf_add(&b, d->event_id);
        weir_buf_add(&b, WEIR_S("\","));
    }
    weir_buf_add(&b, WEIR_S("\"dsn\":\""));
    weir_buf_add(&b, r->scheme);
    weir_buf_add(&b, WEIR_S("://"));
    weir_buf_add(&b, r->key);
    weir_buf_char(&b, '@');
    weir_buf_add(&b, r->host);
    weir_buf_add(&b, r->prefix);
    weir_buf_char(&b, '/');
    weir_buf_add(&b, r->project);
    weir_buf_add(&b, WEIR_S("\",\"sent_at\":\""));
    weir_buf_add(&b, weir_str_of(sent_at));
    weir_buf_char(&b, '"');
    if (members.n > 0)
        weir_buf_char(&b, ',');
    weir_buf_add(&b, members);
    weir_buf_add(&b, WEIR_S("}\n"));
    return weir_buf_str(&b, ret_line);
}

/* ---- framing ----------------------------------------------------------- */

static void add_le(struct weir_buf *b, uint32_t value, int bytes)
{
    for (int i = 0; i < bytes; i++)
        weir_buf_char(b, (char)(value >> (8 * i) & 0xff));
}

static void add_stored_blocks(struct weir_buf *b, struct weir_str s, bool final)
{
    do {
        struct weir_str part = weir_str_sub(s, 0, STORED_MAX);

        s = weir_str_sub(s, part.n, s.n);
        weir_buf_char(b, final && s.n == 0 ? 1 : 0);
        add_le(b, (uint32_t)part.n, 2);
        add_le(b, (uint32_t)~part.n, 2);
        weir_buf_add(b, part);
    } while (s.n > 0);
}

static void add_raw_frame(struct weir_buf *b, struct weir_str s)
{
    add_le(b, 0xfd2fb528u, 4);
    weir_buf_char(b, (char)0xa0);
    add_le(b, (uint32_t)s.n, 4);
    do {
        struct weir_str part = weir_str_sub(s, 0, RAW_BLOCK_MAX);

        s = weir_str_sub(s, part.n, s.n);
        add_le(b, (s.n == 0 ? 1u : 0u) | (uint32_t)part.n << 3, 3);
        weir_buf_add(b, part);
    } while (s.n > 0);
}

/* The member's trailer: CRC32 and length of line, items and blob. */
static void add_gzip_end(struct weir_buf *b, struct weir_str line, const struct weir_delivery *d)
{
    uLong crc = crc32(0, (const Bytef *)line.p, (uInt)line.n);
    uint64_t n = line.n + d->raw_bytes;

    crc = crc32_combine(crc, d->crc, (z_off_t)d->raw_bytes);
    if (d->blob.name[0] != '\0') {
        crc = crc32_combine(crc, d->blob.crc, (z_off_t)d->blob.raw_bytes);
        n += d->blob.raw_bytes;
    }
    add_le(b, (uint32_t)crc, 4);
    add_le(b, (uint32_t)n, 4);
}

/* Everything up to the end of the items. */
static void add_head(struct weir_buf *b, struct weir_str line, const struct weir_delivery *d,
                     bool has_blob)
{
    static const char gzip_header[10] = {0x1f, (char)0x8b, 8, 0, 0, 0, 0, 0, 0, (char)0xff};

    switch (d->encoding) {
    case WEIR_GZIP:
        weir_buf_add(b, (struct weir_str){gzip_header, sizeof gzip_header});
        add_stored_blocks(b, line, d->items.n == 0 && !has_blob);
        break;
    case WEIR_ZSTD:
        add_raw_frame(b, line);
        break;
    case WEIR_NO_COMPRESSION:
    default:
        weir_buf_add(b, line);
        break;
    }
    weir_buf_add(b, d->items);
}

/* ---- the body ---------------------------------------------------------- */

/* A delivery whose stored encoding the destination takes. */
static int frame(struct weir_arena *a, struct weir_str line, const struct weir_delivery *d,
                 struct weir_outgoing *out)
{
    size_t room = line.n + line.n / STORED_MAX * 5 + d->items.n + 64;
    struct weir_buf b, end;
    int err;

    weir_buf_init(&b, a, room);
    weir_buf_init(&end, a, 8);
    if (weir_buf_reserve(&b, room) == NULL)
        return WEIR_ENOMEM;
    add_head(&b, line, d, out->has_blob);
    if (d->encoding == WEIR_GZIP)
        add_gzip_end(out->has_blob ? &end : &b, line, d);
    if ((err = weir_buf_str(&b, &out->head)) != 0 || (err = weir_buf_str(&end, &out->tail)) != 0)
        return err;
    out->encoding = d->encoding;
    out->total_bytes = out->head.n + out->tail.n;
    if (out->has_blob)
        out->total_bytes += d->blob.encoded_bytes;
    return 0;
}

static int transcode(struct weir_arena *a, struct weir_str line, const struct weir_delivery *d,
                     enum weir_compression want, struct weir_outgoing *out)
{
    struct weir_delivery other = *d;
    struct weir_str plain;
    int err = weir_delivery_decode(d, a, MAX_TRANSCODED, &plain);

    if (err == 0)
        err = weir_delivery_encode(&other, a, want, plain, false);
    return err != 0 ? err : frame(a, line, &other, out);
}

int weir_envelope_out(struct weir_arena *a, struct weir_str line, const struct weir_delivery *d,
                      enum weir_compression want, struct weir_outgoing *ret_out)
{
    struct weir_outgoing out = {.has_blob = d->blob.name[0] != '\0'};
    int err = 0;

    if (d->encoding == want) {
        err = frame(a, line, d, &out);
    } else if (!out.has_blob) {
        err = transcode(a, line, d, want, &out);
    } else {
        out.encoding = WEIR_NO_COMPRESSION;
        out.head = line;
        out.coded = d->items;
        out.decode = true;
        out.total_bytes = line.n + d->raw_bytes + d->blob.raw_bytes;
    }
    if (err == 0)
        *ret_out = out;
    return err;
}
