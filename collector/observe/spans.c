/* spans.c - what a span says about the service that was called.
 *
 *   op, kind           is it a call, and of what?        kind_of()
 *   peer.service,      of whom: the first of these       service_of()
 *   address, URL's     that the span knows
 *   host, database,
 *   queue, RPC service
 *   url.template, ...  which of its endpoints            endpoint_of()
 *   status codes, ...  with what result                  call_status.c
 *
 * integrations.names are matched against the service as it was sent, as the
 * scrubber leaves nothing of an address; all that is shown is made of what
 * the scrubber let through, and passes it once more as a label. */
#include "call_status.h"
#include "endpoint.h"
#include "sql.h"

#include "weir/config.h"

enum { SERVICE_BYTES = 200 };

/* ---- what it is a call of ----------------------------------------------- */

static bool ends_nocase(struct weir_str s, struct weir_str end)
{
    return s.n >= end.n && weir_str_eq_nocase(weir_str_sub(s, s.n - end.n, end.n), end);
}

/* Is `op` this one or a kind of it: db.query is a db? */
static bool is_op(struct weir_str op, struct weir_str base)
{
    return weir_str_starts(op, base) && (op.n == base.n || op.p[base.n] == '.');
}

static enum weir_call_kind kind_of_op(struct weir_str op)
{
    static const struct {
        struct weir_str base;
        enum weir_call_kind kind;
    } ops[] = {
        {{"http.client", 11}, WEIR_CALL_HTTP},
        {{"db", 2}, WEIR_CALL_DB},
        {{"cache", 5}, WEIR_CALL_CACHE},
        {{"queue.publish", 13}, WEIR_CALL_QUEUE},
        {{"queue.submit", 12}, WEIR_CALL_QUEUE},
        {{"messaging.publish", 17}, WEIR_CALL_QUEUE},
        {{"messaging.send", 14}, WEIR_CALL_QUEUE},
        {{"grpc", 4}, WEIR_CALL_RPC},
        {{"rpc", 3}, WEIR_CALL_RPC},
    };

    if (ends_nocase(op, WEIR_S(".server")))
        return WEIR_CALL_NONE;
    for (size_t i = 0; i < sizeof ops / sizeof ops[0]; i++) {
        if (is_op(op, ops[i].base))
            return ops[i].kind;
    }
    return WEIR_CALL_NONE;
}

/* A client's span without an op that says more: OpenTelemetry's. */
static enum weir_call_kind kind_of_facts(const struct weir_span_facts *f)
{
    if (f->text[WEIR_FACT_DB_SYSTEM].n > 0)
        return WEIR_CALL_DB;
    if (f->text[WEIR_FACT_QUEUE].n > 0 || f->text[WEIR_FACT_QUEUE_SYSTEM].n > 0)
        return WEIR_CALL_QUEUE;
    if (f->text[WEIR_FACT_RPC_SERVICE].n > 0 || f->text[WEIR_FACT_RPC_SYSTEM].n > 0)
        return WEIR_CALL_RPC;
    return WEIR_CALL_HTTP;
}

static enum weir_call_kind kind_of(const struct weir_span_facts *f)
{
    struct weir_str kind = f->text[WEIR_FACT_KIND];
    enum weir_call_kind k;

    if (ends_nocase(kind, WEIR_S("server")) || ends_nocase(kind, WEIR_S("consumer")))
        return WEIR_CALL_NONE;
    k = kind_of_op(f->text[WEIR_FACT_OP]);
    if (k == WEIR_CALL_NONE && ends_nocase(kind, WEIR_S("client")))
        k = kind_of_facts(f);
    if (k == WEIR_CALL_NONE && ends_nocase(kind, WEIR_S("producer")))
        k = WEIR_CALL_QUEUE;
    return k;
}

/* ---- who was called ------------------------------------------------------ */

/* Where a service's name is put together. */
struct room {
    char p[SERVICE_BYTES];
    size_t n;
};

static struct weir_str put(struct room *r, struct weir_str s)
{
    size_t n = s.n < SERVICE_BYTES - r->n ? s.n : SERVICE_BYTES - r->n;

    if (n > 0)
        memcpy(r->p + r->n, s.p, n);
    r->n += n;
    return (struct weir_str){r->p, r->n};
}

/* The fact as sent, or as it may be shown. */
static struct weir_str fact(const struct weir_span_facts *f, enum weir_fact which, bool raw)
{
    return weir_str_trim(raw && f->raw[which].n > 0 ? f->raw[which] : f->text[which]);
}

