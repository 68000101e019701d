/* auth.h - which key a request brings, and what that key may.
 *
 *   X-Sentry-Auth, Authorization, ?sentry_key=, path, dsn --add--> credentials
 *   credentials + project id + configuration --check--> verdict
 *
 * The same key twice is fine, two different ones are refused: nobody could
 * say for whom the event is. Once projects are listed a key is needed
 * everywhere; with none listed everything is accepted.
 *
 * Pure functions, any thread. Keys are public (they are in every browser
 * that runs an SDK), tokens are not: those are compared in constant time. */
#ifndef WEIR_LISTEN_AUTH_H
#define WEIR_LISTEN_AUTH_H

#include "weir/config.h"

struct weir_credentials {
    struct weir_str key; /* the first one found, or empty */
    bool conflict;       /* another one differed */
};

/* Where a request can name its key; empty: absent. */
struct weir_auth_input {
    struct weir_str x_sentry_auth, authorization;
    struct weir_str query; /* raw, without '?' */
    bool bearer;           /* `Authorization: Bearer KEY` counts too */
};

/* Notes one more key; an empty one is ignored. */
void weir_credentials_add(struct weir_credentials *c, struct weir_str key);
/* Adds all keys of the request's head. Text lives in `a` or in the input.
 * Malformed headers count as absent; WEIR_ENOMEM. */
int weir_credentials_read(struct weir_credentials *c, struct weir_arena *a,
                          const struct weir_auth_input *in) WEIR_MUST_CHECK;

enum weir_auth {
    WEIR_AUTH_OK,
    WEIR_AUTH_MISSING,       /* 401 */
    WEIR_AUTH_CONFLICT,      /* 401 */
    WEIR_AUTH_WRONG_KEY,     /* 403 */
    WEIR_AUTH_WRONG_PROJECT, /* 403 */
    WEIR_AUTH_BAD_DSN        /* 400 */
};
/* HTTP status, text for the client, and the reason label of
 * weir_rejected_total, all constants. OK: 200, "", "". */
struct weir_auth_text {
    int status;
    const char *detail, *reason;
};
struct weir_auth_text weir_auth_text(enum weir_auth a);

/* Who a request turned out to be. */
struct weir_identity {
    const struct weir_project *project;
    struct weir_str project_id, key;
};

/* For a path that names its project. */
enum weir_auth weir_auth_project(const struct weir_config *c, struct weir_str project_id,
                                 const struct weir_credentials *k, struct weir_identity *ret_id);
/* For native input: `wanted` is the project asked for, or empty: then the
 * key's project (default_project first where several share the key). */
enum weir_auth weir_auth_native(const struct weir_config *c, struct weir_str wanted,
                                const struct weir_credentials *k, struct weir_identity *ret_id);
/* For datagrams, which bring no key: the CIDR list was their gate. */
enum weir_auth weir_auth_datagram(const struct weir_config *c, struct weir_str wanted,
                                  struct weir_identity *ret_id);
/* For an envelope whose header names `dsn` (maybe empty). `project_id` is
 * the path's, or empty for /tunnel, where the dsn must name a project. */
enum weir_auth weir_auth_envelope(const struct weir_config *c, struct weir_str project_id,
                                  struct weir_str dsn, const struct weir_credentials *k,
                                  struct weir_identity *ret_id);

/* Is a project id fit for a path upstream, a row and a label? 1 to 64
 * letters, digits, '-' and '_'. */
bool weir_project_id_valid(struct weir_str id);
/* `Authorization: Bearer TOKEN` with this token? Constant time in the
 * token's content. An empty `token` is never right. */
bool weir_bearer_is(struct weir_str authorization, struct weir_str token);

#endif
