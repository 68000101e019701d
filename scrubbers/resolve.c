/* resolve.c - see resolve.h. Circles are found by colouring: a rule being
 * followed is grey, and a reference to a grey one closes a circle. */
#include "resolve.h"

#include "builtin.h"
#include "detect.h"
#include "load.h"

#include "weir/buf.h"
#include "weir/config.h"
#include "weir/yaml.h"

#include <stdlib.h>

enum { MAX_LEAVES = 4096, MAX_NESTING = 16, MAX_STEPS = 100000 };
enum colour { WHITE, GREY, BLACK };

struct rule {
    const struct weir_node *node;
    enum weir_rule_type type;     /* WEIR_RULE_TYPES: mistaken */
    const struct weir_leaf *leaf; /* of what is no group; may be NULL when mistaken */
    struct weir_redaction redact; /* of a group */
    bool hide;                    /* a group's: remarks show its name */
    enum colour colour;
};

struct weir_resolver {
    struct weir_ruleset *set;
    struct weir_errors *errors;
    struct rule *rules;
    size_t n_rules;
    const struct weir_leaf **builtins; /* met so far, each once */
    size_t n_builtins, room_builtins;
    const struct weir_leaf **leaves; /* of the list at hand */
    size_t n_leaves, n_steps;
};

/* What a group gives to its members. */
struct outer {
    const struct weir_redaction *redact; /* for those that say none */
    struct weir_str shown;               /* name in remarks; empty: their own */
    unsigned depth;
};

static bool is_group(enum weir_rule_type t)
{
    return t == WEIR_RULE_MULTIPLE || t == WEIR_RULE_ALIAS;
}

static struct rule *find(const struct weir_resolver *r, struct weir_str name)
{
    for (size_t i = 0; i < r->n_rules; i++)
        if (weir_str_eq(r->rules[i].node->key, name))
            return &r->rules[i];
    return NULL;
}

static const struct weir_leaf *keep(struct weir_resolver *r, const struct weir_leaf *leaf)
{
    struct weir_leaf *copy = weir_arena_alloc(&r->set->arena, sizeof *copy);

    if (copy != NULL)
        *copy = *leaf;
    return copy;
}

/* ---- mistakes ---------------------------------------------------------------- */

static void unknown_rule(struct weir_resolver *r, const struct weir_node *ref)
{
    bool builtin = ref->text.n > 0 && ref->text.p[0] == '@';
    struct weir_str like = {NULL, 0};
    struct weir_buf b;

    weir_buf_init(&b, &r->set->arena, 256);
    if (builtin) {
        (void)weir_builtin_like(ref->text, &b);
    } else {
        for (size_t i = 0; b.n == 0 && i < r->n_rules; i++)
            if (weir_load_near(ref->text, r->rules[i].node->key))
                weir_buf_add(&b, r->rules[i].node->key);
        if (b.n == 0 && weir_builtin_group(weir_arena_printf(&r->set->arena, "@%.*s",
                                                             WEIR_FMT(ref->text))) != NULL)
            weir_buf_printf(&b, "@%.*s", WEIR_FMT(ref->text));
    }
    if (weir_buf_str(&b, &like) != 0)
        like.n = 0;
    weir_node_error(r->errors, ref, "%s %.*s%s%.*s%s",
                    builtin ? "no built-in rule" : "no rule named", WEIR_FMT(ref->text),
                    like.n > 0 ? ": did you mean " : "", WEIR_FMT(like), like.n > 0 ? "?" : "");
}

static void unknown_type(struct weir_resolver *r, const struct weir_node *type)
{
    const char *like = weir_rule_type_like(type->text);

    weir_node_error(r->errors, type, "unknown rule type %.*s%s%s%s", WEIR_FMT(type->text),
                    like != NULL ? ": did you mean " : "", like != NULL ? like : "",
                    like != NULL ? "?" : "");
}

/* ---- taking rules in ----------------------------------------------------------- */

/* Runs `fn` on each reference of a group. */
typedef int ref_fn(struct weir_resolver *r, const struct weir_node *ref, const struct outer *outer);

static int each_member(struct weir_resolver *r, const struct rule *group, ref_fn *fn,
                       const struct outer *outer)
{
    const struct weir_node *one = weir_load_get(group->node, "rule");
    const struct weir_node *list = weir_load_get(group->node, "rules");
    int rc = 0;

    if (one != NULL)
        return fn(r, one, outer);
    for (const struct weir_node *n = list != NULL ? list->child : NULL; rc == 0 && n != NULL;
         n = n->next)
        rc = fn(r, n, outer);
    return rc;
}

/* Reports what is wrong with a reference inside a group, and goes on to what
 * it refers to. */
