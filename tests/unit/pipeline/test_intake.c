/* test_intake.c - a request to deliveries: what is bound, dropped, counted. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "pipeline/fakes.h"

#define ID "9ec79c33ec9942ab8353589fcb2e04dc"
#define TRACE "771a43a4192642f0b136d5159a501700"

static const char *header_of(struct stand *s, size_t i)
{
    return weir_arena_copy(&s->arena, s->list[i].header).p;
}

/* ---- splitting --------------------------------------------------------- */

static void what_is_bound_goes_together_and_the_rest_alone(void **state)
{
    struct stand s;

    (void)state;
    stand_open(&s);
    assert_int_equal(
        stand_run(&s, WEIR_FORMAT_ENVELOPE,
                  WEIR_S("{\"event_id\":\"" ID "\",\"dsn\":\"https://k@h/1\",\"sent_at\":\"x\","
                         "\"trace\":{\"public_key\":\"SECRET\"}}\n"
                         "{\"type\":\"session\"}\n{\"sid\":\"1\"}\n"
                         "{\"type\":\"event\"}\n{\"event_id\":\"" ID
                         "\",\"message\":\"a SECRET\"}\n"
                         "{\"type\":\"attachment\",\"length\":8,\"filename\":\"SECRET.txt\"}\n"
                         "SECRET\n\n\n"
                         "{\"type\":\"log\",\"item_count\":2}\n{\"items\":[{},{}]}\n")),
        0);
    assert_int_equal(s.n, 3);
    assert_string_equal(header_of(&s, 0),
                        "{\"event_id\":\"" ID "\",\"trace\":{\"public_key\":\"******\"}}");
    assert_string_equal(stand_items(&s, 0),
                        "{\"type\":\"event\",\"length\":68}\n{\"event_id\":\"" ID
                        "\",\"message\":\"a ******\"}\n"
                        "{\"type\":\"attachment\",\"filename\":\"******.txt\",\"length\":8}\n"
                        "******\n\n\n");
    assert_int_equal(s.list[0].type, WEIR_ITEM_EVENT);
    assert_int_equal(s.list[0].destinations, 1 << 3 | 1 << 5);
    assert_true(weir_str_eq(s.list[0].event_id, WEIR_S(ID)));
    assert_string_equal(header_of(&s, 1), "{\"trace\":{\"public_key\":\"******\"}}");
    assert_string_equal(stand_items(&s, 1),
                        "{\"type\":\"session\",\"length\":11}\n{\"sid\":\"1\"}\n");
    assert_int_equal(s.list[2].n_logs, 2);
    assert_string_equal(stand_items(&s, 2), "{\"type\":\"log\",\"item_count\":2,\"length\":17}\n"
                                            "{\"items\":[{},{}]}\n");
    assert_int_equal(fake_count("0/42/event/http"), 1);
    assert_int_equal(fake_count("1/attachment/accepted"), 1);
    assert_int_equal(fake_count("1/log/accepted"), 0); /* the ledger counts these */
    stand_close(&s);
}

static void an_id_that_only_the_payload_names_becomes_the_envelopes(void **state)
{
    struct stand s;

    (void)state;
    stand_open(&s);
    assert_int_equal(stand_run(&s, WEIR_FORMAT_ENVELOPE,
                               WEIR_S("{}\n{\"type\":\"event\"}\n{\"event_id\":\"" ID "\"}\n")),
                     0);
    assert_string_equal(header_of(&s, 0), "{\"event_id\":\"" ID "\"}");
    stand_close(&s);
}

static void an_event_without_any_id_is_given_one(void **state)
{
    struct stand s;
    char expected[128];

    (void)state;
    stand_open(&s);
    assert_int_equal(
        stand_run(&s, WEIR_FORMAT_ENVELOPE, WEIR_S("{}\n{\"type\":\"event\"}\n{\"a\":1}\n")), 0);
    assert_int_equal(s.list[0].event_id.n, 32);
    snprintf(expected, sizeof expected,
             "{\"type\":\"event\",\"length\":53}\n{\"a\":1,\"event_id\":\"%.32s\"}\n",
             s.list[0].event_id.p);
    assert_string_equal(stand_items(&s, 0), expected);
    stand_close(&s);
}

