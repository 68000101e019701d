/* test_detect_money.c - cards of all brands, IBANs of all countries, IMEIs:
 * computed by seed, published, and missing by a digit. */
#include "scrub/national.h"

/* ---- cards ------------------------------------------------------------------------- */

struct brand {
    const char *name, *head; /* | parts heads */
    unsigned lengths[4];
    bool ask;
};

static const struct brand brands[] = {
    {"Visa", "4", {16, 13, 19}, false},
    {"Mastercard", "51|52|53|54|55|2221|2345|2500|2720", {16}, false},
    {"American Express", "34|37", {15}, false},
    {"Discover", "6011|644|649|65|622126|622925", {16, 19}, false},
    {"Diners", "300|305|3095|36|38|39", {14, 16}, false},
    {"JCB", "3528|3589|3555", {16, 19}, false},
    {"JCB of old", "2131|1800", {15}, false},
    {"UnionPay", "62|81", {16, 17, 18, 19}, false},
    {"Maestro", "5018|5020|5038|5893|6304|6759|6761|6763", {16, 18, 19}, false},
    {"Maestro of old", "5018|5020|5893|6759|6761", {12, 13, 15}, true},
    {"Mir", "2200|2204", {16, 19}, false},
    {"Troy", "9792|65", {16}, false},
    {"RuPay", "60|6521|81|82|508", {16}, false},
    {"Elo", "509|636368|438935|504175|650905", {16}, false},
    {"Hipercard", "606282|384100", {16}, false},
    {"Verve", "506099|506198|650002", {16, 18, 19}, false},
    {"UATP", "1", {15}, true},
    {"Dankort", "5019|4571", {16}, false},
    {"UzCard, Humo", "8600|9860", {16}, false},
    {"Switch", "4903|4911|564182|633110|6333", {16, 18, 19}, false},
};

static const char *head_of(struct rng *r, const struct brand *b, char *out)
{
    unsigned n = 1, which;
    const char *at = b->head;
    char *to = out;

    for (const char *c = at; *c != '\0'; c++)
        n += *c == '|';
    for (which = rng_below(r, n); which > 0; at++)
        which -= *at == '|';
    while (*at != '\0' && *at != '|')
        *to++ = *at++;
    *to = '\0';
    return out;
}

static void make_card(struct rng *r, const struct brand *b, char *out)
{
    unsigned lengths = 0, n, head;

    while (lengths < 4 && b->lengths[lengths] != 0)
        lengths++;
    n = b->lengths[rng_below(r, lengths)];
    head = (unsigned)strlen(head_of(r, b, out));
    while (head < n)
        out[head++] = rng_of(r, DIGITS);
    out[n] = '\0';
    settle_luhn(out, (int)n - 1);
}

static const char *groups_of(size_t n, bool amex)
{
    switch (n) {
    case 13:
        return "####_###_###_###";
    case 14:
        return "####_######_####";
    case 15:
        return amex ? "####_######_#####" : "####_#####_######";
    case 16:
        return "####_####_####_####";
    case 17:
        return "####_####_####_####_#";
    case 18:
        return "####_####_####_####_##";
    case 19:
        return "####_####_####_####_###";
    default:
        return "############";
    }
}

/* Do the first `n` of more digits hold, too? */
static bool holds_for(const char *digits, size_t n)
{
    char head[IDS_VALUE];

    if (strlen(digits) <= n)
        return false;
    memcpy(head, digits, n);
    head[n] = '\0';
    return luhn_holds(head);
}

/* Each gap gets a separator of its own, or all the same. */
static void part(struct rng *r, const char *shape, char *out)
{
    static const char *const kinds[] = {
        " ", "-", ".", "\xC2\xA0", "\xE2\x80\x93", "%20", "\xE2\x80\xAF", " - ", "+"};
    const char *kind = PICK(r, kinds);
    bool mixed = rng_below(r, 4) == 0;

    for (; *shape != '\0'; shape++) {
        if (*shape != '_') {
            *out++ = *shape;
            continue;
        }
        if (mixed)
            kind = PICK(r, kinds);
        memcpy(out, kind, strlen(kind));
        out += strlen(kind);
    }
    *out = '\0';
}

