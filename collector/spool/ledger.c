/* ledger.c - one account for each destination name that was ever served.
 *
 * An account lives as long as its row in the database, also when the
 * destination is no longer configured: its rows are shown and expire. */
#include "ledger.h"

#include "weir/limits.h"
#include "weir/log.h"

#include <stdlib.h>

static const char *const outcomes[WEIR_OUTCOMES] = {"accepted",  "forwarded", "filtered", "sampled",
                                                    "collapsed", "expired",   "dropped",  "dead"};

const char *weir_outcome_name(enum weir_outcome o)
{
    return outcomes[o];
}

/* ---- accounts ---------------------------------------------------------- */

static struct weir_account *account_new(struct weir_spool *s, int64_t number, struct weir_str name,
                                        int slot)
{
    struct weir_account *a;

    if (s->n_accounts == WEIR_MAX_DB_DESTINATIONS)
        return NULL;
    a = &s->accounts[s->n_accounts];
    *a = (struct weir_account){.number = number, .slot = slot};
    a->name = slot >= 0 ? weir_destination_name((unsigned)slot)
                        : (struct weir_str){strndup(name.p, name.n), name.n};
    a->max_bytes = s->settings.max_bytes;
    if (slot >= 0) {
        s->account_of[slot] = (int16_t)s->n_accounts;
        a->configured = s->settings.share[slot] > 0;
        if (a->configured)
            a->max_bytes = s->settings.share[slot];
        atomic_store_explicit(&s->published[slot].number, number, memory_order_relaxed);
    }
    s->n_accounts++;
    return a;
}

struct weir_account *weir_ledger_account(struct weir_spool *s, unsigned slot)
{
    int64_t number = 1;

    if (slot >= WEIR_MAX_DESTINATIONS)
        return NULL;
    if (s->account_of[slot] >= 0)
        return &s->accounts[s->account_of[slot]];
    if (weir_destination_name(slot).n == 0)
        return NULL;
    for (size_t i = 0; i < s->n_accounts; i++) {
        if (s->accounts[i].number >= number)
            number = s->accounts[i].number + 1;
    }
    return account_new(s, number, (struct weir_str){NULL, 0}, (int)slot);
}

struct weir_account *weir_ledger_numbered(struct weir_spool *s, int64_t number)
{
    for (size_t i = 0; i < s->n_accounts; i++) {
        if (s->accounts[i].number == number)
            return &s->accounts[i];
    }
    return NULL;
}

void weir_ledger_shares(struct weir_spool_settings *settings, const struct weir_config *c)
{
    for (size_t i = 0; c != NULL && i < c->n_destinations; i++) {
        const struct weir_destination *d = &c->destinations[i];

        if (d->slot < WEIR_MAX_DESTINATIONS)
            settings->share[d->slot] = d->max_bytes > 0 ? d->max_bytes : settings->max_bytes;
    }
}

/* The gauges of one account, which follow each commit. */
static void publish(struct weir_spool *s, const struct weir_account *a)
{
    struct weir_published *p;
    uint64_t used = weir_ledger_used(a), margin = a->max_bytes / 16;

    if (a->slot < 0)
        return;
    p = &s->published[a->slot];
    for (int i = 0; i < 4; i++) {
        atomic_store_explicit(&p->rows[i], a->tally.rows[i], memory_order_relaxed);
        atomic_store_explicit(&p->bytes[i], a->tally.bytes[i], memory_order_relaxed);
    }
    /* Full a little before the last byte: a destination that only takes the
     * smallest events is full for everybody else. */
    if (margin > 16384)
        margin = 16384;
    atomic_store_explicit(&p->full, !s->settings.drop_oldest && used + margin > a->max_bytes,
                          memory_order_relaxed);
}

void weir_ledger_configure(struct weir_spool *s)
{
    for (size_t i = 0; i < s->n_accounts; i++) {
        struct weir_account *a = &s->accounts[i];
        uint64_t share = a->slot >= 0 ? s->settings.share[a->slot] : 0;

        a->configured = share > 0;
        a->max_bytes = share > 0 ? share : s->settings.max_bytes;
        publish(s, a);
    }
}