static void each_native_event_is_a_delivery_of_its_own(void **state)
{
    struct stand s;

    (void)state;
    stand_open(&s);
    s.input.native = WEIR_S("error");
    assert_int_equal(stand_run(&s, WEIR_FORMAT_NATIVE,
                               WEIR_S("[{\"message\":\"a\"},{\"message\":\"b\",\"project\":42},"
                                      "{\"message\":\"c\",\"project\":\"7\"},"
                                      "{\"message\":\"d\",\"project\":\"9\"}]")),
                     0);
    assert_int_equal(s.n, 2);
    assert_false(weir_str_eq(s.list[0].event_id, s.list[1].event_id));
    stand_close(&s);
}

static void over_udp_an_object_names_its_project(void **state)
{
    struct stand s;

    (void)state;
    stand_open(&s);
    s.in.transport = WEIR_UDP;
    s.in.key = (struct weir_str){0};
    s.in.project = NULL;
    s.in.project_id = (struct weir_str){0};
    s.input.native = WEIR_S("error");
    assert_int_equal(
        stand_run(&s, WEIR_FORMAT_NATIVE, WEIR_S("{\"message\":\"c\",\"project\":\"7\"}")), 0);
    assert_int_equal(s.n, 1);
    assert_true(weir_str_eq(s.list[0].project, WEIR_S("7")));
    assert_true(weir_str_eq(s.list[0].key, WEIR_S("k2")));
    assert_int_equal(fake_count("0/7/event/udp"), 1);
    stand_close(&s);
}

static void fragments_are_staged_by_their_trace(void **state)
{
    struct stand s;

    (void)state;
    stand_open(&s);
    assert_int_equal(
        stand_run(&s, WEIR_FORMAT_NATIVE,
                  WEIR_S("{\"type\":\"breadcrumb\",\"trace_id\":\"" TRACE
                         "\",\"message\":\"SECRET\",\"timestamp\":1}\n"
                         "{\"type\":\"span\",\"trace_id\":\"" TRACE
                         "\",\"span_id\":\"771a43a4192642f0\",\"start\":1,\"end\":2}")),
        0);
    assert_int_equal(s.n, 2);
    assert_int_equal(s.list[0].fate, WEIR_FATE_STAGE);
    assert_int_equal(s.list[1].fate, WEIR_FATE_STAGE);
    assert_true(weir_str_eq(s.list[0].trace_id, WEIR_S(TRACE)));
    assert_string_equal(stand_items(&s, 0),
                        "{\"type\":\"breadcrumb\",\"length\":73}\n{\"timestamp\":1.000000,\"type\":"
                        "\"default\",\"message\":\"******\",\"level\":\"info\"}\n");
    stand_close(&s);
}

/* What it costs to read and write them again counts, not what clients take. */
static void fragments_are_stored_as_it_costs_least(void **state)
{
    struct stand s;
    char body[3000];
    int n = snprintf(body, sizeof body,
                     "{\"type\":\"span\",\"trace_id\":\"" TRACE
                     "\",\"span_id\":\"771a43a4192642f0\",\"start\":1,\"end\":2,"
                     "\"description\":\"");

    (void)state;
    stand_open(&s);
    fake_destinations[0].compression = WEIR_GZIP;
    memset(body + n, 'a', 2000);
    memcpy(body + n + 2000, "\"}", 3);
    assert_int_equal(stand_run(&s, WEIR_FORMAT_NATIVE, weir_str_of(body)), 0);
    assert_int_equal(s.n, 1);
    assert_int_equal(s.list[0].encoding, WEIR_ZSTD);
    assert_int_equal(s.list[0].n_spans, 1);
    assert_non_null(strstr(stand_items(&s, 0), "\"description\":\"aaaa"));
    stand_close(&s);
    stand_open(&s);
    fake_destinations[0].compression = WEIR_GZIP;
    assert_int_equal(stand_run(&s, WEIR_FORMAT_NATIVE,
                               WEIR_S("{\"type\":\"breadcrumb\",\"trace_id\":\"" TRACE
                                      "\",\"message\":\"m\",\"timestamp\":1}\n"
                                      "{\"type\":\"message\",\"message\":\"m\"}")),
                     0);
    assert_int_equal(s.n, 2);
    assert_int_equal(s.list[0].encoding, WEIR_NO_COMPRESSION);
    assert_int_equal(s.list[1].encoding, WEIR_GZIP);
    stand_close(&s);
}

