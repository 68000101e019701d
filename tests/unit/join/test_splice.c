/* test_splice.c - native breadcrumbs into an event. */
#include "collector/join/splice.h"

#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

static struct weir_json_reader *reader;
static struct weir_arena arena;

static int setup(void **state)
{
    (void)state;
    reader = weir_json_reader_new();
    weir_arena_init(&arena, 16u << 20);
    return reader == NULL;
}

static int teardown(void **state)
{
    (void)state;
    weir_json_reader_free(reader);
    weir_arena_destroy(&arena);
    return 0;
}

#define assert_text(s, want)                      \
    do {                                          \
        if (!weir_str_eq((s), weir_str_of(want))) \
            fail_msg("got %.*s", WEIR_FMT(s));    \
    } while (0)

static void a_native_breadcrumb_becomes_one_of_sentrys(void **state)
{
    static const struct {
        const char *in, *out;
        double seconds;
    } cases[] = {
        {"{\"type\":\"breadcrumb\",\"trace_id\":\"771a\",\"service\":\"cart\",\"category\":"
         "\"http\","
         "\"message\":\"GET\",\"level\":\"info\",\"timestamp\":1700000000.5,\"project\":\"42\"}",
         "{\"category\":\"http\",\"message\":\"GET\",\"level\":\"info\",\"timestamp\":1700000000.5,"
         "\"data\":{\"service\":\"cart\"}}",
         1700000000.5},
        {"{\"service\":\"cart\",\"data\":{\"a\":1},\"timestamp\":\"2023-11-14T22:13:20Z\"}",
         "{\"timestamp\":\"2023-11-14T22:13:20Z\",\"data\":{\"a\":1,\"service\":\"cart\"}}",
         1700000000},
        {"{\"service\":\"cart\",\"data\":{\"service\":\"own\"},\"timestamp\":1}",
         "{\"timestamp\":1,\"data\":{\"service\":\"own\"}}", 1},
        {"{\"type\":\"navigation\",\"data\":[1],\"service\":\"x\",\"timestamp\":1}",
         "{\"type\":\"navigation\",\"timestamp\":1,\"data\":[1]}", 1},
        {"{\"message\":\"no time\"}", "{\"message\":\"no time\",\"timestamp\":5.250}", 5.25},
        {"{\"message\":null,\"data\":{},\"timestamp\":2}", "{\"timestamp\":2,\"data\":{}}", 2},
        {"{}", "{\"timestamp\":5.250}", 5.25},
    };
    struct weir_crumb c;
    (void)state;

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal(weir_crumb_read(reader, &arena, weir_str_of(cases[i].in), 5250, &c), 0);
        assert_text(c.json, cases[i].out);
        assert_true(c.seconds == cases[i].seconds);
    }
    assert_int_equal(weir_crumb_read(reader, &arena, WEIR_S("[]"), 0, &c), WEIR_EINVAL);
    assert_int_equal(weir_crumb_read(reader, &arena, WEIR_S("{\"a\":"), 0, &c), WEIR_EINVAL);
}

static const struct weir_crumb two[] = {
    {{"{\"timestamp\":20,\"n\":\"x\"}", 24}, 20, 0},
    {{"{\"timestamp\":40,\"n\":\"y\"}", 24}, 40, 1},
};
#define X "{\"timestamp\":20,\"n\":\"x\"}"
#define Y "{\"timestamp\":40,\"n\":\"y\"}"