static void forget(struct weir_spool *s)
{
    for (size_t i = 0; i < s->n_accounts; i++) {
        if (s->accounts[i].slot < 0)
            free((char *)s->accounts[i].name.p);
    }
    s->n_accounts = 0;
    s->n_counts = s->last_count = 0; /* they point to accounts */
    for (size_t i = 0; i < WEIR_MAX_DESTINATIONS; i++)
        s->account_of[i] = -1;
}

/* The name a second time, for recovery: once in an account's life. */
static int save_name(struct weir_spool *s, struct weir_account *a)
{
    int err = a->named ? 0 : weir_db_name_destination(&s->db, a->number, a->name);

    a->named = err == 0;
    return err;
}

static int load_accounts(struct weir_spool *s)
{
    sqlite3_stmt *st = weir_db_get(&s->db, WEIR_DB_DESTINATIONS);
    int rc;

    while ((rc = weir_db_step(&s->db, st)) == SQLITE_ROW) {
        struct weir_str name = weir_db_text(st, 1);
        struct weir_account *a =
            account_new(s, sqlite3_column_int64(st, 0), name, weir_destination_slot(name));

        if (a == NULL) {
            weir_log(WEIR_WARN, "too many destination names in the spool, some are not shown",
                     NULL);
            break;
        }
        a->named = true;
        for (int o = 0; o < WEIR_DEAD; o++)
            a->tally.count[o] = (uint64_t)sqlite3_column_int64(st, 2 + o);
    }
    sqlite3_reset(st);
    return rc == SQLITE_DONE || rc == SQLITE_ROW ? 0 : WEIR_EIO;
}

static int add_sum(struct weir_spool *s, sqlite3_stmt *st, int at, enum weir_stored_state state)
{
    struct weir_account *a = weir_ledger_numbered(s, sqlite3_column_int64(st, 0));
    unsigned shown = state == WEIR_STORED_AGAIN ? WEIR_ROW_READY : (unsigned)state;

    /* A destination without a row, and not for want of room here. */
    if (a == NULL && s->n_accounts < WEIR_MAX_DB_DESTINATIONS)
        return weir_db_note(&s->db, SQLITE_CORRUPT);
    if (a == NULL || shown > WEIR_ROW_DEAD)
        return 0;
    a->tally.rows[shown] += (uint64_t)sqlite3_column_int64(st, at);
    a->tally.bytes[shown] += (uint64_t)sqlite3_column_int64(st, at + 1);
    return 0;
}

/* The rows of `which`, those of held with their state. */
static int add_sums(struct weir_spool *s, enum weir_db_statement which)
{
    bool held = which == WEIR_DB_HELD_SUMS;
    sqlite3_stmt *st = weir_db_get(&s->db, which);
    int rc, err = 0;

    while (err == 0 && (rc = weir_db_step(&s->db, st)) != SQLITE_DONE)
        err = rc != SQLITE_ROW ? WEIR_EIO
              : held ? add_sum(s, st, 2, (enum weir_stored_state)sqlite3_column_int(st, 1))
                     : add_sum(s, st, 1, WEIR_STORED_READY);
    sqlite3_reset(st);
    return err;
}

static int load_sums(struct weir_spool *s)
{
    int err = add_sums(s, WEIR_DB_QUEUE_SUMS);

    return err == 0 ? add_sums(s, WEIR_DB_HELD_SUMS) : err;
}

int weir_ledger_load(struct weir_spool *s)
{
    if (s->accounts == NULL)
        s->accounts = calloc(WEIR_MAX_DB_DESTINATIONS, sizeof *s->accounts);
    if (s->accounts == NULL)
        return WEIR_ENOMEM;
    forget(s);
    if (load_accounts(s) != 0 || load_sums(s) != 0)
        return WEIR_EIO;
    for (size_t i = 0; i < s->n_accounts; i++) {
        s->accounts[i].saved = s->accounts[i].tally;
        publish(s, &s->accounts[i]);
    }
    return 0;
}

void weir_ledger_free(struct weir_spool *s)
{
    if (s->accounts != NULL)
        forget(s);
    free(s->accounts);
    free(s->counts);
    s->accounts = NULL;
    s->counts = NULL;
}

/* ---- counting ---------------------------------------------------------- */

static bool same_kind(const struct weir_count *c, const struct weir_account *a,
                      enum weir_outcome outcome, const char *reason, const struct weir_card *card)
{
    return c->account == a && c->outcome == outcome && c->type == card->type &&
           c->category == card->category && (c->reason == reason || strcmp(c->reason, reason) == 0);
}

