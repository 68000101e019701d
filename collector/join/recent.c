/* recent.c - spans to breadcrumbs, and keeping those of traces that went. */
#include "recent.h"
#include "weir/scan.h"

#include <stdlib.h>

enum { BUCKETS = 1024, MOST_BYTES = 16 << 20, MOST_MESSAGE = 1024 };

/* ---- one span ---------------------------------------------------------------- */

static bool is_call(const struct weir_span *s)
{
    static const char *const ops[] = {"http.client", "db",   "cache",        "queue.publish",
                                      "rpc",         "grpc", "queue.submit", "http"};
    struct weir_str kind = s->raw[WEIR_SPAN_KIND], op;

    if (kind.n == 0)
        kind = weir_scan_get(s->raw[WEIR_SPAN_DATA], WEIR_S("sentry.kind"));
    if (weir_str_eq(kind, WEIR_S("\"client\"")) || weir_str_eq(kind, WEIR_S("\"producer\"")))
        return true;
    if (s->serves || weir_str_ends(s->op, WEIR_S(".server")))
        return false;
    for (size_t i = 0; i < sizeof ops / sizeof ops[0]; i++) {
        op = weir_str_of(ops[i]);
        if (weir_str_starts(s->op, op) && (s->op.n == op.n || s->op.p[op.n] == '.'))
            return true;
    }
    return false;
}

bool weir_span_crumb(struct weir_arena *a, const struct weir_span *s, struct weir_crumb *ret_crumb)
{
    bool http = weir_str_starts(s->op, WEIR_S("http"));
    struct weir_str message = s->raw[WEIR_SPAN_DESCRIPTION], status = s->raw[WEIR_SPAN_STATUS];
    struct weir_crumb c = {.seconds = s->end};
    struct weir_buf b;

    if (!is_call(s))
        return false;
    weir_buf_init(&b, a, 16 * 1024);
    weir_buf_printf(&b, "{\"timestamp\":%.6f,\"type\":\"%s\",\"category\":", s->end,
                    http ? "http" : "default");
    weir_buf_json(&b, s->op.n > 0 ? weir_str_sub(s->op, 0, 128) : WEIR_S("span"));
    weir_buf_printf(&b, ",\"level\":\"%s\"", weir_span_failed(status) ? "error" : "info");
    if (weir_scan_is_string(message) && message.n <= MOST_MESSAGE) {
        weir_buf_add(&b, WEIR_S(",\"message\":"));
        weir_buf_add(&b, message);
    }
    weir_buf_printf(&b, ",\"data\":{\"duration_ms\":%.3f", (s->end - s->start) * 1000);
    if (weir_scan_is_string(s->raw[WEIR_SPAN_SERVICE])) {
        weir_buf_add(&b, WEIR_S(",\"service\":"));
        weir_buf_add(&b, s->raw[WEIR_SPAN_SERVICE]);
    }
    if (weir_scan_is_string(status)) {
        weir_buf_add(&b, WEIR_S(",\"status\":"));
        weir_buf_add(&b, status);
    }
    weir_buf_add(&b, WEIR_S("}}"));
    if (weir_buf_str(&b, &c.json) != 0)
        return false;
    *ret_crumb = c;
    return true;
}

/* ---- those kept ----------------------------------------------------------------- */

struct kept {
    struct kept *next;
    double seconds;
    size_t n;
    char json[];
};

struct entry {
    struct entry *chain, *newer;
    uint64_t hash, born_ms;
    struct kept *first, *last;
    size_t n;
};

struct weir_recent {
    struct entry *buckets[BUCKETS];
    struct entry *oldest, *newest;
    size_t n, bytes;
};

static struct entry *find(const struct weir_recent *r, uint64_t hash)
{
    struct entry *e = r->buckets[hash % BUCKETS];

    while (e != NULL && e->hash != hash)
        e = e->chain;
    return e;
}

static void drop_first(struct weir_recent *r, struct entry *e)
{
    struct kept *k = e->first;

    e->first = k->next;
    if (e->first == NULL)
        e->last = NULL;
    e->n--;
    r->bytes -= sizeof *k + k->n;
    free(k);
}

