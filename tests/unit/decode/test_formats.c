/* test_formats.c - store, security reports, check-ins, minidumps, trace headers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "decode/transcript.h"

#include <zlib.h>
#include <bzlib.h>
#include <lzma.h>
#include <zstd.h>

#define ID "9ec79c33ec9942ab8353589fcb2e04dc"

/* Checks what was said against `expected`, where each @ stands for an id of
 * 32 hex digits that the decoder made up. */
static void said(struct bench *b, const char *name, const char *expected)
{
    struct weir_str got = bench_text(b);
    size_t at = 0;

    for (const char *e = expected; *e != '\0'; e++) {
        if (*e == '@') {
            for (size_t i = 0; i < 32; i++, at++)
                if (at >= got.n || strchr("0123456789abcdef", got.p[at]) == NULL)
                    fail_msg("%s: no id in\n%.*s", name, WEIR_FMT(got));
            continue;
        }
        if (at >= got.n || got.p[at++] != *e)
            fail_msg("%s: differs at %zu\n%.*s\nexpected\n%s", name, at, WEIR_FMT(got), expected);
    }
    if (at != got.n)
        fail_msg("%s: more than expected\n%.*s", name, WEIR_FMT(got));
}

struct row {
    const char *name, *body, *said, *error;
    const char *content_type, *query, *native;
};

static void run_row(enum weir_format f, const struct row *r, size_t step)
{
    struct bench b;
    int err;

    bench_open(&b);
    b.in.slug = WEIR_S("nightly");
    b.in.content_type = weir_str_of(r->content_type);
    b.in.query = weir_str_of(r->query);
    b.in.native = weir_str_of(r->native);
    err = bench_run(&b, f, weir_str_of(r->body), step);
    if ((err == 0) != (r->error == NULL))
        fail_msg("%s: %d %s", r->name, err, weir_decoder_result(b.d)->error);
    if (r->error != NULL)
        assert_string_equal(weir_decoder_result(b.d)->error, r->error);
    said(&b, r->name, r->said);
    bench_close(&b);
}

static void run_rows(enum weir_format f, const struct row *rows, size_t n)
{
    for (size_t i = 0; i < n; i++)
        for (size_t step = 0; step < 8; step += 3)
            run_row(f, &rows[i], step);
}

#define ROWS(format, rows) run_rows(format, rows, sizeof rows / sizeof rows[0])

/* ---- store ------------------------------------------------------------- */

static const char hi[] = "{\"event_id\":\"" ID "\",\"message\":\"hi\"}";
#define STORED                                \
    "header {\"event_id\":\"" ID "\"} id=" ID \
    " dsn= sent_at=\nitem event {} | {\"event_id\":\"" ID "\",\"message\":\"hi\"}\n"

static const struct row store_rows[] = {
    {"json", hi, STORED, NULL, NULL, NULL, NULL},
    {"space_around", "  {\"event_id\":\"" ID "\",\"message\":\"hi\"}\n", STORED, NULL, NULL, NULL,
     NULL},
    {"base64",
     "eyJldmVudF9pZCI6IjllYzc5YzMzZWM5OTQyYWI4MzUzNTg5ZmNiMmUwNGRjIiwibWVzc2FnZSI6ImhpIn0=", STORED,
     NULL, NULL, NULL, NULL},
    {"a_form",
     "sentry_version=4&sentry_data=%7B%22event_id%22%3A%22" ID "%22%2C%22message%22%3A%22hi%22%7D",
     STORED, NULL, NULL, NULL, NULL},
    {"a_query", "", STORED, NULL, NULL,
     "sentry_data="
     "eyJldmVudF9pZCI6IjllYzc5YzMzZWM5OTQyYWI4MzUzNTg5ZmNiMmUwNGRjIiwibWVzc2FnZSI6ImhpIn0=",
     NULL},
    {"an_empty_form", "sentry_data=", "", "the body is empty", NULL, NULL, NULL},
    {"an_id_is_made", "{\"message\":\"hi\"}",
     "header {\"event_id\":\"@\"} id=@ dsn= sent_at=\nitem event {} | "
     "{\"message\":\"hi\",\"event_id\":\"@\"}\n",
     NULL, NULL, NULL, NULL},
    {"a_bad_id_is_replaced", "{\"event_id\":7}",
     "header {\"event_id\":\"@\"} id=@ dsn= sent_at=\nitem event {} | {\"event_id\":\"@\"}\n", NULL,
     NULL, NULL, NULL},
    {"transactions", "{\"event_id\":\"" ID "\",\"type\":\"transaction\"}",
     "header {\"event_id\":\"" ID "\"} id=" ID " dsn= sent_at=\nitem transaction {} | "
     "{\"event_id\":\"" ID "\",\"type\":\"transaction\"}\n",
     NULL, NULL, NULL, NULL},
    {"nothing", " ", "", "the body is empty", NULL, NULL, NULL},
    {"garbage", "!!!", "", "the body is neither JSON nor base64", NULL, NULL, NULL},
    {"base64_of_garbage", "aGVsbG8=", "", "the event is no JSON object", NULL, NULL, NULL},
    {"broken", "{\"a\":", "", "the event is no JSON object", NULL, NULL, NULL},
    {"corrupt_zlib", "\x78\x9c garbage", "", "the body is corrupt zlib or gzip data", NULL, NULL,
     NULL},
};

