/* fuzz_otlp.c - OTLP in both encodings. The first byte says which request it
 * is and how it is encoded. Whatever becomes of it is valid JSON; in pieces it
 * is read as in one; and what its JSON form says, its protobuf form says. */
#include "collector/decode/otlp.h"
#include "tests/fuzz/decode_fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int ignore(void *self, const struct weir_envelope_header *h)
{
    (void)self;
    (void)h;
    return 0;
}

/* The protobuf form of a JSON body; false when it has none. */
static bool put_into_protobuf(struct weir_arena *a, struct weir_str json, enum weir_format format,
                              struct weir_str *ret_body)
{
    const struct weir_sink sink = {.header = ignore};
    struct weir_decode_input in = {.arena = a, .reader = weir_json_reader_new(), .max_items = 1};
    struct weir_decoder *d = weir_decoder_new(format, &in, &sink);
    int err = weir_otlp_json(d, json, format == WEIR_FORMAT_OTLP_LOGS, ret_body);

    weir_json_reader_free(in.reader);
    return err == 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct weir_str body = {(const char *)data + 1, size - 1}, same;
    struct weir_decode_input in = {.content_type = WEIR_S("application/x-protobuf")};
    enum weir_format format;
    struct fuzz_run whole, other;
    struct weir_arena arena;

    if (size == 0)
        return 0;
    format = (data[0] & 1) != 0 ? WEIR_FORMAT_OTLP_LOGS : WEIR_FORMAT_OTLP_TRACES;
    if ((data[0] & 2) != 0)
        in.content_type = WEIR_S("application/json");
    whole = fuzz_decode(format, in, body, 0);
    other = fuzz_decode(format, in, body, 1 + weir_str_hash(body) % 90);
    fuzz_same(&whole, &other, true);
    weir_arena_init(&arena, 256 << 20);
    if ((data[0] & 2) != 0 && put_into_protobuf(&arena, body, format, &same)) {
        in.content_type = WEIR_S("application/x-protobuf");
        other = fuzz_decode(format, in, same, 0);
        fuzz_same(&whole, &other, true);
    }
    weir_arena_destroy(&arena);
    return 0;
}
