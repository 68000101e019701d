/* test_otlp.c - OTLP in both encodings, against a transcript of what was
 * emitted. Records have their own tests; here they are written down. */
#include "unit.h"

#include "collector/decode/otlp.h"
#include "collector/decode/record.h"
#include "decode/transcript.h"

/* ---- records, written down ----------------------------------------------------- */

static struct weir_buf *records;
static int record_result;

static void note(const char *name, struct weir_str value)
{
    if (value.n > 0)
        weir_buf_printf(records, " %s=%.*s", name, WEIR_FMT(value));
}

int weir_record_add(struct weir_decoder *d, const struct weir_record *r)
{
    (void)d;
    weir_buf_printf(records, "record %d %.3f", r->severity, r->timestamp);
    note("service", r->origin->service);
    note("scope", r->origin->scope);
    note("logger", r->logger);
    note("severity", r->severity_text);
    note("message", r->message);
    note("template", r->template);
    note("trace", r->trace_id);
    note("span", r->span_id);
    note("type", r->exception_type);
    note("value", r->exception_message);
    note("stack", r->stacktrace);
    note("transaction", r->transaction);
    if (r->from_span)
        weir_buf_printf(records, " handled=%d", r->handled);
    for (size_t i = 0; i < r->attributes.n; i++) {
        weir_buf_printf(records, " %.*s:", WEIR_FMT(r->attributes.list[i].key));
        weir_attribute_write(records, &r->attributes.list[i]);
    }
    weir_buf_char(records, '\n');
    return record_result;
}

int weir_records_end(struct weir_decoder *d)
{
    (void)d;
    weir_buf_add(records, WEIR_S("end\n"));
    return 0;
}

/* ---- both encodings ----------------------------------------------------------------- */

#define T "5b8efff798038103d269b633813fc60c"
#define S "eee19b7ec3c1b174"
#define P "eee19b7ec3c1b173"
#define IDS "\"traceId\":\"" T "\",\"spanId\":\"" S "\""
#define TIMES \
    "\"startTimeUnixNano\":\"1700000000123456789\",\"endTimeUnixNano\":1700000001000000000"
#define SPANS(resource, spans)                                                            \
    "{\"resourceSpans\":[{\"resource\":{\"attributes\":[" resource "]},\"scopeSpans\":[{" \
    "\"spans\":[" spans "]}]}]}"
#define STR(key, value) "{\"key\":\"" key "\",\"value\":{\"stringValue\":\"" value "\"}}"
#define FRAGMENT(n) \
    "header {} id= dsn= sent_at=\nitem native_span {} item_count=" n " trace=" T " | {\"items\":["
#define BEGIN "{\"trace_id\":\"" T "\",\"span_id\":\"" S "\""
#define WHEN ",\"start\":1700000000.123456,\"end\":1700000001.000000"
#define PLAIN ",\"op\":\"default\",\"description\":\"a\",\"status\":\"ok\""
#define ROOT ",\"transaction_info\":{\"source\":\"custom\"},\"platform\":\"other\""
#define INTERNAL ",\"data\":{\"sentry.kind\":\"internal\""

struct row {
    const char *name, *json, *said;
    size_t rejected;
};

