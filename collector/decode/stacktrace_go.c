/* stacktrace_go.c - Go: panics, runtime/debug.Stack(), pkg/errors.
 *
 *   panic: refused:                      message, further lines begin with a tab
 *   <tab>17 [recovered]
 *   <tab>panic: wrapped                  thrown while the first one was handled
 *   [signal SIGSEGV: ... pc=0x4a23fc]    left out
 *
 *   goroutine 1 [running]:
 *   example.com/shop/bank.(*Gateway).Charge(0x41?, ...)
 *   <tab>/app/bank/bank.go:19 +0x30
 *   created by main.main in goroutine 1  left out, with its place
 *   <tab>/app/main.go:27 +0x20a
 *
 * Of several goroutines the first is the one that failed. `%+v` of pkg/errors
 * is a message, then frames without arguments, then the next message, the
 * cause first.
 *
 * As Sentry's Go SDK has it: `module` is the package's path, `function` the
 * rest of the name, abs_path the file; what the runtime and the recording
 * itself put on top is left out. */
#include "unwind.h"

struct reader {
    struct weir_unwind *u;
    struct weir_thrown *now;
    const char *value; /* where a message begins, while it goes on */
    struct weir_str function;
    bool goroutine; /* its header was read: further ones end the trace */
    bool created;   /* the next place is where the goroutine was made */
    size_t frames;
};

/* ---- frames ------------------------------------------------------------ */

/* Dots in the last part of a path are written %2e in symbols. */
static struct weir_str unescaped(struct weir_arena *a, struct weir_str s)
{
    struct weir_str out;
    char *p;
    size_t n = 0;

    if (weir_str_find(s, WEIR_S("%2e")) == SIZE_MAX)
        return s;
    out = weir_arena_copy(a, s);
    p = (char *)(uintptr_t)out.p;
    if (p == NULL)
        return s;
    for (size_t i = 0; i < s.n; i++) {
        bool dot = weir_str_starts(weir_str_sub(s, i, 3), WEIR_S("%2e"));

        p[n++] = dot ? '.' : s.p[i];
        i += dot ? 2 : 0;
    }
    out.n = n;
    return out;
}

/* "gopkg.in/yaml%2ev2.(*T).M": the package ends at the first dot behind the
 * last slash; type arguments ("First[...]") are not part of the name. */
static void read_name(struct reader *r, struct weir_str name, struct weir_frame *f)
{
    size_t bracket = weir_str_find(name, WEIR_S("[")), slash, dot;

    slash = weir_text_last(weir_str_sub(name, 0, bracket), '/');
    slash = slash == SIZE_MAX ? 0 : slash;
    dot = weir_str_find(weir_str_sub(name, slash, name.n), WEIR_S("."));
    f->function = name;
    if (dot != SIZE_MAX) {
        f->module = unescaped(r->u->arena, weir_str_sub(name, 0, slash + dot));
        f->function = weir_str_sub(name, slash + dot + 1, name.n);
    }
    if (weir_str_ends(f->function, WEIR_S("[...]")))
        f->function.n -= sizeof "[...]" - 1;
}

/* PATH:LINE[ +0x30] behind a tab. */
static bool read_place(struct weir_str line, struct weir_frame *f)
{
    struct weir_str path, offset;

    if (line.n < 2 || line.p[0] != '\t')
        return false;
    weir_str_cut(weir_str_sub(line, 1, line.n), ' ', &path, &offset);
    if (!weir_text_cut_number(&path, &f->line) ||
        !(weir_str_ends(path, WEIR_S(".go")) || weir_str_ends(path, WEIR_S(".s")) ||
          weir_str_ends(path, WEIR_S("_cgo_gotypes.go"))))
        return false;
    f->abs_path = path;
    f->filename = weir_text_basename(path);
    return true;
}

/* The standard library's packages have no dot in their first part, as hosts of
 * modules do; below a GOPATH both stand in .../go/src/. */
static bool is_library(const struct weir_frame *f)
{
    static const char *const parts[] = {"/pkg/mod/", "/vendor/", "/third_party/", "@v", NULL};
    struct weir_str first, rest;

    weir_str_cut(f->module, '/', &first, &rest);
    if (weir_str_find(f->abs_path, WEIR_S("/go/src/")) != SIZE_MAX &&
        !weir_str_eq(first, WEIR_S("main")) && weir_str_find(first, WEIR_S(".")) == SIZE_MAX)
        return true;
    return weir_text_has_any(f->abs_path, parts);
}

/* What stands on top only because somebody looked. */
static bool is_machinery(const struct weir_frame *f)
{
    static const char *const modules[] = {"go.opentelemetry.io/otel/sdk/trace",
                                          "go.opentelemetry.io/otel/sdk/log", NULL};

    return weir_str_eq(f->module, WEIR_S("runtime")) ||
           weir_str_eq(f->module, WEIR_S("runtime/debug")) ||
           weir_str_eq(f->module, WEIR_S("testing")) || weir_text_starts_any(f->module, modules) ||
           (f->module.n == 0 && weir_str_eq(f->function, WEIR_S("panic")));
}

static void add_frame(struct reader *r, struct weir_frame *f)
{
    r->frames++;
    read_name(r, r->function, f);
    f->library = is_library(f);
    if (r->now == NULL)
        r->now = weir_unwind_throw(r->u, (struct weir_str){NULL, 0}, (struct weir_str){NULL, 0});
    if (!is_machinery(f))
        weir_unwind_frame(r->u, r->now, f);
    r->function.n = 0;
}

