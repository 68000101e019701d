/* failing.c - a small table of deliveries that failed, by id. */
#include "failing.h"

#include <stdlib.h>

static struct weir_failing_place *place_of(const struct weir_failing *f, int64_t id)
{
    return &f->places[(uint64_t)id % WEIR_FAILING_PLACES];
}

bool weir_failing_note(struct weir_failing *f, int64_t id, uint64_t taken)
{
    struct weir_failing_place *p;

    if (f->places == NULL)
        f->places = calloc(WEIR_FAILING_PLACES, sizeof *f->places);
    if (f->places == NULL)
        return false;
    p = place_of(f, id);
    if (p->id != id)
        *p = (struct weir_failing_place){id, taken};
    return p->taken != taken;
}

void weir_failing_forget(struct weir_failing *f, int64_t id)
{
    if (f->places != NULL && place_of(f, id)->id == id)
        place_of(f, id)->id = 0;
}

void weir_failing_destroy(struct weir_failing *f)
{
    free(f->places);
    f->places = NULL;
}
