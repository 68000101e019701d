/* test_detect_ids.c - the numbers by which Europe's states know persons: each
 * kind on hundreds of computed and published values, and on as many that miss
 * by one character. */
#include "scrub/national.h"

static void uk_nino(struct rng *r, char *out)
{
    static const char *const heads[] = {"AB", "CE", "GH", "JK", "LM", "PR", "SC", "TW", "WX", "ZY"};

    rng_fill(r, "######", out + 2);
    memcpy(out, PICK(r, heads), 2);
    out[8] = rng_of(r, "ABCD");
    out[9] = '\0';
}

static void uk_nhs(struct rng *r, char *out)
{
    do
        rng_fill(r, "+#########", out);
    while (!settle(out, 9, DIGITS, "10 9 8 7 6 5 4 3 2 1", 11, 0));
}

static void ie_pps(struct rng *r, char *out)
{
    long sum;

    rng_fill(r, "#######", out);
    sum = weighed(out, "8 7 6 5 4 3 2") % 23;
    out[7] = sum == 0 ? 'W' : (char)('A' + sum - 1);
    out[8] = '\0';
}

/* ISO 7064, as the hybrid system is defined: each product by ten and eleven. */
static bool hybrid(const char *d)
{
    int p = 10;

    for (; d[1] != '\0'; d++) {
        p = p + *d - '0';
        while (p > 10)
            p -= 10;
        p = 2 * p;
        p = p >= 11 ? p - 11 : p;
    }
    return (p + *d - '0') % 10 == 1;
}

static void de_tax_id(struct rng *r, char *out)
{
    char digits[] = "0123456789";
    unsigned from, to;

    do {
        for (unsigned i = 9; i > 0; i--) {
            unsigned k = rng_below(r, i + 1);
            char c = digits[i];

            digits[i] = digits[k];
            digits[k] = c;
        }
        memcpy(out, digits, 11);
        from = rng_below(r, 10);
        to = (from + 1 + rng_below(r, 9)) % 10;
        out[to] = out[from]; /* one twice, one never */
    } while (out[0] == '0');
    out[11] = '\0';
    for (out[10] = '0'; !hybrid(out);)
        out[10]++;
}

static void de_svnr(struct rng *r, char *out)
{
    static const char weights[] = "212571212121";
    unsigned sum = 0;
    char flat[16];

    rng_fill(r, "+#", out);
    day(r, "dmy", 0, 0, out + 2);
    rng_fill(r, "A##", out + 8);
    snprintf(flat, sizeof flat, "%.8s%02d%.2s", out, out[8] - 'A' + 1, out + 9);
    for (unsigned i = 0; i < 12; i++) {
        unsigned product = (unsigned)((flat[i] - '0') * (weights[i] - '0'));

        for (; product > 0; product /= 10)
            sum += product % 10;
    }
    out[11] = (char)('0' + sum % 10);
    out[12] = '\0';
}

static void at_svnr(struct rng *r, char *out)
{
    do {
        rng_fill(r, "+##0", out);
        day(r, "dmy", 0, 0, out + 4);
        /* the check stands in the fourth place: -1 makes the sum vanish */
    } while (!settle(out, 3, DIGITS, "3 7 9 -1 5 8 4 2 1 6", 11, 0));
}

static void ch_ahv(struct rng *r, char *out)
{
    rng_fill(r, "756##########", out);
    settle(out, 12, DIGITS, "1 3 1 3 1 3 1 3 1 3 1 3 1", 10, 0);
}

/* The key makes the whole number, key put behind, a multiple of 97 when it is
 * added: n + key = 0. */
static void fr_nir(struct rng *r, char *out)
{
    long long n;

    rng_fill(r, "1######+######", out);
    out[0] = rng_of(r, "12");
    out[3] = '0';
    out[4] = rng_of(r, "123456789");
    out[5] = rng_of(r, "0123456789");
    out[6] = rng_of(r, "123456789");
    out[13] = '\0';
    n = atoll(out);
    for (int key = 1; key <= 97; key++)
        if ((n + key) % 97 == 0)
            two(out + 13, (unsigned)(key));
}

