/* walk.c - what each token is, where it stands, and what goes. */
#include "walk_state.h"

#include <stdlib.h>

struct weir_walk *weir_walk_new(void)
{
    return calloc(1, sizeof(struct weir_walk));
}

void weir_walk_free(struct weir_walk *w)
{
    free(w);
}

void weir_walk_begin(struct weir_walk *w, struct weir_scrubber *s, enum weir_scrub_kind kind,
                     int32_t state, struct weir_edits *edits, struct weir_json_doc *doc)
{
    uint16_t node = weir_schema_root(kind);
    struct weir_level *top = &w->levels[0];

    w->s = s;
    w->kind = kind;
    w->arena = edits->arena;
    w->edits = edits;
    w->doc = doc;
    w->room_members = 0;
    w->depth = 0;
    w->near_n = 0;
    w->no_memory = false;
    w->key.set = false;
    memset(top, 0, sizeof *top);
    top->state = state;
    top->node = node;
    top->meta = s->meta;
}

void weir_walk_window(struct weir_walk *w, struct weir_str bytes, size_t base)
{
    w->window = bytes;
    w->base = base;
}

/* ---- where a value is ------------------------------------------------------------- */

static uint32_t kind_type(enum weir_json_kind k)
{
    switch (k) {
    case WEIR_JSON_OBJECT:
        return WEIR_T_OBJECT;
    case WEIR_JSON_ARRAY:
        return WEIR_T_ARRAY;
    case WEIR_JSON_STRING:
        return WEIR_T_STRING;
    case WEIR_JSON_NUMBER:
        return WEIR_T_NUMBER;
    case WEIR_JSON_TRUE:
    case WEIR_JSON_FALSE:
        return WEIR_T_BOOLEAN;
    default:
        return 0;
    }
}

static uint32_t index_symbol(struct weir_walk *w, uint32_t index)
{
    char digits[11];
    size_t n = sizeof digits;

    if (!w->s->mem->plan->indices)
        return 0;
    do
        digits[--n] = (char)('0' + index % 10);
    while ((index /= 10) > 0);
    return weir_paths_symbol(w->s->mem->plan->paths,
                             (struct weir_str){digits + n, sizeof digits - n});
}

/* The key that holds for the next value, if any: its own, that of a pair. */
static const struct weir_told *told_here(struct weir_walk *w, const struct weir_level *up,
                                         bool *ret_pair)
{
    bool list = up->array && w->depth >= 2 && w->levels[w->depth - 1].array;

    *ret_pair = false;
    if (!up->array)
        return &w->key;
    if (up->pair.set && (list ? up->index == 1 : true)) {
        *ret_pair = list;
        return &up->pair;
    }
    return NULL;
}

/* Class of the value: what the schema says, tempered by its key and look. */
static void classify(struct weir_here *h, const struct weir_level *up, const struct weir_told *key)
{
    const struct weir_field *f = weir_schema_node(h->node);

    if (h->node == 0 || !f->listed) {
        h->place.cls = up->deep ? up->cls : WEIR_CLASS_TEXT;
        h->deep = up->deep;
    } else {
        h->place.cls = f->cls;
        h->deep = f->deep;
    }
    if (h->place.cls == WEIR_CLASS_TEXT && key != NULL && key->version) {
        h->place.cls = WEIR_CLASS_VERSION;
        h->deep = true;
    }
}

static bool keys_tell(uint8_t cls)
{
    return cls == WEIR_CLASS_TEXT || cls == WEIR_CLASS_CODE;
}

/* The number of its key in the schema: its own, or that of the pair. */
static uint16_t field_of(const struct weir_level *up, const struct weir_told *key, bool pair)
{
    return key != NULL && (!up->array || pair) ? key->field : 0;
}

/* The key rules that its keys match, here and above, and what names it from
 * beside. */
static uint64_t rules_of(const struct weir_walk *w, const struct weir_level *up,
                         const struct weir_told *key, uint8_t cls)
{
    /* what an object says of itself it need not say of its members:
     * {"customer":{"plan":"Premium Gold"}} */
    uint64_t rules = up->array ? up->rules : up->rules & ~w->s->mem->plan->checked;

    if (!keys_tell(cls) && cls != WEIR_CLASS_ID)
        return 0;
    if (key == NULL)
        return rules;
    rules |= key->rules;
    if (!up->array && key->role == WEIR_KEY_VALUE && up->pair.set)
        rules |= up->pair.rules;
    return rules;
}

