/* check.c - what no value can show alone: names that must exist, sums,
 * listeners that are open to the world.
 *
 * Each check stands for itself and leaves out what is missing or was refused
 * before, so that one mistake is told once. */
#include "load.h"

#include "suggest.h"

#define TOP(l, path) weir_node_at((l)->root, (path))

/* ---- listeners ---------------------------------------------------------- */

static bool off_loopback(const struct weir_address *a)
{
    return a->text.n > 0 && !a->loopback;
}

static void check_open(struct weir_loader *l, const struct weir_address *a, const char *path)
{
    if (off_loopback(a) && l->draft->n_projects == 0 && !l->draft->config.listen_open)
        weir_node_error(l->errors, TOP(l, path),
                        "%s is not on loopback and no project is listed, so anybody could send: "
                        "list projects with keys, or set listen.open: true",
                        path);
}

/* Anybody can put any sender's address on a datagram; a list at least keeps
 * out who does not try. */
static void check_senders(struct weir_loader *l, const struct weir_address *a, const char *path)
{
    if (off_loopback(a) && l->draft->config.udp_allow.n == 0)
        weir_node_error(l->errors, TOP(l, path),
                        "%s is not on loopback: name the senders in listen.udp_allow, "
                        "such as [10.0.0.0/8]",
                        path);
}

/* The address without its port; of "every address" `ret_any`. */
static struct weir_str host_of(const struct weir_address *a, in_port_t *ret_port, bool *ret_any)
{
    static const struct in6_addr any6 = IN6ADDR_ANY_INIT;
    static const struct in_addr any4 = {INADDR_ANY};
    const struct sockaddr_in6 *six = (const void *)&a->sa;
    const struct sockaddr_in *four = (const void *)&a->sa;
    bool is_six = a->sa.ss_family == AF_INET6;

    *ret_port = is_six ? six->sin6_port : four->sin_port;
    *ret_any = is_six ? memcmp(&six->sin6_addr, &any6, sizeof any6) == 0
                      : memcmp(&four->sin_addr, &any4, sizeof any4) == 0;
    return is_six ? (struct weir_str){(const char *)&six->sin6_addr, sizeof six->sin6_addr}
                  : (struct weir_str){(const char *)&four->sin_addr, sizeof four->sin_addr};
}

/* Could both not be bound? "[::]" is every IPv4 address too. */
static bool collide(const struct weir_address *a, const struct weir_address *b)
{
    in_port_t port_a, port_b;
    bool any_a, any_b, same;
    struct weir_str host_a = host_of(a, &port_a, &any_a), host_b = host_of(b, &port_b, &any_b);

    if (a->text.n == 0 || b->text.n == 0 || port_a != port_b || port_a == 0)
        return false;
    same = a->sa.ss_family == b->sa.ss_family;
    return (same && (any_a || any_b || weir_str_eq(host_a, host_b))) ||
           (any_a && a->sa.ss_family == AF_INET6) || (any_b && b->sa.ss_family == AF_INET6);
}

static void check_apart(struct weir_loader *l, const struct weir_address *a, const char *path,
                        const struct weir_address *b, const char *other)
{
    if (collide(a, b))
        weir_node_error(l->errors, TOP(l, path), "%s must be another address than %s, or empty",
                        path, other);
}

static void check_listeners(struct weir_loader *l)
{
    const struct weir_config *c = &l->draft->config;

    check_open(l, &c->listen_http, "listen.http");
    check_open(l, &c->listen_otlp, "listen.otlp");
    check_open(l, &c->listen_udp, "listen.udp");
    check_open(l, &c->listen_syslog, "listen.syslog");
    check_senders(l, &c->listen_udp, "listen.udp");
    check_senders(l, &c->listen_syslog, "listen.syslog");
    check_apart(l, &c->listen_otlp, "listen.otlp", &c->listen_http, "listen.http");
    check_apart(l, &c->listen_admin, "listen.admin", &c->listen_http, "listen.http");
    check_apart(l, &c->listen_admin, "listen.admin", &c->listen_otlp, "listen.otlp");
    check_apart(l, &c->listen_syslog, "listen.syslog", &c->listen_udp, "listen.udp");
    if (c->listen_http.text.n + c->listen_otlp.text.n + c->listen_udp.text.n +
            c->listen_syslog.text.n ==
        0)
        weir_node_warning(l->errors, TOP(l, "listen"),
                          "listen.http, listen.otlp, listen.udp and listen.syslog are empty: "
                          "nothing can come in");
}

