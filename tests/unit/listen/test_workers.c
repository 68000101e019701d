/* test_workers.c - real workers on port 0, with the other rooms played by
 * fakes.h: what a client sees, and that nothing is kept back. */
#include "fakes.h"

#include "client.h"
#include "collector/listen/request.h"

#include <setjmp.h>
#include <zlib.h>
#include <cmocka.h>

static struct {
    struct weir_spool spool;
    struct weir_current *current;
    struct weir_listen *listen;
    struct weir_admin admin;
    uint16_t port;
} t;

#define KEY "a1b2c3d4"
#define AUTH "X-Sentry-Auth: Sentry sentry_key=" KEY ", sentry_version=7\r\n"
#define EVENT_ID "fc6d8c0c43fc4630ad850ee518f1b9d0"
#define ENVELOPE "{\"event_id\":\"" EVENT_ID "\"}\n{\"type\":\"event\"}\n{\"message\":\"hello\"}\n"
#define LISTED                                                                                    \
    "listen: {http: '127.0.0.1:0', udp: '127.0.0.1:0'}\n"                                         \
    "projects: [{id: '42', keys: [" KEY "], origins: ['https://shop.io'], destinations: [main]}," \
    " {id: '43', keys: [other]}]\n"                                                               \
    "default_project: '42'\n"                                                                     \
    "destinations: [{name: main, dsn: 'http://k@127.0.0.1:1/1'}]\n"
#define OPEN                                              \
    "listen: {http: '127.0.0.1:0', udp: '127.0.0.1:0'}\n" \
    "destinations: [{name: main, dsn: 'http://k@127.0.0.1:1/1'}]\n"

static struct weir_snapshot *snapshot_of(const char *yaml)
{
    struct weir_snapshot *s = NULL;
    struct weir_arena arena;
    struct weir_errors errors;

    weir_arena_init(&arena, 1 << 20);
    weir_errors_init(&errors, &arena);
    if (weir_snapshot_parse(weir_str_of(yaml), WEIR_S("test"), &errors, &s) != 0) {
        weir_errors_print(&errors, 2);
        s = NULL;
    }
    weir_arena_destroy(&arena);
    assert_non_null(s);
    return s;
}

static void start(const char *yaml, unsigned workers)
{
    struct weir_arena arena;
    struct weir_str why = {NULL, 0};

    memset(&t, 0, sizeof t);
    fake_series_n = 0;
    memset(fake_series, 0, sizeof fake_series);
    fake_begun = fake_ended = fake_aborted = 0;
    assert_int_equal(weir_queue_init(&t.spool.queue, 4096), 0);
    assert_int_equal(pthread_create(&t.spool.thread, NULL, fake_spool_run, &t.spool), 0);
    t.current = weir_current_new(snapshot_of(yaml));
    weir_arena_init(&arena, 64 * 1024);
    assert_int_equal(weir_listen_new(&(struct weir_listen_options){.current = t.current,
                                                                   .spool = &t.spool,
                                                                   .admin = &t.admin,
                                                                   .workers = workers},
                                     &why, &arena, &t.listen),
                     0);
    weir_arena_destroy(&arena);
    assert_int_equal(weir_listen_start(t.listen), 0);
    t.port = weir_listen_http_port(t.listen);
    assert_int_not_equal(t.port, 0);
}

static void stop(void)
{
    weir_listen_stop(t.listen, 3000);
    for (unsigned i = 0; i < t.listen->n_workers; i++) {
        assert_int_equal(t.listen->workers[i].conns.n, 0);
        if (!atomic_load(&t.spool.hold))
            assert_int_equal(t.listen->workers[i].requests, 0);
    }
    atomic_store(&t.spool.stop, true);
    pthread_join(t.spool.thread, NULL);
    weir_listen_free(t.listen);
    weir_current_free(t.current);
    weir_queue_destroy(&t.spool.queue);
}

static bool eventually(bool (*holds)(void *), void *arg)
{
    for (int i = 0; i < 1000; i++) {
        if (holds(arg))
            return true;
        usleep(10 * 1000);
    }
    return false;
}

static unsigned wanted;

static bool submitted_enough(void *arg)
{
    (void)arg;
    return atomic_load(&t.spool.submitted) >= wanted;
}

static void wait_submitted(unsigned n)
{
    wanted = n;
    if (!eventually(submitted_enough, NULL))
        fail_msg("submitted %u of %u", atomic_load(&t.spool.submitted), n);
}

/* ---- many at once ----------------------------------------------------------------- */

/* All connections send, all are suspended, then the commit comes. */
static void waves(unsigned connections, unsigned rounds, unsigned workers)
{
    int *fds = calloc(connections, sizeof *fds);
    struct answer a;

    start(LISTED, workers);
    for (unsigned i = 0; i < connections; i++)
        assert_true((fds[i] = client_open(t.port)) >= 0);
    for (unsigned round = 0; round < rounds; round++) {
        atomic_store(&t.spool.hold, true);
        for (unsigned i = 0; i < connections; i++)
            assert_true(
                client_ask(fds[i], "POST", "/api/42/envelope/", AUTH, ENVELOPE, strlen(ENVELOPE)));
        wait_submitted((round + 1) * connections);
        atomic_store(&t.spool.hold, false);
        for (unsigned i = 0; i < connections; i++) {
            assert_int_equal(client_read(fds[i], &a, 0), 200);
            assert_string_equal(a.body, "{\"id\":\"" EVENT_ID "\"}");
        }
    }
    assert_int_equal(atomic_load(&t.spool.deliveries), connections * rounds);
    assert_int_equal(atomic_load(&t.listen->connections), connections);
    for (unsigned i = 0; i < connections; i++)
        close(fds[i]);
    stop();
    assert_int_equal(fake_ended, connections * rounds);
    assert_int_equal(fake_aborted, 0);
    free(fds);
}

