/* keccak.c - see keccak.h.
 *
 * A sponge over 25 lanes of 64 bits: input is xored into the first 17 of them
 * (136 bytes), the state permuted, and so on; the last block is padded with a 1
 * bit, zeros, and a 1 bit. A permutation is 24 rounds of theta (each lane takes
 * the parity of two columns), rho (lanes are rotated), pi (lanes change
 * places), chi (each lane with its two neighbours in the row) and iota (a
 * constant breaks the symmetry). */
#include "keccak.h"

#include <string.h>

enum { LANES = 25, RATE = 136, ROUNDS = 24 };

static uint64_t turn(uint64_t v, unsigned by)
{
    return v << by | v >> (64 - by);
}

static void theta(uint64_t a[LANES])
{
    uint64_t parity[5];

    for (size_t x = 0; x < 5; x++)
        parity[x] = a[x] ^ a[x + 5] ^ a[x + 10] ^ a[x + 15] ^ a[x + 20];
    for (size_t i = 0; i < LANES; i++)
        a[i] ^= parity[(i + 4) % 5] ^ turn(parity[(i + 1) % 5], 1);
}

/* rho and pi in one walk along the orbit of lane 1. */
static void rho_pi(uint64_t a[LANES])
{
    static const uint8_t by[] = {1,  3,  6,  10, 15, 21, 28, 36, 45, 55, 2,  14,
                                 27, 41, 56, 8,  25, 43, 62, 18, 39, 61, 20, 44};
    static const uint8_t to[] = {10, 7,  11, 17, 18, 3, 5,  16, 8,  21, 24, 4,
                                 15, 23, 19, 13, 12, 2, 20, 14, 22, 9,  6,  1};
    uint64_t carried = a[1];

    for (size_t i = 0; i < sizeof to; i++) {
        uint64_t kept = a[to[i]];

        a[to[i]] = turn(carried, by[i]);
        carried = kept;
    }
}

static void chi(uint64_t a[LANES])
{
    for (size_t y = 0; y < LANES; y += 5) {
        uint64_t row[5];

        memcpy(row, a + y, sizeof row);
        for (size_t x = 0; x < 5; x++)
            a[y + x] = row[x] ^ (~row[(x + 1) % 5] & row[(x + 2) % 5]);
    }
}

static void permute(uint64_t a[LANES])
{
    static const uint64_t iota[ROUNDS] = {
        0x0000000000000001, 0x0000000000008082, 0x800000000000808A, 0x8000000080008000,
        0x000000000000808B, 0x0000000080000001, 0x8000000080008081, 0x8000000000008009,
        0x000000000000008A, 0x0000000000000088, 0x0000000080008009, 0x000000008000000A,
        0x000000008000808B, 0x800000000000008B, 0x8000000000008089, 0x8000000000008003,
        0x8000000000008002, 0x8000000000000080, 0x000000000000800A, 0x800000008000000A,
        0x8000000080008081, 0x8000000000008080, 0x0000000080000001, 0x8000000080008008};

    for (size_t r = 0; r < ROUNDS; r++) {
        theta(a);
        rho_pi(a);
        chi(a);
        a[0] ^= iota[r];
    }
}

/* Lanes are little-endian, whatever the machine is. */
static void absorb(uint64_t a[LANES], const uint8_t *block)
{
    for (size_t i = 0; i < RATE; i++)
        a[i / 8] ^= (uint64_t)block[i] << 8 * (i % 8);
    permute(a);
}

void weir_keccak256(const uint8_t *in, size_t n, uint8_t ret_digest[32])
{
    uint64_t a[LANES] = {0};
    uint8_t last[RATE] = {0};

    for (; n >= RATE; in += RATE, n -= RATE)
        absorb(a, in);
    if (n > 0)
        memcpy(last, in, n);
    last[n] ^= 0x01;
    last[RATE - 1] ^= 0x80;
    absorb(a, last);
    for (size_t i = 0; i < 32; i++)
        ret_digest[i] = (uint8_t)(a[i / 8] >> 8 * (i % 8));
}
