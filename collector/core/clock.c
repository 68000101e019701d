/* clock.c - clocks, and their texts, without the C library's calendar
 * (which takes locks and reads the time zone).
 *
 * Days are counted by the civil calendar: with the year begun in March the
 * leap day is its last one, and an era of 400 years has always 146,097 days.
 * So day number and date follow from one another by divisions alone
 * (H. Hinnant, "chrono-compatible low-level date algorithms"). */
#include "weir/clock.h"

#include <time.h>

static uint64_t read_us(clockid_t id)
{
    struct timespec t;

    clock_gettime(id, &t);
    return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

uint64_t weir_mono_us(void)
{
    return read_us(CLOCK_MONOTONIC);
}

uint64_t weir_mono_ms(void)
{
    return read_us(CLOCK_MONOTONIC) / 1000;
}

uint64_t weir_wall_ms(void)
{
    return read_us(CLOCK_REALTIME) / 1000;
}

struct date {
    unsigned year, month, day;
};

/* `days` since 1970-01-01. */
static struct date date_of(uint64_t days)
{
    uint64_t z = days + 719468; /* since 0000-03-01 */
    uint64_t era = z / 146097, of_era = z % 146097;
    uint64_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    uint64_t of_year = of_era - (365 * year + year / 4 - year / 100);
    uint64_t m = (5 * of_year + 2) / 153; /* 0 is March */
    uint64_t month = m < 10 ? m + 3 : m - 9;

    return (struct date){.year = (unsigned)(year + era * 400 + (month <= 2)),
                         .month = (unsigned)month,
                         .day = (unsigned)(of_year - (153 * m + 2) / 5 + 1)};
}

static uint64_t days_of(struct date d)
{
    uint64_t y = d.year - (d.month <= 2), era = y / 400, of_era_year = y % 400;
    uint64_t m = d.month > 2 ? d.month - 3 : d.month + 9;
    uint64_t of_year = (153 * m + 2) / 5 + d.day - 1;

    return era * 146097 + of_era_year * 365 + of_era_year / 4 - of_era_year / 100 + of_year -
           719468;
}

static void put_digits(char *to, unsigned width, uint64_t value)
{
    while (width > 0) {
        to[--width] = (char)('0' + value % 10);
        value /= 10;
    }
}

void weir_rfc3339(uint64_t wall_ms, char ret_text[25])
{
    const uint64_t last = UINT64_C(253402300799999); /* the end of year 9999 */
    uint64_t ms = wall_ms < last ? wall_ms : last, of_day = ms % 86400000;
    struct date d = date_of(ms / 86400000);

    memcpy(ret_text, "0000-00-00T00:00:00.000Z", 25);
    put_digits(ret_text, 4, d.year);
    put_digits(ret_text + 5, 2, d.month);
    put_digits(ret_text + 8, 2, d.day);
    put_digits(ret_text + 11, 2, of_day / 3600000);
    put_digits(ret_text + 14, 2, of_day / 60000 % 60);
    put_digits(ret_text + 17, 2, of_day / 1000 % 60);
    put_digits(ret_text + 20, 3, of_day % 1000);
}

/* A cursor over text; `ok` stays false once something did not fit. */
struct cursor {
    struct weir_str s;
    size_t at;
    bool ok;
};

static bool next_is(struct cursor *c, const char *any)
{
    if (c->at < c->s.n && c->s.p[c->at] != '\0' && strchr(any, c->s.p[c->at]) != NULL) {
        c->at++;
        return true;
    }
    return false;
}

static void expect(struct cursor *c, const char *any)
{
    c->ok = next_is(c, any) && c->ok;
}

static bool digit_next(const struct cursor *c)
{
    return c->at < c->s.n && c->s.p[c->at] >= '0' && c->s.p[c->at] <= '9';
}

/* Just `width` digits, from `low` to `high`. */
static unsigned digits(struct cursor *c, unsigned width, unsigned low, unsigned high)
{
    unsigned value = 0;

    for (unsigned i = 0; i < width; i++) {
        if (!digit_next(c)) {
            c->ok = false;
            return low;
        }
        value = value * 10 + (unsigned)(c->s.p[c->at++] - '0');
    }
    if (value < low || value > high) {
        c->ok = false;
        return low;
    }
    return value;
}

/* What follows a decimal point; digits beyond the ninth change nothing. */
static double fraction(struct cursor *c)
{
    double value = 0, unit = 1e9;
    uint64_t digits9 = 0;

    if (!digit_next(c))
        c->ok = false;
    for (unsigned i = 0; digit_next(c); c->at++, i++) {
        if (i < 9) {
            digits9 = digits9 * 10 + (uint64_t)(c->s.p[c->at] - '0');
            unit /= 10;
        }
    }
    value = (double)digits9 * unit / 1e9;
    return value;
}

static unsigned days_in_month(struct date d)
{
    static const unsigned char days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (d.year % 4 == 0 && d.year % 100 != 0) || d.year % 400 == 0;

    return d.month == 2 && leap ? 29 : days[d.month - 1];
}

/* Z, +hh:mm, +hhmm, +hh or nothing: seconds to be subtracted. */
static int offset(struct cursor *c)
{
    int sign, seconds;

    if (c->at == c->s.n || next_is(c, "Zz"))
        return 0;
    sign = c->s.p[c->at] == '-' ? -1 : 1;
    expect(c, "+-");
    seconds = (int)digits(c, 2, 0, 23) * 3600;
    if (c->at < c->s.n) {
        (void)next_is(c, ":");
        seconds += (int)digits(c, 2, 0, 59) * 60;
    }
    return sign * seconds;
}

static bool parse_date_time(struct weir_str s, double *ret_seconds)
{
    struct cursor c = {s, 0, true};
    struct date d;
    double seconds;

    d.year = digits(&c, 4, 1970, 9999);
    expect(&c, "-");
    d.month = digits(&c, 2, 1, 12);
    expect(&c, "-");
    d.day = digits(&c, 2, 1, days_in_month(d));
    expect(&c, "Tt ");
    seconds = (double)days_of(d) * 86400 + digits(&c, 2, 0, 23) * 3600.0;
    expect(&c, ":");
    seconds += digits(&c, 2, 0, 59) * 60.0;
    expect(&c, ":");
    seconds += digits(&c, 2, 0, 60); /* a leap second is the next one */
    if (next_is(&c, "."))
        seconds += fraction(&c);
    seconds -= offset(&c);
    if (!c.ok || c.at != s.n || seconds < 0)
        return false;
    *ret_seconds = seconds;
    return true;
}

bool weir_parse_time(struct weir_str s, double *ret_seconds)
{
    const uint64_t end = UINT64_C(253402300800); /* year 10000 */
    struct weir_str whole, rest;
    double seconds;
    uint64_t n;

    if (s.n > 4 && s.p[4] == '-')
        return parse_date_time(s, ret_seconds);
    bool point = weir_str_cut(s, '.', &whole, &rest);

    if (!weir_str_u64(whole, &n) || n >= end)
        return false;
    seconds = (double)n;
    if (point) {
        struct cursor c = {rest, 0, true};

        seconds += fraction(&c);
        if (!c.ok || c.at != rest.n)
            return false;
    }
    *ret_seconds = seconds;
    return true;
}