static void a_thousand_requests_over_200_connections(void **state)
{
    (void)state;
    waves(200, 5, 2);
}

static void exactly_128_at_once_do_not_stall_a_worker(void **state)
{
    (void)state;
    waves(128, 4, 1);
    waves(127, 1, 1);
    waves(129, 2, 1);
    waves(256, 2, 1);
}

/* ---- forms of requests --------------------------------------------------------------- */

static void every_answer_has_its_status_and_form(void **state)
{
    static const struct {
        const char *method, *path, *headers, *body;
        int status;
        const char *in_body, *in_head;
    } cases[] = {
        {"POST", "/api/42/envelope/", AUTH, ENVELOPE, 200, "{\"id\":\"" EVENT_ID "\"}", NULL},
        {"POST", "//api/42//envelope?sentry_key=" KEY, NULL, ENVELOPE, 200, EVENT_ID, NULL},
        {"POST", "http://weir.example/api/42/envelope/", AUTH, ENVELOPE, 200, EVENT_ID, NULL},
        {"POST", "/api/42/envelope/", AUTH, "{}\n", 200, "{}", NULL},
        {"POST", "/api/42/envelope/", "Authorization: Basic YTFiMmMzZDQ6\r\n", ENVELOPE, 200,
         EVENT_ID, NULL},
        {"POST", "/api/42/envelope/", NULL,
         "{\"dsn\":\"https://" KEY "@o1.ingest.example/42\"}\n{\"type\":\"event\"}\n{}\n", 200,
         "{}", NULL},
        {"POST", "/tunnel", NULL,
         "{\"dsn\":\"https://" KEY "@o1.ingest.example/42\"}\n{\"type\":\"event\"}\n{}\n", 200,
         "{}", NULL},
        {"POST", "/tunnel", NULL,
         "{\"dsn\":\"https://wrong@o1.ingest.example/42\"}\n{\"type\":\"event\"}\n{}\n", 403,
         "\"detail\":", NULL},
        {"POST", "/tunnel", NULL, ENVELOPE, 401, "\"detail\":", NULL},
        {"POST", "/api/42/envelope/", AUTH,
         "{\"dsn\":\"https://zzz@o1.ingest.example/42\"}\n{\"type\":\"event\"}\n{}\n", 401,
         "two different keys", NULL},
        {"POST", "/api/42/envelope/", NULL, ENVELOPE, 401, "\"causes\":[", "WWW-Authenticate"},
        {"POST", "/api/42/envelope/?sentry_key=zzz", AUTH, ENVELOPE, 401, "two different", NULL},
        {"POST", "/api/42/envelope/?sentry_key=zzz", NULL, ENVELOPE, 403, "not accepted", NULL},
        {"POST", "/api/7/envelope/", AUTH, ENVELOPE, 403, "\"detail\":", NULL},
        {"POST", "/api/42/envelope/", AUTH, "no envelope at all", 400, "\"causes\":[\"", NULL},
        {"POST", "/api/42/envelope/", AUTH "Content-Encoding: rot13\r\n", "x", 415, "detail", NULL},
        {"POST", "/api/42/envelope/", AUTH "Content-Encoding: gzip\r\n", "no gzip", 400, "detail",
         NULL},
        {"POST", "/api/42/envelope/", AUTH "Content-Encoding: UTF-8\r\n", ENVELOPE, 200, "id",
         NULL},
        {"GET", "/api/42/envelope/", AUTH, NULL, 405, "detail", "Allow: POST, OPTIONS"},
        {"POST", "/api/42/nothing/", AUTH, "", 404, "\"detail\":", "X-Sentry-Error"},
        {"GET", "/no/such/path", NULL, NULL, 404, "\"errors\":[{", NULL},
        {"GET", "/health", NULL, NULL, 200, "ok", NULL},
        {"GET", "/health/", NULL, NULL, 200, "ok", NULL},
        {"HEAD", "/health", NULL, NULL, 200, "", "Content-Length: 2"},
        {"DELETE", "/health", NULL, NULL, 405, "\"errors\":", "Allow: GET, HEAD"},
        {"POST", "/api/42/store/", AUTH, "{\"event_id\":\"" EVENT_ID "\"}", 200, EVENT_ID, NULL},
        {"POST", "/api/v1/events", "Authorization: Bearer " KEY "\r\n", "{\"message\":\"x\"}", 202,
         "\"accepted\":1", NULL},
        {"POST", "/api/v1/events?sentry_key=" KEY, NULL, "[{\"message\":\"x\"},7]", 202,
         "\"rejected\":1", NULL},
        {"POST", "/api/v1/events?sentry_key=" KEY, NULL, "{broken", 400, "\"errors\":[{", NULL},
        {"POST", "/api/v1/events", NULL, "{}", 401, "\"errors\":[{", NULL},
        {"POST", "/api/v1/events", "Authorization: Bearer nope\r\n", "{}", 403, "errors", NULL},
        {"POST", "/api/v1/events?project=43", "Authorization: Bearer " KEY "\r\n", "{}", 403,
         "errors", NULL},
        {"POST", "/api/v1/integrations?sentry_key=" KEY, NULL,
         "{\"service\":\"pay\",\"endpoint\":\"/x\",\"status\":\"200\",\"latency_ms\":5}", 202,
         "\"accepted\":1", NULL},
        {"OPTIONS", "/api/42/envelope/",
         "Origin: https://shop.io\r\nAccess-Control-Request-Headers: x-sentry-auth\r\n", NULL, 204,
         "", "Access-Control-Allow-Origin: https://shop.io"},
        {"OPTIONS", "/api/42/envelope/", "Origin: https://evil.example\r\n", NULL, 403, "", NULL},
        {"POST", "/api/42/envelope/", AUTH "Origin: https://shop.io\r\n", ENVELOPE, 200, "id",
         "Access-Control-Expose-Headers"},
        {"POST", "/api/42/envelope/", AUTH "Origin: https://evil.example\r\n", ENVELOPE, 403,
         "origin", NULL},
        {"GET", "/api/42/cron/nightly/" KEY "?status=ok", NULL, NULL, 202, "", NULL},
        {"POST", "/api/v1/echo/a%20b?q=1", "X-Mine: yes\r\n", "body", 200, "a b|q=1|body|yes",
         NULL},
        {"POST", "/api/v1/redrive", NULL, "", 200, "\"redriven\":1", NULL},
    };

    (void)state;
    start(LISTED, 1);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct answer a;

        client_once(t.port, cases[i].method, cases[i].path, cases[i].headers, cases[i].body, &a);
        if (a.status != cases[i].status || strstr(a.body, cases[i].in_body) == NULL ||
            (cases[i].in_head != NULL && strstr(a.head, cases[i].in_head) == NULL))
            fail_msg("%zu: %s %s\n%s%s", i, cases[i].method, cases[i].path, a.head, a.body);
    }
    assert_true(fake_count(WEIR_M_REJECTED, "http", "no_key") >= 2);
    assert_true(fake_count(WEIR_M_REJECTED, "http", "encoding") == 1);
    assert_int_equal(fake_integrations, 1);
    stop();
}

