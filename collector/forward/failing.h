/* failing.h - did the destination take others since a delivery first failed?
 *
 * A bounded table by delivery id, since a failing delivery leaves the window
 * between its attempts. A place is given to whoever failed last: a delivery
 * whose entry was pressed out (or lost by a restart) is merely judged later,
 * never wrongly.
 *
 * Threads: the forwarder. */
#ifndef WEIR_FORWARD_FAILING_H
#define WEIR_FORWARD_FAILING_H

#include <stdbool.h>
#include <stdint.h>

enum { WEIR_FAILING_PLACES = 1024 };

struct weir_failing {
    struct weir_failing_place {
        int64_t id; /* 0: free */
        uint64_t taken;
    } * places; /* made at the first failure */
};

/* Delivery `id` failed when the destination had taken `taken` deliveries in
 * all: had it taken fewer when this one failed first? */
bool weir_failing_note(struct weir_failing *f, int64_t id, uint64_t taken);
/* It is settled for good. */
void weir_failing_forget(struct weir_failing *f, int64_t id);
void weir_failing_destroy(struct weir_failing *f);

#endif
