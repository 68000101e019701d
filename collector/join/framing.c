/* framing.c - item headers and payloads, found and written. */
#include "framing.h"

/* The payload's length: that of the header, or up to the line's end. */
static int payload_of(const struct weir_json_doc *header, struct weir_str after,
                      struct weir_str *ret_payload)
{
    const struct weir_json_member *m = weir_json_doc_get(header, WEIR_S("length"));
    struct weir_str rest;
    uint64_t n;

    if (m == NULL || m->kind == WEIR_JSON_NULL) {
        (void)weir_str_cut(after, '\n', ret_payload, &rest);
        return 0;
    }
    if (!weir_str_u64(weir_json_doc_raw(header, m), &n) || n > after.n)
        return WEIR_EINVAL;
    *ret_payload = weir_str_sub(after, 0, (size_t)n);
    return 0;
}

int weir_framing_next(struct weir_json_reader *r, struct weir_arena *a, struct weir_str *rest,
                      struct weir_framed *ret_item)
{
    struct weir_framed item;
    struct weir_json_doc doc;
    struct weir_str after;
    size_t n;
    int err;

    while (rest->n > 0 && rest->p[0] == '\n')
        *rest = weir_str_sub(*rest, 1, rest->n);
    if (rest->n == 0)
        return WEIR_ENOTFOUND;
    (void)weir_str_cut(*rest, '\n', &item.header, &after);
    err = weir_json_members(r, a, item.header, &doc);
    if (err == 0)
        err = payload_of(&doc, after, &item.payload);
    if (err != 0)
        return err;
    item.type = weir_item_type_of(weir_json_doc_text(&doc, a, WEIR_S("type")));
    n = item.header.n + 1 + item.payload.n;
    if (n < rest->n && rest->p[n] == '\n')
        n++;
    n = n < rest->n ? n : rest->n;
    item.whole = weir_str_sub(*rest, 0, n);
    *rest = weir_str_sub(*rest, n, rest->n);
    *ret_item = item;
    return 0;
}

int weir_framing_find(struct weir_json_reader *r, struct weir_arena *a, struct weir_str body,
                      enum weir_item_type type, struct weir_framed *ret_item)
{
    int err;

    do
        err = weir_framing_next(r, a, &body, ret_item);
    while (err == 0 && ret_item->type != type);
    return err;
}

int weir_framing_write(struct weir_json_reader *r, struct weir_arena *a, struct weir_str header,
                       struct weir_str payload, struct weir_buf *out)
{
    struct weir_str length = weir_arena_printf(a, "%zu", payload.n), text;
    struct weir_json_doc doc;
    int err = weir_json_members(r, a, header, &doc);

    if (err != 0)
        return err;
    if (length.n == 0)
        return WEIR_ENOMEM;
    weir_json_doc_set(&doc, WEIR_S("length"), length);
    err = weir_json_doc_write(&doc, a, header.n + 64, &text);
    if (err != 0)
        return err;
    weir_buf_add(out, text);
    weir_buf_char(out, '\n');
    weir_buf_add(out, payload);
    weir_buf_char(out, '\n');
    return 0;
}
