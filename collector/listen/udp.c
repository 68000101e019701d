/* udp.c - datagrams, in batches.
 *
 *   recvmmsg, up to 64 -> GELF's chunks put together, compression undone
 *                      -> each decoded to an intake of its own
 *                      -> all deliveries of the batch in one append
 *
 * The 64 KiB buffers are used again for each batch, so what is kept is
 * copied to the batch's arena. A few batches may wait for their commit; with
 * all of them under way the socket is left alone, the kernel's buffer takes
 * what comes, and what does not fit there is counted (SO_RXQ_OVFL). Nobody
 * can be told: a datagram that cannot be queued is lost, and counted.
 *
 * In a stream of them each would wake the worker by itself. So what comes
 * right behind a batch is left in the socket for a millisecond, and then
 * taken together: the kernel's buffer holds the datagrams of many. */
#include "auth.h"
#include "chunks.h"
#include "datagram.h"
#include "peer.h"
#include "worker.h"

#include "weir/clock.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    BATCH = 64,
    DATAGRAM_MAX = 64 * 1024,
    BATCHES = 16,
    CONTROL = CMSG_SPACE(sizeof(uint32_t)),
    REST_MS = 1,
    STREAM_MS = 2, /* from one batch to the next: then there is a stream */
    ARENA_CAP = 64 * 1024 * 1024,
    ARENA_KEEP = 512 * 1024
};

/* One datagram on its way. */
struct gram {
    struct batch *batch;
    struct gram *next;
    struct weir_intake intake;
    struct weir_identity home; /* default_project's; project NULL: there is none */
    struct weir_sink inner;
    struct weir_observed observed;
    struct weir_delivery *deliveries;
    size_t n;
    bool counted, limited; /* by the project's rate limit */
    const char *refused;   /* why an object of it was, or NULL; a label */
    size_t n_refused;      /* for such reasons; the last one stands for all */
    size_t n_dropped;      /* for want of room */
};

struct batch {
    struct weir_waiter waiter; /* first */
    struct weir_udp *udp;
    struct batch *next; /* free ones */
    struct weir_arena arena;
    struct weir_lease *lease;
    struct gram *grams; /* with deliveries */
    size_t n_grams, n_deliveries;
    struct weir_append append;
    uint64_t submitted_us;
};

struct weir_udp {
    struct weir_watch watch; /* first */
    struct weir_worker *worker;
    int fd; /* -1: closed */
    bool ready, watched;
    uint64_t rest_ms;  /* mono: left alone until then; 0: it is not */
    uint64_t taken_ms; /* mono: when there last was something */
    bool syslog;
    struct weir_chunks *chunks; /* NULL: none came yet */
    uint32_t kernel_drops;
    struct batch *free;
    size_t made, pending;
    char *buffers; /* BATCH of DATAGRAM_MAX */
    struct mmsghdr headers[BATCH];
    struct iovec pieces[BATCH];
    struct sockaddr_storage peers[BATCH];
    _Alignas(struct cmsghdr) char controls[BATCH][CONTROL];
};

/* ---- batches ------------------------------------------------------------------ */

static void batch_replied(struct weir_waiter *waiter, struct weir_op *op);

static struct batch *batch_take(struct weir_udp *u)
{
    struct batch *b = u->free;

    if (b != NULL) {
        u->free = b->next;
    } else {
        if (u->made == BATCHES)
            return NULL;
        b = calloc(1, sizeof *b);
        if (b == NULL)
            return NULL;
        weir_arena_init(&b->arena, ARENA_CAP);
        b->arena.keep_bytes = ARENA_KEEP;
        b->waiter.reply = batch_replied;
        b->udp = u;
        u->made++;
    }
    b->lease = weir_lease_take(u->worker);
    b->grams = NULL;
    b->n_grams = b->n_deliveries = 0;
    return b;
}

