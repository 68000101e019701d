/* loose.h - tables for the formats of log records: what a body becomes is
 * looked at by pieces that must, or must not, stand in the transcript. */
#ifndef WEIR_TESTS_LOOSE_H
#define WEIR_TESTS_LOOSE_H

#include "unit.h"

#include "decode/transcript.h"

enum { EVENT = 1, LOG = 2 };

struct loose_row {
    const char *name, *body;
    int becomes; /* EVENT, LOG, or 0: refused */
    const char *has[10];
    const char *lacks[4];
    size_t bytes; /* of the body; 0: up to its NUL */
};

static int loose_kind(struct weir_str told)
{
    return (weir_str_find(told, WEIR_S("item event")) != SIZE_MAX ? EVENT : 0) |
           (weir_str_find(told, WEIR_S("item native_log")) != SIZE_MAX ? LOG : 0);
}

static void loose_row(enum weir_format f, const struct loose_row *r, size_t step)
{
    struct weir_str body = {r->body, r->bytes > 0 ? r->bytes : strlen(r->body)}, told;
    struct bench b;
    int err;

    bench_open(&b);
    b.in.event_severity = 17;
    err = bench_run(&b, f, body, step);
    told = bench_text(&b);
    if ((err != 0) != (r->becomes == 0))
        fail_msg("%s: %d %s", r->name, err, weir_decoder_result(b.d)->error);
    if (err != 0 && weir_decoder_result(b.d)->error == NULL)
        fail_msg("%s: nobody says why it was refused", r->name);
    if (loose_kind(told) != r->becomes)
        fail_msg("%s: another kind:\n%.*s", r->name, WEIR_FMT(told));
    for (size_t i = 0; i < COUNT(r->has) && r->has[i] != NULL; i++)
        if (weir_str_find(told, weir_str_of(r->has[i])) == SIZE_MAX)
            fail_msg("%s: no %s in\n%.*s", r->name, r->has[i], WEIR_FMT(told));
    for (size_t i = 0; i < COUNT(r->lacks) && r->lacks[i] != NULL; i++)
        if (weir_str_find(told, weir_str_of(r->lacks[i])) != SIZE_MAX)
            fail_msg("%s: %s in\n%.*s", r->name, r->lacks[i], WEIR_FMT(told));
    bench_close(&b);
}

static void loose_rows(enum weir_format f, const struct loose_row *rows, size_t n)
{
    for (size_t i = 0; i < n; i++)
        for (size_t step = 0; step < 12; step += 5)
            loose_row(f, &rows[i], step);
}

#endif
