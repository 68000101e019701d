/* client.h - a small blocking HTTP client: bytes out, one answer in. */
#ifndef WEIR_TEST_LISTEN_CLIENT_H
#define WEIR_TEST_LISTEN_CLIENT_H

#include <arpa/inet.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

struct answer {
    int status; /* 0: the connection ended first; -1: time was up */
    char head[4096], body[16384];
};

static inline int client_open(uint16_t port)
{
    struct sockaddr_in sa = {.sin_family = AF_INET, .sin_port = htons(port)};
    struct timeval t = {.tv_sec = 20};
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    sa.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (fd < 0 || connect(fd, (struct sockaddr *)&sa, sizeof sa) != 0) {
        if (fd >= 0)
            close(fd);
        return -1;
    }
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &t, sizeof t);
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &t, sizeof t);
    return fd;
}

/* False when the other side has closed. */
static inline int client_send(int fd, const void *bytes, size_t n)
{
    const char *p = bytes;

    while (n > 0) {
        ssize_t sent = send(fd, p, n, MSG_NOSIGNAL);

        if (sent <= 0)
            return 0;
        p += sent;
        n -= (size_t)sent;
    }
    return 1;
}

static inline int client_puts(int fd, const char *text)
{
    return client_send(fd, text, strlen(text));
}

static inline const char *client_header(const struct answer *a, const char *name)
{
    static char value[1024];
    size_t n = strlen(name);

    for (const char *line = a->head; line != NULL; line = strstr(line, "\r\n")) {
        line += line[0] == '\r' ? 2 : 0;
        if (strncasecmp(line, name, n) == 0 && line[n] == ':') {
            const char *from = line + n + 1 + strspn(line + n + 1, " ");

            snprintf(value, sizeof value, "%.*s", (int)strcspn(from, "\r"), from);
            return value;
        }
    }
    return NULL;
}

/* One byte at a time up to the end of the head, so that nothing of the next
 * answer is taken. */
static inline int client_read_head(int fd, struct answer *a)
{
    size_t n = 0;

    memset(a, 0, sizeof *a);
    while (n < sizeof a->head - 1) {
        ssize_t got = recv(fd, a->head + n, 1, 0);

        if (got <= 0) {
            a->status = got < 0 && errno == EAGAIN ? -1 : 0;
            return a->status;
        }
        n++;
        if (n >= 4 && memcmp(a->head + n - 4, "\r\n\r\n", 4) == 0)
            break;
    }
    a->status = (int)strtol(a->head + strcspn(a->head, " "), NULL, 10);
    return a->status;
}

static inline int client_read(int fd, struct answer *a, int head_only)
{
    const char *length;
    size_t want, n = 0;

    if (client_read_head(fd, a) <= 0)
        return a->status;
    length = client_header(a, "Content-Length");
    want = length != NULL && !head_only ? strtoul(length, NULL, 10) : 0;
    while (n < want && n < sizeof a->body - 1) {
        ssize_t got = recv(fd, a->body + n, want - n, 0);

        if (got <= 0)
            return a->status = 0;
        n += (size_t)got;
    }
    return a->status;
}

/* A request with a body (may be NULL) on an open connection. `headers` are
 * whole lines. */
static inline int client_ask(int fd, const char *method, const char *path, const char *headers,
                             const void *body, size_t n)
{
    char head[8192];
    int used = snprintf(head, sizeof head, "%s %s HTTP/1.1\r\nHost: x\r\n%s", method, path,
                        headers != NULL ? headers : "");

    if (body != NULL)
        used += snprintf(head + used, sizeof head - (size_t)used, "Content-Length: %zu\r\n", n);
    used += snprintf(head + used, sizeof head - (size_t)used, "\r\n");
    return client_send(fd, head, (size_t)used) && (n == 0 || client_send(fd, body, n));
}

/* All in one on a connection of its own. */
static inline int client_once(uint16_t port, const char *method, const char *path,
                              const char *headers, const char *body, struct answer *ret)
{
    int fd = client_open(port);

    memset(ret, 0, sizeof *ret);
    if (fd < 0)
        return -1;
    client_ask(fd, method, path, headers, body, body != NULL ? strlen(body) : 0);
    client_read(fd, ret, strcmp(method, "HEAD") == 0);
    close(fd);
    return ret->status;
}

#endif