static void batch_put(struct batch *b)
{
    weir_lease_put(b->lease);
    weir_arena_reset(&b->arena);
    b->next = b->udp->free;
    b->udp->free = b;
}

static void batch_lost(struct batch *b)
{
    for (struct gram *g = b->grams; g != NULL; g = g->next)
        weir_intake_abort(&g->intake);
    weir_count(b->udp->worker->series.udp_dropped, b->n_grams);
}

static void batch_replied(struct weir_waiter *waiter, struct weir_op *op)
{
    struct batch *b = (struct batch *)waiter;
    struct weir_udp *u = b->udp;

    u->pending--;
    if (op->result != 0) {
        batch_lost(b);
    } else {
        weir_count(u->worker->series.udp_accepted, b->n_grams);
        weir_observe(u->worker->series.commit[WEIR_UDP],
                     (double)(weir_mono_us() - b->submitted_us) / 1e6, (struct weir_str){NULL, 0});
    }
    batch_put(b);
}

/* All deliveries of the batch as one array; true when the spool has them. */
static bool batch_submit(struct batch *b)
{
    struct weir_worker *w = b->udp->worker;
    struct weir_delivery *all = weir_arena_zalloc(&b->arena, b->n_deliveries, sizeof *all);
    size_t n = 0;

    if (all == NULL)
        return false;
    for (struct gram *g = b->grams; g != NULL; g = g->next)
        for (size_t i = 0; i < g->n; i++)
            all[n++] = g->deliveries[i];
    memset(&b->append, 0, sizeof b->append);
    b->append.op.kind = WEIR_OP_APPEND;
    b->append.op.patient = true;
    b->append.op.reply = &w->mail;
    b->append.op.owner = &b->waiter;
    b->append.deliveries = all;
    b->append.n = n;
    b->submitted_us = weir_mono_us();
    if (weir_spool_submit(w->listen->options.spool, &b->append.op) != 0)
        return false;
    b->udp->pending++;
    return true;
}

/* ---- one datagram ---------------------------------------------------------------- */

static int gram_header(void *self, const struct weir_envelope_header *h)
{
    struct gram *g = self;

    /* The object that follows may name a project though there is no default
     * one; the header, ours, holds nothing but an id. */
    if (g->intake.project == NULL)
        g->intake.project = g->observed.project;
    return g->inner.header(g->inner.self, h);
}

/* Why an object of this project may not come in; NULL: it may. A datagram
 * costs one token, however many objects it brings. */
static const char *gram_refusal(struct gram *g, const struct weir_project *p)
{
    struct weir_listen *l = g->batch->udp->worker->listen;
    uint64_t wait_ms;

    if (p == NULL)
        return "wrong_project";
    if (!g->counted)
        g->limited = !weir_gate_rate(l->buckets, p, weir_mono_us() * 1000, &wait_ms);
    g->counted = true;
    return g->limited ? "rate_limit" : NULL;
}

