/* hash.h - a hash that nobody outside can aim at.
 *
 * For tables whose keys come from the network: keyed by a secret drawn from
 * getrandom(2) for each process, so that colliding keys cannot be prepared.
 * Not cryptographic, and different in each process: never stored. Any
 * thread. */
#ifndef WEIR_HASH_H
#define WEIR_HASH_H

#include "weir/str.h"

/* The same for the same bytes, as long as the process lives. */
uint64_t weir_keyed_hash(struct weir_str s);

#endif
