/* bench_scrub.c - what scrubbing costs: the pass with each built-in set, and
 * with all of them together, over events, with _meta and the gather; then by
 * the number of rules of a user, with and without a literal.
 *
 *   bench_scrub [--only SET] [FILE...]
 *
 * On the events that real SDKs sent, recorded in events/ (their test program
 * plants personal data in every field, so they are harder than most), on
 * events shaped like those of the Python SDK, with and without personal data,
 * and on plain text; with FILEs on those, an event a line. --only: just this
 * set ("all" for all together). Best of several rounds, CPU microseconds,
 * MB/s and allocations for an event. Each event is new to the scrubber, but
 * where it says "seen before": there every event came just a moment ago, as
 * in a storm of one error. */
#include "measure.h"

#include "weir/config.h"
#include "weir/metrics.h"
#include "weir/scrub.h"

#include <stdio.h>
#include <stdlib.h>

/* ---- events ------------------------------------------------------------------- */

static struct weir_str event(struct weir_arena *a, unsigned n_frames, unsigned n_crumbs,
                             bool personal)
{
    struct weir_buf b;
    struct weir_str s;

    weir_buf_init(&b, a, 1 << 20);
    weir_buf_printf(&b,
                    "{\"event_id\":\"9ec79c33ec9942ab8353589fcb2e04dc\",\"timestamp\":"
                    "\"2026-11-21T05:30:00.123456Z\",\"platform\":\"python\",\"level\":\"error\","
                    "\"release\":\"shop@1.4.2\",\"environment\":\"production\",\"exception\":{"
                    "\"values\":[{\"type\":\"TimeoutError\",\"value\":\"charge of %s failed\","
                    "\"stacktrace\":{\"frames\":[",
                    personal ? "4539 1488 0343 6467 for maria@example.org" : "order 4711");
    for (unsigned i = 0; i < n_frames; i++)
        weir_buf_printf(
            &b,
            "%s{\"filename\":\"shop/views/checkout_%u.py\",\"abs_path\":\"/srv/app/shop/views/"
            "checkout_%u.py\",\"function\":\"charge_customer\",\"module\":\"shop.views.checkout\","
            "\"lineno\":%u,\"pre_context\":[\"    order = Order.objects.get(pk=order_id)\","
            "\"    if order.total <= 0:\",\"        return None\"],\"context_line\":\"    response "
            "= gateway.charge(order.total, \\\"EUR\\\")\",\"post_context\":[\"    "
            "response.raise_for_status()\",\"\",\"    return response.json()\"],\"vars\":{\"order_"
            "id\":\"48%u\",\"order\":\"<Order: 48%u>\",\"retries\":\"3\",\"total\":\"19.90\"},\"in_"
            "app\":true}",
            i > 0 ? "," : "", i, i, 40 + i, i, i);
    weir_buf_add(&b, WEIR_S("]}}]},\"breadcrumbs\":{\"values\":["));
    for (unsigned i = 0; i < n_crumbs; i++)
        weir_buf_printf(&b,
                        "%s{\"type\":\"http\",\"category\":\"httplib\",\"level\":\"info\","
                        "\"timestamp\":\"2026-11-21T05:30:%02u.123456Z\",\"data\":{\"url\":"
                        "\"https://api.example.com/v1/items/%u\",\"method\":\"GET\",\"status_"
                        "code\":200,\"reason\":\"OK\"}}",
                        i > 0 ? "," : "", i % 60, i);
    weir_buf_printf(&b,
                    "]},\"contexts\":{\"trace\":{\"trace_id\":\"771a43a4192642f0b136d5159a501700\","
                    "\"span_id\":\"a1b2c3d4e5f60718\",\"op\":\"http.server\"}},\"tags\":{\"team\":"
                    "\"payments\",\"region\":\"eu-1\"},\"user\":{\"id\":\"4711\"%s},\"request\":{"
                    "\"url\":\"https://shop.example.com/checkout/4711%s\",\"headers\":{\"Accept\":"
                    "\"*/*\",\"User-Agent\":\"Mozilla/5.0\"}},\"sdk\":{\"name\":\"sentry.python\","
                    "\"version\":\"2.19.0\"},\"modules\":{\"django\":\"5.1.3\"}}",
                    personal ? ",\"email\":\"maria@example.org\",\"ip_address\":\"203.0.113.9\""
                             : "",
                    personal ? "?token=abc123def" : "");
    if (weir_buf_str(&b, &s) != 0)
        abort();
    return s;
}

/* ---- what is measured ----------------------------------------------------------- */

