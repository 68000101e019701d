/* bind.c - sockets of the workers. Each has its own on the same address, by
 * SO_REUSEPORT, and the kernel spreads connections and datagrams. */
#include "worker.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void set_port(struct sockaddr_storage *sa, uint16_t port)
{
    if (sa->ss_family == AF_INET)
        ((struct sockaddr_in *)sa)->sin_port = htons(port);
    else
        ((struct sockaddr_in6 *)sa)->sin6_port = htons(port);
}

static int set_up(int fd, const struct sockaddr_storage *sa, socklen_t n, int type)
{
    const int on = 1, large = 8 * 1024 * 1024;

    if (setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on) != 0)
        return -1;
    if (type == SOCK_STREAM)
        setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (sa->ss_family == AF_INET6) /* "[::]" means both, whatever the system's default */
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &(int){0}, sizeof(int));
    if (type == SOCK_DGRAM) {
        /* beyond net.core.rmem_max only with CAP_NET_ADMIN */
        if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &large, sizeof large) != 0)
            setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &large, sizeof large);
        setsockopt(fd, SOL_SOCKET, SO_RXQ_OVFL, &on, sizeof on);
    }
    if (bind(fd, (const struct sockaddr *)sa, n) != 0)
        return -1;
    return type == SOCK_STREAM ? listen(fd, SOMAXCONN) : 0;
}

/* SO_REUSEPORT would let a second weir bind beside a first one, unnoticed.
 * A socket without it tells. */
static int probe(const struct sockaddr_storage *sa, socklen_t n, int type)
{
    const int on = 1;
    int fd = socket(sa->ss_family, type | SOCK_CLOEXEC, 0), err, cause;

    if (fd < 0)
        return -1;
    if (type == SOCK_STREAM) /* connections of before that linger are no reason */
        setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (sa->ss_family == AF_INET6)
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &(int){0}, sizeof(int));
    err = bind(fd, (const struct sockaddr *)sa, n);
    cause = errno;
    close(fd);
    errno = cause;
    return err;
}

int weir_bind(const struct weir_address *a, int type, uint16_t port, struct weir_arena *arena,
              struct weir_str *why, int *ret_fd)
{
    struct sockaddr_storage sa = a->sa;
    char error[128];
    int fd = -1, cause;
    bool first = port == 0;

    if (!first)
        set_port(&sa, port);
    if (!first || probe(&sa, a->sa_len, type) == 0)
        fd = socket(sa.ss_family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd >= 0 && set_up(fd, &sa, a->sa_len, type) == 0) {
        *ret_fd = fd;
        return 0;
    }
    cause = errno;
    if (fd >= 0)
        close(fd);
    *why = weir_arena_printf(
        arena, "%.*s (%s): %s", WEIR_FMT(a->text), type == SOCK_STREAM ? "HTTP" : "UDP",
        cause == EADDRINUSE ? "address in use" : strerror_r(cause, error, sizeof error));
    return WEIR_EIO;
}

uint16_t weir_bound_port(int fd)
{
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
    } sa = {0};
    socklen_t n = sizeof sa;

    if (getsockname(fd, &sa.any, &n) != 0)
        return 0;
    return ntohs(sa.any.sa_family == AF_INET ? sa.v4.sin_port : sa.v6.sin6_port);
}
