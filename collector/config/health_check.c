/* health_check.c - does a queue fulfil its condition? Apart from the reading
 * of conditions, because it is asked at run time. */
#include "weir/config.h"

static bool compare(uint64_t a, enum weir_compare how, uint64_t b)
{
    switch (how) {
    case WEIR_LESS:
        return a < b;
    case WEIR_AT_MOST:
        return a <= b;
    case WEIR_MORE:
        return a > b;
    case WEIR_AT_LEAST:
        return a >= b;
    case WEIR_EQUAL:
        return a == b;
    case WEIR_NOT_EQUAL:
        return a != b;
    }
    return false;
}

bool weir_queue_check_holds(const struct weir_queue_check *c,
                            const uint64_t measures[WEIR_QUEUE_MEASURES])
{
    bool all = true;

    for (size_t i = 0; i < c->n; i++) {
        const struct weir_queue_term *t = &c->terms[i];

        if (t->or_before) {
            if (all)
                return true; /* the alternative before it holds */
            all = true;
        }
        all = all && compare(measures[t->measure], t->compare, t->value);
    }
    return all;
}

const char *weir_check_kind_name(enum weir_check_kind k)
{
    static const char *const names[] = {"external_api", "internal_service", "message_queue"};

    return names[k];
}
