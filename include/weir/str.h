/* str.h - text as pointer and length, passed by value.
 *
 * A weir_str owns nothing and need not end in NUL; {NULL, 0} is the empty
 * text. Whoever hands one out says how long its bytes live. All functions
 * are pure and may be called from any thread. */
#ifndef WEIR_STR_H
#define WEIR_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct weir_str {
    const char *p;
    size_t n;
};

/* A literal as weir_str: WEIR_S("abc"). */
#define WEIR_S(lit) ((struct weir_str){(lit), sizeof(lit) - 1})
/* The same as the initializer of a constant. */
#define WEIR_STR(lit)          \
    {                          \
        (lit), sizeof(lit) - 1 \
    }
/* For printf's "%.*s". */
#define WEIR_FMT(s) (int)(s).n, (s).n > 0 ? (s).p : ""

static inline struct weir_str weir_str_of(const char *z)
{
    return (struct weir_str){z, z != NULL ? strlen(z) : 0};
}

static inline bool weir_str_eq(struct weir_str a, struct weir_str b)
{
    return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

/* ASCII case is folded; bytes above 127 compare as they are. */
bool weir_str_eq_nocase(struct weir_str a, struct weir_str b);
/* Is `prefix` at the start, `suffix` at the end? Byte by byte; the empty text
 * always is. */
bool weir_str_starts(struct weir_str s, struct weir_str prefix);
bool weir_str_ends(struct weir_str s, struct weir_str suffix);
/* Offset of the first `needle` in `s`, or SIZE_MAX. The second looks for the
 * `rare`-th byte of the needle: in short texts many times as fast, in long ones
 * that hold little but that byte no better than byte by byte. */
size_t weir_str_find(struct weir_str s, struct weir_str needle);
size_t weir_str_find_rare(struct weir_str s, struct weir_str needle, size_t rare);
/* Without ASCII white space at both ends. */
struct weir_str weir_str_trim(struct weir_str s);
/* `s` from `at` on (empty when at > n), at most `n` bytes. */
struct weir_str weir_str_sub(struct weir_str s, size_t at, size_t n);
/* Splits at the first `sep`: false when there is none (then *ret_head is
 * all of `s` and *ret_tail empty). */
bool weir_str_cut(struct weir_str s, char sep, struct weir_str *ret_head,
                  struct weir_str *ret_tail);
/* Unsigned decimal, all of `s`; false on anything else or overflow. */
bool weir_str_u64(struct weir_str s, uint64_t *ret_value);
/* Shell-like glob with `*` and `?`, case folded, all of `s`. At worst
 * pattern.n * s.n steps, never exponential. */
bool weir_str_glob(struct weir_str pattern, struct weir_str s);
/* 64-bit hash (not keyed; for tables that are bounded otherwise). */
uint64_t weir_str_hash(struct weir_str s);

#endif
