/* test_dependencies.c - SLAs and health checks: conditions, URLs, mistakes. */
#include "support.h"

#include "fake_scrub.h"

#include "../unit.h"

static const struct weir_config *loaded(struct loading *t, const char *yaml)
{
    load_text(t, yaml, NULL);
    if (t->snapshot == NULL)
        fail_msg("refused: %s", mistake(t, 0));
    return &t->snapshot->config;
}

static void slas_are_read_with_their_units(void **state)
{
    struct loading t;
    const struct weir_config *c =
        loaded(&t, "slas:\n  - {service: payment, availability: 99.9%, p99: 2s, error_rate: 0.1%}\n"
                   "  - {service: mail, p99: 500ms}\n");

    (void)state;
    assert_int_equal(c->n_slas, 2);
    assert_str(c->slas[0].service, "payment");
    assert_float_equal(c->slas[0].availability, 0.999, 1e-9);
    assert_int_equal(c->slas[0].p99_ms, 2000);
    assert_float_equal(c->slas[0].error_rate, 0.001, 1e-9);
    assert_float_equal(c->slas[1].availability, 0, 0);
    unload(&t);
}

static void checks_become_one_list_named_for_labels(void **state)
{
    struct loading t;
    const struct weir_config *c = loaded(
        &t, "health_checks:\n"
            "  external_apis: [{url: \"https://me:secret@api.example.com:8443/health?key=s#f\"}]\n"
            "  internal_services: [{service: user, endpoint: \"http://user:8080\", interval: 2s}]\n"
            "  message_queues: [{check: \"queue_depth < 10\"}, {queue: \"spool:main\", "
            "check: \"dead_letters == 0\"}]\n");

    (void)state;
    assert_int_equal(c->n_health_checks, 4);
    assert_str(c->health_checks[0].name, "https://api.example.com:8443/health");
    assert_str(c->health_checks[0].url, "https://me:secret@api.example.com:8443/health?key=s#f");
    assert_int_equal(c->health_checks[0].interval_ms, 30000);
    assert_int_equal(c->health_checks[0].timeout_ms, 5000);
    assert_int_equal(c->health_checks[1].kind, WEIR_CHECK_SERVICE);
    assert_str(c->health_checks[1].name, "user");
    assert_int_equal(c->health_checks[1].interval_ms, 2000);
    assert_str(c->health_checks[2].name, "spool");
    assert_str(c->health_checks[3].name, "spool:main");
    unload(&t);
}

static void conditions_hold_as_they_are_written(void **state)
{
    /* depth 1000, age 5m, 1 MiB, 2 dead letters */
    static const uint64_t measures[] = {1000, 300000, 1 << 20, 2};
    static const struct {
        const char *text;
        bool holds;
    } cases[] = {
        {"queue_depth < 1000", false},
        {"queue_depth<1001", true},
        {"queue_depth <= 1000", true},
        {"queue_depth > 1000", false},
        {"queue_depth >= 1000", true},
        {"queue_depth == 1000", true},
        {"queue_depth != 1000", false},
        {"queue_age <= 5m", true},
        {"queue_age < 300s", false},
        {"queue_bytes == 1MiB", true},
        {"dead_letters == 0", false},
        {"queue_depth < 10 && dead_letters < 10", false},
        {"queue_depth < 10 || dead_letters < 10", true},
        {"queue_depth < 10 && dead_letters < 10 || queue_age > 1s", true},
        {"queue_age > 1s || queue_depth < 10 && dead_letters < 10", true},
        {"queue_depth < 10 || queue_age > 1s && dead_letters == 0", false},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        char yaml[256];
        struct loading t;
        const struct weir_config *c;

        snprintf(yaml, sizeof yaml, "health_checks: {message_queues: [{check: \"%s\"}]}",
                 cases[i].text);
        c = loaded(&t, yaml);
        if (weir_queue_check_holds(&c->health_checks[0].condition, measures) != cases[i].holds)
            fail_msg("%s", cases[i].text);
        unload(&t);
    }
}

