/* schema.c - the table behind schema.h. Fields as the event payloads of
 * https://develop.sentry.dev/sdk/data-model/event-payloads/ and the item
 * types of its envelopes have them. */
#include "schema.h"

#include "chars.h"
#include "selector.h"

#include <pthread.h>
#include <stdlib.h>

enum {
    TEXT = WEIR_CLASS_TEXT,
    CODE,
    NAME,
    VERSION,
    ID,
    KEEP,
    META,
    DEEP = 16,
    PAIRS = 32,
    FREE = 64
};

/* `path` begins with the root's name; `*` is any key or index. `link`: the
 * children of that root are children here too. PAIRS: [[key, value], …] stands
 * for {key: value}. FREE: whoever sends it fills it as they like, but for the
 * fields listed. */
static const struct row {
    const char *path;
    uint32_t types;
    int cls;
    const char *link;
} rows[] = {
    /* one stack frame, trace, exception, thread */
    {"frame/filename", 0, NAME, NULL},
    {"frame/abs_path", 0, NAME, NULL},
    {"frame/module", 0, NAME, NULL},
    {"frame/function", 0, NAME, NULL},
    {"frame/raw_function", 0, NAME, NULL},
    {"frame/symbol", 0, NAME, NULL},
    {"frame/package", 0, NAME, NULL},
    {"frame/platform", 0, NAME, NULL},
    {"frame/trust", 0, NAME, NULL},
    {"frame/instruction_addr", 0, ID, NULL},
    {"frame/symbol_addr", 0, ID, NULL},
    {"frame/image_addr", 0, ID, NULL},
    {"frame/addr_mode", 0, NAME, NULL},
    {"frame/function_id", 0, ID, NULL},
    {"frame/lineno", 0, ID, NULL},
    {"frame/line", 0, ID, NULL},
    {"frame/colno", 0, ID, NULL},
    {"frame/pre_context/*", 0, CODE, NULL},
    {"frame/context_line", 0, CODE, NULL},
    {"frame/post_context/*", 0, CODE, NULL},
    {"stack/frames/*", WEIR_T_FRAME, TEXT, "frame"},
    {"stack/registers", 0, ID | DEEP, NULL},
    {"stack/lang", 0, NAME, NULL},
    {"exc/type", 0, NAME, NULL},
    {"exc/module", 0, NAME, NULL},
    {"exc/thread_id", 0, ID, NULL},
    {"exc/mechanism/type", 0, NAME, NULL},
    {"exc/mechanism/source", 0, NAME, NULL},
    {"exc/mechanism/exception_id", 0, ID, NULL},
    {"exc/mechanism/parent_id", 0, ID, NULL},
    {"exc/stacktrace", WEIR_T_STACK, TEXT, "stack"},
    {"exc/raw_stacktrace", WEIR_T_STACK, TEXT, "stack"},
    {"thread/id", 0, ID, NULL},
    {"thread/state", 0, NAME, NULL},
    {"thread/stacktrace", WEIR_T_STACK, TEXT, "stack"},
    {"thread/raw_stacktrace", WEIR_T_STACK, TEXT, "stack"},
    {"crumb/timestamp", WEIR_T_DATETIME, ID, NULL},
    {"crumb/type", 0, NAME, NULL},
    {"crumb/category", 0, NAME, NULL},
    {"crumb/level", 0, NAME, NULL},
    {"crumb/origin", 0, NAME, NULL},
    {"crumb/event_id", 0, ID, NULL},
    {"crumb/trace_id", 0, ID, NULL},
    {"crumb/service", 0, NAME, NULL},
    {"crumb/message", 0, TEXT, NULL},
    /* spans, v1 in transactions and v2 in containers */
    {"span/span_id", 0, ID, NULL},
    {"span/parent_span_id", 0, ID, NULL},
    {"span/trace_id", 0, ID, NULL},
    {"span/segment_id", 0, ID, NULL},
    {"span/profile_id", 0, ID, NULL},
    {"span/hash", 0, ID, NULL},
    {"span/op", 0, NAME, NULL},
    {"span/status", 0, NAME, NULL},
    {"span/origin", 0, NAME, NULL},
    {"span/kind", 0, NAME, NULL},
    {"span/type", 0, NAME, NULL},
    {"span/platform", 0, NAME, NULL},
    {"span/start_timestamp", WEIR_T_DATETIME, ID, NULL},
    {"span/end_timestamp", WEIR_T_DATETIME, ID, NULL},
    {"span/timestamp", WEIR_T_DATETIME, ID, NULL},
    {"span/start", WEIR_T_DATETIME, ID, NULL}, /* native ones */
    {"span/end", WEIR_T_DATETIME, ID, NULL},
    {"span/transaction_info/source", 0, NAME, NULL},
    {"span/exclusive_time", 0, ID, NULL},
    {"span/measurements", 0, ID | DEEP, NULL},
    {"span/attributes", 0, TEXT, "attributes"},
    {"span/links/*/span_id", 0, ID, NULL},
    {"span/links/*/trace_id", 0, ID, NULL},
    {"span/links/*/attributes", 0, TEXT, "attributes"},
    {"span/data/thread.id", 0, ID, NULL},
    {"span/data/sentry.op", 0, NAME, NULL},
    {"span/data/sentry.kind", 0, NAME, NULL},
    {"span/data/otel.events/*/timestamp", WEIR_T_DATETIME, ID, NULL},
    {"span/data/sentry.origin", 0, NAME, NULL},
    /* {"value": …, "type": "string"} */
    {"attribute/type", 0, NAME, NULL},
    {"attribute/unit", 0, NAME, NULL},
    {"attributes/*", 0, TEXT, "attribute"},
    {"attributes/sentry.release", 0, VERSION | DEEP, NULL},
    {"attributes/sentry.environment", 0, NAME | DEEP, NULL},
    {"attributes/sentry.sdk.name", 0, NAME | DEEP, NULL},
    {"attributes/sentry.sdk.version", 0, NAME | DEEP, NULL},
    {"attributes/sentry.sdk.integrations", 0, NAME | DEEP, NULL},
    {"attributes/sentry.op", 0, NAME | DEEP, NULL},
    {"attributes/sentry.origin", 0, NAME | DEEP, NULL},
    {"attributes/sentry.segment.id", 0, ID | DEEP, NULL},
    {"attributes/sentry.trace.parent_span_id", 0, ID | DEEP, NULL},
    {"attributes/sentry.timestamp.sequence", 0, ID | DEEP, NULL},
    {"attributes/sentry.profiler_id", 0, ID | DEEP, NULL},
    {"attributes/sentry.replay_id", 0, ID | DEEP, NULL},
    {"attributes/thread.id", 0, ID | DEEP, NULL},
    {"attributes/process.pid", 0, ID | DEEP, NULL},
    /* contexts.trace */
    {"trace/trace_id", 0, ID, NULL},
    {"trace/span_id", 0, ID, NULL},
    {"trace/parent_span_id", 0, ID, NULL},
    {"trace/op", 0, NAME, NULL},
    {"trace/status", 0, NAME, NULL},
    {"trace/origin", 0, NAME, NULL},
    {"trace/type", 0, NAME, NULL},
    {"trace/public_key", 0, ID, NULL},
    {"trace/release", 0, VERSION, NULL},
    {"trace/environment", 0, NAME, NULL},
    {"trace/replay_id", 0, ID, NULL},
    {"trace/exclusive_time", 0, ID, NULL},
    {"trace/sample_rate", 0, ID, NULL},
    {"trace/sample_rand", 0, ID, NULL},
    {"trace/sampled", 0, ID, NULL},
    /* events and transactions */
    {"event", WEIR_T_EVENT, TEXT, NULL},
    {"event/event_id", 0, ID, NULL},
    {"event/timestamp", WEIR_T_DATETIME, ID, NULL},
    {"event/start_timestamp", WEIR_T_DATETIME, ID, NULL},
    {"event/received", WEIR_T_DATETIME, ID, NULL},
    {"event/platform", 0, NAME, NULL},
    {"event/level", 0, NAME, NULL},
    {"event/logger", 0, NAME, NULL},
    {"event/type", 0, NAME, NULL},
    {"event/version", 0, VERSION, NULL},
    {"event/release", 0, VERSION, NULL},
    {"event/dist", 0, VERSION, NULL},
    {"event/environment", 0, NAME, NULL},
    {"event/project", 0, ID, NULL},
    {"event/key_id", 0, ID, NULL},
    {"event/transaction_info", 0, NAME | DEEP, NULL},
    {"event/message", WEIR_T_MESSAGE, TEXT, NULL},
    {"event/message/formatted", WEIR_T_MESSAGE, TEXT, NULL},
    {"event/logentry", WEIR_T_LOGENTRY, TEXT, NULL},
    {"event/logentry/formatted", WEIR_T_MESSAGE, TEXT, NULL},
    {"event/logentry/message", WEIR_T_MESSAGE, TEXT, NULL},
    {"event/sentry.interfaces.Message", WEIR_T_LOGENTRY, TEXT, NULL},
    {"event/exception", 0, TEXT, "exc"},
    {"event/exception/*", WEIR_T_ERROR, TEXT, "exc"},
    {"event/exception/type", 0, NAME, NULL},
    {"event/exception/value", 0, TEXT, NULL},
    {"event/exception/values", 0, TEXT, NULL},
    {"event/exception/values/*", WEIR_T_ERROR, TEXT, "exc"},
    {"event/sentry.interfaces.Exception/values/*", WEIR_T_ERROR, TEXT, "exc"},
    {"event/stacktrace", WEIR_T_STACK, TEXT, "stack"},
    {"event/threads/*", WEIR_T_THREAD, TEXT, "thread"},
    {"event/threads/values", 0, TEXT, NULL},
    {"event/threads/values/*", WEIR_T_THREAD, TEXT, "thread"},
    {"event/breadcrumbs/*", WEIR_T_BREADCRUMB, TEXT, "crumb"},
    {"event/breadcrumbs/values", 0, TEXT, NULL},
    {"event/breadcrumbs/values/*", WEIR_T_BREADCRUMB, TEXT, "crumb"},
    {"event/request", WEIR_T_HTTP, TEXT, NULL},
    {"event/request/headers", 0, TEXT | PAIRS, NULL},
    {"event/request/cookies", 0, TEXT | PAIRS, NULL},
    {"event/request/query_string", 0, TEXT | PAIRS, NULL},
    {"event/request/env", 0, TEXT | PAIRS, NULL},
    {"event/tags", 0, TEXT | PAIRS, NULL},
    {"event/tags/*", 0, TEXT, NULL},
    {"event/contexts/response/headers", 0, TEXT | PAIRS, NULL},
    {"event/contexts/response/cookies", 0, TEXT | PAIRS, NULL},
    {"event/request/method", 0, NAME, NULL},
    {"event/request/inferred_content_type", 0, NAME, NULL},
    {"event/sentry.interfaces.Http", WEIR_T_HTTP, TEXT, NULL},
    {"event/user", WEIR_T_USER, TEXT, NULL},
    {"event/sentry.interfaces.User", WEIR_T_USER, TEXT, NULL},
    {"event/contexts/*", WEIR_T_CONTEXT, TEXT | FREE, NULL},
    {"event/contexts/*/type", 0, NAME, NULL},
    {"event/contexts/trace", WEIR_T_CONTEXT, TEXT, "trace"},
    {"event/contexts/trace/data", 0, TEXT, NULL},
    {"event/contexts/profile/profile_id", 0, ID, NULL},
    {"event/contexts/profile/profiler_id", 0, ID, NULL},
    {"event/contexts/replay/replay_id", 0, ID, NULL},
    {"event/contexts/os", WEIR_T_CONTEXT, NAME | DEEP, NULL},
    {"event/contexts/runtime", WEIR_T_CONTEXT, NAME | DEEP, NULL},
    {"event/contexts/browser", WEIR_T_CONTEXT, NAME | DEEP, NULL},
    {"event/contexts/gpu", WEIR_T_CONTEXT, NAME | DEEP, NULL},
    {"event/contexts/culture", WEIR_T_CONTEXT, NAME | DEEP, NULL},
    {"event/contexts/feedback/associated_event_id", 0, ID, NULL},
    {"event/contexts/feedback/replay_id", 0, ID, NULL},
    {"event/sdk", WEIR_T_SDK, NAME | DEEP, NULL},
    {"event/sdk/client_ip", 0, TEXT, NULL},
    {"event/modules", 0, NAME | DEEP, NULL},
    {"event/debug_meta", 0, NAME | DEEP, NULL},
    {"event/debug_meta/images/*", 0, NAME | DEEP, NULL},
    {"event/debug_meta/images/*/debug_id", 0, ID, NULL},
    {"event/debug_meta/images/*/code_id", 0, ID, NULL},
    {"event/debug_meta/images/*/image_addr", 0, ID, NULL},
    {"event/measurements", 0, ID | DEEP, NULL},
    {"event/breakdowns", 0, ID | DEEP, NULL},
    {"event/spans/*", WEIR_T_SPAN, TEXT, "span"},
    {"event/_meta", 0, META | DEEP, NULL},
    {"event/trace_id", 0, ID, NULL},
    {"event/span_id", 0, ID, NULL},
    {"event/seq", 0, ID, NULL},
    /* containers */
    {"spans", WEIR_T_SPAN, TEXT, "span"},
    {"spans/version", 0, ID, NULL},
    {"spans/items/*", WEIR_T_SPAN, TEXT, "span"},
    {"logs/version", 0, ID, NULL},
    {"logs/items/*", WEIR_T_LOG, TEXT, "log"},
    {"log/timestamp", WEIR_T_DATETIME, ID, NULL},
    {"log/trace_id", 0, ID, NULL},
    {"log/span_id", 0, ID, NULL},
    {"log/level", 0, NAME, NULL},
    {"log/severity_number", 0, ID, NULL},
    {"log/attributes", 0, TEXT, "attributes"},
    {"metrics/version", 0, ID, NULL},
    {"metrics/items/*", WEIR_T_METRIC, TEXT, "metric"},
    {"metric/timestamp", WEIR_T_DATETIME, ID, NULL},
    {"metric/trace_id", 0, ID, NULL},
    {"metric/span_id", 0, ID, NULL},
    {"metric/name", 0, NAME, NULL},
    {"metric/type", 0, NAME, NULL},
    {"metric/unit", 0, NAME, NULL},
    {"metric/value", 0, ID, NULL},
    {"metric/attributes", 0, TEXT, "attributes"},
    /* the smaller items */
    {"session/sid", 0, ID, NULL},
    {"session/started", WEIR_T_DATETIME, ID, NULL},
    {"session/timestamp", WEIR_T_DATETIME, ID, NULL},
    {"session/status", 0, NAME, NULL},
    {"session/seq", 0, ID, NULL},
    {"session/duration", 0, ID, NULL},
    {"session/errors", 0, ID, NULL},
    {"session/init", 0, ID, NULL},
    {"session/abnormal_mechanism", 0, NAME, NULL},
    {"session/attrs/release", 0, VERSION, NULL},
    {"session/attrs/environment", 0, NAME, NULL},
    {"session/aggregates/*/started", WEIR_T_DATETIME, ID, NULL},
    {"check_in/check_in_id", 0, ID, NULL},
    {"check_in/monitor_slug", 0, NAME, NULL},
    {"check_in/status", 0, NAME, NULL},
    {"check_in/release", 0, VERSION, NULL},
    {"check_in/environment", 0, NAME, NULL},
    {"check_in/duration", 0, ID, NULL},
    {"check_in/monitor_config", 0, NAME | DEEP, NULL},
    {"check_in/contexts/trace", WEIR_T_CONTEXT, TEXT, "trace"},
    {"profile", 0, TEXT, "event"},
    {"profile/chunk_id", 0, ID, NULL},
    {"profile/profiler_id", 0, ID, NULL},
    {"profile/profile_id", 0, ID, NULL},
    {"profile/os", 0, NAME | DEEP, NULL},
    {"profile/device", 0, NAME | DEEP, NULL},
    {"profile/runtime", 0, NAME | DEEP, NULL},
    {"profile/client_sdk", 0, NAME | DEEP, NULL},
    {"profile/transaction/id", 0, ID, NULL},
    {"profile/transaction/trace_id", 0, ID, NULL},
    {"profile/transaction/active_thread_id", 0, ID, NULL},
    {"profile/transactions/*/id", 0, ID, NULL},
    {"profile/transactions/*/trace_id", 0, ID, NULL},
    {"profile/profile/samples", 0, ID | DEEP, NULL},
    {"profile/profile/stacks", 0, ID | DEEP, NULL},
    {"profile/profile/frames/*", WEIR_T_FRAME, TEXT, "frame"},
    {"replay", WEIR_T_REPLAY, TEXT, "event"},
    {"replay/replay_id", 0, ID, NULL},
    {"replay/segment_id", 0, ID, NULL},
    {"replay/trace_ids/*", 0, ID, NULL},
    {"replay/error_ids/*", 0, ID, NULL},
    {"replay/replay_type", 0, NAME, NULL},
    {"replay/replay_start_timestamp", WEIR_T_DATETIME, ID, NULL},
    {"report/timestamp", WEIR_T_DATETIME, ID, NULL},
    {"report/discarded_events", 0, NAME | DEEP, NULL},
    {"header/event_id", 0, ID, NULL},
    {"header/dsn", 0, KEEP, NULL},
    {"header/sent_at", WEIR_T_DATETIME, ID, NULL},
    {"header/sdk", WEIR_T_SDK, NAME | DEEP, NULL},
    {"header/trace", 0, TEXT, "trace"},
    {"header/type", 0, NAME, NULL},
    {"header/length", 0, ID, NULL},
    {"header/content_type", 0, NAME, NULL},
    {"header/attachment_type", 0, NAME, NULL},
    {"header/platform", 0, NAME, NULL},
    {"header/item_count", 0, ID, NULL},
    {"feedback/event_id", 0, ID, NULL},
    {"breadcrumb", WEIR_T_BREADCRUMB, TEXT, "crumb"},
    {"json", 0, TEXT, NULL},
};

