/* selector.h - selectors: under which paths a rule is applied.
 *
 *   selector = or
 *   or       = and { "||" and }
 *   and      = not { "&&" not }
 *   not      = "!" not | "(" or ")" | path
 *   path     = item { "." item }
 *   item     = "*" one level, any | "**" one level or more
 *            | "$" type           | key | 'quoted key' ('' for a quote) | index
 *
 * A single "|" or "&", and "~" for "!", are read as older configurations have
 * them.
 *
 * The language of Sentry's advanced data scrubbing. A path is matched from
 * the end: `a.b` is any b in any a, however deep. Keys and types are
 * compared without case. A number matches an index, and a key so written.
 * `$string $number $boolean $array $object` tell the kind of the value, the
 * other types (`$frame`, `$user`) which part of an event it is (schema.h).
 *
 * Parsed once while a rule set is loaded; run by paths.h. */
#ifndef WEIR_SCRUB_SELECTOR_H
#define WEIR_SCRUB_SELECTOR_H

#include "weir/arena.h"

/* Types of values, bits; the names are in the table of selector.c. */
enum {
    WEIR_T_STRING = 1 << 0,
    WEIR_T_NUMBER = 1 << 1,
    WEIR_T_BOOLEAN = 1 << 2,
    WEIR_T_ARRAY = 1 << 3,
    WEIR_T_OBJECT = 1 << 4,
    WEIR_T_EVENT = 1 << 5,
    WEIR_T_ERROR = 1 << 6,
    WEIR_T_STACK = 1 << 7,
    WEIR_T_FRAME = 1 << 8,
    WEIR_T_HTTP = 1 << 9,
    WEIR_T_USER = 1 << 10,
    WEIR_T_MESSAGE = 1 << 11,
    WEIR_T_LOGENTRY = 1 << 12,
    WEIR_T_THREAD = 1 << 13,
    WEIR_T_BREADCRUMB = 1 << 14,
    WEIR_T_SPAN = 1 << 15,
    WEIR_T_LOG = 1 << 16,
    WEIR_T_SDK = 1 << 17,
    WEIR_T_ATTACHMENTS = 1 << 18,
    WEIR_T_MINIDUMP = 1 << 19,
    WEIR_T_STACK_MEMORY = 1 << 20,
    WEIR_T_HEAP_MEMORY = 1 << 21,
    WEIR_T_BINARY = 1 << 22,
    WEIR_T_METRIC = 1 << 23,
    WEIR_T_REPLAY = 1 << 24,
    WEIR_T_DATETIME = 1 << 25,
    WEIR_T_CONTEXT = 1 << 26
};

enum weir_item_kind {
    WEIR_SEL_ANY,
    WEIR_SEL_DEEP,
    WEIR_SEL_KEY,
    WEIR_SEL_INDEX, /* also a key of these digits */
    WEIR_SEL_TYPE
};

struct weir_sel_item {
    enum weir_item_kind kind;
    struct weir_str key; /* KEY, INDEX: lower-case text */
    uint32_t types;      /* TYPE */
};

struct weir_sel_path {
    struct weir_sel_item *items;
    size_t n;
};

enum weir_sel_op { WEIR_SEL_PATH, WEIR_SEL_AND, WEIR_SEL_OR, WEIR_SEL_NOT };

struct weir_selector {
    enum weir_sel_op op;
    struct weir_sel_path path;          /* PATH */
    struct weir_selector *left, *right; /* AND, OR; NOT: left */
    unsigned number;                    /* PATH: counted through the selector, from 0 */
    unsigned n_paths;                   /* at the root */
};

/* Parses into the arena. On a mistake NULL, with a text (a constant, or in the
 * arena) and the offset of the character. */
struct weir_selector *weir_selector_parse(struct weir_arena *a, struct weir_str text,
                                          const char **ret_why, size_t *ret_at);
/* Does it name its target: is there a key, or a type other than those of
 * JSON, and neither end open? Only such selectors reach structural fields. */
bool weir_selector_specific(const struct weir_selector *s);

#endif
