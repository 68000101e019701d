/* detect_vehicle.c - vehicle identification numbers (ISO 3779).
 *
 * 17 characters of digits and letters but I, O and Q: three of the maker, six
 * that describe, eight that tell this vehicle from others. North America's and
 * China's hold a check digit in the ninth place: letters count by a table,
 * places by weights, the remainder modulo 11 is the check, 10 written as X.
 * Elsewhere that place is free: there a word near it (VIN, chassis,
 * Fahrgestellnummer) must tell. */
#include "chars.h"
#include "near.h"
#include "number.h"

enum { VIN = 17 };

/* The value of a letter or digit; 255: not used in one. */
static unsigned vin_value(char c)
{
    static const uint8_t letters[] = {1, 2,   3, 4,   5, 6, 7, 8, 255, 1, 2, 3, 4,
                                      5, 255, 7, 255, 9, 2, 3, 4, 5,   6, 7, 8, 9};

    return weir_is_digit(c) ? (unsigned)(c - '0') : letters[(c | 0x20) - 'a'];
}

/* Are these 17 characters such as one has? `ret_check`: the check is right. */
static bool vin_chars(const char *p, bool *ret_check)
{
    static const uint8_t weights[VIN] = {8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2};
    unsigned sum = 0, digits = 0, lower = 0;

    for (size_t i = 0; i < VIN; i++) {
        unsigned v = vin_value(p[i]);

        if (v == 255)
            return false;
        sum += v * weights[i];
        digits += weir_is_digit(p[i]);
        lower += weir_is(p[i], WEIR_C_LOWER);
    }
    sum %= 11;
    *ret_check = (p[8] == (sum == 10 ? 'X' : (char)('0' + sum))) && lower == 0;
    /* the last four are digits everywhere */
    return digits >= 4 && digits < VIN && weir_digits(p, VIN - 4, VIN) == 4;
}

static bool told(const struct weir_subject *s, size_t i)
{
    static const struct weir_str terms[] = {
        WEIR_STR("vin"),         WEIR_STR("vin number"),      WEIR_STR("vehicle*"),
        WEIR_STR("chassis*"),    WEIR_STR("fahrgestell*"),    WEIR_STR("fahrzeug*"),
        WEIR_STR("fin"),         WEIR_STR("telaio"),          WEIR_STR("bastidor"),
        WEIR_STR("car"),         WEIR_STR("immatriculation"), WEIR_STR("frame number"),
        WEIR_STR("chasis"),      WEIR_STR("châssis"),         WEIR_STR("nadwozi*"),
        WEIR_STR("vehicule"),    WEIR_STR("véhicule"),        WEIR_STR("voertuig*"),
        WEIR_STR("automobile*"), WEIR_STR("truck"),
    };
    static const struct weir_words words = {terms, sizeof terms / sizeof *terms, NULL, 0, NULL, 0};

    return weir_near(s, i, &words);
}

static bool vin_at(const struct weir_subject *s, size_t i)
{
    bool check;

    if (!vin_chars(s->p + i, &check) || !weir_number_starts(s, i) || !weir_number_ends(s, i + VIN))
        return false;
    if (i + VIN < s->n && (s->p[i + VIN] == '-' || s->p[i + VIN] == '/'))
        return false;
    return (check && !s->code && !(i > 0 && (s->p[i - 1] == '-' || s->p[i - 1] == '/'))) ||
           told(s, i);
}

/* A VIN covers every 17th byte: the others need no look. */
WEIR_FINDER(weir_find_vin)
{
    (void)leaf;
    for (size_t i = from + VIN - 1; i < to; i += VIN) {
        struct weir_span t;

        if (!weir_is(s->p[i], WEIR_C_ALNUM))
            continue;
        t = weir_token_at(s->p, from, i, to);
        if (t.end - t.start == VIN && vin_at(s, t.start)) {
            *ret_span = t;
            return WEIR_FOUND;
        }
        i = t.end;
    }
    return WEIR_FOUND_NOTHING;
}
