/* fakes.h - the room against a fake spool: rows in memory, operations done at
 * once (or by a thread of its own), failures on request. For one test file
 * each; what it does not use is not complained of. */
#ifndef TEST_JOIN_FAKES_H
#define TEST_JOIN_FAKES_H

#pragma GCC diagnostic ignored "-Wunused-function"
#pragma GCC diagnostic ignored "-Wunused-variable"
#include "collector/join/room.h"
#include "collector/join/storms.h"
#include "weir/clock.h"
#include "weir/limits.h"
#include "weir/sample.h"
#include "weir/text.h"

#include <jansson.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <cmocka.h>

/* ---- the spool, faked --------------------------------------------------------- */

enum row_state { GONE, STAGED, READY, COLLAPSED, EXPIRED, SAMPLED };
enum { ROWS = 4000 };

struct row {
    enum row_state state;
    enum weir_item_type type;
    char project[16], trace_id[40];
    char *items;
    size_t n;
    uint64_t received_ms;
    char *header;
    uint32_t n_spans, n_logs;
    const char *reason; /* of one that left */
    struct weir_mark mark;
    bool further; /* made by join */
};

struct weir_spool {
    pthread_mutex_t lock;
    struct row rows[ROWS + 1]; /* by id */
    int64_t last;
    int submit_result; /* of weir_spool_submit */
    int op_result;     /* of operations */
    int get_result;
    size_t submitted;
    struct weir_queue *queue; /* threaded: operations go there */
};

static struct weir_spool spool;

static void apply(struct weir_replace *op)
{
    struct row *carrier = &spool.rows[op->carrier];

    op->op.result = spool.op_result;
    if (op->op.result != 0)
        return;
    if ((op->carrier > 0 && carrier->state != STAGED) ||
        (op->kept > 0 && spool.rows[op->kept].state != STAGED)) {
        op->op.result = WEIR_ENOTFOUND;
        return;
    }
    if (op->carrier > 0)
        carrier->state = READY;
    if (op->has_body) {
        free(carrier->items);
        free(carrier->header);
        carrier->items = malloc(op->body.items.n);
        memcpy(carrier->items, op->body.items.p, op->body.items.n);
        carrier->n = op->body.items.n;
        carrier->header = strndup(op->body.header.p, op->body.header.n);
        carrier->type = op->body.type;
        carrier->n_spans = op->body.n_spans;
        carrier->n_logs = op->body.n_logs;
    }
    if (op->kept > 0)
        spool.rows[op->kept].mark = op->mark;
    for (size_t i = 0; i < op->n_further; i++) {
        const struct weir_delivery *d = &op->further[i];
        struct row *row = &spool.rows[++spool.last];

        *row = (struct row){.state = READY, .type = d->type, .n = d->items.n, .further = true};
        row->items = malloc(d->items.n);
        memcpy(row->items, d->items.p, d->items.n);
        row->n_spans = d->n_spans;
        snprintf(row->project, sizeof row->project, "%.*s", WEIR_FMT(d->project));
        snprintf(row->trace_id, sizeof row->trace_id, "%.*s", WEIR_FMT(d->trace_id));
    }
    for (size_t i = 0; i < op->n_leaving; i++) {
        struct row *row = &spool.rows[op->leaving[i].id];

        if (row->state != STAGED)
            continue;
        row->state = op->leaving[i].outcome == WEIR_COLLAPSED ? COLLAPSED
                     : op->leaving[i].outcome == WEIR_SAMPLED ? SAMPLED
                                                              : EXPIRED;
        row->reason = op->leaving[i].reason;
    }
}

int weir_spool_submit(struct weir_spool *s, struct weir_op *op)
{
    if (s->submit_result != 0)
        return s->submit_result;
    assert_int_equal(op->kind, WEIR_OP_REPLACE);
    s->submitted++;
    if (s->queue != NULL)
        return weir_queue_push(s->queue, op) ? 0 : WEIR_EFULL;
    apply((struct weir_replace *)op);
    weir_mailbox_post(op->reply, &op->link);
    return 0;
}

int weir_spool_reader_new(struct weir_spool *s, struct weir_spool_reader **ret_reader)
{
    *ret_reader = (struct weir_spool_reader *)s;
    return 0;
}

void weir_spool_reader_free(struct weir_spool_reader *r)
{
    (void)r;
}

static void fill(int64_t id, struct weir_spool_row *ret)
{
    const struct row *row = &spool.rows[id];

    *ret = (struct weir_spool_row){.id = id, .state = WEIR_ROW_STAGED};
    ret->delivery = (struct weir_delivery){
        .type = row->type,
        .project = weir_str_of(row->project),
        .trace_id = weir_str_of(row->trace_id),
        .header = {"{}", 2},
        .items = {row->items, row->n},
        .raw_bytes = row->n,
        .encoding = WEIR_NO_COMPRESSION,
        .received_ms = row->received_ms,
        .n_spans = row->n_spans,
        .n_logs = row->n_logs,
        .key = {"k", 1},
        .mark = row->mark,
    };
}

