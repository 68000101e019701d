/* Tests of weir/admin.h: health, status, dead letters, the gauges. The spool
 * and the forwarder are stand-ins here; the answers' envelope is the real one. */
#include "unit.h"
#include "weir/admin.h"
#include "weir/clock.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

/* ---- the spool and the forwarder, as the tests set them ------------------ */

static struct weir_spool_row letters[8];
static size_t n_letters;
static bool writable, full[WEIR_MAX_DESTINATIONS], unreadable;
static unsigned open_readers;
static struct weir_spool_gauges gauges[WEIR_MAX_DESTINATIONS];
static struct weir_forward_view views[WEIR_MAX_DESTINATIONS];
static struct weir_ledger ledgers[4];
static size_t n_ledgers;
static struct weir_snapshot snapshot;
static struct weir_destination destinations[2];
static struct weir_endpoint endpoints[2];
static struct weir_sla slas[2];

int weir_spool_reader_new(struct weir_spool *s, struct weir_spool_reader **ret_reader)
{
    (void)s;
    if (unreadable)
        return WEIR_EIO;
    open_readers++;
    *ret_reader = (void *)&open_readers;
    return 0;
}

void weir_spool_reader_free(struct weir_spool_reader *r)
{
    (void)r;
    open_readers--;
}

int weir_spool_list(struct weir_spool_reader *r, enum weir_row_state state, int slot,
                    int64_t after_id, size_t max, struct weir_arena *a,
                    struct weir_spool_row **ret_rows, size_t *ret_n)
{
    struct weir_spool_row *rows = weir_arena_zalloc(a, COUNT(letters), sizeof *rows);
    size_t n = 0;

    (void)r;
    assert_int_equal(state, WEIR_ROW_DEAD);
    for (size_t i = 0; i < n_letters && n < max; i++) {
        if (letters[i].id > after_id && (slot < 0 || letters[i].slot == (unsigned)slot))
            rows[n++] = letters[i];
    }
    *ret_rows = rows;
    *ret_n = n;
    return 0;
}

int weir_spool_get(struct weir_spool_reader *r, int64_t id, int slot, struct weir_arena *a,
                   struct weir_spool_row *ret_row)
{
    (void)r;
    (void)a;
    for (size_t i = 0; i < n_letters; i++) {
        if (letters[i].id == id && (slot < 0 || letters[i].slot == (unsigned)slot)) {
            *ret_row = letters[i];
            return 0;
        }
    }
    return WEIR_ENOTFOUND;
}

int weir_spool_ledger(struct weir_spool_reader *r, struct weir_arena *a,
                      struct weir_ledger **ret_ledgers, size_t *ret_n)
{
    (void)r;
    (void)a;
    *ret_ledgers = ledgers;
    *ret_n = n_ledgers;
    return 0;
}

void weir_spool_gauges(const struct weir_spool *s, unsigned slot, struct weir_spool_gauges *ret)
{
    (void)s;
    *ret = gauges[slot];
}

size_t weir_spool_queue(const struct weir_spool *s, size_t *ret_most)
{
    (void)s;
    *ret_most = 1024;
    return 17;
}

bool weir_spool_full(const struct weir_spool *s, unsigned slot)
{
    (void)s;
    return full[slot];
}

bool weir_spool_writable(const struct weir_spool *s)
{
    (void)s;
    return writable;
}

uint64_t weir_spool_last_commit_ms(const struct weir_spool *s)
{
    (void)s;
    return 3;
}

const char *weir_outcome_name(enum weir_outcome o)
{
    static const char *const names[] = {"accepted",  "forwarded", "filtered", "sampled",
                                        "collapsed", "expired",   "dropped",  "dead"};

    return names[o];
}

void weir_forward_look(const struct weir_forward *f, unsigned slot, struct weir_forward_view *ret)
{
    (void)f;
    *ret = views[slot];
}

struct weir_snapshot *weir_current_get(struct weir_current *c)
{
    (void)c;
    return &snapshot;
}

void weir_snapshot_put(struct weir_snapshot *s)
{
    assert_ptr_equal(s, &snapshot);
}

