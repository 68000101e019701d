/* lanes.c - counting without contention.
 *
 * Each thread has a lane of values, so that a count is a load, an addition
 * and a store to memory that no other thread writes. A scrape reads all lanes
 * meanwhile: it sees each value before or after, never torn. A thread that
 * ends leaves its lane, values and all, to the next one that comes.
 *
 * Exemplars are kept by bucket, not by thread: the last one wins anyway, and
 * a writer that finds another one writing just goes away. */
#include "lanes.h"

#include "weir/text.h"

#include <math.h>
#include <stdlib.h>

enum { SHARED = WEIR_MAX_THREADS, LANES = WEIR_MAX_THREADS + 1 };

typedef atomic_uint_fast64_t value;

static struct lane {
    _Atomic(value *) values; /* [n_ids], made with the lane's first use */
    atomic_bool taken;
} lanes[LANES];

static atomic_size_t n_ids; /* 0: there is no table */

/* Changes with each reset, so that a thread knows its lane to be of the past. */
static atomic_uint_fast64_t generation = 1;

static _Thread_local struct {
    uint64_t generation; /* 0: none */
    struct lane *lane;
    value *values;
} me;

uint64_t weir_lanes_generation(void)
{
    return atomic_load_explicit(&generation, memory_order_relaxed);
}

void weir_metric_lanes_reset(size_t ids)
{
    for (size_t i = 0; i < LANES; i++) {
        value *values = atomic_load(&lanes[i].values);

        free(values);
        atomic_store(&lanes[i].values, NULL);
        atomic_store(&lanes[i].taken, false);
    }
    atomic_store(&n_ids, ids);
    atomic_fetch_add(&generation, 1);
}

void weir_lanes_free_cells(const struct weir_series *s)
{
    for (size_t i = 0; i < LANES; i++) {
        value *values = atomic_load(&lanes[i].values);

        if (values != NULL)
            free((void *)(uintptr_t)atomic_load(&values[s->id]));
    }
}

static value *lane_values(struct lane *l)
{
    /* acquire: pairs with the exchange below, the zeros are seen */
    value *values = atomic_load_explicit(&l->values, memory_order_acquire), *none = NULL;

    if (values != NULL)
        return values;
    values = calloc(atomic_load(&n_ids), sizeof *values);
    if (values == NULL)
        return NULL;
    if (atomic_compare_exchange_strong(&l->values, &none, values))
        return values;
    free(values);
    return none;
}

void weir_metrics_thread(void)
{
    uint64_t now = weir_lanes_generation();

    if (atomic_load(&n_ids) == 0 || me.generation == now)
        return;
    for (size_t i = 0; i < WEIR_MAX_THREADS; i++) {
        struct lane *l = &lanes[i];
        bool free_one = false;

        /* acquire: pairs with the release of the thread that had the lane;
         * its plain additions go on from there */
        if (!atomic_compare_exchange_strong_explicit(&l->taken, &free_one, true,
                                                     memory_order_acquire, memory_order_relaxed))
            continue;
        me.values = lane_values(l);
        if (me.values == NULL) {
            atomic_store_explicit(&l->taken, false, memory_order_release);
            return; /* it counts in the shared lane */
        }
        me.lane = l;
        me.generation = now;
        return;
    }
}

void weir_metrics_thread_end(void)
{
    if (me.generation != 0 && me.generation == weir_lanes_generation())
        atomic_store_explicit(&me.lane->taken, false, memory_order_release);
    me.generation = 0;
}

/* This thread's values; *ret_mine is false for the shared lane. */
static value *my_values(bool *ret_mine)
{
    *ret_mine = me.generation == weir_lanes_generation();
    return *ret_mine ? me.values : lane_values(&lanes[SHARED]);
}

/* ---- counting ---------------------------------------------------------- */

static void add(value *v, uint64_t by, bool mine)
{
    if (mine) /* nobody else writes it: no locked instruction */
        atomic_store_explicit(v, atomic_load_explicit(v, memory_order_relaxed) + by,
                              memory_order_relaxed);
    else
        atomic_fetch_add_explicit(v, by, memory_order_relaxed);
}

static uint64_t bits_of(double d)
{
    uint64_t bits;

    memcpy(&bits, &d, sizeof bits);
    return bits;
}

static double double_of(uint64_t bits)
{
    double d;

    memcpy(&d, &bits, sizeof d);
    return d;
}

static void add_double(value *v, double by)
{
    uint64_t old = atomic_load_explicit(v, memory_order_relaxed);

    while (!atomic_compare_exchange_weak_explicit(v, &old, bits_of(double_of(old) + by),
                                                  memory_order_relaxed, memory_order_relaxed))
        continue;
}

void weir_count(struct weir_series *s, uint64_t by)
{
    value *values;
    bool mine;

    if (s->id == WEIR_NO_ID)
        return;
    values = my_values(&mine);
    if (values != NULL)
        add(&values[s->id], by, mine);
}

void weir_gauge_set(struct weir_series *s, double v)
{
    if (s->id != WEIR_NO_ID)
        atomic_store_explicit(&s->gauge, bits_of(v), memory_order_relaxed);
}

/* This thread's cell of a histogram, made with its first use. */
static struct weir_cell *cell_of(const struct weir_series *s, value *values)
{
    uint64_t none = 0, at = atomic_load_explicit(&values[s->id], memory_order_acquire);
    struct weir_cell *c = (void *)(uintptr_t)at;
    size_t n = weir_metric_family(s->metric)->bounds->n + 1;

