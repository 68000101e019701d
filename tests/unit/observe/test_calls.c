/* Tests of spans.c, facts.c, call_status.c and sql.c: service, endpoint,
 * status and kind of failure of spans in many spellings. */
#include "unit.h"
#include "collector/observe/series.h"
#include "collector/observe/sql.h"

#include "weir/config.h"

#include <stdio.h>

static const double bounds[] = {5, 10};

/* ---- one span to what is counted ------------------------------------------- */

static struct weir_tag names[] = {
    {{"*.stripe.com", 12}, {"stripe", 6}},
    {{"10.0.3.*", 8}, {"ledger", 6}},
    {{"postgresql/shop", 15}, {"shopdb", 6}},
};

static struct weir_str scrub(void *self, const char *label, struct weir_str text)
{
    (void)self;
    (void)label;
    return weir_str_find(text, WEIR_S("SECRET")) != SIZE_MAX ||
                   weir_str_find(text, WEIR_S("secret")) != SIZE_MAX
               ? WEIR_S("[filtered]")
               : text;
}

static const struct weir_span_labels labels = {
    .names = names, .n_names = COUNT(names), .service = {"42", 2}, .scrub = scrub};

/* "key=value" attributes and members, NULL-terminated. */
static struct weir_span_facts facts_of(const char *const *said)
{
    static const struct {
        const char *name;
        enum weir_fact fact;
    } members[] = {
        {"op", WEIR_FACT_OP}, {"status", WEIR_FACT_STATUS}, {"name", WEIR_FACT_DESCRIPTION}};
    struct weir_span_facts f = {.duration_ms = 7};

    for (; *said != NULL; said++) {
        struct weir_str key, value;
        enum weir_fact fact;
        bool raw;

        (void)weir_str_cut(weir_str_of(*said), '=', &key, &value);
        raw = weir_str_starts(key, WEIR_S("~"));
        key = weir_str_sub(key, raw, SIZE_MAX);
        fact = weir_fact_of(key);
        for (size_t i = 0; i < COUNT(members); i++)
            fact = weir_str_eq(key, weir_str_of(members[i].name)) ? members[i].fact : fact;
        if (weir_str_eq(key, WEIR_S("segment")))
            f.segment = true;
        else if (fact == WEIR_FACTS)
            fail_msg("%s is no fact", *said);
        else
            (raw ? f.raw : f.text)[fact] = value;
    }
    return f;
}

/* "latency{service|endpoint|status} errors{service|type}" of all series. */
static const char *counted(void)
{
    static char out[2048];
    struct weir_arena a;
    struct weir_series **list;
    size_t n, at = 0;

    out[0] = '\0';
    weir_arena_init(&a, 1 << 20);
    assert_int_equal(weir_metrics_list(&a, &list, &n), 0);
    for (size_t i = 0; i < n; i++) {
        const struct weir_series *s = list[i];
        const char *kind = s->metric == WEIR_M_INTEGRATION_LATENCY  ? "call"
                           : s->metric == WEIR_M_INTEGRATION_ERRORS ? "error"
                           : s->metric == WEIR_M_SERVICE_LATENCY    ? "transaction"
                           : s->metric == WEIR_M_SERVICE_ERRORS     ? "failed"
                                                                    : NULL;
        if (kind == NULL)
            continue;
        at += (size_t)snprintf(out + at, sizeof out - at, "%s%s", at > 0 ? " + " : "", kind);
        for (size_t k = 0; k < weir_metric_family(s->metric)->n_labels; k++)
            at += (size_t)snprintf(out + at, sizeof out - at, "|%.*s", WEIR_FMT(s->values[k]));
    }
    weir_arena_destroy(&a);
    return out;
}

struct row {
    const char *said[12];
    const char *counted;
};

static void run(const struct row *rows, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct weir_span_facts f = facts_of(rows[i].said);

        assert_int_equal(weir_metrics_init(100, bounds, COUNT(bounds)), 0);
        weir_metrics_thread();
        weir_span_observe(&f, &labels);
        if (strcmp(counted(), rows[i].counted) != 0)
            fail_msg("row %zu (%s, %s):\n%s\nnot\n%s", i, rows[i].said[0],
                     rows[i].said[1] != NULL ? rows[i].said[1] : "", counted(), rows[i].counted);
        weir_metrics_destroy();
    }
}

