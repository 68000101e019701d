/* cors.c - matching origins, and the headers of answers. */
#include "cors.h"

#include "answer.h"

#include "weir/buf.h"

/* "https://shop.io:8443" to "shop.io" */
static struct weir_str host_of(struct weir_str origin)
{
    size_t at = weir_str_find(origin, WEIR_S("://"));
    struct weir_str host, port;

    if (at == SIZE_MAX)
        return origin;
    host = weir_str_sub(origin, at + 3, SIZE_MAX);
    if (host.n > 0 && host.p[0] == '[') {
        at = weir_str_find(host, WEIR_S("]"));
        return at == SIZE_MAX ? host : weir_str_sub(host, 0, at + 1);
    }
    weir_str_cut(host, ':', &host, &port);
    return host;
}

static bool fits(struct weir_str pattern, struct weir_str origin)
{
    if (weir_str_eq(pattern, WEIR_S("*")))
        return true;
    if (weir_str_find(pattern, WEIR_S("://")) != SIZE_MAX)
        return weir_str_glob(pattern, origin);
    return weir_str_glob(pattern, host_of(origin));
}

bool weir_cors_allows(const struct weir_strs *origins, struct weir_str origin)
{
    for (size_t i = 0; i < origins->n; i++)
        if (fits(origins->list[i], origin))
            return true;
    return false;
}

static bool any_origin(const struct weir_strs *origins)
{
    if (origins == NULL)
        return true;
    for (size_t i = 0; i < origins->n; i++)
        if (weir_str_eq(origins->list[i], WEIR_S("*")))
            return true;
    return false;
}

/* True when the origin was let in. */
static bool allow_origin(const struct weir_strs *origins, struct weir_str origin,
                         struct weir_http_answer *answer)
{
    if (origin.n == 0)
        return false;
    if (any_origin(origins)) {
        weir_answer_header(answer, "Access-Control-Allow-Origin", WEIR_S("*"));
        return true;
    }
    if (!weir_cors_allows(origins, origin))
        return false;
    weir_answer_header(answer, "Access-Control-Allow-Origin", origin);
    /* A cache must not show one origin's answer to another. */
    weir_answer_header(answer, "Vary", WEIR_S("Origin"));
    return true;
}

void weir_cors_answer(const struct weir_strs *origins, struct weir_str origin,
                      struct weir_http_answer *answer)
{
    if (allow_origin(origins, origin, answer))
        weir_answer_header(answer, "Access-Control-Expose-Headers",
                           WEIR_S("x-sentry-error, x-sentry-rate-limits, retry-after"));
}

/* A list of header names and nothing else, so that it may be echoed. */
static bool header_names(struct weir_str s)
{
    if (s.n == 0 || s.n > 1024)
        return false;
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];

        if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
              c == '-' || c == '_' || c == ',' || c == ' '))
            return false;
    }
    return true;
}

void weir_cors_preflight(struct weir_arena *a, const struct weir_strs *origins,
                         struct weir_str origin, struct weir_str wanted, const char *methods,
                         struct weir_http_answer *answer)
{
    static const char standard[] =
        "x-sentry-auth, x-requested-with, x-forwarded-for, origin, referer, accept, content-type, "
        "authentication, authorization, content-encoding, transfer-encoding, sentry-trace, "
        "traceparent, baggage";
    struct weir_str left = weir_str_of(methods), one, list = {NULL, 0};
    struct weir_buf b;

    /* No browser asks, but somebody by hand or a prober. */
    answer->status = origin.n == 0 ? 204 : 403;
    if (!allow_origin(origins, origin, answer))
        return;
    answer->status = 204;
    weir_buf_init(&b, a, 256);
    while (weir_str_cut(left, ' ', &one, &left) || one.n > 0) {
        weir_buf_add(&b, one);
        weir_buf_add(&b, WEIR_S(", "));
    }
    weir_buf_add(&b, WEIR_S("OPTIONS"));
    if (weir_buf_str(&b, &list) != 0)
        list = WEIR_S("POST, OPTIONS");
    weir_answer_header(answer, "Access-Control-Allow-Methods", list);
    weir_answer_header(answer, "Access-Control-Allow-Headers",
                       header_names(wanted) ? wanted : WEIR_S(standard));
    weir_answer_header(answer, "Access-Control-Max-Age", WEIR_S("3600"));
}
