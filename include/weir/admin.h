/* admin.h - health, status and the admin API over HTTP (contract 8).
 *
 * Pure functions from a request to an answer; listen/ serves them and has
 * checked the token. They run on the worker; reads use a spool reader of
 * their own, writes are spool operations whose reply listen waits for. */
#ifndef WEIR_ADMIN_H
#define WEIR_ADMIN_H

#include "weir/checks.h"
#include "weir/forward.h"
#include "weir/http_types.h"
#include "weir/join.h"
#include "weir/metrics.h"
#include "weir/spool.h"

/* What is shown; set up by cli/run.c. Fields may be NULL in tests. */
struct weir_admin {
    struct weir_spool *spool;
    struct weir_forward *forward;
    struct weir_checks *checks;
    struct weir_current *current;
    atomic_bool starting, draining;
    uint64_t started_ms; /* wall */
};

/* The routes of observe/, ended by one with path NULL. `self` of their
 * handlers is the struct weir_admin. */
const struct weir_route *weir_admin_routes(void);
/* Makes the collector of gauges (spool, breakers, process_*) known. */
void weir_admin_collect(struct weir_admin *a);

#endif
