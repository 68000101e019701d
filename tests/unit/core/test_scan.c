/* test_scan.c - members, paths and counts found in valid JSON. */
#include "unit.h"

#include "weir/scan.h"

#include <stdio.h>
#include <stdlib.h>

static void values_are_found_whatever_stands_before_them(void **state)
{
    static const struct {
        const char *object, *name, *value;
    } rows[] = {
        {"{\"a\":1}", "a", "1"},
        {"{ \"b\" : [1,{\"a\":2}] , \"a\" : \"x\" }", "a", "\"x\""},
        {"{\"b\":\"\\\"a\\\":7,\",\"a\":true}", "a", "true"},
        {"{\"b\":\"\\\\\",\"a\":null}", "a", "null"},
        {"{\"b\":\"{[\",\"a\":{\"a\":1}}", "a", "{\"a\":1}"},
        {"{\"b\":-1.5e3\n,\"a\":[ ]}", "a", "[ ]"},
        {"{\"aa\":1}", "a", ""},
        {"{}", "a", ""},
        {"[\"a\",1]", "a", ""},
        {"\"a\"", "a", ""},
        {"", "a", ""},
        {"{\"a\":1,\"a\":2}", "a", "1"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++)
        assert_str_equal(weir_scan_get(weir_str_of(rows[i].object), weir_str_of(rows[i].name)),
                         rows[i].value);
}

static void strings_of_any_length_are_passed(void **state)
{
    char object[128], text[81];

    (void)state;
    for (size_t n = 0; n <= 80; n++) {
        memset(text, n % 2 == 0 ? 'x' : '!', sizeof text); /* '!' is '"' less one */
        text[n] = '\0';
        for (size_t at = 0; at <= n; at++) {
            snprintf(object, sizeof object, "{\"b\":\"%s\",\"a\":%zu}", text, n);
            if (at + 2 <= n)
                memcpy(object + 6 + at, at % 3 == 0 ? "\\\"" : "\\\\", 2);
            assert_int_equal(weir_scan_count(weir_str_of(object)), 2);
            assert_int_equal(strtoul(weir_scan_get(weir_str_of(object), WEIR_S("a")).p, NULL, 10),
                             n);
        }
    }
}

static void paths_lead_inwards(void **state)
{
    static const char *const path[] = {"a", "b", "c", NULL};

    (void)state;
    assert_str_equal(weir_scan_path(WEIR_S("{\"x\":0,\"a\":{\"b\":{\"c\":7}}}"), path), "7");
    assert_str_equal(weir_scan_path(WEIR_S("{\"a\":{\"b\":[{\"c\":7}]}}"), path), "");
}

static void elements_are_counted(void **state)
{
    (void)state;
    assert_int_equal(weir_scan_count(WEIR_S("[]")), 0);
    assert_int_equal(weir_scan_count(WEIR_S("[ ]")), 0);
    assert_int_equal(weir_scan_count(WEIR_S("[1 , [2,3],\"4,5\" ]")), 3);
    assert_int_equal(weir_scan_count(WEIR_S("{\"a\":1,\"b\":2}")), 2);
    assert_int_equal(weir_scan_count(WEIR_S("7")), 0);
}

static void texts_are_unescaped(void **state)
{
    struct weir_arena a;

    (void)state;
    weir_arena_init(&a, 4096);
    assert_str_equal(weir_scan_text(&a, WEIR_S("\"plain\"")), "plain");
    assert_str_equal(weir_scan_text(&a, WEIR_S("\"a\\u0062\\n\"")), "ab\n");
    assert_str_equal(weir_scan_text(&a, WEIR_S("\"\\ud800\"")), "\xef\xbf\xbd");
    assert_str_equal(weir_scan_text(&a, WEIR_S("7")), "");
    assert_str_equal(weir_scan_text(&a, WEIR_S("")), "");
    weir_arena_destroy(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_are_found_whatever_stands_before_them),
        cmocka_unit_test(strings_of_any_length_are_passed),
        cmocka_unit_test(paths_lead_inwards),
        cmocka_unit_test(elements_are_counted),
        cmocka_unit_test(texts_are_unescaped),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
