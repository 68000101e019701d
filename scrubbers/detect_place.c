/* detect_place.c - coordinates: where somebody is.
 *
 *   52.5200, 13.4050            a pair of decimals, latitude first, in their
 *                               ranges; of four digits behind the point, or of
 *                               two where a word near it tells (gps, location)
 *   52.5200° N, 13.4050° E      degrees, minutes, seconds with N, S, E, W
 *   52°31'12.0"N 13°24'18.0"E
 *   geo:52.5200,13.4050         what a geo URI (RFC 5870) holds
 *   lat=52.52, "lng": 13.405    a decimal under a key that says so, in text or
 *                               JSON
 *
 * A pair within a longer list of decimals is a vector, and numbers below 1 are
 * shares, not a place. */
#include "national.h"

#include "chars.h"
#include "near.h"
#include "number.h"

/* A decimal number as it stands in text. */
struct decimal {
    size_t start, end; /* with its sign */
    size_t places;     /* digits behind the point */
    double value;
};

enum { ALONE_PLACES = 4, TOLD_PLACES = 2, KEY_PLACES = 1, MAX_PLACES = 18 };

/* Past a sign at `i`. */
static size_t sign_at(const char *p, size_t i, size_t to, bool *ret_minus)
{
    *ret_minus = i < to && p[i] == '-';
    if (i < to && (p[i] == '-' || p[i] == '+'))
        return i + 1;
    *ret_minus = to - i >= 3 && memcmp(p + i, "\xE2\x88\x92", 3) == 0;
    return *ret_minus ? i + 3 : i;
}

/* The decimal whose first digit, or sign, is at `i`; false: none stands there.
 * Without a point `places` is 0. */
static bool decimal_at(const char *p, size_t i, size_t to, struct decimal *ret)
{
    bool minus;
    size_t head = sign_at(p, i, to, &minus),
           n = weir_digits(p, head, to < head + 5 ? to : head + 5);
    double scale = 1;

    if (n == 0 || n > 3)
        return false;
    *ret = (struct decimal){i, head + n, 0, weir_value(p + head, n)};
    if (ret->end + 1 < to && p[ret->end] == '.' && weir_is_digit(p[ret->end + 1])) {
        ret->places = weir_digits(p, ret->end + 1, to);
        for (size_t k = 1; k <= ret->places && k <= MAX_PLACES; k++)
            ret->value += (p[ret->end + k] - '0') * (scale /= 10);
        ret->end += 1 + ret->places;
    }
    ret->value = minus ? -ret->value : ret->value;
    return ret->places <= MAX_PLACES;
}

static bool within(const struct decimal *d, double most)
{
    return d->value <= most && d->value >= -most;
}

static size_t blanks(const char *p, size_t i, size_t to)
{
    size_t n = 0;

    while (i + n < to && (p[i + n] == ' ' || p[i + n] == '\t'))
        n++;
    return n;
}

/* What parts a pair: comma or semicolon with blanks, %2C, one blank. */
static size_t gap(const char *p, size_t i, size_t to)
{
    size_t n = blanks(p, i, to);

    if (i + n < to && (p[i + n] == ',' || p[i + n] == ';'))
        return n + 1 + blanks(p, i + n + 1, to);
    if (i + n + 2 < to && p[i + n] == '%' && p[i + n + 1] == '2' && (p[i + n + 2] | 0x20) == 'c')
        return n + 3;
    return n <= 3 ? n : 0;
}

static const struct weir_str place_terms[] = {
    WEIR_STR("lat"),          WEIR_STR("latitude"),   WEIR_STR("lon"),
    WEIR_STR("lng"),          WEIR_STR("long"),       WEIR_STR("longitude"),
    WEIR_STR("latlng*"),      WEIR_STR("latlon*"),    WEIR_STR("lnglat"),
    WEIR_STR("gps*"),         WEIR_STR("location*"),  WEIR_STR("position"),
    WEIR_STR("coord*"),       WEIR_STR("geo*"),       WEIR_STR("ll"),
    WEIR_STR("point"),        WEIR_STR("koordinat*"), WEIR_STR("standort"),
    WEIR_STR("ubicación"),    WEIR_STR("ubicacion"),  WEIR_STR("posizione"),
    WEIR_STR("localisation"), WEIR_STR("maps"),       WEIR_STR("place"),
    WEIR_STR("geometry"),     WEIR_STR("waypoint*"),  WEIR_STR("center"),
    WEIR_STR("whereabouts"),
};
static const struct weir_words place_words = {
    place_terms, sizeof place_terms / sizeof *place_terms, NULL, 0, NULL, 0};
/* Of one number of the two: the first of the list, and these only; but lat_ms
 * is a latency. */
