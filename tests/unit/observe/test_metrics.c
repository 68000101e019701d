/* Tests of metrics.h: counting, exposition, bounds. The threaded ones are
 * meant for the tsan preset too. */
#include "unit.h"
#include "weir/clock.h"
#include "weir/metrics.h"

#include <fcntl.h>
#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static const double bounds[] = {5, 10, 2500};
static struct weir_arena arena;

static int setup(void **state)
{
    (void)state;
    weir_arena_init(&arena, 256 << 20);
    assert_int_equal(weir_metrics_init(100, bounds, COUNT(bounds)), 0);
    weir_metrics_thread();
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    weir_metrics_thread_end();
    weir_metrics_destroy();
    weir_arena_destroy(&arena);
    return 0;
}

static const char *scrape(bool openmetrics)
{
    struct weir_buf b;
    struct weir_str s;

    weir_buf_init(&b, &arena, 128 << 20);
    assert_int_equal(weir_metrics_write(&b, openmetrics), 0);
    weir_buf_char(&b, '\0');
    assert_int_equal(weir_buf_str(&b, &s), 0);
    return s.p;
}

/* Is `line` one of the lines of `text`, whole? */
static bool has_line(const char *text, const char *line)
{
    size_t n = strlen(line);

    for (const char *p = text; (p = strstr(p, line)) != NULL; p++) {
        if ((p == text || p[-1] == '\n') && p[n] == '\n')
            return true;
    }
    return false;
}

#define assert_line(text, line)                        \
    do {                                               \
        if (!has_line(text, line))                     \
            fail_msg("no line %s in\n%s", line, text); \
    } while (0)

static void a_counter_is_shown_with_its_labels(void **state)
{
    (void)state;
    weir_count(weir_metric_of(WEIR_M_REJECTED, "http", "malformed", NULL), 2);
    weir_count(weir_metric_of(WEIR_M_REJECTED, "http", "malformed", NULL), 40);
    weir_count(weir_metric_of(WEIR_M_REJECTED, "udp", "malformed", NULL), 1);
    const char *text = scrape(false);
    assert_line(text, "# TYPE weir_rejected_total counter");
    assert_line(text, "# HELP weir_rejected_total Requests and datagrams refused");
    assert_line(text, "weir_rejected_total{transport=\"http\",reason=\"malformed\"} 42");
    assert_line(text, "weir_rejected_total{transport=\"udp\",reason=\"malformed\"} 1");
    assert_null(strstr(text, "# EOF"));
    assert_null(strstr(text, "# UNIT"));
    text = scrape(true);
    assert_line(text, "# TYPE weir_rejected counter");
    assert_line(text, "weir_rejected_total{transport=\"http\",reason=\"malformed\"} 42");
    assert_string_equal(text + strlen(text) - 6, "# EOF\n");
    assert_line(text, "# UNIT weir_spool_bytes bytes");
    assert_line(text, "# UNIT weir_scrub_bytes bytes");
    assert_line(text, "# UNIT process_cpu_seconds seconds");
}

static void a_histogram_is_cumulated_and_ends_in_inf(void **state)
{
    struct weir_series *s =
        weir_metric_of(WEIR_M_INTEGRATION_LATENCY, "payment", "/charge", "200", NULL);

    (void)state;
    static const double seen[] = {-1, 5, 5.5, 10, 2500, 2500.25, 1e9, NAN, INFINITY};
    for (size_t i = 0; i < COUNT(seen); i++)
        weir_observe(s, seen[i], WEIR_S(""));
    const char *text = scrape(false);
#define L "service=\"payment\",endpoint=\"/charge\",status=\"200\""
    assert_line(text, "# TYPE integration_latency_ms histogram");
    assert_line(text, "integration_latency_ms_bucket{" L ",le=\"5\"} 2");
    assert_line(text, "integration_latency_ms_bucket{" L ",le=\"10\"} 4");
    assert_line(text, "integration_latency_ms_bucket{" L ",le=\"2500\"} 5");
    assert_line(text, "integration_latency_ms_bucket{" L ",le=\"+Inf\"} 7");
    assert_line(text, "integration_latency_ms_sum{" L "} 1000005019.75");
    assert_line(text, "integration_latency_ms_count{" L "} 7");
    assert_line(scrape(true), "integration_latency_ms_bucket{" L ",le=\"5.0\"} 2");
    assert_line(scrape(true), "weir_spool_commit_seconds_bucket{le=\"0.0005\"} 0");
    assert_line(scrape(true), "weir_spool_commit_seconds_bucket{le=\"30.0\"} 0");
}

