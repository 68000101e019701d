/* national_eu.c - checks of Europe's numbers. Weights and letters are those
 * that the states publish; dates inside a number must be days that exist. */
#include "national.h"

#include "chars.h"
#include "number.h"

/* The remainder that a sum leaves in its check digit, 10 standing for 0. */
static bool check_is(unsigned check, char digit)
{
    return check % 10 == (unsigned)(digit - '0');
}

static unsigned two(const char *c)
{
    return weir_value(c, 2);
}

/* ---- United Kingdom, Ireland ------------------------------------------------ */

bool weir_valid_uk_nino(const char *c, size_t n)
{
    static const char never[] = "BGGBKNNKNTTNZZ";

    for (size_t i = 0; never[i] != '\0'; i += 2)
        if (c[0] == never[i] && c[1] == never[i + 1])
            return false;
    return n == 9 && memchr("DFIQUV", c[0], 6) == NULL && memchr("DFIOQUV", c[1], 7) == NULL &&
           c[8] <= 'D';
}

bool weir_valid_uk_nhs(const char *c, size_t n)
{
    static const uint8_t weights[] = {10, 9, 8, 7, 6, 5, 4, 3, 2, 1};

    return weir_weigh(c, weights, n) % 11 == 0;
}

bool weir_valid_ie_pps(const char *c, size_t n)
{
    static const uint8_t weights[] = {8, 7, 6, 5, 4, 3, 2};
    unsigned sum = weir_weigh(c, weights, 7);

    if (n == 9) {
        if (memchr("ABHW", c[8], 4) == NULL)
            return false;
        sum += c[8] == 'W' ? 0 : (unsigned)(c[8] - 'A' + 1) * 9;
    }
    return c[7] == "WABCDEFGHIJKLMNOPQRSTUV"[sum % 23];
}

/* ---- Germany, Austria, Switzerland ------------------------------------------- */

/* Of the first ten digits one stands there twice or three times, all others
 * at most once. */
bool weir_valid_de_tax_id(const char *c, size_t n)
{
    unsigned seen[10] = {0}, repeated = 0;

    for (size_t i = 0; i < 10; i++)
        seen[c[i] - '0']++;
    for (size_t i = 0; i < 10; i++) {
        if (seen[i] > 3)
            return false;
        repeated += seen[i] > 1;
    }
    return c[0] != '0' && repeated == 1 && weir_mod_11_10(c, n);
}

/* Area, birthday, initial (as two digits), serial; cross sums of the products. */
bool weir_valid_de_svnr(const char *c, size_t n)
{
    static const uint8_t weights[] = {2, 1, 2, 5, 7, 1, 2, 1, 2, 1, 2, 1};
    unsigned letter = (unsigned)(c[8] - 'A' + 1), sum = 0, day = two(c + 2);
    char d[12];

    memcpy(d, c, 8);
    d[8] = (char)('0' + letter / 10);
    d[9] = (char)('0' + letter % 10);
    d[10] = c[9];
    d[11] = c[10];
    for (size_t i = 0; i < sizeof d; i++) {
        unsigned product = (unsigned)(d[i] - '0') * weights[i];

        sum += product / 10 + product % 10;
    }
    return n == 12 && weir_date(two(c + 4), day) && check_is(sum % 10, c[11]);
}

bool weir_valid_at_svnr(const char *c, size_t n)
{
    static const uint8_t weights[] = {3, 7, 9, 0, 5, 8, 4, 2, 1, 6};

    return c[0] != '0' && weir_weigh(c, weights, n) % 11 == (unsigned)(c[3] - '0') &&
           weir_date(two(c + 6), two(c + 4));
}

/* EAN-13 under Switzerland's 756. */
bool weir_valid_ch_ahv(const char *c, size_t n)
{
    static const uint8_t weights[] = {1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1};

    return memcmp(c, "756", 3) == 0 && weir_weigh(c, weights, n) % 10 == 0;
}

/* ---- France, Belgium, Netherlands --------------------------------------------- */

/* Sex, year, month (20 and 30 to 42 where it is not known), department (2A and
 * 2B on Corsica), commune, serial, 97 less the remainder. */