/* Does the list at `depth` hold pairs that stand for members? */
static bool of_pairs(const struct weir_walk *w, unsigned depth)
{
    const struct weir_level *l = &w->levels[depth];

    return l->array && weir_schema_node(l->node)->pairs;
}

/* find_here() for the document itself. */
static int find_root(struct weir_walk *w, uint32_t types, struct weir_here *h)
{
    const struct weir_level *up = &w->levels[0];

    h->node = up->node;
    h->place.state = up->state;
    classify(h, up, NULL);
    if (types & (WEIR_T_OBJECT | WEIR_T_ARRAY))
        return 0;
    /* A document that is a text or number and nothing else has no place in any
     * schema; so nothing says that it is structure. */
    h->place.cls = WEIR_CLASS_TEXT;
    h->place.state = weir_steps_push(w->s->mem->steps, up->state, 0, types);
    return h->place.state < 0 ? WEIR_ENOMEM : 0;
}

/* Fills `h` for the value that comes next and counts it in its container. */
static int find_here(struct weir_walk *w, enum weir_json_kind kind, struct weir_here *h)
{
    struct weir_level *up = &w->levels[w->depth];
    const struct weir_level *base = up;
    const struct weir_told *key;
    const struct weir_field *f;
    uint32_t symbol = 0, types = kind_type(kind);
    bool pair;

    memset(h, 0, sizeof *h);
    if (w->depth == 0)
        return find_root(w, types, h);
    key = told_here(w, up, &pair);
    h->element = up->array;
    h->at = up->index;
    h->whole = up->whole;
    h->is_pair = kind == WEIR_JSON_ARRAY && of_pairs(w, w->depth);
    h->is_key = up->array && up->index == 0 && w->depth >= 2 && of_pairs(w, w->depth - 1);
    if (up->array)
        symbol = index_symbol(w, up->index++);
    else
        h->name = w->key_name;
    if (pair)
        base = &w->levels[w->depth - 1];
    if (key != NULL && (pair || !up->array))
        symbol = key->symbol;
    h->node = weir_schema_child(base->node, field_of(up, key, pair));
    classify(h, up, key);
    h->place.rules = rules_of(w, up, key, h->place.cls);
    f = weir_schema_node(h->node);
    if (f->pairs && types == WEIR_T_ARRAY)
        types = WEIR_T_OBJECT; /* for which it stands */
    h->place.state = weir_steps_push(w->s->mem->steps, base->state, symbol, types | f->types);
    return h->place.state < 0 ? WEIR_ENOMEM : 0;
}

/* ---- tokens ------------------------------------------------------------------------- */

static int text_of(struct weir_walk *w, const struct weir_json_token *t, struct weir_str *ret_text)
{
    if (!t->escaped && t->mend == 0) {
        *ret_text = weir_str_sub(w->window, t->start + 1 - w->base, t->end - t->start - 2);
        return 0;
    }
    return weir_json_text(w->arena, w->window, w->base, t, ret_text);
}

static void tell(struct weir_walk *w, struct weir_str text, struct weir_told *ret_told)
{
    const struct weir_key *k = weir_keyring_get(w->s->mem->keys, text, false);

    *ret_told =
        (struct weir_told){k->rules, k->symbol, k->field, k->role, k->version, k->number, true};
}

/* What was noted of parts of a value that goes as a whole now is void. */
static void forget_value(struct weir_walk *w, const struct weir_level *up,
                         const struct weir_here *h)
{
    struct weir_meta *m = up->value_changed && w->doc != NULL ? weir_walk_meta(w, h) : NULL;
    struct weir_scrubber *s = w->s;
    size_t first = s->n_matches, n;

    if (m != NULL)
        weir_meta_clear(m);
    if (!up->value_changed)
        return;
    while (first > s->first_match && s->matches[first - 1].at >= up->value_start)
        first--;
    for (size_t i = n = first; i < s->n_matches; i++)
        if (s->matches[i].at != up->value_start)
            s->matches[n++] = s->matches[i];
    s->n_matches = n;
}

