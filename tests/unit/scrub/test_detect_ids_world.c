/* test_detect_ids_world.c - as test_detect_ids.c, for the Americas, Asia,
 * Africa, Oceania, and passports. */
#include "scrub/national.h"

static void br_cpf(struct rng *r, char *out)
{
    rng_fill(r, "+##########", out);
    /* with weights from the left, sum and check digit are the same modulo 11 */
    for (int at = 9; at < 11; at++) {
        const char *weights = at == 9 ? "1 2 3 4 5 6 7 8 9" : "0 1 2 3 4 5 6 7 8 9";
        long rest = weighed(out, weights) % 11;

        out[at] = rest == 10 ? '0' : (char)('0' + rest);
    }
}

static void ca_sin(struct rng *r, char *out)
{
    rng_fill(r, "#########", out);
    out[0] = rng_of(r, "1234567");
    settle_luhn(out, 8);
}

static void us_itin(struct rng *r, char *out)
{
    static const char *const groups[] = {"50", "65", "70", "88", "90", "92", "94", "99"};

    rng_fill(r, "9########", out);
    memcpy(out + 3, PICK(r, groups), 2);
}

static void us_ein(struct rng *r, char *out)
{
    static const char *const heads[] = {"01", "12", "20", "42", "65", "71", "83"};

    rng_fill(r, "#########", out);
    memcpy(out, PICK(r, heads), 2);
}

static void us_mbi(struct rng *r, char *out)
{
    static const char letters[] = "ACDEFGHJKMNPQRTUVWXY";
    static const char mixed[] = "0123456789ACDEFGHJKMNPQRTUVWXY";

    rng_fill(r, "+##########", out);
    out[1] = rng_of(r, letters);
    out[2] = rng_of(r, mixed);
    out[4] = rng_of(r, letters);
    out[5] = rng_of(r, mixed);
    out[7] = rng_of(r, letters);
    out[8] = rng_of(r, letters);
}

/* Values by their place in the alphabet as the state prints it, with the
 * Spanish letter after N. */
static void mx_curp(struct rng *r, char *out)
{
    static const char alphabet[] = "0123456789ABCDEFGHIJKLMN?OPQRSTUVWXYZ";
    long sum = 0;

    rng_fill(r, "AAAA", out);
    day(r, "ymd", 0, 0, out + 4);
    rng_fill(r, "HDFAAA0#", out + 10);
    for (int i = 0; i < 17; i++)
        sum += (strchr(alphabet, out[i]) - alphabet) * (18 - i);
    for (out[17] = '0'; (sum + out[17] - '0') % 10 != 0;)
        out[17]++;
}

static void cl_rut(struct rng *r, char *out)
{
    long sum;

    rng_fill(r, "+#######", out);
    sum = weighed(out, "3 2 7 6 5 4 3 2");
    /* the check makes it a multiple of 11; K is 10, and 11 is 0 */
    for (int c = 0; c < 11; c++)
        if ((sum + c) % 11 == 0)
            out[8] = c == 10 ? 'K' : (char)('0' + c);
    out[9] = '\0';
}

static void ar_cuil(struct rng *r, char *out)
{
    static const char *const heads[] = {"20", "23", "24", "27"};

    do {
        rng_fill(r, "###########", out);
        memcpy(out, PICK(r, heads), 2);
    } while (!settle(out, 10, DIGITS, "5 4 3 2 7 6 5 4 3 2 1", 11, 0));
}

/* Verhoeff by the tables of his paper. */
static bool verhoeff(const char *digits)
{
    static const char *const group[] = {"0123456789", "1234067895", "2340178956", "3401289567",
                                        "4012395678", "5987604321", "6598710432", "7659821043",
                                        "8765932104", "9876543210"};
    static const char permuted[] = "1576283094";
    int c = 0, n = (int)strlen(digits);

    for (int i = 0; i < n; i++) {
        int d = digits[n - 1 - i] - '0';

        for (int k = 0; k < i % 8; k++)
            d = permuted[d] - '0';
        c = group[c][d] - '0';
    }
    return c == 0;
}

static void in_aadhaar(struct rng *r, char *out)
{
    rng_fill(r, "############", out);
    out[0] = rng_of(r, "23456789");
    for (out[11] = '0'; !verhoeff(out);)
        out[11]++;
}

