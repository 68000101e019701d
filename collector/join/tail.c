/* tail.c - noting errors and times of a trace, and the draw of the rest. */
#include "tail.h"
#include "weir/clock.h"
#include "weir/limits.h"
#include "weir/sample.h"
#include "weir/scan.h"

enum { DECIDED_TTL_MS = 10 * 60 * 1000, ERRORS_MORE_MS = 60 * 1000 };

static void see(struct weir_tail_facts *f, double start, double end, bool failed)
{
    f->start = !f->any || start < f->start ? start : f->start;
    f->end = !f->any || end > f->end ? end : f->end;
    f->failed = f->failed || failed;
    f->any = true;
}

void weir_tail_see_span(struct weir_tail_facts *f, const struct weir_span *s)
{
    see(f, s->start, s->end, weir_span_failed(s->raw[WEIR_SPAN_STATUS]));
}

static bool time_of(struct weir_arena *a, struct weir_str raw, double *ret_seconds)
{
    return raw.n > 0 &&
           weir_parse_time(raw.p[0] == '"' ? weir_scan_text(a, raw) : raw, ret_seconds);
}

void weir_tail_see_transaction(struct weir_tail_facts *f, struct weir_arena *a,
                               struct weir_str payload)
{
    static const char *const status[] = {"contexts", "trace", "status", NULL};
    bool failed = weir_span_failed(weir_scan_path(payload, status));
    double start, end;

    if (time_of(a, weir_scan_get(payload, WEIR_S("start_timestamp")), &start) &&
        time_of(a, weir_scan_get(payload, WEIR_S("timestamp")), &end))
        see(f, start, end, failed);
    else
        f->failed = f->failed || failed;
}

/* By the id alone: an error counts for all projects that a trace crosses. */
static uint64_t hash_of(struct weir_str trace_id)
{
    return weir_trace_hash((struct weir_str){NULL, 0}, trace_id);
}

bool weir_tail_keep(struct weir_join *j, const struct weir_traces *how, struct weir_str trace_id,
                    const struct weir_tail_facts *f, uint64_t now_ms)
{
    uint64_t hash = hash_of(trace_id);
    bool keep, before = false;

    if (how->keep_share >= 1)
        return true;
    keep = how->keep_errors != 0 &&
           (f->failed || weir_filter_expected(&j->failed, hash, now_ms,
                                              (uint64_t)how->wait_ms + ERRORS_MORE_MS));
    keep = keep ||
           (how->slower_ms > 0 && f->any && (f->end - f->start) * 1000 > (double)how->slower_ms);
    keep = keep || (weir_seen_get(&j->decided, hash, now_ms, DECIDED_TTL_MS, &before)
                        ? before
                        : weir_sample_keep(how->keep_share, weir_sample_draw_tail(trace_id)));
    weir_seen_put(&j->decided, hash, now_ms, keep);
    return keep;
}

void weir_join_failed(void *self, struct weir_str trace_id)
{
    struct weir_join *j = self;

    weir_filter_expect(&j->failed, hash_of(trace_id), weir_mono_ms());
}

void weir_tail_report(const struct weir_project *p, uint64_t transactions, uint64_t spans)
{
    for (size_t i = 0; p != NULL && i < p->n_destinations; i++) {
        unsigned slot = p->destinations[i]->slot;

        weir_report_add(slot, WEIR_REPORT_SAMPLE_RATE, WEIR_CAT_TRANSACTION, transactions);
        weir_report_add(slot, WEIR_REPORT_SAMPLE_RATE, WEIR_CAT_SPAN, spans);
    }
}
