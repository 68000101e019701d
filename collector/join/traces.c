/* traces.c - spans of a trace into transactions, when their time has come.
 *
 *   due   when the trace is complete (spans.h), at the latest traces.wait
 *         after its first span; earlier under pressure
 *   read  as many rows as make one transaction, in order of arrival; a larger
 *         trace goes in several such pieces
 *   kept  or left out as a whole: tail.c
 *   sent  one job a transaction; the row of the root span carries it, the
 *         others join it. Where a row holds spans of several transactions,
 *         they all go in one job: the first is carried, the others are
 *         further deliveries in the same commit.
 *
 * Transactions of SDKs are here only while tail sampling wants to see their
 * whole trace; they go as they came. */
#include "framing.h"
#include "recent.h"
#include "tail.h"
#include "weir/log.h"
#include "weir/scan.h"

#include <stdlib.h>

enum { MOST_BYTES = 4 << 20, MOST_ROOT = 64 << 10 };

void weir_traces_take_in(struct weir_join *j, struct weir_fragment *f)
{
    struct weir_str project = weir_fragment_project(f), trace_id = weir_fragment_trace_id(f);

    if (j->config->breadcrumbs_from_spans && f->type == WEIR_ITEM_NATIVE_SPAN)
        weir_join_raise(
            j, f, weir_trace_hash(weir_join_group(atomic_load(&j->across), project), trace_id));
    if (!weir_index_add(&j->spans, project, weir_trace_hash(project, trace_id), f)) {
        /* Stays staged; the next rescan finds it. */
        atomic_store(&j->lost, true);
        weir_join_forget(j, f);
    }
}

/* ---- reading ---------------------------------------------------------------------- */

struct row {
    struct weir_fragment *f;
    struct weir_delivery d;
    size_t first, n; /* of its spans */
};

/* What is read of a trace at once; in j->scratch. */
struct chunk {
    const struct weir_traces *how;
    const struct weir_project *project; /* NULL: no longer listed */
    struct weir_span *list;
    size_t n, room;
    struct row *rows;
    size_t n_rows;
    uint64_t bytes;
    bool more; /* the trace holds more than one transaction may */
    struct weir_tail_facts facts;
};

static struct weir_span *next_span(struct weir_arena *a, struct chunk *c)
{
    if (c->n == c->room) {
        size_t room = c->room == 0 ? 64 : 2 * c->room;
        void *more = weir_arena_grow(a, c->list, c->room * sizeof *c->list, room * sizeof *c->list);

        if (more == NULL)
            return NULL;
        c->list = more;
        c->room = room;
    }
    return &c->list[c->n];
}

/* To the elements of "items", without looking for their end first. */
static bool enter_items(struct weir_str payload, struct weir_scan *ret_items)
{
    struct weir_str key;
    struct weir_scan s;

    if (!weir_scan_begin(&s, payload) || !s.object)
        return false;
    while (weir_scan_member(&s, &key)) {
        if (weir_str_eq(key, WEIR_S("\"items\"")))
            return weir_scan_enter(&s, ret_items) && !ret_items->object;
        (void)weir_scan_value(&s);
    }
    return false;
}

static int read_container(struct weir_arena *a, struct weir_str payload, struct chunk *c)
{
    struct row *row = &c->rows[c->n_rows];
    struct weir_str key, native;
    struct weir_scan scan;

    row->first = c->n;
    if (!enter_items(payload, &scan))
        return WEIR_EINVAL;
    while (weir_scan_next(&scan, &key, &native)) {
        struct weir_span *s = next_span(a, c);

        if (s == NULL)
            return WEIR_ENOMEM;
        if (weir_span_read(a, native, row->d.received_ms, s) != 0)
            continue; /* nothing that could be sent */
        s->row = c->n_rows;
        weir_tail_see_span(&c->facts, s);
        c->n++;
    }
    row->n = c->n - row->first;
    return row->n > 0 ? 0 : WEIR_EINVAL;
}

static int read_row(struct weir_join *j, struct weir_fragment *f, struct chunk *c)
{
    struct row *row = &c->rows[c->n_rows];
    struct weir_spool_row stored;
    struct weir_str payload = {NULL, 0}, items;
    struct weir_framed item;
    size_t n = c->n;
    int err;

    if (f->type == WEIR_ITEM_TRANSACTION) {
        err = weir_join_read(j, &j->scratch, f->id, &stored, &items);
        if (err == 0 &&
            weir_framing_find(j->json, &j->scratch, items, WEIR_ITEM_TRANSACTION, &item) == 0)
            weir_tail_see_transaction(&c->facts, &j->scratch, item.payload);
        *row = (struct row){.f = f, .d = stored.delivery};
    } else {
        err = weir_join_read_fragment(j, &j->scratch, f->id, &stored, &payload);
        *row = (struct row){.f = f, .d = stored.delivery};
        if (err == 0)
            err = read_container(&j->scratch, payload, c);
    }
    c->bytes += payload.n;
    if (err == 0)
        c->n_rows++;
    else
        c->n = n;
    return err;
}

