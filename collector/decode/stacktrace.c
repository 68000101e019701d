/* stacktrace.c - which language a stack trace is in, and what it becomes.
 *
 *   text --> reader of the language (stacktrace_*.c) --> exceptions and frames
 *            as they stand there --> in Sentry's order --> JSON
 *
 * Readers are asked in turn, that of the hint first: each looks for what only
 * its runtime prints, so the order among the others matters little. Their
 * exceptions are a tree (causes, suppressed ones, members of groups) with the
 * one thrown last as its root; it is written root last, as the protocol wants
 * it, each with the number of its parent.
 *
 * All is linear in the text: readers take each line once, and what is filled
 * in (Java's "... 12 more", Python's repeated lines) is bounded. */
#include "unwind.h"

#include "member.h"

enum {
    TEXT_MAX = 512 * 1024,
    /* Causes share frames, so a text may become more than it is long: an event
     * must not be too large for its backend because of that. */
    FRAMES_TOTAL = 2000,
    NAME_BYTES = 512,
    PATH_BYTES = 1024,
    VALUE_BYTES = 16 * 1024 /* backends keep half of it */
};

static const struct language {
    const char *hints[3];
    const char *platform;
    bool (*unwind)(struct weir_unwind *u);
} languages[] = {
    {{"python"}, "python", weir_unwind_python},
    {{"go"}, "go", weir_unwind_go},
    {{"rust"}, "rust", weir_unwind_rust},
    {{"java", "kotlin", "scala"}, "java", weir_unwind_java},
    {{"php"}, "php", weir_unwind_php},
    {{"ruby"}, "ruby", weir_unwind_ruby},
    {{"nodejs", "node"}, "node", weir_unwind_js},
    {{"webjs", "javascript"}, "javascript", weir_unwind_js},
    {{"dotnet", "csharp"}, "csharp", weir_unwind_dotnet},
};

enum { LANGUAGES = sizeof languages / sizeof languages[0] };

static bool hinted(const struct language *l, struct weir_str hint)
{
    for (size_t i = 0; i < sizeof l->hints / sizeof l->hints[0] && l->hints[i] != NULL; i++)
        if (weir_str_eq_nocase(hint, weir_str_of(l->hints[i])))
            return true;
    return false;
}

const char *weir_stacktrace_platform(struct weir_str language)
{
    for (size_t i = 0; i < LANGUAGES; i++)
        if (hinted(&languages[i], language))
            return languages[i].platform;
    return "other";
}

/* ---- order ------------------------------------------------------------- */

/* Takes exception `i` and what hangs on it, the nearest first: preorder. */
static void walk(const struct weir_unwind *u, size_t i, uint8_t *order, size_t *n, bool *seen)
{
    if (seen[i])
        return;
    seen[i] = true;
    order[(*n)++] = (uint8_t)i;
    for (size_t k = 0; k < u->n; k++)
        if (u->thrown[k].parent == (int32_t)i)
            walk(u, k, order, n, seen);
}

static void turn_frames(const struct weir_unwind *u, struct weir_thrown *t)
{
    for (size_t i = 0; u->oldest_last && i < t->n_frames / 2; i++) {
        struct weir_frame other = t->frames[i];

        t->frames[i] = t->frames[t->n_frames - 1 - i];
        t->frames[t->n_frames - 1 - i] = other;
    }
}

/* Keeps `most` frames, the innermost and the outermost ones. */
static void trim_frames(struct weir_thrown *t, size_t most)
{
    size_t dropped = t->n_frames > most ? t->n_frames - most : 0;

    if (dropped == 0)
        return;
    memmove(t->frames + most / 2, t->frames + most / 2 + dropped,
            (most - most / 2) * sizeof *t->frames);
    t->omitted += (uint32_t)dropped;
    t->n_frames = most;
}

static void trim(struct weir_stacktrace *t)
{
    size_t total = 0;

    for (size_t i = 0; i < t->n; i++)
        total += t->thrown[i].n_frames;
    for (size_t i = 0; i < t->n && total > FRAMES_TOTAL; i++)
        trim_frames(&t->thrown[i], FRAMES_TOTAL / t->n);
}

static int put_in_order(struct weir_unwind *u, struct weir_stacktrace *ret)
{
    uint8_t order[WEIR_UNWIND_ROOM];
    bool seen[WEIR_UNWIND_ROOM] = {false};
    int32_t place[WEIR_UNWIND_ROOM];
    size_t n = 0;

    walk(u, u->root, order, &n, seen);
    for (size_t i = 0; i < u->n; i++) /* what hangs on nothing, before what hangs on that */
        if (u->thrown[i].parent < 0)
            walk(u, i, order, &n, seen);
    for (size_t i = 0; i < u->n; i++)
        walk(u, i, order, &n, seen);
    ret->thrown = weir_arena_zalloc(u->arena, u->n, sizeof *ret->thrown);
    if (ret->thrown == NULL)
        return WEIR_ENOMEM;
    for (size_t i = 0; i < n; i++)
        place[order[i]] = (int32_t)(n - 1 - i);
    for (size_t i = 0; i < n; i++) {
        struct weir_thrown *t = &ret->thrown[place[i]];

        *t = u->thrown[i];
        weir_unwind_settle(t);
        turn_frames(u, t);
        if (t->parent >= 0)
            t->parent = place[t->parent];
    }
    ret->n = n;
    ret->platform = u->platform;
    trim(ret);
    return 0;
}

