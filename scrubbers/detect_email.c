/* detect_email.c - e-mail addresses.
 *
 * Each @, in any spelling (%40, %2540, &#64;, \u0040, =40, full width), is a
 * candidate. To its left stands a local part of letters, digits and ._%+-
 * (what else RFC 5321 allows is hardly ever used and eats the marks of the
 * text around), or one in quotes; to its right a domain of two labels or more
 * whose last is alphabetic, or an address in brackets. Letters of Latin,
 * Greek, Cyrillic and the other scripts that put blanks between words belong
 * to both; characters of three bytes (CJK) end them, so that an address
 * between Chinese words is cut where it begins, unless both sides of the @
 * are of them. Characters of no width and soft line breaks inside belong to
 * the address; escapes such as %22, \n, \u003c in front of it do not. */
#include "detect.h"

#include "chars.h"

/* A two-byte UTF-8 letter begins at p? */
static bool letter(const char *p)
{
    return (uint8_t)p[0] >= 0xC3 && (uint8_t)p[0] <= 0xDB && ((uint8_t)p[1] & 0xC0) == 0x80;
}

/* A letter of three bytes at p: Han, Kana, Hangul; no punctuation. */
static bool wide(const char *p)
{
    return (uint8_t)p[0] >= 0xE3 && (uint8_t)p[0] <= 0xED &&
           !(p[0] == '\xE3' && (uint8_t)p[1] < 0x81) && ((uint8_t)p[1] & 0xC0) == 0x80;
}

static int hex(char c)
{
    if (weir_is_digit(c))
        return c - '0';
    return weir_is(c, WEIR_C_HEX) ? weir_lower(c) - 'a' + 10 : -1;
}

/* What has no width, or breaks a line softly (quoted-printable): its length
 * at `i`, 0: something else. */
static size_t nothing_at(const char *p, size_t i, size_t to)
{
    static const char *const marks[] = {"\xE2\x80\x8B", "\xE2\x80\x8C", "\xE2\x80\x8D",
                                        "\xEF\xBB\xBF", "\xC2\xAD",     "\xE2\x81\xA0",
                                        "=\r\n",        "=\n"};

    if (i >= to || (p[i] != '=' && !weir_is(p[i], WEIR_C_HIGH)))
        return 0;
    for (size_t k = 0; k < sizeof marks / sizeof *marks; k++)
        if (to - i >= strlen(marks[k]) && memcmp(p + i, marks[k], strlen(marks[k])) == 0)
            return strlen(marks[k]);
    return 0;
}

/* The same to the left of `i`. */
static size_t nothing_before(const char *p, size_t from, size_t i)
{
    for (size_t n = 2; n <= 3 && i >= from + n; n++)
        if (nothing_at(p, i - n, i) == n)
            return n;
    return 0;
}

/* The byte that a percent escape at `i` stands for, encoded once or twice, and
 * the length of the escape; -1: there is none. */
static int escape_at(const char *p, size_t i, size_t to, size_t *ret_n)
{
    size_t k = i + 1;

    if (to - i >= 5 && memcmp(p + i, "%25", 3) == 0)
        k = i + 3;
    if (p[i] != '%' || to - k < 2 || k + 1 >= to || hex(p[k]) < 0 || hex(p[k + 1]) < 0)
        return -1;
    *ret_n = k + 2 - i;
    return hex(p[k]) * 16 + hex(p[k + 1]);
}

/* o%27brien%40 */
static bool apostrophe(const char *p, size_t start, size_t i, size_t end)
{
    return i > start && weir_is(p[i - 1], WEIR_C_ALPHA) && weir_is(p[end], WEIR_C_ALPHA);
}

/* An escape such as %22 or %3D inside what looked like a local part stands
 * for a byte that ends it. */