static void with_no_project_listed_all_is_accepted(void **state)
{
    struct answer a;

    (void)state;
    start(OPEN, 1);
    assert_int_equal(client_once(t.port, "POST", "/api/7/envelope/", NULL, ENVELOPE, &a), 200);
    assert_string_equal(t.spool.last_project, "7");
    assert_string_equal(t.spool.last_key, "");
    assert_int_equal(client_once(t.port, "POST", "/api/8/envelope/", AUTH, ENVELOPE, &a), 200);
    assert_string_equal(t.spool.last_project, "8");
    assert_string_equal(t.spool.last_key, KEY);
    assert_int_equal(client_once(t.port, "POST", "/tunnel", NULL,
                                 "{\"dsn\":\"https://k9@h/9\"}\n{\"type\":\"event\"}\n{}\n", &a),
                     200);
    assert_string_equal(t.spool.last_project, "9");
    assert_string_equal(t.spool.last_key, "k9");
    assert_int_equal(client_once(t.port, "POST", "/api/v1/events", NULL, "{\"message\":\"m\"}", &a),
                     202);
    assert_string_equal(t.spool.last_project, "1");
    stop();
}

static void bodies_come_chunked_gzipped_pipelined_and_after_a_question(void **state)
{
    unsigned char packed[512];
    z_stream z = {.next_in = (unsigned char *)ENVELOPE,
                  .avail_in = strlen(ENVELOPE),
                  .next_out = packed,
                  .avail_out = sizeof packed};
    char piece[64];
    struct answer a;
    int fd;

    (void)state;
    start(LISTED, 1);
    fd = client_open(t.port);
    client_puts(fd, "POST /api/42/envelope/ HTTP/1.1\r\nHost: x\r\n" AUTH
                    "Transfer-Encoding: chunked\r\n\r\n");
    for (const char *p = ENVELOPE; *p != '\0'; p += strlen(p) < 7 ? strlen(p) : 7) {
        snprintf(piece, sizeof piece, "%zx\r\n%.7s\r\n", strlen(p) < 7 ? strlen(p) : 7, p);
        client_puts(fd, piece);
    }
    client_puts(fd, "0\r\n\r\n");
    assert_int_equal(client_read(fd, &a, 0), 200);

    assert_int_equal(deflateInit2(&z, 6, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY), Z_OK);
    assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
    client_ask(fd, "POST", "/api/42/envelope/", AUTH "Content-Encoding: gzip\r\n", packed,
               z.total_out);
    deflateEnd(&z);
    assert_int_equal(client_read(fd, &a, 0), 200);
    assert_string_equal(a.body, "{\"id\":\"" EVENT_ID "\"}");

    for (int i = 0; i < 20; i++)
        client_ask(fd, "POST", "/api/42/envelope/", i % 2 ? AUTH : NULL, ENVELOPE,
                   strlen(ENVELOPE));
    for (int i = 0; i < 20; i++)
        assert_int_equal(client_read(fd, &a, 0), i % 2 ? 200 : 401);

    client_puts(fd, "POST /api/42/envelope/ HTTP/1.1\r\nHost: x\r\n" AUTH
                    "Expect: 100-continue\r\nContent-Length: 3\r\n\r\n");
    assert_int_equal(client_read(fd, &a, 1), 100);
    client_puts(fd, "{}\n");
    assert_int_equal(client_read(fd, &a, 0), 200);
    client_puts(fd, "POST /api/7/envelope/ HTTP/1.1\r\nHost: x\r\n" AUTH
                    "Expect: 100-continue\r\nContent-Length: 3\r\n\r\n");
    assert_int_equal(client_read(fd, &a, 0), 403);
    assert_int_equal(recv(fd, piece, 1, 0), 0);
    close(fd);
    stop();
}

