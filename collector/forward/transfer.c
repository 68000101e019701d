/* transfer.c - setting up curl for one POST, and reading what came of it. */
#include "transfer.h"

#include "weir/version.h"

#include <stdio.h>
#include <stdlib.h>

enum {
    ARENA_CAP = 256 << 20, /* the largest transcoded delivery several times over */
    ANSWER_SKIPPED_MAX = 64 * 1024,
    DNS_TTL_S = 60,
    /* A kept-alive connection would never notice that the name points
     * elsewhere now. */
    CONNECTION_LIFE_S = 600,
    CONNECTION_IDLE_S = 90,
    /* Slowest upload that a large body is given time for, bytes per ms. */
    SLOWEST = 64,
    LARGE_BODY = 1 << 20,
    RECEIVE_BUFFER = 4096
};

/* ---- callbacks ----------------------------------------------------------- */

static size_t on_answer(char *bytes, size_t size, size_t count, void *self)
{
    struct weir_transfer *t = self;
    size_t n = size * count;
    size_t room = sizeof t->answer - t->n_answer;
    size_t kept = n < room ? n : room;

    memcpy(t->answer + t->n_answer, bytes, kept);
    t->n_answer += kept;
    t->n_skipped += n - kept;
    return t->n_skipped <= ANSWER_SKIPPED_MAX ? n : 0; /* 0 ends the transfer */
}

static size_t on_read(char *buf, size_t size, size_t count, void *self)
{
    struct weir_transfer *t = self;
    size_t n = weir_upload_read(&t->source, buf, size * count);

    return n != SIZE_MAX ? n : CURL_READFUNC_ABORT;
}

/* curl sends again from the start when a kept connection turns out dead. */
static int on_seek(void *self, curl_off_t offset, int origin)
{
    struct weir_transfer *t = self;

    if (offset != 0 || origin != SEEK_SET)
        return CURL_SEEKFUNC_CANTSEEK;
    return weir_upload_rewind(&t->source) == 0 ? CURL_SEEKFUNC_OK : CURL_SEEKFUNC_FAIL;
}

/* ---- life ---------------------------------------------------------------- */

struct weir_transfer *weir_transfer_new(struct weir_dest *dest)
{
    struct weir_transfer *t = calloc(1, sizeof *t);

    if (t == NULL)
        return NULL;
    t->easy = curl_easy_init();
    if (t->easy == NULL) {
        free(t);
        return NULL;
    }
    t->dest = dest;
    t->source.fd = -1;
    weir_arena_init(&t->arena, ARENA_CAP);
    return t;
}

void weir_transfer_free(struct weir_transfer *t)
{
    if (t == NULL)
        return;
    weir_transfer_end(t);
    curl_easy_cleanup(t->easy);
    weir_arena_destroy(&t->arena);
    free(t);
}

void weir_transfer_end(struct weir_transfer *t)
{
    weir_upload_close(&t->source);
    t->row = NULL;
    t->upstream = NULL;
}

/* ---- settings ------------------------------------------------------------ */

static CURLcode set_file(CURL *easy, CURLoption option, struct weir_str name)
{
    char path[4096];

    if (name.n == 0)
        return CURLE_OK;
    if (name.n >= sizeof path)
        return CURLE_BAD_FUNCTION_ARGUMENT;
    memcpy(path, name.p, name.n);
    path[name.n] = '\0';
    return curl_easy_setopt(easy, option, path);
}

static void set_connection(CURL *easy, uint32_t timeout_ms)
{
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_2TLS);
    curl_easy_setopt(easy, CURLOPT_PIPEWAIT, 1L);
    curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
    curl_easy_setopt(easy, CURLOPT_DNS_CACHE_TIMEOUT, (long)DNS_TTL_S);
    curl_easy_setopt(easy, CURLOPT_MAXLIFETIME_CONN, (long)CONNECTION_LIFE_S);
    curl_easy_setopt(easy, CURLOPT_MAXAGE_CONN, (long)CONNECTION_IDLE_S);
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)timeout_ms);
    curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, (long)RECEIVE_BUFFER);
}

