/* load_redaction.c - what a rule puts in place, as rule sets write it.
 *
 *   redaction: hash                                    a method by its name
 *   redaction: {method: mask, maskChar: '#', charsToIgnore: '-', range: [2, -4]}
 *
 * Keys are read in both spellings, maskChar and mask_char. */
#include "load.h"

#include "builtin.h"
#include "detect.h"

#include "weir/config.h"
#include "weir/seal.h"
#include "weir/yaml.h"

static bool integer(struct weir_str s, long *ret_value)
{
    bool minus = s.n > 0 && s.p[0] == '-';
    uint64_t v;

    if (!weir_str_u64(minus ? weir_str_sub(s, 1, SIZE_MAX) : s, &v) || v > 1000000)
        return false;
    *ret_value = minus ? -(long)v : (long)v;
    return true;
}

static void load_mask(struct weir_ruleset *set, const struct weir_node *r,
                      struct weir_errors *errors, struct weir_redaction *red)
{
    const struct weir_node *c = weir_load_get(r, "maskChar");
    const struct weir_node *ignore = weir_load_get(r, "charsToIgnore");
    const struct weir_node *range = weir_load_get(r, "range");

    if (c != NULL && (c->kind != WEIR_NODE_SCALAR || c->text.n != 1))
        weir_node_error(errors, c, "maskChar is one ASCII character");
    else if (c != NULL)
        red->mask = c->text.p[0];
    if (ignore != NULL && ignore->kind == WEIR_NODE_SCALAR)
        red->ignore = weir_arena_copy(&set->arena, ignore->text);
    if (range == NULL || weir_node_null(range))
        return;
    if (range->kind != WEIR_NODE_LIST || range->n != 2 ||
        (!weir_node_null(range->child) && !integer(range->child->text, &red->from)) ||
        (!weir_node_null(range->child->next) && !integer(range->child->next->text, &red->to)))
        weir_node_error(errors, range, "range is a list of two whole numbers");
}

static void load_length(const struct weir_node *r, struct weir_errors *errors,
                        struct weir_redaction *red)
{
    const struct weir_node *length = weir_load_get(r, "length");
    uint64_t n = 0;

    if (red->method != WEIR_METHOD_TRUNCATE)
        return;
    if (length == NULL || !weir_str_u64(length->text, &n) || n > 1000000)
        weir_node_error(errors, length != NULL ? length : r,
                        "truncate needs a length: how many characters stay");
    red->length = (size_t)n;
}

static void load_key(struct weir_ruleset *set, const struct weir_node *r,
                     struct weir_errors *errors, struct weir_redaction *red)
{
    const struct weir_node *text = weir_load_get(r, "publicKey");
    uint8_t *key;

    if (red->method != WEIR_METHOD_ENCRYPT)
        return;
    key = weir_arena_zalloc(&set->arena, WEIR_SEAL_KEY, 1);
    red->key = key;
    if (key == NULL || text == NULL || text->kind != WEIR_NODE_SCALAR ||
        !weir_seal_key(text->text, key))
        weir_node_error(errors, text != NULL ? text : r,
                        "encrypt needs a publicKey, as `weir reveal --new-key FILE` prints it");
}

/* The key of hashes: the rule's own, else that of the set (vars.hashKey). The
 * algorithm is HMAC-SHA-256, whichever of Sentry's names is written. */
static void load_hash(struct weir_ruleset *set, const struct weir_node *r,
                      struct weir_errors *errors, struct weir_redaction *red)
{
    static const char *const algorithms[] = {"HMAC-SHA1", "HMAC-SHA256", "HMAC-SHA512"};
    const struct weir_node *algorithm = weir_load_get(r, "algorithm");
    const struct weir_node *key = weir_load_get(r, "key");
    size_t i = 0;

    if (key != NULL && !weir_node_null(key)) {
        if (key->kind != WEIR_NODE_SCALAR || key->text.n == 0)
            weir_node_error(errors, key, "key is a text that keys the hash");
        else
            red->hash_key = weir_arena_copy(&set->arena, key->text);
    }
    if (algorithm == NULL || weir_node_null(algorithm))
        return;
    while (i < 3 && !weir_str_eq_nocase(algorithm->text, weir_str_of(algorithms[i])))
        i++;
    if (i == 3)
        weir_node_error(errors, algorithm,
                        "unknown algorithm: HMAC-SHA256 (HMAC-SHA1 and HMAC-SHA512 mean the same)");
}

static bool load_method(const struct weir_node *n, struct weir_errors *errors,
                        enum weir_method *ret_method)
{
    static const struct {
        const char *name;
        enum weir_method method;
    } methods[] = {{"default", WEIR_METHOD_DEFAULT}, {"remove", WEIR_METHOD_REMOVE},
                   {"replace", WEIR_METHOD_REPLACE}, {"mask", WEIR_METHOD_MASK},
                   {"hash", WEIR_METHOD_HASH},       {"truncate", WEIR_METHOD_TRUNCATE},
                   {"encrypt", WEIR_METHOD_ENCRYPT}};
    const char *like = NULL;

    for (size_t i = 0; i < sizeof methods / sizeof *methods; i++) {
        if (weir_str_eq(n->text, weir_str_of(methods[i].name))) {
            *ret_method = methods[i].method;
            return true;
        }
        if (like == NULL && weir_load_near(n->text, weir_str_of(methods[i].name)))
            like = methods[i].name;
    }
    if (like != NULL)
        weir_node_error(errors, n, "unknown method %.*s: did you mean %s?", WEIR_FMT(n->text),
                        like);
    else
        weir_node_error(errors, n,
                        "unknown method: remove, replace, mask, hash, truncate or encrypt");
    return false;
}

/* What `method: replace` without a text puts there. Types that Sentry has do
 * as there, so that a pasted configuration looks the same; `redaction:
 * replace` and types of our own say what stood there: [email]. */
static struct weir_str replacement(enum weir_rule_type type, bool object)
{
    const char *text = weir_detectors[type].text;

    if (text == NULL || (object && weir_builtin_of_sentry(type)))
        return WEIR_S("[Filtered]");
    return weir_str_of(text);
}

void weir_load_redaction(struct weir_ruleset *set, const struct weir_node *rule,
                         enum weir_rule_type type, struct weir_errors *errors,
                         struct weir_redaction *ret_redaction)
{
    static const char *const known[] = {"method",    "text", "maskChar", "charsToIgnore", "range",
                                        "algorithm", "key",  "length",   "publicKey",     NULL};
    const struct weir_node *r = weir_load_get(rule, "redaction"), *method = r, *text;

    *ret_redaction = (struct weir_redaction){.mask = '*', .hash_key = set->hash_key};
    if (r == NULL || weir_node_null(r))
        return;
    if (r->kind == WEIR_NODE_MAP) {
        weir_load_known(r, known, errors);
        method = weir_load_get(r, "method");
    }
    if (method == NULL || method->kind != WEIR_NODE_SCALAR) {
        weir_node_error(errors, r, "redaction is a method, or a map with a method");
        return;
    }
    if (!load_method(method, errors, &ret_redaction->method))
        return;
    text = weir_load_get(r, "text");
    if (text != NULL && text->kind == WEIR_NODE_SCALAR && !weir_node_null(text))
        ret_redaction->text = weir_arena_copy(&set->arena, text->text);
    else
        ret_redaction->text = replacement(type, r->kind == WEIR_NODE_MAP);
    load_mask(set, r, errors, ret_redaction);
    load_length(r, errors, ret_redaction);
    load_key(set, r, errors, ret_redaction);
    load_hash(set, r, errors, ret_redaction);
}
