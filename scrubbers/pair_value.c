/* pair_value.c - where the value of a pair begins and ends.
 *
 * Quoted text goes to the quote that closes it, with as many backslashes
 * before it as before the one that opened it (JSON in strings), or to the
 * entity that does (&quot;). Bare text goes to what cannot belong to it, or
 * to a separator behind which another pair begins. In source code only
 * literals are values. What wraps a literal (Some("x"), string(7) "x", b'x')
 * stays. */
#include "pair.h"

#include "chars.h"

enum { MAX_KEY = 64, MAX_QUOTED = 16 * 1024, MAX_WRAPPER = 24 };

static bool key_char(char c)
{
    return weir_is(c, WEIR_C_ALNUM | WEIR_C_HIGH) || c == '_' || c == '-' || c == '.';
}

/* What some rule puts in place stands at `i`. */
static bool replaced_at(const char *p, size_t i, size_t to)
{
    return i < to && weir_replacement((struct weir_str){p + i, to - i});
}

/* Do the bytes at `i` spell `word`? */
static bool spells(const char *p, size_t i, size_t to, const char *word)
{
    size_t n = strlen(word);

    return to - i >= n && memcmp(p + i, word, n) == 0;
}

/* Does `key=` or `key:` (or the end) follow at `i`? Then what stands before
 * is a separator and no part of a value. In a query only `=` joins. */
static bool next_pair(const char *p, size_t i, size_t to, bool query)
{
    size_t k = i;

    while (!query && k < to && (p[k] == ' ' || weir_pair_quote(p[k])))
        k++;
    while (k < to && k - i < MAX_KEY && (key_char(p[k]) || memchr("[]%", p[k], 3) != NULL))
        k++;
    if (k == to)
        return true;
    return k > i && (p[k] == '=' || (!query && (p[k] == ':' || weir_pair_quote(p[k]))));
}

static bool blank_or_end(const char *p, size_t i, size_t to)
{
    return i >= to || weir_is(p[i], WEIR_C_SPACE) || p[i] == '\0' ||
           strchr(",;.)]}>\"'`\\", p[i]) != NULL;
}

/* %26 %22 %20 %0A %3B and the like end a value that is encoded as a whole. */
static bool escaped_stop(const char *p, size_t i, size_t to)
{
    static const char stops[] = "26"
                                "22"
                                "20"
                                "0A"
                                "0D"
                                "3B"
                                "2C"
                                "7D";

    if (i + 2 >= to)
        return false;
    for (size_t k = 0; k + 1 < sizeof stops; k += 2)
        if (p[i + 1] == stops[k] && (p[i + 2] & ~0x20) == (stops[k + 1] & ~0x20))
            return true;
    return false;
}

/* && of a shell, or the entity of a quote or of the bracket of a tag. */
static bool ends_at_entity(const char *p, size_t i, size_t to)
{
    return spells(p, i, to, "&&") || spells(p, i, to, "&quot;") || spells(p, i, to, "&lt;") ||
           spells(p, i, to, "&gt;") || spells(p, i, to, "&#34;") || spells(p, i, to, "&#39;");
}

/* , and ; end a value at the end of a word, or where the next pair begins. */
static bool separates(const char *p, size_t i, size_t to)
{
    return blank_or_end(p, i + 1, to) || next_pair(p, i + 1, to, false);
}

static bool value_stops(const char *p, size_t i, size_t to)
{
    switch (p[i]) {
    case '&':
        return ends_at_entity(p, i, to) || next_pair(p, i + 1, to, true);
    case ';':
    case ',':
        return separates(p, i, to);
    case ')':
    case ']':
    case '}':
    case '>':
        return blank_or_end(p, i + 1, to);
    case '\\':
        return i + 1 < to && memchr("nrt\"'\\", p[i + 1], 6) != NULL;
    case '%':
        return escaped_stop(p, i, to);
    default:
        return weir_pair_quote(p[i]) || p[i] == '<' || p[i] == '\0' || weir_is(p[i], WEIR_C_SPACE);
    }
}

static size_t value_end(const char *p, size_t i, size_t to)
{
    size_t e = i;

    /* ))B09etY: brackets that close nothing */
    while (e < to && memchr(")]}", p[e], 3) != NULL)
        e++;
    e = e < to && weir_is(p[e], WEIR_C_ALNUM) ? e : i;
    while (e < to && !value_stops(p, e, to))
        e++;
    while (e > i && (p[e - 1] == '.' || p[e - 1] == ',' || p[e - 1] == ';' || p[e - 1] == ':'))
        e--;
    return e;
}

