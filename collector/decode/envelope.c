/* envelope.c - Sentry envelopes, as a push parser.
 *
 *   {"event_id":"...","dsn":"..."}\n        envelope header, one line
 *   {"type":"event","length":41}\n          item header, one line
 *   {"message":"hi"}\n                      payload: `length` bytes, then a
 *   {"type":"session"}\n                      newline or the end; without
 *   {"sid":"..."}                             `length` up to the newline
 *
 * Lines end in \n. We also take \r\n after headers and after sized payloads,
 * and skip empty lines where an item header is expected, as some senders put
 * them there. The last newline may be missing. A sized payload that is cut
 * short, or is not followed by a newline, makes the whole body malformed:
 * what came after it cannot be trusted.
 *
 * Every byte is looked at once. When the body comes whole, headers and
 * payloads are slices of it; in pieces, they are put together in the arena.
 * A large payload never is (weir/decode.h says what is large): it goes to the
 * sink as it comes. Which way it goes depends on sizes only, so a body means
 * the same however it was cut.
 *
 * https://develop.sentry.dev/sdk/data-model/envelopes/ */
#include "decoder.h"
#include "weir/text.h"

enum { HEADER_MAX = 64 * 1024 };

enum phase {
    ENVELOPE_HEADER,
    ITEM_HEADER,
    SIZED,        /* `left` bytes of payload to come, kept in memory */
    LINED,        /* payload up to the newline, kept in memory while small */
    STREAM_SIZED, /* the same, handed on as they come */
    STREAM_LINED,
    AFTER_SIZED, /* the newline behind a sized payload */
    AFTER_CR
};

struct envelope {
    enum phase phase;
    struct weir_item item;
    uint64_t left;
    struct weir_buf held; /* begun line or payload, when it comes in pieces */
    size_t base;          /* document offset of the bytes being fed */
    uint32_t items;
};

/* The bytes fed and how far we are. */
struct cursor {
    const char *p;
    size_t n, at;
    bool last;
};

static int envelope_open(struct weir_decoder *d)
{
    struct envelope *e = weir_arena_zalloc(d->in->arena, 1, sizeof *e);

    d->state = e;
    return e != NULL ? 0 : WEIR_ENOMEM;
}

static void hold_nothing(struct weir_decoder *d, size_t max_bytes)
{
    struct envelope *e = d->state;

    weir_buf_init(&e->held, d->in->arena, max_bytes);
}

/* Takes bytes up to the next newline. 1: *ret_line is the line without it;
 * 0: more is needed, what there was is held; or an error. A line of more
 * than `max` bytes is WEIR_ELIMIT, with everything before it held. */
static int take_line(struct weir_decoder *d, struct cursor *c, size_t max,
                     struct weir_str *ret_line)
{
    struct envelope *e = d->state;
    struct weir_str rest = {c->p + c->at, c->n - c->at};
    const char *newline = rest.n > 0 ? memchr(rest.p, '\n', rest.n) : NULL;
    bool ends = newline != NULL || c->last;
    int err;

    if (newline != NULL)
        rest.n = (size_t)(newline - rest.p);
    if (e->held.n + rest.n > max)
        return WEIR_ELIMIT;
    c->at += rest.n + (newline != NULL);
    if (ends && d->stable) {
        *ret_line = rest;
        return 1;
    }
    weir_buf_add(&e->held, rest);
    err = weir_buf_str(&e->held, ret_line);
    return err != 0 ? err : ends;
}

/* A header line, with the optional \r and other white space trimmed. */
static int take_header(struct weir_decoder *d, struct cursor *c, size_t start,
                       struct weir_str *ret_line)
{
    int got = take_line(d, c, HEADER_MAX, ret_line);

    if (got == WEIR_ELIMIT)
        return weir_decode_fail(d, WEIR_EINVAL, "a header line is too long", start);
    if (got == 1)
        *ret_line = weir_str_trim(*ret_line);
    return got;
}

