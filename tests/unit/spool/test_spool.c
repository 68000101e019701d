/* Every kind of operation, on the file and in memory, by the same tests. */
#include "harness.h"

#include "weir/limits.h"

enum { MIB = 1 << 20 };

static bool in_memory;

static void begin(struct world *w)
{
    world_new(w, in_memory, 4 * MIB);
}

/* ---- append, window, settle -------------------------------------------------- */

static void what_was_appended_is_read_as_it_was(void **state)
{
    struct world w;
    struct weir_spool_row *rows;
    struct weir_delivery d;

    (void)state;
    begin(&w);
    d = delivery(bit_a(), "one");
    d.crc = 0xfedcba98;
    d.n_spans = 3;
    d.n_logs = 7;
    d.encoding = WEIR_ZSTD;
    d.trace_id = WEIR_S("0123456789abcdef0123456789abcdef");
    assert_int_equal(append(&w, &d, 1), 0);
    assert_int_equal(window(&w, slot_a(), 0, &rows), 1);
    assert_true(weir_str_eq(rows[0].delivery.items, WEIR_S("one")));
    assert_true(weir_str_eq(rows[0].delivery.header, d.header));
    assert_true(weir_str_eq(rows[0].delivery.project, d.project));
    assert_true(weir_str_eq(rows[0].delivery.key, d.key));
    assert_true(weir_str_eq(rows[0].delivery.event_id, d.event_id));
    assert_true(weir_str_eq(rows[0].delivery.trace_id, d.trace_id));
    assert_int_equal(rows[0].delivery.crc, d.crc);
    assert_int_equal(rows[0].delivery.raw_bytes, 3);
    assert_int_equal(rows[0].delivery.n_spans, 3);
    assert_int_equal(rows[0].delivery.n_logs, 7);
    assert_int_equal(rows[0].delivery.encoding, WEIR_ZSTD);
    assert_int_equal(rows[0].delivery.category, WEIR_CAT_ERROR);
    assert_int_equal(rows[0].delivery.received_ms, fake_now_ms);
    assert_int_equal(rows[0].state, WEIR_ROW_READY);
    assert_int_equal(rows[0].slot, slot_a());
    assert_int_equal(rows[0].attempts, 0);
    for (int i = 0; i < 1000 && w.ready == 0; i++)
        usleep(1000); /* the forwarder hears of it after the reply */
    assert_true(w.ready == bit_a());
    world_end(&w);
}

static void the_window_goes_on_after_an_id_and_respects_its_bounds(void **state)
{
    struct world w;
    struct weir_spool_row *rows;
    struct weir_delivery d[10];
    size_t n;
    uint64_t next_ms;
    int64_t fourth;

    (void)state;
    begin(&w);
    for (int i = 0; i < 10; i++)
        d[i] = delivery(bit_a(), "0123456789");
    assert_int_equal(append(&w, d, 10), 0);
    assert_int_equal(window(&w, slot_a(), 0, &rows), 10);
    for (int i = 1; i < 10; i++)
        assert_true(rows[i - 1].id < rows[i].id);
    fourth = rows[3].id;
    assert_int_equal(window(&w, slot_a(), fourth, &rows), 6);
    assert_true(rows[0].id > fourth);
    assert_int_equal(window(&w, slot_b(), 0, &rows), 0);
    assert_int_equal(weir_spool_window(w.reader, slot_a(), 0, fake_now_ms, 3, MIB, false, &w.arena,
                                       &rows, &n, &next_ms),
                     0);
    assert_int_equal(n, 3);
    assert_int_equal(rows[0].delivery.items.n, 0);
    /* Bodies bounded to less than one: one comes. */
    assert_int_equal(weir_spool_window(w.reader, slot_a(), 0, fake_now_ms, 9, 5, true, &w.arena,
                                       &rows, &n, &next_ms),
                     0);
    assert_int_equal(n, 1);
    world_end(&w);
}

static void a_forwarded_delivery_is_gone_and_counted(void **state)
{
    struct world w;
    struct weir_spool_row *rows;
    struct weir_ledger l;

    (void)state;
    begin(&w);
    assert_int_equal(append_text(&w, bit_a(), "x"), 0);
    assert_int_equal(window(&w, slot_a(), 0, &rows), 1);
    assert_int_equal(settle(&w, rows[0].id, slot_a(), WEIR_SETTLE_FORWARDED, 0, ""), 0);
    l = ledger(&w, slot_a());
    assert_int_equal(l.count[WEIR_ACCEPTED], 1);
    assert_int_equal(l.count[WEIR_FORWARDED], 1);
    assert_int_equal(l.spooled, 0);
    assert_int_equal(l.bytes, 0);
    /* A second answer for the same row changes nothing. */
    assert_int_equal(settle(&w, rows[0].id, slot_a(), WEIR_SETTLE_FORWARDED, 0, ""), 0);
    assert_int_equal(ledger(&w, slot_a()).count[WEIR_FORWARDED], 1);
    assert_int_equal(window(&w, slot_a(), 0, &rows), 0);
    world_end(&w);
}

static void a_retry_waits_until_it_is_due_and_comes_whatever_the_position(void **state)
{
    struct world w;
    struct weir_spool_row *rows;
    size_t n;
    uint64_t next_ms;
    int64_t id;

    (void)state;
    begin(&w);
    assert_int_equal(append_text(&w, bit_a(), "x"), 0);
    window(&w, slot_a(), 0, &rows);
    id = rows[0].id;
    assert_int_equal(settle(&w, id, slot_a(), WEIR_SETTLE_RETRY, fake_now_ms + 500, "http_5xx"), 0);
    assert_int_equal(weir_spool_window(w.reader, slot_a(), id, fake_now_ms, 9, MIB, true, &w.arena,
                                       &rows, &n, &next_ms),
                     0);
    assert_int_equal(n, 0);
    assert_int_equal(next_ms, fake_now_ms + 500);
    assert_int_equal(ledger(&w, slot_a()).waiting, 1);
    assert_int_equal(weir_spool_window(w.reader, slot_a(), id, fake_now_ms + 500, 9, MIB, true,
                                       &w.arena, &rows, &n, &next_ms),
                     0);
    assert_int_equal(n, 1);
    assert_int_equal(next_ms, 0);
    assert_int_equal(rows[0].attempts, 1);
    assert_int_equal(rows[0].last_status, 503);
    assert_int_equal(rows[0].state, WEIR_ROW_WAITING);
    assert_true(weir_str_eq(rows[0].last_answer, WEIR_S("no thanks")));
    assert_int_equal(settle(&w, id, slot_a(), WEIR_SETTLE_FORWARDED, 0, ""), 0);
    assert_int_equal(ledger(&w, slot_a()).spooled, 0);
    world_end(&w);
}