static void store_bodies_come_in_many_wrappings(void **state)
{
    (void)state;
    ROWS(WEIR_FORMAT_STORE, store_rows);
}

/* windowBits: 15 zlib, 31 gzip */
static struct weir_str deflated(struct weir_arena *a, struct weir_str s, int bits)
{
    char *out = weir_arena_alloc(a, s.n + 100);
    z_stream z = {.next_in = (Bytef *)(uintptr_t)s.p,
                  .avail_in = (uInt)s.n,
                  .next_out = (Bytef *)out,
                  .avail_out = (uInt)s.n + 100};

    assert_int_equal(deflateInit2(&z, 6, Z_DEFLATED, bits, 8, Z_DEFAULT_STRATEGY), Z_OK);
    assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
    deflateEnd(&z);
    return (struct weir_str){out, z.total_out};
}

static void store_bodies_may_be_compressed_without_saying_so(void **state)
{
    (void)state;
    for (int bits = 15; bits <= 31; bits += 16)
        for (int base64 = 0; base64 < 2; base64++) {
            struct bench b;
            struct weir_str body;

            bench_open(&b);
            body = deflated(&b.arena, WEIR_S("{\"event_id\":\"" ID "\",\"message\":\"hi\"}"), bits);
            if (base64)
                assert_int_equal(weir_base64_encode(&b.arena, body, &body), 0);
            assert_int_equal(bench_run(&b, WEIR_FORMAT_STORE, body, 0), 0);
            said(&b, "compressed", STORED);
            bench_close(&b);
        }
}

static void a_bomb_in_a_store_body_ends_early(void **state)
{
    struct weir_arena a;
    struct weir_str zeros, body;
    struct bench b;

    (void)state;
    weir_arena_init(&a, 128 << 20);
    zeros = (struct weir_str){weir_arena_zalloc(&a, 32 << 20, 1), 32 << 20};
    body = deflated(&a, zeros, 15);
    bench_open(&b);
    assert_int_equal(bench_run(&b, WEIR_FORMAT_STORE, body, 0), WEIR_ELIMIT);
    bench_close(&b);
    weir_arena_destroy(&a);
}

/* ---- security ---------------------------------------------------------- */

#define SECURITY_HEAD(level, logger)                                                       \
    "header {\"event_id\":\"@\"} id=@ dsn= sent_at=\nitem event {} | {\"event_id\":\"@\"," \
    "\"timestamp\":1700000000.123,\"platform\":\"other\",\"logger\":\"" logger             \
    "\",\"level\":\"" level "\","

