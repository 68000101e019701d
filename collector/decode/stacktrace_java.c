/* stacktrace_java.c - Java, Kotlin, Scala, and what else runs on the JVM.
 *
 *   Exception in thread "main" com.shop.ChargeError: declined     type: message
 *   by the bank                                                   (more of it)
 *   <tab>at com.shop.Gateway.charge(Gateway.java:12)
 *   <tab>at java.base/java.lang.Thread.run(Thread.java:829)       [loader/][module/]
 *   <tab>Suppressed: java.io.IOException: close                   one tab deeper
 *   <tab><tab>at ...
 *   <tab><tab>... 2 more        as many as the exception has that encloses this one
 *   Caused by: java.net.SocketTimeoutException: timed out
 *   <tab>at ...
 *   <tab>... 12 more
 *
 * A cause belongs to the exception before it at the same depth, a suppressed
 * one to that a tab further out; either way that is the one that encloses it.
 * Logback can print the root cause first, and then what it was "Wrapped by:".
 * OpenTelemetry's PHP prints its traces in this form too, sources as .php.
 *
 * Sentry's Java SDK: type without package, `module` the package; of frames
 * `module` is the class, `function` the method. */
#include "unwind.h"

enum { DEPTHS = 8 };

struct reader {
    struct weir_unwind *u;
    struct weir_thrown *at_depth[DEPTHS]; /* the latest of each */
    struct weir_thrown *now;
    struct weir_thrown *enclosing; /* that of `now`, whose frames it shares; NULL: comes later */
    size_t owed[WEIR_UNWIND_ROOM]; /* frames to be shared then, by number */
    const char *value; /* where the message of `now` begins, while it goes on; else NULL */
    size_t frames;
    bool php;
};

static const char *const libraries[] = {"java.",
                                        "javax.",
                                        "jakarta.",
                                        "sun.",
                                        "com.sun.",
                                        "jdk.",
                                        "kotlin.",
                                        "kotlinx.",
                                        "scala.",
                                        "groovy.",
                                        "org.codehaus.groovy.",
                                        "clojure.",
                                        "android.",
                                        "androidx.",
                                        "dalvik.",
                                        "com.android.",
                                        "_COROUTINE.",
                                        "org.springframework.",
                                        "org.apache.",
                                        "org.eclipse.jetty.",
                                        "org.hibernate.",
                                        "org.junit.",
                                        "org.slf4j.",
                                        "ch.qos.logback.",
                                        "com.fasterxml.",
                                        "com.zaxxer.",
                                        "com.mysql.",
                                        "org.postgresql.",
                                        "com.google.common.",
                                        "io.netty.",
                                        "io.grpc.",
                                        "io.vertx.",
                                        "io.quarkus.",
                                        "io.undertow.",
                                        "io.micrometer.",
                                        "io.micronaut.",
                                        "io.ktor.",
                                        "io.reactivex.",
                                        "io.opentelemetry.",
                                        "io.sentry.",
                                        "reactor.",
                                        "okhttp3.",
                                        "okio.",
                                        "retrofit2.",
                                        "akka.",
                                        NULL};

/* ---- frames ------------------------------------------------------------ */

/* Without loader and module: "app//com.x.A.b", "java.base@17/java.lang.A.b".
 * The name of a lambda's class has a slash too. */
static struct weir_str without_module(struct weir_str name)
{
    size_t lambda = weir_str_find(name, WEIR_S("$$Lambda"));
    size_t slash = weir_text_last(weir_str_sub(name, 0, lambda), '/');

    return slash == SIZE_MAX ? name : weir_str_sub(name, slash + 1, name.n);
}

static bool is_source(struct weir_str s)
{
    static const char *const fixed[] = {"Native Method", "Unknown Source",     "<generated>",
                                        "SourceFile",    "Coroutine boundary", NULL};
    static const char *const kinds[] = {".java", ".kt", ".scala", ".groovy", ".clj", ".php", NULL};
    uint32_t line;

    if (weir_text_starts_any(s, fixed))
        return true;
    return weir_text_has_any(s, kinds) ||
           (weir_text_cut_number(&s, &line) && memchr(s.p, '/', s.n) == NULL &&
            memchr(s.p, ':', s.n) == NULL && memchr(s.p, ' ', s.n) == NULL && s.n > 0);
}

static void read_source(struct reader *r, struct weir_str s, struct weir_frame *f)
{
    bool file = memchr(s.p, ' ', s.n) == NULL && s.p[0] != '<';

    (void)weir_text_cut_number(&s, &f->line);
    if (!file)
        return;
    f->filename = s;
    if (weir_str_ends(s, WEIR_S(".php"))) {
        r->php = true;
        f->abs_path = s;
        f->library = weir_str_find(s, WEIR_S("/vendor/")) != SIZE_MAX;
    }
}

