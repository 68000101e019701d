/* spool_api.h - how `weir spool` reaches the spool: the admin API of the weir
 * that runs, or, when none does, the same handlers in this process. Either
 * way one process writes, and the answers have one form (contract 8). */
#ifndef WEIR_CLI_SPOOL_API_H
#define WEIR_CLI_SPOOL_API_H

#include "weir/config.h"

#include <jansson.h>

struct weir_spool_api;

struct weir_spool_call {
    const char *method;
    const char *route; /* as in weir_admin_routes(), with {} for the id */
    const char *id;    /* in place of {}; digits; NULL: none */
    const char *query; /* encoded, without '?'; NULL: none */
    const char *body;  /* JSON; NULL: none */
};

/* Finds out by the lock of the spool directory whether weir runs. NULL, with
 * the reason on stderr. `s` is borrowed until close. */
struct weir_spool_api *weir_spool_api_open(struct weir_snapshot *s);
/* Is it another process that answers? */
bool weir_spool_api_running(const struct weir_spool_api *api);
/* The HTTP status of the last call's answer; 0: there was none. */
int weir_spool_api_status(const struct weir_spool_api *api);
/* The answer's document (new reference), or NULL with the reason on stderr,
 * also for an error status. */
json_t *weir_spool_api_call(struct weir_spool_api *api, const struct weir_spool_call *call);
/* Accepts NULL. */
void weir_spool_api_close(struct weir_spool_api *api);

#endif