struct bench {
    struct weir_scrubber *scrubber;
    struct weir_scrub_plan *plan;
    struct weir_arena arena;
    struct weir_str body;
    bool again;       /* a text seen before may be remembered */
    double bytes, us; /* of all events since they were set to 0 */
};

static void scrub_event(struct bench *b)
{
    struct weir_json_doc doc;
    struct weir_str out;

    if (!b->again)
        weir_scrubber_forget(b->scrubber);
    if (weir_scrub_json(b->scrubber, b->plan, WEIR_SCRUB_EVENT, &b->arena, b->body, &doc) != 0 ||
        weir_scrub_finish(b->scrubber, &doc) != 0 ||
        weir_json_doc_write(&doc, &b->arena, 1 << 26, &out) != 0)
        abort();
}

static void scrub_text(struct bench *b)
{
    struct weir_str out;

    if (weir_scrub_text(b->scrubber, b->plan, &b->arena, b->body, &out) != 0)
        abort();
}

static void measure(const char *name, struct bench *b, void (*run)(struct bench *))
{
    unsigned times = b->body.n > 100000 ? 10 : b->body.n > 5000 ? 100 : 500;
    struct measured m = measure_best(9, times, run, b, &b->arena);

    b->bytes += (double)b->body.n;
    b->us += m.us;
    if (name != NULL)
        printf("scrub %-21s bytes=%-6zu us=%-8.2f MB/s=%-7.0f allocations=%.2f\n", name, b->body.n,
               m.us, (double)b->body.n / m.us, m.allocations);
}

static struct weir_scrub_plan *plan_of(struct weir_ruleset *const *sets, size_t n)
{
    struct weir_scrub_plan *plan;

    if (weir_scrub_plan_new((const struct weir_ruleset *const *)sets, n, NULL, 0, WEIR_S("key"),
                            &plan) != 0)
        abort();
    return plan;
}

/* ---- by the number of rules ------------------------------------------------------- */

static struct weir_ruleset *many(struct weir_arena *a, unsigned n, bool literal)
{
    struct weir_ruleset *set;
    struct weir_errors errors;
    struct weir_buf b;
    struct weir_str yaml;

    weir_buf_init(&b, a, 1 << 24);
    weir_buf_text(&b, "rules:\n");
    for (unsigned i = 0; i < n; i++)
        weir_buf_printf(&b,
                        literal ? "  r%u: {type: pattern, pattern: '\\b%c%c%u-ORD[0-9]{6,9}\\b'}\n"
                                : "  r%u: {type: pattern, pattern: '\\b[%c%c]{%u}[0-9]{6,9}\\b'}\n",
                        i, 'a' + (char)(i % 26), 'a' + (char)(i / 26 % 26), 3 + i % 7);
    weir_buf_text(&b, "applications:\n  '**': [");
    for (unsigned i = 0; i < n; i++)
        weir_buf_printf(&b, "%sr%u", i > 0 ? ", " : "", i);
    weir_buf_text(&b, "]\n");
    weir_errors_init(&errors, a);
    if (weir_buf_str(&b, &yaml) != 0 ||
        weir_ruleset_parse(WEIR_S("many"), yaml, WEIR_S("many.yaml"), &errors, &set) != 0)
        abort();
    return set;
}

static void by_rules(struct bench *b, struct weir_arena *texts)
{
    static const unsigned counts[] = {1, 10, 100, 1000};

    b->body = event(texts, 18, 23, true);
    for (unsigned literal = 2; literal-- > 0;)
        for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
            struct weir_ruleset *set = many(texts, counts[i], literal != 0);
            char name[40];

            if (literal == 0 && counts[i] > 100)
                continue;
            b->plan = plan_of(&set, 1);
            (void)snprintf(name, sizeof name, "%u rules, %s", counts[i],
                           literal != 0 ? "literal" : "none");
            measure(name, b, scrub_event);
            weir_scrub_plan_free(b->plan);
            weir_ruleset_free(set);
        }
}

/* ---- by set ------------------------------------------------------------------------ */

static void print_sum(const struct bench *b, const char *name)
{
    printf("scrub %-21s bytes=%-6.0f us=%-8.2f MB/s=%.0f%s\n", name, b->bytes, b->us,
           b->bytes / b->us, b->again ? ", texts seen before" : "");
}

