/* test_checks.c - health checks against a server on loopback that is well,
 * broken, slow, or gone; queues; ledgers; reloads. The spool is a stand-in. */
#include "unit.h"

#include "weir/checks.h"
#include "weir/clock.h"
#include "weir/metrics.h"

#include "collector/observe/probe.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

/* ---- the spool, as the tests set it -------------------------------------- */

static struct weir_spool_gauges gauges[WEIR_MAX_DESTINATIONS];
static struct weir_ledger ledger;
static atomic_int open_readers;

int weir_spool_reader_new(struct weir_spool *s, struct weir_spool_reader **ret_reader)
{
    (void)s;
    atomic_fetch_add(&open_readers, 1);
    *ret_reader = (void *)&open_readers;
    return 0;
}

void weir_spool_reader_free(struct weir_spool_reader *r)
{
    if (r != NULL)
        atomic_fetch_sub(&open_readers, 1);
}

int weir_spool_ledger(struct weir_spool_reader *r, struct weir_arena *a,
                      struct weir_ledger **ret_ledgers, size_t *ret_n)
{
    (void)r;
    (void)a;
    *ret_ledgers = &ledger;
    *ret_n = 1;
    return 0;
}

void weir_spool_gauges(const struct weir_spool *s, unsigned slot, struct weir_spool_gauges *ret)
{
    (void)s;
    *ret = gauges[slot];
}

/* ---- the server ---------------------------------------------------------- */

static struct {
    int fd;
    unsigned port;
    pthread_t thread;
    int slow[64]; /* connections that get no answer */
    size_t n_slow;
    atomic_int requests;
    atomic_bool broken; /* /flaky answers 503 */
    char authorization[256];
} server;

static void reply(int fd, const char *path)
{
    const char *text = "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n";

    if (strcmp(path, "/ok") == 0 || (strcmp(path, "/flaky") == 0 && !atomic_load(&server.broken)))
        text = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
    else if (strcmp(path, "/moved") == 0)
        text = "HTTP/1.1 302 Found\r\nLocation: /never\r\nContent-Length: 0\r\n\r\n";
    else if (strcmp(path, "/broken") == 0 || strcmp(path, "/flaky") == 0)
        text = "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n";
    else if (strcmp(path, "/limited") == 0)
        text = "HTTP/1.1 429 Too Many Requests\r\nContent-Length: 0\r\n\r\n";
    else if (strcmp(path, "/garbage") == 0)
        text = "SSH-2.0-OpenSSH\r\n\r\n";
    else if (strcmp(path, "/endless") == 0)
        text = "HTTP/1.1 200 OK\r\n\r\n";
    assert_true(write(fd, text, strlen(text)) > 0);
    for (int i = 0; i < 2000 && strcmp(path, "/endless") == 0; i++) {
        char filler[1024] = {'x'};

        if (send(fd, filler, sizeof filler, MSG_NOSIGNAL) < 0)
            break;
    }
}

static void serve(int fd)
{
    char head[4096], path[128] = "", *at;
    size_t n = 0;
    ssize_t got;

    while (n < sizeof head - 1 && (got = read(fd, head + n, sizeof head - 1 - n)) > 0) {
        n += (size_t)got;
        head[n] = '\0';
        if (strstr(head, "\r\n\r\n") != NULL || head[0] == 0x16) /* TLS */
            break;
    }
    head[n] = '\0';
    atomic_fetch_add(&server.requests, 1);
    if (sscanf(head, "GET %127s", path) != 1) { /* a TLS hello */
        close(fd);
        return;
    }
    at = strstr(head, "Authorization: ");
    if (at != NULL)
        snprintf(server.authorization, sizeof server.authorization, "%.*s", (int)strcspn(at, "\r"),
                 at);
    path[strcspn(path, "?")] = '\0';
    if (strcmp(path, "/slow") == 0 && server.n_slow < COUNT(server.slow)) {
        server.slow[server.n_slow++] = fd;
        return;
    }
    if (strcmp(path, "/hangup") != 0)
        reply(fd, path);
    close(fd);
}

