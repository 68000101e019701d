/* detect_card.c - payment cards, by issuer and checksum.
 *
 * A card is 12 to 19 digits whose head and length an issuer uses and whose
 * Luhn sum is right, in one run or in the groups in which cards are printed
 * (4-4-4-4 and so on, 4-6-5, 4-6-4, 6-13), with blanks, dashes, dots and their
 * kin between them, mixed as people mix them. Heads that are few digits or
 * whose cards are long gone ask for a word near them (card, PAN, Maestro).
 * Numbers that touch further letters or digits are part of something else. */
#include "chars.h"
#include "near.h"
#include "number.h"
#include "numbers.h"

enum { MIN_CARD = WEIR_NUMBER_CARD, MAX_CARD = 19, GROUPS = 5 };

/* How many digits: a bit for each number of them. */
#define D(n) (1U << (n))
#define D16_19 (D(16) | D(17) | D(18) | D(19))
#define ASK D(31) /* a word must tell */

/* Heads of six digits that issuers use, and the lengths that go with them
 * (ISO/IEC 7812 ranges as the schemes publish them). The first that fits
 * decides. */
static const struct issuer {
    uint32_t first, last, lengths;
} issuers[] = {
    {400000, 499999, D(13) | D(16) | D(18) | D(19)},       /* Visa, Dankort, Switch, Elo */
    {510000, 559999, D(16)},                               /* Mastercard */
    {222100, 272099, D(16)},                               /* Mastercard */
    {340000, 349999, D(15)},                               /* American Express */
    {370000, 379999, D(15)},                               /* American Express */
    {300000, 305999, D(14) | D16_19},                      /* Diners */
    {309500, 309599, D(14) | D16_19},                      /* Diners */
    {360000, 369999, D(14) | D16_19},                      /* Diners */
    {380000, 399999, D(14) | D16_19},                      /* Diners, Hipercard */
    {601100, 601199, D16_19},                              /* Discover */
    {644000, 659999, D16_19},                              /* Discover, RuPay, Troy, Elo, Verve */
    {352800, 358999, D16_19},                              /* JCB, RuPay, LankaPay */
    {350000, 359999, D(16)},                               /* JCB, as test cards have it */
    {213100, 213199, D(15)},                               /* JCB */
    {180000, 180099, D(15)},                               /* JCB */
    {620000, 629999, D16_19},                              /* UnionPay, Elo */
    {810000, 829999, D16_19},                              /* UnionPay, RuPay */
    {220000, 220599, D16_19},                              /* Mir, Borica */
    {500000, 509999, D16_19},                              /* Maestro, RuPay, Verve, Elo, Dankort */
    {560000, 589999, D16_19},                              /* Maestro, Switch */
    {600000, 609999, D(16) | D(18) | D(19)},               /* RuPay, Hipercard, Cabal */
    {630400, 630499, D16_19},                              /* Maestro, Laser */
    {633110, 633110, D(16) | D(18) | D(19)},               /* Switch */
    {633300, 633499, D(16) | D(18) | D(19)},               /* Switch, Solo */
    {636000, 639999, D16_19},                              /* Elo, InstaPayment, Maestro */
    {670000, 679999, D16_19},                              /* Maestro, Laser, Solo */
    {860000, 860099, D(16)},                               /* UzCard */
    {979200, 979299, D(16)},                               /* Troy */
    {980400, 980499, D(16)},                               /* Prostir */
    {986000, 986099, D(16)},                               /* Humo */
    {500000, 509999, D(12) | D(13) | D(14) | D(15) | ASK}, /* Maestro, old */
    {560000, 589999, D(12) | D(13) | D(14) | D(15) | ASK}, /* Maestro, old */
    {670000, 679999, D(12) | D(13) | D(14) | D(15) | ASK}, /* Maestro, old */
    {194600, 194699, D(16) | D(18) | D(19) | ASK},         /* GPN */
    {100000, 199999, D(15) | ASK},                         /* UATP */
};

static const struct issuer *issuer_of(const char *digits, size_t n)
{
    uint32_t head = weir_value(digits, 6);

    for (size_t i = 0; i < sizeof issuers / sizeof *issuers; i++)
        if (head >= issuers[i].first && head <= issuers[i].last && (issuers[i].lengths & D(n)) != 0)
            return &issuers[i];
    return NULL;
}

