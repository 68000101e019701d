/* buf.h - a byte buffer that grows in an arena up to a maximum.
 *
 * Errors are sticky: once an append failed, `failed` is set, later appends
 * do nothing, and the writer asks once at the end with weir_buf_str().
 * Threads: one owner, that of the arena. */
#ifndef WEIR_BUF_H
#define WEIR_BUF_H

#include "weir/arena.h"

struct weir_buf {
    struct weir_arena *arena; /* _ref: outlives the buffer */
    char *p;
    size_t n;
    size_t room;      /* bytes allocated at p */
    size_t max_bytes; /* n never passes this */
    int failed;       /* 0, or the negative enum weir_err of the first failure */
};

/* An empty buffer; allocates nothing yet. */
void weir_buf_init(struct weir_buf *b, struct weir_arena *arena, size_t max_bytes);
/* Room for `n` more bytes, to be filled by the caller, who then adds to
 * b->n. NULL on failure. */
char *weir_buf_reserve(struct weir_buf *b, size_t n);

/* The same; here the common case, that there is room, costs no call. */
static inline char *weir_buf_room(struct weir_buf *b, size_t n)
{
    if (b->failed == 0 && n <= b->room - b->n && n <= b->max_bytes - b->n)
        return b->p + b->n;
    return weir_buf_reserve(b, n);
}

/* Appends; the bytes are copied. */
static inline void weir_buf_add(struct weir_buf *b, struct weir_str s)
{
    char *to = s.n > 0 ? weir_buf_room(b, s.n) : NULL;

    if (to == NULL)
        return;
    memcpy(to, s.p, s.n);
    b->n += s.n;
}

static inline void weir_buf_char(struct weir_buf *b, char c)
{
    char *to = weir_buf_room(b, 1);

    if (to == NULL)
        return;
    *to = c;
    b->n++;
}

/* `text` up to its NUL; a number in decimal; seconds as "%.6f" writes them.
 * On the hot path, where printf costs ten times as much. */
static inline void weir_buf_text(struct weir_buf *b, const char *text)
{
    weir_buf_add(b, weir_str_of(text));
}
void weir_buf_u64(struct weir_buf *b, uint64_t n);
void weir_buf_seconds(struct weir_buf *b, double seconds);
/* Appends as printf does; no NUL at the end counts. */
void weir_buf_printf(struct weir_buf *b, const char *fmt, ...) WEIR_PRINTF(2, 3);
/* Appends `s` as a quoted JSON string (RFC 8259; `s` is valid UTF-8). */
void weir_buf_json(struct weir_buf *b, struct weir_str s);
/* What was written; lives as long as the arena. WEIR_ENOMEM or WEIR_ELIMIT
 * when any append failed. */
int weir_buf_str(const struct weir_buf *b, struct weir_str *ret_s) WEIR_MUST_CHECK;

#endif
