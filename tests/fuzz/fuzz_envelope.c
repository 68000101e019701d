/* fuzz_envelope.c - Whole and in pieces an envelope means the same. */
#include "tests/fuzz/decode_fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct weir_str body = {(const char *)data, size};
    struct weir_decode_input in = {0};
    struct fuzz_run whole, pieces;

    whole = fuzz_decode(WEIR_FORMAT_ENVELOPE, in, body, 0);
    pieces = fuzz_decode(WEIR_FORMAT_ENVELOPE, in, body, 1 + weir_str_hash(body) % 40);
    fuzz_same(&whole, &pieces, false);
    return 0;
}
