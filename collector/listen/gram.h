/* gram.h - datagrams of one batch, decoded.
 *
 * What all of a batch share is found once: the configuration, the default
 * project, and for runs of them the sender's address as text.
 *
 * Threads: the worker's. Memory: all of it is in the batch's arena. */
#ifndef WEIR_LISTEN_GRAM_H
#define WEIR_LISTEN_GRAM_H

#include "auth.h"
#include "worker.h"

struct sockaddr;
struct weir_grams;

/* One datagram on its way. */
struct weir_gram {
    struct weir_grams *grams;
    struct weir_gram *next;
    struct weir_intake intake;
    struct weir_sink inner;
    struct weir_observed observed;
    struct weir_delivery *deliveries;
    size_t n;
    bool counted, limited; /* by the project's rate limit */
    const char *refused;   /* why an object of it was, or NULL; a label */
    size_t n_refused;      /* for such reasons; the last one stands for all */
    size_t n_dropped;      /* for want of room */
};

struct weir_grams {
    struct weir_worker *worker;
    bool syslog;             /* all of them are */
    struct weir_arena arena; /* the owner's to begin, reset and end */
    struct weir_lease *lease;
    struct weir_identity home;     /* default_project's; project NULL: there is none */
    const struct sockaddr *sender; /* of the last datagram, and its address as text */
    struct weir_str sender_ip;
    struct weir_gram *first; /* with deliveries */
    size_t n, n_deliveries;
};

/* An empty batch; takes a lease, which the owner puts back. */
void weir_grams_begin(struct weir_grams *b, struct weir_worker *w, bool syslog);
/* The objects of one datagram to deliveries. It is counted here, or goes with
 * the batch. `peer` stays where it is while the batch is filled. */
void weir_gram_decode(struct weir_grams *b, struct weir_str bytes, const struct sockaddr *peer,
                      uint64_t received_ms);
/* Counts a datagram that is not taken, and why (a label). */
void weir_gram_refuse(struct weir_series *outcome, const char *reason);
/* Counts `n` objects that are not. */
void weir_gram_rejected(const char *reason, size_t n);

#endif
