/* fuzz_rate_limits.c - any two headers (split at the first NUL) are read
 * without fault, and no limit ends later than a day from now. */
#include "collector/forward/rate_limits.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const uint64_t now_ms = 5000, wall_ms = UINT64_C(1795239000000);
    const char *text = (const char *)data;
    const char *nul = size > 0 ? memchr(text, '\0', size) : NULL;
    size_t first = nul != NULL ? (size_t)(nul - text) : size;
    struct weir_limit_headers h = {{text, first}, {NULL, 0}};
    struct weir_rate_limits l = {{0}};

    if (nul != NULL)
        h.rate_limits = (struct weir_str){nul + 1, size - first - 1};
    weir_rate_limits_update(&l, size % 2 == 0 ? 429 : 200, WEIR_CAT_ERROR, &h, now_ms, wall_ms);
    if (size % 2 == 0 && weir_rate_limits_until(&l, WEIR_CAT_ERROR, now_ms) == 0)
        abort();
    if (weir_rate_limits_until_any(&l, now_ms) > now_ms + WEIR_LIMIT_MAX_MS)
        abort();
    return 0;
}
