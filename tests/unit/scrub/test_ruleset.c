/* test_ruleset.c - loading: what is understood, what is refused and where. */
#include "scrub/helper.h"

static void every_mistake_is_told_with_its_place(void **state)
{
    static const char yaml[] = "name: bad\n"
                               "versoin: 1\n"
                               "rules:\n"
                               "  a: {type: pattern, pattern: '('}\n"
                               "  b: {type: nothing}\n"
                               "  c: {type: redact_pair}\n"
                               "  d: {type: email, redaction: {method: scramble}}\n"
                               "  e: {type: alias, rule: e}\n"
                               "  f: {type: pattern, pattern: 'x', replaceGroups: [3]}\n"
                               "  g: {type: email, patern: x}\n"
                               "applications:\n"
                               "  'a..b': [a]\n"
                               "  $string: [a, b, c, d, e, f, missing, '@emial', '@ip:scramble']\n";
    static const char *const want[] = {
        "t.yaml:2:1: unknown key versoin: did you mean version?",
        "t.yaml:5:13: unknown rule type nothing",
        "t.yaml:10:20: unknown key patern",
        "t.yaml:12:5: selector: unexpected character",
        "t.yaml:4:31: pattern, character 2: missing closing parenthesis",
        "t.yaml:6:6: keyPattern is missing",
        "t.yaml:7:40: unknown method: remove, replace, mask, hash, truncate or encrypt",
        "t.yaml:8:26: rules refer to each other in a circle",
        "t.yaml:9:52: the pattern has no such group",
        "t.yaml:13:31: no rule named missing",
        "t.yaml:13:40: no built-in rule @emial: did you mean @email?",
        "t.yaml:13:50: no built-in rule @ip:scramble",
    };
    struct weir_arena arena;
    struct weir_errors errors;
    struct weir_ruleset *set = NULL;
    unsigned wrong = 0;

    (void)state;
    weir_arena_init(&arena, 16 << 20);
    weir_errors_init(&errors, &arena);
    assert_int_equal(
        weir_ruleset_parse(WEIR_S("bad"), WEIR_S(yaml), WEIR_S("t.yaml"), &errors, &set),
        WEIR_EINVAL);
    assert_null(set);
    for (size_t k = 0; k < sizeof want / sizeof *want; k++) {
        bool found = false;

        for (size_t i = 0; i < errors.n; i++) {
            struct weir_str line = weir_arena_printf(
                &arena, "%.*s:%u:%u: %.*s", WEIR_FMT(errors.list[i].file), errors.list[i].line,
                errors.list[i].column, WEIR_FMT(errors.list[i].message));

            found = found || weir_str_starts(line, weir_str_of(want[k]));
        }
        if (!found) {
            fprintf(stderr, "missing: %s\n", want[k]);
            wrong++;
        }
    }
    if (wrong > 0)
        weir_errors_print(&errors, 2);
    weir_arena_destroy(&arena);
    assert_int_equal(wrong, 0);
}

/* All complaints about a rule set, one a line. */
static struct weir_str complaints(struct weir_arena *arena, const char *yaml)
{
    struct weir_errors errors;
    struct weir_ruleset *set = NULL;
    struct weir_str out;
    struct weir_buf b;

    weir_errors_init(&errors, arena);
    weir_buf_init(&b, arena, 1 << 20);
    if (weir_ruleset_parse(WEIR_S("bad"), weir_str_of(yaml), WEIR_S("f"), &errors, &set) == 0)
        weir_ruleset_free(set);
    for (size_t i = 0; i < errors.n; i++)
        weir_buf_printf(&b, "%u:%u %.*s\n", errors.list[i].line, errors.list[i].column,
                        WEIR_FMT(errors.list[i].message));
    assert_int_equal(weir_buf_str(&b, &out), 0);
    return out;
}

