/* test_spans.c - native spans arranged and written as transactions. */
#include "collector/join/spans.h"

#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "weir/text.h"

static struct weir_json_reader *reader;
static struct weir_arena arena;

static int setup(void **state)
{
    (void)state;
    reader = weir_json_reader_new();
    weir_arena_init(&arena, 64u << 20);
    return reader == NULL;
}

static int teardown(void **state)
{
    (void)state;
    weir_json_reader_free(reader);
    weir_arena_destroy(&arena);
    return 0;
}

enum { MOST = 1000 };

/* "id parent service op start", "-" for none; one span each. */
static size_t read_spans(const char *const *texts, size_t n, struct weir_span *spans)
{
    for (size_t i = 0; i < n; i++) {
        char id[32], parent[32], service[32], op[32];
        double start;
        struct weir_str json;

        assert_int_equal(
            sscanf(texts[i], "%31s %31s %31s %31s %lf", id, parent, service, op, &start), 5);
        json = weir_arena_printf(
            &arena,
            "{\"span_id\":\"%s\",\"parent_span_id\":\"%s\",\"service\":\"%s\",\"op\":\"%s\","
            "\"start\":%g,\"end\":%g%s}",
            id, parent[0] == '-' ? "" : parent, service, op, start, start + 1,
            op[0] == '!' ? ",\"data\":{\"sentry.kind\":\"server\"}" : "");
        assert_int_equal(weir_span_read(&arena, json, 1000, &spans[i]), 0);
    }
    assert_int_equal(weir_spans_arrange(&arena, spans, n), 0);
    return n;
}

static void each_span_is_under_its_local_root(void **state)
{
    static const struct {
        const char *spans[6];
        size_t under[6];
        bool complete;
    } cases[] = {
        {{"a - shop op 1"}, {0}, false},
        {{"b a shop op 2", "a - shop op 1"}, {1, 1}, true},
        {{"a - shop op 1", "b a shop op 2"}, {0, 0}, false}, /* the root is not the newest */
        {{"d c s op 4", "c b s op 3", "b a s op 2", "a - s op 1"}, {3, 3, 3, 3}, true},
        /* two services, two local roots */
        {{"c b pay db 3", "b a pay http.server 2", "a - shop http 1"}, {1, 1, 2}, true},
        {{"c b pay db 3", "b a pay rpc 2", "a - shop http 1"}, {1, 1, 2}, true},
        /* nobody's root: the earliest acts */
        {{"c x s op 3", "b x s op 2", "d y s op 9"}, {1, 1, 1}, false},
        {{"c x s op 3", "b x t op 2", "d c s op 4"}, {0, 1, 0}, false},
        /* a parent elsewhere, but it serves a request */
        {{"b x s http.server 2", "c b s db 3"}, {0, 0}, false},
        {{"c x s op 3", "b x s queue.process 2"}, {0, 1}, false},
        /* a root is there, and an orphan beside it */
        {{"b x s op 2", "c b s op 3", "a - s op 1"}, {0, 0, 2}, false},
        /* a server's span is a local root whatever its parent is */
        {{"a - s op 1", "b a s !server 2", "c b s db 3"}, {0, 1, 1}, false},
        /* circles */
        {{"a b s op 2", "b a s op 1"}, {1, 1}, false},
        {{"a a s op 2"}, {0}, false},
        {{"a b s op 3", "b c s op 1", "c b s op 2", "d c s op 4"}, {1, 1, 1, 1}, false},
        /* two roots */
        {{"a - s op 1", "b - s op 2", "c a s op 3"}, {0, 1, 0}, false},
    };
    struct weir_span spans[6];
    (void)state;

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        size_t n = 0;

        while (n < 6 && cases[i].spans[n] != NULL)
            n++;
        read_spans(cases[i].spans, n, spans);
        for (size_t k = 0; k < n; k++)
            if (spans[k].under != cases[i].under[k])
                fail_msg("case %zu: span %zu is under %zu", i, k, spans[k].under);
        assert_int_equal(weir_spans_complete(spans, n, n - 1), cases[i].complete);
    }
}

