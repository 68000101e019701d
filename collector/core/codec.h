/* codec.h - one codec of a chain of them (inflate.c): bytes in, bytes out.
 *
 *   begin() -> step(), step(), ... -> weir_codec_end()
 *
 * Threads and memory: those of the struct weir_inflate that holds the state.
 * What is costly to make stays in it until weir_codec_destroy(). */
#ifndef WEIR_CORE_CODEC_H
#define WEIR_CORE_CODEC_H

#include "weir/err.h"
#include "weir/str.h"

#include <brotli/decode.h>
#include <bzlib.h>
#include <lzma.h>
#define ZLIB_CONST /* next_in points to const */
#include <zlib.h>
#include <zstd.h>

struct weir_codec_io {
    const uint8_t *in;
    size_t in_n;
    uint8_t *out;
    size_t room, out_n;
};

struct weir_codec_state {
    /* Takes some input, makes some output. */
    int (*step)(struct weir_codec_state *s, struct weir_codec_io *io);
    bool complete; /* the input may end here */
    bool listed;   /* one of several: see "Some clients" in codecs.c */
    uint64_t out_bytes;

    z_stream zlib; /* gzip and deflate; kept over uses when zlib_made */
    bool zlib_made;
    uint8_t head[4]; /* first bytes of a deflate stream or zstd frame, */
    unsigned n_head; /* which decide about it; once they did, see codecs.c */
    ZSTD_DCtx *zstd; /* kept over uses */
    BrotliDecoderState *brotli;
    lzma_stream lzma; /* all zero: none */
    bz_stream bzip2;  /* likewise */
};

struct weir_codec {
    struct weir_str name;                     /* in Content-Encoding */
    int (*begin)(struct weir_codec_state *s); /* NULL: nothing to undo */
    struct weir_str magic;                    /* a file begins so; empty: it cannot be told */
    const char *ending;                       /* of such a file's name */
    bool file_only;                           /* no Content-Encoding, whatever its name */
};

/* By its name in Content-Encoding. NULL: unknown. */
const struct weir_codec *weir_codec_named(struct weir_str name);
/* By a file's first bytes. NULL: it is not compressed by one of ours. */
const struct weir_codec *weir_codec_of_file(struct weir_str head);
/* After the last step: gives up what cannot be used again or is too large to
 * be kept. */
void weir_codec_end(struct weir_codec_state *s);
/* Gives up all of it. Accepts a zeroed state. */
void weir_codec_destroy(struct weir_codec_state *s);

#endif
