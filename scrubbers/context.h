/* context.h - the loop of detectors that live on context: values under keys
 * that tell, and what follows words that tell (hint.h).
 *
 * Both are found leftmost first. What the value must look like to be believed
 * is the detector's own. */
#ifndef WEIR_SCRUB_CONTEXT_H
#define WEIR_SCRUB_CONTEXT_H

#include "chars.h"
#include "detect.h"

struct weir_context {
    uint32_t hint;  /* WEIR_HINT_* that matter */
    size_t back;    /* how far before a range words still tell of what is in it */
    size_t longest; /* bytes of a value with its key's joint; 0: any */

    /* Is the value of a key of the rule at hand, `v`, what we look for? May
     * move both ends of it, not beyond `to`. `whole`: the value is all of the
     * text, or stands in quotes. */
    bool (*fits)(const struct weir_subject *s, size_t to, bool whole, struct weir_span *v);

    /* What we look for in [from, to), told by the word that begins at `word`,
     * ends at `end` and has these hints. */
    bool (*follows)(const struct weir_subject *s, uint32_t hint, size_t word, size_t end,
                    size_t from, size_t to, struct weir_span *ret_span);
};

enum weir_found weir_context_find(const struct weir_context *c, const struct weir_leaf *leaf,
                                  const struct weir_subject *s, size_t from, size_t to,
                                  struct weir_span *ret_span);

/* The places of a text that tell: joints of keys that some rule knows, and
 * words of hint.h. Found in one pass for all detectors of the text, which go
 * from one to the next; most texts have none. A text of more than there is
 * room for is read byte by byte by each. */
struct weir_tells {
    uint64_t rules; /* of all places, */
    uint32_t hints; /* WEIR_HINT_* */
    bool far;       /* one may tell of what is far behind it */
    bool more;      /* there are more than these */
    size_t n, room;
    struct weir_tell {
        uint32_t at;
        uint16_t hints, length; /* of the word */
        uint64_t rules;
    } * list; /* kept from text to text; by whoever has the struct to be freed */
};

void weir_context_tells(const struct weir_subject *s, struct weir_tells *ret_tells);

/* Is the text the value of a key of the rule at hand? */
static inline bool weir_context_under(const struct weir_subject *s)
{
    return (s->under & s->key_rule) != 0;
}

/* The length of a blank at `i` in any spelling (no-break, thin, ideographic,
 * %20, +), 0: none. */
size_t weir_context_blank(const char *p, size_t i, size_t to);

/* Is the word that tells the name of HL7's segment of a patient, PID|1||4711? */
static inline bool weir_context_pid(const struct weir_subject *s, size_t word, size_t end)
{
    return end - word == 3 && weir_starts_nocase(s->p + word, 3, "pid");
}
/* Its field number `n`, the first behind the bar at `i` is 1; `to`: the line
 * has no such field, or there is no bar. */
size_t weir_context_field(const char *p, size_t i, size_t to, unsigned n);

/* Past what may stand between a word and what it announces: blanks, : = # and
 * the like, brackets, quotes (escaped, too), and at most `words` of the small
 * words "is", "name", "at", ... */
size_t weir_context_gap(const char *p, size_t i, size_t to, unsigned words);

#endif
