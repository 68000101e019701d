/* Tests of shadow sets: they change nothing, and report what enforcing them
 * would remove. */
#include "helper.h"

#include "weir/text.h"

static struct weir_ruleset *parse(struct bench *b, const char *name, const char *yaml)
{
    struct weir_errors errors;
    struct weir_ruleset *set;

    weir_errors_init(&errors, &b->arena);
    if (weir_ruleset_parse(weir_str_of(name), weir_str_of(yaml), WEIR_S("x.yaml"), &errors, &set) !=
        0) {
        weir_errors_print(&errors, 2);
        fail_msg("rule set refused");
    }
    return set;
}

/* What is run beside the set in question: it takes some of the same bytes. */
static const char other[] = "rules:\n"
                            "  digits: {type: pattern, pattern: '[0-9]{4,}'}\n"
                            "  who: {type: redact_pair, keyPattern: user}\n"
                            "  all: {type: anything, redaction: {method: remove}}\n"
                            "applications:\n"
                            "  '**': [digits, who, '@email:mask']\n"
                            "  'extra.gone': [all]\n";

static const char mine[] =
    "rules:\n"
    "  order: {type: pattern, pattern: 'ORD-([0-9]+)', replaceGroups: [1]}\n"
    "  slow: {type: pattern, pattern: '(b+)+$'}\n"
    "  all: {type: anything}\n"
    "applications:\n"
    "  '**': [order, slow, '@email', '@ip:hash', '@creditcard:mask', '@password:remove', '@iban']\n"
    "  '$user.username': ['@anything:remove']\n"
    "  'extra.gone || extra.box': [all]\n";

static const char *const traffic[] = {
    "{\"message\":\"nothing here\"}",
    "{\"message\":\"mail to maria@example.org of ORD-12345 and bob@example.org, ORD-99\"}",
    "{\"message\":\"from 203.0.113.9 and 4539148803436467, DE89 3704 0044 0532 0130 00\"}",
    "{\"user\":{\"username\":\"maria\",\"email\":\"maria@example.org\"}}",
    "{\"extra\":{\"gone\":\"ORD-7777\",\"password\":\"hunter2\",\"n\":4539148803436467}}",
    ("{\"extra\":{\"box\":{\"a\":[1,2,\"maria@example.org\"]},\"list\":[[\"password\",\"x1y2z3\"]]}"
     "}"),
    "{\"extra\":{\"maria@example.org\":\"x\",\"password\":{\"a\":\"b\",\"c\":[1,true,null]}}}",
    "{\"extra\":{\"deep\":\"{\\\"token\\\":\\\"abc123\\\",\\\"user\\\":\\\"m@example.org\\\"}\"}}",
    "{\"request\":{\"query_string\":\"a=1&password=hunter2&ip=203.0.113.9&mail=a@example.org\"}}",
    "{\"message\":\"password=ORD-1 user=maria@example.org 203.0.113.9 203.0.113.10\"}",
    "{\"exception\":{\"values\":[{\"type\":\"X\",\"value\":\"ORD-55 of a@example.org\"}]}}",
    "{\"message\":\"bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbc\"}",
    "{\"extra\":{\"name\":\"password\",\"value\":\"abc123\"}}",
    "{\"extra\":{\"value\":\"abc123\",\"name\":\"password\"}}",
    "{\"tags\":[[\"password\",\"abc123\"],[\"mail\",\"a@example.org\"]]}",
};
enum { TRAFFIC = sizeof traffic / sizeof *traffic };

/* All matches of the set `name` on the traffic, as text. */
static const char *report(struct bench *b, const struct weir_scrub_plan *plan, const char *name,
                          bool shadow)
{
    struct weir_buf out;
    struct weir_str text;

    weir_buf_init(&out, &b->arena, 1 << 20);
    weir_scrubber_explain(b->scrubber, true);
    for (size_t i = 0; i < TRAFFIC; i++) {
        struct weir_json_doc doc;
        const struct weir_match *m;
        size_t n;

        assert_int_equal(weir_scrub_json(b->scrubber, plan, WEIR_SCRUB_EVENT, &b->arena,
                                         weir_str_of(traffic[i]), &doc),
                         0);
        m = weir_scrubber_matches(b->scrubber, &n);
        for (size_t k = 0; k < n; k++) {
            if (!weir_str_eq(m[k].ruleset, weir_str_of(name)))
                continue;
            assert_int_equal(m[k].shadow, shadow);
            weir_buf_printf(&out, "%zu %.*s %.*s %c %zu-%zu of %zu, %zu-%zu\n", i,
                            WEIR_FMT(m[k].path), WEIR_FMT(m[k].rule), m[k].method, m[k].start,
                            m[k].end, m[k].original_len, m[k].from, m[k].to);
        }
    }
    assert_int_equal(weir_buf_str(&out, &text), 0);
    return weir_arena_copy(&b->arena, text).p;
}