/* ---- what is a call ----------------------------------------------------------- */

static void spans_of_clients_are_calls(void **state)
{
    static const struct row rows[] = {
        {{"op=http.client"}, "call|http||ok"},
        {{"op=http.client.stream"}, "call|http||ok"},
        {{"op=db"}, "call|db|db|ok"},
        {{"op=db.sql.query"}, "call|db|db.sql.query|ok"},
        {{"op=cache.get", "name=sess:f3a9c1e0"}, "call|cache|cache.get|ok"},
        {{"op=queue.publish"}, "call|queue|queue.publish|ok"},
        {{"op=queue.submit.celery"}, "call|queue|queue.submit.celery|ok"},
        {{"op=rpc"}, "call|rpc||ok"},
        {{"op=grpc.client"}, "call|rpc||ok"},
        {{"op=grpc.server"}, ""},
        {{"op=rpc.server"}, ""},
        {{"op=http.server"}, ""},
        {{"op=dbx"}, ""},
        {{"op=queue.process"}, ""},
        {{"op=function"}, ""},
        {{"op=task", "segment"}, "transaction|42||ok"},
        {{"op=http", "sentry.kind=client", "url.full=http://a/b"}, "call|a|/b|ok"},
        {{"op=message", "kind=producer", "messaging.destination.name=mail"},
         "call|mail|publish|ok"},
        {{"op=db", "kind=SPAN_KIND_INTERNAL"}, "call|db|db|ok"},
        {{"op=db", "kind=server"}, ""},
        {{"op=queue.publish", "kind=CONSUMER"}, ""},
        {{"kind=SPAN_KIND_CLIENT", "db.system=mysql", "db.statement=DELETE FROM t WHERE 1"},
         "call|mysql|DELETE t|ok"},
        {{"kind=client", "rpc.system=grpc", "rpc.service=a.B", "rpc.method=C"},
         "call|a.B|/a.B/C|ok"},
        {{"kind=client", "messaging.system=kafka"}, "call|kafka|publish|ok"},
        {{"kind=client", "name=GET"}, "call|http|GET|ok"},
        {{"kind=producer"}, "call|queue|publish|ok"},
        {{"name=x"}, ""},
        {{"op=http.client", "segment"}, "call|http||ok"},
    };

    (void)state;
    run(rows, COUNT(rows));
}

/* ---- service -------------------------------------------------------------------- */

#define HTTP "op=http.client"