static void mistakes_are_told_with_their_place(void **state)
{
    static const struct {
        const char *yaml, *mistake;
    } cases[] = {
        {"slas: [{availability: 99%}]", "1:8 an SLA needs a service, such as `service: payment`"},
        {"slas: [{service: a, availability: 100%}]",
         "1:35 availability must be under 100%: nothing could ever fail"},
        {"slas: [{service: a, availability: 99.9}]",
         "1:35 availability must be between 0 and 1, such as 0.25 or 25%, not '99.9'"},
        {"slas: [{service: a, p99: 1s}, {service: a, p99: 2s}]",
         "1:41 a second SLA of service 'a': put its targets into one"},
        {"slas: [{service: a, p95: 1s}]", "1:21 unknown key 'p95' in slas[], did you mean 'p99'?"},
        {"slas: [{service: a}]",
         "1:8 warning: the SLA has no target: add availability, p99 or error_rate"},
        {"slas: [{service: a, availability: 0%, error_rate: 0}]",
         "1:8 warning: the SLA has no target: add availability, p99 or error_rate"},
        {"slas: [{service: a, p99: 31s}]",
         "1:26 warning: p99 is over the last of metrics.latency_buckets_ms: it will never seem "
         "missed; add a larger bucket"},
        {"slas: {service: a}", "1:7 slas must be a list of maps, each beginning with '- '"},
        {"health_checks: {external_apis: [{timeout: 1s}]}",
         "1:33 an external API needs a url, such as `url: https://api.example.com/`"},
        {"health_checks: {external_apis: [{url: \"ftp://u:secret@h/\"}]}",
         "1:39 url must be a URL such as https://api.example.com/health"},
        {"health_checks: {external_apis: [{url: \"http:///x\"}]}",
         "1:39 url must be a URL such as https://api.example.com/health"},
        {"health_checks: {external_apis: [{url: \"http://a/?x\"}, {url: \"http://a/?y\"}]}",
         "1:55 a second check of 'http://a/': they could not be told apart"},
        {"health_checks: {internal_services: [{service: a}]}",
         "1:37 an internal service needs an endpoint, such as `endpoint: http://user:8080/health`"},
        {"health_checks: {internal_services: [{endpoint: \"http://a\"}]}",
         "1:37 an internal service needs a `service: NAME`"},
        {"health_checks: {message_queues: [{queue: spool}]}",
         "1:34 a message queue needs a check, such as `check: queue_depth < 1000`"},
        {"health_checks: {message_queues: [{queue: kafka, check: queue_depth < 1}]}",
         "1:42 a queue is `spool` or `spool:DESTINATION`, not 'kafka'"},
        {"health_checks: {message_queues: [{queue: \"spool:mian\", check: queue_depth < 1}]}",
         "1:42 no destination is named 'mian', did you mean 'main'?"},
        {"health_checks: {message_queues: [{check: depth < 1}]}",
         "1:42 check must be comparisons of queue_depth, queue_age, queue_bytes or dead_letters, "
         "joined by && and ||, not 'depth < 1'"},
        {"health_checks: {message_queues: [{check: queue_depth => 1}]}",
         "1:42 check must be made with <, <=, >, >=, == or !=, such as queue_depth < 1000, not "
         "'queue_depth => 1'"},
        {"health_checks: {message_queues: [{check: queue_age < 5}]}",
         "1:42 check must be a duration, such as queue_age < 5m, not 'queue_age < 5'"},
        {"health_checks: {message_queues: [{check: queue_depth < 5 &&}]}",
         "1:42 check must be comparisons of queue_depth, queue_age, queue_bytes or dead_letters, "
         "joined by && and ||, not 'queue_depth < 5 &&'"},
        {"health_checks: {message_queues: [{check: \"queue_depth<1&&queue_depth<1&&queue_depth<1&&"
         "queue_depth<1&&queue_depth<1&&queue_depth<1&&queue_depth<1&&queue_depth<1&&"
         "queue_depth<1\"}]}",
         "1:42 check must be at most 8 comparisons, not "
         "'queue_depth<1&&queue_depth<1&&queue_depth<1&&que'"},
        {"health_checks: {external_apis: [{url: \"http://a\", interval: 1ms}]}",
         "1:61 interval must be between 100ms and 1d"},
        {"health_checks: {internal_services: [{service: a, endpoint: \"http://a\", every: 1s}]}",
         "1:72 unknown key 'every' in health_checks.internal_services[]: remove it"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct loading t;
        size_t at = 0;

        load_text(&t, cases[i].yaml, NULL);
        /* beside the warning that `main` has no dsn */
        while (at < t.errors.n && t.errors.list[at].line == 0)
            at++;
        if (at < t.errors.n && t.errors.list[at].warning && t.errors.n_fatal > 0)
            at++;
        if (strcmp(mistake(&t, at), cases[i].mistake) != 0)
            fail_msg("%s\n  says %s", cases[i].yaml, mistake(&t, at));
        unload(&t);
    }
}

static void credentials_and_queries_are_never_printed(void **state)
{
    static const char yaml[] =
        "health_checks:\n"
        "  external_apis: [{url: \"https://me:secret@h/p?key=secret\"}]\n"
        "  internal_services: [{service: a, endpoint: \"http://secret@h\"}]\n";
    char path[] = "/tmp/weir-print-XXXXXX", text[65536];
    int fd = mkstemp(path);
    struct loading t;
    ssize_t n;

    (void)state;
    loaded(&t, yaml);
    assert_int_equal(weir_snapshot_print(t.snapshot, fd), 0);
    n = pread(fd, text, sizeof text - 1, 0);
    assert_true(n > 0);
    text[n] = '\0';
    assert_null(strstr(text, "secret"));
    assert_non_null(strstr(text, "    - url: \"https://***@h/p?***\"\n      interval: 30s\n"));
    assert_non_null(strstr(text, "    - service: a\n      endpoint: \"http://***@h\"\n"));
    close(fd);
    unlink(path);
    unload(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(slas_are_read_with_their_units),
        cmocka_unit_test(checks_become_one_list_named_for_labels),
        cmocka_unit_test(conditions_hold_as_they_are_written),
        cmocka_unit_test(mistakes_are_told_with_their_place),
        cmocka_unit_test(credentials_and_queries_are_never_printed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
