/* test_routes.c - paths and methods to rows of the table. */
#include "collector/listen/routes.h"
#include "weir/decode.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static void paths_find_their_format_and_parameters(void **state)
{
    static const struct {
        const char *method, *path;
        int format; /* -1: none */
        const char *first, *second, *third, *native;
    } cases[] = {
        {"POST", "/api/42/envelope/", WEIR_FORMAT_ENVELOPE, "42", "", "", NULL},
        {"POST", "/api/42/envelope", WEIR_FORMAT_ENVELOPE, "42", "", "", NULL},
        {"POST", "//api///42//envelope//", WEIR_FORMAT_ENVELOPE, "42", "", "", NULL},
        {"OPTIONS", "/api/42/envelope/", WEIR_FORMAT_ENVELOPE, "42", "", "", NULL},
        {"GET", "/api/42/envelope/", -1, "", "", "", NULL},
        {"POST", "/api/42/envelope/more", -1, "", "", "", NULL},
        {"POST", "/api/42", -1, "", "", "", NULL},
        {"POST", "/api//envelope", -1, "", "", "", NULL},
        {"POST", "/API/42/envelope", -1, "", "", "", NULL},
        {"POST", "/api/42/store", WEIR_FORMAT_STORE, "42", "", "", NULL},
        {"GET", "/api/42/store/", WEIR_FORMAT_STORE, "42", "", "", NULL},
        {"POST", "/api/42/security/", WEIR_FORMAT_SECURITY, "42", "", "", NULL},
        {"POST", "/api/42/minidump/", WEIR_FORMAT_MINIDUMP, "42", "", "", NULL},
        {"GET", "/api/42/cron/nightly/", WEIR_FORMAT_CRON, "42", "nightly", "", NULL},
        {"HEAD", "/api/42/cron/nightly/", WEIR_FORMAT_CRON, "42", "nightly", "", NULL},
        {"POST", "/api/42/cron/nightly/abc", WEIR_FORMAT_CRON, "42", "nightly", "abc", NULL},
        {"POST", "/tunnel", WEIR_FORMAT_ENVELOPE, "", "", "", NULL},
        {"POST", "/api/v1/events", WEIR_FORMAT_NATIVE, "", "", "", "error"},
        {"POST", "/api/v1/breadcrumbs/", WEIR_FORMAT_NATIVE, "", "", "", "breadcrumb"},
        {"POST", "/api/v1/spans", WEIR_FORMAT_NATIVE, "", "", "", "span"},
        {"POST", "/api/v1/integrations", WEIR_FORMAT_NATIVE, "", "", "", "integration"},
        {"POST", "/api/v1/breakers", WEIR_FORMAT_NATIVE, "", "", "", "breaker"},
        {"OPTIONS", "/api/v1/breakers", -1, "", "", "", NULL},
        {"POST", "/v1/traces", WEIR_FORMAT_OTLP_TRACES, "", "", "", NULL},
        {"POST", "/v1/logs/", WEIR_FORMAT_OTLP_LOGS, "", "", "", NULL},
        {"POST", "/v1/metrics", -1, "", "", "", NULL},
        {"POST", "/api/42/integration/otlp/v1/traces/", WEIR_FORMAT_OTLP_TRACES, "42", "", "",
         NULL},
        {"POST", "/api/42/integration/otlp/v1/logs", WEIR_FORMAT_OTLP_LOGS, "42", "", "", NULL},
        {"OPTIONS", "/v1/traces", WEIR_FORMAT_OTLP_TRACES, "", "", "", NULL},
        {"POST", "/api/v1/nothing", -1, "", "", "", NULL},
        {"POST", "/", -1, "", "", "", NULL},
        {"POST", "", -1, "", "", "", NULL},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct weir_routed found = {0};
        bool ok = weir_routes_find(weir_ingest_routes(), weir_str_of(cases[i].method),
                                   weir_str_of(cases[i].path), &found);

        if (ok != (cases[i].format >= 0) || (ok && found.route->format != cases[i].format))
            fail_msg("%s %s", cases[i].method, cases[i].path);
        if (!ok)
            continue;
        assert_true(weir_str_eq(found.params[0], weir_str_of(cases[i].first)));
        assert_true(weir_str_eq(found.params[1], weir_str_of(cases[i].second)));
        assert_true(weir_str_eq(found.params[2], weir_str_of(cases[i].third)));
        if (cases[i].native != NULL)
            assert_string_equal(found.route->native, cases[i].native);
    }
}

