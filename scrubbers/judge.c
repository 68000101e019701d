/* judge.c - one text: which parts go, by which rule.
 *
 * Leaves run in the order of the menu, each in what the earlier ones left:
 * the gaps between their hits. So the order of a rule set decides where two
 * rules want the same bytes, and nothing is replaced twice. The prefilter
 * says by byte classes which leaves can match at all; for most texts none. */
#include "scrubber.h"

#include "chars.h"
#include "context.h"
#include "redact.h"

#include "weir/seal.h"

#include <assert.h>
#include <stdlib.h>

enum { MAX_HITS = 1 << 20 };

static bool add_hit(struct weir_scrubber *s, size_t *n, struct weir_hit hit)
{
    if (*n == s->room_hits) {
        size_t room = s->room_hits > 0 ? s->room_hits * 2 : 64;
        struct weir_hit *hits, *spare;

        if (room > MAX_HITS)
            return false;
        hits = realloc(s->hits, room * sizeof *hits);
        if (hits == NULL)
            return false;
        s->hits = hits;
        spare = realloc(s->spare, room * sizeof *spare);
        if (spare == NULL)
            return false;
        s->spare = spare;
        s->room_hits = room;
    }
    s->spare[(*n)++] = hit;
    return true;
}

int weir_judge_take(struct weir_scrubber *s, uint32_t slot, size_t n)
{
    size_t count = 0;

    if (!add_hit(s, &count, (struct weir_hit){0, n, slot, false}))
        return WEIR_ENOMEM;
    s->hits[0] = s->spare[0];
    s->n_hits = 1;
    return 0;
}

/* Nothing else can be said of this text: all of it goes, by this rule. */
static int whole(struct weir_scrubber *s, uint32_t slot, size_t n)
{
    int rc = weir_judge_take(s, slot, n);

    if (rc == 0)
        s->hits[0].whole = true;
    return rc;
}

/* Is what was found what a scrubber left, this one or an earlier one? */
static bool is_done(const struct weir_leaf *leaf, const struct weir_subject *subject,
                    const struct weir_span *span)
{
    const struct weir_str found = {subject->p + span->start, span->end - span->start};

    return weir_redacted(leaf, found) ||
           weir_seal_within((struct weir_str){subject->p, subject->n}, span->start);
}

/* Finds all matches of one leaf in [from, to) into spare. 1: the text cannot
 * be judged. */
static int run_gap(struct weir_scrubber *s, const struct weir_detector *d,
                   const struct weir_leaf *leaf, uint32_t slot, struct weir_subject *subject,
                   size_t from, size_t to, size_t *n)
{
    while (from < to) {
        struct weir_span span;
        enum weir_found found = d->find(leaf, subject, from, to, &span);

        if (found == WEIR_FOUND_NOTHING)
            break;
        if (found == WEIR_FOUND_LIMIT)
            return 1;
        subject->found = true;
        do {
            if (!is_done(leaf, subject, &span) &&
                !add_hit(s, n, (struct weir_hit){span.start, span.end, slot, false}))
                return WEIR_ENOMEM;
            from = span.end > from ? span.end : from + 1;
        } while (leaf->n_groups > 0 && weir_pattern_more(leaf, subject, from, to, &span, &from));
    }
    return 0;
}

/* What was merged into spare takes the place of the hits, if it is more. */
static void swap_hits(struct weir_scrubber *s, size_t n)
{
    struct weir_hit *swap = s->hits;

    if (n == s->n_hits)
        return;
    s->hits = s->spare;
    s->spare = swap;
    s->n_hits = n;
}

/* Several sets bring the same detectors. What one found nothing in, its twin
 * need not look at: same type, and same keys if it goes by keys. */
static bool barren(const struct weir_subject *subject, const struct weir_menu_row *row)
{
    if (row->key_rule != 0)
        return (subject->barren_keys & row->key_rule) != 0;
    return (subject->barren[row->type / 64] >> row->type % 64 & 1) != 0;
}

static void note_barren(struct weir_subject *subject, const struct weir_slot *at)
{
    static_assert(WEIR_RULE_TYPES <= 128, "a bit for each type");
    if (at->key_rule != 0)
        subject->barren_keys |= at->key_rule;
    else if (at->leaf->type != WEIR_RULE_PATTERN && at->leaf->type != WEIR_RULE_ANYTHING)
        subject->barren[at->leaf->type / 64] |= (uint64_t)1 << at->leaf->type % 64;
}

