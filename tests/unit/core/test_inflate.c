/* Tests of inflate.h: every encoding whole and byte by byte, cut short, with
 * garbage behind it, and as a bomb. */
#include "unit.h"
#include "weir/inflate.h"

#include <bzlib.h>
#include <lzma.h>
#include <pthread.h>
#include <stdlib.h>
#include <zlib.h>
#include <zstd.h>

static const char text[] = "{\"event_id\":\"9ec79c33ec9942ab8353589fcb2e04dc\"}\n"
                           "{\"type\":\"event\"}\n{\"message\":\"hello hello hello\"}\n";

/* Of libbrotlienc, which weir does not need otherwise. */
static const char text_br[] =
    "\x1b\x60\x00\x00\xc4\xda\x66\xb7\x24\xb9\x90\xc4\x57\xf4\xbe\x95\x31\xcf\x1f\x2c\x64\xd1"
    "\x31\x0e\x1c\x6e\xa0\xa7\x47\x19\xc4\x07\x0f\x59\xe8\x9f\xa1\x89\x74\xe0\x7e\x3e\xff\x86"
    "\x83\xa1\x41\x99\x85\xc8\x56\xdf\x35\xad\x5b\x9f\xfc\xb4\x6a\x94\xb6\x85\x9b\x0e\xbe\x31"
    "\x86\x47\x21\xb2\xaf\x70\x0c\x64\x33\x05\x37\x01";
static const char bomb_br[] =
    "\x9b\xff\xff\x3f\x00\x24\xc2\xe2\xb1\x40\x72\xef\x7f\x00"; /* 4 MiB */

struct bytes {
    char *p;
    size_t n;
};

static struct weir_str str(struct bytes b)
{
    return (struct weir_str){b.p, b.n};
}

static struct bytes deflated(struct weir_str in, int window_bits)
{
    z_stream z = {0};
    struct bytes b = {malloc(in.n + 1000), 0};

    assert_int_equal(deflateInit2(&z, 6, Z_DEFLATED, window_bits, 8, Z_DEFAULT_STRATEGY), Z_OK);
    z.next_in = (void *)(uintptr_t)in.p;
    z.avail_in = (uInt)in.n;
    z.next_out = (void *)b.p;
    z.avail_out = (uInt)in.n + 1000;
    assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
    b.n = z.total_out;
    deflateEnd(&z);
    return b;
}

static struct bytes gzipped(struct weir_str in)
{
    return deflated(in, 15 + 16);
}

static struct bytes zipped(struct weir_str in)
{
    return deflated(in, 15);
}

static struct bytes raw_deflated(struct weir_str in)
{
    return deflated(in, -15);
}

static struct bytes zstd(struct weir_str in)
{
    size_t room = ZSTD_compressBound(in.n);
    struct bytes b = {malloc(room), 0};

    b.n = ZSTD_compress(b.p, room, in.p, in.n, 3);
    assert_false(ZSTD_isError(b.n));
    return b;
}

static struct bytes xz_of(struct weir_str in, uint32_t preset)
{
    size_t room = lzma_stream_buffer_bound(in.n);
    struct bytes b = {malloc(room), 0};

    assert_int_equal(lzma_easy_buffer_encode(preset, LZMA_CHECK_CRC64, NULL, (const uint8_t *)in.p,
                                             in.n, (uint8_t *)b.p, &b.n, room),
                     LZMA_OK);
    return b;
}

static struct bytes xz(struct weir_str in)
{
    return xz_of(in, 6);
}

static struct bytes bzip2(struct weir_str in)
{
    unsigned n = (unsigned)(in.n + in.n / 100 + 600);
    struct bytes b = {malloc(n), 0};

    assert_int_equal(
        BZ2_bzBuffToBuffCompress(b.p, &n, (char *)(uintptr_t)in.p, (unsigned)in.n, 9, 0, 0), BZ_OK);
    b.n = n;
    return b;
}

static struct bytes joined(struct weir_str a, struct weir_str b)
{
    struct bytes r = {malloc(a.n + b.n + 1), a.n + b.n};

    memcpy(r.p, a.p, a.n);
    memcpy(r.p + a.n, b.p, b.n);
    return r;
}

struct result {
    char got[4096]; /* the beginning */
    size_t n;
    int refuse; /* what the sink answers */
};

static int collect(void *self, struct weir_str bytes)
{
    struct result *r = self;

    for (size_t i = 0; i < bytes.n && r->n + i < sizeof r->got; i++)
        r->got[r->n + i] = bytes.p[i];
    r->n += bytes.n;
    return r->refuse;
}

