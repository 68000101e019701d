/* gram.c - one datagram to deliveries.
 *
 *   undo compression, tell the format -> decoder -> auth, rate limit, room
 *   of each object -> the intake's sink -> deliveries, which go with the batch
 *
 * Each datagram has an intake of its own, so that a bad one takes no other
 * with it. */
#include "gram.h"

#include "datagram.h"
#include "peer.h"

#include "weir/clock.h"

#include <netinet/in.h>

/* One datagram on its way. */
struct weir_gram {
    struct weir_grams *grams;
    struct weir_intake intake;
    struct weir_sink inner;
    struct weir_observed observed;
    bool counted, limited; /* by the project's rate limit */
    const char *refused;   /* why an object of it was, or NULL; a label */
    size_t n_refused;      /* for such reasons; the last one stands for all */
    size_t n_dropped;      /* for want of room */
};

void weir_grams_begin(struct weir_grams *b, struct weir_worker *w, bool syslog,
                      struct weir_arena *scratch)
{
    b->worker = w;
    b->syslog = syslog;
    b->scratch = scratch;
    b->lease = weir_lease_take(w);
    if (weir_auth_datagram(&b->lease->snapshot->config, (struct weir_str){NULL, 0}, &b->home) !=
        WEIR_AUTH_OK)
        b->home = (struct weir_identity){0};
    b->sender = NULL;
    b->deliveries = NULL;
    b->n = b->n_deliveries = b->room = 0;
}

static int gram_header(void *self, const struct weir_envelope_header *h)
{
    struct weir_gram *g = self;

    /* The object that follows may name a project though there is no default
     * one; the header, ours, holds nothing but an id. */
    if (g->intake.project == NULL)
        g->intake.project = g->observed.project;
    return g->inner.header(g->inner.self, h);
}

/* Why an object of this project may not come in; NULL: it may. A datagram
 * costs one token, however many objects it brings. */
static const char *gram_refusal(struct weir_gram *g, const struct weir_project *p)
{
    struct weir_listen *l = g->grams->worker->listen;
    uint64_t wait_ms;

    if (p == NULL)
        return "wrong_project";
    if (!g->counted && p->rate_per_second > 0)
        g->limited = !weir_gate_rate(l->buckets, p, weir_mono_us() * 1000, &wait_ms);
    g->counted = true;
    return g->limited ? "rate_limit" : NULL;
}

static int gram_item(void *self, const struct weir_item *it)
{
    struct weir_gram *g = self;
    struct weir_listen *l = g->grams->worker->listen;
    struct weir_identity who = g->grams->home;
    const char *why;

    if (it->project.n > 0 &&
        weir_auth_datagram(&g->grams->lease->snapshot->config, it->project, &who) != WEIR_AUTH_OK)
        who.project = NULL;
    g->intake.project = who.project;
    g->intake.project_id = who.project_id;
    g->intake.key = who.key;
    why = gram_refusal(g, who.project);
    if (why != NULL) {
        g->refused = why;
        g->n_refused++;
        return WEIR_EAUTH;
    }
    if (weir_gate_full(l->options.spool, who.project)) {
        g->n_dropped++;
        return WEIR_EFULL;
    }
    return g->inner.item(g->inner.self, it);
}

static int gram_begin(void *self, const struct weir_item *it)
{
    (void)self, (void)it;
    return WEIR_ELIMIT; /* no datagram is that large */
}

static int gram_data(void *self, struct weir_str bytes)
{
    (void)self, (void)bytes;
    return WEIR_ELIMIT;
}

static int gram_end(void *self)
{
    (void)self;
    return WEIR_ELIMIT;
}

static struct weir_decode_input gram_input(struct weir_gram *g)
{
    const struct weir_config *c = &g->grams->lease->snapshot->config;
    struct weir_decode_input in = {.arena = g->grams->scratch,
                                   .reader = g->intake.tools->reader,
                                   .default_project = c->default_project,
                                   .received_ms = g->intake.received_ms,
                                   .max_items = c->limits.items};

    g->observed = (struct weir_observed){
        .worker = g->grams->worker,
        .tools = g->intake.tools,
        .arena = g->grams->scratch,
        .project = g->grams->home.project != NULL ? g->grams->home.project : c->any_project,
        .config = c};
    if (g->observed.project == NULL && c->n_projects > 0)
        g->observed.project = &c->projects[0]; /* its rules for label texts */
    weir_observe_into(&g->observed, &in);
    return in;
}

/* Most datagrams of a batch come from one socket. */
static struct weir_str sender_ip(struct weir_grams *b, const struct sockaddr *peer)
{
    const struct weir_config *c = &b->lease->snapshot->config;
    const struct weir_str none = {NULL, 0};
    size_t n =
        peer->sa_family == AF_INET6 ? sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in);

    if (b->sender == NULL || memcmp(b->sender, peer, n) != 0)
        b->sender_ip = weir_client_ip(&b->arena, &c->trusted_proxies, peer, none, none);
    b->sender = peer;
    return b->sender_ip;
}

static int gram_init(struct weir_gram *g, struct weir_grams *b, const struct sockaddr *peer,
                     uint64_t received_ms)
{
    *g = (struct weir_gram){.grams = b};
    g->intake = (struct weir_intake){.arena = b->scratch,
                                     .snapshot = b->lease->snapshot,
                                     .project = b->home.project,
                                     .project_id = b->home.project_id,
                                     .key = b->home.key,
                                     .client_ip = sender_ip(b, peer),
                                     .transport = WEIR_UDP,
                                     .received_ms = received_ms,
                                     .tools = &b->worker->tools};
    return weir_intake_begin(&g->intake, &g->inner);
}

