/* recording.h - replay recordings: a JSON line, then the events of rrweb as
 * JSON, deflated (zlib) or plain.
 *
 *   {"segment_id":0}\n  <zlib> [ {...}, {...} ]
 *
 * The body is inflated, scrubbed and deflated again as it passes, so that a
 * recording of any length needs one window. */
#ifndef WEIR_SCRUB_RECORDING_H
#define WEIR_SCRUB_RECORDING_H

#include "stream.h"

struct weir_recording;

int weir_recording_new(struct weir_scrubber *s, size_t window, struct weir_out out,
                       struct weir_recording **ret_recording) WEIR_MUST_CHECK;
void weir_recording_free(struct weir_recording *r);
/* WEIR_EINVAL: neither zlib nor JSON, or broken; WEIR_ELIMIT: a bomb. */
int weir_recording_feed(struct weir_recording *r, struct weir_str bytes) WEIR_MUST_CHECK;
int weir_recording_end(struct weir_recording *r) WEIR_MUST_CHECK;

#endif
