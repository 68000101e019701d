/* minidump.c - crash reports of native programs.
 *
 *   upload_file_minidump   file: the dump; becomes an attachment
 *   __sentry-event, __sentry-breadcrumb1/2   files of Sentry's native SDK
 *   any other file         attachment
 *   sentry                 the event's JSON, also in pieces sentry__1, sentry__2
 *   sentry[tags][x]        one value of it
 *   any other field        extra
 *
 * or the dump alone as the body. Either dump may be compressed by gzip, zstd,
 * xz or bzip2, told by its first bytes: a form has no place for the encoding of
 * a part, and Relay takes these so. What leaves is the dump itself, for only that
 * can be scrubbed. The event (platform native, level fatal) is
 * put together when the form has ended; small files wait for it, larger ones stream ahead of it
 * under the same event id. Crash reports are rare and their forms small, so jansson's tree serves
 * here.
 *
 * https://develop.sentry.dev/sdk/expected-features/#native, Crashpad and
 * Breakpad upload forms */
#include "multipart.h"

#include "decoder.h"
#include "weir/clock.h"
#include "weir/inflate.h"
#include "weir/text.h"

#include <jansson.h>

enum {
    FIELDS_MAX = 1024 * 1024,
    FIELD_COUNT = 512,
    BRACKETS_MAX = 8,
    NAME_MAX_BYTES = 200,
    INFLATED_RATIO = 200
};

struct held {
    struct weir_item item;
    struct held *next;
};

struct field {
    struct weir_str name, value;
    struct field *next;
};

struct minidump {
    struct weir_multipart form;
    bool raw;            /* the body is the dump itself */
    struct weir_item it; /* the file being read */
    bool file, dump, streaming;
    char head[WEIR_INFLATE_HEAD]; /* of a dump, until there are enough to tell */
    size_t n_head;
    bool told;
    struct weir_inflate *inflate; /* of the dump being read; NULL: it is plain */
    uint64_t inflated;            /* bytes, of all dumps of the form */
    int refused;                  /* what the sink said to them; 0: nothing */
    struct weir_str name;
    struct weir_buf bytes; /* of a field, or of a file while it is small, */
    size_t small;          /* that is, no larger than this */
    size_t fields_bytes, n_parts;
    struct field *fields, **fields_end;
    struct held *files, **files_end;
    bool have_dump, have_header;
    char event_id[33];
};

/* ---- files ------------------------------------------------------------- */

static const char *attachment_type(struct weir_str name)
{
    if (weir_str_eq(name, WEIR_S("upload_file_minidump")))
        return "event.minidump";
    if (weir_str_eq(name, WEIR_S("__sentry-event")))
        return "event.payload";
    return weir_str_starts(name, WEIR_S("__sentry-breadcrumb")) ? "event.breadcrumbs"
                                                                : "event.attachment";
}

static int begin_file(struct weir_decoder *d, const struct weir_part *p)
{
    struct minidump *m = d->state;

    m->it = weir_decode_blank(WEIR_ITEM_ATTACHMENT);
    m->it.filename = p->filename.n > 0 ? p->filename : p->name;
    m->it.content_type = p->content_type;
    if (!weir_utf8_valid(m->it.filename) || m->it.filename.n > NAME_MAX_BYTES * 4)
        m->it.filename = WEIR_S("file");
    if (!weir_utf8_valid(m->it.content_type) || m->it.content_type.n > NAME_MAX_BYTES)
        m->it.content_type = (struct weir_str){0};
    m->it.attachment_type = weir_str_of(attachment_type(p->name));
    m->dump = weir_str_eq(p->name, WEIR_S("upload_file_minidump"));
    m->small = weir_decode_whole_item_max(d);
    m->told = !m->dump;
    m->n_head = 0;
    weir_buf_init(&m->bytes, d->in->arena, m->small);
    return 0;
}

