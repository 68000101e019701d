/* stages.h - the stages of pipeline.c's table, one file each.
 *
 * All run on the worker; they read ev->doc.body (what was sent) and add edits
 * to ev->doc. Where the scrubber already replaced a value they keep off. */
#ifndef WEIR_PIPELINE_STAGES_H
#define WEIR_PIPELINE_STAGES_H

#include "weir/stage.h"

/* Moves times by ev->drift_ms. */
enum weir_verdict weir_stage_time(struct weir_event *ev);
/* Globs of what is not wanted, by project. */
enum weir_verdict weir_stage_filter(struct weir_event *ev);
/* Counts calls of other services and transactions, in spans and breadcrumbs. */
enum weir_verdict weir_stage_integrations(struct weir_event *ev);
/* Errors by chance, traces by trace id. */
enum weir_verdict weir_stage_sample(struct weir_event *ev);
/* user.ip_address: "{{auto}}" becomes the client's address, scrubbed. */
enum weir_verdict weir_stage_user(struct weir_event *ev);
/* environment, release, server_name, tags where the sender gave none. */
enum weir_verdict weir_stage_tag(struct weir_event *ev);
/* The payload's event_id, where it has none. */
enum weir_verdict weir_stage_event_id(struct weir_event *ev);

#endif
