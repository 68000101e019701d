/* spans.c - which spans make a transaction together; see spans.h. */
#include "spans.h"
#include "weir/clock.h"
#include "weir/scan.h"
#include "weir/text.h"

#include <stdlib.h>

/* ---- reading ---------------------------------------------------------------- */

static const struct weir_str names[WEIR_SPAN_MEMBERS] = {
#define NAME(member, text) [WEIR_SPAN_##member] = {"\"" text "\"", sizeof(text) + 1}
    NAME(ID, "span_id"),
    NAME(PARENT, "parent_span_id"),
    NAME(SERVICE, "service"),
    NAME(OP, "op"),
    NAME(DESCRIPTION, "description"),
    NAME(START, "start"),
    NAME(END, "end"),
    NAME(STATUS, "status"),
    NAME(KIND, "kind"),
    NAME(DATA, "data"),
    NAME(LINKS, "links"),
    NAME(TAGS, "tags"),
    NAME(ENVIRONMENT, "environment"),
    NAME(RELEASE, "release"),
    NAME(SERVER_NAME, "server_name"),
    NAME(PLATFORM, "platform"),
    NAME(INFO, "transaction_info"),
    NAME(CONTEXTS, "contexts"),
#undef NAME
};

static bool nothing(struct weir_str raw)
{
    return weir_str_eq(raw, WEIR_S("null")) || weir_str_eq(raw, WEIR_S("\"\""));
}

static void read_member(struct weir_span *s, struct weir_str key, struct weir_str value)
{
    for (size_t i = 0; i < WEIR_SPAN_MEMBERS; i++)
        if (weir_str_eq(key, names[i])) {
            s->raw[i] = nothing(value) ? (struct weir_str){NULL, 0} : value;
            return;
        }
}

static bool time_of(struct weir_arena *a, struct weir_str raw, double *ret_seconds)
{
    return raw.n > 0 &&
           weir_parse_time(raw.p[0] == '"' ? weir_scan_text(a, raw) : raw, ret_seconds);
}

static bool serves(struct weir_str kind)
{
    return weir_str_eq(kind, WEIR_S("\"server\"")) || weir_str_eq(kind, WEIR_S("\"consumer\""));
}

int weir_span_read(struct weir_arena *a, struct weir_str native, uint64_t received_ms,
                   struct weir_span *ret_span)
{
    struct weir_span s = {.json = native, .end = (double)received_ms / 1000};
    struct weir_str key, value;
    struct weir_scan scan;
    bool has_end;

    if (!weir_scan_begin(&scan, native) || !scan.object)
        return WEIR_EINVAL;
    while (weir_scan_next(&scan, &key, &value))
        read_member(&s, key, value);
    s.span_id = weir_scan_text(a, s.raw[WEIR_SPAN_ID]);
    s.parent_id = weir_scan_text(a, s.raw[WEIR_SPAN_PARENT]);
    s.service = weir_scan_text(a, s.raw[WEIR_SPAN_SERVICE]);
    s.op = weir_scan_text(a, s.raw[WEIR_SPAN_OP]);
    s.serves = serves(s.raw[WEIR_SPAN_KIND]) ||
               serves(weir_scan_get(s.raw[WEIR_SPAN_DATA], WEIR_S("sentry.kind")));
    has_end = time_of(a, s.raw[WEIR_SPAN_END], &s.end);
    if (!time_of(a, s.raw[WEIR_SPAN_START], &s.start))
        s.start = s.end;
    else if (!has_end && s.end < s.start)
        s.end = s.start;
    *ret_span = s;
    return 0;
}

bool weir_span_failed(struct weir_str raw_status)
{
    static const char *const fine[] = {"\"ok\"", "\"cancelled\"", "\"canceled\"", "\"unknown\"",
                                       "\"unset\""};

    if (raw_status.n < 3 || raw_status.p[0] != '"')
        return false;
    for (size_t i = 0; i < sizeof fine / sizeof fine[0]; i++)
        if (weir_str_eq(raw_status, weir_str_of(fine[i])))
            return false;
    return true;
}

/* ---- arranging -------------------------------------------------------------- */

enum { NONE = -1 };

struct by_id {
    struct weir_str id;
    size_t span;
};

static int compare_ids(const void *left, const void *right)
{
    const struct by_id *a = left, *b = right;
    size_t n = a->id.n < b->id.n ? a->id.n : b->id.n;
    int order = n > 0 ? memcmp(a->id.p, b->id.p, n) : 0;

    if (order != 0)
        return order;
    return a->id.n < b->id.n ? -1 : a->id.n > b->id.n;
}

static int32_t find_id(const struct by_id *ids, size_t n, struct weir_str id)
{
    struct by_id wanted = {id, 0}, *found = NULL;

    if (id.n > 0)
        found = bsearch(&wanted, ids, n, sizeof *ids, compare_ids);
    return found != NULL ? (int32_t)found->span : NONE;
}

