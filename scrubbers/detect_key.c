/* detect_key.c - keys of vendors, by the formats that the vendors publish.
 *
 * Most begin with a prefix that nobody else uses, then so many characters of an
 * alphabet: one row of key_formats.c each, picked by the first character of a
 * token. A key that is shorter, longer, or goes on in other characters is
 * something else, and one of small letters only is words. Keys of GitHub and
 * npm end in a checksum (CRC-32 of the 30 characters before it, in base 62):
 * where it holds, the key is cut out even of what it was glued to; where it
 * does not, the format alone decides, since keys are cut and made up, too.
 *
 * Others have a form but no prefix: bots of Telegram (digits, a colon, 35
 * characters), tokens of Discord (three parts), keys of Mailchimp and Mailgun.
 * And some are hex or base64 of a certain length, nothing else: those of AWS,
 * Azure, Cloudflare, Datadog. They ask for the words by which they go. */
#include "key_formats.h"

#include "chars.h"
#include "near.h"
#include "number.h"

#include <zlib.h>

enum { SHORTEST = 16, GITHUB = 36, GITHUB_BODY = 30 };

bool weir_looks_made(const char *p, size_t n)
{
    size_t digits = 0, upper = 0, lower = 0;

    for (size_t i = 0; i < n; i++) {
        digits += weir_is_digit(p[i]);
        upper += weir_is(p[i], WEIR_C_UPPER);
        lower += weir_is(p[i], WEIR_C_LOWER);
    }
    return digits > 0 || (upper > 1 && lower > 1);
}

static bool in_alphabet(uint8_t alphabet, char c)
{
    static const struct {
        unsigned classes;
        const char *more;
    } alphabets[] = {
        [WEIR_KEY_WORD] = {WEIR_C_ALNUM, "_-"},
        [WEIR_KEY_UPPER] = {WEIR_C_UPPER | WEIR_C_DIGIT, ""},
        [WEIR_KEY_LOWER] = {WEIR_C_LOWER | WEIR_C_DIGIT, ""},
        [WEIR_KEY_HEX] = {WEIR_C_HEX, ""},
        [WEIR_KEY_HEX_DASH] = {WEIR_C_HEX, "-"},
        [WEIR_KEY_ALNUM] = {WEIR_C_ALNUM, ""},
        [WEIR_KEY_DOTTED] = {WEIR_C_ALNUM, "_-."},
        [WEIR_KEY_PATH] = {WEIR_C_ALNUM, "_-/"},
        [WEIR_KEY_BASE64] = {WEIR_C_ALNUM, "_-+/=%"},
    };

    return weir_is(c, alphabets[alphabet].classes) ||
           (c != '\0' && strchr(alphabets[alphabet].more, c) != NULL);
}

/* Does the checksum hold of the 36 characters at `p`? */
static bool crc62(const char *p)
{
    uint64_t sum = 0;

    for (size_t i = GITHUB_BODY; i < GITHUB; i++) {
        char c = p[i];

        if (!weir_is(c, WEIR_C_ALNUM))
            return false;
        sum = sum * 62 + (uint64_t)(weir_is_digit(c)           ? c - '0'
                                    : weir_is(c, WEIR_C_UPPER) ? c - 'A' + 10
                                                               : c - 'a' + 36);
    }
    return sum == crc32(0, (const Bytef *)p, GITHUB_BODY);
}

/* Is it no name? Names of types have capitals and dots, but hardly digits. */
static bool made(uint8_t alphabet, const char *p, size_t n)
{
    if (alphabet != WEIR_KEY_DOTTED && alphabet != WEIR_KEY_PATH)
        return weir_looks_made(p, n);
    for (size_t i = 0; i < n; i++)
        if (weir_is_digit(p[i]))
            return true;
    return false;
}

/* How many characters from `p` on a key of format `f` has: one more than its
 * most, if they go on. */
