/* config.h - the configuration: one YAML file to one checked, immutable
 * snapshot.
 *
 *   file -> nodes with line:column -> settings table -> struct weir_config
 *                                                        | rule sets compiled
 *                                                        v
 *                          struct weir_snapshot, swapped in by pointer
 *
 * Every key of contract 2 is one row of the table in settings.c: its path,
 * type, default and help. `weir check`, `weir config`, WEIR_* overrides and
 * docs/configuration.md all come from that table. All mistakes are
 * collected, not the first only.
 *
 * Threads: loading is done by the main thread. A snapshot is read only;
 * who uses it holds a reference (weir_snapshot_get), which costs one atomic
 * increment, so hot threads take it once a reload, not once an event.
 * Memory: all text of a snapshot lives in its arena until the last put. */
#ifndef WEIR_CONFIG_H
#define WEIR_CONFIG_H

#include "weir/arena.h"
#include "weir/scrub.h"

#include <stdatomic.h>
#include <netinet/in.h>

/* ---- mistakes ---------------------------------------------------------- */

struct weir_error {
    struct weir_str file;
    unsigned line, column; /* from 1; 0: unknown */
    bool warning;
    struct weir_str message; /* names the fix; no secret values */
};

struct weir_errors {
    struct weir_arena *arena;
    struct weir_error *list;
    size_t n, room;
    size_t n_fatal; /* those that are no warnings */
};

/* An empty list; what is added to it lives in `arena`. */
void weir_errors_init(struct weir_errors *e, struct weir_arena *arena);
/* Adds one; without memory it is counted only. `file` may be empty, `line` and
 * `column` 0: unknown. */
void weir_errors_add(struct weir_errors *e, bool warning, struct weir_str file, unsigned line,
                     unsigned column, const char *fmt, ...) WEIR_PRINTF(6, 7);
/* "FILE:LINE:COLUMN: message" lines in order of position. */
void weir_errors_print(const struct weir_errors *e, int fd);
/* The same as lines of the log. */
void weir_errors_log(const struct weir_errors *e);

/* ---- values ------------------------------------------------------------ */

struct weir_strs {
    struct weir_str *list;
    size_t n;
};

struct weir_address {           /* HOST:PORT */
    struct weir_str text;       /* as configured; empty: not set */
    struct sockaddr_storage sa; /* resolved numerically or by getaddrinfo */
    socklen_t sa_len;
    bool loopback;
};

struct weir_cidr {
    uint8_t net[16]; /* IPv4 as ::ffff:a.b.c.d */
    uint8_t bits;    /* 0 to 128 */
};

struct weir_cidrs {
    struct weir_cidr *list;
    size_t n;
};

/* Any of `c` contains `sa`? */
bool weir_cidrs_match(const struct weir_cidrs *c, const struct sockaddr *sa);
/* ADDRESS[/BITS], IPv4 or IPv6; bits of the host are cleared. False: neither. */
bool weir_parse_cidr(struct weir_str s, struct weir_cidr *ret_cidr);

struct weir_tag {
    struct weir_str key, value;
};

/* What a project and the top level both may say; the project's wins, then
 * the top level's. Empty: not set. */
struct weir_tagging {
    struct weir_str environment, release, server_name;
    struct weir_tag *tags;
    size_t n_tags;
};

enum weir_item_policy { WEIR_POLICY_SCRUB, WEIR_POLICY_FORWARD, WEIR_POLICY_DROP };
enum weir_compression { WEIR_GZIP, WEIR_ZSTD, WEIR_NO_COMPRESSION };
enum weir_balance { WEIR_ROUND_ROBIN, WEIR_LEAST_CONNECTIONS, WEIR_WEIGHTED };

/* scheme://key@host[:port][/prefix]/project. `{key}` and `{project}` stand
 * for those of the sender. The secret half of old DSNs is dropped. */
struct weir_dsn {
    struct weir_str scheme;  /* http or https */
    struct weir_str key;     /* public key or "{key}" */
    struct weir_str host;    /* with port as written */
    struct weir_str prefix;  /* path before the project, without end slash */
    struct weir_str project; /* or "{project}" */
};

