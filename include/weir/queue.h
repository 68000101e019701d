/* queue.h - the two ways by which threads hand whole objects to each other.
 *
 * weir_queue: many producers, one consumer, bounded, never blocks.
 *   workers, forwarder, join  --push-->  [ring]  --pop-->  spool thread
 *   An object may be patient: it does not end the consumer's nap.
 * weir_mailbox: many producers, one consumer, unbounded because the objects
 *   bring their own link and their number is bounded by whoever made them.
 *   spool thread  --post-->  (list)  --take all-->  worker
 *
 * Both wake their consumer by an eventfd, which is written only when the
 * consumer may be asleep, so a busy consumer costs no system call. */
#ifndef WEIR_QUEUE_H
#define WEIR_QUEUE_H

#include "weir/err.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct weir_queue_cell;

struct weir_queue {
    struct weir_queue_cell *cells;
    size_t mask;
    int event_fd;       /* readable when there is something that wakes the sleeper */
    char pad[64];       /* gaps, not _Alignas, so that calloc'ed structs may hold one */
    atomic_size_t tail; /* producers */
    char pad_tail[64];
    atomic_size_t head; /* written by the consumer alone */
    char pad_head[64];
    atomic_int sleep; /* how the consumer waits on event_fd; see queue.c */
};

/* `capacity` is rounded up to a power of two, 2 to 2^20. WEIR_ENOMEM,
 * WEIR_EIO (no eventfd). */
int weir_queue_init(struct weir_queue *q, size_t capacity) WEIR_MUST_CHECK;
/* What is still queued stays its owner's. Accepts a zeroed queue. */
void weir_queue_destroy(struct weir_queue *q);
/* False when full; ownership moves only on true. Any thread. */
bool weir_queue_push(struct weir_queue *q, void *object_take);
/* The same for what can wait until a nap is over. */
bool weir_queue_push_patient(struct weir_queue *q, void *object_take);
/* NULL when empty. Consumer only. */
void *weir_queue_pop(struct weir_queue *q);
/* Consumer only: sleeps until something may be there or `timeout_ms` passed
 * (negative: for ever). */
void weir_queue_wait(struct weir_queue *q, int timeout_ms);
/* Consumer only: like wait, but what is patient and comes meanwhile does not
 * end it. */
void weir_queue_nap(struct weir_queue *q, int timeout_ms);
/* Approximate number of objects. Any thread. */
size_t weir_queue_depth(const struct weir_queue *q);

struct weir_link {
    struct weir_link *next;
};

struct weir_mailbox {
    _Atomic(struct weir_link *) head; /* newest first */
    int event_fd;                     /* for the consumer's epoll */
};

/* Empty. WEIR_EIO: no eventfd. */
int weir_mailbox_init(struct weir_mailbox *m) WEIR_MUST_CHECK;
/* Closes the eventfd; what was posted stays its owner's. */
void weir_mailbox_destroy(struct weir_mailbox *m);
/* Any thread; wakes the consumer when the box was empty. */
void weir_mailbox_post(struct weir_mailbox *m, struct weir_link *object_take);
/* Several at once, chained from the newest one to the oldest. */
void weir_mailbox_post_all(struct weir_mailbox *m, struct weir_link *newest_take,
                           struct weir_link *oldest);
/* Consumer only: everything posted so far, oldest first, NULL if none;
 * clears the eventfd. */
struct weir_link *weir_mailbox_take(struct weir_mailbox *m);

#endif