static void the_service_is_the_first_that_a_span_knows(void **state)
{
    static const struct row rows[] = {
        {{HTTP, "peer.service=payment", "server.address=a", "url=http://b/c"},
         "call|payment|/c|ok"},
        {{HTTP, "service.peer.name=payment", "server.address=a"}, "call|payment||ok"},
        {{HTTP, "server.address=API.Example.com", "url=http://b/c"}, "call|api.example.com|/c|ok"},
        {{HTTP, "net.peer.name=a.b", "http.target=/c?d=1"}, "call|a.b|/c|ok"},
        {{HTTP, "http.host=a.b:8080"}, "call|a.b||ok"},
        {{HTTP, "url.domain=a.b"}, "call|a.b||ok"},
        {{HTTP, "server.address=https://a.b:1/x"}, "call|a.b||ok"},
        {{HTTP, "url.full=https://user:pw@A.b:443/c?d#e"}, "call|a.b|/c|ok"},
        {{HTTP, "http.url=http://[2001:db8::1]:80/c"}, "call|2001:db8::1|/c|ok"},
        {{HTTP, "server.address=::1"}, "call|::1||ok"},
        {{HTTP, "url=http://[ip]:80/c"}, "call|[ip]|/c|ok"},
        {{HTTP, "url=http://[[ip]]:80/c"}, "call|[ip]|/c|ok"},
        {{HTTP, "server.address=a.b."}, "call|a.b||ok"},
        {{HTTP, "name=GET http://127.0.0.1:46219/ok"}, "call|127.0.0.1|/ok|ok"},
        {{HTTP, "name=GET /ok"}, "call|http|/ok|ok"},
        {{HTTP, "network.peer.address=192.0.2.1"}, "call|192.0.2.1||ok"},
        {{"op=db", "db.system=postgresql", "db.name=orders"}, "call|postgresql/orders|db|ok"},
        {{"op=db", "db.system.name=mysql", "db.namespace=s", "net.peer.ip=192.0.2.1"},
         "call|mysql/s|db|ok"},
        {{"op=db", "db.system=redis"}, "call|redis|db|ok"},
        {{"op=db", "db.system=redis", "server.address=cache-1"}, "call|cache-1|db|ok"},
        {{"op=db", "db.system=postgresql", "server.address=/run/.s.PGSQL.5432"},
         "call|postgresql|db|ok"},
        {{"op=db", "name=SELECT 'http://x/y' FROM t"}, "call|db|SELECT t|ok"},
        {{"op=queue.publish", "messaging.system=kafka", "messaging.destination=orders"},
         "call|orders|queue.publish|ok"},
        {{"op=queue.publish", "messaging.destination.name=reply-9f8b1c2d11112222"},
         "call|reply-{id}|queue.publish|ok"},
        {{"op=grpc.client", "name=unary unary call to /shop.Cart/Add"},
         "call|shop.Cart|/shop.Cart/Add|ok"},
        {{HTTP, "server.address=SECRET.example"}, "call|[filtered]||ok"},
        /* names */
        {{HTTP, "server.address=api.stripe.com"}, "call|stripe||ok"},
        {{HTTP, "url=https://API.Stripe.com:443/v1"}, "call|stripe|/v1|ok"},
        {{HTTP, "server.address=[ip]", "~server.address=10.0.3.7"}, "call|ledger||ok"},
        {{HTTP, "server.address=[ip]", "~server.address=10.0.4.7"}, "call|[ip]||ok"},
        {{"op=db", "db.system=postgresql", "db.name=shop"}, "call|shopdb|db|ok"},
    };

    (void)state;
    run(rows, COUNT(rows));
}

/* ---- endpoint --------------------------------------------------------------------- */

static void the_endpoint_is_a_template(void **state)
{
    static const struct row rows[] = {
        {{HTTP, "url.template=/u/{name}", "http.route=/r", "url=http://a/u/bob"},
         "call|a|/u/{name}|ok"},
        {{HTTP, "http.route=/u/:name", "url.path=/u/bob", "server.address=a"},
         "call|a|/u/:name|ok"},
        {{HTTP, "url.path=/u/17", "url=http://a/zzz"}, "call|a|/u/{id}|ok"},
        {{HTTP, "url=http://a/u/bob@example.org/2026-11-21"}, "call|a|/u/{email}/{date}|ok"},
        {{HTTP, "name=POST http://a/x/9f8b1c2d-1111-4222-8333-444455556666"}, "call|a|/x/{id}|ok"},
        {{HTTP, "name=GET a.example"}, "call|http|a.example|ok"},
        {{HTTP, "url=http://a/SECRET"}, "call|a|[filtered]|ok"},
        {{"op=db", "db.query.summary=SELECT users", "db.query.text=INSERT INTO x"},
         "call|db|SELECT users|ok"},
        {{"op=db", "db.statement=SELECT * FROM orders_2026 WHERE id=7"},
         "call|db|SELECT orders_{id}|ok"},
        {{"op=db", "db.operation=findAndModify", "db.mongodb.collection=carts"},
         "call|db|FINDANDMODIFY carts|ok"},
        {{"op=db", "db.operation=aggregate", "db.collection.name=carts"},
         "call|db|AGGREGATE carts|ok"},
        {{"op=db", "db.operation.name=Query", "name=whatever"}, "call|db|Query|ok"},
        {{"op=db", "db.operation=bob@example.org", "name=UPDATE u SET x=1"}, "call|db|UPDATE u|ok"},
        {{"op=db.redis", "db.system=redis", "name=HGET 'user:bob'"}, "call|redis|HGET|ok"},
        {{"op=db.query", "name=load bob's orders"}, "call|db|db.query|ok"},
        {{"op=grpc", "rpc.service=a.B", "rpc.method=C"}, "call|a.B|/a.B/C|ok"},
        {{"op=grpc", "rpc.method=a.B/C"}, "call|a.B|/a.B/C|ok"},
        {{"op=grpc.client", "method=/a.B/C", "code=StatusCode.OK"}, "call|a.B|/a.B/C|ok"},
        {{"op=rpc", "rpc.method=C", "peer.service=p"}, "call|p|/C|ok"},
    };

    (void)state;
    run(rows, COUNT(rows));
}

