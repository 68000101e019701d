/* test_zipkin.c - Zipkin's v2 spans: what each becomes, which are refused. */
#include "unit.h"

#include "decode/transcript.h"

#define T "771a43a4192642f0b136d5159a501700"
#define U "000000000000000048485a3953bb6124"
#define S "352bff9a74ca9ad2"
#define SPAN "\"traceId\":\"" T "\",\"id\":\"" S "\""

static const struct row {
    const char *name, *body;
    size_t accepted, rejects;
    const char *has[10];
    const char *lacks[4];
} rows[] = {
    {"a_client_span_with_all_of_it",
     "[{" SPAN ",\"parentId\":\"6b221d5bc9e6496c\",\"kind\":\"CLIENT\",\"name\":\"get /api\","
     "\"timestamp\":1700000000500000,\"duration\":250000,\"localEndpoint\":{\"serviceName\":"
     "\"shop\","
     "\"ipv4\":\"192.168.99.1\",\"port\":3306},\"remoteEndpoint\":{\"serviceName\":\"pay\","
     "\"ipv6\":"
     "\"2001:db8::c001\",\"port\":8080},\"annotations\":[{\"timestamp\":1700000000600000,\"value\":"
     "\"retry\"}],\"tags\":{\"http.method\":\"GET\",\"http.path\":\"/api\",\"error\":\"refused\"},"
     "\"debug\":true}]",
     1,
     0,
     {"\"trace_id\":\"" T "\",\"span_id\":\"" S "\",\"parent_span_id\":\"6b221d5bc9e6496c\","
      "\"start\":1700000000.500000,\"end\":1700000000.750000,\"service\":\"shop\",\"op\":"
      "\"http.client\"",
      "\"status\":\"internal_error\"", "\"otel.status_description\":\"refused\"",
      "\"sentry.kind\":\"client\"", "\"zipkin.debug\":true",
      "\"network.local.address\":\"192.168.99.1\",\"network.local.port\":\"3306\"",
      "\"peer.service\":\"pay\",\"network.peer.address\":\"2001:db8::c001\"",
      "\"otel.events\":[{\"name\":\"retry\",\"timestamp\":1700000000.600000}]",
      "\"http.method\":\"GET\"", "trace=" T},
     {"\"error\":"}},
    {"a_server_span_is_told_its_place_in_the_transaction",
     "[{" SPAN ",\"kind\":\"SERVER\",\"name\":\"post /charge\",\"localEndpoint\":{\"serviceName\":"
     "\"pay\"}}]",
     1,
     0,
     {"\"op\":\"server\"", "\"transaction_info\":", "\"sentry.kind\":\"server\"",
      "\"start\":1700000000.123000,\"end\":1700000000.123000"},
     {"parent_span_id"}},
    {"ids_of_64_bits",
     "[{\"traceId\":\"48485A3953BB6124\",\"id\":\"48485A3953BB6124\"}]",
     1,
     0,
     {"\"trace_id\":\"" U "\",\"span_id\":\"48485a3953bb6124\""},
     {NULL}},
    {"ids_without_their_zeros",
     "[{\"traceId\":\"1A\",\"id\":\"2\",\"parentId\":\"3\"}]",
     1,
     0,
     {"\"trace_id\":\"0000000000000000000000000000001a\",\"span_id\":\"0000000000000002\","
      "\"parent_span_id\":\"0000000000000003\""},
     {NULL}},
    {"ids_that_are_none",
     "[{\"traceId\":\"" T "0\",\"id\":\"" S "\"},{\"traceId\":\"" T "\",\"id\":\"" S
     "0\"},{\"traceId\":\"1-2\",\"id\":\"" S "\"},{\"traceId\":\"0\",\"id\":\"" S
     "\"},{\"traceId\":\"\",\"id\":\"\"}]",
     0,
     5,
     {NULL},
     {"item"}},
    {"producers_and_consumers",
     "[{" SPAN ",\"kind\":\"PRODUCER\",\"name\":\"send\"},{\"traceId\":\"" U
     "\",\"id\":\"0000000000000001\",\"kind\":\"consumer\"}]",
     2,
     0,
     {"\"sentry.kind\":\"producer\"", "\"sentry.kind\":\"consumer\""},
     {NULL}},
    {"a_kind_that_is_none",
     "[{" SPAN ",\"kind\":\"LOCAL\"},{\"traceId\":\"" U "\",\"id\":\"" S "\",\"kind\":7}]",
     2,
     0,
     {"\"sentry.kind\":\"internal\""},
     {"client", "server"}},
    {"an_error_without_text",
     "[{" SPAN ",\"tags\":{\"error\":\"\"}}]",
     1,
     0,
     {"\"status\":\"internal_error\""},
     {"status_description"}},
    {"an_error_that_says_true",
     "[{" SPAN ",\"tags\":{\"error\":\"true\"}}]",
     1,
     0,
     {"\"status\":\"internal_error\""},
     {"status_description"}},
    {"an_error_that_is_true",
     "[{" SPAN ",\"tags\":{\"error\":true}}]",
     1,
     0,
     {"\"status\":\"internal_error\""},
     {"status_description"}},
    {"an_error_that_is_none",
     "[{" SPAN ",\"tags\":{\"error\":\"false\"}}]",
     1,
     0,
     {"\"error\":\"false\""},
     {"internal_error"}},
    {"a_null_error_is_none",
     "[{" SPAN ",\"tags\":{\"error\":null,\"a\":null,\"b\":5,\"c\":{\"d\":1}}}]",
     1,
     0,
     {"\"b\":\"5\"", "\"c\":\"{\\\"d\\\":1}\""},
     {"internal_error", "\"a\":"}},
    {"members_of_wrong_types",
     "[{" SPAN
     ",\"name\":5,\"timestamp\":\"1700000000500000\",\"duration\":-5,\"localEndpoint\":[],"
     "\"remoteEndpoint\":\"pay\",\"annotations\":{\"a\":1},\"tags\":[1],\"parentId\":7,\"shared\":"
     "\"true\",\"debug\":1}]",
     1,
     0,
     {"\"start\":1700000000.500000,\"end\":1700000000.500000"},
     {"parent_span_id", "zipkin.debug", "otel.events"}},
    {"times_with_a_fraction",
     "[{" SPAN ",\"timestamp\":1700000000500000.7,\"duration\":1000.2}]",
     1,
     0,
     {"\"start\":1700000000.500000,\"end\":1700000000.501000"},
     {NULL}},
    {"times_beyond_all",
     "[{" SPAN ",\"timestamp\":18446744073709551615,\"duration\":99999999999999999999}]",
     1,
     0,
     {"\"start\":1700000000.123000"},
     {NULL}},
    {"annotations_of_wrong_types",
     "[{" SPAN ",\"annotations\":[5,null,\"x\",{\"value\":\"kept\"},{\"timestamp\":[],\"value\":{"
     "\"a\":1}}]}]",
     1,
     0,
     {"{\"name\":\"kept\"", "{\"name\":\"{\\\"a\\\":1}\""},
     {NULL}},
    {"a_null_endpoint",
     "[{" SPAN ",\"localEndpoint\":null,\"remoteEndpoint\":{},\"name\":null}]",
     1,
     0,
     {NULL},
     {"\"service\":"}},
    {"spans_of_traces_in_turn",
     "[{" SPAN ",\"name\":\"a\"},{\"traceId\":\"" U
     "\",\"id\":\"0000000000000001\",\"name\":\"b\"},"
     "{\"traceId\":\"" T "\",\"id\":\"0000000000000002\",\"name\":\"c\"}]",
     3,
     0,
     {"item native_span {} item_count=1 trace=" U, "item native_span {} item_count=2 trace=" T},
     {NULL}},
    {"bad_spans_among_good_ones",
     "[5,{" SPAN "},{\"id\":\"" S "\"},{\"traceId\":\"xyz\",\"id\":\"" S "\"},{\"traceId\":\"" T
     "\",\"id\":\"0000000000000000\"},{\"traceId\":\"" T "\",\"id\":12}]",
     1,
     5,
     {"item_count=1"},
     {NULL}},
    {"none_at_all", "[]", 0, 0, {NULL}, {"item"}},
    {"all_bad", "[null]", 0, 1, {NULL}, {"item"}},
    {"names_with_all_kinds_of_text",
     "[{" SPAN ",\"name\":\"a\\u0000\\\"b\\ud800\",\"tags\":{\"\":\"\",\"k\\n\":\"v\\u00e4\"}}]",
     1,
     0,
     {"\"k\\n\":\"v\xC3\xA4\""},
     {NULL}},
};

