/* detect_national.c - numbers by which states know persons.
 *
 * A token is looked at where its first digits are. What it begins with, so many
 * digits or so many letters before them, picks the few shapes it may have
 * (national_table.c); a shape lays its letters and digits side by side, and the
 * check of that number (national_eu.c, national_world.c) decides: check digits,
 * dates, allowed heads.
 *
 * One check digit lets every tenth number pass. A shape that tells nothing by
 * itself, as nine digits in a row do, counts only where a word near it says
 * what it is (near.h): BSN, steuer-id, "tax file number", or the JSON key.
 * Small letters are taken for hex or a word, and ask too.
 *
 * A number that goes on is another one: the groups 1111 1111 1111 of a card,
 * the middle of a UUID, the local part of an e-mail address. */
#include "national.h"

#include "chars.h"
#include "near.h"
#include "number.h"
#include "numbers.h"

/* What a shape matched. */
struct match {
    size_t end;
    char c[WEIR_ID_CHARS]; /* letters upper-case, digits */
    size_t n;
    bool small;  /* letters were lower-case */
    char kind;   /* of the separator at '_', else '\0' */
    size_t last; /* digits of the last group */
};

static bool take(struct match *m, char c, bool fits)
{
    if (!fits || m->n == sizeof m->c)
        return false;
    m->small = m->small || weir_is(c, WEIR_C_LOWER);
    m->c[m->n++] = weir_is(c, WEIR_C_LOWER) ? (char)(c - 32) : c;
    m->end++;
    m->last++;
    return true;
}

static bool take_separator(struct match *m, const struct weir_subject *s, size_t to, char want)
{
    char kind;
    size_t n = weir_separator(s->p, m->end, to, &kind);

    if (n == 0 || (want != '_' && want != kind))
        return false;
    if (want == '_' && m->kind != '\0' && m->kind != kind)
        return false;
    m->kind = kind;
    m->end += n;
    m->last = 0;
    return true;
}

/* What stands behind the first digits or letters of a token. */
struct behind {
    char c;        /* the next byte; '\0': none */
    char kind;     /* of the separator there, else '\0' */
    size_t digits; /* behind that separator or byte */
};

static struct behind look_behind(const struct weir_subject *s, size_t i, size_t to)
{
    struct behind b = {'\0', '\0', 0};
    size_t n;

    if (i >= to)
        return b;
    b.c = s->p[i];
    n = weir_separator(s->p, i, to, &b.kind);
    b.digits = weir_digits(s->p, i + (n > 0 ? n : 1), to);
    return b;
}

/* May the shape go on like that? Most shapes of as many first digits are
 * dismissed by the size of their second group. */
static bool goes_with(const char *shape, const struct behind *b)
{
    size_t want = 0;

    switch (*shape) {
    case 'A':
    case 'X':
    case '9':
        return weir_is(b->c, WEIR_C_ALNUM);
    case '\0':
        return !weir_is(b->c, WEIR_C_ALNUM);
    case '_':
        if (b->kind == '\0')
            return false;
        break;
    case ' ':
    case '-':
        if (b->kind != *shape)
            return false;
        break;
    default:
        if (b->c != *shape)
            return false;
    }
    while (shape[1 + want] == '9')
        want++;
    return b->digits == want || (b->digits > want && shape[1 + want] == 'X');
}

static bool shape_fits(const char *shape, const struct weir_subject *s, size_t i, size_t to,
                       struct match *ret_match)
{
    struct match *m = ret_match;

    m->end = i;
    m->n = m->last = 0;
    m->small = false;
    m->kind = '\0';
    for (; *shape != '\0'; shape++) {
        char c = m->end < to ? s->p[m->end] : '\0';
        bool fits;

        switch (*shape) {
        case '9':
            fits = take(m, c, weir_is_digit(c));
            break;
        case 'A':
            fits = take(m, c, weir_is(c, WEIR_C_ALPHA));
            break;
        case 'X':
            fits = take(m, c, weir_is(c, WEIR_C_ALNUM));
            break;
        case '_':
        case ' ':
        case '-':
            fits = take_separator(m, s, to, *shape);
            break;
        default:
            fits = c == *shape;
            m->end++;
            break;
        }
        if (!fits)
            return false;
    }
    return true;
}

/* Digits that stand before `i` with one separator between, themselves a token:
 * the number began there. */
static bool began_before(const struct weir_subject *s, size_t i, char kind)
{
    size_t k;

    if (i < 2 || !weir_is(s->p[i - 2], WEIR_C_ALNUM))
        return false;
    if (s->p[i - 1] == '-')
        return true;
    if (s->p[i - 1] != ' ' || kind != ' ')
        return false;
    for (k = i - 1; k > 0 && weir_is_digit(s->p[k - 1]);)
        k--;
    return k < i - 1 && (k == 0 || s->p[k - 1] == ' ');
}

/* Does it go on behind its end, with a dash, a slash, or one more group of
 * the same size? */
