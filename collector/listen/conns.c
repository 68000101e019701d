/* conns.c - the lists by age, and sweeping what is overdue. */
#include "conns.h"

#include <stdbool.h>

static struct weir_conn_list *list_of(struct weir_conns *l, enum weir_conn_phase phase)
{
    if (phase == WEIR_CONN_FRESH)
        return &l->fresh;
    return phase == WEIR_CONN_IDLE ? &l->idle : &l->busy;
}

static void append(struct weir_conn_list *list, struct weir_conn *c)
{
    c->next = NULL;
    c->prev = list->last;
    *(list->last != NULL ? &list->last->next : &list->first) = c;
    list->last = c;
}

static void take_out(struct weir_conn_list *list, struct weir_conn *c)
{
    *(c->prev != NULL ? &c->prev->next : &list->first) = c->next;
    *(c->next != NULL ? &c->next->prev : &list->last) = c->prev;
}

void weir_conns_add(struct weir_conns *l, struct weir_conn *c, uint64_t now_ms)
{
    c->phase = WEIR_CONN_FRESH;
    c->since_ms = now_ms;
    c->bytes = 0;
    append(&l->fresh, c);
    l->n++;
}

void weir_conns_remove(struct weir_conns *l, struct weir_conn *c)
{
    take_out(list_of(l, c->phase), c);
    l->n--;
}

void weir_conns_move(struct weir_conns *l, struct weir_conn *c, enum weir_conn_phase phase,
                     uint64_t now_ms)
{
    take_out(list_of(l, c->phase), c);
    /* The first request's head has been due since the client connected. */
    if (!(c->phase == WEIR_CONN_FRESH && phase == WEIR_CONN_HEAD))
        c->since_ms = now_ms;
    if (phase == WEIR_CONN_BODY)
        c->bytes = 0;
    c->phase = phase;
    append(list_of(l, phase), c);
}

struct weir_conn *weir_conns_oldest(const struct weir_conns *l)
{
    struct weir_conn *fresh = l->fresh.first, *idle = l->idle.first;

    if (fresh == NULL || idle == NULL)
        return fresh != NULL ? fresh : idle;
    return fresh->since_ms <= idle->since_ms ? fresh : idle;
}

/* Often enough that a deadline is kept within an eighth. */
static uint64_t step_ms(const struct weir_conn_timeouts *t)
{
    uint64_t shorter = (t->header_ms < t->body_ms ? t->header_ms : t->body_ms) / 8;

    if (shorter < 5)
        return 5;
    return shorter < 500 ? shorter : 500;
}

uint64_t weir_conns_next_ms(const struct weir_conns *l, const struct weir_conn_timeouts *t)
{
    return l->n > 0 ? l->swept_ms + step_ms(t) : UINT64_MAX;
}

static uint64_t allowed_ms(const struct weir_conn *c, const struct weir_conn_timeouts *t)
{
    switch (c->phase) {
    case WEIR_CONN_FRESH:
    case WEIR_CONN_HEAD:
        return t->header_ms;
    case WEIR_CONN_IDLE:
        return WEIR_KEEP_ALIVE_MS;
    case WEIR_CONN_BODY:
        return t->body_ms + c->bytes / WEIR_BODY_LEAST_RATE;
    case WEIR_CONN_ANSWER:
        return t->body_ms;
    case WEIR_CONN_WAIT:
    case WEIR_CONN_CUT:
        break;
    }
    return UINT64_MAX;
}

static bool overdue(const struct weir_conn *c, const struct weir_conn_timeouts *t, uint64_t now_ms)
{
    return now_ms - c->since_ms >= allowed_ms(c, t);
}

/* The oldest come first, so the first one that has time ends it. */
static void sweep_by_age(struct weir_conn_list *list, const struct weir_conn_timeouts *t,
                         uint64_t now_ms, void (*cut)(struct weir_conn *c))
{
    while (list->first != NULL && overdue(list->first, t, now_ms))
        cut(list->first);
}

void weir_conns_sweep(struct weir_conns *l, const struct weir_conn_timeouts *t, uint64_t now_ms,
                      void (*cut)(struct weir_conn *c))
{
    struct weir_conn *next;

    if (now_ms < weir_conns_next_ms(l, t))
        return;
    l->swept_ms = now_ms;
    sweep_by_age(&l->fresh, t, now_ms, cut);
    sweep_by_age(&l->idle, t, now_ms, cut);
    for (struct weir_conn *c = l->busy.first; c != NULL; c = next) {
        next = c->next;
        if (overdue(c, t, now_ms))
            cut(c);
    }
}
