/* load.c - reading a rule's options, either spelling, with what is unknown. */
#include "load.h"

#include "builtin.h"
#include "chars.h"
#include "detect.h"

#include "weir/config.h"
#include "weir/yaml.h"

#include <stdlib.h>

enum { MAX_GROUPS = 32, MAX_PATTERN = 8192 };

bool weir_load_near(struct weir_str a, struct weir_str b)
{
    size_t head = 0, tail = 0, n = a.n < b.n ? a.n : b.n, longer = a.n < b.n ? b.n : a.n;

    while (head < n && weir_lower(a.p[head]) == weir_lower(b.p[head]))
        head++;
    while (tail < n - head && weir_lower(a.p[a.n - 1 - tail]) == weir_lower(b.p[b.n - 1 - tail]))
        tail++;
    return longer - head - tail <= 2 && head + tail >= longer - head - tail;
}

/* Is `written` the option `name`, replaceGroups or replace_groups? */
static bool same_option(struct weir_str written, const char *name)
{
    size_t i = 0;

    for (; *name != '\0' && i < written.n; name++, i++) {
        if (written.p[i] == *name)
            continue;
        /* replace_groups */
        if (written.p[i] != '_' || !weir_is(*name, WEIR_C_UPPER) || ++i == written.n ||
            written.p[i] != weir_lower(*name))
            return false;
    }
    return *name == '\0' && i == written.n;
}

const struct weir_node *weir_load_get(const struct weir_node *map, const char *name)
{
    if (map == NULL || map->kind != WEIR_NODE_MAP)
        return NULL;
    for (const struct weir_node *n = map->child; n != NULL; n = n->next)
        if (same_option(n->key, name))
            return n;
    return NULL;
}

bool weir_load_bool(const struct weir_node *map, const char *name, bool otherwise,
                    struct weir_errors *errors)
{
    const struct weir_node *n = weir_load_get(map, name);

    if (n == NULL || weir_node_null(n))
        return otherwise;
    if (n->kind == WEIR_NODE_SCALAR && weir_str_eq(n->text, WEIR_S("true")))
        return true;
    if (n->kind != WEIR_NODE_SCALAR || !weir_str_eq(n->text, WEIR_S("false")))
        weir_node_error(errors, n, "%s is true or false", name);
    return false;
}

/* A name of the list close to `key`, NULL: none. */
static const char *like(struct weir_str key, const char *const *known)
{
    for (; *known != NULL; known++)
        if (weir_load_near(key, weir_str_of(*known)))
            return *known;
    return NULL;
}

void weir_load_known(const struct weir_node *map, const char *const *known,
                     struct weir_errors *errors)
{
    for (const struct weir_node *n = map->child; n != NULL; n = n->next) {
        const char *near = like(n->key, known);
        size_t i;

        for (i = 0; known[i] != NULL && !same_option(n->key, known[i]);)
            i++;
        if (known[i] == NULL)
            weir_node_key_error(errors, n, "unknown key %.*s%s%s%s", WEIR_FMT(n->key),
                                near != NULL ? ": did you mean " : "", near != NULL ? near : "",
                                near != NULL ? "?" : "");
    }
}

void weir_load_check(const struct weir_node *rule, enum weir_rule_type type,
                     struct weir_errors *errors)
{
    static const char *const plain[] = {"type",       "redaction", "description",
                                        "everywhere", "tests",     NULL};
    static const char *const pattern[] = {"type",       "redaction",     "description",
                                          "pattern",    "replaceGroups", "caseSensitive",
                                          "everywhere", "tests",         NULL};
    static const char *const pair[] = {"type",          "redaction",  "description", "keyPattern",
                                       "caseSensitive", "everywhere", "tests",       NULL};
    static const char *const password[] = {"type",   "redaction", "description",   "keys",
                                           "unless", "except",    "caseSensitive", "everywhere",
                                           "tests",  NULL};
    static const char *const group[] = {"type", "redaction", "description", "rules",
                                        "rule", "hideInner", "tests",       NULL};
    const char *const *known = plain;

