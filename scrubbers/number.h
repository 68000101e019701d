/* number.h - numbers as they stand in text: where they begin and end, what
 * separates their groups; and the arithmetic that several of them share
 * (private to scrubbers/). Pure; any thread. */
#ifndef WEIR_SCRUB_NUMBER_H
#define WEIR_SCRUB_NUMBER_H

#include "chars.h"
#include "detect.h"

/* Length in bytes of the separator at `i` between two groups of a number:
 * blank, dash, dot, their Unicode and percent-encoded kin; 0: none. `ret_kind`
 * gets ' ', '-' or '.'. */
size_t weir_separator(const char *p, size_t i, size_t to, char *ret_kind);
/* Digits from `i` on. */
static inline size_t weir_digits(const char *p, size_t i, size_t to)
{
    size_t n = 0;

    while (i + n < to && weir_is_digit(p[i + n]))
        n++;
    return n;
}
/* Is what begins at `i` (ends before `e`) no part of a word, a longer number,
 * or a fraction? \n of JSON in a string and %20 are no letters and digits. */
bool weir_number_starts(const struct weir_subject *s, size_t i);
bool weir_number_ends(const struct weir_subject *s, size_t e);
/* How far to go on from `i`, where nothing begins: over an escape whose digits
 * begin no number (%20, \u0022), else one byte. */
static inline size_t weir_step(const char *p, size_t i, size_t to)
{
    size_t n = p[i] == '%' || p[i] == '\\' ? weir_escape(p, i, to) : 0;

    return n > 0 ? n : 1;
}

/* The run of letters and digits that covers `i`, without those of an escape
 * before it. */
struct weir_span weir_token_at(const char *p, size_t from, size_t i, size_t to);

/* Luhn's sum (ISO/IEC 7812-1 annex B), the check digit last. */
bool weir_luhn(const char *digits, size_t n);
/* Sum of n digits, each times its weight. */
unsigned weir_weigh(const char *digits, const uint8_t *weights, size_t n);
/* ISO/IEC 7064 MOD 11,10: the check digit last. */
bool weir_mod_11_10(const char *digits, size_t n);
/* Remainder of a decimal number of any length. */
unsigned weir_modulo(const char *digits, size_t n, unsigned by);
/* The value of n <= 9 digits. */
unsigned weir_value(const char *digits, size_t n);
/* Can there be this day? Month 1 to 12; February has 29 days. */
bool weir_date(unsigned month, unsigned day);

#endif
