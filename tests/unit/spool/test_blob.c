/* Blobs decode to what was written, in each encoding, at any sizes, with the
 * length in each item's header. */
#include "harness.h"

#include <zlib.h>
#include <zstd.h>

enum { MIB = 1 << 20 };

static const enum weir_compression hows[] = {WEIR_GZIP, WEIR_ZSTD, WEIR_NO_COMPRESSION};

static struct weir_str read_blob(struct world *w, const struct weir_blob *b)
{
    char *p = weir_arena_alloc(&w->arena, b->encoded_bytes + 1);
    int fd;

    assert_int_equal(weir_spool_blob_fd(w->spool, b, &fd), 0);
    assert_int_equal(read(fd, p, b->encoded_bytes + 1), b->encoded_bytes);
    close(fd);
    return (struct weir_str){p, b->encoded_bytes};
}

/* The bytes as a destination sees them; asserts that the stream ends there. */
static struct weir_str decode(struct world *w, enum weir_compression how, struct weir_str in,
                              uint64_t raw_bytes)
{
    char *out = weir_arena_alloc(&w->arena, raw_bytes + 1);
    size_t n = 0;

    if (how == WEIR_GZIP) {
        z_stream z = {.next_in = (Bytef *)in.p,
                      .avail_in = (uInt)in.n,
                      .next_out = (Bytef *)out,
                      .avail_out = (uInt)raw_bytes + 1};

        assert_int_equal(inflateInit2(&z, -15), Z_OK);
        assert_int_equal(inflate(&z, Z_FINISH), Z_STREAM_END);
        assert_int_equal(z.avail_in, 0);
        n = z.total_out;
        inflateEnd(&z);
    } else if (how == WEIR_ZSTD) {
        n = in.n == 0 ? 0 : ZSTD_decompress(out, raw_bytes + 1, in.p, in.n);
        assert_false(ZSTD_isError(n));
    } else {
        assert_int_equal(in.n, raw_bytes);
        memcpy(out, in.p, n = in.n);
    }
    assert_int_equal(n, raw_bytes);
    return (struct weir_str){out, n};
}

static void fill_bytes(char *p, size_t n, bool dense)
{
    uint64_t x = 88172645463325252;

    for (size_t i = 0; i < n; i++) {
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
        p[i] = dense ? (char)x : (char)('a' + (x & 3));
    }
}

/* One item read off `text`; returns what follows it. */
static struct weir_str check_item(struct weir_str text, const char *start, struct weir_str payload)
{
    struct weir_str head, rest, at;
    size_t length;

    assert_true(weir_str_cut(text, '\n', &head, &rest));
    assert_true(weir_str_starts(head, weir_str_of(start)));
    at = weir_str_sub(head, weir_str_find(head, WEIR_S("\"length\":")) + 9, SIZE_MAX);
    at = weir_str_trim(weir_str_sub(at, 0, at.n - 1));
    length = strtoul(at.p, NULL, 10);
    assert_int_equal(length, payload.n);
    assert_true(weir_str_eq(weir_str_sub(rest, 0, length), payload));
    assert_int_equal(rest.p[length], '\n');
    return weir_str_sub(rest, length + 1, SIZE_MAX);
}

static void write_item(struct weir_blob_writer *writer, const char *header, struct weir_str payload,
                       size_t step)
{
    assert_int_equal(weir_blob_item_begin(writer, weir_str_of(header)), 0);
    for (size_t at = 0; at < payload.n; at += step)
        assert_int_equal(weir_blob_write(writer, weir_str_sub(payload, at, step)), 0);
    assert_int_equal(weir_blob_item_end(writer), 0);
}

static void items_come_out_as_they_went_in(void **state)
{
    static const size_t sizes[] = {0, 1, 1000, 65535, 65536, 200000, 3 * MIB + 17};
    struct world w;
    char *bytes = malloc(4 * MIB);

    (void)state;
    world_new(&w, true, 64 * MIB);
    for (size_t i = 0; i < 3; i++) {
        for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
            struct weir_blob_writer *writer;
            struct weir_blob blob;
            struct weir_str text, payload = {bytes, sizes[s]};

            fill_bytes(bytes, sizes[s], s % 2);
            assert_int_equal(weir_blob_open(w.spool, hows[i], &writer), 0);
            write_item(writer, "{\"type\":\"attachment\"}", payload, 8192);
            assert_int_equal(weir_blob_item_begin(writer, WEIR_S("{\"type\":\"unwanted\"}")), 0);
            assert_int_equal(weir_blob_write(writer, payload), 0);
            assert_int_equal(weir_blob_item_cancel(writer), 0);
            write_item(writer, " {} ", WEIR_S("second"), 6);
            write_item(writer, "{\"filename\":\"a b\" }", payload, 100000);
            assert_int_equal(weir_blob_close(writer, &blob), 0);
            text = decode(&w, hows[i], read_blob(&w, &blob), blob.raw_bytes);
            assert_int_equal(crc32_z(0, (const Bytef *)text.p, text.n), blob.crc);
            text = check_item(text, "{\"type\":\"attachment\",", payload);
            text = check_item(text, "{\"length\":", WEIR_S("second"));
            text = check_item(text, "{\"filename\":\"a b\",", payload);
            assert_int_equal(text.n, 0);
            weir_blob_discard(w.spool, &blob);
            weir_arena_reset(&w.arena);
        }
    }
    free(bytes);
    world_end(&w);
}

