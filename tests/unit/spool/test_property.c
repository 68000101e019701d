/* Random operations on both back ends: the sum holds after each, what a model
 * says about the rows is what is there, and a restart changes nothing. */
#include "harness.h"

enum { MIB = 1 << 20, STEPS = 600, STEPS_ON_DISK = 200 };

static uint64_t seed;

static uint64_t pick(uint64_t n)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return seed % n;
}

/* What the test knows: counts by destination, without rows pressed out. */
struct model {
    uint64_t accepted[2], forwarded[2], filtered[2], sampled[2];
    int64_t newest;
};

static void count(uint64_t counts[2], uint64_t mask)
{
    counts[0] += (mask & bit_a()) != 0;
    counts[1] += (mask & bit_b()) != 0;
}

static void append_some(struct world *w, struct model *m)
{
    static const char text[4096] = "x";
    struct weir_delivery d[8];
    size_t n = 1 + pick(8);

    for (size_t i = 0; i < n; i++) {
        static const uint64_t masks[] = {1, 2, 3};
        uint64_t mask = masks[pick(3)];

        mask = (mask & 1 ? bit_a() : 0) | (mask & 2 ? bit_b() : 0);
        d[i] = delivery(mask, "");
        d[i].items = (struct weir_str){text, pick(sizeof text)};
        d[i].type = pick(2) ? WEIR_ITEM_EVENT : WEIR_ITEM_TRANSACTION;
        d[i].trace_id = WEIR_S("0123456789abcdef0123456789abcdef");
        d[i].fate = pick(6) == 0   ? WEIR_FATE_STAGE
                    : pick(8) == 0 ? WEIR_FATE_FILTERED
                    : pick(8) == 0 ? WEIR_FATE_SAMPLED
                                   : WEIR_FATE_SPOOL;
        d[i].reason = "random";
    }
    if (append(w, d, n) != 0)
        return; /* full: nothing of it was written */
    for (size_t i = 0; i < n; i++) {
        count(m->accepted, d[i].destinations);
        if (d[i].fate == WEIR_FATE_FILTERED)
            count(m->filtered, d[i].destinations);
        if (d[i].fate == WEIR_FATE_SAMPLED)
            count(m->sampled, d[i].destinations);
    }
}

static void settle_some(struct world *w, struct model *m)
{
    static const enum weir_settlement what[] = {WEIR_SETTLE_FORWARDED, WEIR_SETTLE_RETRY,
                                                WEIR_SETTLE_DEAD, WEIR_SETTLE_EXPIRED};
    unsigned slot = pick(2) ? slot_a() : slot_b();
    struct weir_spool_row *rows;
    size_t n = window(w, slot, 0, &rows), k = n > 0 ? pick(n + 1) : 0;

    for (size_t i = 0; i < k && i < 12; i++) {
        enum weir_settlement s = what[pick(4)];

        assert_int_equal(settle(w, rows[i].id, slot, s, fake_now_ms + pick(100), "random"), 0);
        if (s == WEIR_SETTLE_FORWARDED)
            m->forwarded[slot == slot_b()]++;
    }
}

static void join_some(struct world *w)
{
    struct weir_spool_row *rows;
    size_t n = 0, n_rows = list(w, WEIR_ROW_STAGED, -1, &rows);
    int64_t ids[64];
    struct weir_leaving leaving[2];
    struct weir_replace op = {.op.kind = WEIR_OP_REPLACE, .has_body = pick(2) == 0};

    for (size_t i = 0; i < n_rows && n < 64; i++) {
        if (n == 0 || ids[n - 1] != rows[i].id) /* one row a destination */
            ids[n++] = rows[i].id;
    }
    if (n < 3)
        return;
    op.carrier = ids[0];
    op.body = delivery(0, "joined");
    leaving[0] = (struct weir_leaving){ids[1], WEIR_COLLAPSED, "joined"};
    leaving[1] = (struct weir_leaving){ids[2], WEIR_EXPIRED, "ttl"};
    op.leaving = leaving;
    op.n_leaving = 2;
    assert_int_equal(run_op(w, &op.op), 0);
}

static void order_some(struct world *w)
{
    struct weir_spool_row *rows;
    size_t n = list(w, WEIR_ROW_DEAD, -1, &rows);

    if (n == 0)
        return;
    if (pick(4) == 0)
        dead_op(w, pick(2) ? WEIR_OP_REDRIVE : WEIR_OP_DROP, NULL, 0, pick(2) ? -1 : (int)slot_a());
    else
        dead_op(w, pick(2) ? WEIR_OP_REDRIVE : WEIR_OP_DROP, &rows[pick(n)].id, 1, -1);
}

