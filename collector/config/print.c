/* print.c - the effective configuration as YAML, and the documentation's
 * tables: both are the table of settings written out. */
#include "settings.h"

#include <errno.h>
#include <unistd.h>

/* ---- texts -------------------------------------------------------------- */

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* May it stand without quotes, and mean the same to any reader of YAML? */
static bool is_plain(struct weir_str s)
{
    static const char *const words[] = {"true", "false", "yes", "no", "on",
                                        "off",  "null",  "y",   "n",  NULL};

    if (s.n == 0 ||
        !(is_letter(s.p[0]) || weir_str_starts(s, WEIR_S("/")) || weir_str_starts(s, WEIR_S("./"))))
        return false;
    for (size_t i = 0; i < s.n; i++) {
        if (!is_letter(s.p[i]) && (s.p[i] == '\0' || strchr("0123456789_./-@", s.p[i]) == NULL))
            return false;
    }
    for (size_t i = 0; words[i] != NULL; i++) {
        if (weir_str_eq_nocase(s, weir_str_of(words[i])))
            return false;
    }
    return true;
}

void weir_write_text(struct weir_buf *b, struct weir_str s)
{
    struct weir_buf escaped;
    struct weir_str text;

    if (is_plain(s)) {
        weir_buf_add(b, s);
        return;
    }
    weir_buf_init(&escaped, b->arena, 2 * s.n + 16);
    for (size_t i = 0; i < s.n; i++) {
        if (i + 1 < s.n && s.p[i] == '$' && s.p[i + 1] == '{')
            weir_buf_char(&escaped, '$');
        weir_buf_char(&escaped, s.p[i]);
    }
    if (weir_buf_str(&escaped, &text) == 0)
        weir_buf_json(b, text);
    else
        b->failed = true;
}

/* ---- sections ----------------------------------------------------------- */

struct printer {
    struct weir_buf *b;
    unsigned indent;
    struct weir_str open; /* the path of the section whose head was written */
    unsigned deep;        /* how many sections that are */
};

static void spaces(struct printer *p, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        weir_buf_char(p->b, ' ');
}

/* Is `section` the one that is open, or does it enclose it? */
static bool is_open(const struct printer *p, struct weir_str section)
{
    return p->open.p != NULL && weir_str_starts(p->open, section) &&
           (p->open.n == section.n || p->open.p[section.n] == '.');
}

/* Rows of a section follow each other in the table, so a head is due for each
 * part before a dot that the row before did not have. */
static void print_key(struct printer *p, const char *path)
{
    struct weir_str rest = weir_str_of(path), head, section = {path, 0};

    p->deep = 0;
    while (weir_str_cut(rest, '.', &head, &rest)) {
        section.n = (size_t)(head.p + head.n - path);
        if (!is_open(p, section)) {
            spaces(p, p->indent + 2 * p->deep);
            weir_buf_printf(p->b, "%.*s:\n", WEIR_FMT(head));
        }
        p->deep++;
    }
    p->open = section;
    spaces(p, p->indent + 2 * p->deep);
    weir_buf_printf(p->b, "%.*s:", WEIR_FMT(head));
}

static void print_section(struct weir_buf *b, enum weir_scope scope, unsigned indent,
                          const void *base);

/* "- " takes the place of the last two spaces of the first line. */
static void print_item(struct weir_buf *b, enum weir_scope scope, unsigned indent, const void *base)
{
    size_t at = b->n;

    print_section(b, scope, indent, base);
    if (!b->failed && b->n > at + indent)
        b->p[at + indent - 2] = '-';
}

/* Lists of maps: their elements, two deeper than their key. */
static void print_list(struct printer *p, const struct weir_setting *s, const void *base)
{
    const char *item = *(const char *const *)(const void *)((const char *)base + s->offset);
    size_t n = *(const size_t *)(const void *)((const char *)base + s->offset_n);
    unsigned indent = p->indent + 2 * p->deep + 4;

    weir_buf_add(p->b, n > 0 ? WEIR_S("\n") : WEIR_S(" []\n"));
    for (size_t i = 0; i < n; i++)
        print_item(p->b, s->of, indent, item + i * s->item_size);
}

static void print_section(struct weir_buf *b, enum weir_scope scope, unsigned indent,
                          const void *base)
{
    struct printer p = {.b = b, .indent = indent};

    for (size_t i = 0; i < weir_n_settings; i++) {
        const struct weir_setting *s = &weir_settings[i];

        if (s->scope != scope)
            continue;
        print_key(&p, s->path);
        if (weir_types[s->type].write == NULL) {
            print_list(&p, s, base);
            continue;
        }
        weir_buf_char(b, ' ');
        weir_types[s->type].write(b, s, base);
        weir_buf_char(b, '\n');
    }
}

static int write_all(int fd, struct weir_str s)
{
    while (s.n > 0) {
        ssize_t n = write(fd, s.p, s.n);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return WEIR_EIO;
        s = weir_str_sub(s, (size_t)n, s.n);
    }
    return 0;
}

int weir_snapshot_print(const struct weir_snapshot *s, int fd)
{
    const struct weir_loaded *loaded = (const struct weir_loaded *)(const void *)s;
    struct weir_arena arena;
    struct weir_buf b;
    struct weir_str text;
    int err;

    weir_arena_init(&arena, 64 << 20);
    weir_buf_init(&b, &arena, 32 << 20);
    print_section(&b, WEIR_SCOPE_TOP, 0, &loaded->draft);
    err = weir_buf_str(&b, &text);
    if (err == 0)
        err = write_all(fd, text);
    weir_arena_destroy(&arena);
    return err;
}

/* ---- documentation ------------------------------------------------------ */

static void document_type(struct weir_buf *b, const struct weir_setting *s)
{
    if (s->type != WEIR_TYPE_WORD) {
        weir_buf_add(b, weir_str_of(weir_types[s->type].name));
        return;
    }
    for (size_t i = 0; i < WEIR_WORDS && s->words[i] != NULL; i++)
        if (s->words[i][0] != '\0')
            weir_buf_printf(b, "%s`%s`", i > 0 ? ", " : "", s->words[i]);
}

static void document_scope(struct weir_buf *b, enum weir_scope scope)
{
    weir_buf_add(b, WEIR_S("| key | value | default | |\n| --- | --- | --- | --- |\n"));
    for (size_t i = 0; i < weir_n_settings; i++) {
        const struct weir_setting *s = &weir_settings[i];

        if (s->scope != scope)
            continue;
        weir_buf_printf(b, "| `%s` | ", s->path);
        document_type(b, s);
        weir_buf_printf(b, " | `%s` | %s |\n", s->fallback[0] != '\0' ? s->fallback : "\"\"",
                        s->help);
    }
}

void weir_settings_document(struct weir_buf *b)
{
    weir_buf_add(b, WEIR_S("### Top level\n\n"));
    document_scope(b, WEIR_SCOPE_TOP);
    for (int i = WEIR_SCOPE_TOP + 1; i < WEIR_SCOPES; i++) {
        weir_buf_printf(b, "\n### Each of `%s`\n\n", weir_scope_paths[i]);
        document_scope(b, (enum weir_scope)i);
    }
}
