/* near.h - what stands near a match: the words before it in the text, and the
 * JSON key under which the text stands (private to scrubbers/).
 *
 * A run of nine digits is nothing; "BSN 111222333", "bsn=111222333" and
 * {"bsn": "111222333"} are a person. A detector whose checksum or shape is not
 * enough asks here, once everything else fits: asking costs about as much as
 * reading a hundred bytes. Pure; any thread. */
#ifndef WEIR_SCRUB_NEAR_H
#define WEIR_SCRUB_NEAR_H

#include "detect.h"

enum { WEIR_NEAR_WORDS = 6, WEIR_NEAR_BYTES = 80 };

/* The text before `at` that may tell of it: at most `words` words (runs of
 * letters, in any script) and WEIR_NEAR_BYTES bytes, not beyond the line, nor
 * beyond the pair when `at` is the value of one (k=v, "k": v). Points into the
 * text of `s`. */
struct weir_str weir_near_before(const struct weir_subject *s, size_t at, size_t words);

/* Does a term of `words` match the key of `s`, or stand in the
 * WEIR_NEAR_WORDS words before `at`? No, when the word right before it says
 * that it is something else (order, invoice, line, port) and the key says
 * nothing. */
bool weir_near(const struct weir_subject *s, size_t at, const struct weir_words *words);

#endif