static void breadcrumbs_stand_in_time_order_in_the_form_the_event_had(void **state)
{
    static const struct {
        const char *in, *out;
    } cases[] = {
        {"{}", "{\"breadcrumbs\":{\"values\":[" X "," Y "]}}"},
        {"{\"a\" : 1}", "{\"a\" : 1,\"breadcrumbs\":{\"values\":[" X "," Y "]}}"},
        {"{\"breadcrumbs\":null,\"z\":1}", "{\"breadcrumbs\":{\"values\":[" X "," Y "]},\"z\":1}"},
        {"{\"breadcrumbs\":{\"values\":[]}}", "{\"breadcrumbs\":{\"values\":[" X "," Y "]}}"},
        {"{\"breadcrumbs\":{\"values\":null}}", "{\"breadcrumbs\":{\"values\":[" X "," Y "]}}"},
        {"{\"breadcrumbs\":{}}", "{\"breadcrumbs\":{\"values\":[" X "," Y "]}}"},
        {"{\"breadcrumbs\":[]}", "{\"breadcrumbs\":[" X "," Y "]}"},
        {"{\"breadcrumbs\":\"odd\"}", "{\"breadcrumbs\":{\"values\":[" X "," Y "]}}"},
        {"{\"breadcrumbs\":[ {\"timestamp\":10} , {\"timestamp\":30}, {\"timestamp\":50} ]}",
         "{\"breadcrumbs\":[{\"timestamp\":10}," X ",{\"timestamp\":30}," Y
         ",{\"timestamp\":50}]}"},
        {"{\"breadcrumbs\":{\"values\":[{\"timestamp\":\"1970-01-01T00:00:30Z\"}]},\"t\":[1]}",
         "{\"breadcrumbs\":{\"values\":[" X ",{\"timestamp\":\"1970-01-01T00:00:30Z\"}," Y
         "]},\"t\":[1]}"},
        /* one without a time follows the one before it */
        {"{\"breadcrumbs\":[{\"timestamp\":30},{\"m\":1},null,{\"timestamp\":60}]}",
         "{\"breadcrumbs\":[" X ",{\"timestamp\":30},{\"m\":1},null," Y ",{\"timestamp\":60}]}"},
        /* at the same time the event's own come first */
        {"{\"breadcrumbs\":[{\"timestamp\":20,\"own\":1}]}",
         "{\"breadcrumbs\":[{\"timestamp\":20,\"own\":1}," X "," Y "]}"},
        {"{\"breadcrumbs\":{\"values\":[],\"more\":2}}",
         "{\"breadcrumbs\":{\"values\":[" X "," Y "],\"more\":2}}"},
    };
    struct weir_str out;
    (void)state;

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal(weir_splice(reader, &arena, weir_str_of(cases[i].in), two, 2, NULL, &out),
                         0);
        assert_text(out, cases[i].out);
    }
    assert_int_equal(weir_splice(reader, &arena, WEIR_S("[]"), two, 2, NULL, &out), WEIR_EINVAL);
}

static void only_the_event_item_of_a_body_changes(void **state)
{
    static const char in[] = "{\"type\":\"attachment\",\"length\":5}\na\nb\nc\n"
                             "{\"type\":\"event\",\"length\":7,\"x\":1}\n{\"a\":1}\n"
                             "{\"type\":\"attachment\"}\ntext\n";
    static const char want[] = "{\"type\":\"attachment\",\"length\":5}\na\nb\nc\n"
                               "{\"type\":\"event\",\"length\":84,\"x\":1}\n"
                               "{\"a\":1,\"breadcrumbs\":{\"values\":[" X "," Y "]}}\n"
                               "{\"type\":\"attachment\"}\ntext\n";
    struct weir_str out;
    (void)state;

    assert_int_equal(weir_splice_body(reader, &arena, weir_str_of(in), two, 2, NULL, &out), 0);
    assert_text(out, want);
    assert_int_equal(
        weir_splice_body(reader, &arena, WEIR_S("{\"type\":\"log\"}\n{}\n"), two, 2, NULL, &out),
        WEIR_ENOTFOUND);
    assert_int_equal(weir_splice_body(reader, &arena,
                                      WEIR_S("{\"type\":\"event\",\"length\":99}\n{}\n"), two, 2,
                                      NULL, &out),
                     WEIR_EINVAL);
}

static void an_event_that_stands_for_others_says_so(void **state)
{
    static const struct weir_mark mark = {.count = 4711, .first_ms = 1000, .last_ms = 61500};
    static const struct {
        const char *in, *out;
    } cases[] = {
        {"{\"message\":\"m\"}",
         "{\"message\":\"m\",\"contexts\":{\"collapse\":{\"type\":\"default\",\"count\":4711,"
         "\"first_seen\":\"1970-01-01T00:00:01.000Z\",\"last_seen\":\"1970-01-01T00:01:01.500Z\"}}"
         "}"},
        {"{\"contexts\":{\"os\":{\"name\":\"x\"}},\"level\":\"error\"}",
         "{\"contexts\":{\"os\":{\"name\":\"x\"},\"collapse\":{\"type\":\"default\",\"count\":4711,"
         "\"first_seen\":\"1970-01-01T00:00:01.000Z\",\"last_seen\":\"1970-01-01T00:01:01.500Z\"}},"
         "\"level\":\"error\"}"},
    };
    struct weir_str out;
    (void)state;

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal(
            weir_splice(reader, &arena, weir_str_of(cases[i].in), NULL, 0, &mark, &out), 0);
        if (!weir_str_eq(out, weir_str_of(cases[i].out)))
            fail_msg("%.*s", WEIR_FMT(out));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_native_breadcrumb_becomes_one_of_sentrys, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(breadcrumbs_stand_in_time_order_in_the_form_the_event_had,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(only_the_event_item_of_a_body_changes, setup, teardown),
        cmocka_unit_test_setup_teardown(an_event_that_stands_for_others_says_so, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
