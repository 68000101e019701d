/* yaml.h - YAML text to nodes that know where they stand.
 *
 *   listen:                  MAP 1:1
 *     http: ":8137"            SCALAR key "listen" ... key "http" 2:3, text 2:9
 *   tags: [a, b]               LIST, two SCALAR children
 *
 * For what people write: the configuration and rule sets. JSON is read as
 * the subset of YAML that it is. Refused, each with its place: anchors and
 * aliases (a kilobyte of them can stand for gigabytes), tags, keys that are
 * no scalars, duplicate keys, a second document, nesting over
 * WEIR_YAML_DEPTH.
 *
 * Nodes are a cold tree: children are a linked list in the order written.
 * Memory: everything is copied into the arena. Any thread. */
#ifndef WEIR_YAML_H
#define WEIR_YAML_H

#include "weir/config.h"

enum { WEIR_YAML_DEPTH = 32 };

enum weir_node_kind { WEIR_NODE_SCALAR, WEIR_NODE_LIST, WEIR_NODE_MAP };

struct weir_node {
    enum weir_node_kind kind;
    bool quoted;           /* a scalar in quotes or a block: "null" is text */
    unsigned line, column; /* of the value, from 1; 0: unknown */
    struct weir_str file;
    struct weir_str text;          /* of a scalar */
    struct weir_str key;           /* in a map: the member's name, */
    unsigned key_line, key_column; /* and where that stands */
    struct weir_node *child;       /* the first one of a list or map */
    struct weir_node *next;        /* the next one in the parent */
    size_t n;                      /* number of children */
};

/* Reads `text` (at most 16 MiB). An empty document gives an empty MAP.
 * Mistakes go to `errors` under the name `file`. Those of syntax end the
 * reading: WEIR_EINVAL. With others (duplicate keys, anchors) the tree is
 * whole and the result 0, so that the caller goes on to find what else is
 * wrong: compare errors->n_fatal before using what was read. WEIR_ENOMEM. */
int weir_yaml_parse(struct weir_arena *a, struct weir_str text, struct weir_str file,
                    struct weir_errors *errors, struct weir_node **ret_root) WEIR_MUST_CHECK;
/* The member `key` of a map, or NULL; NULL too when `map` is no map. */
struct weir_node *weir_node_get(const struct weir_node *map, struct weir_str key);
/* Is it an unquoted empty, ~ or null? */
bool weir_node_null(const struct weir_node *n);
/* weir_errors_add() with the place of the value: a mistake, a warning; the
 * last one a mistake with the place of its name. */
void weir_node_error(struct weir_errors *e, const struct weir_node *n, const char *fmt, ...)
    WEIR_PRINTF(3, 4);
void weir_node_warning(struct weir_errors *e, const struct weir_node *n, const char *fmt, ...)
    WEIR_PRINTF(3, 4);
void weir_node_key_error(struct weir_errors *e, const struct weir_node *n, const char *fmt, ...)
    WEIR_PRINTF(3, 4);

#endif
