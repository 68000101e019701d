/* literals.c - see literals.h.
 *
 * Reading a pattern: a sequence holds the runs of plain characters in it, and
 * what its groups hold; the best of them is taken, the one whose shortest
 * alternative is longest. Alternatives hold what one of them holds. A
 * quantifier that allows none takes back what stands before it; anything
 * that is not a plain character ends a run. Where the syntax goes beyond
 * that (recursion, conditions, verbs, comments, free spacing) the pattern
 * has no literal: it is then tried on every text, which is never wrong.
 *
 * The automaton is that of Aho and Corasick, with all transitions worked out:
 * one step a byte. Bytes that stand in no literal share one column, so that a
 * row is short. Under PCRE2_CASELESS k also matches the Kelvin sign and s the
 * long s; both open every pattern whose literals have the letter. */
#include "literals.h"

#include "chars.h"

#include "weir/text.h"

/* ---- reading a pattern ----------------------------------------------------------- */

struct reader {
    struct weir_str p;
    size_t at;
    unsigned depth;
    bool lost; /* the syntax is beyond us */
};

/* The plain characters right before the place where a reader stands. */
struct run {
    size_t n;
    char text[64];
};

static unsigned worth(const struct weir_literals *l)
{
    unsigned least = WEIR_LITERAL_MOST + 1;

    for (unsigned i = 0; i < l->n; i++)
        least = l->list[i].n < least ? l->list[i].n : least;
    return l->n == 0 ? 0 : least;
}

static void keep_better(struct weir_literals *best, const struct weir_literals *other)
{
    if (worth(other) > worth(best) || (worth(other) == worth(best) && other->n < best->n))
        *best = *other;
}

/* The run is over: it is a literal if it is long enough. */
static void end_run(struct run *run, struct weir_literals *best)
{
    struct weir_literals one = {.n = 1};
    size_t n = run->n < WEIR_LITERAL_MOST ? run->n : (size_t)WEIR_LITERAL_MOST;

    if (run->n >= WEIR_LITERAL_LEAST) {
        one.list[0].n = (uint8_t)n;
        memcpy(one.list[0].text, run->text, n);
        keep_better(best, &one);
    }
    run->n = 0;
}

static bool more(const struct reader *r)
{
    return !r->lost && r->at < r->p.n;
}

static char peek(const struct reader *r, size_t ahead)
{
    return r->at + ahead < r->p.n ? r->p.p[r->at + ahead] : '\0';
}

/* {n} {n,} {n,m} at the reader: its length, 0: it is no quantifier. */
static size_t braces(const struct reader *r, bool *ret_none)
{
    size_t i = 1;

    *ret_none = true;
    while (peek(r, i) != '\0' && strchr("0123456789, ", peek(r, i)) != NULL) {
        if (peek(r, i) >= '1' && peek(r, i) <= '9' && memchr(r->p.p + r->at, ',', i) == NULL)
            *ret_none = false;
        i++;
    }
    return i > 1 && peek(r, i) == '}' ? i + 1 : 0;
}

/* Passes a quantifier. False: there is none; else whether what stands before
 * it may be left out. */
static bool quantifier(struct reader *r, bool *ret_none)
{
    size_t n = 0;

    *ret_none = false;
    if (!more(r))
        return false;
    if (memchr("*+?", peek(r, 0), 3) != NULL) {
        *ret_none = peek(r, 0) != '+';
        n = 1;
    } else if (peek(r, 0) == '{') {
        n = braces(r, ret_none);
    }
    r->at += n;
    if (n > 0 && more(r) && (peek(r, 0) == '?' || peek(r, 0) == '+'))
        r->at++;
    return n > 0;
}

/* [...]: nothing is learnt from it. */
static void skip_class(struct reader *r)
{
    r->at++;
    if (peek(r, 0) == '^')
        r->at++;
    if (peek(r, 0) == ']')
        r->at++;
    while (more(r) && peek(r, 0) != ']') {
        if (peek(r, 0) == '\\') {
            r->lost = peek(r, 1) == 'Q' || peek(r, 1) == 'E';
            r->at++;
        } else if (peek(r, 0) == '[' && memchr(":.=", peek(r, 1), 3) != NULL) {
            size_t end = weir_str_find(weir_str_sub(r->p, r->at + 2, SIZE_MAX), WEIR_S("]"));

            /* [:alpha:], unless it is only a bracket and a colon */
            if (end != SIZE_MAX && end > 0 && r->p.p[r->at + 1 + end] == peek(r, 1))
                r->at += end + 2;
        }
        r->at++;
    }
    r->at++;
}

