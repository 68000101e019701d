/* record.c - what becomes of a record: event, or log entry (and breadcrumb).
 *
 *   exception, or severity >= event_severity --> event, an envelope of its own
 *   else --> entry --+-- 100 of them, or 512 KiB --> log item
 *                    +-- the end of the request ---> NATIVE_LOG fragment
 *
 * Entries of one item go to one project, so a record that names another one
 * than the record before it first ships what was kept. */
#include "record_parts.h"

#include "member.h"
#include "weir/text.h"

enum {
    EVENT_SEVERITY = 17, /* where the input does not say: error */
    SEVERITY_INFO = 9,
    LOG_ENTRIES = 100,
    LOG_SHIP_BYTES = 512 * 1024,
    LOG_ROOM = 32 * 1024 * 1024
};

static const struct {
    const char *event, *log;
} levels[] = {{"debug", "trace"},  {"debug", "debug"}, {"info", "info"},
              {"warning", "warn"}, {"error", "error"}, {"fatal", "fatal"}};

/* Entries that wait for the item to be full. */
struct weir_records {
    struct weir_buf items; /* {"items":[... without its end */
    size_t n;
    struct weir_str project;
};

/* Severities come in fours: 1 to 4 are trace, 5 to 8 debug... */
static size_t level_of(int severity)
{
    if (severity <= 0)
        severity = SEVERITY_INFO;
    return severity >= 24 ? 5 : (size_t)(severity - 1) / 4;
}

const char *weir_severity_level(int severity)
{
    return levels[level_of(severity)].event;
}

const char *weir_severity_log_level(int severity)
{
    return levels[level_of(severity)].log;
}

double weir_record_time(const struct weir_decoder *d, const struct weir_record *r)
{
    return r->timestamp > 0 ? r->timestamp : (double)d->in->received_ms / 1000;
}

/* ---- events ------------------------------------------------------------ */

/* {"event_id":...,"trace":{"trace_id":...}} */
static int event_header(struct weir_decoder *d, const char *id, struct weir_str trace_id)
{
    struct weir_envelope_header h = {0};

    if (trace_id.n == 0)
        return weir_decode_header(d, id);
    h.raw =
        weir_arena_printf(d->in->arena, "{\"event_id\":\"%s\",\"trace\":{\"trace_id\":\"%.*s\"}}",
                          id, WEIR_FMT(trace_id));
    if (h.raw.p == NULL)
        return WEIR_ENOMEM;
    h.event_id = weir_str_sub(h.raw, sizeof "{\"event_id\":\"" - 1, 32);
    if (d->result.event_id[0] == '\0')
        memcpy(d->result.event_id, id, 33);
    return d->sink->header(d->sink->self, &h);
}

static void add_field(struct weir_buf *b, struct weir_str s)
{
    weir_buf_add(b, s);
    weir_buf_char(b, '\0');
}

/* What an exception has in common with itself one span further out: its
 * trace, what it is, and where it was thrown. The frames further out grow on
 * its way, the innermost one does not. */
static uint64_t same_of(struct weir_arena *a, const struct weir_record *r,
                        const struct weir_stacktrace *t)
{
    const struct weir_thrown *last = t->n > 0 ? &t->thrown[t->n - 1] : NULL;
    struct weir_buf b;
    struct weir_str text;
    uint64_t hash;

    if (r->trace_id.n == 0)
        return 0;
    weir_buf_init(&b, a, 4 * 1024 * 1024);
    add_field(&b, r->trace_id);
    add_field(&b, r->exception_type.n > 0 || last == NULL ? r->exception_type : last->type);
    add_field(&b, r->exception_message.n > 0 || last == NULL ? r->exception_message : last->value);
    if (last != NULL && last->n_frames > 0) {
        const struct weir_frame *f = &last->frames[last->n_frames - 1];

        /* A module may be a guess from the frames around. */
        add_field(&b, f->function);
        add_field(&b, f->abs_path);
        if (f->abs_path.n == 0) {
            add_field(&b, f->module);
            add_field(&b, f->filename);
        }
        weir_buf_u64(&b, f->line);
    }
    if (weir_buf_str(&b, &text) != 0)
        return 0;
    hash = weir_str_hash(text);
    return hash != 0 ? hash : 1;
}

