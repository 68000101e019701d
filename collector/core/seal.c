/* seal.c - libsodium's sealed boxes as text, and finding them in text. */
#include "weir/seal.h"

#include "weir/text.h"

#include <sodium.h>
#include <stdlib.h>

enum { VARIANT = sodium_base64_VARIANT_URLSAFE_NO_PADDING, BOX_MAX = 4 * 1024 * 1024 };

static const char opening_text[] = "[encrypted:";
static const struct weir_str opening = {opening_text, sizeof opening_text - 1};

static bool is_box_byte(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_';
}

/* ---- keys --------------------------------------------------------------------- */

bool weir_seal_key(struct weir_str text, uint8_t ret_key[WEIR_SEAL_KEY])
{
    static const int variants[] = {VARIANT, sodium_base64_VARIANT_URLSAFE,
                                   sodium_base64_VARIANT_ORIGINAL,
                                   sodium_base64_VARIANT_ORIGINAL_NO_PADDING};
    size_t n;

    text = weir_str_trim(text);
    if (text.n == (size_t)2 * WEIR_SEAL_KEY && weir_unhex(text, ret_key))
        return true;
    for (size_t i = 0; i < sizeof variants / sizeof variants[0] && text.n > 0; i++)
        if (sodium_base642bin(ret_key, WEIR_SEAL_KEY, text.p, text.n, NULL, &n, NULL,
                              variants[i]) == 0 &&
            n == WEIR_SEAL_KEY)
            return true;
    return false;
}

void weir_seal_new(uint8_t ret_private[WEIR_SEAL_KEY])
{
    uint8_t public_key[WEIR_SEAL_KEY];

    if (sodium_init() < 0)
        abort(); /* no random numbers: a key would be worthless */
    (void)crypto_box_keypair(public_key, ret_private);
}

void weir_seal_public(const uint8_t private_key[WEIR_SEAL_KEY], uint8_t ret_public[WEIR_SEAL_KEY])
{
    (void)crypto_scalarmult_base(ret_public, private_key);
}

void weir_seal_key_text(const uint8_t key[WEIR_SEAL_KEY], char ret_text[48])
{
    sodium_bin2base64(ret_text, 48, key, WEIR_SEAL_KEY, VARIANT);
}

/* ---- boxes -------------------------------------------------------------------- */

void weir_seal(const uint8_t public_key[WEIR_SEAL_KEY], struct weir_str text, struct weir_buf *out)
{
    size_t n = text.n + crypto_box_SEALBYTES, coded = sodium_base64_encoded_len(n, VARIANT);
    uint8_t *box;
    char *p;

    weir_buf_add(out, opening);
    /* the box is made behind the room that its text will take */
    p = text.n <= BOX_MAX ? weir_buf_reserve(out, coded + n) : NULL;
    if (p != NULL) {
        box = (uint8_t *)p + coded;
        if (crypto_box_seal(box, (const uint8_t *)text.p, text.n, public_key) == 0) {
            sodium_bin2base64(p, coded, box, n, VARIANT);
            out->n += coded - 1; /* without the NUL */
        }
    }
    weir_buf_char(out, ']');
}

bool weir_seal_find(struct weir_str text, size_t from, size_t *ret_start, size_t *ret_end)
{
    for (;;) {
        size_t at = weir_str_find(weir_str_sub(text, from, SIZE_MAX), opening), end;

        if (at == SIZE_MAX)
            return false;
        at += from;
        for (end = at + opening.n; end < text.n && is_box_byte(text.p[end]); end++)
            ;
        if (end < text.n && text.p[end] == ']') {
            *ret_start = at;
            *ret_end = end + 1;
            return true;
        }
        from = end;
    }
}

bool weir_seal_within(struct weir_str text, size_t at)
{
    size_t from = at;

    while (from > 0 && is_box_byte(text.p[from - 1]))
        from--;
    /* `from` stands behind the colon, or `at` within the opening itself */
    for (size_t k = 0; k <= opening.n; k++)
        if (from + k >= opening.n &&
            weir_str_starts(weir_str_sub(text, from + k - opening.n, SIZE_MAX), opening))
            return true;
    return false;
}

int weir_seal_open(const uint8_t private_key[WEIR_SEAL_KEY], struct weir_arena *a,
                   struct weir_str box, struct weir_str *ret_text)
{
    uint8_t public_key[WEIR_SEAL_KEY], *bytes, *text;
    size_t n;

    if (box.n > opening.n && weir_str_starts(box, opening) && box.p[box.n - 1] == ']')
        box = weir_str_sub(box, opening.n, box.n - opening.n - 1);
    if (box.n == 0 || box.n > (size_t)2 * BOX_MAX)
        return WEIR_EINVAL;
    bytes = weir_arena_alloc(a, box.n);
    text = weir_arena_alloc(a, box.n);
    if (bytes == NULL || text == NULL)
        return WEIR_ENOMEM;
    weir_seal_public(private_key, public_key);
    if (sodium_base642bin(bytes, box.n, box.p, box.n, NULL, &n, NULL, VARIANT) != 0 ||
        n < crypto_box_SEALBYTES ||
        crypto_box_seal_open(text, bytes, n, public_key, private_key) != 0)
        return WEIR_EINVAL;
    *ret_text = (struct weir_str){(const char *)text, n - crypto_box_SEALBYTES};
    return 0;
}
