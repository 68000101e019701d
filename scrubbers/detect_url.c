/* detect_url.c - credentials in URLs: what stands between :// and the @.
 *
 * Passwords in real logs are not encoded: they hold @ : / # ? % and quotes. So
 * the last @ before the path ends the user information; and one behind a
 * slash, question mark or hash does, when what stands before that mark has a
 * colon and no port behind it. The URL itself may be escaped (https:\/\/) or
 * percent-encoded as a whole (https%3A%2F%2F, with %40 for the @). */
#include "detect.h"

#include "chars.h"

enum { MAX_USERINFO = 512 };

/* What ends a URL in text. */
static bool url_stop(char c)
{
    return weir_is(c, WEIR_C_SPACE) || c == '"' || c == '<' || c == '>' || c == '`' || c == '\0';
}

/* The last @ in [i, to) before what ends a URL, or what ends it in a list
 * once there was one; 0: none. */
static size_t last_at(const char *p, size_t i, size_t to, const char *stops)
{
    size_t at = 0;

    for (size_t k = i; k < to && !url_stop(p[k]) && k - i < MAX_USERINFO; k++) {
        if (p[k] == '@')
            at = k;
        else if (strchr(stops, p[k]) != NULL || (at > 0 && memchr("',;", p[k], 3) != NULL))
            break;
    }
    return at;
}

static bool port(const char *p, size_t i, size_t to)
{
    while (i < to && weir_is_digit(p[i]))
        i++;
    return i == to;
}

/* user:p"ss@host: an @ behind the one quote of a password. The quote at `i`
 * ends the text of a URL if another one, a blank or a list follows. */
static size_t behind_quote(const char *p, size_t i, size_t to)
{
    for (size_t k = i + 1; k < to && k - i < 64; k++) {
        if (p[k] == '@')
            return k;
        if (url_stop(p[k]) || strchr(",;:\\{}[]()/'", p[k]) != NULL)
            return 0;
    }
    return 0;
}

/* The first of the marks behind which a path begins, or what ends the URL;
 * and the first colon before it. */
static size_t path_start(const char *p, size_t i, size_t to, size_t *ret_colon)
{
    *ret_colon = 0;
    for (; i < to && !url_stop(p[i]) && memchr("/?#", p[i], 3) == NULL; i++)
        if (p[i] == ':' && *ret_colon == 0)
            *ret_colon = i;
    return i;
}

/* The end of the user information that starts at `i`, or 0. */
static size_t userinfo_end(const char *p, size_t i, size_t to)
{
    size_t at = last_at(p, i, to, "/?#"), colon, mark;

    if (at > 0)
        return at;
    mark = path_start(p, i, to, &colon);
    if (colon == 0 || mark == to || port(p, colon + 1, mark))
        return 0;
    if (p[mark] == '"')
        return behind_quote(p, mark, to);
    if (url_stop(p[mark]))
        return 0;
    at = last_at(p, mark, to, "");
    return at > 0 && at - i < MAX_USERINFO ? at : 0;
}

/* user:password%40host: the last %40 before the path. In a URL that is encoded
 * as a whole (`all`) the path begins with %2F, and needs no colon. */
static size_t encoded_end(const char *p, size_t i, size_t to, bool all)
{
    size_t at = 0;
    bool colon = all;

    for (size_t k = i; k < to && !url_stop(p[k]) && k - i < MAX_USERINFO; k++) {
        if (memchr("/?#&@'", p[k], 6) != NULL || (all && weir_starts_nocase(p + k, to - k, "%2f")))
            break;
        colon = colon || p[k] == ':';
        if (colon && weir_starts_nocase(p + k, to - k, "%40"))
            at = k;
    }
    return at;
}

/* user:%s, user:${PASSWORD}, user:{password}: a format, and no password yet. */
static bool placeholder(struct weir_str user)
{
    struct weir_str name, word;

    if (!weir_str_cut(user, ':', &name, &word))
        word = name;
    return (word.n == 2 && word.p[0] == '%' && weir_is(word.p[1], WEIR_C_ALPHA)) ||
           (word.n > 1 && (word.p[0] == '{' || (word.p[0] == '$' && word.p[1] == '{')) &&
            word.p[word.n - 1] == '}');
}

/* The head of an address at `i`, its colon first: its length, 0: none. */
static size_t head_at(const char *p, size_t i, size_t to, bool *ret_encoded)
{
    static const struct weir_str heads[] = {{"://", 3}, {":\\/\\/", 5}};
    static const char *const encoded[] = {"%3a%2f%2f", "%253a%252f%252f"};

    *ret_encoded = p[i] == '%';
    for (size_t k = 0; k < 2; k++) {
        if (!*ret_encoded && to - i >= heads[k].n && memcmp(p + i, heads[k].p, heads[k].n) == 0)
            return heads[k].n;
        if (*ret_encoded && weir_starts_nocase(p + i, to - i, encoded[k]))
            return strlen(encoded[k]);
    }
    return 0;
}

/* The user information behind a head that ends at `i`: the offset past it. */
static size_t user_end(const struct weir_subject *s, size_t i, size_t to, bool encoded)
{
    size_t end = encoded ? 0 : userinfo_end(s->p, i, to);

    if (end == 0)
        end = encoded_end(s->p, i, to, encoded);
    if (end <= i || end + 1 >= s->n || url_stop(s->p[end + 1]))
        return i;
    return end;
}

WEIR_FINDER(weir_find_url_auth)
{
    const struct weir_str text = {s->p, to};

    (void)leaf;
    for (size_t i = from; i < to;) {
        bool encoded;
        size_t n = s->p[i] == ':' || s->p[i] == '%' ? head_at(s->p, i, to, &encoded) : 0, end;
        struct weir_str user;

        if (n == 0) {
            i++;
            continue;
        }
        i += n;
        end = user_end(s, i, to, encoded);
        user = weir_str_sub(text, i, end - i);
        if (user.n == 0 || weir_str_eq(user, WEIR_S("git")) ||
            weir_str_eq(user, WEIR_S("[auth]")) || placeholder(user))
            continue;
        *ret_span = (struct weir_span){i, end};
        return WEIR_FOUND;
    }
    return WEIR_FOUND_NOTHING;
}