static const char *const roots[] = {
    [WEIR_SCRUB_EVENT] = "event",           [WEIR_SCRUB_TRANSACTION] = "event",
    [WEIR_SCRUB_SPANS] = "spans",           [WEIR_SCRUB_LOGS] = "logs",
    [WEIR_SCRUB_METRICS] = "metrics",       [WEIR_SCRUB_SESSION] = "session",
    [WEIR_SCRUB_CHECK_IN] = "check_in",     [WEIR_SCRUB_PROFILE] = "profile",
    [WEIR_SCRUB_REPLAY] = "replay",         [WEIR_SCRUB_REPORT] = "report",
    [WEIR_SCRUB_HEADER] = "header",         [WEIR_SCRUB_FEEDBACK] = "feedback",
    [WEIR_SCRUB_BREADCRUMB] = "breadcrumb", [WEIR_SCRUB_JSON] = "json",
};

enum { MAX_NODES = 512, MAX_KEYS = 320, EDGES = 2048, KEY_SLOTS = 1024 };

static struct {
    struct weir_field nodes[MAX_NODES];
    size_t n_nodes;
    struct weir_str keys[MAX_KEYS];
    size_t n_keys;
    uint16_t key_slots[KEY_SLOTS];
    struct {
        uint16_t node, key, child;
    } edges[EDGES];
    uint16_t kinds[sizeof roots / sizeof *roots];
} schema;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static size_t key_slot(struct weir_str key)
{
    uint32_t h = 0x811C9DC5U;
    size_t i;

    for (size_t k = 0; k < key.n; k++)
        h = (h ^ (uint8_t)key.p[k]) * 0x01000193U;
    for (i = (h ^ h >> 16) % KEY_SLOTS; schema.key_slots[i] != 0; i = (i + 1) % KEY_SLOTS)
        if (weir_str_eq(schema.keys[schema.key_slots[i]], key))
            break;
    return i;
}

