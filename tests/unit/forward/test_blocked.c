/* test_blocked.c - stories of refused deliveries: each step sends a delivery
 * or brings an answer, and says what the gate must make of it. */
#include "collector/forward/blocked.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

enum { OPEN_MS = 30000 };

static uint32_t tickets[16];

static void send_it(struct weir_gate *g, int64_t id, uint64_t now_ms)
{
    assert_true(weir_gate_may(g, id, now_ms));
    tickets[id] = weir_gate_sent(g, id);
}

static enum weir_gate_says answer(struct weir_gate *g, int64_t id, enum weir_gate_answer what,
                                  uint64_t now_ms, int64_t *suspect)
{
    return weir_gate_answer(g, tickets[id], id, what, now_ms, OPEN_MS, suspect);
}

static void a_refused_delivery_is_dead_when_the_next_other_is_taken(void **state)
{
    struct weir_gate g = {0};
    int64_t suspect = 0;
    (void)state;
    send_it(&g, 1, 0);
    assert_int_equal(answer(&g, 1, WEIR_GATE_REFUSED, 1, &suspect), WEIR_GATE_AGAIN);
    assert_int_equal(g.state, WEIR_GATE_DOUBTED);
    assert_false(weir_gate_may(&g, 1, 2)); /* not itself, */
    send_it(&g, 2, 2);                     /* another one, at once, */
    assert_false(weir_gate_may(&g, 3, 2)); /* and only one */
    assert_int_equal(answer(&g, 2, WEIR_GATE_TAKEN, 3, &suspect), WEIR_GATE_SUSPECT_DEAD);
    assert_int_equal(suspect, 1);
    assert_true(weir_gate_may(&g, 3, 3));
}

static void refused_alike_the_destination_is_blocked_and_nobody_dies(void **state)
{
    struct weir_gate g = {0};
    int64_t suspect = 0;
    (void)state;
    send_it(&g, 1, 0);
    answer(&g, 1, WEIR_GATE_REFUSED, 0, &suspect);
    send_it(&g, 2, 0);
    assert_int_equal(answer(&g, 2, WEIR_GATE_REFUSED, 10, &suspect), WEIR_GATE_NOW_BLOCKED);
    for (int64_t id = 1; id < 4; id++)
        assert_false(weir_gate_may(&g, id, 10 + OPEN_MS - 1));
    assert_int_equal(weir_gate_again(&g), 10 + OPEN_MS);
    send_it(&g, 3, 10 + OPEN_MS);
    assert_false(weir_gate_may(&g, 1, 10 + OPEN_MS)); /* one probe */
    assert_int_equal(answer(&g, 3, WEIR_GATE_REFUSED, 50000, &suspect), WEIR_GATE_AGAIN);
    assert_false(weir_gate_may(&g, 1, 50000));
    send_it(&g, 1, 50000 + OPEN_MS);
    assert_int_equal(answer(&g, 1, WEIR_GATE_TAKEN, 90000, &suspect), WEIR_GATE_NOW_OPEN);
    assert_int_equal(suspect, 0);
    assert_true(weir_gate_may(&g, 2, 90000) && weir_gate_may(&g, 3, 90000));
}

static void what_was_out_before_the_doubt_bears_no_witness(void **state)
{
    struct weir_gate g = {0};
    int64_t suspect = 0;
    (void)state;
    for (int64_t id = 1; id <= 4; id++)
        send_it(&g, id, 0);
    assert_int_equal(answer(&g, 1, WEIR_GATE_REFUSED, 1, &suspect), WEIR_GATE_AGAIN);
    assert_int_equal(answer(&g, 2, WEIR_GATE_TAKEN, 2, &suspect), WEIR_GATE_NOTHING);
    assert_int_equal(answer(&g, 3, WEIR_GATE_REFUSED, 3, &suspect), WEIR_GATE_AGAIN);
    assert_int_equal(g.state, WEIR_GATE_DOUBTED);
    send_it(&g, 5, 4);
    assert_int_equal(answer(&g, 5, WEIR_GATE_TAKEN, 5, &suspect), WEIR_GATE_SUSPECT_DEAD);
    assert_int_equal(suspect, 1);
    /* number 4 was asked under the old doubt: it is only tried again */
    assert_int_equal(answer(&g, 4, WEIR_GATE_REFUSED, 6, &suspect), WEIR_GATE_AGAIN);
    assert_int_equal(g.state, WEIR_GATE_FINE);
}