static int envelope_header(struct weir_decoder *d, struct cursor *c)
{
    struct envelope *e = d->state;
    struct weir_arena *a = d->in->arena;
    struct weir_envelope_header h = {0};
    struct weir_json_doc doc;
    size_t start = e->base + c->at - e->held.n;
    int err = take_header(d, c, start, &h.raw);

    if (err != 1)
        return err;
    err = weir_decode_members(d, h.raw, start, "the envelope header is no JSON object", &doc);
    if (err != 0)
        return err;
    h.event_id = weir_json_doc_text(&doc, a, WEIR_S("event_id"));
    h.dsn = weir_json_doc_text(&doc, a, WEIR_S("dsn"));
    h.sent_at = weir_json_doc_text(&doc, a, WEIR_S("sent_at"));
    if (h.event_id.n > 0 && !weir_parse_id(h.event_id, d->result.event_id)) {
        d->result.event_id[0] = '\0';
        return weir_decode_fail(d, WEIR_EINVAL, "the envelope's event_id is no id", start);
    }
    err = d->sink->header(d->sink->self, &h);
    e->phase = ITEM_HEADER;
    hold_nothing(d, HEADER_MAX);
    return err != 0 ? err : 1;
}

/* Reads a member that must be a count. False when it is there and is none. */
static bool count_member(const struct weir_json_doc *doc, struct weir_str name, bool *ret_there,
                         uint64_t *ret_value)
{
    const struct weir_json_member *m = weir_json_doc_get(doc, name);

    *ret_there = m != NULL && m->kind != WEIR_JSON_NULL;
    if (!*ret_there)
        return true;
    return m->kind == WEIR_JSON_NUMBER && weir_str_u64(weir_json_doc_raw(doc, m), ret_value);
}

static bool fill_item(struct weir_decoder *d, const struct weir_json_doc *doc)
{
    struct envelope *e = d->state;
    struct weir_arena *a = d->in->arena;
    struct weir_item *it = &e->item;
    bool there;

    it->type_name = weir_json_doc_text(doc, a, WEIR_S("type"));
    it->type = weir_item_type_of(it->type_name);
    it->content_type = weir_json_doc_text(doc, a, WEIR_S("content_type"));
    it->filename = weir_json_doc_text(doc, a, WEIR_S("filename"));
    it->attachment_type = weir_json_doc_text(doc, a, WEIR_S("attachment_type"));
    if (!count_member(doc, WEIR_S("item_count"), &there, &it->item_count))
        it->item_count = 0;
    return it->type_name.n > 0;
}

static int item_header(struct weir_decoder *d, struct cursor *c)
{
    struct envelope *e = d->state;
    struct weir_json_doc doc;
    struct weir_str line = {0};
    bool sized;
    size_t start = e->base + c->at - e->held.n;
    int err = take_header(d, c, start, &line);

    if (err != 1)
        return err;
    if (line.n == 0) {
        hold_nothing(d, HEADER_MAX);
        return 1;
    }
    if (++e->items > d->in->max_items)
        return weir_decode_fail(d, WEIR_ELIMIT, "the envelope has too many items", start);
    e->item = (struct weir_item){.header = line};
    err = weir_decode_members(d, line, start, "an item header is no JSON object", &doc);
    if (err != 0)
        return err;
    if (!fill_item(d, &doc))
        return weir_decode_fail(d, WEIR_EINVAL, "an item header names no type", start);
    if (!count_member(&doc, WEIR_S("length"), &sized, &e->left))
        return weir_decode_fail(d, WEIR_EINVAL, "an item's length is no count", start);
    e->phase = !sized ? LINED : e->left > weir_decode_whole_item_max(d) ? STREAM_SIZED : SIZED;
    hold_nothing(d, WEIR_STREAM_OVER + 1);
    if (e->phase != STREAM_SIZED)
        return 1;
    err = d->sink->begin(d->sink->self, &e->item);
    return err != 0 ? err : 1;
}

static int whole_item(struct weir_decoder *d, struct weir_str payload, enum phase next)
{
    struct envelope *e = d->state;
    int err;

    e->item.payload = payload;
    d->kept += payload.n;
    e->phase = next;
    hold_nothing(d, HEADER_MAX);
    err = d->sink->item(d->sink->self, &e->item);
    return err != 0 ? err : 1;
}

static int cut_short(struct weir_decoder *d, const struct cursor *c)
{
    const struct envelope *e = d->state;

    return weir_decode_fail(d, WEIR_EINVAL, "an item's payload is shorter than its length",
                            e->base + c->n);
}

