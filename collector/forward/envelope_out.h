/* envelope_out.h - a stored delivery as the body of one attempt.
 *
 *   {"dsn":..,"sent_at":..,<sender's header>}\n | items as stored | blob file
 *   '------------- new at each attempt -------'
 *
 * Items are compressed once, at ingest (delivery.h). Only the header line is
 * new, so it is put before them in the form that their encoding allows for
 * bytes nobody compressed, and the member is closed with a checksum that is
 * computed, not read: see envelope_out.c.
 *
 * Threads: the forwarder. Memory: the arena given; `line` and the delivery
 * must outlive the result. */
#ifndef WEIR_FORWARD_ENVELOPE_OUT_H
#define WEIR_FORWARD_ENVELOPE_OUT_H

#include "weir/buf.h"
#include "weir/delivery.h"

/* Where one delivery goes: the destination's DSN with the sender's key and
 * project put in where it says {key} and {project}. */
struct weir_route_out {
    struct weir_str scheme, host, prefix; /* of the DSN */
    struct weir_str key, project;
};

/* False when the sender's key or project is missing, or has a character that
 * must not get into a header or path. */
bool weir_route_resolve(const struct weir_dsn *dsn, const struct weir_delivery *d,
                        struct weir_route_out *ret_route);

/* The header line with its newline. */
int weir_envelope_line(struct weir_arena *a, const struct weir_route_out *r,
                       const struct weir_delivery *d, uint64_t wall_ms,
                       struct weir_str *ret_line) WEIR_MUST_CHECK;

struct weir_outgoing {
    enum weir_compression encoding; /* WEIR_NO_COMPRESSION: no Content-Encoding */
    struct weir_str head;           /* all of it, or all that stands before the blob */
    struct weir_str coded;          /* stored items to be decoded before the blob; may be empty */
    struct weir_str tail;           /* after the blob */
    bool has_blob;
    bool decode; /* the blob goes out decoded: it is stored otherwise than `encoding` */
    uint64_t total_bytes;
};

/* `want` is the destination's compression. Where the delivery is stored in
 * another one it is transcoded; with a blob it goes out uncompressed then,
 * which every destination takes, and whose length is known beforehand. */
int weir_envelope_out(struct weir_arena *a, struct weir_str line, const struct weir_delivery *d,
                      enum weir_compression want, struct weir_outgoing *ret_out) WEIR_MUST_CHECK;

#endif