/* Decodes `in` in pieces of `step` bytes; the first error, or 0. An encoding
 * that begins with a dot is the ending of a compressed file. */
static int decode(const char *encodings, struct weir_str in, size_t step, uint64_t max,
                  uint32_t ratio, struct result *r)
{
    struct weir_inflate *z = NULL;
    const char *ending = "";
    int rc;

    r->n = 0;
    if (encodings[0] == '.') {
        rc = weir_inflate_new_file(weir_str_sub(in, 0, WEIR_INFLATE_HEAD), max, ratio, &z, &ending);
        if (rc == WEIR_ENOTFOUND) /* too little of it, or damaged there */
            return WEIR_EINVAL;
        assert_string_equal(ending, encodings);
    } else {
        rc = weir_inflate_new(weir_str_of(encodings), max, ratio, &z);
    }
    assert_int_equal(rc, 0);
    assert_non_null(z);
    for (size_t i = 0; i < in.n && rc == 0; i += step) {
        struct weir_str piece = weir_str_sub(in, i, step);
        char *exact = malloc(piece.n); /* ASan sees a read past it */

        memcpy(exact, piece.p, piece.n);
        rc = weir_inflate_feed(z, (struct weir_str){exact, piece.n}, collect, r);
        free(exact);
    }
    if (rc == 0)
        rc = weir_inflate_end(z, collect, r);
    else
        assert_int_equal(weir_inflate_end(z, collect, r), rc); /* errors stay */
    weir_inflate_free(z);
    return rc;
}

enum { SAMPLES = 20 };

struct sample {
    const char *encodings;
    struct bytes bytes;
    bool two; /* streams, the first of 20 bytes */
};

/* `text` in two streams. */
static struct sample in_two(const char *encodings, struct bytes (*pack)(struct weir_str in))
{
    struct bytes head = pack(weir_str_sub(WEIR_S(text), 0, 20)),
                 tail = pack(weir_str_sub(WEIR_S(text), 20, SIZE_MAX));
    struct sample s = {encodings, joined(str(head), str(tail)), true};

    free(head.p);
    free(tail.p);
    return s;
}

/* `text` in every encoding. */
static size_t samples(struct sample out[SAMPLES])
{
    struct weir_str t = WEIR_S(text), br = WEIR_S(text_br);
    struct bytes gz = gzipped(t), zs = zstd(t);
    struct bytes gz_zs = zstd(str(gz)), br_gz = gzipped(br), three = zipped(str(gz_zs));
    size_t n = 0;

    out[n++] = (struct sample){"gzip", gz, false};
    out[n++] = (struct sample){" X-GZIP , identity", joined(str(gz), WEIR_S("")), false};
    out[n++] = in_two("gzip", gzipped);
    out[n++] = (struct sample){"deflate", zipped(t), false};
    out[n++] = (struct sample){"deflate", raw_deflated(t), false};
    out[n++] = (struct sample){"UTF-8,Br", joined(br, WEIR_S("")), false};
    out[n++] = (struct sample){"zstd", zs, false};
    out[n++] = in_two("zstd", zstd);
    out[n++] = (struct sample){"gzip, zstd", gz_zs, false};
    out[n++] = (struct sample){"br,gzip", br_gz, false};
    out[n++] = (struct sample){"gzip,zstd,,deflate", three, false};
    out[n++] = (struct sample){".gz", gzipped(t), false};
    out[n++] = (struct sample){".zst", zstd(t), false};
    out[n++] = (struct sample){".xz", xz(t), false};
    out[n++] = in_two(".xz", xz);
    out[n++] = (struct sample){".bz2", bzip2(t), false};
    out[n++] = in_two(".bz2", bzip2);
    assert_true(n <= SAMPLES);
    return n;
}

static void every_encoding_is_read_whole_and_byte_by_byte(void **state)
{
    static const size_t steps[] = {1, 2, 3, 7, 50, 100000};
    struct sample s[SAMPLES];
    struct result r = {.n = 0};
    size_t n = samples(s);

    (void)state;
    for (size_t i = 0; i < n; i++) {
        for (size_t k = 0; k < COUNT(steps); k++) {
            int rc = decode(s[i].encodings, str(s[i].bytes), steps[k], 1000, 100, &r);

            if (rc != 0)
                fail_msg("%s by %zu: %d", s[i].encodings, steps[k], rc);
            assert_str_equal(((struct weir_str){r.got, r.n}), text);
        }
        free(s[i].bytes.p);
    }
}

