/* test_forwarder.c - the whole forwarder between a spool in memory and a
 * scripted backend on loopback. */
#include "unit.h"

#include "fake_spool.h"
#include "fake_backend.h"

#include "weir/limits.h"
#include "weir/log.h"

#include <curl/curl.h>

static struct backend backends[2];
static struct weir_forward *forward;
static struct weir_destination destinations[2][3]; /* by snapshot */
static struct weir_endpoint endpoints[2][3];
static char hosts[2][32], origins[2][48];

/* ---- the stage --------------------------------------------------------------- */

static struct weir_destination *destination(unsigned slot)
{
    return &destinations[fake.generation % 2][slot];
}

static void set_up_destination(unsigned slot)
{
    struct weir_destination *d = destination(slot);

    snprintf(hosts[slot], sizeof hosts[slot], "127.0.0.1:%u", backends[slot].port);
    snprintf(origins[slot], sizeof origins[slot], "http://%s", hosts[slot]);
    endpoints[slot][0] = (struct weir_endpoint){weir_str_of(origins[slot]), 1};
    *d = (struct weir_destination){
        .name = weir_destination_name(slot),
        .slot = slot,
        .has_dsn = true,
        .dsn =
            {WEIR_S("http"), WEIR_S("destkey"), weir_str_of(hosts[slot]), {NULL, 0}, WEIR_S("9")},
        .endpoints = endpoints[slot],
        .n_endpoints = 1,
        .timeout_ms = 2000,
        .connections = 4,
        .compression = WEIR_GZIP,
        .retry = {20, 200, 2, true},
        .dead_letter_after = 3,
        .breaker = {.failures = 1000, .window_ms = 10000, .open_ms = 300, .successes = 2}};
}

static int set_up(void **state)
{
    struct weir_config *c;
    (void)state;
    fake_reset();
    for (unsigned i = 0; i < 2; i++) {
        backends[i] = (struct backend){0};
        backend_start(&backends[i]);
        set_up_destination(i);
    }
    c = &fake_snapshot()->config;
    c->destinations = destination(0);
    c->n_destinations = 2;
    c->spool_ttl_ms = 3600 * 1000;
    fake_snapshot()->generation = fake.generation;
    return 0;
}

static void start(void)
{
    assert_int_equal(weir_forward_new(NULL, NULL, &forward), 0);
    assert_int_equal(weir_forward_start(forward), 0);
    weir_forward_wake(forward, 3);
}

static int tear_down(void **state)
{
    (void)state;
    if (forward != NULL) {
        weir_forward_stop(forward, 0);
        weir_forward_free(forward);
        forward = NULL;
    }
    for (unsigned i = 0; i < 2; i++) {
        backend_stop(&backends[i]);
        backend_free(&backends[i]);
    }
    weir_arena_destroy(&fake.arena);
    return 0;
}

static void fresh_stage(void)
{
    tear_down(NULL);
    set_up(NULL);
}

/* A reload: the next snapshot starts as a copy of this one. */
static struct weir_destination *next_snapshot(void)
{
    uint64_t now = fake.generation, next = now + 1;

    memcpy(destinations[next % 2], destinations[now % 2], sizeof destinations[0]);
    fake.snapshots[next % 2] = fake.snapshots[now % 2];
    fake.snapshots[next % 2].generation = next;
    fake.snapshots[next % 2].config.destinations = destinations[next % 2];
    return destinations[next % 2];
}

static void reload(void)
{
    fake.generation++;
    weir_forward_wake(forward, UINT64_MAX);
}

static void add_many(unsigned slot, size_t n)
{
    for (size_t i = 0; i < n; i++)
        fake_add(slot, WEIR_GZIP, "{\"message\":\"it happened\"}");
}

/* Waits until so many rows of the slot are in that state. */
static bool comes_to(enum fake_state state, unsigned slot, size_t n, unsigned ms)
{
    for (unsigned i = 0; i < ms / 5; i++) {
        if (fake_count(state, slot) == n)
            return true;
        usleep(5000);
    }
    return false;
}