static const struct weir_str no_axis[] = {WEIR_STR("ms"),  WEIR_STR("us"),  WEIR_STR("ns"),
                                          WEIR_STR("sec"), WEIR_STR("avg"), WEIR_STR("max"),
                                          WEIR_STR("min"), WEIR_STR("p"),   WEIR_STR("running")};
static const struct weir_words axis_words = {
    place_terms, 6, no_axis, sizeof no_axis / sizeof *no_axis, NULL, 0};
/* Lists of numbers that are places: GeoJSON. */
static const struct weir_str list_terms[] = {WEIR_STR("coord*"), WEIR_STR("latlng*"),
                                             WEIR_STR("lnglat*"), WEIR_STR("geopoint")};
static const struct weir_words list_words = {list_terms, 4, NULL, 0, NULL, 0};

bool weir_place_key(struct weir_str key)
{
    return weir_words_match(&axis_words, key, false) || weir_words_match(&list_words, key, false);
}

/* Does a number, or a list of them, lead up to `start`? */
static bool led_up(const struct weir_subject *s, size_t start)
{
    const char *p = s->p;
    size_t i = start;
    bool comma = false;

    if (!weir_number_starts(s, start))
        return true;
    for (; i > 0 && (p[i - 1] == ' ' || p[i - 1] == ','); i--)
        comma = comma || p[i - 1] == ',';
    return comma && i > 0 && weir_is_digit(p[i - 1]);
}

/* "12.3456, 13.4567 ms": what is measured is no place. */
static bool unit_at(const char *p, size_t i, size_t to)
{
    static const char *const units[] = {"ms", "s",  "sec", "us", "ns",  "mb",
                                        "gb", "kb", "px",  "%",  "eur", "usd"};

    while (i < to && p[i] == ' ')
        i++;
    for (size_t k = 0; k < sizeof units / sizeof *units; k++) {
        size_t n = strlen(units[k]);

        /* 52.52 S is south */
        if (weir_starts_nocase(p + i, to - i, units[k]) && !(n == 1 && p[i] == 'S') &&
            (i + n == to || !weir_is(p[i + n], WEIR_C_ALNUM | WEIR_C_HIGH)))
            return true;
    }
    return false;
}

/* Does a unit follow, or a list of decimals go on behind `end`? An altitude is no decimal of
 * that many places, nor is the zoom of @52.5,13.4,17z. */
static bool leads_on(const struct weir_subject *s, size_t end)
{
    size_t next = end + gap(s->p, end, s->n);
    struct decimal d;

    if (!weir_number_ends(s, end) || unit_at(s->p, end, s->n))
        return true;
    return next > end && s->p[end] == ',' && next < s->n && decimal_at(s->p, next, s->n, &d) &&
           d.places >= TOLD_PLACES;
}

static bool geo_uri(const struct weir_subject *s, size_t i)
{
    return i >= 4 && weir_starts_nocase(s->p + i - 4, 4, "geo:") &&
           (i == 4 || !weir_is(s->p[i - 5], WEIR_C_ALNUM));
}

/* Is a pair with so many places, in these ranges, a place whatever is around? */
static bool pair_tells(const struct decimal *a, const struct decimal *b)
{
    return a->places >= ALONE_PLACES && b->places >= ALONE_PLACES && within(a, 90) &&
           !(within(a, 1) && within(b, 1));
}

/* The other number of a pair, both in the range of a longitude. */
static bool second_of(const char *p, const struct decimal *first, size_t to, struct decimal *ret)
{
    size_t n = gap(p, first->end, to);

    return n > 0 && first->end + n < to && decimal_at(p, first->end + n, to, ret) &&
           within(first, 180) && within(ret, 180);
}

/* Two decimals from `first` on: the offset past them; 0: no pair. */
static size_t pair_at(const struct weir_subject *s, const struct decimal *first, size_t to)
{
    struct decimal second;
    bool blank;

    if (!second_of(s->p, first, to, &second))
        return 0;
    if (geo_uri(s, first->start))
        return second.end;
    if (first->places < TOLD_PLACES || second.places < TOLD_PLACES || led_up(s, first->start) ||
        leads_on(s, second.end))
        return 0;
    blank = first->end + blanks(s->p, first->end, to) == second.start;
    if (pair_tells(first, &second) && !blank && !s->code)
        return second.end;
    return weir_near(s, first->start, &place_words) ? second.end : 0;
}

/* Is the number that begins at `i` the value of a key, and does that name an
 * axis? */
static bool axis_near(const struct weir_subject *s, size_t i, bool whole)
{
    struct weir_str before = weir_near_before(s, i, 1);
    size_t k = before.n;

    if (s->key.n > 0 && whole && weir_place_key(s->key))
        return true;
    while (k > 0 && memchr(" \"'\\:=>", before.p[k - 1], 7) != NULL)
        k--;
    return k > 0 && weir_is(before.p[k - 1], WEIR_C_ALPHA) &&
           weir_words_match(&axis_words, weir_str_sub(before, 0, k), false);
}

