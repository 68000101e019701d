/* exposition.c - the table as text, in the two forms that Prometheus reads.
 *
 *   text 0.0.4                          OpenMetrics 1.0
 *   # HELP weir_events_total Deliv...   # HELP weir_events Deliv...
 *   # TYPE weir_events_total counter    # TYPE weir_events counter
 *   weir_events_total{...} 7            weir_events_total{...} 7
 *   ..._bucket{...,le="5"} 1            ..._bucket{...,le="5.0"} 1 # {trace_id="..."} 3.2
 *                                       # UNIT weir_forward_seconds seconds
 *                                       # EOF
 *
 * Every family has its head, also while it has no series, so that a reader
 * learns what there can be. Samples of a family stand together, as both forms
 * want it. What stands on the same place of each bucket's line is put
 * together once a series; 5,000 series are several megabytes of text. */
#include "series.h"

#include "weir/clock.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum {
    NUMBER_BYTES = 32,
    /* name, four labels of 200 bytes all escaped, punctuation */
    PREFIX_BYTES = 64 + WEIR_MAX_LABELS * (2 * WEIR_LABEL_BYTES + 24) + 16
};

struct writer {
    struct weir_buf *out;
    bool openmetrics;
    char le[WEIR_MAX_BOUNDS][NUMBER_BYTES]; /* of the family at hand */
};

static const char *const type_names[] = {"counter", "gauge", "histogram"};

/* ---- numbers ----------------------------------------------------------- */

static struct weir_str digits_of(uint64_t n, char room[NUMBER_BYTES])
{
    size_t at = NUMBER_BYTES;

    do {
        room[--at] = (char)('0' + n % 10);
        n /= 10;
    } while (n > 0);
    return (struct weir_str){room + at, NUMBER_BYTES - at};
}

/* The shortest of 15 and 17 digits that reads back as `v`. */
static struct weir_str number_of(double v, char room[NUMBER_BYTES])
{
    int n;

    if (v >= 0 && v < 1e15 && v == floor(v))
        return digits_of((uint64_t)v, room);
    if (isnan(v) || isinf(v))
        return isnan(v) ? WEIR_S("NaN") : v > 0 ? WEIR_S("+Inf") : WEIR_S("-Inf");
    n = snprintf(room, NUMBER_BYTES, "%.15g", v);
    if (strtod(room, NULL) != v)
        n = snprintf(room, NUMBER_BYTES, "%.17g", v);
    return (struct weir_str){room, (size_t)n};
}

/* Bounds are floats in OpenMetrics: 5.0, not 5. */
static void bound_text(double v, bool openmetrics, char ret_text[NUMBER_BYTES])
{
    char room[NUMBER_BYTES];
    struct weir_str s = number_of(v, room);
    bool whole = openmetrics && memchr(s.p, '.', s.n) == NULL && memchr(s.p, 'e', s.n) == NULL;

    snprintf(ret_text, NUMBER_BYTES, "%.*s%s", WEIR_FMT(s), whole ? ".0" : "");
}

/* ---- families ---------------------------------------------------------- */

/* OpenMetrics calls a counter by its name without `_total`. */
static struct weir_str family_name(const struct weir_family *f, bool openmetrics)
{
    struct weir_str name = weir_str_of(f->name);

    if (openmetrics && f->type == WEIR_TYPE_COUNTER && weir_str_ends(name, WEIR_S("_total")))
        name.n -= strlen("_total");
    return name;
}

static struct weir_str unit_of(struct weir_str name)
{
    static const char *const units[] = {"seconds", "bytes", "ratio", "ms"};

    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        struct weir_str u = weir_str_of(units[i]);

        if (weir_str_ends(name, u) && name.n > u.n && name.p[name.n - u.n - 1] == '_')
            return u;
    }
    return (struct weir_str){NULL, 0};
}

/* Our help texts hold nothing to be escaped; a test sees to it. */
static void write_head(struct writer *w, const struct weir_family *f)
{
    struct weir_str name = family_name(f, w->openmetrics), unit = unit_of(name);

    weir_buf_printf(w->out, "# HELP %.*s %s\n# TYPE %.*s %s\n", WEIR_FMT(name), f->help,
                    WEIR_FMT(name), type_names[f->type]);
    if (w->openmetrics && unit.n > 0)
        weir_buf_printf(w->out, "# UNIT %.*s %.*s\n", WEIR_FMT(name), WEIR_FMT(unit));
    for (size_t i = 0; f->bounds != NULL && i < f->bounds->n; i++)
        bound_text(f->bounds->value[i], w->openmetrics, w->le[i]);
}

/* ---- samples ----------------------------------------------------------- */

