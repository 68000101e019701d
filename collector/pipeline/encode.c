/* encode.c - a delivery's items as they are stored and sent.
 *
 *   gzip  memory only: one raw deflate stream, made by libdeflate (level 1:
 *         two to three times as fast as zlib), or a stored block when the
 *         items fit in one packet anyway. When a blob follows, zlib with a
 *         sync flush, so that the stream ends byte-aligned and open.
 *   zstd  one frame
 *   none  the bytes
 *
 * Level 1, since the bytes are sent once and CPU is what limits us. The
 * codecs' states are made once for each thread and freed when it ends. */
#include "weir/delivery.h"

#include <libdeflate.h>
#include <pthread.h>
#include <stdlib.h>
#include <zlib.h>
#include <zstd.h>

enum {
    LEVEL = 1,
    RAW_WINDOW = -15,
    SYNC_SLACK = 64,
    ONE_PACKET = 1024, /* of items; the rest of some 1,400 bytes is for the heads */
    STORED_HEAD = 5    /* RFC 1951, 3.2.4: the last block, stored; LEN and NLEN */
};

struct codecs {
    struct libdeflate_compressor *deflate;
    struct libdeflate_decompressor *inflate;
    ZSTD_CCtx *zstd;
    ZSTD_DCtx *unzstd;
};

static pthread_key_t key;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static bool have_key;

static void codecs_free(void *p)
{
    struct codecs *c = p;

    libdeflate_free_compressor(c->deflate);
    libdeflate_free_decompressor(c->inflate);
    ZSTD_freeCCtx(c->zstd);
    ZSTD_freeDCtx(c->unzstd);
    free(c);
}

static void make_key(void)
{
    have_key = pthread_key_create(&key, codecs_free) == 0;
}

static struct codecs *codecs_mine(void)
{
    struct codecs *c;

    pthread_once(&once, make_key);
    if (!have_key)
        return NULL;
    c = pthread_getspecific(key);
    if (c == NULL && (c = calloc(1, sizeof *c)) != NULL && pthread_setspecific(key, c) != 0) {
        free(c);
        c = NULL;
    }
    return c;
}

static int deflate_stored(struct weir_arena *a, struct weir_str in, struct weir_str *ret_out)
{
    unsigned char *out = weir_arena_alloc(a, STORED_HEAD + in.n);

    if (out == NULL)
        return WEIR_ENOMEM;
    out[0] = 1;
    out[1] = (unsigned char)in.n;
    out[2] = (unsigned char)(in.n >> 8);
    out[3] = (unsigned char)~out[1];
    out[4] = (unsigned char)~out[2];
    memcpy(out + STORED_HEAD, in.p, in.n);
    *ret_out = (struct weir_str){(char *)out, STORED_HEAD + in.n};
    return 0;
}

static int deflate_whole(struct weir_arena *a, struct weir_str in, struct weir_str *ret_out)
{
    struct codecs *c = codecs_mine();
    size_t room;
    char *out;

    if (in.n <= ONE_PACKET)
        return deflate_stored(a, in, ret_out);
    if (c != NULL && c->deflate == NULL)
        c->deflate = libdeflate_alloc_compressor(LEVEL);
    if (c == NULL || c->deflate == NULL)
        return WEIR_ENOMEM;
    room = libdeflate_deflate_compress_bound(c->deflate, in.n);
    out = weir_arena_alloc(a, room);
    if (out == NULL)
        return WEIR_ENOMEM;
    *ret_out =
        (struct weir_str){out, libdeflate_deflate_compress(c->deflate, in.p, in.n, out, room)};
    return ret_out->n > 0 ? 0 : WEIR_ENOMEM;
}

static int deflate_open(struct weir_arena *a, struct weir_str in, struct weir_str *ret_out)
{
    z_stream z = {0};
    size_t room;
    char *out;
    int status;

    if (in.n > UINT32_MAX / 2)
        return WEIR_ELIMIT;
    if (deflateInit2(&z, LEVEL, Z_DEFLATED, RAW_WINDOW, 8, Z_DEFAULT_STRATEGY) != Z_OK)
        return WEIR_ENOMEM;
    room = deflateBound(&z, (uLong)in.n) + SYNC_SLACK;
    out = weir_arena_alloc(a, room);
    if (out == NULL) {
        deflateEnd(&z);
        return WEIR_ENOMEM;
    }
    z.next_in = (Bytef *)(uintptr_t)in.p;
    z.avail_in = (uInt)in.n;
    z.next_out = (Bytef *)out;
    z.avail_out = (uInt)room;
    status = deflate(&z, Z_SYNC_FLUSH);
    *ret_out = (struct weir_str){out, room - z.avail_out};
    deflateEnd(&z);
    /* Z_BUF_ERROR: nothing to flush, which is fine for no items. */
    return status == Z_OK || (status == Z_BUF_ERROR && in.n == 0) ? 0 : WEIR_ENOMEM;
}

