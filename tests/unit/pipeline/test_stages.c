/* test_stages.c - the stages one by one: tag, filter, sample, times, user. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "collector/pipeline/stages.h"
#include "weir/sample.h"
#include "pipeline/fakes.h"

#define ID "9ec79c33ec9942ab8353589fcb2e04dc"

/* The payload that leaves for `payload` sent as an item of `type`; "" when
 * its fate is not to leave. The caller closes the stand. */
static const char *through(struct stand *s, const char *header, const char *type,
                           const char *payload)
{
    char body[8192];
    const char *out;

    snprintf(body, sizeof body, "%s\n{\"type\":\"%s\"}\n%s\n", header, type, payload);
    assert_int_equal(
        stand_run(s, WEIR_FORMAT_ENVELOPE, weir_arena_copy(&s->arena, weir_str_of(body))), 0);
    assert_int_equal(s->n, 1);
    if (s->list[0].fate != WEIR_FATE_SPOOL)
        return "";
    out = strchr(stand_items(s, 0), '\n') + 1;
    assert_true(out[strlen(out) - 1] == '\n');
    ((char *)out)[strlen(out) - 1] = '\0';
    return out;
}

/* ---- tags -------------------------------------------------------------- */

static struct weir_tag tags[] = {{{"team", 4}, {"pay\"ments", 9}}, {{"zone", 4}, {"eu", 2}}};

static const struct weir_tagging tagging = {.environment = {"staging", 7},
                                            .release = {"shop@1", 6},
                                            .server_name = {"", 0},
                                            .tags = tags,
                                            .n_tags = 2};

static const struct {
    const char *name, *type, *sent, *leaves;
} tag_rows[] = {
    {"an_empty_event_gets_everything", "event", "{\"event_id\":\"" ID "\"}",
     "{\"event_id\":\"" ID "\",\"environment\":\"staging\",\"release\":\"shop@1\","
     "\"tags\":{\"team\":\"pay\\\"ments\",\"zone\":\"eu\"}}"},
    {"the_senders_own_wins", "transaction",
     "{\"event_id\":\"" ID "\",\"environment\":\"prod\",\"release\":\"a@2\","
     "\"tags\":{\"zone\":\"us\",\"team\":\"x\"}}",
     "{\"event_id\":\"" ID "\",\"environment\":\"prod\",\"release\":\"a@2\","
     "\"tags\":{\"zone\":\"us\",\"team\":\"x\"}}"},
    {"null_and_empty_count_as_absent", "event",
     "{\"event_id\":\"" ID "\",\"environment\":null,\"release\":\"\",\"tags\":null}",
     "{\"event_id\":\"" ID "\",\"environment\":\"staging\",\"release\":\"shop@1\","
     "\"tags\":{\"team\":\"pay\\\"ments\",\"zone\":\"eu\"}}"},
    {"only_missing_tags_are_added", "event",
     "{\"event_id\":\"" ID "\",\"environment\":\"e\",\"release\":\"r\",\"tags\":{\"zone\":\"us\"}}",
     "{\"event_id\":\"" ID "\",\"environment\":\"e\",\"release\":\"r\",\"tags\":{\"team\":"
     "\"pay\\\"ments\",\"zone\":\"us\"}}"},
    {"tags_may_be_a_list_of_pairs", "event",
     "{\"event_id\":\"" ID
     "\",\"environment\":\"e\",\"release\":\"r\",\"tags\":[[\"zone\",\"us\"]]}",
     "{\"event_id\":\"" ID "\",\"environment\":\"e\",\"release\":\"r\",\"tags\":[[\"team\","
     "\"pay\\\"ments\"],[\"zone\",\"us\"]]}"},
    {"empty_tags_get_no_stray_comma", "event",
     "{\"event_id\":\"" ID "\",\"environment\":\"e\",\"release\":\"r\",\"tags\":{ }}",
     "{\"event_id\":\"" ID "\",\"environment\":\"e\",\"release\":\"r\",\"tags\":{\"team\":"
     "\"pay\\\"ments\",\"zone\":\"eu\" }}"},
    {"an_empty_list_gets_no_stray_comma", "event",
     "{\"event_id\":\"" ID "\",\"environment\":\"e\",\"release\":\"r\",\"tags\":[]}",
     "{\"event_id\":\"" ID "\",\"environment\":\"e\",\"release\":\"r\",\"tags\":[[\"team\","
     "\"pay\\\"ments\"],[\"zone\",\"eu\"]]}"},
    {"sessions_are_left_alone", "session", "{\"a\":1}", "{\"a\":1}"},
};