int weir_transfer_setup(struct weir_transfer *t, const struct weir_transfer_settings *s)
{
    CURL *easy = t->easy;

    curl_easy_reset(easy); /* keeps the connections */
    set_connection(easy, s->timeout_ms);
    curl_easy_setopt(easy, CURLOPT_POST, 1L);
    curl_easy_setopt(easy, CURLOPT_PRIVATE, t);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_answer);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, t);
    curl_easy_setopt(easy, CURLOPT_READFUNCTION, on_read);
    curl_easy_setopt(easy, CURLOPT_READDATA, t);
    curl_easy_setopt(easy, CURLOPT_SEEKFUNCTION, on_seek);
    curl_easy_setopt(easy, CURLOPT_SEEKDATA, t);
    t->upstream_serial = 0;
    if (set_file(easy, CURLOPT_CAINFO, s->ca) != CURLE_OK ||
        set_file(easy, CURLOPT_SSLCERT, s->cert) != CURLE_OK ||
        set_file(easy, CURLOPT_SSLKEY, s->key) != CURLE_OK)
        return WEIR_EINVAL;
    return 0;
}

/* ---- a request ----------------------------------------------------------- */

static int set_url(struct weir_transfer *t, struct weir_upstream *up,
                   const struct weir_route_out *route, bool stable)
{
    struct weir_str url;

    /* curl copies it: not once an event. */
    if (stable && t->upstream_serial == up->serial)
        return 0;
    url = weir_arena_printf(&t->arena, "%.*s/api/%.*s/envelope/", WEIR_FMT(up->origin),
                            WEIR_FMT(route->project));
    if (url.p == NULL || curl_easy_setopt(t->easy, CURLOPT_URL, url.p) != CURLE_OK)
        return WEIR_ENOMEM;
    t->upstream_serial = stable ? up->serial : 0;
    return 0;
}

/* Both end with a NUL, for curl. */
static int auth_header(struct weir_arena *a, struct weir_str key, struct weir_str *ret_line)
{
    struct weir_buf b;

    weir_buf_init(&b, a, key.n + 256);
    weir_buf_add(&b, WEIR_S("X-Sentry-Auth: Sentry sentry_version=7, sentry_client=weir/"));
    weir_buf_text(&b, weir_version);
    weir_buf_add(&b, WEIR_S(", sentry_key="));
    weir_buf_add(&b, key);
    weir_buf_char(&b, '\0');
    return weir_buf_str(&b, ret_line);
}

static int agent_header(struct weir_arena *a, struct weir_str *ret_line)
{
    struct weir_buf b;

    weir_buf_init(&b, a, 128);
    weir_buf_add(&b, WEIR_S("User-Agent: weir/"));
    weir_buf_text(&b, weir_version);
    weir_buf_char(&b, '\0');
    return weir_buf_str(&b, ret_line);
}

/* The list is of our own nodes: curl only reads it, and appending by
 * curl_slist_append would allocate five times an event. */
static int set_headers(struct weir_transfer *t, const struct weir_route_out *route,
                       enum weir_compression encoding)
{
    static char content_type[] = "Content-Type: application/x-sentry-envelope";
    static char expect[] = "Expect:"; /* never wait for 100 Continue */
    static char gzip[] = "Content-Encoding: gzip", zstd[] = "Content-Encoding: zstd";
    struct weir_str auth, agent;
    size_t n = 4;

    if (auth_header(&t->arena, route->key, &auth) != 0 || agent_header(&t->arena, &agent) != 0)
        return WEIR_ENOMEM;
    t->headers[0].data = content_type;
    t->headers[1].data = expect;
    /* The type wants char *; curl does not write to it. */
    t->headers[2].data = (char *)(uintptr_t)auth.p;
    t->headers[3].data = (char *)(uintptr_t)agent.p;
    if (encoding != WEIR_NO_COMPRESSION)
        t->headers[n++].data = encoding == WEIR_GZIP ? gzip : zstd;
    for (size_t i = 0; i < n; i++)
        t->headers[i].next = i + 1 < n ? &t->headers[i + 1] : NULL;
    curl_easy_setopt(t->easy, CURLOPT_HTTPHEADER, t->headers);
    return 0;
}

int weir_transfer_prepare(struct weir_transfer *t, struct weir_upstream *upstream,
                          const struct weir_route_out *route, bool stable_url,
                          const struct weir_outgoing *out, enum weir_compression stored,
                          int fd_take, uint32_t timeout_ms)
{
    uint64_t ms = timeout_ms;
    int err = 0;

    if (out->has_blob)
        err = weir_upload_open(&t->source, out, stored, fd_take);
    if (err == 0)
        err = set_url(t, upstream, route, stable_url);
    if (err == 0)
        err = set_headers(t, route, out->encoding);
    if (err != 0)
        return err;
    if (out->total_bytes > LARGE_BODY)
        ms += out->total_bytes / SLOWEST;
    curl_easy_setopt(t->easy, CURLOPT_TIMEOUT_MS, (long)ms);
    curl_easy_setopt(t->easy, CURLOPT_POSTFIELDS, out->has_blob ? NULL : out->head.p);
    curl_easy_setopt(t->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)out->total_bytes);
    t->n_answer = t->n_skipped = 0;
    return 0;
}

