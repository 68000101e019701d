/* test_alerts.c - rules made from the configuration: those of dashboards/ are
 * fresh (WEIR_REWRITE=1 writes them anew), every alert has its page, names
 * and numbers get where they belong. promtool checks and runs them in ctest. */
#include "unit.h"

#include "weir/alerts.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static const char rules_path[] = WEIR_SOURCE_DIR "/dashboards/prometheus/rules.yml";
static const char sample_path[] = WEIR_SOURCE_DIR "/dashboards/prometheus/weir.yaml";

static struct weir_arena arena;
static struct weir_str text;

static int setup(void **state)
{
    (void)state;
    weir_arena_init(&arena, 16 << 20);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    weir_arena_destroy(&arena);
    return 0;
}

static struct weir_str slurp(const char *path)
{
    FILE *f = fopen(path, "rb");
    char *room = weir_arena_zalloc(&arena, 1, 1 << 18);

    if (f == NULL)
        fail_msg("%s is missing", path);
    struct weir_str s = {room, fread(room, 1, (1 << 18) - 1, f)};
    fclose(f);
    return s;
}

static struct weir_alerts_options usual(void)
{
    return (struct weir_alerts_options){.recording = true,
                                        .alerting = true,
                                        .runbooks = WEIR_S("docs/runbooks/"),
                                        .job = WEIR_S("weir"),
                                        .spool_deliveries = 10000};
}

/* The rules of a configuration, in `text`, ended by NUL. */
static void make(struct weir_str yaml, const struct weir_alerts_options *o)
{
    struct weir_snapshot *snapshot = NULL;
    struct weir_errors errors;
    struct weir_buf b;

    weir_errors_init(&errors, &arena);
    if (weir_snapshot_parse(yaml, WEIR_S("t.yaml"), &errors, &snapshot) != 0)
        fail_msg("refused: %.*s", WEIR_FMT(errors.list[errors.n - 1].message));
    weir_buf_init(&b, &arena, 1 << 20);
    weir_alerts_write(&b, &snapshot->config, o);
    weir_buf_char(&b, '\0');
    assert_int_equal(weir_buf_str(&b, &text), 0);
    text.n--;
    weir_snapshot_put(snapshot);
}

static bool has(const char *part)
{
    return strstr(text.p, part) != NULL;
}

static void the_rules_of_dashboards_are_fresh(void **state)
{
    struct weir_alerts_options o = usual();

    (void)state;
    make(slurp(sample_path), &o);
    if (getenv("WEIR_REWRITE") != NULL) {
        FILE *f = fopen(rules_path, "wb");

        fwrite(text.p, 1, text.n, f);
        fclose(f);
    } else if (!weir_str_eq(slurp(rules_path), text)) {
        fail_msg("rules.yml is stale: weir alerts -c dashboards/prometheus/weir.yaml > "
                 "dashboards/prometheus/rules.yml");
    }
}

static void every_alert_says_what_an_operator_needs_and_has_its_page(void **state)
{
    static const char *const needed[] = {
        "        for: ", "          severity: ", "          summary: \"",
        "          description: \"", "          runbook_url: \"docs/runbooks/"};
    struct weir_alerts_options o = usual();
    size_t n = 0;

    (void)state;
    make(slurp(sample_path), &o);
    for (const char *at = strstr(text.p, "- alert: "); at != NULL; n++) {
        const char *next = strstr(at + 1, "- alert: ");
        size_t length = next != NULL ? (size_t)(next - at) : strlen(at);
        struct weir_str one = {at, length};
        struct weir_str name = weir_str_sub(one, 9, strcspn(at + 9, "\n"));
        char path[512];

        for (size_t i = 0; i < COUNT(needed); i++) {
            if (weir_str_find(one, weir_str_of(needed[i])) == SIZE_MAX)
                fail_msg("%.*s lacks %s", WEIR_FMT(name), needed[i]);
        }
        snprintf(path, sizeof path, WEIR_SOURCE_DIR "/docs/runbooks/%.*s.md", WEIR_FMT(name));
        if (access(path, R_OK) != 0)
            fail_msg("%s is missing", path);
        at = next;
    }
    assert_true(n > 20);
}

static void a_configuration_without_slas_still_watches_weir(void **state)
{
    struct weir_alerts_options o = usual();

    (void)state;
    make(WEIR_S(""), &o);
    assert_true(has("service:integration_error_ratio:rate5m > 0.02\n"));
    assert_true(has("alert: WeirDown"));
    assert_false(has("IntegrationErrorBudgetBurn"));
    assert_false(has("IntegrationLatencyOverTarget"));
}

static void names_are_quoted_for_promql_and_yaml(void **state)
{
    struct weir_alerts_options o = usual();

    (void)state;
    make(WEIR_S("slas: [{service: 'a\"b\\c: #', availability: 99%}]"), &o);
    assert_true(has("rate1h{service=\"a\\\"b\\\\c: #\"} > 0.144 and "));
    assert_true(has("          service: \"a\\\"b\\\\c: #\"\n"));
}

static void a_burn_rate_that_no_ratio_reaches_is_left_out(void **state)
{
    struct weir_alerts_options o = usual();

    (void)state;
    make(WEIR_S("slas: [{service: a, availability: 90%}]"), &o);
    assert_false(has("window: 1h"));
    assert_true(has("window: 6h"));
    assert_true(has("rate6h{service=\"a\"} > 0.6 and service:integration_error_ratio:rate30m"));
}

static void targets_are_written_in_the_units_of_the_metrics(void **state)
{
    struct weir_alerts_options o = usual();

    (void)state;
    make(WEIR_S("slas: [{service: a, p99: 1m, error_rate: 3%}]\nspool: {ttl: 10m}"), &o);
    assert_true(has("service:integration_latency_ms:p99_5m{service=\"a\"} > 60000\n"));
    assert_true(has("service:integration_error_ratio:rate5m{service=\"a\"} > 0.03\n"));
    assert_true(has("service:integration_error_ratio:rate5m{service!=\"a\"} > 0.02\n"));
    assert_true(has("weir_spool_oldest_seconds > 150\n")); /* a short ttl: no waiting for 5m */
    assert_true(has("weir_spool_oldest_seconds > 300\n"));
}

static void options_choose_groups_addresses_and_thresholds(void **state)
{
    struct weir_alerts_options o = usual();

    (void)state;
    o.alerting = false;
    make(WEIR_S(""), &o);
    assert_true(has("- record: "));
    assert_false(has("- alert: "));
    o = usual();
    o.recording = false;
    o.runbooks = WEIR_S("https://wiki.example.com/");
    o.job = WEIR_S("collector");
    o.spool_deliveries = 77;
    make(WEIR_S(""), &o);
    assert_false(has("- record: "));
    assert_true(has("runbook_url: \"https://wiki.example.com/WeirDown.md\""));
    assert_true(has("up{job=\"collector\"} == 0 or absent(up{job=\"collector\"})"));
    assert_true(has("{state!=\"dead\"}) > 77\n"));
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(the_rules_of_dashboards_are_fresh),
        T(every_alert_says_what_an_operator_needs_and_has_its_page),
        T(a_configuration_without_slas_still_watches_weir),
        T(names_are_quoted_for_promql_and_yaml),
        T(a_burn_rate_that_no_ratio_reaches_is_left_out),
        T(targets_are_written_in_the_units_of_the_metrics),
        T(options_choose_groups_addresses_and_thresholds),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
