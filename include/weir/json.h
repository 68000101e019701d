/* json.h - the JSON pass: one validating read, an edit list, a gather.
 *
 *   body:   {"message":"mail bob@x.io","tags":{"a":"1"}}
 *   edits:            [10,25)->"\"mail [email]\""   [41,41)->",\"b\":\"2\""
 *   out:    {"message":"mail [email]","tags":{"a":"1","b":"2"}}
 *
 * No tree is built. The reader is a pull parser over a window of bytes; the
 * caller looks at each token and, where something must change, notes an edit
 * (offset, length, replacement). The result is gathered from the untouched
 * ranges and the replacements, so what nobody changed comes out byte for
 * byte, and it does not matter in which order members come.
 *
 * Syntax errors (RFC 8259) stop the reader. What is only odd is mended
 * (contract 3): invalid UTF-8 and lone surrogates become U+FFFD, NaN and
 * Infinity null, values nested deeper than WEIR_JSON_DEPTH null, and of
 * duplicate keys the last wins. NaN, Infinity, depth and duplicates are noted
 * as edits by the reader itself; a string to be mended is returned with
 * `mend` set: whoever handles the token writes an edit with the mended text
 * (weir_json_text() returns it), or lets weir_json_mend_string() do so.
 *
 * Threads: one owner. Memory: edits and tables in the arena given. */
#ifndef WEIR_JSON_H
#define WEIR_JSON_H

#include "weir/buf.h"

enum { WEIR_JSON_DEPTH = 256 };

enum weir_json_kind {
    WEIR_JSON_ERROR,  /* reader->error says what, reader->pos where */
    WEIR_JSON_MORE,   /* the window ends inside a token: refill */
    WEIR_JSON_END,    /* the document is complete (only white space follows) */
    WEIR_JSON_OBJECT, /* { */
    WEIR_JSON_OBJECT_END,
    WEIR_JSON_ARRAY, /* [ */
    WEIR_JSON_ARRAY_END,
    WEIR_JSON_KEY, /* a member's name, with its quotes, without the colon */
    WEIR_JSON_STRING,
    WEIR_JSON_NUMBER,
    WEIR_JSON_TRUE,
    WEIR_JSON_FALSE,
    WEIR_JSON_NULL /* also a NaN, Infinity or too deep value, see `mended` */
};

enum weir_json_mend {                          /* bits */
                      WEIR_MEND_UTF8 = 1,      /* invalid UTF-8 in a string */
                      WEIR_MEND_SURROGATE = 2, /* \uD800 without its partner */
                      WEIR_MEND_NUMBER = 4,    /* NaN, Infinity */
                      WEIR_MEND_DEPTH = 8,     /* nested too deep */
                      WEIR_MEND_DUPLICATE = 16 /* an earlier member of that name was deleted */
};

struct weir_json_token {
    enum weir_json_kind kind;
    uint8_t mend; /* enum weir_json_mend bits of this token */
    bool escaped; /* a string with at least one backslash */
    size_t start; /* offset of the first byte in the document, */
    size_t end;   /* and past the last one; strings with their quotes */
};

/* One replacement of the bytes [start, end); start == end inserts. */
struct weir_edit {
    size_t start, end;
    struct weir_str with; /* lives as long as the arena */
};

/* Grows in its arena. Edits may be added in any order; at the gather one
 * that lies strictly inside a larger one is void (an insertion at the larger
 * one's start or end stands). Insertions at the same offset keep the order in
 * which they were added; of two edits for the same range the later one wins. */
struct weir_edits {
    struct weir_arena *arena;
    struct weir_edit *list;
    size_t n, room;
    bool failed; /* an allocation failed: the event must be refused */
    bool sorted; /* by offset, ranges disjoint */
};

/* An empty list; allocates nothing yet. */
void weir_edits_init(struct weir_edits *e, struct weir_arena *arena);
/* `start` <= `end`, offsets in bytes; `with` is referenced. Sets `failed` when
 * out of memory. */
void weir_edits_add(struct weir_edits *e, size_t start, size_t end, struct weir_str with);
/* Sorts the list and drops what is void. Called by the gather; only who asks
 * weir_edits_covers() often calls it first. WEIR_ENOMEM (also `failed`). */
int weir_edits_sort(struct weir_edits *e) WEIR_MUST_CHECK;
/* Does a deletion or replacement of the list cover `offset`? O(log n) on a
 * sorted list, else O(n). */
bool weir_edits_covers(const struct weir_edits *e, size_t offset);
/* Appends body[from, to) with all edits in that range applied to `out`.
 * With no edits this is a plain copy. `body` starts at document offset
 * `from_base`. Edits that cross `from` or `to` are not applied; an insertion
 * at `to` only when the body ends there, so that gathers of neighbouring
 * ranges apply each once. Sorts the list. WEIR_ENOMEM/ELIMIT as
 * weir_buf_str(). */
int weir_edits_gather(struct weir_edits *e, struct weir_str body, size_t from_base, size_t from,
                      size_t to, struct weir_buf *out) WEIR_MUST_CHECK;

struct weir_json_reader; /* layout in json_reader.h of core; use through: */

