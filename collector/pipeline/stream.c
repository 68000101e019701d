/* stream.c - items too large for memory: through the scrubber into a blob.
 *
 *   begin --policy, limit--> SKIP:   read past it, counted dropped
 *                            GATHER: a type that is only read as a whole, up
 *                                    to its limit
 *                            BLOB:   scrubbed as it comes, into a file
 *
 * What is bound to the event shares its group's file; an item alone has its
 * own. An item that turns out too large or unscrubbable is taken out of the
 * file again. */
#include "state.h"

static int into_blob(void *self, struct weir_str bytes)
{
    return weir_blob_write(self, bytes);
}

/* Which types have a streaming scrubber. */
static bool can_stream(enum weir_item_type t, enum weir_stream_kind *ret_kind)
{
    switch (t) {
    case WEIR_ITEM_ATTACHMENT:
    case WEIR_ITEM_REPLAY_VIDEO:
        *ret_kind = WEIR_STREAM_ATTACHMENT;
        return true;
    case WEIR_ITEM_REPLAY_RECORDING:
        *ret_kind = WEIR_STREAM_RECORDING;
        return true;
    case WEIR_ITEM_SPAN:
    case WEIR_ITEM_LOG:
    case WEIR_ITEM_TRACE_METRIC:
    case WEIR_ITEM_PROFILE:
    case WEIR_ITEM_PROFILE_CHUNK:
        *ret_kind = WEIR_STREAM_JSON;
        return true;
    default:
        return false;
    }
}

static void skip(struct weir_intake_stream *t, const char *reason)
{
    t->mode = WEIR_STREAM_SKIP;
    weir_intake_drop(t->piece, reason);
}

/* Takes what was written of the item out of the file again. */
static int cancel(struct weir_intake *in, const char *reason)
{
    struct weir_intake_stream *t = &in->state->stream;
    int err = 0;

    weir_scrub_stream_free(t->scrub);
    t->scrub = NULL;
    t->piece->in_blob = false;
    skip(t, reason);
    if (t->own_writer)
        weir_blob_abort(t->writer);
    else
        err = weir_blob_item_cancel(t->writer);
    t->writer = NULL;
    t->own_writer = false;
    return err;
}

static int open_writer(struct weir_intake *in)
{
    struct weir_intake_stream *t = &in->state->stream;
    struct weir_group *g = in->state->current;
    enum weir_compression how = weir_split_compression(t->piece->project);
    int err = 0;

    t->own_writer = !weir_item_bound(t->item.type);
    if (t->own_writer)
        return weir_blob_open(in->tools->spool, how, &t->writer);
    if (g->writer == NULL)
        err = weir_blob_open(in->tools->spool, how, &g->writer);
    t->writer = g->writer;
    return err;
}

static int begin_blob(struct weir_intake *in, enum weir_stream_kind kind)
{
    struct weir_intake_stream *t = &in->state->stream;
    const struct weir_project *p = t->piece->project;
    struct weir_str header;
    int err = weir_headers_item(in, p, &t->item, -1, t->item.item_count, &header);

    if (err == WEIR_EINVAL) {
        skip(t, "invalid");
        return 0;
    }
    if (err == 0)
        err = open_writer(in);
    if (err == 0)
        err = weir_blob_item_begin(t->writer, header);
    if (err == 0)
        err = weir_scrub_stream_new(
            in->tools->scrubber, p->plan, kind, weir_item_rule(t->item.type)->kind,
            p->attachments == WEIR_POLICY_FORWARD, into_blob, t->writer, &t->scrub);
    t->mode = WEIR_STREAM_BLOB;
    t->piece->in_blob = true;
    return err;
}