static void check_token(struct weir_loader *l, struct weir_str token, const char *path)
{
    if (token.n > 0 && token.n < 16)
        weir_node_warning(l->errors, TOP(l, path), "%s is shorter than 16 bytes: easy to guess",
                          path);
}

/* ---- destinations ------------------------------------------------------- */

static bool is_map(const struct weir_node *n)
{
    return n->kind == WEIR_NODE_MAP;
}

/* A DSN that names our own listener: every event would come back. */
static bool is_ourselves(const struct weir_config *c, const struct weir_dsn *d)
{
    return weir_str_eq(d->host, c->listen_http.text) ||
           (weir_str_starts(d->host, WEIR_S("localhost:")) && c->listen_http.loopback &&
            weir_str_ends(c->listen_http.text, weir_str_sub(d->host, 9, d->host.n)));
}

static bool same_dsn(const struct weir_dsn *a, const struct weir_dsn *b)
{
    return a->host.n > 0 && weir_str_eq(a->host, b->host) && weir_str_eq(a->prefix, b->prefix) &&
           weir_str_eq(a->key, b->key) && weir_str_eq(a->project, b->project);
}

static void compare_destinations(struct weir_loader *l, size_t i)
{
    const struct weir_destination_draft *b = &l->draft->destinations[i];

    for (size_t j = 0; j < i; j++) {
        const struct weir_destination_draft *a = &l->draft->destinations[j];

        if (b->destination.name.n > 0 && weir_str_eq(a->destination.name, b->destination.name))
            weir_node_error(l->errors, weir_node_at(b->node, "name"),
                            "a second destination named '%.*s': names must be different",
                            WEIR_FMT(b->destination.name));
        if (same_dsn(&a->destination.dsn, &b->destination.dsn))
            weir_node_warning(l->errors, weir_node_at(b->node, "dsn"),
                              "the DSN of destination '%.*s' again: events arrive there twice",
                              WEIR_FMT(a->destination.name));
    }
}

static void check_tls(struct weir_loader *l, const struct weir_destination_draft *d)
{
    if ((d->destination.cert.n > 0) != (d->destination.key.n > 0))
        weir_node_error(l->errors, weir_node_at(d->node, "tls"),
                        "tls.cert and tls.key go together: set both or none");
}

static void check_destination(struct weir_loader *l, size_t i)
{
    const struct weir_destination_draft *d = &l->draft->destinations[i];
    const struct weir_retry *r = &d->destination.retry;

    if (!is_map(d->node))
        return;
    if (d->destination.name.n == 0 && weir_node_get(d->node, WEIR_S("name")) == NULL)
        weir_node_error(l->errors, d->node, "a destination needs a name, such as `name: main`");
    if (d->destination.dsn.host.n == 0 && !d->dsn_refused)
        weir_node_warning(l->errors, weir_node_at(d->node, "dsn"),
                          "destination '%.*s' has no dsn: its events stay spooled; set it, or "
                          "WEIR_DSN",
                          WEIR_FMT(d->destination.name));
    if (d->destination.dsn.host.n > 0 && is_ourselves(&l->draft->config, &d->destination.dsn))
        weir_node_error(l->errors, weir_node_at(d->node, "dsn"),
                        "the dsn is listen.http of this weir: events would go in circles");
    if (r->initial_ms > r->max_ms)
        weir_node_error(l->errors, weir_node_at(d->node, "retry"),
                        "retry.initial must not be longer than retry.max");
    check_tls(l, d);
    compare_destinations(l, i);
}