static int zstd_frame(struct weir_arena *a, struct weir_str in, struct weir_str *ret_out)
{
    struct codecs *c = codecs_mine();
    size_t room = ZSTD_compressBound(in.n), n;
    char *out = weir_arena_alloc(a, room);

    if (c != NULL && c->zstd == NULL)
        c->zstd = ZSTD_createCCtx();
    if (c == NULL || c->zstd == NULL || out == NULL)
        return WEIR_ENOMEM;
    n = ZSTD_compressCCtx(c->zstd, out, room, in.p, in.n, LEVEL);
    *ret_out = (struct weir_str){out, n};
    return ZSTD_isError(n) ? WEIR_ENOMEM : 0;
}

int weir_delivery_encode(struct weir_delivery *d, struct weir_arena *a, enum weir_compression how,
                         struct weir_str items, bool more)
{
    struct weir_str encoded = items;
    int err = 0;

    if (items.p == NULL)
        items.p = "";
    if (how == WEIR_GZIP)
        err = more ? deflate_open(a, items, &encoded) : deflate_whole(a, items, &encoded);
    else if (how == WEIR_ZSTD && items.n > 0)
        err = zstd_frame(a, items, &encoded);
    if (err != 0)
        return err;
    d->encoding = how;
    d->items = encoded;
    d->raw_bytes = items.n;
    d->crc = libdeflate_crc32(0, items.p, items.n);
    return 0;
}

/* Reads an open or a closed stream, to at most `room` bytes. */
static int inflate_any(struct weir_str in, char *out, size_t room)
{
    z_stream z = {0};
    int status;

    if (in.n > UINT32_MAX || room > UINT32_MAX)
        return WEIR_ELIMIT;
    if (inflateInit2(&z, RAW_WINDOW) != Z_OK)
        return WEIR_ENOMEM;
    z.next_in = (Bytef *)(uintptr_t)in.p;
    z.avail_in = (uInt)in.n;
    z.next_out = (Bytef *)out;
    z.avail_out = (uInt)room;
    status = inflate(&z, Z_SYNC_FLUSH);
    inflateEnd(&z);
    if (z.avail_out != 0)
        return WEIR_EINVAL;
    return status == Z_OK || status == Z_STREAM_END || status == Z_BUF_ERROR ? 0 : WEIR_EINVAL;
}

static int undo_gzip(const struct weir_delivery *d, char *out, size_t room)
{
    struct codecs *c = codecs_mine();
    size_t got = 0;

    if (c != NULL && c->inflate == NULL)
        c->inflate = libdeflate_alloc_decompressor();
    if (c == NULL || c->inflate == NULL)
        return WEIR_ENOMEM;
    if (d->blob.name[0] == '\0' &&
        libdeflate_deflate_decompress(c->inflate, d->items.p, d->items.n, out, room, &got) ==
            LIBDEFLATE_SUCCESS)
        return got == room ? 0 : WEIR_EINVAL;
    return inflate_any(d->items, out, room);
}

static int undo_zstd(const struct weir_delivery *d, char *out, size_t room)
{
    struct codecs *c = codecs_mine();
    size_t n;

    if (room == 0 && d->items.n == 0)
        return 0;
    if (c != NULL && c->unzstd == NULL)
        c->unzstd = ZSTD_createDCtx();
    if (c == NULL || c->unzstd == NULL)
        return WEIR_ENOMEM;
    n = ZSTD_decompressDCtx(c->unzstd, out, room, d->items.p, d->items.n);
    return !ZSTD_isError(n) && n == room ? 0 : WEIR_EINVAL;
}

int weir_delivery_decode(const struct weir_delivery *d, struct weir_arena *a, uint64_t max_bytes,
                         struct weir_str *ret_items)
{
    size_t room = (size_t)d->raw_bytes;
    char *out;
    int err;

    if (d->raw_bytes > max_bytes)
        return WEIR_ELIMIT;
    if (d->encoding == WEIR_NO_COMPRESSION) {
        if (d->items.n != room)
            return WEIR_EINVAL;
        *ret_items = d->items;
        return 0;
    }
    out = weir_arena_alloc(a, room);
    if (out == NULL)
        return WEIR_ENOMEM;
    err = d->encoding == WEIR_GZIP ? undo_gzip(d, out, room) : undo_zstd(d, out, room);
    if (err == 0 && libdeflate_crc32(0, out, room) != d->crc)
        err = WEIR_EINVAL;
    if (err == 0)
        *ret_items = (struct weir_str){out, room};
    return err;
}
