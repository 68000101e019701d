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
#include "chunks.h"
#include "gram.h"

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
    /* Powers of two apart they would fight for the same lines of the cache. */
    STRIDE = DATAGRAM_MAX + 640,
    BATCHES = 16,
    CONTROL = CMSG_SPACE(sizeof(uint32_t)),
    REST_MS = 1,
    STREAM_MS = 2, /* from one batch to the next: then there is a stream */
    ARENA_CAP = 64 * 1024 * 1024,
    ARENA_KEEP = 512 * 1024
};

struct batch {
    struct weir_waiter waiter; /* first */
    struct weir_udp *udp;
    struct batch *next; /* free ones */
    struct weir_grams grams;
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
    struct weir_arena scratch; /* of the datagram at hand */
    char *buffers;             /* BATCH of DATAGRAM_MAX, one in each STRIDE */
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
        weir_arena_init(&b->grams.arena, ARENA_CAP);
        b->grams.arena.keep_bytes = ARENA_KEEP;
        b->waiter.reply = batch_replied;
        b->udp = u;
        u->made++;
    }
    weir_grams_begin(&b->grams, u->worker, u->syslog, &u->scratch);
    return b;
}

static void batch_put(struct batch *b)
{
    weir_lease_put(b->grams.lease);
    weir_arena_reset(&b->grams.arena);
    b->next = b->udp->free;
    b->udp->free = b;
}

static void batch_lost(struct batch *b)
{
    weir_count(b->udp->worker->series.udp_dropped, b->grams.n);
}

static void batch_replied(struct weir_waiter *waiter, struct weir_op *op)
{
    struct batch *b = (struct batch *)waiter;
    struct weir_udp *u = b->udp;

    u->pending--;
    if (op->result != 0) {
        batch_lost(b);
    } else {
        weir_count(u->worker->series.udp_accepted, b->grams.n);
        weir_observe(u->worker->series.commit[WEIR_UDP],
                     (double)(weir_mono_us() - b->submitted_us) / 1e6, (struct weir_str){NULL, 0});
    }
    batch_put(b);
}

/* True when the spool has the batch's deliveries. */
static bool batch_submit(struct batch *b)
{
    struct weir_worker *w = b->udp->worker;

    memset(&b->append, 0, sizeof b->append);
    b->append.op.kind = WEIR_OP_APPEND;
    b->append.op.patient = true;
    b->append.op.reply = &w->mail;
    b->append.op.owner = &b->waiter;
    b->append.deliveries = b->grams.deliveries;
    b->append.n = b->grams.n_deliveries;
    b->submitted_us = weir_mono_us();
    if (weir_spool_submit(w->listen->options.spool, &b->append.op) != 0)
        return false;
    b->udp->pending++;
    return true;
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
        u->pieces[i] = (struct iovec){u->buffers + i * STRIDE, DATAGRAM_MAX};
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
    weir_gram_rejected("chunks", n);
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
                            : weir_chunks_add(u->chunks, peer, bytes, weir_mono_ms(),
                                              &b->grams.arena, &message, &dropped);
    count_lost_chunks(u, dropped);
    if (err == WEIR_EINVAL)
        weir_gram_refuse(u->worker->series.udp_malformed, "chunks");
    else if (err < 0)
        weir_gram_refuse(u->worker->series.udp_dropped, "memory");
    else if (err == 0)
        weir_count(u->worker->series.udp_accepted, 1);
    else
        weir_gram_decode(&b->grams, message, (const struct sockaddr *)&u->peers[i], received_ms);
}

static void take_gram(struct weir_udp *u, struct batch *b, size_t i, uint64_t received_ms)
{
    const struct weir_config *c = &b->grams.lease->snapshot->config;
    const struct sockaddr *peer = (const struct sockaddr *)&u->peers[i];
    struct weir_str bytes = {u->pieces[i].iov_base, u->headers[i].msg_len};

    note_kernel_drops(u, &u->headers[i].msg_hdr);
    if (c->udp_allow.n > 0 && !weir_cidrs_match(&c->udp_allow, peer))
        weir_gram_refuse(u->worker->series.udp_refused, "not_allowed");
    else if (u->syslog || !weir_is_chunk(bytes))
        weir_gram_decode(&b->grams, bytes, peer, received_ms);
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
    if (b->grams.n_deliveries > 0)
        weir_observe(u->worker->series.decode[WEIR_UDP], (double)(weir_mono_us() - began_us) / 1e6,
                     (struct weir_str){NULL, 0});
    if (b->grams.n_deliveries > 0 && batch_submit(b))
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
    weir_arena_init(&u->scratch, ARENA_CAP);
    w->udp[syslog] = u;
    u->syslog = syslog;
    u->worker = w;
    u->fd = fd;
    u->watched = true;
    u->watch.ready = watch_ready;
    /* 4 MiB, of which only the pages that datagrams fill become real. */
    u->buffers = mmap(NULL, (size_t)BATCH * STRIDE, PROT_READ | PROT_WRITE,
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
        weir_arena_destroy(&b->grams.arena);
        free(b);
    }
    if (u->buffers != NULL)
        munmap(u->buffers, (size_t)BATCH * STRIDE);
    weir_arena_destroy(&u->scratch);
    free(u);
}
