/* settings.h - the one table of settings.
 *
 * A row says everything about a key: where it stands, what it is, what holds
 * when it is absent, what it does, where it goes. Parsing, `weir config`,
 * WEIR_* overrides, did-you-mean and docs/configuration.md follow from it.
 * A new key is one row in settings.c; a new kind of value one row in
 * types.c. */
#ifndef WEIR_CONFIG_SETTINGS_H
#define WEIR_CONFIG_SETTINGS_H

#include "load.h"

/* Which struct a row's offset counts from. */
enum weir_scope {
    WEIR_SCOPE_TOP,         /* struct weir_draft */
    WEIR_SCOPE_PROJECT,     /* struct weir_project_draft */
    WEIR_SCOPE_DESTINATION, /* struct weir_destination_draft */
    WEIR_SCOPE_SLA,         /* struct weir_sla */
    WEIR_SCOPE_API,         /* struct weir_health_check, these three */
    WEIR_SCOPE_SERVICE,
    WEIR_SCOPE_QUEUE,
    WEIR_SCOPES
};
/* The list whose elements these are, as a path from the top. */
extern const char *const weir_scope_paths[WEIR_SCOPES];

enum weir_type {
    WEIR_TYPE_TEXT,
    WEIR_TYPE_PATH,
    WEIR_TYPE_BOOL,
    WEIR_TYPE_WORD, /* one of `words`, stored as its index */
    WEIR_TYPE_COUNT,
    WEIR_TYPE_NUMBER,
    WEIR_TYPE_RATIO,
    WEIR_TYPE_DURATION,
    WEIR_TYPE_SIZE,
    WEIR_TYPE_ADDRESS,
    WEIR_TYPE_DSN,
    WEIR_TYPE_URL,
    WEIR_TYPE_QUEUE_CHECK,
    WEIR_TYPE_TEXTS,
    WEIR_TYPE_NUMBERS,
    WEIR_TYPE_CIDRS,
    WEIR_TYPE_TAGS,
    WEIR_TYPE_ENDPOINTS,
    WEIR_TYPE_RULESETS,
    WEIR_TYPE_NAMES,
    WEIR_TYPE_PROJECTS,
    WEIR_TYPE_DESTINATIONS,
    WEIR_TYPE_SECTIONS,
    WEIR_TYPES
};

enum { WEIR_WORDS = 8 };

struct weir_setting {
    enum weir_scope scope;
    enum weir_type type;
    const char *path;              /* "retry.initial", within its scope */
    const char *fallback;          /* the default as it would be written */
    const char *help;              /* one sentence or two for docs/configuration.md */
    size_t offset, size;           /* of the field */
    size_t offset_n;               /* of the field that counts, for lists */
    uint64_t least, most;          /* of numbers: ms, bytes, count */
    const char *words[WEIR_WORDS]; /* of a word */
    enum weir_scope of;            /* of lists of maps: what their elements are, */
    size_t item_size;              /* and the size of the struct that takes one */
    /* What else a text (or each of a list) must fulfil: NULL when it does,
     * else what completes "must be". */
    const char *(*check)(struct weir_str s);
    bool secret; /* never shown */
    /* May be "", worked out later: a size is then 0, a count or duration
     * UINT32_MAX, a share negative. */
    bool optional;
};

extern const struct weir_setting weir_settings[];
extern const size_t weir_n_settings;

/* What can be done with a type's values. */
struct weir_type_row {
    const char *name; /* in docs/configuration.md */
    bool scalar;      /* one text: a WEIR_* variable may override it */
    /* Reads `n` into `field`; false: not usable, said to l->errors. */
    bool (*read)(struct weir_loader *l, const struct weir_setting *s, const struct weir_node *n,
                 void *base);
    /* Writes the value as YAML on one line. NULL: sections, see print.c. */
    void (*write)(struct weir_buf *b, const struct weir_setting *s, const void *base);
};

extern const struct weir_type_row weir_types[WEIR_TYPES];

/* Reads the map `n` of `scope` into `base` (zeroed), defaults included. */
void weir_section_read(struct weir_loader *l, enum weir_scope scope, const struct weir_node *n,
                       void *base);
/* The list sections. */
bool weir_read_projects(struct weir_loader *l, const struct weir_setting *s,
                        const struct weir_node *n, void *base);
bool weir_read_destinations(struct weir_loader *l, const struct weir_setting *s,
                            const struct weir_node *n, void *base);
/* Any list of maps with nothing special: s->most elements at most. */
bool weir_read_sections(struct weir_loader *l, const struct weir_setting *s,
                        const struct weir_node *n, void *base);
/* WEIR_LISTEN_HTTP of listen.http. `ret_name` has room for 64 bytes. */
void weir_setting_variable(const struct weir_setting *s, char ret_name[64]);
/* The tables of docs/configuration.md, as Markdown. */
void weir_settings_document(struct weir_buf *b);
/* Text as a YAML scalar: plain where that is safe, else quoted, and so that
 * ${ is not expanded again. */
void weir_write_text(struct weir_buf *b, struct weir_str s);

#endif
