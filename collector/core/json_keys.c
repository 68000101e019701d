/* json_keys.c - which member came before under the same name?
 *
 * The keys of all open objects stand on one stack; an object's own keys are
 * its top part whenever the object is the innermost one, because the keys of
 * inner objects are popped when those close. So a document never holds more
 * than the keys on the way to one place.
 *
 * A key is known by a 64-bit hash of its unescaped text under a secret drawn
 * for each process, so nobody outside can make keys collide. Each object
 * keeps 64 bits in which its keys leave a mark: a key whose mark is missing is
 * new, and that is the common case. Otherwise the object's keys are compared
 * one by one, up to INDEX_OVER of them; an object with more is indexed in a
 * hash table with linear probing. The table is shared by all such objects
 * and needs no tombstones, because keys leave it in the reverse order in
 * which they came.
 *
 * Two keys with the same hash are the same when their bytes say so; where
 * the bytes cannot be compared at once (escapes; the earlier one has left the
 * window) the hash and nothing else decides: one mistake in 2^64 pairs. */
#include "json_reader.h"
#include "weir/hash.h"

#include <stdlib.h>

enum {
    INDEX_OVER = 16,
    FIRST_ROOM = 128,
    KEEP_ROOM = 1 << 14, /* keys; a bigger table is given back */
    KEEP_SCRATCH = 1 << 16,
    MOST_KEYS = 1 << 26
};

/* ---- memory -------------------------------------------------------------- */

void weir_json_keys_free(struct weir_json_keys *k)
{
    free(k->keys);
    free(k->index);
    free(k->scratch);
    k->keys = NULL;
    k->index = NULL;
    k->scratch = NULL;
    k->room = k->index_room = k->n_indexed = k->n = 0;
    k->scratch_room = 0;
}

void weir_json_keys_reset(struct weir_json_keys *k)
{
    if (k->room > KEEP_ROOM || k->scratch_room > KEEP_SCRATCH) {
        weir_json_keys_free(k);
    } else if (k->n_indexed > 0) {
        /* The last document ended in an error, objects still open. */
        memset(k->index, 0, k->index_room * sizeof *k->index);
        k->n_indexed = 0;
    }
    k->n = 0;
}

static bool grow_keys(struct weir_json_keys *k)
{
    uint32_t room = k->room == 0 ? FIRST_ROOM : k->room * 2;
    struct weir_json_key *keys;

    if (room > MOST_KEYS)
        return false;
    keys = realloc(k->keys, room * sizeof *keys);
    if (keys == NULL)
        return false;
    k->keys = keys;
    k->room = room;
    return true;
}

/* ---- index --------------------------------------------------------------- */

/* Objects that hold the same keys must not share their chains. */
static uint32_t home(const struct weir_json_keys *k, uint64_t hash, uint32_t first)
{
    return (uint32_t)(hash ^ first * 0x9E3779B97F4A7C15u) & (k->index_room - 1);
}

static void index_put(struct weir_json_keys *k, uint32_t key, uint32_t first)
{
    uint32_t slot = home(k, k->keys[key].hash, first);

    while (k->index[slot] != 0)
        slot = (slot + 1) & (k->index_room - 1);
    k->index[slot] = key + 1;
    k->keys[key].slot = slot;
    k->n_indexed++;
}

/* Doubles the table and puts the keys back in their order, which keeps the
 * promise that the last one in is the first one out. */
static bool grow_index(struct weir_json_keys *k, unsigned depth)
{
    uint32_t room = k->index_room == 0 ? 4 * FIRST_ROOM : k->index_room * 2;
    uint32_t *index = calloc(room, sizeof *index);

    if (index == NULL)
        return false;
    free(k->index);
    k->index = index;
    k->index_room = room;
    k->n_indexed = 0;
    for (unsigned d = 0; d <= depth; d++) {
        uint32_t to = d == depth ? k->n : k->objects[d + 1].first;

        for (uint32_t i = k->objects[d].first; k->objects[d].indexed && i < to; i++)
            index_put(k, i, k->objects[d].first);
    }
    return true;
}

/* The newest key gets its place in the index, its whole object when that has
 * just become large. */
