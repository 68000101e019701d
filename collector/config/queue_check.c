/* queue_check.c - conditions of message queues.
 *
 *   condition   = alternative { "||" alternative }
 *   alternative = term { "&&" term }
 *   term        = measure compare value
 *   measure     = "queue_depth" | "queue_age" | "queue_bytes" | "dead_letters"
 *   compare     = "<" | "<=" | ">" | ">=" | "==" | "!="
 *   value       = a number; a duration for queue_age, a size for queue_bytes
 *
 * No parentheses: && binds closer than ||, which makes a flat list of terms
 * enough, each with a mark where an alternative begins. */
#include "types.h"

#include "values.h"

struct measure {
    const char *name;
    bool (*parse)(struct weir_str s, uint64_t *ret_value);
    const char *value; /* what it is compared with, for messages */
};

static const struct measure measures[WEIR_QUEUE_MEASURES] = {
    [WEIR_QUEUE_DEPTH] = {"queue_depth", weir_str_u64, "a number, such as queue_depth < 1000"},
    [WEIR_QUEUE_AGE] = {"queue_age", weir_parse_duration, "a duration, such as queue_age < 5m"},
    [WEIR_QUEUE_BYTES] = {"queue_bytes", weir_parse_size, "a size, such as queue_bytes < 64MiB"},
    [WEIR_QUEUE_DEAD] = {"dead_letters", weir_str_u64, "a number, such as dead_letters == 0"},
};
static const char *const compares[] = {
    [WEIR_LESS] = "<",      [WEIR_AT_MOST] = "<=", [WEIR_MORE] = ">",
    [WEIR_AT_LEAST] = ">=", [WEIR_EQUAL] = "==",   [WEIR_NOT_EQUAL] = "!=",
};

/* ---- reading ------------------------------------------------------------ */

static bool parse_compare(struct weir_str s, enum weir_compare *ret)
{
    for (size_t i = 0; i < sizeof compares / sizeof *compares; i++) {
        if (weir_str_eq(s, weir_str_of(compares[i]))) {
            *ret = (enum weir_compare)i;
            return true;
        }
    }
    return false;
}

static bool is_one_of(char c, const char *set)
{
    return c != '\0' && strchr(set, c) != NULL;
}

/* NULL, or what completes "must be". */
static const char *parse_term(struct weir_str s, struct weir_queue_term *t)
{
    size_t from = 0, to, m = 0;
    struct weir_str name;

    while (from < s.n && !is_one_of(s.p[from], "<>=!"))
        from++;
    for (to = from; to < s.n && is_one_of(s.p[to], "<>=!");)
        to++;
    name = weir_str_trim(weir_str_sub(s, 0, from));
    while (m < WEIR_QUEUE_MEASURES && !weir_str_eq(name, weir_str_of(measures[m].name)))
        m++;
    if (m == WEIR_QUEUE_MEASURES)
        return "comparisons of queue_depth, queue_age, queue_bytes or dead_letters, joined by && "
               "and ||";
    t->measure = (enum weir_queue_measure)m;
    if (!parse_compare(weir_str_sub(s, from, to - from), &t->compare))
        return "made with <, <=, >, >=, == or !=, such as queue_depth < 1000";
    if (!measures[m].parse(weir_str_trim(weir_str_sub(s, to, s.n)), &t->value))
        return measures[m].value;
    return NULL;
}

/* The part up to the next && or ||, and which it was (or 0). */
static struct weir_str next_part(struct weir_str *rest, char *ret_joined)
{
    struct weir_str part = *rest;

    *ret_joined = 0;
    for (size_t i = 0; i + 1 < rest->n; i++) {
        if (!is_one_of(rest->p[i], "&|") || rest->p[i + 1] != rest->p[i])
            continue;
        *ret_joined = rest->p[i];
        part = weir_str_sub(*rest, 0, i);
        *rest = weir_str_sub(*rest, i + 2, rest->n);
        return part;
    }
    *rest = (struct weir_str){NULL, 0};
    return part;
}

static const char *parse_all(struct weir_str s, struct weir_queue_check *ret)
{
    char joined = '&';
    const char *why;

    ret->n = 0;
    while (joined != 0) {
        bool or_before = joined == '|';
        struct weir_str part = next_part(&s, &joined);

        if (ret->n == WEIR_QUEUE_TERMS)
            return "at most 8 comparisons";
        ret->terms[ret->n].or_before = or_before;
        why = parse_term(part, &ret->terms[ret->n]);
        if (why != NULL)
            return why;
        ret->n++;
    }
    return NULL;
}

bool weir_read_queue_check(struct weir_loader *l, const struct weir_setting *s,
                           const struct weir_node *n, void *base)
{
    struct weir_queue_check check = {.n = 0};
    struct weir_value v;
    const char *why;

    if (!weir_take_value(l, s, n, &v))
        return false;
    check.text = weir_str_trim(v.text);
    why = check.text.n > 0 ? parse_all(check.text, &check) : NULL;
    if (why != NULL)
        return weir_must_be(l, s, n, v.text, v.secret, why);
    *(struct weir_queue_check *)weir_field(s, base) = check;
    return true;
}

void weir_write_queue_check(struct weir_buf *b, const struct weir_setting *s, const void *base)
{
    weir_write_text(b, ((const struct weir_queue_check *)weir_field_in(s, base))->text);
}
