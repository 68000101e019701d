/* test_peer.c - whose address it is, behind proxies that are trusted or not. */
#include "collector/listen/peer.h"

#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static struct sockaddr_storage address(const char *text)
{
    struct sockaddr_storage sa = {0};

    if (inet_pton(AF_INET, text, &((struct sockaddr_in *)&sa)->sin_addr) == 1) {
        sa.ss_family = AF_INET;
    } else {
        sa.ss_family = AF_INET6;
        assert_int_equal(inet_pton(AF_INET6, text, &((struct sockaddr_in6 *)&sa)->sin6_addr), 1);
    }
    return sa;
}

static void the_client_is_the_first_that_no_trusted_proxy_vouches_for(void **state)
{
    static const struct {
        const char *trusted[3], *peer, *x_forwarded_for, *forwarded, *client;
    } cases[] = {
        {{NULL}, "192.0.2.1", "", "", "192.0.2.1"},
        {{NULL}, "::ffff:192.0.2.1", "", "", "192.0.2.1"},
        {{NULL}, "192.0.2.1", "198.51.100.7", "", "192.0.2.1"},
        {{"10.0.0.0/8"}, "192.0.2.1", "198.51.100.7", "", "192.0.2.1"},
        {{"10.0.0.0/8"}, "10.0.0.1", "198.51.100.7", "", "198.51.100.7"},
        {{"10.0.0.0/8"}, "::ffff:10.0.0.1", "198.51.100.7", "", "198.51.100.7"},
        {{"10.0.0.0/8"}, "10.0.0.1", "6.6.6.6, 198.51.100.7, 10.0.0.2", "", "198.51.100.7"},
        {{"10.0.0.0/8"}, "10.0.0.1", "6.6.6.6, 198.51.100.7", "", "198.51.100.7"},
        {{"10.0.0.0/8"}, "10.0.0.1", "10.0.0.3, 10.0.0.2", "", "10.0.0.3"},
        {{"10.0.0.0/8"}, "10.0.0.1", "", "", "10.0.0.1"},
        {{"10.0.0.0/8"}, "10.0.0.1", "6.6.6.6, unknown, 10.0.0.2", "", "10.0.0.2"},
        {{"10.0.0.0/8"}, "10.0.0.1", "6.6.6.6, <script>", "", "10.0.0.1"},
        {{"10.0.0.0/8"}, "10.0.0.1", "198.51.100.7:4711", "", "198.51.100.7"},
        {{"10.0.0.0/8"}, "10.0.0.1", "[2001:db8::7]:4711", "", "2001:db8::7"},
        {{"10.0.0.0/8"}, "10.0.0.1", "2001:db8::7", "", "2001:db8::7"},
        {{"10.0.0.0/8"}, "10.0.0.1", "  198.51.100.7  ", "", "198.51.100.7"},
        {{"10.0.0.0/8"}, "10.0.0.1", "198.51.100.7,", "", "10.0.0.1"},
        {{"10.0.0.0/8", "2001:db8::/32"}, "2001:db8::1", "1.2.3.4, 10.9.9.9", "", "1.2.3.4"},
        {{"10.0.0.0/8"}, "10.0.0.1", "", "for=198.51.100.7;proto=https", "198.51.100.7"},
        {{"10.0.0.0/8"},
         "10.0.0.1",
         "",
         "for=6.6.6.6, proto=https; For=\"[2001:db8::7]:80\"",
         "2001:db8::7"},
        {{"10.0.0.0/8"}, "10.0.0.1", "", "for=_hidden", "10.0.0.1"},
        {{"10.0.0.0/8"}, "10.0.0.1", "198.51.100.7", "for=6.6.6.6", "198.51.100.7"},
    };
    struct weir_arena arena;

    (void)state;
    weir_arena_init(&arena, 1 << 20);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct sockaddr_storage peer = address(cases[i].peer);
        struct weir_cidr list[3];
        struct weir_cidrs trusted = {list, 0};
        struct weir_str client;

        while (cases[i].trusted[trusted.n] != NULL) {
            assert_true(
                weir_parse_cidr(weir_str_of(cases[i].trusted[trusted.n]), &list[trusted.n]));
            trusted.n++;
        }
        client =
            weir_client_ip(&arena, &trusted, (struct sockaddr *)&peer,
                           weir_str_of(cases[i].x_forwarded_for), weir_str_of(cases[i].forwarded));
        if (!weir_str_eq(client, weir_str_of(cases[i].client)))
            fail_msg("case %zu: %.*s", i, WEIR_FMT(client));
    }
    weir_arena_destroy(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_client_is_the_first_that_no_trusted_proxy_vouches_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
