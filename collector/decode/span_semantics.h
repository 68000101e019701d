/* span_semantics.h - what the attributes of a span say, by OpenTelemetry's
 * semantic conventions, in Sentry's words.
 *
 *   http.request.method GET, url.full https://pay/charge?x=1, kind client
 *   -> op http.client, description "GET https://pay/charge"
 *   http.response.status_code 404, status unset -> status not_found
 *
 * Both the stable conventions and those before them are known; where a span
 * has both, the stable ones count. Pure but for the arena. */
#ifndef WEIR_DECODE_SPAN_SEMANTICS_H
#define WEIR_DECODE_SPAN_SEMANTICS_H

#include "span_record.h"

struct weir_span_meaning {
    struct weir_str op;          /* http.client; never empty */
    struct weir_str description; /* never longer than 8 KiB; empty as the span's name is */
    const char *status;          /* ok, internal_error, not_found, ... */
    const char *source;          /* of a transaction's name: route, url, task, component, custom */
};

/* Text points into the attributes or the arena. Empty texts when the arena is
 * full. */
void weir_span_means(struct weir_arena *a, const struct weir_span_record *s,
                     struct weir_span_meaning *ret_meaning);

#endif
