/* values.c - durations, sizes, ratios and their kin, read and written. */
#include "values.h"

#include <stdio.h>
#include <stdlib.h>

struct unit {
    const char *name;
    uint64_t factor;
};

/* Largest last: the writer looks from there. */
static const struct unit durations[] = {{"ms", 1},      {"s", 1000},     {"m", 60000},
                                        {"h", 3600000}, {"d", 86400000}, {NULL, 0}};
static const struct unit sizes[] = {
    {"B", 1}, {"KiB", 1ULL << 10}, {"MiB", 1ULL << 20}, {"GiB", 1ULL << 30}, {"TiB", 1ULL << 40},
    {NULL, 0}};

static size_t count_digits(struct weir_str s)
{
    size_t n = 0;

    while (n < s.n && s.p[n] >= '0' && s.p[n] <= '9')
        n++;
    return n;
}

static bool parse_with_unit(struct weir_str s, const struct unit *units, uint64_t *ret_value)
{
    size_t digits = count_digits(s);
    struct weir_str name = weir_str_sub(s, digits, s.n);
    uint64_t count, value;

    if (!weir_str_u64(weir_str_sub(s, 0, digits), &count))
        return false;
    for (const struct unit *u = units; u->name != NULL; u++) {
        if (!weir_str_eq(name, weir_str_of(u->name)))
            continue;
        if (__builtin_mul_overflow(count, u->factor, &value))
            return false;
        *ret_value = value;
        return true;
    }
    return false;
}

bool weir_parse_duration(struct weir_str s, uint64_t *ret_ms)
{
    if (weir_str_eq(s, WEIR_S("0"))) {
        *ret_ms = 0;
        return true;
    }
    return parse_with_unit(s, durations, ret_ms);
}

bool weir_parse_size(struct weir_str s, uint64_t *ret_bytes)
{
    return weir_str_u64(s, ret_bytes) || parse_with_unit(s, sizes, ret_bytes);
}

bool weir_parse_number(struct weir_str s, double *ret_value)
{
    char text[32];
    size_t whole = count_digits(s), part = 0;

    if (s.n >= sizeof text || s.n == 0)
        return false;
    if (whole < s.n) {
        part = count_digits(weir_str_sub(s, whole + 1, s.n));
        if (s.p[whole] != '.' || part == 0 || whole + 1 + part != s.n)
            return false;
    }
    memcpy(text, s.p, s.n);
    text[s.n] = '\0';
    *ret_value = strtod(text, NULL);
    return true;
}

bool weir_parse_ratio(struct weir_str s, double *ret_value)
{
    struct weir_str number;
    char text[40];
    double value;

    if (!weir_str_ends(s, WEIR_S("%")))
        return weir_parse_number(s, ret_value);
    number = weir_str_trim(weir_str_sub(s, 0, s.n - 1));
    if (!weir_parse_number(number, &value))
        return false;
    /* Not divided by 100: 99.9% is to be shown as 0.999. */
    snprintf(text, sizeof text, "%.*se-2", WEIR_FMT(number));
    *ret_value = strtod(text, NULL);
    return true;
}

bool weir_parse_bool(struct weir_str s, bool *ret_value)
{
    static const char *const words[] = {"false", "true", "no", "yes", "off", "on"};

    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (weir_str_eq_nocase(s, weir_str_of(words[i]))) {
            *ret_value = i % 2 == 1;
            return true;
        }
    }
    return false;
}

/* ---- writing ------------------------------------------------------------ */

static void write_with_unit(struct weir_buf *b, const struct unit *units, uint64_t value)
{
    const struct unit *best = units;

    for (const struct unit *u = units; u->name != NULL; u++) {
        if (value > 0 && value % u->factor == 0)
            best = u;
    }
    weir_buf_printf(b, "%llu%s", (unsigned long long)(value / best->factor), best->name);
}

void weir_write_duration(struct weir_buf *b, uint64_t ms)
{
    write_with_unit(b, durations, ms);
}

void weir_write_size(struct weir_buf *b, uint64_t bytes)
{
    write_with_unit(b, sizes, bytes);
}
