/* test_stream.c - streams: however the bytes are cut, what comes out is the
 * same, and nothing gets through between two windows. */
#include "scrub/helper.h"
#include "scrubbers/minidump.h"
#include "scrubbers/stream.h"
#include "weir/text.h"

#include <zlib.h>

enum { SMALL = 512 };

static int collect(void *self, struct weir_str bytes)
{
    weir_buf_add(self, bytes);
    return 0;
}

/* Feeds `in` in pieces of `step`; 0 or what failed. */
static int stream(struct bench *b, enum weir_stream_kind what, bool binary_ok, size_t window,
                  size_t step, struct weir_str in, struct weir_str *ret_out)
{
    struct weir_scrub_stream *t;
    struct weir_buf out;
    int rc;

    weir_buf_init(&out, &b->arena, SIZE_MAX / 2);
    assert_int_equal(weir_scrub_stream_sized(b->plan, what, WEIR_SCRUB_JSON, binary_ok, window,
                                             collect, &out, &t),
                     0);
    rc = 0;
    for (size_t at = 0; rc == 0 && at < in.n; at += step)
        rc = weir_scrub_stream_feed(t, weir_str_sub(in, at, step));
    if (rc == 0)
        rc = weir_scrub_stream_end(t);
    weir_scrub_stream_free(t);
    *ret_out = (struct weir_str){out.p, out.n};
    return rc;
}

static void same(struct weir_str got, const char *want)
{
    if (got.n != strlen(want) || (got.n > 0 && memcmp(got.p, want, got.n) != 0))
        fail_msg("got  %.*s\nwant %s", WEIR_FMT(got), want);
}

static const char json[] = "{\"a\":\"mail bob@x.io\",\"list\":[1,4539148803436467,\"10.0.0.1\"],"
                           "\"password\":{\"x\":\"y\",\"n\":12},\"esc\":\"a\\u0040b bob\\u0040x."
                           "io \\\" z\",\"bob@x.io\":true,\"pairs\":[[\"Cookie\",\"sid=1\"]]}";
static const char json_out[] =
    "{\"a\":\"mail [email]\",\"list\":[1,null,\"[ip]\"],"
    "\"password\":{\"x\":\"[Filtered]\",\"n\":null},\"esc\":\"a@b [email] \\\" z\",\"[email]\":"
    "true,\"pairs\":[[\"Cookie\",\"[Filtered]\"]]}";

static void json_may_be_cut_at_every_byte(void **state)
{
    struct bench b;

    (void)state;
    bench_open(&b, NULL);
    for (size_t step = 1; step < sizeof json; step++) {
        struct weir_str out;

        assert_int_equal(stream(&b, WEIR_STREAM_JSON, false, SMALL, step, WEIR_S(json), &out), 0);
        same(out, json_out);
        assert_int_equal(stream(&b, WEIR_STREAM_ATTACHMENT, false, SMALL, step, WEIR_S(json), &out),
                         0);
        same(out, json_out);
    }
    /* windows of every size down to the longest token */
    for (size_t window = 48; window < sizeof json; window++) {
        struct weir_str out;

        assert_int_equal(stream(&b, WEIR_STREAM_JSON, false, window, 7, WEIR_S(json), &out), 0);
        same(out, json_out);
    }
    bench_close(&b);
}

static void broken_json_fails_and_text_does_not(void **state)
{
    static const char *const broken[] = {"{\"a\":", "{\"a\":1}}", "{\"a\" 1}", "", "[\"abc"};
    struct weir_str out;
    struct bench b;

    (void)state;
    bench_open(&b, NULL);
    for (size_t i = 0; i < sizeof broken / sizeof *broken; i++) {
        assert_int_equal(
            stream(&b, WEIR_STREAM_JSON, false, SMALL, 3, weir_str_of(broken[i]), &out),
            WEIR_EINVAL);
        assert_int_equal(
            stream(&b, WEIR_STREAM_ATTACHMENT, false, SMALL, 3, weir_str_of(broken[i]), &out), 0);
        same(out, broken[i]);
    }
    assert_int_equal(stream(&b, WEIR_STREAM_ATTACHMENT, false, SMALL, 3,
                            WEIR_S("[info] mail to bob@x.io\n[warn] x"), &out),
                     0);
    same(out, "[info] mail to [email]\n[warn] x");
    bench_close(&b);
}