static struct weir_check_view dependencies[2];

int weir_checks_list(struct weir_checks *c, struct weir_arena *a, struct weir_check_view **ret_list,
                     size_t *ret_n)
{
    (void)c;
    (void)a;
    *ret_list = dependencies;
    *ret_n = 2;
    return 0;
}

const char *weir_check_kind_name(enum weir_check_kind k)
{
    return k == WEIR_CHECK_API ? "external_api" : "message_queue";
}

static const char *accept_header = "";

struct weir_str weir_http_header(const struct weir_http_request *r, const char *name)
{
    (void)r;
    assert_string_equal(name, "Accept");
    return weir_str_of(accept_header);
}

/* ---- a weir with two destinations ---------------------------------------- */

static struct weir_arena arena;
static struct weir_admin admin;

static int setup(void **state)
{
    static const double bounds[] = {5};

    (void)state;
    weir_arena_init(&arena, 64 << 20);
    assert_int_equal(weir_metrics_init(1000, bounds, 1), 0);
    memset(letters, 0, sizeof letters);
    memset(full, 0, sizeof full);
    memset(gauges, 0, sizeof gauges);
    memset(views, 0, sizeof views);
    memset(ledgers, 0, sizeof ledgers);
    n_letters = n_ledgers = 0;
    writable = true;
    unreadable = false;
    endpoints[0].origin = WEIR_S("https://a.example");
    endpoints[1].origin = WEIR_S("https://b.example");
    destinations[0] = (struct weir_destination){.name = WEIR_S("main"), .has_dsn = true};
    destinations[1] = (struct weir_destination){.name = WEIR_S("a&b ä"), .has_dsn = true};
    for (int i = 0; i < 2; i++) {
        destinations[i].slot = (unsigned)weir_destination_slot(destinations[i].name);
        destinations[i].endpoints = endpoints;
        destinations[i].n_endpoints = 2;
        views[destinations[i].slot].n_endpoints = 2;
    }
    snapshot.config.destinations = destinations;
    snapshot.config.n_destinations = 2;
    snapshot.generation = 7;
    memset(slas, 0, sizeof slas);
    snapshot.config.slas = slas;
    snapshot.config.n_slas = 0;
    snapshot.config.limits.connections = 200;
    admin = (struct weir_admin){.spool = (void *)&admin,
                                .forward = (void *)&admin,
                                .current = (void *)&admin,
                                .started_ms = weir_wall_ms() - 5000};
    accept_header = "";
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    assert_int_equal(open_readers, 0);
    weir_metrics_destroy();
    weir_arena_destroy(&arena);
    return 0;
}

/* What listen does: finds the route, calls it, lets the spool carry out what
 * it asks for. */
static struct weir_http_answer answer;
static struct weir_dead_op *order; /* what was asked for */
static size_t order_result;        /* how many it is to have done */

static const struct weir_route *route_of(const char *method, const char *path, char *ret_param)
{
    for (const struct weir_route *r = weir_admin_routes(); r->path != NULL; r++) {
        char form[128];

        snprintf(form, sizeof form, "%s", r->path);
        char *hole = strstr(form, "{}");
        *ret_param = '\0';
        if (hole != NULL) {
            const char *rest = path + (hole - form);
            size_t n = strcspn(rest, "/");

            if (strncmp(path, form, (size_t)(hole - form)) != 0 || strcmp(rest + n, hole + 2) != 0)
                continue;
            snprintf(ret_param, 64, "%.*s", (int)n, rest);
        } else if (strcmp(form, path) != 0) {
            continue;
        }
        if (strcmp(r->methods, method) == 0)
            return r;
    }
    fail_msg("no route %s %s", method, path);
    return NULL;
}

