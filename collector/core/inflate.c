/* inflate.c - Content-Encoding undone as the bytes arrive.
 *
 *   network --in--> [stage: br] --out--> [stage: gzip] --out--> sink
 *
 * "gzip, br" was applied from left to right, so the stages stand in reverse.
 * A stage is one codec; feed() drives it with a scratch buffer and hands what
 * comes out to the next one (codecs.c).
 *
 * Bombs. The output of each stage, not of the last one only, is bounded in
 * bytes and by its ratio to what came from the network: else a header field
 * of an inner gzip could swallow gigabytes that an outer one makes of
 * nothing.
 *
 * Memory. Codec states are costly to make, so a thread keeps a few; scratch
 * buffers are held during a call only, so that ten thousand slow uploads do
 * not hold ten thousand of them. */
#include "weir/inflate.h"

#include "codec.h"

#include <pthread.h>
#include <stdlib.h>

enum {
    STAGES = 3,
    SCRATCH_BYTES = 32 * 1024,
    POOLED = 4,                /* of each kind, by thread */
    RATIO_FROM_BYTES = 1 << 20 /* smaller outputs are no bombs */
};

struct weir_inflate {
    struct weir_inflate *next; /* in the pool */
    struct weir_codec_state stages[STAGES];
    size_t n;
    uint64_t max_bytes, in_bytes;
    uint32_t max_ratio;
    int failed; /* sticky */
};

/* ---- pools ------------------------------------------------------------- */

struct scratch {
    struct scratch *next;
    uint8_t bytes[SCRATCH_BYTES];
};

struct pool {
    struct weir_inflate *states;
    struct scratch *scratch;
    unsigned n_states, n_scratch;
    bool registered; /* pool_destroy() runs when the thread ends */
};

static _Thread_local struct pool pool;
static pthread_key_t pool_key;
static pthread_once_t pool_once = PTHREAD_ONCE_INIT;

static void state_destroy(struct weir_inflate *z)
{
    for (size_t i = 0; i < STAGES; i++)
        weir_codec_destroy(&z->stages[i]);
    free(z);
}

static void pool_destroy(void *arg)
{
    struct pool *p = arg;

    while (p->states != NULL) {
        struct weir_inflate *z = p->states;

        p->states = z->next;
        state_destroy(z);
    }
    while (p->scratch != NULL) {
        struct scratch *s = p->scratch;

        p->scratch = s->next;
        free(s);
    }
    p->n_states = p->n_scratch = 0;
    p->registered = false;
}

static void make_key(void)
{
    /* Without a key the pools of ended threads leak; nothing else. */
    if (pthread_key_create(&pool_key, pool_destroy) != 0)
        abort();
}

static struct pool *my_pool(void)
{
    if (!pool.registered) {
        pthread_once(&pool_once, make_key);
        pool.registered = pthread_setspecific(pool_key, &pool) == 0;
    }
    return &pool;
}

static struct scratch *scratch_take(void)
{
    struct pool *p = my_pool();
    struct scratch *s = p->scratch;

    if (s == NULL)
        return malloc(sizeof *s);
    p->scratch = s->next;
    p->n_scratch--;
    return s;
}

static void scratch_give(struct scratch *s)
{
    struct pool *p = my_pool();

    if (!p->registered || p->n_scratch == POOLED) {
        free(s);
        return;
    }
    s->next = p->scratch;
    p->scratch = s;
    p->n_scratch++;
}

/* ---- the chain --------------------------------------------------------- */

/* The codecs of a header in order of undoing, i.e. the last one first. */
static int parse_encodings(struct weir_str list, const struct weir_codec *ret_codecs[STAGES],
                           size_t *ret_n)
{
    const struct weir_codec *found[STAGES];
    struct weir_str name;
    size_t n = 0;
    bool more;

    do {
        more = weir_str_cut(list, ',', &name, &list);
        const struct weir_codec *c = weir_codec_named(weir_str_trim(name));

        if (c == NULL || (c->begin != NULL && n == STAGES))
            return WEIR_EUNSUPPORTED;
        if (c->begin != NULL)
            found[n++] = c;
    } while (more);
    for (size_t i = 0; i < n; i++)
        ret_codecs[i] = found[n - 1 - i];
    *ret_n = n;
    return 0;
}

static struct weir_inflate *state_take(void)
{
    struct pool *p = my_pool();
    struct weir_inflate *z = p->states;

    if (z == NULL)
        return calloc(1, sizeof *z);
    p->states = z->next;
    p->n_states--;
    return z;
}

static int chain_new(const struct weir_codec *const *chain, size_t n, uint64_t max_bytes,
                     uint32_t max_ratio, struct weir_inflate **ret_z)
{
    struct weir_inflate *z = state_take();
    int rc = 0;

    if (z == NULL)
        return WEIR_ENOMEM;
    z->n = n;
    z->max_bytes = max_bytes;
    z->max_ratio = max_ratio;
    z->in_bytes = 0;
    z->failed = 0;
    for (size_t i = 0; i < n && rc == 0; i++) {
        z->stages[i].complete = false;
        z->stages[i].listed = n > 1;
        z->stages[i].out_bytes = 0;
        rc = chain[i]->begin(&z->stages[i]);
    }
    if (rc != 0) {
        weir_inflate_free(z);
        return rc;
    }
    *ret_z = z;
    return 0;
}