static bool told(const struct weir_subject *s, size_t i)
{
    static const struct weir_str terms[] = {
        WEIR_STR("*card*"),        WEIR_STR("pan"),        WEIR_STR("visa"),
        WEIR_STR("maestro"),       WEIR_STR("mastercard"), WEIR_STR("uatp"),
        WEIR_STR("debit"),         WEIR_STR("credit"),     WEIR_STR("*karte*"),
        WEIR_STR("tarjeta"),       WEIR_STR("carte"),      WEIR_STR("carta"),
        WEIR_STR("cart\xC3\xA3o"), WEIR_STR("cartao"),     WEIR_STR("*kaart"),
        WEIR_STR("*kort*"),        WEIR_STR("cc"),         WEIR_STR("ccnum*"),
        WEIR_STR("karta"),         WEIR_STR("karty"),      WEIR_STR("карта"),
    };
    static const struct weir_words words = {terms, sizeof terms / sizeof *terms, NULL, 0, NULL, 0};

    return weir_near(s, i, &words);
}

/* Is a group sequence (sizes as digits of a decimal number) printed on
 * cards? */
static bool card_groups(uint32_t shape)
{
    static const uint32_t shapes[] = {4444, 44443, 465, 464, 4442, 44441, 44442, 4333, 69, 456, 66};

    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++)
        if (shape == shapes[i])
            return true;
    return false;
}

/* 4-4-4-2 are the last groups of longer cards, too. */
static bool tail_of_another(const struct weir_subject *s, size_t i, uint32_t shape)
{
    size_t k = i;

    while (k > 0 && i - k < 4 && !weir_is(s->p[k - 1], WEIR_C_ALNUM))
        k--;
    return shape == 4442 && k < i && k > 0 && weir_is_digit(s->p[k - 1]);
}

/* What parts two groups: a separator, or a dash between blanks. */
static size_t between(const char *p, size_t i, size_t to)
{
    size_t n = 0, sep;
    char kind;

    for (unsigned k = 0; k < 3 && (sep = weir_separator(p, i + n, to, &kind)) > 0; k++)
        n += sep;
    return n;
}

/* Do the digits that begin at `i` make a card? */
static bool is_card(const struct weir_subject *s, size_t i, const char *digits, size_t n)
{
    const struct issuer *by = issuer_of(digits, n);

    return by != NULL && weir_luhn(digits, n) && ((by->lengths & ASK) == 0 || told(s, i));
}

/* The card whose first digit is at `i`: the offset past it, or `i`. */
static size_t card_at(const struct weir_subject *s, size_t i, size_t to)
{
    char digits[MAX_CARD];
    size_t n = 0, at = i, best = i;
    uint32_t shape = 0;

    for (unsigned group = 0; group < GROUPS; group++) {
        size_t run = weir_digits(s->p, at, to), sep;

        if (run == 0 || n + run > MAX_CARD)
            break;
        memcpy(digits + n, s->p + at, run);
        n += run;
        at += run;
        shape = shape * 10 + (uint32_t)(run > 9 ? 9 : run);
        if (n >= MIN_CARD && (group == 0 || card_groups(shape)) && !tail_of_another(s, i, shape) &&
            weir_number_ends(s, at) && is_card(s, i, digits, n))
            best = at;
        sep = between(s->p, at, to);
        if (sep == 0 || run > 6)
            break;
        at += sep;
    }
    return best;
}

/* A UUID's groups look like a card's: with dashes, none may go on. */
static bool dashed_on(const struct weir_subject *s, size_t start, size_t end)
{
    bool before = start >= 2 && s->p[start - 1] == '-' && weir_is(s->p[start - 2], WEIR_C_HEX);
    bool after = end + 1 < s->n && s->p[end] == '-' && weir_is(s->p[end + 1], WEIR_C_HEX);

    return (before || after) && end - start > 16;
}

WEIR_FINDER(weir_find_card)
{
    (void)leaf;
    for (size_t i = from, end = from; weir_numbers_at(s, MIN_CARD, to, &i, &end); i++) {
        size_t run, e;

        if (!weir_is_digit(s->p[i])) {
            i += weir_step(s->p, i, to) - 1;
            continue;
        }
        run = weir_digits(s->p, i, to);
        if ((run == 4 || run == 6 || run >= MIN_CARD) && weir_number_starts(s, i)) {
            e = card_at(s, i, to);
            if (e > i && !dashed_on(s, i, e)) {
                *ret_span = (struct weir_span){i, e};
                return WEIR_FOUND;
            }
        }
        i += run - 1;
    }
    return WEIR_FOUND_NOTHING;
}