/* Is it the magic number of a minidump, in either byte order? */
static bool is_dump(struct weir_str s)
{
    return weir_str_starts(s, WEIR_S("MDMP")) || weir_str_starts(s, WEIR_S("PMDM"));
}

static int need_header(struct weir_decoder *d)
{
    struct minidump *m = d->state;

    if (m->have_header)
        return 0;
    m->have_header = true;
    if (m->event_id[0] == '\0')
        weir_new_event_id(m->event_id);
    return weir_decode_header(d, m->event_id);
}

static int no_dump(struct weir_decoder *d)
{
    return weir_decode_fail(d, WEIR_EINVAL, "upload_file_minidump is no minidump", 0);
}

/* What was held becomes the beginning of a stream. */
static int turn_to_stream(struct weir_decoder *d)
{
    struct minidump *m = d->state;
    struct weir_str held = {m->bytes.p, m->bytes.n};
    int err;

    if (m->dump && !is_dump(held))
        return no_dump(d);
    err = need_header(d);
    if (err == 0)
        err = d->sink->begin(d->sink->self, &m->it);
    if (err == 0)
        err = d->sink->data(d->sink->self, held);
    m->streaming = true;
    return err;
}

static int file_data(struct weir_decoder *d, struct weir_str bytes)
{
    struct minidump *m = d->state;
    size_t room = m->small - m->bytes.n;
    int err;

    if (m->streaming)
        return d->sink->data(d->sink->self, bytes);
    if (bytes.n <= room) {
        weir_buf_add(&m->bytes, bytes);
        return m->bytes.failed ? WEIR_ENOMEM : 0;
    }
    weir_buf_add(&m->bytes, weir_str_sub(bytes, 0, room));
    if (m->bytes.failed)
        return WEIR_ENOMEM;
    err = turn_to_stream(d);
    return err != 0 ? err : d->sink->data(d->sink->self, weir_str_sub(bytes, room, SIZE_MAX));
}

/* ---- compressed dumps --------------------------------------------------- */

static int on_inflated(void *self, struct weir_str bytes)
{
    struct weir_decoder *d = self;
    struct minidump *m = d->state;

    m->inflated += bytes.n;
    m->refused = file_data(d, bytes);
    return m->refused;
}

/* What the codec has to say; what our sink said is told already. */
static int inflate_failed(struct weir_decoder *d, int err)
{
    if (((const struct minidump *)d->state)->refused != 0)
        return err;
    if (err == WEIR_EINVAL)
        return weir_decode_fail(d, err, "the compressed minidump is broken", 0);
    return err == WEIR_ELIMIT ? weir_decode_fail(d, err, "the minidump inflates to too much", 0)
                              : err;
}

/* The next bytes of a file, plain or not. */
static int plain_data(struct weir_decoder *d, struct weir_str bytes)
{
    struct minidump *m = d->state;
    int err;

    if (m->inflate == NULL)
        return file_data(d, bytes);
    err = weir_inflate_feed(m->inflate, bytes, on_inflated, d);
    return err != 0 ? inflate_failed(d, err) : 0;
}

/* Its first bytes are there, or all that it has. */
static int tell_dump(struct weir_decoder *d)
{
    struct minidump *m = d->state;
    struct weir_str head = {m->head, m->n_head};
    uint64_t most = d->in->inflated_max > 0 ? d->in->inflated_max : WEIR_WHOLE_MAX;
    uint32_t ratio = d->in->inflated_ratio > 0 ? d->in->inflated_ratio : INFLATED_RATIO;
    uint64_t left = most > m->inflated ? most - m->inflated : 0;
    const char *ending = "";
    int err = weir_inflate_new_file(head, left, ratio, &m->inflate, &ending);

    m->told = true;
    if (err != 0 && err != WEIR_ENOTFOUND)
        return err;
    if (err == 0 && left == 0)
        return inflate_failed(d, WEIR_ELIMIT);
    if (err == 0 && weir_str_ends(m->it.filename, weir_str_of(ending)))
        m->it.filename.n -= strlen(ending);
    return plain_data(d, head);
}

