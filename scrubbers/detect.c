/* detect.c - the table of detectors. A new one is a row here, a finder in a
 * file of its family, and its cases in tests/unit/scrub/test_detect.c. */
#include "detect.h"

#include "chars.h"
#include "numbers.h"

/* Of what url_auth finds the password only. */
static WEIR_FINDER(find_url_password)
{
    while (from < to && weir_find_url_auth(leaf, s, from, to, ret_span) == WEIR_FOUND) {
        const char *colon = memchr(s->p + ret_span->start, ':', ret_span->end - ret_span->start);

        if (colon != NULL && (size_t)(colon - s->p) + 1 < ret_span->end) {
            ret_span->start = (size_t)(colon - s->p) + 1;
            return WEIR_FOUND;
        }
        from = ret_span->end + 1;
    }
    return WEIR_FOUND_NOTHING;
}

const struct weir_detector weir_detectors[WEIR_RULE_TYPES] = {
    [WEIR_RULE_ANYTHING] = {"anything", 0, "[Filtered]", false, true, weir_find_anything, 0},
    [WEIR_RULE_PATTERN] = {"pattern", 0, "[Filtered]", false, false, weir_find_pattern, 0},
    [WEIR_RULE_EMAIL] = {"email", WEIR_P_AT | WEIR_P_DOT, "[email]", true, false, weir_find_email,
                         0},
    [WEIR_RULE_IP] = {"ip", WEIR_P_DIGIT | WEIR_P_ADDRESS, "[ip]", false, false, weir_find_ip, 0},
    [WEIR_RULE_IPV4] = {"ipv4", WEIR_P_DIGIT | WEIR_P_DOTS, "[ip]", false, false, weir_find_ipv4,
                        WEIR_NUMBER_LEAST},
    [WEIR_RULE_IPV6] = {"ipv6", WEIR_P_COLONS, "[ip]", false, false, weir_find_ipv6, 0},
    [WEIR_RULE_CREDITCARD] = {"creditcard", WEIR_P_DIGITS, "[creditcard]", true, true,
                              weir_find_card, WEIR_NUMBER_CARD},
    [WEIR_RULE_IBAN] = {"iban", WEIR_P_DIGIT, "[iban]", true, false, weir_find_iban, 0},
    [WEIR_RULE_US_SSN] = {"us_ssn", WEIR_P_DIGITS, "[us-ssn]", false, true, weir_find_ssn,
                          WEIR_NUMBER_SSN},
    [WEIR_RULE_PHONE] = {"phone", WEIR_P_DIGIT, "[phone]", false, true, weir_find_phone,
                         WEIR_NUMBER_PHONE},
    [WEIR_RULE_PEMKEY] = {"pemkey", WEIR_P_DASH | WEIR_P_LONG, "[pemkey]", true, false,
                          weir_find_pem, 0},
    [WEIR_RULE_BEARER] = {"bearer", WEIR_P_B | WEIR_P_BLANK | WEIR_P_LONG, "[token]", true, false,
                          weir_find_bearer, 0},
    [WEIR_RULE_BASIC] = {"basic", WEIR_P_B | WEIR_P_BLANK, "[token]", true, false, weir_find_basic,
                         0},
    [WEIR_RULE_JWT] = {"jwt", WEIR_P_DOT | WEIR_P_MADE | WEIR_P_RUN, "[jwt]", true, false,
                       weir_find_jwt, 0},
    [WEIR_RULE_API_KEY] = {"api_key", WEIR_P_MADE | WEIR_P_RUN, "[apikey]", true, false,
                           weir_find_api_key, 0},
    [WEIR_RULE_URL_AUTH] = {"url_auth", WEIR_P_AT | WEIR_P_SLASH, "[auth]", true, false,
                            weir_find_url_auth, 0},
    [WEIR_RULE_URL_PASSWORD] = {"url_password", WEIR_P_AT | WEIR_P_SLASH, "[auth]", true, false,
                                find_url_password, 0},
    [WEIR_RULE_USERPATH] = {"userpath", WEIR_P_SLASH, "[user]", true, false, weir_find_userpath, 0},
    [WEIR_RULE_USERNAME] = {"username", WEIR_P_DIGIT, "[user]", false, false, weir_find_username,
                            0},
    [WEIR_RULE_MAC] = {"mac", WEIR_P_DIGIT, "[mac]", false, false, weir_find_mac, 0},
    [WEIR_RULE_UUID] = {"uuid", WEIR_P_LONG | WEIR_P_DASH, "[uuid]", false, false, weir_find_uuid,
                        0},
    [WEIR_RULE_IMEI] = {"imei", WEIR_P_DIGITS, "[imei]", false, true, weir_find_imei,
                        WEIR_NUMBER_IMEI},
    [WEIR_RULE_SESSION] = {"session", WEIR_P_MADE | WEIR_P_HINT(WEIR_HINT_SESSION), "[session]",
                           false, false, weir_find_session, 0},
    [WEIR_RULE_DATE_OF_BIRTH] = {"date_of_birth", WEIR_P_DIGIT | WEIR_P_HINT(WEIR_HINT_BIRTH),
                                 "[dob]", false, true, weir_find_birth, 0},
    [WEIR_RULE_PERSON_NAME] = {"person_name", WEIR_P_HINT(WEIR_HINT_NAME), "[name]", false, false,
                               weir_find_person, 0},
    [WEIR_RULE_COORDINATES] = {"coordinates", WEIR_P_DIGIT, "[coordinates]", false, true,
                               weir_find_coordinates, 0},
    [WEIR_RULE_CRYPTO_WALLET] = {"crypto_wallet", WEIR_P_MADE | WEIR_P_RUN, "[wallet]", true, false,
                                 weir_find_wallet, 0},
    [WEIR_RULE_VIN] = {"vin", WEIR_P_DIGIT | WEIR_P_RUN, "[vin]", false, false, weir_find_vin, 0},
    [WEIR_RULE_HIGH_ENTROPY] = {"high_entropy", WEIR_P_DIGIT | WEIR_P_RUN, "[secret]", false, false,
                                weir_find_entropy, 0},
    [WEIR_RULE_NATIONAL_ID] = {"national_id", WEIR_P_DIGIT, "[national-id]", false, true,
                               weir_find_national, WEIR_NUMBER_LEAST},
/* clang-format off */
#define NATIONAL(type, name, text) \
    [WEIR_RULE_##type] = {#name, WEIR_P_DIGIT, text, false, true, weir_find_national, \
                           WEIR_NUMBER_LEAST},
    WEIR_NATIONAL_TYPES(NATIONAL)
#undef NATIONAL
        /* clang-format on */
        [WEIR_RULE_PASSPORT_MRZ] = {"passport_mrz", WEIR_P_DIGIT, "[passport]", false, false,
                                    weir_find_national, 0},
    [WEIR_RULE_PASSWORD] = {"password", WEIR_P_HINT(WEIR_HINT_SECRET), "[Filtered]", false, true,
                            weir_find_pair, 0},
    [WEIR_RULE_REDACT_PAIR] = {"redact_pair", WEIR_P_HINT(WEIR_HINT_SECRET), "[Filtered]", false,
                               true, weir_find_pair, 0},
    [WEIR_RULE_MULTIPLE] = {"multiple", 0, NULL, false, false, NULL, 0},
    [WEIR_RULE_ALIAS] = {"alias", 0, NULL, false, false, NULL, 0},
};

