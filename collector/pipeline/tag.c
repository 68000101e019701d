/* tag.c - environment, release, server_name and tags where the sender gave
 * none: the sender knows better than the collector, and a project better
 * than the top level (the snapshot has merged those two). */
#include "stages.h"
#include "weir/scan.h"

enum { TAGS_ROOM = 64 * 1024 };

static struct weir_str quoted(struct weir_arena *a, struct weir_str text)
{
    struct weir_buf out;
    struct weir_str json = {0};

    weir_buf_init(&out, a, TAGS_ROOM);
    weir_buf_json(&out, text);
    return weir_buf_str(&out, &json) == 0 ? json : (struct weir_str){0};
}

static bool absent(const struct weir_json_doc *doc, const struct weir_json_member *m)
{
    return m == NULL || m->kind == WEIR_JSON_NULL ||
           (m->kind == WEIR_JSON_STRING && weir_json_doc_raw(doc, m).n == 2);
}

static void set_text(struct weir_event *ev, struct weir_str name, struct weir_str value)
{
    struct weir_str json;

    if (value.n == 0 || !absent(&ev->doc, weir_json_doc_get(&ev->doc, name)))
        return;
    json = quoted(ev->arena, value);
    if (json.n == 0)
        ev->doc.edits.failed = true;
    else
        weir_json_doc_set(&ev->doc, name, json);
}

/* Is there a tag `key` in {"k":"v"} or [["k","v"],...]? */
static bool has_tag(struct weir_str tags, struct weir_str key)
{
    struct weir_scan outer, pair;
    struct weir_str name, value, ignored;

    if (!weir_scan_begin(&outer, tags))
        return false;
    while (weir_scan_next(&outer, &name, &value)) {
        if (!outer.object &&
            (!weir_scan_begin(&pair, value) || !weir_scan_next(&pair, &ignored, &name)))
            continue;
        if (name.n == key.n + 2 && memcmp(name.p + 1, key.p, key.n) == 0)
            return true;
    }
    return false;
}

static void add_pair(struct weir_buf *out, const struct weir_tag *t, bool object)
{
    if (!object)
        weir_buf_char(out, '[');
    weir_buf_json(out, t->key);
    weir_buf_char(out, object ? ':' : ',');
    weir_buf_json(out, t->value);
    if (!object)
        weir_buf_char(out, ']');
}

/* The tags that `sent` (raw, may be empty) lacks, each followed by a comma. */
static int missing_tags(struct weir_event *ev, struct weir_str sent, struct weir_str *ret_text)
{
    const struct weir_tagging *t = &ev->project->tagging;
    bool object = sent.n == 0 || sent.p[0] == '{';
    struct weir_buf out;

    weir_buf_init(&out, ev->arena, TAGS_ROOM);
    for (size_t i = 0; i < t->n_tags; i++) {
        if (has_tag(sent, t->tags[i].key))
            continue;
        add_pair(&out, &t->tags[i], object);
        weir_buf_char(&out, ',');
    }
    return weir_buf_str(&out, ret_text);
}

static void set_tags(struct weir_event *ev)
{
    const struct weir_json_member *m = weir_json_doc_get(&ev->doc, WEIR_S("tags"));
    struct weir_str sent = {0}, add;

    if (ev->project->tagging.n_tags == 0)
        return;
    if (m != NULL && (m->kind == WEIR_JSON_OBJECT || m->kind == WEIR_JSON_ARRAY))
        sent = weir_json_doc_raw(&ev->doc, m);
    else if (m != NULL && m->kind != WEIR_JSON_NULL)
        return; /* something odd that the backend is to judge */
    if (missing_tags(ev, sent, &add) != 0) {
        ev->doc.edits.failed = true;
        return;
    }
    if (add.n == 0)
        return;
    if (sent.n == 0) {
        sent = weir_arena_printf(ev->arena, "{%.*s}", (int)add.n - 1, add.p);
        if (sent.n == 0)
            ev->doc.edits.failed = true;
        else
            weir_json_doc_set(&ev->doc, WEIR_S("tags"), sent);
        return;
    }
    if (weir_scan_count(sent) == 0)
        add.n--;
    weir_edits_add(&ev->doc.edits, m->value + 1, m->value + 1, add);
}

enum weir_verdict weir_stage_tag(struct weir_event *ev)
{
    const struct weir_tagging *t = &ev->project->tagging;

    set_text(ev, WEIR_S("environment"), t->environment);
    set_text(ev, WEIR_S("release"), t->release);
    set_text(ev, WEIR_S("server_name"), t->server_name);
    set_tags(ev);
    return WEIR_PASS;
}

enum weir_verdict weir_stage_event_id(struct weir_event *ev)
{
    set_text(ev, WEIR_S("event_id"), ev->event_id);
    return WEIR_PASS;
}
