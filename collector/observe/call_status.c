/* call_status.c - a status in many spellings to one of few labels.
 *
 *   sent as                              label               kind of failure
 *   200, 404, 429, 503                   the number          by hundreds
 *   0 to 16, NOT_FOUND, NotFound         gRPC's word         by the word
 *   internal_error and the like (span)   error               by the word
 *
 * The status comes from outside and must not be a place for free text: what
 * is not in the table of words is `other`. A span without a code is `ok` or
 * `error`; the kinds http_4xx and http_5xx are then `other`, as the words of
 * Sentry's spans are gRPC's also where a database is meant. An HTTP call that
 * failed without any code had no answer: `network`. */
#include "call_status.h"

static const char *const error_types[] = {"timeout",  "network",      "tls",   "http_4xx",
                                          "http_5xx", "rate_limited", "other", "invalid_response"};

/* Words that stand for a status: gRPC's in the order of their numbers (0 to
 * 16), then others that senders use. */
static const struct {
    const char *name;
    const char *error_type; /* NULL: no error */
} words[] = {
    {"ok", NULL},
    {"cancelled", NULL}, /* by the caller */
    {"unknown", "other"},
    {"invalid_argument", "http_4xx"},
    {"deadline_exceeded", "timeout"},
    {"not_found", "http_4xx"},
    {"already_exists", "http_4xx"},
    {"permission_denied", "http_4xx"},
    {"resource_exhausted", "rate_limited"},
    {"failed_precondition", "http_4xx"},
    {"aborted", "http_4xx"},
    {"out_of_range", "http_4xx"},
    {"unimplemented", "http_5xx"},
    {"internal", "http_5xx"},
    {"unavailable", "http_5xx"},
    {"data_loss", "http_5xx"},
    {"unauthenticated", "http_4xx"},
    {"internal_error", "http_5xx"},
    {"unknown_error", "other"},
    {"error", "other"},
    {"failed", "other"},
    {"timeout", "timeout"},
    {"network", "network"},
    {"network_error", "network"},
    {"connection_refused", "network"},
    {"connection_reset", "network"},
    {"dns", "network"},
    {"tls", "tls"},
    {"rate_limited", "rate_limited"},
    {"invalid_response", "invalid_response"},
    {"success", NULL},
};
enum { GRPC_CODES = 17, N_WORDS = sizeof words / sizeof words[0] };

static struct weir_call_status of_number(struct weir_str s, uint64_t n)
{
    if (n < GRPC_CODES)
        return (struct weir_call_status){weir_str_of(words[n].name), words[n].error_type};
    if (n < 100 || n > 599)
        return (struct weir_call_status){WEIR_S("other"), "other"};
    if (n == 429)
        return (struct weir_call_status){s, "rate_limited"};
    return (struct weir_call_status){s, n >= 500 ? "http_5xx" : n >= 400 ? "http_4xx" : NULL};
}