static void *serve_all(void *unused)
{
    int fd;

    while ((fd = accept(server.fd, NULL, NULL)) >= 0)
        serve(fd);
    return unused;
}

static int start_server(void **state)
{
    struct sockaddr_in sa = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t n = sizeof sa;

    (void)state;
    curl_global_init(CURL_GLOBAL_DEFAULT);
    server.fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(server.fd, (struct sockaddr *)&sa, sizeof sa), 0);
    assert_int_equal(listen(server.fd, 64), 0);
    assert_int_equal(getsockname(server.fd, (struct sockaddr *)&sa, &n), 0);
    server.port = ntohs(sa.sin_port);
    return pthread_create(&server.thread, NULL, serve_all, NULL);
}

static int stop_server(void **state)
{
    (void)state;
    shutdown(server.fd, SHUT_RDWR);
    pthread_join(server.thread, NULL);
    close(server.fd);
    for (size_t i = 0; i < server.n_slow; i++)
        close(server.slow[i]);
    curl_global_cleanup();
    return 0;
}

/* ---- a weir with checks -------------------------------------------------- */

static struct weir_arena arena;
static struct weir_current *current;
static struct weir_checks *checks;

static int setup(void **state)
{
    static const double bounds[] = {5};

    (void)state;
    weir_arena_init(&arena, 64 << 20);
    memset(gauges, 0, sizeof gauges);
    memset(&ledger, 0, sizeof ledger);
    ledger.destination = WEIR_S("main");
    current = NULL;
    checks = NULL;
    return weir_metrics_init(1000, bounds, 1);
}

static int teardown(void **state)
{
    (void)state;
    weir_checks_free(checks);
    assert_int_equal(atomic_load(&open_readers), 0);
    weir_current_free(current);
    weir_metrics_destroy();
    weir_arena_destroy(&arena);
    return 0;
}

/* %u in `yaml` is the server's port, each time. */
static struct weir_snapshot *parse(const char *yaml)
{
    struct weir_snapshot *s = NULL;
    struct weir_errors errors;
    struct weir_buf b;
    struct weir_str text;

    weir_buf_init(&b, &arena, 1 << 16);
    for (const char *at = yaml; *at != '\0'; at++) {
        if (at[0] == '%' && at[1] == 'u')
            weir_buf_printf(&b, "%u", server.port), at++;
        else
            weir_buf_char(&b, *at);
    }
    assert_int_equal(weir_buf_str(&b, &text), 0);
    weir_errors_init(&errors, &arena);
    if (weir_snapshot_parse(text, WEIR_S("t.yaml"), &errors, &s) != 0)
        fail_msg("refused: %.*s", WEIR_FMT(errors.list[errors.n - 1].message));
    return s;
}

static void start(const char *yaml)
{
    current = weir_current_new(parse(yaml));
    assert_non_null(current);
    assert_int_equal(weir_checks_new(current, (void *)&gauges, &checks), 0);
    assert_int_equal(weir_checks_start(checks), 0);
}

static bool find(const char *name, struct weir_check_view *ret)
{
    struct weir_check_view *list;
    size_t n;

    assert_int_equal(weir_checks_list(checks, &arena, &list, &n), 0);
    for (size_t i = 0; i < n; i++) {
        if (weir_str_eq(list[i].name, weir_str_of(name))) {
            *ret = list[i];
            return true;
        }
    }
    return false;
}

static struct weir_check_view look(const char *name)
{
    struct weir_check_view v = {.known = false};

    assert_true(find(name, &v));
    return v;
}

/* Waits until the check is known, and up or not; at most 5 s. */
static struct weir_check_view await(const char *name, bool up)
{
    struct weir_check_view v = {.known = false};

    for (int i = 0; i < 500; i++) {
        if (find(name, &v) && v.known && v.up == up)
            return v;
        usleep(10000);
    }
    fail_msg("%s did not become %s", name, up ? "up" : "down");
    return v;
}

