/* numbers.c - one pass for all that look for numbers. */
#include "numbers.h"

#include "chars.h"
#include "number.h"

#include <stdlib.h>

enum {
    LEAD = 8,   /* bytes before the first token that may belong: +, (, %2B */
    ESCAPE = 5, /* an escape may have begun so many before */
    GAP = 18,   /* bytes between two groups */
    WORD = 64,  /* letters before the first digit of a token; more are cut */
    MOST = 1 << 16
};

/* ---- what is no number -------------------------------------------------------- */

static bool two(const char *p, size_t i, size_t to)
{
    return i + 2 <= to && weir_is_digit(p[i]) && weir_is_digit(p[i + 1]);
}

/* Does what ends before `e`, or before a Z there, go on as a number or a word? */
static bool runs_on(const char *p, size_t e, size_t to)
{
    if (e < to && p[e] == 'Z')
        e++;
    return e < to && (weir_is(p[e], WEIR_C_ALNUM) || memchr("-./_", p[e], 4) != NULL);
}

/* The fraction of a second at `i`, with its mark: past it, or `i`. Behind a
 * comma groups of digits are something else. */
static size_t past_fraction(const char *p, size_t i, size_t to)
{
    size_t n = i < to && (p[i] == '.' || p[i] == ',') ? weir_digits(p, i + 1, to) : 0;
    size_t e = i + 1 + n;

    if ((n != 3 && n != 6 && n != 9) || runs_on(p, e, to) ||
        (p[i] == ',' && e + 1 < to && p[e] == ' ' && weir_is_digit(p[e + 1])))
        return i;
    return e;
}

/* 05:30:00, 05:30:00.123, 05:30:00,123456Z at `i`: past it, or `i`. */
static size_t past_time(const char *p, size_t i, size_t to)
{
    size_t e = i + 8;

    if (e > to || !two(p, i, to) || p[i + 2] != ':' || !two(p, i + 3, to) || p[i + 5] != ':' ||
        !two(p, i + 6, to) || (e < to && weir_is(p[e], WEIR_C_ALNUM) && p[e] != 'Z'))
        return i;
    return past_fraction(p, e, to);
}

/* 2026-11-21, as far as the digits go. */
static bool date(const char *p, size_t i, size_t to)
{
    return i + 10 <= to && (p[i] == '1' || p[i] == '2') && p[i + 4] == '-' && p[i + 7] == '-' &&
           p[i + 5] <= '1' && p[i + 8] <= '3' && two(p, i, to) && two(p, i + 2, to) &&
           two(p, i + 5, to) && two(p, i + 8, to);
}

/* A date at `i`, with the time behind a T or a blank: past it, or `i`. */
static size_t past_date(const char *p, size_t i, size_t to)
{
    size_t e = i + 10, time;

    if (!date(p, i, to))
        return i;
    if (e < to && (p[e] == 'T' || p[e] == ' ')) {
        time = past_time(p, e + 1, to);
        if (time > e + 1)
            return time;
    }
    return runs_on(p, e, to) ? i : e;
}

/* Past the date or time at `i`, where a token begins; `i`: it is none. */
static size_t past_stamp(const char *p, size_t i, size_t to)
{
    size_t e = past_date(p, i, to);

    /* \x8B: the plus of full width ends so */
    if (i > 0 && memchr("-.:_+\x8B", p[i - 1], 6) != NULL)
        return i;
    return e > i ? e : past_time(p, i, to);
}

/* ---- regions ------------------------------------------------------------------- */

/* May [from, to) stand between two groups of one number? */
static bool joins(const char *p, size_t from, size_t to)
{
    if (to - from > GAP)
        return false;
    for (size_t i = from; i < to; i++) {
        if (weir_is(p[i], WEIR_C_ALPHA)) {
            if (i + 1 == to || !weir_is(p[i + 1], WEIR_C_ALPHA))
                continue;
            if (p[i - (i > from)] != '&') /* &nbsp; */
                return false;
            while (i + 1 < to && weir_is(p[i + 1], WEIR_C_ALPHA))
                i++;
        } else if (!weir_is(p[i], WEIR_C_HIGH) && memchr(" \t-./()+%&#;", p[i], 12) == NULL) {
            return false;
        }
    }
    return true;
}

static void add(struct weir_numbers *ns, struct weir_region r)
{
    if (r.digits < WEIR_NUMBER_LEAST)
        return;
    ns->most = r.digits > ns->most ? r.digits : ns->most;
    if (ns->n == ns->room && ns->room < MOST) {
        size_t room = ns->room > 0 ? ns->room * 2 : 16;
        struct weir_region *list = realloc(ns->list, room * sizeof *list);

        if (list != NULL) {
            ns->list = list;
            ns->room = room;
        }
    }
    ns->more = ns->more || ns->n == ns->room;
    if (!ns->more)
        ns->list[ns->n++] = r;
}

/* Where a region begins whose first token is at `i`: not within an escape. */
static uint32_t lead(const char *p, size_t low, size_t i)
{
    size_t start = i > low + LEAD ? i - LEAD : low;

    for (size_t k = 1; k <= ESCAPE && start >= low + k; k++)
        if (p[start - k] == '%' || p[start - k] == '\\')
            return (uint32_t)(start - k);
    return (uint32_t)start;
}

/* The first digit in [i, to), or `to`. */
static size_t digit_from(const char *p, size_t i, size_t to)
{
    while (i < to && !weir_is_digit(p[i]))
        i++;
    return i;
}

void weir_numbers_find(struct weir_str text, struct weir_numbers *ret_numbers)
{
    struct weir_numbers *ns = ret_numbers;
    const char *p = text.p;
    struct weir_region r = {0, 0, 0};

    ns->most = 0;
    ns->n = 0;
    ns->more = text.n > UINT32_MAX;
    for (size_t i = digit_from(p, 0, text.n), e; i < text.n; i = digit_from(p, e, text.n)) {
        size_t token = i;

        while (token > r.end && i - token < WORD && weir_is(p[token - 1], WEIR_C_ALPHA))
            token--;
        e = token == i ? past_stamp(p, i, text.n) : i;
        if (e > i || r.digits == 0 || !joins(p, r.end, token)) {
            add(ns, r);
            r = (struct weir_region){lead(p, r.end, token), 0, 0};
        }
        if (e == i)
            for (; e < text.n && weir_is(p[e], WEIR_C_ALNUM); e++)
                r.digits += weir_is_digit(p[e]);
        r.end = (uint32_t)e;
    }
    add(ns, r);
}

bool weir_numbers_next(const struct weir_subject *s, unsigned digits, size_t to, size_t *i,
                       size_t *end)
{
    const struct weir_numbers *ns = s->numbers;
    size_t low = 0;

    if (*i >= to)
        return false;
    if (ns == NULL || ns->more) {
        *end = to;
        return true;
    }
    for (size_t high = ns->n; low < high;) {
        size_t mid = low + (high - low) / 2;

        if (ns->list[mid].end <= *i)
            low = mid + 1;
        else
            high = mid;
    }
    while (low < ns->n && ns->list[low].start < to && ns->list[low].digits < digits)
        low++;
    if (low == ns->n || ns->list[low].start >= to)
        return false;
    *i = ns->list[low].start > *i ? ns->list[low].start : *i;
    *end = ns->list[low].end < to ? ns->list[low].end : to;
    return true;
}