static void in_pan(struct rng *r, char *out)
{
    rng_fill(r, "AAAPA+###A", out);
    out[3] = rng_of(r, "PCHABGJLFT");
}

static void cn_id(struct rng *r, char *out)
{
    long sum;

    rng_fill(r, "+#####", out);
    day(r, "Yymd", 0, 0, out + 6);
    rng_fill(r, "###", out + 14);
    sum = weighed(out, "7 9 10 5 8 4 2 1 6 3 7 9 10 5 8 4 2");
    for (int c = 0; c < 11; c++)
        if ((sum + c) % 11 == 1)
            out[17] = c == 10 ? 'X' : (char)('0' + c);
    out[18] = '\0';
}

static void kr_rrn(struct rng *r, char *out)
{
    long sum;

    day(r, "ymd", 0, 0, out);
    rng_fill(r, "#######", out + 6);
    out[6] = rng_of(r, "1234");
    sum = weighed(out, "2 3 4 5 6 7 8 9 2 3 4 5");
    for (int c = 1; c <= 11; c++)
        if ((sum + c) % 11 == 0)
            out[12] = (char)('0' + c % 10);
}

static void jp_my_number(struct rng *r, char *out)
{
    long sum;

    rng_fill(r, "+###########", out);
    sum = weighed(out, "6 5 4 3 2 7 6 5 4 3 2");
    for (int c = 0; c < 11; c++)
        if ((sum + c) % 11 == 0)
            out[11] = c == 10 ? '0' : (char)('0' + c);
}

static void tw_id(struct rng *r, char *out)
{
    static const char order[] = "ABCDEFGHJKLMNPQRSTUVXYWZIO";
    long n;

    rng_fill(r, "A1########", out);
    out[1] = rng_of(r, "12");
    n = 10 + (strchr(order, out[0]) - order);
    for (out[9] = '0'; (n / 10 + n % 10 * 9 + weighed(out + 1, "8 7 6 5 4 3 2 1 1")) % 10 != 0;)
        out[9]++;
}

static void hk_id(struct rng *r, char *out)
{
    long sum;

    rng_fill(r, "A######", out);
    /* the blank before a single letter counts 36, A counts 10 */
    sum = 36 * 9 + (out[0] - 55) * 8 + weighed(out + 1, "7 6 5 4 3 2");
    for (int c = 0; c < 11; c++)
        if ((sum + c) % 11 == 0)
            out[7] = c == 10 ? 'A' : (char)('0' + c);
    out[8] = '\0';
}

static void sg_nric(struct rng *r, char *out)
{
    long sum;

    rng_fill(r, "S#######", out);
    out[0] = rng_of(r, "STFG");
    sum = weighed(out + 1, "2 7 6 5 4 3 2") + (out[0] == 'T' || out[0] == 'G' ? 4 : 0);
    /* both rows of letters as they are printed, from 1 to 11, backwards */
    out[8] = (out[0] == 'S' || out[0] == 'T' ? "ABCDEFGHIZJ" : "KLMNPQRTUWX")[10 - sum % 11];
    out[9] = '\0';
}

static void th_id(struct rng *r, char *out)
{
    long sum;

    rng_fill(r, "+############", out);
    out[0] = rng_of(r, "12345678");
    sum = weighed(out, "13 12 11 10 9 8 7 6 5 4 3 2");
    for (int c = 1; c <= 11; c++)
        if ((sum + c) % 11 == 0)
            out[12] = (char)('0' + c % 10);
}

static void ae_eid(struct rng *r, char *out)
{
    rng_fill(r, "78419#+########", out);
    settle_luhn(out, 14);
}

static void il_id(struct rng *r, char *out)
{
    rng_fill(r, "#########", out);
    settle_luhn(out, 8);
}

static void za_id(struct rng *r, char *out)
{
    day(r, "ymd", 0, 0, out);
    rng_fill(r, "####08#", out + 6);
    settle_luhn(out, 12);
}

static void au_tfn(struct rng *r, char *out)
{
    do
        rng_fill(r, "+########", out);
    while (!settle(out, 8, DIGITS, "1 4 3 7 5 8 6 9 10", 11, 0));
}

