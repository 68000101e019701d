/* detect_net.c - IP addresses, MAC addresses, UUIDs.
 *
 * IPv4: four decimal octets without leading zeros that stand alone and are
 * no version number (Chrome/120.0.0.0, Version=1.2.3.4). IPv6: a maximal run
 * of hex digits, colons and dots that inet_pton(3) takes, so that no form is
 * cut in half. Loopback, unspecified and netmask-like addresses belong to
 * nobody and stay. */
#include "detect.h"

#include "chars.h"
#include "numbers.h"

#include <arpa/inet.h>

enum {
    UPGRADE = 64, /* bytes that "upgraded" is looked for before a version */
    GROUP = 4     /* hex digits of a group of IPv6 */
};

/* Reads one octet at `i`; returns the offset past it, or `i`. */
static size_t octet(const char *p, size_t i, size_t to, unsigned *ret_value)
{
    size_t start = i;
    unsigned v = 0;

    while (i < to && i - start < 3 && weir_is_digit(p[i]))
        v = v * 10 + (unsigned)(p[i++] - '0');
    if (i == start || v > 255 || (p[start] == '0' && i - start > 1))
        return start;
    *ret_value = v;
    return i;
}

/* Four octets from `i`; the offset past them, or `i`. */
static size_t dotted(const char *p, size_t i, size_t to, unsigned v[4])
{
    size_t start = i;

    for (unsigned k = 0; k < 4; k++) {
        size_t e = octet(p, i, to, &v[k]);

        if (e == i)
            return start;
        i = e;
        if (k < 3) {
            if (i >= to || p[i] != '.')
                return start;
            i++;
        }
    }
    return i;
}

/* Does [start, end) end in a word for a version? */
static bool version_word(const char *p, size_t start, size_t end)
{
    static const char *const words[] = {"version",  "release", "build",  "assembly", "section",
                                        "firmware", "sdk",     "driver", "patch",    "kernel"};

    /* alone: a server is no version */
    if (end - start == 3 && weir_starts_nocase(p + start, end - start, "ver"))
        return true;
    for (size_t k = 0; k < sizeof words / sizeof *words; k++)
        if (end - start >= strlen(words[k]) &&
            weir_starts_nocase(p + end - strlen(words[k]), end, words[k]))
            return true;
    return false;
}

/* "upgraded openssl from 3.0.11.0 to 3.0.13.1": the verb in the same line. */
static bool upgraded(const char *p, size_t i)
{
    static const char *const verbs[] = {"upgrad", "downgrad", "rolled back to", "bumped"};
    static const char heads[] = "udrbUDRB";

    if (i < 4 || p[i - 1] != ' ' || (memcmp(p + i - 3, "to", 2) != 0 && p[i - 2] != 'm'))
        return false;
    for (size_t k = i; k > 0 && i - k < UPGRADE && p[k - 1] != '\n'; k--)
        for (size_t v = 0; memchr(heads, p[k - 1], 8) != NULL && v < sizeof verbs / sizeof *verbs;
             v++)
            if (weir_starts_nocase(p + k - 1, i - k + 1, verbs[v]))
                return true;
    return false;
}

/* Is what stands before `i` the head of a version: "Version=", "v", "version
 * " or "Chrome/" (then only round numbers, a Java address is host/1.2.3.4)? */
static bool versioned(const char *p, size_t i, const unsigned v[4])
{
    size_t end = i, start;

    while (end > 0 && end + 4 > i && p[end - 1] != '\0' && strchr(" =:\"'(>\\", p[end - 1]) != NULL)
        end--;
    for (start = end; start > 0 && end - start < 12 && weir_is(p[start - 1], WEIR_C_ALPHA);)
        start--;
    if (version_word(p, start, end) || upgraded(p, i))
        return true;
    return i >= 2 && p[i - 1] == '/' && weir_is(p[i - 2], WEIR_C_ALPHA) &&
           ((v[2] == 0 && v[3] == 0) || v[1] == 0);
}