static const struct row security_rows[] = {
    {"csp_by_report_uri",
     "{\"csp-report\":{\"document-uri\":\"https://a.example/p\",\"effective-directive\":"
     "\"img-src\",\"blocked-uri\":\"https://b.example/x\",\"status-code\":200}}",
     SECURITY_HEAD(
         "warning",
         "csp") "\"message\":\"Blocked 'img-src' from "
                "'https://b.example/"
                "x'\",\"tags\":[[\"effective_directive\",\"img-src\"],[\"blocked_uri\","
                "\"https://b.example/x\"]],\"request\":{\"url\":\"https://a.example/"
                "p\"},\"environment\":"
                "\"prod\",\"csp\":{\"document_uri\":\"https://a.example/"
                "p\",\"effective_directive\":"
                "\"img-src\",\"blocked_uri\":\"https://b.example/x\",\"status_code\":200}}\n",
     NULL, "application/csp-report", "sentry_key=k&sentry_environment=prod", NULL},
    {"csp_by_the_reporting_api",
     "[{\"type\":\"csp-violation\",\"url\":\"https://a.example/p\",\"body\":{\"documentURL\":"
     "\"https://a.example/p\",\"effectiveDirective\":\"script-src\",\"blockedURL\":\"inline\","
     "\"lineNumber\":3}},{\"type\":\"deprecation\",\"body\":{}}]",
     SECURITY_HEAD(
         "warning",
         "csp") "\"message\":\"Blocked 'script-src' from 'inline'\","
                "\"tags\":[[\"effective_directive\",\"script-src\"],[\"blocked_uri\",\"inline\"]],"
                "\"request\":{\"url\":\"https://a.example/p\"},\"csp\":{\"document_uri\":"
                "\"https://a.example/"
                "p\",\"effective_directive\":\"script-src\",\"blocked_uri\":\"inline\","
                "\"line_number\":3}}\n",
     NULL, "application/reports+json", NULL, NULL},
    {"expect_ct", "{\"expect-ct-report\":{\"hostname\":\"a.example\",\"port\":443}}",
     SECURITY_HEAD("error", "csp") "\"message\":\"Expect-CT failed for 'a.example'\",\"tags\":"
                                   "[[\"hostname\",\"a.example\"],[\"port\",\"443\"]],\"request\":{"
                                   "\"url\":\"a.example\"},"
                                   "\"expectct\":{\"hostname\":\"a.example\",\"port\":443}}\n",
     NULL, NULL, NULL, NULL},
    {"hpkp", "{\"hostname\":\"a.example\",\"known-pins\":[\"x\"]}",
     SECURITY_HEAD("error", "csp") "\"message\":\"Public key pinning failed for 'a.example'\","
                                   "\"tags\":[[\"hostname\",\"a.example\"]],\"request\":{\"url\":"
                                   "\"a.example\"},\"hpkp\":"
                                   "{\"hostname\":\"a.example\",\"known_pins\":[\"x\"]}}\n",
     NULL, NULL, NULL, NULL},
    {"nel",
     "[{\"type\":\"network-error\",\"url\":\"https://a.example/p\",\"body\":{\"type\":"
     "\"dns.name_not_resolved\",\"phase\":\"dns\"}}]",
     SECURITY_HEAD(
         "error",
         "nel") "\"message\":\"Network error 'dns.name_not_resolved'\",\"tags\":"
                "[[\"type\",\"dns.name_not_resolved\"],[\"phase\",\"dns\"]],\"request\":{\"url\":"
                "\"https://a.example/"
                "p\"},\"nel\":{\"type\":\"dns.name_not_resolved\",\"phase\":\"dns\"}}\n",
     NULL, NULL, NULL, NULL},
    {"other_json", "{\"a\":1}", "", "the body is no report of a known kind", NULL, NULL, NULL},
    {"no_json", "a=b", "", "the body is no report of a known kind", NULL, NULL, NULL},
    {"no_known_report", "[{\"type\":\"deprecation\",\"body\":{}}]", "",
     "the body is no report of a known kind", NULL, NULL, NULL},
    {"nothing", "", "", "the body is no report of a known kind", NULL, NULL, NULL},
    {"odd_kinds", "{\"csp-report\":[]}", "", "the body is no report of a known kind", NULL, NULL,
     NULL},
};

static void security_reports_become_events(void **state)
{
    (void)state;
    ROWS(WEIR_FORMAT_SECURITY, security_rows);
}

/* ---- cron -------------------------------------------------------------- */

#define NIL "00000000000000000000000000000000"
#define CHECK_IN "header {} id= dsn= sent_at=\nitem check_in {} | {\"check_in_id\":\""

