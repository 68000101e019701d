/* json_run.h - runs the JSON pass over a text in windows of any size, for
 * its unit tests and its fuzzer. */
#ifndef JSON_RUN_H
#define JSON_RUN_H

#include "weir/json.h"

#include <stdint.h>
#include <stdlib.h>

/* A small generator with a seed, so that a failure can be repeated. */
struct rng {
    uint64_t state;
};

static inline uint32_t rng_next(struct rng *g)
{
    g->state = g->state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(g->state >> 33);
}

static inline uint32_t rng_below(struct rng *g, uint32_t n)
{
    return rng_next(g) % n;
}

/* What a run saw: a hash over all its tokens. */
struct run {
    enum weir_json_kind end; /* END or ERROR */
    size_t error_at;
    const char *error;
    size_t tokens;
    uint64_t hash;
    unsigned mended;
    struct weir_edits edits;
};

static inline void run_note(struct run *run, const struct weir_json_token *t)
{
    uint64_t of[] = {(uint64_t)t->kind, t->start, t->end, t->mend, t->escaped};

    for (size_t i = 0; i < sizeof of / sizeof of[0]; i++)
        run->hash = (run->hash ^ of[i]) * 0x100000001B3u + 1;
    run->tokens++;
}

/* Opens a window [base, end) in memory of exactly that size, so that ASan
 * sees a read outside it. The copy before is freed. */
static inline char *run_window(struct weir_json_reader *r, struct weir_str body, size_t base,
                               size_t end, char *before)
{
    char *copy = malloc(end - base > 0 ? end - base : 1);

    if (copy == NULL)
        abort();
    if (end > base)
        memcpy(copy, body.p + base, end - base);
    weir_json_window(r, (struct weir_str){copy, end - base}, base, end == body.n);
    free(before);
    return copy;
}

/* Reads all of `body`; strings are mended. `windows` NULL: one window, else
 * windows of up to `most` further bytes that begin anywhere before pos. */
static inline struct run run_pass(struct weir_json_reader *r, struct weir_arena *a,
                                  struct weir_str body, bool dedupe, struct rng *windows,
                                  uint32_t most)
{
    struct run run = {.end = WEIR_JSON_MORE};
    size_t base = 0, end = windows == NULL ? body.n : 0;
    struct weir_json_token t;
    char *copy;

    weir_edits_init(&run.edits, a);
    weir_json_begin(r, &run.edits, dedupe);
    copy = run_window(r, body, 0, end, NULL);
    while (run.end == WEIR_JSON_MORE) {
        enum weir_json_kind kind = weir_json_next(r, &t);

        if (kind == WEIR_JSON_MORE && end == body.n && windows == NULL)
            abort(); /* there is no more */
        if (kind == WEIR_JSON_MORE) {
            size_t pos = weir_json_pos(r);

            if (pos < base || pos > end)
                abort();
            base = base + rng_below(windows, (uint32_t)(pos - base + 1));
            end += 1 + rng_below(windows, most);
            end = end < body.n ? end : body.n;
            copy = run_window(r, body, base, end, copy);
        } else if (kind == WEIR_JSON_END || kind == WEIR_JSON_ERROR) {
            run.end = kind;
        } else {
            run_note(&run, &t);
            if (kind == WEIR_JSON_STRING || kind == WEIR_JSON_KEY)
                weir_json_mend_string(&run.edits, (struct weir_str){copy, end - base}, base, &t);
        }
    }
    run.mended = weir_json_mended(r);
    run.error = weir_json_error(r);
    run.error_at = weir_json_pos(r);
    free(copy);
    return run;
}

/* The body with the edits of a run. */
static inline struct weir_str run_gather(struct run *run, struct weir_arena *a,
                                         struct weir_str body)
{
    struct weir_buf out;
    struct weir_str text = {NULL, 0};

    weir_buf_init(&out, a, SIZE_MAX / 2);
    if (weir_edits_gather(&run->edits, body, 0, 0, body.n, &out) != 0 ||
        weir_buf_str(&out, &text) != 0)
        abort();
    return text;
}

#endif
