/* settings.c - the one table of settings, and the walk of the tree by it.
 *
 * For each row its node is looked up in the tree (or its default is taken)
 * and read by the row's type; then the tree is walked once more for keys
 * that no row knows. */
#include "settings.h"

#include "types.h"

#include <stdio.h>

/* ---- what texts must fulfil --------------------------------------------- */

static bool all_of(struct weir_str s, const char *more)
{
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];

        if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
              (c != '\0' && strchr(more, c) != NULL)))
            return false;
    }
    return true;
}

static bool printable(struct weir_str s)
{
    for (size_t i = 0; i < s.n; i++) {
        if ((unsigned char)s.p[i] < ' ' || s.p[i] == 127)
            return false;
    }
    return true;
}

/* What error-tracking backends take: they drop an event's environment or
 * release that is otherwise. */
static const char *check_environment(struct weir_str s)
{
    if (s.n <= 64 && printable(s) && s.n == weir_str_trim(s).n &&
        weir_str_find(s, WEIR_S("/")) == SIZE_MAX)
        return NULL;
    return "at most 64 bytes without / and line breaks";
}

static const char *check_release(struct weir_str s)
{
    if (s.n <= 200 && printable(s) && s.n == weir_str_trim(s).n &&
        weir_str_find(s, WEIR_S("/")) == SIZE_MAX && weir_str_find(s, WEIR_S("\\")) == SIZE_MAX)
        return NULL;
    return "at most 200 bytes without /, \\ and line breaks";
}

static const char *check_line(struct weir_str s)
{
    return s.n <= 200 && printable(s) ? NULL : "at most 200 bytes on one line";
}

/* It becomes a label in rules, where Prometheus expands templates. */
static const char *check_service(struct weir_str s)
{
    return s.n <= 200 && printable(s) && weir_str_find(s, WEIR_S("{{")) == SIZE_MAX
               ? NULL
               : "at most 200 bytes on one line, without {{";
}

static const char *check_id(struct weir_str s)
{
    return s.n > 0 && s.n <= 64 && all_of(s, "-_") ? NULL
                                                   : "1 to 64 letters, digits, - and _, such as 42";
}

static const char *check_key(struct weir_str s)
{
    return s.n > 0 && s.n <= 128 && all_of(s, "-_") ? NULL : "1 to 128 letters, digits, - and _";
}

/* It becomes a metric's label and a word of log lines. */
static const char *check_name(struct weir_str s)
{
    return s.n > 0 && s.n <= 64 && all_of(s, "-_.") ? NULL : "1 to 64 letters, digits, - . and _";
}

static const char *check_glob(struct weir_str s)
{
    return s.n > 0 && s.n <= 256 && printable(s)
               ? NULL
               : "a glob (* any text, ? one character) of 1 to 256 bytes";
}

static const char *check_origin(struct weir_str s)
{
    return s.n > 0 && s.n <= 256 && all_of(s, "-_.:/*[]") ? NULL
                                                          : "*, or an origin such as "
                                                            "https://shop.example.com or "
                                                            "https://*.example.com";
}

static const char *check_token(struct weir_str s)
{
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] <= ' ' || s.p[i] >= 127)
            return "printable ASCII without spaces";
    }
    return s.n <= 512 ? NULL : "at most 512 bytes";
}

static const char *check_not_empty(struct weir_str s)
{
    return s.n > 0 && s.n <= 4096 && printable(s) ? NULL : "1 to 4096 bytes";
}

const char *const weir_scope_paths[WEIR_SCOPES] = {
    [WEIR_SCOPE_TOP] = "",
    [WEIR_SCOPE_PROJECT] = "projects",
    [WEIR_SCOPE_DESTINATION] = "destinations",
    [WEIR_SCOPE_SLA] = "slas",
    [WEIR_SCOPE_API] = "health_checks.external_apis",
    [WEIR_SCOPE_SERVICE] = "health_checks.internal_services",
    [WEIR_SCOPE_QUEUE] = "health_checks.message_queues",
};

/* ---- the table ---------------------------------------------------------- */

