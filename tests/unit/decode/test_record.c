/* test_record.c - what becomes of records: events, log items, breadcrumbs. */
#include "unit.h"

#include "collector/decode/record.h"
#include "decode/transcript.h"

#include <ctype.h>

#define T "771a43a4192642f0b136d5159a501700"
#define S "b7ad6b7169203331"

/* A decoder's surroundings, and what the sink saw of each item. */
struct place {
    struct bench bench;
    struct weir_decoder decoder;
    struct weir_sink sink;
    uint64_t same[8];
    size_t items;
    uint64_t entries[8]; /* item_count */
    size_t bytes[8];
};

static int see_item(void *self, const struct weir_item *it)
{
    struct place *p = self;

    if (p->items < COUNT(p->same)) {
        p->same[p->items] = it->same;
        p->entries[p->items] = it->item_count;
        p->bytes[p->items] = it->payload.n;
    }
    p->items++;
    return transcript_item(&p->bench.t, it);
}

static int see_header(void *self, const struct weir_envelope_header *h)
{
    return transcript_header(&((struct place *)self)->bench.t, h);
}

static void open_place(struct place *p)
{
    memset(p, 0, sizeof *p);
    bench_open(&p->bench);
    p->bench.in.event_severity = 17;
    p->sink = (struct weir_sink){.header = see_header, .item = see_item, .self = p};
    p->decoder = (struct weir_decoder){.in = &p->bench.in, .sink = &p->sink};
}

/* What was told, ids that weir made replaced by dots. */
static const char *told(struct place *p, const char *trace_id)
{
    struct weir_buf *text = &p->bench.t.text;
    size_t run = 0;

    weir_buf_char(text, '\0');
    for (size_t i = 0; i < text->n; i++) {
        run = isxdigit((unsigned char)text->p[i]) ? run + 1 : 0;
        if (run == 32 && strncmp(text->p + i - 31, trace_id, 32) != 0)
            memset(text->p + i - 31, '.', 32);
    }
    return text->p;
}

static struct weir_attribute text(const char *key, const char *value)
{
    return (struct weir_attribute){weir_str_of(key), WEIR_ATTRIBUTE_TEXT, weir_str_of(value)};
}

static struct weir_attribute json(const char *key, enum weir_attribute_kind kind, const char *value)
{
    return (struct weir_attribute){weir_str_of(key), kind, weir_str_of(value)};
}

#define ID "................................"
#define HEAD "header {\"event_id\":\"" ID "\"} id=" ID " dsn= sent_at=\nitem event {}"
#define TRACED                                                                   \
    "header {\"event_id\":\"" ID "\",\"trace\":{\"trace_id\":\"" T "\"}} id=" ID \
    " dsn= sent_at=\nitem event {}"
#define FIXED "{\"event_id\":\"" ID "\",\"timestamp\":"