static bool always_staged(void *self, struct weir_str project, struct weir_str trace_id)
{
    (void)self;
    return weir_str_eq(project, WEIR_S("42")) && weir_str_eq(trace_id, WEIR_S(TRACE));
}

static bool never_staged(void *self, struct weir_str project, struct weir_str trace_id)
{
    (void)self, (void)project, (void)trace_id;
    return false;
}

static size_t expected_traces, failed_traces;

static void note_expected(void *self, struct weir_str project, struct weir_str trace_id)
{
    (void)self, (void)project;
    assert_int_equal(trace_id.n, 32);
    expected_traces++;
}

static void note_failed(void *self, struct weir_str trace_id)
{
    (void)self;
    assert_int_equal(trace_id.n, 32);
    failed_traces++;
}

static bool staged_if_expected(void *self, struct weir_str project, struct weir_str trace_id)
{
    (void)self, (void)project, (void)trace_id;
    return expected_traces > 0;
}

#define IN_TRACE "\"contexts\":{\"trace\":{\"trace_id\":\"771a43a4192642f0b136d5159a501700\"}}"

static void join_gets_what_it_decides_about(void **state)
{
    static const struct {
        enum weir_item_type type;
        const char *payload;
        uint64_t same;
        double keep_share;
        uint32_t collapse_ms;
        bool staged, marked, failed;
    } cases[] = {
        {WEIR_ITEM_EVENT, "{\"message\":\"m\"}", 0, 1, 0, false, false, false},
        {WEIR_ITEM_EVENT, "{\"message\":\"m\"}", 5, 1, 0, true, false, false},
        {WEIR_ITEM_EVENT, "{\"message\":\"m\"}", 0, 1, 60000, true, true, false},
        {WEIR_ITEM_EVENT, "{" IN_TRACE "}", 0, 0.5, 0, false, false, true},
        {WEIR_ITEM_EVENT, "{\"level\":\"info\"," IN_TRACE "}", 0, 0.5, 0, false, false, false},
        {WEIR_ITEM_TRANSACTION, "{" IN_TRACE "}", 0, 1, 0, false, false, false},
        {WEIR_ITEM_TRANSACTION, "{" IN_TRACE "}", 0, 0.5, 60000, true, false, false},
        {WEIR_ITEM_TRANSACTION, "{}", 0, 0.5, 0, false, false, false},
        {WEIR_ITEM_NATIVE_SPAN, "{\"items\":[{},{}]}", 0, 1, 0, true, false, false},
        {WEIR_ITEM_NATIVE_LOG, "{\"items\":[{}]}", 0, 1, 0, true, false, false},
    };
    (void)state;

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct weir_envelope_header h = {.raw = WEIR_S("{}")};
        struct weir_item it = {.type = cases[i].type,
                               .header = WEIR_S("{}"),
                               .payload = weir_str_of(cases[i].payload),
                               .same = cases[i].same};
        struct stand s;

        stand_open(&s);
        s.tools.staged = never_staged;
        s.tools.failed = note_failed;
        s.project->traces =
            (struct weir_traces){.keep_errors = 1, .keep_share = cases[i].keep_share};
        s.project->collapse_ms = cases[i].collapse_ms;
        failed_traces = 0;
        assert_int_equal(s.sink.header(s.sink.self, &h), 0);
        assert_int_equal(s.sink.item(s.sink.self, &it), 0);
        assert_int_equal(weir_intake_finish(&s.in, &s.list, &s.n), 0);
        assert_int_equal(s.n, 1);
        if ((s.list[0].fate == WEIR_FATE_STAGE) != cases[i].staged)
            fail_msg("case %zu", i);
        assert_true(s.list[0].mark.same == cases[i].same);
        assert_int_equal(s.list[0].mark.run != 0, cases[i].marked);
        assert_int_equal(failed_traces, cases[i].failed);
        if (cases[i].type == WEIR_ITEM_NATIVE_SPAN)
            assert_int_equal(s.list[0].n_spans, 2);
        stand_close(&s);
    }
}