/* name SUFFIX {labels} value */
static void write_sample(struct writer *w, const struct weir_series *s, struct weir_str suffix,
                         struct weir_str value)
{
    weir_buf_add(w->out, weir_str_of(weir_metric_family(s->metric)->name));
    weir_buf_add(w->out, suffix);
    if (s->labels.n > 0) {
        weir_buf_char(w->out, '{');
        weir_buf_add(w->out, s->labels);
        weir_buf_char(w->out, '}');
    }
    weir_buf_char(w->out, ' ');
    weir_buf_add(w->out, value);
    weir_buf_char(w->out, '\n');
}

static void write_exemplar(struct writer *w, const struct weir_series *s, size_t bucket)
{
    char id[33], room[NUMBER_BYTES];
    double value;

    if (!weir_series_exemplar(s, bucket, id, &value))
        return;
    weir_buf_add(w->out, WEIR_S(" # {trace_id=\""));
    weir_buf_add(w->out, (struct weir_str){id, 32});
    weir_buf_add(w->out, WEIR_S("\"} "));
    weir_buf_add(w->out, number_of(value, room));
}

static void write_histogram(struct writer *w, const struct weir_series *s)
{
    const struct weir_family *f = weir_metric_family(s->metric);
    uint64_t buckets[WEIR_MAX_BOUNDS + 1], count = 0;
    char prefix[PREFIX_BYTES], room[NUMBER_BYTES];
    double sum = weir_series_histogram(s, buckets);
    int n = snprintf(prefix, sizeof prefix, "%s_bucket{%.*s%sle=\"", f->name, WEIR_FMT(s->labels),
                     s->labels.n > 0 ? "," : "");
    struct weir_str line = {prefix, (size_t)n};

    for (size_t i = 0; i <= f->bounds->n; i++) {
        count += buckets[i];
        weir_buf_add(w->out, line);
        weir_buf_add(w->out, i < f->bounds->n ? weir_str_of(w->le[i]) : WEIR_S("+Inf"));
        weir_buf_add(w->out, WEIR_S("\"} "));
        weir_buf_add(w->out, digits_of(count, room));
        if (w->openmetrics)
            write_exemplar(w, s, i);
        weir_buf_char(w->out, '\n');
    }
    write_sample(w, s, WEIR_S("_sum"), number_of(sum, room));
    /* The sum of the buckets, not a counter of its own: so it never differs
     * from the last bucket, however many count meanwhile. */
    write_sample(w, s, WEIR_S("_count"), digits_of(count, room));
}

static void write_series(struct writer *w, const struct weir_series *s)
{
    char room[NUMBER_BYTES];
    double value;

    if (weir_metric_family(s->metric)->type == WEIR_TYPE_HISTOGRAM) {
        write_histogram(w, s);
        return;
    }
    value = weir_series_value(s);
    if (!isnan(value))
        write_sample(w, s, (struct weir_str){NULL, 0}, number_of(value, room));
}

/* A little more than the text will be, so that it is not copied as it grows. */
static size_t estimate(struct weir_series *const *list, size_t n, bool openmetrics)
{
    size_t bytes = (size_t)WEIR_METRIC_COUNT * 256 + 4096;

    for (size_t i = 0; i < n; i++) {
        const struct weir_family *f = weir_metric_family(list[i]->metric);
        size_t lines = f->bounds != NULL ? f->bounds->n + 3 : 1;
        bool exemplars = openmetrics && atomic_load(&list[i]->exemplars) != NULL;

        bytes += lines * (strlen(f->name) + list[i]->labels.n + 32 + (exemplars ? 70 : 0));
    }
    return bytes;
}

int weir_metrics_write(struct weir_buf *out, bool openmetrics)
{
    struct writer w = {.out = out, .openmetrics = openmetrics};
    struct weir_series **list;
    struct weir_str all;
    size_t n, at = 0;
    int rc;

    weir_metrics_collect();
    weir_integrations_collect(weir_mono_ms());
    rc = weir_metrics_list(out->arena, &list, &n);
    if (rc != 0)
        return rc;
    (void)weir_buf_reserve(out, estimate(list, n, openmetrics));
    for (unsigned m = 0; m < WEIR_METRIC_COUNT; m++) {
        write_head(&w, weir_metric_family((enum weir_metric)m));
        for (; at < n && list[at]->metric == m; at++)
            write_series(&w, list[at]);
    }
    if (openmetrics)
        weir_buf_add(out, WEIR_S("# EOF\n"));
    return weir_buf_str(out, &all);
}

/* ---- which form -------------------------------------------------------- */

