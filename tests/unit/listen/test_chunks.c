/* test_chunks.c - GELF's chunks, in any order, with clocks and limits. */
#include "unit.h"

#include "collector/listen/chunks.h"

#include <stdio.h>
#include <stdlib.h>

struct place {
    struct weir_chunks *c;
    struct weir_arena arena;
    struct weir_str message; /* the last one that became whole */
    size_t dropped;          /* in all */
};

static void open_place(struct place *p)
{
    memset(p, 0, sizeof *p);
    weir_arena_init(&p->arena, 64 << 20);
    p->c = weir_chunks_new();
    assert_non_null(p->c);
}

static void close_place(struct place *p)
{
    weir_chunks_free(p->c);
    weir_arena_destroy(&p->arena);
}

static int add_bytes(struct place *p, const char *peer, const char *id, unsigned number,
                     unsigned count, struct weir_str bytes, uint64_t now_ms)
{
    /* An exact copy that is gone afterwards, as a network's buffer is. */
    char *copy = malloc(12 + bytes.n);
    size_t dropped = 0;
    int err;

    assert_non_null(copy);
    memcpy(copy, "\x1e\x0f", 2);
    memcpy(copy + 2, id, 8);
    copy[10] = (char)number;
    copy[11] = (char)count;
    if (bytes.n > 0)
        memcpy(copy + 12, bytes.p, bytes.n);
    err = weir_chunks_add(p->c, weir_str_of(peer), (struct weir_str){copy, 12 + bytes.n}, now_ms,
                          &p->arena, &p->message, &dropped);
    p->dropped += dropped;
    free(copy);
    return err;
}

static int add(struct place *p, const char *id, unsigned number, unsigned count, const char *bytes,
               uint64_t now_ms)
{
    return add_bytes(p, "peer", id, number, count, weir_str_of(bytes), now_ms);
}

static void chunks_are_put_together_in_any_order(void **state)
{
    struct place p;

    (void)state;
    open_place(&p);
    assert_int_equal(add(&p, "12345678", 2, 3, "c", 10), 0);
    assert_int_equal(add(&p, "12345678", 0, 3, "aa", 11), 0);
    assert_int_equal(add(&p, "12345678", 1, 3, "", 12), 1);
    assert_str_equal(p.message, "aac");
    assert_int_equal(add(&p, "alone---", 0, 1, "whole", 13), 1);
    assert_str_equal(p.message, "whole");
    assert_int_equal(p.dropped, 0);
    close_place(&p);
}

static void repeated_chunks_change_nothing(void **state)
{
    struct place p;

    (void)state;
    open_place(&p);
    assert_int_equal(add(&p, "12345678", 0, 2, "a", 10), 0);
    assert_int_equal(add(&p, "12345678", 0, 2, "X", 11), 0);
    assert_int_equal(add(&p, "12345678", 1, 2, "b", 12), 1);
    assert_str_equal(p.message, "ab");
    /* One that comes once more after the end begins a message that never ends. */
    assert_int_equal(add(&p, "12345678", 1, 2, "b", 13), 0);
    assert_int_equal(weir_chunks_expire(p.c, 13 + WEIR_CHUNKS_WAIT_MS), 0);
    assert_int_equal(weir_chunks_expire(p.c, 14 + WEIR_CHUNKS_WAIT_MS), 1);
    close_place(&p);
}

static void all_128_may_be_there_and_no_more(void **state)
{
    struct place p;

    (void)state;
    open_place(&p);
    for (unsigned i = 128; i-- > 0;) {
        char byte[2] = {(char)('0' + i % 10), '\0'};

        assert_int_equal(add(&p, "12345678", i, 128, byte, 10), i == 0);
    }
    assert_int_equal(p.message.n, 128);
    assert_memory_equal(p.message.p + 120, "01234567", 8);
    assert_int_equal(add(&p, "87654321", 0, 129, "a", 10), WEIR_EINVAL);
    assert_int_equal(add(&p, "87654321", 0, 255, "a", 10), WEIR_EINVAL);
    close_place(&p);
}

static void what_makes_no_sense_is_refused(void **state)
{
    struct place p;
    size_t dropped;

    (void)state;
    open_place(&p);
    assert_int_equal(add(&p, "12345678", 0, 0, "a", 10), WEIR_EINVAL);
    assert_int_equal(add(&p, "12345678", 2, 2, "a", 10), WEIR_EINVAL);
    assert_int_equal(add(&p, "12345678", 255, 2, "a", 10), WEIR_EINVAL);
    assert_int_equal(weir_chunks_add(p.c, WEIR_S("peer"), WEIR_S("\x1e\x0f 2345678"), 10, &p.arena,
                                     &p.message, &dropped),
                     WEIR_EINVAL);
    assert_int_equal(weir_chunks_add(p.c, WEIR_S("peer"), WEIR_S("{\"version\":\"1.1\"}"), 10,
                                     &p.arena, &p.message, &dropped),
                     WEIR_EINVAL);
    /* Another count for the same message: it is kept as it began. */
    assert_int_equal(add(&p, "12345678", 0, 2, "a", 10), 0);
    assert_int_equal(add(&p, "12345678", 1, 3, "b", 10), WEIR_EINVAL);
    assert_int_equal(add(&p, "12345678", 1, 2, "b", 10), 1);
    assert_str_equal(p.message, "ab");
    assert_false(weir_is_chunk(WEIR_S("\x1e")));
    assert_false(weir_is_chunk(WEIR_S("\x1f\x8b")));
    assert_true(weir_is_chunk(WEIR_S("\x1e\x0f")));
    close_place(&p);
}

