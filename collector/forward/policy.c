/* policy.c - the table of answers, and what each means for the row. */
#include "policy.h"

enum weir_answer weir_answer_of(enum weir_failure failure, int status)
{
    if (failure != WEIR_FAILURE_NONE || status < 200 || status > 599)
        return WEIR_ANSWER_FAILED;
    if (status < 300)
        return WEIR_ANSWER_TAKEN;
    if (status < 400)
        return WEIR_ANSWER_REFUSED;
    switch (status) {
    case 429:
        return WEIR_ANSWER_LIMITED;
    case 408:
    case 425:
        return WEIR_ANSWER_FAILED;
    case 401:
    case 403:
    case 404:
    case 405:
        return WEIR_ANSWER_REFUSED;
    default:
        return status >= 500 ? WEIR_ANSWER_FAILED : WEIR_ANSWER_REJECTED;
    }
}

static struct weir_judgement judge_failed(const struct weir_attempt *a)
{
    struct weir_judgement j = {WEIR_DECIDE_RETRY, WEIR_BREAKER_FAILURE, a->attempts, NULL};

    if (!a->probe && j.attempts < UINT32_MAX)
        j.attempts++;
    /* While it takes nothing at all, nothing is this delivery's fault. */
    if (j.attempts > a->dead_letter_after && a->others_taken) {
        j.decision = WEIR_DECIDE_DEAD;
        j.reason = "attempts";
    }
    return j;
}

struct weir_judgement weir_judge(const struct weir_attempt *a)
{
    switch (weir_answer_of(a->failure, a->status)) {
    case WEIR_ANSWER_TAKEN:
        return (struct weir_judgement){WEIR_DECIDE_FORWARDED, WEIR_BREAKER_SUCCESS, a->attempts + 1,
                                       NULL};
    case WEIR_ANSWER_LIMITED:
        return (struct weir_judgement){WEIR_DECIDE_WAIT, WEIR_BREAKER_NEUTRAL, a->attempts, NULL};
    case WEIR_ANSWER_REFUSED:
        return (struct weir_judgement){WEIR_DECIDE_DOUBT, WEIR_BREAKER_NEUTRAL, a->attempts, NULL};
    case WEIR_ANSWER_REJECTED:
        return (struct weir_judgement){WEIR_DECIDE_DEAD, WEIR_BREAKER_SUCCESS, a->attempts + 1,
                                       "rejected"};
    case WEIR_ANSWER_FAILED:
    default:
        return judge_failed(a);
    }
}

struct weir_str weir_attempt_error(enum weir_failure failure, int status)
{
    switch (failure) {
    case WEIR_FAILURE_TIMEOUT:
        return WEIR_S("timeout");
    case WEIR_FAILURE_NETWORK:
        return WEIR_S("network");
    case WEIR_FAILURE_TLS:
        return WEIR_S("tls");
    case WEIR_FAILURE_INVALID:
        return WEIR_S("invalid_response");
    case WEIR_FAILURE_NONE:
    default:
        break;
    }
    if (status == 429)
        return WEIR_S("rate_limited");
    if (status >= 500 && status <= 599)
        return WEIR_S("http_5xx");
    if (status >= 400 && status <= 499)
        return WEIR_S("http_4xx");
    if (status >= 200 && status <= 299)
        return (struct weir_str){NULL, 0};
    return status >= 300 && status <= 399 ? WEIR_S("other") : WEIR_S("invalid_response");
}
