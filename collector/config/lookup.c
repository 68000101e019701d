/* lookup.c - finding projects, keys and destinations in a snapshot. */
#include "weir/config.h"

#include <pthread.h>

static int compare(struct weir_str a, struct weir_str b)
{
    if (a.n != b.n)
        return a.n < b.n ? -1 : 1;
    return a.n > 0 ? memcmp(a.p, b.p, a.n) : 0;
}

/* Projects are sorted so by compile.c. */
const struct weir_project *weir_config_project(const struct weir_config *c, struct weir_str id)
{
    size_t from = 0, to = c->n_projects;

    if (c->n_projects == 0)
        return c->any_project;
    while (from < to) {
        size_t middle = from + (to - from) / 2;
        int order = compare(id, c->projects[middle].id);

        if (order == 0)
            return &c->projects[middle];
        if (order < 0)
            to = middle;
        else
            from = middle + 1;
    }
    return NULL;
}

/* Every byte of `key` is looked at, whatever it is compared with, so that the
 * time tells nothing of where it differs. */
static unsigned differs(struct weir_str key, struct weir_str accepted)
{
    unsigned difference = key.n != accepted.n;

    for (size_t i = 0; i < key.n; i++)
        difference |=
            (unsigned char)key.p[i] ^ (unsigned char)(i < accepted.n ? accepted.p[i] : key.p[i]);
    return difference;
}

bool weir_project_accepts(const struct weir_project *p, struct weir_str key)
{
    unsigned accepted = 0;

    if (p->id.n == 0)
        return true; /* any_project */
    for (size_t i = 0; i < p->keys.n; i++)
        accepted |= differs(key, p->keys.list[i]) == 0;
    return accepted != 0;
}

const struct weir_destination *weir_config_destination(const struct weir_config *c,
                                                       struct weir_str name)
{
    for (size_t i = 0; i < c->n_destinations; i++) {
        if (weir_str_eq(c->destinations[i].name, name))
            return &c->destinations[i];
    }
    return NULL;
}

/* ---- slots -------------------------------------------------------------- */

enum { LONGEST_NAME = 64 };

/* Grows only. A reader without the lock sees a slot's name whole, because the
 * count is raised (release) after the name was written; it loads the count
 * with acquire. */
static struct {
    pthread_mutex_t lock;
    char names[WEIR_MAX_DESTINATIONS][LONGEST_NAME];
    size_t lengths[WEIR_MAX_DESTINATIONS];
    atomic_uint n;
} slots = {.lock = PTHREAD_MUTEX_INITIALIZER};

struct weir_str weir_destination_name(unsigned slot)
{
    if (slot >= atomic_load_explicit(&slots.n, memory_order_acquire))
        return (struct weir_str){NULL, 0};
    return (struct weir_str){slots.names[slot], slots.lengths[slot]};
}

static int add_slot(struct weir_str name)
{
    unsigned n = atomic_load_explicit(&slots.n, memory_order_relaxed);

    for (unsigned i = 0; i < n; i++) {
        if (weir_str_eq(weir_destination_name(i), name))
            return (int)i;
    }
    if (n == WEIR_MAX_DESTINATIONS)
        return WEIR_ELIMIT;
    memcpy(slots.names[n], name.p, name.n);
    slots.lengths[n] = name.n;
    atomic_store_explicit(&slots.n, n + 1, memory_order_release);
    return (int)n;
}

int weir_destination_slot(struct weir_str name)
{
    int slot;

    if (name.n == 0 || name.n > LONGEST_NAME)
        return WEIR_EINVAL;
    pthread_mutex_lock(&slots.lock);
    slot = add_slot(name);
    pthread_mutex_unlock(&slots.lock);
    return slot;
}

/* Levels are four numbers each, trace from 1 on. */
int weir_event_severity(enum weir_event_level level)
{
    return 1 + 4 * (int)level;
}
