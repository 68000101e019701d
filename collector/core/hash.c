/* hash.c - multiply-and-fold over 16 bytes at a time, secrets mixed in before
 * each multiplication (the construction of wyhash). */
#include "weir/hash.h"

#include <stdatomic.h>
#include <sys/random.h>

/* Drawn once; a second thread at the same moment sees 0 and draws too, but
 * only the first draw is kept. */
static _Atomic uint64_t secrets[3];

static uint64_t draw(unsigned i)
{
    uint64_t have = 0, drawn = 0;

    if (getrandom(&drawn, sizeof drawn, 0) != (ssize_t)sizeof drawn)
        drawn = (uint64_t)(uintptr_t)&drawn; /* no entropy source: that of ASLR */
    drawn |= 1;
    if (atomic_compare_exchange_strong(&secrets[i], &have, drawn))
        have = drawn;
    return have;
}

static inline uint64_t secret(unsigned i)
{
    uint64_t have = atomic_load_explicit(&secrets[i], memory_order_relaxed);

    return have != 0 ? have : draw(i);
}

__extension__ typedef unsigned __int128 wide;

static inline uint64_t mix(uint64_t a, uint64_t b)
{
    wide product = (wide)a * b;

    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static inline uint64_t load64(const char *p)
{
    uint64_t v;

    memcpy(&v, p, sizeof v);
    return v;
}

static inline uint64_t load32(const char *p)
{
    uint32_t v;

    memcpy(&v, p, sizeof v);
    return v;
}

uint64_t weir_keyed_hash(struct weir_str s)
{
    const uint64_t s0 = secret(0), s1 = secret(1);
    const char *p = s.p;
    size_t n = s.n;
    uint64_t h = secret(2) ^ n, a = 0, b = 0;

    for (; n > 16; p += 16, n -= 16)
        h = mix(load64(p) ^ s0, load64(p + 8) ^ h);
    if (n >= 8) {
        a = load64(p);
        b = load64(p + n - 8);
    } else if (n >= 4) {
        a = load32(p);
        b = load32(p + n - 4);
    } else if (n > 0) {
        a = (uint64_t)(uint8_t)p[0] << 16 | (uint64_t)(uint8_t)p[n / 2] << 8 | (uint8_t)p[n - 1];
    }
    return mix(mix(a ^ s0, b ^ h), s1);
}
