/* buf.c - a growing byte buffer with sticky errors. */
#include "weir/buf.h"

#include <math.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>

enum { LEAST_ROOM = 256 };

void weir_buf_init(struct weir_buf *b, struct weir_arena *arena, size_t max_bytes)
{
    *b = (struct weir_buf){.arena = arena, .max_bytes = max_bytes};
}

static void fail(struct weir_buf *b, int err)
{
    if (b->failed == 0)
        b->failed = err;
}

/* Makes room for `n` more bytes; without heed to max_bytes, because printf
 * wants one for its NUL. */
static bool make_room(struct weir_buf *b, size_t n)
{
    size_t want;
    char *p;

    if (n <= b->room - b->n)
        return true;
    if (n > SIZE_MAX / 2 - b->n) {
        fail(b, WEIR_ELIMIT);
        return false;
    }
    want = b->room > SIZE_MAX / 4 ? b->n + n : b->room * 2;
    if (want < LEAST_ROOM)
        want = LEAST_ROOM;
    if (want > b->max_bytes) /* the last step need not be a double one */
        want = b->max_bytes;
    if (want < b->n + n)
        want = b->n + n;
    p = weir_arena_grow(b->arena, b->p, b->room, want);
    if (p == NULL) {
        fail(b, WEIR_ENOMEM);
        return false;
    }
    b->p = p;
    b->room = want;
    return true;
}

char *weir_buf_reserve(struct weir_buf *b, size_t n)
{
    if (b->failed != 0)
        return NULL;
    if (n > b->max_bytes - b->n) {
        fail(b, WEIR_ELIMIT);
        return NULL;
    }
    /* A reserved length of 0 still wants a valid pointer. */
    return make_room(b, n > 0 ? n : 1) ? b->p + b->n : NULL;
}

void weir_buf_u64(struct weir_buf *b, uint64_t n)
{
    char digits[20];
    size_t at = sizeof digits;

    do
        digits[--at] = (char)('0' + n % 10);
    while ((n /= 10) > 0);
    weir_buf_add(b, (struct weir_str){digits + at, sizeof digits - at});
}

void weir_buf_seconds(struct weir_buf *b, double seconds)
{
    char digits[6];
    uint64_t us;

    if (!(seconds >= 0 && seconds < 9e9)) { /* no time; microseconds of it are no integer */
        weir_buf_printf(b, "%.6f", seconds);
        return;
    }
    us = (uint64_t)llrint(seconds * 1e6);
    weir_buf_u64(b, us / 1000000);
    us %= 1000000;
    for (size_t i = sizeof digits; i-- > 0; us /= 10)
        digits[i] = (char)('0' + us % 10);
    weir_buf_char(b, '.');
    weir_buf_add(b, (struct weir_str){digits, sizeof digits});
}

void weir_buf_printf(struct weir_buf *b, const char *fmt, ...)
{
    va_list args;
    int n;

    if (b->failed != 0)
        return;
    va_start(args, fmt);
    n = vsnprintf(b->p != NULL ? b->p + b->n : NULL, b->room - b->n, fmt, args);
    va_end(args);
    if (n < 0 || (size_t)n > b->max_bytes - b->n) {
        fail(b, n < 0 ? WEIR_EINVAL : WEIR_ELIMIT);
        return;
    }
    if ((size_t)n >= b->room - b->n) { /* it did not fit with its NUL */
        if (!make_room(b, (size_t)n + 1))
            return;
        va_start(args, fmt);
        vsnprintf(b->p + b->n, b->room - b->n, fmt, args);
        va_end(args);
    }
    b->n += (size_t)n;
}

/* What `c` is written as in a JSON string where it does not stand for itself.
 * `spare` holds the \u form. */
static struct weir_str escape(unsigned char c, char spare[6])
{
    static const char digits[] = "0123456789abcdef";

    switch (c) {
    case '"':
        return WEIR_S("\\\"");
    case '\\':
        return WEIR_S("\\\\");
    case '\b':
        return WEIR_S("\\b");
    case '\f':
        return WEIR_S("\\f");
    case '\n':
        return WEIR_S("\\n");
    case '\r':
        return WEIR_S("\\r");
    case '\t':
        return WEIR_S("\\t");
    default:
        break;
    }
    memcpy(spare, "\\u00", 4);
    spare[4] = digits[c >> 4];
    spare[5] = digits[c & 15];
    return (struct weir_str){spare, 6};
}

/* Of eight bytes at once: is one of them below 0x20, a quote or a backslash?
 * (x - n) & ~x has the high bit of each byte below n, and now and then that of
 * one above such a byte; so it is never silent about one that is there. */
static bool any_to_escape(const char *p)
{
    const uint64_t ones = 0x0101010101010101u, high = 0x8080808080808080u;
    uint64_t x, quote, backslash;

    memcpy(&x, p, sizeof x);
    quote = x ^ ones * '"';
    backslash = x ^ ones * '\\';
    return (((x - ones * 0x20) & ~x) | ((quote - ones) & ~quote) |
            ((backslash - ones) & ~backslash)) &
           high;
}

/* Where the first byte at or behind `i` is that is not written as it is. */
static size_t next_to_escape(struct weir_str s, size_t i)
{
    while (i + 8 <= s.n && !any_to_escape(s.p + i))
        i += 8;
    for (; i < s.n; i++) {
        unsigned char c = (unsigned char)s.p[i];

        if (c < 0x20 || c == '"' || c == '\\')
            break;
    }
    return i;
}

void weir_buf_json(struct weir_buf *b, struct weir_str s)
{
    size_t from = 0; /* start of the run not yet written */
    char spare[6];

    weir_buf_char(b, '"');
    for (size_t i = next_to_escape(s, 0); i < s.n; i = next_to_escape(s, from)) {
        weir_buf_add(b, weir_str_sub(s, from, i - from));
        weir_buf_add(b, escape((unsigned char)s.p[i], spare));
        from = i + 1;
    }
    weir_buf_add(b, weir_str_sub(s, from, s.n - from));
    weir_buf_char(b, '"');
}

int weir_buf_str(const struct weir_buf *b, struct weir_str *ret_s)
{
    if (b->failed != 0)
        return b->failed < 0 ? b->failed : WEIR_ENOMEM;
    *ret_s = (struct weir_str){b->p, b->n};
    return 0;
}
