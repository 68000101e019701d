/* stacktrace_dotnet.c - .NET: C#, F#, Visual Basic.
 *
 *   Shop.OrderException: refused            type with namespace, message
 *    ---> Shop.RefusedException: declined   its cause, whose frames come first
 *      at Shop.Gateway.Charge(String id) in /src/Gateway.cs:line 8
 *      --- End of inner exception stack trace ---
 *      at Shop.Program.<Main>d__0.MoveNext()
 *   --- End of stack trace from previous location ---       no frame
 *    ---> (Inner Exception #1) Shop.Other: no such order    of an aggregate
 *      at ...<---
 *
 * Runtimes translate `at`, `in`, `line` and the marks; the end of an inner
 * trace is indented, that of a previous location is not.
 *
 * As Sentry's .NET SDK has it: the type with its namespace; of frames `module`
 * is the class, `function` the method, of async ones and lambdas the method
 * that they were written in. */
#include "unwind.h"

enum { DEPTHS = WEIR_EXCEPTIONS_MAX };

struct reader {
    struct weir_unwind *u;
    struct weir_thrown *open[DEPTHS]; /* the causes whose frames are to come, innermost last */
    size_t depth;
    struct weir_thrown *first; /* the one thrown last */
    const char *value;         /* where the latest message begins, while it goes on */
    bool again;                /* an aggregate's first member, told twice */
    size_t frames;
};

static const char *const libraries[] = {
    "System.",     "Microsoft.", "Mono.",          "Windows.", "FSharp.",
    "Newtonsoft.", "Sentry.",    "OpenTelemetry.", "Serilog",  "NLog",
    "Npgsql",      "MySql.",     "MongoDB.",       "Dapper",   "Polly",
    "RabbitMQ",    "Hangfire",   "Quartz",         "Autofac",  "StackExchange.Redis",
    "MassTransit", "MediatR",    "RestSharp",      "Grpc.",    "Azure.",
    "AWSSDK",      "Amazon.",    "lambda_method",  "Castle.",  "AutoMapper",
    NULL};

/* ---- frames ------------------------------------------------------------ */

/* "<Main>d__3" or "<Main>b__0_1": what is between the angle brackets. */
static bool written_in(struct weir_str name, const char *mark, struct weir_str *ret_method)
{
    size_t close = weir_str_find(name, weir_str_of(mark)), from = 0;

    if (close == SIZE_MAX || close == 0 || name.p[0] != '<')
        return false;
    while (from < close && name.p[from] == '<')
        from++;
    *ret_method = weir_str_sub(name, from, close - from);
    from = weir_str_find(*ret_method, WEIR_S(">"));
    ret_method->n = from == SIZE_MAX ? ret_method->n : from;
    return true;
}

/* "Shop.Gateway.<ChargeAsync>d__7.MoveNext" to class and method. */
static void read_name(struct reader *r, struct weir_str name, struct weir_frame *f)
{
    struct weir_str method, inner;
    size_t bracket, dot = weir_text_last(name, '.');

    if (dot != SIZE_MAX && dot > 0 && name.p[dot - 1] == '.')
        dot--; /* "Shop.Gateway..ctor" */
    f->function = dot == SIZE_MAX ? name : weir_str_sub(name, dot + 1, name.n);
    f->module = dot == SIZE_MAX ? (struct weir_str){NULL, 0} : weir_str_sub(name, 0, dot);
    f->library = weir_text_starts_any(name, libraries);
    dot = weir_text_last(f->module, '.');
    inner = dot == SIZE_MAX ? f->module : weir_str_sub(f->module, dot + 1, f->module.n);
    if (weir_str_eq(f->function, WEIR_S("MoveNext")) &&
        (written_in(inner, ">d__", &method) || written_in(inner, ">d", &method))) {
        f->function = method;
        f->module.n = dot == SIZE_MAX ? 0 : dot;
    } else if (written_in(f->function, ">b__", &method)) {
        f->function = weir_arena_printf(r->u->arena, "%.*s { <lambda> }", WEIR_FMT(method));
    }
    bracket = weir_str_find(f->function, WEIR_S("["));
    if (bracket != SIZE_MAX && bracket > 0)
        f->function.n = bracket;
}

