/* context.c - one scan for words that tell, and the values behind them. */
#include "context.h"

#include "chars.h"
#include "pair.h"

#include <stdlib.h>

enum { LOOK_BACK = 8, MAX_GAP = 48, MAX_SEGMENT = 256, NEAR = 64, MOST_TELLS = 1 << 17 };

/* Everything that the loop hands down. */
struct scan {
    const struct weir_context *c;
    const struct weir_leaf *leaf;
    const struct weir_subject *s;
    size_t from, to;
};

/* Past line breaks, as they are or escaped: \n, \\n, %0A. */
static size_t past_breaks(struct weir_str text, size_t i)
{
    size_t start = i;

    while (i < text.n && i - start < 8 && memchr("\\nr \n\r%0ADad", text.p[i], 12) != NULL)
        i++;
    return i;
}

/* A private key whose body some rule replaced already: what is left of it is
 * no secret. */
static bool pem_replaced(struct weir_str text)
{
    size_t i = 11, body;

    if (!weir_starts_nocase(text.p, text.n, "-----begin "))
        return false;
    while (i < text.n && i < NEAR && text.p[i] != '-')
        i++;
    if (!weir_starts_nocase(text.p + i, text.n - i, "-----"))
        return false;
    body = past_breaks(text, i + 5);
    if (!weir_replacement(weir_str_sub(text, body, text.n - body)))
        return false;
    for (i = body; i < text.n && i - body < NEAR && text.p[i] != ']';)
        i++;
    i = past_breaks(text, i < text.n ? i + 1 : i);
    return weir_starts_nocase(text.p + i, text.n - i, "-----end ");
}

/* What this rule, or any, puts in place begins at `i`. */
static bool replaced(const struct scan *x, size_t i)
{
    const struct weir_str text = {x->s->p + i, x->s->n - i};

    return weir_replacement(text) || pem_replaced(text) ||
           (x->leaf->redact.method == WEIR_METHOD_REPLACE && x->leaf->redact.text.n > 0 &&
            weir_str_starts(text, x->leaf->redact.text));
}

static bool pair_fits(const struct scan *x, size_t i, struct weir_span *ret_span)
{
    const char *p = x->s->p;
    size_t most = x->c->longest > 0 && x->to - i > x->c->longest ? i + x->c->longest : x->to;
    struct weir_span v;
    bool quoted;

    if (!weir_pair_joins(p[i]) || !weir_pair_at(x->s, i, most, &v) || v.start < x->from ||
        replaced(x, v.start) || weir_pair_harmless(p + v.start, v.end - v.start))
        return false;
    quoted = v.start > 0 && (weir_pair_quote(p[v.start - 1]) || p[v.start - 1] == '>');
    if (!x->c->fits(x->s, x->to, quoted, &v) || v.end > x->to)
        return false;
    *ret_span = v;
    return true;
}

/* The hint that begins at `i`, and where it ends: as it is `known`, unless the
 * range may cut it off. */
static uint32_t hint_at(const struct scan *x, size_t i, const struct weir_tell *known,
                        size_t *ret_end)
{
    const struct weir_str text = {x->s->p, x->to};

    if (known == NULL || (x->to < x->s->n && x->to - i <= WEIR_HINT_LONGEST))
        return weir_hint_at(text, i, ret_end);
    *ret_end = i + known->length;
    return known->hints;
}

/* A word that tells begins at `i`, and what we look for follows it. */
static bool hint_leads(const struct scan *x, size_t i, const struct weir_tell *known,
                       struct weir_span *ret_span)
{
    struct weir_span v;
    size_t end;
    uint32_t hint = hint_at(x, i, known, &end) & x->c->hint;

    if (hint == 0 || !x->c->follows(x->s, hint, i, end, x->from, x->to, &v))
        return false;
    if (v.start < x->from || v.end > x->to || replaced(x, v.start) ||
        weir_pair_harmless(x->s->p + v.start, v.end - v.start))
        return false;
    *ret_span = v;
    return true;
}

/* May a hint begin at `i`? Scripts without blanks have no begin of a word. */
static bool word_begins(const char *p, size_t i)
{
    if (weir_is(p[i], WEIR_C_HIGH))
        return true;
    if (p[i] == '-')
        return i == 0 || p[i - 1] != '-';
    return weir_is(p[i], WEIR_C_ALPHA) &&
           (i == 0 || !weir_is(p[i - 1], WEIR_C_ALPHA | WEIR_C_HIGH));
}

/* Where in the text pairs and words may still tell of what is in the range;
 * SIZE_MAX: the text holds none. */
