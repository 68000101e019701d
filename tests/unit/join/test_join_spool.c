/* test_join_spool.c - join over the real spool, in memory and on disk: what is
 * staged comes out joined, and the ledger agrees. */
#include "weir/clock.h"
#include "weir/join.h"
#include "weir/metrics.h"

#include <jansson.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <cmocka.h>

#define TRACE "771a43a4192642f0b136d5159a501700"

static const char yaml[] = "destinations:\n"
                           "  - {name: one, dsn: 'http://k@127.0.0.1:1/1'}\n"
                           "  - {name: two, dsn: 'http://k@127.0.0.1:1/2'}\n";

struct house {
    char directory[64];
    struct weir_arena arena;
    struct weir_snapshot *snapshot;
    struct weir_current *current;
    struct weir_spool *spool;
    struct weir_join *join;
    struct weir_mailbox replies;
    struct weir_spool_reader *reader;
    unsigned slot;
};

static void staged(void *self, const struct weir_staged *rows, size_t n)
{
    struct house *h = self;

    weir_join_note(h->join, rows, n);
}

static void ready(void *self, uint64_t slots)
{
    (void)self, (void)slots;
}

static void open_rooms(struct house *h, bool memory)
{
    struct weir_spool_options o = {.memory = memory,
                                   .path = h->directory,
                                   .durability_commit = true,
                                   .max_bytes = 64 << 20,
                                   .ttl_ms = 86400000,
                                   .config = &h->snapshot->config,
                                   .on_ready = ready,
                                   .on_staged = staged,
                                   .self = h};

    assert_int_equal(weir_spool_open(&o, &h->spool), 0);
    assert_int_equal(weir_join_new(h->spool, h->current, &h->join), 0);
    assert_int_equal(weir_spool_start(h->spool), 0);
    assert_int_equal(weir_join_start(h->join), 0);
    assert_int_equal(weir_spool_reader_new(h->spool, &h->reader), 0);
}

static void close_rooms(struct house *h)
{
    weir_spool_reader_free(h->reader);
    weir_join_stop(h->join);
    weir_spool_stop(h->spool);
    weir_join_free(h->join);
    weir_spool_close(h->spool);
}

static void build(struct house *h, bool memory)
{
    struct weir_errors errors;

    *h = (struct house){.directory = "/tmp/weir-join-XXXXXX"};
    assert_non_null(mkdtemp(h->directory));
    assert_int_equal(weir_metrics_init(1000, NULL, 0), 0);
    weir_metrics_thread();
    weir_arena_init(&h->arena, 64 << 20);
    weir_errors_init(&errors, &h->arena);
    assert_int_equal(weir_snapshot_parse(weir_str_of(yaml), WEIR_S("test"), &errors, &h->snapshot),
                     0);
    h->current = weir_current_new(h->snapshot);
    h->slot = h->snapshot->config.destinations[0].slot;
    assert_int_equal(weir_mailbox_init(&h->replies), 0);
    open_rooms(h, memory);
}

static void demolish(struct house *h)
{
    char command[128];

    close_rooms(h);
    weir_mailbox_destroy(&h->replies);
    weir_current_free(h->current);
    weir_arena_destroy(&h->arena);
    weir_metrics_destroy();
    snprintf(command, sizeof command, "rm -r %s", h->directory);
    assert_int_equal(system(command), 0);
}

/* Commits one staged delivery of one item, for both destinations. */
static void commit(struct house *h, enum weir_item_type type, const char *payload)
{
    struct weir_delivery d = {.fate = WEIR_FATE_STAGE,
                              .type = type,
                              .category = WEIR_CAT_ERROR,
                              .project = WEIR_S("42"),
                              .key = WEIR_S("k"),
                              .trace_id = WEIR_S(TRACE),
                              .header = WEIR_S("{}"),
                              .n_spans = type == WEIR_ITEM_NATIVE_SPAN,
                              .received_ms = weir_wall_ms()};
    struct weir_append op = {
        .op = {.kind = WEIR_OP_APPEND, .reply = &h->replies}, .deliveries = &d, .n = 1};
    struct weir_str items = weir_arena_printf(&h->arena, "{\"type\":\"%s\",\"length\":%zu}\n%s\n",
                                              weir_item_type_name(type), strlen(payload), payload);
    struct pollfd fd = {.fd = h->replies.event_fd, .events = POLLIN};

    for (size_t i = 0; i < 2; i++)
        d.destinations |= UINT64_C(1) << h->snapshot->config.destinations[i].slot;
    /* Fragments as it costs least; what leaves as it came, as it will be sent. */
    assert_int_equal(weir_delivery_encode(&d, &h->arena,
                                          type == WEIR_ITEM_EVENT ? WEIR_GZIP : WEIR_ZSTD, items,
                                          false),
                     0);
    assert_int_equal(weir_spool_submit(h->spool, &op.op), 0);
    assert_int_equal(poll(&fd, 1, 5000), 1);
    assert_non_null(weir_mailbox_take(&h->replies));
    assert_int_equal(op.op.result, 0);
}