/* The next bytes of a file as sent. */
static int sent_data(struct weir_decoder *d, struct weir_str bytes)
{
    struct minidump *m = d->state;
    size_t n = WEIR_INFLATE_HEAD - m->n_head < bytes.n ? WEIR_INFLATE_HEAD - m->n_head : bytes.n;
    int err;

    if (m->told)
        return plain_data(d, bytes);
    memcpy(m->head + m->n_head, bytes.p, n);
    m->n_head += n;
    if (m->n_head < WEIR_INFLATE_HEAD)
        return 0;
    err = tell_dump(d);
    return err != 0 ? err : plain_data(d, weir_str_sub(bytes, n, SIZE_MAX));
}

static void close_inflate(struct weir_decoder *d)
{
    struct minidump *m = d->state;

    if (m == NULL)
        return;
    weir_inflate_free(m->inflate);
    m->inflate = NULL;
}

static int end_data(struct weir_decoder *d)
{
    struct minidump *m = d->state;
    int err = m->told ? 0 : tell_dump(d);

    if (err == 0 && m->inflate != NULL)
        err = weir_inflate_end(m->inflate, on_inflated, d);
    if (err != 0)
        return inflate_failed(d, err);
    close_inflate(d);
    return 0;
}

static int end_file(struct weir_decoder *d)
{
    struct minidump *m = d->state;
    struct held *h;
    int err = end_data(d);

    if (err != 0)
        return err;
    m->have_dump = m->have_dump || m->dump;
    if (m->streaming) {
        m->streaming = false;
        return d->sink->end(d->sink->self);
    }
    h = weir_arena_zalloc(d->in->arena, 1, sizeof *h);
    if (h == NULL || weir_buf_str(&m->bytes, &m->it.payload) != 0)
        return WEIR_ENOMEM;
    if (m->dump && !is_dump(m->it.payload))
        return no_dump(d);
    h->item = m->it;
    d->kept += m->it.payload.n;
    *m->files_end = h;
    m->files_end = &h->next;
    return 0;
}

/* ---- fields ------------------------------------------------------------ */

static int end_field(struct weir_decoder *d)
{
    struct minidump *m = d->state;
    struct field *f = weir_arena_zalloc(d->in->arena, 1, sizeof *f);

    if (f == NULL || weir_buf_str(&m->bytes, &f->value) != 0)
        return WEIR_ENOMEM;
    f->name = m->name;
    *m->fields_end = f;
    m->fields_end = &f->next;
    return 0;
}

static int field_data(struct weir_decoder *d, struct weir_str bytes)
{
    struct minidump *m = d->state;

    m->fields_bytes += bytes.n;
    if (m->fields_bytes > FIELDS_MAX)
        return weir_decode_fail(d, WEIR_ELIMIT, "the form's fields are too large", 0);
    weir_buf_add(&m->bytes, bytes);
    return m->bytes.failed ? WEIR_ENOMEM : 0;
}

/* ---- parts ------------------------------------------------------------- */

static int on_begin(void *self, const struct weir_part *p)
{
    struct weir_decoder *d = self;
    struct minidump *m = d->state;

    if (++m->n_parts > FIELD_COUNT)
        return weir_decode_fail(d, WEIR_ELIMIT, "the form has too many parts", 0);
    m->file = p->file || weir_str_eq(p->name, WEIR_S("upload_file_minidump"));
    m->name = weir_str_sub(p->name, 0, NAME_MAX_BYTES);
    if (m->file)
        return begin_file(d, p);
    weir_buf_init(&m->bytes, d->in->arena, FIELDS_MAX);
    return 0;
}

static int on_data(void *self, struct weir_str bytes)
{
    struct weir_decoder *d = self;
    struct minidump *m = d->state;

    return m->file ? sent_data(d, bytes) : field_data(d, bytes);
}

