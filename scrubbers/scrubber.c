/* scrubber.c - a scrubber's life, its memories of plans, counts, matches. */
#include "scrubber.h"

#include "national.h"

#include "chars.h"
#include "walk.h"

#include <stdlib.h>

enum {
    /* Steps that a pattern may take: more on longer texts, so that many short
     * ones cost no more than one long one. Enough for any sensible pattern;
     * (a+)+$ stops after a tenth of a millisecond at the latest. */
    MATCH_LIMIT = 100000,
    MATCH_LEAST = 2000,
    MATCH_BY_BYTE = 200,
    MATCH_DEPTH = 1000,
    SCRATCH_BYTES = 1 << 30, /* a text and its replacements */
    MAX_STATES = 1 << 14     /* of selectors; more, and the memory starts anew */
};

struct weir_scrubber *weir_scrubber_new(void)
{
    struct weir_scrubber *s = calloc(1, sizeof *s);

    if (s == NULL)
        return NULL;
    weir_arena_init(&s->scratch, SCRATCH_BYTES);
    s->reader = weir_json_reader_new();
    s->match = pcre2_match_data_create(32, NULL);
    s->limits = pcre2_match_context_create(NULL);
    s->walk = weir_walk_new();
    s->seen = weir_seen_new();
    if (s->reader == NULL || s->match == NULL || s->limits == NULL || s->walk == NULL ||
        s->seen == NULL) {
        weir_scrubber_free(s);
        return NULL;
    }
    weir_scrubber_limit(s, SIZE_MAX);
    pcre2_set_depth_limit(s->limits, MATCH_DEPTH);
    pcre2_set_heap_limit(s->limits, 1024); /* KiB */
    return s;
}

void weir_scrubber_limit(struct weir_scrubber *s, size_t n)
{
    uint32_t limit = n < (MATCH_LIMIT - MATCH_LEAST) / MATCH_BY_BYTE
                         ? MATCH_LEAST + (uint32_t)n * MATCH_BY_BYTE
                         : MATCH_LIMIT;

    pcre2_set_match_limit(s->limits, limit);
}

static void forget(struct weir_memory *m)
{
    for (size_t i = 0; i < m->room_menus; i++)
        free(m->menus[i]);
    free(m->menus);
    weir_steps_free(m->steps);
    weir_keyring_free(m->keys);
    free(m->counts);
    free(m->open);
    free(m->rows);
    free(m->series);
    memset(m, 0, sizeof *m);
}

void weir_scrubber_free(struct weir_scrubber *s)
{
    if (s == NULL)
        return;
    for (size_t i = 0; i < WEIR_MEMORIES; i++)
        forget(&s->memories[i]);
    weir_json_reader_free(s->reader);
    pcre2_match_data_free(s->match);
    pcre2_match_context_free(s->limits);
    weir_walk_free(s->walk);
    weir_seen_free(s->seen);
    free(s->hits);
    free(s->kept);
    free(s->tells.list);
    free(s->numbers.list);
    weir_arena_destroy(&s->scratch);
    free(s->spare);
    free(s->matches);
    free(s);
}

void weir_scrubber_forget(struct weir_scrubber *s)
{
    weir_seen_reset(s->seen);
}

void weir_scrubber_explain(struct weir_scrubber *s, bool on)
{
    s->explain = on;
}

const struct weir_match *weir_scrubber_matches(const struct weir_scrubber *s, size_t *ret_n)
{
    *ret_n = s->n_matches;
    return s->matches;
}

const char *weir_scrubber_error(const struct weir_scrubber *s, size_t *ret_offset)
{
    if (ret_offset != NULL)
        *ret_offset = s->error_at;
    return s->error != NULL ? s->error : "";
}

bool weir_scrubber_explained(struct weir_scrubber *s, const struct weir_match *m)
{
    if (s->n_matches == s->room_matches) {
        size_t room = s->room_matches > 0 ? s->room_matches * 2 : 64;
        struct weir_match *more = realloc(s->matches, room * sizeof *more);

        if (more == NULL)
            return false;
        s->matches = more;
        s->room_matches = room;
    }
    s->matches[s->n_matches++] = *m;
    return true;
}

/* ---- memories of plans ------------------------------------------------------- */

