/* alerts.c - see alerts.h.
 *
 * Recording. Calls, errors and their ratio are recorded for five minutes by
 * service; longer windows are sums of those recorded rates, one series a
 * service, so that three days cost next to nothing however many endpoints
 * there are.
 *
 * Burn rate. An availability of 99.9 % leaves a budget of 0.1 % of calls that
 * may fail in 30 days. A burn rate of 1 uses it up in just that time, one of
 * 14.4 uses 2 % of it in an hour. Each pair of windows asks for a burn rate
 * over the long one (it matters) and the short one (it still goes on). A
 * threshold that no ratio can reach, because the budget is large, is left out.
 *
 * All rules are made by service or keep the labels of the scrape, so that one
 * file does for many weirs. */
#include "weir/alerts.h"

/* ---- what is said of each alert ----------------------------------------- */

enum alert {
    BUDGET,
    LATENCY,
    ERRORS_TARGET,
    ERRORS_HIGH,
    BREAKER,
    DEPENDENCY,
    BLOCKED,
    UTILISATION,
    DEEP,
    OLD,
    DEAD,
    LEDGER,
    DOWN
};

struct words {
    const char *name, *summary, *description;
};

static const struct words words[] = {
    [BUDGET] = {"IntegrationErrorBudgetBurn", "{{ $labels.service }} burns its error budget",
                "{{ $value | humanizePercentage }} of the calls of {{ $labels.service }} fail: "
                "its budget is used up long before its time."},
    [LATENCY] = {"IntegrationLatencyOverTarget", "{{ $labels.service }} is slower than promised",
                 "The slowest 1 % of the calls of {{ $labels.service }} take "
                 "{{ $value | printf \"%.0f\" }} ms or more."},
    [ERRORS_TARGET] = {"IntegrationErrorRateOverTarget",
                       "{{ $labels.service }} fails more often than promised",
                       "{{ $value | humanizePercentage }} of the calls of {{ $labels.service }} "
                       "failed in the last 5 minutes."},
    [ERRORS_HIGH] = {"IntegrationErrorRateHigh", "{{ $labels.service }} fails often",
                     "{{ $value | humanizePercentage }} of the calls of {{ $labels.service }} "
                     "failed in the last 5 minutes; 2 % is the limit of every integration."},
    [BREAKER] = {"CircuitBreakerOpen", "The circuit breaker of {{ $labels.service }} is open",
                 "Calls of {{ $labels.service }} are refused without being tried."},
    [DEPENDENCY] = {"DependencyDown", "{{ $labels.name }} is down",
                    "The health check of {{ $labels.kind }} {{ $labels.name }} fails."},
    [BLOCKED] = {"WeirDestinationBlocked", "{{ $labels.destination }} refuses our credentials",
                 "What is sent to {{ $labels.destination }} waits in the spool and expires by its "
                 "ttl."},
    [UTILISATION] = {"WeirUtilisationHigh", "weir is near one of its limits",
                     "{{ $labels.instance }} uses {{ $value | humanizePercentage }} of what the "
                     "label resource names."},
    [DEEP] = {"WeirSpoolDeep", "The spool of {{ $labels.destination }} is deep",
              "{{ $value }} deliveries wait for {{ $labels.destination }}."},
    [OLD] = {"WeirSpoolOld", "Deliveries wait long for {{ $labels.destination }}",
             "The oldest delivery for {{ $labels.destination }} waits since "
             "{{ $value | humanizeDuration }}."},
    [DEAD] = {"WeirDeadLettersGrowing", "{{ $labels.destination }} refuses deliveries",
              "About {{ $value | printf \"%.0f\" }} more dead letters of "
              "{{ $labels.destination }} than 15 minutes ago."},
    [LEDGER] = {"WeirLedgerDifference", "The ledger of {{ $labels.destination }} does not add up",
                "{{ $value }} deliveries were accepted and cannot be accounted for."},
    [DOWN] = {"WeirDown", "weir is down",
              "Prometheus cannot scrape weir: senders lose what they "
              "cannot buffer."},
};

/* ---- writing YAML ------------------------------------------------------- */

struct writer {
    struct weir_buf *b;
    const struct weir_config *config;
    const struct weir_alerts_options *options;
};

/* Starts a rule; its expression follows, then alert_rest(). It stands in a
 * literal block, where nothing needs quotes. */
static void alert_begin(const struct writer *w, enum alert a)
{
    weir_buf_printf(w->b, "      - alert: %s\n        expr: |-\n          ", words[a].name);
}

/* What is put beside the expression. */
struct terms {
    const char *hold, *severity;
    const char *label;       /* a further `name: value`, or NULL */
    struct weir_str service; /* of one service only; rules of one name must differ in labels */
};

