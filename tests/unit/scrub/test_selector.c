/* test_selector.c - selectors: what they accept, and where they reach. The
 * rule applied is "@anything:remove", so each place reached becomes null. */
#include "scrub/helper.h"
#include "scrubbers/selector.h"

#include <jansson.h>

static const char document[] =
    "{\"message\":\"m\",\"extra\":{\"a\":{\"b\":{\"c\":\"x\",\"d\":5}},\"l\":[\"p\",\"q\"],"
    "\"K Y\":\"z\",\"t\":true},\"user\":{\"username\":\"u\"},\"exception\":{\"values\":[{\"value\":"
    "\"V\",\"stacktrace\":{\"frames\":[{\"vars\":{\"z\":\"y\"}}]}}]},\"request\":{\"headers\":"
    "[[\"H\",\"v\"]]},\"release\":\"r@1\"}";

/* The places that are null in the scrubbed document, as a list of paths. */
static void reached(json_t *v, const char *path, char *out, size_t room)
{
    const char *key;
    json_t *child;
    size_t i;
    char below[512];

    if (json_is_null(v))
        snprintf(out + strlen(out), room - strlen(out), "%s%s", out[0] != '\0' ? " " : "", path);
    json_object_foreach(v, key, child)
    {
        snprintf(below, sizeof below, "%s%s%s", path, path[0] != '\0' ? "." : "", key);
        reached(child, below, out, room);
    }
    json_array_foreach(v, i, child)
    {
        snprintf(below, sizeof below, "%s.%zu", path, i);
        reached(child, below, out, room);
    }
}

static void a_selector_reaches_what_it_names(void **state)
{
    static const struct {
        const char *selector, *places;
    } cases[] = {
        {"extra.**.c", "extra.a.b.c"},
        {"extra.*", "extra.a extra.l extra.K Y extra.t"},
        {"extra.a.b.*", "extra.a.b.c extra.a.b.d"},
        {"a.**.c", "extra.a.b.c"},
        {"a.b.**.c", ""}, /* ** is one level or more */
        {"a.c", ""},
        {"c", "extra.a.b.c"},
        {"b.c", "extra.a.b.c"}, /* matched from the end */
        {"EXTRA.A.B.C", "extra.a.b.c"},
        {"extra.l.1", "extra.l.1"},
        {"extra.'K Y'", "extra.K Y"},
        {"extra.'k y'", "extra.K Y"},
        {"$number", "extra.a.b.d"},
        {"$boolean", "extra.t"},
        {"extra.l.$string", "extra.l.0 extra.l.1"},
        {"$error.value", "exception.values.0.value"},
        {"$exception.value", "exception.values.0.value"},
        {"$frame.vars.*", "exception.values.0.stacktrace.frames.0.vars.z"},
        {"$frame.vars", "exception.values.0.stacktrace.frames.0.vars"},
        {"$stack.**.z", "exception.values.0.stacktrace.frames.0.vars.z"},
        {"$http.headers.h", "request.headers.0.1"},
        {"$message", "message"},
        {"$user.*", "user.username"},
        {"extra.a.b.c || message", "message extra.a.b.c"},
        {"extra.a.b.* && !d", "extra.a.b.c"},
        {"extra.a.b.* && !(c || x)", "extra.a.b.d"},
        {"($user.* && !($user.x)) || c", "extra.a.b.c user.username"},
        {"release", "release"},
        {"extra.a.b.*&!d|message", "message extra.a.b.c"}, /* as older configurations have it */
        {"extra.a.b.* && ~d", "extra.a.b.c"},
        {"!!c", "extra.a.b.c"},
        {"$Number", "extra.a.b.d"},
        {"!extra.** && !$object && !$array && $string && !$user.*",
         "message exception.values.0.value exception.values.0.stacktrace.frames.0.vars.z "
         "request.headers.0.1"}, /* the name of a header is a key, not a text */
    };
    unsigned wrong = 0;

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char yaml[256], got[2048] = "";
        struct bench b;
        json_t *out;

        snprintf(yaml, sizeof yaml, "{\"applications\": {\"%s\": [\"@anything:remove\"]}}",
                 cases[i].selector);
        bench_open(&b, yaml);
        out = json_loads(bench_json(&b, WEIR_SCRUB_EVENT, document, false), 0, NULL);
        assert_non_null(out);
        reached(out, "", got, sizeof got);
        if (strcmp(got, cases[i].places) != 0) {
            fprintf(stderr, "%s\n  got  %s\n  want %s\n", cases[i].selector, got, cases[i].places);
            wrong++;
        }
        json_decref(out);
        bench_close(&b);
    }
    assert_int_equal(wrong, 0);
}

