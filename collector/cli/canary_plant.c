/* canary_plant.c - bodies in which one field holds a canary, see canary.h. */
#include "canary.h"

#include "weir/buf.h"
#include "weir/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

enum { PATH = 512, BODY = 1024 * 1024, DEPTH = 64 };

struct weir_embedded {
    const char *name, *text;
};
extern const struct weir_embedded weir_embedded_canaries[];

struct planting {
    const struct weir_canary_sample *sample;
    const struct weir_canary_value *value;
    enum weir_canary_form form;
    struct weir_arena *arena;
    weir_canary_fn *fn;
    void *self;
    char path[PATH];
};

/* ---- samples ------------------------------------------------------------------------ */

int weir_canary_sample_load(size_t i, struct weir_canary_sample *ret_sample)
{
    json_error_t error;

    for (size_t k = 0; k <= i; k++)
        if (weir_embedded_canaries[k].name == NULL)
            return WEIR_ENOTFOUND;
    ret_sample->name = weir_embedded_canaries[i].name;
    ret_sample->root = json_loads(weir_embedded_canaries[i].text, 0, &error);
    return ret_sample->root != NULL ? 0 : WEIR_ENOMEM;
}

void weir_canary_sample_free(struct weir_canary_sample *s)
{
    json_decref(s->root);
    s->root = NULL;
}

const char *weir_canary_sample_format(const struct weir_canary_sample *s)
{
    const char *format = json_string_value(json_object_get(s->root, "format"));

    return format != NULL ? format : "envelope";
}

/* ---- bodies -------------------------------------------------------------------------- */

/* JSON text; where it is to be escaped, each character of the planted text as
 * \\uXXXX, which is the same JSON. */
static void add_text(const struct planting *g, struct weir_buf *out, struct weir_str json)
{
    const struct weir_str planted = weir_str_of(g->value->text);
    size_t at = g->form == WEIR_CANARY_ESCAPED ? weir_str_find(json, planted) : SIZE_MAX;

    weir_buf_add(out, weir_str_sub(json, 0, at));
    if (at == SIZE_MAX)
        return;
    for (size_t i = 0; i < planted.n; i++)
        weir_buf_printf(out, "\\u%04x", (unsigned)(uint8_t)planted.p[i]);
    weir_buf_add(out, weir_str_sub(json, at + planted.n, SIZE_MAX));
}

static void add_json(const struct planting *g, struct weir_buf *out, const json_t *j)
{
    char *text = json_dumps(j, JSON_COMPACT | JSON_ENCODE_ANY);

    if (text == NULL)
        out->failed = WEIR_ENOMEM;
    else
        add_text(g, out, weir_str_of(text));
    free(text);
}

/* The recording's line of JSON, then its events deflated, as SDKs send them. */
static void add_recording(struct weir_buf *out, const json_t *events)
{
    char *text = json_dumps(events, JSON_COMPACT);
    uLongf n = text != NULL ? compressBound((uLong)strlen(text)) : 0;
    char *p;

    weir_buf_text(out, "{\"segment_id\":0}\n");
    p = n > 0 ? weir_buf_reserve(out, n) : NULL;
    if (p != NULL && compress((Bytef *)p, &n, (const Bytef *)text, (uLong)strlen(text)) == Z_OK)
        out->n += n;
    else
        out->failed = WEIR_ENOMEM;
    free(text);
}

static void add_payload(const struct planting *g, struct weir_buf *out)
{
    const json_t *root = g->sample->root;
    const json_t *text = json_object_get(root, "text");

    if (json_object_get(root, "recording") != NULL) {
        add_recording(out, json_object_get(root, "recording"));
    } else if (text != NULL) {
        if (json_object_get(root, "binary") != NULL)
            weir_buf_add(out, (struct weir_str){"\x7f\x00\x01\xff\xfe", 5});
        weir_buf_text(out, json_string_value(text));
    } else {
        add_json(g, out, json_object_get(root, "payload"));
    }
}

