/* integrations.c - the calls of other services that spans and breadcrumbs
 * tell of, and the transactions they are part of, to the metrics.
 *
 *   transaction   contexts.trace is its own span, spans[] are the others
 *   span          {"items":[...]} with typed attributes (v2), or one span
 *   native span   {"items":[...]} of contract 4's span objects
 *   event         breadcrumbs of kind http, where the project wants it
 *
 * The document is walked once, behind the scrubber's pass, with its edits in
 * view: a value that an edit touches is read as it will leave, one inside of
 * something that was removed is gone. The raw text is kept beside it for
 * integrations.names only. What a span says is gathered as facts, whatever
 * its spelling and order, and weir_span_observe() makes the rest of it.
 *
 * Breadcrumbs. An SDK sends its last hundred with every event, so the same
 * crumb comes many times; the hashes of the last few thousand are kept and
 * a crumb counts once. */
#include "stages.h"
#include "weir/scan.h"

#include "weir/clock.h"
#include "weir/metrics.h"
#include "weir/text.h"

#include <math.h>
#include <stdatomic.h>
#include <stdlib.h>

struct reader {
    struct weir_event *ev;
    struct weir_span_facts facts;
    double start_ms, end_ms; /* NAN: not given */
    bool child, http;
};

/* ---- texts ----------------------------------------------------------------- */

/* The first edit that ends after `offset`; the list is sorted. */
static const struct weir_edit *edit_after(const struct weir_edits *e, size_t offset)
{
    size_t low = 0, high = e->n;

    while (low < high) {
        size_t mid = (low + high) / 2;

        if (e->list[mid].end > offset)
            high = mid;
        else
            low = mid + 1;
    }
    return low < e->n ? &e->list[low] : NULL;
}

/* A raw value as it will leave; empty when something around it is removed. */
static struct weir_str edited(const struct reader *r, struct weir_str raw)
{
    struct weir_edits *e = &r->ev->doc.edits;
    size_t from = (size_t)(raw.p - r->ev->doc.body.p), to = from + raw.n;
    const struct weir_edit *edit = edit_after(e, from);
    struct weir_str out = {0};
    struct weir_buf b;

    if (edit == NULL || edit->start >= to)
        return raw;
    if (edit->start < from || edit->end > to)
        return out;
    weir_buf_init(&b, r->ev->arena, raw.n + 4096);
    if (weir_edits_gather(e, r->ev->doc.body, 0, from, to, &b) != 0 || weir_buf_str(&b, &out) != 0)
        return (struct weir_str){0};
    return out;
}

static bool is_number(struct weir_str raw)
{
    return raw.n > 0 && (raw.p[0] == '-' || (raw.p[0] >= '0' && raw.p[0] <= '9'));
}

/* Text of a string, digits of a number; empty for what is neither. */
static struct weir_str text_of(const struct reader *r, struct weir_str raw)
{
    return is_number(raw) ? raw : weir_scan_text(r->ev->arena, raw);
}

/* What is said first counts: spans say the same again in their tags. */
static void take(struct reader *r, enum weir_fact fact, struct weir_str raw)
{
    struct weir_span_facts *f = &r->facts;
    struct weir_str leaves;

    if (fact == WEIR_FACTS || f->text[fact].n > 0 || f->raw[fact].n > 0)
        return;
    leaves = edited(r, raw);
    f->text[fact] = text_of(r, leaves);
    if (leaves.p != raw.p)
        f->raw[fact] = text_of(r, raw);
}

/* ---- numbers ---------------------------------------------------------------- */

/* 1700000000.123456 without a detour by strtod(); exponents take it. */
static double number_of(struct weir_str raw)
{
    static const double scale[] = {1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9};
    uint64_t whole = 0, part = 0;
    size_t i = 0, digits = 0;
    char copy[40];

    for (; i < raw.n && i < 15 && raw.p[i] >= '0' && raw.p[i] <= '9'; i++)
        whole = whole * 10 + (uint64_t)(raw.p[i] - '0');
    if (i > 0 && i < raw.n && raw.p[i] == '.')
        for (i++; i < raw.n && digits < 9 && raw.p[i] >= '0' && raw.p[i] <= '9'; i++, digits++)
            part = part * 10 + (uint64_t)(raw.p[i] - '0');
    if (i > 0 && i == raw.n)
        return (double)whole + (double)part / scale[digits];
    if (raw.n >= sizeof copy)
        return NAN;
    memcpy(copy, raw.p, raw.n);
    copy[raw.n] = '\0';
    return strtod(copy, NULL);
}

