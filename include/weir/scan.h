/* scan.h - a look into JSON that has already been validated.
 *
 * After the scrubber's pass a document is known to be well-formed, so stages
 * that want one nested value (contexts.trace.trace_id, the number of spans)
 * need not validate again: this walks by brackets and quotes only, allocates
 * nothing, and stays within its bytes whatever they hold.
 *
 * Pure; any thread. All text returned points into the bytes given. */
#ifndef WEIR_SCAN_H
#define WEIR_SCAN_H

#include "weir/json.h"

struct weir_scan {
    const char *at, *end;
    bool object;
};

/* Starts on the raw bytes of an array or object; false for anything else. */
bool weir_scan_begin(struct weir_scan *s, struct weir_str container);
/* The next element or member: raw bytes of its value, and of its key with
 * quotes (empty in an array). False at the end. */
bool weir_scan_next(struct weir_scan *s, struct weir_str *ret_key, struct weir_str *ret_value);
/* One pass over nested containers, where weir_scan_next() would read what is
 * inside twice: goes to the next element or member and stops before its
 * value, which the caller passes by weir_scan_value(), or by walking the
 * container that weir_scan_enter() begins on to its end, then leaving it. */
bool weir_scan_member(struct weir_scan *s, struct weir_str *ret_key);
/* Passes the value: its raw bytes. */
struct weir_str weir_scan_value(struct weir_scan *s);
/* False: the value is no container. */
bool weir_scan_enter(const struct weir_scan *s, struct weir_scan *ret_inner);
/* Goes on behind the container, once `inner` is at its end. */
void weir_scan_leave(struct weir_scan *s, const struct weir_scan *inner);
/* Raw value of the first member named `name` (keys with escapes are never
 * it); empty when there is none or `object` is no object. */
struct weir_str weir_scan_get(struct weir_str object, struct weir_str name);
/* The same along a path of at most 8 names, ended by NULL. */
struct weir_str weir_scan_path(struct weir_str object, const char *const *path);
/* Number of elements or members. */
size_t weir_scan_count(struct weir_str container);
/* Is the raw value a string? */
bool weir_scan_is_string(struct weir_str raw);
/* Unescaped text of a raw string value of a document that was validated;
 * empty for anything else or when the arena is full. */
struct weir_str weir_scan_text(struct weir_arena *a, struct weir_str raw);

#endif