static void a_record_with_all_of_it_becomes_an_event_that_lost_nothing(void **state)
{
    struct weir_attribute resource[] = {text("service.name", "shop"),
                                        text("service.namespace", "eu"), text("bad\"key", "x"),
                                        json("ports", WEIR_ATTRIBUTE_JSON, "[1,2]")};
    struct weir_attribute attributes[] = {
        text("enduser.id", "old"),
        text("user.id", "7"),
        text("user.email", "bob@example.com"),
        text("http.request.method", "POST"),
        text("url.path", "/charge"),
        text("server.address", "shop.example.com"),
        json("http.response.status_code", WEIR_ATTRIBUTE_INTEGER, "502"),
        json("http.request.header.accept", WEIR_ATTRIBUTE_JSON, "[\"a/b\"]"),
        text("user_agent.original", "curl"),
        text("http.route", "/charge"),
        text("exception.type", "shop.Refused"),
        json("exception.escaped", WEIR_ATTRIBUTE_BOOLEAN, "true"),
        json("order", WEIR_ATTRIBUTE_JSON, "{\"a\":null}"),
        text("long", "line\nbreak"),
    };
    struct weir_origin origin = {.service = WEIR_S("shop"),
                                 .environment = WEIR_S("staging"),
                                 .release = WEIR_S("shop@1"),
                                 .server_name = WEIR_S("web-1"),
                                 .language = WEIR_S("python"),
                                 .runtime_name = WEIR_S("CPython"),
                                 .runtime_version = WEIR_S("3.12"),
                                 .scope = WEIR_S("shop.bank"),
                                 .project = WEIR_S("42"),
                                 .resource = {resource, COUNT(resource)}};
    struct weir_record r = {
        .origin = &origin,
        .timestamp = 1700000000.5,
        .severity = 21,
        .severity_text = WEIR_S("CRITICAL"),
        .logger = WEIR_S("bank"),
        .message = WEIR_S("charge 17 failed"),
        .template = WEIR_S("charge %d failed"),
        .trace_id = WEIR_S(T),
        .span_id = WEIR_S(S),
        .attributes = {attributes, COUNT(attributes)},
        .exception_type = WEIR_S("shop.Refused"),
        .exception_message = WEIR_S("no"),
        .stacktrace =
            WEIR_S("Traceback (most recent call last):\n  File \"/app/bank.py\", line 3, in "
                   "f\nshop.Refused: no\n"),
        .handled = -1,
        .transaction = WEIR_S("POST /charge")};
    struct place p;

    (void)state;
    open_place(&p);
    assert_int_equal(weir_record_add(&p.decoder, &r), 0);
    assert_int_equal(weir_records_end(&p.decoder), 0);
    assert_string_equal(
        told(&p, T), TRACED
        " project=42 | " FIXED
        "1700000000.500000,\"level\":\"fatal\",\"platform\":\"python\",\"logger\":\"bank\","
        "\"transaction\":\"POST /charge\",\"environment\":\"staging\",\"release\":\"shop@1\","
        "\"server_name\":\"web-1\",\"logentry\":{\"formatted\":\"charge 17 failed\",\"message\":"
        "\"charge %d failed\"},\"exception\":{\"values\":[{\"type\":\"Refused\",\"value\":\"no\","
        "\"module\":\"shop\",\"mechanism\":{\"type\":\"log\",\"handled\":false},\"stacktrace\":{"
        "\"frames\":[{\"filename\":\"bank.py\",\"abs_path\":\"/app/bank.py\",\"module\":\"bank\","
        "\"function\":\"f\",\"lineno\":3,\"in_app\":true}]}}]},\"user\":{\"id\":\"7\",\"email\":"
        "\"bob@example.com\"},\"request\":{\"url\":\"http://shop.example.com/charge\",\"method\":"
        "\"POST\",\"headers\":{\"User-Agent\":\"curl\",\"accept\":[\"a/"
        "b\"]}},\"tags\":{\"service\":"
        "\"shop\",\"service.namespace\":\"eu\",\"http.route\":\"/"
        "charge\"},\"contexts\":{\"trace\":{"
        "\"trace_id\":\"" T "\",\"span_id\":\"" S
        "\"},\"runtime\":{\"name\":\"CPython\",\"version\":"
        "\"3.12\"},\"response\":{\"status_code\":502},\"otel\":{\"scope\":\"shop.bank\","
        "\"severity_text\":\"CRITICAL\",\"resource\":{\"service.name\":\"shop\","
        "\"service.namespace\":\"eu\",\"bad\\\"key\":\"x\",\"ports\":[1,2]}}},\"extra\":{"
        "\"enduser.id\":\"old\",\"url.path\":\"/charge\",\"server.address\":\"shop.example.com\","
        "\"http.route\":\"/charge\",\"order\":{\"a\":null},\"long\":\"line\\nbreak\"}}\n");
    assert_int_equal(strlen(p.decoder.result.event_id), 32);
    assert_true(p.same[0] != 0);
    bench_close(&p.bench);
}

struct rule {
    const char *name;
    int least; /* logs.event_level */
    int severity;
    const char *message, *type, *stacktrace;
    bool from_span;
    const char *starts; /* of what is told */
};

#define EVENT(rest) HEAD " | " FIXED "1700000000.123000," rest
#define FRAGMENT "header {} id= dsn= sent_at=\nitem native_log {} item_count=1 | {\"items\":[{"

