/* multipart.h - multipart/form-data as a push parser.
 *
 *   --BOUNDARY\r\n
 *   Content-Disposition: form-data; name="a"; filename="b"\r\n
 *   Content-Type: text/plain\r\n
 *   \r\n
 *   ...bytes...\r\n--BOUNDARY--\r\n
 *
 * Nothing is carried over between pieces but a count of delimiter bytes
 * matched: a delimiter begins with the only CR in it, so where it turns out
 * to be none, what was matched is known text and the search goes on after it.
 *
 * Threads: one owner. Memory: lines in the arena. RFC 7578, RFC 2046. */
#ifndef WEIR_DECODE_MULTIPART_H
#define WEIR_DECODE_MULTIPART_H

#include "weir/arena.h"
#include "weir/buf.h"

enum { WEIR_BOUNDARY_MAX = 200, WEIR_PART_LINE_MAX = 8192, WEIR_PART_LINES = 32 };

struct weir_part {
    struct weir_str name, filename, content_type; /* in the arena; empty when absent */
    bool file;                                    /* has a filename, even an empty one */
};

struct weir_multipart {
    struct weir_arena *arena;
    char delimiter[WEIR_BOUNDARY_MAX + 4]; /* \r\n--BOUNDARY */
    size_t n, matched;
    int phase;
    struct weir_buf line;
    unsigned lines;
    struct weir_part part;
    const char *error; /* constant text, after WEIR_EINVAL */
    /* What is found, in this order for each part. A negative result ends
     * the parse and is handed through. */
    int (*begin)(void *self, const struct weir_part *p);
    int (*data)(void *self, struct weir_str bytes);
    int (*end)(void *self);
    void *self;
};

/* Takes the boundary from the Content-Type; callbacks are the caller's to
 * set. WEIR_EUNSUPPORTED: no multipart, or no boundary. */
int weir_multipart_init(struct weir_multipart *m, struct weir_arena *a,
                        struct weir_str content_type) WEIR_MUST_CHECK;
/* WEIR_EINVAL (see error), WEIR_ENOMEM, or what a callback returned. `last`:
 * the body must be complete. */
int weir_multipart_feed(struct weir_multipart *m, struct weir_str bytes, bool last) WEIR_MUST_CHECK;

#endif
