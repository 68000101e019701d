/* ruleset.c - YAML or JSON text to a compiled rule set.
 *
 *   name: shop
 *   rules:
 *     order: {type: pattern, pattern: 'ORD-([0-9]+)', replaceGroups: [1],
 *             redaction: {method: mask}}
 *   applications:
 *     $message: [order, '@email']
 *   scrubDefaults: true
 *   extends: [default]
 *
 * Three shapes are read: a rule set; the configuration of Sentry's advanced
 * data scrubbing (rules, applications, vars), which is one without a name;
 * and a whole project configuration, in which that stands as piiConfig and
 * the simple settings as datascrubbingSettings, maybe inside `config`; what
 * else it has is none of ours. The simple settings become rules and
 * applications behind those written (settings.h).
 *
 * `extends` names built-in sets whose applications come before those of the
 * set, each once however often it is named. Their rules are theirs: a name
 * means the rule of the set that says it.
 *
 * All mistakes are collected with their places; a rule set with any is not
 * used. */
#include "rule.h"

#include "load.h"
#include "resolve.h"
#include "settings.h"

#include "weir/config.h"
#include "weir/yaml.h"

#include <stdlib.h>

enum { RULESET_BYTES = 64 * 1024 * 1024, MAX_BASES = 16 };

/* Made by cmake/embed.cmake of rulesets/; ended by NULL. */
struct weir_embedded {
    const char *name, *text;
};
extern const struct weir_embedded weir_embedded_rulesets[];

struct loader {
    struct weir_ruleset *set;
    struct weir_errors *errors;
    struct weir_resolver *resolver;
    struct weir_str only; /* the one rule that is applied, to everything; empty: all as said */
    const struct weir_embedded *bases[MAX_BASES]; /* taken in so far */
    size_t n_bases;
};

/* Where character `at` of a key stands, as far as one line goes. */
static void selector_error(struct loader *l, const struct weir_node *n, const char *why, size_t at)
{
    weir_errors_add(l->errors, false, n->file, n->key_line,
                    n->key_column > 0 ? n->key_column + (unsigned)at : 0, "selector: %s", why);
}

static int load_application(struct loader *l, const struct weir_node *n,
                            struct weir_application *app)
{
    const char *why = "";
    size_t at = 0;

    app->selector =
        weir_selector_parse(&l->set->arena, weir_arena_copy(&l->set->arena, n->key), &why, &at);
    if (app->selector == NULL)
        selector_error(l, n, why, at);
    if (n->kind != WEIR_NODE_LIST) {
        weir_node_error(l->errors, n, "a list of rules is expected");
        return 0;
    }
    return weir_resolver_list(l->resolver, n, &app->leaves, &app->n_leaves);
}

static int load_applications(struct loader *l, const struct weir_node *apps)
{
    struct weir_application *all;
    size_t n = l->set->n_applications;
    int rc = 0;

    if (apps == NULL)
        return 0;
    if (apps->kind != WEIR_NODE_MAP) {
        weir_node_error(l->errors, apps,
                        "applications is a map from a selector to a list of rules");
        return 0;
    }
    all = weir_arena_zalloc(&l->set->arena, n + apps->n + 1, sizeof *all);
    if (all == NULL)
        return WEIR_ENOMEM;
    if (n > 0)
        memcpy(all, l->set->applications, n * sizeof *all);
    for (const struct weir_node *a = apps->child; rc == 0 && a != NULL; a = a->next)
        rc = load_application(l, a, &all[n++]);
    l->set->applications = all;
    l->set->n_applications = n;
    return rc;
}

/* As if the set said {"**": [that rule]}. */
static int load_only(struct loader *l)
{
    struct weir_node rule = {.kind = WEIR_NODE_SCALAR, .text = l->only};
    struct weir_node list = {.kind = WEIR_NODE_LIST, .key = WEIR_S("**"), .child = &rule, .n = 1};
    const struct weir_node map = {.kind = WEIR_NODE_MAP, .child = &list, .n = 1};

    return load_applications(l, &map);
}

/* The applications of `root`, whose names mean the rules of `root`. */
static int load_rules(struct loader *l, const struct weir_node *root)
{
    int rc = weir_resolver_rules(l->resolver, weir_load_get(root, "rules"));

    if (rc != 0)
        return rc;
    return l->only.n > 0 ? load_only(l) : load_applications(l, weir_load_get(root, "applications"));
}

static struct weir_str text_of(struct loader *l, const struct weir_node *root, const char *key)
{
    const struct weir_node *n = weir_node_get(root, weir_str_of(key));

    if (n == NULL || n->kind != WEIR_NODE_SCALAR)
        return (struct weir_str){NULL, 0};
    return weir_arena_copy(&l->set->arena, n->text);
}

