/* test_envelope.c - envelopes: items, lengths, limits, pieces of any size. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "decode/transcript.h"

#define ID "9ec79c33ec9942ab8353589fcb2e04dc"

struct row {
    const char *name, *body, *said, *error;
};

static const struct row rows[] = {
    {"length_prefixed_items_follow_each_other",
     "{\"event_id\":\"" ID "\",\"dsn\":\"https://k@h/1\",\"sent_at\":\"2026-01-01T00:00:00Z\"}\n"
     "{\"type\":\"event\",\"length\":16}\n{\"message\":\"hi\"}\n"
     "{\"type\":\"attachment\",\"length\":5,\"filename\":\"a.txt\",\"content_type\":\"text/plain\","
     "\"attachment_type\":\"event.attachment\"}\na\nb\nc\n",
     "header {\"event_id\":\"" ID
     "\",\"dsn\":\"https://k@h/1\",\"sent_at\":\"2026-01-01T00:00:00Z\"} id=" ID
     " dsn=https://k@h/1 sent_at=2026-01-01T00:00:00Z\n"
     "item event {\"type\":\"event\",\"length\":16} | {\"message\":\"hi\"}\n"
     "item attachment {\"type\":\"attachment\",\"length\":5,\"filename\":\"a.txt\",\"content_"
     "type\":\"text/plain\",\"attachment_type\":\"event.attachment\"} filename=a.txt "
     "content_type=text/plain attachment_type=event.attachment | a\nb\nc\n",
     NULL},
    {"an_item_without_length_ends_at_the_newline",
     "{}\n{\"type\":\"session\"}\n{\"sid\":\"1\"}\n{\"type\":\"event\"}\n{}\n",
     "header {} id= dsn= sent_at=\nitem session {\"type\":\"session\"} | {\"sid\":\"1\"}\n"
     "item event {\"type\":\"event\"} | {}\n",
     NULL},
    {"the_last_newline_may_be_missing", "{}\n{\"type\":\"event\",\"length\":2}\n{}",
     "header {} id= dsn= sent_at=\nitem event {\"type\":\"event\",\"length\":2} | {}\n", NULL},
    {"the_last_newline_may_be_missing_without_length", "{}\n{\"type\":\"event\"}\n{}",
     "header {} id= dsn= sent_at=\nitem event {\"type\":\"event\"} | {}\n", NULL},
    {"a_header_alone_is_an_envelope", "{}", "header {} id= dsn= sent_at=\n", NULL},
    {"empty_lines_between_items_are_skipped",
     "{}\n\n{\"type\":\"event\",\"length\":2}\n{}\n\n\n{\"type\":\"session\"}\n{}\n\n",
     "header {} id= dsn= sent_at=\nitem event {\"type\":\"event\",\"length\":2} | {}\n"
     "item session {\"type\":\"session\"} | {}\n",
     NULL},
    {"payloads_may_be_empty",
     "{}\n{\"type\":\"attachment\",\"length\":0}\n\n{\"type\":\"attachment\"}\n\n{\"type\":"
     "\"attachment\",\"length\":0}",
     "header {} id= dsn= sent_at=\nitem attachment {\"type\":\"attachment\",\"length\":0} | \n"
     "item attachment {\"type\":\"attachment\"} | \n"
     "item attachment {\"type\":\"attachment\",\"length\":0} | \n",
     NULL},
    {"carriage_returns_after_headers_are_tolerated",
     "{}\r\n{\"type\":\"event\",\"length\":2}\r\n{}\r\n{\"type\":\"session\"}\r\n{}\n",
     "header {} id= dsn= sent_at=\nitem event {\"type\":\"event\",\"length\":2} | {}\n"
     "item session {\"type\":\"session\"} | {}\n",
     NULL},
    {"unknown_types_are_items_too", "{}\n{\"type\":\"hologram\"}\n{\"a\":1}",
     "header {} id= dsn= sent_at=\nitem unknown {\"type\":\"hologram\"} | {\"a\":1}\n", NULL},
    {"containers_say_how_many", "{}\n{\"type\":\"log\",\"item_count\":3,\"length\":2}\n{}",
     "header {} id= dsn= sent_at=\n"
     "item log {\"type\":\"log\",\"item_count\":3,\"length\":2} item_count=3 | {}\n",
     NULL},
    {"null_length_and_id_count_as_absent",
     "{\"event_id\":null}\n{\"type\":\"event\",\"length\":null}\n{}\n",
     "header {\"event_id\":null} id= dsn= sent_at=\n"
     "item event {\"type\":\"event\",\"length\":null} | {}\n",
     NULL},
    {"nothing_is_no_envelope", "", "", "the envelope header is no JSON object"},
    {"garbage_is_no_envelope", "hello", "", "the envelope header is no JSON object"},
    {"an_array_is_no_header", "[]\n", "", "the envelope header is no JSON object"},
    {"an_event_id_must_be_one", "{\"event_id\":\"xyz\"}\n", "", "the envelope's event_id is no id"},
    {"an_item_needs_a_type", "{}\n{\"length\":2}\n{}\n", "header {} id= dsn= sent_at=\n",
     "an item header names no type"},
    {"a_length_must_be_a_count", "{}\n{\"type\":\"event\",\"length\":-1}\n{}\n",
     "header {} id= dsn= sent_at=\n", "an item's length is no count"},
    {"a_truncated_payload_is_malformed", "{}\n{\"type\":\"event\",\"length\":10}\n{}\n",
     "header {} id= dsn= sent_at=\n", "an item's payload is shorter than its length"},
    {"a_payload_must_end_where_its_length_says", "{}\n{\"type\":\"event\",\"length\":1}\n{}\n",
     "header {} id= dsn= sent_at=\nitem event {\"type\":\"event\",\"length\":1} | {\n",
     "an item's payload is not followed by a newline"},
    {"a_broken_item_header_is_malformed", "{}\n{\"type\":\n", "header {} id= dsn= sent_at=\n",
     "an item header is no JSON object"},
};

static void same(struct weir_str got, const char *expected)
{
    assert_int_equal(got.n, strlen(expected));
    assert_memory_equal(got.n > 0 ? got.p : "", expected, got.n);
}

static void check(const struct row *r, size_t step)
{
    struct bench b;
    int err;

    bench_open(&b);
    err = bench_run(&b, WEIR_FORMAT_ENVELOPE, weir_str_of(r->body), step);
    if (!weir_str_eq(bench_text(&b), weir_str_of(r->said)))
        print_error("%s, step %zu:\n%.*s", r->name, step, WEIR_FMT(bench_text(&b)));
    same(bench_text(&b), r->said);
    assert_int_equal(err, r->error != NULL ? WEIR_EINVAL : 0);
    if (r->error != NULL)
        assert_string_equal(weir_decoder_result(b.d)->error, r->error);
    bench_close(&b);
}

static void every_body_means_the_same_whole_and_in_pieces(void **state)
{
    static const size_t steps[] = {0, 1, 2, 3, 7, 64, 1000};

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        for (size_t k = 0; k < sizeof steps / sizeof steps[0]; k++)
            check(&rows[i], steps[k]);
}

/* An envelope with one item of `n` bytes, with or without length. */
static struct weir_str large(struct weir_arena *a, size_t n, bool sized)
{
    struct weir_buf out;
    struct weir_str text;

