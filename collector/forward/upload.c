/* upload.c - reading head, file and tail as one body, decoded if need be. */
#include "upload.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

enum { FILE_CHUNK = 16 * 1024 };

/* Undoes the stored encoding: items and file are one stream. */
struct weir_upload_codec {
    z_stream z; /* WEIR_GZIP: raw deflate */
    bool z_ready;
    ZSTD_DStream *zstd;
    const char *in; /* encoded bytes not yet taken */
    size_t n_in;
    bool items_done; /* out.coded was taken */
    bool at_end;     /* of the file */
    char chunk[FILE_CHUNK];
};

static int codec_start(struct weir_upload *b)
{
    struct weir_upload_codec *c = b->codec;

    c->n_in = 0;
    c->items_done = c->at_end = false;
    if (b->stored == WEIR_GZIP) {
        if (c->z_ready)
            return inflateReset(&c->z) == Z_OK ? 0 : WEIR_EIO;
        if (inflateInit2(&c->z, -MAX_WBITS) != Z_OK)
            return WEIR_ENOMEM;
        c->z_ready = true;
    } else if (b->stored == WEIR_ZSTD) {
        if (c->zstd == NULL && (c->zstd = ZSTD_createDStream()) == NULL)
            return WEIR_ENOMEM;
        ZSTD_DCtx_reset(c->zstd, ZSTD_reset_session_only);
    }
    return 0;
}

int weir_upload_open(struct weir_upload *b, const struct weir_outgoing *out,
                     enum weir_compression stored, int fd_take)
{
    int err = 0;

    *b = (struct weir_upload){.out = *out, .stored = stored, .fd = fd_take};
    if (out->decode) {
        b->codec = calloc(1, sizeof *b->codec);
        err = b->codec != NULL ? codec_start(b) : WEIR_ENOMEM;
    }
    if (err != 0)
        weir_upload_close(b);
    return err;
}

void weir_upload_close(struct weir_upload *b)
{
    if (b->fd >= 0)
        close(b->fd);
    if (b->codec != NULL) {
        if (b->codec->z_ready)
            inflateEnd(&b->codec->z);
        ZSTD_freeDStream(b->codec->zstd);
        free(b->codec);
    }
    *b = (struct weir_upload){.fd = -1};
}

int weir_upload_rewind(struct weir_upload *b)
{
    b->at = 0;
    b->head_at = b->tail_at = 0;
    b->file_done = false;
    if (lseek(b->fd, 0, SEEK_SET) != 0)
        return WEIR_EIO;
    return b->codec != NULL ? codec_start(b) : 0;
}

static size_t read_file(struct weir_upload *b, char *buf, size_t room)
{
    ssize_t got;

    do
        got = read(b->fd, buf, room);
    while (got < 0 && errno == EINTR);
    return got >= 0 ? (size_t)got : SIZE_MAX;
}

/* Encoded bytes for the codec: the items first, then the file. */
static bool codec_refill(struct weir_upload *b)
{
    struct weir_upload_codec *c = b->codec;
    size_t got;

    if (!c->items_done) {
        c->items_done = true;
        c->in = b->out.coded.p;
        c->n_in = b->out.coded.n;
        if (c->n_in > 0)
            return true;
    }
    got = read_file(b, c->chunk, sizeof c->chunk);
    if (got == SIZE_MAX)
        return false;
    c->in = c->chunk;
    c->n_in = got;
    c->at_end = got == 0;
    return true;
}

/* One step of the codec; SIZE_MAX when the bytes make no sense. */
static size_t codec_step(struct weir_upload *b, char *buf, size_t room)
{
    struct weir_upload_codec *c = b->codec;
    size_t n = room < c->n_in ? room : c->n_in;

    if (b->stored == WEIR_GZIP) {
        int rc;

        /* zlib's interface is not const. */
        c->z.next_in = (Bytef *)(uintptr_t)c->in;
        c->z.avail_in = (uInt)c->n_in;
        c->z.next_out = (Bytef *)buf;
        c->z.avail_out = (uInt)room;
        rc = inflate(&c->z, Z_NO_FLUSH);
        c->in += c->n_in - c->z.avail_in;
        c->n_in = c->z.avail_in;
        return rc == Z_OK || rc == Z_STREAM_END || rc == Z_BUF_ERROR ? room - c->z.avail_out
                                                                     : SIZE_MAX;
    }
    if (b->stored == WEIR_ZSTD) {
        ZSTD_inBuffer in = {c->in, c->n_in, 0};
        ZSTD_outBuffer out = {buf, room, 0};

        if (ZSTD_isError(ZSTD_decompressStream(c->zstd, &out, &in)))
            return SIZE_MAX;
        c->in += in.pos;
        c->n_in -= in.pos;
        return out.pos;
    }
    if (n > 0)
        memcpy(buf, c->in, n);
    c->in += n;
    c->n_in -= n;
    return n;
}

static size_t read_decoded(struct weir_upload *b, char *buf, size_t room)
{
    struct weir_upload_codec *c = b->codec;

    for (;;) {
        size_t got = codec_step(b, buf, room);

        if (got > 0)
            return got;
        if (c->n_in > 0)
            return SIZE_MAX; /* takes nothing and gives nothing */
        if (c->at_end)
            return 0;
        if (!codec_refill(b))
            return SIZE_MAX;
    }
}

static size_t take(struct weir_str from, size_t *at, char *buf, size_t room)
{
    size_t n = from.n - *at < room ? from.n - *at : room;

    if (n > 0)
        memcpy(buf, from.p + *at, n);
    *at += n;
    return n;
}

static size_t read_next(struct weir_upload *b, char *buf, size_t room)
{
    size_t n = take(b->out.head, &b->head_at, buf, room);

    if (n > 0)
        return n;
    if (!b->file_done) {
        n = b->codec != NULL ? read_decoded(b, buf, room) : read_file(b, buf, room);
        if (n > 0)
            return n;
        b->file_done = true;
    }
    return take(b->out.tail, &b->tail_at, buf, room);
}

size_t weir_upload_read(struct weir_upload *b, char *buf, size_t room)
{
    size_t n = read_next(b, buf, room);

    /* Content-Length was said: another number of bytes is damage. */
    if (n == SIZE_MAX || n > b->out.total_bytes - b->at || (n == 0 && b->at < b->out.total_bytes))
        return SIZE_MAX;
    b->at += n;
    return n;
}