#define assert_comes_to(state, slot, n)                                   \
    do {                                                                  \
        if (!comes_to(state, slot, n, 15000))                             \
            fail_msg("%zu of %zu", fake_count(state, slot), (size_t)(n)); \
    } while (0)

static struct weir_forward_view look(unsigned slot)
{
    struct weir_forward_view v;

    weir_forward_look(forward, slot, &v);
    return v;
}

/* ---- what leaves ----------------------------------------------------------------- */

static void deliveries_arrive_whole_with_a_fresh_header(void **state)
{
    const struct request *r;
    char expect[512];
    (void)state;
    add_many(0, 1500);
    start();
    assert_comes_to(FAKE_FORWARDED, 0, 1500);
    assert_false(backends[0].undecodable); /* CRC32 and length of every member */
    assert_int_equal(backend_count(&backends[0]), 1500);
    assert_true(backends[0].accepted <= 4); /* kept alive */
    r = &backends[0].requests[0];
    assert_string_equal(r->path, "/api/9/envelope/");
    assert_non_null(strstr(r->auth, "Sentry sentry_version=7, sentry_client=weir/"));
    assert_non_null(strstr(r->auth, ", sentry_key=destkey"));
    assert_memory_equal(r->agent, "weir/", 5);
    snprintf(expect, sizeof expect, "{\"dsn\":\"http://destkey@%s/9\",\"sent_at\":\"20", hosts[0]);
    assert_memory_equal(r->body, expect, strlen(expect));
    snprintf(expect, sizeof expect,
             "\",\"event_id\":\"%032x\",\"trace\":{\"public_key\":\"x\"}}\n"
             "{\"type\":\"event\",\"length\":25}\n{\"message\":\"it happened\"}\n",
             (unsigned)r->number);
    assert_memory_equal(r->body + r->n - strlen(expect), expect, strlen(expect));
    assert_int_equal(fake_get(0).attempts, 1);
    assert_int_equal(look(0).last_status, 200);
    assert_true(look(0).last_success_ms > 0);
}

static void every_stored_encoding_reaches_every_destination(void **state)
{
    static const char *const names[] = {"gzip", "zstd", ""};
    (void)state;
    for (int want = WEIR_GZIP; want <= WEIR_NO_COMPRESSION; want++) {
        fresh_stage();
        destination(0)->compression = (enum weir_compression)want;
        for (int how = WEIR_GZIP; how <= WEIR_NO_COMPRESSION; how++)
            fake_add(0, (enum weir_compression)how, "{\"message\":\"it happened\"}");
        start();
        assert_comes_to(FAKE_FORWARDED, 0, 3);
        assert_false(backends[0].undecodable);
        for (size_t i = 0; i < 3; i++) {
            assert_string_equal(backends[0].requests[i].encoding, names[want]);
            assert_non_null(memmem(backends[0].requests[i].body, backends[0].requests[i].n,
                                   "}\n{\"type\":\"event\"", 16));
        }
    }
}

/* Writes a blob that goes on where the delivery's items end. */
static void give_blob(struct fake_row *r, enum weir_compression how, size_t bytes)
{
    struct weir_delivery rest = {0};
    char *text = weir_arena_alloc(&fake.arena, bytes);
    int fd;

    for (size_t i = 0; i < bytes; i++)
        text[i] = (char)('a' + i * i % 23);
    assert_int_equal(
        weir_delivery_encode(&r->d, &fake.arena, how, WEIR_S("{\"type\":\"x\"}\n"), true), 0);
    assert_int_equal(
        weir_delivery_encode(&rest, &fake.arena, how, (struct weir_str){text, bytes}, false), 0);
    snprintf(fake.blob_path, sizeof fake.blob_path, "/tmp/weir-test-blob-XXXXXX");
    fd = mkstemp(fake.blob_path);
    assert_int_equal(write(fd, rest.items.p, rest.items.n), rest.items.n);
    close(fd);
    r->d.blob = (struct weir_blob){"blob", rest.items.n, bytes, rest.crc};
}