static int sized(struct weir_decoder *d, struct cursor *c)
{
    struct envelope *e = d->state;
    struct weir_str rest = weir_str_sub((struct weir_str){c->p, c->n}, c->at, (size_t)e->left);
    struct weir_str payload = rest;
    int err = 0;

    if (rest.n < e->left && c->last)
        return cut_short(d, c);
    /* The header's length is bounded by WEIR_STREAM_OVER here, so this gives
     * the payload its memory at once and in one piece. */
    if (!d->stable) {
        if (e->held.n == 0 && e->left > 0 && weir_buf_reserve(&e->held, (size_t)e->left) == NULL)
            return WEIR_ENOMEM;
        weir_buf_add(&e->held, rest);
        err = weir_buf_str(&e->held, &payload);
    }
    c->at += rest.n;
    e->left -= rest.n;
    if (err != 0 || e->left > 0)
        return err;
    return whole_item(d, payload, AFTER_SIZED);
}

static int lined(struct weir_decoder *d, struct cursor *c)
{
    struct envelope *e = d->state;
    struct weir_str line = {0};
    int got = take_line(d, c, weir_decode_whole_item_max(d), &line);

    if (got == 1)
        return whole_item(d, line, ITEM_HEADER);
    if (got != WEIR_ELIMIT)
        return got;
    /* Too long for memory: from here on it is a stream. */
    e->phase = STREAM_LINED;
    got = d->sink->begin(d->sink->self, &e->item);
    if (got == 0 && e->held.n > 0)
        got = d->sink->data(d->sink->self, (struct weir_str){e->held.p, e->held.n});
    return got != 0 ? got : 1;
}

static int stream_end(struct weir_decoder *d, enum phase next)
{
    struct envelope *e = d->state;
    int err = d->sink->end(d->sink->self);

    e->phase = next;
    hold_nothing(d, HEADER_MAX);
    return err != 0 ? err : 1;
}

static int stream_sized(struct weir_decoder *d, struct cursor *c)
{
    struct envelope *e = d->state;
    struct weir_str rest = {c->p + c->at, c->n - c->at};
    int err = 0;

    if (rest.n > e->left)
        rest.n = (size_t)e->left;
    if (rest.n > 0)
        err = d->sink->data(d->sink->self, rest);
    c->at += rest.n;
    e->left -= rest.n;
    if (err != 0)
        return err;
    if (e->left == 0)
        return stream_end(d, AFTER_SIZED);
    return c->last ? cut_short(d, c) : 0;
}

static int stream_lined(struct weir_decoder *d, struct cursor *c)
{
    struct weir_str rest = {c->p + c->at, c->n - c->at};
    const char *newline = rest.n > 0 ? memchr(rest.p, '\n', rest.n) : NULL;
    int err = 0;

    if (newline != NULL)
        rest.n = (size_t)(newline - rest.p);
    if (rest.n > 0)
        err = d->sink->data(d->sink->self, rest);
    c->at += rest.n + (newline != NULL);
    if (err != 0)
        return err;
    return newline != NULL || c->last ? stream_end(d, ITEM_HEADER) : 0;
}

static int after_sized(struct weir_decoder *d, struct cursor *c)
{
    struct envelope *e = d->state;
    char next;

    if (c->at == c->n)
        return 0;
    next = c->p[c->at];
    if (next == '\r' && e->phase == AFTER_SIZED)
        e->phase = AFTER_CR;
    else if (next == '\n')
        e->phase = ITEM_HEADER;
    else
        return weir_decode_fail(d, WEIR_EINVAL, "an item's payload is not followed by a newline",
                                e->base + c->at);
    c->at++;
    return 1;
}

/* By enum phase. Each returns 1 when it got on, 0 when it needs more bytes. */
static int (*const steps[])(struct weir_decoder *d, struct cursor *c) = {
    envelope_header, item_header,  sized,       lined,
    stream_sized,    stream_lined, after_sized, after_sized,
};

static int envelope_feed(struct weir_decoder *d, struct weir_str bytes, bool last)
{
    struct envelope *e = d->state;
    struct cursor c = {bytes.p, bytes.n, 0, last};
    int got = 1;

    if (e->held.arena == NULL)
        hold_nothing(d, HEADER_MAX);
    /* At the end of the body only a begun header or payload is finished. */
    while (got == 1 && (c.at < c.n || (last && e->phase != ITEM_HEADER) || (last && e->held.n > 0)))
        got = steps[e->phase](d, &c);
    e->base += bytes.n;
    return got < 0 ? got : 0;
}

const struct weir_format_ops weir_format_envelope = {.open = envelope_open, .feed = envelope_feed};