static void the_last_trace_of_a_bucket_is_its_exemplar(void **state)
{
    struct weir_series *s = weir_metric_of(WEIR_M_INTEGRATION_LATENCY, "p", "/", "ok", NULL);

    (void)state;
    weir_observe(s, 3, WEIR_S("4bf92f3577b34da6a3ce929d0e0e4736"));
    weir_observe(s, 4.5, WEIR_S("00f067aa-0ba9-02b7-00f0-67aa0ba902b7"));
    weir_observe(s, 1, WEIR_S("not a trace id"));
    weir_observe(s, 7, WEIR_S(""));
#undef L
#define L "integration_latency_ms_bucket{service=\"p\",endpoint=\"/\",status=\"ok\",le="
    const char *text = scrape(true);
    assert_line(text, L "\"5.0\"} 3 # {trace_id=\"00f067aa0ba902b700f067aa0ba902b7\"} 4.5");
    assert_line(text, L "\"10.0\"} 4");
    assert_null(strstr(scrape(false), " # {"));
}

static void gauges_are_shown_once_they_are_set(void **state)
{
    struct weir_series *s = weir_metric_of(WEIR_M_BREADCRUMBS_HELD, NULL);

    (void)state;
    assert_null(strstr(scrape(false), "\nweir_breadcrumbs_held "));
    assert_line(scrape(false), "# TYPE weir_breadcrumbs_held gauge");
    weir_gauge_set(s, 0.1);
    assert_line(scrape(false), "weir_breadcrumbs_held 0.1");
    weir_gauge_set(s, -3);
    assert_line(scrape(false), "weir_breadcrumbs_held -3");
    weir_gauge_set(s, 1.0 / 3);
    assert_line(scrape(false), "weir_breadcrumbs_held 0.33333333333333331");
    weir_gauge_set(s, 1e300);
    assert_line(scrape(false), "weir_breadcrumbs_held 1e+300");
    weir_gauge_set(s, NAN);
    assert_null(strstr(scrape(false), "\nweir_breadcrumbs_held "));
}

static void label_values_are_escaped_cut_and_mended(void **state)
{
    char large[300], line[512];

    (void)state;
    weir_count(weir_metric_of(WEIR_M_UDP_LOST, "a\"b\\c\nd", NULL), 1);
    assert_line(scrape(false), "weir_udp_lost_total{source=\"a\\\"b\\\\c\\nd\"} 1");
    for (int i = 0; i < 2; i++)
        weir_count(weir_metric_of(WEIR_M_UDP_LOST, "x\xff\xc3\xa4\xc3", NULL), 1);
    assert_line(scrape(false), "weir_udp_lost_total{source=\"x?\xc3\xa4?\"} 2");
    /* a NUL would end the line, and with it the scrape */
    struct weir_str nul = {"a\0b\tc\x7f", 6};
    weir_count(weir_metric(WEIR_M_UDP_LOST, &nul, 1), 1);
    assert_line(scrape(false), "weir_udp_lost_total{source=\"a?b?c?\"} 1");
    memset(large, 'y', sizeof large);
    memcpy(large + 199, "\xc3\xa4", 2); /* the cut would go through it */
    large[299] = '\0';
    weir_count(weir_metric_of(WEIR_M_UDP_LOST, large, NULL), 1);
    snprintf(line, sizeof line, "weir_udp_lost_total{source=\"%.199s\"} 1", large);
    assert_line(scrape(false), line);
}

static void series_are_the_same_object_each_time(void **state)
{
    struct weir_str values[] = {WEIR_S("42"), WEIR_S("event"), WEIR_S("http")};

    (void)state;
    assert_ptr_equal(weir_metric(WEIR_M_RECEIVED, values, 3),
                     weir_metric_of(WEIR_M_RECEIVED, "42", "event", "http", NULL));
    /* values do not run into one another */
    assert_ptr_not_equal(weir_metric_of(WEIR_M_REJECTED, "ab", "c", NULL),
                         weir_metric_of(WEIR_M_REJECTED, "a", "bc", NULL));
    assert_ptr_not_equal(weir_metric_of(WEIR_M_REJECTED, "a", "b", NULL),
                         weir_metric_of(WEIR_M_REJECTED, "b", "a", NULL));
}

