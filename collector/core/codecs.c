/* codecs.c - the codecs of Content-Encoding, and those of files.
 *
 * Each differs only in its step(). What may follow a complete stream: another
 * gzip member, zstd frame, xz or bzip2 stream (these formats are made to be
 * concatenated, and parallel compressors do); nothing after deflate and br.
 *
 * "deflate" means zlib-wrapped, but old senders leave the wrapper out. The
 * first two bytes tell: a zlib header has method 8 in its low nibble and is
 * divisible by 31; a raw stream beginning so would be a stored block with
 * padding bits set, which no encoder writes.
 *
 * Some clients put into Content-Encoding what belongs into Accept-Encoding:
 * "gzip, deflate" over a body of one of the two, or of none. In a list a gzip
 * stage therefore lets pass what does not begin as gzip, and a deflate stage
 * what does (1f 8b begins no deflate stream: its block type is reserved).
 *
 * Windows are memory that ten bytes of input can ask for. zstd's are bounded
 * by 8 MiB (RFC 8878, 3.1.1.1.2) and so are those of xz, which is preset 6,
 * the default; bzip2 takes 4 MiB at most. */
#include "codec.h"

#include <stdlib.h>
#include <string.h>
#include <zstd_errors.h>

enum {
    HEAD_DECIDED = 5,
    ZSTD_WINDOW_LOG = 23,
    ZSTD_KEEP_BYTES = 1 << 20, /* a larger state is not worth keeping */
    XZ_MEMORY_BYTES = 10 << 20 /* a window of 8 MiB and what goes with it */
};

static int zlib_begin(struct weir_codec_state *s, int window_bits)
{
    int rc;

    if (s->zlib_made) {
        rc = inflateReset2(&s->zlib, window_bits);
    } else {
        s->zlib = (z_stream){0};
        rc = inflateInit2(&s->zlib, window_bits);
        s->zlib_made = rc == Z_OK;
    }
    return rc == Z_OK ? 0 : WEIR_ENOMEM;
}

static int zlib_step(struct weir_codec_state *s, struct weir_codec_io *io)
{
    int rc;

    s->zlib.next_in = io->in;
    s->zlib.avail_in = (uInt)io->in_n;
    s->zlib.next_out = io->out;
    s->zlib.avail_out = (uInt)io->room;
    rc = inflate(&s->zlib, Z_NO_FLUSH);
    io->in = s->zlib.next_in;
    io->in_n = s->zlib.avail_in;
    io->out_n = io->room - s->zlib.avail_out;
    s->complete = rc == Z_STREAM_END;
    if (rc == Z_OK || rc == Z_STREAM_END || rc == Z_BUF_ERROR) /* the last: wants more input */
        return 0;
    return rc == Z_MEM_ERROR ? WEIR_ENOMEM : WEIR_EINVAL;
}

/* Hands on what was not encoded after all. */
static int plain_step(struct weir_codec_state *s, struct weir_codec_io *io)
{
    size_t n = io->in_n < io->room ? io->in_n : io->room;

    memcpy(io->out, io->in, n);
    io->in += n;
    io->in_n -= n;
    io->out_n = n;
    s->complete = true;
    return 0;
}

static bool is_gzip_header(const uint8_t head[2])
{
    return head[0] == 0x1f && head[1] == 0x8b;
}

static int gzip_step(struct weir_codec_state *s, struct weir_codec_io *io)
{
    if (s->complete && inflateReset(&s->zlib) != Z_OK) /* the next member */
        return WEIR_EINVAL;
    return zlib_step(s, io);
}

/* Takes input until `n` bytes of the head are there. */
static bool take_head(struct weir_codec_state *s, struct weir_codec_io *io, unsigned n)
{
    while (s->n_head < n && io->in_n > 0) {
        s->head[s->n_head++] = *io->in++;
        io->in_n--;
    }
    if (s->n_head < n)
        return false;
    s->n_head = HEAD_DECIDED;
    return true;
}

static int gzip_listed_step(struct weir_codec_state *s, struct weir_codec_io *io)
{
    struct weir_codec_io head = {.in = s->head, .in_n = 2, .out = io->out, .room = io->room};
    int rc;

    if (!take_head(s, io, 2))
        return 0;
    s->step = is_gzip_header(s->head) ? gzip_step : plain_step;
    rc = s->step(s, &head);
    io->out_n = head.out_n;
    return rc;
}

static bool is_zlib_header(const uint8_t head[2])
{
    return (head[0] & 0x0f) == Z_DEFLATED && head[0] >> 4 <= 7 &&
           ((unsigned)head[0] << 8 | head[1]) % 31 == 0;
}

