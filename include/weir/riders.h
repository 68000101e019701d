/* riders.h - what goes with the first item of a delivery, as client reports
 * count it: each item in its category, attachments in bytes.
 *
 *   event, attachment (900 bytes), profile
 *      the delivery is 1 error; its riders are 900 attachment, 1 profile
 *
 * All in one number of 39 bits, so that a row keeps it beside its kind and no
 * column is added for what few deliveries have. What does not fit its bits
 * stays at the most they hold.
 *
 * Plain functions, any thread. */
#ifndef WEIR_RIDERS_H
#define WEIR_RIDERS_H

#include "weir/item.h"

enum { WEIR_RIDER_BITS = 39 };

/* `riders` with `n` more of the category; as it is for one that never rides. */
uint64_t weir_riders_add(uint64_t riders, enum weir_category c, uint64_t n);
/* How many of the category there are. */
uint64_t weir_riders_get(uint64_t riders, enum weir_category c);

#endif
