/* test_storms.c - identical errors, and the same exception again; over the
 * fake spool of fakes.h. */
#include "join/fakes.h"

enum { WINDOW_MS = 60000 };

static int64_t marked(uint64_t same, uint64_t run)
{
    int64_t id = put_row(WEIR_ITEM_EVENT, "42", TRACE, "{\"message\":\"m\"}");

    spool.rows[id].mark = (struct weir_mark){.same = same, .run = run};
    note(id);
    return id;
}

/* What contexts.collapse of a sent event says; 0: it is not there. */
static uint64_t count_of(int64_t id)
{
    json_t *json = payload_of(id);
    json_t *collapse = json_object_get(json_object_get(json, "contexts"), "collapse");
    uint64_t n = (uint64_t)json_integer_value(json_object_get(collapse, "count"));

    json_decref(json);
    return n;
}

/* Events that went and what they stand for, together. */
static uint64_t told(void)
{
    uint64_t n = 0;

    for (int64_t i = 1; i <= spool.last; i++)
        if (spool.rows[i].state == READY)
            n += count_of(i) > 0 ? count_of(i) : 1;
    return n;
}

static size_t rows_in(enum row_state wanted)
{
    size_t n = 0;

    for (int64_t i = 1; i <= spool.last; i++)
        n += spool.rows[i].state == wanted;
    return n;
}

static void open_storm(void)
{
    project.collapse_ms = WINDOW_MS;
    open_join();
}

/* ---- the same exception, rising ------------------------------------------------- */

static void the_same_exception_goes_once(void **state)
{
    int64_t first, second, other;
    (void)state;

    open_join();
    first = marked(5, 0);
    second = marked(5, 0);
    other = marked(6, 0);
    step(0);
    step(0);
    assert_int_equal(spool.rows[first].state, READY);
    assert_int_equal(spool.rows[second].state, COLLAPSED);
    assert_string_equal(spool.rows[second].reason, "same_exception");
    assert_int_equal(spool.rows[other].state, READY);
    second = marked(5, 0);
    step(30000);
    step(0);
    assert_int_equal(spool.rows[second].state, COLLAPSED);
    second = marked(5, 0);
    step(11 * 60 * 1000); /* too long ago to be the same */
    assert_int_equal(spool.rows[second].state, READY);
}

static void with_all_jobs_busy_the_first_still_goes(void **state)
{
    (void)state;

    open_join();
    for (int i = 0; i < 100; i++)
        marked(0, 0);
    for (int i = 0; i < 100; i++)
        marked(7 + (uint64_t)(i / 2), 0);
    for (int i = 0; i < 20; i++)
        step(0);
    assert_int_equal(rows_in(READY), 150);
    assert_int_equal(rows_in(COLLAPSED), 50);
}

/* ---- storms ------------------------------------------------------------------------ */

static void the_first_of_a_run_goes_at_once_then_one_a_window(void **state)
{
    int64_t first, last = 0;
    (void)state;

    open_storm();
    first = marked(0, 9);
    step(0);
    assert_int_equal(spool.rows[first].state, READY);
    assert_int_equal(count_of(first), 0);
    for (int i = 0; i < 10; i++)
        last = marked(0, 9);
    step(100);
    assert_int_equal(rows_in(READY), 1);
    step(WEIR_RUN_FLUSH_MS); /* only the latest stays, and stands for all */
    assert_int_equal(rows_in(STAGED), 1);
    assert_int_equal(spool.rows[last].state, STAGED);
    assert_int_equal(spool.rows[last].mark.count, 10);
    assert_string_equal(spool.rows[last - 1].reason, "storm");
    last = marked(0, 9);
    step(0);
    step(WINDOW_MS);
    assert_int_equal(spool.rows[last].state, READY);
    assert_int_equal(count_of(last), 11);
    assert_int_equal(told(), 12);
    assert_int_equal(rows_in(STAGED), 0);
    assert_int_equal(rows_in(COLLAPSED), 10);
    /* It goes on: the next window tells of what came in it. */
    now = weir_mono_ms() + WINDOW_MS + 1200;
    last = marked(0, 9);
    step(10);
    assert_int_equal(spool.rows[last].state, STAGED);
    step(WINDOW_MS);
    assert_int_equal(count_of(last), 1);
    /* A window without any ends the run; then the next is a first again. */
    step(2 * WINDOW_MS);
    last = marked(0, 9);
    step(0);
    assert_int_equal(spool.rows[last].state, READY);
    assert_int_equal(count_of(last), 0);
    assert_int_equal(told(), 14);
}

