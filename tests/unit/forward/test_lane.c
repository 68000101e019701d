/* test_lane.c - lanes are few, failures are remembered, endpoints survive. */
#include "unit.h"

#include "collector/forward/failing.h"
#include "collector/forward/lane.h"
#include "collector/forward/upstream.h"

static void a_credential_has_one_lane(void **state)
{
    struct weir_lanes l = {.n = 0};
    struct weir_lane *a, *b;
    (void)state;
    a = weir_lanes_take(&l, 1, 0);
    b = weir_lanes_take(&l, 2, 0);
    assert_ptr_not_equal(a, b);
    assert_ptr_equal(weir_lanes_take(&l, 1, 0), a);
    assert_int_equal(a->rows, 2);
    weir_lanes_destroy(&l);
}

static void idle_lanes_are_given_to_others_and_busy_ones_are_not(void **state)
{
    struct weir_lanes l = {.n = 0};
    struct weir_lane *limited, *used;
    (void)state;
    limited = weir_lanes_take(&l, 1, 0);
    limited->limits.until_ms[WEIR_CAT_ERROR] = 1000;
    weir_lane_drop(limited);
    used = weir_lanes_take(&l, 2, 0);
    for (uint64_t hash = 3; hash < 5000; hash++)
        weir_lane_drop(weir_lanes_take(&l, hash, 0));
    assert_int_equal(l.n, WEIR_MAX_LANES);
    assert_ptr_equal(weir_lanes_take(&l, 1, 0), limited);
    assert_int_equal(limited->limits.until_ms[WEIR_CAT_ERROR], 1000);
    assert_ptr_equal(weir_lanes_take(&l, 2, 0), used);
    weir_lanes_destroy(&l);
}

static void when_all_are_busy_the_rest_share_one(void **state)
{
    struct weir_lanes l = {.n = 0};
    (void)state;
    for (uint64_t hash = 1; hash <= WEIR_MAX_LANES; hash++)
        assert_ptr_not_equal(weir_lanes_take(&l, hash, 0), &l.shared);
    assert_ptr_equal(weir_lanes_take(&l, 100001, 0), &l.shared);
    assert_ptr_equal(weir_lanes_take(&l, 100002, 0), &l.shared);
    weir_lanes_destroy(&l);
}

static void blocked_and_limited_are_seen_over_all_lanes(void **state)
{
    struct weir_lanes l = {.n = 0};
    struct weir_lane *a, *b;
    (void)state;
    a = weir_lanes_take(&l, 1, 0);
    b = weir_lanes_take(&l, 2, 0);
    assert_false(weir_lanes_blocked(&l));
    b->gate.state = WEIR_GATE_BLOCKED;
    a->limits.until_ms[WEIR_CAT_SPAN] = 500;
    b->limits.until_ms[WEIR_CAT_ERROR] = 700;
    assert_true(weir_lanes_blocked(&l));
    assert_int_equal(weir_lanes_limited_until(&l, 100), 700);
    weir_lanes_reset(&l, false);
    assert_false(weir_lanes_blocked(&l));
    assert_int_equal(weir_lanes_limited_until(&l, 100), 700);
    weir_lanes_reset(&l, true);
    assert_int_equal(weir_lanes_limited_until(&l, 100), 0);
    weir_lanes_destroy(&l);
}

static void of_an_answer_a_kibibyte_is_kept(void **state)
{
    static char text[5000];
    struct weir_lanes l = {.n = 0};
    struct weir_lane *a = weir_lanes_take(&l, 1, 0);
    (void)state;
    weir_lane_keep_answer(a, 403, (struct weir_str){text, sizeof text});
    assert_int_equal(a->n_refused, WEIR_ANSWER_MAX);
    weir_lane_keep_answer(a, 404, (struct weir_str){NULL, 0});
    assert_int_equal(a->n_refused, 0);
    assert_int_equal(a->refused_status, 404);
    weir_lanes_destroy(&l);
}

static void others_taken_since_the_first_failure_are_noticed(void **state)
{
    struct weir_failing f = {NULL};
    (void)state;
    assert_false(weir_failing_note(&f, 5, 100)); /* fails first */
    assert_false(weir_failing_note(&f, 5, 100)); /* nothing was taken since */
    assert_true(weir_failing_note(&f, 5, 101));
    assert_true(weir_failing_note(&f, 5, 101)); /* and it stays so */
    weir_failing_forget(&f, 5);
    assert_false(weir_failing_note(&f, 5, 101));
    /* Pressed out by another: judged later, not wrongly. */
    assert_false(weir_failing_note(&f, 5 + WEIR_FAILING_PLACES, 200));
    assert_false(weir_failing_note(&f, 5, 300));
    weir_failing_destroy(&f);
}

