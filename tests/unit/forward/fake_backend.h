/* fake_backend.h - a scripted HTTP/1.1 server on loopback, a thread for each
 * connection. Every request is decoded (with all checksums) and kept. */
#ifndef WEIR_TESTS_FAKE_BACKEND_H
#define WEIR_TESTS_FAKE_BACKEND_H

#include "weir/arena.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

enum { BACKEND_REQUESTS = 8192, BACKEND_BODY = 8 << 20 };

struct request {
    char path[128], auth[256], agent[64], encoding[16];
    char *body; /* decoded */
    size_t n;
    int number; /* of the event id; -1: none */
};

struct reply {
    int status;
    const char *headers; /* "Name: value\r\n"... */
    const char *body;
    int delay_ms;
    const char *raw; /* instead of all this; "" closes at once */
};

struct backend {
    pthread_t thread;
    int listener;
    unsigned port;
    atomic_bool stop;
    /* Called under the lock, on the connection's thread. */
    void (*script)(struct backend *b, const struct request *r, struct reply *reply);
    int knob; /* for the script */
    pthread_mutex_t lock;
    struct request *requests;
    size_t n;
    atomic_int connections, accepted;
    bool undecodable;
};

static bool inflate_body(struct request *r, const char *in, size_t n)
{
    z_stream z = {.next_in = (Bytef *)(uintptr_t)in, .avail_in = (uInt)n};
    char *out = malloc(BACKEND_BODY);
    int rc;

    inflateInit2(&z, 15 + 16);
    z.next_out = (Bytef *)out;
    z.avail_out = BACKEND_BODY;
    rc = inflate(&z, Z_FINISH); /* checks CRC and length */
    r->body = out;
    r->n = BACKEND_BODY - z.avail_out;
    inflateEnd(&z);
    return rc == Z_STREAM_END && z.avail_in == 0;
}

static bool zstd_body(struct request *r, const char *in, size_t n)
{
    char *out = malloc(BACKEND_BODY);
    size_t got = ZSTD_decompress(out, BACKEND_BODY, in, n);

    r->body = out;
    r->n = ZSTD_isError(got) ? 0 : got;
    return !ZSTD_isError(got);
}

static bool decode_body(struct request *r, const char *in, size_t n)
{
    if (strcmp(r->encoding, "gzip") == 0)
        return inflate_body(r, in, n);
    if (strcmp(r->encoding, "zstd") == 0)
        return zstd_body(r, in, n);
    r->body = malloc(n + 1);
    memcpy(r->body, in, n);
    r->n = n;
    return true;
}

static void header_value(const char *head, const char *name, char *ret, size_t room)
{
    const char *line = strcasestr(head, name);

    ret[0] = '\0';
    if (line != NULL)
        snprintf(ret, room, "%.*s", (int)strcspn(line + strlen(name), "\r"), line + strlen(name));
}

static int event_number(const struct request *r)
{
    static const char key[] = "\"event_id\":\"";
    const char *at = r->n > 0 ? memmem(r->body, r->n, key, sizeof key - 1) : NULL;
    unsigned number;

    return at != NULL && sscanf(at + sizeof key - 1 + 24, "%8x", &number) == 1 ? (int)number : -1;
}

/* Reads one request; false at the end of the connection. */
static bool read_request(int fd, char *buf, size_t *n, struct request *r, bool *bad)
{
    char *end, length[32], *body;
    size_t want;

    for (;;) {
        ssize_t got;

        buf[*n] = '\0';
        end = memmem(buf, *n, "\r\n\r\n", 4);
        if (end != NULL) {
            header_value(buf, "\ncontent-length: ", length, sizeof length);
            want = (size_t)(end - buf) + 4 + (size_t)strtoul(length, NULL, 10);
            if (*n >= want)
                break;
        }
        got = recv(fd, buf + *n, BACKEND_BODY - *n - 1, 0);
        if (got <= 0)
            return false;
        *n += (size_t)got;
    }
    memset(r, 0, sizeof *r);
    *end = '\0';
    body = end + 4;
    sscanf(buf, "POST %127s", r->path);
    header_value(buf, "\nx-sentry-auth: ", r->auth, sizeof r->auth);
    header_value(buf, "\nuser-agent: ", r->agent, sizeof r->agent);
    header_value(buf, "\ncontent-encoding: ", r->encoding, sizeof r->encoding);
    *bad = !decode_body(r, body, want - (size_t)(body - buf));
    r->number = event_number(r);
    memmove(buf, buf + want, *n - want);
    *n -= want;
    return true;
}

