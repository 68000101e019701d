/* load.c - the other ends for end-to-end figures, cheap enough to share a
 * machine with weir:
 *
 *   load http PORT CONNECTIONS SECONDS BODY_FILE   POSTs the envelope in BODY_FILE over kept
 *        connections, each time with a new event id in place of 32 'f's
 *   load otlp PORT CONNECTIONS SECONDS BODY_FILE   the same with a request for traces in protobuf
 *        and a new trace id in place of 16 bytes 0xff
 *   load udp PORT PER_SECOND SECONDS BODY_FILE     sends datagrams
 *   load sink PORT                                 answers every request 200 {} until killed
 *
 * Loopback only. Prints one JSON object. */
#include "weir/clock.h"
#include "weir/text.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { MAX_CONNECTIONS = 1024, MAX_BODY = 1 << 20, MAX_SAMPLES = 1 << 22, MAX_IDS = 64 };

struct connection {
    int fd;
    size_t sent;
    char *request; /* own copy: ids differ */
    size_t id_at[MAX_IDS];
    size_t n_ids;
    bool raw_ids; /* 16 bytes, else 32 digits */
    uint64_t began_us;
    char in[4096];
    size_t in_n;
};

static void die(const char *what)
{
    perror(what);
    exit(1);
}

static int loopback(int type, int port, struct sockaddr_in *ret)
{
    int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);

    *ret = (struct sockaddr_in){.sin_family = AF_INET,
                                .sin_port = htons((uint16_t)port),
                                .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    if (fd < 0)
        die("socket");
    return fd;
}

static char *read_file(const char *path, size_t *ret_n)
{
    FILE *f = fopen(path, "rb");
    char *body = malloc(MAX_BODY);

    if (f == NULL || body == NULL)
        die(path);
    *ret_n = fread(body, 1, MAX_BODY, f);
    fclose(f);
    return body;
}

/* ---- http ---------------------------------------------------------------- */

static void find_ids(struct connection *c, size_t request_n)
{
    size_t n = c->raw_ids ? 16 : 32;
    char mark[32];

    memset(mark, c->raw_ids ? 0xff : 'f', sizeof mark);
    c->n_ids = 0;
    for (size_t i = 0; i + n <= request_n && c->n_ids < MAX_IDS; i++) {
        if (memcmp(c->request + i, mark, n) == 0) {
            c->id_at[c->n_ids++] = i;
            i += n - 1;
        }
    }
}

static void prepare(struct connection *c, const char *head, const char *body, size_t body_n)
{
    size_t head_n = strlen(head);

    c->request = malloc(head_n + body_n);
    if (c->request == NULL)
        die("malloc");
    memcpy(c->request, head, head_n);
    memcpy(c->request + head_n, body, body_n);
    find_ids(c, head_n + body_n);
}

static void next_request(struct connection *c)
{
    char id[33];

    weir_new_event_id(id);
    for (size_t i = 0; i < c->n_ids; i++)
        memcpy(c->request + c->id_at[i], id, c->raw_ids ? 16 : 32);
    c->sent = 0;
    c->in_n = 0;
    c->began_us = weir_mono_us();
}

/* 1: a whole answer is there, its status in *ret_status; 0: not yet. */
static int answered(struct connection *c, int *ret_status)
{
    char *end = memmem(c->in, c->in_n, "\r\n\r\n", 4);
    char *length;
    size_t body = 0;

    if (end == NULL)
        return 0;
    length = strcasestr(c->in, "content-length:");
    if (length != NULL && length < end)
        body = strtoul(length + 15, NULL, 10);
    if (c->in_n < (size_t)(end - c->in) + 4 + body)
        return 0;
    *ret_status = (int)strtol(c->in + 9, NULL, 10);
    return 1;
}

static void pump(struct connection *c, size_t request_n)
{
    while (c->sent < request_n) {
        ssize_t n = send(c->fd, c->request + c->sent, request_n - c->sent, MSG_NOSIGNAL);

        if (n < 0 && errno == EAGAIN)
            return;
        if (n < 0)
            die("send");
        c->sent += (size_t)n;
    }
}

