/* window.c - loading rows into the fixed places, and their states. */
#include "window.h"

#include "weir/log.h"

#include <stdlib.h>

enum {
    RESCAN_MS = 100,
    /* Holding fewer rows than this, reading them again costs less than the
     * wait for the next rescan. */
    FEW_ROWS = 32,
    /* A load is a query: not for a handful of places. */
    LOW_WATER = WEIR_WINDOW_ROWS / 4,
    LEAST_BYTES = 64 * 1024,
    KEEP_BYTES = 64 * 1024 /* of a row's buffer when the row is released */
};

void weir_window_wake(struct weir_window *w)
{
    w->more = w->behind = true;
}

/* ---- places -------------------------------------------------------------- */

static bool make_places(struct weir_window *w)
{
    if (w->rows != NULL)
        return true;
    w->rows = calloc(WEIR_WINDOW_ROWS, sizeof *w->rows);
    w->ids = calloc(WEIR_WINDOW_ROWS, sizeof *w->ids);
    if (w->rows == NULL || w->ids == NULL) {
        free(w->rows);
        free(w->ids);
        w->rows = NULL;
        w->ids = NULL;
        return false;
    }
    for (size_t i = WEIR_WINDOW_ROWS; i-- > 0;) {
        w->rows[i].next = w->free;
        w->free = &w->rows[i];
    }
    return true;
}

struct weir_held_row *weir_window_find(const struct weir_window *w, int64_t id)
{
    if (w->rows == NULL)
        return NULL;
    for (size_t i = 0; i < WEIR_WINDOW_ROWS; i++) {
        if (w->ids[i] == id)
            return &w->rows[i];
    }
    return NULL;
}

/* By id; nearly always at the end. */
static void link_ready(struct weir_window *w, struct weir_held_row *row)
{
    struct weir_held_row *before = w->last;

    while (before != NULL && before->id > row->id)
        before = before->prev;
    row->prev = before;
    row->next = before != NULL ? before->next : w->first;
    *(row->next != NULL ? &row->next->prev : &w->last) = row;
    *(before != NULL ? &before->next : &w->first) = row;
    row->state = WEIR_HELD_READY;
    w->n_ready++;
}

void weir_window_take(struct weir_window *w, struct weir_held_row *row, enum weir_held state)
{
    *(row->prev != NULL ? &row->prev->next : &w->first) = row->next;
    *(row->next != NULL ? &row->next->prev : &w->last) = row->prev;
    row->prev = row->next = NULL;
    row->state = state;
    w->n_ready--;
}

void weir_window_put_back(struct weir_window *w, struct weir_held_row *row)
{
    link_ready(w, row);
}

void weir_window_release(struct weir_window *w, struct weir_held_row *row)
{
    weir_lane_drop(row->lane);
    w->bytes -= row->used;
    if (row->room > KEEP_BYTES) {
        free(row->mem);
        row->mem = NULL;
        row->room = 0;
    }
    row->state = WEIR_HELD_FREE;
    row->id = 0;
    w->ids[row - w->rows] = 0;
    row->next = w->free;
    w->free = row;
    w->n_held--;
    w->released = true;
}

void weir_window_let_go(struct weir_window *w)
{
    struct weir_held_row *row = w->first;

    while (row != NULL) {
        struct weir_held_row *next = row->next;

        if (row->refusals == 0) {
            weir_window_take(w, row, WEIR_HELD_SETTLING);
            weir_window_release(w, row);
        }
        row = next;
    }
    weir_window_wake(w);
    w->rescan_ms = 0;
}

/* ---- reading ------------------------------------------------------------- */

static struct weir_str keep(struct weir_held_row *row, struct weir_str s)
{
    struct weir_str kept = {row->mem + row->used, s.n};

    if (s.n > 0)
        memcpy(row->mem + row->used, s.p, s.n);
    row->used += s.n;
    return kept;
}

static bool copy_body(struct weir_held_row *row, const struct weir_delivery *d)
{
    size_t n = d->project.n + d->key.n + d->event_id.n + d->trace_id.n + d->header.n + d->items.n;

    if (n > row->room || row->mem == NULL) {
        size_t room = n < 1024 ? 1024 : n;
        char *mem = realloc(row->mem, room);

        if (mem == NULL)
            return false;
        row->mem = mem;
        row->room = room;
    }
    row->used = 0;
    row->body = *d;
    row->body.project = keep(row, d->project);
    row->body.key = keep(row, d->key);
    row->body.event_id = keep(row, d->event_id);
    row->body.trace_id = keep(row, d->trace_id);
    row->body.header = keep(row, d->header);
    row->body.items = keep(row, d->items);
    return true;
}

static uint64_t lane_hash(const struct weir_window_source *from, const struct weir_delivery *d)
{
    uint64_t hash = 1;

    if (from->by_key)
        hash = hash * 31 + weir_str_hash(d->key);
    if (from->by_project)
        hash = hash * 31 + weir_str_hash(d->project);
    return hash;
}

