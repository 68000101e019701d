/* errors.c - the mistakes of a configuration, collected and printed.
 *
 * A person who mends a file wants to see all that is wrong with it, in the
 * order of the file, each where an editor can jump to. */
#include "weir/buf.h"
#include "weir/config.h"
#include "weir/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum {
    MOST_ERRORS = 1000, /* enough for a person; bounds what a hostile file costs */
    MOST_MESSAGE = 1024
};

void weir_errors_init(struct weir_errors *e, struct weir_arena *arena)
{
    *e = (struct weir_errors){.arena = arena};
}

/* A copy of the file's name, shared with the mistake before. */
static struct weir_str keep_file(const struct weir_errors *e, struct weir_str file)
{
    if (e->n > 0 && weir_str_eq(e->list[e->n - 1].file, file))
        return e->list[e->n - 1].file;
    return weir_arena_copy(e->arena, file);
}

static bool make_room(struct weir_errors *e)
{
    size_t room = e->room > 0 ? 2 * e->room : 16;
    struct weir_error *list;

    if (e->n < e->room)
        return true;
    if (e->n >= MOST_ERRORS)
        return false;
    list = weir_arena_grow(e->arena, e->list, e->room * sizeof *list, room * sizeof *list);
    if (list == NULL)
        return false;
    e->list = list;
    e->room = room;
    return true;
}

void weir_errors_add(struct weir_errors *e, bool warning, struct weir_str file, unsigned line,
                     unsigned column, const char *fmt, ...)
{
    char text[MOST_MESSAGE];
    va_list args;

    /* Counted even when it cannot be kept: a mistake must not become none. */
    if (!warning)
        e->n_fatal++;
    if (!make_room(e))
        return;
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    e->list[e->n] = (struct weir_error){.file = keep_file(e, file),
                                        .line = line,
                                        .column = column,
                                        .warning = warning,
                                        .message = weir_arena_copy(e->arena, weir_str_of(text))};
    e->n++;
}

/* ---- printing ---------------------------------------------------------- */

struct place {
    const struct weir_error *error;
    size_t file, index; /* files in the order in which they first erred */
};

static int compare_places(const void *a, const void *b)
{
    const struct place *x = a, *y = b;

    if (x->file != y->file)
        return x->file < y->file ? -1 : 1;
    if (x->error->line != y->error->line)
        return x->error->line < y->error->line ? -1 : 1;
    if (x->error->column != y->error->column)
        return x->error->column < y->error->column ? -1 : 1;
    return x->index < y->index ? -1 : x->index > y->index;
}

static size_t first_of_file(const struct weir_errors *e, struct weir_str file)
{
    size_t i = 0;

    while (!weir_str_eq(e->list[i].file, file))
        i++;
    return i;
}

static struct place *in_order(const struct weir_errors *e)
{
    struct place *places = weir_arena_alloc(e->arena, (e->n + 1) * sizeof *places);

    if (places == NULL)
        return NULL;
    for (size_t i = 0; i < e->n; i++)
        places[i] = (struct place){&e->list[i], first_of_file(e, e->list[i].file), i};
    qsort(places, e->n, sizeof *places, compare_places);
    return places;
}

/* Messages quote values, and a line break in one would split the line that
 * an editor jumps by; other control characters move a terminal about. */
static struct weir_str on_one_line(struct weir_arena *a, struct weir_str text)
{
    struct weir_buf b;
    struct weir_str line;

    weir_buf_init(&b, a, 4 * MOST_MESSAGE);
    for (size_t i = 0; i < text.n; i++) {
        unsigned char c = (unsigned char)text.p[i];

        if (c == '\n' || c == '\r' || c == '\t')
            weir_buf_printf(&b, "\\%c", c == '\n' ? 'n' : c == '\r' ? 'r' : 't');
        else if (c < ' ' || c == 127)
            weir_buf_printf(&b, "\\x%02x", c);
        else
            weir_buf_char(&b, (char)c);
    }
    return weir_buf_str(&b, &line) == 0 ? line : WEIR_S("a mistake that memory is too short for");
}

static void print_one(const struct weir_error *x, struct weir_arena *a, int fd)
{
    const char *kind = x->warning ? "warning: " : "";
    struct weir_str message = on_one_line(a, x->message);

    if (x->line > 0)
        dprintf(fd, "%.*s:%u:%u: %s%.*s\n", WEIR_FMT(x->file), x->line, x->column, kind,
                WEIR_FMT(message));
    else
        dprintf(fd, "%.*s: %s%.*s\n", WEIR_FMT(x->file), kind, WEIR_FMT(message));
}

static const struct weir_error *nth(const struct weir_errors *e, const struct place *places,
                                    size_t i)
{
    return places != NULL ? places[i].error : &e->list[i];
}

void weir_errors_print(const struct weir_errors *e, int fd)
{
    struct place *places = in_order(e);

    for (size_t i = 0; i < e->n; i++)
        print_one(nth(e, places, i), e->arena, fd);
    if (e->n >= MOST_ERRORS)
        dprintf(fd, "further mistakes are not shown\n");
}

void weir_errors_log(const struct weir_errors *e)
{
    struct place *places = in_order(e);

    for (size_t i = 0; i < e->n; i++) {
        const struct weir_error *x = nth(e, places, i);
        struct weir_str text = weir_arena_copy(e->arena, x->file);

        if (x->line > 0)
            text = weir_arena_printf(e->arena, "%.*s:%u:%u", WEIR_FMT(text), x->line, x->column);
        text = weir_arena_printf(e->arena, "%.*s: %.*s", WEIR_FMT(text), WEIR_FMT(x->message));

        weir_log(x->warning ? WEIR_WARN : WEIR_ERROR, "configuration", "why", weir_log_str(text),
                 NULL);
    }
}