    if (c != NULL)
        return c;
    c = calloc(1, sizeof *c + n * sizeof c->buckets[0]);
    if (c == NULL)
        return NULL;
    /* release: a scrape, or another user of the shared lane, sees zeros */
    if (atomic_compare_exchange_strong_explicit(&values[s->id], &none, (uintptr_t)c,
                                                memory_order_release, memory_order_acquire))
        return c;
    free(c);
    return (void *)(uintptr_t)none;
}

static struct weir_exemplar *exemplars_of(struct weir_series *s)
{
    struct weir_exemplar *e = atomic_load_explicit(&s->exemplars, memory_order_acquire);
    struct weir_exemplar *none = NULL;

    if (e != NULL)
        return e;
    e = calloc(weir_metric_family(s->metric)->bounds->n + 1, sizeof *e);
    if (e == NULL || atomic_compare_exchange_strong(&s->exemplars, &none, e))
        return e;
    free(e);
    return none;
}

/* Readers take the contents with acquire: if they see something new, they
 * also see the odd number that was stored before it (release), and try no
 * further. */
static void exemplar_set(struct weir_exemplar *e, const uint64_t id[2], double v)
{
    unsigned seq = atomic_load_explicit(&e->seq, memory_order_relaxed);

    if (seq % 2 != 0 || !atomic_compare_exchange_strong_explicit(
                            &e->seq, &seq, seq + 1, memory_order_acquire, memory_order_relaxed))
        return;
    atomic_store_explicit(&e->id[0], id[0], memory_order_release);
    atomic_store_explicit(&e->id[1], id[1], memory_order_release);
    atomic_store_explicit(&e->value, bits_of(v), memory_order_release);
    atomic_store_explicit(&e->seq, seq + 2, memory_order_release);
}

void weir_observe(struct weir_series *s, double v, struct weir_str trace_id)
{
    const struct weir_bounds *bounds;
    struct weir_exemplar *e;
    struct weir_cell *c;
    uint64_t id[2];
    char hex[33];
    size_t at = 0;
    value *values;
    bool mine;

    if (s->id == WEIR_NO_ID || !isfinite(v))
        return;
    bounds = weir_metric_family(s->metric)->bounds;
    values = my_values(&mine);
    c = values != NULL ? cell_of(s, values) : NULL;
    if (c == NULL)
        return;
    while (at < bounds->n && v > bounds->value[at])
        at++;
    add(&c->buckets[at], 1, mine);
    if (mine)
        atomic_store_explicit(
            &c->sum, bits_of(double_of(atomic_load_explicit(&c->sum, memory_order_relaxed)) + v),
            memory_order_relaxed);
    else
        add_double(&c->sum, v);
    if (trace_id.n == 0 || !weir_parse_id(trace_id, hex))
        return;
    (void)weir_unhex((struct weir_str){hex, 32}, (uint8_t *)id);
    e = exemplars_of(s);
    if (e != NULL)
        exemplar_set(&e[at], id, v);
}

/* ---- reading ----------------------------------------------------------- */

double weir_series_value(const struct weir_series *s)
{
    double set = double_of(atomic_load_explicit(&s->gauge, memory_order_relaxed));
    uint64_t sum = 0;

    if (weir_metric_family(s->metric)->type == WEIR_TYPE_GAUGE)
        return set;
    for (size_t i = 0; i < LANES; i++) {
        value *values = atomic_load_explicit(&lanes[i].values, memory_order_acquire);

        if (values != NULL)
            sum += atomic_load_explicit(&values[s->id], memory_order_relaxed);
    }
    return (double)sum + set;
}

double weir_series_histogram(const struct weir_series *s, uint64_t ret_buckets[WEIR_MAX_BOUNDS + 1])
{
    size_t n = weir_metric_family(s->metric)->bounds->n + 1;
    double sum = 0;

    memset(ret_buckets, 0, n * sizeof ret_buckets[0]);
    for (size_t i = 0; i < LANES; i++) {
        value *values = atomic_load_explicit(&lanes[i].values, memory_order_acquire);
        struct weir_cell *c;

        if (values == NULL)
            continue;
        /* acquire: pairs with cell_of() */
        c = (void *)(uintptr_t)atomic_load_explicit(&values[s->id], memory_order_acquire);
        if (c == NULL)
            continue;
        for (size_t b = 0; b < n; b++)
            ret_buckets[b] += atomic_load_explicit(&c->buckets[b], memory_order_relaxed);
        sum += double_of(atomic_load_explicit(&c->sum, memory_order_relaxed));
    }
    return sum;
}

bool weir_series_exemplar(const struct weir_series *s, size_t bucket, char ret_trace_id[33],
                          double *ret_value)
{
    struct weir_exemplar *e = atomic_load_explicit(&s->exemplars, memory_order_acquire);
    uint64_t id[2], v;
    unsigned before;

    if (e == NULL)
        return false;
    e += bucket;
    before = atomic_load_explicit(&e->seq, memory_order_acquire);
    id[0] = atomic_load_explicit(&e->id[0], memory_order_acquire);
    id[1] = atomic_load_explicit(&e->id[1], memory_order_acquire);
    v = atomic_load_explicit(&e->value, memory_order_acquire);
    if (before == 0 || before % 2 != 0 ||
        before != atomic_load_explicit(&e->seq, memory_order_relaxed))
        return false;
    weir_hex((const uint8_t *)id, sizeof id, ret_trace_id);
    ret_trace_id[32] = '\0';
    *ret_value = double_of(v);
    return true;
}
