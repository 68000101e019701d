/* content.h - the body of a request on its way to a decoder.
 *
 *   MHD's chunks -> Content-Encoding undone -> gathered in the arena
 *                                              | over WEIR_STREAM_OVER
 *                                              v
 *                                     fed to the decoder in pieces
 *
 * A body that fits is given whole, with `last`, so that decoders may point
 * into it; a larger one is passed on as it comes and never held. Both its
 * encoded and its decoded size are capped.
 *
 * Threads: the worker. Memory: the request's arena, and the codec's state
 * until weir_content_close(). */
#ifndef WEIR_LISTEN_CONTENT_H
#define WEIR_LISTEN_CONTENT_H

#include "weir/buf.h"
#include "weir/inflate.h"

/* Takes decoded bytes; `last` once, at the end. A negative result is handed
 * through by the weir_content_ functions. */
typedef int weir_content_fn(void *self, struct weir_str bytes, bool last);

struct weir_content {
    struct weir_inflate *inflate; /* NULL: identity */
    struct weir_buf whole;
    uint64_t in_bytes, out_bytes, max_bytes;
    bool streaming; /* `whole` was given away, the rest follows in pieces */
    weir_content_fn *take;
    void *self;
};

/* `declared_bytes` is the Content-Length (0: unknown), a hint for the first
 * buffer only. WEIR_EUNSUPPORTED: unknown encoding; WEIR_ENOMEM. */
int weir_content_open(struct weir_content *b, struct weir_arena *a, struct weir_str encodings,
                      uint64_t declared_bytes, uint64_t max_bytes, uint32_t max_ratio,
                      weir_content_fn *take, void *self) WEIR_MUST_CHECK;
/* WEIR_EINVAL: corrupt encoding; WEIR_ELIMIT: too large; or take()'s. */
int weir_content_feed(struct weir_content *b, struct weir_str bytes) WEIR_MUST_CHECK;
int weir_content_end(struct weir_content *b) WEIR_MUST_CHECK;
/* Any time, also twice or on a zeroed body. */
void weir_content_close(struct weir_content *b);

#endif
