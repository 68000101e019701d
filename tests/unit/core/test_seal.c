/* test_seal.c - boxes close, open with their key only, and are found again. */
#include "unit.h"

#include "weir/seal.h"
#include "weir/text.h"

#include <stdlib.h>

struct fixture {
    struct weir_arena arena;
    uint8_t private_key[WEIR_SEAL_KEY], public_key[WEIR_SEAL_KEY];
};

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);

    weir_arena_init(&f->arena, 16 << 20);
    weir_seal_new(f->private_key);
    weir_seal_public(f->private_key, f->public_key);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    weir_arena_destroy(&f->arena);
    free(f);
    return 0;
}

static struct weir_str sealed(struct fixture *f, struct weir_str text)
{
    struct weir_buf b;
    struct weir_str out;

    weir_buf_init(&b, &f->arena, 8 << 20);
    weir_seal(f->public_key, text, &b);
    assert_int_equal(weir_buf_str(&b, &out), 0);
    return out;
}

static void a_box_opens_to_what_was_put_in(void **state)
{
    static const char *const texts[] = {"", "x", "anna@example.org",
                                        "Zo\xC3\xAB \xE6\x97\xA5\n\"\\", "4111 1111 1111 1111"};
    struct fixture *f = *state;

    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct weir_str in = weir_str_of(texts[i]), box = sealed(f, in), out;

        assert_true(weir_str_starts(box, WEIR_S("[encrypted:")));
        assert_true(in.n == 0 || weir_str_find(box, in) == SIZE_MAX || in.n < 2);
        assert_int_equal(weir_seal_open(f->private_key, &f->arena, box, &out), 0);
        assert_true(weir_str_eq(out, in));
    }
}

static void two_boxes_of_one_value_differ(void **state)
{
    struct fixture *f = *state;

    assert_false(weir_str_eq(sealed(f, WEIR_S("anna")), sealed(f, WEIR_S("anna"))));
}

static void a_box_does_not_open_with_another_key_nor_when_it_was_changed(void **state)
{
    struct fixture *f = *state;
    struct weir_str box = sealed(f, WEIR_S("anna")), out;
    uint8_t other[WEIR_SEAL_KEY];
    char *p = (char *)(uintptr_t)box.p;

    weir_seal_new(other);
    assert_int_equal(weir_seal_open(other, &f->arena, box, &out), WEIR_EINVAL);
    p[30] = p[30] == 'A' ? 'B' : 'A';
    assert_int_equal(weir_seal_open(f->private_key, &f->arena, box, &out), WEIR_EINVAL);
    assert_int_equal(weir_seal_open(f->private_key, &f->arena, WEIR_S("[encrypted:]"), &out),
                     WEIR_EINVAL);
    assert_int_equal(weir_seal_open(f->private_key, &f->arena, WEIR_S("[encrypted:!]"), &out),
                     WEIR_EINVAL);
}

static void boxes_are_found_in_text(void **state)
{
    const struct weir_str text = WEIR_S("a [encrypted: no] b [encrypted:ab_-9] c [encrypted:z");
    size_t start, end;

    (void)state;
    assert_true(weir_seal_find(text, 0, &start, &end));
    assert_true(weir_str_eq(weir_str_sub(text, start, end - start), WEIR_S("[encrypted:ab_-9]")));
    assert_false(weir_seal_find(text, end, &start, &end));
}

static void what_lies_within_a_box_is_known(void **state)
{
    const struct weir_str text = WEIR_S("x1 [encrypted:abc] y");

    (void)state;
    for (size_t i = 0; i < text.n; i++)
        assert_int_equal(weir_seal_within(text, i), i >= 3 && i <= 17);
}

static void keys_are_read_in_all_their_spellings(void **state)
{
    struct fixture *f = *state;
    uint8_t key[WEIR_SEAL_KEY];
    char text[48], hex[2 * WEIR_SEAL_KEY];

    weir_seal_key_text(f->public_key, text);
    assert_true(weir_seal_key(weir_str_of(text), key));
    assert_memory_equal(key, f->public_key, sizeof key);
    weir_hex(f->public_key, sizeof key, hex);
    memset(key, 0, sizeof key);
    assert_true(weir_seal_key((struct weir_str){hex, sizeof hex}, key));
    assert_memory_equal(key, f->public_key, sizeof key);
    assert_true(weir_seal_key(weir_arena_printf(&f->arena, " %s=\n", text), key));
    assert_false(weir_seal_key(WEIR_S(""), key));
    assert_false(weir_seal_key(WEIR_S("c2hvcnQ="), key));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_box_opens_to_what_was_put_in, setup, teardown),
        cmocka_unit_test_setup_teardown(two_boxes_of_one_value_differ, setup, teardown),
        cmocka_unit_test_setup_teardown(
            a_box_does_not_open_with_another_key_nor_when_it_was_changed, setup, teardown),
        cmocka_unit_test_setup_teardown(boxes_are_found_in_text, setup, teardown),
        cmocka_unit_test_setup_teardown(what_lies_within_a_box_is_known, setup, teardown),
        cmocka_unit_test_setup_teardown(keys_are_read_in_all_their_spellings, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
