/* peer.h - whose request it is, behind proxies.
 *
 * A proxy appends the address that it saw, so the list is read from the
 * right and believed as long as the one who wrote an entry is trusted:
 *
 *   X-Forwarded-For: spoofed, CLIENT, proxy2     peer: proxy1
 *                             ^answer  trusted         trusted
 *
 * Pure; any thread. RFC 7239 for `Forwarded`. */
#ifndef WEIR_LISTEN_PEER_H
#define WEIR_LISTEN_PEER_H

#include "weir/config.h"

/* The client's address as text in `a` ("192.0.2.1", "2001:db8::1"), never
 * with a port; empty when `peer` is of no known family. All lines of a
 * header joined by commas. X-Forwarded-For wins over Forwarded. */
struct weir_str weir_client_ip(struct weir_arena *a, const struct weir_cidrs *trusted,
                               const struct sockaddr *peer, struct weir_str x_forwarded_for,
                               struct weir_str forwarded);

#endif
