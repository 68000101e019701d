/* types.c - kinds of values: how each is read from a node and written.
 * Lists and maps are in types_list.c; the table of all kinds is at the end. */
#include "types.h"

#include "values.h"

#include <unistd.h>

/* ---- shared ------------------------------------------------------------- */

void *weir_field(const struct weir_setting *s, void *base)
{
    return (char *)base + s->offset;
}

const void *weir_field_in(const struct weir_setting *s, const void *base)
{
    return (const char *)base + s->offset;
}

size_t weir_field_count(const struct weir_setting *s, const void *base)
{
    return *(const size_t *)(const void *)((const char *)base + s->offset_n);
}

void weir_field_set_list(const struct weir_setting *s, void *base, void *list, size_t n)
{
    *(void **)weir_field(s, base) = list;
    *(size_t *)(void *)((char *)base + s->offset_n) = n;
}

/* "timeout must be ..., not 'abc'". What may be a secret is not quoted. */
bool weir_must_be(struct weir_loader *l, const struct weir_setting *s, const struct weir_node *n,
                  struct weir_str text, bool secret, const char *what)
{
    if (secret || s->secret || text.n == 0)
        weir_node_error(l->errors, n, "%s must be %s", s->path, what);
    else
        weir_node_error(l->errors, n, "%s must be %s, not '%.*s'", s->path, what,
                        WEIR_FMT(weir_str_sub(text, 0, 48)));
    return false;
}

bool weir_take_value(struct weir_loader *l, const struct weir_setting *s, const struct weir_node *n,
                     struct weir_value *ret)
{
    if (n->kind != WEIR_NODE_SCALAR) {
        weir_node_error(l->errors, n, "%s must be one value, not a %s", s->path,
                        n->kind == WEIR_NODE_LIST ? "list" : "map");
        return false;
    }
    return weir_expand(l, n, &ret->text, &ret->secret);
}

static uint64_t load_integer(const struct weir_setting *s, const void *base)
{
    const void *field = weir_field_in(s, base);

    if (s->size == sizeof(uint64_t))
        return *(const uint64_t *)field;
    return s->size == sizeof(bool) ? *(const bool *)field : *(const uint32_t *)field;
}

static void store_integer(const struct weir_setting *s, void *base, uint64_t value)
{
    void *field = weir_field(s, base);

    if (s->size == sizeof(uint64_t))
        *(uint64_t *)field = value;
    else if (s->size == sizeof(bool))
        *(bool *)field = value != 0;
    else
        *(uint32_t *)field = (uint32_t)value;
}

/* What an optional number is when it is not set. */
static bool is_unset(const struct weir_setting *s, const void *base)
{
    if (!s->optional || s->size != sizeof(uint32_t))
        return false;
    return *(const uint32_t *)weir_field_in(s, base) == UINT32_MAX;
}

/* "between 1s and 30s", written by the type's own writer. */
static bool in_range(struct weir_loader *l, const struct weir_setting *s, const struct weir_node *n,
                     uint64_t value, void (*write)(struct weir_buf *b, uint64_t value))
{
    struct weir_buf b;
    struct weir_str range;

    if (value >= s->least && value <= s->most)
        return true;
    weir_buf_init(&b, l->arena, 256);
    weir_buf_add(&b, s->most >= INT64_MAX ? WEIR_S("at least ") : WEIR_S("between "));
    write(&b, s->least);
    if (s->most < INT64_MAX) {
        weir_buf_add(&b, WEIR_S(" and "));
        write(&b, s->most);
    }
    if (weir_buf_str(&b, &range) == 0)
        weir_node_error(l->errors, n, "%s must be %.*s", s->path, WEIR_FMT(range));
    return false;
}

static void write_count(struct weir_buf *b, uint64_t value)
{
    weir_buf_printf(b, "%llu", (unsigned long long)value);
}

/* ---- one value ---------------------------------------------------------- */

/* Of a text; also for types whose values are written otherwise. */
static bool read_text(struct weir_loader *l, const struct weir_setting *s,
                      const struct weir_node *n, void *base)
{
    struct weir_value v;
    const char *why;

    if (!weir_take_value(l, s, n, &v))
        return false;
    /* Empty says "not set"; where that may not be, check.c says so. */
    why = s->check != NULL && v.text.n > 0 ? s->check(v.text) : NULL;
    if (why != NULL)
        return weir_must_be(l, s, n, v.text, v.secret, why);
    *(struct weir_str *)weir_field(s, base) = v.text;
    return true;
}

static void write_text(struct weir_buf *b, const struct weir_setting *s, const void *base)
{
    struct weir_str text = *(const struct weir_str *)weir_field_in(s, base);

    weir_write_text(b, s->secret && text.n > 0 ? WEIR_S("***") : text);
}

static bool read_path(struct weir_loader *l, const struct weir_setting *s,
                      const struct weir_node *n, void *base)
{
    struct weir_str *field = weir_field(s, base);

    if (!read_text(l, s, n, base))
        return false;
    if (field->n == 0)
        return true;
    *field = weir_resolve_path(l, *field);
    if (l->options->use_files && field->n > 0 && access(field->p, R_OK) != 0)
        return weir_must_be(l, s, n, *field, false, "a file that can be read");
    return true;
}