/* A row that is gone or damaged cannot be sent. */
static void unreadable(struct weir_join *j, struct weir_fragment *f, int err)
{
    weir_index_remove(&j->spans, f);
    if (err == WEIR_ENOTFOUND) {
        weir_join_forget(j, f);
        return;
    }
    weir_log(WEIR_WARN, "staged spans cannot be read and expire", "error", weir_strerror(err),
             NULL);
    weir_join_doom(j, f, WEIR_EXPIRED, "damaged");
}

/* The root of the piece before, for its context. */
static int read_root(struct weir_arena *a, const struct weir_trace *t, struct chunk *c)
{
    struct weir_str json = {t->root, t->root_n};
    struct weir_span *s = json.n > 0 ? next_span(a, c) : NULL;

    if (s == NULL)
        return json.n > 0 ? WEIR_ENOMEM : 0;
    json = weir_arena_copy(a, json);
    if (weir_span_read(a, json, 0, s) != 0)
        return WEIR_ENOMEM;
    s->row = SIZE_MAX;
    s->again = true;
    c->n++;
    return 0;
}

static bool has_room(const struct weir_join *j, const struct chunk *c,
                     const struct weir_fragment *f)
{
    uint64_t limit = j->config->limits.event < MOST_BYTES ? j->config->limits.event : MOST_BYTES;

    return c->n_rows == 0 || (c->n + f->elements <= c->how->max_spans && c->bytes < limit);
}

/* Reads rows of the trace by arrival. They stay in the index. WEIR_EIO: the
 * spool cannot be read now; WEIR_ENOTFOUND: nothing is left of it. */
static int read_chunk(struct weir_join *j, struct weir_trace *t, struct chunk *c)
{
    struct weir_arena *a = &j->scratch;
    int err = read_root(a, t, c);

    c->rows = weir_arena_zalloc(a, t->n, sizeof *c->rows);
    if (err != 0 || c->rows == NULL)
        return WEIR_ENOMEM;
    for (struct weir_fragment *f = t->first, *next; f != NULL && !c->more; f = next) {
        next = f->after; /* `t` may be gone with its last fragment */
        if (!has_room(j, c, f)) {
            c->more = true;
            break;
        }
        err = read_row(j, f, c);
        if (err == WEIR_EIO || (err == WEIR_ENOMEM && c->n_rows == 0))
            return err;
        if (err == WEIR_ENOMEM)
            c->more = true;
        else if (err != 0)
            unreadable(j, f, err);
    }
    return c->n_rows > 0 ? 0 : WEIR_ENOTFOUND;
}

/* ---- writing ------------------------------------------------------------------------ */

static struct weir_str copy(struct weir_arena *a, struct weir_str s, bool *failed)
{
    struct weir_str c = weir_arena_copy(a, s);

    *failed = *failed || (s.n > 0 && c.p == NULL);
    return c;
}

/* The delivery of a transaction that was written, in the job's arena. */
static int make_delivery(struct weir_join *j, struct weir_job *job, const struct weir_delivery *of,
                         const struct weir_transaction *t, struct weir_delivery *ret_delivery)
{
    struct weir_arena *a = &job->arena;
    struct weir_delivery d = {.type = WEIR_ITEM_TRANSACTION,
                              .category = WEIR_CAT_TRANSACTION,
                              .received_ms = of->received_ms,
                              .n_spans = t->n_spans};
    bool failed = false;
    struct weir_buf items;
    struct weir_str text;
    int err;

    d.project = copy(a, of->project, &failed);
    d.key = copy(a, of->key, &failed);
    d.trace_id = copy(a, of->trace_id, &failed);
    d.event_id = copy(a, (struct weir_str){t->event_id, 32}, &failed);
    d.header = weir_arena_printf(a, "{\"event_id\":\"%s\"}", t->event_id);
    weir_buf_init(&items, a, t->payload.n + 128);
    err = weir_framing_write(j->json, a, WEIR_S("{\"type\":\"transaction\"}"), t->payload, &items);
    if (err == 0)
        err = weir_buf_str(&items, &text);
    if (err == 0)
        err = weir_delivery_encode(&d, a, weir_join_compression(j, of), text, false);
    if (err == 0 && (failed || d.header.n == 0))
        err = WEIR_ENOMEM;
    *ret_delivery = d;
    return err;
}

/* The row that stands for a root: its own, or for one that is here again that
 * of the first span under it. */
static size_t row_of_root(const struct chunk *c, size_t root)
{
    for (size_t i = 0; c->list[root].row == SIZE_MAX && i < c->n; i++)
        if (i != root && c->list[i].under == root)
            return c->list[i].row;
    return c->list[root].row;
}