int weir_inflate_new(struct weir_str encodings, uint64_t max_bytes, uint32_t max_ratio,
                     struct weir_inflate **ret_z)
{
    const struct weir_codec *chain[STAGES];
    size_t n;
    int rc = parse_encodings(encodings, chain, &n);

    if (rc != 0)
        return rc;
    if (n == 0) {
        *ret_z = NULL;
        return 0;
    }
    return chain_new(chain, n, max_bytes, max_ratio, ret_z);
}

int weir_inflate_new_file(struct weir_str head, uint64_t max_bytes, uint32_t max_ratio,
                          struct weir_inflate **ret_z, const char **ret_ending)
{
    const struct weir_codec *codec = weir_codec_of_file(head);
    int rc;

    if (codec == NULL)
        return WEIR_ENOTFOUND;
    rc = chain_new(&codec, 1, max_bytes, max_ratio, ret_z);
    if (rc == 0)
        *ret_ending = codec->ending;
    return rc;
}

void weir_inflate_free(struct weir_inflate *z)
{
    struct pool *p = my_pool();

    if (z == NULL)
        return;
    for (size_t i = 0; i < STAGES; i++)
        weir_codec_end(&z->stages[i]);
    if (!p->registered || p->n_states == POOLED) {
        state_destroy(z);
        return;
    }
    z->next = p->states;
    p->states = z;
    p->n_states++;
}

/* Counts what came out of a stage; see "Bombs" above. What is not yet the
 * last one's output is itself encoded and may be a little larger. */
static int check_caps(const struct weir_inflate *z, const struct weir_codec_state *s)
{
    bool last = s == &z->stages[z->n - 1];
    uint64_t slack = last ? 0 : z->max_bytes / 16 + SCRATCH_BYTES;
    uint64_t max = z->max_bytes > UINT64_MAX - slack ? UINT64_MAX : z->max_bytes + slack;

    if (s->out_bytes > max)
        return WEIR_ELIMIT;
    if (z->max_ratio > 0 && s->out_bytes > RATIO_FROM_BYTES &&
        s->out_bytes / z->max_ratio > z->in_bytes)
        return WEIR_ELIMIT;
    return 0;
}

static int feed(struct weir_inflate *z, size_t at, struct weir_str in, weir_bytes_fn *sink,
                void *self)
{
    struct weir_codec_io io = {.in = (const uint8_t *)in.p, .in_n = in.n, .room = SCRATCH_BYTES};
    struct scratch *scratch;
    struct weir_codec_state *s;
    int rc = 0;

    if (at == z->n)
        return sink(self, in);
    s = &z->stages[at];
    scratch = scratch_take();
    if (scratch == NULL)
        return WEIR_ENOMEM;
    io.out = scratch->bytes;
    /* A full output buffer may mean that more is waiting inside. */
    while (rc == 0 && (io.in_n > 0 || io.out_n == io.room)) {
        io.out_n = 0;
        if (s->complete && io.in_n == 0)
            break;
        size_t before = io.in_n;

        rc = s->step(s, &io);
        if (rc == 0 && io.in_n == before && io.out_n == 0 && before > 0)
            rc = WEIR_EINVAL; /* a codec that is stuck must not hang the worker */
        s->out_bytes += io.out_n;
        if (rc == 0)
            rc = check_caps(z, s);
        if (rc == 0 && io.out_n > 0)
            rc = feed(z, at + 1, (struct weir_str){(char *)io.out, io.out_n}, sink, self);
    }
    scratch_give(scratch);
    return rc;
}

int weir_inflate_feed(struct weir_inflate *z, struct weir_str in, weir_bytes_fn *sink, void *self)
{
    enum { PIECE = 1 << 30 }; /* zlib counts in 32 bits */

    while (z->failed == 0 && in.n > 0) {
        struct weir_str piece = weir_str_sub(in, 0, PIECE);

        z->in_bytes += piece.n;
        z->failed = feed(z, 0, piece, sink, self);
        in = weir_str_sub(in, piece.n, SIZE_MAX);
    }
    return z->failed;
}

int weir_inflate_end(struct weir_inflate *z, weir_bytes_fn *sink, void *self)
{
    (void)sink; /* the codecs hold nothing back */
    (void)self;
    if (z->failed != 0)
        return z->failed;
    if (z->in_bytes == 0) /* a body without bytes is an empty body */
        return 0;
    for (size_t i = 0; i < z->n; i++) {
        if (!z->stages[i].complete)
            z->failed = WEIR_EINVAL;
    }
    return z->failed;
}
