/* inflate.h - decoders of Content-Encoding and of compressed files, streaming
 * and capped.
 *
 * gzip, deflate (zlib-wrapped or raw, found out), br, zstd, identity, and
 * lists of them ("gzip, br": applied in that order, undone in reverse, at
 * most 3). Empty and "UTF-8" are ignored (contract 3). What comes out is
 * capped in bytes and by its ratio to what went in, so that a bomb ends
 * early with WEIR_ELIMIT.
 *
 * Threads: one owner. Memory: the codec's own state, freed at the end;
 * weir_inflate_new() is called once a request and states are pooled by
 * thread. */
#ifndef WEIR_INFLATE_H
#define WEIR_INFLATE_H

#include "weir/arena.h"

enum { WEIR_INFLATE_HEAD = 6 }; /* bytes by which a compressed file is told */

struct weir_inflate;

/* Takes decoded bytes; a negative result stops the decoding and is handed
 * through. The bytes are good during the call only. */
typedef int weir_bytes_fn(void *self, struct weir_str bytes);

/* `encodings` as in the header. WEIR_EUNSUPPORTED for an unknown one; then
 * *ret_z is untouched. *ret_z is NULL when nothing is to be decoded. */
int weir_inflate_new(struct weir_str encodings, uint64_t max_bytes, uint32_t max_ratio,
                     struct weir_inflate **ret_z) WEIR_MUST_CHECK;
/* Of a file that begins with `head` (WEIR_INFLATE_HEAD bytes, or all that it
 * has): gzip, zstd, xz or bzip2. ret_ending: that of such files' names, ".gz".
 * WEIR_ENOTFOUND: it is none of these. */
int weir_inflate_new_file(struct weir_str head, uint64_t max_bytes, uint32_t max_ratio,
                          struct weir_inflate **ret_z, const char **ret_ending) WEIR_MUST_CHECK;
/* Gives the state back to the pool of the calling thread. Accepts NULL. */
void weir_inflate_free(struct weir_inflate *z);
/* WEIR_EINVAL: corrupt or trailing garbage; WEIR_ELIMIT: too large. */
int weir_inflate_feed(struct weir_inflate *z, struct weir_str in, weir_bytes_fn *sink,
                      void *self) WEIR_MUST_CHECK;
/* WEIR_EINVAL when the input was cut short. */
int weir_inflate_end(struct weir_inflate *z, weir_bytes_fn *sink, void *self) WEIR_MUST_CHECK;
/* All of `in` decoded into the arena; errors as above, and WEIR_ENOMEM.
 * `encodings` names at least one. */
int weir_inflate_whole(struct weir_arena *a, struct weir_str encodings, struct weir_str in,
                       uint64_t max_bytes, uint32_t max_ratio,
                       struct weir_str *ret_out) WEIR_MUST_CHECK;

#endif