static size_t after_escapes(const char *p, size_t start, size_t at)
{
    size_t first = start;

    for (size_t i = start; i + 2 < at; i++) {
        size_t n = 0;
        int c = escape_at(p, i, at, &n);

        if (c < 0)
            continue;
        if (c < 128 && (c == '%' || !weir_is((char)c, WEIR_C_LOCAL)) &&
            !(c == '\'' && apostrophe(p, start, i, i + n)))
            first = i + n;
        i += n - 1;
    }
    return first;
}

/* Past what a backslash before `start` makes an escape of: \n, \u003c, \x3c. */
static size_t after_backslash(const char *p, size_t start, size_t at)
{
    size_t n = 0;

    if (start == 0 || p[start - 1] != '\\' || start + 1 >= at)
        return start;
    if (memchr("nrt", p[start], 3) != NULL)
        n = 1;
    else if (p[start] == 'u' && at - start > 5)
        n = 5;
    else if (p[start] == 'x' && at - start > 3)
        n = 3;
    for (size_t k = 1; k < n; k++)
        if (hex(p[start + k]) < 0)
            return start;
    return start + n;
}

/* One character of a local part to the left of `i`: its length, 0: none. */
static size_t local_char(const char *p, size_t from, size_t i, size_t at)
{
    if (i > from && weir_is(p[i - 1], WEIR_C_LOCAL))
        return 1;
    if (i < from + 2)
        return 0;
    if (letter(p + i - 2))
        return 2;
    /* o'brien@ */
    if (i < at && p[i - 1] == '\'' && weir_is(p[i], WEIR_C_ALPHA) &&
        weir_is(p[i - 2], WEIR_C_ALPHA))
        return 1;
    return nothing_before(p, from, i);
}

/* What may stand before the quote that opens a local part. */
static bool opens_quote(const char *p, size_t from, size_t i)
{
    return i == from || strchr(" <:,;(=[", p[i - 1]) != NULL;
}

/* "john doe"@: the opening quote, with its backslash; `at`: there is none. */
static size_t quoted_start(const char *p, size_t from, size_t at)
{
    size_t escaped = at >= from + 2 && p[at - 2] == '\\', i = at - 1 - escaped;

    while (i > from && at - i < 66 && memchr("\"\n\\", p[i - 1], 3) == NULL)
        i--;
    if (i <= from || p[i - 1] != '"' || at - i < 3)
        return at;
    i--;
    if (escaped != (i > from && p[i - 1] == '\\'))
        return at;
    return opens_quote(p, from, i - escaped) ? i - escaped : at;
}

/* A local part of characters of three bytes. */
static size_t wide_start(const char *p, size_t from, size_t at)
{
    size_t i = at;

    while (i >= from + 3 && wide(p + i - 3) && at - i < 60)
        i -= 3;
    return i;
}

static size_t local_start(const char *p, size_t from, size_t at)
{
    size_t i = at, n;

    if (at > from && p[at - 1] == '"')
        return quoted_start(p, from, at);
    while ((n = local_char(p, from, i, at)) > 0) {
        i -= n;
        if (at - i > 256)
            return at;
    }
    i = after_escapes(p, i, at);
    i = after_backslash(p, i, at);
    for (;;) {
        n = nothing_at(p, i, at);
        if (n == 0 && (i >= at || memchr(".-+%", p[i], 4) == NULL))
            return i;
        i += n > 0 ? n : 1;
    }
}

/* Does the escape of the second byte of a letter end at `i`? */
static bool high_before(const char *p, size_t i)
{
    return i >= 3 && p[i - 3] == '%' && hex(p[i - 2]) >= 8 && hex(p[i - 2]) <= 11 &&
           hex(p[i - 1]) >= 0;
}

/* A letter of two bytes, percent-encoded (m%C3%BCller.de), at `i`. */
static size_t encoded_letter(const char *p, size_t i, size_t to)
{
    size_t n = 0, more = 0;
    int c = escape_at(p, i, to, &n);

    if (c < 0xC3 || c > 0xDB || i + n >= to)
        return 0;
    c = escape_at(p, i + n, to, &more);
    return c >= 0x80 && c < 0xC0 ? n + more : 0;
}