static size_t body_length(const struct weir_key_format *f, const char *p, size_t room)
{
    size_t n = 0;

    while (n <= f->max && n < room && in_alphabet(f->alphabet, p[n]))
        n++;
    if (f->alphabet == WEIR_KEY_DOTTED) /* the end of the sentence */
        while (n > 0 && p[n - 1] == '.')
            n--;
    return f->checked && n >= GITHUB && crc62(p) ? GITHUB : n;
}

/* The key of format `f` at `i`; false: it is none. */
static bool format_fits(const struct weir_key_format *f, const char *p, size_t i, size_t to,
                        struct weir_span *ret_span)
{
    size_t head = strlen(f->prefix), n;
    const char *body = p + i + head;

    if (to - i < head + f->min || memcmp(p + i, f->prefix, head) != 0)
        return false;
    n = body_length(f, body, to - i - head);
    if (n < f->min || n > f->max || (f->alphabet != WEIR_KEY_UPPER && !made(f->alphabet, body, n)))
        return false;
    if (!f->checked && i + head + n < to && weir_is(body[n], WEIR_C_ALNUM))
        return false;
    *ret_span = (struct weir_span){f->tail ? i + head : i, i + head + n};
    return true;
}

/* So many characters of an alphabet at `i`, no more. */
static bool exactly(const char *p, size_t i, size_t to, uint8_t alphabet, size_t n)
{
    if (i > to || to - i < n)
        return false;
    for (size_t k = 0; k < n; k++)
        if (!in_alphabet(alphabet, p[i + k]))
            return false;
    return i + n == to || !in_alphabet(alphabet, p[i + n]);
}

/* 123456789:AAH... */
static size_t telegram(const char *p, size_t i, size_t to)
{
    size_t n = weir_digits(p, i, to);

    if (n < 8 || n > 10 || i + n + 2 >= to || p[i + n] != ':' || p[i + n + 1] != 'A' ||
        !exactly(p, i + n + 1, to, WEIR_KEY_WORD, 35))
        return i;
    return i + n + 36;
}

/* The account in base64, the time, a MAC, with dots between. */
static size_t discord(const char *p, size_t i, size_t n, size_t to)
{
    size_t at = i + n, mac = 0;

    if (n < 23 || n > 28 || memchr("MNO", p[i], 3) == NULL || at + 8 >= to || p[at] != '.' ||
        p[at + 7] != '.' || !exactly(p, at + 1, to, WEIR_KEY_WORD, 6))
        return i;
    at += 8;
    while (mac <= 40 && at + mac < to && in_alphabet(WEIR_KEY_WORD, p[at + mac]))
        mac++;
    return mac >= 27 && mac <= 40 ? at + mac : i;
}

/* 32 hex digits and the data center (-us21), or two groups of 8 (Mailgun). */
static size_t mail_key(const char *p, size_t i, size_t n, size_t to)
{
    size_t at = i + 32, dc;

    if (n != 32 || at + 4 >= to || p[at] != '-' || !exactly(p, i, at, WEIR_KEY_HEX, 32))
        return i;
    if (memcmp(p + at, "-us", 3) == 0) {
        dc = weir_digits(p, at + 3, to);
        return dc == 1 || dc == 2 ? at + 3 + dc : i;
    }
    if (exactly(p, at + 1, to, WEIR_KEY_HEX, 8) && at + 9 < to && p[at + 9] == '-' &&
        exactly(p, at + 10, to, WEIR_KEY_WORD, 8) && exactly(p, at + 10, to, WEIR_KEY_HEX, 8))
        return at + 18;
    return i;
}

