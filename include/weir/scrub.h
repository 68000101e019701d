/* scrub.h - the wall of scrubbers/: personal data out, by rule sets.
 *
 *   rules/x.yaml --load--> weir_ruleset --+
 *   default (built in) ------------------ +--> weir_scrub_plan (one for each
 *   shadow sets --------------------------+     combination a project uses)
 *
 *   worker: weir_scrubber (scratch, match data) + plan + body -> weir_json_doc
 *
 * A rule is a detector (what to look for), a method (what to put there) and
 * the selector under which it is applied (where to look). Rule sets and
 * plans are immutable and shared by all threads; a scrubber belongs to one.
 *
 * The pass reads a document once, with weir/json.h, and notes edits: it
 * validates, mends, detects and replaces in one go. Scrubbing fails closed:
 * text that cannot be judged (a pattern at its match limit, broken base64 in
 * a field that must be decoded) is replaced as a whole and counted. */
#ifndef WEIR_SCRUB_H
#define WEIR_SCRUB_H

#include "weir/json.h"

struct weir_errors; /* config.h */
struct weir_ruleset;
struct weir_scrub_plan;
struct weir_scrubber;

/* ---- rule sets --------------------------------------------------------- */

/* Compiles the YAML or JSON text of a rule set. All mistakes go to `errors`
 * with line and column; then WEIR_EINVAL and no rule set. */
int weir_ruleset_parse(struct weir_str name, struct weir_str text, struct weir_str file,
                       struct weir_errors *errors,
                       struct weir_ruleset **ret_ruleset) WEIR_MUST_CHECK;
/* The same, but as if the set applied its rule of that name to everything and
 * no other: for tests of one rule. */
int weir_ruleset_parse_one(struct weir_str name, struct weir_str text, struct weir_str file,
                           struct weir_str rule, struct weir_errors *errors,
                           struct weir_ruleset **ret_ruleset) WEIR_MUST_CHECK;
/* A built-in one by name (`default`); WEIR_ENOTFOUND. */
int weir_ruleset_builtin(struct weir_str name, struct weir_ruleset **ret_ruleset) WEIR_MUST_CHECK;
/* Names of the built-in sets, NULL-terminated; constants. */
const char *const *weir_ruleset_names(void);
/* No plan may reference it any more. Accepts NULL. */
void weir_ruleset_free(struct weir_ruleset *r);

/* A rule whose pattern is tried on every text, because it has no literal of
 * three bytes that tells where it cannot match. */
struct weir_price {
    struct weir_str rule, file; /* as in _meta; where it is written */
    unsigned line, column;
    double us_per_kib; /* of ordinary log text, on this machine */
};
typedef void weir_price_fn(void *self, const struct weir_price *price);
/* Tells each such rule that a set's own file writes and applies (not those of
 * the sets that it extends; none of a built-in one), once. Measures for some
 * milliseconds a rule. WEIR_ENOMEM. Any thread. */
int weir_ruleset_price(const struct weir_ruleset *r, weir_price_fn *tell,
                       void *self) WEIR_MUST_CHECK;

/* Joins rule sets: `enforced` change, `shadow` only count: what passes is
 * scrubbed once more for each of them, as if it were the only one enforced. `hash_key` keys
 * the hash method (any length, not empty where a rule hashes). The rule
 * sets are referenced and must outlive the plan. */
int weir_scrub_plan_new(const struct weir_ruleset *const *enforced, size_t n_enforced,
                        const struct weir_ruleset *const *shadow, size_t n_shadow,
                        struct weir_str hash_key,
                        struct weir_scrub_plan **ret_plan) WEIR_MUST_CHECK;
/* No scrubber may be using it. Accepts NULL. */
void weir_scrub_plan_free(struct weir_scrub_plan *p);

/* ---- scrubbing --------------------------------------------------------- */