static void blobs_are_streamed_in_their_encoding_or_decoded(void **state)
{
    static const size_t bytes = 3000000;
    (void)state;
    for (int how = WEIR_GZIP; how <= WEIR_NO_COMPRESSION; how++) {
        for (int want = WEIR_GZIP; want <= WEIR_NO_COMPRESSION; want++) {
            const struct request *r;

            fresh_stage();
            destination(0)->compression = (enum weir_compression)want;
            give_blob(fake_add(0, (enum weir_compression)how, "-"), (enum weir_compression)how,
                      bytes);
            start();
            assert_comes_to(FAKE_FORWARDED, 0, 1);
            r = &backends[0].requests[0];
            assert_false(backends[0].undecodable);
            assert_true(r->n > bytes + 13);
            assert_memory_equal(r->body + r->n - bytes - 13, "{\"type\":\"x\"}\n", 13);
            for (size_t i = 0; i < bytes; i++) {
                if (r->body[r->n - bytes + i] != (char)('a' + i * i % 23))
                    fail_msg("byte %zu of the blob differs", i);
            }
            unlink(fake.blob_path);
        }
    }
}

static void a_delivery_whose_blob_is_gone_is_a_dead_letter(void **state)
{
    (void)state;
    give_blob(fake_add(0, WEIR_GZIP, "-"), WEIR_GZIP, 100);
    unlink(fake.blob_path);
    add_many(0, 3);
    start();
    assert_comes_to(FAKE_FORWARDED, 0, 3);
    assert_comes_to(FAKE_DEAD, 0, 1);
    assert_string_equal(fake_get(0).reason, "damaged");
}

/* ---- failures ------------------------------------------------------------------ */

static void fail_first_attempts(struct backend *b, const struct request *r, struct reply *reply)
{
    (void)r;
    if (b->n < 5)
        reply->status = b->n % 2 == 0 ? 503 : 408;
}

static void failures_are_retried_with_the_same_id(void **state)
{
    uint32_t attempts = 0;
    (void)state;
    backends[0].script = fail_first_attempts;
    add_many(0, 3);
    start();
    assert_comes_to(FAKE_FORWARDED, 0, 3);
    assert_int_equal(backend_count(&backends[0]), 8);
    for (size_t i = 0; i < 3; i++)
        attempts += fake_get(i).attempts;
    assert_int_equal(attempts, 8);
    assert_int_equal(fake_errors("http_5xx") + fake_errors("http_4xx"), 5);
}

static void talk_nonsense(struct backend *b, const struct request *r, struct reply *reply)
{
    static const char *const nonsense[] = {"", "hello\r\n\r\n", "HTTP/1.1 2",
                                           "HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nshort",
                                           "HTTP/1.1 999 What\r\nContent-Length: 0\r\n\r\n"};
    (void)r;
    if (b->n < COUNT(nonsense))
        reply->raw = nonsense[b->n];
}

static void what_is_no_http_is_retried(void **state)
{
    (void)state;
    backends[0].script = talk_nonsense;
    add_many(0, 1);
    start();
    assert_comes_to(FAKE_FORWARDED, 0, 1);
    assert_int_equal(backend_count(&backends[0]), 6);
    assert_true(fake_errors("invalid_response") >= 2);
}

static void the_breaker_opens_in_an_outage_and_closes_after_it(void **state)
{
    (void)state;
    destination(0)->breaker.failures = 5;
    backend_stop(&backends[0]);
    add_many(0, 50);
    start();
    for (int i = 0; i < 400 && look(0).breakers[0] != WEIR_BREAKER_OPEN; i++)
        usleep(5000);
    assert_int_equal(look(0).breakers[0], WEIR_BREAKER_OPEN);
    usleep(700000); /* two probes or so, which spend no attempts */
    assert_true(fake.calls <= 5 + 4 + 4);
    backend_start(&backends[0]);
    assert_comes_to(FAKE_FORWARDED, 0, 50);
    assert_int_equal(fake_count(FAKE_DEAD, 0), 0);
    for (int i = 0; i < 400 && look(0).breakers[0] != WEIR_BREAKER_CLOSED; i++)
        usleep(5000);
    assert_int_equal(look(0).breakers[0], WEIR_BREAKER_CLOSED);
}

