/* stacktrace_python.c - Python.
 *
 *   Traceback (most recent call last):
 *     File "/app/main.py", line 12, in <module>
 *       run()
 *       ~~~^^                                      markers: left out
 *     [Previous line repeated 996 more times]
 *   shop.errors.Refused: declined                  type: message, perhaps over
 *   by the bank                                    several lines, notes too
 *
 *   During handling of the above exception, another exception occurred:
 *
 *   Traceback (most recent call last): ...         the later one, thrown last
 *
 * Innermost frame last, causes first: as Sentry has it. A SyntaxError shows
 * its place as a `File` line without `in`; its value gets "(file, line 3)",
 * which is what str() of it says.
 *
 * Members of an exception group are drawn as a tree:
 *
 *     + Exception Group Traceback (most recent call last):
 *     |   File ...
 *     | ExceptionGroup: several (2 sub-exceptions)
 *     +-+---------------- 1 ----------------
 *       | ValueError: 1
 *       +---------------- 2 ----------------
 *       | Traceback (most recent call last): ...
 *       +------------------------------------
 *
 * Two columns a depth. Where a group begins one goes in, each line then tells
 * its depth by the column of its | or +.
 *
 * Modules are told by paths: what is below site-packages or the standard
 * library, below the directory of the program (that of the outermost frame,
 * if it is a <module>), or below a directory where applications live. */
#include "unwind.h"

enum { DEPTHS = 8, REPEATS_MAX = 1000 };

enum expect { OUTSIDE, IN_FRAMES, IN_MESSAGE };

struct reader {
    struct weir_unwind *u;
    enum expect expect;
    struct weir_thrown *now;
    struct weir_buf message;                /* of `now`, its lines joined */
    struct weir_thrown *group[DEPTHS + 1];  /* whose members a depth holds */
    struct weir_thrown *before[DEPTHS + 1]; /* the exception that the next one follows from */
    size_t depth;
    struct weir_str program;   /* the file that was started */
    struct weir_str directory; /* its, with the slash */
    struct weir_frame odd;     /* the place of a SyntaxError */
    uint32_t repeats;
    bool seen;
};

/* ---- paths ------------------------------------------------------------- */

/* The path below .../python3.11/ or .../site-packages/, else empty. */
static struct weir_str below_library(struct weir_str path)
{
    static const char *const packages[] = {"/site-packages/", "/dist-packages/"};
    size_t at;

    for (size_t i = 0; i < sizeof packages / sizeof packages[0]; i++) {
        at = weir_str_find(path, weir_str_of(packages[i]));
        if (at != SIZE_MAX)
            return weir_str_sub(path, at + strlen(packages[i]), path.n);
    }
    at = weir_str_find(path, WEIR_S("/lib/python"));
    if (at == SIZE_MAX)
        return (struct weir_str){NULL, 0};
    path = weir_str_sub(path, at + sizeof "/lib/python" - 1, path.n);
    at = weir_str_find(path, WEIR_S("/"));
    return at <= 5 ? weir_str_sub(path, at + 1, path.n) : (struct weir_str){NULL, 0};
}

/* A span's `with` stands before the frames inside of it: that is how the
 * exception was recorded, not where it came from. */
static bool is_tracing(struct weir_str path)
{
    return weir_str_starts(below_library(path), WEIR_S("opentelemetry/"));
}

/* "a/b/__init__.py" to "a.b"; empty when it is no path of modules. */
static struct weir_str module_of(struct weir_unwind *u, struct weir_str relative)
{
    struct weir_str s = weir_arena_copy(u->arena, relative);
    char *p = (char *)(uintptr_t)s.p;

    u->no_memory = u->no_memory || (relative.n > 0 && p == NULL);
    if (!weir_str_ends(s, WEIR_S(".py")) || u->no_memory)
        return (struct weir_str){NULL, 0};
    s.n -= 3;
    if (weir_str_ends(s, WEIR_S("/__init__")))
        s.n -= sizeof "/__init__" - 1;
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] == '.' || s.p[i] == '-')
            return (struct weir_str){NULL, 0};
        if (s.p[i] == '/')
            p[i] = '.';
    }
    return s;
}

static void place(struct reader *r, struct weir_frame *f)
{
    struct weir_str path = f->abs_path, below = below_library(path);

    f->filename = path;
    f->library = below.n > 0 || weir_str_starts(path, WEIR_S("<frozen "));
    if (r->program.n > 0 && weir_str_eq(path, r->program)) {
        f->filename = weir_text_basename(path);
        f->module = WEIR_S("__main__");
        return;
    }
    if (below.n == 0 && r->directory.n > 0 && weir_str_starts(path, r->directory))
        below = weir_str_sub(path, r->directory.n, path.n);
    if (below.n == 0)
        below = weir_text_below_app(path);
    if (below.n > 0) {
        f->filename = below;
        f->module = module_of(r->u, below);
    } else if (path.n > 0 && path.p[0] == '/') {
        f->filename = weir_text_basename(path);
    }
}

/* ---- frames ------------------------------------------------------------ */