static const struct rule rules[] = {
    {"an_error_is_an_event", 17, 17, "m", "", "", false,
     EVENT("\"level\":\"error\",\"platform\":\"other\",\"logentry\":{\"formatted\":\"m\"}}\n")},
    {"a_warning_is_none", 17, 16, "m", "", "", false, FRAGMENT},
    {"unless_the_level_says_so", 13, 13, "m", "", "", false, EVENT("\"level\":\"warning\"")},
    {"unknown_severity_is_info", 9, 0, "m", "", "", false, EVENT("\"level\":\"info\"")},
    {"off_leaves_exceptions", 25, 9, "m", "E", "", false,
     EVENT("\"level\":\"info\",\"platform\":\"other\",\"logentry\":{\"formatted\":\"m\"},"
           "\"exception\":{\"values\":[{\"type\":\"E\",\"mechanism\":{\"type\":\"log\"}}]}}\n")},
    {"off_makes_logs_of_the_worst", 25, 24, "m", "", "", false, FRAGMENT},
    {"an_exception_without_severity_is_an_error", 17, 0, "m", "E", "", false,
     EVENT("\"level\":\"error\"")},
    {"a_trace_alone_is_an_exception", 17, 9, "m", "", "a.E: x\n\tat a.B.c(B.java:1)\n", false,
     EVENT("\"level\":\"info\",\"platform\":\"java\",\"logentry\":{\"formatted\":\"m\"},"
           "\"exception\":{\"values\":[{\"type\":\"E\",\"value\":\"x\",\"module\":\"a\"")},
    {"a_long_text_is_none", 17, 9, "m", "", "more of it\nat length", false,
     FRAGMENT
     "\"timestamp\":1700000000.123000,\"trace_id\":\"" ID
     "\",\"level\":\"info\",\"severity_number\":9,\"body\":\"m\",\"attributes\":{"
     "\"exception.stacktrace\":{\"value\":\"more of it\\nat length\",\"type\":\"string\"}}}]}"
     "\n"},
    {"an_unread_trace_is_kept_as_text", 17, 17, "", "E", "what is this", false,
     EVENT("\"level\":\"error\",\"platform\":\"other\",\"exception\":{\"values\":[{\"type\":\"E\","
           "\"mechanism\":{\"type\":\"log\"}}]},\"extra\":{\"exception.stacktrace\":\"what is "
           "this\"}}\n")},
    {"a_spans_exception_needs_nothing", 17, 0, "", "", "", true,
     EVENT("\"level\":\"error\",\"platform\":\"other\",\"exception\":{\"values\":[{\"value\":"
           "\"exception\",\"mechanism\":{\"type\":\"otel.span\"}}]}}\n")},
};

static void the_rule_decides_what_is_an_event(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(rules); i++) {
        const struct rule *u = &rules[i];
        struct weir_origin origin = {0};
        struct weir_record r = {.origin = &origin,
                                .severity = u->severity,
                                .message = weir_str_of(u->message),
                                .exception_type = weir_str_of(u->type),
                                .stacktrace = weir_str_of(u->stacktrace),
                                .handled = -1,
                                .from_span = u->from_span};
        struct place p;
        const char *got;

        open_place(&p);
        p.bench.in.event_severity = u->least;
        assert_int_equal(weir_record_add(&p.decoder, &r), 0);
        assert_int_equal(weir_records_end(&p.decoder), 0);
        got = told(&p, T);
        if (strncmp(got, u->starts, strlen(u->starts)) != 0)
            fail_msg("%s: got\n%s\nexpected\n%s", u->name, got, u->starts);
        bench_close(&p.bench);
    }
}