static bool nobody(const unsigned v[4])
{
    return v[0] == 127 || (v[0] == 0) || (v[0] == 255 && v[1] == 255);
}

/* app-4.8.9.38.jar: is the extension at `i` that of what has versions? */
static bool package(const struct weir_subject *s, size_t i)
{
    static const char *const kinds[] = {"jar", "war", "deb",   "rpm", "zip",    "tar",
                                        "tgz", "exe", "msi",   "dll", "dmg",    "apk",
                                        "ipa", "whl", "nupkg", "src", "noarch", "amd64"};

    /* foo-1.2.3.87.el8_9: of Red Hat and Fedora */
    if (i + 2 < s->n && weir_is_digit(s->p[i + 2]) &&
        (weir_starts_nocase(s->p + i, 2, "el") || weir_starts_nocase(s->p + i, 2, "fc")))
        return true;

    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
        size_t n = strlen(kinds[k]);

        if (weir_starts_nocase(s->p + i, s->n - i, kinds[k]) &&
            (i + n == s->n || !weir_is(s->p[i + n], WEIR_C_ALNUM)))
            return true;
    }
    return false;
}

/* 12.5.3.1-alpha: does what stands behind a dash tell a version? */
static bool prerelease(const struct weir_subject *s, size_t i)
{
    static const char *const tags[] = {"alpha",   "beta",    "rc",       "pre",    "preview",
                                       "dev",     "build",   "snapshot", "ga",     "final",
                                       "release", "nightly", "debug",    "hotfix", "stable"};

    for (size_t k = 0; k < sizeof tags / sizeof *tags; k++) {
        size_t e = i + strlen(tags[k]);

        if (weir_starts_nocase(s->p + i, s->n - i, tags[k]) &&
            (e == s->n || !weir_is(s->p[e], WEIR_C_ALPHA)))
            return true;
    }
    return false;
}

/* 0.0.0.0-13.0.0.0 of .NET: both ends of a range that stands at [i, e) are of
 * round numbers, as versions are; the ends of ranges of addresses differ. */
static bool round_range(const struct weir_subject *s, size_t i, size_t e, const unsigned v[4])
{
    const char *p = s->p;

    if (v[2] != 0 || v[3] != 0)
        return false;
    if (e + 1 < s->n && p[e] == '-' && weir_is_digit(p[e + 1])) {
        unsigned other[4];
        size_t end = dotted(p, e + 1, s->n, other);

        return end > e + 1 && other[2] == 0 && other[3] == 0;
    }
    return i > 5 && memcmp(p + i - 5, ".0.0-", 5) == 0 && weir_is_digit(p[i - 6]);
}

/* Does a number that ends at `e` go on? A dot may end the sentence, a dash
 * join the ends of a range. */
static bool goes_on(const struct weir_subject *s, size_t e)
{
    unsigned v[4];

    if (e >= s->n)
        return false;
    if (s->p[e] == '.')
        return e + 1 < s->n && (weir_is_digit(s->p[e + 1]) || package(s, e + 1));
    if (s->p[e] == '-' && e + 1 < s->n && !weir_is_digit(s->p[e + 1]))
        return prerelease(s, e + 1);
    if (s->p[e] == '-')
        return e + 1 < s->n && dotted(s->p, e + 1, s->n, v) == e + 1;
    return weir_is(s->p[e], WEIR_C_ALNUM) || s->p[e] == '_';
}

static bool stands_alone(const struct weir_subject *s, size_t i)
{
    if (i == 0)
        return true;
    if (weir_is(s->p[i - 1], WEIR_C_ALNUM))
        return weir_escape_before(s->p, i);
    return s->p[i - 1] != '_' && s->p[i - 1] != '.';
}

WEIR_FINDER(weir_find_ipv4)
{
    unsigned v[4];

    (void)leaf;
    for (size_t i = from, end = from; weir_numbers_at(s, WEIR_NUMBER_LEAST, to, &i, &end); i++) {
        size_t e;

        if (!weir_is_digit(s->p[i]) || !stands_alone(s, i))
            continue;
        e = dotted(s->p, i, to, v);
        if (e == i || goes_on(s, e) || nobody(v) || versioned(s->p, i, v) ||
            round_range(s, i, e, v))
            continue;
        *ret_span = (struct weir_span){i, e};
        return WEIR_FOUND;
    }
    return WEIR_FOUND_NOTHING;
}