static int emit_event(struct weir_decoder *d, const struct weir_record *r, bool exception,
                      const struct weir_stacktrace *t)
{
    struct weir_item it = weir_decode_blank(WEIR_ITEM_EVENT);
    char id[33];
    int err;

    weir_new_event_id(id);
    err = weir_record_event(d, r, id, exception, t, &it.payload);
    if (err == 0)
        err = event_header(d, id, r->trace_id);
    if (err != 0)
        return err;
    it.project = r->origin->project;
    it.same = exception ? same_of(d->in->arena, r, t) : 0;
    return d->sink->item(d->sink->self, &it);
}

/* ---- log entries ------------------------------------------------------- */

/* Hands on what was kept, as `type`. */
static int ship(struct weir_decoder *d, enum weir_item_type type)
{
    struct weir_records *kept = d->records;
    struct weir_item it = weir_decode_blank(type);
    int err;

    weir_buf_add(&kept->items, WEIR_S("]}"));
    err = weir_buf_str(&kept->items, &it.payload);
    if (type == WEIR_ITEM_LOG)
        it.content_type = WEIR_S("application/vnd.sentry.items.log+json");
    it.item_count = kept->n;
    it.project = kept->project;
    kept->n = 0;
    if (err == 0)
        err = weir_decode_header(d, "");
    return err != 0 ? err : d->sink->item(d->sink->self, &it);
}

static int keep(struct weir_decoder *d, const struct weir_record *r)
{
    struct weir_records *kept = d->records;
    int err = 0;

    if (kept == NULL)
        kept = d->records = weir_arena_zalloc(d->in->arena, 1, sizeof *kept);
    if (kept == NULL)
        return WEIR_ENOMEM;
    if (kept->n > 0 && !weir_str_eq(kept->project, r->origin->project))
        err = ship(d, WEIR_ITEM_NATIVE_LOG);
    if (err != 0)
        return err;
    if (kept->n == 0) {
        weir_buf_init(&kept->items, d->in->arena, LOG_ROOM);
        weir_buf_add(&kept->items, WEIR_S("{\"items\":["));
        kept->project = r->origin->project;
    }
    weir_record_log(d, r, &kept->items);
    kept->n++;
    if (kept->n == LOG_ENTRIES || kept->items.n >= LOG_SHIP_BYTES)
        err = ship(d, WEIR_ITEM_LOG);
    return err;
}

static int emit_breadcrumb(struct weir_decoder *d, const struct weir_record *r)
{
    struct weir_item it = weir_decode_blank(WEIR_ITEM_BREADCRUMB);
    struct weir_buf out;
    int err;

    weir_buf_init(&out, d->in->arena, LOG_ROOM);
    weir_record_breadcrumb(d, r, &out);
    err = weir_buf_str(&out, &it.payload);
    if (err == 0)
        err = weir_decode_header(d, "");
    it.trace_id = r->trace_id;
    it.project = r->origin->project;
    return err != 0 ? err : d->sink->item(d->sink->self, &it);
}

/* ---- the rule ---------------------------------------------------------- */

int weir_record_add(struct weir_decoder *d, const struct weir_record *r)
{
    int least = d->in->event_severity > 0 ? d->in->event_severity : EVENT_SEVERITY;
    struct weir_stacktrace trace = {0};
    bool exception;
    int err = WEIR_ENOTFOUND;

    if (r->stacktrace.n > 0)
        err = weir_stacktrace_parse(d->in->arena, r->stacktrace, r->origin->language, &trace);
    if (err != 0 && err != WEIR_ENOTFOUND)
        return err;
    /* A text that is no stack trace does not make an exception by itself: it
     * may be the long form of any message. */
    exception =
        r->from_span || trace.n > 0 || r->exception_type.n > 0 || r->exception_message.n > 0;
    if (exception || (r->severity > 0 ? r->severity : SEVERITY_INFO) >= least)
        return emit_event(d, r, exception, &trace);
    err = d->in->breadcrumbs_from_logs && r->trace_id.n > 0 ? emit_breadcrumb(d, r) : 0;
    return err != 0 ? err : keep(d, r);
}

int weir_records_end(struct weir_decoder *d)
{
    return d->records != NULL && d->records->n > 0 ? ship(d, WEIR_ITEM_NATIVE_LOG) : 0;
}
