/* bench_metrics.c - ns for a count, and ms for a scrape of 5,000 series. */
#include "weir/clock.h"
#include "weir/metrics.h"

#include <stdio.h>
#include <stdlib.h>

enum { TIMES = 2000000, SERIES = 5000, SCRAPES = 20 };

static const double bounds[] = {5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10000, 30000};
static const char trace[] = "4bf92f3577b34da6a3ce929d0e0e4736";

static void print(const char *what, uint64_t us, double times)
{
    printf("%-44s %8.1f ns\n", what, (double)us * 1000 / times);
}

static void counting(void)
{
    struct weir_str labels[] = {WEIR_S("payment"), WEIR_S("/orders/{id}"), WEIR_S("200")};
    struct weir_series *c = weir_metric_of(WEIR_M_SCRUB_BYTES, NULL);
    struct weir_series *h = weir_metric(WEIR_M_INTEGRATION_LATENCY, labels, 3);
    uint64_t start = weir_mono_us();

    for (int i = 0; i < TIMES; i++)
        weir_count(c, 1);
    print("count, series at hand", weir_mono_us() - start, TIMES);
    start = weir_mono_us();
    for (int i = 0; i < TIMES; i++)
        weir_observe(h, i % 300, WEIR_S(""));
    print("observe, series at hand", weir_mono_us() - start, TIMES);
    start = weir_mono_us();
    for (int i = 0; i < TIMES; i++)
        weir_observe(h, i % 300, WEIR_S(trace));
    print("observe with exemplar", weir_mono_us() - start, TIMES);
    start = weir_mono_us();
    for (int i = 0; i < TIMES; i++)
        (void)weir_metric(WEIR_M_INTEGRATION_LATENCY, labels, 3);
    print("find a series by three labels", weir_mono_us() - start, TIMES);
    start = weir_mono_us();
    for (int i = 0; i < TIMES; i++)
        weir_integration_call(labels[0], WEIR_S("/orders/12345/items/9f8b1c2d"), labels[2], 7, true,
                              WEIR_S(""), WEIR_S(trace));
    print("integration call, endpoint templated", weir_mono_us() - start, TIMES);
}

static void scraping(bool openmetrics)
{
    uint64_t best = UINT64_MAX;
    size_t bytes = 0;

    for (int i = 0; i < SCRAPES; i++) {
        struct weir_arena a;
        struct weir_buf b;
        uint64_t start = weir_mono_us(), us;

        weir_arena_init(&a, 64 << 20);
        weir_buf_init(&b, &a, 64 << 20);
        if (weir_metrics_write(&b, openmetrics) != 0)
            exit(1);
        bytes = b.n;
        us = weir_mono_us() - start;
        best = us < best ? us : best;
        weir_arena_destroy(&a);
    }
    printf("scrape of %d histograms, %-18s %8.2f ms, %zu KiB\n", SERIES,
           openmetrics ? "OpenMetrics" : "text", (double)best / 1000, bytes / 1024);
}

int main(void)
{
    char service[32], endpoint[32];

    if (weir_metrics_init(SERIES, bounds, sizeof bounds / sizeof bounds[0]) != 0)
        return 1;
    weir_metrics_thread();
    counting();
    for (int i = 0; i < SERIES - 1; i++) {
        snprintf(service, sizeof service, "service-%d", i / 10);
        snprintf(endpoint, sizeof endpoint, "/orders/{id}/%c", 'a' + i % 10);
        struct weir_str labels[] = {weir_str_of(service), weir_str_of(endpoint), WEIR_S("200")};
        weir_observe(weir_metric(WEIR_M_INTEGRATION_LATENCY, labels, 3), i * 0.37, WEIR_S(trace));
    }
    scraping(false);
    scraping(true);
    weir_metrics_destroy();
    return 0;
}