/* ---- status ------------------------------------------------------------------------- */

static void the_status_is_a_code_or_ok_or_error(void **state)
{
    static const struct row rows[] = {
        {{HTTP, "http.response.status_code=200", "status=ok"}, "call|http||200"},
        {{HTTP, "http.status_code=503", "status=unavailable"},
         "call|http||503 + error|http|http_5xx"},
        {{HTTP, "status_code=429"}, "call|http||429 + error|http|rate_limited"},
        {{HTTP, "http.status_code=404.0"}, "call|http||404 + error|http|http_4xx"},
        {{HTTP, "status=404"}, "call|http||404 + error|http|http_4xx"},
        {{HTTP, "http.response.status_code=0", "status=error"},
         "call|http||error + error|http|network"},
        {{HTTP, "status=internal_error"}, "call|http||error + error|http|network"},
        {{HTTP, "status=not_found"}, "call|http||error + error|http|http_4xx"},
        {{HTTP, "status=deadline_exceeded"}, "call|http||error + error|http|timeout"},
        {{HTTP, "status=error", "error.type=java.net.SocketTimeoutException"},
         "call|http||error + error|http|timeout"},
        {{HTTP, "error.type=ECONNREFUSED"}, "call|http||error + error|http|network"},
        {{HTTP, "status=unset", "error.type=SSLError"}, "call|http||error + error|http|tls"},
        {{HTTP, "error.type=500"}, "call|http||500 + error|http|http_5xx"},
        {{HTTP, "status=ok", "error.type=x"}, "call|http||ok"},
        {{HTTP, "status=unset"}, "call|http||ok"},
        {{HTTP, "status=cancelled"}, "call|http||ok"},
        {{HTTP, "status=bob@example.org"}, "call|http||error + error|http|network"},
        {{"op=db", "status=ok"}, "call|db|db|ok"},
        {{"op=db", "status=internal_error"}, "call|db|db|error + error|db|other"},
        {{"op=db", "status=deadline_exceeded"}, "call|db|db|error + error|db|timeout"},
        {{"op=db", "status=resource_exhausted"}, "call|db|db|error + error|db|rate_limited"},
        {{"op=db", "code=5"}, "call|db|db|ok"},
        {{"op=grpc.client", "rpc.grpc.status_code=14"},
         "call|rpc||unavailable + error|rpc|http_5xx"},
        {{"op=grpc.client", "code=StatusCode.NOT_FOUND"},
         "call|rpc||not_found + error|rpc|http_4xx"},
        {{"op=grpc.client", "code=DeadlineExceeded"},
         "call|rpc||deadline_exceeded + error|rpc|timeout"},
        {{"op=grpc.client", "rpc.grpc.status_code=0"}, "call|rpc||ok"},
        {{"op=grpc.client", "status=unauthenticated"},
         "call|rpc||unauthenticated + error|rpc|http_4xx"},
        {{"op=http.server", "segment", "name=GET /u/17", "http.response.status_code=500",
          "status=internal_error"},
         "transaction|42|GET /u/{id}|500 + failed|42|http_5xx"},
        {{"op=task", "segment", "name=nightly", "status=internal_error", "service.name=shop"},
         "transaction|shop|nightly|error + failed|shop|other"},
        {{"op=task", "segment", "name=mail SECRET", "service=a"}, "transaction|a|[filtered]|ok"},
    };

    (void)state;
    run(rows, COUNT(rows));
}

/* ---- as SDKs have it, from their recordings ---------------------------------------------- */