/* {"value":"x","name":"password"}: the value came before what names it. */
static int take_earlier(struct weir_walk *w, struct weir_level *up, const struct weir_told *name)
{
    const struct weir_menu *menu;
    struct weir_here h = {.name = up->value_name, .again = true};
    uint32_t slot;

    if (up->value_end == 0 || name->rules == 0 || up->value_start < w->base)
        return 0;
    h.place.state = weir_steps_push(w->s->mem->steps, up->state, 0, kind_type(up->value_kind));
    menu = h.place.state < 0 ? NULL : weir_scrubber_menu(w->s, h.place.state, WEIR_CLASS_TEXT);
    if (menu == NULL)
        return WEIR_ENOMEM;
    slot = weir_judge_whole(w->s, menu, name->rules);
    if (slot != 0) {
        struct weir_json_token t = {.kind = up->value_kind,
                                    .escaped = true,
                                    .start = up->value_start,
                                    .end = up->value_end};
        struct weir_str text = weir_str_sub(w->window, t.start - w->base, t.end - t.start);
        int rc = t.kind == WEIR_JSON_STRING ? text_of(w, &t, &text) : 0;

        if (rc != 0)
            return rc;
        forget_value(w, up, &h);
        weir_walk_take(w, &h, slot - 1, t.start, t.end, text, t.kind == WEIR_JSON_STRING);
    }
    return 0;
}

/* An element may name the next one: the first of a pair within a list, or an
 * option of a command line. */
static void relate_element(struct weir_walk *w, struct weir_level *up, enum weir_json_kind kind,
                           struct weir_str text)
{
    bool first = up->index == 1 && w->depth >= 2 && w->levels[w->depth - 1].array;

    up->pair.set = false;
    if (kind == WEIR_JSON_STRING && text.n > 0 && text.n <= 64 && (first || text.p[0] == '-'))
        tell(w, text, &up->pair);
}

/* After a scalar: what it means for its neighbours. */
static int relate(struct weir_walk *w, struct weir_level *up, const struct weir_told *key,
                  const struct weir_json_token *t, struct weir_str text, bool changed)
{
    bool string = t->kind == WEIR_JSON_STRING;

    if (w->depth == 0)
        return 0;
    if (up->array) {
        relate_element(w, up, t->kind, text);
    } else if (key->role == WEIR_KEY_NAMES && string) {
        tell(w, text, &up->pair);
        return take_earlier(w, up, &up->pair);
    } else if (key->role == WEIR_KEY_VALUE && !w->took && (string || t->kind == WEIR_JSON_NUMBER)) {
        up->value_name = w->key_name;
        up->value_changed = changed;
        up->value_start = t->start;
        up->value_end = t->end;
        up->value_kind = t->kind;
    }
    return 0;
}

static int on_scalar(struct weir_walk *w, const struct weir_json_token *t)
{
    struct weir_level *up = &w->levels[w->depth];
    const struct weir_told key = w->key;
    struct weir_str text = weir_str_sub(w->window, t->start - w->base, t->end - t->start);
    bool changed = false;
    struct weir_here h;
    int rc = find_here(w, t->kind, &h);

    w->took = false;
    if (rc == 0 && t->kind == WEIR_JSON_STRING)
        rc = text_of(w, t, &text);
    if (rc != 0)
        return rc;
    if (h.place.cls == WEIR_CLASS_ID && t->kind == WEIR_JSON_STRING) {
        if (!weir_looks_like_id(text))
            h.place.cls = WEIR_CLASS_TEXT;
    }
    if (!keys_tell(h.place.cls))
        h.place.rules = 0;
    if (t->mend != 0)
        weir_walk_mended(w, &h, t);
    if (t->kind != WEIR_JSON_NULL)
        rc = weir_walk_judge(w, &h, t, text, &changed);
    if (rc == 0 && t->mend != 0 && !changed)
        weir_edits_add(w->edits, t->start, t->end,
                       t->kind == WEIR_JSON_STRING ? weir_walk_quoted(w, text) : WEIR_S("null"));
    return rc != 0 ? rc : relate(w, up, &key, t, text, changed);
}

/* The rule that takes the container as a whole: anything, selected. One whose
 * selector does not name it goes into what has fields of its own, where it
 * takes values and leaves structure: `**` does not mean the list of spans. */
static uint32_t takes_container(struct weir_walk *w, const struct weir_here *h)
{
    const struct weir_menu *menu = weir_scrubber_menu(w->s, h->place.state, h->place.cls);

    if (menu == NULL || h->is_pair)
        return 0;
    return weir_schema_node(h->node)->frame ? menu->any_named : menu->any;
}

