/* ids.h - values made by seed, put into sentences and JSON, scrubbed, compared:
 * for the detectors that a checksum or a format decides.
 *
 * Arithmetic here is meant to differ from the detectors': a check digit is
 * found by trying which one satisfies the published congruence. */
#ifndef TEST_SCRUB_IDS_H
#define TEST_SCRUB_IDS_H

#include "scrub/helper.h"

#include <ctype.h>

enum { IDS_EACH = 210, IDS_VALUE = 160, IDS_LINE = 512 };

struct rng {
    uint64_t state;
};

/* SplitMix64. */
static inline uint64_t rng_next(struct rng *r)
{
    uint64_t z = r->state += UINT64_C(0x9E3779B97F4A7C15);

    z = (z ^ z >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ z >> 27) * UINT64_C(0x94D049BB133111EB);
    return z ^ z >> 31;
}

static inline unsigned rng_below(struct rng *r, unsigned n)
{
    return (unsigned)(rng_next(r) % n);
}

static inline char rng_of(struct rng *r, const char *set)
{
    return set[rng_below(r, (unsigned)strlen(set))];
}

/* # a digit, + a digit but 0, A a letter, h a hex digit, z a letter or digit of
 * any case, anything else itself. */
static inline void rng_fill(struct rng *r, const char *pattern, char *out)
{
    for (; *pattern != '\0'; pattern++)
        switch (*pattern) {
        case '#':
            *out++ = (char)('0' + rng_below(r, 10));
            break;
        case '+':
            *out++ = (char)('1' + rng_below(r, 9));
            break;
        case 'A':
            *out++ = (char)('A' + rng_below(r, 26));
            break;
        case 'h':
            *out++ = rng_of(r, "0123456789abcdef");
            break;
        case 'z':
            *out++ = rng_of(r, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");
            break;
        default:
            *out++ = *pattern;
        }
    *out = '\0';
}

/* Sum of each digit times its weight; weights are given as numbers in text. */
static inline long weighed(const char *digits, const char *weights)
{
    long sum = 0;

    for (char *at = (char *)weights; *at != '\0';)
        sum += (*digits++ - '0') * strtol(at, &at, 10);
    return sum;
}

/* Lays `compact` out: each # takes its next character. */
static inline void lay_out(const char *shape, const char *compact, char *out)
{
    for (; *shape != '\0'; shape++)
        *out++ = *shape == '#' ? *compact++ : *shape;
    *out = '\0';
}

/* A line with $V for the value, $W for the word that tells. */
static inline void say(const char *line, const char *word, const char *value, char *out)
{
    for (; *line != '\0'; line++) {
        const char *in = line[0] == '$' && line[1] == 'V'   ? value
                         : line[0] == '$' && line[1] == 'W' ? word
                                                            : NULL;

        if (in == NULL) {
            *out++ = *line;
            continue;
        }
        memcpy(out, in, strlen(in));
        out += strlen(in);
        line++;
    }
    *out = '\0';
}

/* Sentences in which a word tells, and such in which none does. */
static const char *const telling[] = {
    "$W $V rejected",
    "$W: $V",
    "request failed: $W=$V&page=2",
    "{\"$W\": \"$V\", \"n\": 1}",
    "customer with $W number $V not found",
    "validation of $W '$V' failed",
    "2026-04-10T05:34:17.397Z WARN [$W $V] stale",
    "<td>$W</td><td>$V</td>",
    "{\\\"$W\\\":\\\"$V\\\"}",
    "q=$W%3D$V",
};
static const char *const silent[] = {
    "value $V seen", "($V)",           "x=$V;",          "got '$V', going on",
    "it was $V.",    "[\"$V\", null]", "a, $V, b",       "worker-3: skipped $V",
    "at last: $V\n", "seen:\t$V",      "retry <$V> now", "\xE5\x80\xBC\xEF\xBC\x9A$V",
};
/* ... and such in which a word says that it is something else. */
static const char *const other[] = {"order $V shipped", "trace $V", "ts=$V",
                                    "batch $V done",    "line $V",  "{\"request\": \"$V\"}"};

struct ids_run {
    struct bench b;
    const char *text; /* what stands for a value */
    unsigned wrong;
};

static inline void ids_open(struct ids_run *r, const char *rule, const char *text)
{
    char yaml[256];

    snprintf(yaml, sizeof yaml, "applications: {'**': ['%s:replace']}", rule);
    bench_open(&r->b, yaml);
    r->text = text;
    r->wrong = 0;
}

static inline void ids_close(struct ids_run *r)
{
    bench_close(&r->b);
    assert_int_equal(r->wrong, 0);
}

/* Is `value` in `line` replaced just so, or (`found` false) left alone? */
static inline void ids_check(struct ids_run *r, const char *line, const char *word,
                             const char *value, bool found)
{
    char in[IDS_LINE], want[IDS_LINE];
    const char *out;

    say(line, word, value, in);
    say(line, word, found ? r->text : value, want);
    out = bench_text(&r->b, in);
    if (strcmp(out, want) != 0) {
        if (r->wrong++ < 20)
            fprintf(stderr, "  in    %s\n  out   %s\n  want  %s\n", in, out, want);
    }
    weir_arena_reset(&r->b.arena);
}

#define PICK(r, array) (array)[rng_below(r, COUNT_OF(array))]
#define COUNT_OF(array) (unsigned)(sizeof(array) / sizeof(array)[0])

#endif
