/* fuzz_join.c - any document that passed the scrubber as what join reads:
 * spans of a container arranged and written as transactions, in pieces too;
 * breadcrumbs and a count into an event; what makes errors identical. What
 * comes out is JSON, and no span is lost or told twice. */
#include "collector/join/spans.h"
#include "collector/join/splice.h"
#include "collector/pipeline/run.h"
#include "weir/scan.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MOST = 200 };

static struct weir_json_reader *reader;
static struct weir_arena arena;

static void must_be_json(struct weir_str s)
{
    struct weir_json_doc d;

    if (weir_json_members(reader, &arena, s, &d) != 0)
        abort();
}

static size_t pieces(const struct weir_span *spans, size_t n, size_t root)
{
    size_t children = 0, done = 0;

    for (size_t i = 0; i < n; i++)
        children += i != root && spans[i].under == root;
    do {
        struct weir_transaction t;

        if (weir_transaction_write(reader, &arena, spans, n, root, done, 3, WEIR_S("771a"), NULL,
                                   &t) != 0)
            return children + 1; /* too large for the arena */
        must_be_json(t.payload);
        if (t.n_spans == 0 && done < children)
            abort();
        done += t.n_spans;
    } while (done < children);
    if (done != children)
        abort();
    return children + 1;
}

static void spans(struct weir_str body)
{
    static struct weir_span list[MOST];
    struct weir_str key, native;
    struct weir_scan scan;
    size_t n = 0, sent = 0;

    if (!weir_scan_begin(&scan, weir_scan_get(body, WEIR_S("items"))))
        return;
    while (n < MOST && weir_scan_next(&scan, &key, &native))
        n += weir_span_read(&arena, native, 1000, &list[n]) == 0;
    if (n == 0 || weir_spans_arrange(&arena, list, n) != 0)
        return;
    (void)weir_spans_complete(list, n, n / 2);
    for (size_t i = 0; i < n; i++)
        if (list[i].under == i)
            sent += pieces(list, n, i);
    if (sent != n)
        abort();
}

static void event(struct weir_str body)
{
    static const struct weir_mark mark = {.count = 3, .first_ms = 1, .last_ms = 2};
    struct weir_crumb crumb;
    struct weir_str out;

    if (weir_crumb_read(reader, &arena, body, 1000, &crumb) != 0)
        return;
    must_be_json(crumb.json);
    if (weir_splice(reader, &arena, body, &crumb, 1, &mark, &out) == 0)
        must_be_json(out);
    if (weir_run_hash(body, 1) == 0)
        abort();
    (void)weir_run_is_error(body);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct weir_str body = {(const char *)data, size}, mended;
    struct weir_json_doc d;

    if (reader == NULL) {
        reader = weir_json_reader_new();
        weir_arena_init(&arena, 64 << 20);
    }
    /* As the scrubber leaves it: valid, mended, each key once. */
    if (weir_json_members(reader, &arena, body, &d) == 0 &&
        weir_json_doc_write(&d, &arena, size * 8 + 64, &mended) == 0 &&
        weir_json_members(reader, &arena, mended, &d) == 0) {
        spans(mended);
        event(mended);
    }
    weir_arena_reset(&arena);
    return 0;
}