static void a_log_entry_has_attributes_with_types(void **state)
{
    struct weir_attribute resource[] = {text("service.name", "shop")};
    struct weir_attribute attributes[] = {text("a", "t"), json("i", WEIR_ATTRIBUTE_INTEGER, "3"),
                                          json("d", WEIR_ATTRIBUTE_DOUBLE, "0.5"),
                                          json("b", WEIR_ATTRIBUTE_BOOLEAN, "false"),
                                          json("j", WEIR_ATTRIBUTE_JSON, "[1,\"x\"]")};
    struct weir_origin origin = {.service = WEIR_S("shop"),
                                 .environment = WEIR_S("prod"),
                                 .release = WEIR_S("1"),
                                 .server_name = WEIR_S("web"),
                                 .scope = WEIR_S("lib"),
                                 .resource = {resource, COUNT(resource)}};
    struct weir_record r = {.origin = &origin,
                            .timestamp = 1.25,
                            .severity = 13,
                            .message = WEIR_S("slow"),
                            .template = WEIR_S("s%s"),
                            .trace_id = WEIR_S(T),
                            .span_id = WEIR_S(S),
                            .attributes = {attributes, COUNT(attributes)}};
    struct place p;

    (void)state;
    open_place(&p);
    p.bench.in.breadcrumbs_from_logs = true;
    assert_int_equal(weir_record_add(&p.decoder, &r), 0);
    assert_int_equal(weir_records_end(&p.decoder), 0);
    assert_string_equal(
        told(&p, T),
        "header {} id= dsn= sent_at=\nitem breadcrumb {} trace=" T
        " | {\"timestamp\":1.250000,\"type\":\"default\",\"category\":\"log\",\"message\":\"slow\","
        "\"level\":\"warning\",\"data\":{\"service\":\"shop\",\"a\":\"t\",\"i\":3,\"d\":0.5,\"b\":"
        "false,\"j\":[1,\"x\"]}}\n"
        "header {} id= dsn= sent_at=\nitem native_log {} item_count=1 | {\"items\":[{\"timestamp\":"
        "1.250000,\"trace_id\":\"" T "\",\"span_id\":\"" S
        "\",\"level\":\"warn\",\"severity_number\":13,\"body\":\"slow\",\"attributes\":{"
        "\"service.name\":{\"value\":\"shop\",\"type\":\"string\"},"
        "\"sentry.environment\":{\"value\":\"prod\",\"type\":\"string\"},"
        "\"sentry.release\":{\"value\":\"1\",\"type\":\"string\"},"
        "\"server.address\":{\"value\":\"web\",\"type\":\"string\"},"
        "\"instrumentation.name\":{\"value\":\"lib\",\"type\":\"string\"},"
        "\"resource.service.name\":{\"value\":\"shop\",\"type\":\"string\"},"
        "\"sentry.message.template\":{\"value\":\"s%s\",\"type\":\"string\"},"
        "\"a\":{\"value\":\"t\",\"type\":\"string\"},\"i\":{\"value\":3,\"type\":\"integer\"},"
        "\"d\":{\"value\":0.5,\"type\":\"double\"},\"b\":{\"value\":false,\"type\":\"boolean\"},"
        "\"j\":{\"value\":\"[1,\\\"x\\\"]\",\"type\":\"string\"}}}]}\n");
    bench_close(&p.bench);
}

static void add_many(struct place *p, size_t n, const char *message, struct weir_str project)
{
    struct weir_origin origin = {.project = project};
    struct weir_record r = {.origin = &origin, .severity = 9, .message = weir_str_of(message)};

    for (size_t i = 0; i < n; i++)
        assert_int_equal(weir_record_add(&p->decoder, &r), 0);
}

static void a_hundred_entries_make_an_item_and_the_rest_a_fragment(void **state)
{
    static char large[300 * 1024];
    struct place p;

    (void)state;
    open_place(&p);
    add_many(&p, 230, "m", WEIR_S(""));
    assert_int_equal(p.items, 2);
    assert_int_equal(p.entries[0], 100);
    assert_int_equal(weir_records_end(&p.decoder), 0);
    assert_int_equal(weir_records_end(&p.decoder), 0); /* nothing is left */
    assert_int_equal(p.items, 3);
    assert_int_equal(p.entries[2], 30);
    assert_non_null(strstr(told(&p, T), "item log {} content_type=application/vnd.sentry.items.log"
                                        "+json item_count=100 | {\"items\":[{"));
    bench_close(&p.bench);

    open_place(&p);
    add_many(&p, 1, "one", WEIR_S("1"));
    add_many(&p, 1, "two", WEIR_S("2"));
    assert_int_equal(p.items, 1); /* another project's do not share an item */
    memset(large, 'x', sizeof large - 1);
    add_many(&p, 4, large, WEIR_S("2"));
    assert_int_equal(p.items, 3); /* nor do they grow without bound */
    assert_true(p.bytes[1] > 512 * 1024 && p.bytes[1] < 1024 * 1024);
    bench_close(&p.bench);
}