/* What a leaf wants to know before it runs. */
static void prepare(struct weir_scrubber *s, const struct weir_slot *at,
                    struct weir_subject *subject)
{
    subject->key_rule = at->key_rule;
    subject->found = false;
    if (at->leaf->type == WEIR_RULE_PATTERN)
        weir_scrubber_limit(s, subject->n);
}

/* Runs one leaf in all gaps; merges what it found with the hits so far. */
static int run_leaf(struct weir_scrubber *s, uint32_t slot, struct weir_subject *subject)
{
    const struct weir_slot *at = &s->mem->plan->slots[slot];
    const struct weir_detector *d = &weir_detectors[at->leaf->type];
    size_t n = 0, from = 0, old = s->n_hits;

    prepare(s, at, subject);
    for (size_t i = 0; i <= old; i++) {
        size_t to = i < old ? s->hits[i].start : subject->n;
        int rc = from < to ? run_gap(s, d, at->leaf, slot, subject, from, to, &n) : 0;

        if (rc > 0)
            return whole(s, slot, subject->n) == 0 ? 1 : WEIR_ENOMEM;
        if (rc < 0)
            return rc;
        if (i < old) {
            from = s->hits[i].end;
            if (!add_hit(s, &n, s->hits[i]))
                return WEIR_ENOMEM;
        }
    }
    if (old == 0 && !subject->found)
        note_barren(subject, at);
    swap_hits(s, n);
    return 0;
}

/* All places in [from, to) where a learnt value stands on its own. */
static int recall_gap(struct weir_scrubber *s, const struct weir_learnt *l, struct weir_str text,
                      size_t from, size_t to, size_t *n)
{
    for (;;) {
        size_t at =
            weir_str_find(weir_str_sub(text, from, to - from), (struct weir_str){l->text, l->n});

        if (at == SIZE_MAX)
            return 0;
        at += from;
        from = at + l->n;
        if ((at > 0 && weir_is(text.p[at - 1], WEIR_C_ALNUM)) ||
            (from < text.n && weir_is(text.p[from], WEIR_C_ALNUM)))
            continue;
        if (!add_hit(s, n, (struct weir_hit){at, from, l->slot, false}))
            return WEIR_ENOMEM;
    }
}

static int recall(struct weir_scrubber *s, struct weir_str text)
{
    for (size_t k = 0; k < s->n_learnt; k++) {
        size_t n = 0, from = 0, old = s->n_hits;

        for (size_t i = 0; i <= old; i++) {
            size_t to = i < old ? s->hits[i].start : text.n;
            int rc = from < to ? recall_gap(s, &s->learnt[k], text, from, to, &n) : 0;

            if (rc != 0)
                return rc;
            if (i < old) {
                from = s->hits[i].end;
                if (!add_hit(s, &n, s->hits[i]))
                    return WEIR_ENOMEM;
            }
        }
        swap_hits(s, n);
    }
    return 0;
}

/* What context decides: is there a key or a word that could tell? */
static bool may_tell(struct weir_scrubber *s, struct weir_subject *subject,
                     const struct weir_menu_row *row)
{
    uint64_t keys = subject->under;

    if (subject->tells == NULL)
        weir_context_tells(subject, &s->tells);
    subject->tells = &s->tells;
    if ((subject->classes & WEIR_P_PAIR) != 0)
        keys |= s->tells.rules;
    return (keys & row->key_rule) != 0 || (s->tells.hints & row->needs >> 24) != 0;
}

/* What looks for digits is told where they stand. Is there a number of as many
 * as it wants? The value of a key that tells is one, whatever it looks like. */
static bool has_digits(struct weir_scrubber *s, struct weir_subject *subject,
                       const struct weir_menu_row *row)
{
    if ((row->needs & (WEIR_P_DIGIT | WEIR_P_DIGITS)) == 0)
        return true;
    if (subject->numbers == NULL)
        weir_numbers_find((struct weir_str){subject->p, subject->n}, &s->numbers);
    subject->numbers = &s->numbers;
    return s->numbers.most >= row->digits || (subject->under & row->key_rule) != 0;
}

/* The rows that texts of these classes may need: those whose needs are met
 * and that wait for no literal. Good until the next call. */
static uint64_t *pick_rows(const struct weir_scrubber *s, const struct weir_menu *menu,
                           uint32_t classes)
{
    uint64_t *pick = menu->picks + (classes * UINT32_C(0x9E3779B1) >> 27) * (menu->words + 1);

    static_assert(WEIR_PICKS == 32, "the five upper bits tell");
    if (pick[menu->words] == (uint64_t)classes + 1)
        return pick;
    memset(pick, 0, menu->words * sizeof *pick);
    for (uint32_t i = 0; i < menu->n; i++)
        if ((menu->rows[i].needs & ~classes & WEIR_P_CLASSES) == 0 &&
            menu->rows[i].needs != UINT32_MAX && !weir_row_gated(s->mem, &menu->rows[i]))
            pick[i / 64] |= (uint64_t)1 << i % 64;
    pick[menu->words] = (uint64_t)classes + 1;
    return pick;
}