static void tags_are_added_where_the_sender_gave_none(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof tag_rows / sizeof tag_rows[0]; i++) {
        struct stand s;

        stand_open(&s);
        s.project->tagging = tagging;
        assert_string_equal(through(&s, "{}", tag_rows[i].type, tag_rows[i].sent),
                            tag_rows[i].leaves);
        stand_close(&s);
    }
}

/* ---- filters ----------------------------------------------------------- */

static const struct {
    const char *name, *type, *payload;
    bool filtered;
} filter_rows[] = {
    {"message", "event", "{\"message\":\"Connection reset\"}", true},
    {"formatted", "event", "{\"logentry\":{\"formatted\":\"connection reset\"}}", true},
    {"template", "event", "{\"logentry\":{\"message\":\"connection %s\"}}", true},
    {"message_object", "event", "{\"message\":{\"formatted\":\"connection x\"}}", true},
    {"other_message", "event", "{\"message\":\"x connection\"}", false},
    {"escaped", "event", "{\"message\":\"\\u0063onnection reset\"}", true},
    {"exception_type", "event", "{\"exception\":{\"values\":[{\"type\":\"KeyboardInterrupt\"}]}}",
     true},
    {"exception_list", "event",
     "{\"exception\":[{\"type\":\"A\"},{\"type\":\"KeyboardInterrupt\"}]}", true},
    {"exception_single", "event", "{\"exception\":{\"type\":\"KeyboardInterrupt\"}}", true},
    {"exception_value", "event",
     "{\"exception\":{\"values\":[{\"type\":\"OSError\",\"value\":\"disk full\"}]}}", true},
    {"exception_other", "event",
     "{\"exception\":{\"values\":[{\"type\":\"OSError\",\"value\":\"nothing\"}]}}", false},
    {"release", "event", "{\"release\":\"shop@0.1\"}", true},
    {"release_of_transaction", "transaction", "{\"release\":\"shop@0.1\"}", true},
    {"transaction", "transaction", "{\"transaction\":\"GET /health\"}", true},
    {"transaction_of_an_event", "event", "{\"transaction\":\"GET /health\"}", false},
    {"other", "transaction", "{\"transaction\":\"GET /items\",\"message\":\"connection\"}", false},
    {"broken_kinds", "event", "{\"message\":7,\"exception\":\"x\",\"release\":null}", false},
};

static void globs_filter_what_is_not_wanted(void **state)
{
    struct weir_str messages = WEIR_S("connection *"), releases = WEIR_S("shop@0.*"),
                    transactions = WEIR_S("GET /health*");
    struct weir_str exceptions[] = {WEIR_S("KeyboardInterrupt"), WEIR_S("OSError: disk*")};

    (void)state;
    for (size_t i = 0; i < sizeof filter_rows / sizeof filter_rows[0]; i++) {
        struct stand s;

        stand_open(&s);
        s.project->filters = (struct weir_filters){
            {&messages, 1}, {exceptions, 2}, {&releases, 1}, {&transactions, 1}};
        through(&s, "{}", filter_rows[i].type, filter_rows[i].payload);
        if ((s.list[0].fate == WEIR_FATE_FILTERED) != filter_rows[i].filtered)
            fail_msg("%s", filter_rows[i].name);
        stand_close(&s);
    }
}

static void the_projects_release_counts_where_the_event_has_none(void **state)
{
    struct weir_str glob = WEIR_S("shop@1");
    struct stand s;

    (void)state;
    stand_open(&s);
    s.project->tagging = tagging;
    s.project->filters.releases = (struct weir_strs){&glob, 1};
    through(&s, "{}", "event", "{}");
    assert_int_equal(s.list[0].fate, WEIR_FATE_FILTERED);
    stand_close(&s);
}

/* ---- samples ----------------------------------------------------------- */

static void a_rate_keeps_its_share(void **state)
{
    size_t kept = 0;

    (void)state;
    for (uint64_t i = 0; i < 10000; i++) {
        char id[33];

        /* Time-ordered ids: the draw must not follow them. */
        snprintf(id, sizeof id, "%016llx%016llx", 0x65f0000000000000ull + i * 4096,
                 (unsigned long long)i);
        kept += weir_sample_keep(0.25, weir_sample_draw((struct weir_str){id, 32}));
    }
    assert_in_range(kept, 2300, 2700);
    assert_true(weir_sample_keep(1, UINT64_MAX));
    assert_false(weir_sample_keep(0, 0));
}

