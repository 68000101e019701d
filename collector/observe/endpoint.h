/* endpoint.h - paths to templates, so that a label has few values and no
 * personal ones. Private to observe/. */
#ifndef WEIR_OBSERVE_ENDPOINT_H
#define WEIR_OBSERVE_ENDPOINT_H

#include "weir/str.h"

enum { WEIR_ENDPOINT_BYTES = 200 };

/* /orders/12345/items/9f8b1c2d-... to /orders/{id}/items/{id}. Scheme, host,
 * query and fragment go; numbers, UUIDs, hashes and opaque tokens become
 * {id}, dates {date}, e-mail addresses {email}. An existing template stays as
 * it is. The text is in `room`, cut to its size. Pure. */
struct weir_str weir_endpoint(struct weir_str endpoint, char room[WEIR_ENDPOINT_BYTES]);

#endif
