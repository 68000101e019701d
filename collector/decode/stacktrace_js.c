/* stacktrace_js.c - JavaScript and TypeScript: V8, Firefox, Safari.
 *
 *   /app/main.js:43                       Node shows where, before a blank line
 *           throw error;
 *           ^
 *
 *   TypeError [CODE]: message             type, message, perhaps several lines
 *       at charge (/app/bank.js:2:24)
 *       at async Promise.all (index 0)
 *       at new Cart (file:///app/cart.mjs:7:16)
 *       at /app/main.js:12:3
 *       at eval (eval at load (/app/main.js:45:22), <anonymous>:1:15) {
 *     [cause]: Error: inner               two columns deeper than its header,
 *         at ...                          frames four deeper than theirs
 *     [errors]: [
 *       TypeError: one                    members of an AggregateError
 *           at ...,
 *     ]
 *
 *   charge@https://shop.example.com/app.js:12:34     Firefox, Safari: no header
 *
 * As the SDKs have it: Node's `module` is directory:file below node_modules
 * or the application, an anonymous function is "?", browsers' files are URLs.
 * Code of eval() stands where eval() was called. */
#include "unwind.h"

enum { DEPTHS = 16 };

struct level {
    size_t indent;
    struct weir_thrown *thrown;
};

struct reader {
    struct weir_unwind *u;
    bool browser;
    struct level levels[DEPTHS]; /* exceptions that enclose each other */
    size_t depth;
    struct weir_thrown *now;
    const char *value; /* where the message of `now` begins, while it goes on */
    bool members;      /* `[errors]: [` was read */
    size_t located;    /* frames with a place: what makes it a stack trace */
};

/* ---- places ------------------------------------------------------------ */

/* "a/b/c.js" as "a.b:c"; "c.js" as "c". */
static struct weir_str dotted(struct weir_unwind *u, struct weir_str path)
{
    struct weir_str file = weir_text_basename(path), copy;
    size_t dot = weir_text_last(file, '.');
    char *p;

    path.n -= file.n - (dot != SIZE_MAX && dot > 0 ? dot : file.n);
    copy = weir_arena_copy(u->arena, path);
    p = (char *)(uintptr_t)copy.p;
    if (p == NULL) {
        u->no_memory = u->no_memory || path.n > 0;
        return (struct weir_str){NULL, 0};
    }
    for (size_t i = 0, last = weir_text_last(copy, '/'); i < copy.n; i++)
        if (p[i] == '/')
            p[i] = i == last ? ':' : '.';
    return copy;
}

static struct weir_str module_of(struct weir_unwind *u, struct weir_str path)
{
    const struct weir_str packages = WEIR_S("/node_modules/");
    struct weir_str below = path, inner;
    size_t at;

    while ((at = weir_str_find(below, packages)) != SIZE_MAX)
        below = weir_str_sub(below, at + packages.n, below.n);
    inner = below.n < path.n ? below : weir_text_below_app(path);
    return dotted(u, inner.n > 0 ? inner : weir_text_basename(path));
}

static void place(struct reader *r, struct weir_str file, struct weir_frame *f)
{
    bool path;

    if (weir_str_starts(file, WEIR_S("file://")))
        file = weir_str_sub(file, 7, file.n);
    path = file.n > 0 && (file.p[0] == '/' || file.p[0] == '.' || file.p[0] == '\\' ||
                          (file.n > 2 && file.p[1] == ':'));
    f->filename = file;
    f->abs_path = path || r->browser ? file : f->abs_path;
    f->library = weir_str_find(file, WEIR_S("node_modules")) != SIZE_MAX ||
                 weir_str_starts(file, WEIR_S("chrome-extension://")) ||
                 weir_str_starts(file, WEIR_S("moz-extension://"));
    if (!path && weir_str_find(file, WEIR_S("://")) == SIZE_MAX)
        f->library = true;
    if (!r->browser && f->line > 0)
        f->module = module_of(r->u, file);
}

