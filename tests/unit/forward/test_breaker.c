/* test_breaker.c - the breaker by scripts of (time, call) and expected states. */
#include "collector/forward/breaker.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

static const struct weir_breaker_config five_in_ten = {.failures = 5,
                                                       .window_ms = 10000,
                                                       .error_rate = 0.5,
                                                       .min_calls = 20,
                                                       .open_ms = 30000,
                                                       .successes = 3};

static void call(struct weir_breaker *b, uint64_t now_ms, enum weir_breaker_result result)
{
    uint32_t ticket = 0;

    assert_true(weir_breaker_allow(b, now_ms, &ticket));
    weir_breaker_record(b, ticket, result, now_ms);
}

static void fail_times(struct weir_breaker *b, uint64_t from_ms, uint64_t step_ms, int n)
{
    for (int i = 0; i < n; i++)
        call(b, from_ms + (uint64_t)i * step_ms, WEIR_BREAKER_FAILURE);
}

static void so_many_failures_within_the_window_open_it(void **state)
{
    static const struct {
        const char *name;
        int failures;
        uint64_t step_ms;
        enum weir_breaker_state state;
    } table[] = {
        {"four at once do not", 4, 1, WEIR_BREAKER_CLOSED},
        {"five at once do", 5, 1, WEIR_BREAKER_OPEN},
        {"five spread over eight seconds do", 5, 2000, WEIR_BREAKER_OPEN},
        {"many that are three seconds apart do not", 12, 3000, WEIR_BREAKER_CLOSED},
    };
    (void)state;
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        struct weir_breaker b;

        weir_breaker_init(&b, &five_in_ten);
        fail_times(&b, 1000000, table[i].step_ms, table[i].failures);
        if (weir_breaker_state(&b) != table[i].state)
            fail_msg("%s", table[i].name);
    }
}

static void successes_in_between_do_not_hide_failures(void **state)
{
    struct weir_breaker b;
    (void)state;
    weir_breaker_init(&b, &five_in_ten);
    for (int i = 0; i < 4; i++) {
        call(&b, 1000, WEIR_BREAKER_FAILURE);
        for (int k = 0; k < 100; k++)
            call(&b, 1000, WEIR_BREAKER_SUCCESS);
    }
    assert_int_equal(weir_breaker_state(&b), WEIR_BREAKER_CLOSED);
    call(&b, 1000, WEIR_BREAKER_FAILURE);
    assert_int_equal(weir_breaker_state(&b), WEIR_BREAKER_OPEN);
}

static void the_error_rate_opens_it_from_min_calls_on(void **state)
{
    struct weir_breaker_config c = five_in_ten;
    struct weir_breaker b;
    (void)state;
    c.failures = 0; /* only the second form */
    weir_breaker_init(&b, &c);
    fail_times(&b, 1000, 1, 10);
    for (int i = 0; i < 9; i++)
        call(&b, 2000, WEIR_BREAKER_SUCCESS);
    assert_int_equal(weir_breaker_state(&b), WEIR_BREAKER_CLOSED); /* 10 of 19 */
    call(&b, 2000, WEIR_BREAKER_FAILURE);                          /* 11 of 20 */
    assert_int_equal(weir_breaker_state(&b), WEIR_BREAKER_OPEN);

    weir_breaker_init(&b, &c);
    for (int i = 0; i < 60; i++)
        call(&b, 1000, i % 3 == 0 ? WEIR_BREAKER_FAILURE : WEIR_BREAKER_SUCCESS);
    assert_int_equal(weir_breaker_state(&b), WEIR_BREAKER_CLOSED); /* a third */
}

static void open_lets_nothing_through_until_its_time_is_over(void **state)
{
    struct weir_breaker b;
    uint32_t ticket;
    (void)state;
    weir_breaker_init(&b, &five_in_ten);
    fail_times(&b, 50000, 0, 5);
    assert_int_equal(weir_breaker_opens_at(&b), 80000);
    assert_false(weir_breaker_allow(&b, 50000, &ticket));
    assert_false(weir_breaker_allow(&b, 79999, &ticket));
    assert_true(weir_breaker_allow(&b, 80000, &ticket));
    assert_int_equal(weir_breaker_state(&b), WEIR_BREAKER_HALF_OPEN);
}

