/* fake_spool.h - rows in memory where the forwarder expects the spool, the
 * configuration and the metrics. Its definitions stand in for those of the
 * library: include it in one test program only. */
#ifndef WEIR_TESTS_FAKE_SPOOL_H
#define WEIR_TESTS_FAKE_SPOOL_H

#include "weir/clock.h"
#include "weir/forward.h"
#include "weir/metrics.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum fake_state { FAKE_READY, FAKE_WAITING, FAKE_FORWARDED, FAKE_DEAD, FAKE_EXPIRED, FAKE_STATES };
enum { FAKE_ROWS = 4096 };

struct fake_row {
    struct weir_delivery d;
    unsigned slot;
    enum fake_state state;
    uint64_t next_ms;
    uint32_t attempts;
    int status;
    char reason[32], answer[1100];
    char event_id[33];
    int n_settled;
};

static struct fake {
    pthread_mutex_t lock;
    struct fake_row rows[FAKE_ROWS]; /* id is the place + 1 */
    size_t n;
    struct weir_arena arena;
    _Atomic uint64_t gone;       /* rows that the spool took away */
    int failing_commits;         /* so many settlements fail first */
    enum weir_category category; /* of what is added */
    char blob_path[64];
    /* configuration */
    struct weir_snapshot snapshots[2];
    _Atomic uint64_t generation;
    const char *reread; /* DSN key that the source has now; NULL: none */
    /* metrics */
    _Atomic unsigned calls, errors[8];
} fake = {.lock = PTHREAD_MUTEX_INITIALIZER};

/* ---- the spool's wall ------------------------------------------------------ */

static void fake_settle(const struct weir_settle_row *s)
{
    struct fake_row *r = &fake.rows[s->id - 1];
    static const enum fake_state states[] = {FAKE_FORWARDED, FAKE_WAITING, FAKE_DEAD, FAKE_EXPIRED};

    r->state = states[s->what];
    r->attempts = s->attempts;
    r->next_ms = s->next_ms;
    r->status = s->status;
    r->n_settled++;
    snprintf(r->reason, sizeof r->reason, "%s", s->reason != NULL ? s->reason : "");
    snprintf(r->answer, sizeof r->answer, "%.*s", WEIR_FMT(s->answer));
}

int weir_spool_submit(struct weir_spool *s, struct weir_op *op)
{
    struct weir_settle *settle = (struct weir_settle *)(void *)op;
    (void)s;
    pthread_mutex_lock(&fake.lock);
    if (fake.failing_commits > 0) {
        fake.failing_commits--;
        op->result = WEIR_EIO;
    } else {
        for (size_t i = 0; i < settle->n; i++)
            fake_settle(&settle->rows[i]);
        op->result = 0;
    }
    pthread_mutex_unlock(&fake.lock);
    weir_mailbox_post(op->reply, &op->link);
    return 0;
}

int weir_spool_reader_new(struct weir_spool *s, struct weir_spool_reader **ret_reader)
{
    (void)s;
    *ret_reader = NULL;
    return 0;
}

void weir_spool_reader_free(struct weir_spool_reader *r)
{
    (void)r;
}

uint64_t weir_spool_gone(const struct weir_spool *s, unsigned slot)
{
    (void)s;
    (void)slot;
    return fake.gone;
}

bool weir_spool_holds(struct weir_spool_reader *r, int64_t id, unsigned slot)
{
    enum fake_state state;

    (void)r;
    (void)slot;
    pthread_mutex_lock(&fake.lock);
    state = fake.rows[id - 1].state;
    pthread_mutex_unlock(&fake.lock);
    return state == FAKE_READY || state == FAKE_WAITING;
}

int weir_spool_window(struct weir_spool_reader *reader, unsigned slot, int64_t after_id,
                      uint64_t now_ms, size_t max, uint64_t max_bytes, bool with_body,
                      struct weir_arena *a, struct weir_spool_row **ret_rows, size_t *ret_n,
                      uint64_t *ret_next_ms)
{
    struct weir_spool_row *rows = weir_arena_zalloc(a, max + 1, sizeof *rows);
    uint64_t bytes = 0, next_ms = 0;
    size_t n = 0;
    (void)reader;
    (void)with_body;
    pthread_mutex_lock(&fake.lock);
    for (size_t i = 0; i < fake.n; i++) {
        const struct fake_row *r = &fake.rows[i];
        bool due = r->state == FAKE_WAITING && r->next_ms <= now_ms;

        if (r->slot != slot)
            continue;
        if (r->state == FAKE_WAITING && !due && (next_ms == 0 || r->next_ms < next_ms))
            next_ms = r->next_ms;
        if (!due && (r->state != FAKE_READY || (int64_t)i + 1 <= after_id))
            continue;
        if (n == max || (n > 0 && bytes + r->d.items.n > max_bytes))
            continue;
        bytes += r->d.items.n;
        rows[n++] = (struct weir_spool_row){.id = (int64_t)i + 1,
                                            .slot = slot,
                                            .state = due ? WEIR_ROW_WAITING : WEIR_ROW_READY,
                                            .attempts = r->attempts,
                                            .next_ms = r->next_ms,
                                            .delivery = r->d};
    }
    pthread_mutex_unlock(&fake.lock);
    *ret_rows = rows;
    *ret_n = n;
    *ret_next_ms = next_ms;
    return 0;
}

