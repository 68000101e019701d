/* seen.h - texts in which nothing was found a moment ago (private to
 * scrubbers/).
 *
 * Services send the same frames, source lines, header values and attributes
 * again and again. What a text is judged by is its place, its key and its
 * bytes; a text of which all three were seen and nothing was found is clean
 * again. All bytes are kept and compared: no hash decides.
 *
 * One thread's, as the scrubber is. */
#ifndef WEIR_SCRUB_SEEN_H
#define WEIR_SCRUB_SEEN_H

#include "weir/str.h"

struct weir_seen;

/* What a text is judged by; compared as bytes, so without padding. */
struct weir_seen_as {
    uint64_t menu;     /* its id, never used twice */
    uint64_t under;    /* key rules that know its key */
    uint32_t n, key_n; /* bytes of the text and of its key */
    uint32_t classes;  /* of bytes: a number is judged in another way than its text */
    uint32_t code;     /* 1: source code */
};

/* Takes some 300 KiB, of which only what is used becomes real. NULL: no memory. */
struct weir_seen *weir_seen_new(void);
void weir_seen_free(struct weir_seen *seen);
/* Was this text clean? `as->n` and `as->key_n` are set here. */
bool weir_seen_clean(struct weir_seen *seen, struct weir_seen_as *as, struct weir_str key,
                     struct weir_str text);
/* The text that weir_seen_clean() was asked about last, with the same
 * arguments, is clean. */
void weir_seen_note(struct weir_seen *seen, const struct weir_seen_as *as, struct weir_str key,
                    struct weir_str text);
/* Forgets all. */
void weir_seen_reset(struct weir_seen *seen);

#endif