/* Names and paths, and the bracket that closes; no $(aB#1, which may be a
 * password. */
static bool names_only(const char *p, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!key_char(p[i]) && strchr(" :/)}?!", p[i]) == NULL)
            return false;
    return true;
}

/* ${X}, $(cmd), {{ x }}, {x}, %(password)s */
static bool placeholder(const char *p, size_t n)
{
    if (n < 2)
        return false;
    switch (p[0]) {
    case '$':
    case '%':
        return (p[1] == '(' || (p[0] == '$' && p[1] == '{')) && names_only(p + 2, n - 2);
    case '{':
        return p[1] == '{' || p[n - 1] == '}';
    default:
        return false;
    }
}

static bool stars(const char *p, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (p[i] != '*')
            return false;
    return n > 0;
}

/* [FILTERED], <redacted>, (hidden): what other scrubbers leave. The bracket
 * that closes may have ended the value. */
static bool struck_out(const char *p, size_t n)
{
    static const char *const words[] = {"filtered", "redacted", "removed", "masked",
                                        "hidden",   "scrubbed", "omitted", "protected"};

    if (n < 2 || memchr("[<(", p[0], 3) == NULL)
        return false;
    n -= 1 + (size_t)(memchr("]>)", p[n - 1], 3) != NULL);
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (n == strlen(words[i]) && weir_starts_nocase(p + 1, n, words[i]))
            return true;
    return false;
}

bool weir_pair_harmless(const char *p, size_t n)
{
    static const char *const words[] = {"null", "none",  "nil",     "true", "false", "undefined",
                                        "nan",  "empty", "?",       "%s",   "%r",    "%d",
                                        "%v",   "{}",    "...",     "-",    "str",   "string",
                                        "int",  "bool",  "boolean", "any"};

    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (n == strlen(words[i]) && weir_starts_nocase(p, n, words[i]))
            return true;
    return placeholder(p, n) || stars(p, n) || struck_out(p, n);
}

/* A scheme of HTTP authentication before the credentials: past it and its
 * blank, else `i`. */
static size_t past_scheme(const char *p, size_t i, size_t to)
{
    static const char *const schemes[] = {"bearer ",   "basic ",     "digest ", "token ",
                                          "apikey ",   "negotiate ", "ntlm ",   "sentry ",
                                          "bearer%20", "basic%20",   "bearer+", "basic+"};

    for (size_t k = 0; k < sizeof schemes / sizeof *schemes; k++)
        if (weir_starts_nocase(p + i, to - i, schemes[k]))
            return i + strlen(schemes[k]);
    return i;
}

/* Is the quote at `e` doubled, as SQL writes one inside a literal? */
static bool doubled(const struct weir_subject *s, size_t i, size_t e, size_t slashes)
{
    return slashes == 0 && e > i && s->p[e] == '\'' && e + 2 < s->n && s->p[e + 1] == '\'' &&
           weir_is(s->p[e + 2], WEIR_C_ALNUM);
}

/* The value that opens with a quote after `slashes` backslashes. */
static struct weir_span quoted(const struct weir_subject *s, size_t i, size_t slashes, char q)
{
    size_t most = s->n - i < MAX_QUOTED ? s->n : i + MAX_QUOTED, start = past_scheme(s->p, i, most);

    for (size_t e = i; e < most; e++) {
        size_t back = 0;

        if (s->p[e] != q)
            continue;
        if (doubled(s, i, e, slashes)) {
            e++;
            continue;
        }
        while (back < e - i && s->p[e - 1 - back] == '\\')
            back++;
        /* as many as before the opening one; or an even number more */
        if (back == slashes || (back > slashes && (back - slashes) % 2 == 0 && slashes == 0)) {
            e -= back == slashes ? slashes : 0;
            return (struct weir_span){start < e ? start : i, e};
        }
    }
    return (struct weir_span){i, most};
}

/* A word at `i` that is the key of another pair: "nombre: Inés apellido: Solís". */
static bool key_follows(const char *p, size_t i, size_t n)
{
    while (i < n && key_char(p[i]))
        i++;
    return i + 1 < n && (p[i] == ':' || p[i] == '=') && p[i + 1] != p[i];
}

/* "token: unexpected end" is prose: a lower-case word, a blank, and another;
 * and so is "passwd: 53 entries". */
static bool prose(const char *p, size_t i, size_t e, size_t n)
{
    size_t digits = i;

    while (digits < e && weir_is_digit(p[digits]))
        digits++;
    for (size_t k = digits == e && e - i < 4 ? e : i; k < e; k++)
        if (!weir_is(p[k], WEIR_C_LOWER) && !(k == i && weir_is(p[k], WEIR_C_UPPER)))
            return false;
    return e + 1 < n && p[e] == ' ' && weir_is(p[e + 1], WEIR_C_LOWER) && !key_follows(p, e + 1, n);
}

