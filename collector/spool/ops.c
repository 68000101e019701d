/* ops.c - what each kind of operation does to the rows.
 *
 * Room. Each destination has its share in bytes, of which dead letters may
 * hold a quarter. A delivery is checked against all its destinations first;
 * those that are full are left out and counted as long as one takes it. Only
 * when no delivery of an operation finds any room is the whole operation
 * refused, unwritten, so that its sender can try again. With drop_oldest,
 * room is made instead, from the head of the queue. */
#include "ops.h"

#include "blobs.h"
#include "ledger.h"
#include "mark.h"
#include "rows.h"

static uint64_t bit(unsigned slot)
{
    return (uint64_t)1 << slot;
}

/* ---- append ------------------------------------------------------------- */

static bool wants_row(const struct weir_delivery *d)
{
    return d->fate == WEIR_FATE_SPOOL || d->fate == WEIR_FATE_STAGE;
}

/* Would `bytes` more be taken, with what drop_oldest may press out? */
static bool has_room(const struct weir_spool *s, const struct weir_account *a, uint64_t bytes)
{
    const struct weir_tally *t = &a->tally;
    uint64_t stays = weir_ledger_used(a);

    if (s->settings.drop_oldest)
        stays -= t->bytes[WEIR_ROW_READY] + t->bytes[WEIR_ROW_WAITING];
    return bytes <= a->max_bytes && stays <= a->max_bytes - bytes;
}

/* drop_oldest: the oldest make room. Rows are first tried in the order in
 * which they came, so those that wait for a retry are older than those never
 * tried. */
static int make_room(struct weir_spool *s, struct weir_account *a, uint64_t bytes)
{
    static const enum weir_stored_state order[] = {WEIR_STORED_WAITING, WEIR_STORED_AGAIN,
                                                   WEIR_STORED_READY};
    size_t i = 0;

    while (weir_ledger_used(a) + bytes > a->max_bytes && i < 3) {
        struct weir_target t;
        int err = weir_rows_first(s, a, order[i], &t);

        if (err == WEIR_ENOTFOUND) {
            i++;
            continue;
        }
        if (err != 0 || weir_rows_finish(s, a, &t, WEIR_DROPPED, "full") != 0)
            return WEIR_EIO;
    }
    return 0;
}

/* Slots of `d` that take it, those of unknown ones left out. */
static uint64_t takers(struct weir_spool *s, const struct weir_delivery *d)
{
    uint64_t bytes = weir_rows_card(d, false).bytes, mask = 0;

    for (uint64_t rest = d->destinations; rest != 0; rest &= rest - 1) {
        unsigned slot = (unsigned)__builtin_ctzll(rest);
        const struct weir_account *a = weir_ledger_account(s, slot);

        if (a != NULL && has_room(s, a, bytes))
            mask |= bit(slot);
    }
    return mask;
}

/* Is there a delivery that wants a row, and does none of them find room? */
static bool all_full(struct weir_spool *s, const struct weir_append *op)
{
    bool any = false;

    for (size_t i = 0; i < op->n; i++) {
        if (!wants_row(&op->deliveries[i]))
            continue;
        if (takers(s, &op->deliveries[i]) != 0)
            return false;
        any = true;
    }
    return any;
}

/* Counts `d` for the slots of `mask` as accepted, and at once as `outcome`
 * unless that is WEIR_ACCEPTED. */
static void count_all(struct weir_spool *s, const struct weir_delivery *d, uint64_t mask,
                      enum weir_outcome outcome, const char *reason)
{
    struct weir_card card = weir_rows_card(d, false);

    for (; mask != 0; mask &= mask - 1) {
        struct weir_account *a = weir_ledger_account(s, (unsigned)__builtin_ctzll(mask));

        if (a == NULL)
            continue;
        weir_ledger_count(s, a, WEIR_ACCEPTED, "", &card);
        if (outcome != WEIR_ACCEPTED)
            weir_ledger_count(s, a, outcome, reason != NULL ? reason : "", &card);
    }
}

