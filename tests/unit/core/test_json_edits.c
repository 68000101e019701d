/* test_json_edits.c - the edit list, and a document with its members. */
#include "weir/json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

static struct weir_arena arena;

static int setup(void **state)
{
    (void)state;
    weir_arena_init(&arena, 64u << 20);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    weir_arena_destroy(&arena);
    return 0;
}

static struct weir_str gather(struct weir_edits *e, const char *body, size_t from, size_t to)
{
    struct weir_buf out;
    struct weir_str s = {NULL, 0};

    weir_buf_init(&out, &arena, 1 << 20);
    assert_int_equal(weir_edits_gather(e, weir_str_of(body), 0, from, to, &out), 0);
    assert_int_equal(weir_buf_str(&out, &s), 0);
    return s;
}

#define assert_text(s, want) assert_true(weir_str_eq((s), weir_str_of(want)))

static void edits_are_applied_whatever_the_order_of_adding(void **state)
{
    static const struct weir_edit e[] = {
        {2, 4, {"AA", 2}}, {0, 0, {"<", 1}}, {10, 10, {">", 1}}, {6, 7, {"", 0}}, {4, 4, {"|", 1}}};
    unsigned order[] = {0, 1, 2, 3, 4};
    (void)state;

    for (unsigned turn = 0; turn < 120; turn++) {
        struct weir_edits edits;

        weir_edits_init(&edits, &arena);
        for (unsigned i = 0; i < 5; i++)
            weir_edits_add(&edits, e[order[i]].start, e[order[i]].end, e[order[i]].with);
        assert_text(gather(&edits, "0123456789", 0, 10), "<01AA|45789>");
        /* The next order, in factorial steps. */
        for (unsigned i = 4, t = turn + 1; i > 0; i--) {
            unsigned k = t % (i + 1), swap = order[i];

            t /= i + 1;
            order[i] = order[k];
            order[k] = swap;
        }
    }
}

static void an_edit_inside_a_larger_one_is_void(void **state)
{
    struct weir_edits e;
    (void)state;

    weir_edits_init(&e, &arena);
    weir_edits_add(&e, 3, 4, WEIR_S("x"));
    weir_edits_add(&e, 5, 5, WEIR_S("y"));
    weir_edits_add(&e, 2, 6, WEIR_S("[]"));
    weir_edits_add(&e, 2, 3, WEIR_S("z"));
    weir_edits_add(&e, 5, 6, WEIR_S("z"));
    weir_edits_add(&e, 2, 2, WEIR_S("a"));
    weir_edits_add(&e, 6, 6, WEIR_S("b"));
    assert_text(gather(&e, "0123456789", 0, 10), "01a[]b6789");
}

static void of_two_edits_for_the_same_range_the_later_wins(void **state)
{
    struct weir_edits e;
    (void)state;

    weir_edits_init(&e, &arena);
    weir_edits_add(&e, 2, 6, WEIR_S("first"));
    weir_edits_add(&e, 2, 6, WEIR_S("second"));
    weir_edits_add(&e, 2, 6, WEIR_S("third"));
    assert_text(gather(&e, "0123456789", 0, 10), "01third6789");
}

static void insertions_at_one_place_keep_their_order(void **state)
{
    struct weir_edits e;
    char want[128] = "0", digit[100];
    (void)state;

    weir_edits_init(&e, &arena);
    weir_edits_add(&e, 2, 2, WEIR_S("!"));
    for (int i = 0; i < 100; i++) { /* more than an insertion sort's worth */
        digit[i] = (char)('a' + i % 26);
        weir_edits_add(&e, 1, 1, (struct weir_str){&digit[i], 1});
    }
    memcpy(want + 1, digit, 100);
    memcpy(want + 101, "1!2", 4);
    assert_text(gather(&e, "012", 0, 3), want);
}

static void neighbouring_gathers_apply_each_edit_once(void **state)
{
    struct weir_edits e;
    (void)state;

    weir_edits_init(&e, &arena);
    weir_edits_add(&e, 0, 0, WEIR_S("<"));
    weir_edits_add(&e, 5, 5, WEIR_S("|"));
    weir_edits_add(&e, 7, 8, WEIR_S("_"));
    weir_edits_add(&e, 10, 10, WEIR_S(">"));
    assert_text(gather(&e, "0123456789", 0, 5), "<01234");
    assert_text(gather(&e, "0123456789", 5, 7), "|56");
    assert_text(gather(&e, "0123456789", 7, 10), "_89>");
    assert_text(gather(&e, "0123456789", 10, 10), ">");
}

static void covers_agrees_before_and_after_sorting(void **state)
{
    struct weir_edits e;
    (void)state;

    weir_edits_init(&e, &arena);
    weir_edits_add(&e, 40, 60, WEIR_S(""));
    weir_edits_add(&e, 50, 55, WEIR_S("x"));
    weir_edits_add(&e, 10, 20, WEIR_S(""));
    weir_edits_add(&e, 30, 30, WEIR_S("i"));
    weir_edits_add(&e, 60, 60, WEIR_S("i"));
    for (int sorted = 0; sorted < 2; sorted++) {
        for (size_t at = 0; at < 70; at++)
            assert_int_equal(weir_edits_covers(&e, at),
                             (at >= 10 && at < 20) || (at >= 40 && at < 60));
        assert_int_equal(weir_edits_sort(&e), 0);
    }
}

