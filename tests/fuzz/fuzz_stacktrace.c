/* fuzz_stacktrace.c - Whatever a stack trace becomes is within its bounds, a
 * tree, and JSON. */
#include "collector/decode/stacktrace.h"
#include "weir/json.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_tree(const struct weir_stacktrace *t)
{
    if (t->n == 0 || t->n > WEIR_EXCEPTIONS_MAX || t->thrown[t->n - 1].parent != -1)
        abort();
    for (size_t i = 0; i < t->n; i++) {
        const struct weir_thrown *x = &t->thrown[i];

        if (x->n_frames > WEIR_FRAMES_MAX || x->parent < -1 || x->parent >= (int32_t)t->n ||
            (x->parent >= 0 && x->parent <= (int32_t)i))
            abort();
    }
}

static void check_json(struct weir_arena *a, const struct weir_stacktrace *t)
{
    struct weir_json_reader *reader = weir_json_reader_new();
    struct weir_str none = {NULL, 0}, json;
    struct weir_json_doc doc;
    struct weir_buf out;

    weir_buf_init(&out, a, 64 << 20);
    weir_stacktrace_write(t, NULL, none, none, "fuzz", 1, &out);
    if (weir_buf_str(&out, &json) != 0 || weir_json_members(reader, a, json, &doc) != 0)
        abort();
    weir_json_reader_free(reader);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const hints[] = {"",   "python", "java", "nodejs", "webjs",
                                        "go", "dotnet", "ruby", "php",    "rust"};

    for (size_t i = 0; i < sizeof hints / sizeof hints[0]; i++) {
        /* An exact copy, so that reading over its end is seen. */
        char *copy = malloc(size > 0 ? size : 1);
        struct weir_stacktrace trace;
        struct weir_arena a;

        memcpy(copy, size > 0 ? (const char *)data : "", size);
        weir_arena_init(&a, 256 << 20);
        if (weir_stacktrace_parse(&a, (struct weir_str){copy, size}, weir_str_of(hints[i]),
                                  &trace) == 0) {
            check_tree(&trace);
            check_json(&a, &trace);
        }
        weir_arena_destroy(&a);
        free(copy);
    }
    return 0;
}
