/* settle.c - scrubbing twice equals once.
 *
 * What one rule puts in place may make another match that did not before: a
 * quote that closed a value has gone, a word now stands where a number was.
 * Whoever scrubs next, another weir or the backend, would find it. So a text
 * in which something was found is judged again as it will leave, until
 * nothing new is found:
 *
 *   text     ......[--a--]...[-b-].....      hits
 *   outcome  ......[aa]...[bbbb].....        as it would leave
 *   again    ...[----c----].............     found in that
 *   hits     ...[-----c---]..[-b-].....      of the text: c swallows a
 *
 * What is found within one replacement (the hex of a hash is a token of high
 * entropy) is none: that is what was asked for. */
#include "redact.h"
#include "scrubber.h"

#include "weir/text.h"

#include <stdlib.h>

enum { ROUNDS = 4 };

/* A hit of the rounds so far, and where its replacement stands. */
struct weir_kept {
    struct weir_hit hit;
    size_t start, end;
};

static bool keep_hits(struct weir_scrubber *s)
{
    if (s->room_kept < s->n_hits) {
        struct weir_kept *more = realloc(s->kept, s->room_hits * sizeof *more);

        if (more == NULL)
            return false;
        s->kept = more;
        s->room_kept = s->room_hits;
    }
    for (size_t i = 0; i < s->n_hits; i++)
        s->kept[i].hit = s->hits[i];
    return true;
}

/* The text as it would leave. */
static int outcome(struct weir_scrubber *s, struct weir_str text, size_t n_kept,
                   struct weir_str *ret_text)
{
    struct weir_buf out;
    size_t at = 0;

    weir_buf_init(&out, &s->scratch, SIZE_MAX / 2);
    for (size_t i = 0; i < n_kept; i++) {
        struct weir_kept *k = &s->kept[i];

        weir_buf_add(&out, weir_str_sub(text, at, k->hit.start - at));
        k->start = out.n;
        weir_redact(s->mem->plan, s->mem->plan->slots[k->hit.slot].leaf,
                    weir_str_sub(text, k->hit.start, k->hit.end - k->hit.start), &out);
        k->end = out.n;
        at = k->hit.end;
    }
    weir_buf_add(&out, weir_str_sub(text, at, SIZE_MAX));
    return weir_buf_str(&out, ret_text);
}

/* Is the hit within a replacement? */
static bool inside(const struct weir_scrubber *s, size_t n_kept, const struct weir_hit *h)
{
    for (size_t low = 0, high = n_kept; low < high;) {
        size_t mid = low + (high - low) / 2;
        const struct weir_kept *k = &s->kept[mid];

        if (k->end <= h->start)
            low = mid + 1;
        else if (k->start >= h->end)
            high = mid;
        else
            return k->start <= h->start && h->end <= k->end;
    }
    return false;
}

static size_t drop_inner(struct weir_scrubber *s, size_t n_kept)
{
    size_t n = 0;

    for (size_t i = 0; i < s->n_hits; i++)
        if (!inside(s, n_kept, &s->hits[i]))
            s->hits[n++] = s->hits[i];
    s->n_hits = n;
    return n;
}

/* The hits of the outcome become hits of the text; they swallow the kept ones
 * that they touch. There is room: spare has that of hits, and both counts
 * were checked against it. */
static void merge(struct weir_scrubber *s, size_t n_kept)
{
    size_t k = 0, n = 0;
    long shift = 0; /* from the outcome to the text */

    for (size_t i = 0; i < s->n_hits; i++) {
        struct weir_hit h = s->hits[i];
        size_t start, end;

        for (; k < n_kept && s->kept[k].end <= h.start; k++) {
            s->spare[n++] = s->kept[k].hit;
            shift = (long)s->kept[k].hit.end - (long)s->kept[k].end;
        }
        start = (size_t)((long)h.start + shift);
        if (k < n_kept && s->kept[k].start < h.start)
            start = s->kept[k].hit.start;
        end = (size_t)((long)h.end + shift);
        for (; k < n_kept && s->kept[k].start < h.end; k++) {
            shift = (long)s->kept[k].hit.end - (long)s->kept[k].end;
            end = s->kept[k].end > h.end ? s->kept[k].hit.end : (size_t)((long)h.end + shift);
        }
        if (n > 0 && start < s->spare[n - 1].end)
            start = s->spare[n - 1].end;
        if (start < end)
            s->spare[n++] = (struct weir_hit){start, end, h.slot, false};
    }
    for (; k < n_kept; k++)
        s->spare[n++] = s->kept[k].hit;
    memcpy(s->hits, s->spare, n * sizeof *s->hits);
    s->n_hits = n;
}

static void restore(struct weir_scrubber *s, size_t n_kept)
{
    for (size_t i = 0; i < n_kept; i++)
        s->hits[i] = s->kept[i].hit;
    s->n_hits = n_kept;
}

/* weir_judge_once(), unless the text was seen before and is clean. The second
 * pass of a document looks for what the first one learnt of it: it asks anew. */
static int judge(struct weir_scrubber *s, const struct weir_menu *menu, struct weir_str text,
                 uint32_t classes, bool code)
{
    struct weir_seen_as as = {
        .menu = menu->id, .under = s->under, .classes = classes, .code = code};
    int rc;

    s->n_hits = 0;
    if (!s->recall && weir_seen_clean(s->seen, &as, s->key, text))
        return 0;
    rc = weir_judge_once(s, menu, text, classes, code);
    if (!s->recall && rc == 0 && s->n_hits == 0)
        weir_seen_note(s->seen, &as, s->key, text);
    return rc;
}

/* One more round. 1: nothing new was found. */
static int again(struct weir_scrubber *s, const struct weir_menu *menu, struct weir_str text,
                 bool code)
{
    size_t n_kept = s->n_hits;
    struct weir_str out;
    int rc;

    if (!keep_hits(s))
        return WEIR_ENOMEM;
    rc = outcome(s, text, n_kept, &out);
    if (rc == 0)
        rc = judge(s, menu, out, weir_prefilter(out.p, out.n), code);
    if (rc != 0)
        return rc;
    if (s->n_hits == 1 && s->hits[0].whole) { /* the outcome cannot be judged */
        s->hits[0].end = text.n;
        return 1;
    }
    if (drop_inner(s, n_kept) == 0 || s->n_hits + n_kept > s->room_hits) {
        restore(s, n_kept);
        return 1;
    }
    merge(s, n_kept);
    return 0;
}

int weir_judge_run(struct weir_scrubber *s, const struct weir_menu *menu, struct weir_str text,
                   uint32_t classes, bool code)
{
    int rc = judge(s, menu, text, classes, code);

    if (rc != 0 || s->n_hits == 0 || s->hits[0].whole)
        return rc;
    for (unsigned round = 0; rc == 0 && round < ROUNDS; round++) {
        rc = again(s, menu, text, code);
        weir_arena_reset(&s->scratch);
    }
    return rc < 0 ? rc : 0;
}