static void an_empty_blob_is_a_whole_stream(void **state)
{
    struct world w;

    (void)state;
    world_new(&w, true, MIB);
    for (size_t i = 0; i < 3; i++) {
        struct weir_blob_writer *writer;
        struct weir_blob blob;

        assert_int_equal(weir_blob_open(w.spool, hows[i], &writer), 0);
        assert_int_equal(weir_blob_item_begin(writer, WEIR_S("{}")), 0);
        assert_int_equal(weir_blob_item_cancel(writer), 0);
        assert_int_equal(weir_blob_close(writer, &blob), 0);
        assert_int_equal(blob.raw_bytes, 0);
        decode(&w, hows[i], read_blob(&w, &blob), 0);
    }
    world_end(&w);
}

static void a_blob_lives_as_long_as_its_last_destination(void **state)
{
    struct world w;

    (void)state;
    for (int memory = 0; memory < 2; memory++) {
        struct weir_blob_writer *writer;
        struct weir_delivery d;
        struct weir_spool_row *rows;
        int fd;

        world_new(&w, memory, MIB);
        d = delivery(bit_a() | bit_b(), "items");
        assert_int_equal(weir_blob_open(w.spool, WEIR_GZIP, &writer), 0);
        write_item(writer, "{}", WEIR_S("payload"), 7);
        assert_int_equal(weir_blob_close(writer, &d.blob), 0);
        assert_int_equal(append(&w, &d, 1), 0);
        assert_int_equal(window(&w, slot_a(), 0, &rows), 1);
        assert_string_equal(rows[0].delivery.blob.name, d.blob.name);
        assert_int_equal(rows[0].delivery.blob.crc, d.blob.crc);
        assert_int_equal(rows[0].delivery.blob.raw_bytes, d.blob.raw_bytes);
        assert_true(rows[0].stored_bytes > d.blob.encoded_bytes);
        settle(&w, rows[0].id, slot_a(), WEIR_SETTLE_FORWARDED, 0, "");
        assert_int_equal(weir_spool_blob_fd(w.spool, &d.blob, &fd), 0);
        close(fd);
        settle(&w, rows[0].id, slot_b(), WEIR_SETTLE_FORWARDED, 0, "");
        assert_int_equal(weir_spool_blob_fd(w.spool, &d.blob, &fd), WEIR_ENOTFOUND);
        world_end(&w);
    }
}

static void what_is_given_up_leaves_no_file(void **state)
{
    struct world w;
    struct weir_blob_writer *writer;
    struct weir_blob blob;
    int fd;

    (void)state;
    world_new(&w, false, MIB);
    assert_int_equal(weir_blob_open(w.spool, WEIR_GZIP, &writer), 0);
    weir_blob_abort(writer);
    weir_blob_abort(NULL);
    assert_int_equal(weir_blob_open(w.spool, WEIR_GZIP, &writer), 0);
    assert_int_equal(weir_blob_close(writer, &blob), 0);
    weir_blob_discard(w.spool, &blob);
    assert_int_equal(weir_spool_blob_fd(w.spool, &blob, &fd), WEIR_ENOTFOUND);
    world_end(&w);
}

static void odd_headers_are_refused_and_names_stay_inside(void **state)
{
    static const char *const headers[] = {"", "x", "[]", "{", "}"};
    struct world w;
    struct weir_blob_writer *writer;
    struct weir_blob outside = {.name = "../weir.db"};
    char *large = calloc(1, 40000);
    int fd;

    (void)state;
    world_new(&w, false, MIB);
    assert_int_equal(weir_blob_open(w.spool, WEIR_GZIP, &writer), 0);
    for (size_t i = 0; i < sizeof headers / sizeof *headers; i++)
        assert_int_equal(weir_blob_item_begin(writer, weir_str_of(headers[i])), WEIR_EINVAL);
    memset(large, ' ', 39999);
    memset(large + 1, 'x', 39997);
    large[0] = '{';
    large[39998] = '}';
    assert_int_equal(weir_blob_item_begin(writer, weir_str_of(large)), WEIR_ELIMIT);
    weir_blob_abort(writer);
    assert_int_equal(weir_spool_blob_fd(w.spool, &outside, &fd), WEIR_ENOTFOUND);
    free(large);
    world_end(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(items_come_out_as_they_went_in),
        cmocka_unit_test(an_empty_blob_is_a_whole_stream),
        cmocka_unit_test(a_blob_lives_as_long_as_its_last_destination),
        cmocka_unit_test(what_is_given_up_leaves_no_file),
        cmocka_unit_test(odd_headers_are_refused_and_names_stay_inside),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