static void spans_of_sdks_become_calls(void **state)
{
    static const struct row rows[] = {
        /* sentry-python: requests, a manual query, a refused connection */
        {{HTTP, "name=GET http://127.0.0.1:43835/fail", "status=internal_error",
          "url=http://127.0.0.1:43835/fail", "http.response.status_code=500"},
         "call|127.0.0.1|/fail|500 + error|127.0.0.1|http_5xx"},
        {{"op=db.query", "name=SELECT * FROM users WHERE email = '[email]'", "db.system=postgresql",
          "status=internal_error"},
         "call|postgresql|SELECT users|error + error|postgresql|other"},
        {{"op=db", "name=SELECT a FROM b", "db.system=sqlite", "db.name=:memory:"},
         "call|sqlite/:memory:|SELECT b|ok"},
        /* @sentry/node 11 */
        {{HTTP, "name=GET 127.0.0.1", "kind=client", "url.full=http://127.0.0.1:35107/ok",
          "server.address=127.0.0.1", "url.path=/ok", "url.domain=127.0.0.1",
          "http.response.status_code=200", "network.peer.address=127.0.0.1", "status=ok"},
         "call|127.0.0.1|/ok|200"},
        {{HTTP, "name=GET 127.0.0.1", "kind=client", "url.full=http://127.0.0.1:1/refused",
          "server.address=127.0.0.1", "url.path=/refused", "status=error"},
         "call|127.0.0.1|/refused|error + error|127.0.0.1|network"},
        {{"op=db.query", "name=UPDATE users SET pw='[Filtered]'", "db.system=mysql",
          "status=error"},
         "call|mysql|UPDATE users|error + error|mysql|other"},
        /* sentry-go */
        {{HTTP, "name=GET http://127.0.0.1:46219/fail?email=[email]", "status=unavailable",
          "http.response.status_code=503"},
         "call|127.0.0.1|/fail|503 + error|127.0.0.1|http_5xx"},
        {{"op=db.query", "name=SELECT * FROM u WHERE phone='[phone]'", "status=deadline_exceeded"},
         "call|db|SELECT u|error + error|db|timeout"},
        /* sentry-java */
        {{HTTP, "name=GET https://api.internal/u?email=[email]", "status=internal_error",
          "http.response.status_code=500"},
         "call|api.internal|/u|500 + error|api.internal|http_5xx"},
        {{"op=db.query", "name=UPDATE u SET pw='x'", "db.system=postgresql", "status=ok"},
         "call|postgresql|UPDATE u|ok"},
        /* OpenTelemetry: old and new conventions of one call */
        {{"kind=CLIENT", "name=GET", "http.url=https://api.example.com/a/1", "net.peer.name=x",
          "http.status_code=200"},
         "call|x|/a/{id}|200"},
        {{"kind=CLIENT", "name=GET /a/{id}", "url.full=https://api.example.com/a/1",
          "url.template=/a/{id}", "server.address=x", "http.response.status_code=200"},
         "call|x|/a/{id}|200"},
        {{"kind=CLIENT", "name=SELECT shop", "db.system=mysql", "net.peer.name=db",
          "db.statement=SELECT x FROM shop"},
         "call|db|SELECT shop|ok"},
        {{"kind=CLIENT", "name=SELECT shop", "db.system.name=mysql", "server.address=db",
          "db.query.summary=SELECT shop"},
         "call|db|SELECT shop|ok"},
    };

    (void)state;
    run(rows, COUNT(rows));
}

/* ---- SQL ------------------------------------------------------------------------------------ */

