/* value.c - what becomes of one value: the rules of its place run on it,
 * edits and remarks are noted. */
#include "walk_state.h"

#include "redact.h"

#include "weir/text.h"

/* ---- remarks ------------------------------------------------------------------ */

/* The name of an element: its index. */
static struct weir_str index_name(struct weir_walk *w, uint32_t at)
{
    struct weir_str name = {NULL, 0};
    struct weir_buf b;

    weir_buf_init(&b, w->arena, 16);
    weir_buf_u64(&b, at);
    (void)!weir_buf_str(&b, &name);
    return name;
}

static struct weir_str level_name(struct weir_walk *w, const struct weir_level *l)
{
    return l->name.p != NULL ? l->name : index_name(w, l->at);
}

static struct weir_str here_name(struct weir_walk *w, const struct weir_here *h)
{
    return h->element ? index_name(w, h->at) : h->name;
}

/* The place in _meta for the value at hand; NULL: none is kept. */
struct weir_meta *weir_walk_meta(struct weir_walk *w, const struct weir_here *h)
{
    struct weir_meta *m;

    if (w->s->meta == NULL || h->place.cls == WEIR_CLASS_META)
        return NULL;
    if (w->depth == 0)
        return w->s->meta;
    w->levels[1].meta = w->s->meta;
    for (unsigned i = 2; i <= w->depth; i++) {
        struct weir_level *l = &w->levels[i];

        if (l->meta == NULL)
            l->meta = weir_meta_child(w->arena, w->levels[i - 1].meta, level_name(w, l));
        if (l->meta == NULL)
            break;
    }
    m = w->levels[w->depth].meta;
    if (m != NULL)
        m = h->again ? weir_meta_again(w->arena, m, here_name(w, h))
                     : weir_meta_child(w->arena, m, here_name(w, h));
    w->no_memory = w->no_memory || m == NULL;
    return m;
}

static struct weir_str path_of(struct weir_walk *w, const struct weir_here *h)
{
    struct weir_buf b;
    struct weir_str path = {NULL, 0};

    weir_buf_init(&b, w->arena, 64 * 1024);
    for (unsigned i = 2; i <= w->depth; i++) {
        weir_buf_add(&b, level_name(w, &w->levels[i]));
        weir_buf_char(&b, '.');
    }
    if (w->depth > 0)
        weir_buf_add(&b, here_name(w, h));
    if (weir_buf_str(&b, &path) != 0)
        path = WEIR_S("...");
    return path;
}

/* One thing went, or would have gone: count it, remark it, explain it. */
static void note(struct weir_walk *w, const struct weir_here *h, const struct weir_hit *hit,
                 bool ranged, size_t start, size_t end, struct weir_str text, size_t at)
{
    const struct weir_slot *by = &w->s->mem->plan->slots[hit->slot];
    char letter = weir_method_letter(by->leaf->redact.method);

    if (!ranged)
        letter = 'x';
    weir_scrubber_count(w->s, hit->slot);
    if (w->doc != NULL) {
        const struct weir_remark r = {by->leaf->name, letter, ranged, start, end, NULL};
        struct weir_meta *m = weir_walk_meta(w, h);

        if (m != NULL) {
            w->no_memory = w->no_memory || !weir_meta_remark(w->arena, m, &r);
            /* once a value: a text of many matches is long */
            if (ranged && !m->has_length)
                m->length = weir_utf8_count(text);
            m->has_length = m->has_length || ranged;
        }
    }
    if (w->s->explain && w->doc != NULL) {
        const struct weir_match m = {.path = path_of(w, h),
                                     .ruleset = by->leaf->ruleset,
                                     .rule = by->leaf->name,
                                     .method = letter,
                                     .shadow = by->shadow,
                                     .start = start,
                                     .end = end,
                                     .original_len = weir_utf8_count(text),
                                     .at = at,
                                     .original = text,
                                     .from = hit->start,
                                     .to = hit->end};

        w->no_memory = w->no_memory || !weir_scrubber_explained(w->s, &m);
    }
}

