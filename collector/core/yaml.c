/* yaml.c - libyaml's events to a tree of nodes.
 *
 * The builder keeps a stack of open containers. In a map, scalars are taken
 * in turns as name and value. What is refused is noted and the value kept in
 * the tree (or, for an alias, an empty scalar put there), so that one mistake
 * does not make others. */
#include "weir/yaml.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <yaml.h>

enum { MOST_BYTES = 16 << 20 };

struct builder {
    struct weir_arena *arena;
    struct weir_errors *errors;
    struct weir_str file;
    struct weir_node *open[WEIR_YAML_DEPTH]; /* containers, outermost first */
    struct weir_node *last[WEIR_YAML_DEPTH]; /* their newest child */
    struct weir_str key[WEIR_YAML_DEPTH];    /* name read, value awaited */
    yaml_mark_t key_mark[WEIR_YAML_DEPTH];
    bool has_key[WEIR_YAML_DEPTH];
    unsigned depth;
    struct weir_node *root;
    unsigned documents;
    bool no_memory;
    bool stopped; /* the rest was not read */
};

static void complain(struct builder *b, yaml_mark_t at, const char *message)
{
    weir_errors_add(b->errors, false, b->file, (unsigned)at.line + 1, (unsigned)at.column + 1, "%s",
                    message);
}

static struct weir_node *new_node(struct builder *b, enum weir_node_kind kind, yaml_mark_t at)
{
    struct weir_node *n = weir_arena_zalloc(b->arena, 1, sizeof *n);

    if (n == NULL) {
        b->no_memory = true;
        return NULL;
    }
    n->kind = kind;
    n->line = (unsigned)at.line + 1;
    n->column = (unsigned)at.column + 1;
    n->file = b->file;
    return n;
}

/* ---- putting nodes where they belong ------------------------------------ */

/* True when the innermost open container waits for a member's name. */
static bool wants_key(const struct builder *b)
{
    return b->depth > 0 && b->open[b->depth - 1]->kind == WEIR_NODE_MAP &&
           !b->has_key[b->depth - 1];
}

static void attach(struct builder *b, struct weir_node *n)
{
    unsigned top = b->depth - 1;
    struct weir_node *parent;

    if (b->depth == 0) {
        b->root = n;
        return;
    }
    parent = b->open[top];
    if (parent->kind == WEIR_NODE_MAP) {
        n->key = b->key[top];
        n->key_line = (unsigned)b->key_mark[top].line + 1;
        n->key_column = (unsigned)b->key_mark[top].column + 1;
        b->has_key[top] = false;
    }
    if (b->last[top] != NULL)
        b->last[top]->next = n;
    else
        parent->child = n;
    b->last[top] = n;
    parent->n++;
}

static void take_key(struct builder *b, struct weir_str text, yaml_mark_t at)
{
    unsigned top = b->depth - 1;

    b->key[top] = weir_arena_copy(b->arena, text);
    b->no_memory |= b->key[top].p == NULL;
    b->key_mark[top] = at;
    b->has_key[top] = true;
}

static void take_scalar(struct builder *b, const yaml_event_t *ev)
{
    struct weir_str text = {(const char *)ev->data.scalar.value, ev->data.scalar.length};
    struct weir_node *n;

    if (wants_key(b)) {
        take_key(b, text, ev->start_mark);
        return;
    }
    n = new_node(b, WEIR_NODE_SCALAR, ev->start_mark);
    if (n == NULL)
        return;
    n->quoted = ev->data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
    n->text = weir_arena_copy(b->arena, text);
    b->no_memory |= n->text.p == NULL;
    attach(b, n);
}

/* False: nested too deep, nothing more can be read. */
static bool open_container(struct builder *b, enum weir_node_kind kind, yaml_mark_t at)
{
    struct weir_node *n;

    if (b->depth == WEIR_YAML_DEPTH) {
        complain(b, at, "nested too deep");
        return false;
    }
    if (wants_key(b)) {
        complain(b, at, "a key must be plain text, not a list or map");
        take_key(b, WEIR_S("?"), at);
        return false;
    }
    n = new_node(b, kind, at);
    if (n == NULL)
        return false;
    attach(b, n);
    b->open[b->depth] = n;
    b->last[b->depth] = NULL;
    b->has_key[b->depth] = false;
    b->depth++;
    return true;
}