bool weir_valid_fr_nir(const char *c, size_t n)
{
    char d[15];
    unsigned month = two(c + 3), corsica = 0;

    memcpy(d, c, 15);
    if (weir_is(c[6], WEIR_C_ALPHA)) {
        if (c[5] != '2' || (c[6] != 'A' && c[6] != 'B'))
            return false;
        corsica = c[6] == 'A' ? 1000000 : 2000000;
        d[6] = '0';
    }
    if (memchr("123478", c[0], 6) == NULL || (month > 12 && month != 20 && month < 30) ||
        month == 0 || month > 42 || memcmp(d + 5, "00", 2) == 0)
        return false;
    /* 2A counts as 19 and 2B as 18: that is 20 less 1 or 2, six places up */
    return n == 15 && 97 - (weir_modulo(d, 13, 97) + 97 - corsica % 97) % 97 == two(c + 13);
}

bool weir_valid_be_nn(const char *c, size_t n)
{
    unsigned month = two(c + 2) % 20, day = two(c + 4), check = two(c + 9);
    unsigned before = weir_value(c, 9) % 97;

    if (n != 11 || (month != 0 && !weir_date(month, day)))
        return false;
    /* born in 2000 or later: with a 2 in front */
    return 97 - before == check || 97 - (before + 2000000000U % 97) % 97 == check;
}

bool weir_valid_nl_bsn(const char *c, size_t n)
{
    static const uint8_t weights[] = {9, 8, 7, 6, 5, 4, 3, 2};
    unsigned sum = weir_weigh(c, weights + (9 - n), n - 1);

    return weir_value(c, n) > 1000000 && sum % 11 == (unsigned)(c[n - 1] - '0');
}

/* ---- Spain, Portugal, Italy ---------------------------------------------------- */

static bool spanish(unsigned number, char letter)
{
    return "TRWAGMYFPDXBNJZSQVHLCKE"[number % 23] == letter;
}

bool weir_valid_es_dni(const char *c, size_t n)
{
    return n == 9 && weir_value(c, 8) > 0 && spanish(weir_value(c, 8), c[8]);
}

bool weir_valid_es_nie(const char *c, size_t n)
{
    if (n != 9 || c[0] < 'X' || c[0] > 'Z')
        return false;
    return spanish((unsigned)(c[0] - 'X') * 10000000 + weir_value(c + 1, 7), c[8]);
}

bool weir_valid_pt_nif(const char *c, size_t n)
{
    static const uint8_t weights[] = {9, 8, 7, 6, 5, 4, 3, 2};
    unsigned rest = weir_weigh(c, weights, 8) % 11;

    return n == 9 && memchr("123", c[0], 3) != NULL && check_is(rest < 2 ? 0 : 11 - rest, c[8]);
}

/* A digit, or the letter that stands for it where two persons would share a
 * number; 10: neither. */
static unsigned omocodia(char c)
{
    static const char letters[] = "LMNPQRSTUV";
    const char *at;

    if (weir_is_digit(c))
        return (unsigned)(c - '0');
    at = memchr(letters, c, 10);
    return at != NULL ? (unsigned)(at - letters) : 10;
}

bool weir_valid_it_codice_fiscale(const char *c, size_t n)
{
    static const uint8_t odd[] = {1,  0,  5, 7, 9, 13, 15, 17, 19, 21, 2,  4,  18,
                                  20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23};
    static const uint8_t digits[] = {6, 7, 9, 10, 12, 13, 14};
    unsigned sum = 0, day;

    for (size_t i = 0; i < sizeof digits; i++)
        if (omocodia(c[digits[i]]) == 10)
            return false;
    day = omocodia(c[9]) * 10 + omocodia(c[10]);
    if (n != 16 || memchr("ABCDEHLMPRST", c[8], 12) == NULL || day % 40 < 1 || day % 40 > 31 ||
        day > 71 || !weir_is(c[11], WEIR_C_ALPHA))
        return false;
    for (size_t i = 0; i < 15; i++) {
        unsigned v = (unsigned)(weir_is_digit(c[i]) ? c[i] - '0' : c[i] - 'A');

        sum += i % 2 == 0 ? odd[v] : v;
    }
    return c[15] == (char)('A' + sum % 26);
}

/* ---- Nordic countries, Estonia, Lithuania ----------------------------------------- */

/* Ten digits, or twelve with the century; the day of a coordination number is
 * 60 more. */
bool weir_valid_se_personnummer(const char *c, size_t n)
{
    if (n == 12) {
        unsigned century = two(c);

        if (century < 18 || century > 20)
            return false;
        c += 2;
    }
    return weir_date(two(c + 2), two(c + 4) % 60) && weir_luhn(c, 10);
}

