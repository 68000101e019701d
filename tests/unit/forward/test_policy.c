/* test_policy.c - contract 6 as a table. */
#include "collector/forward/policy.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

struct row {
    enum weir_failure failure;
    int status;
    uint32_t attempts;
    bool probe, others_taken;
    enum weir_decision decision;
    enum weir_breaker_result breaker;
    uint32_t spent;
    const char *reason;
};

#define OK WEIR_BREAKER_SUCCESS
#define BAD WEIR_BREAKER_FAILURE
#define NEUTRAL WEIR_BREAKER_NEUTRAL

static const struct row table[] = {
    {WEIR_FAILURE_NONE, 200, 0, false, false, WEIR_DECIDE_FORWARDED, OK, 1, NULL},
    {WEIR_FAILURE_NONE, 202, 9, false, true, WEIR_DECIDE_FORWARDED, OK, 10, NULL},
    {WEIR_FAILURE_NONE, 299, 0, true, false, WEIR_DECIDE_FORWARDED, OK, 1, NULL},
    /* counts an attempt and for the breaker */
    {WEIR_FAILURE_NONE, 408, 0, false, false, WEIR_DECIDE_RETRY, BAD, 1, NULL},
    {WEIR_FAILURE_NONE, 425, 0, false, false, WEIR_DECIDE_RETRY, BAD, 1, NULL},
    {WEIR_FAILURE_NONE, 500, 0, false, true, WEIR_DECIDE_RETRY, BAD, 1, NULL},
    {WEIR_FAILURE_NONE, 503, 4, false, true, WEIR_DECIDE_RETRY, BAD, 5, NULL},
    {WEIR_FAILURE_TIMEOUT, 0, 0, false, false, WEIR_DECIDE_RETRY, BAD, 1, NULL},
    {WEIR_FAILURE_NETWORK, 0, 0, false, false, WEIR_DECIDE_RETRY, BAD, 1, NULL},
    {WEIR_FAILURE_TLS, 0, 0, false, false, WEIR_DECIDE_RETRY, BAD, 1, NULL},
    {WEIR_FAILURE_INVALID, 0, 0, false, false, WEIR_DECIDE_RETRY, BAD, 1, NULL},
    {WEIR_FAILURE_INVALID, 200, 0, false, false, WEIR_DECIDE_RETRY, BAD, 1, NULL},
    {WEIR_FAILURE_NONE, 101, 0, false, false, WEIR_DECIDE_RETRY, BAD, 1, NULL},
    {WEIR_FAILURE_NONE, 999, 0, false, false, WEIR_DECIDE_RETRY, BAD, 1, NULL},
    /* more than five while others were taken; never while nothing was */
    {WEIR_FAILURE_NONE, 500, 5, false, true, WEIR_DECIDE_DEAD, BAD, 6, "attempts"},
    {WEIR_FAILURE_TIMEOUT, 0, 5, false, true, WEIR_DECIDE_DEAD, BAD, 6, "attempts"},
    {WEIR_FAILURE_NONE, 500, 5, false, false, WEIR_DECIDE_RETRY, BAD, 6, NULL},
    {WEIR_FAILURE_NONE, 500, 5000, false, false, WEIR_DECIDE_RETRY, BAD, 5001, NULL},
    {WEIR_FAILURE_NONE, 500, UINT32_MAX, false, false, WEIR_DECIDE_RETRY, BAD, UINT32_MAX, NULL},
    /* a probe is about the endpoint */
    {WEIR_FAILURE_NONE, 503, 5, true, true, WEIR_DECIDE_RETRY, BAD, 5, NULL},
    /* waits, spends nothing */
    {WEIR_FAILURE_NONE, 429, 3, false, true, WEIR_DECIDE_WAIT, NEUTRAL, 3, NULL},
    {WEIR_FAILURE_NONE, 429, 50, false, true, WEIR_DECIDE_WAIT, NEUTRAL, 50, NULL},
    /* credentials in doubt */
    {WEIR_FAILURE_NONE, 301, 0, false, true, WEIR_DECIDE_DOUBT, NEUTRAL, 0, NULL},
    {WEIR_FAILURE_NONE, 308, 0, false, true, WEIR_DECIDE_DOUBT, NEUTRAL, 0, NULL},
    {WEIR_FAILURE_NONE, 401, 9, false, true, WEIR_DECIDE_DOUBT, NEUTRAL, 9, NULL},
    {WEIR_FAILURE_NONE, 403, 0, false, true, WEIR_DECIDE_DOUBT, NEUTRAL, 0, NULL},
    {WEIR_FAILURE_NONE, 404, 0, false, true, WEIR_DECIDE_DOUBT, NEUTRAL, 0, NULL},
    {WEIR_FAILURE_NONE, 405, 0, false, true, WEIR_DECIDE_DOUBT, NEUTRAL, 0, NULL},
    /* dead letter at once */
    {WEIR_FAILURE_NONE, 400, 0, false, false, WEIR_DECIDE_DEAD, OK, 1, "rejected"},
    {WEIR_FAILURE_NONE, 413, 0, false, false, WEIR_DECIDE_DEAD, OK, 1, "rejected"},
    {WEIR_FAILURE_NONE, 418, 0, false, false, WEIR_DECIDE_DEAD, OK, 1, "rejected"},
    {WEIR_FAILURE_NONE, 422, 0, true, false, WEIR_DECIDE_DEAD, OK, 1, "rejected"},
    {WEIR_FAILURE_NONE, 499, 0, false, false, WEIR_DECIDE_DEAD, OK, 1, "rejected"},
};

static void every_answer_is_judged_as_the_contract_says(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        const struct row *r = &table[i];
        struct weir_judgement j =
            weir_judge(&(struct weir_attempt){.failure = r->failure,
                                              .status = r->status,
                                              .attempts = r->attempts,
                                              .dead_letter_after = 5,
                                              .probe = r->probe,
                                              .others_taken = r->others_taken});

        if (j.decision != r->decision || j.breaker != r->breaker || j.attempts != r->spent)
            fail_msg("row %zu: status %d gives %d %d %u", i, r->status, j.decision, j.breaker,
                     j.attempts);
        if (r->reason == NULL)
            assert_null(j.reason);
        else
            assert_string_equal(j.reason, r->reason);
    }
}

static void failures_have_the_error_types_of_the_metrics(void **state)
{
    static const struct {
        enum weir_failure failure;
        int status;
        const char *type;
    } types[] = {
        {WEIR_FAILURE_NONE, 200, ""},
        {WEIR_FAILURE_NONE, 404, "http_4xx"},
        {WEIR_FAILURE_NONE, 429, "rate_limited"},
        {WEIR_FAILURE_NONE, 503, "http_5xx"},
        {WEIR_FAILURE_NONE, 302, "other"},
        {WEIR_FAILURE_NONE, 700, "invalid_response"},
        {WEIR_FAILURE_TIMEOUT, 0, "timeout"},
        {WEIR_FAILURE_NETWORK, 0, "network"},
        {WEIR_FAILURE_TLS, 0, "tls"},
        {WEIR_FAILURE_INVALID, 200, "invalid_response"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        struct weir_str got = weir_attempt_error(types[i].failure, types[i].status);

        assert_int_equal(got.n, strlen(types[i].type));
        assert_memory_equal(got.n > 0 ? got.p : "", types[i].type, got.n);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_answer_is_judged_as_the_contract_says),
        cmocka_unit_test(failures_have_the_error_types_of_the_metrics),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