static const struct row traces[] = {
    {"nothing", "{}", "", 0},
    {"unknown members and nulls are passed over",
     "{\"x\":[1,{\"y\":2}],\"resourceSpans\":[{\"schemaUrl\":\"s\",\"resource\":null}]}", "", 0},
    {"the least that a span has", SPANS("", "{" IDS ",\"name\":\"a\"," TIMES "}"),
     FRAGMENT("1") BEGIN WHEN PLAIN ROOT INTERNAL "}}]}\n", 0},
    {"names as in the proto files, ids in capitals, enums by name",
     "{\"resource_spans\":[{\"scope_spans\":[{\"spans\":[{\"trace_id\":"
     "\"5B8EFFF798038103D269B633813FC60C\",\"span_id\":\"EEE19B7EC3C1B174\",\"name\":\"a\","
     "\"kind\":\"SPAN_KIND_INTERNAL\",\"start_time_unix_nano\":1700000000123456789,"
     "\"end_time_unix_nano\":\"1700000001000000000\"}]}]}]}",
     FRAGMENT("1") BEGIN WHEN PLAIN ROOT INTERNAL "}}]}\n", 0},
    {"the resource behind its spans tells them all the same",
     "{\"resourceSpans\":[{\"scopeSpans\":[{\"spans\":[{" IDS ",\"name\":\"a\"," TIMES
     "}],\"scope\":{\"name\":\"lib\",\"version\":\"2\"}}],\"resource\":{\"attributes\":"
     "[" STR("service.name", "shop") "," STR("service.namespace", "eu") "," STR(
         "service.version",
         "1") "," STR("host.name",
                      "h") "," STR("deployment.environment.name",
                                   "dev") "," STR("telemetry.sdk.language",
                                                  "python") "," STR("process.runtime.name",
                                                                    "CPython") "," STR("process."
                                                                                       "runtime."
                                                                                       "version",
                                                                                       "3.11") "]}}"
                                                                                               "]}",
     FRAGMENT("1") BEGIN WHEN
     ",\"service\":\"shop\"" PLAIN ",\"transaction_info\":{\"source\":\"custom\"},"
     "\"platform\":\"python\",\"environment\":"
     "\"dev\",\"release\":\"shop@1\",\"server_name\":\"h\",\"tags\":{\"service.namespace\":"
     "\"eu\"},"
     "\"contexts\":{\"runtime\":{\"type\":\"runtime\",\"name\":\"CPython\",\"version\":\"3."
     "11\"},"
     "\"otel\":{\"resource\":{\"service.name\":\"shop\",\"service.namespace\":\"eu\",\"service."
     "version\":\"1\",\"host."
     "name\":"
     "\"h\",\"deployment.environment.name\":\"dev\",\"telemetry.sdk.language\":\"python\","
     "\"process.runtime.name\":\"CPython\",\"process.runtime.version\":\"3.11\"}}}" INTERNAL
     ",\"otel.scope.name\":\"lib\",\"otel.scope.version\":\"2\"}}]}\n",
     0},
    {"values of all kinds",
     SPANS("", "{" IDS ",\"name\":\"a\"," TIMES ",\"attributes\":[" STR(
                   "s", "x\\n\\u00e4") ","
                                       "{\"key\":\"b\",\"value\":{\"boolValue\":true}},"
                                       "{\"key\":\"f\",\"value\":{\"boolValue\":false}},"
                                       "{\"key\":\"i\",\"value\":{\"intValue\":\"-"
                                       "9223372036854775808\"}},"
                                       "{\"key\":\"j\",\"value\":{\"intValue\":7}},"
                                       "{\"key\":\"d\",\"value\":{\"doubleValue\":1.5}},"
                                       "{\"key\":\"w\",\"value\":{\"doubleValue\":3}},"
                                       "{\"key\":\"n\",\"value\":{\"doubleValue\":\"NaN\"}},"
                                       "{\"key\":\"m\",\"value\":{\"doubleValue\":\"-Infinity\"}},"
                                       "{\"key\":\"x\",\"value\":{\"bytesValue\":\"AAEC/w==\"}},"
                                       "{\"key\":\"y\",\"value\":{\"bytesValue\":\"dGV4dA==\"}},"
                                       "{\"key\":\"e\",\"value\":{}},{\"key\":\"z\"},"
                                       "{\"key\":\"l\",\"value\":{\"arrayValue\":{\"values\":[{"
                                       "\"intValue\":1},{\"stringValue\":"
                                       "\"q\\\"\"},{},{\"kvlistValue\":{\"values\":[{\"key\":\"k\","
                                       "\"value\":{"
                                       "\"arrayValue\":{}}}]}}]}}}]}"),
     FRAGMENT("1") BEGIN WHEN PLAIN ROOT INTERNAL
     ",\"s\":\"x\\n\303\244\",\"b\":true,\"f\":false,\"i\":-9223372036854775808,\"j\":7,"
     "\"d\":1.5,\"w\":3.0,\"n\":\"NaN\",\"m\":\"-Infinity\",\"x\":\"AAEC/"
     "w==\",\"y\":\"text\","
     "\"e\":null,\"z\":null,\"l\":[1,\"q\\\"\",null,{\"k\":[]}]}}]}\n",
     0},
    {"text within binary values is overwritten", /* 00 secret-key ff ab */
     SPANS("", "{" IDS ",\"name\":\"a\"," TIMES
               ",\"attributes\":[{\"key\":\"x\",\"value\":{\"bytesValue\":"
               "\"AHNlY3JldC1rZXn/YWI=\"}}]}"),
     FRAGMENT("1") BEGIN WHEN PLAIN ROOT INTERNAL ",\"x\":\"ACoqKioqKioqKir/YWI=\"}}]}\n", 0},
    {"status, trace state, events and links",
     SPANS("", "{" IDS ",\"name\":\"a\",\"traceState\":\"v=1\"," TIMES
               ",\"status\":{\"code\":\"STATUS_CODE_ERROR\",\"message\":\"bad\"},\"events\":[{"
               "\"name\":\"hit\",\"timeUnixNano\":\"1700000000500000000\",\"attributes\":[" STR(
                   "k", "v") "]},{\"name\":\"late\"}],\"links\":[{\"traceId\":\"" T
                             "\",\"spanId\":\"" P "\",\"traceState\":\"w=2\",\"attributes\":[" STR(
                                 "l", "m") "]},{\"traceId\":\"" T "\",\"spanId\":\"" S "\"}]}"),
     FRAGMENT("1") BEGIN WHEN
     ",\"op\":\"default\",\"description\":\"a\",\"status\":\"internal_error\"" ROOT
     ",\"links\":[{\"trace_id\":\"" T "\",\"span_id\":\"" P
     "\",\"attributes\":{\"l\":\"m\",\"otel.trace_state\":\"w=2\"}},{\"trace_id\":\"" T
     "\",\"span_id\":\"" S "\"}]" INTERNAL
     ",\"otel.status_description\":\"bad\",\"otel.trace_state\":\"v=1\",\"otel.events\":[{"
     "\"name\":"
     "\"hit\",\"timestamp\":1700000000.500000,\"attributes\":{\"k\":\"v\"}},{\"name\":"
     "\"late\","
     "\"timestamp\":1700000001.000000}]}}]}\n",
     0},
    {"a recorded exception comes behind its span, and not in it",
     SPANS(STR("service.name", "s"),
           "{" IDS ",\"name\":\"a\",\"parentSpanId\":\"" P "\",\"kind\":2," TIMES
           ",\"attributes\":[" STR(
               "user.id",
               "7") "],\"events\":[{\"name\":\"exception\","
                    "\"timeUnixNano\":\"1700000000500000000\",\"attributes\":"
                    "[" STR("exception.type", "E") "," STR("exception.message", "boom") "," STR(
                        "exception.stacktrace", "E: boom") "," STR("exception.escape"
                                                                   "d",
                                                                   "true") "," STR("o", "p") "]"
                                                                                             "}"
                                                                                             "]"
                                                                                             "}"),
     FRAGMENT("1") BEGIN
     ",\"parent_span_id\":\"" P "\"" WHEN
     ",\"service\":\"s\",\"op\":\"server\",\"description\":\"a\",\"status\":\"ok\","
     "\"transaction_info\":{\"source\":\"custom\"},\"platform\":\"other\","
     "\"contexts\":{\"otel\":{\"resource\":{\"service.name\":\"s\"}"
     "}},"
     "\"data\":{\"sentry.kind\":\"server\",\"user.id\":\"7\"}}]}\n"
     "record 17 1700000000.500 service=s message=boom trace=" T " span=" S
     " type=E value=boom stack=E: boom transaction=a handled=0 user.id:\"7\" o:\"p\"\n",
     0},
    {"only what may be a root carries the origin",
     SPANS(STR("host.name", "h"),
           "{" IDS ",\"name\":\"a\",\"parentSpanId\":\"" P "\"," TIMES "},{\"traceId\":\"" T
           "\",\"spanId\":\"" P "\",\"name\":\"r\"," TIMES "}"),
     FRAGMENT("2") BEGIN ",\"parent_span_id\":\"" P "\"" WHEN PLAIN INTERNAL "}},{\"trace_id\":\"" T
                         "\",\"span_id\":\"" P "\"" WHEN
                         ",\"op\":\"default\",\"description\":\"r\",\"status\":\"ok\"" ROOT
                         ",\"server_name\":\"h\",\"contexts\":{\"otel\":{\"resource\":{"
                         "\"host.name\":\"h\"}}}" INTERNAL "}}]}\n",
     0},
    {"ids that are none are refused, each span by itself",
     SPANS("", "{\"spanId\":\"" S "\"},{\"traceId\":\"" T "\"},{\"traceId\":"
               "\"00000000000000000000000000000000\",\"spanId\":\"" S
               "\"},{\"traceId\":\"abc\",\"spanId\":\"" S "\"},{\"traceId\":\"" T
               "\",\"spanId\":\"0000000000000000\"},{\"traceId\":\"" T
               "\",\"spanId\":\"nohexnohexnohexn\"},{" IDS ",\"name\":\"a\"," TIMES "}"),
     FRAGMENT("1") BEGIN WHEN PLAIN ROOT INTERNAL "}}]}\n", 6},
    {"times that are missing or turned round", /* received_ms */
     SPANS("", "{" IDS ",\"name\":\"a\"},{" IDS
               ",\"name\":\"a\",\"startTimeUnixNano\":2000000000,\"endTimeUnixNano\":1}"),
     FRAGMENT("2") BEGIN
     ",\"start\":1700000000.123000,\"end\":1700000000.123000" PLAIN ROOT INTERNAL "}}," BEGIN
     ",\"start\":2.000000,\"end\":2.000000" PLAIN ROOT INTERNAL "}}]}\n",
     0},
};

