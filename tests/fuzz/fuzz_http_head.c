/* fuzz_http_head.c - what listen/ reads of a request's head: keys, origins,
 * forwarded addresses, routes. One field a line. */
#include "collector/listen/auth.h"
#include "collector/listen/cors.h"
#include "collector/listen/peer.h"
#include "collector/listen/routes.h"

#include <assert.h>
#include <netinet/in.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void keys(struct weir_arena *a, const struct weir_str field[4])
{
    struct weir_auth_input in = {field[0], field[1], field[2], true};
    struct weir_credentials k = {0};

    if (weir_credentials_read(&k, a, &in) == 0 && k.conflict)
        assert(k.key.n > 0);
    (void)weir_bearer_is(field[1], field[0]);
}

static void origins(struct weir_arena *a, const struct weir_str field[4])
{
    struct weir_str pattern = field[0];
    struct weir_strs list = {&pattern, 1};
    struct weir_http_answer answer = {0};

    weir_cors_preflight(a, &list, field[1], field[2], "GET POST", &answer);
    for (size_t i = 0; i < answer.n_headers; i++) /* nothing may split the answer's head */
        assert(answer.headers[i].value.p == field[1].p ||
               memchr(answer.headers[i].value.p, '\r', answer.headers[i].value.n) == NULL);
}

static void addresses(struct weir_arena *a, const struct weir_str field[4])
{
    struct weir_cidr all[2] = {{.bits = 0}, {.bits = 0}};
    struct weir_cidrs trusted = {all, 2};
    struct sockaddr_in6 peer = {.sin6_family = AF_INET6};
    struct weir_str ip;

    (void)weir_parse_cidr(field[2], &all[1]);
    ip = weir_client_ip(a, &trusted, (struct sockaddr *)&peer, field[0], field[1]);
    assert(ip.n < INET6_ADDRSTRLEN);
}

static void routes(const struct weir_str field[4])
{
    struct weir_routed found = {0};

    if (weir_routes_find(weir_ingest_routes(), field[0], field[1], &found))
        assert(found.route != NULL);
    (void)weir_routes_class(field[1]);
    assert(memchr(found.allow, '\0', sizeof found.allow) != NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct weir_str rest = {(const char *)data, size}, field[4];
    struct weir_arena arena;

    weir_arena_init(&arena, 1 << 20);
    for (size_t i = 0; i < 4; i++)
        weir_str_cut(rest, '\n', &field[i], &rest);
    keys(&arena, field);
    origins(&arena, field);
    addresses(&arena, field);
    routes(field);
    weir_arena_destroy(&arena);
    return 0;
}
