/* bench_listen.c - what one request costs a worker, the rooms behind it
 * played by fakes: HTTP, route, key, envelope, suspend, reply, resume.
 * Prints CPU microseconds of the worker's thread and allocations of our own
 * code (not libmicrohttpd's) for each request, after a warm-up. */
#include "allocations.h"

#include "tests/unit/listen/fakes.h"

#include "tests/unit/listen/client.h"

#include <time.h>

/* ---- load ----------------------------------------------------------------------- */

enum { CONNECTIONS = 32, WARM_UP = 200, ROUNDS = 2000, BODY = 2048 };

static struct weir_spool spool;

static double worker_us(struct weir_listen *l)
{
    struct timespec t = {0};
    clockid_t clock;

    if (pthread_getcpuclockid(l->workers[0].thread, &clock) == 0)
        clock_gettime(clock, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static size_t make_request(char *out, size_t room)
{
    char body[BODY];
    int n = snprintf(body, sizeof body,
                     "{\"event_id\":\"fc6d8c0c43fc4630ad850ee518f1b9d0\"}\n{\"type\":\"event\"}\n"
                     "{\"message\":\"");

    memset(body + n, 'x', sizeof body - (size_t)n - 3);
    memcpy(body + sizeof body - 3, "\"}\n", 3);
    n = snprintf(out, room,
                 "POST /api/42/envelope/ HTTP/1.1\r\nHost: weir.example:8137\r\n"
                 "User-Agent: sentry.python/2.0.0\r\nAccept: */*\r\n"
                 "Content-Type: application/x-sentry-envelope\r\n"
                 "X-Sentry-Auth: Sentry sentry_key=a1b2c3, sentry_version=7\r\n"
                 "Content-Length: %d\r\n\r\n",
                 BODY);
    memcpy(out + n, body, sizeof body);
    return (size_t)n + sizeof body;
}

static void rounds(const int *fds, int n)
{
    char request[4096], answer[1024];
    size_t bytes = make_request(request, sizeof request);

    for (int round = 0; round < n; round++) {
        for (int i = 0; i < CONNECTIONS; i++)
            if (!client_send(fds[i], request, bytes))
                abort();
        for (int i = 0; i < CONNECTIONS; i++)
            if (recv(fds[i], answer, sizeof answer, 0) < 12 || memcmp(answer + 9, "200", 3) != 0)
                abort();
    }
}

static struct weir_listen *start(struct weir_current **ret_current)
{
    static struct weir_admin admin;
    struct weir_snapshot *s = NULL;
    struct weir_listen *l = NULL;
    struct weir_arena arena;
    struct weir_errors errors;
    struct weir_str why;

    weir_arena_init(&arena, 1 << 20);
    weir_errors_init(&errors, &arena);
    if (weir_snapshot_parse(WEIR_S("listen: {http: '127.0.0.1:0', udp: ''}\n"
                                   "projects: [{id: '42', keys: [a1b2c3]}]\n"),
                            WEIR_S("bench"), &errors, &s) != 0)
        abort();
    *ret_current = weir_current_new(s);
    if (weir_queue_init(&spool.queue, 4096) != 0 ||
        pthread_create(&spool.thread, NULL, fake_spool_run, &spool) != 0 ||
        weir_listen_new(
            &(struct weir_listen_options){
                .current = *ret_current, .spool = &spool, .admin = &admin, .workers = 1},
            &why, &arena, &l) != 0 ||
        weir_listen_start(l) != 0)
        abort();
    weir_arena_destroy(&arena);
    return l;
}

int main(void)
{
    struct weir_current *current;
    struct weir_listen *l = start(&current);
    int fds[CONNECTIONS];
    double cpu_us, began_us;
    unsigned long long before;
    const double n = (double)CONNECTIONS * ROUNDS;

    for (int i = 0; i < CONNECTIONS; i++)
        fds[i] = client_open(weir_listen_http_port(l));
    rounds(fds, WARM_UP);
    before = atomic_load(&allocations_ours);
    cpu_us = worker_us(l);
    began_us = (double)weir_mono_us();
    rounds(fds, ROUNDS);
    cpu_us = worker_us(l) - cpu_us;
    printf("listen: %.1f us CPU of the worker a request, %.0f requests/s, "
           "%.3f allocations of ours a request\n",
           cpu_us / n, n * 1e6 / ((double)weir_mono_us() - began_us),
           (double)(atomic_load(&allocations_ours) - before) / n);
    for (int i = 0; i < CONNECTIONS; i++)
        close(fds[i]);
    weir_listen_stop(l, 1000);
    atomic_store(&spool.stop, true);
    pthread_join(spool.thread, NULL);
    weir_listen_free(l);
    weir_current_free(current);
    weir_queue_destroy(&spool.queue);
    return 0;
}