int weir_intake_stream_begin(struct weir_intake *in, const struct weir_item *it)
{
    struct weir_intake_stream *t = &in->state->stream;
    const struct weir_item_rule *rule = weir_item_rule(it->type);
    enum weir_stream_kind kind;

    *t = (struct weir_intake_stream){.item = *it, .piece = weir_intake_piece(in, it)};
    if (t->piece == NULL)
        return WEIR_ENOMEM;
    in->state->streaming = true;
    t->limit = weir_item_limit(it->type, &in->snapshot->config.limits);
    if (rule->shape == WEIR_SHAPE_ATTACHMENT &&
        t->piece->project->attachments == WEIR_POLICY_DROP) {
        skip(t, weir_reason_policy);
        return 0;
    }
    if (can_stream(it->type, &kind))
        return begin_blob(in, kind);
    t->mode = WEIR_STREAM_GATHER;
    weir_buf_init(&t->gathered, in->arena, (size_t)t->limit);
    return 0;
}

/* Known only by counting: a length in a header may lie. */
static int too_large(struct weir_intake *in)
{
    struct weir_intake_stream *t = &in->state->stream;
    int err = 0;

    if (weir_item_rule(t->item.type)->essential)
        return weir_intake_fail(in, WEIR_ELIMIT, "the event is too large", 0);
    if (t->mode == WEIR_STREAM_BLOB)
        err = cancel(in, "too_large");
    else
        skip(t, "too_large");
    t->piece->unreported = true;
    return err;
}

/* What the scrubber could not take: never a reason to refuse the rest. */
static int scrubbed(struct weir_intake *in, int err)
{
    if (err == WEIR_EUNSUPPORTED)
        return cancel(in, "unscrubbable");
    return err == WEIR_EINVAL ? cancel(in, "invalid") : err;
}

int weir_intake_stream_data(struct weir_intake *in, struct weir_str bytes)
{
    struct weir_intake_stream *t = &in->state->stream;

    t->bytes += bytes.n;
    t->piece->received = t->bytes;
    if (t->mode != WEIR_STREAM_SKIP && t->bytes > t->limit)
        return too_large(in);
    switch (t->mode) {
    case WEIR_STREAM_GATHER:
        weir_buf_add(&t->gathered, bytes);
        return t->gathered.failed ? WEIR_ENOMEM : 0;
    case WEIR_STREAM_BLOB:
        return scrubbed(in, weir_scrub_stream_feed(t->scrub, bytes));
    default:
        return 0;
    }
}

static int end_blob(struct weir_intake *in)
{
    struct weir_intake_stream *t = &in->state->stream;
    int err = scrubbed(in, weir_scrub_stream_end(t->scrub));

    /* scrubbed() may have cancelled it. */
    if (err != 0 || t->mode != WEIR_STREAM_BLOB)
        return err;
    weir_scrub_stream_free(t->scrub);
    t->scrub = NULL;
    err = weir_blob_item_end(t->writer);
    if (err == 0 && t->own_writer) {
        err = weir_blob_close(t->writer, &t->piece->blob);
        t->writer = NULL;
    }
    if (t->item.type == WEIR_ITEM_LOG)
        t->piece->n_logs = (uint32_t)t->item.item_count;
    else if (t->item.type == WEIR_ITEM_SPAN)
        t->piece->n_spans = (uint32_t)t->item.item_count;
    return err;
}

int weir_intake_stream_end(struct weir_intake *in)
{
    struct weir_intake_stream *t = &in->state->stream;
    int err = 0;

    if (t->mode == WEIR_STREAM_BLOB)
        err = end_blob(in);
    if (t->mode == WEIR_STREAM_GATHER) {
        err = weir_buf_str(&t->gathered, &t->item.payload);
        if (err == 0)
            err = weir_intake_process(in, &t->item, t->piece);
    }
    if (err == 0)
        in->state->streaming = false;
    return err;
}

void weir_intake_stream_abort(struct weir_intake *in)
{
    struct weir_intake_stream *t = &in->state->stream;

    weir_scrub_stream_free(t->scrub);
    t->scrub = NULL;
    if (t->own_writer)
        weir_blob_abort(t->writer);
    t->writer = NULL;
}
