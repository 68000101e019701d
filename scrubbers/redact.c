/* redact.c - see redact.h. A hash is HMAC-SHA-256 under the rule's or the plan's key, the
 * first 160 bits in upper-case hex, as wide as the field's 40 characters. */
#include "redact.h"

#include "chars.h"
#include "detect.h"

#include "weir/seal.h"
#include "weir/text.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

enum { HASH_HEX = 40 };

static const struct weir_str ellipsis = {"...", 3};

static void hash(struct weir_str key, struct weir_str text, struct weir_buf *out)
{
    uint8_t mac[EVP_MAX_MD_SIZE];
    unsigned n = 0;
    char *p = weir_buf_reserve(out, HASH_HEX);

    if (p == NULL)
        return;
    if (HMAC(EVP_sha256(), key.n > 0 ? key.p : "", (int)key.n, (const uint8_t *)text.p, text.n, mac,
             &n) == NULL ||
        n < HASH_HEX / 2)
        memset(mac, 0, sizeof mac);
    weir_hex(mac, HASH_HEX / 2, p);
    for (size_t i = 0; i < HASH_HEX; i++)
        if (p[i] >= 'a')
            p[i] = (char)(p[i] - 32);
    out->n += HASH_HEX;
}

/* Each code point in the range becomes the mask, but for those that stay. */
static void mask(const struct weir_redaction *r, struct weir_str text, struct weir_buf *out)
{
    long count = 0, at = 0, from = r->from, to = r->to;

    for (size_t i = 0; i < text.n; i++)
        count += ((uint8_t)text.p[i] & 0xC0) != 0x80;
    if (from < 0)
        from += count;
    if (to <= 0)
        to += count;
    for (size_t i = 0; i < text.n; at++) {
        size_t n = 1;

        while (i + n < text.n && ((uint8_t)text.p[i + n] & 0xC0) == 0x80)
            n++;
        if (at < from || at >= to ||
            (n == 1 && r->ignore.n > 0 && memchr(r->ignore.p, text.p[i], r->ignore.n) != NULL))
            weir_buf_add(out, weir_str_sub(text, i, n));
        else
            weir_buf_char(out, r->mask);
        i += n;
    }
}

/* Bytes of the first `count` code points. */
static size_t head_of(struct weir_str text, size_t count)
{
    size_t i = 0;

    while (i < text.n && (count > 0 || ((uint8_t)text.p[i] & 0xC0) == 0x80)) {
        count -= ((uint8_t)text.p[i] & 0xC0) != 0x80;
        i++;
    }
    return i;
}

static void truncate_text(size_t length, struct weir_str text, struct weir_buf *out)
{
    weir_buf_add(out, weir_str_sub(text, 0, head_of(text, length)));
    weir_buf_add(out, ellipsis);
}

void weir_redact(const struct weir_scrub_plan *plan, const struct weir_leaf *leaf,
                 struct weir_str text, struct weir_buf *out)
{
    switch (leaf->redact.method) {
    case WEIR_METHOD_REPLACE:
        weir_buf_add(out, leaf->redact.text);
        break;
    case WEIR_METHOD_MASK:
        mask(&leaf->redact, text, out);
        break;
    case WEIR_METHOD_HASH:
        hash(leaf->redact.hash_key.n > 0 ? leaf->redact.hash_key : plan->hash_key, text, out);
        break;
    case WEIR_METHOD_TRUNCATE:
        truncate_text(leaf->redact.length, text, out);
        break;
    case WEIR_METHOD_ENCRYPT:
        weir_seal(leaf->redact.key, text, out);
        break;
    default:
        break;
    }
}

static bool all_masked(const struct weir_redaction *r, struct weir_str text)
{
    for (size_t i = 0; i < text.n; i++)
        if (text.p[i] != r->mask)
            return false;
    return true;
}

/* The default text of some rule, all of it. */
static bool left_by_rule(struct weir_str text)
{
    for (size_t k = 0; text.n > 2 && text.p[0] == '[' && k < WEIR_RULE_TYPES; k++)
        if (weir_detectors[k].text != NULL &&
            weir_str_eq(text, weir_str_of(weir_detectors[k].text)))
            return true;
    return false;
}

bool weir_redacted(const struct weir_leaf *leaf, struct weir_str text)
{
    if (left_by_rule(text))
        return true;
    switch (leaf->redact.method) {
    case WEIR_METHOD_REPLACE:
        return weir_str_eq(text, leaf->redact.text);
    case WEIR_METHOD_MASK:
        return all_masked(&leaf->redact, text);
    case WEIR_METHOD_HASH:
        if (text.n != HASH_HEX)
            return false;
        for (size_t i = 0; i < text.n; i++)
            if (!weir_is_digit(text.p[i]) && (text.p[i] < 'A' || text.p[i] > 'F'))
                return false;
        return true;
    case WEIR_METHOD_TRUNCATE:
        return weir_str_ends(text, ellipsis) &&
               head_of(text, leaf->redact.length) + ellipsis.n >= text.n;
    case WEIR_METHOD_ENCRYPT: {
        size_t start, end;

        return weir_seal_find(text, 0, &start, &end) && start == 0 && end == text.n;
    }
    default:
        return text.n == 0;
    }
}

char weir_method_letter(enum weir_method m)
{
    return "xxsmpse"[m];
}

const char *weir_method_name(enum weir_method m)
{
    static const char *const names[] = {"remove", "remove",   "replace", "mask",
                                        "hash",   "truncate", "encrypt"};

    return names[m];
}
