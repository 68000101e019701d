/* detect_phone.c - telephone numbers.
 *
 * A number is read as it is printed: digits in groups, with blanks, dashes,
 * dots, slashes or brackets between, a + or 00 and an extension around. What
 * makes it a telephone number is, in this order:
 *
 *   - a key that tells ("phone": 5550101, tel=030 1234567), or a word before
 *     it (call, Telefon, SMS to): any 6 to 15 digits that are no date
 *   - a + and the 8 to 15 digits of E.164, or 00 and groups
 *   - a form that nothing else has:
 *       (415) 555-0132  415-555-0132  415.555.0132   NANP: both groups of
 *                                                    three begin with 2 to 9
 *       020 7946 0958  07700 900123  01 23 45 67 89  a trunk 0, then groups,
 *       030/1234567  0171-1234567                    10 to 12 digits in all
 *
 * Versions, addresses of the network, dates, order numbers and ISBNs are told
 * by what touches them or by the word before (order, ref, no.). */
#include "context.h"

#include "chars.h"
#include "numbers.h"
#include "pair.h"

enum {
    MAX_GROUPS = 8,
    BEFORE = 40,
    MIN_LOCAL = WEIR_NUMBER_PHONE,
    MIN_INTERNATIONAL = 8,
    MAX_DIGITS = 15
};

/* A number as it is printed. */
struct printed {
    unsigned digits, groups;
    size_t ends[MAX_GROUPS];
    uint8_t sizes[MAX_GROUPS];
    char first[MAX_GROUPS]; /* first digit of each */
    char seps[MAX_GROUPS];  /* before each: ' ' '-' '.' '/' ')'; more than one: the first */
    bool plus, bracket;     /* of the area; of one trunk 0: +49 (0)30 */
};

/* The separator at `i`, its kind in `ret_kind`: length, 0: none. */
static size_t separator(const char *p, size_t i, size_t to, char *ret_kind)
{
    static const struct {
        struct weir_str text;
        char kind;
    } others[] = {
        {{"\xE2\x80\x90", 3}, '-'}, {{"\xE2\x80\x91", 3}, '-'}, {{"\xE2\x80\x93", 3}, '-'},
        {{"%20", 3}, ' '},          {{"%2D", 3}, '-'},          {{"\xE2\x88\x92", 3}, '-'},
        {{"%28", 3}, '('},          {{"%29", 3}, ')'},          {{"\xC2\xB7", 2}, '.'},
    };
    size_t blank = weir_context_blank(p, i, to);

    if (blank > 0) {
        *ret_kind = ' ';
        return p[i] == '\t' ? 0 : blank;
    }
    if (i < to && p[i] != '\0' && strchr("-./()", p[i]) != NULL) {
        *ret_kind = p[i];
        return 1;
    }
    if (i >= to || (p[i] != '%' && !weir_is(p[i], WEIR_C_HIGH)))
        return 0;
    for (size_t k = 0; k < sizeof others / sizeof *others; k++)
        if (to - i >= others[k].text.n && memcmp(p + i, others[k].text.p, others[k].text.n) == 0) {
            *ret_kind = others[k].kind;
            return others[k].text.n;
        }
    return 0;
}

/* Up to three separators between two groups: past them, `i` when no digit
 * follows. Brackets stand as pairs: ") " and " (". */
static size_t between(const char *p, size_t i, size_t to, char *ret_kind)
{
    size_t start = i;
    char kind;

    *ret_kind = '\0';
    for (unsigned n = 0; n < 3 && i < to; n++) {
        size_t len = separator(p, i, to, &kind);

        if (len == 0)
            break;
        /* two dashes, dots, slashes in a row separate no groups */
        if (*ret_kind != '\0' && kind == *ret_kind && kind != ' ')
            return start;
        if (*ret_kind == '\0' || *ret_kind == ' ')
            *ret_kind = kind;
        i += len;
    }
    return i < to && weir_is_digit(p[i]) ? i : start;
}

/* Reads groups of digits from `i`, which stands on the first digit or on the
 * bracket before it. */
