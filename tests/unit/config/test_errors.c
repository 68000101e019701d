/* test_errors.c - mistakes come out in the order of the files, all counted. */
#include "support.h"

static char *print(const struct weir_errors *e, char *room, size_t size)
{
    FILE *f = tmpfile();
    size_t n;

    assert_non_null(f);
    weir_errors_print(e, fileno(f));
    rewind(f);
    n = fread(room, 1, size - 1, f);
    room[n] = '\0';
    fclose(f);
    return room;
}

static void lines_come_in_order_of_position_file_by_file(void **state)
{
    struct weir_arena a;
    struct weir_errors e;
    char text[1024];

    (void)state;
    weir_arena_init(&a, 1 << 20);
    weir_errors_init(&e, &a);
    weir_errors_add(&e, false, WEIR_S("z.yaml"), 10, 1, "last of z");
    weir_errors_add(&e, false, WEIR_S("a.yaml"), 2, 1, "of a");
    weir_errors_add(&e, true, WEIR_S("z.yaml"), 2, 9, "%d", 2);
    weir_errors_add(&e, false, WEIR_S("z.yaml"), 2, 3, "1");
    weir_errors_add(&e, false, WEIR_S("z.yaml"), 2, 3, "again");
    weir_errors_add(&e, false, WEIR_S("z.yaml"), 0, 0, "whole");
    assert_int_equal(e.n, 6);
    assert_int_equal(e.n_fatal, 5);
    assert_string_equal(print(&e, text, sizeof text), "z.yaml: whole\n"
                                                      "z.yaml:2:3: 1\n"
                                                      "z.yaml:2:3: again\n"
                                                      "z.yaml:2:9: warning: 2\n"
                                                      "z.yaml:10:1: last of z\n"
                                                      "a.yaml:2:1: of a\n");
    weir_arena_destroy(&a);
}

static void more_than_can_be_kept_still_counts(void **state)
{
    struct weir_arena a;
    struct weir_errors e;

    (void)state;
    weir_arena_init(&a, 4096);
    weir_errors_init(&e, &a);
    for (int i = 0; i < 5000; i++)
        weir_errors_add(&e, false, WEIR_S("f"), 1, 1, "%0200d", i);
    assert_int_equal(e.n_fatal, 5000);
    assert_true(e.n < 100);
    weir_arena_destroy(&a);
}

static void a_mistake_stays_on_its_line_whatever_it_quotes(void **state)
{
    struct weir_arena a;
    struct weir_errors e;
    char text[256];

    (void)state;
    weir_arena_init(&a, 1 << 20);
    weir_errors_init(&e, &a);
    weir_errors_add(&e, false, WEIR_S("f"), 2, 3, "not 'a\nb\r\tc\x1b[2Jd\x7f\xc3\xa9'");
    assert_string_equal(print(&e, text, sizeof text),
                        "f:2:3: not 'a\\nb\\r\\tc\\x1b[2Jd\\x7f\xc3\xa9'\n");
    weir_arena_destroy(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_come_in_order_of_position_file_by_file),
        cmocka_unit_test(more_than_can_be_kept_still_counts),
        cmocka_unit_test(a_mistake_stays_on_its_line_whatever_it_quotes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
