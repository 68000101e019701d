/* Tests of item.h, limits.h and err.h: the tables are complete and agree. */
#include "unit.h"
#include "weir/limits.h"
#include "weir/riders.h"

static void every_type_has_a_name_that_leads_back(void **state)
{
    (void)state;
    for (int t = 0; t < WEIR_ITEM_TYPES; t++) {
        const char *name = weir_item_type_name(t);

        assert_non_null(name);
        assert_int_equal(weir_item_type_of(weir_str_of(name)),
                         t < WEIR_ITEM_UNKNOWN ? t : WEIR_ITEM_UNKNOWN);
    }
    assert_int_equal(weir_item_type_of(WEIR_S("raw_security")), WEIR_ITEM_SECURITY);
    assert_int_equal(weir_item_type_of(WEIR_S("")), WEIR_ITEM_UNKNOWN);
    assert_int_equal(weir_item_type_of(WEIR_S("Event")), WEIR_ITEM_UNKNOWN);
}

static void every_category_has_a_name_that_leads_back(void **state)
{
    (void)state;
    for (int c = 0; c < WEIR_CATEGORIES; c++)
        assert_int_equal(weir_category_of(weir_str_of(weir_category_name(c))), c);
    assert_int_equal(weir_category_of(WEIR_S("metric_bucket")), WEIR_CATEGORIES);
}

static void what_is_bound_to_the_event_id_is_what_contract_5_lists(void **state)
{
    static const char *bound[] = {"event",        "transaction",      "feedback",
                                  "attachment",   "profile",          "user_report",
                                  "replay_event", "replay_recording", "replay_video"};
    int n = 0;

    (void)state;
    for (size_t i = 0; i < COUNT(bound); i++)
        assert_true(weir_item_bound(weir_item_type_of(weir_str_of(bound[i]))));
    for (int t = 0; t < WEIR_ITEM_TYPES; t++)
        n += weir_item_bound(t);
    assert_int_equal(n, COUNT(bound));
    assert_int_equal(weir_item_category(WEIR_ITEM_CHECK_IN), WEIR_CAT_MONITOR);
    assert_int_equal(weir_item_category(WEIR_ITEM_SESSIONS), WEIR_CAT_SESSION);
}

static void limits_are_kept_by_slot_and_category(void **state)
{
    (void)state;
    weir_limit_set(3, WEIR_CAT_ERROR, 1234);
    weir_limit_set(64, WEIR_CAT_ERROR, 1);
    assert_int_equal(weir_limit_until(3, WEIR_CAT_ERROR), 1234);
    assert_int_equal(weir_limit_until(3, WEIR_CAT_SPAN), 0);
    assert_int_equal(weir_limit_until(2, WEIR_CAT_ERROR), 0);
    assert_int_equal(weir_limit_until(64, WEIR_CAT_ERROR), 0);
}

static void reports_add_up_until_they_are_taken(void **state)
{
    (void)state;
    weir_report_add(1, WEIR_REPORT_SAMPLE_RATE, WEIR_CAT_SPAN, 5);
    weir_report_add(1, WEIR_REPORT_SAMPLE_RATE, WEIR_CAT_SPAN, 2);
    weir_report_add(64, WEIR_REPORT_SAMPLE_RATE, WEIR_CAT_SPAN, 2);
    assert_int_equal(weir_report_take(1, WEIR_REPORT_SAMPLE_RATE, WEIR_CAT_SPAN), 7);
    assert_int_equal(weir_report_take(1, WEIR_REPORT_SAMPLE_RATE, WEIR_CAT_SPAN), 0);
    assert_int_equal(weir_report_take(64, WEIR_REPORT_SAMPLE_RATE, WEIR_CAT_SPAN), 0);
    assert_string_equal(weir_report_reason_name(WEIR_REPORT_CACHE_OVERFLOW), "cache_overflow");
}

static void riders_are_counted_by_category_up_to_what_their_bits_hold(void **state)
{
    static const enum weir_category riding[] = {WEIR_CAT_ATTACHMENT, WEIR_CAT_PROFILE,
                                                WEIR_CAT_REPLAY, WEIR_CAT_FEEDBACK,
                                                WEIR_CAT_DEFAULT};
    uint64_t riders = 0, all = 0;

    (void)state;
    for (size_t i = 0; i < sizeof riding / sizeof riding[0]; i++) {
        riders = weir_riders_add(riders, riding[i], i + 1 > 3 ? 3 : i + 1);
        all = weir_riders_add(weir_riders_add(all, riding[i], 1), riding[i], UINT64_MAX);
    }
    for (size_t i = 0; i < sizeof riding / sizeof riding[0]; i++)
        assert_int_equal(weir_riders_get(riders, riding[i]), i + 1 > 3 ? 3 : i + 1);
    assert_true(all == ((uint64_t)1 << WEIR_RIDER_BITS) - 1);
    assert_int_equal(weir_riders_get(all, WEIR_CAT_ATTACHMENT), (1 << 30) - 1);
    assert_int_equal(weir_riders_add(riders, WEIR_CAT_ERROR, 1), riders);
    assert_int_equal(weir_riders_get(all, WEIR_CAT_ERROR), 0);
}

static void every_error_has_a_text_of_its_own(void **state)
{
    (void)state;
    for (int e = WEIR_OK; e >= WEIR_EWITHDRAWN; e--)
        for (int f = e - 1; f >= WEIR_EWITHDRAWN - 1; f--)
            assert_string_not_equal(weir_strerror(e), weir_strerror(f));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_type_has_a_name_that_leads_back),
        cmocka_unit_test(every_category_has_a_name_that_leads_back),
        cmocka_unit_test(what_is_bound_to_the_event_id_is_what_contract_5_lists),
        cmocka_unit_test(limits_are_kept_by_slot_and_category),
        cmocka_unit_test(reports_add_up_until_they_are_taken),
        cmocka_unit_test(riders_are_counted_by_category_up_to_what_their_bits_hold),
        cmocka_unit_test(every_error_has_a_text_of_its_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
