/* seq.h - datagrams lost on the way, by the numbers that senders put in.
 *
 *   source shop-7:  1 2 . . 5 6      5 arrives: 3 and 4 are missing, 2 lost
 *                       3            3 arrives after all: 1 lost
 *
 * Workers share one table, since the kernel spreads a sender's sockets over
 * them, so numbers of one sender may be noted out of order. What is missing
 * is therefore kept as a balance, and published when somebody looks: a
 * counter that went up too early could not go back.
 *
 * The table is bounded: of the eight places that a source can take, the one
 * unheard of for longest is published and given away.
 *
 * Any thread, lock-free. What two threads do to one place at the same
 * moment can cost a count of a source that just came or went, no more. */
#ifndef WEIR_LISTEN_SEQ_H
#define WEIR_LISTEN_SEQ_H

#include "weir/str.h"

#include <stdatomic.h>

enum {
    WEIR_SEQ_SETS = 128,
    WEIR_SEQ_WAYS = 8,
    WEIR_SEQ_WINDOW = 24,
    WEIR_SEQ_RESTART = 1 << 16 /* a jump this far is a sender that began anew */
};

struct weir_seq_entry {
    _Atomic uint64_t source; /* hash of its name; 0: free */
    /* highest number (its low 32 bits) << 32 | which of the window came << 8 |
     * how far back we know */
    _Atomic uint64_t window;
    _Atomic int64_t lost;      /* now missing */
    _Atomic int64_t published; /* told so far */
    _Atomic(void *) tag;       /* of the caller, for `report`; NULL: not told */
    _Atomic uint32_t heard_s;
};

struct weir_seqs {
    /* Takes what is newly lost. Set once, before the first note. */
    void (*report)(void *tag, uint64_t lost);
    struct weir_seq_entry entries[WEIR_SEQ_SETS][WEIR_SEQ_WAYS];
};

/* Notes number `seq` of `source`. Returns its place, where the caller may set
 * a tag; good at once, not for keeping. */
struct weir_seq_entry *weir_seq_note(struct weir_seqs *t, struct weir_str source, uint64_t seq,
                                     uint64_t now_ms);
/* Reports what has been lost since the last call. */
void weir_seq_publish(struct weir_seqs *t);

#endif
