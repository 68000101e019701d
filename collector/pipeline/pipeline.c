/* pipeline.c - the stages of a JSON item, in order, as a table.
 *
 * The scrubber's pass comes first: it is the one read, and what follows only
 * adds edits to its document. A stage looks at what the sender wrote and
 * never copies it into an edit, so nothing unscrubbed can come back. */
#include "state.h"

#include "run.h"
#include "stages.h"
#include "weir/scan.h"
#include "weir/text.h"

#define BIT(type) (1u << WEIR_ITEM_##type)

enum {
    EVENTS = BIT(EVENT) | BIT(TRANSACTION),
    EVENT_LIKE = EVENTS | BIT(FEEDBACK) | BIT(REPLAY_EVENT),
    CONTAINERS = BIT(SPAN) | BIT(LOG) | BIT(TRACE_METRIC)
};

static const struct weir_stage stages[] = {
    {"time", weir_stage_time, EVENT_LIKE | CONTAINERS | BIT(SESSION) | BIT(SESSIONS)},
    {"filter", weir_stage_filter, EVENTS},
    /* Before samples are taken: rates are those of all that was sent. */
    {"integrations", weir_stage_integrations,
     BIT(TRANSACTION) | BIT(SPAN) | BIT(NATIVE_SPAN) | BIT(EVENT) | BIT(BREADCRUMB)},
    {"sample", weir_stage_sample, EVENTS | BIT(SPAN) | BIT(NATIVE_SPAN)},
    {"user", weir_stage_user, EVENT_LIKE},
    {"tag", weir_stage_tag, EVENT_LIKE},
    {"event_id", weir_stage_event_id, EVENTS},
};

static const struct {
    enum weir_fate fate;
    const char *reason;
} fates[] = {
    [WEIR_PASS] = {WEIR_FATE_SPOOL, NULL},
    [WEIR_VERDICT_FILTERED] = {WEIR_FATE_FILTERED, "filter"},
    [WEIR_VERDICT_SAMPLED] = {WEIR_FATE_SAMPLED, "sample_rate"},
    [WEIR_VERDICT_UNSAMPLED] = {WEIR_FATE_SAMPLED, "sender"},
    [WEIR_VERDICT_REFUSED] = {WEIR_FATE_DROPPED, "refused"},
};

/* contexts.trace.trace_id of an event; what a fragment's decoder found. */
static struct weir_str trace_of(const struct weir_event *ev)
{
    static const char *const path[] = {"trace", "trace_id", NULL};
    const struct weir_json_member *m;
    struct weir_str text;
    char id[33];

    if (ev->item->trace_id.n > 0)
        return ev->item->trace_id;
    m = weir_json_doc_get(&ev->doc, WEIR_S("contexts"));
    if (m == NULL || m->kind != WEIR_JSON_OBJECT)
        return (struct weir_str){0};
    text = weir_scan_text(ev->arena, weir_scan_path(weir_json_doc_raw(&ev->doc, m), path));
    if (!weir_parse_id(text, id))
        return (struct weir_str){0};
    return weir_arena_copy(ev->arena, (struct weir_str){id, 32});
}

/* The spans of a transaction, the elements of a container. */
static uint32_t count_elements(const struct weir_event *ev)
{
    enum weir_item_type t = ev->item->type;
    const struct weir_json_member *m = NULL;

    /* Made by a decoder, which has counted. */
    if ((t == WEIR_ITEM_NATIVE_SPAN || t == WEIR_ITEM_NATIVE_LOG) && ev->item->item_count > 0)
        return (uint32_t)ev->item->item_count;
    if (t == WEIR_ITEM_TRANSACTION)
        m = weir_json_doc_get(&ev->doc, WEIR_S("spans"));
    else if (weir_item_rule(t)->counted)
        m = weir_json_doc_get(&ev->doc, WEIR_S("items"));
    if (m != NULL && m->kind == WEIR_JSON_ARRAY)
        return (uint32_t)weir_scan_count(weir_json_doc_raw(&ev->doc, m));
    /* A span item without a container is a single span, of older SDKs. */
    return t == WEIR_ITEM_SPAN;
}

static enum weir_verdict run_stages(struct weir_event *ev)
{
    enum weir_verdict v = WEIR_PASS;

