/* builtin.c - the table of built-in rules, see builtin.h. */
#include "builtin.h"

#include "chars.h"
#include "detect.h"
#include "load.h"

#include "weir/buf.h"

#define COOKIES "cookies" /* a password rule with keys of its own */

/* Names after the @ and what they do when no method is said. */
static const struct {
    const char *name;
    enum weir_rule_type type;
    enum weir_method method;
} rules[] = {
    {"anything", WEIR_RULE_ANYTHING, WEIR_METHOD_REPLACE},
    {"email", WEIR_RULE_EMAIL, WEIR_METHOD_REPLACE},
    {"ip", WEIR_RULE_IP, WEIR_METHOD_REPLACE},
    {"ipv4", WEIR_RULE_IPV4, WEIR_METHOD_REPLACE},
    {"ipv6", WEIR_RULE_IPV6, WEIR_METHOD_REPLACE},
    {"creditcard", WEIR_RULE_CREDITCARD, WEIR_METHOD_REPLACE},
    {"iban", WEIR_RULE_IBAN, WEIR_METHOD_REPLACE},
    {"usssn", WEIR_RULE_US_SSN, WEIR_METHOD_MASK},
    {"phone", WEIR_RULE_PHONE, WEIR_METHOD_REPLACE},
    {"pemkey", WEIR_RULE_PEMKEY, WEIR_METHOD_REPLACE},
    {"bearer", WEIR_RULE_BEARER, WEIR_METHOD_REPLACE},
    {"basic", WEIR_RULE_BASIC, WEIR_METHOD_REPLACE},
    {"jwt", WEIR_RULE_JWT, WEIR_METHOD_REPLACE},
    {"apikey", WEIR_RULE_API_KEY, WEIR_METHOD_REPLACE},
    {"urlauth", WEIR_RULE_URL_AUTH, WEIR_METHOD_REPLACE},
    {"userpath", WEIR_RULE_USERPATH, WEIR_METHOD_REPLACE},
    {"username", WEIR_RULE_USERNAME, WEIR_METHOD_REPLACE},
    {"mac", WEIR_RULE_MAC, WEIR_METHOD_MASK},
    {"uuid", WEIR_RULE_UUID, WEIR_METHOD_MASK},
    {"imei", WEIR_RULE_IMEI, WEIR_METHOD_REPLACE},
    {"session", WEIR_RULE_SESSION, WEIR_METHOD_REPLACE},
    {"dateofbirth", WEIR_RULE_DATE_OF_BIRTH, WEIR_METHOD_REPLACE},
    {"personname", WEIR_RULE_PERSON_NAME, WEIR_METHOD_REPLACE},
    {"coordinates", WEIR_RULE_COORDINATES, WEIR_METHOD_REPLACE},
    {"crypto_wallet", WEIR_RULE_CRYPTO_WALLET, WEIR_METHOD_REPLACE},
    {"vin", WEIR_RULE_VIN, WEIR_METHOD_REPLACE},
    {"high_entropy", WEIR_RULE_HIGH_ENTROPY, WEIR_METHOD_REPLACE},
    {"national_id", WEIR_RULE_NATIONAL_ID, WEIR_METHOD_REPLACE},
/* clang-format off */
#define NATIONAL(type, name, text) {#name, WEIR_RULE_##type, WEIR_METHOD_REPLACE},
    WEIR_NATIONAL_TYPES(NATIONAL)
#undef NATIONAL
    /* clang-format on */
    {"passport_mrz", WEIR_RULE_PASSPORT_MRZ, WEIR_METHOD_REPLACE},
    {"password", WEIR_RULE_PASSWORD, WEIR_METHOD_REMOVE},
    {COOKIES, WEIR_RULE_PASSWORD, WEIR_METHOD_REPLACE},
};

static const struct {
    const char *name;
    enum weir_method method;
    const char *text; /* instead of the type's own */
} methods[] = {
    {"remove", WEIR_METHOD_REMOVE, NULL},
    {"replace", WEIR_METHOD_REPLACE, NULL},
    {"mask", WEIR_METHOD_MASK, NULL},
    {"hash", WEIR_METHOD_HASH, NULL},
    {"filter", WEIR_METHOD_REPLACE, "[Filtered]"},
    {"legacy", WEIR_METHOD_REPLACE, "[Filtered]"}, /* of urlauth: the password only */
};

static const struct {
    const char *name;
    const char *members[16];
} groups[] = {
    {"@common",
     {"@pemkey", "@urlauth", "@bearer", "@password", "@email", "@creditcard", "@iban", "@ip",
      "@userpath", "@usssn", NULL}},
    {"@common:filter",
     {"@pemkey:filter", "@urlauth:legacy", "@bearer:filter", "@password:filter",
      "@creditcard:filter", "@iban:filter", "@usssn:filter", NULL}},
};

/* Types that Sentry has no rules for: @uk_nino and @uknino are both fine. */
static bool ours(enum weir_rule_type t)
{
    return t >= WEIR_RULE_COORDINATES && t <= WEIR_RULE_PASSPORT_MRZ;
}

/* us_ssn, usssn, usSsn: Sentry is not of one mind */
static bool same_type(struct weir_str written, const char *name)
{
    size_t i = 0;

    for (; *name != '\0'; name++) {
        if (*name == '_')
            continue;
        while (i < written.n && written.p[i] == '_')
            i++;
        if (i == written.n || weir_lower(written.p[i++]) != *name)
            return false;
    }
    return i == written.n;
}

