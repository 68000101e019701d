/* origin.c - see origin.h. One walk over the resource: it comes with every
 * request, and most of what it holds is of no concern here. */
#include "origin.h"

enum field {
    ENVIRONMENT,
    ENVIRONMENT_OLD,
    SERVICE,
    VERSION,
    HOST,
    INSTANCE,
    LANGUAGE,
    RUNTIME,
    RUNTIME_VERSION,
    FIELDS
};

static const struct weir_str names[FIELDS] = {
    [ENVIRONMENT] = {"deployment.environment.name", 27},
    [ENVIRONMENT_OLD] = {"deployment.environment", 22},
    [SERVICE] = {"service.name", 12},
    [VERSION] = {"service.version", 15},
    [HOST] = {"host.name", 9},
    [INSTANCE] = {"service.instance.id", 19},
    [LANGUAGE] = {"telemetry.sdk.language", 22},
    [RUNTIME] = {"process.runtime.name", 20},
    [RUNTIME_VERSION] = {"process.runtime.version", 23},
};

const char *const weir_origin_tags[WEIR_ORIGIN_TAGS] = {"service.namespace", "service.instance.id",
                                                        "k8s.namespace.name", "cloud.region"};

/* An SDK's id for a process that nobody named: 8-4-4-4-12 hex digits. As a
 * server's name it would make a new server of every restart. */
static bool is_uuid(struct weir_str s)
{
    if (s.n != 36)
        return false;
    for (size_t i = 0; i < s.n; i++) {
        bool dash = i == 8 || i == 13 || i == 18 || i == 23;

        if (dash ? s.p[i] != '-'
                 : s.p[i] == '\0' || strchr("0123456789abcdefABCDEF", s.p[i]) == NULL)
            return false;
    }
    return true;
}

/* name@version, or whichever there is of the version. */
static struct weir_str release_of(struct weir_arena *a, struct weir_str service,
                                  struct weir_str version)
{
    char *p;

    if (service.n == 0 || version.n == 0)
        return version;
    p = weir_arena_alloc(a, service.n + 1 + version.n);
    if (p == NULL)
        return version;
    memcpy(p, service.p, service.n);
    p[service.n] = '@';
    memcpy(p + service.n + 1, version.p, version.n);
    return (struct weir_str){p, service.n + 1 + version.n};
}

void weir_origin_of(struct weir_arena *a, const struct weir_attributes *resource,
                    struct weir_origin *ret_origin)
{
    struct weir_str found[FIELDS] = {{NULL, 0}};

    for (size_t i = 0; i < resource->n; i++)
        for (size_t f = 0; f < FIELDS; f++)
            if (weir_str_eq(resource->list[i].key, names[f]))
                found[f] = resource->list[i].text;
    if (weir_str_starts(found[SERVICE], WEIR_S("unknown_service")))
        found[SERVICE].n = 0;
    if (is_uuid(found[INSTANCE]))
        found[INSTANCE].n = 0;
    *ret_origin = (struct weir_origin){
        .service = found[SERVICE],
        .environment = found[found[ENVIRONMENT].n > 0 ? ENVIRONMENT : ENVIRONMENT_OLD],
        .release = release_of(a, found[SERVICE], found[VERSION]),
        .server_name = found[found[HOST].n > 0 ? HOST : INSTANCE],
        .language = found[LANGUAGE],
        .runtime_name = found[RUNTIME],
        .runtime_version = found[RUNTIME_VERSION],
        .resource = *resource};
}

const char *weir_origin_platform(const struct weir_origin *o)
{
    static const char *const platforms[][2] = {
        {"python", "python"}, {"nodejs", "node"},   {"webjs", "javascript"}, {"java", "java"},
        {"go", "go"},         {"dotnet", "csharp"}, {"ruby", "ruby"},        {"php", "php"},
        {"rust", "native"},   {"cpp", "native"},    {"swift", "cocoa"},      {"erlang", "elixir"},
    };

    for (size_t i = 0; i < sizeof platforms / sizeof platforms[0]; i++)
        if (weir_str_eq(o->language, weir_str_of(platforms[i][0])))
            return platforms[i][1];
    return "other";
}
