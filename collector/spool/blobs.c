/* blobs.c - the files beside the database. */
#include "blobs.h"

#include "rows.h"

#include "weir/log.h"
#include "weir/text.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

int weir_blobs_open(struct weir_spool *s)
{
    if (mkdirat(s->dir_fd, "blobs", 0700) != 0 && errno != EEXIST)
        return WEIR_EIO;
    s->blobs_fd = openat(s->dir_fd, "blobs", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return s->blobs_fd >= 0 ? 0 : WEIR_EIO;
}

int weir_blobs_create(struct weir_spool *s, char ret_name[40], int *ret_fd)
{
    char name[40] = {0};
    int fd;

    weir_new_event_id(name);
    if (s->memory) {
        if (weir_memory_blob_create(s, name, &fd) != 0)
            return WEIR_EIO;
    } else {
        fd = openat(s->blobs_fd, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
        if (fd < 0)
            return WEIR_EIO;
    }
    memcpy(ret_name, name, sizeof name);
    *ret_fd = fd;
    return 0;
}

/* Names are ours (32 hex); whatever else stands in a row or a delivery must
 * not lead out of the directory. */
static bool name_is_ours(const char *name)
{
    return strspn(name, "0123456789abcdef") == 32 && name[32] == '\0';
}

void weir_blobs_unlink(struct weir_spool *s, const char *name)
{
    if (!name_is_ours(name))
        return;
    if (s->memory)
        weir_memory_blob_delete(s, name);
    else if (unlinkat(s->blobs_fd, name, 0) != 0 && errno != ENOENT)
        weir_log(WEIR_WARN, "cannot delete a blob", "error", strerror(errno), NULL);
}

int weir_spool_blob_fd(struct weir_spool *s, const struct weir_blob *b, int *ret_fd)
{
    int fd;

    if (!name_is_ours(b->name))
        return WEIR_ENOTFOUND;
    if (s->memory)
        return weir_memory_blob_open(s, b->name, ret_fd);
    fd = openat(s->blobs_fd, b->name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return errno == ENOENT ? WEIR_ENOTFOUND : WEIR_EIO;
    *ret_fd = fd;
    return 0;
}

void weir_blob_discard(struct weir_spool *s, const struct weir_blob *b)
{
    if (b->name[0] != '\0')
        weir_blobs_unlink(s, b->name);
}

/* ---- durable before the commit ------------------------------------------ */

int weir_blobs_sync(struct weir_spool *s, const struct weir_blob *b)
{
    int fd, err;

    if (!name_is_ours(b->name))
        return weir_db_note(&s->db, SQLITE_CONSTRAINT);
    if (s->memory)
        return 0;
    fd = openat(s->blobs_fd, b->name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return weir_db_note(&s->db, errno == ENOENT ? SQLITE_CONSTRAINT : SQLITE_IOERR);
    err = s->full_sync && fdatasync(fd) != 0 ? weir_db_note(&s->db, SQLITE_IOERR_FSYNC) : 0;
    close(fd);
    s->blobs_unsynced = true;
    return err;
}

int weir_blobs_sync_dir(struct weir_spool *s)
{
    if (!s->blobs_unsynced)
        return 0;
    s->blobs_unsynced = false;
    if (s->full_sync && fsync(s->blobs_fd) != 0)
        return weir_db_note(&s->db, SQLITE_IOERR_DIR_FSYNC);
    return 0;
}

/* ---- deleted after the commit ------------------------------------------- */

void weir_blobs_unlink_later(struct weir_spool *s, struct weir_str name)
{
    if (name.n >= sizeof s->unlinks[0])
        return;
    if (s->n_unlinks == s->unlinks_room) {
        size_t room = s->unlinks_room > 0 ? 2 * s->unlinks_room : 16;
        char(*more)[40] = realloc(s->unlinks, room * sizeof *more);

        if (more == NULL)
            return; /* the next start removes it */
        s->unlinks = more;
        s->unlinks_room = room;
    }
    memcpy(s->unlinks[s->n_unlinks], name.p, name.n);
    s->unlinks[s->n_unlinks][name.n] = '\0';
    s->n_unlinks++;
}

void weir_blobs_unlink_now(struct weir_spool *s)
{
    for (size_t i = 0; i < s->n_unlinks; i++)
        weir_blobs_unlink(s, s->unlinks[i]);
    s->n_unlinks = 0;
}

/* ---- at the start -------------------------------------------------------- */

static bool has_row(struct weir_spool *s, sqlite3_stmt *st, const char *name)
{
    bool has;

    sqlite3_reset(st);
    sqlite3_bind_text(st, 1, name, -1, SQLITE_STATIC);
    /* In doubt it stays. */
    has = weir_db_step(&s->db, st) != SQLITE_DONE;
    sqlite3_reset(st);
    return has;
}

static int remove_orphans(struct weir_spool *s)
{
    sqlite3_stmt *st = NULL;
    struct dirent *entry;
    int fd = openat(s->dir_fd, "blobs", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
    size_t removed = 0;

    if (dir == NULL ||
        weir_db_note(&s->db, sqlite3_prepare_v2(s->db.handle, "SELECT 1 FROM blob WHERE name=?1",
                                                -1, &st, NULL)) != 0) {
        if (dir != NULL)
            closedir(dir);
        return WEIR_EIO;
    }
    while ((entry = readdir(dir)) != NULL) {
        if (!name_is_ours(entry->d_name) || has_row(s, st, entry->d_name))
            continue;
        weir_blobs_unlink(s, entry->d_name);
        removed++;
    }
    sqlite3_finalize(st);
    closedir(dir);
    if (removed > 0)
        weir_log(WEIR_INFO, "removed blobs that no delivery names", "count",
                 weir_log_num((int64_t)removed), NULL);
    return 0;
}

static bool file_is_whole(const struct weir_spool *s, const char *name, int64_t bytes)
{
    struct stat st;

    return name_is_ours(name) && fstatat(s->blobs_fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
           S_ISREG(st.st_mode) && st.st_size == bytes;
}

static int drop_everywhere(struct weir_spool *s, int64_t id)
{
    for (size_t i = 0; i < s->n_accounts; i++) {
        struct weir_target t;
        int err = weir_rows_find(s, &s->accounts[i], id, &t);

        if (err == WEIR_ENOTFOUND)
            continue;
        if (err != 0 || weir_rows_finish(s, &s->accounts[i], &t, WEIR_DROPPED, "damaged") != 0)
            return WEIR_EIO;
    }
    return 0;
}

/* Rows whose file is gone or cut short: one transaction. */
static int drop_lost(struct weir_spool *s)
{
    sqlite3_stmt *st = NULL;
    int rc = SQLITE_DONE, err;

    if ((err = weir_rows_begin(s)) != 0)
        return err;
    if (weir_db_note(&s->db, sqlite3_prepare_v2(s->db.handle,
                                                "SELECT id, name, encoded_bytes FROM blob"
                                                " WHERE id > ?1 ORDER BY id LIMIT 1",
                                                -1, &st, NULL)) != 0)
        goto fail;
    for (int64_t id = 0;;) {
        bool whole;

        sqlite3_bind_int64(st, 1, id);
        if ((rc = weir_db_step(&s->db, st)) != SQLITE_ROW)
            break;
        id = sqlite3_column_int64(st, 0);
        whole =
            sqlite3_column_type(st, 1) == SQLITE_TEXT &&
            file_is_whole(s, (const char *)sqlite3_column_text(st, 1), sqlite3_column_int64(st, 2));
        sqlite3_reset(st);
        if (!whole && drop_everywhere(s, id) != 0)
            goto fail;
    }
    sqlite3_finalize(st);
    st = NULL;
    if (rc == SQLITE_DONE && weir_rows_commit(s) == 0)
        return 0;
fail:
    sqlite3_finalize(st);
    weir_rows_abandon(s);
    return WEIR_EIO;
}

int weir_blobs_reconcile(struct weir_spool *s)
{
    if (s->memory)
        return 0;
    if (drop_lost(s) != 0)
        return WEIR_EIO;
    return remove_orphans(s);
}
