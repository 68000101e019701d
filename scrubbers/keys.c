/* keys.c - cutting keys into words, comparing terms, caching answers. */
#include "keys.h"

#include "chars.h"

#include <stdlib.h>

enum { SLOTS = 1024, WAYS = 2 };

/* A word ends where its kind of character does, and before the capital that
 * begins the next one: authToken, HTTPServer. */
static bool word_goes_on(struct weir_str key, size_t at, size_t i)
{
    bool upper = weir_is(key.p[i], WEIR_C_UPPER);
    bool before = weir_is(key.p[i - 1], WEIR_C_UPPER);

    (void)at;
    if (!weir_is(key.p[i], WEIR_C_ALPHA | WEIR_C_HIGH))
        return false;
    if (upper && !before)
        return false;
    return !(upper && before && i + 1 < key.n && weir_is(key.p[i + 1], WEIR_C_LOWER) &&
             !(i + 2 == key.n && key.p[i + 1] == 's')); /* URLs, IDs */
}

size_t weir_split_words(struct weir_str key, struct weir_word *ret_words, size_t max)
{
    size_t n = 0, i = 0;

    if (key.n > UINT16_MAX)
        key.n = UINT16_MAX;
    while (i < key.n && n < max) {
        size_t at = i;

        if (!weir_is(key.p[i], WEIR_C_ALPHA | WEIR_C_HIGH)) {
            i++;
            continue;
        }
        for (i++; i < key.n && word_goes_on(key, at, i);)
            i++;
        ret_words[n++] = (struct weir_word){(uint16_t)at, (uint16_t)(i - at)};
    }
    return n;
}

static bool same_nocase(const char *p, const char *lower, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (weir_lower(p[i]) != lower[i])
            return false;
    return true;
}

/* One word against one word of a term, with its stars. */
static bool word_fits(const char *p, size_t n, struct weir_str term)
{
    bool front = term.n > 1 && term.p[0] == '*', back = term.n > 1 && term.p[term.n - 1] == '*';
    const char *t = term.p + front;
    size_t len = term.n - front - (back && term.n > 1);

    if (n < len || (!front && !back && n != len))
        return false;
    if (!front)
        return same_nocase(p, t, len);
    if (!back)
        return same_nocase(p + n - len, t, len);
    for (size_t i = 0; i + len <= n; i++)
        if (same_nocase(p + i, t, len))
            return true;
    return false;
}

/* Does a term of several words stand glued in one (apikey)? */
static bool glued(const char *p, size_t n, struct weir_str term)
{
    size_t i = 0;

    for (size_t k = 0; k < term.n; k++) {
        if (term.p[k] == ' ')
            continue;
        if (i >= n || weir_lower(p[i++]) != term.p[k])
            return false;
    }
    return i == n;
}

/* How many words from `words` on does `term` take? 0: it does not match. */
static size_t term_fits(struct weir_str key, const struct weir_word *words, size_t n,
                        struct weir_str term, bool *ret_several)
{
    struct weir_str head, rest = term;
    size_t used = 0;

    *ret_several = memchr(term.p, ' ', term.n) != NULL;
    if (*ret_several && n > 0 && glued(key.p + words[0].at, words[0].n, term))
        return 1;
    while (rest.n > 0) {
        weir_str_cut(rest, ' ', &head, &rest);
        if (used >= n || !word_fits(key.p + words[used].at, words[used].n, head))
            return 0;
        used++;
    }
    return used;
}

static bool listed(struct weir_str word, const struct weir_str *list, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (weir_str_eq_nocase(word, list[i]))
            return true;
    return false;
}

/* Is it that key, which never matches? */
static bool spared(struct weir_str except, struct weir_str key)
{
    static const struct weir_str any_case = {"(?i)", 4};

    return weir_str_starts(except, any_case)
               ? weir_str_eq_nocase(weir_str_sub(except, any_case.n, SIZE_MAX), key)
               : weir_str_eq(except, key);
}

static bool same_list(const struct weir_str *a, size_t n, const struct weir_str *b, size_t n_b)
{
    for (size_t i = 0; i < n && n == n_b; i++)
        if (!weir_str_eq(a[i], b[i]))
            return false;
    return n == n_b;
}

