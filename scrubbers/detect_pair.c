/* detect_pair.c - values under sensitive keys in running text.
 *
 *   password=hunter2&x=1     Authorization: Digest abc     {"token":"x"}
 *   {'passwd': 'x'}          \"api_key\":\"x\"             token%3Dabc%26
 *   'secret' => "x"          password 'x'                  login[password]=x
 *
 * A key and its value are joined by = : => or their percent-encoded forms,
 * or a quoted value follows the key right away. From each joint the key is
 * read to the left and asked about (keys.h), then the value is read to the
 * right: quoted text to the quote that closes it (with as many backslashes
 * before it as before the one that opened it: JSON in strings), else up to
 * what cannot belong to it. So "password reset completed" stays, and the
 * value goes alone. In source code only quoted literals are values. */
#include "pair.h"

#include "chars.h"
#include "context.h"

enum {
    MAX_KEY = 64,
    MAX_TAG = 256,   /* bytes of a tag of XML */
    MAX_BARE = 4096, /* bytes of a value without quotes */
    MAX_COOKIE = 256
};

static bool key_char(char c)
{
    return weir_is(c, WEIR_C_ALNUM | WEIR_C_HIGH) || c == '_' || c == '-' || c == '.';
}

/* Is that a key of the rule at hand? */
bool weir_pair_asks(const struct weir_subject *s, struct weir_str key)
{
    return (weir_keyring_get(s->keys, key, false)->rules & s->key_rule) != 0;
}

/* The rules that [start, end) is a key of. */
static uint64_t rules_of(const struct weir_subject *s, size_t start, size_t end, bool phrase)
{
    const struct weir_str key = {s->p + start, end - start};

    return start < end ? weir_keyring_get(s->keys, key, phrase)->rules : 0;
}

/* The same of the two or three words of running text that end at `end`:
 * "api key: x". */
static uint64_t rules_of_phrase(const struct weir_subject *s, size_t start, size_t end)
{
    uint64_t rules = 0;

    for (unsigned more = 0; more < 2; more++) {
        size_t word;

        if (start < 2 || s->p[start - 1] != ' ')
            break;
        word = start - 1;
        while (word > 0 && weir_is(s->p[word - 1], WEIR_C_ALPHA | WEIR_C_HIGH) &&
               end - word < MAX_KEY)
            word--;
        if (word == start - 1)
            break;
        start = word;
        rules |= rules_of(s, start, end, true);
    }
    return rules;
}

/* What some rule puts in place stands at `i`. */
static bool replaced_at(const char *p, size_t i, size_t to)
{
    return i < to && weir_replacement((struct weir_str){p + i, to - i});
}

/* Length of the entity of a quote that ends at `end`, 0: none. */
static size_t entity_before(const char *p, size_t end)
{
    static const char *const quotes[] = {"&quot;", "&#34;", "&#39;", "&apos;"};

    for (size_t k = 0; end > 0 && p[end - 1] == ';' && k < sizeof quotes / sizeof *quotes; k++) {
        size_t n = strlen(quotes[k]);

        if (end >= n && memcmp(p + end - n, quotes[k], n) == 0)
            return n;
    }
    return 0;
}

/* Past the mark that closes a key, to the left of `end`: quotes with their
 * backslashes, ], %22, %5D, and ) where PostgreSQL shows a row. */
static size_t before_closing(const char *p, size_t end, size_t joint, bool *ret_closed)
{
    if (end == joint && end > 1 && p[end - 1] == ')' && memcmp(p + joint, "=(", 2) == 0)
        return end - 1;
    if (end > 0 && (weir_pair_quote(p[end - 1]) || p[end - 1] == ']')) {
        *ret_closed = true;
        for (end--; end > 0 && (p[end - 1] == '\\' || weir_pair_quote(p[end - 1]));)
            end--;
        return end;
    }
    return end > 2 && (memcmp(p + end - 3, "%22", 3) == 0 || memcmp(p + end - 3, "%5", 2) == 0)
               ? end - 3
               : end;
}

/* The end of the key whose joint is at `joint`, without quotes, brackets and
 * their percent-encoded forms. */
static size_t key_end(const char *p, size_t joint, bool *ret_closed)
{
    size_t end = joint;

    *ret_closed = false;
    while (end > 0 && p[end - 1] == ' ' && joint - end < 2)
        end--;
    end -= entity_before(p, end);
    if (end < joint && p[end] == '&')
        *ret_closed = true;
    return before_closing(p, end, joint, ret_closed);
}

