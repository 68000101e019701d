/* suggest.c - did you mean ...?
 *
 * Optimal string alignment: the classic edit distance (rows of a table, each
 * cell the cheapest way to turn the first i bytes of one text into the first
 * j of the other) with the swap of two neighbours as one step more, because
 * that is what fingers do. Only three rows are alive at a time. */
#include "suggest.h"

#include <limits.h>

enum { LONGEST = 63 };

static unsigned char fold(char c)
{
    return (unsigned char)(c >= 'A' && c <= 'Z' ? c + 32 : c == '-' ? '_' : c);
}

static unsigned least(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

unsigned weir_edit_distance(struct weir_str a, struct weir_str b)
{
    unsigned rows[3][LONGEST + 1];
    unsigned *before = rows[0], *above = rows[1], *here = rows[2];

    if (a.n > LONGEST || b.n > LONGEST)
        return UINT_MAX;
    for (unsigned j = 0; j <= b.n; j++)
        above[j] = j;
    for (unsigned i = 1; i <= a.n; i++) {
        unsigned *free_row = before;

        here[0] = i;
        for (unsigned j = 1; j <= b.n; j++) {
            bool same = fold(a.p[i - 1]) == fold(b.p[j - 1]);

            here[j] = least(above[j - 1] + (same ? 0 : 1), least(above[j], here[j - 1]) + 1);
            if (i > 1 && j > 1 && fold(a.p[i - 1]) == fold(b.p[j - 2]) &&
                fold(a.p[i - 2]) == fold(b.p[j - 1]))
                here[j] = least(here[j], before[j - 2] + 1);
        }
        before = above;
        above = here;
        here = free_row;
    }
    return above[b.n];
}

void weir_suggest_init(struct weir_suggestion *s, struct weir_str wrong)
{
    *s = (struct weir_suggestion){.wrong = wrong, .distance = UINT_MAX};
}

/* A third of the word may be wrong, and two letters of a short one; but not
 * all of it. */
static bool near_enough(unsigned distance, size_t n)
{
    return distance <= (n / 3 > 2 ? n / 3 : 2) && distance < n;
}

void weir_suggest(struct weir_suggestion *s, struct weir_str candidate)
{
    unsigned distance = weir_edit_distance(s->wrong, candidate);

    if (distance < s->distance && near_enough(distance, candidate.n)) {
        s->best = candidate;
        s->distance = distance;
    }
}