static json_t *ask(const char *method, const char *path, const char *query, const char *body)
{
    char param[64];
    const struct weir_route *route = route_of(method, path, param);
    struct weir_http_request r = {.arena = &arena,
                                  .method = weir_str_of(method),
                                  .path = weir_str_of(path),
                                  .query = weir_str_of(query),
                                  .body = weir_str_of(body),
                                  .snapshot = &snapshot,
                                  .request_id = WEIR_S("r1")};

    r.params[0] = weir_str_of(param);
    answer = (struct weir_http_answer){.status = 0};
    order = NULL;
    route->handle(&admin, &r, &answer);
    if (answer.wait != NULL) {
        order = (struct weir_dead_op *)answer.wait;
        order->done = order_result;
        order->unknown = order->n > order_result ? order->n - order_result : 0;
        answer.resume(&admin, &r, &answer);
    }
    if (route->class == WEIR_ROUTE_METRICS)
        return NULL;
    assert_string_equal(answer.content_type, "application/json");
    json_t *o = json_loadb(answer.body.p, answer.body.n, 0, NULL);
    if (o == NULL)
        fail_msg("no JSON: %.*s", WEIR_FMT(answer.body));
    return o;
}

/* A value by a path such as "data.0.id", borrowed. */
static json_t *at(json_t *o, const char *path)
{
    char part[64];

    while (o != NULL && *path != '\0') {
        size_t n = strcspn(path, ".");

        snprintf(part, sizeof part, "%.*s", (int)n, path);
        o = json_is_array(o) ? json_array_get(o, strtoul(part, NULL, 10))
                             : json_object_get(o, part);
        path += n + (path[n] == '.');
    }
    if (o == NULL)
        fail_msg("nothing at %s in %.*s", part, WEIR_FMT(answer.body));
    return o;
}

#define assert_text(o, path, text) assert_string_equal(json_string_value(at(o, path)), text)
#define assert_number(o, path, n) assert_int_equal(json_integer_value(at(o, path)), n)

/* ---- health -------------------------------------------------------------- */

static void health_says_alive_whatever_else_is(void **state)
{
    (void)state;
    atomic_store(&admin.draining, true);
    writable = false;
    for (int i = 0; i < 2; i++) {
        json_t *o = ask("GET", i == 0 ? "/health" : "/health/live", "", "");

        assert_int_equal(answer.status, 200);
        assert_text(o, "status", "ok");
        json_decref(o);
    }
}

static void assert_ready(int status, const char *reason)
{
    json_t *o = ask("GET", "/health/ready", "", "");

    assert_int_equal(answer.status, status);
    if (reason != NULL)
        assert_text(o, "reason", reason);
    json_decref(o);
    o = ask("GET", "/health/detailed", "", "");
    assert_int_equal(answer.status, status);
    json_decref(o);
}

static void ready_is_503_while_nothing_can_be_taken(void **state)
{
    (void)state;
    assert_ready(200, NULL);
    atomic_store(&admin.starting, true);
    assert_ready(503, "starting");
    atomic_store(&admin.starting, false);
    atomic_store(&admin.draining, true);
    assert_ready(503, "draining");
    atomic_store(&admin.draining, false);
    writable = false;
    assert_ready(503, "spool unwritable");
    writable = true;
    full[destinations[0].slot] = true;
    assert_ready(200, NULL); /* the other one still takes */
    full[destinations[1].slot] = true;
    assert_ready(503, "spool full");
}

static void detailed_tells_what_is_wrong_with_which_destination(void **state)
{
    struct weir_forward_view *v = &views[destinations[0].slot];

    (void)state;
    v->breakers[0] = WEIR_BREAKER_OPEN;
    v->last_status = 503;
    weir_observe(weir_metric_of(WEIR_M_FORWARD, "main", "503", NULL), 0.2, WEIR_S(""));
    weir_observe(weir_metric_of(WEIR_M_FORWARD, "main", "200", NULL), 0.1, WEIR_S(""));
    views[destinations[1].slot].blocked = true;
    json_t *o = ask("GET", "/health/detailed", "", "");
    assert_int_equal(answer.status, 200);
    assert_text(o, "status", "degraded");
    assert_text(o, "checks.0.kind", "spool");
    assert_text(o, "checks.0.status", "ok");
    assert_number(o, "checks.0.latency_ms", 3);
    assert_text(o, "checks.1.name", "main");
    assert_text(o, "checks.1.status", "degraded");
    assert_true(json_real_value(at(o, "checks.1.latency_ms")) > 149.9 &&
                json_real_value(at(o, "checks.1.latency_ms")) < 150.1);
    assert_text(o, "checks.1.forward.breakers.0.state", "open");
    assert_text(o, "checks.1.forward.breakers.0.endpoint", "https://a.example");
    assert_text(o, "checks.1.forward.breakers.1.state", "closed");
    assert_number(o, "checks.1.forward.last_status", 503);
    assert_text(o, "checks.2.status", "down");
    assert_true(json_is_true(at(o, "checks.2.forward.blocked")));
    assert_true(json_is_null(at(o, "checks.2.latency_ms")));
    json_decref(o);
    v->breakers[1] = WEIR_BREAKER_OPEN;
    o = ask("GET", "/health/detailed", "", "");
    assert_text(o, "checks.1.status", "down");
    json_decref(o);
}

