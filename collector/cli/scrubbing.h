/* scrubbing.h - documents through rule sets, outside of a running weir: what
 * `weir scrub`, its report and `weir rules test` have in common.
 *
 *   names of rule sets --open--> plan; document --run--> scrubbed document
 *                                               +------> found(): what went
 *
 * A document is an event (JSON), one event a line (NDJSON), or an envelope;
 * which it is is judged by its bytes. One thread. */
#ifndef WEIR_CLI_SCRUBBING_H
#define WEIR_CLI_SCRUBBING_H

#include "weir/buf.h"
#include "weir/item.h"
#include "weir/scrub.h"

enum { WEIR_SCRUBBING_SETS = 16, WEIR_SCRUBBING_MAX = 256 * 1024 * 1024 };

struct weir_scrubbing {
    const char *command; /* errors begin with "weir COMMAND: " */
    /* NULL: nobody asks. `where`: the item or line at hand. The matches are
     * good during the call. */
    void (*found)(void *self, const char *where, const struct weir_match *m, size_t n);
    void *self;
    /* Its own. */
    struct weir_arena arena;
    struct weir_scrubber *scrubber;
    struct weir_scrub_plan *plan;
    struct weir_ruleset *sets[WEIR_SCRUBBING_SETS];
    size_t n_sets;
    struct weir_buf out;
    const char *where;
    size_t broken; /* lines of the document that were left out */
};

/* Compiles built-in sets by name and files. An exit status whose reason is on
 * stderr, or negative when it may go on. Close it in any case. */
int weir_scrubbing_open(struct weir_scrubbing *s, const char *const *names,
                        size_t n) WEIR_MUST_CHECK;
/* The document scrubbed, in s->arena, which the caller may reset between
 * documents. A failure is on stderr; so is each line of NDJSON that is no
 * JSON, while the good ones are in *ret_out and s->broken counts the others. */
int weir_scrubbing_run(struct weir_scrubbing *s, struct weir_str in,
                       struct weir_str *ret_out) WEIR_MUST_CHECK;
void weir_scrubbing_close(struct weir_scrubbing *s);
/* How an item's payload is read when it is JSON. */
enum weir_scrub_kind weir_scrubbing_kind(enum weir_item_type t);

#endif
