/* arena.c - bump allocation in blocks of 64 KiB.
 *
 * The newest block (a->blocks) is the one that is filled. A piece that does
 * not fit well gets a block of its own, linked behind the newest one, so that
 * the room left there is not wasted. A reset moves blocks of the usual size
 * to a->spare and frees the rest: one large request does not leave its
 * memory with the worker for ever.
 *
 * Under ASan a block is poisoned as a whole and each piece is opened for just
 * its length, with a gap between pieces, so that an overrun by one byte or a
 * use after the reset is reported as it would be with malloc. */
#include "weir/arena.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ARENA_ASAN 1
#endif
#elif defined(__SANITIZE_ADDRESS__)
#define ARENA_ASAN 1
#endif

#ifdef ARENA_ASAN
#include <sanitizer/asan_interface.h>
#define POISON(p, n) ASAN_POISON_MEMORY_REGION(p, n)
#define UNPOISON(p, n) ASAN_UNPOISON_MEMORY_REGION(p, n)
enum { GAP = 16 };
#else
#define POISON(p, n) ((void)(p), (void)(n))
#define UNPOISON(p, n) ((void)(p), (void)(n))
enum { GAP = 0 };
#endif

enum {
    ALIGN = 16,
    BLOCK_BYTES = 64 * 1024,       /* data of a usual block */
    LARGE_BYTES = BLOCK_BYTES / 2, /* pieces from here on get a block each */
    KEEP_BYTES = 4 * BLOCK_BYTES,
    LEAST_CAP = 4096
};

struct weir_arena_block {
    struct weir_arena_block *next;
    size_t room, used; /* of data[] */
    size_t last;       /* offset of the newest piece */
    _Alignas(ALIGN) char data[];
};

static size_t round_up(size_t n)
{
    return (n + GAP + ALIGN - 1) & ~(size_t)(ALIGN - 1);
}

void weir_arena_init(struct weir_arena *a, size_t cap_bytes)
{
    *a = (struct weir_arena){.cap_bytes = cap_bytes < LEAST_CAP ? LEAST_CAP : cap_bytes,
                             .keep_bytes = KEEP_BYTES};
}

static void block_free(struct weir_arena_block *b)
{
    UNPOISON(b->data, b->room);
    free(b);
}

static void chain_free(struct weir_arena_block *b)
{
    while (b != NULL) {
        struct weir_arena_block *next = b->next;

        block_free(b);
        b = next;
    }
}

void weir_arena_destroy(struct weir_arena *a)
{
    chain_free(a->blocks);
    chain_free(a->spare);
    a->blocks = a->spare = NULL;
    a->used_bytes = 0;
}

void weir_arena_reset(struct weir_arena *a)
{
    size_t kept = 0;

    for (struct weir_arena_block *b = a->spare; b != NULL; b = b->next)
        kept += b->room;
    while (a->blocks != NULL) {
        struct weir_arena_block *b = a->blocks;

        a->blocks = b->next;
        if (b->room != BLOCK_BYTES || kept + BLOCK_BYTES > a->keep_bytes) {
            block_free(b);
            continue;
        }
        kept += BLOCK_BYTES;
        b->used = b->last = 0;
        POISON(b->data, b->room);
        b->next = a->spare;
        a->spare = b;
    }
    a->used_bytes = 0;
}

static struct weir_arena_block *block_new(size_t room)
{
    struct weir_arena_block *b = malloc(sizeof *b + room);

    if (b != NULL) {
        b->room = room;
        b->used = b->last = 0;
        POISON(b->data, room);
    }
    return b;
}

/* A block with room for `need` bytes, linked in. */
static struct weir_arena_block *block_add(struct weir_arena *a, size_t need)
{
    struct weir_arena_block *b;

    if (need >= LARGE_BYTES) {
        b = block_new(need);
        if (b == NULL)
            return NULL;
        if (a->blocks != NULL) { /* keep filling the newest one */
            b->next = a->blocks->next;
            a->blocks->next = b;
            return b;
        }
    } else if (a->spare != NULL) {
        b = a->spare;
        a->spare = b->next;
    } else {
        b = block_new(BLOCK_BYTES);
        if (b == NULL)
            return NULL;
    }
    b->next = a->blocks;
    a->blocks = b;
    return b;
}

void *weir_arena_alloc(struct weir_arena *a, size_t n)
{
    struct weir_arena_block *b = a->blocks;
    size_t need;
    char *p;

    if (n > a->cap_bytes - a->used_bytes)
        return NULL;
    need = round_up(n > 0 ? n : 1);
    if (need < n)
        return NULL;
    if (b == NULL || b->room - b->used < need) {
        b = block_add(a, need);
        if (b == NULL)
            return NULL;
    }
    p = b->data + b->used;
    b->last = b->used;
    b->used += need;
    a->used_bytes += n;
    UNPOISON(p, n);
    return p;
}

void *weir_arena_zalloc(struct weir_arena *a, size_t n, size_t size)
{
    void *p;

    if (size > 0 && n > SIZE_MAX / size)
        return NULL;
    p = weir_arena_alloc(a, n * size);
    if (p != NULL)
        memset(p, 0, n * size);
    return p;
}

/* The block whose newest piece is `p`, if it is one of the two that can have
 * been written last: the one being filled, or the large one behind it. */
static struct weir_arena_block *newest_in(struct weir_arena *a, const char *p)
{
    struct weir_arena_block *b = a->blocks;

    for (int i = 0; i < 2 && b != NULL; i++, b = b->next) {
        if (p == b->data + b->last && b->used > 0)
            return b;
    }
    return NULL;
}

void *weir_arena_grow(struct weir_arena *a, void *old, size_t old_n, size_t new_n)
{
    struct weir_arena_block *b;
    char *p;

    if (new_n <= old_n && old != NULL)
        return old;
    b = old != NULL ? newest_in(a, old) : NULL;
    if (b != NULL && new_n <= b->room && round_up(new_n) <= b->room - b->last) {
        if (new_n - old_n > a->cap_bytes - a->used_bytes)
            return NULL;
        b->used = b->last + round_up(new_n);
        a->used_bytes += new_n - old_n;
        UNPOISON(old, new_n);
        return old;
    }
    p = weir_arena_alloc(a, new_n);
    if (p != NULL && old != NULL)
        memcpy(p, old, old_n);
    return p;
}

struct weir_str weir_arena_copy(struct weir_arena *a, struct weir_str s)
{
    char *p = s.n < SIZE_MAX ? weir_arena_alloc(a, s.n + 1) : NULL;

    if (p == NULL)
        return (struct weir_str){NULL, 0};
    if (s.n > 0)
        memcpy(p, s.p, s.n);
    p[s.n] = '\0';
    return (struct weir_str){p, s.n};
}

struct weir_str weir_arena_printf(struct weir_arena *a, const char *fmt, ...)
{
    va_list args;
    char *p;
    int n;

    va_start(args, fmt);
    n = vsnprintf(NULL, 0, fmt, args);
    va_end(args);
    p = n >= 0 ? weir_arena_alloc(a, (size_t)n + 1) : NULL;
    if (p == NULL)
        return (struct weir_str){NULL, 0};
    va_start(args, fmt);
    vsnprintf(p, (size_t)n + 1, fmt, args);
    va_end(args);
    return (struct weir_str){p, (size_t)n};
}