/* ---- large bodies --------------------------------------------------------------------- */

static void a_large_item_streams_through(void **state)
{
    const size_t n = 8 << 20;
    char *big = malloc(n);
    char header[128];
    struct answer a;
    int fd;

    (void)state;
    start(LISTED, 1);
    memset(big, 'x', n);
    snprintf(header, sizeof header, "{}\n{\"type\":\"attachment\",\"length\":%zu}\n", n);
    fd = client_open(t.port);
    snprintf(a.head, sizeof a.head,
             "POST /api/42/envelope/ HTTP/1.1\r\nHost: x\r\n" AUTH "Content-Length: %zu\r\n\r\n",
             n + strlen(header) + 1);
    client_puts(fd, a.head);
    client_puts(fd, header);
    assert_true(client_send(fd, big, n));
    client_puts(fd, "\n");
    assert_int_equal(client_read(fd, &a, 0), 200);
    assert_int_equal(atomic_load(&fake_streamed), n);
    close(fd);
    free(big);
    stop();
}

static void a_refusal_reaches_a_client_that_sends_on(void **state)
{
    const size_t n = 24 << 20;
    char *big = calloc(1, n);
    struct answer a;
    int fd;

    (void)state;
    start(LISTED "limits: {envelope: 1MiB}\n", 1);
    /* Announced: answered early, and the connection lingers. */
    fd = client_open(t.port);
    assert_true(client_ask(fd, "POST", "/api/42/envelope/", AUTH, big, n));
    assert_int_equal(client_read(fd, &a, 0), 413);
    close(fd);
    /* Not announced: found out on the way. */
    fd = client_open(t.port);
    client_puts(fd, "POST /api/42/envelope/ HTTP/1.1\r\nHost: x\r\n" AUTH
                    "Transfer-Encoding: chunked\r\n\r\n200000\r\n");
    assert_true(client_send(fd, big, 0x200000));
    client_puts(fd, "\r\n0\r\n\r\n");
    assert_int_equal(client_read(fd, &a, 0), 413);
    /* A small refused one leaves the connection in use. */
    client_ask(fd, "POST", "/api/7/envelope/", AUTH, big, 100000);
    assert_int_equal(client_read(fd, &a, 0), 403);
    client_ask(fd, "POST", "/api/42/envelope/", AUTH, "{}\n", 3);
    assert_int_equal(client_read(fd, &a, 0), 200);
    close(fd);
    free(big);
    stop();
}

/* ---- the spool says no, or nothing ------------------------------------------------------ */

static void no_commit_in_time_is_503_and_the_operation_comes_back_later(void **state)
{
    struct answer a;
    uint64_t began;

    (void)state;
    start(LISTED, 1);
    t.listen->commit_wait_ms = 150;
    atomic_store(&t.spool.hold, true);
    began = weir_mono_ms();
    assert_int_equal(client_once(t.port, "POST", "/api/42/envelope/", AUTH, ENVELOPE, &a), 503);
    assert_in_range(weir_mono_ms() - began, 140, 3000);
    assert_non_null(client_header(&a, "Retry-After"));
    assert_int_equal(fake_aborted, 0); /* its blobs are still named in the queue */
    atomic_store(&t.spool.hold, false);
    assert_int_equal(client_once(t.port, "POST", "/api/42/envelope/", AUTH, ENVELOPE, &a), 200);
    assert_int_equal(atomic_load(&t.spool.withdrawn), 1);
    assert_int_equal(atomic_load(&t.spool.deliveries), 1);
    stop();
    assert_int_equal(fake_aborted, 1);
}

static void one_that_is_being_committed_is_waited_for(void **state)
{
    struct answer a;
    int fd;

    (void)state;
    start(LISTED, 1);
    t.listen->commit_wait_ms = 100;
    atomic_store(&t.spool.hold_taken, true);
    fd = client_open(t.port);
    client_ask(fd, "POST", "/api/42/envelope/", AUTH, ENVELOPE, strlen(ENVELOPE));
    usleep(400 * 1000);
    assert_int_equal(recv(fd, a.head, 1, MSG_DONTWAIT), -1);
    atomic_store(&t.spool.hold_taken, false);
    assert_int_equal(client_read(fd, &a, 0), 200);
    close(fd);
    stop();
}

static void what_the_spool_cannot_take_is_503(void **state)
{
    struct answer a;

    (void)state;
    start(LISTED, 1);
    atomic_store(&t.spool.full, true);
    assert_int_equal(client_once(t.port, "POST", "/api/42/envelope/", AUTH, ENVELOPE, &a), 503);
    assert_non_null(client_header(&a, "Retry-After"));
    assert_int_equal(fake_begun, 0); /* before it was read */
    atomic_store(&t.spool.full, false);
    atomic_store(&t.spool.refuse, true);
    assert_int_equal(client_once(t.port, "POST", "/api/42/envelope/", AUTH, ENVELOPE, &a), 503);
    atomic_store(&t.spool.refuse, false);
    atomic_store(&t.spool.result, WEIR_EFULL);
    assert_int_equal(client_once(t.port, "POST", "/api/42/envelope/", AUTH, ENVELOPE, &a), 503);
    assert_non_null(client_header(&a, "Retry-After"));
    atomic_store(&t.spool.result, WEIR_EIO);
    assert_int_equal(client_once(t.port, "POST", "/api/42/envelope/", AUTH, ENVELOPE, &a), 503);
    stop();
    assert_int_equal(fake_aborted, 3);
}

