/* settings.h - the simple settings of a project as rules (used by ruleset.c).
 *
 *   scrubData          whether the next three are in force; true unless said
 *   scrubDefaults      credentials, cards, IBANs, US SSNs; addresses in messages
 *   sensitiveFields    and every value whose key contains one of these
 *   excludeFields      but never the fields of these names
 *   scrubIpAddresses   IP addresses, and the field of the client's */
#ifndef WEIR_SCRUB_SETTINGS_H
#define WEIR_SCRUB_SETTINGS_H

#include "weir/arena.h"

struct weir_errors;
struct weir_node;

/* Reads the members above of `settings`; others are not looked at. Gives a
 * map with `rules` and `applications` as a rule set has them, in the arena,
 * or NULL when nothing is to be done. WEIR_ENOMEM. */
int weir_settings_rules(struct weir_arena *a, const struct weir_node *settings,
                        struct weir_errors *errors,
                        const struct weir_node **ret_rules) WEIR_MUST_CHECK;

#endif
