/* answer.c - writing bodies in the form that the route's clients read. */
#include "answer.h"

#include "weir/buf.h"
#include "weir/clock.h"

enum { BODY_MAX = 4 * 1024 * 1024, ERRORS_MAX = 1000 };

static const struct status_text {
    int status;
    const char *code, *title;
} texts[] = {
    {400, "malformed", "Malformed request"},
    {401, "unauthorized", "Not authorized"},
    {403, "forbidden", "Not allowed"},
    {404, "not_found", "Not found"},
    {405, "method_not_allowed", "Method not allowed"},
    {408, "timeout", "Request timed out"},
    {409, "conflict", "Conflict"},
    {413, "too_large", "Too large"},
    {415, "unsupported", "Unsupported encoding or type"},
    {422, "invalid", "Not valid"},
    {429, "rate_limited", "Too many requests"},
    {500, "internal", "Internal error"},
    {503, "unavailable", "Not available now"},
    {0, "error", "Error"},
};

static const struct status_text *text_of(int status)
{
    const struct status_text *t = texts;

    while (t->status != 0 && t->status != status)
        t++;
    return t;
}

void weir_answer_header(struct weir_http_answer *answer, const char *name, struct weir_str value)
{
    if (answer->n_headers == sizeof answer->headers / sizeof answer->headers[0] || value.p == NULL)
        return;
    answer->headers[answer->n_headers].name = name;
    answer->headers[answer->n_headers++].value = value;
}

void weir_answer_retry(struct weir_arena *a, uint64_t wait_ms, struct weir_http_answer *answer)
{
    uint64_t seconds = (wait_ms + 999) / 1000;

    weir_answer_header(
        answer, "Retry-After",
        weir_arena_printf(a, "%llu", (unsigned long long)(seconds > 0 ? seconds : 1)));
}

/* A member's value: constants and configuration may hold any byte. */
static void add_text(struct weir_buf *b, const char *before, const char *value)
{
    weir_buf_add(b, weir_str_of(before));
    weir_buf_json(b, weir_str_of(value));
}

static void add_error(struct weir_buf *b, const struct weir_http_request *r, int status,
                      const char *detail, struct weir_str pointer)
{
    const struct status_text *t = text_of(status);

    weir_buf_add(b, WEIR_S("{\"id\":\""));
    weir_buf_add(b, r->request_id); /* ours: hex */
    weir_buf_printf(b, "\",\"status\":\"%d\",\"code\":\"%s\"", status, t->code);
    add_text(b, ",\"title\":", t->title);
    add_text(b, ",\"detail\":", detail);
    weir_buf_add(b, WEIR_S(",\"source\":{\"pointer\":"));
    weir_buf_json(b, pointer.p != NULL ? pointer : WEIR_S(""));
    weir_buf_add(b, WEIR_S("},\"meta\":{\"version\":\"v1\"}}"));
}

static void add_meta(struct weir_buf *b, const struct weir_http_request *r, struct weir_str more)
{
    char now[25];

    weir_rfc3339(weir_wall_ms(), now);
    weir_buf_printf(b, "\"meta\":{\"timestamp\":\"%s\",\"requestId\":\"", now);
    weir_buf_add(b, r->request_id);
    weir_buf_add(b, WEIR_S("\",\"version\":\"v1\""));
    if (more.n > 0) {
        weir_buf_char(b, ',');
        weir_buf_add(b, more);
    }
    weir_buf_char(b, '}');
}

/* The path as sent, but only bytes that an URL may hold. */
static void add_links(struct weir_buf *b, const struct weir_http_request *r, struct weir_str next)
{
    weir_buf_add(b, WEIR_S("\"links\":{\"self\":\""));
    for (size_t i = 0; i < r->path.n && i < 1024; i++) {
        unsigned char c = (unsigned char)r->path.p[i];

        if (c > ' ' && c < 127 && c != '"' && c != '\\')
            weir_buf_char(b, (char)c);
    }
    weir_buf_char(b, '"');
    if (next.n > 0) {
        weir_buf_add(b, WEIR_S(",\"next\":"));
        weir_buf_json(b, next);
    }
    weir_buf_char(b, '}');
}

static void take_body(const struct weir_buf *b, struct weir_http_answer *answer)
{
    if (weir_buf_str(b, &answer->body) != 0)
        answer->body = (struct weir_str){"", 0};
    answer->content_type = "application/json";
}

void weir_answer_error(const struct weir_http_request *r, enum weir_route_class class, int status,
                       const char *detail, const char *cause, const char *pointer,
                       struct weir_http_answer *answer)
{
    struct weir_buf b;

    weir_buf_init(&b, r->arena, BODY_MAX);
    answer->status = status;
    if (class == WEIR_ROUTE_OTLP) {
        answer->body = weir_otlp_status(r->arena, weir_http_header(r, "Content-Type"), status,
                                        cause != NULL ? cause : detail, &answer->content_type);
        return;
    }
    if (class == WEIR_ROUTE_SENTRY) {
        add_text(&b, "{\"detail\":", detail);
        weir_buf_add(&b, WEIR_S(",\"causes\":["));
        if (cause != NULL)
            weir_buf_json(&b, weir_str_of(cause));
        weir_buf_add(&b, WEIR_S("]}"));
        weir_answer_header(answer, "X-Sentry-Error", weir_str_of(detail));
    } else {
        weir_buf_add(&b, WEIR_S("{\"errors\":["));
        add_error(&b, r, status, cause != NULL ? cause : detail, weir_str_of(pointer));
        weir_buf_add(&b, WEIR_S("],"));
        add_meta(&b, r, (struct weir_str){NULL, 0});
        weir_buf_char(&b, '}');
    }
    take_body(&b, answer);
}

