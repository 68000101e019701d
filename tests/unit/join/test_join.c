/* test_join.c - breadcrumbs and errors, spans, restarts and threads, over the
 * fake spool of fakes.h. */
#include "join/fakes.h"

/* ---- breadcrumbs ------------------------------------------------------------------ */

static void breadcrumbs_join_the_next_error_of_their_trace(void **state)
{
    int64_t a, b, c, first, second;
    (void)state;

    open_join();
    assert_false(staged("42", TRACE));
    b = crumb("42", TRACE, "b", 20);
    assert_true(staged("42", TRACE)); /* before join has seen it */
    a = crumb("42", TRACE, "a", 10);
    c = crumb("42", OTHER, "c", 5);
    step(10);
    assert_true(held.value == 3);
    first = event("42", TRACE, "{\"message\":\"m\"}");
    second = event("42", TRACE, "{\"message\":\"m\"}");
    step(0);
    assert_crumbs(first, "a,b");
    assert_crumbs(second, "");
    assert_int_equal(spool.rows[second].state, READY);
    assert_int_equal(spool.rows[a].state, COLLAPSED);
    assert_int_equal(spool.rows[b].state, COLLAPSED);
    assert_int_equal(spool.rows[c].state, STAGED);
    assert_false(staged("42", TRACE));
    assert_true(staged("42", OTHER));
    assert_true(held.value == 1);
    assert_counts(2, 0, 0);
}

static void a_breadcrumb_and_its_error_may_come_in_one_step(void **state)
{
    int64_t id;
    (void)state;

    open_join();
    crumb("42", TRACE, "a", 10);
    id = event("42", TRACE, "{}");
    step(0);
    assert_crumbs(id, "a");
}

static void projects_do_not_share_breadcrumbs_unless_across(void **state)
{
    static struct weir_str ids[] = {{"7", 1}, {"42", 2}};
    int64_t id;
    (void)state;

    open_join();
    crumb("7", TRACE, "seven", 1);
    assert_false(staged("42", TRACE));
    id = event("42", TRACE, "{}");
    step(0);
    assert_crumbs(id, "");
    /* After a reload what is already there is grouped anew. */
    reloaded = snapshot;
    reloaded.config.breadcrumbs_across = (struct weir_strs){ids, 2};
    reloaded.generation++;
    in_force = &reloaded;
    step(0);
    assert_true(staged("42", TRACE));
    assert_true(staged("7", TRACE));
    assert_false(staged("8", TRACE));
    id = event("42", TRACE, "{}");
    step(0);
    assert_crumbs(id, "seven");
    assert_false(staged("42", TRACE));
}

static void over_the_bounds_the_oldest_go(void **state)
{
    int64_t ids[5], id;
    (void)state;

    open_join();
    for (int i = 0; i < 5; i++)
        ids[i] = crumb("42", TRACE, (const char *[]){"0", "1", "2", "3", "4"}[i], i);
    step(0);
    assert_int_equal(spool.rows[ids[0]].state, EXPIRED);
    assert_int_equal(spool.rows[ids[1]].state, EXPIRED);
    assert_counts(0, 0, 2);
    id = event("42", TRACE, "{}");
    step(0);
    assert_crumbs(id, "2,3,4");
    /* The third trace presses out the first. */
    ids[0] = crumb("42", "t1", "1", 1);
    ids[1] = crumb("42", "t2", "2", 1);
    ids[2] = crumb("42", "t3", "3", 1);
    step(0);
    assert_int_equal(spool.rows[ids[0]].state, EXPIRED);
    assert_int_equal(spool.rows[ids[1]].state, STAGED);
    assert_false(staged("42", "t1"));
    assert_true(staged("42", "t2"));
    assert_counts(3, 0, 3);
}

static void what_no_error_came_for_expires(void **state)
{
    int64_t a, b;
    (void)state;

    open_join();
    a = crumb("42", TRACE, "a", 1);
    step(30000);
    b = crumb("42", "", "no trace", 1); /* can never be joined */
    step(0);
    assert_int_equal(spool.rows[b].state, EXPIRED);
    assert_int_equal(spool.rows[a].state, STAGED);
    step(31000); /* notes are stamped by the real clock, which has gone on */
    assert_int_equal(spool.rows[a].state, EXPIRED);
    assert_false(staged("42", TRACE));
    assert_counts(0, 1, 1);
    assert_true(held.value == 0);
}

static void many_breadcrumbs_expire_in_batches(void **state)
{
    (void)state;

    snapshot.config.breadcrumbs_per_trace = 5000;
    open_join();
    for (int i = 0; i < 3000; i++)
        crumb("42", TRACE, "x", i);
    step(0);
    assert_int_equal(spool.submitted, 0);
    step(70000);
    step(0);
    assert_int_equal(spool.submitted, (3000 + WEIR_JOIN_BATCH - 1) / WEIR_JOIN_BATCH);
    for (int i = 1; i <= 3000; i++)
        assert_int_equal(spool.rows[i].state, EXPIRED);
    assert_counts(0, 3000, 0);
    assert_false(staged("42", TRACE));
}