#define LOGS(records)                                                                          \
    "{\"resourceLogs\":[{\"resource\":{\"attributes\":[" STR(                                  \
        "service.name", "shop") "]},\"scopeLogs\":[{\"scope\":{\"name\":\"lib\"},\"logRecords" \
                                "\":[" records "]}]}]}"
#define LOG " service=shop scope=lib logger=lib"

static const struct row logs[] = {
    {"nothing", "{}", "end\n", 0},
    {"a record with everything",
     LOGS("{\"timeUnixNano\":\"1700000000500000000\",\"observedTimeUnixNano\":\"1\","
          "\"severityNumber\":13,\"severityText\":\"Warning\",\"body\":{\"stringValue\":\"hi\"},"
          "\"traceId\":\"" T "\",\"spanId\":\"" S "\",\"eventName\":\"ev\",\"attributes\":[" STR(
              "a", "b") "," STR("message.template", "h{}") "]}"),
     "record 13 1700000000.500" LOG " severity=Warning message=hi template=h{} trace=" T " span=" S
     " a:\"b\" event.name:\"ev\"\nend\n",
     0},
    {"an exception, a body that is a list, ids that are none",
     LOGS("{\"observedTimeUnixNano\":2000000000,\"severityNumber\":\"SEVERITY_NUMBER_ERROR2\","
          "\"body\":{\"kvlistValue\":{\"values\":[" STR(
              "k", "v") "]}},\"traceId\":\"\","
                        "\"spanId\":\"00\",\"attributes\":[" STR("exception.type", "E") "," STR(
                            "exception.message", "m") "," STR("exception.stacktrace", "s") "]}"),
     "record 18 2.000" LOG " message={\"k\":\"v\"} type=E value=m stack=s\nend\n", 0},
    {"severities out of range are unknown", LOGS("{\"severityNumber\":99},{\"severityNumber\":-1}"),
     "record 0 0.000" LOG "\nrecord 0 0.000" LOG "\nend\n", 0},
};