static const struct row cron_rows[] = {
    {"query", "",
     CHECK_IN NIL "\",\"monitor_slug\":\"nightly\",\"status\":\"ok\","
                  "\"environment\":\"prod a\",\"duration\":12.500000}\n",
     NULL, NULL, "status=ok&duration=12.5&environment=prod+a", NULL},
    {"form", "status=error&check_in_id=9ec79c33-ec99-42ab-8353-589fcb2e04dc",
     CHECK_IN ID "\",\"monitor_slug\":\"nightly\",\"status\":\"error\"}\n", NULL,
     "application/x-www-form-urlencoded", "status=ok", NULL},
    {"json", "{\"status\":\"in_progress\",\"duration\":3,\"monitor_config\":{\"schedule\":{}}}",
     CHECK_IN NIL "\",\"monitor_slug\":\"nightly\",\"status\":\"in_progress\",\"duration\":"
                  "3.000000,\"monitor_config\":{\"schedule\":{}}}\n",
     NULL, "application/json", NULL, NULL},
    {"no_status", "", "", "the status is none of ok, error, in_progress", NULL, NULL, NULL},
    {"odd_status", "", "", "the status is none of ok, error, in_progress", NULL, "status=fine",
     NULL},
    {"odd_id", "", "", "the check_in_id is no id", NULL, "status=ok&check_in_id=7", NULL},
    {"odd_duration", "", "", "the duration is no number of seconds", NULL,
     "status=ok&duration=long", NULL},
    {"broken_json", "{\"status\":", "", "the check-in is no JSON object", NULL, NULL, NULL},
};

static void check_ins_come_by_query_form_or_json(void **state)
{
    (void)state;
    ROWS(WEIR_FORMAT_CRON, cron_rows);
}

/* ---- minidump ---------------------------------------------------------- */

#define FORM "multipart/form-data; boundary=\"x-y\""
#define EVENT_START "header {\"event_id\":\"@\"} id=@ dsn= sent_at=\nitem event {} | {"
#define DUMP_ITEM(bytes) \
    "item attachment {} filename=a.dmp attachment_type=event.minidump | " bytes "\n"

static const struct row minidump_rows[] = {
    {"a_dump_and_fields",
     "--x-y\r\nContent-Disposition: form-data; name=\"upload_file_minidump\"; "
     "filename=\"a.dmp\"\r\n\r\nMDMP\r\n--x-\r\r\n\r\n--x-y\r\nContent-Disposition: form-data; "
     "name=\"sentry[release]\"\r\n\r\na1\r\n--x-y\r\nContent-Disposition: form-data; "
     "name=guid\r\n\r\n\r\n--x-y\r\nContent-Disposition: form-data; name=\"sentry[tags][a]\"\r\n"
     "\r\nb\r\n--x-y--\r\n",
     EVENT_START "\"release\":\"a1\",\"extra\":{\"guid\":\"\"},\"tags\":{\"a\":\"b\"},"
                 "\"event_id\":\"@\",\"platform\":\"native\",\"level\":\"fatal\",\"timestamp\":"
                 "\"2023-11-14T22:13:20.123Z\"}\n" DUMP_ITEM("MDMP\r\n--x-\r\r\n"),
     NULL, FORM, NULL, NULL},
    {"the_events_json_names_its_id",
     "preamble\r\n--x-y\r\nContent-Disposition: form-data; name=\"sentry\"\r\n\r\n"
     "{\"event_id\":\"" ID "\",\"level\":\"error\",\"timestamp\":1}\r\n--x-y\r\n"
     "content-disposition:form-data;filename=a.dmp;name=upload_file_minidump\r\n\r\nMDMP\r\n"
     "--x-y\r\nContent-Disposition: form-data; name=\"log\"; filename=\"C:\\x\\l.txt\"\r\n"
     "Content-Type: text/plain\r\n\r\nline\r\n--x-y--",
     "header {\"event_id\":\"" ID "\"} id=" ID " dsn= sent_at=\nitem event {} | {\"event_id\":\"" ID
     "\",\"level\":\"error\",\"timestamp\":1,\"platform\":\"native\"}\n" DUMP_ITEM(
         "MDMP") "item attachment {} filename=C:\\x\\l.txt content_type=text/plain "
                 "attachment_type=event.attachment | line\n",
     NULL, FORM, NULL, NULL},
    {"the_dump_alone", "MDMP...",
     EVENT_START "\"event_id\":\"@\",\"platform\":\"native\",\"level\":\"fatal\",\"timestamp\":"
                 "\"2023-11-14T22:13:20.123Z\"}\nitem attachment {} filename=minidump.dmp "
                 "attachment_type=event.minidump | MDMP...\n",
     NULL, "application/x-dmp", NULL, NULL},
    {"no_dump", "--x-y\r\nContent-Disposition: form-data; name=a\r\n\r\n1\r\n--x-y--\r\n", "",
     "upload_file_minidump is missing", FORM, NULL, NULL},
    {"no_magic",
     "--x-y\r\nContent-Disposition: form-data; name=upload_file_minidump; filename=a\r\n\r\n"
     "ELF\r\n--x-y--\r\n",
     "", "upload_file_minidump is no minidump", FORM, NULL, NULL},
    {"cut_short",
     "--x-y\r\nContent-Disposition: form-data; name=upload_file_minidump; filename=a\r\n\r\nMDMP",
     "", "the multipart body is cut short", FORM, NULL, NULL},
    {"nothing", "", "", "the multipart body is cut short", FORM, NULL, NULL},
    {"no_boundary", "--x", "", "multipart/form-data with a boundary is expected",
     "multipart/form-data", NULL, NULL},
};

