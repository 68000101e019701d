/* open.c - the spool's life: directory, lock, database, blobs.
 *
 *   <path>/           0700
 *     lock            flock(2) by the process that writes
 *     weir.db(-wal)   0600
 *     blobs/          items too large for a row
 *
 * Everything in it was scrubbed, and is nobody's business still. */
#include "blobs.h"
#include "ledger.h"
#include "recover.h"
#include "rows.h"

#include "weir/clock.h"
#include "weir/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static int refuse(const char *what, const char *path)
{
    weir_log(WEIR_ERROR, what, "path", path, "error", strerror(errno), NULL);
    return WEIR_EIO;
}

/* mkdir -p with 0700; the last one is made private when it is ours. */
static int make_directory(const char *path)
{
    char part[4096];
    size_t n = strlen(path);

    if (n == 0 || n >= sizeof part)
        return WEIR_EINVAL;
    for (size_t i = 1; i <= n; i++) {
        if (path[i] != '/' && path[i] != '\0')
            continue;
        memcpy(part, path, i);
        part[i] = '\0';
        if (mkdir(part, 0700) != 0 && errno != EEXIST)
            return refuse("cannot make the spool directory", part);
    }
    return 0;
}

static int open_directory(struct weir_spool *s)
{
    int err = make_directory(s->path);

    if (err != 0)
        return err;
    s->dir_fd = open(s->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (s->dir_fd < 0)
        return refuse("cannot open the spool directory", s->path);
    (void)fchmod(s->dir_fd, 0700);
    s->lock_fd = openat(s->dir_fd, "lock", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (s->lock_fd < 0)
        return refuse("cannot write in the spool directory", s->path);
    if (flock(s->lock_fd, LOCK_EX | LOCK_NB) != 0)
        return errno == EWOULDBLOCK ? WEIR_EBUSY : refuse("cannot lock the spool", s->path);
    if (weir_blobs_open(s) != 0)
        return refuse("cannot make the directory of blobs in", s->path);
    return 0;
}

static int copy_paths(struct weir_spool *s, const char *path)
{
    size_t room = strlen(path) + sizeof "/weir.db";

    s->path = strdup(path);
    s->db_path = malloc(room);
    if (s->path == NULL || s->db_path == NULL)
        return WEIR_ENOMEM;
    snprintf(s->db_path, room, "%s/weir.db", path);
    return 0;
}

static void take_options(struct weir_spool *s, const struct weir_spool_options *o)
{
    s->memory = o->memory;
    s->full_sync = o->durability_commit;
    s->settings.ttl_ms = o->ttl_ms;
    s->settings.max_bytes = o->max_bytes;
    s->settings.drop_oldest = o->drop_oldest;
    weir_ledger_shares(&s->settings, o->config);
    s->on_ready = o->on_ready;
    s->on_staged = o->on_staged;
    s->self = o->self;
}

/* Above every id that was ever given out, as far as the file knows. */
static void find_next_id(struct weir_spool *s)
{
    int64_t reserved = weir_db_number(&s->db, "SELECT value FROM meta WHERE key='next_id'", 1);
    int64_t highest = weir_db_number(&s->db, "SELECT max(id) FROM delivery", 0);

    s->next_id = reserved > highest ? reserved : highest + 1;
    s->id_limit = 0;
}

int weir_open_database(struct weir_spool *s)
{
    int err;

    if (s->memory)
        err = weir_db_open_memory(&s->db, &s->memory_lock);
    else
        err = weir_db_open(&s->db, s->db_path, s->full_sync);
    if (err == 0 && (err = weir_ledger_load(s)) == 0)
        find_next_id(s);
    return err;
}

int weir_spool_open(const struct weir_spool_options *o, struct weir_spool **ret_spool)
{
    struct weir_spool *s = calloc(1, sizeof *s);
    int err;

    if (s == NULL)
        return WEIR_ENOMEM;
    s->dir_fd = s->blobs_fd = s->lock_fd = -1;
    s->wall_ms = weir_wall_ms;
    s->recover_pause_ms = 10000;
    s->commit_series = weir_metric(WEIR_M_COMMIT, NULL, 0);
    pthread_mutex_init(&s->memory_lock, NULL);
    pthread_mutex_init(&s->blob_lock, NULL);
    atomic_init(&s->writable, true);
    for (size_t i = 0; i < WEIR_MAX_DESTINATIONS; i++)
        s->account_of[i] = -1;
    take_options(s, o);
    err = weir_queue_init(&s->queue, WEIR_QUEUE_OPS);
    if (err == 0 && !s->memory && (err = copy_paths(s, o->path)) == 0)
        err = open_directory(s);
    if (err == 0)
        err = s->memory ? weir_open_database(s) : weir_recover_open(s);
    if (err == 0)
        err = weir_blobs_reconcile(s);
    if (err != 0) {
        weir_spool_close(s);
        return err;
    }
    *ret_spool = s;
    return 0;
}

void weir_spool_close(struct weir_spool *s)
{
    if (s == NULL)
        return;
    weir_spool_stop(s);
    weir_db_close(&s->db);
    weir_memory_blob_free_all(s);
    weir_ledger_free(s);
    weir_queue_destroy(&s->queue);
    free(atomic_load(&s->next_settings));
    free(s->staged);
    free(s->unlinks);
    free(s->path);
    free(s->db_path);
    if (s->blobs_fd >= 0)
        close(s->blobs_fd);
    if (s->dir_fd >= 0)
        close(s->dir_fd);
    if (s->lock_fd >= 0)
        close(s->lock_fd); /* and with it the lock, last of all */
    pthread_mutex_destroy(&s->memory_lock);
    pthread_mutex_destroy(&s->blob_lock);
    free(s);
}
