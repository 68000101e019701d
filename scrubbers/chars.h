/* chars.h - byte classes that the detectors share.
 *
 * Text is UTF-8, but what we look for is nearly all ASCII, so one table of
 * flags by byte serves every detector. Bytes above 127 have no flag but
 * WEIR_C_HIGH. */
#ifndef WEIR_SCRUB_CHARS_H
#define WEIR_SCRUB_CHARS_H

#include "weir/str.h"

enum {
    WEIR_C_DIGIT = 1,
    WEIR_C_UPPER = 2,
    WEIR_C_LOWER = 4,
    WEIR_C_HEX = 8,
    WEIR_C_LOCAL = 16, /* local part of an e-mail address, as far as we go */
    WEIR_C_TOKEN = 32, /* base64url, base64 and token68 of RFC 7235 */
    WEIR_C_SPACE = 64,
    WEIR_C_HIGH = 128,
    WEIR_C_ALPHA = WEIR_C_UPPER | WEIR_C_LOWER,
    WEIR_C_ALNUM = WEIR_C_ALPHA | WEIR_C_DIGIT
};

extern const uint8_t weir_chars[256];

static inline bool weir_is(char c, unsigned flags)
{
    return (weir_chars[(uint8_t)c] & flags) != 0;
}

static inline bool weir_is_digit(char c)
{
    return (unsigned)(uint8_t)c - '0' < 10;
}

static inline char weir_lower(char c)
{
    return weir_is(c, WEIR_C_UPPER) ? (char)(c + 32) : c;
}

/* Do the bytes before `i` spell an escape, so that what begins at `i` is not
 * the rest of a word: %20, \n, \u0022, \x22? */
bool weir_escape_before(const char *p, size_t i);
/* The length of such an escape at `i`, 0: none. Detectors that look for runs
 * of digits or letters step over it. */
size_t weir_escape(const char *p, size_t i, size_t to);

/* Does `p` (n bytes) start with the lower-case `word`, in any case? */
static inline bool weir_starts_nocase(const char *p, size_t n, const char *word)
{
    for (; *word != '\0'; word++, p++, n--)
        if (n == 0 || weir_lower(*p) != *word)
            return false;
    return true;
}

#endif