/* Waits for `n` ready deliveries. */
static struct weir_spool_row *ready_rows(struct house *h, size_t n)
{
    struct weir_spool_row *rows = NULL;
    uint64_t due;
    size_t got = 0;

    for (int tries = 0; tries < 800 && got < n; tries++) {
        usleep(10000);
        assert_int_equal(weir_spool_window(h->reader, h->slot, 0, weir_wall_ms(), 100, 1 << 20,
                                           true, &h->arena, &rows, &got, &due),
                         0);
    }
    assert_int_equal(got, n);
    return rows;
}

static json_t *payload_of(struct house *h, const struct weir_spool_row *row)
{
    struct weir_str items, line, payload;
    json_t *json;

    assert_int_equal(row->delivery.encoding, WEIR_GZIP);
    assert_int_equal(weir_delivery_decode(&row->delivery, &h->arena, 1 << 20, &items), 0);
    assert_int_equal(items.n, row->delivery.raw_bytes);
    assert_true(weir_str_cut(items, '\n', &line, &payload));
    json = json_loadb(payload.p, payload.n, 0, NULL);
    assert_non_null(json);
    return json;
}

static void assert_ledger(struct house *h, uint64_t accepted, uint64_t collapsed, uint64_t spooled)
{
    struct weir_ledger *ledgers;
    size_t n;

    assert_int_equal(weir_spool_ledger(h->reader, &h->arena, &ledgers, &n), 0);
    assert_int_equal(n, 2);
    for (size_t i = 0; i < n; i++) {
        assert_int_equal(ledgers[i].difference, 0);
        assert_int_equal(ledgers[i].count[WEIR_ACCEPTED], accepted);
        assert_int_equal(ledgers[i].count[WEIR_COLLAPSED], collapsed);
        assert_int_equal(ledgers[i].spooled, spooled);
    }
}

static void breadcrumbs_join(bool memory, bool restart)
{
    struct house h;
    struct weir_spool_row *rows;
    json_t *json, *values;

    build(&h, memory);
    commit(&h, WEIR_ITEM_BREADCRUMB, "{\"message\":\"late\",\"timestamp\":20}");
    commit(&h, WEIR_ITEM_BREADCRUMB, "{\"message\":\"early\",\"timestamp\":10}");
    if (restart) {
        close_rooms(&h);
        open_rooms(&h, memory);
    }
    assert_true(weir_join_staged(h.join, WEIR_S("42"), WEIR_S(TRACE)));
    commit(&h, WEIR_ITEM_EVENT, "{\"breadcrumbs\":{\"values\":[{\"timestamp\":15}]}}");
    rows = ready_rows(&h, 1);
    json = payload_of(&h, rows);
    values = json_object_get(json_object_get(json, "breadcrumbs"), "values");
    assert_int_equal(json_array_size(values), 3);
    assert_string_equal(json_string_value(json_object_get(json_array_get(values, 0), "message")),
                        "early");
    assert_string_equal(json_string_value(json_object_get(json_array_get(values, 2), "message")),
                        "late");
    json_decref(json);
    assert_ledger(&h, 3, 2, 1);
    demolish(&h);
}

static void breadcrumbs_join_an_error_in_memory(void **state)
{
    (void)state;
    breadcrumbs_join(true, false);
}

static void breadcrumbs_join_an_error_on_disk(void **state)
{
    (void)state;
    breadcrumbs_join(false, false);
}

static void breadcrumbs_join_an_error_after_a_restart(void **state)
{
    (void)state;
    breadcrumbs_join(false, true);
}

static void spans_become_one_delivery(void **state)
{
    struct house h;
    struct weir_spool_row *rows;
    json_t *json;
    (void)state;

    build(&h, false);
    commit(&h, WEIR_ITEM_NATIVE_SPAN,
           "{\"items\":[{\"span_id\":\"bb\",\"parent_span_id\":\"aa\",\"start\":1,\"end\":2}]}");
    commit(&h, WEIR_ITEM_NATIVE_SPAN, "{\"items\":[{\"span_id\":\"aa\",\"start\":1,\"end\":3}]}");
    rows = ready_rows(&h, 1);
    assert_int_equal(rows[0].delivery.type, WEIR_ITEM_TRANSACTION);
    assert_int_equal(rows[0].delivery.category, WEIR_CAT_TRANSACTION);
    assert_int_equal(rows[0].delivery.n_spans, 1);
    json = payload_of(&h, rows);
    assert_int_equal(json_array_size(json_object_get(json, "spans")), 1);
    json_decref(json);
    assert_ledger(&h, 2, 1, 1);
    demolish(&h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(breadcrumbs_join_an_error_in_memory),
        cmocka_unit_test(breadcrumbs_join_an_error_on_disk),
        cmocka_unit_test(breadcrumbs_join_an_error_after_a_restart),
        cmocka_unit_test(spans_become_one_delivery),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