static bool key_pattern_fits(const struct weir_leaf *leaf, struct weir_str key,
                             const struct weir_scrubber *s)
{
    int rc = pcre2_match(leaf->pattern, (PCRE2_SPTR)(key.n > 0 ? key.p : ""), key.n, 0, 0, s->match,
                         s->limits);

    /* one that cannot be judged counts as sensitive */
    return rc >= 0 || rc != PCRE2_ERROR_NOMATCH;
}

static uint8_t role_of(struct weir_str key)
{
    static const char *const names[] = {"key", "name", "header", "field", "param", "k"};
    static const char *const values[] = {"value", "val", "v", "content"};

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (weir_str_eq_nocase(key, weir_str_of(names[i])))
            return WEIR_KEY_NAMES;
    for (size_t i = 0; i < sizeof values / sizeof *values; i++)
        if (weir_str_eq_nocase(key, weir_str_of(values[i])))
            return WEIR_KEY_VALUE;
    return WEIR_KEY_PLAIN;
}

/* Does the key hold what a rule put there? [token] is no key; in user[token]
 * it is one. */
static bool holds_replacement(struct weir_str key)
{
    for (size_t i = 0; i < key.n; i++)
        if (key.p[i] == '[' && (i == 0 || !weir_is(key.p[i - 1], WEIR_C_ALNUM)) &&
            weir_replacement(weir_str_sub(key, i, SIZE_MAX)))
            return true;
    return false;
}

/* weir_key_fn: all that the plan wants to know of a key. */
static void ask_key(void *self, struct weir_str key, bool phrase, struct weir_key *ret_key)
{
    struct weir_scrubber *s = self;
    const struct weir_scrub_plan *plan = s->mem->plan;
    struct weir_word words[8];
    size_t n;
    bool replaced = holds_replacement(key);
    bool open = !phrase && weir_gate_scan(plan->key_gate, key, s->mem->open);

    weir_scrubber_limit(s, key.n);

    for (size_t i = 0; i < plan->n_slots; i++) {
        const struct weir_slot *at = &plan->slots[i];

        if (at->key_rule == 0 || replaced) /* [token] is no key */
            continue;
        if (plan->gated[i] && (!open || (s->mem->open[i / 64] >> i % 64 & 1) == 0))
            continue;
        if (at->leaf->keys != NULL ? weir_words_match(at->leaf->keys, key, phrase)
                                   : !phrase && key_pattern_fits(at->leaf, key, s))
            ret_key->rules |= at->key_rule;
    }
    if (phrase)
        return;
    ret_key->symbol = weir_paths_symbol(plan->paths, key);
    ret_key->field = weir_schema_key(key);
    ret_key->role = role_of(key);
    ret_key->number = weir_id_key(key) || weir_place_key(key);
    n = weir_split_words(key, words, 8);
    ret_key->version =
        n > 0 &&
        weir_str_eq_nocase(weir_str_sub(key, words[n - 1].at, words[n - 1].n), WEIR_S("version"));
}

static int learn(struct weir_scrubber *s, struct weir_memory *m, const struct weir_scrub_plan *plan)
{
    forget(m);
    m->plan = plan;
    m->steps = weir_steps_new(plan->paths);
    m->keys = weir_keyring_new(ask_key, s);
    m->counts = calloc(plan->n_slots + 1, sizeof *m->counts);
    m->open = calloc(plan->n_slots / 64 + 1, sizeof *m->open);
    m->rows = calloc(plan->n_slots / 64 + 1, sizeof *m->rows);
    m->series = calloc(plan->n_slots + 1, sizeof(struct weir_series *));
    if (m->steps == NULL || m->keys == NULL || m->counts == NULL || m->open == NULL ||
        m->rows == NULL || m->series == NULL) {
        forget(m);
        return WEIR_ENOMEM;
    }
    m->plan_id = plan->id;
    return 0;
}

int weir_scrubber_use(struct weir_scrubber *s, const struct weir_scrub_plan *plan)
{
    struct weir_memory *m = &s->memories[0];
    int rc;

    s->clock++;
    for (size_t i = 0; i < WEIR_MEMORIES; i++) {
        if (s->memories[i].plan_id == plan->id) {
            m = &s->memories[i];
            break;
        }
        if (s->memories[i].used < m->used)
            m = &s->memories[i];
    }
    if (m->plan_id != plan->id || weir_steps_count(m->steps) > MAX_STATES) {
        rc = learn(s, m, plan);
        if (rc != 0)
            return rc;
    }
    m->used = s->clock;
    s->mem = m;
    if (!plan->shadow)
        s->n_matches = 0;
    s->first_match = s->n_matches;
    s->error = NULL;
    s->error_at = 0;
    return 0;
}

