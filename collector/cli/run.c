/* run.c - `weir run`: starts the rooms in order, waits for signals, stops
 * them in the other order.
 *
 *   start: spool -> join -> forward -> listen    (a sender is heard last)
 *   stop:  listen -> join -> forward -> spool    (what was heard is kept)
 *
 * The main thread does nothing but wait for signals: TERM and INT drain, HUP
 * reloads. All other threads have them blocked. */
#include "cli.h"
#include "code_pages.h"
#include "options.h"

#include "weir/clock.h"
#include "weir/listen.h"
#include "weir/log.h"
#include "weir/metrics.h"
#include "weir/version.h"

#include <curl/curl.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

enum {
    /* Together below the 10 s within which SIGTERM must end us. */
    LISTEN_DRAIN_MS = 3000,
    FORWARD_DRAIN_MS = 4000
};

struct app {
    const char *config_path; /* NULL: looked for */
    struct weir_current *current;
    struct weir_spool *spool;
    struct weir_join *join;
    struct weir_forward *forward;
    struct weir_checks *checks;
    struct weir_listen *listen;
    struct weir_admin admin;
};

static const char help[] =
    "Usage: weir run [-c FILE] [--log-format logfmt|json] [--log-level LEVEL]\n\n"
    "Collects, scrubs, spools and forwards until SIGTERM or Ctrl-C, which drain.\n"
    "Without -c: ./weir.yaml, then /etc/weir/weir.yaml, then built-in defaults.\n\n"
    "  -c, --config FILE      the configuration (YAML or JSON)\n"
    "      --log-format F     logfmt (default) or json\n"
    "      --log-level L      debug, info (default), warn, error\n"
    "  -h, --help             this text\n\n"
    "Examples:\n"
    "  WEIR_DSN=https://KEY@sentry.example.com/42 weir run\n"
    "  weir run -c /etc/weir/weir.yaml\n"
    "  pkill -HUP -f 'weir run'      reload configuration, rule sets and secrets\n";

/* ---- options ----------------------------------------------------------- */

struct run_options {
    const char *config_path;
    enum weir_log_format format;
    enum weir_log_level level;
};

static bool parse_level(const char *name, enum weir_log_level *ret_level)
{
    static const char *const names[] = {"debug", "info", "warn", "error"};

    for (int i = 0; i < 4; i++) {
        if (strcmp(name, names[i]) == 0) {
            *ret_level = (enum weir_log_level)i;
            return true;
        }
    }
    fprintf(stderr, "weir run: --log-level is debug, info, warn or error, not '%s'\n", name);
    return false;
}

static bool parse_format(const char *name, enum weir_log_format *ret_format)
{
    if (strcmp(name, "json") == 0)
        *ret_format = WEIR_LOG_JSON;
    else if (strcmp(name, "logfmt") == 0)
        *ret_format = WEIR_LOG_LOGFMT;
    else {
        fprintf(stderr, "weir run: --log-format is logfmt or json, not '%s'\n", name);
        return false;
    }
    return true;
}

/* Negative: go on; else the exit status. */
static int parse_options(int argc, char **argv, struct run_options *ret)
{
    static const struct option longs[] = {{"config", required_argument, NULL, 'c'},
                                          {"log-format", required_argument, NULL, 'f'},
                                          {"log-level", required_argument, NULL, 'l'},
                                          {"help", no_argument, NULL, 'h'},
                                          {NULL, 0, NULL, 0}};
    int c;

    *ret = (struct run_options){NULL, WEIR_LOG_LOGFMT, WEIR_INFO};
    optind = 1;
    while ((c = weir_cli_option(argc, argv, ":c:h", longs, NULL)) != -1) {
        if (c == 'c')
            ret->config_path = optarg;
        else if (c == 'f' && parse_format(optarg, &ret->format))
            continue;
        else if (c == 'l' && parse_level(optarg, &ret->level))
            continue;
        else if (c == 'h') {
            fputs(help, stdout);
            return WEIR_EXIT_OK;
        } else {
            return WEIR_EXIT_USAGE;
        }
    }
    if (optind < argc) {
        fprintf(stderr, "weir run: unexpected '%s'; `weir run --help`\n", argv[optind]);
        return WEIR_EXIT_USAGE;
    }
    return -1;
}

/* ---- the rooms hand on to each other ------------------------------------ */

static void rows_ready(void *self, uint64_t slots)
{
    struct app *app = self;

    if (app->forward != NULL)
        weir_forward_wake(app->forward, slots);
}

static void rows_staged(void *self, const struct weir_staged *rows, size_t n)
{
    struct app *app = self;

    if (app->join != NULL)
        weir_join_note(app->join, rows, n);
}

/* ---- configuration ------------------------------------------------------ */

/* What is wrong with it is said in the log; but where weir does not even start,
 * as `weir check` says it, for somebody is looking at a terminal. */
