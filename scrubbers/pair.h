/* pair.h - keys and their values in running text, for detectors that a key
 * may tell (detect_pair.c). */
#ifndef WEIR_SCRUB_PAIR_H
#define WEIR_SCRUB_PAIR_H

#include "detect.h"

/* Can the joint of a pair begin with this byte? Asked before the others. */
extern const bool weir_pair_joint[256];
static inline bool weir_pair_joins(char c)
{
    return weir_pair_joint[(uint8_t)c];
}

/* The rules that may find something at the joint at `i`: those that know its
 * key. */
uint64_t weir_pair_rules(const struct weir_subject *s, size_t i);
/* Does a key of the rule at hand (s->key_rule) join its value at `i`? Then
 * the value, not empty, which ends before `to`. */
bool weir_pair_at(const struct weir_subject *s, size_t i, size_t to, struct weir_span *ret_value);
static inline bool weir_pair_quote(char c)
{
    return c == '"' || c == '\'' || c == '`';
}

/* The value right of a joint that ends before `i`; empty: none. Behind a
 * colon (`colon`) it must not read like prose. */
struct weir_span weir_pair_value(const struct weir_subject *s, size_t i, size_t to, bool colon);
/* Does the rule at hand know the key? */
bool weir_pair_asks(const struct weir_subject *s, struct weir_str key);
/* Secrets told by other than a pair: prose, options of commands, SQL. As
 * `follows` of struct weir_context. */
bool weir_pair_told(const struct weir_subject *s, uint32_t hint, size_t word, size_t end,
                    size_t from, size_t to, struct weir_span *ret_span);
/* The rules that know the key whose value begins at `i`; 0: none stands there. */
uint64_t weir_pair_before(const struct weir_subject *s, size_t i);
/* Nothing that could tell of anybody: null, true, ${X}, ***. */
bool weir_pair_harmless(const char *p, size_t n);

#endif
