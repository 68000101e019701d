/* metrics.c - the table of series: found without a lock, bounded.
 *
 * Finding. A series is a heap object that never moves nor goes away before
 * weir_metrics_destroy(). It is published in a slot of the hash table by one
 * compare and swap; whoever loses that race looks again and finds the
 * winner's. So a pointer to a series may be kept for ever.
 *
 * Bounds. Only labels whose values senders choose can grow without end; the
 * families that have one share `max_series`. Past it these labels become
 * `other`; what remains are labels of few values (state, error_type), for
 * which RESERVED series are kept free, so that no flood of service names
 * hides weir's own counters. */
#include "lanes.h"
#include "series.h"

#include "weir/text.h"

#include <assert.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>

#define COUNTER WEIR_TYPE_COUNTER
#define GAUGE WEIR_TYPE_GAUGE
#define HISTOGRAM WEIR_TYPE_HISTOGRAM

enum {
    RESERVED = 4096, /* series of families without labels from input */
    MAX_SERIES = 1000000,
    MAX_COLLECTORS = 16
};

static struct {
    _Atomic(struct weir_series *) *slots;
    size_t mask;
    size_t ids;            /* most series there can be */
    uint32_t max_series;   /* of families with labels from input */
    atomic_size_t n_input; /* of those */
    atomic_size_t next_id;
    struct weir_family families[WEIR_METRIC_COUNT];
    struct weir_bounds ms, seconds;
    struct {
        void (*collect)(void *self);
        void *self;
    } collectors[MAX_COLLECTORS];
    size_t n_collectors;
} table;

/* What callers get when there is no table, or no room at all. */
static struct weir_series nowhere = {.id = WEIR_NO_ID};

/* ---- families ---------------------------------------------------------- */

#define ROW(id, name, type, labels, help) {name, help, labels, type},
static const struct {
    const char *name, *help, *labels;
    enum weir_metric_type type;
} rows[WEIR_METRIC_COUNT] = {WEIR_METRICS(ROW)};

static const double seconds_bounds[] = {0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1,
                                        0.25,   0.5,   1,      2.5,   5,    10,    30};

static bool from_input(struct weir_str label)
{
    static const char *const names[] = {"service", "endpoint", "status",
                                        "project", "source",   "transaction"};

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (weir_str_eq(label, weir_str_of(names[i])))
            return true;
    }
    return false;
}

static void family_init(struct weir_family *f, enum weir_metric m)
{
    struct weir_str rest = weir_str_of(rows[m].labels);
    bool configured;

    *f = (struct weir_family){.name = rows[m].name, .help = rows[m].help, .type = rows[m].type};
    if (f->type == HISTOGRAM)
        f->bounds = weir_str_ends(weir_str_of(f->name), WEIR_S("_ms")) ? &table.ms : &table.seconds;
    /* Their services and endpoints come from the configuration. */
    configured =
        weir_str_starts(weir_str_of(f->name), WEIR_S("integration_sla_")) || m == WEIR_M_BREAKER;
    while (rest.n > 0) {
        assert(f->n_labels < WEIR_MAX_LABELS);
        weir_str_cut(rest, ' ', &f->labels[f->n_labels], &rest);
        if (!configured && from_input(f->labels[f->n_labels]))
            f->input |= 1U << f->n_labels;
        f->n_labels++;
    }
}

const struct weir_family *weir_metric_family(enum weir_metric m)
{
    return &table.families[m];
}

/* ---- life -------------------------------------------------------------- */

static bool bounds_set(struct weir_bounds *b, const double *values, size_t n)
{
    if (n > WEIR_MAX_BOUNDS)
        return false;
    for (size_t i = 0; i < n; i++) {
        if (!isfinite(values[i]) || (i > 0 && values[i] <= values[i - 1]))
            return false;
        b->value[i] = values[i];
    }
    b->n = n;
    return true;
}

