/* otlp.c - OpenTelemetry's protocol over HTTP: traces and logs.
 *
 *   ExportTraceServiceRequest, ExportLogsServiceRequest {
 *     1: ResourceSpans, ResourceLogs { 1: Resource { 1: KeyValue }
 *                                      2: ScopeSpans, ScopeLogs {
 *                                           1: Scope { 1: name, 2: version }
 *                                           2: Span, LogRecord } } }
 *
 * Both have the same frame, so one walk serves them. The fields of a message
 * may come in any order, the resource behind the spans that it made: each
 * range is looked at twice, for what describes it and for what it holds. No
 * tree is built. A body in JSON is put into the protobuf form first
 * (otlp_json.c), so that both forms are read by the same code.
 *
 * https://opentelemetry.io/docs/specs/otlp/,
 * https://github.com/open-telemetry/opentelemetry-proto */
#include "otlp.h"

#include "record.h"

enum {
    RESOURCE = 1,
    SCOPES = 2,
    LIBRARIES = 1000, /* scopes of 2021, before they were called so */
    SCOPE = 1,
    RECORDS = 2
};

int weir_otlp_reject(struct weir_decoder *d, const char *why)
{
    struct weir_decode_result *result = &d->result;

    if (result->rejects == NULL) {
        result->rejects = weir_arena_zalloc(d->in->arena, 1, sizeof *result->rejects);
        if (result->rejects == NULL)
            return WEIR_ENOMEM;
        result->rejects->title = why;
    }
    result->n_rejects++;
    return 0;
}

/* ---- the walk ------------------------------------------------------------------- */

struct walk {
    struct weir_decoder *d;
    weir_otlp_record_fn *each;
    void *self;
};

static int read_scope(struct weir_decoder *d, struct weir_str scope_records,
                      struct weir_origin *origin)
{
    struct weir_pb_field f;
    struct weir_pb r, scope;

    weir_pb_begin(&r, scope_records);
    while (weir_pb_next(&r, &f)) {
        if (!weir_pb_is(&f, SCOPE, WEIR_PB_BYTES))
            continue;
        weir_pb_begin(&scope, f.bytes);
        while (weir_pb_next(&scope, &f)) {
            if (weir_pb_is(&f, 1, WEIR_PB_BYTES))
                origin->scope = f.bytes;
            else if (weir_pb_is(&f, 2, WEIR_PB_BYTES))
                origin->scope_version = f.bytes;
        }
        if (scope.error != NULL)
            return weir_otlp_broken(d, &scope);
    }
    return r.error != NULL ? weir_otlp_broken(d, &r) : 0;
}

static int walk_scope(const struct walk *w, const struct weir_origin *of_resource,
                      struct weir_str scope_records)
{
    struct weir_origin *origin = weir_arena_alloc(w->d->in->arena, sizeof *origin);
    struct weir_pb_field f;
    struct weir_pb r;
    int err;

    if (origin == NULL)
        return WEIR_ENOMEM;
    *origin = *of_resource;
    err = read_scope(w->d, scope_records, origin);
    weir_pb_begin(&r, scope_records);
    while (err == 0 && weir_pb_next(&r, &f))
        if (weir_pb_is(&f, RECORDS, WEIR_PB_BYTES))
            err = w->each(w->self, origin, f.bytes);
    return err == 0 && r.error != NULL ? weir_otlp_broken(w->d, &r) : err;
}

static int read_resource(struct weir_decoder *d, struct weir_str resource_records,
                         struct weir_origin *ret_origin)
{
    struct weir_otlp_attributes list = {.room = 0};
    struct weir_pb_field f;
    struct weir_pb r;
    int err = 0;

    weir_pb_begin(&r, resource_records);
    while (err == 0 && weir_pb_next(&r, &f))
        if (weir_pb_is(&f, RESOURCE, WEIR_PB_BYTES))
            err = weir_otlp_attributes(d, f.bytes, 1, &list);
    if (err == 0 && r.error != NULL)
        err = weir_otlp_broken(d, &r);
    if (err == 0)
        weir_origin_of(d->in->arena, &list.of, ret_origin);
    return err;
}

static int walk_resource(const struct walk *w, struct weir_str resource_records)
{
    struct weir_origin origin = {.project = {NULL, 0}};
    struct weir_pb_field f;
    struct weir_pb r;
    int err = read_resource(w->d, resource_records, &origin);

    weir_pb_begin(&r, resource_records);
    while (err == 0 && weir_pb_next(&r, &f))
        if (weir_pb_is(&f, SCOPES, WEIR_PB_BYTES) || weir_pb_is(&f, LIBRARIES, WEIR_PB_BYTES))
            err = walk_scope(w, &origin, f.bytes);
    return err == 0 && r.error != NULL ? weir_otlp_broken(w->d, &r) : err;
}

int weir_otlp_walk(struct weir_decoder *d, struct weir_str request, weir_otlp_record_fn *each,
                   void *self)
{
    const struct walk w = {d, each, self};
    struct weir_pb_field f;
    struct weir_pb r;
    int err = 0;

    weir_pb_begin(&r, request);
    while (err == 0 && weir_pb_next(&r, &f))
        if (weir_pb_is(&f, 1, WEIR_PB_BYTES))
            err = walk_resource(&w, f.bytes);
    return err == 0 && r.error != NULL ? weir_otlp_broken(d, &r) : err;
}

/* ---- the formats ---------------------------------------------------------------- */

static int in_protobuf(struct weir_decoder *d, struct weir_str body, bool logs,
                       struct weir_str *ret_request)
{
    struct weir_str type = weir_media_type(d->in->content_type);

    *ret_request = body;
    if (weir_str_eq_nocase(type, WEIR_S("application/json")))
        return weir_otlp_json(d, body, logs, ret_request);
    if (weir_str_eq_nocase(type, WEIR_S("application/x-protobuf")) ||
        weir_str_eq_nocase(type, WEIR_S("application/protobuf")))
        return 0;
    return weir_decode_fail(d, WEIR_EUNSUPPORTED,
                            "the type must be application/x-protobuf or application/json", 0);
}

static int traces_whole(struct weir_decoder *d, struct weir_str body)
{
    struct weir_str request;
    int err = in_protobuf(d, body, false, &request);

    return err != 0 ? err : weir_otlp_traces(d, request);
}

static int logs_whole(struct weir_decoder *d, struct weir_str body)
{
    struct weir_str request;
    int err = in_protobuf(d, body, true, &request);

    return err != 0 ? err : weir_otlp_logs(d, request);
}

const struct weir_format_ops weir_format_otlp_traces = {.whole = traces_whole};
const struct weir_format_ops weir_format_otlp_logs = {.whole = logs_whole};