static void alert_rest(const struct writer *w, enum alert a, struct terms t)
{
    struct weir_str url =
        weir_arena_printf(w->b->arena, "%.*s%s.md", WEIR_FMT(w->options->runbooks), words[a].name);

    weir_buf_printf(w->b, "\n        for: %s\n        labels:\n          severity: %s\n", t.hold,
                    t.severity);
    if (t.label != NULL)
        weir_buf_printf(w->b, "          %s\n", t.label);
    if (t.service.n > 0) {
        weir_buf_add(w->b, WEIR_S("          service: "));
        weir_buf_json(w->b, t.service);
        weir_buf_char(w->b, '\n');
    }
    weir_buf_add(w->b, WEIR_S("        annotations:\n          summary: "));
    weir_buf_json(w->b, weir_str_of(words[a].summary));
    weir_buf_add(w->b, WEIR_S("\n          description: "));
    weir_buf_json(w->b, weir_str_of(words[a].description));
    weir_buf_add(w->b, WEIR_S("\n          runbook_url: "));
    weir_buf_json(w->b, url);
    weir_buf_char(w->b, '\n');
}

static void alert(const struct writer *w, enum alert a, const char *expr, struct terms t)
{
    alert_begin(w, a);
    weir_buf_add(w->b, weir_str_of(expr));
    alert_rest(w, a, t);
}

static void group(const struct writer *w, const char *name)
{
    weir_buf_printf(w->b, "  - name: %s\n    rules:\n", name);
}

/* METRIC{service="..."} > THRESHOLD; PromQL's strings are escaped as JSON's. */
static void compare(const struct writer *w, const char *metric, struct weir_str service,
                    double threshold)
{
    weir_buf_printf(w->b, "%s{service=", metric);
    weir_buf_json(w->b, service);
    weir_buf_printf(w->b, "} > %.6g", threshold);
}

/* ---- recording ---------------------------------------------------------- */

#define CALLS "service:integration_calls:rate5m"
#define ERRORS "service:integration_errors:rate5m"
#define RATIO "service:integration_error_ratio:rate"
#define P99 "service:integration_latency_ms:p99_5m"

static void record(const struct writer *w, const char *name, const char *expr)
{
    weir_buf_printf(w->b, "      - record: %s\n        expr: |-\n          %s\n", name, expr);
}

/* An error may be told without a latency and is no call then; the ratio ends
 * at 1 nevertheless. */
static void recording(const struct writer *w)
{
    static const char *const windows[] = {"30m", "1h", "2h", "6h", "1d", "3d"};

    group(w, "weir-integrations-recording");
    record(w, CALLS, "sum by (service) (rate(integration_latency_ms_count[5m]))");
    record(w, ERRORS, "sum by (service) (rate(integration_errors_total[5m])) or 0 * " CALLS);
    record(w, RATIO "5m", "clamp_max(" ERRORS " / " CALLS ", 1)");
    for (size_t i = 0; i < sizeof windows / sizeof *windows; i++)
        weir_buf_printf(w->b,
                        "      - record: %s%s\n        expr: |-\n          clamp_max("
                        "sum_over_time(%s[%s]) / sum_over_time(%s[%s]), 1)\n",
                        RATIO, windows[i], ERRORS, windows[i], CALLS, windows[i]);
    record(w, P99,
           "histogram_quantile(0.99, sum by (service, le) "
           "(rate(integration_latency_ms_bucket[5m])))");
}

/* ---- integrations ------------------------------------------------------- */

static void budget(const struct writer *w, const struct weir_sla *s)
{
    static const struct {
        double burn;
        const char *longer, *shorter, *hold, *severity, *label;
    } windows[] = {
        {14.4, RATIO "1h", RATIO "5m", "2m", "critical", "window: 1h"},
        {6, RATIO "6h", RATIO "30m", "15m", "critical", "window: 6h"},
        {3, RATIO "1d", RATIO "2h", "1h", "warning", "window: 1d"},
        {1, RATIO "3d", RATIO "6h", "3h", "warning", "window: 3d"},
    };

    for (size_t i = 0; s->availability > 0 && i < sizeof windows / sizeof *windows; i++) {
        double threshold = windows[i].burn * (1 - s->availability);

        if (threshold >= 1)
            continue;
        alert_begin(w, BUDGET);
        compare(w, windows[i].longer, s->service, threshold);
        weir_buf_add(w->b, WEIR_S(" and "));
        compare(w, windows[i].shorter, s->service, threshold);
        alert_rest(
            w, BUDGET,
            (struct terms){windows[i].hold, windows[i].severity, windows[i].label, s->service});
    }
}

static void targets(const struct writer *w, const struct weir_sla *s)
{
    if (s->p99_ms > 0) {
        alert_begin(w, LATENCY);
        compare(w, P99, s->service, s->p99_ms);
        alert_rest(w, LATENCY,
                   (struct terms){.hold = "5m", .severity = "warning", .service = s->service});
    }
    if (s->error_rate > 0) {
        alert_begin(w, ERRORS_TARGET);
        compare(w, RATIO "5m", s->service, s->error_rate);
        alert_rest(w, ERRORS_TARGET,
                   (struct terms){.hold = "5m", .severity = "warning", .service = s->service});
    }
}