static void an_event_never_grows_over_its_limit(void **state)
{
    int64_t old, id;
    (void)state;

    snapshot.config.limits.event = 200;
    open_join();
    old = crumb(
        "42", TRACE,
        "this one is too old, and much too long, to find any room in the event beside the other",
        1);
    crumb("42", TRACE, "new", 2);
    id = event("42", TRACE, "{\"message\":\"0123456789012345678901234567890123456789\"}");
    step(0);
    assert_crumbs(id, "new");
    assert_int_equal(spool.rows[old].state, EXPIRED);
    assert_counts(1, 0, 1);
}

/* ---- events pass whatever happens -------------------------------------------------- */

static void an_event_passes_when_nothing_is_there_or_readable(void **state)
{
    int64_t plain, broken, lost, a;
    (void)state;

    open_join();
    plain = event("42", TRACE, "{\"a\":1}");
    step(0);
    assert_int_equal(spool.rows[plain].state, READY);
    assert_int_equal(spool.rows[plain].type, WEIR_ITEM_EVENT);
    a = crumb("42", TRACE, "a", 1);
    broken = event("42", TRACE, "[\"no object\"]");
    step(0);
    assert_int_equal(spool.rows[broken].state, READY);
    assert_int_equal(spool.rows[a].state, STAGED); /* waits for the next one */
    spool.get_result = WEIR_EIO;
    lost = event("42", TRACE, "{}");
    step(0);
    assert_int_equal(spool.rows[lost].state, READY);
    spool.get_result = 0;
    lost = event("42", TRACE, "{}");
    step(0);
    assert_crumbs(lost, "a");
}

static void what_the_spool_refuses_is_tried_again(void **state)
{
    int64_t a, id;
    (void)state;

    open_join();
    a = crumb("42", TRACE, "a", 1);
    spool.submit_result = WEIR_EFULL;
    id = event("42", TRACE, "{}");
    step(0);
    assert_int_equal(spool.rows[id].state, STAGED);
    spool.submit_result = 0;
    spool.op_result = WEIR_EIO;
    step(100);
    assert_int_equal(spool.rows[id].state, STAGED);
    assert_true(staged("42", TRACE));
    spool.op_result = 0;
    step(1000);
    assert_crumbs(id, "a");
    assert_int_equal(spool.rows[a].state, COLLAPSED);
    assert_false(staged("42", TRACE));
}

static void breadcrumbs_outlive_an_event_that_vanished(void **state)
{
    int64_t a, id;
    (void)state;

    open_join();
    a = crumb("42", TRACE, "a", 1);
    id = event("42", TRACE, "{}");
    spool.submit_result = WEIR_EFULL;
    step(0);
    spool.submit_result = 0;
    spool.rows[id].state = EXPIRED; /* by the spool's ttl */
    step(100);
    assert_int_equal(spool.rows[a].state, STAGED);
    id = event("42", TRACE, "{}");
    step(0);
    assert_crumbs(id, "a");
}

static void more_events_than_jobs_all_pass(void **state)
{
    (void)state;

    open_join();
    for (int i = 0; i < 200; i++)
        event("42", TRACE, "{}");
    for (int i = 0; i < 200 / WEIR_JOIN_JOBS + 1; i++)
        step(0);
    for (int i = 1; i <= 200; i++)
        assert_int_equal(spool.rows[i].state, READY);
}

/* ---- spans -------------------------------------------------------------------------- */

static void spans_become_a_transaction_with_their_root(void **state)
{
    int64_t child, root;
    json_t *json;
    (void)state;

    open_join();
    child = span(TRACE, "bb", "aa", "shop");
    step(0);
    root = span(TRACE, "aa", "", "shop");
    assert_false(staged("42", TRACE)); /* events do not wait for spans */
    step(500);
    assert_int_equal(spool.rows[root].state, STAGED);
    step(WEIR_JOIN_SPAN_QUIET_MS);
    assert_int_equal(spool.rows[root].state, READY);
    assert_int_equal(spool.rows[root].type, WEIR_ITEM_TRANSACTION);
    assert_int_equal(spool.rows[root].n_spans, 1);
    assert_int_equal(spool.rows[child].state, COLLAPSED);
    json = payload_of(root);
    assert_int_equal(json_array_size(json_object_get(json, "spans")), 1);
    assert_non_null(
        strstr(spool.rows[root].header, json_string_value(json_object_get(json, "event_id"))));
    json_decref(json);
}