static void an_error_before_its_traces_spans_is_staged_too(void **state)
{
    const struct weir_envelope_header h = {.raw = WEIR_S("{}")};
    struct weir_item error = {
        .type = WEIR_ITEM_EVENT, .header = WEIR_S("{}"), .payload = WEIR_S("{" IN_TRACE "}")};
    struct weir_item spans = {.type = WEIR_ITEM_NATIVE_SPAN,
                              .header = WEIR_S("{}"),
                              .payload = WEIR_S("{\"items\":[{}]}"),
                              .trace_id = WEIR_S("771a43a4192642f0b136d5159a501700")};
    (void)state;

    for (int from_spans = 0; from_spans < 2; from_spans++) {
        struct stand s;

        stand_open(&s);
        s.tools.staged = staged_if_expected;
        s.tools.expect = note_expected;
        s.snapshot.config.breadcrumbs_from_spans = from_spans;
        expected_traces = 0;
        assert_int_equal(s.sink.header(s.sink.self, &h), 0);
        assert_int_equal(s.sink.item(s.sink.self, &error), 0);
        assert_int_equal(s.sink.header(s.sink.self, &h), 0);
        assert_int_equal(s.sink.item(s.sink.self, &spans), 0);
        assert_int_equal(weir_intake_finish(&s.in, &s.list, &s.n), 0);
        assert_int_equal(expected_traces, from_spans);
        assert_int_equal(s.list[0].type, WEIR_ITEM_EVENT);
        assert_int_equal(s.list[0].fate == WEIR_FATE_STAGE, from_spans);
        stand_close(&s);
    }
}

static void an_event_whose_trace_has_something_staged_is_staged(void **state)
{
    struct stand s;

    (void)state;
    stand_open(&s);
    s.tools.staged = always_staged;
    assert_int_equal(
        stand_run(&s, WEIR_FORMAT_STORE,
                  WEIR_S("{\"contexts\":{\"a\":{},\"trace\":{\"trace_id\":\"" TRACE "\"}}}")),
        0);
    assert_int_equal(s.list[0].fate, WEIR_FATE_STAGE);
    assert_true(weir_str_eq(s.list[0].trace_id, WEIR_S(TRACE)));
    stand_close(&s);
}

/* ---- what must not go on ----------------------------------------------- */

static void a_broken_event_refuses_the_request(void **state)
{
    struct stand s;
    size_t offset;

    (void)state;
    stand_open(&s);
    assert_int_equal(stand_run(&s, WEIR_FORMAT_ENVELOPE,
                               WEIR_S("{}\n{\"type\":\"event\"}\n{\"message\":oops}\n")),
                     WEIR_EINVAL);
    assert_non_null(weir_intake_error(&s.in, &offset));
    assert_int_equal(offset, 11);
    stand_close(&s);
}

static void a_delivery_knows_what_goes_with_its_first_item(void **state)
{
    struct stand s;

    (void)state;
    stand_open(&s);
    assert_int_equal(stand_run(&s, WEIR_FORMAT_ENVELOPE,
                               WEIR_S("{\"event_id\":\"" ID "\"}\n"
                                      "{\"type\":\"attachment\",\"length\":0}\n\n"
                                      "{\"type\":\"event\"}\n{}\n"
                                      "{\"type\":\"attachment\",\"length\":8}\nSECRET\n\n\n"
                                      "{\"type\":\"attachment\",\"length\":3}\n\0\0\0\n"
                                      "{\"type\":\"user_report\"}\n{}\n"
                                      "{\"type\":\"session\"}\n{}\n")),
                     0);
    assert_int_equal(s.n, 2);
    assert_int_equal(s.list[0].type, WEIR_ITEM_EVENT);
    assert_int_equal(weir_riders_get(s.list[0].riders, WEIR_CAT_ATTACHMENT), 9);
    assert_int_equal(weir_riders_get(s.list[0].riders, WEIR_CAT_DEFAULT), 1);
    assert_int_equal(weir_riders_get(s.list[0].riders, WEIR_CAT_PROFILE), 0);
    assert_int_equal(s.list[1].riders, 0);
    stand_close(&s);
    stand_open(&s);
    assert_int_equal(stand_run(&s, WEIR_FORMAT_ENVELOPE,
                               WEIR_S("{\"event_id\":\"" ID "\"}\n"
                                      "{\"type\":\"attachment\",\"length\":4}\ntext\n")),
                     0);
    assert_int_equal(s.list[0].category, WEIR_CAT_ATTACHMENT);
    assert_int_equal(weir_riders_get(s.list[0].riders, WEIR_CAT_ATTACHMENT), 4);
    stand_close(&s);
}

