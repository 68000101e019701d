/* detect_person.c - names of persons, as far as a key or the words around
 * tell.
 *
 *   {"first_name": "Jane"}     full_name=Jane Doe      "patient": "Doe, Jane"
 *   customer Jane Doe not found      Dear Mr Smith,     signed by J. R. de la Cruz
 *   Herr Müller hat angerufen        氏名：山田太郎
 *
 * There is no list of names: under a key that tells, anything goes that is
 * made of words as names are (name.h); behind a word such as "customer" there
 * must be two of them or more, each with a capital, up to the first word that
 * is no part of a name; behind a title, one will do. What looks like code
 * (a call, a class, a path) is none. */
#include "context.h"

#include "builtin.h"
#include "chars.h"
#include "name.h"

enum { MAX_WORDS = 6, MAX_BYTES = 100, MAX_MARKED = 60, BESIDE = 64 };

/* What was read of a name. */
struct reading {
    size_t end;      /* past the last word that counts */
    unsigned words;  /* that could be names, initials included */
    unsigned lower;  /* of these, without a capital */
    unsigned full;   /* of these, no initials */
    unsigned shouts; /* of these, all capitals */
    bool caseless;
};

/* Does code go on where a name ends: a call, a member, a path? */
static bool code_follows(const struct weir_subject *s, size_t e)
{
    char next = e + 1 < s->n ? s->p[e + 1] : ' ';

    if (e >= s->n)
        return false;
    switch (s->p[e]) {
    case '.':
        return weir_is(next, WEIR_C_ALNUM);
    case ':':
        return next == ':';
    case '(':
    case '[':
    case '_':
    case '@':
    case '/':
    case '\\':
        return s->p[e] != '\\' || memchr("nrt\"'", next, 5) == NULL;
    case '=':
        return true;
    default:
        return weir_is_digit(s->p[e]);
    }
}

/* Does the word end the name rather than go on with it? */
static bool ends_name(unsigned flags)
{
    if ((flags & (WEIR_NAME_CODE | WEIR_NAME_STOP)) != 0)
        return true;
    return (flags & (WEIR_NAME_CAPITAL | WEIR_NAME_CASELESS | WEIR_NAME_PARTICLE)) == 0;
}

static void count_word(struct reading *r, unsigned flags, size_t end)
{
    r->end = end;
    r->words++;
    r->full += (flags & WEIR_NAME_INITIAL) == 0;
    r->lower += (flags & WEIR_NAME_LOWER) != 0;
    r->shouts += (flags & WEIR_NAME_SHOUT) != 0;
    r->caseless = r->caseless || (flags & WEIR_NAME_CASELESS) != 0;
}

/* Between two words of a name: a blank, or none behind an initial (J.R.). */
static size_t between(const char *p, size_t i, size_t to)
{
    size_t n = weir_context_blank(p, i, to);

    if (n > 0)
        return i + n;
    return i > 0 && p[i - 1] == '.' ? i : SIZE_MAX;
}

/* "Doe, Jane" behind a word that tells: past the comma and its blank when the
 * one word read so far is a family name, and just the given name follows. */
static size_t past_comma(const struct weir_subject *s, size_t e, size_t to)
{
    size_t i = e + 2, end;
    unsigned flags;

    if (i >= to || s->p[e] != ',' || s->p[e + 1] != ' ')
        return SIZE_MAX;
    end = weir_name_word(s->p, i, to, &flags);
    if (end < i + 2 || flags != WEIR_NAME_CAPITAL || (end < s->n && s->p[end] == ','))
        return SIZE_MAX;
    return i;
}

/* Does the word that ends at `e` end the name that was read so far? */
static bool stops_at(const struct weir_subject *s, const struct reading *r, size_t e,
                     unsigned flags)
{
    if (ends_name(flags) || ((flags & WEIR_NAME_TITLE) != 0 && r->words == 0))
        return true;
    return code_follows(s, e) && (flags & WEIR_NAME_INITIAL) == 0;
}