static void what_was_pressed_out_meanwhile_is_not_sent(void **state)
{
    (void)state;
    destination(0)->breaker.failures = 5;
    destination(0)->breaker.open_ms = 1300;
    backend_stop(&backends[0]);
    add_many(0, 600);
    start();
    while (look(0).breakers[0] != WEIR_BREAKER_OPEN)
        usleep(5000);
    pthread_mutex_lock(&fake.lock);
    for (size_t i = 50; i < 550; i++)
        fake.rows[i].state = FAKE_EXPIRED;
    fake.gone += 500;
    pthread_mutex_unlock(&fake.lock);
    backend_start(&backends[0]);
    assert_comes_to(FAKE_FORWARDED, 0, 100);
    assert_int_equal(backend_count(&backends[0]), 100);
}

static void refuse_poison(struct backend *b, const struct request *r, struct reply *reply)
{
    if (r->number % 10 == 3) {
        reply->status = b->knob;
        reply->body = "{\"detail\":\"no\"}";
    }
}

static void the_delivery_that_failed_last_is_no_probe_while_another_is_ready(void **state)
{
    (void)state;
    backends[0].script = refuse_poison;
    backends[0].knob = 500;
    destination(0)->connections = 1;
    destination(0)->breaker = (struct weir_breaker_config){
        .failures = 1, .window_ms = 10000, .open_ms = 300, .successes = 1};
    for (int i = 0; i < 5; i++) /* number 3 is poison and the oldest of ours */
        fake_add(i < 3 ? 2 : 0, WEIR_GZIP, "{}");
    start();
    assert_comes_to(FAKE_FORWARDED, 0, 1);
    pthread_mutex_lock(&backends[0].lock);
    assert_int_equal(backends[0].requests[0].number, 3);
    assert_int_equal(backends[0].requests[1].number, 4);
    pthread_mutex_unlock(&backends[0].lock);
}

static void endpoints_stand_in_for_each_other(void **state)
{
    struct weir_destination *d = destination(0);
    (void)state;
    endpoints[0][1] = (struct weir_endpoint){weir_str_of(origins[1]), 1};
    d->n_endpoints = 2;
    d->breaker.failures = 2;
    d->breaker.open_ms = 60000;
    backend_stop(&backends[0]);
    add_many(0, 40);
    start();
    assert_comes_to(FAKE_FORWARDED, 0, 40);
    assert_int_equal(backend_count(&backends[1]), 40);
    assert_int_equal(look(0).n_endpoints, 2);
    assert_int_equal(look(0).breakers[0], WEIR_BREAKER_OPEN);
    assert_int_equal(look(0).breakers[1], WEIR_BREAKER_CLOSED);
    backend_start(&backends[0]);
}

static void poison_is_a_dead_letter_after_its_attempts(void **state)
{
    (void)state;
    backends[0].script = refuse_poison;
    backends[0].knob = 500;
    add_many(0, 20);
    start();
    assert_comes_to(FAKE_FORWARDED, 0, 18);
    /* Nothing else was taken since: it might be an outage. */
    usleep(800000);
    assert_true(fake_count(FAKE_DEAD, 0) <= 2);
    add_many(0, 2);
    weir_forward_wake(forward, 1);
    assert_comes_to(FAKE_DEAD, 0, 2);
    assert_comes_to(FAKE_FORWARDED, 0, 20);
    assert_true(fake_get(3).attempts > 3);
    assert_string_equal(fake_get(3).reason, "attempts");
    assert_int_equal(fake_get(3).status, 500);
}

