/* bench_spool.c - what the spool costs.
 *
 *   bench_spool [DIR] [MIB]
 *
 * CPU microseconds (all threads) for a delivery of 2 KB that is committed, by
 * the number of operations that are queued at once; for one that is read
 * (window of 64) and settled; resident memory with MIB (default 500) of
 * backlog, the time to open that, and the size of the file when it is
 * drained. DIR is on the disk to be measured, default the current one. */
#include "weir/clock.h"
#include "weir/metrics.h"
#include "weir/spool.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

enum { ITEM_BYTES = 2048, WINDOW = 64, MOST = 256 };

static struct weir_spool *spool;
static struct weir_spool_reader *reader;
static struct weir_mailbox box;
static struct weir_append appends[MOST];
static struct weir_delivery deliveries[MOST];
static char bytes[ITEM_BYTES];
static unsigned slot;

static void check(int err, const char *what)
{
    if (err != 0) {
        fprintf(stderr, "bench_spool: %s: %s\n", what, weir_strerror(err));
        exit(1);
    }
}

static double cpu_us(void)
{
    struct rusage u;

    getrusage(RUSAGE_SELF, &u);
    return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) * 1e6 +
           (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec);
}

static double resident_mib(void)
{
    FILE *f = fopen("/proc/self/statm", "r");
    long size = 0, resident = 0;

    if (f == NULL || fscanf(f, "%ld %ld", &size, &resident) != 2)
        resident = 0;
    if (f != NULL)
        fclose(f);
    return (double)resident * (double)sysconf(_SC_PAGESIZE) / (1 << 20);
}

static void open_spool(const char *dir)
{
    struct weir_spool_options o = {.path = dir,
                                   .durability_commit = true,
                                   .max_bytes = (uint64_t)1 << 40,
                                   .ttl_ms = 24 * 3600 * 1000};

    check(weir_spool_open(&o, &spool), "open");
    check(weir_spool_start(spool), "start");
    check(weir_spool_reader_new(spool, &reader), "reader");
}

static void close_spool(void)
{
    weir_spool_reader_free(reader);
    weir_spool_close(spool);
}

/* `n` operations at once, all answered. */
static void round_of(size_t n, size_t each)
{
    size_t left = n;

    for (size_t i = 0; i < n; i++) {
        appends[i].op = (struct weir_op){.kind = WEIR_OP_APPEND, .reply = &box};
        appends[i].deliveries = &deliveries[i];
        appends[i].n = each;
        check(weir_spool_submit(spool, &appends[i].op), "submit");
    }
    while (left > 0) {
        struct pollfd p = {.fd = box.event_fd, .events = POLLIN};
        struct weir_link *link;

        poll(&p, 1, -1);
        for (link = weir_mailbox_take(&box); link != NULL; left--) {
            struct weir_op *op = (struct weir_op *)(void *)link;

            link = link->next;
            check(op->result, "append");
        }
    }
}

static void bench_append(size_t batch)
{
    size_t rounds = batch == 1 ? 2000 : 20000 / batch;
    double start_us = cpu_us();
    uint64_t wall_us = weir_mono_us();

    for (size_t i = 0; i < rounds; i++)
        round_of(batch, 1);
    printf("append, batches of %3zu   %7.2f us CPU   %8.0f /s\n", batch,
           (cpu_us() - start_us) / (double)(rounds * batch),
           (double)(rounds * batch) * 1e6 / (double)(weir_mono_us() - wall_us));
}