/* Seconds since 1970 or RFC 3339 to milliseconds; NAN. */
static double time_of(struct weir_str raw)
{
    double seconds;

    if (weir_scan_is_string(raw))
        return weir_parse_time(weir_str_sub(raw, 1, raw.n - 2), &seconds) ? seconds * 1000 : NAN;
    return is_number(raw) ? number_of(raw) * 1000 : NAN;
}

/* ---- attributes --------------------------------------------------------------- */

static struct weir_str bare(struct weir_str key)
{
    return weir_str_sub(key, 1, key.n >= 2 ? key.n - 2 : 0);
}

/* Milliseconds, as OkHttp's breadcrumbs have them in their data. */
static void take_crumb_time(struct reader *r, struct weir_str key, struct weir_str raw)
{
    if (weir_str_eq(key, WEIR_S("http.start_timestamp")))
        r->start_ms = is_number(raw) ? number_of(raw) : NAN;
    else if (weir_str_eq(key, WEIR_S("http.end_timestamp")))
        r->end_ms = is_number(raw) ? number_of(raw) : NAN;
}

/* {"value":200,"type":"integer"} of v2; of others nothing. */
static struct weir_str typed_value(struct weir_scan *s)
{
    struct weir_str key, value, found = {0};
    struct weir_scan inner;

    if (!weir_scan_enter(s, &inner))
        return found;
    while (weir_scan_member(&inner, &key)) {
        value = weir_scan_value(&inner);
        if (inner.object && weir_str_eq(key, WEIR_S("\"value\"")))
            found = value;
    }
    weir_scan_leave(s, &inner);
    return found;
}

/* data, attributes or tags; `s` stands before them. */
static void read_attributes(struct reader *r, struct weir_scan *s)
{
    struct weir_str key, value;
    struct weir_scan inner;

    if (!weir_scan_enter(s, &inner)) {
        (void)weir_scan_value(s);
        return;
    }
    while (weir_scan_member(&inner, &key)) {
        enum weir_fact fact = weir_fact_of(bare(key));

        if (fact != WEIR_FACTS && *inner.at == '{')
            value = typed_value(&inner);
        else
            value = weir_scan_value(&inner);
        if (fact != WEIR_FACTS && value.n > 0)
            take(r, fact, value);
        else if (r->http)
            take_crumb_time(r, bare(key), value);
    }
    weir_scan_leave(s, &inner);
}

/* ---- spans -------------------------------------------------------------------- */

enum member {
    M_FACT,
    M_START,
    M_END,
    M_TRACE,
    M_PARENT,
    M_SEGMENT,
    M_ATTRIBUTES,
};

/* Members of spans, whatever their format, by the length of their names: most
 * others are told from all of these by one look. */
struct named {
    const char *text; /* NULL: the end */
    enum member is;
    enum weir_fact fact;
};
enum { LONGEST = 15 };

#define NAMES(...)                   \
    (const struct named[])           \
    {                                \
        __VA_ARGS__,                 \
        {                            \
            NULL, M_FACT, WEIR_FACTS \
        }                            \
    }

/* clang-format off */
static const struct named *const by_length[LONGEST + 1] = {
    [2] = NAMES({"op", M_FACT, WEIR_FACT_OP}),
    [3] = NAMES({"end", M_END, WEIR_FACTS}),
    [4] = NAMES({"name", M_FACT, WEIR_FACT_DESCRIPTION}, {"data", M_ATTRIBUTES, WEIR_FACTS},
                {"tags", M_ATTRIBUTES, WEIR_FACTS}),
    [5] = NAMES({"start", M_START, WEIR_FACTS}),
    [6] = NAMES({"status", M_FACT, WEIR_FACT_STATUS}),
    [7] = NAMES({"service", M_FACT, WEIR_FACT_SERVICE}),
    [8] = NAMES({"trace_id", M_TRACE, WEIR_FACTS}),
    [9] = NAMES({"timestamp", M_END, WEIR_FACTS}),
    [10] = NAMES({"is_segment", M_SEGMENT, WEIR_FACTS}, {"attributes", M_ATTRIBUTES, WEIR_FACTS}),
    [11] = NAMES({"description", M_FACT, WEIR_FACT_DESCRIPTION}),
    [13] = NAMES({"end_timestamp", M_END, WEIR_FACTS}),
    [14] = NAMES({"parent_span_id", M_PARENT, WEIR_FACTS}),
    [15] = NAMES({"start_timestamp", M_START, WEIR_FACTS}),
};
/* clang-format on */