static int gram_item(void *self, const struct weir_item *it)
{
    struct gram *g = self;
    struct weir_listen *l = g->batch->udp->worker->listen;
    struct weir_identity who = g->home;
    const char *why;

    if (it->project.n > 0 &&
        weir_auth_datagram(&g->batch->lease->snapshot->config, it->project, &who) != WEIR_AUTH_OK)
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

static struct weir_decode_input gram_input(struct gram *g)
{
    const struct weir_config *c = &g->batch->lease->snapshot->config;
    struct weir_decode_input in = {.arena = &g->batch->arena,
                                   .reader = g->intake.tools->reader,
                                   .default_project = c->default_project,
                                   .received_ms = g->intake.received_ms,
                                   .max_items = c->limits.items};

    g->observed = (struct weir_observed){.worker = g->batch->udp->worker,
                                         .tools = g->intake.tools,
                                         .arena = &g->batch->arena,
                                         .project = g->home.project != NULL ? g->home.project
                                                                            : c->any_project,
                                         .config = c};
    if (g->observed.project == NULL && c->n_projects > 0)
        g->observed.project = &c->projects[0]; /* its rules for label texts */
    weir_observe_into(&g->observed, &in);
    return in;
}

static struct gram *gram_new(struct batch *b, const struct sockaddr *peer, uint64_t received_ms)
{
    const struct weir_config *c = &b->lease->snapshot->config;
    struct gram *g = weir_arena_zalloc(&b->arena, 1, sizeof *g);
    struct weir_str none = {NULL, 0};

    if (g == NULL)
        return NULL;
    g->batch = b;
    if (weir_auth_datagram(c, none, &g->home) != WEIR_AUTH_OK)
        g->home = (struct weir_identity){0};
    g->intake = (struct weir_intake){
        .arena = &b->arena,
        .snapshot = b->lease->snapshot,
        .project = g->home.project,
        .project_id = g->home.project_id,
        .key = g->home.key,
        .client_ip = weir_client_ip(&b->arena, &c->trusted_proxies, peer, none, none),
        .transport = WEIR_UDP,
        .received_ms = received_ms,
        .tools = &b->udp->worker->tools};
    return weir_intake_begin(&g->intake, &g->inner) == 0 ? g : NULL;
}

static void refuse(struct weir_series *outcome, const char *reason)
{
    weir_count(outcome, 1);
    weir_count(weir_metric_of(WEIR_M_REJECTED, "udp", reason, NULL), 1);
}

static void gram_failed(struct gram *g, int err)
{
    const struct weir_listen_series *s = &g->batch->udp->worker->series;

    weir_intake_abort(&g->intake);
    if (g->n_dropped > 0 || err == WEIR_EFULL)
        refuse(s->udp_dropped, "spool_full");
    else if (err == WEIR_ENOMEM || err == WEIR_EIO)
        refuse(s->udp_dropped, err == WEIR_EIO ? "io" : "memory");
    else if (g->refused != NULL)
        refuse(s->udp_refused, g->refused);
    else
        refuse(s->udp_malformed, "malformed");
}

static void count_rejected(const char *reason, size_t n)
{
    if (n > 0)
        weir_count(weir_metric_of(WEIR_M_REJECTED, "udp", reason, NULL), n);
}

/* Objects left behind by a datagram of which others are taken: each counts,
 * for the datagram itself goes as accepted and nobody is answered. */
static void count_left_behind(const struct gram *g, size_t n)
{
    size_t dropped = g->n_dropped < n ? g->n_dropped : n;
    size_t refused = g->n_refused < n - dropped ? g->n_refused : n - dropped;

    count_rejected("spool_full", dropped);
    count_rejected(g->refused, refused);
    count_rejected("malformed", n - dropped - refused);
}

/* The objects of one datagram to deliveries. It is counted here, or goes with
 * the batch. */
static void gram_decode(struct batch *b, struct weir_str bytes, const struct sockaddr *peer,
                        uint64_t received_ms)
{
    const struct weir_listen_series *s = &b->udp->worker->series;
    struct gram *g = gram_new(b, peer, received_ms);
    struct weir_decode_input in;
    struct weir_sink outer = {gram_header, gram_item, gram_begin, gram_data, gram_end, g};
    struct weir_decoder *d;
    int err;

    bytes = weir_arena_copy(&b->arena, bytes);
    if (g == NULL || bytes.p == NULL) {
        refuse(s->udp_dropped, "memory");
        return;
    }
    in = gram_input(g);
    /* syslog is never compressed, and may be any text */
    err = b->udp->syslog ? 0 : weir_datagram_open(&b->arena, &bytes);
    if (err != 0) {
        gram_failed(g, err);
        return;
    }
    d = weir_decoder_new(b->udp->syslog ? WEIR_FORMAT_SYSLOG
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
        g->next = b->grams;
        b->grams = g;
        b->n_grams++;
        b->n_deliveries += g->n;
    }
}

/* ---- the socket --------------------------------------------------------------------- */

static void note_kernel_drops(struct weir_udp *u, const struct msghdr *m)
{
    uint32_t total;

    for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c != NULL;
         c = CMSG_NXTHDR((struct msghdr *)(uintptr_t)m, c)) {
        if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SO_RXQ_OVFL)
            continue;
        memcpy(&total, CMSG_DATA(c), sizeof total);
        /* Counts from the socket's start, and wraps. */
        weir_count(u->worker->series.kernel_drops, (uint32_t)(total - u->kernel_drops));
        u->kernel_drops = total;
    }
}