/* ---- menus -------------------------------------------------------------------- */

/* Is this leaf run on values of that class? */
static bool served(const struct weir_plan_app *app, const struct weir_leaf *leaf, uint8_t cls)
{
    switch (cls) {
    case WEIR_CLASS_KEEP:
        return false;
    case WEIR_CLASS_ID:
        return app->specific;
    case WEIR_CLASS_VERSION:
        return app->specific ||
               (weir_detectors[leaf->type].strong && !weir_detectors[leaf->type].number);
    case WEIR_CLASS_NAME:
        return app->specific || weir_detectors[leaf->type].strong;
    case WEIR_CLASS_META:
        return leaf->type != WEIR_RULE_ANYTHING;
    default:
        return true;
    }
}

static void note_any(struct weir_menu *menu, const struct weir_plan_app *app, uint32_t slot)
{
    if (menu->any == 0)
        menu->any = slot + 1;
    if (menu->any_named == 0 && app->specific)
        menu->any_named = slot + 1;
}

static bool same_pattern(const struct weir_leaf *a, const struct weir_leaf *b)
{
    return weir_str_eq(a->source, b->source) && a->n_groups == b->n_groups &&
           (a->n_groups == 0 || memcmp(a->groups, b->groups, a->n_groups) == 0);
}

/* Does one look for what the other does, and put the same in place? */
static bool twins(const struct weir_slot *a, const struct weir_slot *b)
{
    const struct weir_redaction *r = &a->leaf->redact;

    return a->leaf->type == b->leaf->type && a->leaf->type != WEIR_RULE_ANYTHING &&
           a->key_rule == b->key_rule && r->method == WEIR_METHOD_REPLACE &&
           r->method == b->leaf->redact.method && weir_str_eq(r->text, b->leaf->redact.text) &&
           (a->leaf->type != WEIR_RULE_PATTERN || same_pattern(a->leaf, b->leaf));
}

/* Sets that extend others bring all of their rules. Once the first of them
 * has looked, there is nothing left for its twin. */
static bool has_twin(const struct weir_menu *menu, const struct weir_scrub_plan *plan,
                     const struct weir_slot *slot)
{
    for (uint32_t i = 0; i < menu->n; i++)
        if (twins(&plan->slots[menu->rows[i].slot], slot))
            return true;
    return false;
}

/* Adds the slots of the satisfied applications, each once. */
static void fill(struct weir_scrubber *s, struct weir_menu *menu, int32_t state, uint8_t cls)
{
    const struct weir_scrub_plan *plan = s->mem->plan;

    for (size_t i = 0; i < plan->n_apps; i++) {
        const struct weir_plan_app *app = &plan->apps[i];

        if (!weir_steps_accepts(s->mem->steps, state, i))
            continue;
        for (size_t k = 0; k < app->n_slots; k++) {
            const struct weir_slot *at = &plan->slots[app->slots[k]];
            struct weir_menu_row *row = &menu->rows[menu->n];

            if (menu->row_of[app->slots[k]] != 0 || !served(app, at->leaf, cls) ||
                has_twin(menu, plan, at))
                continue;
            row->slot = app->slots[k];
            row->key_rule = at->key_rule;
            row->needs = at->leaf->type == WEIR_RULE_ANYTHING
                             ? UINT32_MAX
                             : weir_detectors[at->leaf->type].needs;
            row->type = (uint8_t)at->leaf->type;
            row->digits = weir_detectors[at->leaf->type].digits;
            menu->row_of[row->slot] = ++menu->n;
            menu->gated = menu->gated || weir_row_gated(s->mem, row);
            menu->key_rules |= at->key_rule;
            if (at->leaf->type == WEIR_RULE_ANYTHING)
                note_any(menu, app, app->slots[k]);
        }
    }
}

/* In one piece of memory. */
static struct weir_menu *new_menu(size_t slots)
{
    size_t words = slots / 64 + 1, rows = offsetof(struct weir_menu, rows[slots]);
    size_t picks = (rows + 7) / 8 * 8, row_of = picks + WEIR_PICKS * (words + 1) * sizeof(uint64_t);
    struct weir_menu *menu = calloc(1, row_of + slots * sizeof *menu->row_of);