bool weir_words_equal(const struct weir_words *a, const struct weir_words *b)
{
    return a == b || (same_list(a->terms, a->n_terms, b->terms, b->n_terms) &&
                      same_list(a->unless, a->n_unless, b->unless, b->n_unless) &&
                      same_list(a->except, a->n_except, b->except, b->n_except));
}

bool weir_words_match(const struct weir_words *w, struct weir_str key, bool phrase)
{
    struct weir_word words[WEIR_KEY_WORDS];

    return weir_words_match_split(w, key, words, weir_split_words(key, words, WEIR_KEY_WORDS),
                                  phrase);
}

bool weir_words_match_split(const struct weir_words *w, struct weir_str key,
                            const struct weir_word *words, size_t n, bool phrase)
{
    for (size_t i = 0; i < w->n_except; i++)
        if (spared(w->except[i], key))
            return false;
    for (size_t at = 0; at < n; at++) {
        const char first = weir_lower(key.p[words[at].at]);

        for (size_t t = 0; t < w->n_terms; t++) {
            bool several;
            size_t used;

            /* keys that nobody has seen are asked about hundreds of terms */
            if (w->terms[t].n > 0 && w->terms[t].p[0] != '*' && w->terms[t].p[0] != first)
                continue;
            used = term_fits(key, words + at, n - at, w->terms[t], &several);

            if (used == 0 || (phrase && (!several || at + used != n)))
                continue;
            if (at + used < n &&
                listed((struct weir_str){key.p + words[at + used].at, words[at + used].n},
                       w->unless, w->n_unless))
                continue;
            return true;
        }
    }
    return false;
}

/* ---- the ring -------------------------------------------------------------- */

struct weir_keyring {
    weir_key_fn *ask;
    void *self;
    struct weir_key spare; /* answer for a key too long to keep */
    uint8_t turn;
    struct weir_key slots[SLOTS][WAYS];
};

struct weir_keyring *weir_keyring_new(weir_key_fn *ask, void *self)
{
    struct weir_keyring *r = calloc(1, sizeof *r);

    if (r == NULL)
        return NULL;
    r->ask = ask;
    r->self = self;
    for (size_t i = 0; i < SLOTS; i++)
        for (size_t k = 0; k < WAYS; k++)
            r->slots[i][k].n = UINT8_MAX;
    return r;
}

void weir_keyring_free(struct weir_keyring *r)
{
    free(r);
}

/* Of its length, its first and its last eight bytes: what they leave out only
 * costs places in the ring, and is compared there. */
static uint32_t hash_of(struct weir_str key, bool phrase)
{
    uint64_t head = 0, tail = 0;

    if (key.n >= 8) {
        memcpy(&head, key.p, 8);
        memcpy(&tail, key.p + key.n - 8, 8);
    } else if (key.n >= 4) {
        memcpy(&head, key.p, 4);
        memcpy(&tail, key.p + key.n - 4, 4);
    } else if (key.n > 0) {
        head = (uint8_t)key.p[0];
        tail = (uint64_t)(uint8_t)key.p[key.n / 2] << 8 | (uint8_t)key.p[key.n - 1];
    }
    head = (head ^ (key.n << 1 | phrase)) * UINT64_C(0x9E3779B97F4A7C15);
    head = (head ^ tail ^ head >> 32) * UINT64_C(0xD6E8FEB86659FD93);
    return (uint32_t)(head >> 32);
}

const struct weir_key *weir_keyring_get(struct weir_keyring *r, struct weir_str key, bool phrase)
{
    struct weir_key *set, *k = &r->spare;

    if (key.n <= WEIR_KEY_CACHED) {
        set = r->slots[hash_of(key, phrase) % SLOTS];
        for (size_t i = 0; i < WAYS; i++)
            if (set[i].n == key.n && set[i].phrase == phrase &&
                (key.n == 0 || memcmp(set[i].text, key.p, key.n) == 0))
                return &set[i];
        k = set[0].n == UINT8_MAX ? &set[0] : &set[r->turn++ % WAYS];
    }
    memset(k, 0, sizeof *k);
    r->ask(r->self, key, phrase, k);
    k->phrase = phrase;
    k->n = UINT8_MAX;
    if (key.n <= WEIR_KEY_CACHED) {
        k->n = (uint8_t)key.n;
        if (key.n > 0)
            memcpy(k->text, key.p, key.n);
    }
    return k;
}