/* What a document is: decides which fields are structural (ids, timestamps,
 * level, platform, sdk, type names, release, environment are not mangled)
 * and how selectors such as $frame apply. */
enum weir_scrub_kind {
    WEIR_SCRUB_EVENT, /* error event, feedback event, security report */
    WEIR_SCRUB_TRANSACTION,
    WEIR_SCRUB_SPANS,   /* span container (v2) or a single span */
    WEIR_SCRUB_LOGS,    /* log container */
    WEIR_SCRUB_METRICS, /* trace_metric container */
    WEIR_SCRUB_SESSION, /* session, sessions, */
    WEIR_SCRUB_CHECK_IN,
    WEIR_SCRUB_PROFILE,    /* profile, profile_chunk */
    WEIR_SCRUB_REPLAY,     /* replay_event */
    WEIR_SCRUB_REPORT,     /* client_report: counts only */
    WEIR_SCRUB_HEADER,     /* envelope and item headers */
    WEIR_SCRUB_FEEDBACK,   /* user_report */
    WEIR_SCRUB_BREADCRUMB, /* one native breadcrumb, as joined to an event */
    WEIR_SCRUB_JSON        /* anything else that is JSON */
};

/* One thing that was (enforce) or would be (shadow) removed. */
struct weir_match {
    struct weir_str path;          /* exception.values.0.value; in the arena */
    struct weir_str ruleset, rule; /* constants of the plan */
    char method; /* as in _meta: x removed, s substituted, m masked, p hashed, e encrypted */
    bool shadow;
    size_t start, end;   /* UTF-8 bytes in the result's text, as in _meta */
    size_t original_len; /* of the whole value, in code points */
    size_t at;           /* offset of the value in the body */
    /* Personal data, for whoever asked to be told: the whole value as it was,
     * unescaped, and the range in it that went. */
    struct weir_str original;
    size_t from, to;
};

/* Owned by one thread. NULL: out of memory. */
struct weir_scrubber *weir_scrubber_new(void);
/* Accepts NULL. */
void weir_scrubber_free(struct weir_scrubber *s);
/* Forgets the texts that it has seen, which cost little when they come again:
 * for whoever measures. */
void weir_scrubber_forget(struct weir_scrubber *s);
/* When set, matches are kept until the next document (`weir scrub
 * --explain`); they are always counted in weir_scrub_matches_total. */
void weir_scrubber_explain(struct weir_scrubber *s, bool on);
/* The matches kept, in the order found; valid until the next document. */
const struct weir_match *weir_scrubber_matches(const struct weir_scrubber *s, size_t *ret_n);

/* The pass over one whole JSON document. `doc` gets the body, the edits of
 * scrubbing and mending, and the top-level members; its memory is in `a`,
 * and it points into `body`. `_meta` is not written yet, see
 * weir_scrub_finish(). WEIR_EINVAL: no JSON (weir_scrubber_error says what
 * and at which offset, without input bytes); WEIR_ENOMEM/ELIMIT. */
int weir_scrub_json(struct weir_scrubber *s, const struct weir_scrub_plan *plan,
                    enum weir_scrub_kind kind, struct weir_arena *a, struct weir_str body,
                    struct weir_json_doc *ret_doc) WEIR_MUST_CHECK;
/* Why the last document was refused, a constant text ("": it was not);
 * `ret_offset`, which may be NULL: where in the body. */
const char *weir_scrubber_error(const struct weir_scrubber *s, size_t *ret_offset);
/* Adds the `_meta` remarks of the last weir_scrub_json() of this scrubber to
 * the document (merged with what the sender put there), when the kind
 * carries `_meta` (events, transactions). Call once, before
 * weir_json_doc_write(). */
int weir_scrub_finish(struct weir_scrubber *s, struct weir_json_doc *doc) WEIR_MUST_CHECK;

/* Plain text (attachments, messages on their own): lines of anything.
 * Returns `in` itself when nothing changes. */
