/* detect_secret.c - credentials that show what they are: PEM keys, Bearer
 * and Basic schemes, JWTs. Keys of vendors are in detect_key.c. */
#include "detect.h"

#include "chars.h"
#include "key_formats.h"

/* Length of the run of token characters at `i`. */
static size_t token_run(const char *p, size_t i, size_t to)
{
    size_t n = 0;

    while (i + n < to && weir_is(p[i + n], WEIR_C_TOKEN))
        n++;
    return n;
}

/* Offset of `word` (lower case) at or after `from`, any case; `to`: none. */
static size_t find_word(const char *p, size_t from, size_t to, const char *word)
{
    size_t n = strlen(word);
    char upper = (char)(word[0] - 32);

    for (size_t i = from; i + n <= to; i++)
        if ((p[i] == word[0] || p[i] == upper) && weir_starts_nocase(p + i, to - i, word))
            return i;
    return to;
}

/* Offset of `needle` at or after `from`, by its rarest byte, the k-th; `to`:
 * none. */
static size_t find_rare(const char *p, size_t from, size_t to, struct weir_str needle, size_t k)
{
    size_t at = weir_str_find_rare((struct weir_str){p + from, to - from}, needle, k);

    return at != SIZE_MAX ? from + at : to;
}

/* ---- PEM ----------------------------------------------------------------- */

/* The first private key's header at or after `from`: the offset past it; 0:
 * none. */
static size_t pem_body(struct weir_str text, size_t from)
{
    for (size_t i = from;;) {
        size_t at = find_rare(text.p, i, text.n, WEIR_S("-----BEGIN "), 5), n;

        if (at == text.n)
            return 0;
        i = at + 11;
        n = weir_str_find(weir_str_sub(text, i, 64), WEIR_S("-----"));
        if (n != SIZE_MAX &&
            weir_str_find(weir_str_sub(text, i, n), WEIR_S("PRIVATE KEY")) != SIZE_MAX)
            return i + n + 5;
    }
}

static bool encoded_break(const char *p, size_t i)
{
    return memcmp(p + i, "%0A", 3) == 0 || memcmp(p + i, "%0D", 3) == 0 ||
           memcmp(p + i, "%20", 3) == 0;
}

/* A body without the line breaks around it, which may be escaped. */
static struct weir_span pem_trim(const char *p, size_t start, size_t end)
{
    while (start < end && (memchr("\\nr \r\n\t", p[start], 7) != NULL ||
                           (end - start > 3 && encoded_break(p, start))))
        start += p[start] == '%' ? 3 : 1;
    while (end > start + 3 && encoded_break(p, end - 3))
        end -= 3;
    while (end > start && weir_is(p[end - 1], WEIR_C_SPACE))
        end--;
    while (end > start + 1 && p[end - 1] == 'n' && p[end - 2] == '\\')
        for (end -= 2; end > start && p[end - 1] == '\\';)
            end--;
    return (struct weir_span){start, end};
}

/* The body between -----BEGIN x PRIVATE KEY----- and -----END; without an
 * end to the end of the text. */
WEIR_FINDER(weir_find_pem)
{
    const struct weir_str text = {s->p, to};
    size_t body = from;

    (void)leaf;
    while ((body = pem_body(text, body)) > 0) {
        size_t n = weir_str_find(weir_str_sub(text, body, SIZE_MAX), WEIR_S("-----END"));
        struct weir_span span = pem_trim(s->p, body, n == SIZE_MAX ? to : body + n);

        if (span.start < span.end && s->p[span.start] != '[') {
            *ret_span = span;
            return WEIR_FOUND;
        }
    }
    return WEIR_FOUND_NOTHING;
}

/* ---- Authorization schemes ----------------------------------------------- */

/* A token: so made, or longer than words are. */
static bool looks_random(const char *p, size_t n)
{
    return n >= 24 || weir_looks_made(p, n);
}

