/* text.c - hex, base64, percent, UTF-8, random ids. */
#include "weir/text.h"

#include <errno.h>
#include <sys/random.h>
#include <time.h>

static const char hex_digits[] = "0123456789abcdef";

void weir_hex(const uint8_t *bytes, size_t n, char *ret_hex)
{
    for (size_t i = 0; i < n; i++) {
        ret_hex[2 * i] = hex_digits[bytes[i] >> 4];
        ret_hex[2 * i + 1] = hex_digits[bytes[i] & 15];
    }
}

/* Whether a digit of an id is a letter cannot be guessed, so no branch asks. */
static int hex_value(char c)
{
    static const signed char and_one[256] = {
        ['0'] = 1,  ['1'] = 2,  ['2'] = 3,  ['3'] = 4,  ['4'] = 5,  ['5'] = 6,
        ['6'] = 7,  ['7'] = 8,  ['8'] = 9,  ['9'] = 10, ['a'] = 11, ['b'] = 12,
        ['c'] = 13, ['d'] = 14, ['e'] = 15, ['f'] = 16, ['A'] = 11, ['B'] = 12,
        ['C'] = 13, ['D'] = 14, ['E'] = 15, ['F'] = 16,
    };

    return and_one[(unsigned char)c] - 1;
}

bool weir_unhex(struct weir_str hex, uint8_t *ret_bytes)
{
    if (hex.n % 2 != 0)
        return false;
    for (size_t i = 0; i < hex.n; i++) {
        if (hex_value(hex.p[i]) < 0)
            return false;
    }
    for (size_t i = 0; i < hex.n; i += 2)
        ret_bytes[i / 2] = (uint8_t)(hex_value(hex.p[i]) << 4 | hex_value(hex.p[i + 1]));
    return true;
}

/* 0 to 63, or: */
enum { B64_SPACE = 64, B64_PAD = 65, B64_BAD = 66 };

static unsigned base64_value(char c)
{
    if (c >= 'A' && c <= 'Z')
        return (unsigned)(c - 'A');
    if (c >= 'a' && c <= 'z')
        return (unsigned)(c - 'a') + 26;
    if (c >= '0' && c <= '9')
        return (unsigned)(c - '0') + 52;
    if (c == '+' || c == '-')
        return 62;
    if (c == '/' || c == '_')
        return 63;
    if (c == ' ' || (c >= '\t' && c <= '\r'))
        return B64_SPACE;
    return c == '=' ? B64_PAD : B64_BAD;
}

int weir_base64_decode(struct weir_arena *a, struct weir_str in, struct weir_str *ret_out)
{
    char *out = weir_arena_alloc(a, in.n / 4 * 3 + 3);
    size_t n = 0, digits = 0, pads = 0;
    uint32_t bits = 0;

    if (out == NULL)
        return WEIR_ENOMEM;
    for (size_t i = 0; i < in.n; i++) {
        unsigned v = base64_value(in.p[i]);

        if (v == B64_SPACE)
            continue;
        if (v == B64_PAD) {
            pads++;
            continue;
        }
        if (v == B64_BAD || pads > 0)
            return WEIR_EINVAL;
        bits = bits << 6 | v;
        if (++digits % 4 != 1) /* every digit but the first of four ends a byte */
            out[n++] = (char)(bits >> (6 - 2 * ((digits - 1) % 4)) & 0xff);
    }
    if (digits % 4 == 1 || pads > 2 || (pads > 0 && (digits + pads) % 4 != 0))
        return WEIR_EINVAL;
    *ret_out = (struct weir_str){out, n};
    return 0;
}

int weir_base64_encode(struct weir_arena *a, struct weir_str in, struct weir_str *ret_out)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    char *out = in.n <= SIZE_MAX / 2 ? weir_arena_alloc(a, (in.n + 2) / 3 * 4) : NULL;
    size_t n = 0;

    if (out == NULL)
        return WEIR_ENOMEM;
    for (size_t i = 0; i < in.n; i += 3) {
        size_t left = in.n - i;
        uint32_t bits = (uint32_t)(uint8_t)in.p[i] << 16;

        bits |= left > 1 ? (uint32_t)(uint8_t)in.p[i + 1] << 8 : 0;
        bits |= left > 2 ? (uint32_t)(uint8_t)in.p[i + 2] : 0;
        out[n++] = digits[bits >> 18];
        out[n++] = digits[bits >> 12 & 63];
        out[n++] = left > 1 ? digits[bits >> 6 & 63] : '=';
        out[n++] = left > 2 ? digits[bits & 63] : '=';
    }
    *ret_out = (struct weir_str){out, n};
    return 0;
}

int weir_percent_decode(struct weir_arena *a, struct weir_str in, bool plus,
                        struct weir_str *ret_out)
{
    char *out = weir_arena_alloc(a, in.n);
    size_t n = 0;

    if (out == NULL)
        return WEIR_ENOMEM;
    for (size_t i = 0; i < in.n; i++) {
        char c = in.p[i];

        if (c == '%' && in.n - i > 2 && hex_value(in.p[i + 1]) >= 0 &&
            hex_value(in.p[i + 2]) >= 0) {
            c = (char)(hex_value(in.p[i + 1]) << 4 | hex_value(in.p[i + 2]));
            i += 2;
        } else if (plus && c == '+') {
            c = ' ';
        }
        out[n++] = c;
    }
    *ret_out = (struct weir_str){out, n};
    return 0;
}

