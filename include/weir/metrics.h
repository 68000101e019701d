/* metrics.h - what /metrics shows: one table of all families, counted
 * without locks.
 *
 *   WEIR_METRICS(X) below: name, type, help, labels  (docs/metrics.md too)
 *   thread A: cell | thread B: cell | ...   --summed at scrape-->  one sample
 *
 * Each series keeps one cell a thread, written by that thread alone with
 * relaxed stores; a scrape adds them up. Series are found by their label
 * values in a lock-free table that only grows, up to metrics.max_series;
 * what is over goes to the series whose capped labels are `other`, and is
 * counted. Label values are cut at 200 bytes and must have been scrubbed.
 *
 * Process-wide; any thread, each registered by weir_metrics_thread(); one that
 * is not counts a little slower. Before weir_metrics_init() nothing counts. */
#ifndef WEIR_METRICS_H
#define WEIR_METRICS_H

#include "weir/buf.h"

/*  X(id, name, type, labels (space separated), help) */
#define WEIR_METRICS(X)                                                                         \
    X(INTEGRATION_LATENCY, "integration_latency_ms", HISTOGRAM, "service endpoint status",      \
      "Latency of calls to an integration in milliseconds")                                     \
    X(INTEGRATION_ERRORS, "integration_errors_total", COUNTER, "service error_type",            \
      "Failed calls to an integration by kind of failure")                                      \
    X(SERVICE_LATENCY, "service_latency_ms", HISTOGRAM, "service transaction status",           \
      "Duration of the transactions of a service in milliseconds; its count is their rate")     \
    X(SERVICE_ERRORS, "service_errors_total", COUNTER, "service error_type",                    \
      "Failed transactions of a service by kind of failure")                                    \
    X(CIRCUIT_BREAKER, "circuit_breaker_state", GAUGE, "service state",                         \
      "1 for the state that the circuit breaker of a service is in, 0 for the others")          \
    X(SLA_RATIO, "integration_sla_target_ratio", GAUGE, "service objective",                    \
      "Target of an SLA: the share of calls that succeed (`availability`) or "                  \
      "may fail (`error_rate`)")                                                                \
    X(SLA_LATENCY, "integration_sla_latency_target_ms", GAUGE, "service objective",             \
      "Target of a service's SLA for its latency (`p99`) in milliseconds")                      \
    X(RECEIVED, "weir_received_total", COUNTER, "project type transport",                       \
      "Items received and understood")                                                          \
    X(REJECTED, "weir_rejected_total", COUNTER, "transport reason",                             \
      "Requests and datagrams refused")                                                         \
    X(EVENTS, "weir_events_total", COUNTER, "destination type outcome reason",                  \
      "Deliveries by what became of them, accepted ones and final outcomes")                    \
    X(ITEMS, "weir_items_total", COUNTER, "type outcome",                                       \
      "Spans, log records and other parts by outcome")                                          \
    X(SPOOL_EVENTS, "weir_spool_events", GAUGE, "destination state", "Deliveries in the spool") \
    X(SPOOL_BYTES, "weir_spool_bytes", GAUGE, "destination state",                              \
      "Bytes of deliveries in the spool")                                                       \
    X(SPOOL_MAX_BYTES, "weir_spool_max_bytes", GAUGE, "destination",                            \
      "Share of the spool that a destination may fill")                                         \
    X(SPOOL_OLDEST, "weir_spool_oldest_seconds", GAUGE, "destination",                          \
      "Age of the oldest spooled delivery")                                                     \
    X(LEDGER_DIFFERENCE, "weir_ledger_difference", GAUGE, "destination",                        \
      "Deliveries accepted and not accounted for, counted each 10 s; always 0")                 \
    X(SPOOL_QUEUE, "weir_spool_queue_operations", GAUGE, "",                                    \
      "Operations that wait for the spool thread")                                              \
    X(SPOOL_QUEUE_MAX, "weir_spool_queue_max_operations", GAUGE, "", "Most that may wait")      \
    X(FORWARD, "weir_forward_seconds", HISTOGRAM, "destination code",                           \
      "Time of one attempt to forward")                                                         \
    X(BREAKER, "weir_breaker_state", GAUGE, "destination endpoint state",                       \
      "1 for the state that the breaker of an endpoint is in, 0 for the others")                \
    X(BLOCKED, "weir_destination_blocked", GAUGE, "destination",                                \
      "1 while a destination refuses our credentials")                                          \
    X(INGEST, "weir_ingest_seconds", HISTOGRAM, "transport stage",                              \
      "Time from arrival to the end of a stage")                                                \
    X(SCRUB_MATCHES, "weir_scrub_matches_total", COUNTER, "ruleset rule method mode",           \
      "Places where a rule removed something, or would have (shadow)")                          \
    X(SCRUB_BYTES, "weir_scrub_bytes_total", COUNTER, "", "Bytes that the scrubber read")       \
    X(BREADCRUMBS_HELD, "weir_breadcrumbs_held", GAUGE, "",                                     \
      "Breadcrumbs waiting for an error of their trace")                                        \
    X(BREADCRUMBS, "weir_breadcrumbs_total", COUNTER, "outcome",                                \
      "Breadcrumbs sent on their own by outcome")                                               \
    X(UDP_DATAGRAMS, "weir_udp_datagrams_total", COUNTER, "outcome", "Datagrams by outcome")    \
    X(UDP_KERNEL_DROPS, "weir_udp_kernel_drops_total", COUNTER, "",                             \
      "Datagrams that the kernel dropped")                                                      \
    X(UDP_LOST, "weir_udp_lost_total", COUNTER, "source",                                       \
      "Datagrams missing from a sender's numbering")                                            \
    X(RELOAD_OK, "weir_config_last_reload_successful", GAUGE, "",                               \
      "1 when the last reload was taken")                                                       \
    X(RELOAD_TIME, "weir_config_last_reload_timestamp_seconds", GAUGE, "", "When it was")       \
    X(SERIES_OVERFLOW, "weir_metrics_overflow_total", COUNTER, "metric",                        \
      "Samples that went to `other` because of metrics.max_series")                             \
    X(DEPENDENCY_UP, "weir_dependency_up", GAUGE, "kind name",                                  \
      "1 when the last check of a dependency found it well, else 0")                            \
    X(DEPENDENCY_SECONDS, "weir_dependency_seconds", GAUGE, "kind name",                        \
      "Time that the last check of a dependency took")                                          \
    X(CONNECTIONS, "weir_http_connections", GAUGE, "", "Open HTTP connections")                 \
    X(CONNECTIONS_MAX, "weir_http_max_connections", GAUGE, "",                                  \
      "Connections at which the longest-idle one is closed")                                    \
    X(CORES, "weir_cpu_cores", GAUGE, "", "CPU cores that weir may use")                        \
    X(COMMIT, "weir_spool_commit_seconds", HISTOGRAM, "", "Time of one commit of the spool")    \
    X(LOG_LINES, "weir_log_lines_total", COUNTER, "level", "Lines logged")                      \
    X(BUILD_INFO, "weir_build_info", GAUGE, "version commit", "1, labelled with the version")   \
    X(PROCESS_CPU, "process_cpu_seconds_total", COUNTER, "",                                    \
      "Total user and system CPU time spent in seconds")                                        \
    X(THREAD_CPU, "weir_thread_cpu_seconds_total", COUNTER, "thread",                           \
      "User and system CPU time of the threads of a kind in seconds")                           \
    X(PROCESS_RSS, "process_resident_memory_bytes", GAUGE, "", "Resident memory size in bytes") \
    X(PROCESS_VSZ, "process_virtual_memory_bytes", GAUGE, "", "Virtual memory size in bytes")   \
    X(PROCESS_FDS, "process_open_fds", GAUGE, "", "Number of open file descriptors")            \
    X(PROCESS_MAX_FDS, "process_max_fds", GAUGE, "", "Maximum number of open file descriptors") \
    X(PROCESS_START, "process_start_time_seconds", GAUGE, "",                                   \
      "Start time of the process since 1970 in seconds")                                        \
    X(PROCESS_THREADS, "process_threads", GAUGE, "", "Number of threads of the process")

