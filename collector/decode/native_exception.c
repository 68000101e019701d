/* native_exception.c - the exceptions of native errors.
 *
 *   {"type":"TimeoutError","value":"...","frames":[...]}       frames as Sentry has them
 *   {"type":"TimeoutError","stacktrace":{"frames":[...]}}      likewise
 *   {"type":"TimeoutError","stacktrace":"Traceback (most..."}  as the runtime prints it
 *
 * one of these, a list of them (causes first), or a text alone. A printed
 * stack trace becomes all exceptions that it tells of; one that is not known
 * stays as a text in mechanism.data. */
#include "native.h"

#include "member.h"
#include "stacktrace.h"

enum { EXCEPTIONS_MOST = 64 };

static struct weir_str raw_of(const struct weir_json_doc *doc, const char *name)
{
    const struct weir_json_member *m = weir_json_doc_get(doc, weir_str_of(name));

    return m != NULL && m->kind != WEIR_JSON_NULL ? weir_json_doc_raw(doc, m)
                                                  : (struct weir_str){NULL, 0};
}

static void add_raw(struct weir_buf *out, const char *name, struct weir_str raw)
{
    if (raw.n == 0)
        return;
    weir_member(out, weir_str_of(name));
    weir_buf_add(out, raw);
}

/* ---- stack traces as text ---------------------------------------------- */

/* mechanism.handled: 1, 0, or -1. */
static int handled_of(struct weir_native *o, const struct weir_json_doc *doc)
{
    const struct weir_json_member *m = weir_json_doc_get(doc, WEIR_S("mechanism"));
    struct weir_json_doc inner;

    if (m == NULL || m->kind != WEIR_JSON_OBJECT ||
        weir_json_members(o->d->in->reader, o->d->in->arena, weir_json_doc_raw(doc, m), &inner) !=
            0)
        return -1;
    m = weir_json_doc_get(&inner, WEIR_S("handled"));
    if (m == NULL || (m->kind != WEIR_JSON_TRUE && m->kind != WEIR_JSON_FALSE))
        return -1;
    return m->kind == WEIR_JSON_TRUE;
}

/* Appends what `text` tells of. WEIR_ENOTFOUND: no stack trace that is known. */
static int printed(struct weir_native *o, struct weir_str text, struct weir_str type,
                   struct weir_str value, int handled, struct weir_buf *out)
{
    const struct weir_decode_input *in = o->d->in;
    struct weir_str hint = weir_json_doc_text(&o->doc, in->arena, WEIR_S("platform"));
    struct weir_stacktrace trace;
    int err = weir_stacktrace_parse(in->arena, text, hint, &trace);

    if (err != 0)
        return err;
    o->platform = trace.platform;
    weir_stacktrace_write_values(&trace, in->in_app, type, value, "generic", handled, out);
    return 0;
}

/* An exception whose stack trace is a text. */
static int printed_object(struct weir_native *o, const struct weir_json_doc *doc,
                          struct weir_buf *out)
{
    struct weir_arena *a = o->d->in->arena;

    return printed(o, weir_json_doc_text(doc, a, WEIR_S("stacktrace")),
                   weir_json_doc_text(doc, a, WEIR_S("type")),
                   weir_json_doc_text(doc, a, WEIR_S("value")), handled_of(o, doc), out);
}

/* An exception that is nothing but text. */
static int printed_alone(struct weir_native *o, struct weir_str raw, struct weir_buf *out)
{
    struct weir_str none = {NULL, 0};
    int err = printed(o, weir_json_doc_text(&o->doc, o->d->in->arena, WEIR_S("exception")), none,
                      none, -1, out);

    if (err != WEIR_ENOTFOUND)
        return err;
    weir_buf_printf(out, "{\"type\":\"Error\",\"value\":%.*s}", WEIR_FMT(raw));
    return 0;
}

static void add_unread(struct weir_buf *out, const struct weir_json_doc *doc)
{
    weir_member(out, WEIR_S("mechanism"));
    weir_buf_text(out, "{\"type\":\"generic\",\"data\":{");
    add_raw(out, "stacktrace", raw_of(doc, "stacktrace"));
    add_raw(out, "mechanism", raw_of(doc, "mechanism"));
    weir_buf_text(out, "}}");
}

