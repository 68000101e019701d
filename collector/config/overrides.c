/* overrides.c - WEIR_LISTEN_HTTP and the like, over what the file says.
 *
 * Each setting at the top level that is one value has a variable. Its value
 * is put into the tree in the place of the file's, so that everything after
 * treats both alike; messages name the variable. */
#include "settings.h"

#include "suggest.h"

/* The variable's value is meant as it is: no ${...} in it. */
static struct weir_str escape(struct weir_loader *l, struct weir_str s)
{
    struct weir_buf b;
    struct weir_str text = {NULL, 0};

    if (weir_str_find(s, WEIR_S("${")) == SIZE_MAX)
        return weir_arena_copy(l->arena, s);
    weir_buf_init(&b, l->arena, 1 << 20);
    for (size_t i = 0; i < s.n; i++) {
        if (i + 1 < s.n && s.p[i] == '$' && s.p[i + 1] == '{')
            weir_buf_char(&b, '$');
        weir_buf_char(&b, s.p[i]);
    }
    l->no_memory |= weir_buf_str(&b, &text) != 0;
    return text;
}

static struct weir_node *add_member(struct weir_loader *l, struct weir_node *map,
                                    struct weir_str key, enum weir_node_kind kind)
{
    struct weir_node *n = weir_loader_alloc(l, 1, sizeof *n);

    if (n == NULL)
        return NULL;
    n->kind = kind;
    n->key = key;
    n->next = map->child;
    map->child = n;
    map->n++;
    return n;
}

/* The member that a path leads to, made where it is missing. NULL when the
 * file has something other than a map on the way, which is said later. */
static struct weir_node *reach(struct weir_loader *l, const char *path)
{
    struct weir_node *n = l->root;
    struct weir_str rest = weir_str_of(path), head;

    while (rest.n > 0) {
        struct weir_node *member;

        weir_str_cut(rest, '.', &head, &rest);
        if (weir_node_null(n))
            n->kind = WEIR_NODE_MAP;
        if (n->kind != WEIR_NODE_MAP)
            return NULL;
        member = weir_node_get(n, head);
        if (member == NULL)
            member = add_member(l, n, head, rest.n > 0 ? WEIR_NODE_MAP : WEIR_NODE_SCALAR);
        if (member == NULL)
            return NULL;
        n = member;
    }
    return n;
}

static void apply(struct weir_loader *l, const struct weir_setting *s, const char *name,
                  struct weir_str value)
{
    struct weir_node *n = reach(l, s->path);

    if (n == NULL)
        return;
    n->kind = WEIR_NODE_SCALAR;
    n->quoted = true;
    n->line = n->column = 0;
    n->child = NULL;
    n->n = 0;
    n->text = escape(l, value);
    n->file = weir_arena_printf(l->arena, "environment variable %s", name);
}

static bool has_variable(const struct weir_setting *s)
{
    return s->scope == WEIR_SCOPE_TOP && weir_types[s->type].scalar;
}

void weir_overrides_apply(struct weir_loader *l)
{
    for (size_t i = 0; i < weir_n_settings; i++) {
        struct weir_str value;
        char name[64];

        if (!has_variable(&weir_settings[i]))
            continue;
        weir_setting_variable(&weir_settings[i], name);
        if (weir_variable(l, weir_str_of(name), &value))
            apply(l, &weir_settings[i], name, value);
    }
}

/* ---- variables that name no setting -------------------------------------- */

/* Those of the table's own defaults, also when the file says otherwise. */
static bool used_by_name(const struct weir_loader *l, struct weir_str name)
{
    return weir_str_eq(name, WEIR_S("WEIR_DSN")) || weir_str_eq(name, WEIR_S("WEIR_HASH_KEY")) ||
           weir_strs_have(&l->variables_used, name);
}

static void warn(struct weir_loader *l, struct weir_str name)
{
    struct weir_suggestion near;

    if (used_by_name(l, name))
        return;
    weir_suggest_init(&near, name);
    weir_suggest(&near, WEIR_S("WEIR_DSN"));
    weir_suggest(&near, WEIR_S("WEIR_HASH_KEY"));
    for (size_t i = 0; i < weir_n_settings; i++) {
        char variable[64];

        if (!has_variable(&weir_settings[i]))
            continue;
        weir_setting_variable(&weir_settings[i], variable);
        if (weir_str_eq(name, weir_str_of(variable)))
            return;
        weir_suggest(&near, weir_arena_copy(l->arena, weir_str_of(variable)));
    }
    if (near.best.n > 0)
        weir_errors_add(l->errors, true, WEIR_S("environment"), 0, 0,
                        "%.*s names no setting, did you mean %.*s?",
                        WEIR_FMT(weir_str_sub(name, 0, 64)), WEIR_FMT(near.best));
    else
        weir_errors_add(l->errors, true, WEIR_S("environment"), 0, 0, "%.*s names no setting",
                        WEIR_FMT(weir_str_sub(name, 0, 64)));
}

void weir_overrides_warn(struct weir_loader *l)
{
    for (char *const *v = l->options->variables; v != NULL && *v != NULL; v++) {
        struct weir_str name, value;

        weir_str_cut(weir_str_of(*v), '=', &name, &value);
        if (weir_str_starts(name, WEIR_S("WEIR_")))
            warn(l, name);
    }
}
