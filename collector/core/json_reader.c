/* json_reader.c - the pull parser: the grammar of RFC 8259, one token a call.
 *
 * A state says what may come next:
 *
 *   VALUE --scalar--> AFTER            (DONE when nothing is open)
 *     |--{--> FIRST_KEY --"k"--> COLON --:--> VALUE
 *     |--[--> FIRST_VALUE --(as VALUE)--> ...
 *   AFTER --,--> KEY or VALUE      --} or ]--> AFTER or DONE
 *
 * White space, commas and colons are consumed on the way to a token, and the
 * state remembers them, so that a window may end between any two bytes.
 *
 * Only one bit is kept for each open container, so nesting costs nothing and
 * needs no recursion. What stands below WEIR_JSON_DEPTH levels is read by the
 * same machine, validated, but not shown: it appears as one NULL token, whose
 * mending edit covers it. Below MOST_DEPTH levels the document is refused. */
#include "json_reader.h"

#include <assert.h>
#include <stdlib.h>

enum { MOST_DEPTH = 1 << 20 };

enum state { ST_VALUE, ST_FIRST_VALUE, ST_FIRST_KEY, ST_KEY, ST_COLON, ST_AFTER, ST_DONE, ST_BAD };

static const char BOM[] = "\xEF\xBB\xBF";

/* ---- life ---------------------------------------------------------------- */

struct weir_json_reader *weir_json_reader_new(void)
{
    struct weir_json_reader *r = calloc(1, sizeof *r);

    if (r == NULL)
        return NULL;
    r->kinds_room = 2 * WEIR_JSON_DEPTH;
    r->kinds = calloc(r->kinds_room / 64, sizeof *r->kinds);
    if (r->kinds == NULL) {
        free(r);
        return NULL;
    }
    return r;
}

void weir_json_reader_free(struct weir_json_reader *r)
{
    if (r == NULL)
        return;
    weir_json_keys_free(&r->keys);
    free(r->kinds);
    free(r);
}

void weir_json_begin(struct weir_json_reader *r, struct weir_edits *edits, bool dedupe)
{
    weir_json_keys_reset(&r->keys);
    r->bytes = r->p = r->end = "";
    r->base = 0;
    r->last = r->in_object = r->deep = r->skipping = false;
    r->dedupe = dedupe && edits != NULL;
    r->state = ST_VALUE;
    r->mended = r->depth = r->token_depth = 0;
    r->edits = edits;
    r->error = "";
}

void weir_json_window(struct weir_json_reader *r, struct weir_str bytes, size_t base, bool last)
{
    size_t at = r->base + (size_t)(r->p - r->bytes);

    /* A bug of the caller, whatever the input. */
    assert(at >= base && at - base <= bytes.n);
    r->bytes = bytes.n > 0 ? bytes.p : "";
    r->p = r->bytes + (at - base);
    r->end = r->bytes + bytes.n;
    r->base = base;
    r->last = last;
}

static size_t offset_of(const struct weir_json_reader *r, const char *p)
{
    return r->base + (size_t)(p - r->bytes);
}

size_t weir_json_pos(const struct weir_json_reader *r)
{
    return r->deep ? r->deep_start : offset_of(r, r->p);
}

const char *weir_json_error(const struct weir_json_reader *r)
{
    return r->error;
}

unsigned weir_json_mended(const struct weir_json_reader *r)
{
    return r->mended;
}

/* ---- helpers -------------------------------------------------------------- */

static enum weir_json_kind fail(struct weir_json_reader *r, const char *at, const char *why)
{
    r->p = at;
    r->state = ST_BAD;
    r->deep = false; /* so that pos says where */
    r->error = why;
    return WEIR_JSON_ERROR;
}

static enum weir_json_kind more(struct weir_json_reader *r, const char *p)
{
    if (r->last)
        return fail(r, p, "the document ends too early");
    r->p = p;
    return WEIR_JSON_MORE;
}