#define ROW(of_scope, of_type, key, draft, field, text, sentence)                           \
    .scope = WEIR_SCOPE_##of_scope, .type = WEIR_TYPE_##of_type, .path = (key),             \
    .offset = offsetof(struct draft, field), .size = sizeof(((struct draft *)NULL)->field), \
    .fallback = (text), .help = (sentence)
#define TOP(type, path, field, fallback, help) \
    ROW(TOP, type, path, weir_draft, field, fallback, help)
#define PROJECT(type, path, field, fallback, help) \
    ROW(PROJECT, type, path, weir_project_draft, field, fallback, help)
#define DESTINATION(type, path, field, fallback, help) \
    ROW(DESTINATION, type, path, weir_destination_draft, field, fallback, help)
#define SLA(type, path, field, fallback, help) ROW(SLA, type, path, weir_sla, field, fallback, help)
#define HEALTH(scope, type, path, field, fallback, help) \
    ROW(scope, type, path, weir_health_check, field, fallback, help)
#define ITEMS(scope, draft) .of = WEIR_SCOPE_##scope, .item_size = sizeof(struct draft)
#define N_TOP(field) .offset_n = offsetof(struct weir_draft, field)
#define N_PROJECT(field) .offset_n = offsetof(struct weir_project_draft, field)
#define N_DESTINATION(field) .offset_n = offsetof(struct weir_destination_draft, field)
#define RANGE(from, to) .least = (from), .most = (to)
#define MS_SECOND 1000ULL
#define MS_HOUR 3600000ULL
#define MS_DAY 86400000ULL
#define KIB(x) ((uint64_t)(x) << 10)
#define MIB(x) ((uint64_t)(x) << 20)
#define GIB(x) ((uint64_t)(x) << 30)

