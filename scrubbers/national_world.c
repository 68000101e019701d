/* national_world.c - checks of the numbers of the Americas, Asia, Africa and
 * Oceania, as the states publish them, and the lines of ICAO 9303. */
#include "national.h"

#include "chars.h"
#include "number.h"

static unsigned two(const char *c)
{
    return weir_value(c, 2);
}

static bool check_is(unsigned check, char digit)
{
    return check == (unsigned)(digit - '0');
}

/* ---- Americas ------------------------------------------------------------------- */

/* The check digit behind n digits: weights 2, 3, 4... from the right. */
static unsigned cpf_check(const char *c, size_t n)
{
    unsigned sum = 0;

    for (size_t i = 0; i < n; i++)
        sum += (unsigned)(c[i] - '0') * (unsigned)(n + 1 - i);
    return sum * 10 % 11 % 10;
}

bool weir_valid_br_cpf(const char *c, size_t n)
{
    return n == 11 && check_is(cpf_check(c, 9), c[9]) && check_is(cpf_check(c, 10), c[10]);
}

bool weir_valid_ca_sin(const char *c, size_t n)
{
    return c[0] != '8' && weir_luhn(c, n);
}

bool weir_valid_us_itin(const char *c, size_t n)
{
    unsigned group = two(c + 3);

    return n == 9 && c[0] == '9' && group >= 50 && group != 66 && group != 67 && group != 68 &&
           group != 69 && group != 89 && group != 93;
}

/* The campuses of the IRS use no other heads. */
bool weir_valid_us_ein(const char *c, size_t n)
{
    static const uint8_t never[] = {0, 7, 8, 9, 17, 18, 19, 28, 29, 49, 69, 70, 78, 79, 89, 96, 97};

    return n == 9 && memchr(never, (int)two(c), sizeof never) == NULL;
}

/* Letters that look like digits are not used. */
static bool mbi_letter(char c)
{
    return weir_is(c, WEIR_C_UPPER) && memchr("SLOIBZ", c, 6) == NULL;
}

bool weir_valid_us_mbi(const char *c, size_t n)
{
    static const char form[] = "9AX9AX9AA99";

    for (size_t i = 0; i < n; i++) {
        bool digit = weir_is_digit(c[i]);

        if ((form[i] == '9' && !digit) || (form[i] == 'A' && digit) ||
            (!digit && !mbi_letter(c[i])))
            return false;
    }
    return n == 11 && c[0] != '0';
}

bool weir_valid_mx_curp(const char *c, size_t n)
{
    unsigned sum = 0;

    if (n != 18 || !weir_date(two(c + 6), two(c + 8)) || memchr("HMX", c[10], 3) == NULL)
        return false;
    for (unsigned i = 0; i < 17; i++) {
        unsigned v = (unsigned)(weir_is_digit(c[i]) ? c[i] - '0' : c[i] - 'A' + 10);

        sum += (v + (c[i] > 'N')) * (18 - i); /* N with tilde counts between N and O */
    }
    return check_is((10 - sum % 10) % 10, c[17]);
}

bool weir_valid_cl_rut(const char *c, size_t n)
{
    unsigned sum = 0;

    for (size_t i = 0; i + 1 < n; i++)
        sum += (unsigned)(c[n - 2 - i] - '0') * (unsigned)(2 + i % 6);
    return c[n - 1] == "0K987654321"[sum % 11];
}

/* Heads of persons: 20, 23, 24, 27. */
bool weir_valid_ar_cuil(const char *c, size_t n)
{
    static const uint8_t weights[] = {5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1};
    unsigned head = two(c);

    return n == 11 && (head == 20 || head == 23 || head == 24 || head == 27) &&
           weir_weigh(c, weights, 11) % 11 == 0;
}

/* ---- Asia --------------------------------------------------------------------------- */

/* Verhoeff: the dihedral group of ten elements, permuted by place. */
bool weir_valid_in_aadhaar(const char *c, size_t n)
{
    static const uint8_t turn[8][10] = {
        {0, 1, 2, 3, 4, 5, 6, 7, 8, 9}, {1, 5, 7, 6, 2, 8, 3, 0, 9, 4},
        {5, 8, 0, 3, 7, 9, 6, 1, 4, 2}, {8, 9, 1, 6, 0, 4, 3, 5, 2, 7},
        {9, 4, 5, 3, 1, 2, 6, 8, 7, 0}, {4, 2, 8, 6, 5, 7, 3, 9, 0, 1},
        {2, 7, 9, 3, 8, 0, 6, 4, 1, 5}, {7, 0, 4, 6, 9, 1, 3, 2, 5, 8}};
    unsigned a = 0;

    for (size_t i = 0; i < n; i++) {
        unsigned b = turn[i % 8][c[n - 1 - i] - '0'];

        /* rotations are 0 to 4, reflections 5 to 9 */
        if (a < 5)
            a = b < 5 ? (a + b) % 5 : (a + b) % 5 + 5;
        else
            a = b < 5 ? (a - b) % 5 + 5 : (a - b + 5) % 5;
    }
    return n == 12 && c[0] > '1' && a == 0;
}

