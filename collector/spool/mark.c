/* mark.c - five numbers to text and back. */
#include "mark.h"

#include <inttypes.h>
#include <stdio.h>

struct weir_str weir_mark_write(const struct weir_mark *m, char room[WEIR_MARK_BYTES])
{
    int n;

    if (m->same == 0 && m->run == 0 && m->count == 0)
        return (struct weir_str){NULL, 0};
    n = snprintf(room, WEIR_MARK_BYTES, "%" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64,
                 m->same, m->run, m->count, m->first_ms, m->last_ms);
    return (struct weir_str){room, n > 0 && n < WEIR_MARK_BYTES ? (size_t)n : 0};
}

struct weir_mark weir_mark_read(struct weir_str text)
{
    uint64_t numbers[5] = {0};
    struct weir_str word;

    for (size_t i = 0; i < 5; i++) {
        (void)weir_str_cut(text, ' ', &word, &text);
        if (!weir_str_u64(word, &numbers[i]))
            return (struct weir_mark){0};
    }
    return (struct weir_mark){numbers[0], numbers[1], numbers[2], numbers[3], numbers[4]};
}
