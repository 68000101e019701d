/* detect.h - detectors: what to look for in one text.
 *
 * A detector is one row of the table in detect.c: a function that finds the
 * first match in a range, the byte classes without which it cannot match
 * (the prefilter counts them in one pass before any detector runs), and the
 * text that stands for it by default. Detectors see unescaped text and may
 * look behind and ahead of their range for context, but match inside it: the
 * rest is claimed by an earlier rule. They are pure and hold no state. */
#ifndef WEIR_SCRUB_DETECT_H
#define WEIR_SCRUB_DETECT_H

#include "hint.h"
#include "rule.h"

/* Classes of bytes that a text holds, by prefilter.c. */
enum {
    WEIR_P_DIGIT = 1,
    WEIR_P_AT = 2,            /* @ or % (as of %40) or & (as of &#64;) */
    WEIR_P_COLON = 4,         /* : or % */
    WEIR_P_DOT = 8,           /* . */
    WEIR_P_DASH = 16,         /* - */
    WEIR_P_PAIR = 32,         /* = : " ' or % (as of %3D): what joins key and value */
    WEIR_P_SLASH = 64,        /* / \ or % */
    WEIR_P_PLUS = 128,        /* + or % */
    WEIR_P_MADE = 256,        /* a digit or an upper-case letter */
    WEIR_P_B = 512,           /* b or B, as in bearer and basic */
    WEIR_P_BLANK = 1024,      /* a blank, + or % */
    WEIR_P_LONG = 1 << 16,    /* 16 or more bytes */
    WEIR_P_DIGITS = 1 << 17,  /* 8 or more digits */
    WEIR_P_COLONS = 1 << 18,  /* 2 or more : */
    WEIR_P_DOTS = 1 << 19,    /* 3 or more . */
    WEIR_P_ADDRESS = 1 << 20, /* one or the other of these */
    WEIR_P_RUN = 1 << 21,     /* 15 or more letters, digits and any of ._%+- in a row */
    WEIR_P_CLASSES = (1 << 24) - 1
};

/* WEIR_HINT_* among what a detector needs: no class of bytes, but words. */
#define WEIR_P_HINT(hint) ((uint32_t)(hint) << 24)

/* The text being judged. */
struct weir_subject {
    const char *p;
    size_t n;
    uint32_t classes;                   /* WEIR_P_* */
    bool code;                          /* source code: a pair's value must be a literal */
    struct weir_str key;                /* JSON key under which it stands; empty: none */
    struct weir_keyring *keys;          /* for pairs in text; NULL: none are looked for */
    uint64_t key_rule;                  /* the bit that a key must have in the ring */
    const struct weir_tells *tells;     /* what in it tells of what follows; NULL: not known */
    const struct weir_numbers *numbers; /* where numbers stand (numbers.h); NULL: anywhere */
    uint64_t under;                     /* key rules that know the key whose value the text is */
    uint64_t barren[2];                 /* types that found nothing in all of it, */
    uint64_t barren_keys;               /* and key rules: judge.c runs no twin of theirs */
    bool found;                         /* the leaf at hand has found something */
    pcre2_match_data *match;            /* for patterns */
    pcre2_match_context *limits;
};

struct weir_span {
    size_t start, end;
};

enum weir_found { WEIR_FOUND_NOTHING, WEIR_FOUND, WEIR_FOUND_LIMIT /* cannot be judged */ };

struct weir_detector {
    const char *name; /* as in rule sets */
    uint32_t needs;   /* all of these classes; and a key that tells, or one of the hints */
    const char *text; /* default replacement */
    bool strong;      /* tells itself apart so well that it is run on names */
    bool number;      /* looks at JSON numbers too */
    enum weir_found (*find)(const struct weir_leaf *leaf, const struct weir_subject *s, size_t from,
                            size_t to, struct weir_span *ret_span);
    uint8_t digits; /* of the least region of digits (numbers.h) that holds one; 0: any text may */
};

extern const struct weir_detector weir_detectors[WEIR_RULE_TYPES];

/* Does `s` begin with the default replacement of some rule? It is what an
 * earlier pass, or an earlier scrubber, left. */
bool weir_replacement(struct weir_str s);
/* Byte classes of a text, one pass. */
uint32_t weir_prefilter(const char *p, size_t n);

/* The finders, by family. */
#define WEIR_FINDER(name)                                                                         \
    enum weir_found name(const struct weir_leaf *leaf, const struct weir_subject *s, size_t from, \
                         size_t to, struct weir_span *ret_span)
WEIR_FINDER(weir_find_email);
WEIR_FINDER(weir_find_ip);
WEIR_FINDER(weir_find_ipv4);
WEIR_FINDER(weir_find_ipv6);
WEIR_FINDER(weir_find_card);
WEIR_FINDER(weir_find_iban);
WEIR_FINDER(weir_find_ssn);
WEIR_FINDER(weir_find_phone);
WEIR_FINDER(weir_find_imei);
WEIR_FINDER(weir_find_coordinates);
WEIR_FINDER(weir_find_wallet);
WEIR_FINDER(weir_find_vin);
WEIR_FINDER(weir_find_entropy);
WEIR_FINDER(weir_find_national);
WEIR_FINDER(weir_find_pem);
WEIR_FINDER(weir_find_bearer);
WEIR_FINDER(weir_find_basic);
WEIR_FINDER(weir_find_jwt);
WEIR_FINDER(weir_find_api_key);
WEIR_FINDER(weir_find_url_auth);
WEIR_FINDER(weir_find_userpath);
WEIR_FINDER(weir_find_username);
WEIR_FINDER(weir_find_mac);
WEIR_FINDER(weir_find_uuid);
WEIR_FINDER(weir_find_pattern);
WEIR_FINDER(weir_find_anything);
WEIR_FINDER(weir_find_pair);
WEIR_FINDER(weir_find_session);
WEIR_FINDER(weir_find_birth);
WEIR_FINDER(weir_find_person);

/* After weir_find_pattern() found one of several groups: the next of the same
 * match at or behind `from`. Where to look for the next match: *ret_end. */
bool weir_pattern_more(const struct weir_leaf *leaf, const struct weir_subject *s, size_t from,
                       size_t to, struct weir_span *ret_span, size_t *ret_end);

#endif
