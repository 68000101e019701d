/* Tests of integrations.c: which facts are read off which documents. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "pipeline/fakes.h"

#define ID "9ec79c33ec9942ab8353589fcb2e04dc"
#define TRACE "771a43a4192642f0b136d5159a501700"

/* What the stage tells of an item, "\n"-separated: "span DURATION TRACE
 * FACT=text FACT~raw". */
static const char *told(struct stand *s, const char *type, const char *payload)
{
    static char body[16384];

    snprintf(body, sizeof body, "{}\n{\"type\":\"%s\"}\n%s\n", type, payload);
    assert_int_equal(
        stand_run(s, WEIR_FORMAT_ENVELOPE, weir_arena_copy(&s->arena, weir_str_of(body))), 0);
    return fake_spans;
}

/* Numbers of facts, as the fake prints them. */
#define OP "0"
#define KIND "1"
#define STATUS "2"
#define DESC "3"
#define ADDRESS "5"
#define URL "6"
#define DB_SYSTEM "10"
#define HTTP_STATUS "22"
#define SERVICE "25"

static void numbers_of_facts_are_as_the_rows_below_have_them(void **state)
{
    (void)state;
    assert_int_equal(WEIR_FACT_OP, 0);
    assert_int_equal(WEIR_FACT_DESCRIPTION, 3);
    assert_int_equal(WEIR_FACT_ADDRESS, 5);
    assert_int_equal(WEIR_FACT_URL, 6);
    assert_int_equal(WEIR_FACT_DB_SYSTEM, 10);
    assert_int_equal(WEIR_FACT_HTTP_STATUS, 22);
    assert_int_equal(WEIR_FACT_SERVICE, 25);
}

static const struct {
    const char *name, *type, *sent, *told;
} rows[] = {
    {"a transaction and its spans", "transaction",
     "{\"type\":\"transaction\",\"transaction\":\"GET /x\",\"start_timestamp\":1700000000.5,"
     "\"timestamp\":\"2023-11-14T22:13:20.750Z\",\"tags\":{\"service\":\"shop\"},\"contexts\":{"
     "\"trace\":{\"trace_id\":\"" TRACE "\",\"op\":\"http.server\",\"status\":\"ok\",\"data\":{"
     "\"http.response.status_code\":200}}},\"spans\":[{\"op\":\"http.client\",\"description\":"
     "\"GET http://a/b\",\"status\":\"ok\",\"start_timestamp\":1,\"timestamp\":1.25,\"tags\":{"
     "\"http.status_code\":\"404\"},\"data\":{\"url\":\"http://a/b\",\"junk\":{\"url\":\"no\"}}},"
     "{},7,{\"data\":null,\"op\":\"db\",\"timestamp\":1,\"start_timestamp\":2}]}",
     "segment 250ms 771a " OP "=http.server " STATUS "=ok " DESC "=GET /x " HTTP_STATUS
     "=200 " SERVICE "=shop\n"
     "span 250ms 771a " OP "=http.client " STATUS "=ok " DESC "=GET http://a/b " URL
     "=http://a/b " HTTP_STATUS "=404\n"
     "span -1ms 771a\n"
     "span -1ms 771a\n"
     "span 0ms 771a " OP "=db\n"},
    {"tags in pairs", "transaction",
     "{\"type\":\"transaction\",\"tags\":[[\"a\",\"b\"],[\"service\",\"cart\"],7]}",
     "segment -1ms  " SERVICE "=cart\n"},
    {"a container of v2", "span",
     "{\"version\":2,\"items\":[{\"name\":\"GET 10.0.0.1\",\"trace_id\":\"" TRACE
     "\",\"start_timestamp\":1795253308.25,\"end_timestamp\":1795253308.5,\"is_segment\":false,"
     "\"status\":\"error\",\"attributes\":{\"sentry.op\":{\"value\":\"http.client\",\"type\":"
     "\"string\"},\"sentry.kind\":{\"type\":\"string\",\"value\":\"client\"},"
     "\"server.address\":{\"value\":\"10.0.0.1\",\"type\":\"string\"},"
     "\"http.response.status_code\":{\"value\":503,\"type\":\"integer\"},"
     "\"url.full\":{\"value\":[\"http://x\"],\"type\":\"array\"}}},"
     "{\"is_segment\":true,\"name\":\"job\"}]}",
     "span 250ms 771a " OP "=http.client " KIND "=client " STATUS "=error " DESC
     "=GET 10.0.0.1 " ADDRESS "=10.0.0.1 " HTTP_STATUS "=503\n"
     "segment -1ms  " DESC "=job\n"},
    {"a single span of older SDKs", "span",
     "{\"op\":\"db.query\",\"description\":\"SELECT 1\",\"start_timestamp\":1e3,\"timestamp\":"
     "1001,\"data\":{\"db.system\":\"mysql\"},\"trace_id\":\"" TRACE "\"}",
     "span 1000ms 771a " OP "=db.query " DESC "=SELECT 1 " DB_SYSTEM "=mysql\n"},
    {"what the scrubber changed leaves as it leaves, and is matched as it came", "transaction",
     "{\"type\":\"transaction\",\"spans\":[{\"op\":\"http.client\",\"data\":{\"server.address\":"
     "\"SECRET.example\",\"url\":\"http:\\/\\/a\"}}]}",
     "segment -1ms \nspan -1ms  " OP "=http.client " ADDRESS "=******.example " ADDRESS
     "~SECRET.example " URL "=http://a\n"},
    {"breadcrumbs only where they are wanted", "event",
     "{\"breadcrumbs\":[{\"type\":\"http\",\"data\":{\"url\":\"http://a\"}}]}", ""},
};