/* Fields that are lists are pointers, and their size is meant to be that. */
/* clang-format off */
/* NOLINTBEGIN(bugprone-sizeof-expression) */
const struct weir_setting weir_settings[] = {
    {TOP(ADDRESS, "listen.http", config.listen_http, "127.0.0.1:8137",
         "Where HTTP is served: ingest, `/metrics`, `/health`. Empty switches it off.")},
    {TOP(ADDRESS, "listen.otlp", config.listen_otlp, "",
         "A further address for OTLP/HTTP alone, usually `127.0.0.1:4318`. Empty: only "
         "`listen.http` has it.")},
    {TOP(ADDRESS, "listen.udp", config.listen_udp, "127.0.0.1:8137",
         "Where datagrams are taken: native JSON, GELF, logstash. Empty switches it off.")},
    {TOP(ADDRESS, "listen.syslog", config.listen_syslog, "",
         "Where syslog datagrams are taken (RFC 5424 and RFC 3164), such as `127.0.0.1:5514`.")},
    {TOP(CIDRS, "listen.udp_allow", config.udp_allow, "[]",
         "Senders whose datagrams are taken; needed when `listen.udp` or `listen.syslog` is not "
         "on loopback.")},
    {TOP(ADDRESS, "listen.admin", config.listen_admin, "",
         "When set, `/metrics`, `/health` and the admin API move there.")},
    {TOP(BOOL, "listen.open", config.listen_open, "false",
         "A listener off loopback without any project listed refuses to start unless true.")},
    {TOP(TEXT, "environment", config.tagging.environment, "production",
         "Set where an event names none."), .check = check_environment},
    {TOP(TEXT, "release", config.tagging.release, "",
         "Set where an event names none."), .check = check_release},
    {TOP(TEXT, "server_name", config.tagging.server_name, "",
         "Set where an event names none."), .check = check_line},
    {TOP(TAGS, "tags", config.tagging.tags, "{}",
         "Added where the event has no tag of that name."), N_TOP(config.tagging.n_tags)},
    {TOP(CIDRS, "trusted_proxies", config.trusted_proxies, "[]",
         "Proxies whose `X-Forwarded-For` is believed.")},
    {TOP(PROJECTS, "projects", projects, "[]",
         "None listed: every project id and key is accepted, and all go to every destination."),
     N_TOP(n_projects), ITEMS(PROJECT, weir_project_draft)},
    {TOP(TEXT, "default_project", config.default_project, "1",
         "The project of input that names none."), .check = check_id},
    {TOP(DESTINATIONS, "destinations", destinations, "[{name: main}]",
         "Where events go, each with a queue of its own."), N_TOP(n_destinations),
     ITEMS(DESTINATION, weir_destination_draft)},
    {TOP(RULESETS, "scrub.rulesets", rulesets, "{}",
         "Rule sets of your own: name -> file, relative to the configuration file. A built-in "
         "name (`default`) is replaced by yours."),
     N_TOP(n_rulesets)},
    {TOP(TEXTS, "scrub.shadow", shadow, "[]",
         "Rule sets that are run and counted but change nothing."), .check = check_name},
    {TOP(TEXT, "scrub.hash_key", config.hash_key, "${WEIR_HASH_KEY:-}",
         "Key of the `hash` method. Empty: a random one, made once and kept in `spool.path` as "
         "`hash.key`."), .secret = true},
    {TOP(WORD, "spool.type", config.spool_memory, "sqlite",
         "`memory` forgets everything at the end."), .words = {"sqlite", "memory"}},
    {TOP(TEXT, "spool.path", config.spool_path, "./weir-data",
         "The spool's directory, made when missing; relative to where weir was started."),
     .check = check_not_empty},
    {TOP(WORD, "spool.durability", config.durability_commit, "commit",
         "`commit`: answered after fsync. `memory`: answered when queued."),
     .words = {"memory", "commit"}},
    {TOP(SIZE, "spool.max_bytes", config.spool_max_bytes, "1GiB",
         "Most that the spool may hold, all destinations together."),
     RANGE(KIB(64), INT64_MAX)},
    {TOP(WORD, "spool.when_full", config.drop_oldest, "reject",
         "`reject`: answer 503 with `Retry-After`. `drop_oldest`: make room, counted."),
     .words = {"reject", "drop_oldest"}},
    {TOP(DURATION, "spool.ttl", config.spool_ttl_ms, "24h",
         "What waits longer than this expires, counted."), RANGE(100, 3650 * MS_DAY)},
    {TOP(COUNT, "metrics.max_series", config.max_series, "5000",
         "Most label values' series of a metric; what is over counts as `other`."),
     RANGE(1, 1000000)},
    {TOP(NUMBERS, "metrics.latency_buckets_ms", config.latency_buckets_ms,
         "[5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10000, 30000]",
         "Upper bounds of the latency histograms, rising, in milliseconds; at most 32."),
     N_TOP(config.n_latency_buckets), RANGE(0, 86400000)},
    {TOP(NAMES, "integrations.names", config.integration_names, "{}",
         "Globs of hosts (or of what else spans name, such as `postgresql/shop`) -> the `service` "
         "that metrics show, such as `{\"*.stripe.com\": stripe}`. The first that fits counts."),
     N_TOP(config.n_integration_names)},
    {TOP(SECTIONS, "slas", config.slas, "[]",
         "What services promise: shown as gauges, and what `weir alerts` makes rules of."),
     N_TOP(config.n_slas), ITEMS(SLA, weir_sla), RANGE(0, 1000)},
    {TOP(SECTIONS, "health_checks.external_apis", apis, "[]",
         "URLs of others that must answer 2xx or 3xx."),
     N_TOP(n_apis), ITEMS(API, weir_health_check), RANGE(0, WEIR_MAX_CHECKS)},
    {TOP(SECTIONS, "health_checks.internal_services", services, "[]",
         "Services of your own that must answer 2xx or 3xx."),
     N_TOP(n_services), ITEMS(SERVICE, weir_health_check), RANGE(0, WEIR_MAX_CHECKS)},
    {TOP(SECTIONS, "health_checks.message_queues", queues, "[]",
         "Queues that must fulfil a condition."),
     N_TOP(n_queues), ITEMS(QUEUE, weir_health_check), RANGE(0, WEIR_MAX_CHECKS)},
    {TOP(COUNT, "breadcrumbs.per_trace", config.breadcrumbs_per_trace, "100",
         "Breadcrumbs sent on their own that are kept for one trace."), RANGE(0, 1000)},
    {TOP(COUNT, "breadcrumbs.traces", config.breadcrumbs_traces, "10000",
         "Traces for which breadcrumbs are kept."), RANGE(0, 1000000)},
    {TOP(DURATION, "breadcrumbs.ttl", config.breadcrumbs_ttl_ms, "10m",
         "How long a breadcrumb waits for an error of its trace."), RANGE(100, MS_DAY)},
    {TOP(TEXTS, "breadcrumbs.across", config.breadcrumbs_across, "[]",
         "Project ids whose breadcrumbs are joined as if they were one project."),
     .check = check_id},
    {TOP(BOOL, "breadcrumbs.from_spans", config.breadcrumbs_from_spans, "false",
         "An error gets the calls among its trace's spans (HTTP, database, messages, RPC) as "
         "breadcrumbs.")},
    {TOP(BOOL, "breadcrumbs.from_logs", config.breadcrumbs_from_logs, "false",
         "Log records that belong to a trace are breadcrumbs of its next error too.")},
    {TOP(WORD, "logs.event_level", config.event_level, "error",
         "Log records as bad as this, or worse, become error events, the others entries of `log` "
         "items; those with an exception are events in any case."),
     .words = {"trace", "debug", "info", "warn", "error", "fatal", "off"}},
    {TOP(DURATION, "traces.wait", config.traces.wait_ms, "5s",
         "How long the first span of a trace waits for the others; what comes later is a "
         "transaction of its own."), RANGE(100, MS_HOUR)},
    {TOP(COUNT, "traces.max_spans", config.traces.max_spans, "1000",
         "Most spans of one transaction; what is over goes as a further one."), RANGE(1, 100000)},
    {TOP(WORD, "traces.keep.errors", config.traces.keep_errors, "true",
         "Tail sampling: traces with an error are kept."), .words = {"false", "true"}},
    {TOP(DURATION, "traces.keep.slower_than", config.traces.slower_ms, "0",
         "Tail sampling: traces that took longer are kept. 0: it does not matter how long."),
     RANGE(0, MS_HOUR)},
    {TOP(RATIO, "traces.keep.share", config.traces.keep_share, "1.0",
         "Tail sampling: share of all other traces that is kept, by trace id. 1: every trace is "
         "kept, and tail sampling is off."), RANGE(0, 1)},
    {TOP(DURATION, "collapse.window", config.collapse_ms, "0",
         "The first of a run of identical errors is sent at once, then one each window with "
         "their count. 0: every error is sent."), RANGE(0, MS_HOUR)},
    {TOP(TEXT, "auth.admin_token", config.admin_token, "",
         "Bearer token of the admin API. Without one it answers on loopback only."),
     .check = check_token, .secret = true},
    {TOP(TEXT, "auth.metrics_token", config.metrics_token, "",
         "Bearer token of `/metrics`."), .check = check_token, .secret = true},
    {TOP(SIZE, "limits.envelope", config.limits.envelope, "200MiB",
         "A whole request, decompressed."), RANGE(KIB(1), GIB(4))},
    {TOP(SIZE, "limits.event", config.limits.event, "1MiB",
         "An event or transaction."), RANGE(KIB(1), MIB(100))},
    {TOP(SIZE, "limits.container", config.limits.container, "12MiB",
         "A container of spans, logs or metrics."), RANGE(KIB(1), GIB(1))},
    {TOP(SIZE, "limits.profile", config.limits.profile, "50MiB",
         "A profile."), RANGE(KIB(1), GIB(1))},
    {TOP(SIZE, "limits.replay", config.limits.replay, "100MiB",
         "A replay recording."), RANGE(KIB(1), GIB(1))},
    {TOP(SIZE, "limits.check_in", config.limits.check_in, "100KiB",
         "A check-in."), RANGE(KIB(1), MIB(100))},
    {TOP(SIZE, "limits.attachment", config.limits.attachment, "100MiB",
         "An attachment."), RANGE(KIB(1), GIB(4))},
    {TOP(SIZE, "limits.item", config.limits.item, "1MiB",
         "Any other item. One that is over its limit is dropped and counted, the rest goes on."),
     RANGE(KIB(1), GIB(1))},
    {TOP(COUNT, "limits.items", config.limits.items, "500",
         "Items in one envelope, objects in one native request."), RANGE(1, 100000)},
    {TOP(COUNT, "limits.decompressed_ratio", config.limits.decompressed_ratio, "200",
         "A body that inflates to more than this many times its size is refused."),
     RANGE(1, 100000)},
    {TOP(COUNT, "limits.connections", config.limits.connections, "20000",
         "At this many the connection that is idle longest is closed."), RANGE(1, 1000000)},
    {TOP(DURATION, "limits.header_timeout", config.limits.header_timeout_ms, "10s",
         "In this time a request's headers must have arrived."), RANGE(100, MS_HOUR)},
    {TOP(DURATION, "limits.body_timeout", config.limits.body_timeout_ms, "30s",
         "In this time the next part of a body must have arrived."), RANGE(100, MS_HOUR)},

    {PROJECT(TEXT, "id", project.id, "",
             "As in the path `/api/{project}/envelope/`. Required."), .check = check_id},
    {PROJECT(TEXTS, "keys", project.keys, "[]",
             "Public keys that are accepted."), .check = check_key, .secret = true},
    {PROJECT(TEXTS, "origins", project.origins, "[\"*\"]",
             "Browser origins that may send."), .check = check_origin},
    {PROJECT(TEXT, "environment", project.tagging.environment, "",
             "Empty: the top level's."), .check = check_environment},
    {PROJECT(TEXT, "release", project.tagging.release, "",
             "Empty: the top level's."), .check = check_release},
    {PROJECT(TEXT, "server_name", project.tagging.server_name, "",
             "Empty: the top level's."), .check = check_line},
    {PROJECT(TAGS, "tags", project.tagging.tags, "{}",
             "Added to the top level's; the project's win."), N_PROJECT(project.tagging.n_tags)},
    {PROJECT(TEXTS, "rulesets", project.rulesets, "[default]",
             "Rule sets that scrub this project, built in or of `scrub.rulesets`. An empty list "
             "scrubs nothing."), .check = check_name},
    {PROJECT(TEXTS, "destinations", destinations, "[]",
             "Names of destinations. An empty list means all."), .check = check_name},
    {PROJECT(RATIO, "sample.errors", project.sample_errors, "1.0",
             "Share of error events that is kept."), RANGE(0, 1)},
    {PROJECT(RATIO, "sample.traces", project.sample_traces, "1.0",
             "Share of transactions and spans that is kept, by trace id."), RANGE(0, 1)},
    {PROJECT(NUMBER, "rate_limit.per_second", project.rate_per_second, "0",
             "Requests a second, over which clients are answered 429. 0: no limit."),
     RANGE(0, 1000000000)},
    {PROJECT(NUMBER, "rate_limit.burst", project.rate_burst, "0",
             "Requests that may come at once. 0: as many as `per_second`."),
     RANGE(0, 1000000000)},
    {PROJECT(TEXTS, "filters.messages", project.filters.messages, "[]",
             "Globs of messages that are not wanted."), .check = check_glob},
    {PROJECT(TEXTS, "filters.exceptions", project.filters.exceptions, "[]",
             "Globs of exceptions, matched against `Type: value`."), .check = check_glob},
    {PROJECT(TEXTS, "filters.releases", project.filters.releases, "[]",
             "Globs of releases."), .check = check_glob},
    {PROJECT(TEXTS, "filters.transactions", project.filters.transactions, "[]",
             "Globs of transaction names."), .check = check_glob},
    {PROJECT(WORD, "unknown_items", project.unknown_items, "scrub",
             "Items of a type that weir does not know: `scrub` scrubs them as JSON and drops "
             "others."), .words = {"scrub", "forward", "drop"}},
    {PROJECT(WORD, "attachments", project.attachments, "scrub",
             "`scrub`: text and JSON are scrubbed, other binaries dropped and counted."),
     .words = {"scrub", "forward", "drop"}},
    {PROJECT(TEXTS, "in_app.include", project.in_app_include, "[]",
             "Beginnings of modules, functions or paths of stack traces' frames that are your own "
             "code; of the two lists the longest that fits decides."), .check = check_not_empty},
    {PROJECT(TEXTS, "in_app.exclude", project.in_app_exclude, "[]",
             "Likewise of libraries; where neither list fits, the trace itself tells."),
     .check = check_not_empty},
    {PROJECT(BOOL, "breadcrumb_integrations", project.breadcrumb_integrations, "false",
             "`http` breadcrumbs of errors count as calls of integrations: for senders that "
             "record no spans.")},
    {PROJECT(DURATION, "traces.wait", project.traces.wait_ms, "",
             "Empty: the top level's; so with the following."), RANGE(100, MS_HOUR),
     .optional = true},
    {PROJECT(COUNT, "traces.max_spans", project.traces.max_spans, "",
             "Most spans of one transaction."), RANGE(1, 100000), .optional = true},
    {PROJECT(WORD, "traces.keep.errors", project.traces.keep_errors, "",
             "Tail sampling: traces with an error are kept."),
     .words = {"false", "true", ""}},
    {PROJECT(DURATION, "traces.keep.slower_than", project.traces.slower_ms, "",
             "Tail sampling: traces that took longer are kept."), RANGE(0, MS_HOUR),
     .optional = true},
    {PROJECT(RATIO, "traces.keep.share", project.traces.keep_share, "",
             "Tail sampling: share of all other traces that is kept."), RANGE(0, 1),
     .optional = true},
    {PROJECT(DURATION, "collapse.window", project.collapse_ms, "",
             "One of a run of identical errors is sent each window."), RANGE(0, MS_HOUR),
     .optional = true},

    {DESTINATION(TEXT, "name", destination.name, "",
                 "Names it in metrics, status and `projects[].destinations`. Required."),
     .check = check_name},
    {DESTINATION(DSN, "dsn", destination.dsn, "${WEIR_DSN:-}",
                 "`https://KEY@HOST/PROJECT`; `{key}` and `{project}` keep the sender's. Empty: "
                 "events stay spooled."), .secret = true},
    {DESTINATION(ENDPOINTS, "endpoints", more, "[]",
                 "Further origins of the same backend: `https://HOST[:PORT][/PREFIX]`, and "
                 "` weight=3` after it for `weighted`."), N_DESTINATION(n_more)},
    {DESTINATION(WORD, "balance", destination.balance, "round_robin",
                 "How deliveries are spread over the endpoints."),
     .words = {"round_robin", "least_connections", "weighted"}},
    {DESTINATION(DURATION, "timeout", destination.timeout_ms, "15s",
                 "Of one attempt, answer included; at most 30s."), RANGE(10, 30 * MS_SECOND)},
    {DESTINATION(COUNT, "connections", destination.connections, "8",
                 "Most attempts at the same time."), RANGE(1, 1024)},
    {DESTINATION(WORD, "compression", destination.compression, "gzip",
                 "Of what is sent. gzip stores 1 KiB and less as it is: one packet either way."),
     .words = {"gzip", "zstd", "none"}},
    {DESTINATION(DURATION, "retry.initial", destination.retry.initial_ms, "100ms",
                 "Wait before the second attempt."), RANGE(1, MS_HOUR)},
    {DESTINATION(NUMBER, "retry.factor", destination.retry.factor, "2",
                 "Each wait is this many times the one before."), RANGE(1, 100)},
    {DESTINATION(DURATION, "retry.max", destination.retry.max_ms, "30s",
                 "Longest wait."), RANGE(1, MS_DAY)},
    {DESTINATION(WORD, "retry.jitter", destination.retry.jitter, "full",
                 "`full`: a random part of the wait, so that many do not come back at once."),
     .words = {"none", "full"}},
    {DESTINATION(COUNT, "dead_letter_after", destination.dead_letter_after, "5",
                 "Attempts that one delivery itself may use up while others get through."),
     RANGE(1, 1000)},
    {DESTINATION(COUNT, "breaker.failures", destination.breaker.failures, "5",
                 "This many failures within the window open the breaker,"), RANGE(1, 100000)},
    {DESTINATION(DURATION, "breaker.window", destination.breaker.window_ms, "10s",
                 "The time in which failures and calls are counted."), RANGE(100, MS_HOUR)},
    {DESTINATION(RATIO, "breaker.error_rate", destination.breaker.error_rate, "50%",
                 "or this share of calls failing,"), RANGE(0, 1)},
    {DESTINATION(COUNT, "breaker.min_calls", destination.breaker.min_calls, "20",
                 "once there were so many calls."), RANGE(1, 100000)},
    {DESTINATION(DURATION, "breaker.open", destination.breaker.open_ms, "30s",
                 "How long it stays open before a probe, and between probes of a blocked "
                 "destination."), RANGE(10, MS_HOUR)},
    {DESTINATION(COUNT, "breaker.successes", destination.breaker.successes, "3",
                 "Probes in a row that close it."), RANGE(1, 1000)},
    {DESTINATION(WORD, "rate_limits", destination.pass_on, "absorb",
                 "`absorb`: accept and queue meanwhile. `pass_on`: tell the clients, who then "
                 "discard."), .words = {"absorb", "pass_on"}},
    {DESTINATION(SIZE, "max_bytes", destination.max_bytes, "",
                 "Its share of the spool. Empty: an equal share of what the others leave of "
                 "`spool.max_bytes`."), RANGE(KIB(16), INT64_MAX), .optional = true},
    {DESTINATION(PATH, "tls.ca", destination.ca, "",
                 "CA certificates to trust instead of the system's (PEM).")},
    {DESTINATION(PATH, "tls.cert", destination.cert, "", "Client certificate (PEM).")},
    {DESTINATION(PATH, "tls.key", destination.key, "", "Its private key (PEM).")},

    {SLA(TEXT, "service", service, "",
         "As in the label `service` of the integration metrics. Required."),
     .check = check_service},
    {SLA(RATIO, "availability", availability, "0",
         "Share of its calls that succeed, such as `99.9%`. 0: no target."), RANGE(0, 1)},
    {SLA(DURATION, "p99", p99_ms, "0",
         "99 of 100 calls are at most this slow. 0: no target."), RANGE(0, MS_HOUR)},
    {SLA(RATIO, "error_rate", error_rate, "0",
         "Share of its calls that may fail within five minutes. 0: no target."), RANGE(0, 1)},

    {HEALTH(API, URL, "url", url, "",
            "Asked by GET; redirects are not followed. Its credentials and query are never shown. "
            "Required."), .check = weir_check_url, .secret = true},
    {HEALTH(API, DURATION, "interval", interval_ms, "30s",
            "Time from one check to the next."), RANGE(100, MS_DAY)},
    {HEALTH(API, DURATION, "timeout", timeout_ms, "5s",
            "Slower than this is down."), RANGE(10, MS_HOUR)},

    {HEALTH(SERVICE, TEXT, "service", name, "",
            "Names it in metrics and health. Required."), .check = check_line},
    {HEALTH(SERVICE, URL, "endpoint", url, "",
            "Its URL, as of an external API. Required."),
     .check = weir_check_url, .secret = true},
    {HEALTH(SERVICE, DURATION, "interval", interval_ms, "10s",
            "Time from one check to the next."), RANGE(100, MS_DAY)},
    {HEALTH(SERVICE, DURATION, "timeout", timeout_ms, "5s",
            "Slower than this is down."), RANGE(10, MS_HOUR)},

    {HEALTH(QUEUE, TEXT, "queue", queue, "spool",
            "`spool`: of all destinations together. `spool:DESTINATION`: of one."),
     .check = check_line},
    {HEALTH(QUEUE, QUEUE_CHECK, "check", condition, "",
            "Such as `queue_depth < 1000 && queue_age < 5m`, see above. Required.")},
    {HEALTH(QUEUE, DURATION, "interval", interval_ms, "60s",
            "Time from one check to the next."), RANGE(100, MS_DAY)},
};
/* NOLINTEND(bugprone-sizeof-expression) */
/* clang-format on */

const size_t weir_n_settings = sizeof weir_settings / sizeof *weir_settings;

void weir_setting_variable(const struct weir_setting *s, char ret_name[64])
{
    size_t n = (size_t)snprintf(ret_name, 64, "WEIR_%s", s->path);

    for (size_t i = 0; i < n && i < 64; i++) {
        if (ret_name[i] >= 'a' && ret_name[i] <= 'z')
            ret_name[i] = (char)(ret_name[i] - 32);
        else if (ret_name[i] == '.')
            ret_name[i] = '_';
    }
}