/* " in PATH:line 12" behind the parameters, in any language. */
static void read_source(struct weir_str s, struct weir_frame *f)
{
    static const char *const lines[] = {":line ",
                                        ":Zeile ",
                                        ":ligne ",
                                        ":l\xc3\xadnea ",
                                        ":\xd1\x81\xd1\x82\xd1\x80\xd0\xbe\xd0\xba\xd0\xb0 ",
                                        ":riga ",
                                        ":linha ",
                                        ":wiersz ",
                                        ":\xe8\xa1\x8c ",
                                        ":\xe8\xa1\x8c\xe5\x8f\xb7 "};
    struct weir_str word, path;
    size_t at = SIZE_MAX, digits;

    weir_str_cut(weir_str_trim(s), ' ', &word, &path);
    for (size_t i = 0; i < sizeof lines / sizeof lines[0] && at == SIZE_MAX; i++) {
        at = weir_str_find(path, weir_str_of(lines[i]));
        if (at != SIZE_MAX)
            f->line = weir_text_number(weir_str_sub(path, at + strlen(lines[i]), path.n), &digits);
    }
    if (at == SIZE_MAX)
        return;
    f->abs_path = weir_str_sub(path, 0, at);
    f->filename = weir_text_basename(f->abs_path);
}

static bool is_at(struct weir_str word)
{
    static const char *const words[] = {"at",
                                        "bei",
                                        "\xc3\xa0",
                                        "en",
                                        "\xd0\xb2",
                                        "in",
                                        "em",
                                        "w",
                                        "vid",
                                        "ved",
                                        "v",
                                        "\xe5\x9c\xa8",
                                        "\xe5\xa0\xb4\xe6\x89\x80",
                                        "\xec\x9c\x84\xec\xb9\x98:"};

    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (weir_str_eq(word, weir_str_of(words[i])))
            return true;
    return false;
}

/* "   at Shop.Gateway.Charge[T](String id) in /src/Gateway.cs:line 8" */
static bool read_frame(struct reader *r, struct weir_str line, struct weir_frame *f)
{
    struct weir_str word, rest, name;
    size_t open, close;

    weir_str_cut(line, ' ', &word, &rest);
    open = weir_str_find(rest, WEIR_S("("));
    if (!is_at(word) || open == SIZE_MAX || open == 0 || rest.p[open - 1] == ' ')
        return false;
    name = weir_str_sub(rest, 0, open);
    close = weir_str_find(weir_str_sub(rest, open, rest.n), WEIR_S(")"));
    if (close == SIZE_MAX || memchr(name.p, ':', name.n) != NULL ||
        memchr(name.p, '/', name.n) != NULL)
        return false;
    *f = (struct weir_frame){0};
    read_source(weir_str_sub(rest, open + close + 1, rest.n), f);
    read_name(r, name, f);
    return true;
}

/* ---- exceptions -------------------------------------------------------- */

static void end_message(struct reader *r, const char *end)
{
    if (r->value != NULL && r->depth > 0 && end > r->value)
        r->open[r->depth - 1]->value = weir_str_trim(weir_text_span(r->value, end));
    r->value = NULL;
}

/* A type: letters, digits, dots and what generics and nesting add. */
static bool is_type(struct weir_str s)
{
    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)s.p[i];

        if (!((c | 32) >= 'a' && (c | 32) <= 'z') && !(c >= '0' && c <= '9') && c < 128 &&
            strchr("._+`", c) == NULL)
            return false;
    }
    return s.n > 0;
}

