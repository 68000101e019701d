/* selector.c - a recursive descent parser for the grammar in selector.h. */
#include "selector.h"

#include "chars.h"
#include "load.h"

enum { MAX_ITEMS = 64, MAX_NESTING = 64 };

static const struct {
    const char *name;
    uint32_t types;
} types[] = {
    {"string", WEIR_T_STRING},
    {"number", WEIR_T_NUMBER},
    {"boolean", WEIR_T_BOOLEAN},
    {"bool", WEIR_T_BOOLEAN},
    {"array", WEIR_T_ARRAY},
    {"object", WEIR_T_OBJECT},
    {"datetime", WEIR_T_DATETIME},
    {"event", WEIR_T_EVENT},
    {"error", WEIR_T_ERROR},
    {"exception", WEIR_T_ERROR},
    {"stack", WEIR_T_STACK},
    {"stacktrace", WEIR_T_STACK},
    {"frame", WEIR_T_FRAME},
    {"http", WEIR_T_HTTP},
    {"request", WEIR_T_HTTP},
    {"user", WEIR_T_USER},
    {"message", WEIR_T_MESSAGE},
    {"logentry", WEIR_T_LOGENTRY},
    {"thread", WEIR_T_THREAD},
    {"breadcrumb", WEIR_T_BREADCRUMB},
    {"span", WEIR_T_SPAN},
    {"log", WEIR_T_LOG},
    {"sdk", WEIR_T_SDK},
    {"attachments", WEIR_T_ATTACHMENTS},
    {"minidump", WEIR_T_MINIDUMP},
    {"stack_memory", WEIR_T_STACK_MEMORY},
    {"heap_memory", WEIR_T_HEAP_MEMORY},
    {"binary", WEIR_T_BINARY},
    {"metric", WEIR_T_METRIC},
    {"trace_metric", WEIR_T_METRIC},
    {"replay", WEIR_T_REPLAY},
    {"context", WEIR_T_CONTEXT},
};

struct parser {
    struct weir_arena *arena;
    struct weir_str text;
    size_t at;
    unsigned paths, nesting;
    const char *why;
};

static void *fail(struct parser *p, const char *why)
{
    if (p->why == NULL)
        p->why = why;
    return NULL;
}

static void blanks(struct parser *p)
{
    while (p->at < p->text.n && weir_is(p->text.p[p->at], WEIR_C_SPACE))
        p->at++;
}

/* Takes `token` when it is next. */
static bool take(struct parser *p, const char *token)
{
    blanks(p);
    if (!weir_str_starts(weir_str_sub(p->text, p->at, SIZE_MAX), weir_str_of(token)))
        return false;
    p->at += strlen(token);
    return true;
}

static struct weir_str lowered(struct parser *p, struct weir_str s)
{
    char *out = weir_arena_alloc(p->arena, s.n + 1);

    if (out == NULL) {
        fail(p, "out of memory");
        return s;
    }
    for (size_t i = 0; i < s.n; i++)
        out[i] = weir_lower(s.p[i]);
    return (struct weir_str){out, s.n};
}

static bool word_char(char c)
{
    return weir_is(c, WEIR_C_ALNUM | WEIR_C_HIGH) || c == '_' || c == '-';
}

static struct weir_str word(struct parser *p)
{
    size_t start = p->at;

    while (p->at < p->text.n && word_char(p->text.p[p->at]))
        p->at++;
    return weir_str_sub(p->text, start, p->at - start);
}

static const char *unknown_type(struct parser *p, struct weir_str name)
{
    const char *why = "unknown type after $";

    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (weir_load_near(name, weir_str_of(types[i].name))) {
            struct weir_str near =
                weir_arena_printf(p->arena, "%s: did you mean $%s?", why, types[i].name);

            return near.p != NULL ? near.p : why;
        }
    return why;
}

static bool parse_type(struct parser *p, struct weir_sel_item *item)
{
    struct weir_str name = word(p);

    item->kind = WEIR_SEL_TYPE;
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (weir_str_eq_nocase(name, weir_str_of(types[i].name))) {
            item->types = types[i].types;
            return true;
        }
    fail(p, unknown_type(p, name));
    return false;
}

/* 'it''s' */
static bool parse_quoted(struct parser *p, struct weir_sel_item *item)
{
    char *out = weir_arena_alloc(p->arena, p->text.n - p->at + 1);
    size_t n = 0;

    item->kind = WEIR_SEL_KEY;
    while (out != NULL && p->at < p->text.n) {
        char c = p->text.p[p->at++];

        if (c == '\'' && p->at < p->text.n && p->text.p[p->at] == '\'') {
            p->at++;
        } else if (c == '\'') {
            item->key = (struct weir_str){out, n};
            return true;
        }
        out[n++] = weir_lower(c);
    }
    fail(p, out == NULL ? "out of memory" : "a quoted key is not closed");
    return false;
}

static bool parse_item(struct parser *p, struct weir_sel_item *item)
{
    struct weir_str w;
    bool digits = true;

    if (take(p, "**") || take(p, "*")) {
        item->kind = p->at >= 2 && p->text.p[p->at - 2] == '*' ? WEIR_SEL_DEEP : WEIR_SEL_ANY;
        return true;
    }
    if (take(p, "$"))
        return parse_type(p, item);
    if (take(p, "'"))
        return parse_quoted(p, item);
    w = word(p);
    if (w.n == 0) {
        fail(p, p->at < p->text.n ? "unexpected character" : "a key, $type, * or ** is missing");
        return false;
    }
    for (size_t i = 0; i < w.n; i++)
        digits = digits && weir_is_digit(w.p[i]);
    item->kind = digits ? WEIR_SEL_INDEX : WEIR_SEL_KEY;
    item->key = lowered(p, w);
    return true;
}