static int follow(struct weir_resolver *r, const struct weir_node *ref, const struct outer *outer)
{
    const struct outer inner = {.depth = outer->depth + 1};
    struct weir_leaf leaf;
    struct rule *to;
    int rc;

    if (ref->kind != WEIR_NODE_SCALAR) {
        weir_node_error(r->errors, ref, "the name of a rule is expected");
        return 0;
    }
    to = find(r, ref->text);
    if (to == NULL) {
        if (weir_builtin_group(ref->text) == NULL && !weir_builtin_leaf(ref->text, &leaf))
            unknown_rule(r, ref);
        return 0;
    }
    if (to->colour == GREY)
        weir_node_error(r->errors, ref, "rules refer to each other in a circle");
    else if (outer->depth >= MAX_NESTING)
        weir_node_error(r->errors, ref, "rules refer to each other over more than %d steps",
                        MAX_NESTING);
    if (to->colour != WHITE || outer->depth >= MAX_NESTING)
        return 0;
    to->colour = GREY;
    rc = is_group(to->type) ? each_member(r, to, follow, &inner) : 0;
    to->colour = BLACK;
    return rc;
}

static void check_group(struct weir_resolver *r, struct rule *rule)
{
    const struct weir_node *one = weir_load_get(rule->node, "rule");
    const struct weir_node *list = weir_load_get(rule->node, "rules");

    weir_load_redaction(r->set, rule->node, rule->type, r->errors, &rule->redact);
    rule->hide = weir_load_bool(rule->node, "hideInner", false, r->errors);
    if (one == NULL && (list == NULL || list->kind != WEIR_NODE_LIST))
        weir_node_error(r->errors, rule->node, "a multiple needs a list of rules, an alias a rule");
}

static int compile(struct weir_resolver *r, struct rule *rule)
{
    const struct weir_node *type = weir_load_get(rule->node, "type");
    const struct weir_words *keys;
    struct weir_leaf leaf = {.ruleset = r->set->name};
    int rc;

    rule->type = WEIR_RULE_TYPES;
    if (type == NULL || type->kind != WEIR_NODE_SCALAR) {
        weir_node_error(r->errors, rule->node, "a rule needs a type");
        return 0;
    }
    rule->type = weir_rule_type_of(type->text, &keys);
    if (rule->type == WEIR_RULE_TYPES) {
        unknown_type(r, type);
        return 0;
    }
    weir_load_check(rule->node, rule->type, r->errors);
    if (is_group(rule->type)) {
        check_group(r, rule);
        return 0;
    }
    leaf.name = weir_arena_copy(&r->set->arena, rule->node->key);
    rc = weir_load_leaf(r->set, rule->node, r->errors, &leaf);
    rule->leaf = rc == 0 ? keep(r, &leaf) : NULL;
    return rc == 0 && rule->leaf == NULL ? WEIR_ENOMEM : rc;
}

int weir_resolver_rules(struct weir_resolver *r, const struct weir_node *rules)
{
    const struct outer none = {.depth = 0};
    int rc = 0;

    r->rules = NULL;
    r->n_rules = 0;
    if (rules == NULL)
        return 0;
    if (rules->kind != WEIR_NODE_MAP) {
        weir_node_error(r->errors, rules, "rules is a map from a name to a rule");
        return 0;
    }
    r->rules = weir_arena_zalloc(&r->set->arena, rules->n + 1, sizeof *r->rules);
    if (r->rules == NULL)
        return WEIR_ENOMEM;
    for (const struct weir_node *n = rules->child; rc == 0 && n != NULL; n = n->next) {
        r->rules[r->n_rules].node = n;
        rc = compile(r, &r->rules[r->n_rules++]);
    }
    for (size_t i = 0; rc == 0 && i < r->n_rules; i++) {
        struct rule *rule = &r->rules[i];

        if (rule->colour != WHITE || !is_group(rule->type))
            continue;
        rule->colour = GREY;
        rc = each_member(r, rule, follow, &none);
        rule->colour = BLACK;
    }
    return rc;
}

/* ---- leaves ---------------------------------------------------------------------- */

static int add_leaf(struct weir_resolver *r, const struct weir_leaf *leaf)
{
    if (leaf == NULL)
        return WEIR_ENOMEM;
    if (r->n_leaves == MAX_LEAVES)
        return WEIR_ELIMIT;
    r->leaves[r->n_leaves++] = leaf;
    return 0;
}

static int remember(struct weir_resolver *r, const struct weir_leaf *leaf)
{
    if (leaf == NULL)
        return WEIR_ENOMEM;
    if (r->n_builtins == r->room_builtins) {
        size_t room = r->room_builtins > 0 ? 2 * r->room_builtins : 32;
        void *more = realloc(r->builtins, room * sizeof(const struct weir_leaf *));

        if (more == NULL)
            return WEIR_ENOMEM;
        r->builtins = more;
        r->room_builtins = room;
    }
    r->builtins[r->n_builtins++] = leaf;
    return 0;
}

/* The same built-in rule in two applications is one rule. */
static int add_builtin_leaf(struct weir_resolver *r, struct weir_str name, struct weir_str shown)
{
    struct weir_leaf leaf;
    const struct weir_leaf *kept;
    int rc;

    if (shown.n == 0)
        shown = name;
    if (!weir_builtin_leaf(name, &leaf))
        return WEIR_ENOTFOUND;
    for (size_t i = 0; i < r->n_builtins; i++) {
        const struct weir_leaf *b = r->builtins[i];

        if (weir_str_eq(b->name, shown) && b->type == leaf.type &&
            b->redact.method == leaf.redact.method && b->keys == leaf.keys &&
            weir_str_eq(b->redact.text, leaf.redact.text))
            return add_leaf(r, b);
    }
    leaf.ruleset = r->set->name;
    leaf.name = weir_arena_copy(&r->set->arena, shown);
    leaf.redact.hash_key = r->set->hash_key;
    kept = keep(r, &leaf);
    rc = remember(r, kept);
    return rc != 0 ? rc : add_leaf(r, kept);
}