/* Is [start, end) a top-level domain and no file ending (logo@2x.png)? */
static bool top_level(const char *p, size_t start, size_t end)
{
    static const char *const files[] = {"png",  "jpg", "jpeg", "gif", "svg",
                                        "webp", "css", "js",   "map", "json"};

    if (end - start >= 4 && weir_starts_nocase(p + start, end - start, "xn--"))
        return true;
    if (p[start] == '%') /* of another script, percent-encoded */
        return end - start >= 12 && high_before(p, end);
    if (end - start < 2 || end - start > 24)
        return false;
    for (size_t i = start; i < end; i++)
        if (!weir_is(p[i], WEIR_C_ALPHA | WEIR_C_HIGH))
            return false;
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        if (strlen(files[i]) == end - start && weir_starts_nocase(p + start, end - start, files[i]))
            return false;
    return true;
}

/* One character of a label at `i`: its length, 0: none. */
static size_t label_char(const char *p, size_t i, size_t to, bool cjk)
{
    if (weir_is(p[i], WEIR_C_ALNUM) || p[i] == '-')
        return 1;
    if (i + 1 < to && letter(p + i))
        return 2;
    if (p[i] == '%')
        return encoded_letter(p, i, to);
    return cjk && i + 2 < to && wide(p + i) ? 3 : 0;
}

static size_t label_end(const char *p, size_t i, size_t to, bool cjk)
{
    while (i < to) {
        size_t nothing = nothing_at(p, i, to), n;

        if (i + nothing >= to)
            break;
        n = label_char(p, i + nothing, to, cjk);
        if (n == 0)
            break;
        i += nothing + n;
    }
    return i;
}

/* The dot between two labels at `i`, in any spelling: its length, 0: none. */
static size_t dot_at(const char *p, size_t i, size_t to, bool cjk)
{
    static const char *const dots[] = {"%2E", "%2e", "%252E", "%252e", "&#46;", "&period;"};
    size_t nothing = nothing_at(p, i, to);

    if (i + nothing >= to)
        return 0;
    if (p[i + nothing] == '.')
        return nothing + 1;
    for (size_t k = 0; k < sizeof dots / sizeof *dots; k++)
        if (weir_str_starts((struct weir_str){p + i, to - i}, weir_str_of(dots[k])))
            return strlen(dots[k]);
    return cjk && to - i >= 3 && memcmp(p + i, "\xE3\x80\x82", 3) == 0 ? 3 : 0;
}

/* [192.0.2.1] or [IPv6:2001:db8::1] at `i`: the offset past it, or `i`. */
static size_t literal_end(const char *p, size_t i, size_t to)
{
    size_t e = i + 1, digits = 0;

    if (i >= to || p[i] != '[')
        return i;
    for (; e < to && e - i < 60 && (weir_is(p[e], WEIR_C_HEX) || strchr(".:IPv", p[e]) != NULL) &&
           p[e] != '\0';
         e++)
        digits += weir_is_digit(p[e]);
    return e < to && p[e] == ']' && digits >= 4 ? e + 1 : i;
}

/* The end of the label [i, e) when it is a top-level domain, also when digits
 * are joined to it, as MySQL joins the columns of a key (x@y.org-4); else
 * `otherwise`. */
static size_t top_level_end(const char *p, size_t i, size_t e, size_t otherwise)
{
    size_t digits = e;

    if (top_level(p, i, e))
        return e;
    while (digits > i && weir_is_digit(p[digits - 1]))
        digits--;
    return digits < e && digits > i && p[digits - 1] == '-' && top_level(p, i, digits - 1)
               ? digits - 1
               : otherwise;
}

