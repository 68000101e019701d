/* rows.c - reading staged rows, and the new bodies of carriers. */
#include "framing.h"
#include "room.h"

int weir_join_read(struct weir_join *j, struct weir_arena *a, int64_t id,
                   struct weir_spool_row *ret_row, struct weir_str *ret_items)
{
    int err = weir_spool_get(j->reader, id, -1, a, ret_row);

    if (err != 0)
        return err;
    return weir_delivery_decode(&ret_row->delivery, a, ret_row->delivery.raw_bytes, ret_items);
}

int weir_join_read_fragment(struct weir_join *j, struct weir_arena *a, int64_t id,
                            struct weir_spool_row *ret_row, struct weir_str *ret_payload)
{
    struct weir_framed item;
    struct weir_str items;
    int err = weir_join_read(j, a, id, ret_row, &items);

    if (err == 0)
        err = weir_framing_next(j->json, a, &items, &item);
    if (err == 0)
        *ret_payload = item.payload;
    return err;
}

enum weir_compression weir_join_compression(const struct weir_join *j,
                                            const struct weir_delivery *fragment)
{
    const struct weir_project *p = weir_config_project(j->config, fragment->project);

    return p != NULL && p->n_destinations > 0 ? p->destinations[0]->compression : WEIR_GZIP;
}

int weir_join_put_body(struct weir_job *job, const struct weir_delivery *d, struct weir_str items)
{
    job->op.body = *d;
    job->op.has_body = true;
    return weir_delivery_encode(&job->op.body, &job->arena, d->encoding, items,
                                d->blob.name[0] != '\0');
}