static void new_deliveries_have_their_turn_among_many_retries(void **state)
{
    struct world w;
    struct weir_spool_row *rows;
    struct weir_delivery d[40];
    size_t n, fresh = 0;
    uint64_t next_ms;
    int64_t last;

    (void)state;
    begin(&w);
    for (int i = 0; i < 40; i++)
        d[i] = delivery(bit_a(), "x");
    append(&w, d, 20);
    assert_int_equal(window(&w, slot_a(), 0, &rows), 20);
    last = rows[19].id;
    for (int i = 0; i < 20; i++)
        settle(&w, rows[i].id, slot_a(), WEIR_SETTLE_RETRY, fake_now_ms, "http_5xx");
    append(&w, d + 20, 20);
    assert_int_equal(weir_spool_window(w.reader, slot_a(), last, fake_now_ms, 10, MIB, true,
                                       &w.arena, &rows, &n, &next_ms),
                     0);
    assert_int_equal(n, 10);
    for (size_t i = 0; i < n; i++)
        fresh += rows[i].state == WEIR_ROW_READY;
    assert_int_equal(fresh, 5);
    world_end(&w);
}

/* ---- several destinations ------------------------------------------------------ */

/* What a statement says about the file itself: its first number. */
static int64_t ask_file(const struct world *w, const char *sql)
{
    int64_t n = -1;
    sqlite3 *db;
    sqlite3_stmt *st;
    char path[128];

    snprintf(path, sizeof path, "%s/weir.db", w->dir);
    assert_int_equal(sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL), 0);
    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &st, NULL), 0);
    if (sqlite3_step(st) == SQLITE_ROW)
        n = sqlite3_column_int64(st, 0);
    assert_int_equal(sqlite3_finalize(st), 0);
    sqlite3_close(db);
    return n;
}

static void destinations_share_the_items_and_the_last_one_deletes_them(void **state)
{
    struct world w;
    struct weir_spool_row *rows;
    int64_t id;

    (void)state;
    begin(&w);
    assert_int_equal(append_text(&w, bit_a() | bit_b(), "shared"), 0);
    assert_int_equal(window(&w, slot_a(), 0, &rows), 1);
    id = rows[0].id;
    assert_int_equal(window(&w, slot_b(), 0, &rows), 1);
    assert_int_equal(rows[0].id, id);
    settle(&w, id, slot_a(), WEIR_SETTLE_FORWARDED, 0, "");
    assert_int_equal(window(&w, slot_a(), 0, &rows), 0);
    assert_int_equal(window(&w, slot_b(), 0, &rows), 1);
    assert_true(weir_str_eq(rows[0].delivery.items, WEIR_S("shared")));
    settle(&w, id, slot_b(), WEIR_SETTLE_RETRY, fake_now_ms, "timeout");
    settle(&w, id, slot_b(), WEIR_SETTLE_FORWARDED, 0, "");
    assert_int_equal(ledger(&w, slot_b()).count[WEIR_FORWARDED], 1);
    if (!w.memory)
        assert_int_equal(ask_file(&w, "SELECT count(*) FROM delivery"), 0);
    world_end(&w);
}

/* ---- fates that only count --------------------------------------------------------- */

static void what_is_not_wanted_is_accepted_and_counted(void **state)
{
    static const struct {
        enum weir_fate fate;
        enum weir_outcome outcome;
    } cases[] = {{WEIR_FATE_FILTERED, WEIR_FILTERED},
                 {WEIR_FATE_SAMPLED, WEIR_SAMPLED},
                 {WEIR_FATE_DROPPED, WEIR_DROPPED}};
    struct world w;
    struct weir_spool_row *rows;

    (void)state;
    begin(&w);
    for (size_t i = 0; i < 3; i++) {
        struct weir_delivery d = delivery(bit_a() | bit_b(), "");

        d.fate = cases[i].fate;
        d.reason = "why";
        assert_int_equal(append(&w, &d, 1), 0);
        assert_int_equal(ledger(&w, slot_a()).count[cases[i].outcome], 1);
        assert_int_equal(ledger(&w, slot_b()).count[cases[i].outcome], 1);
    }
    assert_int_equal(ledger(&w, slot_a()).count[WEIR_ACCEPTED], 3);
    assert_int_equal(window(&w, slot_a(), 0, &rows), 0);
    world_end(&w);
}

/* ---- staged -------------------------------------------------------------------------- */

static const struct weir_str trace = {"0123456789abcdef0123456789abcdef", 32};

static int64_t stage(struct world *w, uint64_t destinations, const char *items)
{
    struct weir_delivery d = delivery(destinations, items);

    d.fate = WEIR_FATE_STAGE;
    d.type = WEIR_ITEM_BREADCRUMB;
    d.trace_id = trace;
    assert_int_equal(append(w, &d, 1), 0);
    return w->staged[(w->n_staged - 1) % 64];
}

static void fragments_collapse_into_their_carrier(void **state)
{
    struct world w;
    struct weir_spool_row *rows, row;
    int64_t crumbs[3], carrier;
    struct weir_leaving leaving[3];
    struct weir_replace op = {.op.kind = WEIR_OP_REPLACE, .has_body = true};
    struct weir_ledger l;

    (void)state;
    begin(&w);
    for (int i = 0; i < 3; i++)
        crumbs[i] = stage(&w, bit_a() | bit_b(), "crumb");
    carrier = stage(&w, bit_a() | bit_b(), "event");
    assert_int_equal(list(&w, WEIR_ROW_STAGED, (int)slot_a(), &rows), 4);
    assert_int_equal(rows[0].id, crumbs[0]);
    assert_int_equal(weir_spool_get(w.reader, rows[3].id, -1, &w.arena, &row), 0);
    assert_true(weir_str_eq(row.delivery.items, WEIR_S("event")));
    assert_int_equal(window(&w, slot_a(), 0, &rows), 0);
    op.carrier = carrier;
    op.body = delivery(0, "event with crumbs");
    for (int i = 0; i < 3; i++)
        leaving[i] = (struct weir_leaving){crumbs[i], i < 2 ? WEIR_COLLAPSED : WEIR_EXPIRED,
                                           i < 2 ? "joined" : "ttl"};
    op.leaving = leaving;
    op.n_leaving = 3;
    assert_int_equal(run_op(&w, &op.op), 0);
    assert_int_equal(window(&w, slot_a(), carrier, &rows), 1);
    assert_int_equal(rows[0].id, carrier);
    assert_int_equal(rows[0].state, WEIR_ROW_READY);
    assert_int_equal(rows[0].delivery.type, WEIR_ITEM_EVENT);
    assert_true(weir_str_eq(rows[0].delivery.items, WEIR_S("event with crumbs")));
    assert_int_equal(window(&w, slot_b(), 0, &rows), 1);
    l = ledger(&w, slot_b());
    assert_int_equal(l.count[WEIR_ACCEPTED], 4);
    assert_int_equal(l.count[WEIR_COLLAPSED], 2);
    assert_int_equal(l.count[WEIR_EXPIRED], 1);
    assert_int_equal(l.staged, 0);
    assert_int_equal(l.ready, 1);
    settle(&w, carrier, slot_a(), WEIR_SETTLE_FORWARDED, 0, "");
    settle(&w, carrier, slot_b(), WEIR_SETTLE_FORWARDED, 0, "");
    assert_int_equal(ledger(&w, slot_a()).bytes, 0);
    assert_int_equal(ledger(&w, slot_b()).bytes, 0);
    world_end(&w);
}

