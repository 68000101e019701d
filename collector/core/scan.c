/* scan.c - the walk by brackets and quotes over JSON known to be valid. */
#include "weir/scan.h"

#include "weir/text.h"

static const char *skip_space(const char *p, const char *end)
{
    while (p < end && (*p == ' ' || *p == '\n' || *p == '\r' || *p == '\t'))
        p++;
    return p;
}

/* The next quote, or NULL. Most strings are short, and eight bytes at once are
 * looked through sooner than memchr() is called: x ^ '"' is 0 where there is
 * one, and (y - 1) & ~y has the high bit of the lowest byte that is 0. */
static const char *find_quote(const char *p, const char *end)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    const uint64_t ones = 0x0101010101010101u;

    for (int i = 0; i < 4 && end - p >= 8; i++, p += 8) {
        uint64_t y;

        memcpy(&y, p, sizeof y);
        y ^= ones * '"';
        y = (y - ones) & ~y & ones * 0x80;
        if (y != 0)
            return p + __builtin_ctzll(y) / 8;
    }
#endif
    return memchr(p, '"', (size_t)(end - p));
}

/* `p` is at the opening quote; the result is past the closing one. */
static const char *skip_string(const char *p, const char *end)
{
    const char *open = p++;

    while (p < end) {
        const char *quote = find_quote(p, end);
        size_t backslashes = 0;

        if (quote == NULL)
            return end;
        while (quote - backslashes - 1 > open && quote[-(ptrdiff_t)backslashes - 1] == '\\')
            backslashes++;
        p = quote + 1;
        if (backslashes % 2 == 0)
            return p;
    }
    return end;
}

static const char *skip_container(const char *p, const char *end)
{
    size_t depth = 0;

    while (p < end) {
        switch (*p) {
        case '"':
            p = skip_string(p, end);
            continue;
        case '{':
        case '[':
            depth++;
            break;
        case '}':
        case ']':
            if (--depth == 0)
                return p + 1;
            break;
        default:
            break;
        }
        p++;
    }
    return end;
}

static const char *skip_value(const char *p, const char *end)
{
    if (p == end)
        return p;
    if (*p == '"')
        return skip_string(p, end);
    if (*p == '{' || *p == '[')
        return skip_container(p, end);
    while (p < end && *p != ',' && *p != '}' && *p != ']' && (unsigned char)*p > ' ')
        p++;
    return p;
}

bool weir_scan_begin(struct weir_scan *s, struct weir_str container)
{
    if (container.n < 2 || (container.p[0] != '{' && container.p[0] != '['))
        return false;
    s->at = container.p + 1;
    s->end = container.p + container.n - 1;
    s->object = container.p[0] == '{';
    return true;
}

bool weir_scan_member(struct weir_scan *s, struct weir_str *ret_key)
{
    const char *p = skip_space(s->at, s->end), *from;

    *ret_key = (struct weir_str){0};
    if (p < s->end && *p == ',')
        p = skip_space(p + 1, s->end);
    s->at = p;
    if (p >= s->end)
        return false;
    if (*p == '}' || *p == ']') {
        s->at = p + 1;
        return false;
    }
    if (s->object) {
        from = p;
        p = skip_value(p, s->end);
        *ret_key = (struct weir_str){from, (size_t)(p - from)};
        p = skip_space(p, s->end);
        if (p >= s->end || *p != ':')
            return false;
        p = skip_space(p + 1, s->end);
    }
    s->at = p;
    return p < s->end;
}

struct weir_str weir_scan_value(struct weir_scan *s)
{
    const char *from = s->at;

    s->at = skip_value(from, s->end);
    if (s->at == from) /* nothing that is a value: go no further */
        s->at = s->end;
    return (struct weir_str){from, (size_t)(s->at - from)};
}

bool weir_scan_enter(const struct weir_scan *s, struct weir_scan *ret_inner)
{
    if (s->at >= s->end || (*s->at != '{' && *s->at != '['))
        return false;
    *ret_inner = (struct weir_scan){s->at + 1, s->end, *s->at == '{'};
    return true;
}

void weir_scan_leave(struct weir_scan *s, const struct weir_scan *inner)
{
    s->at = inner->at;
}

bool weir_scan_next(struct weir_scan *s, struct weir_str *ret_key, struct weir_str *ret_value)
{
    const char *from, *p;

    if (!weir_scan_member(s, ret_key))
        return false;
    from = s->at;
    p = skip_value(from, s->end);
    *ret_value = (struct weir_str){from, (size_t)(p - from)};
    s->at = p;
    return p > from;
}

struct weir_str weir_scan_get(struct weir_str object, struct weir_str name)
{
    struct weir_scan s;
    struct weir_str key, value;

    if (!weir_scan_begin(&s, object) || !s.object)
        return (struct weir_str){0};
    while (weir_scan_next(&s, &key, &value))
        if (key.n == name.n + 2 && memcmp(key.p + 1, name.p, name.n) == 0)
            return value;
    return (struct weir_str){0};
}

struct weir_str weir_scan_path(struct weir_str object, const char *const *path)
{
    for (size_t i = 0; i < 8 && path[i] != NULL; i++)
        object = weir_scan_get(object, weir_str_of(path[i]));
    return object;
}

size_t weir_scan_count(struct weir_str container)
{
    struct weir_scan s;
    struct weir_str key, value;
    size_t n = 0;

    if (!weir_scan_begin(&s, container))
        return 0;
    while (weir_scan_next(&s, &key, &value))
        n++;
    return n;
}

bool weir_scan_is_string(struct weir_str raw)
{
    return raw.n >= 2 && raw.p[0] == '"' && raw.p[raw.n - 1] == '"';
}

struct weir_str weir_scan_text(struct weir_arena *a, struct weir_str raw)
{
    struct weir_json_token t = {.kind = WEIR_JSON_STRING, .end = raw.n};
    struct weir_str text;

    if (!weir_scan_is_string(raw))
        return (struct weir_str){0};
    t.escaped = memchr(raw.p, '\\', raw.n) != NULL;
    t.mend = weir_utf8_valid(raw) ? 0 : WEIR_MEND_UTF8;
    if (!t.escaped && t.mend == 0)
        return weir_str_sub(raw, 1, raw.n - 2);
    /* An escape may be a lone surrogate; asking for that mend is harmless. */
    t.mend |= WEIR_MEND_SURROGATE;
    return weir_json_text(a, raw, 0, &t, &text) == 0 ? text : (struct weir_str){0};
}
