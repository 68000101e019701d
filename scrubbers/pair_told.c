/* pair_told.c - secrets that no pair shows: prose, options of commands, SQL.
 *
 *   password is hunter2      the token was abc123XYZ      token abc123XYZ expired
 *   AUTH x      echo x | sudo -S service
 *   tool --auth-token x      mysql -uroot -px             curl -u bob:x
 *   IDENTIFIED BY 'x'        INSERT INTO u (name, password) VALUES ('bob', 'x')
 *
 * In prose the value must look made, since "password is required": digits
 * among the letters, or both cases. In quotes, behind "is", anything goes. */
#include "context.h"
#include "pair.h"

#include "chars.h"

enum { MIN_MADE = 6, LINE = 256, COLUMNS = 4096, MAX_COLUMN = 80, MAX_TABLE = 160 };

static bool secret_char(char c)
{
    return weir_is(c, WEIR_C_TOKEN | WEIR_C_HIGH) || (c != '\0' && strchr("!#$%&*@^?:", c) != NULL);
}

/* Does [i, e) look made: a password, a token, and no word or number? */
static bool made(const char *p, size_t i, size_t e)
{
    size_t digits = 0, letters = 0, turns = 0, marks = 0;

    for (size_t k = i; k < e; k++) {
        digits += weir_is_digit(p[k]);
        letters += weir_is(p[k], WEIR_C_ALPHA);
        marks += memchr("!#$%*@^", p[k], 7) != NULL;
        turns += k > i && weir_is(p[k], WEIR_C_UPPER) && weir_is(p[k - 1], WEIR_C_LOWER);
    }
    return e - i >= MIN_MADE && letters >= 2 && (digits >= 1 || turns >= 2 || marks >= 2);
}

/* The bare word at `i`, without the marks of the sentence behind it. */
static size_t bare_end(const char *p, size_t i, size_t to)
{
    size_t e = i;

    while (e < to && secret_char(p[e]))
        e++;
    while (e > i && strchr(".,:;!?*", p[e - 1]) != NULL)
        e--;
    return e;
}

/* A quoted literal at `i`: what is in it. */
static bool literal(const struct weir_subject *s, size_t i, size_t to, struct weir_span *ret_span)
{
    if (i >= to || !(weir_pair_quote(s->p[i]) || s->p[i] == '\\'))
        return false;
    *ret_span = weir_pair_value(s, i, to, false);
    return ret_span->end > ret_span->start && ret_span->end < s->n;
}

/* Past blanks from `i` on. */
static size_t past_blanks(const char *p, size_t i, size_t to)
{
    while (i < to && (p[i] == ' ' || p[i] == '\t'))
        i++;
    return i;
}

/* "is", "was", "=" and ":" between a word and its value: the offset past
 * them, `i`: none. */
static size_t copula(const char *p, size_t i, size_t to)
{
    static const char *const words[] = {"is: ", "is ", "was: ", "was ", "ist ", "lautet ", "es "};

    for (size_t k = 0; k < sizeof words / sizeof *words; k++)
        if (weir_starts_nocase(p + i, to - i, words[k]))
            return past_blanks(p, i + strlen(words[k]), to);
    return i;
}

static bool in_prose(const struct weir_subject *s, size_t word, size_t end, size_t to,
                     struct weir_span *ret_span)
{
    size_t i = past_blanks(s->p, end, to), v = copula(s->p, i, to), e;

    if (i == end || !weir_pair_asks(s, (struct weir_str){s->p + word, end - word}))
        return false;
    if (v > i && literal(s, v, to, ret_span))
        return true;
    e = bare_end(s->p, v, to);
    if (!made(s->p, v, e) || (e < to && s->p[e] == '('))
        return false;
    *ret_span = (struct weir_span){v, e};
    return true;
}

/* Past the bytes of an option's name, or (`value`) of its value. */
static size_t option_end(const char *p, size_t i, size_t to, bool value)
{
    while (i < to && (value ? !weir_is(p[i], WEIR_C_SPACE) && memchr("\"',]\\", p[i], 5) == NULL
                            : weir_is(p[i], WEIR_C_ALNUM) || memchr("-_.", p[i], 3) != NULL))
        i++;
    return i;
}

/* --auth-token x: `end` is past the dashes. */
static bool of_option(const struct weir_subject *s, size_t end, size_t to,
                      struct weir_span *ret_span)
{
    size_t e = option_end(s->p, end, to, false), v = past_blanks(s->p, e, to);

    if (v == e || v >= to || s->p[v] == '-' ||
        !weir_pair_asks(s, (struct weir_str){s->p + end, e - end}))
        return false;
    if (literal(s, v, to, ret_span))
        return true;
    *ret_span = (struct weir_span){v, option_end(s->p, v, to, true)};
    return ret_span->end > v;
}

/* Commands whose options hold passwords: the option, and whether the password
 * is glued to it, or stands behind the user and a colon. */