/* The index by which a statement is answered stands in its plan. */
static bool is_planned(struct weir_db *db, enum weir_db_statement which, const char *index)
{
    char sql[1024];
    sqlite3_stmt *st;
    bool found = false;

    snprintf(sql, sizeof sql, "EXPLAIN QUERY PLAN %s", sqlite3_sql(weir_db_get(db, which)));
    assert_int_equal(sqlite3_prepare_v2(db->handle, sql, -1, &st, NULL), 0);
    while (sqlite3_step(st) == SQLITE_ROW)
        found = found || strstr((const char *)sqlite3_column_text(st, 3), index) != NULL;
    sqlite3_finalize(st);
    return found;
}

static void what_is_asked_often_is_answered_by_an_index(void **state)
{
    static const struct {
        enum weir_db_statement which;
        const char *index;
    } cases[] = {{WEIR_DB_HELD_FIRST, "INDEX held_next (destination=? AND state=?)"},
                 {WEIR_DB_DUE, "INDEX held_next (destination=? AND state=? AND due_ms<?)"},
                 {WEIR_DB_NEXT_DUE, "INDEX held_next (destination=? AND state=? AND due_ms>?)"},
                 {WEIR_DB_HELD_AFTER, "INDEX held_list (destination=? AND state=? AND id>?)"},
                 {WEIR_DB_STAGED_AFTER, "PRIMARY KEY (destination=? AND id>?)"},
                 {WEIR_DB_HELD_OLD, "INDEX held_age (destination=? AND since_ms<?)"},
                 {WEIR_DB_HELD_OLDEST, "INDEX held_age (destination=?)"},
                 {WEIR_DB_OLDEST, "INDEX held_age (destination=?)"}};
    struct world w;

    (void)state;
    begin(&w);
    weir_spool_stop(w.spool);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        if (!is_planned(&w.spool->db, cases[i].which, cases[i].index))
            fail_msg("statement %d does without %s", (int)cases[i].which, cases[i].index);
    world_end(&w);
}

static void indexes_of_earlier_versions_are_replaced(void **state)
{
    static const char old[] = "SELECT count(*) FROM sqlite_master WHERE name IN ('held_due',"
                              " 'held_id', 'held_since', 'held_trace')";
    struct world w;
    struct weir_spool_row *rows;

    (void)state;
    begin(&w);
    stage(&w, bit_a(), "event");
    world_close(&w);
    ask_file(&w, "CREATE INDEX held_due ON held(destination, state, due_ms)");
    ask_file(&w, "CREATE INDEX held_since ON held(since_ms) WHERE state <> 3");
    ask_file(&w, "DROP INDEX held_age");
    assert_int_equal(ask_file(&w, old), 2);
    world_open(&w);
    assert_int_equal(ask_file(&w, old), 0);
    assert_int_equal(list(&w, WEIR_ROW_STAGED, (int)slot_a(), &rows), 1);
    assert_int_equal(ledger(&w, slot_a()).oldest_ms, fake_now_ms);
    world_end(&w);
}

/* Staged rows are found by their id alone. A file of a weir that wrote and
 * indexed their trace too is used as it is. */
static void a_staged_row_has_no_trace_in_the_file_and_may_have_had_one(void **state)
{
    static const char written[] = "SELECT (SELECT count(*) FROM held WHERE trace IS NOT NULL)"
                                  " + (SELECT count(*) FROM sqlite_master WHERE name='held_trace')";
    struct world w;
    struct weir_spool_row *rows;
    struct weir_replace op = {.op.kind = WEIR_OP_REPLACE};
    int64_t old;

    (void)state;
    begin(&w);
    old = stage(&w, bit_a(), "event");
    assert_int_equal(ask_file(&w, written), 0);
    world_close(&w);
    ask_file(&w, "CREATE INDEX held_trace ON held(trace) WHERE trace IS NOT NULL");
    ask_file(&w, "UPDATE held SET trace='42 0123456789abcdef0123456789abcdef'");
    assert_int_equal(ask_file(&w, written), 2);
    world_open(&w);
    stage(&w, bit_a(), "event");
    assert_int_equal(list(&w, WEIR_ROW_STAGED, (int)slot_a(), &rows), 2);
    op.carrier = old;
    assert_int_equal(run_op(&w, &op.op), 0);
    assert_int_equal(window(&w, slot_a(), old, &rows), 1);
    settle(&w, old, slot_a(), WEIR_SETTLE_FORWARDED, 0, "");
    assert_int_equal(ledger(&w, slot_a()).staged, 1);
    assert_int_equal(ask_file(&w, "SELECT count(*) FROM held WHERE trace IS NOT NULL"), 0);
    world_end(&w);
}