static size_t key_start(const char *p, size_t end, bool closed)
{
    size_t start = end;

    while (start > 0 && end - start <= MAX_KEY &&
           (key_char(p[start - 1]) || (closed && p[start - 1] == ' ')))
        start--;
    /* escapes before the key: \npassword=, %26token= */
    if (start > 0 && p[start - 1] == '\\' && start + 1 < end && memchr("nrt", p[start], 3) != NULL)
        start++;
    if (start > 0 && p[start - 1] == '%' && start + 2 < end && weir_is(p[start], WEIR_C_HEX) &&
        weir_is(p[start + 1], WEIR_C_HEX))
        start += 2;
    return start;
}

/* Is [start, end) what some rule put in place, as [token] in "[token]=1"? In
 * user[token]=1 it is a key. */
static bool key_replaced(const char *p, size_t start, size_t end)
{
    return start > 0 && replaced_at(p, start - 1, end + 1) &&
           (start < 2 || !weir_is(p[start - 2], WEIR_C_ALNUM));
}

/* Does a key end at `end` whose value is the name of another? */
static bool names(const char *p, size_t end)
{
    static const char *const keys[] = {"name", "key", "id", "k", "field", "header", "param"};

    for (size_t k = 0; k < sizeof keys / sizeof *keys; k++) {
        size_t n = strlen(keys[k]);

        if (end >= n && weir_starts_nocase(p + end - n, n, keys[k]) &&
            (end == n || !weir_is(p[end - n - 1], WEIR_C_ALNUM)))
            return true;
    }
    return false;
}

/* The rules that know what names the value from beside: name="password"
 * value="x", "key": "token", "value": "x". `start` is that of the key value. */
static uint64_t named_beside(const struct weir_subject *s, size_t start)
{
    const char *p = s->p;
    size_t end = start, name, joint;

    /* the text in quotes that ends the pair before */
    while (end > 0 && start - end < 12 && !weir_is(p[end - 1], WEIR_C_ALNUM))
        end--;
    for (name = end; name > 0 && end - name < MAX_KEY && key_char(p[name - 1]);)
        name--;
    for (joint = name; joint > 0 && name - joint < 8 && !weir_is(p[joint - 1], WEIR_C_ALNUM);)
        joint--;
    return joint < name && names(p, joint) ? rules_of(s, name, end, false) : 0;
}

/* The rules that know the key right before `joint`. */
static uint64_t key_before(const struct weir_subject *s, size_t joint)
{
    bool closed;
    size_t end = key_end(s->p, joint, &closed), start = key_start(s->p, end, closed);

    /* PHP's [phone] => x is a key */
    if (end - start > MAX_KEY ||
        (closed && joint + 1 < s->n && s->p[joint + 1] != '>' && key_replaced(s->p, start, end)))
        return 0;
    if (end - start == 5 && weir_starts_nocase(s->p + start, 5, "value"))
        return named_beside(s, start);
    return rules_of(s, start, end, false) | (closed ? 0 : rules_of_phrase(s, start, end));
}

/* Behind the bracket that opens the tag closed at `i`; SIZE_MAX: none does. */
static size_t tag_open(const char *p, size_t i)
{
    size_t open = i;

    while (open > 0 && i - open < MAX_TAG && p[open - 1] != '<' && p[open - 1] != '>' &&
           !(open >= 4 && memcmp(p + open - 4, "&lt;", 4) == 0))
        open--;
    return open == 0 || i - open == MAX_TAG || p[open - 1] == '>' ? SIZE_MAX : open;
}

/* The rules that know the element whose tag is closed at `i` (> or &gt;):
 * <ns:password type="text">x</ns:password>. */
static uint64_t element_before(const struct weir_subject *s, size_t i)
{
    const char *p = s->p;
    size_t open = i > 0 && p[i - 1] != '/' && p[i - 1] != '-' ? tag_open(p, i) : SIZE_MAX;
    size_t start = open, end = open;

    if (open == SIZE_MAX)
        return 0;
    for (; end < i && (key_char(p[end]) || p[end] == ':'); end++)
        if (p[end] == ':')
            start = end + 1;
    return rules_of(s, start, end, false);
}

/* A value of a Cookie header whose name says nothing but that looks made by
 * a machine. */
