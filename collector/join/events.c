/* events.c - errors, and the breadcrumbs that wait for them.
 *
 *   an error       with what its trace holds: breadcrumbs sent on their own,
 *                  and those that its spans make; at once, but
 *                  - the same exception again, as it rises through the spans
 *                    of its trace, is left out (item.h: `same`)
 *                  - what belongs to a storm is held back (storms.h)
 *                  - a recorded exception waits a moment for its trace's
 *                    spans, where breadcrumbs are made of them
 *   breadcrumbs    wait for an error; over a bound or the ttl they expire */
#include "recent.h"
#include "storms.h"
#include "weir/scan.h"

#include <stdlib.h>

enum { SAME_TTL_MS = 10 * 60 * 1000 };

/* ---- bounds of breadcrumbs ----------------------------------------------------- */

static void doom_crumb(struct weir_join *j, struct weir_fragment *f, bool dropped)
{
    weir_index_remove(&j->crumbs, f);
    f->dropped = dropped;
    weir_join_doom(j, f, WEIR_EXPIRED, "ttl");
}

void weir_join_raise(struct weir_join *j, struct weir_fragment *f, uint64_t hash)
{
    if (f->raised && f->hash == hash)
        return;
    weir_filter_raise(&j->filter, hash);
    if (f->raised)
        weir_filter_lower(&j->filter, f->hash);
    f->hash = hash;
    f->raised = true;
}

void weir_crumbs_take_in(struct weir_join *j, struct weir_fragment *f)
{
    struct weir_str group = weir_join_group(atomic_load(&j->across), weir_fragment_project(f));
    uint64_t hash = weir_trace_hash(group, weir_fragment_trace_id(f));

    weir_join_raise(j, f, hash);
    /* No event can name a trace that has no id. */
    if (f->trace_n == 0 || j->config->breadcrumbs_per_trace == 0 ||
        !weir_index_add(&j->crumbs, group, hash, f)) {
        f->dropped = true;
        weir_join_doom(j, f, WEIR_EXPIRED, "ttl");
        return;
    }
    while (f->trace->n > j->config->breadcrumbs_per_trace)
        doom_crumb(j, f->trace->first, true);
    while (j->crumbs.n_traces > j->config->breadcrumbs_traces) {
        struct weir_trace *t = j->crumbs.first->trace; /* that of the oldest one */

        for (size_t n = t->n; n > 0; n--)
            doom_crumb(j, t->first, true);
    }
}

void weir_crumbs_expire(struct weir_join *j, uint64_t now_ms)
{
    while (j->crumbs.first != NULL &&
           weir_join_age(now_ms, j->crumbs.first->born_ms) >= j->config->breadcrumbs_ttl_ms)
        doom_crumb(j, j->crumbs.first, false);
}

/* ---- what an error gets ------------------------------------------------------------ */

struct gathered {
    struct weir_crumb *list;
    size_t n, room;
    size_t budget; /* bytes that the event may grow by */
};

static bool add_crumb(struct weir_arena *a, struct gathered *g, const struct weir_crumb *c)
{
    if (g->n == g->room) {
        size_t room = g->room == 0 ? 64 : 2 * g->room;
        void *more = weir_arena_grow(a, g->list, g->room * sizeof *c, room * sizeof *c);

        if (more == NULL)
            return false;
        g->list = more;
        g->room = room;
    }
    g->list[g->n++] = *c;
    return true;
}

/* The breadcrumbs of a trace, the newest first as far as the budget goes. They
 * move from the index to the job: what there is no room for expires. */
