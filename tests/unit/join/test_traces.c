/* test_traces.c - spans of several requests, kept or left out; log entries;
 * over the fake spool of fakes.h. */
#include "join/fakes.h"

/* One fragment of spans "id parent service", "-" for no parent. */
static int64_t spans(const char *project_id, const char *trace_id, const char *const *texts,
                     size_t n)
{
    char payload[4000] = "{\"items\":[";
    int64_t id;

    for (size_t i = 0; i < n; i++) {
        char span_id[32], parent[32], service[32], extra[200] = "", one[500];

        sscanf(texts[i], "%31s %31s %31s %199[^\n]", span_id, parent, service, extra);
        snprintf(one, sizeof one,
                 "%s{\"span_id\":\"%s\",\"parent_span_id\":\"%s\",\"service\":\"%s\",\"start\":1,"
                 "\"end\":2%s}",
                 i > 0 ? "," : "", span_id, parent[0] == '-' ? "" : parent, service, extra);
        strcat(payload, one);
    }
    strcat(payload, "]}");
    id = put_row(WEIR_ITEM_NATIVE_SPAN, project_id, trace_id, payload);
    spool.rows[id].n_spans = (uint32_t)n;
    note(id);
    return id;
}

static size_t count_rows(enum row_state wanted, enum weir_item_type type)
{
    size_t n = 0;

    for (int64_t i = 1; i <= spool.last; i++)
        n += spool.rows[i].state == wanted && spool.rows[i].type == type;
    return n;
}

static size_t further(void)
{
    size_t n = 0;

    for (int64_t i = 1; i <= spool.last; i++)
        n += spool.rows[i].further;
    return n;
}

/* Spans that went out: each transaction is one, and its children. */
static size_t spans_sent(void)
{
    size_t n = 0;

    for (int64_t i = 1; i <= spool.last; i++)
        if (spool.rows[i].state == READY && spool.rows[i].type == WEIR_ITEM_TRANSACTION)
            n += 1 + spool.rows[i].n_spans;
    return n;
}

static void one_fragment_may_be_several_transactions(void **state)
{
    static const char *const texts[] = {"a - shop", "b a shop", "c b pay", "d c pay", "e d stock"};
    int64_t id;
    (void)state;

    open_join();
    id = spans("42", TRACE, texts, 5);
    step(500);
    assert_int_equal(spool.rows[id].state, STAGED);
    step(WEIR_JOIN_SPAN_QUIET_MS); /* complete: the root is among the newest */
    assert_int_equal(spool.rows[id].state, READY);
    assert_int_equal(count_rows(READY, WEIR_ITEM_TRANSACTION), 3);
    assert_int_equal(further(), 2); /* each one more `accepted` */
    assert_int_equal(spans_sent(), 5);
    assert_string_equal(spool.rows[id + 1].trace_id, TRACE);
    assert_string_equal(spool.rows[id + 1].project, "42");
}

static void fragments_of_several_requests_share_transactions(void **state)
{
    static const char *const first[] = {"d c pay", "b a shop"}, *const second[] = {"c b pay"},
                             *const third[] = {"a - shop"};
    int64_t one, two, three;
    (void)state;

    open_join();
    one = spans("42", TRACE, first, 2);
    two = spans("42", TRACE, second, 1);
    three = spans("42", TRACE, third, 1);
    step(WEIR_JOIN_SPAN_QUIET_MS + 500);
    assert_int_equal(count_rows(READY, WEIR_ITEM_TRANSACTION), 2);
    assert_int_equal(spans_sent(), 4);
    /* Rows: one carried, two joined, one made beside them. */
    assert_int_equal((spool.rows[one].state == READY) + (spool.rows[two].state == READY) +
                         (spool.rows[three].state == READY),
                     1);
    assert_int_equal(count_rows(COLLAPSED, WEIR_ITEM_NATIVE_SPAN), 2);
    assert_int_equal(further(), 1);
}

static void projects_have_transactions_of_their_own(void **state)
{
    static const char *const first[] = {"a - shop", "b a shop"}, *const second[] = {"c b pay"};
    int64_t one, two;
    (void)state;

    open_join();
    one = spans("42", TRACE, first, 2);
    two = spans("7", TRACE, second, 1);
    step(WAIT_MS + 1000);
    assert_int_equal(spool.rows[one].state, READY);
    assert_int_equal(spool.rows[two].state, READY);
    assert_int_equal(spans_sent(), 3);
}

