/* test_scrub.c - the default set on small events: what goes, what stays. */
#include "scrub/helper.h"

struct c {
    const char *in, *out;
};

static void run(const struct c *cases, size_t n, enum weir_scrub_kind kind)
{
    struct bench b;
    unsigned wrong = 0;

    bench_open(&b, NULL);
    for (size_t i = 0; i < n; i++) {
        const char *out = bench_json(&b, kind, cases[i].in, false);
        const char *again = bench_json(&b, kind, out, false);

        if (strcmp(out, cases[i].out != NULL ? cases[i].out : cases[i].in) != 0) {
            fprintf(stderr, "in   %s\nout  %s\nwant %s\n", cases[i].in, out,
                    cases[i].out != NULL ? cases[i].out : "(the same)");
            wrong++;
        }
        if (strcmp(again, out) != 0) {
            fprintf(stderr, "once  %s\ntwice %s\n", out, again);
            wrong++;
        }
    }
    bench_close(&b);
    assert_int_equal(wrong, 0);
}

static void personal_data_goes_wherever_it_stands(void **state)
{
    static const struct c cases[] = {
        {"{\"message\":\"mail bob@x.io\"}", "{\"message\":\"mail [email]\"}"},
        {"{\"exception\":{\"values\":[{\"type\":\"E\",\"value\":\"from 10.0.0.1\"}]}}",
         "{\"exception\":{\"values\":[{\"type\":\"E\",\"value\":\"from [ip]\"}]}}"},
        {"{\"tags\":{\"contact\":\"bob@x.io\"}}", "{\"tags\":{\"contact\":\"[email]\"}}"},
        {"{\"tags\":[[\"contact\",\"bob@x.io\"]]}", "{\"tags\":[[\"contact\",\"[email]\"]]}"},
        {"{\"transaction\":\"/u/bob@x.io\"}", "{\"transaction\":\"/u/[email]\"}"},
        {"{\"extra\":{\"bob@x.io\":1}}", "{\"extra\":{\"[email]\":1}}"},
        {"{\"extra\":{\"n\":4539148803436467}}", "{\"extra\":{\"n\":null}}"},
        {"{\"request\":{\"headers\":[[\"Authorization\",\"Bearer abc\"],[\"Accept\",\"*/*\"]]}}",
         "{\"request\":{\"headers\":[[\"Authorization\",\"[Filtered]\"],[\"Accept\",\"*/*\"]]}}"},
        {"{\"request\":{\"cookies\":{\"sid\":\"abc\",\"theme\":\"dark\"}}}",
         "{\"request\":{\"cookies\":{\"sid\":\"[Filtered]\",\"theme\":\"[Filtered]\"}}}"},
        {"{\"request\":{\"url\":\"https://x.io/login?token=abc&next=1\"}}",
         "{\"request\":{\"url\":\"https://x.io/login?token=[Filtered]&next=1\"}}"},
        {"{\"request\":{\"query_string\":[[\"password\",\"hunter2\"],[\"q\",\"1\"]]}}",
         "{\"request\":{\"query_string\":[[\"password\",\"[Filtered]\"],[\"q\",\"1\"]]}}"},
        {"{\"user\":{\"ip_address\":\"10.0.0.1\",\"username\":\"bob\"}}",
         "{\"user\":{\"ip_address\":null,\"username\":\"[user]\"}}"},
        {"{\"user\":{\"ip_address\":\"{{auto}}\"}}", NULL},
        {"{\"extra\":{\"a\":[{\"name\":\"password\",\"value\":\"x\"}]}}",
         "{\"extra\":{\"a\":[{\"name\":\"password\",\"value\":\"[Filtered]\"}]}}"},
        {"{\"extra\":{\"a\":[{\"value\":\"x\",\"name\":\"password\"}]}}",
         "{\"extra\":{\"a\":[{\"value\":\"[Filtered]\",\"name\":\"password\"}]}}"},
        {"{\"extra\":{\"argv\":[\"run\",\"--password\",\"x\",\"--verbose\",\"y\"]}}",
         "{\"extra\":{\"argv\":[\"run\",\"--password\",\"[Filtered]\",\"--verbose\",\"y\"]}}"},
        {"{\"extra\":{\"secrets\":{\"a\":[1,\"x\",true,null]}}}",
         "{\"extra\":{\"secrets\":{\"a\":[null,\"[Filtered]\",true,null]}}}"},
        {"{\"exception\":{\"values\":[{\"value\":\"bad password 'hunter2-Tr0' for x\"}]}}",
         "{\"exception\":{\"values\":[{\"value\":\"bad password '[Filtered]' for x\"}]}}"},
    };

    (void)state;
    run(cases, sizeof cases / sizeof *cases, WEIR_SCRUB_EVENT);
}

static void structure_stays(void **state)
{
    static const struct c cases[] = {
        {"{\"event_id\":\"fc6d8c0c43fc4630ad850ee518f1b9d0\",\"release\":\"shop@1.4.2\","
         "\"environment\":\"prod\",\"level\":\"error\",\"timestamp\":\"2026-11-21T05:30:00.123Z\"}",
         NULL},
        {"{\"contexts\":{\"trace\":{\"trace_id\":\"4111111111111111aaaaaaaaaaaaaaaa\"},"
         "\"browser\":{\"version\":\"1.2.3.4\"}}}",
         NULL},
        {"{\"sdk\":{\"name\":\"x\",\"version\":\"1.2.3.4\"},\"modules\":{\"a\":\"1.2.3.4\"}}",
         NULL},
        {"{\"extra\":{\"author\":\"x\",\"token_count\":5,\"max_tokens\":\"7\"}}", NULL},
        {"{\"message\":\"password reset completed\"}", NULL},
        {"{\"message\":\"api key rotation scheduled in 78 days\"}", NULL},
        {"{\"message\":\"SyntaxError: Unexpected token: punc here\"}", NULL},
        {"{\"exception\":{\"values\":[{\"stacktrace\":{\"frames\":[{\"context_line\":"
         "\"password = request.form['password']\"}]}}]}}",
         NULL},
    };

    (void)state;
    run(cases, sizeof cases / sizeof *cases, WEIR_SCRUB_EVENT);
}

/* A body that is no object has no place in a schema, but leaves all the same. */
static void a_document_that_is_no_object_is_scrubbed(void **state)
{
    static const struct c cases[] = {
        {"\"bob@x.io\"", "\"[email]\""},
        {" \"a bob@x.io\"\n", " \"a [email]\"\n"},
        {"[\"bob@x.io\"]", "[\"[email]\"]"},
        {"4539148803436467", "null"},
        {"[]", NULL},
        {"true", NULL},
        {"\"fine\"", NULL},
    };
    struct bench b;

    (void)state;
    for (int kind = 0; kind <= WEIR_SCRUB_JSON; kind++)
        if (kind != WEIR_SCRUB_HEADER) /* written by us, and always an object */
            run(cases, sizeof cases / sizeof *cases, (enum weir_scrub_kind)kind);
    bench_open(&b, NULL);
    assert_string_equal(bench_json(&b, WEIR_SCRUB_EVENT, "[\"bob@x.io\"]", true), "[\"[email]\"]");
    assert_string_equal(bench_json(&b, WEIR_SCRUB_EVENT, "\"bob@x.io\"", true), "\"[email]\"");
    bench_close(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(personal_data_goes_wherever_it_stands),
        cmocka_unit_test(structure_stays),
        cmocka_unit_test(a_document_that_is_no_object_is_scrubbed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