/* Behind a backslash: a plain character, or false and the reader is past what
 * it stands for. */
static bool escape(struct reader *r, char *ret_c)
{
    static const char control[] = "nrtfea", bytes[] = "\n\r\t\f\033\a";
    char c = peek(r, 1);
    const char *at = c != '\0' ? strchr(control, c) : NULL;

    r->at += 2;
    *ret_c = at != NULL ? bytes[at - control] : c;
    if (at != NULL)
        return true;
    if (weir_is(c, WEIR_C_HIGH) || c == '\0') {
        r->lost = true;
    } else if (c == 'p' || c == 'P') {
        size_t end = weir_str_find(weir_str_sub(r->p, r->at, SIZE_MAX), WEIR_S("}"));

        r->lost = peek(r, 0) == '{' && end == SIZE_MAX;
        r->at += peek(r, 0) == '{' && end != SIZE_MAX ? end + 1 : 1;
    } else if (weir_is(c, WEIR_C_ALNUM)) {
        r->lost = strchr("bBAzZGdDwWsShHvVRXK", c) == NULL;
    } else {
        return true;
    }
    return false;
}

/* The sign that ends the name of a group, whose "(?" is at the reader; '\0':
 * it has none. */
static char name_end(const struct reader *r)
{
    if (peek(r, 2) == '<' || (peek(r, 2) == 'P' && peek(r, 3) == '<'))
        return '>';
    return peek(r, 2) == '\'' ? '\'' : '\0';
}

/* Behind "(?i" or "(?i:". */
static void skip_flags(struct reader *r)
{
    size_t i = 2;

    while (peek(r, i) != '\0' && strchr("imsU^-", peek(r, i)) != NULL)
        i++;
    r->lost = i == 2 || (peek(r, i) != ')' && peek(r, i) != ':');
    r->at += i + (peek(r, i) == ':');
}

/* Looks ahead or behind. */
static bool looks(const struct reader *r)
{
    char c = peek(r, peek(r, 2) == '<' ? 3 : 2);

    return c == '=' || c == '!';
}

/* What follows "(?" at the reader; it goes behind it. True: a group whose
 * content is part of every match. */
static bool group_kind(struct reader *r)
{
    char close = name_end(r);

    if (looks(r)) {
        r->at += peek(r, 2) == '<' ? 4 : 3;
        return false;
    }
    if (close != '\0') {
        size_t i = peek(r, 2) == 'P' ? 4 : 3;

        while (peek(r, i) != close && peek(r, i) != '\0')
            i++;
        r->at += i + 1;
    } else if (peek(r, 2) != '\0' && strchr(":>|", peek(r, 2)) != NULL) {
        r->at += 3;
    } else {
        skip_flags(r);
    }
    return true;
}

static void alternatives(struct reader *r, struct weir_literals *ret_literals);

/* (...) with its quantifier. */
static void group(struct reader *r, struct weir_literals *best)
{
    struct weir_literals inner;
    bool part = true, none;

    if (peek(r, 1) == '*' || r->depth > 32) {
        r->lost = true;
        return;
    }
    if (peek(r, 1) == '?')
        part = group_kind(r);
    else
        r->at++;
    r->depth++;
    alternatives(r, &inner);
    r->depth--;
    r->lost = r->lost || peek(r, 0) != ')';
    r->at++;
    (void)quantifier(r, &none);
    if (part && !none)
        keep_better(best, &inner);
}

/* One plain character with its quantifier. */
static void plain(struct reader *r, char c, struct run *run, struct weir_literals *best)
{
    bool none, repeats = quantifier(r, &none);

    if (run->n == sizeof run->text)
        end_run(run, best);
    if (!none)
        run->text[run->n++] = weir_lower(c);
    if (repeats)
        end_run(run, best);
}

/* One atom that is no plain character. */
static void atom(struct reader *r, struct run *run, struct weir_literals *best)
{
    bool none;

    end_run(run, best);
    if (peek(r, 0) == '(') {
        group(r, best);
        return;
    }
    if (peek(r, 0) == '[')
        skip_class(r);
    else
        r->at++;
    (void)quantifier(r, &none);
}

