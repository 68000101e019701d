/* redact.h - methods: what is put in the place of what was found. */
#ifndef WEIR_SCRUB_REDACT_H
#define WEIR_SCRUB_REDACT_H

#include "plan.h"

#include "weir/buf.h"

/* Appends what stands for `text` by the leaf's redaction. */
void weir_redact(const struct weir_scrub_plan *plan, const struct weir_leaf *leaf,
                 struct weir_str text, struct weir_buf *out);
/* Is `text` what this leaf puts in place, so that it must be left alone when
 * a document is scrubbed again? */
bool weir_redacted(const struct weir_leaf *leaf, struct weir_str text);

#endif