/* Client and server share span 1: decode/ gave the server's half another id. */
static void children_of_a_shared_span_are_below_the_servers_half(void **state)
{
    struct weir_span spans[4];
    char half[17], server[64];
    const char *texts[] = {"2 1 pay db 3", server, "1 0 shop http.client 1", "0 - shop !server 0"};
    (void)state;

    weir_shared_span_id((struct weir_str){"1", 1}, half);
    snprintf(server, sizeof server, "%s 1 pay !server 2", half);
    read_spans(texts, 4, spans);
    assert_int_equal(spans[0].under, 1);
    assert_int_equal(spans[1].under, 1);
    assert_int_equal(spans[2].under, 3);
    assert_int_equal(spans[3].under, 3);
    assert_true(weir_str_eq(spans[0].parent_id, (struct weir_str){half, 16}));
    assert_true(weir_str_eq(spans[1].parent_id, (struct weir_str){"1", 1}));
}

static void any_tangle_of_spans_is_a_partition(void **state)
{
    static struct weir_span spans[MOST];
    char texts[MOST][40];
    const char *pointers[MOST];
    unsigned seed = 7;
    (void)state;

    for (size_t turn = 0; turn < 30; turn++) {
        size_t n = turn == 0 ? MOST : 1 + turn * 3, total = 0;

        for (size_t i = 0; i < n; i++) {
            seed = seed * 1103515245 + 12345;
            snprintf(texts[i], sizeof texts[i], "s%zu s%u v%u op %u", i,
                     (seed >> 8) % (2 * (unsigned)n), (seed >> 4) % 3, (seed >> 12) % 50);
            pointers[i] = texts[i];
        }
        read_spans(pointers, n, spans);
        for (size_t i = 0; i < n; i++) {
            assert_true(spans[i].under < n);
            assert_int_equal(spans[spans[i].under].under, spans[i].under);
        }
        for (size_t root = 0; root < n; root++) {
            struct weir_transaction t;

            if (spans[root].under != root)
                continue;
            assert_int_equal(weir_transaction_write(reader, &arena, spans, n, root, 0, MOST + 1,
                                                    WEIR_S("771a"), NULL, &t),
                             0);
            total += 1 + t.n_spans;
        }
        assert_int_equal(total, n);
        weir_arena_reset(&arena);
    }
}

static const char root_json[] =
    "{\"type\":\"span\",\"trace_id\":\"771A\",\"span_id\":\"aa\",\"parent_span_id\":\"00\","
    "\"service\":\"shop\",\"op\":\"http.server\",\"description\":\"POST \\\"x\\\"\",\"start\":1.25,"
    "\"end\":\"1970-01-01T00:00:02Z\",\"status\":\"ok\",\"data\":{\"k\":[1]},\"environment\":"
    "\"dev\","
    "\"tags\":{\"team\":\"mine\"}}";
static const char child_json[] =
    "{\"span_id\":\"bb\",\"parent_span_id\":\"aa\",\"service\":\"shop\",\"op\":\"db\","
    "\"description\":\"SELECT\",\"start\":1.5,\"end\":1.75,\"data\":null,\"tags\":{\"t\":\"1\"}}";

static json_t *write_json(const char *const *texts, size_t n, const struct weir_tagging *tagging,
                          struct weir_str trace_id)
{
    struct weir_span spans[4];
    struct weir_transaction t;
    json_t *json;

