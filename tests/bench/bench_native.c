/* bench_native.c - what a datagram of 512 bytes costs the worker that takes it
 * in, by kind, under the default rules:
 *
 *   decode   native JSON or GELF to an item
 *   scrub    and the stages of the pipeline behind it
 *   intake   and split, encoded: what is handed to the spool
 *
 * Prints the best of several rounds: CPU microseconds and calls of malloc for
 * one datagram. */
#include "measure.h"

#include "weir/metrics.h"
#include "weir/stage.h"

#include <stdio.h>
#include <stdlib.h>

enum { BYTES = 512, TIMES = 2000, ROUNDS = 10 };

static const char *const words[] = {"order", "payment", "customer", "retry",  "queue",
                                    "shop",  "basket",  "session",  "invoice"};

static const struct {
    const char *name;
    enum weir_format format;
    const char *start;
} kinds[] = {
    {"error", WEIR_FORMAT_NATIVE,
     "{\"type\": \"error\", \"service\": \"shop\", \"level\": \"error\", \"message\": \"charge "
     "failed for jane@example.org\", \"environment\": \"production\", \"trace_id\": "
     "\"4bf92f3577b34da6a3ce929d0e0e4736\", \"extra\": {\"note\": \""},
    {"breadcrumb", WEIR_FORMAT_NATIVE,
     "{\"type\": \"breadcrumb\", \"service\": \"shop\", \"level\": \"info\", \"category\": "
     "\"http\", "
     "\"message\": \"GET /v1/items\", \"trace_id\": \"4bf92f3577b34da6a3ce929d0e0e4736\", "
     "\"data\": {\"note\": \""},
    {"span", WEIR_FORMAT_NATIVE,
     "{\"type\": \"span\", \"service\": \"shop\", \"trace_id\": "
     "\"4bf92f3577b34da6a3ce929d0e0e4736\", \"span_id\": \"00f067aa0ba902b7\", \"op\": "
     "\"http.client\", \"description\": \"POST /charge\", \"start\": 1700000000.1, \"end\": "
     "1700000000.4, \"status\": \"ok\", \"data\": {\"note\": \""},
    {"gelf", WEIR_FORMAT_GELF,
     "{\"_extra\": {}, \"version\": \"1.1\", \"host\": \"web-1\", \"short_message\": \"charge "
     "failed for jane@example.org\", \"level\": 3, \"_service\": \"shop\", \"_more\": {\"note\": "
     "\""},
};

enum stage { DECODE, SCRUB, INTAKE };

struct bench {
    struct weir_arena arena;
    struct weir_snapshot *snapshot;
    struct weir_tools tools;
    struct weir_str body;
    enum weir_format format;
    enum stage until;
};

/* Filled up with words to the size. */
static struct weir_str datagram(struct weir_arena *a, const char *start)
{
    struct weir_buf b;
    struct weir_str s;

    weir_buf_init(&b, a, BYTES);
    weir_buf_text(&b, start);
    for (size_t i = 0; b.n < BYTES - 16; i = (i * 7 + 3) % (sizeof words / sizeof words[0])) {
        weir_buf_text(&b, words[i]);
        weir_buf_char(&b, ' ');
    }
    weir_buf_text(&b, "\"}}");
    if (weir_buf_str(&b, &s) != 0)
        abort();
    return s;
}

static int no_header(void *self, const struct weir_envelope_header *h)
{
    (void)self, (void)h;
    return 0;
}

static int no_item(void *self, const struct weir_item *it)
{
    (void)self, (void)it;
    return 0;
}

static void run(struct bench *b)
{
    struct weir_intake intake = {.arena = &b->arena,
                                 .snapshot = b->snapshot,
                                 .project = b->snapshot->config.any_project,
                                 .project_id = WEIR_S("1"),
                                 .transport = WEIR_UDP,
                                 .received_ms = 1700000000500,
                                 .tools = &b->tools};
    struct weir_decode_input in = {.arena = &b->arena,
                                   .reader = b->tools.reader,
                                   .received_ms = 1700000000500,
                                   .max_items = 500};
    struct weir_sink sink = {.header = no_header, .item = no_item, .self = b};
    struct weir_delivery *deliveries;
    size_t n;

    if ((b->until > DECODE && weir_intake_begin(&intake, &sink) != 0) ||
        weir_decoder_feed(weir_decoder_new(b->format, &in, &sink), b->body, true) != 0 ||
        (b->until == INTAKE && weir_intake_finish(&intake, &deliveries, &n) != 0))
        abort();
}

int main(void)
{
    static const double bounds[] = {1, 10, 100};
    static const char *const stages[] = {"decode", "scrub", "intake"};
    struct bench b = {.tools = {.scrubber = weir_scrubber_new(), .reader = weir_json_reader_new()}};
    struct weir_arena texts;
    struct weir_errors errors;

    weir_arena_init(&texts, 16u << 20);
    weir_arena_init(&b.arena, 16u << 20);
    weir_errors_init(&errors, &texts);
    if (weir_metrics_init(1000, bounds, 3) != 0 ||
        weir_snapshot_parse(WEIR_S(""), WEIR_S("bench"), &errors, &b.snapshot) != 0)
        return 1;
    weir_metrics_thread();
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        b.body = datagram(&texts, kinds[i].start);
        b.format = kinds[i].format;
        printf("%-10s us", kinds[i].name);
        for (b.until = DECODE; b.until <= INTAKE; b.until++) {
            struct measured m = measure_best(ROUNDS, TIMES, run, &b, &b.arena);

            printf(" %s=%.2f", stages[b.until], m.us);
            if (b.until == INTAKE)
                printf(" allocations=%.2f", m.allocations);
        }
        printf("\n");
    }
    weir_metrics_thread_end();
    weir_snapshot_put(b.snapshot);
    weir_scrubber_free(b.tools.scrubber);
    weir_json_reader_free(b.tools.reader);
    weir_arena_destroy(&b.arena);
    weir_arena_destroy(&texts);
    weir_metrics_destroy();
    return 0;
}