static void minidumps_come_as_forms_or_alone(void **state)
{
    (void)state;
    ROWS(WEIR_FORMAT_MINIDUMP, minidump_rows);
}

static void a_large_dump_streams_under_the_events_id(void **state)
{
    static const size_t steps[] = {0, 4096, 100000};
    size_t n = WEIR_STREAM_OVER + 5000;

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        struct weir_arena a;
        struct weir_buf out;
        struct weir_str body;
        struct bench b;
        char *p;

        weir_arena_init(&a, 8 << 20);
        weir_buf_init(&out, &a, n + 4096);
        weir_buf_add(&out, WEIR_S("--x-y\r\nContent-Disposition: form-data; "
                                  "name=upload_file_minidump; filename=a\r\n\r\nMDMP"));
        p = weir_buf_reserve(&out, n);
        memset(p, '\r', n);
        out.n += n;
        weir_buf_add(&out, WEIR_S("\r\n--x-y--\r\n"));
        assert_int_equal(weir_buf_str(&out, &body), 0);
        bench_open(&b);
        b.in.content_type = WEIR_S(FORM);
        assert_int_equal(bench_run(&b, WEIR_FORMAT_MINIDUMP, body, steps[i]), 0);
        assert_int_equal(b.t.streamed, n + 4);
        assert_true(weir_str_find(bench_text(&b), WEIR_S("begin attachment")) <
                    weir_str_find(bench_text(&b), WEIR_S("item event")));
        bench_close(&b);
        weir_arena_destroy(&a);
    }
}

enum file_codec { GZIP, ZSTD, XZ, BZIP2 };

static size_t compress_file(enum file_codec codec, char *dump, size_t n, char *out, size_t room)
{
    unsigned got_bzip2 = (unsigned)room;
    size_t got = 0;
    z_stream z = {.next_in = (Bytef *)dump,
                  .avail_in = (uInt)n,
                  .next_out = (Bytef *)out,
                  .avail_out = (uInt)room};

    switch (codec) {
    case ZSTD:
        return ZSTD_compress(out, room, dump, n, 1);
    case XZ:
        assert_int_equal(lzma_easy_buffer_encode(1, LZMA_CHECK_CRC32, NULL, (uint8_t *)dump, n,
                                                 (uint8_t *)out, &got, room),
                         LZMA_OK);
        return got;
    case BZIP2:
        assert_int_equal(BZ2_bzBuffToBuffCompress(out, &got_bzip2, dump, (unsigned)n, 1, 0, 0),
                         BZ_OK);
        return got_bzip2;
    case GZIP:
        break;
    }
    assert_int_equal(deflateInit2(&z, 6, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY), Z_OK);
    assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
    got = z.total_out;
    deflateEnd(&z);
    return got;
}