static void a_string_longer_than_the_window_goes_as_a_whole(void **state)
{
    char in[4096] = "{\"a\":\"1\",\"b\":\"bob@x.io \\\"";
    struct bench b;

    (void)state;
    memset(in + strlen(in), 'x', 2000);
    (void)strcat(in, "\\\\\",\"c\":\"bob@x.io\"}");
    bench_open(&b, NULL);
    for (size_t step = 1; step < 600; step += 37) {
        struct weir_str out;

        assert_int_equal(stream(&b, WEIR_STREAM_JSON, false, SMALL, step, weir_str_of(in), &out),
                         0);
        same(out, "{\"a\":\"1\",\"b\":\"[Filtered]\",\"c\":\"[email]\"}");
    }
    bench_close(&b);
}

/* Text with personal data at every offset relative to the windows. */
static void nothing_in_text_slips_through_between_windows(void **state)
{
    static const char *const planted[] = {
        "maria.okafor@exampel-mail.org", "4539 1488 0343 6467",  "DE89 3704 0044 0532 0130 00",
        "password=hunter2-Tr0ub4dor",    "Bearer abc123.def456", "203.0.113.77"};
    static const char *const fillers[] = {"x", "lorem ipsum ", "line\n", "a,b;c "};
    struct bench b;

    (void)state;
    bench_open(&b, NULL);
    for (size_t f = 0; f < sizeof fillers / sizeof *fillers; f++)
        for (size_t i = 0; i < sizeof planted / sizeof *planted; i++)
            for (size_t pad = 300; pad < 560; pad += 3) {
                char in[2048] = "";
                struct weir_str out;

                while (strlen(in) < pad)
                    (void)strcat(in, fillers[f]);
                (void)strcat(in, " ");
                (void)strcat(in, planted[i]);
                (void)strcat(in, " ");
                while (strlen(in) < 1500)
                    (void)strcat(in, fillers[f]);
                assert_int_equal(
                    stream(&b, WEIR_STREAM_ATTACHMENT, false, SMALL, 100, weir_str_of(in), &out),
                    0);
                if (weir_str_find(out, weir_str_sub(weir_str_of(planted[i]), 9, SIZE_MAX)) !=
                    SIZE_MAX)
                    fail_msg("%s after %zu of '%s'", planted[i], pad, fillers[f]);
                weir_arena_reset(&b.arena);
            }
    bench_close(&b);
}

static void a_private_key_longer_than_the_window_goes_to_its_end(void **state)
{
    char in[8192] = "key\n-----BEGIN PRIVATE KEY-----\n";
    struct weir_str out;
    struct bench b;

    (void)state;
    for (unsigned i = 0; i < 60; i++)
        (void)strcat(in, "GxMBUNT7IHFIKoMAECTgl6oY8RdUjL9zAI33nuJbOyNIITSL2Isu70JOh31Zcm\n");
    (void)strcat(in, "-----END PRIVATE KEY-----\nafter bob@x.io\n");
    bench_open(&b, NULL);
    assert_int_equal(stream(&b, WEIR_STREAM_ATTACHMENT, false, SMALL, 50, weir_str_of(in), &out),
                     0);
    assert_true(weir_str_find(out, WEIR_S("GxMB")) == SIZE_MAX);
    assert_true(weir_str_find(out, WEIR_S("oMAECTgl6oY8")) == SIZE_MAX);
    assert_true(weir_str_ends(out, WEIR_S("-----END PRIVATE KEY-----\nafter [email]\n")));
    bench_close(&b);
}

static void other_binaries_are_refused_before_a_byte_is_written(void **state)
{
    static const char png[] = "\x89PNG\r\n\x1a\n\0\0\0\rIHDR bob@x.io";
    struct weir_str out;
    struct bench b;

    (void)state;
    bench_open(&b, NULL);
    assert_int_equal(stream(&b, WEIR_STREAM_ATTACHMENT, false, SMALL, 5, WEIR_S(png), &out),
                     WEIR_EUNSUPPORTED);
    assert_int_equal(out.n, 0);
    assert_int_equal(stream(&b, WEIR_STREAM_ATTACHMENT, true, SMALL, 5, WEIR_S(png), &out), 0);
    assert_int_equal(out.n, sizeof png - 1);
    assert_int_equal(
        weir_scrub_attachment(b.scrubber, b.plan, &b.arena, WEIR_S("x.png"), WEIR_S(png), &out),
        WEIR_EUNSUPPORTED);
    bench_close(&b);
}

/* ---- recordings -------------------------------------------------------------- */

static const char events[] = "[{\"type\":4,\"data\":{\"href\":\"https://x.io/?token=abc123\"}},"
                             "{\"type\":3,\"data\":{\"text\":\"bob@x.io\"}}]";
static const char events_out[] =
    "[{\"type\":4,\"data\":{\"href\":\"https://x.io/?token=[Filtered]\"}},"
    "{\"type\":3,\"data\":{\"text\":\"[email]\"}}]";