static void reset_headers(struct weir_udp *u)
{
    for (size_t i = 0; i < BATCH; i++) {
        u->pieces[i] = (struct iovec){u->buffers + i * DATAGRAM_MAX, DATAGRAM_MAX};
        u->headers[i].msg_hdr = (struct msghdr){.msg_name = &u->peers[i],
                                                .msg_namelen = sizeof u->peers[i],
                                                .msg_iov = &u->pieces[i],
                                                .msg_iovlen = 1,
                                                .msg_control = u->controls[i],
                                                .msg_controllen = CONTROL};
    }
}

static void count_lost_chunks(struct weir_udp *u, size_t n)
{
    weir_count(u->worker->series.udp_malformed, n);
    count_rejected("chunks", n);
}

/* Chunks count as accepted when they arrive; those of a message that never
 * becomes whole as malformed beside, once it is given up. */
static void take_chunk(struct weir_udp *u, struct batch *b, size_t i, struct weir_str bytes,
                       uint64_t received_ms)
{
    const struct weir_str peer = {(const char *)&u->peers[i], u->headers[i].msg_hdr.msg_namelen};
    struct weir_str message;
    size_t dropped = 0;
    int err;

    if (u->chunks == NULL)
        u->chunks = weir_chunks_new();
    err = u->chunks == NULL ? WEIR_ENOMEM
                            : weir_chunks_add(u->chunks, peer, bytes, weir_mono_ms(), &b->arena,
                                              &message, &dropped);
    count_lost_chunks(u, dropped);
    if (err == WEIR_EINVAL)
        refuse(u->worker->series.udp_malformed, "chunks");
    else if (err < 0)
        refuse(u->worker->series.udp_dropped, "memory");
    else if (err == 0)
        weir_count(u->worker->series.udp_accepted, 1);
    else
        gram_decode(b, message, (const struct sockaddr *)&u->peers[i], received_ms);
}

static void take_gram(struct weir_udp *u, struct batch *b, size_t i, uint64_t received_ms)
{
    const struct weir_config *c = &b->lease->snapshot->config;
    const struct sockaddr *peer = (const struct sockaddr *)&u->peers[i];
    struct weir_str bytes = {u->pieces[i].iov_base, u->headers[i].msg_len};

    note_kernel_drops(u, &u->headers[i].msg_hdr);
    if (c->udp_allow.n > 0 && !weir_cidrs_match(&c->udp_allow, peer))
        refuse(u->worker->series.udp_refused, "not_allowed");
    else if (u->syslog || !weir_is_chunk(bytes))
        gram_decode(b, bytes, peer, received_ms);
    else
        take_chunk(u, b, i, bytes, received_ms);
}

/* Watched only while a batch could take what comes: epoll would report the
 * full socket again and again. */
static void watch(struct weir_udp *u, bool on)
{
    struct epoll_event e = {.events = on ? EPOLLIN : 0, .data = {.ptr = &u->watch}};

    if (u->watched != on)
        epoll_ctl(u->worker->epoll_fd, EPOLL_CTL_MOD, u->fd, &e);
    u->watched = on;
}

