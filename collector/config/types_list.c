/* types_list.c - kinds of values that are lists or maps.
 *
 * A bad element is said and left out; the others count. */
#include "types.h"

#include "values.h"

static bool is_list(struct weir_loader *l, const struct weir_setting *s, const struct weir_node *n)
{
    if (n->kind == WEIR_NODE_LIST)
        return true;
    weir_node_error(l->errors, n, "%s must be a list, such as [a, b]", s->path);
    return false;
}

bool weir_read_texts(struct weir_loader *l, const struct weir_setting *s, const struct weir_node *n,
                     void *base)
{
    struct weir_strs list = {NULL, 0};

    if (!is_list(l, s, n))
        return false;
    for (n = n->child; n != NULL; n = n->next) {
        struct weir_value v;
        const char *why;

        if (!weir_take_value(l, s, n, &v))
            continue;
        why = s->check != NULL ? s->check(v.text) : NULL;
        if (why != NULL)
            weir_must_be(l, s, n, v.text, v.secret, why);
        else
            weir_strs_add(l, &list, v.text);
    }
    *(struct weir_strs *)weir_field(s, base) = list;
    return true;
}

void weir_write_texts(struct weir_buf *b, const struct weir_setting *s, const void *base)
{
    const struct weir_strs *list = weir_field_in(s, base);

    weir_buf_char(b, '[');
    for (size_t i = 0; i < list->n; i++) {
        weir_buf_add(b, i > 0 ? WEIR_S(", ") : WEIR_S(""));
        weir_write_text(b, s->secret ? WEIR_S("***") : list->list[i]);
    }
    weir_buf_char(b, ']');
}

bool weir_read_numbers(struct weir_loader *l, const struct weir_setting *s,
                       const struct weir_node *n, void *base)
{
    double *list;
    size_t at = 0;

    if (!is_list(l, s, n))
        return false;
    if (n->n == 0 || n->n > 32)
        return weir_must_be(l, s, n, (struct weir_str){NULL, 0}, false, "1 to 32 numbers");
    list = weir_loader_alloc(l, n->n, sizeof *list);
    for (n = n->child; n != NULL && list != NULL; n = n->next) {
        struct weir_value v;
        double value;

        if (!weir_take_value(l, s, n, &v))
            return false;
        if (!weir_parse_number(v.text, &value) || value <= (at > 0 ? list[at - 1] : 0) ||
            value > (double)s->most)
            return weir_must_be(l, s, n, v.text, v.secret,
                                "numbers over 0, each larger than the last");
        list[at++] = value;
    }
    weir_field_set_list(s, base, list, at);
    return true;
}

void weir_write_numbers(struct weir_buf *b, const struct weir_setting *s, const void *base)
{
    const double *list = *(const double *const *)weir_field_in(s, base);

    weir_buf_char(b, '[');
    for (size_t i = 0; i < weir_field_count(s, base); i++)
        weir_buf_printf(b, "%s%.10g", i > 0 ? ", " : "", list[i]);
    weir_buf_char(b, ']');
}

bool weir_read_cidrs(struct weir_loader *l, const struct weir_setting *s, const struct weir_node *n,
                     void *base)
{
    struct weir_cidrs *field = weir_field(s, base);
    struct weir_cidr *list;
    size_t at = 0;

    if (!is_list(l, s, n))
        return false;
    list = weir_loader_alloc(l, n->n > 0 ? n->n : 1, sizeof *list);
    for (n = n->child; n != NULL && list != NULL; n = n->next) {
        struct weir_value v;

        if (!weir_take_value(l, s, n, &v))
            continue;
        if (weir_parse_cidr(v.text, &list[at]))
            at++;
        else
            weir_must_be(l, s, n, v.text, v.secret, "addresses or networks, such as 10.0.0.0/8");
    }
    *field = (struct weir_cidrs){list, list != NULL ? at : 0};
    return true;
}

void weir_write_cidrs(struct weir_buf *b, const struct weir_setting *s, const void *base)
{
    const struct weir_cidrs *field = weir_field_in(s, base);

    weir_buf_char(b, '[');
    for (size_t i = 0; i < field->n; i++) {
        weir_buf_add(b, i > 0 ? WEIR_S(", \"") : WEIR_S("\""));
        weir_write_cidr(b, &field->list[i]);
        weir_buf_char(b, '"');
    }
    weir_buf_char(b, ']');
}

static bool is_map(struct weir_loader *l, const struct weir_setting *s, const struct weir_node *n)
{
    if (n->kind == WEIR_NODE_MAP)
        return true;
    weir_node_error(l->errors, n, "%s must be a map, such as {name: value}", s->path);
    return false;
}

