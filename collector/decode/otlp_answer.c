/* otlp_answer.c - what an OTLP client is answered, in the encoding in which
 * it asked.
 *
 *   ExportTraceServiceResponse, ExportLogsServiceResponse {
 *     1: partial success { 1: rejected (int64), 2: error message } }
 *   google.rpc.Status { 1: code (gRPC's), 2: message }
 *
 * https://opentelemetry.io/docs/specs/otlp/#otlphttp-response */
#include "otlp.h"

#include "weir/text.h"

enum { ANSWER_MAX = 4096 };

static bool in_json(struct weir_str content_type, const char **ret_type)
{
    struct weir_str type = weir_media_type(content_type);
    bool protobuf = weir_str_eq_nocase(type, WEIR_S("application/x-protobuf")) ||
                    weir_str_eq_nocase(type, WEIR_S("application/protobuf"));

    *ret_type = protobuf ? "application/x-protobuf" : "application/json";
    return !protobuf;
}

static struct weir_str whole(const struct weir_buf *out)
{
    struct weir_str s = {"", 0};

    return weir_buf_str(out, &s) == 0 ? s : (struct weir_str){"", 0};
}

struct weir_str weir_otlp_status(struct weir_arena *a, struct weir_str content_type, int status,
                                 const char *message, const char **ret_type)
{
    static const struct {
        int http;
        unsigned grpc;
    } codes[] = {{400, 3}, {401, 16}, {403, 7}, {404, 5},  {405, 12}, {408, 4},
                 {413, 3}, {415, 3},  {429, 8}, {500, 13}, {503, 14}};
    unsigned code = 2; /* unknown */
    struct weir_buf out;

    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++)
        if (codes[i].http == status)
            code = codes[i].grpc;
    weir_buf_init(&out, a, ANSWER_MAX);
    if (in_json(content_type, ret_type)) {
        weir_buf_printf(&out, "{\"code\":%u,\"message\":", code);
        weir_buf_json(&out, weir_str_of(message));
        weir_buf_char(&out, '}');
    } else {
        weir_pb_put_varint(&out, 1, code);
        weir_pb_put_bytes(&out, 2, weir_str_of(message));
    }
    return whole(&out);
}

struct weir_str weir_otlp_answer(struct weir_arena *a, struct weir_str content_type,
                                 enum weir_format f, const struct weir_decode_result *result,
                                 const char **ret_type)
{
    const char *name = f == WEIR_FORMAT_OTLP_LOGS ? "rejectedLogRecords" : "rejectedSpans";
    bool json = in_json(content_type, ret_type);
    struct weir_str why;
    struct weir_buf out;
    size_t mark;

    if (result->n_rejects == 0)
        return json ? WEIR_S("{}") : WEIR_S("");
    why = weir_str_of(result->rejects->title);
    weir_buf_init(&out, a, ANSWER_MAX);
    if (json) {
        weir_buf_printf(&out, "{\"partialSuccess\":{\"%s\":\"%zu\",\"errorMessage\":", name,
                        result->n_rejects);
        weir_buf_json(&out, why);
        weir_buf_text(&out, "}}");
    } else {
        mark = weir_pb_open(&out, 1);
        weir_pb_put_varint(&out, 1, result->n_rejects);
        weir_pb_put_bytes(&out, 2, why);
        weir_pb_close(&out, mark);
    }
    return whole(&out);
}
