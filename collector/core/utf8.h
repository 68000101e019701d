/* utf8.h - one step of UTF-8 (RFC 3629), shared by what reads text in core.
 *
 * No overlong forms, no surrogates, nothing above U+10FFFF. An invalid
 * sequence is cut as Unicode recommends (D93b, "maximal subpart"): each
 * longest prefix that could have begun a valid sequence is one U+FFFD. */
#ifndef WEIR_CORE_UTF8_H
#define WEIR_CORE_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What stands in for what cannot be read: U+FFFD. */
#define WEIR_UTF8_REPLACEMENT "\xEF\xBF\xBD"

struct weir_utf8_step {
    uint8_t n; /* bytes of the sequence, or of the maximal subpart, >= 1 */
    bool ok;   /* a valid sequence */
    bool cut;  /* valid so far, but the input ended inside it */
};

/* Looks at the sequence at `p`; `n` >= 1 bytes are there. */
static inline struct weir_utf8_step weir_utf8_step(const uint8_t *p, size_t n)
{
    uint8_t lead = p[0], low = 0x80, high = 0xBF, need, i;

    if (lead < 0x80)
        return (struct weir_utf8_step){1, true, false};
    if (lead < 0xC2 || lead > 0xF4)
        return (struct weir_utf8_step){1, false, false};
    need = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    /* Only the second byte's range depends on the first. */
    if (lead == 0xE0)
        low = 0xA0;
    else if (lead == 0xED)
        high = 0x9F;
    else if (lead == 0xF0)
        low = 0x90;
    else if (lead == 0xF4)
        high = 0x8F;
    for (i = 1; i < need; i++) {
        if (i == n)
            return (struct weir_utf8_step){i, false, true};
        if (p[i] < low || p[i] > high)
            return (struct weir_utf8_step){i, false, false};
        low = 0x80;
        high = 0xBF;
    }
    return (struct weir_utf8_step){need, true, false};
}

/* Writes a scalar value (no surrogate); the number of bytes, 1 to 4. */
static inline size_t weir_utf8_put(uint32_t c, char *out)
{
    if (c < 0x80) {
        out[0] = (char)c;
        return 1;
    }
    if (c < 0x800) {
        out[0] = (char)(0xC0 | c >> 6);
        out[1] = (char)(0x80 | (c & 0x3F));
        return 2;
    }
    if (c < 0x10000) {
        out[0] = (char)(0xE0 | c >> 12);
        out[1] = (char)(0x80 | (c >> 6 & 0x3F));
        out[2] = (char)(0x80 | (c & 0x3F));
        return 3;
    }
    out[0] = (char)(0xF0 | c >> 18);
    out[1] = (char)(0x80 | (c >> 12 & 0x3F));
    out[2] = (char)(0x80 | (c >> 6 & 0x3F));
    out[3] = (char)(0x80 | (c & 0x3F));
    return 4;
}

#endif