static void what_fragments_make_beside_the_carrier_is_one_more_accepted(void **state)
{
    struct world w;
    struct weir_spool_row *rows;
    int64_t first, second;
    struct weir_delivery further[2];
    struct weir_leaving leaving[2];
    struct weir_replace op = {.op.kind = WEIR_OP_REPLACE, .has_body = true};
    struct weir_ledger l;

    (void)state;
    begin(&w);
    first = stage(&w, bit_a() | bit_b(), "spans");
    second = stage(&w, bit_a() | bit_b(), "spans");
    op.carrier = first;
    op.body = delivery(0, "transaction");
    for (int i = 0; i < 2; i++)
        further[i] = delivery(0, i == 0 ? "another" : "one more");
    op.further = further;
    op.n_further = 2;
    leaving[0] = (struct weir_leaving){second, WEIR_COLLAPSED, "joined"};
    leaving[1] = (struct weir_leaving){4711, WEIR_SAMPLED, "tail"}; /* is not there */
    op.leaving = leaving;
    op.n_leaving = 2;
    assert_int_equal(run_op(&w, &op.op), 0);
    assert_int_equal(window(&w, slot_a(), 0, &rows), 3);
    assert_int_equal(window(&w, slot_b(), 0, &rows), 3);
    for (int i = 0; i < 2; i++) {
        l = ledger(&w, i == 0 ? slot_a() : slot_b());
        assert_int_equal(l.count[WEIR_ACCEPTED], 4);
        assert_int_equal(l.count[WEIR_COLLAPSED], 1);
        assert_int_equal(l.count[WEIR_SAMPLED], 0);
        assert_int_equal(l.ready, 3);
        assert_int_equal(l.difference, 0);
    }
    for (int i = 0; i < 3; i++) {
        settle(&w, rows[i].id, slot_a(), WEIR_SETTLE_FORWARDED, 0, "");
        settle(&w, rows[i].id, slot_b(), WEIR_SETTLE_FORWARDED, 0, "");
    }
    assert_int_equal(ledger(&w, slot_a()).bytes, 0);
    /* A carrier that is gone: nothing further comes to be either. */
    op.carrier = 4711;
    assert_int_equal(run_op(&w, &op.op), WEIR_ENOTFOUND);
    assert_int_equal(ledger(&w, slot_a()).count[WEIR_ACCEPTED], 4);
    world_end(&w);
}

static void a_destination_with_a_part_only_gets_the_whole(void **state)
{
    struct world w;
    struct weir_spool_row *rows;
    int64_t carrier, part;
    struct weir_delivery further = delivery(0, "another");
    struct weir_leaving leaving;
    struct weir_replace op = {.op.kind = WEIR_OP_REPLACE, .has_body = true};
    struct weir_ledger l;

    (void)state;
    begin(&w);
    carrier = stage(&w, bit_a(), "spans");
    part = stage(&w, bit_a() | bit_b(), "spans");
    op.carrier = carrier;
    op.body = delivery(0, "transaction");
    op.body.type = WEIR_ITEM_TRANSACTION;
    op.further = &further;
    op.n_further = 1;
    leaving = (struct weir_leaving){part, WEIR_COLLAPSED, "joined"};
    op.leaving = &leaving;
    op.n_leaving = 1;
    assert_int_equal(run_op(&w, &op.op), 0);
    assert_int_equal(window(&w, slot_a(), 0, &rows), 2);
    assert_int_equal(window(&w, slot_b(), 0, &rows), 2);
    assert_true(weir_str_eq(rows[0].delivery.items, WEIR_S("transaction")));
    for (int i = 0; i < 2; i++) {
        l = ledger(&w, i == 0 ? slot_a() : slot_b());
        assert_int_equal(l.count[WEIR_ACCEPTED], 3);
        assert_int_equal(l.count[WEIR_COLLAPSED], 1);
        assert_int_equal(l.difference, 0);
    }
    world_end(&w);
}

static void a_mark_stays_with_its_row_and_can_be_changed(void **state)
{
    struct world w;
    struct weir_spool_row *rows;
    size_t n;
    int64_t old;
    struct weir_delivery d = delivery(bit_a() | bit_b(), "event");
    struct weir_replace op = {.op.kind = WEIR_OP_REPLACE};
    struct weir_leaving leaving;

    (void)state;
    begin(&w);
    d.fate = WEIR_FATE_STAGE;
    d.mark = (struct weir_mark){.same = UINT64_MAX, .run = 7};
    assert_int_equal(append(&w, &d, 1), 0);
    old = w.staged[(w.n_staged - 1) % 64];
    assert_int_equal(append(&w, &d, 1), 0);
    op.kept = w.staged[(w.n_staged - 1) % 64];
    n = list(&w, WEIR_ROW_STAGED, (int)slot_a(), &rows);
    assert_int_equal(n, 2);
    assert_true(rows[0].delivery.mark.same == UINT64_MAX);
    assert_int_equal(rows[0].delivery.mark.run, 7);
    assert_int_equal(rows[0].delivery.mark.count, 0);
    op.mark = (struct weir_mark){.run = 7, .count = 2, .first_ms = 1000, .last_ms = 2000};
    leaving = (struct weir_leaving){old, WEIR_COLLAPSED, "storm"};
    op.leaving = &leaving;
    op.n_leaving = 1;
    assert_int_equal(run_op(&w, &op.op), 0);
    n = list(&w, WEIR_ROW_STAGED, (int)slot_b(), &rows);
    assert_int_equal(n, 1);
    assert_int_equal(rows[0].id, op.kept);
    assert_int_equal(rows[0].delivery.mark.same, 0);
    assert_int_equal(rows[0].delivery.mark.count, 2);
    assert_int_equal(rows[0].delivery.mark.first_ms, 1000);
    assert_int_equal(rows[0].delivery.mark.last_ms, 2000);
    assert_int_equal(ledger(&w, slot_a()).count[WEIR_COLLAPSED], 1);
    assert_int_equal(ledger(&w, slot_a()).difference, 0);
    op.kept = old; /* gone */
    assert_int_equal(run_op(&w, &op.op), WEIR_ENOTFOUND);
    world_end(&w);
}

static void a_carrier_that_expired_leaves_the_others_staged(void **state)
{
    struct world w;
    int64_t crumb;
    struct weir_replace op = {.op.kind = WEIR_OP_REPLACE, .carrier = 4711, .n_leaving = 1};
    struct weir_leaving leaving;

    (void)state;
    begin(&w);
    crumb = stage(&w, bit_a(), "crumb");
    leaving = (struct weir_leaving){crumb, WEIR_COLLAPSED, "joined"};
    op.leaving = &leaving;
    assert_int_equal(run_op(&w, &op.op), WEIR_ENOTFOUND);
    assert_int_equal(ledger(&w, slot_a()).staged, 1);
    world_end(&w);
}

/* ---- dead letters -------------------------------------------------------------------- */

static void make_dead(struct world *w, size_t n)
{
    struct weir_spool_row *rows;

    for (size_t i = 0; i < n; i++)
        assert_int_equal(append_text(w, bit_a(), "bad"), 0);
    assert_int_equal(window(w, slot_a(), 0, &rows), n);
    for (size_t i = 0; i < n; i++) {
        fake_now_ms++;
        settle(w, rows[i].id, slot_a(), WEIR_SETTLE_DEAD, 0, "rejected");
    }
}