/* weir_scrub_matches_total of a set, in one mode. */
static uint64_t counted(struct bench *b, const char *name, const char *mode)
{
    struct weir_buf out;
    struct weir_str text, line;
    uint64_t sum = 0;
    char set[64], how[64];

    (void)snprintf(set, sizeof set, "ruleset=\"%s\"", name);
    (void)snprintf(how, sizeof how, "mode=\"%s\"", mode);
    weir_buf_init(&out, &b->arena, 1 << 20);
    assert_int_equal(weir_metrics_write(&out, false), 0);
    assert_int_equal(weir_buf_str(&out, &text), 0);
    while (text.n > 0) {
        struct weir_str value;
        uint64_t v;

        weir_str_cut(text, '\n', &line, &text);
        if (!weir_str_starts(line, WEIR_S("weir_scrub_matches_total{")) ||
            weir_str_find(line, weir_str_of(set)) == SIZE_MAX ||
            weir_str_find(line, weir_str_of(how)) == SIZE_MAX)
            continue;
        value = weir_str_sub(line, weir_str_find(line, WEIR_S("} ")) + 2, SIZE_MAX);
        assert_true(weir_str_u64(value, &v));
        sum += v;
    }
    return sum;
}

static struct weir_scrub_plan *plan_of(const struct weir_ruleset *enforced,
                                       const struct weir_ruleset *enforced_too,
                                       const struct weir_ruleset *shadow)
{
    const struct weir_ruleset *sets[2] = {enforced, enforced_too};
    struct weir_scrub_plan *plan;

    assert_int_equal(weir_scrub_plan_new(sets, (enforced != NULL) + (enforced_too != NULL), &shadow,
                                         shadow != NULL, WEIR_S("key"), &plan),
                     0);
    return plan;
}

static void a_shadow_set_reports_what_enforcing_it_would_remove(void **state)
{
    struct bench b;
    struct weir_ruleset *a, *o;
    struct weir_scrub_plan *enforced, *alone, *beside;
    const char *would, *did;
    uint64_t n;

    (void)state;
    bench_open(&b, NULL);
    a = parse(&b, "mine", mine);
    o = parse(&b, "other", other);
    enforced = plan_of(a, NULL, NULL);
    alone = plan_of(NULL, NULL, a);
    beside = plan_of(b.set, o, a);
    did = report(&b, enforced, "mine", false);
    n = counted(&b, "mine", "enforce");
    assert_true(n > 20);
    assert_int_equal(counted(&b, "mine", "shadow"), 0);
    would = report(&b, alone, "mine", true);
    assert_string_equal(would, did);
    assert_int_equal(counted(&b, "mine", "shadow"), n);
    would = report(&b, beside, "mine", true);
    assert_string_equal(would, did);
    assert_int_equal(counted(&b, "mine", "shadow"), 2 * n);
    assert_int_equal(counted(&b, "mine", "enforce"), n);
    assert_true(counted(&b, "other", "enforce") > 0);
    weir_scrub_plan_free(enforced);
    weir_scrub_plan_free(alone);
    weir_scrub_plan_free(beside);
    weir_ruleset_free(a);
    weir_ruleset_free(o);
    bench_close(&b);
}

static void a_shadow_set_changes_nothing(void **state)
{
    struct bench b;
    struct weir_ruleset *a, *o;
    struct weir_scrub_plan *with, *without;

    (void)state;
    bench_open(&b, NULL);
    a = parse(&b, "mine", mine);
    o = parse(&b, "other", other);
    with = plan_of(o, NULL, a);
    without = plan_of(o, NULL, NULL);
    for (size_t i = 0; i < TRAFFIC; i++) {
        struct weir_scrub_plan *kept = b.plan;
        const char *x, *y;

        b.plan = with;
        x = bench_json(&b, WEIR_SCRUB_EVENT, traffic[i], true);
        b.plan = without;
        y = bench_json(&b, WEIR_SCRUB_EVENT, traffic[i], true);
        b.plan = kept;
        assert_string_equal(x, y);
    }
    weir_scrub_plan_free(with);
    weir_scrub_plan_free(without);
    weir_ruleset_free(a);
    weir_ruleset_free(o);
    bench_close(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_shadow_set_reports_what_enforcing_it_would_remove),
        cmocka_unit_test(a_shadow_set_changes_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