static void without_any_success_it_keeps_retrying(void **state)
{
    (void)state;
    backends[0].script = refuse_poison;
    backends[0].knob = 500;
    for (int i = 0; i < 4; i++)
        fake_add(i == 3 ? 0 : 2, WEIR_GZIP, "{}"); /* number 3 alone is ours */
    start();
    while (fake_get(3).attempts < 6)
        usleep(5000);
    assert_int_equal(fake_count(FAKE_DEAD, 0), 0);
}

static void rejected_deliveries_are_dead_at_once_with_the_answer(void **state)
{
    static const int statuses[] = {400, 413, 422, 415};
    (void)state;
    for (size_t i = 0; i < COUNT(statuses); i++) {
        fresh_stage();
        backends[0].script = refuse_poison;
        backends[0].knob = statuses[i];
        add_many(0, 10);
        start();
        assert_comes_to(FAKE_DEAD, 0, 1);
        assert_comes_to(FAKE_FORWARDED, 0, 9);
        assert_int_equal(fake_get(3).status, statuses[i]);
        assert_int_equal(fake_get(3).attempts, 1);
        assert_string_equal(fake_get(3).answer, "{\"detail\":\"no\"}");
        assert_string_equal(fake_get(3).reason, "rejected");
    }
}

static void answer_at_length(struct backend *b, const struct request *r, struct reply *reply)
{
    static char text[300000];

    (void)b;
    (void)r;
    memset(text, 'x', sizeof text - 1);
    reply->status = 400;
    reply->body = text;
}

static void of_a_long_answer_one_kibibyte_is_kept(void **state)
{
    (void)state;
    backends[0].script = answer_at_length;
    add_many(0, 1);
    start();
    assert_comes_to(FAKE_DEAD, 0, 1);
    assert_int_equal(strlen(fake_get(0).answer), 1024);
}

static void hang_always(struct backend *b, const struct request *r, struct reply *reply)
{
    (void)r;
    reply->delay_ms = b->knob;
}

static void a_hanging_destination_costs_the_other_nothing(void **state)
{
    uint64_t before = weir_mono_ms();
    (void)state;
    backends[0].script = hang_always;
    backends[0].knob = 100000;
    destination(0)->timeout_ms = 1500;
    add_many(0, 100);
    add_many(1, 500);
    start();
    assert_comes_to(FAKE_FORWARDED, 1, 500);
    assert_true(weir_mono_ms() - before < 1500);
    assert_int_equal(look(0).sending, 4);
    while (fake_errors("timeout") < 4)
        usleep(5000);
    assert_int_equal(fake_count(FAKE_FORWARDED, 0), 0);
}

/* ---- limits --------------------------------------------------------------------- */

static void limit_once(struct backend *b, const struct request *r, struct reply *reply)
{
    (void)r;
    if (b->n == 0) {
        reply->status = 429;
        reply->headers = "Retry-After: 1\r\n";
    }
}

static void a_429_waits_and_spends_no_attempt(void **state)
{
    uint64_t before = weir_mono_ms();
    (void)state;
    backends[0].script = limit_once;
    destination(0)->connections = 1;
    add_many(0, 3);
    start();
    assert_comes_to(FAKE_FORWARDED, 0, 3);
    assert_true(weir_mono_ms() - before >= 1000);
    assert_int_equal(backend_count(&backends[0]), 4);
    assert_int_equal(fake_get(0).attempts, 1);
    assert_int_equal(fake_get(0).n_settled, 1); /* it waited in the window */
}

static void limit_transactions(struct backend *b, const struct request *r, struct reply *reply)
{
    (void)r;
    if (b->n == 0)
        reply->headers = "X-Sentry-Rate-Limits: 1:session:key\r\n"
                         "X-Sentry-Rate-Limits: 2:transaction:key\r\n";
}