/* weir_note_fn */
static void note_hit(void *self, const struct weir_hit *hit, size_t start, size_t end)
{
    struct weir_walk *w = self;

    note(w, w->noting, hit, true, start, end, w->noted_text, w->noted_at);
}

/* ---- values --------------------------------------------------------------------- */

struct weir_str weir_walk_quoted(struct weir_walk *w, struct weir_str text)
{
    struct weir_buf b;
    struct weir_str out = {NULL, 0};

    weir_buf_init(&b, w->arena, SIZE_MAX / 2);
    weir_buf_json(&b, text);
    w->no_memory = w->no_memory || weir_buf_str(&b, &out) != 0;
    return out;
}

/* A whole value goes, by its key or by `anything`. Of what is no string only a
 * box holds it (`text` is its JSON); other texts would be of another type and
 * tell less. */
void weir_walk_take(struct weir_walk *w, const struct weir_here *h, uint32_t slot, size_t start,
                    size_t end, struct weir_str text, bool is_string)
{
    const struct weir_slot *by = &w->s->mem->plan->slots[slot];
    const struct weir_hit all = {0, text.n, slot, false};
    struct weir_str out = {NULL, 0};
    struct weir_buf b;

    if (is_string && text.n == 0)
        return;
    w->took = true;
    if (by->leaf->redact.method == WEIR_METHOD_REMOVE ||
        (!is_string && (by->leaf->redact.method != WEIR_METHOD_ENCRYPT || text.n == 0))) {
        weir_edits_add(w->edits, start, end, WEIR_S("null"));
        note(w, h, &all, false, 0, 0, text, start);
        return;
    }
    if (weir_redacted(by->leaf, text))
        return;
    if (is_string)
        weir_scrubber_learn(w->s, slot, text);
    weir_buf_init(&b, w->arena, SIZE_MAX / 2);
    weir_redact(w->s->mem->plan, by->leaf, text, &b);
    w->no_memory = w->no_memory || weir_buf_str(&b, &out) != 0;
    weir_edits_add(w->edits, start, end, weir_walk_quoted(w, out));
    note(w, h, &all, true, 0, out.n, text, start);
}

/* Numbers are texts too for detectors that look at them: all or nothing. */
static int judge_number(struct weir_walk *w, const struct weir_here *h,
                        const struct weir_menu *menu, struct weir_str text, size_t at)
{
    uint64_t told = h->place.rules & w->s->mem->plan->checked;
    int rc;

    /* shorter ones are of no kind that a key does not tell */
    if (text.n < (w->key.number ? 3 : told != 0 ? 5 : 12))
        return 0;
    w->s->under = told;
    rc = weir_judge_run(w->s, menu, text,
                        WEIR_P_DIGIT | WEIR_P_MADE | (text.n >= 8 ? (uint32_t)WEIR_P_DIGITS : 0),
                        false);
    w->s->under = 0;
    for (size_t i = 0; rc == 0 && i < w->s->n_hits; i++) {
        uint32_t slot = w->s->hits[i].slot;

        if (!weir_detectors[w->s->mem->plan->slots[slot].leaf->type].number)
            continue;
        weir_walk_take(w, h, slot, at, at + text.n, text, false);
        break;
    }
    return rc;
}

static int judge_string(struct weir_walk *w, const struct weir_here *h,
                        const struct weir_menu *menu, struct weir_str text, size_t start,
                        size_t end, uint32_t classes, bool *ret_changed)
{
    struct weir_str out;
    int rc;

    w->s->under = h->place.rules & w->s->mem->plan->checked;
    rc = weir_judge_run(w->s, menu, text, classes, h->place.cls == WEIR_CLASS_CODE);
    w->s->under = 0;
    if (rc != 0 || w->s->n_hits == 0)
        return rc;
    for (size_t i = 0; i < w->s->n_hits; i++)
        weir_scrubber_learn(
            w->s, w->s->hits[i].slot,
            weir_str_sub(text, w->s->hits[i].start, w->s->hits[i].end - w->s->hits[i].start));
    w->noting = h;
    w->noted_text = text;
    w->noted_at = start;
    rc = weir_judge_write(w->s, w->arena, text, note_hit, w, &out);
    if (rc == 0) {
        weir_edits_add(w->edits, start, end, weir_walk_quoted(w, out));
        *ret_changed = true;
    }
    return rc;
}

