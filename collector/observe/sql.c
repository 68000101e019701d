/* sql.c - a database statement to its verb and its table.
 *
 * No parser of SQL: a walk over words, quoted names and brackets that leaves
 * out literals and comments. The verb is the first word, after WITH the first
 * one of a statement outside of brackets. The table is the name that follows
 * FROM, INTO, UPDATE, TABLE and their like: the first outside of brackets, so
 * that EXTRACT(year FROM t) names none; where a statement stands in the place
 * of a name, the first one inside. */
#include "sql.h"

#include <stdbool.h>

enum { MOST_BYTES = 4096 };

/* Verbs that name a table follow it after a word (FROM), or at once; or after
 * their own word, which Transact-SQL and MySQL leave out: DELETE orders. */
enum after { NO_TABLE, AFTER_WORD, AFTER_FROM, AFTER_INTO, AT_ONCE };

static const struct {
    const char *name;
    enum after table;
} verbs[] = {
    {"SELECT", AFTER_WORD},
    {"INSERT", AFTER_INTO},
    {"UPDATE", AT_ONCE},
    {"DELETE", AFTER_FROM},
    {"MERGE", AFTER_INTO},
    {"REPLACE", AFTER_INTO},
    {"CREATE", AFTER_WORD},
    {"ALTER", AFTER_WORD},
    {"DROP", AFTER_WORD},
    {"TRUNCATE", AT_ONCE},
    {"COPY", AT_ONCE},
    {"CALL", AT_ONCE},
    {"LOCK", AT_ONCE},
    {"BEGIN", NO_TABLE},
    {"START", NO_TABLE},
    {"COMMIT", NO_TABLE},
    {"ROLLBACK", NO_TABLE},
    {"SAVEPOINT", NO_TABLE},
    {"RELEASE", NO_TABLE},
    {"SHOW", NO_TABLE},
    {"PRAGMA", NO_TABLE},
    {"EXPLAIN", AFTER_WORD},
    {"ANALYZE", NO_TABLE},
    {"VACUUM", NO_TABLE},
    {"DECLARE", NO_TABLE},
    {"FETCH", NO_TABLE},
    {"EXEC", AT_ONCE},
    {"VALUES", NO_TABLE},
    {"EXECUTE", AT_ONCE},
    {"USE", NO_TABLE},
    {"DESCRIBE", NO_TABLE},
    {"GRANT", NO_TABLE},
    {"REVOKE", NO_TABLE},
    {"PREPARE", NO_TABLE},
    {"DEALLOCATE", NO_TABLE},
    {"DISCARD", NO_TABLE},
    {"LISTEN", NO_TABLE},
    {"NOTIFY", NO_TABLE},
    {"REFRESH", NO_TABLE},
    {"UPSERT", AFTER_WORD},
    /* Redis and Memcached */
    {"GET", NO_TABLE},
    {"SET", NO_TABLE},
    {"DEL", NO_TABLE},
    {"MGET", NO_TABLE},
    {"MSET", NO_TABLE},
    {"SETEX", NO_TABLE},
    {"SETNX", NO_TABLE},
    {"GETSET", NO_TABLE},
    {"GETDEL", NO_TABLE},
    {"EXISTS", NO_TABLE},
    {"EXPIRE", NO_TABLE},
    {"TTL", NO_TABLE},
    {"INCR", NO_TABLE},
    {"INCRBY", NO_TABLE},
    {"DECR", NO_TABLE},
    {"HGET", NO_TABLE},
    {"HSET", NO_TABLE},
    {"HMGET", NO_TABLE},
    {"HMSET", NO_TABLE},
    {"HGETALL", NO_TABLE},
    {"HDEL", NO_TABLE},
    {"HINCRBY", NO_TABLE},
    {"LPUSH", NO_TABLE},
    {"RPUSH", NO_TABLE},
    {"LPOP", NO_TABLE},
    {"RPOP", NO_TABLE},
    {"BLPOP", NO_TABLE},
    {"BRPOP", NO_TABLE},
    {"LRANGE", NO_TABLE},
    {"LLEN", NO_TABLE},
    {"SADD", NO_TABLE},
    {"SREM", NO_TABLE},
    {"SMEMBERS", NO_TABLE},
    {"SISMEMBER", NO_TABLE},
    {"ZADD", NO_TABLE},
    {"ZREM", NO_TABLE},
    {"ZRANGE", NO_TABLE},
    {"ZRANGEBYSCORE", NO_TABLE},
    {"ZSCORE", NO_TABLE},
    {"XADD", NO_TABLE},
    {"XREAD", NO_TABLE},
    {"XACK", NO_TABLE},
    {"XREADGROUP", NO_TABLE},
    {"PUBLISH", NO_TABLE},
    {"SUBSCRIBE", NO_TABLE},
    {"EVAL", NO_TABLE},
    {"EVALSHA", NO_TABLE},
    {"SCAN", NO_TABLE},
    {"KEYS", NO_TABLE},
    {"PING", NO_TABLE},
    {"MULTI", NO_TABLE},
    {"PIPELINE", NO_TABLE},
    {"AUTH", NO_TABLE},
    {"INFO", NO_TABLE},
    {"UNLINK", NO_TABLE},
    {"PEXPIRE", NO_TABLE},
    {"FLUSHDB", NO_TABLE},
    /* MongoDB */
    {"FIND", NO_TABLE},
    {"AGGREGATE", NO_TABLE},
    {"COUNT", NO_TABLE},
    {"DISTINCT", NO_TABLE},
    {"FINDANDMODIFY", NO_TABLE},
    {"GETMORE", NO_TABLE},
    {"ISMASTER", NO_TABLE},
    {"HELLO", NO_TABLE},
    {"CREATEINDEXES", NO_TABLE},
    {"FINDONE", NO_TABLE},
    {"INSERTONE", NO_TABLE},
    {"INSERTMANY", NO_TABLE},
    {"UPDATEONE", NO_TABLE},
    {"UPDATEMANY", NO_TABLE},
    {"DELETEONE", NO_TABLE},
    {"DELETEMANY", NO_TABLE},
};

