/* native.c - weir's own JSON: an object, an array of them, or NDJSON.
 *
 *   {"type":"error",...}                      one object
 *   [{...},{...}]                             an array
 *   {"type":"span",...}\n{"type":...}\n       NDJSON
 *
 * An array with broken syntax is refused as a whole. In NDJSON a broken line
 * is refused and the next line is read, as is any object that lacks what its
 * type needs. One object alone takes a short way: it is read once. */
#include "member.h"
#include "native.h"

#include "weir/clock.h"

#include <math.h>
#include <stdlib.h>

enum { TEXT_MAX = 200, NUMBER_MAX = 48 };

static const struct {
    const char *type;
    int (*build)(struct weir_native *o);
} builders[] = {
    {"error", weir_native_error},
    {"message", weir_native_message},
    {"breadcrumb", weir_native_breadcrumb},
    {"span", weir_native_span},
    {"integration", weir_native_integration},
    {"breaker", weir_native_breaker},
};

/* ---- refusing ---------------------------------------------------------- */

static int refuse_at(struct weir_decoder *d, size_t index, bool listed, const char *member,
                     const char *title)
{
    struct weir_native_state *s = d->state;
    struct weir_decode_reject *r = weir_arena_zalloc(d->in->arena, 1, sizeof *r);

    if (r == NULL)
        return WEIR_ENOMEM;
    r->index = index;
    r->title = title;
    r->pointer =
        listed ? weir_arena_printf(d->in->arena, "/%zu%s", index, member) : weir_str_of(member);
    *s->end = r;
    s->end = &r->next;
    d->result.n_rejects++;
    return WEIR_NATIVE_REFUSED;
}

int weir_native_refuse(struct weir_native *o, const char *member, const char *title)
{
    return refuse_at(o->d, o->index, o->listed, member, title);
}

/* What the sink refuses is a reject of the object; other errors pass. */
static int refused_by_sink(struct weir_decoder *d, size_t index, bool listed, int err)
{
    switch (err) {
    case WEIR_EAUTH:
        return refuse_at(d, index, listed, "/project", "the key is not that project's");
    case WEIR_ENOTFOUND:
        return refuse_at(d, index, listed, "/project", "there is no such project");
    case WEIR_EINVAL:
        return refuse_at(d, index, listed, "", "the object cannot be read");
    case WEIR_ELIMIT:
        return refuse_at(d, index, listed, "", "the object is too large");
    default:
        return err;
    }
}

int weir_native_emit(struct weir_native *o, const char *event_id, const struct weir_item *it)
{
    int err = weir_decode_header(o->d, event_id);

    if (err == 0)
        err = o->d->sink->item(o->d->sink->self, it);
    return refused_by_sink(o->d, o->index, o->listed, err);
}

/* A span was taken for accepted when it was gathered. */
static int span_refused(struct weir_decoder *d, size_t index, int refusal)
{
    const struct weir_native_state *s = d->state;
    int err = refused_by_sink(d, index, s->listed, refusal);

    d->result.accepted--;
    return err == WEIR_NATIVE_REFUSED ? 0 : err;
}

/* ---- members ----------------------------------------------------------- */

static uint64_t mark_of(struct weir_str name)
{
    return UINT64_C(1) << ((name.n * 5 + (name.n > 0 ? (unsigned char)name.p[0] : 0)) % 64);
}

/* An object has few of the many members that are asked for. */
const struct weir_json_member *weir_native_get(const struct weir_native *o, const char *name)
{
    struct weir_str text = weir_str_of(name);
    const struct weir_json_member *m =
        o->marks & mark_of(text) ? weir_json_doc_get(&o->doc, text) : NULL;

    return m != NULL && m->kind != WEIR_JSON_NULL ? m : NULL;
}

/* The name as a pointer; names are ours, so nothing needs escaping. */
static const char *pointer_to(struct weir_native *o, const char *name)
{
    struct weir_str p = weir_arena_printf(o->d->in->arena, "/%s", name);

    return p.p != NULL ? p.p : "";
}

int weir_native_text(struct weir_native *o, const char *name, size_t max, struct weir_str *ret_text)
{
    const struct weir_json_member *m = weir_native_get(o, name);

    *ret_text = (struct weir_str){0};
    if (m == NULL)
        return 0;
    if (m->kind != WEIR_JSON_STRING)
        return weir_native_refuse(o, pointer_to(o, name), "must be a string");
    *ret_text = weir_json_doc_text(&o->doc, o->d->in->arena, weir_str_of(name));
    if (ret_text->n > max)
        return weir_native_refuse(o, pointer_to(o, name), "is too long");
    return 0;
}

static bool to_number(struct weir_str raw, double *ret_value)
{
    char copy[NUMBER_MAX + 1];

    if (raw.n > NUMBER_MAX)
        return false;
    memcpy(copy, raw.p, raw.n);
    copy[raw.n] = '\0';
    *ret_value = strtod(copy, NULL);
    return isfinite(*ret_value);
}