bool weir_query_get(struct weir_arena *a, struct weir_str query, struct weir_str name,
                    struct weir_str *ret_value)
{
    struct weir_str pair, key, value, decoded;

    while (query.n > 0) {
        weir_str_cut(query, '&', &pair, &query);
        weir_str_cut(pair, '=', &key, &value);
        if (!weir_str_eq(key, name)) {
            /* An escaped name is rare; only then is memory spent on it. */
            if (key.n == 0 || memchr(key.p, '%', key.n) == NULL ||
                weir_percent_decode(a, key, true, &decoded) != 0 || !weir_str_eq(decoded, name))
                continue;
        }
        return weir_percent_decode(a, value, true, ret_value) == 0;
    }
    return false;
}

/* Table 3-7 of the Unicode standard: the second byte's range depends on the
 * first; that excludes overlong forms, surrogates and what is over 10FFFF. */
static bool second_fits(uint8_t first, uint8_t second)
{
    uint8_t low = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
    uint8_t high = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;

    return second >= low && second <= high;
}

size_t weir_utf8_seq(struct weir_str s)
{
    const uint8_t *p = (const uint8_t *)s.p;
    size_t n;

    if (s.n == 0)
        return 0;
    if (p[0] < 0x80)
        return 1;
    if (p[0] < 0xc2 || p[0] > 0xf4)
        return 0;
    n = p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : 4;
    if (s.n < n || !second_fits(p[0], p[1]))
        return 0;
    for (size_t i = 2; i < n; i++) {
        if ((p[i] & 0xc0) != 0x80)
            return 0;
    }
    return n;
}

bool weir_utf8_valid(struct weir_str s)
{
    size_t i = 0;

    while (i < s.n) {
        uint64_t word;
        size_t n;

        if (s.n - i >= sizeof word) { /* eight ASCII bytes at once */
            memcpy(&word, s.p + i, sizeof word);
            if ((word & UINT64_C(0x8080808080808080)) == 0) {
                i += sizeof word;
                continue;
            }
        }
        n = weir_utf8_seq((struct weir_str){s.p + i, s.n - i});
        if (n == 0)
            return false;
        i += n;
    }
    return true;
}

size_t weir_utf8_count(struct weir_str s)
{
    size_t count = 0;

    for (size_t i = 0; i < s.n; i++)
        count += ((uint8_t)s.p[i] & 0xc0) != 0x80;
    return count;
}

/* splitmix64: one word of state, passes BigCrush, and every seed is good. */
uint64_t weir_random(void)
{
    static _Thread_local uint64_t state;
    static _Thread_local bool seeded;
    uint64_t z;

    if (!seeded) {
        struct timespec t;

        while (getrandom(&state, sizeof state, 0) != (ssize_t)sizeof state) {
            if (errno == EINTR)
                continue;
            clock_gettime(CLOCK_MONOTONIC, &t); /* no getrandom at all: still distinct */
            state = (uint64_t)t.tv_nsec ^ (uint64_t)(uintptr_t)&state;
            break;
        }
        seeded = true;
    }
    z = state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

/* Straight from the kernel, not from weir_random(): 64 bits of seed would
 * make ids of a large fleet collide sooner than a UUID may. A pool keeps it
 * at one system call in 16 ids. */
void weir_new_event_id(char ret_id[33])
{
    static _Thread_local uint8_t pool[256];
    static _Thread_local size_t left;
    uint8_t *b;

    if (left == 0) {
        if (getrandom(pool, sizeof pool, 0) != (ssize_t)sizeof pool) {
            for (size_t i = 0; i < sizeof pool; i++)
                pool[i] = (uint8_t)weir_random();
        }
        left = sizeof pool;
    }
    left -= 16;
    b = pool + left;
    b[6] = (uint8_t)((b[6] & 0x0f) | 0x40);
    b[8] = (uint8_t)((b[8] & 0x3f) | 0x80);
    weir_hex(b, 16, ret_id);
    ret_id[32] = '\0';
}

void weir_shared_span_id(struct weir_str span_id, char ret_id[17])
{
    uint64_t z = weir_str_hash(span_id) ^ UINT64_C(0x5ba2ed);

    for (size_t i = 0; i < 16; i++, z >>= 4)
        ret_id[i] = hex_digits[z & 15];
    ret_id[16] = '\0';
    /* never the same, nor all zeros */
    if (weir_str_eq(span_id, (struct weir_str){ret_id, 16}))
        ret_id[0] = ret_id[0] == '0' ? '1' : '0';
    if (strspn(ret_id, "0") == 16)
        ret_id[0] = '1';
}

bool weir_parse_id(struct weir_str s, char ret_id[33])
{
    char id[33] = {0};
    size_t n = 0;

    for (size_t i = 0; i < s.n; i++) {
        int v = hex_value(s.p[i]);

        if (s.p[i] == '-' && n > 0 && n < 32)
            continue;
        if (v < 0 || n == 32)
            return false;
        id[n++] = hex_digits[v];
    }
    if (n != 32)
        return false;
    memcpy(ret_id, id, sizeof id);
    return true;
}