static struct weir_str recording(struct bench *b, bool zlib)
{
    struct weir_buf in;
    uint8_t packed[1024];
    uLongf n = sizeof packed;

    weir_buf_init(&in, &b->arena, 1 << 20);
    weir_buf_add(&in, WEIR_S("{\"segment_id\":0}\n"));
    if (zlib) {
        assert_int_equal(compress(packed, &n, (const Bytef *)events, sizeof events - 1), Z_OK);
        weir_buf_add(&in, (struct weir_str){(char *)packed, n});
    } else {
        weir_buf_add(&in, WEIR_S(events));
    }
    return (struct weir_str){in.p, in.n};
}

static void check_recording(struct weir_str out, bool zlib)
{
    char plain[1024];
    uLongf n = sizeof plain;

    assert_true(weir_str_starts(out, WEIR_S("{\"segment_id\":0}\n")));
    out = weir_str_sub(out, 17, SIZE_MAX);
    if (zlib) {
        assert_int_equal(uncompress((Bytef *)plain, &n, (const Bytef *)out.p, out.n), Z_OK);
        out = (struct weir_str){plain, n};
    }
    same(out, events_out);
}

static void recordings_are_opened_scrubbed_and_closed(void **state)
{
    struct bench b;

    (void)state;
    bench_open(&b, NULL);
    for (unsigned zlib = 0; zlib < 2; zlib++) {
        struct weir_str in = recording(&b, zlib), out;

        assert_int_equal(weir_scrub_recording(b.scrubber, b.plan, &b.arena, in, &out), 0);
        check_recording(out, zlib);
        for (size_t step = 1; step <= in.n; step++) {
            assert_int_equal(stream(&b, WEIR_STREAM_RECORDING, false, SMALL, step, in, &out), 0);
            check_recording(out, zlib);
        }
        /* cut short anywhere in the body, it must not leave */
        for (size_t n = 18; n < in.n; n++)
            assert_int_equal(
                weir_scrub_recording(b.scrubber, b.plan, &b.arena, weir_str_sub(in, 0, n), &out),
                WEIR_EINVAL);
    }
    bench_close(&b);
}

/* ---- minidumps ------------------------------------------------------------------ */

static void put(char *p, size_t at, uint64_t v, unsigned bytes)
{
    for (unsigned i = 0; i < bytes; i++)
        p[at + i] = (char)(v >> 8 * i);
}

enum {
    DIR = 32,
    N_STREAMS = 5,
    THREADS_AT = 128,
    MODULES_AT = 192,
    MEMORY_AT = 320,
    ENVIRON_AT = 400,
    SYSTEM_AT = 464,
    STACK_AT = 512,
    HEAP_AT = 640,
    NAME_AT = 768,
    DUMP_BYTES = 1024
};

/* A dump with one thread, one module, one piece of heap, an environment. */
static void make_dump(char *p)
{
    static const struct {
        uint32_t type, n, at;
    } dir[N_STREAMS] = {{3, 4 + 48, THREADS_AT},
                        {4, 4 + 108, MODULES_AT},
                        {5, 4 + 32, MEMORY_AT},
                        {0x47670007, 40, ENVIRON_AT},
                        {7, 32, SYSTEM_AT}};
    static const char name[] = "C:\\Users\\mokafor77\\app.exe";

    memset(p, 0, DUMP_BYTES);
    memcpy(p, "MDMP", 4);
    put(p, 8, N_STREAMS, 4);
    put(p, 12, DIR, 4);
    for (unsigned i = 0; i < N_STREAMS; i++) {
        put(p, DIR + i * 12, dir[i].type, 4);
        put(p, DIR + i * 12 + 4, dir[i].n, 4);
        put(p, DIR + i * 12 + 8, dir[i].at, 4);
    }
    put(p, THREADS_AT, 1, 4);
    put(p, THREADS_AT + 4 + 24, 0x7fff0000, 8); /* stack: address, size, place */
    put(p, THREADS_AT + 4 + 32, 128, 4);
    put(p, THREADS_AT + 4 + 36, STACK_AT, 4);
    put(p, MODULES_AT, 1, 4);
    put(p, MODULES_AT + 4, 0x400000, 8);
    put(p, MODULES_AT + 12, 0x10000, 4);
    put(p, MEMORY_AT, 2, 4);
    put(p, MEMORY_AT + 4, 0x7fff0000, 8);
    put(p, MEMORY_AT + 12, 128, 4);
    put(p, MEMORY_AT + 16, STACK_AT, 4);
    put(p, MEMORY_AT + 20, 0x900000, 8);
    put(p, MEMORY_AT + 28, 64, 4);
    put(p, MEMORY_AT + 32, HEAP_AT, 4);
    memcpy(p + ENVIRON_AT, "SECRET=hunter2\0USER=mokafor77", 29);
    put(p, SYSTEM_AT, 9, 2);             /* AMD64 */
    put(p, STACK_AT, 0x400123, 8);       /* a return address */
    put(p, STACK_AT + 8, 0x7fff0040, 8); /* a frame pointer */
    memcpy(p + STACK_AT + 16, "hunter2-Tr0ub4dor", 17);
    memcpy(p + HEAP_AT, "maria on the heap", 17);
    for (size_t i = 0; i < sizeof name; i++)
        p[NAME_AT + 2 * i] = name[i]; /* UTF-16 */
}