/* Backends take tags of this form and drop others. */
static const char *check_tag(struct weir_str key, struct weir_str value)
{
    bool good = key.n > 0 && key.n <= 200;

    for (size_t i = 0; i < key.n; i++) {
        char c = key.p[i];

        good &= (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                (c != '\0' && strchr("_.:-", c) != NULL);
    }
    if (!good)
        return "named by 1 to 200 letters, digits, _ . : and -";
    if (value.n == 0 || value.n > 200 || memchr(value.p, '\n', value.n) != NULL)
        return "values of 1 to 200 bytes on one line";
    return NULL;
}

/* YAML's null is nothing, and must not become a text of four letters. */
static bool refuse_null(struct weir_loader *l, const struct weir_setting *s,
                        const struct weir_node *n)
{
    if (!weir_node_null(n))
        return false;
    weir_node_error(l->errors, n, "%s: '%.*s' has no value: give it one, or leave it out", s->path,
                    WEIR_FMT(weir_str_sub(n->key, 0, 64)));
    return true;
}

/* Reads a map of texts; `check` may be NULL. */
static bool read_pairs(struct weir_loader *l, const struct weir_setting *s,
                       const struct weir_node *n, void *base,
                       const char *(*check)(struct weir_str key, struct weir_str value))
{
    struct weir_tag *list;
    size_t at = 0;

    if (!is_map(l, s, n))
        return false;
    list = weir_loader_alloc(l, n->n > 0 ? n->n : 1, sizeof *list);
    for (n = n->child; n != NULL && list != NULL; n = n->next) {
        struct weir_value v;
        const char *why;

        if (refuse_null(l, s, n) || !weir_take_value(l, s, n, &v))
            continue;
        why = check(n->key, v.text);
        if (why != NULL)
            weir_must_be(l, s, n, (struct weir_str){NULL, 0}, true, why);
        else
            list[at++] = (struct weir_tag){n->key, v.text};
    }
    weir_field_set_list(s, base, list, list != NULL ? at : 0);
    return true;
}

bool weir_read_tags(struct weir_loader *l, const struct weir_setting *s, const struct weir_node *n,
                    void *base)
{
    return read_pairs(l, s, n, base, check_tag);
}

static const char *check_ruleset(struct weir_str name, struct weir_str file)
{
    if (name.n == 0 || name.n > 64)
        return "named by 1 to 64 bytes";
    return file.n > 0 ? NULL : "files: name -> file";
}

bool weir_read_rulesets(struct weir_loader *l, const struct weir_setting *s,
                        const struct weir_node *n, void *base)
{
    return read_pairs(l, s, n, base, check_ruleset);
}

static bool one_line(struct weir_str s, size_t most)
{
    for (size_t i = 0; i < s.n; i++) {
        if ((unsigned char)s.p[i] < ' ' || s.p[i] == 127)
            return false;
    }
    return s.n > 0 && s.n <= most && weir_str_trim(s).n == s.n;
}

static const char *check_name(struct weir_str pattern, struct weir_str name)
{
    return one_line(pattern, 200) && one_line(name, 100)
               ? NULL
               : "globs of hosts with a name on one line, such as {\"*.stripe.com\": stripe}";
}

bool weir_read_names(struct weir_loader *l, const struct weir_setting *s, const struct weir_node *n,
                     void *base)
{
    return read_pairs(l, s, n, base, check_name);
}

void weir_write_pairs(struct weir_buf *b, const struct weir_setting *s, const void *base)
{
    const struct weir_tag *list = *(const struct weir_tag *const *)weir_field_in(s, base);

    weir_buf_char(b, '{');
    for (size_t i = 0; i < weir_field_count(s, base); i++) {
        weir_buf_add(b, i > 0 ? WEIR_S(", ") : WEIR_S(""));
        weir_write_text(b, list[i].key);
        weir_buf_add(b, WEIR_S(": "));
        weir_write_text(b, list[i].value);
    }
    weir_buf_char(b, '}');
}

bool weir_read_endpoints(struct weir_loader *l, const struct weir_setting *s,
                         const struct weir_node *n, void *base)
{
    struct weir_endpoint *list;
    size_t at = 0;

    if (!is_list(l, s, n))
        return false;
    if (n->n > 32)
        return weir_must_be(l, s, n, (struct weir_str){NULL, 0}, false, "at most 32 origins");
    list = weir_loader_alloc(l, n->n + 1, sizeof *list);
    for (n = n->child; n != NULL && list != NULL; n = n->next) {
        struct weir_value v;
        const char *why;

        if (!weir_take_value(l, s, n, &v))
            continue;
        if (weir_parse_endpoint(v.text, &list[at], &why))
            at++;
        else
            weir_must_be(l, s, n, v.text, true, why); /* may hold a key by mistake */
    }
    weir_field_set_list(s, base, list, list != NULL ? at : 0);
    return true;
}

void weir_write_endpoints(struct weir_buf *b, const struct weir_setting *s, const void *base)
{
    const struct weir_endpoint *list = *(const struct weir_endpoint *const *)weir_field_in(s, base);

    weir_buf_char(b, '[');
    for (size_t i = 0; i < weir_field_count(s, base); i++) {
        struct weir_str text =
            weir_arena_printf(b->arena, "%.*s weight=%u", WEIR_FMT(list[i].origin), list[i].weight);

        weir_buf_add(b, i > 0 ? WEIR_S(", ") : WEIR_S(""));
        weir_write_text(b, list[i].weight == 1 ? list[i].origin : text);
    }
    weir_buf_char(b, ']');
}
