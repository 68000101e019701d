/* endpoint.c - which parts of a path name a thing, and which one thing.
 *
 * A path is taken apart at `/` (and blanks: "GET /items/5"), a segment at
 * punctuation into words. A word is judged by its letters and digits alone:
 *
 *   v1 s3 oauth2           a name with a version: one digit, or v and few
 *   user42 ord8a7b6c       a name and an id: from the first digit on {id}
 *   12345 9f8b1c2d DEADbeef01   {id}
 *   32 letters and more    {id}: no word is that long
 *
 * A segment with escapes or bytes over 127 is {id} as a whole: what needs
 * them is text that somebody typed. So are what is quoted (OData's
 * Users('bob')) and what follows ~ or @ at the beginning of a segment
 * (/~bob, /@bob). Better one template too many than a customer's name in a
 * time series. */
#include "endpoint.h"

#include <stddef.h>
#include <string.h>

enum { HASH_BYTES = 8, LONG_BYTES = 32 };

struct out {
    char *p;
    size_t n;
};

static void put(struct out *o, struct weir_str s)
{
    if (s.n > WEIR_ENDPOINT_BYTES - o->n) {
        /* A placeholder goes whole or not at all. */
        s.n = s.n > 0 && s.p[0] == '{' ? 0 : WEIR_ENDPOINT_BYTES - o->n;
    }
    for (size_t i = 0; i < s.n; i++)
        o->p[o->n++] = s.p[i];
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_hex(char c)
{
    return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

struct word {
    size_t digits, hex, first_digit;
};

static struct word judge(struct weir_str s)
{
    struct word w = {0, 0, s.n};

    for (size_t i = 0; i < s.n; i++) {
        if (is_digit(s.p[i])) {
            w.digits++;
            w.first_digit = i < w.first_digit ? i : w.first_digit;
        }
        w.hex += is_hex(s.p[i]);
    }
    return w;
}

/* v1, v12, V2 */
static bool is_version(struct weir_str s)
{
    return s.n >= 2 && s.n <= 4 && (s.p[0] == 'v' || s.p[0] == 'V');
}

static void put_word(struct out *o, struct weir_str s)
{
    struct word w = judge(s);
    bool tail = w.digits > 0 && w.first_digit + w.digits == s.n; /* digits at the end only */

    if (s.n == 0)
        return;
    if (s.n >= LONG_BYTES || w.digits == s.n || (w.digits > 0 && w.hex == s.n && s.n >= HASH_BYTES))
        put(o, WEIR_S("{id}"));
    else if (w.digits == 0 || (tail && (w.digits == 1 || is_version(s))))
        put(o, s);
    else { /* what precedes the first digit is a name if all of it is letters and the rest digits */
        if (tail)
            put(o, weir_str_sub(s, 0, w.first_digit));
        put(o, WEIR_S("{id}"));
    }
}

/* 8-4-4-4-12 hex digits */
static bool is_uuid(struct weir_str s)
{
    if (s.n != 36)
        return false;
    for (size_t i = 0; i < s.n; i++) {
        bool dash = i == 8 || i == 13 || i == 18 || i == 23;

        if (dash ? s.p[i] != '-' : !is_hex(s.p[i]))
            return false;
    }
    return true;
}

/* yyyy-mm-dd, alone or with a time behind it */
static bool is_date(struct weir_str s)
{
    static const char form[] = "dddd-dd-dd";

    if (s.n < sizeof form - 1)
        return false;
    for (size_t i = 0; i < sizeof form - 1; i++) {
        if (form[i] == 'd' ? !is_digit(s.p[i]) : s.p[i] != '-')
            return false;
    }
    return s.n == sizeof form - 1 || !is_digit(s.p[sizeof form - 1]);
}

static bool is_email(struct weir_str s)
{
    struct weir_str user, host;

    if (!weir_str_cut(s, '@', &user, &host)) {
        size_t at = weir_str_find(s, WEIR_S("%40"));

        if (at == SIZE_MAX)
            return false;
        user = weir_str_sub(s, 0, at);
        host = weir_str_sub(s, at + 3, SIZE_MAX);
    }
    return user.n > 0 && weir_str_find(host, WEIR_S(".")) != SIZE_MAX;
}

static bool is_typed_text(struct weir_str s)
{
    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)s.p[i];

        if (c < 0x20 || c >= 0x7f || (c == '%' && s.n - i > 2 && is_hex(s.p[i + 1])))
            return true;
    }
    return false;
}

/* From the quote at `i` past the one that closes it; 0: none does. */
static size_t past_quote(struct weir_str s, size_t i)
{
    const char *end = i < s.n && s.p[i] == '\'' ? memchr(s.p + i + 1, '\'', s.n - i - 1) : NULL;

    return end != NULL ? (size_t)(end - s.p) + 1 : 0;
}

static void put_words(struct out *o, struct weir_str s)
{
    size_t from = 0;

    for (size_t i = 0; i <= s.n; i++) {
        size_t end = past_quote(s, i);

        if (i < s.n && (is_letter(s.p[i]) || is_digit(s.p[i])))
            continue;
        put_word(o, weir_str_sub(s, from, i - from));
        put(o, end > 0 ? WEIR_S("{id}") : weir_str_sub(s, i, 1));
        i = end > 0 ? end - 1 : i;
        from = i + 1;
    }
}

static void put_segment(struct out *o, struct weir_str s)
{
    if (is_uuid(s) || (is_typed_text(s) && !is_email(s))) {
        put(o, WEIR_S("{id}"));
    } else if (is_email(s) || is_date(s)) {
        put(o, is_date(s) ? WEIR_S("{date}") : WEIR_S("{email}"));
    } else if (s.n > 1 && (s.p[0] == '~' || s.p[0] == '@')) {
        put(o, weir_str_sub(s, 0, 1));
        put(o, WEIR_S("{id}"));
    } else {
        put_words(o, s);
    }
}

/* Without scheme, host, query and fragment. */
static struct weir_str path_of(struct weir_str s)
{
    size_t at = weir_str_find(s, WEIR_S("://"));

    if (at != SIZE_MAX) {
        s = weir_str_sub(s, at + 3, SIZE_MAX);
        at = weir_str_find(s, WEIR_S("/"));
        s = at != SIZE_MAX ? weir_str_sub(s, at, SIZE_MAX) : WEIR_S("/");
    }
    for (at = 0; at < s.n && s.p[at] != '?'; at++) {
        /* without a slash before it: UsersController#show */
        if (s.p[at] == '#' && (at == 0 || memchr(s.p, '/', at) != NULL))
            break;
    }
    return weir_str_sub(s, 0, at);
}

struct weir_str weir_endpoint(struct weir_str endpoint, char room[WEIR_ENDPOINT_BYTES])
{
    struct weir_str s = path_of(weir_str_trim(endpoint));
    struct out o = {room, 0};
    size_t from = 0;

    for (size_t i = 0; i <= s.n && o.n < WEIR_ENDPOINT_BYTES; i++) {
        if (i < s.n && s.p[i] != '/' && s.p[i] != ' ')
            continue;
        put_segment(&o, weir_str_sub(s, from, i - from));
        put(&o, weir_str_sub(s, i, 1));
        from = i + 1;
    }
    return (struct weir_str){room, o.n};
}