static void be_nn(struct rng *r, char *out)
{
    long long n;
    bool young = rng_below(r, 2) == 0;

    do {
        day(r, "ymd", 0, 0, out);
        rng_fill(r, "##+", out + 6);
    } while (out[0] == '0' && out[1] == '0');
    n = atoll(out) + (young ? 2000000000LL : 0);
    for (int key = 1; key <= 97; key++)
        if ((n + key) % 97 == 0)
            two(out + 9, (unsigned)(key));
}

static void nl_bsn(struct rng *r, char *out)
{
    do
        rng_fill(r, "+########", out);
    while (!settle(out, 8, DIGITS, "9 8 7 6 5 4 3 2 -1", 11, 0));
}

static const char *const spanish = "T0R1W2A3G4M5Y6F7P8D9X10B11N12J13Z14S15Q16V17H18L19C20K21E22";

/* The letter of a remainder, looked up by its number in the text. */
static char spanish_letter(long rest)
{
    for (const char *at = spanish; *at != '\0';) {
        char letter = *at++;

        if (strtol(at, (char **)&at, 10) == rest)
            return letter;
    }
    return '?';
}

static void es_dni(struct rng *r, char *out)
{
    rng_fill(r, "+#######", out);
    out[8] = spanish_letter(atol(out) % 23);
    out[9] = '\0';
}

static void es_nie(struct rng *r, char *out)
{
    static const char *const numbers = "XYZ";
    unsigned which = rng_below(r, 3);

    rng_fill(r, "########", out);
    out[0] = (char)('0' + which);
    out[8] = spanish_letter(atol(out) % 23);
    out[0] = numbers[which];
    out[9] = '\0';
}

static void pt_nif(struct rng *r, char *out)
{
    long rest;

    rng_fill(r, "1########", out);
    out[0] = rng_of(r, "123");
    out[8] = '0';
    rest = weighed(out, "9 8 7 6 5 4 3 2") % 11;
    for (int c = 9; c > 0 && rest > 1; c--)
        if ((rest + c) % 11 == 0)
            out[8] = (char)('0' + c);
}

/* Odd places count by this order of the alphabet (and of the digits). */
static void it_codice_fiscale(struct rng *r, char *out)
{
    static const char odd[] = "BAKPLCQDREVOSFTGUHMINJWZYX";
    static const char *const omocodia = "LMNPQRSTUV";
    static const unsigned places[] = {6, 7, 9, 10, 12, 13, 14};
    int sum = 0;

    rng_fill(r, "AAAAAA##A00A###A", out);
    out[8] = rng_of(r, "ABCDEHLMPRST");
    two(out + 9, (unsigned)(1 + rng_below(r, 28) + 40 * rng_below(r, 2)));
    rng_fill(r, "A###", out + 11);
    if (rng_below(r, 4) == 0) {
        unsigned at = places[2 + rng_below(r, 5)];

        out[at] = omocodia[out[at] - '0'];
    }
    for (int i = 0; i < 15; i++) {
        int c = isdigit((unsigned char)out[i]) ? out[i] - '0' + 'A' : out[i];

        sum += i % 2 == 1 ? c - 'A' : (int)(strchr(odd, c) - odd);
    }
    out[15] = (char)('A' + sum % 26);
    out[16] = '\0';
}

static void se_personnummer(struct rng *r, char *out)
{
    day(r, "ymd", 0, rng_below(r, 2) * 60, out);
    rng_fill(r, "###0", out + 6);
    settle_luhn(out, 9);
}

static void se_long(struct rng *r, char *out)
{
    se_personnummer(r, out + 2);
    memcpy(out, rng_below(r, 2) == 0 ? "19" : "20", 2);
}

static void fi_hetu(struct rng *r, char *out)
{
    char nine[16];

    day(r, "dmy", 0, 0, out);
    rng_fill(r, "+##", out + 6);
    snprintf(nine, sizeof nine, "%.9s", out);
    out[9] = "0123456789ABCDEFHJKLMNPRSTUVWXY"[atol(nine) % 31];
    out[10] = '\0';
}

static void dk_cpr(struct rng *r, char *out)
{
    day(r, "dmy", 0, 0, out);
    rng_fill(r, "####", out + 6);
}