static struct weir_snapshot *load(const char *path, bool in_log)
{
    struct weir_arena arena;
    struct weir_errors errors;
    struct weir_snapshot *snapshot = NULL;

    weir_arena_init(&arena, 4 << 20);
    weir_errors_init(&errors, &arena);
    if (weir_snapshot_load(path, &errors, &snapshot) != 0)
        snapshot = NULL;
    if (snapshot != NULL || in_log)
        weir_errors_log(&errors);
    else
        weir_errors_print(&errors, STDERR_FILENO);
    weir_arena_destroy(&arena);
    return snapshot;
}

static void note_reload(bool taken)
{
    weir_gauge_set(weir_metric_of(WEIR_M_RELOAD_OK, NULL), taken ? 1 : 0);
    if (taken)
        weir_gauge_set(weir_metric_of(WEIR_M_RELOAD_TIME, NULL), (double)weir_wall_ms() / 1000);
}

/* What is read only at the start is said to need a restart. */
static void warn_unchangeable(const struct weir_config *old, const struct weir_config *next)
{
    if (!weir_str_eq(old->listen_http.text, next->listen_http.text) ||
        !weir_str_eq(old->listen_otlp.text, next->listen_otlp.text) ||
        !weir_str_eq(old->listen_udp.text, next->listen_udp.text) ||
        !weir_str_eq(old->listen_syslog.text, next->listen_syslog.text) ||
        !weir_str_eq(old->listen_admin.text, next->listen_admin.text))
        weir_log(WEIR_WARN, "a changed listen address takes effect at the next start", NULL);
    if (!weir_str_eq(old->spool_path, next->spool_path) || old->spool_memory != next->spool_memory)
        weir_log(WEIR_WARN, "a changed spool.path or spool.type takes effect at the next start",
                 NULL);
}

static void reload(struct app *app)
{
    struct weir_snapshot *next = load(app->config_path, true);
    struct weir_snapshot *old = weir_current_get(app->current);

    note_reload(next != NULL);
    if (next == NULL) {
        weir_log(WEIR_ERROR, "reload refused, the old configuration stays in force", NULL);
    } else {
        warn_unchangeable(&old->config, &next->config);
        weir_spool_reconfigure(app->spool, &next->config);
        weir_current_swap(app->current, next);
        weir_forward_wake(app->forward, UINT64_MAX);
        weir_checks_wake(app->checks);
        weir_log(WEIR_INFO, "configuration reloaded", NULL);
    }
    weir_snapshot_put(old);
}

/* ---- start and stop ------------------------------------------------------ */

static int start_spool(struct app *app, const struct weir_config *c)
{
    struct weir_arena arena;
    struct weir_str path;
    int err;

    weir_arena_init(&arena, 64 << 10);
    path = weir_arena_copy(&arena, c->spool_path);
    err = weir_spool_open(&(struct weir_spool_options){.memory = c->spool_memory,
                                                       .path = path.p,
                                                       .durability_commit = c->durability_commit,
                                                       .max_bytes = c->spool_max_bytes,
                                                       .ttl_ms = c->spool_ttl_ms,
                                                       .drop_oldest = c->drop_oldest,
                                                       .config = c,
                                                       .on_ready = rows_ready,
                                                       .on_staged = rows_staged,
                                                       .self = app},
                          &app->spool);
    if (err == WEIR_EBUSY)
        weir_log(WEIR_ERROR, "another weir holds this spool; stop it or set another spool.path",
                 "path", path.p, NULL);
    else if (err != 0)
        weir_log(WEIR_ERROR, "cannot open the spool; is the directory writable?", "path", path.p,
                 "error", weir_strerror(err), NULL);
    weir_arena_destroy(&arena);
    return err;
}

static int start_listen(struct app *app)
{
    struct weir_arena arena;
    struct weir_str why = {NULL, 0};
    int err;

    weir_arena_init(&arena, 64 << 10);
    err = weir_listen_new(
        &(struct weir_listen_options){
            .current = app->current, .spool = app->spool, .join = app->join, .admin = &app->admin},
        &why, &arena, &app->listen);
    if (err != 0)
        weir_log(WEIR_ERROR, "cannot listen", "why",
                 why.n > 0 ? weir_log_str(why) : weir_strerror(err), NULL);
    else
        err = weir_listen_start(app->listen);
    weir_arena_destroy(&arena);
    return err;
}

static int start(struct app *app)
{
    struct weir_snapshot *s = weir_current_get(app->current);
    const struct weir_config *c = &s->config;
    int err = start_spool(app, c);

    if (err != 0)
        goto out;
    if ((err = weir_forward_new(app->spool, app->current, &app->forward)) != 0 ||
        (err = weir_join_new(app->spool, app->current, &app->join)) != 0 ||
        (err = weir_checks_new(app->current, app->spool, &app->checks)) != 0)
        goto out;
    app->admin.spool = app->spool;
    app->admin.forward = app->forward;
    app->admin.current = app->current;
    app->admin.checks = app->checks;
    weir_admin_collect(&app->admin);
    if ((err = weir_spool_start(app->spool)) != 0 || (err = weir_join_start(app->join)) != 0 ||
        (err = weir_forward_start(app->forward)) != 0 ||
        (err = weir_checks_start(app->checks)) != 0)
        goto out;
    weir_metrics_collect();
    err = start_listen(app);
out:
    weir_snapshot_put(s);
    return err;
}

