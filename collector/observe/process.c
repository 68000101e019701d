/* process.c - reads /proc/self/stat (proc(5)): "pid (name) state ...", where
 * the name may hold anything, brackets and blanks too; so fields are counted
 * from the last bracket on. Threads have a line of the same form each; those
 * of one name are added up. */
#include "process.h"

#include "weir/metrics.h"

#include <dirent.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

enum { /* numbers of proc(5), from 1; the name is the second */
       FIELD_UTIME = 14,
       FIELD_STIME = 15,
       FIELD_THREADS = 20,
       FIELD_START = 22,
       FIELD_VSZ = 23,
       FIELD_RSS = 24,
       FIELDS = 25
};

static struct weir_str read_file(const char *path, char *room, size_t n)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t got = fd >= 0 ? read(fd, room, n) : -1;

    if (fd >= 0)
        close(fd);
    return (struct weir_str){room, got > 0 ? (size_t)got : 0};
}

/* The fields of a stat line; those that are no unsigned numbers are 0. */
static bool parse_stat(struct weir_str line, uint64_t ret_fields[FIELDS])
{
    struct weir_str field;
    size_t at = line.n;

    while (at > 0 && line.p[at - 1] != ')')
        at--;
    if (at == 0)
        return false;
    line = weir_str_trim(weir_str_sub(line, at, SIZE_MAX));
    for (size_t i = 3; i < FIELDS; i++) {
        weir_str_cut(line, ' ', &field, &line);
        if (!weir_str_u64(field, &ret_fields[i]))
            ret_fields[i] = 0;
    }
    return line.n > 0;
}

/* When the machine was started, in seconds since 1970; 0: unknown. */
static uint64_t boot_time(void)
{
    static const char key[] = "\nbtime ";
    static _Thread_local char room[1 << 16]; /* interrupts make it long */
    struct weir_str all = read_file("/proc/stat", room, sizeof room), number;
    size_t at = weir_str_find(all, WEIR_S(key));
    uint64_t seconds;

    if (at == SIZE_MAX)
        return 0;
    weir_str_cut(weir_str_sub(all, at + sizeof key - 1, SIZE_MAX), '\n', &number, &all);
    return weir_str_u64(number, &seconds) ? seconds : 0;
}

static double start_time(uint64_t ticks_after_boot, double ticks)
{
    static _Atomic double start; /* it does not change */

    if (start == 0) {
        uint64_t boot = boot_time();

        if (boot == 0)
            return (double)NAN;
        start = (double)boot + (double)ticks_after_boot / ticks;
    }
    return start;
}

static double count_fds(void)
{
    DIR *d = opendir("/proc/self/fd");
    unsigned n = 0;

    if (d == NULL)
        return (double)NAN;
    while (readdir(d) != NULL)
        n++;
    closedir(d);
    return n - 3.0; /* `.`, `..` and the directory itself */
}

/* ---- threads --------------------------------------------------------------- */

enum { THREAD_NAMES = 16, NAME_BYTES = 16 };

struct thread_times {
    char names[THREAD_NAMES][NAME_BYTES];
    uint64_t ticks[THREAD_NAMES];
};

static void add_thread(struct thread_times *t, struct weir_str line)
{
    size_t open = weir_str_find(line, WEIR_S("(")), i = 0;
    uint64_t fields[FIELDS];
    struct weir_str name;

    if (open == SIZE_MAX || !parse_stat(line, fields))
        return;
    (void)weir_str_cut(weir_str_sub(line, open + 1, NAME_BYTES), ')', &name, &line);
    while (i < THREAD_NAMES && t->names[i][0] != '\0' &&
           !weir_str_eq(name, weir_str_of(t->names[i])))
        i++;
    if (i == THREAD_NAMES || name.n >= NAME_BYTES)
        return;
    memcpy(t->names[i], name.p, name.n);
    t->ticks[i] += fields[FIELD_UTIME] + fields[FIELD_STIME];
}

static void collect_threads(double ticks)
{
    DIR *d = opendir("/proc/self/task");
    struct thread_times t = {.ticks = {0}};
    const struct dirent *e;
    char path[64], room[1024];

    while (d != NULL && (e = readdir(d)) != NULL) {
        if (e->d_name[0] == '.' || strlen(e->d_name) > 20)
            continue;
        snprintf(path, sizeof path, "/proc/self/task/%.20s/stat", e->d_name);
        add_thread(&t, read_file(path, room, sizeof room));
    }
    if (d != NULL)
        closedir(d);
    for (size_t i = 0; i < THREAD_NAMES && t.names[i][0] != '\0'; i++)
        weir_gauge_set(weir_metric_of(WEIR_M_THREAD_CPU, t.names[i], NULL),
                       (double)t.ticks[i] / ticks);
}

/* ---- all of it ------------------------------------------------------------- */

static void set(enum weir_metric m, double value)
{
    weir_gauge_set(weir_metric_of(m, NULL), value);
}

void weir_process_collect(void)
{
    uint64_t fields[FIELDS];
    char room[2048];
    struct rlimit limit;
    double ticks = (double)sysconf(_SC_CLK_TCK);

    if (parse_stat(read_file("/proc/self/stat", room, sizeof room), fields)) {
        set(WEIR_M_PROCESS_CPU, (double)(fields[FIELD_UTIME] + fields[FIELD_STIME]) / ticks);
        set(WEIR_M_PROCESS_THREADS, (double)fields[FIELD_THREADS]);
        set(WEIR_M_PROCESS_VSZ, (double)fields[FIELD_VSZ]);
        set(WEIR_M_PROCESS_RSS, (double)fields[FIELD_RSS] * (double)sysconf(_SC_PAGESIZE));
        set(WEIR_M_PROCESS_START, start_time(fields[FIELD_START], ticks));
    }
    collect_threads(ticks);
    set(WEIR_M_PROCESS_FDS, count_fds());
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0)
        set(WEIR_M_PROCESS_MAX_FDS, (double)limit.rlim_cur);
}
