/* fuzz_dsn.c - any text as a DSN, an endpoint, a CIDR and an address. What is
 * taken for a DSN must hold together: put together again, it is one too. */
#include "collector/config/values.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_dsn(struct weir_arena *a, struct weir_str text)
{
    struct weir_dsn d, again;
    const char *why = NULL;

    if (weir_parse_dsn(text, &d, &why) != 0) {
        if (why == NULL)
            abort();
        return;
    }
    text = weir_arena_printf(a, "%.*s://%.*s@%.*s%.*s/%.*s", WEIR_FMT(d.scheme), WEIR_FMT(d.key),
                             WEIR_FMT(d.host), WEIR_FMT(d.prefix), WEIR_FMT(d.project));
    if (weir_parse_dsn(text, &again, &why) != 0 || !weir_str_eq(d.host, again.host) ||
        !weir_str_eq(d.key, again.key) || !weir_str_eq(d.prefix, again.prefix) ||
        !weir_str_eq(d.project, again.project))
        abort();
}

static void check_cidr(struct weir_arena *a, struct weir_str text)
{
    struct weir_cidr c, again;
    struct weir_buf b;

    if (!weir_parse_cidr(text, &c))
        return;
    weir_buf_init(&b, a, 256);
    weir_write_cidr(&b, &c);
    if (weir_buf_str(&b, &text) != 0 || !weir_parse_cidr(text, &again) || again.bits != c.bits ||
        memcmp(again.net, c.net, sizeof c.net) != 0)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct weir_str text = {(const char *)data, size};
    struct weir_arena arena;
    struct weir_endpoint endpoint;
    struct weir_address address;
    const char *why;
    uint64_t integer;
    double number;

    weir_arena_init(&arena, 1 << 20);
    check_dsn(&arena, text);
    check_cidr(&arena, text);
    (void)weir_parse_endpoint(text, &endpoint, &why);
    (void)weir_parse_address(text, false, &address, &why);
    (void)weir_parse_duration(text, &integer);
    (void)weir_parse_size(text, &integer);
    (void)weir_parse_ratio(text, &number);
    weir_arena_destroy(&arena);
    return 0;
}
