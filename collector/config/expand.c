/* expand.c - ${NAME}, ${NAME:-default}, ${file:/path} in values.
 *
 *   text     := ( char | "$${" | "${" name [":-" text] "}" | "${file:" path "}" )*
 *
 * "$${" gives "${". A default may hold further substitutions and balanced
 * braces, so that ${WEIR_DSN:-https://{key}@host/{project}} means what it
 * seems to. NAME:-default is taken when the variable is unset or empty, as in
 * a shell. What was put in is never looked at again: a secret with "${" in it
 * stays as it is. */
#include "load.h"

#include "weir/text.h"

enum {
    MOST_SECRET = 64 << 10, /* of one ${file:} */
    MOST_VALUE = 1 << 20,
    MOST_DEPTH = 4
};

struct expansion {
    struct weir_loader *l;
    const struct weir_node *n;
    struct weir_buf out;
    bool secret;
};

bool weir_variable(const struct weir_loader *l, struct weir_str name, struct weir_str *ret_value)
{
    for (char *const *v = l->options->variables; v != NULL && *v != NULL; v++) {
        struct weir_str all = weir_str_of(*v);

        if (all.n > name.n && all.p[name.n] == '=' && weir_str_starts(all, name)) {
            *ret_value = weir_str_sub(all, name.n + 1, all.n);
            return true;
        }
    }
    return false;
}

static bool good_name(struct weir_str s)
{
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];

        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
              (i > 0 && c >= '0' && c <= '9')))
            return false;
    }
    return s.n > 0 && s.n <= 128;
}

/* Values go into JSON and metrics: text, not bytes. */
static bool is_text(struct weir_str s)
{
    return s.n == 0 || (weir_utf8_valid(s) && memchr(s.p, '\0', s.n) == NULL);
}

static bool put(struct expansion *x, struct weir_str what, struct weir_str name)
{
    if (!is_text(what)) {
        weir_node_error(x->l->errors, x->n, "${%.*s} is no UTF-8 text", WEIR_FMT(name));
        return false;
    }
    weir_buf_add(&x->out, what);
    x->secret = true;
    return true;
}

static bool put_file(struct expansion *x, struct weir_str path, struct weir_str name)
{
    struct weir_str text;
    const char *why = "reading files is off";

    path = weir_resolve_path(x->l, path);
    if (!x->l->options->use_files ||
        weir_read_file(x->l->arena, path, MOST_SECRET, &text, &why) != 0) {
        weir_node_error(x->l->errors, x->n, "cannot read %.*s: %s", WEIR_FMT(path), why);
        return false;
    }
    return put(x, weir_str_trim(text), name);
}

static bool expand(struct expansion *x, struct weir_str text, unsigned depth);

/* What stands between "${" and its "}". */
static bool put_reference(struct expansion *x, struct weir_str inner, unsigned depth)
{
    struct weir_str name = inner, fallback = {NULL, 0}, value;
    size_t at = weir_str_find(inner, WEIR_S(":-"));

    if (weir_str_starts(inner, WEIR_S("file:")))
        return put_file(x, weir_str_sub(inner, 5, inner.n), WEIR_S("file:"));
    if (at != SIZE_MAX) {
        name = weir_str_sub(inner, 0, at);
        fallback = weir_str_sub(inner, at + 2, inner.n);
    }
    if (!good_name(name)) {
        weir_node_error(x->l->errors, x->n,
                        "${...} takes NAME, NAME:-default or file:/path; write $${ for ${ itself");
        return false;
    }
    weir_strs_add(x->l, &x->l->variables_used, name);
    if (weir_variable(x->l, name, &value) && (value.n > 0 || at == SIZE_MAX))
        return put(x, value, name);
    if (at != SIZE_MAX)
        return expand(x, fallback, depth + 1);
    weir_node_error(x->l->errors, x->n,
                    "environment variable %.*s is not set: set it, or write ${%.*s:-default}",
                    WEIR_FMT(name), WEIR_FMT(name));
    return false;
}

/* Offset of the brace that closes the one before `s`, or SIZE_MAX. */
static size_t closing_brace(struct weir_str s)
{
    unsigned open = 1;

    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] == '{')
            open++;
        else if (s.p[i] == '}' && --open == 0)
            return i;
    }
    return SIZE_MAX;
}

static bool expand(struct expansion *x, struct weir_str text, unsigned depth)
{
    if (depth > MOST_DEPTH) {
        weir_node_error(x->l->errors, x->n, "${...} nested too deep");
        return false;
    }
    for (;;) {
        size_t at = weir_str_find(text, WEIR_S("${")), close;

        if (at == SIZE_MAX)
            break;
        if (at > 0 && text.p[at - 1] == '$') {
            weir_buf_add(&x->out, weir_str_sub(text, 0, at - 1));
            weir_buf_add(&x->out, WEIR_S("${"));
            text = weir_str_sub(text, at + 2, text.n);
            continue;
        }
        weir_buf_add(&x->out, weir_str_sub(text, 0, at));
        text = weir_str_sub(text, at + 2, text.n);
        close = closing_brace(text);
        if (close == SIZE_MAX) {
            weir_node_error(x->l->errors, x->n, "${ without its }");
            return false;
        }
        if (!put_reference(x, weir_str_sub(text, 0, close), depth))
            return false;
        text = weir_str_sub(text, close + 1, text.n);
    }
    weir_buf_add(&x->out, text);
    return true;
}

bool weir_expand(struct weir_loader *l, const struct weir_node *n, struct weir_str *ret_text,
                 bool *ret_secret)
{
    struct expansion x = {.l = l, .n = n};

    *ret_secret = false;
    if (weir_str_find(n->text, WEIR_S("${")) == SIZE_MAX) {
        *ret_text = n->text;
        if (!is_text(n->text))
            weir_node_error(l->errors, n, "this value is no UTF-8 text");
        return is_text(n->text);
    }
    weir_buf_init(&x.out, l->arena, MOST_VALUE);
    if (!expand(&x, n->text, 0))
        return false;
    *ret_secret = x.secret;
    if (weir_buf_str(&x.out, ret_text) != 0) {
        weir_node_error(l->errors, n, "longer than 1 MiB with its ${...} replaced");
        return false;
    }
    return true;
}