/* NULL: none that says anything here. */
static const struct named *find_member(struct weir_str name)
{
    const struct named *m = name.n <= LONGEST ? by_length[name.n] : NULL;

    while (m != NULL && m->text != NULL && memcmp(m->text, name.p, name.n) != 0)
        m++;
    return m != NULL && m->text != NULL ? m : NULL;
}

static void begin(struct reader *r)
{
    r->facts = (struct weir_span_facts){.trace_id = r->ev->trace_id, .duration_ms = -1};
    r->start_ms = r->end_ms = NAN;
    r->child = false;
}

static void read_member(struct reader *r, const struct named *m, struct weir_scan *s)
{
    struct weir_str value;

    if (m->is == M_ATTRIBUTES) {
        read_attributes(r, s);
        return;
    }
    value = weir_scan_value(s);
    switch (m->is) {
    case M_START:
        r->start_ms = time_of(value);
        break;
    case M_END:
        r->end_ms = time_of(value);
        break;
    case M_TRACE:
        r->facts.trace_id = text_of(r, value);
        break;
    case M_PARENT:
        r->child = text_of(r, value).n > 0;
        break;
    case M_SEGMENT:
        r->facts.segment = weir_str_eq(value, WEIR_S("true"));
        break;
    default:
        take(r, m->fact, value);
        break;
    }
}

/* The object that `s` stands before, as a span. */
static void read_span(struct reader *r, struct weir_scan *s)
{
    struct weir_scan inner;
    struct weir_str key;

    if (!weir_scan_enter(s, &inner)) {
        (void)weir_scan_value(s);
        return;
    }
    while (weir_scan_member(&inner, &key)) {
        const struct named *m = find_member(bare(key));

        if (m != NULL)
            read_member(r, m, &inner);
        else
            (void)weir_scan_value(&inner);
    }
    weir_scan_leave(s, &inner);
}

/* A scan that stands before this value. */
static struct weir_scan before(struct weir_str value)
{
    const char *from = value.n > 0 ? value.p : "";

    return (struct weir_scan){from, from + value.n, true};
}

static struct weir_str scrub_label(void *self, const char *label, struct weir_str text)
{
    const struct weir_event *ev = self;
    struct weir_str out;

    if (weir_scrub_field(ev->intake->tools->scrubber, ev->project->plan, WEIR_SCRUB_JSON, label,
                         ev->arena, text, &out) != 0)
        return WEIR_S("[filtered]");
    return out;
}

/* A clock that goes backwards must not lose the call: it took no time. */
static void observe(struct reader *r)
{
    const struct weir_config *c = r->ev->config;
    const struct weir_project *p = r->ev->project;
    const struct weir_span_labels labels = {.names = c->integration_names,
                                            .n_names = c->n_integration_names,
                                            .service =
                                                p->id.n > 0 ? p->id : r->ev->intake->project_id,
                                            .scrub = scrub_label,
                                            .self = r->ev};
    double ms = r->end_ms - r->start_ms;

    if (!isnan(ms))
        r->facts.duration_ms = ms > 0 ? ms : 0;
    weir_span_observe(&r->facts, &labels);
}

/* An array of spans. */
static void read_spans(struct reader *r, struct weir_str array)
{
    struct weir_str key;
    struct weir_scan s;

    if (!weir_scan_begin(&s, array) || s.object)
        return;
    while (weir_scan_member(&s, &key)) {
        begin(r);
        read_span(r, &s);
        if (r->ev->item->type == WEIR_ITEM_NATIVE_SPAN)
            r->facts.segment = !r->child;
        observe(r);
    }
}

/* The document itself as a span. */
static void read_single(struct reader *r)
{
    const struct weir_json_doc *d = &r->ev->doc;
    struct weir_scan s = {d->body.p + d->open, d->body.p + d->close + 1, true};

    begin(r);
    read_span(r, &s);
    observe(r);
}

/* ---- transactions --------------------------------------------------------------- */

static struct weir_str raw_of(const struct weir_event *ev, const char *name)
{
    const struct weir_json_member *m = weir_json_doc_get(&ev->doc, weir_str_of(name));

    return m != NULL ? weir_json_doc_raw(&ev->doc, m) : (struct weir_str){0};
}

