/* scrub.c - the wall's functions on whole documents and texts. */
#include "scrubber.h"

#include "walk.h"

static int fail(struct weir_scrubber *s, const char *why, size_t at)
{
    s->error = why;
    s->error_at = at;
    return WEIR_EINVAL;
}

/* The kinds that carry _meta: what Sentry knows it of. */
static bool carries_meta(enum weir_scrub_kind kind)
{
    return kind == WEIR_SCRUB_EVENT || kind == WEIR_SCRUB_TRANSACTION;
}

static int read_document(struct weir_scrubber *s, struct weir_json_doc *doc)
{
    for (;;) {
        struct weir_json_token t;
        int rc;

        switch (weir_json_next(s->reader, &t)) {
        case WEIR_JSON_END:
            return 0;
        case WEIR_JSON_ERROR:
            return fail(s, weir_json_error(s->reader), weir_json_pos(s->reader));
        case WEIR_JSON_MORE:
            return fail(s, "unexpected end", doc->body.n);
        default:
            rc = weir_walk_token(s->walk, &t);
            if (rc != 0)
                return rc;
        }
    }
}

int weir_scrub_attachment_state(struct weir_scrubber *s, struct weir_str name, uint32_t types,
                                int32_t *ret_state)
{
    int32_t state = weir_steps_push(s->mem->steps, 0, 0, WEIR_T_ATTACHMENTS | WEIR_T_OBJECT);

    if (state >= 0)
        state = weir_steps_push(s->mem->steps, state, weir_paths_symbol(s->mem->plan->paths, name),
                                types);
    *ret_state = state;
    return state < 0 ? WEIR_ENOMEM : 0;
}

/* One pass over the document. */
static int run_pass(struct weir_scrubber *s, enum weir_scrub_kind kind, int32_t state,
                    struct weir_arena *a, struct weir_str body, struct weir_json_doc *ret_doc)
{
    struct weir_json_doc doc = {.body = body};
    int rc;

    weir_edits_init(&doc.edits, a);
    s->kind = kind;
    s->meta = carries_meta(kind) ? weir_arena_zalloc(a, 1, sizeof *s->meta) : NULL;
    if (carries_meta(kind) && s->meta == NULL)
        return WEIR_ENOMEM;
    /* the walk begins with a copy, so that edits can be handed out by value */
    *ret_doc = doc;
    weir_walk_begin(s->walk, s, kind, state, &ret_doc->edits, ret_doc);
    weir_walk_window(s->walk, body, 0);
    weir_json_begin(s->reader, &ret_doc->edits, true);
    weir_json_window(s->reader, body, 0, true);
    rc = read_document(s, ret_doc);
    ret_doc->mended = weir_json_mended(s->reader);
    if (rc == 0 && ret_doc->edits.failed)
        rc = WEIR_ENOMEM;
    return rc;
}

/* Does a value that was learnt stand anywhere that the pass did not touch? */
static int left_behind(struct weir_scrubber *s, struct weir_json_doc *doc, bool *ret_left)
{
    int rc = weir_edits_sort(&doc->edits);

    *ret_left = false;
    for (size_t k = 0; rc == 0 && k < s->n_learnt && !*ret_left; k++) {
        const struct weir_str text = {s->learnt[k].text, s->learnt[k].n};

        for (size_t at = 0; at < doc->body.n && !*ret_left; at += text.n) {
            size_t next = weir_str_find(weir_str_sub(doc->body, at, SIZE_MAX), text);

            if (next == SIZE_MAX)
                break;
            at += next;
            *ret_left = !weir_edits_covers(&doc->edits, at);
        }
        for (size_t i = 0; i < doc->edits.n && !*ret_left; i++)
            *ret_left = weir_str_find(doc->edits.list[i].with, text) != SIZE_MAX;
    }
    return rc;
}

/* A first pass finds and learns; only when something that it learnt stands
 * elsewhere in the document, perhaps before the place that told, a second one
 * goes over it. */
int weir_scrub_json_at(struct weir_scrubber *s, enum weir_scrub_kind kind, int32_t state,
                       struct weir_arena *a, struct weir_str body, struct weir_json_doc *ret_doc)
{
    bool again = false;
    int rc;

