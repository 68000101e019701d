/* index.c - the hash table of traces and its two lists. */
#include "index.h"
#include "weir/hash.h"

#include <stdlib.h>

enum { BUCKETS = 1 << 14 };

struct weir_fragment *weir_fragment_new(const struct weir_delivery *d, int64_t id)
{
    struct weir_str project = d->project, trace_id = d->trace_id;
    struct weir_fragment *f;

    if (d->type == WEIR_ITEM_NATIVE_LOG) /* entries of one sender go together */
        trace_id = d->key;
    if (project.n > UINT32_MAX / 4 || trace_id.n > UINT32_MAX / 4)
        return NULL;
    f = calloc(1, sizeof *f + project.n + trace_id.n);
    if (f == NULL)
        return NULL;
    f->type = d->type;
    f->id = id;
    f->received_ms = d->received_ms;
    f->elements = d->type == WEIR_ITEM_NATIVE_LOG ? d->n_logs : d->n_spans;
    f->mark = d->mark;
    f->project_n = (uint32_t)project.n;
    f->trace_n = (uint32_t)trace_id.n;
    if (project.n > 0)
        memcpy(f->text, project.p, project.n);
    if (trace_id.n > 0)
        memcpy(f->text + project.n, trace_id.p, trace_id.n);
    return f;
}

void weir_list_add(struct weir_list *l, struct weir_fragment *f)
{
    f->after = NULL;
    *(l->last != NULL ? &l->last->after : &l->first) = f;
    l->last = f;
    l->n++;
}

struct weir_fragment *weir_list_take(struct weir_list *l)
{
    struct weir_fragment *f = l->first;

    if (f == NULL)
        return NULL;
    l->first = f->after;
    if (l->first == NULL)
        l->last = NULL;
    l->n--;
    f->after = NULL;
    return f;
}

uint64_t weir_trace_hash(struct weir_str group, struct weir_str trace_id)
{
    uint64_t g = weir_keyed_hash(group);

    /* Rotated, so that a project named like a trace does not cancel out. */
    return weir_keyed_hash(trace_id) ^ (g << 29 | g >> 35);
}

/* ---- traces --------------------------------------------------------------- */

static bool is(const struct weir_trace *t, struct weir_str group, uint64_t hash,
               struct weir_str trace_id)
{
    return t->hash == hash && t->group_n == group.n && t->trace_n == trace_id.n &&
           weir_str_eq((struct weir_str){t->text, group.n}, group) &&
           weir_str_eq((struct weir_str){t->text + group.n, trace_id.n}, trace_id);
}

struct weir_trace *weir_index_find(const struct weir_index *x, struct weir_str group, uint64_t hash,
                                   struct weir_str trace_id)
{
    struct weir_trace *t = x->buckets != NULL ? x->buckets[hash % BUCKETS] : NULL;

    while (t != NULL && !is(t, group, hash, trace_id))
        t = t->chain;
    return t;
}

static struct weir_trace *trace_new(struct weir_index *x, struct weir_str group, uint64_t hash,
                                    struct weir_str trace_id, uint64_t now_ms)
{
    struct weir_trace *t = calloc(1, sizeof *t + group.n + trace_id.n);

    if (t == NULL)
        return NULL;
    t->hash = hash;
    t->born_ms = now_ms;
    t->group_n = (uint32_t)group.n;
    t->trace_n = (uint32_t)trace_id.n;
    if (group.n > 0)
        memcpy(t->text, group.p, group.n);
    if (trace_id.n > 0)
        memcpy(t->text + group.n, trace_id.p, trace_id.n);
    t->chain = x->buckets[hash % BUCKETS];
    x->buckets[hash % BUCKETS] = t;
    t->older = x->newest;
    *(x->newest != NULL ? &x->newest->newer : &x->oldest) = t;
    x->newest = t;
    x->n_traces++;
    return t;
}

static void trace_free(struct weir_index *x, struct weir_trace *t)
{
    struct weir_trace **at = &x->buckets[t->hash % BUCKETS];

    while (*at != t)
        at = &(*at)->chain;
    *at = t->chain;
    *(t->older != NULL ? &t->older->newer : &x->oldest) = t->newer;
    *(t->newer != NULL ? &t->newer->older : &x->newest) = t->older;
    x->n_traces--;
    free(t->root);
    free(t);
}

/* ---- fragments ------------------------------------------------------------ */

bool weir_index_add(struct weir_index *x, struct weir_str group, uint64_t hash,
                    struct weir_fragment *f)
{
    struct weir_str trace_id = weir_fragment_trace_id(f);
    struct weir_trace *t;

    if (x->buckets == NULL && (x->buckets = calloc(BUCKETS, sizeof *x->buckets)) == NULL)
        return false;
    t = weir_index_find(x, group, hash, trace_id);
    if (t == NULL && (t = trace_new(x, group, hash, trace_id, f->born_ms)) == NULL)
        return false;
    f->trace = t;
    f->before = t->last;
    f->after = NULL;
    *(t->last != NULL ? &t->last->after : &t->first) = f;
    t->last = f;
    t->n++;
    t->elements += f->elements;
    t->grown_ms = f->born_ms;
    t->looked = false;
    f->older = x->last;
    f->newer = NULL;
    *(x->last != NULL ? &x->last->newer : &x->first) = f;
    x->last = f;
    x->n_fragments++;
    return true;
}

void weir_index_remove(struct weir_index *x, struct weir_fragment *f)
{
    struct weir_trace *t = f->trace;

    *(f->before != NULL ? &f->before->after : &t->first) = f->after;
    *(f->after != NULL ? &f->after->before : &t->last) = f->before;
    *(f->older != NULL ? &f->older->newer : &x->first) = f->newer;
    *(f->newer != NULL ? &f->newer->older : &x->last) = f->older;
    f->before = f->after = f->older = f->newer = NULL;
    f->trace = NULL;
    x->n_fragments--;
    t->elements -= f->elements;
    if (--t->n == 0)
        trace_free(x, t);
}

void weir_index_destroy(struct weir_index *x)
{
    while (x->first != NULL) {
        struct weir_fragment *f = x->first;

        weir_index_remove(x, f);
        free(f);
    }
    free(x->buckets);
    *x = (struct weir_index){0};
}
