/* paths.c - see paths.h. A position is a bit: bit(path, i) says that the
 * first i items of the path match the steps that end here. An item ** keeps
 * the bit behind it alive on any step. */
#include "paths.h"

#include "chars.h"

#include <assert.h>
#include <stdlib.h>

struct position {
    const struct weir_sel_item *item; /* consumed to get here */
    uint32_t symbol;                  /* of a KEY or INDEX item */
    bool first;                       /* the item is the path's first: always ready */
    bool last;
};

struct weir_paths {
    const struct weir_selector *const *selectors;
    size_t n_selectors;
    struct position *positions;
    size_t n_positions, n_words;
    size_t **accepts; /* by selector, by path: its last position */
    struct weir_str *symbols;
    size_t n_symbols, symbol_slots;
    uint32_t *table; /* of symbols by hash, + 1 */
};

static size_t count_items(const struct weir_selector *s)
{
    switch (s->op) {
    case WEIR_SEL_PATH:
        return s->path.n;
    case WEIR_SEL_NOT:
        return count_items(s->left);
    default:
        return count_items(s->left) + count_items(s->right);
    }
}

static uint64_t symbol_hash(struct weir_str key)
{
    uint64_t h = 14695981039346656037U;

    for (size_t i = 0; i < key.n; i++)
        h = (h ^ (uint8_t)weir_lower(key.p[i])) * 1099511628211U;
    return h ^ h >> 29;
}

uint32_t weir_paths_symbol(const struct weir_paths *p, struct weir_str key)
{
    size_t i;

    if (p->n_symbols == 0)
        return 0;
    for (i = symbol_hash(key) & (p->symbol_slots - 1); p->table[i] != 0;
         i = (i + 1) & (p->symbol_slots - 1))
        if (weir_str_eq_nocase(p->symbols[p->table[i] - 1], key))
            return p->table[i];
    return 0;
}

static uint32_t symbol_of(struct weir_paths *p, struct weir_str key)
{
    uint32_t symbol = weir_paths_symbol(p, key);
    size_t i;

    if (symbol != 0)
        return symbol;
    p->symbols[p->n_symbols++] = key;
    for (i = symbol_hash(key) & (p->symbol_slots - 1); p->table[i] != 0;)
        i = (i + 1) & (p->symbol_slots - 1);
    p->table[i] = (uint32_t)p->n_symbols;
    return p->table[i];
}

static void add_paths(struct weir_paths *p, const struct weir_selector *s, size_t *accepts)
{
    if (s->op != WEIR_SEL_PATH) {
        add_paths(p, s->left, accepts);
        if (s->op != WEIR_SEL_NOT)
            add_paths(p, s->right, accepts);
        return;
    }
    for (size_t i = 0; i < s->path.n; i++) {
        const struct weir_sel_item *it = &s->path.items[i];
        struct position *at = &p->positions[p->n_positions++];

        at->item = it;
        at->first = i == 0;
        at->last = i + 1 == s->path.n;
        if (it->kind == WEIR_SEL_KEY || it->kind == WEIR_SEL_INDEX)
            at->symbol = symbol_of(p, it->key);
    }
    accepts[s->number] = p->n_positions - 1;
}

struct weir_paths *weir_paths_new(struct weir_arena *a,
                                  const struct weir_selector *const *selectors, size_t n)
{
    struct weir_paths *p = weir_arena_zalloc(a, 1, sizeof *p);
    size_t items = 0;

    if (p == NULL)
        return NULL;
    for (size_t i = 0; i < n; i++)
        items += count_items(selectors[i]);
    p->selectors = selectors;
    p->n_selectors = n;
    p->n_words = items / 64 + 1;
    for (p->symbol_slots = 16; p->symbol_slots < items * 2;)
        p->symbol_slots *= 2;
    p->positions = weir_arena_zalloc(a, items + 1, sizeof *p->positions);
    p->symbols = weir_arena_zalloc(a, items + 1, sizeof *p->symbols);
    p->table = weir_arena_zalloc(a, p->symbol_slots, sizeof *p->table);
    p->accepts = weir_arena_zalloc(a, n + 1, sizeof *p->accepts);
    if (p->positions == NULL || p->symbols == NULL || p->table == NULL || p->accepts == NULL)
        return NULL;
    for (size_t i = 0; i < n; i++) {
        p->accepts[i] = weir_arena_zalloc(a, selectors[i]->n_paths + 1, sizeof **p->accepts);
        if (p->accepts[i] == NULL)
            return NULL;
        add_paths(p, selectors[i], p->accepts[i]);
    }
    return p;
}

/* ---- one scrubber's memory ------------------------------------------------- */

struct step {
    uint32_t symbol, types;
    int32_t from, to; /* from < 0: free */
};

struct weir_steps {
    const struct weir_paths *paths;
    uint64_t *sets; /* n_words for each state */
    size_t n_states, room_states;
    struct step *steps; /* open addressing */
    size_t n_steps, room_steps;
    uint64_t *scratch;
};

void weir_steps_free(struct weir_steps *s)
{
    if (s == NULL)
        return;
    free(s->sets);
    free(s->steps);
    free(s->scratch);
    free(s);
}

/* `n` free places. */
static struct step *new_steps(size_t n)
{
    struct step *steps = calloc(n, sizeof *steps);

    for (size_t i = 0; steps != NULL && i < n; i++)
        steps[i].from = -1;
    return steps;
}

