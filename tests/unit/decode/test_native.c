/* test_native.c - native objects, alone and in lists, and what is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "collector/decode/span_list.h"
#include "decode/transcript.h"

#define ID "9ec79c33ec9942ab8353589fcb2e04dc"
#define T "771a43a4192642f0b136d5159a501700"
#define S "b7ad6b7169203331"

struct row {
    const char *name, *native, *body;
    const char *said;    /* transcript */
    const char *rejects; /* pointer: title; ... */
};

#define EVENT(rest)                                                                            \
    "header {\"event_id\":\"" ID "\"} id=" ID " dsn= sent_at=\nitem event {} | {\"event_id\":" \
    "\"" ID "\",\"timestamp\":1700000000.123000,\"level\":" rest "}\n"
#define T2 "0af7651916cd43dd8448eb211c80319c"
#define SPAN(trace) "{\"trace_id\":\"" trace "\",\"span_id\":\"" S "\",\"start\":1,\"end\":2}"
#define MADE(trace) \
    "{\"trace_id\":\"" trace "\",\"span_id\":\"" S "\",\"start\":1.000000,\"end\":2.000000}"
#define SPANS(n) \
    "header {} id= dsn= sent_at=\nitem native_span {} item_count=" n " trace=" T " | {\"items\":["
#define FRAGMENT(type) "header {} id= dsn= sent_at=\nitem " type " {} trace=" T " | {"

