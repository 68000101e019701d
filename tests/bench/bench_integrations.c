/* bench_integrations.c - what it costs to read the calls off a transaction of
 * 20 spans (14 of them calls: HTTP with URLs and statuses, SQL, Redis, Kafka),
 * beside the scrubber's pass over the same document.
 *
 * Prints the best of several rounds: CPU microseconds and calls of malloc
 * for one transaction. */
#include "measure.h"
#include "collector/pipeline/stages.h"
#include "weir/metrics.h"

#include <stdio.h>
#include <stdlib.h>

#define TRACE "771a43a4192642f0b136d5159a501700"

static const char *const spans[] = {
    ("\"op\":\"http.client\",\"description\":\"GET https://api.example.com/v1/items/%u?x=1\","
     "\"status\":\"ok\",\"tags\":{\"http.status_code\":\"200\",\"status\":\"ok\"},\"data\":{"
     "\"thread.id\":\"140481665743744\",\"thread.name\":\"MainThread\",\"http.method\":\"GET\","
     "\"http.fragment\":\"\",\"url\":\"https://api.example.com/v1/items/%u\",\"http.query\":"
     "\"x=1\",\"http.response.status_code\":200,\"reason\":\"OK\"}"),
    ("\"op\":\"db\",\"description\":\"SELECT id, name FROM shop.orders WHERE id = %u AND email = "
     "'jane%u@example.org'\",\"status\":\"ok\",\"data\":{\"thread.id\":\"140481665743744\","
     "\"db.system\":\"postgresql\",\"db.name\":\"shop\",\"server.address\":\"db.internal\","
     "\"server.port\":5432,\"code.lineno\":17}"),
    ("\"op\":\"function\",\"description\":\"render order %u page %u\",\"data\":{\"thread.id\":"
     "\"140481665743744\",\"thread.name\":\"MainThread\",\"code.function\":\"render\"}"),
};

static struct weir_str transaction(struct weir_arena *a)
{
    struct weir_buf b;
    struct weir_str s;

    weir_buf_init(&b, a, 1 << 20);
    weir_buf_add(&b, WEIR_S("{\"type\":\"transaction\",\"transaction\":\"GET /orders/{id}\","
                            "\"start_timestamp\":1700000000.123456,\"timestamp\":"
                            "1700000000.323456,\"contexts\":{\"trace\":{\"trace_id\":\"" TRACE
                            "\",\"op\":\"http.server\",\"status\":\"ok\",\"data\":{"
                            "\"http.response.status_code\":200}}},\"spans\":["));
    for (unsigned i = 0; i < 20; i++) {
        weir_buf_printf(&b,
                        "%s{\"trace_id\":\"" TRACE "\",\"span_id\":\"a1b2c3d4e5f607%02u\","
                        "\"parent_span_id\":\"9e3aed77bf72afab\",\"start_timestamp\":"
                        "1700000000.2%02u,\"timestamp\":1700000000.3%02u,",
                        i > 0 ? "," : "", i, i, i);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
        weir_buf_printf(&b, spans[i % 3], i, i);
#pragma GCC diagnostic pop
        weir_buf_char(&b, '}');
    }
    weir_buf_add(&b, WEIR_S("]}"));
    if (weir_buf_str(&b, &s) != 0)
        abort();
    return s;
}

struct bench {
    struct weir_arena arena;
    struct weir_snapshot *snapshot;
    struct weir_tools tools;
    struct weir_str body;
};

static void run(struct bench *b, bool integrations, double *ret_us)
{
    const struct weir_item it = {.type = WEIR_ITEM_TRANSACTION};
    const struct weir_intake in = {.tools = &b->tools, .project_id = WEIR_S("42")};
    struct weir_event ev = {.arena = &b->arena,
                            .config = &b->snapshot->config,
                            .project = b->snapshot->config.any_project,
                            .intake = &in,
                            .item = &it,
                            .trace_id = WEIR_S(TRACE)};
    double from = cpu_us();

    if (weir_scrub_json(b->tools.scrubber, ev.project->plan, WEIR_SCRUB_TRANSACTION, &b->arena,
                        b->body, &ev.doc) != 0 ||
        weir_scrub_finish(b->tools.scrubber, &ev.doc) != 0)
        abort();
    if (integrations) {
        from = cpu_us();
        (void)weir_stage_integrations(&ev);
    }
    *ret_us += cpu_us() - from;
}

static void measure(const char *name, struct bench *b, bool integrations)
{
    enum { TIMES = 500 };
    double best = 1e18, us;
    size_t before = 0;

    for (unsigned round = 0; round < 15; round++) {
        before = allocations;
        us = 0;
        for (unsigned i = 0; i < TIMES; i++) {
            run(b, integrations, &us);
            weir_arena_reset(&b->arena);
        }
        best = us / TIMES < best ? us / TIMES : best;
    }
    printf("%-22s bytes=%-6zu us=%-8.2f allocations=%.2f\n", name, b->body.n, best,
           (double)(allocations - before) / TIMES);
}

int main(void)
{
    static const double bounds[] = {1, 10, 100};
    struct bench b = {.tools = {.scrubber = weir_scrubber_new(), .reader = weir_json_reader_new()}};
    struct weir_arena texts;
    struct weir_errors errors;

    weir_arena_init(&texts, 16u << 20);
    weir_arena_init(&b.arena, 16u << 20);
    weir_errors_init(&errors, &texts);
    if (weir_metrics_init(1000, bounds, 3) != 0 ||
        weir_snapshot_parse(WEIR_S("integrations: {names: {\"*.stripe.com\": stripe}}\n"),
                            WEIR_S("bench"), &errors, &b.snapshot) != 0)
        return 1;
    weir_metrics_thread();
    b.body = transaction(&texts);
    measure("scrub", &b, false);
    measure("integrations", &b, true);
    weir_metrics_thread_end();
    weir_snapshot_put(b.snapshot);
    weir_scrubber_free(b.tools.scrubber);
    weir_json_reader_free(b.tools.reader);
    weir_arena_destroy(&b.arena);
    weir_arena_destroy(&texts);
    weir_metrics_destroy();
    return 0;
}