/* Born before 2007: modulo 11; numbers issued since have no check. */
bool weir_valid_dk_cpr(const char *c, size_t n)
{
    return n == 10 && weir_date(two(c + 2), two(c) % 60);
}

bool weir_valid_no_fnr(const char *c, size_t n)
{
    static const uint8_t first[] = {3, 7, 6, 1, 8, 9, 4, 5, 2, 1};
    static const uint8_t second[] = {5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1};

    return n == 11 && weir_date(two(c + 2) % 40, two(c) % 40) &&
           weir_weigh(c, first, 10) % 11 == 0 && weir_weigh(c, second, 11) % 11 == 0;
}

bool weir_valid_fi_hetu(const char *c, size_t n)
{
    unsigned rest;
    char nine[9];
    const char *serial = c + n - 4;

    if (!weir_date(two(c + 2), two(c)) || !weir_is_digit(serial[0]))
        return false;
    /* the sign of the century is a letter in those of seven */
    if (n == 11 && memchr("ABCDEFYXWVU", c[6], 11) == NULL)
        return false;
    memcpy(nine, c, 6);
    memcpy(nine + 6, serial, 3);
    rest = weir_modulo(nine, 9, 31);
    return weir_value(serial, 3) >= 2 && serial[3] == "0123456789ABCDEFHJKLMNPRSTUVWXY"[rest];
}

bool weir_valid_ee_isikukood(const char *c, size_t n)
{
    static const uint8_t first[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 1};
    static const uint8_t second[] = {3, 4, 5, 6, 7, 8, 9, 1, 2, 3};
    unsigned check = weir_weigh(c, first, 10) % 11;

    if (check == 10)
        check = weir_weigh(c, second, 10) % 11;
    return n == 11 && c[0] >= '1' && c[0] <= '8' && weir_date(two(c + 3), two(c + 5)) &&
           check_is(check, c[10]);
}

/* ---- Poland, Czechia, Slovakia, Romania, Bulgaria, Croatia --------------------------- */

/* The century is in the month: 80, 0, 20, 40, 60 more. */
bool weir_valid_pl_pesel(const char *c, size_t n)
{
    static const uint8_t weights[] = {1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1};

    return n == 11 && weir_date(two(c + 2) % 20, two(c + 4)) &&
           weir_weigh(c, weights, 11) % 10 == 0;
}

/* Women have 50 in the month, and 20 more when the day ran out of numbers. */
bool weir_valid_cz_rodne_cislo(const char *c, size_t n)
{
    unsigned month = two(c + 2) % 50;

    return n == 10 && weir_date(month > 20 ? month - 20 : month, two(c + 4)) &&
           (weir_modulo(c, 10, 11) == 0 || (weir_modulo(c, 9, 11) == 10 && c[9] == '0'));
}

bool weir_valid_ro_cnp(const char *c, size_t n)
{
    static const uint8_t weights[] = {2, 7, 9, 1, 4, 6, 3, 5, 8, 2, 7, 9};
    unsigned check = weir_weigh(c, weights, 12) % 11;

    return n == 13 && c[0] != '0' && weir_date(two(c + 3), two(c + 5)) && two(c + 7) <= 52 &&
           check_is(check == 10 ? 1 : check, c[12]);
}

bool weir_valid_bg_egn(const char *c, size_t n)
{
    static const uint8_t weights[] = {2, 4, 8, 5, 10, 9, 7, 3, 6};

    return n == 10 && weir_date(two(c + 2) % 20, two(c + 4)) && two(c + 2) <= 52 &&
           check_is(weir_weigh(c, weights, 9) % 11, c[9]);
}

bool weir_valid_hr_oib(const char *c, size_t n)
{
    return n == 11 && weir_mod_11_10(c, n);
}

/* ---- Russia, Turkey --------------------------------------------------------------- */

bool weir_valid_ru_snils(const char *c, size_t n)
{
    static const uint8_t weights[] = {9, 8, 7, 6, 5, 4, 3, 2, 1};
    unsigned check = weir_weigh(c, weights, 9) % 101;

    return n == 11 && check % 100 == two(c + 9);
}

bool weir_valid_tr_kimlik(const char *c, size_t n)
{
    static const uint8_t first[] = {7, 9, 7, 9, 7, 9, 7, 9, 7};
    static const uint8_t second[] = {1, 1, 1, 1, 1, 1, 1, 1, 1, 1};

    return n == 11 && c[0] != '0' && check_is(weir_weigh(c, first, 9), c[9]) &&
           check_is(weir_weigh(c, second, 10), c[10]);
}