/* The parent of span `i`. Where client and server share an id (Zipkin), what
 * names it is below the half of its own service: the server's, which has an id
 * of its own by now. */
static int32_t parent_of(const struct by_id *ids, struct weir_span *spans, size_t n, size_t i)
{
    int32_t parent = find_id(ids, n, spans[i].parent_id), half;
    char shared[17];

    if (spans[i].parent_id.n == 0 ||
        (parent != NONE && weir_str_eq(spans[parent].service, spans[i].service)))
        return parent;
    weir_shared_span_id(spans[i].parent_id, shared);
    half = find_id(ids, n, (struct weir_str){shared, 16});
    if (half == NONE || half == (int32_t)i || !weir_str_eq(spans[half].service, spans[i].service))
        return parent;
    spans[i].parent_id = spans[half].span_id;
    return half;
}

/* ret_parents[i]: number of the span that is the parent of i, or NONE. */
static int find_parents(struct weir_arena *a, struct weir_span *spans, size_t n,
                        int32_t **ret_parents)
{
    struct by_id *ids = weir_arena_zalloc(a, n, sizeof *ids);
    int32_t *parents = weir_arena_zalloc(a, n, sizeof *parents);

    if (ids == NULL || parents == NULL)
        return WEIR_ENOMEM;
    for (size_t i = 0; i < n; i++)
        ids[i] = (struct by_id){spans[i].span_id, i};
    qsort(ids, n, sizeof *ids, compare_ids);
    for (size_t i = 0; i < n; i++) {
        parents[i] = parent_of(ids, spans, n, i);
        if (parents[i] == (int32_t)i)
            parents[i] = NONE;
    }
    *ret_parents = parents;
    return 0;
}

/* Does the op say that the span takes a request or message from elsewhere? */
static bool takes_request(struct weir_str op)
{
    static const char *const ends[] = {".server", ".process", ".consumer", ".receive"};

    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++)
        if (weir_str_ends(op, weir_str_of(ends[i])))
            return true;
    return false;
}

static bool is_root(const struct weir_span *spans, size_t i, int32_t parent)
{
    if (spans[i].parent_id.n == 0 || spans[i].serves || spans[i].again)
        return true;
    if (parent == NONE)
        return takes_request(spans[i].op);
    return !weir_str_eq(spans[i].service, spans[parent].service);
}

/* The top of the chain of parents above `i`: a root, a span whose parent is
 * missing, or, where they run in a circle, the earliest of the circle. */
static size_t top_of(const struct weir_span *spans, size_t n, const int32_t *parents, size_t i)
{
    size_t steps = 0, earliest;

    for (; !spans[i].root && parents[i] != NONE; i = (size_t)parents[i])
        if (steps++ > n)
            break;
    if (steps <= n)
        return i;
    earliest = i;
    for (size_t k = (size_t)parents[i]; k != i; k = (size_t)parents[k])
        if (spans[k].start < spans[earliest].start ||
            (spans[k].start <= spans[earliest].start && k < earliest))
            earliest = k;
    return earliest;
}

/* Tops that are no roots: a root that is here again for its context, else the
 * earliest of each service, acts as root. */
static size_t acting_root(const struct weir_span *spans, size_t n, size_t top)
{
    size_t acting = top;

    if (n > 0 && spans[0].again && weir_str_eq(spans[0].service, spans[top].service))
        return 0;
    for (size_t i = 0; i < n; i++)
        if (spans[i].under == i && !spans[i].root &&
            weir_str_eq(spans[i].service, spans[top].service) &&
            (spans[i].start < spans[acting].start ||
             (spans[i].start <= spans[acting].start && i < acting)))
            acting = i;
    return acting;
}

int weir_spans_arrange(struct weir_arena *a, struct weir_span *spans, size_t n)
{
    int32_t *parents;
    size_t *acting;
    int err = find_parents(a, spans, n, &parents);

    if (err != 0)
        return err;
    acting = weir_arena_zalloc(a, n, sizeof *acting);
    if (acting == NULL)
        return WEIR_ENOMEM;
    for (size_t i = 0; i < n; i++)
        spans[i].root = is_root(spans, i, parents[i]);
    for (size_t i = 0; i < n; i++)
        spans[i].under = top_of(spans, n, parents, i);
    for (size_t i = 0; i < n; i++)
        acting[i] = spans[i].under == i && !spans[i].root ? acting_root(spans, n, i) : i;
    for (size_t i = 0; i < n; i++)
        spans[i].under = acting[spans[i].under];
    return 0;
}

bool weir_spans_complete(const struct weir_span *spans, size_t n, size_t newest)
{
    bool ended = false;

    for (size_t i = newest; i < n; i++)
        ended = ended || spans[i].parent_id.n == 0;
    if (n < 2 || !ended)
        return false;
    for (size_t i = 0; i < n; i++)
        if (!spans[spans[i].under].root)
            return false;
    return true;
}
