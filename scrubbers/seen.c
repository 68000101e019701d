/* seen.c - a ring of records, and by hash where the last record of it begins.
 *
 *   ring   ..[as key text][as key text]..........[as key text]..
 *                                     ^ head: the oldest is overwritten next
 *   index  hash -> where a record began, counted from the start of time;
 *          what is more than a ring behind the head is gone
 *
 * A record lies in one piece; what is left at the ring's end stays unused. */
#include "seen.h"

#include <assert.h>
#include <stdlib.h>

enum {
    RING = 256 * 1024,
    SLOTS = 4096,
    SHORTEST = 4,   /* judging less costs no more than asking */
    LONGEST = 2048, /* more is hardly ever sent twice */
};

static_assert(sizeof(struct weir_seen_as) == 32, "compared as bytes");

struct weir_seen {
    uint64_t head; /* bytes ever written, and skipped */
    uint64_t hash; /* of the text asked about last */
    struct {
        uint64_t at; /* + 1; 0: empty */
        uint64_t hash;
    } index[SLOTS];
    char ring[RING];
};

struct weir_seen *weir_seen_new(void)
{
    return calloc(1, sizeof(struct weir_seen));
}

void weir_seen_free(struct weir_seen *seen)
{
    free(seen);
}

void weir_seen_reset(struct weir_seen *seen)
{
    seen->head += RING + 1; /* as if all had been overwritten */
}

static bool worth(struct weir_str text)
{
    return text.n >= SHORTEST && text.n <= LONGEST;
}

/* Of its length, its ends and its middle: for two texts of one place that is
 * enough, since the bytes are compared. */
static uint64_t hash_of(const struct weir_seen_as *as, struct weir_str text)
{
    enum { PART = 16 };
    uint64_t h = weir_str_hash(weir_str_sub(text, 0, PART)) ^ as->n ^
                 (as->menu * UINT64_C(0x9e3779b97f4a7c15));

    if (text.n > PART)
        h = h * UINT64_C(0xd6e8feb86659fd93) +
            weir_str_hash(weir_str_sub(text, text.n - PART, PART));
    if (text.n > 2 * (size_t)PART)
        h = h * UINT64_C(0xd6e8feb86659fd93) +
            weir_str_hash(weir_str_sub(text, (text.n - PART) / 2, PART));
    return h ^ h >> 29;
}

static size_t record_bytes(const struct weir_seen_as *as)
{
    return sizeof *as + as->key_n + as->n;
}

bool weir_seen_clean(struct weir_seen *seen, struct weir_seen_as *as, struct weir_str key,
                     struct weir_str text)
{
    const char *record;
    uint64_t at;

    if (!worth(text))
        return false;
    as->n = (uint32_t)text.n;
    as->key_n = (uint32_t)key.n;
    seen->hash = hash_of(as, text);
    at = seen->index[seen->hash % SLOTS].at;
    if (at == 0 || seen->index[seen->hash % SLOTS].hash != seen->hash)
        return false;
    if (seen->head - --at > RING)
        return false;
    record = seen->ring + at % RING;
    return memcmp(record, as, sizeof *as) == 0 &&
           memcmp(record + sizeof *as, key.p != NULL ? key.p : "", key.n) == 0 &&
           memcmp(record + sizeof *as + key.n, text.p, text.n) == 0;
}

void weir_seen_note(struct weir_seen *seen, const struct weir_seen_as *as, struct weir_str key,
                    struct weir_str text)
{
    size_t n = record_bytes(as), left = RING - seen->head % RING;
    char *record;

    if (!worth(text))
        return;
    if (n > left)
        seen->head += left;
    record = seen->ring + seen->head % RING;
    memcpy(record, as, sizeof *as);
    if (key.n > 0)
        memcpy(record + sizeof *as, key.p, key.n);
    memcpy(record + sizeof *as + key.n, text.p, text.n);
    seen->index[seen->hash % SLOTS].at = seen->head + 1;
    seen->index[seen->hash % SLOTS].hash = seen->hash;
    seen->head += n;
}