static void a_client_that_goes_away_while_it_waits_harms_nobody(void **state)
{
    struct answer a;

    (void)state;
    start(LISTED, 1);
    atomic_store(&t.spool.hold, true);
    for (int i = 0; i < 20; i++) {
        int fd = client_open(t.port);

        client_ask(fd, "POST", "/api/42/envelope/", AUTH, ENVELOPE, strlen(ENVELOPE));
        wait_submitted((unsigned)i + 1);
        close(fd);
    }
    atomic_store(&t.spool.hold, false);
    assert_int_equal(client_once(t.port, "POST", "/api/42/envelope/", AUTH, ENVELOPE, &a), 200);
    assert_int_equal(atomic_load(&t.spool.deliveries), 21);
    stop();
}

/* ---- limits -------------------------------------------------------------------------------- */

static void a_rate_limit_is_told_with_its_time(void **state)
{
    struct answer a;
    int taken = 0, fd;

    (void)state;
    start("listen: {http: '127.0.0.1:0', udp: ''}\n"
          "projects: [{id: '42', keys: [" KEY "], destinations: [main],"
          " rate_limit: {per_second: 0.5, burst: 5}}]\n"
          "destinations: [{name: main, dsn: 'http://k@127.0.0.1:1/1'}]\n",
          2);
    fd = client_open(t.port);
    for (int i = 0; i < 8; i++) {
        client_ask(fd, "POST", "/api/42/envelope/", AUTH, "{}\n", 3);
        taken += client_read(fd, &a, 0) == 200;
    }
    assert_int_equal(taken, 5);
    assert_int_equal(a.status, 429);
    assert_string_equal(client_header(&a, "Retry-After"), "2");
    assert_string_equal(client_header(&a, "X-Sentry-Rate-Limits"), "2::project:rate_limit");
    close(fd);
    stop();
}

static void limits_of_a_destination_are_passed_on(void **state)
{
    struct answer a;
    unsigned slot;

    (void)state;
    start("listen: {http: '127.0.0.1:0', udp: ''}\n"
          "projects: [{id: '42', keys: [" KEY "], destinations: [tells]}]\n"
          "destinations: [{name: tells, dsn: 'http://k@127.0.0.1:1/1', rate_limits: pass_on}]\n",
          1);
    slot = (unsigned)weir_destination_slot(WEIR_S("tells"));
    weir_limit_set(slot, WEIR_CAT_ERROR, weir_mono_ms() + 29500);
    assert_int_equal(client_once(t.port, "POST", "/api/42/envelope/", AUTH, ENVELOPE, &a), 429);
    assert_string_equal(client_header(&a, "Retry-After"), "30");
    assert_string_equal(client_header(&a, "X-Sentry-Rate-Limits"), "30:error:key");
    assert_int_equal(client_once(t.port, "POST", "/api/42/envelope/", AUTH,
                                 ENVELOPE "{\"type\":\"session\"}\n{}\n", &a),
                     200);
    assert_string_equal(client_header(&a, "X-Sentry-Rate-Limits"), "30:error:key");
    assert_int_equal(atomic_load(&t.spool.deliveries), 1);
    /* an attachment is nothing without its event */
    assert_int_equal(client_once(t.port, "POST", "/api/42/envelope/", AUTH,
                                 ENVELOPE "{\"type\":\"attachment\",\"length\":2}\nhi\n", &a),
                     429);
    assert_int_equal(atomic_load(&t.spool.deliveries), 1);
    weir_limit_set(slot, WEIR_CAT_ERROR, 0);
    assert_int_equal(client_once(t.port, "POST", "/api/42/envelope/", AUTH, ENVELOPE, &a), 200);
    assert_null(client_header(&a, "X-Sentry-Rate-Limits"));
    stop();
}

static bool is_closed(int fd)
{
    char c;
    ssize_t n = recv(fd, &c, 1, MSG_DONTWAIT | MSG_PEEK);

    return n == 0 || (n < 0 && errno != EAGAIN);
}

static bool arg_closed(void *fd)
{
    return is_closed(*(int *)fd);
}

static void at_the_cap_the_longest_idle_connection_goes(void **state)
{
    struct answer a;
    int fds[9];

    (void)state;
    start(LISTED "limits: {connections: 8}\n", 1);
    for (int i = 0; i < 8; i++) {
        fds[i] = client_open(t.port);
        client_ask(fds[i], "GET", "/health", NULL, NULL, 0);
        assert_int_equal(client_read(fds[i], &a, 0), 200);
        usleep(3000);
    }
    client_ask(fds[0], "GET", "/health", NULL, NULL, 0); /* now 1 is the idlest */
    assert_int_equal(client_read(fds[0], &a, 0), 200);
    fds[8] = client_open(t.port);
    client_ask(fds[8], "GET", "/health", NULL, NULL, 0);
    assert_int_equal(client_read(fds[8], &a, 0), 200);
    assert_true(eventually(arg_closed, &fds[1]));
    for (int i = 0; i < 9; i++)
        assert_int_equal(is_closed(fds[i]), i == 1);
    for (int i = 0; i < 9; i++)
        close(fds[i]);
    stop();
}

/* Sends `bytes` one by one until the other side closes; in how many ms. */
static uint64_t trickle(const char *first, const char *bytes, int every_ms)
{
    uint64_t began = weir_mono_ms();
    int fd = client_open(t.port);

    client_puts(fd, first);
    for (; *bytes != '\0' && weir_mono_ms() - began < 10000; bytes++) {
        if (!client_send(fd, bytes, 1))
            break;
        usleep((unsigned)every_ms * 1000);
        if (is_closed(fd))
            break;
        recv(fd, (char[512]){0}, 512, MSG_DONTWAIT);
    }
    close(fd);
    return weir_mono_ms() - began;
}