static size_t find_any(struct weir_str s, const char *set)
{
    size_t i = 0;

    while (i < s.n && (s.p[i] == '\0' || strchr(set, s.p[i]) == NULL))
        i++;
    return i;
}

/* user@Host:443/path to host; [::1]:80 to ::1. What the scrubber put there,
 * such as [ip], stays. */
static struct weir_str host_of(struct weir_str s, struct room *r)
{
    struct weir_str head, tail;
    size_t colon;

    s = weir_str_sub(s, 0, find_any(s, "/?# "));
    while (weir_str_cut(s, '@', &head, &tail))
        s = tail;
    if (weir_str_starts(s, WEIR_S("[["))) /* [[ip]]:80 was an IPv6 address */
        s = weir_str_sub(s, 1, SIZE_MAX);
    if (s.n > 0 && s.p[0] == '[') {
        (void)weir_str_cut(s, ']', &head, &tail);
        if (memchr(head.p, ':', head.n) != NULL)
            s = weir_str_sub(head, 1, SIZE_MAX);
        else
            s = weir_str_sub(s, 0, head.n + 1);
    }
    colon = find_any(s, ":");
    if (colon < s.n && memchr(s.p + colon + 1, ':', s.n - colon - 1) == NULL)
        s.n = colon;
    if (weir_str_ends(s, WEIR_S(".")))
        s.n--;
    s = put(r, s);
    for (size_t i = 0; i < s.n; i++) {
        if (r->p[i] >= 'A' && r->p[i] <= 'Z')
            r->p[i] = (char)(r->p[i] + 32);
    }
    return s;
}

/* Where the scheme of a URL inside `s` begins, as in "GET https://..."; empty:
 * there is none. */
static struct weir_str url_in(struct weir_str s)
{
    size_t at = weir_str_find(s, WEIR_S("://"));

    if (at == SIZE_MAX)
        return (struct weir_str){NULL, 0};
    while (at > 0 && s.p[at - 1] != ' ')
        at--;
    return weir_str_sub(s, at, SIZE_MAX);
}

static struct weir_str host_of_url(struct weir_str s, struct room *r)
{
    s = url_in(s);
    return host_of(weir_str_sub(s, weir_str_find(s, WEIR_S("://")) + 3, SIZE_MAX), r);
}

/* postgresql/shop; without a name the system alone */
static struct weir_str database_of(const struct weir_span_facts *f, bool raw, struct room *r)
{
    struct weir_str system = fact(f, WEIR_FACT_DB_SYSTEM, raw);
    struct weir_str name = fact(f, WEIR_FACT_DB_NAME, raw);

    if (system.n > 0 && name.n > 0) {
        (void)put(r, system);
        (void)put(r, WEIR_S("/"));
        return put(r, name);
    }
    return put(r, system);
}

/* The word with the slash in "unary call to /shop.Cart/Add", without the
 * first one; empty: none. */
static struct weir_str rpc_path(struct weir_str s)
{
    struct weir_str word;

    while (s.n > 0) {
        (void)weir_str_cut(s, ' ', &word, &s);
        if (weir_str_starts(word, WEIR_S("/")))
            word = weir_str_sub(word, 1, SIZE_MAX);
        if (memchr(word.p, '/', word.n) != NULL)
            return word;
    }
    return (struct weir_str){NULL, 0};
}

static struct weir_str rpc_service(const struct weir_span_facts *f, bool raw, struct room *r)
{
    struct weir_str service = fact(f, WEIR_FACT_RPC_SERVICE, raw), method;

    if (service.n == 0) {
        (void)weir_str_cut(rpc_path(fact(f, WEIR_FACT_RPC_METHOD, raw)), '/', &service, &method);
        if (service.n == 0)
            (void)weir_str_cut(rpc_path(fact(f, WEIR_FACT_DESCRIPTION, raw)), '/', &service,
                               &method);
    }
    return put(r, service);
}

/* Who was called, by what the span itself says. */
static struct weir_str named_by_span(const struct weir_span_facts *f, enum weir_call_kind kind,
                                     bool raw, struct room *r)
{
    struct weir_str s = put(r, fact(f, WEIR_FACT_PEER, raw)), address;

    address = fact(f, WEIR_FACT_ADDRESS, raw);
    if (s.n == 0 && !weir_str_starts(address, WEIR_S("/"))) /* no socket in the file system */
        s = url_in(address).n > 0 ? host_of_url(address, r) : host_of(address, r);
    if (s.n == 0)
        s = host_of_url(fact(f, WEIR_FACT_URL, raw), r);
    if (s.n == 0 && kind == WEIR_CALL_HTTP)
        s = host_of_url(fact(f, WEIR_FACT_DESCRIPTION, raw), r);
    if (s.n == 0)
        s = database_of(f, raw, r);
    if (s.n == 0)
        s = put(r, fact(f, WEIR_FACT_QUEUE, raw));
    if (s.n == 0)
        s = put(r, fact(f, WEIR_FACT_QUEUE_SYSTEM, raw));
    if (s.n == 0 && kind == WEIR_CALL_RPC)
        s = rpc_service(f, raw, r);
    return s.n > 0 ? s : host_of(fact(f, WEIR_FACT_PEER_ADDRESS, raw), r);
}

