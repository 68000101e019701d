/* stream.h - the engines behind weir_scrub_stream (private to scrubbers/).
 *
 *   bytes -> [window] -> scrubbed bytes
 *
 * Each engine owns one window of `window` bytes and an arena that is reset
 * with it, so its memory does not grow with the payload. */
#ifndef WEIR_SCRUB_STREAM_H
#define WEIR_SCRUB_STREAM_H

#include "walk.h"

enum { WEIR_WINDOW = 256 * 1024 };

/* Where scrubbed bytes go. */
struct weir_out {
    weir_scrub_out_fn *fn;
    void *self;
};

struct weir_engine {
    struct weir_scrubber *s; /* its plan in use */
    struct weir_walk *walk;
    struct weir_json_reader *reader;
    struct weir_arena arena;
    struct weir_edits edits;
    struct weir_out out;
    char *buf;
    size_t n, room;
    size_t base;    /* JSON: offset of buf in the document */
    size_t context; /* text: bytes at the front that have been written */
    bool ended;     /* JSON: the document is complete */
    bool giant;     /* JSON: inside a string longer than the window */
    bool escaped;   /*       whose last byte was a backslash */
    bool pem;       /* text: inside a key longer than the window */
    int32_t state;  /* of the selectors, for text */
};

int weir_engine_init(struct weir_engine *e, struct weir_scrubber *s, size_t window,
                     struct weir_out out) WEIR_MUST_CHECK;
void weir_engine_destroy(struct weir_engine *e);

/* JSON: one document. WEIR_EINVAL when it is broken; what was good has been
 * written, and e->buf holds the rest. */
int weir_engine_json_begin(struct weir_engine *e, enum weir_scrub_kind kind,
                           int32_t state) WEIR_MUST_CHECK;
int weir_engine_json_feed(struct weir_engine *e, struct weir_str bytes,
                          struct weir_str *ret_rest) WEIR_MUST_CHECK;
int weir_engine_json_end(struct weir_engine *e) WEIR_MUST_CHECK;
/* Text. What is in the window already is the begin. */
int weir_engine_text_feed(struct weir_engine *e, struct weir_str bytes) WEIR_MUST_CHECK;
int weir_engine_text_end(struct weir_engine *e) WEIR_MUST_CHECK;

/* As weir_scrub_stream_new() with windows of a given size, for tests. */
int weir_scrub_stream_sized(const struct weir_scrub_plan *plan, enum weir_stream_kind what,
                            enum weir_scrub_kind kind, bool binary_ok, size_t window,
                            weir_scrub_out_fn *out, void *self,
                            struct weir_scrub_stream **ret_stream) WEIR_MUST_CHECK;

#endif
