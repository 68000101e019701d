/* test_logstash.c - logstash's JSON, v0 and v1, as the libraries send it. */
#include "decode/loose.h"

#define TRACE                                                                                  \
    "Traceback (most recent call last):\\n  File \\\"/app/a.py\\\", line 3, in f\\n    g()\\n" \
    "KeyError: 'x'\\n"

static const struct loose_row rows[] = {
    {"v0",
     "{\"@timestamp\":\"2023-11-14T22:13:21.500Z\",\"@source_host\":\"web-1\",\"@message\":"
     "\"slow\","
     "\"@source_path\":\"/app/a.py\",\"@tags\":[\"a\",\"b\"],\"@type\":\"logstash\",\"@fields\":{"
     "\"levelname\":\"WARNING\",\"logger\":\"shop\",\"process\":7}}",
     LOG,
     {"\"timestamp\":1700000001.500000", "\"server.address\":{\"value\":\"web-1\"",
      "\"body\":\"slow\"", "\"level\":\"warn\"", "\"logger.name\":{\"value\":\"shop\"",
      "\"process\":{\"value\":7", "\"tags\":{\"value\":\"[\\\"a\\\",\\\"b\\\"]\"",
      "\"type\":{\"value\":\"logstash\"", "\"source_path\":{\"value\":\"/app/a.py\""},
     {NULL},
     0},
    {"v0_fields_do_not_take_the_place_of_the_message",
     "{\"@fields\":{\"message\":\"theirs\",\"host\":\"their-host\",\"@message\":\"odd\"},\"@"
     "message\":"
     "\"ours\",\"@source_host\":\"our-host\"}",
     LOG,
     {"\"body\":\"ours\"", "\"server.address\":{\"value\":\"our-host\"",
      "\"message\":{\"value\":\"theirs\"", "\"host\":{\"value\":\"their-host\"",
      "\"@message\":{\"value\":\"odd\""},
     {NULL},
     0},
    {"v0_fields_of_another_kind",
     "{\"@message\":\"m\",\"@fields\":[1],\"@tags\":\"a\"}",
     LOG,
     {"\"fields\":{\"value\":\"[1]\"", "\"tags\":{\"value\":\"a\""},
     {NULL},
     0},
    {"v0_with_an_exception",
     "{\"@message\":\"boom\",\"@fields\":{\"levelname\":\"ERROR\",\"exc_info\":\"" TRACE "\"}}",
     EVENT,
     {"\"type\":\"KeyError\"", "\"function\":\"f\"", "\"formatted\":\"boom\""},
     {"exc_info"},
     0},
    {"v1",
     "{\"@timestamp\":\"2023-11-14T22:13:21.500Z\",\"@version\":\"1\",\"host\":\"web-1\","
     "\"message\":"
     "\"failed\",\"level\":\"ERROR\",\"logger_name\":\"shop.pay\",\"type\":\"logstash\",\"tags\":[]"
     ","
     "\"stack_trace\":null,\"path\":\"/app/a.py\",\"environment\":\"staging\"}",
     EVENT,
     {"\"timestamp\":1700000001.500000", "\"level\":\"error\"", "\"logger\":\"shop.pay\"",
      "\"server_name\":\"web-1\"", "\"environment\":\"staging\"", "\"path\":\"/app/a.py\"",
      "\"type\":\"logstash\""},
     {"stack_trace", "@version"},
     0},
    {"v1_with_a_stack_trace",
     "{\"@version\":1,\"message\":\"boom\",\"level\":\"INFO\",\"stack_trace\":\"" TRACE "\"}",
     EVENT,
     {"\"type\":\"KeyError\"", "\"value\":\"'x'\""},
     {NULL},
     0},
    {"exc_info_that_is_none",
     "{\"@version\":1,\"message\":\"m\",\"exc_info\":\"None\"}",
     LOG,
     {"\"exc_info\":{\"value\":\"None\""},
     {NULL},
     0},
    {"a_stack_trace_alone",
     "{\"@version\":\"1\",\"stack_trace\":\"" TRACE "\"}",
     EVENT,
     {"\"type\":\"KeyError\""},
     {NULL},
     0},
    {"ecs_with_dots_and_nested",
     "{\"@timestamp\":\"2023-11-14T22:13:21.500Z\",\"log.level\":\"error\",\"message\":\"boom\","
     "\"ecs\":{\"version\":\"1.6.0\"},"
     "\"log\":{\"logger\":\"shop.pay\",\"origin\":{\"function\":\"f\"}},\"service\":{\"name\":"
     "\"shop\",\"version\":\"1.4\",\"environment\":\"qa\"},"
     "\"host\":{\"name\":\"web-1\",\"203.0.113.77\":1},\"trace\":{\"id\":"
     "\"771a43a4192642f0b136d5159a501700\"},"
     "\"error\":{\"type\":\"KeyError\",\"message\":\"'x'\",\"stack_trace\":\"" TRACE
     "\",\"code\":\"7\"}}",
     EVENT,
     {"\"type\":\"KeyError\",\"value\":\"'x'\"", "\"function\":\"f\",\"lineno\":3",
      "\"logger\":\"shop.pay\"", "\"release\":\"shop@1.4\"", "\"environment\":\"qa\"",
      "\"server_name\":\"web-1\"", "\"trace_id\":\"771a43a4192642f0b136d5159a501700\"",
      "\"error.code\":\"7\"", "\"log.origin\":{\"function\":\"f\"}", "\"host 203.0.113.77\":1"},
     {NULL},
     0},
    {"an_error_that_is_a_text",
     "{\"@version\":\"1\",\"message\":\"m\",\"error\":\"e\"}",
     LOG,
     {"\"error\":{\"value\":\"e\""},
     {NULL},
     0},
    {"both_messages",
     "{\"message\":\"one\",\"@message\":\"two\"}",
     LOG,
     {"\"body\":\"one\"", "\"message\":{\"value\":\"two\""},
     {NULL},
     0},
    {"a_message_of_another_kind",
     "{\"@version\":\"1\",\"message\":{\"event\":\"paid\"},\"level\":7}",
     LOG,
     {"\"body\":\"{\\\"event\\\":\\\"paid\\\"}\"", "\"level\":\"debug\""},
     {NULL},
     0},
    {"levels_as_numbers",
     "{\"@version\":\"1\",\"message\":\"m\",\"level\":50}",
     EVENT,
     {"\"level\":\"fatal\""},
     {NULL},
     0},
    {"a_time_that_is_none",
     "{\"@timestamp\":{\"a\":1},\"message\":\"m\"}",
     LOG,
     {"\"timestamp\":1700000000.123000"},
     {NULL},
     0},
    {"over_several_lines",
     "{\n\"@version\":\"1\",\n\"message\":\"m\"\n}",
     LOG,
     {"\"body\":\"m\""},
     {NULL},
     0},
    {"one_a_line",
     "{\"message\":\"m\"}\n\n{\"message\":\"n\",\"level\":\"fatal\"}\n",
     EVENT | LOG,
     {"\"body\":\"m\"", "\"formatted\":\"n\""},
     {NULL},
     0},
    {"no_message",
     "{\"@timestamp\":\"2023-11-14T22:13:21.500Z\",\"@version\":\"1\"}",
     0,
     {NULL},
     {NULL},
     0},
    {"a_null_message", "{\"message\":null}", 0, {NULL}, {NULL}, 0},
    {"no_object", "[1]", 0, {NULL}, {NULL}, 0},
    {"cut_short", "{\"message\":\"m\",\"@fields\":{", 0, {NULL}, {NULL}, 0},
    {"nothing", "", 0, {NULL}, {NULL}, 0},
};

static void logstash_is_read_as_libraries_write_it(void **state)
{
    (void)state;
    loose_rows(WEIR_FORMAT_LOGSTASH, rows, COUNT(rows));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(logstash_is_read_as_libraries_write_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