/* How many were taken in; negative: no batch is free. */
static int take_batch(struct weir_udp *u)
{
    struct batch *b = batch_take(u);
    uint64_t began_us = weir_mono_us(), received_ms = weir_wall_ms();
    int n;

    if (b == NULL)
        return -1;
    reset_headers(u);
    n = recvmmsg(u->fd, u->headers, BATCH, MSG_DONTWAIT, NULL);
    /* Only the slots that were filled: the others hold what was. */
    for (int i = 0; i < n; i++)
        take_gram(u, b, (size_t)i, received_ms);
    if (b->n_deliveries > 0)
        weir_observe(u->worker->series.decode[WEIR_UDP], (double)(weir_mono_us() - began_us) / 1e6,
                     (struct weir_str){NULL, 0});
    if (b->n_deliveries > 0 && batch_submit(b))
        return n;
    batch_lost(b);
    batch_put(b);
    return n > 0 ? n : 0;
}

static void watch_ready(struct weir_watch *w)
{
    ((struct weir_udp *)w)->ready = true;
}

/* A batch was taken in that was not full. */
static void rest(struct weir_udp *u, bool any)
{
    uint64_t now_ms = u->worker->now_ms;
    bool stream = any && now_ms - u->taken_ms <= STREAM_MS;

    u->rest_ms = stream ? now_ms + REST_MS : 0;
    if (any)
        u->taken_ms = now_ms;
    watch(u, !stream);
}

/* Is there, or may there be, something to take in? */
static bool is_due(struct weir_udp *u, bool hurry)
{
    if (u->ready)
        return true;
    if (u->rest_ms != 0)
        return hurry || u->worker->now_ms >= u->rest_ms;
    return !u->watched && u->pending < BATCHES; /* no batch was free */
}

bool weir_udp_run(struct weir_udp *u, bool hurry)
{
    int n;

    if (u == NULL || u->fd < 0)
        return false;
    if (u->chunks != NULL)
        count_lost_chunks(u, weir_chunks_expire(u->chunks, weir_mono_ms()));
    if (!is_due(u, hurry))
        return false;
    n = take_batch(u);
    u->ready = n == BATCH;
    if (n < 0) {
        u->rest_ms = 0;
        watch(u, false);
    } else if (n < BATCH) {
        rest(u, n > 0);
    }
    return u->ready;
}

uint64_t weir_udp_next_ms(const struct weir_udp *u)
{
    return u != NULL && u->fd >= 0 && u->rest_ms != 0 ? u->rest_ms : UINT64_MAX;
}

size_t weir_udp_pending(const struct weir_udp *u)
{
    return u != NULL ? u->pending : 0;
}

int weir_udp_open(struct weir_worker *w, int fd, bool syslog)
{
    struct weir_udp *u = calloc(1, sizeof *u);

    if (u == NULL) {
        close(fd);
        return WEIR_ENOMEM;
    }
    w->udp[syslog] = u;
    u->syslog = syslog;
    u->worker = w;
    u->fd = fd;
    u->watched = true;
    u->watch.ready = watch_ready;
    /* 4 MiB, of which only the pages that datagrams fill become real. */
    u->buffers = mmap(NULL, (size_t)BATCH * DATAGRAM_MAX, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (u->buffers == MAP_FAILED) {
        u->buffers = NULL;
        return WEIR_ENOMEM;
    }
    return weir_worker_watch(w, fd, &u->watch);
}

void weir_udp_quiesce(struct weir_udp *u)
{
    if (u == NULL || u->fd < 0)
        return;
    /* What has arrived is taken in, as far as there are batches. */
    while (take_batch(u) == BATCH)
        ;
    close(u->fd);
    u->fd = -1;
}

void weir_udp_close(struct weir_udp *u)
{
    struct batch *next;

    if (u == NULL)
        return;
    weir_chunks_free(u->chunks);
    if (u->fd >= 0)
        close(u->fd);
    for (struct batch *b = u->free; b != NULL; b = next) {
        next = b->next;
        weir_arena_destroy(&b->arena);
        free(b);
    }
    if (u->buffers != NULL)
        munmap(u->buffers, (size_t)BATCH * DATAGRAM_MAX);
    free(u);
}