static int compare_keys(const void *a, const void *b)
{
    const struct weir_node *x = *(struct weir_node *const *)a;
    const struct weir_node *y = *(struct weir_node *const *)b;
    size_t n = x->key.n < y->key.n ? x->key.n : y->key.n;
    int order = n > 0 ? memcmp(x->key.p, y->key.p, n) : 0;

    if (order == 0 && x->key.n != y->key.n)
        order = x->key.n < y->key.n ? -1 : 1;
    if (order == 0 && x->key_line != y->key_line)
        order = x->key_line < y->key_line ? -1 : 1;
    if (order == 0)
        order = x->key_column < y->key_column ? -1 : x->key_column > y->key_column;
    return order;
}

static void find_duplicates(struct builder *b, const struct weir_node *map)
{
    struct weir_node **sorted;
    size_t n = 0;

    if (map->n < 2)
        return;
    sorted = weir_arena_alloc(b->arena, map->n * sizeof(struct weir_node *));
    if (sorted == NULL) {
        b->no_memory = true;
        return;
    }
    for (struct weir_node *c = map->child; c != NULL; c = c->next)
        sorted[n++] = c;
    qsort(sorted, n, sizeof(struct weir_node *), compare_keys);
    for (size_t i = 1; i < n; i++) {
        if (weir_str_eq(sorted[i - 1]->key, sorted[i]->key))
            weir_node_key_error(
                b->errors, sorted[i], "duplicate key '%.*s', first on line %u: keep one",
                WEIR_FMT(weir_str_sub(sorted[i]->key, 0, 64)), sorted[i - 1]->key_line);
    }
}

static void close_container(struct builder *b)
{
    const struct weir_node *closed;

    if (b->depth == 0)
        return; /* libyaml opens before it closes */
    closed = b->open[--b->depth];
    if (closed->kind == WEIR_NODE_MAP)
        find_duplicates(b, closed);
}

/* ---- events ------------------------------------------------------------- */

static void refuse_alias(struct builder *b, yaml_mark_t at)
{
    struct weir_node *n;

    complain(b, at, "aliases (*name) are not supported: write the value out");
    if (wants_key(b)) {
        take_key(b, WEIR_S("*"), at);
        return;
    }
    n = new_node(b, WEIR_NODE_SCALAR, at);
    if (n != NULL)
        attach(b, n);
}

static void check_properties(struct builder *b, const void *anchor, const void *tag, yaml_mark_t at)
{
    if (anchor != NULL)
        complain(b, at, "anchors (&name) are not supported: remove it");
    if (tag != NULL)
        complain(b, at, "tags (!name) are not supported: remove it");
}

/* False: stop reading. */
static bool take_event(struct builder *b, const yaml_event_t *ev)
{
    switch (ev->type) {
    case YAML_DOCUMENT_START_EVENT:
        if (b->documents++ > 0) {
            complain(b, ev->start_mark, "a second document: one file holds one, remove '---'");
            return false;
        }
        return true;
    case YAML_SCALAR_EVENT:
        check_properties(b, ev->data.scalar.anchor, ev->data.scalar.tag, ev->start_mark);
        take_scalar(b, ev);
        return true;
    case YAML_SEQUENCE_START_EVENT:
        check_properties(b, ev->data.sequence_start.anchor, ev->data.sequence_start.tag,
                         ev->start_mark);
        return open_container(b, WEIR_NODE_LIST, ev->start_mark);
    case YAML_MAPPING_START_EVENT:
        check_properties(b, ev->data.mapping_start.anchor, ev->data.mapping_start.tag,
                         ev->start_mark);
        return open_container(b, WEIR_NODE_MAP, ev->start_mark);
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT:
        close_container(b);
        return true;
    case YAML_ALIAS_EVENT:
        refuse_alias(b, ev->start_mark);
        return true;
    default:
        return true;
    }
}

