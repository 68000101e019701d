/* seal.h - values that only the holder of a private key can read again.
 *
 *   value --weir_seal--> [encrypted:BASE64URL] --weir_seal_open--> value
 *
 * A libsodium sealed box (X25519, XSalsa20-Poly1305, an ephemeral key for
 * each box): whoever has the public key can close one, nobody without the
 * private key can open it, weir neither. Two boxes of one value differ, so
 * what must correlate is hashed, not encrypted.
 * https://doc.libsodium.org/public-key_cryptography/sealed_boxes
 *
 * Keys are written in base64 (32 bytes). Pure functions but for the random
 * numbers; any thread. */
#ifndef WEIR_SEAL_H
#define WEIR_SEAL_H

#include "weir/buf.h"

enum { WEIR_SEAL_KEY = 32 };

/* Base64 (either alphabet, padding optional) or hex of a key; surrounding
 * white space is ignored. False: no key. */
bool weir_seal_key(struct weir_str text, uint8_t ret_key[WEIR_SEAL_KEY]);
/* A new private key. */
void weir_seal_new(uint8_t ret_private[WEIR_SEAL_KEY]);
/* The public key that belongs to a private one. */
void weir_seal_public(const uint8_t private_key[WEIR_SEAL_KEY], uint8_t ret_public[WEIR_SEAL_KEY]);
/* As text, NUL-terminated: 43 characters. */
void weir_seal_key_text(const uint8_t key[WEIR_SEAL_KEY], char ret_text[48]);

/* Appends the box of `text` in its brackets; on failure, `[encrypted:]`
 * without it or out->failed: never the text. */
void weir_seal(const uint8_t public_key[WEIR_SEAL_KEY], struct weir_str text, struct weir_buf *out);
/* The next box in `text` at or behind `from`; false: none. */
bool weir_seal_find(struct weir_str text, size_t from, size_t *ret_start, size_t *ret_end);
/* Does `at` lie within a box of `text`? Looks back as far as a box goes on. */
bool weir_seal_within(struct weir_str text, size_t at);
/* What is in a box, in the arena. WEIR_EINVAL: no box, or of another key. */
int weir_seal_open(const uint8_t private_key[WEIR_SEAL_KEY], struct weir_arena *a,
                   struct weir_str box, struct weir_str *ret_text) WEIR_MUST_CHECK;

#endif
