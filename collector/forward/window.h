/* window.h - the few deliveries of a destination that are in memory.
 *
 *   spool --load--> READY --> SENDING --> SETTLING --release--> (free)
 *                     ^          |
 *                     +----------+  sent again without settling (429, doubt)
 *
 * Fixed in rows and bytes, so that an outage costs disk, not memory. A row
 * stays here until the spool has committed what became of it: until then the
 * spool still calls it ready, and would give it out once more.
 *
 * Rows are read behind a cursor. What becomes ready before the cursor
 * (joined, redriven, due again) is found when the window is read from the
 * start, at most every RESCAN_MS while many rows are held.
 *
 * Threads: the forwarder. Memory: each row copies what it needs into a
 * buffer of its own, which is kept for the next one. */
#ifndef WEIR_FORWARD_WINDOW_H
#define WEIR_FORWARD_WINDOW_H

#include "lane.h"

#include "weir/spool.h"

enum {
    WEIR_WINDOW_ROWS = 512,
    WEIR_WINDOW_BYTES = 2 << 20,
};

enum weir_held { WEIR_HELD_FREE, WEIR_HELD_READY, WEIR_HELD_SENDING, WEIR_HELD_SETTLING };

struct weir_held_row {
    struct weir_held_row *prev, *next; /* READY: by id; FREE: next only */
    enum weir_held state;
    int64_t id;
    uint64_t gone; /* weir_spool_gone() when it was last known to be there */
    uint32_t attempts;
    uint32_t refusals;         /* how often its credentials were refused */
    struct weir_delivery body; /* texts in `mem` */
    struct weir_lane *lane;
    char *mem;
    size_t room, used;
};

struct weir_window {
    struct weir_held_row *rows; /* WEIR_WINDOW_ROWS, made at the first load */
    int64_t *ids;               /* of the same places; 0: free */
    struct weir_held_row *free;
    struct weir_held_row *first, *last; /* READY */
    size_t n_ready, n_held;
    uint64_t bytes;
    int64_t cursor;
    bool released;      /* room came free; cleared by whoever looks */
    bool more;          /* there may be rows that were not read */
    bool behind;        /* there may be some before the cursor */
    uint64_t rescan_ms; /* mono: not from the start before */
    uint64_t due_ms;    /* wall: when a waiting row is due; 0 none */
};

/* How to read: whose rows, and where. */
struct weir_window_source {
    struct weir_spool_reader *reader;
    unsigned slot;
    struct weir_arena *scratch; /* reset at each load */
    struct weir_lanes *lanes;
    bool by_key, by_project; /* the DSN has {key}, {project} */
    uint64_t gone;           /* weir_spool_gone() before the reading */
};

/* Something may have become ready. */
void weir_window_wake(struct weir_window *w);
/* Reads more, if there may be more and there is room. Cheap when not. */
void weir_window_load(struct weir_window *w, const struct weir_window_source *from, uint64_t now_ms,
                      uint64_t wall_ms);
/* When load should be called again though nobody woke it (mono ms); 0: not. */
uint64_t weir_window_wake_ms(const struct weir_window *w, uint64_t now_ms, uint64_t wall_ms);
/* A row that is no longer held waits until then (wall). */
void weir_window_due(struct weir_window *w, uint64_t next_ms);
/* READY to SENDING or SETTLING. */
void weir_window_take(struct weir_window *w, struct weir_held_row *row, enum weir_held state);
/* SENDING back to READY. */
void weir_window_put_back(struct weir_window *w, struct weir_held_row *row);
/* Its settlement is committed. */
void weir_window_release(struct weir_window *w, struct weir_held_row *row);
/* Gives READY rows back, to be read again. Rows that were refused stay, for
 * what is known of them. */
void weir_window_let_go(struct weir_window *w);
/* The row of this id in any state, or NULL. */
struct weir_held_row *weir_window_find(const struct weir_window *w, int64_t id);
/* Frees everything; nothing may be SENDING or SETTLING. */
void weir_window_destroy(struct weir_window *w);

#endif