static char folded(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

/* NotFound, NOT_FOUND and not found are not_found. */
static bool is_word(struct weir_str s, const char *word)
{
    size_t i = 0;

    for (;; word++) {
        if (*word == '_')
            continue;
        while (i < s.n && (s.p[i] == '_' || s.p[i] == '-' || s.p[i] == ' '))
            i++;
        if (*word == '\0')
            return i == s.n;
        if (i == s.n || folded(s.p[i++]) != *word)
            return false;
    }
}

/* Its place in the table of words, or N_WORDS. */
static size_t find_word(struct weir_str s)
{
    size_t i = 0;

    while (i < N_WORDS && !is_word(s, words[i].name))
        i++;
    return i;
}

struct weir_call_status weir_call_status(struct weir_str s)
{
    uint64_t n;
    size_t at;

    s = weir_str_trim(s);
    if (s.n == 0)
        return (struct weir_call_status){WEIR_S("ok"), NULL};
    if (s.n <= 3 && weir_str_u64(s, &n))
        return of_number(s, n);
    at = find_word(s);
    if (at == N_WORDS)
        return (struct weir_call_status){WEIR_S("other"), "other"};
    return (struct weir_call_status){weir_str_of(words[at].name), words[at].error_type};
}

const char *weir_call_error(struct weir_str s, const struct weir_call_status *status)
{
    s = weir_str_trim(s);
    if (s.n == 0)
        return status->error_type;
    for (size_t i = 0; i < sizeof error_types / sizeof error_types[0]; i++) {
        if (weir_str_eq_nocase(s, weir_str_of(error_types[i])))
            return error_types[i];
    }
    return "other";
}

/* ---- spans ------------------------------------------------------------- */

/* What the names of exceptions and error numbers tell: java.net.SocketTimeoutException,
 * ECONNREFUSED, x509.UnknownAuthorityError. The first that occurs counts. */
static const char *error_of_class(struct weir_str class)
{
    static const char *const signs[][2] = {
        {"timeout", "timeout"},
        {"timedout", "timeout"},
        {"deadline", "timeout"},
        {"ssl", "tls"},
        {"tls", "tls"},
        {"cert", "tls"},
        {"x509", "tls"},
        {"econn", "network"},
        {"connect", "network"},
        {"socket", "network"},
        {"unknownhost", "network"},
        {"gaierror", "network"},
        {"enotfound", "network"},
        {"eaiagain", "network"},
        {"dns", "network"},
        {"resolution", "network"},
        {"network", "network"},
        {"unreach", "network"},
        {"toomanyrequests", "rate_limited"},
        {"ratelimit", "rate_limited"},
        {"json", "invalid_response"},
        {"decod", "invalid_response"},
        {"pars", "invalid_response"},
    };
    char low[100];
    struct weir_str s = {low, 0};

    for (size_t i = 0; i < class.n && s.n < sizeof low; i++) {
        if (class.p[i] != '_') /* TIMED_OUT */
            low[s.n++] = folded(class.p[i]);
    }
    for (size_t i = 0; i < sizeof signs / sizeof signs[0]; i++) {
        if (weir_str_find(s, weir_str_of(signs[i][0])) != SIZE_MAX)
            return signs[i][1];
    }
    return NULL;
}

/* What a word means for the kind of failure, where no code says more. */
static const char *error_of_word(size_t at, enum weir_call_kind kind)
{
    const char *error = at < N_WORDS ? words[at].error_type : "other";

    if (error == NULL)
        return NULL;
    if (kind == WEIR_CALL_HTTP)
        return strcmp(error, "other") == 0 || strcmp(words[at].name, "internal_error") == 0
                   ? "network"
                   : error;
    return strncmp(error, "http_", 5) == 0 ? "other" : error;
}

/* Neither an HTTP nor a gRPC status. */
static struct weir_call_status without_code(const struct weir_span_facts *f,
                                            enum weir_call_kind kind)
{
    struct weir_str said = weir_str_trim(f->text[WEIR_FACT_STATUS]);
    struct weir_str class = f->text[WEIR_FACT_ERROR_TYPE];
    const char *error, *better;

    if (weir_str_eq_nocase(said, WEIR_S("unset")))
        said.n = 0;
    error = said.n > 0 || class.n > 0 ? error_of_word(find_word(said), kind) : NULL;
    if (error == NULL)
        return (struct weir_call_status){WEIR_S("ok"), NULL};
    better = error_of_class(class);
    return (struct weir_call_status){WEIR_S("error"), better != NULL ? better : error};
}

/* An HTTP status as text or number, also "404.0"; 0: none. */
static struct weir_str http_code(struct weir_str s)
{
    uint64_t n;

    s = weir_str_trim(s);
    if (weir_str_ends(s, WEIR_S(".0")))
        s.n -= 2;
    return s.n == 3 && weir_str_u64(s, &n) && n >= 100 && n <= 599 ? s : (struct weir_str){0};
}

/* StatusCode.NOT_FOUND, codes.NotFound, 5 */
static bool grpc_status(struct weir_str s, struct weir_call_status *ret)
{
    uint64_t n;
    size_t at;

    s = weir_str_trim(s);
    for (size_t i = s.n; i > 0; i--) {
        if (s.p[i - 1] == '.') {
            s = weir_str_sub(s, i, SIZE_MAX);
            break;
        }
    }
    at = s.n <= 2 && weir_str_u64(s, &n) ? (size_t)n : find_word(s);
    if (s.n == 0 || at >= GRPC_CODES)
        return false;
    *ret = (struct weir_call_status){weir_str_of(words[at].name), words[at].error_type};
    return true;
}

struct weir_call_status weir_span_status(const struct weir_span_facts *f, enum weir_call_kind kind)
{
    static const enum weir_fact places[] = {WEIR_FACT_HTTP_STATUS, WEIR_FACT_STATUS,
                                            WEIR_FACT_ERROR_TYPE};
    struct weir_call_status grpc;

    if (kind == WEIR_CALL_RPC && grpc_status(f->text[WEIR_FACT_GRPC_STATUS], &grpc))
        return grpc;
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        struct weir_str code = http_code(f->text[places[i]]);

        if (code.n > 0)
            return weir_call_status(code);
    }
    if (kind == WEIR_CALL_RPC && grpc_status(f->text[WEIR_FACT_STATUS], &grpc))
        return grpc;
    return without_code(f, kind);
}
