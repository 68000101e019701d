/* test_detect_wallet.c - addresses of crypto currencies and vehicle numbers:
 * made by seed with checksums built up, published, and missed by a character. */
#include "scrub/national.h"

#include "scrubbers/keccak.h"

#include <openssl/evp.h>

static const char base58[] = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
static const char ripple58[] = "rpshnaf39wBUDNEGHJKLM4PQRST7VWXYZ2bcdeCg65jkm8oFqi1tuvAxyz";

static void hash_twice(const uint8_t *in, size_t n, uint8_t out[32])
{
    assert_int_equal(EVP_Digest(in, n, out, NULL, EVP_sha256(), NULL), 1);
    assert_int_equal(EVP_Digest(out, 32, out, NULL, EVP_sha256(), NULL), 1);
}

/* Long division by 58 of the bytes, remainders from the right; leading zero
 * bytes are the alphabet's zero. */
static void encode58(const char *alphabet, uint8_t *bytes, size_t n, char *out)
{
    char back[128];
    size_t len = 0, zeros = 0;

    while (zeros < n && bytes[zeros] == 0)
        zeros++;
    for (bool more = true; more;) {
        unsigned rest = 0;

        more = false;
        for (size_t i = 0; i < n; i++) {
            unsigned v = rest * 256 + bytes[i];

            bytes[i] = (uint8_t)(v / 58);
            rest = v % 58;
            more = more || bytes[i] != 0;
        }
        back[len++] = alphabet[rest];
    }
    for (size_t i = 0; i < zeros; i++)
        *out++ = alphabet[0];
    while (len > 0)
        *out++ = back[--len];
    *out = '\0';
}

/* Version, `n` random bytes, four of the checksum. */
static void check58(struct rng *r, const char *alphabet, const uint8_t *version, size_t n_version,
                    size_t n, char *out)
{
    uint8_t bytes[128], digest[32];

    memcpy(bytes, version, n_version);
    for (size_t i = 0; i < n; i++)
        bytes[n_version + i] = (uint8_t)rng_next(r);
    hash_twice(bytes, n_version + n, digest);
    memcpy(bytes + n_version + n, digest, 4);
    encode58(alphabet, bytes, n_version + n + 4, out);
}

static void bitcoin(struct rng *r, char *out)
{
    static const uint8_t versions[] = {0x00, 0x05, 0x30, 0x32, 0x1E, 0x4C, 0x41, 0x6F, 0xC4};

    check58(r, base58, &versions[rng_below(r, sizeof versions)], 1, 20, out);
}

static void zcash(struct rng *r, char *out)
{
    check58(r, base58, (const uint8_t *)"\x1C\xB8", 2, 20, out);
}

static void private_key(struct rng *r, char *out)
{
    check58(r, base58, (const uint8_t *)"\x80", 1, 32, out);
}

static void ripple(struct rng *r, char *out)
{
    check58(r, ripple58, (const uint8_t *)"\0", 1, 20, out);
}

/* Blocks of 8 bytes as 11 characters, the last of 5 as 7. */
static void monero(struct rng *r, char *out)
{
    uint8_t bytes[69], digest[32];

    bytes[0] = 18;
    for (size_t i = 1; i < 65; i++)
        bytes[i] = (uint8_t)rng_next(r);
    weir_keccak256(bytes, 65, digest);
    memcpy(bytes + 65, digest, 4);
    for (size_t i = 0; i < 69; i += 8) {
        size_t n = 69 - i < 8 ? 69 - i : 8, chars = n == 8 ? 11 : 7;
        uint64_t v = 0;

        for (size_t k = 0; k < n; k++)
            v = v << 8 | bytes[i + k];
        for (size_t k = chars; k-- > 0; v /= 58)
            out[k] = base58[v % 58];
        out += chars;
    }
    *out = '\0';
}

/* BIP 173 over the five-bit values laid out, the checksum from the remainder. */
static uint32_t bch(const uint8_t *values, size_t n)
{
    static const uint32_t g[] = {0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3};
    uint32_t c = 1;

    for (size_t i = 0; i < n; i++) {
        uint32_t top = c >> 25;

        c = ((c & 0x1FFFFFF) << 5) ^ values[i];
        for (int k = 0; k < 5; k++)
            c ^= (top >> k & 1) * g[k];
    }
    return c;
}

