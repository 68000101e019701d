/* detect_context.c - what only the words around it give away.
 *
 * An account name is any word; "user mokafor77 from" makes it one. To be
 * sure that it is a name and not the next word of the sentence, it must mix
 * letters and digits and be no hex id. */
#include "detect.h"

#include "chars.h"

enum { MIN_NAME = 5, MAX_NAME = 64 };

/* Length of the word at `i` that tells of an account, 0: none. */
static size_t account_word(const struct weir_subject *s, size_t i, size_t to)
{
    static const char *const words[] = {"username", "user", "login"};

    if (i > 0 && (weir_is(s->p[i - 1], WEIR_C_ALNUM) || strchr("_-./$@", s->p[i - 1]) != NULL))
        return 0;
    for (size_t k = 0; k < sizeof words / sizeof *words; k++) {
        size_t n = strlen(words[k]);

        if (weir_starts_nocase(s->p + i, to - i, words[k]) && i + n < to &&
            !weir_is(s->p[i + n], WEIR_C_ALNUM))
            return n;
    }
    return 0;
}

static bool name_char(char c)
{
    return weir_is(c, WEIR_C_ALNUM | WEIR_C_HIGH) || c == '.' || c == '_' || c == '-';
}

/* Letters and digits, beginning with a letter, no version, not all hex. */
static bool looks_like_name(const char *p, size_t n)
{
    size_t digits = 0, hex = 0;

    if (n < MIN_NAME || n > MAX_NAME || !weir_is(p[0], WEIR_C_ALPHA) ||
        (p[0] == 'v' && weir_is_digit(p[1])))
        return false;
    for (size_t i = 0; i < n; i++) {
        digits += weir_is_digit(p[i]);
        hex += weir_is(p[i], WEIR_C_HEX) || p[i] == '-';
    }
    return digits > 0 && !(hex == n && n >= 8);
}

/* The name behind the word that ends at `i`. */
static bool name_after(const struct weir_subject *s, size_t i, size_t to,
                       struct weir_span *ret_span)
{
    const char *p = s->p;
    size_t start = i, end;

    while (start < to && start - i < 4 && p[start] != '\0' && strchr(" :='\"", p[start]) != NULL)
        start++;
    for (end = start; end < to && name_char(p[end]);)
        end++;
    while (end > start && (p[end - 1] == '.' || p[end - 1] == '-'))
        end--;
    if (start == i || !looks_like_name(p + start, end - start))
        return false;
    /* part of a path, a call, an address */
    if (end < s->n && p[end] != '\0' && strchr("/\\(=@:", p[end]) != NULL)
        return false;
    *ret_span = (struct weir_span){start, end};
    return true;
}

WEIR_FINDER(weir_find_username)
{
    (void)leaf;
    for (size_t i = from; i + MIN_NAME < to; i++) {
        size_t word;

        if ((s->p[i] | 0x20) != 'u' && (s->p[i] | 0x20) != 'l')
            continue;
        word = account_word(s, i, to);
        if (word == 0)
            continue;
        if (name_after(s, i + word, to, ret_span))
            return WEIR_FOUND;
        i += word - 1;
    }
    return WEIR_FOUND_NOTHING;
}