/* The replacements of the table, each once, by the five lower bits of what
 * stands behind the bracket: a [ is asked about often, and is hardly ever one.
 * Filled before main(), read only since. */
static struct {
    struct weir_str texts[WEIR_RULE_TYPES];
    size_t n;
} replacements[32];

static bool stands(struct weir_str s)
{
    for (size_t k = 0; k < replacements[s.p[1] & 31].n; k++)
        if (weir_str_starts(s, replacements[s.p[1] & 31].texts[k]))
            return true;
    return false;
}

__attribute__((constructor)) static void fill_replacements(void)
{
    for (size_t k = 0; k < WEIR_RULE_TYPES; k++) {
        struct weir_str text =
            weir_str_of(weir_detectors[k].text != NULL ? weir_detectors[k].text : "[]");

        if (text.n > 2 && !stands(text))
            replacements[text.p[1] & 31].texts[replacements[text.p[1] & 31].n++] = text;
    }
}

bool weir_replacement(struct weir_str s)
{
    return s.n > 2 && s.p[0] == '[' && stands(s);
}

WEIR_FINDER(weir_find_anything)
{
    (void)leaf;
    (void)s;
    if (from == to)
        return WEIR_FOUND_NOTHING;
    *ret_span = (struct weir_span){from, to};
    return WEIR_FOUND;
}

