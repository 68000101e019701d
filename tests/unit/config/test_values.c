/* test_values.c - the small languages of values, as tables. */
#include "support.h"

#include "collector/config/suggest.h"
#include "fake_scrub.h"

#include "collector/config/values.h"

#include <arpa/inet.h>

static void durations_need_a_unit(void **state)
{
    static const struct {
        const char *text;
        bool good;
        uint64_t ms;
    } rows[] = {
        {"100ms", true, 100},
        {"5s", true, 5000},
        {"2m", true, 120000},
        {"1h", true, 3600000},
        {"1d", true, 86400000},
        {"0", true, 0},
        {"0s", true, 0},
        {"5", false, 0},
        {"", false, 0},
        {"s", false, 0},
        {"-1s", false, 0},
        {"5 s", false, 0},
        {"5S", false, 0},
        {"1.5s", false, 0},
        {"5sx", false, 0},
        {"1h30m", false, 0},
        {"18446744073709551615ms", true, UINT64_MAX},
        {"18446744073709551615s", false, 0},
        {"18446744073709551616ms", false, 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        uint64_t ms = 77;

        assert_int_equal(weir_parse_duration(weir_str_of(rows[i].text), &ms), rows[i].good);
        assert_int_equal(ms, rows[i].good ? rows[i].ms : 77);
    }
}

static void sizes_are_binary_or_plain_bytes(void **state)
{
    static const struct {
        const char *text;
        bool good;
        uint64_t bytes;
    } rows[] = {
        {"64KiB", true, 65536},
        {"1MiB", true, 1 << 20},
        {"3GiB", true, 3ULL << 30},
        {"1TiB", true, 1ULL << 40},
        {"512B", true, 512},
        {"1024", true, 1024},
        {"0", true, 0},
        {"1KB", false, 0},
        {"1kib", false, 0},
        {"", false, 0},
        {"MiB", false, 0},
        {"-1", false, 0},
        {"1.5GiB", false, 0},
        {"16777216TiB", false, 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        uint64_t bytes = 77;

        assert_int_equal(weir_parse_size(weir_str_of(rows[i].text), &bytes), rows[i].good);
        assert_int_equal(bytes, rows[i].good ? rows[i].bytes : 77);
    }
}

static void ratios_are_shares_or_percentages(void **state)
{
    static const struct {
        const char *text;
        bool good;
        double value;
    } rows[] = {
        {"50%", true, 0.5},   {"99.9%", true, 0.999},
        {"1.0", true, 1},     {"0", true, 0},
        {"0.25", true, 0.25}, {"", false, 0},
        {"%", false, 0},      {".5", true, 0.5},
        {".5%", true, 0.005}, {".", false, 0},
        {".%", false, 0},     {"..5", false, 0},
        {"1.", false, 0},     {"1e3", false, 0},
        {"-1", false, 0},     {"nan", false, 0},
        {"inf", false, 0},    {"0x1", false, 0},
        {"1,5", false, 0},    {"11111111111111111111111111111111111", false, 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        double value = 77;

        assert_int_equal(weir_parse_ratio(weir_str_of(rows[i].text), &value), rows[i].good);
        assert_true(value > (rows[i].good ? rows[i].value : 77) - 1e-9);
        assert_true(value < (rows[i].good ? rows[i].value : 77) + 1e-9);
    }
}

static void what_is_written_reads_back_the_same(void **state)
{
    static const uint64_t values[] = {
        0,         1, 999, 1000, 1024, 60000, 65536, 90000, 86400000, 1ULL << 30, (1ULL << 30) + 1,
        UINT64_MAX};
    struct weir_arena arena;

    (void)state;
    weir_arena_init(&arena, 1 << 20);
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        struct weir_buf b;
        struct weir_str text;
        uint64_t again;

        weir_buf_init(&b, &arena, 64);
        weir_write_duration(&b, values[i]);
        assert_int_equal(weir_buf_str(&b, &text), 0);
        assert_true(weir_parse_duration(text, &again) && again == values[i]);
        weir_buf_init(&b, &arena, 64);
        weir_write_size(&b, values[i]);
        assert_int_equal(weir_buf_str(&b, &text), 0);
        assert_true(weir_parse_size(text, &again) && again == values[i]);
    }
    weir_arena_destroy(&arena);
}

static void addresses_are_host_and_port(void **state)
{
    static const struct {
        const char *text;
        bool good, loopback;
        int family;
        uint16_t port;
    } rows[] = {
        {"127.0.0.1:8137", true, true, AF_INET, 8137},
        {"127.9.9.9:1", true, true, AF_INET, 1},
        {"[::1]:8137", true, true, AF_INET6, 8137},
        {"[::ffff:127.0.0.1]:5", true, true, AF_INET6, 5},
        {":8137", true, false, AF_INET, 8137},
        {"[::]:1", true, false, AF_INET6, 1},
        {"10.0.0.1:0", true, false, AF_INET, 0},
        {"localhost:80", true, true, AF_INET, 80},
        {"", true, false, 0, 0},
        {"127.0.0.1", false, false, 0, 0},
        {"127.0.0.1:", false, false, 0, 0},
        {"127.0.0.1:65536", false, false, 0, 0},
        {"127.0.0.1:-1", false, false, 0, 0},
        {"127.0.0.1:http", false, false, 0, 0},
        {"::1:8137", false, false, 0, 0},
        {"[::1]8137", false, false, 0, 0},
        {"[]:1", true, false, AF_INET, 1},
        {"no.such.name.invalid:1", false, false, 0, 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct weir_address a = {.sa_len = 0};
        const char *why = NULL;
        bool good = weir_parse_address(weir_str_of(rows[i].text), false, &a, &why);

        if (good != rows[i].good)
            fail_msg("%s", rows[i].text);
        if (!good) {
            assert_non_null(why);
            continue;
        }
        assert_int_equal(a.loopback, rows[i].loopback);
        assert_int_equal(a.sa.ss_family, rows[i].family);
        if (rows[i].family != 0)
            assert_int_equal(ntohs(((struct sockaddr_in *)&a.sa)->sin_port), rows[i].port);
    }
}

static bool matches(const char *cidr, const char *ip)
{
    struct weir_cidr one;
    struct weir_cidrs list = {&one, 1};
    struct sockaddr_in v4 = {.sin_family = AF_INET};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};

    assert_true(weir_parse_cidr(weir_str_of(cidr), &one));
    if (inet_pton(AF_INET, ip, &v4.sin_addr) == 1)
        return weir_cidrs_match(&list, (struct sockaddr *)&v4);
    assert_int_equal(inet_pton(AF_INET6, ip, &v6.sin6_addr), 1);
    return weir_cidrs_match(&list, (struct sockaddr *)&v6);
}

static void a_cidr_contains_its_addresses_and_no_others(void **state)
{
    static const struct {
        const char *cidr, *ip;
        bool in;
    } rows[] = {
        {"10.0.0.0/8", "10.255.1.2", true},
        {"10.0.0.0/8", "11.0.0.0", false},
        {"10.1.2.3/8", "10.9.9.9", true},
        {"192.0.2.128/25", "192.0.2.127", false},
        {"192.0.2.128/25", "192.0.2.129", true},
        {"192.0.2.1", "192.0.2.1", true},
        {"192.0.2.1", "192.0.2.2", false},
        {"0.0.0.0/0", "203.0.113.9", true},
        {"0.0.0.0/0", "2001:db8::1", false},
        {"::/0", "203.0.113.9", true},
        {"2001:db8::/33", "2001:db8:7fff::1", true},
        {"2001:db8::/33", "2001:db8:8000::1", false},
        {"10.0.0.0/8", "::ffff:10.1.1.1", true},
        {"::1", "::1", true},
        {"::1", "127.0.0.1", false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (matches(rows[i].cidr, rows[i].ip) != rows[i].in)
            fail_msg("%s %s", rows[i].cidr, rows[i].ip);
    }
}

static void what_is_no_cidr_is_refused(void **state)
{
    static const char *const rows[] = {
        "",       "/8",  "10.0.0.0/33",  "10.0.0.0/",     "10.0.0.0/-1", "10.0.0/8",
        "::/129", "x/8", "10.0.0.0/8/8", "10.0.0.0/0008", "1.2.3.4 "};
    struct weir_cidr c;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (weir_parse_cidr(weir_str_of(rows[i]), &c))
            fail_msg("%s", rows[i]);
    }
}

static void distances_count_what_fingers_do(void **state)
{
    static const struct {
        const char *a, *b;
        unsigned distance;
    } rows[] = {
        {"", "", 0},          {"abc", "abc", 0},   {"abc", "ABC", 0},        {"htp", "http", 1},
        {"httpp", "http", 1}, {"hptt", "http", 2}, {"htpt", "http", 1},      {"mian", "main", 1},
        {"", "abc", 3},       {"abc", "", 3},      {"kitten", "sitting", 3}, {"a-b", "a_b", 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_int_equal(weir_edit_distance(weir_str_of(rows[i].a), weir_str_of(rows[i].b)),
                         rows[i].distance);
}

static void only_what_is_near_is_suggested(void **state)
{
    struct weir_suggestion s;

    (void)state;
    weir_suggest_init(&s, WEIR_S("enviroment"));
    weir_suggest(&s, WEIR_S("release"));
    weir_suggest(&s, WEIR_S("environment"));
    weir_suggest(&s, WEIR_S("environmental"));
    assert_str(s.best, "environment");
    weir_suggest_init(&s, WEIR_S("zz"));
    weir_suggest(&s, WEIR_S("id"));
    weir_suggest(&s, WEIR_S("keys"));
    assert_int_equal(s.best.n, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(durations_need_a_unit),
        cmocka_unit_test(sizes_are_binary_or_plain_bytes),
        cmocka_unit_test(ratios_are_shares_or_percentages),
        cmocka_unit_test(what_is_written_reads_back_the_same),
        cmocka_unit_test(addresses_are_host_and_port),
        cmocka_unit_test(a_cidr_contains_its_addresses_and_no_others),
        cmocka_unit_test(what_is_no_cidr_is_refused),
        cmocka_unit_test(distances_count_what_fingers_do),
        cmocka_unit_test(only_what_is_near_is_suggested),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