/* The quote that opened the literal in which `i` stands, '\0': in none. One
 * line of code, read from its begin. */
static char open_literal(const struct weir_subject *s, size_t i)
{
    size_t line = i;
    char open = '\0';

    while (line > 0 && s->p[line - 1] != '\n' && i - line < 1024)
        line--;
    for (; line < i; line++) {
        if (s->p[line] == '\\')
            line++;
        else if (open == '\0' && weir_pair_quote(s->p[line]))
            open = s->p[line];
        else if (s->p[line] == open)
            open = '\0';
    }
    return open;
}

/* In code only literals are values: a whole one, or the rest of the one in
 * which the pair stands ("/login?token=abc"). */
static struct weir_span value_in_code(const struct weir_subject *s, size_t i, size_t v, size_t to)
{
    char open = open_literal(s, i);

    if (open != '\0' && s->p[v] != open && !(s->p[v] == '\\' || weir_pair_quote(s->p[v])))
        return (struct weir_span){v, value_end(s->p, v, to)};
    if (weir_pair_quote(s->p[v]) && open == '\0')
        return quoted(s, v + 1, 0, s->p[v]);
    if (weir_pair_quote(s->p[v]) && s->p[v] != open)
        return quoted(s, v + 1, 0, s->p[v]);
    return (struct weir_span){i, i};
}

/* A mapping of YAML or Ruby opens: {name: x}, {:name=>x}. */
static bool opens_mapping(const char *p, size_t i, size_t to)
{
    size_t k = i + 1 + (i + 1 < to && p[i + 1] == ':'), start = k;

    while (k < to && k - i < MAX_KEY && key_char(p[k]))
        k++;
    return p[i] == '{' && k > start && k + 1 < to &&
           ((p[k] == ':' && p[k + 1] == ' ') || (p[k] == '=' && p[k + 1] == '>'));
}

/* An object or list opens, and is no value of its own. */
static bool opens(const char *p, size_t i, size_t to)
{
    if (p[i] != '{' && p[i] != '[')
        return false;
    return i + 1 >= to || weir_is(p[i + 1], WEIR_C_SPACE) ||
           strchr("\"'\\{}[]", p[i + 1]) != NULL || opens_mapping(p, i, to);
}

/* Past "7) " behind the bracket of string(: the length that PHP shows. */
static size_t past_length(const char *p, size_t i, size_t to)
{
    while (i < to && weir_is_digit(p[i]))
        i++;
    return spells(p, i, to, ") ") ? i + 2 : i;
}

/* Past what wraps a literal at `i`: Some(", string(7) ", SecretStr('; `i`:
 * nothing does. request.getHeader(" is a call, and the literal its argument. */
static size_t past_wrapper(const char *p, size_t i, size_t to)
{
    size_t k = i, q;

    while (k < to && k - i < MAX_WRAPPER && ((key_char(p[k]) && p[k] != '.') || p[k] == ':'))
        k++;
    if (k == i || k + 1 >= to || p[k] != '(')
        return i;
    k = past_length(p, k + 1, to);
    for (q = k; q < to && p[q] == '\\';)
        q++;
    return q < to && weir_pair_quote(p[q]) ? k : i;
}

/* Where the value right of a joint may begin: behind blanks, the bracket of
 * a list of texts, and the prefixes of Python's literals. */
static size_t value_start(const char *p, size_t i, size_t to)
{
    /* PHP's dumps go on in the next line */
    size_t v = i > 1 && spells(p, i - 2, to, "=>\n") ? i + 1 : i;

    for (size_t n = v; v < to && v - n < 8 && (p[v] == ' ' || p[v] == '\t');)
        v++;
    if (v + 1 < to && p[v] == '[' && (weir_pair_quote(p[v + 1]) || p[v + 1] == '\\'))
        v++;
    if (v + 1 < to && memchr("bur", p[v], 3) != NULL && weir_pair_quote(p[v + 1]))
        v++;
    return past_wrapper(p, v, to);
}

/* Encoded quotes that open a value: their length. */
static size_t encoded_quote(const char *p, size_t i, size_t to)
{
    static const char *const quotes[] = {"%22",    "%27",   "&quot;", "&#34;", "&#39;",
                                         "&apos;", "%2522", "&#x27;", "&#x22;"};

    for (size_t k = 0; k < sizeof quotes / sizeof *quotes; k++)
        if (spells(p, i, to, quotes[k]))
            return strlen(quotes[k]);
    return 0;
}