static void facts_are_read_off_documents(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct stand s;

        stand_open(&s);
        if (strcmp(told(&s, rows[i].type, rows[i].sent), rows[i].told) != 0)
            fail_msg("%s: told\n%snot\n%s", rows[i].name, fake_spans, rows[i].told);
        stand_close(&s);
    }
}

static void a_breadcrumb_counts_once_however_often_it_comes(void **state)
{
    static const char event[] =
        "{\"breadcrumbs\":{\"values\":[{\"timestamp\":1,\"type\":\"http\",\"level\":\"error\","
        "\"data\":{\"url\":\"http://a\",\"http.start_timestamp\":5,\"http.end_timestamp\":12}},"
        "{\"timestamp\":1,\"category\":\"fetch\",\"data\":{\"status_code\":500}},"
        "{\"timestamp\":1,\"category\":\"fetch\",\"data\":{\"status_code\":500}},"
        "{\"timestamp\":2,\"category\":\"auth\",\"data\":{\"url\":\"http://b\"}},"
        "{\"timestamp\":3,\"type\":\"http\"}]}}";
    struct stand s;

    (void)state;
    stand_open(&s);
    s.project->breadcrumb_integrations = true;
    assert_string_equal(told(&s, "event", event),
                        "span 7ms  " OP "=http.client " STATUS "=error " URL "=http://a\n"
                        "span -1ms  " OP "=http.client " HTTP_STATUS "=500\n");
    stand_close(&s);
    stand_open(&s);
    s.project->breadcrumb_integrations = true;
    assert_string_equal(told(&s, "event", event), "");
    stand_close(&s);
}

static void spans_count_before_samples_are_taken(void **state)
{
    struct stand s;

    (void)state;
    stand_open(&s);
    s.project->sample_traces = 0;
    (void)told(&s, "transaction", "{\"type\":\"transaction\",\"transaction\":\"t\"}");
    assert_int_equal(s.list[0].fate, WEIR_FATE_SAMPLED);
    assert_string_equal(fake_spans, "segment -1ms  " DESC "=t\n");
    stand_close(&s);
}

static void odd_documents_are_walked_without_harm(void **state)
{
    static const char *const odd[] = {
        "{\"spans\":{\"a\":1},\"contexts\":[],\"tags\":\"x\",\"transaction\":7}",
        "{\"spans\":[[[{\"op\":\"db\"}]],\"x\",null,{\"data\":[1,{\"url\":2}],\"tags\":[]}]}",
        "{\"contexts\":{\"trace\":\"x\"},\"start_timestamp\":\"never\",\"timestamp\":[1]}",
        "{\"spans\":[{\"status\":{\"a\":[]},\"op\":true,\"data\":{\"url\":{\"value\":null}}}]}",
    };

    (void)state;
    for (size_t i = 0; i < sizeof odd / sizeof odd[0]; i++) {
        struct stand s;

        stand_open(&s);
        (void)told(&s, "transaction", odd[i]);
        assert_memory_equal(fake_spans, "segment -1ms ", 13);
        stand_close(&s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_of_facts_are_as_the_rows_below_have_them),
        cmocka_unit_test(facts_are_read_off_documents),
        cmocka_unit_test(a_breadcrumb_counts_once_however_often_it_comes),
        cmocka_unit_test(spans_count_before_samples_are_taken),
        cmocka_unit_test(odd_documents_are_walked_without_harm),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