static void add_envelope(const struct planting *g, struct weir_buf *out)
{
    const json_t *root = g->sample->root;
    const json_t *header = json_object_get(root, "header");
    json_t *item = json_deep_copy(json_object_get(root, "item"));
    struct weir_str text;
    struct weir_buf payload;

    weir_buf_init(&payload, g->arena, BODY);
    add_payload(g, &payload);
    if (weir_buf_str(&payload, &text) != 0 || item == NULL ||
        json_object_set_new(item, "length", json_integer((json_int_t)text.n)) != 0) {
        out->failed = WEIR_ENOMEM;
    } else {
        if (header != NULL)
            add_json(g, out, header);
        else
            weir_buf_text(out, "{\"event_id\":\"9ec79c33ec9942ab8353589fcb2e04dc\"}");
        weir_buf_char(out, '\n');
        add_json(g, out, item);
        weir_buf_char(out, '\n');
        weir_buf_add(out, text);
        weir_buf_char(out, '\n');
    }
    json_decref(item);
}

/* The sample as it stands now, to the caller. */
static bool deliver(struct planting *g)
{
    bool envelope = strcmp(weir_canary_sample_format(g->sample), "envelope") == 0;
    struct weir_buf out;
    struct weir_str body;
    bool go_on = false;

    weir_buf_init(&out, g->arena, BODY);
    if (envelope)
        add_envelope(g, &out);
    else
        add_payload(g, &out);
    if (weir_buf_str(&out, &body) == 0)
        go_on = g->fn(g->self, g->sample, g->path, g->form, body);
    weir_arena_reset(g->arena);
    return go_on;
}

/* ---- fields --------------------------------------------------------------------------- */

/* The text of a field in this form; NULL: no memory. */
static json_t *field_text(const struct planting *g)
{
    const char *text = g->value->text;
    struct weir_buf out;
    struct weir_str s;

    weir_buf_init(&out, g->arena, BODY);
    switch (g->form) {
    case WEIR_CANARY_ALONE:
        weir_buf_text(&out, text);
        break;
    case WEIR_CANARY_NESTED:
        weir_buf_text(&out, "{\"note\": ");
        weir_buf_json(&out, weir_str_of(text));
        weir_buf_text(&out, "}");
        break;
    case WEIR_CANARY_PERCENT:
        weir_buf_text(&out, "get 'https://shop.example/find?q=");
        for (; *text != '\0'; text++)
            if ((*text >= '0' && *text <= '9') || (*text >= 'a' && *text <= 'z') ||
                (*text >= 'A' && *text <= 'Z') || strchr("-._~=", *text) != NULL)
                weir_buf_char(&out, *text);
            else
                weir_buf_printf(&out, "%%%02X", (unsigned)(uint8_t)*text);
        weir_buf_text(&out, "&page=2'");
        break;
    default:
        weir_buf_printf(&out, "seen %s here", text);
    }
    return weir_buf_str(&out, &s) == 0 ? json_stringn(s.p, s.n) : NULL;
}

static bool is_text_form(enum weir_canary_form form)
{
    return form != WEIR_CANARY_KEY && form != WEIR_CANARY_NUMBER;
}

/* What takes the place of a scalar in this form, or NULL when it stays. */
static json_t *replacement(const struct planting *g, const json_t *old)
{
    if (g->value->key == NULL && json_is_string(old) && is_text_form(g->form))
        return field_text(g);
    if (g->form == WEIR_CANARY_NUMBER && json_is_number(old))
        return json_integer(strtoll(g->value->secret, NULL, 10));
    return NULL;
}

/* Of an object: a further member of which the key, or the value, is planted. */
static bool plant_member(struct planting *g, json_t *object)
{
    const char *key = g->value->key != NULL ? g->value->key : g->value->text;
    bool wanted = g->value->key != NULL ? g->form == WEIR_CANARY_ALONE : g->form == WEIR_CANARY_KEY;
    bool go_on;

    if (!wanted || json_object_get(object, key) != NULL)
        return true;
    if (json_object_set_new(object, key,
                            g->value->key != NULL ? json_string(g->value->text)
                                                  : json_integer(1)) != 0)
        return false;
    go_on = deliver(g);
    json_object_del(object, key);
    return go_on;
}

