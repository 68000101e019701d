/* room.h - what the files of join share.
 *
 *   note() -> inbox -> take_in -> crumbs   breadcrumbs, by trace
 *                              -> spans    spans and transactions, by trace
 *                              -> logs     log entries, by sender
 *                              -> events   errors (same.c, storms.c hold some back)
 *                                   |
 *   what is due is read from the spool, put together, and becomes a
 *                                   v
 *                    job: one weir_replace --submit--> spool --> replies
 *
 * join.c: the wall, the thread, taking in. events.c, traces.c, logs.c: what is
 * done with each, and when. tail.c, same.c, storms.c, recent.c: what they ask.
 * jobs.c: operations in the spool's hands.
 *
 * All of struct weir_join belongs to the join thread but for what is said to
 * be shared. Time is a parameter (mono ms), so that tests cross an hour. */
#ifndef WEIR_JOIN_ROOM_H
#define WEIR_JOIN_ROOM_H

#include "filter.h"
#include "index.h"
#include "seen.h"
#include "weir/join.h"
#include "weir/metrics.h"

#include <pthread.h>

enum {
    WEIR_JOIN_JOBS = 32,            /* operations at once in the spool's hands */
    WEIR_JOIN_BATCH = 512,          /* rows that leave with one operation */
    WEIR_JOIN_SPAN_QUIET_MS = 1000, /* nothing new: is the trace complete? */
    WEIR_JOIN_ERROR_WAIT_MS = 1000, /* of a recorded exception for its trace's spans */
    WEIR_JOIN_LOG_WAIT_MS = 1000,
    WEIR_JOIN_LOOK_MS = 50, /* between two looks at all traces */
    WEIR_JOIN_LOGS = 100,   /* entries of one log item */
    WEIR_JOIN_RETRY_MS = 500,
    WEIR_JOIN_TICK_MS = 250
};

/* Projects that are one group for breadcrumbs (breadcrumbs.across). Immutable;
 * workers may read an old one, so none is freed before the room is. */
struct weir_across {
    struct weir_across *before;
    size_t n;
    char *ids; /* NUL-terminated, one after the other */
};

/* One operation and what it is about. */
struct weir_job {
    struct weir_replace op; /* first: the spool gives back its link */
    struct weir_job *next;
    struct weir_arena arena;
    struct weir_list carrier; /* the event, or the row of a root span; may be empty */
    struct weir_list leaving; /* each with its outcome */
    struct weir_list kept;    /* at most one: it stays, with another mark */
    struct weir_run *run;     /* whose it is; or NULL */
    struct weir_delivery *further;
    size_t n_further, further_room;
    uint64_t due_ms; /* of a retry */
};

struct weir_run;

struct weir_join {
    struct weir_spool *spool;
    struct weir_current *current;
    struct weir_filter filter;            /* shared: traces with something for an error */
    struct weir_filter failed;            /* shared: traces with an error */
    atomic_bool from_spans;               /* shared: breadcrumbs.from_spans */
    _Atomic(struct weir_across *) across; /* shared */
    atomic_bool lost;                     /* shared: a note was lost for want of memory */
    atomic_bool stopping;                 /* shared */
    struct weir_mailbox inbox;            /* shared: notes */
    struct weir_mailbox replies;          /* shared: operations that come back */
    pthread_t thread;
    bool started;

    struct weir_snapshot *snapshot;
    const struct weir_config *config;
    struct weir_spool_reader *reader;
    struct weir_json_reader *json;
    struct weir_arena scratch;
    int64_t listed_to; /* rows up to here were read from the spool */
    struct weir_index crumbs, spans, logs;
    struct weir_list events;  /* that may go now */
    struct weir_list waiting; /* that wait a moment for their trace's spans, by age */
    struct weir_list doomed;  /* that leave, each with its outcome */
    uint64_t traces_ms;       /* when all traces were last looked at; 0: look again */
    struct weir_seen same, decided;
    struct weir_runs *runs;
    struct weir_recent *recent;
    struct weir_job *idle, *retries;
    size_t n_idle, n_jobs; /* n_jobs: in the spool's hands or in `retries` */
    struct weir_series *held, *joined, *expired, *dropped;
};

/* ---- join.c --------------------------------------------------------------- */