static void what_is_over_max_series_goes_to_other_and_is_counted(void **state)
{
    char name[32];
    unsigned lines = 0;

    (void)state;
    for (int i = 0; i < 10000; i++) {
        snprintf(name, sizeof name, "service-%d", i);
        weir_count(weir_metric_of(WEIR_M_INTEGRATION_ERRORS, name, "timeout", NULL), 1);
    }
    const char *text = scrape(false);
    for (const char *p = text; (p = strstr(p, "\nintegration_errors_total{")) != NULL; p++)
        lines++;
    assert_int_equal(lines, 101);
    assert_line(text, "integration_errors_total{service=\"service-99\",error_type=\"timeout\"} 1");
    assert_line(text, "integration_errors_total{service=\"other\",error_type=\"timeout\"} 9900");
    assert_line(text, "weir_metrics_overflow_total{metric=\"integration_errors_total\"} 9900");
    /* Nobody can flood weir's own families out of the table. */
    for (int i = 0; i < 300; i++) {
        snprintf(name, sizeof name, "reason%d", i);
        weir_count(weir_metric_of(WEIR_M_REJECTED, "http", name, NULL), 1);
    }
    assert_line(scrape(false), "weir_rejected_total{transport=\"http\",reason=\"reason299\"} 1");
    /* What is not from input stays apart among the others. */
    weir_count(weir_metric_of(WEIR_M_INTEGRATION_ERRORS, "z", "tls", NULL), 3);
    assert_line(scrape(false), "integration_errors_total{service=\"other\",error_type=\"tls\"} 3");
    /* what is weir's own has its place for all that */
    struct weir_str own[] = {WEIR_S("main"), WEIR_S("timeout")};
    struct weir_str state_of[] = {WEIR_S("main"), WEIR_S("https://a"), WEIR_S("open")};

    weir_count(weir_metric_own(WEIR_M_INTEGRATION_ERRORS, own, 2), 1);
    weir_count(weir_metric(WEIR_M_INTEGRATION_ERRORS, own, 2), 1);
    weir_gauge_set(weir_metric(WEIR_M_BREAKER, state_of, 3), 1);
    text = scrape(false);
    assert_line(text, "integration_errors_total{service=\"main\",error_type=\"timeout\"} 2");
    assert_line(text, "weir_breaker_state{destination=\"main\",endpoint=\"https://a\","
                      "state=\"open\"} 1");
}

static void even_a_table_that_is_full_counts_on(void **state)
{
    char name[32];

    (void)state;
    for (int i = 0; i < 6000; i++) { /* more than is reserved */
        snprintf(name, sizeof name, "reason%d", i);
        weir_count(weir_metric_of(WEIR_M_REJECTED, "http", name, NULL), 1);
    }
    weir_observe(weir_metric_of(WEIR_M_FORWARD, "main", "200", NULL), 1, WEIR_S(""));
    weir_gauge_set(weir_metric_of(WEIR_M_BLOCKED, "main", NULL), 1);
    weir_count(weir_metric_of(WEIR_M_SCRUB_BYTES, NULL), 7);
    assert_line(scrape(false), "weir_scrub_bytes_total 7");
    assert_line(scrape(false), "weir_rejected_total{transport=\"http\",reason=\"reason0\"} 1");
}

static void nothing_counts_before_the_start(void **state)
{
    (void)state;
    weir_metrics_destroy();
    struct weir_series *s = weir_metric_of(WEIR_M_REJECTED, "http", "x", NULL);
    assert_non_null(s);
    weir_count(s, 1);
    weir_gauge_set(s, 1);
    weir_observe(s, 1, WEIR_S("4bf92f3577b34da6a3ce929d0e0e4736"));
    assert_int_equal(weir_metrics_init(10, bounds, COUNT(bounds)), 0);
    weir_count(s, 1); /* still nowhere */
    assert_null(strstr(scrape(false), "weir_rejected_total{"));
}

