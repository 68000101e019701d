/* stream.c - the wall's streams: what a payload is, and which engine it
 * passes through. A stream has a scrubber of its own: what it remembers of
 * open containers refers to what that one has learnt, and the worker's
 * scrubber forgets plans that it has not used for long. */
#include "stream.h"

#include "attachment.h"
#include "minidump.h"
#include "recording.h"

#include <stdlib.h>

enum mode { SNIFF, JSON, TEXT, PASS, DUMP, RECORDING };
enum { SNIFF_BYTES = 4096 };

struct weir_scrub_stream {
    struct weir_scrubber *s;
    enum weir_stream_kind what;
    enum weir_scrub_kind kind;
    bool binary_ok;
    struct weir_out out;
    size_t window;
    enum mode mode;
    struct weir_engine engine;
    struct weir_recording *recording;
    char head[SNIFF_BYTES]; /* while it is not known what it is */
    size_t head_n;
    struct weir_scrub_stream *shadow; /* the same under the first shadow set, and so on */
    char *dump;                       /* a whole minidump */
    size_t dump_n, dump_room;
};

/* One without shadows. */
static int new_stream(const struct weir_scrub_plan *plan, enum weir_stream_kind what,
                      enum weir_scrub_kind kind, bool binary_ok, size_t window,
                      weir_scrub_out_fn *out, void *self, struct weir_scrub_stream **ret_stream)
{
    struct weir_scrub_stream *t = calloc(1, sizeof *t);
    int rc = WEIR_ENOMEM;

    if (t == NULL)
        return WEIR_ENOMEM;
    t->what = what;
    t->kind = kind;
    t->binary_ok = binary_ok;
    t->window = window;
    t->out = (struct weir_out){out, self};
    t->s = weir_scrubber_new();
    if (t->s != NULL)
        rc = weir_scrubber_use(t->s, plan);
    if (rc == 0 && what == WEIR_STREAM_RECORDING)
        rc = weir_recording_new(t->s, window, t->out, &t->recording);
    else if (rc == 0)
        rc = weir_engine_init(&t->engine, t->s, window, t->out);
    if (rc == 0 && what == WEIR_STREAM_JSON)
        rc = weir_engine_json_begin(&t->engine, kind, 0);
    if (rc != 0) {
        weir_scrub_stream_free(t);
        return rc;
    }
    t->mode = what == WEIR_STREAM_JSON ? JSON : what == WEIR_STREAM_RECORDING ? RECORDING : SNIFF;
    *ret_stream = t;
    return 0;
}

static int throw_away(void *self, struct weir_str bytes)
{
    (void)self;
    (void)bytes;
    return 0;
}

int weir_scrub_stream_sized(const struct weir_scrub_plan *plan, enum weir_stream_kind what,
                            enum weir_scrub_kind kind, bool binary_ok, size_t window,
                            weir_scrub_out_fn *out, void *self,
                            struct weir_scrub_stream **ret_stream)
{
    struct weir_scrub_stream *t, **next;
    int rc = new_stream(plan, what, kind, binary_ok, window, out, self, &t);

    if (rc != 0)
        return rc;
    next = &t->shadow;
    for (size_t i = 0; rc == 0 && i < plan->n_shadows; i++, next = &(*next)->shadow)
        rc = new_stream(plan->shadows[i], what, kind, binary_ok, window, throw_away, NULL, next);
    if (rc != 0) {
        weir_scrub_stream_free(t);
        return rc;
    }
    *ret_stream = t;
    return 0;
}

int weir_scrub_stream_new(struct weir_scrubber *s, const struct weir_scrub_plan *plan,
                          enum weir_stream_kind what, enum weir_scrub_kind kind, bool binary_ok,
                          weir_scrub_out_fn *out, void *self, struct weir_scrub_stream **ret_stream)
{
    (void)s; /* counts go to the calling thread's series in any case */
    return weir_scrub_stream_sized(plan, what, kind, binary_ok, WEIR_WINDOW, out, self, ret_stream);
}

void weir_scrub_stream_free(struct weir_scrub_stream *t)
{
    if (t == NULL)
        return;
    weir_scrub_stream_free(t->shadow);
    weir_recording_free(t->recording);
    weir_engine_destroy(&t->engine);
    if (t->dump_room > 0)
        weir_minidump_release(t->dump_room);
    free(t->dump);
    weir_scrubber_free(t->s);
    free(t);
}

/* An attachment that began like JSON and is none: its rest is text. */
static int rest_is_text(struct weir_scrub_stream *t, struct weir_str rest)
{
    t->mode = TEXT;
    t->engine.context = 0;
    return rest.n > 0 ? weir_engine_text_feed(&t->engine, rest) : 0;
}

static int feed_json(struct weir_scrub_stream *t, struct weir_str bytes)
{
    struct weir_str rest = {NULL, 0};
    int rc = weir_engine_json_feed(&t->engine, bytes, &rest);

    if (rc == WEIR_EINVAL && t->what == WEIR_STREAM_ATTACHMENT)
        return rest_is_text(t, rest);
    return rc;
}

