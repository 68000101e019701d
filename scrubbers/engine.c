/* engine.c - JSON and text of any length through one window.
 *
 * JSON: tokens are walked as they become complete; all that they cover is
 * written with its edits, and the window moves on. A string that is longer
 * than the window cannot be judged: its bytes are dropped as they come, and
 * the reader sees "[Filtered]" in its place.
 *
 * Text: the window is judged as a whole and written up to a cut that lies
 * at least OVERLAP bytes before its end, behind a line break if there is
 * one, and in no hit. What is behind the cut is judged again with what
 * follows; a little of what is before it stays in the window as context, for
 * detectors that look back. So a match that straddles a cut is found, as
 * long as it is shorter than the overlap; a private key, which is longer,
 * moves the cut to its begin. */
#include "stream.h"

#include "redact.h"

#include "weir/text.h"

#include <stdlib.h>

enum { OVERLAP = 8 * 1024, CONTEXT = 256 };

int weir_engine_init(struct weir_engine *e, struct weir_scrubber *s, size_t window,
                     struct weir_out out)
{
    memset(e, 0, sizeof *e);
    e->s = s;
    e->out = out;
    e->room = window;
    /* a window, its text, its replacements, quoted */
    weir_arena_init(&e->arena, window * 64 + 1024 * 1024);
    e->buf = malloc(window);
    e->walk = weir_walk_new();
    e->reader = weir_json_reader_new();
    if (e->buf == NULL || e->walk == NULL || e->reader == NULL) {
        weir_engine_destroy(e);
        return WEIR_ENOMEM;
    }
    return 0;
}

void weir_engine_destroy(struct weir_engine *e)
{
    free(e->buf);
    weir_walk_free(e->walk);
    weir_json_reader_free(e->reader);
    weir_arena_destroy(&e->arena);
    memset(e, 0, sizeof *e);
}

static int emit(struct weir_engine *e, struct weir_str bytes)
{
    return bytes.n > 0 ? e->out.fn(e->out.self, bytes) : 0;
}

/* Takes what fits of `bytes`. */
static void fill(struct weir_engine *e, struct weir_str *bytes)
{
    size_t n = e->room - e->n < bytes->n ? e->room - e->n : bytes->n;

    if (n > 0)
        memcpy(e->buf + e->n, bytes->p, n);
    e->n += n;
    *bytes = weir_str_sub(*bytes, n, SIZE_MAX);
}

static void drop(struct weir_engine *e, size_t n)
{
    memmove(e->buf, e->buf + n, e->n - n);
    e->n -= n;
}

/* A value that could not be judged has no rule: it has a name of its own. */
static void count_giant(struct weir_engine *e)
{
    const struct weir_scrub_plan *plan = e->s->mem->plan;
    const struct weir_str labels[] = {plan->n_slots > 0 ? plan->slots[0].leaf->ruleset
                                                        : WEIR_S("none"),
                                      WEIR_S("too_long"), WEIR_S("replace"), WEIR_S("enforce")};
    struct weir_series *series = weir_metric(WEIR_M_SCRUB_MATCHES, labels, 4);

    if (series != NULL)
        weir_count(series, 1);
}

/* ---- JSON --------------------------------------------------------------------- */

int weir_engine_json_begin(struct weir_engine *e, enum weir_scrub_kind kind, int32_t state)
{
    e->base = 0;
    e->ended = false;
    weir_edits_init(&e->edits, &e->arena);
    e->s->meta = NULL;
    weir_walk_begin(e->walk, e->s, kind, state, &e->edits, NULL);
    weir_json_begin(e->reader, NULL, false);
    return 0;
}

/* Writes what the reader is done with and moves the window. */
static int flush_json(struct weir_engine *e, size_t pos)
{
    struct weir_str window = {e->buf, e->n}, text;
    size_t done = pos - e->base;
    struct weir_buf b;
    int rc;

    if (e->edits.n == 0) {
        rc = emit(e, weir_str_sub(window, 0, done));
    } else {
        weir_buf_init(&b, &e->arena, SIZE_MAX / 2);
        rc = weir_edits_gather(&e->edits, window, e->base, e->base, pos, &b);
        if (rc == 0)
            rc = weir_buf_str(&b, &text);
        if (rc == 0)
            rc = emit(e, text);
    }
    weir_scrubber_flush(e->s, done);
    drop(e, done);
    e->base = pos;
    weir_arena_reset(&e->arena);
    weir_edits_init(&e->edits, &e->arena);
    return rc;
}