/* The events of a file, one a line: their sum. */
static void file(struct bench *b, struct weir_arena *texts, const char *path)
{
    const char *slash = strrchr(path, '/');
    char *p = weir_arena_alloc(texts, 4 << 20);
    FILE *f = fopen(path, "rb");
    struct weir_str all;

    if (f == NULL || p == NULL) {
        perror(path);
        exit(1);
    }
    all = (struct weir_str){p, fread(p, 1, 4 << 20, f)};
    fclose(f);
    b->bytes = b->us = 0;
    while (all.n > 0) {
        const char *end = memchr(all.p, '\n', all.n);

        b->body = (struct weir_str){all.p, end != NULL ? (size_t)(end - all.p) : all.n};
        all = weir_str_sub(all, b->body.n + 1, SIZE_MAX);
        if (b->body.n > 0)
            measure(NULL, b, scrub_event);
    }
    print_sum(b, slash != NULL ? slash + 1 : path);
}

/* What was recorded, by SDK and in sum. */
static void recorded(struct bench *b, struct weir_arena *texts)
{
    static const char *const sdks[] = {"python", "node", "go"};
    double bytes = 0, us = 0;

    for (size_t i = 0; i < sizeof sdks / sizeof *sdks; i++) {
        char path[512];

        (void)snprintf(path, sizeof path, "%s/tests/bench/events/%s.jsonl", WEIR_SOURCE_DIR,
                       sdks[i]);
        file(b, texts, path);
        bytes += b->bytes;
        us += b->us;
    }
    b->bytes = bytes;
    b->us = us;
    print_sum(b, "recorded, all SDKs");
}

static void builtin(struct bench *b, struct weir_arena *texts)
{
    static const struct {
        const char *name;
        unsigned frames, crumbs;
        bool personal;
    } shapes[] = {{"small", 1, 2, false},
                  {"small, personal", 1, 2, true},
                  {"large", 18, 23, false},
                  {"large, personal", 18, 23, true}};
    struct weir_buf log;

    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        b->body = event(texts, shapes[i].frames, shapes[i].crumbs, shapes[i].personal);
        measure(shapes[i].name, b, scrub_event);
    }
    weir_buf_init(&log, texts, 1 << 20);
    for (unsigned i = 0; i < 4000; i++)
        weir_buf_printf(&log,
                        "2026-11-21T05:30:%02u.123Z INFO shop.checkout order %u charged in %u ms\n",
                        i % 60, 48000 + i, i % 900);
    if (weir_buf_str(&log, &b->body) != 0)
        abort();
    measure("log text", b, scrub_text);
}

/* With one plan. */
static void with_plan(struct bench *b, struct weir_arena *texts, int n, char **names)
{
    if (n == 0)
        recorded(b, texts);
    if (n == 0 && !b->again)
        builtin(b, texts);
    for (int i = 0; i < n; i++)
        file(b, texts, names[i]);
}

int main(int argc, char **argv)
{
    struct bench b = {.scrubber = weir_scrubber_new()};
    const char *only = argc > 2 && strcmp(argv[1], "--only") == 0 ? argv[2] : NULL;
    struct weir_ruleset *sets[16];
    struct weir_arena texts;
    size_t n = 0;

    if (b.scrubber == NULL || weir_metrics_init(5000, NULL, 0) != 0)
        return 1;
    weir_metrics_thread();
    weir_arena_init(&texts, (size_t)1 << 30);
    weir_arena_init(&b.arena, (size_t)256 << 20);
    for (const char *const *name = weir_ruleset_names(); *name != NULL && n < 16; name++, n++)
        if (weir_ruleset_builtin(weir_str_of(*name), &sets[n]) != 0)
            return 1;
    for (size_t i = 0; i <= n; i++) {
        if (only != NULL && strcmp(only, i < n ? weir_ruleset_names()[i] : "all") != 0)
            continue;
        printf("-- %s\n", i < n ? weir_ruleset_names()[i] : "all sets together");
        b.plan = plan_of(i < n ? &sets[i] : sets, i < n ? 1 : n);
        for (unsigned again = 0; again < 2; again++) {
            b.again = again != 0;
            with_plan(&b, &texts, argc - (only != NULL ? 3 : 1), argv + (only != NULL ? 3 : 1));
        }
        b.again = false;
        weir_scrub_plan_free(b.plan);
    }
    if (only == NULL) {
        printf("-- by the number of rules, large event\n");
        by_rules(&b, &texts);
    }
    weir_arena_destroy(&b.arena);
    weir_arena_destroy(&texts);
    weir_scrubber_free(b.scrubber);
    for (size_t i = 0; i < n; i++)
        weir_ruleset_free(sets[i]);
    weir_metrics_destroy();
    return 0;
}
