/* numbers.h - where in a text numbers of several digits stand (private to
 * scrubbers/).
 *
 * A dozen detectors look for numbers, of a person, a card, a telephone. One
 * pass finds the places for all of them; most texts have none. A region is a
 * chain of tokens that hold digits, with what separates the groups of a number
 * between them: "+49 (30) 1234-567", "AB 12 34 56 C", "85T10A562S". Dates and
 * times of logs (2026-11-21T05:30:00.123Z) are passed over: no number begins
 * in one.
 *
 * What a number is, and where exactly it begins, is the detector's business:
 * it starts a few bytes before the first token, for a +, a bracket, an escape,
 * and reads as far as it likes. */
#ifndef WEIR_SCRUB_NUMBERS_H
#define WEIR_SCRUB_NUMBERS_H

#include "detect.h"

/* Digits of the least region that holds one; fewer than 4 are nobody's. */
enum {
    WEIR_NUMBER_LEAST = 4,
    WEIR_NUMBER_PHONE = 6,
    WEIR_NUMBER_SSN = 9,
    WEIR_NUMBER_CARD = 12,
    WEIR_NUMBER_IMEI = 15
};

struct weir_numbers {
    unsigned most; /* digits of the region that has most, 0: there is none */
    bool more;     /* there are more regions than the list has room for */
    size_t n, room;
    struct weir_region {
        uint32_t start, end, digits;
    } * list; /* in order; kept from text to text, freed by who has the struct */
};

/* Finds the regions of a text. */
void weir_numbers_find(struct weir_str text, struct weir_numbers *ret_numbers);

/* The next region of at least so many digits: from *i, which is at or behind
 * *end, both move on to it, cut to [*i, to). False: there is none. */
bool weir_numbers_next(const struct weir_subject *s, unsigned digits, size_t to, size_t *i,
                       size_t *end);

/* The loop of a detector, which begins with i = end = from: is there more to
 * look at, at *i? */
static inline bool weir_numbers_at(const struct weir_subject *s, unsigned digits, size_t to,
                                   size_t *i, size_t *end)
{
    return *i < *end || weir_numbers_next(s, digits, to, i, end);
}

#endif