static bool shown(const char *line)
{
    struct weir_str text;
    struct weir_buf b;

    weir_buf_init(&b, &arena, 1 << 20);
    assert_int_equal(weir_metrics_write(&b, false), 0);
    assert_int_equal(weir_buf_str(&b, &text), 0);
    return weir_str_find(text, weir_str_of(line)) != SIZE_MAX;
}

/* ---- tests --------------------------------------------------------------- */

static void what_answers_2xx_or_3xx_in_time_is_up(void **state)
{
    static const struct {
        const char *path, *error;
    } cases[] = {
        {"ok", NULL},
        {"moved", NULL},
        {"endless", NULL},
        {"broken", "http_5xx"},
        {"missing", "http_4xx"},
        {"limited", "rate_limited"},
        {"slow", "timeout"},
        {"garbage", "invalid_response"},
        {"hangup", "network"},
    };

    (void)state;
    start("health_checks: {internal_services: ["
          "{service: ok, endpoint: 'http://127.0.0.1:%u/ok', timeout: 1s},"
          "{service: moved, endpoint: 'http://127.0.0.1:%u/moved', timeout: 1s},"
          "{service: endless, endpoint: 'http://127.0.0.1:%u/endless', timeout: 1s},"
          "{service: broken, endpoint: 'http://127.0.0.1:%u/broken', timeout: 1s},"
          "{service: missing, endpoint: 'http://127.0.0.1:%u/missing', timeout: 1s},"
          "{service: limited, endpoint: 'http://127.0.0.1:%u/limited', timeout: 1s},"
          "{service: slow, endpoint: 'http://127.0.0.1:%u/slow', timeout: 300ms},"
          "{service: garbage, endpoint: 'http://127.0.0.1:%u/garbage', timeout: 1s},"
          "{service: hangup, endpoint: 'http://127.0.0.1:%u/hangup', timeout: 1s},"
          "{service: gone, endpoint: 'http://127.0.0.1:1/', timeout: 1s},"
          "{service: tls, endpoint: 'https://127.0.0.1:%u/', timeout: 1s}]}");
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct weir_check_view v = await(cases[i].path, cases[i].error == NULL);

        if (cases[i].error == NULL)
            assert_null(v.last_error);
        else
            assert_string_equal(v.last_error, cases[i].error);
        assert_true(v.checked_ms > 0);
    }
    assert_string_equal(await("gone", false).last_error, "network");
    assert_string_equal(await("tls", false).last_error, "tls");
    assert_true(look("slow").seconds >= 0.29);
    assert_true(shown("weir_dependency_up{kind=\"internal_service\",name=\"ok\"} 1\n"));
    assert_true(shown("weir_dependency_up{kind=\"internal_service\",name=\"slow\"} 0\n"));
    assert_true(shown("weir_dependency_seconds{kind=\"internal_service\",name=\"slow\"} 0."));
}

static void it_is_asked_again_each_interval(void **state)
{
    struct weir_check_view v;
    int before;

    (void)state;
    atomic_store(&server.broken, true);
    start("health_checks: {external_apis: "
          "[{url: 'http://127.0.0.1:%u/flaky', interval: 100ms, timeout: 1s}]}");
    char name[64];
    snprintf(name, sizeof name, "http://127.0.0.1:%u/flaky", server.port);
    v = await(name, false);
    assert_string_equal(v.last_error, "http_5xx");
    before = atomic_load(&server.requests);
    atomic_store(&server.broken, false);
    v = await(name, true);
    assert_string_equal(v.last_error, "http_5xx"); /* the last one, with its time */
    assert_true(v.error_ms > 0 && v.error_ms <= v.checked_ms);
    for (int i = 0; i < 500 && atomic_load(&server.requests) < before + 4; i++)
        usleep(10000);
    assert_true(atomic_load(&server.requests) >= before + 4);
}

static void credentials_are_used_and_shown_nowhere(void **state)
{
    char name[64];

    (void)state;
    start(
        "health_checks: {external_apis: [{url: 'http://me:hunter2@127.0.0.1:%u/ok?key=hunter2'}]}");
    snprintf(name, sizeof name, "http://127.0.0.1:%u/ok", server.port);
    (void)await(name, true);
    assert_string_equal(server.authorization, "Authorization: Basic bWU6aHVudGVyMg==");
    assert_true(shown("kind=\"external_api\""));
    assert_false(shown("hunter2"));
    assert_false(shown("me:"));
}

