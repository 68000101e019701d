/* sink_print.c - what `weir sink` says about an envelope.
 *
 *   event 0f6d...  environment=staging release=shop@1.4.2  TimeoutError: ...  [event 1204 B]
 *
 * or, for tests, one JSON object:
 *
 *   {"project":..,"key":..,"path":..,"encoding":..,"user_agent":..,"header":{..},
 *    "items":[{"header":{..},"length":N,"payload":..}]}
 *
 * where a payload that is no JSON is `payload_text`, or `payload_base64` when
 * it is no UTF-8 either. */
#include "sink.h"

#include "weir/buf.h"
#include "weir/clock.h"
#include "weir/decode.h"
#include "weir/text.h"

#include <jansson.h>
#include <stdlib.h>

enum { MAX_TEXT = 512 << 20, MAX_ITEMS = 100000, SHOWN_MESSAGE = 120 };

/* Collects what the decoder finds. */
struct printer {
    struct weir_arena *arena;
    json_t *header, *items;
    struct weir_str streamed_header; /* of the item that comes in pieces */
    struct weir_buf streamed;
};

/* ---- items ------------------------------------------------------------------ */

static json_t *parse(struct weir_str s)
{
    return s.n > 0 ? json_loadb(s.p, s.n, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL) : NULL;
}

static void set_payload(struct weir_arena *a, json_t *item, struct weir_str payload)
{
    json_t *value = parse(payload);
    struct weir_str text;

    if (value != NULL)
        json_object_set_new(item, "payload", value);
    else if (weir_utf8_valid(payload))
        json_object_set_new(item, "payload_text",
                            json_stringn(payload.n > 0 ? payload.p : "", payload.n));
    else if (weir_base64_encode(a, payload, &text) == 0)
        json_object_set_new(item, "payload_base64", json_stringn(text.p, text.n));
}

static int add_item(struct printer *p, struct weir_str header, struct weir_str payload)
{
    json_t *item = json_object(), *parsed = parse(header);

    if (item == NULL)
        return WEIR_ENOMEM;
    json_object_set_new(item, "header", parsed != NULL ? parsed : json_object());
    json_object_set_new(item, "length", json_integer((json_int_t)payload.n));
    set_payload(p->arena, item, payload);
    return json_array_append_new(p->items, item) == 0 ? 0 : WEIR_ENOMEM;
}

static int on_header(void *self, const struct weir_envelope_header *h)
{
    struct printer *p = self;

    p->header = parse(h->raw);
    return 0;
}

static int on_item(void *self, const struct weir_item *it)
{
    struct weir_str header = it->header;
    struct printer *p = self;

    if (header.n <= 2) /* made of a store request */
        header = weir_arena_printf(p->arena, "{\"type\":\"%s\"}", weir_item_type_name(it->type));
    return add_item(p, header, it->payload);
}

static int on_begin(void *self, const struct weir_item *it)
{
    struct printer *p = self;

    p->streamed_header = weir_arena_copy(p->arena, it->header);
    weir_buf_init(&p->streamed, p->arena, MAX_TEXT);
    return 0;
}

static int on_data(void *self, struct weir_str bytes)
{
    struct printer *p = self;

    weir_buf_add(&p->streamed, bytes);
    return 0;
}

static int on_end(void *self)
{
    struct printer *p = self;
    struct weir_str payload;
    int err = weir_buf_str(&p->streamed, &payload);

    return err != 0 ? err : add_item(p, p->streamed_header, payload);
}

/* ---- one line ---------------------------------------------------------------- */

static const char *text_of(const json_t *object, const char *name)
{
    const char *s = json_string_value(json_object_get(object, name));

    return s != NULL ? s : "";
}

/* Cut, and without line breaks: an event is one line. */
static void add_message(struct weir_buf *b, const char *s)
{
    for (size_t i = 0; s[i] != '\0' && i < SHOWN_MESSAGE; i++)
        weir_buf_char(b, (unsigned char)s[i] < ' ' ? ' ' : s[i]);
}

static void add_exception(struct weir_buf *b, const json_t *event)
{
    const json_t *list = json_object_get(event, "exception");
    const json_t *last;

    if (json_is_object(list))
        list = json_object_get(list, "values");
    last = json_array_get(list, json_array_size(list) > 0 ? json_array_size(list) - 1 : 0);
    if (last == NULL)
        return;
    weir_buf_printf(b, "  %s: ", text_of(last, "type"));
    add_message(b, text_of(last, "value"));
}