    s->n_learnt = 0;
    rc = run_pass(s, kind, state, a, body, ret_doc);
    if (rc == 0 && s->n_learnt > 0)
        rc = left_behind(s, ret_doc, &again);
    if (rc == 0 && again) {
        weir_scrubber_uncount(s);
        s->recall = true;
        rc = run_pass(s, kind, state, a, body, ret_doc);
        s->recall = false;
    }
    weir_scrubber_flush(s, body.n);
    return rc;
}

/* What the shadow sets would do to the document is noted and thrown away. */
static int run_shadows(struct weir_scrubber *s, const struct weir_scrub_plan *plan,
                       enum weir_scrub_kind kind, struct weir_arena *a, struct weir_str body)
{
    struct weir_meta *meta = s->meta;
    struct weir_json_doc doc;
    int rc = 0;

    for (size_t i = 0; rc == 0 && i < plan->n_shadows; i++)
        rc = weir_scrub_json(s, plan->shadows[i], kind, a, body, &doc);
    s->meta = meta;
    return rc;
}

/* A breadcrumb or a span on its own stands where it will stand in an event,
 * so that what a selector says of those holds for it, too. */
static int32_t root_state(struct weir_scrubber *s, enum weir_scrub_kind kind)
{
    const struct weir_paths *paths = s->mem->plan->paths;
    struct weir_steps *steps = s->mem->steps;
    int32_t state = 0;

    if (kind == WEIR_SCRUB_BREADCRUMB) {
        state = weir_steps_push(steps, 0, weir_paths_symbol(paths, WEIR_S("breadcrumbs")),
                                WEIR_T_OBJECT);
        if (state >= 0)
            state = weir_steps_push(steps, state, weir_paths_symbol(paths, WEIR_S("values")),
                                    WEIR_T_ARRAY);
        if (state >= 0)
            state = weir_steps_push(steps, state, 0, WEIR_T_BREADCRUMB | WEIR_T_OBJECT);
    } else if (kind == WEIR_SCRUB_SPANS) {
        state = weir_steps_push(steps, 0, weir_paths_symbol(paths, WEIR_S("spans")), WEIR_T_ARRAY);
        if (state >= 0)
            state = weir_steps_push(steps, state, 0, WEIR_T_SPAN | WEIR_T_OBJECT);
    }
    return state;
}

int weir_scrub_json(struct weir_scrubber *s, const struct weir_scrub_plan *plan,
                    enum weir_scrub_kind kind, struct weir_arena *a, struct weir_str body,
                    struct weir_json_doc *ret_doc)
{
    int rc = weir_scrubber_use(s, plan);
    int32_t state = rc == 0 ? root_state(s, kind) : 0;

    if (state < 0)
        rc = WEIR_ENOMEM;
    if (rc == 0)
        rc = weir_scrub_json_at(s, kind, state, a, body, ret_doc);
    return rc != 0 || plan->n_shadows == 0 ? rc : run_shadows(s, plan, kind, a, body);
}

int weir_scrub_finish(struct weir_scrubber *s, struct weir_json_doc *doc)
{
    const struct weir_json_member *theirs;
    struct weir_str old = {NULL, 0}, text;
    struct weir_buf out;
    int rc;

    if (s->meta == NULL || !weir_meta_any(s->meta) || doc->edits.arena == NULL)
        return 0;
    if (doc->close >= doc->body.n || doc->body.p[doc->close] != '}') {
        s->meta = NULL; /* a list of events has no members */
        return 0;
    }
    theirs = weir_json_doc_get(doc, WEIR_S("_meta"));
    if (theirs != NULL && theirs->kind == WEIR_JSON_OBJECT) {
        struct weir_buf b;

        weir_buf_init(&b, doc->edits.arena, SIZE_MAX / 2);
        rc = weir_edits_gather(&doc->edits, doc->body, 0, theirs->value, theirs->end, &b);
        if (rc == 0)
            rc = weir_buf_str(&b, &old);
        if (rc != 0)
            return rc;
    }
    weir_buf_init(&out, doc->edits.arena, SIZE_MAX / 2);
    rc = weir_meta_write(s->meta, s->reader, doc->edits.arena, old, &out);
    if (rc == 0)
        rc = weir_buf_str(&out, &text);
    if (rc != 0)
        return rc;
    s->meta = NULL;
    weir_json_doc_set(doc, WEIR_S("_meta"), text);
    return doc->edits.failed ? WEIR_ENOMEM : 0;
}

