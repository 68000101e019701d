/* bench_json.c - what the JSON pass costs: read, validate and dedupe a whole
 * event; the same with a few edits and the gather; jansson for comparison.
 *
 * The events are shaped like those of the Python SDK (stack frames with
 * source lines and variables, breadcrumbs, contexts, tags). The best of
 * several rounds is printed: CPU microseconds and allocations for an event. */
#include "measure.h"

#include "weir/json.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

/* ---- events ------------------------------------------------------------------- */

static void frames(struct weir_buf *b, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        weir_buf_printf(
            b,
            "%s{\"filename\":\"shop/views/checkout_%u.py\",\"abs_path\":\"/srv/app/shop/views/"
            "checkout_%u.py\",\"function\":\"charge_customer\",\"module\":\"shop.views.checkout\","
            "\"lineno\":%u,\"pre_context\":[\"    order = Order.objects.get(pk=order_id)\","
            "\"    if order.total <= 0:\",\"        return None\"],\"context_line\":\"    response "
            "= "
            "gateway.charge(order.total, \\\"EUR\\\")\",\"post_context\":[\"    "
            "response.raise_for_status()\",\"\",\"    return response.json()\"],\"vars\":{\"order_"
            "id\":\"48%u\",\"order\":\"<Order: 48%u>\",\"retries\":\"3\",\"total\":\"19.90\"},\"in_"
            "app\":true}",
            i > 0 ? "," : "", i, i, 40 + i, i, i);
}

static void crumbs(struct weir_buf *b, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        weir_buf_printf(b,
                        "%s{\"type\":\"http\",\"category\":\"httplib\",\"level\":\"info\","
                        "\"timestamp\":\"2026-11-21T05:30:%02u.123456Z\",\"data\":{\"url\":"
                        "\"https://api.example.com/v1/items/%u\",\"method\":\"GET\",\"status_"
                        "code\":200,\"reason\":\"OK\"}}",
                        i > 0 ? "," : "", i % 60, i);
}

static struct weir_str event(struct weir_arena *a, unsigned n_frames, unsigned n_crumbs)
{
    struct weir_buf b;
    struct weir_str s;

    weir_buf_init(&b, a, 1 << 20);
    weir_buf_add(
        &b,
        WEIR_S("{\"event_id\":\"9ec79c33ec9942ab8353589fcb2e04dc\",\"timestamp\":\"2026-11-21T05"
               ":30:00.123456Z\",\"platform\":\"python\",\"level\":\"error\",\"logger\":\"shop."
               "checkout\",\"transaction\":\"/checkout/{order}\",\"server_name\":\"web-3\","
               "\"release\":\"shop@1.4.2\",\"environment\":\"production\",\"exception\":{"
               "\"values\":[{\"type\":\"TimeoutError\",\"value\":\"charge failed after 15 s\","
               "\"module\":\"builtins\",\"mechanism\":{\"type\":\"generic\",\"handled\":false},"
               "\"stacktrace\":{\"frames\":["));
    frames(&b, n_frames);
    weir_buf_add(&b, WEIR_S("]}}]},\"breadcrumbs\":{\"values\":["));
    crumbs(&b, n_crumbs);
    weir_buf_add(
        &b, WEIR_S("]},\"contexts\":{\"runtime\":{\"name\":\"CPython\",\"version\":\"3.11.2\"},"
                   "\"trace\":{\"trace_id\":\"771a43a4192642f0b136d5159a501700\",\"span_id\":"
                   "\"a1b2c3d4e5f60718\",\"op\":\"http.server\"}},\"tags\":{\"team\":\"payments\","
                   "\"region\":\"eu-1\"},\"user\":{\"id\":\"4711\",\"ip_address\":\"{{auto}}\"},"
                   "\"request\":{\"url\":\"https://shop.example.com/checkout/4711\",\"method\":"
                   "\"POST\",\"headers\":{\"Host\":\"shop.example.com\",\"Accept\":\"*/*\","
                   "\"User-Agent\":\"Mozilla/5.0\"}},\"sdk\":{\"name\":\"sentry.python\","
                   "\"version\":\"2.19.0\",\"integrations\":[\"atexit\",\"dedupe\",\"django\","
                   "\"excepthook\",\"logging\",\"stdlib\",\"threading\"]},\"modules\":{"
                   "\"django\":\"5.1.3\",\"requests\":\"2.32.3\"},\"extra\":{\"sys.argv\":["
                   "\"manage.py\",\"runserver\"]}}"));
    if (weir_buf_str(&b, &s) != 0)
        abort();
    return s;
}

/* ---- what is measured ----------------------------------------------------------- */

struct bench {
    struct weir_json_reader *reader;
    struct weir_arena arena;
    struct weir_str body;
    size_t tokens;
};

static void read_only(struct bench *b)
{
    struct weir_edits edits;
    struct weir_json_token t;

    weir_edits_init(&edits, &b->arena);
    weir_json_begin(b->reader, &edits, true);
    weir_json_window(b->reader, b->body, 0, true);
    b->tokens = 0;
    while (weir_json_next(b->reader, &t) > WEIR_JSON_END)
        b->tokens++;
    if (t.kind != WEIR_JSON_END)
        abort();
}

static void read_edit_gather(struct bench *b)
{
    struct weir_edits edits;
    struct weir_json_token t;
    struct weir_buf out;
    unsigned strings = 0;

    weir_edits_init(&edits, &b->arena);
    weir_json_begin(b->reader, &edits, true);
    weir_json_window(b->reader, b->body, 0, true);
    while (weir_json_next(b->reader, &t) > WEIR_JSON_END)
        if (t.kind == WEIR_JSON_STRING && strings++ % 10 == 0)
            weir_edits_add(&edits, t.start, t.end, WEIR_S("\"[Filtered]\""));
    weir_buf_init(&out, &b->arena, 1 << 20);
    if (weir_edits_gather(&edits, b->body, 0, 0, b->body.n, &out) != 0)
        abort();
}

static void jansson_tree(struct bench *b)
{
    json_t *tree = json_loadb(b->body.p, b->body.n, JSON_DECODE_ANY, NULL);
    char *text = json_dumps(tree, JSON_COMPACT);

    free(text);
    json_decref(tree);
}

static void measure(const char *name, struct bench *b, void (*run)(struct bench *), unsigned times)
{
    struct measured m = measure_best(15, times, run, b, &b->arena);

    printf("json %-18s bytes=%-6zu us=%-8.2f MB/s=%-7.0f allocations=%.2f\n", name, b->body.n, m.us,
           (double)b->body.n / m.us, m.allocations);
}

int main(void)
{
    static const unsigned shapes[][2] = {{1, 2}, {18, 23}};
    struct bench b = {.reader = weir_json_reader_new()};
    struct weir_arena texts;

    weir_arena_init(&texts, 16u << 20);
    weir_arena_init(&b.arena, 16u << 20);
    for (unsigned i = 0; i < 2; i++) {
        b.body = event(&texts, shapes[i][0], shapes[i][1]);
        read_only(&b);
        printf("json event of %zu bytes, %zu tokens\n", b.body.n, b.tokens);
        measure("read", &b, read_only, 2000);
        measure("read, edit, gather", &b, read_edit_gather, 2000);
        measure("jansson, dump", &b, jansson_tree, 200);
    }
    weir_arena_destroy(&b.arena);
    weir_arena_destroy(&texts);
    weir_json_reader_free(b.reader);
    return 0;
}
