/* dependencies.c - SLAs and health checks: their URLs, what no value can show
 * alone, and the one list that the checks are run from.
 *
 * URLs may hold credentials and keys in their query. They are used to ask,
 * and shown nowhere: not in messages, `weir config`, labels or logs. */
#include "types.h"

#include "suggest.h"

/* ---- URLs --------------------------------------------------------------- */

struct url {
    struct weir_str scheme, host, path; /* host with port; path without query */
    bool credentials, query;
};

static struct weir_str until(struct weir_str s, const char *set)
{
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] != '\0' && strchr(set, s.p[i]) != NULL)
            return weir_str_sub(s, 0, i);
    }
    return s;
}

static struct url split_url(struct weir_str s)
{
    struct url u = {.scheme = until(s, ":")};
    struct weir_str rest = weir_str_sub(s, u.scheme.n + 3, s.n);
    struct weir_str authority = until(rest, "/?#");

    rest = weir_str_sub(rest, authority.n, rest.n);
    u.host = authority;
    for (size_t i = 0; i < authority.n; i++) {
        if (authority.p[i] == '@') { /* the last one counts */
            u.credentials = true;
            u.host = weir_str_sub(authority, i + 1, authority.n);
        }
    }
    u.path = until(rest, "?#");
    u.query = u.path.n < rest.n;
    return u;
}

static bool is_host(struct weir_str s)
{
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];

        if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
              (c != '\0' && strchr("-._:[]", c) != NULL)))
            return false;
    }
    return s.n > 0 && s.p[0] != ':';
}

const char *weir_check_url(struct weir_str s)
{
    static const char form[] = "a URL such as https://api.example.com/health";

    if (!weir_str_starts(s, WEIR_S("http://")) && !weir_str_starts(s, WEIR_S("https://")))
        return form;
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] <= ' ' || s.p[i] >= 127 || s.p[i] == '\\')
            return "a URL of printable ASCII, other bytes as %XX";
    }
    if (s.n > 2048)
        return "a URL of at most 2048 bytes";
    return is_host(split_url(s).host) ? NULL : form;
}

void weir_write_url(struct weir_buf *b, const struct weir_setting *s, const void *base)
{
    struct weir_str url = *(const struct weir_str *)weir_field_in(s, base), text = {"", 0};
    struct url u;

    if (url.n > 0) {
        u = split_url(url);
        text = weir_arena_printf(b->arena, "%.*s://%s%.*s%.*s%s", WEIR_FMT(u.scheme),
                                 u.credentials ? "***@" : "", WEIR_FMT(u.host), WEIR_FMT(u.path),
                                 u.query ? "?***" : "");
    }
    weir_write_text(b, text);
}

/* ---- mistakes ----------------------------------------------------------- */

/* Is a required text missing? When it was refused, that was said. */
static bool is_missing(const struct weir_node *n, const char *key, size_t length)
{
    const struct weir_node *value = weir_node_get(n, weir_str_of(key));

    return length == 0 && (value == NULL || weir_node_null(value) ||
                           (value->kind == WEIR_NODE_SCALAR && weir_str_trim(value->text).n == 0));
}

/* Is a target left out, or 0? When it was refused, that was said. */
static bool is_off(const struct weir_node *n, const char *key, bool set)
{
    const struct weir_node *value = weir_node_get(n, weir_str_of(key));

    return !set && (value == NULL || weir_node_null(value) ||
                    weir_str_starts(weir_str_trim(value->text), WEIR_S("0")));
}

static void check_targets(struct weir_loader *l, const struct weir_node *n,
                          const struct weir_sla *sla)
{
    const struct weir_config *c = &l->draft->config;

    if (sla->availability >= 1)
        weir_node_error(l->errors, weir_node_at(n, "availability"),
                        "availability must be under 100%%: nothing could ever fail");
    if (is_off(n, "availability", sla->availability > 0) && is_off(n, "p99", sla->p99_ms > 0) &&
        is_off(n, "error_rate", sla->error_rate > 0))
        weir_node_warning(l->errors, n,
                          "the SLA has no target: add availability, p99 or "
                          "error_rate");
    if (c->n_latency_buckets > 0 && sla->p99_ms > c->latency_buckets_ms[c->n_latency_buckets - 1])
        weir_node_warning(l->errors, weir_node_at(n, "p99"),
                          "p99 is over the last of metrics.latency_buckets_ms: it will never seem "
                          "missed; add a larger bucket");
}

static void check_slas(struct weir_loader *l)
{
    const struct weir_config *c = &l->draft->config;
    const struct weir_node *n = weir_node_at(l->root, "slas")->child;

    for (size_t i = 0; i < c->n_slas; i++, n = n->next) {
        if (n->kind != WEIR_NODE_MAP)
            continue;
        if (is_missing(n, "service", c->slas[i].service.n))
            weir_node_error(l->errors, n, "an SLA needs a service, such as `service: payment`");
        for (size_t j = 0; j < i; j++) {
            if (c->slas[i].service.n > 0 && weir_str_eq(c->slas[j].service, c->slas[i].service))
                weir_node_error(l->errors, weir_node_at(n, "service"),
                                "a second SLA of service '%.*s': put its targets into one",
                                WEIR_FMT(c->slas[i].service));
        }
        check_targets(l, n, &c->slas[i]);
    }
}

