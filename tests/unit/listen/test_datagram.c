/* test_datagram.c - what is in a datagram, and its compression. */
#include "unit.h"

#include "collector/listen/datagram.h"

#include <zlib.h>

static const struct {
    const char *name, *bytes;
    enum weir_format format;
} rows[] = {
    {"gelf", "{\"version\":\"1.1\",\"short_message\":\"m\"}", WEIR_FORMAT_GELF},
    {"gelf_without_version", "{\"host\":\"a\",\"full_message\":\"m\"}", WEIR_FORMAT_GELF},
    {"gelf_over_lines", "{\n\"short_message\":\n\"m\"}", WEIR_FORMAT_GELF},
    {"gelf_one_a_line", "{\"short_message\":\"m\"}\n{\"short_message\":\"n\"}\n", WEIR_FORMAT_GELF},
    {"gelf_with_a_time_of_logstash", "{\"@timestamp\":1,\"short_message\":\"m\"}",
     WEIR_FORMAT_GELF},
    {"logstash_v0", "{\"@message\":\"m\",\"@fields\":{}}", WEIR_FORMAT_LOGSTASH},
    {"logstash_v1", "{\"@timestamp\":\"t\",\"@version\":\"1\",\"message\":\"m\"}",
     WEIR_FORMAT_LOGSTASH},
    {"logstash_without_time", "{\"@version\":1,\"message\":\"m\"}", WEIR_FORMAT_LOGSTASH},
    {"native", "{\"type\":\"error\",\"message\":\"m\"}", WEIR_FORMAT_NATIVE},
    {"native_that_speaks_of_gelf", "{\"type\":\"error\",\"message\":\"no short_message\"}",
     WEIR_FORMAT_NATIVE},
    {"native_that_holds_gelf",
     "{\"type\":\"error\",\"message\":\"m\",\"extra\":{\"short_message\":1}}", WEIR_FORMAT_NATIVE},
    {"native_that_holds_logstash", "{\"type\":\"message\",\"extra\":{\"@timestamp\":1}}",
     WEIR_FORMAT_NATIVE},
    {"native_with_an_address", "{\"message\":\"of a@b.c\",\"_\":\"@\"}", WEIR_FORMAT_NATIVE},
    {"native_that_ends_with_the_name", "\"@version", WEIR_FORMAT_NATIVE},
    {"logstash_behind_an_address", "{\"message\":\"a@b.c\",\"@version\":1}", WEIR_FORMAT_LOGSTASH},
    {"gelf_behind_underscores", "{\"_a_\":\"__message\",\"full_message\":1}", WEIR_FORMAT_GELF},
    {"broken", "{\"short_message\":\"m\"", WEIR_FORMAT_NATIVE},
    {"no_object", "[\"short_message\"]", WEIR_FORMAT_NATIVE},
    {"no_json", "short_message", WEIR_FORMAT_NATIVE},
    {"nothing", "", WEIR_FORMAT_NATIVE},
};

static void content_tells_the_format(void **state)
{
    struct weir_json_reader *r = weir_json_reader_new();
    struct weir_arena a;

    (void)state;
    weir_arena_init(&a, 1 << 20);
    for (size_t i = 0; i < COUNT(rows); i++)
        if (weir_datagram_format(r, &a, weir_str_of(rows[i].bytes)) != rows[i].format)
            fail_msg("%s", rows[i].name);
    weir_arena_destroy(&a);
    weir_json_reader_free(r);
}

/* `window` as deflateInit2() has it: 15 zlib, 31 gzip, 9 the smallest zlib. */
static struct weir_str packed(struct weir_arena *a, struct weir_str s, int window)
{
    size_t room = s.n + 1024;
    char *p = weir_arena_alloc(a, room);
    z_stream z = {.next_in = (Bytef *)(uintptr_t)s.p,
                  .avail_in = (uInt)s.n,
                  .next_out = (Bytef *)p,
                  .avail_out = (uInt)room};

    assert_int_equal(deflateInit2(&z, 6, Z_DEFLATED, window, 8, Z_DEFAULT_STRATEGY), Z_OK);
    assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
    deflateEnd(&z);
    return (struct weir_str){p, z.total_out};
}

static void compression_is_undone(void **state)
{
    static const int windows[] = {15, 31, 9, 12};
    static const char text[] = "{\"version\":\"1.1\",\"short_message\":\"m m m m\"}";
    struct weir_arena a;
    struct weir_str s;

    (void)state;
    weir_arena_init(&a, 8 << 20);
    for (size_t i = 0; i < COUNT(windows); i++) {
        s = packed(&a, weir_str_of(text), windows[i]);
        assert_int_equal(weir_datagram_open(&a, &s), 0);
        assert_str_equal(s, text);
    }
    s = packed(&a, WEIR_S("{\"short_message\":\"m\"}\0\0"), 15);
    assert_int_equal(weir_datagram_open(&a, &s), 0);
    assert_str_equal(s, "{\"short_message\":\"m\"}");
    weir_arena_destroy(&a);
}

static void plain_bytes_stay_where_they_are(void **state)
{
    static const char *const texts[] = {"{\"a\":1}", "[1]", " {}", "\n{}", "<14>m", "x", ""};
    struct weir_arena a;

    (void)state;
    weir_arena_init(&a, 1 << 20);
    for (size_t i = 0; i < COUNT(texts); i++) {
        struct weir_str s = weir_str_of(texts[i]);

        assert_int_equal(weir_datagram_open(&a, &s), 0);
        assert_ptr_equal(s.p, texts[i]);
        assert_str_equal(s, texts[i]);
    }
    weir_arena_destroy(&a);
}

static void broken_and_swollen_ones_are_refused(void **state)
{
    static char zeros[4 << 20];
    static const int windows[] = {15, 31};
    struct weir_arena a;
    struct weir_str whole, s;

    (void)state;
    weir_arena_init(&a, 32 << 20);
    for (size_t i = 0; i < COUNT(windows); i++) {
        whole = packed(&a, WEIR_S("{\"short_message\":\"a message of some length\"}"), windows[i]);
        for (size_t n = 2; n < whole.n; n++) {
            s = weir_str_sub(whole, 0, n);
            assert_int_equal(weir_datagram_open(&a, &s), WEIR_EINVAL);
        }
        s = packed(&a, (struct weir_str){zeros, sizeof zeros}, windows[i]);
        assert_int_equal(weir_datagram_open(&a, &s), WEIR_ELIMIT);
    }
    s = WEIR_S("\x1f\x8b\x08 nonsense");
    assert_int_equal(weir_datagram_open(&a, &s), WEIR_EINVAL);
    weir_arena_destroy(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(content_tells_the_format),
        cmocka_unit_test(compression_is_undone),
        cmocka_unit_test(plain_bytes_stay_where_they_are),
        cmocka_unit_test(broken_and_swollen_ones_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
