/* split.c - pieces to deliveries (contract 5).
 *
 *   envelope: event, attachment, attachment, session, log
 *   deliveries: [event attachment attachment] [session] [log]
 *
 * What is bound to the event id goes together and shares its fate: with an
 * event that is filtered its attachments go too. Every other item goes alone.
 * A delivery that goes nowhere stays in the list with its fate, so that the
 * ledger counts it in the commit that releases the answer. */
#include "state.h"

#include "weir/text.h"

/* The slots of a project's destinations as bits. */
static uint64_t destinations_of(const struct weir_project *p)
{
    uint64_t bits = 0;

    for (size_t i = 0; i < p->n_destinations; i++)
        bits |= (uint64_t)1 << p->destinations[i]->slot;
    return bits;
}

/* Items are stored once for all destinations; the first one's wish counts. */
enum weir_compression weir_split_compression(const struct weir_project *p)
{
    return p->n_destinations > 0 ? p->destinations[0]->compression : WEIR_GZIP;
}

static bool alive(const struct weir_piece *p)
{
    return p->fate == WEIR_FATE_SPOOL || p->fate == WEIR_FATE_STAGE;
}

/* Rank of a piece as the one that names its delivery: what creates an issue
 * before what hangs on it, and what lives before what was dropped. */
static int rank(const struct weir_piece *p)
{
    int r = p->fate == WEIR_FATE_DROPPED ? 0 : 4;

    switch (p->type) {
    case WEIR_ITEM_EVENT:
    case WEIR_ITEM_TRANSACTION:
        return r + 2;
    case WEIR_ITEM_FEEDBACK:
    case WEIR_ITEM_REPLAY_EVENT:
        return r + 1;
    default:
        return r;
    }
}

static const struct weir_piece *leader(const struct weir_group *g)
{
    const struct weir_piece *best = NULL;

    for (const struct weir_piece *p = g->first; p != NULL; p = p->next)
        if (weir_item_bound(p->type) && (best == NULL || rank(p) > rank(best)))
            best = p;
    return best;
}

static void describe(const struct weir_intake *in, const struct weir_piece *p,
                     struct weir_delivery *d)
{
    *d = (struct weir_delivery){.fate = p->fate,
                                .reason = p->reason,
                                .type = p->type,
                                .category = weir_item_category(p->type),
                                .project = p->project_id,
                                .key = p->key,
                                .trace_id = p->trace_id,
                                .received_ms = in->received_ms,
                                .mark = {.same = p->same, .run = p->run},
                                .destinations = destinations_of(p->project)};
}

static void append_item(struct weir_buf *out, const struct weir_piece *p)
{
    if (!alive(p) || p->header.n == 0)
        return;
    weir_buf_add(out, p->header);
    weir_buf_char(out, '\n');
    weir_buf_add(out, p->payload);
    weir_buf_char(out, '\n');
}

/* A fragment is read by join and then thrown away: what is quickest wins, and
 * small ones are left as they are. */
static enum weir_compression how_to_store(const struct weir_piece *p, struct weir_str items)
{
    enum { SMALL = 1024 };

    if (!weir_item_rule(p->type)->fragment)
        return weir_split_compression(p->project);
    return items.n <= SMALL ? WEIR_NO_COMPRESSION : WEIR_ZSTD;
}

static int encode(struct weir_intake *in, const struct weir_piece *p, struct weir_buf *out,
                  struct weir_delivery *d)
{
    struct weir_str items;
    int err = weir_buf_str(out, &items);

    if (err != 0)
        return err;
    return weir_delivery_encode(d, in->arena, how_to_store(p, items), items,
                                d->blob.name[0] != '\0');
}

static size_t piece_bytes(const struct weir_piece *p)
{
    return alive(p) ? p->header.n + p->payload.n + 2 : 0;
}

static bool tail_sampled(const struct weir_project *p)
{
    return p->traces.keep_share < 1;
}

/* What join decides about, or adds to. */
static bool to_stage(const struct weir_intake *in, const struct weir_piece *p)
{
    const struct weir_tools *t = in->tools;

    if (weir_item_rule(p->type)->fragment)
        return true;
    if (t->staged == NULL)
        return false;
    if (p->type == WEIR_ITEM_TRANSACTION)
        return p->trace_id.n > 0 && tail_sampled(p->project);
    if (p->type != WEIR_ITEM_EVENT)
        return false;
    return p->same != 0 || p->run != 0 ||
           (p->trace_id.n > 0 && t->staged(t->self, p->project_id, p->trace_id));
}

/* Before anything is asked of join: an error may stand before the breadcrumbs
 * and spans of its trace in the request. */
static void tell_join(const struct weir_intake *in, const struct weir_piece *p)
{
    const struct weir_tools *t = in->tools;
    bool crumb = p->type == WEIR_ITEM_BREADCRUMB ||
                 (p->type == WEIR_ITEM_NATIVE_SPAN && in->snapshot->config.breadcrumbs_from_spans);

    if (p->trace_id.n == 0)
        return;
    if (crumb && alive(p) && t->expect != NULL)
        t->expect(t->self, p->project_id, p->trace_id);
    if (p->failed && t->failed != NULL)
        t->failed(t->self, p->trace_id);
}

