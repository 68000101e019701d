/* fuzz_chunks.c - chunks of few senders and messages, in any order and at any
 * time, against the plainest store that could be:
 *
 *   1 byte: sender and message (4 bits), time that passed (4 bits, 0.4 s each)
 *   1 byte: number, 1 byte: count, 1 byte: length, then the bytes
 *
 * The limits on messages and bytes are not reached (unit tests do that). */
#include "collector/listen/chunks.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MESSAGES = 16, STEP_MS = 400 };

struct plain {
    size_t count, have; /* count 0: there is none */
    uint64_t born_ms;
    bool there[WEIR_CHUNKS_MAX];
    uint8_t n[WEIR_CHUNKS_MAX];
    uint8_t bytes[WEIR_CHUNKS_MAX][256];
};

struct chunk {
    unsigned which;
    size_t number, count, n;
    const uint8_t *bytes;
};

static size_t expire(struct plain *all, uint64_t now_ms)
{
    size_t dropped = 0;

    for (size_t i = 0; i < MESSAGES; i++)
        if (all[i].count > 0 && now_ms - all[i].born_ms > WEIR_CHUNKS_WAIT_MS) {
            dropped += all[i].have;
            memset(&all[i], 0, sizeof all[i]);
        }
    return dropped;
}

/* What weir_chunks_add() should say; *ret_text is its message. */
static int add(struct plain *all, const struct chunk *c, uint64_t now_ms, char *ret_text,
               size_t *ret_n)
{
    struct plain *m = &all[c->which];

    if (c->count == 0 || c->count > WEIR_CHUNKS_MAX || c->number >= c->count ||
        (m->count > 0 && m->count != c->count))
        return WEIR_EINVAL;
    if (m->count == 0)
        m->born_ms = now_ms;
    m->count = c->count;
    if (!m->there[c->number]) {
        m->there[c->number] = true;
        m->have++;
        m->n[c->number] = (uint8_t)c->n;
        if (c->n > 0)
            memcpy(m->bytes[c->number], c->bytes, c->n);
    }
    if (m->have < m->count)
        return 0;
    *ret_n = 0;
    for (size_t i = 0; i < m->count; i++) {
        memcpy(ret_text + *ret_n, m->bytes[i], m->n[i]);
        *ret_n += m->n[i];
    }
    memset(m, 0, sizeof *m);
    return 1;
}

/* As a datagram of exactly its size. */
static int send(struct weir_chunks *store, const struct chunk *c, uint64_t now_ms,
                struct weir_arena *a, struct weir_str *ret_message, size_t *ret_dropped)
{
    const char peer = (char)(c->which / 4);
    char *p = malloc(12 + c->n);
    int err;

    if (p == NULL)
        abort();
    memcpy(p, "\x1e\x0fmessage", 9);
    p[9] = (char)(c->which % 4);
    p[10] = (char)c->number;
    p[11] = (char)c->count;
    if (c->n > 0)
        memcpy(p + 12, c->bytes, c->n);
    err = weir_chunks_add(store, (struct weir_str){&peer, 1}, (struct weir_str){p, 12 + c->n},
                          now_ms, a, ret_message, ret_dropped);
    free(p);
    return err;
}

static void step(struct weir_chunks *store, struct plain *all, const struct chunk *c,
                 uint64_t now_ms)
{
    static char text[WEIR_CHUNKS_MAX * 256];
    struct weir_str message = {NULL, 0};
    size_t dropped, n = 0, gone = expire(all, now_ms);
    struct weir_arena a;
    int want = add(all, c, now_ms, text, &n), got;

    weir_arena_init(&a, 1 << 20);
    got = send(store, c, now_ms, &a, &message, &dropped);
    if (got != want || dropped != gone ||
        (got == 1 && !weir_str_eq(message, (struct weir_str){text, n})))
        abort();
    weir_arena_destroy(&a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct weir_chunks *store = weir_chunks_new();
    struct plain *all = calloc(MESSAGES, sizeof *all);
    uint64_t now_ms = 1000;

    if (store == NULL || all == NULL)
        abort();
    while (size >= 4) {
        struct chunk c = {data[0] & 15, data[1], data[2], data[3], data + 4};

        now_ms += (uint64_t)(data[0] >> 4) * STEP_MS;
        c.n = c.n < size - 4 ? c.n : size - 4;
        step(store, all, &c, now_ms);
        data += 4 + c.n;
        size -= 4 + c.n;
    }
    if (weir_chunks_expire(store, now_ms + WEIR_CHUNKS_WAIT_MS + 1) !=
        expire(all, now_ms + WEIR_CHUNKS_WAIT_MS + 1))
        abort();
    weir_chunks_free(store);
    free(all);
    return 0;
}