struct walk {
    const char *at, *end;
    int depth; /* of brackets */
};

enum token { END, WORD, NAME, OPEN, OTHER };

static bool is_start(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (unsigned char)c >= 0x80;
}

static bool is_part(char c)
{
    return is_start(c) || (c >= '0' && c <= '9') || c == '$' || c == '#';
}

/* Past the end of what `close` ends; doubled, it stands for itself. */
static const char *past(const char *p, const char *end, char close)
{
    for (p++; p < end; p++) {
        if (*p != close)
            continue;
        if (p + 1 == end || p[1] != close || close == ']')
            return p + 1;
        p++;
    }
    return end;
}

/* -- and MySQL's #, which others have in names (#temp) and operators. */
static bool is_line_comment(const char *p, const char *end)
{
    return end - p > 1 && ((p[0] == '-' && p[1] == '-') || (p[0] == '#' && p[1] == ' '));
}

/* Past white space and comments. */
static const char *skip(const char *p, const char *end)
{
    while (p < end) {
        if ((unsigned char)*p <= ' ') {
            p++;
        } else if (is_line_comment(p, end)) {
            p = memchr(p, '\n', (size_t)(end - p));
            p = p != NULL ? p : end;
        } else if (end - p > 1 && p[0] == '/' && p[1] == '*') {
            for (p += 2; end - p > 1 && !(p[0] == '*' && p[1] == '/'); p++)
                continue;
            p = end - p > 1 ? p + 2 : end;
        } else {
            break;
        }
    }
    return p;
}

/* Past the text that PostgreSQL quotes by $$ or $tag$; NULL: there is none. */
static const char *past_dollars(const char *p, const char *end)
{
    const char *tag = p + 1;
    struct weir_str quote, rest;
    size_t at;

    if (tag < end && is_start(*tag)) /* $1 is a parameter */
        while (tag < end && is_part(*tag) && *tag != '$')
            tag++;
    if (tag == end || *tag != '$')
        return NULL;
    quote = (struct weir_str){p, (size_t)(tag + 1 - p)};
    rest = (struct weir_str){tag + 1, (size_t)(end - tag - 1)};
    at = weir_str_find(rest, quote);
    return at != SIZE_MAX ? rest.p + at + quote.n : end;
}

