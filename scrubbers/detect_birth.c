/* detect_birth.c - dates of birth.
 *
 * A date is like any other but for the key (dob=, Geburtsdatum:) or the words
 * before it (born on, né le, 生年月日); dates elsewhere stay. Known forms:
 *
 *   1984-03-12  1984/3/12  19840312  1984年3月12日     year first
 *   12.03.1984  3/12/1984  12-03-84                    year last
 *   12 March 1984  12. März 1984  12 de marzo de 1984  12-Mar-1984
 *   March 12, 1984  Mar 12th 1984  March 1984
 *
 * with a time of day behind them under a key. Files and processes are born,
 * too: in running text a time of day that is not midnight tells a moment, and
 * no birthday. */
#include "context.h"

#include "chars.h"
#include "name.h"

enum { FIRST_YEAR = 1880, LAST_YEAR = 2035, MIN_EPOCH = 5 };

/* Up to `most` digits at `i`: the offset past them. */
static size_t number(const char *p, size_t i, size_t to, size_t most, unsigned *ret_value)
{
    size_t start = i;
    unsigned v = 0;

    while (i < to && i - start < most && weir_is_digit(p[i]))
        v = v * 10 + (unsigned)(p[i++] - '0');
    *ret_value = v;
    return i;
}

static bool is_year(unsigned v, size_t digits)
{
    return digits == 2 || (digits == 4 && v >= FIRST_YEAR && v <= LAST_YEAR);
}

static bool month_day(unsigned a, unsigned b)
{
    return a >= 1 && b >= 1 && a <= 31 && b <= 31 && (a <= 12 || b <= 12);
}

/* A mark between the numbers of a date at `i`: its length, 0: none. */
static size_t mark(const char *p, size_t i, size_t to, char *ret_kind)
{
    static const struct {
        const char *text;
        char kind;
    } marks[] = {
        {"-", '-'},
        {".", '.'},
        {"/", '/'},
        {"\\/", '/'},
        {"%2F", '/'},
        {"%2f", '/'},
        {"年", 'C'},
        {"月", 'C'},
        {"년", 'C'},
        {"월", 'C'},
        {"\xE2\x80\x90", '-'},
        {"\xE2\x80\x91", '-'},
        {"\xE2\x80\x93", '-'},
    };

    for (size_t k = 0; k < sizeof marks / sizeof *marks; k++) {
        size_t n = strlen(marks[k].text);

        if (to - i >= n && memcmp(p + i, marks[k].text, n) == 0) {
            *ret_kind = marks[k].kind;
            return n;
        }
    }
    return 0;
}

/* What stands between the numbers of a date at `i`: the offset past it, and
 * what it is; `i`: nothing. */
static size_t separator(const char *p, size_t i, size_t to, char *ret_kind)
{
    size_t n = mark(p, i, to, ret_kind), blank = weir_context_blank(p, i + n, to);

    if (n == 0) {
        *ret_kind = blank > 0 ? ' ' : '\0';
        return i + blank;
    }
    return *ret_kind == '-' ? i + n : i + n + blank;
}

/* A number that ends at `e` goes on as another: part of more. */
static bool goes_on(const char *p, size_t e, size_t n)
{
    if (e >= n)
        return false;
    return weir_is(p[e], WEIR_C_DIGIT) ||
           (memchr("-/.:", p[e], 4) != NULL && e + 1 < n && weir_is_digit(p[e + 1]));
}

/* 19840312 or 12031984: is that a date? */
static bool eight_digits(unsigned head, unsigned tail)
{
    return (is_year(head, 4) && tail / 100 <= 12 && month_day(tail / 100, tail % 100)) ||
           (is_year(tail, 4) && month_day(head / 100, head % 100));
}

/* Three numbers of `first` and `last` digits: do they make a date? */
static bool calendar(const unsigned v[3], size_t first, size_t last)
{
    if (first == 4)
        return is_year(v[0], 4) && last <= 2 && v[1] <= 12 && month_day(v[1], v[2]);
    return is_year(v[2], last) && month_day(v[0], v[1]);
}

