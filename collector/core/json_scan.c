/* json_scan.c - the tokens of JSON: strings, numbers, words.
 *
 * The reader spends its time here. Strings are the bulk of an event, and
 * nearly all of their bytes are plain: not a quote, backslash, control byte
 * or above 127. With SSE2 (always there on x86-64) sixteen are judged at
 * once; two comparisons do for quote and backslash, and a single signed
 * "less than 0x20" finds control bytes and those above 127 alike.
 *
 * A scan that meets the window's end says MORE and is begun anew with the
 * next window; only with `last` is it an error. */
#include "json_reader.h"
#include "utf8.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

static struct weir_scanned bad(const char *at, const char *why)
{
    return (struct weir_scanned){.result = WEIR_SCAN_BAD, .end = at, .why = why};
}

static struct weir_scanned ran_out(const char *end, bool last)
{
    if (last)
        return bad(end, "the document ends inside a value");
    return (struct weir_scanned){.result = WEIR_SCAN_MORE, .end = end};
}

static inline bool is_plain(char c)
{
    return (signed char)c >= 0x20 && c != '"' && c != '\\';
}

/* The first byte that is not plain, or `end`. */
static inline const char *skip_plain(const char *p, const char *end)
{
#ifdef __SSE2__
    const __m128i quote = _mm_set1_epi8('"'), slash = _mm_set1_epi8('\\');
    const __m128i space = _mm_set1_epi8(0x20);

    for (; end - p >= 16; p += 16) {
        __m128i v = _mm_loadu_si128((const __m128i *)(const void *)p);
        __m128i odd = _mm_or_si128(_mm_cmpeq_epi8(v, quote), _mm_cmpeq_epi8(v, slash));
        int mask = _mm_movemask_epi8(_mm_or_si128(odd, _mm_cmplt_epi8(v, space)));

        if (mask != 0)
            return p + __builtin_ctz((unsigned)mask);
    }
#endif
    while (p < end && is_plain(*p))
        p++;
    return p;
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Four hex digits, or -1. */
static int32_t hex4(const char *p)
{
    int32_t value = 0;

    for (int i = 0; i < 4; i++) {
        int digit = hex_digit(p[i]);

        if (digit < 0)
            return -1;
        value = value << 4 | digit;
    }
    return value;
}

static bool is_high(int32_t c)
{
    return c >= 0xD800 && c <= 0xDBFF;
}

static bool is_low(int32_t c)
{
    return c >= 0xDC00 && c <= 0xDFFF;
}

/* A backslash at `s->end`: moves past its escape. A pair of surrogates is
 * one escape. */
static bool scan_escape(struct weir_scanned *s, const char *end, bool last)
{
    const char *p = s->end;
    int32_t c;

    s->escaped = true;
    if (end - p < 2)
        goto short_of_bytes;
    if (p[1] != 'u') {
        if (p[1] == '\0' || strchr("\"\\/bfnrt", p[1]) == NULL)
            goto bad_escape;
        s->end = p + 2;
        return true;
    }
    /* A digit that is wrong is wrong whatever follows. */
    for (const char *q = p + 2; q < end && q < p + 6; q++)
        if (hex_digit(*q) < 0)
            goto bad_escape;
    if (end - p < 6)
        goto short_of_bytes;
    c = hex4(p + 2);
    s->end = p + 6;
    if (is_high(c)) {
        /* Its partner may be in the next window. A string never ends here
         * within the document, so with `last` too few bytes are an error that
         * the caller meets at once. */
        if (end - s->end < 6 && !last)
            goto short_of_bytes;
        if (end - s->end >= 6 && s->end[0] == '\\' && s->end[1] == 'u' &&
            is_low(hex4(s->end + 2))) {
            s->end += 6;
            return true;
        }
    }
    if (is_high(c) || is_low(c))
        s->mend |= WEIR_MEND_SURROGATE;
    return true;
bad_escape:
    *s = bad(p, "invalid escape in a string");
    return false;
short_of_bytes:
    *s = ran_out(end, last);
    return false;
}

/* Bytes above 127 at `s->end`. */
static void scan_utf8(struct weir_scanned *s, const char *end)
{
    const char *p = s->end;

    while (p < end && (signed char)*p < 0) {
        struct weir_utf8_step step = weir_utf8_step((const uint8_t *)p, (size_t)(end - p));

        if (step.cut) {
            p = end; /* the string has no end here either */
            break;
        }
        if (!step.ok)
            s->mend |= WEIR_MEND_UTF8;
        p += step.n;
    }
    s->end = p;
}

struct weir_scanned weir_scan_string(const char *p, const char *end, bool last)
{
    struct weir_scanned s = {.result = WEIR_SCAN_OK, .end = p + 1};

    for (;;) {
        s.end = skip_plain(s.end, end);
        if (s.end == end)
            return ran_out(end, last);
        if (*s.end == '"') {
            s.end++;
            return s;
        }
        if (*s.end == '\\') {
            if (!scan_escape(&s, end, last))
                return s;
        } else if ((signed char)*s.end < 0) {
            scan_utf8(&s, end);
        } else {
            return bad(s.end, "control character in a string");
        }
    }
}

static inline const char *skip_digits(const char *p, const char *end)
{
    while (p < end && (unsigned char)(*p - '0') < 10)
        p++;
    return p;
}

/* At least one digit at *p. */
static bool digits(const char **p, const char *end, bool last, struct weir_scanned *s)
{
    const char *from = *p;

    *p = skip_digits(from, end);
    if (*p > from)
        return true;
    *s = from == end ? ran_out(end, last) : bad(from, "invalid number");
    return false;
}

struct weir_scanned weir_scan_number(const char *p, const char *end, bool last)
{
    struct weir_scanned s = {.result = WEIR_SCAN_OK};

    if (*p == '-') {
        p++;
        if (p < end && *p == 'I') {
            s = weir_scan_word(p, end, last, WEIR_S("Infinity"));
            s.mend = WEIR_MEND_NUMBER;
            return s;
        }
    }
    if (p < end && *p == '0')
        p++;
    else if (!digits(&p, end, last, &s))
        return s;
    if (p < end && *p == '.') {
        p++;
        if (!digits(&p, end, last, &s))
            return s;
    }
    if (p < end && (*p | 0x20) == 'e') {
        p++;
        if (p < end && (*p == '+' || *p == '-'))
            p++;
        if (!digits(&p, end, last, &s))
            return s;
    }
    if (p == end && !last)
        return ran_out(end, last);
    s.end = p;
    return s;
}

struct weir_scanned weir_scan_word(const char *p, const char *end, bool last, struct weir_str word)
{
    size_t n = (size_t)(end - p) < word.n ? (size_t)(end - p) : word.n;

    if (memcmp(p, word.p, n) != 0)
        return bad(p, "unexpected character");
    if (n < word.n)
        return ran_out(end, last);
    return (struct weir_scanned){.result = WEIR_SCAN_OK, .end = p + n};
}

/* The escape at `p` (a backslash) as UTF-8 to `out`; bytes read. */
static size_t unescape_one(const char *p, const char *end, char *out, size_t *ret_n)
{
    static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
    int32_t c, low;

    if (p[1] != 'u') {
        out[0] = to[strchr(from, p[1]) - from];
        *ret_n = 1;
        return 2;
    }
    c = hex4(p + 2);
    if (is_high(c) && end - p >= 12 && p[6] == '\\' && p[7] == 'u' && is_low(low = hex4(p + 8))) {
        *ret_n = weir_utf8_put(0x10000u + ((uint32_t)(c - 0xD800) << 10) + (uint32_t)(low - 0xDC00),
                               out);
        return 12;
    }
    *ret_n = weir_utf8_put(is_high(c) || is_low(c) ? 0xFFFDu : (uint32_t)c, out);
    return 6;
}

size_t weir_json_unescape(struct weir_str raw, char *out)
{
    const char *p = raw.p, *end = raw.p + raw.n;
    size_t n = 0;

    while (p < end) {
        const char *from = p;
        size_t wrote;

        p = skip_plain(p, end);
        memmove(out + n, from, (size_t)(p - from));
        n += (size_t)(p - from);
        if (p == end)
            break;
        if (*p == '\\') {
            p += unescape_one(p, end, out + n, &wrote);
            n += wrote;
        } else {
            struct weir_utf8_step step = weir_utf8_step((const uint8_t *)p, (size_t)(end - p));

            wrote = step.ok ? step.n : sizeof WEIR_UTF8_REPLACEMENT - 1;
            memcpy(out + n, step.ok ? p : WEIR_UTF8_REPLACEMENT, wrote);
            n += wrote;
            p += step.n;
        }
    }
    return n;
}