struct weir_str weir_integration_name(const struct weir_tag *names, size_t n_names,
                                      struct weir_str service)
{
    for (size_t i = 0; i < n_names; i++) {
        if (weir_str_glob(names[i].key, service))
            return names[i].value;
    }
    return service;
}

static struct weir_str service_of(const struct weir_span_facts *f, enum weir_call_kind kind,
                                  const struct weir_span_labels *l, struct room *r)
{
    static const char *const kinds[] = {
        [WEIR_CALL_NONE] = "unknown", [WEIR_CALL_HTTP] = "http",   [WEIR_CALL_DB] = "db",
        [WEIR_CALL_CACHE] = "cache",  [WEIR_CALL_QUEUE] = "queue", [WEIR_CALL_RPC] = "rpc",
    };
    struct weir_str sent, name;

    if (l->n_names > 0) {
        sent = named_by_span(f, kind, true, r);
        name = weir_integration_name(l->names, l->n_names, sent);
        if (name.p != sent.p)
            return name;
        r->n = 0;
    }
    name = named_by_span(f, kind, false, r);
    /* Queues are named after their consumers' ids now and then. */
    if (name.n > 0 && f->text[WEIR_FACT_QUEUE].n > 0 && kind == WEIR_CALL_QUEUE) {
        char path[WEIR_ENDPOINT_BYTES];

        name = weir_endpoint(name, path);
        r->n = 0;
        name = put(r, name);
    }
    return name.n > 0 ? l->scrub(l->self, "service", name) : weir_str_of(kinds[kind]);
}

/* ---- which endpoint ------------------------------------------------------ */

/* "GET /items" without the method. */
static struct weir_str without_method(struct weir_str s)
{
    struct weir_str method, rest;

    if (!weir_str_cut(s, ' ', &method, &rest) || method.n > 10)
        return s;
    for (size_t i = 0; i < method.n; i++) {
        if (method.p[i] < 'A' || method.p[i] > 'Z')
            return s;
    }
    return rest;
}

static struct weir_str http_endpoint(const struct weir_span_facts *f, char room[])
{
    static const enum weir_fact order[] = {WEIR_FACT_TEMPLATE, WEIR_FACT_ROUTE, WEIR_FACT_PATH,
                                           WEIR_FACT_URL};
    struct weir_str s;

    for (size_t i = 0; i < sizeof order / sizeof order[0]; i++) {
        if (f->text[order[i]].n > 0)
            return weir_endpoint(f->text[order[i]], room);
    }
    s = f->text[WEIR_FACT_DESCRIPTION];
    return weir_endpoint(url_in(s).n > 0 ? url_in(s) : without_method(s), room);
}

/* A name by convention (findAndModify): letters, so that no text gets in. */
static bool is_operation(struct weir_str s)
{
    for (size_t i = 0; i < s.n; i++) {
        if (!((s.p[i] >= 'a' && s.p[i] <= 'z') || (s.p[i] >= 'A' && s.p[i] <= 'Z') ||
              s.p[i] == '_' || s.p[i] == ' '))
            return false;
    }
    return s.n > 0 && s.n <= 32;
}

static struct weir_str db_endpoint(const struct weir_span_facts *f, char room[])
{
    struct weir_str query = f->text[WEIR_FACT_DB_QUERY], table, verb;
    char table_room[WEIR_SQL_TABLE_BYTES];
    struct room r = {.n = 0};