/* Past the literal that begins here; NULL: none does. */
static const char *past_literal(const char *p, const char *end)
{
    if (*p == '\'')
        return past(p, end, '\'');
    return *p == '$' ? past_dollars(p, end) : NULL;
}

/* A quoted name in `text` is without its quotes. */
static enum token next(struct walk *w, struct weir_str *text)
{
    const char *p = w->at = skip(w->at, w->end);
    enum token t = OTHER;
    size_t quote = 0;

    if (p == w->end)
        return END;
    if (is_start(*p)) {
        while (w->at < w->end && is_part(*w->at))
            w->at++;
        t = WORD;
    } else if (*p == '"' || *p == '`' || *p == '[') {
        w->at = past(p, w->end, *p == '[' ? ']' : *p);
        quote = 1;
        t = NAME;
    } else if (past_literal(p, w->end) != NULL) {
        w->at = past_literal(p, w->end);
    } else {
        w->depth += (*p == '(') - (*p == ')');
        w->at++;
        t = *p == '(' ? OPEN : OTHER;
    }
    *text = (struct weir_str){p + quote, (size_t)(w->at - p) - quote};
    if (quote > 0 && text->n > 0 && (w->at[-1] == *p || w->at[-1] == ']')) /* it is closed */
        text->n--;
    return t;
}

static size_t find_verb(struct weir_str word)
{
    size_t i = 0;

    while (i < sizeof verbs / sizeof verbs[0] &&
           !weir_str_eq_nocase(word, weir_str_of(verbs[i].name)))
        i++;
    return i;
}

struct weir_str weir_sql_verb(struct weir_str word)
{
    size_t at = find_verb(word);

    return at < sizeof verbs / sizeof verbs[0] ? weir_str_of(verbs[at].name)
                                               : (struct weir_str){NULL, 0};
}

static bool is_one_of(struct weir_str word, const char *const *list)
{
    while (*list != NULL && !weir_str_eq_nocase(word, weir_str_of(*list)))
        list++;
    return *list != NULL;
}

/* The name that begins with `first`: up to three parts, joined by points. */
static struct weir_str name_of(struct walk *w, struct weir_str first,
                               char room[WEIR_SQL_TABLE_BYTES])
{
    struct weir_str part = first;
    enum token t;
    size_t n = 0;

    for (int i = 0; i < 3; i++) {
        size_t more = part.n < WEIR_SQL_TABLE_BYTES - 1 - n ? part.n : WEIR_SQL_TABLE_BYTES - 1 - n;

        memcpy(room + n, part.p, more);
        n += more;
        if (w->at == w->end || *w->at != '.' || n >= WEIR_SQL_TABLE_BYTES - 2)
            break;
        w->at++;
        t = next(w, &part);
        if ((t != WORD && t != NAME) || part.n == 0)
            break;
        room[n++] = '.';
    }
    return (struct weir_str){room, n};
}

/* After a word that leads to a table: its name, or empty when there is none
 * at this place. */
static struct weir_str table_here(struct walk *w, char room[WEIR_SQL_TABLE_BYTES])
{
    static const char *const between[] = {"INTO",  "TABLE",  "ONLY",    "IF",   "NOT", "EXISTS",
                                          "INDEX", "IGNORE", "LATERAL", "FROM", NULL};
    static const char *const nested[] = {"SELECT", "WITH", "VALUES", NULL};
    struct weir_str text;
    enum token t;

    do {
        t = next(w, &text);
    } while (t == WORD && is_one_of(text, between));
    if ((t == WORD && !is_one_of(text, nested)) || t == NAME)
        return name_of(w, text, room);
    return (struct weir_str){NULL, 0};
}

/* Behind the next token, and behind all of it when that opens a bracket. */
static void skip_value(struct walk *w)
{
    int depth = w->depth;
    struct weir_str text;

    while (next(w, &text) != END && w->depth > depth)
        continue;
}

/* Transact-SQL's TOP (10) PERCENT, which stands before the name. */
static void skip_top(struct walk *w)
{
    struct walk ahead = *w;
    struct weir_str text;

    if (next(&ahead, &text) != WORD || !weir_str_eq_nocase(text, WEIR_S("TOP")))
        return;
    skip_value(&ahead);
    *w = ahead;
    if (next(&ahead, &text) == WORD && weir_str_eq_nocase(text, WEIR_S("PERCENT")))
        *w = ahead;
}

