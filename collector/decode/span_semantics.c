/* span_semantics.c - see span_semantics.h.
 *
 * One walk over the attributes sorts those that matter into slots; keys are
 * grouped by length, so that most attributes are told from all of these by
 * one look. What kind of call it is follows from the slots that are filled:
 * a generative model, a database, messaging, RPC, HTTP, a function, in this
 * order, as each of the former may go over the latter.
 *
 * https://opentelemetry.io/docs/specs/semconv/ ,
 * https://develop.sentry.dev/sdk/telemetry/traces/span-operations/ ,
 * https://develop.sentry.dev/sdk/data-model/event-payloads/span/ (statuses) */
#include "span_semantics.h"

enum slot {
    HTTP_METHOD,
    HTTP_URL,
    HTTP_PATH,
    HTTP_ROUTE,
    HTTP_STATUS,
    HTTP_HOST,
    DB_SYSTEM,
    DB_QUERY,
    MSG_SYSTEM,
    MSG_OPERATION,
    MSG_DESTINATION,
    RPC_SYSTEM,
    RPC_SERVICE,
    RPC_METHOD,
    RPC_STATUS,
    FAAS_TRIGGER,
    FAAS_NAME,
    GENAI_OPERATION,
    SENTRY_OP,
    SLOTS
};

struct name {
    struct weir_str text;
    enum slot slot;
    bool old; /* of a convention before the stable one */
};

enum { LONGEST = 26, DESCRIPTION_MAX = 8192 };

#define N(text, slot)                         \
    {                                         \
        {text, sizeof(text) - 1}, slot, false \
    }
#define OLD(text, slot)                      \
    {                                        \
        {text, sizeof(text) - 1}, slot, true \
    }
#define NAMES(...)                  \
    (const struct name[])           \
    {                               \
        __VA_ARGS__,                \
        {                           \
            {NULL, 0}, SLOTS, false \
        }                           \
    }

/* clang-format off */
static const struct name *const by_length[LONGEST + 1] = {
    [8] = NAMES(N("url.full", HTTP_URL), OLD("http.url", HTTP_URL), N("url.path", HTTP_PATH)),
    [9] = NAMES(OLD("db.system", DB_SYSTEM), OLD("http.host", HTTP_HOST), N("sentry.op", SENTRY_OP),
                N("faas.name", FAAS_NAME)),
    [10] = NAMES(N("http.route", HTTP_ROUTE), OLD("rpc.system", RPC_SYSTEM),
                 N("rpc.method", RPC_METHOD)),
    [11] = NAMES(OLD("http.method", HTTP_METHOD), OLD("http.target", HTTP_PATH),
                 N("rpc.service", RPC_SERVICE)),
    [12] = NAMES(OLD("db.statement", DB_QUERY), N("faas.trigger", FAAS_TRIGGER)),
    [13] = NAMES(N("db.query.text", DB_QUERY), OLD("net.peer.name", HTTP_HOST)),
    [14] = NAMES(N("db.system.name", DB_SYSTEM), N("server.address", HTTP_HOST)),
    [15] = NAMES(N("rpc.system.name", RPC_SYSTEM)),
    [16] = NAMES(OLD("http.status_code", HTTP_STATUS), N("messaging.system", MSG_SYSTEM)),
    [17] = NAMES(OLD("faas.invoked_name", FAAS_NAME)),
    [19] = NAMES(N("http.request.method", HTTP_METHOD), OLD("messaging.operation", MSG_OPERATION)),
    [20] = NAMES(OLD("rpc.grpc.status_code", RPC_STATUS)),
    [21] = NAMES(OLD("messaging.destination", MSG_DESTINATION),
                 N("gen_ai.operation.name", GENAI_OPERATION)),
    [24] = NAMES(N("messaging.operation.type", MSG_OPERATION),
                 N("rpc.response.status_code", RPC_STATUS)),
    [25] = NAMES(N("http.response.status_code", HTTP_STATUS)),
    [26] = NAMES(N("messaging.destination.name", MSG_DESTINATION)),
};
/* clang-format on */

