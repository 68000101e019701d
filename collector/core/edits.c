/* edits.c - the edit list: note, sort, gather.
 *
 * Edits are noted in the order in which the pass finds them, which is nearly
 * the order of their offsets; only deletions of earlier duplicates and what
 * later stages add come out of order. Sorting brings them to
 *
 *   smaller start first; at one start insertions, in the order of adding,
 *   then the larger range; of equal ranges the one added last
 *
 * and then drops what lies inside a range that is replaced anyway. After that
 * ranges are disjoint, and a gather is one walk. */
#include "weir/json.h"

enum { FIRST_ROOM = 32, INSERTION_SORT = 24 };

void weir_edits_init(struct weir_edits *e, struct weir_arena *arena)
{
    *e = (struct weir_edits){.arena = arena, .sorted = true};
}

static bool grow(struct weir_edits *e)
{
    size_t room = e->room == 0 ? FIRST_ROOM : e->room * 2;
    struct weir_edit *list =
        weir_arena_grow(e->arena, e->list, e->room * sizeof *list, room * sizeof *list);

    if (list == NULL) {
        e->failed = true;
        return false;
    }
    e->list = list;
    e->room = room;
    return true;
}

void weir_edits_add(struct weir_edits *e, size_t start, size_t end, struct weir_str with)
{
    if (e->n == e->room && !grow(e))
        return;
    /* Still sorted when it begins where the last one ended or after it. */
    e->sorted = e->sorted && (e->n == 0 || start >= e->list[e->n - 1].end);
    e->list[e->n++] = (struct weir_edit){start, end, with};
}

/* Does `a` come strictly before `b`, which was added after it? Only then,
 * or when neither does, may `a` stay in front. */
static bool comes_after(const struct weir_edit *a, const struct weir_edit *b)
{
    bool a_inserts = a->start == a->end, b_inserts = b->start == b->end;

    if (a->start != b->start)
        return a->start > b->start;
    if (a_inserts || b_inserts)
        return b_inserts && !a_inserts;
    return a->end <= b->end;
}

static void insertion_sort(struct weir_edit *list, size_t n)
{
    for (size_t i = 1; i < n; i++) {
        struct weir_edit moved = list[i];
        size_t at = i;

        for (; at > 0 && comes_after(&list[at - 1], &moved); at--)
            list[at] = list[at - 1];
        list[at] = moved;
    }
}

static void merge(const struct weir_edit *a, size_t na, const struct weir_edit *b, size_t nb,
                  struct weir_edit *out)
{
    while (na > 0 && nb > 0) {
        if (comes_after(a, b)) {
            *out++ = *b++;
            nb--;
        } else {
            *out++ = *a++;
            na--;
        }
    }
    /* An empty rest may have no list behind it. */
    if (na > 0)
        memcpy(out, a, na * sizeof *a);
    if (nb > 0)
        memcpy(out, b, nb * sizeof *b);
}

/* Bottom-up, since qsort() allocates and is not stable. */
static bool merge_sort(struct weir_edits *e)
{
    struct weir_edit *from = e->list, *to;
    size_t n = e->n;

    to = weir_arena_alloc(e->arena, e->room * sizeof *to);
    if (to == NULL)
        return false;
    for (size_t i = 0; i < n; i += INSERTION_SORT)
        insertion_sort(from + i, n - i < INSERTION_SORT ? n - i : INSERTION_SORT);
    for (size_t width = INSERTION_SORT; width < n; width *= 2) {
        struct weir_edit *swap = from;

        for (size_t i = 0; i < n; i += 2 * width) {
            size_t left = n - i < width ? n - i : width;
            size_t right = n - i - left < width ? n - i - left : width;

            merge(from + i, left, from + i + left, right, to + i);
        }
        from = to;
        to = swap;
    }
    e->list = from;
    return true;
}

/* Drops what is void: ranges and insertions inside a larger range. */
static void drop_void(struct weir_edits *e)
{
    size_t kept = 0, done = 0;

    for (size_t i = 0; i < e->n; i++) {
        if (e->list[i].start < done)
            continue;
        done = e->list[i].end;
        e->list[kept++] = e->list[i];
    }
    e->n = kept;
}

int weir_edits_sort(struct weir_edits *e)
{
    if (!e->sorted && e->n > INSERTION_SORT && !merge_sort(e))
        e->failed = true;
    if (e->failed)
        return WEIR_ENOMEM;
    if (!e->sorted) {
        if (e->n <= INSERTION_SORT)
            insertion_sort(e->list, e->n);
        drop_void(e);
    }
    e->sorted = true;
    return 0;
}

/* The first edit of a sorted list that starts at `offset` or after it. */
static size_t first_from(const struct weir_edits *e, size_t offset)
{
    size_t low = 0, high = e->n;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (e->list[middle].start < offset)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

bool weir_edits_covers(const struct weir_edits *e, size_t offset)
{
    size_t i = e->n;

    if (e->sorted) {
        /* Ranges are disjoint: the last one that starts at `offset` or before. */
        i = first_from(e, offset + 1);
        return i > 0 && e->list[i - 1].end > offset;
    }
    while (i-- > 0)
        if (e->list[i].start <= offset && offset < e->list[i].end)
            return true;
    return false;
}

int weir_edits_gather(struct weir_edits *e, struct weir_str body, size_t from_base, size_t from,
                      size_t to, struct weir_buf *out)
{
    const char *bytes = body.p;
    bool to_the_end = to == from_base + body.n;
    struct weir_str all;
    size_t done = from;
    int err = weir_edits_sort(e);

    if (err != 0)
        return err;
    for (size_t i = first_from(e, from); i < e->n && e->list[i].end <= to; i++) {
        const struct weir_edit *edit = &e->list[i];

        if (edit->start == to && !to_the_end)
            break;
        weir_buf_add(out, (struct weir_str){bytes + (done - from_base), edit->start - done});
        weir_buf_add(out, edit->with);
        done = edit->end;
    }
    weir_buf_add(out, (struct weir_str){bytes + (done - from_base), to - done});
    return weir_buf_str(out, &all);
}
