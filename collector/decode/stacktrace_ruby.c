/* stacktrace_ruby.c - Ruby.
 *
 *   /app/shop.rb:15:in `charge': order refused (Shop::Refused)    where, message, type
 *   by the bank                                                   more of the message
 *   <tab>from /app/main.rb:12:in `block (2 levels) in <main>'
 *   /usr/lib/ruby/3.1.0/json/common.rb:216:in `parse': ... (JSON::ParserError)
 *   <tab>from ...                                                 its cause
 *
 * Also bare lines, as Exception#backtrace has them. Since 3.4 both quotes are
 * ' and the class stands before the method: 'Shop::Gateway#charge'.
 *
 * As Sentry's Ruby SDK has it: the type with its modules, filename relative
 * to the load path, `module` the class where it is told. */
#include "unwind.h"

struct reader {
    struct weir_unwind *u;
    struct weir_thrown *now;
    const char *value; /* where the message begins, while it goes on */
    size_t frames;
};

/* Below .../lib of a gem, or of the standard library; else empty. */
static struct weir_str below_library(struct weir_str path)
{
    size_t at = weir_str_find(path, WEIR_S("/gems/")), digits, version;
    struct weir_str rest;

    if (at != SIZE_MAX) {
        rest = weir_str_sub(path, at + 6, path.n);
        at = weir_str_find(rest, WEIR_S("/gems/")); /* ruby/gems/3.1.0/gems/rack-2.2/lib */
        rest = at == SIZE_MAX ? rest : weir_str_sub(rest, at + 6, rest.n);
        at = weir_str_find(rest, WEIR_S("/lib/"));
        return at == SIZE_MAX ? rest : weir_str_sub(rest, at + 5, rest.n);
    }
    at = weir_str_find(path, WEIR_S("/ruby/"));
    if (at == SIZE_MAX)
        return (struct weir_str){NULL, 0};
    rest = weir_str_sub(path, at + 6, path.n);
    (void)weir_text_number(rest, &digits);
    version = weir_str_find(rest, WEIR_S("/"));
    if (digits == 0 || version == SIZE_MAX)
        return (struct weir_str){NULL, 0};
    return weir_str_sub(rest, version + 1, rest.n);
}

static void place(struct weir_str path, struct weir_frame *f)
{
    struct weir_str below = below_library(path);

    f->abs_path = path;
    f->library =
        below.n > 0 || path.p[0] == '<' || weir_str_find(path, WEIR_S("/vendor/")) != SIZE_MAX;
    if (below.n == 0)
        below = weir_text_below_app(path);
    f->filename = below.n > 0 ? below : path;
}

/* "Shop::Gateway#charge", "Net::HTTP.start": a class begins upper-case. */
static void read_method(struct weir_str name, struct weir_frame *f)
{
    const struct weir_str in = WEIR_S(" in ");
    size_t at = weir_str_find(name, in), mark;
    struct weir_str label = at == SIZE_MAX ? name : weir_str_sub(name, at + in.n, name.n);

    f->function = name;
    mark = weir_str_find(label, WEIR_S("#"));
    if (mark == SIZE_MAX)
        mark = weir_text_last(label, '.');
    if (mark == SIZE_MAX || mark + 1 >= label.n || label.p[0] < 'A' || label.p[0] > 'Z')
        return;
    f->module = weir_str_sub(label, 0, mark);
    if (at == SIZE_MAX)
        f->function = weir_str_sub(label, mark + 1, label.n);
}

/* PATH:12:in `method'REST. The method may hold quotes; REST begins with a
 * colon, or is empty. */
static bool read_frame(struct weir_str line, struct weir_frame *f, struct weir_str *ret_rest)
{
    size_t in = weir_str_find(line, WEIR_S(":in `")), close;
    struct weir_str path, name;

    if (in == SIZE_MAX)
        in = weir_str_find(line, WEIR_S(":in '"));
    if (in == SIZE_MAX)
        return false;
    *f = (struct weir_frame){0};
    path = weir_str_sub(line, 0, in);
    if (!weir_text_cut_number(&path, &f->line) || path.n == 0)
        return false;
    name = weir_str_sub(line, in + 5, line.n);
    close = weir_str_find(name, WEIR_S("': "));
    if (close == SIZE_MAX)
        close = weir_text_last(name, '\'');
    if (close == SIZE_MAX)
        return false;
    *ret_rest = weir_str_sub(name, close + 1, name.n);
    name.n = close;
    read_method(name, f);
    place(path, f);
    return true;
}

/* "message (Shop::Refused)", over several lines perhaps: the first ends with
 * the type. */
static bool read_header(struct reader *r, struct weir_str text)
{
    struct weir_thrown *before = r->now;
    struct weir_str line, tail, type;
    size_t open;

    text = weir_str_sub(text, 2, text.n);
    weir_str_cut(text, '\n', &line, &tail);
    open = weir_text_last(line, '(');
    if (open == SIZE_MAX || line.p[line.n - 1] != ')')
        return false;
    type = weir_str_sub(line, open + 1, line.n - open - 2);
    r->now = weir_unwind_throw(r->u, type, weir_str_trim(weir_str_sub(line, 0, open)));
    r->now->parent = weir_unwind_number(r->u, before);
    r->value = line.p + line.n;
    return true;
}

/* What came since the header belongs to the message. */
static void end_message(struct reader *r, const char *end)
{
    struct weir_str more;

    if (r->value == NULL || r->now == NULL)
        return;
    more = end > r->value ? weir_str_trim(weir_text_span(r->value, end)) : (struct weir_str){0};
    if (more.n > 0)
        r->now->value =
            weir_arena_printf(r->u->arena, "%.*s\n%.*s", WEIR_FMT(r->now->value), WEIR_FMT(more));
    r->value = NULL;
}

static void read_line(struct reader *r, struct weir_str whole)
{
    const struct weir_str from = WEIR_S("from ");
    struct weir_str line = weir_str_trim(whole), rest;
    bool later = weir_str_starts(line, from);
    struct weir_frame f;

    if (!read_frame(later ? weir_str_sub(line, from.n, line.n) : line, &f, &rest))
        return;
    if (!later && rest.n > 2 && rest.p[0] == ':') {
        end_message(r, whole.p);
        if (!read_header(r, rest))
            return;
    } else {
        end_message(r, whole.p);
    }
    if (r->now == NULL)
        r->now = weir_unwind_throw(r->u, (struct weir_str){NULL, 0}, (struct weir_str){NULL, 0});
    weir_unwind_frame(r->u, r->now, &f);
    r->frames++;
}

bool weir_unwind_ruby(struct weir_unwind *u)
{
    static const char *const marks[] = {":in `", ":in '", NULL};
    struct reader r = {.u = u};
    struct weir_str line;

    if (!weir_text_has_any(u->text, marks))
        return false;
    while (weir_unwind_line(u, &line))
        read_line(&r, line);
    end_message(&r, u->text.p + u->text.n);
    u->oldest_last = true;
    return r.frames > 0;
}