static void clients_that_trickle_are_cut_off(void **state)
{
    static char many[2000];

    (void)state;
    memset(many, 'X', sizeof many - 1);
    start(LISTED "limits: {header_timeout: 300ms, body_timeout: 500ms}\n", 1);
    assert_in_range(trickle("", many, 20), 280, 2500);
    assert_in_range(trickle("POST /api/42/envelope/ HTTP/1.1\r\nX-Slow: ", many, 20), 280, 2500);
    assert_in_range(trickle("POST /api/42/envelope/ HTTP/1.1\r\nHost: x\r\n" AUTH
                            "Content-Length: 100000\r\n\r\n",
                            many, 20),
                    480, 3500);
    assert_in_range(trickle("GET /health HTTP/1.1\r\nHost: x\r\n\r\n"
                            "POST /api/42/envelope/ HTTP/1.1\r\nX-Slow: ",
                            many, 20),
                    280, 2500);
    stop();
}

/* ---- tokens, reload, stop ----------------------------------------------------------------------
 */

static void tokens_guard_admin_and_metrics(void **state)
{
    struct answer a;

    (void)state;
    start(LISTED "auth: {admin_token: adm1n, metrics_token: m3trics}\n", 1);
    assert_int_equal(client_once(t.port, "GET", "/metrics", NULL, NULL, &a), 401);
    assert_int_equal(
        client_once(t.port, "GET", "/metrics", "Authorization: Bearer m3trics\r\n", NULL, &a), 200);
    assert_int_equal(client_once(t.port, "POST", "/api/v1/redrive", NULL, "", &a), 401);
    assert_int_equal(
        client_once(t.port, "POST", "/api/v1/redrive", "Authorization: Bearer m3trics\r\n", "", &a),
        403);
    assert_int_equal(
        client_once(t.port, "POST", "/api/v1/redrive", "authorization: bearer adm1n\r\n", "", &a),
        200);
    assert_int_equal(client_once(t.port, "GET", "/health", NULL, NULL, &a), 200);
    t.listen->workers[0].servers[0].loopback = false;
    stop();
    start(LISTED, 1);
    t.listen->workers[0].servers[0].loopback = false;
    assert_int_equal(client_once(t.port, "POST", "/api/v1/redrive", NULL, "", &a), 403);
    assert_non_null(strstr(a.body, "auth.admin_token"));
    assert_int_equal(client_once(t.port, "GET", "/metrics", NULL, NULL, &a), 200);
    stop();
}

static void an_admin_address_takes_the_admin_routes_with_it(void **state)
{
    struct answer a;

    (void)state;
    start("listen: {http: '127.0.0.1:0', udp: '', admin: '127.0.0.1:0'}\n", 2);
    assert_int_equal(client_once(t.port, "GET", "/health", NULL, NULL, &a), 404);
    assert_int_equal(client_once(t.listen->admin_port, "GET", "/health", NULL, NULL, &a), 200);
    assert_int_equal(
        client_once(t.listen->admin_port, "POST", "/api/1/envelope/", NULL, ENVELOPE, &a), 404);
    assert_int_equal(client_once(t.port, "POST", "/api/1/envelope/", NULL, ENVELOPE, &a), 200);
    stop();
}

static void a_reload_counts_from_the_next_request_on(void **state)
{
    struct answer a;
    int fd;

    (void)state;
    start(LISTED, 1);
    fd = client_open(t.port);
    atomic_store(&t.spool.hold, true);
    client_ask(fd, "POST", "/api/42/envelope/", AUTH, ENVELOPE, strlen(ENVELOPE));
    wait_submitted(1);
    weir_current_swap(t.current, snapshot_of("listen: {http: '127.0.0.1:0', udp: ''}\n"
                                             "projects: [{id: '42', keys: [new]}]\n"));
    atomic_store(&t.spool.hold, false);
    assert_int_equal(client_read(fd, &a, 0), 200);
    client_ask(fd, "POST", "/api/42/envelope/", AUTH, ENVELOPE, strlen(ENVELOPE));
    assert_int_equal(client_read(fd, &a, 0), 403);
    client_ask(fd, "POST", "/api/42/envelope/?sentry_key=new", NULL, ENVELOPE, strlen(ENVELOPE));
    assert_int_equal(client_read(fd, &a, 0), 200);
    close(fd);
    stop();
}

static void *stop_later(void *unused)
{
    (void)unused;
    weir_listen_stop(t.listen, 3000);
    return NULL;
}

static bool nobody_listens(void *unused)
{
    int fd = client_open(t.port);

    (void)unused;
    if (fd >= 0)
        close(fd);
    return fd < 0;
}

static void stopping_finishes_what_is_in_flight(void **state)
{
    struct answer a;
    pthread_t stopper;
    int waiting, idle;

    (void)state;
    start(LISTED, 2);
    atomic_store(&t.spool.hold, true);
    idle = client_open(t.port);
    waiting = client_open(t.port);
    client_ask(waiting, "POST", "/api/42/envelope/", AUTH, ENVELOPE, strlen(ENVELOPE));
    wait_submitted(1);
    pthread_create(&stopper, NULL, stop_later, NULL);
    assert_true(eventually(arg_closed, &idle));
    assert_true(eventually(nobody_listens, NULL)); /* one worker may be ahead of the other */
    atomic_store(&t.spool.hold, false);
    assert_int_equal(client_read(waiting, &a, 0), 200);
    assert_non_null(strstr(a.head, "close"));
    pthread_join(stopper, NULL);
    close(waiting);
    close(idle);
    stop();
}

