/* key_formats.h - prefix, length and alphabet of vendors' keys (private to
 * scrubbers/). */
#ifndef WEIR_SCRUB_KEY_FORMATS_H
#define WEIR_SCRUB_KEY_FORMATS_H

#include "detect.h"

enum weir_key_alphabet {
    WEIR_KEY_WORD,  /* letters, digits, _ and - */
    WEIR_KEY_UPPER, /* capitals and digits */
    WEIR_KEY_LOWER,
    WEIR_KEY_HEX,
    WEIR_KEY_HEX_DASH,
    WEIR_KEY_ALNUM,
    WEIR_KEY_DOTTED, /* as WORD, and dots */
    WEIR_KEY_PATH,   /* as WORD, and slashes */
    WEIR_KEY_BASE64  /* both kinds, percent-encoded, too */
};

struct weir_key_format {
    const char *prefix;
    uint16_t min, max; /* characters behind the prefix */
    uint8_t alphabet;
    bool checked; /* 30 characters and their CRC-32 in base 62 */
    bool tail;    /* the prefix tells, and stays */
};

struct weir_key_formats {
    const struct weir_key_format *rows;
    size_t n;
};

/* Those that begin with a character. */
struct weir_key_formats weir_key_formats(uint8_t first);

/* Made by a machine and no words: digits in it, or mixed case. */
bool weir_looks_made(const char *p, size_t n);

#endif