static void cards_of_all_brands(void **state)
{
    struct ids_run run;
    struct rng r = {11};

    (void)state;
    ids_open(&run, "@creditcard", "[creditcard]");
    for (unsigned i = 0; i < COUNT_OF(brands) * 60; i++) {
        const struct brand *b = &brands[i % COUNT_OF(brands)];
        char compact[IDS_VALUE], shape[IDS_VALUE], value[IDS_VALUE];
        bool grouped = !b->ask && i % 2 == 0;

        make_card(&r, b, compact);
        if (grouped) {
            part(&r, groups_of(strlen(compact), strcmp(b->name, "American Express") == 0), shape);
            lay_out(shape, compact, value);
        } else {
            strcpy(value, compact);
        }
        ids_check(&run, PICK(&r, telling), "card", value, true);
        ids_check(&run, PICK(&r, silent), "", value, !b->ask);
        compact[strlen(compact) - 1] =
            compact[strlen(compact) - 1] == '9' ? '0' : (char)(compact[strlen(compact) - 1] + 1);
        lay_out(grouped ? shape : &"###################"[19 - strlen(compact)], compact, value);
        /* what is behind 16 good digits may be the card's code */
        if (!grouped || !holds_for(compact, 16))
            ids_check(&run, PICK(&r, telling), "card", value, false);
    }
    ids_close(&run);
}

static void numbers_that_no_issuer_uses_are_no_cards(void **state)
{
    static const char *const heads[] = {"1753", "0", "21", "23", "7",
                                        "8012", "9", "31", "33", "2800"};
    struct ids_run run;
    struct rng r = {12};

    (void)state;
    ids_open(&run, "@creditcard", "[creditcard]");
    for (unsigned i = 0; i < 400; i++) {
        char value[IDS_VALUE];
        const char *head = heads[i % COUNT_OF(heads)];
        bool taken;

        rng_fill(&r, "################", value);
        memcpy(value, head, strlen(head));
        taken = strncmp(value, "23", 2) == 0 || strncmp(value, "9792", 4) == 0 ||
                strncmp(value, "9860", 4) == 0 || strncmp(value, "980", 3) == 0;
        settle_luhn(value, 15);
        if (!taken)
            ids_check(&run, PICK(&r, silent), "", value, false);
    }
    ids_close(&run);
}

/* ---- IBAN -------------------------------------------------------------------------- */

/* The registry, written as it prints structures: n digits, a letters, c either. */
static const char *const ibans[] = {
    "AD8n12c",  "AE19n",      "AL8n16c",     "AT16n",     "AZ4a20c",   "BA16n",      "BE12n",
    "BG4a6n8c", "BH4a14c",    "BR23n1a1c",   "BY4c4n16c", "CH5n12c",   "CR18n",      "CY8n16c",
    "CZ20n",    "DE18n",      "DK14n",       "DO4c20n",   "EE16n",     "EG25n",      "ES20n",
    "FI14n",    "FO14n",      "FR10n11c2n",  "GB4a14n",   "GE2a16n",   "GI4a15c",    "GL14n",
    "GR7n16c",  "GT4c20c",    "HR17n",       "HU24n",     "IE4a14n",   "IL19n",      "IQ4a15n",
    "IS22n",    "IT1a10n12c", "JO4a4n18c",   "KW4a22c",   "KZ3n13c",   "LB4n20c",    "LC4a24c",
    "LI5n12c",  "LT16n",      "LU3n13c",     "LV4a13c",   "LY21n",     "MC10n11c2n", "MD2c18c",
    "ME18n",    "MK3n10c2n",  "MR23n",       "MT4a5n18c", "MU4a19n3a", "NI4a20n",    "NL4a10n",
    "NO11n",    "OM3n16c",    "PK4a16c",     "PL24n",     "PS4a21c",   "PT21n",      "QA4a21c",
    "RO4a16c",  "RS18n",      "RU14n15c",    "SA2n18c",   "SC4a20n3a", "SD14n",      "SE20n",
    "SI15n",    "SK20n",      "SM1a10n12c",  "SO19n",     "ST21n",     "SV4a20n",    "TL19n",
    "TN20n",    "TR5n1n16c",  "UA6n19c",     "VA18n",     "VG4a16n",   "XK16n",      "YE4a4n18c",
    "MN16n",    "FK2a12n",    "BI5n5n11n2n", "DJ23n",
};

/* The check digits by long division of the number written out, letters as 10 to
 * 35, the head behind. */