static void what_is_cut_short_is_refused_at_every_byte(void **state)
{
    struct sample s[SAMPLES];
    struct result r = {.n = 0};
    size_t n = samples(s);

    (void)state;
    for (size_t i = 0; i < n; i++) {
        size_t whole = 0; /* two members: the first alone is complete */

        for (size_t cut = 1; cut < s[i].bytes.n; cut++) {
            int rc =
                decode(s[i].encodings, weir_str_sub(str(s[i].bytes), 0, cut), 13, 1000, 100, &r);
            whole += rc == 0;
            if (rc != 0)
                assert_int_equal(rc, WEIR_EINVAL);
            else
                assert_int_equal(r.n, 20);
        }
        assert_int_equal(whole, s[i].two);
        free(s[i].bytes.p);
    }
}

static void garbage_behind_the_end_is_refused(void **state)
{
    struct sample s[SAMPLES];
    struct result r = {.n = 0};
    size_t n = samples(s);

    (void)state;
    for (size_t i = 0; i < n; i++) {
        struct bytes more = joined(str(s[i].bytes), WEIR_S("x"));

        for (size_t step = 1; step < 2000; step += 1998)
            assert_int_equal(decode(s[i].encodings, str(more), step, 1000, 100, &r), WEIR_EINVAL);
        free(more.p);
        free(s[i].bytes.p);
    }
}

static void damaged_bytes_never_pass_as_something_longer(void **state)
{
    struct sample s[SAMPLES];
    struct result r = {.n = 0};
    size_t n = samples(s);

    (void)state;
    for (size_t i = 0; i < n; i++) {
        for (size_t at = 0; at < s[i].bytes.n; at++) {
            s[i].bytes.p[at] ^= 0x55;
            (void)decode(s[i].encodings, str(s[i].bytes), 1000, 500, 100, &r);
            assert_true(r.n <= 500);
            s[i].bytes.p[at] ^= 0x55;
        }
        free(s[i].bytes.p);
    }
}

static void the_cap_in_bytes_is_exact(void **state)
{
    struct sample s[SAMPLES];
    struct result r = {.n = 0};
    size_t n = samples(s), size = sizeof text - 1;

    (void)state;
    for (size_t i = 0; i < n; i++) {
        assert_int_equal(decode(s[i].encodings, str(s[i].bytes), 9, size, 0, &r), 0);
        assert_int_equal(decode(s[i].encodings, str(s[i].bytes), 9, size - 1, 0, &r), WEIR_ELIMIT);
        assert_true(r.n < size);
        free(s[i].bytes.p);
    }
}

static void bombs_end_early(void **state)
{
    size_t large = 64 << 20;
    char *zeros = calloc(1, large);
    struct weir_str in = {zeros, large};
    struct bytes gz = gzipped(in), gz_gz = gzipped(str(gz)), zs = zstd(in);
    struct result r = {.n = 0};

    (void)state;
    assert_int_equal(decode("gzip", str(gz), gz.n, UINT64_MAX, 200, &r), WEIR_ELIMIT);
    assert_true(r.n <= gz.n * 200);
    assert_int_equal(decode("gzip, gzip", str(gz_gz), gz_gz.n, UINT64_MAX, 200, &r), WEIR_ELIMIT);
    assert_true(r.n < 2 << 20);
    assert_int_equal(decode("zstd", str(zs), zs.n, UINT64_MAX, 200, &r), WEIR_ELIMIT);
    assert_int_equal(decode("br", WEIR_S(bomb_br), 100, UINT64_MAX, 200, &r), WEIR_ELIMIT);
    assert_true(r.n <= 2 << 20);
    assert_int_equal(decode("br", WEIR_S(bomb_br), 100, 8 << 20, 0, &r), 0); /* as long as asked */
    assert_int_equal(r.n, 4 << 20);
    free(zeros);
    free(gz.p);
    free(gz_gz.p);
    free(zs.p);
}

static void bombs_in_files_end_early(void **state)
{
    size_t large = 64 << 20;
    char *zeros = calloc(1, large);
    struct weir_str in = {zeros, large};
    struct bytes x = xz(in), b = bzip2(in);
    struct result r = {.n = 0};

    (void)state;
    assert_int_equal(decode(".xz", str(x), x.n, UINT64_MAX, 200, &r), WEIR_ELIMIT);
    assert_true(r.n <= 2 << 20);
    assert_int_equal(decode(".bz2", str(b), b.n, UINT64_MAX, 200, &r), WEIR_ELIMIT);
    assert_true(r.n <= 2 << 20);
    free(zeros);
    free(x.p);
    free(b.p);
}