static struct weir_selector *node(struct parser *p, enum weir_sel_op op)
{
    struct weir_selector *s = weir_arena_zalloc(p->arena, 1, sizeof *s);

    if (s == NULL)
        return fail(p, "out of memory");
    s->op = op;
    return s;
}

static struct weir_selector *parse_path(struct parser *p)
{
    struct weir_sel_item items[MAX_ITEMS];
    struct weir_selector *s;
    size_t n = 0;

    do {
        if (n == MAX_ITEMS)
            return fail(p, "more than 64 levels");
        memset(&items[n], 0, sizeof items[n]);
        if (!parse_item(p, &items[n]))
            return NULL;
        n++;
    } while (take(p, "."));
    if (n == 1 && items[0].kind == WEIR_SEL_ANY)
        return fail(p, "a single * selects nothing in particular: use **");
    s = node(p, WEIR_SEL_PATH);
    if (s == NULL)
        return NULL;
    s->path.items = weir_arena_alloc(p->arena, n * sizeof *items);
    if (s->path.items == NULL)
        return fail(p, "out of memory");
    memcpy(s->path.items, items, n * sizeof *items);
    s->path.n = n;
    s->number = p->paths++;
    return s;
}

static struct weir_selector *parse_or(struct parser *p);

static struct weir_selector *parse_not(struct parser *p)
{
    struct weir_selector *s = NULL, *inner;

    if (++p->nesting > MAX_NESTING)
        return fail(p, "nested too deep");
    if (take(p, "!") || take(p, "~")) {
        inner = parse_not(p);
        s = inner != NULL ? node(p, WEIR_SEL_NOT) : NULL;
        if (s != NULL)
            s->left = inner;
    } else if (take(p, "(")) {
        s = parse_or(p);
        if (s != NULL && !take(p, ")"))
            s = fail(p, ") is missing");
    } else {
        s = parse_path(p);
    }
    p->nesting--;
    return s;
}

static struct weir_selector *parse_chain(struct parser *p, enum weir_sel_op op, const char *token,
                                         struct weir_selector *(*operand)(struct parser *))
{
    struct weir_selector *left = operand(p);

    /* twice or, as old configurations have it, once */
    while (left != NULL && (take(p, token) || take(p, token + 1))) {
        struct weir_selector *right = operand(p), *both;

        both = right != NULL ? node(p, op) : NULL;
        if (both == NULL)
            return NULL;
        both->left = left;
        both->right = right;
        left = both;
    }
    return left;
}

static struct weir_selector *parse_and(struct parser *p)
{
    return parse_chain(p, WEIR_SEL_AND, "&&", parse_not);
}

static struct weir_selector *parse_or(struct parser *p)
{
    return parse_chain(p, WEIR_SEL_OR, "||", parse_and);
}

struct weir_selector *weir_selector_parse(struct weir_arena *a, struct weir_str text,
                                          const char **ret_why, size_t *ret_at)
{
    struct parser p = {.arena = a, .text = text};
    struct weir_selector *s;

    if (weir_str_trim(text).n == 0)
        s = fail(&p, "the selector is empty");
    else
        s = parse_or(&p);
    blanks(&p);
    if (s != NULL && p.at < text.n)
        s = fail(&p, "unexpected character");
    if (s == NULL) {
        *ret_why = p.why;
        *ret_at = p.at;
        return NULL;
    }
    s->n_paths = p.paths;
    return s;
}

static bool wild(const struct weir_sel_item *it)
{
    return it->kind == WEIR_SEL_ANY || it->kind == WEIR_SEL_DEEP;
}

/* A key, or a part of an event: more than the kind of value. */
static bool names(const struct weir_sel_item *it)
{
    const uint32_t json =
        WEIR_T_STRING | WEIR_T_NUMBER | WEIR_T_BOOLEAN | WEIR_T_ARRAY | WEIR_T_OBJECT;

    return it->kind == WEIR_SEL_KEY || (it->kind == WEIR_SEL_TYPE && (it->types & json) == 0);
}

bool weir_selector_specific(const struct weir_selector *s)
{
    const struct weir_sel_item *last;
    bool named = false;

    switch (s->op) {
    case WEIR_SEL_NOT:
        return false;
    case WEIR_SEL_AND:
        return weir_selector_specific(s->left) || weir_selector_specific(s->right);
    case WEIR_SEL_OR:
        return weir_selector_specific(s->left) && weir_selector_specific(s->right);
    case WEIR_SEL_PATH:
        break;
    }
    last = &s->path.items[s->path.n - 1];
    if (wild(&s->path.items[0]) || wild(last))
        return false;
    if (names(last))
        return true;
    /* a list by its name, and which of its elements: frames.0.$string */
    for (size_t i = 0; i + 1 < s->path.n; i++) {
        named = named || names(&s->path.items[i]);
        if (wild(&s->path.items[i]))
            return false;
    }
    return named;
}
