/* log.c - one line, one write(2), so that lines of threads do not mix.
 *
 * Values are configuration and names, yet a name may hold anything: they are
 * quoted and escaped, what is no UTF-8 becomes `?`, and both the value and
 * the line are cut, so that a line is always one line and always parses. */
#include "weir/log.h"
#include "weir/clock.h"
#include "weir/text.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <unistd.h>

enum { VALUE_MAX = 512, LINE_MAX_BYTES = 4000, SLOTS = 8 };

static atomic_int least_level = WEIR_INFO;
static atomic_int log_format = WEIR_LOG_LOGFMT;
static atomic_uint_fast64_t lines[WEIR_ERROR + 1];

struct line {
    size_t n;
    char text[LINE_MAX_BYTES + 8]; /* room for the end of a line that is cut */
};

void weir_log_setup(enum weir_log_format format, enum weir_log_level least)
{
    atomic_store_explicit(&log_format, (int)format, memory_order_relaxed);
    atomic_store_explicit(&least_level, (int)least, memory_order_relaxed);
}

const char *weir_log_level_name(enum weir_log_level level)
{
    static const char *const names[] = {"debug", "info", "warn", "error"};

    return names[level];
}

uint64_t weir_log_lines(enum weir_log_level level)
{
    return atomic_load_explicit(&lines[level], memory_order_relaxed);
}

static void put(struct line *l, struct weir_str s)
{
    if (s.n > LINE_MAX_BYTES - l->n)
        return;
    memcpy(l->text + l->n, s.p, s.n);
    l->n += s.n;
}

/* The character at the front of `s`, as it stands between quotes. */
static size_t put_escaped(struct line *l, struct weir_str s)
{
    static const char digits[] = "0123456789abcdef";
    unsigned char c = (unsigned char)s.p[0];
    size_t n = weir_utf8_seq(s);

    if (n == 0) {
        put(l, WEIR_S("?"));
        return 1;
    }
    if (c == '"' || c == '\\') {
        char e[2] = {'\\', (char)c};

        put(l, (struct weir_str){e, 2});
    } else if (c == '\n') {
        put(l, WEIR_S("\\n"));
    } else if (c < 0x20 || c == 0x7f) {
        char e[6] = {'\\', 'u', '0', '0', digits[c >> 4], digits[c & 15]};

        put(l, (struct weir_str){e, 6});
    } else {
        put(l, (struct weir_str){s.p, n});
    }
    return n;
}

static bool needs_quotes(struct weir_str s)
{
    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)s.p[i];

        if (c <= ' ' || c >= 0x7f || c == '"' || c == '=' || c == '\\')
            return true;
    }
    return s.n == 0;
}

static void put_value(struct line *l, struct weir_str s, bool quoted)
{
    if (s.n > VALUE_MAX)
        s.n = VALUE_MAX;
    if (!quoted) {
        put(l, s);
        return;
    }
    /* put_pair() made sure of some room; the closing quote keeps its place. */
    put(l, WEIR_S("\""));
    for (size_t i = 0; i < s.n && l->n < LINE_MAX_BYTES - 8;)
        i += put_escaped(l, weir_str_sub(s, i, SIZE_MAX));
    put(l, WEIR_S("\""));
}

static void put_pair(struct line *l, bool json, const char *key, const char *value)
{
    struct weir_str v = weir_str_of(value);

    if (l->n + strlen(key) + VALUE_MAX / 4 > LINE_MAX_BYTES)
        return; /* the line is full: leave the pair out, not half of it */
    if (json) {
        put(l, l->n > 1 ? WEIR_S(",") : WEIR_S(""));
        put_value(l, weir_str_of(key), true);
        put(l, WEIR_S(":"));
    } else {
        put(l, l->n > 0 ? WEIR_S(" ") : WEIR_S(""));
        put(l, weir_str_of(key));
        put(l, WEIR_S("="));
    }
    put_value(l, v, json || needs_quotes(v));
}

void weir_log(enum weir_log_level level, const char *msg, ...)
{
    bool json = atomic_load_explicit(&log_format, memory_order_relaxed) == WEIR_LOG_JSON;
    struct line l = {.n = 0};
    const char *key;
    char now[25];
    va_list args;

    if ((int)level < atomic_load_explicit(&least_level, memory_order_relaxed))
        return;
    atomic_fetch_add_explicit(&lines[level], 1, memory_order_relaxed);
    weir_rfc3339(weir_wall_ms(), now);
    if (json)
        put(&l, WEIR_S("{"));
    put_pair(&l, json, "time", now);
    put_pair(&l, json, "level", weir_log_level_name(level));
    put_pair(&l, json, "msg", msg);
    va_start(args, msg);
    while ((key = va_arg(args, const char *)) != NULL) {
        const char *value = va_arg(args, const char *);

        put_pair(&l, json, key, value != NULL ? value : "");
    }
    va_end(args);
    if (json)
        l.text[l.n++] = '}';
    l.text[l.n++] = '\n';
    /* Nobody can be told when stderr is gone. */
    if (write(STDERR_FILENO, l.text, l.n) < 0)
        return;
}

static char *slot(void)
{
    static _Thread_local char slots[SLOTS][VALUE_MAX + 1];
    static _Thread_local unsigned next;

    return slots[next++ % SLOTS];
}

const char *weir_log_num(int64_t value)
{
    char *to = slot();

    snprintf(to, VALUE_MAX + 1, "%lld", (long long)value);
    return to;
}

const char *weir_log_str(struct weir_str s)
{
    char *to = slot();
    size_t n = s.n < VALUE_MAX ? s.n : VALUE_MAX;

    if (n > 0)
        memcpy(to, s.p, n);
    to[n] = '\0';
    return to;
}
