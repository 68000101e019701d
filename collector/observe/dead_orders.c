/* dead_orders.c - redrive and drop dead letters: orders to the spool.
 *
 *   POST   /api/v1/dead-letters/redrive        {"ids":[1,2]} or {"all":true}
 *   POST   /api/v1/dead-letters/{id}/redrive
 *   DELETE /api/v1/dead-letters                the same bodies
 *   DELETE /api/v1/dead-letters/{id}
 *
 * With "destination" (in the body, or the query of those with an id) only
 * that one's. The spool takes "no ids" for "all of them", so an empty list
 * must never come through to it: {"ids":[]} is refused. */
#include "admin_parts.h"

#include "weir/text.h"

enum { IDS_MOST = 10000 };

struct order {
    struct weir_dead_op op; /* first: resume gets it back as answer->wait */
    bool one;               /* of an id in the path: 404 when nothing was done */
};

static struct order *order_new(const struct weir_http_request *r, enum weir_op_kind kind)
{
    struct order *o = weir_arena_zalloc(r->arena, 1, sizeof *o);

    if (o != NULL) {
        o->op.op.kind = kind;
        o->op.slot = -1;
    }
    return o;
}

static void refuse(const struct weir_http_request *r, const char *detail,
                   struct weir_http_answer *answer)
{
    weir_http_error(r, WEIR_ROUTE_ADMIN, 400, detail, answer);
}

/* After the spool carried it out. */
static void report(void *self, const struct weir_http_request *r, struct weir_http_answer *answer)
{
    const struct order *o = (const struct order *)answer->wait;
    const char *what = o->op.op.kind == WEIR_OP_REDRIVE ? "redriven" : "dropped";
    json_t *data;

    (void)self;
    answer->wait = NULL;
    if (o->one && o->op.done == 0) {
        weir_http_error(r, WEIR_ROUTE_ADMIN, 404, "no dead letter has this id", answer);
        return;
    }
    data = json_pack("{s:I}", what, (json_int_t)o->op.done);
    if (o->op.unknown > 0)
        json_object_set_new(data, "unknown", json_integer((json_int_t)o->op.unknown));
    weir_admin_data(r, data, answer);
}

static void submit(struct order *o, struct weir_http_answer *answer)
{
    answer->wait = &o->op.op;
    answer->resume = report;
}

/* ---- one, by the path -------------------------------------------------- */

static void order_one(const struct weir_http_request *r, enum weir_op_kind kind,
                      struct weir_http_answer *answer)
{
    struct order *o = order_new(r, kind);
    int64_t *id = weir_arena_zalloc(r->arena, 1, sizeof *id);
    struct weir_str name;

    if (o == NULL || id == NULL) {
        weir_http_error(r, WEIR_ROUTE_ADMIN, 500, "out of memory", answer);
        return;
    }
    if (!weir_admin_id(r, id, answer))
        return;
    if (weir_query_get(r->arena, r->query, WEIR_S("destination"), &name) &&
        !weir_admin_slot(r, name, &o->op.slot, answer))
        return;
    o->one = true;
    o->op.ids = id;
    o->op.n = 1;
    submit(o, answer);
}

void weir_admin_dead_redrive_one(void *self, const struct weir_http_request *r,
                                 struct weir_http_answer *answer)
{
    (void)self;
    order_one(r, WEIR_OP_REDRIVE, answer);
}

void weir_admin_dead_drop_one(void *self, const struct weir_http_request *r,
                              struct weir_http_answer *answer)
{
    (void)self;
    order_one(r, WEIR_OP_DROP, answer);
}

/* ---- several, by the body ---------------------------------------------- */

/* An id as a number or, for clients whose numbers are doubles, as text. */
static bool read_id(const json_t *value, int64_t *ret_id)
{
    uint64_t n = 0;

    if (json_is_integer(value))
        n = json_integer_value(value) > 0 ? (uint64_t)json_integer_value(value) : 0;
    else if (!json_is_string(value) ||
             !weir_str_u64((struct weir_str){json_string_value(value), json_string_length(value)},
                           &n))
        return false;
    *ret_id = (int64_t)n;
    return n > 0 && n <= INT64_MAX;
}

static const char *read_ids(const json_t *list, struct weir_arena *a, struct order *o)
{
    size_t n = json_array_size(list);
    int64_t *ids;

    if (n == 0 || n > IDS_MOST)
        return "ids is an array of 1 to 10000 ids";
    ids = weir_arena_zalloc(a, n, sizeof *ids);
    if (ids == NULL)
        return "ids do not fit into memory";
    for (size_t i = 0; i < n; i++) {
        if (!read_id(json_array_get(list, i), &ids[i]))
            return "ids holds something that is no id";
    }
    o->op.ids = ids;
    o->op.n = n;
    return NULL;
}

/* NULL, or what is wrong with the body. */
static const char *read_order(const json_t *body, struct weir_arena *a, struct order *o)
{
    const json_t *ids = json_object_get(body, "ids");
    bool all = json_is_true(json_object_get(body, "all"));

    if (!json_is_object(body))
        return "the body is to be a JSON object";
    if (all == (ids != NULL))
        return "the body is to have either \"ids\" or \"all\": true";
    return all ? NULL : read_ids(ids, a, o);
}

static void order_several(const struct weir_http_request *r, enum weir_op_kind kind,
                          struct weir_http_answer *answer)
{
    json_t *body =
        json_loadb(r->body.n > 0 ? r->body.p : "", r->body.n, JSON_REJECT_DUPLICATES, NULL);
    const json_t *name = json_object_get(body, "destination");
    struct order *o = order_new(r, kind);
    const char *wrong = o != NULL ? read_order(body, r->arena, o) : "out of memory";
    bool known = true;

    if (wrong == NULL && name != NULL && !json_is_string(name))
        wrong = "destination is a name";
    if (wrong == NULL && name != NULL)
        known =
            weir_admin_slot(r, (struct weir_str){json_string_value(name), json_string_length(name)},
                            &o->op.slot, answer);
    json_decref(body);
    if (wrong != NULL)
        refuse(r, wrong, answer);
    else if (known)
        submit(o, answer);
}

void weir_admin_dead_redrive(void *self, const struct weir_http_request *r,
                             struct weir_http_answer *answer)
{
    (void)self;
    order_several(r, WEIR_OP_REDRIVE, answer);
}

void weir_admin_dead_drop(void *self, const struct weir_http_request *r,
                          struct weir_http_answer *answer)
{
    (void)self;
    order_several(r, WEIR_OP_DROP, answer);
}