/* Reads the words of a name from `i` on; with `comma`, "Doe, Jane", too. */
static struct reading read_name(const struct weir_subject *s, size_t i, size_t to, bool comma)
{
    struct reading r = {.end = i};
    size_t start = i;

    for (unsigned n = 0; n < MAX_WORDS + 3 && r.words < MAX_WORDS && i < to; n++) {
        unsigned flags;
        size_t e = weir_name_word(s->p, i, to, &flags);

        if (e == i || e - start > MAX_BYTES || stops_at(s, &r, e, flags))
            break;
        /* a particle counts once a name follows it */
        if ((flags & WEIR_NAME_PARTICLE) == 0 || (flags & WEIR_NAME_CAPITAL) != 0)
            count_word(&r, flags, e);
        i = between(s->p, e, to);
        if (i == SIZE_MAX && comma && r.words == 1 && r.full == 1)
            i = past_comma(s, e, to);
        if (i == SIZE_MAX)
            break;
    }
    return r;
}

/* Under a key, a value as a whole: words of names and what stands between
 * them, nothing else. */
static bool whole_fits(const struct weir_subject *s, struct weir_span v)
{
    const char *p = s->p;
    size_t i = v.start, words = 0, lower = 0, letters = 0;

    if (v.end - v.start > MAX_BYTES)
        return false;
    while (i < v.end) {
        unsigned flags;
        size_t e = weir_name_word(p, i, v.end, &flags), blank = weir_context_blank(p, i, v.end);

        if (e > i) {
            if ((flags & (WEIR_NAME_STOP | WEIR_NAME_CODE)) != 0)
                return false;
            words++;
            lower += (flags & WEIR_NAME_LOWER) != 0 && (flags & WEIR_NAME_PARTICLE) == 0;
            letters += e - i;
            i = e;
        } else if (blank > 0 || strchr(".,'()-\"", p[i]) != NULL) {
            i += blank > 0 ? blank : 1;
        } else if (v.end - i >= 3 && memcmp(p + i, "・", 3) == 0) {
            i += 3;
        } else {
            return false;
        }
    }
    return words > 0 && words <= 8 && letters >= 2 && lower <= 3;
}

/* A title that no list has: a short word with a capital and a dot, before
 * another with a capital (Lic. Jacobo Escalante, Univ.Prof. Weber). The offset
 * past the dot; `i`: none. */
static size_t past_abbreviation(const char *p, size_t i, size_t e, size_t to)
{
    size_t next = e + 1;
    unsigned flags;

    if (e - i < 2 || e - i > 5 || next >= to || p[e] != '.')
        return i;
    next += weir_context_blank(p, next, to);
    weir_name_word(p, next, to, &flags);
    return (flags & WEIR_NAME_CAPITAL) != 0 && (flags & (WEIR_NAME_STOP | WEIR_NAME_CODE)) == 0
               ? e + 1
               : i;
}

/* Past the titles at `i`: "Dear Prof. Dr. Weber". */
static size_t past_titles(const struct weir_subject *s, size_t i, size_t to, uint32_t *hint)
{
    for (unsigned n = 0; n < 3; n++) {
        unsigned flags;
        size_t e = weir_name_word(s->p, i, to, &flags), behind = e;
        bool title = (flags & WEIR_NAME_TITLE) != 0 && e < to;

        if (!title && (flags & ~(unsigned)WEIR_NAME_PARTICLE) == WEIR_NAME_CAPITAL)
            behind = past_abbreviation(s->p, i, e, to);
        if (!title && (behind == e || behind == i))
            break;
        if (behind < to && s->p[behind - 1] != '.' && weir_context_blank(s->p, behind, to) == 0)
            break;
        behind += weir_context_blank(s->p, behind, to);
        i = behind;
        if (title)
            *hint |= WEIR_HINT_TITLE;
    }
    return i;
}