static void run(const struct row *row, enum weir_format f, bool json)
{
    struct weir_str body = weir_str_of(row->json), said;
    struct bench b;

    bench_open(&b);
    records = &b.t.text;
    b.in.content_type = WEIR_S("application/json; charset=utf-8");
    if (!json) { /* the same, put into protobuf first */
        b.d = weir_decoder_new(f, &b.in, &b.sink);
        assert_int_equal(weir_otlp_json(b.d, body, f == WEIR_FORMAT_OTLP_LOGS, &body), 0);
        b.in.content_type = WEIR_S("application/x-protobuf");
    }
    if (bench_run(&b, f, body, 0) != 0)
        fail_msg("%s: %s", row->name, weir_decoder_result(b.d)->error);
    assert_int_equal(weir_decoder_result(b.d)->n_rejects, row->rejected);
    said = bench_text(&b);
    if (!weir_str_eq(said, weir_str_of(row->said)))
        fail_msg("%s:\n%.*s\nexpected\n%s", row->name, WEIR_FMT(said), row->said);
    bench_close(&b);
}

static void json_and_protobuf_are_read_to_the_same(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2 * COUNT(traces); i++)
        run(&traces[i / 2], WEIR_FORMAT_OTLP_TRACES, i % 2 == 0);
    for (size_t i = 0; i < 2 * COUNT(logs); i++)
        run(&logs[i / 2], WEIR_FORMAT_OTLP_LOGS, i % 2 == 0);
}

