/* chunks.c - putting chunks together, within time and memory. */
#include "chunks.h"

#include "weir/hash.h"

#include <stdlib.h>

enum { HEADER = 12 };

struct chunk {
    char *p;
    size_t n;
};

/* Messages are a list in the order of their first chunk. */
struct message {
    uint64_t key; /* keyed hash of sender and id */
    uint64_t born_ms;
    size_t count, have, bytes;
    struct chunk *chunks; /* count */
    struct message *older, *newer;
};

struct weir_chunks {
    struct message *oldest, *newest;
    size_t n, bytes;
};

struct weir_chunks *weir_chunks_new(void)
{
    return calloc(1, sizeof(struct weir_chunks));
}

/* Unlinks and frees it; the number of chunks it had. */
static size_t forget(struct weir_chunks *c, struct message *m)
{
    size_t had = m->have;

    *(m->older != NULL ? &m->older->newer : &c->oldest) = m->newer;
    *(m->newer != NULL ? &m->newer->older : &c->newest) = m->older;
    c->n--;
    c->bytes -= m->bytes;
    for (size_t i = 0; i < m->count; i++)
        free(m->chunks[i].p);
    free(m->chunks);
    free(m);
    return had;
}

void weir_chunks_free(struct weir_chunks *c)
{
    while (c != NULL && c->oldest != NULL)
        (void)forget(c, c->oldest);
    free(c);
}

bool weir_is_chunk(struct weir_str datagram)
{
    return datagram.n >= 2 && datagram.p[0] == '\x1e' && datagram.p[1] == '\x0f';
}

size_t weir_chunks_expire(struct weir_chunks *c, uint64_t now_ms)
{
    size_t dropped = 0;

    while (c->oldest != NULL && now_ms - c->oldest->born_ms > WEIR_CHUNKS_WAIT_MS)
        dropped += forget(c, c->oldest);
    return dropped;
}

static struct message *find(const struct weir_chunks *c, uint64_t key)
{
    struct message *m = c->newest;

    while (m != NULL && m->key != key)
        m = m->older;
    return m;
}

static struct message *begin(struct weir_chunks *c, uint64_t key, size_t count, uint64_t now_ms)
{
    struct message *m = calloc(1, sizeof *m);
    struct chunk *chunks = calloc(count, sizeof *chunks);

    if (m == NULL || chunks == NULL) {
        free(m);
        free(chunks);
        return NULL;
    }
    *m = (struct message){
        .key = key, .born_ms = now_ms, .count = count, .chunks = chunks, .older = c->newest};
    *(c->newest != NULL ? &c->newest->newer : &c->oldest) = m;
    c->newest = m;
    c->n++;
    return m;
}

/* Keeps the bytes of chunk `number`. A repetition is ignored. */
static int keep(struct weir_chunks *c, struct message *m, size_t number, struct weir_str bytes)
{
    struct chunk *k = &m->chunks[number];

    if (k->p != NULL)
        return 0;
    k->p = malloc(bytes.n > 0 ? bytes.n : 1);
    if (k->p == NULL)
        return WEIR_ENOMEM;
    if (bytes.n > 0)
        memcpy(k->p, bytes.p, bytes.n);
    k->n = bytes.n;
    m->have++;
    m->bytes += bytes.n;
    c->bytes += bytes.n;
    return 0;
}

static int join(struct weir_chunks *c, struct message *m, struct weir_arena *a,
                struct weir_str *ret_message)
{
    char *p = weir_arena_alloc(a, m->bytes + 1);
    size_t n = 0;

    for (size_t i = 0; i < m->count && p != NULL; i++) {
        memcpy(p + n, m->chunks[i].p, m->chunks[i].n);
        n += m->chunks[i].n;
    }
    *ret_message = (struct weir_str){p, n};
    (void)forget(c, m);
    return p != NULL ? 1 : WEIR_ENOMEM;
}

/* Sender and message id: two senders may have drawn the same id. */
static int key_of(struct weir_arena *a, struct weir_str peer, struct weir_str id, uint64_t *ret_key)
{
    char *p = weir_arena_alloc(a, peer.n + id.n);

    if (p == NULL)
        return WEIR_ENOMEM;
    memcpy(p, id.p, id.n);
    if (peer.n > 0)
        memcpy(p + id.n, peer.p, peer.n);
    *ret_key = weir_keyed_hash((struct weir_str){p, peer.n + id.n});
    return 0;
}

static bool read_header(struct weir_str datagram, size_t *ret_number, size_t *ret_count)
{
    if (!weir_is_chunk(datagram) || datagram.n < HEADER)
        return false;
    *ret_number = (uint8_t)datagram.p[10];
    *ret_count = (uint8_t)datagram.p[11];
    return *ret_count > 0 && *ret_count <= WEIR_CHUNKS_MAX && *ret_number < *ret_count;
}

static bool is_crowded(const struct weir_chunks *c, const struct message *m, size_t n)
{
    return (m == NULL && c->n >= WEIR_CHUNKS_MESSAGES) || c->bytes + n > WEIR_CHUNKS_BYTES;
}

/* Gives up the oldest messages for `n` bytes more of `m` (NULL: a new one),
 * and `m` itself only when it is all that is left. True: it was. */
static bool make_room(struct weir_chunks *c, struct message *m, size_t n, size_t *dropped)
{
    while (c->oldest != NULL && is_crowded(c, m, n)) {
        struct message *oldest = c->oldest != m ? c->oldest : m->newer;

        if (oldest == NULL) {
            *dropped += forget(c, m);
            return true;
        }
        *dropped += forget(c, oldest);
    }
    return false;
}

int weir_chunks_add(struct weir_chunks *c, struct weir_str peer, struct weir_str datagram,
                    uint64_t now_ms, struct weir_arena *a, struct weir_str *ret_message,
                    size_t *ret_dropped)
{
    struct message *m;
    size_t number, count;
    uint64_t key;
    int err;

    *ret_dropped = weir_chunks_expire(c, now_ms);
    if (!read_header(datagram, &number, &count))
        return WEIR_EINVAL;
    err = key_of(a, peer, weir_str_sub(datagram, 2, 8), &key);
    if (err != 0)
        return err;
    m = find(c, key);
    if (m != NULL && m->count != count)
        return WEIR_EINVAL;
    if (make_room(c, m, datagram.n, ret_dropped))
        return WEIR_EINVAL;
    if (m == NULL)
        m = begin(c, key, count, now_ms);
    err = m != NULL ? keep(c, m, number, weir_str_sub(datagram, HEADER, SIZE_MAX)) : WEIR_ENOMEM;
    if (err != 0)
        return err;
    return m->have == m->count ? join(c, m, a, ret_message) : 0;
}
