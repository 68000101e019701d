/* test_gate.c - when nobody takes a category, and how that is told. */
#include "collector/listen/gate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static struct weir_destination tells[2] = {{.slot = 1, .pass_on = true},
                                           {.slot = 2, .pass_on = true}};
static struct weir_destination absorbs = {.slot = 3};
static const struct weir_destination *both[] = {&tells[0], &tells[1]},
                                     *mixed[] = {&tells[0], &absorbs};
static const struct weir_project of_both = {.destinations = both, .n_destinations = 2},
                                 of_mixed = {.destinations = mixed, .n_destinations = 2},
                                 of_none = {.n_destinations = 0};
static const uint64_t now = 50000;

static int clear(void **state)
{
    (void)state;
    for (unsigned slot = 1; slot <= 3; slot++)
        for (unsigned c = 0; c < WEIR_CATEGORIES; c++)
            weir_limit_set(slot, (enum weir_category)c, 0);
    return 0;
}

static void a_category_is_limited_when_every_destination_says_so(void **state)
{
    (void)state;
    weir_limit_set(1, WEIR_CAT_ERROR, now + 5000);
    assert_int_equal(weir_gate_limited(&of_both, WEIR_CAT_ERROR, now), 0);
    weir_limit_set(2, WEIR_CAT_ERROR, now + 9000);
    assert_int_equal(weir_gate_limited(&of_both, WEIR_CAT_ERROR, now), 5000);
    assert_int_equal(weir_gate_limited(&of_both, WEIR_CAT_ERROR, now + 5000), 0);
    assert_int_equal(weir_gate_limited(&of_both, WEIR_CAT_TRANSACTION, now), 0);
    weir_limit_set(3, WEIR_CAT_ERROR, now + 9000);
    assert_int_equal(weir_gate_limited(&of_mixed, WEIR_CAT_ERROR, now), 0);
    assert_int_equal(weir_gate_limited(&of_none, WEIR_CAT_ERROR, now), 0);
}

static void the_header_groups_categories_by_their_seconds(void **state)
{
    struct weir_arena arena;

    (void)state;
    weir_arena_init(&arena, 64 * 1024);
    assert_int_equal(weir_gate_header(&arena, &of_both, now).n, 0);
    for (unsigned slot = 1; slot <= 2; slot++) {
        weir_limit_set(slot, WEIR_CAT_ERROR, now + 4001);
        weir_limit_set(slot, WEIR_CAT_TRANSACTION, now + 60000);
        weir_limit_set(slot, WEIR_CAT_SPAN, now + 5000);
        weir_limit_set(slot, WEIR_CAT_SESSION, now);
    }
    assert_true(weir_str_eq(weir_gate_header(&arena, &of_both, now),
                            WEIR_S("5:error;span:key, 60:transaction:key")));
    assert_int_equal(weir_gate_header(&arena, &of_mixed, now).n, 0);
    assert_int_equal(weir_gate_header(&arena, &of_none, now).n, 0);
    weir_arena_destroy(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_category_is_limited_when_every_destination_says_so, clear),
        cmocka_unit_test_setup(the_header_groups_categories_by_their_seconds, clear),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
