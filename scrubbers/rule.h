/* rule.h - what a compiled rule set is made of (private to scrubbers/).
 *
 *   rule set:  rules (by name) -> leaves (detector + redaction)
 *              applications: selector -> list of leaves, in order
 *
 * `multiple` and `alias` rules are resolved while loading, so that behind
 * this header there are leaves only. Everything lives in the arena of the
 * rule set and is read only once it is compiled. */
#ifndef WEIR_SCRUB_RULE_H
#define WEIR_SCRUB_RULE_H

#include "weir/arena.h"
#include "weir/scrub.h"

#include "keys.h"
#include "national_types.h"
#include "selector.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

enum weir_rule_type {
    WEIR_RULE_ANYTHING,
    WEIR_RULE_PATTERN,
    WEIR_RULE_EMAIL,
    WEIR_RULE_IP,
    WEIR_RULE_IPV4,
    WEIR_RULE_IPV6,
    WEIR_RULE_CREDITCARD,
    WEIR_RULE_IBAN,
    WEIR_RULE_US_SSN,
    WEIR_RULE_PHONE,
    WEIR_RULE_PEMKEY,
    WEIR_RULE_BEARER,
    WEIR_RULE_BASIC,
    WEIR_RULE_JWT,
    WEIR_RULE_API_KEY,
    WEIR_RULE_URL_AUTH,
    WEIR_RULE_URL_PASSWORD, /* of url_auth the password only */
    WEIR_RULE_USERPATH,
    WEIR_RULE_USERNAME,
    WEIR_RULE_MAC,
    WEIR_RULE_UUID,
    WEIR_RULE_IMEI,
    WEIR_RULE_SESSION,
    WEIR_RULE_DATE_OF_BIRTH,
    WEIR_RULE_PERSON_NAME,
    WEIR_RULE_COORDINATES,
    WEIR_RULE_CRYPTO_WALLET,
    WEIR_RULE_VIN,
    WEIR_RULE_HIGH_ENTROPY,
    WEIR_RULE_NATIONAL_ID, /* any of the following */
                           /* clang-format off */
#define WEIR_RULE_NATIONAL(type, name, text) WEIR_RULE_##type,
    WEIR_NATIONAL_TYPES(WEIR_RULE_NATIONAL)
#undef WEIR_RULE_NATIONAL
                           /* clang-format on */
    WEIR_RULE_PASSPORT_MRZ,
    WEIR_RULE_PASSWORD,    /* values under keys that match as words */
    WEIR_RULE_REDACT_PAIR, /* values under keys that match a pattern */
    WEIR_RULE_MULTIPLE,
    WEIR_RULE_ALIAS,
    WEIR_RULE_TYPES
};

enum weir_method {
    WEIR_METHOD_DEFAULT, /* not said: that of the parent, else remove */
    WEIR_METHOD_REMOVE,
    WEIR_METHOD_REPLACE,
    WEIR_METHOD_MASK,
    WEIR_METHOD_HASH,
    WEIR_METHOD_TRUNCATE,
    WEIR_METHOD_ENCRYPT
};

struct weir_redaction {
    enum weir_method method;
    struct weir_str text;     /* replace */
    char mask;                /* mask: the character put there */
    struct weir_str ignore;   /* mask: characters that stay */
    long from, to;            /* mask: range in code points; negative from the end; to 0: the end */
    size_t length;            /* truncate: code points that stay */
    const uint8_t *key;       /* encrypt: the public key, WEIR_SEAL_KEY bytes */
    struct weir_str hash_key; /* hash: empty for the plan's */
};

/* A detector with its options and what to put in place. */
struct weir_leaf {
    enum weir_rule_type type;
    struct weir_str name;         /* as shown in _meta: @email, @ip:hash, order */
    struct weir_str ruleset;      /* name of the set */
    struct weir_redaction redact; /* method is never DEFAULT */
    pcre2_code *pattern;          /* PATTERN; REDACT_PAIR: of the key */
    struct weir_str source;       /* of the pattern */
    struct weir_str file;         /* of the pattern's rule, and where it stands there */
    unsigned line, column;
    const uint8_t *groups;         /* PATTERN: groups to replace; none: all of the match */
    size_t n_groups;               /* ascending */
    const struct weir_words *keys; /* PASSWORD, and types that a key may tell (PHONE) */
    bool everywhere;               /* what it found goes wherever else it stands, too */
};

struct weir_application {
    struct weir_selector *selector;
    const struct weir_leaf **leaves;
    size_t n_leaves;
};

struct weir_ruleset {
    struct weir_arena arena;
    struct weir_str name;
    struct weir_str file;     /* empty: built in */
    struct weir_str hash_key; /* vars.hashKey; empty: the plan's */
    struct weir_application *applications;
    size_t n_applications;
    pcre2_code **patterns; /* to be freed */
    size_t n_patterns, room_patterns;
};

/* One letter as in _meta. */
char weir_method_letter(enum weir_method m);
/* "remove", "replace", "mask", "hash", "truncate", "encrypt": metric label. */
const char *weir_method_name(enum weir_method m);

#endif
