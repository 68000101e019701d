/* fuzz_inflate.c - the first byte chooses encodings and piece size, the rest
 * is the body, and is read as a compressed file as well. Whatever it is: the caps hold, and the
 * same bytes in other pieces give the same result. */
#include "weir/inflate.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MAX_OUT = 1 << 16 };

struct sum {
    uint64_t hash;
    size_t n;
};

static int add(void *self, struct weir_str bytes)
{
    struct sum *s = self;

    for (size_t i = 0; i < bytes.n; i++)
        s->hash = (s->hash ^ (uint8_t)bytes.p[i]) * UINT64_C(0x100000001b3);
    s->n += bytes.n;
    return 0;
}

/* Without encodings: as a file, told by its first bytes. */
static int decode(struct weir_str encodings, struct weir_str in, size_t step, struct sum *s)
{
    struct weir_inflate *z;
    const char *ending;
    int rc = encodings.n > 0 ? weir_inflate_new(encodings, MAX_OUT, 0, &z)
                             : weir_inflate_new_file(weir_str_sub(in, 0, WEIR_INFLATE_HEAD),
                                                     MAX_OUT, 0, &z, &ending);

    if (rc != 0)
        return rc;
    for (size_t i = 0; i < in.n && rc == 0; i += step)
        rc = weir_inflate_feed(z, weir_str_sub(in, i, step), add, s);
    if (rc == 0)
        rc = weir_inflate_end(z, add, s);
    weir_inflate_free(z);
    return rc;
}

static void check(struct weir_str encodings, struct weir_str body, size_t step)
{
    struct sum whole = {0}, pieces = {0};
    int rc = decode(encodings, body, SIZE_MAX / 2, &whole);
    int rc_pieces = decode(encodings, body, step, &pieces);

    if (whole.n > MAX_OUT || pieces.n > MAX_OUT || (rc == 0) != (rc_pieces == 0))
        abort();
    if (rc == 0 && (whole.n != pieces.n || whole.hash != pieces.hash))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct weir_str encodings[] = {
        {"gzip", 4},
        {"deflate", 7},
        {"br", 2},
        {"zstd", 4},
        {"gzip,br", 7},
        {"zstd,deflate", 12},
        {"gzip,gzip,gzip", 14},
        {"deflate,zstd,br", 15},
    };
    if (size < 1)
        return 0;
    struct weir_str body = {(const char *)data + 1, size - 1};

    check(encodings[data[0] & 7], body, 1 + (data[0] >> 3));
    check((struct weir_str){0}, body, 1 + (data[0] >> 3));
    return 0;
}