static struct weir_destination destination(struct weir_endpoint *e, size_t n)
{
    struct weir_destination d = {.endpoints = e, .n_endpoints = n};

    d.breaker = (struct weir_breaker_config){1, 10000, 0, 0, 30000, 1};
    return d;
}

static void a_reload_keeps_the_breaker_of_an_endpoint_that_stays(void **state)
{
    static const struct weir_dsn dsn = {{"http", 4}, {"k", 1}, {"a", 1}, {NULL, 0}, {"1", 1}};
    struct weir_endpoint before[] = {{{"http://a", 8}, 1}, {{"http://b", 8}, 1}};
    struct weir_endpoint after[] = {
        {{"http://a", 8}, 1}, {{"http://c", 8}, 1}, {{"http://b", 8}, 2}};
    struct weir_destination d = destination(before, 2);
    struct weir_upstreams u = {.n = 0};
    struct weir_upstream *b;
    uint32_t ticket;
    (void)state;
    assert_int_equal(weir_upstreams_configure(&u, &d, &dsn), 0);
    b = u.list[1];
    assert_str_equal(b->origin, "http://b");
    assert_true(weir_breaker_allow(&b->breaker, 0, &ticket));
    weir_breaker_record(&b->breaker, ticket, WEIR_BREAKER_FAILURE, 0);
    d = destination(after, 3);
    assert_int_equal(weir_upstreams_configure(&u, &d, &dsn), 0);
    assert_int_equal(u.n, 3);
    assert_ptr_equal(u.list[2], b);
    assert_int_equal(weir_breaker_state(&u.list[2]->breaker), WEIR_BREAKER_OPEN);
    assert_int_equal(weir_breaker_state(&u.list[1]->breaker), WEIR_BREAKER_CLOSED);
    assert_int_equal(u.seats[2].weight, 2);
    weir_upstreams_destroy(&u);
}

static void an_endpoint_that_goes_lives_until_its_answer_is_in(void **state)
{
    static const struct weir_dsn dsn = {{"http", 4}, {"k", 1}, {"a", 1}, {NULL, 0}, {"1", 1}};
    struct weir_endpoint both[] = {{{"http://a", 8}, 1}, {{"http://b", 8}, 1}};
    struct weir_destination d = destination(both, 2);
    struct weir_upstreams u = {.n = 0};
    struct weir_upstream *b;
    (void)state;
    assert_int_equal(weir_upstreams_configure(&u, &d, &dsn), 0);
    b = u.list[1];
    b->sending++;
    d.n_endpoints = 1;
    assert_int_equal(weir_upstreams_configure(&u, &d, &dsn), 0);
    assert_int_equal(u.n, 1);
    assert_true(b->retired);
    weir_upstream_done(b); /* ASan would see a use before and a leak after */
    weir_upstreams_destroy(&u);
}

static void when_all_breakers_are_open_none_is_picked_until_the_first_may_be_probed(void **state)
{
    static const struct weir_dsn dsn = {{"http", 4}, {"k", 1}, {"a", 1}, {NULL, 0}, {"1", 1}};
    struct weir_endpoint both[] = {{{"http://a", 8}, 1}, {{"http://b", 8}, 1}};
    struct weir_destination d = destination(both, 2);
    struct weir_upstreams u = {.n = 0};
    uint32_t ticket;
    (void)state;
    assert_int_equal(weir_upstreams_configure(&u, &d, &dsn), 0);
    for (size_t i = 0; i < 2; i++) {
        assert_true(weir_breaker_allow(&u.list[i]->breaker, 100 * i, &ticket));
        weir_breaker_record(&u.list[i]->breaker, ticket, WEIR_BREAKER_FAILURE, 100 * i);
    }
    assert_null(weir_upstreams_pick(&u, WEIR_ROUND_ROBIN, 29999));
    assert_int_equal(weir_upstreams_again(&u), 30000);
    assert_ptr_equal(weir_upstreams_pick(&u, WEIR_ROUND_ROBIN, 30000), u.list[0]);
    weir_upstreams_destroy(&u);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_credential_has_one_lane),
        cmocka_unit_test(idle_lanes_are_given_to_others_and_busy_ones_are_not),
        cmocka_unit_test(when_all_are_busy_the_rest_share_one),
        cmocka_unit_test(blocked_and_limited_are_seen_over_all_lanes),
        cmocka_unit_test(of_an_answer_a_kibibyte_is_kept),
        cmocka_unit_test(others_taken_since_the_first_failure_are_noticed),
        cmocka_unit_test(a_reload_keeps_the_breaker_of_an_endpoint_that_stays),
        cmocka_unit_test(an_endpoint_that_goes_lives_until_its_answer_is_in),
        cmocka_unit_test(when_all_breakers_are_open_none_is_picked_until_the_first_may_be_probed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