static void minidumps_keep_their_length_and_their_stack(void **state)
{
    char dump[DUMP_BYTES];
    struct bench b;
    struct weir_str out;

    (void)state;
    make_dump(dump);
    bench_open(&b, NULL);
    assert_int_equal(weir_scrub_attachment(b.scrubber, b.plan, &b.arena, WEIR_S("x.dmp"),
                                           (struct weir_str){dump, sizeof dump}, &out),
                     0);
    assert_int_equal(out.n, sizeof dump);
    assert_memory_equal(out.p, dump, ENVIRON_AT);
    assert_memory_equal(out.p + STACK_AT, dump + STACK_AT, 16);
    assert_true(weir_str_find(out, WEIR_S("hunter2")) == SIZE_MAX);
    assert_true(weir_str_find(out, WEIR_S("mokafor")) == SIZE_MAX);
    assert_true(weir_str_find(out, WEIR_S("maria")) == SIZE_MAX);
    assert_true(weir_str_find(out, (struct weir_str){"m\0o\0k\0a\0", 8}) == SIZE_MAX);
    assert_true(weir_str_find(out, (struct weir_str){"a\0p\0p\0.\0", 8}) != SIZE_MAX);
    assert_int_equal(stream(&b, WEIR_STREAM_ATTACHMENT, false, SMALL, 100,
                            (struct weir_str){dump, sizeof dump}, &out),
                     0);
    assert_int_equal(out.n, sizeof dump);
    assert_true(weir_str_find(out, WEIR_S("hunter2")) == SIZE_MAX);
    bench_close(&b);
}

static void a_dump_that_points_outside_of_itself_is_refused(void **state)
{
    static const struct {
        size_t at;
        uint64_t v;
    } damage[] = {{12, 0xFFFFFFF0}, {8, 4097},        {DIR + 4, 0xFFFF},
                  {THREADS_AT, 99}, {MODULES_AT, 77}, {MEMORY_AT + 28, 0xFFFFF}};
    struct bench b;

    (void)state;
    bench_open(&b, NULL);
    for (size_t i = 0; i < sizeof damage / sizeof *damage; i++) {
        char dump[DUMP_BYTES];
        struct weir_str out;

        make_dump(dump);
        put(dump, damage[i].at, damage[i].v, 4);
        assert_int_equal(weir_scrub_attachment(b.scrubber, b.plan, &b.arena, WEIR_S(""),
                                               (struct weir_str){dump, sizeof dump}, &out),
                         WEIR_EUNSUPPORTED);
    }
    bench_close(&b);
}

static void dumps_have_one_budget_for_all(void **state)
{
    (void)state;
    assert_false(weir_minidump_reserve(0, WEIR_DUMP_BYTES + 1));
    assert_true(weir_minidump_reserve(0, WEIR_DUMP_BYTES));
    assert_false(weir_minidump_reserve(WEIR_DUMP_BYTES, 1));
    assert_true(weir_minidump_reserve(0, WEIR_DUMP_BYTES));
    assert_false(weir_minidump_reserve(0, 1));
    weir_minidump_release(WEIR_DUMP_BYTES);
    assert_true(weir_minidump_reserve(0, 1));
    weir_minidump_release(WEIR_DUMP_BYTES + 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(json_may_be_cut_at_every_byte),
        cmocka_unit_test(broken_json_fails_and_text_does_not),
        cmocka_unit_test(a_string_longer_than_the_window_goes_as_a_whole),
        cmocka_unit_test(nothing_in_text_slips_through_between_windows),
        cmocka_unit_test(a_private_key_longer_than_the_window_goes_to_its_end),
        cmocka_unit_test(other_binaries_are_refused_before_a_byte_is_written),
        cmocka_unit_test(recordings_are_opened_scrubbed_and_closed),
        cmocka_unit_test(minidumps_keep_their_length_and_their_stack),
        cmocka_unit_test(a_dump_that_points_outside_of_itself_is_refused),
        cmocka_unit_test(dumps_have_one_budget_for_all),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