static const struct command {
    const char *name, *option;
    bool glued, user;
} commands[] = {
    {"mysql", " -p", true, false},       {"mysqldump", " -p", true, false},
    {"mysqladmin", " -p", true, false},  {"mariadb", " -p", true, false},
    {"mysqlimport", " -p", true, false}, {"sshpass", " -p", false, false},
    {"sshpass", " -p", true, false},     {"curl", " -u ", false, true},
    {"curl", " --user ", false, true},   {"curl", " -u", true, true},
    {"wget", " --user ", false, true},   {"docker login", " -p ", false, false},
    {"redis-cli", " -a ", false, false}, {"smbclient", " -U ", false, true},
};

/* Past the user and the colon before a password; `e`: there is none. */
static size_t past_user(const char *p, size_t i, size_t e)
{
    while (i < e && p[i] != ':')
        i++;
    return i < e ? i + 1 : e;
}

/* The value of a command's option behind `i`. */
static bool option_value(const struct weir_subject *s, const struct command *c, size_t i, size_t to,
                         struct weir_span *ret_span)
{
    const char *p = s->p;
    size_t v = c->glued ? i : past_blanks(p, i, to), e;
    char q = ' ';

    if (v >= to || p[v] == '-' || p[v] == ' ' || (!c->glued && v == i && p[i - 1] != ' '))
        return false;
    if (weir_pair_quote(p[v]))
        q = p[v++];
    for (e = v; e < to && p[e] != q && (q != ' ' || !weir_is(p[e], WEIR_C_SPACE));)
        e++;
    v = c->user ? past_user(p, v, e) : v;
    *ret_span = (struct weir_span){v, e};
    return v < e && !weir_pair_harmless(p + v, e - v);
}

static size_t command_end(const char *p, size_t word, size_t to)
{
    size_t i = word;

    while (i < to && p[i] != '\n' && p[i] != ';' && i - word < LINE)
        i++;
    return i;
}

static bool of_command(const struct weir_subject *s, size_t word, size_t to,
                       struct weir_span *ret_span)
{
    const char *p = s->p;

    for (size_t k = 0; k < sizeof commands / sizeof *commands; k++) {
        size_t n = strlen(commands[k].name), option = strlen(commands[k].option), line;

        if (!weir_starts_nocase(p + word, to - word, commands[k].name))
            continue;
        line = command_end(p, word, to);
        for (size_t i = word + n; i + option < line; i++)
            if (memcmp(p + i, commands[k].option, option) == 0 &&
                option_value(s, &commands[k], i + option, line, ret_span))
                return true;
    }
    return false;
}

/* Past one value of a list in brackets, to the comma or bracket behind it. */
static size_t past_item(const char *p, size_t i, size_t to)
{
    char open = '\0';
    unsigned depth = 0;

    for (; i < to; i++) {
        if (open != '\0') {
            open = p[i] == open ? '\0' : open;
        } else if (weir_pair_quote(p[i])) {
            open = p[i];
        } else if (p[i] == '(') {
            depth++;
        } else if (p[i] == ')' || p[i] == ',') {
            if (depth == 0)
                return i;
            depth -= p[i] == ')';
        }
    }
    return to;
}

/* Is the column [i, e), with blanks and quotes around, one of the rule's? */
static bool column_asks(const struct weir_subject *s, size_t i, size_t e)
{
    while (i < e && !weir_is(s->p[i], WEIR_C_ALNUM))
        i++;
    while (e > i && !weir_is(s->p[e - 1], WEIR_C_ALNUM))
        e--;
    return e > i && e - i < MAX_COLUMN && weir_pair_asks(s, (struct weir_str){s->p + i, e - i});
}

/* Past the name of a column and the blanks around it, to the comma or bracket
 * behind; `to` when it is none. */
static size_t past_column(const char *p, size_t i, size_t to)
{
    size_t start = i;

    while (i < to && i - start < MAX_COLUMN && p[i] != ',' && p[i] != ')' && p[i] != '(')
        i++;
    return i < to && (p[i] == ',' || p[i] == ')') ? i : to;
}

/* The sensitive columns of the list whose first item is at `i`, a bit each;
 * `ret_end` is at the bracket that closes it. */
static uint64_t columns(const struct weir_subject *s, size_t i, size_t to, size_t *ret_end)
{
    uint64_t bits = 0;

    for (unsigned n = 0; n < 64; n++) {
        size_t e = past_column(s->p, i, to);

        if (e == to)
            return 0;
        if (column_asks(s, i, e))
            bits |= (uint64_t)1 << n;
        *ret_end = e;
        if (s->p[e] == ')')
            return bits;
        i = e + 1;
    }
    return 0;
}

/* At the next bracket that opens. */
static size_t bracket(const char *p, size_t i, size_t to)
{
    while (i < to && p[i] != '(')
        i++;
    return i;
}