static void an_outage_of_the_witness_decides_nothing(void **state)
{
    struct weir_gate g = {0};
    int64_t suspect = 0;
    (void)state;
    send_it(&g, 1, 0);
    answer(&g, 1, WEIR_GATE_REFUSED, 0, &suspect);
    send_it(&g, 2, 1);
    assert_int_equal(answer(&g, 2, WEIR_GATE_OTHER, 2, &suspect), WEIR_GATE_NOTHING);
    assert_int_equal(g.state, WEIR_GATE_DOUBTED);
    send_it(&g, 3, 3);
    assert_int_equal(answer(&g, 3, WEIR_GATE_TAKEN, 4, &suspect), WEIR_GATE_SUSPECT_DEAD);
}

static void a_lone_suspect_goes_itself_and_then_counts_as_blocked(void **state)
{
    struct weir_gate g = {0};
    int64_t suspect = 0;
    (void)state;
    send_it(&g, 1, 0);
    answer(&g, 1, WEIR_GATE_REFUSED, 0, &suspect);
    assert_false(weir_gate_blocked(&g));
    assert_false(weir_gate_may(&g, 1, OPEN_MS - 1));
    send_it(&g, 1, OPEN_MS);
    assert_int_equal(answer(&g, 1, WEIR_GATE_REFUSED, OPEN_MS, &suspect), WEIR_GATE_NOW_BLOCKED);
    assert_true(weir_gate_blocked(&g));
    send_it(&g, 1, 2 * OPEN_MS);
    assert_int_equal(answer(&g, 1, WEIR_GATE_REFUSED, 2 * OPEN_MS, &suspect), WEIR_GATE_AGAIN);
    /* another one still goes at once, and decides */
    send_it(&g, 2, 2 * OPEN_MS + 1);
    assert_int_equal(answer(&g, 2, WEIR_GATE_TAKEN, 70000, &suspect), WEIR_GATE_SUSPECT_DEAD);
    assert_int_equal(suspect, 1);
    assert_false(weir_gate_blocked(&g));
}

static void a_lone_suspect_that_is_taken_lives(void **state)
{
    struct weir_gate g = {0};
    int64_t suspect = 0;
    (void)state;
    send_it(&g, 1, 0);
    answer(&g, 1, WEIR_GATE_REFUSED, 0, &suspect);
    send_it(&g, 1, OPEN_MS);
    answer(&g, 1, WEIR_GATE_REFUSED, OPEN_MS, &suspect);
    send_it(&g, 1, 2 * OPEN_MS);
    assert_int_equal(answer(&g, 1, WEIR_GATE_TAKEN, 2 * OPEN_MS, &suspect), WEIR_GATE_NOW_OPEN);
    assert_int_equal(g.state, WEIR_GATE_FINE);
    assert_int_equal(suspect, 0);
}

static void changed_credentials_open_the_gate(void **state)
{
    struct weir_gate g = {0};
    int64_t suspect = 0;
    (void)state;
    send_it(&g, 1, 0);
    answer(&g, 1, WEIR_GATE_REFUSED, 0, &suspect);
    send_it(&g, 2, 0);
    answer(&g, 2, WEIR_GATE_REFUSED, 0, &suspect);
    weir_gate_reset(&g);
    send_it(&g, 1, 1);
    /* an answer to the old credentials does not bring the doubt back */
    assert_int_equal(answer(&g, 2, WEIR_GATE_REFUSED, 2, &suspect), WEIR_GATE_AGAIN);
    assert_int_equal(g.state, WEIR_GATE_FINE);
}

static void an_expired_suspect_leaves_no_doubt(void **state)
{
    struct weir_gate g = {0};
    int64_t suspect = 0;
    (void)state;
    send_it(&g, 1, 0);
    answer(&g, 1, WEIR_GATE_REFUSED, 0, &suspect);
    weir_gate_forget(&g, 1);
    assert_int_equal(g.state, WEIR_GATE_FINE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_refused_delivery_is_dead_when_the_next_other_is_taken),
        cmocka_unit_test(refused_alike_the_destination_is_blocked_and_nobody_dies),
        cmocka_unit_test(what_was_out_before_the_doubt_bears_no_witness),
        cmocka_unit_test(an_outage_of_the_witness_decides_nothing),
        cmocka_unit_test(a_lone_suspect_goes_itself_and_then_counts_as_blocked),
        cmocka_unit_test(a_lone_suspect_that_is_taken_lives),
        cmocka_unit_test(changed_credentials_open_the_gate),
        cmocka_unit_test(an_expired_suspect_leaves_no_doubt),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