static void no_fnr(struct rng *r, char *out)
{
    do {
        day(r, "dmy", 0, 0, out);
        rng_fill(r, "#####", out + 6);
    } while (!settle(out, 9, DIGITS, "3 7 6 1 8 9 4 5 2 1", 11, 0) ||
             !settle(out, 10, DIGITS, "5 4 3 2 7 6 5 4 3 2 1", 11, 0));
}

static void ee_isikukood(struct rng *r, char *out)
{
    long rest;

    out[0] = rng_of(r, "123456");
    day(r, "ymd", 0, 0, out + 1);
    rng_fill(r, "####", out + 7);
    rest = weighed(out, "1 2 3 4 5 6 7 8 9 1") % 11;
    if (rest == 10)
        rest = weighed(out, "3 4 5 6 7 8 9 1 2 3") % 11;
    out[10] = rest == 10 ? '0' : (char)('0' + rest);
}

static void pl_pesel(struct rng *r, char *out)
{
    static const unsigned centuries[] = {0, 20, 80};

    day(r, "ymd", PICK(r, centuries), 0, out);
    rng_fill(r, "#####", out + 6);
    settle(out, 10, DIGITS, "1 3 7 9 1 3 7 9 1 3 1", 10, 0);
}

static void cz_rodne_cislo(struct rng *r, char *out)
{
    do {
        day(r, "ymd", rng_below(r, 2) * 50, 0, out);
        rng_fill(r, "####", out + 6);
    } while (atoll(out) % 11 != 0);
}

static void ro_cnp(struct rng *r, char *out)
{
    long rest;

    out[0] = rng_of(r, "12567");
    day(r, "ymd", 0, 0, out + 1);
    two(out + 7, (unsigned)(1 + rng_below(r, 46)));
    rng_fill(r, "####", out + 9);
    rest = weighed(out, "2 7 9 1 4 6 3 5 8 2 7 9") % 11;
    out[12] = rest == 10 ? '1' : (char)('0' + rest);
}

static void bg_egn(struct rng *r, char *out)
{
    long rest;

    day(r, "ymd", rng_below(r, 2) * 40, 0, out);
    rng_fill(r, "####", out + 6);
    rest = weighed(out, "2 4 8 5 10 9 7 3 6") % 11;
    out[9] = rest == 10 ? '0' : (char)('0' + rest);
}

static void hr_oib(struct rng *r, char *out)
{
    rng_fill(r, "+##########", out);
    for (out[10] = '0'; !hybrid(out);)
        out[10]++;
}

static void ru_snils(struct rng *r, char *out)
{
    long sum;

    rng_fill(r, "+##########", out);
    sum = weighed(out, "9 8 7 6 5 4 3 2 1");
    while (sum > 101)
        sum -= 101;
    two(out + 9, (unsigned)(sum >= 100 ? 0 : sum));
}

static void tr_kimlik(struct rng *r, char *out)
{
    rng_fill(r, "+##########", out);
    settle(out, 9, DIGITS, "7 -1 7 -1 7 -1 7 -1 7 -1", 10, 0);
    if (weighed(out, "7 -1 7 -1 7 -1 7 -1 7 -1") % 10 != 0)
        settle(out, 9, DIGITS, "7 9 7 9 7 9 7 9 7 9", 10, 0);
    settle(out, 10, DIGITS, "1 1 1 1 1 1 1 1 1 1 9", 10, 0);
}