static void what_is_over_the_bound_goes_below_the_same_root(void **state)
{
    char texts[30][40];
    const char *pointers[30];
    json_t *json, *trace;
    int64_t id;
    (void)state;

    project.traces.max_spans = 10;
    for (int i = 0; i < 30; i++) {
        snprintf(texts[i], sizeof texts[i], "s%d %s shop", i, i == 0 ? "-" : "s0");
        pointers[i] = texts[i];
    }
    open_join();
    id = spans("42", TRACE, pointers, 30);
    step(0);
    assert_int_equal(spool.rows[id].state, READY);
    assert_int_equal(further(), 3); /* 1 + 9, 9, 9, 2 */
    assert_int_equal(spool.rows[id].n_spans, 9);
    assert_int_equal(spool.rows[id + 3].n_spans, 2);
    json = payload_of(id + 3);
    trace = json_object_get(json_object_get(json, "contexts"), "trace");
    assert_string_equal(json_string_value(json_object_get(trace, "parent_span_id")), "s0");
    json_decref(json);
}

static void the_wait_is_the_projects(void **state)
{
    static const char *const one[] = {"a x shop"};
    int64_t id;
    (void)state;

    project.traces.wait_ms = 60000;
    open_join();
    id = spans("42", TRACE, one, 1);
    step(WAIT_MS + 1000);
    assert_int_equal(spool.rows[id].state, STAGED);
    step(60000);
    assert_int_equal(spool.rows[id].state, READY);
}

/* ---- tail sampling ------------------------------------------------------------------ */

static void keep(bool errors, uint32_t slower_ms, double share)
{
    static struct weir_destination destination = {.slot = 3};
    static const struct weir_destination *list[] = {&destination};

    project.destinations = list;
    project.n_destinations = 1;
    project.traces.keep_errors = errors;
    project.traces.slower_ms = slower_ms;
    project.traces.keep_share = share;
}

static enum row_state fate_of(const char *trace_id, const char *extra)
{
    char text[300];
    const char *one[] = {text};
    int64_t id;

    snprintf(text, sizeof text, "a - shop %s", extra);
    id = spans("42", trace_id, one, 1);
    step(WAIT_MS + 1000);
    back_to_now();
    return spool.rows[id].state;
}

static void errors_and_slow_traces_are_kept_the_rest_is_not(void **state)
{
    (void)state;

    keep(true, 2000, 0);
    open_join();
    assert_int_equal(fate_of(TRACE, ""), SAMPLED);
    assert_int_equal(fate_of("01" TRACE, ",\"status\":\"ok\""), SAMPLED);
    assert_int_equal(fate_of("02" TRACE, ",\"status\":\"internal_error\""), READY);
    assert_int_equal(fate_of("03" TRACE, ",\"end\":3.1"), READY);
    assert_string_equal(spool.rows[1].reason, "tail");
    assert_int_equal(reported[WEIR_CAT_TRANSACTION], 2);
    assert_int_equal(reported[WEIR_CAT_SPAN], 2);
    /* An error that went by itself. */
    weir_join_failed(join, WEIR_S(OTHER));
    assert_int_equal(fate_of(OTHER, ""), READY);
    keep(false, 0, 0);
    weir_join_failed(join, WEIR_S("05" TRACE));
    assert_int_equal(fate_of("05" TRACE, ",\"status\":\"internal_error\""), SAMPLED);
}

static void the_share_is_drawn_by_the_trace(void **state)
{
    size_t kept = 0;
    (void)state;

    keep(true, 0, 0.25);
    snapshot.config.breadcrumbs_traces = 1000;
    open_join();
    for (int i = 0; i < 400; i++) {
        static const char *const one[] = {"a - shop"};
        char trace_id[40];

        snprintf(trace_id, sizeof trace_id, "%032x", i * 7919);
        spans("42", trace_id, one, 1);
    }
    for (int i = 0; i < 400; i++)
        step(i == 0 ? WAIT_MS + 1000 : 0);
    kept = count_rows(READY, WEIR_ITEM_TRANSACTION);
    assert_true(kept > 60 && kept < 140);
    assert_int_equal(count_rows(SAMPLED, WEIR_ITEM_NATIVE_SPAN), 400 - kept);
    for (int i = 1; i <= 400; i++) {
        struct weir_str id = weir_str_of(spool.rows[i].trace_id);

        assert_int_equal(spool.rows[i].state == READY,
                         weir_sample_keep(0.25, weir_sample_draw_tail(id)));
    }
}