struct weir_endpoint {
    struct weir_str origin; /* https://host:port/prefix */
    unsigned weight;        /* 1 to 1000, default 1 (written "URL weight=3") */
};

struct weir_retry {
    uint32_t initial_ms, max_ms;
    double factor;
    bool jitter; /* full; else none */
};

struct weir_breaker_config {
    uint32_t failures, window_ms; /* this many failures within the window, */
    double error_rate;            /* or this share (0 to 1) of */
    uint32_t min_calls;           /* at least so many calls in it */
    uint32_t open_ms, successes;
};

enum { WEIR_MAX_DESTINATIONS = 64 };

struct weir_destination {
    struct weir_str name;
    unsigned slot; /* stable number of this name, weir_destination_slot() */
    bool has_dsn;  /* false: events stay spooled */
    struct weir_dsn dsn;
    struct weir_str dsn_source; /* as written, ${...} unresolved; for weir_destination_reread() */
    struct weir_str dsn_directory;   /* where its relative paths start */
    struct weir_endpoint *endpoints; /* the DSN's origin first */
    size_t n_endpoints;
    enum weir_balance balance;
    uint32_t timeout_ms, connections;
    enum weir_compression compression;
    struct weir_retry retry;
    uint32_t dead_letter_after;
    struct weir_breaker_config breaker;
    bool pass_on;                  /* rate_limits: pass_on */
    uint64_t max_bytes;            /* of the spool, the default share worked out */
    struct weir_str ca, cert, key; /* tls */
};

/* How spans become transactions, and which traces are kept (tail sampling: it
 * is on when keep_share is below 1). The top level's, or a project's, where
 * what is not set (UINT32_MAX, a negative share) was taken from the top. */
struct weir_traces {
    uint32_t wait_ms;     /* for the rest of a trace, from its first span on */
    uint32_t max_spans;   /* of one transaction */
    uint32_t keep_errors; /* 1: traces with an error are kept, 0: they are not looked for */
    uint32_t slower_ms;   /* slower ones are kept; 0: not looked at */
    double keep_share;    /* of the others, by trace id */
};

struct weir_filters {
    struct weir_strs messages, exceptions, releases, transactions; /* globs */
};

struct weir_project {
    struct weir_str id; /* as in the path */
    struct weir_strs keys, origins;
    struct weir_tagging tagging;        /* merged with the top level's */
    const struct weir_scrub_plan *plan; /* its rule sets, compiled together */
    struct weir_strs rulesets;
    const struct weir_destination **destinations;
    size_t n_destinations;
    double sample_errors, sample_traces; /* 0 to 1 */
    double rate_per_second, rate_burst;  /* 0: none */
    unsigned slot;                       /* index for rate buckets */
    struct weir_filters filters;
    enum weir_item_policy unknown_items, attachments;
    /* Beginnings of what is, and is not, the application's own in stack traces. */
    struct weir_strs in_app_include, in_app_exclude;
    bool breadcrumb_integrations; /* http breadcrumbs count as calls */
    struct weir_traces traces;
    uint32_t collapse_ms; /* window of error storms; 0: off */
};

/* What a service promises; 0: no target. */
struct weir_sla {
    struct weir_str service; /* as the integration metrics' label */
    double availability;     /* share of calls that succeed, 0 to below 1 */
    uint32_t p99_ms;
    double error_rate; /* share of calls that fail, 0 to 1 */
};

/* `queue_depth < 1000 && queue_age < 5m`: what a queue must fulfil. */
enum weir_queue_measure {
    WEIR_QUEUE_DEPTH, /* deliveries that wait */
    WEIR_QUEUE_AGE,   /* of the oldest of them, ms */
    WEIR_QUEUE_BYTES, /* of them */
    WEIR_QUEUE_DEAD,  /* dead letters */
    WEIR_QUEUE_MEASURES
};
enum weir_compare { WEIR_LESS, WEIR_AT_MOST, WEIR_MORE, WEIR_AT_LEAST, WEIR_EQUAL, WEIR_NOT_EQUAL };
enum { WEIR_QUEUE_TERMS = 8, WEIR_MAX_CHECKS = 64 };

