/* national.h - numbers of persons by state: shapes, checks, words (private to
 * scrubbers/).
 *
 *   detect_national.c   finds what has a shape, asks check and words
 *   national_table.c    shapes by what they begin with; words by number
 *   national_eu.c, national_world.c   checks */
#ifndef WEIR_SCRUB_NATIONAL_H
#define WEIR_SCRUB_NATIONAL_H

#include "national_types.h"
#include "detect.h"

/* How much a shape tells by itself. */
enum weir_id_tells {
    WEIR_ID_ASK,         /* a word near it must say what it is */
    WEIR_ID_ALONE,       /* the check and the shape are enough; with small letters: ask */
    WEIR_ID_ALONE_SMALL, /* enough, however its letter is written */
};

/* A shape: 9 a digit, A a letter, X either; _ a separator, the same all
 * through; a blank or - just that kind; anything else itself. */
struct weir_id_row {
    enum weir_rule_type type;
    enum weir_id_tells tells;
    const char *shape;
};

struct weir_id_rows {
    const struct weir_id_row *rows;
    size_t n;
};

struct weir_id_kind {
    /* Is it one? `c` has n letters and digits, letters upper-case, without
     * the separators of the shape. */
    bool (*valid)(const char *c, size_t n);
    const struct weir_words *words;
};

enum { WEIR_ID_CHARS = 24, WEIR_ID_DIGITS = 19, WEIR_ID_LETTERS = 7 };

/* The rows of what begins with so many digits, or so many letters. */
extern const struct weir_id_rows weir_id_by_digits[WEIR_ID_DIGITS];
extern const struct weir_id_rows weir_id_by_letters[WEIR_ID_LETTERS];
/* What tells of a person's number of any state: identity card, tax number. */
extern const struct weir_words weir_id_words;

/* The first machine-readable line of a passport or identity card (ICAO 9303) in
 * [from, to). */
bool weir_mrz_find(const struct weir_subject *s, size_t from, size_t to,
                   struct weir_span *ret_span);

/* Does a key tell of such a number? */
bool weir_id_key(struct weir_str key);
/* Does a key tell of coordinates (detect_place.c)? */
bool weir_place_key(struct weir_str key);

/* Of a type made from national_types.h. */
const struct weir_id_kind *weir_id_kind(enum weir_rule_type type);

#define WEIR_DECLARE_VALID(type, name, text) bool weir_valid_##name(const char *c, size_t n);
WEIR_NATIONAL_TYPES(WEIR_DECLARE_VALID)
#undef WEIR_DECLARE_VALID

#endif