int weir_native_number(struct weir_native *o, const char *name, bool *ret_there, double *ret_value)
{
    const struct weir_json_member *m = weir_native_get(o, name);

    *ret_there = m != NULL;
    if (m == NULL)
        return 0;
    if (m->kind != WEIR_JSON_NUMBER || !to_number(weir_json_doc_raw(&o->doc, m), ret_value))
        return weir_native_refuse(o, pointer_to(o, name), "must be a number");
    return 0;
}

int weir_native_time(struct weir_native *o, const char *name, double otherwise, double *ret_seconds)
{
    const double year_10000 = 253402300800.0;
    const struct weir_json_member *m = weir_native_get(o, name);
    bool fine = false;

    *ret_seconds = otherwise;
    if (m == NULL)
        return 0;
    if (m->kind == WEIR_JSON_NUMBER)
        fine = to_number(weir_json_doc_raw(&o->doc, m), ret_seconds);
    else if (m->kind == WEIR_JSON_STRING)
        fine = weir_parse_time(weir_json_doc_text(&o->doc, o->d->in->arena, weir_str_of(name)),
                               ret_seconds);
    if (!fine || *ret_seconds < 0 || *ret_seconds >= year_10000)
        return weir_native_refuse(o, pointer_to(o, name),
                                  "must be seconds since 1970 or an RFC 3339 time");
    return 0;
}

int weir_native_id(struct weir_native *o, const char *name, size_t width, struct weir_str *ret_id)
{
    struct weir_str text;
    int err = weir_native_text(o, name, TEXT_MAX, &text);

    *ret_id = (struct weir_str){0};
    if (err != 0 || text.n == 0)
        return err;
    *ret_id = weir_hex_id(o->d->in->arena, text, width);
    if (ret_id->n == 0)
        return weir_native_refuse(o, pointer_to(o, name),
                                  width == 32 ? "must be an id of 32 (or 16) hex digits"
                                              : "must be an id of 16 hex digits");
    return 0;
}

int weir_native_level(struct weir_native *o, const char *otherwise, const char **ret_level)
{
    static const char *const levels[][2] = {
        {"fatal", "fatal"},     {"critical", "fatal"}, {"error", "error"},
        {"warning", "warning"}, {"warn", "warning"},   {"info", "info"},
        {"log", "info"},        {"debug", "debug"},    {"trace", "debug"},
    };
    struct weir_str text;
    int err = weir_native_text(o, "level", TEXT_MAX, &text);

    *ret_level = otherwise;
    if (err != 0 || text.n == 0)
        return err;
    for (size_t i = 0; i < sizeof levels / sizeof levels[0]; i++)
        if (weir_str_eq_nocase(text, weir_str_of(levels[i][0]))) {
            *ret_level = levels[i][1];
            return 0;
        }
    return weir_native_refuse(o, "/level", "must be fatal, error, warning, info or debug");
}

int weir_native_copy(struct weir_native *o, const char *name, enum weir_json_kind want,
                     struct weir_buf *out)
{
    const struct weir_json_member *m = weir_native_get(o, name);

    if (m == NULL)
        return 0;
    if (m->kind != want)
        return weir_native_refuse(o, pointer_to(o, name),
                                  want == WEIR_JSON_OBJECT  ? "must be an object"
                                  : want == WEIR_JSON_ARRAY ? "must be an array"
                                                            : "must be a string");
    weir_member(out, weir_str_of(name));
    weir_buf_add(out, weir_json_doc_raw(&o->doc, m));
    return 0;
}

/* ---- one object -------------------------------------------------------- */

static bool known_type(struct weir_str type, size_t *ret_at)
{
    for (size_t i = 0; i < sizeof builders / sizeof builders[0]; i++)
        if (weir_str_eq(type, weir_str_of(builders[i].type))) {
            *ret_at = i;
            return true;
        }
    return false;
}

/* Ids stand in URLs upstream, so only what needs no quoting there. */
static bool project_fits(struct weir_str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-", s.p[i]) ==
                NULL ||
            s.p[i] == '\0')
            return false;
    return s.n > 0 && s.n <= 64;
}

static int read_project(struct weir_native *o)
{
    const struct weir_decode_input *in = o->d->in;
    const struct weir_json_member *m = weir_native_get(o, "project");

    if (m == NULL && in->project != NULL)
        (void)in->project(in->self, o->project);
    if (m == NULL)
        return 0;
    o->project = m->kind == WEIR_JSON_NUMBER
                     ? weir_json_doc_raw(&o->doc, m)
                     : weir_json_doc_text(&o->doc, o->d->in->arena, WEIR_S("project"));
    if (!project_fits(o->project))
        return weir_native_refuse(o, "/project", "must be a project's id");
    if (in->project != NULL) /* one that is not there is refused with the item */
        (void)in->project(in->self, o->project);
    return 0;
}