int weir_metrics_init(uint32_t max_series, const double *latency_bounds_ms, size_t n_bounds)
{
    size_t size = 1;

    weir_metrics_destroy();
    if (max_series > MAX_SERIES || !bounds_set(&table.ms, latency_bounds_ms, n_bounds))
        return WEIR_EINVAL;
    if (!bounds_set(&table.seconds, seconds_bounds, sizeof seconds_bounds / sizeof(double)))
        return WEIR_EINVAL;
    table.max_series = max_series;
    table.ids = (size_t)max_series + RESERVED;
    while (size < 2 * table.ids) /* half empty: short probes */
        size *= 2;
    table.slots = calloc(size, sizeof table.slots[0]);
    if (table.slots == NULL)
        return WEIR_ENOMEM;
    table.mask = size - 1;
    for (unsigned m = 0; m < WEIR_METRIC_COUNT; m++)
        family_init(&table.families[m], (enum weir_metric)m);
    weir_metric_lanes_reset(table.ids);
    for (unsigned m = 0; m < WEIR_METRIC_COUNT; m++) {
        if (table.families[m].n_labels == 0) /* shown from the start, with 0 */
            (void)weir_metric((enum weir_metric)m, NULL, 0);
    }
    return 0;
}

static void series_free(struct weir_series *s)
{
    free(atomic_load(&s->exemplars));
    free(s);
}

void weir_metrics_destroy(void)
{
    for (size_t i = 0; table.slots != NULL && i <= table.mask; i++) {
        struct weir_series *s = atomic_load(&table.slots[i]);

        if (s != NULL) {
            if (table.families[s->metric].type == HISTOGRAM)
                weir_lanes_free_cells(s);
            series_free(s);
        }
    }
    weir_metric_lanes_reset(0);
    free(table.slots);
    table.slots = NULL;
    table.n_collectors = 0;
    atomic_store(&table.n_input, 0);
    atomic_store(&table.next_id, 0);
    weir_integrations_reset();
}

/* ---- finding ----------------------------------------------------------- */

struct key {
    enum weir_metric metric;
    struct weir_str values[WEIR_MAX_LABELS];
    size_t n;
    uint64_t hash;
};

static void key_hash(struct key *k)
{
    uint64_t h = k->metric;

    for (size_t i = 0; i < k->n; i++)
        h = (h ^ weir_str_hash(k->values[i])) * UINT64_C(0x9e3779b97f4a7c15) + i;
    k->hash = h ^ (h >> 32);
}

static bool key_is(const struct key *k, const struct weir_series *s)
{
    if (s->hash != k->hash || s->metric != k->metric)
        return false;
    for (size_t i = 0; i < k->n; i++) {
        if (!weir_str_eq(s->values[i], k->values[i]))
            return false;
    }
    return true;
}

/* The series of that key, or NULL and the free slot where it would be. */
static struct weir_series *look_up(const struct key *k, _Atomic(struct weir_series *) **ret_slot)
{
    for (size_t at = k->hash & table.mask;; at = (at + 1) & table.mask) {
        /* acquire: pairs with the publishing exchange in publish() */
        struct weir_series *s = atomic_load_explicit(&table.slots[at], memory_order_acquire);

        if (s != NULL && key_is(k, s))
            return s;
        if (s == NULL) {
            *ret_slot = &table.slots[at];
            return NULL;
        }
    }
}

/* A label's value with \, " and newline escaped. */
static char *put_escaped(char *to, struct weir_str s)
{
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];

        if (c == '\\' || c == '"' || c == '\n')
            *to++ = '\\';
        *to++ = c == '\n' ? 'n' : c;
    }
    return to;
}

static char *put(char *to, struct weir_str s)
{
    if (s.n > 0)
        memcpy(to, s.p, s.n);
    return to + s.n;
}

static struct weir_series *series_new(const struct key *k)
{
    const struct weir_family *f = &table.families[k->metric];
    size_t room = 0;
    struct weir_series *s;
    char *to;

    for (size_t i = 0; i < k->n; i++)
        room += 3 * k->values[i].n + f->labels[i].n + sizeof ",=\"\"";
    s = calloc(1, sizeof *s + room);
    if (s == NULL)
        return NULL;
    s->metric = k->metric;
    s->hash = k->hash;
    to = s->text;
    for (size_t i = 0; i < k->n; i++) {
        s->values[i] = (struct weir_str){to, k->values[i].n};
        to = put(to, k->values[i]);
    }
    s->labels.p = to;
    for (size_t i = 0; i < k->n; i++) {
        to = put(to, i > 0 ? WEIR_S(",") : WEIR_S(""));
        to = put(put(to, f->labels[i]), WEIR_S("=\""));
        to = put(put_escaped(to, k->values[i]), WEIR_S("\""));
    }
    s->labels.n = (size_t)(to - s->labels.p);
    if (f->type == GAUGE)
        weir_gauge_set(s, NAN); /* nothing to show yet */
    return s;
}