/* The group of a project for breadcrumbs: itself, or "*". */
struct weir_str weir_join_group(const struct weir_across *across, struct weir_str project);
/* Everything that is due: notes, replies, reload, work. */
void weir_join_step(struct weir_join *j, uint64_t now_ms);
/* What start does before the thread: the reader, the list of what is staged. */
int weir_join_open(struct weir_join *j, uint64_t now_ms) WEIR_MUST_CHECK;

/* A fragment to where it belongs. */
void weir_join_take_in(struct weir_join *j, struct weir_fragment *f_take);
/* Forgets a fragment that is in no index. */
void weir_join_forget(struct weir_join *j, struct weir_fragment *f_take);
/* It leaves with the next job that has room. */
void weir_join_doom(struct weir_join *j, struct weir_fragment *f_take, enum weir_outcome outcome,
                    const char *reason);
/* Notes may be a little younger than the step that takes them in. */
static inline uint64_t weir_join_age(uint64_t now_ms, uint64_t then_ms)
{
    return now_ms > then_ms ? now_ms - then_ms : 0;
}

/* ---- rows.c: reading staged rows, writing what becomes of them -------------- */

/* The row's body as plain items. */
int weir_join_read(struct weir_join *j, struct weir_arena *a, int64_t id,
                   struct weir_spool_row *ret_row, struct weir_str *ret_items) WEIR_MUST_CHECK;
/* The payload of the fragment's only item. */
int weir_join_read_fragment(struct weir_join *j, struct weir_arena *a, int64_t id,
                            struct weir_spool_row *ret_row,
                            struct weir_str *ret_payload) WEIR_MUST_CHECK;
/* How what is made of a fragment is to be stored: as its first destination
 * wants it, while fragments are stored as it costs least. */
enum weir_compression weir_join_compression(const struct weir_join *j,
                                            const struct weir_delivery *fragment);
/* Encodes the job's new body: `d`'s, with other items. */
int weir_join_put_body(struct weir_job *job, const struct weir_delivery *d,
                       struct weir_str items) WEIR_MUST_CHECK;

/* ---- events.c ------------------------------------------------------------------ */

void weir_events_take_in(struct weir_join *j, struct weir_fragment *f_take);
void weir_crumbs_take_in(struct weir_join *j, struct weir_fragment *f_take);
/* The filter must say yes under the hash by which workers ask now; the note's
 * was made with what was `across` then. */
void weir_join_raise(struct weir_join *j, struct weir_fragment *f, uint64_t hash);
void weir_events_work(struct weir_join *j, uint64_t now_ms);
/* Breadcrumbs that nothing came for. */
void weir_crumbs_expire(struct weir_join *j, uint64_t now_ms);
/* The job's carrier is an event: gives it what is there for it. `run` is what
 * it stands for (count 0: nothing is said of it). */
void weir_event_pass(struct weir_join *j, struct weir_job *job, const struct weir_mark *stands_for,
                     uint64_t now_ms);

/* ---- traces.c, logs.c ------------------------------------------------------------ */

void weir_traces_take_in(struct weir_join *j, struct weir_fragment *f_take);
void weir_traces_work(struct weir_join *j, uint64_t now_ms);
void weir_logs_take_in(struct weir_join *j, struct weir_fragment *f_take);
void weir_logs_work(struct weir_join *j, uint64_t now_ms);

/* ---- jobs.c --------------------------------------------------------------- */

/* NULL: enough are under way, or out of memory. */
struct weir_job *weir_job_new(struct weir_join *j);
/* Moves a fragment that is in no index into the job's leaving ones. */
void weir_job_leave(struct weir_job *job, struct weir_fragment *f_take, enum weir_outcome outcome,
                    const char *reason);
/* Adds a delivery beside the carrier; its texts are in the job's arena. */
int weir_job_further(struct weir_job *job, const struct weir_delivery *d) WEIR_MUST_CHECK;
/* Fills in the operation's lists of ids and hands it to the spool. */
void weir_job_submit(struct weir_join *j, struct weir_job *job, uint64_t now_ms);
/* Gives an unused job back; its lists are empty. */
void weir_job_drop(struct weir_join *j, struct weir_job *job);
/* Operations that came back, and those to be tried again. */
void weir_jobs_replies(struct weir_join *j, uint64_t now_ms);
void weir_jobs_retry(struct weir_join *j, uint64_t now_ms, bool all);
void weir_jobs_destroy(struct weir_join *j);

#endif
