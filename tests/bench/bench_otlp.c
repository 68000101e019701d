/* bench_otlp.c - what a span costs that comes by OTLP: a protobuf request of
 * 20 spans of one trace with 12 attributes each, as an HTTP service with a
 * database sends them, under the default rules.
 *
 *   decode   protobuf to native spans
 *   scrub    and the stages of the pipeline behind it
 *   intake   and split, encoded: what is handed to the spool
 *
 * Prints the best of several rounds: CPU microseconds a span, and calls of
 * malloc a request. With a file's name it writes the request there instead,
 * for load.c. */
#include "measure.h"
#include "collector/decode/otlp.h"

#include "weir/metrics.h"
#include "weir/stage.h"

#include <stdio.h>
#include <stdlib.h>

enum { SPANS = 20, TIMES = 200, ROUNDS = 20 };

/* ---- the request ------------------------------------------------------------ */

/* What is within a message, for its length to be as short as exporters have it. */
static struct weir_buf inner(const struct weir_buf *b)
{
    struct weir_buf in;

    weir_buf_init(&in, b->arena, 1 << 20);
    return in;
}

static void close(struct weir_buf *b, uint32_t field, const struct weir_buf *in)
{
    weir_pb_put_bytes(b, field, (struct weir_str){in->p, in->n});
}

static void text(struct weir_buf *b, uint32_t field, const char *key, const char *value)
{
    struct weir_buf pair = inner(b), any = inner(b);

    weir_pb_put_bytes(&pair, 1, weir_str_of(key));
    weir_pb_put_bytes(&any, 1, weir_str_of(value));
    close(&pair, 2, &any);
    close(b, field, &pair);
}

static void number(struct weir_buf *b, uint32_t field, const char *key, uint64_t value)
{
    struct weir_buf pair = inner(b), any = inner(b);

    weir_pb_put_bytes(&pair, 1, weir_str_of(key));
    weir_pb_put_varint(&any, 3, value);
    close(&pair, 2, &any);
    close(b, field, &pair);
}

static void http_attributes(struct weir_buf *b)
{
    text(b, 9, "http.request.method", "GET");
    text(b, 9, "url.full", "https://api.shop.example/v1/items/4711?currency=EUR");
    text(b, 9, "url.path", "/v1/items/4711");
    text(b, 9, "url.scheme", "https");
    text(b, 9, "http.route", "/v1/items/{id}");
    text(b, 9, "server.address", "api.shop.example");
    number(b, 9, "server.port", 443);
    text(b, 9, "user_agent.original", "python-requests/2.32.3");
    text(b, 9, "network.protocol.version", "1.1");
    number(b, 9, "http.response.status_code", 200);
    number(b, 9, "thread.id", 139872);
    text(b, 9, "thread.name", "worker-3");
}

static void db_attributes(struct weir_buf *b)
{
    text(b, 9, "db.system.name", "postgresql");
    text(b, 9, "db.namespace", "shop");
    text(b, 9, "db.query.text", "SELECT id, name, price FROM items WHERE id = $1 AND state = $2");
    text(b, 9, "db.operation.name", "SELECT");
    text(b, 9, "db.collection.name", "items");
    text(b, 9, "server.address", "db-1.shop.internal");
    number(b, 9, "server.port", 5432);
    text(b, 9, "network.peer.address", "db-1");
    text(b, 9, "code.function.name", "shop.items.find");
    number(b, 9, "code.line.number", 217);
    number(b, 9, "thread.id", 139872);
    text(b, 9, "thread.name", "worker-3");
}

static void span(struct weir_buf *to, unsigned i)
{
    struct weir_buf own = inner(to), *b = &own;
    static const char trace[] = "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff";
    char id[8] = {'s', 'p', 'a', 'n', 'i', 'd', 0, (char)(i + 1)};
    char parent[8] = {'s', 'p', 'a', 'n', 'i', 'd', 0, 1};

    weir_pb_put_bytes(b, 1, (struct weir_str){trace, 16});
    weir_pb_put_bytes(b, 2, (struct weir_str){id, 8});
    if (i > 0)
        weir_pb_put_bytes(b, 4, (struct weir_str){parent, 8});
    weir_pb_put_bytes(b, 5, i % 2 == 0 ? WEIR_S("GET") : WEIR_S("SELECT items"));
    weir_pb_put_varint(b, 6, i == 0 ? WEIR_SPAN_SERVER : WEIR_SPAN_CLIENT);
    weir_pb_put_fixed64(b, 7, 1700000000123456789U + i * 1000000);
    weir_pb_put_fixed64(b, 8, 1700000000223456789U + i * 1000000);
    if (i % 2 == 0)
        http_attributes(b);
    else
        db_attributes(b);
    close(to, 2, b);
}

static struct weir_str request(struct weir_arena *a)
{
    size_t resources, resource, scopes, scope;
    struct weir_buf b;
    struct weir_str s;

