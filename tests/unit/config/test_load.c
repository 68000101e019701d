/* test_load.c - text to snapshot: defaults, values, what follows from them. */
#include "support.h"

#include "fake_scrub.h"

#include <arpa/inet.h>

static void an_empty_file_runs_with_the_contracts_defaults(void **state)
{
    struct loading t;
    const struct weir_config *c;

    (void)state;
    load_text(&t, "", NULL);
    assert_non_null(t.snapshot);
    c = &t.snapshot->config;
    assert_str(c->listen_http.text, "127.0.0.1:8137");
    assert_true(c->listen_http.loopback);
    assert_int_equal(ntohs(((const struct sockaddr_in *)&c->listen_udp.sa)->sin_port), 8137);
    assert_int_equal(c->listen_admin.text.n, 0);
    assert_false(c->listen_open);
    assert_str(c->tagging.environment, "production");
    assert_int_equal(c->n_projects, 0);
    assert_non_null(c->any_project);
    assert_non_null(c->any_project->plan);
    assert_int_equal(c->any_project->n_destinations, 1);
    assert_true(c->any_project->sample_errors == 1.0);
    assert_str(c->any_project->tagging.environment, "production");
    assert_str(c->default_project, "1");
    assert_int_equal(c->n_destinations, 1);
    assert_str(c->destinations[0].name, "main");
    assert_false(c->destinations[0].has_dsn);
    assert_int_equal(c->destinations[0].timeout_ms, 15000);
    assert_int_equal(c->destinations[0].connections, 8);
    assert_int_equal(c->destinations[0].compression, WEIR_GZIP);
    assert_int_equal(c->destinations[0].retry.initial_ms, 100);
    assert_int_equal(c->destinations[0].retry.max_ms, 30000);
    assert_true(c->destinations[0].retry.factor == 2);
    assert_true(c->destinations[0].retry.jitter);
    assert_int_equal(c->destinations[0].breaker.failures, 5);
    assert_true(c->destinations[0].breaker.error_rate == 0.5);
    assert_int_equal(c->destinations[0].max_bytes, 1 << 30);
    assert_false(c->destinations[0].pass_on);
    assert_false(c->spool_memory);
    assert_true(c->durability_commit);
    assert_int_equal(c->spool_ttl_ms, 86400000);
    assert_false(c->drop_oldest);
    assert_int_equal(c->n_latency_buckets, 12);
    assert_int_equal(c->max_series, 5000);
    assert_int_equal(c->limits.envelope, 200 << 20);
    assert_int_equal(c->limits.items, 500);
    assert_int_equal(c->limits.header_timeout_ms, 10000);
    assert_int_equal(c->hash_key.n, 64);
    assert_int_equal(t.errors.n_fatal, 0);
    assert_true(has_mistake(&t, "destination 'main' has no dsn"));
    unload(&t);
    assert_int_equal(fake_plans, 0);
    assert_int_equal(fake_rulesets, 0);
}

static void weir_dsn_is_used_by_the_default_destination(void **state)
{
    char *const variables[] = {"WEIR_DSN=https://abc:secret@[::1]:9000/pre/fix/42", NULL};
    const struct weir_destination *d;
    struct loading t;

    (void)state;
    load_text(&t, "", variables);
    assert_non_null(t.snapshot);
    d = &t.snapshot->config.destinations[0];
    assert_true(d->has_dsn);
    assert_str(d->dsn.key, "abc");
    assert_str(d->dsn.host, "[::1]:9000");
    assert_str(d->dsn.prefix, "/pre/fix");
    assert_str(d->dsn.project, "42");
    assert_int_equal(d->n_endpoints, 1);
    assert_str(d->endpoints[0].origin, "https://[::1]:9000/pre/fix");
    assert_int_equal(t.errors.n, 0);
    unload(&t);
}

