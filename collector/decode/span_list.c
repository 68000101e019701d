/* span_list.c - sorting spans into the few containers that are open. */
#include "span_list.h"

enum { JSON_ROOM = 16 * 1024 * 1024 };

static int tell_refused(struct weir_span_list *l, const struct weir_span_container *c, int refusal)
{
    int err = 0;

    for (size_t i = 0; i < c->n && err == 0; i++)
        err = l->refused(l->d, c->indices[i], refusal);
    return err;
}

/* Emits the container and leaves it empty. */
static int emit(struct weir_span_list *l, struct weir_span_container *c)
{
    struct weir_item it = weir_decode_blank(WEIR_ITEM_NATIVE_SPAN);
    int err;

    if (c->n == 0)
        return 0;
    weir_buf_add(&c->json, WEIR_S("]}"));
    err = weir_buf_str(&c->json, &it.payload);
    it.trace_id = c->trace_id;
    it.project = c->project;
    it.item_count = c->n;
    it.unsampled = c->unsampled;
    if (err == 0)
        err = weir_decode_header(l->d, "");
    if (err == 0)
        err = l->d->sink->item(l->d->sink->self, &it);
    if (err == WEIR_EAUTH || err == WEIR_ENOTFOUND || err == WEIR_EINVAL || err == WEIR_ELIMIT)
        err = tell_refused(l, c, err);
    c->n = 0;
    return err;
}

static void begin(struct weir_span_list *l, struct weir_span_container *c, struct weir_str project,
                  struct weir_str trace_id, bool unsampled)
{
    c->unsampled = unsampled;
    c->project = project;
    c->trace_id = trace_id;
    c->n = 0;
    weir_buf_init(&c->json, l->d->in->arena, JSON_ROOM);
    weir_buf_add(&c->json, WEIR_S("{\"items\":["));
}

/* The container of the trace, begun if need be. */
static int container_of(struct weir_span_list *l, struct weir_str project, struct weir_str trace_id,
                        bool unsampled, struct weir_span_container **ret_container)
{
    struct weir_span_container *c = NULL;
    int err = 0;

    for (size_t i = 0; i < l->n && c == NULL; i++)
        if (weir_str_eq(l->open[i].trace_id, trace_id) &&
            weir_str_eq(l->open[i].project, project) && l->open[i].unsampled == unsampled)
            c = &l->open[i];
    if (c == NULL) {
        c = &l->open[l->next];
        l->next = (l->next + 1) % WEIR_SPAN_LIST_OPEN;
        l->n += l->n < WEIR_SPAN_LIST_OPEN;
        err = emit(l, c);
        begin(l, c, project, trace_id, unsampled);
    }
    *ret_container = c;
    return err;
}

static int note_index(struct weir_span_list *l, struct weir_span_container *c, size_t index)
{
    if (c->n == c->room) {
        size_t room = c->room == 0 ? 32 : 2 * c->room;
        size_t *more = weir_arena_grow(l->d->in->arena, c->indices, c->room * sizeof *more,
                                       room * sizeof *more);

        if (more == NULL)
            return WEIR_ENOMEM;
        c->indices = more;
        c->room = room;
    }
    c->indices[c->n++] = index;
    return 0;
}

int weir_span_list_add(struct weir_span_list *l, struct weir_str project, struct weir_str trace_id,
                       bool unsampled, struct weir_str json, size_t index)
{
    struct weir_span_container *c;
    int err = container_of(l, project, trace_id, unsampled, &c);

    if (err == 0 && c->n > 0 && c->json.n + json.n > WEIR_SPAN_LIST_BYTES)
        err = emit(l, c);
    if (err != 0)
        return err;
    if (c->n == 0)
        begin(l, c, project, trace_id, unsampled);
    else
        weir_buf_char(&c->json, ',');
    weir_buf_add(&c->json, json);
    return note_index(l, c, index);
}

int weir_span_list_end(struct weir_span_list *l)
{
    int err = 0;

    for (size_t i = 0; i < l->n && err == 0; i++) /* those opened first, first */
        err = emit(l, &l->open[l->n == WEIR_SPAN_LIST_OPEN ? (l->next + i) % l->n : i]);
    l->n = l->next = 0;
    return err;
}
