/* fuzz_text.c - the small readers of core: base64, percent, queries, times,
 * ids, UTF-8, globs. Properties are checked where there are some. */
#include "weir/clock.h"
#include "weir/text.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool holds)
{
    if (!holds)
        abort();
}

static void read_encodings(struct weir_arena *a, struct weir_str s)
{
    struct weir_str out, back, again;

    if (weir_base64_decode(a, s, &out) == 0 && weir_base64_encode(a, out, &back) == 0)
        check(weir_base64_decode(a, back, &again) == 0 && weir_str_eq(out, again));
    if (weir_percent_decode(a, s, true, &out) == 0)
        check(out.n <= s.n);
    if (weir_query_get(a, s, WEIR_S("key"), &out))
        check(out.n <= s.n);
}

static void read_times(struct weir_str s)
{
    double seconds, again, difference;
    char text[25];

    if (!weir_parse_time(s, &seconds))
        return;
    check(seconds >= 0 && seconds < 253402300800.0 + 86400);
    weir_rfc3339((uint64_t)(seconds * 1000), text);
    check(weir_parse_time((struct weir_str){text, 24}, &again));
    difference = again - seconds;
    check(seconds >= 253402300800.0 || (difference < 0.01 && difference > -0.01));
}

static void read_characters(struct weir_str s)
{
    bool valid = weir_utf8_valid(s);
    size_t at = 0, n;

    while (at < s.n && (n = weir_utf8_seq(weir_str_sub(s, at, SIZE_MAX))) > 0)
        at += n;
    check(valid == (at == s.n));
    if (valid)
        check(weir_utf8_count(s) <= s.n);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct weir_str s = {(const char *)data, size}, head, tail;
    struct weir_arena a;
    char id[33];

    weir_arena_init(&a, 1 << 20);
    read_encodings(&a, s);
    read_times(s);
    read_characters(s);
    if (weir_parse_id(s, id))
        check(strlen(id) == 32);
    if (size <= 2000 && weir_str_cut(s, '\n', &head, &tail))
        (void)weir_str_glob(head, tail);
    weir_arena_destroy(&a);
    return 0;
}
