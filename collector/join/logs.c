/* logs.c - log entries of several requests into `log` items.
 *
 *   {"items":[a,b]}  {"items":[c]}   ->  {"type":"log","item_count":3,...}
 *                                        {"items":[a,b,c]}
 *
 * Entries of one project and key go together: 100 of them, or what came
 * within a second (https://develop.sentry.dev/sdk/telemetry/logs/). The first
 * fragment's row carries the item, the others join it. */
#include "framing.h"
#include "room.h"
#include "weir/log.h"
#include "weir/scan.h"

static const char header[] =
    "{\"type\":\"log\",\"content_type\":\"application/vnd.sentry.items.log+json\"";

void weir_logs_take_in(struct weir_join *j, struct weir_fragment *f)
{
    struct weir_str project = weir_fragment_project(f), key = weir_fragment_trace_id(f);

    if (!weir_index_add(&j->logs, project, weir_trace_hash(project, key), f)) {
        atomic_store(&j->lost, true); /* stays staged; the next rescan finds it */
        weir_join_forget(j, f);
    }
}

struct batch {
    struct weir_delivery first; /* of the first row */
    struct weir_buf items;      /* elements, with commas */
    uint32_t n;
};

/* What stands between the brackets of "items". */
static struct weir_str elements_of(struct weir_str payload)
{
    struct weir_str items = weir_scan_get(payload, WEIR_S("items"));

    if (items.n < 2 || items.p[0] != '[')
        return (struct weir_str){NULL, 0};
    return weir_str_trim(weir_str_sub(items, 1, items.n - 2));
}

/* Moves a fragment from the index to the job. WEIR_EIO: not now. */
static int add(struct weir_join *j, struct weir_job *job, struct weir_fragment *f, struct batch *b)
{
    struct weir_spool_row row;
    struct weir_str payload = {NULL, 0}, elements;
    int err = weir_join_read_fragment(j, &job->arena, f->id, &row, &payload);

    if (err == WEIR_EIO || err == WEIR_ENOMEM)
        return err;
    weir_index_remove(&j->logs, f);
    if (err == WEIR_ENOTFOUND) {
        weir_join_forget(j, f);
        return 0;
    }
    elements = err == 0 ? elements_of(payload) : (struct weir_str){NULL, 0};
    if (elements.n == 0) {
        weir_log(WEIR_WARN, "staged log entries cannot be read and expire", NULL);
        weir_join_doom(j, f, WEIR_EXPIRED, "damaged");
        return 0;
    }
    if (b->n > 0)
        weir_buf_char(&b->items, ',');
    weir_buf_add(&b->items, elements);
    b->n += f->elements;
    if (job->carrier.n == 0) {
        b->first = row.delivery;
        weir_list_add(&job->carrier, f);
    } else {
        weir_job_leave(job, f, WEIR_COLLAPSED, "joined");
    }
    return 0;
}

static int write_item(struct weir_join *j, struct weir_job *job, struct batch *b)
{
    struct weir_arena *a = &job->arena;
    struct weir_str head = weir_arena_printf(a, "%s,\"item_count\":%u}", header, b->n), text;
    struct weir_buf payload, items;
    int err = head.n > 0 ? 0 : WEIR_ENOMEM;

    weir_buf_init(&payload, a, b->items.n + 16);
    weir_buf_add(&payload, WEIR_S("{\"items\":["));
    weir_buf_add(&payload, (struct weir_str){b->items.p, b->items.n});
    weir_buf_add(&payload, WEIR_S("]}"));
    if (err == 0)
        err = weir_buf_str(&payload, &text);
    weir_buf_init(&items, a, payload.n + 256);
    if (err == 0)
        err = weir_framing_write(j->json, a, head, text, &items);
    if (err == 0)
        err = weir_buf_str(&items, &text);
    b->first.encoding = weir_join_compression(j, &b->first);
    if (err == 0)
        err = weir_join_put_body(job, &b->first, text);
    if (err != 0)
        return err;
    job->op.body.type = WEIR_ITEM_LOG;
    job->op.body.category = WEIR_CAT_LOG_ITEM;
    job->op.body.n_logs = b->n;
    return 0;
}

/* Back to where they were: they are tried again at the next tick. */
static void give_up(struct weir_join *j, struct weir_job *job)
{
    struct weir_fragment *f;

    while ((f = weir_list_take(&job->carrier)) != NULL ||
           (f = weir_list_take(&job->leaving)) != NULL)
        weir_logs_take_in(j, f);
    weir_job_drop(j, job);
}

/* One item. False: nothing further can be sent now. */
static bool send_item(struct weir_join *j, struct weir_trace *t, uint64_t now_ms)
{
    struct weir_job *job = weir_job_new(j);
    struct batch b = {.n = 0};
    uint64_t left = t->n;
    int err = 0;

    if (job == NULL)
        return false;
    weir_buf_init(&b.items, &job->arena, j->config->limits.container);
    for (; left > 0 && err == 0; left--) { /* `t` is gone with its last fragment */
        if (b.n > 0 && b.n + t->first->elements > WEIR_JOIN_LOGS)
            break;
        err = add(j, job, t->first, &b);
    }
    if (err == 0 && job->carrier.n > 0)
        err = write_item(j, job, &b);
    if (err != 0) {
        give_up(j, job);
        return false;
    }
    if (job->carrier.n > 0)
        weir_job_submit(j, job, now_ms);
    else
        weir_job_drop(j, job);
    return true;
}

void weir_logs_work(struct weir_join *j, uint64_t now_ms)
{
    struct weir_trace *t = j->logs.oldest, *newer;

    for (; t != NULL; t = newer) {
        newer = t->newer;
        if (t->elements < WEIR_JOIN_LOGS &&
            weir_join_age(now_ms, t->born_ms) < WEIR_JOIN_LOG_WAIT_MS)
            continue;
        if (!send_item(j, t, now_ms))
            return;
    }
}