static int on_end(void *self)
{
    struct weir_decoder *d = self;
    struct minidump *m = d->state;

    return m->file ? end_file(d) : end_field(d);
}

/* ---- the event --------------------------------------------------------- */

/* As a JSON string; what is no UTF-8 becomes '?'. */
static json_t *text_value(struct weir_arena *a, struct weir_str s)
{
    struct weir_str copy;

    if (weir_utf8_valid(s))
        return json_stringn(s.n > 0 ? s.p : "", s.n);
    copy = weir_arena_copy(a, s);
    for (size_t i = 0; i < copy.n; i++)
        if ((signed char)copy.p[i] < 0)
            ((char *)(uintptr_t)copy.p)[i] = '?';
    return json_stringn(copy.n > 0 ? copy.p : "", copy.n);
}

/* The object at `key` of `parent`, made where there is none. */
static json_t *child(json_t *parent, const char *key)
{
    json_t *c = json_object_get(parent, key);

    if (!json_is_object(c)) {
        if (json_object_set_new(parent, key, json_object()) != 0)
            return NULL;
        c = json_object_get(parent, key);
    }
    return c;
}

/* A key as a C string; NULL when it would not be the same. */
static const char *key_text(struct weir_arena *a, struct weir_str s)
{
    if (!weir_utf8_valid(s) || (s.n > 0 && memchr(s.p, '\0', s.n) != NULL))
        return NULL;
    return weir_arena_copy(a, s).p;
}

/* sentry[tags][x]=v: sets event.tags.x. */
static void set_path(struct weir_arena *a, json_t *event, struct weir_str path,
                     struct weir_str value)
{
    struct weir_str key, rest;
    const char *name;

    for (int depth = 0; depth < BRACKETS_MAX && event != NULL; depth++) {
        if (path.n < 2 || path.p[0] != '[' ||
            !weir_str_cut(weir_str_sub(path, 1, SIZE_MAX), ']', &key, &rest))
            return;
        name = key_text(a, key);
        if (name == NULL)
            return;
        if (rest.n == 0) {
            json_object_set_new(event, name, text_value(a, value));
            return;
        }
        event = child(event, name);
        path = rest;
    }
}

/* The JSON of `sentry`, or of its pieces sentry__1, sentry__2... in order. */
static json_t *base_event(struct weir_decoder *d)
{
    const struct minidump *m = d->state;
    struct weir_buf text;
    struct weir_str json;
    json_t *event = NULL;

    weir_buf_init(&text, d->in->arena, FIELDS_MAX);
    for (const struct field *f = m->fields; f != NULL; f = f->next)
        if (weir_str_eq(f->name, WEIR_S("sentry")) || weir_str_starts(f->name, WEIR_S("sentry__")))
            weir_buf_add(&text, f->value);
    if (text.n > 0 && weir_buf_str(&text, &json) == 0)
        event = json_loadb(json.p, json.n, 0, NULL);
    if (event != NULL && !json_is_object(event)) {
        json_decref(event);
        event = NULL;
    }
    return event != NULL ? event : json_object();
}

static void merge_fields(struct weir_decoder *d, json_t *event)
{
    const struct minidump *m = d->state;
    struct weir_arena *a = d->in->arena;

    for (const struct field *f = m->fields; f != NULL; f = f->next) {
        const char *name;

        if (weir_str_starts(f->name, WEIR_S("sentry["))) {
            set_path(a, event, weir_str_sub(f->name, 6, SIZE_MAX), f->value);
            continue;
        }
        name = key_text(a, f->name);
        if (name == NULL || weir_str_eq(f->name, WEIR_S("sentry")) ||
            weir_str_starts(f->name, WEIR_S("sentry__")))
            continue;
        json_object_set_new(child(event, "extra"), name, text_value(a, f->value));
    }
}

