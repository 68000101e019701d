/* fuzz_json.c - the JSON pass against jansson.
 *
 * For any bytes: the pass takes them exactly when jansson does, but for the
 * differences below; what it gathers is accepted by jansson without duplicate
 * keys and equals what jansson reads; windows do not matter.
 *
 * Known differences. Only the pass takes, and mends: NaN and Infinity, lone
 * surrogates, invalid UTF-8, a byte order mark. Only jansson refuses: numbers
 * that overflow a double (its limit), NUL in a key (its limit), nesting above
 * 2048 (the pass makes it null above 256). Only jansson takes: a NUL byte
 * behind the document, which it reads as its end. */
#include "tests/unit/core/json_run.h"

#include <jansson.h>

enum { FLAGS = JSON_DECODE_ANY | JSON_ALLOW_NUL | JSON_DECODE_INT_AS_REAL };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool is_limit_of_jansson(const json_error_t *e)
{
    enum json_error_code code = json_error_code(e);

    return code == json_error_numeric_overflow || code == json_error_null_byte_in_key ||
           code == json_error_stack_overflow;
}

static void require(bool holds)
{
    if (!holds)
        abort();
}

/* The same tokens, mends and edits in windows of any size. */
static void compare_windows(struct weir_json_reader *r, struct weir_arena *a, struct weir_str body,
                            const struct run *whole)
{
    struct rng rng = {body.n + whole->tokens};

    for (uint32_t most = 1; most < 70; most = most * 3 + 1) {
        struct run split = run_pass(r, a, body, true, &rng, most);

        require(split.end == whole->end);
        require(whole->end == WEIR_JSON_ERROR || split.hash == whole->hash);
        require(whole->end == WEIR_JSON_ERROR || split.edits.n == whole->edits.n);
    }
}

static void compare_jansson(struct run *run, struct weir_arena *a, struct weir_str body)
{
    json_error_t raw_error, out_error;
    json_t *raw = json_loadb(body.p, body.n, FLAGS, &raw_error), *out;
    struct weir_str text;

    if (run->end == WEIR_JSON_ERROR) {
        require(raw == NULL || memchr(body.p, '\0', body.n) != NULL);
        json_decref(raw);
        return;
    }
    text = run_gather(run, a, body);
    out = json_loadb(text.p, text.n, FLAGS | JSON_REJECT_DUPLICATES, &out_error);
    require(out != NULL || is_limit_of_jansson(&out_error));
    if (run->mended == 0 && run->edits.n == 0) {
        require(weir_str_eq(text, body));
        require(raw != NULL || is_limit_of_jansson(&raw_error));
    }
    if (raw != NULL && out != NULL && !(run->mended & WEIR_MEND_DEPTH))
        require(json_equal(raw, out));
    json_decref(raw);
    json_decref(out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct weir_json_reader *reader;
    static struct weir_arena arena;
    struct weir_str body = {(const char *)data, size};
    struct run run;

    if (reader == NULL) {
        reader = weir_json_reader_new();
        weir_arena_init(&arena, 256u << 20);
        require(reader != NULL);
    }
    run = run_pass(reader, &arena, body, true, NULL, 0);
    if (size < 4096)
        compare_windows(reader, &arena, body, &run);
    compare_jansson(&run, &arena, body);
    weir_arena_reset(&arena);
    return 0;
}
