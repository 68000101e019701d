/* test_envelope_out.c - header lines, and bodies taken apart by independent
 * decoders. */
#include "unit.h"

#include "collector/forward/upload.h"

#include <stdlib.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

enum { WALL = 0 };

static struct weir_arena arena;

static int set_up(void **state)
{
    (void)state;
    weir_arena_init(&arena, 256 << 20);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    weir_arena_destroy(&arena);
    return 0;
}

static const struct weir_route_out route = {
    {"https", 5}, {"host:9000", 9}, {"/prefix", 7}, {"abc", 3}, {"42", 2}};

#define DSN_AND_TIME \
    "\"dsn\":\"https://abc@host:9000/prefix/42\",\"sent_at\":\"1970-01-01T00:00:00.000Z\""

static void the_header_line_keeps_what_the_sender_said(void **state)
{
    static const struct {
        const char *header, *event_id, *line;
    } table[] = {
        {"{}", "", "{" DSN_AND_TIME "}\n"},
        {" { } ", "", "{" DSN_AND_TIME "}\n"},
        {"{\"event_id\":\"e\",\"trace\":{\"a\":1}}", "e",
         "{" DSN_AND_TIME ",\"event_id\":\"e\",\"trace\":{\"a\":1}}\n"},
        {"{\"trace\":{}}", "e", "{\"event_id\":\"e\"," DSN_AND_TIME ",\"trace\":{}}\n"},
        {"", "", "{" DSN_AND_TIME "}\n"},
        {"nonsense", "", "{" DSN_AND_TIME "}\n"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(table); i++) {
        struct weir_delivery d = {.header = weir_str_of(table[i].header),
                                  .event_id = weir_str_of(table[i].event_id)};
        struct weir_str line;

        assert_int_equal(weir_envelope_line(&arena, &route, &d, WALL, &line), 0);
        assert_str_equal(line, table[i].line);
    }
}

static void templates_take_the_senders_key_and_project_if_they_can(void **state)
{
    static const struct {
        const char *dsn_key, *dsn_project, *key, *project;
        bool fine;
        const char *got_key, *got_project;
    } table[] = {
        {"dk", "9", "sk", "7", true, "dk", "9"},
        {"{key}", "9", "sk", "7", true, "sk", "9"},
        {"{key}", "{project}", "sk-1_2.3", "seven", true, "sk-1_2.3", "seven"},
        {"{key}", "9", "", "7", false, NULL, NULL},
        {"{key}", "9", "a\r\nX: y", "7", false, NULL, NULL},
        {"{key}", "9", "a, sentry_key=b", "7", false, NULL, NULL},
        {"dk", "{project}", "sk", "../1", false, NULL, NULL},
        {"dk", "{project}", "sk", "..", false, NULL, NULL},
        {"dk", "{project}", "sk", "", false, NULL, NULL},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(table); i++) {
        struct weir_dsn dsn = {.key = weir_str_of(table[i].dsn_key),
                               .project = weir_str_of(table[i].dsn_project)};
        struct weir_delivery d = {.key = weir_str_of(table[i].key),
                                  .project = weir_str_of(table[i].project)};
        struct weir_route_out got;

        if (weir_route_resolve(&dsn, &d, &got) != table[i].fine)
            fail_msg("row %zu", i);
        if (table[i].fine) {
            assert_str_equal(got.key, table[i].got_key);
            assert_str_equal(got.project, table[i].got_project);
        }
    }
}

static struct weir_str undo(enum weir_compression how, struct weir_str s)
{
    size_t room = 8 << 20, n = 0;
    char *out = weir_arena_alloc(&arena, room);

    if (how == WEIR_NO_COMPRESSION)
        return s;
    if (how == WEIR_GZIP) {
        z_stream z = {.next_in = (Bytef *)(uintptr_t)s.p,
                      .avail_in = (uInt)s.n,
                      .next_out = (Bytef *)out,
                      .avail_out = (uInt)room};

        inflateInit2(&z, 15 + 16);
        if (inflate(&z, Z_FINISH) != Z_STREAM_END || z.avail_in != 0)
            fail_msg("not one whole gzip member: %s", z.msg != NULL ? z.msg : "trailing bytes");
        n = room - z.avail_out;
        inflateEnd(&z);
    } else {
        n = ZSTD_decompress(out, room, s.p, s.n);
        if (ZSTD_isError(n))
            fail_msg("%s", ZSTD_getErrorName(n));
    }
    return (struct weir_str){out, n};
}

static struct weir_str repeat(char c, size_t n)
{
    char *p = weir_arena_alloc(&arena, n + 1);

    memset(p, c, n);
    return (struct weir_str){p, n};
}

/* Lines around the sizes at which blocks end. */
static void line_and_items_come_back_in_any_encoding(void **state)
{
    static const size_t lines[] = {1, 3, 200, 65534, 65535, 65536, 131072, 131073, 400000};
    static const size_t items[] = {0, 1, 100, 300000};
    (void)state;
    for (int how = WEIR_GZIP; how <= WEIR_NO_COMPRESSION; how++) {
        for (size_t i = 0; i < COUNT(lines) * COUNT(items); i++) {
            struct weir_str line = repeat('l', lines[i % COUNT(lines)]), plain;
            struct weir_str item = repeat('i', items[i / COUNT(lines)]);
            struct weir_delivery d = {0};
            struct weir_outgoing out;

            d.encoding = (enum weir_compression)how;
            if (item.n > 0)
                assert_int_equal(weir_delivery_encode(&d, &arena, d.encoding, item, false), 0);
            assert_int_equal(weir_envelope_out(&arena, line, &d, d.encoding, &out), 0);
            assert_int_equal(out.head.n, out.total_bytes);
            plain = undo(out.encoding, out.head);
            assert_int_equal(plain.n, line.n + item.n);
            assert_memory_equal(plain.p, line.p, line.n);
            assert_memory_equal(plain.p + line.n, item.p, item.n);
            weir_arena_reset(&arena);
        }
    }
}

static int file_of(struct weir_str s)
{
    char name[] = "/tmp/weir-test-upload-XXXXXX";
    int fd = mkstemp(name);

    unlink(name);
    assert_int_equal(write(fd, s.p, s.n), s.n);
    lseek(fd, 0, SEEK_SET);
    return fd;
}

static size_t read_all(struct weir_upload *u, char *out, size_t step)
{
    size_t n = 0, got;

    while ((got = weir_upload_read(u, out + n, step)) != 0) {
        if (got == SIZE_MAX)
            return SIZE_MAX;
        n += got;
    }
    return n;
}

static void an_upload_can_be_sent_twice_and_in_any_steps(void **state)
{
    static const size_t steps[] = {1, 7, 4096, 65536};
    static const struct weir_str line = {"line\n", 5};
    (void)state;
    for (size_t i = 0; i < 9 * COUNT(steps); i++) {
        enum weir_compression how = (enum weir_compression)(i % 3);
        enum weir_compression want = (enum weir_compression)(i / 3 % 3);
        struct weir_str item = repeat('i', 100), rest = repeat('r', 50000), plain;
        struct weir_delivery d = {0}, blob = {0};
        struct weir_outgoing out;
        struct weir_upload u;
        char *sent = weir_arena_alloc(&arena, 200000);

        assert_int_equal(weir_delivery_encode(&d, &arena, how, item, true), 0);
        assert_int_equal(weir_delivery_encode(&blob, &arena, how, rest, false), 0);
        d.blob = (struct weir_blob){"b", blob.items.n, rest.n, blob.crc};
        assert_int_equal(weir_envelope_out(&arena, line, &d, want, &out), 0);
        assert_int_equal(out.encoding, how == want ? how : WEIR_NO_COMPRESSION);
        assert_int_equal(weir_upload_open(&u, &out, how, file_of(blob.items)), 0);
        for (int twice = 0; twice < 2; twice++) {
            size_t n = read_all(&u, sent, steps[i / 9]);

            assert_int_equal(n, out.total_bytes);
            plain = undo(out.encoding, (struct weir_str){sent, n});
            assert_int_equal(plain.n, 5 + item.n + rest.n);
            assert_memory_equal(plain.p, "line\niiii", 9);
            assert_memory_equal(plain.p + 5 + item.n, rest.p, rest.n);
            assert_int_equal(weir_upload_rewind(&u), 0);
        }
        weir_upload_close(&u);
        weir_arena_reset(&arena);
    }
}

static void a_file_that_is_too_short_or_corrupt_is_an_error(void **state)
{
    (void)state;
    for (int how = WEIR_GZIP; how <= WEIR_NO_COMPRESSION; how++) {
        for (int want = WEIR_GZIP; want <= WEIR_NO_COMPRESSION; want++) {
            struct weir_str rest = repeat('r', 50000);
            struct weir_delivery d = {0}, blob = {0};
            struct weir_outgoing out;
            struct weir_upload u;

            assert_int_equal(
                weir_delivery_encode(&d, &arena, (enum weir_compression)how, WEIR_S("i"), true), 0);
            assert_int_equal(
                weir_delivery_encode(&blob, &arena, (enum weir_compression)how, rest, false), 0);
            d.blob = (struct weir_blob){"b", blob.items.n, rest.n, blob.crc};
            assert_int_equal(
                weir_envelope_out(&arena, WEIR_S("l\n"), &d, (enum weir_compression)want, &out), 0);
            blob.items.n -= 9;
            assert_int_equal(
                weir_upload_open(&u, &out, (enum weir_compression)how, file_of(blob.items)), 0);
            assert_true(read_all(&u, weir_arena_alloc(&arena, 200000), 4096) == SIZE_MAX);
            weir_upload_close(&u);
        }
    }
}

#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(the_header_line_keeps_what_the_sender_said),
        T(templates_take_the_senders_key_and_project_if_they_can),
        T(line_and_items_come_back_in_any_encoding),
        T(an_upload_can_be_sent_twice_and_in_any_steps),
        T(a_file_that_is_too_short_or_corrupt_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
