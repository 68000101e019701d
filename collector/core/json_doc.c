/* json_doc.c - a document with its members and edits: look up, set, write. */
#include "weir/json.h"

const struct weir_json_member *weir_json_doc_get(const struct weir_json_doc *d,
                                                 struct weir_str name)
{
    for (size_t i = 0; i < d->n_members; i++)
        if (weir_str_eq(d->members[i].name, name))
            return &d->members[i];
    return NULL;
}

struct weir_str weir_json_doc_raw(const struct weir_json_doc *d, const struct weir_json_member *m)
{
    return (struct weir_str){d->body.p + m->value, m->end - m->value};
}

struct weir_str weir_json_doc_text(const struct weir_json_doc *d, struct weir_arena *a,
                                   struct weir_str name)
{
    return weir_json_member_text(d, a, weir_json_doc_get(d, name));
}

struct weir_str weir_json_member_text(const struct weir_json_doc *d, struct weir_arena *a,
                                      const struct weir_json_member *m)
{
    struct weir_str text = {NULL, 0};
    struct weir_json_token t;

    if (m == NULL || m->kind != WEIR_JSON_STRING)
        return text;
    /* The member does not keep what the token knew; the worst is assumed
     * only where a backslash or a byte above 127 is there. */
    t = (struct weir_json_token){.kind = m->kind, .start = m->value, .end = m->end};
    for (size_t i = m->value + 1; i < m->end - 1 && !t.escaped; i++)
        if (d->body.p[i] == '\\' || (signed char)d->body.p[i] < 0) {
            t.escaped = true;
            t.mend = WEIR_MEND_UTF8;
        }
    if (weir_json_text(a, d->body, 0, &t, &text) != 0)
        return (struct weir_str){NULL, 0};
    return text;
}

/* Will the object hold a member before the closing brace? */
static bool has_member(const struct weir_json_doc *d)
{
    if (d->n_members > 0)
        return true;
    for (size_t i = d->edits.n; i-- > 0;)
        if (d->edits.list[i].start == d->close)
            return true;
    return false;
}

void weir_json_doc_set(struct weir_json_doc *d, struct weir_str name, struct weir_str value)
{
    const struct weir_json_member *m = weir_json_doc_get(d, name);
    struct weir_buf text;
    struct weir_str with;

    if (m != NULL) {
        weir_edits_add(&d->edits, m->value, m->end, value);
        return;
    }
    weir_buf_init(&text, d->edits.arena, name.n * 6 + value.n + 16);
    if (has_member(d))
        weir_buf_char(&text, ',');
    weir_buf_json(&text, name);
    weir_buf_char(&text, ':');
    weir_buf_add(&text, value);
    if (weir_buf_str(&text, &with) == 0)
        weir_edits_add(&d->edits, d->close, d->close, with);
    else
        d->edits.failed = true;
}

/* Room for one more member, or NULL. */
static struct weir_json_member *new_member(struct weir_json_doc *d, struct weir_arena *a,
                                           size_t *room)
{
    if (d->n_members == *room) {
        size_t more = *room == 0 ? 16 : *room * 2, size = sizeof *d->members;
        void *grown = weir_arena_grow(a, d->members, *room * size, more * size);

        if (grown == NULL)
            return NULL;
        d->members = grown;
        *room = more;
    }
    return &d->members[d->n_members++];
}

/* The place of the member whose key is `t`: a new one, or that of the
 * earlier member of the same name, which the reader has just deleted. */
static struct weir_json_member *member_for(struct weir_json_doc *d, struct weir_arena *a,
                                           size_t *room, const struct weir_json_token *t,
                                           struct weir_str name)
{
    if (t->mend & WEIR_MEND_DUPLICATE)
        for (size_t i = 0; i < d->n_members; i++)
            if (weir_str_eq(d->members[i].name, name))
                return &d->members[i];
    return new_member(d, a, room);
}

static int read_member(struct weir_json_reader *r, struct weir_arena *a, struct weir_json_doc *d,
                       size_t *room, const struct weir_json_token *key)
{
    struct weir_json_member *m;
    struct weir_json_token value;
    struct weir_str name;
    size_t end;

    if (weir_json_text(a, d->body, 0, key, &name) != 0)
        return WEIR_ENOMEM;
    m = member_for(d, a, room, key, name);
    if (m == NULL)
        return WEIR_ENOMEM;
    *m = (struct weir_json_member){.name = name, .key = key->start};
    if (weir_json_next(r, &value) <= WEIR_JSON_MORE)
        return WEIR_EINVAL;
    m->kind = value.kind;
    m->value = value.start;
    if (weir_json_skip(r, &value, &end) <= WEIR_JSON_MORE)
        return WEIR_EINVAL;
    m->end = end;
    return 0;
}

int weir_json_members(struct weir_json_reader *r, struct weir_arena *a, struct weir_str json,
                      struct weir_json_doc *ret_doc)
{
    struct weir_json_doc d = {.body = json};
    struct weir_json_token t;
    size_t room = 0;
    int err;

    weir_edits_init(&d.edits, a);
    weir_json_begin(r, &d.edits, true);
    weir_json_window(r, json, 0, true);
    if (weir_json_next(r, &t) != WEIR_JSON_OBJECT)
        return WEIR_EINVAL;
    d.open = t.start;
    while (weir_json_next(r, &t) == WEIR_JSON_KEY) {
        err = read_member(r, a, &d, &room, &t);
        if (err != 0)
            return err;
    }
    if (t.kind != WEIR_JSON_OBJECT_END)
        return WEIR_EINVAL;
    d.close = t.start;
    if (weir_json_next(r, &t) != WEIR_JSON_END)
        return WEIR_EINVAL;
    d.mended = weir_json_mended(r);
    if (d.edits.failed)
        return WEIR_ENOMEM;
    *ret_doc = d;
    return 0;
}

int weir_json_doc_write(struct weir_json_doc *d, struct weir_arena *a, size_t max_bytes,
                        struct weir_str *ret_out)
{
    struct weir_buf out;
    size_t bytes = d->body.n;
    int err;

    if (d->edits.failed)
        return WEIR_ENOMEM;
    if (d->edits.n == 0 && bytes <= max_bytes) {
        *ret_out = d->body;
        return 0;
    }
    for (size_t i = 0; i < d->edits.n; i++)
        bytes += d->edits.list[i].with.n;
    weir_buf_init(&out, a, max_bytes);
    /* At once, so that the result is never moved. */
    (void)weir_buf_reserve(&out, bytes < max_bytes ? bytes : max_bytes);
    err = weir_edits_gather(&d->edits, d->body, 0, 0, d->body.n, &out);
    if (err == WEIR_ENOMEM)
        return err;
    return weir_buf_str(&out, ret_out);
}