static void an_xz_file_may_ask_for_a_window_of_eight_mebibytes(void **state)
{
    struct bytes six = xz_of(WEIR_S(text), 6), nine = xz_of(WEIR_S(text), 9);
    struct result r = {.n = 0};

    (void)state;
    assert_int_equal(decode(".xz", str(six), 100, 1000, 0, &r), 0);
    assert_int_equal(decode(".xz", str(nine), 100, 1000, 0, &r), WEIR_ELIMIT);
    free(six.p);
    free(nine.p);
}

static void streams_of_an_xz_file_may_be_padded(void **state)
{
    struct bytes x = xz(WEIR_S(text)), padded = joined(str(x), WEIR_S("\0\0\0\0")),
                 two = joined(str(padded), str(padded));
    struct result r = {.n = 0};

    (void)state;
    for (size_t step = 1; step < 200; step += 33) {
        assert_int_equal(decode(".xz", str(padded), step, 1000, 0, &r), 0);
        assert_int_equal(r.n, sizeof text - 1);
        assert_int_equal(decode(".xz", str(two), step, 1000, 0, &r), 0);
        assert_int_equal(r.n, 2 * (sizeof text - 1));
    }
    free(x.p);
    free(padded.p);
    free(two.p);
}

static void only_a_file_is_told_by_its_first_bytes(void **state)
{
    static const char *const others[] = {"", "M", "MDMP\1\1", "BZ", "\x1f", "--xy\r\n"};
    struct weir_inflate *z;
    const char *ending;

    (void)state;
    for (size_t i = 0; i < COUNT(others); i++)
        assert_int_equal(weir_inflate_new_file(weir_str_of(others[i]), 1, 1, &z, &ending),
                         WEIR_ENOTFOUND);
}

static void an_inner_stage_that_swallows_everything_is_a_bomb_too(void **state)
{
    /* gzip header with a file name that goes on for ever: it makes no output. */
    size_t large = 32 << 20;
    char *inner = malloc(large);
    struct result r = {.n = 0};

    (void)state;
    memset(inner, 'a', large);
    memcpy(inner, "\x1f\x8b\x08\x08\0\0\0\0\0\xff", 10);
    struct bytes outer = gzipped((struct weir_str){inner, large});
    assert_int_equal(decode("gzip,gzip", str(outer), outer.n, 1 << 20, 0, &r), WEIR_ELIMIT);
    assert_int_equal(r.n, 0);
    free(inner);
    free(outer.p);
}

static void a_zstd_window_of_a_gigabyte_is_refused(void **state)
{
    /* magic, no single segment, window descriptor 20 << 3: 2^30 bytes */
    struct result r = {.n = 0};

    (void)state;
    assert_int_equal(
        decode("zstd", WEIR_S("\x28\xb5\x2f\xfd\x00\xa0\x01\x00\x00"), 100, 1000, 0, &r),
        WEIR_ELIMIT);
}

static void encodings_that_do_nothing_need_no_decoder(void **state)
{
    static const char *none[] = {"", "identity", " UTF-8 ", "identity,,utf-8"};
    static const char *bad[] = {
        "compress", "gzip,x", "gzip,gzip,gzip,gzip", "gzip;q=1", "gz ip", "xz", "bzip2", ".xz"};
    struct weir_inflate *z = (void *)&z;

    (void)state;
    for (size_t i = 0; i < COUNT(bad); i++)
        assert_int_equal(weir_inflate_new(weir_str_of(bad[i]), 1, 1, &z), WEIR_EUNSUPPORTED);
    assert_ptr_equal(z, &z);
    for (size_t i = 0; i < COUNT(none); i++) {
        z = (void *)&z;
        assert_int_equal(weir_inflate_new(weir_str_of(none[i]), 1, 1, &z), 0);
        assert_null(z);
    }
    weir_inflate_free(NULL);
}

static void a_list_that_says_what_would_be_accepted_is_forgiven(void **state)
{
    static const char list[] = "gzip, deflate";
    struct weir_str t = WEIR_S(text);
    struct bytes gz = gzipped(t), zip = zipped(t), both = zipped(str(gz)), raw = raw_deflated(t);
    struct bytes bodies[] = {gz, zip, both, raw};
    struct result *r = calloc(1, sizeof *r);

    (void)state;
    for (size_t i = 0; i < COUNT(bodies); i++) {
        for (size_t step = 1; step < 200; step += 66) {
            assert_int_equal(decode(list, str(bodies[i]), step, 1000, 0, r), 0);
            assert_str_equal(((struct weir_str){r->got, r->n}), text);
        }
        free(bodies[i].p);
    }
    assert_int_not_equal(decode("gzip", t, 20, 1000, 0, r), 0); /* alone it is meant */
    free(r);
}

