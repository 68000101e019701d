/* dead_letters.c - GET /api/v1/dead-letters and /api/v1/dead-letters/{id}.
 *
 * A delivery can be dead for several destinations: it is listed once for
 * each, with the same id. Pages go by id: ?after=ID&limit=N (or page[after],
 * page[limit]), ?destination=NAME; links.next leads to the next page. */
#include "admin_parts.h"

#include "weir/text.h"

enum {
    LIMIT_DEFAULT = 100,
    LIMIT_MOST = 500,
    ITEMS_BYTES = 4 << 20 /* of one letter, as text */
};

static json_t *letter_json(const struct weir_spool_row *row)
{
    const struct weir_delivery *d = &row->delivery;
    json_t *o = json_object();

    weir_json_set_number(o, "id", (uint64_t)row->id);
    weir_json_set_text(o, "destination", weir_destination_name(row->slot));
    weir_json_set_text(o, "project", d->project);
    json_object_set_new(o, "type", json_string(weir_item_type_name(d->type)));
    weir_json_set_text(o, "event_id", d->event_id);
    weir_json_set_text(o, "trace_id", d->trace_id);
    weir_json_set_text(o, "reason", row->reason);
    json_object_set_new(o, "status",
                        row->last_status != 0 ? json_integer(row->last_status) : json_null());
    weir_json_set_text(o, "answer", row->last_answer);
    weir_json_set_number(o, "attempts", row->attempts);
    weir_json_set_number(o, "bytes", row->stored_bytes);
    weir_json_set_time(o, "received", d->received_ms);
    weir_json_set_time(o, "died", row->dead_ms);
    return o;
}

/* ---- list -------------------------------------------------------------- */

struct page {
    int slot; /* -1: all */
    int64_t after;
    size_t limit;
    struct weir_str destination; /* as asked for */
};

/* A number in the query under either name; `value` stays without one. */
static bool query_number(const struct weir_http_request *r, struct weir_str name,
                         struct weir_str long_name, uint64_t most, uint64_t *value)
{
    struct weir_str text;

    if (!weir_query_get(r->arena, r->query, name, &text) &&
        !weir_query_get(r->arena, r->query, long_name, &text))
        return true;
    return weir_str_u64(text, value) && *value <= most;
}

static bool read_page(const struct weir_http_request *r, struct page *p,
                      struct weir_http_answer *answer)
{
    uint64_t after = 0, limit = LIMIT_DEFAULT;

    p->slot = -1;
    p->destination = (struct weir_str){NULL, 0};
    if (!query_number(r, WEIR_S("after"), WEIR_S("page[after]"), INT64_MAX, &after)) {
        weir_http_error(r, WEIR_ROUTE_ADMIN, 400, "after is the id of a dead letter", answer);
        return false;
    }
    if (!query_number(r, WEIR_S("limit"), WEIR_S("page[limit]"), LIMIT_MOST, &limit) ||
        limit == 0) {
        weir_http_error(r, WEIR_ROUTE_ADMIN, 400, "limit is a number from 1 to 500", answer);
        return false;
    }
    p->after = (int64_t)after;
    p->limit = (size_t)limit;
    if (!weir_query_get(r->arena, r->query, WEIR_S("destination"), &p->destination))
        return true;
    return weir_admin_slot(r, p->destination, &p->slot, answer);
}

static uint64_t count_dead(const struct weir_spool *s, int slot)
{
    struct weir_spool_gauges g;
    uint64_t n = 0;

    for (int i = 0; i < WEIR_MAX_DESTINATIONS; i++) {
        if (slot >= 0 && slot != i)
            continue;
        weir_spool_gauges(s, (unsigned)i, &g);
        n += g.rows[WEIR_ROW_DEAD];
    }
    return n;
}

