/* store.c - the event endpoint of old clients.
 *
 * The body is the event's JSON, or base64 of it, or base64 of its zlib or
 * gzip form, or zlib or gzip bytes that no Content-Encoding announced: told
 * apart by the first bytes, since content types are unreliable here. The
 * oldest send the same as `sentry_data` of a form or, from browsers, of the
 * query of a GET. An event without a (valid) event_id is given one.
 *
 * https://develop.sentry.dev/sdk/overview/ (legacy store endpoint) */
#include "decoder.h"
#include "weir/inflate.h"
#include "weir/text.h"

enum { STORE_RATIO = 200 };

/* "gzip" or "deflate" by magic number (RFC 1952, RFC 1950), NULL for neither.
 * Neither can be confused with JSON or base64. */
static const char *compression(struct weir_str s)
{
    const uint8_t *p = (const uint8_t *)s.p;

    if (s.n < 2)
        return NULL;
    if (p[0] == 0x1f && p[1] == 0x8b)
        return "gzip";
    return p[0] == 0x78 && (p[0] * 256 + p[1]) % 31 == 0 ? "deflate" : NULL;
}

static int inflate_body(struct weir_decoder *d, const char *how, struct weir_str *body)
{
    int err = weir_inflate_whole(d->in->arena, weir_str_of(how), *body, WEIR_WHOLE_MAX, STORE_RATIO,
                                 body);

    if (err == WEIR_EINVAL)
        return weir_decode_fail(d, err, "the body is corrupt zlib or gzip data", 0);
    if (err == WEIR_ELIMIT)
        return weir_decode_fail(d, err, "the body is too large", 0);
    return err;
}

/* `sentry_data` of a form or query; '+' means a blank there, but base64 has
 * none, and clients forget to escape it. */
static void from_form(struct weir_decoder *d, struct weir_str form, struct weir_str *body)
{
    struct weir_str text;
    char *p;

    if (!weir_query_get(d->in->arena, form, WEIR_S("sentry_data"), &text))
        return;
    text = weir_str_trim(text);
    *body = text;
    if (text.n == 0 || text.p[0] == '{')
        return;
    p = weir_arena_alloc(d->in->arena, text.n);
    if (p == NULL)
        return;
    for (size_t i = 0; i < text.n; i++)
        p[i] = (char)(text.p[i] == ' ' ? '+' : text.p[i]);
    *body = (struct weir_str){p, text.n};
}

/* Peels off what is around the JSON. */
static int unwrap(struct weir_decoder *d, struct weir_str *body)
{
    const char *how = compression(*body);
    int err;

    if (how != NULL)
        return inflate_body(d, how, body);
    *body = weir_str_trim(*body);
    if (body->n == 0)
        from_form(d, d->in->query, body);
    else if (body->p[0] != '{')
        from_form(d, *body, body);
    if (body->n == 0)
        return weir_decode_fail(d, WEIR_EINVAL, "the body is empty", 0);
    if (body->p[0] == '{')
        return 0;
    err = weir_base64_decode(d->in->arena, *body, body);
    if (err == WEIR_EINVAL)
        return weir_decode_fail(d, err, "the body is neither JSON nor base64", 0);
    how = err == 0 ? compression(*body) : NULL;
    return how != NULL ? inflate_body(d, how, body) : err;
}

static enum weir_item_type type_of(const struct weir_json_doc *doc, struct weir_arena *a)
{
    struct weir_str type = weir_json_doc_text(doc, a, WEIR_S("type"));

    if (weir_str_eq(type, WEIR_S("transaction")))
        return WEIR_ITEM_TRANSACTION;
    return weir_str_eq(type, WEIR_S("feedback")) ? WEIR_ITEM_FEEDBACK : WEIR_ITEM_EVENT;
}

static int store_whole(struct weir_decoder *d, struct weir_str body)
{
    struct weir_arena *a = d->in->arena;
    struct weir_json_doc doc;
    struct weir_str sent;
    char id[33];
    int err = unwrap(d, &body);

    if (err == 0)
        err = weir_decode_members(d, body, 0, "the event is no JSON object", &doc);
    if (err != 0)
        return err;
    sent = weir_json_doc_text(&doc, a, WEIR_S("event_id"));
    if (!weir_parse_id(sent, id)) {
        weir_new_event_id(id);
        weir_json_doc_set(&doc, WEIR_S("event_id"), weir_arena_printf(a, "\"%s\"", id));
        err = weir_json_doc_write(&doc, a, WEIR_WHOLE_MAX + 64, &body);
        if (err != 0)
            return err;
    }
    err = weir_decode_header(d, id);
    return err != 0 ? err : weir_decode_item(d, type_of(&doc, a), body);
}

const struct weir_format_ops weir_format_store = {.whole = store_whole};