static size_t first_joint(const struct scan *x)
{
    const struct weir_subject *s = x->s;

    if (s->keys == NULL || (s->tells != NULL && (s->tells->rules & s->key_rule) == 0))
        return SIZE_MAX;
    return x->from > LOOK_BACK ? x->from - LOOK_BACK : 0;
}

/* A command or a statement begins at `i`: the only words that tell of what is
 * far behind them. */
static bool far_word(const struct weir_subject *s, size_t i)
{
    static const char *const heads[] = {"ide", "ins", "mys", "mar", "ssh",
                                        "smb", "cur", "wge", "doc", "red"};

    if (memchr("imscwdrIMSCWDR", s->p[i], 14) == NULL)
        return false;
    for (size_t k = 0; k < sizeof heads / sizeof *heads; k++)
        if (weir_starts_nocase(s->p + i, s->n - i, heads[k]))
            return true;
    return false;
}

static size_t first_word(const struct scan *x)
{
    const struct weir_subject *s = x->s;
    bool near_only = s->tells != NULL && !s->tells->far;
    size_t back = near_only && x->c->back > NEAR ? (size_t)NEAR : x->c->back;

    if (s->code || (s->tells != NULL && (s->tells->hints & x->c->hint) == 0))
        return SIZE_MAX;
    /* far only behind a literal of a list: from one hit to the next of most
     * texts is not far, and each would read it anew */
    if (back > NEAR && !(x->from + 1 < x->to && weir_pair_quote(s->p[x->from]) &&
                         memchr(",)", s->p[x->from + 1], 2) != NULL))
        back = NEAR;
    return x->from > back ? x->from - back : 0;
}

static bool tells_at(const struct scan *x, size_t i, const struct weir_tell *known, size_t joints,
                     size_t words, struct weir_span *ret_span)
{
    if (i >= joints && pair_fits(x, i, ret_span))
        return true;
    return i >= words && word_begins(x->s->p, i) && (x->from <= i + NEAR || far_word(x->s, i)) &&
           hint_leads(x, i, known, ret_span);
}