static void a_mistake_is_told_once_and_with_what_was_meant(void **state)
{
    static const struct {
        const char *yaml, *want;
    } cases[] = {
        /* rules that nothing applies are checked like any other */
        {"rules: {a: {type: pattern, pattern: '(x'}}",
         "1:37 pattern, character 3: missing closing parenthesis\n"},
        {"rules: {a: {type: multiple, rules: [b, '@ibn']}}",
         "1:37 no rule named b\n1:40 no built-in rule @ibn: did you mean @iban?\n"},
        {"rules: {a: {type: pattern}}", "1:12 pattern is missing\n"},
        {"rules: {a: {type: emial}}", "1:19 unknown rule type emial: did you mean email?\n"},
        {"rules: {a: {type: email, redaction: msk}}",
         "1:37 unknown method msk: did you mean mask?\n"},
        {"rules: {a: {type: email, redaction: {text: x}}}",
         "1:37 redaction is a method, or a map with a method\n"},
        {"rules: {a: {type: email, redaction: {method: hash, algorithm: MD5}}}",
         "1:63 unknown algorithm: HMAC-SHA256 (HMAC-SHA1 and HMAC-SHA512 mean the same)\n"},
        /* a circle is one mistake, whoever enters it where */
        {"rules: {a: {type: alias, rule: b}, b: {type: multiple, rules: [c, '@ip']}, c: {type: "
         "alias, rule: a}}\napplications: {$string: [a, b, c]}",
         "1:99 rules refer to each other in a circle\n"},
        {"rules: {order: {type: email}}\napplications: {$string: [ordr, common, '@ip:hsh', "
         "'@url_auth', '@ip:legacy']}",
         "2:26 no rule named ordr: did you mean order?\n"
         "2:32 no rule named common: did you mean @common?\n"
         "2:40 no built-in rule @ip:hsh: did you mean @ip:hash?\n"
         "2:51 no built-in rule @url_auth: did you mean @urlauth?\n"
         "2:64 no built-in rule @ip:legacy\n"},
        {"applications: {'': ['@ip'], $strin: ['@ip']}",
         "1:16 selector: the selector is empty\n"
         "1:35 selector: unknown type after $: did you mean $string?\n"},
        {"vars: {hashkey: x}", "1:8 unknown key hashkey: did you mean hashKey?\n"},
        {"scrubDefault: true\nsensitiveFields: x\nscrubIpAddresses: 1",
         "1:1 unknown key scrubDefault: did you mean scrubDefaults?\n"
         "3:19 scrubIpAddresses is true or false\n"
         "2:18 sensitiveFields is a list of names of fields\n"},
        {"extends: [default, nope]", "1:20 extends names built-in rule sets\n"},
        {"extends: [defualt]", "1:11 extends names built-in rule sets: did you mean default?\n"},
        {"extends: {a: b}", "1:10 extends is a list of rule sets\n"},
        {"scrubData: true",
         "1:12 scrubData alone does nothing: add scrubDefaults or sensitiveFields\n"},
        /* what is well-formed and removes nothing is told too */
        {"", "1:1 this rule set applies no rule: add extends: [default], or applications: "
             "{\"**\": [\"@common\"]}\n"},
        {"name: shop\nrules: {order: {type: email}}",
         "2:1 none of the rules is applied: add applications: {\"**\": [order]}, or a narrower "
         "selector\n"},
        {"applications: {$string: []}",
         "1:1 this rule set applies no rule: add extends: [default], or applications: "
         "{\"**\": [\"@common\"]}\n"},
        {"rules: {order: {type: email}}\nextends: [default]", ""},
        {"scrubDefaults: true", ""},
    };
    unsigned wrong = 0;

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct weir_arena arena;
        struct weir_str got;

        weir_arena_init(&arena, 16 << 20);
        got = complaints(&arena, cases[i].yaml);
        if (!weir_str_eq(got, weir_str_of(cases[i].want))) {
            fprintf(stderr, "%s\n  got  %.*s  want %s", cases[i].yaml, WEIR_FMT(got),
                    cases[i].want);
            wrong++;
        }
        weir_arena_destroy(&arena);
    }
    assert_int_equal(wrong, 0);
}

struct c {
    const char *yaml, *in, *out;
};

/* 1, and said, when an event does not come out as it should. */
static unsigned differs(const struct c *c)
{
    struct bench b;
    const char *out;
    unsigned wrong;

    bench_open(&b, c->yaml);
    out = bench_json(&b, WEIR_SCRUB_EVENT, c->in, false);
    wrong = strcmp(out, c->out) != 0;
    if (wrong > 0)
        fprintf(stderr, "%s\n  out  %s\n  want %s\n", c->yaml, out, c->out);
    bench_close(&b);
    return wrong;
}