static const struct row rows[] = {
    {"a_message", "error", "{\"type\":\"message\",\"event_id\":\"" ID "\",\"message\":\"hi\"}",
     EVENT("\"info\",\"platform\":\"other\",\"message\":\"hi\""), ""},
    {"an_error_with_everything", "",
     "{\"type\":\"error\",\"event_id\":\"" ID
     "\",\"service\":\"shop\",\"level\":\"critical\",\"message\":\"charge failed\","
     "\"exception\":{\"type\":\"TimeoutError\",\"value\":\"x\",\"frames\":[{\"lineno\":1}]},"
     "\"environment\":\"production\",\"release\":\"shop@1\",\"trace_id\":\"" T "\",\"span_id\":\"" S
     "\",\"tags\":{\"a\":\"b\"},\"user\":{\"id\":1},\"extra\":{\"b\":2},"
     "\"order\" : 17,\"timestamp\":\"2023-11-14T22:13:20.123Z\",\"project\":\"42\"}",
     "header {\"event_id\":\"" ID "\"} id=" ID " dsn= sent_at=\nitem event {} project=42 | "
     "{\"event_id\":\"" ID "\",\"timestamp\":1700000000.123000,\"level\":\"fatal\",\"platform\":"
     "\"other\",\"exception\":{\"values\":[{\"type\":\"TimeoutError\",\"value\":\"x\","
     "\"stacktrace\":{\"frames\":[{\"lineno\":1}]}}]},\"environment\":\"production\",\"release\":"
     "\"shop@1\",\"message\":\"charge failed\",\"user\":{\"id\":1},\"tags\":{\"service\":\"shop\","
     "\"a\":\"b\"},\"contexts\":{\"trace\":{\"trace_id\":\"" T "\",\"span_id\":\"" S "\"}},"
     "\"extra\":{\"order\" : 17,\"b\":2}}\n",
     ""},
    {"only_members_that_are_not_known_are_extra", "error",
     "{\"message\":\"m\",\"event_id\":\"" ID
     "\",\"type\":\"error\",\"project\":\"1\",\"service\":null,"
     "\"level\":null,\"exception\":null,\"trace_id\":null,\"span_id\":null,\"tags\":null,"
     "\"parent_span_id\":null,\"extra\":null,\"timestamp\":1700000000.123,\"contexts\":null,"
     "\"platform\":null,\"seq\":null,\"source\":null,\"environment\":null,\"release\":null,"
     "\"dist\":null,\"server_name\":null,\"transaction\":null,\"logger\":null,\"fingerprint\":null,"
     "\"user\":null,\"request\":null,\"breadcrumbs\":null,\"modules\":null,\"\":1,\"servicf\":2,"
     "\"a_name_as_long_as_this_one\":3}",
     "header {\"event_id\":\"" ID "\"} id=" ID " dsn= sent_at=\nitem event {} project=1 | "
     "{\"event_id\":\"" ID "\",\"timestamp\":1700000000.123000,\"level\":\"error\",\"platform\":"
     "\"other\",\"message\":\"m\",\"extra\":{\"\":1,\"servicf\":2,"
     "\"a_name_as_long_as_this_one\":3}}\n",
     ""},
    {"exceptions_may_be_a_list_or_a_text", "error",
     "[{\"event_id\":\"" ID "\",\"exception\":[{\"type\":\"A\"},{\"type\":\"B\",\"stacktrace\":"
     "{\"frames\":[]}}]},{\"event_id\":\"" ID "\",\"exception\":\"boom\"}]",
     EVENT("\"error\",\"platform\":\"other\",\"exception\":{\"values\":[{\"type\":\"A\"},{\"type\":"
           "\"B\",\"stacktrace\":{\"frames\":[]}}]}")
         EVENT("\"error\",\"platform\":\"other\",\"exception\":{\"values\":[{\"type\":\"Error\","
               "\"value\":\"boom\"}]}"),
     ""},
    {"a_printed_stack_trace_becomes_frames", "error",
     "{\"event_id\":\"" ID "\",\"exception\":{\"type\":\"a.E\",\"value\":\"y\",\"mechanism\":{"
     "\"handled\":false},\"stacktrace\":\"a.E: x\\n\\tat a.B.c(B.java:1)\\nCaused by: a.F: z\\n"
     "\\t... 1 more\"}}",
     EVENT(
         "\"error\",\"platform\":\"java\",\"exception\":{\"values\":[{\"type\":\"F\",\"value\":"
         "\"z\",\"module\":\"a\",\"mechanism\":{\"type\":\"chained\",\"exception_id\":1,"
         "\"parent_id\":0},\"stacktrace\":{\"frames\":[{\"filename\":\"B.java\",\"module\":\"a.B\","
         "\"function\":\"c\",\"lineno\":1,\"in_app\":true}]}},{\"type\":\"E\",\"value\":\"y\","
         "\"module\":\"a\",\"mechanism\":{\"type\":\"generic\",\"handled\":false,"
         "\"exception_id\":0},\"stacktrace\":{\"frames\":[{\"filename\":\"B.java\",\"module\":"
         "\"a.B\",\"function\":\"c\",\"lineno\":1,\"in_app\":true}]}}]}"),
     ""},
    {"an_exception_may_be_nothing_but_a_printed_stack_trace", "error",
     "{\"event_id\":\"" ID "\",\"platform\":\"python\",\"exception\":\"Traceback (most recent call "
     "last):\\n  File \\\"/app/a.py\\\", line 1, in f\\nE: x\"}",
     EVENT("\"error\",\"platform\":\"python\",\"exception\":{\"values\":[{\"type\":\"E\",\"value\":"
           "\"x\",\"mechanism\":{\"type\":\"generic\"},\"stacktrace\":{\"frames\":[{\"filename\":"
           "\"a.py\",\"abs_path\":\"/app/a.py\",\"module\":\"a\",\"function\":\"f\",\"lineno\":1,"
           "\"in_app\":true}]}}]}"),
     ""},
    {"a_stack_trace_that_is_not_known_stays_a_text", "error",
     "{\"event_id\":\"" ID "\",\"exception\":[{\"type\":\"A\"},{\"type\":\"B\",\"stacktrace\":"
     "\"over there\",\"mechanism\":{\"type\":\"x\"}}]}",
     EVENT("\"error\",\"platform\":\"other\",\"exception\":{\"values\":[{\"type\":\"A\"},{\"type\":"
           "\"B\",\"mechanism\":{\"type\":\"generic\",\"data\":{\"stacktrace\":\"over there\","
           "\"mechanism\":{\"type\":\"x\"}}}}]}"),
     ""},
    {"tags_may_be_pairs_and_null_is_nothing", "error",
     "{\"event_id\":\"" ID "\",\"message\":\"m\",\"tags\":[[\"a\",\"b\"]],\"service\":\"s\","
     "\"user\":null,\"level\":null,\"extra\":null,\"timestamp\":null}",
     EVENT("\"error\",\"platform\":\"other\",\"message\":\"m\",\"tags\":[[\"service\",\"s\"],"
           "[\"a\",\"b\"]]"),
     ""},
    {"a_trace_of_contexts_yields_to_the_objects_own", "error",
     "{\"event_id\":\"" ID "\",\"message\":\"m\",\"trace_id\":\"" T
     "\",\"contexts\":{\"trace\":{},\"os\":{}}}",
     EVENT("\"error\",\"platform\":\"other\",\"message\":\"m\",\"contexts\":{\"trace\":{},\"os\":"
           "{},\"trace\":{\"trace_id\":\"" T "\"}}"),
     ""},
    {"a_breadcrumb", "",
     "{\"type\":\"breadcrumb\",\"trace_id\":\"" T "\",\"service\":\"cart\",\"category\":\"http\","
     "\"message\":\"GET /items 200\",\"level\":\"info\",\"data\":{\"a\":1},\"timestamp\":"
     "1700000000.5}",
     FRAGMENT("breadcrumb") "\"timestamp\":1700000000.500000,\"type\":\"default\",\"category\":"
                            "\"http\",\"message\":\"GET /items 200\",\"level\":\"info\",\"data\":"
                            "{\"service\":\"cart\",\"a\":1}}\n",
     ""},
    {"a_breadcrumb_by_path_may_have_a_type_of_its_own", "breadcrumb",
     "{\"type\":\"navigation\",\"trace_id\":\"" T "\"}",
     FRAGMENT("breadcrumb") "\"timestamp\":1700000000.123000,\"type\":\"navigation\",\"level\":"
                            "\"info\"}\n",
     ""},
    {"a_span", "span",
     "{\"trace_id\":\"" T "\",\"span_id\":\"" S "\",\"parent_span_id\":\"05e3ac9a4f6e3b90\","
     "\"service\":\"shop\",\"op\":\"http.client\",\"description\":\"POST /charge\",\"start\":"
     "1700000000.1,\"end\":1.7000000004e9,\"status\":\"ok\",\"data\":{\"peer.service\":\"p\"}}",
     SPANS("1") "{\"trace_id\":\"" T "\",\"span_id\":\"" S
                "\",\"parent_span_id\":\"05e3ac9a4f6e3b90\",\"start\":1700000000."
                "100000,\"end\":1700000000.400000,\"service\":\"shop\",\"op\":"
                "\"http.client\",\"description\":\"POST /charge\",\"status\":\"ok\","
                "\"data\":{\"peer.service\":\"p\"}}]}\n",
     ""},
    {"spans_of_a_trace_go_together", "span", "[" SPAN(T) "," SPAN(T2) ",{}," SPAN(T) "]",
     SPANS("2") MADE(T) "," MADE(T) "]}\nheader {} id= dsn= sent_at=\nitem native_span {} "
                                    "item_count=1 trace=" T2 " | {\"items\":[" MADE(T2) "]}\n",
     "/2/trace_id: is missing: give it here or in a trace header such as traceparent\n"},
    {"ndjson_goes_on_after_what_it_refuses", "",
     "{\"type\":\"breadcrumb\",\"trace_id\":\"" T "\",\"timestamp\":1}\n\nbroken\n{\"type\":"
     "\"breadcrumb\"}\r\n{\"type\":\"breadcrumb\",\"trace_id\":\"" T "\",\"timestamp\":2}\n",
     FRAGMENT("breadcrumb") "\"timestamp\":1.000000,\"type\":\"default\",\"level\":\"info\"}"
                            "\n" FRAGMENT("breadcrumb") "\"timestamp\":2.000000,\"type\":"
                                                        "\"default\",\"level\":\"info\"}\n",
     "/1: must be a JSON object\n/2/trace_id: is missing: give it here or in a trace header such "
     "as traceparent\n"},
    {"lists_refuse_by_pointer", "error",
     "[1,{\"type\":\"hologram\"},{},{\"message\":7},{\"message\":\"m\",\"level\":\"loud\"},"
     "{\"message\":\"m\",\"tags\":1},{\"message\":\"m\",\"timestamp\":\"soon\"},"
     "{\"message\":\"m\",\"trace_id\":\"x\"},{\"message\":\"m\",\"project\":\"a/b\"},"
     "{\"exception\":{\"frames\":1}},{\"exception\":1},{\"type\":\"message\"},"
     "{\"message\":\"m\",\"extra\":[]},{\"message\":\"m\",\"user\":\"u\"}]",
     "",
     "/0: must be a JSON object\n"
     "/1/type: must be error, message, breadcrumb, span, integration or breaker\n"
     "/2/message: an error needs a message or an exception\n"
     "/3/message: must be a string\n"
     "/4/level: must be fatal, error, warning, info or debug\n"
     "/5/tags: must be an object\n"
     "/6/timestamp: must be seconds since 1970 or an RFC 3339 time\n"
     "/7/trace_id: must be an id of 32 (or 16) hex digits\n"
     "/8/project: must be a project's id\n"
     "/9/exception/frames: must be an array\n"
     "/10/exception: must be an object or an array of objects\n"
     "/11/message: a message needs its text\n"
     "/12/extra: must be an object\n"
     "/13/user: must be an object\n"},
    {"spans_need_ids_and_times", "span",
     "[{\"trace_id\":\"" T "\"},{\"trace_id\":\"" T "\",\"span_id\":\"" S "\"},"
     "{\"trace_id\":\"" T "\",\"span_id\":\"" S "\",\"start\":1},"
     "{\"trace_id\":\"" T "\",\"span_id\":\"" S "\",\"start\":2,\"end\":1}]",
     "",
     "/0/span_id: is missing: a span needs its id\n"
     "/1/start: is missing: a span needs its start\n"
     "/2/end: is missing: a span needs its end\n"
     "/3/end: must not lie before the start\n"},
    {"one_object_refused_has_a_plain_pointer", "span", "{}", "",
     "/trace_id: is missing: give it here or in a trace header such as traceparent\n"},
    {"integrations_need_somebody_who_listens", "integration", "{\"service\":\"a\"}", "",
     "/type: integrations are not taken here\n"},
};

