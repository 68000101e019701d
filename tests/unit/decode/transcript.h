/* transcript.h - a sink that writes down what a decoder told it, one line a
 * call, so that a table can hold what is expected:
 *
 *   header {"event_id":"..."} id=...
 *   item event {"type":"event"} | {"message":"hi"}
 *   begin attachment ... / data (joined) / end */
#ifndef WEIR_TESTS_TRANSCRIPT_H
#define WEIR_TESTS_TRANSCRIPT_H

#include "weir/decode.h"
#include "weir/text.h"

#include <stdio.h>
#include <stdlib.h>

struct transcript {
    struct weir_arena arena; /* of the transcript, not of the request */
    struct weir_buf text;
    size_t streamed; /* bytes of the item between begin and end */
    uint64_t sum;    /* a checksum of them */
    int refuse;      /* what item() returns */
};

static int transcript_header(void *self, const struct weir_envelope_header *h)
{
    struct transcript *t = self;

    weir_buf_printf(&t->text, "header %.*s id=%.*s dsn=%.*s sent_at=%.*s\n", WEIR_FMT(h->raw),
                    WEIR_FMT(h->event_id), WEIR_FMT(h->dsn), WEIR_FMT(h->sent_at));
    return 0;
}

static void transcript_about(struct transcript *t, const char *what, const struct weir_item *it)
{
    weir_buf_printf(&t->text, "%s %s %.*s", what, weir_item_type_name(it->type),
                    WEIR_FMT(it->header));
    if (it->filename.n > 0)
        weir_buf_printf(&t->text, " filename=%.*s", WEIR_FMT(it->filename));
    if (it->content_type.n > 0)
        weir_buf_printf(&t->text, " content_type=%.*s", WEIR_FMT(it->content_type));
    if (it->attachment_type.n > 0)
        weir_buf_printf(&t->text, " attachment_type=%.*s", WEIR_FMT(it->attachment_type));
    if (it->item_count > 0)
        weir_buf_printf(&t->text, " item_count=%u", (unsigned)it->item_count);
    if (it->trace_id.n > 0)
        weir_buf_printf(&t->text, " trace=%.*s", WEIR_FMT(it->trace_id));
    if (it->project.n > 0)
        weir_buf_printf(&t->text, " project=%.*s", WEIR_FMT(it->project));
}

static int transcript_item(void *self, const struct weir_item *it)
{
    struct transcript *t = self;

    transcript_about(t, "item", it);
    weir_buf_add(&t->text, WEIR_S(" | "));
    weir_buf_add(&t->text, it->payload);
    weir_buf_char(&t->text, '\n');
    return t->refuse;
}

static int transcript_begin(void *self, const struct weir_item *it)
{
    struct transcript *t = self;

    transcript_about(t, "begin", it);
    weir_buf_char(&t->text, '\n');
    t->streamed = 0;
    t->sum = 0;
    return 0;
}

static int transcript_data(void *self, struct weir_str bytes)
{
    struct transcript *t = self;

    for (size_t i = 0; i < bytes.n; i++)
        t->sum = t->sum * 31 + (unsigned char)bytes.p[i];
    t->streamed += bytes.n;
    return 0;
}

static int transcript_end(void *self)
{
    struct transcript *t = self;

    weir_buf_printf(&t->text, "end %zu bytes, sum %llx\n", t->streamed, (unsigned long long)t->sum);
    return 0;
}

static struct weir_sink transcript_sink(struct transcript *t)
{
    weir_arena_init(&t->arena, 64 * 1024 * 1024);
    weir_buf_init(&t->text, &t->arena, 32 * 1024 * 1024);
    t->refuse = 0;
    return (struct weir_sink){transcript_header, transcript_item, transcript_begin,
                              transcript_data,   transcript_end,  t};
}

/* A decoder's surroundings: arena, reader, input, sink, transcript. */
struct bench {
    struct weir_arena arena;
    struct weir_decode_input in;
    struct transcript t;
    struct weir_sink sink;
    struct weir_decoder *d;
};

static void bench_open(struct bench *b)
{
    memset(b, 0, sizeof *b);
    weir_arena_init(&b->arena, 128 * 1024 * 1024);
    b->in.arena = &b->arena;
    b->in.reader = weir_json_reader_new();
    b->in.max_items = 500;
    b->in.received_ms = 1700000000123;
    b->in.default_project = WEIR_S("1");
    b->sink = transcript_sink(&b->t);
}

static void bench_close(struct bench *b)
{
    weir_json_reader_free(b->in.reader);
    weir_arena_destroy(&b->arena);
    weir_arena_destroy(&b->t.arena);
}

/* Feeds `body` in pieces of `step` bytes (0: whole) from exact copies that are
 * freed at once when fed in pieces, so that ASan sees what must not be kept. */
static inline int bench_run(struct bench *b, enum weir_format f, struct weir_str body, size_t step)
{
    size_t at = 0;
    int err = 0;

    b->d = weir_decoder_new(f, &b->in, &b->sink);
    if (b->d == NULL)
        return WEIR_ENOMEM;
    if (step == 0)
        return weir_decoder_feed(b->d, body, true);
    do {
        struct weir_str piece = weir_str_sub(body, at, step);
        char *copy = malloc(piece.n > 0 ? piece.n : 1);

        memcpy(copy, piece.n > 0 ? piece.p : "", piece.n);
        at += piece.n;
        err = weir_decoder_feed(b->d, (struct weir_str){copy, piece.n}, at == body.n);
        free(copy);
    } while (err == 0 && at < body.n);
    return err;
}

static inline struct weir_str bench_text(const struct bench *b)
{
    return (struct weir_str){b->t.text.p, b->t.text.n};
}

#endif
