/* test_rate_limits.c - headers in, ends of limits out, by a table. */
#include "collector/forward/rate_limits.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

enum { NOW = 1000000 };
/* Sat, 21 Nov 2026 05:30:00 GMT */
#define WALL UINT64_C(1795239000000)

#define ALL UINT32_MAX
#define BIT(c) (1u << WEIR_CAT_##c)

static const struct {
    const char *name;
    int status;
    enum weir_category category;
    const char *rate_limits, *retry_after;
    uint64_t seconds;    /* from now */
    uint32_t categories; /* limited for `seconds`; the others not at all */
} table[] = {
    {"nothing said", 200, WEIR_CAT_ERROR, "", "", 0, 0},
    {"429 alone is a minute for all", 429, WEIR_CAT_ERROR, "", "", 60, ALL},
    {"seconds", 429, WEIR_CAT_ERROR, "", "120", 120, ALL},
    {"white space", 429, WEIR_CAT_ERROR, "", "  7 ", 7, ALL},
    {"a fraction is rounded up", 429, WEIR_CAT_ERROR, "", "2.1", 3, ALL},
    {"also with 503", 503, WEIR_CAT_ERROR, "", "15", 15, ALL},
    {"date", 429, WEIR_CAT_ERROR, "", "Sat, 21 Nov 2026 05:31:30 GMT", 90, ALL},
    {"old date forms", 429, WEIR_CAT_ERROR, "", "Saturday, 21-Nov-26 05:31:30 GMT", 90, ALL},
    {"asctime", 429, WEIR_CAT_ERROR, "", "Sat Nov 21 05:31:30 2026", 90, ALL},
    {"a date gone by is soon", 429, WEIR_CAT_ERROR, "", "Sat, 21 Nov 2020 05:31:30 GMT", 1, ALL},
    {"none is soon", 429, WEIR_CAT_ERROR, "", "0", 1, ALL},
    {"none on 503 is nothing", 503, WEIR_CAT_ERROR, "", "0", 0, 0},
    {"garbage", 429, WEIR_CAT_ERROR, "", "soon", 60, ALL},
    {"negative", 429, WEIR_CAT_ERROR, "", "-5", 60, ALL},
    {"garbage on 503 is nothing", 503, WEIR_CAT_ERROR, "", "soon", 0, 0},
    {"at most a day", 429, WEIR_CAT_ERROR, "", "99999999999999999999999", 86400, ALL},
    {"one category", 200, WEIR_CAT_ERROR, "60:transaction:key", "", 60, BIT(TRANSACTION)},
    {"two", 200, WEIR_CAT_ERROR, "60:transaction;error:organization:quota", "", 60,
     BIT(TRANSACTION) | BIT(ERROR)},
    {"no category is all", 200, WEIR_CAT_ERROR, "60::organization", "", 60, ALL},
    {"seconds alone are all", 200, WEIR_CAT_ERROR, "60", "", 60, ALL},
    {"an unknown category is none", 200, WEIR_CAT_ERROR, "60:profile_duration_ui:key", "", 0, 0},
    {"namespaces are not ours", 200, WEIR_CAT_ERROR, "60:metric_bucket:organization:quota:custom",
     "", 0, 0},
    {"several quotas", 200, WEIR_CAT_ERROR, "60:session:key, 60:log_item:key,60:monitor", "", 60,
     BIT(SESSION) | BIT(LOG_ITEM) | BIT(MONITOR)},
    {"a bad quota does not spoil the next", 200, WEIR_CAT_ERROR, "x:error, ,::,60:span:key", "", 60,
     BIT(SPAN)},
    {"the header wins over Retry-After", 503, WEIR_CAT_ERROR, "60:error:key", "999", 60,
     BIT(ERROR)},
    {"429 for something else still limits what was refused", 429, WEIR_CAT_ERROR, "x", "30", 30,
     BIT(ERROR)},
    {"429 with an empty quota", 429, WEIR_CAT_SESSION, "0:session:key", "", 60, BIT(SESSION)},
};

static void limits_end_when_the_headers_say(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        struct weir_rate_limits l = {{0}};
        bool set =
            weir_rate_limits_update(&l, table[i].status, table[i].category,
                                    &(struct weir_limit_headers){weir_str_of(table[i].retry_after),
                                                                 weir_str_of(table[i].rate_limits)},
                                    NOW, WALL);

        if (set != (table[i].categories != 0))
            fail_msg("%s: set %d", table[i].name, set);
        for (int c = 0; c < WEIR_CATEGORIES; c++) {
            bool limited = (table[i].categories >> c & 1) != 0 && c != WEIR_CAT_INTERNAL;
            uint64_t want = limited ? NOW + table[i].seconds * 1000 : 0;
            uint64_t got = weir_rate_limits_until(&l, (enum weir_category)c, NOW);

            if (got != want)
                fail_msg("%s: category %d ends at %lu, not %lu", table[i].name, c,
                         (unsigned long)got, (unsigned long)want);
        }
    }
}

static void the_latest_end_holds_and_passes(void **state)
{
    struct weir_rate_limits l = {{0}};
    struct weir_limit_headers longer = {{NULL, 0}, WEIR_S("100:error:key")};
    struct weir_limit_headers shorter = {WEIR_S("10"), {NULL, 0}};
    (void)state;
    weir_rate_limits_update(&l, 200, WEIR_CAT_ERROR, &longer, NOW, WALL);
    assert_int_equal(weir_rate_limits_until_all(&l, NOW), 0);
    weir_rate_limits_update(&l, 429, WEIR_CAT_ERROR, &shorter, NOW, WALL);
    assert_int_equal(weir_rate_limits_until(&l, WEIR_CAT_ERROR, NOW), NOW + 100000);
    assert_int_equal(weir_rate_limits_until_all(&l, NOW), NOW + 10000);
    assert_int_equal(weir_rate_limits_until_any(&l, NOW), NOW + 100000);
    assert_int_equal(weir_rate_limits_until_all(&l, NOW + 10000), 0);
    assert_int_equal(weir_rate_limits_until(&l, WEIR_CAT_ERROR, NOW + 100000), 0);
    assert_int_equal(weir_rate_limits_until(&l, WEIR_CAT_INTERNAL, NOW), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(limits_end_when_the_headers_say),
        cmocka_unit_test(the_latest_end_holds_and_passes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
