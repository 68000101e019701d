/* keys.h - does the name of a field say that its value is sensitive?
 *
 * Keys are compared word by word: authToken, auth_token, AUTH-TOKEN and
 * http.auth.token are the words auth, token; author is one word and no
 * match. Digits belong to no word (password2 is password). A term of a rule
 * is one or more words, each of which may have a star in front or behind:
 *
 *   token     the word token             api key   api followed by key, or apikey
 *   *token    accesstoken too            *password*  anywhere in a word
 *
 * `unless` lists words that, right behind a term, make it harmless
 * (token_count, password_length); `except` lists whole keys that never match
 * (PWD, the working directory), in any case those with (?i) in front.
 *
 * The ring caches the answer for each key, since senders use the same few
 * hundred keys again and again, with whatever else the walk wants to know of
 * a key. Owned by one scrubber. */
#ifndef WEIR_SCRUB_KEYS_H
#define WEIR_SCRUB_KEYS_H

#include "weir/arena.h"

struct weir_words {
    const struct weir_str *terms; /* words lower-case, joined by one space */
    size_t n_terms;
    const struct weir_str *unless; /* lower-case words */
    size_t n_unless;
    const struct weir_str *except; /* keys as they are; behind (?i): in any case */
    size_t n_except;
};

/* Does `key` match? With `phrase`, `key` is words of running text and only
 * terms of two words or more that end it count. */
bool weir_words_match(const struct weir_words *w, struct weir_str key, bool phrase);

/* Do both lists say the same? */
bool weir_words_equal(const struct weir_words *a, const struct weir_words *b);

/* Splits `key` into words: offsets and lengths of at most `max`; the number. */
struct weir_word {
    uint16_t at, n;
};
size_t weir_split_words(struct weir_str key, struct weir_word *ret_words, size_t max);
/* weir_words_match() for a key that is asked about many lists: split once,
 * into at most WEIR_KEY_WORDS words. */
enum { WEIR_KEY_WORDS = 24 };
bool weir_words_match_split(const struct weir_words *w, struct weir_str key,
                            const struct weir_word *words, size_t n, bool phrase);

/* Asks all rules of a plan about a key. `self` is the plan's. */
struct weir_key;
typedef void weir_key_fn(void *self, struct weir_str key, bool phrase, struct weir_key *ret_key);

enum { WEIR_KEY_CACHED = 47 }; /* longer keys are not cached */

/* Members that name a sensitive value beside them: {"name":…,"value":…}. */
enum weir_key_role { WEIR_KEY_PLAIN, WEIR_KEY_NAMES, WEIR_KEY_VALUE };

struct weir_key {
    uint64_t rules;  /* a bit for each key rule of the plan that matches */
    uint32_t symbol; /* in the plan's selectors, 0: none */
    uint16_t field;  /* in the schema, 0: none */
    bool version;    /* its last word is version: 1.2.3.4 is no address there */
    bool number;     /* short numbers under it may be somebody's: bsn, lat */
    uint8_t role;    /* enum weir_key_role */
    bool phrase;
    uint8_t n; /* bytes of text; 255: empty slot */
    char text[WEIR_KEY_CACHED];
};

struct weir_keyring;

struct weir_keyring *weir_keyring_new(weir_key_fn *ask, void *self);
void weir_keyring_free(struct weir_keyring *r);
/* Good until the next call. */
const struct weir_key *weir_keyring_get(struct weir_keyring *r, struct weir_str key, bool phrase);

#endif
