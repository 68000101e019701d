/* test_content.c - bodies whole and in pieces, encoded and not, within limits. */
#include "collector/listen/content.h"
#include "weir/decode.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <zlib.h>
#include <cmocka.h>

static struct weir_arena arena;

struct taken {
    size_t bytes, calls, lasts;
    bool whole; /* the first call was the last */
    unsigned long crc;
    int fail_after; /* calls; 0: never */
};

static int take(void *self, struct weir_str bytes, bool last)
{
    struct taken *x = self;

    assert_int_equal(x->lasts, 0);
    x->whole = x->calls == 0 && last;
    x->calls++;
    x->lasts += last;
    x->bytes += bytes.n;
    x->crc = crc32(x->crc, (const unsigned char *)bytes.p, (unsigned)bytes.n);
    return x->fail_after > 0 && x->calls >= (size_t)x->fail_after ? WEIR_EAUTH : 0;
}

static char *text_of(size_t n)
{
    char *p = malloc(n + 1);

    for (size_t i = 0; i < n; i++)
        p[i] = (char)('a' + (i * 7 + i / 1000) % 26);
    return p;
}

static int feed(const char *encoding, const char *p, size_t n, size_t step, uint64_t max,
                struct taken *x)
{
    struct weir_content u;
    int err = weir_content_open(&u, &arena, weir_str_of(encoding), n, max, 200, take, x);

    for (size_t at = 0; at < n && err == 0; at += step)
        err = weir_content_feed(&u, (struct weir_str){p + at, n - at < step ? n - at : step});
    if (err == 0)
        err = weir_content_end(&u);
    weir_content_close(&u);
    weir_content_close(&u);
    weir_arena_reset(&arena);
    return err;
}

static void small_bodies_come_whole_and_large_ones_in_pieces(void **state)
{
    static const struct {
        size_t n, step;
        bool whole;
    } cases[] = {
        {0, 1, true},
        {1, 1, true},
        {2000, 2000, true},
        {WEIR_STREAM_OVER, 16384, true},
        {WEIR_STREAM_OVER + 1, 16384, false},
        {WEIR_STREAM_OVER + 1, WEIR_STREAM_OVER + 1, false},
        {3 * WEIR_STREAM_OVER, 10000, false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char *p = text_of(cases[i].n);
        struct taken x = {0};

        assert_int_equal(feed("", p, cases[i].n, cases[i].step, UINT64_MAX, &x), 0);
        assert_int_equal(x.bytes, cases[i].n);
        assert_int_equal(x.whole, cases[i].whole);
        assert_int_equal(x.lasts, 1);
        assert_int_equal(x.crc, crc32(0, (unsigned char *)p, (unsigned)cases[i].n));
        free(p);
    }
}

static size_t pack(const char *p, size_t n, char *out, size_t room)
{
    z_stream z = {.next_in = (unsigned char *)(uintptr_t)p,
                  .avail_in = (unsigned)n,
                  .next_out = (unsigned char *)out,
                  .avail_out = (unsigned)room};

    assert_int_equal(deflateInit2(&z, 6, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY), Z_OK);
    assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
    deflateEnd(&z);
    return z.total_out;
}

static void encodings_are_undone_and_broken_ones_refused(void **state)
{
    const size_t n = 3 * WEIR_STREAM_OVER;
    char *p = malloc(n), *packed = malloc(n + 1024);
    struct taken x = {0}, y = {0}, z = {0};
    size_t m;

    (void)state;
    for (size_t i = 0; i < n; i++)
        p[i] = (char)rand();
    m = pack(p, n, packed, n + 1024);
    assert_int_equal(feed("gzip", packed, m, 5000, UINT64_MAX, &x), 0);
    assert_int_equal(x.bytes, n);
    assert_int_equal(x.crc, crc32(0, (unsigned char *)p, (unsigned)n));
    assert_int_equal(feed("gzip", packed, m - 1, 5000, UINT64_MAX, &y), WEIR_EINVAL);
    assert_int_equal(feed("rot13", packed, m, 5000, UINT64_MAX, &z), WEIR_EUNSUPPORTED);
    free(p);
    free(packed);
}

static void limits_hold_for_what_comes_in_and_for_what_comes_out(void **state)
{
    const size_t n = 100000;
    char *p = text_of(n), *packed = malloc(n);
    struct taken a = {0}, b = {0}, c = {0}, d = {.fail_after = 1};
    size_t m = pack(p, n, packed, n);

    (void)state;
    assert_int_equal(feed("", p, n, 1000, n, &a), 0);
    assert_int_equal(feed("", p, n, 1000, n - 1, &b), WEIR_ELIMIT);
    assert_int_equal(b.calls, 0);
    assert_int_equal(feed("gzip", packed, m, 1000, n - 1, &c), WEIR_ELIMIT);
    assert_int_equal(feed("", p, n, 1000, n, &d), WEIR_EAUTH);
    free(p);
    free(packed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(small_bodies_come_whole_and_large_ones_in_pieces),
        cmocka_unit_test(encodings_are_undone_and_broken_ones_refused),
        cmocka_unit_test(limits_hold_for_what_comes_in_and_for_what_comes_out),
    };
    int failed;

    weir_arena_init(&arena, 16 << 20);
    failed = cmocka_run_group_tests(tests, NULL, NULL);
    weir_arena_destroy(&arena);
    return failed;
}
