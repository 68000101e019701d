/* record.h - a log record or a recorded exception, of whatever format, to
 * what Sentry has: an error event, or an entry of a log item.
 *
 *   OTLP log record, GELF, logstash, syslog --+
 *   span event `exception` -------------------+--> weir_record --> event | log
 *
 * A record with an exception, or as bad as `logs.event_level`, becomes an
 * event with a header and an event id of its own. Others are gathered: 100
 * make a `log` item, what remains at the end of the request goes as a
 * WEIR_ITEM_NATIVE_LOG fragment, which join/ batches over requests.
 *
 * Threads and memory as in weir/decode.h. */
#ifndef WEIR_DECODE_RECORD_H
#define WEIR_DECODE_RECORD_H

#include "decoder.h"
#include "origin.h"

struct weir_record {
    const struct weir_origin *origin;
    double timestamp; /* seconds since 1970; 0: the time of arrival */
    int severity;     /* OpenTelemetry's 1 to 24; 0 unknown (taken as info, 9) */
    struct weir_str severity_text;
    struct weir_str logger;
    struct weir_str message;           /* as text */
    struct weir_str template;          /* message.template and the like, may be empty */
    struct weir_str trace_id, span_id; /* 32/16 hex or empty */
    struct weir_attributes attributes;
    struct weir_str exception_type, exception_message, stacktrace; /* all empty: none */
    int handled;                                                   /* 1, 0, -1 unknown */
    struct weir_str transaction; /* the span's name, of a span's exception */
    bool from_span;              /* is an exception for certain, never a log entry */
};

/* Of OpenTelemetry's severity numbers: Sentry's event level ("fatal" ...), and
 * the level of log items (trace debug info warn error fatal). */
const char *weir_severity_level(int severity);
const char *weir_severity_log_level(int severity);

/* Emits the event, or keeps the record for weir_records_end(). An error is the
 * sink's. */
int weir_record_add(struct weir_decoder *d, const struct weir_record *r) WEIR_MUST_CHECK;
/* At the end of the body: emits what was kept. */
int weir_records_end(struct weir_decoder *d) WEIR_MUST_CHECK;

#endif