static void a_mistake_is_told_with_its_place(void **state)
{
    static const struct {
        const char *selector;
        size_t at;
        const char *why;
    } cases[] = {
        {"", 0, "the selector is empty"},
        {"*", 1, "a single * selects nothing in particular: use **"},
        {"a.", 2, "a key, $type, * or ** is missing"},
        {"a..b", 2, "unexpected character"},
        {"a b", 2, "unexpected character"},
        {"$nothing", 8, "unknown type after $"},
        {"a.$strng", 8, "unknown type after $: did you mean $string?"},
        {"a & | b", 4, "unexpected character"},
        {"'open", 5, "a quoted key is not closed"},
        {"(a || b", 7, ") is missing"},
        {"a &&", 4, "a key, $type, * or ** is missing"},
        {"a.(b|c)", 2, "unexpected character"},
        {"!", 1, "a key, $type, * or ** is missing"},
    };
    struct weir_arena a;

    (void)state;
    weir_arena_init(&a, 1 << 20);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *why = NULL;
        size_t at = SIZE_MAX;

        assert_null(weir_selector_parse(&a, weir_str_of(cases[i].selector), &why, &at));
        if (strcmp(why, cases[i].why) != 0 || at != cases[i].at)
            fail_msg("%s: %s at %zu", cases[i].selector, why, at);
    }
    weir_arena_destroy(&a);
}

static void deep_nesting_of_parentheses_is_refused(void **state)
{
    struct weir_arena a;
    char text[4096];
    const char *why;
    size_t at;

    (void)state;
    memset(text, '(', sizeof text);
    weir_arena_init(&a, 1 << 20);
    assert_null(weir_selector_parse(&a, (struct weir_str){text, sizeof text}, &why, &at));
    assert_string_equal(why, "nested too deep");
    weir_arena_destroy(&a);
}

static void only_a_selector_that_names_its_target_is_specific(void **state)
{
    static const struct {
        const char *selector;
        bool specific;
    } cases[] = {
        {"**", false},      {"$string", false},           {"$string && !a", false},
        {"release", true},  {"$frame.filename", true},    {"$user", true},
        {"a.**", false},    {"a || $string", false},      {"a || b", true},
        {"!a", false},      {"$string && extra.a", true}, {"contexts.*.name", true},
        {"**.name", false}, {"extra.$string", true},      {"*.$string", false},
        {"3", false},       {"frames.3", true},
    };
    struct weir_arena a;
    const char *why;
    size_t at;

    (void)state;
    weir_arena_init(&a, 1 << 20);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct weir_selector *s =
            weir_selector_parse(&a, weir_str_of(cases[i].selector), &why, &at);

        assert_non_null(s);
        if (weir_selector_specific(s) != cases[i].specific)
            fail_msg("%s", cases[i].selector);
    }
    weir_arena_destroy(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_selector_reaches_what_it_names),
        cmocka_unit_test(a_mistake_is_told_with_its_place),
        cmocka_unit_test(deep_nesting_of_parentheses_is_refused),
        cmocka_unit_test(only_a_selector_that_names_its_target_is_specific),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