/* ---- status -------------------------------------------------------------- */

static void status_shows_both_sides_and_the_difference(void **state)
{
    (void)state;
    n_ledgers = 2;
    ledgers[0] = (struct weir_ledger){.destination = WEIR_S("main"),
                                      .count = {20, 1, 2, 3, 4, 5, 0, 2},
                                      .spooled = 4,
                                      .staged = 1,
                                      .ready = 2,
                                      .waiting = 1,
                                      .bytes = 1234,
                                      .oldest_ms = weir_wall_ms() - 9500,
                                      .difference = -1};
    ledgers[1] = (struct weir_ledger){.destination = WEIR_S("long gone")};
    views[destinations[0].slot].sending = 2;
    json_t *o = ask("GET", "/api/v1/status", "", "");
    assert_int_equal(answer.status, 200);
    assert_text(o, "data.state", "running");
    assert_number(o, "data.config_generation", 7);
    assert_true(json_integer_value(at(o, "data.uptime_seconds")) >= 5);
    assert_text(o, "data.destinations.0.name", "main");
    static const char *const names[] = {"accepted",  "forwarded", "filtered", "sampled",
                                        "collapsed", "expired",   "dropped",  "dead"};
    for (size_t i = 0; i < COUNT(names); i++) {
        char path[64];

        snprintf(path, sizeof path, "data.destinations.0.ledger.%s", names[i]);
        assert_number(o, path, ledgers[0].count[i]);
    }
    assert_number(o, "data.destinations.0.ledger.spooled", 4);
    assert_number(o, "data.destinations.0.ledger.difference", -1);
    assert_number(o, "data.destinations.0.spool.oldest_seconds", 9);
    assert_number(o, "data.destinations.0.spool.bytes", 1234);
    assert_number(o, "data.destinations.0.forward.sending", 2);
    assert_true(json_is_false(at(o, "data.destinations.1.configured")));
    assert_text(o, "data.destinations.2.name", "a&b ä"); /* nothing sent yet */
    assert_number(o, "data.destinations.2.ledger.accepted", 0);
    assert_text(o, "meta.requestId", "r1");
    json_decref(o);
    unreadable = true;
    json_decref(ask("GET", "/api/v1/status", "", ""));
    assert_int_equal(answer.status, 503);
}

/* ---- dead letters -------------------------------------------------------- */

static void add_letter(int64_t id, int destination)
{
    static const char items[] = "{\"type\":\"event\"}\n{\"message\":\"\xff caf\xc3\xa9\"}\n";
    unsigned slot = destinations[destination].slot;

    letters[n_letters++] = (struct weir_spool_row){
        .id = id,
        .slot = slot,
        .state = WEIR_ROW_DEAD,
        .attempts = 3,
        .last_status = 400,
        .last_answer = WEIR_S("{\"detail\":\"no \xc3\"}"),
        .reason = WEIR_S("rejected"),
        .dead_ms = 1700000000000,
        .stored_bytes = 99,
        .delivery = {.type = WEIR_ITEM_EVENT,
                     .project = WEIR_S("42"),
                     .event_id = WEIR_S("9ec79c33ec9942ab8353589fcb2e04dc"),
                     .header = WEIR_S("{\"event_id\":\"9ec79c33ec9942ab8353589fcb2e04dc\"}"),
                     .encoding = WEIR_NO_COMPRESSION,
                     .items = {items, sizeof items - 1},
                     .raw_bytes = sizeof items - 1,
                     .received_ms = 1699999999000}};
    gauges[slot].rows[WEIR_ROW_DEAD]++;
}