static void a_limited_category_lets_the_others_pass(void **state)
{
    (void)state;
    backends[0].script = limit_transactions;
    destination(0)->pass_on = true;
    add_many(0, 1);
    start();
    assert_comes_to(FAKE_FORWARDED, 0, 1);
    fake.category = WEIR_CAT_TRANSACTION;
    add_many(0, 700); /* more than the window holds */
    fake.category = WEIR_CAT_ERROR;
    add_many(0, 5);
    weir_forward_wake(forward, 1);
    assert_comes_to(FAKE_FORWARDED, 0, 6);
    assert_comes_to(FAKE_WAITING, 0, 700);
    assert_true(look(0).limited_until_ms > weir_mono_ms());
    assert_true(weir_limit_until(0, WEIR_CAT_TRANSACTION) > weir_mono_ms());
    assert_int_equal(weir_limit_until(0, WEIR_CAT_ERROR), 0);
    assert_comes_to(FAKE_FORWARDED, 0, 706);
}

/* ---- credentials ------------------------------------------------------------------ */

static void one_refused_delivery_is_dead_when_others_are_taken(void **state)
{
    (void)state;
    backends[0].script = refuse_poison;
    backends[0].knob = 403;
    add_many(0, 10);
    start();
    assert_comes_to(FAKE_FORWARDED, 0, 9);
    /* Those that went with it bear no witness; the next one does, and at once. */
    add_many(0, 1);
    weir_forward_wake(forward, 1);
    assert_comes_to(FAKE_DEAD, 0, 1);
    assert_string_equal(fake_get(3).reason, "refused");
    assert_string_equal(fake_get(3).answer, "{\"detail\":\"no\"}");
    assert_int_equal(fake_get(3).status, 403);
    assert_false(look(0).blocked);
}

static void refuse_all(struct backend *b, const struct request *r, struct reply *reply)
{
    if (b->knob != 0 && strstr(r->auth, "newkey") == NULL) {
        reply->status = b->knob;
        reply->headers = "Location: /elsewhere\r\n";
    }
}

static void refused_alike_it_is_blocked_and_recovers_by_itself(void **state)
{
    static const int statuses[] = {401, 301};
    (void)state;
    for (size_t i = 0; i < COUNT(statuses); i++) {
        size_t asked;

        fresh_stage();
        backends[0].script = refuse_all;
        backends[0].knob = statuses[i];
        add_many(0, 30);
        start();
        for (int k = 0; k < 400 && !look(0).blocked; k++)
            usleep(5000);
        assert_true(look(0).blocked);
        usleep(700000); /* open_ms is 300: two probes */
        asked = backend_count(&backends[0]);
        assert_in_range(asked, 2, 4 + 1 + 3);
        pthread_mutex_lock(&backends[0].lock);
        backends[0].knob = 0;
        pthread_mutex_unlock(&backends[0].lock);
        assert_comes_to(FAKE_FORWARDED, 0, 30);
        assert_false(look(0).blocked);
        assert_int_equal(fake_count(FAKE_DEAD, 0), 0);
    }
}

static void a_rotated_key_is_read_again_and_used(void **state)
{
    (void)state;
    backends[0].script = refuse_all;
    backends[0].knob = 401;
    fake.reread = "newkey";
    destination(0)->breaker.open_ms = 60000;
    add_many(0, 30);
    start();
    assert_comes_to(FAKE_FORWARDED, 0, 30);
    assert_int_equal(fake_count(FAKE_DEAD, 0), 0);
    assert_non_null(strstr(backends[0].requests[backend_count(&backends[0]) - 1].body,
                           "\"dsn\":\"http://newkey@"));
}

static void refuse_bad_key(struct backend *b, const struct request *r, struct reply *reply)
{
    (void)b;
    if (strstr(r->auth, "badkey") != NULL)
        reply->status = 403;
}

