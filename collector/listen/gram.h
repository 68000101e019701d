/* gram.h - datagrams of one batch, decoded.
 *
 * What all of a batch share is found once: the configuration, the default
 * project, and for runs of them the sender's address as text.
 *
 * Threads: the worker's. Memory: a datagram is decoded in an arena that is
 * used again for the next one, as that stays in the processor's cache; what
 * comes of it is copied to the batch's, which waits for the commit. */
#ifndef WEIR_LISTEN_GRAM_H
#define WEIR_LISTEN_GRAM_H

#include "auth.h"
#include "worker.h"

struct sockaddr;

struct weir_grams {
    struct weir_worker *worker;
    bool syslog;                /* all of them are */
    struct weir_arena arena;    /* the owner's to begin, reset and end */
    struct weir_arena *scratch; /* for one datagram; the owner's too */
    struct weir_lease *lease;
    struct weir_identity home;     /* default_project's; project NULL: there is none */
    const struct sockaddr *sender; /* of the last datagram, and its address as text */
    struct weir_str sender_ip;
    size_t n; /* datagrams with deliveries: */
    struct weir_delivery *deliveries;
    size_t n_deliveries, room;
};

/* An empty batch; takes a lease, which the owner puts back. */
void weir_grams_begin(struct weir_grams *b, struct weir_worker *w, bool syslog,
                      struct weir_arena *scratch);
/* The objects of one datagram to deliveries. It is counted here, or goes with
 * the batch. `peer` stays where it is while the batch is filled. */
void weir_gram_decode(struct weir_grams *b, struct weir_str bytes, const struct sockaddr *peer,
                      uint64_t received_ms);
/* Counts a datagram that is not taken, and why (a label). */
void weir_gram_refuse(struct weir_series *outcome, const char *reason);
/* Counts `n` objects that are not. */
void weir_gram_rejected(const char *reason, size_t n);

#endif