static void read_groups(const char *p, size_t i, size_t to, struct printed *n)
{
    char kind = '\0';

    if (i < to && p[i] == '(') {
        kind = '(';
        n->bracket = true;
        i++;
    }
    while (i < to && n->groups < MAX_GROUPS && n->digits <= MAX_DIGITS) {
        size_t start = i;

        n->first[n->groups] = p[i];
        n->seps[n->groups] = kind;
        while (i < to && weir_is_digit(p[i]) && i - start < 16)
            i++;
        if (i == start)
            return;
        n->ends[n->groups] = i;
        n->sizes[n->groups++] = (uint8_t)(i - start);
        n->digits += (unsigned)(i - start);
        start = i;
        i = between(p, i, to, &kind);
        if (i == start)
            return;
    }
}

/* The digits of an extension behind its word, up to six: past them, or `i`. */
static size_t extension_digits(const char *p, size_t i, size_t to)
{
    size_t start;

    while (i < to && (p[i] == ' ' || p[i] == ':'))
        i++;
    for (start = i; i < to && weir_is_digit(p[i]) && i - start < 6;)
        i++;
    return i == to || !weir_is(p[i], WEIR_C_ALNUM) ? i : start;
}

/* " ext. 12", " x12", "#12" behind a number: past it. */
static size_t past_extension(const char *p, size_t e, size_t to)
{
    static const char *const words[] = {"extension", "ext.",  "ext", "x",
                                        "durchwahl", "poste", "#",   ";ext="};
    size_t i = e;

    while (i < to && i - e < 2 && (p[i] == ' ' || p[i] == ','))
        i++;
    for (size_t k = 0; k < sizeof words / sizeof *words; k++) {
        size_t end;

        if (!weir_starts_nocase(p + i, to - i, words[k]))
            continue;
        end = extension_digits(p, i + strlen(words[k]), to);
        if (weir_is_digit(p[end - 1]))
            return end;
    }
    return e;
}

/* Does a mark before a number make it part of what stands before the mark? */
static bool mark_joins(char mark, char before)
{
    switch (mark) {
    case ':': /* a time, a line; but tel:030 */
        return weir_is_digit(before);
    case '/':
        return weir_is_digit(before);
    case '-':
    case '.':
    case '#':
        return weir_is(before, WEIR_C_ALNUM);
    default:
        return mark == '_' || mark == '$' || mark == '+';
    }
}

/* Nothing that the number would be part of. */
static bool starts_free(const struct weir_subject *s, size_t i)
{
    char before = i > 0 ? s->p[i - 1] : ' ';
    char further = i > 1 ? s->p[i - 2] : ' ';

    if (weir_is(before, WEIR_C_ALNUM))
        return weir_escape_before(s->p, i);
    return !mark_joins(before, further);
}

static bool ends_free(const struct weir_subject *s, size_t e)
{
    char next = e + 1 < s->n ? s->p[e + 1] : ' ';

    if (e >= s->n || (weir_lower(s->p[e]) == 'x' && past_extension(s->p, e, s->n) > e))
        return true;
    if (weir_is(s->p[e], WEIR_C_ALNUM) || s->p[e] == '_' || s->p[e] == '%')
        return s->p[e] == '%';
    if (memchr("-./:", s->p[e], 4) != NULL)
        return !weir_is(next, WEIR_C_ALNUM) && next != s->p[e];
    return true;
}

/* NANP: an area and an exchange that begin with 2 to 9, of 3-3-4 digits; the
 * area 555 stands in fiction only, with any exchange. */
static bool nanp(const struct printed *n)
{
    unsigned g = n->groups == 4 && n->sizes[0] == 1 && n->first[0] == '1';

    if (n->groups != 3 + g || n->sizes[g] != 3 || n->sizes[g + 1] != 3 || n->sizes[g + 2] != 4)
        return false;
    if (n->first[g] < '2' || (n->first[g + 1] < '2' && n->first[g] != '5'))
        return false;
    if (n->bracket || (g > 0 && n->seps[g] == '('))
        return true;
    return (n->seps[g + 1] == '-' || n->seps[g + 1] == '.') && n->seps[g + 1] == n->seps[g + 2];
}