static size_t past_day_sign(const char *p, size_t e, size_t to)
{
    bool sign = to - e >= 3 && (memcmp(p + e, "日", 3) == 0 || memcmp(p + e, "일", 3) == 0);

    return sign ? e + 3 : e;
}

/* Three numbers with one kind of separator, or eight digits in a row. */
static size_t numeric(const char *p, size_t i, size_t to)
{
    unsigned v[3];
    char first, second;
    size_t e = number(p, i, to, 4, &v[0]), digits = e - i, k;

    if (digits == 0)
        return i;
    k = separator(p, e, to, &first);
    if (k == e) {
        e = number(p, e, to, 5, &v[1]);
        return e - i == 8 && eight_digits(v[0], v[1]) ? e : i;
    }
    e = number(p, k, to, 2, &v[1]);
    if (e == k || first == ' ')
        return i;
    k = separator(p, e, to, &second);
    if (k == e || second != first)
        return i;
    e = number(p, k, to, 4, &v[2]);
    if (e == k || goes_on(p, e, to) || !calendar(v, digits, e - k))
        return i;
    return past_day_sign(p, e, to);
}

/* The name of a month at `i`: the offset past it, or `i`. Three letters tell
 * it in most languages; what follows of the word belongs to it. */
static size_t month(const char *p, size_t i, size_t to)
{
    static const char *const heads[] = {
        "jan", "feb", "mar", "apr", "may", "jun", "jul",  "aug",  "sep",  "oct",      "nov",
        "dec", "mai", "maj", "mei", "mag", "okt", "dez",  "mär",  "mrt",  "maa",      "ene",
        "abr", "ago", "dic", "fév", "fev", "avr", "juin", "juil", "aoû",  "aou",      "déc",
        "gen", "giu", "lug", "set", "ott", "out", "hei",  "янв",  "фев",  "мар",      "апр",
        "май", "мая", "июн", "июл", "авг", "сен", "окт",  "ноя",  "дек",  "sty",      "lut",
        "kwi", "cze", "lip", "sie", "wrz", "paź", "lis",  "gru",  "märz", "augustus",
    };
    unsigned flags;
    size_t end = weir_name_word(p, i, to, &flags);

    if (end == i || end - i > 20)
        return i;
    for (size_t k = 0; k < sizeof heads / sizeof *heads; k++)
        if (weir_starts_nocase(p + i, end - i, heads[k]))
            return end < to && p[end] == '.' ? end + 1 : end;
    return i;
}

/* A day of a month at `i`, with what may follow it: 12, 12., 12th, 1er. */
static size_t day(const char *p, size_t i, size_t to)
{
    static const char *const ends[] = {"th", "st", "nd", "rd", "er", "º", "°", ".", "ª"};
    unsigned v;
    size_t e = number(p, i, to, 2, &v);

    if (e == i || v < 1 || v > 31 || (e < to && weir_is_digit(p[e])))
        return i;
    for (size_t k = 0; k < sizeof ends / sizeof *ends; k++)
        if (weir_starts_nocase(p + e, to - e, ends[k]))
            return e + strlen(ends[k]);
    return e;
}

/* Blanks, commas, dashes and the "of" of the language between the parts. */
static size_t joint(const char *p, size_t i, size_t to)
{
    static const char *const words[] = {"of ", "de ", "del ", "d'", "the "};
    size_t start = i, blank;

    while (i < to && i - start < 10) {
        size_t word = 0;

        blank = weir_context_blank(p, i, to);
        for (size_t k = 0; i > start && k < sizeof words / sizeof *words; k++)
            if (weir_starts_nocase(p + i, to - i, words[k]))
                word = strlen(words[k]);
        if (blank == 0 && word == 0 && memchr(",-/.", p[i], 4) == NULL)
            break;
        i += word > 0 ? word : blank > 0 ? blank : 1;
    }
    return i;
}

static size_t year_at(const char *p, size_t i, size_t to)
{
    unsigned v;
    size_t e = number(p, i, to, 4, &v);

    return e > i && is_year(v, e - i) && !goes_on(p, e, to) &&
                   (e == to || !weir_is(p[e], WEIR_C_ALNUM))
               ? e
               : i;
}

