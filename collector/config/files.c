/* files.c - reading small files whole, and paths. */
#include "load.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *cause(int error)
{
    switch (error) {
    case ENOENT:
        return "no such file";
    case EACCES:
        return "permission denied";
    case ENOTDIR:
        return "a part of its path is no directory";
    default:
        return "the system refuses";
    }
}

/* Reads up to `room` bytes; -1 on error. */
static ssize_t read_all(int fd, char *to, size_t room)
{
    size_t n = 0;

    while (n < room) {
        ssize_t got = read(fd, to + n, room - n);

        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return -1;
        if (got == 0)
            break;
        n += (size_t)got;
    }
    return (ssize_t)n;
}

/* A pipe has no size: it is given the most. */
static size_t room_for(const struct stat *st, size_t max_bytes)
{
    if (S_ISREG(st->st_mode) && st->st_size >= 0 && (uint64_t)st->st_size < max_bytes)
        return (size_t)st->st_size + 1; /* one more shows that it grew */
    return max_bytes + 1;
}

static int read_open(int fd, struct weir_arena *a, size_t max_bytes, struct weir_str *ret_text,
                     const char **why)
{
    struct stat st;
    ssize_t n;
    char *text;

    if (fstat(fd, &st) != 0 || S_ISDIR(st.st_mode)) {
        *why = "it is a directory";
        return WEIR_EINVAL;
    }
    text = weir_arena_alloc(a, room_for(&st, max_bytes) + 1);
    *why = "out of memory";
    if (text == NULL)
        return WEIR_ENOMEM;
    n = read_all(fd, text, room_for(&st, max_bytes));
    if (n < 0) {
        *why = cause(errno);
        return WEIR_EIO;
    }
    if ((size_t)n > max_bytes) {
        *why = "it is larger than such a file may be";
        return WEIR_ELIMIT;
    }
    text[n] = '\0';
    *ret_text = (struct weir_str){text, (size_t)n};
    return 0;
}

int weir_read_file(struct weir_arena *a, struct weir_str path, size_t max_bytes,
                   struct weir_str *ret_text, const char **why)
{
    struct weir_str name = weir_arena_copy(a, path); /* with its NUL */
    int fd, err;

    *why = "the path is empty";
    if (path.n == 0)
        return WEIR_EINVAL;
    *why = "out of memory";
    if (name.p == NULL)
        return WEIR_ENOMEM;
    fd = open(name.p, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (fd < 0) {
        *why = cause(errno);
        return errno == ENOENT ? WEIR_ENOTFOUND : WEIR_EIO;
    }
    err = read_open(fd, a, max_bytes, ret_text, why);
    close(fd);
    return err;
}

struct weir_str weir_resolve_path(struct weir_loader *l, struct weir_str path)
{
    struct weir_str s;

    if (path.n == 0)
        return path;
    if (path.p[0] == '/' || l->directory.n == 0)
        s = weir_arena_copy(l->arena, path);
    else
        s = weir_arena_printf(l->arena, "%.*s/%.*s", WEIR_FMT(l->directory), WEIR_FMT(path));
    l->no_memory |= s.p == NULL;
    return s;
}
