/* otlp.h - what the readers of OTLP share (otlp.c has the picture).
 *
 * Threads and memory as in weir/decode.h. */
#ifndef WEIR_DECODE_OTLP_H
#define WEIR_DECODE_OTLP_H

#include "origin.h"
#include "protobuf.h"
#include "span_record.h"

enum {
    WEIR_OTLP_RECORDS_MAX = 64 * 1024, /* spans or log records of a request */
    WEIR_OTLP_TEXT_MAX = 16 * 1024 * 1024
};

/* A list of attributes that grows, and is used again for the next record. */
struct weir_otlp_attributes {
    struct weir_attributes of;
    size_t room;
};

/* Notes why a message cannot be read. */
int weir_otlp_broken(struct weir_decoder *d, const struct weir_pb *r);
/* Fills the attribute from an AnyValue; `key` is left alone. */
int weir_otlp_value(struct weir_decoder *d, struct weir_str any_value,
                    struct weir_attribute *ret_value) WEIR_MUST_CHECK;
/* One more, to be filled; NULL when out of memory. */
struct weir_attribute *weir_otlp_next_attribute(struct weir_arena *a,
                                                struct weir_otlp_attributes *list);
/* Appends a KeyValue. */
int weir_otlp_attribute(struct weir_decoder *d, struct weir_str key_value,
                        struct weir_otlp_attributes *list) WEIR_MUST_CHECK;
/* Appends all fields `number` of `message` that are KeyValues. */
int weir_otlp_attributes(struct weir_decoder *d, struct weir_str message, uint32_t number,
                         struct weir_otlp_attributes *list) WEIR_MUST_CHECK;
/* `bytes` (n raw bytes) as lower-case hex; empty when it has another length or
 * is all zeros. */
struct weir_str weir_otlp_id(struct weir_arena *a, struct weir_str bytes, size_t n);

/* The members of ScopeSpans or ScopeLogs, and whose they are. */
typedef int weir_otlp_record_fn(void *self, const struct weir_origin *origin,
                                struct weir_str record);
/* Calls `each` for every span or log record of the export request, in order. */
int weir_otlp_walk(struct weir_decoder *d, struct weir_str request, weir_otlp_record_fn *each,
                   void *self) WEIR_MUST_CHECK;

int weir_otlp_traces(struct weir_decoder *d, struct weir_str request) WEIR_MUST_CHECK;
int weir_otlp_logs(struct weir_decoder *d, struct weir_str request) WEIR_MUST_CHECK;
/* One record that is refused, the others going on; `why` is constant. */
int weir_otlp_reject(struct weir_decoder *d, const char *why) WEIR_MUST_CHECK;

/* The JSON form of a request (`logs`: of ExportLogsServiceRequest) in the
 * protobuf form. */
int weir_otlp_json(struct weir_decoder *d, struct weir_str json, bool logs,
                   struct weir_str *ret_request) WEIR_MUST_CHECK;

#endif