static void spans_are_read_as_they_are_sent(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        const struct row *r = &rows[i];
        const struct weir_decode_result *got;
        struct weir_str told;
        struct bench b;

        bench_open(&b);
        if (bench_run(&b, WEIR_FORMAT_ZIPKIN, weir_str_of(r->body), i % 2 * 7) != 0)
            fail_msg("%s: %s", r->name, weir_decoder_result(b.d)->error);
        got = weir_decoder_result(b.d);
        told = bench_text(&b);
        if (got->accepted != r->accepted || got->n_rejects != r->rejects)
            fail_msg("%s: %zu accepted, %zu not", r->name, got->accepted, got->n_rejects);
        for (const struct weir_decode_reject *x = got->rejects; x != NULL; x = x->next)
            assert_true(x->next == NULL || x->next->index > x->index);
        for (size_t k = 0; k < COUNT(r->has) && r->has[k] != NULL; k++)
            if (weir_str_find(told, weir_str_of(r->has[k])) == SIZE_MAX)
                fail_msg("%s: no %s in\n%.*s", r->name, r->has[k], WEIR_FMT(told));
        for (size_t k = 0; k < COUNT(r->lacks) && r->lacks[k] != NULL; k++)
            if (weir_str_find(told, weir_str_of(r->lacks[k])) != SIZE_MAX)
                fail_msg("%s: %s in\n%.*s", r->name, r->lacks[k], WEIR_FMT(told));
        bench_close(&b);
    }
}

