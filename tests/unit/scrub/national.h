/* national.h - one row of the tests of national ids: how valid numbers are
 * made, how they are written, what is published. */
#ifndef TEST_SCRUB_NATIONAL_H
#define TEST_SCRUB_NATIONAL_H

#include "scrub/ids.h"

struct national {
    const char *rule, *word, *text;
    void (*make)(struct rng *r, char *out);
    const char *shapes[6];    /* those with ! before them tell by themselves */
    const char *published[6]; /* found after the word */
    int at;                   /* whose change makes a miss; -1: the last */
    const char *instead;      /* what it changes to; NULL: another of its kind */
};

static inline void miss(struct rng *r, char *value, const struct national *n)
{
    char *c = n->at < 0 ? value + strlen(value) - 1 : value + n->at, old = *c;
    const char *set = isdigit((unsigned char)old) ? "0123456789" : "ABCDEFGHIJKLMNOPQRSTUVWXYZ";

    while (*c == old)
        *c = rng_of(r, n->instead != NULL ? n->instead : set);
}

static inline unsigned national_row(const struct national *n)
{
    struct ids_run run, all;
    struct rng r = {42};
    unsigned shapes = 0;

    ids_open(&run, n->rule, n->text);
    while (shapes < 6 && n->shapes[shapes] != NULL)
        shapes++;
    for (unsigned i = 0; i < 6 && n->published[i] != NULL; i++)
        ids_check(&run, "$W $V rejected", n->word, n->published[i], true);
    for (unsigned i = 0; i < IDS_EACH; i++) {
        const char *shape = n->shapes[i % shapes];
        char compact[IDS_VALUE], value[IDS_VALUE];
        bool alone = shape[0] == '!';

        n->make(&r, compact);
        lay_out(shape + alone, compact, value);
        ids_check(&run, PICK(&r, telling), n->word, value, true);
        ids_check(&run, PICK(&r, silent), n->word, value, alone);
        if (!alone)
            ids_check(&run, PICK(&r, other), n->word, value, false);
        miss(&r, compact, n);
        lay_out(shape + alone, compact, value);
        ids_check(&run, PICK(&r, telling), n->word, value, false);
        ids_check(&run, PICK(&r, silent), n->word, value, false);
    }
    bench_close(&run.b);

    /* the one type that is all of them */
    ids_open(&all, "@national_id", "[national-id]");
    r.state = 7;
    for (unsigned i = 0; i < 20; i++) {
        char compact[IDS_VALUE], value[IDS_VALUE];

        n->make(&r, compact);
        lay_out(n->shapes[0] + (n->shapes[0][0] == '!'), compact, value);
        ids_check(&all, PICK(&r, telling), n->word, value, true);
    }
    bench_close(&all.b);
    if (run.wrong + all.wrong > 0)
        fprintf(stderr, "%s: %u\n", n->rule, run.wrong + all.wrong);
    return run.wrong + all.wrong;
}

/* Two digits and the end of the text. */
static inline void two(char *out, unsigned v)
{
    out[0] = (char)('0' + v / 10 % 10);
    out[1] = (char)('0' + v % 10);
    out[2] = '\0';
}

/* A day, in the order of `form`: Y century, y year, m month, d day;
 * what is added to month and day is said. */
static inline void day(struct rng *r, const char *form, unsigned more_m, unsigned more_d, char *out)
{
    for (; *form != '\0'; form++) {
        unsigned v = *form == 'm'   ? 1 + rng_below(r, 12) + more_m
                     : *form == 'd' ? 1 + rng_below(r, 28) + more_d
                     : *form == 'Y' ? 19 + rng_below(r, 2)
                                    : rng_below(r, 100);

        two(out, v);
        out += 2;
    }
}

/* Makes the character at `at` the one of `set` for which `sum` of the digits by
 * `weights` has the remainder `rest`; false: none has. */
static inline bool settle(char *value, int at, const char *set, const char *weights, long by,
                          long rest)
{
    for (; *set != '\0'; set++) {
        value[at] = *set;
        if (weighed(value, weights) % by == rest)
            return true;
    }
    return false;
}

#define DIGITS "0123456789"

/* Luhn, by the sums of doubled digits written down. */
static inline bool luhn_holds(const char *d)
{
    static const char doubled[] = "0246813579";
    long sum = 0;
    size_t n = strlen(d);

    for (size_t i = 0; i < n; i++)
        sum += (n - i) % 2 == 0 ? doubled[d[i] - '0'] - '0' : d[i] - '0';
    return sum % 10 == 0;
}

static inline void settle_luhn(char *digits, int at)
{
    for (digits[at] = '0'; !luhn_holds(digits);)
        digits[at]++;
}

#endif
