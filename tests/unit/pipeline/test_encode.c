/* test_encode.c - stored items decode to what went in, in each encoding. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "weir/delivery.h"
#include "weir/text.h"

#include <pthread.h>
#include <stdlib.h>
#include <zlib.h>

static const enum weir_compression all[] = {WEIR_GZIP, WEIR_ZSTD, WEIR_NO_COMPRESSION};
static const size_t sizes[] = {0, 1, 17, 1024, 1025, 2048, 15000, 1 << 20};

static struct weir_str sample(struct weir_arena *a, size_t n)
{
    char *p = weir_arena_alloc(a, n);

    assert_non_null(p);
    for (size_t i = 0; i < n; i++)
        p[i] = (char)("{\"message\":"[i % 11] + (i % 97 == 0));
    return (struct weir_str){p, n};
}

static void what_is_encoded_decodes_to_itself(void **state)
{
    struct weir_arena a;

    (void)state;
    weir_arena_init(&a, 64 << 20);
    for (size_t c = 0; c < 3; c++)
        for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
            for (int more = 0; more < 2; more++) {
                struct weir_str in = sample(&a, sizes[i]), out;
                struct weir_delivery d = {0};

                assert_int_equal(weir_delivery_encode(&d, &a, all[c], in, more), 0);
                assert_int_equal(d.raw_bytes, sizes[i]);
                assert_int_equal(d.crc, crc32(0, (const Bytef *)in.p, (uInt)in.n));
                d.blob.name[0] = more ? 'b' : '\0';
                assert_int_equal(weir_delivery_decode(&d, &a, 2 << 20, &out), 0);
                assert_true(weir_str_eq(in, out));
                weir_arena_reset(&a);
            }
    weir_arena_destroy(&a);
}

/* Inflates a raw stream with zlib; returns its last status. */
static int status_of(struct weir_str in)
{
    static char out[2 << 20];
    z_stream z = {.next_in = (Bytef *)(uintptr_t)in.p,
                  .avail_in = (uInt)in.n,
                  .next_out = (Bytef *)out,
                  .avail_out = sizeof out};
    int status;

    assert_int_equal(inflateInit2(&z, -15), Z_OK);
    status = inflate(&z, Z_FINISH);
    inflateEnd(&z);
    return status;
}

static void a_stream_is_closed_unless_a_blob_follows(void **state)
{
    struct weir_arena a;
    struct weir_delivery d = {0};
    static const char sync[] = {0, 0, (char)0xff, (char)0xff};

    (void)state;
    weir_arena_init(&a, 8 << 20);
    assert_int_equal(weir_delivery_encode(&d, &a, WEIR_GZIP, sample(&a, 5000), false), 0);
    assert_int_equal(status_of(d.items), Z_STREAM_END);
    for (size_t n = 0; n <= 5000; n += 5000) {
        assert_int_equal(weir_delivery_encode(&d, &a, WEIR_GZIP, sample(&a, n), true), 0);
        assert_int_equal(status_of(d.items), Z_BUF_ERROR);
        /* Byte-aligned: ends with an empty stored block (RFC 1951). */
        assert_true(weir_str_ends(d.items, (struct weir_str){sync, 4}));
    }
    weir_arena_destroy(&a);
}

static void what_fits_in_a_packet_is_stored_in_a_stream(void **state)
{
    struct weir_arena a;
    struct weir_delivery d = {0};
    struct weir_str small = {NULL, 0};

    (void)state;
    weir_arena_init(&a, 8 << 20);
    small = sample(&a, 1024);
    assert_int_equal(weir_delivery_encode(&d, &a, WEIR_GZIP, small, false), 0);
    assert_int_equal(status_of(d.items), Z_STREAM_END);
    assert_true(weir_str_ends(d.items, small));
    assert_int_equal(weir_delivery_encode(&d, &a, WEIR_GZIP, sample(&a, 1025), false), 0);
    assert_true(d.items.n < 1025 / 2);
    weir_arena_destroy(&a);
}

static void damage_is_noticed(void **state)
{
    struct weir_arena a;

    (void)state;
    weir_arena_init(&a, 64 << 20);
    for (size_t c = 0; c < 2; c++) {
        struct weir_delivery d = {0};
        struct weir_str out;

        assert_int_equal(weir_delivery_encode(&d, &a, all[c], sample(&a, 5000), false), 0);
        for (size_t at = 0; at < d.items.n; at++) {
            char *p = (char *)d.items.p + at;

            *p ^= 0x11;
            /* A zstd frame's header has bits that mean nothing. */
            if (weir_delivery_decode(&d, &a, 1 << 20, &out) == 0)
                assert_memory_equal(out.p, sample(&a, 5000).p, 5000);
            *p ^= 0x11;
        }
        d.items.n--;
        assert_int_equal(weir_delivery_decode(&d, &a, 1 << 20, &out), WEIR_EINVAL);
        d.items.n++;
        assert_int_equal(weir_delivery_decode(&d, &a, 4999, &out), WEIR_ELIMIT);
        d.raw_bytes--;
        assert_int_equal(weir_delivery_decode(&d, &a, 1 << 20, &out), WEIR_EINVAL);
        weir_arena_reset(&a);
    }
    weir_arena_destroy(&a);
}

static void *encode_on_a_thread(void *arg)
{
    struct weir_arena a;
    struct weir_delivery d = {0};

    (void)arg;
    weir_arena_init(&a, 8 << 20);
    for (size_t c = 0; c < 3; c++)
        if (weir_delivery_encode(&d, &a, all[c], sample(&a, 2048), false) != 0)
            abort();
    weir_arena_destroy(&a);
    return NULL;
}

static void a_thread_that_ends_takes_its_codecs_along(void **state)
{
    (void)state;
    for (int i = 0; i < 3; i++) {
        pthread_t t;

        assert_int_equal(pthread_create(&t, NULL, encode_on_a_thread, NULL), 0);
        pthread_join(t, NULL);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_encoded_decodes_to_itself),
        cmocka_unit_test(a_stream_is_closed_unless_a_blob_follows),
        cmocka_unit_test(what_fits_in_a_packet_is_stored_in_a_stream),
        cmocka_unit_test(damage_is_noticed),
        cmocka_unit_test(a_thread_that_ends_takes_its_codecs_along),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