static void letters_are_listed_in_pages_that_lead_to_one_another(void **state)
{
    (void)state;
    for (int i = 1; i <= 5; i++)
        add_letter(i * 10, i == 3 ? 1 : 0);
    json_t *o = ask("GET", "/api/v1/dead-letters", "limit=2", "");
    assert_int_equal(answer.status, 200);
    assert_int_equal(json_array_size(at(o, "data")), 2);
    assert_number(o, "data.0.id", 10);
    assert_text(o, "data.0.destination", "main");
    assert_text(o, "data.0.event_id", "9ec79c33ec9942ab8353589fcb2e04dc");
    assert_text(o, "data.0.type", "event");
    assert_number(o, "data.0.status", 400);
    assert_number(o, "data.0.attempts", 3);
    assert_text(o, "data.0.answer", "{\"detail\":\"no \xef\xbf\xbd\"}");
    assert_text(o, "data.0.died", "2023-11-14T22:13:20.000Z");
    assert_number(o, "meta.total", 5);
    assert_text(o, "links.next", "/api/v1/dead-letters?after=20&limit=2");
    json_decref(o);
    o = ask("GET", "/api/v1/dead-letters", "after=20&limit=3", "");
    assert_int_equal(json_array_size(at(o, "data")), 3);
    assert_null(json_object_get(at(o, "links"), "next")); /* just the last ones */
    json_decref(o);
    o = ask("GET", "/api/v1/dead-letters", "page%5Bafter%5D=50&page[limit]=1", "");
    assert_int_equal(json_array_size(at(o, "data")), 0);
    json_decref(o);
}

static void letters_of_one_destination_are_listed_by_its_name(void **state)
{
    (void)state;
    add_letter(1, 0);
    add_letter(2, 1);
    add_letter(3, 1);
    json_t *o = ask("GET", "/api/v1/dead-letters", "destination=a%26b+%C3%A4&limit=1", "");
    assert_number(o, "data.0.id", 2);
    assert_number(o, "meta.total", 2);
    assert_text(o, "links.next", "/api/v1/dead-letters?after=2&limit=1&destination=a%26b%20%C3%A4");
    json_decref(o);
    json_decref(ask("GET", "/api/v1/dead-letters", "destination=nobody", ""));
    assert_int_equal(answer.status, 404);
}

static void odd_pages_are_refused(void **state)
{
    static const char *const bad[] = {"limit=0", "limit=501", "limit=x", "after=-1",
                                      "after=99999999999999999999"};

    (void)state;
    for (size_t i = 0; i < COUNT(bad); i++) {
        json_decref(ask("GET", "/api/v1/dead-letters", bad[i], ""));
        assert_int_equal(answer.status, 400);
    }
}

static void one_letter_is_shown_with_its_items(void **state)
{
    (void)state;
    add_letter(7, 0);
    letters[0].state = WEIR_ROW_READY; /* alive for this destination, */
    add_letter(7, 1);                  /* dead for that one */
    json_t *o = ask("GET", "/api/v1/dead-letters/7", "", "");
    assert_int_equal(answer.status, 200);
    assert_text(o, "data.destination", "a&b ä");
    assert_text(o, "data.header", "{\"event_id\":\"9ec79c33ec9942ab8353589fcb2e04dc\"}");
    assert_text(o, "data.items",
                "{\"type\":\"event\"}\n{\"message\":\"\xef\xbf\xbd caf\xc3\xa9\"}\n");
    json_decref(o);
    static const char *const unknown[] = {"/api/v1/dead-letters/8", "/api/v1/dead-letters/x",
                                          "/api/v1/dead-letters/0",
                                          "/api/v1/dead-letters/99999999999999999999"};
    for (size_t i = 0; i < COUNT(unknown); i++) {
        json_decref(ask("GET", unknown[i], "", ""));
        assert_int_equal(answer.status, 404);
    }
    json_decref(ask("GET", "/api/v1/dead-letters/7", "destination=main", ""));
    assert_int_equal(answer.status, 404);
}

