/* text.h - small encodings: hex, base64, percent, UTF-8, random ids.
 *
 * Pure functions unless they say otherwise; any thread. */
#ifndef WEIR_TEXT_H
#define WEIR_TEXT_H

#include "weir/arena.h"

/* Lower-case hex of `n` bytes into `ret_hex` (2n bytes, no NUL). */
void weir_hex(const uint8_t *bytes, size_t n, char *ret_hex);
/* Even number of hex digits, either case. False on anything else. */
bool weir_unhex(struct weir_str hex, uint8_t *ret_bytes);
/* Standard or URL alphabet, padding optional, white space skipped
 * (RFC 4648). WEIR_EINVAL on other bytes, WEIR_ENOMEM. */
int weir_base64_decode(struct weir_arena *a, struct weir_str in,
                       struct weir_str *ret_out) WEIR_MUST_CHECK;
/* Standard alphabet with padding, in the arena. WEIR_ENOMEM. */
int weir_base64_encode(struct weir_arena *a, struct weir_str in,
                       struct weir_str *ret_out) WEIR_MUST_CHECK;
/* %XX and, with `plus`, + as space; bad escapes stay as they are. */
int weir_percent_decode(struct weir_arena *a, struct weir_str in, bool plus,
                        struct weir_str *ret_out) WEIR_MUST_CHECK;
/* Value of `name` in an URL query or form body, decoded; false if absent. */
bool weir_query_get(struct weir_arena *a, struct weir_str query, struct weir_str name,
                    struct weir_str *ret_value);
/* Is all of `s` valid UTF-8 (no surrogates, no overlong forms)? */
bool weir_utf8_valid(struct weir_str s);
/* Length of the valid UTF-8 sequence that `s` begins with, 1 to 4; 0 when it
 * begins with none or is empty. */
size_t weir_utf8_seq(struct weir_str s);
/* Number of code points of valid UTF-8. */
size_t weir_utf8_count(struct weir_str s);
/* Thread-local random numbers, seeded from getrandom(2). Not for keys. */
uint64_t weir_random(void);
/* 32 lower-case hex digits of a version 4 UUID without dashes. */
void weir_new_event_id(char ret_id[33]);
/* The id of the server's half of a span whose id client and server share (as
 * Zipkin has it): 16 hex digits, always the same for that id, never that id. */
void weir_shared_span_id(struct weir_str span_id, char ret_id[17]);
/* An event or trace id as senders write it (32 hex, dashes allowed, either
 * case) to 32 lower-case hex. False otherwise. */
bool weir_parse_id(struct weir_str s, char ret_id[33]);

#endif
