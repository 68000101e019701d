/* dest.c - one destination: its settings in force and what is shown of it.
 *
 * It is made when its name is first configured and lives as long as the
 * forwarder, so that breakers, limits and the window survive a reload. */
#include "forwarder.h"

#include "weir/limits.h"
#include "weir/log.h"

#include <stdlib.h>

struct weir_dest *weir_dest_new(struct weir_forward *f, unsigned slot)
{
    struct weir_dest *d = calloc(1, sizeof *d);

    if (d == NULL)
        return NULL;
    d->forward = f;
    d->slot = slot;
    d->name = weir_destination_name(slot);
    weir_arena_init(&d->dsn_arena, 64 * 1024);
    return d;
}

void weir_dest_free(struct weir_dest *d)
{
    if (d == NULL)
        return;
    while (d->idle != NULL) {
        struct weir_transfer *t = d->idle;

        d->idle = t->next;
        weir_transfer_free(t);
    }
    weir_window_destroy(&d->window);
    weir_failing_destroy(&d->failing);
    weir_lanes_destroy(&d->lanes);
    weir_upstreams_destroy(&d->upstreams);
    weir_arena_destroy(&d->dsn_arena);
    free(d);
}

bool weir_dest_active(const struct weir_dest *d)
{
    return d->config != NULL && d->config->has_dsn && d->upstreams.n > 0;
}

bool weir_dest_single(const struct weir_dest *d)
{
    return !d->by_key && !d->by_project;
}

/* ---- settings -------------------------------------------------------------- */

static bool same_place(const struct weir_dsn *a, const struct weir_dsn *b)
{
    return weir_str_eq(a->scheme, b->scheme) && weir_str_eq(a->host, b->host) &&
           weir_str_eq(a->prefix, b->prefix);
}

static bool same_credentials(const struct weir_dsn *a, const struct weir_dsn *b)
{
    return weir_str_eq(a->key, b->key) && weir_str_eq(a->project, b->project);
}

static bool copy_dsn(struct weir_arena *a, const struct weir_dsn *from, struct weir_dsn *ret)
{
    *ret = (struct weir_dsn){weir_arena_copy(a, from->scheme), weir_arena_copy(a, from->key),
                             weir_arena_copy(a, from->host), weir_arena_copy(a, from->prefix),
                             weir_arena_copy(a, from->project)};
    return ret->scheme.p != NULL && ret->key.p != NULL && ret->host.p != NULL &&
           ret->prefix.p != NULL && ret->project.p != NULL;
}

/* Puts `next` in force. What was learned of the old credentials is void: it
 * may be the very mistake that was mended. */
static void use_dsn(struct weir_dest *d, const struct weir_dsn *next)
{
    bool other = !same_credentials(&d->dsn, next);
    bool moved = !same_place(&d->dsn, next);
    struct weir_arena old = d->dsn_arena;

    weir_arena_init(&d->dsn_arena, 64 * 1024);
    if (!copy_dsn(&d->dsn_arena, next, &d->dsn)) {
        weir_log(WEIR_ERROR, "out of memory for a DSN", "destination", weir_log_str(d->name), NULL);
        d->config = NULL; /* deliveries stay spooled until the next reload */
    }
    weir_arena_destroy(&old);
    if (other || moved)
        weir_lanes_reset(&d->lanes, other);
    d->by_key = weir_str_eq(d->dsn.key, WEIR_S("{key}"));
    d->by_project = weir_str_eq(d->dsn.project, WEIR_S("{project}"));
    d->setup++;
}

static void use_upstreams(struct weir_dest *d)
{
    if (weir_upstreams_configure(&d->upstreams, d->config, &d->dsn) != 0)
        weir_log(WEIR_ERROR, "cannot take over the endpoints", "destination", weir_log_str(d->name),
                 NULL);
}

/* What clients were told holds only as long as it is to be told. */
static void untell_clients(const struct weir_dest *d)
{
    for (int c = 0; c < WEIR_CATEGORIES; c++)
        weir_limit_set(d->slot, (enum weir_category)c, 0);
}

