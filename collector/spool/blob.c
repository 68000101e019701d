/* blob.c - writes items as they are scrubbed into a file, ready to send.
 *
 * The file continues the delivery's `items` in the same encoding, and its end
 * is the end of the envelope's body. For each item:
 *
 *   {"type":"attachment","length":         123}\n   payload   \n
 *
 * The length is known only when the payload has passed, so the header is laid
 * down uncompressed, with a field of fixed width (JSON allows blanks before a
 * number), and the digits are patched in at the end of the item:
 *
 *   gzip   header and newline are a stored block (RFC 1951, 3.2.4); payload
 *          and newline are blocks of a deflate that was reset, so none of its
 *          matches reaches back over bytes that it has not seen; a sync flush
 *          aligns it to a byte. close() adds an empty final block.
 *   zstd   header and newline are a frame of one raw block (RFC 8878), payload
 *          and newline are a frame.
 *   none   plain bytes.
 *
 * The CRC of the whole is combined from that of the header, made when its
 * digits are known, and that of the payload.
 *
 * Threads: the worker that opened it. Memory: about 400 KiB until close. */
#include "blobs.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

enum {
    OUT_BYTES = 64 << 10,
    HEADER_BYTES = 32 << 10, /* most of an item header, a stored block holds 65535 */
    DIGITS = 12,
    LEVEL = 3,
    ZSTD_LEVEL = 1,
    ZSTD_WINDOW_LOG = 17,   /* 128 KiB: many uploads at once must fit in memory */
    START_WRITING = 8 << 20 /* bytes after which the kernel is asked to begin */
};

struct weir_blob_writer {
    struct weir_spool *spool;
    char name[40];
    int fd;
    enum weir_compression how;
    z_stream deflate;
    bool has_deflate;
    ZSTD_CStream *zstd;
    uint64_t written;   /* bytes in the file */
    uint64_t announced; /* of them, told to the kernel */
    uint64_t raw_bytes;
    uint32_t crc;
    int error; /* sticky */

    bool in_item;
    uint64_t item_at;   /* where it begins in the file */
    uint64_t header_at; /* where its header's text begins */
    size_t header_n;    /* with the newline */
    size_t digits_at;   /* in the header */
    uint64_t payload_bytes;
    uint32_t payload_crc;
    char header[HEADER_BYTES];
    size_t n_out;
    uint8_t out[OUT_BYTES];
};

/* ---- bytes to the file ----------------------------------------------------- */

static int put_at(int fd, const void *bytes, size_t n, uint64_t at)
{
    const char *p = bytes;

    while (n > 0) {
        ssize_t done = pwrite(fd, p, n, (off_t)at);

        if (done <= 0)
            return WEIR_EIO;
        p += done;
        at += (uint64_t)done;
        n -= (size_t)done;
    }
    return 0;
}

static int flush_out(struct weir_blob_writer *w)
{
    if (w->error == 0)
        w->error = put_at(w->fd, w->out, w->n_out, w->written);
    w->written += w->n_out;
    w->n_out = 0;
    /* The spool thread will wait for the disk: let most be there by then. */
    if (w->error == 0 && w->written - w->announced >= START_WRITING) {
        (void)sync_file_range(w->fd, (off_t)w->announced, (off_t)(w->written - w->announced),
                              SYNC_FILE_RANGE_WRITE);
        w->announced = w->written;
    }
    return w->error;
}

static int put(struct weir_blob_writer *w, const void *bytes, size_t n)
{
    const char *p = bytes;

    while (n > 0) {
        size_t part = OUT_BYTES - w->n_out < n ? OUT_BYTES - w->n_out : n;

        memcpy(w->out + w->n_out, p, part);
        w->n_out += part;
        p += part;
        n -= part;
        if (w->n_out == OUT_BYTES && flush_out(w) != 0)
            return w->error;
    }
    return w->error;
}

/* ---- encodings ------------------------------------------------------------- */

static int put_deflated(struct weir_blob_writer *w, struct weir_str bytes, int flush)
{
    w->deflate.next_in = (Bytef *)(uintptr_t)bytes.p;
    w->deflate.avail_in = (uInt)bytes.n;
    do {
        w->deflate.next_out = w->out + w->n_out;
        w->deflate.avail_out = (uInt)(OUT_BYTES - w->n_out);
        if (deflate(&w->deflate, flush) == Z_STREAM_ERROR)
            return w->error = WEIR_EIO;
        w->n_out = OUT_BYTES - w->deflate.avail_out;
        if (w->n_out == OUT_BYTES && flush_out(w) != 0)
            return w->error;
    } while (w->deflate.avail_out == 0 || w->deflate.avail_in > 0);
    return 0;
}

