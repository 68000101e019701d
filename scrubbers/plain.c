/* plain.c - texts on their own: attachments, header fields, labels. */
#include "walk.h"

#include "redact.h"

#include "weir/text.h"

struct text_note {
    struct weir_scrubber *s;
    struct weir_str path, text;
    bool failed;
};

static void note_text(void *self, const struct weir_hit *hit, size_t start, size_t end)
{
    struct text_note *n = self;
    const struct weir_slot *by = &n->s->mem->plan->slots[hit->slot];

    weir_scrubber_count(n->s, hit->slot);
    if (n->s->explain) {
        const struct weir_match m = {.path = n->path,
                                     .ruleset = by->leaf->ruleset,
                                     .rule = by->leaf->name,
                                     .method = weir_method_letter(by->leaf->redact.method),
                                     .shadow = by->shadow,
                                     .start = start,
                                     .end = end,
                                     .original_len = weir_utf8_count(n->text),
                                     .original = n->text,
                                     .from = hit->start,
                                     .to = hit->end};

        n->failed = n->failed || !weir_scrubber_explained(n->s, &m);
    }
}

/* A text that goes as a whole is one hit. */
static int judge_text(struct weir_scrubber *s, const struct weir_place *place,
                      const struct weir_menu *menu, struct weir_str in)
{
    uint32_t slot = weir_judge_whole(s, menu, place->rules);

    if (slot == 0)
        return weir_judge_run(s, menu, in, weir_prefilter(in.p, in.n),
                              place->cls == WEIR_CLASS_CODE);
    s->n_hits = 0;
    if (weir_redacted(s->mem->plan->slots[slot - 1].leaf, in))
        return 0;
    return weir_judge_take(s, slot - 1, in.n);
}

int weir_walk_text(struct weir_scrubber *s, const struct weir_place *place, struct weir_str path,
                   struct weir_arena *a, struct weir_str in, struct weir_str *ret_out)
{
    const struct weir_menu *menu = weir_scrubber_menu(s, place->state, place->cls);
    struct text_note note = {.s = s, .path = path, .text = in};
    struct weir_str out = in;
    int rc;

    if (menu == NULL)
        return WEIR_ENOMEM;
    rc = judge_text(s, place, menu, in);
    if (rc == 0 && s->n_hits > 0)
        rc = weir_judge_write(s, a, in, note_text, &note, &out);
    if (rc != 0 || note.failed)
        return rc != 0 ? rc : WEIR_ENOMEM;
    *ret_out = out;
    return 0;
}