int weir_scrub_text(struct weir_scrubber *s, const struct weir_scrub_plan *plan,
                    struct weir_arena *a, struct weir_str in,
                    struct weir_str *ret_out) WEIR_MUST_CHECK;
/* One text that stands at `path` (dots) of a document of `kind`, such as a
 * header field or a metric's label. */
int weir_scrub_field(struct weir_scrubber *s, const struct weir_scrub_plan *plan,
                     enum weir_scrub_kind kind, const char *path, struct weir_arena *a,
                     struct weir_str in, struct weir_str *ret_out) WEIR_MUST_CHECK;
/* How much of the rules applies to a field: all; of names only what cannot be
 * mistaken (an e-mail address, a card number, not an IP address); of versions
 * not even digits with a checksum; of ids and times nothing, as long as they
 * look like it. */
enum weir_care { WEIR_CARE_ALL, WEIR_CARE_NAME, WEIR_CARE_VERSION, WEIR_CARE_ID };
/* That of the field at `path` (steps between slashes, since keys may hold
 * dots) of a document of `kind`. */
int weir_scrub_care(struct weir_scrubber *s, const struct weir_scrub_plan *plan,
                    enum weir_scrub_kind kind, struct weir_str path,
                    enum weir_care *ret_care) WEIR_MUST_CHECK;
/* An attachment's or unknown item's bytes, judged by content: JSON, text, or
 * WEIR_EUNSUPPORTED for other binaries (the caller applies its policy). A
 * minidump's memory and environment are overwritten at equal length.
 * `name` is its file name, possibly empty. */
int weir_scrub_attachment(struct weir_scrubber *s, const struct weir_scrub_plan *plan,
                          struct weir_arena *a, struct weir_str name, struct weir_str in,
                          struct weir_str *ret_out) WEIR_MUST_CHECK;
/* replay_recording: a JSON line, then zlib or plain JSON: inflated, scrubbed,
 * deflated again. */
int weir_scrub_recording(struct weir_scrubber *s, const struct weir_scrub_plan *plan,
                         struct weir_arena *a, struct weir_str in,
                         struct weir_str *ret_out) WEIR_MUST_CHECK;

/* ---- streams: payloads over 1 MiB -------------------------------------- */

enum weir_stream_kind {
    WEIR_STREAM_ATTACHMENT, /* judged by its first bytes: JSON, text, minidump, binary */
    WEIR_STREAM_JSON,       /* containers, profiles: kind as given */
    WEIR_STREAM_RECORDING
};

struct weir_scrub_stream;
/* Takes scrubbed bytes, good during the call only; a negative result ends the
 * stream and is handed through. */
typedef int weir_scrub_out_fn(void *self, struct weir_str bytes);

/* Scrubs a payload as it passes, within about 2 MiB of memory whatever its
 * size. Output goes to `out` in order. WEIR_EUNSUPPORTED from feed or end: a
 * binary that nobody may look into (policy of the caller), nothing was
 * written before; WEIR_EINVAL: broken JSON in a JSON item. `binary_ok`:
 * other binaries pass unchanged (attachments: forward). */
int weir_scrub_stream_new(struct weir_scrubber *s, const struct weir_scrub_plan *plan,
                          enum weir_stream_kind what, enum weir_scrub_kind kind, bool binary_ok,
                          weir_scrub_out_fn *out, void *self,
                          struct weir_scrub_stream **ret_stream) WEIR_MUST_CHECK;
/* The next bytes, of any number. Errors as above, WEIR_ENOMEM, or what `out`
 * returned. */
int weir_scrub_stream_feed(struct weir_scrub_stream *t, struct weir_str bytes) WEIR_MUST_CHECK;
/* Nothing follows: what was held back goes out. The same errors. */
int weir_scrub_stream_end(struct weir_scrub_stream *t) WEIR_MUST_CHECK;
/* Accepts NULL. */
void weir_scrub_stream_free(struct weir_scrub_stream *t);

#endif