/* Of the groups that go, the first in the text that begins in [from, to). */
static bool next_group(const struct weir_leaf *leaf, const struct weir_subject *s, size_t from,
                       size_t to, struct weir_span *ret_span)
{
    const PCRE2_SIZE *ov = pcre2_get_ovector_pointer(s->match);
    uint32_t count = pcre2_get_ovector_count(s->match);
    struct weir_span first = {to, to};

    for (size_t i = 0; i < leaf->n_groups; i++) {
        uint32_t g = leaf->groups[i];

        if (g < count && ov[2 * g] != PCRE2_UNSET && ov[2 * g] < ov[2 * g + 1] &&
            ov[2 * g] >= from && ov[2 * g] < first.start)
            first = (struct weir_span){ov[2 * g], ov[2 * g + 1]};
    }
    if (first.start < to)
        *ret_span = first;
    return first.start < to;
}

bool weir_pattern_more(const struct weir_leaf *leaf, const struct weir_subject *s, size_t from,
                       size_t to, struct weir_span *ret_span, size_t *ret_end)
{
    const PCRE2_SIZE *ov = pcre2_get_ovector_pointer(s->match);

    *ret_end = ov[1] > from ? ov[1] : from;
    return next_group(leaf, s, from, to, ret_span);
}

/* A pattern of the user: PCRE2 with its JIT and a match limit. Of a match of
 * which only some groups go this gives the first; weir_pattern_more() gives
 * the others. A match that is empty, or none of whose groups took part, is
 * passed over. */
WEIR_FINDER(weir_find_pattern)
{
    for (size_t at = from; at < to;) {
        int rc = pcre2_match(leaf->pattern, (PCRE2_SPTR)s->p, to, at, 0, s->match, s->limits);
        const PCRE2_SIZE *ov;

        if (rc == PCRE2_ERROR_NOMATCH)
            return WEIR_FOUND_NOTHING;
        if (rc < 0)
            return WEIR_FOUND_LIMIT;
        ov = pcre2_get_ovector_pointer(s->match);
        if (leaf->n_groups > 0 && next_group(leaf, s, from, to, ret_span))
            return WEIR_FOUND;
        if (leaf->n_groups == 0 && ov[0] < ov[1]) {
            *ret_span = (struct weir_span){ov[0], ov[1]};
            return WEIR_FOUND;
        }
        for (at = ov[1] > at ? ov[1] : at + 1; at < to && ((uint8_t)s->p[at] & 0xC0) == 0x80;)
            at++;
    }
    return WEIR_FOUND_NOTHING;
}

/* What a byte brings: classes in the upper 16 bits, and one in the count of
 * digits, colons and dots, 16 bits each; so a pass takes one load, one or,
 * one add a byte. % brings the classes of what it may encode. */
#define CLASS(c) ((uint64_t)(c) << 48)
#define DIGIT (CLASS(WEIR_P_DIGIT | WEIR_P_MADE) | 1)
#define COLON (CLASS(WEIR_P_COLON | WEIR_P_PAIR) | 1 << 16)
#define DOT (CLASS(WEIR_P_DOT) | (uint64_t)1 << 32)
#define UPPER CLASS(WEIR_P_MADE)
#define PERCENT                                                                               \
    (CLASS(WEIR_P_AT | WEIR_P_DOT | WEIR_P_COLON | WEIR_P_PAIR | WEIR_P_SLASH | WEIR_P_PLUS | \
           WEIR_P_BLANK) |                                                                    \
     1 << 16) /* %3A */