/* File "PATH", line N[, in FUNCTION] */
static bool read_file_line(struct weir_str line, struct weir_frame *f, bool *ret_has_function)
{
    const struct weir_str before = WEIR_S("File \""), middle = WEIR_S("\", line ");
    struct weir_str rest;
    size_t at, digits;

    if (!weir_str_starts(line, before))
        return false;
    rest = weir_str_sub(line, before.n, line.n);
    at = weir_str_find(rest, middle);
    if (at == SIZE_MAX)
        return false;
    *f = (struct weir_frame){.abs_path = weir_str_sub(rest, 0, at)};
    rest = weir_str_sub(rest, at + middle.n, rest.n);
    f->line = weir_text_number(rest, &digits);
    rest = weir_str_sub(rest, digits, rest.n);
    *ret_has_function = weir_str_starts(rest, WEIR_S(", in "));
    if (*ret_has_function)
        f->function = weir_str_sub(rest, 5, rest.n);
    return digits > 0;
}

static bool is_markers(struct weir_str line)
{
    for (size_t i = 0; i < line.n; i++)
        if (strchr("^~ ", line.p[i]) == NULL || line.p[i] == '\0')
            return false;
    return true;
}

static void repeat(struct reader *r, struct weir_str line)
{
    struct weir_frame *last = weir_unwind_last(r->now);
    struct weir_frame copy;
    size_t digits, n = weir_text_number(line, &digits);

    if (last == NULL)
        return;
    copy = *last;
    for (; n > 0 && r->repeats < REPEATS_MAX; n--, r->repeats++)
        weir_unwind_frame(r->u, r->now, &copy);
}

static void frame_line(struct reader *r, struct weir_str line)
{
    const struct weir_str again = WEIR_S("[Previous line repeated ");
    struct weir_frame f, *last;
    bool has_function;

    if (read_file_line(line, &f, &has_function)) {
        place(r, &f);
        if (has_function && r->now->n_frames == 0 && is_tracing(f.abs_path))
            return;
        if (has_function)
            weir_unwind_frame(r->u, r->now, &f);
        else
            r->odd = f;
        return;
    }
    if (weir_str_starts(line, again)) {
        repeat(r, weir_str_sub(line, again.n, line.n));
        return;
    }
    last = weir_unwind_last(r->now);
    if (last != NULL && last->context_line.n == 0 && r->odd.line == 0 && !is_markers(line))
        last->context_line = line;
}

/* ---- exceptions -------------------------------------------------------- */

/* "a.b.Outer.<locals>.Error": what begins the class, and what its module is. */
static void read_type(struct weir_thrown *t, struct weir_str name)
{
    size_t dot = weir_text_last(name, '.'), end = 0;
    struct weir_str part, rest = name;

    t->type = dot == SIZE_MAX ? name : weir_str_sub(name, dot + 1, name.n);
    while (weir_str_cut(rest, '.', &part, &rest)) {
        bool local = weir_str_starts(rest, WEIR_S("<locals>"));

        if (local || (part.n > 0 && part.p[0] >= 'A' && part.p[0] <= 'Z'))
            break;
        end = (size_t)(part.p - name.p) + part.n;
    }
    t->module = weir_str_sub(name, 0, end);
}

static bool is_type(struct weir_str s)
{
    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)s.p[i];

        if (!((c | 32) >= 'a' && (c | 32) <= 'z') && !(c >= '0' && c <= '9') && c < 128 &&
            c != '.' && c != '_' && c != '<' && c != '>')
            return false;
    }
    return s.n > 0;
}

static void add_message(struct reader *r, struct weir_str line)
{
    if (r->message.n > 0)
        weir_buf_char(&r->message, '\n');
    weir_buf_add(&r->message, line);
}

static void start(struct reader *r)
{
    struct weir_unwind *u = r->u;
    struct weir_thrown *t = weir_unwind_throw(u, (struct weir_str){0}, (struct weir_str){0});
    struct weir_thrown *group = r->group[r->depth], *before = r->before[r->depth];

    t->parent = weir_unwind_number(u, group);
    if (before != NULL)
        before->parent = weir_unwind_number(u, t);
    r->before[r->depth] = NULL;
    if (r->depth == 0 && weir_unwind_number(u, t) >= 0)
        u->root = (size_t)weir_unwind_number(u, t);
    r->now = t;
    r->odd = (struct weir_frame){0};
    r->expect = IN_FRAMES;
    weir_buf_init(&r->message, u->arena, u->text.n + 64);
}

/* The type's line, which ends the frames. */
static void type_line(struct reader *r, struct weir_str line)
{
    struct weir_str name, value;

    weir_str_cut(line, ':', &name, &value);
    if (!is_type(name))
        return;
    read_type(r->now, name);
    add_message(r, weir_str_trim(value));
    r->expect = IN_MESSAGE;
}