static void variables_override_single_keys(void **state)
{
    char *const variables[] = {
        "WEIR_LISTEN_HTTP=127.0.0.1:0", "WEIR_LISTEN_UDP=",      "WEIR_SPOOL_TTL=5m",
        "WEIR_RELEASE=a${b}",           "WEIR_DSN=http://k@h/1", NULL};
    struct loading t;

    (void)state;
    load_text(&t, "listen: {http: ':1'}\nspool:\n", variables);
    assert_non_null(t.snapshot);
    assert_str(t.snapshot->config.listen_http.text, "127.0.0.1:0");
    assert_int_equal(t.snapshot->config.listen_udp.text.n, 0);
    assert_int_equal(t.snapshot->config.spool_ttl_ms, 300000);
    assert_str(t.snapshot->config.tagging.release, "a${b}");
    unload(&t);
}

static void a_project_overrides_the_top_level_and_keeps_the_rest(void **state)
{
    struct loading t;
    const struct weir_project *p;

    (void)state;
    load_text(&t,
              "environment: live\nrelease: r1\ntags: {a: '1', b: '2'}\n"
              "projects:\n"
              "- {id: '9', keys: [k1, k2], environment: staging, tags: {b: '3', c: '4'}}\n"
              "- {id: 42, keys: [x], rate_limit: {per_second: 5}, sample: {traces: 25%}}\n"
              "destinations: [{name: one, dsn: 'http://k@h/1'}]\n",
              NULL);
    assert_non_null(t.snapshot);
    assert_null(t.snapshot->config.any_project);
    p = weir_config_project(&t.snapshot->config, WEIR_S("9"));
    assert_non_null(p);
    assert_str(p->tagging.environment, "staging");
    assert_str(p->tagging.release, "r1");
    assert_int_equal(p->tagging.n_tags, 3);
    assert_str(p->tagging.tags[0].value, "3");
    assert_str(p->tagging.tags[2].key, "a");
    p = weir_config_project(&t.snapshot->config, WEIR_S("42"));
    assert_true(p->sample_traces == 0.25);
    assert_true(p->rate_burst == 5);
    assert_int_equal(p->slot, 1);
    assert_null(weir_config_project(&t.snapshot->config, WEIR_S("7")));
    assert_int_equal(fake_plans, 1);
    unload(&t);
}

/* Every allocation comes from the arena, so each cap fails another one. */
static void memory_that_runs_out_anywhere_refuses_the_file(void **state)
{
    static const char yaml[] =
        "environment: ${A:-b}\ntags: {a: b, c: d}\nlisten: {udp_allow: [10.0.0.0/8]}\n"
        "projects: [{id: '1', keys: [k, l, m], tags: {e: f}, filters: {messages: ['*x*']}},\n"
        "  {id: '2', keys: [k], rulesets: []}]\n"
        "destinations: [{name: main, dsn: 'http://k@h/1', endpoints: ['http://i']}, {name: b}]\n"
        "scrub: {shadow: [default]}\nunknown: 1\n";
    char *const variables[] = {"WEIR_SPOOL_TTL=${1h", "WEIR_QQ=1", NULL};
    /* Cut before the unknown key: this one is good. */
    size_t good = strlen(yaml) - strlen("unknown: 1\n");
    size_t refused = 0, cap = 4096;

    (void)state;
    for (bool done = false; !done; cap += 211) {
        struct loading t;
        struct weir_load_options o = {.text = {yaml, cap % 2 == 0 ? good : strlen(yaml)},
                                      .name = WEIR_S("f.yaml"),
                                      .variables = cap % 2 == 0 ? NULL : variables,
                                      .most_memory = cap};

        load_with(&t, &o);
        done = t.snapshot != NULL;
        refused += t.snapshot == NULL;
        assert_int_equal(t.snapshot == NULL, t.errors.n_fatal > 0);
        unload(&t);
        assert_int_equal(fake_plans, 0);
        assert_int_equal(fake_rulesets, 0);
        assert_true(cap < 1 << 20);
    }
    assert_true(refused > 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_empty_file_runs_with_the_contracts_defaults),
        cmocka_unit_test(weir_dsn_is_used_by_the_default_destination),
        cmocka_unit_test(variables_override_single_keys),
        cmocka_unit_test(a_project_overrides_the_top_level_and_keeps_the_rest),
        cmocka_unit_test(memory_that_runs_out_anywhere_refuses_the_file),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