static int add_row(struct weir_spool *s, struct weir_account *a, const struct weir_delivery *d,
                   int64_t id, const struct weir_card *card)
{
    char mark[WEIR_MARK_BYTES];
    struct weir_hold h = {.state = WEIR_STORED_STAGED, .due_ms = d->received_ms};
    struct weir_target t = {.id = id, .card = *card, .since_ms = d->received_ms};

    if (d->fate != WEIR_FATE_STAGE) {
        if (a->slot >= 0)
            s->ready |= bit((unsigned)a->slot);
        return weir_rows_enqueue(s, a, id, card);
    }
    h.answer = weir_mark_write(&d->mark, mark);
    t.card.bytes += h.answer.n;
    return weir_rows_hold_new(s, a, &t, &h);
}

static int append_one(struct weir_spool *s, struct weir_delivery *d)
{
    uint64_t mask = takers(s, d);
    struct weir_card card;
    int64_t id, home = 0;

    d->dropped = d->destinations & ~mask;
    count_all(s, d, d->dropped, WEIR_DROPPED, "full");
    if (mask == 0)
        return 0;
    for (uint64_t rest = mask; rest != 0; rest &= rest - 1) {
        struct weir_account *a = weir_ledger_account(s, (unsigned)__builtin_ctzll(rest));

        home = a->number;
        if (make_room(s, a, weir_rows_card(d, false).bytes) != 0)
            return WEIR_EIO;
    }
    if (weir_rows_store(s, d, (unsigned)__builtin_popcountll(mask), home, &id, &card) != 0 ||
        ((card.flags & WEIR_CARD_BLOB) && weir_blobs_sync(s, &d->blob) != 0))
        return WEIR_EIO;
    if (d->fate == WEIR_FATE_STAGE && weir_rows_note_staged(s, d, id) != 0)
        return WEIR_EIO;
    for (uint64_t rest = mask; rest != 0; rest &= rest - 1) {
        struct weir_account *a = weir_ledger_account(s, (unsigned)__builtin_ctzll(rest));

        if (add_row(s, a, d, id, &card) != 0)
            return WEIR_EIO;
    }
    count_all(s, d, mask, WEIR_ACCEPTED, NULL);
    return 0;
}

static int append(struct weir_spool *s, struct weir_append *op)
{
    static const enum weir_outcome outcome[] = {[WEIR_FATE_FILTERED] = WEIR_FILTERED,
                                                [WEIR_FATE_SAMPLED] = WEIR_SAMPLED,
                                                [WEIR_FATE_DROPPED] = WEIR_DROPPED};

    if (all_full(s, op)) {
        op->op.result = WEIR_EFULL;
        return 0;
    }
    for (size_t i = 0; i < op->n; i++) {
        struct weir_delivery *d = &op->deliveries[i];

        d->dropped = 0;
        if (!wants_row(d))
            count_all(s, d, d->destinations, outcome[d->fate], d->reason);
        else if (append_one(s, d) != 0)
            return WEIR_EIO;
    }
    return 0;
}

/* ---- settle ------------------------------------------------------------- */

int weir_ops_press_out_dead(struct weir_spool *s, struct weir_account *a)
{
    while (a->tally.bytes[WEIR_ROW_DEAD] > a->max_bytes / 4) {
        struct weir_target t;
        int err = weir_rows_first(s, a, WEIR_STORED_DEAD, &t);

        if (err == WEIR_ENOTFOUND)
            return 0;
        if (err != 0 || weir_rows_finish(s, a, &t, WEIR_DROPPED, "dead_letters_full") != 0)
            return WEIR_EIO;
    }
    return 0;
}

