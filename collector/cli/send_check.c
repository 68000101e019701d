/* send_check.c - a native object decoded before it goes: by UDP weir would
 * count it as malformed, and its sender never knew. */
#include "send_check.h"

#include "weir/clock.h"
#include "weir/decode.h"

#include <stdio.h>

static int on_header(void *self, const struct weir_envelope_header *h)
{
    (void)self, (void)h;
    return 0;
}

static int on_item(void *self, const struct weir_item *it)
{
    (void)self, (void)it;
    return 0;
}

static void on_integration(void *self, struct weir_str service, struct weir_str endpoint,
                           struct weir_str status, double latency_ms, bool has_latency,
                           struct weir_str error_type, struct weir_str trace_id)
{
    (void)self, (void)service, (void)endpoint, (void)status, (void)latency_ms;
    (void)has_latency, (void)error_type, (void)trace_id;
}

/* "/latency_ms" and "must be a number". */
static void say(const struct weir_decode_result *r)
{
    struct weir_str member = {"the message", 11};

    if (r->rejects != NULL && r->rejects->pointer.n > 1)
        member = weir_str_sub(r->rejects->pointer, 1, SIZE_MAX);
    fprintf(stderr, "weir send: %.*s %s\n", WEIR_FMT(member),
            r->rejects != NULL ? r->rejects->title
            : r->error != NULL ? r->error
                               : "cannot be read");
}

bool weir_send_check(struct weir_str object)
{
    struct weir_json_reader *reader = weir_json_reader_new();
    struct weir_sink sink = {.header = on_header, .item = on_item};
    struct weir_decode_input in = {.reader = reader, .max_items = 1, .integration = on_integration};
    struct weir_decoder *d = NULL;
    struct weir_arena arena;
    bool taken = true;
    int err;

    weir_arena_init(&arena, 16 << 20);
    in.arena = &arena;
    in.received_ms = weir_wall_ms();
    if (reader != NULL)
        d = weir_decoder_new(WEIR_FORMAT_NATIVE, &in, &sink);
    if (d != NULL) {
        err = weir_decoder_feed(d, object, true);
        taken = err == 0 && weir_decoder_result(d)->n_rejects == 0;
        if (!taken)
            say(weir_decoder_result(d));
        weir_decoder_close(d);
    }
    weir_json_reader_free(reader);
    weir_arena_destroy(&arena);
    return taken;
}