/* A dump of `n` bytes that hardly compress, or do all too well, in a form. */
static struct weir_str compressed_form(struct weir_arena *a, enum file_codec codec, size_t n,
                                       bool bomb)
{
    static const char *const endings[] = {"gz", "zst", "xz", "bz2"};
    size_t room = n + n / 50 + 4096;
    char *dump = weir_arena_zalloc(a, n, 1), *packed;
    struct weir_buf out;
    struct weir_str body;
    uint32_t x = 1;

    for (size_t i = 4; i < n && !bomb; i++, x = x * 1664525 + 1013904223)
        dump[i] = (char)(x >> 24);
    memcpy(dump, "MDMP", 4);
    weir_buf_init(&out, a, room + 4096);
    weir_buf_printf(&out,
                    "--x-y\r\nContent-Disposition: form-data; name=upload_file_minidump; "
                    "filename=a.dmp.%s\r\n\r\n",
                    endings[codec]);
    packed = weir_buf_reserve(&out, room);
    out.n += compress_file(codec, dump, n, packed, room);
    weir_buf_add(&out, WEIR_S("\r\n--x-y--\r\n"));
    assert_int_equal(weir_buf_str(&out, &body), 0);
    return body;
}

static void a_compressed_dump_goes_on_inflated(void **state)
{
    static const struct {
        enum file_codec codec;
        bool bomb;
        size_t n, cut; /* bytes of the body left out, from its middle */
        const char *error;
    } rows[] = {
        {GZIP, false, 1000, 0, NULL},
        {ZSTD, false, 1000, 0, NULL},
        {XZ, false, 1000, 0, NULL},
        {BZIP2, false, 1000, 0, NULL},
        {GZIP, false, WEIR_STREAM_OVER + 5000, 0, NULL},
        {ZSTD, false, WEIR_STREAM_OVER + 5000, 0, NULL},
        {XZ, false, WEIR_STREAM_OVER + 5000, 0, NULL},
        {BZIP2, false, WEIR_STREAM_OVER + 5000, 0, NULL},
        {GZIP, false, 1000, 300, "the compressed minidump is broken"},
        {XZ, false, 1000, 300, "the compressed minidump is broken"},
        {BZIP2, false, 1000, 300, "the compressed minidump is broken"},
        {GZIP, true, 6 << 20, 0, "the minidump inflates to too much"},
        {ZSTD, true, 6 << 20, 0, "the minidump inflates to too much"},
        {XZ, true, 6 << 20, 0, "the minidump inflates to too much"},
        {BZIP2, true, 6 << 20, 0, "the minidump inflates to too much"},
        {GZIP, false, 9 << 20, 0, "the minidump inflates to too much"},
    };

    (void)state;
    for (size_t i = 0; i < 2 * sizeof rows / sizeof rows[0]; i++) {
        size_t row = i / 2, n = rows[row].n;
        struct weir_arena a;
        struct weir_str body;
        struct bench b;
        int err;

        weir_arena_init(&a, 64 << 20);
        body = compressed_form(&a, rows[row].codec, n, rows[row].bomb);
        memmove((char *)(uintptr_t)body.p + body.n / 2 - rows[row].cut, body.p + body.n / 2,
                body.n - body.n / 2);
        body.n -= rows[row].cut;
        bench_open(&b);
        b.in.content_type = WEIR_S(FORM);
        err = bench_run(&b, WEIR_FORMAT_MINIDUMP, body, i % 2 == 0 ? 0 : n < 2000 ? 1 : 4096);
        assert_int_equal(err == 0, rows[row].error == NULL);
        if (err != 0)
            assert_string_equal(weir_decoder_result(b.d)->error, rows[row].error);
        else if (n > WEIR_STREAM_OVER)
            assert_int_equal(b.t.streamed, n);
        else
            assert_true(weir_str_find(bench_text(&b), WEIR_S("filename=a.dmp attachment_type="
                                                             "event.minidump | MDMP")) != SIZE_MAX);
        bench_close(&b);
        weir_arena_destroy(&a);
    }
}

