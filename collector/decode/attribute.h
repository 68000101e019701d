/* attribute.h - what telemetry formats hang on everything: named values.
 *
 * OTLP attributes, Zipkin tags, GELF's additional fields, syslog's structured
 * data all become a list of these, in the order sent. Text is unescaped UTF-8
 * as far as the sender kept to it (the scrubber mends the rest).
 *
 * Threads and memory as in weir/decode.h. */
#ifndef WEIR_DECODE_ATTRIBUTE_H
#define WEIR_DECODE_ATTRIBUTE_H

#include "weir/buf.h"

enum weir_attribute_kind {
    WEIR_ATTRIBUTE_TEXT,
    WEIR_ATTRIBUTE_INTEGER, /* `text` is its JSON; so with the following */
    WEIR_ATTRIBUTE_DOUBLE,
    WEIR_ATTRIBUTE_BOOLEAN,
    WEIR_ATTRIBUTE_JSON /* array, object or null; bytes values as base64 text are TEXT */
};

struct weir_attribute {
    struct weir_str key;
    enum weir_attribute_kind kind;
    struct weir_str text;
};

struct weir_attributes {
    struct weir_attribute *list;
    size_t n;
};

/* Is it a name and not just any text: a letter, then letters, digits and
 * `_.:/@-`, 100 at most? What the scrubber takes for names, such as `logger`
 * and `op`, is filled with nothing else. */
bool weir_is_name(struct weir_str s);

/* The last of that key, or NULL. */
const struct weir_attribute *weir_attributes_get(const struct weir_attributes *a, const char *key);
/* The text of the first of these keys that is there and not empty, else empty.
 * `keys` ends with NULL: the stable convention's first, then older ones. */
struct weir_str weir_attributes_text(const struct weir_attributes *a, const char *const *keys);
/* Appends the value as JSON. */
void weir_attribute_write(struct weir_buf *out, const struct weir_attribute *a);

/* What stands between a key and the name that it is below: `usual`, but a
 * blank where either is no plain name. Rules look for addresses and numbers
 * where words begin and end, and some sender has one for a key. */
char weir_attribute_separator(struct weir_str above, struct weir_str key, char usual);

#endif