#define WEIR_METRICS_ENUM(id, name, type, labels, help) WEIR_M_##id,
enum weir_metric { WEIR_METRICS(WEIR_METRICS_ENUM) WEIR_METRIC_COUNT };

enum { WEIR_MAX_THREADS = 72, WEIR_MAX_LABELS = 4 };

struct weir_series;

/* Once, before threads start; `max_series` bounds all families with labels
 * together. Bounds of histograms in milliseconds for *_ms families; those in
 * seconds have built-in ones. Again (tests): forgets everything. */
int weir_metrics_init(uint32_t max_series, const double *latency_bounds_ms,
                      size_t n_bounds) WEIR_MUST_CHECK;
/* Forgets all series, which are invalid from then on. No other thread counts
 * any more. */
void weir_metrics_destroy(void);
/* Gives the calling thread its cell number; idempotent; a thread that ends
 * calls weir_metrics_thread_end() and its counts stay. */
void weir_metrics_thread(void);
/* Before a thread ends: its cell number is free for another one. */
void weir_metrics_thread_end(void);

/* Finds or makes a series; never NULL after init (the overflow one then).
 * Values in the order of the table's labels, n as many as there are. Keep it
 * where it is used often: it lives until weir_metrics_destroy(). */
struct weir_series *weir_metric(enum weir_metric m, const struct weir_str *values, size_t n);
/* The same for a series of weir itself, which max_series does not bound: its
 * values are of the configuration, or few. */
struct weir_series *weir_metric_own(enum weir_metric m, const struct weir_str *values, size_t n);
/* Shorthands for constant texts, NULL-terminated. */
struct weir_series *weir_metric_of(enum weir_metric m, ...) __attribute__((sentinel));

/* Adds to a counter: one relaxed store to the thread's own cell. */
void weir_count(struct weir_series *s, uint64_t by);
/* NaN: the sample is not shown (so is a gauge that was never set). A counter
 * whose truth is elsewhere (process_cpu_seconds_total) is set by it, too. */
