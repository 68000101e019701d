/* name.h - does a word look like part of a person's name?
 *
 * Names are told from other words by their capital, by the particles between
 * (van der, de la), by initials, and by a list of words that begin with a
 * capital in logs and are no names (Service, Error, Account). Letters are
 * those of the Latin, Greek and Cyrillic scripts; scripts without case (Han,
 * Kana, Hangul, Arabic, Hebrew, Thai, ...) have words of their own kind. */
#ifndef WEIR_SCRUB_NAME_H
#define WEIR_SCRUB_NAME_H

#include "weir/str.h"

enum {
    WEIR_NAME_CAPITAL = 1,  /* begins with one */
    WEIR_NAME_LOWER = 2,    /* begins with none */
    WEIR_NAME_CASELESS = 4, /* of a script without case */
    WEIR_NAME_INITIAL = 8,  /* J., or J alone */
    WEIR_NAME_PARTICLE = 16,
    WEIR_NAME_STOP = 32,  /* a word that is no name */
    WEIR_NAME_SHOUT = 64, /* SMITH */
    WEIR_NAME_CODE = 128, /* OrderService */
    WEIR_NAME_TITLE = 256 /* Mr, Dr. */
};

/* The word that begins at `i`: the offset past it (`i`: no letter there), and
 * WEIR_NAME_* of it. Apostrophes and hyphens inside belong to it, and so does
 * the dot of an initial or a title. */
size_t weir_name_word(const char *p, size_t i, size_t to, unsigned *ret_flags);

#endif
