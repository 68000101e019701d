/* Tests of log.h: stderr is a pipe meanwhile. */
#include "unit.h"
#include "weir/log.h"

#include <jansson.h>
#include <unistd.h>

static int saved, ends[2];
static char text[16384];

static void capture(void)
{
    assert_int_equal(pipe(ends), 0);
    saved = dup(STDERR_FILENO);
    dup2(ends[1], STDERR_FILENO);
}

static const char *captured(void)
{
    dup2(saved, STDERR_FILENO);
    close(saved);
    close(ends[1]);
    ssize_t n = read(ends[0], text, sizeof text - 1);
    close(ends[0]);
    text[n > 0 ? n : 0] = '\0';
    return text;
}

static void logfmt_quotes_only_what_needs_it(void **state)
{
    (void)state;
    weir_log_setup(WEIR_LOG_LOGFMT, WEIR_INFO);
    capture();
    weir_log(WEIR_DEBUG, "not shown", NULL);
    weir_log(WEIR_INFO, "listening", "http", "127.0.0.1:8137", "empty", "", "name",
             "a \"b\"\n\xff\xc3\xa4", "n", weir_log_num(-5), NULL);
    const char *line = captured();
    assert_memory_equal(line, "time=20", 7);
    assert_string_equal(strchr(line, ' '),
                        " level=info msg=listening http=127.0.0.1:8137 empty=\"\""
                        " name=\"a \\\"b\\\"\\n?\xc3\xa4\" n=-5\n");
}

static void json_lines_parse_whatever_the_values_hold(void **state)
{
    char large[3000];

    (void)state;
    memset(large, '"', sizeof large);
    large[2999] = '\0';
    weir_log_setup(WEIR_LOG_JSON, WEIR_DEBUG);
    capture();
    weir_log(WEIR_ERROR, "bad", "v", "\x01\x7f\\ \xe2\x82", "a", large, "b", large, "c", large, "d",
             large, "e", large, "f", large, "g", large, NULL);
    json_error_t e;
    json_t *o = json_loads(captured(), 0, &e);
    assert_non_null(o);
    assert_string_equal(json_string_value(json_object_get(o, "v")), "\x01\x7f\\ ??");
    assert_string_equal(json_string_value(json_object_get(o, "level")), "error");
    assert_int_equal(json_string_length(json_object_get(o, "a")), 512);
    assert_null(json_object_get(o, "g"));
    json_decref(o);
    weir_log_setup(WEIR_LOG_LOGFMT, WEIR_INFO);
}

static void lines_are_counted_by_level(void **state)
{
    uint64_t before = weir_log_lines(WEIR_WARN);

    (void)state;
    capture();
    weir_log(WEIR_WARN, "x", NULL);
    weir_log(WEIR_DEBUG, "x", NULL);
    captured();
    assert_int_equal(weir_log_lines(WEIR_WARN), before + 1);
}

static void eight_values_may_be_held_at_once(void **state)
{
    const char *v[8];

    (void)state;
    for (int i = 0; i < 8; i++)
        v[i] = i % 2 ? weir_log_num(i) : weir_log_str((struct weir_str){&"0123456789"[i], 1});
    for (int i = 0; i < 8; i++)
        assert_true(v[i][0] == '0' + i && v[i][1] == '\0');
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(logfmt_quotes_only_what_needs_it),
        cmocka_unit_test(json_lines_parse_whatever_the_values_hold),
        cmocka_unit_test(lines_are_counted_by_level),
        cmocka_unit_test(eight_values_may_be_held_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
