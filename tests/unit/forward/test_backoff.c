/* test_backoff.c - delays grow to their maximum, and jitter spreads them. */
#include "collector/forward/backoff.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static void without_jitter_it_grows_up_to_the_maximum(void **state)
{
    static const struct {
        struct weir_retry retry;
        uint32_t attempts;
        uint64_t ms;
    } table[] = {
        {{100, 30000, 2, false}, 1, 100},       {{100, 30000, 2, false}, 2, 200},
        {{100, 30000, 2, false}, 5, 1600},      {{100, 30000, 2, false}, 9, 25600},
        {{100, 30000, 2, false}, 10, 30000},    {{100, 30000, 2, false}, UINT32_MAX, 30000},
        {{100, 30000, 1, false}, 4000000, 100}, {{100, 30000, 1.5, false}, 3, 225},
        {{0, 30000, 2, false}, 3, 1},           {{500, 100, 2, false}, 1, 100},
        {{100, 30000, 2, false}, 0, 100},
    };
    (void)state;
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
        assert_int_equal(weir_backoff_ms(&table[i].retry, table[i].attempts, UINT64_MAX),
                         table[i].ms);
}

static void full_jitter_takes_any_part_of_it_and_never_more(void **state)
{
    const struct weir_retry retry = {100, 30000, 2, true};
    (void)state;
    assert_int_equal(weir_backoff_ms(&retry, 3, 0), 1);
    assert_int_equal(weir_backoff_ms(&retry, 3, 400), 400);
    assert_int_equal(weir_backoff_ms(&retry, 3, 401), 1);
    for (uint64_t r = 0; r < 100000; r += 7)
        assert_in_range(weir_backoff_ms(&retry, 3, r * 0x9E3779B97F4A7C15u), 1, 400);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_jitter_it_grows_up_to_the_maximum),
        cmocka_unit_test(full_jitter_takes_any_part_of_it_and_never_more),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
