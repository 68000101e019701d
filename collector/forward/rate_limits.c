/* rate_limits.c - reads the two headers by which a backend asks for peace.
 *
 * X-Sentry-Rate-Limits is a list, separated by commas, of
 *
 *   retry_after : categories : scope [: reason [: namespaces]]
 *
 * retry_after in seconds; categories separated by semicolons, none meaning
 * all; an unknown category is none of ours and skipped, which is not the
 * same as an empty list. Scope and reason are for people. Namespaces narrow
 * `metric_bucket`, which weir never sends.
 * (https://develop.sentry.dev/sdk/expected-features/rate-limiting/)
 *
 * Where it is present, Retry-After (RFC 9110, 10.2.3: seconds or an HTTP
 * date) is not looked at, except when a 429 leaves the category of the very
 * delivery that was refused unlimited: it would be sent again at once. */
#include "rate_limits.h"

#include "weir/str.h"

#include <time.h>

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Seconds with an optional fraction, rounded up, as SDKs read them. */
static bool parse_seconds(struct weir_str s, uint64_t *ret_ms)
{
    uint64_t seconds = 0;
    size_t i = 0;
    bool more = false;

    for (; i < s.n && is_digit(s.p[i]); i++)
        seconds = seconds < WEIR_LIMIT_MAX_MS ? seconds * 10 + (uint64_t)(s.p[i] - '0') : seconds;
    if (i == 0)
        return false;
    if (i < s.n && s.p[i] == '.') {
        for (i++; i < s.n && is_digit(s.p[i]); i++)
            more |= s.p[i] != '0';
    }
    if (i != s.n)
        return false;
    seconds += more ? 1 : 0;
    *ret_ms = seconds < WEIR_LIMIT_MAX_MS / 1000 ? seconds * 1000 : WEIR_LIMIT_MAX_MS;
    return true;
}

/* The three forms of RFC 9110, 5.6.7; all mean GMT. */
static bool parse_http_date(struct weir_str s, uint64_t *ret_wall_ms)
{
    static const char *const forms[] = {"%a, %d %b %Y %H:%M:%S GMT", "%A, %d-%b-%y %H:%M:%S GMT",
                                        "%a %b %e %H:%M:%S %Y"};
    char text[64];

    if (s.n == 0 || s.n >= sizeof text)
        return false;
    memcpy(text, s.p, s.n);
    text[s.n] = '\0';
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        struct tm tm = {0};
        const char *end = strptime(text, forms[i], &tm);
        time_t at;

        if (end == NULL || *end != '\0')
            continue;
        at = timegm(&tm);
        *ret_wall_ms = at > 0 ? (uint64_t)at * 1000 : 0;
        return true;
    }
    return false;
}

/* Retry-After as a duration from `wall_ms`. False when it says nothing that
 * can be understood. */
static bool retry_after(struct weir_str value, uint64_t wall_ms, uint64_t *ret_ms)
{
    struct weir_str s = weir_str_trim(value);
    uint64_t at_ms;

    if (parse_seconds(s, ret_ms))
        return true;
    if (!parse_http_date(s, &at_ms))
        return false;
    *ret_ms = at_ms > wall_ms ? at_ms - wall_ms : 0;
    if (*ret_ms > WEIR_LIMIT_MAX_MS)
        *ret_ms = WEIR_LIMIT_MAX_MS;
    return true;
}

static void limit(struct weir_rate_limits *l, enum weir_category category, uint64_t until_ms)
{
    /* Our own client reports are never limited (contract 5). */
    if (category != WEIR_CAT_INTERNAL && l->until_ms[category] < until_ms)
        l->until_ms[category] = until_ms;
}

static void limit_all(struct weir_rate_limits *l, uint64_t until_ms)
{
    for (int c = 0; c < WEIR_CATEGORIES; c++)
        limit(l, (enum weir_category)c, until_ms);
}

static void limit_listed(struct weir_rate_limits *l, struct weir_str categories, uint64_t until_ms)
{
    struct weir_str name, rest = categories;

    while (rest.n > 0) {
        enum weir_category category;

        weir_str_cut(rest, ';', &name, &rest);
        category = weir_category_of(weir_str_trim(name));
        if (category != WEIR_CATEGORIES)
            limit(l, category, until_ms);
    }
}

static void take_quota(struct weir_rate_limits *l, struct weir_str quota, uint64_t now_ms)
{
    struct weir_str seconds, categories, rest;
    uint64_t ms;

    weir_str_cut(quota, ':', &seconds, &rest);
    weir_str_cut(rest, ':', &categories, &rest);
    if (!parse_seconds(weir_str_trim(seconds), &ms) || ms == 0)
        return;
    categories = weir_str_trim(categories);
    if (categories.n == 0)
        limit_all(l, now_ms + ms);
    else
        limit_listed(l, categories, now_ms + ms);
}

static void take_quotas(struct weir_rate_limits *l, struct weir_str list, uint64_t now_ms)
{
    struct weir_str quota, rest = list;

    while (rest.n > 0) {
        weir_str_cut(rest, ',', &quota, &rest);
        take_quota(l, weir_str_trim(quota), now_ms);
    }
}

/* How long a 429 keeps us away. One that says "now" (0, or a moment that has
 * passed by our clock) means soon, not a minute. */
static uint64_t told_ms(const struct weir_limit_headers *h, uint64_t wall_ms)
{
    uint64_t ms;

    if (!retry_after(h->retry_after, wall_ms, &ms))
        return WEIR_LIMIT_DEFAULT_MS;
    return ms > 0 ? ms : WEIR_LIMIT_SOON_MS;
}

bool weir_rate_limits_update(struct weir_rate_limits *l, int status, enum weir_category category,
                             const struct weir_limit_headers *h, uint64_t now_ms, uint64_t wall_ms)
{
    struct weir_rate_limits before = *l;
    uint64_t ms = 0;

    if (h->rate_limits.n > 0)
        take_quotas(l, h->rate_limits, now_ms);
    else if (retry_after(h->retry_after, wall_ms, &ms) && ms > 0)
        limit_all(l, now_ms + ms);
    else if (status == 429)
        limit_all(l, now_ms + told_ms(h, wall_ms));
    if (status == 429 && weir_rate_limits_until(l, category, now_ms) == 0)
        limit(l, category, now_ms + told_ms(h, wall_ms));
    return memcmp(&before, l, sizeof before) != 0;
}

uint64_t weir_rate_limits_until(const struct weir_rate_limits *l, enum weir_category category,
                                uint64_t now_ms)
{
    return l->until_ms[category] > now_ms ? l->until_ms[category] : 0;
}

uint64_t weir_rate_limits_until_all(const struct weir_rate_limits *l, uint64_t now_ms)
{
    uint64_t least = UINT64_MAX;

    for (int c = 0; c < WEIR_CATEGORIES; c++) {
        if (c != WEIR_CAT_INTERNAL && l->until_ms[c] < least)
            least = l->until_ms[c];
    }
    return least > now_ms ? least : 0;
}

uint64_t weir_rate_limits_until_any(const struct weir_rate_limits *l, uint64_t now_ms)
{
    uint64_t most = 0;

    for (int c = 0; c < WEIR_CATEGORIES; c++)
        most = l->until_ms[c] > most ? l->until_ms[c] : most;
    return most > now_ms ? most : 0;
}