static void a_configuration_of_sentry_is_pasted_and_works(void **state)
{
    static const struct c cases[] = {
        {"{\"rules\":{\"order\":{\"type\":\"pattern\",\"pattern\":\"ORD-([0-9]+)-([A-Z]+)\","
         "\"replaceGroups\":[1],\"redaction\":{\"method\":\"mask\"}}},\"applications\":{"
         "\"$message\":[\"order\"]}}",
         "{\"message\":\"order ORD-12345-ABC ORD-1-A\"}",
         "{\"message\":\"order ORD-*****-ABC ORD-*-A\"}"},
        {"extends: [pci, secrets]\nrules: {order: {type: pattern, pattern: 'ORD-[0-9]+', "
         "redaction: "
         "{method: replace, text: '[order]'}}}\napplications: {$message: [order]}",
         "{\"message\":\"ORD-1 4111 1111 1111 1111 password=x bob@x.io\"}",
         "{\"message\":\"[order] [creditcard] password=[Filtered] bob@x.io\"}"},
        {"extends: secrets", "{\"message\":\"4111 1111 1111 1111 password=x\"}",
         "{\"message\":\"4111 1111 1111 1111 password=[Filtered]\"}"},
        {"rules: {k: {type: redact_pair, keyPattern: '^(foo|bar)_', redaction: {method: replace, "
         "text: '[pair]'}}}\napplications: {'extra.**': [k]}",
         "{\"extra\":{\"foo_token\":\"123\",\"bar_x\":[\"1\",2],\"m\":\"x foo_a=1\"}}",
         "{\"extra\":{\"foo_token\":\"[pair]\",\"bar_x\":[\"[pair]\",null],\"m\":\"x "
         "foo_a=[pair]\"}}"},
        {"rules: {m: {type: multiple, rules: [h, r]}, h: {type: ip, redaction: {method: hash}}, "
         "r: {type: email, redaction: {method: replace, text: '[mail]'}}}\napplications: "
         "{$string: [m]}",
         "{\"extra\":{\"t\":\"bob@x.io 10.0.0.1\"}}",
         "{\"extra\":{\"t\":\"[mail] 27D9FCA0CEAD535DCEE43ED1261B2A35FC34439C\"}}"},
        {"rules: {m: {type: alias, rule: '@email:mask'}}\napplications: {$string: [m]}",
         "{\"message\":\"bob@x.io\"}", "{\"message\":\"********\"}"},
        {"rules: {m: {type: anything, redaction: {method: mask, maskChar: '#', charsToIgnore: "
         "'-', range: [2, -1]}}}\napplications: {message: [m]}",
         "{\"message\":\"ab-cdefg\"}", "{\"message\":\"ab-####g\"}"},
        {"rules: {m: {type: pattern, pattern: '(a+)-(b+)-(c+)', replace_groups: [3, 1], redaction: "
         "{method: mask, mask_char: '#'}}}\napplications: {message: [m]}",
         "{\"message\":\"aa-b-ccc a-bb-c a-b\"}", "{\"message\":\"##-b-### #-bb-# a-b\"}"},
        {"rules: {m: {type: pattern, pattern: '((a)b)|(c)', replaceGroups: [1, 2]}}\n"
         "applications: {message: [m]}",
         "{\"message\":\"c ab c ab\"}", "{\"message\":\"c  c \"}"},
        {"rules: {m: {type: pattern, pattern: 'x*', redaction: {method: replace, text: '#'}}}\n"
         "applications: {message: [m]}",
         "{\"message\":\"axxéx\"}", "{\"message\":\"a#é#\"}"},
        {"rules: {m: {type: pattern, pattern: '\\w+', redaction: {method: replace}}}\n"
         "applications: {message: [m]}",
         "{\"message\":\"é 日本!\"}", "{\"message\":\"[Filtered] [Filtered]!\"}"},
        {"rules: {m: {type: email, redaction: replace}, n: {type: usSsn, redaction: mask}}\n"
         "applications: {message: [m, n]}",
         "{\"message\":\"bob@x.io 078-05-1120\"}", "{\"message\":\"[email] ***********\"}"},
        {"{\"vars\":{\"hashKey\":\"k\"},\"applications\":{\"message\":[\"@email:hash\"]}}",
         "{\"message\":\"bob@x.io\"}",
         "{\"message\":\"1031B704C47FD9E204692B0EE2591ED0DEB4DBE2\"}"},
        {"rules: {m: {type: email, redaction: {method: hash, key: k}}}\napplications: {message: "
         "[m]}",
         "{\"message\":\"bob@x.io\"}",
         "{\"message\":\"1031B704C47FD9E204692B0EE2591ED0DEB4DBE2\"}"},
        {"applications: {message: ['@urlauth:legacy']}",
         "{\"message\":\"https://u:p@h/x https://tok@h/x\"}",
         "{\"message\":\"https://u:[Filtered]@h/x https://tok@h/x\"}"},
        {"applications: {message: ['@cookies:filter']}",
         "{\"message\":\"Cookie: theme=dark; PHPSESSID=ab12; sessionid=x\"}",
         "{\"message\":\"Cookie: theme=dark; PHPSESSID=[Filtered]; sessionid=[Filtered]\"}"},
        /* what has fields of its own is gone into; the names of headers are keys */
        {"applications: {'**': ['@anything:replace']}",
         "{\"level\":\"error\",\"exception\":{\"values\":[{\"type\":\"E\",\"value\":\"v\"}]},"
         "\"tags\":[[\"a\",\"b\"]],\"extra\":{\"k\":1}}",
         "{\"level\":\"error\",\"exception\":{\"values\":[{\"type\":\"E\",\"value\":"
         "\"[Filtered]\"}]},\"tags\":[[\"a\",\"[Filtered]\"]],\"extra\":null}"},
        {"applications: {'$object': ['@anything:replace']}",
         "{\"contexts\":{\"shop\":{\"cart\":\"x\"},\"trace\":{\"op\":\"o\",\"data\":{\"k\":1}},"
         "\"os\":{"
         "\"name\":\"Linux\"}}}",
         "{\"contexts\":{\"shop\":null,\"trace\":{\"op\":\"o\",\"data\":null},\"os\":{\"name\":"
         "\"Linux\"}}}"},
        /* a container that is selected and has a sensitive key is emptied, whatever is in it */
        {"applications: {$object: ['@password:filter']}",
         "{\"extra\":{\"token\":{\"a\":\"b\",\"n\":[1,true,\"\"]},\"x\":\"y\"}}",
         "{\"extra\":{\"token\":{\"a\":\"[Filtered]\",\"n\":[null,true,\"\"]},\"x\":\"y\"}}"},
        {"applications: {'$http.headers.*': ['@anything:replace']}",
         "{\"request\":{\"headers\":[[\"A\",\"b\"]]}}",
         "{\"request\":{\"headers\":[[\"A\",\"[Filtered]\"]]}}"},
        {"rules: {m: {type: pattern, pattern: 'abc', caseSensitive: false, redaction: {method: "
         "remove}}}\napplications: {message: [m]}",
         "{\"message\":\"xABCx\"}", "{\"message\":\"xx\"}"},
        {"applications: {message: ['@common']}", "{\"message\":\"bob@x.io 10.0.0.1\"}",
         "{\"message\":\"[email] [ip]\"}"},
        {"rules: {m: {type: password}}\napplications: {'**': [m]}",
         "{\"extra\":{\"password\":\"x\",\"author\":\"y\"}}",
         "{\"extra\":{\"password\":null,\"author\":\"y\"}}"},
        {"applications: {'$user.username': ['@anything:replace'], '$http.headers.*': "
         "['@anything:remove']}",
         "{\"user\":{\"username\":\"b\"},\"request\":{\"headers\":{\"A\":\"b\"}}}",
         "{\"user\":{\"username\":\"[Filtered]\"},\"request\":{\"headers\":{\"A\":null}}}"},
        {"applications: {'release': ['@anything:replace'], '$string': ['@anything:remove']}",
         "{\"release\":\"r\",\"level\":\"error\",\"message\":\"x\"}",
         "{\"release\":\"[Filtered]\",\"level\":\"error\",\"message\":null}"},
    };
    unsigned wrong = 0;

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        wrong += differs(&cases[i]);
    assert_int_equal(wrong, 0);
}

