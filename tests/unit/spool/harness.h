/* harness.h - a spool in a directory of its own, operations as plain calls,
 * and the sum that must hold after each of them. */
#ifndef SPOOL_HARNESS_H
#define SPOOL_HARNESS_H

#include "collector/spool/internal.h"

#include "weir/clock.h"
#include "weir/metrics.h"
#include "weir/spool.h"
#include "weir/text.h"

#include <ftw.h>
#include <semaphore.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#pragma GCC diagnostic ignored "-Wunused-function"

/* Before main(): the spool counts from its first moment. */
__attribute__((constructor)) static void start_metrics(void)
{
    if (weir_metrics_init(1000, NULL, 0) != 0)
        abort();
    weir_metrics_thread();
}

/* ---- destinations --------------------------------------------------------- */

static unsigned slot_a(void)
{
    return (unsigned)weir_destination_slot(WEIR_S("main"));
}

static unsigned slot_b(void)
{
    return (unsigned)weir_destination_slot(WEIR_S("second"));
}

static uint64_t bit_a(void)
{
    return (uint64_t)1 << slot_a();
}

static uint64_t bit_b(void)
{
    return (uint64_t)1 << slot_b();
}

/* ---- a world ---------------------------------------------------------------- */

static _Atomic uint64_t fake_now_ms = 1700000000000;

static uint64_t fake_wall_ms(void)
{
    return fake_now_ms;
}

struct world {
    char dir[64];
    bool memory;
    struct weir_config config;
    struct weir_destination destinations[2];
    struct weir_spool *spool;
    struct weir_spool_reader *reader;
    struct weir_arena arena;
    _Atomic uint64_t ready;
    int64_t staged[64];
    _Atomic size_t n_staged;
};

static void world_ready(void *self, uint64_t slots)
{
    atomic_fetch_or(&((struct world *)self)->ready, slots);
}

static void world_staged(void *self, const struct weir_staged *rows, size_t n)
{
    struct world *w = self;

    for (size_t i = 0; i < n; i++)
        w->staged[w->n_staged++ % 64] = rows[i].id;
}

static void world_config(struct world *w, uint64_t max_bytes)
{
    w->destinations[0].name = WEIR_S("main");
    w->destinations[0].slot = slot_a();
    w->destinations[1].name = WEIR_S("second");
    w->destinations[1].slot = slot_b();
    w->destinations[0].max_bytes = w->destinations[1].max_bytes = max_bytes;
    w->config.destinations = w->destinations;
    w->config.n_destinations = 2;
    w->config.spool_max_bytes = 2 * max_bytes;
}

static int world_try_open(struct world *w)
{
    struct weir_spool_options o = {.memory = w->memory,
                                   .path = w->dir,
                                   .durability_commit = true,
                                   .max_bytes = w->config.spool_max_bytes,
                                   .ttl_ms = w->config.spool_ttl_ms,
                                   .drop_oldest = w->config.drop_oldest,
                                   .config = &w->config,
                                   .on_ready = world_ready,
                                   .on_staged = world_staged,
                                   .self = w};
    int err = weir_spool_open(&o, &w->spool);

    if (err == 0) {
        w->spool->wall_ms = fake_wall_ms;
        w->spool->recover_pause_ms = 0;
    }
    return err;
}

static void world_open(struct world *w)
{
    assert_int_equal(world_try_open(w), 0);
    assert_int_equal(weir_spool_start(w->spool), 0);
    assert_int_equal(weir_spool_reader_new(w->spool, &w->reader), 0);
}

static void world_close(struct world *w)
{
    weir_spool_reader_free(w->reader);
    w->reader = NULL;
    weir_spool_close(w->spool);
    w->spool = NULL;
}

static void world_reopen(struct world *w)
{
    world_close(w);
    world_open(w);
}

static void world_prepare(struct world *w, bool memory, uint64_t max_bytes)
{
    memset(w, 0, sizeof *w);
    w->memory = memory;
    snprintf(w->dir, sizeof w->dir, "/tmp/weir-spool-XXXXXX");
    assert_non_null(mkdtemp(w->dir));
    world_config(w, max_bytes);
    weir_arena_init(&w->arena, 256 << 20);
}

static void world_new(struct world *w, bool memory, uint64_t max_bytes)
{
    world_prepare(w, memory, max_bytes);
    world_open(w);
}

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
    (void)st;
    (void)kind;
    (void)ftw;
    return remove(path);
}

