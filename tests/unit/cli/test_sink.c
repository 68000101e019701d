/* test_sink.c - faults by their specification, envelopes as they are shown. */
#include "unit.h"

#include "collector/cli/sink.h"

static void faults_are_read_or_refused(void **state)
{
    static const struct {
        const char *spec;
        bool fine;
        size_t n;
    } table[] = {
        {"503:0.3,timeout:0.1,429:0.05", true, 3},
        {"401", true, 1},
        {"hang", true, 1},
        {" reset:1 , 200:0 ", true, 2},
        {"reset: 1x", false, 0},
        {"reset:1, 200:0", true, 2},
        {"", false, 0},
        {"503:1.5", false, 0},
        {"503:0.7,429:0.7", false, 0},
        {"503,429", false, 0},
        {"503:0.7,429:0.2,reset:0.1", true, 3},
        {"503:-0.1", false, 0},
        {"503:", false, 0},
        {"99", false, 0},
        {"600", false, 0},
        {"explode:0.5", false, 0},
        {"1,1,1", false, 0},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(table); i++) {
        struct weir_faults f = {.n = 0};

        if (weir_parse_faults(weir_str_of(table[i].spec), &f) != table[i].fine || f.n != table[i].n)
            fail_msg("'%s'", table[i].spec);
    }
}

static void shares_lie_one_after_the_other(void **state)
{
    static const struct {
        double draw;
        enum weir_fault_kind kind;
        int status;
    } table[] = {
        {0, WEIR_FAULT_STATUS, 503},     {0.29, WEIR_FAULT_STATUS, 503},
        {0.31, WEIR_FAULT_TIMEOUT, 0},   {0.39, WEIR_FAULT_TIMEOUT, 0},
        {0.41, WEIR_FAULT_STATUS, 429},  {0.46, WEIR_FAULT_NONE, 0},
        {0.9999999, WEIR_FAULT_NONE, 0},
    };
    struct weir_faults f;
    (void)state;
    assert_true(weir_parse_faults(WEIR_S("503:0.3,timeout:0.1,429:0.05"), &f));
    for (size_t i = 0; i < COUNT(table); i++) {
        struct weir_fault got = weir_draw_fault(&f, table[i].draw);

        if (got.kind != table[i].kind || got.status != table[i].status)
            fail_msg("draw %f gives %d %d", table[i].draw, got.kind, got.status);
    }
    assert_true(weir_parse_faults(WEIR_S("401"), &f));
    assert_int_equal(weir_draw_fault(&f, 0.999999).status, 401);
}

static const char envelope[] = "{\"event_id\":\"aaaabbbbccccddddaaaabbbbccccdddd\"}\n"
                               "{\"type\":\"event\"}\n"
                               "{\"environment\":\"staging\",\"release\":\"shop@1\",\"exception\":{"
                               "\"values\":[{\"type\":\"A\"},"
                               "{\"type\":\"TimeoutError\",\"value\":\"no\\nanswer\"}]}}\n"
                               "{\"type\":\"attachment\",\"length\":3}\n\x01\xff\x02\n"
                               "{\"type\":\"attachment\",\"length\":4}\nplai\n";

static const struct weir_sink_request request = {
    .project = {"7", 1}, .key = {"abc", 3}, .path = {"/api/7/envelope/", 16}};

static void an_event_is_one_line(void **state)
{
    struct weir_arena a;
    struct weir_str text;
    const char *why;
    char id[33];
    (void)state;
    weir_arena_init(&a, 1 << 20);
    assert_int_equal(weir_sink_print(&a, &request, WEIR_S(envelope), false, &text, id, &why), 0);
    assert_str_equal(text, "event aaaabbbbccccddddaaaabbbbccccdddd  environment=staging "
                           "release=shop@1  TimeoutError: no answer  "
                           "[event 127 B, attachment 3 B, attachment 4 B]\n");
    assert_string_equal(id, "aaaabbbbccccddddaaaabbbbccccdddd");
    weir_arena_destroy(&a);
}

static void as_json_nothing_is_left_out(void **state)
{
    struct weir_arena a;
    struct weir_str text;
    const char *why;
    char id[33];
    (void)state;
    weir_arena_init(&a, 1 << 20);
    assert_int_equal(weir_sink_print(&a, &request, WEIR_S(envelope), true, &text, id, &why), 0);
    assert_str_equal(
        text, "{\"project\":\"7\",\"key\":\"abc\",\"path\":\"/api/7/envelope/\",\"encoding\":\"\","
              "\"user_agent\":\"\",\"header\":{\"event_id\":\"aaaabbbbccccddddaaaabbbbccccdddd\"},"
              "\"items\":[{\"header\":{\"type\":\"event\"},\"length\":127,\"payload\":{"
              "\"environment\":\"staging\",\"release\":\"shop@1\",\"exception\":{\"values\":["
              "{\"type\":\"A\"},{\"type\":\"TimeoutError\",\"value\":\"no\\nanswer\"}]}}},"
              "{\"header\":{\"type\":\"attachment\",\"length\":3},\"length\":3,"
              "\"payload_base64\":\"Af8C\"},"
              "{\"header\":{\"type\":\"attachment\",\"length\":4},\"length\":4,"
              "\"payload_text\":\"plai\"}]}\n");
    weir_arena_destroy(&a);
}

static void what_is_no_envelope_is_refused_with_a_reason(void **state)
{
    struct weir_arena a;
    struct weir_str text;
    const char *why;
    char id[33];
    (void)state;
    weir_arena_init(&a, 1 << 20);
    assert_int_not_equal(weir_sink_print(&a, &request, WEIR_S("nonsense"), true, &text, id, &why),
                         0);
    assert_non_null(why);
    weir_arena_destroy(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(faults_are_read_or_refused),
        cmocka_unit_test(shares_lie_one_after_the_other),
        cmocka_unit_test(an_event_is_one_line),
        cmocka_unit_test(as_json_nothing_is_left_out),
        cmocka_unit_test(what_is_no_envelope_is_refused_with_a_reason),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