/* ---- parsing ----------------------------------------------------------- */

static bool attempt(struct weir_unwind *u, const struct language *l)
{
    u->at = u->n = u->root = 0;
    u->oldest_last = false;
    u->platform = l->platform;
    return l->unwind(u) && u->n > 0;
}

/* A settled trace of the first language that claims the text. */
static bool recognise(struct weir_unwind *u, struct weir_str hint)
{
    for (size_t i = 0; i < LANGUAGES; i++)
        if (hinted(&languages[i], hint) && attempt(u, &languages[i]))
            return true;
    for (size_t i = 0; i < LANGUAGES; i++)
        if (!hinted(&languages[i], hint) && attempt(u, &languages[i]))
            return true;
    return false;
}

int weir_stacktrace_parse(struct weir_arena *a, struct weir_str text, struct weir_str hint,
                          struct weir_stacktrace *ret_trace)
{
    struct weir_unwind u = {.arena = a, .text = weir_str_sub(text, 0, TEXT_MAX)};
    bool known;

    u.thrown = weir_arena_zalloc(a, WEIR_UNWIND_ROOM, sizeof *u.thrown);
    if (u.thrown == NULL)
        return WEIR_ENOMEM;
    known = recognise(&u, hint);
    if (u.no_memory)
        return WEIR_ENOMEM;
    return known ? put_in_order(&u, ret_trace) : WEIR_ENOTFOUND;
}

/* ---- writing ----------------------------------------------------------- */

/* The length of the longest of the prefixes that module, function, filename
 * or path begins with; -1: none does. */
static long longest(const struct weir_frame *f, const struct weir_str *list, size_t n)
{
    const struct weir_str *const names[] = {&f->module, &f->function, &f->filename, &f->abs_path};
    long best = -1;

    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < sizeof names / sizeof names[0]; k++)
            if (weir_str_starts(*names[k], list[i]) && (long)list[i].n > best)
                best = (long)list[i].n;
    return best;
}

static bool in_app_of(const struct weir_frame *f, const struct weir_in_app *in_app)
{
    long include, exclude;

    if (in_app == NULL)
        return !f->library;
    include = longest(f, in_app->include, in_app->n_include);
    exclude = longest(f, in_app->exclude, in_app->n_exclude);
    return include == exclude ? !f->library : include > exclude;
}

/* The beginning of a text that is too long, whole characters. */
static void write_text(struct weir_buf *out, const char *name, struct weir_str s, size_t most)
{
    if (s.n > most) {
        while (most > 0 && ((unsigned char)s.p[most] & 0xc0) == 0x80)
            most--;
        s.n = most;
    }
    weir_member_text(out, name, s);
}

static void write_number(struct weir_buf *out, const char *name, uint32_t value)
{
    if (value == 0)
        return;
    weir_member(out, weir_str_of(name));
    weir_buf_u64(out, value);
}

static void write_frame(const struct weir_frame *f, const struct weir_in_app *in_app,
                        struct weir_buf *out)
{
    weir_member_comma(out);
    weir_buf_char(out, '{');
    write_text(out, "filename", f->filename, PATH_BYTES);
    write_text(out, "abs_path", f->abs_path, PATH_BYTES);
    write_text(out, "module", f->module, NAME_BYTES);
    write_text(out, "function", f->function, NAME_BYTES);
    write_number(out, "lineno", f->line);
    write_number(out, "colno", f->column);
    write_text(out, "context_line", f->context_line, NAME_BYTES);
    weir_member(out, WEIR_S("in_app"));
    weir_buf_text(out, in_app_of(f, in_app) ? "true}" : "false}");
}

static void write_frames(const struct weir_thrown *t, const struct weir_in_app *in_app,
                         struct weir_buf *out)
{
    if (t->n_frames == 0)
        return;
    weir_buf_text(out, ",\"stacktrace\":{\"frames\":[");
    for (size_t i = 0; i < t->n_frames; i++)
        write_frame(&t->frames[i], in_app, out);
    weir_buf_char(out, ']');
    if (t->omitted > 0)
        weir_buf_printf(out, ",\"frames_omitted\":[%zu,%zu]", t->n_frames / 2 + 1,
                        t->n_frames / 2 + 1 + t->omitted);
    weir_buf_char(out, '}');
}