struct connection {
    struct backend *b;
    int fd;
};

static void send_reply(int fd, const struct reply *reply)
{
    const char *body = reply->body != NULL ? reply->body : "{}";
    char *text = NULL;
    int n;

    if (reply->raw != NULL)
        n = asprintf(&text, "%s", reply->raw);
    else
        n = asprintf(&text, "HTTP/1.1 %d X\r\n%sContent-Length: %zu\r\n\r\n%s", reply->status,
                     reply->headers != NULL ? reply->headers : "", strlen(body), body);
    if (send(fd, text, (size_t)n, MSG_NOSIGNAL) < 0)
        (void)0;
    free(text);
}

/* Sleeps in steps, so that a hanging answer ends with the test. */
static void hang(const struct backend *b, int ms)
{
    for (; ms > 0 && !b->stop; ms -= 10)
        usleep(10000);
}

static void *serve(void *self)
{
    struct connection c = *(struct connection *)self;
    char *buf = malloc(BACKEND_BODY);
    size_t n = 0;
    struct request r;
    bool bad;

    free(self);
    while (!c.b->stop && read_request(c.fd, buf, &n, &r, &bad)) {
        struct reply reply = {.status = 200};

        pthread_mutex_lock(&c.b->lock);
        c.b->undecodable |= bad;
        if (c.b->script != NULL)
            c.b->script(c.b, &r, &reply);
        if (c.b->n < BACKEND_REQUESTS)
            c.b->requests[c.b->n++] = r;
        pthread_mutex_unlock(&c.b->lock);
        hang(c.b, reply.delay_ms);
        send_reply(c.fd, &reply);
        if (reply.raw != NULL)
            break;
    }
    close(c.fd);
    free(buf);
    c.b->connections--;
    return NULL;
}

static void *accept_all(void *self)
{
    struct backend *b = self;
    struct timeval patience = {0, 50000};

    while (!b->stop) {
        struct pollfd p = {.fd = b->listener, .events = POLLIN};
        struct connection *c;
        pthread_t thread;
        int fd, one = 1;

        if (poll(&p, 1, 20) <= 0 || (fd = accept(b->listener, NULL, NULL)) < 0)
            continue;
        (void)patience;
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        c = malloc(sizeof *c);
        *c = (struct connection){b, fd};
        b->connections++;
        b->accepted++;
        pthread_create(&thread, NULL, serve, c);
        pthread_detach(thread);
    }
    return NULL;
}

static int listen_on(unsigned *port)
{
    struct sockaddr_in sa = {.sin_family = AF_INET,
                             .sin_port = htons((uint16_t)*port),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof sa;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1;

    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (bind(fd, (struct sockaddr *)&sa, sizeof sa) != 0 || listen(fd, 64) != 0)
        abort();
    getsockname(fd, (struct sockaddr *)&sa, &len);
    *port = ntohs(sa.sin_port);
    return fd;
}

static void backend_start(struct backend *b)
{
    unsigned port = b->port;

    b->stop = false;
    b->listener = listen_on(&port);
    b->port = port;
    if (b->requests == NULL) {
        pthread_mutex_init(&b->lock, NULL);
        b->requests = calloc(BACKEND_REQUESTS, sizeof *b->requests);
    }
    pthread_create(&b->thread, NULL, accept_all, b);
}

/* Only after the forwarder let go of its connections. */
static void backend_stop(struct backend *b)
{
    b->stop = true;
    pthread_join(b->thread, NULL);
    close(b->listener);
    while (b->connections > 0)
        usleep(1000);
}

static void backend_free(struct backend *b)
{
    for (size_t i = 0; i < b->n; i++)
        free(b->requests[i].body);
    free(b->requests);
    b->requests = NULL;
    b->n = 0;
}

static size_t backend_count(struct backend *b)
{
    size_t n;

    pthread_mutex_lock(&b->lock);
    n = b->n;
    pthread_mutex_unlock(&b->lock);
    return n;
}

#endif
