/* splice.c - breadcrumbs put into an event's JSON, in order of time. */
#include "splice.h"
#include "framing.h"
#include "member.h"

#include <stdlib.h>

/* ---- one breadcrumb -------------------------------------------------------- */

static void add_member(struct weir_buf *out, const char *name, struct weir_str raw)
{
    weir_buf_printf(out, "%s\"%s\":", out->n > 1 ? "," : "", name);
    weir_buf_add(out, raw);
}

/* The raw value of a member, empty when it is absent or null. */
static struct weir_str raw_of(const struct weir_json_doc *d, struct weir_str name)
{
    const struct weir_json_member *m = weir_json_doc_get(d, name);

    if (m == NULL || m->kind == WEIR_JSON_NULL)
        return (struct weir_str){NULL, 0};
    return weir_json_doc_raw(d, m);
}

/* The native "data", and in it the service that sent the breadcrumb: in the
 * event it stands beside those of others. */
static int add_data(struct weir_json_reader *r, struct weir_arena *a, const struct weir_json_doc *d,
                    struct weir_buf *out)
{
    struct weir_str data = raw_of(d, WEIR_S("data")), service = raw_of(d, WEIR_S("service"));
    struct weir_json_doc inner;
    int err = 0;

    if (service.n > 0 && data.n == 0)
        data = WEIR_S("{}");
    if (service.n > 0 && weir_json_members(r, a, data, &inner) == 0 &&
        weir_json_doc_get(&inner, WEIR_S("service")) == NULL) {
        weir_json_doc_set(&inner, WEIR_S("service"), service);
        err = weir_json_doc_write(&inner, a, data.n + service.n + 32, &data);
    }
    if (data.n > 0)
        add_member(out, "data", data);
    return err;
}

int weir_crumb_read(struct weir_json_reader *r, struct weir_arena *a, struct weir_str native,
                    uint64_t received_ms, struct weir_crumb *ret_crumb)
{
    static const char *const kept[] = {"category", "message", "level", "timestamp", "event_id"};
    struct weir_json_doc d;
    struct weir_buf out;
    struct weir_crumb crumb = {.seconds = (double)received_ms / 1000};
    int err = weir_json_members(r, a, native, &d);

    if (err != 0)
        return err;
    weir_buf_init(&out, a, native.n + 128);
    weir_buf_char(&out, '{');
    if (!weir_str_eq(weir_json_doc_text(&d, a, WEIR_S("type")), WEIR_S("breadcrumb")) &&
        raw_of(&d, WEIR_S("type")).n > 0)
        add_member(&out, "type", raw_of(&d, WEIR_S("type")));
    for (size_t i = 0; i < sizeof kept / sizeof kept[0]; i++)
        if (raw_of(&d, weir_str_of(kept[i])).n > 0)
            add_member(&out, kept[i], raw_of(&d, weir_str_of(kept[i])));
    if (!weir_member_time(&d, a, WEIR_S("timestamp"), &crumb.seconds) &&
        raw_of(&d, WEIR_S("timestamp")).n == 0)
        weir_buf_printf(&out, "%s\"timestamp\":%.3f", out.n > 1 ? "," : "", crumb.seconds);
    err = add_data(r, a, &d, &out);
    weir_buf_char(&out, '}');
    if (err != 0 || (err = weir_buf_str(&out, &crumb.json)) != 0)
        return err;
    *ret_crumb = crumb;
    return 0;
}

/* ---- the event ------------------------------------------------------------- */

struct crumbs {
    struct weir_crumb *list;
    size_t n, room;
};

static struct weir_crumb *add_crumb(struct crumbs *c, struct weir_arena *a)
{
    if (c->n == c->room) {
        size_t room = c->room == 0 ? 64 : 2 * c->room;
        void *list = weir_arena_grow(a, c->list, c->room * sizeof *c->list, room * sizeof *c->list);

        if (list == NULL)
            return NULL;
        c->list = list;
        c->room = room;
    }
    return &c->list[c->n++];
}

/* The elements of the array `json`. */
static int read_elements(struct weir_json_reader *r, struct weir_arena *a, struct weir_str json,
                         struct crumbs *c)
{
    struct weir_json_token t;
    size_t end;

    weir_json_begin(r, NULL, false);
    weir_json_window(r, json, 0, true);
    if (weir_json_next(r, &t) != WEIR_JSON_ARRAY)
        return WEIR_EINVAL;
    while (weir_json_next(r, &t) > WEIR_JSON_END && t.kind != WEIR_JSON_ARRAY_END) {
        struct weir_crumb *crumb = add_crumb(c, a);
        size_t start = t.start;

        if (crumb == NULL)
            return WEIR_ENOMEM;
        if (weir_json_skip(r, &t, &end) <= WEIR_JSON_END)
            return WEIR_EINVAL;
        *crumb = (struct weir_crumb){.json = {json.p + start, end - start}, .order = c->n};
    }
    return t.kind == WEIR_JSON_ARRAY_END ? 0 : WEIR_EINVAL;
}

/* One without a time belongs to the one before it. */
static void date_elements(struct weir_json_reader *r, struct weir_arena *a, struct crumbs *c)
{
    double seconds = 0;

    for (size_t i = 0; i < c->n; i++) {
        struct weir_json_doc d;

        if (weir_json_members(r, a, c->list[i].json, &d) == 0)
            (void)weir_member_time(&d, a, WEIR_S("timestamp"), &seconds);
        c->list[i].seconds = seconds;
    }
}

static int by_time(const void *left, const void *right)
{
    const struct weir_crumb *a = left, *b = right;

    if (a->seconds != b->seconds)
        return a->seconds < b->seconds ? -1 : 1;
    return a->order < b->order ? -1 : a->order > b->order;
}

