/* bench_forward.c - what one POST costs the forwarder: window, envelope,
 * curl, answer, settlement, without the spool's disk.
 *
 * The backend is a child process (its CPU is not counted) that answers every
 * request 200 {} without looking at it; the spool is one in memory. */
#include "allocations.h"

#include "tests/unit/forward/fake_spool.h"

#include "weir/log.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>

enum { ROUNDS = 8, PEERS = 64 };

/* ---- the backend -------------------------------------------------------------- */

struct peer {
    size_t n, want; /* bytes of this request so far, and in all (0: unknown) */
    char head[1024];
    size_t n_head;
};

/* Content-Length of a whole head; 0 when it is not whole. */
static size_t request_size(struct peer *p)
{
    const char *end, *length;

    p->head[p->n_head] = '\0';
    end = strstr(p->head, "\r\n\r\n");
    length = strstr(p->head, "Content-Length: ");
    if (end == NULL || length == NULL)
        return 0;
    return (size_t)(end + 4 - p->head) + strtoul(length + 16, NULL, 10);
}

/* One request at a time on a connection: curl does not pipeline. */
static bool serve(int fd, struct peer *p)
{
    static const char answer[] = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}";
    char buf[65536];
    ssize_t got = recv(fd, buf, sizeof buf, 0);
    size_t room = sizeof p->head - 1 - p->n_head;

    if (got <= 0)
        return false;
    if (p->want == 0) {
        size_t n = (size_t)got < room ? (size_t)got : room;

        memcpy(p->head + p->n_head, buf, n);
        p->n_head += n;
        p->want = request_size(p);
    }
    p->n += (size_t)got;
    if (p->want == 0 || p->n < p->want)
        return true;
    *p = (struct peer){0};
    return send(fd, answer, sizeof answer - 1, MSG_NOSIGNAL) > 0;
}

static void backend(int listener)
{
    static struct peer peers[1024];
    int epoll = epoll_create1(0), one = 1;
    struct epoll_event e = {.events = EPOLLIN, .data.fd = listener}, got[PEERS];

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &e);
    for (;;) {
        int n = epoll_wait(epoll, got, PEERS, -1);

        for (int i = 0; i < n; i++) {
            int fd = got[i].data.fd;

            if (fd == listener) {
                fd = accept(listener, NULL, NULL);
                setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
                e.data.fd = fd;
                peers[fd] = (struct peer){0};
                epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &e);
            } else if (!serve(fd, &peers[fd])) {
                close(fd);
            }
        }
    }
}

static unsigned start_backend(void)
{
    struct sockaddr_in sa = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof sa;
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    if (bind(fd, (struct sockaddr *)&sa, sizeof sa) != 0 || listen(fd, 64) != 0 ||
        getsockname(fd, (struct sockaddr *)&sa, &len) != 0)
        abort();
    if (fork() == 0)
        backend(fd);
    close(fd);
    return ntohs(sa.sin_port);
}

/* ---- the measurement ------------------------------------------------------------ */

static double cpu_us(void)
{
    struct rusage u;

    getrusage(RUSAGE_SELF, &u);
    return 1e6 * (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
           (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec);
}

static char *text_of(size_t bytes)
{
    char *text = calloc(1, bytes + 1);

    /* Compresses about as an event does: words from a small vocabulary. */
    for (size_t i = 0; i < bytes; i++)
        text[i] = (char)('a' + (i * 2654435761u >> 7) % 13);
    return text;
}

static void set_up(struct weir_destination *d, struct weir_endpoint *e, char *host, char *origin)
{
    *e = (struct weir_endpoint){weir_str_of(origin), 1};
    *d = (struct weir_destination){
        .name = weir_destination_name(0),
        .has_dsn = true,
        .dsn = {WEIR_S("http"), WEIR_S("key"), weir_str_of(host), {NULL, 0}, WEIR_S("1")},
        .endpoints = e,
        .n_endpoints = 1,
        .timeout_ms = 15000,
        .connections = 8,
        .retry = {100, 30000, 2, true},
        .dead_letter_after = 5,
        .breaker = {5, 10000, 0.5, 20, 30000, 3}};
    fake_snapshot()->config.destinations = d;
    fake_snapshot()->config.n_destinations = 1;
    fake_snapshot()->config.spool_ttl_ms = 86400000;
    fake_snapshot()->generation = fake.generation;
}

/* Everything ready once more. */
static void refill(void)
{
    pthread_mutex_lock(&fake.lock);
    for (size_t i = 0; i < fake.n; i++)
        fake.rows[i].state = FAKE_READY;
    pthread_mutex_unlock(&fake.lock);
}

static void measure(unsigned port, size_t bytes, unsigned connections)
{
    struct weir_destination d;
    struct weir_endpoint e;
    struct weir_forward *f;
    char host[32], origin[48], *text = text_of(bytes);
    double best = 1e9, rate = 0;
    size_t allocated = 0, own = 0;

    fake_reset();
    snprintf(host, sizeof host, "127.0.0.1:%u", port);
    snprintf(origin, sizeof origin, "http://%s", host);
    set_up(&d, &e, host, origin);
    d.connections = connections;
    for (int i = 0; i < FAKE_ROWS; i++)
        fake_add(0, WEIR_GZIP, text);
    if (weir_forward_new(NULL, NULL, &f) != 0 || weir_forward_start(f) != 0)
        abort();
    for (int round = 0; round < ROUNDS; round++) {
        size_t before_n = allocations, before_own = allocations_ours;
        double before = cpu_us(), us;
        uint64_t began = weir_mono_us();

        refill();
        weir_forward_wake(f, 1);
        while (fake_count(FAKE_FORWARDED, 0) < FAKE_ROWS)
            usleep(2000);
        us = (cpu_us() - before) / FAKE_ROWS;
        if (us < best) {
            best = us;
            rate = FAKE_ROWS * 1e6 / (double)(weir_mono_us() - began);
            allocated = allocations - before_n;
            own = allocations_ours - before_own;
        }
    }
    printf(
        "%6zu B, %2u connections %8.2f us CPU a POST %8.2f allocations (%.2f ours) %8.0f POST/s\n",
        bytes, connections, best, (double)allocated / FAKE_ROWS, (double)own / FAKE_ROWS, rate);
    weir_forward_stop(f, 1000);
    weir_forward_free(f);
    free(text);
}

int main(void)
{
    static const size_t sizes[] = {2048, 15360};
    unsigned port;

    setenv("no_proxy", "*", 1);
    curl_global_init(CURL_GLOBAL_DEFAULT);
    weir_log_setup(WEIR_LOG_LOGFMT, WEIR_ERROR);
    port = start_backend();
    for (size_t i = 0; i < 2; i++) {
        measure(port, sizes[i], 8);
        measure(port, sizes[i], 32);
    }
    return 0;
}