static const struct national rows[] = {
    {"@uk_nino",
     "national insurance number",
     "[uk-nino]",
     uk_nino,
     {"!#########", "!## ## ## ## #", "!##-##-##-##-#", "!## ###### #"},
     {"AB123456C", "JG 10 37 59 A", "ab123456c"},
     8,
     "EFGHIMNOPZ"},
    {"@uk_nhs",
     "NHS number",
     "[uk-nhs]",
     uk_nhs,
     {"##########", "### ### ####", "###-###-####"},
     {"9434765919", "943 476 5919", "401 023 2137", "4505577104"},
     -1,
     NULL},
    {"@ie_pps",
     "PPS",
     "[ie-pps]",
     ie_pps,
     {"########"},
     {"1234567T", "1234567FA", "6433435F"},
     -1,
     NULL},
    {"@de_tax_id",
     "Steuer-ID",
     "[de-tax-id]",
     de_tax_id,
     {"###########", "!## ### ### ###"},
     {"86095742719", "47036892816", "65 929 970 489", "26954371827"},
     -1,
     NULL},
    {"@de_svnr",
     "Sozialversicherungsnummer",
     "[de-svnr]",
     de_svnr,
     {"!############", "!## ###### # ###"},
     {"15 070649 C 103", "15070649C103"},
     -1,
     NULL},
    {"@at_svnr",
     "SVNR",
     "[at-svnr]",
     at_svnr,
     {"##########", "#### ######"},
     {"1237 010180"},
     -1,
     NULL},
    {"@ch_ahv",
     "AHV",
     "[ch-ahv]",
     ch_ahv,
     {"!###.####.####.##", "!#############"},
     {"756.9217.0769.85", "7569217076985", "756.1234.5678.97"},
     -1,
     NULL},
    {"@fr_nir",
     "NIR",
     "[fr-nir]",
     fr_nir,
     {"!###############", "!# ## ## ## ### ### ##"},
     {"255081416802538", "1 84 12 76 451 089 46", "1 84 12 2A 451 089 33", "184122B45108960"},
     -1,
     NULL},
    {"@be_nn",
     "rijksregisternummer",
     "[be-nn]",
     be_nn,
     {"!##.##.##-###.##", "###########", "!######-###-##"},
     {"85.07.30-033.28", "93051822361"},
     -1,
     NULL},
    {"@nl_bsn",
     "BSN",
     "[nl-bsn]",
     nl_bsn,
     {"#########", "!####.##.###", "### ### ###"},
     {"111222333", "123456782", "1234.56.782"},
     -1,
     NULL},
    {"@es_dni",
     "DNI",
     "[es-dni]",
     es_dni,
     {"!#########", "!########-#", "!##.###.###-#"},
     {"12345678Z", "00000001R", "12.345.678-Z", "12345678z"},
     -1,
     NULL},
    {"@es_nie",
     "NIE",
     "[es-nie]",
     es_nie,
     {"!#########", "!#-#######-#"},
     {"X1234567L", "Z-1234567-R", "Y1234567X"},
     -1,
     NULL},
    {"@pt_nif",
     "NIF",
     "[pt-nif]",
     pt_nif,
     {"#########", "### ### ###"},
     {"123456789", "299 999 998"},
     -1,
     NULL},
    {"@it_codice_fiscale",
     "codice fiscale",
     "[it-cf]",
     it_codice_fiscale,
     {"!################"},
     {"RSSMRA80A01H501U", "MRTMTT25D09F205Z", "rssmra80a01h501u"},
     -1,
     NULL},
    {"@se_personnummer",
     "personnummer",
     "[se-pnr]",
     se_personnummer,
     {"!######-####", "##########", "!######+####"},
     {"811218-9876", "640823-3234"},
     -1,
     NULL},
    {"@se_personnummer",
     "personnummer",
     "[se-pnr]",
     se_long,
     {"!########-####", "############"},
     {"19811218-9876"},
     -1,
     NULL},
    {"@fi_hetu",
     "henkilötunnus",
     "[fi-hetu]",
     fi_hetu,
     {"!######-####", "!######A####", "!######+####"},
     {"131052-308T", "010101A123N"},
     -1,
     NULL},
    {"@dk_cpr",
     "CPR-nummer",
     "[dk-cpr]",
     dk_cpr,
     {"######-####", "##########"},
     {"211062-5629", "070761-4285"},
     2,
     "23456789"},
    {"@no_fnr",
     "fødselsnummer",
     "[no-fnr]",
     no_fnr,
     {"!###########", "!###### #####"},
     {NULL},
     -1,
     NULL},
    {"@ee_isikukood",
     "isikukood",
     "[ee-ik]",
     ee_isikukood,
     {"###########"},
     {"37605030299"},
     -1,
     NULL},
    {"@pl_pesel",
     "PESEL",
     "[pl-pesel]",
     pl_pesel,
     {"###########"},
     {"44051401359", "02070803628"},
     -1,
     NULL},
    {"@cz_rodne_cislo",
     "rodné číslo",
     "[cz-rc]",
     cz_rodne_cislo,
     {"!######/####", "##########"},
     {"780123/3540", "7103192745"},
     -1,
     NULL},
    {"@ro_cnp", "CNP", "[ro-cnp]", ro_cnp, {"#############"}, {NULL}, -1, NULL},
    {"@bg_egn", "ЕГН", "[bg-egn]", bg_egn, {"##########"}, {"7523169263", "8032056031"}, -1, NULL},
    {"@hr_oib",
     "OIB",
     "[hr-oib]",
     hr_oib,
     {"###########"},
     {"33392005961", "94577403194"},
     -1,
     NULL},
    {"@ru_snils",
     "СНИЛС",
     "[ru-snils]",
     ru_snils,
     {"!###-###-### ##", "###########"},
     {"112-233-445 95", "087-654-303 00"},
     -1,
     NULL},
    {"@tr_kimlik",
     "TC kimlik",
     "[tr-kimlik]",
     tr_kimlik,
     {"###########"},
     {"10000000146"},
     -1,
     NULL},
};