static void check_rejects(const struct bench *b, const struct row *r)
{
    char text[4096] = "";

    for (const struct weir_decode_reject *x = weir_decoder_result(b->d)->rejects; x != NULL;
         x = x->next) {
        size_t n = strlen(text);

        snprintf(text + n, sizeof text - n, "%.*s: %s\n", WEIR_FMT(x->pointer), x->title);
    }
    if (strcmp(text, r->rejects) != 0)
        fail_msg("%s: rejects\n%s", r->name, text);
}

static void native_objects_become_items(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        for (size_t step = 0; step <= 5; step += 5) {
            struct bench b;

            bench_open(&b);
            b.in.native = weir_str_of(rows[i].native);
            assert_int_equal(bench_run(&b, WEIR_FORMAT_NATIVE, weir_str_of(rows[i].body), step), 0);
            if (!weir_str_eq(bench_text(&b), weir_str_of(rows[i].said)))
                fail_msg("%s:\n%.*sexpected\n%s", rows[i].name, WEIR_FMT(bench_text(&b)),
                         rows[i].said);
            check_rejects(&b, &rows[i]);
            bench_close(&b);
        }
}

static void what_is_no_json_is_refused_as_a_whole(void **state)
{
    static const struct {
        const char *body, *error;
        size_t offset;
    } bad[] = {
        {"", "the body is empty", 0},
        {"  \n", "the body is empty", 0},
        {"hello", "the body is no JSON object, array or NDJSON", 0},
        {"{\"a\":1", "the body is no JSON object, array or NDJSON", 6},
        {"[{\"message\":\"m\"},", "the array is no JSON", 17},
        {"[{\"message\":\"m\"}] x", "the array is no JSON", 18},
    };

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct bench b;

        bench_open(&b);
        b.in.native = WEIR_S("error");
        assert_int_equal(bench_run(&b, WEIR_FORMAT_NATIVE, weir_str_of(bad[i].body), 0),
                         WEIR_EINVAL);
        assert_string_equal(weir_decoder_result(b.d)->error, bad[i].error);
        if (weir_decoder_result(b.d)->error_offset != bad[i].offset)
            fail_msg("%s: %zu", bad[i].body, weir_decoder_result(b.d)->error_offset);
        assert_int_equal(bench_text(&b).n, 0);
        bench_close(&b);
    }
}