/* The key rule that its own key and selector give to all that is inside. */
static uint32_t fills_container(struct weir_walk *w, const struct weir_here *h)
{
    const struct weir_menu *menu = weir_scrubber_menu(w->s, h->place.state, h->place.cls);

    return menu != NULL && !h->is_pair ? weir_judge_key(w->s, menu, h->place.rules) : 0;
}

/* The bytes of a container, as far as they are at hand and few; else none. */
static struct weir_str source(const struct weir_walk *w, size_t start, size_t end)
{
    enum { MOST = 16 * 1024 };

    if (start < w->base || end - w->base > w->window.n || end - start > MOST)
        return (struct weir_str){NULL, 0};
    return weir_str_sub(w->window, start - w->base, end - start);
}

static int on_open(struct weir_walk *w, const struct weir_json_token *t)
{
    struct weir_level *up = &w->levels[w->depth], *l;
    struct weir_here h;
    int rc = find_here(w, t->kind, &h);
    uint32_t slot;

    if (rc != 0)
        return rc;
    slot = takes_container(w, &h);
    if (slot != 0 && w->doc != NULL && w->depth > 0) {
        size_t end;

        if (weir_json_skip(w->s->reader, t, &end) == WEIR_JSON_ERROR)
            return WEIR_EINVAL;
        weir_walk_take(w, &h, slot - 1, t->start, end, source(w, t->start, end), false);
        up->pair.set = false;
        if (w->depth == 1 && w->doc->n_members > 0)
            w->doc->members[w->doc->n_members - 1].end = end;
        return 0;
    }
    if (w->depth + 1 >= WEIR_LEVELS)
        return WEIR_ELIMIT;
    l = &w->levels[++w->depth];
    memset(l, 0, sizeof *l);
    l->state = h.place.state;
    l->node = h.node;
    l->cls = h.place.cls;
    l->deep = h.deep;
    l->array = t->kind == WEIR_JSON_ARRAY;
    l->rules = h.place.rules;
    l->whole = slot != 0 && w->depth > 1 ? slot : h.whole;
    if (l->whole == 0)
        l->whole = fills_container(w, &h);
    l->name = h.element ? (struct weir_str){NULL, 0} : h.name;
    l->at = h.at;
    if (w->depth == 1 && w->doc != NULL)
        w->doc->open = t->start;
    return 0;
}

/* A second member of the same name: what was noted of the first is void. */
static void forget_earlier(struct weir_walk *w, struct weir_str name)
{
    const struct weir_here h = {.name = name, .again = true};
    struct weir_meta *m;
    struct weir_json_doc *d = w->doc;

    if (d == NULL)
        return;
    m = weir_walk_meta(w, &h);
    if (m != NULL)
        weir_meta_clear(m);
    for (size_t i = 0; w->depth == 1 && i < d->n_members; i++)
        if (weir_str_eq(d->members[i].name, name)) {
            memmove(&d->members[i], &d->members[i + 1],
                    (d->n_members - i - 1) * sizeof *d->members);
            d->n_members--;
            break;
        }
}

static int add_member(struct weir_walk *w, struct weir_str name, size_t at)
{
    struct weir_json_doc *d = w->doc;

    if (d->n_members == w->room_members) {
        size_t room = w->room_members > 0 ? w->room_members * 2 : 32;
        void *more = weir_arena_grow(w->arena, d->members, w->room_members * sizeof *d->members,
                                     room * sizeof *d->members);

        if (more == NULL)
            return WEIR_ENOMEM;
        d->members = more;
        w->room_members = room;
    }
    d->members[d->n_members++] = (struct weir_json_member){.name = name, .key = at};
    return 0;
}

/* weir_note_fn: keys have no remark of their own, only counts. */
static void note_key(void *self, const struct weir_hit *hit, size_t start, size_t end)
{
    struct weir_walk *w = self;

    (void)start;
    (void)end;
    weir_scrubber_count(w->s, hit->slot);
}

/* A key may hold what a value may: {"bob@example.org": 3}. Pairs are not
 * looked for. Further ones of the same object get a number, so that two that
 * became the same stay two. */
/* A key among names or ids is a name. */
static uint8_t class_of_key(const struct weir_level *up)
{
    if (!up->deep || up->cls == WEIR_CLASS_META)
        return WEIR_CLASS_TEXT;
    return up->cls == WEIR_CLASS_ID ? WEIR_CLASS_NAME : up->cls;
}