static bool fits(const struct weir_subject *s, size_t to, bool whole, struct weir_span *v)
{
    struct reading r;
    uint32_t hint = 0;

    if (whole && whole_fits(s, *v))
        return true;
    if (whole)
        return false;
    r = read_name(s, past_titles(s, v->start, to, &hint), to, true);
    /* "name: jane" of one word may be small, in a longer one only capitals go on */
    if (r.words == 0 && whole_fits(s, *v))
        return true;
    if (r.words == 0 || r.end - v->start < 2)
        return false;
    v->end = r.end;
    return true;
}

/* "Dear Jane," - a comma, an exclamation mark or the end of the line. */
static bool greeted(const struct weir_subject *s, size_t e)
{
    return e < s->n && (s->p[e] == ',' || s->p[e] == '!' || s->p[e] == '\n');
}

/* Jane Doe <jane@x.io>, "Doe, Jane" <...>: an address follows in its brackets. */
static bool addressed(const struct weir_subject *s, size_t e)
{
    while (e < s->n && (s->p[e] == '"' || s->p[e] == '\\' || s->p[e] == ' '))
        e++;
    return e < s->n && (s->p[e] == '<' || weir_starts_nocase(s->p + e, s->n - e, "&lt;"));
}

/* Does a key of a person's begin at `i`: email, phone_number, birthDate? */
static bool personal_key(const char *p, size_t i, size_t to)
{
    static const char *const keys[] = {"email", "e-mail", "mail",   "phone",  "mobile",  "msisdn",
                                       "birth", "dob",    "gender", "iban",   "surname", "ssn",
                                       "given", "family", "age",    "telefon"};
    size_t e = i;

    for (size_t k = 0; k < sizeof keys / sizeof *keys && e == i; k++)
        if (weir_starts_nocase(p + i, to - i, keys[k]))
            e = i + strlen(keys[k]);
    if (e == i || (i > 0 && weir_is(p[i - 1], WEIR_C_ALNUM)))
        return false;
    while (e < to && (weir_is(p[e], WEIR_C_ALPHA) || p[e] == '_'))
        e++;
    while (e < to && memchr("\"'\\ ]", p[e], 5) != NULL)
        e++;
    return e < to && (p[e] == ':' || p[e] == '=');
}

/* "name": anything has one. It is a person's when all of the value is one, of
 * words as names are, and the key beside it is a person's. */
static bool beside_person(const struct weir_subject *s, size_t word, size_t e)
{
    size_t from = word > BESIDE ? word - BESIDE : 0, to = s->n - e > BESIDE ? e + BESIDE : s->n;

    if (e < s->n && memchr("\"'\\,;})&]|\n", s->p[e], 11) == NULL)
        return false;
    for (size_t i = from; i < to; i++)
        if ((i < word || i > e) && memchr("empbdgisafEMPBDGISAF", s->p[i], 20) != NULL &&
            personal_key(s->p, i, to))
            return true;
    return false;
}

/* CN=Jane Doe,OU=Staff,DC=corp: names of directories go on to their domain;
 * those of certificates do not. */
static bool in_directory(const struct weir_subject *s, size_t e)
{
    size_t to = s->n - e > 2 * BESIDE ? e + 2 * BESIDE : s->n;

    if (e >= s->n || s->p[e] != ',')
        return false;
    for (size_t i = e; i < to && s->p[i] != '\n'; i++)
        if (s->p[i] == ',' && weir_starts_nocase(s->p + i + 1, to - i - 1, "dc="))
            return true;
    return false;
}

/* What is told by an address behind it, or by the keys beside it. */
static bool vouched(const struct weir_subject *s, size_t word, const struct reading *r)
{
    const char *p = s->p + word;
    bool part =
        weir_starts_nocase(p, s->n - word, "family") || weir_starts_nocase(p, s->n - word, "given");

    if (r->full == 0 && !r->caseless)
        return false;
    if (weir_starts_nocase(p, s->n - word, "cn="))
        return r->words >= 2 && in_directory(s, r->end);
    if (!part && !weir_starts_nocase(p, s->n - word, "name"))
        return addressed(s, r->end);
    return (part || r->words >= 2 || r->caseless) && beside_person(s, word, r->end);
}