static void bounds_must_ascend(void **state)
{
    static const double bad[][2] = {{5, 5}, {5, 4}, {NAN, 1}, {1, INFINITY}};

    (void)state;
    for (size_t i = 0; i < COUNT(bad); i++)
        assert_int_equal(weir_metrics_init(10, bad[i], 2), WEIR_EINVAL);
    assert_int_equal(weir_metrics_init(10, bounds, 33), WEIR_EINVAL);
}

enum { THREADS = 4, TIMES = 20000 };

static atomic_uint next_thread;

static void *count_a_lot(void *arg)
{
    unsigned me = atomic_fetch_add(&next_thread, 1);
    bool registered = arg != NULL;
    char name[32];

    if (registered)
        weir_metrics_thread();
    for (int i = 0; i < TIMES; i++) {
        snprintf(name, sizeof name, "s%d", i % 50);
        struct weir_series *s = weir_metric_of(WEIR_M_INTEGRATION_LATENCY, name, "/", "ok", NULL);
        weir_observe(s, i % 20,
                     me % 2 ? WEIR_S("11111111111111111111111111111111")
                            : WEIR_S("22222222222222222222222222222222"));
        weir_count(weir_metric_of(WEIR_M_SCRUB_BYTES, NULL), 1);
        weir_integration_breaker(weir_str_of(name), WEIR_S("open"), WEIR_S("r"), 1000);
    }
    if (registered)
        weir_metrics_thread_end();
    return NULL;
}

static void check_exemplars(const char *text)
{
    for (const char *p = text; (p = strstr(p, "trace_id=\"")) != NULL; p++) {
        const char *id = p + 10;

        assert_true(id[0] == '1' || id[0] == '2');
        for (int i = 1; i < 32; i++) /* never half of one and half of another */
            assert_int_equal(id[i], id[0]);
    }
}

static void count_with(bool registered)
{
    pthread_t t[THREADS];

    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&t[i], NULL, count_a_lot, registered ? (void *)1 : NULL),
                         0);
    for (int i = 0; i < 20; i++) {
        check_exemplars(scrape(true));
        weir_arena_reset(&arena);
    }
    for (int i = 0; i < THREADS; i++)
        pthread_join(t[i], NULL);
}

static void threads_lose_no_count_while_others_scrape(void **state)
{
    char line[128];

    (void)state;
    count_with(true);
    count_with(false); /* in the shared lane */
    count_with(true);  /* lanes of threads that ended are used again */
    const char *text = scrape(false);
    snprintf(line, sizeof line, "weir_scrub_bytes_total %d", 3 * THREADS * TIMES);
    assert_line(text, line);
    snprintf(line, sizeof line,
             "integration_latency_ms_count{service=\"s7\",endpoint=\"/\",status=\"ok\"} %d",
             3 * THREADS * TIMES / 50);
    assert_line(text, line);
    assert_line(text, "integration_latency_ms_sum{service=\"s7\",endpoint=\"/\",status=\"ok\"} "
                      "57600");
    check_exemplars(scrape(true));
}

static void collect_one(void *self)
{
    weir_gauge_set(weir_metric_of(WEIR_M_CONNECTIONS, NULL), (*(int *)self)++);
}

static void collectors_run_at_each_scrape(void **state)
{
    int calls = 5;

    (void)state;
    weir_metrics_collector(collect_one, &calls);
    assert_line(scrape(false), "weir_http_connections 5");
    assert_line(scrape(true), "weir_http_connections 6");
    for (int i = 0; i < 40; i++)
        weir_metrics_collector(collect_one, &calls); /* more than there is room for */
    scrape(false);
    assert_true(calls <= 7 + 16);
}

static void the_accept_header_decides_about_the_form(void **state)
{
    static const struct {
        const char *accept;
        bool openmetrics;
    } cases[] = {
        {"", false},
        {"*/*", false},
        {"text/plain", false},
        {"application/openmetrics-text", true},
        {"Application/OpenMetrics-Text; version=1.0.0; charset=utf-8", true},
        {"application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;"
         "q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
         true},
        {"application/openmetrics-text;q=0.3, text/plain;q=0.5", false},
        {"application/openmetrics-text;q=0", false},
        {"application/openmetrics-text;q=0.0,text/html", false},
        {"text/plain;q=0.25,application/openmetrics-text;q=0.255", true},
        {";;,,q=", false},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        bool openmetrics = !cases[i].openmetrics;
        const char *type = weir_metrics_content_type(weir_str_of(cases[i].accept), &openmetrics);

        if (openmetrics != cases[i].openmetrics)
            fail_msg("%s", cases[i].accept);
        assert_non_null(strstr(type, openmetrics ? "openmetrics-text; version=1.0.0"
                                                 : "text/plain; version=0.0.4"));
    }
}