/* Their shares of the spool must fit into it; those that name none take an
 * equal part of the rest. */
static void check_shares(struct weir_loader *l)
{
    struct weir_draft *d = l->draft;
    const struct weir_node *last = NULL;
    uint64_t sum = 0;
    size_t without = 0;

    for (size_t i = 0; i < d->n_destinations; i++) {
        uint64_t share = d->destinations[i].destination.max_bytes;

        if (__builtin_add_overflow(sum, share, &sum))
            sum = UINT64_MAX;
        without += share == 0;
        if (share > 0)
            last = weir_node_at(d->destinations[i].node, "max_bytes");
    }
    if (last != NULL && sum > d->config.spool_max_bytes)
        weir_node_error(l->errors, last,
                        "the destinations' max_bytes are more than spool.max_bytes together: "
                        "lower them, or raise it");
    else if (without > 0 && (d->config.spool_max_bytes - sum) / without < (16 << 10))
        weir_node_error(l->errors, last != NULL ? last : TOP(l, "spool.max_bytes"),
                        "nothing of spool.max_bytes is left for the destinations without "
                        "max_bytes: lower this, or raise that");
}

/* ---- projects ----------------------------------------------------------- */

/* Calls for each text of a list node with its node. */
typedef void item_fn(struct weir_loader *l, const struct weir_node *n, struct weir_str text);

/* The nodes of a list setting stand beside its texts as long as none was
 * refused; else the list's own place has to do. */
static void each_item(struct weir_loader *l, const struct weir_node *section, const char *path,
                      const struct weir_strs *texts, item_fn *check)
{
    const struct weir_node *list = weir_node_at(section, path);
    const struct weir_node *n =
        list->kind == WEIR_NODE_LIST && list->n == texts->n ? list->child : NULL;

    for (size_t i = 0; i < texts->n; i++) {
        check(l, n != NULL ? n : list, texts->list[i]);
        n = n != NULL ? n->next : NULL;
    }
}

static void item_destination(struct weir_loader *l, const struct weir_node *n, struct weir_str text)
{
    struct weir_suggestion near;

    weir_suggest_init(&near, text);
    for (size_t i = 0; i < l->draft->n_destinations; i++) {
        if (weir_str_eq(l->draft->destinations[i].destination.name, text))
            return;
        weir_suggest(&near, l->draft->destinations[i].destination.name);
    }
    if (near.best.n > 0)
        weir_node_error(l->errors, n, "no destination is named '%.*s', did you mean '%.*s'?",
                        WEIR_FMT(text), WEIR_FMT(near.best));
    else
        weir_node_error(l->errors, n,
                        "no destination is named '%.*s': add it to destinations, or remove it",
                        WEIR_FMT(text));
}

static void item_ruleset(struct weir_loader *l, const struct weir_node *n, struct weir_str text)
{
    const char *const *builtin = weir_ruleset_names();
    struct weir_suggestion near;

    weir_suggest_init(&near, text);
    for (size_t i = 0; i < l->draft->n_rulesets; i++) {
        if (weir_str_eq(l->draft->rulesets[i].key, text))
            return;
        weir_suggest(&near, l->draft->rulesets[i].key);
    }
    for (; *builtin != NULL; builtin++) {
        if (weir_str_eq(weir_str_of(*builtin), text))
            return;
        weir_suggest(&near, weir_str_of(*builtin));
    }
    if (near.best.n > 0)
        weir_node_error(l->errors, n, "no rule set is named '%.*s', did you mean '%.*s'?",
                        WEIR_FMT(text), WEIR_FMT(near.best));
    else
        weir_node_error(l->errors, n,
                        "no rule set is named '%.*s': it is neither built in nor in "
                        "scrub.rulesets",
                        WEIR_FMT(text));
}