static bool named(const struct weir_subject *s, uint32_t hint, size_t word, const struct reading *r)
{
    if (hint == WEIR_HINT_ADDRESSEE)
        return vouched(s, word, r);
    if (r->caseless)
        return true;
    if ((hint & WEIR_HINT_TITLE) != 0)
        return r->full >= 1 && r->full <= 4;
    if ((hint & WEIR_HINT_GREETING) != 0)
        return r->full >= 1 && r->words <= 5 && greeted(s, r->end);
    return r->words >= 2 && r->full >= 1 && (r->shouts == 0 || r->shouts == r->full);
}

/* A name in a script without case, of which neither capitals nor blanks tell
 * the end, is told by a mark right before it. */
static bool marked(const struct weir_subject *s, size_t end, size_t i, size_t e)
{
    return e - i <= MAX_MARKED && (i - end >= 3 || memchr(": =.", s->p[end], 4) != NULL);
}

/* The fifth field of a segment of HL7 that tells of a patient:
 * PID|1||4711||DOE^JANE^^||19840312. */
static bool of_segment(const struct weir_subject *s, size_t end, size_t to,
                       struct weir_span *ret_span)
{
    size_t i = weir_context_field(s->p, end, to, 5), e = i;
    bool letter = false, parts = false;

    for (; e < to && s->p[e] != '|' && e - i < MAX_BYTES; e++) {
        letter = letter || weir_is(s->p[e], WEIR_C_ALPHA | WEIR_C_HIGH);
        parts = parts || s->p[e] == '^';
    }
    *ret_span = (struct weir_span){i, e};
    return letter && parts && e < to && s->p[e] == '|';
}

/* Is [end, start) what may stand between a word that tells and a name? */
static bool leads(const struct weir_subject *s, uint32_t hint, size_t end, size_t start, size_t to)
{
    if (start == end || start >= to || memchr(s->p + end, '\n', start - end) != NULL)
        return false;
    return (hint & WEIR_HINT_TITLE) == 0 || s->p[end] != '-'; /* MS-DOS */
}

static bool follows(const struct weir_subject *s, uint32_t hint, size_t word, size_t end,
                    size_t from, size_t to, struct weir_span *ret_span)
{
    const bool person = (hint & (WEIR_HINT_PERSON | WEIR_HINT_ADDRESSEE)) != 0;
    size_t start = weir_context_gap(s->p, end, to, (hint & WEIR_HINT_PERSON) != 0 ? 2 : 0), i;
    struct reading r;

    (void)from;
    if (weir_context_pid(s, word, end) && end < to && s->p[end] == '|')
        return of_segment(s, end, to, ret_span);
    if (!leads(s, hint, end, start, to))
        return false;
    i = past_titles(s, start, to, &hint);
    r = read_name(s, i, to, person);
    if (r.words == 0 || !named(s, hint, word, &r) || (r.caseless && !marked(s, end, i, r.end)))
        return false;
    /* behind "customer" the title is part of what is said of the person; in a
     * greeting it may stay */
    *ret_span = (struct weir_span){person ? start : i, r.end};
    return true;
}

WEIR_FINDER(weir_find_person)
{
    static const struct weir_context names = {WEIR_HINT_NAME, 0, 256, fits, follows};
    static const struct weir_context keyed = {0, 0, 256, fits, follows};

    /* a rule with keys of its own means these, and no words of prose */
    return weir_context_find(leaf->keys == weir_builtin_keys(WEIR_RULE_PERSON_NAME) ? &names
                                                                                    : &keyed,
                             leaf, s, from, to, ret_span);
}
