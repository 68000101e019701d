/* native.h - weir's own JSON objects (contract 4): what native.c hands to
 * the builders of single types, and how they refuse one.
 *
 * A refused object is noted with a JSON pointer and a constant title, and the
 * list goes on. Threads and memory as in weir/decode.h. */
#ifndef WEIR_DECODE_NATIVE_H
#define WEIR_DECODE_NATIVE_H

#include "span_list.h"

/* What a list keeps from object to object. */
struct weir_native_state {
    struct weir_decode_reject **end; /* where the last reject ended */
    struct weir_span_list spans;
    bool listed;
};

/* A builder's answer beside 0 and errors: refused, noted, go on. */
enum { WEIR_NATIVE_REFUSED = 1 };

struct weir_native {
    struct weir_decoder *d;
    struct weir_native_state *state;
    struct weir_json_doc doc;
    uint64_t marks; /* of the names in `doc`: one that is missing is not there */
    size_t index;   /* in the list */
    bool listed;    /* pointers then start with the index */
    struct weir_str type;
    struct weir_str project; /* empty: none named */
    const char *platform;    /* of a stack trace that came as text; NULL: none did */
};

/* Builders, by type. */
int weir_native_error(struct weir_native *o);
int weir_native_message(struct weir_native *o);
int weir_native_breadcrumb(struct weir_native *o);
int weir_native_span(struct weir_native *o);
int weir_native_integration(struct weir_native *o);
int weir_native_breaker(struct weir_native *o);

/* Appends ,"exception":{...}; nothing when there is none. Sets o->platform. */
int weir_native_exception(struct weir_native *o, struct weir_buf *out);

/* Notes the refusal. `member` names the place ("/trace_id"), constant. */
int weir_native_refuse(struct weir_native *o, const char *member, const char *title);
/* Hands an item on; a sink's refusal of this object becomes a reject. */
int weir_native_emit(struct weir_native *o, const char *event_id, const struct weir_item *it);

/* A member that is neither absent nor null, else NULL. */
const struct weir_json_member *weir_native_get(const struct weir_native *o, const char *name);
/* Unescaped text of a string member, empty when absent; refuses other kinds
 * and more than `max` bytes. */
int weir_native_text(struct weir_native *o, const char *name, size_t max,
                     struct weir_str *ret_text) WEIR_MUST_CHECK;
/* Seconds since 1970 of a number or RFC 3339 member; `otherwise` when absent. */
int weir_native_time(struct weir_native *o, const char *name, double otherwise,
                     double *ret_seconds) WEIR_MUST_CHECK;
/* A number member; *ret_there tells whether there is one. */
int weir_native_number(struct weir_native *o, const char *name, bool *ret_there,
                       double *ret_value) WEIR_MUST_CHECK;
/* An id member (trace_id: 32, span ids: 16), empty when absent. */
int weir_native_id(struct weir_native *o, const char *name, size_t width,
                   struct weir_str *ret_id) WEIR_MUST_CHECK;
/* "warn", "critical" and the like to Sentry's level; `otherwise` when absent. */
int weir_native_level(struct weir_native *o, const char *otherwise,
                      const char **ret_level) WEIR_MUST_CHECK;
/* Appends ,"name":<raw value> for a member of kind `want`; refuses others.
 * Nothing when absent. */
int weir_native_copy(struct weir_native *o, const char *name, enum weir_json_kind want,
                     struct weir_buf *out) WEIR_MUST_CHECK;

#endif
