/* datagram.h - what is in a datagram: told apart by its content.
 *
 *   1e 0f ...  a chunk of a GELF message     (chunks.h)
 *   1f 8b, ?8  gzip, zlib: of GELF           -> inflated, at most 1 MiB
 *   {"version":..,"short_message":..}        GELF
 *   {"@timestamp":..} {"@message":..}        logstash
 *   anything else                            native
 *
 * Threads: the worker. */
#ifndef WEIR_LISTEN_DATAGRAM_H
#define WEIR_LISTEN_DATAGRAM_H

#include "weir/decode.h"

/* Undoes compression, in the arena; plain bytes stay where they are. NULs at
 * the end, which senders have from C or from TCP's framing, are taken off.
 * WEIR_EINVAL, WEIR_ELIMIT, WEIR_ENOMEM. */
int weir_datagram_open(struct weir_arena *a, struct weir_str *bytes) WEIR_MUST_CHECK;
/* The format of plain bytes. `r` and `a` are for looking into JSON. */
enum weir_format weir_datagram_format(struct weir_json_reader *r, struct weir_arena *a,
                                      struct weir_str bytes);

#endif
