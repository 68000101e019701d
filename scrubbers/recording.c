/* recording.c - inflate, scrub, deflate, a window at a time. */
#include "recording.h"

#include <stdlib.h>
#include <zlib.h>

enum {
    HEADER_BYTES = 64 * 1024,
    CHUNK = 16 * 1024,
    LEVEL = 6 /* as the SDKs do */
};

/* More than any recording inflates to; a bomb ends here. */
static const uint64_t max_inflated = (uint64_t)512 * 1024 * 1024;

enum phase { IN_HEADER, AT_BODY, IN_PLAIN, IN_ZLIB, AFTER };

struct weir_recording {
    struct weir_scrubber *s;
    struct weir_out out;
    struct weir_engine json;
    enum phase phase;
    char header[HEADER_BYTES];
    size_t header_n;
    z_stream in, def;
    bool in_open, def_open;
    uint64_t inflated;
    uint8_t chunk[CHUNK], packed[CHUNK];
};

/* Deflates once and writes what came out; zlib's answer in *ret_z. */
static int pack_some(struct weir_recording *r, int flush, int *ret_z)
{
    size_t n;

    r->def.next_out = r->packed;
    r->def.avail_out = CHUNK;
    *ret_z = deflate(&r->def, flush);
    if (*ret_z != Z_OK && *ret_z != Z_STREAM_END)
        return WEIR_ENOMEM;
    n = CHUNK - r->def.avail_out;
    return n > 0 ? r->out.fn(r->out.self, (struct weir_str){(const char *)r->packed, n}) : 0;
}

/* weir_scrub_out_fn: scrubbed JSON, deflated on when it came so. */
static int pack(void *self, struct weir_str bytes)
{
    struct weir_recording *r = self;
    int rc = 0, z;

    if (r->phase == IN_PLAIN)
        return r->out.fn(r->out.self, bytes);
    r->def.next_in = (Bytef *)(uintptr_t)bytes.p;
    r->def.avail_in = (uInt)bytes.n;
    while (rc == 0 && r->def.avail_in > 0)
        rc = pack_some(r, Z_NO_FLUSH, &z);
    return rc;
}

static int finish_pack(struct weir_recording *r)
{
    int rc = 0;

    for (int z = Z_OK; rc == 0 && z != Z_STREAM_END;)
        rc = pack_some(r, Z_FINISH, &z);
    return rc;
}

int weir_recording_new(struct weir_scrubber *s, size_t window, struct weir_out out,
                       struct weir_recording **ret_recording)
{
    struct weir_recording *r = calloc(1, sizeof *r);

    if (r == NULL)
        return WEIR_ENOMEM;
    r->s = s;
    r->out = out;
    if (weir_engine_init(&r->json, s, window, (struct weir_out){pack, r}) != 0) {
        free(r);
        return WEIR_ENOMEM;
    }
    *ret_recording = r;
    return 0;
}

void weir_recording_free(struct weir_recording *r)
{
    if (r == NULL)
        return;
    if (r->in_open)
        inflateEnd(&r->in);
    if (r->def_open)
        deflateEnd(&r->def);
    weir_engine_destroy(&r->json);
    free(r);
}

/* The line before the body is JSON of its own. */
static int header_done(struct weir_recording *r)
{
    struct weir_json_doc doc;
    struct weir_str text;
    int rc = weir_scrub_json_at(r->s, WEIR_SCRUB_REPLAY, 0, &r->json.arena,
                                (struct weir_str){r->header, r->header_n}, &doc);

    if (rc == 0)
        rc = weir_json_doc_write(&doc, &r->json.arena, SIZE_MAX / 2, &text);
    if (rc == 0)
        rc = r->out.fn(r->out.self, text);
    if (rc == 0)
        rc = r->out.fn(r->out.self, WEIR_S("\n"));
    weir_arena_reset(&r->json.arena);
    r->phase = AT_BODY;
    return rc;
}

static int feed_header(struct weir_recording *r, struct weir_str *bytes)
{
    const char *end = memchr(bytes->p, '\n', bytes->n);
    size_t n = end != NULL ? (size_t)(end - bytes->p) : bytes->n;

    if (n > HEADER_BYTES - r->header_n)
        return WEIR_EINVAL;
    memcpy(r->header + r->header_n, bytes->p, n);
    r->header_n += n;
    *bytes = weir_str_sub(*bytes, end != NULL ? n + 1 : n, SIZE_MAX);
    return end != NULL ? header_done(r) : 0;
}

