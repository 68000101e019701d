/* test_balance.c - the order in which endpoints are chosen. */
#include "collector/forward/balance.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static void check(enum weir_balance how, struct weir_seat *seats, size_t n, const char *expected)
{
    struct weir_balancer b = {0};
    char got[64] = "";
    size_t i;

    for (i = 0; expected[i] != '\0'; i++) {
        size_t at = weir_balance_pick(&b, how, seats, n);

        got[i] = at == SIZE_MAX ? '-' : (char)('a' + at);
        if (at != SIZE_MAX && how == WEIR_LEAST_CONNECTIONS)
            seats[at].sending++;
    }
    got[i] = '\0';
    assert_string_equal(got, expected);
}

static void round_robin_goes_in_turn_and_skips_the_broken(void **state)
{
    struct weir_seat all[] = {{1, 0, 0, true}, {1, 0, 0, true}, {1, 0, 0, true}};
    struct weir_seat two[] = {{1, 0, 0, true}, {1, 0, 0, false}, {1, 0, 0, true}};
    struct weir_seat none[] = {{1, 0, 0, false}, {1, 0, 0, false}};
    (void)state;
    check(WEIR_ROUND_ROBIN, all, 3, "abcabca");
    check(WEIR_ROUND_ROBIN, two, 3, "acacac");
    check(WEIR_ROUND_ROBIN, none, 2, "--");
}

static void least_connections_prefers_the_idle_one_for_its_weight(void **state)
{
    struct weir_seat busy[] = {{1, 3, 0, true}, {1, 0, 0, true}, {1, 1, 0, true}};
    struct weir_seat broken[] = {{1, 3, 0, true}, {1, 0, 0, false}};
    struct weir_seat heavy[] = {{3, 0, 0, true}, {1, 0, 0, true}};
    (void)state;
    check(WEIR_LEAST_CONNECTIONS, busy, 3, "bcbcbcabc");
    check(WEIR_LEAST_CONNECTIONS, broken, 2, "aaa");
    check(WEIR_LEAST_CONNECTIONS, heavy, 2, "abaabaaa");
}

static void weights_are_met_smoothly(void **state)
{
    struct weir_seat seats[] = {{5, 0, 0, true}, {1, 0, 0, true}, {1, 0, 0, true}};
    struct weir_seat broken[] = {{5, 0, 0, false}, {2, 0, 0, true}, {1, 0, 0, true}};
    (void)state;
    check(WEIR_WEIGHTED, seats, 3, "aabacaaaabacaa");
    check(WEIR_WEIGHTED, broken, 3, "bcbbcb");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(round_robin_goes_in_turn_and_skips_the_broken),
        cmocka_unit_test(least_connections_prefers_the_idle_one_for_its_weight),
        cmocka_unit_test(weights_are_met_smoothly),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