enum { COUNTED = UINT16_MAX, RUN = 15 };

/* clang-format off */
static const uint64_t brings[256] = {
    ['0'] = DIGIT, ['1'] = DIGIT, ['2'] = DIGIT, ['3'] = DIGIT, ['4'] = DIGIT,
    ['5'] = DIGIT, ['6'] = DIGIT, ['7'] = DIGIT, ['8'] = DIGIT, ['9'] = DIGIT,
    ['A'] = UPPER, ['B'] = CLASS(WEIR_P_MADE | WEIR_P_B), ['C'] = UPPER, ['D'] = UPPER,
    ['E'] = UPPER, ['F'] = UPPER, ['G'] = UPPER, ['H'] = UPPER, ['I'] = UPPER, ['J'] = UPPER,
    ['K'] = UPPER, ['L'] = UPPER, ['M'] = UPPER, ['N'] = UPPER, ['O'] = UPPER, ['P'] = UPPER,
    ['Q'] = UPPER, ['R'] = UPPER, ['S'] = UPPER, ['T'] = UPPER, ['U'] = UPPER, ['V'] = UPPER,
    ['W'] = UPPER, ['X'] = UPPER, ['Y'] = UPPER, ['Z'] = UPPER,
    ['b'] = CLASS(WEIR_P_B),
    [' '] = CLASS(WEIR_P_BLANK),
    ['@'] = CLASS(WEIR_P_AT),
    ['&'] = CLASS(WEIR_P_AT | WEIR_P_DOT | WEIR_P_PAIR),
    [':'] = COLON,
    ['.'] = DOT,
    ['-'] = CLASS(WEIR_P_DASH),
    ['>'] = CLASS(WEIR_P_PAIR),
    [0xEF] = CLASS(WEIR_P_PAIR | WEIR_P_AT),
    ['='] = CLASS(WEIR_P_PAIR),
    ['"'] = CLASS(WEIR_P_PAIR),
    ['\''] = CLASS(WEIR_P_PAIR),
    ['/'] = CLASS(WEIR_P_SLASH),
    ['\\'] = CLASS(WEIR_P_SLASH | WEIR_P_AT),
    ['+'] = CLASS(WEIR_P_PLUS | WEIR_P_BLANK),
    ['%'] = PERCENT,
};
/* clang-format on */

/* A run of that length covers every RUN-th byte: only around those that
 * belong to one is there anything to count. */
static bool has_run(const char *p, size_t n)
{
    for (size_t i = RUN - 1; i < n; i += RUN) {
        size_t start = i, end = i;

        while (end < n && weir_is(p[end], WEIR_C_LOCAL))
            end++;
        if (end == i)
            continue;
        while (start > 0 && i - start < RUN && weir_is(p[start - 1], WEIR_C_LOCAL))
            start--;
        if (end - start >= RUN)
            return true;
    }
    return false;
}

uint32_t weir_prefilter(const char *p, size_t n)
{
    uint64_t seen = 0, counts = 0;
    uint32_t classes;

    for (size_t i = 0; i < n; i++) {
        uint64_t c = brings[(uint8_t)p[i]];

        seen |= c;
        counts += c;
    }
    classes = (uint32_t)(seen >> 48);
    if (n > COUNTED) /* the counts ran over */
        return classes | ~(uint32_t)UINT16_MAX;
    if ((counts & UINT16_MAX) >= 8)
        classes |= WEIR_P_DIGITS;
    if ((counts >> 16 & UINT16_MAX) >= 2)
        classes |= WEIR_P_COLONS | WEIR_P_ADDRESS;
    if ((counts >> 32 & UINT16_MAX) >= 3)
        classes |= WEIR_P_DOTS | WEIR_P_ADDRESS;
    if (n >= 16)
        classes |= WEIR_P_LONG | (has_run(p, n) ? (uint32_t)WEIR_P_RUN : 0);
    return classes;
}
