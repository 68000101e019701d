/* account.c - what the pipeline counts: items received, elements by outcome,
 * and the client reports by which weir tells the backend what it dropped. */
#include "state.h"

#include "weir/limits.h"
#include "weir/metrics.h"

static struct weir_str type_name(enum weir_item_type t)
{
    return weir_str_of(weir_item_type_name(t));
}

static void count_received(const struct weir_intake *in, const struct weir_piece *p)
{
    const struct weir_str labels[] = {p->project_id, type_name(p->type),
                                      in->transport == WEIR_UDP ? WEIR_S("udp") : WEIR_S("http")};

    weir_count(weir_metric(WEIR_M_RECEIVED, labels, 3), 1);
}

static void count_items(enum weir_item_type t, enum weir_fate fate, uint64_t n)
{
    static const char *const outcomes[] = {
        [WEIR_FATE_SPOOL] = "accepted",    [WEIR_FATE_STAGE] = "accepted",
        [WEIR_FATE_FILTERED] = "filtered", [WEIR_FATE_SAMPLED] = "sampled",
        [WEIR_FATE_DROPPED] = "dropped",
    };
    const struct weir_str labels[] = {type_name(t), weir_str_of(outcomes[fate])};

    if (n > 0)
        weir_count(weir_metric(WEIR_M_ITEMS, labels, 2), n);
}

static void report(const struct weir_project *p, enum weir_report_reason why,
                   enum weir_category category, uint64_t n)
{
    for (size_t i = 0; n > 0 && i < p->n_destinations; i++)
        weir_report_add(p->destinations[i]->slot, why, category, n);
}

/* Backends count attachments in bytes. */
uint64_t weir_account_quantity(const struct weir_piece *p)
{
    uint64_t n = 1;

    switch (p->type) {
    case WEIR_ITEM_SPAN:
    case WEIR_ITEM_NATIVE_SPAN:
        n = p->n_spans;
        break;
    case WEIR_ITEM_LOG:
    case WEIR_ITEM_NATIVE_LOG:
        n = p->n_logs;
        break;
    case WEIR_ITEM_ATTACHMENT:
        n = p->received;
        break;
    default:
        break;
    }
    return n > 0 ? n : 1;
}

static enum weir_report_reason reason_of(const struct weir_piece *p)
{
    if (p->fate == WEIR_FATE_SAMPLED)
        return WEIR_REPORT_SAMPLE_RATE;
    if (p->fate == WEIR_FATE_FILTERED || p->reason == weir_reason_policy)
        return WEIR_REPORT_EVENT_PROCESSOR;
    return WEIR_REPORT_INTERNAL_SDK_ERROR;
}

static void report_piece(const struct weir_piece *p)
{
    enum weir_report_reason why = reason_of(p);
    enum weir_category category = weir_item_category(p->type);

    if (category == WEIR_CAT_INTERNAL || p->project == NULL || p->unreported)
        return;
    report(p->project, why, category, weir_account_quantity(p));
    /* A transaction is a span too, and takes its spans with it (contract 5). */
    if (p->type == WEIR_ITEM_TRANSACTION)
        report(p->project, why, WEIR_CAT_SPAN, (uint64_t)p->n_spans + 1);
}

/* What the ledger does not see: items that ride with another one, and spans
 * cut out of a container. It counts deliveries, and the spans and log records
 * in them, itself. */
static void count_parts(const struct weir_piece *p, bool leads)
{
    bool out = p->fate != WEIR_FATE_SPOOL && p->fate != WEIR_FATE_STAGE;

    if (weir_item_bound(p->type) && !leads) {
        count_items(p->type, p->fate, 1);
        if (p->type == WEIR_ITEM_TRANSACTION && out)
            count_items(WEIR_ITEM_SPAN, p->fate, p->n_spans);
    }
    count_items(WEIR_ITEM_SPAN, WEIR_FATE_SAMPLED, p->n_sampled);
}

void weir_account_piece(const struct weir_intake *in, const struct weir_piece *p, bool leads)
{
    count_received(in, p);
    count_parts(p, leads);
    if (p->n_sampled > 0)
        report(p->project, WEIR_REPORT_SAMPLE_RATE, WEIR_CAT_SPAN, p->n_sampled);
    if (p->fate != WEIR_FATE_SPOOL && p->fate != WEIR_FATE_STAGE)
        report_piece(p);
}