/* The rule of a container around the value that takes all that is inside, + 1:
 * `anything`, or a key rule, to which structure is nothing. 0: none. */
static uint32_t from_above(const struct weir_walk *w, const struct weir_here *h)
{
    const struct weir_slot *at;

    if (h->whole == 0)
        return 0;
    at = &w->s->mem->plan->slots[h->whole - 1];
    if (at->leaf->type == WEIR_RULE_ANYTHING)
        return h->whole;
    return !h->is_key && (at->key_rule & h->place.rules) != 0 ? h->whole : 0;
}

/* All of the value goes by the rule of `slot`. */
static bool take_scalar(struct weir_walk *w, const struct weir_here *h, uint32_t slot,
                        const struct weir_json_token *t, struct weir_str text)
{
    bool literal = t->kind == WEIR_JSON_TRUE || t->kind == WEIR_JSON_FALSE;

    /* yes or no under a sensitive key tells nothing and keeps its type */
    if (literal && w->s->mem->plan->slots[slot].leaf->type != WEIR_RULE_ANYTHING)
        return false;
    weir_walk_take(w, h, slot, t->start, t->end, text, t->kind == WEIR_JSON_STRING);
    return true;
}

/* The slots of the place on a scalar. */
static int judge(struct weir_walk *w, const struct weir_here *h, const struct weir_menu *menu,
                 const struct weir_json_token *t, struct weir_str text, uint32_t classes,
                 bool *ret_changed)
{
    /* names of members, like those of objects, are judged by their look only */
    uint32_t slot = h->is_key ? 0 : weir_judge_whole(w->s, menu, h->place.rules);

    if (slot != 0) {
        *ret_changed = take_scalar(w, h, slot - 1, t, text);
        return 0;
    }
    if (t->kind == WEIR_JSON_STRING)
        return judge_string(w, h, menu, text, t->start, t->end, classes, ret_changed);
    if (t->kind == WEIR_JSON_NUMBER)
        return judge_number(w, h, menu, text, t->start);
    return 0;
}

int weir_walk_judge(struct weir_walk *w, struct weir_here *h, const struct weir_json_token *t,
                    struct weir_str text, bool *ret_changed)
{
    const struct weir_menu *menu = weir_scrubber_menu(w->s, h->place.state, h->place.cls);
    uint32_t classes, whole = from_above(w, h);
    int rc = 0;

    if (menu == NULL)
        return WEIR_ENOMEM;
    /* the client's address {{auto}} is filled in by whoever resolves it */
    if ((menu->n == 0 && whole == 0) ||
        (t->kind == WEIR_JSON_STRING && weir_str_eq(text, WEIR_S("{{auto}}"))))
        return 0;
    classes = t->kind == WEIR_JSON_STRING ? weir_prefilter(text.p, text.n) : 0;
    /* elements stand under the key of their list */
    w->s->key = (struct weir_str){w->near, w->depth > 0 ? w->near_n : 0};
    if (whole != 0)
        *ret_changed = take_scalar(w, h, whole - 1, t, text);
    else
        rc = judge(w, h, menu, t, text, classes, ret_changed);
    w->s->key.n = 0;
    return rc;
}

/* Of a mended value: _meta says so, whatever else happens to it. */
void weir_walk_mended(struct weir_walk *w, const struct weir_here *h,
                      const struct weir_json_token *t)
{
    struct weir_meta *m = w->doc != NULL ? weir_walk_meta(w, h) : NULL;

    if (m == NULL)
        return;
    if ((t->mend & (WEIR_MEND_UTF8 | WEIR_MEND_SURROGATE)) != 0)
        weir_meta_error(m, "invalid UTF-8");
    if ((t->mend & WEIR_MEND_NUMBER) != 0)
        weir_meta_error(m, "not a number");
    if ((t->mend & WEIR_MEND_DEPTH) != 0)
        weir_meta_error(m, "nested too deep");
}
