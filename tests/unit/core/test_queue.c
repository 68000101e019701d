/* Tests of queue.h; the threaded ones are meant for the tsan preset too. */
#include "unit.h"
#include "weir/queue.h"

#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>

enum { PRODUCERS = 3, EACH = 20000 };

struct note {
    struct weir_link link;
    unsigned producer, number;
};

static void a_queue_is_first_in_first_out_and_bounded(void **state)
{
    struct weir_queue *q = calloc(1, sizeof *q);
    int objects[8];

    (void)state;
    assert_int_equal(weir_queue_init(q, 5), 0); /* rounded up to 8 */
    assert_null(weir_queue_pop(q));
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < 8; i++)
            assert_true(weir_queue_push(q, &objects[i]));
        assert_false(weir_queue_push(q, &objects[0]));
        assert_int_equal(weir_queue_depth(q), 8);
        for (int i = 0; i < 8; i++)
            assert_ptr_equal(weir_queue_pop(q), &objects[i]);
        assert_null(weir_queue_pop(q));
        assert_int_equal(weir_queue_depth(q), 0);
    }
    weir_queue_destroy(q);
    weir_queue_destroy(q);
    free(q);
}

static void waiting_ends_at_the_timeout_and_at_once_when_there_is_something(void **state)
{
    struct weir_queue q;
    int object;

    (void)state;
    assert_int_equal(weir_queue_init(&q, 2), 0);
    weir_queue_wait(&q, 5);
    assert_true(weir_queue_push(&q, &object));
    weir_queue_wait(&q, -1);
    assert_ptr_equal(weir_queue_pop(&q), &object);
    weir_queue_destroy(&q);
}

/* Pushes what can wait, then what cannot. */
static void *push_both(void *arg)
{
    struct weir_queue *q = arg;
    static int objects[2];

    while (atomic_load(&q->sleep) == 0)
        sched_yield();
    if (!weir_queue_push_patient(q, &objects[0]) || !weir_queue_push(q, &objects[1]))
        abort();
    return NULL;
}

static void a_nap_is_ended_by_what_cannot_wait_and_by_nothing_else(void **state)
{
    struct weir_queue q;
    pthread_t t;
    int object;

    (void)state;
    assert_int_equal(weir_queue_init(&q, 4), 0);
    weir_queue_nap(&q, 5);
    assert_true(weir_queue_push_patient(&q, &object));
    weir_queue_nap(&q, -1); /* it is there already */
    assert_ptr_equal(weir_queue_pop(&q), &object);
    pthread_create(&t, NULL, push_both, &q);
    weir_queue_nap(&q, -1);
    assert_int_equal(weir_queue_depth(&q), 2);
    pthread_join(t, NULL);
    weir_queue_destroy(&q);
}

static void *push_patient(void *arg)
{
    static int object;

    if (!weir_queue_push_patient(arg, &object))
        abort();
    return NULL;
}

static void what_can_wait_ends_any_other_sleep(void **state)
{
    struct weir_queue q;
    pthread_t t;

    (void)state;
    assert_int_equal(weir_queue_init(&q, 4), 0);
    pthread_create(&t, NULL, push_patient, &q);
    weir_queue_wait(&q, -1); /* a lost wake-up hangs: the test's timeout */
    assert_non_null(weir_queue_pop(&q));
    pthread_join(t, NULL);
    weir_queue_destroy(&q);
}

struct shared {
    struct weir_queue queue;
    struct weir_mailbox box;
    struct note notes[PRODUCERS][EACH];
    atomic_uint next;
    bool use_box;
};

static void *produce(void *arg)
{
    struct shared *s = arg;
    unsigned me = atomic_fetch_add(&s->next, 1);

    for (unsigned i = 0; i < EACH; i++) {
        struct note *n = &s->notes[me][i];

        n->producer = me;
        n->number = i;
        if (s->use_box) {
            weir_mailbox_post(&s->box, &n->link);
        } else {
            while (!weir_queue_push(&s->queue, n))
                sched_yield();
        }
    }
    return NULL;
}

static void check_order(const struct note *n, unsigned seen[PRODUCERS])
{
    assert_true(n->producer < PRODUCERS);
    assert_int_equal(n->number, seen[n->producer]);
    seen[n->producer]++;
}

static void run_threads(bool use_box)
{
    struct shared *s = calloc(1, sizeof *s);
    unsigned seen[PRODUCERS] = {0}, total = 0;
    pthread_t t[PRODUCERS];

    assert_non_null(s);
    s->use_box = use_box;
    assert_int_equal(weir_queue_init(&s->queue, 64), 0);
    assert_int_equal(weir_mailbox_init(&s->box), 0);
    for (int i = 0; i < PRODUCERS; i++)
        pthread_create(&t[i], NULL, produce, s);
    while (total < PRODUCERS * EACH) {
        if (use_box) {
            struct pollfd p = {.fd = s->box.event_fd, .events = POLLIN};

            assert_int_equal(poll(&p, 1, 20000), 1); /* a lost wake-up fails here */
            for (struct weir_link *l = weir_mailbox_take(&s->box), *next; l != NULL; l = next) {
                next = l->next;
                check_order((struct note *)l, seen);
                total++;
            }
            continue;
        }
        struct note *n = weir_queue_pop(&s->queue);

        if (n == NULL) {
            weir_queue_wait(&s->queue, -1); /* a lost wake-up hangs: the test's timeout */
            continue;
        }
        check_order(n, seen);
        total++;
    }
    for (int i = 0; i < PRODUCERS; i++)
        pthread_join(t[i], NULL);
    weir_queue_destroy(&s->queue);
    weir_mailbox_destroy(&s->box);
    free(s);
}

static void a_queue_loses_nothing_between_threads(void **state)
{
    (void)state;
    run_threads(false);
}

static void a_mailbox_loses_nothing_between_threads(void **state)
{
    (void)state;
    run_threads(true);
}

static void a_mailbox_gives_everything_oldest_first(void **state)
{
    struct weir_mailbox m;
    struct weir_link links[3];
    struct pollfd p = {.events = POLLIN};

    (void)state;
    assert_int_equal(weir_mailbox_init(&m), 0);
    p.fd = m.event_fd;
    assert_null(weir_mailbox_take(&m));
    assert_int_equal(poll(&p, 1, 0), 0);
    for (int i = 0; i < 3; i++)
        weir_mailbox_post(&m, &links[i]);
    assert_int_equal(poll(&p, 1, 0), 1);
    struct weir_link *l = weir_mailbox_take(&m);
    assert_true(l == &links[0] && l->next == &links[1] && l->next->next == &links[2] &&
                l->next->next->next == NULL);
    assert_int_equal(poll(&p, 1, 0), 0);
    weir_mailbox_destroy(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_queue_is_first_in_first_out_and_bounded),
        cmocka_unit_test(waiting_ends_at_the_timeout_and_at_once_when_there_is_something),
        cmocka_unit_test(a_nap_is_ended_by_what_cannot_wait_and_by_nothing_else),
        cmocka_unit_test(what_can_wait_ends_any_other_sleep),
        cmocka_unit_test(a_queue_loses_nothing_between_threads),
        cmocka_unit_test(a_mailbox_loses_nothing_between_threads),
        cmocka_unit_test(a_mailbox_gives_everything_oldest_first),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
