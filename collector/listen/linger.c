/* linger.c - see weir_linger_add() in worker.h. */
#include "worker.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

struct weir_linger {
    struct weir_watch watch;
    struct weir_linger *next;
    int fd; /* -1: ended, freed at the next sweep */
    uint64_t until_ms;
};

static void ready(struct weir_watch *watch)
{
    struct weir_linger *l = (struct weir_linger *)watch;
    char waste[16 * 1024];

    /* A few reads a turn: a fast sender must not hold the worker up. */
    for (int i = 0; i < 8 && l->fd >= 0; i++) {
        ssize_t n = recv(l->fd, waste, sizeof waste, MSG_DONTWAIT);

        if (n > 0)
            continue;
        if (n == 0 || errno != EAGAIN) {
            close(l->fd);
            l->fd = -1;
        }
        return;
    }
}

void weir_linger_add(struct weir_worker *w, int fd)
{
    struct weir_linger *l, **end = &w->lingering;

    if (w->n_lingering >= WEIR_LINGER_MAX)
        return;
    l = calloc(1, sizeof *l);
    if (l == NULL)
        return;
    l->watch.ready = ready;
    l->until_ms = w->now_ms + WEIR_LINGER_MS;
    l->fd = fcntl(fd, F_DUPFD_CLOEXEC, 0);
    if (l->fd < 0 || weir_worker_watch(w, l->fd, &l->watch) != 0) {
        if (l->fd >= 0)
            close(l->fd);
        free(l);
        return;
    }
    while (*end != NULL)
        end = &(*end)->next;
    *end = l;
    w->n_lingering++;
}

void weir_linger_sweep(struct weir_worker *w, uint64_t now_ms)
{
    struct weir_linger **at = &w->lingering;

    while (*at != NULL) {
        struct weir_linger *l = *at;

        if (l->fd >= 0 && l->until_ms > now_ms) {
            at = &l->next;
            continue;
        }
        if (l->fd >= 0)
            close(l->fd);
        *at = l->next;
        free(l);
        w->n_lingering--;
    }
}