/* The encoded quote of `n` bytes before `v` closes here; when it does not, the
 * value ends as one without quotes. */
static size_t encoded_end(const char *p, size_t v, size_t to, size_t n)
{
    for (size_t e = v; e + n <= to; e++)
        if (p[e] == p[v - n] && memcmp(p + e, p + v - n, n) == 0)
            return e;
    return value_end(p, v, to);
}

/* "pass: 3164 fail: 12" counts. */
static bool counted(const char *p, size_t v, size_t e, size_t n)
{
    size_t k = v;

    while (k < e && weir_is_digit(p[k]))
        k++;
    if (k < e)
        return false;
    while (k < n && (p[k] == ' ' || p[k] == ','))
        k++;
    return weir_starts_nocase(p + k, n - k, "fail") || weir_starts_nocase(p + k, n - k, "skip") ||
           weir_starts_nocase(p + k, n - k, "error");
}

/* The bracket of an index at `k`: a quote follows, which ended the value. */
static bool indexes(const struct weir_subject *s, size_t k)
{
    return k + 1 < s->n && s->p[k] == '[' && (weir_pair_quote(s->p[k + 1]) || s->p[k + 1] == '\\');
}

/* token = jwt.encode(x), $_POST['x'], await f(x): code, and no value. */
static bool calls(const struct weir_subject *s, size_t i, size_t e)
{
    const char *p = s->p;
    size_t k = i + (p[i] == '$');

    if (spells(p, i, s->n, "await ") || spells(p, i, s->n, "new "))
        return true;
    while (k < e && (weir_is(p[k], WEIR_C_ALPHA) || p[k] == '_' || p[k] == '.'))
        k++;
    return k > i + 2 && ((k < e && p[k] == '(') || (k + 1 >= e && indexes(s, k)));
}

/* The end of the value without quotes, or behind an encoded one of `quote`
 * bytes, that begins at `v`. */
static size_t bare_end(const char *p, size_t v, size_t to, size_t quote, bool sentence)
{
    size_t e = quote > 0 ? encoded_end(p, v, to, quote) : value_end(p, v, to);

    /* behind a colon and a blank no query stands that & could part */
    while (quote == 0 && sentence && e + 1 < to && p[e] == '&' && !ends_at_entity(p, e, to))
        e = value_end(p, e + 1, to);
    return e;
}

/* A value without quotes, or with encoded ones. */
static struct weir_span bare(const struct weir_subject *s, size_t i, size_t v, size_t to,
                             bool colon)
{
    const char *p = s->p;
    size_t e, blank = v, quote = encoded_quote(p, v, to);

    v += quote;
    /* the lists of Java: authorization=[Bearer x] */
    if (v < to && p[v] == '[' && past_scheme(p, v + 1, to) > v + 1)
        v++;
    v = past_scheme(p, v, to);
    if (v >= to || opens(p, v, to) || replaced_at(p, v, to))
        return (struct weir_span){i, i};
    e = bare_end(p, v, to, quote, colon && blank > i);
    if (blank > i &&
        (calls(s, v, e) || (colon && (prose(p, v, e, s->n) || counted(p, v, e, s->n)))))
        return (struct weir_span){i, i};
    return (struct weir_span){v, e};
}

/* The value right of a joint that ends before `i`. Empty: none. */
/* Does the quote at `q` close the text in which the pair stands ("a=1&token=",
 * "n": 2) rather than open a value? */
static bool closes(const struct weir_subject *s, size_t i, size_t q, bool colon)
{
    if (colon || s->p[i - 1] != '=' || q + 1 >= s->n)
        return false;
    /* ")gykYx4" is a password */
    return s->p[q + 1] == ',' ||
           (memchr("}])", s->p[q + 1], 3) != NULL && blank_or_end(s->p, q + 2, s->n));
}

struct weir_span weir_pair_value(const struct weir_subject *s, size_t i, size_t to, bool colon)
{
    size_t v = value_start(s->p, i, to), slashes = 0;

    if (v >= to)
        return (struct weir_span){i, i};
    if (s->code)
        return value_in_code(s, i, v, to);
    while (v + slashes < to && s->p[v + slashes] == '\\')
        slashes++;
    if (i > 0 && v + slashes < to && weir_pair_quote(s->p[v + slashes]) &&
        closes(s, i, v + slashes, colon))
        return (struct weir_span){i, i};
    if (v + slashes < to && weir_pair_quote(s->p[v + slashes]))
        return quoted(s, v + slashes + 1, slashes, s->p[v + slashes]);
    return bare(s, i, v, to, colon);
}
