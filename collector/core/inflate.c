/* inflate.c - Content-Encoding undone as the bytes arrive.
 *
 *   network --in--> [stage: br] --out--> [stage: gzip] --out--> sink
 *
 * "gzip, br" was applied from left to right, so the stages stand in reverse.
 * A stage is one codec; feed() drives it with a scratch buffer and hands what
 * comes out to the next one. Each codec differs only in its step(): take some
 * input, make some output, say in `complete` whether the input could end
 * here. What may follow a complete stream: another gzip member or zstd frame
 * (both formats are made to be concatenated); nothing after deflate and br.
 *
 * "deflate" means zlib-wrapped, but old senders leave the wrapper out. The
 * first two bytes tell: a zlib header has method 8 in its low nibble and is
 * divisible by 31; a raw stream beginning so would be a stored block with
 * padding bits set, which no encoder writes.
 *
 * Some clients put into Content-Encoding what belongs into Accept-Encoding:
 * "gzip, deflate" over a body of one of the two, or of none. In a list a gzip
 * stage therefore lets pass what does not begin as gzip, and a deflate stage
 * what does (1f 8b begins no deflate stream: its block type is reserved).
 *
 * Bombs. The output of each stage, not of the last one only, is bounded in
 * bytes and by its ratio to what came from the network: else a header field
 * of an inner gzip could swallow gigabytes that an outer one makes of
 * nothing. zstd windows are bounded by 8 MiB (RFC 8878, 3.1.1.1.2), for they
 * are memory that ten bytes of input can ask for.
 *
 * Memory. Codec states are costly to make, so a thread keeps a few; scratch
 * buffers are held during a call only, so that ten thousand slow uploads do
 * not hold ten thousand of them. */
#include "weir/inflate.h"

#include <brotli/decode.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#define ZLIB_CONST /* next_in points to const */
#include <zlib.h>
#include <zstd.h>
#include <zstd_errors.h>

enum {
    STAGES = 3,
    SCRATCH_BYTES = 32 * 1024,
    POOLED = 4,                 /* of each kind, by thread */
    RATIO_FROM_BYTES = 1 << 20, /* smaller outputs are no bombs */
    HEAD_DECIDED = 5,
    ZSTD_WINDOW_LOG = 23,
    ZSTD_KEEP_BYTES = 1 << 20 /* a larger state is not worth keeping */
};

struct io {
    const uint8_t *in;
    size_t in_n;
    uint8_t *out;
    size_t room, out_n;
};

struct stage {
    int (*step)(struct stage *s, struct io *io);
    bool complete; /* the input may end here */
    bool listed;   /* one of several: see "Some clients" above */
    uint64_t out_bytes;

    z_stream zlib; /* gzip and deflate; kept over uses when zlib_made */
    bool zlib_made;
    uint8_t head[4]; /* first bytes of a deflate stream or zstd frame, */
    unsigned n_head; /* which decide about it; HEAD_DECIDED: they did */
    ZSTD_DCtx *zstd; /* kept over uses */
    BrotliDecoderState *brotli;
};