/* The fourth letter says what the holder is: P a person. */
bool weir_valid_in_pan(const char *c, size_t n)
{
    return n == 10 && memchr("PCHABGJLFT", c[3], 10) != NULL && memcmp(c + 5, "0000", 4) != 0;
}

bool weir_valid_cn_id(const char *c, size_t n)
{
    static const uint8_t weights[] = {7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2};
    unsigned year = weir_value(c + 6, 4);

    return n == 18 && c[0] >= '1' && year >= 1800 && year < 2100 &&
           weir_date(two(c + 10), two(c + 12)) &&
           c[17] == "10X98765432"[weir_weigh(c, weights, 17) % 11];
}

bool weir_valid_kr_rrn(const char *c, size_t n)
{
    static const uint8_t weights[] = {2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5};

    return n == 13 && weir_date(two(c + 2), two(c + 4)) && c[6] >= '1' && c[6] <= '8' &&
           check_is((11 - weir_weigh(c, weights, 12) % 11) % 10, c[12]);
}

bool weir_valid_jp_my_number(const char *c, size_t n)
{
    static const uint8_t weights[] = {6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2};
    unsigned rest = weir_weigh(c, weights, 11) % 11;

    return n == 12 && check_is(rest <= 1 ? 0 : 11 - rest, c[11]);
}

bool weir_valid_tw_id(const char *c, size_t n)
{
    static const uint8_t letters[] = {10, 11, 12, 13, 14, 15, 16, 17, 34, 18, 19, 20, 21,
                                      22, 35, 23, 24, 25, 26, 27, 28, 29, 32, 30, 31, 33};
    static const uint8_t weights[] = {8, 7, 6, 5, 4, 3, 2, 1, 1};
    unsigned letter = letters[c[0] - 'A'];

    return n == 10 && memchr("1289", c[1], 4) != NULL &&
           (letter / 10 + letter % 10 * 9 + weir_weigh(c + 1, weights, 9)) % 10 == 0;
}

/* A blank counts 36 before a single letter, A counts 10. */
bool weir_valid_hk_id(const char *c, size_t n)
{
    static const uint8_t weights[] = {7, 6, 5, 4, 3, 2};
    const char *d = c + n - 7;
    unsigned last = (unsigned)(weir_is_digit(d[6]) ? d[6] - '0' : d[6] - 'A' + 10);
    unsigned sum = (n == 9 ? (unsigned)(c[0] - 'A' + 10) : 36) * 9;

    sum += (unsigned)(d[-1] - 'A' + 10) * 8 + weir_weigh(d, weights, 6);
    return last <= 10 && (sum + last) % 11 == 0;
}

bool weir_valid_sg_nric(const char *c, size_t n)
{
    static const uint8_t weights[] = {2, 7, 6, 5, 4, 3, 2};
    unsigned sum = weir_weigh(c + 1, weights, 7);

    if (n != 9 || memchr("STFG", c[0], 4) == NULL)
        return false;
    if (c[0] == 'T' || c[0] == 'G')
        sum += 4;
    return c[8] == (c[0] >= 'S' ? "JZIHGFEDCBA" : "XWUTRQPNMLK")[sum % 11];
}

bool weir_valid_th_id(const char *c, size_t n)
{
    static const uint8_t weights[] = {13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2};

    return n == 13 && c[0] >= '1' && c[0] <= '8' &&
           check_is((11 - weir_weigh(c, weights, 12) % 11) % 10, c[12]);
}

bool weir_valid_ae_eid(const char *c, size_t n)
{
    unsigned year = weir_value(c + 3, 4);

    return n == 15 && memcmp(c, "784", 3) == 0 && year >= 1900 && year < 2100 && weir_luhn(c, n);
}

bool weir_valid_il_id(const char *c, size_t n)
{
    return weir_luhn(c, n);
}

/* ---- Africa, Oceania ------------------------------------------------------------------- */