static void what_is_no_list_of_spans_is_refused(void **state)
{
    static const char *const bodies[] = {
        "", " ", "{}", "5", "[", "[{", "[{}", "[{}]x", "[}", "[{\"id\":\"" S "\"}}", "\"[]\""};

    (void)state;
    for (size_t i = 0; i < COUNT(bodies); i++) {
        struct bench b;

        bench_open(&b);
        assert_int_equal(bench_run(&b, WEIR_FORMAT_ZIPKIN, weir_str_of(bodies[i]), 0), WEIR_EINVAL);
        assert_non_null(weir_decoder_result(b.d)->error);
        assert_int_equal(bench_text(&b).n, 0);
        bench_close(&b);
    }
}

/* Both halves of a shared span are there, each with an id, the server's below
 * the client's; so it is, too, when they come in requests of their own. */
static void a_shared_span_is_two(void **state)
{
    static const char client[] =
        "{" SPAN
        ",\"parentId\":\"6b221d5bc9e6496c\",\"kind\":\"CLIENT\",\"timestamp\":1700000000500000,"
        "\"localEndpoint\":{\"serviceName\":\"shop\"}}";
    static const char server[] =
        "{" SPAN ",\"parentId\":\"6b221d5bc9e6496c\",\"kind\":\"SERVER\",\"shared\":true,"
        "\"localEndpoint\":{\"serviceName\":\"pay\"}}";
    char half[17], want[128], body[1024];
    struct bench b;

    (void)state;
    weir_shared_span_id(WEIR_S(S), half);
    assert_string_not_equal(half, S);
    snprintf(want, sizeof want, "\"span_id\":\"%s\",\"parent_span_id\":\"" S "\"", half);
    for (unsigned both = 0; both < 2; both++) {
        snprintf(body, sizeof body, "[%s%s%s]", both ? client : "", both ? "," : "", server);
        bench_open(&b);
        assert_int_equal(bench_run(&b, WEIR_FORMAT_ZIPKIN, weir_str_of(body), 0), 0);
        assert_int_equal(weir_decoder_result(b.d)->accepted, 1 + both);
        if (weir_str_find(bench_text(&b), weir_str_of(want)) == SIZE_MAX)
            fail_msg("no %s in\n%.*s", want, WEIR_FMT(bench_text(&b)));
        assert_true((weir_str_find(bench_text(&b),
                                   WEIR_S("\"span_id\":\"" S "\",\"parent_span_id\":"
                                          "\"6b221d5bc9e6496c\"")) != SIZE_MAX) == (both == 1));
        bench_close(&b);
    }
}

