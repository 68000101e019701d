/* hash_key.c - the key of the hash method, when none is configured.
 *
 * Hashes let two events of one user be recognised, so the key must outlive
 * the process: it is made once and kept beside the spool. Two processes that
 * start at once must end with the same key: each writes a file of its own
 * and links it to the final name, which only one can. */
#include "load.h"

#include "weir/text.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

enum { KEY = 64 /* hex digits */ };

static int make_key(char ret_key[KEY + 1])
{
    uint8_t bytes[KEY / 2];

    if (getrandom(bytes, sizeof bytes, 0) != (ssize_t)sizeof bytes)
        return WEIR_EIO;
    weir_hex(bytes, sizeof bytes, ret_key);
    ret_key[KEY] = '\0';
    return 0;
}

static int read_key(const char *path, char ret_key[KEY + 1])
{
    char text[KEY + 2];
    uint8_t bytes[KEY / 2];
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    ssize_t n;

    if (fd < 0)
        return errno == ENOENT ? WEIR_ENOTFOUND : WEIR_EIO;
    n = read(fd, text, sizeof text);
    close(fd);
    /* With or without a line break at its end. */
    if (n < KEY || (n > KEY && text[KEY] != '\n') ||
        !weir_unhex((struct weir_str){text, KEY}, bytes))
        return WEIR_EINVAL;
    memcpy(ret_key, text, KEY);
    ret_key[KEY] = '\0';
    return 0;
}

/* Each directory of the path that is missing. */
static void make_directories(const char *dir)
{
    char path[4096];
    size_t n = strlen(dir);

    if (n == 0 || n >= sizeof path)
        return;
    memcpy(path, dir, n + 1);
    for (size_t i = 1; i <= n; i++) {
        if (path[i] != '/' && path[i] != '\0')
            continue;
        path[i] = '\0';
        (void)mkdir(path, 0700); /* what matters shows at the next step */
        path[i] = dir[i];
    }
}

static int write_key(const char *path, const char *key)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    bool done;

    if (fd < 0)
        return WEIR_EIO;
    done = write(fd, key, KEY) == KEY && fsync(fd) == 0;
    return close(fd) == 0 && done ? 0 : WEIR_EIO;
}

static int make_and_link(const char *path, const char *own_path)
{
    char key[KEY + 1];
    int err = make_key(key);

    if (err == 0)
        err = write_key(own_path, key);
    /* EEXIST: another process was first, and its key is ours. */
    if (err == 0 && link(own_path, path) != 0 && errno != EEXIST)
        err = WEIR_EIO;
    (void)unlink(own_path);
    return err;
}

int weir_hash_key_keep(const char *spool_dir, char ret_key[65])
{
    char path[4200], own_path[4200];
    int err;

    if (snprintf(path, sizeof path, "%s/hash.key", spool_dir) >= (int)sizeof path ||
        snprintf(own_path, sizeof own_path, "%s/hash.key.%ld", spool_dir, (long)getpid()) >=
            (int)sizeof own_path)
        return WEIR_ELIMIT;
    err = read_key(path, ret_key);
    if (err != WEIR_ENOTFOUND)
        return err;
    make_directories(spool_dir);
    err = make_and_link(path, own_path);
    return err != 0 ? err : read_key(path, ret_key);
}

static char process_key[KEY + 1];

static void make_process_key(void)
{
    if (make_key(process_key) != 0)
        abort(); /* no randomness: no Linux that we can run on */
}

void weir_hash_key_process(char ret_key[65])
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;

    pthread_once(&once, make_process_key);
    memcpy(ret_key, process_key, KEY + 1);
}