static int put_zstd(struct weir_blob_writer *w, struct weir_str bytes, bool last)
{
    ZSTD_inBuffer in = {bytes.p, bytes.n, 0};
    size_t left;

    do {
        ZSTD_outBuffer out = {w->out, OUT_BYTES, w->n_out};

        left = ZSTD_compressStream2(w->zstd, &out, &in, last ? ZSTD_e_end : ZSTD_e_continue);
        if (ZSTD_isError(left))
            return w->error = WEIR_EIO;
        w->n_out = out.pos;
        if (w->n_out == OUT_BYTES && flush_out(w) != 0)
            return w->error;
    } while (in.pos < in.size || (last && left > 0));
    return 0;
}

static int encode(struct weir_blob_writer *w, struct weir_str bytes, bool last)
{
    if (w->how == WEIR_GZIP)
        return put_deflated(w, bytes, last ? Z_SYNC_FLUSH : Z_NO_FLUSH);
    if (w->how == WEIR_ZSTD)
        return put_zstd(w, bytes, last);
    return put(w, bytes.p, bytes.n);
}

/* What stands before `n` bytes that are laid down as they are. */
static int put_raw_frame(struct weir_blob_writer *w, size_t n)
{
    if (w->how == WEIR_GZIP) {
        const uint8_t stored[5] = {0, (uint8_t)n, (uint8_t)(n >> 8), (uint8_t)~n,
                                   (uint8_t)(~n >> 8)};

        return put(w, stored, sizeof stored);
    }
    if (w->how == WEIR_ZSTD) {
        /* Magic; single segment with a 4-byte content size; last raw block. */
        const uint32_t block = (uint32_t)n << 3 | 1;
        const uint8_t frame[12] = {0x28,
                                   0xb5,
                                   0x2f,
                                   0xfd,
                                   0xa0,
                                   (uint8_t)n,
                                   (uint8_t)(n >> 8),
                                   (uint8_t)(n >> 16),
                                   (uint8_t)(n >> 24),
                                   (uint8_t)block,
                                   (uint8_t)(block >> 8),
                                   (uint8_t)(block >> 16)};

        return put(w, frame, sizeof frame);
    }
    return 0;
}

static int start_codec(struct weir_blob_writer *w)
{
    if (w->how == WEIR_GZIP) {
        if (deflateInit2(&w->deflate, LEVEL, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY) != Z_OK)
            return WEIR_ENOMEM;
        w->has_deflate = true;
    } else if (w->how == WEIR_ZSTD) {
        if ((w->zstd = ZSTD_createCStream()) == NULL)
            return WEIR_ENOMEM;
        ZSTD_CCtx_setParameter(w->zstd, ZSTD_c_compressionLevel, ZSTD_LEVEL);
        ZSTD_CCtx_setParameter(w->zstd, ZSTD_c_windowLog, ZSTD_WINDOW_LOG);
    }
    return 0;
}

static void reset_codec(struct weir_blob_writer *w)
{
    if (w->has_deflate)
        deflateReset(&w->deflate);
    if (w->zstd != NULL)
        ZSTD_CCtx_reset(w->zstd, ZSTD_reset_session_only);
}

/* ---- items ------------------------------------------------------------------ */

/* Copies the header with room for the length before its closing brace. */
static int lay_header(struct weir_blob_writer *w, struct weir_str header)
{
    struct weir_str h = weir_str_trim(header), inner;
    int n;

    if (h.n < 2 || h.p[0] != '{' || h.p[h.n - 1] != '}')
        return WEIR_EINVAL;
    inner = weir_str_trim(weir_str_sub(h, 1, h.n - 2));
    if (inner.n > HEADER_BYTES - 64)
        return WEIR_ELIMIT;
    n = snprintf(w->header, sizeof w->header, "{%.*s%s\"length\":%*s}\n", WEIR_FMT(inner),
                 inner.n > 0 ? "," : "", DIGITS, "0");
    w->header_n = (size_t)n;
    w->digits_at = w->header_n - 2 - DIGITS;
    /* A NUL in the header would have cut it short. */
    return w->header_n == inner.n + (inner.n > 0 ? 1 : 0) + DIGITS + 12 ? 0 : WEIR_EINVAL;
}