/* An address as it stands in the text and as inet_pton(3) takes it. */
struct ipv6 {
    char text[INET6_ADDRSTRLEN];
    size_t n, end; /* end: in the text, behind each byte taken so far */
    size_t ends[INET6_ADDRSTRLEN];
    size_t colons, digits;
};

/* Is it an address, and somebody's? */
static bool somebodys(struct ipv6 *six)
{
    uint8_t a[16];
    size_t zero = 0;

    six->text[six->n] = '\0';
    if (six->n < 3 || inet_pton(AF_INET6, six->text, a) != 1)
        return false;
    while (zero < 15 && a[zero] == 0)
        zero++;
    /* :: and ::1 are nobody's; a::b or dead::beef may be names of code */
    return zero < 15 && (six->digits > 0 || six->colons > 3);
}

/* Is the colon before `i` that of a word (ip6:2001:db8::1), and not of a
 * group or a name of code before it? */
static bool colon_of_word(const char *p, size_t i)
{
    size_t start = i - 1;
    bool hex = true;

    while (start > 0 && i - start < 24 && weir_is(p[start - 1], WEIR_C_ALNUM))
        hex = weir_is(p[--start], WEIR_C_HEX) && hex;
    return start < i - 1 && !hex;
}

/* A hex digit or colon that an address can begin with, nothing before it. */
static bool ipv6_head(const char *p, size_t i)
{
    char before = i > 0 ? p[i - 1] : ' ';

    if (!weir_is(p[i], WEIR_C_HEX) && p[i] != ':')
        return false;
    if (weir_is(before, WEIR_C_ALNUM))
        return weir_escape_before(p, i);
    if (before == ':')
        return p[i] != ':' && colon_of_word(p, i);
    /* characters of three bytes (CJK) stand next to it without a blank, and
     * U+0080 to U+00BF are no letters */
    if (weir_is(before, WEIR_C_HIGH))
        return (i >= 3 && (uint8_t)p[i - 3] >= 0xE2) || (i >= 2 && (uint8_t)p[i - 2] == 0xC2);
    return before != '_' && before != '.';
}

/* Reads the run of hex digits, colons (also as %3A) and dots at `i`. */
static void ipv6_run(const char *p, size_t i, size_t to, struct ipv6 *six)
{
    six->n = six->colons = six->digits = 0;
    for (six->end = i; six->end < to; six->n++) {
        size_t at = six->end, len = 1;
        char c = p[at];

        if (c == '%' && weir_starts_nocase(p + at, to - at, "%3a")) {
            c = ':';
            len = 3;
        }
        if (!weir_is(c, WEIR_C_HEX) && c != ':' && c != '.')
            break;
        if (six->n + 1 < sizeof six->text) {
            six->text[six->n] = c;
            six->ends[six->n] = at + len;
            six->colons += c == ':';
            six->digits += weir_is_digit(c);
        }
        six->end += len;
    }
}

/* Without the punctuation of the sentence around it; false: too long. */
static bool ipv6_trim(struct ipv6 *six)
{
    const char *t = six->text;

    if (six->n + 1 >= sizeof six->text)
        return false;
    while (six->n > 1 && (t[six->n - 1] == '.' || (t[six->n - 1] == ':' && t[six->n - 2] != ':')))
        six->colons -= t[--six->n] == ':';
    return six->n > 0;
}

/* Past a zone behind an address: %eth0, %25en0. Not past an escape. */
static size_t past_zone(const char *p, size_t e, size_t to)
{
    size_t i = e + 1;

    if (e + 2 >= to || p[e] != '%')
        return e;
    if (weir_starts_nocase(p + i, to - i, "25"))
        i += 2;
    else if (weir_is(p[i], WEIR_C_HEX) && weir_is(p[i + 1], WEIR_C_HEX))
        return e;
    if (i >= to || !weir_is(p[i], WEIR_C_ALPHA))
        return e;
    while (i < to && i - e < 20 && (weir_is(p[i], WEIR_C_ALNUM) || p[i] == '_' || p[i] == '-'))
        i++;
    return i;
}