static int scrub_key(struct weir_walk *w, const struct weir_json_token *t, struct weir_str *key)
{
    struct weir_level *up = &w->levels[w->depth];
    uint32_t classes = weir_prefilter(key->p, key->n) & ~(uint32_t)WEIR_P_PAIR;
    const struct weir_menu *menu;
    struct weir_str out;
    int32_t state;
    int rc;

    if ((classes & (WEIR_P_AT | WEIR_P_DIGIT | WEIR_P_COLON | WEIR_P_SLASH | WEIR_P_LONG)) == 0)
        return 0;
    state = weir_steps_push(w->s->mem->steps, up->state, 0, WEIR_T_STRING);
    menu = state < 0 ? NULL : weir_scrubber_menu(w->s, state, class_of_key(up));
    if (menu == NULL)
        return WEIR_ENOMEM;
    rc = weir_judge_run(w->s, menu, *key, classes, false);
    if (rc != 0 || w->s->n_hits == 0)
        return rc;
    rc = weir_judge_write(w->s, w->arena, *key, note_key, w, &out);
    if (rc != 0)
        return rc;
    if (up->renamed++ > 0)
        out = weir_arena_printf(w->arena, "%.*s %u", WEIR_FMT(out), up->renamed);
    if (out.p == NULL)
        return WEIR_ENOMEM;
    *key = out;
    weir_edits_add(w->edits, t->start, t->end, weir_walk_quoted(w, out));
    return 0;
}

static int on_key(struct weir_walk *w, const struct weir_json_token *t)
{
    struct weir_str key;
    size_t edits = w->edits->n;
    int rc = text_of(w, t, &key);

    if (rc != 0)
        return rc;
    tell(w, key, &w->key);
    w->near_n = key.n < sizeof w->near ? key.n : sizeof w->near;
    if (w->near_n > 0)
        memcpy(w->near, key.p, w->near_n);
    rc = scrub_key(w, t, &key);
    if (rc != 0)
        return rc;
    if ((t->mend & (WEIR_MEND_UTF8 | WEIR_MEND_SURROGATE)) != 0 && w->edits->n == edits)
        weir_edits_add(w->edits, t->start, t->end, weir_walk_quoted(w, key));
    w->key_name = key.p != NULL ? key : WEIR_S("");
    if ((t->mend & WEIR_MEND_DUPLICATE) != 0)
        forget_earlier(w, w->key_name);
    return w->depth == 1 && w->doc != NULL ? add_member(w, w->key_name, t->start) : 0;
}

/* Closes the book on a top-level member. */
static void end_member(struct weir_walk *w, size_t start, size_t end, enum weir_json_kind kind)
{
    struct weir_json_doc *d = w->doc;

    if (d == NULL || d->n_members == 0 || w->depth != 1)
        return;
    if (kind != WEIR_JSON_OBJECT_END && kind != WEIR_JSON_ARRAY_END) {
        d->members[d->n_members - 1].value = start;
        d->members[d->n_members - 1].kind = kind;
    }
    if (kind != WEIR_JSON_OBJECT && kind != WEIR_JSON_ARRAY)
        d->members[d->n_members - 1].end = end;
}

int weir_walk_token(struct weir_walk *w, const struct weir_json_token *t)
{
    int rc = 0;

    switch (t->kind) {
    case WEIR_JSON_OBJECT:
    case WEIR_JSON_ARRAY:
        if (!w->levels[w->depth].array)
            end_member(w, t->start, t->end, t->kind);
        rc = on_open(w, t);
        break;
    case WEIR_JSON_OBJECT_END:
    case WEIR_JSON_ARRAY_END:
        if (w->depth == 1 && w->doc != NULL)
            w->doc->close = t->start;
        w->depth--;
        w->levels[w->depth].pair.set = w->levels[w->depth].pair.set && !w->levels[w->depth].array;
        if (!w->levels[w->depth].array)
            end_member(w, t->start, t->end, t->kind);
        break;
    case WEIR_JSON_KEY:
        rc = on_key(w, t);
        break;
    default:
        if (!w->levels[w->depth].array)
            end_member(w, t->start, t->end, t->kind);
        rc = on_scalar(w, t);
        break;
    }
    return rc == 0 && (w->no_memory || w->edits->failed) ? WEIR_ENOMEM : rc;
}