struct weir_queue_term {
    enum weir_queue_measure measure;
    enum weir_compare compare;
    uint64_t value;
    bool or_before; /* begins an alternative: && binds closer than || */
};
struct weir_queue_check {
    struct weir_str text; /* as written */
    struct weir_queue_term terms[WEIR_QUEUE_TERMS];
    size_t n;
};
/* Does it hold for a queue whose measures are these? Pure. */
bool weir_queue_check_holds(const struct weir_queue_check *c,
                            const uint64_t measures[WEIR_QUEUE_MEASURES]);

enum weir_check_kind { WEIR_CHECK_API, WEIR_CHECK_SERVICE, WEIR_CHECK_QUEUE };
/* As metrics and health call it: external_api, internal_service, message_queue. */
const char *weir_check_kind_name(enum weir_check_kind k);

struct weir_health_check {
    enum weir_check_kind kind;
    struct weir_str name;  /* for labels: an API's URL without credentials and query */
    struct weir_str url;   /* with them: never shown; NUL-terminated; empty for a queue */
    struct weir_str queue; /* "spool" or "spool:DESTINATION"; of a queue */
    struct weir_queue_check condition; /* of a queue */
    uint32_t interval_ms, timeout_ms;  /* timeout of a URL */
};

struct weir_limits {
    uint64_t envelope, event, container, profile, replay, check_in, attachment, item; /* bytes */
    uint32_t items, decompressed_ratio, connections;
    uint32_t header_timeout_ms, body_timeout_ms;
};

/* From which level on log records are error events. */
enum weir_event_level {
    WEIR_EVENTS_TRACE,
    WEIR_EVENTS_DEBUG,
    WEIR_EVENTS_INFO,
    WEIR_EVENTS_WARN,
    WEIR_EVENTS_ERROR,
    WEIR_EVENTS_FATAL,
    WEIR_EVENTS_OFF /* none */
};
/* The lowest of OpenTelemetry's severity numbers (1 to 24) of a level; 25 for
 * none. */
int weir_event_severity(enum weir_event_level level);

struct weir_config {
    struct weir_address listen_http, listen_otlp, listen_udp, listen_syslog, listen_admin;
    struct weir_cidrs udp_allow, trusted_proxies;
    bool listen_open;
    struct weir_tagging tagging;
    struct weir_project *projects; /* none: see any_project */
    size_t n_projects;
    /* What every project is when none is listed: its id is empty and stands
     * for the one in the request. NULL when projects are listed. */
    struct weir_project *any_project;
    struct weir_str default_project;
    struct weir_destination *destinations;
    size_t n_destinations;
    struct weir_str hash_key; /* empty: kept in the spool directory */
    bool spool_memory;        /* spool.type: memory */
    struct weir_str spool_path;
    bool durability_commit;
    uint64_t spool_max_bytes;
    bool drop_oldest; /* when_full */
    uint64_t spool_ttl_ms;
    uint32_t max_series;
    double *latency_buckets_ms;
    size_t n_latency_buckets;
    struct weir_tag *integration_names; /* glob of a host -> name; the first that fits */
    size_t n_integration_names;
    struct weir_sla *slas;
    size_t n_slas;
    struct weir_health_check *health_checks; /* of all three kinds */
    size_t n_health_checks;
    uint32_t breadcrumbs_per_trace, breadcrumbs_traces;
    uint64_t breadcrumbs_ttl_ms;
    struct weir_strs breadcrumbs_across; /* project ids joined as one */
    bool breadcrumbs_from_logs;
    enum weir_event_level event_level; /* logs.event_level */
    bool breadcrumbs_from_spans;
    struct weir_traces traces;
    uint32_t collapse_ms;
    struct weir_str admin_token, metrics_token;
    struct weir_limits limits;
};

