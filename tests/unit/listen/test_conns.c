/* test_conns.c - deadlines and who is the idlest; an hour in no time. */
#include "collector/listen/conns.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static struct weir_conns l;
static struct weir_conn c[6];
static uint64_t now;
static const struct weir_conn_timeouts t = {.header_ms = 10000, .body_ms = 30000};

static void cut(struct weir_conn *one)
{
    weir_conns_move(&l, one, WEIR_CONN_CUT, now);
}

static int setup(void **state)
{
    (void)state;
    l = (struct weir_conns){0};
    now = 1000000;
    for (size_t i = 0; i < 6; i++)
        weir_conns_add(&l, &c[i], now + i);
    return 0;
}

/* When it is cut, in ms from now; `keeps_up` bytes arrive each 100 ms. */
static uint64_t cut_after(struct weir_conn *one, uint64_t keeps_up, uint64_t at_most)
{
    uint64_t from = now;

    while (one->phase != WEIR_CONN_CUT && now - from < at_most) {
        now += 100;
        one->bytes += keeps_up;
        weir_conns_sweep(&l, &t, now, cut);
    }
    return now - from;
}

static void each_phase_has_its_deadline(void **state)
{
    static const struct {
        enum weir_conn_phase phase;
        uint64_t keeps_up, least, most;
    } cases[] = {
        {WEIR_CONN_FRESH, 0, 10000, 11000},
        {WEIR_CONN_HEAD, 0, 10000, 11000},
        {WEIR_CONN_IDLE, 0, WEIR_KEEP_ALIVE_MS, WEIR_KEEP_ALIVE_MS + 1000},
        {WEIR_CONN_BODY, 0, 30000, 31000},
        {WEIR_CONN_BODY, 100, 30000, 33000},            /* a trickle buys little */
        {WEIR_CONN_BODY, 100 * 1024, 3600000, 3600000}, /* 1 MiB/s goes on */
        {WEIR_CONN_ANSWER, 0, 30000, 31000},
        {WEIR_CONN_WAIT, 0, 3600000, 3600000},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint64_t after;

        setup(NULL);
        for (size_t k = 1; k < 6; k++)
            weir_conns_remove(&l, &c[k]);
        if (cases[i].phase != WEIR_CONN_FRESH)
            weir_conns_move(&l, &c[0], cases[i].phase, now);
        after = cut_after(&c[0], cases[i].keeps_up, 3600000);
        if (after < cases[i].least || after > cases[i].most)
            fail_msg("case %zu: %llu ms", i, (unsigned long long)after);
    }
}

static void the_first_head_is_due_since_the_client_connected(void **state)
{
    (void)state;
    now += 9000;
    weir_conns_move(&l, &c[0], WEIR_CONN_HEAD, now);
    assert_in_range(cut_after(&c[0], 0, 20000), 500, 2000);
    now += 1000;
    weir_conns_move(&l, &c[1], WEIR_CONN_IDLE, now);
    weir_conns_move(&l, &c[1], WEIR_CONN_HEAD, now);
    assert_in_range(cut_after(&c[1], 0, 20000), 9500, 11000);
}

static void the_idlest_is_the_one_longest_without_a_request(void **state)
{
    (void)state;
    assert_ptr_equal(weir_conns_oldest(&l), &c[0]);
    weir_conns_move(&l, &c[0], WEIR_CONN_BODY, now + 10);
    assert_ptr_equal(weir_conns_oldest(&l), &c[1]);
    weir_conns_move(&l, &c[0], WEIR_CONN_IDLE, now + 20);
    for (size_t i = 1; i < 6; i++)
        weir_conns_remove(&l, &c[i]);
    assert_ptr_equal(weir_conns_oldest(&l), &c[0]);
    weir_conns_add(&l, &c[3], now + 30);
    assert_ptr_equal(weir_conns_oldest(&l), &c[0]);
    weir_conns_move(&l, &c[0], WEIR_CONN_WAIT, now + 40);
    assert_ptr_equal(weir_conns_oldest(&l), &c[3]);
    weir_conns_remove(&l, &c[3]);
    weir_conns_remove(&l, &c[0]);
    assert_null(weir_conns_oldest(&l));
    assert_int_equal(l.n, 0);
    assert_true(weir_conns_next_ms(&l, &t) == UINT64_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(each_phase_has_its_deadline, setup),
        cmocka_unit_test_setup(the_first_head_is_due_since_the_client_connected, setup),
        cmocka_unit_test_setup(the_idlest_is_the_one_longest_without_a_request, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