static inline bool is_space(char c)
{
    return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

static inline const char *skip_space(const char *p, const char *end)
{
    while (p < end && is_space(*p))
        p++;
    return p;
}

/* ---- containers ----------------------------------------------------------- */

static bool kind_at(const struct weir_json_reader *r, unsigned depth)
{
    return r->kinds[depth / 64] >> depth % 64 & 1;
}

static bool grow_kinds(struct weir_json_reader *r)
{
    uint64_t *kinds;

    if (r->kinds_room >= MOST_DEPTH)
        return false;
    kinds = realloc(r->kinds, r->kinds_room / 4);
    if (kinds == NULL)
        return false;
    r->kinds = kinds;
    r->kinds_room *= 2;
    return true;
}

static enum weir_json_kind open_container(struct weir_json_reader *r, struct weir_json_token *t,
                                          const char *p)
{
    bool object = *p == '{';
    uint64_t bit = UINT64_C(1) << r->depth % 64;

    if (r->depth == r->kinds_room && !grow_kinds(r))
        return fail(r, p, "nested far too deep");
    if (object)
        r->kinds[r->depth / 64] |= bit;
    else
        r->kinds[r->depth / 64] &= ~bit;
    if (r->dedupe && r->depth < WEIR_JSON_DEPTH)
        weir_json_keys_open(&r->keys, r->depth);
    t->start = offset_of(r, p);
    t->end = t->start + 1;
    r->token_depth = r->depth++;
    r->in_object = object;
    r->state = object ? ST_FIRST_KEY : ST_FIRST_VALUE;
    r->p = p + 1;
    return t->kind = object ? WEIR_JSON_OBJECT : WEIR_JSON_ARRAY;
}

static enum weir_json_kind close_container(struct weir_json_reader *r, struct weir_json_token *t,
                                           const char *p)
{
    bool object = r->in_object;

    t->start = offset_of(r, p);
    t->end = t->start + 1;
    r->token_depth = --r->depth;
    if (r->dedupe && r->depth < WEIR_JSON_DEPTH)
        weir_json_keys_close(&r->keys, r->depth);
    r->in_object = r->depth > 0 && kind_at(r, r->depth - 1);
    r->state = r->depth > 0 ? ST_AFTER : ST_DONE;
    r->p = p + 1;
    return t->kind = object ? WEIR_JSON_OBJECT_END : WEIR_JSON_ARRAY_END;
}

/* ---- scalars and keys ------------------------------------------------------ */

/* Takes over what was scanned from `p` on as the token `kind`. */
static inline enum weir_json_kind scalar(struct weir_json_reader *r, struct weir_json_token *t,
                                         const char *p, struct weir_scanned s,
                                         enum weir_json_kind kind)
{
    if (s.result != WEIR_SCAN_OK)
        return s.result == WEIR_SCAN_MORE ? more(r, p) : fail(r, s.end, s.why);
    t->start = offset_of(r, p);
    t->end = t->start + (size_t)(s.end - p);
    t->mend = s.mend;
    t->escaped = s.escaped;
    r->token_depth = r->depth;
    r->state = r->depth > 0 ? ST_AFTER : ST_DONE;
    r->p = s.end;
    return t->kind = kind;
}

static void replace_by_null(struct weir_json_reader *r, size_t start, size_t end)
{
    if (r->edits != NULL && !r->deep)
        weir_edits_add(r->edits, start, end, WEIR_S("null"));
}

static enum weir_json_kind number(struct weir_json_reader *r, struct weir_json_token *t,
                                  const char *p)
{
    struct weir_scanned s = weir_scan_number(p, r->end, r->last);

    if (s.mend == 0 || s.result != WEIR_SCAN_OK)
        return scalar(r, t, p, s, WEIR_JSON_NUMBER);
    (void)scalar(r, t, p, s, WEIR_JSON_NULL);
    replace_by_null(r, t->start, t->end);
    return WEIR_JSON_NULL;
}

static enum weir_json_kind not_a_number(struct weir_json_reader *r, struct weir_json_token *t,
                                        const char *p, struct weir_str word)
{
    struct weir_scanned s = weir_scan_word(p, r->end, r->last, word);

    s.mend = WEIR_MEND_NUMBER;
    if (scalar(r, t, p, s, WEIR_JSON_NULL) == WEIR_JSON_NULL) {
        replace_by_null(r, t->start, t->end);
        return WEIR_JSON_NULL;
    }
    return r->state == ST_BAD ? WEIR_JSON_ERROR : WEIR_JSON_MORE;
}

static enum weir_json_kind word(struct weir_json_reader *r, struct weir_json_token *t,
                                const char *p, struct weir_str text, enum weir_json_kind kind)
{
    return scalar(r, t, p, weir_scan_word(p, r->end, r->last, text), kind);
}

static enum weir_json_kind value(struct weir_json_reader *r, struct weir_json_token *t,
                                 const char *p)
{
    switch (*p) {
    case '"':
        return scalar(r, t, p, weir_scan_string(p, r->end, r->last), WEIR_JSON_STRING);
    case '{':
    case '[':
        return open_container(r, t, p);
    case 't':
        return word(r, t, p, WEIR_S("true"), WEIR_JSON_TRUE);
    case 'f':
        return word(r, t, p, WEIR_S("false"), WEIR_JSON_FALSE);
    case 'n':
        return word(r, t, p, WEIR_S("null"), WEIR_JSON_NULL);
    case 'N':
        return not_a_number(r, t, p, WEIR_S("NaN"));
    case 'I':
        return not_a_number(r, t, p, WEIR_S("Infinity"));
    default:
        if (*p == '-' || (*p >= '0' && *p <= '9'))
            return number(r, t, p);
        return fail(r, p, "a value was expected");
    }
}

/* Deletes the earlier member of the same name, if there is one. */
static bool dedupe_key(struct weir_json_reader *r, struct weir_json_token *t)
{
    struct weir_str window = {r->bytes, (size_t)(r->end - r->bytes)};
    size_t start, end;

    switch (weir_json_keys_add(&r->keys, r->depth - 1, t, window, r->base, &start, &end)) {
    case WEIR_KEY_NEW:
        return true;
    case WEIR_KEY_AGAIN:
        weir_edits_add(r->edits, start, end, (struct weir_str){NULL, 0});
        t->mend |= WEIR_MEND_DUPLICATE;
        return true;
    default:
        return false;
    }
}

static enum weir_json_kind key(struct weir_json_reader *r, struct weir_json_token *t, const char *p)
{
    if (*p != '"')
        return fail(r, p, "a member's name was expected");
    if (scalar(r, t, p, weir_scan_string(p, r->end, r->last), WEIR_JSON_KEY) != WEIR_JSON_KEY)
        return r->state == ST_BAD ? WEIR_JSON_ERROR : WEIR_JSON_MORE;
    r->state = ST_COLON;
    if (r->dedupe && !r->deep && !dedupe_key(r, t))
        return fail(r, p, "out of memory");
    return WEIR_JSON_KEY;
}

/* ---- the machine ----------------------------------------------------------- */

/* After a value in a container, at something else than white space: true
 * when a comma was taken and a token is still to come. */
static bool after(struct weir_json_reader *r, struct weir_json_token *t, const char **p,
                  enum weir_json_kind *ret_kind)
{
    if (**p == ',') {
        ++*p;
        r->state = r->in_object ? ST_KEY : ST_VALUE;
        return true;
    }
    if (**p == (r->in_object ? '}' : ']'))
        *ret_kind = close_container(r, t, *p);
    else
        *ret_kind = fail(r, *p, "a comma or the end of the container was expected");
    return false;
}

/* The next token, of whatever depth. */
static enum weir_json_kind step(struct weir_json_reader *r, struct weir_json_token *t)
{
    const char *p = r->p;
    enum weir_json_kind kind;

    t->mend = 0;
    t->escaped = false;
    for (;;) {
        p = skip_space(p, r->end);
        if (p == r->end)
            return more(r, p);
        switch ((enum state)r->state) {
        case ST_AFTER:
            if (!after(r, t, &p, &kind))
                return kind;
            break;
        case ST_COLON:
            if (*p++ != ':')
                return fail(r, p - 1, "a colon was expected");
            r->state = ST_VALUE;
            break;
        case ST_FIRST_KEY:
            return *p == '}' ? close_container(r, t, p) : key(r, t, p);
        case ST_KEY:
            return key(r, t, p);
        case ST_FIRST_VALUE:
            return *p == ']' ? close_container(r, t, p) : value(r, t, p);
        default:
            return value(r, t, p);
        }
    }
}

/* Outside the document: a byte order mark before it, white space after it. */
static enum weir_json_kind after_document(struct weir_json_reader *r)
{
    if (r->state == ST_BAD)
        return WEIR_JSON_ERROR;
    r->p = skip_space(r->p, r->end);
    if (r->p < r->end)
        return fail(r, r->p, "something follows the document");
    return r->last ? WEIR_JSON_END : WEIR_JSON_MORE;
}

/* RFC 8259 lets a parser ignore it; what leaves weir has none. */
static enum weir_json_kind skip_bom(struct weir_json_reader *r)
{
    size_t n = (size_t)(r->end - r->p);

    if (n < 3 && !r->last && memcmp(r->p, BOM, n) == 0)
        return WEIR_JSON_MORE;
    if (n >= 3 && memcmp(r->p, BOM, 3) == 0) {
        if (r->edits != NULL)
            weir_edits_add(r->edits, 0, 3, (struct weir_str){NULL, 0});
        r->p += 3;
    }
    return WEIR_JSON_END;
}

/* Reads on until the container at the deepest level closes. */
static enum weir_json_kind finish_deep(struct weir_json_reader *r, struct weir_json_token *t)
{
    enum weir_json_kind kind;

    do {
        kind = step(r, t);
        if (kind <= WEIR_JSON_MORE)
            return kind;
    } while (r->depth > WEIR_JSON_DEPTH);
    r->deep = false;
    *t = (struct weir_json_token){
        .kind = WEIR_JSON_NULL, .mend = WEIR_MEND_DEPTH, .start = r->deep_start, .end = t->end};
    replace_by_null(r, t->start, t->end);
    r->token_depth = WEIR_JSON_DEPTH;
    return WEIR_JSON_NULL;
}

enum weir_json_kind weir_json_next(struct weir_json_reader *r, struct weir_json_token *ret_token)
{
    enum weir_json_kind kind = WEIR_JSON_MORE;

    if (r->state >= ST_DONE)
        return ret_token->kind = after_document(r);
    if (r->p == r->bytes && r->base == 0 && skip_bom(r) == WEIR_JSON_MORE)
        return ret_token->kind = WEIR_JSON_MORE;
    if (!r->deep) {
        kind = step(r, ret_token);
        if (r->depth > WEIR_JSON_DEPTH) {
            r->deep = true;
            r->deep_start = ret_token->start;
        }
    }
    if (r->deep)
        kind = finish_deep(r, ret_token);
    r->mended |= kind > WEIR_JSON_END ? ret_token->mend : 0u;
    return ret_token->kind = kind;
}

/* The next token, mended: nobody else looks at what is skipped. */
static enum weir_json_kind next_skipped(struct weir_json_reader *r, struct weir_json_token *t)
{
    struct weir_str window = {r->bytes, (size_t)(r->end - r->bytes)};
    enum weir_json_kind kind = weir_json_next(r, t);

    if ((kind == WEIR_JSON_STRING || kind == WEIR_JSON_KEY) && t->mend != 0 && r->edits != NULL)
        weir_json_mend_string(r->edits, window, r->base, t);
    return kind;
}

enum weir_json_kind weir_json_skip(struct weir_json_reader *r, const struct weir_json_token *t,
                                   size_t *ret_end)
{
    struct weir_json_token last = *t;

    if (!r->skipping) {
        if (t->kind == WEIR_JSON_KEY && next_skipped(r, &last) <= WEIR_JSON_END)
            return last.kind;
        r->skip_depth = r->token_depth;
        r->skipping = last.kind == WEIR_JSON_OBJECT || last.kind == WEIR_JSON_ARRAY;
    }
    while (r->skipping) {
        if (next_skipped(r, &last) <= WEIR_JSON_END)
            return last.kind;
        r->skipping = last.kind != WEIR_JSON_OBJECT_END && last.kind != WEIR_JSON_ARRAY_END;
        r->skipping = r->skipping || r->token_depth > r->skip_depth;
    }
    *ret_end = last.end;
    return last.kind;
}
