/* fuzz_scrub.c - any bytes as a document of every kind, under the default set.
 *
 * What comes out of the pass must be JSON, and must not hold what was
 * planted: the bytes are also put as a string's content around a canary. The
 * first byte picks kind and entry: document, planted string, text,
 * attachment, recording, stream. (That scrubbing twice equals once is tested
 * on text that means something; quotes thrown at random may pair up anew
 * when what stood between them has gone.) */
#include "weir/metrics.h"
#include "weir/scrub.h"

#include "scrubbers/stream.h"

#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct weir_scrub_plan *plan;
static struct weir_scrubber *scrubber;
static struct weir_ruleset *set; /* the plan refers to it */

static void prepare(void)
{
    if (weir_metrics_init(1000, NULL, 0) != 0 ||
        weir_ruleset_builtin(WEIR_S("default"), &set) != 0 ||
        weir_scrub_plan_new((const struct weir_ruleset *const *)&set, 1, NULL, 0, WEIR_S("key"),
                            &plan) != 0)
        abort();
    weir_metrics_thread();
    scrubber = weir_scrubber_new();
    if (scrubber == NULL)
        abort();
}

static void wrong(const char *what, struct weir_str a, struct weir_str b)
{
    fprintf(stderr, "%s\n%.*s\n%.*s\n", what, WEIR_FMT(a), WEIR_FMT(b));
    abort();
}

/* Scrubs with _meta; false when it is no JSON. */
static bool scrub(struct weir_arena *a, enum weir_scrub_kind kind, struct weir_str in,
                  struct weir_str *ret_out)
{
    struct weir_json_doc doc;

    if (weir_scrub_json(scrubber, plan, kind, a, in, &doc) != 0)
        return false;
    if (weir_scrub_finish(scrubber, &doc) != 0 ||
        weir_json_doc_write(&doc, a, 1 << 26, ret_out) != 0)
        abort();
    return true;
}

static void document(struct weir_arena *a, enum weir_scrub_kind kind, struct weir_str in)
{
    struct weir_str out, again;

    if (!scrub(a, kind, in, &out))
        return;
    if (!scrub(a, kind, out, &again))
        wrong("not JSON", in, out);
}

/* The canary between the bytes, as a value that a sender may have made. */
static void planted(struct weir_arena *a, struct weir_str bytes)
{
    struct weir_buf b;
    struct weir_str in, out;
    char *copy = weir_arena_alloc(a, bytes.n + 1);

    for (size_t i = 0; i < bytes.n; i++)
        copy[i] = bytes.p[i] >= 0x20 && bytes.p[i] < 0x7F ? bytes.p[i] : ' ';
    if (weir_str_find((struct weir_str){copy, bytes.n}, WEIR_S("exampel")) != SIZE_MAX)
        return; /* not what was planted */
    weir_buf_init(&b, a, 1 << 24);
    weir_buf_add(&b, WEIR_S("{\"extra\":{\"a\":"));
    {
        struct weir_buf text;
        struct weir_str t;

        weir_buf_init(&text, a, 1 << 24);
        weir_buf_add(&text, (struct weir_str){copy, bytes.n / 2});
        weir_buf_add(&text, WEIR_S(" maria.okafor@exampel-mail.org "));
        weir_buf_add(&text, (struct weir_str){copy + bytes.n / 2, bytes.n - bytes.n / 2});
        if (weir_buf_str(&text, &t) != 0)
            abort();
        weir_buf_json(&b, t);
    }
    weir_buf_add(&b, WEIR_S("}}"));
    if (weir_buf_str(&b, &in) != 0 || !scrub(a, WEIR_SCRUB_EVENT, in, &out))
        abort();
    if (weir_str_find(out, WEIR_S("maria.okafor@exampel-mail.org")) != SIZE_MAX)
        wrong("the canary lives", in, out);
}

static void text(struct weir_arena *a, struct weir_str in)
{
    struct weir_str out;

    if (weir_scrub_text(scrubber, plan, a, in, &out) != 0)
        abort();
}

static int swallow(void *self, struct weir_str bytes)
{
    *(size_t *)self += bytes.n;
    return 0;
}

static void stream(enum weir_stream_kind what, struct weir_str in)
{
    struct weir_scrub_stream *t;
    size_t written = 0;
    int rc = 0;

    if (weir_scrub_stream_sized(plan, what, WEIR_SCRUB_JSON, false, 256, swallow, &written, &t) !=
        0)
        abort();
    for (size_t at = 0; rc == 0 && at < in.n; at += 31)
        rc = weir_scrub_stream_feed(t, weir_str_sub(in, at, 31));
    if (rc == 0)
        rc = weir_scrub_stream_end(t);
    if (rc == WEIR_EUNSUPPORTED && written > 0)
        abort();
    weir_scrub_stream_free(t);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct weir_arena arena;
    struct weir_str in, out;

    if (scrubber == NULL) {
        prepare();
        weir_arena_init(&arena, (size_t)256 << 20);
    }
    if (size == 0 || size > 64 * 1024)
        return 0;
    in = (struct weir_str){(const char *)data + 1, size - 1};
    switch (data[0] >> 4) {
    case 8:
        planted(&arena, in);
        break;
    case 9:
        text(&arena, in);
        break;
    case 10:
        (void)!weir_scrub_attachment(scrubber, plan, &arena, WEIR_S("x"), in, &out);
        break;
    case 11:
        (void)!weir_scrub_recording(scrubber, plan, &arena, in, &out);
        break;
    case 12:
    case 13:
    case 14:
        stream((enum weir_stream_kind)((data[0] >> 4) - 12), in);
        break;
    default:
        document(&arena, (enum weir_scrub_kind)(data[0] % (WEIR_SCRUB_JSON + 1)), in);
        break;
    }
    weir_arena_reset(&arena);
    return 0;
}
