/* test_gelf.c - GELF 1.0 and 1.1 as senders really write it. */
#include "decode/loose.h"

#define TRACEBACK                                                                                  \
    "charge failed\\nTraceback (most recent call last):\\n  File \\\"/app/pay.py\\\", line 7, in " \
    "charge\\n    raise Refused(1)\\nshop.Refused: card 1\\n"
#define T "771a43a4192642f0b136d5159a501700"

static const struct loose_row rows[] = {
    {"version_1_1",
     "{\"version\":\"1.1\",\"host\":\"web-1\",\"short_message\":\"slow\",\"timestamp\":1700000001."
     "25,"
     "\"level\":4,\"_order\":17,\"_paid\":true,\"_share\":0.5,\"_empty\":null}",
     LOG,
     {"\"timestamp\":1700000001.250000", "\"level\":\"warn\"", "\"body\":\"slow\"",
      "\"server.address\":{\"value\":\"web-1\"", "\"order\":{\"value\":17,\"type\":\"integer\"}",
      "\"paid\":{\"value\":true,\"type\":\"boolean\"}", "\"share\":{\"value\":0.5"},
     {"version", "empty"},
     0},
    {"version_1_0_with_its_own_fields",
     "{\"version\":\"1.0\",\"host\":\"web-1\",\"short_message\":\"down\",\"full_message\":\"down "
     "for "
     "good\",\"timestamp\":1700000001,\"level\":2,\"facility\":\"pay\",\"line\":42,\"file\":"
     "\"/app/pay.c\"}",
     EVENT,
     {"\"timestamp\":1700000001.000000", "\"level\":\"fatal\"", "\"logger\":\"pay\"",
      "\"formatted\":\"down\"", "\"full_message\":\"down for good\"", "\"line\":42",
      "\"file\":\"/app/pay.c\"", "\"server_name\":\"web-1\""},
     {NULL},
     0},
    {"a_stack_trace_is_an_exception",
     "{\"short_message\":\"charge failed\",\"full_message\":\"" TRACEBACK "\",\"level\":6}",
     EVENT,
     {"\"type\":\"Refused\"", "\"value\":\"card 1\"", "\"module\":\"shop\"",
      "\"function\":\"charge\",\"lineno\":7", "\"platform\":\"python\"", "\"level\":\"info\"",
      "\"formatted\":\"charge failed\""},
     {"full_message"},
     0},
    {"a_trace_with_blanks_in_the_short_message_too",
     "{\"short_message\":\"charge failed\",\"full_message\":\"a\\nb\\nc\",\"level\":3}",
     EVENT,
     {"\"full_message\":\"a\\nb\\nc\"", "\"level\":\"error\""},
     {"exception"},
     0},
    {"the_same_text_twice_is_kept_once",
     "{\"short_message\":\"m\",\"full_message\":\"m\"}",
     LOG,
     {"\"body\":\"m\""},
     {"full_message"},
     0},
    {"only_a_full_message",
     "{\"full_message\":\"first\\nsecond\"}",
     LOG,
     {"\"body\":\"first\""},
     {NULL},
     0},
    {"id_is_forbidden_and_left_out",
     "{\"short_message\":\"m\",\"_id\":\"6f1\",\"_ident\":\"7f2\",\"_\":\"8f3\"}",
     LOG,
     {"\"ident\":{\"value\":\"7f2\"", "\"_\":{\"value\":\"8f3\""},
     {"6f1"},
     0},
    {"an_added_field_does_not_take_the_place_of_gelfs_own",
     "{\"_message\":\"theirs\",\"_host\":\"their-host\",\"_level\":\"DEBUG\",\"_timestamp\":5,"
     "\"_full_message\":\"their "
     "full\",\"short_message\":\"ours\",\"host\":\"our-host\",\"level\":3,"
     "\"timestamp\":1700000001}",
     EVENT,
     {"\"formatted\":\"ours\"", "\"server_name\":\"our-host\"", "\"message\":\"theirs\"",
      "\"host\":\"their-host\"", "\"level\":\"error\"", "\"severity_text\":\"DEBUG\"",
      "\"timestamp\":5", "\"full_message\":\"their full\"", "\"timestamp\":1700000001.000000"},
     {NULL},
     0},
    {"names_of_the_common_libraries",
     "{\"short_message\":\"m\",\"_service.name\":\"shop\",\"_serviceVersion\":\"1.4\",\"_env\":"
     "\"staging\",\"_trace_id\":\"" T "\",\"_spanId\":\"b7ad6b7169203331\",\"_logger_name\":"
     "\"shop.pay\",\"_project\":42}",
     LOG,
     {"\"service.name\":{\"value\":\"shop\"", "\"sentry.release\":{\"value\":\"shop@1.4\"",
      "\"sentry.environment\":{\"value\":\"staging\"", "\"trace_id\":\"" T "\"",
      "\"span_id\":\"b7ad6b7169203331\"", "\"logger.name\":{\"value\":\"shop.pay\"", "project=42"},
     {NULL},
     0},
    {"levels_beyond_syslogs_are_read_as_libraries_count",
     "{\"short_message\":\"m\",\"level\":40}",
     EVENT,
     {"\"level\":\"error\""},
     {NULL},
     0},
    {"a_level_as_a_word",
     "{\"short_message\":\"m\",\"level\":\"CRITICAL\"}",
     EVENT,
     {"\"level\":\"fatal\""},
     {NULL},
     0},
    {"a_level_as_a_text",
     "{\"short_message\":\"m\",\"level\":\"3\"}",
     EVENT,
     {"\"level\":\"error\""},
     {NULL},
     0},
    {"a_level_of_no_kind",
     "{\"short_message\":\"m\",\"level\":{\"a\":1}}",
     LOG,
     {"\"level\":\"info\""},
     {NULL},
     0},
    {"a_level_below_all",
     "{\"short_message\":\"m\",\"level\":-1}",
     LOG,
     {"\"level\":\"info\""},
     {NULL},
     0},
    {"without_a_level", "{\"short_message\":\"m\"}", LOG, {"\"level\":\"info\""}, {NULL}, 0},
    {"a_time_as_text",
     "{\"short_message\":\"m\",\"timestamp\":\"1700000001.5\"}",
     LOG,
     {"\"timestamp\":1700000001.500000"},
     {NULL},
     0},
    {"a_time_as_a_date",
     "{\"short_message\":\"m\",\"timestamp\":\"2023-11-14T22:13:21.5Z\"}",
     LOG,
     {"\"timestamp\":1700000001.500000"},
     {NULL},
     0},
    {"milliseconds",
     "{\"short_message\":\"m\",\"timestamp\":1700000001500}",
     LOG,
     {"\"timestamp\":1700000001.500000"},
     {NULL},
     0},
    {"milliseconds_as_text",
     "{\"short_message\":\"m\",\"timestamp\":\"1700000001500\"}",
     LOG,
     {"\"timestamp\":1700000001.500000"},
     {NULL},
     0},
    {"nanoseconds",
     "{\"short_message\":\"m\",\"timestamp\":1700000001500000000}",
     LOG,
     {"\"timestamp\":1700000001.500000"},
     {NULL},
     0},
    {"an_exponent",
     "{\"short_message\":\"m\",\"timestamp\":1.7000000015e9}",
     LOG,
     {"\"timestamp\":1700000001.500000"},
     {NULL},
     0},
    {"no_time_is_the_arrival",
     "{\"short_message\":\"m\",\"timestamp\":\"yesterday\"}",
     LOG,
     {"\"timestamp\":1700000000.123000"},
     {NULL},
     0},
    {"a_negative_time_too",
     "{\"short_message\":\"m\",\"timestamp\":-5}",
     LOG,
     {"\"timestamp\":1700000000.123000"},
     {NULL},
     0},
    {"and_one_of_another_kind",
     "{\"short_message\":\"m\",\"timestamp\":[1]}",
     LOG,
     {"\"timestamp\":1700000000.123000"},
     {NULL},
     0},
    {"and_one_beyond_all_numbers",
     "{\"short_message\":\"m\",\"timestamp\":1e999}",
     LOG,
     {"\"timestamp\":1700000000.123000"},
     {NULL},
     0},
    {"messages_of_other_kinds",
     "{\"short_message\":{\"a\":[1]},\"host\":5}",
     LOG,
     {"\"body\":\"{\\\"a\\\":[1]}\"", "\"server.address\":{\"value\":\"5\""},
     {NULL},
     0},
    {"nested_values_stay_whole",
     "{\"short_message\":\"m\",\"_o\":{\"a\":[1,null]},\"level\":3}",
     EVENT,
     {"\"o\":{\"a\":[1,null]}"},
     {NULL},
     0},
    {"escapes_and_broken_text",
     "{\"short_message\":\"a\\u0000\\ud800b\xff\",\"_k\\u0022\":\"v\\n\"}",
     LOG,
     {"\"body\":\"a", "\"k\\\"\":{\"value\":\"v\\n\""},
     {"\xff"},
     0},
    {"over_several_lines",
     "{\n \"short_message\":\n \"m\",\n \"_o\":{}\n}\n",
     LOG,
     {"\"body\":\"m\""},
     {NULL},
     0},
    {"several_lines_of_which_the_first_ends_like_an_object",
     "{\"_o\":{}\n,\"short_message\":\"m\"}",
     LOG,
     {"\"body\":\"m\""},
     {NULL},
     0},
    {"one_a_line",
     "{\"short_message\":\"m\",\"level\":3}\r\n\n{\"short_message\":\"n\"}\n",
     EVENT | LOG,
     {"\"formatted\":\"m\"", "\"body\":\"n\""},
     {NULL},
     0},
    {"nul_at_the_end", "{\"short_message\":\"m\"}\0", LOG, {"\"body\":\"m\""}, {NULL}, 22},
    {"nul_between",
     "{\"short_message\":\"m\"}\0{\"short_message\":\"n\"}\0\0",
     LOG,
     {"\"body\":\"m\"", "\"body\":\"n\"", "item_count=2"},
     {NULL},
     44},
    {"no_message", "{\"version\":\"1.1\",\"host\":\"web-1\"}", 0, {NULL}, {NULL}, 0},
    {"an_empty_message", "{\"short_message\":\"\"}", 0, {NULL}, {NULL}, 0},
    {"a_null_message", "{\"short_message\":null}", 0, {NULL}, {NULL}, 0},
    {"a_list", "[{\"short_message\":\"m\"}]", 0, {NULL}, {NULL}, 0},
    {"a_text", "\"short_message\"", 0, {NULL}, {NULL}, 0},
    {"cut_short", "{\"short_message\":\"m\"", 0, {NULL}, {NULL}, 0},
    {"nothing", " \n\n", 0, {NULL}, {NULL}, 0},
};