/* The end of the domain that starts at `i`, or `i` when there is none. */
static size_t domain_end(const char *p, size_t i, size_t to)
{
    size_t start = i, best = literal_end(p, i, to);
    bool cjk = to - i >= 3 && wide(p + i);
    unsigned labels = 0;

    for (size_t dot; best == start || labels > 0; i += dot) {
        size_t e = label_end(p, i, to, cjk), last = e;

        while (last > i && p[last - 1] == '-')
            last--;
        if (last == i || p[i] == '-')
            break;
        if (++labels >= 2)
            best = top_level_end(p, i, last, best);
        dot = last == e ? dot_at(p, e, to, cjk) : 0;
        if (dot == 0 || e + dot >= to || e - start > 253)
            break;
        i = e;
    }
    return best;
}

/* How many backslashes behind the one at `i`. */
static size_t more_backslashes(const char *p, size_t i, size_t to)
{
    size_t n = 0;

    while (p[i] == '\\' && i + n + 1 < to && p[i + n + 1] == '\\')
        n++;
    return n;
}

/* Spellings of @ and how long they are; \u0040 begins at its backslashes, of
 * which there are `n` more. */
static size_t at_spelled(const char *p, size_t i, size_t n, size_t to)
{
    static const char *const spellings[] = {"%40",     "%2540",  "%252540",      "&#64;",
                                            "&#x40;",  "&#064;", "&commat;",     "=40",
                                            "\\u0040", "\\x40",  "\xEF\xBC\xA0", "&#0064;"};

    for (size_t k = 0; k < sizeof spellings / sizeof *spellings; k++)
        if (spellings[k][0] == p[i] && weir_starts_nocase(p + i + n, to - i - n, spellings[k]))
            return n + strlen(spellings[k]);
    return 0;
}

/* The next @ in any spelling; returns its length, 0 for none. */
static size_t next_at(const struct weir_subject *s, size_t from, size_t to, size_t *ret_at)
{
    for (size_t i = from, more; i < to; i += more + 1) {
        size_t n = 1;

        more = 0;
        switch (s->p[i]) {
        case '@':
            break;
        case '%':
        case '&':
        case '=':
        case '\\':
        case '\xEF':
            more = more_backslashes(s->p, i, to);
            n = at_spelled(s->p, i, more, to);
            break;
        default:
            continue;
        }
        *ret_at = i;
        if (n > 0)
            return n;
    }
    return 0;
}

/* Quoted-printable's =40 is one number of many unless what follows is a
 * domain that people have. */
static bool known_top(const char *p, size_t start, size_t end)
{
    static const char *const tops[] = {".com", ".org", ".net", ".de", ".io",  ".fr",  ".uk", ".it",
                                       ".es",  ".nl",  ".pl",  ".eu", ".edu", ".gov", ".br", ".jp"};

    for (size_t k = 0; k < sizeof tops / sizeof *tops; k++)
        if (end - start > strlen(tops[k]) &&
            weir_starts_nocase(p + end - strlen(tops[k]), strlen(tops[k]), tops[k]))
            return true;
    return false;
}

/* git@github.com:org/repo is an address of a repository. */
static bool repository(const struct weir_subject *s, size_t start, size_t at, size_t end)
{
    return at - start == 3 && memcmp(s->p + start, "git", 3) == 0 && end < s->n &&
           (s->p[end] == ':' || s->p[end] == '/');
}

WEIR_FINDER(weir_find_email)
{
    size_t at, n;

    (void)leaf;
    while ((n = next_at(s, from, to, &at)) > 0) {
        size_t end = domain_end(s->p, at + n, to), start = at;

        if (end > at + n)
            start = local_start(s->p, from, at);
        if (start == at && end > at + n && wide(s->p + at + n))
            start = wide_start(s->p, from, at);
        if (start < at && !repository(s, start, at, end) &&
            (s->p[at] != '=' || known_top(s->p, at + n, end))) {
            *ret_span = (struct weir_span){start, end};
            return WEIR_FOUND;
        }
        from = at + n;
    }
    return WEIR_FOUND_NOTHING;
}