/* The first colon, or % as of %3A, in [i, to), or `to`. */
static size_t colon_from(const char *p, size_t i, size_t to)
{
    while (i < to && p[i] != ':' && p[i] != '%')
        i++;
    return i;
}

WEIR_FINDER(weir_find_ipv6)
{
    const char *p = s->p;
    struct ipv6 six;
    size_t colon = colon_from(p, from, to);

    (void)leaf;
    for (size_t i = from; i < to && colon < to; i++) {
        size_t escape;

        if (colon < i)
            colon = colon_from(p, i, to);
        if (i + GROUP < colon) /* a group is all that stands before the first */
            i = colon - GROUP;
        escape = weir_escape(p, i, to);

        i += escape > 0 ? escape - 1 : 0;
        if (escape > 0 || !ipv6_head(p, i))
            continue;
        ipv6_run(p, i, to, &six);
        if (six.colons >= 2 && (six.end == s->n || !weir_is(p[six.end], WEIR_C_ALNUM)) &&
            ipv6_trim(&six) && somebodys(&six)) {
            *ret_span = (struct weir_span){i, past_zone(p, six.ends[six.n - 1], to)};
            return WEIR_FOUND;
        }
        i = six.end > i ? six.end - 1 : i;
    }
    return WEIR_FOUND_NOTHING;
}

/* The first address of either kind that begins in [from, to). */
static enum weir_found either(const struct weir_leaf *leaf, const struct weir_subject *s,
                              size_t from, size_t to, struct weir_span *ret_span)
{
    struct weir_span six;
    enum weir_found four = WEIR_FOUND_NOTHING;

    if ((s->classes & WEIR_P_DOTS) != 0)
        four = weir_find_ipv4(leaf, s, from, to, ret_span);
    /* one that maps IPv4 begins before its octets, and takes them along */
    if ((s->classes & WEIR_P_COLONS) != 0 &&
        weir_find_ipv6(leaf, s, from, four == WEIR_FOUND ? ret_span->end : to, &six) ==
            WEIR_FOUND &&
        (four != WEIR_FOUND || six.start < ret_span->start)) {
        *ret_span = six;
        return WEIR_FOUND;
    }
    return four;
}

/* In steps, so that of a long text with many addresses of one kind not all is
 * read for each, looking for the other. */
WEIR_FINDER(weir_find_ip)
{
    enum { STEP = 4096, LONGEST = 80 };

    for (;;) {
        size_t end = to - from > STEP ? from + STEP : to;
        enum weir_found found = either(leaf, s, from, end, ret_span);

        if (end == to || (found == WEIR_FOUND && ret_span->end + LONGEST <= end))
            return found;
        /* one at the end of the step may go on */
        from = found == WEIR_FOUND ? ret_span->start : end - LONGEST;
    }
}

/* Does another group, joined by a separator, end right before `i`? A pair
 * does; the end of a word (mac:) does not. */
static bool group_before(const char *p, size_t i)
{
    if (i >= 2 && p[i - 1] == '.')
        return weir_is(p[i - 2], WEIR_C_ALNUM);
    return i >= 3 && weir_is(p[i - 2], WEIR_C_HEX) && weir_is(p[i - 3], WEIR_C_HEX) &&
           (i == 3 || !weir_is(p[i - 4], WEIR_C_ALNUM));
}

/* Is [start, end) a part of something longer: of a word, or of a chain of
 * groups that goes on? */
