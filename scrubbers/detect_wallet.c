/* detect_wallet.c - addresses and keys of crypto currencies, by their checksums.
 *
 *   base58check   Bitcoin, Litecoin, Dogecoin, Dash, Zcash, Tron; private keys
 *                 (WIF) and extended keys: a number in base 58, whose last four
 *                 bytes begin the SHA-256 of the SHA-256 of the others
 *   Ripple        the same in an alphabet of its own
 *   Monero        base 58 in blocks of 8 bytes (11 characters), Keccak-256
 *   bech32(m)     Bitcoin and Litecoin since SegWit, Cosmos, Cardano: a prefix,
 *                 a 1, 5 bits a character, a BCH code over both (BIP 173, 350)
 *   Ethereum      0x and 40 hex digits; mixed case is a checksum (EIP-55): a
 *                 letter is upper-case where the Keccak-256 of the lower-case
 *                 digits has 8 or more
 *
 * A checksum of 30 bits or more does not hit by chance, so nothing else is
 * asked: any prefix, any version. */
#include "chars.h"
#include "keccak.h"
#include "number.h"

#include <openssl/sha.h>

enum {
    MIN_TOKEN = 25,
    MAX_TOKEN = 128,
    ETHEREUM = 42,
    MAX_BYTES = 82, /* extended keys */
};

/* ---- base 58 ---------------------------------------------------------------------- */

static const char bitcoin[] = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
static const char ripple[] = "rpshnaf39wBUDNEGHJKLM4PQRST7VWXYZ2bcdeCg65jkm8oFqi1tuvAxyz";

/* The value of `c` in an alphabet; 58: not in it. */
static unsigned digit58(const char *alphabet, char c)
{
    const char *at = memchr(alphabet, c, 58);

    return at != NULL ? (unsigned)(at - alphabet) : 58;
}

/* The number in `p` as `size` bytes, big-endian; leading zeros fill. False: not
 * of this alphabet, or too large. */
static bool decode58(const char *alphabet, const char *p, size_t n, uint8_t *ret_bytes, size_t size)
{
    memset(ret_bytes, 0, size);
    for (size_t i = 0; i < n; i++) {
        unsigned carry = digit58(alphabet, p[i]);

        if (carry == 58)
            return false;
        for (size_t k = size; k-- > 0;) {
            carry += ret_bytes[k] * 58U;
            ret_bytes[k] = (uint8_t)carry;
            carry >>= 8;
        }
        if (carry != 0)
            return false;
    }
    return true;
}

static bool base58check_of(const char *alphabet, const char *p, size_t n, size_t size)
{
    uint8_t bytes[MAX_BYTES], digest[SHA256_DIGEST_LENGTH];

    if (!decode58(alphabet, p, n, bytes, size))
        return false;
    SHA256(bytes, size - 4, digest);
    SHA256(digest, sizeof digest, digest);
    return memcmp(digest, bytes + size - 4, 4) == 0;
}

/* The sizes that go with a length: addresses, private keys, extended keys. */
static bool base58check(const char *alphabet, const char *p, size_t n)
{
    if (n >= 25 && n <= 35) /* Zcash has two bytes of version */
        return base58check_of(alphabet, p, n, 25) ||
               (n == 35 && base58check_of(alphabet, p, n, 26));
    if (n == 51 || n == 52)
        return base58check_of(alphabet, p, n, n == 51 ? 37 : 38);
    return n == 111 && base58check_of(alphabet, p, n, MAX_BYTES);
}

/* 69 bytes, or 77 with a payment id; the last block is short. */
static bool monero(const char *p, size_t n)
{
    uint8_t bytes[77], digest[32];
    size_t size = 0;

    if ((n != 95 && n != 106) || (p[0] != '4' && p[0] != '8'))
        return false;
    for (size_t i = 0; i < n; i += 11) {
        size_t chars = n - i < 11 ? n - i : 11, block = chars == 11 ? 8 : 5;

        if (!decode58(bitcoin, p + i, chars, bytes + size, block))
            return false;
        size += block;
    }
    weir_keccak256(bytes, size - 4, digest);
    return memcmp(digest, bytes + size - 4, 4) == 0;
}