/* Do the separators of a number with a trunk 0 agree? Dots alone stand in
 * addresses and versions, too. */
static bool even(const struct printed *n)
{
    for (unsigned g = 1; g < n->groups; g++)
        if ((g > 1 && n->seps[g] != n->seps[1] && n->groups != 3) ||
            (n->seps[g] == '.' && n->groups < 5))
            return false;
    return true;
}

static unsigned shortest(const struct printed *n)
{
    unsigned least = 16;

    for (unsigned g = 1; g < n->groups; g++)
        least = n->sizes[g] < least ? n->sizes[g] : least;
    return least;
}

/* A trunk 0 and groups, all with the same separator. */
static bool trunk(const struct printed *n, const char *p, size_t i)
{
    if (n->first[0] != '0' || n->sizes[0] < 2 || p[i + 1 + n->bracket] == '0')
        return false;
    if (n->groups < 2 || n->groups > 5 || n->digits < 9 || n->digits > 12 || !even(n) ||
        shortest(n) < 2)
        return false;
    if (n->groups == 5)
        return n->sizes[0] == 2;
    /* 02110-1301 is a ZIP code, 01-02-2024 and 01/02/2024 are dates */
    if (n->groups == 2)
        return n->sizes[0] > 2 ? n->sizes[1] > 4 || n->sizes[0] != 5 : n->sizes[1] >= 7;
    return n->sizes[0] > 2 || n->seps[1] == ' ';
}

/* 00, a country, and groups. */
static bool zero_zero(const struct printed *n, const char *p, size_t i)
{
    return n->groups >= 2 && n->sizes[0] >= 3 && n->sizes[0] <= 5 && p[i] == '0' &&
           p[i + 1] == '0' && p[i + 2] >= '1' && n->digits >= 10 && n->digits <= 15;
}

/* Groups of four, two and two digits from `g` on: a date, the year first. */
static bool year_first(const struct printed *n, unsigned g)
{
    return g + 2 < n->groups && n->sizes[g] == 4 && n->sizes[g + 1] == 2 && n->sizes[g + 2] == 2;
}

/* 2024-01-31, 31.01.2024 10.15, 005/2026-12-22: a date, or several numbers. */
static bool date(const struct printed *n)
{
    bool year_last = n->groups >= 3 && n->sizes[0] <= 2 && n->sizes[1] <= 2 && n->sizes[2] == 4 &&
                     (n->first[2] == '1' || n->first[2] == '2') && !n->bracket;

    for (unsigned g = 1; g + 2 < n->groups; g++)
        if (year_first(n, g) && n->seps[g + 1] == '-' && n->seps[g + 2] == '-')
            return true;
    return year_last ||
           (year_first(n, 0) && (n->first[0] == '1' || n->first[0] == '2') && n->first[1] <= '1');
}

/* Four groups of up to three digits with dots: an address or a version. */
static bool dotted(const struct printed *n)
{
    for (unsigned g = 1; g < n->groups; g++)
        if (n->seps[g] != '.' || n->sizes[g] > 3)
            return false;
    return n->groups >= 3 && n->sizes[0] <= 3;
}

/* Groups that no telephone number is printed in: a list of numbers, money. */
static bool odd(const struct printed *n)
{
    unsigned ones = 0;

    for (unsigned g = 0; g < n->groups; g++)
        ones += n->sizes[g] == 1 && n->seps[g] != '(' && n->first[g] != '0' && n->first[g] != '1';
    return ones > 1 || dotted(n) || date(n);
}

/* Does a hint of the telephone stand before `i`, with but small words and
 * marks in between? */