void weir_dest_configure(struct weir_dest *d, const struct weir_destination *config)
{
    bool by_key = d->by_key, by_project = d->by_project;

    d->config = config;
    if (config == NULL || !config->pass_on)
        untell_clients(d);
    if (config != NULL && config->has_dsn) {
        use_dsn(d, &config->dsn);
        if (d->config != NULL)
            use_upstreams(d);
    }
    /* Held rows sit in lanes by the old DSN's form. */
    if (by_key != d->by_key || by_project != d->by_project || !weir_dest_active(d))
        weir_window_let_go(&d->window);
    weir_window_wake(&d->window);
    d->wake_ms = 1;
}

bool weir_dest_reread(struct weir_dest *d)
{
    struct weir_arena arena;
    struct weir_dsn next;
    bool changed = false;
    int err;

    if (d->config == NULL)
        return false;
    weir_arena_init(&arena, 1 << 20);
    err = weir_destination_reread(d->config, &arena, &next);
    if (err != 0 && err != WEIR_ENOTFOUND)
        weir_log(WEIR_WARN, "cannot read the DSN again", "destination", weir_log_str(d->name),
                 "error", weir_strerror(err), NULL);
    if (err == 0 && !(same_credentials(&d->dsn, &next) && same_place(&d->dsn, &next))) {
        use_dsn(d, &next);
        if (d->config != NULL)
            use_upstreams(d);
        changed = true;
        weir_log(WEIR_INFO, "the DSN changed at its source", "destination", weir_log_str(d->name),
                 NULL);
    }
    weir_arena_destroy(&arena);
    return changed;
}

/* ---- transfers --------------------------------------------------------------- */

struct weir_transfer *weir_dest_transfer(struct weir_dest *d)
{
    struct weir_transfer *t = d->idle;
    const struct weir_destination *c = d->config;

    if (t != NULL)
        d->idle = t->next;
    else
        t = weir_transfer_new(d);
    if (t == NULL)
        return NULL;
    t->next = NULL;
    if (t->setup != d->setup) {
        if (weir_transfer_setup(
                t, &(struct weir_transfer_settings){c->timeout_ms, c->ca, c->cert, c->key}) != 0)
            weir_log(WEIR_ERROR, "tls files cannot be used", "destination", weir_log_str(d->name),
                     NULL); /* the handshake will say so too */
        t->setup = d->setup;
    }
    weir_arena_reset(&t->arena);
    return t;
}

void weir_dest_started(struct weir_dest *d, struct weir_transfer *t)
{
    t->prev_out = NULL;
    t->next_out = d->out;
    if (d->out != NULL)
        d->out->prev_out = t;
    d->out = t;
    d->sending++;
    t->upstream->sending++;
}

void weir_dest_ended(struct weir_dest *d, struct weir_transfer *t)
{
    *(t->prev_out != NULL ? &t->prev_out->next_out : &d->out) = t->next_out;
    if (t->next_out != NULL)
        t->next_out->prev_out = t->prev_out;
    d->sending--;
    weir_upstream_done(t->upstream);
    weir_transfer_end(t);
    t->next = d->idle;
    d->idle = t;
}

/* ---- what is shown ----------------------------------------------------------- */

#define STORE(place, value) atomic_store_explicit(&(place), (value), memory_order_relaxed)

void weir_dest_publish(struct weir_dest *d, uint64_t now_ms)
{
    struct weir_dest_view *v = &d->view;
    bool configured = d->config != NULL;
    size_t n = configured && d->config->has_dsn ? d->upstreams.n : 0;

    STORE(v->blocked, configured && weir_lanes_blocked(&d->lanes));
    STORE(v->no_dsn, configured && !d->config->has_dsn);
    STORE(v->n_endpoints, (unsigned)n);
    STORE(v->sending, d->sending);
    STORE(v->limited_until_ms, weir_lanes_limited_until(&d->lanes, now_ms));
    for (size_t i = 0; i < n && i < WEIR_VIEW_BREAKERS; i++)
        STORE(v->breakers[i], (int)weir_breaker_state(&d->upstreams.list[i]->breaker));
}
