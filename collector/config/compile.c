/* compile.c - what follows from the draft: struct weir_config and the plans
 * of the scrubber.
 *
 * Rule sets are compiled once each; projects with the same list of them
 * share one plan. Projects are sorted by id for the look-up. */
#include "settings.h"

#include <stdlib.h>

enum { MOST_RULES = 4 << 20 };

/* ---- rule sets and plans ------------------------------------------------ */

struct plan_key {
    struct weir_strs rulesets;
    const struct weir_scrub_plan *plan;
};

struct compiler {
    struct weir_loader *l;
    struct weir_loaded *loaded;
    struct weir_str *names; /* of loaded->rulesets */
    struct plan_key *keys;  /* of loaded->plans */
    const struct weir_ruleset **shadow;
    size_t n_shadow;
};

static void keep_ruleset(struct compiler *c, struct weir_str name, struct weir_ruleset *r)
{
    c->names[c->loaded->n_rulesets] = name;
    c->loaded->rulesets[c->loaded->n_rulesets++] = r;
}

/* Compiles one of the configured files; what is wrong in it is told with the
 * file's own lines. */
static void load_file(struct compiler *c, const struct weir_tag *t)
{
    struct weir_loader *l = c->l;
    const struct weir_node *n = weir_node_get(weir_node_at(l->root, "scrub.rulesets"), t->key);
    struct weir_str path = weir_resolve_path(l, t->value), text;
    const char *why = "reading files is off";
    struct weir_ruleset *r = NULL;

    if (!l->options->use_files || weir_read_file(l->arena, path, MOST_RULES, &text, &why) != 0)
        weir_node_error(l->errors, n != NULL ? n : l->root, "cannot read %.*s: %s", WEIR_FMT(path),
                        why);
    else if (weir_ruleset_parse(t->key, text, path, l->errors, &r) == 0)
        keep_ruleset(c, t->key, r);
}

static const struct weir_ruleset *find_ruleset(struct compiler *c, struct weir_str name)
{
    struct weir_ruleset *r = NULL;

    for (size_t i = 0; i < c->loaded->n_rulesets; i++) {
        if (weir_str_eq(c->names[i], name))
            return c->loaded->rulesets[i];
    }
    for (size_t i = 0; i < c->l->draft->n_rulesets; i++) {
        if (weir_str_eq(c->l->draft->rulesets[i].key, name))
            return NULL; /* its file is bad, which was said */
    }
    if (weir_ruleset_builtin(name, &r) != 0)
        return NULL;
    keep_ruleset(c, name, r);
    return r;
}

static size_t find_all(struct compiler *c, const struct weir_strs *names,
                       const struct weir_ruleset **ret_list)
{
    size_t n = 0;

    for (size_t i = 0; i < names->n; i++) {
        const struct weir_ruleset *r = find_ruleset(c, names->list[i]);

        if (r != NULL)
            ret_list[n++] = r;
    }
    return n;
}

static bool same_list(const struct weir_strs *a, const struct weir_strs *b)
{
    for (size_t i = 0; i < a->n && a->n == b->n; i++) {
        if (!weir_str_eq(a->list[i], b->list[i]))
            return false;
    }
    return a->n == b->n;
}

static const struct weir_scrub_plan *plan_of(struct compiler *c, const struct weir_strs *names)
{
    struct weir_loaded *loaded = c->loaded;
    const struct weir_ruleset **enforced;
    struct weir_scrub_plan *plan = NULL;
    size_t n;

    for (size_t i = 0; i < loaded->n_plans; i++) {
        if (same_list(&c->keys[i].rulesets, names))
            return c->keys[i].plan;
    }
    enforced = weir_loader_alloc(c->l, names->n + 1, sizeof(struct weir_ruleset *));
    if (enforced == NULL)
        return NULL;
    n = find_all(c, names, enforced);
    if (n < names->n)
        return NULL;
    if (weir_scrub_plan_new(enforced, n, c->shadow, c->n_shadow, c->l->draft->config.hash_key,
                            &plan) != 0) {
        weir_node_error(c->l->errors, weir_node_at(c->l->root, "scrub"),
                        "these rule sets cannot be used together");
        return NULL;
    }
    c->keys[loaded->n_plans] = (struct plan_key){*names, plan};
    loaded->plans[loaded->n_plans++] = plan;
    return plan;
}

/* Tables for every rule set that can be named, and a plan a project. */
static bool make_tables(struct compiler *c)
{
    struct weir_draft *d = c->l->draft;
    size_t builtin = 0, rulesets, plans = d->n_projects + 1;

    while (weir_ruleset_names()[builtin] != NULL)
        builtin++;
    rulesets = d->n_rulesets + builtin + 1;
    c->loaded->rulesets = weir_loader_alloc(c->l, rulesets, sizeof(struct weir_ruleset *));
    c->loaded->plans = weir_loader_alloc(c->l, plans, sizeof(struct weir_scrub_plan *));
    c->names = weir_loader_alloc(c->l, rulesets, sizeof *c->names);
    c->keys = weir_loader_alloc(c->l, plans, sizeof *c->keys);
    c->shadow = weir_loader_alloc(c->l, d->shadow.n + 1, sizeof(struct weir_ruleset *));
    return !c->l->no_memory;
}