int weir_scrub_text(struct weir_scrubber *s, const struct weir_scrub_plan *plan,
                    struct weir_arena *a, struct weir_str in, struct weir_str *ret_out)
{
    struct weir_place place = {0};
    int rc = weir_scrubber_use(s, plan);

    if (rc == 0)
        rc = weir_scrub_attachment_state(s, WEIR_S(""), WEIR_T_STRING, &place.state);
    if (rc == 0)
        rc = weir_walk_text(s, &place, WEIR_S("text"), a, in, ret_out);
    if (rc == 0)
        weir_scrubber_flush(s, in.n);
    for (size_t i = 0; rc == 0 && i < plan->n_shadows; i++) {
        struct weir_str shadow;

        rc = weir_scrub_text(s, plan->shadows[i], a, in, &shadow);
    }
    return rc;
}

/* Steps through a path from the root of a kind. */
static int place_of(struct weir_scrubber *s, enum weir_scrub_kind kind, struct weir_str path,
                    char separator, struct weir_place *ret_place)
{
    uint16_t node = weir_schema_root(kind);
    int32_t state = 0;
    bool deep = false;

    *ret_place = (struct weir_place){0};
    while (path.n > 0) {
        const struct weir_field *f;
        const struct weir_key *k;
        struct weir_str step;
        uint32_t types;

        weir_str_cut(path, separator, &step, &path);
        k = weir_keyring_get(s->mem->keys, step, false);
        node = weir_schema_child(node, k->field);
        f = weir_schema_node(node);
        if (node != 0 || !deep) {
            ret_place->cls = node != 0 ? f->cls : WEIR_CLASS_TEXT;
            deep = node != 0 && f->deep;
        }
        if (ret_place->cls == WEIR_CLASS_TEXT && k->version) {
            ret_place->cls = WEIR_CLASS_VERSION;
            deep = true;
        }
        ret_place->rules |= k->rules;
        types = f->types | (path.n == 0 ? WEIR_T_STRING : WEIR_T_OBJECT);
        state = weir_steps_push(s->mem->steps, state, k->symbol, types);
        if (state < 0)
            return WEIR_ENOMEM;
    }
    ret_place->state = state;
    return 0;
}

int weir_scrub_care(struct weir_scrubber *s, const struct weir_scrub_plan *plan,
                    enum weir_scrub_kind kind, struct weir_str path, enum weir_care *ret_care)
{
    static const enum weir_care cares[WEIR_CLASSES] = {
        [WEIR_CLASS_NAME] = WEIR_CARE_NAME,
        [WEIR_CLASS_VERSION] = WEIR_CARE_VERSION,
        [WEIR_CLASS_ID] = WEIR_CARE_ID,
        [WEIR_CLASS_KEEP] = WEIR_CARE_ID,
    };
    struct weir_place place;
    int rc = weir_scrubber_use(s, plan);

    if (rc == 0)
        rc = place_of(s, kind, path, '/', &place);
    if (rc == 0)
        *ret_care = cares[place.cls];
    return rc;
}

int weir_scrub_field(struct weir_scrubber *s, const struct weir_scrub_plan *plan,
                     enum weir_scrub_kind kind, const char *path, struct weir_arena *a,
                     struct weir_str in, struct weir_str *ret_out)
{
    struct weir_place place;
    int rc = weir_scrubber_use(s, plan);

    if (rc == 0)
        rc = place_of(s, kind, weir_str_of(path), '.', &place);
    if (rc != 0)
        return rc;
    if (place.cls == WEIR_CLASS_ID && !weir_looks_like_id(in))
        place.cls = WEIR_CLASS_TEXT;
    if (place.cls != WEIR_CLASS_TEXT && place.cls != WEIR_CLASS_CODE)
        place.rules = 0;
    rc = weir_walk_text(s, &place, weir_str_of(path), a, in, ret_out);
    if (rc == 0)
        weir_scrubber_flush(s, in.n);
    for (size_t i = 0; rc == 0 && i < plan->n_shadows; i++) {
        struct weir_str shadow;

        rc = weir_scrub_field(s, plan->shadows[i], kind, path, a, in, &shadow);
    }
    return rc;
}