/* ---- the answer ---------------------------------------------------------- */

static enum weir_failure failure_of(CURLcode code)
{
    static const struct {
        CURLcode code;
        enum weir_failure failure;
    } known[] = {
        {CURLE_OK, WEIR_FAILURE_NONE},
        {CURLE_OPERATION_TIMEDOUT, WEIR_FAILURE_TIMEOUT},
        {CURLE_SSL_CONNECT_ERROR, WEIR_FAILURE_TLS},
        {CURLE_PEER_FAILED_VERIFICATION, WEIR_FAILURE_TLS},
        {CURLE_SSL_CERTPROBLEM, WEIR_FAILURE_TLS},
        {CURLE_SSL_CIPHER, WEIR_FAILURE_TLS},
        {CURLE_SSL_CACERT_BADFILE, WEIR_FAILURE_TLS},
        {CURLE_SSL_ISSUER_ERROR, WEIR_FAILURE_TLS},
        {CURLE_SSL_INVALIDCERTSTATUS, WEIR_FAILURE_TLS},
        {CURLE_SSL_ENGINE_NOTFOUND, WEIR_FAILURE_TLS},
        {CURLE_SSL_ENGINE_SETFAILED, WEIR_FAILURE_TLS},
        {CURLE_SSL_CLIENTCERT, WEIR_FAILURE_TLS},
        {CURLE_USE_SSL_FAILED, WEIR_FAILURE_TLS},
        {CURLE_WEIRD_SERVER_REPLY, WEIR_FAILURE_INVALID},
        {CURLE_UNSUPPORTED_PROTOCOL, WEIR_FAILURE_INVALID}, /* HTTP/0.9: no header */
        {CURLE_BAD_CONTENT_ENCODING, WEIR_FAILURE_INVALID},
        {CURLE_PARTIAL_FILE, WEIR_FAILURE_INVALID},
        {CURLE_HTTP2, WEIR_FAILURE_INVALID},
        {CURLE_HTTP2_STREAM, WEIR_FAILURE_INVALID},
    };

    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (known[i].code == code)
            return known[i].failure;
    }
    return WEIR_FAILURE_NETWORK;
}

/* A backend that refuses a body early may close before it read all of it,
 * and one that talks on is cut off by us: what it said is what counts. */
static bool status_counts(CURLcode code, long status)
{
    if (code == CURLE_WRITE_ERROR)
        return status >= 200;
    return status >= 300 &&
           (code == CURLE_SEND_ERROR || code == CURLE_RECV_ERROR || code == CURLE_PARTIAL_FILE);
}

/* All headers of that name, joined by commas. */
static struct weir_str header_of(struct weir_transfer *t, const char *name)
{
    struct weir_str all = {NULL, 0};
    struct curl_header *h;

    for (size_t i = 0; i < 16; i++) {
        if (curl_easy_header(t->easy, name, i, CURLH_HEADER, -1, &h) != CURLHE_OK)
            break;
        all = i == 0 ? weir_str_of(h->value)
                     : weir_arena_printf(&t->arena, "%.*s,%s", WEIR_FMT(all), h->value);
    }
    return all;
}

void weir_transfer_result(struct weir_transfer *t, CURLcode code,
                          struct weir_transfer_result *ret_result)
{
    struct weir_transfer_result r = {.failure = failure_of(code)};
    curl_off_t us = 0;
    long status = 0;

    curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_getinfo(t->easy, CURLINFO_TOTAL_TIME_T, &us);
    if (status_counts(code, status))
        r.failure = WEIR_FAILURE_NONE;
    if (r.failure == WEIR_FAILURE_NONE)
        r.status = (int)status;
    else
        r.error = curl_easy_strerror(code);
    r.ms = (double)us / 1000;
    r.limits.retry_after = header_of(t, "Retry-After");
    r.limits.rate_limits = header_of(t, "X-Sentry-Rate-Limits");
    r.answer = (struct weir_str){t->answer, t->n_answer};
    *ret_result = r;
}