/* The first place at or behind `at`. */
static size_t tell_from(const struct weir_tells *t, size_t at)
{
    size_t low = 0;

    for (size_t high = t->n; low < high;) {
        size_t mid = low + (high - low) / 2;

        if (t->list[mid].at < at)
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}

static bool scan(const struct scan *x, struct weir_span *ret_span)
{
    const struct weir_tells *t = x->s->tells;
    size_t joints = first_joint(x), words = first_word(x), from = joints < words ? joints : words;

    if (t == NULL || t->more) {
        for (size_t i = from; i < x->to; i++)
            if (tells_at(x, i, NULL, joints, words, ret_span))
                return true;
        return false;
    }
    for (size_t k = tell_from(t, from); k < t->n && t->list[k].at < x->to; k++)
        if (((t->list[k].rules & x->s->key_rule) != 0 || (t->list[k].hints & x->c->hint) != 0) &&
            tells_at(x, t->list[k].at, &t->list[k], joints, words, ret_span))
            return true;
    return false;
}

static void add_tell(struct weir_tells *t, struct weir_tell tell)
{
    if (t->n == t->room && t->room < MOST_TELLS) {
        size_t room = t->room > 0 ? t->room * 2 : 64;
        struct weir_tell *list = realloc(t->list, room * sizeof *list);

        if (list != NULL) {
            t->list = list;
            t->room = room;
        }
    }
    t->more = t->more || t->n == t->room;
    if (!t->more)
        t->list[t->n++] = tell;
}

void weir_context_tells(const struct weir_subject *s, struct weir_tells *ret_tells)
{
    const struct weir_str text = {s->p, s->n};
    struct weir_tells *t = ret_tells;

    t->rules = 0;
    t->hints = 0;
    t->n = 0;
    t->far = false;
    t->more = s->n > UINT32_MAX;
    for (size_t i = 0; i < s->n; i++) {
        uint64_t rules = s->keys != NULL && weir_pair_joins(s->p[i]) ? weir_pair_rules(s, i) : 0;
        uint32_t hints = 0;
        size_t end = i;

        if (!s->code && word_begins(s->p, i))
            hints = weir_hint_at(text, i, &end);
        if (rules == 0 && hints == 0)
            continue;
        t->rules |= rules;
        t->hints |= hints;
        t->far = t->far || (hints != 0 && far_word(s, i));
        add_tell(t, (struct weir_tell){(uint32_t)i, (uint16_t)hints, (uint16_t)(end - i), rules});
    }
}

enum weir_found weir_context_find(const struct weir_context *c, const struct weir_leaf *leaf,
                                  const struct weir_subject *s, size_t from, size_t to,
                                  struct weir_span *ret_span)
{
    const struct scan x = {c, leaf, s, from, to};
    struct weir_span all = {0, to};

    if (from == 0 && to == s->n && weir_context_under(s) && c->fits(s, to, true, &all)) {
        *ret_span = all;
        return WEIR_FOUND;
    }
    return scan(&x, ret_span) ? WEIR_FOUND : WEIR_FOUND_NOTHING;
}

size_t weir_context_blank(const char *p, size_t i, size_t to)
{
    static const struct weir_str others[] = {
        {"\xC2\xA0", 2},     /* no-break */
        {"\xE2\x80\xAF", 3}, /* narrow no-break */
        {"\xE2\x80\x89", 3}, /* thin */
        {"\xE3\x80\x80", 3}, /* ideographic */
        {"%20", 3},          {"&nbsp;", 6},
    };

    if (i >= to)
        return 0;
    if (p[i] == ' ' || p[i] == '\t' || p[i] == '+')
        return 1;
    if (p[i] != '%' && p[i] != '&' && !weir_is(p[i], WEIR_C_HIGH))
        return 0;
    for (size_t k = 0; k < sizeof others / sizeof *others; k++)
        if (to - i >= others[k].n && memcmp(p + i, others[k].p, others[k].n) == 0)
            return others[k].n;
    return 0;
}

size_t weir_context_field(const char *p, size_t i, size_t to, unsigned n)
{
    size_t most = to - i > MAX_SEGMENT ? i + MAX_SEGMENT : to;

    if (i >= to || p[i] != '|')
        return to;
    for (; i < most && p[i] != '\n' && p[i] != '\r'; i++)
        if (p[i] == '|' && --n == 0)
            return i + 1;
    return to;
}

/* Length of a mark between a word and its value at `i`: punctuation, also of
 * full width. */
static size_t mark(const char *p, size_t i, size_t to)
{
    static const char *const wide[] = {"：", "（", "「", "“", "„", "«", "‘", NULL};

    if (p[i] != '\0' && strchr(":=#.,\"'`([<>{*\\-/|_", p[i]) != NULL)
        return 1;
    if (!weir_is(p[i], WEIR_C_HIGH))
        return 0;
    for (size_t k = 0; wide[k] != NULL; k++)
        if (to - i >= strlen(wide[k]) && memcmp(p + i, wide[k], strlen(wide[k])) == 0)
            return strlen(wide[k]);
    return 0;
}

/* "'s" at `i`: the patient's name. */
static size_t genitive(const char *p, size_t i, size_t to)
{
    return to - i > 2 && p[i] == '\'' && p[i + 1] == 's' && p[i + 2] == ' ' ? 2 : 0;
}

/* A small word at `i` that may stand in between; its length, 0: none. */
static size_t small_word(const char *p, size_t i, size_t to)
{
    static const char *const words[] = {
        "is",     "was",     "name",  "named",  "number", "no",    "nr",   "at",
        "on",     "to",      "the",   "of",     "me",     "us",    "him",  "her",
        "them",   "from",    "with",  "user",   "id",     "ids",   "key",  "date",
        "am",     "el",      "le",    "il",     "em",     "den",   "num",  "me at",
        "back",   "full",    "for",   "nummer", "via",    "under", "dia",  "numéro",
        "número", "cookie",  "token", "value",  "handle", "home",  "work", "mobile",
        "cell",   "office",  "phone", "unter",  "numero", "code",  "and",  "customer",
        "ist",    "est",     "es",    "é",      "è",      "är",    "er",   "jest",
        "lautet", "lauten",  "bitte", "til",    "till",   "an",    "auf",  "al número",
        "al",     "à",       "au",    "no.",    "nr.",    "die",   "der",  "het",
        "found",  "with id",
    };

    for (size_t k = 0; k < sizeof words / sizeof *words; k++) {
        size_t n = strlen(words[k]);

        if (weir_starts_nocase(p + i, to - i, words[k]) &&
            (i + n == to || !weir_is(p[i + n], WEIR_C_ALNUM | WEIR_C_HIGH)))
            return n;
    }
    return 0;
}

size_t weir_context_gap(const char *p, size_t i, size_t to, unsigned words)
{
    size_t start = i;

    while (i < to && i - start < MAX_GAP) {
        size_t n = weir_context_blank(p, i, to);

        if (n == 0)
            n = genitive(p, i, to);
        if (n == 0)
            n = mark(p, i, to);
        if (n == 0 && words > 0) {
            n = small_word(p, i, to);
            words--;
        }
        if (n == 0)
            break;
        i += n;
    }
    return i;
}
