/* riders.c - counts of few bits in one number. */
#include "weir/riders.h"

/* Where each category has its bits. It is so on disk (spool/sqlite.c). 30 bits
 * of attachments are 1 GiB, beyond what an envelope may hold. */
static const struct {
    enum weir_category category;
    unsigned at, width;
} fields[] = {
    {WEIR_CAT_ATTACHMENT, 0, 30}, {WEIR_CAT_PROFILE, 30, 2}, {WEIR_CAT_REPLAY, 32, 3},
    {WEIR_CAT_FEEDBACK, 35, 2},   {WEIR_CAT_DEFAULT, 37, 2},
};

enum { FIELDS = sizeof fields / sizeof fields[0] };

uint64_t weir_riders_get(uint64_t riders, enum weir_category c)
{
    for (unsigned i = 0; i < FIELDS; i++)
        if (fields[i].category == c)
            return riders >> fields[i].at & (((uint64_t)1 << fields[i].width) - 1);
    return 0;
}

uint64_t weir_riders_add(uint64_t riders, enum weir_category c, uint64_t n)
{
    for (unsigned i = 0; i < FIELDS; i++) {
        uint64_t most = ((uint64_t)1 << fields[i].width) - 1;
        uint64_t has = riders >> fields[i].at & most;

        if (fields[i].category == c)
            return riders + ((n < most - has ? n : most - has) << fields[i].at);
    }
    return riders;
}