/* ASan's leak check sees what an upload that is given up leaves behind. */
static void a_compressed_dump_that_is_given_up_leaves_nothing(void **state)
{
    (void)state;
    for (int codec = GZIP; codec <= BZIP2; codec++) {
        struct weir_arena a;
        struct weir_str body;
        struct bench b;

        weir_arena_init(&a, 8 << 20);
        body = compressed_form(&a, (enum file_codec)codec, 2000, false);
        bench_open(&b);
        b.in.content_type = WEIR_S(FORM);
        b.d = weir_decoder_new(WEIR_FORMAT_MINIDUMP, &b.in, &b.sink);
        assert_int_equal(weir_decoder_feed(b.d, weir_str_sub(body, 0, body.n / 2), false), 0);
        weir_decoder_close(b.d);
        weir_decoder_close(b.d);
        weir_decoder_close(NULL);
        bench_close(&b);
        weir_arena_destroy(&a);
    }
}

/* ---- trace context ----------------------------------------------------- */

#define T "0af7651916cd43dd8448eb211c80319c"
#define S "b7ad6b7169203331"

static void trace_context_is_read_in_every_form(void **state)
{
    static const struct {
        struct weir_trace_headers h;
        const char *trace, *span, *parent;
        int sampled;
    } rows[] = {
        {{.sentry_trace = {T "-" S "-1", 51}}, T, S, "", 1},
        {{.sentry_trace = {T "-" S, 49}}, T, S, "", -1},
        {{.traceparent = {"00-" T "-" S "-01", 55}}, T, S, "", 1},
        {{.traceparent = {"00-" T "-" S "-00", 55}}, T, S, "", 0},
        {{.traceparent = {"ff-" T "-" S "-00", 55}}, "", "", "", -1},
        {{.traceparent = {"00-00000000000000000000000000000000-" S "-00", 55}}, "", "", "", 0},
        {{.b3 = {"8448EB211C80319C-" S "-d-05e3ac9a4f6e3b90", 52}},
         "00000000000000008448eb211c80319c",
         S,
         "05e3ac9a4f6e3b90",
         1},
        {{.b3 = {"0", 1}}, "", "", "", 0},
        {{.b3_trace_id = {T, 32}, .b3_span_id = {S, 16}, .b3_sampled = {"0", 1}}, T, S, "", 0},
        {{.x_trace_id = {"0af76519-16cd-43dd-8448-eb211c80319c", 36},
          .x_parent_span_id = {S, 16},
          .x_sampled = {"true", 4}},
         T,
         "",
         S,
         1},
        {{.sentry_trace = {"garbage", 7}, .x_trace_id = {T, 32}}, T, "", "", -1},
        {{.b3 = {"---", 3}}, "", "", "", -1},
        {{.sentry_trace = {"", 0}}, "", "", "", -1},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct weir_arena a;
        struct weir_trace_context c;

        weir_arena_init(&a, 4096);
        weir_trace_context(&a, &rows[i].h, &c);
        if (!weir_str_eq(c.trace_id, weir_str_of(rows[i].trace)) ||
            !weir_str_eq(c.span_id, weir_str_of(rows[i].span)) ||
            !weir_str_eq(c.parent_span_id, weir_str_of(rows[i].parent)) ||
            c.sampled != rows[i].sampled)
            fail_msg("row %zu: %.*s %.*s %.*s %d", i, WEIR_FMT(c.trace_id), WEIR_FMT(c.span_id),
                     WEIR_FMT(c.parent_span_id), c.sampled);
        weir_arena_destroy(&a);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(store_bodies_come_in_many_wrappings),
        cmocka_unit_test(store_bodies_may_be_compressed_without_saying_so),
        cmocka_unit_test(a_bomb_in_a_store_body_ends_early),
        cmocka_unit_test(security_reports_become_events),
        cmocka_unit_test(check_ins_come_by_query_form_or_json),
        cmocka_unit_test(minidumps_come_as_forms_or_alone),
        cmocka_unit_test(a_compressed_dump_goes_on_inflated),
        cmocka_unit_test(a_compressed_dump_that_is_given_up_leaves_nothing),
        cmocka_unit_test(a_large_dump_streams_under_the_events_id),
        cmocka_unit_test(trace_context_is_read_in_every_form),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
