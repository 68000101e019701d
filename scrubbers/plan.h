/* plan.h - rule sets joined for use (private to scrubbers/).
 *
 * The applications of all enforced sets stand in one list; what they apply
 * are slots: a leaf of a set, counted on its own. Each shadow set has a plan
 * of its own beside it, under which the same bytes are scrubbed once more and
 * the outcome is thrown away: so it reports just what enforcing it alone
 * would remove. Read only once built; shared by all threads. */
#ifndef WEIR_SCRUB_PLAN_H
#define WEIR_SCRUB_PLAN_H

#include "literals.h"
#include "paths.h"
#include "rule.h"

enum { WEIR_MAX_KEY_RULES = 64 };

struct weir_slot {
    const struct weir_leaf *leaf;
    uint32_t set; /* number of the rule set in the plan */
    bool shadow;
    uint64_t key_rule; /* its bit in weir_key.rules; 0: no key rule */
};

struct weir_plan_app {
    const struct weir_selector *selector;
    bool specific;
    uint32_t *slots;
    size_t n_slots;
};

struct weir_scrub_plan {
    struct weir_arena arena;
    bool shadow;                      /* its slots only count */
    struct weir_scrub_plan **shadows; /* one for each shadow set */
    size_t n_shadows;
    uint64_t id; /* unique in the process: a freed plan's address may return */
    struct weir_plan_app *apps;
    size_t n_apps;
    const struct weir_selector **selectors; /* those of apps */
    struct weir_slot *slots;
    size_t n_slots, n_key_rules;
    uint64_t checked;           /* key rules whose value must look like what it is said to be */
    struct weir_gate *gate;     /* bits are slots: patterns by a literal in the text, */
    struct weir_gate *key_gate; /* REDACT_PAIRs by one in the key */
    bool *gated;                /* by slot: one of the gates knows of it */
    struct weir_paths *paths;
    bool indices; /* some selector names an index */
    struct weir_str hash_key;
};

#endif