static void a_full_arena_marks_the_list_as_failed(void **state)
{
    struct weir_arena small;
    struct weir_edits e;
    struct weir_buf out;
    (void)state;

    weir_arena_init(&small, 4096);
    weir_edits_init(&e, &small);
    for (size_t i = 0; i < 1000; i++)
        weir_edits_add(&e, i, i + 1, WEIR_S(""));
    assert_true(e.failed);
    weir_buf_init(&out, &arena, 100);
    assert_int_equal(weir_edits_gather(&e, WEIR_S("0"), 0, 0, 1, &out), WEIR_ENOMEM);
    weir_arena_destroy(&small);
}

/* ---- documents ------------------------------------------------------------ */

static struct weir_json_doc doc_of(const char *json)
{
    struct weir_json_reader *r = weir_json_reader_new();
    struct weir_json_doc d;

    assert_int_equal(weir_json_members(r, &arena, weir_str_of(json), &d), 0);
    weir_json_reader_free(r);
    return d;
}

static void members_are_those_that_are_left(void **state)
{
    struct weir_json_doc d = doc_of(
        " {\"a\":1,\"b\":{\"c\":[2]}, \"\\u0061\" : \"x\\ny\",\"d\":NaN,\"e\":\"\xC3\xA9\"}");
    (void)state;

    assert_int_equal(d.n_members, 4);
    assert_text(weir_json_doc_raw(&d, weir_json_doc_get(&d, WEIR_S("b"))), "{\"c\":[2]}");
    assert_text(weir_json_doc_text(&d, &arena, WEIR_S("a")), "x\ny");
    assert_text(weir_json_doc_text(&d, &arena, WEIR_S("e")), "\xC3\xA9");
    assert_text(weir_json_doc_text(&d, &arena, WEIR_S("b")), "");
    assert_text(weir_json_doc_text(&d, &arena, WEIR_S("none")), "");
    assert_null(weir_json_doc_get(&d, WEIR_S("none")));
    assert_int_equal(weir_json_doc_get(&d, WEIR_S("d"))->kind, WEIR_JSON_NULL);
    assert_int_equal(d.open, 1);
    assert_int_equal(d.body.p[d.close], '}');
    assert_int_equal(d.mended, WEIR_MEND_DUPLICATE | WEIR_MEND_NUMBER);
}

static void what_is_no_object_has_no_members(void **state)
{
    static const char *const bad[] = {"",           "[]",         "1",        "{",   "{\"a\"}",
                                      "{\"a\":1}x", "{\"a\":[1}", "{\"a\":1", "null"};
    struct weir_json_reader *r = weir_json_reader_new();
    struct weir_json_doc d;
    (void)state;

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(weir_json_members(r, &arena, weir_str_of(bad[i]), &d), WEIR_EINVAL);
    weir_json_reader_free(r);
}

static void set_replaces_a_member_or_adds_it_at_the_end(void **state)
{
    static const struct {
        const char *in, *out;
    } cases[] = {
        {"{}", "{\"release\":\"r\",\"n\\\"\":1}"},
        {"{ }", "{ \"release\":\"r\",\"n\\\"\":1}"},
        {"{\"a\":1}", "{\"a\":1,\"release\":\"r\",\"n\\\"\":1}"},
        {"{\"release\":null}", "{\"release\":\"r\",\"n\\\"\":1}"},
        {"{\"release\":NaN,\"z\":2}", "{\"release\":\"r\",\"z\":2,\"n\\\"\":1}"},
        {"{\"release\":{\"x\":NaN},\"release\":[]} ", "{\"release\":\"r\",\"n\\\"\":1} "},
        {"\xEF\xBB\xBF{}", "{\"release\":\"r\",\"n\\\"\":1}"},
    };
    (void)state;

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct weir_json_doc d = doc_of(cases[i].in);
        struct weir_str out;

        weir_json_doc_set(&d, WEIR_S("release"), WEIR_S("\"r\""));
        weir_json_doc_set(&d, WEIR_S("n\""), WEIR_S("1"));
        assert_int_equal(weir_json_doc_write(&d, &arena, 1000, &out), 0);
        assert_text(out, cases[i].out);
    }
}

static void an_unchanged_document_is_written_without_a_copy(void **state)
{
    struct weir_json_doc d = doc_of("{\"a\":1}");
    struct weir_str out;
    (void)state;

    assert_int_equal(weir_json_doc_write(&d, &arena, 7, &out), 0);
    assert_ptr_equal(out.p, d.body.p);
    assert_int_equal(weir_json_doc_write(&d, &arena, 6, &out), WEIR_ELIMIT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(edits_are_applied_whatever_the_order_of_adding, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(an_edit_inside_a_larger_one_is_void, setup, teardown),
        cmocka_unit_test_setup_teardown(of_two_edits_for_the_same_range_the_later_wins, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(insertions_at_one_place_keep_their_order, setup, teardown),
        cmocka_unit_test_setup_teardown(neighbouring_gathers_apply_each_edit_once, setup, teardown),
        cmocka_unit_test_setup_teardown(covers_agrees_before_and_after_sorting, setup, teardown),
        cmocka_unit_test_setup_teardown(a_full_arena_marks_the_list_as_failed, setup, teardown),
        cmocka_unit_test_setup_teardown(members_are_those_that_are_left, setup, teardown),
        cmocka_unit_test_setup_teardown(what_is_no_object_has_no_members, setup, teardown),
        cmocka_unit_test_setup_teardown(set_replaces_a_member_or_adds_it_at_the_end, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(an_unchanged_document_is_written_without_a_copy, setup,
                                        teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