    weir_buf_init(&b, a, 1 << 20);
    resources = weir_pb_open(&b, 1);
    resource = weir_pb_open(&b, 1);
    text(&b, 1, "service.name", "checkout");
    text(&b, 1, "service.version", "2.4.1");
    text(&b, 1, "deployment.environment.name", "production");
    text(&b, 1, "host.name", "web-17");
    text(&b, 1, "telemetry.sdk.language", "python");
    text(&b, 1, "telemetry.sdk.name", "opentelemetry");
    text(&b, 1, "telemetry.sdk.version", "1.45.2");
    weir_pb_close(&b, resource);
    scopes = weir_pb_open(&b, 2);
    scope = weir_pb_open(&b, 1);
    weir_pb_put_bytes(&b, 1, WEIR_S("opentelemetry.instrumentation.requests"));
    weir_pb_put_bytes(&b, 2, WEIR_S("0.54b1"));
    weir_pb_close(&b, scope);
    for (unsigned i = 0; i < SPANS; i++)
        span(&b, i);
    weir_pb_close(&b, scopes);
    weir_pb_close(&b, resources);
    if (weir_buf_str(&b, &s) != 0)
        abort();
    return s;
}

/* ---- measuring ----------------------------------------------------------------- */

enum stage { DECODE, SCRUB, INTAKE };

struct bench {
    struct weir_arena arena;
    struct weir_snapshot *snapshot;
    struct weir_tools tools;
    struct weir_str body;
    size_t fragment_bytes;
};

static int no_header(void *self, const struct weir_envelope_header *h)
{
    (void)self;
    (void)h;
    return 0;
}

static int no_item(void *self, const struct weir_item *it)
{
    ((struct bench *)self)->fragment_bytes = it->payload.n;
    return 0;
}

static void run(struct bench *b, enum stage until)
{
    struct weir_intake intake = {.arena = &b->arena,
                                 .snapshot = b->snapshot,
                                 .project = b->snapshot->config.any_project,
                                 .project_id = WEIR_S("1"),
                                 .transport = WEIR_HTTP,
                                 .received_ms = 1700000000500,
                                 .tools = &b->tools};
    struct weir_decode_input in = {.arena = &b->arena,
                                   .reader = b->tools.reader,
                                   .content_type = WEIR_S("application/x-protobuf"),
                                   .received_ms = 1700000000500,
                                   .max_items = 500};
    struct weir_sink sink = {.header = no_header, .item = no_item, .self = b};
    struct weir_delivery *deliveries;
    size_t n;

    if ((until > DECODE && weir_intake_begin(&intake, &sink) != 0) ||
        weir_decoder_feed(weir_decoder_new(WEIR_FORMAT_OTLP_TRACES, &in, &sink), b->body, true) !=
            0 ||
        (until == INTAKE && weir_intake_finish(&intake, &deliveries, &n) != 0))
        abort();
    weir_arena_reset(&b->arena);
}

static void measure(const char *name, struct bench *b, enum stage until)
{
    double best = 1e18;
    size_t before = 0;

    for (unsigned round = 0; round < ROUNDS; round++) {
        double from = cpu_us(), us;

        before = allocations_ours;
        for (unsigned i = 0; i < TIMES; i++)
            run(b, until);
        us = (cpu_us() - from) / TIMES / SPANS;
        best = us < best ? us : best;
    }
    printf("%-8s us_per_span=%-6.2f allocations_per_request=%.2f\n", name, best,
           (double)(allocations_ours - before) / TIMES);
}

static int write_to(const char *path, struct weir_str s)
{
    FILE *f = fopen(path, "wb");
    bool whole = f != NULL && fwrite(s.p, 1, s.n, f) == s.n;

    return f != NULL && fclose(f) == 0 && whole ? 0 : 1;
}

int main(int argc, char **argv)
{
    static const double bounds[] = {1, 10, 100};
    struct bench b = {.tools = {.scrubber = weir_scrubber_new(), .reader = weir_json_reader_new()}};
    struct weir_arena texts;
    struct weir_errors errors;

    weir_arena_init(&texts, 16u << 20);
    weir_arena_init(&b.arena, 16u << 20);
    weir_errors_init(&errors, &texts);
    b.body = request(&texts);
    if (argc == 2)
        return write_to(argv[1], b.body);
    if (weir_metrics_init(1000, bounds, 3) != 0 ||
        weir_snapshot_parse(WEIR_S(""), WEIR_S("bench"), &errors, &b.snapshot) != 0)
        return 1;
    weir_metrics_thread();
    measure("decode", &b, DECODE);
    measure("scrub", &b, SCRUB);
    measure("intake", &b, INTAKE);
    printf("bytes of a span: %zu in protobuf, %zu native\n", b.body.n / SPANS,
           b.fragment_bytes / SPANS);
    weir_metrics_thread_end();
    weir_snapshot_put(b.snapshot);
    weir_scrubber_free(b.tools.scrubber);
    weir_json_reader_free(b.tools.reader);
    weir_arena_destroy(&b.arena);
    weir_arena_destroy(&texts);
    weir_metrics_destroy();
    return 0;
}