static bool hint_before(const struct weir_subject *s, size_t i)
{
    const struct weir_str text = {s->p, s->n};
    size_t from = i > BEFORE ? i - BEFORE : 0;

    for (size_t k = i; k > from;) {
        char c = s->p[--k];
        size_t end;

        if (weir_is_digit(c) || c == '\n' || c == ';' || c == '}')
            return false;
        if (weir_is(c, WEIR_C_ALPHA | WEIR_C_HIGH) &&
            (weir_hint_at(text, k, &end) & WEIR_HINT_PHONE) != 0)
            return weir_context_gap(s->p, end, s->n, 3) >= i;
    }
    return false;
}

/* The word right before `i` names a number of another kind. */
static bool other_before(const struct weir_subject *s, size_t i)
{
    static const char *const words[] = {
        "order", "invoice", "ref",      "reference", "id",     "sku",  "isbn",   "issn",  "ticket",
        "case",  "batch",   "code",     "serial",    "part",   "v",    "zip",    "build", "version",
        "port",  "line",    "amount",   "total",     "price",  "row",  "usd",    "eur",   "account",
        "iban",  "card",    "ssn",      "hash",      "commit", "seq",  "lot",    "model", "item",
        "key",   "doi",     "ean",      "upc",       "gtin",   "asin", "offset", "size",  "bytes",
        "hex",   "crc",     "checksum", "tracking",
    };
    static const char *const vague[] = {"no", "nr", "number"}; /* contact number 067 ... */
    size_t end = i, start;

    while (end > 0 && i - end < 4 && s->p[end - 1] != '\0' &&
           strchr(" :=#\"'.(", s->p[end - 1]) != NULL)
        end--;
    for (start = end; start > 0 && end - start < 12 && weir_is(s->p[start - 1], WEIR_C_ALPHA);)
        start--;
    for (size_t k = 0; k < sizeof vague / sizeof *vague; k++)
        if (strlen(vague[k]) == end - start &&
            weir_starts_nocase(s->p + start, end - start, vague[k]))
            return !hint_before(s, i);
    for (size_t k = 0; k < sizeof words / sizeof *words; k++)
        if (strlen(words[k]) == end - start &&
            weir_starts_nocase(s->p + start, end - start, words[k]))
            return true;
    return false;
}

/* "'22 959 64 52' is not a valid phone number": what is said of it behind. */
static bool said_behind(const struct weir_subject *s, size_t e)
{
    static const char *const says[] = {"is not a valid ", "is not a ", "is no valid ",
                                       "is an invalid ",  "is a ",     "not a valid "};
    static const char *const what[] = {"phone", "mobile", "telephone", "cell"};
    size_t i = e;

    while (i < s->n && i - e < 4 && s->p[i] != '\0' && strchr(" \"'`\\)]", s->p[i]) != NULL)
        i++;
    if (i >= s->n || (s->p[i] != 'i' && s->p[i] != 'n'))
        return false;
    for (size_t k = 0; k < sizeof says / sizeof *says; k++) {
        size_t at = i + strlen(says[k]);

        if (!weir_starts_nocase(s->p + i, s->n - i, says[k]))
            continue;
        for (size_t w = 0; w < sizeof what / sizeof *what; w++)
            if (weir_starts_nocase(s->p + at, s->n - at, what[w]))
                return true;
    }
    return false;
}

/* Is it the value of a key that tells? */
static bool key_before(const struct weir_subject *s, size_t i)
{
    return (weir_pair_before(s, i) & s->key_rule) != 0;
}

/* A form that nothing else has? */
static bool unmistakable(const struct weir_subject *s, size_t i, const struct printed *n)
{
    if (n->plus)
        return n->digits >= MIN_INTERNATIONAL && n->digits <= MAX_DIGITS;
    return !date(n) && (nanp(n) || trunk(n, s->p, i) || zero_zero(n, s->p, i)) &&
           (key_before(s, i) || !other_before(s, i));
}

/* Any number, by what stands before it. */
static bool told(const struct weir_subject *s, size_t i, const struct printed *n)
{
    if (n->digits < MIN_LOCAL || n->digits > MAX_DIGITS || odd(n))
        return false;
    return key_before(s, i) || (hint_before(s, i) && !other_before(s, i)) ||
           said_behind(s, n->ends[n->groups - 1]);
}