static void an_incomplete_trace_waits_five_seconds_and_no_longer(void **state)
{
    int64_t one, two, alone, other;
    (void)state;

    open_join();
    one = span(TRACE, "cc", "bb", "shop");
    two = span(TRACE, "dd", "bb", "shop");
    other = span(TRACE, "ee", "xx", "payment");
    alone = span(OTHER, "aa", "", "shop");
    step(WAIT_MS - 1000);
    assert_int_equal(spool.rows[one].state, STAGED);
    assert_int_equal(spool.rows[alone].state, STAGED);
    step(1100);
    assert_int_equal(spool.rows[one].state, READY); /* the earliest acts as root */
    assert_int_equal(spool.rows[two].state, COLLAPSED);
    assert_int_equal(spool.rows[other].state, READY);
    assert_int_equal(spool.rows[alone].state, READY);
}

static void a_late_span_is_a_transaction_of_its_own(void **state)
{
    int64_t root, late;
    (void)state;

    open_join();
    root = span(TRACE, "aa", "", "shop");
    step(WAIT_MS + 1000);
    assert_int_equal(spool.rows[root].state, READY);
    back_to_now();
    late = span(TRACE, "bb", "aa", "shop");
    step(WAIT_MS + 1000);
    assert_int_equal(spool.rows[late].state, READY);
    assert_int_equal(spool.rows[late].type, WEIR_ITEM_TRANSACTION);
}

static void a_huge_trace_goes_in_pieces_and_loses_nothing(void **state)
{
    size_t ready = 0, collapsed = 0, children = 0;
    (void)state;

    open_join();
    for (int i = 0; i < 2500; i++) {
        char id[16];

        snprintf(id, sizeof id, "s%d", i);
        span(TRACE, id, i == 0 ? "" : "s0", "shop");
    }
    for (int i = 0; i < 5; i++)
        step(WAIT_MS);
    for (int i = 1; i <= 2500; i++) {
        ready += spool.rows[i].state == READY;
        collapsed += spool.rows[i].state == COLLAPSED;
        children += spool.rows[i].state == READY ? spool.rows[i].n_spans : 0;
    }
    assert_int_equal(ready, 3);
    assert_int_equal(collapsed, 2497);
    /* The root once, and its context again in each further piece. */
    assert_int_equal(children, 2499);
}

static void a_damaged_span_expires_and_one_that_is_gone_is_forgotten(void **state)
{
    int64_t bad, gone, good;
    (void)state;

    open_join();
    bad = stage(WEIR_ITEM_NATIVE_SPAN, "42", TRACE, "[]");
    gone = span(TRACE, "bb", "aa", "shop");
    good = span(TRACE, "aa", "", "shop");
    spool.rows[gone].state = GONE;
    step(WAIT_MS + 1000);
    assert_int_equal(spool.rows[bad].state, EXPIRED);
    assert_int_equal(spool.rows[good].state, READY);
    assert_counts(0, 0, 0);
}

/* ---- restart -------------------------------------------------------------------------- */

static void what_was_staged_before_a_restart_is_joined_after_it(void **state)
{
    int64_t a, old, waiting, root, id;
    (void)state;

    a = put_row(WEIR_ITEM_BREADCRUMB, "42", TRACE, "{\"message\":\"a\",\"timestamp\":1}");
    old = put_row(WEIR_ITEM_BREADCRUMB, "42", OTHER, "{\"message\":\"o\",\"timestamp\":1}");
    spool.rows[old].received_ms -= 120000;
    waiting = put_row(WEIR_ITEM_EVENT, "42", TRACE, "{}");
    root = put_row(WEIR_ITEM_NATIVE_SPAN, "42", TRACE, "{\"items\":[{\"span_id\":\"aa\"}]}");
    spool.rows[root].received_ms -= 120000;
    for (int i = 0; i < 1500; i++) /* several pages */
        put_row(WEIR_ITEM_EVENT, "9", OTHER, "{}");
    open_join();
    assert_true(staged("42", TRACE));
    note(a); /* the spool told while join was listing */
    for (int i = 0; i < 200; i++)
        step(1);
    assert_crumbs(waiting, "a");
    assert_int_equal(spool.rows[a].state, COLLAPSED);
    assert_int_equal(spool.rows[old].state, EXPIRED);
    assert_int_equal(spool.rows[root].type, WEIR_ITEM_TRANSACTION);
    for (int64_t i = root + 1; i <= spool.last; i++)
        assert_int_equal(spool.rows[i].state, READY);
    assert_false(staged("42", TRACE)); /* nothing was raised twice */
    id = crumb("42", TRACE, "b", 1);
    assert_true(staged("42", TRACE));
    (void)id;
}

/* ---- threads ----------------------------------------------------------------------------- */

static atomic_bool done;

