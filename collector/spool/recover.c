/* recover.c - a damaged or foreign file is replaced, at the start or while
 * running.
 *
 *   weir.db             damaged, or no database, or no file at all
 *   weir.db.recovering  the new one, while rows are copied into it
 *   weir.db.recovered   the same, complete
 *   weir.db.damaged-T   what was weir.db, with its -wal: kept for whoever
 *                       wants to look, never read again
 *
 * The process may be killed at any point of this. Until weir.db.recovered
 * exists, weir.db is untouched and the next start begins anew; from then on
 * the next start only finishes the renames. The old write-ahead log must be
 * out of the way before the new file takes its name, since SQLite would play
 * it into that.
 *
 * Damage in the middle of a large file shows only when its page is read, so
 * the start checks small files wholly and of large ones what it reads anyway
 * (both tables of rows, whose sums must balance); the rest is found by whoever
 * meets it, and repaired then. */
#include "recover.h"

#include "ledger.h"

#include "weir/clock.h"
#include "weir/log.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    CHECKED_BYTES = 32 << 20, /* files up to this are checked wholly at start */
    KEPT_FILES = 8            /* of what was set aside; up to three at a time */
};

/* ---- files ------------------------------------------------------------------ */

static bool exists(const struct weir_spool *s, const char *name)
{
    struct stat st;

    return fstatat(s->dir_fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

static int move(const struct weir_spool *s, const char *from, const char *to)
{
    if (renameat(s->dir_fd, from, s->dir_fd, to) == 0 || errno == ENOENT)
        return 0;
    weir_log(WEIR_ERROR, "cannot rename a file of the spool", "from", from, "error",
             strerror(errno), NULL);
    return WEIR_EIO;
}

static void remove_leftovers(const struct weir_spool *s)
{
    (void)unlinkat(s->dir_fd, "weir.db.recovering", 0);
    (void)unlinkat(s->dir_fd, "weir.db.recovering-wal", 0);
    (void)unlinkat(s->dir_fd, "weir.db.recovering-shm", 0);
}

/* A name that is not taken, from the time. */
static void aside_name(const struct weir_spool *s, char ret_name[64])
{
    char text[25], compact[20];
    size_t n = 0;

    weir_rfc3339(s->wall_ms(), text);
    for (size_t i = 0; i < 19; i++) {
        if (text[i] != '-' && text[i] != ':')
            compact[n++] = text[i];
    }
    compact[n] = '\0';
    for (unsigned i = 1; i < 1000; i++) {
        if (i == 1)
            snprintf(ret_name, 64, "weir.db.damaged-%sZ", compact);
        else
            snprintf(ret_name, 64, "weir.db.damaged-%sZ-%u", compact, i);
        if (!exists(s, ret_name))
            return;
    }
}

/* Keeps the latest few of what was set aside: a disk that goes on damaging
 * must not be filled by it as well. The names sort by time. */
static void forget_oldest(const struct weir_spool *s)
{
    for (;;) {
        int fd = openat(s->dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
        const struct dirent *entry;
        char oldest[256] = "";
        unsigned n = 0;

        while (dir != NULL && (entry = readdir(dir)) != NULL) {
            if (strncmp(entry->d_name, "weir.db.damaged-", 16) != 0)
                continue;
            n++;
            if (oldest[0] == '\0' || strcmp(entry->d_name, oldest) < 0)
                snprintf(oldest, sizeof oldest, "%s", entry->d_name);
        }
        if (dir != NULL)
            closedir(dir);
        /* A directory that somebody put in our place stays. */
        if (n <= KEPT_FILES || unlinkat(s->dir_fd, oldest, 0) != 0)
            return;
    }
}

/* The renames after weir.db.recovered is complete. Can be begun again. */
static int swap_in(struct weir_spool *s)
{
    char aside[64], log[72], page[80];

    aside_name(s, aside);
    snprintf(log, sizeof log, "%s-wal", aside);
    snprintf(page, sizeof page, "%s.first-page", aside);
    (void)move(s, "weir.db.first-page", page);
    if (move(s, "weir.db-wal", log) != 0)
        return WEIR_EIO;
    (void)unlinkat(s->dir_fd, "weir.db-shm", 0);
    if (fsync(s->dir_fd) != 0 || move(s, "weir.db", aside) != 0 ||
        move(s, "weir.db.recovered", "weir.db") != 0 || fsync(s->dir_fd) != 0)
        return WEIR_EIO;
    weir_log(WEIR_ERROR, "a damaged or foreign spool was set aside", "file", aside, NULL);
    forget_oldest(s);
    return 0;
}

/* ---- replacing --------------------------------------------------------------- */

static int build(struct weir_spool *s)
{
    char path[4200];
    struct weir_db to;
    int err;

    remove_leftovers(s);
    snprintf(path, sizeof path, "%s.recovering", s->db_path);
    if (weir_db_open(&to, path, true) != 0)
        return WEIR_EIO;
    err = weir_salvage(s->db_path, &to, s->wall_ms());
    /* Closing the last connection takes the log into the file. */
    weir_db_close(&to);
    if (err != 0 || exists(s, "weir.db.recovering-wal")) {
        remove_leftovers(s);
        return WEIR_EIO;
    }
    return move(s, "weir.db.recovering", "weir.db.recovered");
}

static int replace(struct weir_spool *s)
{
    weir_log(WEIR_ERROR, "the spool is damaged or not ours; reading what can be read", NULL);
    if (build(s) == 0 && fsync(s->dir_fd) == 0 && swap_in(s) == 0)
        return weir_open_database(s);
    weir_log(WEIR_ERROR, "cannot replace the damaged spool; is there room on the disk?", NULL);
    return WEIR_EIO;
}

/* Something else than a file where one of ours should be. */
static bool in_the_way(const struct weir_spool *s, const char *name)
{
    struct stat st;

    return fstatat(s->dir_fd, name, &st, 0) == 0 && !S_ISREG(st.st_mode);
}

static bool looks_whole(struct weir_spool *s)
{
    struct stat st;

    /* Every transaction leaves the accounts balanced: if they are not, a
     * number was changed on the disk, or an index no longer fits its table. */
    if (!weir_ledger_balanced(s))
        return false;
    if (fstatat(s->dir_fd, "weir.db", &st, 0) != 0 || st.st_size > CHECKED_BYTES)
        return true;
    return weir_db_is_whole(&s->db);
}

/* SQLite makes the file by the umask; ours is private from its first byte,
 * and what SQLite puts beside it takes its mode. One that is there is not
 * opened: closing it would take away the locks of connections that are. */
static int make_private(const struct weir_spool *s)
{
    int fd = openat(s->dir_fd, "weir.db", O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

    if (fd >= 0) {
        (void)fchmod(fd, 0600);
        close(fd);
        return 0;
    }
    if (errno == EEXIST)
        return 0;
    weir_log(WEIR_ERROR, "cannot write the spool", "path", s->db_path, "error", strerror(errno),
             NULL);
    return WEIR_EIO;
}

int weir_recover_open(struct weir_spool *s)
{
    int err;

    if (exists(s, "weir.db.recovered") && swap_in(s) != 0)
        return WEIR_EIO;
    remove_leftovers(s);
    if (make_private(s) != 0)
        return WEIR_EIO;
    if (in_the_way(s, "weir.db") || in_the_way(s, "weir.db-wal") || in_the_way(s, "weir.db-shm"))
        return replace(s);
    err = weir_open_database(s);
    if (err == 0 && looks_whole(s))
        return 0;
    if (err != 0 && s->db.fault != WEIR_DB_DAMAGED) {
        weir_log(WEIR_ERROR, "cannot open the spool", "path", s->db_path, "error",
                 sqlite3_errstr(s->db.rc), NULL);
        return err;
    }
    weir_db_close(&s->db);
    return replace(s);
}

/* A disk that damages what is written must not make us copy for ever. */
static bool too_soon(struct weir_spool *s)
{
    uint64_t now_ms = weir_mono_ms();

    if (s->recovered_ms != 0 && now_ms - s->recovered_ms < s->recover_pause_ms)
        return true;
    s->recovered_ms = now_ms;
    return false;
}

int weir_recover_reopen(struct weir_spool *s)
{
    int err = too_soon(s) ? WEIR_EIO : weir_recover_open(s);

    if (err == 0) {
        /* Pairs with weir_reader_begin(): the new file is in place. */
        atomic_fetch_add_explicit(&s->generation, 1, memory_order_release);
    } else {
        weir_db_close(&s->db);
        s->db.fault = WEIR_DB_DISK;
    }
    return err;
}

void weir_recover_now(struct weir_spool *s)
{
    if (s->memory || too_soon(s))
        return;
    weir_db_close(&s->db);
    if (replace(s) == 0)
        atomic_fetch_add_explicit(&s->generation, 1, memory_order_release);
    else
        weir_db_close(&s->db);
}
