/* json_reader.h - the layout of the reader, for the files of core that make
 * it up: json_reader.c (grammar), json_scan.c (strings, numbers, literals),
 * json_keys.c (duplicate keys). Others use weir/json.h. */
#ifndef WEIR_CORE_JSON_READER_H
#define WEIR_CORE_JSON_READER_H

#include "weir/json.h"

/* ---- scanning: json_scan.c --------------------------------------------- */

enum weir_scan { WEIR_SCAN_OK, WEIR_SCAN_MORE, WEIR_SCAN_BAD };

struct weir_scanned {
    enum weir_scan result;
    const char *end; /* OK: past the value; BAD: where it went wrong */
    const char *why; /* BAD: constant text */
    uint8_t mend;
    bool escaped;
};

/* A string; `p` stands on its opening quote. */
struct weir_scanned weir_scan_string(const char *p, const char *end, bool last);
/* A number by RFC 8259; `p` stands on a digit or minus. Also -Infinity
 * (mend is WEIR_MEND_NUMBER then). */
struct weir_scanned weir_scan_number(const char *p, const char *end, bool last);
/* `word` itself; `p` stands on its first letter. */
struct weir_scanned weir_scan_word(const char *p, const char *end, bool last, struct weir_str word);

/* Unescapes and mends the text between the quotes, `raw`, into `out`, which
 * has room for raw.n bytes, three times as many when the UTF-8 is broken.
 * The string was scanned before. Returns the length. */
size_t weir_json_unescape(struct weir_str raw, char *out);

/* ---- duplicate keys: json_keys.c ---------------------------------------- */

/* A key of an object that is still open. */
struct weir_json_key {
    uint64_t hash;
    size_t start;  /* of the key: its quote */
    size_t next;   /* start of the member after it, once that is known */
    uint32_t raw;  /* bytes between the quotes, as written */
    uint32_t slot; /* in the index, when its object is indexed */
    bool plain;    /* nothing to unescape or mend */
};

/* An open container; an array has no keys. Those of an object are keys[first, n_keys) whenever it
 * is the innermost one, since those of inner objects are popped as they close. */
struct weir_json_object {
    uint64_t seen;  /* a bit for each hash met: 0 proves a key to be new */
    uint32_t first; /* of its keys */
    uint32_t last;  /* key met last; meaningful when `any` */
    bool any, indexed;
};

struct weir_json_keys {
    struct weir_json_key *keys;
    uint32_t n, room;
    uint32_t *index; /* open addressing; number of the key + 1, 0 is free */
    uint32_t index_room, n_indexed;
    char *scratch; /* unescaped key */
    size_t scratch_room;
    struct weir_json_object objects[WEIR_JSON_DEPTH];
};

enum weir_json_seen { WEIR_KEY_NEW, WEIR_KEY_AGAIN, WEIR_KEY_FAILED };

/* Forgets all; gives back what a huge document made it take. */
void weir_json_keys_reset(struct weir_json_keys *k);
void weir_json_keys_free(struct weir_json_keys *k);
static inline void weir_json_keys_open(struct weir_json_keys *k, unsigned depth)
{
    k->objects[depth] = (struct weir_json_object){.first = k->n};
}
void weir_json_keys_close(struct weir_json_keys *k, unsigned depth);
/* Notes the key `t` of the object at `depth`; `window` is the document from
 * offset `base` on. AGAIN: the member before it of the same name is
 * [ret_start, ret_end), its comma included. FAILED: out of memory. */
enum weir_json_seen weir_json_keys_add(struct weir_json_keys *k, unsigned depth,
                                       const struct weir_json_token *t, struct weir_str window,
                                       size_t base, size_t *ret_start, size_t *ret_end);

/* ---- the reader --------------------------------------------------------- */

struct weir_json_reader {
    const char *p, *end; /* what is left of the window */
    const char *bytes;   /* its begin, at offset `base` of the document */
    size_t base;
    bool last;
    bool dedupe;
    bool in_object; /* the innermost open container is an object */
    bool deep;      /* inside a value that is nested too deep */
    bool skipping;  /* weir_json_skip() was interrupted by MORE */
    uint8_t state;  /* what may come next, enum in json_reader.c */
    unsigned mended;
    unsigned depth;       /* containers open */
    unsigned token_depth; /* of the token last returned */
    unsigned skip_depth;
    size_t deep_start;
    struct weir_edits *edits;
    const char *error;
    uint64_t *kinds;     /* a bit for each open container: is it an object? */
    unsigned kinds_room; /* bits */
    struct weir_json_keys keys;
};

#endif
