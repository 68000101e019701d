/* bench_decode.c - what decoding costs, and the whole intake behind it:
 * decode, scrub with the default rules, tag, split, encode. The events are
 * error events with personal data, of about 2 and 15 KB, in an envelope.
 *
 * Prints the best of several rounds: CPU microseconds and calls of malloc
 * for one event. */
#include "measure.h"

#include "weir/metrics.h"
#include "weir/stage.h"

#include <stdio.h>
#include <stdlib.h>

/* ---- an envelope --------------------------------------------------------- */

static void frames(struct weir_buf *b, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        weir_buf_printf(b,
                        "%s{\"filename\":\"shop/views/checkout_%u.py\",\"function\":\"charge\","
                        "\"module\":\"shop.views.checkout\",\"lineno\":%u,\"pre_context\":[\""
                        "    order = Order.objects.get(pk=order_id)\",\"    if order.total <= 0:\","
                        "\"        return None\"],\"context_line\":\"    response = "
                        "gateway.charge(order.total)\",\"post_context\":[\"    "
                        "response.raise_for_status()\",\"\",\"    return response.json()\"],"
                        "\"vars\":{\"order_id\":\"48%u\",\"user\":\"'jane@example.org'\","
                        "\"retries\":\"3\",\"total\":\"19.90\"},\"in_app\":true}",
                        i > 0 ? "," : "", i, 40 + i, i);
}

static void crumbs(struct weir_buf *b, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        weir_buf_printf(b,
                        "%s{\"type\":\"http\",\"category\":\"httplib\",\"level\":\"info\","
                        "\"timestamp\":1700000000.%03u,\"data\":{\"url\":"
                        "\"https://api.example.com/v1/items/%u?token=abc123\",\"method\":\"GET\","
                        "\"status_code\":200,\"reason\":\"OK\"}}",
                        i > 0 ? "," : "", i, i);
}

#define ID "9ec79c33ec9942ab8353589fcb2e04dc"
#define TRACE "771a43a4192642f0b136d5159a501700"

static void event(struct weir_buf *b, unsigned n_frames, unsigned n_crumbs)
{
    weir_buf_add(b, WEIR_S("{\"event_id\":\"" ID "\",\"timestamp\":1700000000.123,\"platform\":"
                           "\"python\",\"level\":\"error\",\"transaction\":\"/checkout/{order}\","
                           "\"exception\":{\"values\":[{\"type\":\"ValueError\",\"value\":"
                           "\"card 4111 1111 1111 1111 of jane@example.org refused\","
                           "\"stacktrace\":{\"frames\":["));
    frames(b, n_frames);
    weir_buf_add(b, WEIR_S("]}}]},\"breadcrumbs\":{\"values\":["));
    crumbs(b, n_crumbs);
    weir_buf_add(
        b, WEIR_S("]},\"contexts\":{\"runtime\":{\"name\":\"CPython\",\"version\":\"3.11.2\"},"
                  "\"trace\":{\"trace_id\":\"" TRACE "\",\"span_id\":\"a1b2c3d4e5f60718\"}},"
                  "\"tags\":{\"region\":\"eu-1\"},\"user\":{\"id\":\"4711\",\"email\":"
                  "\"jane@example.org\",\"ip_address\":\"{{auto}}\"},\"request\":{\"url\":"
                  "\"https://shop.example.com/checkout/4711\",\"headers\":{\"Host\":"
                  "\"shop.example.com\",\"Authorization\":\"Bearer abcdef\"}},\"sdk\":{\"name\":"
                  "\"sentry.python\",\"version\":\"2.19.0\"},\"modules\":{\"django\":\"5.1.3\","
                  "\"requests\":\"2.32.3\"}}"));
}

static struct weir_str envelope(struct weir_arena *a, unsigned n_frames, unsigned n_crumbs)
{
    struct weir_buf b, e;
    struct weir_str s;

    weir_buf_init(&b, a, 1 << 20);
    weir_buf_init(&e, a, 1 << 20);
    event(&e, n_frames, n_crumbs);
    weir_buf_printf(&b,
                    "{\"event_id\":\"" ID "\",\"sent_at\":\"2023-11-14T22:13:20Z\",\"trace\":{"
                    "\"trace_id\":\"" TRACE "\",\"environment\":\"production\",\"public_key\":"
                    "\"a1b2c3\"}}\n{\"type\":\"event\",\"content_type\":\"application/json\","
                    "\"length\":%zu}\n",
                    e.n);
    weir_buf_add(&b, (struct weir_str){e.p, e.n});
    weir_buf_char(&b, '\n');
    if (weir_buf_str(&b, &s) != 0)
        abort();
    return s;
}

