/* scrubber.h - one thread's scrubber: scratch that is kept from document to
 * document so that nothing is allocated once it is warm (private to
 * scrubbers/).
 *
 *   walk.c    goes through the JSON, knows where it is
 *   judge.c   one text: runs the menu's leaves, collects hits
 *   report.c  counts, explains
 *
 * A weir_memory is what a scrubber has learnt for one plan: states of the
 * selectors, menus, keys, series. A few are kept, the least used one goes. */
#ifndef WEIR_SCRUB_SCRUBBER_H
#define WEIR_SCRUB_SCRUBBER_H

#include "context.h"
#include "detect.h"
#include "meta.h"
#include "numbers.h"
#include "plan.h"
#include "schema.h"
#include "seen.h"

#include "weir/metrics.h"

enum { WEIR_MEMORIES = 16, WEIR_LEVELS = WEIR_JSON_DEPTH + 4, WEIR_PICKS = 32 };

/* The leaves to run on a value: slots of the plan in order. */
struct weir_menu {
    uint64_t id; /* no other menu of the scrubber ever had it */
    uint32_t n;
    uint64_t key_rules; /* those among them */
    uint32_t any;       /* slot of the first `anything`, + 1 */
    uint32_t any_named; /* the same of those whose selector names this place */
    bool gated;         /* some rows wait for a literal of theirs */
    size_t words;       /* of 64 bits, one for each row */
    uint32_t *row_of;   /* by slot, + 1; 0: not in here */
    /* Which rows the classes of a text let through: most texts are of one of
     * a few kinds. The last word holds the classes, + 1. */
    uint64_t *picks; /* WEIR_PICKS times words + 1 */
    struct weir_menu_row {
        uint32_t slot, needs; /* needs: of the slot's detector; ~0: is not looked for in text */
        uint64_t key_rule;    /* of the slot */
        uint8_t digits, type; /* of the slot's detector */
    } rows[];
};

struct weir_memory {
    uint64_t plan_id; /* 0: unused */
    const struct weir_scrub_plan *plan;
    uint64_t used; /* by the scrubber's clock of documents */
    struct weir_steps *steps;
    struct weir_menu **menus; /* state * WEIR_CLASSES + class */
    size_t room_menus;
    struct weir_keyring *keys;
    uint32_t *counts; /* by slot, of this document */
    bool counted;     /* some are not 0 */
    uint64_t *open;   /* by slot: patterns whose literal stands in the text or key at hand */
    uint64_t *rows;   /* of the menu at hand, to be run */
    struct weir_series **series;
};

struct weir_hit {
    size_t start, end;
    uint32_t slot;
    bool whole; /* the text could not be judged */
};

/* A value that a rule with `everywhere` found. */
struct weir_learnt {
    char text[64];
    size_t n;
    uint32_t slot;
};

enum { WEIR_LEARNT = 16 };

struct weir_scrubber {
    struct weir_json_reader *reader;
    struct weir_memory memories[WEIR_MEMORIES];
    uint64_t clock;
    struct weir_memory *mem; /* in use */
    uint64_t menus_made;
    struct weir_seen *seen;
    pcre2_match_data *match;
    pcre2_match_context *limits;
    struct weir_str key;           /* under which the text being judged stands, if any */
    uint64_t under;                /* key rules that know the key of the text being judged */
    struct weir_hit *hits, *spare; /* of the text being judged */
    size_t n_hits, room_hits;
    struct weir_tells tells; /* of the text being judged */
    struct weir_numbers numbers;
    struct weir_kept *kept; /* settle.c: of the rounds before */
    size_t room_kept;
    struct weir_arena scratch; /* settle.c: a text as it will leave */
    bool explain;
    struct weir_match *matches;
    size_t n_matches, room_matches;
    size_t first_match; /* of the plan in use; those before are of others */
    const char *error;
    size_t error_at;
    struct weir_series *bytes;
    struct weir_walk *walk;
    struct weir_meta *meta; /* root of the last document, NULL: none */
    enum weir_scrub_kind kind;
    struct weir_learnt learnt[WEIR_LEARNT];
    size_t n_learnt;
    bool recall; /* second pass: what was learnt goes everywhere */
};