static size_t edge_slot(uint16_t node, uint16_t key)
{
    size_t i = (node * 2654435761U + key * 40503U) % EDGES;

    while (schema.edges[i].child != 0 &&
           (schema.edges[i].node != node || schema.edges[i].key != key))
        i = (i + 1) % EDGES;
    return i;
}

static uint16_t new_node(void)
{
    if (schema.n_nodes >= MAX_NODES)
        abort(); /* the table above outgrew its arrays: ours to mend */
    return (uint16_t)schema.n_nodes++;
}

/* The child of `node` for one step of a row, made when it is new. */
static uint16_t grow(uint16_t node, struct weir_str step)
{
    size_t slot;
    uint16_t key;

    schema.nodes[node].frame = true;
    if (weir_str_eq(step, WEIR_S("*"))) {
        if (schema.nodes[node].star == 0)
            schema.nodes[node].star = new_node();
        return schema.nodes[node].star;
    }
    slot = key_slot(step);
    if (schema.key_slots[slot] == 0) {
        if (schema.n_keys >= MAX_KEYS)
            abort();
        schema.keys[schema.n_keys] = step;
        schema.key_slots[slot] = (uint16_t)schema.n_keys++;
    }
    key = schema.key_slots[slot];
    slot = edge_slot(node, key);
    if (schema.edges[slot].child == 0) {
        schema.edges[slot].node = node;
        schema.edges[slot].key = key;
        schema.edges[slot].child = new_node();
    }
    return schema.edges[slot].child;
}