static void begin(struct reader *r, struct weir_str header, struct weir_thrown *effect)
{
    struct weir_str type, value, code;
    struct weir_thrown *t;

    weir_str_cut(header, ':', &type, &value);
    weir_str_cut(type, ' ', &type, &code); /* "SocketException (111)" */
    t = weir_unwind_throw(r->u, type, weir_str_trim(value));
    t->parent = weir_unwind_number(r->u, effect);
    if (r->depth < DEPTHS)
        r->open[r->depth++] = t;
    r->first = r->first != NULL ? r->first : t;
    r->value = value.n > 0 ? value.p : NULL;
}

/* "(Inner Exception #1) " of an aggregate. The first one stands in front, as
 * its cause, already. */
static void begin_member(struct reader *r, struct weir_str header)
{
    struct weir_str mark, rest;

    weir_str_cut(header, ')', &mark, &rest);
    r->depth = 0;
    r->again = weir_str_ends(mark, WEIR_S("#0"));
    begin(r, weir_str_trim(rest), r->first);
    if (!r->again)
        return;
    if (weir_unwind_number(r->u, r->open[0]) >= 0)
        r->u->n--;
    r->depth = 0;
    r->value = NULL;
}

/* One header, or several on a line, each the cause of the one before it. */
static void read_headers(struct reader *r, struct weir_str line)
{
    const struct weir_str arrow = WEIR_S("---> ");
    size_t at = 0;

    while (at != SIZE_MAX) {
        struct weir_str text;

        at = weir_str_find(line, arrow);
        text = weir_str_trim(weir_str_sub(line, 0, at));
        end_message(r, line.p);
        if (weir_str_starts(text, WEIR_S("(Inner Exception #")))
            begin_member(r, text);
        else if (text.n > 0)
            begin(r, text, r->depth > 0 ? r->open[r->depth - 1] : NULL);
        if (at == SIZE_MAX)
            break;
        end_message(r, line.p + at);
        line = weir_str_sub(line, at + arrow.n, line.n);
    }
}

/* "   --- End of inner exception stack trace ---": back to what it caused. */
static bool read_mark(struct reader *r, struct weir_str whole, struct weir_str line)
{
    if (!weir_str_starts(line, WEIR_S("--- ")) || !weir_str_ends(line, WEIR_S(" ---")))
        return false;
    end_message(r, whole.p);
    if (weir_text_indent(whole) > 0 && r->depth > 1)
        r->depth--;
    return true;
}

static bool is_header(const struct reader *r, struct weir_str line)
{
    struct weir_str type, rest;

    if (weir_str_starts(line, WEIR_S("---> ")))
        return true;
    weir_str_cut(line, ':', &type, &rest);
    weir_str_cut(type, ' ', &type, &rest);
    return r->first == NULL && is_type(type) && memchr(type.p, '.', type.n) != NULL;
}

static void read_line(struct reader *r, struct weir_str whole)
{
    struct weir_str line = weir_str_trim(whole);
    struct weir_frame f;

    if (weir_str_ends(line, WEIR_S("<---")))
        line.n -= 4;
    if (line.n == 0 || read_mark(r, whole, line))
        return;
    if (read_frame(r, line, &f)) {
        end_message(r, whole.p);
        if (r->first == NULL)
            begin(r, (struct weir_str){"", 0}, NULL);
        if (!r->again && r->depth > 0)
            weir_unwind_frame(r->u, r->open[r->depth - 1], &f);
        r->frames++;
    } else if (is_header(r, line)) {
        const struct weir_str unhandled = WEIR_S("Unhandled exception. ");

        if (weir_str_starts(line, unhandled))
            line = weir_str_sub(line, unhandled.n, line.n);
        read_headers(r, line);
    }
}

bool weir_unwind_dotnet(struct weir_unwind *u)
{
    struct reader r = {.u = u};
    struct weir_str line;

    while (weir_unwind_line(u, &line))
        read_line(&r, line);
    u->oldest_last = true;
    return r.frames > 0;
}