/* An id for a new series; one that lost its race is used by the next. */
static bool take_id(size_t *spare, uint32_t *ret_id)
{
    size_t id = *spare;

    if (id == SIZE_MAX) {
        if (atomic_load_explicit(&table.next_id, memory_order_relaxed) >= table.ids)
            return false;
        id = atomic_fetch_add_explicit(&table.next_id, 1, memory_order_relaxed);
        if (id >= table.ids)
            return false;
    }
    *spare = SIZE_MAX;
    *ret_id = (uint32_t)id;
    return true;
}

/* Makes the series of `k` public in `slot` or further on; or finds that of a
 * thread that was faster. NULL when there is no room. */
static struct weir_series *publish(const struct key *k, _Atomic(struct weir_series *) *slot)
{
    static _Thread_local size_t spare = SIZE_MAX;
    static _Thread_local uint64_t spare_generation;
    struct weir_series *s, *other = NULL, *none = NULL;

    if (spare_generation != weir_lanes_generation())
        spare = SIZE_MAX;
    spare_generation = weir_lanes_generation();
    s = series_new(k);
    if (s == NULL || !take_id(&spare, &s->id)) {
        free(s);
        return NULL;
    }
    /* release: its contents are written before it can be found */
    while (!atomic_compare_exchange_strong_explicit(slot, &none, s, memory_order_release,
                                                    memory_order_relaxed)) {
        none = NULL;
        other = look_up(k, &slot);
        if (other != NULL) {
            spare = s->id;
            free(s);
            return other;
        }
    }
    return s;
}

/* At most 200 bytes, not cut inside a character. */
static struct weir_str cut(struct weir_str s)
{
    size_t n = WEIR_LABEL_BYTES;

    if (s.n <= n)
        return s;
    while (n > WEIR_LABEL_BYTES - 4 && ((unsigned char)s.p[n] & 0xc0) == 0x80)
        n--;
    return (struct weir_str){s.p, n};
}

/* A NUL ends lines early, others split them in what reads them. */
static bool is_control(char c)
{
    return ((unsigned char)c < 0x20 && c != '\n') || c == 0x7f;
}

static bool any_control(struct weir_str s)
{
    size_t i = 0;

    while (i < s.n && !is_control(s.p[i]))
        i++;
    return i < s.n;
}

/* What is no UTF-8, and control characters, become `?`: a single bad byte
 * would make the whole exposition unreadable. */
static bool mend(struct weir_str *s, char scratch[WEIR_LABEL_BYTES])
{
    size_t i = 0;

    if (weir_utf8_valid(*s) && !any_control(*s))
        return false;
    while (i < s->n) {
        struct weir_str rest = weir_str_sub(*s, i, SIZE_MAX);
        size_t n = weir_utf8_seq(rest);

        if (n == 0 || (n == 1 && is_control(s->p[i]))) {
            scratch[i++] = '?';
            continue;
        }
        for (size_t end = i + n; i < end; i++)
            scratch[i] = s->p[i];
    }
    s->p = scratch;
    return true;
}

/* With max_series reached, or no room: labels from input become `other`. */
static struct weir_series *overflow(struct key *k)
{
    const struct weir_family *f = &table.families[k->metric];
    _Atomic(struct weir_series *) *slot;
    struct weir_series *s;

    if (k->metric == WEIR_M_SERIES_OVERFLOW)
        return NULL;
    weir_count(weir_metric_of(WEIR_M_SERIES_OVERFLOW, f->name, NULL), 1);
    for (size_t i = 0; i < k->n; i++) {
        if (f->input & (1U << i))
            k->values[i] = WEIR_S("other");
    }
    key_hash(k);
    s = look_up(k, &slot);
    return s != NULL ? s : publish(k, slot);
}

/* A key that is not in the table yet: within max_series it gets there. */
static struct weir_series *make(struct key *k, _Atomic(struct weir_series *) *slot, bool own)
{
    bool counted = table.families[k->metric].input != 0 && !own;
    struct weir_series *s;