/* "at com.x.A.b(A.java:12)", perhaps with " ~[jar:1.2]" behind. */
static bool read_frame(struct reader *r, struct weir_str line, struct weir_frame *f)
{
    struct weir_str name, source;
    size_t open, close, dot;

    if (!weir_str_starts(line, WEIR_S("at ")))
        return false;
    if (line.p[line.n - 1] == ']' && weir_text_last(line, '[') != SIZE_MAX)
        line.n = weir_text_last(line, '[');
    close = weir_text_last(line, ')');
    open = weir_text_last(weir_str_sub(line, 0, close), '(');
    if (close == SIZE_MAX || open == SIZE_MAX || open < 4 || line.p[open - 1] == ' ' ||
        open + 1 >= close)
        return false;
    source = weir_str_sub(line, open + 1, close - open - 1);
    if (!is_source(source))
        return false;
    *f = (struct weir_frame){0};
    name = without_module(weir_str_sub(line, 3, open - 3));
    dot = weir_text_last(name, '.');
    f->function = dot == SIZE_MAX ? name : weir_str_sub(name, dot + 1, name.n);
    if (dot != SIZE_MAX)
        f->module = weir_str_sub(name, 0, dot);
    read_source(r, source, f);
    f->library = f->library || weir_text_starts_any(f->module, libraries);
    return true;
}

/* The outermost `n` frames of `from`; innermost come first, so its last ones. */
static void share(struct reader *r, struct weir_thrown *from, size_t n, struct weir_thrown *to)
{
    n = n < from->n_frames ? n : from->n_frames;
    for (size_t i = from->n_frames - n; i < from->n_frames && from != to; i++)
        weir_unwind_frame(r->u, to, weir_unwind_at(from, i));
}

/* "... 12 more": those of the enclosing exception; where the root cause comes
 * first, that is yet to be read. */
static bool fill_in(struct reader *r, struct weir_str line)
{
    size_t digits, n;
    int32_t number;

    if (!weir_str_starts(line, WEIR_S("... ")))
        return false;
    n = weir_text_number(weir_str_sub(line, 4, line.n), &digits);
    if (digits == 0)
        return false;
    number = weir_unwind_number(r->u, r->now);
    if (r->now != NULL && r->enclosing != NULL)
        share(r, r->enclosing, n, r->now);
    else if (number >= 0)
        r->owed[number] = n;
    return true;
}

/* Wrappers come after what they wrap, so the last one is complete. */
static void fill_owed(struct reader *r)
{
    for (size_t i = r->u->n; i-- > 0;)
        if (r->owed[i] > 0 && r->u->thrown[i].parent >= 0)
            share(r, &r->u->thrown[r->u->thrown[i].parent], r->owed[i], &r->u->thrown[i]);
}

/* ---- exceptions -------------------------------------------------------- */

/* A class name: no spaces, at least one letter. */
static bool is_class(struct weir_str s)
{
    bool letter = false;

    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)s.p[i];

        if (c <= ' ' || strchr("()[]{}\"'=,;", c) != NULL)
            return false;
        letter = letter || (c | 32) >= 'a';
    }
    return letter;
}

static struct weir_thrown *throw(struct reader * r, struct weir_str header, size_t depth)
{
    struct weir_thrown *t;
    struct weir_str type, value;
    size_t colon = weir_str_find(header, WEIR_S(": "));
    size_t dot;

    type = weir_str_sub(header, 0, colon);
    if (type.n > 0 && type.p[type.n - 1] == ':')
        type.n--;
    value = weir_str_sub(header, colon == SIZE_MAX ? header.n : colon + 2, header.n);
    t = weir_unwind_throw(r->u, type, value);
    dot = weir_text_last(type, '.');
    if (dot != SIZE_MAX && dot + 1 < type.n) {
        t->module = weir_str_sub(type, 0, dot);
        t->type = weir_str_sub(type, dot + 1, type.n);
    }
    r->now = r->at_depth[depth] = t;
    r->value = value.n > 0 ? value.p : header.p + header.n;
    return t;
}

/* The message of `now` ends where the line `next` begins. */
static void end_message(struct reader *r, struct weir_str next)
{
    if (r->value != NULL && r->now != NULL && next.p > r->value)
        r->now->value = weir_str_trim(weir_text_span(r->value, next.p));
    r->value = NULL;
}