    if (type == WEIR_RULE_PATTERN)
        known = pattern;
    else if (type == WEIR_RULE_REDACT_PAIR)
        known = pair;
    else if (weir_builtin_keys(type) != NULL)
        known = password;
    else if (type == WEIR_RULE_MULTIPLE || type == WEIR_RULE_ALIAS)
        known = group;
    weir_load_known(rule, known, errors);
}

/* ---- patterns ------------------------------------------------------------------- */

/* Compiles with the JIT. \\w and the like are those of Unicode, as with Sentry.
 * Attachments may be text of any encoding: bytes that are no UTF-8 match
 * nothing. */
static int compile(struct weir_ruleset *set, const struct weir_node *n, uint32_t options,
                   struct weir_errors *errors, pcre2_code **ret_code)
{
    PCRE2_SIZE at;
    pcre2_code *code, **more;
    int error;

    if (n->text.n == 0 || n->text.n > MAX_PATTERN) {
        weir_node_error(errors, n, "a pattern has 1 to %d bytes", MAX_PATTERN);
        return 0;
    }
    code =
        pcre2_compile((PCRE2_SPTR)n->text.p, n->text.n,
                      options | PCRE2_UTF | PCRE2_UCP | PCRE2_MATCH_INVALID_UTF, &error, &at, NULL);
    if (code == NULL) {
        PCRE2_UCHAR why[128];

        pcre2_get_error_message(error, why, sizeof why);
        weir_node_error(errors, n, "pattern, character %zu: %s", (size_t)at + 1, (char *)why);
        return 0;
    }
    if (set->n_patterns == set->room_patterns) {
        set->room_patterns = set->room_patterns > 0 ? set->room_patterns * 2 : 16;
        more = realloc(set->patterns, set->room_patterns * sizeof(pcre2_code *));
        if (more == NULL) {
            pcre2_code_free(code);
            return WEIR_ENOMEM;
        }
        set->patterns = more;
    }
    set->patterns[set->n_patterns++] = code;
    /* without the JIT (not every machine has it) the interpreter does */
    (void)pcre2_jit_compile(code, PCRE2_JIT_COMPLETE);
    *ret_code = code;
    return 0;
}

static int load_groups(struct weir_ruleset *set, const struct weir_node *rule,
                       struct weir_errors *errors, struct weir_leaf *leaf)
{
    const struct weir_node *list = weir_load_get(rule, "replaceGroups");
    uint8_t groups[MAX_GROUPS], *kept;
    uint32_t most = 0;
    size_t n = 0;

    if (list == NULL || weir_node_null(list))
        return 0;
    if (list->kind != WEIR_NODE_LIST || list->n > MAX_GROUPS) {
        weir_node_error(errors, list, "replaceGroups is a list of at most %d numbers", MAX_GROUPS);
        return 0;
    }
    pcre2_pattern_info(leaf->pattern, PCRE2_INFO_CAPTURECOUNT, &most);
    for (const struct weir_node *g = list->child; g != NULL; g = g->next) {
        uint64_t v;

        if (g->kind != WEIR_NODE_SCALAR || !weir_str_u64(g->text, &v) || v > most || v >= 32)
            weir_node_error(errors, g, "the pattern has no such group");
        else if (v > 0)
            groups[n++] = (uint8_t)v;
    }
    kept = weir_arena_alloc(&set->arena, n + 1);
    if (kept == NULL)
        return WEIR_ENOMEM;
    memcpy(kept, groups, n);
    leaf->groups = kept;
    leaf->n_groups = n;
    return 0;
}

static int load_pattern(struct weir_ruleset *set, const struct weir_node *rule, const char *key,
                        uint32_t options, struct weir_errors *errors, struct weir_leaf *leaf)
{
    const struct weir_node *p = weir_load_get(rule, key);

    if (p == NULL || p->kind != WEIR_NODE_SCALAR) {
        weir_node_error(errors, rule, "%s is missing", key);
        return 0;
    }
    leaf->source = weir_arena_copy(&set->arena, p->text);
    leaf->file = weir_arena_copy(&set->arena, rule->file);
    leaf->line = rule->key_line;
    leaf->column = rule->key_column;
    if (leaf->source.p == NULL || leaf->file.p == NULL)
        return WEIR_ENOMEM;
    return compile(set, p, options, errors, &leaf->pattern);
}