static void what_is_broken_is_refused_with_a_reason(void **state)
{
    static const struct {
        const char *type, *body;
        size_t n; /* 0: strlen */
        int err;
        const char *why;
    } cases[] = {
        {"application/json", "", 0, WEIR_EINVAL, "the body is no JSON object"},
        {"application/json", "[]", 0, WEIR_EINVAL, "the body is no JSON object"},
        {"application/json", "{\"resourceSpans\":7}", 0, WEIR_EINVAL, "must be an object"},
        {"application/json", "{\"resourceSpans\":[{\"scopeSpans\":[{\"spans\":[{\"name\":{}}]}]}]}",
         0, WEIR_EINVAL, "must be a plain value"},
        {"application/json", "{\"resourceSpans\":[{\"scopeSpans\":[{\"spans\":[{\"name\":7}]}]}]}",
         0, WEIR_EINVAL, "must be a text"},
        {"application/json",
         "{\"resourceSpans\":[{\"scopeSpans\":[{\"spans\":[{\"kind\":\"x\"}]}]}]}", 0, WEIR_EINVAL,
         "must be a number"},
        {"application/x-protobuf",
         "\x0a\x05"
         "abc",
         5, WEIR_EINVAL, "protobuf: a length reaches past the end"},
        {"application/x-protobuf", "{}", 0, WEIR_EINVAL, "protobuf: a number is cut off"},
        {"text/plain", "{}", 0, WEIR_EUNSUPPORTED,
         "the type must be application/x-protobuf or application/json"},
        {"", "{}", 0, WEIR_EUNSUPPORTED,
         "the type must be application/x-protobuf or application/json"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct weir_str body = weir_str_of(cases[i].body);
        struct bench b;

        bench_open(&b);
        records = &b.t.text;
        body.n = cases[i].n > 0 ? cases[i].n : body.n;
        b.in.content_type = weir_str_of(cases[i].type);
        assert_int_equal(bench_run(&b, WEIR_FORMAT_OTLP_TRACES, body, 0), cases[i].err);
        assert_string_equal(weir_decoder_result(b.d)->error, cases[i].why);
        bench_close(&b);
    }
}

/* Every cut of a good request is refused or read as a shorter one, and no
 * byte of it is read past its end (ASan). */
static void truncated_requests_are_safe(void **state)
{
    struct weir_str whole;
    struct bench b;

    (void)state;
    for (size_t row = 0; row < COUNT(traces); row++) {
        bench_open(&b);
        b.d = weir_decoder_new(WEIR_FORMAT_OTLP_TRACES, &b.in, &b.sink);
        assert_int_equal(weir_otlp_json(b.d, weir_str_of(traces[row].json), false, &whole), 0);
        for (size_t n = 0; n < whole.n; n++) {
            struct bench one;
            char *copy = malloc(n + 1);
            int err;

            bench_open(&one);
            records = &one.t.text;
            memcpy(copy, whole.p, n);
            one.in.content_type = WEIR_S("application/x-protobuf");
            err = bench_run(&one, WEIR_FORMAT_OTLP_TRACES, (struct weir_str){copy, n}, 0);
            assert_true(err == 0 || (err == WEIR_EINVAL && one.d->result.error != NULL));
            bench_close(&one);
            free(copy);
        }
        bench_close(&b);
    }
}

static void a_trace_is_one_fragment_unless_it_is_large(void **state)
{
    enum { N = 600 };
    static char json[1 << 20];
    static const char *const traces_[2] = {T, "00000000000000000000000000000001"};
    struct weir_str said;
    size_t n = 0, fragments = 0;
    struct bench b;

    (void)state;
    bench_open(&b);
    records = &b.t.text;
    n = (size_t)sprintf(json, "{\"resourceSpans\":[{\"scopeSpans\":[{\"spans\":[");
    for (int i = 0; i < N; i++)
        n += (size_t)sprintf(json + n,
                             "%s{\"traceId\":\"%s\",\"spanId\":\"%016x\",\"name\":\"%01000d\"}",
                             i > 0 ? "," : "", traces_[i % 2], i + 1, i);
    sprintf(json + n, "]}]}]}");
    b.in.content_type = WEIR_S("application/json");
    assert_int_equal(bench_run(&b, WEIR_FORMAT_OTLP_TRACES, weir_str_of(json), 0), 0);
    assert_int_equal(weir_decoder_result(b.d)->accepted, N);
    said = bench_text(&b);
    for (struct weir_str line, rest = said; rest.n > 0;) {
        weir_str_cut(rest, '\n', &line, &rest);
        assert_true(line.n < 257 * 1024);
        fragments += weir_str_starts(line, WEIR_S("item "));
    }
    assert_int_equal(fragments, 4); /* 380 KB in each of two traces */
    bench_close(&b);
}

static void exceptions_that_are_too_large_are_told_in_partial_success(void **state)
{
    static const char json[] = SPANS(
        "", "{" IDS "," TIMES
            ",\"name\":\"a\",\"events\":[{\"name\":\"exception\"},{\"name\":\"exception\"}]}");
    struct bench b;

    (void)state;
    bench_open(&b);
    records = &b.t.text;
    record_result = WEIR_ELIMIT;
    b.in.content_type = WEIR_S("application/json");
    assert_int_equal(bench_run(&b, WEIR_FORMAT_OTLP_TRACES, weir_str_of(json), 0), 0);
    record_result = 0;
    assert_int_equal(weir_decoder_result(b.d)->accepted, 1);
    assert_int_equal(weir_decoder_result(b.d)->n_rejects, 2);
    assert_string_equal(weir_decoder_result(b.d)->rejects->title,
                        "an exception of a span is too large");
    bench_close(&b);
}

static void answers_are_in_the_encoding_of_the_request(void **state)
{
    struct weir_decode_reject reject = {.title = "why"};
    struct weir_decode_result none = {.error = NULL}, some = {.rejects = &reject, .n_rejects = 3};
    struct weir_str json = WEIR_S("application/json; charset=utf-8"),
                    protobuf = WEIR_S("application/x-protobuf");
    const char *type;
    struct bench b;

    (void)state;
    bench_open(&b);
    assert_str_equal(weir_otlp_answer(&b.arena, json, WEIR_FORMAT_OTLP_TRACES, &none, &type), "{}");
    assert_string_equal(type, "application/json");
    assert_str_equal(weir_otlp_answer(&b.arena, json, WEIR_FORMAT_OTLP_TRACES, &some, &type),
                     "{\"partialSuccess\":{\"rejectedSpans\":\"3\",\"errorMessage\":\"why\"}}");
    assert_str_equal(
        weir_otlp_answer(&b.arena, json, WEIR_FORMAT_OTLP_LOGS, &some, &type),
        "{\"partialSuccess\":{\"rejectedLogRecords\":\"3\",\"errorMessage\":\"why\"}}");
    assert_str_equal(weir_otlp_answer(&b.arena, protobuf, WEIR_FORMAT_OTLP_LOGS, &none, &type), "");
    assert_string_equal(type, "application/x-protobuf");
    assert_true(
        weir_str_eq(weir_otlp_answer(&b.arena, protobuf, WEIR_FORMAT_OTLP_TRACES, &some, &type),
                    WEIR_S("\x0a\x87\x80\x80\x80\x00\x08\x03\x12\x03why")));
    assert_str_equal(weir_otlp_status(&b.arena, json, 429, "slow \"down\"", &type),
                     "{\"code\":8,\"message\":\"slow \\\"down\\\"\"}");
    assert_str_equal(weir_otlp_status(&b.arena, protobuf, 400, "bad", &type), "\x08\x03\x12\x03"
                                                                              "bad");
    assert_string_equal(type, "application/x-protobuf");
    assert_str_equal(weir_otlp_status(&b.arena, WEIR_S("text/plain"), 418, "tea", &type),
                     "{\"code\":2,\"message\":\"tea\"}");
    bench_close(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(json_and_protobuf_are_read_to_the_same),
        cmocka_unit_test(what_is_broken_is_refused_with_a_reason),
        cmocka_unit_test(truncated_requests_are_safe),
        cmocka_unit_test(exceptions_that_are_too_large_are_told_in_partial_success),
        cmocka_unit_test(answers_are_in_the_encoding_of_the_request),
        cmocka_unit_test(a_trace_is_one_fragment_unless_it_is_large),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
