/* decode.c - the table of input formats, and what they share.
 *
 * A new format is one file with a struct weir_format_ops, and one row here. */
#include "weir/decode.h"

#include "decoder.h"
#include "weir/text.h"

static const struct weir_format_ops *const formats[WEIR_FORMATS] = {
    [WEIR_FORMAT_ENVELOPE] = &weir_format_envelope,
    [WEIR_FORMAT_STORE] = &weir_format_store,
    [WEIR_FORMAT_SECURITY] = &weir_format_security,
    [WEIR_FORMAT_MINIDUMP] = &weir_format_minidump,
    [WEIR_FORMAT_CRON] = &weir_format_cron,
    [WEIR_FORMAT_NATIVE] = &weir_format_native,
    [WEIR_FORMAT_OTLP_TRACES] = &weir_format_otlp_traces,
    [WEIR_FORMAT_OTLP_LOGS] = &weir_format_otlp_logs,
    [WEIR_FORMAT_ZIPKIN] = &weir_format_zipkin,
    [WEIR_FORMAT_GELF] = &weir_format_gelf,
    [WEIR_FORMAT_LOGSTASH] = &weir_format_logstash,
    [WEIR_FORMAT_SYSLOG] = &weir_format_syslog,
};

struct weir_decoder *weir_decoder_new(enum weir_format f, const struct weir_decode_input *in,
                                      const struct weir_sink *sink)
{
    struct weir_decoder *d = weir_arena_zalloc(in->arena, 1, sizeof *d);

    if (d == NULL)
        return NULL;
    d->ops = formats[f];
    d->in = in;
    d->sink = sink;
    weir_buf_init(&d->gathered, in->arena, WEIR_WHOLE_MAX);
    if (d->ops->open != NULL && d->ops->open(d) != 0)
        return NULL;
    return d;
}

/* Collects the pieces of a body that its format wants as one. */
static int feed_whole(struct weir_decoder *d, struct weir_str bytes, bool last)
{
    struct weir_str body = bytes;
    int err;

    if (!d->stable) {
        weir_buf_add(&d->gathered, bytes);
        err = weir_buf_str(&d->gathered, &body);
        if (err == WEIR_ELIMIT)
            return weir_decode_fail(d, err, "the body is too large", 0);
        if (err != 0)
            return err;
    } else if (bytes.n > WEIR_WHOLE_MAX) {
        return weir_decode_fail(d, WEIR_ELIMIT, "the body is too large", 0);
    }
    return last ? d->ops->whole(d, body) : 0;
}

int weir_decoder_feed(struct weir_decoder *d, struct weir_str bytes, bool last)
{
    if (d->failed != 0)
        return d->failed;
    if (!d->began)
        d->stable = last;
    d->began = true;
    if (bytes.n == 0)
        bytes.p = ""; /* so that nobody adds to NULL */
    d->failed = d->ops->whole != NULL ? feed_whole(d, bytes, last) : d->ops->feed(d, bytes, last);
    if (last || d->failed != 0)
        weir_decoder_close(d);
    return d->failed;
}

void weir_decoder_close(struct weir_decoder *d)
{
    if (d != NULL && d->ops->close != NULL)
        d->ops->close(d);
}

const struct weir_decode_result *weir_decoder_result(const struct weir_decoder *d)
{
    return &d->result;
}

size_t weir_decode_whole_item_max(const struct weir_decoder *d)
{
    return d->kept < WEIR_STREAM_KEPT ? WEIR_STREAM_OVER : WEIR_STREAM_SMALL;
}

int weir_decode_fail(struct weir_decoder *d, int err, const char *why, size_t offset)
{
    d->result.error = why;
    d->result.error_offset = offset;
    return err;
}

int weir_decode_members(struct weir_decoder *d, struct weir_str json, size_t offset,
                        const char *why, struct weir_json_doc *ret_doc)
{
    int err = weir_json_members(d->in->reader, d->in->arena, json, ret_doc);

    if (err == WEIR_EINVAL)
        return weir_decode_fail(d, err, why, offset + weir_json_pos(d->in->reader));
    return err;
}