/* All tokens that the window holds. 1: the document is complete. */
static int read_tokens(struct weir_engine *e, bool last)
{
    weir_walk_window(e->walk, (struct weir_str){e->buf, e->n}, e->base);
    weir_json_window(e->reader, (struct weir_str){e->buf, e->n}, e->base, last);
    for (;;) {
        struct weir_json_token t;
        int rc;

        switch (weir_json_next(e->reader, &t)) {
        case WEIR_JSON_MORE:
            return 0;
        case WEIR_JSON_END:
            return 1;
        case WEIR_JSON_ERROR:
            return WEIR_EINVAL;
        default:
            rc = weir_walk_token(e->walk, &t);
            if (rc != 0)
                return rc;
        }
    }
}

/* The window is full of one token. If that is a string, its begin gives way
 * to a short one and the rest will be dropped; anything else of that length
 * is no number anybody means. */
static int begin_giant(struct weir_engine *e)
{
    const struct weir_str with = WEIR_S("\"[Filtered]");
    size_t i = 0;

    while (i < e->n && strchr(" \t\r\n,:", e->buf[i]) != NULL && e->buf[i] != '\0')
        i++;
    if (i + with.n >= e->n || e->buf[i] != '"')
        return i + with.n >= e->n ? 0 : WEIR_EINVAL;
    e->escaped = false;
    for (size_t k = i + 1; k < e->n; k++)
        e->escaped = e->buf[k] == '\\' && !e->escaped;
    memcpy(e->buf + i, with.p, with.n);
    e->n = i + with.n;
    e->giant = true;
    count_giant(e);
    return 0;
}

/* Drops the bytes of a giant string; its closing quote stays. */
static void skip_giant(struct weir_engine *e, struct weir_str *bytes)
{
    size_t i;

    for (i = 0; i < bytes->n; i++) {
        if (bytes->p[i] == '"' && !e->escaped) {
            e->giant = false;
            break;
        }
        e->escaped = bytes->p[i] == '\\' && !e->escaped;
    }
    *bytes = weir_str_sub(*bytes, i, SIZE_MAX);
}

static int step_json(struct weir_engine *e, bool last)
{
    int rc = read_tokens(e, last);
    size_t pos = weir_json_pos(e->reader);

    if (rc < 0 && rc != WEIR_EINVAL)
        return rc;
    e->ended = rc == 1;
    if (pos > e->base + e->n)
        pos = e->base + e->n;
    if (pos > e->base) {
        int wrote = flush_json(e, pos);

        return wrote != 0 ? wrote : rc < 0 ? rc : 0;
    }
    return rc < 0 ? rc : 0;
}

int weir_engine_json_feed(struct weir_engine *e, struct weir_str bytes, struct weir_str *ret_rest)
{
    while (bytes.n > 0) {
        int rc;

        if (e->giant) {
            skip_giant(e, &bytes);
            continue;
        }
        fill(e, &bytes);
        if (e->n < e->room)
            break;
        *ret_rest = bytes;
        rc = step_json(e, false);
        if (rc == 0 && e->n == e->room)
            rc = begin_giant(e);
        if (rc != 0)
            return rc;
    }
    *ret_rest = bytes;
    return 0;
}

int weir_engine_json_end(struct weir_engine *e)
{
    int rc = e->giant ? WEIR_EINVAL : step_json(e, true);

    if (rc != 0)
        return rc;
    return e->ended ? emit(e, (struct weir_str){e->buf, e->n}) : WEIR_EINVAL;
}

/* ---- text ---------------------------------------------------------------------- */

/* Behind the last line break, else blank, in [from, to); `to`: none. */
static size_t break_before(const struct weir_engine *e, size_t from, size_t to)
{
    static const char breaks[] = {'\n', ' ', ';', ','};

    for (size_t k = 0; k < sizeof breaks; k++)
        for (size_t i = to; i > from; i--)
            if (e->buf[i - 1] == breaks[k])
                return i;
    /* not within a character */
    while (to > from && ((uint8_t)e->buf[to] & 0xC0) == 0x80)
        to--;
    return to;
}

