/* test_origin.c - attributes, and who sent a record. */
#include "unit.h"

#include "collector/decode/origin.h"

enum { CAP = 1 << 16 };

static struct weir_attribute text(const char *key, const char *value)
{
    return (struct weir_attribute){weir_str_of(key), WEIR_ATTRIBUTE_TEXT, weir_str_of(value)};
}

static void the_last_attribute_of_a_key_counts(void **state)
{
    struct weir_attribute list[] = {text("a", "1"), text("b", "2"), text("a", "3"), text("c", "")};
    struct weir_attributes a = {list, COUNT(list)};
    static const char *const keys[] = {"x", "c", "a", "b", NULL}, *const none[] = {"y", NULL};

    (void)state;
    assert_str_equal(weir_attributes_get(&a, "a")->text, "3");
    assert_null(weir_attributes_get(&a, "A"));
    assert_str_equal(weir_attributes_text(&a, keys), "3");
    assert_str_equal(weir_attributes_text(&a, none), "");
}

static void names_are_told_from_texts(void **state)
{
    static const char *const names[] = {"http.client", "shop", "github.com/a/b@v1.2", "a:b_c-d"};
    static const char *const texts[] = {"", "4539148803436467", "two words", "mail bob@x.io", "é"};

    (void)state;
    for (size_t i = 0; i < COUNT(names); i++)
        assert_true(weir_is_name(weir_str_of(names[i])));
    for (size_t i = 0; i < COUNT(texts); i++)
        assert_false(weir_is_name(weir_str_of(texts[i])));
}

static void a_value_is_written_as_json(void **state)
{
    static const struct {
        struct weir_attribute a;
        const char *expect;
    } cases[] = {
        {{{"k", 1}, WEIR_ATTRIBUTE_TEXT, {"say \"hi\"\n", 9}}, "\"say \\\"hi\\\"\\n\""},
        {{{"k", 1}, WEIR_ATTRIBUTE_TEXT, {NULL, 0}}, "\"\""},
        {{{"k", 1}, WEIR_ATTRIBUTE_INTEGER, {"-9223372036854775808", 20}}, "-9223372036854775808"},
        {{{"k", 1}, WEIR_ATTRIBUTE_DOUBLE, {"1.5e10", 6}}, "1.5e10"},
        {{{"k", 1}, WEIR_ATTRIBUTE_BOOLEAN, {"true", 4}}, "true"},
        {{{"k", 1}, WEIR_ATTRIBUTE_JSON, {"[1,\"a\"]", 7}}, "[1,\"a\"]"},
        {{{"k", 1}, WEIR_ATTRIBUTE_JSON, {NULL, 0}}, "null"},
    };
    struct weir_arena arena;

    (void)state;
    weir_arena_init(&arena, CAP);
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct weir_buf b;
        struct weir_str got = {0};

        weir_buf_init(&b, &arena, CAP);
        weir_attribute_write(&b, &cases[i].a);
        assert_int_equal(weir_buf_str(&b, &got), 0);
        assert_str_equal(got, cases[i].expect);
    }
    weir_arena_destroy(&arena);
}

static void a_resource_tells_environment_release_and_server(void **state)
{
    static const struct {
        const char *resource[8]; /* key, value, ... */
        const char *service, *environment, *release, *server_name, *runtime;
    } cases[] = {
        {{NULL}, "", "", "", "", ""},
        {{"service.name", "shop", "service.version", "1.2"}, "shop", "", "shop@1.2", "", ""},
        {{"service.version", "1.2"}, "", "", "1.2", "", ""},
        {{"service.name", "shop"}, "shop", "", "", "", ""},
        {{"service.name", "unknown_service:python", "service.version", "7"}, "", "", "7", "", ""},
        {{"deployment.environment", "old", "deployment.environment.name", "new"},
         "",
         "new",
         "",
         "",
         ""},
        {{"deployment.environment", "old"}, "", "old", "", "", ""},
        {{"service.instance.id", "shop-7", "host.name", "node1"}, "", "", "", "node1", ""},
        {{"service.instance.id", "shop-7"}, "", "", "", "shop-7", ""},
        {{"service.instance.id", "627cc493-f310-47de-96bd-71410b7dec09"}, "", "", "", "", ""},
        {{"process.runtime.name", "CPython", "process.runtime.version", "3.11"},
         "",
         "",
         "",
         "",
         "CPython"},
    };
    struct weir_arena arena;

    (void)state;
    weir_arena_init(&arena, CAP);
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct weir_attribute list[4];
        struct weir_attributes a = {list, 0};
        struct weir_origin o;

        for (; a.n < 4 && cases[i].resource[2 * a.n] != NULL; a.n++)
            list[a.n] = text(cases[i].resource[2 * a.n], cases[i].resource[2 * a.n + 1]);
        weir_origin_of(&arena, &a, &o);
        assert_str_equal(o.service, cases[i].service);
        assert_str_equal(o.environment, cases[i].environment);
        assert_str_equal(o.release, cases[i].release);
        assert_str_equal(o.server_name, cases[i].server_name);
        assert_str_equal(o.runtime_name, cases[i].runtime);
        assert_int_equal(o.resource.n, a.n);
    }
    weir_arena_destroy(&arena);
}

static void a_language_is_a_platform(void **state)
{
    struct weir_origin o = {.language = WEIR_S("nodejs")};

    (void)state;
    assert_string_equal(weir_origin_platform(&o), "node");
    o.language = WEIR_S("dotnet");
    assert_string_equal(weir_origin_platform(&o), "csharp");
    o.language = WEIR_S("cobol");
    assert_string_equal(weir_origin_platform(&o), "other");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_last_attribute_of_a_key_counts),
        cmocka_unit_test(names_are_told_from_texts),
        cmocka_unit_test(a_value_is_written_as_json),
        cmocka_unit_test(a_language_is_a_platform),
        cmocka_unit_test(a_resource_tells_environment_release_and_server),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