/* ---- bech32 ----------------------------------------------------------------------- */

static uint32_t polymod(uint32_t sum, unsigned value)
{
    static const uint32_t generator[] = {0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD,
                                         0x2A1462B3};
    uint32_t top = sum >> 25;

    sum = (sum & 0x1FFFFFF) << 5 ^ value;
    for (unsigned i = 0; i < 5; i++)
        if ((top >> i & 1) != 0)
            sum ^= generator[i];
    return sum;
}

static uint32_t prefix_sum(const char *p, size_t n)
{
    uint32_t sum = 1;

    for (size_t i = 0; i < n; i++)
        sum = polymod(sum, (unsigned)weir_lower(p[i]) >> 5);
    sum = polymod(sum, 0);
    for (size_t i = 0; i < n; i++)
        sum = polymod(sum, (unsigned)weir_lower(p[i]) & 31);
    return sum;
}

static bool bech32(const char *p, size_t n)
{
    static const char alphabet[] = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";
    size_t one = 0;
    bool upper = weir_is(p[0], WEIR_C_UPPER);
    uint32_t sum;

    while (one < n && one <= 12 && p[one] != '1')
        one++;
    if (one < 2 || one > 12 || n - one < 30)
        return false;
    sum = prefix_sum(p, one);
    for (size_t i = one + 1; i < n; i++) {
        const char *at = memchr(alphabet, weir_lower(p[i]), 32);

        if (at == NULL || weir_is(p[i], upper ? WEIR_C_LOWER : WEIR_C_UPPER))
            return false;
        sum = polymod(sum, (unsigned)(at - alphabet));
    }
    return sum == 1 || sum == 0x2BC830A3;
}

/* ---- Ethereum --------------------------------------------------------------------- */

static bool ethereum(const char *p)
{
    uint8_t lower[ETHEREUM - 2], digest[32];
    bool small = false, capital = false;

    for (size_t i = 0; i < sizeof lower; i++) {
        if (!weir_is(p[i + 2], WEIR_C_HEX))
            return false;
        small = small || weir_is(p[i + 2], WEIR_C_LOWER);
        capital = capital || weir_is(p[i + 2], WEIR_C_UPPER);
        lower[i] = (uint8_t)weir_lower(p[i + 2]);
    }
    if (!small || !capital)
        return small || capital; /* forty decimal digits are none */
    weir_keccak256(lower, sizeof lower, digest);
    for (size_t i = 0; i < sizeof lower; i++) {
        unsigned nibble = digest[i / 2] >> (i % 2 == 0 ? 4 : 0) & 15;

        if (!weir_is_digit(p[i + 2]) && weir_is(p[i + 2], WEIR_C_UPPER) != (nibble >= 8))
            return false;
    }
    return true;
}

/* Is the token an address? Sorted out by its first character and length
 * before anything is computed. */
static bool wallet(const char *p, size_t n)
{
    if (n == ETHEREUM && p[0] == '0' && p[1] == 'x')
        return ethereum(p);
    if (n <= 35 || n == 51 || n == 52 || n == 111) {
        if (p[0] == 'r' && base58check(ripple, p, n))
            return true;
        if (strchr("123LMDXTmnt59Kcxyz", p[0]) != NULL && base58check(bitcoin, p, n))
            return true;
    }
    return monero(p, n) || bech32(p, n);
}

/* An address covers every MIN_TOKEN-th byte: the others need no look. */
WEIR_FINDER(weir_find_wallet)
{
    (void)leaf;
    for (size_t i = from + MIN_TOKEN - 1; i < to; i += MIN_TOKEN) {
        struct weir_span t;

        if (!weir_is(s->p[i], WEIR_C_ALNUM))
            continue;
        t = weir_token_at(s->p, from, i, to);
        if (t.end - t.start >= MIN_TOKEN && t.end - t.start <= MAX_TOKEN &&
            weir_number_starts(s, t.start) && weir_number_ends(s, t.end) &&
            wallet(s->p + t.start, t.end - t.start)) {
            *ret_span = t;
            return WEIR_FOUND;
        }
        i = t.end;
    }
    return WEIR_FOUND_NOTHING;
}