static void *spool_thread(void *queue)
{
    struct weir_op *op;

    while ((op = weir_queue_pop(queue)) != NULL || !atomic_load(&done)) {
        if (op == NULL) {
            weir_queue_wait(queue, 5);
            continue;
        }
        if (op->kind == WEIR_OP_APPEND) { /* of a sender: `owner` is the row */
            int64_t id = (int64_t)(intptr_t)op->owner;

            note(id);
            atomic_store(&op->state, WEIR_OP_TAKEN); /* the answer */
            continue;
        }
        pthread_mutex_lock(&spool.lock);
        apply((struct weir_replace *)op);
        pthread_mutex_unlock(&spool.lock);
        weir_mailbox_post(op->reply, &op->link);
    }
    return NULL;
}

static void commit(int64_t id)
{
    struct weir_op op = {.kind = WEIR_OP_APPEND, .owner = (void *)(intptr_t)id};

    atomic_store(&op.state, WEIR_OP_QUEUED);
    while (!weir_queue_push(spool.queue, &op))
        usleep(100);
    while (atomic_load(&op.state) != WEIR_OP_TAKEN)
        usleep(50);
}

static void *sender(void *number)
{
    for (int i = 0; i < 60; i++) {
        char trace_id[40];
        int64_t id;

        snprintf(trace_id, sizeof trace_id, "%d-%d", (int)(intptr_t)number, i);
        id = put_row(WEIR_ITEM_BREADCRUMB, "42", trace_id, "{\"message\":\"a\",\"timestamp\":1}");
        commit(id);
        /* The commit was answered: from now on the filter must know. */
        assert_true(staged("42", trace_id));
        id = put_row(WEIR_ITEM_EVENT, "42", trace_id, "{}");
        commit(id);
        id = put_row(WEIR_ITEM_NATIVE_SPAN, "42", trace_id, "{\"items\":[{\"span_id\":\"aa\"}]}");
        commit(id);
    }
    return NULL;
}

static void senders_spool_and_join_run_side_by_side(void **state)
{
    struct weir_queue queue;
    pthread_t spooler, senders[3];
    size_t joined = 0, ready = 0;
    (void)state;

    snapshot.config.breadcrumbs_traces = 1000;
    assert_int_equal(weir_queue_init(&queue, 256), 0);
    spool.queue = &queue;
    atomic_store(&done, false);
    pthread_create(&spooler, NULL, spool_thread, &queue);
    assert_int_equal(weir_join_start(join), 0);
    for (int i = 0; i < 3; i++)
        pthread_create(&senders[i], NULL, sender, (void *)(intptr_t)i);
    for (int i = 0; i < 3; i++)
        pthread_join(senders[i], NULL);
    for (int tries = 0; tries < 400 && ready < 180; tries++) {
        ready = 0;
        usleep(10000);
        pthread_mutex_lock(&spool.lock);
        for (int64_t i = 1; i <= spool.last; i++)
            ready += spool.rows[i].type == WEIR_ITEM_EVENT && spool.rows[i].state == READY;
        pthread_mutex_unlock(&spool.lock);
    }
    weir_join_stop(join);
    atomic_store(&done, true);
    pthread_join(spooler, NULL);
    spool.queue = NULL;
    weir_queue_destroy(&queue);
    assert_int_equal(ready, 180);
    for (int64_t i = 1; i <= spool.last; i++)
        if (spool.rows[i].type == WEIR_ITEM_EVENT)
            assert_crumbs(i, "a");
        else
            joined += spool.rows[i].state == COLLAPSED;
    assert_int_equal(joined, 180);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(breadcrumbs_join_the_next_error_of_their_trace),
        TEST(a_breadcrumb_and_its_error_may_come_in_one_step),
        TEST(projects_do_not_share_breadcrumbs_unless_across),
        TEST(over_the_bounds_the_oldest_go),
        TEST(what_no_error_came_for_expires),
        TEST(many_breadcrumbs_expire_in_batches),
        TEST(an_event_never_grows_over_its_limit),
        TEST(an_event_passes_when_nothing_is_there_or_readable),
        TEST(what_the_spool_refuses_is_tried_again),
        TEST(breadcrumbs_outlive_an_event_that_vanished),
        TEST(more_events_than_jobs_all_pass),
        TEST(spans_become_a_transaction_with_their_root),
        TEST(an_incomplete_trace_waits_five_seconds_and_no_longer),
        TEST(a_late_span_is_a_transaction_of_its_own),
        TEST(a_huge_trace_goes_in_pieces_and_loses_nothing),
        TEST(a_damaged_span_expires_and_one_that_is_gone_is_forgotten),
        TEST(what_was_staged_before_a_restart_is_joined_after_it),
        TEST(senders_spool_and_join_run_side_by_side),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