/* The token after `scheme` and blanks; its start, or 0. */
static size_t after_scheme(const struct weir_subject *s, size_t at, size_t to, size_t scheme)
{
    size_t i = at + scheme;

    if (at > 0 && (weir_is(s->p[at - 1], WEIR_C_ALNUM) || s->p[at - 1] == '_') &&
        !weir_escape_before(s->p, at))
        return 0;
    while (i < to && (s->p[i] == ' ' || s->p[i] == '+'))
        i++;
    if (i == at + scheme && to - i > 3 && memcmp(s->p + i, "%20", 3) == 0)
        i += 3;
    return i > at + scheme && i < to ? i : 0;
}

WEIR_FINDER(weir_find_bearer)
{
    (void)leaf;
    for (size_t i = from; (i = find_word(s->p, i, to, "bearer")) < to; i += 6) {
        size_t start = after_scheme(s, i, to, 6), n;

        if (start == 0)
            continue;
        n = token_run(s->p, start, to);
        while (n > 0 && s->p[start + n - 1] == '.')
            n--;
        if (n >= 8 && looks_random(s->p + start, n)) {
            *ret_span = (struct weir_span){start, start + n};
            return WEIR_FOUND;
        }
    }
    return WEIR_FOUND_NOTHING;
}

static int base64_value(char c)
{
    if (weir_is(c, WEIR_C_UPPER))
        return c - 'A';
    if (weir_is(c, WEIR_C_LOWER))
        return c - 'a' + 26;
    if (weir_is_digit(c))
        return c - '0' + 52;
    return c == '+' || c == '-' ? 62 : c == '/' || c == '_' ? 63 : -1;
}

/* Does the base64 text decode to user:password, printable up to the colon? */
static bool decodes_to_pair(const char *p, size_t n)
{
    uint32_t bits = 0;
    unsigned have = 0;

    for (size_t i = 0; i < n && base64_value(p[i]) >= 0; i++) {
        bits = bits << 6 | (uint32_t)base64_value(p[i]);
        have += 6;
        if (have >= 8) {
            uint8_t c = (uint8_t)(bits >> (have -= 8));

            if (c == ':')
                return true;
            if (c < 0x20 || c == 0x7F)
                return false;
        }
    }
    return false;
}

WEIR_FINDER(weir_find_basic)
{
    (void)leaf;
    for (size_t i = from; (i = find_word(s->p, i, to, "basic")) < to; i += 5) {
        size_t start = after_scheme(s, i, to, 5), n;

        if (start == 0)
            continue;
        n = token_run(s->p, start, to);
        while (n > 0 && s->p[start + n - 1] == '.')
            n--;
        if (n >= 4 &&
            (decodes_to_pair(s->p + start, n) || (n >= 16 && looks_random(s->p + start, n)))) {
            while (weir_starts_nocase(s->p + start + n, to - start - n, "%3d"))
                n += 3; /* the = that fill it up, encoded */
            *ret_span = (struct weir_span){start, start + n};
            return WEIR_FOUND;
        }
    }
    return WEIR_FOUND_NOTHING;
}

/* ---- JWT ----------------------------------------------------------------- */

static size_t url64_run(const char *p, size_t i, size_t to)
{
    size_t n = 0;

    while (i + n < to && (weir_is(p[i + n], WEIR_C_ALNUM) || p[i + n] == '-' || p[i + n] == '_'))
        n++;
    return n;
}

/* eyJ begins the base64 of {" , which every JWT header is. A token that was
 * cut short by the sender goes as well. */
WEIR_FINDER(weir_find_jwt)
{
    (void)leaf;
    for (size_t i = from; (i = find_rare(s->p, i, to, WEIR_S("eyJ"), 2)) < to; i += 3) {
        size_t end, n;

        if (i > 0 && weir_is(s->p[i - 1], WEIR_C_ALNUM) && !weir_escape_before(s->p, i))
            continue;
        end = i + url64_run(s->p, i, to);
        if (end - i < 10 || end >= to || s->p[end] != '.')
            continue;
        n = url64_run(s->p, end + 1, to);
        if (n < 4)
            continue;
        end += 1 + n;
        while (end < to && s->p[end] == '.' && (n = url64_run(s->p, end + 1, to)) > 0)
            end += 1 + n;
        *ret_span = (struct weir_span){i, end};
        return WEIR_FOUND;
    }
    return WEIR_FOUND_NOTHING;
}