static void late_spans_follow_what_was_decided(void **state)
{
    (void)state;

    keep(true, 2000, 0);
    open_join();
    assert_int_equal(fate_of(TRACE, ",\"end\":9"), READY);
    assert_int_equal(fate_of(TRACE, ""), READY); /* late */
    assert_int_equal(fate_of(OTHER, ""), SAMPLED);
    assert_int_equal(fate_of(OTHER, ""), SAMPLED);
    assert_int_equal(fate_of(OTHER, ",\"status\":\"aborted\""), READY);
}

static void transactions_of_sdks_wait_for_their_trace_and_go_as_they_came(void **state)
{
    static const char *const failed[] = {"b a pay ,\"status\":\"internal_error\""};
    int64_t good, bad, with_error;
    char *before;
    (void)state;

    keep(true, 2000, 0);
    snapshot.config.breadcrumbs_traces = 1000;
    open_join();
    good = stage(
        WEIR_ITEM_TRANSACTION, "42", "01" TRACE,
        "{\"start_timestamp\":1,\"timestamp\":2,\"contexts\":{\"trace\":{\"status\":\"ok\"}}}");
    bad = stage(
        WEIR_ITEM_TRANSACTION, "42", "02" TRACE,
        "{\"start_timestamp\":\"2026-11-21T05:30:00Z\",\"timestamp\":\"2026-11-21T05:30:07Z\"}");
    with_error = stage(WEIR_ITEM_TRANSACTION, "42", "03" TRACE, "{\"start_timestamp\":1}");
    spans("42", "03" TRACE, failed, 1);
    before = strndup(spool.rows[bad].items, spool.rows[bad].n);
    step(WAIT_MS - 1000);
    assert_int_equal(spool.rows[good].state, STAGED);
    step(2000);
    assert_int_equal(spool.rows[good].state, SAMPLED);
    assert_int_equal(spool.rows[bad].state, READY);
    assert_memory_equal(spool.rows[bad].items, before, spool.rows[bad].n);
    assert_int_equal(spool.rows[with_error].state, READY);
    assert_int_equal(count_rows(READY, WEIR_ITEM_TRANSACTION), 3);
    free(before);
}

/* ---- log entries -------------------------------------------------------------------- */

static int64_t entries(const char *project_id, const char *inner, uint32_t n)
{
    char payload[4000];
    int64_t id;

    snprintf(payload, sizeof payload, "{\"items\":[%s]}", inner);
    id = put_row(WEIR_ITEM_NATIVE_LOG, project_id, TRACE, payload);
    spool.rows[id].n_logs = n;
    note(id);
    return id;
}

static void log_entries_are_batched_by_sender(void **state)
{
    int64_t one, two, other;
    json_t *json;
    (void)state;

    open_join();
    one = entries("42", "{\"n\":1},{\"n\":2}", 2);
    two = entries("42", "{\"n\":3}", 1);
    other = entries("7", "{\"n\":9}", 1);
    step(0);
    assert_int_equal(spool.rows[one].state, STAGED);
    step(WEIR_JOIN_LOG_WAIT_MS + 100);
    assert_int_equal(spool.rows[one].state, READY);
    assert_int_equal(spool.rows[one].type, WEIR_ITEM_LOG);
    assert_int_equal(spool.rows[one].n_logs, 3);
    assert_int_equal(spool.rows[two].state, COLLAPSED);
    assert_int_equal(spool.rows[other].state, READY);
    assert_non_null(strstr(spool.rows[one].items, "\"item_count\":3"));
    json = payload_of(one);
    assert_int_equal(json_array_size(json_object_get(json, "items")), 3);
    json_decref(json);
}