struct weir_inflate {
    struct weir_inflate *next; /* in the pool */
    struct stage stages[STAGES];
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
    for (size_t i = 0; i < STAGES; i++) {
        if (z->stages[i].zlib_made)
            inflateEnd(&z->stages[i].zlib);
        ZSTD_freeDCtx(z->stages[i].zstd);
    }
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

/* ---- codecs ------------------------------------------------------------ */

static int zlib_begin(struct stage *s, int window_bits)
{
    int rc;

    if (s->zlib_made) {
        rc = inflateReset2(&s->zlib, window_bits);
    } else {
        s->zlib = (z_stream){0};
        rc = inflateInit2(&s->zlib, window_bits);
        s->zlib_made = rc == Z_OK;
    }
    return rc == Z_OK ? 0 : WEIR_ENOMEM;
}

static int zlib_step(struct stage *s, struct io *io)
{
    int rc;

    s->zlib.next_in = io->in;
    s->zlib.avail_in = (uInt)io->in_n;
    s->zlib.next_out = io->out;
    s->zlib.avail_out = (uInt)io->room;
    rc = inflate(&s->zlib, Z_NO_FLUSH);
    io->in = s->zlib.next_in;
    io->in_n = s->zlib.avail_in;
    io->out_n = io->room - s->zlib.avail_out;
    s->complete = rc == Z_STREAM_END;
    if (rc == Z_OK || rc == Z_STREAM_END || rc == Z_BUF_ERROR) /* the last: wants more input */
        return 0;
    return rc == Z_MEM_ERROR ? WEIR_ENOMEM : WEIR_EINVAL;
}

/* Hands on what was not encoded after all. */
static int plain_step(struct stage *s, struct io *io)
{
    size_t n = io->in_n < io->room ? io->in_n : io->room;

    memcpy(io->out, io->in, n);
    io->in += n;
    io->in_n -= n;
    io->out_n = n;
    s->complete = true;
    return 0;
}

static bool is_gzip_header(const uint8_t head[2])
{
    return head[0] == 0x1f && head[1] == 0x8b;
}

static int gzip_step(struct stage *s, struct io *io)
{
    if (s->complete && inflateReset(&s->zlib) != Z_OK) /* the next member */
        return WEIR_EINVAL;
    return zlib_step(s, io);
}

/* Takes input until `n` bytes of the head are there. */
static bool take_head(struct stage *s, struct io *io, unsigned n)
{
    while (s->n_head < n && io->in_n > 0) {
        s->head[s->n_head++] = *io->in++;
        io->in_n--;
    }
    if (s->n_head < n)
        return false;
    s->n_head = HEAD_DECIDED;
    return true;
}

static int gzip_listed_step(struct stage *s, struct io *io)
{
    struct io head = {.in = s->head, .in_n = 2, .out = io->out, .room = io->room};
    int rc;

    if (!take_head(s, io, 2))
        return 0;
    s->step = is_gzip_header(s->head) ? gzip_step : plain_step;
    rc = s->step(s, &head);
    io->out_n = head.out_n;
    return rc;
}

static bool is_zlib_header(const uint8_t head[2])
{
    return (head[0] & 0x0f) == Z_DEFLATED && head[0] >> 4 <= 7 &&
           ((unsigned)head[0] << 8 | head[1]) % 31 == 0;
}

static int deflate_step(struct stage *s, struct io *io)
{
    struct io head = {.in = s->head, .in_n = 2, .out = io->out, .room = io->room};
    int rc;

    if (s->complete)
        return WEIR_EINVAL;
    if (s->n_head == HEAD_DECIDED)
        return zlib_step(s, io);
    if (!take_head(s, io, 2))
        return 0;
    if (s->listed && is_gzip_header(s->head))
        s->step = plain_step;
    rc = s->step == plain_step ? 0 : zlib_begin(s, is_zlib_header(s->head) ? 15 : -15);
    if (rc == 0)
        rc = s->step == plain_step ? plain_step(s, &head) : zlib_step(s, &head);
    io->out_n = head.out_n; /* two raw bytes can hold a whole, empty stream */
    return rc == 0 && head.in_n > 0 ? WEIR_EINVAL : rc;
}

static int brotli_step(struct stage *s, struct io *io)
{
    uint8_t *out = io->out;
    size_t room = io->room;
    BrotliDecoderResult rc;

    if (s->complete)
        return WEIR_EINVAL;
    rc = BrotliDecoderDecompressStream(s->brotli, &io->in_n, &io->in, &room, &out, NULL);
    io->out_n = io->room - room;
    s->complete = rc == BROTLI_DECODER_RESULT_SUCCESS;
    return rc == BROTLI_DECODER_RESULT_ERROR ? WEIR_EINVAL : 0;
}

static int zstd_error(size_t rc)
{
    switch (ZSTD_getErrorCode(rc)) {
    case ZSTD_error_frameParameter_windowTooLarge:
        return WEIR_ELIMIT;
    case ZSTD_error_memory_allocation:
        return WEIR_ENOMEM;
    default:
        return WEIR_EINVAL;
    }
}

static int zstd_run(struct stage *s, struct io *io)
{
    ZSTD_inBuffer in = {io->in, io->in_n, 0};
    ZSTD_outBuffer out = {io->out, io->room, 0};
    size_t rc = ZSTD_decompressStream(s->zstd, &out, &in);

    io->in += in.pos;
    io->in_n -= in.pos;
    io->out_n = out.pos;
    if (ZSTD_isError(rc))
        return zstd_error(rc);
    if (in.pos > 0 || out.pos > 0) /* without progress it only repeats its hint */
        s->complete = rc == 0;
    return 0;
}

/* Looks at the magic number first: the library also reads the formats of
 * before 1.0, by decoders that nobody has cared for since. */
static int zstd_step(struct stage *s, struct io *io)
{
    struct io head = {.in = s->head, .in_n = 4, .out = io->out, .room = io->room};
    uint32_t magic;
    int rc;

    if (s->complete) { /* another frame */
        s->complete = false;
        s->n_head = 0;
    }
    if (s->n_head == HEAD_DECIDED)
        return zstd_run(s, io);
    if (!take_head(s, io, 4))
        return 0;
    magic = s->head[0] | (uint32_t)s->head[1] << 8 | (uint32_t)s->head[2] << 16 |
            (uint32_t)s->head[3] << 24;
    if (magic != ZSTD_MAGICNUMBER &&
        (magic & ZSTD_MAGIC_SKIPPABLE_MASK) != ZSTD_MAGIC_SKIPPABLE_START)
        return WEIR_EINVAL;
    rc = zstd_run(s, &head);
    io->out_n = head.out_n;
    return rc == 0 && head.in_n > 0 ? WEIR_EINVAL : rc;
}

static int gzip_begin(struct stage *s)
{
    s->step = s->listed ? gzip_listed_step : gzip_step;
    s->n_head = 0;
    return zlib_begin(s, 15 + 16);
}

static int deflate_begin(struct stage *s)
{
    s->step = deflate_step;
    s->n_head = 0;
    return 0;
}

static int brotli_begin(struct stage *s)
{
    s->step = brotli_step;
    s->brotli = BrotliDecoderCreateInstance(NULL, NULL, NULL);
    return s->brotli != NULL ? 0 : WEIR_ENOMEM;
}

static int zstd_begin(struct stage *s)
{
    s->step = zstd_step;
    s->n_head = 0;
    if (s->zstd == NULL)
        s->zstd = ZSTD_createDCtx();
    if (s->zstd == NULL)
        return WEIR_ENOMEM;
    ZSTD_DCtx_reset(s->zstd, ZSTD_reset_session_and_parameters);
    ZSTD_DCtx_setParameter(s->zstd, ZSTD_d_windowLogMax, ZSTD_WINDOW_LOG);
    return 0;
}

static const struct codec {
    struct weir_str name;
    int (*begin)(struct stage *s); /* NULL: nothing to undo */
} codecs[] = {
    {{"", 0}, NULL},
    {{"identity", 8}, NULL},
    {{"utf-8", 5}, NULL}, /* some senders mean the charset */
    {{"gzip", 4}, gzip_begin},
    {{"x-gzip", 6}, gzip_begin}, /* RFC 9110, 8.4.1.3: an alias */
    {{"deflate", 7}, deflate_begin},
    {{"br", 2}, brotli_begin},
    {{"zstd", 4}, zstd_begin},
};

static const struct codec *codec_of(struct weir_str name)
{
    for (size_t i = 0; i < sizeof codecs / sizeof codecs[0]; i++) {
        if (weir_str_eq_nocase(name, codecs[i].name))
            return &codecs[i];
    }
    return NULL;
}

/* ---- the chain --------------------------------------------------------- */

/* The codecs of a header in order of undoing, i.e. the last one first. */
static int parse_encodings(struct weir_str list, const struct codec *ret_codecs[STAGES],
                           size_t *ret_n)
{
    const struct codec *found[STAGES];
    struct weir_str name;
    size_t n = 0;
    bool more;

    do {
        more = weir_str_cut(list, ',', &name, &list);
        const struct codec *c = codec_of(weir_str_trim(name));

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

int weir_inflate_new(struct weir_str encodings, uint64_t max_bytes, uint32_t max_ratio,
                     struct weir_inflate **ret_z)
{
    const struct codec *chain[STAGES];
    struct weir_inflate *z;
    size_t n;
    int rc = parse_encodings(encodings, chain, &n);

    if (rc != 0)
        return rc;
    if (n == 0) {
        *ret_z = NULL;
        return 0;
    }
    z = state_take();
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

void weir_inflate_free(struct weir_inflate *z)
{
    struct pool *p = my_pool();

    if (z == NULL)
        return;
    for (size_t i = 0; i < STAGES; i++) {
        struct stage *s = &z->stages[i];

        BrotliDecoderDestroyInstance(s->brotli); /* it cannot be used again */
        s->brotli = NULL;
        if (s->zstd != NULL && ZSTD_sizeof_DCtx(s->zstd) > ZSTD_KEEP_BYTES) {
            ZSTD_freeDCtx(s->zstd);
            s->zstd = NULL;
        }
    }
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
static int check_caps(const struct weir_inflate *z, const struct stage *s)
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
    struct io io = {.in = (const uint8_t *)in.p, .in_n = in.n, .room = SCRATCH_BYTES};
    struct scratch *scratch;
    struct stage *s;
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