static void gelf_is_read_as_senders_write_it(void **state)
{
    (void)state;
    loose_rows(WEIR_FORMAT_GELF, rows, COUNT(rows));
}

static void levels_are_syslogs(void **state)
{
    static const char *const levels[] = {"fatal",   "fatal", "fatal", "error",
                                         "warning", "info",  "info",  "debug"};

    (void)state;
    for (unsigned i = 0; i < COUNT(levels); i++) {
        struct bench b;
        char body[64], want[32];

        snprintf(body, sizeof body, "{\"level\":%u,\"short_message\":\"m\"}", i);
        snprintf(want, sizeof want, "\"level\":\"%s\"", levels[i]);
        bench_open(&b);
        b.in.event_severity = 1;
        assert_int_equal(bench_run(&b, WEIR_FORMAT_GELF, weir_str_of(body), 0), 0);
        if (weir_str_find(bench_text(&b), weir_str_of(want)) == SIZE_MAX)
            fail_msg("level %u: %.*s", i, WEIR_FMT(bench_text(&b)));
        bench_close(&b);
    }
}

static void there_are_only_so_many_messages_and_fields(void **state)
{
    static char body[64 * 1024];
    size_t n = 0;
    struct bench b;

    (void)state;
    bench_open(&b);
    b.in.max_items = 2;
    assert_int_equal(bench_run(&b, WEIR_FORMAT_GELF,
                               WEIR_S("{\"short_message\":\"m\"}\n{\"short_message\":\"m\"}"), 0),
                     0);
    assert_int_equal(weir_decoder_result(b.d)->accepted, 2);
    assert_int_equal(bench_run(&b, WEIR_FORMAT_GELF,
                               WEIR_S("{\"short_message\":\"m\"}\n{\"short_message\":\"m\"}\n"
                                      "{\"short_message\":\"m\"}"),
                               0),
                     WEIR_ELIMIT);
    bench_close(&b);

    n += (size_t)snprintf(body, sizeof body, "{\"short_message\":\"m\"");
    for (unsigned i = 0; i < 3000; i++)
        n += (size_t)snprintf(body + n, sizeof body - n, ",\"_f%u\":%u", i, i);
    n += (size_t)snprintf(body + n, sizeof body - n, "}");
    bench_open(&b);
    assert_int_equal(bench_run(&b, WEIR_FORMAT_GELF, (struct weir_str){body, n}, 0), 0);
    assert_true(weir_str_find(bench_text(&b), WEIR_S("\"f1023\"")) != SIZE_MAX);
    assert_true(weir_str_find(bench_text(&b), WEIR_S("\"f1024\"")) == SIZE_MAX);
    bench_close(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gelf_is_read_as_senders_write_it),
        cmocka_unit_test(levels_are_syslogs),
        cmocka_unit_test(there_are_only_so_many_messages_and_fields),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
