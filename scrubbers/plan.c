/* plan.c - joins rule sets, see plan.h. */
#include "plan.h"

#include <stdatomic.h>
#include <stdlib.h>

enum { PLAN_BYTES = 64 * 1024 * 1024 };

static bool is_key_rule(const struct weir_leaf *l)
{
    return l->keys != NULL || l->type == WEIR_RULE_REDACT_PAIR;
}

/* The bit of a key rule: shared by those that ask for the same keys in the
 * same way, since sets that extend others bring all of their rules. */
static int key_bit(struct weir_scrub_plan *p, const struct weir_leaf *leaf, uint64_t *ret_bit)
{
    for (size_t i = 0; i < p->n_slots; i++) {
        const struct weir_leaf *other = p->slots[i].leaf;

        if (leaf->keys != NULL && other->keys != NULL && other->type == leaf->type &&
            weir_words_equal(other->keys, leaf->keys)) {
            *ret_bit = p->slots[i].key_rule;
            return 0;
        }
    }
    if (p->n_key_rules == WEIR_MAX_KEY_RULES)
        return WEIR_ELIMIT;
    *ret_bit = (uint64_t)1 << p->n_key_rules++;
    if (leaf->type != WEIR_RULE_PASSWORD && leaf->type != WEIR_RULE_REDACT_PAIR)
        p->checked |= *ret_bit;
    return 0;
}

/* The slot for a leaf: one for each leaf of each set. */
static int slot_of(struct weir_scrub_plan *p, const struct weir_leaf *leaf, uint32_t set,
                   uint32_t *ret_slot)
{
    for (size_t i = 0; i < p->n_slots; i++)
        if (p->slots[i].leaf == leaf && p->slots[i].set == set) {
            *ret_slot = (uint32_t)i;
            return 0;
        }
    p->slots[p->n_slots] = (struct weir_slot){.leaf = leaf, .set = set, .shadow = p->shadow};
    if (is_key_rule(leaf)) {
        int rc = key_bit(p, leaf, &p->slots[p->n_slots].key_rule);

        if (rc != 0)
            return rc;
    }
    *ret_slot = (uint32_t)p->n_slots++;
    return 0;
}

static int add_app(struct weir_scrub_plan *p, const struct weir_application *app, uint32_t set)
{
    struct weir_plan_app *to = &p->apps[p->n_apps];

    to->selector = app->selector;
    to->specific = weir_selector_specific(app->selector);
    to->slots = weir_arena_zalloc(&p->arena, app->n_leaves + 1, sizeof *to->slots);
    if (to->slots == NULL)
        return WEIR_ENOMEM;
    for (size_t i = 0; i < app->n_leaves; i++) {
        int rc = slot_of(p, app->leaves[i], set, &to->slots[i]);

        if (rc != 0)
            return rc;
    }
    to->n_slots = app->n_leaves;
    p->selectors[p->n_apps++] = app->selector;
    return 0;
}

static bool has_index(const struct weir_selector *s)
{
    if (s->op == WEIR_SEL_PATH) {
        for (size_t i = 0; i < s->path.n; i++)
            if (s->path.items[i].kind == WEIR_SEL_INDEX)
                return true;
        return false;
    }
    return has_index(s->left) || (s->op != WEIR_SEL_NOT && has_index(s->right));
}

static int join(struct weir_scrub_plan *p, const struct weir_ruleset *const *sets, size_t n)
{
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < sets[i]->n_applications; k++) {
            int rc = add_app(p, &sets[i]->applications[k], (uint32_t)i);

            if (rc != 0)
                return rc;
            p->indices = p->indices || has_index(sets[i]->applications[k].selector);
        }
    return 0;
}

static void count(const struct weir_ruleset *const *sets, size_t n, size_t *apps, size_t *slots)
{
    for (size_t i = 0; i < n; i++) {
        *apps += sets[i]->n_applications;
        for (size_t k = 0; k < sets[i]->n_applications; k++)
            *slots += sets[i]->applications[k].n_leaves;
    }
}

/* The gate for the slots of one type; `scratch` has a place for each slot. */
static struct weir_gate *gate_of(struct weir_scrub_plan *p, enum weir_rule_type type,
                                 struct weir_literals *scratch,
                                 const struct weir_literals **literals, bool *gated)
{
    struct weir_gate *g;

    for (size_t i = 0; i < p->n_slots; i++) {
        literals[i] = NULL;
        if (p->slots[i].leaf->type != type)
            continue;
        weir_literals_of(p->slots[i].leaf->source, &scratch[i]);
        literals[i] = &scratch[i];
    }
    g = weir_gate_new(&p->arena, literals, p->n_slots, gated);
    for (size_t i = 0; i < p->n_slots; i++)
        p->gated[i] = p->gated[i] || gated[i];
    return g;
}