void weir_gauge_set(struct weir_series *s, double value);
/* `trace_id` (may be empty) becomes the exemplar of its bucket. */
void weir_observe(struct weir_series *s, double value, struct weir_str trace_id);

/* Gauges whose truth is elsewhere: called at each scrape, before the sums;
 * sets them with weir_gauge_set(). At most 16. */
void weir_metrics_collector(void (*collect)(void *self), void *self);
/* Runs the collectors; done once before senders are listened to, so that
 * weir's own series are there whatever they flood it with. */
void weir_metrics_collect(void);

/* Runs the collectors and writes the exposition: Prometheus text 0.0.4, or OpenMetrics 1.0. */
int weir_metrics_write(struct weir_buf *out, bool openmetrics) WEIR_MUST_CHECK;
/* The content type for it by the request's Accept header (may be empty). */
const char *weir_metrics_content_type(struct weir_str accept, bool *ret_openmetrics);
/* docs/metrics.md from the table. */
void weir_metrics_docs(int fd);

/* ---- integrations: metrics of the services' own calls ------------------ */

/* One call of an integration as a service saw it. `error_type` empty: none
 * unless the status says so. Endpoint is templated here. */
void weir_integration_call(struct weir_str service, struct weir_str endpoint,
                           struct weir_str status, double latency_ms, bool has_latency,
                           struct weir_str error_type, struct weir_str trace_id);
/* One attempt to forward, which is a call of the integration that bears the
 * destination's name; outside of max_series. */
void weir_integration_forwarded(struct weir_str destination, struct weir_str status,
                                double latency_ms, struct weir_str error_type,
                                struct weir_str trace_id);
/* A service's breaker as `reporter` sees it; the worst of the last 60 s is
 * shown (now_ms: monotonic). WEIR_EINVAL for an unknown state. */
int weir_integration_breaker(struct weir_str service, struct weir_str state,
                             struct weir_str reporter, uint64_t now_ms);

/* ---- spans --------------------------------------------------------------- */

/* What matters of a span, whatever format it came in. Attributes find their
 * place by weir_fact_of(). */
enum weir_fact {
    WEIR_FACT_OP,          /* http.client, db.query */
    WEIR_FACT_KIND,        /* client, producer, server, consumer, internal */
    WEIR_FACT_STATUS,      /* ok, error, internal_error, or a number */
    WEIR_FACT_DESCRIPTION, /* the span's name; of a segment the transaction's */
    WEIR_FACT_PEER,        /* peer.service */
    WEIR_FACT_ADDRESS,     /* host, with or without port */
    WEIR_FACT_URL,
    WEIR_FACT_PATH,
    WEIR_FACT_TEMPLATE,
    WEIR_FACT_ROUTE,
    WEIR_FACT_DB_SYSTEM,
    WEIR_FACT_DB_NAME,
    WEIR_FACT_DB_SUMMARY,
    WEIR_FACT_DB_OPERATION,
    WEIR_FACT_DB_TABLE,
    WEIR_FACT_DB_QUERY,
    WEIR_FACT_QUEUE_SYSTEM,
    WEIR_FACT_QUEUE,
    WEIR_FACT_RPC_SYSTEM,
    WEIR_FACT_RPC_SERVICE,
    WEIR_FACT_RPC_METHOD,
    WEIR_FACT_PEER_ADDRESS, /* of the network: where nothing better is known */
    WEIR_FACT_HTTP_STATUS,
    WEIR_FACT_GRPC_STATUS,
    WEIR_FACT_ERROR_TYPE,
    WEIR_FACT_SERVICE, /* whose span it is */
    WEIR_FACTS
};

struct weir_span_facts {
    struct weir_str text[WEIR_FACTS]; /* what the scrubber let through */
    struct weir_str raw[WEIR_FACTS];  /* as sent, where that differs: matched, never shown */
    struct weir_str trace_id;         /* may be empty */
    double duration_ms;               /* negative: not known */
    bool segment;                     /* the outermost span of its service */
};

/* The fact that an attribute of this name is, by the conventions of
 * OpenTelemetry, old and new, and of Sentry's SDKs; WEIR_FACTS: none. Pure. */
enum weir_fact weir_fact_of(struct weir_str attribute);

struct weir_tag; /* config.h */

/* How labels are made of facts. */
struct weir_span_labels {
    const struct weir_tag *names; /* integrations.names */
    size_t n_names;
    struct weir_str service; /* whose spans they are, where they do not say it */
    /* The scrubber, for what becomes the label of that name. */
    struct weir_str (*scrub)(void *self, const char *label, struct weir_str text);
    void *self;
};

/* Counts the span: a call of another service (op or kind of a client) as one
 * of an integration; else, when it is a segment, as a transaction of its
 * service; else not. Allocates nothing. */
void weir_span_observe(const struct weir_span_facts *f, const struct weir_span_labels *l);
/* The name that integrations.names has for a service, or `service` itself. */
struct weir_str weir_integration_name(const struct weir_tag *names, size_t n_names,
                                      struct weir_str service);

#endif
