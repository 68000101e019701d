/* resolve.h - from the names of rules to leaves (used by ruleset.c).
 *
 *   rules:  all: {type: multiple, rules: [mail, '@ip:hash']}
 *           mail: {type: email, redaction: mask}
 *
 *   all --> mail --> leaf(email, mask)
 *       --> @ip:hash --> leaf(ip, hash)
 *
 * All rules are compiled and followed when they are taken in, whether an
 * application names them or not: a mistake in a rule that is not used yet is
 * found before it is. A rule is compiled once, however many name it. */
#ifndef WEIR_SCRUB_RESOLVE_H
#define WEIR_SCRUB_RESOLVE_H

#include "rule.h"

struct weir_errors;
struct weir_node;
struct weir_resolver;

/* Leaves and patterns go to `set`, mistakes to `errors`; both outlive it.
 * NULL: out of memory. */
struct weir_resolver *weir_resolver_new(struct weir_ruleset *set, struct weir_errors *errors);
void weir_resolver_free(struct weir_resolver *r);
/* Takes in `rules`, a map from names to rules, in place of those before;
 * NULL: none. WEIR_ENOMEM. */
int weir_resolver_rules(struct weir_resolver *r, const struct weir_node *rules) WEIR_MUST_CHECK;
/* The leaves behind a list of names, in order, in the arena of the set. */
int weir_resolver_list(struct weir_resolver *r, const struct weir_node *list,
                       const struct weir_leaf ***ret_leaves, size_t *ret_n) WEIR_MUST_CHECK;

#endif
