/* headers.c - envelope and item headers as they leave: scrubbed like
 * everything else, and rebuilt member by member, so that what must not be
 * kept (dsn, sent_at, an old length) is simply not copied. */
#include "state.h"

#include "weir/clock.h"
#include "weir/scan.h"
#include "weir/text.h"

enum { HEADER_ROOM = 256 * 1024 };

/* Appends the document's members but those named, each as `"k":v`, with a
 * comma before it unless nothing stands before. */
static int copy_members(struct weir_json_doc *doc, const char *const *without, bool comma,
                        struct weir_buf *out)
{
    for (size_t i = 0; i < doc->n_members; i++) {
        const struct weir_json_member *m = &doc->members[i];
        bool skip = false;
        int err;

        for (size_t k = 0; without[k] != NULL; k++)
            skip = skip || weir_str_eq(m->name, weir_str_of(without[k]));
        if (skip)
            continue;
        if (comma)
            weir_buf_char(out, ',');
        comma = true;
        err = weir_edits_gather(&doc->edits, doc->body, 0, m->key, m->end, out);
        if (err != 0)
            return err;
    }
    return 0;
}

/* How far the sender's clock is off, when it is far enough to be wrong: a
 * queue on the way explains less than 55 minutes (contract 5). */
static int64_t drift(const struct weir_intake *in, struct weir_str sent_at)
{
    const double least_ms = 55 * 60 * 1000;
    double sent_s, off_ms;

    if (sent_at.n == 0 || !weir_parse_time(sent_at, &sent_s))
        return 0;
    off_ms = (double)in->received_ms - sent_s * 1000;
    return off_ms >= least_ms || off_ms <= -least_ms ? (int64_t)off_ms : 0;
}

/* {"trace":{"sampled":"false"}}; some SDKs write false. */
static bool is_unsampled(struct weir_str header)
{
    static const char *const path[] = {"trace", "sampled", NULL};
    struct weir_str sampled = weir_scan_path(header, path);

    return weir_str_eq(sampled, WEIR_S("\"false\"")) || weir_str_eq(sampled, WEIR_S("false"));
}

int weir_headers_envelope(struct weir_intake *in, const struct weir_envelope_header *h,
                          struct weir_group *g)
{
    static const char *const without[] = {"dsn", "sent_at", "event_id", NULL};
    struct weir_json_doc doc;
    struct weir_buf out;
    int err;

    if (!weir_parse_id(h->event_id, g->event_id))
        g->event_id[0] = '\0';
    g->drift_ms = drift(in, h->sent_at);
    /* {} and {"event_id":"..."} hold nothing else to be kept. */
    if (h->raw.n <= sizeof "{\"event_id\":\"\"}" - 1 + h->event_id.n)
        return 0;
    if (in->project == NULL)
        return weir_intake_fail(in, WEIR_EAUTH, "no project", 0);
    err = weir_scrub_json(in->tools->scrubber, in->project->plan, WEIR_SCRUB_HEADER, in->arena,
                          h->raw, &doc);
    if (err == WEIR_EINVAL)
        return weir_intake_fail(in, err, "the envelope header is no JSON object", 0);
    g->unsampled = err == 0 && is_unsampled(h->raw);
    weir_buf_init(&out, in->arena, HEADER_ROOM);
    if (err == 0)
        err = copy_members(&doc, without, false, &out);
    return err != 0 ? err : weir_buf_str(&out, &g->members);
}

struct weir_str weir_headers_delivery(struct weir_arena *a, const struct weir_group *g,
                                      struct weir_str event_id)
{
    struct weir_buf out;
    struct weir_str text = {0};

    weir_buf_init(&out, a, HEADER_ROOM);
    weir_buf_char(&out, '{');
    if (event_id.n > 0) {
        weir_buf_add(&out, WEIR_S("\"event_id\":\""));
        weir_buf_add(&out, event_id);
        weir_buf_char(&out, '"');
        if (g->members.n > 0)
            weir_buf_char(&out, ',');
    }
    weir_buf_add(&out, g->members);
    weir_buf_char(&out, '}');
    return weir_buf_str(&out, &text) == 0 ? text : (struct weir_str){0};
}

static void text_member(struct weir_buf *out, const char *name, struct weir_str value)
{
    if (value.n == 0)
        return;
    weir_buf_printf(out, ",\"%s\":", name);
    weir_buf_json(out, value);
}

/* The header of an item that a decoder made. */
static int made_header(struct weir_arena *a, const struct weir_item *it, struct weir_str *ret_raw)
{
    struct weir_buf out;

    weir_buf_init(&out, a, HEADER_ROOM);
    weir_buf_printf(&out, "{\"type\":\"%s\"", weir_item_type_name(it->type));
    text_member(&out, "filename", it->filename);
    text_member(&out, "content_type", it->content_type);
    text_member(&out, "attachment_type", it->attachment_type);
    weir_buf_char(&out, '}');
    return weir_buf_str(&out, ret_raw);
}

/* Everything about an item's header that says nothing: no need to look for
 * personal data in it. By far the most frequent ones. */
static bool plain_header(const struct weir_item *it)
{
    return it->header.n == 2 && it->filename.n == 0 && it->content_type.n == 0 &&
           it->attachment_type.n == 0;
}

int weir_headers_item(struct weir_intake *in, const struct weir_project *project,
                      const struct weir_item *it, int64_t length, uint64_t item_count,
                      struct weir_str *ret_header)
{
    static const char *const without[] = {"length", "item_count", NULL};
    struct weir_json_doc doc;
    struct weir_str raw = it->header;
    struct weir_buf out;
    int err = 0;

    weir_buf_init(&out, in->arena, HEADER_ROOM);
    weir_buf_char(&out, '{');
    if (plain_header(it)) {
        weir_buf_add(&out, WEIR_S("\"type\":\""));
        weir_buf_text(&out, weir_item_type_name(it->type));
        weir_buf_char(&out, '"');
    } else {
        if (raw.n <= 2)
            err = made_header(in->arena, it, &raw);
        if (err == 0)
            err = weir_scrub_json(in->tools->scrubber, project->plan, WEIR_SCRUB_HEADER, in->arena,
                                  raw, &doc);
        if (err == 0)
            err = copy_members(&doc, without, false, &out);
    }
    if (err != 0)
        return err;
    if (item_count > 0) {
        weir_buf_add(&out, WEIR_S(",\"item_count\":"));
        weir_buf_u64(&out, item_count);
    }
    if (length >= 0) {
        weir_buf_add(&out, WEIR_S(",\"length\":"));
        weir_buf_u64(&out, (uint64_t)length);
    }
    weir_buf_char(&out, '}');
    return weir_buf_str(&out, ret_header);
}