/* ---- one ---------------------------------------------------------------- */

/* Frames given as such. */
static int add_frames(struct weir_native *o, const struct weir_json_doc *doc, struct weir_buf *out)
{
    const struct weir_json_member *m = weir_json_doc_get(doc, WEIR_S("frames"));

    if (m != NULL && m->kind == WEIR_JSON_ARRAY) {
        add_raw(out, "stacktrace", WEIR_S("{\"frames\":"));
        weir_buf_add(out, weir_json_doc_raw(doc, m));
        weir_buf_char(out, '}');
    } else if (m != NULL && m->kind != WEIR_JSON_NULL) {
        return weir_native_refuse(o, "/exception/frames", "must be an array");
    }
    m = weir_json_doc_get(doc, WEIR_S("stacktrace"));
    if (m != NULL && m->kind == WEIR_JSON_OBJECT)
        add_raw(out, "stacktrace", weir_json_doc_raw(doc, m));
    return 0;
}

static int one_exception(struct weir_native *o, struct weir_str raw, struct weir_buf *out)
{
    static const char *const kept[] = {"type", "value", "module", "thread_id"};
    const struct weir_json_member *m;
    struct weir_json_doc doc;
    int err = weir_json_members(o->d->in->reader, o->d->in->arena, raw, &doc);
    bool text;

    if (err == WEIR_EINVAL)
        return weir_native_refuse(o, "/exception", "must be an object or an array of objects");
    if (err != 0)
        return err;
    m = weir_json_doc_get(&doc, WEIR_S("stacktrace"));
    text = m != NULL && m->kind == WEIR_JSON_STRING && raw_of(&doc, "frames").n == 0;
    if (text) {
        err = printed_object(o, &doc, out);
        if (err != WEIR_ENOTFOUND)
            return err;
    }
    weir_member_comma(out);
    weir_buf_char(out, '{');
    for (size_t i = 0; i < sizeof kept / sizeof kept[0]; i++)
        add_raw(out, kept[i], raw_of(&doc, kept[i]));
    if (text)
        add_unread(out, &doc);
    else
        add_raw(out, "mechanism", raw_of(&doc, "mechanism"));
    err = add_frames(o, &doc, out);
    weir_buf_char(out, '}');
    return err;
}

/* ---- all ---------------------------------------------------------------- */

/* An array's elements, found with the worker's reader before any is read. */
static int many_exceptions(struct weir_native *o, struct weir_str raw, struct weir_buf *out)
{
    struct weir_json_reader *r = o->d->in->reader;
    struct weir_str list[EXCEPTIONS_MOST];
    struct weir_json_token t;
    size_t n = 0, end;
    int err = 0;

    weir_json_begin(r, NULL, false);
    weir_json_window(r, raw, 0, true);
    (void)weir_json_next(r, &t);
    while (n < EXCEPTIONS_MOST && weir_json_next(r, &t) == WEIR_JSON_OBJECT) {
        size_t start = t.start;

        if (weir_json_skip(r, &t, &end) <= WEIR_JSON_MORE)
            break;
        list[n++] = weir_str_sub(raw, start, end - start);
    }
    for (size_t i = 0; i < n && err == 0; i++)
        err = one_exception(o, list[i], out);
    return err;
}

int weir_native_exception(struct weir_native *o, struct weir_buf *out)
{
    const struct weir_json_member *m = weir_native_get(o, "exception");
    struct weir_str raw;
    int err = 0;

    if (m == NULL)
        return 0;
    raw = weir_json_doc_raw(&o->doc, m);
    weir_buf_add(out, WEIR_S(",\"exception\":{\"values\":["));
    if (m->kind == WEIR_JSON_OBJECT)
        err = one_exception(o, raw, out);
    else if (m->kind == WEIR_JSON_ARRAY)
        err = many_exceptions(o, raw, out);
    else if (m->kind == WEIR_JSON_STRING)
        err = printed_alone(o, raw, out);
    else
        err = weir_native_refuse(o, "/exception", "must be an object or an array of objects");
    weir_buf_add(out, WEIR_S("]}"));
    return err;
}
