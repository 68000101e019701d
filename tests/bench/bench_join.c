/* bench_join.c - what putting spans together costs.
 *
 *   bench_join [DIR]
 *
 * CPU microseconds (all threads: commit of the fragments, join, commit of what
 * they make) for a span, and those of join's thread alone: requests of 20
 * spans of one trace, 12 attributes each, two requests a trace, gzip. The
 * spool is on disk in DIR (default the current one). */
#include "weir/clock.h"
#include "weir/join.h"
#include "weir/metrics.h"

#include <dirent.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

enum { SPANS = 20, TRACES = 2000, BATCH = 50 };

static struct weir_spool *spool;
static struct weir_join *joiner;
static struct weir_mailbox box;
static struct weir_arena arena;

static void check(int err, const char *what)
{
    if (err != 0) {
        fprintf(stderr, "bench_join: %s: %s\n", what, weir_strerror(err));
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

static void ready(void *self, uint64_t slots)
{
    (void)self, (void)slots;
}

static void staged(void *self, const struct weir_staged *rows, size_t n)
{
    (void)self;
    weir_join_note(joiner, rows, n);
}

/* One fragment: the children of a trace, or its last ones and the root. */
static struct weir_str fragment(const char *trace, int half)
{
    struct weir_buf b;
    struct weir_str payload, items;

    weir_buf_init(&b, &arena, 64 * 1024);
    weir_buf_add(&b, WEIR_S("{\"items\":["));
    for (int i = 0; i < SPANS; i++) {
        bool root = half == 1 && i == SPANS - 1;

        weir_buf_printf(
            &b,
            "%s{\"trace_id\":\"%s\",\"span_id\":\"%016x\",\"start\":1700000000.100000,"
            "\"end\":1700000000.%06d,\"service\":\"shop\",\"op\":\"db\",\"description\":"
            "\"SELECT * FROM cart WHERE id = ?\",\"status\":\"ok\",\"data\":{",
            i > 0 ? "," : "", trace, half * SPANS + i + 1, 200000 + i);
        for (int k = 0; k < 12; k++)
            weir_buf_printf(&b, "%s\"db.attribute.%d\":\"value %d of it\"", k > 0 ? "," : "", k, k);
        weir_buf_printf(&b, root ? "}}" : "},\"parent_span_id\":\"%016x\"}", 2 * SPANS);
    }
    weir_buf_add(&b, WEIR_S("]}"));
    check(weir_buf_str(&b, &payload), "payload");
    items = weir_arena_printf(&arena, "{\"type\":\"native_span\",\"length\":%zu}\n%.*s\n",
                              payload.n, WEIR_FMT(payload));
    return items;
}

static void commit(unsigned slot, int first)
{
    static struct weir_delivery list[BATCH];
    struct weir_append op = {
        .op = {.kind = WEIR_OP_APPEND, .reply = &box}, .deliveries = list, .n = BATCH};
    struct pollfd fd = {.fd = box.event_fd, .events = POLLIN};

    for (int i = 0; i < BATCH; i++) {
        struct weir_str trace = weir_arena_printf(&arena, "%032x", (first + i) / 2 + 1);

        list[i] = (struct weir_delivery){.fate = WEIR_FATE_STAGE,
                                         .type = WEIR_ITEM_NATIVE_SPAN,
                                         .category = WEIR_CAT_SPAN,
                                         .project = WEIR_S("42"),
                                         .key = WEIR_S("k"),
                                         .trace_id = trace,
                                         .header = WEIR_S("{}"),
                                         .n_spans = SPANS,
                                         .received_ms = weir_wall_ms(),
                                         .destinations = (uint64_t)1 << slot};
        check(weir_delivery_encode(&list[i], &arena, WEIR_GZIP, fragment(trace.p, (first + i) % 2),
                                   false),
              "encode");
    }
    check(weir_spool_submit(spool, &op.op), "submit");
    while (weir_mailbox_take(&box) == NULL)
        (void)poll(&fd, 1, 1000);
    check(op.op.result, "commit");
}

/* What the scheduler gave join's thread: the first number of its schedstat. */
static double join_us(void)
{
    DIR *tasks = opendir("/proc/self/task");
    double us = 0;

    for (struct dirent *e; tasks != NULL && (e = readdir(tasks)) != NULL;) {
        char path[300], name[32] = "";
        unsigned long long ns = 0;
        FILE *f;

        snprintf(path, sizeof path, "/proc/self/task/%s/comm", e->d_name);
        if ((f = fopen(path, "r")) == NULL)
            continue;
        if (fgets(name, sizeof name, f) == NULL)
            name[0] = '\0';
        fclose(f);
        snprintf(path, sizeof path, "/proc/self/task/%s/schedstat", e->d_name);
        if (strcmp(name, "weir-join\n") != 0 || (f = fopen(path, "r")) == NULL)
            continue;
        if (fscanf(f, "%llu", &ns) == 1)
            us = (double)ns / 1e3;
        fclose(f);
    }
    if (tasks != NULL)
        closedir(tasks);
    return us;
}

int main(int argc, char **argv)
{
    char directory[512];
    struct weir_errors errors;
    struct weir_snapshot *snapshot;
    struct weir_arena config_arena;
    struct weir_spool_options o = {.durability_commit = true,
                                   .max_bytes = (uint64_t)1 << 30,
                                   .ttl_ms = 86400000,
                                   .on_ready = ready,
                                   .on_staged = staged};
    struct weir_spool_gauges g;
    double before, encode, total, thread;
    unsigned slot;

    snprintf(directory, sizeof directory, "%s/bench-join-XXXXXX", argc > 1 ? argv[1] : ".");
    if (mkdtemp(directory) == NULL)
        return 1;
    check(weir_metrics_init(1000, NULL, 0), "metrics");
    weir_metrics_thread();
    weir_arena_init(&arena, (size_t)1 << 30);
    weir_arena_init(&config_arena, 1 << 20);
    weir_errors_init(&errors, &config_arena);
    check(weir_snapshot_parse(WEIR_S("traces: {wait: 100ms}\n"
                                     "breadcrumbs: {traces: 1000000}\n"
                                     "destinations: [{name: main, dsn: 'http://k@127.0.0.1:1/1'}]"),
                              WEIR_S("bench"), &errors, &snapshot),
          "configuration");
    slot = snapshot->config.destinations[0].slot;
    o.path = directory;
    o.config = &snapshot->config;
    check(weir_mailbox_init(&box), "mailbox");
    check(weir_spool_open(&o, &spool), "open");
    check(weir_join_new(spool, weir_current_new(snapshot), &joiner), "join");
    check(weir_spool_start(spool), "start");
    check(weir_join_start(joiner), "start");
    before = cpu_us();
    for (int i = 0; i < 2 * TRACES; i += BATCH) /* what the pipeline would do: left out */
        for (int k = 0; k < BATCH; k++) {
            struct weir_delivery d = {.fate = WEIR_FATE_STAGE};
            struct weir_str trace = weir_arena_printf(&arena, "%032x", i + k);

            check(weir_delivery_encode(&d, &arena, WEIR_GZIP, fragment(trace.p, k % 2), false), "");
            if (k == BATCH - 1)
                weir_arena_reset(&arena);
        }
    encode = cpu_us() - before;
    before = cpu_us();
    for (int i = 0; i < 2 * TRACES; i += BATCH) {
        commit(slot, i);
        weir_arena_reset(&arena);
    }
    do {
        usleep(2000);
        weir_spool_gauges(spool, slot, &g);
    } while (g.rows[WEIR_ROW_STAGED] > 0);
    total = cpu_us() - before - encode;
    thread = join_us();
    printf("%d spans in %d requests of %d to %llu transactions\n", 2 * TRACES * SPANS, 2 * TRACES,
           SPANS, (unsigned long long)g.rows[WEIR_ROW_READY]);
    printf("all threads, without what the pipeline does: %.2f us a span\n",
           total / (2 * TRACES * SPANS));
    printf("join's thread: %.2f us a span\n", thread / (2 * TRACES * SPANS));
    weir_join_stop(joiner);
    weir_spool_stop(spool);
    weir_join_free(joiner);
    weir_spool_close(spool);
    snprintf(directory + strlen(directory), sizeof directory - strlen(directory), "/weir.db");
    (void)unlink(directory);
    return 0;
}