static uint16_t walk(struct weir_str path)
{
    struct weir_str step;
    uint16_t node = 0;

    while (path.n > 0) {
        weir_str_cut(path, '/', &step, &path);
        node = grow(node, step);
    }
    return node;
}

static void compile(void)
{
    schema.n_nodes = 1;
    schema.n_keys = 1;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        uint16_t node = walk(weir_str_of(rows[i].path));
        struct weir_field *f = &schema.nodes[node];

        f->types |= rows[i].types;
        f->frame |= rows[i].types != 0 || rows[i].link != NULL;
        f->cls = (uint8_t)(rows[i].cls & ~(DEEP | PAIRS | FREE));
        f->deep = (rows[i].cls & DEEP) != 0;
        f->pairs = (rows[i].cls & PAIRS) != 0;
        f->listed = true;
        if (rows[i].link != NULL) {
            uint16_t link = walk(weir_str_of(rows[i].link));

            schema.nodes[node].link = link;
        }
    }
    for (size_t i = 0; i < sizeof roots / sizeof *roots; i++)
        schema.kinds[i] = walk(weir_str_of(roots[i]));
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if ((rows[i].cls & FREE) != 0)
            schema.nodes[walk(weir_str_of(rows[i].path))].frame = false;
    schema.nodes[0].frame = false; /* as the field that nobody listed */
}

