/* items.c - what weir knows of each item type, as a table. */
#include "state.h"

#include <stddef.h>

#define LIMIT(name) offsetof(struct weir_limits, name)

static const struct weir_item_rule rules[WEIR_ITEM_TYPES] = {
    [WEIR_ITEM_EVENT] = {.kind = WEIR_SCRUB_EVENT, .limit = LIMIT(event), .essential = true},
    [WEIR_ITEM_TRANSACTION] = {.kind = WEIR_SCRUB_TRANSACTION,
                               .limit = LIMIT(event),
                               .essential = true},
    [WEIR_ITEM_SPAN] = {.kind = WEIR_SCRUB_SPANS, .limit = LIMIT(container), .counted = true},
    [WEIR_ITEM_LOG] = {.kind = WEIR_SCRUB_LOGS, .limit = LIMIT(container), .counted = true},
    [WEIR_ITEM_TRACE_METRIC] = {.kind = WEIR_SCRUB_METRICS,
                                .limit = LIMIT(container),
                                .counted = true},
    [WEIR_ITEM_ATTACHMENT] = {.shape = WEIR_SHAPE_ATTACHMENT, .limit = LIMIT(attachment)},
    [WEIR_ITEM_SESSION] = {.kind = WEIR_SCRUB_SESSION, .limit = LIMIT(item)},
    [WEIR_ITEM_SESSIONS] = {.kind = WEIR_SCRUB_SESSION, .limit = LIMIT(item)},
    [WEIR_ITEM_CHECK_IN] = {.kind = WEIR_SCRUB_CHECK_IN, .limit = LIMIT(check_in)},
    [WEIR_ITEM_FEEDBACK] = {.kind = WEIR_SCRUB_EVENT, .limit = LIMIT(event)},
    [WEIR_ITEM_USER_REPORT] = {.kind = WEIR_SCRUB_FEEDBACK, .limit = LIMIT(item)},
    [WEIR_ITEM_PROFILE] = {.kind = WEIR_SCRUB_PROFILE, .limit = LIMIT(profile)},
    [WEIR_ITEM_PROFILE_CHUNK] = {.kind = WEIR_SCRUB_PROFILE, .limit = LIMIT(profile)},
    [WEIR_ITEM_REPLAY_EVENT] = {.kind = WEIR_SCRUB_REPLAY, .limit = LIMIT(replay)},
    [WEIR_ITEM_REPLAY_RECORDING] = {.shape = WEIR_SHAPE_RECORDING, .limit = LIMIT(replay)},
    /* A msgpack map around a video: a binary like any other attachment. */
    [WEIR_ITEM_REPLAY_VIDEO] = {.shape = WEIR_SHAPE_ATTACHMENT, .limit = LIMIT(replay)},
    [WEIR_ITEM_CLIENT_REPORT] = {.kind = WEIR_SCRUB_REPORT, .limit = LIMIT(item)},
    [WEIR_ITEM_SECURITY] = {.kind = WEIR_SCRUB_EVENT, .limit = LIMIT(event)},
    [WEIR_ITEM_UNKNOWN] = {.kind = WEIR_SCRUB_JSON, .limit = LIMIT(item), .unknown = true},
    [WEIR_ITEM_BREADCRUMB] = {.kind = WEIR_SCRUB_BREADCRUMB,
                              .limit = LIMIT(item),
                              .fragment = true},
    [WEIR_ITEM_NATIVE_SPAN] = {.kind = WEIR_SCRUB_SPANS,
                               .limit = LIMIT(item),
                               .counted = true,
                               .fragment = true},
    [WEIR_ITEM_NATIVE_LOG] = {.kind = WEIR_SCRUB_LOGS,
                              .limit = LIMIT(container),
                              .counted = true,
                              .fragment = true},
};

const struct weir_item_rule *weir_item_rule(enum weir_item_type t)
{
    return &rules[t];
}

uint64_t weir_item_limit(enum weir_item_type t, const struct weir_limits *l)
{
    uint64_t limit;

    memcpy(&limit, (const char *)l + rules[t].limit, sizeof limit);
    return limit;
}