static void drop_oldest(struct weir_join *j)
{
    struct weir_recent *r = j->recent;
    struct entry *e = r->oldest, **at = &r->buckets[e->hash % BUCKETS];

    while (*at != e)
        at = &(*at)->chain;
    *at = e->chain;
    r->oldest = e->newer;
    if (r->oldest == NULL)
        r->newest = NULL;
    while (e->first != NULL)
        drop_first(r, e);
    weir_filter_lower(&j->filter, e->hash);
    r->n--;
    free(e);
}

static struct entry *entry_of(struct weir_join *j, uint64_t hash, uint64_t now_ms)
{
    struct weir_recent *r = j->recent;
    struct entry *e = find(r, hash);

    if (e != NULL || (e = calloc(1, sizeof *e)) == NULL)
        return e;
    e->hash = hash;
    e->born_ms = now_ms;
    e->chain = r->buckets[hash % BUCKETS];
    r->buckets[hash % BUCKETS] = e;
    *(r->newest != NULL ? &r->newest->newer : &r->oldest) = e;
    r->newest = e;
    r->n++;
    weir_filter_raise(&j->filter, hash);
    return e;
}

static void keep(struct weir_join *j, struct entry *e, const struct weir_crumb *c)
{
    struct kept *k = malloc(sizeof *k + c->json.n);

    if (k == NULL)
        return;
    *k = (struct kept){.seconds = c->seconds, .n = c->json.n};
    memcpy(k->json, c->json.p, c->json.n);
    *(e->last != NULL ? &e->last->next : &e->first) = k;
    e->last = k;
    e->n++;
    j->recent->bytes += sizeof *k + k->n;
    while (e->n > j->config->breadcrumbs_per_trace && e->first != NULL)
        drop_first(j->recent, e);
}

void weir_recent_add(struct weir_join *j, uint64_t hash, const struct weir_span *spans, size_t n,
                     uint64_t now_ms)
{
    struct weir_crumb c;
    struct entry *e = NULL;

    if (!j->config->breadcrumbs_from_spans || j->config->breadcrumbs_per_trace == 0)
        return;
    if (j->recent == NULL && (j->recent = calloc(1, sizeof *j->recent)) == NULL)
        return;
    for (size_t i = 0; i < n; i++) {
        if (spans[i].again || !weir_span_crumb(&j->scratch, &spans[i], &c))
            continue;
        if (e == NULL && (e = entry_of(j, hash, now_ms)) == NULL)
            return;
        keep(j, e, &c);
    }
    while (j->recent->n > 0 &&
           (j->recent->n > j->config->breadcrumbs_traces || j->recent->bytes > MOST_BYTES))
        drop_oldest(j);
}

size_t weir_recent_get(struct weir_join *j, uint64_t hash, struct weir_arena *a, size_t most,
                       struct weir_crumb *ret_crumbs)
{
    const struct entry *e = j->recent != NULL ? find(j->recent, hash) : NULL;
    const struct kept *k = e != NULL ? e->first : NULL;
    size_t n = 0, skip = e != NULL && e->n > most ? e->n - most : 0;

    for (; k != NULL; k = k->next) {
        struct weir_str json = {k->json, k->n};

        if (skip > 0) {
            skip--;
            continue;
        }
        json = weir_arena_copy(a, json);
        if (json.n == 0)
            return n;
        ret_crumbs[n++] = (struct weir_crumb){.json = json, .seconds = k->seconds};
    }
    return n;
}

void weir_recent_expire(struct weir_join *j, uint64_t now_ms)
{
    while (j->recent != NULL && j->recent->oldest != NULL &&
           weir_join_age(now_ms, j->recent->oldest->born_ms) >= j->config->breadcrumbs_ttl_ms)
        drop_oldest(j);
}

void weir_recent_destroy(struct weir_join *j)
{
    while (j->recent != NULL && j->recent->oldest != NULL)
        drop_oldest(j);
    free(j->recent);
    j->recent = NULL;
}