/* Over 2 %: of every service but those that may fail as often. */
static void errors_high(const struct writer *w)
{
    static const double limit = 0.02;
    const struct weir_config *c = w->config;
    bool any = false;

    alert_begin(w, ERRORS_HIGH);
    weir_buf_add(w->b, WEIR_S(RATIO "5m"));
    for (size_t i = 0; i < c->n_slas; i++) {
        if (c->slas[i].error_rate < limit)
            continue;
        weir_buf_add(w->b, any ? WEIR_S(", service!=") : WEIR_S("{service!="));
        weir_buf_json(w->b, c->slas[i].service);
        any = true;
    }
    weir_buf_printf(w->b, "%s > %.6g", any ? "}" : "", limit);
    alert_rest(w, ERRORS_HIGH, (struct terms){.hold = "5m", .severity = "critical"});
}

static void integrations(const struct writer *w)
{
    group(w, "weir-integrations");
    for (size_t i = 0; i < w->config->n_slas; i++) {
        budget(w, &w->config->slas[i]);
        targets(w, &w->config->slas[i]);
    }
    errors_high(w);
    /* Not "open": it is half open between two tries. */
    alert(w, BREAKER, "min by (service) (circuit_breaker_state{state=\"closed\"}) == 0",
          (struct terms){.hold = "1m", .severity = "critical"});
    alert(w, DEPENDENCY, "weir_dependency_up == 0",
          (struct terms){.hold = "2m", .severity = "critical"});
}

/* ---- weir itself -------------------------------------------------------- */

static void utilisation(const struct writer *w)
{
    static const struct {
        const char *expr, *label;
    } rules[] = {
        {"sum without (state) (weir_spool_bytes) / weir_spool_max_bytes > 0.8", "resource: spool"},
        {"weir_spool_queue_operations / weir_spool_queue_max_operations > 0.8", "resource: queue"},
        {"weir_http_connections / weir_http_max_connections > 0.8", "resource: connections"},
        {"rate(process_cpu_seconds_total[5m]) / weir_cpu_cores > 0.8", "resource: threads"},
        {"process_open_fds / process_max_fds > 0.8 and on (job, instance) weir_build_info",
         "resource: files"},
    };

    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
        alert(w, UTILISATION, rules[i].expr,
              (struct terms){.hold = "5m", .severity = "warning", .label = rules[i].label});
}

/* Old is five minutes, or much of a short ttl; half of the ttl is critical,
 * because what reaches it is lost. */
static void spool(const struct writer *w)
{
    double ttl_s = (double)w->config->spool_ttl_ms / 1000;

    alert_begin(w, DEEP);
    weir_buf_printf(w->b, "sum without (state) (weir_spool_events{state!=\"dead\"}) > %llu",
                    (unsigned long long)w->options->spool_deliveries);
    alert_rest(w, DEEP, (struct terms){.hold = "10m", .severity = "warning"});
    alert_begin(w, OLD);
    weir_buf_printf(w->b, "weir_spool_oldest_seconds > %.6g", ttl_s / 4 < 300 ? ttl_s / 4 : 300.0);
    alert_rest(w, OLD, (struct terms){.hold = "5m", .severity = "warning"});
    alert_begin(w, OLD);
    weir_buf_printf(w->b, "weir_spool_oldest_seconds > %.6g", ttl_s / 2);
    alert_rest(w, OLD, (struct terms){.hold = "1m", .severity = "critical"});
    alert(w, DEAD, "sum without (state) (delta(weir_spool_events{state=\"dead\"}[15m])) > 0",
          (struct terms){.hold = "1m", .severity = "warning"});
}

static void down(const struct writer *w)
{
    alert_begin(w, DOWN);
    weir_buf_add(w->b, WEIR_S("up{job="));
    weir_buf_json(w->b, w->options->job);
    weir_buf_add(w->b, WEIR_S("} == 0 or absent(up{job="));
    weir_buf_json(w->b, w->options->job);
    weir_buf_add(w->b, WEIR_S("})"));
    alert_rest(w, DOWN, (struct terms){.hold = "1m", .severity = "critical"});
}

static void itself(const struct writer *w)
{
    group(w, "weir");
    alert(w, BLOCKED, "weir_destination_blocked == 1",
          (struct terms){.hold = "1m", .severity = "critical"});
    utilisation(w);
    spool(w);
    alert(w, LEDGER, "weir_ledger_difference != 0",
          (struct terms){.hold = "1m", .severity = "critical"});
    down(w);
}

void weir_alerts_write(struct weir_buf *out, const struct weir_config *c,
                       const struct weir_alerts_options *o)
{
    struct writer w = {out, c, o};

    weir_buf_add(out,
                 WEIR_S("# Made by `weir alerts` from the configuration: change that, and make "
                        "it again.\ngroups:\n"));
    if (o->recording)
        recording(&w);
    if (!o->alerting)
        return;
    integrations(&w);
    itself(&w);
}
