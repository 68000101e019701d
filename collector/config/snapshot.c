/* snapshot.c - snapshots in force: counting references, swapping.
 *
 * The pointer and its reference are taken under one mutex, because a count
 * that is raised after the pointer was read may already be freed. Nobody hot
 * comes here: workers look at the generation and come once a reload. */
#include "load.h"

#include <pthread.h>
#include <stdlib.h>

struct weir_current {
    pthread_mutex_t lock;
    struct weir_snapshot *snapshot;
    atomic_ullong generation;
};

struct weir_snapshot *weir_snapshot_ref(struct weir_snapshot *s)
{
    atomic_fetch_add_explicit(&s->references, 1, memory_order_relaxed);
    return s;
}

static void free_loaded(struct weir_loaded *loaded)
{
    struct weir_arena arena = loaded->snapshot.arena;

    for (size_t i = 0; i < loaded->n_plans; i++)
        weir_scrub_plan_free(loaded->plans[i]);
    for (size_t i = 0; i < loaded->n_rulesets; i++)
        weir_ruleset_free(loaded->rulesets[i]);
    free(loaded);
    weir_arena_destroy(&arena);
}

void weir_snapshot_put(struct weir_snapshot *s)
{
    if (s == NULL)
        return;
    /* Release: our reads are done before another's free; acquire: all theirs
     * before ours. */
    if (atomic_fetch_sub_explicit(&s->references, 1, memory_order_acq_rel) == 1)
        free_loaded((struct weir_loaded *)(void *)s);
}

const struct weir_ruleset *weir_snapshot_ruleset(const struct weir_snapshot *s, size_t i)
{
    const struct weir_loaded *loaded = (const struct weir_loaded *)(const void *)s;

    return i < loaded->n_rulesets ? loaded->rulesets[i] : NULL;
}

struct weir_current *weir_current_new(struct weir_snapshot *first_take)
{
    struct weir_current *c = calloc(1, sizeof *c);

    if (c == NULL)
        return NULL;
    pthread_mutex_init(&c->lock, NULL);
    c->snapshot = first_take;
    first_take->generation = 1;
    atomic_init(&c->generation, 1);
    return c;
}

void weir_current_free(struct weir_current *c)
{
    if (c == NULL)
        return;
    weir_snapshot_put(c->snapshot);
    pthread_mutex_destroy(&c->lock);
    free(c);
}

struct weir_snapshot *weir_current_get(struct weir_current *c)
{
    struct weir_snapshot *s;

    pthread_mutex_lock(&c->lock);
    s = weir_snapshot_ref(c->snapshot);
    pthread_mutex_unlock(&c->lock);
    return s;
}

uint64_t weir_current_generation(const struct weir_current *c)
{
    return atomic_load_explicit(&c->generation, memory_order_relaxed);
}

void weir_current_swap(struct weir_current *c, struct weir_snapshot *next_take)
{
    struct weir_snapshot *old;

    pthread_mutex_lock(&c->lock);
    old = c->snapshot;
    next_take->generation = old->generation + 1;
    c->snapshot = next_take;
    pthread_mutex_unlock(&c->lock);
    /* Who sees the new number and comes for the snapshot takes the lock, so
     * relaxed is enough. */
    atomic_store_explicit(&c->generation, next_take->generation, memory_order_relaxed);
    weir_snapshot_put(old);
}