static void load_rulesets(struct compiler *c)
{
    for (size_t i = 0; i < c->l->draft->n_rulesets; i++)
        load_file(c, &c->l->draft->rulesets[i]);
    c->n_shadow = find_all(c, &c->l->draft->shadow, c->shadow);
}

/* An empty key would make hashes that anybody can recompute. */
static void fill_hash_key(struct weir_loader *l)
{
    struct weir_config *config = &l->draft->config;
    char key[65], path[4096];
    int err = WEIR_EINVAL;

    if (config->hash_key.n > 0)
        return;
    weir_hash_key_process(key);
    if (l->options->keep_hash_key && !config->spool_memory && config->spool_path.n < sizeof path) {
        memcpy(path, config->spool_path.p, config->spool_path.n);
        path[config->spool_path.n] = '\0';
        err = weir_hash_key_keep(path, key);
        if (err != 0)
            weir_node_warning(l->errors, weir_node_at(l->root, "spool.path"),
                              "cannot keep hash.key in spool.path (%s): hashes change with each "
                              "start; set scrub.hash_key",
                              weir_strerror(err));
    }
    config->hash_key = weir_arena_copy(l->arena, weir_str_of(key));
    l->no_memory |= config->hash_key.p == NULL;
}

/* ---- destinations ------------------------------------------------------- */

static void share_spool(struct weir_draft *d)
{
    uint64_t left = d->config.spool_max_bytes;
    size_t without = 0;

    for (size_t i = 0; i < d->n_destinations; i++) {
        left -= d->destinations[i].destination.max_bytes;
        without += d->destinations[i].destination.max_bytes == 0;
    }
    for (size_t i = 0; i < d->n_destinations; i++) {
        if (d->destinations[i].destination.max_bytes == 0)
            d->destinations[i].destination.max_bytes = left / without;
    }
}

static void join_endpoints(struct weir_loader *l, struct weir_destination_draft *from)
{
    struct weir_destination *d = &from->destination;

    d->has_dsn = d->dsn.host.n > 0;
    d->endpoints = weir_loader_alloc(l, from->n_more + 1, sizeof *d->endpoints);
    if (d->endpoints == NULL || !d->has_dsn)
        return;
    d->endpoints[0].origin = weir_arena_printf(l->arena, "%.*s://%.*s%.*s", WEIR_FMT(d->dsn.scheme),
                                               WEIR_FMT(d->dsn.host), WEIR_FMT(d->dsn.prefix));
    d->endpoints[0].weight = 1;
    l->no_memory |= d->endpoints[0].origin.p == NULL;
    for (size_t i = 0; i < from->n_more; i++)
        d->endpoints[i + 1] = from->more[i];
    d->n_endpoints = from->n_more + 1;
}

static void compile_destinations(struct weir_loader *l)
{
    struct weir_config *config = &l->draft->config;
    size_t n = l->draft->n_destinations;

    share_spool(l->draft);
    config->destinations = weir_loader_alloc(l, n, sizeof *config->destinations);
    for (size_t i = 0; i < n && !l->no_memory; i++) {
        struct weir_destination_draft *d = &l->draft->destinations[i];
        int slot = weir_destination_slot(d->destination.name);

        if (slot < 0)
            weir_node_error(l->errors, d->node,
                            "more than %d different destination names since weir was started: "
                            "restart it",
                            WEIR_MAX_DESTINATIONS);
        d->destination.slot = slot < 0 ? 0 : (unsigned)slot;
        join_endpoints(l, d);
        config->destinations[i] = d->destination;
    }
    config->n_destinations = n;
}

/* ---- projects ----------------------------------------------------------- */

static bool has_tag(const struct weir_tagging *t, size_t n, struct weir_str key)
{
    for (size_t i = 0; i < n; i++) {
        if (weir_str_eq(t->tags[i].key, key))
            return true;
    }
    return false;
}

static void merge_tagging(struct weir_loader *l, const struct weir_tagging *top,
                          struct weir_tagging *t)
{
    size_t own = t->n_tags;
    struct weir_tag *tags = weir_loader_alloc(l, own + top->n_tags + 1, sizeof *tags);

