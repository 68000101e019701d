/* meta.h - _meta: what was removed where, in the form that Sentry's UI reads.
 *
 *   "_meta":{"user":{"email":{"":{"rem":[["@email","s",0,7]],"len":15}}}}
 *
 * A tree of the document's paths; at the path of a value the member "" holds
 * its remarks. A remark is the rule, a letter (x removed, s substituted, m
 * masked, p hashed) and, when a part was changed, its range in UTF-8 bytes of
 * the new text. `len` is the old text's length in code points. What weir had
 * to mend stands as `err`. A sender's own _meta is kept and added to.
 *
 * In the arena of the document. */
#ifndef WEIR_SCRUB_META_H
#define WEIR_SCRUB_META_H

#include "weir/json.h"

struct weir_remark {
    struct weir_str rule;
    char letter;
    bool ranged;
    size_t start, end;
    struct weir_remark *next;
};

struct weir_meta {
    struct weir_str key;
    struct weir_meta *child, *next; /* children newest first */
    struct weir_remark *remarks, **tail;
    const char *errors[4]; /* constant texts */
    unsigned n_errors;
    bool has_length;
    size_t length;
};

/* The child of `parent` under `key`, made when it is not the newest one:
 * documents are read in order, and a long list must not be searched for each
 * of its elements. NULL: no memory. */
struct weir_meta *weir_meta_child(struct weir_arena *a, struct weir_meta *parent,
                                  struct weir_str key);
/* The same for one that may be older. */
struct weir_meta *weir_meta_again(struct weir_arena *a, struct weir_meta *parent,
                                  struct weir_str key);
bool weir_meta_remark(struct weir_arena *a, struct weir_meta *m, const struct weir_remark *r);
/* Notes that the value was mended: "utf-8", "depth". */
void weir_meta_error(struct weir_meta *m, const char *why);
/* Forgets a value and all below it (an earlier duplicate). */
void weir_meta_clear(struct weir_meta *m);
/* Anything to write? */
bool weir_meta_any(const struct weir_meta *m);
/* Writes the tree as JSON, merged with the sender's (an object or empty). */
int weir_meta_write(const struct weir_meta *m, struct weir_json_reader *reader,
                    struct weir_arena *a, struct weir_str senders,
                    struct weir_buf *out) WEIR_MUST_CHECK;

#endif