static void statements_become_verb_and_table(void **state)
{
    static const struct {
        const char *in, *verb, *table;
    } cases[] = {
        {"SELECT * FROM users WHERE email = 'bob@example.org'", "SELECT", "users"},
        {"select u.id from \"Shop\".\"Users\" u", "SELECT", "Shop.Users"},
        {"SELECT * FROM `shop`.`users`", "SELECT", "shop.users"},
        {"SELECT $$ FROM secret $$ FROM a", "SELECT", "a"},
        {"SELECT $q$ FROM $$ secret $q$, $1 FROM a", "SELECT", "a"},
        {"SELECT $$ FROM secret", "SELECT", ""},
        {"{call pkg.charge(?)}", "CALL", "pkg.charge"},
        {"{? = call charge(?, ?)}", "CALL", "charge"},
        {"# a comment FROM x\nSELECT 1 FROM b", "SELECT", "b"},
        {"SELECT a FROM #temp", "SELECT", ""},
        {"VALUES ('bob')", "VALUES", ""},
        {"SELECT * FROM [dbo].[users]", "SELECT", "dbo.users"},
        {"/* app:x */ -- hi\n SELECT 'from a' , EXTRACT(year FROM t) FROM b", "SELECT", "b"},
        {"SELECT (SELECT 1 FROM a) FROM b", "SELECT", "b"},
        {"SELECT * FROM (SELECT * FROM a) x", "SELECT", "a"},
        {"(SELECT 1 FROM a) UNION (SELECT 2 FROM b)", "SELECT", "a"},
        {"WITH x AS (SELECT 1 FROM a) INSERT INTO b SELECT * FROM x", "INSERT", "b"},
        {"with recursive x(n) as (select 1) select n from x", "SELECT", "x"},
        {"INSERT INTO orders (id) VALUES (1) ON DUPLICATE KEY UPDATE x=1", "INSERT", "orders"},
        {"INSERT IGNORE INTO o VALUES ('it''s')", "INSERT", "o"},
        {"UPDATE ONLY u SET x = 1 FROM v", "UPDATE", "u"},
        {"DELETE FROM s WHERE 1", "DELETE", "s"},
        /* Transact-SQL and MySQL leave the word out */
        {"DELETE orders WHERE id IN (SELECT id FROM dead)", "DELETE", "orders"},
        {"DELETE [dbo].[orders] OUTPUT deleted.* INTO gone WHERE 1=1", "DELETE", "dbo.orders"},
        {"DELETE TOP (10) PERCENT FROM orders", "DELETE", "orders"},
        {"delete top (@n*(2)) orders where done = 1", "DELETE", "orders"},
        {"UPDATE TOP (5) orders SET a = 1", "UPDATE", "orders"},
        {"DELETE o FROM orders o JOIN dead d ON d.id = o.id", "DELETE", "orders"},
        {"DELETE orders; DELETE FROM dead", "DELETE", "orders"},
        {"INSERT orders (id) SELECT id FROM new", "INSERT", "orders"},
        {"INSERT OR REPLACE INTO kv VALUES (1)", "INSERT", "kv"},
        {"MERGE orders AS t USING (SELECT 1 FROM x) AS s ON 1=1", "MERGE", "orders"},
        {"DELETE TOP", "DELETE", ""},
        {"DELETE", "DELETE", ""},
        {"CREATE TABLE IF NOT EXISTS t (a int)", "CREATE", "t"},
        {"TRUNCATE TABLE t", "TRUNCATE", "t"},
        {"CALL do_it(1)", "CALL", "do_it"},
        {"SELECT 1", "SELECT", ""},
        {"SELECT * FROM $1", "SELECT", ""},
        {"BEGIN", "BEGIN", ""},
        {"SET x FROM y", "SET", ""},
        {"GET sess:bob from y", "GET", ""},
        {"{\"find\": \"users\", \"filter\": {\"name\": \"bob\"}}", "FIND", "users"},
        {"{\"name\": \"bob\"}", "", ""},
        {"good day bob", "", ""},
        {"", "", ""},
        {"'", "", ""},
        {"SELECT * FROM \"", "SELECT", ""},
        {"SELECT * FROM \"ab", "SELECT", "ab"},
        {"SELECT * FROM a.", "SELECT", "a"},
        {"SELECT /* never closed", "SELECT", ""},
        {"WITH", "", ""},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        char room[WEIR_SQL_TABLE_BYTES];
        struct weir_str table, verb = weir_sql(weir_str_of(cases[i].in), room, &table);

        if (!weir_str_eq(verb, weir_str_of(cases[i].verb)) ||
            !weir_str_eq(table, weir_str_of(cases[i].table)))
            fail_msg("%s: %.*s|%.*s", cases[i].in, WEIR_FMT(verb), WEIR_FMT(table));
    }
}