static void orders_reach_the_spool_as_they_were_given(void **state)
{
    (void)state;
    order_result = 2;
    json_t *o = ask("POST", "/api/v1/dead-letters/redrive", "",
                    "{\"ids\":[5,\"9007199254740993\"],\"destination\":\"main\"}");
    assert_int_equal(answer.status, 200);
    assert_int_equal(order->op.kind, WEIR_OP_REDRIVE);
    assert_int_equal(order->n, 2);
    assert_true(order->ids[0] == 5 && order->ids[1] == INT64_C(9007199254740993));
    assert_int_equal(order->slot, destinations[0].slot);
    assert_number(o, "data.redriven", 2);
    assert_null(json_object_get(json_object_get(o, "data"), "unknown"));
    json_decref(o);
    o = ask("POST", "/api/v1/dead-letters/redrive", "", "{\"ids\":[5,6,7]}");
    assert_number(o, "data.redriven", 2);
    assert_number(o, "data.unknown", 1);
    json_decref(o);
    o = ask("DELETE", "/api/v1/dead-letters", "", "{\"all\":true}");
    assert_int_equal(order->op.kind, WEIR_OP_DROP);
    assert_int_equal(order->n, 0);
    assert_int_equal(order->slot, -1);
    assert_number(o, "data.dropped", 2);
    json_decref(o);
    json_decref(ask("DELETE", "/api/v1/dead-letters/6", "destination=a%26b+%C3%A4", ""));
    assert_int_equal(order->op.kind, WEIR_OP_DROP);
    assert_int_equal(order->n, 1);
    assert_int_equal(order->ids[0], 6);
    assert_int_equal(order->slot, destinations[1].slot);
    json_decref(ask("POST", "/api/v1/dead-letters/6/redrive", "", ""));
    assert_int_equal(order->op.kind, WEIR_OP_REDRIVE);
    assert_int_equal(order->ids[0], 6);
    order_result = 0;
    json_decref(ask("POST", "/api/v1/dead-letters/6/redrive", "", ""));
    assert_int_equal(answer.status, 404);
}

/* The spool takes no ids for all of them: a mistake must not become that. */
static void an_order_that_is_not_clear_never_reaches_the_spool(void **state)
{
    static const char *const bad[] = {
        "",
        "{}",
        "[]",
        "null",
        "{\"ids\":[]}",
        "{\"ids\":null}",
        "{\"ids\":5}",
        "{\"ids\":[0]}",
        "{\"ids\":[-1]}",
        "{\"ids\":[1.5]}",
        "{\"ids\":[\"x\"]}",
        "{\"ids\":[\"\"]}",
        "{\"ids\":[1,null]}",
        "{\"all\":false}",
        "{\"all\":\"true\"}",
        "{\"all\":1}",
        "{\"all\":true,\"ids\":[1]}",
        "{\"all\":true,\"destination\":5}",
        "{\"all\":true,\"all\":false}",
        "{\"ids\":[1]",
    };

    (void)state;
    for (size_t i = 0; i < COUNT(bad); i++) {
        for (int k = 0; k < 2; k++) {
            json_decref(k == 0 ? ask("POST", "/api/v1/dead-letters/redrive", "", bad[i])
                               : ask("DELETE", "/api/v1/dead-letters", "", bad[i]));
            if (order != NULL || answer.status != 400)
                fail_msg("%s was taken", bad[i]);
        }
    }
    json_decref(
        ask("DELETE", "/api/v1/dead-letters", "", "{\"all\":true,\"destination\":\"nobody\"}"));
    assert_null(order);
    assert_int_equal(answer.status, 404);
}

