/* settle.c - gathering settlements into batches, and handing them in again. */
#include "settle.h"

#include "weir/log.h"

#include <stdlib.h>

enum { STUCK_MS = 250 };

struct weir_batch {
    struct weir_settle op;
    struct weir_batch *next; /* pool, stuck */
    struct weir_settle_row rows[WEIR_SETTLE_ROWS];
    struct weir_held_row *held[WEIR_SETTLE_ROWS];
    struct weir_window *windows[WEIR_SETTLE_ROWS];
    char *answers; /* WEIR_ANSWER_MAX for each row; made when first needed */
};

int weir_settler_init(struct weir_settler *s, struct weir_spool *spool)
{
    *s = (struct weir_settler){.spool = spool};
    return weir_mailbox_init(&s->box);
}

static void free_list(struct weir_batch *b)
{
    while (b != NULL) {
        struct weir_batch *next = b->next;

        free(b->answers);
        free(b);
        b = next;
    }
}

void weir_settler_destroy(struct weir_settler *s)
{
    free_list(s->idle);
    free_list(s->open);
    free_list(s->stuck);
    s->idle = s->open = s->stuck = NULL;
    weir_mailbox_destroy(&s->box);
}

static struct weir_batch *open_batch(struct weir_settler *s, uint64_t now_ms)
{
    struct weir_batch *b = s->idle;

    if (b != NULL)
        s->idle = b->next;
    else if ((b = calloc(1, sizeof *b)) == NULL)
        return NULL;
    b->next = NULL;
    b->op = (struct weir_settle){.op = {.kind = WEIR_OP_SETTLE, .reply = &s->box, .owner = b},
                                 .rows = b->rows};
    s->open = b;
    s->open_ms = now_ms;
    return b;
}

/* The answer must live until the reply; the caller's buffer does not. */
static struct weir_str keep_answer(struct weir_batch *b, size_t at, struct weir_str answer)
{
    struct weir_str kept = weir_str_sub(answer, 0, WEIR_ANSWER_MAX);

    if (kept.n == 0)
        return kept;
    if (b->answers == NULL)
        b->answers = malloc((size_t)WEIR_SETTLE_ROWS * WEIR_ANSWER_MAX);
    if (b->answers == NULL)
        return (struct weir_str){NULL, 0};
    memcpy(b->answers + at * WEIR_ANSWER_MAX, kept.p, kept.n);
    return (struct weir_str){b->answers + at * WEIR_ANSWER_MAX, kept.n};
}

/* To the spool, or to the list of those it did not take. */
static void hand_in(struct weir_settler *s, struct weir_batch *b, uint64_t now_ms)
{
    b->op.op.result = 0;
    atomic_store_explicit(&b->op.op.state, WEIR_OP_QUEUED, memory_order_relaxed);
    if (weir_spool_submit(s->spool, &b->op.op) == 0) {
        s->n_out++;
        return;
    }
    b->next = s->stuck;
    s->stuck = b;
    s->stuck_ms = now_ms + STUCK_MS;
}

static void close_batch(struct weir_settler *s, uint64_t now_ms)
{
    struct weir_batch *b = s->open;

    s->open = NULL;
    hand_in(s, b, now_ms);
}

void weir_settler_add(struct weir_settler *s, struct weir_window *window, struct weir_held_row *row,
                      const struct weir_settle_row *what, uint64_t now_ms)
{
    struct weir_batch *b = s->open != NULL ? s->open : open_batch(s, now_ms);
    size_t at;

    if (b == NULL) {
        /* No memory to settle it: it is sent again, as after a crash. */
        weir_window_put_back(window, row);
        return;
    }
    at = b->op.n++;
    b->rows[at] = *what;
    b->rows[at].answer = keep_answer(b, at, what->answer);
    b->held[at] = row;
    b->windows[at] = window;
    if (b->op.n == WEIR_SETTLE_ROWS)
        close_batch(s, now_ms);
}

static void retry_stuck(struct weir_settler *s, uint64_t now_ms)
{
    struct weir_batch *b = s->stuck;

    s->stuck = NULL;
    while (b != NULL) {
        struct weir_batch *next = b->next;

        hand_in(s, b, now_ms);
        b = next;
    }
}

void weir_settler_flush(struct weir_settler *s, bool all, uint64_t now_ms)
{
    if (s->stuck != NULL && (all || now_ms >= s->stuck_ms))
        retry_stuck(s, now_ms);
    if (s->open != NULL && (all || now_ms >= s->open_ms + WEIR_SETTLE_MS))
        close_batch(s, now_ms);
}

static void release(struct weir_batch *b)
{
    for (size_t i = 0; i < b->op.n; i++) {
        if (b->rows[i].what == WEIR_SETTLE_RETRY)
            weir_window_due(b->windows[i], b->rows[i].next_ms);
        weir_window_release(b->windows[i], b->held[i]);
    }
}

void weir_settler_take(struct weir_settler *s, uint64_t now_ms)
{
    struct weir_link *link = weir_mailbox_take(&s->box);

    while (link != NULL) {
        struct weir_op *op = (struct weir_op *)(void *)link; /* its first member */
        struct weir_batch *b = op->owner;

        link = link->next;
        s->n_out--;
        if (op->result != 0) {
            weir_log(WEIR_ERROR, "the spool could not write what was delivered; trying again",
                     "error", weir_strerror(op->result), NULL);
            b->next = s->stuck;
            s->stuck = b;
            s->stuck_ms = now_ms + STUCK_MS;
            continue;
        }
        release(b);
        b->next = s->idle;
        s->idle = b;
    }
}

uint64_t weir_settler_wake_ms(const struct weir_settler *s)
{
    uint64_t at_ms = s->open != NULL ? s->open_ms + WEIR_SETTLE_MS : 0;

    if (s->stuck != NULL && (at_ms == 0 || s->stuck_ms < at_ms))
        at_ms = s->stuck_ms;
    return at_ms;
}

bool weir_settler_done(const struct weir_settler *s)
{
    return s->open == NULL && s->stuck == NULL && s->n_out == 0;
}
