/* routes.c - what observe/ serves, as one table, and GET /metrics. */
#include "admin_parts.h"

static void serve_metrics(void *self, const struct weir_http_request *r,
                          struct weir_http_answer *answer)
{
    bool openmetrics;
    struct weir_buf b;

    (void)self;
    answer->content_type = weir_metrics_content_type(weir_http_header(r, "Accept"), &openmetrics);
    weir_buf_init(&b, r->arena, r->arena->cap_bytes);
    if (weir_metrics_write(&b, openmetrics) != 0 || weir_buf_str(&b, &answer->body) != 0) {
        weir_http_error(r, WEIR_ROUTE_METRICS, 503, "the metrics do not fit into memory", answer);
        return;
    }
    answer->status = 200;
}

static const struct weir_route routes[] = {
    {"GET", "/metrics", WEIR_ROUTE_METRICS, serve_metrics, -1, NULL},
    {"GET", "/health", WEIR_ROUTE_HEALTH, weir_admin_live, -1, NULL},
    {"GET", "/health/live", WEIR_ROUTE_HEALTH, weir_admin_live, -1, NULL},
    {"GET", "/health/ready", WEIR_ROUTE_HEALTH, weir_admin_ready, -1, NULL},
    {"GET", "/health/detailed", WEIR_ROUTE_HEALTH, weir_admin_detailed, -1, NULL},
    {"GET", "/api/v1/status", WEIR_ROUTE_ADMIN, weir_admin_status, -1, NULL},
    {"GET", "/api/v1/dead-letters", WEIR_ROUTE_ADMIN, weir_admin_dead_list, -1, NULL},
    {"DELETE", "/api/v1/dead-letters", WEIR_ROUTE_ADMIN, weir_admin_dead_drop, -1, NULL},
    {"POST", "/api/v1/dead-letters/redrive", WEIR_ROUTE_ADMIN, weir_admin_dead_redrive, -1, NULL},
    {"GET", "/api/v1/dead-letters/{}", WEIR_ROUTE_ADMIN, weir_admin_dead_get, -1, NULL},
    {"DELETE", "/api/v1/dead-letters/{}", WEIR_ROUTE_ADMIN, weir_admin_dead_drop_one, -1, NULL},
    {"POST", "/api/v1/dead-letters/{}/redrive", WEIR_ROUTE_ADMIN, weir_admin_dead_redrive_one, -1,
     NULL},
    {NULL, NULL, WEIR_ROUTE_ADMIN, NULL, -1, NULL},
};

const struct weir_route *weir_admin_routes(void)
{
    return routes;
}

/* ---- what several handlers need ---------------------------------------- */

void weir_admin_data(const struct weir_http_request *r, json_t *value_take,
                     struct weir_http_answer *answer)
{
    struct weir_str text;

    if (weir_json_print(r->arena, value_take, &text) != 0)
        weir_http_error(r, WEIR_ROUTE_ADMIN, 500, "out of memory", answer);
    else
        weir_http_data(r, 200, text, (struct weir_str){NULL, 0}, answer);
}

bool weir_admin_slot(const struct weir_http_request *r, struct weir_str name, int *ret_slot,
                     struct weir_http_answer *answer)
{
    /* Not weir_destination_slot(): that would give any name a slot. One that
     * was configured once may still have dead letters. */
    for (unsigned i = 0; i < WEIR_MAX_DESTINATIONS; i++) {
        struct weir_str known = weir_destination_name(i);

        if (known.n > 0 && weir_str_eq(known, name)) {
            *ret_slot = (int)i;
            return true;
        }
    }
    weir_http_error(r, WEIR_ROUTE_ADMIN, 404, "no destination has this name", answer);
    return false;
}

bool weir_admin_id(const struct weir_http_request *r, int64_t *ret_id,
                   struct weir_http_answer *answer)
{
    uint64_t id;

    if (!weir_str_u64(r->params[0], &id) || id == 0 || id > INT64_MAX) {
        weir_http_error(r, WEIR_ROUTE_ADMIN, 404, "a dead letter's id is a number", answer);
        return false;
    }
    *ret_id = (int64_t)id;
    return true;
}