/* Where pending counts of this kind are kept; NULL when out of memory: then
 * the metrics miss it, the ledger does not. */
static struct weir_count *count_of(struct weir_spool *s, const struct weir_account *a,
                                   enum weir_outcome outcome, const char *reason,
                                   const struct weir_card *card)
{
    struct weir_count *c;

    for (size_t i = 0; i < s->n_counts; i++) {
        size_t at = s->last_count + i;

        c = &s->counts[at < s->n_counts ? at : at - s->n_counts];
        if (same_kind(c, a, outcome, reason, card)) {
            s->last_count = (size_t)(c - s->counts);
            return c;
        }
    }
    if (s->n_counts == s->counts_room) {
        size_t room = s->counts_room > 0 ? 2 * s->counts_room : 64;

        c = realloc(s->counts, room * sizeof *c);
        if (c == NULL)
            return NULL;
        s->counts = c;
        s->counts_room = room;
    }
    c = &s->counts[s->n_counts++];
    *c = (struct weir_count){.account = a,
                             .type = card->type,
                             .category = card->category,
                             .outcome = outcome,
                             .reason = reason};
    return c;
}

void weir_ledger_count(struct weir_spool *s, struct weir_account *a, enum weir_outcome outcome,
                       const char *reason, const struct weir_card *card)
{
    struct weir_count *c = count_of(s, a, outcome, reason, card);

    a->tally.changed = true;
    if (outcome != WEIR_DEAD)
        a->tally.count[outcome]++;
    if (c != NULL) {
        c->n++;
        c->spans += card->spans;
        c->logs += card->logs;
        c->bytes += card->bytes;
        for (unsigned k = 0; card->riders != 0 && k < WEIR_CATEGORIES; k++)
            c->riders[k] += weir_riders_get(card->riders, (enum weir_category)k);
    }
}

void weir_ledger_add(struct weir_account *a, enum weir_stored_state state, uint64_t bytes)
{
    unsigned shown = state == WEIR_STORED_AGAIN ? WEIR_ROW_READY : (unsigned)state;

    a->tally.rows[shown]++;
    a->tally.bytes[shown] += bytes;
    a->tally.changed = true;
}

void weir_ledger_remove(struct weir_account *a, enum weir_stored_state state, uint64_t bytes)
{
    unsigned shown = state == WEIR_STORED_AGAIN ? WEIR_ROW_READY : (unsigned)state;

    a->tally.rows[shown]--;
    a->tally.bytes[shown] -= bytes;
    a->tally.changed = true;
}

uint64_t weir_ledger_used(const struct weir_account *a)
{
    const uint64_t *b = a->tally.bytes;

    return b[0] + b[1] + b[2] + b[3];
}

bool weir_ledger_balanced(const struct weir_spool *s)
{
    for (size_t i = 0; i < s->n_accounts; i++) {
        const struct weir_tally *t = &s->accounts[i].tally;
        uint64_t right = t->rows[0] + t->rows[1] + t->rows[2] + t->rows[3];

        for (int o = WEIR_FORWARDED; o < WEIR_DEAD; o++)
            right += t->count[o];
        if (right != t->count[WEIR_ACCEPTED])
            return false;
    }
    return true;
}

/* ---- commit ------------------------------------------------------------ */

int weir_ledger_save(struct weir_spool *s)
{
    for (size_t i = 0; i < s->n_accounts; i++) {
        struct weir_account *a = &s->accounts[i];
        sqlite3_stmt *st;

        if (!a->tally.changed || memcmp(a->tally.count, a->saved.count, sizeof a->saved.count) == 0)
            continue;
        if ((st = weir_db_get(&s->db, WEIR_DB_DESTINATION_SAVE)) == NULL)
            return WEIR_EIO;
        sqlite3_bind_int64(st, 1, a->number);
        weir_db_bind_text(st, 2, a->name);
        for (int o = 0; o < WEIR_DEAD; o++)
            sqlite3_bind_int64(st, 3 + o, (int64_t)a->tally.count[o]);
        if (weir_db_run(&s->db, st) != 0 || save_name(s, a) != 0)
            return WEIR_EIO;
    }
    return 0;
}

/* How much a count is in its category, as SDKs and backends count: spans and
 * log records one by one, attachments in bytes (as they are stored, of rows
 * that do not know how they came). */