    for (size_t i = 0; i < n; i++)
        assert_int_equal(weir_span_read(&arena, weir_str_of(texts[i]), 9000, &spans[i]), 0);
    assert_int_equal(weir_spans_arrange(&arena, spans, n), 0);
    assert_int_equal(weir_transaction_write(reader, &arena, spans, n, spans[0].under, 0, 100,
                                            trace_id, tagging, &t),
                     0);
    json = json_loadb(t.payload.p, t.payload.n, JSON_REJECT_DUPLICATES, NULL);
    if (json == NULL)
        fail_msg("no JSON: %.*s", WEIR_FMT(t.payload));
    assert_int_equal(strlen(t.event_id), 32);
    assert_string_equal(json_string_value(json_object_get(json, "event_id")), t.event_id);
    json_object_del(json, "event_id");
    return json;
}

static void assert_json(json_t *got_take, const char *want)
{
    json_t *wanted = json_loads(want, 0, NULL);

    assert_non_null(wanted);
    if (!json_equal(got_take, wanted))
        fail_msg("got %s", json_dumps(got_take, JSON_SORT_KEYS));
    json_decref(wanted);
    json_decref(got_take);
}

static void a_transaction_has_what_its_spans_had(void **state)
{
    static struct weir_tag tags[] = {{{"team", 4}, {"ops", 3}}, {{"zone", 4}, {"eu\"1", 4}}};
    static const struct weir_tagging tagging = {.environment = {"prod", 4},
                                                .release = {"shop@1", 6},
                                                .server_name = {"web", 3},
                                                .tags = tags,
                                                .n_tags = 2};
    const char *const texts[] = {root_json, child_json};
    (void)state;

    assert_json(
        write_json(texts, 2, &tagging, WEIR_S("771a")),
        "{\"type\":\"transaction\",\"platform\":\"other\",\"transaction\":\"POST \\\"x\\\"\","
        "\"transaction_info\":{\"source\":\"custom\"},\"start_timestamp\":1.25,"
        "\"timestamp\":\"1970-01-01T00:00:02Z\",\"environment\":\"dev\",\"release\":\"shop@1\","
        "\"server_name\":\"web\",\"contexts\":{\"trace\":{\"trace_id\":\"771a\",\"span_id\":\"aa\","
        "\"parent_span_id\":\"00\",\"op\":\"http.server\",\"status\":\"ok\",\"data\":{\"k\":[1]}}},"
        "\"tags\":{\"team\":\"mine\",\"zone\":\"eu\\\"1\",\"service\":\"shop\"},\"spans\":["
        "{\"trace_id\":\"771a\",\"span_id\":\"bb\",\"parent_span_id\":\"aa\",\"op\":\"db\","
        "\"description\":\"SELECT\",\"tags\":{\"t\":\"1\"},\"start_timestamp\":1.5,"
        "\"timestamp\":1.75}]}");
}

static void what_a_span_lacks_is_made_up(void **state)
{
    static const char *const bare[] = {"{\"span_id\":\"aa\",\"tags\":[[\"a\",\"b\"]]}"};
    static const char *const less[] = {"{\"op\":\"task\",\"start\":true}"};
    json_t *json;
    (void)state;

    assert_json(write_json(bare, 1, NULL, WEIR_S("771a")),
                "{\"type\":\"transaction\",\"platform\":\"other\",\"transaction\":\"unnamed\","
                "\"transaction_info\":{\"source\":\"custom\"},\"start_timestamp\":9.0,"
                "\"timestamp\":9.0,\"contexts\":{\"trace\":{\"trace_id\":\"771a\",\"span_id\":"
                "\"aa\"}},\"tags\":[[\"a\",\"b\"]],\"spans\":[]}");
    json = write_json(less, 1, NULL, WEIR_S(""));
    assert_string_equal(json_string_value(json_object_get(json, "transaction")), "task");
    json_t *trace = json_object_get(json_object_get(json, "contexts"), "trace");
    assert_int_equal(strlen(json_string_value(json_object_get(trace, "trace_id"))), 32);
    assert_int_equal(strlen(json_string_value(json_object_get(trace, "span_id"))), 16);
    json_decref(json);
}