/* FILE:LINE:COLUMN, FILE:LINE, or what stands for one. */
static void read_place(struct reader *r, struct weir_str text, struct weir_frame *f)
{
    uint32_t number = 0;
    size_t open =
        weir_str_find(text, WEIR_S("eval at ")) != SIZE_MAX ? weir_text_last(text, '(') : SIZE_MAX;

    if (open != SIZE_MAX)
        text = weir_str_sub(text, open + 1,
                            weir_str_find(weir_str_sub(text, open + 1, text.n), WEIR_S(")")));
    if (weir_text_cut_number(&text, &number)) {
        f->line = number;
        if (weir_text_cut_number(&text, &number)) {
            f->column = f->line;
            f->line = number;
        }
        r->located += f->column > 0;
    }
    place(r, text, f);
}

/* ---- V8 ---------------------------------------------------------------- */

/* The name as the SDKs show it: "Object.<anonymous>" is "Object.?" of Node. */
static struct weir_str function_of(struct reader *r, struct weir_str name)
{
    const struct weir_str anonymous = WEIR_S("<anonymous>");

    if (name.n == 0 || weir_str_eq(name, anonymous))
        return WEIR_S("?");
    if (!r->browser && weir_str_ends(name, anonymous)) {
        struct weir_str owner = weir_str_sub(name, 0, name.n - anonymous.n);

        return weir_arena_printf(r->u->arena, "%.*s?", WEIR_FMT(owner));
    }
    return name;
}

static bool read_at(struct reader *r, struct weir_str line, struct weir_frame *f)
{
    struct weir_str name = {NULL, 0};
    size_t open, before = r->located;

    if (!weir_str_starts(line, WEIR_S("at ")))
        return false;
    line = weir_str_sub(line, 3, line.n);
    if (weir_str_ends(line, WEIR_S(" {")))
        line.n -= 2;
    if (line.n > 0 && line.p[line.n - 1] == ',')
        line.n--;
    if (weir_str_starts(line, WEIR_S("async ")))
        line = weir_str_sub(line, 6, line.n);
    open = weir_str_find(line, WEIR_S(" ("));
    *f = (struct weir_frame){0};
    if (open != SIZE_MAX && line.p[line.n - 1] == ')') {
        name = weir_str_sub(line, 0, open);
        line = weir_str_sub(line, open + 2, line.n - open - 3);
    }
    f->function = function_of(r, name);
    read_place(r, line, f);
    return name.n > 0 || r->located > before;
}

/* ---- Firefox, Safari --------------------------------------------------- */

/* NAME@URL:LINE:COLUMN, also without name; [native code]. */
static bool read_gecko(struct reader *r, struct weir_str line, struct weir_frame *f)
{
    const struct weir_str native = WEIR_S("[native code]"), eval = WEIR_S(" > eval");
    size_t at = weir_str_find(line, WEIR_S("@")), scheme, end, before = r->located;
    struct weir_str text = line;

    *f = (struct weir_frame){0};
    if (at != SIZE_MAX)
        text = weir_str_sub(line, at + 1, line.n);
    f->function = function_of(r, at != SIZE_MAX ? weir_str_sub(line, 0, at) : (struct weir_str){0});
    if (weir_str_eq(text, native)) {
        place(r, text, f);
        return true;
    }
    /* "URL line 26 > eval line 2 > eval:4:18" is where eval() was called. */
    end = weir_str_find(text, eval);
    scheme = weir_str_find(text, WEIR_S("://"));
    if (scheme == SIZE_MAX || scheme > 24 || memchr(text.p, ' ', scheme) != NULL)
        return false;
    if (end != SIZE_MAX) {
        size_t mark = weir_str_find(text, WEIR_S(" line ")), digits;

        if (mark >= end)
            return false;
        f->line = weir_text_number(weir_str_sub(text, mark + 6, text.n), &digits);
        place(r, weir_str_sub(text, 0, mark), f);
        return true;
    }
    read_place(r, text, f);
    return r->located > before;
}

/* ---- exceptions -------------------------------------------------------- */

static bool is_name(struct weir_str s)
{
    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)s.p[i];

        if (!((c | 32) >= 'a' && (c | 32) <= 'z') && !(c >= '0' && c <= '9') && c < 128 &&
            strchr("_$.", c) == NULL)
            return false;
    }
    return s.n > 0 && !(s.p[0] >= '0' && s.p[0] <= '9');
}