static void there_are_only_so_many_annotations_and_tags(void **state)
{
    enum { ROOM = 256 * 1024 };
    char *body = malloc(ROOM);
    size_t n;
    struct bench b;

    (void)state;
    n = (size_t)snprintf(body, ROOM, "[{" SPAN ",\"annotations\":[{\"value\":\"first\"}");
    for (unsigned i = 0; i < 3000; i++)
        n += (size_t)snprintf(body + n, ROOM - n, ",{\"value\":\"e%u\"}", i);
    n += (size_t)snprintf(body + n, ROOM - n, "],\"tags\":{\"first\":\"1\"");
    for (unsigned i = 0; i < 3000; i++)
        n += (size_t)snprintf(body + n, ROOM - n, ",\"t%u\":\"v\"", i);
    n += (size_t)snprintf(body + n, ROOM - n, "}}]");
    assert_true(n < ROOM);
    bench_open(&b);
    assert_int_equal(bench_run(&b, WEIR_FORMAT_ZIPKIN, (struct weir_str){body, n}, 0), 0);
    assert_int_equal(weir_decoder_result(b.d)->accepted, 1);
    assert_true(weir_str_find(bench_text(&b), WEIR_S("\"e1022\"")) != SIZE_MAX);
    assert_true(weir_str_find(bench_text(&b), WEIR_S("\"e1023\"")) == SIZE_MAX);
    assert_true(weir_str_find(bench_text(&b), WEIR_S("\"t510\"")) != SIZE_MAX);
    assert_true(weir_str_find(bench_text(&b), WEIR_S("\"t511\"")) == SIZE_MAX);
    bench_close(&b);
    free(body);
}

static void what_the_sink_refuses_is_not_accepted(void **state)
{
    struct bench b;

    (void)state;
    bench_open(&b);
    b.t.refuse = WEIR_ELIMIT;
    assert_int_equal(bench_run(&b, WEIR_FORMAT_ZIPKIN, WEIR_S("[{" SPAN "}]"), 0), 0);
    assert_int_equal(weir_decoder_result(b.d)->accepted, 0);
    assert_int_equal(weir_decoder_result(b.d)->n_rejects, 1);
    bench_close(&b);
    bench_open(&b);
    b.t.refuse = WEIR_EAUTH;
    assert_int_equal(bench_run(&b, WEIR_FORMAT_ZIPKIN, WEIR_S("[{" SPAN "}]"), 0), WEIR_EAUTH);
    bench_close(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(spans_are_read_as_they_are_sent),
        cmocka_unit_test(what_is_no_list_of_spans_is_refused),
        cmocka_unit_test(a_shared_span_is_two),
        cmocka_unit_test(there_are_only_so_many_annotations_and_tags),
        cmocka_unit_test(what_the_sink_refuses_is_not_accepted),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
