/* transfer.h - one POST at a time over one easy handle, which is reused.
 *
 * A transfer owns its body, its header lines and the start of the answer for
 * as long as curl looks at them. Redirects are not followed. Of the answer's
 * body 1 KiB is kept, for the dead letter; a bit more is read so that the
 * connection can be used again.
 *
 * Threads: the forwarder. */
#ifndef WEIR_FORWARD_TRANSFER_H
#define WEIR_FORWARD_TRANSFER_H

#include "upload.h"
#include "lane.h"
#include "policy.h"
#include "upstream.h"

#include <curl/curl.h>

struct weir_dest;
struct weir_held_row;

struct weir_transfer {
    CURL *easy;
    struct weir_transfer *next;                /* idle ones */
    struct weir_transfer *prev_out, *next_out; /* those under way */
    struct weir_dest *dest;
    /* Of the request under way. */
    struct weir_upstream *upstream;
    struct weir_held_row *row; /* NULL: a client report */
    uint32_t breaker_ticket, gate_ticket;
    bool probe;
    struct weir_arena arena; /* body, header lines; reset before each request */
    struct weir_upload source;
    struct curl_slist headers[5];
    char answer[WEIR_ANSWER_MAX];
    size_t n_answer, n_skipped;
    /* What the easy handle is set to. */
    uint64_t setup;           /* of the destination; 0: nothing yet */
    uint64_t upstream_serial; /* of the URL; 0: the URL is of one request only */
};

/* What the destination says about every request. */
struct weir_transfer_settings {
    uint32_t timeout_ms;
    struct weir_str ca, cert, key; /* file names, empty: none */
};

struct weir_transfer *weir_transfer_new(struct weir_dest *dest);
void weir_transfer_free(struct weir_transfer *t);
/* Sets the easy handle up anew. */
int weir_transfer_setup(struct weir_transfer *t,
                        const struct weir_transfer_settings *s) WEIR_MUST_CHECK;
/* Prepares a POST of `out` to `upstream`; `stable_url`: the URL is the same
 * for all requests to it. `fd_take` is the blob's file or -1. Memory from
 * t->arena, in which `out` lives too. */
int weir_transfer_prepare(struct weir_transfer *t, struct weir_upstream *upstream,
                          const struct weir_route_out *route, bool stable_url,
                          const struct weir_outgoing *out, enum weir_compression stored,
                          int fd_take, uint32_t timeout_ms) WEIR_MUST_CHECK;
/* What came of it. */
struct weir_transfer_result {
    enum weir_failure failure;
    int status; /* 0 with a failure */
    double ms;
    struct weir_limit_headers limits; /* in t->arena */
    struct weir_str answer;           /* at most 1 KiB; in t */
    const char *error;                /* constant text of a failure */
};
void weir_transfer_result(struct weir_transfer *t, CURLcode code,
                          struct weir_transfer_result *ret_result);
/* Closes the blob; the transfer may be prepared again. */
void weir_transfer_end(struct weir_transfer *t);

#endif
