/* intake.c - the sink of the decoders: items in, pieces out.
 *
 * Each item is finished when it arrives: judged against its limit and the
 * project's policies, scrubbed, tagged, given its header. What must not go on
 * stays as a piece with a fate only, so that split.c can count it. */
#include "state.h"

const char weir_reason_policy[] = "policy";

static const char out_of_memory[] = "the request is too large to be held";

int weir_intake_fail(struct weir_intake *in, int err, const char *why, size_t offset)
{
    in->state->error = why;
    in->state->error_offset = offset;
    return err;
}

void weir_intake_drop(struct weir_piece *p, const char *reason)
{
    p->fate = WEIR_FATE_DROPPED;
    p->reason = reason;
    p->header = p->payload = (struct weir_str){0};
}

static struct weir_group *new_group(struct weir_intake *in)
{
    struct weir_intake_state *s = in->state;
    struct weir_group *g = weir_arena_zalloc(in->arena, 1, sizeof *g);

    if (g == NULL)
        return NULL;
    g->end = &g->first;
    *s->end = g;
    s->end = &g->next;
    s->current = g;
    return g;
}

static int on_header(void *self, const struct weir_envelope_header *h)
{
    struct weir_intake *in = self;
    struct weir_group *g = new_group(in);

    return g != NULL ? weir_headers_envelope(in, h, g) : WEIR_ENOMEM;
}

struct weir_piece *weir_intake_piece(struct weir_intake *in, const struct weir_item *it)
{
    struct weir_group *g = in->state->current;
    struct weir_piece *p = weir_arena_zalloc(in->arena, 1, sizeof *p);

    if (p == NULL || g == NULL)
        return NULL;
    p->type = it->type;
    p->received = it->payload.n;
    p->trace_id = it->trace_id;
    p->same = it->same;
    p->project = in->project;
    p->project_id = in->project_id;
    p->key = in->key;
    *g->end = p;
    g->end = &p->next;
    g->n++;
    return p;
}

/* A native object may name another project than the request does: over UDP
 * that is how it names one at all; over HTTP the key must be that project's. */
static int find_project(struct weir_intake *in, const struct weir_item *it,
                        const struct weir_project **ret_project, struct weir_str *ret_id)
{
    bool other = it->project.n > 0 && !weir_str_eq(it->project, in->project_id);
    const struct weir_project *p = in->project;

    if (other)
        p = weir_config_project(&in->snapshot->config, it->project);
    if (p == NULL)
        return weir_intake_fail(in, WEIR_ENOTFOUND, "no such project", 0);
    if (other && in->transport == WEIR_HTTP && !weir_project_accepts(p, in->key))
        return weir_intake_fail(in, WEIR_EAUTH, "the key is not that project's", 0);
    *ret_project = p;
    *ret_id = other ? it->project : in->project_id;
    return 0;
}

/* The item cannot be read as what it says it is. */
static int broken(struct weir_intake *in, const struct weir_item *it, struct weir_piece *p)
{
    size_t offset = 0;
    const char *why = weir_scrubber_error(in->tools->scrubber, &offset);

    if (weir_item_rule(it->type)->essential)
        return weir_intake_fail(in, WEIR_EINVAL,
                                why != NULL && why[0] != '\0' ? why : "an event is a JSON object",
                                offset);
    weir_intake_drop(p, "invalid");
    return 0;
}

/* Other binaries: `how` is the policy in force for them. */
static int binary(struct weir_intake *in, const struct weir_item *it, enum weir_item_policy how,
                  struct weir_piece *p)
{
    if (how != WEIR_POLICY_FORWARD) {
        weir_intake_drop(p, "unscrubbable");
        return 0;
    }
    p->payload = it->payload;
    return weir_headers_item(in, p->project, it, (int64_t)it->payload.n, it->item_count,
                             &p->header);
}

static int bytes_item(struct weir_intake *in, const struct weir_item *it, struct weir_piece *p)
{
    struct weir_scrubber *s = in->tools->scrubber;
    const struct weir_scrub_plan *plan = p->project->plan;
    int err;

    if (weir_item_rule(it->type)->shape == WEIR_SHAPE_RECORDING)
        err = weir_scrub_recording(s, plan, in->arena, it->payload, &p->payload);
    else
        err = weir_scrub_attachment(s, plan, in->arena, it->filename, it->payload, &p->payload);
    if (err == WEIR_EINVAL)
        return broken(in, it, p);
    if (err == WEIR_EUNSUPPORTED)
        return binary(in, it, p->project->attachments, p);
    if (err != 0)
        return err;
    return weir_headers_item(in, p->project, it, (int64_t)p->payload.n, it->item_count, &p->header);
}