static bool told(const struct weir_subject *s, size_t i)
{
    static const struct weir_str terms[] = {
        WEIR_STR("aws secret"),    WEIR_STR("secret access"),  WEIR_STR("aws key"),
        WEIR_STR("datadog"),       WEIR_STR("dd api"),         WEIR_STR("dd app"),
        WEIR_STR("cloudflare"),    WEIR_STR("cf api"),         WEIR_STR("heroku"),
        WEIR_STR("account key"),   WEIR_STR("storage key"),    WEIR_STR("azure key"),
        WEIR_STR("fastly"),        WEIR_STR("algolia"),        WEIR_STR("twilio"),
        WEIR_STR("mailgun"),       WEIR_STR("api key"),        WEIR_STR("apikey"),
        WEIR_STR("api token"),     WEIR_STR("auth token"),     WEIR_STR("access token"),
        WEIR_STR("client secret"), WEIR_STR("secret key"),     WEIR_STR("license key"),
        WEIR_STR("new relic"),     WEIR_STR("okta"),           WEIR_STR("snyk"),
        WEIR_STR("shared secret"), WEIR_STR("signing secret"),
    };
    static const struct weir_words words = {terms, sizeof terms / sizeof *terms, NULL, 0, NULL, 0};

    return weir_near(s, i, &words);
}

/* Lengths of keys that are nothing but characters: 32, 37, 40, 64 of hex, 40 of
 * base64, 88 with two = at the end; and UUIDs (Heroku). */
static bool plain_form(const char *p, size_t n)
{
    switch (n) {
    case 40:
        return true;
    case 88:
        return p[87] == '=';
    case 32:
    case 36:
    case 37:
    case 64:
        return exactly(p, 0, n, WEIR_KEY_HEX_DASH, n);
    default:
        return false;
    }
}

static size_t plain_key(const struct weir_subject *s, size_t i, size_t n, size_t to)
{
    const char *p = s->p + i;

    while (n >= 8 && i + n < to && n <= 88 && in_alphabet(WEIR_KEY_BASE64, p[n]))
        n++;
    return plain_form(p, n) && weir_looks_made(p, n) && told(s, i) ? i + n : i;
}

/* The key at the token of `n` letters and digits at `i`. */
static bool key_at(const struct weir_subject *s, size_t i, size_t n, size_t to,
                   struct weir_span *ret_span)
{
    struct weir_key_formats f = weir_key_formats((uint8_t)s->p[i]);
    size_t end = i;

    for (size_t k = 0; k < f.n; k++)
        if (format_fits(&f.rows[k], s->p, i, to, ret_span))
            return true;
    if (n >= 8 && n <= 10)
        end = telegram(s->p, i, to);
    else if (n >= 23)
        end = n == 32 ? mail_key(s->p, i, n, to) : discord(s->p, i, n, to);
    if (end == i && n < to - i + 1)
        end = plain_key(s, i, n, to);
    *ret_span = (struct weir_span){i, end};
    return end > i;
}

/* Characters of keys and of what is written before them. */
static bool keyish(char c)
{
    return weir_is(c, WEIR_C_TOKEN | WEIR_C_LOCAL) || c == '=' || c == ':';
}

/* The first key of the run of such characters at `i`; the end of the run, or 0
 * when there is one. */
static size_t key_in_run(const struct weir_subject *s, size_t i, size_t to,
                         struct weir_span *ret_span)
{
    const char *p = s->p;

    while (i < to && keyish(p[i])) {
        size_t n = 0;

        if (!weir_is(p[i], WEIR_C_ALNUM)) {
            i += weir_step(p, i, to);
            continue;
        }
        while (i + n < to && weir_is(p[i + n], WEIR_C_ALNUM))
            n++;
        if ((weir_number_starts(s, i) || p[i - 1] == '_') && key_at(s, i, n, to, ret_span))
            return 0;
        i += n;
    }
    return i;
}

/* A key, with its prefix, covers every SHORTEST-th byte: only the runs that do
 * are looked at. */
WEIR_FINDER(weir_find_api_key)
{
    const char *p = s->p;

    (void)leaf;
    for (size_t i = from + SHORTEST - 1; i < to; i += SHORTEST) {
        size_t start = i;

        if (!keyish(p[i]))
            continue;
        while (start > from && keyish(p[start - 1]))
            start--;
        i = key_in_run(s, start, to, ret_span);
        if (i == 0)
            return WEIR_FOUND;
    }
    return WEIR_FOUND_NOTHING;
}