struct weir_snapshot {
    struct weir_config config;
    struct weir_arena arena;
    atomic_uint references;
    uint64_t generation; /* 1 for the first, one more at each reload */
};

/* ---- loading ----------------------------------------------------------- */

/* Loads `path` (NULL: ./weir.yaml, /etc/weir/weir.yaml, else the built-in
 * defaults), applies WEIR_* variables, reads secrets, checks everything and
 * compiles the rule sets. On any fatal mistake WEIR_EINVAL and no snapshot;
 * `errors` holds all of them, warnings too. */
int weir_snapshot_load(const char *path, struct weir_errors *errors,
                       struct weir_snapshot **ret_snapshot) WEIR_MUST_CHECK;
/* The same from text, `name` standing in for the file (tests, fuzzing). */
int weir_snapshot_parse(struct weir_str yaml, struct weir_str name, struct weir_errors *errors,
                        struct weir_snapshot **ret_snapshot) WEIR_MUST_CHECK;
/* One more reference; returns `s`. Any thread. */
struct weir_snapshot *weir_snapshot_ref(struct weir_snapshot *s);
/* Frees it with the last reference. Accepts NULL. Any thread. */
void weir_snapshot_put(struct weir_snapshot *s);
/* The i-th of the rule sets that it lists or uses; NULL: there are no more. */
const struct weir_ruleset *weir_snapshot_ruleset(const struct weir_snapshot *s, size_t i);
/* Prints the effective configuration as YAML, secrets as ***. */
int weir_snapshot_print(const struct weir_snapshot *s, int fd) WEIR_MUST_CHECK;

/* The place where the snapshot in force is published. */
struct weir_current;
/* Publishes the first one. NULL: out of memory, and `first_take` stays the
 * caller's. */
struct weir_current *weir_current_new(struct weir_snapshot *first_take);
/* Lets go of the snapshot in force. No thread may use `c` any more. Accepts
 * NULL. */
void weir_current_free(struct weir_current *c);
/* A new reference to the one in force. Any thread. */
struct weir_snapshot *weir_current_get(struct weir_current *c);
/* Cheap test for hot threads: one relaxed load. */
uint64_t weir_current_generation(const struct weir_current *c);
/* Publishes the next one under the next generation, and lets go of the one
 * before. Main thread. */
void weir_current_swap(struct weir_current *c, struct weir_snapshot *next_take);

/* ---- look-ups ---------------------------------------------------------- */

/* The project with this id; config->any_project when none are listed; NULL. */
const struct weir_project *weir_config_project(const struct weir_config *c, struct weir_str id);
/* Is `key` accepted for `p`? Always, when p is any_project. Constant time in
 * the contents of the key. */
bool weir_project_accepts(const struct weir_project *p, struct weir_str key);
/* The one of this name, or NULL. */
const struct weir_destination *weir_config_destination(const struct weir_config *c,
                                                       struct weir_str name);
/* Parses a DSN; `why` gets a constant text on failure. */
int weir_parse_dsn(struct weir_str text, struct weir_dsn *ret_dsn,
                   const char **why) WEIR_MUST_CHECK;
/* Reads the DSN of `d` again from where it came from (${file:...}), because
 * the backend refuses it: a secret may have been rotated since. Any thread;
 * reads small files. The result lives in `a`. WEIR_ENOTFOUND: it is written
 * in the configuration itself, or in the environment, and cannot have
 * changed; WEIR_EIO, WEIR_EINVAL: the file is gone or holds no DSN. */
int weir_destination_reread(const struct weir_destination *d, struct weir_arena *a,
                            struct weir_dsn *ret_dsn) WEIR_MUST_CHECK;
/* Numbers destination names for the life of the process, 0 to
 * WEIR_MAX_DESTINATIONS - 1, so that counters and spool state survive a
 * reload. Negative when there are too many. Any thread. */
int weir_destination_slot(struct weir_str name);
/* The name behind a slot, or empty. Any thread; lives for ever. */
struct weir_str weir_destination_name(unsigned slot);

#endif
