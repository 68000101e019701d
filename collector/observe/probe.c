/* probe.c - see probe.h. Only the status counts: of the body no more is
 * read than a small page, and redirects are answers. */
#include "probe.h"

#include "weir/version.h"

#include <stdio.h>

enum { MOST_BODY = 64 << 10 };

static size_t on_body(char *bytes, size_t size, size_t count, void *self)
{
    struct weir_probe *p = self;

    (void)bytes;
    p->n_body += size * count;
    return p->n_body <= MOST_BODY ? size * count : 0; /* 0 ends it; the status is known */
}

int weir_probe_begin(struct weir_probe *p, const struct weir_health_check *h, void *self)
{
    char agent[64];

    p->n_body = 0;
    p->easy = curl_easy_init();
    if (p->easy == NULL)
        return WEIR_ENOMEM;
    snprintf(agent, sizeof agent, "weir/%s (health check)", weir_version);
    curl_easy_setopt(p->easy, CURLOPT_NOSIGNAL, 1L);
    /* Else a name server that hangs would hold up the end of the process. */
    curl_easy_setopt(p->easy, CURLOPT_QUICK_EXIT, 1L);
    curl_easy_setopt(p->easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(p->easy, CURLOPT_FOLLOWLOCATION, 0L);
    /* Each check looks the name up and shakes hands anew, as callers will. */
    curl_easy_setopt(p->easy, CURLOPT_FORBID_REUSE, 1L);
    curl_easy_setopt(p->easy, CURLOPT_DNS_CACHE_TIMEOUT, 0L);
    curl_easy_setopt(p->easy, CURLOPT_TIMEOUT_MS, (long)h->timeout_ms);
    curl_easy_setopt(p->easy, CURLOPT_CONNECTTIMEOUT_MS, (long)h->timeout_ms);
    curl_easy_setopt(p->easy, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(p->easy, CURLOPT_WRITEDATA, p);
    curl_easy_setopt(p->easy, CURLOPT_PRIVATE, self);
    if (curl_easy_setopt(p->easy, CURLOPT_USERAGENT, agent) == CURLE_OK &&
        curl_easy_setopt(p->easy, CURLOPT_URL, h->url.p) == CURLE_OK)
        return 0;
    weir_probe_end(p);
    return WEIR_ENOMEM;
}

static const char *judge_status(long status)
{
    if (status >= 200 && status < 400)
        return NULL;
    if (status == 429)
        return "rate_limited";
    if (status >= 400 && status < 500)
        return "http_4xx";
    return status >= 500 && status < 600 ? "http_5xx" : "invalid_response";
}

const char *weir_probe_judge(CURLcode result, long status)
{
    static const struct {
        CURLcode code;
        const char *error;
    } errors[] = {
        {CURLE_OPERATION_TIMEDOUT, "timeout"},
        {CURLE_COULDNT_RESOLVE_HOST, "network"},
        {CURLE_COULDNT_RESOLVE_PROXY, "network"},
        {CURLE_COULDNT_CONNECT, "network"},
        {CURLE_SEND_ERROR, "network"},
        {CURLE_RECV_ERROR, "network"},
        {CURLE_GOT_NOTHING, "network"},
        {CURLE_PARTIAL_FILE, "network"},
        {CURLE_SSL_CONNECT_ERROR, "tls"},
        {CURLE_PEER_FAILED_VERIFICATION, "tls"},
        {CURLE_SSL_CERTPROBLEM, "tls"},
        {CURLE_SSL_CIPHER, "tls"},
        {CURLE_SSL_CACERT_BADFILE, "tls"},
        {CURLE_WEIRD_SERVER_REPLY, "invalid_response"},
        {CURLE_UNSUPPORTED_PROTOCOL, "invalid_response"}, /* HTTP/0.9 */
        {CURLE_HTTP2, "invalid_response"},
        {CURLE_HTTP2_STREAM, "invalid_response"},
    };

    if (result == CURLE_OK || result == CURLE_WRITE_ERROR)
        return judge_status(status);
    for (size_t i = 0; i < sizeof errors / sizeof *errors; i++) {
        if (errors[i].code == result)
            return errors[i].error;
    }
    return "other";
}

void weir_probe_end(struct weir_probe *p)
{
    curl_easy_cleanup(p->easy);
    p->easy = NULL;
}