static int settle_one(struct weir_spool *s, const struct weir_settle_row *row)
{
    struct weir_account *a = weir_ledger_account(s, row->slot);
    const char *reason = row->reason != NULL ? row->reason : "";
    struct weir_target t;
    struct weir_hold h = {.attempts = row->attempts, .status = row->status};
    int err = a != NULL ? weir_rows_find(s, a, row->id, &t) : WEIR_ENOTFOUND;

    /* Not there: expired or pressed out while it was being sent, and counted
     * as that. Dead: somebody else settled it. */
    if (err != 0 || t.state == WEIR_STORED_DEAD || t.state == WEIR_STORED_STAGED)
        return err == WEIR_EIO ? err : 0;
    h.reason = weir_str_of(reason);
    h.answer = weir_str_sub(row->answer, 0, WEIR_ANSWER_BYTES);
    switch (row->what) {
    case WEIR_SETTLE_FORWARDED:
        return weir_rows_finish(s, a, &t, WEIR_FORWARDED, reason);
    case WEIR_SETTLE_EXPIRED:
        return weir_rows_finish(s, a, &t, WEIR_EXPIRED, reason[0] != '\0' ? reason : "ttl");
    case WEIR_SETTLE_RETRY:
        h.state = WEIR_STORED_WAITING;
        h.due_ms = row->next_ms;
        return weir_rows_hold(s, a, &t, &h, NULL, 0);
    case WEIR_SETTLE_DEAD:
        h.state = WEIR_STORED_DEAD;
        h.due_ms = s->now_ms;
        weir_ledger_count(s, a, WEIR_DEAD, reason, &t.card);
        if (weir_rows_hold(s, a, &t, &h, NULL, 0) != 0)
            return WEIR_EIO;
        return weir_ops_press_out_dead(s, a);
    }
    return 0;
}

static int settle(struct weir_spool *s, const struct weir_settle *op)
{
    for (size_t i = 0; i < op->n; i++) {
        if (settle_one(s, &op->rows[i]) != 0)
            return WEIR_EIO;
    }
    return 0;
}

/* ---- replace ------------------------------------------------------------ */

/* Ends the staged rows of a delivery, whichever destinations they are for. */
static int finish_staged(struct weir_spool *s, int64_t id, enum weir_outcome outcome,
                         const char *reason)
{
    for (size_t i = 0; i < s->n_accounts; i++) {
        struct weir_account *a = &s->accounts[i];
        struct weir_target t;
        int err = weir_rows_find_staged(s, a, id, &t);

        if (err == WEIR_ENOTFOUND)
            continue;
        if (err != 0 || weir_rows_finish(s, a, &t, outcome, reason) != 0)
            return WEIR_EIO;
    }
    return 0;
}

/* The carrier's rows become ready, with the new body if there is one.
 * ret_accounts: whose they are, room for all. */
static int carry(struct weir_spool *s, const struct weir_replace *op,
                 struct weir_account **ret_accounts, unsigned *ret_n)
{
    struct weir_hold h = {.state = WEIR_STORED_AGAIN};
    struct weir_card card = weir_rows_card(&op->body, false);
    uint64_t blob_bytes = 0;
    unsigned n = 0;

    if (op->has_body && weir_rows_blob_bytes(s, op->carrier, &blob_bytes) != 0)
        return WEIR_EIO;
    for (size_t i = 0; i < s->n_accounts; i++) {
        struct weir_account *a = &s->accounts[i];
        struct weir_target t;
        int err = weir_rows_find_staged(s, a, op->carrier, &t);

        if (err == WEIR_ENOTFOUND)
            continue;
        card.flags = t.card.flags; /* the blob is the carrier's own and stays */
        card.riders = t.card.riders;
        if (err != 0 || weir_rows_hold(s, a, &t, &h, op->has_body ? &card : NULL, blob_bytes) != 0)
            return WEIR_EIO;
        ret_accounts[n++] = a;
        if (a->slot >= 0)
            s->ready |= bit((unsigned)a->slot);
    }
    *ret_n = n;
    if (n == 0)
        return WEIR_ENOTFOUND;
    return op->has_body ? weir_rows_restore(s, op->carrier, &op->body, &card) : 0;
}

/* What else the fragments made. It is made of what was taken before, so there
 * is room for it whatever the shares say. */
static int add_further(struct weir_spool *s, const struct weir_delivery *d,
                       struct weir_account **accounts, unsigned n)
{
    struct weir_card card;
    int64_t id;