/* Birthday, serial, citizenship (0 to 2). */
bool weir_valid_za_id(const char *c, size_t n)
{
    return n == 13 && weir_date(two(c + 2), two(c + 4)) && c[10] <= '2' && weir_luhn(c, n);
}

bool weir_valid_au_tfn(const char *c, size_t n)
{
    static const uint8_t nine[] = {1, 4, 3, 7, 5, 8, 6, 9, 10};
    static const uint8_t eight[] = {10, 7, 8, 4, 6, 3, 5, 1};

    return weir_weigh(c, n == 9 ? nine : eight, n) % 11 == 0;
}

bool weir_valid_au_medicare(const char *c, size_t n)
{
    static const uint8_t weights[] = {1, 3, 7, 9, 1, 3, 7, 9};

    return n >= 10 && c[0] >= '2' && c[0] <= '6' && check_is(weir_weigh(c, weights, 8) % 10, c[8]);
}

/* A second row of weights where the first leaves 10. */
bool weir_valid_nz_ird(const char *c, size_t n)
{
    static const uint8_t first[] = {3, 2, 7, 6, 5, 4, 3, 2}, second[] = {7, 4, 3, 2, 5, 2, 7, 6};
    unsigned rest = weir_weigh(c, first + (9 - n), n - 1) % 11;

    if (rest == 1) /* 11 less it has two digits */
        rest = weir_weigh(c, second + (9 - n), n - 1) % 11;
    return weir_value(c, n) >= 10000000 && check_is(rest == 0 ? 0 : 11 - rest, c[n - 1]);
}

/* ---- machine-readable lines -------------------------------------------------------------- */

static bool mrz_char(char c)
{
    return weir_is(c, WEIR_C_UPPER | WEIR_C_DIGIT) || c == '<';
}

/* The check digit at `at` of what is in [from, at): weights 7, 3, 1. */
static bool mrz_check(const char *line, size_t from, size_t at)
{
    static const uint8_t weights[] = {7, 3, 1};
    unsigned sum = 0;

    for (size_t i = from; i < at; i++) {
        char c = line[i];
        unsigned v = weir_is_digit(c) ? (unsigned)(c - '0')
                     : c == '<'       ? 0
                                      : (unsigned)(c - 'A' + 10);

        sum += v * weights[(i - from) % 3];
    }
    return check_is(sum % 10, line[at]);
}

/* Surname, two fillers, first names, fillers to the end. */
static bool mrz_names(const char *line, size_t n)
{
    size_t pairs = 0;

    for (size_t i = 0; i < n; i++) {
        if (weir_is_digit(line[i]))
            return false;
        pairs += i > 0 && line[i] == '<' && line[i - 1] == '<';
    }
    return pairs > 0 && line[n - 1] == '<';
}

/* Lines of passports (44) and of cards in three (30) or two (36). */
static bool mrz_line(const char *line, size_t n)
{
    if (mrz_names(line, n))
        return true;
    if (n == 30) /* the document, or birthday and expiry */
        return (memchr("ACI", line[0], 3) != NULL && mrz_check(line, 5, 14)) ||
               (mrz_check(line, 0, 6) && mrz_check(line, 8, 14));
    return mrz_check(line, 0, 9) && mrz_check(line, 13, 19) && mrz_check(line, 21, 27);
}

/* The characters of a line around the < at `i`, as far as one has. */
static struct weir_span mrz_run(const char *p, size_t from, size_t i, size_t to)
{
    size_t start = i, end = i;

    while (start > from && i - start < 45 && mrz_char(p[start - 1]) &&
           !weir_escape_before(p, start))
        start--;
    while (end < to && end - start < 45 && mrz_char(p[end]))
        end++;
    if (end < to && p[end] == '/') /* the < of a tag that ends */
        end--;
    return (struct weir_span){start, end};
}

bool weir_mrz_find(const struct weir_subject *s, size_t from, size_t to, struct weir_span *ret_span)
{
    const char *at;

    for (size_t i = from; i < to && (at = memchr(s->p + i, '<', to - i)) != NULL;) {
        size_t here = (size_t)(at - s->p), n;
        struct weir_span run = mrz_run(s->p, from, here, to);

        n = run.end - run.start;
        if (run.end > here && (n == 30 || n == 36 || n == 44) && weir_number_starts(s, run.start) &&
            mrz_line(s->p + run.start, n)) {
            *ret_span = run;
            return true;
        }
        i = run.end > here ? run.end : here + 1;
    }
    return false;
}