static void a_dead_letter_keeps_its_answer_and_can_be_redriven_or_dropped(void **state)
{
    struct world w;
    struct weir_spool_row *rows, row;
    struct weir_ledger l;
    int64_t ids[3];

    (void)state;
    begin(&w);
    make_dead(&w, 3);
    assert_int_equal(list(&w, WEIR_ROW_DEAD, -1, &rows), 3);
    for (int i = 0; i < 3; i++)
        ids[i] = rows[i].id;
    assert_true(weir_str_eq(rows[0].reason, WEIR_S("rejected")));
    assert_true(weir_str_eq(rows[0].last_answer, WEIR_S("no thanks")));
    assert_int_equal(rows[2].dead_ms, fake_now_ms);
    assert_int_equal(weir_spool_get(w.reader, ids[1], -1, &w.arena, &row), 0);
    assert_true(weir_str_eq(row.delivery.items, WEIR_S("bad")));
    assert_int_equal(row.state, WEIR_ROW_DEAD);
    assert_int_equal(weir_spool_get(w.reader, 4711, -1, &w.arena, &row), WEIR_ENOTFOUND);
    l = ledger(&w, slot_a());
    assert_int_equal(l.count[WEIR_DEAD], 3);
    assert_int_equal(l.spooled, 0);
    assert_true(l.dead_bytes > 0);
    assert_int_equal(dead_op(&w, WEIR_OP_DROP, ids, 1, -1), 1);
    assert_int_equal(dead_op(&w, WEIR_OP_REDRIVE, ids, 2, -1), 1);
    assert_int_equal(window(&w, slot_a(), ids[2], &rows), 1);
    assert_int_equal(rows[0].id, ids[1]);
    assert_int_equal(rows[0].attempts, 0);
    assert_int_equal(rows[0].state, WEIR_ROW_READY);
    assert_int_equal(dead_op(&w, WEIR_OP_REDRIVE, NULL, 0, (int)slot_b()), 0);
    assert_int_equal(dead_op(&w, WEIR_OP_REDRIVE, NULL, 0, -1), 1);
    l = ledger(&w, slot_a());
    assert_int_equal(l.count[WEIR_DEAD], 0);
    assert_int_equal(l.count[WEIR_DROPPED], 1);
    assert_int_equal(l.ready, 2);
    world_end(&w);
}

static void a_page_does_not_part_the_rows_of_a_delivery(void **state)
{
    struct world w;
    struct weir_spool_row *rows;
    int64_t last = 0;
    size_t n, all = 0;

    (void)state;
    begin(&w);
    for (int i = 0; i < 3; i++)
        append_text(&w, bit_a() | bit_b(), "x");
    assert_int_equal(window(&w, slot_a(), 0, &rows), 3);
    for (int i = 0; i < 3; i++) {
        settle(&w, rows[i].id, slot_a(), WEIR_SETTLE_DEAD, 0, "rejected");
        settle(&w, rows[i].id, slot_b(), WEIR_SETTLE_DEAD, 0, "rejected");
    }
    for (size_t max = 1; max < 8; max++) {
        for (all = 0, last = 0;; all += n, last = rows[n - 1].id) {
            assert_int_equal(
                weir_spool_list(w.reader, WEIR_ROW_DEAD, -1, last, max, &w.arena, &rows, &n), 0);
            assert_int_equal(n % 2, 0);
            if (n == 0)
                break;
        }
        assert_int_equal(all, 6);
    }
    world_end(&w);
}

static void all_dead_letters_are_dropped_in_several_transactions(void **state)
{
    struct world w;
    enum { N = WEIR_DEAD_CHUNK + 100 };
    struct weir_delivery *d = calloc(N, sizeof *d);
    struct weir_settle_row *settled = calloc(N, sizeof *settled);
    struct weir_settle op = {.op.kind = WEIR_OP_SETTLE, .rows = settled, .n = N};
    struct weir_spool_row *rows;
    size_t n;
    uint64_t next_ms;

    (void)state;
    begin(&w);
    for (int i = 0; i < N; i++)
        d[i] = delivery(bit_a(), "bad");
    assert_int_equal(append(&w, d, N), 0);
    assert_int_equal(weir_spool_window(w.reader, slot_a(), 0, fake_now_ms, N, 64 * MIB, false,
                                       &w.arena, &rows, &n, &next_ms),
                     0);
    assert_int_equal(n, N);
    for (int i = 0; i < N; i++)
        settled[i] = (struct weir_settle_row){
            .id = rows[i].id, .slot = slot_a(), .what = WEIR_SETTLE_DEAD, .reason = "rejected"};
    assert_int_equal(run_op(&w, &op.op), 0);
    assert_int_equal(dead_op(&w, WEIR_OP_DROP, NULL, 0, (int)slot_a()), N);
    assert_int_equal(ledger(&w, slot_a()).count[WEIR_DROPPED], N);
    free(settled);
    free(d);
    world_end(&w);
}

static void dead_letters_hold_a_quarter_and_the_oldest_goes_first(void **state)
{
    struct world w;
    struct weir_spool_row *rows;
    struct weir_ledger l;
    size_t n;

    (void)state;
    world_new(&w, in_memory, 16384);
    make_dead(&w, 40);
    l = ledger(&w, slot_a());
    assert_true(l.dead_bytes <= 4096);
    assert_true(l.count[WEIR_DROPPED] > 0);
    assert_int_equal(l.count[WEIR_DROPPED] + l.count[WEIR_DEAD], 40);
    n = list(&w, WEIR_ROW_DEAD, (int)slot_a(), &rows);
    assert_int_equal(rows[n - 1].id - rows[0].id, n - 1); /* the youngest, without a gap */
    assert_int_equal(rows[n - 1].dead_ms, fake_now_ms);
    world_end(&w);
}

/* ---- full ---------------------------------------------------------------------------- */

static size_t fill_up(struct world *w, uint64_t destinations)
{
    static char kib[1025];
    size_t n = 0;

    memset(kib, 'x', 1024);
    while (append_text(w, destinations, kib) == 0 && n < 1000)
        n++;
    return n;
}