int weir_spool_blob_fd(struct weir_spool *s, const struct weir_blob *b, int *ret_fd)
{
    (void)s;
    (void)b;
    *ret_fd = open(fake.blob_path, O_RDONLY | O_CLOEXEC);
    return *ret_fd >= 0 ? 0 : WEIR_ENOTFOUND;
}

/* ---- configuration ---------------------------------------------------------- */

static inline struct weir_snapshot *fake_snapshot(void)
{
    return &fake.snapshots[fake.generation % 2];
}

struct weir_snapshot *weir_current_get(struct weir_current *c)
{
    (void)c;
    return fake_snapshot();
}

uint64_t weir_current_generation(const struct weir_current *c)
{
    (void)c;
    return fake.generation;
}

void weir_snapshot_put(struct weir_snapshot *s)
{
    (void)s;
}

struct weir_str weir_destination_name(unsigned slot)
{
    static const char *const names[] = {"main", "second", "third"};

    return weir_str_of(names[slot]);
}

int weir_destination_reread(const struct weir_destination *d, struct weir_arena *a,
                            struct weir_dsn *ret_dsn)
{
    (void)a;
    pthread_mutex_lock(&fake.lock);
    *ret_dsn = d->dsn;
    if (fake.reread != NULL)
        ret_dsn->key = weir_str_of(fake.reread);
    pthread_mutex_unlock(&fake.lock);
    return 0;
}

/* ---- metrics ------------------------------------------------------------------ */

struct weir_series *weir_metric(enum weir_metric m, const struct weir_str *values, size_t n)
{
    (void)m;
    (void)values;
    (void)n;
    return NULL;
}

struct weir_series *weir_metric_of(enum weir_metric m, ...)
{
    (void)m;
    return NULL;
}

void weir_count(struct weir_series *s, uint64_t by)
{
    (void)s;
    (void)by;
}

void weir_observe(struct weir_series *s, double value, struct weir_str trace_id)
{
    (void)s;
    (void)value;
    (void)trace_id;
}

void weir_metrics_thread(void)
{
}

void weir_metrics_thread_end(void)
{
}

static const char *const fake_error_types[] = {
    "", "timeout", "network", "tls", "http_4xx", "http_5xx", "rate_limited", "invalid_response"};

void weir_integration_forwarded(struct weir_str destination, struct weir_str status,
                                double latency_ms, struct weir_str error_type,
                                struct weir_str trace_id)
{
    (void)destination;
    (void)status;
    (void)latency_ms;
    (void)trace_id;
    fake.calls++;
    for (size_t i = 0; i < 8; i++) {
        if (weir_str_eq(error_type, weir_str_of(fake_error_types[i])))
            fake.errors[i]++;
    }
}

static inline unsigned fake_errors(const char *type)
{
    for (size_t i = 0; i < 8; i++) {
        if (strcmp(fake_error_types[i], type) == 0)
            return fake.errors[i];
    }
    return 0;
}

/* ---- for the tests --------------------------------------------------------------- */

static inline void fake_reset(void)
{
    weir_arena_destroy(&fake.arena);
    memset(fake.rows, 0, sizeof fake.rows);
    weir_arena_init(&fake.arena, 256 << 20);
    fake.n = 0;
    fake.failing_commits = 0;
    fake.reread = NULL;
    fake.category = WEIR_CAT_ERROR;
    fake.generation = 2;
    fake.calls = 0;
    for (size_t i = 0; i < 8; i++)
        fake.errors[i] = 0;
    for (size_t i = 0; i < 2; i++)
        memset(&fake.snapshots[i], 0, sizeof fake.snapshots[i]);
}

/* One more ready delivery; its number (from 0) is in its event id. */
static inline struct fake_row *fake_add(unsigned slot, enum weir_compression how,
                                        const char *payload)
{
    struct fake_row *r;
    struct weir_str items;

    pthread_mutex_lock(&fake.lock);
    r = &fake.rows[fake.n];
    snprintf(r->event_id, sizeof r->event_id, "%032zx", fake.n);
    items = weir_arena_printf(&fake.arena, "{\"type\":\"event\",\"length\":%zu}\n%s\n",
                              strlen(payload), payload);
    r->slot = slot;
    r->d = (struct weir_delivery){
        .type = WEIR_ITEM_EVENT,
        .category = fake.category,
        .project = WEIR_S("7"),
        .key = WEIR_S("senderkey"),
        .event_id = {r->event_id, 32},
        .header = weir_arena_printf(
            &fake.arena, "{\"event_id\":\"%s\",\"trace\":{\"public_key\":\"x\"}}", r->event_id),
        .received_ms = weir_wall_ms()};
    if (weir_delivery_encode(&r->d, &fake.arena, how, items, false) != 0)
        abort();
    fake.n++;
    pthread_mutex_unlock(&fake.lock);
    return r;
}

static inline size_t fake_count(enum fake_state state, unsigned slot)
{
    size_t n = 0;

    pthread_mutex_lock(&fake.lock);
    for (size_t i = 0; i < fake.n; i++)
        n += fake.rows[i].state == state && fake.rows[i].slot == slot;
    pthread_mutex_unlock(&fake.lock);
    return n;
}

static inline struct fake_row fake_get(size_t i)
{
    struct fake_row r;

    pthread_mutex_lock(&fake.lock);
    r = fake.rows[i];
    pthread_mutex_unlock(&fake.lock);
    return r;
}

#endif
