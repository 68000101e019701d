/* detect_path.c - account names in paths: /home/x, /Users/x, C:\Users\x.
 *
 * Separators are / and \, doubled as often as the text was escaped, or
 * percent-encoded. /home and /Users begin a path, or stand behind one of the
 * directories that hold them (/var, /export, /mnt/c, a drive); in
 * example.com/home/page they are an address. On Windows a name may hold
 * blanks when a separator follows. */
#include "detect.h"

#include "chars.h"

enum { MAX_NAME = 64, MAX_BLANKS = 40, MAX_SHARE = 256 /* bytes of a path before Users */ };

/* Length of the separator at `i`, as often as it was escaped; 0: none. */
static size_t separator(const char *p, size_t i, size_t to, bool *ret_back)
{
    static const char *const encoded[] = {"%2f", "%5c", "%252f", "%255c"};
    size_t n = 0;

    if (i >= to)
        return 0;
    *ret_back = p[i] == '\\';
    while (i + n < to && n < 4 && (p[i + n] == '/' || p[i + n] == '\\')) {
        *ret_back = *ret_back && p[i + n] == '\\';
        n++;
    }
    for (size_t k = 0; n == 0 && p[i] == '%' && k < 4; k++)
        if (weir_starts_nocase(p + i, to - i, encoded[k])) {
            *ret_back = encoded[k][strlen(encoded[k]) - 1] == 'c';
            return strlen(encoded[k]);
        }
    return n;
}

static bool separates(const char *p, size_t i, size_t to)
{
    bool back;

    return separator(p, i, to, &back) > 0;
}

/* Not a person: accounts that systems come with. */
static bool system_account(const char *p, size_t n)
{
    static const char *const names[] = {"public",       "shared",    "default", "all",
                                        "default user", "all users", "[user]"};

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strlen(names[i]) == n && weir_starts_nocase(p, n, names[i]))
            return true;
    return false;
}

/* What ends a name, blanks apart. */
static bool ends_name(const char *p, size_t i, size_t to)
{
    return p[i] == '\0' || strchr("\"'<>|:;,?*&()[]{}=\t\r\n", p[i]) != NULL || separates(p, i, to);
}

/* Past the characters of a word from `i` on. */
static size_t name_run(const char *p, size_t i, size_t to)
{
    size_t k = i;

    while (k < to && !ends_name(p, k, to) && p[k] != ' ' && k - i < MAX_NAME)
        k++;
    return k;
}

/* The name that starts at `i` and ends at a separator or at what no name
 * holds. On Windows it may hold blanks when a separator follows. */
static size_t account_end(const char *p, size_t i, size_t to, bool windows)
{
    size_t k = name_run(p, i, to), j;

    /* placeholders of formats: %s, ${HOME}, $USER */
    if (memchr("%$~", p[i], 3) != NULL)
        return i;
    for (j = k; windows && j < to && p[j] == ' ' && j - i < MAX_BLANKS;)
        j = name_run(p, j + 1, to);
    if (j < to && separates(p, j, to))
        k = j;
    while (k > i && p[k - 1] == '.')
        k--;
    return k;
}

/* Is the directory at `k` one that holds homes: its length, 0: no. On Unix
 * /users/17 is a route; only Users is a directory. */
static size_t homes(const char *p, size_t k, size_t to, bool windows, bool drive)
{
    if (to - k > 4 && !windows && memcmp(p + k, "home", 4) == 0)
        return 4;
    if (weir_starts_nocase(p + k, to - k, "users") && (p[k] == 'U' || drive))
        return 5;
    return windows && weir_starts_nocase(p + k, to - k, "documents and settings") ? 22 : 0;
}

/* Is the separator at `i` behind a drive: C:, C%3A? */
static bool drive_before(const char *p, size_t i)
{
    if (i >= 2 && p[i - 1] == ':')
        return weir_is(p[i - 2], WEIR_C_ALPHA) &&
               (i == 2 || !weir_is(p[i - 3], WEIR_C_ALNUM) || weir_escape_before(p, i - 2));
    return i >= 4 && p[i - 3] == '%' && weir_starts_nocase(p + i - 3, 3, "%3a") &&
           weir_is(p[i - 4], WEIR_C_ALPHA);
}

/* Is the word before `i` a directory in which homes are kept, at the begin of
 * a path: /var, /export, /usr, /c, /mnt/c? */
static bool holds_homes(const char *p, size_t i)
{
    static const char *const names[] = {"var",  "export", "usr",     "net", "data",
                                        "host", "rootfs", "Volumes", "nfs"};
    size_t start = i;

    while (start > 0 && i - start < 12 && weir_is(p[start - 1], WEIR_C_ALNUM))
        start--;
    if (start == 0 || p[start - 1] != '/')
        return false;
    if (i - start == 1) /* a drive: /c, /mnt/c, /cygdrive/c */
        return true;
    if (start > 1 && weir_is(p[start - 2], WEIR_C_ALNUM | WEIR_C_HIGH))
        return false;
    for (size_t k = 0; k < sizeof names / sizeof *names; k++)
        if (strlen(names[k]) == i - start && memcmp(p + start, names[k], i - start) == 0)
            return true;
    return false;
}

/* Does the word in which the separator at `i` stands begin with two of them,
 * as \\server\Users? In D:\src\Users\X.cs it is a directory of code. */
static bool share(const char *p, size_t i)
{
    size_t start = i;

    while (start > 0 && i - start < MAX_SHARE && !weir_is(p[start - 1], WEIR_C_SPACE) &&
           strchr("\"'<>|;,=(", p[start - 1]) == NULL)
        start--;
    return i - start < MAX_SHARE && p[start] == '\\';
}

/* A home directory's head whose first separator is at `i`, of `n` bytes: the
 * offset of the name, or 0. */
static size_t home_head(const struct weir_subject *s, size_t i, size_t n, size_t to, bool back,
                        bool *ret_windows)
{
    const char *p = s->p;
    bool drive = drive_before(p, i);
    size_t k = i + n, dir, behind;

    *ret_windows = drive || back;
    dir = k < to ? homes(p, k, to, *ret_windows, drive) : 0;
    /* example.com/home/page is an address; /var/home/x and file:///home/x no */
    if (dir == 0 || (!drive && i > 0 && weir_is(p[i - 1], WEIR_C_ALNUM | WEIR_C_HIGH) &&
                     !weir_escape_before(p, i) && !holds_homes(p, i) && !(back && share(p, i))))
        return 0;
    behind = separator(p, k + dir, to, &back);
    /* more of them than before: the name between two was removed */
    return behind > 0 && behind <= n ? k + dir + behind : 0;
}

WEIR_FINDER(weir_find_userpath)
{
    (void)leaf;
    for (size_t i = from; i + 6 < to; i++) {
        bool windows, back;
        size_t n = separator(s->p, i, to, &back), name, end;

        if (n == 0)
            continue;
        name = home_head(s, i, n, to, back, &windows);
        if (name == 0 || name >= to) {
            i += n - 1;
            continue;
        }
        end = account_end(s->p, name, to, windows);
        if (end > name && !system_account(s->p + name, end - name)) {
            *ret_span = (struct weir_span){name, end};
            return WEIR_FOUND;
        }
    }
    return WEIR_FOUND_NOTHING;
}
