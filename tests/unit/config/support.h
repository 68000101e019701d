/* support.h - loading a text and looking at its mistakes. */
#ifndef TESTS_CONFIG_SUPPORT_H
#define TESTS_CONFIG_SUPPORT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "collector/config/load.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct loading {
    struct weir_arena arena;
    struct weir_errors errors;
    struct weir_snapshot *snapshot; /* NULL: refused */
};

static inline void load_with(struct loading *t, const struct weir_load_options *o)
{
    weir_arena_init(&t->arena, 8 << 20);
    weir_errors_init(&t->errors, &t->arena);
    t->snapshot = NULL;
    if (weir_load(o, &t->errors, &t->snapshot) != 0)
        t->snapshot = NULL;
}

/* Without files; `variables` may be NULL. */
static inline void load_text(struct loading *t, const char *yaml, char *const *variables)
{
    load_with(t, &(struct weir_load_options){
                     .text = weir_str_of(yaml), .name = WEIR_S("f.yaml"), .variables = variables});
}

static inline void unload(struct loading *t)
{
    weir_snapshot_put(t->snapshot);
    weir_arena_destroy(&t->arena);
}

/* "LINE:COLUMN message" of the i-th mistake. */
static inline const char *mistake(const struct loading *t, size_t i)
{
    static char text[1200];
    const struct weir_error *e;

    if (i >= t->errors.n)
        return "(none)";
    e = &t->errors.list[i];
    snprintf(text, sizeof text, "%u:%u %s%.*s", e->line, e->column, e->warning ? "warning: " : "",
             WEIR_FMT(e->message));
    return text;
}

static inline bool has_mistake(const struct loading *t, const char *part)
{
    for (size_t i = 0; i < t->errors.n; i++) {
        if (weir_str_find(t->errors.list[i].message, weir_str_of(part)) != SIZE_MAX)
            return true;
    }
    return false;
}

#define assert_str(got, want)                                     \
    do {                                                          \
        struct weir_str got_ = (got), want_ = weir_str_of(want);  \
        if (!weir_str_eq(got_, want_))                            \
            fail_msg("'%.*s' is not '%s'", WEIR_FMT(got_), want); \
    } while (0)

#endif