/* Where a text stands. */
struct weir_place {
    int32_t state;
    uint8_t cls;
    uint64_t rules; /* key rules that its keys match */
};

/* Makes `plan` the one in use. The matches of a shadow's are added to those
 * of the plan before it. */
int weir_scrubber_use(struct weir_scrubber *s, const struct weir_scrub_plan *plan) WEIR_MUST_CHECK;
/* The menu of a place; NULL: no memory. */
const struct weir_menu *weir_scrubber_menu(struct weir_scrubber *s, int32_t state, uint8_t cls);
/* Sets the limit of the next match of a pattern, for a text of `n` bytes. */
void weir_scrubber_limit(struct weir_scrubber *s, size_t n);
/* Is the row run only on texts with a literal of its own? */
static inline bool weir_row_gated(const struct weir_memory *m, const struct weir_menu_row *row)
{
    return row->needs == 0 && m->plan->gated[row->slot];
}
/* Adds the counts of the document to the metrics, and `bytes` read. */
void weir_scrubber_flush(struct weir_scrubber *s, size_t bytes);
static inline void weir_scrubber_count(struct weir_scrubber *s, uint32_t slot)
{
    s->mem->counts[slot]++;
    s->mem->counted = true;
}
/* Takes back what was counted and explained of the document at hand. */
void weir_scrubber_uncount(struct weir_scrubber *s);
bool weir_scrubber_explained(struct weir_scrubber *s, const struct weir_match *m);

/* ---- scrub.c ----------------------------------------------------------------- */

/* weir_scrub_json() under the plan in use, from a root in `state`. */
int weir_scrub_json_at(struct weir_scrubber *s, enum weir_scrub_kind kind, int32_t state,
                       struct weir_arena *a, struct weir_str body,
                       struct weir_json_doc *ret_doc) WEIR_MUST_CHECK;
/* The state of an attachment's content: $attachments.'its name'. */
int weir_scrub_attachment_state(struct weir_scrubber *s, struct weir_str name, uint32_t types,
                                int32_t *ret_state) WEIR_MUST_CHECK;

/* Remembers a value that goes wherever else it stands in the document, if it
 * is special enough to be told from other words. */
void weir_scrubber_learn(struct weir_scrubber *s, uint32_t slot, struct weir_str text);

/* ---- judge.c ---------------------------------------------------------------- */

/* One round of the menu on the text: s->hits, in order, not overlapping.
 * Negative: no memory. */
int weir_judge_once(struct weir_scrubber *s, const struct weir_menu *menu, struct weir_str text,
                    uint32_t classes, bool code) WEIR_MUST_CHECK;
/* settle.c: rounds until nothing more is found: s->hits, in order, not overlapping. Negative: no
 * memory. */
int weir_judge_run(struct weir_scrubber *s, const struct weir_menu *menu, struct weir_str text,
                   uint32_t classes, bool code) WEIR_MUST_CHECK;
/* The text with the hits replaced; calls `note` for each with its range in
 * the new text. */
typedef void weir_note_fn(void *self, const struct weir_hit *hit, size_t start, size_t end);
int weir_judge_write(struct weir_scrubber *s, struct weir_arena *a, struct weir_str text,
                     weir_note_fn *note, void *self, struct weir_str *ret_text) WEIR_MUST_CHECK;
/* Makes the whole text, `n` bytes, the one hit, by this slot. */
int weir_judge_take(struct weir_scrubber *s, uint32_t slot, size_t n) WEIR_MUST_CHECK;
/* First slot that replaces a whole value at this place (by its key, or
 * `anything`), + 1; 0: none. */
uint32_t weir_judge_whole(const struct weir_scrubber *s, const struct weir_menu *menu,
                          uint64_t rules);
/* The same of key rules only. */
uint32_t weir_judge_key(const struct weir_scrubber *s, const struct weir_menu *menu,
                        uint64_t rules);

#endif