static void sort_in(struct weir_str slots[], const struct weir_attribute *a)
{
    const struct name *n = a->key.n <= LONGEST ? by_length[a->key.n] : NULL;

    if (n == NULL || a->text.n == 0)
        return;
    /* Their last letters differ more often than not. */
    while (n->text.p != NULL && (n->text.p[n->text.n - 1] != a->key.p[n->text.n - 1] ||
                                 memcmp(n->text.p, a->key.p, n->text.n) != 0))
        n++;
    if (n->text.p != NULL && (!n->old || slots[n->slot].n == 0))
        slots[n->slot] = a->text;
}

/* ---- status ----------------------------------------------------------------------- */

static const char *const grpc_statuses[] = {
    "ok",
    "cancelled",
    "unknown",
    "invalid_argument",
    "deadline_exceeded",
    "not_found",
    "already_exists",
    "permission_denied",
    "resource_exhausted",
    "failed_precondition",
    "aborted",
    "out_of_range",
    "unimplemented",
    "internal_error",
    "unavailable",
    "data_loss",
    "unauthenticated",
};
enum { N_STATUSES = sizeof grpc_statuses / sizeof grpc_statuses[0] };

static const char *of_http(uint64_t code)
{
    static const struct {
        uint16_t code;
        const char *name;
    } codes[] = {
        {400, "invalid_argument"},   {401, "unauthenticated"}, {403, "permission_denied"},
        {404, "not_found"},          {409, "already_exists"},  {413, "failed_precondition"},
        {429, "resource_exhausted"}, {499, "cancelled"},       {500, "internal_error"},
        {501, "unimplemented"},      {503, "unavailable"},     {504, "deadline_exceeded"},
    };

    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++)
        if (codes[i].code == code)
            return codes[i].name;
    if (code < 100 || code > 599)
        return NULL;
    return code < 400 ? "ok" : code < 500 ? "invalid_argument" : "internal_error";
}

/* One of Sentry's names, or gRPC's in capitals, else NULL. */
static const char *of_word(struct weir_str s)
{
    if (weir_str_eq_nocase(s, WEIR_S("internal")))
        return "internal_error";
    for (size_t i = 0; i < N_STATUSES; i++)
        if (weir_str_eq_nocase(s, weir_str_of(grpc_statuses[i])))
            return grpc_statuses[i];
    return NULL;
}

static const char *of_codes(const struct weir_str slots[])
{
    uint64_t code;

    if (weir_str_u64(slots[HTTP_STATUS], &code))
        return of_http(code);
    if (weir_str_u64(slots[RPC_STATUS], &code))
        return code < N_STATUSES ? grpc_statuses[code] : "unknown";
    return slots[RPC_STATUS].n > 0 ? of_word(slots[RPC_STATUS]) : NULL;
}

/* What the sender set counts; a code says which error it is. Servers leave
 * the status of a 404 unset. */
static const char *status_of(const struct weir_span_record *s, const struct weir_str slots[])
{
    const char *name = s->status == WEIR_SPAN_OK ? "ok" : of_codes(slots);

    if (s->status != WEIR_SPAN_ERROR)
        return name != NULL ? name : "ok";
    if (name == NULL || strcmp(name, "ok") == 0)
        name = of_word(weir_str_trim(s->status_message));
    return name != NULL && strcmp(name, "ok") != 0 ? name : "internal_error";
}

/* ---- op and description --------------------------------------------------------------- */

static struct weir_str joined(struct weir_arena *a, struct weir_str first, const char *between,
                              struct weir_str second)
{
    struct weir_str mid = weir_str_of(between), out;
    char *p;