static void a_senders_wrong_key_holds_up_nobody_else(void **state)
{
    (void)state;
    backends[0].script = refuse_bad_key;
    destination(0)->dsn.key = WEIR_S("{key}");
    destination(0)->dsn.project = WEIR_S("{project}");
    for (int i = 0; i < 900; i++) {
        struct fake_row *r = fake_add(0, WEIR_GZIP, "{}");

        if (i < 600)
            r->d.key = WEIR_S("badkey");
        else if (i == 600)
            r->d.key = WEIR_S("no, key\r\n");
    }
    start();
    assert_comes_to(FAKE_FORWARDED, 0, 299);
    assert_true(look(0).blocked);
    assert_int_equal(fake_count(FAKE_DEAD, 0), 1); /* what is no key at all */
    assert_string_equal(fake_get(600).reason, "no_key");
    pthread_mutex_lock(&backends[0].lock);
    for (size_t i = 0; i < backends[0].n; i++)
        assert_string_equal(backends[0].requests[i].path, "/api/7/envelope/");
    pthread_mutex_unlock(&backends[0].lock);
}

/* ---- time, reload, end -------------------------------------------------------------- */

static void the_time_to_live_is_checked_before_sending(void **state)
{
    (void)state;
    add_many(0, 4);
    fake.rows[1].d.received_ms -= 3600 * 1000;
    start();
    assert_comes_to(FAKE_FORWARDED, 0, 3);
    assert_comes_to(FAKE_EXPIRED, 0, 1);
    assert_int_equal(backend_count(&backends[0]), 3);
    assert_string_equal(fake_get(1).reason, "ttl");
}

static void without_a_dsn_rows_stay_until_a_reload_brings_one(void **state)
{
    (void)state;
    destination(0)->has_dsn = false;
    add_many(0, 5);
    add_many(1, 5);
    start();
    assert_comes_to(FAKE_FORWARDED, 1, 5);
    assert_true(look(0).no_dsn);
    assert_int_equal(fake_count(FAKE_READY, 0), 5);
    next_snapshot()[0].has_dsn = true;
    reload();
    assert_comes_to(FAKE_FORWARDED, 0, 5);
    assert_false(look(0).no_dsn);
}

static void a_reload_changes_settings_and_keeps_what_is_held(void **state)
{
    struct weir_destination *next;
    (void)state;
    backends[0].script = hang_always;
    backends[0].knob = 300;
    add_many(0, 40);
    start();
    while (look(0).sending < 4)
        usleep(1000);
    next = next_snapshot();
    next[0].dsn.key = WEIR_S("otherkey");
    next[0].dsn.host = weir_str_of(hosts[1]);
    next[0].endpoints = endpoints[1];
    reload();
    assert_comes_to(FAKE_FORWARDED, 0, 40);
    assert_int_equal(backend_count(&backends[0]), 4); /* those under way end where they began */
    assert_int_equal(backend_count(&backends[1]), 36);
    assert_non_null(strstr(backends[1].requests[35].auth, "otherkey"));
}

static void rows_that_become_ready_behind_the_cursor_are_found(void **state)
{
    (void)state;
    add_many(0, 200);
    for (size_t i = 0; i < 200; i += 20) /* as joined or redriven ones */
        fake.rows[i].state = FAKE_DEAD;
    start();
    assert_comes_to(FAKE_FORWARDED, 0, 190);
    pthread_mutex_lock(&fake.lock);
    for (size_t i = 0; i < 200; i += 20)
        fake.rows[i].state = FAKE_READY;
    pthread_mutex_unlock(&fake.lock);
    weir_forward_wake(forward, 1);
    assert_comes_to(FAKE_FORWARDED, 0, 200);
    assert_int_equal(backend_count(&backends[0]), 200);
}

static void what_the_spool_could_not_write_is_not_sent_again(void **state)
{
    (void)state;
    fake.failing_commits = 3;
    add_many(0, 100);
    start();
    assert_comes_to(FAKE_FORWARDED, 0, 100);
    assert_int_equal(backend_count(&backends[0]), 100);
    for (size_t i = 0; i < 100; i++)
        assert_int_equal(fake_get(i).n_settled, 1);
}

