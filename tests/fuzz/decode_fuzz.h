/* decode_fuzz.h - what the fuzzers of decoders share: a sink that folds all
 * it is told into one number, and insists that items which weir itself wrote
 * are valid JSON objects. */
#ifndef WEIR_TESTS_DECODE_FUZZ_H
#define WEIR_TESTS_DECODE_FUZZ_H

#include "weir/decode.h"

#include <stdlib.h>

struct fold {
    struct weir_json_reader *reader;
    uint64_t sum;
    unsigned calls;
};

static void fold_in(struct fold *f, struct weir_str s)
{
    for (size_t i = 0; i < s.n; i++)
        f->sum = (f->sum ^ (unsigned char)s.p[i]) * 1099511628211u;
}

/* Marks the end of a field, so that "ab","c" is not "a","bc". */
static void fold_field(struct fold *f, struct weir_str s)
{
    fold_in(f, s);
    f->sum = (f->sum ^ 0x100) * 1099511628211u;
}

static int fold_header(void *self, const struct weir_envelope_header *h)
{
    struct fold *f = self;

    f->calls++;
    fold_field(f, h->raw);
    fold_field(f, h->event_id);
    fold_field(f, h->dsn);
    fold_field(f, h->sent_at);
    return 0;
}

static void fold_about(struct fold *f, const struct weir_item *it)
{
    f->calls++;
    fold_field(f, it->type_name);
    fold_field(f, it->header);
    fold_field(f, it->content_type);
    fold_field(f, it->filename);
    fold_field(f, it->attachment_type);
    fold_field(f, it->trace_id);
    fold_field(f, it->project);
}

static int fold_item(void *self, const struct weir_item *it)
{
    struct fold *f = self;

    fold_about(f, it);
    fold_field(f, it->payload);
    if (it->header.n == 2 && it->type != WEIR_ITEM_ATTACHMENT) {
        struct weir_arena a;
        struct weir_json_doc doc;

        weir_arena_init(&a, 64 << 20);
        if (weir_json_members(f->reader, &a, it->payload, &doc) != 0)
            abort();
        weir_arena_destroy(&a);
    }
    return 0;
}

static int fold_begin(void *self, const struct weir_item *it)
{
    fold_about(self, it);
    return 0;
}

static int fold_data(void *self, struct weir_str bytes)
{
    fold_in(self, bytes);
    return 0;
}

static int fold_end(void *self)
{
    fold_field(self, (struct weir_str){"", 0});
    return 0;
}

struct fuzz_run {
    int err;
    struct fold fold;
    const char *error;
    size_t offset;
    size_t accepted, n_rejects;
};

/* Feeds `body` in pieces of `step` bytes (0: whole). */
static struct fuzz_run fuzz_decode(enum weir_format format, struct weir_decode_input in,
                                   struct weir_str body, size_t step)
{
    struct fuzz_run run = {0};
    struct weir_arena arena;
    struct weir_sink sink = {fold_header, fold_item, fold_begin, fold_data, fold_end, &run.fold};
    struct weir_decoder *d;
    size_t at = 0;

    weir_arena_init(&arena, 256 << 20);
    in.arena = &arena;
    in.reader = weir_json_reader_new();
    in.max_items = in.max_items != 0 ? in.max_items : 100;
    in.received_ms = 1700000000123;
    run.fold.reader = weir_json_reader_new();
    d = weir_decoder_new(format, &in, &sink);
    if (step == 0)
        step = body.n > 0 ? body.n : 1;
    do {
        /* Pieces are exact copies that are gone afterwards, as a network's
         * buffer is; a whole body stays. */
        struct weir_str piece = weir_str_sub(body, at, step);
        char *copy = malloc(piece.n > 0 ? piece.n : 1);

        memcpy(copy, piece.n > 0 ? piece.p : "", piece.n);
        at += piece.n;
        if (step >= body.n)
            run.err = weir_decoder_feed(d, body, true);
        else
            run.err = weir_decoder_feed(d, (struct weir_str){copy, piece.n}, at == body.n);
        free(copy);
    } while (run.err == 0 && at < body.n);
    run.error = weir_decoder_result(d)->error;
    run.offset = weir_decoder_result(d)->error_offset;
    run.accepted = weir_decoder_result(d)->accepted;
    run.n_rejects = weir_decoder_result(d)->n_rejects;
    weir_json_reader_free(in.reader);
    weir_json_reader_free(run.fold.reader);
    weir_arena_destroy(&arena);
    return run;
}

/* Both saw the same; `ids`: event ids are made up, so texts differ. */
static void fuzz_same(const struct fuzz_run *a, const struct fuzz_run *b, bool ids)
{
    if (a->err != b->err || a->error != b->error || a->accepted != b->accepted ||
        a->n_rejects != b->n_rejects || a->fold.calls != b->fold.calls)
        abort();
    if (!ids && (a->fold.sum != b->fold.sum || a->offset != b->offset))
        abort();
}

#endif
