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

void weir_grams_begin(struct weir_grams *b, struct weir_worker *w, bool syslog)
{
    b->worker = w;
    b->syslog = syslog;
    b->lease = weir_lease_take(w);
    if (weir_auth_datagram(&b->lease->snapshot->config, (struct weir_str){NULL, 0}, &b->home) !=
        WEIR_AUTH_OK)
        b->home = (struct weir_identity){0};
    b->sender = NULL;
    b->first = NULL;
    b->n = b->n_deliveries = 0;
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
    struct weir_decode_input in = {.arena = &g->grams->arena,
                                   .reader = g->intake.tools->reader,
                                   .default_project = c->default_project,
                                   .received_ms = g->intake.received_ms,
                                   .max_items = c->limits.items};

    g->observed = (struct weir_observed){
        .worker = g->grams->worker,
        .tools = g->intake.tools,
        .arena = &g->grams->arena,
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

static struct weir_gram *gram_new(struct weir_grams *b, const struct sockaddr *peer,
                                  uint64_t received_ms)
{
    struct weir_gram *g = weir_arena_zalloc(&b->arena, 1, sizeof *g);

    if (g == NULL)
        return NULL;
    g->grams = b;
    g->intake = (struct weir_intake){.arena = &b->arena,
                                     .snapshot = b->lease->snapshot,
                                     .project = b->home.project,
                                     .project_id = b->home.project_id,
                                     .key = b->home.key,
                                     .client_ip = sender_ip(b, peer),
                                     .transport = WEIR_UDP,
                                     .received_ms = received_ms,
                                     .tools = &b->worker->tools};
    return weir_intake_begin(&g->intake, &g->inner) == 0 ? g : NULL;
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

/* The objects of one datagram to deliveries. It is counted here, or goes with
 * the batch. */
void weir_gram_decode(struct weir_grams *b, struct weir_str bytes, const struct sockaddr *peer,
                      uint64_t received_ms)
{
    const struct weir_listen_series *s = &b->worker->series;
    struct weir_gram *g = gram_new(b, peer, received_ms);
    struct weir_decode_input in;
    struct weir_sink outer = {gram_header, gram_item, gram_begin, gram_data, gram_end, g};
    struct weir_decoder *d;
    int err;

    bytes = weir_arena_copy(&b->arena, bytes);
    if (g == NULL || bytes.p == NULL) {
        weir_gram_refuse(s->udp_dropped, "memory");
        return;
    }
    in = gram_input(g);
    /* syslog is never compressed, and may be any text */
    err = b->syslog ? 0 : weir_datagram_open(&b->arena, &bytes);
    if (err != 0) {
        gram_failed(g, err);
        return;
    }
    d = weir_decoder_new(b->syslog ? WEIR_FORMAT_SYSLOG
                                   : weir_datagram_format(in.reader, &b->arena, bytes),
                         &in, &outer);
    err = d != NULL ? weir_decoder_feed(d, bytes, true) : WEIR_ENOMEM;
    if (err == 0 && weir_decoder_result(d)->accepted == 0)
        err = WEIR_EINVAL;
    if (err == 0)
        err = weir_intake_finish(&g->intake, &g->deliveries, &g->n);
    if (err != 0) {
        gram_failed(g, err);
        return;
    }
    count_left_behind(g, weir_decoder_result(d)->n_rejects);
    if (g->n == 0) {
        weir_count(s->udp_accepted, 1); /* integrations and breakers only */
    } else {
        g->next = b->first;
        b->first = g;
        b->n++;
        b->n_deliveries += g->n;
    }
}
