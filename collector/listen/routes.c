/* routes.c - the table of ingest routes, and matching a path. */
#include "routes.h"

#include "weir/decode.h"

static const struct weir_route ingest[] = {
    {"POST", "/api/{}/envelope", WEIR_ROUTE_SENTRY, NULL, WEIR_FORMAT_ENVELOPE, NULL},
    {"GET POST", "/api/{}/store", WEIR_ROUTE_SENTRY, NULL, WEIR_FORMAT_STORE, NULL},
    {"POST", "/api/{}/security", WEIR_ROUTE_SENTRY, NULL, WEIR_FORMAT_SECURITY, NULL},
    {"POST", "/api/{}/minidump", WEIR_ROUTE_SENTRY, NULL, WEIR_FORMAT_MINIDUMP, NULL},
    {"GET POST", "/api/{}/cron/{}", WEIR_ROUTE_SENTRY, NULL, WEIR_FORMAT_CRON, NULL},
    {"GET POST", "/api/{}/cron/{}/{}", WEIR_ROUTE_SENTRY, NULL, WEIR_FORMAT_CRON, NULL},
    {"POST", "/tunnel", WEIR_ROUTE_SENTRY, NULL, WEIR_FORMAT_ENVELOPE, NULL},
    {"POST", "/api/v1/events", WEIR_ROUTE_NATIVE, NULL, WEIR_FORMAT_NATIVE, "error"},
    {"POST", "/api/v1/breadcrumbs", WEIR_ROUTE_NATIVE, NULL, WEIR_FORMAT_NATIVE, "breadcrumb"},
    {"POST", "/api/v1/spans", WEIR_ROUTE_NATIVE, NULL, WEIR_FORMAT_NATIVE, "span"},
    {"POST", "/api/v1/integrations", WEIR_ROUTE_NATIVE, NULL, WEIR_FORMAT_NATIVE, "integration"},
    {"POST", "/api/v1/breakers", WEIR_ROUTE_NATIVE, NULL, WEIR_FORMAT_NATIVE, "breaker"},
    {"POST", "/api/v2/spans", WEIR_ROUTE_NATIVE, NULL, WEIR_FORMAT_ZIPKIN, NULL},
    {"POST", "/gelf", WEIR_ROUTE_NATIVE, NULL, WEIR_FORMAT_GELF, NULL},
    /* From here on also those of listen.otlp. */
    {"POST", "/v1/traces", WEIR_ROUTE_OTLP, NULL, WEIR_FORMAT_OTLP_TRACES, NULL},
    {"POST", "/v1/logs", WEIR_ROUTE_OTLP, NULL, WEIR_FORMAT_OTLP_LOGS, NULL},
    {"POST", "/api/{}/integration/otlp/v1/traces", WEIR_ROUTE_OTLP, NULL, WEIR_FORMAT_OTLP_TRACES,
     NULL},
    {"POST", "/api/{}/integration/otlp/v1/logs", WEIR_ROUTE_OTLP, NULL, WEIR_FORMAT_OTLP_LOGS,
     NULL},
    {NULL, NULL, WEIR_ROUTE_NATIVE, NULL, -1, NULL},
};

const struct weir_route *weir_ingest_routes(void)
{
    return ingest;
}

const struct weir_route *weir_otlp_routes(void)
{
    const struct weir_route *r = ingest;

    while (r->class != WEIR_ROUTE_OTLP)
        r++;
    return r;
}

/* The next non-empty segment; false at the end. */
static bool next_segment(struct weir_str *path, struct weir_str *ret_segment)
{
    size_t from = 0, to;

    while (from < path->n && path->p[from] == '/')
        from++;
    for (to = from; to < path->n && path->p[to] != '/'; to++)
        ;
    *ret_segment = weir_str_sub(*path, from, to - from);
    *path = weir_str_sub(*path, to, SIZE_MAX);
    return to > from;
}

static bool path_fits(const char *pattern, struct weir_str path, struct weir_str params[4])
{
    struct weir_str rest = weir_str_of(pattern), want, have;
    size_t n = 0;

    while (next_segment(&rest, &want)) {
        if (!next_segment(&path, &have))
            return false;
        if (!weir_str_eq(want, WEIR_S("{}"))) {
            if (!weir_str_eq(want, have))
                return false;
        } else if (n < 4) {
            params[n++] = have;
        }
    }
    return !next_segment(&path, &have);
}

static bool has_method(const char *methods, struct weir_str method)
{
    struct weir_str list = weir_str_of(methods), one;

    if (weir_str_eq(method, WEIR_S("HEAD")))
        method = WEIR_S("GET");
    while (list.n > 0) {
        weir_str_cut(list, ' ', &one, &list);
        if (weir_str_eq(one, method))
            return true;
    }
    return false;
}

static void allow_add(char allow[64], struct weir_str method)
{
    size_t n = strlen(allow);

    if (n + method.n + 3 > 64)
        return;
    if (n > 0) {
        allow[n++] = ',';
        allow[n++] = ' ';
    }
    memcpy(allow + n, method.p, method.n);
    allow[n + method.n] = '\0';
}

/* Notes the methods of a route that the path fits, each once. */
static void allow_route(char allow[64], const struct weir_route *r)
{
    struct weir_str list = weir_str_of(r->methods), one;

    while (list.n > 0) {
        weir_str_cut(list, ' ', &one, &list);
        if (weir_str_find(weir_str_of(allow), one) != SIZE_MAX)
            continue;
        allow_add(allow, one);
        if (weir_str_eq(one, WEIR_S("GET")))
            allow_add(allow, WEIR_S("HEAD"));
    }
    if (weir_class_has_cors(r->class) && strstr(allow, "OPTIONS") == NULL)
        allow_add(allow, WEIR_S("OPTIONS"));
}

bool weir_routes_find(const struct weir_route *routes, struct weir_str method, struct weir_str path,
                      struct weir_routed *ret_found)
{
    bool preflight = weir_str_eq(method, WEIR_S("OPTIONS"));

    for (const struct weir_route *r = routes; r->path != NULL; r++) {
        struct weir_str params[4] = {{NULL, 0}};

        if (!path_fits(r->path, path, params))
            continue;
        if (has_method(r->methods, method) || (preflight && weir_class_has_cors(r->class))) {
            ret_found->route = r;
            memcpy(ret_found->params, params, sizeof params);
            return true;
        }
        allow_route(ret_found->allow, r);
    }
    return false;
}

bool weir_class_has_cors(enum weir_route_class class)
{
    return class == WEIR_ROUTE_SENTRY || class == WEIR_ROUTE_OTLP;
}

enum weir_route_class weir_routes_class(struct weir_str path)
{
    struct weir_str first, second, third;

    next_segment(&path, &first);
    next_segment(&path, &second);
    next_segment(&path, &third);
    if (weir_str_eq(first, WEIR_S("v1")) || weir_str_eq(third, WEIR_S("integration")))
        return WEIR_ROUTE_OTLP;
    if (weir_str_eq(first, WEIR_S("tunnel")))
        return WEIR_ROUTE_SENTRY;
    if (!weir_str_eq(first, WEIR_S("api")))
        return WEIR_ROUTE_NATIVE;
    if (weir_str_eq(second, WEIR_S("v1")) || weir_str_eq(second, WEIR_S("v2")))
        return WEIR_ROUTE_NATIVE;
    return WEIR_ROUTE_SENTRY;
}