    if (f->text[WEIR_FACT_DB_SUMMARY].n > 0)
        return weir_endpoint(f->text[WEIR_FACT_DB_SUMMARY], room);
    verb = weir_sql(query.n > 0 ? query : f->text[WEIR_FACT_DESCRIPTION], table_room, &table);
    if (is_operation(f->text[WEIR_FACT_DB_OPERATION]))
        verb = weir_sql_verb(f->text[WEIR_FACT_DB_OPERATION]).n > 0
                   ? weir_sql_verb(f->text[WEIR_FACT_DB_OPERATION])
                   : f->text[WEIR_FACT_DB_OPERATION];
    if (f->text[WEIR_FACT_DB_TABLE].n > 0)
        table = f->text[WEIR_FACT_DB_TABLE];
    if (verb.n == 0)
        return weir_endpoint(f->text[WEIR_FACT_OP].n > 0 ? f->text[WEIR_FACT_OP] : WEIR_S("query"),
                             room);
    verb = put(&r, verb);
    if (table.n > 0) {
        (void)put(&r, WEIR_S(" "));
        verb = put(&r, table);
    }
    return weir_endpoint(verb, room);
}

static struct weir_str rpc_endpoint(const struct weir_span_facts *f, char room[])
{
    struct weir_str method = f->text[WEIR_FACT_RPC_METHOD], path = rpc_path(method);
    struct room r = {.n = 0};

    if (path.n == 0 && method.n == 0)
        path = rpc_path(f->text[WEIR_FACT_DESCRIPTION]);
    if (path.n == 0 && method.n == 0)
        return weir_endpoint(f->text[WEIR_FACT_DESCRIPTION], room);
    (void)put(&r, WEIR_S("/"));
    if (path.n == 0 && f->text[WEIR_FACT_RPC_SERVICE].n > 0) {
        (void)put(&r, f->text[WEIR_FACT_RPC_SERVICE]);
        (void)put(&r, WEIR_S("/"));
    }
    return weir_endpoint(put(&r, path.n > 0 ? path : method), room);
}

/* The op: what a cache or queue is asked for are keys and messages. */
static struct weir_str op_endpoint(const struct weir_span_facts *f, enum weir_call_kind kind,
                                   char room[])
{
    struct weir_str op = f->text[WEIR_FACT_OP];

    if (op.n == 0 || kind_of_op(op) == WEIR_CALL_NONE)
        op = kind == WEIR_CALL_QUEUE ? WEIR_S("publish") : WEIR_S("cache");
    return weir_endpoint(op, room);
}

static struct weir_str endpoint_of(const struct weir_span_facts *f, enum weir_call_kind kind,
                                   char room[])
{
    switch (kind) {
    case WEIR_CALL_DB:
        return db_endpoint(f, room);
    case WEIR_CALL_RPC:
        return rpc_endpoint(f, room);
    case WEIR_CALL_CACHE:
    case WEIR_CALL_QUEUE:
        return op_endpoint(f, kind, room);
    default:
        return http_endpoint(f, room);
    }
}

/* ---- counting ------------------------------------------------------------ */

static void observe_call(const struct weir_span_facts *f, enum weir_call_kind kind,
                         const struct weir_span_labels *l)
{
    char room[WEIR_ENDPOINT_BYTES];
    struct room r = {.n = 0};
    struct weir_call_status status = weir_span_status(f, kind);
    struct weir_str service = service_of(f, kind, l, &r);
    struct weir_str endpoint = endpoint_of(f, kind, room);

    if (endpoint.n > 0)
        endpoint = l->scrub(l->self, "endpoint", endpoint);
    weir_call_count(service, endpoint, &status, f->duration_ms, f->trace_id);
}

static void observe_transaction(const struct weir_span_facts *f, const struct weir_span_labels *l)
{
    struct weir_str own = weir_str_trim(f->text[WEIR_FACT_SERVICE]);
    struct weir_call_status status = weir_span_status(f, WEIR_CALL_NONE);
    struct weir_str labels[3] = {own.n > 0 ? l->scrub(l->self, "service", own) : l->service};
    char room[WEIR_ENDPOINT_BYTES];

    labels[1] = weir_endpoint(f->text[WEIR_FACT_DESCRIPTION], room);
    if (labels[1].n > 0)
        labels[1] = l->scrub(l->self, "transaction", labels[1]);
    labels[2] = status.label;
    if (f->duration_ms >= 0)
        weir_observe(weir_metric(WEIR_M_SERVICE_LATENCY, labels, 3), f->duration_ms, f->trace_id);
    if (status.error_type != NULL) {
        labels[1] = weir_str_of(status.error_type);
        weir_count(weir_metric(WEIR_M_SERVICE_ERRORS, labels, 2), 1);
    }
}

void weir_span_observe(const struct weir_span_facts *f, const struct weir_span_labels *l)
{
    enum weir_call_kind kind = kind_of(f);

    if (kind != WEIR_CALL_NONE)
        observe_call(f, kind, l);
    else if (f->segment)
        observe_transaction(f, l);
}