/* One for each thread, reused; owns its duplicate-key table. NULL: out of
 * memory. */
struct weir_json_reader *weir_json_reader_new(void);
/* Accepts NULL. */
void weir_json_reader_free(struct weir_json_reader *r);
/* Starts a document. `edits` takes the mending edits; NULL: odd input is
 * told by the token's `mend` only and nothing else is done about it (streamed
 * documents, whose owner replaces the token's bytes). With `dedupe` earlier
 * duplicates are deleted through `edits`; without edits they stay. A byte
 * order mark before the document is skipped, and deleted through `edits`. */
void weir_json_begin(struct weir_json_reader *r, struct weir_edits *edits, bool dedupe);
/* Gives the window: bytes from document offset `base` on; `last` when
 * nothing follows. After WEIR_JSON_MORE the caller calls it again with a
 * window that starts at or before weir_json_pos() and reaches further. */
void weir_json_window(struct weir_json_reader *r, struct weir_str bytes, size_t base, bool last);
/* Reads the next token into *ret_token and returns its kind: also
 * WEIR_JSON_MORE (the window ends within a token), WEIR_JSON_END, or
 * WEIR_JSON_ERROR, after which the document is over. */
enum weir_json_kind weir_json_next(struct weir_json_reader *r, struct weir_json_token *ret_token);
/* Offset of the first byte not yet returned in a token (or consumed between
 * tokens). Inside a value that is nested too deep: its start. */
size_t weir_json_pos(const struct weir_json_reader *r);
/* Constant text for the last WEIR_JSON_ERROR, without input bytes. */
const char *weir_json_error(const struct weir_json_reader *r);
/* All enum weir_json_mend bits met so far in this document. */
unsigned weir_json_mended(const struct weir_json_reader *r);
/* Reads on to the end of the container or member value that starts with
 * token `t`, the one last returned (nothing for scalars; the value after a
 * KEY); ret_end is the offset past it. Returns the kind of its last token,
 * WEIR_JSON_ERROR, or WEIR_JSON_MORE: refill and call again with the same
 * `t`. Strings that it passes are mended through the edits, if there are any. */
enum weir_json_kind weir_json_skip(struct weir_json_reader *r, const struct weir_json_token *t,
                                   size_t *ret_end);

/* The text of a STRING or KEY token: unescaped, mended UTF-8, without the
 * quotes. Points into `window` when nothing had to be changed, else into the
 * arena. `window` is the bytes from document offset `base` on. */
int weir_json_text(struct weir_arena *a, struct weir_str window, size_t base,
                   const struct weir_json_token *t, struct weir_str *ret_text) WEIR_MUST_CHECK;

/* Notes an edit that replaces the STRING or KEY token `t` by its mended
 * form, escapes kept as written. Does nothing when it needs no mending. */
void weir_json_mend_string(struct weir_edits *e, struct weir_str window, size_t base,
                           const struct weir_json_token *t);

/* A member of an object: offsets in the document. */
struct weir_json_member {
    struct weir_str name; /* unescaped */
    size_t key;           /* offset of the key's quote */
    size_t value, end;    /* of the value */
    enum weir_json_kind kind;
};

/* A whole document in memory together with what is to change in it; made by
 * the scrubber's pass, finished by the pipeline. */
struct weir_json_doc {
    struct weir_str body;
    struct weir_edits edits;
    struct weir_json_member *members; /* of the outermost object, duplicates gone */
    size_t n_members;
    size_t open, close; /* offsets of the outermost { and } */
    unsigned mended;    /* enum weir_json_mend bits */
};

/* NULL when there is none. Any object pass: O(members). */
const struct weir_json_member *weir_json_doc_get(const struct weir_json_doc *d,
                                                 struct weir_str name);
/* The value's raw bytes. */
struct weir_str weir_json_doc_raw(const struct weir_json_doc *d, const struct weir_json_member *m);
/* Unescaped text of a string member; empty text when absent or no string. */
struct weir_str weir_json_doc_text(const struct weir_json_doc *d, struct weir_arena *a,
                                   struct weir_str name);
/* The same of a member that is at hand; NULL is one that is absent. */
struct weir_str weir_json_member_text(const struct weir_json_doc *d, struct weir_arena *a,
                                      const struct weir_json_member *m);
/* Notes an edit that sets member `name` to raw JSON `value`: replaces its
 * value or inserts the member before the closing brace. At most one call for
 * each name. */
void weir_json_doc_set(struct weir_json_doc *d, struct weir_str name, struct weir_str value);
/* The members of the object `json` (raw bytes of a nested object), without
 * validation beyond what the reader does; for small cold look-ups such as
 * contexts.trace. WEIR_EINVAL when it is no object. */
int weir_json_members(struct weir_json_reader *r, struct weir_arena *a, struct weir_str json,
                      struct weir_json_doc *ret_doc) WEIR_MUST_CHECK;
/* The edited document. */
int weir_json_doc_write(struct weir_json_doc *d, struct weir_arena *a, size_t max_bytes,
                        struct weir_str *ret_out) WEIR_MUST_CHECK;

#endif