static bool opaque_cookie(const struct weir_subject *s, size_t joint, struct weir_span v)
{
    size_t digits = 0, line = joint;

    for (size_t i = v.start; i < v.end; i++)
        digits += weir_is_digit(s->p[i]);
    if (v.end - v.start < 8 || digits == 0 || digits == v.end - v.start)
        return false;
    while (line > 0 && s->p[line - 1] != '\n' && joint - line < 512)
        line--;
    for (; line + 7 < joint; line++)
        if (weir_starts_nocase(s->p + line, joint - line, "cookie:") ||
            weir_starts_nocase(s->p + line, joint - line, "cookie\":"))
            return true;
    return false;
}

/* A header's name right before the joint, whose value is a list of pairs:
 * they are judged one by one. */
static bool cookie_header(const struct weir_subject *s, size_t joint, struct weir_span v)
{
    size_t end = joint;

    while (end > 0 &&
           (weir_pair_quote(s->p[end - 1]) || s->p[end - 1] == '\\' || s->p[end - 1] == ' '))
        end--;
    return end >= 6 && weir_starts_nocase(s->p + end - 6, 6, "cookie") &&
           memchr(s->p + v.start, '=', v.end - v.start) != NULL;
}

/* How a key and a value are joined. */
enum join { NONE, EQUALS, COLON, LITERAL /* in quotes only */, TAG };

/* Joints of one byte, with what they may be part of; == and :: are none. */
static enum join mark_at(const char *p, size_t i, char next, size_t *ret_n)
{
    if (p[i] == '=') {
        *ret_n = next == '>' ? 2 : 1;
        return next == '=' || (i > 0 && p[i - 1] == '=') ? NONE : EQUALS;
    }
    if (p[i] == ':') {
        *ret_n = next == '=' ? 2 : 1;
        return next == ':' ? NONE : next == '=' ? LITERAL : COLON;
    }
    return i > 0 && p[i - 1] != '=' ? TAG : NONE;
}

/* = or : of three bytes: percent-encoded, or of full width. */
static bool encoded_mark(const char *p, size_t i, size_t to)
{
    static const char *const marks[] = {"%3D", "%3d", "%3A", "%3a", "：", "＝"};

    for (size_t k = 0; to - i >= 3 && k < sizeof marks / sizeof *marks; k++)
        if (memcmp(p + i, marks[k], 3) == 0)
            return true;
    return false;
}

/* The joint at `i` and its length. */
static enum join joint_at(const char *p, size_t i, size_t to, size_t *ret_n)
{
    char next = i + 1 < to ? p[i + 1] : '\0';

    *ret_n = 1;
    switch (p[i]) {
    case '=':
    case ':':
    case '>':
        return mark_at(p, i, next, ret_n);
    case '%':
        *ret_n = 3;
        return encoded_mark(p, i, to) ? EQUALS : NONE;
    case '&':
        *ret_n = 4;
        return to - i >= 4 && memcmp(p + i, "&gt;", 4) == 0 ? TAG : NONE;
    case '\xEF': /* of full width */
        *ret_n = 3;
        return encoded_mark(p, i, to) ? EQUALS : NONE;
    default:
        return NONE;
    }
}

/* "Unexpected token 'x'": the word of a parser. */
static bool parsers_word(const char *p, size_t end)
{
    size_t start = end;

    while (start > 0 && weir_is(p[start - 1], WEIR_C_ALPHA) && end - start < 16)
        start--;
    return start >= 9 && weir_starts_nocase(p + start - 9, 9, "expected ");
}

/* secret "db-credentials", cookie "theme": what stands in the quotes is its
 * name, unless it looks made. `i`: the quote. */
static bool named_thing(const char *p, size_t i, size_t to)
{
    static const char *const things[] = {"secret", "secrets", "cookie", "cookies", "credential"};
    const char *close = memchr(p + i + 1, p[i], to - i - 1);
    size_t n = close != NULL ? (size_t)(close - p) - i - 1 : 0, upper = 0, digits = 0;

    for (size_t k = 0; k < n; k++) {
        upper += weir_is(p[i + 1 + k], WEIR_C_UPPER);
        digits += weir_is_digit(p[i + 1 + k]);
    }
    if (digits > 0 && (upper > 0 || digits * 4 > n))
        return false;
    for (size_t k = 0; k < sizeof things / sizeof *things; k++) {
        size_t len = strlen(things[k]);

        if (i > len && weir_starts_nocase(p + i - 1 - len, len, things[k]) &&
            (i == len + 1 || !weir_is(p[i - 2 - len], WEIR_C_ALNUM)))
            return true;
    }
    return false;
}