static void other_broken_items_stay_behind_and_the_rest_goes_on(void **state)
{
    struct stand s;

    (void)state;
    stand_open(&s);
    assert_int_equal(
        stand_run(&s, WEIR_FORMAT_ENVELOPE,
                  WEIR_S("{}\n{\"type\":\"session\"}\nSECRET\n{\"type\":\"event\"}\n{}\n"
                         "{\"type\":\"hologram\"}\nSECRET\n{\"type\":\"hologram\"}\n{\"a\":1}\n"
                         "{\"type\":\"attachment\",\"length\":3}\n\0\0\0\n")),
        0);
    assert_int_equal(s.n, 4);
    assert_int_equal(s.list[0].fate, WEIR_FATE_SPOOL);
    assert_int_equal(s.list[1].fate, WEIR_FATE_DROPPED);
    assert_string_equal(s.list[1].reason, "invalid");
    assert_int_equal(s.list[2].fate, WEIR_FATE_DROPPED);
    assert_string_equal(s.list[2].reason, "unscrubbable");
    assert_string_equal(stand_items(&s, 3), "{\"type\":\"hologram\",\"length\":7}\n{\"a\":1}\n");
    assert_null(strstr(stand_items(&s, 0), "attachment"));
    assert_int_equal(fake_count("1/attachment/dropped"), 1);
    assert_int_equal(weir_report_take(3, WEIR_REPORT_INTERNAL_SDK_ERROR, WEIR_CAT_SESSION), 1);
    /* attachments are counted in bytes, here and by SDKs */
    assert_int_equal(weir_report_take(5, WEIR_REPORT_INTERNAL_SDK_ERROR, WEIR_CAT_ATTACHMENT), 3);
    stand_close(&s);
}

static void policies_decide_about_binaries_and_unknown_items(void **state)
{
    static const struct {
        enum weir_item_policy unknown, attachments;
        enum weir_fate fates[3];
    } rows[] = {
        {WEIR_POLICY_SCRUB, WEIR_POLICY_SCRUB, {WEIR_FATE_DROPPED, WEIR_FATE_DROPPED, 0}},
        {WEIR_POLICY_FORWARD, WEIR_POLICY_FORWARD, {0, 0, 0}},
        {WEIR_POLICY_DROP,
         WEIR_POLICY_DROP,
         {WEIR_FATE_DROPPED, WEIR_FATE_DROPPED, WEIR_FATE_DROPPED}},
    };

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        struct stand s;

        stand_open(&s);
        s.project->unknown_items = rows[i].unknown;
        s.project->attachments = rows[i].attachments;
        assert_int_equal(
            stand_run(&s, WEIR_FORMAT_ENVELOPE,
                      WEIR_S("{}\n{\"type\":\"attachment\",\"length\":1}\n\0\n"
                             "{\"type\":\"hologram\"}\nx\n{\"type\":\"hologram\"}\n{\"a\":1}\n")),
            0);
        assert_int_equal(s.n, 3);
        for (size_t k = 0; k < 3; k++)
            assert_int_equal(s.list[k].fate, rows[i].fates[k]);
        stand_close(&s);
    }
}

static void an_item_over_its_limit_is_dropped_and_the_event_refused(void **state)
{
    struct stand s;

    (void)state;
    stand_open(&s);
    s.snapshot.config.limits.check_in = 5;
    assert_int_equal(stand_run(&s, WEIR_FORMAT_ENVELOPE,
                               WEIR_S("{}\n{\"type\":\"check_in\"}\n{\"a\":1}\n"
                                      "{\"type\":\"session\"}\n{\"a\":1}\n")),
                     0);
    assert_int_equal(s.n, 2);
    assert_string_equal(s.list[0].reason, "too_large");
    assert_int_equal(s.list[1].fate, WEIR_FATE_SPOOL);
    stand_close(&s);
    stand_open(&s);
    s.snapshot.config.limits.event = 5;
    assert_int_equal(
        stand_run(&s, WEIR_FORMAT_ENVELOPE, WEIR_S("{}\n{\"type\":\"event\"}\n{\"a\":1}\n")),
        WEIR_ELIMIT);
    stand_close(&s);
}