    weir_buf_init(&out, a, n + 4096);
    weir_buf_printf(&out, "{}\n{\"type\":\"attachment\"");
    if (sized)
        weir_buf_printf(&out, ",\"length\":%zu", n);
    weir_buf_add(&out, WEIR_S("}\n"));
    char *p = weir_buf_reserve(&out, n);
    assert_non_null(p);
    for (size_t i = 0; i < n; i++)
        p[i] = (char)('a' + i % 23);
    out.n += n;
    weir_buf_add(&out, WEIR_S("\n{\"type\":\"session\"}\n{}\n"));
    assert_int_equal(weir_buf_str(&out, &text), 0);
    return text;
}

static void items_over_a_mebibyte_are_streamed_however_they_come(void **state)
{
    static const size_t sizes[] = {WEIR_STREAM_OVER, WEIR_STREAM_OVER + 1, 3 * WEIR_STREAM_OVER};
    static const size_t steps[] = {0, 1000, 65536};
    struct weir_arena a;

    (void)state;
    weir_arena_init(&a, 64 * 1024 * 1024);
    for (size_t i = 0; i < 3; i++)
        for (int sized = 0; sized < 2; sized++) {
            char *first = NULL;

            for (size_t k = 0; k < 3; k++) {
                struct bench b;
                struct weir_str text;

                bench_open(&b);
                assert_int_equal(
                    bench_run(&b, WEIR_FORMAT_ENVELOPE, large(&a, sizes[i], sized), steps[k]), 0);
                text = bench_text(&b);
                assert_true((weir_str_find(text, WEIR_S("begin ")) != SIZE_MAX) ==
                            (sizes[i] > WEIR_STREAM_OVER));
                assert_true(weir_str_find(text, WEIR_S("item session")) != SIZE_MAX);
                if (first == NULL)
                    first = strndup(text.p, text.n);
                else
                    same(text, first);
                bench_close(&b);
            }
            free(first);
            weir_arena_reset(&a);
        }
    weir_arena_destroy(&a);
}