/* Tags are an object, or a list of pairs. */
static void read_service_tag(struct reader *r, struct weir_str tags)
{
    struct weir_str key, pair, name, value;
    struct weir_scan s, inner;

    if (!weir_scan_begin(&s, tags))
        return;
    while (weir_scan_next(&s, &key, &pair)) {
        value = pair;
        if (!s.object && (!weir_scan_begin(&inner, pair) || !weir_scan_next(&inner, &name, &key) ||
                          !weir_scan_next(&inner, &name, &value)))
            continue;
        if (weir_str_eq(key, WEIR_S("\"service\"")))
            take(r, WEIR_FACT_SERVICE, value);
    }
}

static void read_transaction(struct reader *r)
{
    struct weir_str trace = weir_scan_get(raw_of(r->ev, "contexts"), WEIR_S("trace"));
    struct weir_scan s = before(trace);

    begin(r);
    take(r, WEIR_FACT_DESCRIPTION, raw_of(r->ev, "transaction"));
    read_service_tag(r, raw_of(r->ev, "tags"));
    read_span(r, &s);
    r->start_ms = time_of(raw_of(r->ev, "start_timestamp"));
    r->end_ms = time_of(raw_of(r->ev, "timestamp"));
    r->facts.segment = true;
    r->facts.trace_id = r->ev->trace_id;
    observe(r);
    read_spans(r, raw_of(r->ev, "spans"));
}

/* ---- breadcrumbs ------------------------------------------------------------------ */

enum { SEEN = 4096 };

/* Was this crumb counted a short while ago? */
static bool seen(const struct reader *r, struct weir_str crumb)
{
    static atomic_uint_fast64_t hashes[SEEN];
    uint64_t h = (weir_str_hash(crumb) ^ weir_str_hash(r->ev->intake->key) << 1) | 1;

    return atomic_exchange_explicit(&hashes[h >> 32 & (SEEN - 1)], h, memory_order_relaxed) == h;
}

static bool is_http(struct weir_str crumb)
{
    static const char *const categories[] = {"\"http\"", "\"httplib\"", "\"xhr\"", "\"fetch\"",
                                             NULL};
    struct weir_str category = weir_scan_get(crumb, WEIR_S("category"));

    if (weir_str_eq(weir_scan_get(crumb, WEIR_S("type")), WEIR_S("\"http\"")))
        return true;
    for (size_t i = 0; categories[i] != NULL; i++) {
        if (weir_str_eq(category, weir_str_of(categories[i])))
            return true;
    }
    return false;
}

static void read_crumb(struct reader *r, struct weir_str crumb)
{
    struct weir_str data = weir_scan_get(crumb, WEIR_S("data"));
    struct weir_scan s = before(data);

    if (data.n == 0 || !is_http(crumb) || seen(r, crumb))
        return;
    begin(r);
    r->http = true;
    r->facts.text[WEIR_FACT_OP] = WEIR_S("http.client");
    read_attributes(r, &s);
    if (weir_str_eq(weir_scan_get(crumb, WEIR_S("level")), WEIR_S("\"error\"")))
        r->facts.text[WEIR_FACT_STATUS] = WEIR_S("error"); /* a status code says more */
    observe(r);
}

static void read_crumbs(struct reader *r)
{
    struct weir_str list = raw_of(r->ev, "breadcrumbs"), key, crumb;
    struct weir_scan s;

    if (list.n > 0 && list.p[0] == '{')
        list = weir_scan_get(list, WEIR_S("values"));
    if (!weir_scan_begin(&s, list) || s.object)
        return;
    while (weir_scan_next(&s, &key, &crumb))
        read_crumb(r, crumb);
}

/* ---- the stage ---------------------------------------------------------------------- */

enum weir_verdict weir_stage_integrations(struct weir_event *ev)
{
    struct reader r = {.ev = ev};
    struct weir_str items;

    if (weir_edits_sort(&ev->doc.edits) != 0)
        return WEIR_PASS; /* the event is refused for it in a moment */
    switch (ev->item->type) {
    case WEIR_ITEM_TRANSACTION:
        read_transaction(&r);
        break;
    case WEIR_ITEM_SPAN:
    case WEIR_ITEM_NATIVE_SPAN:
        items = raw_of(ev, "items");
        if (items.n > 0 && items.p[0] == '[')
            read_spans(&r, items);
        else
            read_single(&r);
        break;
    case WEIR_ITEM_EVENT:
        if (ev->project->breadcrumb_integrations)
            read_crumbs(&r);
        break;
    default:
        if (ev->project->breadcrumb_integrations)
            read_crumb(&r, ev->doc.body);
        break;
    }
    return WEIR_PASS;
}