    second = weir_str_sub(second, 0, DESCRIPTION_MAX);
    out.n = first.n + mid.n + second.n;
    p = weir_arena_alloc(a, out.n);
    if (p == NULL)
        return (struct weir_str){NULL, 0};
    if (first.n > 0)
        memcpy(p, first.p, first.n);
    memcpy(p + first.n, mid.p, mid.n);
    if (second.n > 0)
        memcpy(p + first.n + mid.n, second.p, second.n);
    out.p = p;
    return out;
}

/* Up to the query or fragment, and without a user in front of the host. */
static struct weir_str bare_url(struct weir_arena *a, struct weir_str url)
{
    size_t end = 0, scheme = weir_str_find(url, WEIR_S("://")), host, at = SIZE_MAX, i;

    while (end < url.n && url.p[end] != '?' && url.p[end] != '#')
        end++;
    url.n = end;
    if (scheme == SIZE_MAX || scheme + 3 > url.n)
        return url;
    host = scheme + 3;
    for (i = host; i < url.n && url.p[i] != '/'; i++)
        if (url.p[i] == '@')
            at = i + 1;
    if (at == SIZE_MAX)
        return url;
    return joined(a, weir_str_sub(url, 0, host), "", weir_str_sub(url, at, SIZE_MAX));
}

/* GET /items/{id}; of a client GET https://host/items/7. */
static void http(struct weir_arena *a, const struct weir_span_record *s,
                 const struct weir_str slots[], struct weir_span_meaning *m)
{
    struct weir_str method = slots[HTTP_METHOD], target = slots[HTTP_ROUTE];

    m->op = s->kind == WEIR_SPAN_CLIENT   ? WEIR_S("http.client")
            : s->kind == WEIR_SPAN_SERVER ? WEIR_S("http.server")
                                          : WEIR_S("http");
    m->source = target.n > 0 ? "route" : "url";
    if (s->kind == WEIR_SPAN_CLIENT || target.n == 0) {
        target = s->kind == WEIR_SPAN_SERVER && slots[HTTP_PATH].n > 0 ? slots[HTTP_PATH]
                                                                       : slots[HTTP_URL];
        if (target.n == 0 && s->kind == WEIR_SPAN_CLIENT && slots[HTTP_HOST].n > 0)
            target = joined(a, slots[HTTP_HOST], "", slots[HTTP_PATH]);
        else if (target.n == 0)
            target = slots[HTTP_PATH];
        target = bare_url(a, target);
    }
    if (target.n == 0)
        m->source = "custom";
    else if (weir_str_eq(method, WEIR_S("_OTHER")) || method.n > 20)
        m->description = joined(a, WEIR_S("HTTP"), " ", target);
    else
        m->description = joined(a, method, " ", target);
}

static void database(const struct weir_str slots[], struct weir_span_meaning *m)
{
    m->op = weir_str_eq(slots[DB_SYSTEM], WEIR_S("redis")) ? WEIR_S("db.redis") : WEIR_S("db");
    m->source = "task";
    if (slots[DB_QUERY].n > 0)
        m->description = slots[DB_QUERY];
}

/* Sentry's queue.publish, queue.process ... */
static void messaging(const struct weir_span_record *s, const struct weir_str slots[],
                      struct weir_span_meaning *m)
{
    static const char *const ops[][2] = {
        {"send", "queue.publish"},    {"publish", "queue.publish"}, {"create", "queue.create"},
        {"process", "queue.process"}, {"deliver", "queue.process"}, {"receive", "queue.receive"},
        {"settle", "queue.settle"},
    };

    m->op = s->kind == WEIR_SPAN_PRODUCER   ? WEIR_S("queue.publish")
            : s->kind == WEIR_SPAN_CONSUMER ? WEIR_S("queue.process")
                                            : WEIR_S("queue");
    for (size_t i = 0; i < sizeof ops / sizeof ops[0]; i++)
        if (weir_str_eq_nocase(slots[MSG_OPERATION], weir_str_of(ops[i][0])))
            m->op = weir_str_of(ops[i][1]);
    m->source = "task";
    if (m->description.n == 0)
        m->description = slots[MSG_DESTINATION];
}