static int by_value(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

    return (x > y) - (x < y);
}

static void report(uint64_t good, uint64_t bad, double seconds, uint32_t *samples, size_t n)
{
    qsort(samples, n, sizeof *samples, by_value);
    printf("{\"requests\":%llu,\"refused\":%llu,\"seconds\":%.3f,\"per_second\":%.0f,"
           "\"p50_us\":%u,\"p99_us\":%u}\n",
           (unsigned long long)good, (unsigned long long)bad, seconds, (double)good / seconds,
           n > 0 ? samples[n / 2] : 0, n > 0 ? samples[n - 1 - n / 100] : 0);
}

static int http_load(int port, int connections, double seconds, const char *path, bool otlp)
{
    static const char envelope[] = "/api/42/envelope/ HTTP/1.1\r\nX-Sentry-Auth: Sentry "
                                   "sentry_key=b70a31b3510c4cf793964a185cfe1fd0";
    static const char traces[] = "/v1/traces HTTP/1.1\r\nContent-Type: application/x-protobuf";
    static struct connection all[MAX_CONNECTIONS];
    size_t body_n, request_n, n_samples = 0;
    char *body = read_file(path, &body_n), head[256];
    uint32_t *samples = malloc(MAX_SAMPLES * sizeof *samples);
    uint64_t good = 0, bad = 0, start = weir_mono_us(), end = start + (uint64_t)(seconds * 1e6);
    int ep = epoll_create1(0);

    if (connections < 1 || connections > MAX_CONNECTIONS || samples == NULL)
        return 2;
    snprintf(head, sizeof head, "POST %s\r\nHost: x\r\nContent-Length: %zu\r\n\r\n",
             otlp ? traces : envelope, body_n);
    request_n = strlen(head) + body_n;
    for (int i = 0; i < connections; i++) {
        struct sockaddr_in to;
        struct connection *c = &all[i];
        struct epoll_event ev = {.events = EPOLLIN, .data.ptr = c};
        int one = 1;

        c->fd = loopback(SOCK_STREAM, port, &to);
        if (connect(c->fd, (struct sockaddr *)&to, sizeof to) != 0)
            die("connect");
        fcntl(c->fd, F_SETFL, O_NONBLOCK);
        setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        c->raw_ids = otlp;
        prepare(c, head, body, body_n);
        epoll_ctl(ep, EPOLL_CTL_ADD, c->fd, &ev);
        next_request(c);
        pump(c, request_n);
    }
    while (weir_mono_us() < end) {
        struct epoll_event events[64];
        int n = epoll_wait(ep, events, 64, 100);

        for (int i = 0; i < n; i++) {
            struct connection *c = events[i].data.ptr;
            ssize_t got = recv(c->fd, c->in + c->in_n, sizeof c->in - 1 - c->in_n, 0);
            int status;

            if (got <= 0)
                die("recv");
            c->in_n += (size_t)got;
            c->in[c->in_n] = '\0';
            if (!answered(c, &status))
                continue;
            if (status == 200)
                good++;
            else
                bad++;
            if (n_samples < MAX_SAMPLES)
                samples[n_samples++] = (uint32_t)(weir_mono_us() - c->began_us);
            next_request(c);
            pump(c, request_n);
        }
    }
    report(good, bad, (double)(weir_mono_us() - start) / 1e6, samples, n_samples);
    return 0;
}

/* ---- udp ----------------------------------------------------------------- */

static int udp_load(int port, double per_second, double seconds, const char *path)
{
    size_t n;
    char *body = read_file(path, &n);
    struct sockaddr_in to;
    int fd = loopback(SOCK_DGRAM, port, &to);
    uint64_t start = weir_mono_us(), sent = 0, failed = 0;
    double elapsed;

    while ((elapsed = (double)(weir_mono_us() - start) / 1e6) < seconds) {
        uint64_t due = (uint64_t)(elapsed * per_second);

        for (; sent + failed < due; sent++) {
            if (sendto(fd, body, n, 0, (struct sockaddr *)&to, sizeof to) < 0)
                failed++;
        }
        usleep(200);
    }
    printf("{\"datagrams\":%llu,\"failed\":%llu,\"seconds\":%.3f}\n", (unsigned long long)sent,
           (unsigned long long)failed, elapsed);
    return 0;
}