/* Up to where may be written: all, when nothing follows. */
static size_t cut_of(const struct weir_engine *e, bool last)
{
    size_t overlap = e->room > 4 * OVERLAP ? OVERLAP : e->room / 4, cut;

    if (last || e->n <= e->context + overlap)
        return e->n;
    cut = break_before(e, e->context + (e->n - e->context) / 2, e->n - overlap);
    for (size_t i = 0; i < e->s->n_hits; i++)
        if (e->s->hits[i].start < cut && e->s->hits[i].end > cut)
            cut = e->s->hits[i].start;
    return cut;
}

/* Writes [context, cut) with its hits. */
static int write_text(struct weir_engine *e, size_t cut)
{
    const struct weir_scrub_plan *plan = e->s->mem->plan;
    struct weir_buf b;
    struct weir_str text;
    size_t at = e->context;
    int rc;

    weir_buf_init(&b, &e->arena, SIZE_MAX / 2);
    for (size_t i = 0; i < e->s->n_hits; i++) {
        struct weir_hit h = e->s->hits[i];

        if (h.end <= at || h.start >= cut)
            continue;
        if (h.start < at)
            h.start = at;
        weir_buf_add(&b, (struct weir_str){e->buf + at, h.start - at});
        if (h.whole)
            weir_buf_add(&b, WEIR_S("[Filtered]"));
        else
            weir_redact(plan, plan->slots[h.slot].leaf,
                        (struct weir_str){e->buf + h.start, h.end - h.start}, &b);
        weir_scrubber_count(e->s, h.slot);
        at = h.end;
    }
    if (at < cut)
        weir_buf_add(&b, (struct weir_str){e->buf + at, cut - at});
    rc = weir_buf_str(&b, &text);
    return rc != 0 ? rc : emit(e, text);
}

/* Inside a private key whose begin has gone: drop up to its end. */
static void skip_pem(struct weir_engine *e, bool last)
{
    size_t end = weir_str_find((struct weir_str){e->buf + e->context, e->n - e->context},
                               WEIR_S("-----END"));

    if (end != SIZE_MAX) {
        drop(e, e->context + end);
        e->pem = false;
    } else {
        /* its first bytes may stand at the end of the window */
        drop(e, last || e->n < 16 ? e->n : e->n - 16);
    }
    e->context = 0;
}

static int step_text(struct weir_engine *e, bool last)
{
    const struct weir_menu *menu = weir_scrubber_menu(e->s, e->state, WEIR_CLASS_TEXT);
    struct weir_str text;
    uint32_t classes;
    size_t cut, context;
    int rc;

    if (menu == NULL)
        return WEIR_ENOMEM;
    if (e->pem)
        skip_pem(e, last);
    if (e->pem)
        return 0;
    text = (struct weir_str){e->buf, e->n};
    classes = weir_prefilter(text.p, text.n);
    rc = weir_judge_run(e->s, menu, text, classes, false);
    if (rc != 0)
        return rc;
    cut = cut_of(e, last);
    if (cut <= e->context) {
        /* one hit fills the window: it goes now, and so does its rest */
        cut = e->n;
        e->pem = !last && e->s->n_hits > 0 &&
                 e->s->mem->plan->slots[e->s->hits[e->s->n_hits - 1].slot].leaf->type ==
                     WEIR_RULE_PEMKEY;
    }
    rc = write_text(e, cut);
    weir_scrubber_flush(e->s, cut - e->context);
    weir_arena_reset(&e->arena);
    context = e->room / 8 < CONTEXT ? e->room / 8 : CONTEXT;
    if (cut > context && !last) {
        drop(e, cut - context);
        cut = context;
    }
    e->context = cut;
    return rc;
}

int weir_engine_text_feed(struct weir_engine *e, struct weir_str bytes)
{
    while (bytes.n > 0) {
        int rc;

        fill(e, &bytes);
        if (e->n < e->room)
            break;
        rc = step_text(e, false);
        if (rc != 0)
            return rc;
    }
    return 0;
}

int weir_engine_text_end(struct weir_engine *e)
{
    return step_text(e, true);
}
