/* fuzz_spans.c - any document as a transaction, a container of spans, a
 * native span, and an event with breadcrumbs, through the scrubber and the
 * stage that reads calls off it; and its bytes as a statement. The metrics
 * stay within bounds whatever they are fed. */
#include "collector/observe/sql.h"
#include "collector/pipeline/stages.h"
#include "weir/metrics.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct weir_snapshot *snapshot(void)
{
    static struct weir_snapshot *s;
    struct weir_arena a;
    struct weir_errors errors;

    if (s != NULL)
        return s;
    weir_arena_init(&a, 1 << 20);
    weir_errors_init(&errors, &a);
    if (weir_snapshot_parse(WEIR_S("integrations: {names: {\"*.x\": x, \"10.*\": ten}}\n"
                                   "projects: [{id: 1, keys: [a], breadcrumb_integrations: true}]"),
                            WEIR_S("fuzz"), &errors, &s) != 0)
        abort();
    weir_arena_destroy(&a);
    return s;
}

static void run(struct weir_tools *tools, enum weir_item_type type, enum weir_scrub_kind kind,
                struct weir_str body)
{
    const struct weir_item it = {.type = type};
    const struct weir_intake in = {.tools = tools, .project_id = WEIR_S("1")};
    struct weir_arena a;
    struct weir_event ev = {.arena = &a,
                            .config = &snapshot()->config,
                            .project = snapshot()->config.projects,
                            .intake = &in,
                            .item = &it};

    weir_arena_init(&a, 64 << 20);
    if (weir_scrub_json(tools->scrubber, ev.project->plan, kind, &a, body, &ev.doc) == 0 &&
        weir_scrub_finish(tools->scrubber, &ev.doc) == 0)
        (void)weir_stage_integrations(&ev);
    weir_arena_destroy(&a);
}

static void statement(struct weir_str s)
{
    char room[WEIR_SQL_TABLE_BYTES];
    struct weir_str table, verb = weir_sql(s, room, &table);

    if (table.n > sizeof room || verb.n > 20 || (table.n > 0 && verb.n == 0))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const double bounds[] = {1, 10};
    static struct weir_tools tools;
    struct weir_str body = {(const char *)data, size}, text;
    struct weir_arena a;
    struct weir_buf out;

    if (tools.scrubber == NULL) { /* it keeps series, so both stay */
        if (weir_metrics_init(50, bounds, 2) != 0)
            abort();
        weir_metrics_thread();
        tools.scrubber = weir_scrubber_new();
    }
    statement(body);
    run(&tools, WEIR_ITEM_TRANSACTION, WEIR_SCRUB_TRANSACTION, body);
    run(&tools, WEIR_ITEM_SPAN, WEIR_SCRUB_SPANS, body);
    run(&tools, WEIR_ITEM_NATIVE_SPAN, WEIR_SCRUB_SPANS, body);
    run(&tools, WEIR_ITEM_EVENT, WEIR_SCRUB_EVENT, body);
    run(&tools, WEIR_ITEM_BREADCRUMB, WEIR_SCRUB_BREADCRUMB, body);
    weir_arena_init(&a, 64 << 20);
    weir_buf_init(&out, &a, 64 << 20);
    if (weir_metrics_write(&out, true) != 0 || weir_buf_str(&out, &text) != 0 || text.n > 1 << 20)
        abort();
    weir_arena_destroy(&a);
    return 0;
}
