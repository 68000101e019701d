/* test_cors.c - origins and what is answered to browsers. */
#include "collector/listen/cors.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static struct weir_str header(const struct weir_http_answer *a, const char *name)
{
    for (size_t i = 0; i < a->n_headers; i++)
        if (strcmp(a->headers[i].name, name) == 0)
            return a->headers[i].value;
    return (struct weir_str){NULL, 0};
}

static void origins_fit_by_glob_of_origin_or_host(void **state)
{
    static const struct {
        const char *pattern, *origin;
        bool fits;
    } cases[] = {
        {"*", "https://shop.io", true},
        {"*", "null", true},
        {"https://shop.io", "https://shop.io", true},
        {"https://shop.io", "http://shop.io", false},
        {"https://shop.io", "https://shop.io:8443", false},
        {"https://*.shop.io", "https://a.shop.io", true},
        {"https://*.shop.io", "https://shop.io", false},
        {"shop.io", "https://shop.io", true},
        {"shop.io", "https://SHOP.io:8443", true},
        {"shop.io", "https://shop.io.evil.example", false},
        {"shop.io", "https://evilshop.io", false},
        {"*.shop.io", "http://a.b.shop.io:80", true},
        {"localhost", "http://localhost:3000", true},
        {"[::1]", "http://[::1]:3000", true},
        {"shop.io", "null", false},
        {"shop.io", "", false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct weir_str pattern = weir_str_of(cases[i].pattern);
        struct weir_strs list = {&pattern, 1};

        if (weir_cors_allows(&list, weir_str_of(cases[i].origin)) != cases[i].fits)
            fail_msg("%s and %s", cases[i].pattern, cases[i].origin);
    }
}

static void an_unfit_origin_gets_no_cors_header_at_all(void **state)
{
    struct weir_str pattern = WEIR_S("https://shop.io");
    struct weir_strs list = {&pattern, 1};
    struct weir_http_answer a = {0};

    (void)state;
    weir_cors_answer(&list, WEIR_S("https://evil.example"), &a);
    assert_int_equal(a.n_headers, 0);
    weir_cors_answer(&list, WEIR_S(""), &a);
    assert_int_equal(a.n_headers, 0);
}

static void a_listed_origin_is_named_and_varied_on(void **state)
{
    struct weir_str pattern = WEIR_S("https://shop.io");
    struct weir_strs list = {&pattern, 1};
    struct weir_http_answer a = {0};

    (void)state;
    weir_cors_answer(&list, WEIR_S("https://shop.io"), &a);
    assert_true(weir_str_eq(header(&a, "Access-Control-Allow-Origin"), WEIR_S("https://shop.io")));
    assert_true(weir_str_eq(header(&a, "Vary"), WEIR_S("Origin")));
    assert_true(weir_str_find(header(&a, "Access-Control-Expose-Headers"),
                              WEIR_S("x-sentry-rate-limits")) != SIZE_MAX);
}

static void a_preflight_names_methods_and_headers(void **state)
{
    struct weir_str star = WEIR_S("*"), other = WEIR_S("https://shop.io");
    struct weir_strs any = {&star, 1}, one = {&other, 1};
    struct weir_http_answer a = {0}, b = {0}, c = {0}, d = {0};
    struct weir_arena arena;

    (void)state;
    weir_arena_init(&arena, 64 * 1024);
    weir_cors_preflight(&arena, &any, WEIR_S("https://x.io"), WEIR_S("x-sentry-auth, x-mine"),
                        "GET POST", &a);
    assert_int_equal(a.status, 204);
    assert_true(
        weir_str_eq(header(&a, "Access-Control-Allow-Methods"), WEIR_S("GET, POST, OPTIONS")));
    assert_true(
        weir_str_eq(header(&a, "Access-Control-Allow-Headers"), WEIR_S("x-sentry-auth, x-mine")));
    weir_cors_preflight(&arena, &any, WEIR_S("https://x.io"), WEIR_S("bad\r\nX-Evil: 1"), "POST",
                        &b);
    assert_true(weir_str_find(header(&b, "Access-Control-Allow-Headers"), WEIR_S("Evil")) ==
                SIZE_MAX);
    assert_true(weir_str_find(header(&b, "Access-Control-Allow-Headers"),
                              WEIR_S("x-sentry-auth")) != SIZE_MAX);
    weir_cors_preflight(&arena, &one, WEIR_S("https://x.io"), WEIR_S(""), "POST", &c);
    assert_int_equal(c.status, 403);
    assert_int_equal(c.n_headers, 0);
    weir_cors_preflight(&arena, &one, WEIR_S(""), WEIR_S(""), "POST", &d);
    assert_int_equal(d.status, 204); /* no browser asks */
    assert_int_equal(d.n_headers, 0);
    weir_arena_destroy(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(origins_fit_by_glob_of_origin_or_host),
        cmocka_unit_test(an_unfit_origin_gets_no_cors_header_at_all),
        cmocka_unit_test(a_listed_origin_is_named_and_varied_on),
        cmocka_unit_test(a_preflight_names_methods_and_headers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