static int alone(struct weir_intake *in, const struct weir_group *g, struct weir_piece *p,
                 struct weir_delivery *d)
{
    struct weir_buf out;

    describe(in, p, d);
    d->n_spans = p->n_spans;
    d->n_logs = p->n_logs;
    if (!alive(p))
        return 0;
    if (to_stage(in, p))
        d->fate = WEIR_FATE_STAGE;
    d->header = weir_headers_delivery(in->arena, g, (struct weir_str){0});
    d->blob = p->blob;
    weir_buf_init(&out, in->arena, piece_bytes(p));
    append_item(&out, p);
    return d->header.n > 0 ? encode(in, p, &out, d) : WEIR_ENOMEM;
}

/* Closes the group's file, or throws it away when nothing goes out. */
static int bound_blob(struct weir_group *g, bool wanted)
{
    struct weir_blob_writer *w = g->writer;
    bool used = false;

    for (const struct weir_piece *p = g->first; p != NULL; p = p->next)
        used = used || (weir_item_bound(p->type) && p->in_blob && alive(p));
    g->writer = NULL;
    if (w != NULL && (!wanted || !used)) {
        weir_blob_abort(w);
        return 0;
    }
    return w != NULL ? weir_blob_close(w, &g->blob) : 0;
}

/* What goes out with the leader. An attachment that leads counts too: in bytes,
 * which the row does not know otherwise. */
static uint64_t rider(uint64_t riders, const struct weir_piece *p, const struct weir_piece *lead)
{
    if (!alive(p) || (p == lead && p->type != WEIR_ITEM_ATTACHMENT))
        return riders;
    return weir_riders_add(riders, weir_item_category(p->type), weir_account_quantity(p));
}

static int together(struct weir_intake *in, struct weir_group *g, const struct weir_piece *lead,
                    struct weir_delivery *d)
{
    struct weir_buf out;
    size_t bytes = 0;
    int err;

    describe(in, lead, d);
    if (g->event_id[0] == '\0')
        weir_new_event_id(g->event_id);
    d->event_id = (struct weir_str){g->event_id, 32};
    for (struct weir_piece *p = g->first; p != NULL; p = p->next)
        if (weir_item_bound(p->type) && p->fate == lead->fate) {
            bytes += piece_bytes(p);
            d->n_spans += p->n_spans;
            d->riders = rider(d->riders, p, lead);
        }
    err = bound_blob(g, alive(lead));
    if (err != 0 || !alive(lead))
        return err;
    if (to_stage(in, lead))
        d->fate = WEIR_FATE_STAGE;
    d->blob = g->blob;
    d->header = weir_headers_delivery(in->arena, g, d->event_id);
    weir_buf_init(&out, in->arena, bytes);
    for (const struct weir_piece *p = g->first; p != NULL; p = p->next)
        if (weir_item_bound(p->type))
            append_item(&out, p);
    return d->header.n > 0 ? encode(in, lead, &out, d) : WEIR_ENOMEM;
}

/* What hangs on a leader that goes nowhere goes with it. */
static void share_fate(struct weir_group *g, const struct weir_piece *lead)
{
    for (struct weir_piece *p = g->first; p != NULL; p = p->next)
        if (weir_item_bound(p->type) && alive(p) && !alive(lead)) {
            p->fate = lead->fate;
            p->reason = lead->reason;
        }
}

static int split_group(struct weir_intake *in, struct weir_group *g, struct weir_delivery *list,
                       size_t *n)
{
    const struct weir_piece *lead = leader(g);
    int err = 0;

    if (lead != NULL) {
        share_fate(g, lead);
        err = together(in, g, lead, &list[(*n)++]);
    }
    for (struct weir_piece *p = g->first; p != NULL && err == 0; p = p->next) {
        if (!weir_item_bound(p->type))
            err = alone(in, g, p, &list[(*n)++]);
        weir_account_piece(in, p, p == lead);
    }
    return err;
}

int weir_intake_finish(struct weir_intake *in, struct weir_delivery **ret_deliveries, size_t *ret_n)
{
    struct weir_delivery *list;
    size_t most = 0, n = 0;
    int err = 0;

    for (struct weir_group *g = in->state->first; g != NULL; g = g->next) {
        most += g->n;
        for (const struct weir_piece *p = g->first; p != NULL; p = p->next)
            tell_join(in, p);
    }
    list = weir_arena_zalloc(in->arena, most + 1, sizeof *list);
    if (list == NULL)
        return WEIR_ENOMEM;
    for (struct weir_group *g = in->state->first; g != NULL && err == 0; g = g->next)
        err = split_group(in, g, list, &n);
    if (err != 0)
        return err;
    *ret_deliveries = list;
    *ret_n = n;
    return 0;
}