void weir_http_error(const struct weir_http_request *r, enum weir_route_class class, int status,
                     const char *detail, struct weir_http_answer *answer)
{
    weir_answer_error(r, class, status, detail, NULL, NULL, answer);
}

static void answer_data(const struct weir_http_request *r, int status, struct weir_str data,
                        struct weir_str meta, struct weir_str next, struct weir_http_answer *answer)
{
    struct weir_buf b;

    weir_buf_init(&b, r->arena, SIZE_MAX);
    weir_buf_add(&b, WEIR_S("{\"data\":"));
    weir_buf_add(&b, data.n > 0 ? data : WEIR_S("null"));
    weir_buf_char(&b, ',');
    add_meta(&b, r, meta);
    weir_buf_char(&b, ',');
    add_links(&b, r, next);
    weir_buf_char(&b, '}');
    answer->status = status;
    take_body(&b, answer);
}

void weir_http_data(const struct weir_http_request *r, int status, struct weir_str data,
                    struct weir_str meta, struct weir_http_answer *answer)
{
    answer_data(r, status, data, meta, (struct weir_str){NULL, 0}, answer);
}

void weir_http_page(const struct weir_http_request *r, struct weir_str data, struct weir_str meta,
                    struct weir_str next, struct weir_http_answer *answer)
{
    answer_data(r, 200, data, meta, next, answer);
}

/* {"data":{...},"errors":[...],"meta":{...,"rejected":n},"links":{...}}. With
 * nothing accepted it is a 400 and has no data. */
static void answer_native(const struct weir_http_request *r,
                          const struct weir_decode_result *result, struct weir_http_answer *answer)
{
    size_t listed = 0;
    struct weir_buf b;

    answer->status = result->accepted == 0 && result->n_rejects > 0 ? 400 : 202;
    weir_buf_init(&b, r->arena, BODY_MAX);
    weir_buf_char(&b, '{');
    if (answer->status == 202) {
        weir_buf_printf(&b, "\"data\":{\"accepted\":%zu", result->accepted);
        if (result->event_id[0] != '\0')
            weir_buf_printf(&b, ",\"id\":\"%s\"", result->event_id);
        weir_buf_add(&b, WEIR_S("},"));
    }
    if (result->n_rejects > 0) {
        weir_buf_add(&b, WEIR_S("\"errors\":["));
        for (const struct weir_decode_reject *x = result->rejects; x != NULL && listed < ERRORS_MAX;
             x = x->next) {
            if (listed++ > 0)
                weir_buf_char(&b, ',');
            add_error(&b, r, 400, x->title, x->pointer);
        }
        weir_buf_add(&b, WEIR_S("],"));
    }
    add_meta(&b, r, weir_arena_printf(r->arena, "\"rejected\":%zu", result->n_rejects));
    weir_buf_char(&b, ',');
    add_links(&b, r, (struct weir_str){NULL, 0});
    weir_buf_char(&b, '}');
    take_body(&b, answer);
}

/* One pixel, transparent. */
static const char pixel[] =
    "GIF89a\x01\0\x01\0\x80\0\0\0\0\0\xff\xff\xff!\xf9\x04\x01\0\0\0\0,\0\0\0\0"
    "\x01\0\x01\0\0\x02\x01\x44\0;";

void weir_answer_accepted(const struct weir_http_request *r, enum weir_format f,
                          const struct weir_decode_result *result, struct weir_str made_id,
                          struct weir_http_answer *answer)
{
    struct weir_str id = result->event_id[0] != '\0' ? weir_str_of(result->event_id) : made_id;

    if (f == WEIR_FORMAT_NATIVE || f == WEIR_FORMAT_ZIPKIN || f == WEIR_FORMAT_GELF) {
        answer_native(r, result, answer);
        return;
    }
    answer->status = f == WEIR_FORMAT_CRON ? 202 : 200;
    if (f == WEIR_FORMAT_OTLP_TRACES || f == WEIR_FORMAT_OTLP_LOGS) {
        answer->body = weir_otlp_answer(r->arena, weir_http_header(r, "Content-Type"), f, result,
                                        &answer->content_type);
        return;
    }
    if (f == WEIR_FORMAT_STORE && weir_str_eq(r->method, WEIR_S("GET"))) {
        answer->content_type = "image/gif"; /* else the browser calls it failed */
        answer->body = (struct weir_str){pixel, sizeof pixel - 1};
        return;
    }
    if (f == WEIR_FORMAT_MINIDUMP) {
        answer->content_type = "text/plain";
        answer->body = weir_arena_copy(r->arena, id);
        return;
    }
    answer->content_type = "application/json";
    answer->body = WEIR_S("{}");
    if (id.n > 0) {
        struct weir_buf b;

        weir_buf_init(&b, r->arena, 64);
        weir_buf_add(&b, WEIR_S("{\"id\":\""));
        weir_buf_add(&b, id);
        weir_buf_add(&b, WEIR_S("\"}"));
        if (weir_buf_str(&b, &answer->body) != 0)
            answer->body = WEIR_S("{}");
    }
}