static void au_medicare(struct rng *r, char *out)
{
    rng_fill(r, "2########1", out);
    out[0] = rng_of(r, "23456");
    settle(out, 8, DIGITS, "1 3 7 9 1 3 7 9 9", 10, 0);
}

static void nz_ird(struct rng *r, char *out)
{
    do
        rng_fill(r, "+########", out);
    while (!settle(out, 8, DIGITS, "3 2 7 6 5 4 3 2 1", 11, 0));
}

static const struct national rows[] = {
    {"@br_cpf",
     "CPF",
     "[br-cpf]",
     br_cpf,
     {"!###.###.###-##", "###########", "!#########-##"},
     {"529.982.247-25", "111.444.777-35", "52998224725"},
     -1,
     NULL},
    {"@ca_sin",
     "SIN",
     "[ca-sin]",
     ca_sin,
     {"#########", "### ### ###", "###-###-###"},
     {"046 454 286", "130692544"},
     -1,
     NULL},
    {"@us_itin",
     "ITIN",
     "[us-itin]",
     us_itin,
     {"!###-##-####", "#########"},
     {"912-90-3456", "900-70-0000"},
     3,
     "1234"},
    {"@us_ein", "EIN", "[us-ein]", us_ein, {"##-#######"}, {"12-3456789"}, 1, "9"},
    {"@us_mbi",
     "MBI",
     "[us-mbi]",
     us_mbi,
     {"!####-###-####", "###########"},
     {"1EG4-TE5-MK73", "1EG4TE5MK73"},
     4,
     "SLOIBZ0123456789"},
    {"@mx_curp",
     "CURP",
     "[mx-curp]",
     mx_curp,
     {"!##################"},
     {"HEGG560427MVZRRL04", "BOXW310820HNERXN09"},
     -1,
     NULL},
    {"@cl_rut",
     "RUT",
     "[cl-rut]",
     cl_rut,
     {"!##.###.###-#", "########-#", "#########"},
     {"12.345.678-5", "30.686.957-4", "12345678-5", "10.000.013-k"},
     -1,
     "1234567890K"},
    {"@ar_cuil",
     "CUIL",
     "[ar-cuil]",
     ar_cuil,
     {"!##-########-#", "###########"},
     {"20-12345678-6"},
     -1,
     NULL},
    {"@in_aadhaar",
     "Aadhaar",
     "[in-aadhaar]",
     in_aadhaar,
     {"!#### #### ####", "############", "####-####-####"},
     {"2341 2341 2346", "499118665246"},
     -1,
     NULL},
    {"@in_pan",
     "PAN",
     "[in-pan]",
     in_pan,
     {"!##########"},
     {"ABCPE1234F", "afzpk7190k"},
     3,
     "DEIKMNOQRSUVWXYZ"},
    {"@cn_id",
     "身份证",
     "[cn-id]",
     cn_id,
     {"!##################"},
     {"11010519491231002X", "440524188001010014", "11010519491231002x"},
     -1,
     "1234567890X"},
    {"@kr_rrn", "RRN", "[kr-rrn]", kr_rrn, {"!######-#######", "#############"}, {NULL}, -1, NULL},
    {"@jp_my_number",
     "マイナンバー",
     "[jp-my-number]",
     jp_my_number,
     {"############", "#### #### ####"},
     {"123456789018"},
     -1,
     NULL},
    {"@tw_id", "身分證", "[tw-id]", tw_id, {"##########"}, {"A123456789"}, -1, NULL},
    {"@hk_id",
     "HKID",
     "[hk-id]",
     hk_id,
     {"!#######(#)", "########"},
     {"A123456(3)", "G123456(A)"},
     -1,
     "1234567890A"},
    {"@sg_nric",
     "NRIC",
     "[sg-nric]",
     sg_nric,
     {"!#########"},
     {"S1234567D", "T1234567J", "F1234567N", "G1234567X"},
     -1,
     NULL},
    {"@th_id",
     "Thai ID",
     "[th-id]",
     th_id,
     {"!#-####-#####-##-#", "#############"},
     {NULL},
     -1,
     NULL},
    {"@ae_eid",
     "Emirates ID",
     "[ae-eid]",
     ae_eid,
     {"!###-####-#######-#", "!###############"},
     {NULL},
     -1,
     NULL},
    {"@il_id",
     "teudat zehut",
     "[il-id]",
     il_id,
     {"#########", "########-#"},
     {"123456782"},
     -1,
     NULL},
    {"@za_id",
     "RSA ID",
     "[za-id]",
     za_id,
     {"#############"},
     {"8001015009087", "9202204720083"},
     -1,
     NULL},
    {"@au_tfn",
     "TFN",
     "[au-tfn]",
     au_tfn,
     {"#########", "### ### ###"},
     {"123 456 782", "876543210", "81854402"},
     -1,
     NULL},
    {"@au_medicare",
     "Medicare",
     "[au-medicare]",
     au_medicare,
     {"!#### ##### #", "##########"},
     {"2123 45670 1", "2428 77813 2"},
     8,
     NULL},
    {"@nz_ird",
     "IRD",
     "[nz-ird]",
     nz_ird,
     {"#########", "###-###-###"},
     {"49091850", "136410132", "49-091-850"},
     -1,
     NULL},
};

