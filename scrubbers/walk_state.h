/* walk_state.h - what walk.c (where we are) and value.c (what goes) share. */
#ifndef WEIR_SCRUB_WALK_STATE_H
#define WEIR_SCRUB_WALK_STATE_H

#include "walk.h"

/* What a key tells of the value that follows. */
struct weir_told {
    uint64_t rules;
    uint32_t symbol;
    uint16_t field;
    uint8_t role;
    bool version, number;
    bool set;
};

struct weir_level {
    int32_t state;
    uint16_t node;
    uint8_t cls;
    bool deep, array;
    uint32_t whole;       /* slot + 1 of a rule that takes all that is inside (streams) */
    uint64_t rules;       /* key rules matched here or above */
    uint32_t renamed;     /* keys of this object changed so far */
    uint32_t index;       /* of the next element */
    struct weir_str name; /* empty for elements: then `at` */
    uint32_t at;
    struct weir_meta *meta;
    struct weir_told pair; /* of the string before, in a list; of the member that names the value */
    size_t value_start, value_end; /* a scalar "value" met before its "name" */
    enum weir_json_kind value_kind;
    struct weir_str value_name;
    bool value_changed; /* something of it has gone already */
};

/* The value at hand. */
struct weir_here {
    struct weir_place place;
    uint16_t node;
    bool deep;
    uint32_t whole;
    struct weir_str name;
    uint32_t at;
    bool element;
    bool again;   /* not the newest value of its container */
    bool is_key;  /* the key of a pair that stands for a member */
    bool is_pair; /* the list of the two */
};

struct weir_walk {
    struct weir_scrubber *s;
    enum weir_scrub_kind kind;
    struct weir_arena *arena;
    struct weir_edits *edits;
    struct weir_json_doc *doc;
    size_t room_members;
    struct weir_str window;
    size_t base;
    struct weir_level levels[WEIR_LEVELS];
    unsigned depth; /* open containers; levels[0] is the document */
    struct weir_told key;
    struct weir_str key_name;
    char near[48]; /* the last key, copied: the window may have moved on */
    size_t near_n;
    bool no_memory;
    bool took; /* all of the scalar at hand went */
    /* while a text is judged: for the notes */
    const struct weir_here *noting;
    struct weir_str noted_text;
    size_t noted_at;
};

/* ---- value.c -------------------------------------------------------------------- */

/* The place in _meta for the value at hand; NULL: none is kept. */
struct weir_meta *weir_walk_meta(struct weir_walk *w, const struct weir_here *h);
/* `text` as a JSON string. */
struct weir_str weir_walk_quoted(struct weir_walk *w, struct weir_str text);
/* The whole value [start, end) goes, by this slot: by its key, or by
 * `anything`. */
void weir_walk_take(struct weir_walk *w, const struct weir_here *h, uint32_t slot, size_t start,
                    size_t end, struct weir_str text, bool is_string);
/* Runs all rules of the place on a scalar. */
int weir_walk_judge(struct weir_walk *w, struct weir_here *h, const struct weir_json_token *t,
                    struct weir_str text, bool *ret_changed) WEIR_MUST_CHECK;
/* Remarks what was mended of it. */
void weir_walk_mended(struct weir_walk *w, const struct weir_here *h,
                      const struct weir_json_token *t);

#endif