static void a_filtered_event_takes_its_attachments_with_it(void **state)
{
    struct weir_str glob = WEIR_S("*noise*");
    struct stand s;

    (void)state;
    stand_open(&s);
    s.project->filters.messages = (struct weir_strs){&glob, 1};
    assert_int_equal(stand_run(&s, WEIR_FORMAT_ENVELOPE,
                               WEIR_S("{}\n{\"type\":\"attachment\"}\nabc\n{\"type\":\"event\"}\n"
                                      "{\"message\":\"some noise\"}\n"
                                      "{\"type\":\"session\"}\n{}\n")),
                     0);
    assert_int_equal(s.n, 2);
    assert_int_equal(s.list[0].fate, WEIR_FATE_FILTERED);
    assert_int_equal(s.list[0].type, WEIR_ITEM_EVENT);
    assert_int_equal(s.list[0].items.n, 0);
    assert_int_equal(s.list[1].fate, WEIR_FATE_SPOOL);
    assert_int_equal(fake_count("1/attachment/filtered"), 1);
    assert_int_equal(weir_report_take(3, WEIR_REPORT_EVENT_PROCESSOR, WEIR_CAT_ERROR), 1);
    stand_close(&s);
}

static void a_sampled_transaction_reports_its_spans_too(void **state)
{
    struct stand s;

    (void)state;
    stand_open(&s);
    s.project->sample_traces = 0;
    assert_int_equal(stand_run(&s, WEIR_FORMAT_ENVELOPE,
                               WEIR_S("{}\n{\"type\":\"transaction\"}\n"
                                      "{\"spans\":[{},{\"a\":[1,2]},{}]}\n")),
                     0);
    assert_int_equal(s.list[0].fate, WEIR_FATE_SAMPLED);
    assert_int_equal(s.list[0].n_spans, 3);
    assert_int_equal(weir_report_take(5, WEIR_REPORT_SAMPLE_RATE, WEIR_CAT_TRANSACTION), 1);
    assert_int_equal(weir_report_take(5, WEIR_REPORT_SAMPLE_RATE, WEIR_CAT_SPAN), 4);
    stand_close(&s);
}

/* ---- large items ------------------------------------------------------- */

/* An envelope with an item of `n` bytes `fill`, and an event after it. */
static struct weir_str large(struct weir_arena *a, const char *header, char fill, size_t n)
{
    struct weir_buf out;
    struct weir_str text;
    char *p;

    weir_buf_init(&out, a, n + 4096);
    weir_buf_printf(&out, "{\"event_id\":\"" ID "\"}\n%s\n", header);
    p = weir_buf_reserve(&out, n);
    assert_non_null(p);
    memset(p, fill, n);
    out.n += n;
    weir_buf_add(&out, WEIR_S("\n{\"type\":\"event\"}\n{\"event_id\":\"" ID "\"}\n"));
    assert_int_equal(weir_buf_str(&out, &text), 0);
    return text;
}

static void large_attachments_go_to_a_blob_of_their_event(void **state)
{
    const char header[] = "{\"type\":\"attachment\",\"length\":2000000,\"filename\":\"SECRET\"}";
    struct stand s;

    (void)state;
    stand_open(&s);
    assert_int_equal(stand_run(&s, WEIR_FORMAT_ENVELOPE, large(&s.arena, header, 'a', 2000000)), 0);
    assert_int_equal(s.n, 1);
    assert_string_equal(s.list[0].blob.name, "blob");
    assert_int_equal(s.list[0].blob.raw_bytes, 2000000);
    assert_string_equal(fake_blobs.headers, "{\"type\":\"attachment\",\"filename\":\"******\"}");
    assert_non_null(strstr(stand_items(&s, 0), "{\"type\":\"event\""));
    assert_int_equal(fake_blobs.aborted, 0);
    stand_close(&s); /* as after a failed commit */
    assert_int_equal(fake_blobs.discarded, 1);
}