static void add_event(struct weir_buf *b, const json_t *event)
{
    const char *message = text_of(event, "message");

    if (message[0] == '\0')
        message = text_of(json_object_get(event, "logentry"), "formatted");
    if (message[0] == '\0')
        message = text_of(event, "transaction");
    weir_buf_printf(b, "  environment=%s release=%s", text_of(event, "environment"),
                    text_of(event, "release"));
    add_exception(b, event);
    if (message[0] != '\0')
        weir_buf_add(b, WEIR_S("  "));
    add_message(b, message);
}

static void add_line(struct weir_buf *b, const struct printer *p, const char *id)
{
    const json_t *first = json_array_get(p->items, 0), *item;
    const char *type = text_of(json_object_get(first, "header"), "type");
    size_t i;

    weir_buf_printf(b, "%s %s", first != NULL ? type : "empty", id);
    if (json_is_object(json_object_get(first, "payload")))
        add_event(b, json_object_get(first, "payload"));
    weir_buf_add(b, WEIR_S("  ["));
    json_array_foreach(p->items, i, item)
    {
        weir_buf_printf(b, "%s%s %lld B", i > 0 ? ", " : "",
                        text_of(json_object_get(item, "header"), "type"),
                        (long long)json_integer_value(json_object_get(item, "length")));
    }
    weir_buf_add(b, WEIR_S("]\n"));
}

/* ---- all of it ----------------------------------------------------------------- */

static void set_str(json_t *object, const char *name, struct weir_str s)
{
    json_t *value = json_stringn(s.n > 0 ? s.p : "", s.n);

    json_object_set_new(object, name, value != NULL ? value : json_null());
}

static void add_object(struct weir_buf *b, const struct printer *p,
                       const struct weir_sink_request *r)
{
    json_t *all = json_object();
    char *text;

    set_str(all, "project", r->project);
    set_str(all, "key", r->key);
    set_str(all, "path", r->path);
    set_str(all, "encoding", r->encoding);
    set_str(all, "user_agent", r->user_agent);
    json_object_set(all, "header", p->header);
    json_object_set(all, "items", p->items);
    text = json_dumps(all, JSON_COMPACT);
    if (text != NULL)
        weir_buf_add(b, weir_str_of(text));
    weir_buf_char(b, '\n');
    free(text);
    json_decref(all);
}

static int decode(struct printer *p, const struct weir_sink_request *r, struct weir_str body,
                  char ret_id[33], const char **ret_why)
{
    struct weir_json_reader *reader = weir_json_reader_new();
    struct weir_decode_input in = {.arena = p->arena,
                                   .reader = reader,
                                   .default_project = r->project,
                                   .received_ms = weir_wall_ms(),
                                   .max_items = MAX_ITEMS};
    const struct weir_sink sink = {on_header, on_item, on_begin, on_data, on_end, p};
    struct weir_decoder *d;
    int err = WEIR_ENOMEM;

    if (reader == NULL)
        return err;
    d = weir_decoder_new(r->store ? WEIR_FORMAT_STORE : WEIR_FORMAT_ENVELOPE, &in, &sink);
    if (d != NULL) {
        err = weir_decoder_feed(d, body, true);
        *ret_why = weir_decoder_result(d)->error;
        memcpy(ret_id, weir_decoder_result(d)->event_id, 33);
    }
    weir_json_reader_free(reader);
    return err;
}

int weir_sink_print(struct weir_arena *a, const struct weir_sink_request *r, struct weir_str body,
                    bool json, struct weir_str *ret_text, char ret_id[33], const char **ret_why)
{
    struct printer p = {.arena = a, .items = json_array()};
    struct weir_buf out;
    int err;

    ret_id[0] = '\0';
    *ret_why = NULL;
    err = decode(&p, r, body, ret_id, ret_why);
    if (p.header == NULL)
        p.header = json_object();
    weir_buf_init(&out, a, MAX_TEXT);
    if (err == 0 && json)
        add_object(&out, &p, r);
    else if (err == 0)
        add_line(&out, &p, ret_id);
    json_decref(p.header);
    json_decref(p.items);
    return err != 0 ? err : weir_buf_str(&out, ret_text);
}
