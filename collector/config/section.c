/* section.c - the walk of the tree by the table of settings.
 *
 * For each row its node is looked up in the tree (or its default is taken)
 * and read by the row's type; then the tree is walked for keys that no row
 * knows. A value that cannot be used counts as absent afterwards, so that
 * one mistake does not make others. */
#include "settings.h"

#include "suggest.h"

#include <stdio.h>

/* ---- values ------------------------------------------------------------- */

static const struct weir_node *find(const struct weir_node *section, const char *path)
{
    struct weir_str rest = weir_str_of(path), head;

    while (section != NULL && rest.n > 0) {
        weir_str_cut(rest, '.', &head, &rest);
        section = weir_node_get(section, head);
    }
    return section != NULL && !weir_node_null(section) ? section : NULL;
}

/* What messages call a default's origin: the variable that it takes. */
static struct weir_str fallback_file(struct weir_loader *l, struct weir_str text)
{
    struct weir_str head, tail;

    if (!weir_str_starts(text, WEIR_S("${")))
        return l->file;
    weir_str_cut(weir_str_sub(text, 2, text.n), ':', &head, &tail);
    return weir_arena_printf(l->arena, "environment variable %.*s", WEIR_FMT(head));
}

/* Lines of a default's own text would only mislead. */
static void forget_places(struct weir_node *n)
{
    n->line = n->column = n->key_line = n->key_column = 0;
    for (n = n->child; n != NULL; n = n->next)
        forget_places(n);
}

/* The default as a node without a place. */
static const struct weir_node *fallback_node(struct weir_loader *l, const struct weir_setting *s)
{
    struct weir_str text = weir_str_of(s->fallback);
    struct weir_node *n = NULL;

    if (weir_str_starts(text, WEIR_S("[")) || weir_str_starts(text, WEIR_S("{"))) {
        if (weir_yaml_parse(l->arena, text, l->file, l->errors, &n) != 0)
            l->no_memory = true;
        else
            forget_places(n);
        return n;
    }
    n = weir_loader_alloc(l, 1, sizeof *n);
    if (n != NULL)
        *n = (struct weir_node){
            .kind = WEIR_NODE_SCALAR, .quoted = true, .text = text, .file = fallback_file(l, text)};
    return n;
}

static void read_setting(struct weir_loader *l, const struct weir_setting *s,
                         const struct weir_node *section, void *base)
{
    const struct weir_type_row *type = &weir_types[s->type];
    const struct weir_node *n = find(section, s->path);

    if (n != NULL && type->read(l, s, n, base))
        return;
    /* After a mistake a default from the environment could only add another. */
    if (n != NULL && weir_str_starts(weir_str_of(s->fallback), WEIR_S("${")))
        return;
    n = fallback_node(l, s);
    if (n != NULL && !l->no_memory)
        (void)type->read(l, s, n, base); /* what is wrong was said */
}

/* ---- unknown keys ------------------------------------------------------- */

enum known { UNKNOWN, SECTION, SETTING };

static enum known know(enum weir_scope scope, struct weir_str path)
{
    for (size_t i = 0; i < weir_n_settings; i++) {
        const struct weir_setting *s = &weir_settings[i];
        struct weir_str known = weir_str_of(s->path);

        if (s->scope != scope || !weir_str_starts(known, path))
            continue;
        if (known.n == path.n)
            return SETTING;
        if (known.p[path.n] == '.')
            return SECTION;
    }
    return UNKNOWN;
}

/* Offers what may stand where the unknown key stands; when nothing there is
 * like it, a key of that very name elsewhere in the scope. */
static struct weir_str suggest_key(enum weir_scope scope, struct weir_str prefix,
                                   struct weir_str key)
{
    struct weir_suggestion near;
    struct weir_str elsewhere = {NULL, 0};

    weir_suggest_init(&near, key);
    for (size_t i = 0; i < weir_n_settings; i++) {
        struct weir_str path = weir_str_of(weir_settings[i].path), head, tail;

        if (weir_settings[i].scope != scope)
            continue;
        if (weir_str_ends(path, key) && path.n > key.n && path.p[path.n - key.n - 1] == '.')
            elsewhere = path;
        if (!weir_str_starts(path, prefix))
            continue;
        weir_str_cut(weir_str_sub(path, prefix.n, path.n), '.', &head, &tail);
        weir_suggest(&near, head);
    }
    return near.best.n > 0 ? near.best : elsewhere;
}

static const char *where_allowed(enum weir_scope scope, struct weir_str prefix, char room[96])
{
    const char *list = weir_scope_paths[scope];

    if (prefix.n > 0)
        snprintf(room, 96, " in %s%s%.*s", list, *list != '\0' ? "[]." : "", (int)prefix.n - 1,
                 prefix.p);
    else
        snprintf(room, 96, "%s%s%s", *list != '\0' ? " in " : "", list, *list != '\0' ? "[]" : "");
    return room;
}