static size_t drain(size_t most)
{
    struct weir_settle_row rows[WINDOW];
    struct weir_arena arena;
    size_t all = 0;
    int64_t after = 0;

    weir_arena_init(&arena, 16 << 20);
    while (all < most) {
        struct weir_settle op = {.op = {.kind = WEIR_OP_SETTLE, .reply = &box}, .rows = rows};
        struct pollfd p = {.fd = box.event_fd, .events = POLLIN};
        struct weir_spool_row *window;
        uint64_t next_ms;

        check(weir_spool_window(reader, slot, after, weir_wall_ms(), WINDOW, 1 << 20, true, &arena,
                                &window, &op.n, &next_ms),
              "window");
        if (op.n == 0)
            break;
        for (size_t i = 0; i < op.n; i++)
            rows[i] = (struct weir_settle_row){
                .id = window[i].id, .slot = slot, .what = WEIR_SETTLE_FORWARDED, .reason = ""};
        after = window[op.n - 1].id;
        check(weir_spool_submit(spool, &op.op), "submit");
        do
            poll(&p, 1, -1);
        while (weir_mailbox_take(&box) == NULL);
        check(op.op.result, "settle");
        all += op.n;
        weir_arena_reset(&arena);
    }
    weir_arena_destroy(&arena);
    return all;
}

static void bench_drain(size_t most)
{
    double start_us = cpu_us();
    uint64_t wall_us = weir_mono_us();
    size_t n = drain(most);

    printf("window and settle of %d  %7.2f us CPU   %8.0f /s\n", WINDOW,
           (cpu_us() - start_us) / (double)n, (double)n * 1e6 / (double)(weir_mono_us() - wall_us));
}

static double file_mib(const char *dir)
{
    char path[4200];
    struct stat st = {0};

    snprintf(path, sizeof path, "%s/weir.db", dir);
    (void)stat(path, &st);
    return (double)st.st_size / (1 << 20);
}

static void bench_backlog(const char *dir, size_t mib)
{
    size_t rounds = mib * (1 << 20) / ITEM_BYTES / MOST;
    uint64_t start_us;

    for (size_t i = 0; i < rounds; i++)
        round_of(1, MOST);
    printf("backlog of %zu MiB         %6.1f MiB resident, file %.0f MiB\n", mib, resident_mib(),
           file_mib(dir));
    close_spool();
    start_us = weir_mono_us();
    open_spool(dir);
    printf("opened again in          %7.1f ms, %.1f MiB resident\n",
           (double)(weir_mono_us() - start_us) / 1e3, resident_mib());
    bench_drain(20000);
    printf("  resident after that    %7.1f MiB\n", resident_mib());
    drain(SIZE_MAX);
    sleep(3);
    printf("drained, 3 s later         file %.1f MiB, %.1f MiB resident\n", file_mib(dir),
           resident_mib());
}

int main(int argc, char **argv)
{
    static const size_t batches[] = {1, 8, 64, 256};
    char dir[4000], command[4100];
    size_t mib = argc > 2 ? strtoul(argv[2], NULL, 10) : 500;

    snprintf(dir, sizeof dir, "%s/bench-spool-XXXXXX", argc > 1 ? argv[1] : ".");
    if (mkdtemp(dir) == NULL || weir_metrics_init(1000, NULL, 0) != 0)
        return 1;
    weir_metrics_thread();
    slot = (unsigned)weir_destination_slot(WEIR_S("main"));
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (char)(i * 7919 >> 3);
    for (size_t i = 0; i < MOST; i++)
        deliveries[i] =
            (struct weir_delivery){.type = WEIR_ITEM_EVENT,
                                   .category = WEIR_CAT_ERROR,
                                   .project = WEIR_S("42"),
                                   .key = WEIR_S("0123456789abcdef0123456789abcdef"),
                                   .event_id = WEIR_S("9ec79c33ec9942ab8353589fcb2e04dc"),
                                   .trace_id = WEIR_S("0123456789abcdef0123456789abcdef"),
                                   .header = WEIR_S("{\"event_id\":\"9ec79c33ec9942ab83\"}"),
                                   .items = {bytes, sizeof bytes},
                                   .raw_bytes = sizeof bytes,
                                   .received_ms = weir_wall_ms(),
                                   .destinations = (uint64_t)1 << slot};
    check(weir_mailbox_init(&box), "mailbox");
    open_spool(dir);
    for (size_t i = 0; i < 4; i++)
        bench_append(batches[i]);
    bench_drain(SIZE_MAX);
    bench_backlog(dir, mib);
    close_spool();
    snprintf(command, sizeof command, "rm -rf '%s'", dir);
    return system(command) == 0 ? 0 : 1;
}