    if (tags == NULL)
        return;
    if (t->environment.n == 0)
        t->environment = top->environment;
    if (t->release.n == 0)
        t->release = top->release;
    if (t->server_name.n == 0)
        t->server_name = top->server_name;
    for (size_t i = 0; i < own; i++)
        tags[i] = t->tags[i];
    t->tags = tags;
    for (size_t i = 0; i < top->n_tags; i++) {
        if (!has_tag(t, own, top->tags[i].key))
            tags[t->n_tags++] = top->tags[i];
    }
}

static void merge_traces(const struct weir_traces *top, struct weir_traces *t)
{
    if (t->wait_ms == UINT32_MAX)
        t->wait_ms = top->wait_ms;
    if (t->max_spans == UINT32_MAX)
        t->max_spans = top->max_spans;
    if (t->keep_errors > 1) /* neither false nor true */
        t->keep_errors = top->keep_errors;
    if (t->slower_ms == UINT32_MAX)
        t->slower_ms = top->slower_ms;
    if (t->keep_share < 0)
        t->keep_share = top->keep_share;
}

static void link_destinations(struct weir_loader *l, struct weir_project *p,
                              const struct weir_strs *names)
{
    const struct weir_config *config = &l->draft->config;
    size_t n = names->n > 0 ? names->n : config->n_destinations;

    p->destinations = weir_loader_alloc(l, n + 1, sizeof(struct weir_destination *));
    for (size_t i = 0; i < n && p->destinations != NULL; i++) {
        const struct weir_destination *d = names->n > 0
                                               ? weir_config_destination(config, names->list[i])
                                               : &config->destinations[i];
        bool again = false;

        for (size_t j = 0; j < p->n_destinations; j++)
            again |= p->destinations[j] == d;
        if (d != NULL && !again)
            p->destinations[p->n_destinations++] = d;
    }
}

static void compile_project(struct compiler *c, const struct weir_strs *destinations,
                            struct weir_project *p)
{
    merge_tagging(c->l, &c->l->draft->config.tagging, &p->tagging);
    merge_traces(&c->l->draft->config.traces, &p->traces);
    if (p->collapse_ms == UINT32_MAX)
        p->collapse_ms = c->l->draft->config.collapse_ms;
    link_destinations(c->l, p, destinations);
    if (p->rate_per_second > 0 && p->rate_burst < 1)
        p->rate_burst = p->rate_per_second < 1 ? 1 : p->rate_per_second;
    p->plan = plan_of(c, &p->rulesets);
}

static int compare_ids(const void *a, const void *b)
{
    struct weir_str x = ((const struct weir_project *)a)->id;
    struct weir_str y = ((const struct weir_project *)b)->id;

    if (x.n != y.n)
        return x.n < y.n ? -1 : 1;
    return x.n > 0 ? memcmp(x.p, y.p, x.n) : 0;
}

static void compile_any_project(struct compiler *c)
{
    struct weir_config *config = &c->l->draft->config;
    struct weir_project_draft *d = weir_loader_alloc(c->l, 1, sizeof *d);
    struct weir_node empty = {.kind = WEIR_NODE_MAP};

    if (d == NULL)
        return;
    weir_section_read(c->l, WEIR_SCOPE_PROJECT, &empty, d);
    config->any_project = &d->project;
    compile_project(c, &d->destinations, &d->project);
}

static void compile_projects(struct compiler *c)
{
    struct weir_draft *d = c->l->draft;
    struct weir_config *config = &d->config;

    if (d->n_projects == 0) {
        compile_any_project(c);
        return;
    }
    config->projects = weir_loader_alloc(c->l, d->n_projects, sizeof *config->projects);
    for (size_t i = 0; i < d->n_projects && !c->l->no_memory; i++) {
        config->projects[i] = d->projects[i].project;
        compile_project(c, &d->projects[i].destinations, &config->projects[i]);
    }
    if (c->l->no_memory)
        return;
    config->n_projects = d->n_projects;
    qsort(config->projects, config->n_projects, sizeof *config->projects, compare_ids);
    for (size_t i = 0; i < config->n_projects; i++)
        config->projects[i].slot = (unsigned)i;
}

int weir_draft_compile(struct weir_loader *l, struct weir_loaded *loaded)
{
    struct compiler c = {.l = l, .loaded = loaded};
    struct weir_str hash_key = l->draft->config.hash_key;

    if (!make_tables(&c))
        return WEIR_ENOMEM;
    load_rulesets(&c);
    if (l->errors->n_fatal > 0)
        return WEIR_EINVAL; /* nothing is made on disk for a bad file */
    fill_hash_key(l);
    compile_destinations(l);
    weir_dependencies_compile(l);
    if (!l->no_memory)
        compile_projects(&c);
    if (l->no_memory)
        return WEIR_ENOMEM;
    if (l->errors->n_fatal > 0)
        return WEIR_EINVAL;
    loaded->snapshot.config = l->draft->config;
    loaded->draft = *l->draft;
    loaded->draft.config.hash_key = hash_key; /* what the file says is shown */
    return 0;
}
