/* canary.h - `weir check --canary`: values planted in every field of every
 * kind of item go through the whole ingest of this configuration; one that
 * comes out is a hole.
 *
 *   canaries/KIND.json x field x value x form --decoder--> pipeline -> deliveries
 *                                                           is the value in them?
 *
 * Fields are the strings, objects (for their keys) and numbers of the samples.
 * Forms: the value alone, within text, \u-escaped, in JSON within the string,
 * percent-encoded in a URL, as a key. A value that the rule sets of a project
 * do not remove from a plain message is none of theirs: that is said, and not
 * looked for. One thread; nothing is sent, stored or logged. */
#ifndef WEIR_CLI_CANARY_H
#define WEIR_CLI_CANARY_H

#include "weir/config.h"

#include <jansson.h>

/* Plants, prints, and says whether all projects are tight: an exit status. */
int weir_canary(const struct weir_snapshot *snapshot);

enum weir_canary_form {
    WEIR_CANARY_ALONE,
    WEIR_CANARY_TEXT,
    WEIR_CANARY_ESCAPED,
    WEIR_CANARY_NESTED,
    WEIR_CANARY_PERCENT,
    WEIR_CANARY_KEY,
    WEIR_CANARY_NUMBER,
    WEIR_CANARY_FORMS
};

/* What is planted: `text` carries `secret`, which must not come out. `key`:
 * `text` stands under this key only. */
struct weir_canary_value {
    const char *name, *text, *secret, *key;
    bool number;          /* `secret` is one in JSON, too */
    enum weir_care until; /* the least that it is looked for in */
};

/* One kind of item, from canaries/. */
struct weir_canary_sample {
    const char *name;
    json_t *root;
};

/* Called with a whole body in which one field holds the value. `path` is the
 * field. False stops. */
typedef bool weir_canary_fn(void *self, const struct weir_canary_sample *sample, const char *path,
                            enum weir_canary_form form, struct weir_str body);

/* Samples are in the order of their names; NULL behind the last. */
int weir_canary_sample_load(size_t i, struct weir_canary_sample *ret_sample) WEIR_MUST_CHECK;
void weir_canary_sample_free(struct weir_canary_sample *s);
/* "envelope", "native", "store", "security", "cron", "otlp-traces",
 * "otlp-logs", "zipkin", "gelf", "logstash", "syslog": the decoder. */
const char *weir_canary_sample_format(const struct weir_canary_sample *s);
/* Every field of the sample with the value in this form. False: stopped, or
 * no memory. Bodies are in `arena`, which is reset between them. */
bool weir_canary_plant(const struct weir_canary_sample *s, const struct weir_canary_value *v,
                       enum weir_canary_form form, struct weir_arena *arena, weir_canary_fn *fn,
                       void *self);

#endif