static void load_vars(struct loader *l, const struct weir_node *root)
{
    static const char *const known[] = {"hashKey", NULL};
    const struct weir_node *vars = weir_load_get(root, "vars"), *key;

    if (vars == NULL || weir_node_null(vars))
        return;
    if (vars->kind != WEIR_NODE_MAP) {
        weir_node_error(l->errors, vars, "vars is a map with a hashKey");
        return;
    }
    weir_load_known(vars, known, l->errors);
    key = weir_load_get(vars, "hashKey");
    if (key == NULL || weir_node_null(key))
        return;
    if (key->kind != WEIR_NODE_SCALAR)
        weir_node_error(l->errors, key, "hashKey is a text that keys the hash method");
    else
        l->set->hash_key = weir_arena_copy(&l->set->arena, key->text);
}

/* The parts of the file: where the rules stand, and where the settings. */
static void find_parts(struct loader *l, const struct weir_node *root,
                       const struct weir_node **ret_rules, const struct weir_node **ret_settings)
{
    static const char *const known[] = {"name",
                                        "version",
                                        "description",
                                        "rules",
                                        "applications",
                                        "vars",
                                        "scrubData",
                                        "scrubDefaults",
                                        "sensitiveFields",
                                        "excludeFields",
                                        "scrubIpAddresses",
                                        "tests",
                                        "extends",
                                        NULL};
    static const char *const pii[] = {"rules", "applications", "vars", NULL};
    const struct weir_node *config = weir_load_get(root, "config");
    const struct weir_node *in = config != NULL && config->kind == WEIR_NODE_MAP ? config : root;

    *ret_rules = weir_load_get(in, "piiConfig");
    *ret_settings = weir_load_get(in, "datascrubbingSettings");
    if (*ret_rules == NULL && *ret_settings == NULL) {
        *ret_rules = *ret_settings = root;
        weir_load_known(root, known, l->errors);
    } else if (*ret_rules != NULL && (*ret_rules)->kind == WEIR_NODE_MAP) {
        weir_load_known(*ret_rules, pii, l->errors);
    }
}

static const struct weir_embedded *embedded(struct weir_str name)
{
    for (const struct weir_embedded *e = weir_embedded_rulesets; e->name != NULL; e++)
        if (weir_str_eq(name, weir_str_of(e->name)))
            return e;
    return NULL;
}

static void unknown_base(struct loader *l, const struct weir_node *name)
{
    const struct weir_embedded *e = weir_embedded_rulesets;

    while (name->kind == WEIR_NODE_SCALAR && e->name != NULL &&
           !weir_load_near(name->text, weir_str_of(e->name)))
        e++;
    if (name->kind == WEIR_NODE_SCALAR && e->name != NULL)
        weir_node_error(l->errors, name, "extends names built-in rule sets: did you mean %s?",
                        e->name);
    else
        weir_node_error(l->errors, name, "extends names built-in rule sets");
}

static int load_bases(struct loader *l, const struct weir_node *root);

/* What the built-in set named by `name` applies, and what it extends. */
static int load_base(struct loader *l, const struct weir_node *name)
{
    const struct weir_embedded *base = name->kind == WEIR_NODE_SCALAR ? embedded(name->text) : NULL;
    struct weir_node *root;
    int rc;

    if (base == NULL) {
        unknown_base(l, name);
        return 0;
    }
    for (size_t i = 0; i < l->n_bases; i++)
        if (l->bases[i] == base)
            return 0;
    if (l->n_bases == MAX_BASES)
        return WEIR_ELIMIT;
    l->bases[l->n_bases++] = base;
    rc = weir_yaml_parse(&l->set->arena, weir_str_of(base->text), weir_str_of(base->name),
                         l->errors, &root);
    if (rc == 0)
        rc = load_bases(l, root);
    return rc == 0 ? load_rules(l, root) : rc;
}

static int load_bases(struct loader *l, const struct weir_node *root)
{
    const struct weir_node *list = weir_load_get(root, "extends");
    int rc = 0;

    if (list == NULL || l->only.n > 0)
        return 0;
    if (list->kind == WEIR_NODE_SCALAR)
        return load_base(l, list);
    if (list->kind != WEIR_NODE_LIST) {
        weir_node_error(l->errors, list, "extends is a list of rule sets");
        return 0;
    }
    for (const struct weir_node *n = list->child; rc == 0 && n != NULL; n = n->next)
        rc = load_base(l, n);
    return rc;
}

/* A set that applies nothing removes nothing, which nobody means who wrote
 * one. `before`: mistakes told so far; where there are more, they say it. */