/* ---- keys ------------------------------------------------------------------------- */

/* A list of texts; `lower` for comparison without case. */
static int load_list(struct weir_ruleset *set, const struct weir_node *rule, const char *key,
                     bool lower, struct weir_errors *errors, const struct weir_str **ret_list,
                     size_t *ret_n)
{
    const struct weir_node *list = weir_load_get(rule, key);
    struct weir_str *out;
    size_t n = 0;

    if (list == NULL)
        return 0;
    if (list->kind != WEIR_NODE_LIST) {
        weir_node_error(errors, list, "%s is a list of words", key);
        return 0;
    }
    out = weir_arena_zalloc(&set->arena, list->n + 1, sizeof *out);
    if (out == NULL)
        return WEIR_ENOMEM;
    for (const struct weir_node *w = list->child; w != NULL; w = w->next) {
        char *p;

        if (w->kind != WEIR_NODE_SCALAR || w->text.n == 0) {
            weir_node_error(errors, w, "a word is expected");
            continue;
        }
        out[n] = weir_arena_copy(&set->arena, w->text);
        p = (char *)(uintptr_t)out[n].p;
        if (p == NULL)
            return WEIR_ENOMEM;
        for (size_t i = 0; lower && i < out[n].n; i++)
            p[i] = weir_lower(p[i]);
        n++;
    }
    *ret_list = out;
    *ret_n = n;
    return 0;
}

static int load_keys(struct weir_ruleset *set, const struct weir_node *rule,
                     struct weir_errors *errors, struct weir_leaf *leaf)
{
    struct weir_words *w;
    int rc;

    /* the built-in list itself: rules that share it are asked once (plan.c) */
    if (weir_load_get(rule, "keys") == NULL && weir_load_get(rule, "unless") == NULL &&
        weir_load_get(rule, "except") == NULL)
        return 0;
    w = weir_arena_zalloc(&set->arena, 1, sizeof *w);
    if (w == NULL)
        return WEIR_ENOMEM;
    /* keys of one's own come without the words that spoil the built-in ones */
    if (weir_load_get(rule, "keys") == NULL)
        *w = *leaf->keys;
    leaf->keys = w;
    rc = load_list(set, rule, "keys", true, errors, &w->terms, &w->n_terms);
    if (rc == 0)
        rc = load_list(set, rule, "unless", true, errors, &w->unless, &w->n_unless);
    if (rc == 0)
        rc = load_list(set, rule, "except", false, errors, &w->except, &w->n_except);
    return rc;
}

int weir_load_leaf(struct weir_ruleset *set, const struct weir_node *rule,
                   struct weir_errors *errors, struct weir_leaf *leaf)
{
    const struct weir_node *type = weir_node_get(rule, WEIR_S("type"));
    const bool pair = weir_rule_type_of(type->text, &leaf->keys) == WEIR_RULE_REDACT_PAIR;
    const uint32_t options =
        weir_load_bool(rule, "caseSensitive", !pair, errors) ? 0 : PCRE2_CASELESS;
    int rc;

    leaf->type = weir_rule_type_of(type->text, &leaf->keys);
    leaf->everywhere = weir_load_bool(rule, "everywhere", false, errors);
    weir_load_redaction(set, rule, leaf->type, errors, &leaf->redact);
    switch (leaf->type) {
    case WEIR_RULE_PATTERN:
        rc = load_pattern(set, rule, "pattern", options, errors, leaf);
        return rc != 0 || leaf->pattern == NULL ? rc : load_groups(set, rule, errors, leaf);
    case WEIR_RULE_REDACT_PAIR:
        return load_pattern(set, rule, "keyPattern", options, errors, leaf);
    default:
        return weir_builtin_keys(leaf->type) != NULL ? load_keys(set, rule, errors, leaf) : 0;
    }
}
