/* probe.h - one GET that asks whether a URL is well. Private to observe/.
 *
 * Owned by the thread of the checks. */
#ifndef WEIR_OBSERVE_PROBE_H
#define WEIR_OBSERVE_PROBE_H

#include "weir/config.h"

#include <curl/curl.h>

struct weir_probe {
    CURL *easy;
    size_t n_body; /* bytes of the answer so far */
};

/* Makes the request; `self` comes back as CURLINFO_PRIVATE. */
int weir_probe_begin(struct weir_probe *p, const struct weir_health_check *h,
                     void *self) WEIR_MUST_CHECK;
/* NULL when it is well, else a constant text: what is wrong with it. */
const char *weir_probe_judge(CURLcode result, long status);
/* Accepts one that was never begun. It has left its multi handle. */
void weir_probe_end(struct weir_probe *p);

#endif