static void the_simple_settings_are_rules(void **state)
{
    static const struct c cases[] = {
        {"scrubDefaults: true",
         "{\"message\":\"bob@x.io\",\"extra\":{\"password\":\"x\",\"author\":\"y\",\"n\":\"4111 "
         "1111 "
         "1111 1111 10.0.0.1\"}}",
         "{\"message\":\"[email]\",\"extra\":{\"password\":\"[Filtered]\",\"author\":\"y\",\"n\":"
         "\"[Filtered] 10.0.0.1\"}}"},
        {"scrub_ip_addresses: true",
         "{\"user\":{\"ip_address\":\"10.0.0.1\",\"email\":\"bob@x.io\"},\"message\":\"10.0.0.1\"}",
         "{\"user\":{\"ip_address\":null,\"email\":\"bob@x.io\"},\"message\":\"[ip]\"}"},
        {"sensitiveFields: [acct, ' ', 'a.b']",
         "{\"extra\":{\"MyAcctNo\":\"1\",\"a.b\":\"2\",\"axb\":\"3\",\"m\":\"acct=5 ok\"}}",
         "{\"extra\":{\"MyAcctNo\":\"[Filtered]\",\"a.b\":\"[Filtered]\",\"axb\":\"3\",\"m\":"
         "\"acct=[Filtered] ok\"}}"},
        {"{\"scrubData\":true,\"scrubDefaults\":true,\"sensitiveFields\":[\"acct\"],"
         "\"excludeFields\":[\"safe_token\",\"acct's\",\"card\"]}",
         "{\"extra\":{\"Safe_Token\":\"1\",\"my_token\":\"2\",\"acct's\":\"3\",\"acct\":\"4\","
         "\"card\":"
         "\"4111111111111111\",\"m\":\"safe_token=6 token=7\"}}",
         "{\"extra\":{\"Safe_Token\":\"1\",\"my_token\":\"[Filtered]\",\"acct's\":\"3\",\"acct\":"
         "\"[Filtered]\",\"card\":\"4111111111111111\",\"m\":\"safe_token=6 token=[Filtered]\"}}"},
        {"{\"scrubData\":false,\"scrubDefaults\":true,\"sensitiveFields\":[\"a\"]}",
         "{\"extra\":{\"password\":\"x\",\"a\":\"y\"}}",
         "{\"extra\":{\"password\":\"x\",\"a\":\"y\"}}"},
        /* a whole project configuration: what else it says is none of ours */
        {"{\"publicKeys\":[{\"publicKey\":\"k\"}],\"config\":{\"allowedDomains\":[\"*\"],"
         "\"piiConfig\":{"
         "\"applications\":{\"$message\":[\"@email\"]}},\"datascrubbingSettings\":{"
         "\"scrubIpAddresses\":true}}}",
         "{\"message\":\"bob@x.io 10.0.0.1\",\"extra\":{\"password\":\"x\"}}",
         "{\"message\":\"[email] [ip]\",\"extra\":{\"password\":\"x\"}}"},
        {"pii_config: {applications: {$message: ['@email']}}\ndatascrubbing_settings:\n  "
         "scrub_defaults: true",
         "{\"message\":\"bob@x.io\",\"extra\":{\"password\":\"x\"}}",
         "{\"message\":\"[email]\",\"extra\":{\"password\":\"[Filtered]\"}}"},
    };
    unsigned wrong = 0;

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        wrong += differs(&cases[i]);
    assert_int_equal(wrong, 0);
}

