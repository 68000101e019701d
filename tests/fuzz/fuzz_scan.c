/* fuzz_scan.c - the scanner stays within any bytes, and on a valid object
 * without oddities it finds what the reader finds. */
#include "weir/scan.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void walk(struct weir_str container, int depth)
{
    struct weir_scan s;
    struct weir_str key, value;

    if (depth > 20 || !weir_scan_begin(&s, container))
        return;
    while (weir_scan_next(&s, &key, &value))
        walk(value, depth + 1);
}

/* One pass sees as many members as the walk of each container by itself. */
static size_t count_once(struct weir_scan *s, int depth)
{
    struct weir_scan inner;
    struct weir_str key;
    size_t n = 0;

    while (weir_scan_member(s, &key)) {
        n++;
        if (depth < 20 && weir_scan_enter(s, &inner)) {
            n += count_once(&inner, depth + 1);
            weir_scan_leave(s, &inner);
        } else {
            (void)weir_scan_value(s);
        }
    }
    return n;
}

static size_t count_each(struct weir_str container, int depth)
{
    struct weir_scan s;
    struct weir_str key, value;
    size_t n = 0;

    if (!weir_scan_begin(&s, container))
        return 0;
    while (weir_scan_next(&s, &key, &value))
        n += 1 + (depth < 20 ? count_each(value, depth + 1) : 0);
    return n;
}

static void compare(struct weir_arena *a, const struct weir_json_doc *doc)
{
    struct weir_str object = weir_str_sub(doc->body, doc->open, doc->close - doc->open + 1);
    struct weir_scan s;
    struct weir_str key, value;
    size_t n = 0;

    if (!weir_scan_begin(&s, object))
        abort();
    while (weir_scan_next(&s, &key, &value)) {
        if (n == doc->n_members || !weir_str_eq(value, weir_json_doc_raw(doc, &doc->members[n])))
            abort();
        (void)weir_scan_text(a, value);
        n++;
    }
    if (n != doc->n_members)
        abort();
    (void)weir_scan_begin(&s, object);
    if (count_once(&s, 0) != count_each(object, 0))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct weir_str text = {(const char *)data, size};
    struct weir_json_reader *r = weir_json_reader_new();
    struct weir_json_doc doc;
    struct weir_arena a;
    struct weir_scan s;

    weir_arena_init(&a, 64 << 20);
    walk(text, 0);
    s = (struct weir_scan){text.p, text.p + text.n, true};
    (void)count_once(&s, 0);
    (void)weir_scan_get(text, WEIR_S("a"));
    if (weir_json_members(r, &a, text, &doc) == 0 && doc.edits.n == 0)
        compare(&a, &doc);
    weir_arena_destroy(&a);
    weir_json_reader_free(r);
    return 0;
}