    for (size_t i = 0; i < sizeof stages / sizeof stages[0] && v == WEIR_PASS; i++)
        if ((stages[i].types >> ev->item->type & 1) != 0)
            v = stages[i].run(ev);
    return v;
}

/* An event id that only the payload names becomes the envelope's. */
static void learn_event_id(struct weir_event *ev, struct weir_group *g)
{
    struct weir_str text;

    if (g->event_id[0] == '\0' && weir_item_bound(ev->item->type)) {
        text = weir_json_doc_text(&ev->doc, ev->arena, WEIR_S("event_id"));
        if (!weir_parse_id(text, g->event_id))
            weir_new_event_id(g->event_id);
    }
    ev->event_id = weir_str_of(g->event_id);
}

static void count_into(const struct weir_event *ev, struct weir_piece *p)
{
    uint32_t n = ev->elements - ev->removed;

    if (ev->item->type == WEIR_ITEM_LOG || ev->item->type == WEIR_ITEM_NATIVE_LOG)
        p->n_logs = n;
    else if (ev->item->type != WEIR_ITEM_TRACE_METRIC)
        p->n_spans = n;
    p->n_sampled = ev->removed;
}

static int gather(struct weir_intake *in, struct weir_event *ev, struct weir_piece *p)
{
    /* The limit was checked on what was sent; a remark in _meta may take
     * several times the bytes of what it stands for. */
    size_t room = ev->item->payload.n * 16 + 64 * 1024;
    uint64_t count = ev->item->item_count > 0 ? ev->elements - ev->removed : 0;
    int err = weir_json_doc_write(&ev->doc, ev->arena, room, &p->payload);

    if (err != 0)
        return err;
    return weir_headers_item(in, p->project, ev->item, (int64_t)p->payload.n, count, &p->header);
}

/* What join is to know of an event, where it is wanted. */
static void mark_event(const struct weir_intake *in, struct weir_piece *p)
{
    if (p->project->traces.keep_share < 1 && p->project->traces.keep_errors != 0)
        p->failed = weir_run_is_error(p->payload);
    if (p->project->collapse_ms > 0)
        p->run = weir_run_hash(p->payload, weir_str_hash(in->snapshot->config.hash_key));
}

/* What has members that the stages look for must be an object. */
static bool well_formed(const struct weir_event *ev)
{
    struct weir_str text = weir_str_trim(ev->item->payload);

    return (EVENT_LIKE >> ev->item->type & 1) == 0 || (text.n > 0 && text.p[0] == '{');
}

int weir_pipeline_json(struct weir_intake *in, struct weir_group *g, const struct weir_item *it,
                       struct weir_piece *p)
{
    const struct weir_item_rule *rule = weir_item_rule(it->type);
    struct weir_event ev = {.arena = in->arena,
                            .config = &in->snapshot->config,
                            .project = p->project,
                            .intake = in,
                            .item = it,
                            .reader = in->tools->reader,
                            .unsampled = it->unsampled || g->unsampled,
                            .drift_ms = g->drift_ms};
    enum weir_verdict v;
    int err = weir_scrub_json(in->tools->scrubber, p->project->plan, rule->kind, in->arena,
                              it->payload, &ev.doc);

    if (err == 0 && !well_formed(&ev))
        return WEIR_EINVAL;
    /* Before anything else is asked of this scrubber. */
    if (err == 0)
        err = weir_scrub_finish(in->tools->scrubber, &ev.doc);
    if (err != 0)
        return err;
    learn_event_id(&ev, g);
    p->trace_id = ev.trace_id = trace_of(&ev);
    ev.elements = count_elements(&ev);
    v = run_stages(&ev);
    count_into(&ev, p);
    if (v != WEIR_PASS) {
        p->n_spans += p->n_sampled; /* it goes as a whole */
        p->n_sampled = 0;
        p->fate = fates[v].fate;
        p->reason = fates[v].reason;
        p->unreported = p->unreported || v == WEIR_VERDICT_UNSAMPLED;
        return 0;
    }
    err = gather(in, &ev, p);
    if (err == 0 && it->type == WEIR_ITEM_EVENT)
        mark_event(in, p);
    return err;
}
