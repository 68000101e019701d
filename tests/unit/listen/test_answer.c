/* test_answer.c - both forms of bodies, read back by jansson. */
#include "collector/listen/answer.h"

#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static struct weir_arena arena;

static struct weir_http_request request(void)
{
    return (struct weir_http_request){.arena = &arena,
                                      .path = WEIR_S("/api/v1/\"ev\\ents\n"),
                                      .request_id = WEIR_S("0123456789abcdef0123456789abcdef")};
}

static json_t *body_of(const struct weir_http_answer *a)
{
    json_t *j = json_loadb(a->body.p, a->body.n, JSON_DECODE_ANY, NULL);

    assert_non_null(j);
    assert_string_equal(a->content_type, "application/json");
    return j;
}

static const char *text(json_t *j, const char *name)
{
    return json_string_value(json_object_get(j, name));
}

static struct weir_str header(const struct weir_http_answer *a, const char *name)
{
    for (size_t i = 0; i < a->n_headers; i++)
        if (strcmp(a->headers[i].name, name) == 0)
            return a->headers[i].value;
    return (struct weir_str){NULL, 0};
}

static void sentry_errors_have_detail_and_causes(void **state)
{
    struct weir_http_request r = request();
    struct weir_http_answer a = {0}, b = {0};
    json_t *j;

    (void)state;
    weir_http_error(&r, WEIR_ROUTE_SENTRY, 401, "no key", &a);
    assert_int_equal(a.status, 401);
    j = body_of(&a);
    assert_string_equal(text(j, "detail"), "no key");
    assert_int_equal(json_array_size(json_object_get(j, "causes")), 0);
    assert_true(weir_str_eq(header(&a, "X-Sentry-Error"), WEIR_S("no key")));
    json_decref(j);
    weir_answer_error(&r, WEIR_ROUTE_SENTRY, 400, "no envelope", "a \"quoted\" cause", NULL, &b);
    j = body_of(&b);
    assert_string_equal(json_string_value(json_array_get(json_object_get(j, "causes"), 0)),
                        "a \"quoted\" cause");
    json_decref(j);
}

static void native_errors_are_a_list_with_pointers(void **state)
{
    struct weir_http_request r = request();
    struct weir_http_answer a = {0};
    json_t *j, *e;

    (void)state;
    weir_answer_error(&r, WEIR_ROUTE_NATIVE, 413, "too large", NULL, "/3/message", &a);
    assert_int_equal(a.status, 413);
    j = body_of(&a);
    e = json_array_get(json_object_get(j, "errors"), 0);
    assert_string_equal(text(e, "id"), "0123456789abcdef0123456789abcdef");
    assert_string_equal(text(e, "status"), "413");
    assert_string_equal(text(e, "code"), "too_large");
    assert_string_equal(text(e, "title"), "Too large");
    assert_string_equal(text(e, "detail"), "too large");
    assert_string_equal(text(json_object_get(e, "source"), "pointer"), "/3/message");
    assert_non_null(json_object_get(e, "meta"));
    json_decref(j);
}

static void data_has_meta_and_a_link_to_itself(void **state)
{
    struct weir_http_request r = request();
    struct weir_http_answer a = {0};
    json_t *j, *meta;

    (void)state;
    weir_http_data(&r, 200, WEIR_S("[1]"), WEIR_S("\"next\":7"), &a);
    j = body_of(&a);
    meta = json_object_get(j, "meta");
    assert_int_equal(json_array_size(json_object_get(j, "data")), 1);
    assert_string_equal(text(meta, "version"), "v1");
    assert_string_equal(text(meta, "requestId"), "0123456789abcdef0123456789abcdef");
    assert_int_equal(strlen(text(meta, "timestamp")), 24);
    assert_int_equal(json_integer_value(json_object_get(meta, "next")), 7);
    assert_string_equal(text(json_object_get(j, "links"), "self"), "/api/v1/events");
    json_decref(j);
}