/* All pieces of a transaction into the job: the first one of all is carried. */
static int write_transaction(struct weir_join *j, struct weir_job *job, const struct chunk *c,
                             size_t root, size_t children)
{
    const struct weir_delivery *of = &c->rows[row_of_root(c, root)].d;
    size_t done = 0;
    int err = 0;

    do {
        struct weir_transaction t;
        struct weir_delivery d;

        err = weir_transaction_write(j->json, &job->arena, c->list, c->n, root, done,
                                     c->how->max_spans, of->trace_id,
                                     c->project != NULL ? &c->project->tagging : NULL, &t);
        if (err == 0)
            err = make_delivery(j, job, of, &t, &d);
        if (err != 0)
            return err;
        if (!job->op.has_body)
            job->op.body = d;
        else
            err = weir_job_further(job, &d);
        job->op.has_body = true;
        done += t.n_spans;
    } while (err == 0 && done < children);
    return err;
}

static size_t children_of(const struct chunk *c, size_t root)
{
    size_t n = 0;

    for (size_t i = 0; i < c->n; i++)
        n += i != root && c->list[i].under == root;
    return n;
}

/* A root that is here only for its context, and has nobody, is no transaction. */
static bool is_root(const struct chunk *c, size_t i)
{
    return c->list[i].under == i && (!c->list[i].again || children_of(c, i) > 0);
}

/* Moves a row from the index to the job. */
static void take_row(struct weir_join *j, struct weir_job *job, struct row *row)
{
    struct weir_fragment *f = row->f;

    if (f == NULL)
        return;
    row->f = NULL;
    weir_index_remove(&j->spans, f);
    if (job->carrier.n == 0)
        weir_list_add(&job->carrier, f);
    else
        weir_job_leave(job, f, WEIR_COLLAPSED, "joined");
}

/* The row that carries first. */
static void take_rows(struct weir_join *j, struct weir_job *job, struct chunk *c, size_t root,
                      bool all)
{
    take_row(j, job, &c->rows[row_of_root(c, root)]);
    for (size_t i = 0; i < c->n; i++)
        if (c->list[i].row != SIZE_MAX && (all || c->list[i].under == root))
            take_row(j, job, &c->rows[c->list[i].row]);
}

/* Does a row hold spans of several transactions? */
static bool is_shared(const struct chunk *c)
{
    for (size_t i = 0; i < c->n_rows; i++)
        for (size_t k = c->rows[i].first + 1; k < c->rows[i].first + c->rows[i].n; k++)
            if (c->list[k].under != c->list[k - 1].under)
                return true;
    return false;
}

/* Everything in one job. False: no more jobs, or no memory: at the next tick. */
static bool send_shared(struct weir_join *j, struct chunk *c, uint64_t now_ms)
{
    struct weir_job *job = weir_job_new(j);
    size_t first = SIZE_MAX;

    if (job == NULL)
        return false;
    for (size_t i = 0; i < c->n; i++) {
        if (!is_root(c, i))
            continue;
        first = first == SIZE_MAX ? i : first;
        if (write_transaction(j, job, c, i, children_of(c, i)) != 0) {
            weir_job_drop(j, job);
            return false;
        }
    }
    take_rows(j, job, c, first, true);
    weir_job_submit(j, job, now_ms);
    return true;
}

/* A job for each transaction. */
static bool send_each(struct weir_join *j, struct chunk *c, uint64_t now_ms)
{
    for (size_t i = 0; i < c->n; i++) {
        struct weir_job *job;

        if (!is_root(c, i))
            continue;
        job = weir_job_new(j);
        if (job == NULL)
            return false;
        if (write_transaction(j, job, c, i, children_of(c, i)) != 0) {
            weir_job_drop(j, job);
            return false;
        }
        take_rows(j, job, c, i, false);
        weir_job_submit(j, job, now_ms);
    }
    return true;
}

/* Transactions of SDKs, as they came. */
static bool send_ready(struct weir_join *j, struct chunk *c, uint64_t now_ms)
{
    for (size_t i = 0; i < c->n_rows; i++) {
        struct weir_job *job;

        if (c->rows[i].f == NULL || c->rows[i].f->type != WEIR_ITEM_TRANSACTION)
            continue;
        job = weir_job_new(j);
        if (job == NULL)
            return false;
        take_row(j, job, &c->rows[i]);
        weir_job_submit(j, job, now_ms);
    }
    return true;
}

/* ---- what becomes of a trace ---------------------------------------------------------- */