/* What tells checks of one kind apart. */
static struct weir_str name_of(struct weir_loader *l, const struct weir_health_check *h,
                               enum weir_check_kind kind)
{
    struct url u;

    if (kind == WEIR_CHECK_QUEUE)
        return h->queue;
    if (kind == WEIR_CHECK_SERVICE || h->url.n == 0)
        return h->name;
    u = split_url(h->url);
    return weir_arena_printf(l->arena, "%.*s://%.*s%.*s", WEIR_FMT(u.scheme), WEIR_FMT(u.host),
                             WEIR_FMT(u.path));
}

static void check_queue(struct weir_loader *l, const struct weir_node *n,
                        const struct weir_health_check *h)
{
    struct weir_str name = weir_str_sub(h->queue, 6, h->queue.n);
    struct weir_suggestion near;

    if (weir_str_eq(h->queue, WEIR_S("spool")))
        return;
    if (!weir_str_starts(h->queue, WEIR_S("spool:"))) {
        weir_node_error(l->errors, n, "a queue is `spool` or `spool:DESTINATION`, not '%.*s'",
                        WEIR_FMT(h->queue));
        return;
    }
    weir_suggest_init(&near, name);
    for (size_t i = 0; i < l->draft->n_destinations; i++) {
        if (weir_str_eq(l->draft->destinations[i].destination.name, name))
            return;
        weir_suggest(&near, l->draft->destinations[i].destination.name);
    }
    weir_node_error(l->errors, n, "no destination is named '%.*s'%s%.*s%s", WEIR_FMT(name),
                    near.best.n > 0 ? ", did you mean '" : "", WEIR_FMT(near.best),
                    near.best.n > 0 ? "'?" : "");
}

/* The keys that a check of each kind must have. */
static void check_keys(struct weir_loader *l, enum weir_check_kind kind, const struct weir_node *n,
                       const struct weir_health_check *h)
{
    if (kind == WEIR_CHECK_API && is_missing(n, "url", h->url.n))
        weir_node_error(l->errors, n,
                        "an external API needs a url, such as `url: https://api.example.com/`");
    if (kind == WEIR_CHECK_SERVICE && is_missing(n, "service", h->name.n))
        weir_node_error(l->errors, n, "an internal service needs a `service: NAME`");
    if (kind == WEIR_CHECK_SERVICE && is_missing(n, "endpoint", h->url.n))
        weir_node_error(l->errors, n,
                        "an internal service needs an endpoint, such as "
                        "`endpoint: http://user:8080/health`");
    if (kind == WEIR_CHECK_QUEUE && is_missing(n, "check", h->condition.n))
        weir_node_error(l->errors, n,
                        "a message queue needs a check, such as `check: queue_depth < 1000`");
    if (kind == WEIR_CHECK_QUEUE)
        check_queue(l, weir_node_at(n, "queue"), h);
}

static void check_list(struct weir_loader *l, enum weir_check_kind kind, const char *path,
                       const struct weir_health_check *list, size_t n_list)
{
    const struct weir_node *n = weir_node_at(l->root, path)->child;

    for (size_t i = 0; i < n_list; i++, n = n->next) {
        struct weir_str name = name_of(l, &list[i], kind);
        bool again = false;

        if (n->kind != WEIR_NODE_MAP)
            continue;
        check_keys(l, kind, n, &list[i]);
        for (size_t j = 0; j < i && name.n > 0; j++)
            again = again || weir_str_eq(name, name_of(l, &list[j], kind));
        if (again)
            weir_node_error(l->errors, n, "a second check of '%.*s'%s", WEIR_FMT(name),
                            kind == WEIR_CHECK_QUEUE ? ": join conditions by &&"
                                                     : ": they could not be told apart");
    }
}

void weir_dependencies_check(struct weir_loader *l)
{
    const struct weir_draft *d = l->draft;

    check_slas(l);
    check_list(l, WEIR_CHECK_API, "health_checks.external_apis", d->apis, d->n_apis);
    check_list(l, WEIR_CHECK_SERVICE, "health_checks.internal_services", d->services,
               d->n_services);
    check_list(l, WEIR_CHECK_QUEUE, "health_checks.message_queues", d->queues, d->n_queues);
}

/* ---- the one list ------------------------------------------------------- */

static void add_checks(struct weir_loader *l, enum weir_check_kind kind,
                       const struct weir_health_check *list, size_t n)
{
    struct weir_config *c = &l->draft->config;

    for (size_t i = 0; i < n; i++) {
        struct weir_health_check *h = &c->health_checks[c->n_health_checks++];

        *h = list[i];
        h->kind = kind;
        h->name = name_of(l, &list[i], kind);
        h->url = weir_arena_copy(l->arena, h->url);
        l->no_memory |= h->name.p == NULL || h->url.p == NULL;
    }
}

void weir_dependencies_compile(struct weir_loader *l)
{
    struct weir_draft *d = l->draft;

    d->config.health_checks = weir_loader_alloc(l, d->n_apis + d->n_services + d->n_queues + 1,
                                                sizeof *d->config.health_checks);
    if (d->config.health_checks == NULL)
        return;
    add_checks(l, WEIR_CHECK_API, d->apis, d->n_apis);
    add_checks(l, WEIR_CHECK_SERVICE, d->services, d->n_services);
    add_checks(l, WEIR_CHECK_QUEUE, d->queues, d->n_queues);
}