static int feed_dump(struct weir_scrub_stream *t, struct weir_str bytes)
{
    if (bytes.n > t->dump_room - t->dump_n) {
        size_t room = t->dump_room > 0 ? t->dump_room * 2 : 1024 * 1024;
        char *more;

        while (room < t->dump_n + bytes.n && room <= WEIR_DUMP_BYTES)
            room *= 2;
        if (room > WEIR_DUMP_BYTES)
            room = WEIR_DUMP_BYTES;
        if (room < t->dump_n + bytes.n || !weir_minidump_reserve(t->dump_room, room - t->dump_room))
            return WEIR_EUNSUPPORTED;
        more = realloc(t->dump, room);
        if (more == NULL) {
            weir_minidump_release(room - t->dump_room);
            return WEIR_ENOMEM;
        }
        t->dump = more;
        t->dump_room = room;
    }
    memcpy(t->dump + t->dump_n, bytes.p, bytes.n);
    t->dump_n += bytes.n;
    return 0;
}

static int feed(struct weir_scrub_stream *t, struct weir_str bytes);

/* Enough is known to say what it is. */
static int decide(struct weir_scrub_stream *t)
{
    struct weir_str head = {t->head, t->head_n};
    int32_t state;
    int rc;

    rc = weir_scrub_attachment_state(t->s, WEIR_S(""), WEIR_T_STRING, &t->engine.state);
    if (rc == 0)
        rc = weir_scrub_attachment_state(t->s, WEIR_S(""), WEIR_T_OBJECT, &state);
    if (rc != 0)
        return rc;
    switch (weir_content_of(head)) {
    case WEIR_CONTENT_MINIDUMP:
        t->mode = DUMP;
        break;
    case WEIR_CONTENT_BINARY:
        if (!t->binary_ok)
            return WEIR_EUNSUPPORTED;
        t->mode = PASS;
        break;
    case WEIR_CONTENT_JSON:
        t->mode = JSON;
        rc = weir_engine_json_begin(&t->engine, WEIR_SCRUB_JSON, state);
        break;
    case WEIR_CONTENT_TEXT:
        t->mode = TEXT;
        break;
    }
    return rc != 0 || head.n == 0 ? rc : feed(t, head);
}

static int feed(struct weir_scrub_stream *t, struct weir_str bytes)
{
    switch (t->mode) {
    case JSON:
        return feed_json(t, bytes);
    case TEXT:
        return weir_engine_text_feed(&t->engine, bytes);
    case PASS:
        return t->out.fn(t->out.self, bytes);
    case DUMP:
        return feed_dump(t, bytes);
    case RECORDING:
        return weir_recording_feed(t->recording, bytes);
    case SNIFF:
        break;
    }
    return 0;
}

static int feed_one(struct weir_scrub_stream *t, struct weir_str bytes)
{
    if (t->mode == SNIFF) {
        size_t n = SNIFF_BYTES - t->head_n < bytes.n ? SNIFF_BYTES - t->head_n : bytes.n;
        int rc;

        if (n > 0)
            memcpy(t->head + t->head_n, bytes.p, n);
        t->head_n += n;
        bytes = weir_str_sub(bytes, n, SIZE_MAX);
        if (t->head_n < SNIFF_BYTES)
            return 0;
        rc = decide(t);
        if (rc != 0)
            return rc;
    }
    return bytes.n > 0 ? feed(t, bytes) : 0;
}

int weir_scrub_stream_feed(struct weir_scrub_stream *t, struct weir_str bytes)
{
    int rc = 0;

    for (; t != NULL && rc == 0; t = t->shadow)
        rc = feed_one(t, bytes);
    return rc;
}

static int end_dump(struct weir_scrub_stream *t)
{
    struct weir_arena arena;
    struct weir_str out;
    int rc;

    weir_arena_init(&arena, 3 * (size_t)WEIR_DUMP_BYTES);
    rc = weir_minidump_scrub(t->s, &arena, (struct weir_str){t->dump, t->dump_n}, &out);
    if (rc == 0)
        rc = t->out.fn(t->out.self, out);
    weir_arena_destroy(&arena);
    return rc;
}

static int end_one(struct weir_scrub_stream *t)
{
    int rc = t->mode == SNIFF ? decide(t) : 0;

    if (rc != 0)
        return rc;
    switch (t->mode) {
    case JSON:
        rc = weir_engine_json_end(&t->engine);
        if (rc != WEIR_EINVAL || t->what != WEIR_STREAM_ATTACHMENT)
            return rc;
        t->mode = TEXT;
        t->engine.context = 0;
        return weir_engine_text_end(&t->engine);
    case TEXT:
        return weir_engine_text_end(&t->engine);
    case DUMP:
        return end_dump(t);
    case RECORDING:
        return weir_recording_end(t->recording);
    default:
        return 0;
    }
}

int weir_scrub_stream_end(struct weir_scrub_stream *t)
{
    int rc = 0;

    for (; t != NULL && rc == 0; t = t->shadow)
        rc = end_one(t);
    return rc;
}