/* The weight of a media range in thousandths: its `q`, 1 by default. */
static unsigned weight_of(struct weir_str parameters)
{
    struct weir_str one, name, value;

    while (parameters.n > 0) {
        weir_str_cut(parameters, ';', &one, &parameters);
        weir_str_cut(one, '=', &name, &value);
        value = weir_str_trim(value);
        if (!weir_str_eq_nocase(weir_str_trim(name), WEIR_S("q")) || value.n == 0)
            continue;
        unsigned q = value.p[0] == '1' ? 1000 : 0, unit = 100;

        for (size_t i = 2; i < value.n && i < 5 && q < 1000; i++, unit /= 10)
            q += value.p[i] >= '0' && value.p[i] <= '9' ? (unsigned)(value.p[i] - '0') * unit : 0;
        return q;
    }
    return 1000;
}

const char *weir_metrics_content_type(struct weir_str accept, bool *ret_openmetrics)
{
    unsigned openmetrics = 0, text = 0;

    while (accept.n > 0) {
        struct weir_str range, type, parameters;

        weir_str_cut(accept, ',', &range, &accept);
        weir_str_cut(range, ';', &type, &parameters);
        type = weir_str_trim(type);
        unsigned weight = weight_of(parameters);

        if (weir_str_eq_nocase(type, WEIR_S("application/openmetrics-text")))
            openmetrics = weight > openmetrics ? weight : openmetrics;
        else if (weir_str_eq_nocase(type, WEIR_S("text/plain")))
            text = weight > text ? weight : text;
    }
    *ret_openmetrics = openmetrics > 0 && openmetrics >= text;
    return *ret_openmetrics ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
                            : "text/plain; version=0.0.4; charset=utf-8";
}

/* ---- docs/metrics.md --------------------------------------------------- */

static const char docs_of_calls[] =
    "\n## Integrations and services\n\n"
    "`integration_latency_ms` and `integration_errors_total` count calls of other services. They\n"
    "come from `integration` messages, from spans, from `http` breadcrumbs where a project says\n"
    "`breadcrumb_integrations: true` (their duration is seldom known, so that they mostly count\n"
    "errors), and from weir's own forwarding (`endpoint=\"envelope\"`). Calls count before\n"
    "`sample` is applied.\n\n"
    "A span is a call when its op is `http.client`, `db`, `cache`, `queue.publish`, `rpc`, `grpc`\n"
    "or a kind of these (`db.sql.query`), or when its kind is `client` or `producer`.\n\n"
    "| label | is |\n"
    "| --- | --- |\n"
    "| `service` | the first of: `peer.service`, `server.address`, the URL's host, `db.system` "
    "and `db.name` (`postgresql/shop`), the queue, the RPC service, the peer's address; in older "
    "names of OpenTelemetry, too. `integrations.names` maps them to names of your own; an address "
    "that has none is what the scrubber makes of it (`[ip]`). |\n"
    "| `endpoint` | `url.template` or `http.route`, else the path with ids, dates and addresses "
    "replaced (`/items/{id}`); verb and table of a statement (`SELECT orders`); method of an RPC; "
    "the op of a cache or queue |\n"
    "| `status` | the HTTP status; of an RPC gRPC's as a word (`not_found`); else `ok` or "
    "`error` |\n"
    "| `error_type` | `timeout`, `network`, `tls`, `http_4xx`, `http_5xx`, `rate_limited`, "
    "`invalid_response` or `other`, by the status and `error.type`; a failed HTTP call without "
    "any status is `network` |\n\n"
    "`service_latency_ms` and `service_errors_total` say the same of the services themselves:\n"
    "rate, errors and duration of transactions (and of segments and spans without a parent).\n"
    "`service` is the tag `service` or attribute `service.name`, else the project's id;\n"
    "`transaction` is its name with ids replaced; it counts only what is no call itself.\n";

void weir_metrics_docs(int fd)
{
    dprintf(fd, "# Metrics\n\n"
                "What `GET /metrics` shows, as Prometheus text 0.0.4 or, when the `Accept` header\n"
                "asks for it, as OpenMetrics 1.0 with exemplars. This page is made from the table\n"
                "in `include/weir/metrics.h`; a test says how, when it is out of date.\n\n"
                "Label values that senders choose (`service`, `endpoint`, `transaction`,\n"
                "`status`, `project`, `source`) are bounded by `metrics.max_series`: what is over "
                "is counted as\n"
                "`other`, and in `weir_metrics_overflow_total`.\n\n"
                "| name | type | labels | meaning |\n"
                "| --- | --- | --- | --- |\n");
#define ROW(id, name, type, labels, help) \
    dprintf(fd, "| `%s` | %s | %s | %s |\n", name, type_names[WEIR_TYPE_##type], labels, help);
    WEIR_METRICS(ROW)
#undef ROW
    dprintf(fd, "%s", docs_of_calls);
}
