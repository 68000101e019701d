/* checks.h - health checks of what weir's services depend on (contract 2,
 * health_checks): URLs that must answer, queues that must fulfil a condition.
 *
 *   snapshot --> [checks thread: timers, curl multi] --> weir_dependency_*
 *                         |                          \-> /health/detailed
 *                         +-- each 10 s: ledgers counted --> weir_ledger_difference
 *
 * One thread of its own, so that a name server or disk that hangs costs no
 * worker. It follows reloads; results of checks that stay are kept.
 *
 * Threads: life by the main thread; weir_checks_wake() and weir_checks_list()
 * from any. */
#ifndef WEIR_CHECKS_H
#define WEIR_CHECKS_H

#include "weir/config.h"
#include "weir/spool.h"

struct weir_checks;

/* What the last check of a dependency found. */
struct weir_check_view {
    enum weir_check_kind kind;
    struct weir_str name;
    bool known, up;         /* known: it was checked at all */
    uint64_t checked_ms;    /* wall; when the last check ended */
    double seconds;         /* that it took */
    const char *last_error; /* constant: timeout, network, tls, http_4xx, http_5xx, rate_limited,
                               invalid_response, condition, other; NULL: none since the start */
    uint64_t error_ms;      /* wall; of that */
};

/* `spool` may be NULL: queues then count as empty and no ledger is counted.
 * It outlives the checks. curl_global_init() comes before. */
int weir_checks_new(struct weir_current *current, struct weir_spool *spool,
                    struct weir_checks **ret_checks) WEIR_MUST_CHECK;
/* Starts the thread, which checks everything once at first. WEIR_ENOMEM. */
int weir_checks_start(struct weir_checks *c) WEIR_MUST_CHECK;
/* Ends what is under way and the thread; at once. */
void weir_checks_stop(struct weir_checks *c);
/* Accepts NULL. */
void weir_checks_free(struct weir_checks *c);
/* There is a new snapshot. */
void weir_checks_wake(struct weir_checks *c);
/* All of them, in the order of the configuration, copied into `a`. */
int weir_checks_list(struct weir_checks *c, struct weir_arena *a, struct weir_check_view **ret_list,
                     size_t *ret_n) WEIR_MUST_CHECK;

#endif