/* A built-in rule or group (which hides nothing of its own); WEIR_ENOTFOUND. */
static int add_builtin(struct weir_resolver *r, struct weir_str name, struct weir_str shown)
{
    const char *const *group = weir_builtin_group(name);
    int rc = 0;

    if (group == NULL)
        return add_builtin_leaf(r, name, shown);
    for (; rc == 0 && *group != NULL; group++)
        rc = add_builtin_leaf(r, weir_str_of(*group), (struct weir_str){NULL, 0});
    return rc;
}

/* The rule's leaf; a group's redaction or name makes a variant of its own. */
static int add_variant(struct weir_resolver *r, const struct weir_leaf *kept,
                       const struct outer *outer)
{
    struct weir_leaf leaf;

    if (kept == NULL)
        return 0; /* mistaken, and reported */
    if (outer->shown.n == 0 && kept->redact.method != WEIR_METHOD_DEFAULT)
        return add_leaf(r, kept);
    leaf = *kept;
    if (leaf.redact.method == WEIR_METHOD_DEFAULT && outer->redact != NULL)
        leaf.redact = *outer->redact;
    if (leaf.redact.method == WEIR_METHOD_DEFAULT)
        leaf.redact.method = WEIR_METHOD_REMOVE;
    if (outer->shown.n > 0)
        leaf.name = weir_arena_copy(&r->set->arena, outer->shown);
    return add_leaf(r, keep(r, &leaf));
}

static int add_ref(struct weir_resolver *r, const struct weir_node *ref, const struct outer *outer)
{
    const struct rule *rule = find(r, ref->text);
    struct outer inner = {outer->redact, {NULL, 0}, outer->depth + 1};

    if (ref->kind != WEIR_NODE_SCALAR || outer->depth > MAX_NESTING)
        return 0; /* reported when the rules were taken in */
    if (++r->n_steps > MAX_STEPS)
        return WEIR_ELIMIT;
    if (rule == NULL) {
        int rc = add_builtin(r, ref->text, outer->shown);

        return rc == WEIR_ENOTFOUND ? 0 : rc;
    }
    if (!is_group(rule->type))
        return add_variant(r, rule->leaf, outer);
    if (rule->redact.method != WEIR_METHOD_DEFAULT)
        inner.redact = &rule->redact;
    if (rule->hide)
        inner.shown = outer->shown.n > 0 ? outer->shown : rule->node->key;
    return each_member(r, rule, add_ref, &inner);
}

int weir_resolver_list(struct weir_resolver *r, const struct weir_node *list,
                       const struct weir_leaf ***ret_leaves, size_t *ret_n)
{
    const struct outer none = {.depth = 0};
    size_t fatal = r->errors->n_fatal;
    const struct weir_leaf **leaves;

    r->n_leaves = 0;
    r->n_steps = 0;
    for (const struct weir_node *n = list->child; n != NULL; n = n->next) {
        struct weir_leaf unused;
        int rc = 0;

        if (n->kind != WEIR_NODE_SCALAR)
            weir_node_error(r->errors, n, "the name of a rule is expected");
        else if (find(r, n->text) == NULL && weir_builtin_group(n->text) == NULL &&
                 !weir_builtin_leaf(n->text, &unused))
            unknown_rule(r, n);
        else if (fatal == r->errors->n_fatal)
            rc = add_ref(r, n, &none);
        if (rc == WEIR_ELIMIT)
            weir_node_error(r->errors, n, "more than %d rules under one selector", MAX_LEAVES);
        else if (rc != 0)
            return rc;
    }
    leaves = weir_arena_alloc(&r->set->arena, (r->n_leaves + 1) * sizeof(struct weir_leaf *));
    if (leaves == NULL)
        return WEIR_ENOMEM;
    memcpy(leaves, r->leaves, r->n_leaves * sizeof(struct weir_leaf *));
    *ret_leaves = leaves;
    *ret_n = r->n_leaves;
    return 0;
}

/* ---- life -------------------------------------------------------------------------- */

struct weir_resolver *weir_resolver_new(struct weir_ruleset *set, struct weir_errors *errors)
{
    struct weir_resolver *r = calloc(1, sizeof *r);

    if (r == NULL)
        return NULL;
    r->set = set;
    r->errors = errors;
    r->leaves = malloc(MAX_LEAVES * sizeof(struct weir_leaf *));
    if (r->leaves == NULL) {
        free(r);
        return NULL;
    }
    return r;
}

void weir_resolver_free(struct weir_resolver *r)
{
    if (r == NULL)
        return;
    free(r->builtins);
    free(r->leaves);
    free(r);
}