static void runs_do_not_mix(void **state)
{
    (void)state;

    open_storm();
    for (int i = 0; i < 50; i++)
        marked(0, 1 + (uint64_t)(i % 5));
    marked(0, 0); /* not to be collapsed */
    step(0);
    assert_int_equal(rows_in(READY), 6);
    step(WINDOW_MS + 100);
    assert_int_equal(rows_in(READY), 11);
    assert_int_equal(told(), 51);
}

static void a_great_storm_is_counted_exactly(void **state)
{
    (void)state;

    open_storm();
    for (int i = 0; i < 3000; i++) {
        marked(0, 9);
        if (i % 300 == 0)
            step(10);
    }
    for (int i = 0; i < 10; i++)
        step(WEIR_RUN_FLUSH_MS);
    assert_true(rows_in(STAGED) <= 1);
    step(WINDOW_MS);
    assert_int_equal(rows_in(STAGED), 0);
    assert_int_equal(rows_in(READY), 2);
    assert_int_equal(told(), 3000);
}

static void a_restart_keeps_the_count(void **state)
{
    int64_t last;
    (void)state;

    open_storm();
    for (int i = 0; i < 20; i++)
        last = marked(0, 9);
    step(0);
    step(WEIR_RUN_FLUSH_MS + 100);
    assert_int_equal(rows_in(STAGED), 1);
    weir_join_free(join); /* as after kill -9: only the rows remain */
    last = put_row(WEIR_ITEM_EVENT, "42", TRACE, "{}");
    spool.rows[last].mark.run = 9;
    assert_int_equal(weir_join_new(&spool, NULL, &join), 0);
    open_join();
    for (int i = 0; i < 5; i++)
        step(WINDOW_MS);
    assert_int_equal(rows_in(STAGED), 0);
    assert_int_equal(told(), 21);
}

static void what_the_spool_cannot_commit_is_not_counted_twice(void **state)
{
    (void)state;

    open_storm();
    for (int i = 0; i < 20; i++)
        marked(0, 9);
    step(0);
    spool.op_result = WEIR_EIO;
    step(WEIR_RUN_FLUSH_MS + 100);
    assert_int_equal(rows_in(COLLAPSED), 0);
    marked(0, 9);
    step(100);
    spool.op_result = 0;
    for (int i = 0; i < 4; i++)
        step(WINDOW_MS);
    assert_int_equal(rows_in(STAGED), 0);
    assert_int_equal(told(), 21);
}

static void a_latest_one_that_expired_takes_nobody_along(void **state)
{
    int64_t last;
    (void)state;

    open_storm();
    marked(0, 9);
    step(0);
    last = marked(0, 9);
    step(0);
    spool.rows[last].state = EXPIRED; /* by the spool's ttl */
    for (int i = 0; i < 3; i++)
        marked(0, 9);
    step(WINDOW_MS + 100);
    for (int i = 0; i < 4; i++)
        step(WINDOW_MS);
    assert_int_equal(rows_in(STAGED), 0);
    assert_int_equal(told() + 1, 5);
}

static void further_runs_than_there_may_be_are_sent_as_they_are(void **state)
{
    (void)state;

    open_storm();
    for (int i = 0; i < WEIR_RUNS + 50; i++)
        marked(0, 10 + (uint64_t)i);
    for (int i = 0; i < 50; i++)
        marked(0, 10 + WEIR_RUNS + (uint64_t)i);
    for (int i = 0; i < 60; i++)
        step(0);
    assert_int_equal(rows_in(READY), WEIR_RUNS + 100);
}

static void switched_off_nothing_stays_behind(void **state)
{
    (void)state;

    open_storm();
    for (int i = 0; i < 5; i++)
        marked(0, 9);
    step(0);
    project.collapse_ms = 0;
    for (int i = 0; i < 4; i++)
        step(1000);
    assert_int_equal(rows_in(STAGED), 0);
    assert_int_equal(told(), 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_same_exception_goes_once),
        TEST(with_all_jobs_busy_the_first_still_goes),
        TEST(the_first_of_a_run_goes_at_once_then_one_a_window),
        TEST(runs_do_not_mix),
        TEST(a_great_storm_is_counted_exactly),
        TEST(a_restart_keeps_the_count),
        TEST(what_the_spool_cannot_commit_is_not_counted_twice),
        TEST(a_latest_one_that_expired_takes_nobody_along),
        TEST(further_runs_than_there_may_be_are_sent_as_they_are),
        TEST(switched_off_nothing_stays_behind),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