static void take_crumbs(struct weir_join *j, struct weir_job *job, struct weir_trace *t,
                        struct gathered *g)
{
    for (size_t left = t->n; left > 0; left--) {
        struct weir_fragment *f = t->last; /* `t` is gone after the last one */
        struct weir_spool_row row;
        struct weir_str native;
        struct weir_crumb c;
        int err = weir_join_read_fragment(j, &job->arena, f->id, &row, &native);

        if (err == 0)
            err = weir_crumb_read(j->json, &job->arena, native, row.delivery.received_ms, &c);
        if (err == WEIR_EIO)
            return; /* they wait for the next event */
        weir_index_remove(&j->crumbs, f);
        if (err == WEIR_ENOTFOUND) {
            weir_join_forget(j, f);
            continue;
        }
        c.order = left; /* of the same time, the one that came first */
        f->dropped = err != 0 || c.json.n + 1 > g->budget || !add_crumb(&job->arena, g, &c);
        g->budget = f->dropped ? 0 : g->budget - c.json.n - 1;
        weir_job_leave(job, f, f->dropped ? WEIR_EXPIRED : WEIR_COLLAPSED,
                       f->dropped ? "ttl" : "joined");
    }
}

static void add_within(struct weir_join *j, struct weir_job *job, struct gathered *g,
                       const struct weir_crumb *c)
{
    if (g->n >= 2 * (size_t)j->config->breadcrumbs_per_trace || c->json.n + 1 > g->budget)
        return;
    if (add_crumb(&job->arena, g, c))
        g->budget -= c->json.n + 1;
}

/* Of the spans that are staged for one project. They stay. */
static void see_spans(struct weir_join *j, struct weir_job *job, struct weir_str project,
                      struct weir_str trace_id, struct gathered *g)
{
    struct weir_trace *t =
        weir_index_find(&j->spans, project, weir_trace_hash(project, trace_id), trace_id);
    struct weir_fragment *f = t != NULL ? t->last : NULL;
    size_t reads = j->config->breadcrumbs_per_trace;

    for (; f != NULL && reads > 0; f = f->before, reads--) {
        struct weir_spool_row row;
        struct weir_str payload, key, native;
        struct weir_scan scan;
        struct weir_span s;
        struct weir_crumb c;

        if (f->type != WEIR_ITEM_NATIVE_SPAN ||
            weir_join_read_fragment(j, &job->arena, f->id, &row, &payload) != 0 ||
            !weir_scan_begin(&scan, weir_scan_get(payload, WEIR_S("items"))))
            continue;
        while (weir_scan_next(&scan, &key, &native))
            if (weir_span_read(&job->arena, native, row.delivery.received_ms, &s) == 0 &&
                weir_span_crumb(&job->arena, &s, &c))
                add_within(j, job, g, &c);
    }
}

static void see_all_spans(struct weir_join *j, struct weir_job *job, const struct weir_fragment *f,
                          struct weir_str group, struct gathered *g)
{
    const struct weir_across *across = atomic_load(&j->across);
    struct weir_str trace_id = weir_fragment_trace_id(f), project = weir_fragment_project(f);
    size_t most = j->config->breadcrumbs_per_trace, n;
    const char *id = across->ids;
    struct weir_crumb *kept = weir_arena_zalloc(&job->arena, most + 1, sizeof *kept);

    if (weir_str_eq(group, project))
        see_spans(j, job, project, trace_id, g);
    else
        for (size_t i = 0; i < across->n; i++, id += strlen(id) + 1)
            see_spans(j, job, weir_str_of(id), trace_id, g);
    n = kept != NULL ? weir_recent_get(j, weir_trace_hash(group, trace_id), &job->arena, most, kept)
                     : 0;
    for (size_t i = n; i > 0; i--)
        add_within(j, job, g, &kept[i - 1]);
}

static int by_time(const void *left, const void *right)
{
    const struct weir_crumb *a = left, *b = right;

    if (a->seconds < b->seconds || a->seconds > b->seconds)
        return a->seconds < b->seconds ? -1 : 1;
    return a->order < b->order ? -1 : a->order > b->order;
}

/* What there is for the event into it. On an error the event goes as it is,
 * and what was taken for it is returned to the index. */
