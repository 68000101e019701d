/* Many threads at once, for ThreadSanitizer too: what was answered with 0 is
 * what is counted, and a withdrawn operation is never written. */
#include "harness.h"

#include <poll.h>

enum { MIB = 1 << 20, PRODUCERS = 4, OPS = 400 };

static struct world w;
static _Atomic uint64_t taken, refused, forwarded;
static atomic_bool producing, running;

struct item {
    struct weir_append op;
    struct weir_delivery d;
    bool withdrawn;
};

/* Takes `n` replies and judges them. */
static void collect(struct weir_mailbox *box, size_t n)
{
    while (n > 0) {
        struct pollfd p = {.fd = box->event_fd, .events = POLLIN};
        struct weir_link *link;

        poll(&p, 1, 1000);
        for (link = weir_mailbox_take(box); link != NULL; n--) {
            struct weir_op *op = (struct weir_op *)(void *)link;
            const struct item *it = op->owner;

            link = link->next;
            if (it->withdrawn != (op->result == WEIR_EWITHDRAWN) ||
                (op->result != 0 && op->result != WEIR_EWITHDRAWN))
                abort();
            atomic_fetch_add(op->result == 0 ? &taken : &refused, 1);
        }
    }
}

static void *produce(void *self)
{
    struct item *items = calloc(16, sizeof *items);
    struct weir_mailbox box;

    (void)self;
    weir_metrics_thread();
    if (items == NULL || weir_mailbox_init(&box) != 0)
        abort();
    for (int i = 0; i < OPS / 16; i++) {
        for (int k = 0; k < 16; k++) {
            struct item *it = &items[k];

            *it = (struct item){.d = delivery(bit_a() | (k % 2 ? bit_b() : 0), "some items")};
            it->op = (struct weir_append){
                .op = {.kind = WEIR_OP_APPEND, .patient = k % 3 == 1, .reply = &box, .owner = it},
                .deliveries = &it->d,
                .n = 1};
            if (weir_spool_submit(w.spool, &it->op.op) != 0)
                abort();
        }
        for (int k = 0; k < 16; k += 5)
            items[k].withdrawn = weir_spool_withdraw(&items[k].op.op);
        collect(&box, 16);
    }
    weir_mailbox_destroy(&box);
    free(items);
    weir_metrics_thread_end();
    return NULL;
}

static void *forward(void *self)
{
    struct weir_spool_reader *reader;
    struct weir_arena arena;
    int64_t after = 0;

    (void)self;
    weir_arena_init(&arena, 64 * MIB);
    if (weir_spool_reader_new(w.spool, &reader) != 0)
        abort();
    while (atomic_load(&producing)) {
        struct weir_spool_row *rows;
        size_t n;
        uint64_t next_ms;

        if (weir_spool_window(reader, slot_a(), after, fake_now_ms, 16, MIB, true, &arena, &rows,
                              &n, &next_ms) != 0)
            abort();
        for (size_t i = 0; i < n; i++) {
            after = rows[i].id;
            if (settle(&w, rows[i].id, slot_a(), WEIR_SETTLE_FORWARDED, 0, "") == 0)
                atomic_fetch_add(&forwarded, 1);
        }
        weir_arena_reset(&arena);
    }
    weir_spool_reader_free(reader);
    weir_arena_destroy(&arena);
    return NULL;
}

/* Admin requests, metrics, health, reloads. */
static void *look_on(void *self)
{
    struct weir_arena arena;

    (void)self;
    weir_arena_init(&arena, 64 * MIB);
    while (atomic_load(&running)) {
        struct weir_spool_reader *reader;
        struct weir_spool_gauges g;
        struct weir_ledger *l;
        struct weir_spool_row *rows;
        size_t n;

        if (weir_spool_reader_new(w.spool, &reader) != 0 ||
            weir_spool_ledger(reader, &arena, &l, &n) != 0)
            abort();
        for (size_t i = 0; i < n; i++) {
            if (l[i].difference != 0)
                abort();
        }
        if (weir_spool_list(reader, WEIR_ROW_READY, -1, 0, 10, &arena, &rows, &n) != 0)
            abort();
        weir_spool_reader_free(reader);
        weir_spool_gauges(w.spool, slot_a(), &g);
        (void)weir_spool_full(w.spool, slot_b());
        (void)weir_spool_writable(w.spool);
        (void)weir_spool_last_commit_ms(w.spool);
        weir_spool_reconfigure(w.spool, &w.config);
        weir_arena_reset(&arena);
        usleep(500);
    }
    weir_arena_destroy(&arena);
    return NULL;
}

