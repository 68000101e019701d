/* Tests of integrations.c and endpoint.c. */
#include "unit.h"
#include "collector/observe/endpoint.h"
#include "collector/observe/series.h"

#include <math.h>
#include <stdio.h>

static const double bounds[] = {5, 10};

static int setup(void **state)
{
    (void)state;
    assert_int_equal(weir_metrics_init(5000, bounds, COUNT(bounds)), 0);
    weir_metrics_thread();
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    weir_metrics_destroy();
    return 0;
}

static void endpoints_lose_what_names_one_thing(void **state)
{
    static const struct {
        const char *in, *out;
    } cases[] = {
        {"/charge", "/charge"},
        {"envelope", "envelope"},
        {"/items/42", "/items/{id}"},
        {"/orders/12345/items/9f8b1c2d-1111-4222-8333-444455556666", "/orders/{id}/items/{id}"},
        {"GET /items/5?user=bob#x", "GET /items/{id}"},
        {"https://user:pw@api.example.com/v2/users/7", "/v2/users/{id}"},
        {"https://api.example.com", "/"},
        {"/users/bob@example.org/mail", "/users/{email}/mail"},
        {"/users/bob%40example.org", "/users/{email}"},
        {"/reports/2026-11-21", "/reports/{date}"},
        {"/reports/2026-11-21T05:30:00Z", "/reports/{date}"},
        {"/commit/9ec79c33ec9942ab", "/commit/{id}"},
        {"/commit/9ec79c3", "/commit/{id}"},
        {"/cus_9s6XKzkNRiz8i3", "/cus_{id}"},
        {"/t/AbCdEfGhIjKlMnOpQrStUvWxYzAbCdEfGh", "/t/{id}"},
        {"/user42/avatar.png", "/user{id}/avatar.png"},
        {"/api/v1/oauth2/s3", "/api/v1/oauth2/s3"},
        {"/api/v12/x", "/api/v12/x"},
        {"/items/{item_id}/:sub", "/items/{item_id}/:sub"},
        {"/search/J%C3%BCrgen", "/search/{id}"},
        {"/search/J\xc3\xbcrgen", "/search/{id}"},
        {"/getCustomerInvoiceDetails", "/getCustomerInvoiceDetails"},
        {"/call/+1-555-0100", "/call/+{id}-{id}-{id}"},
        {"//a//", "//a//"},
        {"/x?mail=bob", "/x"},
        {"/x#bob", "/x"},
        {"UsersController#show", "UsersController#show"},
        {"GET /x?y#z", "GET /x"},
        {"/odata/Users('bob')/Orders(17)", "/odata/Users({id})/Orders({id})"},
        {"/it's/x", "/it's/x"},
        {"/~bob/a", "/~{id}/a"},
        {"/@bob", "/@{id}"},
        {"", ""},
        {"  /x  ", "/x"},
        {"?q=1", ""},
        {"grpc.Service/Method", "grpc.Service/Method"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        char room[WEIR_ENDPOINT_BYTES];

        assert_str_equal(weir_endpoint(weir_str_of(cases[i].in), room), cases[i].out);
    }
}

static void long_endpoints_are_cut_and_placeholders_stay_whole(void **state)
{
    char in[4000], room[WEIR_ENDPOINT_BYTES];
    struct weir_str out;

    (void)state;
    for (size_t i = 0; i < sizeof in; i += 4)
        memcpy(in + i, "/123", 4);
    out = weir_endpoint((struct weir_str){in, sizeof in}, room);
    assert_true(out.n <= WEIR_ENDPOINT_BYTES && out.n > 190);
    for (size_t i = 0; i < out.n; i++)
        assert_non_null(strchr("/{id}", out.p[i]));
    assert_true(out.p[out.n - 1] == '}' || out.p[out.n - 1] == '/');
}

static uint64_t calls(const char *service, const char *endpoint, const char *status)
{
    uint64_t buckets[WEIR_MAX_BOUNDS + 1], n = 0;

    weir_series_histogram(
        weir_metric_of(WEIR_M_INTEGRATION_LATENCY, service, endpoint, status, NULL), buckets);
    for (size_t i = 0; i <= COUNT(bounds); i++)
        n += buckets[i];
    return n;
}

static double errors(const char *service, const char *type)
{
    return weir_series_value(weir_metric_of(WEIR_M_INTEGRATION_ERRORS, service, type, NULL));
}

static void call(const char *service, const char *status, const char *error_type)
{
    weir_integration_call(weir_str_of(service), WEIR_S("/x"), weir_str_of(status), 7, true,
                          weir_str_of(error_type), WEIR_S(""));
}

static void the_kind_of_error_follows_from_the_status(void **state)
{
    static const struct {
        const char *status, *label, *error; /* "": none */
    } cases[] = {
        {"200", "200", ""},
        {"301", "301", ""},
        {"404", "404", "http_4xx"},
        {"429", "429", "rate_limited"},
        {"503", "503", "http_5xx"},
        {"ok", "ok", ""},
        {"", "ok", ""},
        {"0", "ok", ""},
        {"4", "deadline_exceeded", "timeout"},
        {"14", "unavailable", "http_5xx"},
        {"TIMEOUT", "timeout", "timeout"},
        {"deadline_exceeded", "deadline_exceeded", "timeout"},
        {"not_found", "not_found", "http_4xx"},
        {"tls", "tls", "tls"},
        {"network", "network", "network"},
        {"invalid_response", "invalid_response", "invalid_response"},
        {"error", "error", "other"},
        {"999", "other", "other"},
        {"bob@example.org", "other", "other"},
    };

    (void)state;
    call("without a status", "", "tls");
    assert_int_equal(calls("without a status", "/x", "error"), 1);
    for (size_t i = 0; i < COUNT(cases); i++) {
        char service[16];

        snprintf(service, sizeof service, "s%zu", i);
        call(service, cases[i].status, "");
        if (calls(service, "/x", cases[i].label) != 1)
            fail_msg("%s is not counted as %s", cases[i].status, cases[i].label);
        static const char *types[] = {"timeout",  "network",      "tls",   "http_4xx",
                                      "http_5xx", "rate_limited", "other", "invalid_response"};
        for (size_t k = 0; k < COUNT(types); k++) {
            if (errors(service, types[k]) != (strcmp(types[k], cases[i].error) == 0))
                fail_msg("%s: %s", cases[i].status, types[k]);
        }
    }
}

static void an_error_type_that_is_said_wins(void **state)
{
    (void)state;
    call("a", "200", "timeout");
    call("a", "503", "Network");
    call("a", "503", "my own kind");
    assert_true(errors("a", "timeout") == 1 && errors("a", "network") == 1);
    assert_true(errors("a", "other") == 1 && errors("a", "http_5xx") == 0);
    assert_int_equal(calls("a", "/x", "503"), 2);
}

static void without_latency_only_errors_count(void **state)
{
    (void)state;
    weir_integration_call(WEIR_S(""), WEIR_S("/x"), WEIR_S("500"), 0, false, WEIR_S(""),
                          WEIR_S(""));
    assert_int_equal(calls("unknown", "/x", "500"), 0);
    assert_true(errors("unknown", "http_5xx") == 1);
}

static double gauge(const char *service, const char *name)
{
    return weir_series_value(weir_metric_of(WEIR_M_CIRCUIT_BREAKER, service, name, NULL));
}

static void report(const char *state_name, const char *reporter, uint64_t now)
{
    assert_int_equal(
        weir_integration_breaker(WEIR_S("p"), weir_str_of(state_name), weir_str_of(reporter), now),
        0);
}

static const char *shown(uint64_t now)
{
    weir_integrations_collect(now);
    double c = gauge("p", "closed"), h = gauge("p", "half_open"), o = gauge("p", "open");

    if (isnan(c) && isnan(h) && isnan(o))
        return "nothing";
    assert_true(c + h + o == 1);
    return c == 1 ? "closed" : h == 1 ? "half_open" : "open";
}

static void the_worst_state_of_the_last_minute_wins(void **state)
{
    (void)state;
    report("closed", "a", 1000);
    assert_string_equal(shown(1000), "closed");
    report("half_open", "b", 2000);
    assert_string_equal(shown(2000), "half_open");
    report("OPEN", "c", 3000);
    assert_string_equal(shown(3000), "open");
    report("closed", "c", 4000);
    assert_string_equal(shown(4000), "half_open");
    assert_string_equal(shown(62000), "half_open");
    assert_string_equal(shown(62001), "closed"); /* b is silent for a minute */
    assert_string_equal(shown(64001), "nothing");
    report("open", "a", 70000);
    assert_string_equal(shown(70000), "open");
}

static void unknown_states_are_refused(void **state)
{
    (void)state;
    assert_int_equal(weir_integration_breaker(WEIR_S("p"), WEIR_S("ajar"), WEIR_S("a"), 1),
                     WEIR_EINVAL);
    assert_int_equal(weir_integration_breaker(WEIR_S("p"), WEIR_S(""), WEIR_S("a"), 1),
                     WEIR_EINVAL);
    assert_string_equal(shown(1), "nothing");
}

static void a_crowd_of_reporters_does_not_hide_the_worst(void **state)
{
    char name[16];

    (void)state;
    report("open", "bad", 1000);
    for (int i = 0; i < 1000; i++) {
        snprintf(name, sizeof name, "r%d", i);
        report("closed", name, 1001);
    }
    assert_string_equal(shown(1002), "open");
    for (int i = 0; i < 1000; i++) { /* and one that comes late gets in */
        snprintf(name, sizeof name, "r%d", i);
        report("closed", name, 62000);
    }
    assert_string_equal(shown(62000), "closed");
    report("half_open", "late", 62001);
    assert_string_equal(shown(62002), "half_open");
}

static void a_million_services_stay_within_bounds(void **state)
{
    char name[32];

    (void)state;
    for (int i = 0; i < 100000; i++) {
        snprintf(name, sizeof name, "service%d", i);
        int rc = weir_integration_breaker(weir_str_of(name), WEIR_S("open"), WEIR_S("r"), 1);
        assert_true(rc == 0 || rc == WEIR_ENOMEM);
    }
    assert_string_equal(shown(1), "nothing");
    weir_integrations_collect(1);
    assert_true(gauge("service0", "open") == 1);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(endpoints_lose_what_names_one_thing),
        T(long_endpoints_are_cut_and_placeholders_stay_whole),
        T(the_kind_of_error_follows_from_the_status),
        T(an_error_type_that_is_said_wins),
        T(without_latency_only_errors_count),
        T(the_worst_state_of_the_last_minute_wins),
        T(unknown_states_are_refused),
        T(a_crowd_of_reporters_does_not_hide_the_worst),
        T(a_million_services_stay_within_bounds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