static void the_draw_of_a_trace_never_changes(void **state)
{
    (void)state;
    /* Computed once; hosts of different versions must agree. */
    assert_true(weir_sample_draw(WEIR_S("771a43a4192642f0b136d5159a501700")) ==
                0x2025181a000b665aull);
    assert_int_not_equal(weir_sample_draw(WEIR_S("771a43a4192642f0b136d5159a501700")),
                         weir_sample_draw(WEIR_S("771a43a4192642f0b136d5159a501701")));
}

/* Two traces on both sides of a rate of one half. */
static void two_traces(char kept[33], char gone[33])
{
    char id[33];
    bool have_kept = false, have_gone = false;

    for (unsigned i = 1; !have_kept || !have_gone; i++) {
        snprintf(id, sizeof id, "%032x", i);
        if (weir_sample_keep(0.5, weir_sample_draw((struct weir_str){id, 32}))) {
            memcpy(kept, id, 33);
            have_kept = true;
        } else {
            memcpy(gone, id, 33);
            have_gone = true;
        }
    }
}

static void spans_of_traces_that_are_left_are_cut_out(void **state)
{
    /* k: kept, g: gone, by position in the container */
    static const char *const rows[] = {"kgk", "gkg", "ggk", "kgg", "k", "kk", "gggkkgg"};
    char kept[33], gone[33];

    (void)state;
    two_traces(kept, gone);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char sent[2048] = "{\"version\":2,\"items\":[",
             expected[2048] = "{\"version\":2,\"items\":[";
        size_t left = 0;
        struct stand s;

        for (const char *c = rows[i]; *c != '\0'; c++) {
            char span[80];

            snprintf(span, sizeof span, "{\"trace_id\":\"%s\"}", *c == 'k' ? kept : gone);
            strcat(strcat(sent, c == rows[i] ? "" : " , "), span);
            if (*c == 'k')
                strcat(strcat(expected, left++ == 0 ? "" : " , "), span);
        }
        strcat(sent, "]}");
        strcat(expected, "]}");
        stand_open(&s);
        s.project->sample_traces = 0.5;
        assert_string_equal(through(&s, "{}", "span", sent), expected);
        assert_int_equal(s.list[0].n_spans, left);
        assert_int_equal(weir_report_take(3, WEIR_REPORT_SAMPLE_RATE, WEIR_CAT_SPAN),
                         strlen(rows[i]) - left);
        stand_close(&s);
    }
}

static void a_container_of_only_such_spans_is_sampled_as_a_whole(void **state)
{
    char kept[33], gone[33], sent[256];
    struct stand s;

    (void)state;
    two_traces(kept, gone);
    snprintf(sent, sizeof sent, "{\"items\":[{\"trace_id\":\"%s\"},{\"trace_id\":\"%s\"}]}", gone,
             gone);
    stand_open(&s);
    s.project->sample_traces = 0.5;
    through(&s, "{}", "span", sent);
    assert_int_equal(s.list[0].fate, WEIR_FATE_SAMPLED);
    assert_int_equal(weir_report_take(3, WEIR_REPORT_SAMPLE_RATE, WEIR_CAT_SPAN), 2);
    stand_close(&s);
}

static void errors_are_sampled_apart_from_traces(void **state)
{
    struct stand s;

    (void)state;
    stand_open(&s);
    s.project->sample_traces = 0;
    through(&s, "{}", "event", "{}");
    assert_int_equal(s.list[0].fate, WEIR_FATE_SPOOL);
    stand_close(&s);
    stand_open(&s);
    s.project->sample_errors = 0;
    through(&s, "{}", "event", "{}");
    assert_int_equal(s.list[0].fate, WEIR_FATE_SAMPLED);
    assert_int_equal(weir_report_take(3, WEIR_REPORT_SAMPLE_RATE, WEIR_CAT_ERROR), 1);
    stand_close(&s);
}

/* ---- times ------------------------------------------------------------- */