static void numbers_of_europe_by_their_checks(void **state)
{
    unsigned wrong = 0;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        wrong += national_row(&rows[i]);
    assert_int_equal(wrong, 0);
}

/* What looks alike and is nobody's: none of the kinds may take it. */
static void what_services_log_is_no_national_id(void **state)
{
    static const char *const patterns[] = {
        "17###########",    /* epoch milliseconds */
        "17##############", /* microseconds */
        "17########",       /* seconds */
        "+########",        /* order numbers */
        "+#########",
        "+##########",
        "+###########",
        "+#######",
        "ORD-########",
        "hhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhh",
        "hhhhhhhhhhhhhhhh",
        "hhhhhhhh-hhhh-4hhh-ahhh-hhhhhhhhhhhh",
        "hhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhh",
        "+1 415 555 0###",
        "(415) 555-0###",
        "415-555-0###",
        "+44 20 7946 0###",
        "020 7946 0###",
        "10.0.##.##",
        "1.##.###",
        "2026-04-10T05:34:17.###Z",
        "2026-04-10 05:34:17,###",
        "0xhhhhhhhhhhhh",
        "req_zzzzzzzzzzzz",
        "###.###ms",
        "###,###,###",
        "user-########",
    };
    struct ids_run run;
    struct rng r = {3};

    (void)state;
    ids_open(&run, "@national_id", "[national-id]");
    for (unsigned i = 0; i < 5000; i++) {
        char value[IDS_VALUE];

        rng_fill(&r, patterns[i % COUNT_OF(patterns)], value);
        ids_check(&run, PICK(&r, silent), "", value, false);
        ids_check(&run, PICK(&r, other), "", value, false);
    }
    ids_close(&run);
}

static void numbers_in_json_are_somebodys_by_their_key(void **state)
{
    static const char *const cases[][2] = {
        {"{\"extra\":{\"bsn\":111222333}}", "{\"extra\":{\"bsn\":null}}"},
        {"{\"extra\":{\"userBsn\":\"111222333\"}}", "{\"extra\":{\"userBsn\":\"[national-id]\"}}"},
        {"{\"extra\":{\"pesel\":[44051401359]}}", "{\"extra\":{\"pesel\":[null]}}"},
        {"{\"extra\":{\"national_id\":9434765919}}", "{\"extra\":{\"national_id\":null}}"},
        {"{\"extra\":{\"insee\":255081416802538}}", "{\"extra\":{\"insee\":null}}"},
        {"{\"extra\":{\"bsn\":111222334}}", NULL},
        {"{\"extra\":{\"count\":111222333}}", NULL},
        {"{\"extra\":{\"order\":[111222333,44051401359]}}", NULL},
        {"{\"extra\":{\"started\":1700000000123}}", NULL},
    };
    struct bench b;

    (void)state;
    bench_open(&b, "applications: {'**': ['@national_id']}");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *want = cases[i][1] != NULL ? cases[i][1] : cases[i][0];

        assert_string_equal(bench_json(&b, WEIR_SCRUB_EVENT, cases[i][0], false), want);
    }
    bench_close(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_of_europe_by_their_checks),
        cmocka_unit_test(what_services_log_is_no_national_id),
        cmocka_unit_test(numbers_in_json_are_somebodys_by_their_key),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