static void check(struct world *w, const struct model *m)
{
    for (int i = 0; i < 2; i++) {
        struct weir_ledger l = ledger(w, i == 0 ? slot_a() : slot_b());
        struct weir_spool_gauges g;

        assert_int_equal(l.count[WEIR_ACCEPTED], m->accepted[i]);
        assert_int_equal(l.count[WEIR_FORWARDED], m->forwarded[i]);
        assert_int_equal(l.count[WEIR_FILTERED], m->filtered[i]);
        assert_int_equal(l.count[WEIR_SAMPLED], m->sampled[i]);
        weir_spool_gauges(w->spool, i == 0 ? slot_a() : slot_b(), &g);
        assert_int_equal(g.rows[WEIR_ROW_READY], l.ready);
        assert_int_equal(g.rows[WEIR_ROW_WAITING], l.waiting);
        assert_int_equal(g.rows[WEIR_ROW_STAGED], l.staged);
        assert_int_equal(g.rows[WEIR_ROW_DEAD], l.count[WEIR_DEAD]);
        assert_int_equal(g.bytes[0] + g.bytes[1] + g.bytes[2], l.bytes);
        assert_int_equal(g.bytes[3], l.dead_bytes);
    }
}

static void random_walk(bool memory, bool drop_oldest, uint64_t with_seed)
{
    struct world w;
    struct model m = {0};

    seed = with_seed;
    world_prepare(&w, memory, MIB / 2);
    w.config.drop_oldest = drop_oldest;
    world_open(&w);
    for (int i = 0; i < (memory ? STEPS : STEPS_ON_DISK); i++) {
        fake_now_ms += pick(20);
        switch (pick(8)) {
        case 0:
        case 1:
        case 2:
            append_some(&w, &m);
            break;
        case 3:
        case 4:
            settle_some(&w, &m);
            break;
        case 5:
            join_some(&w);
            break;
        case 6:
            order_some(&w);
            break;
        default:
            if (!memory && pick(6) == 0)
                world_reopen(&w);
        }
        check(&w, &m);
        weir_arena_reset(&w.arena);
    }
    world_end(&w);
}

static void the_sum_holds_on_the_file(void **state)
{
    (void)state;
    random_walk(false, false, 11);
    random_walk(false, true, 12);
}

static void the_sum_holds_in_memory(void **state)
{
    (void)state;
    for (uint64_t i = 0; i < 4; i++)
        random_walk(true, i % 2, 21 + i);
}

static void a_destination_no_longer_configured_keeps_its_rows(void **state)
{
    struct world w;
    struct weir_spool_row *rows;
    struct weir_spool_gauges g;

    (void)state;
    world_prepare(&w, false, MIB);
    w.config.spool_ttl_ms = 60000;
    world_open(&w);
    append_text(&w, bit_b(), "old");
    world_close(&w);
    w.config.n_destinations = 1;
    world_open(&w);
    assert_int_equal(ledger(&w, slot_b()).ready, 1);
    assert_int_equal(list(&w, WEIR_ROW_READY, -1, &rows), 1);
    weir_spool_gauges(w.spool, slot_b(), &g);
    assert_int_equal(g.rows[WEIR_ROW_READY], 1);
    fake_now_ms += 61000;
    for (int i = 0; i < 300 && ledger(&w, slot_b()).ready > 0; i++)
        usleep(10000);
    assert_int_equal(ledger(&w, slot_b()).count[WEIR_EXPIRED], 1);
    world_end(&w);
}

static void a_reload_changes_shares(void **state)
{
    static char text[1025];
    struct world w;

    (void)state;
    memset(text, 'x', sizeof text - 1);
    world_new(&w, false, 32768);
    while (append_text(&w, bit_a(), text) == 0)
        ;
    assert_true(weir_spool_full(w.spool, slot_a()));
    w.destinations[0].max_bytes = MIB;
    weir_spool_reconfigure(w.spool, &w.config);
    assert_int_equal(append_text(&w, bit_a(), text), 0);
    assert_false(weir_spool_full(w.spool, slot_a()));
    w.destinations[0].max_bytes = 1024;
    weir_spool_reconfigure(w.spool, &w.config);
    assert_int_equal(append_text(&w, bit_a(), text), WEIR_EFULL);
    assert_true(weir_spool_full(w.spool, slot_a()));
    assert_false(weir_spool_full(w.spool, slot_b()));
    world_end(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_sum_holds_on_the_file),
        cmocka_unit_test(the_sum_holds_in_memory),
        cmocka_unit_test(a_destination_no_longer_configured_keeps_its_rows),
        cmocka_unit_test(a_reload_changes_shares),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