static bool leave_out(struct weir_join *j, struct chunk *c, uint64_t now_ms)
{
    struct weir_job *job = weir_job_new(j);
    uint64_t transactions = 0, spans = c->n;

    if (job == NULL)
        return false;
    for (size_t i = 0; i < c->n; i++) {
        transactions += is_root(c, i);
        spans -= c->list[i].again;
    }
    for (size_t i = 0; i < c->n_rows; i++) {
        struct weir_fragment *f = c->rows[i].f;

        if (f->type == WEIR_ITEM_TRANSACTION) {
            transactions++;
            spans += c->rows[i].d.n_spans + 1;
        }
        weir_index_remove(&j->spans, f);
        weir_job_leave(job, f, WEIR_SAMPLED, "tail");
    }
    weir_tail_report(c->project, transactions, spans);
    weir_job_submit(j, job, now_ms);
    return true;
}

/* Of the largest transaction, when more of the trace is to come. */
static void remember_root(struct weir_trace *t, const struct chunk *c)
{
    size_t best = SIZE_MAX, most = 0;

    for (size_t i = 0; i < c->n; i++) {
        size_t n = is_root(c, i) ? children_of(c, i) + 1 : 0;

        if (n > most) {
            most = n;
            best = i;
        }
    }
    if (best == SIZE_MAX || c->list[best].again || c->list[best].json.n > MOST_ROOT)
        return;
    free(t->root);
    t->root_n = c->list[best].json.n;
    t->root = malloc(t->root_n);
    if (t->root != NULL)
        memcpy(t->root, c->list[best].json.p, t->root_n);
    else
        t->root_n = 0;
}

static bool send_chunk(struct weir_join *j, struct weir_trace *t, struct chunk *c, uint64_t now_ms)
{
    struct weir_str trace_id = weir_fragment_trace_id(t->first);
    struct weir_str project = weir_fragment_project(t->first);
    struct weir_str group = weir_join_group(atomic_load(&j->across), project);

    if (c->more)
        remember_root(t, c);
    weir_recent_add(j, weir_trace_hash(group, trace_id), c->list, c->n, now_ms);
    if (!weir_tail_keep(j, c->how, trace_id, &c->facts, now_ms))
        return leave_out(j, c, now_ms);
    if (!send_ready(j, c, now_ms))
        return false;
    return is_shared(c) ? send_shared(j, c, now_ms) : send_each(j, c, now_ms);
}

/* Is it time for the trace? `ret_look`: only if it is complete. */
static bool is_due(const struct weir_join *j, const struct weir_trace *t,
                   const struct weir_traces *how, uint64_t now_ms, bool *ret_look)
{
    *ret_look = false;
    if (weir_join_age(now_ms, t->born_ms) >= how->wait_ms || t->elements >= how->max_spans ||
        j->spans.n_traces > j->config->breadcrumbs_traces)
        return true;
    *ret_look = true;
    return t->elements > 1 && !t->looked &&
           weir_join_age(now_ms, t->grown_ms) >= WEIR_JOIN_SPAN_QUIET_MS;
}

static bool is_complete(const struct chunk *c)
{
    const struct row *newest = &c->rows[c->n_rows - 1];

    for (size_t i = 0; i < c->n_rows; i++)
        if (c->rows[i].f->type == WEIR_ITEM_TRANSACTION)
            return false; /* what else belongs to its trace cannot be told */
    return !c->more && weir_spans_complete(c->list, c->n, newest->first);
}

/* False: nothing further can be sent now. */
static bool send_trace(struct weir_join *j, struct weir_trace *t, struct chunk *c, bool look,
                       uint64_t now_ms)
{
    bool go_on = true;
    int err;

    t->looked = true;
    err = read_chunk(j, t, c);
    if (err == 0)
        err = weir_spans_arrange(&j->scratch, c->list, c->n);
    if (err != 0)
        go_on = err == WEIR_ENOTFOUND; /* then `t` is gone */
    else if (!look || is_complete(c))
        go_on = send_chunk(j, t, c, now_ms);
    weir_arena_reset(&j->scratch);
    return go_on;
}

/* Many traces wait at a time, and notes wake the thread often. */
void weir_traces_work(struct weir_join *j, uint64_t now_ms)
{
    struct weir_trace *t = j->spans.oldest, *newer;
    bool look;

    if (now_ms >= j->traces_ms && now_ms - j->traces_ms < WEIR_JOIN_LOOK_MS)
        return;
    j->traces_ms = now_ms;
    for (; t != NULL && j->n_jobs < WEIR_JOIN_JOBS; t = newer) {
        struct chunk c = {.project =
                              weir_config_project(j->config, weir_fragment_project(t->first))};

        newer = t->newer;
        c.how = c.project != NULL ? &c.project->traces : &j->config->traces;
        if (is_due(j, t, c.how, now_ms, &look) && !send_trace(j, t, &c, look, now_ms))
            break;
    }
    if (t != NULL) /* no more jobs: on when some come back */
        j->traces_ms = 0;
}