static int deflate_step(struct weir_codec_state *s, struct weir_codec_io *io)
{
    struct weir_codec_io head = {.in = s->head, .in_n = 2, .out = io->out, .room = io->room};
    int rc;

    if (s->complete)
        return WEIR_EINVAL;
    if (s->n_head == HEAD_DECIDED)
        return zlib_step(s, io);
    if (!take_head(s, io, 2))
        return 0;
    if (s->listed && is_gzip_header(s->head))
        s->step = plain_step;
    rc = s->step == plain_step ? 0 : zlib_begin(s, is_zlib_header(s->head) ? 15 : -15);
    if (rc == 0)
        rc = s->step == plain_step ? plain_step(s, &head) : zlib_step(s, &head);
    io->out_n = head.out_n; /* two raw bytes can hold a whole, empty stream */
    return rc == 0 && head.in_n > 0 ? WEIR_EINVAL : rc;
}

static int brotli_step(struct weir_codec_state *s, struct weir_codec_io *io)
{
    uint8_t *out = io->out;
    size_t room = io->room;
    BrotliDecoderResult rc;

    if (s->complete)
        return WEIR_EINVAL;
    rc = BrotliDecoderDecompressStream(s->brotli, &io->in_n, &io->in, &room, &out, NULL);
    io->out_n = io->room - room;
    s->complete = rc == BROTLI_DECODER_RESULT_SUCCESS;
    return rc == BROTLI_DECODER_RESULT_ERROR ? WEIR_EINVAL : 0;
}

static int zstd_error(size_t rc)
{
    switch (ZSTD_getErrorCode(rc)) {
    case ZSTD_error_frameParameter_windowTooLarge:
        return WEIR_ELIMIT;
    case ZSTD_error_memory_allocation:
        return WEIR_ENOMEM;
    default:
        return WEIR_EINVAL;
    }
}

static int zstd_run(struct weir_codec_state *s, struct weir_codec_io *io)
{
    ZSTD_inBuffer in = {io->in, io->in_n, 0};
    ZSTD_outBuffer out = {io->out, io->room, 0};
    size_t rc = ZSTD_decompressStream(s->zstd, &out, &in);

    io->in += in.pos;
    io->in_n -= in.pos;
    io->out_n = out.pos;
    if (ZSTD_isError(rc))
        return zstd_error(rc);
    if (in.pos > 0 || out.pos > 0) /* without progress it only repeats its hint */
        s->complete = rc == 0;
    return 0;
}

/* Looks at the magic number first: the library also reads the formats of
 * before 1.0, by decoders that nobody has cared for since. */
static int zstd_step(struct weir_codec_state *s, struct weir_codec_io *io)
{
    struct weir_codec_io head = {.in = s->head, .in_n = 4, .out = io->out, .room = io->room};
    uint32_t magic;
    int rc;

    if (s->complete) { /* another frame */
        s->complete = false;
        s->n_head = 0;
    }
    if (s->n_head == HEAD_DECIDED)
        return zstd_run(s, io);
    if (!take_head(s, io, 4))
        return 0;
    magic = s->head[0] | (uint32_t)s->head[1] << 8 | (uint32_t)s->head[2] << 16 |
            (uint32_t)s->head[3] << 24;
    if (magic != ZSTD_MAGICNUMBER &&
        (magic & ZSTD_MAGIC_SKIPPABLE_MASK) != ZSTD_MAGIC_SKIPPABLE_START)
        return WEIR_EINVAL;
    rc = zstd_run(s, &head);
    io->out_n = head.out_n;
    return rc == 0 && head.in_n > 0 ? WEIR_EINVAL : rc;
}

static int xz_begin(struct weir_codec_state *s);

/* Streams are padded with zeros to a multiple of four bytes. */
static void skip_padding(struct weir_codec_io *io)
{
    while (io->in_n > 0 && *io->in == 0) {
        io->in++;
        io->in_n--;
    }
}

static int xz_step(struct weir_codec_state *s, struct weir_codec_io *io)
{
    lzma_ret rc;

    if (s->complete) {
        skip_padding(io);
        if (io->in_n == 0)
            return 0;
        if (xz_begin(s) != 0)
            return WEIR_ENOMEM;
    }
    s->lzma.next_in = io->in;
    s->lzma.avail_in = io->in_n;
    s->lzma.next_out = io->out;
    s->lzma.avail_out = io->room;
    rc = lzma_code(&s->lzma, LZMA_RUN);
    io->in = s->lzma.next_in;
    io->in_n = s->lzma.avail_in;
    io->out_n = io->room - s->lzma.avail_out;
    s->complete = rc == LZMA_STREAM_END;
    switch (rc) {
    case LZMA_OK:
    case LZMA_STREAM_END:
    case LZMA_BUF_ERROR: /* wants more input */
        return 0;
    case LZMA_MEMLIMIT_ERROR:
        return WEIR_ELIMIT;
    case LZMA_MEM_ERROR:
        return WEIR_ENOMEM;
    default:
        return WEIR_EINVAL;
    }
}

static int bzip2_begin(struct weir_codec_state *s);