static void numbers_of_the_world_by_their_checks(void **state)
{
    unsigned wrong = 0;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        wrong += national_row(&rows[i]);
    assert_int_equal(wrong, 0);
}

/* ---- lines of ICAO 9303 ---------------------------------------------------------------- */

/* The check of `n` characters: A is 10, < is 0; times 7, 3, 1. */
static char mrz_digit(const char *p, int n)
{
    static const char values[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    static const char weights[] = "731";
    long sum = 0;

    for (int i = 0; i < n; i++)
        sum += (p[i] == '<' ? 0 : strchr(values, p[i]) - values) * (weights[i % 3] - '0');
    return (char)('0' + sum % 10);
}

/* Document, state, birthday, sex, expiry; as in passports, or in cards (36). */
static void passport(struct rng *r, char *out, bool card)
{
    char date[8];

    rng_fill(r, "AA#######0UTO000000", out);
    out[9] = mrz_digit(out, 9);
    day(r, "ymd", 0, 0, date);
    memcpy(out + 13, date, 6);
    out[19] = mrz_digit(out + 13, 6);
    out[20] = rng_of(r, "MF<");
    day(r, "ymd", 0, 0, date);
    memcpy(out + 21, date, 6);
    out[27] = mrz_digit(out + 21, 6);
    rng_fill(r, card ? "<<<<<<<#" : "<<<<<<<<<<<<<<0#", out + 28);
}

static void lines_of_passports(void **state)
{
    static const char *const published[] = {
        "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<",
        "L898902C36UTO7408122F1204159ZE184226B<<<<<10",
        "I<UTOD231458907<<<<<<<<<<<<<<<",
        "7408122F1204159UTO<<<<<<<<<<<6",
        "ERIKSSON<<ANNA<MARIA<<<<<<<<<<",
        "I<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<",
        "D231458907UTO7408122F1204159<<<<<<<6",
    };
    static const char *const alike[] = {
        "CCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCC",
        "0123456789ABCDEF0123456789ABCDEF012345678901",
        "L898902C46UTO7408122F1204159ZE184226B<<<<<10",
        "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<",
        "A<B<C",
        "vector<vector<int>>",
    };
    struct ids_run run;
    struct rng r = {5};

    (void)state;
    ids_open(&run, "@passport_mrz", "[passport]");
    for (size_t i = 0; i < COUNT_OF(published); i++)
        ids_check(&run, "scanned $V ok 1", "", published[i], true);
    for (size_t i = 0; i < COUNT_OF(alike); i++)
        ids_check(&run, "scanned $V ok 1", "", alike[i], false);
    for (unsigned i = 0; i < IDS_EACH; i++) {
        char line[IDS_VALUE];

        passport(&r, line, i % 2 == 0);
        ids_check(&run, PICK(&r, telling), "MRZ", line, true);
        line[i % 3 == 0 ? 9 : i % 3 == 1 ? 19 : 27] ^= 1;
        ids_check(&run, PICK(&r, telling), "MRZ", line, false);
    }
    ids_close(&run);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_of_the_world_by_their_checks),
        cmocka_unit_test(lines_of_passports),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