static bool read_bool(struct weir_loader *l, const struct weir_setting *s,
                      const struct weir_node *n, void *base)
{
    struct weir_value v;

    if (!weir_take_value(l, s, n, &v))
        return false;
    return weir_parse_bool(v.text, weir_field(s, base)) ||
           weir_must_be(l, s, n, v.text, v.secret, "true or false");
}

static void write_bool(struct weir_buf *b, const struct weir_setting *s, const void *base)
{
    weir_buf_add(b, *(const bool *)weir_field_in(s, base) ? WEIR_S("true") : WEIR_S("false"));
}

static bool read_word(struct weir_loader *l, const struct weir_setting *s,
                      const struct weir_node *n, void *base)
{
    struct weir_value v;
    struct weir_str all = {NULL, 0};

    if (!weir_take_value(l, s, n, &v))
        return false;
    for (unsigned i = 0; i < WEIR_WORDS && s->words[i] != NULL; i++) {
        if (weir_str_eq(v.text, weir_str_of(s->words[i]))) {
            store_integer(s, base, i);
            return true;
        }
        if (s->words[i][0] != '\0')
            all = weir_arena_printf(l->arena, "%.*s%s%s", WEIR_FMT(all), i > 0 ? " or " : "",
                                    s->words[i]);
    }
    return weir_must_be(l, s, n, v.text, v.secret, all.n > 0 ? all.p : "another word");
}

static void write_word(struct weir_buf *b, const struct weir_setting *s, const void *base)
{
    struct weir_str word = weir_str_of(s->words[load_integer(s, base) % WEIR_WORDS]);

    weir_buf_add(b, word.n > 0 ? word : WEIR_S("\"\""));
}

/* A value that `parse` makes an integer; `unset` stands for an empty optional
 * one, and `show` writes a bound as people do. */
static bool read_integer(struct weir_loader *l, const struct weir_setting *s,
                         const struct weir_node *n, void *base,
                         bool (*parse)(struct weir_str text, uint64_t *ret_value), uint64_t unset,
                         void (*show)(struct weir_buf *b, uint64_t value), const char *what)
{
    struct weir_value v;
    uint64_t value;

    if (!weir_take_value(l, s, n, &v))
        return false;
    if (s->optional && v.text.n == 0) {
        store_integer(s, base, unset);
        return true;
    }
    if (!parse(v.text, &value))
        return weir_must_be(l, s, n, v.text, v.secret, what);
    if (!in_range(l, s, n, value, show))
        return false;
    store_integer(s, base, value);
    return true;
}

static bool read_count(struct weir_loader *l, const struct weir_setting *s,
                       const struct weir_node *n, void *base)
{
    return read_integer(l, s, n, base, weir_str_u64, UINT32_MAX, write_count, "a whole number");
}

static void write_integer(struct weir_buf *b, const struct weir_setting *s, const void *base)
{
    if (is_unset(s, base))
        weir_buf_add(b, WEIR_S("\"\""));
    else
        write_count(b, load_integer(s, base));
}

static bool read_duration(struct weir_loader *l, const struct weir_setting *s,
                          const struct weir_node *n, void *base)
{
    return read_integer(l, s, n, base, weir_parse_duration, UINT32_MAX, weir_write_duration,
                        "a duration with its unit, such as 100ms, 5s, 2m, 1h or 1d");
}

static void write_duration(struct weir_buf *b, const struct weir_setting *s, const void *base)
{
    if (is_unset(s, base))
        weir_buf_add(b, WEIR_S("\"\""));
    else
        weir_write_duration(b, load_integer(s, base));
}

static bool read_size(struct weir_loader *l, const struct weir_setting *s,
                      const struct weir_node *n, void *base)
{
    return read_integer(l, s, n, base, weir_parse_size, 0, weir_write_size,
                        "a size, such as 64KiB, 1MiB or 2GiB");
}

static void write_size(struct weir_buf *b, const struct weir_setting *s, const void *base)
{
    weir_write_size(b, load_integer(s, base));
}

static bool read_number(struct weir_loader *l, const struct weir_setting *s,
                        const struct weir_node *n, void *base)
{
    bool ratio = s->type == WEIR_TYPE_RATIO;
    struct weir_value v;
    double value;

    if (!weir_take_value(l, s, n, &v))
        return false;
    if (s->optional && v.text.n == 0) {
        *(double *)weir_field(s, base) = -1;
        return true;
    }
    if (!(ratio ? weir_parse_ratio : weir_parse_number)(v.text, &value))
        return weir_must_be(l, s, n, v.text, v.secret,
                            ratio ? "between 0 and 1, such as 0.25 or 25%" : "a number");
    if (ratio && value > 1)
        return weir_must_be(l, s, n, v.text, v.secret, "between 0 and 1, such as 0.25 or 25%");
    if (value < (double)s->least || value > (double)s->most) {
        struct weir_str range =
            weir_arena_printf(l->arena, "between %llu and %llu", (unsigned long long)s->least,
                              (unsigned long long)s->most);

        return weir_must_be(l, s, n, v.text, v.secret, range.n > 0 ? range.p : "in its range");
    }
    *(double *)weir_field(s, base) = value;
    return true;
}

