/* cors.h - which browsers may send, and what they may read of the answer.
 *
 * A page may send to the Sentry paths when its origin fits one of the
 * project's `origins`: "*", a glob of a whole origin (scheme, host and
 * port, such as "http*shop.io:8080"), or a glob of a host ("*.shop.io"). Credentials in the sense
 * of CORS (cookies) are never allowed.
 *
 * Pure functions, any thread; the Fetch standard, section 3.2. */
#ifndef WEIR_LISTEN_CORS_H
#define WEIR_LISTEN_CORS_H

#include "weir/http_types.h"

/* Does `origin` (of the Origin header) fit one of the patterns? */
bool weir_cors_allows(const struct weir_strs *origins, struct weir_str origin);
/* Adds Access-Control-Allow-Origin and what may be read. Nothing when
 * `origin` is empty or unfit. `origins` NULL: project unknown, any may read. */
void weir_cors_answer(const struct weir_strs *origins, struct weir_str origin,
                      struct weir_http_answer *answer);
/* Makes `answer` that of a preflight: 204, or 403 for an unfit origin.
 * `methods` of the route, `wanted` of Access-Control-Request-Headers. Text
 * in `a`. */
void weir_cors_preflight(struct weir_arena *a, const struct weir_strs *origins,
                         struct weir_str origin, struct weir_str wanted, const char *methods,
                         struct weir_http_answer *answer);

#endif
