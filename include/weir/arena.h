/* arena.h - memory of one request, released all at once.
 *
 *   [block 64 KiB]->[block]->[large block]      reset: keeps the first ones
 *
 * Everything that belongs to one request or one batch of datagrams is
 * allocated here and vanishes at weir_arena_reset(); nobody frees single
 * pieces. `cap_bytes` bounds what one request can hold: an allocation over
 * it fails and the request is refused, the process lives on. Under ASan the
 * slack between pieces is poisoned.
 *
 * Threads: one owner at a time; it may be handed on with the request. */
#ifndef WEIR_ARENA_H
#define WEIR_ARENA_H

#include "weir/err.h"
#include "weir/str.h"

struct weir_arena_block;

struct weir_arena {
    struct weir_arena_block *blocks; /* newest first */
    struct weir_arena_block *spare;  /* kept over a reset */
    size_t used_bytes;               /* handed out since the reset */
    size_t cap_bytes;                /* most that may be handed out */
    size_t keep_bytes;               /* most that a reset keeps */
};

/* `cap_bytes` is at least 4 KiB. Allocates nothing yet. */
void weir_arena_init(struct weir_arena *a, size_t cap_bytes);
/* Accepts a zeroed arena. */
void weir_arena_destroy(struct weir_arena *a);
/* Makes all pieces invalid; keeps up to 256 KiB of blocks for the next use. */
void weir_arena_reset(struct weir_arena *a);
/* 16-byte aligned, uninitialised; NULL when out of memory or over the cap.
 * `n` of 0 gives a valid unique pointer. */
void *weir_arena_alloc(struct weir_arena *a, size_t n);
/* The same, zeroed; `n * size` is checked for overflow. */
void *weir_arena_zalloc(struct weir_arena *a, size_t n, size_t size);
/* Enlarges the piece in place when it is the newest one and its block has
 * room, else copies. NULL on failure (`old` stays valid). */
void *weir_arena_grow(struct weir_arena *a, void *old, size_t old_n, size_t new_n);
/* Copies, NUL-terminated. {NULL,0} on failure. */
struct weir_str weir_arena_copy(struct weir_arena *a, struct weir_str s);
/* printf into the arena, NUL-terminated. {NULL,0} on failure. */
struct weir_str weir_arena_printf(struct weir_arena *a, const char *fmt, ...) WEIR_PRINTF(2, 3);

#endif