static void a_large_transaction_goes_in_pieces_below_its_root(void **state)
{
    static const char *const texts[] = {"a - s op 1", "b a s op 2", "c a s op 3", "d a s op 4"};
    struct weir_span spans[4];
    size_t done = 0, pieces = 0;
    (void)state;

    read_spans(texts, 4, spans);
    for (; done < 3 && pieces < 9; pieces++) {
        struct weir_transaction t;
        json_t *json, *trace;

        assert_int_equal(
            weir_transaction_write(reader, &arena, spans, 4, 0, done, 2, WEIR_S("771a"), NULL, &t),
            0);
        assert_int_equal(t.n_spans, 1);
        json = json_loadb(t.payload.p, t.payload.n, JSON_REJECT_DUPLICATES, NULL);
        trace = json_object_get(json_object_get(json, "contexts"), "trace");
        if (pieces == 0)
            assert_string_equal(json_string_value(json_object_get(trace, "span_id")), "a");
        else
            assert_string_equal(json_string_value(json_object_get(trace, "parent_span_id")), "a");
        done += t.n_spans;
        json_decref(json);
    }
    assert_int_equal(pieces, 3);
}

static void what_only_telemetry_knows_stands_where_sentry_has_it(void **state)
{
    static const char *const texts[] = {
        "{\"span_id\":\"aa\",\"start\":1,\"end\":2,\"description\":\"GET /x\",\"transaction_info\":"
        "{\"source\":\"route\"},\"platform\":\"python\",\"links\":[{\"trace_id\":\"1\"}],"
        "\"contexts\":{\"trace\":{\"no\":1},\"runtime\":{\"name\":\"CPython\"},\"otel\":{}}}",
        "{\"span_id\":\"bb\",\"parent_span_id\":\"aa\",\"start\":1,\"end\":2,\"links\":[1],"
        "\"contexts\":{}}"};
    (void)state;

    assert_json(
        write_json(texts, 2, NULL, WEIR_S("771a")),
        "{\"type\":\"transaction\",\"platform\":\"python\",\"transaction\":\"GET /x\","
        "\"transaction_info\":{\"source\":\"route\"},\"start_timestamp\":1,\"timestamp\":2,"
        "\"contexts\":{\"trace\":{\"trace_id\":\"771a\",\"span_id\":\"aa\",\"links\":"
        "[{\"trace_id\":\"1\"}]},\"runtime\":{\"name\":\"CPython\"},\"otel\":{}},\"spans\":"
        "[{\"trace_id\":\"771a\",\"span_id\":\"bb\",\"parent_span_id\":\"aa\",\"links\":[1],"
        "\"start_timestamp\":1,\"timestamp\":2}]}");
}

static void statuses_of_errors_are_known(void **state)
{
    static const char *const fine[] = {"", "null", "\"ok\"", "\"cancelled\"", "\"unknown\"", "1"};
    static const char *const bad[] = {"\"internal_error\"", "\"error\"", "\"not_found\""};
    (void)state;

    for (size_t i = 0; i < 6; i++)
        assert_false(weir_span_failed(weir_str_of(fine[i])));
    for (size_t i = 0; i < 3; i++)
        assert_true(weir_span_failed(weir_str_of(bad[i])));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(each_span_is_under_its_local_root, setup, teardown),
        cmocka_unit_test_setup_teardown(children_of_a_shared_span_are_below_the_servers_half, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(any_tangle_of_spans_is_a_partition, setup, teardown),
        cmocka_unit_test_setup_teardown(a_transaction_has_what_its_spans_had, setup, teardown),
        cmocka_unit_test_setup_teardown(what_a_span_lacks_is_made_up, setup, teardown),
        cmocka_unit_test_setup_teardown(a_large_transaction_goes_in_pieces_below_its_root, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(what_only_telemetry_knows_stands_where_sentry_has_it, setup,
                                        teardown),
        cmocka_unit_test(statuses_of_errors_are_known),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