int weir_decode_too_many(struct weir_decoder *d, size_t offset)
{
    return weir_decode_fail(d, WEIR_ELIMIT, "the list has too many objects", offset);
}

/* Room for one more, twice as much as before. */
static struct weir_str *more_elements(struct weir_arena *a, struct weir_str *list, size_t n,
                                      size_t *room)
{
    struct weir_str *more;

    if (n < *room)
        return list;
    *room = *room > 0 ? *room * 2 : 64;
    more = weir_arena_zalloc(a, *room, sizeof *more);
    if (more != NULL && n > 0)
        memcpy(more, list, n * sizeof *more);
    return more;
}

int weir_decode_elements(struct weir_decoder *d, struct weir_str body, size_t most,
                         struct weir_str **ret_list, size_t *ret_n)
{
    struct weir_json_reader *r = d->in->reader;
    struct weir_str *list = NULL;
    struct weir_json_token t;
    size_t n = 0, room = 0, end;

    weir_json_begin(r, NULL, false);
    weir_json_window(r, body, 0, true);
    (void)weir_json_next(r, &t); /* the [ */
    while (weir_json_next(r, &t) > WEIR_JSON_END && t.kind != WEIR_JSON_ARRAY_END) {
        size_t start = t.start;

        if (n == most)
            return weir_decode_too_many(d, start);
        list = more_elements(d->in->arena, list, n, &room);
        if (list == NULL)
            return WEIR_ENOMEM;
        if (weir_json_skip(r, &t, &end) <= WEIR_JSON_MORE)
            break;
        list[n++] = weir_str_sub(body, start, end - start);
    }
    if (t.kind != WEIR_JSON_ARRAY_END || weir_json_next(r, &t) != WEIR_JSON_END)
        return weir_decode_fail(d, WEIR_EINVAL, "the array is no JSON", weir_json_pos(r));
    *ret_list = list;
    *ret_n = n;
    return 0;
}

void weir_decode_event_id(struct weir_str sent, char ret_id[33])
{
    if (!weir_parse_id(sent, ret_id))
        weir_new_event_id(ret_id);
}

int weir_decode_header(struct weir_decoder *d, const char *event_id)
{
    struct weir_envelope_header h = {.raw = WEIR_S("{}")};

    if (event_id[0] != '\0') {
        static const char before[] = "{\"event_id\":\"", after[] = "\"}";
        char *p = weir_arena_alloc(d->in->arena, sizeof before - 1 + 32 + sizeof after);

        if (p == NULL)
            return WEIR_ENOMEM;
        h.event_id = (struct weir_str){p + sizeof before - 1, 32};
        memcpy(p, before, sizeof before - 1);
        memcpy(p + sizeof before - 1, event_id, 32);
        memcpy(p + sizeof before - 1 + 32, after, sizeof after);
        h.raw = (struct weir_str){p, sizeof before - 1 + 32 + sizeof after - 1};
        if (d->result.event_id[0] == '\0')
            memcpy(d->result.event_id, event_id, 33);
    }
    return d->sink->header(d->sink->self, &h);
}

struct weir_item weir_decode_blank(enum weir_item_type type)
{
    return (struct weir_item){
        .type = type, .type_name = weir_str_of(weir_item_type_name(type)), .header = WEIR_S("{}")};
}

int weir_decode_item(struct weir_decoder *d, enum weir_item_type type, struct weir_str payload)
{
    struct weir_item it = weir_decode_blank(type);

    it.payload = payload;
    return d->sink->item(d->sink->self, &it);
}

struct weir_str weir_media_type(struct weir_str content_type)
{
    struct weir_str head, tail;

    weir_str_cut(content_type, ';', &head, &tail);
    return weir_str_trim(head);
}