/* ---- sink ---------------------------------------------------------------- */

struct peer {
    int fd;
    size_t need; /* body bytes still to come */
    char in[65536];
    size_t n;
};

/* Consumes what is there; one answer for each whole request. */
static bool sink_read(struct peer *p)
{
    static const char ok[] = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: "
                             "2\r\n\r\n{}";
    ssize_t got = recv(p->fd, p->in + p->n, sizeof p->in - p->n, 0);

    if (got <= 0)
        return got < 0 && errno == EAGAIN;
    p->n += (size_t)got;
    for (;;) {
        char *end, *length;
        size_t head, body = 0;

        if (p->need > 0) {
            size_t take = p->need < p->n ? p->need : p->n;

            p->need -= take;
            p->n -= take;
            memmove(p->in, p->in + take, p->n);
            if (p->need > 0)
                return true;
            if (send(p->fd, ok, sizeof ok - 1, MSG_NOSIGNAL) < 0)
                return false;
        }
        end = memmem(p->in, p->n, "\r\n\r\n", 4);
        if (end == NULL)
            return p->n < sizeof p->in;
        head = (size_t)(end - p->in) + 4;
        *end = '\0';
        length = strcasestr(p->in, "content-length:");
        if (length != NULL)
            body = strtoul(length + 15, NULL, 10);
        p->n -= head;
        memmove(p->in, p->in + head, p->n);
        p->need = body;
        if (body == 0 && send(p->fd, ok, sizeof ok - 1, MSG_NOSIGNAL) < 0)
            return false;
    }
}

static void sink(int port)
{
    struct sockaddr_in at;
    int one = 1, ep = epoll_create1(0), fd = loopback(SOCK_STREAM, port, &at);
    struct epoll_event ev = {.events = EPOLLIN, .data.ptr = NULL};

    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (bind(fd, (struct sockaddr *)&at, sizeof at) != 0 || listen(fd, 128) != 0)
        die("listen");
    epoll_ctl(ep, EPOLL_CTL_ADD, fd, &ev);
    for (;;) {
        struct epoll_event events[64];
        int n = epoll_wait(ep, events, 64, -1);

        for (int i = 0; i < n; i++) {
            struct peer *p = events[i].data.ptr;

            if (p == NULL) {
                p = calloc(1, sizeof *p);
                if (p == NULL || (p->fd = accept4(fd, NULL, NULL, SOCK_NONBLOCK)) < 0)
                    die("accept");
                setsockopt(p->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
                ev.data.ptr = p;
                epoll_ctl(ep, EPOLL_CTL_ADD, p->fd, &ev);
            } else if (!sink_read(p)) {
                close(p->fd);
                free(p);
            }
        }
    }
}

int main(int argc, char **argv)
{
    if (argc == 6 && (strcmp(argv[1], "http") == 0 || strcmp(argv[1], "otlp") == 0))
        return http_load((int)strtol(argv[2], NULL, 10), (int)strtol(argv[3], NULL, 10),
                         strtod(argv[4], NULL), argv[5], argv[1][0] == 'o');
    if (argc == 6 && strcmp(argv[1], "udp") == 0)
        return udp_load((int)strtol(argv[2], NULL, 10), strtod(argv[3], NULL),
                        strtod(argv[4], NULL), argv[5]);
    if (argc == 3 && strcmp(argv[1], "sink") == 0)
        sink((int)strtol(argv[2], NULL, 10));
    fputs(
        "usage: load http|otlp PORT CONNECTIONS SECONDS BODY | udp PORT PER_SECOND SECONDS BODY | "
        "sink PORT\n",
        stderr);
    return 2;
}