static bool goes_on(const struct weir_subject *s, const struct match *m)
{
    size_t e = m->end;

    if (!weir_number_ends(s, e))
        return true;
    if (e + 1 >= s->n)
        return false;
    if (s->p[e] == '-' || s->p[e] == '@')
        return weir_is(s->p[e + 1], WEIR_C_ALNUM);
    if (s->p[e] == '/')
        return weir_is_digit(s->p[e + 1]);
    return m->kind == ' ' && s->p[e] == ' ' && weir_digits(s->p, e + 1, s->n) == m->last;
}

static bool all_same(const struct match *m)
{
    for (size_t i = 1; i < m->n; i++)
        if (m->c[i] != m->c[0])
            return false;
    return true;
}

static bool told(const struct weir_subject *s, size_t i, const struct weir_id_kind *kind)
{
    return weir_near(s, i, kind->words) || weir_near(s, i, &weir_id_words);
}

static bool row_fits(const struct weir_id_row *row, const struct weir_subject *s, size_t i,
                     size_t to, size_t *ret_end)
{
    const struct weir_id_kind *kind = weir_id_kind(row->type);
    struct match m;

    if (!shape_fits(row->shape, s, i, to, &m) || goes_on(s, &m) || began_before(s, i, m.kind) ||
        all_same(&m) || !kind->valid(m.c, m.n))
        return false;
    if ((row->tells == WEIR_ID_ASK || (m.small && row->tells == WEIR_ID_ALONE) || s->code) &&
        !told(s, i, kind))
        return false;
    *ret_end = m.end;
    return true;
}

/* The end of the first row that fits at `i`, or `i`. `head`: how many digits
 * or letters it begins with. */
static size_t rows_fit(const struct weir_leaf *leaf, const struct weir_subject *s,
                       struct weir_id_rows rows, size_t i, size_t head, size_t to)
{
    struct behind b;
    size_t end;

    if (rows.n == 0 || !weir_number_starts(s, i))
        return i;
    b = look_behind(s, i + head, to);
    for (size_t k = 0; k < rows.n; k++)
        if ((leaf->type == WEIR_RULE_NATIONAL_ID || leaf->type == rows.rows[k].type) &&
            goes_with(rows.rows[k].shape + head, &b) && row_fits(&rows.rows[k], s, i, to, &end))
            return end;
    return i;
}

/* Where the letters begin that stand before the digits at `i`, glued or with
 * one separator between: AB123456C, AB 12 34 56 C, X-1234567-L. More letters
 * than any number has are a word: `i`. */
static size_t letters_before(const char *p, size_t from, size_t i)
{
    bool apart = i > from && (p[i - 1] == ' ' || p[i - 1] == '-' || p[i - 1] == '.');
    size_t end = i - apart, start = end, most = apart ? 2 : WEIR_ID_LETTERS - 1;

    while (start > from && end - start <= most && weir_is(p[start - 1], WEIR_C_ALPHA) &&
           !weir_escape_before(p, start))
        start--;
    return start < end && end - start <= most ? start : i;
}

/* The number whose first digits are the `n` at `i`. */
static bool number_at(const struct weir_leaf *leaf, const struct weir_subject *s, size_t from,
                      size_t i, size_t n, size_t to, struct weir_span *ret_span)
{
    size_t start = letters_before(s->p, from, i), end = start;

    if (start < i) {
        size_t letters = i - start - !weir_is(s->p[i - 1], WEIR_C_ALPHA);

        end = rows_fit(leaf, s, weir_id_by_letters[letters], start, letters, to);
    }
    if (end == start && n < WEIR_ID_DIGITS)
        end = rows_fit(leaf, s, weir_id_by_digits[n], start = i, n, to);
    *ret_span = (struct weir_span){start, end};
    return end > start;
}

/* The first number in [from, to). */
static bool find_number(const struct weir_leaf *leaf, const struct weir_subject *s, size_t from,
                        size_t to, struct weir_span *ret_span)
{
    const char *p = s->p;

    for (size_t i = from, end = from; weir_numbers_at(s, WEIR_NUMBER_LEAST, to, &i, &end); i++) {
        size_t n;

        if (!weir_is_digit(p[i])) {
            i += weir_step(p, i, to) - 1;
            continue;
        }
        n = weir_digits(p, i, to);
        if (number_at(leaf, s, from, i, n, to, ret_span))
            return true;
        for (i += n; i < to && weir_is(p[i], WEIR_C_ALNUM);)
            i++;
        i--;
    }
    return false;
}

WEIR_FINDER(weir_find_national)
{
    bool lines = leaf->type == WEIR_RULE_NATIONAL_ID || leaf->type == WEIR_RULE_PASSPORT_MRZ;
    struct weir_span line;

    if (lines && weir_mrz_find(s, from, to, &line)) {
        if (leaf->type == WEIR_RULE_PASSPORT_MRZ || !find_number(leaf, s, from, to, ret_span) ||
            ret_span->start >= line.start)
            *ret_span = line;
        return WEIR_FOUND;
    }
    if (leaf->type == WEIR_RULE_PASSPORT_MRZ || !find_number(leaf, s, from, to, ret_span))
        return WEIR_FOUND_NOTHING;
    return WEIR_FOUND;
}
