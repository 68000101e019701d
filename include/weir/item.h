/* item.h - what senders send, whatever the format it came in.
 *
 * Every decoder turns its bytes into the same calls on a weir_sink: one
 * header, then items. A store request is a header and one event; a native
 * breadcrumb is a header and one fragment. So everything behind the decoders
 * knows envelopes only (https://develop.sentry.dev/sdk/data-model/envelopes/).
 *
 * Threads: the worker on which the bytes arrived. Memory: all text points
 * into the request's body or arena. */
#ifndef WEIR_ITEM_H
#define WEIR_ITEM_H

#include "weir/err.h"
#include "weir/str.h"

enum weir_item_type {
    WEIR_ITEM_EVENT,
    WEIR_ITEM_TRANSACTION,
    WEIR_ITEM_SPAN, /* container or single */
    WEIR_ITEM_LOG,
    WEIR_ITEM_TRACE_METRIC,
    WEIR_ITEM_ATTACHMENT,
    WEIR_ITEM_SESSION,
    WEIR_ITEM_SESSIONS,
    WEIR_ITEM_CHECK_IN,
    WEIR_ITEM_FEEDBACK,
    WEIR_ITEM_USER_REPORT,
    WEIR_ITEM_PROFILE,
    WEIR_ITEM_PROFILE_CHUNK,
    WEIR_ITEM_REPLAY_EVENT,
    WEIR_ITEM_REPLAY_RECORDING,
    WEIR_ITEM_REPLAY_VIDEO,
    WEIR_ITEM_CLIENT_REPORT,
    WEIR_ITEM_SECURITY, /* raw_security of /security/ too */
    WEIR_ITEM_UNKNOWN,
    /* Native fragments; never leave as such. */
    WEIR_ITEM_BREADCRUMB,
    WEIR_ITEM_NATIVE_SPAN, /* {"items":[...]}: spans of one trace, contract 4's object */
    WEIR_ITEM_NATIVE_LOG,  /* {"items":[...]}: fewer entries than a `log` item has room for */
    WEIR_ITEM_TYPES
};

/* Data categories of rate limits and client reports
 * (https://develop.sentry.dev/sdk/expected-features/rate-limiting/). */
enum weir_category {
    WEIR_CAT_DEFAULT,
    WEIR_CAT_ERROR,
    WEIR_CAT_TRANSACTION,
    WEIR_CAT_SPAN,
    WEIR_CAT_LOG_ITEM,
    WEIR_CAT_TRACE_METRIC,
    WEIR_CAT_SECURITY,
    WEIR_CAT_ATTACHMENT,
    WEIR_CAT_SESSION,
    WEIR_CAT_PROFILE,
    WEIR_CAT_PROFILE_CHUNK,
    WEIR_CAT_REPLAY,
    WEIR_CAT_MONITOR,
    WEIR_CAT_FEEDBACK,
    WEIR_CAT_INTERNAL, /* client_report: never limited */
    WEIR_CATEGORIES
};

/* "event", "trace_metric"; metric label and item header `type`. */
const char *weir_item_type_name(enum weir_item_type t);
/* Of an item that came in: WEIR_ITEM_UNKNOWN for native fragments too. */
enum weir_item_type weir_item_type_of(struct weir_str name);
/* "error", "log_item" */
const char *weir_category_name(enum weir_category c);
/* WEIR_CATEGORIES for an unknown name. */
enum weir_category weir_category_of(struct weir_str name);
/* The category by which an item of this type is limited and reported. */
enum weir_category weir_item_category(enum weir_item_type t);
/* Is it bound to the envelope's event id, and so in one delivery with it?
 * (event, transaction, feedback, attachment, profile, user_report, replay
 * pair) */
bool weir_item_bound(enum weir_item_type t);

enum weir_transport { WEIR_HTTP, WEIR_UDP };

struct weir_envelope_header {
    struct weir_str raw;      /* the JSON object as sent; "{}" if none */
    struct weir_str event_id; /* as sent, may be empty */
    struct weir_str dsn;      /* may be empty */
    struct weir_str sent_at;  /* may be empty */
};

struct weir_item {
    enum weir_item_type type;
    struct weir_str type_name;    /* as sent; for unknown types */
    struct weir_str header;       /* raw JSON object; "{}" when weir made the item */
    struct weir_str content_type; /* from the header, may be empty */
    struct weir_str filename;
    struct weir_str attachment_type;
    uint64_t item_count; /* of containers; 0 when not said */
    struct weir_str payload;
    struct weir_str trace_id; /* fragments: 32 hex; else empty */
    struct weir_str project;  /* native objects: the project they name, else empty */
    bool unsampled;           /* native spans: the sender's sampling left their trace out */
    /* Events: what the same exception, recorded again as it rises through the
     * spans of its trace, has in common; 0: goes in any case. */
    uint64_t same;
};

/* What a decoder tells, in this order: header, then for each item either
 * item() or begin(), data()..., end(). Each further header begins another
 * envelope (a list of native events, of security reports). A negative result
 * aborts the decoding and is handed through. */
struct weir_sink {
    int (*header)(void *self, const struct weir_envelope_header *h);
    /* A whole item in memory. */
    int (*item)(void *self, const struct weir_item *it);
    /* An item too large for memory; its payload is empty here. */
    int (*begin)(void *self, const struct weir_item *it);
    int (*data)(void *self, struct weir_str bytes);
    int (*end)(void *self);
    void *self;
};

#endif
