/* keccak.h - Keccak-256 as Ethereum and Monero use it: that of the
 * competition, before NIST changed the padding to make SHA3-256 of it, which
 * OpenSSL has (private to scrubbers/). Pure; any thread. */
#ifndef WEIR_SCRUB_KECCAK_H
#define WEIR_SCRUB_KECCAK_H

#include <stddef.h>
#include <stdint.h>

void weir_keccak256(const uint8_t *in, size_t n, uint8_t ret_digest[32]);

#endif