static void segwit(struct rng *r, char *out)
{
    static const char *const prefixes[] = {"bc", "tb", "ltc", "bcrt", "cosmos", "addr"};
    const char *prefix = PICK(r, prefixes);
    bool modified = rng_below(r, 2) == 1;
    uint8_t values[128];
    size_t n = 0, body = rng_below(r, 2) == 0 ? 33 : 53;
    uint32_t sum;

    for (const char *c = prefix; *c != '\0'; c++)
        values[n++] = (uint8_t)(*c >> 5);
    values[n++] = 0;
    for (const char *c = prefix; *c != '\0'; c++)
        values[n++] = (uint8_t)(*c & 31);
    out += sprintf(out, "%s1", prefix);
    for (size_t i = 0; i < body; i++) {
        values[n] = (uint8_t)rng_below(r, 32);
        *out++ = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"[values[n++]];
    }
    memset(values + n, 0, 6);
    sum = bch(values, n + 6) ^ (modified ? 0x2BC830A3 : 1);
    for (int i = 0; i < 6; i++)
        *out++ = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"[sum >> 5 * (5 - i) & 31];
    *out = '\0';
}

static void ethereum(struct rng *r, char *out)
{
    uint8_t digest[32];

    rng_fill(r, "0xhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhh", out);
    out[2] = 'a';
    if (rng_below(r, 4) == 0)
        return;
    weir_keccak256((const uint8_t *)out + 2, 40, digest);
    for (int i = 0; i < 40; i++)
        if ((digest[i / 2] >> (i % 2 == 0 ? 4 : 0) & 8) != 0)
            out[2 + i] = (char)toupper((unsigned char)out[2 + i]);
}

static void wallets_by_their_checksums(void **state)
{
    static void (*const makes[])(struct rng *, char *) = {bitcoin, zcash,  private_key, ripple,
                                                          monero,  segwit, segwit,      ethereum};
    static const char *const published[] = {
        "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa",
        "3J98t1WpEZ73CNmQviecrnyiWrnqRhWNLy",
        "1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2",
        "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4",
        "BC1QW508D6QEJXTDG4Y5R3ZARVARY0C5XW7KV8F3T4",
        "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0",
        "tb1qrp33g0q5c5txsp9arysrx4k6zdkfs4nce4xj0gdcccefvpysxf3q0sl5k7",
        "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
        "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359",
        "0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB",
        "0xD1220A0cf47c7B9Be7A2E6BA89F429762e7b9aDb",
        "0xde709f2102306220921060314715629080e2fb77",
        "rHb9CJAWyB4rj91VRWn96DkukG4bwdtyTh",
        "TJCnKsPa7y5okkXvQAidZBzqx3QyQ6sxMW",
        ("44AFFq5kSiGBoZ4NMDwYtN18obc8AemS33DBLWs3H7otXft3XjrpDtQGv7SqSsaBYBb98uNbr2VBBEt7f2wfn3RVG"
         "QBEP3A"),
    };
    static const char *const alike[] = {
        "0x1234567890123456789012345678901234567890", "0xdeadbeef",
        "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNb",         "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t5",
        "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAeD", "rHb9CJAWyB4rj91VRWn96DkukG4bwdtyTi",
        "5538b7712997b1c8f2a7de4a01234567890abcdef",  "LongClassNameOfSomethingThatIsThere",
    };
    struct ids_run run;
    struct rng r = {31};

    (void)state;
    ids_open(&run, "@cryptowallet", "[wallet]");
    for (size_t i = 0; i < COUNT_OF(published); i++)
        ids_check(&run, PICK(&r, silent), "", published[i], true);
    for (size_t i = 0; i < COUNT_OF(alike); i++)
        ids_check(&run, PICK(&r, silent), "", alike[i], false);
    for (unsigned i = 0; i < COUNT_OF(makes) * 60; i++) {
        char value[IDS_VALUE], *at;

        makes[i % COUNT_OF(makes)](&r, value);
        ids_check(&run, PICK(&r, silent), "", value, true);
        ids_check(&run, PICK(&r, telling), "wallet", value, true);
        at = value + strlen(value) / 2 + rng_below(&r, 8);
        if (value[1] == 'x') /* the case of one letter is the miss */
            for (at = value + 2; !isupper((unsigned char)*at) && *at != '\0';)
                at++;
        if (*at == '\0')
            continue; /* no case at all: any digits are fine */
        *at = value[1] == 'x' ? (char)tolower((unsigned char)*at) : *at == 'q' ? 'p' : 'q';
        if (value[1] == 'x' && strpbrk(value + 2, "ABCDEF") == NULL)
            continue;
        ids_check(&run, PICK(&r, silent), "", value, false);
    }
    ids_close(&run);
}