static void half_open_lets_one_probe_through_at_a_time(void **state)
{
    struct weir_breaker b;
    uint32_t ticket, other;
    (void)state;
    weir_breaker_init(&b, &five_in_ten);
    fail_times(&b, 0, 0, 5);
    assert_true(weir_breaker_allow(&b, 30000, &ticket));
    assert_false(weir_breaker_allow(&b, 30000, &other));
    assert_false(weir_breaker_allow(&b, 99000, &other));
    weir_breaker_record(&b, ticket, WEIR_BREAKER_NEUTRAL, 99000);
    assert_int_equal(weir_breaker_state(&b), WEIR_BREAKER_HALF_OPEN);
    assert_true(weir_breaker_allow(&b, 99000, &other));
}

static void so_many_successes_close_it_and_the_window_starts_anew(void **state)
{
    struct weir_breaker b;
    (void)state;
    weir_breaker_init(&b, &five_in_ten);
    fail_times(&b, 0, 0, 5);
    call(&b, 30000, WEIR_BREAKER_SUCCESS);
    call(&b, 30001, WEIR_BREAKER_SUCCESS);
    assert_int_equal(weir_breaker_state(&b), WEIR_BREAKER_HALF_OPEN);
    call(&b, 30002, WEIR_BREAKER_SUCCESS);
    assert_int_equal(weir_breaker_state(&b), WEIR_BREAKER_CLOSED);
    fail_times(&b, 30003, 0, 4);
    assert_int_equal(weir_breaker_state(&b), WEIR_BREAKER_CLOSED);
}

static void probe_failure_restarts_the_cooldown(void **state)
{
    struct weir_breaker b;
    (void)state;
    weir_breaker_init(&b, &five_in_ten);
    fail_times(&b, 0, 0, 5);
    call(&b, 30000, WEIR_BREAKER_SUCCESS);
    call(&b, 31000, WEIR_BREAKER_FAILURE);
    assert_int_equal(weir_breaker_state(&b), WEIR_BREAKER_OPEN);
    assert_int_equal(weir_breaker_opens_at(&b), 61000);
}

static void answers_to_requests_sent_before_it_opened_change_nothing(void **state)
{
    static const enum weir_breaker_result results[] = {WEIR_BREAKER_SUCCESS, WEIR_BREAKER_FAILURE};
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct weir_breaker b;
        uint32_t early, probe;

        weir_breaker_init(&b, &five_in_ten);
        assert_true(weir_breaker_allow(&b, 0, &early));
        fail_times(&b, 0, 0, 5);
        weir_breaker_record(&b, early, results[i], 20000);
        assert_int_equal(weir_breaker_opens_at(&b), 30000);
        /* nor while it is half open: the probe's place stays taken */
        assert_true(weir_breaker_allow(&b, 30000, &probe));
        weir_breaker_record(&b, early, results[i], 30001);
        assert_int_equal(weir_breaker_state(&b), WEIR_BREAKER_HALF_OPEN);
        assert_false(weir_breaker_ready(&b, 30002));
    }
}

static void new_settings_keep_the_state(void **state)
{
    struct weir_breaker_config c = five_in_ten;
    struct weir_breaker b;
    (void)state;
    weir_breaker_init(&b, &five_in_ten);
    fail_times(&b, 0, 0, 5);
    c.open_ms = 1000;
    weir_breaker_configure(&b, &c);
    assert_int_equal(weir_breaker_state(&b), WEIR_BREAKER_OPEN);
    assert_int_equal(weir_breaker_opens_at(&b), 1000);
    assert_string_equal(weir_breaker_state_name(WEIR_BREAKER_HALF_OPEN), "half_open");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(so_many_failures_within_the_window_open_it),
        cmocka_unit_test(successes_in_between_do_not_hide_failures),
        cmocka_unit_test(the_error_rate_opens_it_from_min_calls_on),
        cmocka_unit_test(open_lets_nothing_through_until_its_time_is_over),
        cmocka_unit_test(half_open_lets_one_probe_through_at_a_time),
        cmocka_unit_test(so_many_successes_close_it_and_the_window_starts_anew),
        cmocka_unit_test(probe_failure_restarts_the_cooldown),
        cmocka_unit_test(answers_to_requests_sent_before_it_opened_change_nothing),
        cmocka_unit_test(new_settings_keep_the_state),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
