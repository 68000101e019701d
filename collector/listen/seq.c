/* seq.c - see seq.h.
 *
 * The window of a source, newest number on the left, after 6 7 9 11:
 *
 *   highest 11   came 1 0 1 0 1 1      0: missing, counted as lost
 *   number      11 10 9 8 7 6          known: 6 positions back
 *
 *   above the highest   what lies between is missing
 *   within the window   it was missing, and is not any more; or came twice
 *   below what we know  (the first ones out of order) what lies between is
 *                       missing
 *   far off             the sender began anew */
#include "seq.h"

static void publish(struct weir_seqs *t, struct weir_seq_entry *e)
{
    int64_t lost = atomic_load_explicit(&e->lost, memory_order_relaxed);
    int64_t told = atomic_load_explicit(&e->published, memory_order_relaxed);
    void *tag = atomic_load_explicit(&e->tag, memory_order_relaxed);

    if (tag == NULL)
        return;
    /* Two may look at once; each difference is told by one of them. */
    while (lost > told) {
        if (atomic_compare_exchange_weak_explicit(&e->published, &told, lost, memory_order_relaxed,
                                                  memory_order_relaxed)) {
            t->report(tag, (uint64_t)(lost - told));
            return;
        }
    }
}

static void give_away(struct weir_seqs *t, struct weir_seq_entry *e, uint64_t name, uint32_t now_s)
{
    uint64_t had = atomic_load_explicit(&e->source, memory_order_relaxed);

    publish(t, e);
    atomic_store_explicit(&e->heard_s, now_s, memory_order_relaxed);
    if (!atomic_compare_exchange_strong_explicit(&e->source, &had, name, memory_order_relaxed,
                                                 memory_order_relaxed))
        return;
    atomic_store_explicit(&e->tag, NULL, memory_order_relaxed);
    atomic_store_explicit(&e->window, 0, memory_order_relaxed);
    atomic_store_explicit(&e->lost, 0, memory_order_relaxed);
    atomic_store_explicit(&e->published, 0, memory_order_relaxed);
}

static struct weir_seq_entry *place_of(struct weir_seqs *t, uint64_t name, uint32_t now_s)
{
    struct weir_seq_entry *set = t->entries[(name >> 8) % WEIR_SEQ_SETS], *oldest = set;

    for (size_t i = 0; i < WEIR_SEQ_WAYS; i++) {
        if (atomic_load_explicit(&set[i].source, memory_order_relaxed) == name)
            return &set[i];
        if (atomic_load_explicit(&set[i].heard_s, memory_order_relaxed) <
            atomic_load_explicit(&oldest->heard_s, memory_order_relaxed))
            oldest = &set[i];
    }
    give_away(t, oldest, name, now_s);
    return oldest;
}

static uint64_t pack(uint32_t highest, uint32_t came, uint32_t known)
{
    return (uint64_t)highest << 32 | (came & ((1u << WEIR_SEQ_WINDOW) - 1)) << 8 |
           (known < WEIR_SEQ_WINDOW ? known : WEIR_SEQ_WINDOW);
}

/* The window after number `seq`, and by how much the losses change. */
static uint64_t step(uint64_t window, uint32_t seq, int64_t *ret_change)
{
    uint32_t highest = (uint32_t)(window >> 32), came = (uint32_t)window >> 8, back, bit;
    uint32_t known = (uint32_t)window & 0xff;
    int32_t ahead = (int32_t)(seq - highest);

    *ret_change = 0;
    if (known == 0 || ahead >= WEIR_SEQ_RESTART || ahead <= -WEIR_SEQ_RESTART)
        return pack(seq, 1, 1);
    if (ahead > 0) {
        *ret_change = ahead - 1;
        return pack(seq, ahead < WEIR_SEQ_WINDOW ? came << ahead | 1 : 1, known + (uint32_t)ahead);
    }
    back = (uint32_t)-ahead;
    if (back >= WEIR_SEQ_WINDOW) /* began anew, or very late */
        return seq < WEIR_SEQ_WINDOW ? pack(seq, 1, 1) : window;
    bit = 1u << back;
    if (back >= known) {
        *ret_change = back - known;
        known = back + 1;
    } else if ((came & bit) == 0) {
        *ret_change = -1;
    }
    return pack(highest, came | bit, known);
}

struct weir_seq_entry *weir_seq_note(struct weir_seqs *t, struct weir_str source, uint64_t seq,
                                     uint64_t now_ms)
{
    uint64_t name = weir_str_hash(source) | 1; /* 0 is free */
    uint32_t now_s = (uint32_t)(now_ms / 1000) + 1;
    struct weir_seq_entry *e = place_of(t, name, now_s);
    uint64_t window = atomic_load_explicit(&e->window, memory_order_relaxed), next;
    int64_t change;

    atomic_store_explicit(&e->heard_s, now_s, memory_order_relaxed);
    do {
        next = step(window, (uint32_t)seq, &change);
    } while (!atomic_compare_exchange_weak_explicit(&e->window, &window, next, memory_order_relaxed,
                                                    memory_order_relaxed));
    if (change != 0)
        atomic_fetch_add_explicit(&e->lost, change, memory_order_relaxed);
    return e;
}

void weir_seq_publish(struct weir_seqs *t)
{
    for (size_t i = 0; i < WEIR_SEQ_SETS; i++)
        for (size_t k = 0; k < WEIR_SEQ_WAYS; k++)
            publish(t, &t->entries[i][k]);
}