/* INSERT INTO t (a, password) VALUES (1, 'x'), (2, 'y'): the first literal in
 * such a column that begins at `from` or behind. */
static bool of_insert(const struct weir_subject *s, size_t end, size_t to, size_t from,
                      struct weir_span *ret_span)
{
    size_t most = to - end < COLUMNS ? to : end + COLUMNS,
           i = bracket(s->p, end, end + MAX_TABLE < most ? end + MAX_TABLE : most);
    uint64_t bits = i < most && s->p[i] == '(' ? columns(s, i + 1, most, &i) : 0;
    unsigned n = 0;

    if (bits == 0)
        return false;
    for (i = bracket(s->p, i, most); i < most; n++) {
        size_t v = past_blanks(s->p, i + 1, most);

        if (n < 64 && (bits >> n & 1) != 0 && v >= from && literal(s, v, most, ret_span))
            return true;
        i = past_item(s->p, i + 1, most);
        if (i < most && s->p[i] == ')') { /* the next row */
            n = UINT32_MAX;
            i = bracket(s->p, i, most);
        }
    }
    return false;
}

/* IDENTIFIED BY 'x', IDENTIFIED WITH plugin BY 'x'. */
static bool identified(const struct weir_subject *s, size_t end, size_t to,
                       struct weir_span *ret_span)
{
    size_t i = end;

    while (i < to && i - end < 48 && !weir_pair_quote(s->p[i]))
        i++;
    return literal(s, i, to, ret_span) && weir_pair_asks(s, WEIR_S("password"));
}

/* AUTH hunter2 of Redis, AUTH PLAIN AGJvYgBodW50ZXIy of SMTP: commands have
 * capitals, "auth v2" is prose. */
static bool of_auth(const struct weir_subject *s, size_t word, size_t end, size_t to,
                    struct weir_span *ret_span)
{
    static const char *const ways[] = {"plain ", "login ", "xoauth2 "};
    size_t i = past_blanks(s->p, end, to), e;

    if (memcmp(s->p + word, "AUTH", 4) != 0 || i == end || !weir_pair_asks(s, WEIR_S("password")))
        return false;
    for (size_t k = 0; k < sizeof ways / sizeof *ways; k++)
        if (weir_starts_nocase(s->p + i, to - i, ways[k]))
            i = past_blanks(s->p, i + strlen(ways[k]), to);
    e = bare_end(s->p, i, to);
    if (!made(s->p, i, e))
        return false;
    *ret_span = (struct weir_span){i, e};
    return true;
}

/* Does a pipe begin behind the blanks at `i`, into what asks for a password? */
static bool piped(const char *p, size_t i, size_t to)
{
    static const char *const asking[] = {"sudo -s", "--password-stdin", "passwd --stdin",
                                         "gpg --passphrase-fd"};
    size_t most = to - i < LINE / 2 ? to : i + LINE / 2;

    i = past_blanks(p, i, to);
    if (i >= to || p[i] != '|')
        return false;
    for (; i < most && p[i] != '\n'; i++)
        for (size_t k = 0; k < sizeof asking / sizeof *asking; k++)
            if (p[i] == asking[k][0] && weir_starts_nocase(p + i, most - i, asking[k]))
                return true;
    return false;
}

/* echo 'hunter2' | sudo -S x. */
static bool of_echo(const struct weir_subject *s, size_t end, size_t to, struct weir_span *ret_span)
{
    const char *p = s->p;
    size_t i = past_blanks(p, end, to), e = i;

    if (i == end || !weir_pair_asks(s, WEIR_S("password")))
        return false;
    if (literal(s, i, to, ret_span))
        return piped(p, ret_span->end + 1, to);
    while (e < to && !weir_is(p[e], WEIR_C_SPACE) && p[e] != '|' && e - i < LINE)
        e++;
    *ret_span = (struct weir_span){i, e};
    return e > i && piped(p, e, to);
}

bool weir_pair_told(const struct weir_subject *s, uint32_t hint, size_t word, size_t end,
                    size_t from, size_t to, struct weir_span *ret_span)
{
    (void)hint;
    switch (weir_lower(s->p[word])) {
    case '-':
        return of_option(s, end, to, ret_span);
    case 'i':
        return s->p[end - 1] == 'o' || s->p[end - 1] == 'O' ? of_insert(s, end, to, from, ret_span)
                                                            : identified(s, end, to, ret_span);
    case 'a':
        return s->p[end - 1] == 'h' || s->p[end - 1] == 'H' ? of_auth(s, word, end, to, ret_span)
                                                            : in_prose(s, word, end, to, ret_span);
    case 'e':
        return of_echo(s, end, to, ret_span);
    default:
        if (in_prose(s, word, end, to, ret_span))
            return true;
        return weir_pair_asks(s, WEIR_S("password")) && of_command(s, word, to, ret_span);
    }
}