static void a_spool_that_hangs_does_not_hold_up_the_stop(void **state)
{
    struct answer a;
    uint64_t began;
    int fd;

    (void)state;
    start(LISTED, 1);
    t.listen->commit_wait_ms = 60000;
    atomic_store(&t.spool.hold_taken, true);
    fd = client_open(t.port);
    client_ask(fd, "POST", "/api/42/envelope/", AUTH, ENVELOPE, strlen(ENVELOPE));
    client_ask(fd, "POST", "/api/42/envelope/", AUTH, ENVELOPE, strlen(ENVELOPE));
    wait_submitted(1);
    began = weir_mono_ms();
    weir_listen_stop(t.listen, 200);
    assert_in_range(weir_mono_ms() - began, 150, 2000);
    assert_int_equal(client_read(fd, &a, 0), 503);
    atomic_store(&t.spool.stop, true);
    pthread_join(t.spool.thread, NULL);
    weir_listen_free(t.listen); /* takes the late reply */
    weir_current_free(t.current);
    weir_queue_destroy(&t.spool.queue);
    close(fd);
}

static void an_address_in_use_is_named(void **state)
{
    struct weir_arena arena;
    struct weir_str why = {NULL, 0};
    struct weir_listen *second = NULL;
    struct weir_current *current;
    char yaml[128];

    (void)state;
    start(LISTED, 1);
    snprintf(yaml, sizeof yaml, "listen: {http: '127.0.0.1:%u', udp: ''}\n", t.port);
    current = weir_current_new(snapshot_of(yaml));
    weir_arena_init(&arena, 64 * 1024);
    assert_int_equal(
        weir_listen_new(
            &(struct weir_listen_options){.current = current, .spool = &t.spool, .admin = &t.admin},
            &why, &arena, &second),
        WEIR_EIO);
    assert_true(weir_str_find(why, WEIR_S("address in use")) != SIZE_MAX);
    assert_true(weir_str_find(why, WEIR_S("127.0.0.1:")) != SIZE_MAX);
    weir_arena_destroy(&arena);
    weir_current_free(current);
    stop();
}

/* ---- datagrams
 * -------------------------------------------------------------------------------------- */

static void send_udp(const char *text)
{
    struct sockaddr_in sa = {.sin_family = AF_INET,
                             .sin_port = htons(weir_listen_udp_port(t.listen))};
    int fd = socket(AF_INET, SOCK_DGRAM, 0);

    sa.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_int_equal(sendto(fd, text, strlen(text), 0, (struct sockaddr *)&sa, sizeof sa),
                     strlen(text));
    close(fd);
}

static bool counted_enough(void *outcome)
{
    return fake_count(WEIR_M_UDP_DATAGRAMS, outcome, NULL) >= wanted;
}

static void wait_counted(const char *outcome, unsigned n)
{
    wanted = n;
    if (!eventually(counted_enough, (void *)(uintptr_t)outcome))
        fail_msg("%s: %llu of %u", outcome, fake_count(WEIR_M_UDP_DATAGRAMS, outcome, NULL), n);
    assert_int_equal(fake_count(WEIR_M_UDP_DATAGRAMS, outcome, NULL), n);
}

static void datagrams_are_counted_by_what_became_of_them(void **state)
{
    char text[128];

    (void)state;
    start(LISTED, 2);
    for (int i = 0; i < 100; i++) {
        snprintf(text, sizeof text, "{\"type\":\"message\",\"message\":\"n%d\"}\n", i);
        send_udp(text);
    }
    wait_counted("accepted", 100);
    assert_int_equal(atomic_load(&t.spool.deliveries), 100);
    send_udp("{\"type\":\"error\",\"message\":\"a\"}\nnot json\n"
             "{\"type\":\"error\",\"message\":\"b\",\"project\":\"43\"}");
    wait_counted("accepted", 101);
    assert_int_equal(atomic_load(&t.spool.deliveries), 102);
    assert_string_equal(t.spool.last_project, "42");
    /* the bad line beside good ones: the datagram is accepted all the same */
    assert_int_equal(fake_count(WEIR_M_REJECTED, "udp", "malformed"), 1);
    send_udp("{\"type\":\"error\",\"message\":\"a\",\"project\":\"77\"}\n"
             "{\"type\":\"error\",\"message\":\"b\"}\nnot json\n{\"type\":\"nothing\"}");
    wait_counted("accepted", 102);
    assert_int_equal(fake_count(WEIR_M_REJECTED, "udp", "wrong_project"), 1);
    assert_int_equal(fake_count(WEIR_M_REJECTED, "udp", "malformed"), 3);
    send_udp("garbage");
    wait_counted("malformed", 1);
    assert_int_equal(fake_count(WEIR_M_REJECTED, "udp", "malformed"), 4);
    send_udp("{\"type\":\"error\",\"message\":\"a\",\"project\":\"77\"}");
    wait_counted("refused", 1);
    send_udp("{\"type\":\"integration\",\"service\":\"p\",\"endpoint\":\"/\",\"status\":\"200\","
             "\"latency_ms\":1}\n{\"type\":\"breaker\",\"service\":\"p\",\"state\":\"open\"}");
    wait_counted("accepted", 103);
    assert_int_equal(fake_integrations >= 1 && fake_breakers == 1, 1);
    atomic_store(&t.spool.refuse, true);
    send_udp("{\"type\":\"error\",\"message\":\"a\"}");
    wait_counted("dropped", 1);
    atomic_store(&t.spool.refuse, false);
    atomic_store(&t.spool.result, WEIR_EIO);
    send_udp("{\"type\":\"error\",\"message\":\"a\"}");
    wait_counted("dropped", 2);
    stop();
}