static void a_pattern_at_its_match_limit_costs_the_whole_text(void **state)
{
    char text[4096] = "{\"message\":\"";
    struct bench b;

    (void)state;
    memset(text + strlen(text), 'a', 3000);
    snprintf(text + strlen(text), sizeof text - strlen(text), "!\"}");
    bench_open(&b, "rules: {m: {type: pattern, pattern: '(a+)+$'}}\napplications: {message: [m]}");
    assert_string_equal(bench_json(&b, WEIR_SCRUB_EVENT, text, false),
                        "{\"message\":\"[Filtered]\"}");
    bench_close(&b);
}

static void shadow_sets_change_nothing_and_report_what_they_would(void **state)
{
    static const char in[] = "{\"message\":\"bob@x.io 10.0.0.1\"}";
    struct weir_ruleset *sets[2];
    struct weir_scrub_plan *plan;
    struct weir_json_doc doc;
    const struct weir_match *m;
    struct weir_errors errors;
    struct bench b;
    size_t n;

    (void)state;
    bench_open(&b, NULL);
    weir_errors_init(&errors, &b.arena);
    for (size_t i = 0; i < 2; i++)
        assert_int_equal(weir_ruleset_parse(WEIR_S("s"),
                                            i == 0 ? WEIR_S("applications: {'**': ['@email']}")
                                                   : WEIR_S("applications: {'**': ['@ip']}"),
                                            WEIR_S("f"), &errors, &sets[i]),
                         0);
    assert_int_equal(weir_scrub_plan_new(NULL, 0, (const struct weir_ruleset *const *)sets, 2,
                                         WEIR_S("k"), &plan),
                     0);
    weir_scrubber_explain(b.scrubber, true);
    assert_int_equal(
        weir_scrub_json(b.scrubber, plan, WEIR_SCRUB_EVENT, &b.arena, WEIR_S(in), &doc), 0);
    assert_int_equal(doc.edits.n, 0);
    m = weir_scrubber_matches(b.scrubber, &n);
    assert_int_equal(n, 2);
    assert_true(m[0].shadow && weir_str_eq(m[0].rule, WEIR_S("@email")) && m[0].start == 0);
    assert_true(m[1].shadow && weir_str_eq(m[1].rule, WEIR_S("@ip")) && m[1].start == 9);
    weir_scrub_plan_free(plan);
    weir_ruleset_free(sets[0]);
    weir_ruleset_free(sets[1]);
    bench_close(&b);
}

