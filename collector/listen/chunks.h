/* chunks.h - GELF messages that came in several datagrams.
 *
 *   1e 0f | message id, 8 bytes | number | count | bytes
 *
 * A message has at most 128 chunks and is complete within 5 s of its first,
 * else all of it is dropped. Half-sent messages cannot fill the memory: there
 * is room for so many of them and so many bytes, and what is oldest goes
 * first. A sender's datagrams all come to one worker, so each has a store of
 * its own.
 *
 * https://go2docs.graylog.org/current/getting_in_log_data/gelf.html#GELFviaUDP
 * Threads: the worker. */
#ifndef WEIR_LISTEN_CHUNKS_H
#define WEIR_LISTEN_CHUNKS_H

#include "weir/arena.h"

enum {
    WEIR_CHUNKS_MAX = 128,               /* of a message */
    WEIR_CHUNKS_MESSAGES = 256,          /* half-sent at once */
    WEIR_CHUNKS_BYTES = 8 * 1024 * 1024, /* of them */
    WEIR_CHUNKS_WAIT_MS = 5000
};

struct weir_chunks;

/* NULL: no memory. */
struct weir_chunks *weir_chunks_new(void);
void weir_chunks_free(struct weir_chunks *c);
/* Does it begin like a chunk? */
bool weir_is_chunk(struct weir_str datagram);
/* Takes a chunk of the sender `peer` (any bytes that name it). 0: more are to
 * come; 1: *ret_message is whole, in the arena; WEIR_EINVAL: no chunk that
 * makes sense; WEIR_ENOMEM. `now_ms` is monotonic. *ret_dropped: chunks of
 * other messages that were given up. */
int weir_chunks_add(struct weir_chunks *c, struct weir_str peer, struct weir_str datagram,
                    uint64_t now_ms, struct weir_arena *a, struct weir_str *ret_message,
                    size_t *ret_dropped) WEIR_MUST_CHECK;
/* Gives up what is older than WEIR_CHUNKS_WAIT_MS: the number of chunks. */
size_t weir_chunks_expire(struct weir_chunks *c, uint64_t now_ms);

#endif