static void large_items_that_must_not_go_leave_no_file(void **state)
{
    static const struct {
        const char *header, *reason;
        char fill;
        uint64_t limit;
        const char *count;
    } rows[] = {
        {"{\"type\":\"attachment\",\"length\":2000000}", "unscrubbable", '\0', 100 << 20,
         "1/attachment/dropped"},
        {"{\"type\":\"attachment\",\"length\":2000000}", "too_large", 'a', 1500000,
         "1/attachment/dropped"},
        {"{\"type\":\"hologram\",\"length\":2000000}", "too_large", 'a', 100 << 20, NULL},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct stand s;

        stand_open(&s);
        s.snapshot.config.limits.attachment = rows[i].limit;
        assert_int_equal(stand_run(&s, WEIR_FORMAT_ENVELOPE,
                                   large(&s.arena, rows[i].header, rows[i].fill, 2000000)),
                         0);
        assert_int_equal(s.list[0].fate, WEIR_FATE_SPOOL);
        assert_string_equal(s.list[0].blob.name, "");
        assert_int_equal(fake_blobs.open, fake_blobs.aborted);
        assert_int_equal(fake_blobs.closed, 0);
        if (rows[i].count != NULL)
            assert_int_equal(fake_count(rows[i].count), 1);
        stand_close(&s);
    }
}

static void a_large_container_is_a_blob_alone(void **state)
{
    struct stand s;

    (void)state;
    stand_open(&s);
    assert_int_equal(
        stand_run(&s, WEIR_FORMAT_ENVELOPE,
                  large(&s.arena, "{\"type\":\"log\",\"item_count\":9,\"length\":2000000}", 'a',
                        2000000)),
        0);
    assert_int_equal(s.n, 2);
    assert_string_equal(s.list[1].blob.name, "blob");
    assert_int_equal(s.list[1].n_logs, 9);
    assert_int_equal(s.list[1].raw_bytes, 0);
    assert_string_equal(s.list[0].blob.name, "");
    stand_close(&s);
}

static void a_large_event_is_refused_at_once(void **state)
{
    struct stand s;

    (void)state;
    stand_open(&s);
    assert_int_equal(
        stand_run(&s, WEIR_FORMAT_ENVELOPE,
                  large(&s.arena, "{\"type\":\"event\",\"length\":2000000}", ' ', 2000000)),
        WEIR_ELIMIT);
    stand_close(&s);
}

static void a_large_event_that_the_configuration_allows_is_read_whole(void **state)
{
    struct stand s;
    struct weir_str body;

    (void)state;
    stand_open(&s);
    s.snapshot.config.limits.event = 4 << 20;
    body = large(&s.arena, "{\"type\":\"event\",\"length\":2000000}", ' ', 2000000);
    memcpy((char *)body.p + weir_str_find(body, WEIR_S("2000000}")) + 9, "{\"message\":1}", 13);
    assert_int_equal(stand_run(&s, WEIR_FORMAT_ENVELOPE, body), 0);
    assert_int_equal(s.n, 1);
    assert_non_null(strstr(stand_items(&s, 0), "{\"message\":1,\"event_id\""));
    stand_close(&s);
}

static void an_aborted_request_leaves_no_file(void **state)
{
    struct stand s;
    struct weir_str body;

    (void)state;
    stand_open(&s);
    body = large(&s.arena, "{\"type\":\"attachment\",\"length\":2000000}", 'a', 2000000);
    assert_int_equal(stand_run(&s, WEIR_FORMAT_ENVELOPE, weir_str_sub(body, 0, 1900000)),
                     WEIR_EINVAL);
    stand_close(&s);
    assert_int_equal(fake_blobs.open, 1);
    assert_int_equal(fake_blobs.aborted, 1);
}

/* ---- memory ------------------------------------------------------------ */