enum weir_rule_type weir_rule_type_of(struct weir_str name, const struct weir_words **ret_keys)
{
    *ret_keys = NULL;
    if (weir_str_eq(name, WEIR_S(COOKIES))) {
        *ret_keys = &weir_builtin_cookies;
        return WEIR_RULE_PASSWORD;
    }
    for (int i = 0; i < WEIR_RULE_TYPES; i++) {
        if (!same_type(name, weir_detectors[i].name))
            continue;
        *ret_keys = weir_builtin_keys((enum weir_rule_type)i);
        return (enum weir_rule_type)i;
    }
    return WEIR_RULE_TYPES;
}

const char *weir_rule_type_like(struct weir_str name)
{
    for (int i = 0; i < WEIR_RULE_TYPES; i++)
        if (weir_load_near(name, weir_str_of(weir_detectors[i].name)))
            return weir_detectors[i].name;
    return NULL;
}

bool weir_builtin_of_sentry(enum weir_rule_type type)
{
    static const bool there[WEIR_RULE_TYPES] = {
        [WEIR_RULE_ANYTHING] = true,   [WEIR_RULE_PATTERN] = true,    [WEIR_RULE_EMAIL] = true,
        [WEIR_RULE_IP] = true,         [WEIR_RULE_CREDITCARD] = true, [WEIR_RULE_IBAN] = true,
        [WEIR_RULE_US_SSN] = true,     [WEIR_RULE_PEMKEY] = true,     [WEIR_RULE_BEARER] = true,
        [WEIR_RULE_URL_AUTH] = true,   [WEIR_RULE_USERPATH] = true,   [WEIR_RULE_MAC] = true,
        [WEIR_RULE_UUID] = true,       [WEIR_RULE_IMEI] = true,       [WEIR_RULE_PASSWORD] = true,
        [WEIR_RULE_REDACT_PAIR] = true};

    return there[type];
}

/* The method behind the colon; false when there is none of that name. */
static bool set_method(struct weir_leaf *leaf, struct weir_str method)
{
    for (size_t k = 0; k < sizeof methods / sizeof *methods; k++) {
        if (!weir_str_eq(method, weir_str_of(methods[k].name)))
            continue;
        if (weir_str_eq(method, WEIR_S("legacy"))) {
            if (leaf->type != WEIR_RULE_URL_AUTH)
                return false;
            leaf->type = WEIR_RULE_URL_PASSWORD;
        }
        leaf->redact.method = methods[k].method;
        if (methods[k].text != NULL)
            leaf->redact.text = weir_str_of(methods[k].text);
        return true;
    }
    return false;
}

bool weir_builtin_leaf(struct weir_str name, struct weir_leaf *ret_leaf)
{
    struct weir_str head, method;
    bool said;

    if (name.n < 2 || name.p[0] != '@')
        return false;
    said = weir_str_cut(weir_str_sub(name, 1, SIZE_MAX), ':', &head, &method);
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
        struct weir_leaf leaf = {.type = rules[i].type, .name = name};
        const char *text = weir_detectors[rules[i].type].text;

        if (!weir_str_eq(head, weir_str_of(rules[i].name)) &&
            !(ours(rules[i].type) && same_type(head, rules[i].name)))
            continue;
        leaf.keys = weir_builtin_keys(leaf.type);
        if (weir_str_eq(head, WEIR_S(COOKIES)))
            leaf.keys = &weir_builtin_cookies;
        else if (leaf.type == WEIR_RULE_PASSWORD)
            text = "[password]";
        leaf.redact = (struct weir_redaction){
            .method = rules[i].method, .mask = '*', .text = weir_str_of(text)};
        if (said && !set_method(&leaf, method))
            return false;
        *ret_leaf = leaf;
        return true;
    }
    return false;
}

const char *const *weir_builtin_group(struct weir_str name)
{
    for (size_t i = 0; i < sizeof groups / sizeof *groups; i++)
        if (weir_str_eq(name, weir_str_of(groups[i].name)))
            return groups[i].members;
    return NULL;
}

/* A known method whose name is close, NULL: none. */
static const char *method_like(struct weir_str rule, struct weir_str method)
{
    for (size_t k = 0; k < sizeof methods / sizeof *methods; k++)
        if (weir_load_near(method, weir_str_of(methods[k].name)) &&
            (strcmp(methods[k].name, "legacy") != 0 || weir_str_eq(rule, WEIR_S("urlauth"))))
            return methods[k].name;
    return NULL;
}

bool weir_builtin_like(struct weir_str name, struct weir_buf *out)
{
    struct weir_str head, method;
    bool said = weir_str_cut(weir_str_sub(name, 1, SIZE_MAX), ':', &head, &method);
    const char *near = weir_load_near(head, WEIR_S("common")) ? "common" : NULL;
    const char *how = said ? method_like(head, method) : NULL;

    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
        if (weir_str_eq(head, weir_str_of(rules[i].name)) ||
            (near == NULL && weir_load_near(head, weir_str_of(rules[i].name))))
            near = rules[i].name;
    /* url_auth is the type, @urlauth the rule */
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
        if (near == NULL && same_type(head, weir_detectors[rules[i].type].name))
            near = rules[i].name;
    if (near == NULL || (said && how == NULL))
        return false;
    weir_buf_printf(out, "@%s%s%s", near, how != NULL ? ":" : "", how != NULL ? how : "");
    return true;
}