static void complain_syntax(struct builder *b, const yaml_parser_t *p)
{
    /* Reader errors (bad UTF-8, control characters) carry an offset only. */
    yaml_mark_t at = p->error == YAML_READER_ERROR ? p->mark : p->problem_mark;

    if (p->error == YAML_MEMORY_ERROR)
        b->no_memory = true;
    else
        complain(b, at, p->problem != NULL ? p->problem : "this is no YAML");
}

static void read_events(struct builder *b, yaml_parser_t *p)
{
    yaml_event_t ev;
    bool more = true;

    while (more && !b->no_memory) {
        if (!yaml_parser_parse(p, &ev)) {
            complain_syntax(b, p);
            b->stopped = true;
            return;
        }
        b->stopped = !take_event(b, &ev);
        more = !b->stopped && ev.type != YAML_STREAM_END_EVENT;
        yaml_event_delete(&ev);
    }
}

int weir_yaml_parse(struct weir_arena *a, struct weir_str text, struct weir_str file,
                    struct weir_errors *errors, struct weir_node **ret_root)
{
    struct builder b = {.arena = a, .errors = errors};
    yaml_parser_t parser;

    b.file = weir_arena_copy(a, file);
    if (text.n > MOST_BYTES) {
        weir_errors_add(errors, false, file, 0, 0, "larger than 16 MiB");
        return WEIR_EINVAL;
    }
    if (b.file.p == NULL || !yaml_parser_initialize(&parser))
        return WEIR_ENOMEM;
    yaml_parser_set_input_string(&parser, (const unsigned char *)(text.n > 0 ? text.p : ""),
                                 text.n);
    /* UTF-16 is read by nobody else here, and its length would deceive. */
    yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
    read_events(&b, &parser);
    yaml_parser_delete(&parser);
    if (!b.no_memory && b.root == NULL)
        b.root = new_node(&b, WEIR_NODE_MAP, (yaml_mark_t){0, 0, 0});
    if (b.no_memory)
        return WEIR_ENOMEM;
    if (b.stopped)
        return WEIR_EINVAL;
    if (weir_node_null(b.root))
        b.root->kind = WEIR_NODE_MAP; /* a file that says only `null` or `~` */
    *ret_root = b.root;
    return 0;
}

/* ---- nodes -------------------------------------------------------------- */

struct weir_node *weir_node_get(const struct weir_node *map, struct weir_str key)
{
    if (map == NULL || map->kind != WEIR_NODE_MAP)
        return NULL;
    for (struct weir_node *c = map->child; c != NULL; c = c->next) {
        if (weir_str_eq(c->key, key))
            return c;
    }
    return NULL;
}

bool weir_node_null(const struct weir_node *n)
{
    return n->kind == WEIR_NODE_SCALAR && !n->quoted &&
           (n->text.n == 0 || weir_str_eq(n->text, WEIR_S("~")) ||
            weir_str_eq_nocase(n->text, WEIR_S("null")));
}

static void __attribute__((format(printf, 6, 0)))
add_at(struct weir_errors *e, const struct weir_node *n, bool warning, unsigned line,
       unsigned column, const char *fmt, va_list args)
{
    char text[1024];

    vsnprintf(text, sizeof text, fmt, args);
    weir_errors_add(e, warning, n->file, line, column, "%s", text);
}

void weir_node_error(struct weir_errors *e, const struct weir_node *n, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    add_at(e, n, false, n->line, n->column, fmt, args);
    va_end(args);
}

void weir_node_warning(struct weir_errors *e, const struct weir_node *n, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    add_at(e, n, true, n->line, n->column, fmt, args);
    va_end(args);
}

void weir_node_key_error(struct weir_errors *e, const struct weir_node *n, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    add_at(e, n, false, n->key_line > 0 ? n->key_line : n->line,
           n->key_line > 0 ? n->key_column : n->column, fmt, args);
    va_end(args);
}