static void a_partly_refused_list_is_202_and_tells_each(void **state)
{
    struct weir_http_request r = request();
    struct weir_decode_reject second = {4, WEIR_S("/4/level"), "unknown level", NULL};
    struct weir_decode_reject first = {1, WEIR_S("/1"), "no object", &second};
    struct weir_decode_result result = {.accepted = 3, .rejects = &first, .n_rejects = 2};
    struct weir_http_answer a = {0}, b = {0}, c = {0};
    json_t *j, *errors;

    (void)state;
    weir_answer_accepted(&r, WEIR_FORMAT_NATIVE, &result, (struct weir_str){NULL, 0}, &a);
    assert_int_equal(a.status, 202);
    j = body_of(&a);
    errors = json_object_get(j, "errors");
    assert_int_equal(json_integer_value(json_object_get(json_object_get(j, "meta"), "rejected")),
                     2);
    assert_int_equal(json_array_size(errors), 2);
    assert_string_equal(text(json_object_get(json_array_get(errors, 1), "source"), "pointer"),
                        "/4/level");
    assert_int_equal(json_integer_value(json_object_get(json_object_get(j, "data"), "accepted")),
                     3);
    json_decref(j);
    result.accepted = 0;
    weir_answer_accepted(&r, WEIR_FORMAT_NATIVE, &result, (struct weir_str){NULL, 0}, &b);
    assert_int_equal(b.status, 400);
    json_decref(body_of(&b));
    result = (struct weir_decode_result){.accepted = 1};
    weir_answer_accepted(&r, WEIR_FORMAT_NATIVE, &result, (struct weir_str){NULL, 0}, &c);
    assert_int_equal(c.status, 202);
    j = body_of(&c);
    assert_null(json_object_get(j, "errors"));
    json_decref(j);
}

static void each_sentry_format_is_answered_as_its_clients_expect(void **state)
{
    static const struct {
        enum weir_format f;
        int status;
        const char *type, *with_id, *without;
    } cases[] = {
        {WEIR_FORMAT_ENVELOPE, 200, "application/json", "{\"id\":\"%s\"}", "{}"},
        {WEIR_FORMAT_STORE, 200, "application/json", "{\"id\":\"%s\"}", "{}"},
        {WEIR_FORMAT_SECURITY, 200, "application/json", "{\"id\":\"%s\"}", "{}"},
        {WEIR_FORMAT_MINIDUMP, 200, "text/plain", "%s", ""},
        {WEIR_FORMAT_CRON, 202, "application/json", "{\"id\":\"%s\"}", "{}"},
    };
    static const char id[] = "fc6d8c0c43fc4630ad850ee518f1b9d0";

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct weir_http_request r = request();
        struct weir_decode_result with = {0}, without = {0};
        struct weir_http_answer a = {0}, b = {0};

        memcpy(with.event_id, id, sizeof id);
        weir_answer_accepted(&r, cases[i].f, &with, (struct weir_str){NULL, 0}, &a);
        weir_answer_accepted(&r, cases[i].f, &without, (struct weir_str){NULL, 0}, &b);
        assert_int_equal(a.status, cases[i].status);
        assert_string_equal(a.content_type, cases[i].type);
        assert_true(weir_str_eq(
            a.body,
            weir_arena_printf(&arena,
                              strcmp(cases[i].with_id, "%s") == 0 ? "%s" : "{\"id\":\"%s\"}", id)));
        assert_true(weir_str_eq(b.body, weir_str_of(cases[i].without)));
    }
}

static void retry_after_is_rounded_up_and_never_zero(void **state)
{
    struct weir_http_answer a = {0};

    (void)state;
    weir_answer_retry(&arena, 0, &a);
    weir_answer_retry(&arena, 1001, &a);
    assert_true(weir_str_eq(a.headers[0].value, WEIR_S("1")));
    assert_true(weir_str_eq(a.headers[1].value, WEIR_S("2")));
}

static void an_arena_that_is_used_up_costs_the_body_not_the_status(void **state)
{
    struct weir_http_request r = request();
    struct weir_arena tiny;
    struct weir_http_answer a = {0};

    (void)state;
    weir_arena_init(&tiny, 4096);
    while (weir_arena_alloc(&tiny, 64) != NULL)
        ;
    r.arena = &tiny;
    weir_http_error(&r, WEIR_ROUTE_NATIVE, 503, "full", &a);
    assert_int_equal(a.status, 503);
    assert_int_equal(a.body.n, 0);
    weir_arena_destroy(&tiny);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sentry_errors_have_detail_and_causes),
        cmocka_unit_test(native_errors_are_a_list_with_pointers),
        cmocka_unit_test(data_has_meta_and_a_link_to_itself),
        cmocka_unit_test(a_partly_refused_list_is_202_and_tells_each),
        cmocka_unit_test(each_sentry_format_is_answered_as_its_clients_expect),
        cmocka_unit_test(retry_after_is_rounded_up_and_never_zero),
        cmocka_unit_test(an_arena_that_is_used_up_costs_the_body_not_the_status),
    };
    int failed;

    weir_arena_init(&arena, 1 << 20);
    failed = cmocka_run_group_tests(tests, NULL, NULL);
    weir_arena_destroy(&arena);
    return failed;
}
