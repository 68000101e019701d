/* upstream.c - endpoints over reloads, and which takes the next delivery. */
#include "upstream.h"

#include <stdio.h>
#include <stdlib.h>

static void free_upstream(struct weir_upstream *up)
{
    free((char *)(uintptr_t)up->origin.p);
    free(up);
}

void weir_upstream_done(struct weir_upstream *up)
{
    up->sending--;
    if (up->retired && up->sending == 0)
        free_upstream(up);
}

static void retire(struct weir_upstream *up)
{
    up->retired = true;
    if (up->sending == 0)
        free_upstream(up);
}

static struct weir_upstream *make(struct weir_str origin, const struct weir_breaker_config *c)
{
    static uint64_t serial; /* the forwarder's thread, or before it starts */
    struct weir_upstream *up = calloc(1, sizeof *up);
    char *text = malloc(origin.n + 1);

    if (up == NULL || text == NULL) {
        free(up);
        free(text);
        return NULL;
    }
    memcpy(text, origin.p, origin.n);
    text[origin.n] = '\0';
    up->origin = (struct weir_str){text, origin.n};
    up->serial = ++serial;
    weir_breaker_init(&up->breaker, c);
    return up;
}

/* Takes the one of this origin out of the old list. */
static struct weir_upstream *keep_old(struct weir_upstreams *old, struct weir_str origin,
                                      const struct weir_breaker_config *c)
{
    for (size_t i = 0; i < old->n; i++) {
        struct weir_upstream *up = old->list[i];

        if (up != NULL && weir_str_eq(up->origin, origin)) {
            old->list[i] = NULL;
            weir_breaker_configure(&up->breaker, c);
            return up;
        }
    }
    return NULL;
}

static bool append(struct weir_upstreams *u, struct weir_upstreams *old, struct weir_str origin,
                   unsigned weight, const struct weir_breaker_config *c)
{
    struct weir_upstream *up;

    if (u->n == WEIR_MAX_UPSTREAMS)
        return true;
    up = keep_old(old, origin, c);
    if (up == NULL && (up = make(origin, c)) == NULL)
        return false;
    u->seats[u->n] = (struct weir_seat){.weight = weight > 0 ? weight : 1};
    u->list[u->n++] = up;
    return true;
}

int weir_upstreams_configure(struct weir_upstreams *u, const struct weir_destination *d,
                             const struct weir_dsn *dsn)
{
    struct weir_upstreams old = *u;
    unsigned weight = d->n_endpoints > 0 ? d->endpoints[0].weight : 1;
    char origin[1024];
    int n = snprintf(origin, sizeof origin, "%.*s://%.*s%.*s", WEIR_FMT(dsn->scheme),
                     WEIR_FMT(dsn->host), WEIR_FMT(dsn->prefix));

    if (n < 0 || (size_t)n >= sizeof origin)
        return WEIR_ELIMIT;
    u->n = 0;
    u->balancer = (struct weir_balancer){0};
    if (!append(u, &old, (struct weir_str){origin, (size_t)n}, weight, &d->breaker))
        goto fail;
    for (size_t i = 1; i < d->n_endpoints; i++) {
        if (!append(u, &old, d->endpoints[i].origin, d->endpoints[i].weight, &d->breaker))
            goto fail;
    }
    for (size_t i = 0; i < old.n; i++) {
        if (old.list[i] != NULL)
            retire(old.list[i]);
    }
    return 0;
fail:
    /* Those moved are still in the new list: keep both together. */
    for (size_t i = 0; i < old.n && u->n < WEIR_MAX_UPSTREAMS; i++) {
        if (old.list[i] != NULL) {
            u->seats[u->n] = old.seats[i];
            u->list[u->n++] = old.list[i];
        }
    }
    return WEIR_ENOMEM;
}

struct weir_upstream *weir_upstreams_pick(struct weir_upstreams *u, enum weir_balance how,
                                          uint64_t now_ms)
{
    size_t at;

    for (size_t i = 0; i < u->n; i++) {
        u->seats[i].sending = u->list[i]->sending;
        u->seats[i].usable = weir_breaker_ready(&u->list[i]->breaker, now_ms);
    }
    at = weir_balance_pick(&u->balancer, how, u->seats, u->n);
    return at != SIZE_MAX ? u->list[at] : NULL;
}

uint64_t weir_upstreams_again(const struct weir_upstreams *u)
{
    uint64_t least = 0;

    for (size_t i = 0; i < u->n; i++) {
        uint64_t at_ms = weir_breaker_opens_at(&u->list[i]->breaker);

        if (at_ms != 0 && (least == 0 || at_ms < least))
            least = at_ms;
    }
    return least;
}

void weir_upstreams_destroy(struct weir_upstreams *u)
{
    for (size_t i = 0; i < u->n; i++)
        free_upstream(u->list[i]);
    u->n = 0;
}