static int make_gates(struct weir_scrub_plan *p)
{
    struct weir_literals *scratch = calloc(p->n_slots + 1, sizeof *scratch);
    const struct weir_literals **literals =
        calloc(p->n_slots + 1, sizeof(const struct weir_literals *));
    bool *gated = calloc(p->n_slots + 1, sizeof *gated);

    p->gated = weir_arena_zalloc(&p->arena, p->n_slots + 1, sizeof *p->gated);
    if (scratch != NULL && literals != NULL && gated != NULL && p->gated != NULL) {
        p->gate = gate_of(p, WEIR_RULE_PATTERN, scratch, literals, gated);
        p->key_gate = gate_of(p, WEIR_RULE_REDACT_PAIR, scratch, literals, gated);
    }
    free(gated);
    free(literals);
    free(scratch);
    return p->gate != NULL && p->key_gate != NULL ? 0 : WEIR_ENOMEM;
}

static int build(struct weir_scrub_plan *p, const struct weir_ruleset *const *sets, size_t n,
                 struct weir_str hash_key)
{
    size_t apps = 0, slots = 0;
    int rc;

    count(sets, n, &apps, &slots);
    p->apps = weir_arena_zalloc(&p->arena, apps + 1, sizeof *p->apps);
    p->selectors = weir_arena_zalloc(&p->arena, apps + 1, sizeof *p->selectors);
    p->slots = weir_arena_zalloc(&p->arena, slots + 1, sizeof *p->slots);
    p->hash_key = weir_arena_copy(&p->arena, hash_key);
    if (p->apps == NULL || p->selectors == NULL || p->slots == NULL || p->hash_key.p == NULL)
        return WEIR_ENOMEM;
    rc = join(p, sets, n);
    if (rc == 0)
        rc = make_gates(p);
    if (rc != 0)
        return rc;
    p->paths = weir_paths_new(&p->arena, p->selectors, p->n_apps);
    return p->paths != NULL ? 0 : WEIR_ENOMEM;
}

/* A plan without shadows. */
static int new_plan(const struct weir_ruleset *const *sets, size_t n, bool shadow,
                    struct weir_str hash_key, struct weir_scrub_plan **ret_plan)
{
    static atomic_uint_fast64_t ids = 1;
    struct weir_scrub_plan *p = calloc(1, sizeof *p);
    int rc;

    if (p == NULL)
        return WEIR_ENOMEM;
    weir_arena_init(&p->arena, PLAN_BYTES);
    p->id = atomic_fetch_add_explicit(&ids, 1, memory_order_relaxed);
    p->shadow = shadow;
    rc = build(p, sets, n, hash_key);
    if (rc != 0) {
        weir_scrub_plan_free(p);
        return rc;
    }
    *ret_plan = p;
    return 0;
}

int weir_scrub_plan_new(const struct weir_ruleset *const *enforced, size_t n_enforced,
                        const struct weir_ruleset *const *shadow, size_t n_shadow,
                        struct weir_str hash_key, struct weir_scrub_plan **ret_plan)
{
    struct weir_scrub_plan *p;
    int rc = new_plan(enforced, n_enforced, false, hash_key, &p);

    if (rc != 0)
        return rc;
    p->shadows = weir_arena_zalloc(&p->arena, n_shadow + 1, sizeof(struct weir_scrub_plan *));
    rc = p->shadows != NULL ? 0 : WEIR_ENOMEM;
    for (size_t i = 0; rc == 0 && i < n_shadow; i++) {
        rc = new_plan(&shadow[i], 1, true, hash_key, &p->shadows[i]);
        p->n_shadows += rc == 0;
    }
    if (rc != 0) {
        weir_scrub_plan_free(p);
        return rc;
    }
    *ret_plan = p;
    return 0;
}

void weir_scrub_plan_free(struct weir_scrub_plan *p)
{
    if (p == NULL)
        return;
    for (size_t i = 0; p->shadows != NULL && i < p->n_shadows; i++)
        weir_scrub_plan_free(p->shadows[i]);
    weir_arena_destroy(&p->arena);
    free(p);
}
