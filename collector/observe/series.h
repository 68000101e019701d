/* series.h - the table of series, as metrics.c fills it and exposition.c
 * reads it. Private to observe/.
 *
 *   slots[]  hash table of series, open addressing, filled by compare and
 *            swap, never emptied: a look-up takes no lock
 *   lanes[]  one a thread: values[series id] is a counter, or the address of
 *            a histogram cell; only its thread writes there. The last lane is
 *            shared by whoever registered none, with atomic additions.
 *
 * A gauge has one value for all threads, in the series itself. */
#ifndef WEIR_OBSERVE_SERIES_H
#define WEIR_OBSERVE_SERIES_H

#include "weir/metrics.h"

#include <stdatomic.h>

enum weir_metric_type { WEIR_TYPE_COUNTER, WEIR_TYPE_GAUGE, WEIR_TYPE_HISTOGRAM };

enum { WEIR_MAX_BOUNDS = 32, WEIR_LABEL_BYTES = 200 };

struct weir_bounds {
    double value[WEIR_MAX_BOUNDS];
    size_t n;
};

struct weir_family {
    const char *name, *help;
    enum weir_metric_type type;
    struct weir_str labels[WEIR_MAX_LABELS]; /* names */
    size_t n_labels;
    unsigned input;                   /* bit for each label whose values senders choose */
    const struct weir_bounds *bounds; /* of histograms */
};

/* Of one bucket. A sequence lock: odd while it is written. */
struct weir_exemplar {
    atomic_uint seq;
    atomic_uint_fast64_t id[2]; /* trace id */
    atomic_uint_fast64_t value; /* bits of a double */
};

struct weir_cell {
    atomic_uint_fast64_t sum; /* bits of a double */
    atomic_uint_fast64_t buckets[];
};

struct weir_series {
    enum weir_metric metric;
    uint32_t id;
    uint64_t hash;
    atomic_uint_fast64_t gauge; /* bits of a double; NaN: not shown */
    _Atomic(struct weir_exemplar *) exemplars;
    struct weir_str values[WEIR_MAX_LABELS];
    struct weir_str labels; /* as the exposition shows them, without braces */
    char text[];
};

/* What a family is; `m` below WEIR_METRIC_COUNT. */
const struct weir_family *weir_metric_family(enum weir_metric m);
/* All series, by family, then by labels, in the arena. */
int weir_metrics_list(struct weir_arena *a, struct weir_series ***ret_list,
                      size_t *ret_n) WEIR_MUST_CHECK;
/* A gauge's value, NaN when it is not to be shown; of a counter the sum over
 * all lanes and what a collector has set. */
double weir_series_value(const struct weir_series *s);
/* The same of a histogram: a count for each bound and one for +Inf (not
 * cumulated). */
double weir_series_histogram(const struct weir_series *s,
                             uint64_t ret_buckets[WEIR_MAX_BOUNDS + 1]);
/* The exemplar of a bucket; false when it has none or is being written. */
bool weir_series_exemplar(const struct weir_series *s, size_t bucket, char ret_trace_id[33],
                          double *ret_value);
/* Hides all gauges of a family until they are set again. */
void weir_metrics_hide(enum weir_metric m);
/* The breakers that services reported; run after all collectors, as weir's
 * own destinations report there too. */
void weir_integrations_collect(uint64_t now_ms);
/* Forgets all of them (weir_metrics_init, weir_metrics_destroy). */
void weir_integrations_reset(void);

#endif
