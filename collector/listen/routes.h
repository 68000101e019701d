/* routes.h - from method and path to a handler: one table.
 *
 *   /api/{}/envelope   segments are compared one by one; `{}` takes any
 *
 * Empty segments do not count: a trailing slash is optional and double
 * slashes are tolerated. HEAD is served wherever GET is, by the GET handler
 * (the body is left out when sending). The ingest routes are listed in
 * routes.c, those of observe/ come through its wall.
 *
 * Read only after start; any thread. */
#ifndef WEIR_LISTEN_ROUTES_H
#define WEIR_LISTEN_ROUTES_H

#include "weir/http_types.h"

/* What clients send to; ended by one with path NULL. Their `handle` is NULL:
 * the format says how the body is taken in. */
const struct weir_route *weir_ingest_routes(void);
/* The OTLP ones among them, for a listener of their own. */
const struct weir_route *weir_otlp_routes(void);

struct weir_routed {
    const struct weir_route *route; /* NULL: see `allow` */
    struct weir_str params[4];      /* as sent, percent-encoded */
    char allow[64];                 /* no route, but the path exists: its methods, for 405 */
};

/* Looks `path` up in `routes` and adds to `ret_found`, which was zeroed
 * before the first table; true when found. OPTIONS finds Sentry and
 * OTLP routes whatever their methods: it is a preflight. */
bool weir_routes_find(const struct weir_route *routes, struct weir_str method, struct weir_str path,
                      struct weir_routed *ret_found);
/* May pages of other origins send there? */
bool weir_class_has_cors(enum weir_route_class class);
/* In which form is a path answered that no route has? */
enum weir_route_class weir_routes_class(struct weir_str path);

#endif