struct weir_steps *weir_steps_new(const struct weir_paths *p)
{
    struct weir_steps *s = calloc(1, sizeof *s);

    if (s == NULL)
        return NULL;
    s->paths = p;
    s->room_states = 64;
    s->room_steps = 1024;
    s->sets = calloc(s->room_states * p->n_words, sizeof *s->sets);
    s->steps = new_steps(s->room_steps);
    s->scratch = calloc(p->n_words, sizeof *s->scratch);
    if (s->sets == NULL || s->steps == NULL || s->scratch == NULL) {
        weir_steps_free(s);
        return NULL;
    }
    s->n_states = 1; /* the root: no position reached */
    return s;
}

size_t weir_steps_count(const struct weir_steps *s)
{
    return s->n_states;
}

static size_t slot_of(const struct weir_steps *s, int32_t from, uint32_t symbol, uint32_t types)
{
    uint64_t h = ((uint64_t)(uint32_t)from << 32 | symbol) * 0x9E3779B97F4A7C15U;
    size_t i;

    h = (h ^ types) * 0xD6E8FEB86659FD93U;
    for (i = (h >> 32) & (s->room_steps - 1); s->steps[i].from >= 0;
         i = (i + 1) & (s->room_steps - 1)) {
        const struct step *t = &s->steps[i];

        if (t->from == from && t->symbol == symbol && t->types == types)
            break;
    }
    return i;
}

static bool grow_steps(struct weir_steps *s)
{
    struct step *old = s->steps;
    size_t n = s->room_steps;

    s->steps = new_steps(2 * n);
    if (s->steps == NULL) {
        s->steps = old;
        return false;
    }
    s->room_steps = 2 * n;
    for (size_t i = 0; i < n; i++)
        if (old[i].from >= 0)
            s->steps[slot_of(s, old[i].from, old[i].symbol, old[i].types)] = old[i];
    free(old);
    return true;
}

static bool fits(const struct position *at, uint32_t symbol, uint32_t types)
{
    switch (at->item->kind) {
    case WEIR_SEL_ANY:
    case WEIR_SEL_DEEP:
        return true;
    case WEIR_SEL_TYPE:
        return (at->item->types & types) != 0;
    default:
        return at->symbol == symbol;
    }
}

static bool bit(const uint64_t *set, size_t i)
{
    return (set[i / 64] >> i % 64 & 1) != 0;
}

/* The set that a step leads to, into scratch. */
static void step_set(struct weir_steps *s, const uint64_t *from, uint32_t symbol, uint32_t types)
{
    const struct weir_paths *p = s->paths;

    memset(s->scratch, 0, p->n_words * sizeof *s->scratch);
    for (size_t i = 0; i < p->n_positions; i++) {
        const struct position *at = &p->positions[i];
        bool ready = at->first || bit(from, i - 1);

        if (at->item->kind == WEIR_SEL_DEEP && bit(from, i))
            ready = true;
        if (ready && fits(at, symbol, types))
            s->scratch[i / 64] |= (uint64_t)1 << i % 64;
    }
}

/* The number of the set in scratch, a new one if need be; -1: no memory. */
static int32_t intern(struct weir_steps *s)
{
    size_t words = s->paths->n_words;

    for (size_t i = 0; i < s->n_states; i++)
        if (memcmp(s->sets + i * words, s->scratch, words * sizeof *s->sets) == 0)
            return (int32_t)i;
    if (s->n_states == s->room_states) {
        size_t room = 2 * s->room_states;
        uint64_t *more;

        assert(room > 0 && words > 0); /* since weir_steps_new() */
        more = s->n_states <= INT32_MAX / 4 ? realloc(s->sets, room * words * sizeof *more) : NULL;
        if (more == NULL)
            return -1;
        s->sets = more;
        s->room_states = room;
    }
    memcpy(s->sets + s->n_states * words, s->scratch, words * sizeof *s->sets);
    return (int32_t)s->n_states++;
}

int32_t weir_steps_push(struct weir_steps *s, int32_t state, uint32_t symbol, uint32_t types)
{
    size_t i = slot_of(s, state, symbol, types);
    int32_t to;

    if (s->steps[i].from >= 0)
        return s->steps[i].to;
    step_set(s, s->sets + (size_t)state * s->paths->n_words, symbol, types);
    to = intern(s);
    if (to < 0 || (s->n_steps * 2 >= s->room_steps && !grow_steps(s)))
        return -1;
    s->steps[slot_of(s, state, symbol, types)] = (struct step){symbol, types, state, to};
    s->n_steps++;
    return to;
}

static bool satisfied(const uint64_t *set, const size_t *accepts, const struct weir_selector *x)
{
    switch (x->op) {
    case WEIR_SEL_PATH:
        return bit(set, accepts[x->number]);
    case WEIR_SEL_NOT:
        return !satisfied(set, accepts, x->left);
    case WEIR_SEL_AND:
        return satisfied(set, accepts, x->left) && satisfied(set, accepts, x->right);
    case WEIR_SEL_OR:
        return satisfied(set, accepts, x->left) || satisfied(set, accepts, x->right);
    }
    return false;
}

bool weir_steps_accepts(const struct weir_steps *s, int32_t state, size_t i)
{
    return satisfied(s->sets + (size_t)state * s->paths->n_words, s->paths->accepts[i],
                     s->paths->selectors[i]);
}