    if (!counted) {
        s = publish(k, slot);
        return s != NULL ? s : overflow(k);
    }
    if (atomic_load_explicit(&table.n_input, memory_order_relaxed) >= table.max_series)
        return overflow(k);
    if (atomic_fetch_add_explicit(&table.n_input, 1, memory_order_relaxed) < table.max_series) {
        s = publish(k, slot);
        if (s != NULL)
            return s;
    }
    atomic_fetch_sub_explicit(&table.n_input, 1, memory_order_relaxed);
    return overflow(k);
}

static struct weir_series *find(enum weir_metric m, const struct weir_str *values, size_t n,
                                bool own)
{
    char scratch[WEIR_MAX_LABELS][WEIR_LABEL_BYTES];
    struct key k = {.metric = m, .n = n};
    _Atomic(struct weir_series *) *slot;
    struct weir_series *s;
    bool mended = false;

    if (table.slots == NULL)
        return &nowhere;
    assert(m < WEIR_METRIC_COUNT && n == table.families[m].n_labels);
    for (size_t i = 0; i < n; i++)
        k.values[i] = cut(values[i]);
    key_hash(&k);
    s = look_up(&k, &slot);
    if (s != NULL)
        return s;
    for (size_t i = 0; i < n; i++)
        mended = mend(&k.values[i], scratch[i]) || mended;
    if (mended) {
        key_hash(&k);
        s = look_up(&k, &slot);
    }
    if (s == NULL)
        s = make(&k, slot, own);
    return s != NULL ? s : &nowhere;
}

struct weir_series *weir_metric(enum weir_metric m, const struct weir_str *values, size_t n)
{
    return find(m, values, n, false);
}

struct weir_series *weir_metric_own(enum weir_metric m, const struct weir_str *values, size_t n)
{
    return find(m, values, n, true);
}

struct weir_series *weir_metric_of(enum weir_metric m, ...)
{
    struct weir_str values[WEIR_MAX_LABELS];
    const char *text;
    size_t n = 0;
    va_list args;

    va_start(args, m);
    while (n < WEIR_MAX_LABELS && (text = va_arg(args, const char *)) != NULL)
        values[n++] = weir_str_of(text);
    va_end(args);
    return weir_metric(m, values, n);
}

/* ---- reading ----------------------------------------------------------- */

static int by_family_and_labels(const void *a, const void *b)
{
    const struct weir_series *x = *(struct weir_series *const *)a;
    const struct weir_series *y = *(struct weir_series *const *)b;
    size_t n = x->labels.n < y->labels.n ? x->labels.n : y->labels.n;
    int d;

    if (x->metric != y->metric)
        return x->metric < y->metric ? -1 : 1;
    d = memcmp(x->labels.p, y->labels.p, n);
    return d != 0 ? d : (x->labels.n > y->labels.n) - (x->labels.n < y->labels.n);
}

int weir_metrics_list(struct weir_arena *a, struct weir_series ***ret_list, size_t *ret_n)
{
    size_t most = atomic_load(&table.next_id), n = 0;
    struct weir_series **list;

    if (table.slots == NULL)
        return WEIR_ENOTFOUND;
    list = weir_arena_zalloc(a, most, sizeof(void *));
    if (list == NULL)
        return WEIR_ENOMEM;
    for (size_t i = 0; i <= table.mask && n < most; i++) {
        /* acquire: pairs with publish() */
        struct weir_series *s = atomic_load_explicit(&table.slots[i], memory_order_acquire);

        if (s != NULL)
            list[n++] = s;
    }
    qsort(list, n, sizeof(void *), by_family_and_labels);
    *ret_list = list;
    *ret_n = n;
    return 0;
}

void weir_metrics_hide(enum weir_metric m)
{
    for (size_t i = 0; table.slots != NULL && i <= table.mask; i++) {
        struct weir_series *s = atomic_load_explicit(&table.slots[i], memory_order_acquire);

        if (s != NULL && s->metric == m)
            weir_gauge_set(s, NAN);
    }
}

void weir_metrics_collector(void (*collect)(void *self), void *self)
{
    if (table.n_collectors == MAX_COLLECTORS)
        return;
    table.collectors[table.n_collectors].collect = collect;
    table.collectors[table.n_collectors++].self = self;
}

void weir_metrics_collect(void)
{
    for (size_t i = 0; i < table.n_collectors; i++)
        table.collectors[i].collect(table.collectors[i].self);
}