static bool has_project(const struct weir_loader *l, struct weir_str id)
{
    for (size_t i = 0; i < l->draft->n_projects; i++) {
        if (weir_str_eq(l->draft->projects[i].project.id, id))
            return true;
    }
    return false;
}

static void item_project(struct weir_loader *l, const struct weir_node *n, struct weir_str text)
{
    if (l->draft->n_projects > 0 && !has_project(l, text))
        weir_node_error(l->errors, n,
                        "no project has the id '%.*s': add it to projects, or remove "
                        "it here",
                        WEIR_FMT(text));
}

static void check_project(struct weir_loader *l, size_t i)
{
    const struct weir_project_draft *p = &l->draft->projects[i];
    struct weir_str id = p->project.id;

    if (!is_map(p->node))
        return;
    if (id.n == 0 && weir_node_get(p->node, WEIR_S("id")) == NULL)
        weir_node_error(l->errors, p->node, "a project needs an id, such as `id: \"42\"`");
    for (size_t j = 0; j < i && id.n > 0; j++) {
        if (weir_str_eq(l->draft->projects[j].project.id, id))
            weir_node_error(l->errors, weir_node_at(p->node, "id"),
                            "a second project with the id '%.*s': ids must be different",
                            WEIR_FMT(id));
    }
    if (p->project.keys.n == 0 && weir_node_get(p->node, WEIR_S("keys")) == NULL)
        weir_node_warning(l->errors, p->node,
                          "the project has no keys: nobody can send to it over HTTP");
    if (p->project.rulesets.n == 0)
        weir_node_warning(l->errors, weir_node_at(p->node, "rulesets"),
                          "the project has no rule set: nothing is scrubbed");
    each_item(l, p->node, "destinations", &p->destinations, item_destination);
    each_item(l, p->node, "rulesets", &p->project.rulesets, item_ruleset);
}

/* Is a rule set used by anybody? `default` is, when no project is listed. */
static void check_unused(struct weir_loader *l, const struct weir_tag *ruleset)
{
    bool used = weir_strs_have(&l->draft->shadow, ruleset->key) ||
                (l->draft->n_projects == 0 && weir_str_eq(ruleset->key, WEIR_S("default")));
    const struct weir_node *n;

    for (size_t i = 0; i < l->draft->n_projects; i++)
        used |= weir_strs_have(&l->draft->projects[i].project.rulesets, ruleset->key);
    if (used)
        return;
    n = weir_node_get(TOP(l, "scrub.rulesets"), ruleset->key);
    weir_node_warning(l->errors, n != NULL ? n : TOP(l, "scrub"),
                      "the rule set '%.*s' is used by no project", WEIR_FMT(ruleset->key));
}

void weir_draft_check(struct weir_loader *l)
{
    struct weir_draft *d = l->draft;

    check_listeners(l);
    if (d->config.spool_path.n == 0 && !d->config.spool_memory)
        weir_node_error(l->errors, TOP(l, "spool.path"), "spool.path must be a directory");
    check_token(l, d->config.admin_token, "auth.admin_token");
    check_token(l, d->config.metrics_token, "auth.metrics_token");
    check_token(l, d->config.hash_key, "scrub.hash_key");
    for (size_t i = 0; i < d->n_destinations; i++)
        check_destination(l, i);
    check_shares(l);
    weir_dependencies_check(l);
    for (size_t i = 0; i < d->n_projects; i++)
        check_project(l, i);
    if (weir_node_get(l->root, WEIR_S("default_project")) != NULL)
        item_project(l, TOP(l, "default_project"), d->config.default_project);
    each_item(l, l->root, "breadcrumbs.across", &d->config.breadcrumbs_across, item_project);
    each_item(l, l->root, "scrub.shadow", &d->shadow, item_ruleset);
    for (size_t i = 0; i < d->n_rulesets; i++)
        check_unused(l, &d->rulesets[i]);
}