void weir_gram_refuse(struct weir_series *outcome, const char *reason)
{
    weir_count(outcome, 1);
    weir_count(weir_metric_of(WEIR_M_REJECTED, "udp", reason, NULL), 1);
}

static void gram_failed(struct weir_gram *g, int err)
{
    const struct weir_listen_series *s = &g->grams->worker->series;

    weir_intake_abort(&g->intake);
    if (g->n_dropped > 0 || err == WEIR_EFULL)
        weir_gram_refuse(s->udp_dropped, "spool_full");
    else if (err == WEIR_ENOMEM || err == WEIR_EIO)
        weir_gram_refuse(s->udp_dropped, err == WEIR_EIO ? "io" : "memory");
    else if (g->refused != NULL)
        weir_gram_refuse(s->udp_refused, g->refused);
    else
        weir_gram_refuse(s->udp_malformed, "malformed");
}

void weir_gram_rejected(const char *reason, size_t n)
{
    if (n > 0)
        weir_count(weir_metric_of(WEIR_M_REJECTED, "udp", reason, NULL), n);
}

/* Objects left behind by a datagram of which others are taken: each counts,
 * for the datagram itself goes as accepted and nobody is answered. */
static void count_left_behind(const struct weir_gram *g, size_t n)
{
    size_t dropped = g->n_dropped < n ? g->n_dropped : n;
    size_t refused = g->n_refused < n - dropped ? g->n_refused : n - dropped;

    weir_gram_rejected("spool_full", dropped);
    weir_gram_rejected(g->refused, refused);
    weir_gram_rejected("malformed", n - dropped - refused);
}

static struct weir_str keep(struct weir_arena *a, struct weir_str s, bool *failed)
{
    struct weir_str kept = {NULL, 0};

    if (s.n > 0)
        kept = weir_arena_copy(a, s);
    *failed = *failed || kept.n != s.n;
    return kept;
}

/* Deliveries out of the scratch arena to those of the batch. None has a file:
 * no datagram is large enough. */
static int keep_all(struct weir_grams *b, const struct weir_delivery *list, size_t n)
{
    enum { FIRST = 64 };
    bool failed = false;

    if (b->room - b->n_deliveries < n) {
        size_t size = sizeof *list, room = 2 * b->room + n + FIRST;
        void *more = weir_arena_grow(&b->arena, b->deliveries, b->room * size, room * size);

        if (more == NULL)
            return WEIR_ENOMEM;
        b->deliveries = more;
        b->room = room;
    }
    for (size_t i = 0; i < n; i++) {
        struct weir_delivery *d = &b->deliveries[b->n_deliveries + i];

        *d = list[i];
        d->project = keep(&b->arena, d->project, &failed);
        d->key = keep(&b->arena, d->key, &failed);
        d->event_id = keep(&b->arena, d->event_id, &failed);
        d->trace_id = keep(&b->arena, d->trace_id, &failed);
        d->header = keep(&b->arena, d->header, &failed);
        d->items = keep(&b->arena, d->items, &failed);
    }
    if (failed)
        return WEIR_ENOMEM;
    b->n_deliveries += n;
    return 0;
}

/* Its objects to the batch; ret_left: how many of them were refused. */
static int gram_read(struct weir_gram *g, struct weir_str bytes, size_t *ret_n, size_t *ret_left)
{
    struct weir_grams *b = g->grams;
    struct weir_decode_input in = gram_input(g);
    struct weir_sink outer = {gram_header, gram_item, gram_begin, gram_data, gram_end, g};
    enum weir_format format = WEIR_FORMAT_SYSLOG;
    struct weir_delivery *list;
    struct weir_decoder *d;
    int err = 0;

    if (!b->syslog) { /* that is never compressed, and may be any text */
        err = weir_datagram_open(b->scratch, &bytes);
        if (err != 0)
            return err;
        format = weir_datagram_format(in.reader, b->scratch, bytes);
    }
    d = weir_decoder_new(format, &in, &outer);
    err = d != NULL ? weir_decoder_feed(d, bytes, true) : WEIR_ENOMEM;
    if (err == 0 && weir_decoder_result(d)->accepted == 0)
        err = WEIR_EINVAL;
    if (err == 0)
        err = weir_intake_finish(&g->intake, &list, ret_n);
    if (err == 0)
        err = keep_all(b, list, *ret_n);
    if (err == 0)
        *ret_left = weir_decoder_result(d)->n_rejects;
    return err;
}

void weir_gram_decode(struct weir_grams *b, struct weir_str bytes, const struct sockaddr *peer,
                      uint64_t received_ms)
{
    const struct weir_listen_series *s = &b->worker->series;
    size_t n = 0, left = 0;
    struct weir_gram g;
    int err = gram_init(&g, b, peer, received_ms);

    bytes = weir_arena_copy(b->scratch, bytes); /* with a NUL behind it */
    if (err == 0)
        err = bytes.p != NULL ? gram_read(&g, bytes, &n, &left) : WEIR_ENOMEM;
    if (err != 0) {
        gram_failed(&g, err);
    } else {
        count_left_behind(&g, left);
        if (n == 0)
            weir_count(s->udp_accepted, 1); /* integrations and breakers only */
        b->n += n > 0;
    }
    weir_arena_reset(b->scratch);
}