static void a_hundred_entries_wait_for_nothing(void **state)
{
    int64_t ids[6];
    (void)state;

    open_join();
    for (int i = 0; i < 5; i++)
        ids[i] = entries("42", "{\"n\":1}", 30);
    step(0);
    assert_int_equal(spool.rows[ids[0]].state, READY);
    assert_int_equal(spool.rows[ids[0]].n_logs, 90);
    assert_int_equal(spool.rows[ids[2]].state, COLLAPSED);
    assert_int_equal(spool.rows[ids[3]].state, STAGED); /* 60 wait for more */
    step(WEIR_JOIN_LOG_WAIT_MS + 100);
    assert_int_equal(spool.rows[ids[3]].state, READY);
    assert_int_equal(spool.rows[ids[4]].state, COLLAPSED);
    ids[5] = stage(WEIR_ITEM_NATIVE_LOG, "42", TRACE, "[]");
    step(WEIR_JOIN_LOG_WAIT_MS + 100);
    assert_int_equal(spool.rows[ids[5]].state, EXPIRED);
}

/* ---- breadcrumbs of spans -------------------------------------------------------------- */

/* What is read at the start is read again. */
static void open_anew(void)
{
    snapshot.config.breadcrumbs_from_spans = true;
    weir_join_free(join);
    assert_int_equal(weir_join_new(&spool, NULL, &join), 0);
    open_join();
}

#define CALL(id, at) id " a shop ,\"op\":\"http.client\",\"description\":\"GET " id "\",\"end\":" at

static void the_calls_of_a_trace_are_breadcrumbs_of_its_error(void **state)
{
    static const char *const texts[] = {CALL("two", "20"), "x a shop ,\"op\":\"function\"",
                                        CALL("one", "10")};
    int64_t id, again, fragment;
    (void)state;

    snapshot.config.breadcrumbs_per_trace = 10;
    open_anew();
    fragment = spans("42", TRACE, texts, 3);
    assert_true(staged("42", TRACE));
    crumb("42", TRACE, "own", 15);
    step(0);
    id = event("42", TRACE, "{}");
    step(0);
    assert_crumbs(id, "GET one,own,GET two");
    assert_int_equal(spool.rows[fragment].state, STAGED);
    step(WAIT_MS + 1000);
    assert_int_equal(spool.rows[fragment].state, READY);
    back_to_now();
    assert_true(staged("42", TRACE)); /* they have gone, and are remembered */
    again = event("42", TRACE, "{}");
    step(0);
    assert_crumbs(again, "GET one,GET two");
    step(70000);
    assert_false(staged("42", TRACE));
}

static void spans_make_breadcrumbs_across_projects(void **state)
{
    static struct weir_str ids[] = {{"7", 1}, {"42", 2}};
    static const char *const first[] = {CALL("seven", "1")}, *const second[] = {CALL("own", "2")};
    int64_t id;
    (void)state;

    snapshot.config.breadcrumbs_across = (struct weir_strs){ids, 2};
    open_anew();
    spans("7", TRACE, first, 1);
    spans("42", TRACE, second, 1);
    step(0);
    id = event("42", TRACE, "{}");
    step(0);
    assert_crumbs(id, "GET seven,GET own");
}

static void a_recorded_exception_waits_a_moment_for_its_spans(void **state)
{
    static const char *const one[] = {CALL("late", "1")};
    int64_t id;
    (void)state;

    open_anew();
    id = put_row(WEIR_ITEM_EVENT, "42", TRACE, "{}");
    spool.rows[id].mark.same = 5;
    note(id);
    step(500);
    assert_int_equal(spool.rows[id].state, STAGED);
    spans("42", TRACE, one, 1);
    step(WEIR_JOIN_ERROR_WAIT_MS);
    assert_crumbs(id, "GET late");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(one_fragment_may_be_several_transactions),
        TEST(fragments_of_several_requests_share_transactions),
        TEST(projects_have_transactions_of_their_own),
        TEST(what_is_over_the_bound_goes_below_the_same_root),
        TEST(the_wait_is_the_projects),
        TEST(errors_and_slow_traces_are_kept_the_rest_is_not),
        TEST(the_share_is_drawn_by_the_trace),
        TEST(late_spans_follow_what_was_decided),
        TEST(transactions_of_sdks_wait_for_their_trace_and_go_as_they_came),
        TEST(log_entries_are_batched_by_sender),
        TEST(a_hundred_entries_wait_for_nothing),
        TEST(the_calls_of_a_trace_are_breadcrumbs_of_its_error),
        TEST(spans_make_breadcrumbs_across_projects),
        TEST(a_recorded_exception_waits_a_moment_for_its_spans),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