static void complain_unknown(struct weir_loader *l, enum weir_scope scope, struct weir_str prefix,
                             const struct weir_node *n)
{
    struct weir_str meant = suggest_key(scope, prefix, n->key);
    char where[96];

    where_allowed(scope, prefix, where);
    if (n->key.n > 0 && know(scope, n->key) == SETTING)
        weir_node_key_error(l->errors, n, "unknown key '%.*s': dots are written as nested maps",
                            WEIR_FMT(n->key));
    else if (meant.n > 0)
        weir_node_key_error(l->errors, n, "unknown key '%.*s'%s, did you mean '%.*s'?",
                            WEIR_FMT(weir_str_sub(n->key, 0, 64)), where, WEIR_FMT(meant));
    else
        weir_node_key_error(l->errors, n, "unknown key '%.*s'%s: remove it",
                            WEIR_FMT(weir_str_sub(n->key, 0, 64)), where);
}

/* `prefix` ends in a dot, or is empty. */
static void walk(struct weir_loader *l, enum weir_scope scope, struct weir_str prefix,
                 const struct weir_node *section)
{
    for (const struct weir_node *n = section->child; n != NULL; n = n->next) {
        struct weir_str path =
            weir_arena_printf(l->arena, "%.*s%.*s.", WEIR_FMT(prefix), WEIR_FMT(n->key));
        enum known known = n->key.n > 0 && memchr(n->key.p, '.', n->key.n) == NULL && path.n > 0
                               ? know(scope, weir_str_sub(path, 0, path.n - 1))
                               : UNKNOWN;

        if (known == UNKNOWN)
            complain_unknown(l, scope, prefix, n);
        else if (known == SECTION && n->kind == WEIR_NODE_MAP)
            walk(l, scope, path, n);
        else if (known == SECTION && !weir_node_null(n))
            weir_node_error(l->errors, n, "%.*s must be a map of keys, such as `%.*s: {...}`",
                            WEIR_FMT(n->key), WEIR_FMT(n->key));
    }
}

void weir_section_read(struct weir_loader *l, enum weir_scope scope, const struct weir_node *n,
                       void *base)
{
    if (n->kind != WEIR_NODE_MAP) {
        weir_node_error(l->errors, n, "must be a map of keys, such as `name: value`");
        return;
    }
    for (size_t i = 0; i < weir_n_settings && !l->no_memory; i++) {
        if (weir_settings[i].scope == scope)
            read_setting(l, &weir_settings[i], n, base);
    }
    walk(l, scope, (struct weir_str){NULL, 0}, n);
}

void weir_settings_read(struct weir_loader *l)
{
    if (l->root->kind != WEIR_NODE_MAP) {
        weir_node_error(l->errors, l->root,
                        "a configuration is a map of keys, such as `listen: {http: \":8137\"}`");
        return;
    }
    weir_section_read(l, WEIR_SCOPE_TOP, l->root, l->draft);
}

/* ---- list sections ------------------------------------------------------ */

/* The field's list of `n` structs of `size` bytes, zeroed. */
static void *new_list(struct weir_loader *l, const struct weir_setting *s, void *base, size_t n,
                      size_t size)
{
    void *list = weir_loader_alloc(l, n > 0 ? n : 1, size);

    *(void **)((char *)base + s->offset) = list;
    *(size_t *)((char *)base + s->offset_n) = list != NULL ? n : 0;
    return list;
}

static bool is_list_of_maps(struct weir_loader *l, const struct weir_setting *s,
                            const struct weir_node *n, size_t most)
{
    if (n->kind != WEIR_NODE_LIST) {
        weir_node_error(l->errors, n, "%s must be a list of maps, each beginning with '- '",
                        s->path);
        return false;
    }
    if (n->n > most) {
        weir_node_error(l->errors, n, "%s must be at most %zu, not %zu", s->path, most, n->n);
        return false;
    }
    return true;
}

bool weir_read_projects(struct weir_loader *l, const struct weir_setting *s,
                        const struct weir_node *n, void *base)
{
    struct weir_project_draft *list;

    if (!is_list_of_maps(l, s, n, 10000))
        return false;
    list = new_list(l, s, base, n->n, sizeof *list);
    for (n = n->child; n != NULL && list != NULL; n = n->next) {
        list->node = n;
        weir_section_read(l, WEIR_SCOPE_PROJECT, n, list++);
    }
    return true;
}

bool weir_read_destinations(struct weir_loader *l, const struct weir_setting *s,
                            const struct weir_node *n, void *base)
{
    struct weir_destination_draft *list;

    if (!is_list_of_maps(l, s, n, WEIR_MAX_DESTINATIONS) || n->n == 0)
        return false; /* the default destination */
    list = new_list(l, s, base, n->n, sizeof *list);
    for (n = n->child; n != NULL && list != NULL; n = n->next) {
        list->node = n;
        weir_section_read(l, WEIR_SCOPE_DESTINATION, n, list++);
    }
    return true;
}

bool weir_read_sections(struct weir_loader *l, const struct weir_setting *s,
                        const struct weir_node *n, void *base)
{
    char *list;

    if (!is_list_of_maps(l, s, n, s->most))
        return false;
    list = new_list(l, s, base, n->n, s->item_size);
    for (n = n->child; n != NULL && list != NULL; n = n->next, list += s->item_size)
        weir_section_read(l, s->of, n, list);
    return true;
}