/* Any prefix of anything, in a buffer of its own size: no byte past it is read. */
static void statements_may_end_anywhere(void **state)
{
    static const char all[] = "WITH \"x\" AS (SELECT 'a''b' /* c */ FROM [d].`e`.f -- g\n) "
                              "INSERT INTO \"h\".\"i\" {\"find\": \"users\"}";

    char nothing[WEIR_SQL_TABLE_BYTES];
    struct weir_str none;

    (void)state;
    assert_int_equal(weir_sql((struct weir_str){NULL, 0}, nothing, &none).n, 0);
    for (size_t n = 0; n < sizeof all; n++) {
        for (size_t from = 0; from < n; from += 7) {
            char room[WEIR_SQL_TABLE_BYTES], *copy = test_malloc(n - from);
            struct weir_str table;

            memcpy(copy, all + from, n - from);
            (void)weir_sql((struct weir_str){copy, n - from}, room, &table);
            test_free(copy);
        }
    }
}

/* ---- bounds ---------------------------------------------------------------------------------- */

static size_t scrape_bytes(void)
{
    struct weir_arena a;
    struct weir_buf b;
    size_t n;

    weir_arena_init(&a, 64 << 20);
    weir_buf_init(&b, &a, 64 << 20);
    assert_int_equal(weir_metrics_write(&b, true), 0);
    n = b.n;
    weir_arena_destroy(&a);
    return n;
}

static void a_million_services_and_endpoints_stay_within_bounds(void **state)
{
    enum { TIMES = 1000000, MOST = 500 };
    const struct weir_span_labels plain = {.service = {"1", 1}, .scrub = scrub};
    size_t series = 0, bytes = 0;

    (void)state;
    assert_int_equal(weir_metrics_init(MOST, bounds, COUNT(bounds)), 0);
    weir_metrics_thread();
    for (uint32_t i = 0; i < TIMES; i++) {
        struct weir_span_facts f = {.duration_ms = 7, .segment = i % 4 == 3};
        char host[32], path[32];

        /* Letters only: nothing that a template would make one of. */
        snprintf(host, sizeof host, "a%08x", i);
        snprintf(path, sizeof path, "/b%08x", i);
        for (char *p = host; *p != '\0'; p++)
            *p = (char)(*p >= '0' && *p <= '9' ? *p + 55 : *p);
        for (char *p = path + 1; *p != '\0'; p++)
            *p = (char)(*p >= '0' && *p <= '9' ? *p + 55 : *p);
        f.text[WEIR_FACT_OP] = f.segment ? WEIR_S("task") : WEIR_S("http.client");
        f.text[WEIR_FACT_ADDRESS] = i % 4 != 1 ? weir_str_of(host) : WEIR_S("one");
        f.text[WEIR_FACT_PATH] = i % 4 != 2 ? weir_str_of(path) : WEIR_S("/one");
        f.text[WEIR_FACT_DESCRIPTION] = weir_str_of(path);
        f.text[WEIR_FACT_SERVICE] = weir_str_of(host);
        f.text[WEIR_FACT_HTTP_STATUS] = WEIR_S("500");
        weir_span_observe(&f, &plain);
        if (i == 2 * MOST)
            bytes = scrape_bytes();
    }
    struct weir_arena a;
    struct weir_series **list;

    weir_arena_init(&a, 16 << 20);
    assert_int_equal(weir_metrics_list(&a, &list, &series), 0);
    weir_arena_destroy(&a);
    assert_true(series < MOST + 100);
    assert_true(scrape_bytes() < bytes + 4096);
    assert_true(weir_series_value(weir_metric_of(WEIR_M_SERIES_OVERFLOW, "integration_latency_ms",
                                                 NULL)) > TIMES / 2);
    weir_metrics_destroy();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(spans_of_clients_are_calls),
        cmocka_unit_test(the_service_is_the_first_that_a_span_knows),
        cmocka_unit_test(the_endpoint_is_a_template),
        cmocka_unit_test(the_status_is_a_code_or_ok_or_error),
        cmocka_unit_test(spans_of_sdks_become_calls),
        cmocka_unit_test(statements_become_verb_and_table),
        cmocka_unit_test(statements_may_end_anywhere),
        cmocka_unit_test(a_million_services_and_endpoints_stay_within_bounds),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
