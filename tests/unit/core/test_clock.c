/* Tests of clock.h. */
#include "unit.h"
#include "weir/clock.h"

#include <math.h>
#include <stdio.h>
#include <time.h>

static void times_are_written_as_gmtime_would(void **state)
{
    uint64_t step = UINT64_C(86400000) * 97 + 12345678;

    (void)state;
    for (uint64_t ms = 0; ms < UINT64_C(253402300800000); ms += step) {
        time_t t = (time_t)(ms / 1000);
        char got[25], expect[64];
        struct tm tm;
        double back;

        gmtime_r(&t, &tm);
        size_t n = strftime(expect, sizeof expect, "%Y-%m-%dT%H:%M:%S", &tm);
        snprintf(expect + n, sizeof expect - n, ".%03uZ", (unsigned)(ms % 1000));
        weir_rfc3339(ms, got);
        assert_string_equal(got, expect);
        assert_true(weir_parse_time(weir_str_of(got), &back));
        assert_true(fabs(back - (double)ms / 1000) < 1e-4);
    }
}

static void times_past_the_year_9999_are_cut(void **state)
{
    char got[25];

    (void)state;
    weir_rfc3339(UINT64_MAX, got);
    assert_string_equal(got, "9999-12-31T23:59:59.999Z");
}

static void senders_times_are_read_in_all_their_forms(void **state)
{
    static const struct {
        const char *text;
        double seconds; /* negative: refused */
    } cases[] = {
        {"1970-01-01T00:00:00Z", 0},
        {"2026-11-21T05:30:00.123Z", 1795239000.123},
        {"2026-11-21 05:30:00.123456789", 1795239000.123456789},
        {"2026-11-21t05:30:00z", 1795239000},
        {"2026-11-21T07:30:00+02:00", 1795239000},
        {"2026-11-21T00:00:00.5-0530", 1795239000.5},
        {"2026-11-21T07:30:00+02", 1795239000},
        {"2024-02-29T00:00:00Z", 1709164800},
        {"2016-12-31T23:59:60Z", 1483228800},
        {"1700000000", 1700000000},
        {"1700000000.5", 1700000000.5},
        {"1700000000.1234567891234", 1700000000.123456789},
        {"0", 0},
        {"2023-02-29T00:00:00Z", -1},
        {"2026-13-01T00:00:00Z", -1},
        {"2026-11-00T00:00:00Z", -1},
        {"2026-11-21T24:00:00Z", -1},
        {"2026-11-21T05:30Z", -1},
        {"2026-11-21T05:30:00.Z", -1},
        {"2026-11-21T05:30:00Zx", -1},
        {"2026-11-21T05:30:00+2", -1},
        {"2026-11-21", -1},
        {"1969-12-31T23:59:59Z", -1},
        {"1970-01-01T00:00:00+01:00", -1},
        {"253402300800", -1},
        {"", -1},
        {".5", -1},
        {"5.", -1},
        {"1e9", -1},
        {"-1", -1},
        {"1.2.3", -1},
        {"yesterday", -1},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        double got = -7;
        bool ok = weir_parse_time(weir_str_of(cases[i].text), &got);

        if (ok != (cases[i].seconds >= 0) || (ok && fabs(got - cases[i].seconds) > 1e-6))
            fail_msg("%s: %f", cases[i].text, got);
        if (!ok)
            assert_true(got == -7);
    }
}

static void clocks_move_forward_in_their_units(void **state)
{
    uint64_t us = weir_mono_us(), ms = weir_mono_ms();

    (void)state;
    assert_true(ms >= us / 1000 && ms - us / 1000 < 10000);
    assert_true(weir_wall_ms() > UINT64_C(1700000000000));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(times_are_written_as_gmtime_would),
        cmocka_unit_test(times_past_the_year_9999_are_cut),
        cmocka_unit_test(senders_times_are_read_in_all_their_forms),
        cmocka_unit_test(clocks_move_forward_in_their_units),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