const struct weir_field *weir_schema_node(uint16_t node)
{
    /* Node 0 holds the roots as its children; as a field it is plain text,
     * and weir_schema_child() does not go on from it. */
    return &schema.nodes[node];
}

uint16_t weir_schema_root(enum weir_scrub_kind kind)
{
    pthread_once(&once, compile);
    return schema.kinds[kind];
}

uint16_t weir_schema_key(struct weir_str key)
{
    pthread_once(&once, compile);
    return schema.key_slots[key_slot(key)];
}

uint16_t weir_schema_child(uint16_t node, uint16_t key)
{
    uint16_t star = 0;

    for (uint16_t at = node; at != 0; at = schema.nodes[at].link) {
        if (key != 0) {
            size_t slot = edge_slot(at, key);

            if (schema.edges[slot].child != 0)
                return schema.edges[slot].child;
        }
        if (star == 0)
            star = schema.nodes[at].star;
    }
    return star;
}

/* 2026-11-21T05:30:00.123Z */
static bool looks_like_time(struct weir_str s)
{
    if (s.n < 19 || s.n > 40 || s.p[4] != '-' || s.p[7] != '-' ||
        (s.p[10] != 'T' && s.p[10] != ' '))
        return false;
    for (size_t i = 0; i < s.n; i++)
        if (!weir_is_digit(s.p[i]) && memchr("-:.+TZ ", s.p[i], 7) == NULL)
            return false;
    return true;
}

bool weir_looks_like_id(struct weir_str s)
{
    size_t digits = 0, letters = 0;

    if (s.n > 64)
        return false;
    if (looks_like_time(s))
        return true;
    if (weir_str_starts(s, WEIR_S("0x")) || weir_str_starts(s, WEIR_S("0X")))
        s = weir_str_sub(s, 2, SIZE_MAX);
    for (size_t i = 0; i < s.n; i++) {
        if (weir_is_digit(s.p[i]))
            digits++;
        else if (weir_is(s.p[i], WEIR_C_HEX))
            letters++;
        else if (s.p[i] != '-')
            return false;
    }
    /* 12 to 19 decimal digits could be a card; an id of 16 hex digits that
     * are all decimal happens (1 in 1,800), any other such id is rare */
    return letters > 0 || digits < 12 || digits > 19 || digits == 16;
}