static void detailed_health_shows_every_dependency_that_is_checked(void **state)
{
    json_t *o;

    (void)state;
    admin.checks = (void *)&admin;
    dependencies[0] = (struct weir_check_view){.kind = WEIR_CHECK_API,
                                               .name = WEIR_S("https://a/health"),
                                               .known = true,
                                               .seconds = 5,
                                               .checked_ms = 1700000060000,
                                               .last_error = "timeout",
                                               .error_ms = 1700000060000};
    dependencies[1] = (struct weir_check_view){.kind = WEIR_CHECK_QUEUE, .name = WEIR_S("spool")};
    o = ask("GET", "/health/detailed", "", "");
    assert_int_equal(answer.status, 200);
    assert_string_equal(json_string_value(at(o, "status")), "degraded");
    assert_string_equal(json_string_value(at(o, "checks.3.kind")), "external_api");
    assert_string_equal(json_string_value(at(o, "checks.3.name")), "https://a/health");
    assert_string_equal(json_string_value(at(o, "checks.3.status")), "down");
    assert_float_equal(json_number_value(at(o, "checks.3.latency_ms")), 5000, 1e-6);
    assert_string_equal(json_string_value(at(o, "checks.3.last_check")),
                        "2023-11-14T22:14:20.000Z");
    assert_string_equal(json_string_value(at(o, "checks.3.last_error")), "timeout");
    assert_string_equal(json_string_value(at(o, "checks.4.status")), "unknown");
    assert_true(json_is_null(at(o, "checks.4.last_error")));
    json_decref(o);
    dependencies[0].up = true;
    o = ask("GET", "/health/detailed", "", "");
    assert_string_equal(json_string_value(at(o, "status")), "ok");
    json_decref(o);
}

/* ---- metrics ------------------------------------------------------------- */

static bool shown(const char *line)
{
    char with_breaks[512];

    snprintf(with_breaks, sizeof with_breaks, "\n%s\n", line);
    accept_header = "";
    (void)ask("GET", "/metrics", "", "");
    assert_int_equal(answer.status, 200);
    return weir_str_find(answer.body, weir_str_of(with_breaks)) != SIZE_MAX;
}

static void gauges_show_the_spool_the_breakers_and_the_process(void **state)
{
    unsigned slot = destinations[0].slot;

    (void)state;
    weir_admin_collect(&admin);
    gauges[slot] = (struct weir_spool_gauges){
        .rows = {1, 10, 5, 2}, .bytes = {100, 1000, 500, 200}, .oldest_ms = weir_wall_ms() + 60000};
    views[slot].sending = 12; /* ten ready ones and two that waited */
    views[slot].breakers[1] = WEIR_BREAKER_HALF_OPEN;
    views[slot].blocked = true;
    assert_true(shown("weir_spool_events{destination=\"main\",state=\"staged\"} 1"));
    assert_true(shown("weir_spool_events{destination=\"main\",state=\"ready\"} 0"));
    assert_true(shown("weir_spool_events{destination=\"main\",state=\"waiting\"} 3"));
    assert_true(shown("weir_spool_events{destination=\"main\",state=\"sending\"} 12"));
    assert_true(shown("weir_spool_events{destination=\"main\",state=\"dead\"} 2"));
    assert_true(shown("weir_spool_bytes{destination=\"main\",state=\"dead\"} 200"));
    assert_true(shown("weir_spool_oldest_seconds{destination=\"main\"} 0")); /* clock went back */
    assert_true(shown("weir_destination_blocked{destination=\"main\"} 1"));
    assert_true(shown("weir_breaker_state{destination=\"main\",endpoint=\"https://b.example\","
                      "state=\"half_open\"} 1"));
    assert_true(shown("weir_breaker_state{destination=\"main\",endpoint=\"https://a.example\","
                      "state=\"half_open\"} 0"));
    assert_true(shown("circuit_breaker_state{service=\"main\",state=\"half_open\"} 1"));
    assert_true(shown("circuit_breaker_state{service=\"main\",state=\"closed\"} 0"));
    assert_true(shown("weir_log_lines_total{level=\"error\"} 0"));
    assert_true(shown("process_threads 1"));
    assert_false(shown("process_open_fds 0"));
    assert_false(shown("process_resident_memory_bytes 0"));
}