int weir_blob_item_begin(struct weir_blob_writer *w, struct weir_str header)
{
    int err = w->error != 0 ? w->error : lay_header(w, header);

    if (err != 0 || (err = flush_out(w)) != 0)
        return err;
    reset_codec(w);
    w->in_item = true;
    w->item_at = w->written;
    w->payload_bytes = 0;
    w->payload_crc = (uint32_t)crc32(0, NULL, 0);
    if (put_raw_frame(w, w->header_n) != 0)
        return w->error;
    w->header_at = w->written + w->n_out;
    return put(w, w->header, w->header_n);
}

int weir_blob_write(struct weir_blob_writer *w, struct weir_str bytes)
{
    if (w->error != 0)
        return w->error;
    w->payload_bytes += bytes.n;
    w->payload_crc = (uint32_t)crc32_z(w->payload_crc, (const Bytef *)bytes.p, bytes.n);
    while (bytes.n > 0) { /* deflate counts in 32 bits */
        struct weir_str part = weir_str_sub(bytes, 0, 1 << 30);

        if (encode(w, part, false) != 0)
            return w->error;
        bytes = weir_str_sub(bytes, part.n, SIZE_MAX);
    }
    return 0;
}

int weir_blob_item_end(struct weir_blob_writer *w)
{
    char digits[24];
    uint32_t header_crc;

    snprintf(digits, sizeof digits, "%*llu", DIGITS, (unsigned long long)w->payload_bytes);
    if (strlen(digits) != DIGITS)
        return w->error = WEIR_ELIMIT;
    memcpy(w->header + w->digits_at, digits, DIGITS);
    if (w->error != 0 || encode(w, WEIR_S("\n"), true) != 0 || flush_out(w) != 0)
        return w->error;
    w->error = put_at(w->fd, digits, DIGITS, w->header_at + w->digits_at);
    header_crc = (uint32_t)crc32_z(0, (const Bytef *)w->header, w->header_n);
    w->payload_crc = (uint32_t)crc32_z(w->payload_crc, (const Bytef *)"\n", 1);
    w->crc = (uint32_t)crc32_combine(w->crc, header_crc, (z_off_t)w->header_n);
    w->crc = (uint32_t)crc32_combine(w->crc, w->payload_crc, (z_off_t)w->payload_bytes + 1);
    w->raw_bytes += w->header_n + w->payload_bytes + 1;
    w->in_item = false;
    return w->error;
}

int weir_blob_item_cancel(struct weir_blob_writer *w)
{
    if (!w->in_item)
        return w->error;
    w->in_item = false;
    w->n_out = 0;
    w->written = w->item_at;
    if (w->announced > w->written)
        w->announced = w->written;
    reset_codec(w);
    /* What failed may have been this item alone (a limit): the file is whole
     * again once it is cut off. */
    w->error = ftruncate(w->fd, (off_t)w->item_at) == 0 ? 0 : WEIR_EIO;
    return w->error;
}

/* ---- life ------------------------------------------------------------------- */

static void writer_free(struct weir_blob_writer *w)
{
    if (w->has_deflate)
        deflateEnd(&w->deflate);
    ZSTD_freeCStream(w->zstd);
    if (w->fd >= 0)
        close(w->fd);
    free(w);
}

int weir_blob_open(struct weir_spool *s, enum weir_compression how,
                   struct weir_blob_writer **ret_writer)
{
    struct weir_blob_writer *w = calloc(1, sizeof *w);
    int err;

    if (w == NULL)
        return WEIR_ENOMEM;
    w->spool = s;
    w->how = how;
    w->fd = -1;
    err = start_codec(w);
    if (err == 0)
        err = weir_blobs_create(s, w->name, &w->fd);
    if (err != 0)
        writer_free(w);
    else
        *ret_writer = w;
    return err;
}

int weir_blob_close(struct weir_blob_writer *w, struct weir_blob *ret_blob)
{
    static const uint8_t final_block[2] = {3, 0};
    int err = w->in_item ? WEIR_EINVAL : w->error;

    if (err == 0 && w->how == WEIR_GZIP)
        err = put(w, final_block, sizeof final_block);
    if (err == 0)
        err = flush_out(w);
    if (err != 0) {
        weir_blob_abort(w);
        return err;
    }
    *ret_blob =
        (struct weir_blob){.encoded_bytes = w->written, .raw_bytes = w->raw_bytes, .crc = w->crc};
    memcpy(ret_blob->name, w->name, sizeof w->name);
    writer_free(w);
    return 0;
}

void weir_blob_abort(struct weir_blob_writer *w)
{
    if (w == NULL)
        return;
    weir_blobs_unlink(w->spool, w->name);
    writer_free(w);
}
