/* hint.h - words that tell what comes next.
 *
 * "customer Jane Doe", "call 030 1234567", "born 12 March 1984", "session
 * Xy4k… expired": nothing in the value itself says what it is, the word
 * before it does. One table serves all detectors that live on context, so
 * that one pass finds such words for all of them (context.h). Words are
 * compared without case, in the larger languages. A pure function. */
#ifndef WEIR_SCRUB_HINT_H
#define WEIR_SCRUB_HINT_H

#include "weir/str.h"

enum {
    WEIR_HINT_PERSON = 1,   /* customer, patient, signed by: a full name follows */
    WEIR_HINT_TITLE = 2,    /* Mrs, Herr: a single name will do; written with a capital */
    WEIR_HINT_GREETING = 4, /* Dear, Hi: a name and then a comma, or a title */
    WEIR_HINT_PHONE = 8,
    WEIR_HINT_BIRTH = 16,
    WEIR_HINT_SESSION = 32,
    WEIR_HINT_SECRET = 64,     /* password, --, curl, insert into */
    WEIR_HINT_ADDRESSEE = 128, /* From, To: a name and then <, as of an address */
    WEIR_HINT_LONGEST = 31,    /* bytes of a word */
    WEIR_HINT_NAME = WEIR_HINT_PERSON | WEIR_HINT_TITLE | WEIR_HINT_GREETING | WEIR_HINT_ADDRESSEE
};

/* The hint that begins at `at`: WEIR_HINT_*, 0: none; and where it ends. It
 * stands alone: no letter, digit or underscore on either side. */
uint32_t weir_hint_at(struct weir_str text, size_t at, size_t *ret_end);

#endif
