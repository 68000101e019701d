/* test_bucket.c - the rate is right over time, at once and after a reload. */
#include "collector/listen/bucket.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

static const uint64_t second = 1000000000, start = 5000000000;

static unsigned take_many(struct weir_bucket *b, double rate, double burst, uint64_t now,
                          unsigned n)
{
    unsigned taken = 0;
    uint64_t wait;

    for (unsigned i = 0; i < n; i++)
        taken += weir_bucket_take(b, rate, burst, now, &wait);
    return taken;
}

static void a_full_bucket_gives_its_burst_and_then_says_when(void **state)
{
    struct weir_bucket b = {0};
    uint64_t wait = 0;

    (void)state;
    assert_int_equal(take_many(&b, 5, 20, start, 100), 20);
    assert_false(weir_bucket_take(&b, 5, 20, start, &wait));
    assert_int_equal(wait, 200);
    assert_false(weir_bucket_take(&b, 5, 20, start + 199 * 1000000, &wait));
    assert_int_equal(wait, 1);
    assert_true(weir_bucket_take(&b, 5, 20, start + 200 * 1000000, &wait));
}

static void over_time_the_rate_is_kept(void **state)
{
    struct weir_bucket b = {0};
    unsigned taken = 0;

    (void)state;
    for (unsigned ms = 0; ms < 10000; ms++)
        taken += take_many(&b, 100, 10, start + ms * second / 1000, 3);
    assert_in_range(taken, 1000 + 9, 1000 + 11);
}

static void a_burst_left_out_is_one_second_of_the_rate(void **state)
{
    struct weir_bucket b = {0}, slow = {0};

    (void)state;
    assert_int_equal(take_many(&b, 7, 0, start, 100), 7);
    assert_int_equal(take_many(&slow, 0.1, 0, start, 100), 1);
    assert_int_equal(take_many(&slow, 0.1, 0, start + 10 * second, 100), 1);
}

static void debt_under_a_slower_configuration_is_forgiven(void **state)
{
    struct weir_bucket b = {0};
    uint64_t wait = 0;

    (void)state;
    assert_int_equal(take_many(&b, 0.001, 100, start, 200), 100);
    weir_bucket_take(&b, 10, 10, start + second, &wait);
    assert_true(wait <= 100);
    assert_int_equal(take_many(&b, 10, 10, start + 3 * second, 100), 10);
}

static void extreme_rates_do_not_overflow(void **state)
{
    struct weir_bucket fast = {0}, slow = {0};
    uint64_t wait = 0;

    (void)state;
    assert_int_equal(take_many(&fast, 1e12, 1e12, start, 1000), 1000);
    assert_true(weir_bucket_take(&slow, 1e-12, 1e12, start, &wait));
    weir_bucket_take(&slow, 1e-12, 1e12, start, &wait);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_full_bucket_gives_its_burst_and_then_says_when),
        cmocka_unit_test(over_time_the_rate_is_kept),
        cmocka_unit_test(a_burst_left_out_is_one_second_of_the_rate),
        cmocka_unit_test(debt_under_a_slower_configuration_is_forgiven),
        cmocka_unit_test(extreme_rates_do_not_overflow),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
