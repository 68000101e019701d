/* fuzz_minidump.c - crash report forms (boundary: xy) and bare dumps. */
#include "tests/fuzz/decode_fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct weir_str body = {(const char *)data, size};
    struct weir_decode_input in = {.content_type = WEIR_S("multipart/form-data; boundary=xy")};
    struct fuzz_run whole, pieces;

    whole = fuzz_decode(WEIR_FORMAT_MINIDUMP, in, body, 0);
    pieces = fuzz_decode(WEIR_FORMAT_MINIDUMP, in, body, 1 + weir_str_hash(body) % 40);
    fuzz_same(&whole, &pieces, true);
    in.content_type = WEIR_S("application/octet-stream");
    (void)fuzz_decode(WEIR_FORMAT_MINIDUMP, in, body, 0);
    return 0;
}
