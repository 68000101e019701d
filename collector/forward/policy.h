/* policy.h - what an answer means for the delivery (contract 6).
 *
 *   2xx                               TAKEN     forwarded
 *   408, 425, 5xx, timeout, network,
 *   what is no HTTP                   FAILED    retry with backoff; counts an
 *                                               attempt and for the breaker
 *   429                               LIMITED   waits, spends no attempt
 *   401, 403, 404, 405, 3xx           REFUSED   the credentials are in doubt:
 *                                               blocked.h
 *   the rest of 4xx                   REJECTED  dead letter at once
 *
 * Pure: facts in, judgement out, no state, so that a table can test it.
 *
 * An attempt made as a half-open probe is about the endpoint: it is not
 * charged to the delivery, or the oldest deliveries, which do all the
 * probing, would be dead letters after an outage that was none of their
 * fault. */
#ifndef WEIR_FORWARD_POLICY_H
#define WEIR_FORWARD_POLICY_H

#include "breaker.h"

/* Why there is no answer. */
enum weir_failure {
    WEIR_FAILURE_NONE,
    WEIR_FAILURE_TIMEOUT,
    WEIR_FAILURE_NETWORK,
    WEIR_FAILURE_TLS,
    WEIR_FAILURE_INVALID /* it answered, but not HTTP */
};

enum weir_answer {
    WEIR_ANSWER_TAKEN,
    WEIR_ANSWER_FAILED,
    WEIR_ANSWER_LIMITED,
    WEIR_ANSWER_REFUSED,
    WEIR_ANSWER_REJECTED
};

enum weir_answer weir_answer_of(enum weir_failure failure, int status);

struct weir_attempt {
    enum weir_failure failure;
    int status;                 /* 0 with a failure */
    uint32_t attempts;          /* spent before this one */
    uint32_t dead_letter_after; /* of the destination */
    bool probe;                 /* sent through a half-open breaker */
    bool others_taken;          /* the destination took another delivery since
                                   the first failure of this one */
};

enum weir_decision {
    WEIR_DECIDE_FORWARDED,
    WEIR_DECIDE_RETRY, /* after backoff */
    WEIR_DECIDE_WAIT,  /* until the limit ends */
    WEIR_DECIDE_DEAD,
    WEIR_DECIDE_DOUBT /* ask the gate */
};

struct weir_judgement {
    enum weir_decision decision;
    enum weir_breaker_result breaker;
    uint32_t attempts;  /* spent now */
    const char *reason; /* of DEAD, constant; else NULL */
};

struct weir_judgement weir_judge(const struct weir_attempt *a);

/* `error_type` of integration_errors_total, or empty when there was none. */
struct weir_str weir_attempt_error(enum weir_failure failure, int status);

#endif