/* ---- exceptions -------------------------------------------------------- */

/* The runtime puts a tab before each further line of a message. */
static struct weir_str without_tabs(struct weir_arena *a, struct weir_str s)
{
    struct weir_str out;
    char *p;
    size_t n = 0;

    if (weir_str_find(s, WEIR_S("\n\t")) == SIZE_MAX)
        return s;
    out = weir_arena_copy(a, s);
    p = (char *)(uintptr_t)out.p;
    if (p == NULL)
        return s;
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] != '\t' || i == 0 || s.p[i - 1] != '\n')
            p[n++] = s.p[i];
    out.n = n;
    return out;
}

static void end_message(struct reader *r, const char *end)
{
    static const char *const endings[] = {" [recovered, repanicked]", " [recovered]"};

    if (r->value != NULL && r->now != NULL && end > r->value) {
        r->now->value = weir_str_trim(weir_text_span(r->value, end));
        for (size_t i = 0; i < sizeof endings / sizeof endings[0]; i++)
            if (weir_str_ends(r->now->value, weir_str_of(endings[i])))
                r->now->value.n -= strlen(endings[i]);
        r->now->value = without_tabs(r->u->arena, r->now->value);
    }
    r->value = NULL;
}

static void begin(struct reader *r, const char *type, struct weir_str value)
{
    struct weir_thrown *before = r->now;
    int32_t number;

    r->now = weir_unwind_throw(r->u, weir_str_of(type), value);
    number = weir_unwind_number(r->u, r->now);
    if (before != NULL && number >= 0)
        before->parent = number;
    if (number >= 0)
        r->u->root = (size_t)number;
    r->value = value.p;
}

/* "panic: ...", "fatal error: ..."; also one behind a tab. */
static bool read_panic(struct reader *r, struct weir_str line)
{
    static const char *const kinds[] = {"panic", "fatal error"};
    struct weir_str text = line.n > 0 && line.p[0] == '\t' ? weir_str_sub(line, 1, line.n) : line;

    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        struct weir_str kind = weir_str_of(kinds[i]);

        if (!weir_str_starts(text, kind) || text.n < kind.n + 2 || text.p[kind.n] != ':')
            continue;
        end_message(r, line.p);
        begin(r, kinds[i], weir_str_sub(text, kind.n + 2, text.n));
        return true;
    }
    return false;
}

/* "goroutine 12 [running, locked to thread]:"; true: the trace is complete. */
static bool read_goroutine(struct reader *r, struct weir_str line)
{
    if (r->goroutine && r->frames > 0)
        return true;
    end_message(r, line.p);
    r->goroutine = true;
    return false;
}

static bool is_goroutine(struct weir_str line)
{
    return weir_str_starts(line, WEIR_S("goroutine ")) && weir_str_ends(line, WEIR_S("]:"));
}

/* ---- lines ------------------------------------------------------------- */

static void trace_line(struct reader *r, struct weir_str line)
{
    struct weir_frame f = {0};
    size_t open = SIZE_MAX;

    if (read_place(line, &f)) {
        if (r->function.n > 0 && !r->created)
            add_frame(r, &f);
        r->created = false;
        return;
    }
    if (weir_str_starts(line, WEIR_S("created by "))) {
        r->created = true;
        return;
    }
    if (line.n > 0 && line.p[line.n - 1] == ')')
        open = weir_text_last(line, '(');
    /* Arguments may be structs in braces, never in parentheses. */
    r->function = open != SIZE_MAX ? weir_str_sub(line, 0, open) : (struct weir_str){NULL, 0};
}

/* pkg/errors: is `line` a function, its place standing in the next one? */
static bool bare_function(struct weir_unwind *u, struct weir_str line)
{
    struct weir_frame f;
    struct weir_str next;
    size_t at = u->at;
    bool yes = line.n > 0 && line.p[0] != '\t' && memchr(line.p, ' ', line.n) == NULL &&
               weir_unwind_line(u, &next) && read_place(next, &f);

    u->at = at;
    return yes;
}

/* Outside of goroutines: messages, and the frames of pkg/errors. */
static void loose_line(struct reader *r, struct weir_str line)
{
    struct weir_frame f = {0};

    if (read_panic(r, line) || weir_str_starts(line, WEIR_S("[signal ")))
        return;
    if (bare_function(r->u, line)) {
        end_message(r, line.p);
        r->function = line;
    } else if (read_place(line, &f)) {
        if (r->function.n > 0)
            add_frame(r, &f);
    } else if (line.n > 0 && r->value == NULL) {
        begin(r, "error", line);
    }
}

bool weir_unwind_go(struct weir_unwind *u)
{
    static const char *const marks[] = {".go:", "\ngoroutine ", NULL};
    struct reader r = {.u = u};
    struct weir_str line;

    if (!weir_text_has_any(u->text, marks))
        return false;
    while (weir_unwind_line(u, &line)) {
        if (is_goroutine(line)) {
            if (read_goroutine(&r, line))
                break;
        } else if (weir_str_starts(line, WEIR_S("[signal "))) {
            end_message(&r, line.p);
        } else if (r.goroutine) {
            trace_line(&r, line);
        } else {
            loose_line(&r, line);
        }
    }
    u->oldest_last = true;
    return r.frames > 0;
}