static void sequence(struct reader *r, struct weir_literals *best)
{
    struct run run = {0};

    best->n = 0;
    while (more(r) && peek(r, 0) != '|' && peek(r, 0) != ')') {
        char c = peek(r, 0), escaped;
        bool none;

        if (c == '\\' && escape(r, &escaped)) {
            plain(r, escaped, &run, best);
        } else if (c == '\\') {
            end_run(&run, best);
            (void)quantifier(r, &none);
        } else if (c == '\0' || weir_is(c, WEIR_C_HIGH) || strchr("()[].^${}*+?", c) != NULL) {
            atom(r, &run, best);
        } else {
            r->at++;
            plain(r, c, &run, best);
        }
    }
    end_run(&run, best);
}

/* Up to the closing parenthesis or the end. */
static void alternatives(struct reader *r, struct weir_literals *ret_literals)
{
    struct weir_literals one;
    bool all = true;

    ret_literals->n = 0;
    for (;;) {
        sequence(r, &one);
        all = all && one.n > 0 && ret_literals->n + one.n <= WEIR_LITERALS;
        for (unsigned i = 0; all && i < one.n; i++)
            ret_literals->list[ret_literals->n++] = one.list[i];
        if (!more(r) || peek(r, 0) != '|')
            break;
        r->at++;
    }
    if (!all)
        ret_literals->n = 0;
}

void weir_literals_of(struct weir_str pattern, struct weir_literals *ret_literals)
{
    struct reader r = {.p = pattern};

    alternatives(&r, ret_literals);
    if (r.lost || r.at < pattern.n)
        ret_literals->n = 0;
}

/* ---- the automaton --------------------------------------------------------------- */

enum { MAX_STATES = 60000 };

/* The patterns behind one literal: a list of numbers. */
struct opens {
    uint32_t pattern;
    struct opens *next;
};

struct weir_gate {
    uint8_t column[256];
    unsigned columns;
    uint16_t *next; /* state * columns + column */
    uint16_t *hit;  /* the state itself, or its longest suffix, with a literal; 0: none */
    uint16_t *up;   /* the next shorter one that has a literal */
    struct opens **opens;
    size_t states, room;
    size_t words;
};

/* Letters that a sign of more bytes stands for when case is ignored. */
static const struct {
    char letter;
    struct weir_literal sign;
} folds[] = {{'k', {3, "\xE2\x84\xAA"}}, {'s', {2, "\xC5\xBF"}}};

static void take_columns(struct weir_gate *g, const struct weir_literal *l)
{
    for (unsigned i = 0; i < l->n; i++) {
        uint8_t c = (uint8_t)l->text[i];

        if (g->column[c] == 0)
            g->column[c] = (uint8_t)g->columns++;
    }
}

/* The way of a literal through the trie, made as far as it is not there. */
static bool plant(struct weir_gate *g, struct weir_arena *a, const struct weir_literal *l,
                  uint32_t pattern)
{
    struct opens *o = weir_arena_alloc(a, sizeof *o);
    size_t state = 0;

    if (o == NULL)
        return false;
    for (unsigned i = 0; i < l->n; i++) {
        uint16_t *to = &g->next[state * g->columns + g->column[(uint8_t)l->text[i]]];

        if (*to == 0)
            *to = (uint16_t)g->states++;
        state = *to;
    }
    *o = (struct opens){pattern, g->opens[state]};
    g->opens[state] = o;
    return true;
}

static bool has_letter(const struct weir_literals *l, char letter)
{
    for (unsigned i = 0; i < l->n; i++)
        if (memchr(l->list[i].text, letter, l->list[i].n) != NULL)
            return true;
    return false;
}

static bool plant_all(struct weir_gate *g, struct weir_arena *a, const struct weir_literals *l,
                      uint32_t pattern)
{
    for (unsigned i = 0; i < l->n; i++)
        if (!plant(g, a, &l->list[i], pattern))
            return false;
    for (size_t k = 0; k < sizeof folds / sizeof *folds; k++)
        if (has_letter(l, folds[k].letter) && !plant(g, a, &folds[k].sign, pattern))
            return false;
    return true;
}

/* Breadth first: what is not in the trie goes on from the longest suffix that
 * is, whose transitions are worked out already. */
