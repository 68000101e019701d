/* meta.c - the tree of remarks, and merging it with the sender's. */
#include "meta.h"

#include "weir/text.h"

struct weir_meta *weir_meta_child(struct weir_arena *a, struct weir_meta *parent,
                                  struct weir_str key)
{
    struct weir_meta *m = parent->child;

    if (m != NULL && weir_str_eq(m->key, key))
        return m;
    m = weir_arena_zalloc(a, 1, sizeof *m);
    if (m == NULL)
        return NULL;
    m->key = key;
    m->next = parent->child;
    parent->child = m;
    return m;
}

struct weir_meta *weir_meta_again(struct weir_arena *a, struct weir_meta *parent,
                                  struct weir_str key)
{
    for (struct weir_meta *m = parent->child; m != NULL; m = m->next)
        if (weir_str_eq(m->key, key))
            return m;
    return weir_meta_child(a, parent, key);
}

bool weir_meta_remark(struct weir_arena *a, struct weir_meta *m, const struct weir_remark *r)
{
    struct weir_remark *copy = weir_arena_alloc(a, sizeof *copy);

    if (copy == NULL)
        return false;
    *copy = *r;
    copy->next = NULL;
    if (m->tail == NULL)
        m->tail = &m->remarks;
    *m->tail = copy;
    m->tail = &copy->next;
    return true;
}

void weir_meta_error(struct weir_meta *m, const char *why)
{
    if (m->n_errors < sizeof m->errors / sizeof *m->errors)
        m->errors[m->n_errors++] = why;
}

void weir_meta_clear(struct weir_meta *m)
{
    m->child = NULL;
    m->remarks = NULL;
    m->tail = NULL;
    m->n_errors = 0;
    m->has_length = false;
}

static bool own(const struct weir_meta *m)
{
    return m->remarks != NULL || m->n_errors > 0;
}

bool weir_meta_any(const struct weir_meta *m)
{
    if (own(m))
        return true;
    for (const struct weir_meta *c = m->child; c != NULL; c = c->next)
        if (weir_meta_any(c))
            return true;
    return false;
}

/* The items of a raw JSON array, without its brackets and outer blanks. */
static struct weir_str inside(struct weir_str array)
{
    array = weir_str_trim(array);
    if (array.n < 2 || array.p[0] != '[')
        return (struct weir_str){NULL, 0};
    return weir_str_trim(weir_str_sub(array, 1, array.n - 2));
}

static void write_remarks(const struct weir_meta *m, struct weir_str senders, struct weir_buf *out)
{
    const char *comma = "";

    weir_buf_char(out, '[');
    if (senders.n > 0) {
        weir_buf_add(out, senders);
        comma = ",";
    }
    for (const struct weir_remark *r = m->remarks; r != NULL; r = r->next, comma = ",") {
        weir_buf_text(out, comma);
        weir_buf_char(out, '[');
        weir_buf_json(out, r->rule);
        weir_buf_add(out, WEIR_S(",\""));
        weir_buf_char(out, r->letter);
        weir_buf_char(out, '"');
        if (r->ranged) {
            weir_buf_char(out, ',');
            weir_buf_u64(out, r->start);
            weir_buf_char(out, ',');
            weir_buf_u64(out, r->end);
        }
        weir_buf_char(out, ']');
    }
    weir_buf_char(out, ']');
}

static void write_errors(const struct weir_meta *m, struct weir_str senders, struct weir_buf *out)
{
    const char *comma = "";

    weir_buf_char(out, '[');
    if (senders.n > 0) {
        weir_buf_add(out, senders);
        comma = ",";
    }
    for (unsigned i = 0; i < m->n_errors; i++, comma = ",")
        weir_buf_printf(out, "%s[\"invalid_data\",{\"reason\":\"%s\"}]", comma, m->errors[i]);
    weir_buf_char(out, ']');
}

/* What all levels of the writing share. */
struct writer {
    struct weir_json_reader *reader;
    struct weir_arena *arena;
    struct weir_buf *out;
};

static const struct weir_str nothing = {NULL, 0};

