/* alerts.h - recording and alerting rules for Prometheus, made from the
 * configuration (contract 1, `weir alerts`).
 *
 *   slas, spool.ttl, ... --> one YAML file of rule groups, for rule_files
 *
 * Pure; any thread. Every alert has a page docs/runbooks/ALERT.md. */
#ifndef WEIR_ALERTS_H
#define WEIR_ALERTS_H

#include "weir/buf.h"
#include "weir/config.h"

struct weir_alerts_options {
    bool recording, alerting;  /* which groups; the second need the first */
    struct weir_str runbooks;  /* URL that ALERT.md is put after, with its slash */
    struct weir_str job;       /* label of weir's scrapes */
    uint64_t spool_deliveries; /* more than these are a deep spool */
};

/* Errors are those of `out`: ask weir_buf_str(). */
void weir_alerts_write(struct weir_buf *out, const struct weir_config *c,
                       const struct weir_alerts_options *o);

#endif
