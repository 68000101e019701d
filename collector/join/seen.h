/* seen.h - what was seen a short while ago: a table of hashes, bounded.
 *
 *   hash --> one of 4096 sets of 4 places: {hash, when, value}
 *
 * A set that is full gives up its oldest entry, so memory is bounded (400 KB,
 * taken at first use) and so is what is remembered. The hash is the key: two
 * that are equal are taken for the same, so it must be one that nobody outside
 * can aim at (weir/hash.h) or whose collisions do no harm.
 *
 * Plain data of the join thread: it never reads a clock. */
#ifndef WEIR_JOIN_SEEN_H
#define WEIR_JOIN_SEEN_H

#include <stdbool.h>
#include <stdint.h>

struct weir_seen_entry;

struct weir_seen {
    struct weir_seen_entry *entries;
};

void weir_seen_destroy(struct weir_seen *s);
/* Was `hash` noted within `ttl_ms`? ret_value: what was noted with it. */
bool weir_seen_get(const struct weir_seen *s, uint64_t hash, uint64_t now_ms, uint64_t ttl_ms,
                   bool *ret_value);
/* Notes it, anew. Without memory nothing is noted. */
void weir_seen_put(struct weir_seen *s, uint64_t hash, uint64_t now_ms, bool value);

#endif