static bool plant_in(struct planting *g, json_t *j, size_t path, unsigned depth);

static bool plant_object(struct planting *g, json_t *j, size_t path, unsigned depth)
{
    for (void *it = json_object_iter(j); it != NULL; it = json_object_iter_next(j, it)) {
        json_t *old = json_incref(json_object_iter_value(it)), *now = replacement(g, old);
        bool go_on = true;
        int n = snprintf(g->path + path, PATH - path, "/%s", json_object_iter_key(it));

        if (now != NULL) {
            json_object_iter_set_new(j, it, now);
            go_on = deliver(g);
            json_object_iter_set(j, it, old);
        } else if (n > 0 && path + (size_t)n < PATH) {
            go_on = plant_in(g, old, path + (size_t)n, depth + 1);
        }
        json_decref(old);
        if (!go_on)
            return false;
    }
    g->path[path] = '\0';
    return plant_member(g, j);
}

static bool plant_array(struct planting *g, json_t *j, size_t path, unsigned depth)
{
    for (size_t i = 0; i < json_array_size(j); i++) {
        json_t *old = json_incref(json_array_get(j, i)), *now = replacement(g, old);
        bool go_on = true;
        int n = snprintf(g->path + path, PATH - path, "/%zu", i);

        if (now != NULL) {
            json_array_set_new(j, i, now);
            go_on = deliver(g);
            json_array_set(j, i, old);
        } else if (n > 0 && path + (size_t)n < PATH) {
            go_on = plant_in(g, old, path + (size_t)n, depth + 1);
        }
        json_decref(old);
        if (!go_on)
            return false;
    }
    return true;
}

static bool plant_in(struct planting *g, json_t *j, size_t path, unsigned depth)
{
    if (depth > DEPTH)
        return true;
    if (json_is_object(j))
        return plant_object(g, j, path, depth);
    return json_is_array(j) ? plant_array(g, j, path, depth) : true;
}

/* Each {} of a text, one after the other. */
static bool plant_text(struct planting *g, const char *text)
{
    const char *at = text;
    size_t place = 0;

    if (g->form != WEIR_CANARY_TEXT || g->value->key != NULL)
        return true;
    while ((at = strstr(at, "{}")) != NULL) {
        struct weir_buf out;
        struct weir_str s;
        bool go_on;

        weir_buf_init(&out, g->arena, BODY);
        weir_buf_add(&out, (struct weir_str){text, (size_t)(at - text)});
        weir_buf_text(&out, g->value->text);
        weir_buf_text(&out, at + 2);
        if (weir_buf_str(&out, &s) != 0 ||
            json_object_set_new(g->sample->root, "text", json_stringn(s.p, s.n)) != 0)
            return false;
        (void)snprintf(g->path, PATH, "text, place %zu", ++place);
        go_on = deliver(g);
        at += 2;
        if (!go_on)
            return false;
    }
    return true;
}

bool weir_canary_plant(const struct weir_canary_sample *s, const struct weir_canary_value *v,
                       enum weir_canary_form form, struct weir_arena *arena, weir_canary_fn *fn,
                       void *self)
{
    static const char *const parts[] = {"header", "item", "payload", "recording"};
    struct planting g = {
        .sample = s, .value = v, .form = form, .arena = arena, .fn = fn, .self = self};
    json_t *text = json_object_get(s->root, "text");
    bool go_on = true;

    for (size_t i = 0; i < sizeof parts / sizeof parts[0] && go_on; i++) {
        json_t *part = json_object_get(s->root, parts[i]);
        int n = snprintf(g.path, PATH, "%s", parts[i]);

        go_on = part == NULL || plant_in(&g, part, (size_t)n, 0);
    }
    if (go_on && text != NULL) {
        json_incref(text);
        go_on = plant_text(&g, json_string_value(text));
        json_object_set_new(s->root, "text", text);
    }
    return go_on;
}