/* What `t` and the exception that it shares frames with are to each other. */
static void link(struct reader *r, struct weir_thrown *t, struct weir_thrown *enclosing,
                 bool wrapper)
{
    int32_t number = weir_unwind_number(r->u, t);

    r->enclosing = wrapper ? NULL : enclosing;
    if (!wrapper) {
        t->parent = weir_unwind_number(r->u, enclosing);
    } else if (enclosing != NULL && number >= 0) {
        enclosing->parent = number;
        r->u->root = (size_t)number;
    }
}

/* "Caused by: " and the like; the depth is told by indentation. */
static bool read_linked(struct reader *r, struct weir_str whole, struct weir_str line)
{
    static const char *const words[] = {"Caused by: ", "Suppressed: ", "Wrapped by: "};
    size_t depth = weir_text_indent(whole) / 4, outer, k = 0;
    struct weir_thrown *enclosing;

    while (k < 3 && !weir_str_starts(line, weir_str_of(words[k])))
        k++;
    if (k == 3)
        return false;
    end_message(r, whole);
    if (depth >= DEPTHS)
        depth = DEPTHS - 1;
    outer = k == 1 && depth > 0 ? depth - 1 : depth;
    enclosing = r->at_depth[outer] != NULL ? r->at_depth[outer] : r->now;
    line = weir_str_sub(line, strlen(words[k]), line.n);
    if (weir_str_starts(line, WEIR_S("[CIRCULAR REFERENCE")))
        return true;
    link(r, throw(r, line, depth), enclosing, k == 2);
    r->now->suppressed = k == 1;
    return true;
}

/* The first line, without what threads and loggers put before it. */
static struct weir_str header_of(struct weir_str line)
{
    const struct weir_str thread = WEIR_S("Exception in thread \"");
    struct weir_str head, rest;

    if (!weir_str_starts(line, thread))
        return line;
    weir_str_cut(weir_str_sub(line, thread.n, line.n), '"', &head, &rest);
    return weir_str_trim(rest);
}

static void read_line(struct reader *r, struct weir_str whole)
{
    struct weir_str line = weir_str_trim(whole);
    struct weir_frame f;

    if (line.n > 0 && read_frame(r, line, &f)) {
        end_message(r, whole);
        if (r->now == NULL)
            r->now = r->at_depth[0] =
                weir_unwind_throw(r->u, (struct weir_str){0}, (struct weir_str){0});
        weir_unwind_frame(r->u, r->now, &f);
        r->frames++;
        return;
    }
    if (r->now != NULL && read_linked(r, whole, line))
        return;
    if (fill_in(r, line)) {
        end_message(r, whole);
        return;
    }
    if (r->now == NULL && line.n > 0) {
        struct weir_str header = header_of(line), type, value;

        weir_str_cut(header, ':', &type, &value);
        if (is_class(type))
            (void) throw(r, header, 0);
    }
}

/* PHP's names once more: "Shop.Gateway", "charge" as "Shop\\Gateway::charge". */
static struct weir_str php_name(struct weir_unwind *u, struct weir_str class,
                                struct weir_str between, struct weir_str name)
{
    struct weir_str s = weir_arena_printf(u->arena, "%.*s%.*s%.*s", WEIR_FMT(class),
                                          WEIR_FMT(between), WEIR_FMT(name));
    char *p = (char *)(uintptr_t)s.p;

    for (size_t i = 0; i < s.n; i++)
        if (p[i] == '.' && i < class.n)
            p[i] = '\\';
    return s;
}

static void name_as_php(struct weir_unwind *u, struct weir_thrown *t)
{
    if (t->module.n > 0)
        t->type = php_name(u, t->module, WEIR_S("\\"), t->type);
    t->module.n = 0;
    for (size_t i = 0; i < t->n_frames; i++) {
        struct weir_frame *f = &t->frames[i];
        struct weir_str below = weir_text_below_app(f->filename);

        if (f->module.n > 0)
            f->function = php_name(u, f->module, WEIR_S("::"), f->function);
        f->module.n = 0;
        f->filename = below.n > 0 ? below : f->filename;
    }
}

bool weir_unwind_java(struct weir_unwind *u)
{
    static const char *const marks[] = {"\tat ", " at ", "at ", NULL};
    struct reader r = {.u = u};
    struct weir_str line;

    if (!weir_text_has_any(u->text, marks))
        return false;
    while (weir_unwind_line(u, &line))
        read_line(&r, line);
    fill_owed(&r);
    u->oldest_last = true;
    if (r.php)
        u->platform = "php";
    for (size_t i = 0; i < u->n && r.php; i++)
        name_as_php(u, &u->thrown[i]);
    return r.frames > 0;
}