static void lost_datagrams_are_counted_by_source(void **state)
{
    static const int order[] = {1, 2, 5, 6, 9};
    char text[128];

    (void)state;
    start(OPEN, 2);
    for (size_t i = 0; i < 5; i++) {
        snprintf(text, sizeof text,
                 "{\"type\":\"message\",\"message\":\"n\",\"seq\":%d,\"source\":\"shop-7\"}",
                 order[i]);
        send_udp(text);
        wait_counted("accepted", (unsigned)i + 1);
    }
    fake_collect(fake_collect_self);
    fake_collect(fake_collect_self);
    assert_int_equal(fake_count(WEIR_M_UDP_LOST, "shop-7", NULL), 4);
    stop();
}

static void datagrams_from_elsewhere_are_refused(void **state)
{
    (void)state;
    start("listen: {http: '127.0.0.1:0', udp: '127.0.0.1:0', udp_allow: [10.0.0.0/8]}\n", 1);
    send_udp("{\"type\":\"error\",\"message\":\"a\"}");
    wait_counted("refused", 1);
    assert_int_equal(fake_begun, 0);
    stop();
}

static void batches_that_wait_leave_the_rest_to_the_kernel(void **state)
{
    (void)state;
    start(OPEN, 1);
    atomic_store(&t.spool.hold, true);
    for (int i = 0; i < 200; i++)
        send_udp("{\"type\":\"error\",\"message\":\"a\"}");
    wait_submitted(1);
    usleep(50 * 1000);
    assert_in_range(atomic_load(&t.spool.submitted), 1, 16);
    atomic_store(&t.spool.hold, false);
    wait_counted("accepted", 200);
    stop();
}

static bool all_accounted(void *arg)
{
    return fake_count(WEIR_M_UDP_DATAGRAMS, "accepted", NULL) +
               atomic_load(&weir_metric_of(WEIR_M_UDP_KERNEL_DROPS, NULL)->count) >=
           *(unsigned *)arg;
}

static void what_the_kernel_drops_is_counted(void **state)
{
    static char text[8192];
    unsigned sent = 3000;

    (void)state;
    start(OPEN, 1);
    atomic_store(&t.spool.hold, true);
    snprintf(text, sizeof text, "{\"type\":\"error\",\"message\":\"%0*d\"}", (int)sizeof text - 64,
             7);
    for (unsigned i = 0; i < sent; i++) /* 24 MB, more than the socket holds */
        send_udp(text);
    atomic_store(&t.spool.hold, false);
    wanted = 16;
    assert_true(eventually(counted_enough, (void *)(uintptr_t) "accepted"));
    usleep(200 * 1000);
    send_udp(text); /* brings the kernel's count of those before it */
    sent++;
    assert_true(eventually(all_accounted, &sent));
    assert_int_equal(fake_count(WEIR_M_UDP_DATAGRAMS, "accepted", NULL) +
                         atomic_load(&weir_metric_of(WEIR_M_UDP_KERNEL_DROPS, NULL)->count),
                     sent);
    assert_true(atomic_load(&weir_metric_of(WEIR_M_UDP_KERNEL_DROPS, NULL)->count) > 0);
    stop();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_answer_has_its_status_and_form),
        cmocka_unit_test(with_no_project_listed_all_is_accepted),
        cmocka_unit_test(bodies_come_chunked_gzipped_pipelined_and_after_a_question),
        cmocka_unit_test(a_thousand_requests_over_200_connections),
        cmocka_unit_test(exactly_128_at_once_do_not_stall_a_worker),
        cmocka_unit_test(a_large_item_streams_through),
        cmocka_unit_test(a_refusal_reaches_a_client_that_sends_on),
        cmocka_unit_test(no_commit_in_time_is_503_and_the_operation_comes_back_later),
        cmocka_unit_test(one_that_is_being_committed_is_waited_for),
        cmocka_unit_test(what_the_spool_cannot_take_is_503),
        cmocka_unit_test(a_client_that_goes_away_while_it_waits_harms_nobody),
        cmocka_unit_test(a_rate_limit_is_told_with_its_time),
        cmocka_unit_test(limits_of_a_destination_are_passed_on),
        cmocka_unit_test(at_the_cap_the_longest_idle_connection_goes),
        cmocka_unit_test(clients_that_trickle_are_cut_off),
        cmocka_unit_test(tokens_guard_admin_and_metrics),
        cmocka_unit_test(an_admin_address_takes_the_admin_routes_with_it),
        cmocka_unit_test(a_reload_counts_from_the_next_request_on),
        cmocka_unit_test(stopping_finishes_what_is_in_flight),
        cmocka_unit_test(a_spool_that_hangs_does_not_hold_up_the_stop),
        cmocka_unit_test(an_address_in_use_is_named),
        cmocka_unit_test(datagrams_are_counted_by_what_became_of_them),
        cmocka_unit_test(lost_datagrams_are_counted_by_source),
        cmocka_unit_test(datagrams_from_elsewhere_are_refused),
        cmocka_unit_test(batches_that_wait_leave_the_rest_to_the_kernel),
        cmocka_unit_test(what_the_kernel_drops_is_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