/* Day, month by name, year, in either order; or month and year. */
static size_t worded(const char *p, size_t i, size_t to)
{
    size_t d = day(p, i, to), m, e, k;

    if (d > i) {
        k = joint(p, d, to);
        m = month(p, k, to);
        if (m == k)
            return i;
    } else {
        m = month(p, i, to);
        if (m == i)
            return i;
        k = joint(p, m, to);
        d = day(p, k, to);
        if (d > k)
            m = d;
    }
    k = joint(p, m, to);
    if (k == m)
        return i;
    e = year_at(p, k, to);
    return e > k ? e : i;
}

/* The date at `i`: the offset past it, or `i`. */
static size_t date_at(const char *p, size_t i, size_t to)
{
    size_t e;

    if (i >= to)
        return i;
    e = numeric(p, i, to);
    return e > i ? e : worded(p, i, to);
}

/* +02:00 or Z at `i`: the offset past it. */
static size_t past_zone(const char *p, size_t i, size_t to)
{
    if (i < to && p[i] == 'Z')
        return i + 1;
    if (to - i >= 6 && (p[i] == '+' || p[i] == '-') && weir_is_digit(p[i + 1]) && p[i + 3] == ':')
        return i + 6;
    return i;
}

/* A time of day behind a date that ends at `e`: the offset past it; is it
 * midnight? */
static size_t past_time(const char *p, size_t e, size_t to, bool *ret_midnight)
{
    size_t i = e;

    *ret_midnight = true;
    if (to - i < 6 || (p[i] != 'T' && p[i] != ' ') || !weir_is_digit(p[i + 1]) || p[i + 3] != ':')
        return e;
    for (i++; i < to && (weir_is_digit(p[i]) || memchr(":.,", p[i], 3) != NULL); i++)
        *ret_midnight = *ret_midnight && !(p[i] >= '1' && p[i] <= '9');
    while (p[i - 1] == '.' || p[i - 1] == ',')
        i--;
    return past_zone(p, i, to);
}

/* A number of seconds or milliseconds of the epoch, all of the value. */
static bool epoch(const char *p, size_t i, size_t e)
{
    size_t digits = i + (i < e && p[i] == '-');

    if (e - i < MIN_EPOCH || e - i > 15)
        return false;
    while (digits < e && weir_is_digit(p[digits]))
        digits++;
    return digits == e;
}

static bool fits(const struct weir_subject *s, size_t to, bool whole, struct weir_span *v)
{
    size_t i = v->start, e;
    bool midnight;

    while (i < v->end && weir_is(s->p[i], WEIR_C_SPACE))
        i++;
    e = date_at(s->p, i, to);
    if (e > i) {
        *v = (struct weir_span){i, past_time(s->p, e, to, &midnight)};
        return true;
    }
    return whole && epoch(s->p, v->start, v->end);
}

static bool follows(const struct weir_subject *s, uint32_t hint, size_t word, size_t end,
                    size_t from, size_t to, struct weir_span *ret_span)
{
    bool pid = weir_context_pid(s, word, end); /* of a birth in its seventh field */
    size_t i = pid ? weir_context_field(s->p, end, to, 7) : weir_context_gap(s->p, end, to, 3), e;
    bool midnight;

    (void)hint;
    (void)from;
    e = date_at(s->p, i, to);
    if (pid) {
        *ret_span = (struct weir_span){i, e};
        return e > i;
    }
    if (i == end ? e == i || !weir_is(s->p[end - 1], WEIR_C_HIGH) : e == i)
        return false;
    e = past_time(s->p, e, to, &midnight);
    if (!midnight)
        return false;
    *ret_span = (struct weir_span){i, e};
    return true;
}

WEIR_FINDER(weir_find_birth)
{
    static const struct weir_context births = {WEIR_HINT_BIRTH, 0, 96, fits, follows};

    return weir_context_find(&births, leaf, s, from, to, ret_span);
}