/* Exceptions are numbered from the one thrown last. */
static void write_mechanism(const struct weir_stacktrace *t, size_t i, const char *mechanism,
                            int handled, struct weir_str code, struct weir_buf *out)
{
    bool last = i + 1 == t->n;

    weir_buf_printf(out, ",\"mechanism\":{\"type\":\"%s\"", last ? mechanism : "chained");
    if (last && handled >= 0)
        weir_buf_text(out, handled > 0 ? ",\"handled\":true" : ",\"handled\":false");
    if (t->n > 1)
        weir_buf_printf(out, ",\"exception_id\":%zu", t->n - 1 - i);
    if (t->n > 1 && t->thrown[i].parent >= 0)
        weir_buf_printf(out, ",\"parent_id\":%zu", t->n - 1 - (size_t)t->thrown[i].parent);
    if (last && code.n > 0) {
        weir_buf_text(out, ",\"data\":{\"code\":");
        weir_buf_json(out, code);
        weir_buf_char(out, '}');
    }
    if (t->thrown[i].suppressed)
        weir_buf_text(out, ",\"source\":\"suppressed\"");
    weir_buf_char(out, '}');
}

/* A type may say its module too ("java.lang.Error"), and otherwise than the
 * trace does ("Outer.Inner", "__main__.Refused"): when its end is the trace's
 * type, the trace's way of saying it is the SDKs'. */
static bool same_type(const struct weir_thrown *t, struct weir_str type)
{
    size_t before = type.n - t->type.n;

    if (t->type.n == 0 || type.n <= t->type.n)
        return weir_str_eq(type, t->type);
    for (size_t i = 0; i < t->type.n; i++)
        if (t->type.p[i] != type.p[before + i] &&
            (t->type.p[i] != '$' || type.p[before + i] != '.'))
            return false;
    return type.p[before - 1] == '.' || type.p[before - 1] == '$';
}

static void write_thrown(const struct weir_thrown *t, struct weir_str type, struct weir_str value,
                         struct weir_buf *out)
{
    bool same = type.n == 0 || same_type(t, type);
    struct weir_str module = t->module;

    if (same && module.n == 0 && type.n > t->type.n)
        module = weir_str_sub(type, 0, type.n - t->type.n - 1);
    weir_member_comma(out);
    weir_buf_char(out, '{');
    write_text(out, "type", same ? t->type : type, NAME_BYTES);
    write_text(out, "value", value.n > 0 ? value : t->value, VALUE_BYTES);
    if (same)
        write_text(out, "module", module, NAME_BYTES);
    if (out->n > 0 && out->p[out->n - 1] == '{')
        weir_buf_text(out, "\"type\":\"Error\"");
}

/* What OpenTelemetry's JavaScript gives as type is an error's code, if it has
 * one ("ENOENT"): the trace knows its name. */
static bool is_code(const struct weir_stacktrace *t, struct weir_str type)
{
    if (type.n == 0 || t->platform == NULL || t->thrown[t->n - 1].type.n == 0 ||
        (strcmp(t->platform, "node") != 0 && strcmp(t->platform, "javascript") != 0))
        return false;
    for (size_t i = 0; i < type.n; i++)
        if (!(type.p[i] >= 'A' && type.p[i] <= 'Z') && !(type.p[i] >= '0' && type.p[i] <= '9') &&
            type.p[i] != '_')
            return false;
    return true;
}

void weir_stacktrace_write_values(const struct weir_stacktrace *t, const struct weir_in_app *in_app,
                                  struct weir_str type, struct weir_str value,
                                  const char *mechanism, int handled, struct weir_buf *out)
{
    static struct weir_thrown bare = {.parent = -1};
    const struct weir_stacktrace alone = {.thrown = &bare, .n = 1};
    const struct weir_str none = {NULL, 0};
    struct weir_str code = none;

    if (t == NULL || t->n == 0)
        t = &alone;
    if (is_code(t, type)) {
        code = type;
        type = none;
    }
    for (size_t i = 0; i < t->n; i++) {
        bool last = i + 1 == t->n;

        write_thrown(&t->thrown[i], last ? type : none, last ? value : none, out);
        write_mechanism(t, i, mechanism, handled, code, out);
        write_frames(&t->thrown[i], in_app, out);
        weir_buf_char(out, '}');
    }
}

void weir_stacktrace_write(const struct weir_stacktrace *t, const struct weir_in_app *in_app,
                           struct weir_str type, struct weir_str value, const char *mechanism,
                           int handled, struct weir_buf *out)
{
    weir_buf_text(out, "{\"values\":[");
    weir_stacktrace_write_values(t, in_app, type, value, mechanism, handled, out);
    weir_buf_text(out, "]}");
}