static void a_listener_for_otlp_has_nothing_else(void **state)
{
    struct weir_routed found = {0}, none = {0};

    (void)state;
    assert_true(weir_routes_find(weir_otlp_routes(), WEIR_S("POST"), WEIR_S("/v1/traces"), &found));
    assert_false(
        weir_routes_find(weir_otlp_routes(), WEIR_S("POST"), WEIR_S("/api/1/envelope"), &none));
}

static void a_wrong_method_names_the_right_ones_once(void **state)
{
    static const struct weir_route admin[] = {
        {"GET", "/x/{}", WEIR_ROUTE_ADMIN, NULL, -1, NULL},
        {"DELETE", "/x/{}", WEIR_ROUTE_ADMIN, NULL, -1, NULL},
        {"GET POST", "/x/y", WEIR_ROUTE_ADMIN, NULL, -1, NULL},
        {NULL, NULL, WEIR_ROUTE_ADMIN, NULL, -1, NULL},
    };
    struct weir_routed found = {0}, sentry = {0}, none = {0};

    (void)state;
    assert_false(weir_routes_find(admin, WEIR_S("PUT"), WEIR_S("/x/y/"), &found));
    assert_string_equal(found.allow, "GET, HEAD, DELETE, POST");
    assert_true(weir_routes_find(admin, WEIR_S("DELETE"), WEIR_S("/x/y/"), &found));
    assert_true(found.route == &admin[1]);
    assert_false(
        weir_routes_find(weir_ingest_routes(), WEIR_S("GET"), WEIR_S("/api/1/envelope"), &sentry));
    assert_string_equal(sentry.allow, "POST, OPTIONS");
    assert_false(weir_routes_find(admin, WEIR_S("GET"), WEIR_S("/none"), &none));
    assert_string_equal(none.allow, "");
}

static void unknown_paths_are_answered_in_the_form_of_their_neighbours(void **state)
{
    (void)state;
    assert_int_equal(weir_routes_class(WEIR_S("/api/42/nothing/")), WEIR_ROUTE_SENTRY);
    assert_int_equal(weir_routes_class(WEIR_S("/api/0/x")), WEIR_ROUTE_SENTRY);
    assert_int_equal(weir_routes_class(WEIR_S("/tunnel/x")), WEIR_ROUTE_SENTRY);
    assert_int_equal(weir_routes_class(WEIR_S("/v1/metrics")), WEIR_ROUTE_OTLP);
    assert_int_equal(weir_routes_class(WEIR_S("/api/1/integration/otlp/v1/x")), WEIR_ROUTE_OTLP);
    assert_int_equal(weir_routes_class(WEIR_S("/api/v1/nothing")), WEIR_ROUTE_NATIVE);
    assert_int_equal(weir_routes_class(WEIR_S("/api/v2/spans")), WEIR_ROUTE_NATIVE);
    assert_int_equal(weir_routes_class(WEIR_S("/no/such/path")), WEIR_ROUTE_NATIVE);
    assert_int_equal(weir_routes_class(WEIR_S("/")), WEIR_ROUTE_NATIVE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(paths_find_their_format_and_parameters),
        cmocka_unit_test(a_listener_for_otlp_has_nothing_else),
        cmocka_unit_test(a_wrong_method_names_the_right_ones_once),
        cmocka_unit_test(unknown_paths_are_answered_in_the_form_of_their_neighbours),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