/* An unknown type: JSON is scrubbed as such; other bytes are not looked into. */
static int unknown_item(struct weir_intake *in, const struct weir_item *it, struct weir_piece *p)
{
    struct weir_str text = weir_str_trim(it->payload);
    int err = WEIR_EINVAL;

    if (text.n > 0 && (text.p[0] == '{' || text.p[0] == '['))
        err = weir_pipeline_json(in, in->state->current, it, p);
    return err == WEIR_EINVAL ? binary(in, it, p->project->unknown_items, p) : err;
}

static bool unwanted(const struct weir_item *it, const struct weir_project *p)
{
    return (it->type == WEIR_ITEM_UNKNOWN && p->unknown_items == WEIR_POLICY_DROP) ||
           (weir_item_rule(it->type)->shape == WEIR_SHAPE_ATTACHMENT &&
            p->attachments == WEIR_POLICY_DROP);
}

int weir_intake_process(struct weir_intake *in, const struct weir_item *it, struct weir_piece *p)
{
    const struct weir_item_rule *rule = weir_item_rule(it->type);
    int err;

    if (unwanted(it, p->project)) {
        weir_intake_drop(p, weir_reason_policy);
        return 0;
    }
    if (it->payload.n > weir_item_limit(it->type, &in->snapshot->config.limits)) {
        if (rule->essential)
            return weir_intake_fail(in, WEIR_ELIMIT, "the event is too large", 0);
        weir_intake_drop(p, "too_large");
        p->unreported = true;
        return 0;
    }
    if (rule->unknown)
        return unknown_item(in, it, p);
    if (rule->shape != WEIR_SHAPE_JSON)
        return bytes_item(in, it, p);
    err = weir_pipeline_json(in, in->state->current, it, p);
    if (err == WEIR_ELIMIT && !rule->essential) {
        weir_intake_drop(p, "too_large");
        return 0;
    }
    return err == WEIR_EINVAL ? broken(in, it, p) : err;
}

static int on_item(void *self, const struct weir_item *it)
{
    struct weir_intake *in = self;
    const struct weir_project *project;
    struct weir_str id;
    struct weir_piece *p;
    int err = find_project(in, it, &project, &id);

    if (err != 0)
        return err;
    p = weir_intake_piece(in, it);
    if (p == NULL)
        return WEIR_ENOMEM;
    /* Over UDP nobody proves a key; a project's own stands in. */
    if (p->key.n == 0 || (project != in->project && in->transport == WEIR_UDP))
        p->key = project->keys.n > 0 ? project->keys.list[0] : (struct weir_str){0};
    p->project = project;
    p->project_id = id;
    return weir_intake_process(in, it, p);
}

static int on_begin(void *self, const struct weir_item *it)
{
    struct weir_intake *in = self;

    if (in->project == NULL)
        return weir_intake_fail(in, WEIR_ENOTFOUND, "no such project", 0);
    return weir_intake_stream_begin(in, it);
}

static int on_data(void *self, struct weir_str bytes)
{
    return weir_intake_stream_data(self, bytes);
}

static int on_end(void *self)
{
    return weir_intake_stream_end(self);
}

int weir_intake_begin(struct weir_intake *in, struct weir_sink *ret_sink)
{
    struct weir_intake_state *s = weir_arena_zalloc(in->arena, 1, sizeof *s);

    in->state = s;
    if (s == NULL)
        return WEIR_ENOMEM;
    s->end = &s->first;
    *ret_sink = (struct weir_sink){.header = on_header,
                                   .item = on_item,
                                   .begin = on_begin,
                                   .data = on_data,
                                   .end = on_end,
                                   .self = in};
    return 0;
}

void weir_intake_abort(struct weir_intake *in)
{
    if (in->state == NULL)
        return;
    weir_intake_stream_abort(in);
    for (struct weir_group *g = in->state->first; g != NULL; g = g->next) {
        weir_blob_abort(g->writer);
        g->writer = NULL;
        if (g->blob.name[0] != '\0')
            weir_blob_discard(in->tools->spool, &g->blob);
        g->blob.name[0] = '\0';
        for (struct weir_piece *p = g->first; p != NULL; p = p->next) {
            if (p->blob.name[0] != '\0')
                weir_blob_discard(in->tools->spool, &p->blob);
            p->blob.name[0] = '\0';
        }
    }
}

const char *weir_intake_error(const struct weir_intake *in, size_t *ret_offset)
{
    const struct weir_intake_state *s = in->state;

    *ret_offset = s != NULL ? s->error_offset : 0;
    return s != NULL && s->error != NULL ? s->error : out_of_memory;
}