static void a_full_destination_is_left_out_and_only_all_full_refuses(void **state)
{
    struct world w;
    struct weir_delivery d[2];
    struct weir_ledger l;
    static const char dropped[] = "weir_events_total{destination=\"main\",type=\"event\","
                                  "outcome=\"dropped\",reason=\"full\"}";
    uint64_t before;

    (void)state;
    weir_report_take(slot_a(), WEIR_REPORT_CACHE_OVERFLOW, WEIR_CAT_ERROR);
    world_new(&w, in_memory, 65536);
    before = metric(&w, dropped);
    assert_in_range(fill_up(&w, bit_a()), 30, 64);
    assert_true(weir_spool_full(w.spool, slot_a()));
    assert_false(weir_spool_full(w.spool, slot_b()));
    l = ledger(&w, slot_a());
    assert_int_equal(l.count[WEIR_DROPPED], 0); /* what was refused was not accepted */
    d[0] = delivery(bit_a() | bit_b(), "0123456789abcdef");
    d[0].items = (struct weir_str){malloc(2048), 2048};
    memset((char *)d[0].items.p, 'y', 2048);
    d[1] = d[0];
    d[1].destinations = bit_a();
    assert_int_equal(append(&w, d, 2), 0);
    assert_true(d[0].dropped == bit_a());
    assert_true(d[1].dropped == bit_a());
    l = ledger(&w, slot_a());
    assert_int_equal(l.count[WEIR_DROPPED], 2);
    assert_int_equal(ledger(&w, slot_b()).ready, 1);
    assert_int_equal(weir_report_take(slot_a(), WEIR_REPORT_CACHE_OVERFLOW, WEIR_CAT_ERROR), 2);
    assert_int_equal(metric(&w, dropped) - before, 2);
    assert_int_equal(append(&w, d + 1, 1), WEIR_EFULL);
    assert_int_equal(ledger(&w, slot_a()).count[WEIR_DROPPED], 2);
    free((char *)d[0].items.p);
    world_end(&w);
}

static void a_full_destination_drops_its_oldest_when_told_to(void **state)
{
    struct world w;
    struct weir_spool_row *rows;
    struct weir_ledger l;

    (void)state;
    world_prepare(&w, in_memory, 65536);
    w.config.drop_oldest = true;
    world_open(&w);
    for (int i = 0; i < 500; i++)
        assert_int_equal(append_text(&w, bit_a(), "0123456789"), 0);
    l = ledger(&w, slot_a());
    assert_int_equal(l.count[WEIR_ACCEPTED], 500);
    assert_true(l.bytes <= 65536);
    assert_int_equal(l.count[WEIR_DROPPED] + l.ready, 500);
    assert_true(window(&w, slot_a(), 0, &rows) == l.ready);
    assert_int_equal(rows[0].id, (int64_t)(l.count[WEIR_DROPPED] + 1));
    assert_false(weir_spool_full(w.spool, slot_a()));
    world_end(&w);
}

/* ---- ttl ------------------------------------------------------------------------------ */

static void wait_until(struct world *w, unsigned slot, enum weir_outcome o, uint64_t n)
{
    for (int i = 0; i < 500 && ledger(w, slot).count[o] < n; i++)
        usleep(10000);
    assert_int_equal(ledger(w, slot).count[o], n);
}

/* A container of five log records, and an attachment. */
static void append_parts(struct world *w)
{
    static char bytes[1001];
    struct weir_delivery d[2];

    memset(bytes, 'x', 1000);
    d[0] = delivery(bit_a(), "logs");
    d[0].type = WEIR_ITEM_LOG;
    d[0].category = WEIR_CAT_LOG_ITEM;
    d[0].n_logs = 5;
    d[1] = delivery(bit_a(), bytes);
    d[1].type = WEIR_ITEM_ATTACHMENT;
    d[1].category = WEIR_CAT_ATTACHMENT;
    assert_int_equal(append(w, d, 2), 0);
}

static void what_is_too_old_expires_but_dead_letters_stay(void **state)
{
    struct world w;
    struct weir_spool_row *rows;
    struct weir_ledger l;
    uint64_t start_ms = fake_now_ms;

    (void)state;
    world_prepare(&w, in_memory, 4 * MIB);
    w.config.spool_ttl_ms = 60000;
    world_open(&w);
    weir_report_take(slot_a(), WEIR_REPORT_CACHE_OVERFLOW, WEIR_CAT_ERROR);
    make_dead(&w, 1);
    append_text(&w, bit_a(), "retry");
    window(&w, slot_a(), 0, &rows);
    settle(&w, rows[0].id, slot_a(), WEIR_SETTLE_RETRY, fake_now_ms + 100, "timeout");
    for (int i = 0; i < 600; i++)
        append_text(&w, bit_a(), "old");
    append_parts(&w);
    fake_now_ms = start_ms + 61000;
    for (int i = 0; i < 10; i++)
        append_text(&w, bit_a(), "young");
    wait_until(&w, slot_a(), WEIR_EXPIRED, 603);
    l = ledger(&w, slot_a());
    assert_int_equal(l.count[WEIR_DEAD], 1);
    assert_int_equal(l.ready, 10);
    assert_int_equal(l.waiting, 0);
    append_text(&w, bit_b(), "x"); /* answered after what that commit had to report */
    assert_int_equal(weir_report_take(slot_a(), WEIR_REPORT_CACHE_OVERFLOW, WEIR_CAT_ERROR), 601);
    assert_int_equal(weir_report_take(slot_a(), WEIR_REPORT_CACHE_OVERFLOW, WEIR_CAT_LOG_ITEM), 5);
    assert_int_equal(weir_report_take(slot_a(), WEIR_REPORT_CACHE_OVERFLOW, WEIR_CAT_ATTACHMENT),
                     strlen("{\"event_id\":\"9ec7\"}") + 1000);
    /* Redriven, its time to live begins anew. */
    assert_int_equal(dead_op(&w, WEIR_OP_REDRIVE, NULL, 0, -1), 1);
    usleep(1200000);
    assert_int_equal(ledger(&w, slot_a()).ready, 11);
    world_end(&w);
}

static uint64_t told(enum weir_report_reason why, enum weir_category c)
{
    return weir_report_take(slot_a(), why, c);
}

/* An event with an attachment of 900 bytes, a profile and two user reports. */
static struct weir_delivery with_riders(void)
{
    struct weir_delivery d = delivery(bit_a(), "event");

    d.riders = weir_riders_add(0, WEIR_CAT_ATTACHMENT, 900);
    d.riders = weir_riders_add(d.riders, WEIR_CAT_PROFILE, 1);
    d.riders = weir_riders_add(d.riders, WEIR_CAT_DEFAULT, 2);
    return d;
}