static int splice_event(struct weir_join *j, struct weir_job *job,
                        const struct weir_mark *stands_for)
{
    struct weir_fragment *f = job->carrier.first;
    struct weir_str group = weir_join_group(atomic_load(&j->across), weir_fragment_project(f));
    struct weir_str trace_id = weir_fragment_trace_id(f), items, spliced;
    struct weir_trace *t =
        weir_index_find(&j->crumbs, group, weir_trace_hash(group, trace_id), trace_id);
    bool spans = j->config->breadcrumbs_from_spans && trace_id.n > 0;
    struct weir_spool_row row;
    struct gathered g = {.n = 0};
    int err;

    if (t == NULL && !spans && stands_for->count == 0)
        return 0;
    err = weir_join_read(j, &job->arena, f->id, &row, &items);
    if (err != 0)
        return err;
    g.budget = j->config->limits.event > items.n ? (size_t)j->config->limits.event - items.n : 0;
    if (t != NULL)
        take_crumbs(j, job, t, &g);
    if (spans)
        see_all_spans(j, job, f, group, &g);
    if (g.n == 0 && stands_for->count == 0)
        return 0;
    if (g.n > 0)
        qsort(g.list, g.n, sizeof *g.list, by_time);
    err = weir_splice_body(j->json, &job->arena, items, g.list, g.n,
                           stands_for->count > 0 ? stands_for : NULL, &spliced);
    return err != 0 ? err : weir_join_put_body(job, &row.delivery, spliced);
}

/* The breadcrumbs that were taken, back to where they were. */
static void return_crumbs(struct weir_join *j, struct weir_job *job)
{
    struct weir_list all = job->leaving;
    struct weir_fragment *f;

    job->leaving = (struct weir_list){0};
    while ((f = weir_list_take(&all)) != NULL)
        if (f->type == WEIR_ITEM_BREADCRUMB && f->outcome == WEIR_COLLAPSED)
            weir_join_take_in(j, f);
        else
            weir_list_add(&job->leaving, f);
}

void weir_event_pass(struct weir_join *j, struct weir_job *job, const struct weir_mark *stands_for,
                     uint64_t now_ms)
{
    if (splice_event(j, job, stands_for) != 0) {
        job->op.has_body = false;
        return_crumbs(j, job);
    }
    weir_job_submit(j, job, now_ms);
}

/* ---- the queue ------------------------------------------------------------------------ */

void weir_events_take_in(struct weir_join *j, struct weir_fragment *f)
{
    bool waits = f->mark.same != 0 && f->mark.count == 0 && j->config->breadcrumbs_from_spans;

    weir_list_add(waits ? &j->waiting : &j->events, f);
}

/* Is it the same exception again? The first is remembered. */
static bool seen_before(struct weir_join *j, const struct weir_fragment *f, uint64_t now_ms)
{
    struct weir_str group = weir_join_group(atomic_load(&j->across), weir_fragment_project(f));
    uint64_t hash = weir_trace_hash(group, (struct weir_str){NULL, 0}) ^ f->mark.same;
    bool value;

    if (f->mark.same == 0 || f->mark.count > 0)
        return false;
    if (weir_seen_get(&j->same, hash, now_ms, SAME_TTL_MS, &value))
        return true;
    weir_seen_put(&j->same, hash, now_ms, true);
    return false;
}

static void pass(struct weir_join *j, struct weir_job *job, struct weir_fragment *f,
                 uint64_t now_ms)
{
    static const struct weir_mark itself;

    if (seen_before(j, f, now_ms)) {
        weir_job_drop(j, job);
        weir_join_doom(j, f, WEIR_COLLAPSED, "same_exception");
    } else if (weir_storms_hold(j, f, now_ms)) {
        weir_job_drop(j, job);
    } else {
        struct weir_mark stands_for = f->mark.count > 0 ? f->mark : itself;

        weir_list_add(&job->carrier, f);
        weir_event_pass(j, job, &stands_for, now_ms);
    }
}

void weir_events_work(struct weir_join *j, uint64_t now_ms)
{
    while (j->waiting.n > 0 &&
           weir_join_age(now_ms, j->waiting.first->born_ms) >= WEIR_JOIN_ERROR_WAIT_MS)
        weir_list_add(&j->events, weir_list_take(&j->waiting));
    while (j->events.n > 0) {
        struct weir_job *job = weir_job_new(j);

        if (job == NULL)
            return;
        pass(j, job, weir_list_take(&j->events), now_ms);
    }
}
