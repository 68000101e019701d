/* near.c - the words before a match, and its key. */
#include "near.h"

#include "chars.h"

static bool letter(char c)
{
    return weir_is(c, WEIR_C_ALPHA | WEIR_C_HIGH);
}

/* Past what may stand between a key and its value, from `at` backwards: blanks
 * and quotes around one = or : . '=' or ':' when it was one, else 0. */
static char joint(const char *p, size_t at)
{
    for (size_t i = at; i > 0 && at - i < 8; i--) {
        if (p[i - 1] == '=' || p[i - 1] == ':')
            return p[i - 1];
        if (memchr(" \"'\\>(", p[i - 1], 6) == NULL)
            break;
    }
    return '\0';
}

/* Does the byte at `i` end, to the left, the key whose value was asked for?
 * A comma before a colon may be one of a sentence; before a quote it is not. */
static bool ends_key(const char *p, size_t i, char join)
{
    if (join == '=')
        return memchr("&;,?|", p[i], 5) != NULL;
    if (join != ':')
        return false;
    if (p[i] == ',')
        i += p[i + 1] == ' ' ? 2 : 1;
    return memchr(";{|\"'\\", p[i], 6) != NULL;
}

struct weir_str weir_near_before(const struct weir_subject *s, size_t at, size_t words)
{
    const char join = joint(s->p, at);
    size_t low = at > WEIR_NEAR_BYTES ? at - WEIR_NEAR_BYTES : 0, i = at;

    for (bool in = false, any = false; i > low; i--) {
        char c = s->p[i - 1];

        if (letter(c)) {
            if (!in && words-- == 0)
                break;
            in = any = true;
            continue;
        }
        in = false;
        if (any && (c == '\n' || ends_key(s->p, i - 1, join)))
            break;
    }
    return (struct weir_str){s->p + i, at - i};
}

/* Numbers of these are nobody's. */
static bool of_a_thing(struct weir_str before)
{
    static const struct weir_str terms[] = {
        WEIR_STR("order"),    WEIR_STR("orders"),   WEIR_STR("invoice"), WEIR_STR("ticket"),
        WEIR_STR("line"),     WEIR_STR("port"),     WEIR_STR("pid"),     WEIR_STR("tid"),
        WEIR_STR("offset"),   WEIR_STR("sequence"), WEIR_STR("seq"),     WEIR_STR("batch"),
        WEIR_STR("row"),      WEIR_STR("trace"),    WEIR_STR("span"),    WEIR_STR("request"),
        WEIR_STR("ts"),       WEIR_STR("time"),     WEIR_STR("epoch"),   WEIR_STR("timestamp"),
        WEIR_STR("expires"),  WEIR_STR("bytes"),    WEIR_STR("size"),    WEIR_STR("count"),
        WEIR_STR("build"),    WEIR_STR("version"),  WEIR_STR("job"),     WEIR_STR("event"),
        WEIR_STR("tracking"),
    };
    size_t end = before.n, start;

    while (end > 0 && !letter(before.p[end - 1]))
        end--;
    for (start = end; start > 0 && letter(before.p[start - 1]);)
        start--;
    for (size_t k = 0; k < sizeof terms / sizeof *terms; k++)
        if (weir_str_eq_nocase(weir_str_sub(before, start, end - start), terms[k]))
            return true;
    return false;
}

bool weir_near(const struct weir_subject *s, size_t at, const struct weir_words *words)
{
    struct weir_str before;

    if (s->key.n > 0 && weir_words_match(words, s->key, false))
        return true;
    before = weir_near_before(s, at, WEIR_NEAR_WORDS);
    return weir_words_match(words, before, false) && !of_a_thing(before);
}