static void a_destination_that_a_reload_took_away_is_shown_no_more(void **state)
{
    (void)state;
    weir_admin_collect(&admin);
    gauges[destinations[1].slot].rows[WEIR_ROW_READY] = 1;
    assert_true(shown("weir_destination_blocked{destination=\"a&b ä\"} 0"));
    assert_true(shown("weir_spool_events{destination=\"a&b ä\",state=\"ready\"} 1"));
    snapshot.config.n_destinations = 1;
    snapshot.generation++;
    assert_true(shown("weir_destination_blocked{destination=\"main\"} 0"));
    assert_false(shown("weir_destination_blocked{destination=\"a&b ä\"} 0"));
    /* what it left in the spool still is */
    assert_true(shown("weir_spool_events{destination=\"a&b ä\",state=\"ready\"} 1"));
}

static void gauges_show_the_targets_of_slas_and_follow_reloads(void **state)
{
    (void)state;
    slas[0] = (struct weir_sla){
        .service = WEIR_S("payment"), .availability = 0.999, .p99_ms = 2000, .error_rate = 0.001};
    slas[1] = (struct weir_sla){.service = WEIR_S("mail"), .p99_ms = 500};
    snapshot.config.n_slas = 2;
    weir_admin_collect(&admin);
    assert_true(shown(
        "integration_sla_target_ratio{service=\"payment\",objective=\"availability\"} 0.999"));
    assert_true(
        shown("integration_sla_target_ratio{service=\"payment\",objective=\"error_rate\"} 0.001"));
    assert_true(
        shown("integration_sla_latency_target_ms{service=\"payment\",objective=\"p99\"} 2000"));
    assert_true(shown("integration_sla_latency_target_ms{service=\"mail\",objective=\"p99\"} 500"));
    assert_false(
        shown("integration_sla_target_ratio{service=\"mail\",objective=\"error_rate\"} 0"));
    snapshot.config.n_slas = 1;
    slas[0].p99_ms = 100;
    snapshot.generation++;
    assert_true(
        shown("integration_sla_latency_target_ms{service=\"payment\",objective=\"p99\"} 100"));
    assert_false(
        shown("integration_sla_latency_target_ms{service=\"mail\",objective=\"p99\"} 500"));
}

static void gauges_show_what_utilisation_is_measured_by(void **state)
{
    (void)state;
    destinations[0].max_bytes = 1 << 20;
    weir_admin_collect(&admin);
    assert_true(shown("weir_spool_max_bytes{destination=\"main\"} 1048576"));
    assert_true(shown("weir_spool_queue_operations 17"));
    assert_true(shown("weir_spool_queue_max_operations 1024"));
    assert_true(shown("weir_http_max_connections 200"));
    assert_false(shown("weir_cpu_cores 0"));
}

static void metrics_are_answered_in_the_form_that_is_asked_for(void **state)
{
    (void)state;
    (void)ask("GET", "/metrics", "", "");
    assert_non_null(strstr(answer.content_type, "0.0.4"));
    accept_header = "application/openmetrics-text";
    (void)ask("GET", "/metrics", "", "");
    assert_non_null(strstr(answer.content_type, "openmetrics"));
    assert_true(weir_str_ends(answer.body, WEIR_S("\n# EOF\n")));
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(health_says_alive_whatever_else_is),
        T(ready_is_503_while_nothing_can_be_taken),
        T(detailed_tells_what_is_wrong_with_which_destination),
        T(status_shows_both_sides_and_the_difference),
        T(letters_are_listed_in_pages_that_lead_to_one_another),
        T(letters_of_one_destination_are_listed_by_its_name),
        T(odd_pages_are_refused),
        T(one_letter_is_shown_with_its_items),
        T(orders_reach_the_spool_as_they_were_given),
        T(an_order_that_is_not_clear_never_reaches_the_spool),
        T(detailed_health_shows_every_dependency_that_is_checked),
        T(gauges_show_the_spool_the_breakers_and_the_process),
        T(a_destination_that_a_reload_took_away_is_shown_no_more),
        T(gauges_show_the_targets_of_slas_and_follow_reloads),
        T(gauges_show_what_utilisation_is_measured_by),
        T(metrics_are_answered_in_the_form_that_is_asked_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