static void write_number(struct weir_buf *b, const struct weir_setting *s, const void *base)
{
    double value = *(const double *)weir_field_in(s, base);

    if (s->optional && value < 0)
        weir_buf_add(b, WEIR_S("\"\""));
    else
        weir_buf_printf(b, "%.10g", value);
}

static bool read_address(struct weir_loader *l, const struct weir_setting *s,
                         const struct weir_node *n, void *base)
{
    struct weir_value v;
    const char *why;

    if (!weir_take_value(l, s, n, &v))
        return false;
    return weir_parse_address(v.text, l->options->use_dns, weir_field(s, base), &why) ||
           weir_must_be(l, s, n, v.text, v.secret, why);
}

static void write_address(struct weir_buf *b, const struct weir_setting *s, const void *base)
{
    weir_write_text(b, ((const struct weir_address *)weir_field_in(s, base))->text);
}

static bool read_dsn(struct weir_loader *l, const struct weir_setting *s, const struct weir_node *n,
                     void *base)
{
    struct weir_destination_draft *draft = base;
    struct weir_value v;
    const char *why;

    draft->dsn_refused = true;
    if (!weir_take_value(l, s, n, &v))
        return false;
    v.text = weir_str_trim(v.text);
    if (v.text.n > 0 && weir_parse_dsn(v.text, weir_field(s, base), &why) != 0) {
        weir_node_error(l->errors, n, "%s is no DSN: %s", s->path, why);
        return false;
    }
    draft->dsn_refused = false;
    draft->destination.dsn_source = n->text;
    draft->destination.dsn_directory = l->directory;
    return true;
}

/* The key is replaced, the rest shown. */
static void write_dsn(struct weir_buf *b, const struct weir_setting *s, const void *base)
{
    const struct weir_dsn *d = weir_field_in(s, base);
    bool senders = weir_str_eq(d->key, WEIR_S("{key}"));
    struct weir_str text = {"", 0};

    if (d->host.n > 0)
        text = weir_arena_printf(b->arena, "%.*s://%s@%.*s%.*s/%.*s", WEIR_FMT(d->scheme),
                                 senders ? "{key}" : "***", WEIR_FMT(d->host), WEIR_FMT(d->prefix),
                                 WEIR_FMT(d->project));
    weir_write_text(b, text);
}

/* ---- the table ---------------------------------------------------------- */

const struct weir_type_row weir_types[WEIR_TYPES] = {
    [WEIR_TYPE_TEXT] = {"text", true, read_text, write_text},
    [WEIR_TYPE_PATH] = {"file", true, read_path, write_text},
    [WEIR_TYPE_BOOL] = {"true or false", true, read_bool, write_bool},
    [WEIR_TYPE_WORD] = {"word", true, read_word, write_word},
    [WEIR_TYPE_COUNT] = {"whole number", true, read_count, write_integer},
    [WEIR_TYPE_NUMBER] = {"number", true, read_number, write_number},
    [WEIR_TYPE_RATIO] = {"share", true, read_number, write_number},
    [WEIR_TYPE_DURATION] = {"duration", true, read_duration, write_duration},
    [WEIR_TYPE_SIZE] = {"size", true, read_size, write_size},
    [WEIR_TYPE_ADDRESS] = {"address", true, read_address, write_address},
    [WEIR_TYPE_DSN] = {"DSN", true, read_dsn, write_dsn},
    [WEIR_TYPE_URL] = {"URL", true, read_text, weir_write_url},
    [WEIR_TYPE_QUEUE_CHECK] = {"condition", true, weir_read_queue_check, weir_write_queue_check},
    [WEIR_TYPE_TEXTS] = {"list of texts", false, weir_read_texts, weir_write_texts},
    [WEIR_TYPE_NUMBERS] = {"list of numbers", false, weir_read_numbers, weir_write_numbers},
    [WEIR_TYPE_CIDRS] = {"list of networks", false, weir_read_cidrs, weir_write_cidrs},
    [WEIR_TYPE_TAGS] = {"map of texts", false, weir_read_tags, weir_write_pairs},
    [WEIR_TYPE_ENDPOINTS] = {"list of origins", false, weir_read_endpoints, weir_write_endpoints},
    [WEIR_TYPE_RULESETS] = {"map of files", false, weir_read_rulesets, weir_write_pairs},
    [WEIR_TYPE_NAMES] = {"map of names", false, weir_read_names, weir_write_pairs},
    [WEIR_TYPE_PROJECTS] = {"list of maps", false, weir_read_projects, NULL},
    [WEIR_TYPE_DESTINATIONS] = {"list of maps", false, weir_read_destinations, NULL},
    [WEIR_TYPE_SECTIONS] = {"list of maps", false, weir_read_sections, NULL},
};
