/* test_seq.c - gaps, late ones, restarts and too many senders. */
#include "collector/listen/seq.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

static struct weir_seqs table;

static int setup(void **state)
{
    (void)state;
    memset(&table, 0, sizeof table);
    return 0;
}

static uint64_t told;

static void report(void *tag, uint64_t lost)
{
    assert_ptr_equal(tag, &told);
    told += lost;
}

static void note_at(const char *source, uint64_t seq, uint64_t now_ms)
{
    table.report = report;
    atomic_store(&weir_seq_note(&table, weir_str_of(source), seq, now_ms)->tag, &told);
}

/* What is newly lost when somebody looks. */
static uint64_t look(void)
{
    told = 0;
    weir_seq_publish(&table);
    return told;
}

static void what_is_missing_when_somebody_looks_is_lost(void **state)
{
    static const struct {
        const char *name;
        uint64_t order[12];
        size_t n;
        uint32_t lost;
    } cases[] = {
        {"none", {1, 2, 3, 4}, 4, 0},
        {"two gaps", {1, 2, 5, 6, 9}, 5, 4},
        {"the same, first ones swapped", {2, 1, 5, 6, 9}, 5, 4},
        {"the same, last one first", {9, 1, 2, 5, 6}, 5, 4},
        {"the same, from the middle", {6, 9, 5, 1, 2}, 5, 4},
        {"the same, backwards", {9, 6, 5, 2, 1}, 5, 4},
        {"begins anywhere", {500, 501, 503}, 3, 1},
        {"from zero", {0, 1, 3}, 3, 1},
        {"all come late", {1, 5, 4, 3, 2}, 5, 0},
        {"twice", {1, 2, 2, 2, 4, 4, 2}, 7, 1},
        {"restart", {900, 901, 0, 1, 2, 4}, 6, 1},
        {"restart with a first one lost", {900, 901, 2, 3, 5}, 5, 1},
        {"far ahead begins anew", {1, 2, 100000, 100001}, 4, 0},
        {"far behind is nothing", {1000, 1001, 900, 1002}, 4, 0},
        {"low 32 bits wrap", {4294967295, 4294967296, 4294967299}, 3, 2},
        {"longer than the window", {1, 1002, 1003}, 3, 1000},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint64_t lost;

        for (size_t k = 0; k < cases[i].n; k++)
            note_at(cases[i].name, cases[i].order[k], 1000);
        lost = look();
        if (lost != cases[i].lost)
            fail_msg("%s: %llu", cases[i].name, (unsigned long long)lost);
        assert_int_equal(look(), 0);
    }
}

static void what_was_told_is_not_taken_back_but_set_off(void **state)
{
    (void)state;
    note_at("a", 1, 1000);
    note_at("a", 4, 1000);
    assert_int_equal(look(), 2);
    note_at("a", 3, 1000);
    assert_int_equal(look(), 0);
    note_at("a", 6, 1000); /* 5 is missing: even with 3 */
    assert_int_equal(look(), 0);
    note_at("a", 8, 1000);
    assert_int_equal(look(), 1);
}

static void many_senders_press_out_the_longest_silent_only(void **state)
{
    char name[32];

    (void)state;
    note_at("gone", 1, 1000);
    note_at("gone", 3, 1000);
    told = 0;
    for (unsigned i = 0; i < 20000; i++) {
        snprintf(name, sizeof name, "pod-%u", i);
        note_at(name, 10, 1000 * (2 + i / 100));
        note_at("steady", i, 1000 * (2 + i / 100));
    }
    assert_int_equal(told, 1); /* told when it was given up */
    assert_int_equal(look(), 0);
    note_at("steady", 20004, 1000 * 203);
    assert_int_equal(look(), 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(what_is_missing_when_somebody_looks_is_lost, setup),
        cmocka_unit_test_setup(what_was_told_is_not_taken_back_but_set_off, setup),
        cmocka_unit_test_setup(many_senders_press_out_the_longest_silent_only, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