static uint64_t quantity(const struct weir_count *c)
{
    uint64_t parts = 0;

    if (c->category == WEIR_CAT_SPAN)
        parts = c->spans;
    else if (c->category == WEIR_CAT_LOG_ITEM)
        parts = c->logs;
    else if (c->category == WEIR_CAT_ATTACHMENT)
        parts = c->riders[WEIR_CAT_ATTACHMENT] > 0 ? c->riders[WEIR_CAT_ATTACHMENT]
                                                   : c->bytes - c->n * WEIR_ROW_OVERHEAD;
    return parts > c->n ? parts : c->n;
}

static void report_riders(const struct weir_count *c, enum weir_report_reason why)
{
    for (unsigned k = 0; k < WEIR_CATEGORIES; k++) {
        if (c->riders[k] > 0 && !(k == WEIR_CAT_ATTACHMENT && c->category == k))
            weir_report_add((unsigned)c->account->slot, why, (enum weir_category)k, c->riders[k]);
    }
}

/* What weir itself dropped for want of time or room is told upstream, and what
 * hung on a transaction that tail sampling left out (join tells of that one);
 * a fragment is no delivery that anybody waits for. */
static void report(const struct weir_count *c)
{
    if (c->account->slot < 0 || c->type == WEIR_ITEM_BREADCRUMB)
        return;
    if (c->outcome == WEIR_SAMPLED)
        report_riders(c, WEIR_REPORT_SAMPLE_RATE);
    if (c->outcome != WEIR_EXPIRED &&
        !(c->outcome == WEIR_DROPPED && strcmp(c->reason, "full") == 0))
        return;
    report_riders(c, WEIR_REPORT_CACHE_OVERFLOW);
    weir_report_add((unsigned)c->account->slot, WEIR_REPORT_CACHE_OVERFLOW,
                    (enum weir_category)c->category, quantity(c));
    if (c->type == WEIR_ITEM_TRANSACTION)
        weir_report_add((unsigned)c->account->slot, WEIR_REPORT_CACHE_OVERFLOW, WEIR_CAT_SPAN,
                        c->spans + c->n);
}

static void count_items(const struct weir_count *c)
{
    if (c->spans > 0)
        weir_count(weir_metric_of(WEIR_M_ITEMS, "span", outcomes[c->outcome], NULL), c->spans);
    if (c->logs > 0)
        weir_count(weir_metric_of(WEIR_M_ITEMS, "log", outcomes[c->outcome], NULL), c->logs);
}

static void begin_anew(struct weir_count *c)
{
    c->n = c->spans = c->logs = c->bytes = 0;
    memset(c->riders, 0, sizeof c->riders);
}

static void flush(struct weir_spool *s, struct weir_count *c)
{
    if (c->series == NULL) {
        struct weir_str labels[] = {c->account->name,
                                    weir_str_of(weir_item_type_name((enum weir_item_type)c->type)),
                                    weir_str_of(outcomes[c->outcome]), weir_str_of(c->reason)};

        c->series = weir_metric(WEIR_M_EVENTS, labels, 4);
    }
    weir_count(c->series, c->n);
    if (c->account->slot >= 0 && (c->outcome == WEIR_EXPIRED || c->outcome == WEIR_DROPPED))
        atomic_fetch_add_explicit(&s->published[c->account->slot].gone, c->n, memory_order_relaxed);
    count_items(c);
    report(c);
    begin_anew(c);
}

void weir_ledger_committed(struct weir_spool *s)
{
    for (size_t i = 0; i < s->n_counts; i++) {
        if (s->counts[i].n > 0)
            flush(s, &s->counts[i]);
    }
    for (size_t i = 0; i < s->n_accounts; i++) {
        struct weir_account *a = &s->accounts[i];

        if (!a->tally.changed)
            continue;
        a->tally.changed = false;
        a->saved = a->tally;
        publish(s, a);
    }
}

void weir_ledger_rolled_back(struct weir_spool *s)
{
    for (size_t i = 0; i < s->n_counts; i++)
        begin_anew(&s->counts[i]);
    for (size_t i = 0; i < s->n_accounts; i++) {
        s->accounts[i].tally = s->accounts[i].saved;
        s->accounts[i].named = false; /* it may have been part of it */
    }
}
