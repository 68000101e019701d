/* inflate_whole.c - decoding what is in memory at one go: bodies that are
 * compressed although no header says so, datagrams. */
#include "weir/inflate.h"

#include "weir/buf.h"

static int into_buf(void *self, struct weir_str bytes)
{
    struct weir_str ignored;

    weir_buf_add(self, bytes);
    return weir_buf_str(self, &ignored);
}

int weir_inflate_whole(struct weir_arena *a, struct weir_str encodings, struct weir_str in,
                       uint64_t max_bytes, uint32_t max_ratio, struct weir_str *ret_out)
{
    struct weir_inflate *z = NULL;
    struct weir_buf out;
    int err = weir_inflate_new(encodings, max_bytes, max_ratio, &z);

    if (err != 0)
        return err;
    weir_buf_init(&out, a, max_bytes);
    err = weir_inflate_feed(z, in, into_buf, &out);
    if (err == 0)
        err = weir_inflate_end(z, into_buf, &out);
    weir_inflate_free(z);
    return err != 0 ? err : weir_buf_str(&out, ret_out);
}