static void what_goes_with_an_event_that_is_lost_is_reported_item_by_item(void **state)
{
    struct world w;
    struct weir_spool_row *rows;
    struct weir_delivery d = with_riders();
    struct weir_replace op = {.op.kind = WEIR_OP_REPLACE, .has_body = true};
    int64_t staged;

    (void)state;
    begin(&w);
    d.fate = WEIR_FATE_STAGE;
    append(&w, &d, 1);
    staged = op.carrier = w.staged[(w.n_staged - 1) % 64];
    op.body = delivery(0, "event with breadcrumbs");
    assert_int_equal(run_op(&w, &op.op), 0);
    if (!w.memory)
        world_reopen(&w);
    settle(&w, staged, slot_a(), WEIR_SETTLE_RETRY, fake_now_ms, "timeout");
    assert_int_equal(window(&w, slot_a(), 0, &rows), 1);
    settle(&w, staged, slot_a(), WEIR_SETTLE_EXPIRED, 0, "ttl");
    append_text(&w, bit_b(), "x"); /* answered after what that commit had to report */
    assert_int_equal(told(WEIR_REPORT_CACHE_OVERFLOW, WEIR_CAT_ERROR), 1);
    assert_int_equal(told(WEIR_REPORT_CACHE_OVERFLOW, WEIR_CAT_ATTACHMENT), 900);
    assert_int_equal(told(WEIR_REPORT_CACHE_OVERFLOW, WEIR_CAT_PROFILE), 1);
    assert_int_equal(told(WEIR_REPORT_CACHE_OVERFLOW, WEIR_CAT_DEFAULT), 2);
    d = with_riders();
    append(&w, &d, 1);
    window(&w, slot_a(), 0, &rows);
    settle(&w, rows[0].id, slot_a(), WEIR_SETTLE_FORWARDED, 0, "");
    append_text(&w, bit_b(), "x");
    assert_int_equal(told(WEIR_REPORT_CACHE_OVERFLOW, WEIR_CAT_ATTACHMENT), 0);
    world_end(&w);
}

static void what_hung_on_a_transaction_that_was_sampled_out_is_reported(void **state)
{
    struct world w;
    struct weir_delivery d = with_riders();
    struct weir_leaving leaving = {0, WEIR_SAMPLED, "tail"};
    struct weir_replace op = {.op.kind = WEIR_OP_REPLACE, .leaving = &leaving, .n_leaving = 1};

    (void)state;
    begin(&w);
    d.fate = WEIR_FATE_STAGE;
    d.type = WEIR_ITEM_TRANSACTION;
    d.category = WEIR_CAT_TRANSACTION;
    append(&w, &d, 1);
    leaving.id = w.staged[(w.n_staged - 1) % 64];
    assert_int_equal(run_op(&w, &op.op), 0);
    append_text(&w, bit_b(), "x");
    assert_int_equal(told(WEIR_REPORT_SAMPLE_RATE, WEIR_CAT_ATTACHMENT), 900);
    assert_int_equal(told(WEIR_REPORT_SAMPLE_RATE, WEIR_CAT_PROFILE), 1);
    assert_int_equal(told(WEIR_REPORT_SAMPLE_RATE, WEIR_CAT_TRANSACTION), 0); /* join tells it */
    world_end(&w);
}

/* Attachments that came without an event: in the bytes they had; rows of a weir
 * that did not note them, in those they are stored in. Each once. */
static void lost_attachments_are_reported_in_bytes_and_once(void **state)
{
    struct world w;
    struct weir_spool_row *rows;
    struct weir_delivery d = delivery(bit_a(), "0123456789");

    (void)state;
    begin(&w);
    d.type = WEIR_ITEM_ATTACHMENT;
    d.category = WEIR_CAT_ATTACHMENT;
    for (int i = 0; i < 2; i++) {
        append(&w, &d, 1);
        window(&w, slot_a(), 0, &rows);
        settle(&w, rows[0].id, slot_a(), WEIR_SETTLE_EXPIRED, 0, "ttl");
        append_text(&w, bit_b(), "x");
        assert_int_equal(told(WEIR_REPORT_CACHE_OVERFLOW, WEIR_CAT_ATTACHMENT),
                         strlen("{\"event_id\":\"9ec7\"}") + 10);
    }
    d.riders = weir_riders_add(0, WEIR_CAT_ATTACHMENT, 5000);
    append(&w, &d, 1);
    window(&w, slot_a(), 0, &rows);
    settle(&w, rows[0].id, slot_a(), WEIR_SETTLE_EXPIRED, 0, "ttl");
    append_text(&w, bit_b(), "x");
    assert_int_equal(told(WEIR_REPORT_CACHE_OVERFLOW, WEIR_CAT_ATTACHMENT), 5000);
    world_end(&w);
}

/* ---- odd operations ---------------------------------------------------------------------- */

static void one_poisoned_operation_does_not_fail_the_others(void **state)
{
    struct world w;
    struct weir_append ops[3];
    struct weir_delivery d[3];
    sem_t done;
    struct weir_blob_writer *writer;
    struct weir_blob blob;

    (void)state;
    sem_init(&done, 0, 0);
    world_prepare(&w, in_memory, 4 * MIB);
    assert_int_equal(world_try_open(&w), 0);
    assert_int_equal(weir_blob_open(w.spool, WEIR_NO_COMPRESSION, &writer), 0);
    assert_int_equal(weir_blob_close(writer, &blob), 0);
    /* Queued before the thread starts, so that they are one batch. */
    for (int i = 0; i < 3; i++) {
        d[i] = delivery(bit_a(), "x");
        if (i < 2)
            d[i].blob = blob; /* the second has a name that is taken */
        ops[i] = (struct weir_append){.op = {.kind = WEIR_OP_APPEND, .owner = &done, .done = post},
                                      .deliveries = &d[i],
                                      .n = 1};
        assert_int_equal(weir_spool_submit(w.spool, &ops[i].op), 0);
    }
    assert_int_equal(weir_spool_start(w.spool), 0);
    assert_int_equal(weir_spool_reader_new(w.spool, &w.reader), 0);
    for (int i = 0; i < 3; i++)
        sem_wait(&done);
    assert_int_equal(ops[0].op.result, 0);
    assert_int_equal(ops[1].op.result, WEIR_EINVAL);
    assert_int_equal(ops[2].op.result, 0);
    assert_int_equal(ledger(&w, slot_a()).ready, 2);
    assert_true(weir_spool_writable(w.spool));
    world_end(&w);
}