static bool complete(struct weir_gate *g, struct weir_arena *a)
{
    uint16_t *queue = weir_arena_zalloc(a, g->states, sizeof *queue);
    uint16_t *suffix = weir_arena_zalloc(a, g->states, sizeof *suffix);
    size_t head = 0, tail = 1;

    if (queue == NULL || suffix == NULL)
        return false;
    while (head < tail) {
        uint16_t s = queue[head++];
        const uint16_t *from = &g->next[(size_t)suffix[s] * g->columns];

        g->up[s] = s == 0 ? 0 : g->hit[suffix[s]];
        g->hit[s] = g->opens[s] != NULL ? s : g->up[s];
        for (unsigned c = 0; c < g->columns; c++) {
            uint16_t *to = &g->next[(size_t)s * g->columns + c];

            if (*to == 0) {
                *to = s == 0 ? 0 : from[c];
                continue;
            }
            suffix[*to] = s == 0 ? 0 : from[c];
            queue[tail++] = *to;
        }
    }
    return true;
}

/* Takes as many patterns as there is room for; counts states as if none were
 * shared. */
static void admit(struct weir_gate *g, const struct weir_literals *const *literals, size_t n,
                  bool *ret_gated)
{
    g->room = 1 + 5;
    for (size_t i = 0; i < n; i++) {
        size_t states = 0;

        for (unsigned k = 0; literals[i] != NULL && k < literals[i]->n; k++)
            states += literals[i]->list[k].n;
        ret_gated[i] = states > 0 && g->room + states <= MAX_STATES;
        if (!ret_gated[i])
            continue;
        g->room += states;
        for (unsigned k = 0; k < literals[i]->n; k++)
            take_columns(g, &literals[i]->list[k]);
    }
}

/* Upper case goes where lower case does. */
static void fold_columns(struct weir_gate *g)
{
    for (unsigned c = 'A'; c <= 'Z'; c++)
        g->column[c] = g->column[c + 32];
}

struct weir_gate *weir_gate_new(struct weir_arena *a, const struct weir_literals *const *literals,
                                size_t n, bool *ret_gated)
{
    struct weir_gate *g = weir_arena_zalloc(a, 1, sizeof *g);

    if (g == NULL)
        return NULL;
    g->columns = 1;
    g->states = 1;
    g->words = (n + 63) / 64;
    admit(g, literals, n, ret_gated);
    for (size_t k = 0; k < sizeof folds / sizeof *folds; k++)
        take_columns(g, &folds[k].sign);
    fold_columns(g);
    g->next = weir_arena_zalloc(a, g->room * g->columns, sizeof *g->next);
    g->hit = weir_arena_zalloc(a, g->room, sizeof *g->hit);
    g->up = weir_arena_zalloc(a, g->room, sizeof *g->up);
    g->opens = weir_arena_zalloc(a, g->room, sizeof(struct opens *));
    if (g->next == NULL || g->hit == NULL || g->up == NULL || g->opens == NULL)
        return NULL;
    for (size_t i = 0; i < n; i++)
        if (ret_gated[i] && !plant_all(g, a, literals[i], (uint32_t)i))
            return NULL;
    return complete(g, a) ? g : NULL;
}

size_t weir_gate_words(const struct weir_gate *g)
{
    return g->words;
}

static void open_behind(const struct weir_gate *g, uint16_t state, uint64_t *ret_open)
{
    for (const struct opens *o = g->opens[state]; o != NULL; o = o->next)
        ret_open[o->pattern / 64] |= (uint64_t)1 << o->pattern % 64;
}

bool weir_gate_scan(const struct weir_gate *g, struct weir_str text, uint64_t *ret_open)
{
    uint16_t seen[16] = {0};
    size_t state = 0;
    bool any = false;

    for (size_t i = 0; i < text.n; i++) {
        uint16_t hit;

        state = g->next[state * g->columns + g->column[(uint8_t)text.p[i]]];
        hit = g->hit[state];
        if (hit == 0 || seen[hit % 16] == hit)
            continue;
        if (!any)
            memset(ret_open, 0, g->words * sizeof *ret_open);
        any = true;
        /* the same word again and again, as in hostile text, costs nothing */
        seen[hit % 16] = hit;
        for (uint16_t s = hit; s != 0; s = g->up[s])
            open_behind(g, s, ret_open);
    }
    return any;
}
