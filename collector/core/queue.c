/* queue.c - D. Vyukov's bounded queue with one consumer, and a mailbox.
 *
 * Ring. Each cell has a sequence number, which says whose turn it is:
 *
 *     seq == position          free: a producer may take it
 *     seq == position + 1      full: the consumer may take it
 *     seq == position + size   free again, for the next round
 *
 * A producer claims a position by advancing `tail`, writes the object, then
 * publishes it by the cell's seq. The consumer goes from cell to cell and
 * needs no atomic operation but the loads and stores of seq.
 *
 * Sleep. The consumer sets `sleep`, looks once more, and sleeps in poll().
 * A producer publishes, then looks at `sleep`. Both pairs are sequentially
 * consistent: so at least one of them sees the other's store, and no object
 * is left lying beside a sleeping consumer. The exchange makes just one
 * producer write the eventfd. A nap is a sleep that patient objects do not
 * end; it has a timeout, so they are not left lying either.
 *
 * Mailbox. A stack that is taken as a whole and turned around: no ABA, as
 * nothing is ever taken from its middle. */
#include "weir/queue.h"

#include <poll.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum { LEAST = 2, MOST = 1 << 20 };
enum { AWAKE, NAPPING, ASLEEP };

struct weir_queue_cell {
    atomic_size_t seq;
    void *object;
};

static void signal_fd(int fd)
{
    uint64_t one = 1;

    /* It fails only when the counter is full, and then it is readable. */
    if (write(fd, &one, sizeof one) < 0)
        return;
}

static void clear_fd(int fd)
{
    uint64_t count;

    if (read(fd, &count, sizeof count) < 0)
        return; /* it was clear */
}

int weir_queue_init(struct weir_queue *q, size_t capacity)
{
    size_t size = LEAST;

    while (size < capacity && size < MOST)
        size *= 2;
    q->mask = size - 1;
    atomic_init(&q->tail, 0);
    atomic_init(&q->head, 0);
    atomic_init(&q->sleep, AWAKE);
    q->cells = calloc(size, sizeof *q->cells);
    if (q->cells == NULL)
        return WEIR_ENOMEM;
    for (size_t i = 0; i < size; i++)
        atomic_init(&q->cells[i].seq, i);
    q->event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (q->event_fd < 0) {
        free(q->cells);
        q->cells = NULL;
        return WEIR_EIO;
    }
    return 0;
}

void weir_queue_destroy(struct weir_queue *q)
{
    if (q->cells == NULL)
        return;
    close(q->event_fd);
    free(q->cells);
    q->cells = NULL;
}

/* Wakes a consumer whose sleep is at least as deep as `ends`. */
static bool push(struct weir_queue *q, void *object_take, int ends)
{
    size_t at = atomic_load_explicit(&q->tail, memory_order_relaxed);
    struct weir_queue_cell *c;

    for (;;) {
        c = &q->cells[at & q->mask];
        /* acquire: pairs with the consumer's release in pop, after which
         * the cell's object is ours to overwrite */
        size_t seq = atomic_load_explicit(&c->seq, memory_order_acquire);

        if (seq == at) {
            if (atomic_compare_exchange_weak_explicit(&q->tail, &at, at + 1, memory_order_relaxed,
                                                      memory_order_relaxed))
                break;
        } else if ((ptrdiff_t)(seq - at) < 0) {
            return false; /* still full from the last round */
        } else {
            at = atomic_load_explicit(&q->tail, memory_order_relaxed);
        }
    }
    c->object = object_take;
    /* Publishes the object (release), and is ordered before the look at
     * `sleep` (seq_cst, see above). */
    atomic_store(&c->seq, at + 1);
    if (atomic_load(&q->sleep) >= ends && atomic_exchange(&q->sleep, AWAKE) != AWAKE)
        signal_fd(q->event_fd);
    return true;
}

bool weir_queue_push(struct weir_queue *q, void *object_take)
{
    return push(q, object_take, NAPPING);
}

bool weir_queue_push_patient(struct weir_queue *q, void *object_take)
{
    return push(q, object_take, ASLEEP);
}

void *weir_queue_pop(struct weir_queue *q)
{
    size_t at = atomic_load_explicit(&q->head, memory_order_relaxed);
    struct weir_queue_cell *c = &q->cells[at & q->mask];
    void *object;

    /* pairs with the producer's publishing store */
    if (atomic_load_explicit(&c->seq, memory_order_acquire) != at + 1)
        return NULL;
    object = c->object;
    /* release: our read of the object is done before it is overwritten */
    atomic_store_explicit(&c->seq, at + q->mask + 1, memory_order_release);
    atomic_store_explicit(&q->head, at + 1, memory_order_relaxed);
    return object;
}

static bool is_empty(struct weir_queue *q)
{
    size_t at = atomic_load_explicit(&q->head, memory_order_relaxed);

    return atomic_load(&q->cells[at & q->mask].seq) != at + 1; /* seq_cst, see above */
}

static void rest(struct weir_queue *q, int how, int timeout_ms)
{
    struct pollfd p = {.fd = q->event_fd, .events = POLLIN};

    atomic_store(&q->sleep, how); /* seq_cst, see above */
    if (is_empty(q))
        (void)poll(&p, 1, timeout_ms);
    atomic_store(&q->sleep, AWAKE);
    if (p.revents != 0)
        clear_fd(q->event_fd);
}

void weir_queue_wait(struct weir_queue *q, int timeout_ms)
{
    rest(q, ASLEEP, timeout_ms);
}

void weir_queue_nap(struct weir_queue *q, int timeout_ms)
{
    rest(q, NAPPING, timeout_ms);
}

size_t weir_queue_depth(const struct weir_queue *q)
{
    size_t head = atomic_load_explicit(&q->head, memory_order_relaxed);
    size_t tail = atomic_load_explicit(&q->tail, memory_order_relaxed);

    /* The two are read at different times: never less than nothing. */
    return (ptrdiff_t)(tail - head) > 0 ? tail - head : 0;
}

int weir_mailbox_init(struct weir_mailbox *m)
{
    atomic_init(&m->head, NULL);
    m->event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    return m->event_fd >= 0 ? 0 : WEIR_EIO;
}

void weir_mailbox_destroy(struct weir_mailbox *m)
{
    if (m->event_fd >= 0)
        close(m->event_fd);
    m->event_fd = -1;
}

void weir_mailbox_post_all(struct weir_mailbox *m, struct weir_link *newest_take,
                           struct weir_link *oldest)
{
    struct weir_link *head = atomic_load_explicit(&m->head, memory_order_relaxed);

    do {
        oldest->next = head;
        /* release: pairs with the exchange in take */
    } while (!atomic_compare_exchange_weak_explicit(&m->head, &head, newest_take,
                                                    memory_order_release, memory_order_relaxed));
    if (head == NULL)
        signal_fd(m->event_fd);
}

void weir_mailbox_post(struct weir_mailbox *m, struct weir_link *object_take)
{
    weir_mailbox_post_all(m, object_take, object_take);
}

struct weir_link *weir_mailbox_take(struct weir_mailbox *m)
{
    struct weir_link *newest, *oldest = NULL;

    /* First clear, then take: what is posted in between signals again. */
    clear_fd(m->event_fd);
    /* acquire: pairs with post */
    newest = atomic_exchange_explicit(&m->head, NULL, memory_order_acquire);
    while (newest != NULL) {
        struct weir_link *next = newest->next;

        newest->next = oldest;
        oldest = newest;
        newest = next;
    }
    return oldest;
}