static void rpc(struct weir_arena *a, const struct weir_span_record *s,
                const struct weir_str slots[], struct weir_span_meaning *m)
{
    bool grpc = weir_str_eq_nocase(slots[RPC_SYSTEM], WEIR_S("grpc"));

    if (s->kind == WEIR_SPAN_SERVER)
        m->op = grpc ? WEIR_S("grpc.server") : WEIR_S("rpc.server");
    else if (s->kind == WEIR_SPAN_CLIENT)
        m->op = grpc ? WEIR_S("grpc.client") : WEIR_S("rpc.client");
    else
        m->op = WEIR_S("rpc");
    m->source = "route";
    if (slots[RPC_SERVICE].n > 0 && slots[RPC_METHOD].n > 0)
        m->description = joined(a, slots[RPC_SERVICE], "/", slots[RPC_METHOD]);
}

static void function(struct weir_arena *a, const struct weir_span_record *s,
                     const struct weir_str slots[], struct weir_span_meaning *m)
{
    m->op = s->kind == WEIR_SPAN_CLIENT
                ? WEIR_S("function.client")
                : joined(a, WEIR_S("function."), "",
                         weir_is_name(slots[FAAS_TRIGGER]) ? slots[FAAS_TRIGGER] : WEIR_S("other"));
    if (s->kind == WEIR_SPAN_SERVER)
        m->op = WEIR_S("function.server");
    m->source = "component";
    if (m->description.n == 0)
        m->description = slots[FAAS_NAME];
}

/* By its kind alone. */
static void plain(const struct weir_span_record *s, struct weir_span_meaning *m)
{
    static const char *const ops[] = {
        [WEIR_SPAN_UNSPECIFIED] = "default",    [WEIR_SPAN_INTERNAL] = "default",
        [WEIR_SPAN_SERVER] = "server",          [WEIR_SPAN_CLIENT] = "client",
        [WEIR_SPAN_PRODUCER] = "queue.publish", [WEIR_SPAN_CONSUMER] = "queue.process"};

    m->op = weir_str_of(ops[s->kind]);
    m->source = "custom";
}

void weir_span_means(struct weir_arena *a, const struct weir_span_record *s,
                     struct weir_span_meaning *ret_meaning)
{
    struct weir_span_meaning m = {.description = s->name};
    struct weir_str slots[SLOTS] = {{NULL, 0}};

    for (size_t i = 0; i < s->attributes.n; i++)
        sort_in(slots, &s->attributes.list[i]);
    if (weir_is_name(slots[GENAI_OPERATION])) {
        m.op = joined(a, WEIR_S("gen_ai."), "", slots[GENAI_OPERATION]);
        m.source = "task";
    } else if (slots[DB_SYSTEM].n > 0 && s->kind != WEIR_SPAN_SERVER) {
        database(slots, &m);
    } else if (slots[MSG_SYSTEM].n > 0) {
        messaging(s, slots, &m);
    } else if (slots[RPC_SYSTEM].n > 0) {
        rpc(a, s, slots, &m);
    } else if (slots[HTTP_METHOD].n > 0) {
        http(a, s, slots, &m);
    } else if (slots[FAAS_TRIGGER].n + slots[FAAS_NAME].n > 0) {
        function(a, s, slots, &m);
    } else {
        plain(s, &m);
    }
    if (weir_is_name(slots[SENTRY_OP]))
        m.op = slots[SENTRY_OP];
    if (m.op.n == 0)
        m.op = WEIR_S("default");
    m.description.n = m.description.n < DESCRIPTION_MAX ? m.description.n : DESCRIPTION_MAX;
    m.status = status_of(s, slots);
    *ret_meaning = m;
}
