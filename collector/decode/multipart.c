/* multipart.c - header lines and delimiters, found in pieces of any size. */
#include "multipart.h"

#include "decoder.h"

enum { PREAMBLE, AFTER_DELIMITER, HEADERS, BODY, EPILOGUE };

/* One `name=value` off the front of `s`; quotes and backslashes undone. */
static bool next_param(struct weir_arena *a, struct weir_str *s, struct weir_str *ret_name,
                       struct weir_str *ret_value)
{
    struct weir_str rest;
    char *out;
    size_t n = 0, i = 0;

    if (!weir_str_cut(*s, '=', ret_name, &rest))
        return false;
    *ret_name = weir_str_trim(*ret_name);
    rest = weir_str_trim(rest);
    if (rest.n == 0 || rest.p[0] != '"') {
        weir_str_cut(rest, ';', ret_value, s);
        *ret_value = weir_str_trim(*ret_value);
        return true;
    }
    out = weir_arena_alloc(a, rest.n);
    if (out == NULL)
        return false;
    for (i = 1; i < rest.n && rest.p[i] != '"'; i++) {
        /* Browsers escape a quote, but leave Windows' backslashes alone. */
        if (rest.p[i] == '\\' && i + 1 < rest.n && rest.p[i + 1] == '"')
            i++;
        out[n++] = rest.p[i];
    }
    *ret_value = (struct weir_str){out, n};
    weir_str_cut(weir_str_sub(rest, i, SIZE_MAX), ';', &rest, s);
    return true;
}

/* A parameter of a header value (`name` of `form-data; name="x"`): unquoted,
 * in the arena. False when there is none. */
static bool header_param(struct weir_arena *a, struct weir_str value, struct weir_str name,
                         struct weir_str *ret_value)
{
    struct weir_str head, rest, key, found;

    weir_str_cut(value, ';', &head, &rest);
    while (rest.n > 0 && next_param(a, &rest, &key, &found))
        if (weir_str_eq_nocase(key, name)) {
            *ret_value = found;
            return true;
        }
    return false;
}

int weir_multipart_init(struct weir_multipart *m, struct weir_arena *a,
                        struct weir_str content_type)
{
    struct weir_str media = weir_media_type(content_type), boundary;

    *m = (struct weir_multipart){.arena = a, .phase = PREAMBLE};
    if (!weir_str_eq_nocase(media, WEIR_S("multipart/form-data")) ||
        !header_param(a, content_type, WEIR_S("boundary"), &boundary) || boundary.n == 0 ||
        boundary.n > WEIR_BOUNDARY_MAX || memchr(boundary.p, '\r', boundary.n) != NULL)
        return WEIR_EUNSUPPORTED;
    memcpy(m->delimiter, "\r\n--", 4);
    memcpy(m->delimiter + 4, boundary.p, boundary.n);
    m->n = boundary.n + 4;
    /* The first one may stand at the very beginning. */
    m->matched = 2;
    weir_buf_init(&m->line, a, WEIR_PART_LINE_MAX);
    return 0;
}

static int fail(struct weir_multipart *m, const char *why)
{
    m->error = why;
    return WEIR_EINVAL;
}

static int give(struct weir_multipart *m, const char *p, size_t n)
{
    if (m->phase != BODY || n == 0)
        return 0;
    return m->data(m->self, (struct weir_str){p, n});
}

/* Bytes of a part's body, or before the first one, up to the delimiter. */
static int body(struct weir_multipart *m, struct weir_str s, size_t *at)
{
    int err = 0;

    while (*at < s.n && err == 0) {
        if (m->matched == 0) {
            const char *from = s.p + *at, *cr = memchr(from, '\r', s.n - *at);
            size_t n = cr != NULL ? (size_t)(cr - from) : s.n - *at;

            err = give(m, from, n);
            *at += n;
            if (cr == NULL || err != 0)
                return err;
        }
        if (s.p[*at] != m->delimiter[m->matched]) {
            size_t n = m->matched;

            m->matched = 0;
            err = give(m, m->delimiter, n);
            continue;
        }
        ++*at;
        if (++m->matched == m->n) {
            int was = m->phase;

            m->matched = 0;
            m->phase = AFTER_DELIMITER;
            return was == BODY ? m->end(m->self) : 0;
        }
    }
    return err;
}

/* The headers' lines; 1 when *ret_line is one, 0 for more. */
static int take_line(struct weir_multipart *m, struct weir_str s, size_t *at,
                     struct weir_str *ret_line)
{
    const char *from = s.p + *at, *newline = memchr(from, '\n', s.n - *at);
    size_t n = newline != NULL ? (size_t)(newline - from) : s.n - *at;
    int err;

    weir_buf_add(&m->line, (struct weir_str){from, n});
    *at += n + (newline != NULL);
    err = weir_buf_str(&m->line, ret_line);
    if (err == WEIR_ELIMIT)
        return fail(m, "a header line of a part is too long");
    if (err != 0 || newline == NULL)
        return err;
    weir_buf_init(&m->line, m->arena, WEIR_PART_LINE_MAX);
    return 1;
}

static void read_header(struct weir_multipart *m, struct weir_str line)
{
    struct weir_str name, value;

    weir_str_cut(line, ':', &name, &value);
    value = weir_str_trim(value);
    if (weir_str_eq_nocase(name, WEIR_S("content-disposition"))) {
        if (!header_param(m->arena, value, WEIR_S("name"), &m->part.name))
            m->part.name = (struct weir_str){0};
        m->part.file = header_param(m->arena, value, WEIR_S("filename"), &m->part.filename);
    } else if (weir_str_eq_nocase(name, WEIR_S("content-type"))) {
        m->part.content_type = value;
    }
}

static int line(struct weir_multipart *m, struct weir_str s, size_t *at)
{
    struct weir_str text;
    int got = take_line(m, s, at, &text);

    if (got != 1)
        return got;
    if (m->phase == AFTER_DELIMITER) {
        m->phase = weir_str_starts(text, WEIR_S("--")) ? EPILOGUE : HEADERS;
        m->part = (struct weir_part){0};
        m->lines = 0;
        return 0;
    }
    text = weir_str_trim(text);
    if (text.n > 0) {
        if (++m->lines > WEIR_PART_LINES)
            return fail(m, "a part has too many headers");
        read_header(m, text);
        return 0;
    }
    m->phase = BODY;
    return m->begin(m->self, &m->part);
}

int weir_multipart_feed(struct weir_multipart *m, struct weir_str bytes, bool last)
{
    size_t at = 0;
    int err = 0;

    while (at < bytes.n && err == 0 && m->phase != EPILOGUE)
        err = m->phase == PREAMBLE || m->phase == BODY ? body(m, bytes, &at) : line(m, bytes, &at);
    if (err != 0 || !last || m->phase == EPILOGUE)
        return err;
    /* "--" may end the body without a line end. */
    if (m->phase == AFTER_DELIMITER && m->line.n >= 2 && memcmp(m->line.p, "--", 2) == 0)
        return 0;
    return fail(m, "the multipart body is cut short");
}