static void world_end(struct world *w)
{
    world_close(w);
    nftw(w->dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    weir_arena_destroy(&w->arena);
}

/* ---- operations as calls ----------------------------------------------------- */

static void post(struct weir_op *op)
{
    sem_post(op->owner);
}

static int run_op(struct world *w, struct weir_op *op)
{
    sem_t done;

    sem_init(&done, 0, 0);
    op->owner = &done;
    op->done = post;
    assert_int_equal(weir_spool_submit(w->spool, op), 0);
    while (sem_wait(&done) != 0)
        ;
    sem_destroy(&done);
    return op->result;
}

static struct weir_delivery delivery(uint64_t destinations, const char *items)
{
    return (struct weir_delivery){.fate = WEIR_FATE_SPOOL,
                                  .type = WEIR_ITEM_EVENT,
                                  .category = WEIR_CAT_ERROR,
                                  .project = WEIR_S("42"),
                                  .key = WEIR_S("a1b2"),
                                  .event_id = WEIR_S("9ec79c33ec9942ab8353589fcb2e04dc"),
                                  .header = WEIR_S("{\"event_id\":\"9ec7\"}"),
                                  .encoding = WEIR_NO_COMPRESSION,
                                  .items = weir_str_of(items),
                                  .raw_bytes = strlen(items),
                                  .received_ms = fake_now_ms,
                                  .destinations = destinations};
}

static int append(struct world *w, struct weir_delivery *d, size_t n)
{
    struct weir_append op = {.op.kind = WEIR_OP_APPEND, .deliveries = d, .n = n};

    return run_op(w, &op.op);
}

static int append_text(struct world *w, uint64_t destinations, const char *items)
{
    struct weir_delivery d = delivery(destinations, items);

    return append(w, &d, 1);
}

static int settle(struct world *w, int64_t id, unsigned slot, enum weir_settlement what,
                  uint64_t next_ms, const char *reason)
{
    struct weir_settle_row row = {.id = id,
                                  .slot = slot,
                                  .what = what,
                                  .attempts = 1,
                                  .next_ms = next_ms,
                                  .status = 503,
                                  .reason = reason,
                                  .answer = WEIR_S("no thanks")};
    struct weir_settle op = {.op.kind = WEIR_OP_SETTLE, .rows = &row, .n = 1};

    return run_op(w, &op.op);
}

static size_t dead_op(struct world *w, enum weir_op_kind kind, const int64_t *ids, size_t n,
                      int slot)
{
    struct weir_dead_op op = {.op.kind = kind, .ids = ids, .n = n, .slot = slot};

    assert_int_equal(run_op(w, &op.op), 0);
    return op.done;
}

/* ---- looking ------------------------------------------------------------------ */

static size_t window(struct world *w, unsigned slot, int64_t after_id, struct weir_spool_row **rows)
{
    size_t n = 0;
    uint64_t next_ms;

    assert_int_equal(weir_spool_window(w->reader, slot, after_id, fake_now_ms, 1000, 64 << 20, true,
                                       &w->arena, rows, &n, &next_ms),
                     0);
    return n;
}

static size_t list(struct world *w, enum weir_row_state state, int slot,
                   struct weir_spool_row **rows)
{
    size_t n = 0;

    assert_int_equal(weir_spool_list(w->reader, state, slot, 0, 1000, &w->arena, rows, &n), 0);
    return n;
}

/* The ledger of `slot`; asserts that every account is balanced. */
static struct weir_ledger ledger(struct world *w, unsigned slot)
{
    struct weir_ledger *l = NULL, found = {0};
    size_t n = 0;

    assert_int_equal(weir_spool_ledger(w->reader, &w->arena, &l, &n), 0);
    for (size_t i = 0; i < n; i++) {
        if (l[i].difference != 0)
            print_error("%.*s: difference %lld\n", WEIR_FMT(l[i].destination),
                        (long long)l[i].difference);
        assert_true(l[i].difference == 0);
        if (weir_str_eq(l[i].destination, weir_destination_name(slot)))
            found = l[i];
    }
    return found;
}

/* The value of a line of /metrics, 0 when it is not there. */
static uint64_t metric(struct world *w, const char *series)
{
    struct weir_buf b;
    struct weir_str text;
    size_t at;

    weir_buf_init(&b, &w->arena, 1 << 20);
    assert_int_equal(weir_metrics_write(&b, false), 0);
    assert_int_equal(weir_buf_str(&b, &text), 0);
    at = weir_str_find(text, weir_str_of(series));
    return at == SIZE_MAX ? 0 : strtoull(text.p + at + strlen(series), NULL, 10);
}

#endif