static void make_iban(struct rng *r, const char *form, char *out)
{
    char number[IDS_VALUE];
    size_t n = 4, digits = 0;
    unsigned rest = 0;
    char *at = (char *)form + 2;

    memcpy(out, form, 2);
    while (*at != '\0') {
        long count = strtol(at, &at, 10);

        for (; count > 0; count--)
            out[n++] = rng_of(r, *at == 'n'   ? DIGITS
                                 : *at == 'a' ? "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                              : "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ");
        at++;
    }
    out[n] = '\0';
    memcpy(out + 2, "00", 2);
    for (size_t i = 0; i < n; i++) {
        char c = out[(i + 4) % n];

        digits += (size_t)snprintf(number + digits, sizeof number - digits, "%d",
                                   isdigit((unsigned char)c) ? c - '0' : c - 'A' + 10);
    }
    for (size_t i = 0; i < digits; i++)
        rest = (rest * 10 + (unsigned)(number[i] - '0')) % 97;
    two(number, 98 - rest);
    memcpy(out + 2, number, 2);
}

static void in_fours(const char *compact, const char *by, char *out)
{
    for (size_t i = 0; compact[i] != '\0'; i++) {
        if (i > 0 && i % 4 == 0) {
            memcpy(out, by, strlen(by));
            out += strlen(by);
        }
        *out++ = compact[i];
    }
    *out = '\0';
}

static void ibans_of_all_countries(void **state)
{
    static const char *const by[] = {"", " ", "-", "\xC2\xA0", "%20", ""};
    struct ids_run run;
    struct rng r = {13};

    (void)state;
    ids_open(&run, "@iban", "[iban]");
    for (unsigned i = 0; i < COUNT_OF(ibans) * 6; i++) {
        char compact[IDS_VALUE], value[IDS_VALUE];

        make_iban(&r, ibans[i % COUNT_OF(ibans)], compact);
        if (i % 7 == 0)
            for (char *c = compact; *c != '\0'; c++)
                *c = (char)tolower((unsigned char)*c);
        in_fours(compact, by[i % COUNT_OF(by)], value);
        ids_check(&run, PICK(&r, telling), "account", value, true);
        ids_check(&run, PICK(&r, silent), "", value, true);
        compact[3] = compact[3] == '9' ? '0' : (char)(compact[3] + 1);
        in_fours(compact, by[i % COUNT_OF(by)], value);
        ids_check(&run, PICK(&r, telling), "account", value, false);
        ids_check(&run, PICK(&r, silent), "", value, false);
    }
    ids_close(&run);
}

/* ---- IMEI -------------------------------------------------------------------------- */

static void imeis_by_body_and_check(void **state)
{
    static const char *const bodies[] = {"01", "35", "86", "91", "98", "99", "44", "52"};
    static const char *const shapes[] = {"###############", "##-######-######-#",
                                         "######-##-######-#", "## ###### ###### #",
                                         "########-######-#"};
    struct ids_run run;
    struct rng r = {14};

    (void)state;
    ids_open(&run, "@imei", "[imei]");
    for (unsigned i = 0; i < 600; i++) {
        char compact[IDS_VALUE], value[IDS_VALUE];
        const char *body = bodies[i % COUNT_OF(bodies)], *shape = PICK(&r, shapes);
        bool known = i % COUNT_OF(bodies) < 6;

        rng_fill(&r, "###############", compact);
        memcpy(compact, body, 2);
        settle_luhn(compact, 14);
        lay_out(shape, compact, value);
        ids_check(&run, PICK(&r, telling), "imei", value, true);
        ids_check(&run, PICK(&r, silent), "", value, known);
        compact[14] = compact[14] == '9' ? '0' : (char)(compact[14] + 1);
        lay_out(shape, compact, value);
        ids_check(&run, PICK(&r, telling), "imei", value, false);
    }
    ids_close(&run);
}

static void numbers_of_json_are_looked_at(void **state)
{
    static const char *const cases[][2] = {
        {"{\"extra\":{\"n\":4111111111111111}}", "{\"extra\":{\"n\":null}}"},
        {"{\"extra\":{\"n\":[378282246310005,1]}}", "{\"extra\":{\"n\":[null,1]}}"},
        {"{\"extra\":{\"device_imei\":356938035643809}}", "{\"extra\":{\"device_imei\":null}}"},
        {"{\"extra\":{\"ssn\":536489217}}", "{\"extra\":{\"ssn\":null}}"},
        {"{\"extra\":{\"n\":4111111111111112}}", NULL},
        {"{\"extra\":{\"n\":1700000000123}}", NULL},
        {"{\"extra\":{\"n\":356938035643808}}", NULL},
        {"{\"extra\":{\"n\":536489217}}", NULL},
    };
    struct bench b;

    (void)state;
    bench_open(&b, "applications: {'**': ['@creditcard', '@imei', '@usssn']}");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *want = cases[i][1] != NULL ? cases[i][1] : cases[i][0];

        assert_string_equal(bench_json(&b, WEIR_SCRUB_EVENT, cases[i][0], false), want);
    }
    bench_close(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cards_of_all_brands),
        cmocka_unit_test(numbers_that_no_issuer_uses_are_no_cards),
        cmocka_unit_test(ibans_of_all_countries),
        cmocka_unit_test(imeis_by_body_and_check),
        cmocka_unit_test(numbers_of_json_are_looked_at),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