    if (weir_rows_store(s, d, n, accounts[0]->number, &id, &card) != 0)
        return WEIR_EIO;
    for (unsigned i = 0; i < n; i++) {
        if (weir_rows_enqueue(s, accounts[i], id, &card) != 0)
            return WEIR_EIO;
        if (accounts[i]->slot >= 0)
            s->ready |= bit((unsigned)accounts[i]->slot);
        weir_ledger_count(s, accounts[i], WEIR_ACCEPTED, "", &card);
    }
    return 0;
}

/* The row stays, with what it stands for now. */
static int keep(struct weir_spool *s, const struct weir_replace *op)
{
    char room[WEIR_MARK_BYTES];
    struct weir_hold h = {.state = WEIR_STORED_STAGED, .answer = weir_mark_write(&op->mark, room)};
    bool found = false;

    for (size_t i = 0; i < s->n_accounts; i++) {
        struct weir_target t;
        int err = weir_rows_find_staged(s, &s->accounts[i], op->kept, &t);

        if (err == WEIR_ENOTFOUND)
            continue;
        h.due_ms = t.since_ms;
        if (err != 0 || weir_rows_hold(s, &s->accounts[i], &t, &h, NULL, 0) != 0)
            return WEIR_EIO;
        found = true;
    }
    return found ? 0 : WEIR_ENOTFOUND;
}

/* Destinations that have parts of what the carrier was made of, but not the
 * carrier (they were full when it came): into `accounts` behind the first n. */
static int find_others(struct weir_spool *s, const struct weir_replace *op,
                       struct weir_account **accounts, unsigned n, unsigned *ret_n)
{
    unsigned all = n;

    for (size_t i = 0; i < s->n_accounts; i++) {
        struct weir_account *a = &s->accounts[i];
        bool there = false;

        for (unsigned k = 0; k < n && !there; k++)
            there = accounts[k] == a;
        for (size_t k = 0; k < op->n_leaving && !there; k++) {
            struct weir_target t;
            int err = op->leaving[k].outcome == WEIR_COLLAPSED
                          ? weir_rows_find_staged(s, a, op->leaving[k].id, &t)
                          : WEIR_ENOTFOUND;

            if (err == WEIR_EIO)
                return err;
            if (err != 0)
                continue;
            accounts[all++] = a;
            there = true;
        }
    }
    *ret_n = all;
    return 0;
}

/* A transaction or log item is all that its parts are sent as, so every
 * destination that took one of them gets it; an error may lack breadcrumbs. */
static bool is_of_parts(const struct weir_replace *op)
{
    return op->has_body &&
           (op->body.type == WEIR_ITEM_TRANSACTION || op->body.type == WEIR_ITEM_LOG);
}

static int carry_all(struct weir_spool *s, const struct weir_replace *op)
{
    struct weir_account *accounts[WEIR_MAX_DB_DESTINATIONS];
    unsigned n = 0, all;
    int err = carry(s, op, accounts, &n);

    all = n;
    if (err == 0 && is_of_parts(op) && s->n_accounts > n)
        err = find_others(s, op, accounts, n, &all);
    if (err == 0 && all > n)
        err = add_further(s, &op->body, accounts + n, all - n);
    for (size_t i = 0; err == 0 && i < op->n_further; i++)
        err = add_further(s, &op->further[i], accounts, all);
    return err;
}

static int replace(struct weir_spool *s, struct weir_replace *op)
{
    int err = op->carrier > 0 ? carry_all(s, op) : 0;

    if (err == 0 && op->kept > 0)
        err = keep(s, op);
    if (err == WEIR_ENOTFOUND) { /* it expired; the others wait for theirs */
        op->op.result = WEIR_ENOTFOUND;
        return 0;
    }
    for (size_t i = 0; err == 0 && i < op->n_leaving; i++)
        err = finish_staged(s, op->leaving[i].id, op->leaving[i].outcome, op->leaving[i].reason);
    return err;
}

/* ---- dead letters ------------------------------------------------------- */

