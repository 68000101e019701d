/* detect_money.c - IBANs, US social security numbers, and IMEIs.
 *
 * An IBAN is a country's letters, the length of that country, and a remainder
 * of 1 modulo 97. A social security number is 3-2-4 digits in ranges that are
 * issued; other forms than with dashes ask for a word. An IMEI is 15 digits
 * with Luhn's check, the first two of a body that allocates them; other bodies
 * ask for a word. */
#include "chars.h"
#include "near.h"
#include "number.h"
#include "numbers.h"

/* Length of IBANs of a country (SWIFT IBAN registry), 0: none. */
static size_t iban_length(char a, char b)
{
    static const char table[] =
        "AD24AE23AL28AT20AZ28BA20BE16BG22BH22BI27BR29BY28CH21CR22CY28CZ24DE22DJ27DK18DO28EE20EG29"
        "ES24FI18FK18FO18FR27GB22GE22GI23GL18GR27GT28HN28HR21HU28IE22IL23IQ23IS26IT27JO30KW30KZ20"
        "LB28LC32LI21LT20LU20LV21LY25MC27MD24ME22MK19MN20MR27MT31MU30NI28NL18NO15OM23PK24PL28PS29"
        "PT25QA29RO24RS22RU33SA24SC31SD18SE24SI19SK24SM27SO23ST25SV28TL23TN24TR26UA29VA22VG24XK20"
        "YE30AO25BF28BJ28CF27CG27CI28CM27CV25DZ26GA27GQ27GW25IR26KM27MA28MG27ML28MZ25NE28SN28TD27"
        "TG28";

    if (a >= 'a')
        a = (char)(a - 32);
    if (b >= 'a')
        b = (char)(b - 32);
    for (size_t i = 0; i + 3 < sizeof table; i += 4)
        if (table[i] == a && table[i + 1] == b)
            return (size_t)(table[i + 2] - '0') * 10 + (size_t)(table[i + 3] - '0');
    return 0;
}

/* ISO 7064: the first four characters go last, letters count 10 to 35. */
static bool mod97(const char *c, size_t n)
{
    unsigned r = 0;

    for (size_t i = 0; i < n; i++) {
        char x = c[(i + 4) % n];

        if (weir_is_digit(x))
            r = (r * 10 + (unsigned)(x - '0')) % 97;
        else
            r = (r * 100 + (unsigned)(weir_lower(x) - 'a' + 10)) % 97;
    }
    return r == 1;
}

/* The IBAN that starts at `i`: the offset past it, or `i`. */
static size_t iban_at(const struct weir_subject *s, size_t i, size_t to)
{
    size_t want = iban_length(s->p[i], s->p[i + 1]), n = 0, at = i;
    char c[34], kind;

    while (n < want && at < to) {
        if (weir_is(s->p[at], WEIR_C_ALNUM)) {
            c[n++] = s->p[at++];
        } else {
            size_t sep = weir_separator(s->p, at, to, &kind);

            /* groups have two characters or more */
            if (sep == 0 || n < 4 || (at + sep + 1 >= to && n + 1 < want))
                return i;
            at += sep;
            if (at >= to || !weir_is(s->p[at], WEIR_C_ALNUM))
                return i;
        }
    }
    if (want == 0 || n < want || (at < s->n && weir_is(s->p[at], WEIR_C_ALNUM)))
        return i;
    return mod97(c, n) ? at : i;
}

WEIR_FINDER(weir_find_iban)
{
    const char *p = s->p;

    (void)leaf;
    for (size_t i = from; i + 3 < to; i++) {
        size_t e;

        if (!weir_is_digit(p[i + 3])) { /* nor may one begin at the next byte, or at what it is */
            i += weir_is(p[i + 3], WEIR_C_ALPHA) ? 1 : 3;
            continue;
        }
        if (!weir_is_digit(p[i + 2]) || !weir_is(p[i], WEIR_C_ALPHA) ||
            !weir_is(p[i + 1], WEIR_C_ALPHA) || !weir_number_starts(s, i))
            continue;
        e = iban_at(s, i, to);
        if (e > i) {
            *ret_span = (struct weir_span){i, e};
            return WEIR_FOUND;
        }
    }
    return WEIR_FOUND_NOTHING;
}

static bool ssn_told(const struct weir_subject *s, size_t i)
{
    static const struct weir_str terms[] = {WEIR_STR("*ssn*"), WEIR_STR("social*"),
                                            WEIR_STR("*itin*")};
    static const struct weir_words words = {terms, sizeof terms / sizeof *terms, NULL, 0, NULL, 0};

    return weir_near(s, i, &words);
}

static bool ssn_valid(const char d[9])
{
    return memcmp(d, "000", 3) != 0 && memcmp(d, "666", 3) != 0 && d[0] != '9' &&
           memcmp(d + 3, "00", 2) != 0 && memcmp(d + 5, "0000", 4) != 0;
}

/* The nine digits at `i` as ddd-dd-dddd, with blanks, or in one run: their
 * bytes, 0: they do not stand there. */