static void everybody_at_once(bool memory)
{
    pthread_t producers[PRODUCERS], forwarder, onlooker;
    struct weir_ledger l;

    world_new(&w, memory, 64 * MIB);
    taken = refused = forwarded = 0;
    producing = running = true;
    for (int i = 0; i < PRODUCERS; i++)
        assert_int_equal(pthread_create(&producers[i], NULL, produce, NULL), 0);
    assert_int_equal(pthread_create(&forwarder, NULL, forward, NULL), 0);
    assert_int_equal(pthread_create(&onlooker, NULL, look_on, NULL), 0);
    for (int i = 0; i < PRODUCERS; i++)
        pthread_join(producers[i], NULL);
    producing = false;
    pthread_join(forwarder, NULL);
    running = false;
    pthread_join(onlooker, NULL);
    l = ledger(&w, slot_a());
    assert_int_equal(taken + refused, PRODUCERS * (OPS / 16) * 16);
    assert_int_equal(l.count[WEIR_ACCEPTED], taken);
    assert_int_equal(l.count[WEIR_FORWARDED], forwarded);
    assert_int_equal(l.ready, taken - forwarded);
    world_end(&w);
}

static void all_threads_agree_on_the_file(void **state)
{
    (void)state;
    everybody_at_once(false);
}

static void all_threads_agree_in_memory(void **state)
{
    (void)state;
    everybody_at_once(true);
}

static void submit(struct item *it, struct weir_mailbox *box, const char *text, bool patient)
{
    *it = (struct item){.d = delivery(bit_a(), text)};
    it->op = (struct weir_append){
        .op = {.kind = WEIR_OP_APPEND, .patient = patient, .reply = box, .owner = it},
        .deliveries = &it->d,
        .n = 1};
    assert_int_equal(weir_spool_submit(w.spool, &it->op.op), 0);
}

static void what_can_wait_is_committed_though_nothing_else_comes_and_in_order(void **state)
{
    static const char *const texts[] = {"0", "1", "2", "3", "4", "5"};
    struct weir_spool_row *rows;
    struct weir_mailbox box;
    struct item items[6];

    (void)state;
    world_new(&w, false, 64 * MIB);
    assert_int_equal(weir_mailbox_init(&box), 0);
    taken = refused = 0;
    for (int i = 0; i < 3; i++)
        submit(&items[i], &box, texts[i], true);
    collect(&box, 3);
    submit(&items[3], &box, texts[3], true);
    submit(&items[4], &box, texts[4], true);
    submit(&items[5], &box, texts[5], false);
    collect(&box, 3);
    assert_int_equal(taken, 6);
    assert_int_equal(window(&w, slot_a(), 0, &rows), 6);
    for (int i = 0; i < 6; i++)
        assert_true(weir_str_eq(rows[i].delivery.items, weir_str_of(texts[i])));
    weir_mailbox_destroy(&box);
    world_end(&w);
}

static void stopping_commits_what_is_queued(void **state)
{
    struct weir_mailbox box;
    struct item items[50];

    (void)state;
    world_new(&w, false, 64 * MIB);
    assert_int_equal(weir_mailbox_init(&box), 0);
    taken = refused = 0;
    for (int i = 0; i < 50; i++)
        submit(&items[i], &box, "x", i % 2 == 1);
    weir_spool_stop(w.spool);
    collect(&box, 50);
    assert_int_equal(taken, 50);
    world_reopen(&w);
    assert_int_equal(ledger(&w, slot_a()).ready, 50);
    weir_mailbox_destroy(&box);
    world_end(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_threads_agree_on_the_file),
        cmocka_unit_test(all_threads_agree_in_memory),
        cmocka_unit_test(what_can_wait_is_committed_though_nothing_else_comes_and_in_order),
        cmocka_unit_test(stopping_commits_what_is_queued),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
