/* fuzz_loose.c - GELF, logstash, syslog, Zipkin, and datagrams that might be
 * any of them. The first byte says which: g, l, s, z, d. Whatever becomes of
 * it is valid JSON, and in pieces it is read as in one. */
#include "collector/listen/datagram.h"
#include "tests/fuzz/decode_fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static enum weir_format format_of(uint8_t byte)
{
    switch (byte) {
    case 'l':
        return WEIR_FORMAT_LOGSTASH;
    case 's':
        return WEIR_FORMAT_SYSLOG;
    case 'z':
        return WEIR_FORMAT_ZIPKIN;
    default:
        return WEIR_FORMAT_GELF;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct weir_decode_input in = {.event_severity = 17, .breadcrumbs_from_logs = true};
    struct weir_str body = {(const char *)data + 1, size - 1};
    struct fuzz_run whole, pieces;
    struct weir_arena arena;
    enum weir_format format;

    if (size == 0)
        return 0;
    format = format_of(data[0]);
    weir_arena_init(&arena, 64 << 20);
    if (data[0] == 'd') {
        struct weir_json_reader *r = weir_json_reader_new();
        int err = weir_datagram_open(&arena, &body);

        if (err == 0)
            format = weir_datagram_format(r, &arena, body);
        weir_json_reader_free(r);
        if (err != 0) {
            weir_arena_destroy(&arena);
            return 0;
        }
    }
    whole = fuzz_decode(format, in, body, 0);
    pieces = fuzz_decode(format, in, body, 1 + weir_str_hash(body) % 90);
    fuzz_same(&whole, &pieces, true);
    weir_arena_destroy(&arena);
    return 0;
}