/* Does the quote at `i`, behind a blank, open the value of the word before? */
static bool literal_follows(const char *p, size_t i, size_t to)
{
    return key_char(p[i - 2]) && !parsers_word(p, i - 1) && !named_thing(p, i, to);
}

/* A quote right after a key and a blank (password 'x'), or after a key and
 * the length of its value (s:8:"password";s:7:"x"): past the key. SIZE_MAX:
 * there is none. */
static size_t key_of_literal(const struct weir_subject *s, size_t i, size_t to)
{
    const char *p = s->p;
    size_t k = i;

    if (!weir_pair_quote(p[i]) || i < 2 || i + 1 >= to ||
        memchr(p + i + 1, p[i], to - i - 1) == NULL)
        return SIZE_MAX;
    if (p[i - 1] == ' ')
        return literal_follows(p, i, to) ? i - 1 : SIZE_MAX;
    if (p[--k] != ':')
        return SIZE_MAX;
    while (k > 0 && weir_is_digit(p[k - 1]))
        k--;
    return k > 4 && p[k - 1] == ':' && p[k - 2] == 's' && p[k - 3] == ';' ? k - 3 : SIZE_MAX;
}

const bool weir_pair_joint[256] = {
    ['='] = true, [':'] = true, ['%'] = true, ['"'] = true,  ['\''] = true,
    ['`'] = true, ['>'] = true, ['&'] = true, [0xEF] = true,
};

/* auth.go:77 - a line of a source file. */
static bool line_of_file(const char *p, size_t i, size_t to)
{
    static const char *const kinds[] = {".go", ".py",  ".rb", ".js",  ".ts",    ".php", ".rs",
                                        ".cs", ".jsx", ".kt", ".tsx", ".swift", ".ex",  ".java",
                                        ".c",  ".cpp", ".cc", ".h",   ".scala", ".vue", ".mjs"};

    if (i < 3 || i + 1 >= to || !weir_is_digit(p[i + 1]) || !weir_is(p[i - 1], WEIR_C_LOWER))
        return false;
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
        size_t n = strlen(kinds[k]);

        if (i > n && memcmp(p + i - n, kinds[k], n) == 0)
            return true;
    }
    return false;
}

/* The rules that know the key joined at `i`; where its value is to be looked
 * for, and how it is joined. */
static uint64_t joined(const struct weir_subject *s, size_t i, size_t to, size_t *ret_value,
                       enum join *ret_join)
{
    size_t n, key = SIZE_MAX;

    *ret_join = joint_at(s->p, i, to, &n);
    *ret_value = i + n;
    if (*ret_join == TAG)
        return element_before(s, i);
    if (*ret_join == COLON && line_of_file(s->p, i, to))
        return 0;
    if (*ret_join != NONE)
        return key_before(s, i);
    key = key_of_literal(s, i, to);
    *ret_value = i;
    return key != SIZE_MAX ? key_before(s, key) : 0;
}

/* The content of an element. */
static struct weir_span content(const struct weir_subject *s, size_t i, size_t to)
{
    size_t e = i;

    while (e < to && s->p[e] != '<' &&
           !(s->p[e] == '&' && to - e >= 4 && memcmp(s->p + e, "&lt;", 4) == 0))
        e++;
    /* what is not closed is no element */
    return (struct weir_span){i, e < to ? e : i};
}

/* What PostgreSQL says of a row: Key (tenant, phone)=(4, 040 123) already
 * exists. The value of the last column, `i` at its bracket. */
static struct weir_span of_row(const struct weir_subject *s, size_t i, size_t to)
{
    const char *p = s->p;
    size_t key = i - 2, start = i + 1, e = start;
    bool several = false;

    while (key > 0 && i - key < MAX_KEY && p[key - 1] != '(') {
        several = several || p[key - 1] == ',';
        key--;
    }
    while (e < to && !(p[e] == ')' && (e + 1 == to || !weir_is(p[e + 1], WEIR_C_TOKEN))))
        e++;
    for (size_t k = e < to ? e : start; several && k > start; k--)
        if (p[k - 1] == ',') {
            start = k + (p[k] == ' ');
            break;
        }
    return (struct weir_span){start, e < to ? e : start};
}

