/* stacktrace_rust.c - Rust: panics, and errors of anyhow.
 *
 *   thread 'main' (25820) panicked at src/bank.rs:22:9:     then the message's lines
 *   thread 'main' panicked at 'message', src/bank.rs:22:9   before Rust 1.73
 *   stack backtrace:
 *      0: shop::bank::charge::h8d34f1a9c2b7e605
 *                at ./src/bank.rs:12:5
 *      1:     0x5562e70515fa - shop::main                   with RUST_BACKTRACE=full
 *   note: run with ...
 *
 *   could not charge                                        anyhow, `{:?}`
 *
 *   Caused by:
 *       0: the gateway does not answer
 *       1: Connection refused
 *
 *   Stack backtrace: ...
 *
 * anyhow's trace is that of the place where the first error was made, so it
 * goes to the cause furthest down. As Sentry's Rust SDK has it: a panic's type
 * is "panic", functions are whole paths without hashes, and what the panic
 * itself called, or the runtime to get to main, is left out. */
#include "unwind.h"

enum section { HEAD, MESSAGE, CAUSES, TRACE };

struct reader {
    struct weir_unwind *u;
    enum section section;
    struct weir_thrown *now;
    const char *value;      /* where a message begins, while it goes on */
    struct weir_frame next; /* a function whose place comes with the next line */
    bool inside;            /* below the panic's own functions */
    size_t frames;
};

/* ---- frames ------------------------------------------------------------ */

/* "std[e28293b1aa0f68bd]::io", "shop::main::h8d34f1a9c2b7e605": without hashes. */
static struct weir_str without_hashes(struct weir_arena *a, struct weir_str s)
{
    size_t at = weir_text_last(s, ':'), n = 0;
    struct weir_str out;
    char *p;

    if (at != SIZE_MAX && at > 1 && s.n - at == 18 && s.p[at + 1] == 'h')
        s.n = at - 1;
    if (memchr(s.p, '[', s.n) == NULL)
        return s;
    out = weir_arena_copy(a, s);
    p = (char *)(uintptr_t)out.p;
    if (p == NULL)
        return s;
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] == '[' && i > 0 && s.n - i > 17 && s.p[i + 17] == ']' && s.p[i - 1] != ' ')
            i += 17;
        else
            p[n++] = s.p[i];
    }
    out.n = n;
    return out;
}

static const char *const panics[] = {"rust_begin_unwind",
                                     "__rustc::rust_begin_unwind",
                                     "core::panicking::",
                                     "std::panicking::",
                                     "std::sys::backtrace::",
                                     "std::sys_common::backtrace::",
                                     "std::backtrace",
                                     "backtrace::",
                                     "core::option::unwrap_failed",
                                     "core::option::expect_failed",
                                     "core::result::unwrap_failed",
                                     "rust_panic",
                                     "std::rt::begin_panic",
                                     NULL};
static const char *const libraries[] = {
    "std::",    "core::",      "alloc::",      "<std::",    "<core::",
    "<alloc::", "backtrace::", "anyhow::",     "<anyhow::", "rust_begin_unwind",
    "__rust",   "_start",      "__libc_start", "main",      "tokio::",
    "<tokio::", "futures_",    "<alloc[",      "<F as ",    "<T as ",
    "<&F as ",  NULL};

static bool is_library(const struct weir_frame *f)
{
    static const char *const paths[] = {"/rustc/",     "/.cargo/registry/", "/cargo/registry/",
                                        "/cargo/git/", "/library/std/",     NULL};

    if (f->abs_path.n > 0)
        return weir_text_has_any(f->abs_path, paths);
    return weir_text_starts_any(f->function, libraries) &&
           (!weir_str_starts(f->function, WEIR_S("main")) || f->function.n == 4);
}

/* The frame that is complete now: its place came, or the next one begins. */
static void flush(struct reader *r)
{
    struct weir_frame *f = &r->next;
    bool panic;

    if (f->function.n == 0 || r->now == NULL)
        return;
    panic = weir_text_starts_any(f->function, panics);
    f->library = is_library(f);
    r->frames++;
    r->inside = r->inside || !(panic || f->library);
    /* All above is what the panic called to print itself. */
    if (panic && !r->inside)
        r->now->n_frames = r->now->omitted = 0;
    else
        weir_unwind_frame(r->u, r->now, f);
    *f = (struct weir_frame){0};
}