/* Keccak-256 of the empty text and of abc, as its authors publish them. */
static void keccak_is_that_of_the_competition(void **state)
{
    uint8_t digest[32], long_text[200];

    (void)state;
    weir_keccak256((const uint8_t *)"", 0, digest);
    assert_memory_equal(digest, "\xC5\xD2\x46\x01\x86\xF7\x23\x3C", 8);
    weir_keccak256((const uint8_t *)"abc", 3, digest);
    assert_memory_equal(digest, "\x4E\x03\x65\x7A\xEA\x45\xA9\x4F", 8);
    memset(long_text, 'a', sizeof long_text); /* over a block: it must not be that of a cut one */
    weir_keccak256(long_text, 200, digest);
    assert_memory_not_equal(digest, "\x4E\x03\x65\x7A", 4);
}

/* ---- vehicles ---------------------------------------------------------------------------- */

/* The value of a letter in its row of nine: A to I, J to R, S to Z from two on. */
static int vin_value(char c)
{
    if (isdigit((unsigned char)c))
        return c - '0';
    return c <= 'I' ? c - 'A' + 1 : c <= 'R' ? c - 'J' + 1 : c - 'S' + 2;
}

static void make_vin(struct rng *r, char *out)
{
    static const char used[] = "0123456789ABCDEFGHJKLMNPRSTUVWXYZ";
    static const int weights[] = {8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2};
    int sum = 0;

    for (int i = 0; i < 17; i++)
        out[i] = i < 13 ? rng_of(r, used) : rng_of(r, DIGITS);
    out[0] = rng_of(r, "123456789JKLSTVWYZ");
    out[2] = rng_of(r, "ABCDEFGH");
    out[17] = '\0';
    for (int i = 0; i < 17; i++)
        sum += vin_value(out[i]) * weights[i];
    out[8] = "0123456789X"[sum % 11];
}

static void vehicles_by_check_digit_or_by_word(void **state)
{
    static const char *const published[] = {"1M8GDM9AXKP042788", "11111111111111111",
                                            "5GZCZ43D13S812715", "1HGBH41JXMN109186"};
    static const char *const european[] = {"WVWZZZ1JZXW000001", "WDB9634031L738466",
                                           "VF1LM1B0H36155623", "ZFA22300005556777"};
    static const char *const words[] = {"VIN", "chassis", "Fahrgestellnummer", "vehicle_id"};
    struct ids_run run;
    struct rng r = {33};

    (void)state;
    ids_open(&run, "@vin", "[vin]");
    for (size_t i = 0; i < COUNT_OF(published); i++)
        if (i != 1) /* all ones is a test of the arithmetic and no vehicle */
            ids_check(&run, PICK(&r, silent), "", published[i], true);
    for (size_t i = 0; i < 40; i++) {
        ids_check(&run, PICK(&r, telling), PICK(&r, words), european[i % 4], true);
        ids_check(&run, PICK(&r, silent), "", european[i % 4], false);
    }
    for (unsigned i = 0; i < IDS_EACH; i++) {
        char value[IDS_VALUE];

        make_vin(&r, value);
        ids_check(&run, PICK(&r, silent), "", value, true);
        ids_check(&run, PICK(&r, telling), PICK(&r, words), value, true);
        value[8] = value[8] == 'X' ? '0' : value[8] == '9' ? 'X' : (char)(value[8] + 1);
        ids_check(&run, PICK(&r, silent), "", value, false);
        value[4] = rng_of(&r, "IOQ"); /* letters that no vehicle has */
        ids_check(&run, PICK(&r, telling), PICK(&r, words), value, false);
    }
    ids_close(&run);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wallets_by_their_checksums),
        cmocka_unit_test(keccak_is_that_of_the_competition),
        cmocka_unit_test(vehicles_by_check_digit_or_by_word),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