static void help_texts_hold_nothing_to_be_escaped(void **state)
{
    (void)state;
#define ROW(id, name, type, labels, help)  \
    assert_null(strpbrk(help, "\\\n\"|")); \
    assert_true(strlen(name) < 60);
    WEIR_METRICS(ROW)
#undef ROW
}

static char *read_all(const char *path)
{
    FILE *f = fopen(path, "r");
    char *text = calloc(1, 1 << 17);

    if (f != NULL) {
        (void)!fread(text, 1, (1 << 17) - 1, f);
        fclose(f);
    }
    return text;
}

/* WEIR_UPDATE_DOCS=1 writes the page anew. */
static void docs_metrics_md_is_fresh(void **state)
{
    static const char page[] = WEIR_SOURCE_DIR "/docs/metrics.md";
    char made[] = "/tmp/weir-metrics-XXXXXX";
    int fd = getenv("WEIR_UPDATE_DOCS") != NULL ? open(page, O_WRONLY | O_CREAT | O_TRUNC, 0644)
                                                : mkstemp(made);

    (void)state;
    assert_true(fd >= 0);
    weir_metrics_docs(fd);
    close(fd);
    if (getenv("WEIR_UPDATE_DOCS") != NULL)
        return;
    char *is = read_all(page), *should = read_all(made);
    unlink(made);
    assert_true(strlen(should) > 1000);
    if (strcmp(is, should) != 0)
        fail_msg("docs/metrics.md is out of date: run this test with WEIR_UPDATE_DOCS=1");
    free(is);
    free(should);
}

static void promtool_complains_of_nothing_but_ms(void **state)
{
    char path[] = "/tmp/weir-scrape-XXXXXX", command[256], line[512];
    FILE *f;

    (void)state;
    if (access("/usr/bin/promtool", X_OK) != 0)
        skip();
    weir_integration_call(WEIR_S("odd\"name\\\n"), WEIR_S("/x/1"), WEIR_S("503"), 12, true,
                          WEIR_S(""), WEIR_S(""));
    weir_count(weir_metric_of(WEIR_M_REJECTED, "http", "x", NULL), 1);
    weir_gauge_set(weir_metric_of(WEIR_M_BUILD_INFO, "1", "2", NULL), 1);
    weir_gauge_set(weir_metric_of(WEIR_M_RELOAD_TIME, NULL), 1700000000.123);
    weir_observe(weir_metric_of(WEIR_M_FORWARD, "main", "200", NULL), 0.2, WEIR_S(""));
    weir_integration_breaker(WEIR_S("p"), WEIR_S("open"), WEIR_S(""), weir_mono_ms());
    const char *text = scrape(false);
    int fd = mkstemp(path);
    assert_true(write(fd, text, strlen(text)) == (ssize_t)strlen(text));
    close(fd);
    snprintf(command, sizeof command, "promtool check metrics < %s 2>&1", path);
    f = popen(command, "r");
    while (fgets(line, sizeof line, f) != NULL) {
        if (line[0] != '\n' && strncmp(line, "integration_latency_ms", 22) != 0)
            fail_msg("%s", line);
    }
    pclose(f);
    unlink(path);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(a_counter_is_shown_with_its_labels),
        T(a_histogram_is_cumulated_and_ends_in_inf),
        T(the_last_trace_of_a_bucket_is_its_exemplar),
        T(gauges_are_shown_once_they_are_set),
        T(label_values_are_escaped_cut_and_mended),
        T(series_are_the_same_object_each_time),
        T(what_is_over_max_series_goes_to_other_and_is_counted),
        T(even_a_table_that_is_full_counts_on),
        T(nothing_counts_before_the_start),
        T(bounds_must_ascend),
        T(threads_lose_no_count_while_others_scrape),
        T(collectors_run_at_each_scrape),
        T(the_accept_header_decides_about_the_form),
        T(help_texts_hold_nothing_to_be_escaped),
        T(docs_metrics_md_is_fresh),
        T(promtool_complains_of_nothing_but_ms),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