/* What is known once the message is complete. */
static void finish(struct reader *r)
{
    struct weir_thrown *t = r->now;
    struct weir_str value = {NULL, 0};

    if (t == NULL || r->expect == OUTSIDE)
        return;
    r->expect = OUTSIDE;
    if (weir_buf_str(&r->message, &value) != 0)
        r->u->no_memory = true;
    t->value = weir_str_trim(value);
    if (r->odd.line > 0 && t->value.n > 0) {
        struct weir_str file = weir_text_basename(r->odd.abs_path);

        t->value = weir_arena_printf(r->u->arena, "%.*s (%.*s, line %u)", WEIR_FMT(t->value),
                                     WEIR_FMT(file), (unsigned)r->odd.line);
        if (t->n_frames == 0)
            weir_unwind_frame(r->u, t, &r->odd);
    }
    r->seen = r->seen || t->n_frames > 0;
}

/* ---- lines ------------------------------------------------------------- */

/* "+-+---- 1 ----", "+---- 2 ----", "+-----": members of the exception at
 * `depth` begin; the next one of that depth; no more of them. */
static void border(struct reader *r, struct weir_str line, size_t depth)
{
    struct weir_thrown *group = r->now;

    finish(r);
    if (weir_str_starts(line, WEIR_S("+-+"))) {
        depth = depth < DEPTHS ? depth + 1 : depth;
        r->group[depth] = group;
    } else if (memchr(line.p, ' ', line.n) == NULL && depth > 0) {
        r->now = r->group[depth];
        r->depth = depth - 1;
        return;
    }
    r->depth = depth;
    r->before[depth] = NULL;
    r->now = NULL;
}

/* A line of a group's tree: takes off what is drawn. True: nothing else. */
static bool drawn(struct reader *r, struct weir_str *line)
{
    size_t column = 0;

    while (column < line->n && line->p[column] == ' ')
        column++;
    if (column == line->n || column < 2 || column % 2 != 0 || column / 2 > DEPTHS)
        return false;
    if (line->p[column] != '+') {
        if (line->p[column] == '|')
            *line = weir_str_sub(*line, column + 2, line->n);
        return false;
    }
    *line = weir_str_sub(*line, column, line->n);
    if (!weir_str_starts(*line, WEIR_S("+-")))
        return false;
    border(r, *line, column / 2 - 1);
    return true;
}

static bool is_start(struct weir_str line)
{
    return weir_str_eq(line, WEIR_S("Traceback (most recent call last):")) ||
           weir_str_eq(line, WEIR_S("+ Exception Group Traceback (most recent call last):")) ||
           weir_str_eq(line, WEIR_S("Exception Group Traceback (most recent call last):"));
}

static bool is_chain(struct weir_str line)
{
    return weir_str_eq(line, WEIR_S("During handling of the above exception, another exception "
                                    "occurred:")) ||
           weir_str_eq(line, WEIR_S("The above exception was the direct cause of the following "
                                    "exception:"));
}

static void content_line(struct reader *r, struct weir_str line)
{
    struct weir_str trimmed = weir_str_trim(line);
    struct weir_frame f;
    bool has_function;

    if (is_start(trimmed)) {
        finish(r);
        start(r);
    } else if (is_chain(line)) {
        finish(r);
        r->before[r->depth] = r->now;
        r->now = NULL;
    } else if (r->expect == IN_MESSAGE) {
        add_message(r, line);
    } else if (r->expect == IN_FRAMES && line.n > 0 && line.p[0] != ' ') {
        type_line(r, line);
    } else if (r->expect == IN_FRAMES) {
        frame_line(r, trimmed);
    } else if (r->group[r->depth] != NULL && r->now == NULL && line.n > 0) {
        start(r); /* a member that was never raised has no frames */
        type_line(r, line);
    } else if (read_file_line(trimmed, &f, &has_function)) {
        start(r); /* its first line is missing */
        frame_line(r, trimmed);
    }
}

/* The first frame of the last traceback is where the program began, if that
 * is a module's own code and no library's. */
static void find_program(struct reader *r)
{
    struct weir_str line;
    struct weir_frame f;
    bool first = false, has_function;

    while (weir_unwind_line(r->u, &line)) {
        line = weir_str_trim(line);
        if (weir_str_starts(line, WEIR_S("| ")))
            line = weir_str_trim(weir_str_sub(line, 2, line.n));
        if (is_start(line)) {
            first = true;
        } else if (first && read_file_line(line, &f, &has_function) && !is_tracing(f.abs_path)) {
            first = false;
            if (weir_str_eq(f.function, WEIR_S("<module>")) && below_library(f.abs_path).n == 0)
                r->program = f.abs_path;
        }
    }
    r->u->at = 0;
    r->directory = weir_str_sub(r->program, 0, r->program.n - weir_text_basename(r->program).n);
}

bool weir_unwind_python(struct weir_unwind *u)
{
    static const char *const marks[] = {"Traceback (most recent call last):", "  File \"", NULL};
    struct reader r = {.u = u};
    struct weir_str line;
    bool in_tree = false;

    if (!weir_text_has_any(u->text, marks))
        return false;
    find_program(&r);
    while (weir_unwind_line(u, &line)) {
        in_tree = in_tree || weir_str_starts(line, WEIR_S("  + Exception Group Traceback"));
        if (!in_tree || !drawn(&r, &line))
            content_line(&r, line);
    }
    finish(&r);
    return r.seen;
}
