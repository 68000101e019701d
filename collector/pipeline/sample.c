/* sample.c - shares of errors and traces, by project.
 *
 * Errors are drawn by chance. Whatever belongs to a trace is drawn by its
 * trace id, so that a trace is kept or left as a whole, on every host that
 * sees a part of it. A container of spans may hold several traces: the spans
 * of those that are left are cut out of it.
 *
 * A trace that its sender decided against is left out whatever the rate: what
 * came of it is a part whose rest was never sent. The sender's own draw
 * (sample_rand) goes on upstream but decides nothing here: not every part of a
 * trace has it, and all must be decided alike. */
#include "stages.h"
#include "weir/sample.h"
#include "weir/scan.h"
#include "weir/text.h"

static bool keep_trace(const struct weir_event *ev, struct weir_str trace_id)
{
    double rate = ev->project->sample_traces;

    if (rate >= 1)
        return true;
    return weir_sample_keep(rate, trace_id.n > 0 ? weir_sample_draw(trace_id) : weir_random());
}

static bool keep_span(const struct weir_event *ev, struct weir_str span)
{
    struct weir_str text = weir_scan_text(ev->arena, weir_scan_get(span, WEIR_S("trace_id")));
    char id[33];

    if (!weir_parse_id(text, id))
        return keep_trace(ev, (struct weir_str){0});
    return keep_trace(ev, (struct weir_str){id, 32});
}

/* Cuts [from, to) of the body, given as pointers into it. */
static void cut(struct weir_event *ev, const char *from, const char *to)
{
    size_t base = (size_t)(from - ev->doc.body.p);

    weir_edits_add(&ev->doc.edits, base, base + (size_t)(to - from), (struct weir_str){0});
}

/* Elements that go are cut together with the comma after them, or, when no
 * element is kept behind them, with the comma before. */
static enum weir_verdict sample_container(struct weir_event *ev, struct weir_str items)
{
    const char *gone = NULL, *kept_end = NULL, *last_end = NULL;
    struct weir_str key, span;
    struct weir_scan s;

    if (!weir_scan_begin(&s, items) || s.object)
        return WEIR_PASS;
    while (weir_scan_next(&s, &key, &span)) {
        last_end = span.p + span.n;
        if (!keep_span(ev, span)) {
            gone = gone != NULL ? gone : span.p;
            ev->removed++;
            continue;
        }
        if (gone != NULL)
            cut(ev, gone, span.p);
        gone = NULL;
        kept_end = last_end;
    }
    if (ev->removed > 0 && ev->removed == ev->elements)
        return WEIR_VERDICT_SAMPLED;
    if (gone != NULL && kept_end != NULL)
        cut(ev, kept_end, last_end);
    return WEIR_PASS;
}

static enum weir_verdict sample_spans(struct weir_event *ev)
{
    const struct weir_json_member *m = weir_json_doc_get(&ev->doc, WEIR_S("items"));

    if (m != NULL && m->kind == WEIR_JSON_ARRAY)
        return sample_container(ev, weir_json_doc_raw(&ev->doc, m));
    return keep_span(ev, ev->doc.body) ? WEIR_PASS : WEIR_VERDICT_SAMPLED;
}

enum weir_verdict weir_stage_sample(struct weir_event *ev)
{
    const struct weir_project *p = ev->project;

    if (ev->item->type == WEIR_ITEM_EVENT) {
        if (p->sample_errors >= 1 || weir_sample_keep(p->sample_errors, weir_random()))
            return WEIR_PASS;
        return WEIR_VERDICT_SAMPLED;
    }
    if (ev->unsampled)
        return WEIR_VERDICT_UNSAMPLED;
    if (p->sample_traces >= 1)
        return WEIR_PASS;
    if (ev->item->type == WEIR_ITEM_SPAN)
        return sample_spans(ev);
    return keep_trace(ev, ev->trace_id) ? WEIR_PASS : WEIR_VERDICT_SAMPLED;
}