/* The first byte tells which of the two the body is. */
static int body_begins(struct weir_recording *r, struct weir_str bytes)
{
    int rc = weir_engine_json_begin(&r->json, WEIR_SCRUB_JSON, 0);

    if (rc != 0)
        return rc;
    if (bytes.p[0] != 0x78) {
        r->phase = IN_PLAIN;
        return 0;
    }
    r->phase = IN_ZLIB;
    r->in_open = inflateInit(&r->in) == Z_OK;
    r->def_open = deflateInit(&r->def, LEVEL) == Z_OK;
    return r->in_open && r->def_open ? 0 : WEIR_ENOMEM;
}

static int feed_json(struct weir_recording *r, struct weir_str bytes)
{
    struct weir_str rest;

    return weir_engine_json_feed(&r->json, bytes, &rest);
}

static int feed_zlib(struct weir_recording *r, struct weir_str bytes)
{
    r->in.next_in = (Bytef *)(uintptr_t)bytes.p;
    r->in.avail_in = (uInt)bytes.n;
    for (;;) {
        size_t n;
        int z, rc;

        r->in.next_out = r->chunk;
        r->in.avail_out = CHUNK;
        z = inflate(&r->in, Z_NO_FLUSH);
        if (z != Z_OK && z != Z_STREAM_END && z != Z_BUF_ERROR)
            return WEIR_EINVAL;
        n = CHUNK - r->in.avail_out;
        r->inflated += n;
        if (r->inflated > max_inflated)
            return WEIR_ELIMIT;
        rc = n > 0 ? feed_json(r, (struct weir_str){(const char *)r->chunk, n}) : 0;
        if (rc != 0)
            return rc;
        if (z == Z_STREAM_END) {
            r->phase = AFTER;
            rc = weir_engine_json_end(&r->json);
            return rc != 0 ? rc : finish_pack(r);
        }
        if (r->in.avail_out > 0 && r->in.avail_in == 0)
            return 0;
    }
}

int weir_recording_feed(struct weir_recording *r, struct weir_str bytes)
{
    while (bytes.n > 0) {
        int rc = 0;

        switch (r->phase) {
        case IN_HEADER:
            rc = feed_header(r, &bytes);
            if (rc != 0)
                return rc;
            break;
        case AT_BODY:
            rc = body_begins(r, bytes);
            if (rc != 0)
                return rc;
            break;
        case IN_PLAIN:
            return feed_json(r, bytes);
        case IN_ZLIB:
            return feed_zlib(r, bytes);
        case AFTER: /* nothing belongs behind the end */
            return 0;
        }
    }
    return 0;
}

int weir_recording_end(struct weir_recording *r)
{
    switch (r->phase) {
    case IN_HEADER:
        return r->header_n > 0 ? header_done(r) : 0;
    case IN_PLAIN:
        return weir_engine_json_end(&r->json);
    case IN_ZLIB:
        return WEIR_EINVAL; /* cut short */
    default:
        return 0;
    }
}

/* ---- in memory ------------------------------------------------------------------ */

static int collect(void *self, struct weir_str bytes)
{
    struct weir_buf *b = self;

    weir_buf_add(b, bytes);
    return b->failed;
}

static int scrub(struct weir_scrubber *s, const struct weir_scrub_plan *plan, struct weir_arena *a,
                 struct weir_str in, struct weir_str *ret_out)
{
    struct weir_recording *r;
    struct weir_buf out;
    int rc = weir_scrubber_use(s, plan);

    if (rc != 0)
        return rc;
    weir_buf_init(&out, a, SIZE_MAX / 2);
    rc = weir_recording_new(s, WEIR_WINDOW, (struct weir_out){collect, &out}, &r);
    if (rc != 0)
        return rc;
    rc = weir_recording_feed(r, in);
    if (rc == 0)
        rc = weir_recording_end(r);
    weir_recording_free(r);
    return rc != 0 ? rc : weir_buf_str(&out, ret_out);
}

int weir_scrub_recording(struct weir_scrubber *s, const struct weir_scrub_plan *plan,
                         struct weir_arena *a, struct weir_str in, struct weir_str *ret_out)
{
    int rc = scrub(s, plan, a, in, ret_out);

    for (size_t i = 0; rc == 0 && i < plan->n_shadows; i++) {
        struct weir_str shadow;

        rc = scrub(s, plan->shadows[i], a, in, &shadow);
    }
    return rc;
}