/* "TypeError [ERR_X]: message" to type and message. False: no such line. */
static bool read_header(struct weir_str line, struct weir_str *ret_type, struct weir_str *ret_value)
{
    const struct weir_str uncaught = WEIR_S("Uncaught ");
    size_t colon, code;
    struct weir_str type;

    if (weir_str_starts(line, uncaught))
        line = weir_str_sub(line, uncaught.n, line.n);
    colon = weir_str_find(line, WEIR_S(": "));
    type = weir_str_sub(line, 0, colon);
    if (colon == SIZE_MAX && type.n > 0 && type.p[type.n - 1] == ':')
        type.n--;
    code = weir_str_find(type, WEIR_S(" ["));
    if (code != SIZE_MAX && type.p[type.n - 1] == ']')
        type.n = code;
    if (!is_name(type))
        return false;
    *ret_type = type;
    *ret_value = weir_str_sub(line, colon == SIZE_MAX ? line.n : colon + 2, line.n);
    if (ret_value->n == 0)
        ret_value->p = line.p + line.n;
    return true;
}

/* The exception that encloses what stands at `indent`. */
static struct weir_thrown *enclosing(struct reader *r, size_t indent)
{
    while (r->depth > 0 && r->levels[r->depth - 1].indent >= indent)
        r->depth--;
    return r->depth > 0 ? r->levels[r->depth - 1].thrown : NULL;
}

static void begin(struct reader *r, struct weir_str header, size_t indent)
{
    struct weir_thrown *outer = enclosing(r, indent), *t;
    struct weir_str type = {NULL, 0}, value = header;

    (void)read_header(header, &type, &value);
    t = weir_unwind_throw(r->u, type, value);
    t->parent = weir_unwind_number(r->u, outer);
    if (r->depth < DEPTHS)
        r->levels[r->depth++] = (struct level){indent, t};
    r->now = t;
    r->value = value.p;
}

static void end_message(struct reader *r, struct weir_str next)
{
    if (r->value != NULL && r->now != NULL && next.p >= r->value)
        r->now->value = weir_str_trim(weir_text_span(r->value, next.p));
    r->value = NULL;
}

/* A line that is no frame. */
static void other_line(struct reader *r, struct weir_str whole, struct weir_str line)
{
    const struct weir_str cause = WEIR_S("[cause]: ");
    struct weir_str type, value;

    if (r->now == NULL) {
        if (read_header(line, &type, &value))
            begin(r, line, 0);
    } else if (r->now->n_frames > 0 && weir_str_starts(line, cause)) {
        begin(r, weir_str_sub(line, cause.n, line.n), weir_text_indent(whole));
    } else if (weir_str_eq(line, WEIR_S("[errors]: ["))) {
        r->members = true;
    } else if (r->members && r->value == NULL && weir_text_indent(whole) >= 4 &&
               read_header(line, &type, &value)) {
        begin(r, line, weir_text_indent(whole));
    }
}

/* Node shows the place first, then, behind a blank line, the exception. */
static void skip_excerpt(struct weir_unwind *u)
{
    struct weir_str line;
    uint32_t number;
    size_t start = u->at;

    if (weir_unwind_line(u, &line) && weir_text_cut_number(&line, &number) &&
        memchr(line.p, ' ', line.n) == NULL && memchr(line.p, '@', line.n) == NULL)
        while (weir_unwind_line(u, &line))
            if (line.n == 0)
                return;
    u->at = start;
}

static bool is_browser(const struct weir_unwind *u)
{
    static const char *const marks[] = {"(http://", "(https://",  "at http", "@http",
                                        "(webpack", "at webpack", NULL};

    return strcmp(u->platform, "javascript") == 0 || weir_text_has_any(u->text, marks);
}

bool weir_unwind_js(struct weir_unwind *u)
{
    struct reader r = {.u = u, .browser = is_browser(u)};
    struct weir_str whole, line;
    struct weir_frame f;
    bool gecko;

    skip_excerpt(u);
    while (weir_unwind_line(u, &whole)) {
        line = weir_str_trim(whole);
        if (line.n == 0)
            continue;
        gecko = r.browser && (r.now == NULL || r.now->type.n == 0 || r.value != NULL);
        if (!read_at(&r, line, &f) && !(gecko && read_gecko(&r, line, &f))) {
            other_line(&r, whole, line);
            continue;
        }
        end_message(&r, whole);
        if (r.now == NULL)
            begin(&r, (struct weir_str){NULL, 0}, 0);
        weir_unwind_frame(u, r.now, &f);
    }
    u->oldest_last = true;
    if (r.browser)
        u->platform = "javascript";
    return r.located > 0;
}