/* False when there is no memory or place for it: it is read again later. */
static bool add(struct weir_window *w, const struct weir_window_source *from,
                const struct weir_spool_row *r, uint64_t now_ms)
{
    struct weir_held_row *row = w->free;

    if (row == NULL || !copy_body(row, &r->delivery))
        return false;
    w->free = row->next;
    row->id = r->id;
    row->attempts = r->attempts;
    row->refusals = 0;
    row->gone = from->gone;
    row->lane = weir_lanes_take(from->lanes, lane_hash(from, &r->delivery), now_ms);
    w->ids[row - w->rows] = r->id;
    w->bytes += row->used;
    w->n_held++;
    link_ready(w, row);
    return true;
}

static bool should_load(const struct weir_window *w)
{
    size_t free_rows = WEIR_WINDOW_ROWS - w->n_held;

    if (!w->more || free_rows == 0)
        return false;
    if (w->n_ready > 0 && (free_rows < LOW_WATER || w->bytes + LEAST_BYTES > WEIR_WINDOW_BYTES))
        return false;
    return true;
}

static void add_all(struct weir_window *w, const struct weir_window_source *from,
                    const struct weir_spool_row *rows, size_t n, uint64_t now_ms)
{
    size_t added = 0;

    for (size_t i = 0; i < n; i++) {
        if (weir_window_find(w, rows[i].id) != NULL)
            continue;
        if (!add(w, from, &rows[i], now_ms))
            return; /* `more` stays, the cursor stays before it */
        added++;
        /* Waiting ones that are due come from before and behind it. */
        if (rows[i].state == WEIR_ROW_READY && rows[i].id > w->cursor)
            w->cursor = rows[i].id;
    }
    w->more = added > 0;
    /* Only such as are held: the bytes may have been used up by them. */
    w->behind |= n > 0 && added == 0;
}

void weir_window_load(struct weir_window *w, const struct weir_window_source *from, uint64_t now_ms,
                      uint64_t wall_ms)
{
    bool from_start;
    struct weir_spool_row *rows = NULL;
    size_t n = 0, ask;
    uint64_t bytes;

    if (w->due_ms != 0 && wall_ms >= w->due_ms) {
        w->due_ms = 0; /* the next query says it anew */
        weir_window_wake(w);
    } else if (w->behind && now_ms >= w->rescan_ms) {
        w->more = true;
    }
    if (!should_load(w) || !make_places(w))
        return;
    from_start = w->n_held < FEW_ROWS || (w->behind && now_ms >= w->rescan_ms);
    if (from_start) {
        w->cursor = 0;
        w->behind = false;
        w->rescan_ms = now_ms + RESCAN_MS;
    }
    /* From the start, those held are read once more before the new ones. */
    ask = from_start ? WEIR_WINDOW_ROWS : WEIR_WINDOW_ROWS - w->n_held;
    bytes = w->bytes + LEAST_BYTES < WEIR_WINDOW_BYTES ? WEIR_WINDOW_BYTES - w->bytes : LEAST_BYTES;
    bytes += from_start ? w->bytes : 0;
    weir_arena_reset(from->scratch);
    if (weir_spool_window(from->reader, from->slot, w->cursor, wall_ms, ask, bytes, true,
                          from->scratch, &rows, &n, &w->due_ms) != 0) {
        weir_log(WEIR_ERROR, "cannot read the spool", "destination",
                 weir_log_str(weir_destination_name(from->slot)), NULL);
        w->more = false; /* not in a busy loop */
        w->behind = true;
        w->rescan_ms = now_ms + 10 * RESCAN_MS;
        return;
    }
    add_all(w, from, rows, n, now_ms);
}

void weir_window_due(struct weir_window *w, uint64_t next_ms)
{
    if (w->due_ms == 0 || next_ms < w->due_ms)
        w->due_ms = next_ms;
}

uint64_t weir_window_wake_ms(const struct weir_window *w, uint64_t now_ms, uint64_t wall_ms)
{
    uint64_t at_ms = 0;

    if (w->more)
        return 0; /* waits for room, not for time */
    if (w->due_ms != 0)
        at_ms = now_ms + (w->due_ms > wall_ms ? w->due_ms - wall_ms : 1);
    if (w->behind && (at_ms == 0 || w->rescan_ms < at_ms))
        at_ms = w->rescan_ms > now_ms ? w->rescan_ms : now_ms + 1;
    return at_ms;
}

void weir_window_destroy(struct weir_window *w)
{
    for (size_t i = 0; w->rows != NULL && i < WEIR_WINDOW_ROWS; i++)
        free(w->rows[i].mem);
    free(w->rows);
    free(w->ids);
    memset(w, 0, sizeof *w);
}