/* ---- what is measured ------------------------------------------------------ */

struct bench {
    struct weir_arena arena;
    struct weir_snapshot *snapshot;
    struct weir_tools tools;
    struct weir_str body;
};

static int ignore_header(void *self, const struct weir_envelope_header *h)
{
    (void)self;
    (void)h;
    return 0;
}

static int ignore_item(void *self, const struct weir_item *it)
{
    (void)self;
    (void)it;
    return 0;
}

static void feed(struct bench *b, const struct weir_sink *sink)
{
    struct weir_decode_input in = {.arena = &b->arena,
                                   .reader = b->tools.reader,
                                   .max_items = 500,
                                   .received_ms = 1700000000500};
    struct weir_decoder *d = weir_decoder_new(WEIR_FORMAT_ENVELOPE, &in, sink);

    if (d == NULL || weir_decoder_feed(d, b->body, true) != 0)
        abort();
}

static void decode_only(struct bench *b)
{
    const struct weir_sink sink = {.header = ignore_header, .item = ignore_item};

    feed(b, &sink);
}

static void intake(struct bench *b)
{
    struct weir_intake in = {.arena = &b->arena,
                             .snapshot = b->snapshot,
                             .project = b->snapshot->config.any_project,
                             .project_id = WEIR_S("42"),
                             .key = WEIR_S("a1b2c3"),
                             .client_ip = WEIR_S("192.0.2.9"),
                             .received_ms = 1700000000500,
                             .tools = &b->tools};
    struct weir_delivery *list;
    struct weir_sink sink;
    size_t n;

    if (weir_intake_begin(&in, &sink) != 0)
        abort();
    feed(b, &sink);
    if (weir_intake_finish(&in, &list, &n) != 0 || n != 1)
        abort();
}

/* Parts of the intake, to see where the time goes. */
static void scrub_only(struct bench *b)
{
    struct weir_str event =
        weir_str_sub(b->body, weir_str_find(b->body, WEIR_S("\n{")) + 1, SIZE_MAX);
    struct weir_json_doc doc;
    struct weir_str out;

    event = weir_str_sub(event, weir_str_find(event, WEIR_S("\n")) + 1, SIZE_MAX);
    event.n--;
    if (weir_scrub_json(b->tools.scrubber, b->snapshot->config.any_project->plan, WEIR_SCRUB_EVENT,
                        &b->arena, event, &doc) != 0 ||
        weir_scrub_finish(b->tools.scrubber, &doc) != 0 ||
        weir_json_doc_write(&doc, &b->arena, 1 << 20, &out) != 0)
        abort();
}

static void encode_only(struct bench *b)
{
    struct weir_delivery d = {0};

    if (weir_delivery_encode(&d, &b->arena, WEIR_GZIP, b->body, false) != 0)
        abort();
}

static void measure(const char *name, struct bench *b, void (*run)(struct bench *), unsigned times)
{
    struct measured m = measure_best(15, times, run, b, &b->arena);

    printf("decode %-18s bytes=%-6zu us=%-8.2f MB/s=%-7.0f allocations=%.2f\n", name, b->body.n,
           m.us, (double)b->body.n / m.us, m.allocations);
}

int main(void)
{
    static const unsigned shapes[][2] = {{2, 2}, {20, 26}};
    static const double bounds[] = {1, 10, 100};
    struct bench b = {.tools = {.scrubber = weir_scrubber_new(), .reader = weir_json_reader_new()}};
    struct weir_arena texts;
    struct weir_errors errors;

    weir_arena_init(&texts, 16u << 20);
    weir_arena_init(&b.arena, 16u << 20);
    weir_errors_init(&errors, &texts);
    if (weir_metrics_init(1000, bounds, 3) != 0 ||
        weir_snapshot_parse(WEIR_S("tags: {team: payments}\nrelease: shop@1.4.2\n"
                                   "destinations: [{name: main, dsn: \"http://k@127.0.0.1/1\"}]\n"),
                            WEIR_S("bench"), &errors, &b.snapshot) != 0)
        return 1;
    weir_metrics_thread();
    for (unsigned i = 0; i < 2; i++) {
        b.body = envelope(&texts, shapes[i][0], shapes[i][1]);
        measure("envelope", &b, decode_only, 2000);
        measure("scrub alone", &b, scrub_only, 1000);
        measure("encode alone", &b, encode_only, 1000);
        measure("whole intake", &b, intake, 1000);
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
