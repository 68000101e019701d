/* index.h - the staged fragments, by trace.
 *
 *   hash table --> trace "42 771a...": fragment -> fragment -> fragment
 *                  trace "7 0b9c...":  fragment
 *   and two lists: all traces by age, all fragments by arrival
 *
 * Only numbers of rows are kept; the fragments themselves are in the spool.
 * Plain data of the join thread: it never reads a clock. Fragments are made
 * by weir_join_note() on the spool thread and handed over. */
#ifndef WEIR_JOIN_INDEX_H
#define WEIR_JOIN_INDEX_H

#include "weir/queue.h"
#include "weir/spool.h"

struct weir_trace;

struct weir_fragment {
    struct weir_link link; /* on its way to join */
    enum weir_item_type type;
    int64_t id;           /* of its row */
    uint64_t born_ms;     /* mono: when it was received */
    uint64_t received_ms; /* the same, wall */
    uint64_t hash;        /* under which it was raised in the filter */
    bool raised;
    bool dropped;              /* over a bound, not over its time */
    uint32_t elements;         /* spans or log entries in it */
    struct weir_mark mark;     /* of an event */
    enum weir_outcome outcome; /* of one that leaves, and why */
    const char *reason;
    struct weir_trace *trace;             /* NULL: in no index */
    struct weir_fragment *before, *after; /* of the same trace, or a list of a job */
    struct weir_fragment *older, *newer;  /* of the index */
    uint32_t project_n, trace_n;
    char text[]; /* project, trace id (of log entries: the sender's key) */
};

struct weir_list {
    struct weir_fragment *first, *last; /* linked by `after` */
    size_t n;
};

struct weir_trace {
    struct weir_trace *chain; /* of the hash table */
    uint64_t hash;
    struct weir_fragment *first, *last; /* by arrival */
    size_t n;
    size_t elements; /* in all of them */
    struct weir_trace *older, *newer;
    uint64_t born_ms, grown_ms; /* first and last arrival */
    bool looked;                /* since it grew */
    char *root;                 /* spans: JSON of the root of a piece that went before; or NULL */
    size_t root_n;
    uint32_t group_n, trace_n;
    char text[]; /* group, trace id */
};

struct weir_index {
    struct weir_trace **buckets;
    struct weir_trace *oldest, *newest;
    struct weir_fragment *first, *last;
    size_t n_traces, n_fragments;
};

/* Of a delivery that is staged as row `id`; born_ms is the caller's to set.
 * NULL: out of memory. */
struct weir_fragment *weir_fragment_new(const struct weir_delivery *d, int64_t id);
static inline struct weir_str weir_fragment_project(const struct weir_fragment *f)
{
    return (struct weir_str){f->text, f->project_n};
}
static inline struct weir_str weir_fragment_trace_id(const struct weir_fragment *f)
{
    return (struct weir_str){f->text + f->project_n, f->trace_n};
}

void weir_list_add(struct weir_list *l, struct weir_fragment *f);
/* The first one; NULL: it is empty. */
struct weir_fragment *weir_list_take(struct weir_list *l);

/* Hash of a trace of a group of projects; keyed. */
uint64_t weir_trace_hash(struct weir_str group, struct weir_str trace_id);

/* Frees what is in it. Accepts a zeroed index. */
void weir_index_destroy(struct weir_index *x);
/* Takes the fragment; `hash` is weir_trace_hash() of group and its trace.
 * False: out of memory, and it stays the caller's. */
bool weir_index_add(struct weir_index *x, struct weir_str group, uint64_t hash,
                    struct weir_fragment *f_take);
struct weir_trace *weir_index_find(const struct weir_index *x, struct weir_str group, uint64_t hash,
                                   struct weir_str trace_id);
/* Gives it back to the caller. With its last fragment a trace vanishes. */
void weir_index_remove(struct weir_index *x, struct weir_fragment *f);

#endif