static void too_long_lists_are_refused(void **state)
{
    static const char *const bodies[] = {"[{},{},{}]", "{}\n{}\n{}\n"};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct bench b;

        bench_open(&b);
        b.in.max_items = 2;
        assert_int_equal(bench_run(&b, WEIR_FORMAT_NATIVE, weir_str_of(bodies[i]), 0), WEIR_ELIMIT);
        assert_string_equal(weir_decoder_result(b.d)->error, "the list has too many objects");
        bench_close(&b);
    }
}

static void the_requests_trace_serves_objects_that_name_none(void **state)
{
    struct bench b;

    (void)state;
    bench_open(&b);
    b.in.trace_id = WEIR_S(T);
    b.in.span_id = WEIR_S(S);
    assert_int_equal(bench_run(&b, WEIR_FORMAT_NATIVE,
                               WEIR_S("[{\"type\":\"breadcrumb\",\"timestamp\":1},{\"type\":"
                                      "\"message\",\"message\":\"m\",\"event_id\":\"" ID
                                      "\",\"contexts\":{\"os\":{}}}]"),
                               0),
                     0);
    assert_true(weir_str_eq(
        bench_text(&b),
        WEIR_S(
            FRAGMENT("breadcrumb") "\"timestamp\":1.000000,\"type\":\"default\",\"level\":"
                                   "\"info\"}\n" EVENT("\"info\",\"platform\":\"other\","
                                                       "\"message\":\"m\",\"contexts\":{\"trace\":{"
                                                       "\"trace_id\":\"" T "\",\"span_id\":\"" S
                                                       "\"},\"os\":{}}"))));
    assert_int_equal(weir_decoder_result(b.d)->accepted, 2);
    bench_close(&b);
}