/* Its time to live begins anew, else it would expire at once. */
static int redrive(struct weir_spool *s, struct weir_account *a, struct weir_target *t)
{
    static const struct weir_hold ready = {.state = WEIR_STORED_AGAIN};
    sqlite3_stmt *st = weir_db_get(&s->db, WEIR_DB_DELIVERY_TOUCH);

    if (st == NULL)
        return WEIR_EIO;
    sqlite3_bind_int64(st, 1, t->id);
    sqlite3_bind_int64(st, 2, (int64_t)s->now_ms);
    if (weir_db_run(&s->db, st) != 0)
        return WEIR_EIO;
    t->since_ms = s->now_ms;
    if (a->slot >= 0)
        s->ready |= bit((unsigned)a->slot);
    return weir_rows_hold(s, a, t, &ready, NULL, 0);
}

static int end_dead(struct weir_spool *s, struct weir_dead_op *op, struct weir_account *a,
                    struct weir_target *t)
{
    op->done++;
    return op->op.kind == WEIR_OP_REDRIVE ? redrive(s, a, t)
                                          : weir_rows_finish(s, a, t, WEIR_DROPPED, "operator");
}

static bool account_meant(const struct weir_account *a, int slot)
{
    return slot < 0 || a->slot == slot;
}

static int dead_by_id(struct weir_spool *s, struct weir_dead_op *op, int64_t id)
{
    size_t before = op->done;

    for (size_t i = 0; i < s->n_accounts; i++) {
        struct weir_account *a = &s->accounts[i];
        struct weir_target t;
        int err = account_meant(a, op->slot) ? weir_rows_find(s, a, id, &t) : WEIR_ENOTFOUND;

        if (err == WEIR_ENOTFOUND || (err == 0 && t.state != WEIR_STORED_DEAD))
            continue;
        if (err != 0 || end_dead(s, op, a, &t) != 0)
            return WEIR_EIO;
    }
    op->unknown += op->done == before;
    return 0;
}

/* All of them, a bounded number in each transaction. */
static int dead_all(struct weir_spool *s, struct weir_dead_op *op, bool *ret_more)
{
    size_t left = WEIR_DEAD_CHUNK;

    for (size_t i = 0; i < s->n_accounts; i++) {
        struct weir_account *a = &s->accounts[i];
        struct weir_target t;
        int err = 0;

        if (!account_meant(a, op->slot))
            continue;
        while (left > 0 && (err = weir_rows_first(s, a, WEIR_STORED_DEAD, &t)) == 0) {
            if (end_dead(s, op, a, &t) != 0)
                return WEIR_EIO;
            left--;
        }
        if (err == WEIR_EIO)
            return err;
    }
    *ret_more = left == 0;
    return 0;
}

/* Run again after a commit that failed, it counts from where it stood. */
static int dead(struct weir_spool *s, struct weir_dead_op *op, bool *ret_more)
{
    op->done = op->committed;
    op->unknown = 0;
    if (op->n == 0)
        return dead_all(s, op, ret_more);
    for (size_t i = 0; i < op->n; i++) {
        if (dead_by_id(s, op, op->ids[i]) != 0)
            return WEIR_EIO;
    }
    return 0;
}

/* ---- all ---------------------------------------------------------------- */

int weir_ops_run(struct weir_spool *s, struct weir_op *op, bool *ret_more)
{
    *ret_more = false;
    op->result = 0;
    switch (op->kind) {
    case WEIR_OP_APPEND:
        return append(s, (struct weir_append *)op);
    case WEIR_OP_SETTLE:
        return settle(s, (const struct weir_settle *)op);
    case WEIR_OP_REPLACE:
        return replace(s, (struct weir_replace *)op);
    case WEIR_OP_REDRIVE:
    case WEIR_OP_DROP:
        return dead(s, (struct weir_dead_op *)op, ret_more);
    }
    return 0;
}

uint64_t weir_ops_bytes(const struct weir_op *op)
{
    const struct weir_append *append_op = (const struct weir_append *)op;
    uint64_t bytes = 0;

    if (op->kind == WEIR_OP_APPEND) {
        for (size_t i = 0; i < append_op->n; i++)
            bytes += append_op->deliveries[i].items.n;
    }
    return bytes;
}