/* The number at `i`, with its + or bracket: the offset past it, `i`: nobody's.
 * What follows behind a blank may be another number ("2 times"): the most
 * groups that make a number of a known form, else the most that may be one. */
static size_t somebodys(const struct weir_subject *s, size_t i, const struct printed *all)
{
    for (unsigned form = 0; form < 2; form++) {
        struct printed n = *all;

        while (n.groups > 0) {
            unsigned last = n.groups - 1;

            if (ends_free(s, n.ends[last]) && (form == 0 ? unmistakable(s, i, &n) : told(s, i, &n)))
                return n.ends[last];
            if (last == 0 || n.seps[last] != ' ')
                break;
            n.digits -= n.sizes[last];
            n.groups--;
        }
    }
    return i;
}

/* The length of a plus at `i` in any spelling, 0: none. */
static size_t plus(const char *p, size_t i, size_t to)
{
    if (p[i] == '+')
        return 1;
    if (to - i < 3)
        return 0;
    if (p[i] == '%' && p[i + 1] == '2' && weir_lower(p[i + 2]) == 'b')
        return 3;
    return memcmp(p + i, "\xEF\xBC\x8B", 3) == 0 ? 3 : 0; /* of full width */
}

/* The first digit of a number at `i`, or the bracket before it; SIZE_MAX:
 * there is none, or a country that begins with 0. */
static size_t head(const char *p, size_t i, size_t to, bool *ret_plus)
{
    size_t len = plus(p, i, to), k = i + len, digit;

    *ret_plus = len > 0;
    if (k >= to)
        return SIZE_MAX;
    digit = k + (p[k] == '(');
    if (digit >= to || !weir_is_digit(p[digit]) || (len > 0 && p[digit] == '0'))
        return SIZE_MAX;
    return k;
}

/* Past the first run of digits at or behind `i`: where to look next. */
static size_t past_digits(const char *p, size_t i, size_t to)
{
    while (i < to && !weir_is_digit(p[i]))
        i++;
    while (i < to && weir_is_digit(p[i]))
        i++;
    return i;
}

/* The value of a key that tells: a number and nothing else of weight. */
static bool under_key(const struct weir_subject *s, struct weir_span *ret_span)
{
    size_t digits = 0, letters = 0;

    if (s->n > 40)
        return false;
    for (size_t i = 0; i < s->n; i++) {
        digits += weir_is_digit(s->p[i]);
        letters += weir_is(s->p[i], WEIR_C_ALPHA);
    }
    *ret_span = (struct weir_span){0, s->n};
    return digits >= 5 && digits <= 18 && letters <= digits && letters <= 4;
}

/* The number whose head is at `i`: the offset past it, or `i`. */
static size_t number_at(const struct weir_subject *s, size_t i, size_t to)
{
    struct printed n = {0};
    size_t first = head(s->p, i, to, &n.plus);

    if (first == SIZE_MAX || !starts_free(s, i))
        return i;
    read_groups(s->p, first, to, &n);
    return somebodys(s, i, &n);
}

/* May a number begin with this byte? */
static bool may_begin(char c)
{
    return weir_is_digit(c) || c == '+' || c == '(' || c == '%' || c == '\xEF';
}

WEIR_FINDER(weir_find_phone)
{
    const char *p = s->p;

    (void)leaf;
    if (from == 0 && to == s->n && weir_context_under(s) && under_key(s, ret_span))
        return WEIR_FOUND;
    for (size_t i = from, region = from; weir_numbers_at(s, MIN_LOCAL, to, &i, &region);) {
        size_t end;

        if (!may_begin(p[i])) {
            i++;
            continue;
        }
        end = number_at(s, i, to);
        if (end > i) {
            *ret_span = (struct weir_span){i, past_extension(p, end, to)};
            return WEIR_FOUND;
        }
        i = weir_is_digit(p[i]) ? past_digits(p, i, to) : i + 1;
    }
    return WEIR_FOUND_NOTHING;
}