static void an_empty_body_is_an_empty_body(void **state)
{
    static const char *all[] = {"gzip", "deflate", "br", "zstd", "br, gzip"};
    struct bytes raw = raw_deflated(WEIR_S(""));
    struct result r = {.n = 0};

    (void)state;
    for (size_t i = 0; i < COUNT(all); i++)
        assert_int_equal(decode(all[i], WEIR_S(""), 1, 10, 1, &r), 0);
    assert_int_equal(raw.n, 2); /* the shortest stream, as long as the look at its head */
    assert_int_equal(decode("deflate", str(raw), 1, 10, 1, &r), 0);
    assert_int_equal(decode("deflate", str(raw), 2, 10, 1, &r), 0);
    assert_int_equal(r.n, 0);
    free(raw.p);
}

static void a_sinks_refusal_is_handed_through(void **state)
{
    struct bytes gz = gzipped(WEIR_S(text));
    struct result r = {.refuse = WEIR_EFULL};

    (void)state;
    assert_int_equal(decode("gzip", str(gz), 1000, 1000, 0, &r), WEIR_EFULL);
    free(gz.p);
}

static void *use_and_leave(void *arg)
{
    struct result *r = calloc(1, sizeof *r);
    struct sample s[SAMPLES];
    size_t n = samples(s);

    (void)arg;
    for (size_t i = 0; i < n; i++) {
        assert_int_equal(decode(s[i].encodings, str(s[i].bytes), 20, 1000, 0, r), 0);
        free(s[i].bytes.p);
    }
    free(r);
    return NULL;
}

static void the_pool_of_a_thread_that_ends_is_freed(void **state)
{
    pthread_t t;

    (void)state;
    for (int i = 0; i < 3; i++) {
        assert_int_equal(pthread_create(&t, NULL, use_and_leave, NULL), 0);
        pthread_join(t, NULL); /* LeakSanitizer is the judge */
    }
}

static void many_may_be_open_at_once(void **state)
{
    struct weir_inflate *z[40];
    struct result *r = calloc(COUNT(z), sizeof *r);
    struct bytes gz = gzipped(WEIR_S(text));

    (void)state;
    for (size_t i = 0; i < COUNT(z); i++)
        assert_int_equal(weir_inflate_new(WEIR_S("gzip"), 1000, 0, &z[i]), 0);
    for (size_t at = 0; at < gz.n; at++)
        for (size_t i = 0; i < COUNT(z); i++)
            assert_int_equal(
                weir_inflate_feed(z[i], (struct weir_str){gz.p + at, 1}, collect, &r[i]), 0);
    for (size_t i = 0; i < COUNT(z); i++) {
        assert_int_equal(weir_inflate_end(z[i], collect, &r[i]), 0);
        assert_str_equal(((struct weir_str){r[i].got, r[i].n}), text);
        weir_inflate_free(z[i]);
    }
    free(gz.p);
    free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_encoding_is_read_whole_and_byte_by_byte),
        cmocka_unit_test(what_is_cut_short_is_refused_at_every_byte),
        cmocka_unit_test(garbage_behind_the_end_is_refused),
        cmocka_unit_test(damaged_bytes_never_pass_as_something_longer),
        cmocka_unit_test(the_cap_in_bytes_is_exact),
        cmocka_unit_test(bombs_end_early),
        cmocka_unit_test(bombs_in_files_end_early),
        cmocka_unit_test(an_xz_file_may_ask_for_a_window_of_eight_mebibytes),
        cmocka_unit_test(streams_of_an_xz_file_may_be_padded),
        cmocka_unit_test(only_a_file_is_told_by_its_first_bytes),
        cmocka_unit_test(an_inner_stage_that_swallows_everything_is_a_bomb_too),
        cmocka_unit_test(a_zstd_window_of_a_gigabyte_is_refused),
        cmocka_unit_test(encodings_that_do_nothing_need_no_decoder),
        cmocka_unit_test(a_list_that_says_what_would_be_accepted_is_forgiven),
        cmocka_unit_test(an_empty_body_is_an_empty_body),
        cmocka_unit_test(a_sinks_refusal_is_handed_through),
        cmocka_unit_test(the_pool_of_a_thread_that_ends_is_freed),
        cmocka_unit_test(many_may_be_open_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
