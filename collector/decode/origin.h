/* origin.h - who made a record: what a resource (OTLP), an endpoint (Zipkin)
 * or a host (GELF, syslog) tells, as Sentry's fields.
 *
 * environment: deployment.environment.name, then deployment.environment.
 * release: service.name@service.version, else service.version.
 * server_name: host.name, then service.instance.id (when it is no UUID).
 * Tags, of events and transactions alike: service (service.name), and
 * weir_origin_tags under their own names.
 * What is empty is filled in by the project's tagging behind the decoders.
 *
 * Threads and memory as in weir/decode.h. */
#ifndef WEIR_DECODE_ORIGIN_H
#define WEIR_DECODE_ORIGIN_H

#include "attribute.h"

struct weir_origin {
    struct weir_str service; /* service.name; empty for unknown_service:... */
    struct weir_str environment, release, server_name;
    struct weir_str language; /* telemetry.sdk.language; empty if unknown */
    struct weir_str runtime_name, runtime_version;
    struct weir_str scope; /* of the instrumentation: name */
    struct weir_str scope_version;
    struct weir_str project;         /* a project that the record names, else empty */
    struct weir_attributes resource; /* all of it, the above included */
};

/* Fills an origin from a resource's attributes. */
void weir_origin_of(struct weir_arena *a, const struct weir_attributes *resource,
                    struct weir_origin *ret_origin);

enum { WEIR_ORIGIN_TAGS = 4 };
/* Attributes of the resource that are tags: few and bounded. */
extern const char *const weir_origin_tags[WEIR_ORIGIN_TAGS];

/* Sentry's platform of its language: "python", "node", ...; "other". */
const char *weir_origin_platform(const struct weir_origin *o);

#endif
