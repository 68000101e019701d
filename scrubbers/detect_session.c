/* detect_session.c - session identifiers.
 *
 *   Cookie: JSESSIONID=8A…      connect.sid=s%3Aabc.def     ;jsessionid=8A…?x=1
 *   {"session_id": "x7Kd…"}     session x7Kd…9f expired     session id: 8134…
 *
 * Under a key that tells, and behind the word session, what a machine made:
 * eight characters or more, letters mixed with digits, or long and of both
 * cases, or hex. "session expired" and "session pool" stay. */
#include "context.h"

#include "chars.h"

enum { MIN_ID = 8, MIN_DIGITS = 10, MIN_MIXED = 16, MAX_ID = 512 };

static bool id_char(char c)
{
    return weir_is(c, WEIR_C_TOKEN) || c == '%' || c == ':' || c == '|' || c == '!' || c == '@';
}

/* The identifier that begins at `i`: the offset past it. */
static size_t id_end(const char *p, size_t i, size_t to)
{
    size_t e = i;

    while (e < to && id_char(p[e]) && e - i < MAX_ID)
        e++;
    while (e > i && memchr(".:,!|@%", p[e - 1], 7) != NULL)
        e--;
    return e;
}

struct mix {
    size_t digits, upper, lower, other, hex, turns;
};

static struct mix mix_of(const char *p, size_t i, size_t e)
{
    struct mix m = {0};

    for (size_t k = i; k < e; k++) {
        m.digits += weir_is_digit(p[k]);
        m.upper += weir_is(p[k], WEIR_C_UPPER);
        m.lower += weir_is(p[k], WEIR_C_LOWER);
        m.other += !weir_is(p[k], WEIR_C_ALNUM);
        m.hex += weir_is(p[k], WEIR_C_HEX);
        m.turns += k > i && weir_is(p[k], WEIR_C_UPPER) && weir_is(p[k - 1], WEIR_C_LOWER);
    }
    return m;
}

/* A moment or a date: 2026-11-21T05:30:00.123Z. */
static bool timestamp(const char *p, size_t i, size_t e)
{
    return e - i >= 10 && weir_is_digit(p[i]) && weir_is_digit(p[i + 3]) && p[i + 4] == '-' &&
           weir_is_digit(p[i + 5]) && p[i + 7] == '-' && weir_is_digit(p[i + 8]) &&
           (e - i == 10 || p[i + 10] == 'T');
}

/* session-465.scope: a number, and what it is of. */
static bool unit_of_systemd(const char *p, size_t i, size_t e)
{
    size_t k = i;

    while (k < e && weir_is_digit(p[k]))
        k++;
    if (k == i || k == e || p[k++] != '.')
        return false;
    while (k < e && weir_is(p[k], WEIR_C_LOWER))
        k++;
    return k == e;
}

/* Letters without digits: hex, or both cases in turns. */
static bool made_of_letters(const struct mix *m, size_t n, bool told)
{
    if (m->hex == n)
        return n >= MIN_MIXED;
    return n >= (told ? (size_t)MIN_ID : (size_t)MIN_MIXED) && m->turns >= 2 && m->other == 0;
}

/* Did a machine make [i, e)? Under a key (`told`) a row of digits will do,
 * and a token of both cases need not be as long. */
static bool made(const char *p, size_t i, size_t e, bool told)
{
    struct mix m = mix_of(p, i, e);
    size_t n = e - i;

    if (n < MIN_ID || timestamp(p, i, e) || m.other * 2 > n || unit_of_systemd(p, i, e))
        return false;
    if (m.digits == 0)
        return made_of_letters(&m, n, told);
    if (m.digits == n)
        return n >= MIN_DIGITS || told;
    if (m.upper + m.lower == 0)
        return false;
    return m.digits >= 2 || n >= MIN_MIXED || (told && m.upper > 0);
}

/* A file, a class, an address of the web: made by men. Not \" of JSON. */
static bool code_follows(const struct weir_subject *s, size_t e)
{
    return e < s->n && (s->p[e] == '(' || (s->p[e] == '\\' && e + 1 < s->n &&
                                           memchr("\"'\\nrt", s->p[e + 1], 6) == NULL));
}

static bool fits(const struct weir_subject *s, size_t to, bool whole, struct weir_span *v)
{
    size_t e = id_end(s->p, v->start, whole ? v->end : to);

    if (whole && e != v->end)
        return false;
    if (!made(s->p, v->start, e, true))
        return false;
    v->end = e;
    return true;
}

static bool follows(const struct weir_subject *s, uint32_t hint, size_t word, size_t end,
                    size_t from, size_t to, struct weir_span *ret_span)
{
    size_t i = weir_context_gap(s->p, end, to, 3), e;

    (void)hint;
    (void)word;
    (void)from;
    if (i == end || memchr(s->p + end, '\n', i - end) != NULL)
        return false;
    e = id_end(s->p, i, to);
    if (e == i || code_follows(s, e) || !made(s->p, i, e, false))
        return false;
    *ret_span = (struct weir_span){i, e};
    return true;
}

WEIR_FINDER(weir_find_session)
{
    static const struct weir_context sessions = {WEIR_HINT_SESSION, 0, 640, fits, follows};

    return weir_context_find(&sessions, leaf, s, from, to, ret_span);
}
