/* content.c - decoding, gathering, and when to begin streaming. */
#include "content.h"

#include "weir/decode.h"

int weir_content_open(struct weir_content *b, struct weir_arena *a, struct weir_str encodings,
                      uint64_t declared_bytes, uint64_t max_bytes, uint32_t max_ratio,
                      weir_content_fn *take, void *self)
{
    /* What a client says is believed up to a bound only: it may send nothing. */
    size_t first = declared_bytes < 64 * 1024 ? (size_t)declared_bytes : 64 * 1024;
    int err;

    *b = (struct weir_content){.max_bytes = max_bytes, .take = take, .self = self};
    err = weir_inflate_new(encodings, max_bytes, max_ratio, &b->inflate);
    if (err != 0)
        return err;
    weir_buf_init(&b->whole, a, WEIR_STREAM_OVER);
    if (first > 0)
        weir_buf_reserve(&b->whole, first);
    return 0;
}

/* Decoded bytes, from the inflater or straight from the client. */
static int decoded(void *self, struct weir_str bytes)
{
    struct weir_content *b = self;
    struct weir_str whole;
    int err;

    b->out_bytes += bytes.n;
    if (b->out_bytes > b->max_bytes)
        return WEIR_ELIMIT;
    if (!b->streaming && b->out_bytes <= WEIR_STREAM_OVER) {
        weir_buf_add(&b->whole, bytes);
        return b->whole.failed ? WEIR_ENOMEM : 0;
    }
    if (!b->streaming) {
        b->streaming = true;
        err = weir_buf_str(&b->whole, &whole);
        if (err == 0 && whole.n > 0)
            err = b->take(b->self, whole, false);
        if (err != 0)
            return err;
    }
    return b->take(b->self, bytes, false);
}

int weir_content_feed(struct weir_content *b, struct weir_str bytes)
{
    b->in_bytes += bytes.n;
    /* Also of the encoded form: a stream that inflates to nothing has no end. */
    if (b->in_bytes > b->max_bytes)
        return WEIR_ELIMIT;
    if (b->inflate == NULL)
        return decoded(b, bytes);
    return weir_inflate_feed(b->inflate, bytes, decoded, b);
}

int weir_content_end(struct weir_content *b)
{
    struct weir_str whole;
    int err = b->inflate != NULL ? weir_inflate_end(b->inflate, decoded, b) : 0;

    if (err != 0)
        return err;
    if (b->streaming)
        return b->take(b->self, (struct weir_str){"", 0}, true);
    err = weir_buf_str(&b->whole, &whole);
    return err != 0 ? err : b->take(b->self, whole, true);
}

void weir_content_close(struct weir_content *b)
{
    if (b->inflate != NULL)
        weir_inflate_free(b->inflate);
    b->inflate = NULL;
}
