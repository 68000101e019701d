/* seen.c - the sets of hashes: look-up, and replacing the oldest. */
#include "seen.h"

#include <stdlib.h>

enum { SETS = 4096, PLACES = 4 };

struct weir_seen_entry {
    uint64_t hash;
    uint64_t seen_ms; /* 0: free */
    bool value;
};

void weir_seen_destroy(struct weir_seen *s)
{
    free(s->entries);
    s->entries = NULL;
}

static struct weir_seen_entry *set_of(const struct weir_seen *s, uint64_t hash)
{
    return &s->entries[(hash >> 32 ^ hash) % SETS * PLACES];
}

bool weir_seen_get(const struct weir_seen *s, uint64_t hash, uint64_t now_ms, uint64_t ttl_ms,
                   bool *ret_value)
{
    const struct weir_seen_entry *e;

    if (s->entries == NULL)
        return false;
    e = set_of(s, hash);
    for (int i = 0; i < PLACES; i++)
        if (e[i].seen_ms != 0 && e[i].hash == hash && now_ms < e[i].seen_ms + ttl_ms) {
            *ret_value = e[i].value;
            return true;
        }
    return false;
}

void weir_seen_put(struct weir_seen *s, uint64_t hash, uint64_t now_ms, bool value)
{
    struct weir_seen_entry *e, *at;

    if (s->entries == NULL &&
        (s->entries = calloc((size_t)SETS * PLACES, sizeof *s->entries)) == NULL)
        return;
    at = e = set_of(s, hash);
    for (int i = 0; i < PLACES; i++) {
        if (e[i].seen_ms != 0 && e[i].hash == hash) {
            at = &e[i];
            break;
        }
        if (e[i].seen_ms < at->seen_ms)
            at = &e[i];
    }
    *at = (struct weir_seen_entry){hash, now_ms > 0 ? now_ms : 1, value};
}