int weir_spool_get(struct weir_spool_reader *r, int64_t id, int slot, struct weir_arena *a,
                   struct weir_spool_row *ret_row)
{
    int err = spool.get_result;
    (void)r, (void)slot;

    pthread_mutex_lock(&spool.lock);
    if (err == 0 && spool.rows[id].state == GONE)
        err = WEIR_ENOTFOUND;
    if (err == 0) {
        fill(id, ret_row);
        ret_row->delivery.items = weir_arena_copy(a, ret_row->delivery.items);
    }
    pthread_mutex_unlock(&spool.lock);
    return err;
}

int weir_spool_list(struct weir_spool_reader *r, enum weir_row_state state, int slot,
                    int64_t after_id, size_t max, struct weir_arena *a,
                    struct weir_spool_row **ret_rows, size_t *ret_n)
{
    struct weir_spool_row *rows = weir_arena_zalloc(a, max, sizeof *rows);
    size_t n = 0;
    (void)r, (void)slot;

    assert_int_equal(state, WEIR_ROW_STAGED);
    pthread_mutex_lock(&spool.lock);
    for (int64_t id = after_id + 1; id <= spool.last && n < max; id++) {
        if (spool.rows[id].state != STAGED)
            continue;
        fill(id, &rows[n++]);
        if (n < max) /* a second destination */
            fill(id, &rows[n++]);
    }
    pthread_mutex_unlock(&spool.lock);
    *ret_rows = rows;
    *ret_n = n;
    return 0;
}

int weir_delivery_encode(struct weir_delivery *d, struct weir_arena *a, enum weir_compression how,
                         struct weir_str items, bool more)
{
    (void)a, (void)more;
    d->encoding = how;
    d->items = items;
    d->raw_bytes = items.n;
    return 0;
}

int weir_delivery_decode(const struct weir_delivery *d, struct weir_arena *a, uint64_t max_bytes,
                         struct weir_str *ret_items)
{
    (void)a, (void)max_bytes;
    *ret_items = d->items;
    return 0;
}

/* ---- configuration and metrics, faked ------------------------------------------- */

static struct weir_snapshot snapshot, reloaded;
static struct weir_snapshot *in_force;
static struct weir_project project;

uint64_t weir_current_generation(const struct weir_current *c)
{
    (void)c;
    return in_force->generation;
}
struct weir_snapshot *weir_current_get(struct weir_current *c)
{
    (void)c;
    return in_force;
}
void weir_snapshot_put(struct weir_snapshot *s)
{
    (void)s;
}
const struct weir_project *weir_config_project(const struct weir_config *c, struct weir_str id)
{
    (void)c, (void)id;
    return &project;
}

struct weir_series {
    _Atomic uint64_t count;
    double value;
};
static struct weir_series held, outcomes[3];

struct weir_series *weir_metric_of(enum weir_metric m, ...)
{
    va_list values;
    const char *outcome;

    if (m == WEIR_M_BREADCRUMBS_HELD)
        return &held;
    assert_int_equal(m, WEIR_M_BREADCRUMBS);
    va_start(values, m);
    outcome = va_arg(values, const char *);
    va_end(values);
    return &outcomes[outcome[0] == 'j' ? 0 : outcome[0] == 'e' ? 1 : 2];
}
void weir_count(struct weir_series *s, uint64_t by)
{
    s->count += by;
}
void weir_gauge_set(struct weir_series *s, double value)
{
    s->value = value;
}
static uint64_t reported[WEIR_CATEGORIES];

void weir_report_add(unsigned slot, enum weir_report_reason reason, enum weir_category category,
                     uint64_t quantity)
{
    assert_int_equal(slot, 3);
    assert_int_equal(reason, WEIR_REPORT_SAMPLE_RATE);
    reported[category] += quantity;
}
void weir_metrics_thread(void)
{
}
void weir_metrics_thread_end(void)
{
}

#define assert_counts(joined_, expired_, dropped_)     \
    do {                                               \
        assert_int_equal(outcomes[0].count, joined_);  \
        assert_int_equal(outcomes[1].count, expired_); \
        assert_int_equal(outcomes[2].count, dropped_); \
    } while (0)

/* ---- fixture -------------------------------------------------------------------- */

#define TRACE "771a43a4192642f0b136d5159a501700"
#define OTHER "0b9c43a4192642f0b136d5159a501700"

enum { WAIT_MS = 5000 }; /* traces.wait */

static struct weir_join *join;
static uint64_t now;

