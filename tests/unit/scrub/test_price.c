/* Tests of which rules are priced; the price itself is only looked at for being one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "weir/arena.h"
#include "weir/config.h"
#include "weir/scrub.h"
#include "weir/text.h"

static char told[256];

static void tell(void *self, const struct weir_price *p)
{
    size_t n = strlen(told);

    (void)self;
    assert_true(p->us_per_kib > 0 && p->us_per_kib < 1e6);
    snprintf(told + n, sizeof told - n, "%.*s:%u:%u %.*s;", WEIR_FMT(p->file), p->line, p->column,
             WEIR_FMT(p->rule));
}

static const char *priced(const char *yaml)
{
    struct weir_arena arena;
    struct weir_errors errors;
    struct weir_ruleset *r;

    told[0] = '\0';
    weir_arena_init(&arena, 4096);
    weir_errors_init(&errors, &arena);
    assert_int_equal(
        weir_ruleset_parse(WEIR_S("shop"), weir_str_of(yaml), WEIR_S("shop.yaml"), &errors, &r), 0);
    assert_int_equal(weir_ruleset_price(r, tell, NULL), 0);
    weir_ruleset_free(r);
    weir_arena_destroy(&arena);
    return told;
}

static void patterns_without_a_literal_are_priced_once(void **state)
{
    (void)state;
    assert_string_equal(priced("extends: [strict]\n"
                               "rules:\n"
                               "  digits: {type: pattern, pattern: '\\d{3}-[a-z]+'}\n"
                               "  order: {type: pattern, pattern: 'ORD-\\d+'}\n"
                               "  short: {type: redact_pair, keyPattern: '^id?$'}\n"
                               "  idle: {type: pattern, pattern: '[a-z]'}\n"
                               "applications:\n"
                               "  $string: [digits, order, short, '@email']\n"
                               "  extra.**: [digits]\n"),
                        "shop.yaml:3:3 digits;shop.yaml:5:3 short;");
}

static void a_pattern_that_matches_nothing_or_takes_long_ends(void **state)
{
    (void)state;
    assert_string_equal(priced("rules:\n"
                               "  empty: {type: pattern, pattern: 'x*'}\n"
                               "  slow: {type: pattern, pattern: '(\\w+)+\\$\\$'}\n"
                               "applications: {$string: [empty, slow]}\n"),
                        "shop.yaml:2:3 empty;shop.yaml:3:3 slow;");
}

static void built_in_sets_have_no_price(void **state)
{
    (void)state;
    for (const char *const *name = weir_ruleset_names(); *name != NULL; name++) {
        struct weir_ruleset *r;

        told[0] = '\0';
        assert_int_equal(weir_ruleset_builtin(weir_str_of(*name), &r), 0);
        assert_int_equal(weir_ruleset_price(r, tell, NULL), 0);
        assert_string_equal(told, "");
        weir_ruleset_free(r);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(patterns_without_a_literal_are_priced_once),
        cmocka_unit_test(a_pattern_that_matches_nothing_or_takes_long_ends),
        cmocka_unit_test(built_in_sets_have_no_price),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