/* The array `own` (may be empty) with `crumbs`, in time order. */
static int merge(struct weir_json_reader *r, struct weir_arena *a, struct weir_str own,
                 const struct weir_crumb *crumbs, size_t n, struct weir_str *ret_array)
{
    struct crumbs all = {NULL, 0, 0};
    struct weir_buf out;
    size_t bytes = own.n + 2;
    int err = own.n > 0 ? read_elements(r, a, own, &all) : 0;

    if (err != 0)
        return err;
    date_elements(r, a, &all);
    for (size_t i = 0; i < n; i++) {
        struct weir_crumb *crumb = add_crumb(&all, a);

        if (crumb == NULL)
            return WEIR_ENOMEM;
        *crumb = crumbs[i];
        crumb->order = all.n;
        bytes += crumbs[i].json.n + 1;
    }
    if (all.n > 0)
        qsort(all.list, all.n, sizeof *all.list, by_time);
    weir_buf_init(&out, a, bytes);
    weir_buf_char(&out, '[');
    for (size_t i = 0; i < all.n; i++) {
        if (i > 0)
            weir_buf_char(&out, ',');
        weir_buf_add(&out, all.list[i].json);
    }
    weir_buf_char(&out, ']');
    return weir_buf_str(&out, ret_array);
}

/* The new value of the member "breadcrumbs", in the form of the old one. */
static int new_value(struct weir_json_reader *r, struct weir_arena *a, struct weir_str old,
                     const struct weir_crumb *crumbs, size_t n, struct weir_str *ret_value)
{
    struct weir_str array = {NULL, 0}, merged;
    struct weir_json_doc d;
    int err;

    if (old.n > 0 && old.p[0] == '[')
        return merge(r, a, old, crumbs, n, ret_value);
    if (old.n == 0 || old.p[0] != '{')
        old = WEIR_S("{}");
    err = weir_json_members(r, a, old, &d);
    if (err != 0)
        return err;
    array = raw_of(&d, WEIR_S("values"));
    if (array.n > 0 && array.p[0] != '[')
        array.n = 0; /* nothing that could be kept */
    err = merge(r, a, array, crumbs, n, &merged);
    if (err != 0)
        return err;
    weir_json_doc_set(&d, WEIR_S("values"), merged);
    return weir_json_doc_write(&d, a, old.n + merged.n + 32, ret_value);
}

/* Sets `name` of the object `d` to an object that has `member` too. */
static int set_within(struct weir_json_reader *r, struct weir_arena *a, struct weir_json_doc *d,
                      struct weir_str name, struct weir_str member, struct weir_str value)
{
    struct weir_str old = raw_of(d, name), merged;
    struct weir_json_doc inner;
    int err;

    if (old.n == 0 || old.p[0] != '{')
        old = WEIR_S("{}");
    err = weir_json_members(r, a, old, &inner);
    if (err != 0)
        return err;
    weir_json_doc_set(&inner, member, value);
    err = weir_json_doc_write(&inner, a, old.n + value.n + member.n + 16, &merged);
    if (err == 0)
        weir_json_doc_set(d, name, merged);
    return err;
}

static int add_collapse(struct weir_json_reader *r, struct weir_arena *a, struct weir_json_doc *d,
                        const struct weir_mark *m)
{
    char first[25], last[25];
    struct weir_str value;

    weir_rfc3339(m->first_ms, first);
    weir_rfc3339(m->last_ms, last);
    value = weir_arena_printf(
        a, "{\"type\":\"default\",\"count\":%llu,\"first_seen\":\"%s\",\"last_seen\":\"%s\"}",
        (unsigned long long)m->count, first, last);
    if (value.n == 0)
        return WEIR_ENOMEM;
    return set_within(r, a, d, WEIR_S("contexts"), WEIR_S("collapse"), value);
}

int weir_splice(struct weir_json_reader *r, struct weir_arena *a, struct weir_str event,
                const struct weir_crumb *crumbs, size_t n, const struct weir_mark *stands_for,
                struct weir_str *ret_event)
{
    struct weir_json_doc d;
    struct weir_str value = {NULL, 0};
    int err = weir_json_members(r, a, event, &d);
    size_t contexts = err == 0 ? raw_of(&d, WEIR_S("contexts")).n : 0;

    if (err == 0 && n > 0) {
        err = new_value(r, a, raw_of(&d, WEIR_S("breadcrumbs")), crumbs, n, &value);
        if (err == 0)
            weir_json_doc_set(&d, WEIR_S("breadcrumbs"), value);
    }
    if (err == 0 && stands_for != NULL)
        err = add_collapse(r, a, &d, stands_for);
    if (err != 0)
        return err;
    return weir_json_doc_write(&d, a, event.n + value.n + contexts + 512, ret_event);
}

int weir_splice_body(struct weir_json_reader *r, struct weir_arena *a, struct weir_str body,
                     const struct weir_crumb *crumbs, size_t n, const struct weir_mark *stands_for,
                     struct weir_str *ret_body)
{
    struct weir_framed item;
    struct weir_str rest = body, event;
    struct weir_buf out;
    int err;

    do
        err = weir_framing_next(r, a, &rest, &item);
    while (err == 0 && item.type != WEIR_ITEM_EVENT);
    if (err == 0)
        err = weir_splice(r, a, item.payload, crumbs, n, stands_for, &event);
    if (err != 0)
        return err;
    weir_buf_init(&out, a, body.n + event.n + 64);
    weir_buf_add(&out, weir_str_sub(body, 0, (size_t)(item.whole.p - body.p)));
    err = weir_framing_write(r, a, item.header, event, &out);
    weir_buf_add(&out, rest);
    return err != 0 ? err : weir_buf_str(&out, ret_body);
}