/* The table after the first of `leads` in this statement; empty: none. */
static struct weir_str after_lead(struct walk *w, const char *const *leads,
                                  char room[WEIR_SQL_TABLE_BYTES])
{
    struct weir_str table = {NULL, 0}, text;
    int depth = w->depth;
    enum token t;

    while (table.n == 0 && (t = next(w, &text)) != END) {
        if (t == OTHER && text.p[0] == ';')
            break;
        if (t != WORD || w->depth > depth || !is_one_of(text, leads))
            continue;
        table = table_here(w, room);
        depth = w->depth; /* a statement in brackets may stand here */
    }
    return table;
}

static struct weir_str find_table(struct walk *w, enum after how, char room[WEIR_SQL_TABLE_BYTES])
{
    static const char *const any[] = {"FROM", "INTO", "TABLE", "UPDATE", NULL};
    static const char *const from[] = {"FROM", NULL}, *const into[] = {"INTO", NULL};
    static const char *const *const leads[] = {
        [NO_TABLE] = NULL,   [AFTER_WORD] = any, [AFTER_FROM] = from,
        [AFTER_INTO] = into, [AT_ONCE] = NULL,
    };
    struct weir_str table = {NULL, 0};
    struct walk ahead = *w;

    if (leads[how] != NULL)
        table = after_lead(&ahead, leads[how], room);
    if (table.n > 0 || how == NO_TABLE || how == AFTER_WORD)
        return table;
    skip_top(w);
    return table_here(w, room);
}

/* JDBC's {call proc(?)} and {? = call proc(?)}: what is behind it. */
static bool skip_call(struct walk *w)
{
    struct walk ahead = *w;
    struct weir_str text;
    enum token t;

    (void)next(&ahead, &text); /* { */
    do {
        *w = ahead;
        t = next(&ahead, &text);
    } while (t == OTHER && (text.p[0] == '?' || text.p[0] == '='));
    return t == WORD && weir_str_eq_nocase(text, WEIR_S("call"));
}

/* {"find": "users", ...}: MongoDB's commands begin with what they are. */
static struct weir_str mongo(struct walk *w, char room[WEIR_SQL_TABLE_BYTES],
                             struct weir_str *ret_table)
{
    struct weir_str text, verb = {NULL, 0};

    (void)next(w, &text); /* { */
    if (next(w, &text) == NAME)
        verb = weir_sql_verb(text);
    if (verb.n > 0 && next(w, &text) == OTHER && text.p[0] == ':' && next(w, &text) == NAME)
        *ret_table = name_of(w, text, room);
    return verb;
}

struct weir_str weir_sql(struct weir_str statement, char room[WEIR_SQL_TABLE_BYTES],
                         struct weir_str *ret_table)
{
    size_t n = statement.n < MOST_BYTES ? statement.n : MOST_BYTES;
    const char *from = n > 0 ? statement.p : "";
    struct walk w = {from, from + n, 0};
    struct weir_str text = {NULL, 0};
    size_t at;

    *ret_table = (struct weir_str){NULL, 0};
    w.at = skip(w.at, w.end);
    if (w.at < w.end && *w.at == '{') {
        struct walk here = w;

        if (!skip_call(&w))
            return mongo(&here, room, ret_table);
    }
    while (w.at < w.end && *w.at == '(')
        w.at = skip(w.at + 1, w.end);
    if (next(&w, &text) != WORD)
        return (struct weir_str){NULL, 0};
    if (weir_str_eq_nocase(text, WEIR_S("WITH"))) {
        static const char *const mains[] = {"SELECT", "INSERT", "UPDATE", "DELETE", "MERGE", NULL};
        enum token t;

        do {
            t = next(&w, &text);
        } while (t != END && (t != WORD || w.depth > 0 || !is_one_of(text, mains)));
    }
    at = find_verb(text);
    if (at == sizeof verbs / sizeof verbs[0])
        return (struct weir_str){NULL, 0};
    *ret_table = find_table(&w, verbs[at].table, room);
    return weir_str_of(verbs[at].name);
}