static struct weir_span value_of(const struct weir_subject *s, size_t i, size_t to, enum join join)
{
    if (join == TAG)
        return content(s, i, to);
    if (join == EQUALS && i > 2 && i < to && memcmp(s->p + i - 2, ")=(", 3) == 0)
        return of_row(s, i, to);
    if (join == LITERAL && !s->code) {
        size_t v = i;

        while (v < to && s->p[v] == ' ')
            v++;
        if (v >= to || !weir_pair_quote(s->p[v]))
            return (struct weir_span){i, i};
    }
    return weir_pair_value(s, i, to, join == COLON);
}

static bool same_nocase(const char *a, const char *b, size_t n)
{
    size_t i = 0;

    while (i < n && weir_lower(a[i]) == weir_lower(b[i]))
        i++;
    return i == n;
}

/* The key again, alone or of something: token = token, = req.body.token. */
static bool key_again(const char *p, size_t joint, const struct weir_span *v)
{
    size_t n = v->end - v->start;

    for (size_t dot = v->end; dot > v->start && n == v->end - v->start; dot--)
        if (p[dot - 1] == '.' || (p[dot - 1] == '>' && dot > v->start + 1))
            n = v->end - dot;
    return n > 2 && joint > n && same_nocase(p + joint - 1 - n, p + v->end - n, n);
}

/* password = getPassword(); and self.token = token: code, also where the text
 * around is none. */
static bool code_value(const struct weir_subject *s, size_t i, const struct weir_span *v)
{
    const char *p = s->p;
    size_t e = v->start;

    while (e < v->end && (weir_is(p[e], WEIR_C_ALNUM) || strchr("_.$:->", p[e]) != NULL))
        e++;
    if (e + 1 == v->end && e > v->start && p[e] == '(' && weir_is(p[v->start], WEIR_C_ALPHA))
        return true;
    return e == v->end && i > 0 && p[i] == '=' && p[i - 1] == ' ' && v->start == i + 2 &&
           key_again(p, i, v);
}

bool weir_pair_at(const struct weir_subject *s, size_t i, size_t to, struct weir_span *ret_value)
{
    enum join join;
    size_t value, most;
    bool key = (joined(s, i, to, &value, &join) & s->key_rule) != 0;

    if (!key &&
        (join != EQUALS || s->p[i] != '=' || s->code || !weir_pair_asks(s, WEIR_S("cookie"))))
        return false;
    /* most joints join nothing of interest: look no further than need be */
    most = key ? MAX_BARE : MAX_COOKIE;
    *ret_value = value_of(s, value, to - i > most ? i + most : to, join);
    if (ret_value->start >= ret_value->end || (key && code_value(s, i, ret_value)))
        return false;
    return key ? join != COLON || !cookie_header(s, i, *ret_value)
               : opaque_cookie(s, i, *ret_value);
}

uint64_t weir_pair_before(const struct weir_subject *s, size_t i)
{
    const char *p = s->p;
    size_t joint = i, n;

    if (s->keys == NULL)
        return 0;
    while (joint > 0 && i - joint < 8 && p[joint - 1] != '\0' &&
           strchr(" \"'`\\([+", p[joint - 1]) != NULL)
        joint--;
    if (joint > 5 && memcmp(p + joint - 6, "&quot;", 6) == 0)
        joint -= 6;
    for (size_t len = 1; len <= 6 && len <= joint; len++) {
        enum join join = joint_at(p, joint - len, s->n, &n);

        if (join != NONE && n == len)
            return join == TAG ? element_before(s, joint - len) : key_before(s, joint - len);
    }
    return 0;
}

uint64_t weir_pair_rules(const struct weir_subject *s, size_t i)
{
    enum join join;
    size_t value;
    uint64_t rules = joined(s, i, s->n, &value, &join);

    if (s->p[i] == '=' && join == EQUALS && !s->code)
        rules |= weir_keyring_get(s->keys, WEIR_S("cookie"), false)->rules;
    return rules;
}

/* Any value of a sensitive key goes. */
static bool fits(const struct weir_subject *s, size_t to, bool whole, struct weir_span *v)
{
    (void)s;
    (void)to;
    (void)whole;
    (void)v;
    return true;
}

WEIR_FINDER(weir_find_pair)
{
    static const struct weir_context secrets = {WEIR_HINT_SECRET, 1024, 0, fits, weir_pair_told};

    return s->keys != NULL ? weir_context_find(&secrets, leaf, s, from, to, ret_span)
                           : WEIR_FOUND_NOTHING;
}
