/* test_numbers.c - the regions that detectors are shown hold every number that
 * they would find without. */
#include "scrub/helper.h"

#include "scrubbers/numbers.h"
#include "scrubbers/rule.h"

static void expect(const char *text, unsigned most, size_t n)
{
    struct weir_numbers ns = {0};

    weir_numbers_find(weir_str_of(text), &ns);
    if (ns.most != most || ns.n != n)
        fail_msg("%s: %u digits at most, %zu regions", text, ns.most, ns.n);
    free(ns.list);
}

static void groups_of_a_number_make_one_region(void **state)
{
    (void)state;
    expect("", 0, 0);
    expect("no digit", 0, 0);
    expect("123 of them", 0, 0);
    expect("order 4711", 4, 1);
    expect("+49 (30) 1234-567 or 4111&nbsp;1111\xC2\xA0"
           "1111 1111",
           16, 2);
    expect("AB 12 34 56 C", 6, 1);
    expect("1EG4-TE5-MK73", 5, 1);
    expect("status=200 time=350 n=12", 0, 0);
}

static void dates_and_times_are_none(void **state)
{
    (void)state;
    expect("2026-11-21T05:30:00.123456Z", 0, 0);
    expect("2026-11-21 05:30:00,123 INFO", 0, 0);
    expect("05:30:00.123456 4711", 4, 1);
    expect("2026-11-21", 0, 0);
    expect("2026-11-21-1234", 12, 1);
    expect("0-2026-11-21", 9, 1);
    expect("2026-11-21T0530", 12, 1);
    expect("5526-11-21 1", 9, 1);
}

/* However long what stands behind a time, it is looked at once, and not by recursion. */
static void a_time_may_have_anything_behind_it(void **state)
{
    enum { LONG = 4 << 20 };
    struct weir_numbers ns = {0};
    char *text = malloc(LONG);

    (void)state;
    assert_non_null(text);
    memset(text, 'Z', LONG);
    memcpy(text, "05:30:00.123", 12);
    weir_numbers_find((struct weir_str){text, LONG}, &ns);
    assert_int_equal(ns.n, 0);
    free(text);
    free(ns.list);
}

/* ---- with regions and without --------------------------------------------------- */

static uint64_t seed = 20261121;

static uint32_t pick(uint32_t n)
{
    seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407;
    return (uint32_t)(seed >> 33) % n;
}

static const char *const pieces[] = {
    "4111 1111 1111 1111",
    "378282246310005",
    "4111%201111%201111%201111",
    "+49 30 1234567",
    "(415) 555-0132",
    "030/1234567",
    "0171-1234567",
    "%2B4930123456",
    "078-05-1120",
    "078051120",
    "490154203237518",
    "49-015420-323751-8",
    "192.168.100.7",
    "10.0.0.1",
    "1.2.3.4",
    "AB123456C",
    "AB 12 34 56 C",
    "X1234567L",
    "12345678Z",
    "RSSMRA85T10A562S",
    "85T10",
    "44051401359",
    "123.456.789-09",
    "1EG4-TE5-MK73",
    "ABCPE1234F",
    "19850312-1234",
    "850312-1234",
    "2026-11-21",
    "2026-11-21T05:30:00Z",
    "05:30:00",
    "05:30",
    "tel ",
    "phone: ",
    "ssn ",
    "nino=",
    "x",
    "ab",
    "-",
    ".",
    " ",
    "/",
    ":",
    "=",
    "\\n",
    "\\u0022",
    "%20",
    "&nbsp;",
    "\xC2\xA0",
    "\xE2\x80\x93",
    "+",
    "(",
    ")",
    ",",
    "\"",
    "0",
    "7",
    "42",
    "123",
    "4711",
    "call ",
    "n",
    "u",
    "_",
    "#",
    "card ",
    " ext. 12",
};

static void compare(enum weir_rule_type type, struct weir_str text, const struct weir_numbers *ns)
{
    struct weir_leaf leaf = {.type = type};
    struct weir_subject with = {.p = text.p, .n = text.n, .classes = ~0U, .numbers = ns};
    struct weir_subject without = with;
    size_t from = 0;

    without.numbers = NULL;
    while (from < text.n) {
        struct weir_span a = {0, 0}, b = {0, 0};
        enum weir_found found = weir_detectors[type].find(&leaf, &without, from, text.n, &b);

        if (weir_detectors[type].find(&leaf, &with, from, text.n, &a) != found ||
            (found == WEIR_FOUND && (a.start != b.start || a.end != b.end)))
            fail_msg("%s from %zu of %.*s: %zu-%zu, not %zu-%zu", weir_detectors[type].name, from,
                     WEIR_FMT(text), a.start, a.end, b.start, b.end);
        if (found != WEIR_FOUND)
            break;
        if (ns->most < weir_detectors[type].digits)
            fail_msg("%s in %.*s: %u digits", weir_detectors[type].name, WEIR_FMT(text), ns->most);
        from = b.end > from ? b.end : from + 1;
    }
}

static void what_is_found_in_regions_is_what_is_found_without(void **state)
{
    struct weir_numbers ns = {0};
    struct weir_arena a;

    (void)state;
    weir_arena_init(&a, 1 << 20);
    for (unsigned i = 0; i < 20000; i++) {
        struct weir_buf b;
        struct weir_str text;

        weir_buf_init(&b, &a, 1 << 16);
        for (unsigned k = pick(12) + 1; k > 0; k--)
            weir_buf_text(&b, pieces[pick(sizeof pieces / sizeof *pieces)]);
        assert_int_equal(weir_buf_str(&b, &text), 0);
        weir_numbers_find(text, &ns);
        for (int type = 0; type < WEIR_RULE_TYPES; type++)
            if (weir_detectors[type].digits > 0)
                compare((enum weir_rule_type)type, text, &ns);
        weir_arena_reset(&a);
    }
    free(ns.list);
    weir_arena_destroy(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(groups_of_a_number_make_one_region),
        cmocka_unit_test(dates_and_times_are_none),
        cmocka_unit_test(a_time_may_have_anything_behind_it),
        cmocka_unit_test(what_is_found_in_regions_is_what_is_found_without),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