static void queues_fulfil_their_condition_or_not(void **state)
{
    int main_slot = weir_destination_slot(WEIR_S("main"));
    int other = weir_destination_slot(WEIR_S("other"));

    (void)state;
    gauges[main_slot] =
        (struct weir_spool_gauges){.rows = {1, 2, 3, 4}, .oldest_ms = weir_wall_ms() - 60000};
    gauges[other] = (struct weir_spool_gauges){.rows = {0, 100, 0, 0}, .bytes = {0, 5000, 0, 0}};
    start("destinations: [{name: main}, {name: other}]\n"
          "health_checks: {message_queues: ["
          "{check: queue_depth == 106 && dead_letters == 4 && queue_bytes == 5000},"
          "{queue: 'spool:main', check: queue_depth < 6 || queue_age < 59s},"
          "{queue: 'spool:other', check: queue_age == 0 && dead_letters == 0}]}");
    (void)await("spool", true);
    (void)await("spool:other", true);
    assert_string_equal(await("spool:main", false).last_error, "condition");
    assert_true(shown("weir_dependency_up{kind=\"message_queue\",name=\"spool:main\"} 0\n"));
}

static void the_ledgers_difference_is_shown(void **state)
{
    (void)state;
    ledger.difference = -3;
    start("destinations: [{name: main}, {name: unused}]");
    for (int i = 0; i < 500 && !shown("weir_ledger_difference{destination=\"main\"} -3\n"); i++)
        usleep(10000);
    assert_true(shown("weir_ledger_difference{destination=\"main\"} -3\n"));
    assert_true(shown("weir_ledger_difference{destination=\"unused\"} 0\n"));
}

static void a_reload_changes_the_checks_and_keeps_results(void **state)
{
    struct weir_check_view *list;
    size_t n = 2;

    (void)state;
    start("health_checks: {internal_services: ["
          "{service: stays, endpoint: 'http://127.0.0.1:%u/ok'},"
          "{service: goes, endpoint: 'http://127.0.0.1:%u/slow', timeout: 1m}]}");
    (void)await("stays", true);
    assert_false(look("goes").known);
    weir_current_swap(current, parse("health_checks: {internal_services: ["
                                     "{service: new, endpoint: 'http://127.0.0.1:%u/broken'},"
                                     "{service: stays, endpoint: 'http://127.0.0.1:%u/slow'}]}"));
    weir_checks_wake(checks);
    (void)await("new", false);
    assert_true(look("stays").up); /* until the slow one has failed */
    assert_int_equal(weir_checks_list(checks, &arena, &list, &n), 0);
    assert_int_equal(n, 2);
    weir_current_swap(current, parse("health_checks: {message_queues: [{check: queue_age < 1s}]}"));
    weir_checks_wake(checks);
    (void)await("spool", true);
    assert_false(shown("name=\"new\""));
    assert_false(shown("name=\"stays\""));
}

static void the_end_does_not_wait_for_what_is_slow(void **state)
{
    uint64_t began_ms = weir_mono_ms();

    (void)state;
    start("health_checks: {internal_services: "
          "[{service: slow, endpoint: 'http://127.0.0.1:%u/slow', timeout: 1m}]}");
    usleep(100000);
    weir_checks_stop(checks);
    assert_true(weir_mono_ms() - began_ms < 3000);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(what_answers_2xx_or_3xx_in_time_is_up),  T(it_is_asked_again_each_interval),
        T(credentials_are_used_and_shown_nowhere), T(queues_fulfil_their_condition_or_not),
        T(the_ledgers_difference_is_shown),        T(a_reload_changes_the_checks_and_keeps_results),
        T(the_end_does_not_wait_for_what_is_slow),
    };

    return cmocka_run_group_tests(tests, start_server, stop_server);
}