static bool part_of_more(const struct weir_subject *s, size_t start, size_t end, const char *seps)
{
    const char *p = s->p;

    if (start > 0 && weir_is(p[start - 1], WEIR_C_ALNUM) && !weir_escape_before(p, start))
        return true;
    if (end < s->n && weir_is(p[end], WEIR_C_ALNUM))
        return true;
    if (start > 0 && strchr(seps, p[start - 1]) != NULL && group_before(p, start))
        return true;
    return end + 1 < s->n && p[end] != '\0' && strchr(seps, p[end]) != NULL &&
           weir_is(p[end + 1], WEIR_C_HEX);
}

/* All zeros or all ones: any or every device, the UUID of nothing. */
static bool of_all(const char *p, size_t i, size_t e)
{
    const char first = weir_lower(p[i]);

    for (; i < e && (weir_lower(p[i]) == first || !weir_is(p[i], WEIR_C_HEX)); i++)
        if (p[i] == '%')
            i += 2;
    return i >= e && (first == '0' || first == 'f');
}

/* Length of the separator at `i`: one of `seps`, or %3A; 0: none. */
static size_t separator(const char *p, size_t i, size_t to, const char *seps)
{
    if (i < to && p[i] != '\0' && strchr(seps, p[i]) != NULL)
        return 1;
    return seps[0] == ':' && weir_starts_nocase(p + i, to - i, "%3a") ? 3 : 0;
}

/* Hex groups of the given sizes, joined by one separator, standing alone;
 * the offset past them or `i`. */
static size_t hex_groups(const struct weir_subject *s, size_t i, size_t to, const uint8_t *sizes,
                         size_t n, const char *seps)
{
    size_t start = i;
    char sep = '\0';

    for (size_t g = 0; g < n; g++) {
        size_t joint;

        for (size_t k = 0; k < sizes[g]; k++, i++)
            if (i >= to || !weir_is(s->p[i], WEIR_C_HEX))
                return start;
        if (g + 1 == n)
            break;
        joint = separator(s->p, i, to, seps);
        if (joint == 0 || (sep != '\0' && s->p[i] != sep))
            return start;
        sep = s->p[i];
        i += joint;
    }
    return part_of_more(s, start, i, seps) || of_all(s->p, start, i) ? start : i;
}

static enum weir_found find_groups(const struct weir_subject *s, size_t from, size_t to,
                                   const uint8_t *sizes, size_t n, const char *seps,
                                   struct weir_span *ret_span)
{
    for (size_t i = from; i < to; i++) {
        size_t e = weir_is(s->p[i], WEIR_C_HEX) ? hex_groups(s, i, to, sizes, n, seps) : i;

        if (e > i) {
            *ret_span = (struct weir_span){i, e};
            return WEIR_FOUND;
        }
    }
    return WEIR_FOUND_NOTHING;
}

/* 5032.72b5.ec57 as Cisco writes it: with a letter, else it is a version or
 * a number with dots. */
static enum weir_found mac_in_threes(const struct weir_subject *s, size_t from, size_t to,
                                     struct weir_span *ret_span)
{
    static const uint8_t sizes[] = {4, 4, 4};

    while (find_groups(s, from, to, sizes, 3, ".", ret_span) == WEIR_FOUND) {
        for (size_t i = ret_span->start; i < ret_span->end; i++)
            if (weir_is(s->p[i], WEIR_C_ALPHA))
                return WEIR_FOUND;
        from = ret_span->end;
    }
    return WEIR_FOUND_NOTHING;
}

WEIR_FINDER(weir_find_mac)
{
    static const uint8_t sizes[] = {2, 2, 2, 2, 2, 2};
    struct weir_span threes;
    enum weir_found pairs = find_groups(s, from, to, sizes, 6, ":-", ret_span);

    (void)leaf;
    if ((s->classes & WEIR_P_DOT) != 0 && mac_in_threes(s, from, to, &threes) == WEIR_FOUND &&
        (pairs != WEIR_FOUND || threes.start < ret_span->start)) {
        *ret_span = threes;
        return WEIR_FOUND;
    }
    return pairs;
}

WEIR_FINDER(weir_find_uuid)
{
    static const uint8_t sizes[] = {8, 4, 4, 4, 12};

    (void)leaf;
    return find_groups(s, from, to, sizes, 5, "-", ret_span);
}
