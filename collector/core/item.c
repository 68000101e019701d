/* item.c - names and categories of items, as one table. */
#include "weir/item.h"

static const struct {
    const char *name;
    enum weir_category category;
    bool bound; /* to the envelope's event id */
} types[WEIR_ITEM_TYPES] = {
    [WEIR_ITEM_EVENT] = {"event", WEIR_CAT_ERROR, true},
    [WEIR_ITEM_TRANSACTION] = {"transaction", WEIR_CAT_TRANSACTION, true},
    [WEIR_ITEM_SPAN] = {"span", WEIR_CAT_SPAN, false},
    [WEIR_ITEM_LOG] = {"log", WEIR_CAT_LOG_ITEM, false},
    [WEIR_ITEM_TRACE_METRIC] = {"trace_metric", WEIR_CAT_TRACE_METRIC, false},
    [WEIR_ITEM_ATTACHMENT] = {"attachment", WEIR_CAT_ATTACHMENT, true},
    [WEIR_ITEM_SESSION] = {"session", WEIR_CAT_SESSION, false},
    [WEIR_ITEM_SESSIONS] = {"sessions", WEIR_CAT_SESSION, false},
    [WEIR_ITEM_CHECK_IN] = {"check_in", WEIR_CAT_MONITOR, false},
    [WEIR_ITEM_FEEDBACK] = {"feedback", WEIR_CAT_FEEDBACK, true},
    [WEIR_ITEM_USER_REPORT] = {"user_report", WEIR_CAT_DEFAULT, true},
    [WEIR_ITEM_PROFILE] = {"profile", WEIR_CAT_PROFILE, true},
    [WEIR_ITEM_PROFILE_CHUNK] = {"profile_chunk", WEIR_CAT_PROFILE_CHUNK, false},
    [WEIR_ITEM_REPLAY_EVENT] = {"replay_event", WEIR_CAT_REPLAY, true},
    [WEIR_ITEM_REPLAY_RECORDING] = {"replay_recording", WEIR_CAT_REPLAY, true},
    [WEIR_ITEM_REPLAY_VIDEO] = {"replay_video", WEIR_CAT_REPLAY, true},
    [WEIR_ITEM_CLIENT_REPORT] = {"client_report", WEIR_CAT_INTERNAL, false},
    [WEIR_ITEM_SECURITY] = {"security", WEIR_CAT_SECURITY, false},
    [WEIR_ITEM_UNKNOWN] = {"unknown", WEIR_CAT_DEFAULT, false},
    [WEIR_ITEM_BREADCRUMB] = {"breadcrumb", WEIR_CAT_DEFAULT, false},
    [WEIR_ITEM_NATIVE_SPAN] = {"native_span", WEIR_CAT_SPAN, false},
    [WEIR_ITEM_NATIVE_LOG] = {"native_log", WEIR_CAT_LOG_ITEM, false},
};

static const char *const categories[WEIR_CATEGORIES] = {
    [WEIR_CAT_DEFAULT] = "default",
    [WEIR_CAT_ERROR] = "error",
    [WEIR_CAT_TRANSACTION] = "transaction",
    [WEIR_CAT_SPAN] = "span",
    [WEIR_CAT_LOG_ITEM] = "log_item",
    [WEIR_CAT_TRACE_METRIC] = "trace_metric",
    [WEIR_CAT_SECURITY] = "security",
    [WEIR_CAT_ATTACHMENT] = "attachment",
    [WEIR_CAT_SESSION] = "session",
    [WEIR_CAT_PROFILE] = "profile",
    [WEIR_CAT_PROFILE_CHUNK] = "profile_chunk",
    [WEIR_CAT_REPLAY] = "replay",
    [WEIR_CAT_MONITOR] = "monitor",
    [WEIR_CAT_FEEDBACK] = "feedback",
    [WEIR_CAT_INTERNAL] = "internal",
};

const char *weir_item_type_name(enum weir_item_type t)
{
    return t < WEIR_ITEM_TYPES ? types[t].name : "unknown";
}

enum weir_item_type weir_item_type_of(struct weir_str name)
{
    /* What follows UNKNOWN is weir's own: a sender cannot name it. */
    for (unsigned t = 0; t < WEIR_ITEM_UNKNOWN; t++) {
        if (weir_str_eq(name, weir_str_of(types[t].name)))
            return (enum weir_item_type)t;
    }
    if (weir_str_eq(name, WEIR_S("raw_security")))
        return WEIR_ITEM_SECURITY;
    return WEIR_ITEM_UNKNOWN;
}

const char *weir_category_name(enum weir_category c)
{
    return c < WEIR_CATEGORIES ? categories[c] : "default";
}

enum weir_category weir_category_of(struct weir_str name)
{
    for (unsigned c = 0; c < WEIR_CATEGORIES; c++) {
        if (weir_str_eq(name, weir_str_of(categories[c])))
            return (enum weir_category)c;
    }
    return WEIR_CATEGORIES;
}

enum weir_category weir_item_category(enum weir_item_type t)
{
    return t < WEIR_ITEM_TYPES ? types[t].category : WEIR_CAT_DEFAULT;
}

bool weir_item_bound(enum weir_item_type t)
{
    return t < WEIR_ITEM_TYPES && types[t].bound;
}
