/* detect_entropy.c - tokens so random that only a machine made them, and that
 * may be keys.
 *
 * A token is a run of letters, digits and +/_- with = behind, of 20 characters or more. It is
 * a secret when it mixes letters and digits and the Shannon entropy of its
 * characters, in bits each, is above what words have: 3.0 for hex digits (of 4
 * possible), 3.5 for others (of 6). What is random too, and no secret, is told
 * by its form or its name: UUIDs; hashes, trace ids and the like under the
 * names they go by; paths, names in CamelCase or with_underscores, which fall
 * apart into words. */
#include "chars.h"
#include "near.h"
#include "number.h"

#include <math.h>

enum { MIN_TOKEN = 20, MAX_TOKEN = 512 };

static const double HEX_BITS = 3.0, BITS = 3.5;

static bool token_char(char c)
{
    return weir_is(c, WEIR_C_TOKEN) && c != '.' && c != '~';
}

/* What is known of a token. */
struct traits {
    size_t upper, lower, digits, hex, dashes, slashes, changes;
};

/* Bits a character. */
static double entropy(const char *p, size_t n)
{
    uint16_t seen[128] = {0};
    double bits = 0;

    for (size_t i = 0; i < n; i++)
        seen[(uint8_t)p[i] & 127]++;
    for (size_t i = 0; i < 128; i++)
        if (seen[i] > 0)
            bits -= seen[i] * log2((double)seen[i] / (double)n);
    return bits / (double)n;
}

static unsigned kind_of(char c)
{
    return weir_chars[(uint8_t)c] & (WEIR_C_ALPHA | WEIR_C_DIGIT);
}

static struct traits look(const char *p, size_t n)
{
    struct traits t = {0};

    for (size_t i = 0; i < n; i++) {
        t.upper += weir_is(p[i], WEIR_C_UPPER);
        t.lower += weir_is(p[i], WEIR_C_LOWER);
        t.digits += weir_is_digit(p[i]);
        t.hex += weir_is(p[i], WEIR_C_HEX);
        t.dashes += p[i] == '-' || p[i] == '_';
        t.slashes += p[i] == '/';
        t.changes += i > 0 && kind_of(p[i]) != kind_of(p[i - 1]);
    }
    return t;
}

/* Names of what is random and public. */
static bool public_name(const struct weir_subject *s, size_t i)
{
    static const struct weir_str terms[] = {
        WEIR_STR("sha*"),         WEIR_STR("md"),          WEIR_STR("*hash*"),
        WEIR_STR("*digest*"),     WEIR_STR("commit*"),     WEIR_STR("etag*"),
        WEIR_STR("integrity"),    WEIR_STR("checksum*"),   WEIR_STR("*fingerprint*"),
        WEIR_STR("trace*"),       WEIR_STR("span*"),       WEIR_STR("event id"),
        WEIR_STR("request id"),   WEIR_STR("revision*"),   WEIR_STR("rev"),
        WEIR_STR("correlation*"), WEIR_STR("build*"),      WEIR_STR("release*"),
        WEIR_STR("version*"),     WEIR_STR("debug id"),    WEIR_STR("code id"),
        WEIR_STR("image*"),       WEIR_STR("signature"),   WEIR_STR("crc*"),
        WEIR_STR("head"),         WEIR_STR("tree"),        WEIR_STR("parent id"),
        WEIR_STR("replay id"),    WEIR_STR("profile id"),  WEIR_STR("uuid"),
        WEIR_STR("guid"),         WEIR_STR("traceparent"), WEIR_STR("id"),
        WEIR_STR("branch"),       WEIR_STR("git*"),        WEIR_STR("layer*"),
        WEIR_STR("blob"),         WEIR_STR("object"),      WEIR_STR("payload"),
    };
    static const struct weir_words words = {terms, sizeof terms / sizeof *terms, NULL, 0, NULL, 0};

    return (s->key.n > 0 && weir_words_match(&words, s->key, false)) ||
           weir_words_match(&words, weir_near_before(s, i, 2), false);
}

/* sha512-..., as lock files and pages write hashes. */
static bool named_hash(const char *p, size_t n)
{
    return n > 7 && weir_starts_nocase(p, n, "sha") && memchr(p, '-', 7) != NULL;
}

/* Does it fall apart into words: runs of letters of one kind? A random token
 * changes kind at more than half of its characters, a name in CamelCase at two
 * a word. With a single digit it must be surer than that. */
static bool words(const struct traits *t, size_t n)
{
    return t->changes * 5 < n * 2 || (t->digits < 2 && t->changes * 2 < n);
}

/* Hex of 32 and more; shorter ones are ids. */
static bool secret_hex(const char *p, size_t n, const struct traits *t)
{
    return n >= 32 && (t->upper == 0 || t->lower == 0) && entropy(p, n) >= HEX_BITS;
}

static bool secret(const struct weir_subject *s, size_t i, size_t n)
{
    const char *p = s->p + i;
    struct traits t = look(p, n);

    if (t.digits == 0 || t.upper + t.lower < 4 || named_hash(p, n))
        return false;
    if (t.hex + t.dashes == n) { /* a UUID, a slug, a trace context */
        if (t.dashes > 0 || !secret_hex(p, n, &t))
            return false;
    } else if (t.upper < 2 || t.lower < 2 || t.slashes * 16 > n || t.dashes * 10 > n ||
               words(&t, n) || entropy(p, n) < BITS) {
        return false;
    }
    return !public_name(s, i);
}

/* The token that begins at `i`; the end of a path or of a dash is none of it. */
static size_t token_length(const char *p, size_t i, size_t to)
{
    size_t n = 0;

    while (i + n < to && token_char(p[i + n]))
        n++;
    while (n > 0 && (p[i + n - 1] == '-' || p[i + n - 1] == '/'))
        n--;
    for (size_t k = 0; k < 2 && i + n < to && p[i + n] == '='; k++)
        n++;
    return n;
}

/* Where the token begins that covers `i`. */
static size_t token_start(const char *p, size_t from, size_t i)
{
    while (i > from && token_char(p[i - 1]) && !weir_escape_before(p, i))
        i--;
    return i;
}

/* A token covers every MIN_TOKEN-th byte: the others need no look. */
WEIR_FINDER(weir_find_entropy)
{
    const char *p = s->p;

    (void)leaf;
    for (size_t i = from + MIN_TOKEN - 1; i < to; i += MIN_TOKEN) {
        size_t start, n;

        if (!token_char(p[i]))
            continue;
        start = token_start(p, from, i);
        n = token_length(p, start, to);
        if (n >= MIN_TOKEN && n <= MAX_TOKEN && p[start] != '/' &&
            (start == 0 || !weir_is(p[start - 1], WEIR_C_ALNUM) || weir_escape_before(p, start)) &&
            secret(s, start, n)) {
            *ret_span = (struct weir_span){start, start + n};
            return WEIR_FOUND;
        }
        while (i < to && token_char(p[i]))
            i++;
    }
    return WEIR_FOUND_NOTHING;
}
