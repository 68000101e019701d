/* memory.c - spool.type memory: the same database without a file.
 *
 * SQLite keeps its pages in memory, so that every rule of the spool is one
 * piece of code for both. Readers share the writer's connection and take
 * turns with it by a lock, since a transaction that is not committed yet must
 * not be seen. Blobs are memfds. Nothing outlives the process. */
#include "blobs.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

struct weir_memory_blob {
    struct weir_memory_blob *next;
    char name[40];
    int fd;
};

int weir_memory_blob_create(struct weir_spool *s, const char *name, int *ret_fd)
{
    struct weir_memory_blob *b = calloc(1, sizeof *b);
    int fd = b != NULL ? memfd_create("weir-blob", MFD_CLOEXEC) : -1;
    /* The writer closes its descriptor; ours keeps the memory. */
    int writer = fd >= 0 ? fcntl(fd, F_DUPFD_CLOEXEC, 0) : -1;

    if (writer < 0) {
        if (fd >= 0)
            close(fd);
        free(b);
        return WEIR_EIO;
    }
    snprintf(b->name, sizeof b->name, "%s", name);
    b->fd = fd;
    pthread_mutex_lock(&s->blob_lock);
    b->next = s->memory_blobs;
    s->memory_blobs = b;
    pthread_mutex_unlock(&s->blob_lock);
    *ret_fd = writer;
    return 0;
}

static struct weir_memory_blob **find(struct weir_spool *s, const char *name)
{
    struct weir_memory_blob **at = &s->memory_blobs;

    while (*at != NULL && strcmp((*at)->name, name) != 0)
        at = &(*at)->next;
    return at;
}

int weir_memory_blob_open(struct weir_spool *s, const char *name, int *ret_fd)
{
    struct weir_memory_blob *b;
    char path[64];
    int fd = -1;

    pthread_mutex_lock(&s->blob_lock);
    if ((b = *find(s, name)) != NULL) {
        /* Opened anew, because a duplicate would share its position. */
        snprintf(path, sizeof path, "/proc/self/fd/%d", b->fd);
        fd = open(path, O_RDONLY | O_CLOEXEC);
    }
    pthread_mutex_unlock(&s->blob_lock);
    if (fd < 0)
        return b == NULL ? WEIR_ENOTFOUND : WEIR_EIO;
    *ret_fd = fd;
    return 0;
}

void weir_memory_blob_delete(struct weir_spool *s, const char *name)
{
    struct weir_memory_blob **at, *b;

    pthread_mutex_lock(&s->blob_lock);
    at = find(s, name);
    if ((b = *at) != NULL)
        *at = b->next;
    pthread_mutex_unlock(&s->blob_lock);
    if (b != NULL)
        close(b->fd);
    free(b);
}

void weir_memory_blob_free_all(struct weir_spool *s)
{
    while (s->memory_blobs != NULL) {
        struct weir_memory_blob *b = s->memory_blobs;

        s->memory_blobs = b->next;
        close(b->fd);
        free(b);
    }
}