static size_t ssn_digits(const char *p, size_t i, size_t to, char d[9])
{
    size_t run = weir_digits(p, i, to);

    if (run == 9) {
        memcpy(d, p + i, 9);
        return 9;
    }
    if (run != 3 || i + 11 > to || (p[i + 3] != '-' && p[i + 3] != ' ') || p[i + 6] != p[i + 3])
        return 0;
    if (weir_digits(p, i + 4, to) != 2 || weir_digits(p, i + 7, to) != 4)
        return 0;
    memcpy(d, p + i, 3);
    memcpy(d + 3, p + i + 4, 2);
    memcpy(d + 5, p + i + 7, 4);
    return 11;
}

/* Does a number that ends at `e` go on, perhaps behind a dash? */
static bool goes_on(const struct weir_subject *s, size_t e)
{
    if (e >= s->n)
        return false;
    if (s->p[e] == '-')
        return e + 1 < s->n && weir_is(s->p[e + 1], WEIR_C_ALNUM);
    return weir_is(s->p[e], WEIR_C_ALNUM) || s->p[e] == '_';
}

/* The number at `i`: the offset past it, or `i`. Only dashes tell enough;
 * the other forms need the context. */
static size_t ssn_at(const struct weir_subject *s, size_t i, size_t to)
{
    char d[9];
    size_t n = ssn_digits(s->p, i, to, d);

    if (n == 0 || goes_on(s, i + n) || !ssn_valid(d))
        return i;
    if ((n == 9 || s->p[i + 3] == ' ') && !ssn_told(s, i))
        return i;
    return i + n;
}

WEIR_FINDER(weir_find_ssn)
{
    (void)leaf;
    for (size_t i = from, end = from; weir_numbers_at(s, WEIR_NUMBER_SSN, to, &i, &end); i++) {
        size_t run, e;

        if (!weir_is_digit(s->p[i])) {
            i += weir_step(s->p, i, to) - 1;
            continue;
        }
        run = weir_digits(s->p, i, to);
        e = i;
        if ((run == 3 || run == 9) && weir_number_starts(s, i) &&
            !(i >= 2 && s->p[i - 1] == '-' && weir_is(s->p[i - 2], WEIR_C_ALNUM)))
            e = ssn_at(s, i, to);
        if (e > i) {
            *ret_span = (struct weir_span){i, e};
            return WEIR_FOUND;
        }
        i += run - 1;
    }
    return WEIR_FOUND_NOTHING;
}

/* ---- IMEI ------------------------------------------------------------------- */

/* Groups as they are printed: 2-6-6-1, 6-2-6-1, 8-6-1. */
static bool imei_groups(uint32_t shape)
{
    return shape == 9 || shape == 2661 || shape == 6261 || shape == 861;
}

/* The 15 digits at `i`: the offset past them, or `i`. */
static size_t imei_digits(const struct weir_subject *s, size_t i, size_t to, char d[15])
{
    size_t n = 0, at = i, sep = 0;
    uint32_t shape = 0;
    char kind;

    for (unsigned group = 0; group < 4 && n < 15; group++) {
        size_t run = weir_digits(s->p, at, to);

        if (run == 0 || n + run > 15)
            return i;
        memcpy(d + n, s->p + at, run);
        n += run;
        at += run;
        shape = shape * 10 + (uint32_t)(run > 9 ? 9 : run);
        sep = n < 15 ? weir_separator(s->p, at, to, &kind) : 0;
        if (n < 15 && sep == 0)
            return i;
        at += sep;
    }
    return n == 15 && imei_groups(shape) && weir_number_ends(s, at) ? at : i;
}

/* Bodies that allocate today's numbers: USA, UK, China, India, and the global
 * one. */
static bool imei_body(const char d[15])
{
    static const char bodies[] = "013586919899";

    for (size_t i = 0; i + 1 < sizeof bodies; i += 2)
        if (d[0] == bodies[i] && d[1] == bodies[i + 1])
            return true;
    return false;
}

static bool imei_told(const struct weir_subject *s, size_t i)
{
    static const struct weir_str terms[] = {WEIR_STR("*imei*"), WEIR_STR("handset*"),
                                            WEIR_STR("device*"), WEIR_STR("mobile*")};
    static const struct weir_words words = {terms, sizeof terms / sizeof *terms, NULL, 0, NULL, 0};

    return weir_near(s, i, &words);
}

static size_t imei_at(const struct weir_subject *s, size_t i, size_t to)
{
    char d[15];
    size_t e = imei_digits(s, i, to, d);

    if (e == i || !weir_luhn(d, 15) || weir_modulo(d, 15, 10000000) == 0)
        return i;
    return imei_body(d) || imei_told(s, i) ? e : i;
}

WEIR_FINDER(weir_find_imei)
{
    (void)leaf;
    for (size_t i = from, end = from; weir_numbers_at(s, WEIR_NUMBER_IMEI, to, &i, &end); i++) {
        size_t run = weir_digits(s->p, i, to), e = i;

        if (run == 0) {
            i += weir_step(s->p, i, to) - 1;
            continue;
        }
        if ((run == 15 || run == 2 || run == 6 || run == 8) && weir_number_starts(s, i))
            e = imei_at(s, i, to);
        if (e > i) {
            *ret_span = (struct weir_span){i, e};
            return WEIR_FOUND;
        }
        i += run - 1;
    }
    return WEIR_FOUND_NOTHING;
}