static void running_out_of_memory_anywhere_refuses_the_request(void **state)
{
    static const struct {
        enum weir_format format;
        const char *body, *type;
    } rows[] = {
        {WEIR_FORMAT_ENVELOPE,
         "{\"event_id\":\"" ID "\",\"trace\":{\"a\":\"SECRET\"}}\n{\"type\":\"event\"}\n"
         "{\"message\":\"SECRET\",\"user\":{\"ip_address\":\"{{auto}}\"},\"contexts\":{\"trace\":"
         "{\"trace_id\":\"" TRACE "\"}}}\n{\"type\":\"attachment\",\"filename\":\"SECRET\"}\n"
         "SECRET\n{\"type\":\"session\"}\n{\"sid\":\"SECRET\"}\n",
         ""},
        {WEIR_FORMAT_STORE, "eyJtZXNzYWdlIjoiaGkifQ==", ""},
        {WEIR_FORMAT_SECURITY,
         "[{\"type\":\"csp-violation\",\"body\":{\"documentURL\":\"a\",\"blockedURL\":\"b\"}}]",
         ""},
        {WEIR_FORMAT_NATIVE,
         "[{\"type\":\"error\",\"exception\":[{\"type\":\"A\",\"frames\":[]}],\"tags\":{\"a\":1},"
         "\"extra\":{\"b\":1},\"c\":1,\"trace_id\":\"" TRACE "\"},{\"type\":\"span\"},"
         "{\"type\":\"breadcrumb\",\"trace_id\":\"" TRACE "\",\"message\":\"SECRET\"}]",
         ""},
        {WEIR_FORMAT_MINIDUMP,
         "--x\r\nContent-Disposition: form-data; name=upload_file_minidump; filename=\"a\"\r\n\r\n"
         "MDMP\r\n--x\r\nContent-Disposition: form-data; name=\"sentry[tags][a]\"\r\n\r\nb\r\n"
         "--x--",
         "multipart/form-data; boundary=x"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        size_t cap = 0;
        int err;

        do {
            struct stand s;

            stand_open(&s);
            s.project->tagging.environment = WEIR_S("e");
            fake_destinations[0].compression = WEIR_GZIP;
            s.input.content_type = weir_str_of(rows[i].type);
            s.arena.cap_bytes = s.arena.used_bytes + cap;
            cap += 64;
            err = stand_run(&s, rows[i].format, weir_str_of(rows[i].body));
            if (err != 0 && err != WEIR_ENOMEM && err != WEIR_ELIMIT)
                fail_msg("row %zu, cap %zu: %d", i, cap, err);
            stand_close(&s);
        } while (err != 0 && cap < 1 << 20);
        assert_true(cap > 64);
        assert_int_equal(err, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_bound_goes_together_and_the_rest_alone),
        cmocka_unit_test(an_id_that_only_the_payload_names_becomes_the_envelopes),
        cmocka_unit_test(an_event_without_any_id_is_given_one),
        cmocka_unit_test(each_native_event_is_a_delivery_of_its_own),
        cmocka_unit_test(over_udp_an_object_names_its_project),
        cmocka_unit_test(fragments_are_staged_by_their_trace),
        cmocka_unit_test(fragments_are_stored_as_it_costs_least),
        cmocka_unit_test(an_event_whose_trace_has_something_staged_is_staged),
        cmocka_unit_test(join_gets_what_it_decides_about),
        cmocka_unit_test(an_error_before_its_traces_spans_is_staged_too),
        cmocka_unit_test(a_broken_event_refuses_the_request),
        cmocka_unit_test(other_broken_items_stay_behind_and_the_rest_goes_on),
        cmocka_unit_test(policies_decide_about_binaries_and_unknown_items),
        cmocka_unit_test(an_item_over_its_limit_is_dropped_and_the_event_refused),
        cmocka_unit_test(a_filtered_event_takes_its_attachments_with_it),
        cmocka_unit_test(a_delivery_knows_what_goes_with_its_first_item),
        cmocka_unit_test(a_sampled_transaction_reports_its_spans_too),
        cmocka_unit_test(large_attachments_go_to_a_blob_of_their_event),
        cmocka_unit_test(large_items_that_must_not_go_leave_no_file),
        cmocka_unit_test(a_large_container_is_a_blob_alone),
        cmocka_unit_test(a_large_event_is_refused_at_once),
        cmocka_unit_test(a_large_event_that_the_configuration_allows_is_read_whole),
        cmocka_unit_test(an_aborted_request_leaves_no_file),
        cmocka_unit_test(running_out_of_memory_anywhere_refuses_the_request),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