/* "12:     0x5562e70515fa - name" */
static bool read_function(struct reader *r, struct weir_str line)
{
    struct weir_str rest;
    size_t digits, dash;

    (void)weir_text_number(line, &digits);
    if (digits == 0 || digits > 5 || digits + 2 >= line.n || line.p[digits] != ':')
        return false;
    flush(r);
    rest = weir_str_trim(weir_str_sub(line, digits + 1, line.n));
    dash = weir_str_find(rest, WEIR_S(" - "));
    if (weir_str_starts(rest, WEIR_S("0x")) && dash != SIZE_MAX)
        rest = weir_str_sub(rest, dash + 3, rest.n);
    r->next = (struct weir_frame){.function = without_hashes(r->u->arena, rest)};
    return true;
}

/* "at ./src/bank.rs:12:5" */
static bool read_place(struct reader *r, struct weir_str line)
{
    uint32_t number;

    if (!weir_str_starts(line, WEIR_S("at ")) || r->next.function.n == 0)
        return false;
    line = weir_str_sub(line, 3, line.n);
    if (weir_text_cut_number(&line, &number)) {
        r->next.line = number;
        if (weir_text_cut_number(&line, &number)) {
            r->next.column = r->next.line;
            r->next.line = number;
        }
    }
    r->next.abs_path = line;
    r->next.filename = weir_text_basename(line);
    flush(r);
    return true;
}

/* ---- exceptions -------------------------------------------------------- */

static void begin(struct reader *r, struct weir_str type, struct weir_str value)
{
    struct weir_thrown *before = r->now;

    r->now = weir_unwind_throw(r->u, type, value);
    r->now->parent = weir_unwind_number(r->u, before);
}

static void end_message(struct reader *r, const char *end)
{
    if (r->value != NULL && r->now != NULL && end >= r->value)
        r->now->value = weir_str_trim(weir_text_span(r->value, end));
    r->value = NULL;
}

/* "thread 'x' panicked at PLACE:" and "... panicked at 'message', PLACE" */
static bool read_panic(struct reader *r, struct weir_str line)
{
    const struct weir_str mark = WEIR_S(" panicked at ");
    size_t at = weir_str_find(line, mark), end;
    struct weir_str rest;

    if (at == SIZE_MAX || r->now != NULL || !weir_str_starts(line, WEIR_S("thread '")))
        return false;
    rest = weir_str_sub(line, at + mark.n, line.n);
    begin(r, WEIR_S("panic"), (struct weir_str){NULL, 0});
    r->section = MESSAGE;
    if (rest.n == 0 || rest.p[0] != '\'') {
        r->value = line.p + line.n;
        return true;
    }
    end = weir_str_find(rest, WEIR_S("', "));
    if (end == SIZE_MAX) /* the message has line breaks */
        r->value = rest.p + 1;
    else
        r->now->value = weir_str_sub(rest, 1, end - 1);
    return true;
}

/* "    0: the gateway does not answer", or without number when it is one. */
static void read_cause(struct reader *r, struct weir_str line)
{
    size_t digits;

    (void)weir_text_number(line, &digits);
    if (digits > 0 && digits < line.n && line.p[digits] == ':')
        line = weir_str_trim(weir_str_sub(line, digits + 1, line.n));
    if (line.n > 0)
        begin(r, WEIR_S("Error"), line);
}

static void read_line(struct reader *r, struct weir_str whole)
{
    struct weir_str line = weir_str_trim(whole);

    if (weir_str_eq_nocase(line, WEIR_S("stack backtrace:"))) {
        end_message(r, whole.p);
        if (r->now == NULL)
            begin(r, (struct weir_str){NULL, 0}, (struct weir_str){NULL, 0});
        r->section = TRACE;
    } else if (r->section == TRACE) {
        if (!read_function(r, line))
            (void)read_place(r, line);
    } else if (weir_str_eq(line, WEIR_S("Caused by:")) && r->now != NULL) {
        end_message(r, whole.p);
        r->section = CAUSES;
    } else if (r->section == CAUSES) {
        read_cause(r, line);
    } else if (r->value != NULL && weir_str_starts(line, WEIR_S("note: "))) {
        end_message(r, whole.p);
    } else if (!read_panic(r, line) && r->now == NULL && line.n > 0) {
        begin(r, WEIR_S("Error"), line);
        r->value = line.p;
    }
}

bool weir_unwind_rust(struct weir_unwind *u)
{
    static const char *const marks[] = {"tack backtrace:", " panicked at ", NULL};
    struct reader r = {.u = u};
    struct weir_str line;
    bool panic;

    if (!weir_text_has_any(u->text, marks))
        return false;
    while (weir_unwind_line(u, &line))
        read_line(&r, line);
    flush(&r);
    end_message(&r, u->text.p + u->text.n);
    panic = u->n > 0 && weir_str_eq(u->thrown[0].type, WEIR_S("panic"));
    u->oldest_last = true;
    return r.frames > 0 || panic;
}
