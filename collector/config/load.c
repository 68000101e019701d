/* load.c - one loading of a configuration, from file to snapshot. */
#include "load.h"

#include <stdlib.h>
#include <unistd.h>

enum {
    MOST_BYTES = 4 << 20,   /* of the file */
    MOST_MEMORY = 256 << 20 /* of a snapshot, text of rule sets included */
};

/* ---- helpers of all steps ------------------------------------------------ */

void *weir_loader_alloc(struct weir_loader *l, size_t n, size_t size)
{
    void *p = weir_arena_zalloc(l->arena, n, size);

    l->no_memory |= p == NULL;
    return p;
}

void weir_strs_add(struct weir_loader *l, struct weir_strs *list, struct weir_str s)
{
    struct weir_str *grown = list->list;

    /* Room is doubled whenever the count is a power of two. */
    if ((list->n & (list->n - 1)) == 0)
        grown = weir_arena_grow(l->arena, list->list, list->n * sizeof s,
                                (list->n > 0 ? 2 * list->n : 1) * sizeof s);
    if (grown == NULL) {
        l->no_memory = true;
        return;
    }
    list->list = grown;
    list->list[list->n++] = s;
}

bool weir_strs_have(const struct weir_strs *list, struct weir_str s)
{
    for (size_t i = 0; i < list->n; i++) {
        if (weir_str_eq(list->list[i], s))
            return true;
    }
    return false;
}

const struct weir_node *weir_node_at(const struct weir_node *n, const char *path)
{
    struct weir_str rest = weir_str_of(path), head;

    while (rest.n > 0) {
        const struct weir_node *member;

        weir_str_cut(rest, '.', &head, &rest);
        member = weir_node_get(n, head);
        if (member == NULL)
            break;
        n = member;
    }
    return n;
}

/* ---- the file ----------------------------------------------------------- */

static struct weir_str directory_of(struct weir_str path)
{
    size_t n = path.n;

    while (n > 0 && path.p[n - 1] != '/')
        n--;
    return n > 1 ? weir_str_sub(path, 0, n - 1) : weir_str_sub(path, 0, n);
}

static const char *find_file(const char *asked)
{
    static const char *const places[] = {"./weir.yaml", "/etc/weir/weir.yaml"};

    if (asked != NULL)
        return asked;
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        if (access(places[i], F_OK) == 0)
            return places[i];
    }
    return NULL;
}

static int read_text(struct weir_loader *l, struct weir_str *ret_text)
{
    const char *path, *why;

    *ret_text = l->options->text;
    l->file = l->options->name;
    if (l->options->text.p != NULL)
        return 0;
    path = find_file(l->options->path);
    l->file = path != NULL ? weir_str_of(path) : WEIR_S("built-in defaults");
    if (path == NULL)
        return 0;
    l->directory = directory_of(l->file);
    if (weir_read_file(l->arena, l->file, MOST_BYTES, ret_text, &why) == 0)
        return 0;
    weir_errors_add(l->errors, false, l->file, 0, 0, "cannot read it: %s", why);
    return WEIR_EINVAL;
}

/* ---- the steps ---------------------------------------------------------- */

static int run_steps(struct weir_loader *l, struct weir_loaded *loaded)
{
    struct weir_str text;
    int err = read_text(l, &text);

    if (err == 0)
        err = weir_yaml_parse(l->arena, text, l->file, l->errors, &l->root);
    if (err != 0)
        return err;
    l->draft = weir_loader_alloc(l, 1, sizeof *l->draft);
    if (l->draft == NULL)
        return WEIR_ENOMEM;
    weir_overrides_apply(l);
    weir_settings_read(l);
    weir_overrides_warn(l);
    if (l->no_memory)
        return WEIR_ENOMEM;
    if (l->root->kind != WEIR_NODE_MAP)
        return WEIR_EINVAL;
    weir_draft_check(l);
    return weir_draft_compile(l, loaded);
}

int weir_load(const struct weir_load_options *o, struct weir_errors *errors,
              struct weir_snapshot **ret_snapshot)
{
    struct weir_loaded *loaded = calloc(1, sizeof *loaded);
    struct weir_loader l = {.options = o, .errors = errors};
    int err;

    if (loaded == NULL)
        return WEIR_ENOMEM;
    weir_arena_init(&loaded->snapshot.arena, o->most_memory > 0 ? o->most_memory : MOST_MEMORY);
    atomic_init(&loaded->snapshot.references, 1);
    loaded->snapshot.generation = 1;
    l.arena = &loaded->snapshot.arena;
    err = run_steps(&l, loaded);
    if (err == 0 && errors->n_fatal > 0)
        err = WEIR_EINVAL;
    if (err == WEIR_ENOMEM)
        weir_errors_add(errors, false, l.file, 0, 0, "out of memory, or far too large");
    if (err != 0)
        weir_snapshot_put(&loaded->snapshot);
    else
        *ret_snapshot = &loaded->snapshot;
    return err == 0 ? 0 : WEIR_EINVAL;
}

int weir_snapshot_load(const char *path, struct weir_errors *errors,
                       struct weir_snapshot **ret_snapshot)
{
    return weir_load(&(struct weir_load_options){.path = path,
                                                 .variables = environ,
                                                 .use_files = true,
                                                 .use_dns = true,
                                                 .keep_hash_key = true},
                     errors, ret_snapshot);
}

int weir_snapshot_parse(struct weir_str yaml, struct weir_str name, struct weir_errors *errors,
                        struct weir_snapshot **ret_snapshot)
{
    struct weir_str text = {yaml.p != NULL ? yaml.p : "", yaml.n};

    return weir_load(
        &(struct weir_load_options){
            .text = text, .name = name, .variables = environ, .use_files = true},
        errors, ret_snapshot);
}