/* Names may hold anything: percent-encoded (RFC 3986, 2.3). */
static void put_encoded(struct weir_buf *b, struct weir_str s)
{
    static const char plain[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";

    for (size_t i = 0; i < s.n; i++) {
        if (memchr(plain, s.p[i], sizeof plain - 1) != NULL)
            weir_buf_char(b, s.p[i]);
        else
            weir_buf_printf(b, "%%%02X", (unsigned char)s.p[i]);
    }
}

static struct weir_str next_link(const struct weir_http_request *r, const struct page *p,
                                 int64_t last)
{
    struct weir_str link = {NULL, 0};
    struct weir_buf b;

    weir_buf_init(&b, r->arena, 4096);
    weir_buf_printf(&b, "/api/v1/dead-letters?after=%lld&limit=%zu", (long long)last, p->limit);
    if (p->slot >= 0) {
        weir_buf_add(&b, WEIR_S("&destination="));
        put_encoded(&b, p->destination);
    }
    if (weir_buf_str(&b, &link) != 0)
        link = (struct weir_str){NULL, 0};
    return link;
}

static void answer_page(const struct weir_admin *a, const struct weir_http_request *r,
                        struct weir_spool_reader *reader, const struct page *p,
                        struct weir_http_answer *answer)
{
    struct weir_spool_row *rows, *more;
    struct weir_str data, next = {NULL, 0};
    json_t *list = json_array();
    size_t n, n_more = 0;
    int rc =
        weir_spool_list(reader, WEIR_ROW_DEAD, p->slot, p->after, p->limit, r->arena, &rows, &n);

    if (rc == 0 && n > 0)
        rc = weir_spool_list(reader, WEIR_ROW_DEAD, p->slot, rows[n - 1].id, 1, r->arena, &more,
                             &n_more);
    for (size_t i = 0; rc == 0 && i < n; i++)
        json_array_append_new(list, letter_json(&rows[i]));
    if (rc != 0) {
        json_decref(list);
        weir_http_error(r, WEIR_ROUTE_ADMIN, 503, "the spool cannot be read", answer);
        return;
    }
    if (weir_json_print(r->arena, list, &data) != 0) {
        weir_http_error(r, WEIR_ROUTE_ADMIN, 500, "out of memory", answer);
        return;
    }
    if (n_more > 0)
        next = next_link(r, p, rows[n - 1].id);
    weir_http_page(r, data,
                   weir_arena_printf(r->arena, "\"total\":%llu",
                                     (unsigned long long)count_dead(a->spool, p->slot)),
                   next, answer);
}

void weir_admin_dead_list(void *self, const struct weir_http_request *r,
                          struct weir_http_answer *answer)
{
    const struct weir_admin *a = self;
    struct weir_spool_reader *reader;
    struct page p;

    if (!read_page(r, &p, answer))
        return;
    if (weir_spool_reader_new(a->spool, &reader) != 0) {
        weir_http_error(r, WEIR_ROUTE_ADMIN, 503, "the spool cannot be read", answer);
        return;
    }
    answer_page(a, r, reader, &p, answer);
    weir_spool_reader_free(reader);
}

/* ---- one --------------------------------------------------------------- */

/* The dead row of `id`, of `slot` or of the first destination that has it. */
static int find_dead(struct weir_spool_reader *reader, int64_t id, int slot, struct weir_arena *a,
                     struct weir_spool_row *ret_row)
{
    int from = slot < 0 ? 0 : slot, to = slot < 0 ? WEIR_MAX_DESTINATIONS - 1 : slot;

    for (int i = from; i <= to; i++) {
        int rc;

        if (weir_destination_name((unsigned)i).n == 0)
            continue;
        rc = weir_spool_get(reader, id, i, a, ret_row);
        if (rc != 0 && rc != WEIR_ENOTFOUND)
            return rc;
        if (rc == 0 && ret_row->state == WEIR_ROW_DEAD)
            return 0;
    }
    return WEIR_ENOTFOUND;
}

/* What would be sent again: the envelope's header and its items, scrubbed as
 * they are spooled. What lies in a blob file is only named. */
static json_t *whole_letter_json(struct weir_arena *a, const struct weir_spool_row *row)
{
    const struct weir_delivery *d = &row->delivery;
    json_t *o = letter_json(row);
    struct weir_str items;

    weir_json_set_text(o, "header", d->header);
    if (weir_delivery_decode(d, a, ITEMS_BYTES, &items) == 0)
        weir_json_set_text(o, "items", items);
    else
        json_object_set_new(o, "items", json_null());
    weir_json_set_number(o, "items_bytes", d->raw_bytes);
    if (d->blob.name[0] != '\0')
        json_object_set_new(o, "blob",
                            json_pack("{s:s,s:I,s:I}", "name", d->blob.name, "encoded_bytes",
                                      (json_int_t)d->blob.encoded_bytes, "raw_bytes",
                                      (json_int_t)d->blob.raw_bytes));
    return o;
}

void weir_admin_dead_get(void *self, const struct weir_http_request *r,
                         struct weir_http_answer *answer)
{
    const struct weir_admin *a = self;
    struct weir_spool_reader *reader;
    struct weir_spool_row row;
    struct weir_str name;
    int slot = -1, rc;
    int64_t id;

    if (!weir_admin_id(r, &id, answer))
        return;
    if (weir_query_get(r->arena, r->query, WEIR_S("destination"), &name) &&
        !weir_admin_slot(r, name, &slot, answer))
        return;
    rc = weir_spool_reader_new(a->spool, &reader);
    if (rc == 0) {
        rc = find_dead(reader, id, slot, r->arena, &row);
        weir_spool_reader_free(reader);
    }
    if (rc == 0)
        weir_admin_data(r, whole_letter_json(r->arena, &row), answer);
    else if (rc == WEIR_ENOTFOUND)
        weir_http_error(r, WEIR_ROUTE_ADMIN, 404, "no dead letter has this id", answer);
    else
        weir_http_error(r, WEIR_ROUTE_ADMIN, 503, "the spool cannot be read", answer);
}
