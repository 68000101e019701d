/* test_meta.c - _meta: ranges, lengths, the sender's own, mends. */
#include "scrub/helper.h"

struct c {
    const char *in, *out;
};

static const char rules[] =
    "rules:\n"
    "  order: {type: pattern, pattern: 'ORD-([0-9]+)', replaceGroups: [1], redaction: {method: "
    "mask}}\n"
    "applications:\n"
    "  $message: [order, '@email']\n"
    "  extra.drop.**: ['@anything:remove']\n"
    "  $user.email: ['@email:hash']\n"
    "  extra.ip: ['@ip', '@email:remove']\n";

static void run(const char *yaml, const struct c *cases, size_t n)
{
    struct bench b;
    unsigned wrong = 0;

    bench_open(&b, yaml);
    for (size_t i = 0; i < n; i++) {
        const char *out = bench_json(&b, WEIR_SCRUB_EVENT, cases[i].in, true);

        if (strcmp(out, cases[i].out) != 0) {
            fprintf(stderr, "in   %s\nout  %s\nwant %s\n", cases[i].in, out, cases[i].out);
            wrong++;
        }
    }
    bench_close(&b);
    assert_int_equal(wrong, 0);
}

static void remarks_have_the_standard_form(void **state)
{
    static const struct c cases[] = {
        {"{\"message\":\"ORD-12 of bob@x.io\"}",
         "{\"message\":\"ORD-** of "
         "[email]\",\"_meta\":{\"message\":{\"\":{\"rem\":[[\"order\",\"m\""
         ",4,6],[\"@email\",\"s\",10,17]],\"len\":18}}}}"},
        {"{\"message\":\"größe \\u00fc bob@x.io\"}",
         "{\"message\":\"größe ü "
         "[email]\",\"_meta\":{\"message\":{\"\":{\"rem\":[[\"@email\",\"s\","
         "11,18]],\"len\":16}}}}"},
        {"{\"extra\":{\"drop\":{\"a\":\"b\"}}}", "{\"extra\":{\"drop\":{\"a\":null}},\"_meta\":{"
                                                 "\"extra\":{\"drop\":{\"a\":{\"\":{\"rem\":[["
                                                 "\"@anything:remove\",\"x\"]]}}}}}}"},
        {"{\"user\":{\"email\":\"bob@x.io\"}}",
         "{\"user\":{\"email\":\"26C1DBD5D9272BDC0E9E81B55D99B6922838B88C\"},\"_meta\":{\"user\":{"
         "\"email\":{\"\":{\"rem\":[[\"@email:hash\",\"p\",0,40]],\"len\":8}}}}}"},
        {"{\"extra\":{\"ip\":\"a bob@x.io 1.2.3.4\"}}",
         "{\"extra\":{\"ip\":\"a  [ip]\"},\"_meta\":{\"extra\":{\"ip\":{\"\":{\"rem\":[["
         "\"@email:remove\",\"x\",2,2],[\"@ip\",\"s\",3,7]],\"len\":18}}}}}"},
        {"{\"message\":\"nothing\"}", "{\"message\":\"nothing\"}"},
    };

    (void)state;
    run(rules, cases, sizeof cases / sizeof *cases);
}

static void the_senders_own_is_kept_and_added_to(void **state)
{
    static const struct c cases[] = {
        {"{\"_meta\":{\"message\":{\"\":{\"len\":900,\"rem\":[[\"!limit\",\"s\",5,8]]}},\"extra\":{"
         "\"x\":{\"\":{\"len\":3}}}},\"message\":\"bob@x.io\"}",
         "{\"_meta\":{\"extra\":{\"x\":{\"\":{\"len\":3}}},\"message\":{\"\":{\"len\":900,\"rem\":"
         "[[\"!limit\",\"s\",5,8],[\"@email\",\"s\",0,7]]}}},\"message\":\"[email]\"}"},
        {"{\"message\":\"bob@x.io\",\"_meta\":{}}",
         "{\"message\":\"[email]\",\"_meta\":{\"message\":{\"\":{\"rem\":[[\"@email\",\"s\",0,7]],"
         "\"len\":8}}}}"},
        {"{\"message\":\"bob@x.io\",\"_meta\":null}",
         "{\"message\":\"[email]\",\"_meta\":{\"message\":{\"\":{\"rem\":[[\"@email\",\"s\",0,7]],"
         "\"len\":8}}}}"},
    };

    (void)state;
    run(rules, cases, sizeof cases / sizeof *cases);
}

static void what_was_mended_is_said(void **state)
{
    static const struct c cases[] = {
        {"{\"extra\":{\"a\":\"x\xff\"}}",
         "{\"extra\":{\"a\":\"x\xEF\xBF\xBD\"},\"_meta\":{\"extra\":{\"a\":{\"\":{\"err\":[["
         "\"invalid_data\",{\"reason\":\"invalid UTF-8\"}]]}}}}}"},
        {"{\"extra\":{\"a\":NaN}}",
         "{\"extra\":{\"a\":null},\"_meta\":{\"extra\":{\"a\":{\"\":{\"err\":[[\"invalid_data\",{"
         "\"reason\":\"not a number\"}]]}}}}}"},
    };

    (void)state;
    run(rules, cases, sizeof cases / sizeof *cases);
}

static void of_duplicates_only_the_last_is_remarked(void **state)
{
    static const struct c cases[] = {
        {"{\"message\":\"bob@x.io\",\"message\":\"plain\"}", "{\"message\":\"plain\"}"},
        {"{\"message\":\"a\",\"message\":\"bob@x.io\"}",
         "{\"message\":\"[email]\",\"_meta\":{\"message\":{\"\":{\"rem\":[[\"@email\",\"s\",0,7]],"
         "\"len\":8}}}}"},
    };

    (void)state;
    run(rules, cases, sizeof cases / sizeof *cases);
}

static void ranges_point_at_what_was_put_in_place(void **state)
{
    static const char in[] = "{\"message\":\"a bob@x.io b 4111 1111 1111 1111 password=abc\"}";
    struct bench b;
    struct weir_json_doc doc;
    struct weir_str out, text;
    const struct weir_match *m;
    size_t n;

    (void)state;
    bench_open(&b, NULL);
    weir_scrubber_explain(b.scrubber, true);
    assert_int_equal(
        weir_scrub_json(b.scrubber, b.plan, WEIR_SCRUB_EVENT, &b.arena, WEIR_S(in), &doc), 0);
    m = weir_scrubber_matches(b.scrubber, &n);
    assert_int_equal(n, 3);
    assert_int_equal(weir_json_doc_write(&doc, &b.arena, 1 << 20, &out), 0);
    text = weir_str_sub(out, 12, out.n - 14);
    for (size_t i = 0; i < n; i++) {
        struct weir_str put = weir_str_sub(text, m[i].start, m[i].end - m[i].start);

        assert_true(put.p[0] == '[' && put.p[put.n - 1] == ']');
        assert_true(weir_str_eq(m[i].path, WEIR_S("message")));
        assert_true(weir_str_eq(m[i].ruleset, WEIR_S("default")));
        assert_int_equal(m[i].original_len, sizeof in - 1 - 14);
    }
    bench_close(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(remarks_have_the_standard_form),
        cmocka_unit_test(the_senders_own_is_kept_and_added_to),
        cmocka_unit_test(what_was_mended_is_said),
        cmocka_unit_test(of_duplicates_only_the_last_is_remarked),
        cmocka_unit_test(ranges_point_at_what_was_put_in_place),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
