/* load.h - one rule of a rule set: its options, checked (used by ruleset.c).
 * Options are written in camelCase, as Sentry has them, or in snake_case. */
#ifndef WEIR_SCRUB_LOAD_H
#define WEIR_SCRUB_LOAD_H

#include "rule.h"

struct weir_errors;
struct weir_node;

/* For did-you-mean: do the words differ in at most two places next to each
 * other, and in less than they share, but for case? */
bool weir_load_near(struct weir_str a, struct weir_str b);
/* The member of a map with that name in either spelling; NULL, as for what is
 * no map. */
const struct weir_node *weir_load_get(const struct weir_node *map, const char *name);
/* A member that is true or false; `otherwise` when it is not there. */
bool weir_load_bool(const struct weir_node *map, const char *name, bool otherwise,
                    struct weir_errors *errors);
/* Reports members of a map that are not in the NULL-terminated list. */
void weir_load_known(const struct weir_node *map, const char *const *known,
                     struct weir_errors *errors);
/* Reports unknown options of a rule of that type, used or not. */
void weir_load_check(const struct weir_node *rule, enum weir_rule_type type,
                     struct weir_errors *errors);
/* `redaction`; method DEFAULT when there is none. */
void weir_load_redaction(struct weir_ruleset *set, const struct weir_node *rule,
                         enum weir_rule_type type, struct weir_errors *errors,
                         struct weir_redaction *ret_redaction);
/* Fills type, redaction, pattern, groups, keys of a rule that is no multiple
 * and no alias. Mistakes go to `errors`; WEIR_ENOMEM. */
int weir_load_leaf(struct weir_ruleset *set, const struct weir_node *rule,
                   struct weir_errors *errors, struct weir_leaf *leaf) WEIR_MUST_CHECK;

#endif
