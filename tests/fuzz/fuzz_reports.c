/* fuzz_reports.c - the small formats: security reports, check-ins (the input
 * as body and as query), trace headers. */
#include "tests/fuzz/decode_fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void trace_headers(struct weir_str text)
{
    const struct weir_trace_headers all = {text, text, text, text, text, text,
                                           text, text, text, text, text, text};
    struct weir_trace_context c;
    struct weir_arena a;

    weir_arena_init(&a, 1 << 20);
    weir_trace_context(&a, &all, &c);
    if ((c.trace_id.n != 0 && c.trace_id.n != 32) || (c.span_id.n != 0 && c.span_id.n != 16))
        abort();
    weir_arena_destroy(&a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct weir_str text = {(const char *)data, size};
    struct weir_decode_input in = {.query = text, .slug = weir_str_sub(text, 0, 20)};
    struct fuzz_run whole, pieces;

    whole = fuzz_decode(WEIR_FORMAT_SECURITY, in, text, 0);
    pieces = fuzz_decode(WEIR_FORMAT_SECURITY, in, text, 7);
    fuzz_same(&whole, &pieces, true);
    (void)fuzz_decode(WEIR_FORMAT_CRON, in, text, 0);
    in.slug = WEIR_S("nightly");
    (void)fuzz_decode(WEIR_FORMAT_CRON, in, (struct weir_str){"", 0}, 0);
    trace_headers(text);
    return 0;
}