    if (menu == NULL)
        return NULL;
    menu->words = words;
    menu->picks = (void *)((char *)menu + picks);
    menu->row_of = (void *)((char *)menu + row_of);
    return menu;
}

const struct weir_menu *weir_scrubber_menu(struct weir_scrubber *s, int32_t state, uint8_t cls)
{
    struct weir_memory *m = s->mem;
    size_t at = (size_t)state * WEIR_CLASSES + cls;
    struct weir_menu *menu;

    if (at < m->room_menus && m->menus[at] != NULL)
        return m->menus[at];
    if (at >= m->room_menus) {
        size_t room = (at + 1) * 2;
        struct weir_menu **more = realloc(m->menus, room * sizeof(struct weir_menu *));

        if (more == NULL)
            return NULL;
        for (size_t i = m->room_menus; i < room; i++)
            more[i] = NULL;
        m->menus = more;
        m->room_menus = room;
    }
    menu = new_menu(m->plan->n_slots);
    if (menu == NULL)
        return NULL;
    menu->id = ++s->menus_made;
    fill(s, menu, state, cls);
    m->menus[at] = menu;
    return menu;
}

/* ---- counts -------------------------------------------------------------------- */

void weir_scrubber_flush(struct weir_scrubber *s, size_t bytes)
{
    struct weir_memory *m = s->mem;

    for (size_t i = 0; m->counted && i < m->plan->n_slots; i++) {
        const struct weir_slot *at = &m->plan->slots[i];

        if (m->counts[i] == 0)
            continue;
        if (m->series[i] == NULL) {
            const struct weir_str labels[] = {
                at->leaf->ruleset, at->leaf->name,
                weir_str_of(weir_method_name(at->leaf->redact.method)),
                at->shadow ? WEIR_S("shadow") : WEIR_S("enforce")};

            m->series[i] = weir_metric(WEIR_M_SCRUB_MATCHES, labels, 4);
        }
        if (m->series[i] != NULL)
            weir_count(m->series[i], m->counts[i]);
        m->counts[i] = 0;
    }
    m->counted = false;
    if (s->bytes == NULL)
        s->bytes = weir_metric(WEIR_M_SCRUB_BYTES, NULL, 0);
    if (s->bytes != NULL && !m->plan->shadow)
        weir_count(s->bytes, bytes);
}

void weir_scrubber_uncount(struct weir_scrubber *s)
{
    memset(s->mem->counts, 0, s->mem->plan->n_slots * sizeof *s->mem->counts);
    s->n_matches = s->first_match;
}

/* ---- what goes everywhere -------------------------------------------------------- */

/* Told from other words? A common word or a small number would take innocent
 * text along. */
static bool special(struct weir_str text)
{
    size_t digits = 0, letters = 0;

    for (size_t i = 0; i < text.n; i++) {
        digits += weir_is_digit(text.p[i]);
        letters += weir_is(text.p[i], WEIR_C_ALPHA);
    }
    return text.n >= 6 && digits > 0 && letters > 0;
}

/* Values as frame variables have them stand in the quotes of their language. */
static struct weir_str unquoted(struct weir_str text)
{
    if (text.n > 2 && (text.p[0] == '\'' || text.p[0] == '"') && text.p[text.n - 1] == text.p[0])
        return weir_str_sub(text, 1, text.n - 2);
    return text;
}

void weir_scrubber_learn(struct weir_scrubber *s, uint32_t slot, struct weir_str text)
{
    const struct weir_slot *by = &s->mem->plan->slots[slot];
    struct weir_learnt *l = &s->learnt[s->n_learnt];

    if (s->recall || !by->leaf->everywhere || s->n_learnt == WEIR_LEARNT)
        return;
    text = unquoted(text);
    if (text.n > sizeof l->text || !special(text))
        return;
    for (size_t i = 0; i < s->n_learnt; i++)
        if (weir_str_eq(text, (struct weir_str){s->learnt[i].text, s->learnt[i].n}))
            return;
    memcpy(l->text, text.p, text.n);
    l->n = text.n;
    l->slot = slot;
    s->n_learnt++;
}