static void warn_idle(struct loader *l, const struct weir_node *root, const struct weir_node *rules,
                      size_t before)
{
    const struct weir_node *written = weir_load_get(rules, "rules");

    for (size_t i = 0; i < l->set->n_applications; i++)
        if (l->set->applications[i].n_leaves > 0)
            return;
    if (l->errors->n > before)
        return;
    if (written != NULL && written->kind == WEIR_NODE_MAP && written->child != NULL)
        weir_errors_add(l->errors, true, written->file, written->key_line, written->key_column,
                        "none of the rules is applied: add applications: {\"**\": [%.*s]}, or a "
                        "narrower selector",
                        WEIR_FMT(weir_str_sub(written->child->key, 0, 64)));
    else
        weir_errors_add(l->errors, true, root->file, root->line > 0 ? root->line : 1,
                        root->column > 0 ? root->column : 1,
                        "this rule set applies no rule: add extends: [default], or "
                        "applications: {\"**\": [\"@common\"]}");
}

static int load(struct loader *l, struct weir_str text, struct weir_str file)
{
    const struct weir_node *rules, *settings, *made = NULL;
    size_t before = l->errors->n;
    struct weir_node *root;
    int rc = weir_yaml_parse(&l->set->arena, text, file, l->errors, &root);

    if (rc != 0)
        return rc;
    if (root->kind != WEIR_NODE_MAP) {
        weir_node_error(l->errors, root, "a rule set is a map");
        return 0;
    }
    find_parts(l, root, &rules, &settings);
    (void)text_of(l, root, "version"); /* for people; checked all the same */
    (void)text_of(l, root, "description");
    load_vars(l, rules);
    rc = load_bases(l, root);
    if (rc == 0)
        rc = load_rules(l, rules);
    if (rc == 0 && l->only.n == 0)
        rc = weir_settings_rules(&l->set->arena, settings, l->errors, &made);
    if (rc == 0 && made != NULL)
        rc = load_rules(l, made);
    if (rc == 0 && l->only.n == 0)
        warn_idle(l, root, rules, before);
    return rc;
}

int weir_ruleset_parse_one(struct weir_str name, struct weir_str text, struct weir_str file,
                           struct weir_str rule, struct weir_errors *errors,
                           struct weir_ruleset **ret_ruleset)
{
    struct loader l = {.errors = errors, .only = rule};
    size_t before = errors->n_fatal;
    int rc = WEIR_ENOMEM;

    l.set = calloc(1, sizeof *l.set);
    if (l.set == NULL)
        return WEIR_ENOMEM;
    weir_arena_init(&l.set->arena, RULESET_BYTES);
    l.set->name = weir_arena_copy(&l.set->arena, name);
    l.set->file = weir_arena_copy(&l.set->arena, file);
    l.resolver = weir_resolver_new(l.set, errors);
    if (l.set->name.p != NULL && l.set->file.p != NULL && l.resolver != NULL)
        rc = load(&l, text, file);
    if (rc == 0 && errors->n_fatal > before)
        rc = WEIR_EINVAL;
    if (rc == 0) {
        *ret_ruleset = l.set;
        l.set = NULL;
    }
    weir_ruleset_free(l.set);
    weir_resolver_free(l.resolver);
    return rc;
}

int weir_ruleset_parse(struct weir_str name, struct weir_str text, struct weir_str file,
                       struct weir_errors *errors, struct weir_ruleset **ret_ruleset)
{
    return weir_ruleset_parse_one(name, text, file, (struct weir_str){NULL, 0}, errors,
                                  ret_ruleset);
}

void weir_ruleset_free(struct weir_ruleset *r)
{
    if (r == NULL)
        return;
    for (size_t i = 0; i < r->n_patterns; i++)
        pcre2_code_free(r->patterns[i]);
    free(r->patterns);
    weir_arena_destroy(&r->arena);
    free(r);
}

/* ---- built-in sets --------------------------------------------------------- */

int weir_ruleset_builtin(struct weir_str name, struct weir_ruleset **ret_ruleset)
{
    const struct weir_embedded *set = embedded(name);
    struct weir_arena arena;
    struct weir_errors errors;
    int rc;

    if (set == NULL)
        return WEIR_ENOTFOUND;
    weir_arena_init(&arena, 1024 * 1024);
    weir_errors_init(&errors, &arena);
    rc = weir_ruleset_parse(name, weir_str_of(set->text), name, &errors, ret_ruleset);
    if (rc == 0)
        (*ret_ruleset)->file.n = 0;
    weir_arena_destroy(&arena);
    return rc;
}

const char *const *weir_ruleset_names(void)
{
    static const char *names[32];

    for (size_t i = 0; i < 31 && weir_embedded_rulesets[i].name != NULL; i++)
        names[i] = weir_embedded_rulesets[i].name;
    return names;
}