static void the_sinks_refusal_is_one_objects_refusal(void **state)
{
    struct bench b;

    (void)state;
    bench_open(&b);
    b.t.refuse = WEIR_EAUTH;
    assert_int_equal(
        bench_run(&b, WEIR_FORMAT_NATIVE, WEIR_S("{\"type\":\"message\",\"message\":\"m\"}"), 0),
        0);
    assert_int_equal(weir_decoder_result(b.d)->accepted, 0);
    assert_string_equal(weir_decoder_result(b.d)->rejects->title, "the key is not that project's");
    bench_close(&b);
    bench_open(&b);
    b.t.refuse = WEIR_ENOMEM;
    assert_int_equal(
        bench_run(&b, WEIR_FORMAT_NATIVE, WEIR_S("{\"type\":\"message\",\"message\":\"m\"}"), 0),
        WEIR_ENOMEM);
    bench_close(&b);
}

static void a_refused_container_refuses_each_of_its_spans(void **state)
{
    struct bench b;

    (void)state;
    bench_open(&b);
    b.t.refuse = WEIR_EAUTH;
    b.in.native = WEIR_S("span");
    assert_int_equal(bench_run(&b, WEIR_FORMAT_NATIVE, WEIR_S("[" SPAN(T) ",{}," SPAN(T) "]"), 0),
                     0);
    assert_int_equal(weir_decoder_result(b.d)->accepted, 0);
    assert_int_equal(weir_decoder_result(b.d)->n_rejects, 3);
    assert_string_equal(weir_decoder_result(b.d)->rejects->next->title,
                        "the key is not that project's");
    assert_int_equal(weir_decoder_result(b.d)->rejects->next->next->index, 2);
    bench_close(&b);
}

static void many_traces_and_large_ones_are_split_and_lose_nothing(void **state)
{
    struct bench b;
    struct weir_buf body;
    size_t spans = 0, items = 0;
    struct weir_str text;

    (void)state;
    bench_open(&b);
    b.in.native = WEIR_S("span");
    b.in.max_items = 5000;
    weir_buf_init(&body, &b.arena, 8 << 20);
    for (int i = 0; i < 3000; i++) /* 40 traces in turn, 200 bytes each span */
        weir_buf_printf(&body,
                        "{\"trace_id\":\"%032x\",\"span_id\":\"%016x\",\"start\":1,\"end\":2,"
                        "\"description\":\"%0*d\"}\n",
                        i < 1000 ? 1 + i % 40 : 1, i + 1, i < 1000 ? 100 : 300, i);
    assert_int_equal(bench_run(&b, WEIR_FORMAT_NATIVE, (struct weir_str){body.p, body.n}, 0), 0);
    assert_int_equal(weir_decoder_result(b.d)->accepted, 3000);
    text = bench_text(&b);
    while (text.n > 0) {
        struct weir_str line;

        weir_str_cut(text, '\n', &line, &text);
        assert_true(line.n < WEIR_SPAN_LIST_BYTES + 1024);
        items += weir_str_starts(line, WEIR_S("item"));
        for (size_t at; (at = weir_str_find(line, WEIR_S("\"span_id\""))) != SIZE_MAX; spans++)
            line = weir_str_sub(line, at + 1, line.n);
    }
    assert_int_equal(spans, 3000);
    assert_true(items > 40);
    bench_close(&b);
}