/* The members of the sender's object; none when there is no object. */
static struct weir_json_doc members_of(const struct writer *w, struct weir_str senders)
{
    struct weir_json_doc doc = {0};

    if (senders.n > 0 && weir_json_members(w->reader, w->arena, senders, &doc) != 0)
        doc.n_members = 0;
    return doc;
}

static struct weir_str raw_of(const struct weir_json_doc *doc, struct weir_str key)
{
    const struct weir_json_member *m = doc->n_members > 0 ? weir_json_doc_get(doc, key) : NULL;

    return m != NULL ? weir_json_doc_raw(doc, m) : nothing;
}

/* Begins the member `key`: a comma unless it is the first. */
static void begin_member(const struct writer *w, struct weir_str key, bool *first)
{
    if (!*first)
        weir_buf_char(w->out, ',');
    *first = false;
    weir_buf_json(w->out, key);
    weir_buf_char(w->out, ':');
}

/* The entry "" of one value: ours and, member by member, the sender's. */
static void write_own(const struct writer *w, const struct weir_meta *m, struct weir_str senders)
{
    struct weir_json_doc doc = members_of(w, senders);
    struct weir_str rem = inside(raw_of(&doc, WEIR_S("rem")));
    struct weir_str err = inside(raw_of(&doc, WEIR_S("err")));
    bool first = true;

    weir_buf_char(w->out, '{');
    for (size_t i = 0; i < doc.n_members; i++) {
        struct weir_str name = doc.members[i].name;

        if (weir_str_eq(name, WEIR_S("rem")) || weir_str_eq(name, WEIR_S("err")))
            continue;
        begin_member(w, name, &first);
        weir_buf_add(w->out, weir_json_doc_raw(&doc, &doc.members[i]));
    }
    if (m->remarks != NULL || rem.n > 0) {
        begin_member(w, WEIR_S("rem"), &first);
        write_remarks(m, rem, w->out);
    }
    if (m->n_errors > 0 || err.n > 0) {
        begin_member(w, WEIR_S("err"), &first);
        write_errors(m, err, w->out);
    }
    if (m->has_length && raw_of(&doc, WEIR_S("len")).n == 0) {
        begin_member(w, WEIR_S("len"), &first);
        weir_buf_u64(w->out, m->length);
    }
    weir_buf_char(w->out, '}');
}

/* Is the sender's member `key` one that we write ourselves? */
static bool ours(const struct weir_meta *m, struct weir_str key)
{
    if (key.n == 0)
        return own(m);
    for (const struct weir_meta *c = m->child; c != NULL; c = c->next)
        if (weir_str_eq(c->key, key))
            return weir_meta_any(c);
    return false;
}

/* Recursion is bounded: the tree is as deep as the document, and a sender's
 * value is only entered where the tree goes. */
static void write_node(const struct writer *w, const struct weir_meta *m, struct weir_str senders)
{
    struct weir_json_doc doc = members_of(w, senders);
    bool first = true;

    weir_buf_char(w->out, '{');
    if (own(m)) {
        begin_member(w, WEIR_S(""), &first);
        write_own(w, m, raw_of(&doc, WEIR_S("")));
    }
    for (size_t i = 0; i < doc.n_members; i++) {
        if (ours(m, doc.members[i].name))
            continue;
        begin_member(w, doc.members[i].name, &first);
        weir_buf_add(w->out, weir_json_doc_raw(&doc, &doc.members[i]));
    }
    for (const struct weir_meta *c = m->child; c != NULL; c = c->next) {
        if (!weir_meta_any(c))
            continue;
        begin_member(w, c->key, &first);
        write_node(w, c, raw_of(&doc, c->key));
    }
    weir_buf_char(w->out, '}');
}

int weir_meta_write(const struct weir_meta *m, struct weir_json_reader *reader,
                    struct weir_arena *a, struct weir_str senders, struct weir_buf *out)
{
    const struct writer w = {reader, a, out};
    struct weir_str text;

    write_node(&w, m, senders);
    return weir_buf_str(out, &text);
}
