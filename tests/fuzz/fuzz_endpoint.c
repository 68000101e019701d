/* fuzz_endpoint.c - templated endpoints and Accept headers: bounded, and no
 * run of digits or e-mail address is left. */
#include "collector/observe/endpoint.h"

#include "weir/metrics.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct weir_str s = {(const char *)data, size}, out;
    char room[WEIR_ENDPOINT_BYTES];
    size_t digits = 0;
    bool openmetrics;

    out = weir_endpoint(s, room);
    if (out.n > sizeof room)
        abort();
    for (size_t i = 0; i < out.n; i++) {
        digits = out.p[i] >= '0' && out.p[i] <= '9' ? digits + 1 : 0;
        if (digits > 3 || (unsigned char)out.p[i] >= 0x7f)
            abort();
    }
    if (weir_metrics_content_type(s, &openmetrics) == NULL)
        abort();
    return 0;
}