static void two_senders_may_draw_the_same_id(void **state)
{
    struct place p;

    (void)state;
    open_place(&p);
    assert_int_equal(add_bytes(&p, "peer1", "12345678", 0, 2, WEIR_S("a"), 10), 0);
    assert_int_equal(add_bytes(&p, "peer2", "12345678", 0, 2, WEIR_S("x"), 10), 0);
    assert_int_equal(add_bytes(&p, "peer2", "12345678", 1, 2, WEIR_S("y"), 10), 1);
    assert_str_equal(p.message, "xy");
    assert_int_equal(add_bytes(&p, "peer1", "12345678", 1, 2, WEIR_S("b"), 10), 1);
    assert_str_equal(p.message, "ab");
    close_place(&p);
}

static void a_message_has_five_seconds_from_its_first_chunk(void **state)
{
    struct place p;

    (void)state;
    open_place(&p);
    assert_int_equal(add(&p, "in-time-", 0, 2, "a", 1000), 0);
    assert_int_equal(add(&p, "too-late", 0, 3, "x", 1000), 0);
    assert_int_equal(add(&p, "too-late", 1, 3, "y", 5000), 0);
    assert_int_equal(add(&p, "in-time-", 1, 2, "b", 6000), 1);
    assert_str_equal(p.message, "ab");
    assert_int_equal(p.dropped, 0);
    assert_int_equal(add(&p, "too-late", 2, 3, "z", 6001), 0);
    assert_int_equal(p.dropped, 2);
    assert_int_equal(weir_chunks_expire(p.c, 20000), 1);
    assert_int_equal(weir_chunks_expire(p.c, 20000), 0);
    close_place(&p);
}

static const char *id_of(unsigned i, char id[9])
{
    snprintf(id, 9, "%08u", i);
    return id;
}

static void there_are_only_so_many_half_sent_messages(void **state)
{
    struct place p;
    char id[9];

    (void)state;
    open_place(&p);
    for (unsigned i = 0; i < WEIR_CHUNKS_MESSAGES; i++)
        assert_int_equal(add(&p, id_of(i, id), 0, 2, "a", 10), 0);
    /* The store is full, but this chunk needs no message more. */
    assert_int_equal(add(&p, id_of(0, id), 0, 2, "a", 10), 0);
    assert_int_equal(p.dropped, 0);
    assert_int_equal(add(&p, id_of(WEIR_CHUNKS_MESSAGES, id), 0, 2, "a", 10), 0);
    assert_int_equal(p.dropped, 1);
    assert_int_equal(add(&p, id_of(1, id), 1, 2, "b", 10), 1); /* the oldest went */
    assert_int_equal(add(&p, id_of(0, id), 1, 2, "b", 10), 0);
    close_place(&p);
}

static void half_sent_messages_have_only_so_many_bytes(void **state)
{
    static char large[65 * 1024];
    const struct weir_str bytes = {large, sizeof large};
    size_t sent = 0;
    struct place p;

    (void)state;
    open_place(&p);
    /* The oldest one grows, the others go for it, whoever is older. */
    assert_int_equal(add_bytes(&p, "a", "oldest--", 0, 128, bytes, 10), 0);
    for (unsigned i = 0; i < 100; i++)
        assert_int_equal(add_bytes(&p, "a", "second--", i, 128, bytes, 10), 0);
    for (unsigned i = 1; i < 60; i++)
        assert_int_equal(add_bytes(&p, "a", "oldest--", i, 128, bytes, 10), 0);
    assert_int_equal(p.dropped, 100);
    /* And one that would fill it alone is given up. */
    for (sent = 60; sent < 128; sent++)
        if (add_bytes(&p, "a", "oldest--", (unsigned)sent, 128, bytes, 10) != 0)
            break;
    assert_in_range(sent * bytes.n, WEIR_CHUNKS_BYTES - 2 * bytes.n, WEIR_CHUNKS_BYTES);
    assert_true(sent < 128 || bytes.n * 128 <= WEIR_CHUNKS_BYTES);
    close_place(&p);
}

static void no_memory_for_the_message_is_said(void **state)
{
    struct weir_arena tight;
    struct place p;
    size_t dropped;

    (void)state;
    open_place(&p);
    weir_arena_init(&tight, 1);
    while (weir_arena_alloc(&tight, 8) != NULL)
        ;
    assert_int_equal(weir_chunks_add(p.c, WEIR_S("peer"),
                                     WEIR_S("\x1e\x0f"
                                            "12345678\0\1abc"),
                                     10, &tight, &p.message, &dropped),
                     WEIR_ENOMEM);
    weir_arena_destroy(&tight);
    close_place(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(chunks_are_put_together_in_any_order),
        cmocka_unit_test(repeated_chunks_change_nothing),
        cmocka_unit_test(all_128_may_be_there_and_no_more),
        cmocka_unit_test(what_makes_no_sense_is_refused),
        cmocka_unit_test(two_senders_may_draw_the_same_id),
        cmocka_unit_test(a_message_has_five_seconds_from_its_first_chunk),
        cmocka_unit_test(there_are_only_so_many_half_sent_messages),
        cmocka_unit_test(half_sent_messages_have_only_so_many_bytes),
        cmocka_unit_test(no_memory_for_the_message_is_said),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
