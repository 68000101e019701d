/* str.c - the parts of str.h that are too long to be inline. */
#include "weir/str.h"

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

static bool is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

bool weir_str_eq_nocase(struct weir_str a, struct weir_str b)
{
    if (a.n != b.n)
        return false;
    for (size_t i = 0; i < a.n; i++) {
        if (lower(a.p[i]) != lower(b.p[i]))
            return false;
    }
    return true;
}

bool weir_str_starts(struct weir_str s, struct weir_str prefix)
{
    return s.n >= prefix.n && (prefix.n == 0 || memcmp(s.p, prefix.p, prefix.n) == 0);
}

bool weir_str_ends(struct weir_str s, struct weir_str suffix)
{
    return s.n >= suffix.n &&
           (suffix.n == 0 || memcmp(s.p + s.n - suffix.n, suffix.p, suffix.n) == 0);
}

size_t weir_str_find(struct weir_str s, struct weir_str needle)
{
    const char *at;

    if (needle.n == 0)
        return 0;
    if (s.n < needle.n)
        return SIZE_MAX;
    at = memmem(s.p, s.n, needle.p, needle.n);
    return at != NULL ? (size_t)(at - s.p) : SIZE_MAX;
}

size_t weir_str_find_rare(struct weir_str s, struct weir_str needle, size_t rare)
{
    for (size_t i = 0; i + needle.n <= s.n; i++) {
        const char *at = memchr(s.p + i + rare, needle.p[rare], s.n - i - needle.n + 1);

        if (at == NULL)
            break;
        i = (size_t)(at - s.p) - rare;
        if (memcmp(s.p + i, needle.p, needle.n) == 0)
            return i;
    }
    return SIZE_MAX;
}

struct weir_str weir_str_trim(struct weir_str s)
{
    while (s.n > 0 && is_space(s.p[0])) {
        s.p++;
        s.n--;
    }
    while (s.n > 0 && is_space(s.p[s.n - 1]))
        s.n--;
    return s;
}

struct weir_str weir_str_sub(struct weir_str s, size_t at, size_t n)
{
    if (at >= s.n)
        return (struct weir_str){NULL, 0};
    if (n > s.n - at)
        n = s.n - at;
    return (struct weir_str){s.p + at, n};
}

bool weir_str_cut(struct weir_str s, char sep, struct weir_str *ret_head, struct weir_str *ret_tail)
{
    const char *at = s.n > 0 ? memchr(s.p, sep, s.n) : NULL;

    if (at == NULL) {
        *ret_head = s;
        *ret_tail = (struct weir_str){NULL, 0};
        return false;
    }
    size_t head_n = (size_t)(at - s.p);

    *ret_head = (struct weir_str){s.p, head_n};
    *ret_tail = (struct weir_str){at + 1, s.n - head_n - 1};
    return true;
}

bool weir_str_u64(struct weir_str s, uint64_t *ret_value)
{
    uint64_t value = 0;

    if (s.n == 0)
        return false;
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] < '0' || s.p[i] > '9')
            return false;
        uint64_t digit = (uint64_t)(s.p[i] - '0');

        if (value > (UINT64_MAX - digit) / 10)
            return false;
        value = value * 10 + digit;
    }
    *ret_value = value;
    return true;
}

/* Greedy with a single point of return: on a mismatch only the latest `*`
 * takes one byte more. An earlier star never needs to, because whatever it
 * could still take the later one can skip as well. */
bool weir_str_glob(struct weir_str pattern, struct weir_str s)
{
    size_t p = 0, i = 0, star = SIZE_MAX, resume = 0;

    while (i < s.n) {
        if (p < pattern.n && pattern.p[p] == '*') {
            star = p++;
            resume = i;
        } else if (p < pattern.n && (pattern.p[p] == '?' || lower(pattern.p[p]) == lower(s.p[i]))) {
            p++;
            i++;
        } else if (star != SIZE_MAX) {
            p = star + 1;
            i = ++resume;
        } else {
            return false;
        }
    }
    while (p < pattern.n && pattern.p[p] == '*')
        p++;
    return p == pattern.n;
}

static uint64_t mix(uint64_t h)
{
    h ^= h >> 32;
    h *= UINT64_C(0xd6e8feb86659fd93);
    h ^= h >> 32;
    h *= UINT64_C(0xd6e8feb86659fd93);
    return h ^ (h >> 32);
}

uint64_t weir_str_hash(struct weir_str s)
{
    uint64_t h = UINT64_C(0x9e3779b97f4a7c15) ^ s.n, word;
    size_t i = 0;

    for (; s.n - i >= sizeof word; i += sizeof word) {
        memcpy(&word, s.p + i, sizeof word);
        h = mix(h ^ word);
    }
    if (i < s.n) {
        word = 0;
        memcpy(&word, s.p + i, s.n - i);
        h = mix(h ^ word);
    }
    return mix(h);
}
