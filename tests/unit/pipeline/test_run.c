/* test_run.c - what makes errors identical. */
#include "collector/pipeline/run.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#define FRAME(line) \
    "{\"module\":\"shop.cart\",\"filename\":\"cart.py\",\"function\":\"add\",\"lineno\":" line "}"
#define ERROR(type, value, line)                                            \
    "{\"exception\":{\"values\":[{\"type\":\"" type "\",\"value\":\"" value \
    "\",\"stacktrace\":{\"frames\":[" FRAME("1") "," FRAME(line) "]}}]}}"
#define MESSAGE(text) "{\"message\":\"" text "\"}"

static uint64_t hash(const char *event)
{
    return weir_run_hash(weir_str_of(event), 7);
}

static void what_only_numbers_and_ids_tell_apart_is_identical(void **state)
{
    static const char *const same[][2] = {
        {MESSAGE("order 4711 failed"), MESSAGE("order 12 failed")},
        {MESSAGE("user 7f3a-99 gone"), MESSAGE("user 00aa-1 gone")},
        {MESSAGE("id 4bf92f35-77b3-4da6-a3ce-929d0e0e4736"),
         MESSAGE("id 00f067aa-0ba9-02b7-b7ad-6b7169203331")},
        {MESSAGE("key deadbeefcafe here"), MESSAGE("key 0123456789ab here")},
        {MESSAGE("at 0x7ffdeadbeef"), MESSAGE("at 0x1")},
        {ERROR("E", "took 1.5 s", "9"), ERROR("E", "took 20.25 s", "9")},
        {"{\"event_id\":\"1\",\"timestamp\":1,\"user\":{\"id\":1},\"message\":\"m\"}",
         "{\"event_id\":\"2\",\"timestamp\":2,\"user\":{\"id\":2},\"message\":\"m\"}"},
        {"{\"fingerprint\":[\"a\"],\"message\":\"one\"}",
         "{\"fingerprint\":[\"a\"],\"message\":\"two\"}"},
        {"{\"logentry\":{\"message\":\"order %s\",\"formatted\":\"order one\"}}",
         "{\"logentry\":{\"message\":\"order %s\",\"formatted\":\"order two\"}}"},
        {"{\"fingerprint\":[\"{{ default }}\"],\"message\":\"m\"}", MESSAGE("m")},
        {"{\"fingerprint\":[],\"message\":\"m\"}", MESSAGE("m")},
    };
    (void)state;

    for (size_t i = 0; i < sizeof same / sizeof same[0]; i++)
        if (hash(same[i][0]) != hash(same[i][1]))
            fail_msg("%s and %s differ", same[i][0], same[i][1]);
}

static void what_differs_otherwise_is_not(void **state)
{
    static const char *const other[][2] = {
        {MESSAGE("order failed"), MESSAGE("charge failed")},
        {MESSAGE("a b"), MESSAGE("ab")},
        {MESSAGE("deaf ear"), MESSAGE("bead ear")}, /* words of hex letters, but short */
        {ERROR("E", "v", "9"), ERROR("F", "v", "9")},
        {ERROR("E", "v", "9"), ERROR("E", "w", "9")},
        {ERROR("E", "v", "9"), ERROR("E", "v", "10")},
        {"{\"fingerprint\":[\"a\"],\"message\":\"m\"}",
         "{\"fingerprint\":[\"b\"],\"message\":\"m\"}"},
        {"{\"fingerprint\":[\"{{ default }}\",\"a\"],\"message\":\"m\"}",
         "{\"fingerprint\":[\"{{ default }}\",\"a\"],\"message\":\"n\"}"},
        {"{\"release\":\"1\",\"message\":\"m\"}", "{\"release\":\"2\",\"message\":\"m\"}"},
        {"{\"environment\":\"a\",\"message\":\"m\"}", "{\"environment\":\"b\",\"message\":\"m\"}"},
        {"{\"level\":\"error\",\"message\":\"m\"}", "{\"level\":\"fatal\",\"message\":\"m\"}"},
    };
    (void)state;

    for (size_t i = 0; i < sizeof other / sizeof other[0]; i++)
        if (hash(other[i][0]) == hash(other[i][1]))
            fail_msg("%s and %s are taken for identical", other[i][0], other[i][1]);
}

static void the_hash_depends_on_the_seed_and_is_never_0(void **state)
{
    (void)state;

    assert_true(weir_run_hash(WEIR_S("{}"), 1) != weir_run_hash(WEIR_S("{}"), 2));
    for (uint64_t seed = 0; seed < 1000; seed++)
        assert_true(weir_run_hash(WEIR_S("{}"), seed) != 0);
}

static void odd_events_have_a_hash_too(void **state)
{
    static const char *const odd[] = {"{\"exception\":[]}",
                                      "{\"exception\":null}",
                                      "{\"exception\":{\"values\":{}}}",
                                      "{\"exception\":{\"type\":\"E\"}}",
                                      "{\"exception\":[{\"stacktrace\":{\"frames\":{}}}]}",
                                      "{\"fingerprint\":\"a\"}",
                                      "{\"message\":7}",
                                      "{}"};
    (void)state;

    for (size_t i = 0; i < sizeof odd / sizeof odd[0]; i++)
        assert_true(hash(odd[i]) != 0);
}

static void messages_of_less_weight_are_no_errors(void **state)
{
    (void)state;

    assert_true(weir_run_is_error(WEIR_S("{}")));
    assert_true(weir_run_is_error(WEIR_S("{\"level\":\"fatal\"}")));
    assert_false(weir_run_is_error(WEIR_S("{\"level\":\"info\"}")));
    assert_false(weir_run_is_error(WEIR_S("{\"level\":\"warning\"}")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_only_numbers_and_ids_tell_apart_is_identical),
        cmocka_unit_test(what_differs_otherwise_is_not),
        cmocka_unit_test(the_hash_depends_on_the_seed_and_is_never_0),
        cmocka_unit_test(odd_events_have_a_hash_too),
        cmocka_unit_test(messages_of_less_weight_are_no_errors),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