static void stop(struct app *app)
{
    atomic_store(&app->admin.draining, true);
    if (app->listen != NULL)
        weir_listen_stop(app->listen, LISTEN_DRAIN_MS);
    if (app->checks != NULL)
        weir_checks_stop(app->checks);
    if (app->join != NULL)
        weir_join_stop(app->join);
    if (app->forward != NULL)
        weir_forward_stop(app->forward, FORWARD_DRAIN_MS);
    if (app->spool != NULL)
        weir_spool_stop(app->spool);
    weir_listen_free(app->listen);
    weir_join_free(app->join);
    weir_forward_free(app->forward);
    weir_checks_free(app->checks);
    weir_spool_close(app->spool);
}

static void log_started(const struct app *app)
{
    struct weir_snapshot *s = weir_current_get(app->current);

    weir_log(WEIR_INFO, "weir runs", "version", weir_version, "http",
             weir_log_str(s->config.listen_http.text), "http_port",
             weir_log_num(weir_listen_http_port(app->listen)), "otlp_port",
             weir_log_num(weir_listen_otlp_port(app->listen)), "udp_port",
             weir_log_num(weir_listen_udp_port(app->listen)), "syslog_port",
             weir_log_num(weir_listen_syslog_port(app->listen)), "spool",
             s->config.spool_memory ? "memory" : weir_log_str(s->config.spool_path), NULL);
    weir_snapshot_put(s);
}

static void wait_for_signals(struct app *app, const sigset_t *set)
{
    for (;;) {
        int got = sigwaitinfo(set, NULL);

        if (got == SIGHUP) {
            reload(app);
        } else if (got == SIGTERM || got == SIGINT) {
            weir_log(WEIR_INFO, "draining", "signal", got == SIGTERM ? "TERM" : "INT", NULL);
            return;
        }
    }
}

/* Signals are taken by the main thread alone; a client that goes away must
 * not end the process; and what is in memory (personal data before it is
 * scrubbed) must not reach a core file. */
static void prepare_process(sigset_t *set)
{
    sigemptyset(set);
    sigaddset(set, SIGTERM);
    sigaddset(set, SIGINT);
    sigaddset(set, SIGHUP);
    pthread_sigmask(SIG_BLOCK, set, NULL);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN);
    prctl(PR_SET_DUMPABLE, 0);
    /* Few threads, arenas of our own: glibc's per-thread heaps only cost memory. */
    mallopt(M_ARENA_MAX, 2);
    mallopt(M_TRIM_THRESHOLD, 256 << 10);
}

/* Everything that does not depend on the rooms. */
static int prepare_app(struct app *app, struct weir_snapshot *first_take)
{
    const struct weir_config *c = &first_take->config;

    if (weir_metrics_init(c->max_series, c->latency_buckets_ms, c->n_latency_buckets) != 0 ||
        curl_global_init(CURL_GLOBAL_DEFAULT) != 0 ||
        (app->current = weir_current_new(first_take)) == NULL)
        return WEIR_ENOMEM;
    weir_metrics_thread();
    weir_gauge_set(weir_metric_of(WEIR_M_BUILD_INFO, weir_version, weir_commit, NULL), 1);
    note_reload(true);
    app->admin.started_ms = weir_wall_ms();
    atomic_store(&app->admin.starting, true);
    return 0;
}

int weir_cli_run(int argc, char **argv)
{
    struct run_options options;
    struct app app = {0};
    struct weir_snapshot *first;
    sigset_t set;
    int err, status = parse_options(argc, argv, &options);

    if (status >= 0)
        return status;
    prepare_process(&set);
    weir_log_setup(options.format, options.level);
    app.config_path = options.config_path;
    first = load(options.config_path, options.format == WEIR_LOG_JSON);
    if (first == NULL)
        return WEIR_EXIT_CONFIG;
    if (prepare_app(&app, first) != 0) {
        weir_log(WEIR_ERROR, "out of memory at start", NULL);
        return WEIR_EXIT_FAILED;
    }
    err = start(&app);
    if (err == 0) {
        atomic_store(&app.admin.starting, false);
        log_started(&app);
        malloc_trim(0); /* what reading the configuration took */
        weir_code_pages_drop();
        wait_for_signals(&app, &set);
    }
    stop(&app);
    weir_current_free(app.current);
    curl_global_cleanup();
    if (err == 0)
        weir_log(WEIR_INFO, "stopped", NULL);
    return err == 0 ? WEIR_EXIT_OK : WEIR_EXIT_FAILED;
}
