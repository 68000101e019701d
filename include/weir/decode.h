/* decode.h - the wall of decode/: bytes to items.
 *
 * Each input format is one decoder and one row in the table of decode.c.
 * Decoders point into the body, build what they must in the arena, and tell
 * a weir_sink what they found. They know nothing of keys, projects in force
 * or rules. Errors are constant texts that carry no input bytes.
 *
 * A body that is whole in memory is fed at once with `last`; a larger one is
 * fed in pieces, and only items over WEIR_STREAM_OVER go through the sink's
 * begin/data/end; when WEIR_STREAM_KEPT bytes of items have been handed over
 * whole, also those over WEIR_STREAM_SMALL, so that many middling attachments
 * do not fill the memory that one large one would not.
 *
 * Threads: the worker that owns the request. */
#ifndef WEIR_DECODE_H
#define WEIR_DECODE_H

#include "weir/arena.h"
#include "weir/item.h"
#include "weir/json.h"

enum {
    WEIR_STREAM_OVER = 1024 * 1024,
    WEIR_STREAM_KEPT = 4 * 1024 * 1024,
    WEIR_STREAM_SMALL = 16 * 1024
};

enum weir_format {
    WEIR_FORMAT_ENVELOPE,
    WEIR_FORMAT_STORE,       /* JSON; base64; zlib and base64 */
    WEIR_FORMAT_SECURITY,    /* CSP, Expect-CT, HPKP, Expect-Staple, NEL reports */
    WEIR_FORMAT_MINIDUMP,    /* multipart/form-data */
    WEIR_FORMAT_CRON,        /* check-in by query, form or JSON */
    WEIR_FORMAT_NATIVE,      /* any "type": UDP; `native` says the default */
    WEIR_FORMAT_OTLP_TRACES, /* protobuf or JSON */
    WEIR_FORMAT_OTLP_LOGS,
    WEIR_FORMAT_ZIPKIN,   /* v2 JSON */
    WEIR_FORMAT_GELF,     /* one object, or one a line */
    WEIR_FORMAT_LOGSTASH, /* JSON v0 or v1, one or one a line */
    WEIR_FORMAT_SYSLOG,   /* one message of RFC 5424 or RFC 3164 */
    WEIR_FORMATS
};

/* Prefixes of modules, functions or paths that are of the application, and
 * those that are not; the longest that fits decides. */
struct weir_in_app {
    const struct weir_str *include, *exclude;
    size_t n_include, n_exclude;
};

/* What the request said beside its body. */
struct weir_decode_input {
    struct weir_arena *arena;
    struct weir_json_reader *reader; /* scratch of the worker */
    struct weir_str content_type;
    struct weir_str query; /* raw, without '?' */
    struct weir_str user_agent;
    struct weir_str slug;   /* cron: the monitor's */
    struct weir_str native; /* native paths: "error", "breadcrumb", "span", "integration",
                               "breaker"; empty: objects say */
    struct weir_str trace_id, span_id, parent_span_id; /* from trace headers, 32/16 hex or empty */
    bool unsampled; /* trace_id: that trace's sender decided against it */
    struct weir_str default_project;
    uint64_t received_ms;
    uint32_t max_items;
    /* What compressed parts of a body may inflate to in all, and to how many
     * times their size; 0: a small default. */
    uint64_t inflated_max;
    uint32_t inflated_ratio;
    int event_severity; /* logs.event_level as OpenTelemetry's number: from it on records are events
                         */
    bool breadcrumbs_from_logs;       /* records of a trace are breadcrumbs of it too */
    const struct weir_in_app *in_app; /* NULL: the trace itself tells, as far as it does */
    /* Native objects that are no events; NULL: refused. Text is good during
     * the call. */
    void (*integration)(void *self, struct weir_str service, struct weir_str endpoint,
                        struct weir_str status, double latency_ms, bool has_latency,
                        struct weir_str error_type, struct weir_str trace_id);
    void (*breaker)(void *self, struct weir_str service, struct weir_str state,
                    struct weir_str reporter);
    /* The object that comes names this project (empty: none), whose settings
     * hold for it: may change what `in_app` points to, and whose rules the
     * callbacks use. False: no project of the sender is called so. NULL: any
     * name is taken for one. */
    bool (*project)(void *self, struct weir_str id);
    /* A numbered object of a sender, for loss counting. */
    void (*sequence)(void *self, struct weir_str source, uint64_t seq);
    void *self;
};

/* One object of a list that was refused, the rest going on. */
struct weir_decode_reject {
    size_t index;            /* in the array or NDJSON */
    struct weir_str pointer; /* JSON pointer to what is wrong */
    const char *title;
    struct weir_decode_reject *next;
};

struct weir_decode_result {
    const char *error;                  /* what is wrong; NULL when fine */
    size_t error_offset;                /* where in the decoded body */
    size_t accepted;                    /* native lists, OTLP's spans and records */
    struct weir_decode_reject *rejects; /* OTLP: the first one only */
    size_t n_rejects;
    char event_id[33]; /* that of the envelope or the made one; empty if none */
};

struct weir_decoder;

/* In the arena of `in`; `in` and `sink` are kept by reference. */
struct weir_decoder *weir_decoder_new(enum weir_format f, const struct weir_decode_input *in,
                                      const struct weir_sink *sink);
/* 0, WEIR_EINVAL (see result), WEIR_ELIMIT, WEIR_EUNSUPPORTED (content type),
 * or what the sink returned. `bytes` stays valid until the request ends when
 * `last` comes with the first call; otherwise during the call only. */
int weir_decoder_feed(struct weir_decoder *d, struct weir_str bytes, bool last) WEIR_MUST_CHECK;
/* Frees what is not in the arena, of a decoder that was not fed to its end;
 * one that failed or had its last bytes holds nothing. NULL is fine. */
void weir_decoder_close(struct weir_decoder *d);
/* What was found so far; lives as long as the decoder. */
const struct weir_decode_result *weir_decoder_result(const struct weir_decoder *d);

/* What an OTLP client is answered: an export response (partial_success where
 * some were refused), or a google.rpc.Status for an HTTP status, `message`
 * being a constant. In protobuf if the request was, else in JSON; *ret_type is
 * the answer's Content-Type. Empty when the arena is full. */
struct weir_str weir_otlp_answer(struct weir_arena *a, struct weir_str content_type,
                                 enum weir_format f, const struct weir_decode_result *result,
                                 const char **ret_type);
/* The google.rpc.Status; `status` is the HTTP status. */
struct weir_str weir_otlp_status(struct weir_arena *a, struct weir_str content_type, int status,
                                 const char *message, const char **ret_type);

/* Trace context of a request in any form of contract 3, looked for in this
 * order: sentry-trace, traceparent, b3, X-B3-TraceId..., x-trace-id.... Each
 * text is empty when absent; results are lower-case hex in the arena. */
struct weir_trace_headers {
    struct weir_str sentry_trace, baggage, traceparent, b3;
    struct weir_str b3_trace_id, b3_span_id, b3_parent_span_id, b3_sampled;
    struct weir_str x_trace_id, x_span_id, x_parent_span_id, x_sampled;
};
struct weir_trace_context {
    struct weir_str trace_id, span_id, parent_span_id;
    int sampled; /* 1, 0, or -1 unknown */
};
/* All empty and -1 when no form is there or none can be read. */
void weir_trace_context(struct weir_arena *a, const struct weir_trace_headers *h,
                        struct weir_trace_context *ret_context);

#endif
