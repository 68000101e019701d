/* member.h - a member of a native object that is a time, as a number or as
 * RFC 3339 text: seconds since 1970. False when it is absent or no time. */
#ifndef WEIR_JOIN_MEMBER_H
#define WEIR_JOIN_MEMBER_H

#include "weir/clock.h"
#include "weir/json.h"

static inline bool weir_member_time(const struct weir_json_doc *d, struct weir_arena *a,
                                    struct weir_str name, double *ret_seconds)
{
    const struct weir_json_member *m = weir_json_doc_get(d, name);

    if (m != NULL && m->kind == WEIR_JSON_NUMBER)
        return weir_parse_time(weir_json_doc_raw(d, m), ret_seconds);
    return m != NULL && m->kind == WEIR_JSON_STRING &&
           weir_parse_time(weir_json_doc_text(d, a, name), ret_seconds);
}

#endif