static bool index_newest(struct weir_json_keys *k, unsigned depth)
{
    struct weir_json_object *o = &k->objects[depth];
    uint32_t from = o->indexed ? k->n - 1 : o->first;

    if (!o->indexed && k->n - o->first <= INDEX_OVER)
        return true;
    if ((k->n_indexed + k->n - from) * 2 > k->index_room) {
        o->indexed = true; /* grow_index() puts all of it */
        return grow_index(k, depth);
    }
    o->indexed = true;
    for (uint32_t i = from; i < k->n; i++)
        index_put(k, i, o->first);
    return true;
}

void weir_json_keys_close(struct weir_json_keys *k, unsigned depth)
{
    const struct weir_json_object *o = &k->objects[depth];

    for (uint32_t i = k->n; o->indexed && i-- > o->first; k->n_indexed--)
        k->index[k->keys[i].slot] = 0;
    k->n = o->first;
}

/* ---- look-up ------------------------------------------------------------- */

static bool same(const struct weir_json_key *a, const struct weir_json_key *b,
                 struct weir_str window, size_t base)
{
    if (a->hash != b->hash)
        return false;
    if (!a->plain || !b->plain || a->start < base)
        return true;
    return a->raw == b->raw &&
           memcmp(window.p + (a->start - base), window.p + (b->start - base), a->raw + 1) == 0;
}

static struct weir_json_key *find(struct weir_json_keys *k, const struct weir_json_object *o,
                                  const struct weir_json_key *key, struct weir_str window,
                                  size_t base)
{
    if (!o->indexed) {
        for (uint32_t i = o->first; i < k->n; i++)
            if (same(&k->keys[i], key, window, base))
                return &k->keys[i];
        return NULL;
    }
    for (uint32_t slot = home(k, key->hash, o->first); k->index[slot] != 0;
         slot = (slot + 1) & (k->index_room - 1)) {
        uint32_t i = k->index[slot] - 1;

        if (i >= o->first && same(&k->keys[i], key, window, base))
            return &k->keys[i];
    }
    return NULL;
}

/* The hash of a key's meaning. False: out of memory. */
static bool hash_token(struct weir_json_keys *k, const char *raw, size_t n, bool plain,
                       uint64_t *ret_hash)
{
    if (!plain) {
        if (3 * n > k->scratch_room) {
            char *bigger = realloc(k->scratch, 3 * n + 64);

            if (bigger == NULL)
                return false;
            k->scratch = bigger;
            k->scratch_room = 3 * n + 64;
        }
        n = weir_json_unescape((struct weir_str){raw, n}, k->scratch);
        raw = k->scratch;
    }
    *ret_hash = weir_keyed_hash((struct weir_str){raw, n});
    return true;
}

enum weir_json_seen weir_json_keys_add(struct weir_json_keys *k, unsigned depth,
                                       const struct weir_json_token *t, struct weir_str window,
                                       size_t base, size_t *ret_start, size_t *ret_end)
{
    struct weir_json_object *o = &k->objects[depth];
    struct weir_json_key key = {.start = t->start,
                                .raw = (uint32_t)(t->end - t->start - 2),
                                .plain = !t->escaped && t->mend == 0};
    struct weir_json_key *before;
    uint64_t mark;

    if (t->end - t->start > UINT32_MAX ||
        !hash_token(k, window.p + (t->start - base) + 1, key.raw, key.plain, &key.hash))
        return WEIR_KEY_FAILED;
    if (o->any)
        k->keys[o->last].next = t->start;
    o->any = true;
    mark = UINT64_C(1) << (key.hash >> 58);
    before = o->seen & mark ? find(k, o, &key, window, base) : NULL;
    o->seen |= mark;
    if (before != NULL) {
        /* The newer takes its place: a name that comes a million times
         * costs one entry. */
        *ret_start = before->start;
        *ret_end = before->next;
        key.slot = before->slot;
        *before = key;
        o->last = (uint32_t)(before - k->keys);
        return WEIR_KEY_AGAIN;
    }
    if (k->n == k->room && !grow_keys(k))
        return WEIR_KEY_FAILED;
    o->last = k->n;
    k->keys[k->n++] = key;
    return index_newest(k, depth) ? WEIR_KEY_NEW : WEIR_KEY_FAILED;
}