/* What is run again because another one of its batch failed counts once. */
static void dead_letters_are_counted_once_beside_a_poisoned_operation(void **state)
{
    struct world w;
    struct weir_append poison;
    struct weir_delivery d[2];
    struct weir_dead_op orders[2];
    struct weir_spool_row *rows;
    int64_t ids[3] = {0, INT64_C(987654), INT64_C(987655)};
    sem_t done;

    (void)state;
    sem_init(&done, 0, 0);
    begin(&w);
    make_dead(&w, 3);
    assert_int_equal(list(&w, WEIR_ROW_DEAD, -1, &rows), 3);
    ids[0] = rows[0].id;
    d[0] = d[1] = delivery(bit_a(), "x");
    memcpy(d[0].blob.name, "taken twice", sizeof "taken twice");
    d[1].blob = d[0].blob;
    poison = (struct weir_append){
        .op = {.kind = WEIR_OP_APPEND, .owner = &done, .done = post}, .deliveries = d, .n = 2};
    orders[0] = (struct weir_dead_op){
        .op = {.kind = WEIR_OP_DROP, .owner = &done, .done = post}, .ids = ids, .n = 3, .slot = -1};
    orders[1] = (struct weir_dead_op){.op = {.kind = WEIR_OP_REDRIVE, .owner = &done, .done = post},
                                      .slot = -1};
    /* Queued before the thread starts, so that they are one batch. */
    world_close(&w);
    assert_int_equal(world_try_open(&w), 0);
    assert_int_equal(weir_spool_submit(w.spool, &orders[0].op), 0);
    assert_int_equal(weir_spool_submit(w.spool, &orders[1].op), 0);
    assert_int_equal(weir_spool_submit(w.spool, &poison.op), 0);
    assert_int_equal(weir_spool_start(w.spool), 0);
    assert_int_equal(weir_spool_reader_new(w.spool, &w.reader), 0);
    for (int i = 0; i < 3; i++)
        sem_wait(&done);
    assert_int_not_equal(poison.op.result, 0);
    assert_int_equal(orders[0].done, 1);
    assert_int_equal(orders[0].unknown, 2);
    assert_int_equal(orders[1].done, 2);
    world_end(&w);
}

static void a_withdrawn_operation_is_not_written(void **state)
{
    struct world w;
    struct weir_delivery d;
    struct weir_append op = {.op.kind = WEIR_OP_APPEND, .deliveries = &d, .n = 1};
    sem_t done;

    (void)state;
    world_prepare(&w, in_memory, 4 * MIB);
    d = delivery(bit_a(), "x");
    assert_int_equal(world_try_open(&w), 0);
    sem_init(&done, 0, 0);
    op.op.owner = &done;
    op.op.done = post;
    assert_int_equal(weir_spool_submit(w.spool, &op.op), 0);
    assert_true(weir_spool_withdraw(&op.op));
    assert_int_equal(weir_spool_start(w.spool), 0);
    sem_wait(&done);
    assert_int_equal(op.op.result, WEIR_EWITHDRAWN);
    assert_int_equal(weir_spool_reader_new(w.spool, &w.reader), 0);
    assert_int_equal(ledger(&w, slot_a()).count[WEIR_ACCEPTED], 0);
    world_end(&w);
}

static void gauges_follow_the_rows(void **state)
{
    struct world w;
    struct weir_spool_gauges g;
    struct weir_spool_row *rows;

    (void)state;
    begin(&w);
    append_text(&w, bit_a(), "x");
    append_text(&w, bit_a(), "y");
    stage(&w, bit_a(), "crumb");
    window(&w, slot_a(), 0, &rows);
    settle(&w, rows[0].id, slot_a(), WEIR_SETTLE_DEAD, 0, "rejected");
    append_text(&w, bit_b(), "z");
    weir_spool_gauges(w.spool, slot_a(), &g);
    assert_int_equal(g.rows[WEIR_ROW_READY], 1);
    assert_int_equal(g.rows[WEIR_ROW_DEAD], 1);
    assert_int_equal(g.rows[WEIR_ROW_STAGED], 1);
    assert_int_equal(g.rows[WEIR_ROW_WAITING], 0);
    assert_true(g.bytes[WEIR_ROW_READY] > WEIR_ROW_OVERHEAD);
    world_end(&w);
}

#define BOTH(name)                                  \
    {#name " (file)", name, on_disk, NULL, NULL},   \
    {                                               \
#name " (memory)", name, in_ram, NULL, NULL \
    }

static int on_disk(void **state)
{
    (void)state;
    in_memory = false;
    return 0;
}

static int in_ram(void **state)
{
    (void)state;
    in_memory = true;
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        BOTH(what_was_appended_is_read_as_it_was),
        BOTH(the_window_goes_on_after_an_id_and_respects_its_bounds),
        BOTH(a_forwarded_delivery_is_gone_and_counted),
        BOTH(a_retry_waits_until_it_is_due_and_comes_whatever_the_position),
        BOTH(new_deliveries_have_their_turn_among_many_retries),
        BOTH(destinations_share_the_items_and_the_last_one_deletes_them),
        BOTH(what_is_not_wanted_is_accepted_and_counted),
        BOTH(fragments_collapse_into_their_carrier),
        {"indexes_of_earlier_versions_are_replaced", indexes_of_earlier_versions_are_replaced,
         on_disk, NULL, NULL},
        {"what_is_asked_often_is_answered_by_an_index", what_is_asked_often_is_answered_by_an_index,
         on_disk, NULL, NULL},
        {"a_staged_row_has_no_trace_in_the_file_and_may_have_had_one",
         a_staged_row_has_no_trace_in_the_file_and_may_have_had_one, on_disk, NULL, NULL},
        BOTH(what_fragments_make_beside_the_carrier_is_one_more_accepted),
        BOTH(a_destination_with_a_part_only_gets_the_whole),
        BOTH(a_mark_stays_with_its_row_and_can_be_changed),
        BOTH(a_carrier_that_expired_leaves_the_others_staged),
        BOTH(a_dead_letter_keeps_its_answer_and_can_be_redriven_or_dropped),
        BOTH(a_page_does_not_part_the_rows_of_a_delivery),
        BOTH(all_dead_letters_are_dropped_in_several_transactions),
        BOTH(dead_letters_hold_a_quarter_and_the_oldest_goes_first),
        BOTH(a_full_destination_is_left_out_and_only_all_full_refuses),
        BOTH(a_full_destination_drops_its_oldest_when_told_to),
        BOTH(what_is_too_old_expires_but_dead_letters_stay),
        BOTH(what_goes_with_an_event_that_is_lost_is_reported_item_by_item),
        BOTH(what_hung_on_a_transaction_that_was_sampled_out_is_reported),
        BOTH(lost_attachments_are_reported_in_bytes_and_once),
        BOTH(one_poisoned_operation_does_not_fail_the_others),
        {"dead_letters_are_counted_once_beside_a_poisoned_operation",
         dead_letters_are_counted_once_beside_a_poisoned_operation, on_disk, NULL, NULL},
        BOTH(a_withdrawn_operation_is_not_written),
        BOTH(gauges_follow_the_rows),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
