/* admin_parts.h - the handlers behind weir_admin_routes(), one file each.
 * Private to observe/. `self` is the struct weir_admin. They run on the
 * worker; what they answer lives in the request's arena. */
#ifndef WEIR_OBSERVE_ADMIN_PARTS_H
#define WEIR_OBSERVE_ADMIN_PARTS_H

#include "cold_json.h"

#include "weir/admin.h"

typedef void weir_handler(void *self, const struct weir_http_request *r,
                          struct weir_http_answer *answer);

/* health.c: GET /health, /health/live; /health/ready; /health/detailed */
weir_handler weir_admin_live, weir_admin_ready, weir_admin_detailed;
/* status.c: GET /api/v1/status */
weir_handler weir_admin_status;
/* dead_letters.c */
weir_handler weir_admin_dead_list, weir_admin_dead_get;
/* dead_orders.c */
weir_handler weir_admin_dead_redrive, weir_admin_dead_redrive_one;
weir_handler weir_admin_dead_drop, weir_admin_dead_drop_one;

/* The forwarder's view of a destination as a JSON object: breakers by
 * endpoint, blocked, limits, last answer. */
json_t *weir_admin_forward_json(const struct weir_admin *a, const struct weir_destination *d);
/* Answers 200 with `value_take` as data; 500 when memory runs out. */
void weir_admin_data(const struct weir_http_request *r, json_t *value_take,
                     struct weir_http_answer *answer);
/* ?destination=NAME: its slot, or -1 when it is not said. False, with the
 * answer made, when there is none of that name. */
bool weir_admin_slot(const struct weir_http_request *r, struct weir_str name, int *ret_slot,
                     struct weir_http_answer *answer);
/* A delivery's id in a path. False, with the answer made, when it is none. */
bool weir_admin_id(const struct weir_http_request *r, int64_t *ret_id,
                   struct weir_http_answer *answer);

#endif