static void stopping_lets_what_is_under_way_finish(void **state)
{
    (void)state;
    backends[0].script = hang_always;
    backends[0].knob = 300;
    add_many(0, 40);
    start();
    while (look(0).sending < 4)
        usleep(1000);
    weir_forward_stop(forward, 5000);
    assert_int_equal(fake_count(FAKE_FORWARDED, 0), 4);
    assert_int_equal(fake_count(FAKE_READY, 0), 36);
}

static void stopping_waits_no_longer_than_it_may(void **state)
{
    uint64_t before;
    (void)state;
    backends[0].script = hang_always;
    backends[0].knob = 100000;
    destination(0)->timeout_ms = 60000;
    add_many(0, 10);
    start();
    while (look(0).sending < 4)
        usleep(1000);
    before = weir_mono_ms();
    weir_forward_stop(forward, 200);
    assert_in_range(weir_mono_ms() - before, 150, 1500);
    assert_int_equal(fake_count(FAKE_READY, 0), 10);
}

static void what_weir_dropped_is_reported(void **state)
{
    (void)state;
    weir_report_add(0, WEIR_REPORT_SAMPLE_RATE, WEIR_CAT_TRANSACTION, 3);
    weir_report_add(0, WEIR_REPORT_CACHE_OVERFLOW, WEIR_CAT_ERROR, 2);
    start();
    weir_forward_stop(forward, 5000); /* the last one goes at the end */
    assert_int_equal(backend_count(&backends[0]), 1);
    backends[0].requests[0].body[backends[0].requests[0].n] = '\0';
    assert_non_null(
        strstr(backends[0].requests[0].body, "}\n{\"type\":\"client_report\",\"length\":"));
    assert_non_null(
        strstr(backends[0].requests[0].body,
               "\"discarded_events\":[{\"reason\":\"sample_rate\",\"category\":\"transaction\","
               "\"quantity\":3},{\"reason\":\"cache_overflow\",\"category\":\"error\","
               "\"quantity\":2}]}\n"));
    assert_int_equal(fake.calls, 0); /* outside of everything that counts deliveries */
}

#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(deliveries_arrive_whole_with_a_fresh_header),
        T(every_stored_encoding_reaches_every_destination),
        T(blobs_are_streamed_in_their_encoding_or_decoded),
        T(a_delivery_whose_blob_is_gone_is_a_dead_letter),
        T(failures_are_retried_with_the_same_id),
        T(what_is_no_http_is_retried),
        T(the_breaker_opens_in_an_outage_and_closes_after_it),
        T(what_was_pressed_out_meanwhile_is_not_sent),
        T(the_delivery_that_failed_last_is_no_probe_while_another_is_ready),
        T(endpoints_stand_in_for_each_other),
        T(poison_is_a_dead_letter_after_its_attempts),
        T(without_any_success_it_keeps_retrying),
        T(rejected_deliveries_are_dead_at_once_with_the_answer),
        T(of_a_long_answer_one_kibibyte_is_kept),
        T(a_hanging_destination_costs_the_other_nothing),
        T(a_429_waits_and_spends_no_attempt),
        T(a_limited_category_lets_the_others_pass),
        T(one_refused_delivery_is_dead_when_others_are_taken),
        T(refused_alike_it_is_blocked_and_recovers_by_itself),
        T(a_rotated_key_is_read_again_and_used),
        T(a_senders_wrong_key_holds_up_nobody_else),
        T(the_time_to_live_is_checked_before_sending),
        T(without_a_dsn_rows_stay_until_a_reload_brings_one),
        T(a_reload_changes_settings_and_keeps_what_is_held),
        T(rows_that_become_ready_behind_the_cursor_are_found),
        T(what_the_spool_could_not_write_is_not_sent_again),
        T(stopping_lets_what_is_under_way_finish),
        T(stopping_waits_no_longer_than_it_may),
        T(what_weir_dropped_is_reported),
    };
    /* Not through a proxy of the machine's environment. */
    setenv("no_proxy", "*", 1);
    curl_global_init(CURL_GLOBAL_DEFAULT);
    weir_log_setup(WEIR_LOG_LOGFMT, WEIR_ERROR);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
