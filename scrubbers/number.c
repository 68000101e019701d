/* number.c - where numbers begin and end, and the checksums many share. */
#include "number.h"

#include "chars.h"

size_t weir_separator(const char *p, size_t i, size_t to, char *ret_kind)
{
    static const struct {
        struct weir_str text;
        char kind;
    } longer[] = {
        {WEIR_STR("\xC2\xA0"), ' '},     /* no-break space */
        {WEIR_STR("\xE2\x80\xAF"), ' '}, /* narrow no-break space */
        {WEIR_STR("\xE2\x80\x89"), ' '}, /* thin space */
        {WEIR_STR("\xE2\x80\x87"), ' '}, /* figure space */
        {WEIR_STR("\xE2\x80\x90"), '-'}, /* hyphen */
        {WEIR_STR("\xE2\x80\x91"), '-'}, /* no-break hyphen */
        {WEIR_STR("\xE2\x80\x92"), '-'}, /* figure dash */
        {WEIR_STR("\xE2\x80\x93"), '-'}, /* en dash */
        {WEIR_STR("\xE2\x88\x92"), '-'}, /* minus */
        {WEIR_STR("%20"), ' '},          {WEIR_STR("%2D"), '-'},    {WEIR_STR("%2d"), '-'},
        {WEIR_STR("&nbsp;"), ' '},       {WEIR_STR("&#160;"), ' '},
    };

    if (i >= to)
        return 0;
    if (p[i] == ' ' || p[i] == '-' || p[i] == '+' || p[i] == '.') {
        *ret_kind = p[i] == '+' ? ' ' : p[i];
        return 1;
    }
    if (p[i] != '%' && p[i] != '&' && !weir_is(p[i], WEIR_C_HIGH))
        return 0;
    for (size_t k = 0; k < sizeof longer / sizeof *longer; k++)
        if (weir_str_starts((struct weir_str){p + i, to - i}, longer[k].text)) {
            *ret_kind = longer[k].kind;
            return longer[k].text.n;
        }
    return 0;
}

struct weir_span weir_token_at(const char *p, size_t from, size_t i, size_t to)
{
    struct weir_span t = {i, i};

    while (t.start > from && weir_is(p[t.start - 1], WEIR_C_ALNUM) &&
           !weir_escape_before(p, t.start))
        t.start--;
    while (t.end < to && weir_is(p[t.end], WEIR_C_ALNUM))
        t.end++;
    return t;
}

bool weir_number_ends(const struct weir_subject *s, size_t e)
{
    if (e >= s->n)
        return true;
    if (weir_is(s->p[e], WEIR_C_ALNUM) || s->p[e] == '_')
        return false;
    return !(s->p[e] == '.' && e + 1 < s->n && weir_is_digit(s->p[e + 1]));
}

bool weir_number_starts(const struct weir_subject *s, size_t i)
{
    if (i == 0)
        return true;
    if (weir_is(s->p[i - 1], WEIR_C_ALNUM)) /* \n4111... inside JSON in a string */
        return weir_escape_before(s->p, i);
    if (s->p[i - 1] == '_')
        return false;
    return !(s->p[i - 1] == '.' && i > 1 && weir_is_digit(s->p[i - 2]));
}

bool weir_luhn(const char *digits, size_t n)
{
    unsigned sum = 0;

    for (size_t i = 0; i < n; i++) {
        unsigned d = (unsigned)(digits[n - 1 - i] - '0');

        if (i % 2 == 1)
            d = d * 2 > 9 ? d * 2 - 9 : d * 2;
        sum += d;
    }
    return sum % 10 == 0;
}

unsigned weir_weigh(const char *digits, const uint8_t *weights, size_t n)
{
    unsigned sum = 0;

    for (size_t i = 0; i < n; i++)
        sum += (unsigned)(digits[i] - '0') * weights[i];
    return sum;
}

bool weir_mod_11_10(const char *digits, size_t n)
{
    unsigned product = 10;

    for (size_t i = 0; i + 1 < n; i++) {
        unsigned sum = ((unsigned)(digits[i] - '0') + product) % 10;

        product = (sum == 0 ? 10 : sum) * 2 % 11;
    }
    return (product + (unsigned)(digits[n - 1] - '0')) % 10 == 1;
}

unsigned weir_modulo(const char *digits, size_t n, unsigned by)
{
    unsigned r = 0;

    for (size_t i = 0; i < n; i++)
        r = (r * 10 + (unsigned)(digits[i] - '0')) % by;
    return r;
}

unsigned weir_value(const char *digits, size_t n)
{
    unsigned v = 0;

    for (size_t i = 0; i < n; i++)
        v = v * 10 + (unsigned)(digits[i] - '0');
    return v;
}

bool weir_date(unsigned month, unsigned day)
{
    static const uint8_t days[] = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

    return month >= 1 && month <= 12 && day >= 1 && day <= days[month - 1];
}