/* Counted even when the object is refused: it did arrive. */
static void read_sequence(struct weir_native *o)
{
    const struct weir_decode_input *in = o->d->in;
    const struct weir_json_member *m = weir_native_get(o, "seq");
    struct weir_str source = weir_json_doc_text(&o->doc, in->arena, WEIR_S("source"));
    uint64_t seq;

    if (in->sequence != NULL && m != NULL && m->kind == WEIR_JSON_NUMBER && source.n > 0 &&
        source.n <= TEXT_MAX && weir_str_u64(weir_json_doc_raw(&o->doc, m), &seq))
        in->sequence(in->self, source, seq);
}

/* Which builder it is for. */
static int builder_of(struct weir_native *o, size_t *ret_at)
{
    const struct weir_decode_input *in = o->d->in;
    const struct weir_json_member *m = weir_native_get(o, "type");
    /* A breadcrumb's own type ("http") where its path says what it is. */
    bool own = weir_str_eq(in->native, WEIR_S("breadcrumb"));

    o->type = weir_json_doc_text(&o->doc, in->arena, WEIR_S("type"));
    if (known_type(o->type, ret_at) || ((m == NULL || own) && known_type(in->native, ret_at)))
        return 0;
    return weir_native_refuse(o, "/type",
                              "must be error, message, breadcrumb, span, integration or breaker");
}

static int build(struct weir_native *o)
{
    size_t at = 0;
    int err;

    for (size_t i = 0; i < o->doc.n_members; i++)
        o->marks |= mark_of(o->doc.members[i].name);
    err = read_project(o);
    read_sequence(o); /* by the rules of that project */
    if (err == 0)
        err = builder_of(o, &at);
    if (err == 0)
        err = builders[at].build(o);
    if (err == 0)
        o->d->result.accepted++;
    return err == WEIR_NATIVE_REFUSED ? 0 : err;
}

/* ---- lists ------------------------------------------------------------- */

static int list_object(struct weir_decoder *d, struct weir_str raw, size_t index, bool listed)
{
    struct weir_native o = {.d = d, .state = d->state, .index = index, .listed = listed};
    int err = weir_json_members(d->in->reader, d->in->arena, raw, &o.doc);

    if (err == WEIR_EINVAL) {
        err = refuse_at(d, index, listed, "", "must be a JSON object");
        return err == WEIR_NATIVE_REFUSED ? 0 : err;
    }
    return err != 0 ? err : build(&o);
}

static int array(struct weir_decoder *d, struct weir_str body)
{
    struct weir_str *list;
    size_t n = 0;
    int err = weir_decode_elements(d, body, d->in->max_items, &list, &n);

    for (size_t i = 0; i < n && err == 0; i++)
        err = list_object(d, list[i], i, true);
    return err;
}

static int lines(struct weir_decoder *d, struct weir_str body)
{
    struct weir_str line, rest = body;
    size_t index = 0;
    int err = 0;

    while (err == 0 && rest.n > 0) {
        weir_str_cut(rest, '\n', &line, &rest);
        line = weir_str_trim(line);
        if (line.n == 0)
            continue;
        if (index == d->in->max_items)
            return weir_decode_too_many(d, (size_t)(line.p - body.p));
        err = list_object(d, line, index++, true);
    }
    return err;
}

static int any_of(struct weir_decoder *d, struct weir_str body)
{
    struct weir_native o = {.d = d, .state = d->state};
    int err;

    o.state->listed = body.p[0] == '[';
    if (o.state->listed)
        return array(d, body);
    err = weir_json_members(d->in->reader, d->in->arena, body, &o.doc);
    if (err != WEIR_EINVAL)
        return err != 0 ? err : build(&o);
    o.state->listed = true;
    if (memchr(body.p, '\n', body.n) != NULL && body.p[0] == '{')
        return lines(d, body);
    return weir_decode_fail(d, err, "the body is no JSON object, array or NDJSON",
                            weir_json_pos(d->in->reader));
}

static int native_whole(struct weir_decoder *d, struct weir_str body)
{
    struct weir_native_state *s = weir_arena_zalloc(d->in->arena, 1, sizeof *s);
    int err;

    if (s == NULL)
        return WEIR_ENOMEM;
    s->end = &d->result.rejects;
    s->spans.d = d;
    s->spans.refused = span_refused;
    d->state = s;
    body = weir_str_trim(body);
    if (body.n == 0)
        return weir_decode_fail(d, WEIR_EINVAL, "the body is empty", 0);
    err = any_of(d, body);
    return err != 0 ? err : weir_span_list_end(&s->spans);
}

const struct weir_format_ops weir_format_native = {.whole = native_whole};