static void an_exception_that_rises_through_spans_is_the_same(void **state)
{
    static const char *const traces[] = {
        "Traceback (most recent call last):\n  File \"/app/b.py\", line 3, in g\nE: x\n",
        "Traceback (most recent call last):\n  File \"/app/a.py\", line 1, in f\n"
        "  File \"/app/b.py\", line 3, in g\nE: x\n",
        "Traceback (most recent call last):\n  File \"/app/b.py\", line 9, in <module>\n"
        "  File \"/app/b.py\", line 3, in g\nE: x\n",
        "Traceback (most recent call last):\n  File \"/app/b.py\", line 4, in g\nE: x\n"};
    struct weir_origin origin = {0};
    struct weir_record r = {.origin = &origin,
                            .exception_type = WEIR_S("E"),
                            .exception_message = WEIR_S("x"),
                            .trace_id = WEIR_S(T),
                            .from_span = true};
    struct place p;

    (void)state;
    open_place(&p);
    for (size_t i = 0; i < COUNT(traces); i++) {
        r.stacktrace = weir_str_of(traces[i]);
        assert_int_equal(weir_record_add(&p.decoder, &r), 0);
    }
    r.trace_id.n = 0;
    assert_int_equal(weir_record_add(&p.decoder, &r), 0);
    assert_true(p.same[0] != 0 && p.same[0] == p.same[1]);
    assert_true(p.same[0] == p.same[2]);
    assert_true(p.same[3] != 0 && p.same[3] != p.same[0]);
    assert_true(p.same[4] == 0);
    bench_close(&p.bench);
}

static void severities_have_both_kinds_of_level(void **state)
{
    static const struct {
        int severity;
        const char *event, *log;
    } rows[] = {{-1, "info", "info"},    {0, "info", "info"},     {1, "debug", "trace"},
                {4, "debug", "trace"},   {5, "debug", "debug"},   {9, "info", "info"},
                {13, "warning", "warn"}, {16, "warning", "warn"}, {17, "error", "error"},
                {20, "error", "error"},  {21, "fatal", "fatal"},  {24, "fatal", "fatal"},
                {1000, "fatal", "fatal"}};

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        assert_string_equal(weir_severity_level(rows[i].severity), rows[i].event);
        assert_string_equal(weir_severity_log_level(rows[i].severity), rows[i].log);
    }
}

static void the_sinks_refusal_is_handed_through(void **state)
{
    struct weir_origin origin = {0};
    struct weir_record r = {.origin = &origin, .severity = 17, .message = WEIR_S("m")};
    struct place p;

    (void)state;
    open_place(&p);
    p.bench.t.refuse = WEIR_EAUTH;
    assert_int_equal(weir_record_add(&p.decoder, &r), WEIR_EAUTH);
    r.severity = 9;
    assert_int_equal(weir_record_add(&p.decoder, &r), 0);
    assert_int_equal(weir_records_end(&p.decoder), WEIR_EAUTH);
    bench_close(&p.bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_record_with_all_of_it_becomes_an_event_that_lost_nothing),
        cmocka_unit_test(the_rule_decides_what_is_an_event),
        cmocka_unit_test(a_log_entry_has_attributes_with_types),
        cmocka_unit_test(a_hundred_entries_make_an_item_and_the_rest_a_fragment),
        cmocka_unit_test(an_exception_that_rises_through_spans_is_the_same),
        cmocka_unit_test(severities_have_both_kinds_of_level),
        cmocka_unit_test(the_sinks_refusal_is_handed_through),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
