/* dsn.c - where a destination is: DSNs and further endpoints.
 *
 *   https://PUBLIC_KEY[:SECRET]@HOST[:PORT][/PREFIX]/PROJECT
 *
 * The secret half is of clients before 2018; backends ignore it, and weir
 * drops it. `{key}` and `{project}` in their places stand for the sender's.
 * Reasons never quote the text: a DSN is a credential. */
#include "values.h"

/* 1 to 128 letters, digits, - and _, and those in `more`. */
static bool is_word(struct weir_str s, const char *more)
{
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];

        if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
              c == '-' || c == '_' || (c != '\0' && strchr(more, c) != NULL)))
            return false;
    }
    return s.n > 0 && s.n <= 128;
}

/* Removes "https://"; false when there is neither. */
static bool take_scheme(struct weir_str *s, struct weir_str *ret_scheme)
{
    if (weir_str_eq_nocase(weir_str_sub(*s, 0, 8), WEIR_S("https://"))) {
        *ret_scheme = WEIR_S("https");
        *s = weir_str_sub(*s, 8, s->n);
        return true;
    }
    if (weir_str_eq_nocase(weir_str_sub(*s, 0, 7), WEIR_S("http://"))) {
        *ret_scheme = WEIR_S("http");
        *s = weir_str_sub(*s, 7, s->n);
        return true;
    }
    return false;
}

static bool good_port(struct weir_str s)
{
    uint64_t port;

    return s.n > 0 && s.n <= 5 && weir_str_u64(s, &port) && port > 0 && port <= 65535;
}

static bool is_v6_text(struct weir_str s)
{
    struct weir_cidr c;

    return memchr(s.p, ':', s.n) != NULL && memchr(s.p, '/', s.n) == NULL && weir_parse_cidr(s, &c);
}

/* NULL, or what is wrong with HOST[:PORT]. */
static const char *check_host(struct weir_str s)
{
    struct weir_str host = s, port = {NULL, 0};
    bool has_port;

    if (weir_str_starts(s, WEIR_S("["))) {
        size_t close = weir_str_find(s, WEIR_S("]"));

        if (close == SIZE_MAX || !is_v6_text(weir_str_sub(s, 1, close - 1)))
            return "the host in [ ] is no IPv6 address";
        port = weir_str_sub(s, close + 1, s.n);
        has_port = port.n > 0;
        if (has_port && port.p[0] != ':')
            return "after [HOST] only :PORT may stand";
        port = weir_str_sub(port, 1, port.n);
    } else {
        has_port = weir_str_cut(s, ':', &host, &port);
        if (!is_word(host, "."))
            return host.n == 0 ? "the host is missing" : "the host has a character that none may";
    }
    if (has_port && !good_port(port))
        return "the port must be 1 to 65535";
    return NULL;
}

/* Paths are put into requests as they are: nothing that would end them. */
static bool good_path(struct weir_str s)
{
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] <= ' ' || s.p[i] >= 127 || memchr("?#\\\"<>{}", s.p[i], 8) != NULL)
            return false;
    }
    return true;
}

static struct weir_str without_end_slashes(struct weir_str s)
{
    while (s.n > 0 && s.p[s.n - 1] == '/')
        s.n--;
    return s;
}

static size_t find_last(struct weir_str s, char c)
{
    size_t i = s.n;

    while (i > 0 && s.p[i - 1] != c)
        i--;
    return i > 0 ? i - 1 : SIZE_MAX;
}

/* "/prefix/project" into its two halves. */
static const char *split_path(struct weir_str path, struct weir_dsn *d)
{
    struct weir_str s = without_end_slashes(path);
    size_t slash = find_last(s, '/');

    if (slash == SIZE_MAX)
        return "the project is missing at its end: https://KEY@HOST/PROJECT";
    d->project = weir_str_sub(s, slash + 1, s.n);
    d->prefix = without_end_slashes(weir_str_sub(s, 0, slash));
    if (!is_word(d->project, "") && !weir_str_eq(d->project, WEIR_S("{project}")))
        return "the project at its end must be letters, digits, - and _, or {project}";
    if (!good_path(d->prefix))
        return "the path has a character that none may";
    return NULL;
}

static const char *parse(struct weir_str s, struct weir_dsn *d)
{
    struct weir_str authority, path, secret;
    const char *why;
    size_t slash, at;

    if (s.n > 2048)
        return "it is longer than 2048 bytes";
    if (!take_scheme(&s, &d->scheme))
        return "it must begin with https:// or http://";
    slash = weir_str_find(s, WEIR_S("/"));
    authority = weir_str_sub(s, 0, slash);
    path = slash == SIZE_MAX ? (struct weir_str){NULL, 0} : weir_str_sub(s, slash, s.n);
    at = find_last(authority, '@');
    if (at == SIZE_MAX)
        return "the public key is missing: https://KEY@HOST/PROJECT";
    weir_str_cut(weir_str_sub(authority, 0, at), ':', &d->key, &secret);
    if (!is_word(d->key, "") && !weir_str_eq(d->key, WEIR_S("{key}")))
        return "the key before @ must be letters, digits, - and _, or {key}";
    d->host = weir_str_sub(authority, at + 1, authority.n);
    why = check_host(d->host);
    return why != NULL ? why : split_path(path, d);
}

int weir_parse_dsn(struct weir_str text, struct weir_dsn *ret_dsn, const char **why)
{
    struct weir_dsn d = {.prefix = {NULL, 0}};
    const char *reason = parse(text, &d);

    if (reason != NULL) {
        *why = reason;
        return WEIR_EINVAL;
    }
    *ret_dsn = d;
    return 0;
}

static bool parse_weight(struct weir_str s, unsigned *ret_weight)
{
    uint64_t weight = 1;

    s = weir_str_trim(s);
    if (s.n > 0 && (!weir_str_starts(s, WEIR_S("weight=")) ||
                    !weir_str_u64(weir_str_sub(s, 7, s.n), &weight) || weight < 1 || weight > 1000))
        return false;
    *ret_weight = (unsigned)weight;
    return true;
}

bool weir_parse_endpoint(struct weir_str s, struct weir_endpoint *ret_endpoint, const char **why)
{
    struct weir_endpoint e = {.weight = 1};
    struct weir_str weight, rest, scheme, host, path;
    size_t slash;

    weir_str_cut(weir_str_trim(s), ' ', &e.origin, &weight);
    e.origin = without_end_slashes(e.origin);
    rest = e.origin;
    *why = "an origin: https://HOST[:PORT][/PREFIX]";
    if (!take_scheme(&rest, &scheme))
        return false;
    slash = weir_str_find(rest, WEIR_S("/"));
    host = weir_str_sub(rest, 0, slash);
    path = slash == SIZE_MAX ? (struct weir_str){NULL, 0} : weir_str_sub(rest, slash, rest.n);
    if (memchr(rest.p, '@', rest.n) != NULL) {
        *why = "an origin without key or project: https://HOST[:PORT][/PREFIX]";
        return false;
    }
    if (check_host(host) != NULL || !good_path(path) || rest.n > 2048)
        return false;
    *why = "an origin, and after a space its weight from 1 to 1000: https://HOST weight=3";
    if (!parse_weight(weight, &e.weight))
        return false;
    *ret_endpoint = e;
    return true;
}