/* The stand's requests arrive at 1700000000 = 2023-11-14T22:13:20Z. */
static const struct {
    const char *name, *sent_at, *type, *payload, *leaves;
} time_rows[] = {
    {"a_clock_an_hour_slow", "2023-11-14T21:13:20Z", "event",
     "{\"event_id\":\"" ID "\",\"timestamp\":1699996400.5,\"breadcrumbs\":{\"values\":["
     "{\"timestamp\":\"2023-11-14T21:13:19.25Z\",\"data\":{\"timestamp\":1}}]}}",
     "{\"event_id\":\"" ID "\",\"timestamp\":1700000000.500000,\"breadcrumbs\":{\"values\":["
     "{\"timestamp\":\"2023-11-14T22:13:19.250000Z\",\"data\":{\"timestamp\":1}}]}}"},
    {"a_clock_an_hour_fast", "1700003600", "transaction",
     "{\"event_id\":\"" ID "\",\"start_timestamp\":1700003599,\"timestamp\":1700003600,"
     "\"spans\":[{\"start_timestamp\":1700003600,\"timestamp\":1700003600}],\"breadcrumbs\":"
     "[{\"timestamp\":1700003600}]}",
     "{\"event_id\":\"" ID "\",\"start_timestamp\":1699999999.000000,\"timestamp\":1700000000."
     "000000,\"spans\":[{\"start_timestamp\":1700000000.000000,\"timestamp\":1700000000.000000}],"
     "\"breadcrumbs\":[{\"timestamp\":1700000000.000000}]}"},
    {"containers", "1700003600", "span",
     "{\"items\":[{\"start_timestamp\":1700003600,\"end_timestamp\":1700003601}]}",
     "{\"items\":[{\"start_timestamp\":1700000000.000000,\"end_timestamp\":1700000001.000000}]}"},
    {"sessions", "2023-11-14T21:13:20Z", "session", "{\"started\":\"2023-11-14T21:00:00Z\"}",
     "{\"started\":\"2023-11-14T22:00:00.000000Z\"}"},
    {"a_little_drift_is_left", "2023-11-14T21:20:00Z", "session",
     "{\"started\":\"2023-11-14T21:00:00Z\"}", "{\"started\":\"2023-11-14T21:00:00Z\"}"},
    {"odd_times_are_left", "2023-11-14T21:13:20Z", "session",
     "{\"started\":\"soon\",\"timestamp\":{}}", "{\"started\":\"soon\",\"timestamp\":{}}"},
};

static void times_of_a_wrong_clock_are_moved(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof time_rows / sizeof time_rows[0]; i++) {
        char header[128];
        struct stand s;

        snprintf(header, sizeof header, "{\"sent_at\":\"%s\"}", time_rows[i].sent_at);
        stand_open(&s);
        assert_string_equal(through(&s, header, time_rows[i].type, time_rows[i].payload),
                            time_rows[i].leaves);
        stand_close(&s);
    }
}

/* ---- user -------------------------------------------------------------- */

static void auto_becomes_the_clients_address(void **state)
{
    static const struct {
        const char *sent, *leaves;
        bool rule;
    } rows[] = {
        {"{\"event_id\":\"" ID "\",\"user\":{\"id\":1,\"ip_address\":\"{{auto}}\"}}",
         "{\"event_id\":\"" ID "\",\"user\":{\"id\":1,\"ip_address\":\"192.0.2.9\"}}", false},
        {"{\"event_id\":\"" ID "\",\"user\":{\"id\":1,\"ip_address\":\"{{auto}}\"}}",
         "{\"event_id\":\"" ID "\",\"user\":{\"id\":1,\"ip_address\":null}}", true},
        {"{\"event_id\":\"" ID "\",\"user\":{\"ip_address\":\"198.51.100.1\"}}",
         "{\"event_id\":\"" ID "\",\"user\":{\"ip_address\":\"198.51.100.1\"}}", false},
        {"{\"event_id\":\"" ID "\",\"user\":null}", "{\"event_id\":\"" ID "\",\"user\":null}",
         false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct stand s;

        stand_open(&s);
        s.scrubber.ip_rule = rows[i].rule;
        assert_string_equal(through(&s, "{}", "event", rows[i].sent), rows[i].leaves);
        stand_close(&s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tags_are_added_where_the_sender_gave_none),
        cmocka_unit_test(globs_filter_what_is_not_wanted),
        cmocka_unit_test(the_projects_release_counts_where_the_event_has_none),
        cmocka_unit_test(a_rate_keeps_its_share),
        cmocka_unit_test(the_draw_of_a_trace_never_changes),
        cmocka_unit_test(spans_of_traces_that_are_left_are_cut_out),
        cmocka_unit_test(a_container_of_only_such_spans_is_sampled_as_a_whole),
        cmocka_unit_test(errors_are_sampled_apart_from_traces),
        cmocka_unit_test(times_of_a_wrong_clock_are_moved),
        cmocka_unit_test(auto_becomes_the_clients_address),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