static void many_middling_items_do_not_fill_the_memory(void **state)
{
    enum { EACH = 900 * 1024, N = 40 };
    struct weir_arena a;
    struct weir_buf out;
    struct weir_str body, text;
    struct bench b;
    char *p;

    (void)state;
    weir_arena_init(&a, 128 << 20);
    weir_buf_init(&out, &a, 64 << 20);
    assert_non_null(weir_buf_reserve(&out, 40 << 20));
    weir_buf_add(&out, WEIR_S("{}\n"));
    for (int i = 0; i < N; i++) {
        weir_buf_printf(&out, "{\"type\":\"attachment\",\"length\":%d}\n", EACH);
        p = weir_buf_reserve(&out, EACH);
        memset(p, 'x', EACH);
        out.n += EACH;
        weir_buf_char(&out, '\n');
    }
    assert_int_equal(weir_buf_str(&out, &body), 0);
    bench_open(&b);
    assert_int_equal(bench_run(&b, WEIR_FORMAT_ENVELOPE, body, 65536), 0);
    assert_true(b.arena.used_bytes < 8 << 20);
    text = bench_text(&b);
    assert_true(weir_str_find(text, WEIR_S("begin attachment")) >
                weir_str_find(text, WEIR_S("item attachment")));
    bench_close(&b);
    weir_arena_destroy(&a);
}

static void a_stream_that_is_cut_short_is_malformed(void **state)
{
    struct bench b;

    (void)state;
    bench_open(&b);
    assert_int_equal(bench_run(&b, WEIR_FORMAT_ENVELOPE,
                               WEIR_S("{}\n{\"type\":\"attachment\",\"length\":99999999999}\nabc"),
                               2),
                     WEIR_EINVAL);
    assert_string_equal(weir_decoder_result(b.d)->error,
                        "an item's payload is shorter than its length");
    bench_close(&b);
}

static void too_many_items_are_refused(void **state)
{
    struct bench b;

    (void)state;
    bench_open(&b);
    b.in.max_items = 2;
    assert_int_equal(
        bench_run(&b, WEIR_FORMAT_ENVELOPE,
                  WEIR_S("{}\n{\"type\":\"a\"}\n\n{\"type\":\"a\"}\n\n{\"type\":\"a\"}\n\n"), 0),
        WEIR_ELIMIT);
    assert_string_equal(weir_decoder_result(b.d)->error, "the envelope has too many items");
    bench_close(&b);
}

static void a_header_line_is_bounded(void **state)
{
    static char body[70 * 1024];

    (void)state;
    memset(body, ' ', sizeof body);
    body[0] = '{';
    for (size_t step = 0; step <= 4096; step += 4096) {
        struct bench b;

        bench_open(&b);
        assert_int_equal(
            bench_run(&b, WEIR_FORMAT_ENVELOPE, (struct weir_str){body, sizeof body}, step),
            WEIR_EINVAL);
        assert_string_equal(weir_decoder_result(b.d)->error, "a header line is too long");
        assert_int_equal(weir_decoder_result(b.d)->error_offset, 0);
        bench_close(&b);
    }
}

static void whole_bodies_are_not_copied(void **state)
{
    struct weir_str body = WEIR_S("{}\n{\"type\":\"event\",\"length\":1000}\n");
    char text[2000];
    struct bench b;
    size_t used;

    (void)state;
    memset(text, 'x', sizeof text);
    memcpy(text, body.p, body.n);
    bench_open(&b);
    assert_int_equal(bench_run(&b, WEIR_FORMAT_ENVELOPE, (struct weir_str){text, body.n + 1000}, 0),
                     0);
    used = b.arena.used_bytes;
    bench_close(&b);
    assert_true(used < 3000);
}

static void a_decoder_that_failed_stays_so(void **state)
{
    struct bench b;

    (void)state;
    bench_open(&b);
    assert_int_equal(bench_run(&b, WEIR_FORMAT_ENVELOPE, WEIR_S("nonsense\n"), 100), WEIR_EINVAL);
    assert_int_equal(weir_decoder_feed(b.d, WEIR_S("{}\n"), true), WEIR_EINVAL);
    assert_int_equal(bench_text(&b).n, 0);
    bench_close(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_body_means_the_same_whole_and_in_pieces),
        cmocka_unit_test(items_over_a_mebibyte_are_streamed_however_they_come),
        cmocka_unit_test(many_middling_items_do_not_fill_the_memory),
        cmocka_unit_test(a_stream_that_is_cut_short_is_malformed),
        cmocka_unit_test(too_many_items_are_refused),
        cmocka_unit_test(a_header_line_is_bounded),
        cmocka_unit_test(whole_bodies_are_not_copied),
        cmocka_unit_test(a_decoder_that_failed_stays_so),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
