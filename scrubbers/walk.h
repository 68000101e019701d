/* walk.h - goes through a JSON document token by token, knowing at each where
 * it is, and notes an edit where something must go.
 *
 * For each open container a level remembers the state of the selectors
 * (paths.h), the field of the schema, and which key rules its keys matched:
 * what stands below a sensitive key goes, leaf by leaf, so that the shape
 * stays. Keys are looked for in three spellings: {"password":"x"},
 * ["password","x"] within a list, {"name":"password","value":"x"}; and
 * ["--password","x"] as command lines have it.
 *
 * The caller owns the reader's loop: a whole document is one window; a
 * stream calls weir_walk_window() for each. */
#ifndef WEIR_SCRUB_WALK_H
#define WEIR_SCRUB_WALK_H

#include "scrubber.h"

struct weir_walk;

struct weir_walk *weir_walk_new(void);
void weir_walk_free(struct weir_walk *w);
/* Starts a document. `doc` (NULL: a stream) gets the top-level members;
 * edits and replacements go to `edits`, whose arena lives until they are
 * gathered. `state` is that of the root (0 but for attachments). */
void weir_walk_begin(struct weir_walk *w, struct weir_scrubber *s, enum weir_scrub_kind kind,
                     int32_t state, struct weir_edits *edits, struct weir_json_doc *doc);
/* The bytes that tokens point into, from document offset `base` on. */
void weir_walk_window(struct weir_walk *w, struct weir_str bytes, size_t base);
/* One token (not ERROR, MORE or END). Negative: no memory. */
int weir_walk_token(struct weir_walk *w, const struct weir_json_token *t) WEIR_MUST_CHECK;

/* One text that stands at `place`, scrubbed; `in` itself when nothing
 * changes. Counts and explains under `path`. */
int weir_walk_text(struct weir_scrubber *s, const struct weir_place *place, struct weir_str path,
                   struct weir_arena *a, struct weir_str in,
                   struct weir_str *ret_out) WEIR_MUST_CHECK;

#endif
