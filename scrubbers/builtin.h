/* builtin.h - rules that exist without being written: @email, @ip:hash,
 * @creditcard:filter, @urlauth:legacy, @common. */
#ifndef WEIR_SCRUB_BUILTIN_H
#define WEIR_SCRUB_BUILTIN_H

#include "rule.h"

struct weir_buf;

/* Type of a rule by its name in rule sets, in any of the spellings that
 * configurations of Sentry use; WEIR_RULE_TYPES: unknown. The keys are those
 * that a `password` rule of that name looks for when it says none. */
enum weir_rule_type weir_rule_type_of(struct weir_str name, const struct weir_words **ret_keys);
/* The name of a type close to this one, for did-you-mean; NULL. */
const char *weir_rule_type_like(struct weir_str name);
/* Does Sentry have that type, too? */
bool weir_builtin_of_sentry(enum weir_rule_type type);
/* The built-in rule `name` (with its @) as a leaf; false when there is none. */
bool weir_builtin_leaf(struct weir_str name, struct weir_leaf *ret_leaf);
/* The members of a built-in group (@common), NULL-terminated; NULL: none. */
const char *const *weir_builtin_group(struct weir_str name);
/* Keys that a rule of that type without `keys` looks for; NULL: keys tell
 * nothing of it. */
const struct weir_words *weir_builtin_keys(enum weir_rule_type type);
/* The same of `cookies`: names of cookies that carry a session. */
extern const struct weir_words weir_builtin_cookies;
/* Writes a built-in name close to `name`, for did-you-mean; false: none. */
bool weir_builtin_like(struct weir_str name, struct weir_buf *out);

#endif