/* ---- what is told by callback ------------------------------------------ */

static char told[512];

static void on_integration(void *self, struct weir_str service, struct weir_str endpoint,
                           struct weir_str status, double latency_ms, bool has_latency,
                           struct weir_str error_type, struct weir_str trace_id)
{
    (void)self;
    snprintf(told + strlen(told), sizeof told - strlen(told),
             "integration %.*s %.*s %.*s %.1f %d %.*s %.*s\n", WEIR_FMT(service),
             WEIR_FMT(endpoint), WEIR_FMT(status), latency_ms, has_latency, WEIR_FMT(error_type),
             WEIR_FMT(trace_id));
}

static void on_breaker(void *self, struct weir_str service, struct weir_str state,
                       struct weir_str reporter)
{
    (void)self;
    snprintf(told + strlen(told), sizeof told - strlen(told), "breaker %.*s %.*s %.*s\n",
             WEIR_FMT(service), WEIR_FMT(state), WEIR_FMT(reporter));
}

static void on_sequence(void *self, struct weir_str source, uint64_t seq)
{
    (void)self;
    snprintf(told + strlen(told), sizeof told - strlen(told), "seq %.*s %llu\n", WEIR_FMT(source),
             (unsigned long long)seq);
}

static void integrations_breakers_and_numbers_are_told(void **state)
{
    struct bench b;

    (void)state;
    told[0] = '\0';
    bench_open(&b);
    b.in.integration = on_integration;
    b.in.breaker = on_breaker;
    b.in.sequence = on_sequence;
    assert_int_equal(
        bench_run(&b, WEIR_FORMAT_NATIVE,
                  WEIR_S("{\"type\":\"integration\",\"service\":\"pay\",\"endpoint\":\"/c\","
                         "\"status\":200,\"latency_ms\":231.5,\"seq\":7,\"source\":\"a\"}\n"
                         "{\"type\":\"integration\",\"service\":\"pay\",\"status\":\"timeout\","
                         "\"error_type\":\"timeout\",\"trace_id\":\"" T "\"}\n"
                         "{\"type\":\"breaker\",\"service\":\"pay\",\"state\":\"HALF-Open\","
                         "\"reporter\":\"shop-7\",\"seq\":-1,\"source\":\"a\"}\n"
                         "{\"type\":\"breaker\",\"service\":\"pay\",\"state\":\"ajar\"}\n"
                         "{\"type\":\"integration\",\"latency_ms\":1}\n"
                         "{\"type\":\"integration\",\"service\":\"p\",\"latency_ms\":-1}\n"),
                  0),
        0);
    assert_string_equal(told, "seq a 7\nintegration pay /c 200 231.5 1  \n"
                              "integration pay  timeout 0.0 0 timeout " T "\n"
                              "breaker pay half_open shop-7\n");
    assert_int_equal(weir_decoder_result(b.d)->accepted, 3);
    assert_int_equal(weir_decoder_result(b.d)->n_rejects, 3);
    bench_close(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(native_objects_become_items),
        cmocka_unit_test(what_is_no_json_is_refused_as_a_whole),
        cmocka_unit_test(too_long_lists_are_refused),
        cmocka_unit_test(the_requests_trace_serves_objects_that_name_none),
        cmocka_unit_test(the_sinks_refusal_is_one_objects_refusal),
        cmocka_unit_test(a_refused_container_refuses_each_of_its_spans),
        cmocka_unit_test(many_traces_and_large_ones_are_split_and_lose_nothing),
        cmocka_unit_test(integrations_breakers_and_numbers_are_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