static int bzip2_step(struct weir_codec_state *s, struct weir_codec_io *io)
{
    int rc;

    if (s->complete && bzip2_begin(s) != 0) /* the next stream */
        return WEIR_ENOMEM;
    s->bzip2.next_in = (char *)(uintptr_t)io->in; /* it is only read */
    s->bzip2.avail_in = (unsigned)io->in_n;
    s->bzip2.next_out = (char *)io->out;
    s->bzip2.avail_out = (unsigned)io->room;
    rc = BZ2_bzDecompress(&s->bzip2);
    io->in += io->in_n - s->bzip2.avail_in;
    io->in_n = s->bzip2.avail_in;
    io->out_n = io->room - s->bzip2.avail_out;
    s->complete = rc == BZ_STREAM_END;
    if (rc == BZ_OK || rc == BZ_STREAM_END)
        return 0;
    return rc == BZ_MEM_ERROR ? WEIR_ENOMEM : WEIR_EINVAL;
}

static int gzip_begin(struct weir_codec_state *s)
{
    s->step = s->listed ? gzip_listed_step : gzip_step;
    s->n_head = 0;
    return zlib_begin(s, 15 + 16);
}

static int deflate_begin(struct weir_codec_state *s)
{
    s->step = deflate_step;
    s->n_head = 0;
    return 0;
}

static int brotli_begin(struct weir_codec_state *s)
{
    s->step = brotli_step;
    s->brotli = BrotliDecoderCreateInstance(NULL, NULL, NULL);
    return s->brotli != NULL ? 0 : WEIR_ENOMEM;
}

static int zstd_begin(struct weir_codec_state *s)
{
    s->step = zstd_step;
    s->n_head = 0;
    if (s->zstd == NULL)
        s->zstd = ZSTD_createDCtx();
    if (s->zstd == NULL)
        return WEIR_ENOMEM;
    ZSTD_DCtx_reset(s->zstd, ZSTD_reset_session_and_parameters);
    ZSTD_DCtx_setParameter(s->zstd, ZSTD_d_windowLogMax, ZSTD_WINDOW_LOG);
    return 0;
}

static int xz_begin(struct weir_codec_state *s)
{
    s->step = xz_step;
    s->complete = false;
    return lzma_stream_decoder(&s->lzma, XZ_MEMORY_BYTES, 0) == LZMA_OK ? 0 : WEIR_ENOMEM;
}

static void bzip2_end(struct weir_codec_state *s)
{
    if (s->bzip2.state != NULL)
        BZ2_bzDecompressEnd(&s->bzip2);
    s->bzip2 = (bz_stream){0};
}

static int bzip2_begin(struct weir_codec_state *s)
{
    s->step = bzip2_step;
    s->complete = false;
    bzip2_end(s);
    return BZ2_bzDecompressInit(&s->bzip2, 0, 0) == BZ_OK ? 0 : WEIR_ENOMEM;
}

/* ---- the table ---------------------------------------------------------- */

static const struct weir_codec codecs[] = {
    {.name = {"", 0}},
    {.name = {"identity", 8}},
    {.name = {"utf-8", 5}}, /* some senders mean the charset */
    {.name = {"gzip", 4}, .begin = gzip_begin, .magic = {"\x1f\x8b", 2}, .ending = ".gz"},
    {.name = {"x-gzip", 6}, .begin = gzip_begin}, /* RFC 9110, 8.4.1.3: an alias */
    {.name = {"deflate", 7}, .begin = deflate_begin},
    {.name = {"br", 2}, .begin = brotli_begin},
    {.name = {"zstd", 4}, .begin = zstd_begin, .magic = {"\x28\xb5\x2f\xfd", 4}, .ending = ".zst"},
    {.begin = xz_begin,
     .magic = {"\xfd"
               "7zXZ\0",
               6},
     .ending = ".xz",
     .file_only = true},
    {.begin = bzip2_begin, .magic = {"BZh", 3}, .ending = ".bz2", .file_only = true},
};

const struct weir_codec *weir_codec_named(struct weir_str name)
{
    for (size_t i = 0; i < sizeof codecs / sizeof codecs[0]; i++) {
        if (!codecs[i].file_only && weir_str_eq_nocase(name, codecs[i].name))
            return &codecs[i];
    }
    return NULL;
}

const struct weir_codec *weir_codec_of_file(struct weir_str head)
{
    for (size_t i = 0; i < sizeof codecs / sizeof codecs[0]; i++) {
        if (codecs[i].magic.n > 0 && weir_str_starts(head, codecs[i].magic))
            return &codecs[i];
    }
    return NULL;
}

void weir_codec_end(struct weir_codec_state *s)
{
    BrotliDecoderDestroyInstance(s->brotli); /* it cannot be used again */
    s->brotli = NULL;
    if (s->zstd != NULL && ZSTD_sizeof_DCtx(s->zstd) > ZSTD_KEEP_BYTES) {
        ZSTD_freeDCtx(s->zstd);
        s->zstd = NULL;
    }
    lzma_end(&s->lzma); /* these come rarely */
    s->lzma = (lzma_stream)LZMA_STREAM_INIT;
    bzip2_end(s);
}

void weir_codec_destroy(struct weir_codec_state *s)
{
    weir_codec_end(s);
    if (s->zlib_made)
        inflateEnd(&s->zlib);
    ZSTD_freeDCtx(s->zstd);
}