/* And those whose literals stand in the text. */
static const uint64_t *open_rows(struct weir_scrubber *s, const struct weir_menu *menu,
                                 struct weir_str text, const uint64_t *pick)
{
    uint64_t *open = s->mem->open;

    if (!menu->gated || !weir_gate_scan(s->mem->plan->gate, text, open))
        return pick;
    memcpy(s->mem->rows, pick, menu->words * sizeof *pick);
    for (size_t w = 0; w < weir_gate_words(s->mem->plan->gate); w++)
        for (uint64_t bits = open[w]; bits != 0; bits &= bits - 1) {
            uint32_t row = menu->row_of[w * 64 + (size_t)__builtin_ctzll(bits)];

            if (row > 0)
                s->mem->rows[(row - 1) / 64] |= (uint64_t)1 << (row - 1) % 64;
        }
    return s->mem->rows;
}

int weir_judge_once(struct weir_scrubber *s, const struct weir_menu *menu, struct weir_str text,
                    uint32_t classes, bool code)
{
    struct weir_subject subject = {.p = text.p,
                                   .n = text.n,
                                   .classes = classes,
                                   .code = code,
                                   .key = s->key,
                                   .keys = s->mem->keys,
                                   .under = s->under,
                                   .match = s->match,
                                   .limits = s->limits};
    const uint64_t *rows;

    s->n_hits = 0;
    if (menu->n == 0)
        return 0;
    rows = open_rows(s, menu, text, pick_rows(s, menu, classes));
    for (size_t w = 0; w < menu->words; w++)
        for (uint64_t bits = rows[w]; bits != 0; bits &= bits - 1) {
            const struct weir_menu_row *row = &menu->rows[w * 64 + (size_t)__builtin_ctzll(bits)];
            int rc;

            if (barren(&subject, row) || !has_digits(s, &subject, row) ||
                (row->needs > WEIR_P_CLASSES && !may_tell(s, &subject, row)))
                continue;
            rc = run_leaf(s, row->slot, &subject);
            if (rc != 0)
                return rc < 0 ? rc : 0;
        }
    return s->recall ? recall(s, text) : 0;
}

int weir_judge_write(struct weir_scrubber *s, struct weir_arena *a, struct weir_str text,
                     weir_note_fn *note, void *self, struct weir_str *ret_text)
{
    const struct weir_scrub_plan *plan = s->mem->plan;
    struct weir_buf out;
    size_t at = 0;

    weir_buf_init(&out, a, SIZE_MAX / 2);
    for (size_t i = 0; i < s->n_hits; i++) {
        const struct weir_hit *h = &s->hits[i];
        size_t start;

        weir_buf_add(&out, weir_str_sub(text, at, h->start - at));
        start = out.n;
        if (h->whole)
            weir_buf_add(&out, WEIR_S("[Filtered]"));
        else
            weir_redact(plan, plan->slots[h->slot].leaf,
                        weir_str_sub(text, h->start, h->end - h->start), &out);
        note(self, h, start, out.n);
        at = h->end;
    }
    weir_buf_add(&out, weir_str_sub(text, at, SIZE_MAX));
    return weir_buf_str(&out, ret_text);
}

uint32_t weir_judge_whole(const struct weir_scrubber *s, const struct weir_menu *menu,
                          uint64_t rules)
{
    rules &= ~s->mem->plan->checked; /* those look at the value first */
    if ((menu->key_rules & rules) == 0 && menu->any == 0)
        return 0;
    for (uint32_t i = 0; i < menu->n; i++) {
        const struct weir_slot *at = &s->mem->plan->slots[menu->rows[i].slot];

        if (at->leaf->type == WEIR_RULE_ANYTHING || (at->key_rule & rules) != 0)
            return menu->rows[i].slot + 1;
    }
    return 0;
}

uint32_t weir_judge_key(const struct weir_scrubber *s, const struct weir_menu *menu, uint64_t rules)
{
    rules &= ~s->mem->plan->checked;
    if ((menu->key_rules & rules) == 0)
        return 0;
    for (uint32_t i = 0; i < menu->n; i++)
        if ((s->mem->plan->slots[menu->rows[i].slot].key_rule & rules) != 0)
            return menu->rows[i].slot + 1;
    return 0;
}