static void complete(struct weir_decoder *d, json_t *event)
{
    struct minidump *m = d->state;
    const char *sent = json_string_value(json_object_get(event, "event_id"));
    char now[25];

    if (m->event_id[0] == '\0')
        weir_decode_event_id(weir_str_of(sent), m->event_id);
    json_object_set_new(event, "event_id", json_string(m->event_id));
    json_object_set_new(event, "platform", json_string("native"));
    if (json_object_get(event, "level") == NULL)
        json_object_set_new(event, "level", json_string("fatal"));
    weir_rfc3339(d->in->received_ms, now);
    if (json_object_get(event, "timestamp") == NULL)
        json_object_set_new(event, "timestamp", json_string(now));
}

static int dump_json(struct weir_decoder *d, const json_t *event, struct weir_str *ret_text)
{
    size_t n = json_dumpb(event, NULL, 0, JSON_COMPACT);
    char *p = n > 0 ? weir_arena_alloc(d->in->arena, n) : NULL;

    if (p == NULL || json_dumpb(event, p, n, JSON_COMPACT) != n)
        return WEIR_ENOMEM;
    *ret_text = (struct weir_str){p, n};
    return 0;
}

static int finish(struct weir_decoder *d)
{
    struct minidump *m = d->state;
    struct weir_str payload;
    json_t *event;
    int err;

    if (!m->have_dump)
        return weir_decode_fail(d, WEIR_EINVAL, "upload_file_minidump is missing", 0);
    event = base_event(d);
    if (event == NULL)
        return WEIR_ENOMEM;
    merge_fields(d, event);
    complete(d, event);
    err = dump_json(d, event, &payload);
    json_decref(event);
    if (err == 0)
        err = need_header(d);
    if (err == 0)
        err = weir_decode_item(d, WEIR_ITEM_EVENT, payload);
    for (const struct held *h = m->files; h != NULL && err == 0; h = h->next)
        err = d->sink->item(d->sink->self, &h->item);
    return err;
}

/* ---- the body ---------------------------------------------------------- */

static int minidump_open(struct weir_decoder *d)
{
    static const struct weir_part alone = {
        .name = {"upload_file_minidump", 20}, .filename = {"minidump.dmp", 12}, .file = true};
    struct minidump *m = weir_arena_zalloc(d->in->arena, 1, sizeof *m);

    d->state = m;
    if (m == NULL)
        return WEIR_ENOMEM;
    m->fields_end = &m->fields;
    m->files_end = &m->files;
    m->raw = !weir_str_starts(weir_media_type(d->in->content_type), WEIR_S("multipart/"));
    if (m->raw)
        return on_begin(d, &alone);
    if (weir_multipart_init(&m->form, d->in->arena, d->in->content_type) != 0)
        m->form.n = 0; /* told at the first bytes */
    m->form.begin = on_begin;
    m->form.data = on_data;
    m->form.end = on_end;
    m->form.self = d;
    return 0;
}

static int feed_raw(struct weir_decoder *d, struct weir_str bytes, bool last)
{
    int err = sent_data(d, bytes);

    if (err == 0 && last)
        err = end_file(d);
    return err != 0 || !last ? err : finish(d);
}

static int minidump_feed(struct weir_decoder *d, struct weir_str bytes, bool last)
{
    struct minidump *m = d->state;
    int err;

    if (m->raw)
        return feed_raw(d, bytes, last);
    if (m->form.n == 0)
        return weir_decode_fail(d, WEIR_EUNSUPPORTED,
                                "multipart/form-data with a boundary is expected", 0);
    err = weir_multipart_feed(&m->form, bytes, last);
    if (err == WEIR_EINVAL && m->form.error != NULL)
        return weir_decode_fail(d, err, m->form.error, 0);
    return err != 0 || !last ? err : finish(d);
}

const struct weir_format_ops weir_format_minidump = {
    .open = minidump_open, .feed = minidump_feed, .close = close_inflate};
