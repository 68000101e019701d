/* stacktrace_php.c - PHP.
 *
 *   PHP Fatal error:  Uncaught JsonException: Syntax error in /app/shop.php:26
 *   Stack trace:
 *   #0 /app/shop.php(26): json_decode('{')
 *   #1 [internal function]: Shop\Gateway->charge()
 *   #2 {main}
 *
 *   Next Shop\Refused: order refused in /app/shop.php:20    what that one led to
 *   Stack trace: ...
 *     thrown in /app/shop.php on line 20
 *
 * A line tells what was called, and from where. So the function of each
 * stands together with the place of the line before it, the first with that
 * of the exception; the last place is the program's own. (So does Sentry's
 * PHP SDK, which names functions Class::method.) */
#include "unwind.h"

struct reader {
    struct weir_unwind *u;
    struct weir_thrown *now;
    struct weir_frame next; /* a place whose function comes with the next line */
    const char *value;      /* where the header of an exception begins, while it goes on */
    size_t frames;
};

static void place(struct weir_str path, uint32_t line, struct weir_frame *f)
{
    struct weir_str below = weir_text_below_app(path);

    *f = (struct weir_frame){.abs_path = path, .line = line};
    f->filename = below.n > 0 ? below : path;
    f->library = weir_str_find(path, WEIR_S("/vendor/")) != SIZE_MAX ||
                 weir_str_eq(path, WEIR_S("[internal]"));
}

/* "Shop\Gateway->charge" as "Shop\Gateway::charge". */
static struct weir_str function_of(struct reader *r, struct weir_str name)
{
    size_t arrow = weir_str_find(name, WEIR_S("->"));
    struct weir_str class = weir_str_sub(name, 0, arrow);
    struct weir_str method = weir_str_sub(name, arrow + 2, name.n);

    if (arrow == SIZE_MAX)
        return name;
    return weir_arena_printf(r->u->arena, "%.*s::%.*s", WEIR_FMT(class), WEIR_FMT(method));
}

/* PATH(LINE) of a call. */
static bool read_place(struct weir_str s, struct weir_frame *f)
{
    size_t open = weir_text_last(s, '('), digits;
    uint32_t line;

    if (weir_str_eq(s, WEIR_S("[internal function]"))) {
        place(WEIR_S("[internal]"), 0, f);
        return true;
    }
    if (open == SIZE_MAX || s.p[s.n - 1] != ')')
        return false;
    line = weir_text_number(weir_str_sub(s, open + 1, s.n), &digits);
    if (digits + open + 2 != s.n)
        return false;
    place(weir_str_sub(s, 0, open), line, f);
    return true;
}

static struct weir_thrown *current(struct reader *r)
{
    if (r->now == NULL)
        r->now = weir_unwind_throw(r->u, (struct weir_str){NULL, 0}, (struct weir_str){NULL, 0});
    return r->now;
}

/* "#3 PATH(LINE): function(arguments)" or "#4 {main}" */
static bool read_call(struct reader *r, struct weir_str line)
{
    struct weir_str rest, where, call;
    size_t digits, colon;
    struct weir_frame f;

    if (line.n < 4 || line.p[0] != '#')
        return false;
    (void)weir_text_number(weir_str_sub(line, 1, line.n), &digits);
    rest = weir_str_trim(weir_str_sub(line, 1 + digits, line.n));
    if (digits == 0)
        return false;
    if (weir_str_eq(rest, WEIR_S("{main}"))) {
        if (r->next.abs_path.n > 0)
            weir_unwind_frame(r->u, current(r), &r->next);
        r->next = (struct weir_frame){0};
        r->frames++;
        return true;
    }
    colon = weir_str_find(rest, WEIR_S("): "));
    colon = colon == SIZE_MAX ? weir_str_find(rest, WEIR_S("]: ")) : colon;
    where = weir_str_sub(rest, 0, colon == SIZE_MAX ? 0 : colon + 1);
    if (where.n == 0 || !read_place(where, &f))
        return false;
    call = weir_str_sub(rest, colon + 3, rest.n);
    call.n = weir_str_find(call, WEIR_S("(")) < call.n ? weir_str_find(call, WEIR_S("(")) : call.n;
    r->next.function = function_of(r, call);
    weir_unwind_frame(r->u, current(r), &r->next);
    r->next = f;
    r->frames++;
    return true;
}

/* "Type: message in PATH:LINE" over all lines up to the trace. */
static void end_header(struct reader *r, const char *end)
{
    struct weir_str text = weir_str_trim(weir_text_span(r->value, end)), type, value, path;
    struct weir_thrown *before = r->now;
    int32_t number;
    uint32_t line = 0;
    size_t in = SIZE_MAX;

    r->value = NULL;
    path = text;
    if (weir_text_cut_number(&path, &line))
        for (in = path.n; in > 0 && !weir_str_starts(weir_str_sub(path, in, 4), WEIR_S(" in "));)
            in--;
    if (in != SIZE_MAX && in > 0) {
        text.n = in;
        path = weir_str_sub(path, in + 4, path.n);
    } else {
        path.n = 0;
    }
    weir_str_cut(text, ':', &type, &value);
    r->now = weir_unwind_throw(r->u, type, weir_str_trim(value));
    number = weir_unwind_number(r->u, r->now);
    if (before != NULL && number >= 0)
        before->parent = number;
    r->u->root = number >= 0 ? (size_t)number : r->u->root;
    r->next = (struct weir_frame){0};
    if (path.n > 0)
        place(path, line, &r->next);
}

/* A class's name, with its namespace. */
static bool is_type(struct weir_str s)
{
    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)s.p[i];

        if (!((c | 32) >= 'a' && (c | 32) <= 'z') && !(c >= '0' && c <= '9') && c < 128 &&
            c != '_' && c != '\\')
            return false;
    }
    return s.n > 0;
}

/* Does an exception begin here? */
static bool begins(struct reader *r, struct weir_str line)
{
    static const char *const before[] = {"Uncaught ", "Next "};
    struct weir_str type, rest;
    size_t at = 0;

    for (size_t i = 0; i < sizeof before / sizeof before[0]; i++) {
        size_t found = weir_str_find(line, weir_str_of(before[i]));

        if (found != SIZE_MAX && (i == 0 || found == 0)) {
            at = found + strlen(before[i]);
            break;
        }
    }
    weir_str_cut(weir_str_sub(line, at, line.n), ':', &type, &rest);
    if ((at == 0 && r->now != NULL) || !is_type(type))
        return false;
    r->value = line.p + at;
    return true;
}

bool weir_unwind_php(struct weir_unwind *u)
{
    static const char *const marks[] = {"#0 ", NULL};
    struct reader r = {.u = u};
    struct weir_str whole;

    if (!weir_text_has_any(u->text, marks))
        return false;
    while (weir_unwind_line(u, &whole)) {
        struct weir_str line = weir_str_trim(whole);

        if (r.value != NULL) {
            if (weir_str_eq(line, WEIR_S("Stack trace:")))
                end_header(&r, whole.p);
        } else if (!read_call(&r, line)) {
            (void)begins(&r, line);
        }
    }
    u->oldest_last = true;
    return r.frames > 0;
}