static void many_plans_in_turn_are_told_apart(void **state)
{
    struct bench b[12];

    (void)state;
    for (size_t i = 0; i < 12; i++) {
        char yaml[128];

        snprintf(yaml, sizeof yaml,
                 "rules: {r: {type: email, redaction: {method: replace, text: '%zu'}}}\n"
                 "applications: {'**': [r]}",
                 i);
        bench_open(&b[i], yaml);
    }
    for (unsigned round = 0; round < 3; round++)
        for (size_t i = 0; i < 12; i++) {
            struct weir_str out;
            char want[8];

            snprintf(want, sizeof want, "%zu", i);
            assert_int_equal(
                weir_scrub_text(b[0].scrubber, b[i].plan, &b[0].arena, WEIR_S("bob@x.io"), &out),
                0);
            assert_true(weir_str_eq(out, weir_str_of(want)));
        }
    for (size_t i = 0; i < 12; i++)
        bench_close(&b[i]);
}

static void built_in_sets_have_names(void **state)
{
    struct weir_ruleset *set;
    size_t n = 0;

    (void)state;
    for (size_t i = 0; weir_ruleset_names()[i] != NULL; i++, n++) {
        assert_int_equal(weir_ruleset_builtin(weir_str_of(weir_ruleset_names()[i]), &set), 0);
        weir_ruleset_free(set);
    }
    assert_int_equal(n, 6);
    assert_int_equal(weir_ruleset_builtin(WEIR_S("nope"), &set), WEIR_ENOTFOUND);
    assert_int_equal(weir_ruleset_builtin(WEIR_S("default"), &set), 0);
    weir_ruleset_free(set);
    weir_ruleset_free(NULL);
    weir_scrub_plan_free(NULL);
    weir_scrubber_free(NULL);
    weir_scrub_stream_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_mistake_is_told_with_its_place),
        cmocka_unit_test(a_mistake_is_told_once_and_with_what_was_meant),
        cmocka_unit_test(a_configuration_of_sentry_is_pasted_and_works),
        cmocka_unit_test(the_simple_settings_are_rules),
        cmocka_unit_test(a_pattern_at_its_match_limit_costs_the_whole_text),
        cmocka_unit_test(shadow_sets_change_nothing_and_report_what_they_would),
        cmocka_unit_test(many_plans_in_turn_are_told_apart),
        cmocka_unit_test(built_in_sets_have_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