static int setup(void **state)
{
    (void)state;
    memset(&spool, 0, sizeof spool);
    pthread_mutex_init(&spool.lock, NULL);
    memset(&held, 0, sizeof held);
    memset(outcomes, 0, sizeof outcomes);
    in_force = &snapshot;
    snapshot.generation = 1;
    snapshot.config.breadcrumbs_per_trace = 3;
    snapshot.config.breadcrumbs_traces = 2;
    snapshot.config.breadcrumbs_ttl_ms = 60000;
    snapshot.config.breadcrumbs_across = (struct weir_strs){0};
    snapshot.config.breadcrumbs_from_spans = false;
    snapshot.config.limits.event = 1 << 20;
    snapshot.config.limits.container = 1 << 20;
    snapshot.config.traces = (struct weir_traces){WAIT_MS, 1000, 1, 0, 1};
    snapshot.config.collapse_ms = 0;
    project.traces = snapshot.config.traces;
    project.collapse_ms = 0;
    now = weir_mono_ms();
    return weir_join_new(&spool, NULL, &join);
}

static void open_join(void)
{
    assert_int_equal(weir_join_open(join, now), 0);
}

static int teardown(void **state)
{
    (void)state;
    weir_join_free(join);
    for (size_t i = 0; i <= ROWS; i++) {
        free(spool.rows[i].items);
        free(spool.rows[i].header);
    }
    return 0;
}

/* Commits a staged row; join is not told. */
static int64_t put_row(enum weir_item_type type, const char *project_id, const char *trace_id,
                       const char *payload)
{
    int64_t id;
    struct row *row;
    char *items = NULL;
    int n = asprintf(&items, "{\"type\":\"%s\",\"length\":%zu}\n%s\n", weir_item_type_name(type),
                     strlen(payload), payload);

    pthread_mutex_lock(&spool.lock);
    id = ++spool.last;
    row = &spool.rows[id];
    assert_true(id <= ROWS);
    row->state = STAGED;
    row->type = type;
    row->items = items;
    row->n = (size_t)n;
    row->received_ms = weir_wall_ms();
    row->n_spans = type == WEIR_ITEM_NATIVE_SPAN || type == WEIR_ITEM_NATIVE_LOG;
    row->n_logs = row->n_spans;
    snprintf(row->project, sizeof row->project, "%s", project_id);
    snprintf(row->trace_id, sizeof row->trace_id, "%s", trace_id);
    pthread_mutex_unlock(&spool.lock);
    return id;
}

static void note(int64_t id)
{
    struct weir_spool_row row;

    fill(id, &row);
    row.delivery.items.n = 0;
    weir_join_note(join, &(struct weir_staged){&row.delivery, id}, 1);
}

static int64_t stage(enum weir_item_type type, const char *project_id, const char *trace_id,
                     const char *payload)
{
    int64_t id = put_row(type, project_id, trace_id, payload);

    note(id);
    return id;
}

/* A breadcrumb with the message `m` at second `at`. */
static int64_t crumb(const char *project_id, const char *trace_id, const char *m, int at)
{
    char text[200];

    snprintf(text, sizeof text, "{\"type\":\"breadcrumb\",\"message\":\"%s\",\"timestamp\":%d}", m,
             at);
    return stage(WEIR_ITEM_BREADCRUMB, project_id, trace_id, text);
}

static int64_t event(const char *project_id, const char *trace_id, const char *payload)
{
    return stage(WEIR_ITEM_EVENT, project_id, trace_id, payload);
}

static int64_t span(const char *trace_id, const char *id, const char *parent, const char *service)
{
    char text[300];

    snprintf(text, sizeof text,
             "{\"items\":[{\"span_id\":\"%s\",\"parent_span_id\":\"%s\",\"service\":\"%s\","
             "\"op\":\"op\",\"start\":1,\"end\":2}]}",
             id, parent, service);
    return stage(WEIR_ITEM_NATIVE_SPAN, "42", trace_id, text);
}

static void step(uint64_t forward_ms)
{
    now += forward_ms;
    weir_join_step(join, now); /* submits; the fake spool answers at once */
    weir_join_step(join, now); /* takes the answers */
}

/* To the clock by which notes are stamped. */
static void back_to_now(void)
{
    now = weir_mono_ms();
    join->traces_ms = 0; /* else the last look lies ahead */
}

static json_t *payload_of(int64_t id)
{
    const struct row *row = &spool.rows[id];
    const char *line = memchr(row->items, '\n', row->n);
    json_t *json;

    assert_non_null(line);
    line++;
    json = json_loadb(line, row->n - (size_t)(line - row->items), JSON_DISABLE_EOF_CHECK, NULL);
    assert_non_null(json);
    return json;
}

/* The messages of an event's breadcrumbs, with commas. */
static void assert_crumbs(int64_t id, const char *want)
{
    json_t *json = payload_of(id), *values, *value;
    char got[2000] = "";
    size_t i;

    values = json_object_get(json_object_get(json, "breadcrumbs"), "values");
    json_array_foreach(values, i, value)
    {
        strcat(got, i > 0 ? "," : "");
        strcat(got, json_string_value(json_object_get(value, "message")));
    }
    assert_string_equal(got, want);
    json_decref(json);
}

static bool staged(const char *project_id, const char *trace_id)
{
    return weir_join_staged(join, weir_str_of(project_id), weir_str_of(trace_id));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

#endif
