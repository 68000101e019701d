/* loose_log.h - log records of formats that leave most names to the sender:
 * GELF, logstash, syslog's structured data.
 *
 *   {"host":"web-1","short_message":"charge failed","_trace_id":"...","_n":3}
 *       |              |                                |              |
 *       +--------------+- the format's own              |              +- an
 *                  known by the names that the common --+               attribute
 *                  libraries give it (table in loose_log.c)
 *
 * So service, environment, trace ids and exceptions are found though nobody
 * standardised what they are called.
 *
 * Threads and memory as in weir/decode.h. */
#ifndef WEIR_DECODE_LOOSE_LOG_H
#define WEIR_DECODE_LOOSE_LOG_H

#include "record.h"

/* A record while its members are read; all texts in the arena. */
struct weir_loose_log {
    struct weir_decoder *d;
    struct weir_str service, environment, release, version, server_name, logger;
    struct weir_str trace_id, span_id, traceparent;
    struct weir_str exception_type, exception_message, stacktrace;
    struct weir_str level, message, template, project;
    double timestamp; /* seconds since 1970; 0: not known */
    int severity;     /* OpenTelemetry's; 0: by `level` */
    struct weir_attribute *list;
    size_t n, room;
};

void weir_loose_log_begin(struct weir_loose_log *l, struct weir_decoder *d);
/* Takes a member that the format itself does not know: as a field by its name
 * (`as`: without what the format puts before it), else as an attribute. */
int weir_loose_log_member(struct weir_loose_log *l, const struct weir_json_doc *doc,
                          const struct weir_json_member *m, struct weir_str as) WEIR_MUST_CHECK;
/* A member's text; of what is no string, as it stands there. Empty for null. */
struct weir_str weir_loose_log_any(struct weir_loose_log *l, const struct weir_json_doc *doc,
                                   const struct weir_json_member *m);
/* weir_loose_log_member() of a text; as attribute it is called `otherwise`. */
int weir_loose_log_text(struct weir_loose_log *l, struct weir_str as, struct weir_str otherwise,
                        struct weir_str text) WEIR_MUST_CHECK;
/* A text of several lines that may be a stack trace, with what was logged
 * before it: then it is taken as one, and true. */
bool weir_loose_log_trace(struct weir_loose_log *l, struct weir_str text);
/* Adds an attribute. */
int weir_loose_log_attribute(struct weir_loose_log *l, struct weir_str key,
                             enum weir_attribute_kind kind, struct weir_str text) WEIR_MUST_CHECK;
/* weir_record_add() with what was read. */
int weir_loose_log_end(struct weir_loose_log *l) WEIR_MUST_CHECK;

/* A whole body: one document, that may go over several lines, else one a line
 * (with NUL between, too, as GELF over TCP: `nul`). `one` reads a document,
 * `what` says what it should be. */
int weir_loose_logs(struct weir_decoder *d, struct weir_str body, bool nul, const char *what,
                    int (*one)(struct weir_decoder *d, const struct weir_json_doc *doc,
                               size_t offset)) WEIR_MUST_CHECK;

/* Severities as syslog counts them (RFC 5424, 0 is the worst), to
 * OpenTelemetry's numbers. */
int weir_severity_of_syslog(unsigned level);
/* Seconds since 1970 of a number (in seconds, milli-, micro- or nanoseconds)
 * or of a text that is one, or RFC 3339; 0 when it is no time. */
double weir_loose_log_time(const struct weir_json_doc *doc, struct weir_arena *a,
                           const struct weir_json_member *m);

#endif