static size_t single_at(const struct weir_subject *s, const struct decimal *d)
{
    bool whole = d->start == 0 && d->end == s->n;

    if (d->places < KEY_PLACES || !within(d, 180) || !weir_number_ends(s, d->end))
        return 0;
    return axis_near(s, d->start, whole) ? d->end : 0;
}

/* ---- degrees ---------------------------------------------------------------------- */

/* Past one of the marks at `i`, else `i`. */
static size_t mark(const char *p, size_t i, size_t to, const struct weir_str *marks, size_t n)
{
    for (size_t k = 0; k < n; k++)
        if (weir_str_starts((struct weir_str){p + i, to - i}, marks[k]))
            return i + marks[k].n;
    return i;
}

static const struct weir_str degree_marks[] = {WEIR_STR("\xC2\xB0"), WEIR_STR("\xC2\xBA"),
                                               WEIR_STR("&deg;"), WEIR_STR("%C2%B0")};
static const struct weir_str minute_marks[] = {WEIR_STR("\xE2\x80\xB2"), WEIR_STR("\xE2\x80\x99"),
                                               WEIR_STR("&#39;"), WEIR_STR("%27"), WEIR_STR("'")};
static const struct weir_str second_marks[] = {
    WEIR_STR("\xE2\x80\xB3"), WEIR_STR("\xE2\x80\x9D"), WEIR_STR("\\\""), WEIR_STR("&quot;"),
    WEIR_STR("%22"),          WEIR_STR("''"),           WEIR_STR("\"")};

#define MARK(p, i, to, marks) mark(p, i, to, marks, sizeof(marks) / sizeof *(marks))

/* A number of minutes or seconds at `i` and its mark; past both, else `i`. */
static size_t part_at(const char *p, size_t i, size_t to, const struct weir_str *marks, size_t n)
{
    size_t at = i + blanks(p, i, to), past;
    struct decimal d;

    if (at >= to || !weir_is_digit(p[at]) || !decimal_at(p, at, to, &d) || d.value > 60)
        return i;
    past = mark(p, d.end, to, marks, n);
    return past > d.end ? past : i;
}

/* Past the N, S, E, W (in its languages: O, Ost, West) at `i`; else `i`. */
static size_t hemisphere(const struct weir_subject *s, size_t i, size_t to)
{
    size_t at = i + blanks(s->p, i, to);

    if (at >= to || memchr("NSEWO", s->p[at], 5) == NULL)
        return i;
    if (at + 1 < s->n && weir_is(s->p[at + 1], WEIR_C_ALNUM))
        return i;
    return at + 1;
}

/* One angle from its degrees on: the offset past it; 0: none. */
static size_t angle_at(const struct weir_subject *s, const struct decimal *degrees, size_t to)
{
    const char *p = s->p;
    size_t at = MARK(p, degrees->end, to, degree_marks), past;

    if (at == degrees->end || !within(degrees, 180))
        return 0;
    past = part_at(p, at, to, minute_marks, sizeof minute_marks / sizeof *minute_marks);
    if (past > at)
        past = part_at(p, past, to, second_marks, sizeof second_marks / sizeof *second_marks);
    at = hemisphere(s, past, to);
    /* 20.5° is a temperature: the letter makes it a place */
    return at > past ? at : 0;
}

/* One angle, or both where the other one follows. */
static size_t angles_at(const struct weir_subject *s, const struct decimal *first, size_t to)
{
    size_t end = angle_at(s, first, to), next;
    struct decimal second;

    if (end == 0)
        return 0;
    next = end + gap(s->p, end, to);
    if (next < to && decimal_at(s->p, next, to, &second)) {
        next = angle_at(s, &second, to);
        if (next > 0)
            return next;
    }
    return end;
}

static size_t place_at(const struct weir_subject *s, size_t i, size_t to)
{
    struct decimal d;
    size_t end;

    if (!decimal_at(s->p, i, to, &d))
        return 0;
    end = angles_at(s, &d, to);
    if (end == 0)
        end = pair_at(s, &d, to);
    if (end == 0)
        end = single_at(s, &d);
    return end;
}

WEIR_FINDER(weir_find_coordinates)
{
    const char *p = s->p;

    (void)leaf;
    for (size_t i = from; i < to; i++) {
        size_t n, start = i, end = 0;

        if (!weir_is_digit(p[i])) {
            i += weir_step(p, i, to) - 1;
            continue;
        }
        n = weir_digits(p, i, to);
        if (start > from && (p[start - 1] == '-' || p[start - 1] == '+'))
            start--;
        if (n <= 3 && weir_number_starts(s, i))
            end = place_at(s, start, to);
        if (end > 0) {
            *ret_span = (struct weir_span){start, end};
            return WEIR_FOUND;
        }
        i += n - 1;
    }
    return WEIR_FOUND_NOTHING;
}
